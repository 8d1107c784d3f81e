//! `fmt`: one way to lay out a scenario.

use crate::failure::Failure;
use crate::input::{Kind, Source};
use crate::output;
use crate::session::Session;
use clap::Args;
use climbdown_report::exchange::json;
use serde::Serialize;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  climbdown fmt my.crisis                  rewrite the file
  climbdown fmt my.crisis --check          exit with 1 if it would change
  climbdown fmt my.crisis --stdout         print it instead
  climbdown fmt - < my.crisis              the same, from standard input

A file with a mistake is left as it is. Comments stay. A game (JSON) is written
in its canonical form.";

/// Lay out a scenario in the one standard way
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Fmt {
    /// Scenario or game
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Change nothing, but exit with 1 if something would change
    #[arg(long, conflicts_with = "stdout")]
    check: bool,
    /// Print to standard output instead of rewriting the file
    #[arg(long)]
    stdout: bool,
}

/// What `fmt --json` prints of a file.
#[derive(Serialize)]
struct Record<'a> {
    file: &'a str,
    /// It is laid out otherwise now, or would be.
    changed: bool,
}

impl Fmt {
    fn prints(&self) -> bool {
        self.stdout || self.file == Path::new("-")
    }

    /// Formats.
    ///
    /// # Errors
    /// When the file has mistakes, or cannot be written.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let source = Source::read(&self.file)?;
        let formatted = match source.kind {
            Kind::Game => json::write(&source.game()?)?,
            Kind::Scenario => climbdown_lang::format(source.shown())
                .map_err(|findings| Failure::Scenario(source.render(&findings)))?,
        };
        let same = formatted.as_bytes() == source.bytes;
        if session.json && (self.check || !self.prints()) {
            session.print_json(&Record {
                file: &source.name,
                changed: !same,
            })?;
        }
        if self.check {
            if same {
                return Ok(());
            }
            return Err(Failure::Scenario(format!(
                "{} is not formatted; `climbdown fmt {}` would change it",
                source.name,
                self.file.display()
            )));
        }
        if self.prints() {
            return session.print_text(&formatted);
        }
        if same {
            return Ok(());
        }
        session.go_on()?;
        output::rewrite(&self.file, formatted.as_bytes())?;
        session.say(format!("formatted {}", source.name));
        Ok(())
    }
}
