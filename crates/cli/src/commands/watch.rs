//! `watch`: what to look for in the next round, and what it would mean.

use crate::analyses::Context;
use crate::arguments::{ForecastArguments, SolveArguments};
use crate::failure::Failure;
use crate::problem::Problem;
use crate::screen;
use crate::session::Session;
use clap::Args;
use climbdown_engine::analyse::resolve::AnalysisError;
use climbdown_engine::analyse::watch::{Seen, Watch as List, watch};
use climbdown_report::labels::typed_sign;
use climbdown_report::tables::{self, Table};
use std::cmp::Ordering;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  climbdown watch my.crisis
  climbdown watch my.crisis --top 30
  climbdown watch my.crisis --least 0.001 --json

A sign is a label seen in the next round, or a variable at another level at its
end. Shift is half the sum of absolute changes of the outcomes' probabilities
once it is seen; signs are sorted by probability times shift. The forecasts
after all labels of an actor, weighted by their probabilities, are the forecast
now.";

/// What to look for in the next round, and what it would mean
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Watch {
    /// Scenario or game
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Signs shown on the screen
    #[arg(long, value_name = "N", default_value_t = 12)]
    top: usize,
    /// Signs less likely than this are counted and not forecast
    #[arg(long, value_name = "P", default_value_t = 0.01)]
    least: f64,
    #[command(flatten)]
    solve: SolveArguments,
    #[command(flatten)]
    forecast: ForecastArguments,
}

impl Watch {
    /// Prints the watch list.
    ///
    /// # Errors
    /// Whatever stops solution or forecast; a crisis without outcome classes.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        if !(0.0..=1.0).contains(&self.least) {
            return Err(Failure::Usage(format!(
                "--least: {} is no probability",
                self.least
            )));
        }
        let problem = Problem::load(&self.file, session)?;
        let solution = problem.solve(&self.solve.options(&problem.game), session)?;
        let options = self.forecast.options(false);
        let observer = session.observer();
        let list =
            watch(&problem.game, &solution, self.least, &options, &observer).map_err(|error| {
                match error {
                    AnalysisError::Solve(error) => Failure::from(error),
                    other => Failure::Usage(other.to_string()),
                }
            })?;
        if session.json {
            return session.print_json(&list);
        }
        session.print(&self.text(&list, &problem))
    }

    fn text(&self, list: &List, problem: &Problem) -> String {
        let word = problem.round_name();
        let mut out = format!("{}\n", problem.game.title);
        let now: Vec<String> = list
            .now
            .iter()
            .enumerate()
            .map(|(c, p)| format!("{} {}", class(c, problem), tables::percent(*p)))
            .collect();
        out += &screen::wrap(&format!("Now: {}.", now.join("; ")), 0);
        out += &screen::heading(&format!("What to look for in the next {word}"));
        let shown = || list.signs.iter().take(self.top);
        // Only outcomes that ask whether something ever happens have a lead.
        let leads = shown().any(|seen| seen.lead.is_some());
        let head = ["sign", "chance", "shift", "outcome", "then", "lead"];
        let mut table = Table::new(head.into_iter().take(5 + usize::from(leads)));
        for seen in shown() {
            let c = seen.points_to;
            let mut row = vec![
                match sign(seen, problem) {
                    (typed, None) => typed,
                    (typed, Some(words)) => format!("{words} ({typed})"),
                },
                tables::percent(seen.probability),
                tables::percent(seen.shift),
                screen::cut(class(c, problem), OUTCOME),
                tables::percent(seen.after[c]),
            ];
            if leads {
                let lead = seen.lead.map(|n| screen::number_of(n, word));
                row.push(lead.unwrap_or_default());
            }
            table.row(row);
        }
        out += &screen::table(&table);
        out += &screen::heading("What it would mean");
        for seen in list.signs.iter().take(self.top.min(5)) {
            out += &screen::wrap(&format!("* {}", meaning(seen, list, problem)), 2);
        }
        if !list.rare.is_empty() {
            let total = list.rare.len() as u64;
            out += &screen::wrap(
                &format!(
                    "\n{} less likely than {} and not forecast; `--least 0` forecasts all.",
                    screen::number_of(total, "sign") + if total == 1 { " is" } else { " are" },
                    tables::percent(self.least)
                ),
                0,
            );
        }
        out
    }
}

/// Least probability of a sign that `run` forecasts, and the signs that it tells.
const LEAST: f64 = 0.02;
const TOLD: usize = 3;

/// The watch list of a crisis with outcome classes.
///
/// # Errors
/// What stops a forecast.
pub fn record(c: &Context) -> Result<Option<List>, Failure> {
    let game = &c.problem.game;
    if game.classes.is_empty() {
        return Ok(None);
    }
    let options = ForecastArguments {
        exact_beliefs: EXACT,
    }
    .options(false);
    let observer = c.session.observer();
    Ok(Some(watch(game, c.solution, LEAST, &options, &observer)?))
}

/// Beliefs that `run` keeps exactly before each forecast goes over to the grid.
const EXACT: u32 = 200;

/// The signs that tell most.
pub fn brief(list: &List, problem: &Problem) -> String {
    let head = format!("What to look for in the next {}", problem.round_name());
    let mut out = screen::heading(&head);
    for seen in list.signs.iter().take(TOLD) {
        out += &screen::wrap(&format!("* {}", meaning(seen, list, problem)), 2);
    }
    out
}

/// Letters of an outcome in the table.
const OUTCOME: usize = 16;

/// The label of an outcome class.
fn class(c: usize, problem: &Problem) -> &str {
    problem.game.classes.get(c).map_or("", |c| &c.label)
}

/// A sign: what `observe` is to be told and, where the scenario says it so, in words.
fn sign(seen: &Seen, problem: &Problem) -> (String, Option<String>) {
    let words = problem.labels().sign(&seen.name);
    (
        typed_sign(&seen.name),
        (words != seen.name).then_some(words),
    )
}

/// One sign in a sentence.
fn meaning(seen: &Seen, list: &List, problem: &Problem) -> String {
    let c = seen.points_to;
    let now = tables::percent(list.now[c]);
    let then = tables::percent(seen.after[c]);
    let way = match seen.after[c].total_cmp(&list.now[c]) {
        _ if now == then => format!("stays at {now}"),
        Ordering::Less => format!("falls from {now} to {then}"),
        _ => format!("rises from {now} to {then}"),
    };
    let class = class(c, problem);
    let mut text = match sign(seen, problem) {
        (typed, None) => format!("If {typed} is seen, \"{class}\" {way}."),
        (typed, Some(words)) => format!("If \"{words}\" is seen ({typed}), \"{class}\" {way}."),
    };
    let moved = |b: &&(String, String, f64, f64)| (b.3 - b.2).abs();
    let most = seen
        .beliefs
        .iter()
        .max_by(|a, b| moved(a).total_cmp(&moved(b)));
    if let Some((actor, kind, before, after)) = most.filter(|b| moved(b) >= 0.005) {
        let labels = problem.labels();
        text += &format!(
            " The belief that {} is {} goes from {} to {}.",
            labels.actor(actor),
            labels.kind(actor, kind),
            tables::percent(*before),
            tables::percent(*after)
        );
    }
    text
}
