//! Trajectories told step by step: who or what moved, from where to where, and what it taught.
//!
//! The game is compiled with every trigger in a phase of its own and the causes of outcomes kept, so
//! that each step has one cause. Types, choices and chance are drawn by counter as in
//! [`crate::simulate`], with the true kernel and exact Bayes from the strategies as played; where no
//! phase holds two triggers, trajectory k is the same there and here.

use super::observe;
use super::resolve::AnalysisError;
use crate::compile::{self, Causes};
use crate::game::{Game, MovePhase, NONE, Phase, State};
use crate::play::{BeliefLayout, Play};
use crate::simulate::philox::{Draws, Purpose};
use crate::solve::{Observer, Solution, SolveError, solve};
use climbdown_lang::Scenario;
use rayon::prelude::*;
use serde::Serialize;
use std::sync::atomic::{AtomicU64, Ordering};

/// A solved game whose steps have one cause each.
pub struct Traced {
    /// The game, one trigger a phase.
    pub game: Game,
    /// Causes of its outcomes.
    pub causes: Causes,
    /// Its solution.
    pub solution: Solution,
}

impl Traced {
    /// Compiles and solves a scenario for tracing.
    ///
    /// # Errors
    /// [`AnalysisError`].
    pub fn solve(
        scenario: &Scenario,
        options: &crate::solve::Options,
        observer: &dyn Observer,
    ) -> Result<Self, AnalysisError> {
        let (game, causes) = split(scenario, "the scenario")?;
        let solution = solve(&game, options, observer)?;
        let (game, solution) = observe::left(scenario, game, solution, options, observer)?;
        Ok(Self {
            game,
            causes,
            solution,
        })
    }
}

/// Compiles a scenario with every trigger in a phase of its own.
///
/// # Errors
/// [`AnalysisError::Compile`].
pub fn split(scenario: &Scenario, what: &str) -> Result<(Game, Causes), AnalysisError> {
    let options = compile::Options {
        max_event_outcomes: 0,
        ..compile::Options::default()
    };
    let compiled =
        compile::compile(scenario, &options).map_err(|error| AnalysisError::Compile {
            what: what.to_owned(),
            error,
        })?;
    Ok((compiled.game, compiled.causes))
}

/// Who or what made a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// A move, by its own name in [`Game::labels`].
    Move {
        /// Index of the name.
        name: u32,
        /// Chosen although its log-probability lies more than 1 below that of the best move: without
        /// variants, a regret above 1/λ.
        noise: bool,
    },
    /// A trigger of the scenario.
    Trigger(u32),
}

/// One step of a trajectory.
pub struct Step<'a> {
    /// Calendar round.
    pub round: u32,
    /// Phase.
    pub phase: usize,
    /// Node of the phase.
    pub node: usize,
    /// State before.
    pub from: State,
    /// State after.
    pub to: State,
    /// Who or what made it.
    pub cause: Cause,
    /// The decision, in phases of moves.
    pub decision: Option<Decision<'a>>,
}

/// A decision on a trajectory.
pub struct Decision<'a> {
    /// The phase.
    pub moves: &'a MovePhase,
    /// Who decides.
    pub mover: usize,
    /// Its true type.
    pub kind: usize,
    /// The move, counted within the node.
    pub chosen: usize,
    /// Outcome within the phase.
    pub outcome: usize,
    /// Strategies of all types at this belief.
    pub play: &'a Play,
    /// Public belief about the mover before and after.
    pub before: &'a [f64],
    /// See `before`.
    pub after: &'a [f64],
}

/// Hears trajectories.
pub trait Listener: Send {
    /// A trajectory begins.
    fn begin(&mut self, _types: &[usize], _start: State) {}
    /// A step was made; also one that changes nothing.
    fn step(&mut self, step: &Step);
    /// The trajectory has come to the last round or to an end state.
    fn end(&mut self, _state: State) {}
}

impl<A: Listener, B: Listener> Listener for (A, B) {
    fn begin(&mut self, types: &[usize], start: State) {
        self.0.begin(types, start);
        self.1.begin(types, start);
    }

    fn step(&mut self, step: &Step) {
        self.0.step(step);
        self.1.step(step);
    }

    fn end(&mut self, state: State) {
        self.0.end(state);
        self.1.end(state);
    }
}

/// The name of a cause for people and programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// "choice", "noise" (a move whose regret exceeds 1/λ) or "accident" (a trigger).
    pub kind: &'static str,
    /// Name as declared: "actor.move", or the trigger's.
    pub name: String,
    /// Text for people.
    pub label: String,
}

impl Event {
    /// What a cause is called in a scenario.
    pub fn of(cause: Cause, scenario: &Scenario, game: &Game) -> Self {
        match cause {
            Cause::Trigger(t) => {
                let trigger = &scenario.triggers[t as usize];
                Self {
                    kind: "accident",
                    name: trigger.name.clone(),
                    label: trigger.label.clone(),
                }
            }
            Cause::Move { name, noise } => {
                let name = game.labels[name as usize].clone();
                let declared = scenario.moves.iter().find(|m| {
                    let actor = &scenario.actors[m.actor.0 as usize].name;
                    name.strip_prefix(actor.as_str())
                        .and_then(|rest| rest.strip_prefix('.'))
                        == Some(m.name.as_str())
                });
                Self {
                    kind: if noise { "noise" } else { "choice" },
                    label: declared.map_or_else(|| name.clone(), |m| m.label.clone()),
                    name,
                }
            }
        }
    }
}

/// Trajectories heard by one listener; a fixed number, so that results do not depend on threads.
const CHUNK: u64 = 2048;

/// Tells trajectories 0 to `trajectories` − 1 under `seed` over `rounds` rounds to listeners made by
/// `make`, and returns these in order.
///
/// # Errors
/// [`SolveError::Cancelled`] when stopped.
pub fn trace<L: Listener>(
    traced: &Traced,
    rounds: u32,
    (trajectories, seed): (u64, u64),
    make: impl Fn() -> L + Sync,
    observer: &dyn Observer,
) -> Result<Vec<L>, SolveError> {
    let layout = BeliefLayout::of(&traced.game);
    let shared = Shared {
        traced,
        priors: layout.priors(&traced.game),
        layout,
        rounds: rounds.min(traced.game.horizon),
        draws: Draws::of(seed),
    };
    let chunks = trajectories.div_ceil(CHUNK);
    let done = AtomicU64::new(0);
    let heard: Option<Vec<L>> = (0..chunks)
        .into_par_iter()
        .map(|chunk| {
            if observer.cancelled() {
                return None;
            }
            let mut listener = make();
            let mut walker = Walker::new(&shared);
            for trajectory in chunk * CHUNK..((chunk + 1) * CHUNK).min(trajectories) {
                walker.walk(&shared, trajectory, &mut listener);
            }
            observer.progress("trace", done.fetch_add(1, Ordering::Relaxed) + 1, chunks);
            Some(listener)
        })
        .collect();
    heard.ok_or(SolveError::Cancelled)
}

struct Shared<'a> {
    traced: &'a Traced,
    layout: BeliefLayout,
    priors: Vec<f64>,
    rounds: u32,
    draws: Draws,
}

struct Walker {
    play: Play,
    belief: Vec<f64>,
    before: Vec<f64>,
    types: Vec<usize>,
}

impl Walker {
    fn new(shared: &Shared) -> Self {
        Self {
            play: Play::default(),
            belief: shared.priors.clone(),
            before: Vec::new(),
            types: Vec::new(),
        }
    }

    fn walk(&mut self, shared: &Shared, trajectory: u64, listener: &mut impl Listener) {
        let game = &shared.traced.game;
        let layout = &shared.traced.solution.layout;
        self.belief.copy_from_slice(&shared.priors);
        self.types.clear();
        for (i, actor) in game.actors.iter().enumerate() {
            let u = shared.draws.pair(trajectory, i as u32, Purpose::Types).0;
            let (kind, _) = pick(u, actor.types.iter().map(|t| t.weight));
            self.types.push(kind);
        }
        let mut state = game.start;
        listener.begin(&self.types, state);
        for round in 0..shared.rounds {
            for (p, phase) in game.phases.iter().enumerate() {
                let row = layout.rows[p][state as usize];
                if row == NONE || row as usize >= layout.nodes[p] {
                    continue;
                }
                let draws = shared.draws.pair(
                    trajectory,
                    round * game.phases.len() as u32 + p as u32,
                    Purpose::Step,
                );
                let n = row as usize;
                state = match phase {
                    Phase::Events(events) => {
                        let range = events.outcomes(n);
                        let all = events.outcome_true[range.clone()].iter().copied();
                        let (o, _) = pick(draws.0, all);
                        let to = events.outcome_next[range.start + o];
                        if let Some(trigger) = shared.traced.causes.phases[p].triggers.first() {
                            listener.step(&Step {
                                round,
                                phase: p,
                                node: n,
                                from: state,
                                to,
                                cause: Cause::Trigger(*trigger),
                                decision: None,
                            });
                        }
                        to
                    }
                    Phase::Move(moves) => {
                        self.decide(shared, moves, (round, p, n), state, draws, listener)
                    }
                };
            }
        }
        listener.end(state);
    }

    /// Plays one decision; returns the next state.
    fn decide(
        &mut self,
        shared: &Shared,
        phase: &MovePhase,
        (round, p, n): (u32, usize, usize),
        from: State,
        draws: (f64, f64),
        listener: &mut impl Listener,
    ) -> State {
        let game = &shared.traced.game;
        let solution = &shared.traced.solution;
        let mover = phase.actors[0] as usize;
        let plan = solution.plan_round(game, round);
        let place = (plan, p, n);
        self.play.at(
            game,
            solution,
            &shared.layout,
            phase,
            place,
            &self.belief,
            true,
        );
        let alternatives = phase.alternatives(n);
        let count = alternatives.len();
        let kind = self.types[mover];
        let sigma = &self.play.sigma[kind * count..][..count];
        let opportunity = phase.node_opportunity[n][0];
        let default = opportunity.default as usize;
        let tau = |a: usize, s: f64| {
            let forced = if a == default {
                1.0 - opportunity.probability
            } else {
                0.0
            };
            opportunity.probability * s + forced
        };
        let (a, _) = pick(draws.0, sigma.iter().enumerate().map(|(a, s)| tau(a, *s)));
        let range = phase.outcomes(alternatives.start + a);
        let all = phase.outcome_true[range.clone()].iter().copied();
        let (o, within) = pick(draws.1, all);
        let o = range.start + o;
        let best = sigma.iter().copied().fold(0.0, f64::max);
        let mut cause = Cause::Move {
            name: phase.node_moves[n][0][a],
            noise: a != default && sigma[a] < best * (-1.0f64).exp(),
        };
        // Where in the outcome's share the draw fell says whether an accident made it.
        let mut below = 0.0;
        for accident in shared.traced.causes.phases[p].of(o) {
            below += accident.actual;
            if within < below {
                cause = Cause::Trigger(accident.trigger);
                break;
            }
        }
        let first = phase.outcomes(alternatives.start).start;
        let g = solution.layout.signals[p][n].outcome_signal[o - first] as usize;
        let own = shared.layout.range(mover);
        let types = own.len();
        self.before.clear();
        self.before.extend_from_slice(&self.belief[own.clone()]);
        self.belief[own.clone()].copy_from_slice(&self.play.posterior[g * types..(g + 1) * types]);
        let to = phase.outcome_next[o];
        listener.step(&Step {
            round,
            phase: p,
            node: n,
            from,
            to,
            cause,
            decision: Some(Decision {
                moves: phase,
                mover,
                kind,
                chosen: a,
                outcome: o,
                play: &self.play,
                before: &self.before,
                after: &self.belief[own],
            }),
        });
        to
    }
}

/// Index drawn by `u` in [0, 1) from probabilities that sum to one, never one of probability 0; and
/// how far into its share `u` fell.
fn pick(u: f64, probabilities: impl Iterator<Item = f64>) -> (usize, f64) {
    let mut below = 0.0;
    let mut last = (0, 0.0);
    for (i, p) in probabilities.enumerate() {
        if p > 0.0 {
            last = (i, u - below);
            below += p;
            if u < below {
                return last;
            }
        }
    }
    last
}
