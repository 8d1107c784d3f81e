//! `explain`: a scenario in plain English.

use crate::failure::Failure;
use crate::input::{Kind, Source};
use crate::screen;
use crate::session::Session;
use clap::Args;
use climbdown_lang::Scenario;
use climbdown_report::explain::{Section, explain};
use serde::Serialize;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  climbdown explain my.crisis              read it to somebody who knows the case
  climbdown explain my.crisis | less
  climbdown explain my.crisis --json       the same, and the checked scenario

The JSON is {\"format\": \"climbdown-scenario/1\", \"text\": [{\"heading\",
\"sentences\"}, …], \"scenario\": …}: the scenario with names resolved to
indices, time in days, and every expression as a tree.";

/// Restate a scenario in plain English, to check what it says
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Explain {
    /// Scenario
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// What `explain --json` prints.
#[derive(Serialize)]
struct Record<'a> {
    format: &'static str,
    text: &'a [Section],
    scenario: &'a Scenario,
}

impl Explain {
    /// Prints the restatement.
    ///
    /// # Errors
    /// When the scenario is wrong.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let source = Source::read(&self.file)?;
        if source.kind == Kind::Game {
            return Err(Failure::Usage(
                "`explain` needs a scenario: a game as JSON has no words".to_owned(),
            ));
        }
        let (scenario, _) = source.scenario()?;
        let text = explain(&scenario);
        if session.json {
            return session.print_json(&Record {
                format: "climbdown-scenario/1",
                text: &text,
                scenario: &scenario,
            });
        }
        let mut out = String::new();
        for section in &text {
            out += &screen::heading(&section.heading);
            for sentence in &section.sentences {
                out += &screen::wrap(sentence, 2);
            }
        }
        session.print(out.trim_start())
    }
}
