//! The beliefs of a node between the ends of each line, eight at a time. On a line everything but the
//! belief about the mover, who has two types, is fixed.
//!
//! The two ends of a line, where nothing can be learned, stand in [`super::ends`]; how the points
//! between them lie in lanes in [`super::strips`].

use super::coefficients::Coefficients;
use super::lanes::{Kinds, LaneEnd, LaneStage, LaneWork};
use super::node::{Buffers, Context};
use super::stage::ACCEPTED;
use crate::math::lanes::{Lane, W, widest};

/// Where a strip's solution starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warmth {
    /// Uniform play, precision raised in steps.
    Cold,
    /// The solution of the strip before it, in `kept`.
    Neighbour,
    /// The solution of a later round, in `kept`, and what the strip before changed against it.
    Later,
    /// Each point the solution of the point after it on its line: another way to the same solution,
    /// or to a second one.
    Return,
}

/// What the lanes make of a node.
#[derive(Default)]
pub struct Found {
    /// Largest residual.
    pub residual: f64,
    /// Points (line, point) left open.
    pub open: Vec<(usize, usize)>,
    /// Did some point come to another solution from its neighbour's, or to none?
    pub doubt: bool,
}

/// Solutions further apart than this in some ln Λ(1) − ln Λ(0) are two.
pub const APART: f64 = 1e-6;

widest! {
    /// Solves the points of a node between the ends of all lines: fills `values`, `strategy`, and
    /// `kept` with the solutions `[strip][block][signal]`; where `audit`, looks for second solutions.
    /// Reads `buffers.coefficients` and `buffers.kinds` of the node.
    pub fn solve(
        context: &Context,
        n: usize,
        other_seats: &[&[usize]],
        values: &mut [f64],
        strategy: &mut [f64],
        kept: &mut [Lane],
        warm: bool,
        audit: bool,
        buffers: &mut Buffers,
    ) -> Found => in_lanes
}

#[inline(always)]
fn in_lanes(
    context: &Context,
    n: usize,
    other_seats: &[&[usize]],
    values: &mut [f64],
    strategy: &mut [f64],
    kept: &mut [Lane],
    warm: bool,
    audit: bool,
    buffers: &mut Buffers,
) -> Found {
    let unknowns = context.layout.signals[context.phase][n].len();
    let mut found = Found::default();
    buffers.changed.clear();
    buffers
        .changed
        .resize(context.strips.blocks() * unknowns, Lane::ZERO);
    for returning in [false, true] {
        if returning && !(audit && found.open.is_empty()) {
            break;
        }
        for (strip, places) in context.places.iter().enumerate() {
            let warmth = match (returning, warm, strip) {
                (true, ..) => Warmth::Return,
                (_, false, 0) => Warmth::Cold,
                (_, false, _) => Warmth::Neighbour,
                (_, true, _) => Warmth::Later,
            };
            for b in 0..places.blocks.len() {
                solve_block(
                    context,
                    n,
                    (strip, b),
                    other_seats,
                    values,
                    strategy,
                    kept,
                    warmth,
                    buffers,
                    &mut found,
                );
            }
        }
    }
    found
}

/// One block.
#[inline(always)]
fn solve_block(
    context: &Context,
    n: usize,
    (strip, b): (usize, usize),
    other_seats: &[&[usize]],
    values: &mut [f64],
    strategy: &mut [f64],
    kept: &mut [Lane],
    warmth: Warmth,
    buffers: &mut Buffers,
    found: &mut Found,
) {
    let lines = &context.places[strip].lines;
    let places = &context.places[strip].blocks[b];
    let blocks = context.strips.blocks();
    let signals = &context.layout.signals[context.phase][n];
    let stage = context.lane_stage(n, &buffers.coefficients, &buffers.kinds, lines);
    let work = &mut buffers.lanes;
    work.pack(&stage);
    let unknowns = signals.len();
    let here = (strip * blocks + b) * unknowns;
    let changed = &mut buffers.changed[b * unknowns..][..unknowns];
    work.x.clear();
    match warmth {
        Warmth::Cold => work.x.resize(unknowns, Lane::ZERO),
        Warmth::Neighbour => {
            let before = &kept[here - blocks * unknowns..][..unknowns];
            let before = before.iter().map(|x| elsewhere(x, &places.before));
            work.x.extend(before);
        }
        Warmth::Later => {
            let later = kept[here..][..unknowns].iter().zip(changed.iter());
            if lines.len() == 1 {
                work.x.extend(later.map(|(x, c)| *x + *c));
            } else {
                let later = later.map(|(x, c)| *x + elsewhere(c, &places.before));
                work.x.extend(later);
            }
        }
        Warmth::Return => work.x.extend((0..unknowns).map(|g| {
            Lane::of(|w| places.after[w].map_or(0.0, |(block, w)| kept[block * unknowns + g][w]))
        })),
    }
    let kept = &mut kept[here..][..unknowns];
    // A fold on the way from uniform play shows as a lane that is lost.
    let schedule: &[(f64, u32)] = match warmth {
        Warmth::Cold => &[(0.25, 6), (0.5, 6), (0.75, 6), (1.0, 10)],
        _ => &[(1.0, 10)],
    };
    let mut end = LaneEnd::default();
    for (kappa, limit) in schedule {
        end = work.newton(&stage, &places.log_odds, *kappa, *limit);
    }
    if warmth == Warmth::Return {
        for (kept, x) in kept.iter().zip(&work.x) {
            for w in 0..W {
                let same = (kept[w] - x[w]).abs() <= APART && end.residual[w] <= ACCEPTED;
                found.doubt |= !same && places.cells[w].is_some();
            }
        }
        return;
    }
    // What is lost must not poison the next start.
    let arrived: [bool; W] =
        std::array::from_fn(|w| end.residual[w] <= ACCEPTED && end.sign[w] > 0.0);
    for ((kept, changed), x) in kept.iter_mut().zip(changed).zip(&work.x) {
        if arrived == [true; W] {
            *changed = *x - *kept;
            *kept = *x;
            continue;
        }
        let new = Lane::of(|w| if arrived[w] { x[w] } else { 0.0 });
        *changed = Lane::of(|w| if arrived[w] { new[w] - kept[w] } else { 0.0 });
        *kept = new;
    }
    let width = 2 * stage.moves;
    let logs = std::hint::black_box(&work.log_sigma);
    for w in 0..W {
        let Some((line, k)) = places.cells[w] else {
            continue;
        };
        if !arrived[w] {
            found.open.push((line, k));
            continue;
        }
        found.residual = found.residual.max(end.residual[w]);
        if !context.kept {
            continue;
        }
        let target = &mut strategy[context.at(line, k) * width..][..width];
        for (out, log) in target.iter_mut().zip(logs) {
            *out = log[w];
        }
    }
    work.own_values(&stage);
    work.played(&stage, &places.belief);
    for seats in other_seats {
        match *seats {
            [seat, _] => work.other_values::<2>(&stage, *seat),
            [seat] => work.other_values::<1>(&stage, *seat),
            _ => {}
        }
    }
    work.write_values(values, context.grid.points, |w| {
        let (line, k) = places.cells[w]?;
        Some(context.at(line, k))
    });
}

/// The numbers at other places of a lane in memory.
#[inline(always)]
fn elsewhere(lane: &Lane, places: &[usize; W]) -> Lane {
    let lane = std::hint::black_box(lane);
    Lane::of(|w| lane[places[w] % W])
}

impl Context<'_> {
    /// Grid point of point `k` of a line.
    #[inline(always)]
    pub fn at(&self, line: usize, k: usize) -> usize {
        let block = &self.grid.blocks[self.moves.actors[0] as usize];
        (line / block.stride * block.points + k) * block.stride + line % block.stride
    }

    /// The stage of node `n` on the lines of a strip.
    #[inline(always)]
    pub(super) fn lane_stage<'a>(
        &'a self,
        n: usize,
        coefficients: &'a Coefficients,
        kinds: &'a Kinds,
        lines: &'a [(usize, [u64; W])],
    ) -> LaneStage<'a> {
        let mover = self.moves.actors[0] as usize;
        let own = self.grid.blocks[mover].points;
        let opportunity = self.moves.node_opportunity[n][0];
        LaneStage {
            signals: &self.layout.signals[self.phase][n],
            moves: self.moves.alternatives(n).len(),
            kinds,
            opportunity: opportunity.believed,
            default: opportunity.default as usize,
            precision: self.precision,
            points: own,
            bend: 1.0 / self.grid.axis.power as f64,
            curves: &coefficients.between,
            seats: self.layout.seats,
            first_seat: self.game.seat(mover),
            all_lines: self.grid.points / own,
            lines,
        }
    }
}

impl LaneWork {
    /// Values of the mover's two types, into `self.seats`.
    #[inline(always)]
    pub fn own_values(&mut self, stage: &LaneStage) {
        self.seats.resize(stage.seats, Lane::ZERO);
        let o = stage.opportunity;
        for t in 0..2 {
            let mut value = Lane::ZERO;
            for a in t * stage.moves..(t + 1) * stage.moves {
                value += self.sigma[a] * self.value[a];
            }
            if o < 1.0 {
                let forced = self.value[t * stage.moves + stage.default];
                value = Lane::splat(o) * value + Lane::splat(1.0 - o) * forced;
            }
            self.seats[stage.first_seat + t] = value;
        }
    }

    /// Probability of each move to those who know the mover's type only by their belief, into
    /// `self.played`.
    #[inline(always)]
    pub fn played(&mut self, stage: &LaneStage, belief: &[Lane; 2]) {
        let o = stage.opportunity;
        self.played.clear();
        for a in 0..stage.moves {
            let forced = if a == stage.default { 1.0 - o } else { 0.0 };
            let planned = belief[0] * self.sigma[a] + belief[1] * self.sigma[stage.moves + a];
            self.played
                .push(Lane::splat(o) * planned + Lane::splat(forced));
        }
    }

    /// Writes `self.seats` to a table `[seat * points + point]`, at the point of each place. Last, and
    /// from memory: where lanes are taken apart, the compiler takes apart what made them too.
    #[inline(always)]
    pub fn write_values(
        &self,
        values: &mut [f64],
        points: usize,
        point: impl Fn(usize) -> Option<usize>,
    ) {
        let seats = std::hint::black_box(&self.seats);
        for w in 0..W {
            let Some(point) = point(w) else { continue };
            for (value, row) in seats.iter().zip(values.chunks_exact_mut(points)) {
                row[point] = value[w];
            }
        }
    }
}
