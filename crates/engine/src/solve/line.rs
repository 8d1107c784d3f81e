//! One line of beliefs of a node, eight beliefs at a time: everything but the belief about the mover,
//! who has two types, is fixed.
//!
//! At the two ends of the line nothing can be learned and there is nothing to solve, so the points
//! between them come first: nine points are one lane to solve and one to evaluate.

use super::lanes::{LaneEnd, LaneStage, LaneWork, series};
use super::node::{Buffers, Context, nested};
use super::stage::ACCEPTED;
use crate::belief::Block;
use crate::math::lanes::{Lane, W, add_scaled, widest};

/// Lanes of a line of `own` points.
pub fn blocks(own: usize) -> usize {
    own.div_ceil(W)
}

/// Point at place `i` of the lanes of a line of `own` points: those between the ends, then the ends;
/// the last again where a lane is not full.
fn point(own: usize, i: usize) -> usize {
    match i {
        i if i + 2 < own => i + 1,
        i if i + 2 == own => 0,
        _ => own - 1,
    }
}

/// Lane of a line of `own` points that holds point `k`, and its place there.
pub fn place(own: usize, k: usize) -> (usize, usize) {
    let i = match k {
        0 => own - 2,
        k if k == own - 1 => k,
        k => k - 1,
    };
    (i / W, i % W)
}

/// The beliefs of one lane about a mover with two types.
pub struct Beliefs {
    /// In each type.
    pub of_type: [Lane; 2],
    /// ln(type 0 / type 1), within ±700.
    log_odds: Lane,
}

impl Beliefs {
    /// Those of each lane of a line.
    pub fn of(block: &Block) -> Vec<Self> {
        (0..blocks(block.points))
            .map(|b| {
                let of_type = [0, 1]
                    .map(|t| Lane::of(|w| block.beliefs[point(block.points, b * W + w) * 2 + t]));
                let odds = |w: usize| crate::math::ln(of_type[0][w] / of_type[1][w]);
                Self {
                    of_type,
                    log_odds: Lane::of(|w| odds(w).clamp(-700.0, 700.0)),
                }
            })
            .collect()
    }
}

/// One line of one node.
pub struct Line {
    /// The node.
    pub n: usize,
    /// Beliefs about the actors before the mover.
    pub hi: usize,
    /// Beliefs about the actors after the mover.
    pub lo: usize,
}

/// Where a line's solution starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warmth {
    /// Uniform play, precision raised in steps.
    Cold,
    /// The solution of the line before it, in `kept`.
    Neighbour,
    /// The solution of a later round, in `kept`, and what the line before changed against it.
    Later,
}

/// Payoffs of the moves of node `n` and Σ B·V(next) of each pair in coefficients, as
/// [`LaneStage::curves`]; `table` is laid out line by line.
pub fn gather(context: &Context, n: usize, table: &[f64], out: &mut Vec<f64>) {
    let signals = &context.layout.signals[context.phase][n];
    let row = context.layout.seats * context.grid.points;
    let next_rows = &context.layout.rows[context.layout.next_phase(context.phase)];
    out.clear();
    out.resize(signals.pairs.len() * row, 0.0);
    for (p, out) in out.chunks_exact_mut(row).enumerate() {
        for o in signals.outcomes(p) {
            let o = *o as usize;
            let next = next_rows[context.moves.outcome_next[o] as usize] as usize;
            let believed = context.moves.outcome_believed[o];
            let next = &table[next * row..][..row];
            add_scaled(out, believed, next);
        }
    }
    // What the move itself pays stands in the constant of one of its pairs.
    let own = context.grid.blocks[context.moves.actors[0] as usize].points;
    let mut paid = None;
    for (p, (a, _)) in signals.pairs.iter().enumerate() {
        if paid == Some(*a) {
            continue;
        }
        paid = Some(*a);
        let alternative = context.moves.alternatives(n).start + *a as usize;
        let payoff = &context.moves.payoff[alternative * context.layout.seats..];
        for (seat, out) in out[p * row..(p + 1) * row]
            .chunks_exact_mut(context.grid.points)
            .enumerate()
        {
            for constant in out.iter_mut().step_by(own) {
                *constant += payoff[seat];
            }
        }
    }
}

widest! {
    /// Solves a line; returns the points left open. Fills `buffer.line`; reads `buffer.spectral`, which
    /// [`gather`] fills for the node.
    pub fn solve(
        context: &Context,
        place: &Line,
        other_seats: &[usize],
        values: &mut [f64],
        strategy: &mut [f64],
        kept: &mut [Lane],
        warmth: Warmth,
        buffer: &mut Buffers,
    ) -> Vec<usize> => in_lanes
}

#[inline(always)]
fn in_lanes(
    context: &Context,
    place: &Line,
    other_seats: &[usize],
    values: &mut [f64],
    strategy: &mut [f64],
    kept: &mut [Lane],
    warmth: Warmth,
    buffer: &mut Buffers,
) -> Vec<usize> {
    let Context {
        game,
        grid,
        layout,
        moves: phase,
        ..
    } = *context;
    let n = place.n;
    let mover = phase.actors[0] as usize;
    let first_seat = game.seat(mover);
    let line = place.hi * grid.blocks[mover].stride + place.lo;
    let alternatives = phase.alternatives(n);
    let count = alternatives.len();
    let signals = &layout.signals[context.phase][n];
    let unknowns = signals.len();
    let block = &grid.blocks[mover];
    let (own, stride) = (block.points, block.stride);
    let at = |k: usize| place.hi * own * stride + k * stride + place.lo;
    let opportunity = phase.node_opportunity[n][0];
    let kinds = &phase.node_kinds[n][0];
    let stage = LaneStage {
        signals,
        moves: count,
        kinds: nested(kinds).then_some(kinds.as_slice()),
        opportunity: opportunity.believed,
        default: opportunity.default as usize,
        precision: context.precision,
        points: own,
        curves: &buffer.spectral,
        seats: layout.seats,
        first_seat,
        line: (grid.points / own, line),
    };
    let mut open = Vec::new();
    buffer.lane_residual = 0.0;
    let size = blocks(own) * unknowns;
    let first = warmth != Warmth::Later || line == 0;
    if first {
        buffer.changed.clear();
        buffer.changed.resize(size, Lane::ZERO);
    }
    for b in 0..blocks(own) {
        let kept = &mut kept[b * unknowns..(b + 1) * unknowns];
        let changed = &mut buffer.changed[b * unknowns..(b + 1) * unknowns];
        let log_odds = context.beliefs[b].log_odds;
        // Points of this lane between the ends.
        let inner = own.saturating_sub(2 + b * W).min(W);
        let work = &mut buffer.lanes;
        work.x.clear();
        match warmth {
            Warmth::Cold => work.x.resize(unknowns, Lane::ZERO),
            Warmth::Neighbour => work.x.extend_from_slice(kept),
            Warmth::Later => work
                .x
                .extend(kept.iter().zip(changed.iter()).map(|(x, c)| *x + *c)),
        }
        // A fold on the way from uniform play shows as a lane that is lost; at the ends of the line
        // one evaluation is all.
        let schedule: &[(f64, u32)] = match (inner, warmth) {
            (0, _) => &[(1.0, 0)],
            (_, Warmth::Cold) => &[(0.25, 6), (0.5, 6), (0.75, 6), (1.0, 10)],
            _ => &[(1.0, 10)],
        };
        let mut end = LaneEnd::default();
        for (kappa, limit) in schedule {
            end = work.newton(&stage, &log_odds, *kappa, *limit);
        }
        // What is lost must not poison the next start.
        let lost: [bool; W] = std::array::from_fn(|w| {
            w < inner && !(end.residual[w] <= ACCEPTED && end.sign[w] > 0.0)
        });
        let mut finite = Lane::ZERO;
        for x in &work.x {
            finite = x.mul_add(Lane::ZERO, finite);
        }
        let clean = finite == Lane::ZERO && !lost.contains(&true);
        for ((kept, changed), x) in kept.iter_mut().zip(changed).zip(&work.x) {
            if clean {
                *changed = *x - *kept;
                *kept = *x;
                continue;
            }
            let new = Lane::of(|w| {
                if lost[w] || !x[w].is_finite() {
                    0.0
                } else {
                    x[w]
                }
            });
            *changed = Lane::of(|w| if lost[w] { 0.0 } else { new[w] - kept[w] });
            *kept = new;
        }
        for w in 0..W.min(own - b * W) {
            let k = point(own, b * W + w);
            if lost[w] {
                open.push(k);
                continue;
            }
            if w < inner {
                buffer.lane_residual = buffer.lane_residual.max(end.residual[w]);
            }
            for g in 0..unknowns {
                buffer.line[k * unknowns + g] = work.x[g][w];
            }
            let target = &mut strategy[at(k) * 2 * count..][..2 * count];
            for (out, log) in target.iter_mut().zip(&work.log_sigma) {
                *out = log[w];
            }
        }
        record_lanes(
            context,
            &stage,
            work,
            other_seats,
            b,
            &at,
            values,
            &mut buffer.played,
        );
    }
    open
}

/// Values of everybody at eight beliefs.
#[inline(always)]
fn record_lanes(
    context: &Context,
    stage: &LaneStage,
    work: &LaneWork,
    other_seats: &[usize],
    b: usize,
    at: &impl Fn(usize) -> usize,
    values: &mut [f64],
    played: &mut Vec<Lane>,
) {
    let grid = context.grid;
    let block = &grid.blocks[context.moves.actors[0] as usize];
    let moves = stage.moves;
    let o = stage.opportunity;
    let lanes = W.min(block.points - b * W);
    let mut put = |seat: usize, value: &Lane| {
        for (w, v) in value.iter().enumerate().take(lanes) {
            values[seat * grid.points + at(point(block.points, b * W + w))] = *v;
        }
    };
    let opportunity = Lane::splat(o);
    for t in 0..2 {
        let mut value = Lane::ZERO;
        for a in t * moves..(t + 1) * moves {
            value += work.sigma[a] * work.value[a];
        }
        if o < 1.0 {
            let forced = work.value[t * moves + stage.default];
            value = opportunity * value + Lane::splat(1.0 - o) * forced;
        }
        put(stage.first_seat + t, &value);
    }
    let [zero, one] = context.beliefs[b].of_type;
    played.clear();
    for a in 0..moves {
        let forced = if a == stage.default { 1.0 - o } else { 0.0 };
        let planned = zero * work.sigma[a] + one * work.sigma[moves + a];
        played.push(opportunity * planned + Lane::splat(forced));
    }
    let points = stage.points;
    for seat in other_seats {
        let mut value = Lane::ZERO;
        for (p, (a, g)) in stage.signals.pairs.iter().enumerate() {
            let basis = &work.basis[*g as usize * points..][..points];
            let sum = series(stage.curve(p, *seat), basis);
            value = played[*a as usize].mul_add(sum, value);
        }
        put(*seat, &value);
    }
}
