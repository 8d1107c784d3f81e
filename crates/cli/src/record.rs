//! The JSON that commands print and write. Shapes are versioned by their `format` where they are
//! more than the plain answer to a question; numbers read back to the same bits.

use crate::certificates::Certificates;
use climbdown_engine::analyse::base_rates::Standing;
use climbdown_engine::analyse::range::RangeReport;
use climbdown_engine::forecast::{BeliefSeries, Forecast, LevelSeries, Series, SpellShares, Term};
use climbdown_engine::simulate::{Estimate, Simulation};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// An object whose keys stand in the order of the scenario.
#[derive(Clone, Debug, Default)]
pub struct Named<T>(pub Vec<(String, T)>);

impl<T: Serialize> Serialize for Named<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<T> FromIterator<(String, T)> for Named<T> {
    fn from_iter<I: IntoIterator<Item = (String, T)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

fn series(series: &[Series]) -> Named<Vec<f64>> {
    series
        .iter()
        .map(|s| (s.name.clone(), s.probability.clone()))
        .collect()
}

/// What `forecast --json` prints.
#[derive(Serialize)]
pub struct ForecastRecord {
    /// Class → probability if the window closed at round 0…T.
    pub classes: Named<Vec<f64>>,
    /// Question → probability of first passage by round 0…T.
    pub questions: Named<Vec<f64>>,
    /// What stands behind it.
    pub certificates: Certificates,
}

impl ForecastRecord {
    /// The record of a forecast.
    pub fn new(forecast: &Forecast, certificates: Certificates) -> Self {
        Self {
            classes: series(&forecast.classes),
            questions: series(&forecast.questions),
            certificates,
        }
    }
}

/// Name and version of `forecast.json`.
pub const FORECAST_FORMAT: &str = "climbdown-forecast/1";

/// What `run` writes as `forecast.json`: the forecast with all that was read off it.
#[derive(Serialize)]
pub struct FullForecast<'a> {
    /// [`FORECAST_FORMAT`].
    pub format: &'static str,
    /// Title of the scenario.
    pub title: &'a str,
    /// Date up to which facts were known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// Length of a round in days, when the source states it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round_days: Option<f64>,
    /// Rounds forecast.
    pub horizon: u32,
    /// Rounds after which the outcome classes are read.
    pub window: u32,
    /// The first sentence.
    pub headline: &'a str,
    /// As printed by `forecast --json`.
    #[serde(flatten)]
    pub forecast: ForecastRecord,
    /// Ranges over the stated assumptions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<&'a RangeReport>,
    /// The forecast beside the declared base rates.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub base_rates: Vec<Standing>,
    /// Texts for people.
    pub labels: Labels,
    /// Share of each level of each variable by round.
    pub occupancy: &'a [LevelSeries],
    /// Expected discounted payoff by actor and term.
    pub payoffs: &'a [Term],
    /// Public beliefs by round.
    pub beliefs: &'a [BeliefSeries],
    /// How the escalation behind each question began.
    pub escalation: &'a [SpellShares],
}

/// Texts of classes and questions.
#[derive(Serialize)]
pub struct Labels {
    /// Class → label.
    pub classes: Named<String>,
    /// Question → title.
    pub questions: Named<String>,
}

impl Labels {
    /// The texts of a forecast.
    pub fn of(forecast: &Forecast) -> Self {
        let labels = |series: &[Series]| {
            series
                .iter()
                .map(|s| (s.name.clone(), s.label.clone()))
                .collect::<Named<String>>()
        };
        Self {
            classes: labels(&forecast.classes),
            questions: labels(&forecast.questions),
        }
    }
}

/// What `simulate --json` prints: the keys of the forecast, and the same again for the standard
/// errors.
#[derive(Serialize)]
pub struct SimulationRecord {
    /// Class → share of trajectories by round 0…T.
    pub classes: Named<Vec<f64>>,
    /// Question → share of trajectories that passed by round 0…T.
    pub questions: Named<Vec<f64>>,
    /// Their standard errors.
    pub standard_errors: StandardErrors,
    /// Trajectories drawn.
    pub trajectories: u64,
    /// Seed.
    pub seed: u64,
    /// What stands behind it.
    pub certificates: Certificates,
}

/// Standard errors under the keys of what they belong to.
#[derive(Serialize)]
pub struct StandardErrors {
    /// Class → by round.
    pub classes: Named<Vec<f64>>,
    /// Question → by round.
    pub questions: Named<Vec<f64>>,
}

impl SimulationRecord {
    /// The record of a simulation.
    pub fn new(simulation: &Simulation, certificates: Certificates) -> Self {
        let pick = |estimates: &[Estimate], field: fn(&Estimate) -> &Vec<f64>| {
            estimates
                .iter()
                .map(|e| (e.name.clone(), field(e).clone()))
                .collect::<Named<Vec<f64>>>()
        };
        Self {
            classes: pick(&simulation.classes, |e| &e.probability),
            questions: pick(&simulation.questions, |e| &e.probability),
            standard_errors: StandardErrors {
                classes: pick(&simulation.classes, |e| &e.standard_error),
                questions: pick(&simulation.questions, |e| &e.standard_error),
            },
            trajectories: simulation.trajectories,
            seed: simulation.seed,
            certificates,
        }
    }
}

/// What `strategy --json` prints.
#[derive(Serialize)]
pub struct StrategyRecord {
    /// Label of the state.
    pub state: String,
    /// Actor → type → probability.
    pub belief: Named<Named<f64>>,
    /// Actor → type → move → probability, given a decision.
    pub actors: Named<Named<Named<f64>>>,
    /// Actor → type → planned value at the start of the round.
    pub values: Named<Named<f64>>,
}

/// Name and version of what `show --json` prints.
pub const SOLUTION_FORMAT: &str = "climbdown-solution/1";

/// What `show --json` prints: strategies and values at the prior beliefs.
#[derive(Serialize)]
pub struct SolutionRecord<'a> {
    /// [`SOLUTION_FORMAT`].
    pub format: &'static str,
    /// Title of the scenario.
    pub title: &'a str,
    /// Rounds forecast.
    pub horizon: u32,
    /// Planning depth.
    pub foresight: climbdown_engine::game::Foresight,
    /// Round that is shown; strategies depend on it only with full foresight.
    pub round: u32,
    /// Settings of the solver.
    pub options: &'a climbdown_engine::solve::Options,
    /// Actors with their types.
    pub actors: &'a [climbdown_engine::game::Actor],
    /// The belief at which strategies and values are given.
    pub belief: Named<Named<f64>>,
    /// Index of the start in `states`.
    pub start: u32,
    /// Labels of the states.
    pub states: &'a [String],
    /// Phases of a round, in order.
    pub phases: Vec<PhaseRecord>,
    /// State label → actor → type → planned value at the start of the round.
    pub values: Named<Named<Named<f64>>>,
    /// What stands behind it.
    pub certificates: Certificates,
}

/// One phase of the solution.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PhaseRecord {
    /// An actor chooses.
    Move {
        /// Who.
        actor: String,
        /// Those who choose at the same time, each with an entry of its own.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        with: Vec<String>,
        /// State label → type → move → probability, given a decision.
        strategies: Named<Named<Named<f64>>>,
    },
    /// Chance.
    Events {
        /// Number of states met.
        nodes: usize,
    },
}
