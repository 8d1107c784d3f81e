//! Ranges of the flat tables.

use super::{EventsPhase, Game, Label, MovePhase, Phase, PrecisionScale, State};
use std::ops::Range;

impl MovePhase {
    /// Alternatives of node `n`.
    #[inline]
    pub fn alternatives(&self, n: usize) -> Range<usize> {
        self.node_alternatives[n] as usize..self.node_alternatives[n + 1] as usize
    }

    /// Outcomes of alternative `a`.
    #[inline]
    pub fn outcomes(&self, a: usize) -> Range<usize> {
        self.alternative_outcomes[a] as usize..self.alternative_outcomes[a + 1] as usize
    }

    /// Number of nodes.
    pub fn nodes(&self) -> usize {
        self.node_state.len()
    }

    /// Do several actors choose at once?
    pub fn is_joint(&self) -> bool {
        self.actors.len() > 1
    }

    /// What mover `m` does in alternative `a`.
    #[inline]
    pub fn move_of(&self, a: usize, m: usize) -> usize {
        self.alternative_moves[a * self.actors.len() + m] as usize
    }

    /// The labels that outcome `o` shows, one a mover.
    #[inline]
    pub fn labels_of(&self, o: usize) -> &[Label] {
        let movers = self.actors.len();
        &self.outcome_labels[o * movers..(o + 1) * movers]
    }
}

impl EventsPhase {
    /// Outcomes of node `n`.
    #[inline]
    pub fn outcomes(&self, n: usize) -> Range<usize> {
        self.node_outcomes[n] as usize..self.node_outcomes[n + 1] as usize
    }

    /// Number of nodes.
    pub fn nodes(&self) -> usize {
        self.node_state.len()
    }
}

impl Phase {
    /// States that have a node in this phase, ascending.
    pub fn states(&self) -> &[State] {
        match self {
            Self::Move(phase) => &phase.node_state,
            Self::Events(phase) => &phase.node_state,
        }
    }

    /// Number of nodes.
    pub fn nodes(&self) -> usize {
        self.states().len()
    }
}

impl Game {
    /// Does some actor have more than one type?
    pub fn has_types(&self) -> bool {
        self.actors.iter().any(|a| a.types.len() > 1)
    }

    /// Precision of an actor in round `t` of its plan.
    pub fn precision(&self, actor: usize, t: u32) -> f64 {
        let actor = &self.actors[actor];
        actor.precision
            * match self.precision_scale {
                PrecisionScale::Current => 1.0,
                PrecisionScale::Discounted => actor.discount.powi(t as i32),
            }
    }

    /// Is there a phase in which several actors choose at once?
    pub fn has_joint_moves(&self) -> bool {
        let joint = |phase: &Phase| matches!(phase, Phase::Move(phase) if phase.is_joint());
        self.phases.iter().any(joint)
    }
}
