//! Which states can be met where: each must have a node there.

use super::content;
use super::flat::{Items as _, Texts};
use crate::exchange::ExchangeError;
use climbdown_engine::game::{Foresight, Game, Phase};
use std::collections::VecDeque;

/// Fails when a live state can be met in a phase without a node. Returns, by state, whether it can
/// open a round.
///
/// Plans count: with foresight of N rounds a state can be thought of up to N − 1 rounds after the
/// last one played.
pub fn check(game: &Game, states: &Texts, is_end: &[bool]) -> Result<Vec<bool>, ExchangeError> {
    let rounds = match game.foresight {
        Foresight::Full => u64::from(game.horizon),
        Foresight::Rounds(n) => u64::from(game.horizon) + u64::from(n) - 1,
        Foresight::Unbounded => u64::MAX,
    };
    let phases = game.phases.len();
    // Earliest round in which each state can be met before each phase; whoever meets it then can
    // meet its successors no later, so the earliest is enough.
    let mut earliest = vec![u64::MAX; phases * states.len()];
    let mut queue: VecDeque<(u64, usize, u32)> = VecDeque::new();
    queue.push_back((0, 0, game.start));
    if let Some(slot) = earliest.get_mut(game.start as usize * phases) {
        *slot = 0;
    }
    while let Some((round, phase, state)) = queue.pop_front() {
        if is_end[state as usize] || round >= rounds {
            continue;
        }
        let Some(next_states) = successors(&game.phases[phase], state) else {
            return Err(content(
                format!("phases[{phase}]"),
                format!(
                    "state {state} ({:?}) can be met here in round {round} and has no node",
                    states.get(state as usize)
                ),
            ));
        };
        let (next_round, next_phase) = if phase + 1 == phases {
            (round + 1, 0)
        } else {
            (round, phase + 1)
        };
        for next in next_states {
            let slot = &mut earliest[next as usize * phases + next_phase];
            if *slot == u64::MAX {
                *slot = next_round;
                queue.push_back((next_round, next_phase, next));
            }
        }
    }
    Ok((0..states.len())
        .map(|s| !is_end[s] && earliest[s * phases] != u64::MAX)
        .collect())
}

/// States that can follow, as believed or in truth; `None` without a node.
fn successors(phase: &Phase, state: u32) -> Option<Vec<u32>> {
    match phase {
        Phase::Move(phase) => {
            let n = phase.node_state.binary_search(&state).ok()?;
            let first = phase.node_alternatives[n] as usize;
            let last = phase.node_alternatives[n + 1] as usize;
            let range = phase.alternative_outcomes[first] as usize
                ..phase.alternative_outcomes[last] as usize;
            Some(
                range
                    .filter(|&o| phase.outcome_believed[o] > 0.0 || phase.outcome_true[o] > 0.0)
                    .map(|o| phase.outcome_next[o])
                    .collect(),
            )
        }
        Phase::Events(phase) => {
            let n = phase.node_state.binary_search(&state).ok()?;
            let range = phase.node_outcomes[n] as usize..phase.node_outcomes[n + 1] as usize;
            Some(
                range
                    .filter(|&o| phase.outcome_believed[o] > 0.0 || phase.outcome_true[o] > 0.0)
                    .map(|o| phase.outcome_next[o])
                    .collect(),
            )
        }
    }
}
