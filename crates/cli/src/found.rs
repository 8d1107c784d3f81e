//! What a run found, and the forms in which it is given out: forecast.json, manifest.json, and the
//! document from which reports are laid out.

use crate::analyses::Analyses;
use crate::certificates::Certificates;
use crate::input::hash;
use crate::problem::Problem;
use crate::record::{
    FORECAST_FORMAT, ForecastRecord, FullForecast, Labels, MANIFEST_FORMAT, Manifest,
    OptionsRecord, ScenarioRecord,
};
use crate::summary;
use climbdown_engine::analyse::range::RangeReport;
use climbdown_engine::forecast::{self, Forecast};
use climbdown_engine::solve;
use climbdown_report::document::{Document, Results, document};
use climbdown_report::words;
use serde_json::Value;

/// What a run found.
pub struct Found {
    /// The first sentence.
    pub headline: String,
    /// The command that computes it again.
    pub command: String,
    /// Seed of the check by simulation and of the futures.
    pub seed: u64,
    /// Trajectories of the check by simulation; 0 without it.
    pub trajectories: u64,
    /// Settings of the solver.
    pub options: solve::Options,
    /// Settings of the forecast.
    pub forecast_options: forecast::Options,
    /// The forecast.
    pub forecast: Forecast,
    /// What stands behind it.
    pub certificates: Certificates,
    /// Ranges over the futures.
    pub range: Option<RangeReport>,
    /// What else was asked of the crisis.
    pub answers: Analyses,
    /// Command → its answer, for the report.
    pub analyses: Vec<(String, Value)>,
}

impl Found {
    /// forecast.json.
    pub fn forecast_record<'a>(&'a self, problem: &'a Problem) -> FullForecast<'a> {
        let forecast = &self.forecast;
        FullForecast {
            format: FORECAST_FORMAT,
            title: &problem.game.title,
            as_of: problem.as_of(),
            round_days: problem.round_days(),
            horizon: problem.game.horizon,
            window: problem.game.window,
            headline: &self.headline,
            forecast: ForecastRecord::new(forecast, self.certificates.clone()),
            range: self.range.as_ref(),
            base_rates: summary::against_base_rates(problem, forecast),
            labels: Labels::of(forecast),
            occupancy: &forecast.occupancy,
            payoffs: &forecast.terms,
            beliefs: &forecast.beliefs,
            escalation: &forecast.spells,
        }
    }

    /// manifest.json, which vouches for `files`.
    pub fn manifest<'a>(&'a self, problem: &'a Problem, files: &[(&str, &String)]) -> Manifest<'a> {
        let range = self.range.as_ref();
        Manifest {
            format: MANIFEST_FORMAT,
            program: "climbdown",
            version: env!("CARGO_PKG_VERSION"),
            scenario: ScenarioRecord {
                title: &problem.game.title,
                as_of: problem.as_of(),
                sha256: problem.source.hash(),
            },
            concept: &self.certificates.concept,
            words: words::TABLE,
            seed: self.seed,
            options: OptionsRecord {
                solve: &self.options,
                forecast: &self.forecast_options,
                trajectories: self.trajectories,
                futures: range.map_or(0, |r| r.drawn),
                coarse_points: range.map_or(0, |r| r.belief_points),
            },
            certificates: &self.certificates,
            files: files
                .iter()
                .map(|(name, text)| ((*name).to_owned(), hash(text.as_bytes())))
                .collect(),
        }
    }

    /// The report, to be laid out.
    pub fn document(&self, problem: &Problem) -> Document {
        let facts = self.certificates.facts().into_iter();
        document(&Results {
            game: &problem.game,
            scenario: problem.scenario.as_ref(),
            as_of: problem.as_of(),
            headline: &self.headline,
            forecast: &self.forecast,
            range: self.range.as_ref(),
            analyses: &self.analyses,
            certificates: facts.map(|(name, text)| (name.to_owned(), text)).collect(),
            imprint: self.imprint(problem),
        })
    }

    /// What is needed to compute it again, for people.
    fn imprint(&self, problem: &Problem) -> Vec<(String, String)> {
        let range = self.range.as_ref();
        let futures = range.map_or_else(
            || "none".to_owned(),
            |r| format!("{} on {} belief points a side", r.drawn, r.belief_points),
        );
        let facts = [
            ("reproduce", self.command.clone()),
            (
                "program",
                format!("climbdown {}", env!("CARGO_PKG_VERSION")),
            ),
            ("scenario", problem.source.file_name()),
            ("content hash (SHA-256)", problem.source.hash()),
            ("seed", self.seed.to_string()),
            (
                "belief points",
                format!(
                    "{} a side, stencil {}",
                    self.options.belief_points, self.options.stencil
                ),
            ),
            ("futures drawn", futures),
            ("trajectories of the check", self.trajectories.to_string()),
            ("word table", words::TABLE.to_owned()),
        ];
        facts.map(|(name, value)| (name.to_owned(), value)).to_vec()
    }
}
