//! `export`: the game for other programs.

use crate::arguments::{SolveArguments, StartArguments};
use crate::certificates::Certificates;
use crate::failure::Failure;
use crate::input::Source;
use crate::output;
use crate::problem::Problem;
use crate::session::Session;
use clap::{Args, ValueEnum};
use climbdown_engine::compile::Options;
use climbdown_engine::forecast;
use climbdown_engine::forecast::chain::{self, Chain};
use climbdown_report::exchange::{drn, gambit, json};
use climbdown_report::tables::{count, small};
use std::io::{self, Write};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  climbdown export my.crisis --to game -o game.json
  climbdown export small.crisis --to efg -o small.efg
  climbdown export small.crisis --to drn -o small.drn

game is climbdown-game/1: the very tables that are solved, with 17 digits. efg
is a Gambit tree: full foresight and small games only. drn is the Markov chain
that the solved play makes of the game, in the explicit format of the model
checker Storm; beliefs are exact where they fit, and else folded onto cells,
and how far that moves the forecast is said.";

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
    /// drn: cells along each belief axis, where posteriors are too many to be kept exactly; without it
    /// as many as fit, 65 at most
    #[arg(long, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u16).range(3..=4097))]
    cells: Option<u16>,
    /// drn: most places of the chain; with private types every belief is kept exactly up to 200,000
    #[arg(long, value_name = "N", default_value_t = 2_000_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=50_000_000))]
    places: u32,
    /// drn: rounds after which the chain stops; without it the horizon
    #[arg(long, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    rounds: Option<u32>,
    #[command(flatten)]
    solve: SolveArguments,
    #[command(flatten)]
    start: StartArguments,
}

/// Formats of a game.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// climbdown-game/1, JSON
    Game,
    /// Gambit extensive form
    Efg,
    /// Storm explicit Markov chain, of the solved game
    Drn,
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
        let options = Options::default();
        let problem = Problem::from_source(Source::read(&self.file)?, &options, session)?;
        let written: Writing = match self.to {
            Format::Game => text(json::write(&problem.game)?),
            Format::Efg => text(gambit::write(&problem.game)?),
            Format::Drn => {
                let (chain, distance) = self.chain(&problem, session)?;
                let game = &problem.game;
                Box::new(move |mut out| drn::write(&mut out, game, &chain, distance))
            }
        };
        session.go_on()?;
        if let Some(path) = &self.output {
            output::write(path, |file| written(file))?;
            let talk = format!("wrote {}", path.display());
            return session.wrote(talk, std::slice::from_ref(path));
        }
        let mut bytes = Vec::new();
        written(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        match self.to {
            Format::Game => session.print(&text),
            Format::Efg | Format::Drn => session.print_text(&text),
        }
    }

    /// The chain of the solved game and its distance from the forecast, with what is to be known of it
    /// said.
    fn chain(&self, problem: &Problem, session: &Session) -> Result<(Chain, f64), Failure> {
        let game = &problem.game;
        let solution = problem.solve(&self.start.options(&self.solve, game)?, session)?;
        // Says what is not certified.
        Certificates::check(problem, &solution, session)?;
        let options = chain::Options {
            places: self.places as usize,
            cells: self.cells.map(usize::from),
            rounds: self.rounds,
        };
        let chain = chain::chain(game, &solution, &options, &session.observer())?;
        let options = forecast::Options {
            spells: false,
            belief_paths: false,
            ..forecast::Options::default()
        };
        let forecast = problem.forecast(&solution, &options, session)?;
        let beliefs = match chain.cells {
            None => "beliefs exact".to_owned(),
            Some(cells) => format!("beliefs folded onto {cells} cells an axis"),
        };
        let distance = chain.distance(game, &forecast);
        session.tell(&format!(
            "chain: {} places, {beliefs}; outcomes and questions differ from the forecast{} by at \
             most {}",
            count(chain.places.len() as u64),
            if forecast.exact {
                ""
            } else {
                ", itself on the belief grid,"
            },
            small(distance)
        ));
        Ok((chain, distance))
    }
}

/// What writes a game.
type Writing<'a> = Box<dyn FnOnce(&mut dyn Write) -> io::Result<()> + 'a>;

/// Writes a text that is there.
fn text(text: String) -> Writing<'static> {
    Box::new(move |out| out.write_all(text.as_bytes()))
}
