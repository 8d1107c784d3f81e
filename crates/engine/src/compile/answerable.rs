//! Red lines that are crossed in reachable states, but in none of them can be answered.
//!
//! Asked of a scenario as it is written, not of variations: a policy may well take the answers away.

use crate::game::{Game, Phase};
use climbdown_lang::{Diagnostic, Scenario};

/// A finding for each red line whose holder has a decision while the line is pending, and an answer at
/// none of them.
pub fn unanswered(scenario: &Scenario, game: &Game) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for line in &scenario.red_lines {
        let Some(pending) = game.variables.get(line.pending.0 as usize) else {
            continue;
        };
        let holder = &scenario.actors[line.holder.0 as usize].name;
        let answers: Vec<String> = line
            .answers
            .iter()
            .filter_map(|id| scenario.moves.get(id.0 as usize))
            .map(|mv| format!("{holder}.{}", mv.name))
            .collect();
        let mut pends = None;
        let mut answered = false;
        for phase in &game.phases {
            let Phase::Move(phase) = phase else { continue };
            let Some(place) = phase.actors.iter().position(|a| *a == line.holder.0) else {
                continue;
            };
            for (state, moves) in phase.node_state.iter().zip(&phase.node_moves) {
                let level = u32::from(pending.of_state[*state as usize]);
                if line.levels.contains(&level) {
                    pends = pends.or(Some(*state));
                    let mut open = moves[place].iter().map(|l| &game.labels[*l as usize]);
                    answered |= open.any(|l| answers.contains(l));
                }
            }
        }
        if let (Some(state), false) = (pends, answered) {
            found.push(
                Diagnostic::error(
                    "E1118",
                    line.span,
                    format!("`{}` is crossed, but can never be answered", line.name),
                )
                .label("expected an answer that is open in a state in which the line is pending")
                .help(format!(
                    "widen the guard of `{}`, or name another answer: the line is pending, for \
                     instance, at {}",
                    answers.join("`, `"),
                    game.states[state as usize]
                )),
            );
        }
    }
    found
}
