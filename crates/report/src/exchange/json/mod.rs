//! The compiled game as JSON, format `climbdown-game/1`.
//!
//! These are the tables after lowering, so that another program can solve the same game and
//! disagree. Numbers carry 17 significant digits and come back as the same bits. What the format
//! leaves out (texts of questions, variables behind the states, named payoff terms) is for people
//! and changes no strategy and no forecast.
//!
//! One field is written beyond the plain form: `"window"`, the round at which outcome classes are
//! read, and only when it differs from the horizon.

mod read;
mod write;

pub use read::read;
pub use write::write;

/// Value of the field `format`.
pub const FORMAT: &str = "climbdown-game/1";

/// Longest text that is read, in bytes.
pub const MAX_BYTES: usize = 256 << 20;
/// Most nodes, over all phases, that are written.
pub const MAX_NODES: usize = 50_000;
/// Longest horizon and deepest foresight that are read, in rounds.
pub const MAX_ROUNDS: u32 = 100_000;
/// Most seats (actor and type) that are read.
pub const MAX_SEATS: usize = 256;
/// Most phases of a round that are read.
pub const MAX_PHASES: usize = 10_000;
/// Most values by state and seat that are read.
pub const MAX_VALUES: usize = 20_000_000;
/// How far a sum of probabilities may stand from one.
pub const SUM_TOLERANCE: f64 = 1e-12;
