//! Trajectories told step by step: who or what moved, from where to where, and what it taught.
//!
//! The game is compiled with every trigger in a phase of its own and the causes of outcomes kept, so
//! that each step has one cause. Types, choices and chance are drawn by counter as in
//! [`crate::simulate`], with the true kernel and exact Bayes from the strategies as played; where no
//! phase holds two triggers, trajectory k is the same there and here.

use super::apart;
use super::observe;
use super::resolve::AnalysisError;
pub use crate::compile::Cause;
use crate::compile::{self, Causes};
use crate::forecast::errs;
use crate::game::{Game, MovePhase, State};
use crate::play::{BeliefLayout, Play};
use crate::simulate::walk::{self, Walk, Walker};
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
    /// Its solution, with what is planned at the start of a round alone.
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
        apart::one_at_a_time(&game, "why")?;
        let solution = solve(&game, options, observer)?;
        let (game, mut solution) = observe::left(scenario, game, solution, options, observer)?;
        // Of many phases these would be the larger part of the memory, and nobody asks for them.
        for round in &mut solution.values {
            round.truncate(1);
        }
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
    let walk = Walk::new(&traced.game, &traced.solution, rounds, seed);
    let chunks = trajectories.div_ceil(CHUNK);
    let done = AtomicU64::new(0);
    let heard: Option<Vec<L>> = (0..chunks)
        .into_par_iter()
        .map(|chunk| {
            if observer.cancelled() {
                return None;
            }
            let mut told = Told {
                traced,
                layout: &walk.layout,
                listener: make(),
            };
            let mut walker = Walker::new(&walk);
            for trajectory in chunk * CHUNK..((chunk + 1) * CHUNK).min(trajectories) {
                walker.walk(&walk, trajectory, &mut told);
            }
            observer.progress("trace", done.fetch_add(1, Ordering::Relaxed) + 1, chunks);
            Some(told.listener)
        })
        .collect();
    heard.ok_or(SolveError::Cancelled)
}

/// Says of each step who or what made it.
struct Told<'a, L> {
    traced: &'a Traced,
    layout: &'a BeliefLayout,
    listener: L,
}

impl<L: Listener> walk::Listener for Told<'_, L> {
    fn begin(&mut self, _trajectory: u64, types: &[usize], start: State) {
        self.listener.begin(types, start);
    }

    fn step(&mut self, step: &walk::Step) {
        let causes = &self.traced.causes.phases[step.phase];
        let decision = step.decision.map(|d| {
            let own = self.layout.range(d.mover);
            Decision {
                moves: d.moves,
                mover: d.mover,
                kind: d.kind,
                chosen: d.chosen,
                outcome: step.outcome,
                play: d.play,
                before: &step.before[own.clone()],
                after: &step.after[own],
            }
        });
        let cause = match &decision {
            // A phase of chance without a trigger only pays.
            None => causes.triggers.first().map(|t| Cause::Trigger(*t)),
            Some(decision) => {
                // Where in the outcome's share the draw fell says whether an accident made it.
                let mut below = 0.0;
                let accident = causes.of(step.outcome).iter().find(|accident| {
                    below += accident.actual;
                    step.within < below
                });
                Some(match accident {
                    Some(accident) => Cause::Trigger(accident.trigger),
                    None => decision.cause(&self.traced.game, step.node),
                })
            }
        };
        if let Some(cause) = cause {
            self.listener.step(&Step {
                round: step.round,
                phase: step.phase,
                node: step.node,
                from: step.from,
                to: step.to,
                cause,
                decision,
            });
        }
    }

    fn end(&mut self, state: State) {
        self.listener.end(state);
    }
}

impl Decision<'_> {
    /// The move itself as a cause.
    fn cause(&self, game: &Game, node: usize) -> Cause {
        let count = self.moves.alternatives(node).len();
        let sigma = &self.play.sigma[self.kind * count..][..count];
        let best = sigma.iter().copied().fold(0.0, f64::max);
        let default = self.moves.node_opportunity[node][0].default as usize;
        Cause::Move {
            name: self.moves.node_moves[node][0][self.chosen],
            noise: self.chosen != default && errs(game, sigma[self.chosen], best),
        }
    }
}
