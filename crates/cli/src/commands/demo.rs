//! `demo`: `run` of the scenario that comes with the program, with no file at hand; in seconds, since it
//! is the first thing that anybody tries.

use crate::commands::run::{RunArguments, TableArguments};
use crate::failure::Failure;
use crate::input::Source;
use crate::problem::Problem;
use crate::session::Session;
use clap::Args;
use climbdown_engine::compile::Options;
use climbdown_lang::AtHand;

const NAME: &str = "us-iran-2026-05-11";
const TEXT: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../scenarios/us-iran-2026-05-11.crisis"
));
/// What it extends.
const BASE: (&str, &str) = (
    "us-iran-base.crisis",
    include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../scenarios/us-iran-base.crisis"
    )),
);

const EXAMPLES: &str = "\
Examples:
  climbdown demo                           the central forecast, in seconds
  climbdown demo --full                    with range, reasons, policies and all
                                           else that `run` makes, in minutes
  climbdown demo --scenario > my.crisis    the text, to be changed and run";

/// Run the scenario that comes with the program
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Demo {
    /// Print the scenario instead of running it, as one text
    #[arg(long)]
    scenario: bool,
    /// Make all that `run` makes, the slow parts too; without it, as `run --quick`
    #[arg(long, conflicts_with = "quick")]
    full: bool,
    #[command(flatten)]
    tables: TableArguments,
    #[command(flatten)]
    options: RunArguments,
}

impl Demo {
    /// Does the main job on the embedded scenario.
    ///
    /// # Errors
    /// As `run`.
    pub fn run(mut self, session: &Session) -> Result<(), Failure> {
        let source = source();
        if self.scenario {
            // In one piece, so that it can be changed without the file that it extends.
            return session.print_text(source.files().text());
        }
        self.options.quick |= !self.full;
        let directory = self.options.directory(NAME)?;
        let problem = Problem::from_source(source, &Options::default(), session)?;
        self.options
            .run(&problem, &self.tables, directory, session)?;
        if !self.full {
            session.say("      climbdown demo --full                   all analyses, in minutes");
        }
        Ok(())
    }
}

/// The scenario that comes with the program.
pub fn source() -> Source {
    Source::with(
        &format!("{NAME}.crisis"),
        TEXT.as_bytes().to_vec(),
        &mut AtHand(&[BASE]),
    )
}
