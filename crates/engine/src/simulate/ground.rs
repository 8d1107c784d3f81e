//! What all trajectories share: the outcomes of chance and of moves, laid out for drawing.

use super::cells::{Cells, Cumulated};
use super::walk::Walk;
use crate::game::{Phase, State};

/// Where each phase leads.
pub(super) struct Ground<'a> {
    pub walk: &'a Walk<'a>,
    /// Phase → node of chance, or alternative of moves → its outcomes.
    pub outcomes: Vec<Cumulated>,
    /// Phase → state, or alternative of moves and then each state without a node → next state; at last
    /// what is asked for where a word does not tell.
    pub next: Vec<Cells>,
}

impl<'a> Ground<'a> {
    pub fn of(walk: &'a Walk<'a>) -> Self {
        let (outcomes, next) = (0..walk.game.phases.len())
            .map(|p| outcomes(walk, p))
            .unzip();
        Self {
            walk,
            outcomes,
            next,
        }
    }
}

fn outcomes(walk: &Walk, p: usize) -> (Cumulated, Cells) {
    let layout = &walk.solution.layout;
    let (rows, nodes) = (&layout.rows[p], layout.nodes[p]);
    let unknown = walk.game.states.len() as State;
    let (mut known, mut next) = (Cumulated::default(), Cells::new(unknown));
    match &walk.game.phases[p] {
        Phase::Events(phase) => {
            for n in 0..nodes {
                known.push(phase.outcome_true[phase.outcomes(n)].iter().copied());
            }
            for (state, row) in rows.iter().enumerate() {
                let n = *row as usize;
                if n < nodes {
                    let first = phase.outcomes(n).start;
                    next.push(&known, n, |o| phase.outcome_next[first + o]);
                } else {
                    next.push_certain(state as State);
                }
            }
        }
        Phase::Move(phase) => {
            for a in 0..phase.alternative_outcomes.len() - 1 {
                known.push(phase.outcome_true[phase.outcomes(a)].iter().copied());
                let first = phase.outcomes(a).start;
                next.push(&known, a, |o| phase.outcome_next[first + o]);
            }
            for (state, row) in rows.iter().enumerate() {
                if *row as usize >= nodes {
                    next.push_certain(state as State);
                }
            }
        }
    }
    next.push_certain(unknown);
    (known, next)
}
