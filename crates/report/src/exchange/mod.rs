//! Exchange of games with other programs.
//!
//! * [`json`]: `climbdown-game/1`, the very tables that the engine solves, both ways.
//! * [`gambit`]: `.efg`, the unrolled tree of a small game under full foresight.
//! * [`drn`]: `.drn`, the Markov chain that solved play induces, for Storm.

pub mod drn;
pub mod gambit;
pub mod json;

/// Why a game cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// The text is not JSON of the right shape.
    #[error("line {line}, column {column}: {message}")]
    Shape {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What was found and what was expected.
        message: String,
    },
    /// The text has the right shape but is no game.
    #[error("{place}: {message}")]
    Content {
        /// Phase, node and move, or the field.
        place: String,
        /// What is wrong and what would be right.
        message: String,
    },
    /// The game is sound, but the format cannot hold it.
    #[error("this game cannot be written as {format}: {reason}")]
    Refused {
        /// Name of the format.
        format: &'static str,
        /// Why.
        reason: String,
    },
    /// The game or text is larger than this exchange is for.
    #[error("too large: {what} is over the limit of {limit}")]
    TooLarge {
        /// What was counted.
        what: String,
        /// The most that is accepted.
        limit: usize,
    },
}
