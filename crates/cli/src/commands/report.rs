//! `report`: what `run` finds, as one page or as tables.

use crate::commands::run::RunArguments;
use crate::failure::Failure;
use crate::problem::Problem;
use crate::record::Named;
use crate::session::{Session, json_text};
use clap::{Args, ValueEnum};
use climbdown_report::csv::csv;
use climbdown_report::{html, markdown};
use serde::Serialize;
use serde_json::Value;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  climbdown report my.crisis                         climbdown-out/my/report.html
  climbdown report my.crisis --format md --out r     r/report.md
  climbdown report my.crisis --format csv --out r    r/outcomes.csv and so on
  climbdown report my.crisis --format json --quick   r/report.json

The page holds everything: it opens without a network, prints, and saves its
tables and drawings. `run` writes the same page beside its data.";

/// Solve a scenario and write a report for people
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Report {
    /// Scenario or game
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// One page, text with tables, one table a file, or the data behind them
    #[arg(long, value_enum, default_value_t = Format::Html)]
    format: Format,
    #[command(flatten)]
    options: RunArguments,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Html,
    Md,
    Csv,
    Json,
}

/// What `--format json` writes.
#[derive(Serialize)]
struct Data<F: Serialize, M: Serialize, A: Serialize> {
    format: &'static str,
    /// As forecast.json.
    forecast: F,
    /// Command → its answer.
    analyses: A,
    /// As manifest.json.
    manifest: M,
}

impl Report {
    /// Writes the report.
    ///
    /// # Errors
    /// Whatever stops it; nothing is written then.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let directory = self.options.directory_for(&self.file)?;
        let problem = Problem::load(&self.file, session)?;
        let found = self.options.find(&problem, session)?;
        let document = found.document(&problem);
        let one = |name: &str, text: String| vec![(name.to_owned(), text)];
        let files: Vec<(String, String)> = match self.format {
            Format::Html => one("report.html", html::page(&document)),
            Format::Md => one("report.md", markdown::markdown(&document)),
            Format::Csv => document
                .figures()
                .map(|figure| (format!("{}.csv", figure.id), csv(&figure.table)))
                .collect(),
            Format::Json => {
                let analyses: Named<&Value> =
                    found.analyses.iter().map(|(n, v)| (n.clone(), v)).collect();
                let data = Data {
                    format: "climbdown-report/1",
                    forecast: found.forecast_record(&problem),
                    analyses,
                    manifest: found.manifest(&problem, &[]),
                };
                one("report.json", json_text(&data)?)
            }
        };
        let path = directory.path.clone();
        let written: Vec<(&str, String)> =
            files.iter().map(|(n, t)| (n.as_str(), t.clone())).collect();
        directory.write(&written)?;
        let what = match files.as_slice() {
            [(name, _)] => name.clone(),
            all => format!("{} tables", all.len()),
        };
        session.say(format!("wrote {what} to {}", path.display()));
        Ok(())
    }
}
