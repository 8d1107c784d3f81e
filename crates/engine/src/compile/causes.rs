//! Who or what brings an outcome about, beside the tables of the game.
//!
//! The game's tables merge results that lead to the same place under the same label, since nobody in
//! the game can tell them apart. An analyst can: here is kept which triggers a phase of chance holds,
//! and what part of a move's result is owed to a trigger that looks like a move.

use serde::Serialize;

/// Causes of all phases, in the order of the game's.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Causes {
    /// One entry a phase.
    pub phases: Vec<PhaseCauses>,
}

/// Who or what made a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// A move, by its own name in [`crate::game::Game::labels`].
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

impl Cause {
    /// The cause without the remark on its regret, which is told of beginnings only.
    pub fn plain(self) -> Self {
        match self {
            Self::Move { name, .. } => Self::Move { name, noise: false },
            Self::Trigger(_) => self,
        }
    }
}

/// Causes in one phase.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PhaseCauses {
    /// Phase of chance: the scenario's triggers joined into it, in their order. At most one when
    /// [`super::Options::max_event_outcomes`] is 0.
    pub triggers: Vec<u32>,
    /// Phase of moves: what accidents contribute, ascending by outcome and then trigger.
    pub accidents: Vec<Accident>,
}

/// The part of an outcome of a move phase that a trigger brings about.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Accident {
    /// Outcome within the phase.
    pub outcome: u32,
    /// The scenario's trigger.
    pub trigger: u32,
    /// Believed probability of the outcome by this trigger, given the move.
    pub believed: f64,
    /// True probability of it.
    pub actual: f64,
}

impl PhaseCauses {
    /// The accidents behind one outcome.
    pub fn of(&self, outcome: usize) -> &[Accident] {
        let first = self
            .accidents
            .partition_point(|a| (a.outcome as usize) < outcome);
        let rest = &self.accidents[first..];
        let len = rest.partition_point(|a| a.outcome as usize == outcome);
        &rest[..len]
    }
}
