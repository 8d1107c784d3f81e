//! `gap`: how far each threat falls short of what would deter.

use crate::analyses::Context;
use crate::arguments::SolveArguments;
use crate::failure::Failure;
use crate::problem::Problem;
use crate::screen;
use crate::session::Session;
use clap::Args;
use climbdown_engine::analyse::gap::{self, Class, Gap as Found, LineGap, Test};
use climbdown_engine::analyse::resolve::AnalysisError;
use climbdown_engine::solve::{self, Solution};
use climbdown_lang::Scenario;
use climbdown_report::tables::{self, Table};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  climbdown gap my.crisis
  climbdown gap my.crisis --rate 0.01     the soft gap at one crossing in a hundred
  climbdown gap my.crisis --json

Needs red lines. Values are planned ones of the challenger alone; nothing is
added across actors.";

/// Threat needed against threat believed, by red line
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Gap {
    /// Scenario
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Rate of crossing a decision that the soft gap is to hold
    #[arg(long, value_name = "Q", default_value_t = 0.05)]
    rate: f64,
    /// Simulated paths over which later rounds are averaged
    #[arg(long, value_name = "N", default_value_t = 1000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    trajectories: u64,
    /// Seed of the paths
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    solve: SolveArguments,
}

impl Gap {
    /// Prints the gaps.
    ///
    /// # Errors
    /// No red line, a rate that is none, or whatever stops the solution.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let problem = Problem::load(&self.file, session)?;
        let Some(scenario) = &problem.scenario else {
            return Err(Failure::Usage(
                "`gap` needs a scenario: a game as JSON has no red lines".to_owned(),
            ));
        };
        if scenario.red_lines.is_empty() {
            return Err(Failure::Usage(
                "the scenario has no red line, so there is no threat to measure: declare one with \
                 `red line`"
                    .to_owned(),
            ));
        }
        let settings = self.solve.options(&problem.game);
        let solution = problem.solve(&settings, session)?;
        let options = gap::Options {
            rate: self.rate,
            trajectories: self.trajectories,
            seed: self.seed,
        };
        let found = found(
            &problem,
            scenario,
            (&solution, &settings),
            &options,
            session,
        )?;
        if session.json {
            return session.print_json(&found);
        }
        session.print(&text(&scenario.title, problem.round_name(), &found))
    }
}

fn found(
    problem: &Problem,
    scenario: &Scenario,
    (solution, settings): (&Solution, &solve::Options),
    options: &gap::Options,
    session: &Session,
) -> Result<Found, Failure> {
    let observer = session.observer();
    let game = &problem.game;
    gap::gap(scenario, game, solution, settings, options, &observer).map_err(|error| match error {
        AnalysisError::Solve(error) => Failure::from(error),
        other => Failure::Usage(other.to_string()),
    })
}

/// Rate at which `run` takes the soft gap, and the paths over which it averages later rounds.
const RATE: f64 = 0.05;
const PATHS: u64 = 1000;

/// The gaps of a crisis with red lines.
///
/// # Errors
/// What stops a solution.
pub fn record(c: &Context) -> Result<Option<Found>, Failure> {
    let Some(scenario) = c.scenario().filter(|s| !s.red_lines.is_empty()) else {
        return Ok(None);
    };
    let options = gap::Options {
        rate: RATE,
        trajectories: PATHS,
        seed: c.seed,
    };
    found(
        c.problem,
        scenario,
        (c.solution, c.settings),
        &options,
        c.session,
    )
    .map(Some)
}

/// Cells of a bar for a probability of one.
const BAR: usize = 20;

/// Threat believed against threat needed, one bar a red line: the crossing and type that tempt most.
pub fn brief(found: &Found) -> String {
    let mut out = screen::heading("Deterrence gap (threat believed, ▏needed)");
    for line in &found.lines {
        let most = line
            .now
            .iter()
            .max_by(|a, b| a.incentive.total_cmp(&b.incentive));
        let Some(test) = most else {
            out += &screen::wrap(&format!("{}: nothing crosses it now", line.label), 2);
            continue;
        };
        let bar = tables::bar(test.believed.clamp(0.0, 1.0), BAR);
        let needed = test.needed.map_or_else(
            || class(test.class).to_owned(),
            |needed| format!("{needed:.2} needed, gap {}", signed(test.gap)),
        );
        let label: String = line.label.chars().take(24).collect();
        out += &format!(
            "  {label:<24} {bar:<BAR$} {:.2} believed; {needed}\n",
            test.believed
        );
        out += &screen::wrap(
            &format!("{} by {} {}", test.crossing, line.challenger, test.kind),
            6,
        );
    }
    out
}

/// The screen.
pub fn text(title: &str, round: &str, found: &Found) -> String {
    let mut out = format!("{title}\n");
    for line in &found.lines {
        out += &section(line, round);
    }
    out += "\n";
    for note in [
        found.definition,
        found.soft_definition,
        "Classes: deterrable pays unless answered; undeterrable even when answered; self-restrained \
         not even unanswered; provoked only when answered. Later rounds are averages over crises \
         still open: the gap also widens because the others are gone.",
    ] {
        out += &screen::wrap(note, 2);
    }
    out
}

fn section(line: &LineGap, round: &str) -> String {
    let head = format!(
        "{}: {} against {}",
        line.label, line.holder, line.challenger
    );
    let mut out = screen::heading(&head);
    let Some(state) = &line.state else {
        return out + "Nothing that crosses it was open on any path.\n";
    };
    out += &screen::wrap(&format!("At {}", state.replace(',', ", ")), 2);
    let mut table = Table::new(["crossing", "type", "class", "p*", "π", "gap", "soft", "G"]);
    for test in &line.now {
        table.row([
            test.crossing.clone(),
            test.kind.clone(),
            class(test.class).to_owned(),
            share(test.needed),
            share(Some(test.believed)),
            signed(test.gap),
            soft(test),
            signed(Some(test.incentive)),
        ]);
    }
    out += &screen::table(&table);
    let mut later = Table::new([
        round.to_owned(),
        "open".to_owned(),
        "type".to_owned(),
        "believed".to_owned(),
        "G".to_owned(),
        "gap open".to_owned(),
        "π".to_owned(),
        "crosses".to_owned(),
    ]);
    for standing in &line.later {
        for (k, t) in standing.types.iter().enumerate() {
            let first = |text: String| if k == 0 { text } else { String::new() };
            later.row([
                first(standing.round.to_string()),
                first(tables::percent(standing.open)),
                t.kind.clone(),
                tables::percent(t.weight),
                signed(Some(t.incentive)),
                tables::percent(t.open_gap),
                share(Some(t.believed)),
                tables::percent(t.rate),
            ]);
        }
    }
    out + "\n" + &screen::table(&later)
}

fn class(class: Class) -> &'static str {
    match class {
        Class::Deterrable => "deterrable",
        Class::Undeterrable => "undeterrable",
        Class::SelfRestrained => "self-restrained",
        Class::Provoked => "provoked",
    }
}

fn share(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |v| format!("{v:.2}"))
}

fn signed(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |v| format!("{v:+.2}"))
}

/// The soft gap; in words where no probability would do.
fn soft(test: &Test) -> String {
    match test.soft_needed {
        Some(needed) if needed > 1.0 => "never held".to_owned(),
        Some(needed) if needed <= 0.0 => "held".to_owned(),
        _ => signed(test.soft_gap),
    }
}
