//! Simulation: trajectories with exact Bayes, as the check of the forecast and for stories.
//!
//! A trajectory is told step by step to those who want a story ([`walk`]), and many are walked side by
//! side where only counts are asked for ([`crowd`]): the same trajectories, since random numbers are drawn
//! by trajectory and step. A trajectory shares its random numbers with the same trajectory of another
//! policy.

mod beliefs;
pub mod cells;
mod chain;
mod counts;
mod crowd;
mod evaluated;
mod ground;
pub mod philox;
pub(crate) mod walk;

use crate::game::{Game, Label, State};
use crate::solve::{Observer, Solution, SolveError};
use beliefs::Believed;
use chain::Chain;
use counts::{Counts, Remembered, Watched};
use crowd::Crowd;
use ground::Ground;
use rayon::prelude::*;
use serde::Serialize;
use std::sync::atomic::{AtomicU64, Ordering};
use walk::{Listener, Walk, Walker};

/// Settings of the simulation.
#[derive(Clone, Debug, Serialize)]
pub struct Options {
    /// Number of trajectories.
    pub trajectories: u64,
    /// Seed of all random numbers.
    pub seed: u64,
}

/// Estimated probability by round.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// Name as declared.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// Index is the round.
    pub probability: Vec<f64>,
    /// Binomial standard error.
    pub standard_error: Vec<f64>,
}

/// Result of a simulation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Simulation {
    /// Trajectories drawn.
    pub trajectories: u64,
    /// Seed.
    pub seed: u64,
    /// Outcome classes.
    pub classes: Vec<Estimate>,
    /// First passages.
    pub questions: Vec<Estimate>,
}

/// Trajectories of one unit of parallel work.
const CHUNK: u64 = 4096;
/// Trajectories side by side, at most: the more there are, the more share what they have seen.
const CROWD: u64 = 16_384;

/// Simulates `game` under `solution`.
///
/// # Errors
/// [`SolveError::Cancelled`] when stopped.
pub fn simulate(
    game: &Game,
    solution: &Solution,
    options: &Options,
    observer: &dyn Observer,
) -> Result<Simulation, SolveError> {
    let watched = Watched::of(game);
    let walk = Walk::new(game, solution, game.horizon, options.seed);
    let ground = Ground::of(&walk);
    // Without private types.
    let chain = (solution.grid.points == 1).then(|| Chain::of(&ground));
    let share = options.trajectories / (4 * rayon::current_num_threads() as u64);
    let crowd = share.clamp(1024, CROWD);
    let chunks = options.trajectories.div_ceil(crowd);
    let done = AtomicU64::new(0);
    let counts = (0..chunks)
        .into_par_iter()
        .map(|chunk| {
            if observer.cancelled() {
                return None;
            }
            let mut counts = Counts::new(game, &watched);
            let range = chunk * crowd..((chunk + 1) * crowd).min(options.trajectories);
            match &chain {
                Some(chain) => chain.walk(range, &mut counts),
                None => {
                    let mut remembered = Remembered::of(counts);
                    Crowd::default().walk(&ground, range, &mut remembered);
                    counts = remembered.counts;
                }
            }
            observer.progress("simulate", done.fetch_add(1, Ordering::Relaxed) + 1, chunks);
            Some(counts)
        })
        .try_reduce(|| Counts::new(game, &watched), |a, b| Some(a.plus(b)))
        .ok_or(SolveError::Cancelled)?;
    let estimate = |name: &str, label: &str, changes: &[i64]| {
        let n = options.trajectories.max(1) as f64;
        let mut count = 0;
        let probability: Vec<f64> = changes
            .iter()
            .map(|change| {
                count += change;
                count as f64 / n
            })
            .collect();
        let standard_error = probability
            .iter()
            .map(|p| (p * (1.0 - p) / n).sqrt())
            .collect();
        Estimate {
            name: name.into(),
            label: label.into(),
            probability,
            standard_error,
        }
    };
    Ok(Simulation {
        trajectories: options.trajectories,
        seed: options.seed,
        classes: game
            .classes
            .iter()
            .zip(&counts.classes)
            .map(|(c, n)| estimate(&c.name, &c.label, n))
            .collect(),
        questions: game
            .questions
            .iter()
            .map(|q| estimate(&q.name, &q.title, &counts.passages[q.event as usize]))
            .collect(),
    })
}

/// A decision on a trajectory.
pub(crate) struct Decision<'a> {
    /// Trajectory.
    pub trajectory: u64,
    /// Calendar round.
    pub round: u32,
    /// Phase.
    pub phase: usize,
    /// Node.
    pub node: usize,
    /// Flat public belief.
    pub belief: &'a [f64],
}

/// Visits every decision on the first `trajectories` trajectories under `seed`, in order.
pub(crate) fn visit(
    game: &Game,
    solution: &Solution,
    trajectories: u64,
    seed: u64,
    visitor: &mut dyn FnMut(Decision),
) {
    struct Visits<'a> {
        trajectory: u64,
        visitor: &'a mut dyn FnMut(Decision),
    }
    impl Listener for Visits<'_> {
        fn begin(&mut self, trajectory: u64, _types: &[usize], _start: State) {
            self.trajectory = trajectory;
        }

        fn step(&mut self, step: &walk::Step) {
            if step.decision.is_some() {
                (self.visitor)(Decision {
                    trajectory: self.trajectory,
                    round: step.round,
                    phase: step.phase,
                    node: step.node,
                    belief: step.before,
                });
            }
        }
    }
    let walk = Walk::new(game, solution, game.horizon, seed);
    let mut walker = Walker::new(&walk);
    let mut visits = Visits {
        trajectory: 0,
        visitor,
    };
    for trajectory in 0..trajectories {
        walker.walk(&walk, trajectory, &mut visits);
    }
}

/// One phase on a trajectory.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Calendar round.
    pub round: u32,
    /// Phase.
    pub phase: usize,
    /// The labels seen, one for each who moved; none of chance.
    pub labels: Vec<Label>,
    /// The state after it.
    pub state: State,
    /// Flat public belief after it.
    pub belief: Vec<f64>,
}

impl Listener for Vec<Step> {
    fn step(&mut self, step: &walk::Step) {
        let decision = step.decision;
        self.push(Step {
            round: step.round,
            phase: step.phase,
            labels: decision.map_or(Vec::new(), |d| d.moves.labels_of(step.outcome).to_vec()),
            state: step.to,
            belief: step.after.to_vec(),
        });
    }
}

/// One trajectory, phase by phase, until the horizon or an end.
pub fn path(game: &Game, solution: &Solution, trajectory: u64, seed: u64) -> Vec<Step> {
    let walk = Walk::new(game, solution, game.horizon, seed);
    let mut steps = Vec::new();
    Walker::new(&walk).walk(&walk, trajectory, &mut steps);
    steps
}

/// Trajectories side by side where beliefs are asked for.
const BELIEVERS: u64 = 1024;

/// Public beliefs at the end of each round on `trajectories` trajectories under `seed`:
/// `[round][entry]` lists the flat beliefs' entries in trajectory order.
pub(crate) fn beliefs(
    game: &Game,
    solution: &Solution,
    trajectories: u64,
    seed: u64,
) -> Vec<Vec<Vec<f64>>> {
    let walk = Walk::new(game, solution, game.horizon, seed);
    if solution.grid.points == 1 {
        // Without private types there is nothing to learn.
        let known = |prior: &f64| vec![*prior; trajectories as usize];
        let round: Vec<Vec<f64>> = walk.priors.iter().map(known).collect();
        return vec![round; walk.rounds as usize + 1];
    }
    let ground = Ground::of(&walk);
    let chunks: Vec<Believed> = (0..trajectories.div_ceil(BELIEVERS))
        .into_par_iter()
        .map(|chunk| {
            let mut believed = Believed::new(&walk.priors);
            let range = chunk * BELIEVERS..((chunk + 1) * BELIEVERS).min(trajectories);
            Crowd::default().walk(&ground, range, &mut believed);
            believed.stay_until(walk.rounds);
            believed
        })
        .collect();
    (0..=walk.rounds as usize)
        .into_par_iter()
        .map(|round| {
            let entry = |e: usize| {
                let all = chunks.iter().map(|chunk| &chunk.rounds[round][e][..]);
                all.collect::<Vec<_>>().concat()
            };
            (0..walk.priors.len()).map(entry).collect()
        })
        .collect()
}

/// Rounds that a path ends inside sets of states.
struct Inside<'a> {
    sets: &'a [Vec<bool>],
    rounds: Vec<usize>,
    /// Set → rounds → paths.
    counts: Vec<Vec<u64>>,
}

impl Listener for Inside<'_> {
    fn begin(&mut self, _trajectory: u64, _types: &[usize], _start: State) {
        self.rounds.fill(0);
    }

    fn round(&mut self, round: u32, state: State, _belief: &[f64]) {
        if round > 0 {
            for (n, set) in self.rounds.iter_mut().zip(self.sets) {
                *n += usize::from(set[state as usize]);
            }
        }
    }

    fn end(&mut self, _state: State) {
        for (counts, n) in self.counts.iter_mut().zip(&self.rounds) {
            counts[*n] += 1;
        }
    }
}

/// For each set of states, on how many of `trajectories` paths under `seed` how many rounds, from the
/// first to the horizon, end inside it: `[set][rounds]`.
pub(crate) fn rounds_inside(
    game: &Game,
    solution: &Solution,
    sets: &[Vec<bool>],
    trajectories: u64,
    seed: u64,
    observer: &dyn Observer,
) -> Result<Vec<Vec<u64>>, SolveError> {
    let walk = Walk::new(game, solution, game.horizon, seed);
    let empty = || vec![vec![0u64; game.horizon as usize + 1]; sets.len()];
    (0..trajectories.div_ceil(CHUNK))
        .into_par_iter()
        .map(|chunk| {
            if observer.cancelled() {
                return None;
            }
            let mut inside = Inside {
                sets,
                rounds: vec![0; sets.len()],
                counts: empty(),
            };
            let mut walker = Walker::new(&walk);
            for trajectory in chunk * CHUNK..((chunk + 1) * CHUNK).min(trajectories) {
                walker.walk(&walk, trajectory, &mut inside);
            }
            Some(inside.counts)
        })
        .try_reduce(empty, |mut a, b| {
            for (x, y) in a.iter_mut().flatten().zip(b.into_iter().flatten()) {
                *x += y;
            }
            Some(a)
        })
        .ok_or(SolveError::Cancelled)
}
