//! `equilibria`: solutions beside the one that is played.

use crate::arguments::{SolveArguments, StartArguments};
use crate::commands::show::other_equilibria;
use crate::failure::Failure;
use crate::output::Directory;
use crate::position;
use crate::problem::Problem;
use crate::profile::ProfileFile;
use crate::screen;
use crate::session::{Session, json_text};
use clap::Args;
use climbdown_engine::analyse::equilibria::{
    self, Equilibria as Found, Equilibrium, probabilities,
};
use climbdown_engine::forecast;
use climbdown_engine::game::{Foresight, Game, Phase};
use climbdown_engine::solve::{Jump, OtherSolution};
use climbdown_report::tables::{self, Table};
use serde::Serialize;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  climbdown equilibria game.json
  climbdown equilibria game.json --forecast
  climbdown equilibria game.json --starts 2000 --out found
  climbdown show game.json --start-from found/solution-2.json
  climbdown equilibria my.crisis

For `foresight unbounded`: stationary solutions, from many starts. With --forecast,
what the crisis comes to under each. With --out every solution becomes a file from
which other commands start (--start-from). With plans
that end, choices that have other equilibria besides, what follows being as it is
played: at every belief of the grid.";

/// Equilibria beside the one that is played
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Equilibria {
    /// Scenario or game
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Random starts
    #[arg(long, value_name = "N", default_value_t = 200)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    starts: u64,
    /// Seed of the starts
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Forecast the crisis under each solution
    #[arg(long)]
    forecast: bool,
    /// Directory for the solutions
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    solve: SolveArguments,
    #[command(flatten)]
    start: StartArguments,
}

/// As JSON: what was found, and the play of each solution.
#[derive(Serialize)]
struct Record<'a> {
    format: &'static str,
    title: &'a str,
    #[serde(flatten)]
    found: &'a Found,
    play: Vec<ProfileFile>,
}

/// As JSON where plans end: choices with other equilibria.
#[derive(Serialize)]
struct ChoicesRecord<'a> {
    format: &'static str,
    title: &'a str,
    definition: &'static str,
    limits: &'static str,
    /// Stages (choice, belief, round of the plan) searched, and those with another equilibrium.
    searched: u64,
    multiple: u64,
    /// Where play changes abruptly between neighbouring beliefs.
    jumps: &'a [Jump],
    others: &'a [OtherSolution],
}

/// What the search among plans that end finds.
const OF_CHOICES: &str = "other equilibria of single choices, what follows being as it is played: the \
    equilibrium played at the next belief, followed to this one from either side, ends elsewhere; of \
    choices at once, Newton's method from many starts";

/// What it misses.
const LIMITS_OF_CHOICES: &str = "equilibria that no played one leads to as beliefs move are not found, \
    nor those that differ in several choices together";

impl Equilibria {
    /// Prints the solutions.
    ///
    /// # Errors
    /// Another kind of game, too large, interrupted, or the files cannot be written.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let problem = Problem::load(&self.file, session)?;
        let game = &problem.game;
        if game.foresight != Foresight::Unbounded {
            return self.of_choices(&problem, session);
        }
        let options = equilibria::Options {
            starts: self.starts,
            seed: self.seed,
        };
        let directory = self.out.as_deref().map(Directory::prepare).transpose()?;
        let found = {
            let observer = session.observer();
            let solve = self.start.options(&self.solve, game)?;
            let mut found = equilibria::equilibria(game, &solve, &options, &observer)?;
            if self.forecast {
                let settings = forecast::Options {
                    spells: false,
                    ..forecast::Options::default()
                };
                equilibria::follow(game, &mut found, &solve, &settings, &observer)?;
            }
            found
        };
        let play: Vec<ProfileFile> = found
            .solutions
            .iter()
            .enumerate()
            .map(|(k, e)| {
                ProfileFile::new(
                    game,
                    format!("{}, solution {}", game.title, k + 1),
                    &e.profile,
                )
            })
            .collect();
        if let Some(directory) = directory {
            let files = play
                .iter()
                .enumerate()
                .map(|(k, play)| {
                    Ok((
                        format!("solution-{}.json", k + 1),
                        json_text(play)?.into_bytes(),
                    ))
                })
                .collect::<Result<Vec<_>, Failure>>()?;
            directory.write(&files)?;
        }
        if session.json {
            return session.print_json(&Record {
                format: "climbdown-equilibria/1",
                title: &game.title,
                found: &found,
                play,
            });
        }
        session.print(&text(game, &found))
    }

    /// Prints other equilibria of single choices, where plans end.
    fn of_choices(&self, problem: &Problem, session: &Session) -> Result<(), Failure> {
        let game = &problem.game;
        for (given, option, why) in [
            (
                self.out.is_some(),
                "--out",
                "other foresight is solved backwards from its end, and starts from no file; --json \
                 prints all that is found",
            ),
            (
                self.forecast,
                "--forecast",
                "where plans end, another equilibrium of one choice is no whole course of play to \
                 forecast; `forecast` follows the one that is played",
            ),
        ] {
            if given {
                return Err(Failure::Usage(format!(
                    "{option} is for `foresight unbounded`: {why}"
                )));
            }
        }
        let mut options = self.start.options(&self.solve, game)?;
        options.audit_every = 1;
        let solution = problem.solve(&options, session)?;
        let report = &solution.report;
        if session.json {
            return session.print_json(&ChoicesRecord {
                format: "climbdown-equilibria-of-choices/1",
                title: &game.title,
                definition: OF_CHOICES,
                limits: LIMITS_OF_CHOICES,
                searched: report.audited,
                multiple: report.multiple,
                jumps: &report.jumps,
                others: &report.others,
            });
        }
        let mut out = format!("{}\n", game.title);
        out += &screen::heading("Other equilibria of one choice, not played");
        let beliefs = position::beliefs(game, None)?;
        out += &if report.others.is_empty() {
            screen::wrap("none was found", 2)
        } else {
            other_equilibria(game, &report.others, &beliefs)
        };
        out += &screen::wrap(
            &format!(
                "Searched at {} over all choices: another equilibrium at {}, abrupt changes of play between \
                 neighbouring beliefs at {}. No search proves that there are no others.",
                screen::number_of(report.audited, "belief"),
                report.multiple,
                report.jump_count
            ),
            2,
        );
        session.print(&out)
    }
}

/// The screen.
fn text(game: &Game, found: &Found) -> String {
    let mut out = format!("{}\n", game.title);
    out += &screen::heading("Stationary solutions");
    let mut head = vec![
        "solution".to_owned(),
        "found".into(),
        "stable".into(),
        "index".into(),
    ];
    head.extend(game.actors.iter().map(|a| format!("value {}", a.name)));
    let mut table = Table::new(head);
    for (k, e) in found.solutions.iter().enumerate() {
        let name = if e.principal {
            "1 (principal)".to_owned()
        } else {
            (k + 1).to_string()
        };
        let stable = match e.stable {
            Some(true) => "yes",
            Some(false) => "no",
            None => "?",
        };
        let index = if e.index == 0 {
            "?".to_owned()
        } else {
            format!("{:+}", e.index)
        };
        let mut row = vec![name, e.found.to_string(), stable.to_owned(), index];
        row.extend(e.values.iter().map(|v| format!("{v:.3}")));
        table.row(row);
    }
    out += &screen::table(&table);
    let worst = found
        .solutions
        .iter()
        .fold(0.0f64, |m, e| m.max(e.residual));
    let sum = match found.index_sum {
        Some(1) => "The indices sum to +1, as those of all solutions do.".to_owned(),
        Some(sum) => format!("The indices sum to {sum:+}, not +1: some solutions are missing."),
        None => "The game is too large for indices.".to_owned(),
    };
    out += &screen::wrap(
        &format!(
            "{} of {} starts closed (seed {}), residuals at most {worst:.1e}. {sum} No search proves \
             that there are no others.",
            found.closed, found.starts, found.seed
        ),
        2,
    );
    if !found.measures.is_empty() {
        out += &screen::heading("What they lead to");
        out += &screen::table(&outcomes(found));
    }
    if let Some(table) = choices(game, &found.solutions) {
        out += &screen::heading("Their choices at the start, given a decision");
        out += &screen::table(&table);
    }
    out
}

/// Solution by solution, each outcome class at the end of the window and each question at its date.
fn outcomes(found: &Found) -> Table {
    let mut head = vec!["solution".to_owned()];
    head.extend(found.measures.iter().map(|m| {
        if m.question {
            m.label.clone()
        } else {
            format!("{}, round {}", m.label, m.round)
        }
    }));
    let mut table = Table::new(head);
    for (k, e) in found.solutions.iter().enumerate() {
        let mut row = vec![(k + 1).to_string()];
        let at = |m: usize| e.leads_to.get(m).copied();
        row.extend(
            (0..found.measures.len()).map(|m| at(m).map_or("?".to_owned(), tables::percent)),
        );
        table.row(row);
    }
    table
}

/// Move by move what each of the first solutions plays at the start.
fn choices(game: &Game, solutions: &[Equilibrium]) -> Option<Table> {
    const SHOWN: usize = 6;
    let shown = &solutions[..solutions.len().min(SHOWN)];
    let mut head = vec!["who".to_owned(), "move".to_owned()];
    head.extend((1..=shown.len()).map(|k| k.to_string()));
    let mut table = Table::new(head);
    let play: Vec<_> = shown.iter().map(|e| probabilities(&e.profile)).collect();
    let mut rows = 0;
    for (p, phase) in game.phases.iter().enumerate() {
        let Phase::Move(phase) = phase else { continue };
        let Ok(n) = phase.node_state.binary_search(&game.start) else {
            continue;
        };
        let mut at = 0;
        for (actor, moves) in phase.actors.iter().zip(&phase.node_moves[n]) {
            for name in moves {
                let mut row = vec![
                    game.actors[*actor as usize].name.clone(),
                    game.labels[*name as usize].clone(),
                ];
                row.extend(play.iter().map(|play| tables::percent(play[p][n][at])));
                table.row(row);
                at += 1;
                rows += 1;
            }
        }
    }
    (rows > 0 && !shown.is_empty()).then_some(table)
}
