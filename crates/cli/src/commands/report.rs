//! `report`: what `run` finds, as one page or as tables.

use crate::commands::run::RunArguments;
use crate::failure::Failure;
use crate::found::Form;
use crate::manifest::MANIFEST;
use crate::problem::Problem;
use crate::session::Session;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  climbdown report my.crisis                         climbdown-out/my/report.html
  climbdown report my.crisis --format md --out r     r/report.md
  climbdown report my.crisis --format csv --out r    r/outcomes.csv and so on
  climbdown report my.crisis --format parquet        r/series.parquet and so on
  climbdown report my.crisis --format json --quick   r/report.json

The page holds everything: it opens without a network, prints, and saves its
tables and drawings. `run` writes the same page beside its data, and with
--tables the same tables. `reproduce` computes what lies there anew and compares.";

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
    Parquet,
    Json,
}

impl Report {
    /// Writes the report.
    ///
    /// # Errors
    /// Whatever stops it; nothing is written then.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let directory = self.options.directory_for(&self.file)?;
        let problem = Problem::load(&self.file, session)?;
        let kept = self.options.checkpoint(&problem, &directory, session)?;
        let found = self.options.find(&problem, &kept, session);
        let found = found.map_err(|e| kept.stopped(e))?;
        let form = match self.format {
            Format::Html => Form::Html,
            Format::Md => Form::Md,
            Format::Csv => Form::Csv,
            Format::Parquet => Form::Parquet,
            Format::Json => Form::Json,
        };
        let files = found.files(&problem, &[form])?;
        let what = match files.as_slice() {
            [(name, _)] => name.clone(),
            all => format!("{} tables", all.len()),
        };
        let path = directory.path.clone();
        let names = files.iter().map(|(name, _)| name.as_str());
        let places: Vec<PathBuf> = names.chain([MANIFEST]).map(|n| path.join(n)).collect();
        found.write(&problem, directory, files)?;
        kept.done();
        let talk = format!("wrote {what} and {MANIFEST} to {}", path.display());
        session.wrote(talk, &places)
    }
}
