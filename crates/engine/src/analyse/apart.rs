//! Analyses that read single choices, and which games they cannot read.

use super::resolve::AnalysisError;
use crate::game::{Foresight, Game, Phase};

/// Refuses a game in which several choose at once, for an analysis that reads one choice at a time.
///
/// # Errors
/// [`AnalysisError::Question`], with who moves at once.
pub fn one_at_a_time(game: &Game, what: &str) -> Result<(), AnalysisError> {
    for phase in &game.phases {
        let Phase::Move(phase) = phase else { continue };
        if phase.is_joint() {
            let names: Vec<&str> = (phase.actors.iter())
                .map(|a| game.actors[*a as usize].name.as_str())
                .collect();
            return Err(AnalysisError::Question(format!(
                "{what} reads one choice at a time, and {} move at once in this game: let them move one \
                 after the other (`order {}`) to ask",
                names.join(" and "),
                names.join(", ")
            )));
        }
    }
    Ok(())
}

/// Refuses the same, and a game without a last round, in which no plan of so many rounds can be read.
///
/// # Errors
/// [`AnalysisError::Question`].
pub fn planned(game: &Game, what: &str) -> Result<(), AnalysisError> {
    if game.foresight == Foresight::Unbounded {
        return Err(AnalysisError::Question(format!(
            "{what} reads plans of so many rounds, and with `foresight unbounded` there is no last one: \
             write `foresight N rounds` to ask"
        )));
    }
    one_at_a_time(game, what)
}
