//! A changed crisis solved anew: the numbers that analyses compare.

use super::observe::{self, ObserveError};
use super::variation::{Variation, VariationError};
use crate::compile::{self, CompileError};
use crate::forecast::{self, forecast};
use crate::game::Game;
use crate::solve::{self, Observer, SolveError};
use climbdown_lang::Scenario;
use climbdown_lang::scenario::Foresight;
use serde::Serialize;

/// Why an analysis has no result.
#[derive(Debug, thiserror::Error)]
pub enum AnalysisError {
    /// A change names nothing in the scenario.
    #[error(transparent)]
    Variation(#[from] VariationError),
    /// A changed scenario does not compile.
    #[error("{what}: {error}")]
    Compile {
        /// The change.
        what: String,
        /// What is wrong then.
        error: CompileError,
    },
    /// A changed scenario was not solved, or the work was interrupted.
    #[error(transparent)]
    Solve(#[from] SolveError),
    /// What was seen since the crisis began does not fit the changed scenario.
    #[error(transparent)]
    Observed(#[from] ObserveError),
    /// The question has no meaning for this scenario.
    #[error("{0}")]
    Question(String),
}

impl AnalysisError {
    /// Was the work interrupted?
    pub fn cancelled(&self) -> bool {
        matches!(self, Self::Solve(SolveError::Cancelled))
    }
}

/// A reported probability.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Number {
    /// Name of the outcome class or question.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// The probability.
    pub probability: f64,
}

/// Particles kept exactly before a forecast goes over to the grid; few, since coarse grids are quick.
const EXACT: usize = 200;

/// The scenario as far as the reported numbers need it: the outcome classes at the end of the
/// window or, where there are none, the questions. With rolling foresight plans do not see the
/// horizon, so rounds after the last one read are left out; nothing else changes.
pub fn reduced(scenario: &Scenario) -> Scenario {
    let mut scenario = scenario.clone();
    let last = if scenario.classes.is_empty() {
        scenario.questions.iter().map(|q| q.within).max()
    } else {
        scenario.questions.clear();
        Some(scenario.window)
    };
    if let (Foresight::Rounds(_), Some(last)) = (scenario.foresight, last) {
        scenario.horizon = scenario.horizon.min(last.max(1));
    }
    scenario
}

/// The probabilities of the outcome classes at the end of the window or, without classes, of the
/// questions; each by the exact forecast of the scenario solved anew.
///
/// # Errors
/// [`AnalysisError`]; `what` names the change in it.
pub fn numbers(
    scenario: &Scenario,
    what: &str,
    options: &solve::Options,
    observer: &dyn Observer,
) -> Result<Vec<Number>, AnalysisError> {
    let (game, solution) = solved(&reduced(scenario), what, options, observer)?;
    read(&game, &solution, observer)
}

/// The same of a game solved already.
///
/// # Errors
/// [`AnalysisError::Solve`].
pub fn read(
    game: &Game,
    solution: &solve::Solution,
    observer: &dyn Observer,
) -> Result<Vec<Number>, AnalysisError> {
    let settings = forecast::Options {
        exact_particles: EXACT,
        spells: false,
        belief_paths: false,
        ..forecast::Options::default()
    };
    let forecast = forecast(game, solution, &settings, observer)?;
    let number = |series: &forecast::Series, round: u32| Number {
        name: series.name.clone(),
        label: series.label.clone(),
        probability: series
            .probability
            .get(round as usize)
            .copied()
            .unwrap_or(0.0),
    };
    Ok(if game.classes.is_empty() {
        let pairs = forecast.questions.iter().zip(&game.questions);
        pairs.map(|(s, q)| number(s, q.by)).collect()
    } else {
        let classes = forecast.classes.iter();
        classes.map(|s| number(s, game.window)).collect()
    })
}

/// Compiles and solves a changed scenario, and carries it through what was seen since it began.
///
/// # Errors
/// [`AnalysisError`]; `what` names the change in it.
pub fn solved(
    scenario: &Scenario,
    what: &str,
    options: &solve::Options,
    observer: &dyn Observer,
) -> Result<(Game, solve::Solution), AnalysisError> {
    let game = compiled(scenario, what)?;
    let solution = solve::solve(&game, options, observer)?;
    observe::left(scenario, game, solution, options, observer)
}

/// Compiles a changed scenario.
///
/// # Errors
/// [`AnalysisError::Compile`].
pub fn compiled(scenario: &Scenario, what: &str) -> Result<Game, AnalysisError> {
    compile::compile(scenario, &compile::Options::default())
        .map(|compiled| compiled.game)
        .map_err(|error| AnalysisError::Compile {
            what: what.to_owned(),
            error,
        })
}

/// The numbers under a variation.
///
/// # Errors
/// [`AnalysisError`].
pub fn varied(
    scenario: &Scenario,
    variation: &Variation,
    options: &solve::Options,
    observer: &dyn Observer,
) -> Result<Vec<Number>, AnalysisError> {
    numbers(
        &variation.apply(scenario)?,
        &variation.name,
        options,
        observer,
    )
}
