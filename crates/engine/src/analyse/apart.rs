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

/// Refuses the same, and stationary play over beliefs, whose values are not taken apart by term.
///
/// # Errors
/// [`AnalysisError::Question`].
pub fn by_term(game: &Game, what: &str) -> Result<(), AnalysisError> {
    if game.foresight == Foresight::Unbounded && game.has_types() {
        return Err(AnalysisError::Question(format!(
            "{what} takes values apart by term, and with `foresight unbounded` that is done without \
             private types: write `foresight N rounds` to ask"
        )));
    }
    one_at_a_time(game, what)
}

/// Refuses a game in which several choose at once, and one without a last round, in which nothing is
/// said of so many rounds.
///
/// # Errors
/// [`AnalysisError::Question`].
pub fn planned(game: &Game, what: &str) -> Result<(), AnalysisError> {
    if game.foresight == Foresight::Unbounded {
        return Err(AnalysisError::Question(format!(
            "{what} is asked over the rounds of a plan, and with `foresight unbounded` there is no last one: \
             write `foresight N rounds` to ask"
        )));
    }
    one_at_a_time(game, what)
}
