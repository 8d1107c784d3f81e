//! The command line. Each command's own arguments stand in its file.

use crate::commands::Command;
use clap::{Args, Parser};
use climbdown_engine::solve;
use std::num::NonZeroU16;

const ABOUT: &str = "Escalation-risk workbench: a crisis written as text, solved as a game and \
                     forecast exactly";

const LONG_ABOUT: &str = "\
climbdown reads a crisis from a text file: the actors, what each wants and may do, what may go \
wrong by itself. It solves it as a game between actors who reason about each other without knowing \
each other's resolve, and forecasts it.

FILE is a scenario (by habit *.crisis), a game as JSON (climbdown-game/1), or - for standard input.";

const EXAMPLES: &str = "\
Examples:
  climbdown demo                          the scenario that comes with the program
  climbdown check my.crisis               what is wrong with a file, and how large it is
  climbdown run my.crisis --out result    solve, forecast, write result/forecast.json
  climbdown forecast my.crisis --json     the forecast as data

Exit codes: 0 done, 1 the scenario is wrong, 2 usage, 3 not solved, 4 input or output,
130 interrupted.";

/// Everything on the command line.
#[derive(Parser)]
#[command(name = "climbdown", version, about = ABOUT, long_about = LONG_ABOUT, after_help = EXAMPLES)]
#[command(max_term_width = 80, disable_help_subcommand = true)]
pub struct Arguments {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Args)]
pub struct Global {
    /// Print data as JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Say nothing beside the data
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Work with N threads; results do not depend on it
    #[arg(long, global = true, value_name = "N")]
    pub threads: Option<NonZeroU16>,
}

/// Options of commands that solve.
#[derive(Args, Clone)]
pub struct SolveArguments {
    /// Grid points along each belief axis
    #[arg(long, value_name = "N", default_value_t = 9)]
    #[arg(value_parser = clap::value_parser!(u16).range(3..=8193), help_heading = "Solver")]
    pub belief_points: u16,
    /// Points that an interpolation between beliefs uses; even, 2 to 16
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = stencil)]
    #[arg(help_heading = "Solver")]
    pub stencil: u16,
    /// Memory that the tables may take, in MiB
    #[arg(
        long,
        value_name = "MIB",
        default_value_t = 4096,
        help_heading = "Solver"
    )]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=16_777_216))]
    pub memory: u64,
}

impl SolveArguments {
    /// The solver's settings.
    pub fn options(&self) -> solve::Options {
        solve::Options {
            belief_points: usize::from(self.belief_points),
            stencil: usize::from(self.stencil),
            memory: self.memory << 20,
            ..solve::Options::default()
        }
    }
}

fn stencil(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(width) if width % 2 == 0 && (2..=16).contains(&width) => Ok(width),
        _ => Err("expected an even number from 2 to 16".to_owned()),
    }
}
