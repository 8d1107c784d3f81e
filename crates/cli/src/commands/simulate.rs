//! `simulate`: trajectories with exact Bayes, as a check of the forecast.

use crate::arguments::{SolveArguments, StartArguments};
use crate::certificates::Certificates;
use crate::failure::Failure;
use crate::problem::Problem;
use crate::record::SimulationRecord;
use crate::screen;
use crate::session::Session;
use clap::Args;
use climbdown_engine::simulate::{self, Estimate};
use climbdown_report::tables::{self, Table};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  climbdown simulate my.crisis --trajectories 1000000
  climbdown simulate my.crisis --trajectories 100000 --seed 7 --json

The JSON has the keys of `forecast --json`, and the standard errors of all
numbers under \"standard_errors\", with the same keys again. The same seed gives
the same numbers, whatever the number of threads.";

/// Play the crisis many times and count
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Simulate {
    /// Scenario or game
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// How many times
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1_000_000_000_000))]
    trajectories: u64,
    /// Seed of the random numbers
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    solve: SolveArguments,
    #[command(flatten)]
    start: StartArguments,
}

impl Simulate {
    /// Prints the shares.
    ///
    /// # Errors
    /// Whatever stops solution or simulation.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let problem = Problem::load(&self.file, session)?;
        let solution = problem.solve(&self.start.options(&self.solve, &problem.game)?, session)?;
        let options = simulate::Options {
            trajectories: self.trajectories,
            seed: self.seed,
        };
        let simulation = {
            let observer = session.observer();
            simulate::simulate(&problem.game, &solution, &options, &observer)?
        };
        if session.json {
            let certificates = Certificates::check(&problem, &solution, session)?;
            return session.print_json(&SimulationRecord::new(&simulation, certificates));
        }
        let (window, word) = (problem.game.window, problem.round_name());
        let mut out = format!("{}\n", problem.game.title);
        out += &screen::wrap(
            &format!(
                "{}, seed {}",
                screen::number_of(simulation.trajectories, "trajector")
                    .replace("trajectors", "trajectories"),
                simulation.seed
            ),
            0,
        );
        out += &screen::heading(&format!(
            "Outcome after {}",
            screen::number_of(window, word)
        ));
        let rows = simulation.classes.iter().map(|c| (c, window));
        out += &screen::table(&estimates(rows, word));
        if !simulation.questions.is_empty() {
            out += &screen::heading("Has come true");
            let by = problem.game.questions.iter().map(|q| q.by);
            out += &screen::table(&estimates(simulation.questions.iter().zip(by), word));
        }
        session.print(&out)
    }
}

fn estimates<'a>(rows: impl Iterator<Item = (&'a Estimate, u32)>, word: &str) -> Table {
    let mut table = Table::new(["", "by", "share", "standard error"]);
    for (estimate, round) in rows {
        let at = |numbers: &[f64]| numbers.get(round as usize).copied().unwrap_or(f64::NAN);
        table.row([
            estimate.label.clone(),
            format!("{word} {round}"),
            tables::percent(at(&estimate.probability)),
            format!("{:.3} %", 100.0 * at(&estimate.standard_error)),
        ]);
    }
    table
}
