//! `why`: why the crisis ends as it does.

mod inert;

use crate::arguments::SolveArguments;
use crate::failure::Failure;
use crate::problem::Problem;
use crate::session::Session;
use clap::Args;
use climbdown_engine::solve;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  climbdown why my.crisis --inert         what could be left out of the scenario";

/// Why the crisis ends as it does
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Why {
    /// Scenario
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Hold every variable at its start and switch every trigger off, in turn
    #[arg(long)]
    inert: bool,
    /// Grid points along each belief axis where the crisis is solved anew many times
    #[arg(long, value_name = "N", default_value_t = 5)]
    #[arg(value_parser = clap::value_parser!(u16).range(3..=257))]
    coarse_points: u16,
    #[command(flatten)]
    solve: SolveArguments,
}

impl Why {
    /// Prints the reasons asked for.
    ///
    /// # Errors
    /// Whatever stops a solution; games without a scenario, which has the names of reasons.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let problem = Problem::load(&self.file, session)?;
        let Some(scenario) = &problem.scenario else {
            return Err(Failure::Usage(
                "`why` needs a scenario: a game as JSON has no variables, moves and triggers to \
                 change"
                    .to_owned(),
            ));
        };
        inert::run(&self, scenario, session)
    }

    /// Settings where the crisis is solved anew many times.
    fn coarse(&self) -> solve::Options {
        let points = usize::from(self.coarse_points);
        solve::Options {
            belief_points: points,
            stencil: if points <= 17 { 17 } else { 16 },
            memory: self.solve.memory << 20,
            ..solve::Options::default()
        }
    }
}
