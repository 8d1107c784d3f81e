//! From a game to strategies: backward induction over stages, each solved exactly.
//!
//! * [`layout`]: where a state lies in each phase's tables, and what each node's choices tell.
//! * [`stage`]: the equations of one mover at one node and belief, and Newton's method.
//! * [`path`]: the path of a stage from uniform play, which says which solution is played.
//! * [`lanes`]: the same equations at eight beliefs at a time; `coefficients`, `line` and `ends` bring a
//!   node's tables into lanes and back.
//! * [`simultaneous`]: the same where several actors choose at once.
//! * [`backward`]: rounds and phases from the last to the first, nodes in parallel.
//! * [`stationary`]: `foresight unbounded`, all nodes of the game at once.
//! * [`certificate`]: the answer checked by code of its own.

pub mod backward;
pub mod certificate;
mod coefficients;
mod ends;
pub mod lanes;
pub mod layout;
mod line;
mod node;
pub mod path;
pub mod signals;
mod simultaneous;
mod solution;
pub mod stage;
pub mod stationary;
mod strips;

pub use certificate::{Certificate, certify};
pub use solution::{Jump, OtherSolution, Solution, SolveReport, StrategyTable};

use crate::belief::BeliefGrid;
use crate::game::{Foresight, Game, Phase};
use serde::Serialize;

/// Settings of the solver.
#[derive(Clone, Debug, Serialize)]
pub struct Options {
    /// Grid points along each belief axis, at least 3.
    pub belief_points: usize,
    /// Width of the interpolation stencil: even and at most 16, or at least `belief_points` for one
    /// polynomial through all points (grids of at most 17).
    pub stencil: usize,
    /// Every how manyth node is searched for further solutions in every round; 1 searches all.
    pub audit_every: usize,
    /// Memory that the tables may take, in bytes.
    pub memory: u64,
    /// Stationary play near which a solution is sought, in place of the branch from uniform play;
    /// read with unbounded foresight only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<stationary::Profile>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            belief_points: 9,
            stencil: 17,
            audit_every: 128,
            memory: 4 << 30,
            start: None,
        }
    }
}

/// Watches long work and may stop it.
pub trait Observer: Sync {
    /// `done` of `total` steps of `stage` are finished.
    fn progress(&self, _stage: &str, _done: u64, _total: u64) {}
    /// True when the work should stop soon.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Watches nothing.
pub struct Silent;
impl Observer for Silent {}

/// Why a game was not solved.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SolveError {
    /// What this version does not do, or only up to a size.
    #[error("{0} cannot be solved")]
    Unsupported(String),
    /// The chain of the solved play has more places than are allowed.
    #[error("the chain has more than {places} places: {advice}")]
    TooManyPlaces {
        /// Places allowed.
        places: usize,
        /// What would fit.
        advice: String,
    },
    /// The tables would not fit.
    #[error(
        "the solution needs about {needed_mib} MiB and {allowed_mib} MiB are allowed: {advice}"
    )]
    TooLarge {
        /// Predicted memory.
        needed_mib: u64,
        /// Allowed memory.
        allowed_mib: u64,
        /// What to coarsen.
        advice: String,
    },
    /// A stage whose equations did not close.
    #[error(
        "no solution was found for {actor} in state {state} at belief {belief}, plan round {round}: residual {residual:e}"
    )]
    Unconverged {
        /// Who moves.
        actor: String,
        /// Where.
        state: String,
        /// Public belief.
        belief: String,
        /// Round of the plan.
        round: u32,
        /// Largest residual in log-ratios.
        residual: f64,
    },
    /// What has no solution of the kind asked for.
    #[error("{what}: {instead}")]
    Refused {
        /// What is asked, and why it cannot be.
        what: String,
        /// What to do instead.
        instead: String,
    },
    /// No stationary solution was found.
    #[error("no stationary solution was found: {how}; residual {residual:.1e}")]
    NoStationary {
        /// How it was sought, and where it ended.
        how: String,
        /// Largest residual there.
        residual: f64,
    },
    /// A forecast whose outcome classes do not sum to one.
    #[error(
        "the forecast is not sound: its outcome classes sum to one within {mass_error:e} only; try other belief points"
    )]
    Unsound {
        /// max over rounds of |Σ classes − 1|; NaN when a number was lost.
        mass_error: f64,
    },
    /// Stopped by the observer.
    #[error("interrupted")]
    Cancelled,
}

impl SolveError {
    /// Tables of so many bytes do not fit.
    fn too_large(needed: u128, options: &Options, advice: &str) -> Self {
        Self::TooLarge {
            needed_mib: u64::try_from(needed >> 20).unwrap_or(u64::MAX),
            allowed_mib: options.memory >> 20,
            advice: advice.into(),
        }
    }
}

/// Predicted size of the solver's tables in bytes.
pub fn predicted_bytes(game: &Game, options: &Options) -> u128 {
    if game.foresight == Foresight::Unbounded {
        return stationary::predicted_bytes(game, options);
    }
    finite_bytes(game, options)
}

/// The same of a plan that ends, or of rounds that are solved one after the other.
fn finite_bytes(game: &Game, options: &Options) -> u128 {
    let Some(points) = BeliefGrid::count(game, options.belief_points) else {
        return u128::MAX;
    };
    let seats = game.seats() as u128;
    let ends = game.ends.len() as u128;
    let mut values = 0u128;
    let mut strategies = 0u128;
    for phase in &game.phases {
        values += (phase.nodes() as u128 + ends) * seats * points as u128 * 8;
        if let Phase::Move(phase) = phase {
            for moves in &phase.node_moves {
                for (actor, moves) in phase.actors.iter().zip(moves) {
                    let types = game.actors[*actor as usize].types.len();
                    strategies += (moves.len() * types * points) as u128 * 8;
                }
            }
        }
    }
    let kept = match game.foresight {
        Foresight::Full => u128::from(game.horizon.max(1)),
        _ => 2,
    };
    // The tables of the round being solved, those kept for the certificate, and the strategies.
    2 * values + if kept > 2 { kept } else { 1 } * values + kept * strategies
}

/// Solves `game`.
///
/// # Errors
/// [`SolveError`]: not supported, too large, not converged, or interrupted. No partial result.
pub fn solve(
    game: &Game,
    options: &Options,
    observer: &dyn Observer,
) -> Result<Solution, SolveError> {
    if game.foresight == Foresight::Unbounded {
        return stationary::solve(game, options, observer);
    }
    let needed = predicted_bytes(game, options);
    if needed > u128::from(options.memory) {
        let advice = "use fewer belief points, fewer levels or a shorter horizon";
        return Err(SolveError::too_large(needed, options, advice));
    }
    backward::solve(game, options, observer)
}
