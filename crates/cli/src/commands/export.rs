//! `export`: the game for other programs.

use crate::failure::Failure;
use crate::input::Source;
use crate::output;
use crate::problem::Problem;
use crate::session::Session;
use clap::{Args, ValueEnum};
use climbdown_engine::compile::Options;
use climbdown_report::exchange::{gambit, json};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  climbdown export my.crisis --to game -o game.json
  climbdown export small.crisis --to efg -o small.efg

game is climbdown-game/1: the very tables that are solved, with 17 digits. efg
is a Gambit tree: full foresight and small games only.";

/// Write the compiled game for another program
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Export {
    /// Scenario or game
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Format
    #[arg(long, value_enum, value_name = "FORMAT")]
    to: Format,
    /// File to write; without it, standard output
    #[arg(long, short, value_name = "OUT")]
    output: Option<PathBuf>,
}

/// Formats of a game.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// climbdown-game/1, JSON
    Game,
    /// Gambit extensive form
    Efg,
}

impl Export {
    /// Writes the game.
    ///
    /// # Errors
    /// When the format cannot hold the game, or the file cannot be written.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        if let Some(path) = &self.output {
            output::probe(path)?;
        }
        // Another program may solve what this one does not yet.
        let options = Options {
            all_concepts: true,
            ..Options::default()
        };
        let problem = Problem::from_source(Source::read(&self.file)?, &options, session)?;
        let text = match self.to {
            Format::Game => json::write(&problem.game)?,
            Format::Efg => gambit::write(&problem.game)?,
        };
        session.go_on()?;
        match &self.output {
            Some(path) => {
                output::write(path, text.as_bytes())?;
                session.wrote(
                    format!("wrote {}", path.display()),
                    std::slice::from_ref(path),
                )
            }
            None => match self.to {
                Format::Game => session.print(&text),
                Format::Efg => session.print_text(&text),
            },
        }
    }
}
