//! Analyses that read single choices, and which games they cannot read.

use super::resolve::AnalysisError;
use crate::game::{Foresight, Game, Noise, Phase};

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

/// Refuses the same; a game without a last round, in which no plan of so many rounds can be read; and a
/// game whose noise is taste, where a planned value holds a share for the chance to follow one's tastes,
/// which belongs to no named term and to no single move.
///
/// # Errors
/// [`AnalysisError::Question`].
pub fn plain(game: &Game, what: &str) -> Result<(), AnalysisError> {
    if game.noise == Noise::Taste {
        return Err(AnalysisError::Question(format!(
            "{what} reads what choices are worth, and with `noise taste` part of that are private tastes: \
             write `noise error` to ask"
        )));
    }
    if game.foresight == Foresight::Unbounded {
        return Err(AnalysisError::Question(format!(
            "{what} reads plans of so many rounds, and with `foresight unbounded` there is no last one: \
             write `foresight N rounds` to ask"
        )));
    }
    one_at_a_time(game, what)
}
