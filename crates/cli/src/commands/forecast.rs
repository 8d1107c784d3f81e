//! `forecast`: the probabilities of outcomes and questions, round by round.

use crate::arguments::{ForecastArguments, SolveArguments, StartArguments};
use crate::certificates::Certificates;
use crate::failure::Failure;
use crate::problem::Problem;
use crate::record::ForecastRecord;
use crate::screen;
use crate::session::Session;
use clap::Args;
use climbdown_engine::forecast::Series;
use climbdown_report::tables::{self, Table};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  climbdown forecast my.crisis
  climbdown forecast my.crisis --json > forecast.json

The JSON is {\"classes\": {name: [p0, …, pT]}, \"questions\": {name: [p0, …, pT]},
\"certificates\": {…}}: of a class, the probability if the window closed at round
t; of a question, the probability that it has come true by round t.";

/// Probability of each outcome and question by round
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Forecast {
    /// Scenario or game
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    solve: SolveArguments,
    #[command(flatten)]
    start: StartArguments,
    #[command(flatten)]
    forecast: ForecastArguments,
}

impl Forecast {
    /// Prints the forecast.
    ///
    /// # Errors
    /// Whatever stops solution or forecast.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let problem = Problem::load(&self.file, session)?;
        let solution = problem.solve(&self.start.options(&self.solve, &problem.game)?, session)?;
        let options = self.forecast.options(false);
        let forecast = problem.forecast(&solution, &options, session)?;
        if session.json {
            let certificates =
                Certificates::check(&problem, &solution, session)?.with_forecast(&forecast);
            return session.print_json(&ForecastRecord::new(&forecast, certificates));
        }
        let rounds = rounds_shown(problem.game.horizon, problem.game.window);
        let mut out = format!("{}\n", problem.game.title);
        out += &screen::heading(&format!(
            "Outcome, if the window closed at this {}",
            problem.round_name()
        ));
        out += &screen::table(&series_table(
            &forecast.classes,
            &rounds,
            problem.round_name(),
        ));
        if !forecast.questions.is_empty() {
            out += &screen::heading(&format!("Has come true by this {}", problem.round_name()));
            out += &screen::table(&series_table(
                &forecast.questions,
                &rounds,
                problem.round_name(),
            ));
        }
        session.print(&out)
    }
}

/// A handful of rounds: the quarters of the horizon, the window and the end.
fn rounds_shown(horizon: u32, window: u32) -> Vec<u32> {
    let mut rounds: Vec<u32> = (1..=4).map(|k| (horizon * k).div_ceil(4)).collect();
    rounds.extend([1, window]);
    rounds.retain(|r| *r <= horizon);
    rounds.sort_unstable();
    rounds.dedup();
    rounds
}

fn series_table(series: &[Series], rounds: &[u32], word: &str) -> Table {
    let mut table = Table::new(
        std::iter::once(String::new()).chain(rounds.iter().map(|r| format!("{word} {r}"))),
    );
    for s in series {
        let at = |r: &u32| {
            s.probability
                .get(*r as usize)
                .map_or_else(String::new, |p| tables::percent(*p))
        };
        table.row(std::iter::once(s.label.clone()).chain(rounds.iter().map(at)));
    }
    table
}
