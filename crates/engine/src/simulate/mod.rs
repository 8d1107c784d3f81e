//! Simulation: trajectories with exact Bayes, as the check of the forecast and for stories.
//!
//! Types, choices and chance are drawn by counter: (trajectory, round, phase, purpose) under the
//! seed, so a trajectory is the same whatever the number of threads, and shares its random numbers
//! with the same trajectory of another policy.

pub mod philox;

use crate::forecast::history::History;
use crate::game::{Game, Label, NONE, Phase, State};
use crate::play::{BeliefLayout, Play};
use crate::solve::{Observer, Solution, SolveError};
use philox::{Draws, Purpose};
use rayon::prelude::*;
use serde::Serialize;
use std::sync::atomic::{AtomicU64, Ordering};

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
    let shared = Shared::new(game, solution, options.seed);
    let chunks = options.trajectories.div_ceil(CHUNK);
    let done = AtomicU64::new(0);
    let counts = (0..chunks)
        .into_par_iter()
        .map(|chunk| {
            if observer.cancelled() {
                return None;
            }
            let mut counts = Counts::new(game);
            let mut walker = Walker::new(&shared);
            let last = ((chunk + 1) * CHUNK).min(options.trajectories);
            for trajectory in chunk * CHUNK..last {
                walker.walk(&shared, trajectory, &mut counts, &mut |_| {});
            }
            observer.progress("simulate", done.fetch_add(1, Ordering::Relaxed) + 1, chunks);
            Some(counts)
        })
        .try_reduce(|| Counts::new(game), |a, b| Some(a.plus(b)))
        .ok_or(SolveError::Cancelled)?;
    let estimate = |name: &str, label: &str, counts: &[u64]| {
        let n = options.trajectories.max(1) as f64;
        let probability: Vec<f64> = counts.iter().map(|c| *c as f64 / n).collect();
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
            .map(|q| {
                let mut reached = 0;
                let cumulative: Vec<u64> = counts.passages[q.event as usize]
                    .iter()
                    .map(|n| {
                        reached += n;
                        reached
                    })
                    .collect();
                estimate(&q.name, &q.title, &cumulative)
            })
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
    let shared = Shared::new(game, solution, seed);
    let mut walker = Walker::new(&shared);
    let mut counts = Counts::new(game);
    for trajectory in 0..trajectories {
        walker.walk(&shared, trajectory, &mut counts, visitor);
    }
}

/// One phase on a trajectory.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Calendar round.
    pub round: u32,
    /// Phase.
    pub phase: usize,
    /// The label seen; `None` for chance.
    pub label: Option<Label>,
    /// The state after it.
    pub state: State,
    /// Flat public belief after it.
    pub belief: Vec<f64>,
}

/// One trajectory, phase by phase, until the horizon or an end.
pub fn path(game: &Game, solution: &Solution, trajectory: u64, seed: u64) -> Vec<Step> {
    let shared = Shared::new(game, solution, seed);
    let mut walker = Walker::new(&shared);
    walker.steps = Some(Vec::new());
    walker.walk(&shared, trajectory, &mut Counts::new(game), &mut |_| {});
    walker.steps.unwrap_or_default()
}

/// Public beliefs at the end of each round on `trajectories` trajectories under `seed`:
/// `[round][entry]` lists the flat beliefs' entries in trajectory order.
pub(crate) fn beliefs(
    game: &Game,
    solution: &Solution,
    trajectories: u64,
    seed: u64,
) -> Vec<Vec<Vec<f64>>> {
    let shared = Shared::new(game, solution, seed);
    let width = shared.layout.len();
    let rounds = game.horizon as usize + 1;
    let chunks: Vec<Vec<Vec<Vec<f64>>>> = (0..trajectories.div_ceil(256))
        .into_par_iter()
        .map(|chunk| {
            let mut walker = Walker::new(&shared);
            let mut counts = Counts::new(game);
            let mut out = vec![vec![Vec::new(); width]; rounds];
            for trajectory in chunk * 256..((chunk + 1) * 256).min(trajectories) {
                walker.history.clear();
                walker.walk(&shared, trajectory, &mut counts, &mut |_| {});
                for (round, belief) in walker.history.chunks_exact(width).enumerate() {
                    for (entry, b) in belief.iter().enumerate() {
                        out[round][entry].push(*b);
                    }
                }
            }
            out
        })
        .collect();
    let mut all = vec![vec![Vec::new(); width]; rounds];
    for chunk in chunks {
        for (target, source) in all.iter_mut().flatten().zip(chunk.into_iter().flatten()) {
            target.extend(source);
        }
    }
    all
}

/// Integer counts, so that adding them in any order gives the same.
struct Counts {
    classes: Vec<Vec<u64>>,
    passages: Vec<Vec<u64>>,
}

impl Counts {
    fn new(game: &Game) -> Self {
        let rounds = game.horizon as usize + 1;
        Self {
            classes: vec![vec![0; rounds]; game.classes.len()],
            passages: vec![vec![0; rounds]; game.events.len()],
        }
    }

    fn plus(mut self, other: Self) -> Self {
        let pairs = self.classes.iter_mut().zip(&other.classes);
        for (a, b) in pairs.chain(self.passages.iter_mut().zip(&other.passages)) {
            for (x, y) in a.iter_mut().zip(b) {
                *x += y;
            }
        }
        self
    }
}

struct Shared<'a> {
    game: &'a Game,
    solution: &'a Solution,
    layout: BeliefLayout,
    history: History,
    priors: Vec<f64>,
    draws: Draws,
}

impl<'a> Shared<'a> {
    fn new(game: &'a Game, solution: &'a Solution, seed: u64) -> Self {
        let layout = BeliefLayout::of(game);
        Self {
            priors: layout.priors(game),
            history: History::of(game),
            layout,
            game,
            solution,
            draws: Draws::of(seed),
        }
    }
}

struct Walker {
    play: Play,
    belief: Vec<f64>,
    types: Vec<usize>,
    /// Flat beliefs at the start and after each round.
    history: Vec<f64>,
    /// The phases of the trajectory, where they are asked for.
    steps: Option<Vec<Step>>,
}

impl Walker {
    fn new(shared: &Shared) -> Self {
        Self {
            play: Play::default(),
            belief: shared.priors.clone(),
            types: Vec::new(),
            history: Vec::new(),
            steps: None,
        }
    }

    fn walk(
        &mut self,
        shared: &Shared,
        trajectory: u64,
        counts: &mut Counts,
        visitor: &mut dyn FnMut(Decision),
    ) {
        let game = shared.game;
        let history = &shared.history;
        self.belief.copy_from_slice(&shared.priors);
        self.types.clear();
        for (i, actor) in game.actors.iter().enumerate() {
            let u = shared.draws.pair(trajectory, i as u32, Purpose::Types).0;
            self.types
                .push(pick(u, actor.types.iter().map(|t| t.weight)));
        }
        let mut state = game.start;
        let mut bits = history.enter(0, state);
        note(counts, history.seen(0, state), 0);
        let mut class = |bits, state, round: usize| {
            if !game.classes.is_empty() {
                counts.classes[history.class(game, bits, state)][round] += 1;
            }
        };
        class(bits, state, 0);
        self.history.clear();
        self.history.extend_from_slice(&self.belief);
        let mut passed = Vec::new();
        for round in 0..game.horizon {
            let plan = shared.solution.plan_round(game, round);
            for (p, phase) in game.phases.iter().enumerate() {
                let row = shared.solution.layout.rows[p][state as usize];
                if row == NONE || row as usize >= shared.solution.layout.nodes[p] {
                    continue;
                }
                let n = row as usize;
                let step = round * game.phases.len() as u32 + p as u32;
                let (first, second) = shared.draws.pair(trajectory, step, Purpose::Step);
                let mut label = None;
                let next = match phase {
                    Phase::Events(phase) => {
                        let range = phase.outcomes(n);
                        let o = pick(first, phase.outcome_true[range.clone()].iter().copied());
                        phase.outcome_next[range.start + o]
                    }
                    Phase::Move(phase) => {
                        let mover = phase.actors[0] as usize;
                        visitor(Decision {
                            trajectory,
                            round,
                            phase: p,
                            node: n,
                            belief: &self.belief,
                        });
                        self.play.at(
                            game,
                            shared.solution,
                            &shared.layout,
                            phase,
                            (plan, p, n),
                            &self.belief,
                            true,
                        );
                        let alternatives = phase.alternatives(n);
                        let count = alternatives.len();
                        let sigma = &self.play.sigma[self.types[mover] * count..][..count];
                        let opportunity = phase.node_opportunity[n][0];
                        let a = pick(
                            first,
                            sigma.iter().enumerate().map(|(a, s)| {
                                let forced = if a == opportunity.default as usize {
                                    1.0 - opportunity.probability
                                } else {
                                    0.0
                                };
                                opportunity.probability * s + forced
                            }),
                        );
                        let range = phase.outcomes(alternatives.start + a);
                        let o = range.start
                            + pick(second, phase.outcome_true[range.clone()].iter().copied());
                        let signals = &shared.solution.layout.signals[p][n];
                        let g = signals.outcome_signal[o - phase.outcomes(alternatives.start).start]
                            as usize;
                        let own = shared.layout.range(mover);
                        let types = own.len();
                        self.belief[own]
                            .copy_from_slice(&self.play.posterior[g * types..(g + 1) * types]);
                        label = Some(phase.outcome_labels[o]);
                        phase.outcome_next[o]
                    }
                };
                let fresh =
                    history.mask[next as usize] & history.watched & !history.seen(bits, state);
                if fresh != 0 {
                    passed.push((fresh, round as usize + 1));
                }
                bits = history.enter(bits, next);
                state = next;
                if let Some(steps) = &mut self.steps {
                    steps.push(Step {
                        round,
                        phase: p,
                        label,
                        state,
                        belief: self.belief.clone(),
                    });
                }
            }
            class(bits, state, round as usize + 1);
            self.history.extend_from_slice(&self.belief);
        }
        for (events, round) in passed {
            note(counts, events, round);
        }
    }
}

fn note(counts: &mut Counts, events: u64, round: usize) {
    let mut rest = events;
    while rest != 0 {
        counts.passages[rest.trailing_zeros() as usize][round] += 1;
        rest &= rest - 1;
    }
}

/// Index drawn by `u` in [0, 1) from probabilities that sum to one; never one of probability 0.
fn pick(u: f64, probabilities: impl Iterator<Item = f64>) -> usize {
    let mut below = 0.0;
    let mut last = 0;
    for (i, p) in probabilities.enumerate() {
        if p > 0.0 {
            below += p;
            last = i;
            if u < below {
                return i;
            }
        }
    }
    last
}
