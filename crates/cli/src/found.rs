//! What a run found, and the forms in which it is written: data, a page, text, tables; and the
//! manifest beside them.

use crate::analyses::Analyses;
use crate::certificates::Certificates;
use crate::failure::Failure;
use crate::input::hash;
use crate::manifest::{
    self, MANIFEST, MANIFEST_FORMAT, Manifest, OptionsRecord, ScenarioRecord, Written,
};
use crate::output::Directory;
use crate::problem::Problem;
use crate::record::{FORECAST_FORMAT, ForecastRecord, FullForecast, Labels, Named};
use crate::session::json_text;
use crate::summary;
use climbdown_engine::analyse::range::RangeReport;
use climbdown_engine::forecast::{self, Forecast};
use climbdown_engine::solve;
use climbdown_report::csv::csv;
use climbdown_report::document::{Document, Results, document, series, typed};
use climbdown_report::parquet::{Columns, parquet};
use climbdown_report::tables::Table;
use climbdown_report::{html, markdown, words};
use serde::Serialize;
use serde_json::Value;
use std::path::Path;

/// What a run found.
pub struct Found {
    /// The first sentence.
    pub headline: String,
    /// The command that computes it again, without what is usual.
    pub command: String,
    /// All options, from which it is computed again.
    pub arguments: Vec<String>,
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

/// A form in which a result is written.
#[derive(Clone, Copy)]
pub enum Form {
    /// forecast.json and analyses.json.
    Data,
    /// report.html.
    Html,
    /// report.md.
    Md,
    /// A table a file, and all series by round in one.
    Csv,
    /// The same with types.
    Parquet,
    /// report.json.
    Json,
}

/// All of them.
pub const FORMS: [Form; 6] = [
    Form::Data,
    Form::Html,
    Form::Md,
    Form::Csv,
    Form::Parquet,
    Form::Json,
];

/// report.json.
#[derive(Serialize)]
struct Data<'a> {
    format: &'static str,
    /// As forecast.json.
    forecast: FullForecast<'a>,
    /// Command → its answer.
    analyses: Named<&'a Value>,
}

/// Do two manifests say the same but for the files that they vouch for?
fn same_run(earlier: &Value, now: &Manifest) -> bool {
    let without = |mut value: Value| {
        if let Some(fields) = value.as_object_mut() {
            fields.remove("files");
        }
        value
    };
    serde_json::to_value(now).is_ok_and(|now| without(now) == without(earlier.clone()))
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

    /// The files of some of its forms.
    ///
    /// # Errors
    /// When a value has no JSON form.
    pub fn files(
        &self,
        problem: &Problem,
        forms: &[Form],
    ) -> Result<Vec<(String, Vec<u8>)>, Failure> {
        let document = self.document(problem);
        let mut files = Vec::new();
        for form in forms {
            let mut raw = |name: &str, bytes: Vec<u8>| files.push((name.to_owned(), bytes));
            let mut add = |name: &str, text: String| raw(name, text.into_bytes());
            match form {
                Form::Data => {
                    add("forecast.json", json_text(&self.forecast_record(problem))?);
                    add("analyses.json", self.answers.json(problem)?);
                }
                Form::Html => add("report.html", html::page(&document)),
                Form::Md => add("report.md", markdown::markdown(&document)),
                Form::Csv => {
                    for figure in document.figures() {
                        add(&format!("{}.csv", figure.id), csv(&figure.table));
                    }
                    add("series.csv", csv(&Table::from(&self.series(problem))));
                }
                Form::Parquet => {
                    for figure in document.figures() {
                        let name = format!("{}.parquet", figure.id);
                        raw(&name, parquet(&typed(&figure.table)));
                    }
                    raw("series.parquet", parquet(&self.series(problem)));
                }
                Form::Json => {
                    let analyses = self.analyses.iter();
                    let data = Data {
                        format: "climbdown-report/1",
                        forecast: self.forecast_record(problem),
                        analyses: analyses.map(|(n, v)| (n.clone(), v)).collect(),
                    };
                    add("report.json", json_text(&data)?);
                }
            }
        }
        Ok(files)
    }

    /// Writes `files`, and last the manifest that vouches for them, and for what an earlier command
    /// with the same options wrote to the same directory.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write(
        &self,
        problem: &Problem,
        directory: Directory,
        mut files: Vec<(String, Vec<u8>)>,
    ) -> Result<(), Failure> {
        let mut manifest = self.manifest(problem, &directory.path);
        let earlier = Written::read(&directory.path).ok();
        let earlier = earlier.filter(|w| same_run(&w.whole, &manifest));
        let hashes = files.iter();
        let hashes = hashes.map(|(name, bytes)| (name.clone(), hash(bytes)));
        let mut hashes: Vec<(String, String)> = hashes.collect();
        for (name, hash) in earlier.into_iter().flat_map(|w| w.files) {
            if !hashes.iter().any(|(n, _)| *n == name) {
                hashes.push((name, hash));
            }
        }
        manifest.files = Named(hashes);
        files.push((MANIFEST.to_owned(), json_text(&manifest)?.into_bytes()));
        directory.write(&files)
    }

    /// The manifest of this result in `directory`; it vouches for no file yet.
    pub fn manifest<'a>(&'a self, problem: &'a Problem, directory: &Path) -> Manifest<'a> {
        let range = self.range.as_ref();
        Manifest {
            format: MANIFEST_FORMAT,
            program: "climbdown",
            version: env!("CARGO_PKG_VERSION"),
            platform: manifest::platform(),
            scenario: ScenarioRecord {
                title: &problem.game.title,
                as_of: problem.as_of(),
                sha256: problem.source.hash(),
                files: manifest::sources(&problem.source, directory),
            },
            arguments: self.arguments.clone(),
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
            files: Named(Vec::new()),
        }
    }

    /// The report, to be laid out.
    pub fn document(&self, problem: &Problem) -> Document {
        document(&self.results(problem))
    }

    /// Every number that runs over the rounds.
    fn series(&self, problem: &Problem) -> Columns {
        series(&self.results(problem))
    }

    fn results<'a>(&'a self, problem: &'a Problem) -> Results<'a> {
        let facts = self.certificates.facts().into_iter();
        Results {
            game: &problem.game,
            scenario: problem.scenario.as_ref(),
            as_of: problem.as_of(),
            headline: &self.headline,
            forecast: &self.forecast,
            range: self.range.as_ref(),
            analyses: &self.analyses,
            certificates: facts.map(|(name, text)| (name.to_owned(), text)).collect(),
            imprint: self.imprint(problem),
        }
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
