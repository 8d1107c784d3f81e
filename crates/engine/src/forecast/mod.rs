//! The exact forecast: the distribution over type profiles, states and beliefs pushed forward with
//! the true kernel and the solved strategies.
//!
//! Type profiles are forecast apart (they never mix) and weighted by their probabilities. Without private
//! types there is one profile and one belief, and the forecast is exact chain arithmetic.
//!
//! A profile's distribution begins as particles with exact posteriors ([`cloud`]). When they become many
//! it goes over to the solver's belief grid (`on_grid`) or, without private types, to a table of all
//! places (`table`).

mod adjoint;
pub mod avoided;
mod backwards;
pub mod chain;
pub mod cloud;
pub mod history;
mod kernels;
pub mod lines;
mod matrix;
mod on_grid;
pub mod operator;
pub mod paths;
mod push;
mod read;
mod routes;
mod settled;
mod table;

pub(crate) use push::errs;
pub use read::{BeliefSeries, LevelSeries, SpellShares, Term};

use crate::game::{Game, Label};
use crate::solve::{Observer, Solution, SolveError};
use rayon::prelude::*;
use serde::Serialize;

/// Largest |Σ classes − 1| of a forecast that is given out.
const MASS_BOUND: f64 = 1e-8;

/// Settings of the forecast.
#[derive(Clone, Debug, Serialize)]
pub struct Options {
    /// Exact posteriors are kept while a type profile has at most so many particles; then the
    /// distribution goes over to the solver's belief grid or, without private types, to a table.
    pub exact_particles: usize,
    /// Memory that the tables may take in all, in bytes; particles are kept beyond.
    pub memory: u64,
    /// Follow the origin of escalation spells (noise share); costs memory and time.
    pub spells: bool,
    /// Measure how far beliefs spread by simulated paths once posteriors are no longer exact; without
    /// them [`BeliefSeries::moved`] and [`BeliefSeries::quantiles`] stay empty.
    pub belief_paths: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            exact_particles: 1_000,
            memory: 4 << 30,
            spells: true,
            belief_paths: true,
        }
    }
}

/// A probability by round.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Series {
    /// Name as declared.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// Index is the round, 0 (the start) to the horizon.
    pub probability: Vec<f64>,
}

/// The forecast of a solved game.
#[derive(Clone, Debug, Serialize)]
pub struct Forecast {
    /// Probability of each outcome class if the window closed at the round; they partition.
    pub classes: Vec<Series>,
    /// Probability that each question's first passage has come by the round.
    pub questions: Vec<Series>,
    /// Share of each level of each variable at the end of the round.
    pub occupancy: Vec<LevelSeries>,
    /// Expected discounted payoffs over the horizon by actor and named term.
    pub terms: Vec<Term>,
    /// Public beliefs over time.
    pub beliefs: Vec<BeliefSeries>,
    /// How the escalation spells behind each question's passages began; empty without a ladder.
    pub spells: Vec<SpellShares>,
    /// max over rounds of |Σ classes − 1|, before any normalisation.
    pub mass_error: f64,
    /// Most particles held at once, over all profiles.
    pub particles: u64,
    /// True when every posterior was exact: then there is no grid error in the forecast.
    pub exact: bool,
}

/// Forecasts `game` under `solution`.
///
/// # Errors
/// [`SolveError::Cancelled`] when stopped, [`SolveError::Unsupported`] for more watched sets than fit.
pub fn forecast(
    game: &Game,
    solution: &Solution,
    options: &Options,
    observer: &dyn Observer,
) -> Result<Forecast, SolveError> {
    forecast_after(game, solution, options, None, observer)
}

/// Something that can be seen in the next round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// In this phase this public label (index in [`Game::labels`]).
    Label {
        /// Index of the phase.
        phase: usize,
        /// Index of the label.
        label: Label,
    },
    /// At the end of the round a variable (index in [`Game::variables`]) at this level.
    Level {
        /// Index of the variable.
        variable: usize,
        /// Index of the level.
        level: u16,
    },
}

/// The part of the forecast in which `sign` is seen in the first round: outcome classes then sum to
/// the probability of the sign, and mean beliefs are weighted with it. Over signs that exclude each
/// other and of which one must be seen, the parts add to the forecast. Questions are not asked, since
/// they may have come true before the sign is seen.
///
/// # Errors
/// As [`forecast`].
pub fn forecast_after(
    game: &Game,
    solution: &Solution,
    options: &Options,
    sign: Option<Sign>,
    observer: &dyn Observer,
) -> Result<Forecast, SolveError> {
    few_sets(game)?;
    let profiles = profiles(game);
    let mut shared = push::Shared::new(game, solution, options);
    shared.sign = sign;
    let (accounts, _) = push::run(&shared, &profiles, observer).ok_or(SolveError::Cancelled)?;
    let mut result = read::collect(game, &shared, &accounts);
    if sign.is_some() {
        result.questions.clear();
        result.spells.clear();
    } else if !(result.mass_error <= MASS_BOUND) {
        return Err(SolveError::Unsound {
            mass_error: result.mass_error,
        });
    } else if !result.exact {
        if options.belief_paths {
            read::sample_beliefs(game, solution, &mut result);
        } else {
            for series in &mut result.beliefs {
                series.moved.clear();
                series.quantiles.clear();
            }
        }
    }
    Ok(result)
}

/// Outcome classes of the part of the forecast in which a sign is seen.
#[derive(Clone, Debug)]
pub struct ClassesAfter {
    /// Class → round → probability.
    pub classes: Vec<Vec<f64>>,
    /// Every posterior was exact.
    pub exact: bool,
}

/// The outcome classes of [`forecast_after`] for each of `signs`. What goes over to the belief grid is
/// read through one pass backwards for all signs where rounds are alike, and agrees with
/// [`forecast_after`] to rounding; else to the bit.
///
/// # Errors
/// As [`forecast`].
pub fn classes_after(
    game: &Game,
    solution: &Solution,
    options: &Options,
    signs: &[Option<Sign>],
    observer: &dyn Observer,
) -> Result<Vec<ClassesAfter>, SolveError> {
    few_sets(game)?;
    let profiles = profiles(game);
    let mut whole = push::Shared::new(game, solution, options);
    whole.keeps = whole.reads_backwards(profiles.len(), signs.len());
    let mut parts = signs
        .par_iter()
        .map(|sign| {
            let mut shared = push::Shared::new(game, solution, options);
            (shared.sign, shared.keeps) = (*sign, whole.keeps);
            push::run(&shared, &profiles, observer).ok_or(SolveError::Cancelled)
        })
        .collect::<Result<Vec<_>, SolveError>>()?;
    let mut kept: Vec<_> = parts
        .iter_mut()
        .filter_map(|(accounts, kept)| Some((kept.take()?, accounts.first_mut()?)))
        .collect();
    backwards::classes(&whole, &mut kept, observer).ok_or(SolveError::Cancelled)?;
    drop(kept);
    let mut all = Vec::with_capacity(parts.len());
    for (sign, (accounts, _)) in signs.iter().zip(&parts) {
        let result = read::collect(game, &whole, accounts);
        if sign.is_none() && !(result.mass_error <= MASS_BOUND) {
            return Err(SolveError::Unsound {
                mass_error: result.mass_error,
            });
        }
        let classes = result.classes.into_iter().map(|c| c.probability);
        all.push(ClassesAfter {
            classes: classes.collect(),
            exact: result.exact,
        });
    }
    Ok(all)
}

/// Are there no more watched sets than fit?
fn few_sets(game: &Game) -> Result<(), SolveError> {
    if game.events.len() > history::MAX_EVENTS {
        return Err(SolveError::Unsupported(format!(
            "watching {} outcome and question conditions ({} at most)",
            game.events.len(),
            history::MAX_EVENTS
        )));
    }
    Ok(())
}

/// All type profiles with positive probability, in a fixed order.
pub(crate) fn profiles(game: &Game) -> Vec<(Vec<usize>, f64)> {
    let mut profiles = vec![(Vec::new(), 1.0)];
    for actor in &game.actors {
        profiles = profiles
            .into_iter()
            .flat_map(|(types, weight)| {
                actor.types.iter().enumerate().map(move |(t, kind)| {
                    let mut types: Vec<usize> = types.clone();
                    types.push(t);
                    (types, weight * kind.weight)
                })
            })
            .filter(|(_, weight)| *weight > 0.0)
            .collect();
    }
    profiles
}
