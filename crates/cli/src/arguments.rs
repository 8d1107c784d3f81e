//! The command line. Each command's own arguments stand in its file.

use crate::commands::Command;
use crate::failure::Failure;
use crate::profile::ProfileFile;
use crate::size::Prediction;
use clap::{Args, Parser};
use climbdown_engine::analyse::evaluate::COARSE_POINTS;
use climbdown_engine::forecast;
use climbdown_engine::game::{Foresight, Game};
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
  climbdown demo                      the scenario that comes with the program
  climbdown check my.crisis           what is wrong with it, and how large it is
  climbdown run my.crisis --out o     solve, forecast, write o/forecast.json
  climbdown forecast my.crisis --json

Exit codes: 0 done, 1 the scenario is wrong, 2 usage, 3 not solved, 4 input or
output, 130 interrupted.";

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
    /// Grid points along each belief axis; without it 9, and more for games small enough to be
    /// solved on a finer grid in a moment
    #[arg(long, value_name = "N", help_heading = "Solver")]
    #[arg(value_parser = clap::value_parser!(u16).range(3..=8193))]
    pub belief_points: Option<u16>,
    /// Points that an interpolation between beliefs uses: even, 2 to 16, or 17 for one polynomial
    /// through a grid of at most 17; without it 17 on such grids and 16 on finer ones
    #[arg(long, value_name = "N", value_parser = stencil, help_heading = "Solver")]
    pub stencil: Option<u16>,
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

impl Default for SolveArguments {
    fn default() -> Self {
        Self {
            belief_points: None,
            stencil: None,
            memory: 4096,
        }
    }
}

/// Belief points that every game can have, whatever its size.
const COARSE: usize = 9;
/// Grids of so many points take one polynomial through all of them. Only these are chosen where play has
/// no last round: many rounds on finer ones add up what each errs between points (measured: plans of
/// thousands of rounds have no solution on 65).
pub const POLYNOMIAL: usize = 17;
/// The finest grid that is chosen without being asked for; with 16-point stencils the error of
/// interpolation is then near rounding (measured: 4e-13 at precision 10).
const FINE: usize = 257;
/// What a finer grid may cost without being asked for: by [`Prediction::weight`], and bytes. Threads do not
/// come into it, so that the choice is the same on every machine.
const FINE_SECONDS: f64 = 0.02;
const FINE_BYTES: u128 = 512 << 20;

impl SolveArguments {
    /// The solver's settings for `game`.
    pub fn options(&self, game: &Game) -> solve::Options {
        let memory = self.memory << 20;
        let on = |belief_points: usize| {
            let stencil = if belief_points <= POLYNOMIAL {
                POLYNOMIAL
            } else {
                16
            };
            solve::Options {
                belief_points,
                stencil: self.stencil.map_or(stencil, usize::from),
                memory,
                ..solve::Options::default()
            }
        };
        if let Some(points) = self.belief_points {
            return on(usize::from(points));
        }
        let mut chosen = on(COARSE);
        let finest = match game.foresight {
            Foresight::Unbounded => POLYNOMIAL,
            _ => FINE,
        };
        while game.has_types() && chosen.belief_points < finest {
            let finer = on(2 * chosen.belief_points - 1);
            let cost = Prediction::of(game, &finer);
            if cost.weight > FINE_SECONDS || cost.bytes > FINE_BYTES.min(memory.into()) {
                break;
            }
            chosen = finer;
        }
        chosen
    }

    /// Settings where a crisis is solved anew many times, on `points` beliefs.
    pub fn coarse(&self, points: usize) -> solve::Options {
        solve::Options {
            belief_points: points,
            stencil: if points <= POLYNOMIAL { POLYNOMIAL } else { 16 },
            audit_every: usize::MAX,
            memory: self.memory << 20,
            ..solve::Options::default()
        }
    }
}

/// [`Prediction::weight`] that a coarse solve of a small game may have without being asked for.
const COARSE_SECONDS: f64 = 0.0002;
/// The same above which a game gets one point less an axis.
const HEAVY: f64 = 0.2;

/// Grid points along each belief axis where a game is solved anew many times: as many as are `asked` for,
/// else [`COARSE_POINTS`], one less for large games, and more for small ones. One rule for all commands, so
/// that they give the same numbers.
pub fn coarse_points(game: &Game, asked: Option<u16>) -> usize {
    if let Some(points) = asked {
        return usize::from(points);
    }
    let weight = |belief_points| {
        let options = solve::Options {
            belief_points,
            ..solve::Options::default()
        };
        Prediction::of(game, &options).weight
    };
    // One polynomial carries at most 17 points.
    let finer = [POLYNOMIAL, COARSE];
    let finer = finer.into_iter().find(|n| weight(*n) <= COARSE_SECONDS);
    finer.unwrap_or(if weight(COARSE_POINTS) > HEAVY {
        COARSE_POINTS - 1
    } else {
        COARSE_POINTS
    })
}

/// Option of commands that solve one game once. Commands that solve variations have no such start: a
/// changed game need not have a solution near it, and a result must not mix branches unsaid.
#[derive(Args, Clone)]
pub struct StartArguments {
    /// Play near which a stationary solution is sought (climbdown-profile/1), in place of the branch
    /// from uniform play; for `foresight unbounded`
    #[arg(long, value_name = "FILE", value_parser = ProfileFile::read, help_heading = "Solver")]
    pub start_from: Option<ProfileFile>,
}

impl StartArguments {
    /// The solver's settings for `game`, with the start.
    ///
    /// # Errors
    /// A start for a game that is not stationary.
    pub fn options(&self, solve: &SolveArguments, game: &Game) -> Result<solve::Options, Failure> {
        let mut options = solve.options(game);
        if let Some(file) = &self.start_from {
            if game.foresight != Foresight::Unbounded {
                return Err(Failure::Usage(
                    "--start-from is for `foresight unbounded`: other foresight is solved backwards \
                     from its end, and needs no start"
                        .to_owned(),
                ));
            }
            options.start = Some(file.of(game));
        }
        Ok(options)
    }
}

/// Options of commands that forecast.
#[derive(Args, Clone)]
pub struct ForecastArguments {
    /// Beliefs kept exactly for each combination of types; when there are more, the forecast goes
    /// over to the solver's belief grid
    #[arg(
        long,
        value_name = "N",
        help_heading = "Forecast",
        default_value_t = 1000
    )]
    pub exact_beliefs: u32,
}

impl ForecastArguments {
    /// The settings of the forecast; with `spells`, it follows how escalation began.
    pub fn options(&self, spells: bool) -> forecast::Options {
        forecast::Options {
            exact_particles: self.exact_beliefs as usize,
            spells,
            ..forecast::Options::default()
        }
    }
}

fn stencil(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(width) if width % 2 == 0 && (2..=16).contains(&width) => Ok(width),
        Ok(17) => Ok(17),
        _ => Err("expected an even number from 2 to 16, or 17".to_owned()),
    }
}
