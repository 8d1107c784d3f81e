//! What all trajectories share: the outcomes of chance and of moves, laid out for drawing.

use super::cells::Cumulated;
use super::walk::Walk;
use crate::game::Phase;

/// Where each phase leads.
pub(super) struct Ground<'a> {
    pub walk: &'a Walk<'a>,
    /// Phase → node of chance, or alternative of moves → its outcomes.
    pub outcomes: Vec<Cumulated>,
}

impl<'a> Ground<'a> {
    pub fn of(walk: &'a Walk<'a>) -> Self {
        let outcomes = walk.game.phases.iter().map(outcomes).collect();
        Self { walk, outcomes }
    }
}

fn outcomes(phase: &Phase) -> Cumulated {
    let mut known = Cumulated::default();
    match phase {
        Phase::Events(phase) => {
            for n in 0..phase.nodes() {
                known.push(phase.outcome_true[phase.outcomes(n)].iter().copied());
            }
        }
        Phase::Move(phase) => {
            for a in 0..phase.alternative_outcomes.len() - 1 {
                known.push(phase.outcome_true[phase.outcomes(a)].iter().copied());
            }
        }
    }
    known
}
