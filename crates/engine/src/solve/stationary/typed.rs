//! Stationary play where types are private: what everybody expects is a function of the state and of
//! public beliefs, and the same in every round.
//!
//! One round back is an operator T: from what the nodes are worth at the start of the next round, over
//! the belief grid, it solves every stage and gives what they are worth at the start of this one. A plan
//! of N rounds is T^N of what is expected behind it; stationary play is a fixed point V = T(V). Rounds
//! are solved from nothing expected, the next start extrapolated from those before ([`anderson`]).
//!
//! [`anderson`]: super::anderson

use super::anderson::Anderson;
use super::{Branch, refuse};
use crate::belief::BeliefGrid;
use crate::game::Game;
use crate::math::{exp, largest, ln};
use crate::solve::backward::{Round, Rounds, end_values, put_ends};
use crate::solve::certificate::BOUND;
use crate::solve::layout::Layout;
use crate::solve::{Observer, Options, Solution, SolveError, finite_bytes};

/// Rounds that are solved at most.
pub const MOST_ROUNDS: u32 = 1_000;
/// Rounds that it takes as a rule, very roughly.
pub const USUAL_ROUNDS: u32 = 100;
/// Play is stationary where the change of values in one round, over 1 − δ, is at most this: as far may
/// they lie from what play earns for ever. Rounding alone makes it 1e-9 where δ is 0.998.
const SETTLED: f64 = 2e-9;
/// Rounds that are solved before any is extrapolated.
const PLAIN: u32 = 8;
/// How far an extrapolation may go beyond the round solved last, in choices' log-ratios: at first, and
/// by what factor it goes further after one that made the error smaller, less far after another.
const REACH: f64 = 1.0;
const FURTHER: f64 = 1.5;
const NEARER: f64 = 0.5;
/// With less reach than this the points before are forgotten.
const NARROW: f64 = 1e-3;
/// An extrapolation that comes to an error so many times the smallest is taken back.
const ASTRAY: f64 = 10.0;
/// Rounds over which a small change of what is expected is followed.
const FOLLOWED: usize = 24;
/// Size of that change: in choices' log-ratios.
const SMALL: f64 = 1e-4;

/// Points that an extrapolation combines, and what is made do with where memory is short.
const DEPTH: usize = 80;
const SHALLOW: usize = 10;

/// Points that extrapolations combine, and the size of all tables in bytes: as many as fit.
fn depth_and_bytes(game: &Game, options: &Options) -> (usize, u128) {
    let points = BeliefGrid::count(game, options.belief_points).unwrap_or(usize::MAX);
    let nodes = game.phases.first().map_or(0, |phase| phase.nodes());
    let values = nodes as u128 * game.seats() as u128 * points as u128;
    let tables = finite_bytes(game, options);
    let with = |depth: usize| {
        let vectors = Anderson::vectors(depth) as u128 + 6;
        tables.saturating_add(values.saturating_mul(8 * vectors))
    };
    let fits = |depth: &usize| with(*depth) <= u128::from(options.memory);
    let depth = (SHALLOW..=DEPTH).rev().find(fits).unwrap_or(SHALLOW);
    (depth, with(depth))
}

/// Size of the tables, in bytes.
pub(in crate::solve) fn predicted_bytes(game: &Game, options: &Options) -> u128 {
    depth_and_bytes(game, options).1
}

/// Solves `game` for stationary play over beliefs.
///
/// # Errors
/// [`SolveError::NoStationary`] with the residual where rounds go on to differ.
pub fn solve(
    game: &Game,
    options: &Options,
    observer: &dyn Observer,
) -> Result<Solution, SolveError> {
    refuse(game)?;
    if options.start.is_some() {
        return Err(SolveError::Refused {
            what: "a start is a choice for each state, and with private types play depends on beliefs \
                   too"
                .into(),
            instead: "leave it out".into(),
        });
    }
    let (depth, needed) = depth_and_bytes(game, options);
    if needed > u128::from(options.memory) {
        return Err(SolveError::too_large(
            needed,
            options,
            "use fewer belief points or levels, or allow more with --memory",
        ));
    }
    let layout = Layout::of(game);
    let grid = BeliefGrid::new(game, options.belief_points, options.stencil);
    let mut worth = vec![0.0; game.ends.len() * layout.seats * grid.points];
    put_ends(&end_values(game, 1, 0), grid.points, &mut worth);
    let mut search = Search {
        rounds: Rounds::new(game, &layout, &grid, observer),
        worth: &worth,
        units: Units::of(game, grid.points),
        depth,
        phases: game.phases.len() as u64,
        solved: 0,
        progress: 0,
    };
    let found = search.settle(layout.nodes[0] * layout.seats * grid.points)?;
    let solved = search.solved;
    let growth = search.growth(&found)?;
    // Twice more, plainly: the second is kept, and its play compared with that of the first.
    let mut stages = 0;
    let start = search.round(found, false, true)?.swap_remove(0);
    search.rounds.audit_every = options.audit_every;
    stages += std::mem::take(&mut search.rounds.report).stages;
    let values = search.round(start.clone(), true, true)?;
    let residual = search.units.error(&start, &values[0]);
    let Rounds {
        tables, mut report, ..
    } = search.rounds;
    let changed = report.replanning.take().unwrap_or(f64::INFINITY);
    if !(residual <= BOUND) {
        return Err(unsettled(solved, residual));
    }
    report.stages += stages;
    report.branch = Some(Branch::FarSighted {
        rounds: u64::from(solved),
        residual,
        changed,
        growth,
    });
    Ok(Solution {
        after: values[0].clone(),
        strategies: vec![tables],
        values: vec![values],
        grid,
        layout,
        report,
    })
}

fn unsettled(rounds: u32, residual: f64) -> SolveError {
    SolveError::NoStationary {
        how: format!(
            "after {rounds} rounds values still change from one to the next; try a larger discount, a \
             lower precision or fewer belief points, or write `foresight N rounds`; change over 1 − δ"
        ),
        residual,
    }
}

/// In which units errors are measured.
struct Units {
    /// Points of a row of one seat.
    points: usize,
    /// Seat → 1/(1 − δ).
    lasting: Vec<f64>,
    /// Seat → precision, by which choices read values.
    precision: Vec<f64>,
}

impl Units {
    fn of(game: &Game, points: usize) -> Self {
        let seats = || {
            let actors = game.actors.iter();
            actors.flat_map(|a| std::iter::repeat_n(a, a.types.len()))
        };
        let sharp = |precision: f64| if precision > 0.0 { precision } else { 1.0 };
        Self {
            points,
            lasting: seats().map(|a| 1.0 / (1.0 - a.discount)).collect(),
            precision: seats().map(|a| sharp(a.precision)).collect(),
        }
    }

    /// Rows of one seat, with the seat.
    fn rows<'a>(&self, values: &'a [f64]) -> impl Iterator<Item = (usize, &'a [f64])> {
        let seats = self.lasting.len();
        let rows = values.chunks_exact(self.points).enumerate();
        rows.map(move |(row, values)| (row % seats, values))
    }

    /// Largest change from `before` to the beginning of `after`, over 1 − δ.
    fn error(&self, before: &[f64], after: &[f64]) -> f64 {
        largest(self.rows(before).zip(after.chunks_exact(self.points)).map(
            |((seat, before), after)| {
                let changes = before.iter().zip(after).map(|(b, a)| (a - b).abs());
                self.lasting[seat] * largest(changes)
            },
        ))
    }

    /// Root of the mean square of a change, as choices read it.
    fn size(&self, change: &[f64]) -> f64 {
        let mut sum = 0.0;
        for (seat, change) in self.rows(change) {
            let squares: f64 = change.iter().map(|c| c * c).sum();
            sum += self.precision[seat] * self.precision[seat] * squares;
        }
        (sum / change.len().max(1) as f64).sqrt()
    }

    /// Largest number of a change, as choices read it.
    fn farthest(&self, change: &[f64]) -> f64 {
        let rows = self.rows(change);
        largest(
            rows.map(|(seat, change)| {
                self.precision[seat] * largest(change.iter().map(|c| c.abs()))
            }),
        )
    }

    /// Takes each seat's mean off, and returns it.
    fn centre(&self, change: &mut [f64]) -> Vec<f64> {
        let seats = self.lasting.len();
        let mut means = vec![0.0; seats];
        for (seat, change) in self.rows(change) {
            means[seat] += change.iter().sum::<f64>();
        }
        let each = (change.len() / seats.max(1)).max(1) as f64;
        means.iter_mut().for_each(|mean| *mean /= -each);
        self.raise(change, &means);
        means.iter_mut().for_each(|mean| *mean = -*mean);
        means
    }

    /// Adds a number to all values of each seat.
    fn raise(&self, values: &mut [f64], by: &[f64]) {
        for (row, values) in values.chunks_exact_mut(self.points).enumerate() {
            let by = by[row % by.len()];
            values.iter_mut().for_each(|v| *v += by);
        }
    }

    /// The change, as choices read it.
    fn change(&self, before: &[f64], after: &[f64]) -> Vec<f64> {
        let mut change = Vec::with_capacity(before.len());
        for ((seat, before), after) in self.rows(before).zip(after.chunks_exact(self.points)) {
            let precision = self.precision[seat];
            change.extend(before.iter().zip(after).map(|(b, a)| precision * (a - b)));
        }
        change
    }
}

/// Numbers between −1 and 1 without order, always the same.
fn noise(count: usize) -> Vec<f64> {
    let mut state = 0u64;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

struct Search<'a> {
    rounds: Rounds<'a>,
    /// Rows of the ends.
    worth: &'a [f64],
    units: Units,
    /// Points that extrapolations combine.
    depth: usize,
    phases: u64,
    /// Rounds solved.
    solved: u32,
    /// How far the search has come, in thousandths.
    progress: u64,
}

impl Search<'_> {
    /// Solves one round; `start` is what its end leads to.
    fn round(
        &mut self,
        start: Vec<f64>,
        keep: bool,
        play: bool,
    ) -> Result<Vec<Vec<f64>>, SolveError> {
        self.solved += 1;
        let round = Round {
            number: 0,
            worth: self.worth,
            keep,
            play,
            compared: keep,
            progress: (self.progress * self.phases, 1000 * self.phases),
        };
        self.rounds.solve(&round, start)
    }

    /// T.
    fn back(&mut self, start: Vec<f64>) -> Result<Vec<f64>, SolveError> {
        Ok(self.round(start, false, false)?.swap_remove(0))
    }

    /// Rounds until they no longer differ, from nothing expected in any of the `numbers`.
    fn settle(&mut self, numbers: usize) -> Result<Vec<f64>, SolveError> {
        let mut memory = Anderson::new(self.depth);
        let mut start = vec![0.0; numbers];
        let mut extrapolated = false;
        let (mut reach, mut before) = (REACH, f64::INFINITY);
        let mut best = f64::INFINITY;
        let mut best_image = Vec::new();
        let mut first = 0.0;
        while self.solved < MOST_ROUNDS {
            let image = match self.back(start.clone()) {
                // Where no plan leads, a stage may have no solution.
                Err(SolveError::Unconverged { .. }) if extrapolated => Vec::new(),
                image => image?,
            };
            let error = if image.is_empty() {
                f64::INFINITY
            } else {
                self.units.error(&start, &image)
            };
            if error <= SETTLED {
                return Ok(image);
            }
            if extrapolated && !(error <= ASTRAY * best) {
                memory.forget();
                start.clone_from(&best_image);
                extrapolated = false;
                reach *= NEARER * NEARER;
                continue;
            }
            if first == 0.0 {
                first = error;
            }
            if error < best {
                best = error;
                best_image.clone_from(&image);
                let come = ln(first / best) / ln(first / SETTLED);
                self.progress = (1000.0 * come.clamp(0.0, 1.0)) as u64;
            }
            if extrapolated {
                reach *= if error < before { FURTHER } else { NEARER };
                reach = reach.min(REACH / f64::EPSILON);
            }
            before = error;
            if self.solved < PLAIN {
                start = image;
                continue;
            }
            let change = self.units.change(&start, &image);
            if reach < NARROW {
                // The points before lie too far off to tell what comes next.
                memory.forget();
                reach = REACH;
            }
            let (mut step, used) = memory.step(change, &image);
            // What is added everywhere no choice reads: it may go as far as it will.
            let mean = self.units.centre(&mut step);
            let share = (reach / self.units.farthest(&step)).min(1.0);
            self.units.raise(&mut step, &mean);
            start = image;
            let pairs = start.iter_mut().zip(&step);
            pairs.for_each(|(x, step)| *x += share * step);
            extrapolated = used > 0;
        }
        Err(unsettled(self.solved, best))
    }

    /// What becomes in one round back of a small change in what is expected, on average over many: below
    /// 1 where a longer plan leads to `found` from close by.
    fn growth(&mut self, found: &[f64]) -> Result<f64, SolveError> {
        let mut change = noise(found.len());
        let mut grown = 0.0;
        let counted = FOLLOWED / 2;
        for round in 0..=FOLLOWED {
            if self.worth.is_empty() {
                // Without ends what is added everywhere is discounted, and nothing else.
                self.units.centre(&mut change);
            }
            let size = self.units.size(&change);
            if round > FOLLOWED - counted {
                grown += ln(size / SMALL) / counted as f64;
            }
            if round == FOLLOWED || size == 0.0 {
                break;
            }
            let scale = SMALL / size;
            let moved = found.iter().zip(&change).map(|(v, c)| v + scale * c);
            let image = match self.back(moved.collect()) {
                Err(SolveError::Unconverged { .. }) => return Ok(f64::INFINITY),
                image => image?,
            };
            change = image.iter().zip(found).map(|(a, b)| a - b).collect();
        }
        Ok(exp(grown))
    }
}
