//! `credibility`: what is believed of each side over time, what moved it, and what is done for it.

use crate::analyses::Context;
use crate::arguments::SolveArguments;
use crate::failure::Failure;
use crate::problem::Problem;
use crate::screen;
use crate::session::Session;
use clap::Args;
use climbdown_engine::analyse::credibility::{self, Credibility as Found, LineReputation};
use climbdown_engine::solve::{self, Solution};
use climbdown_report::tables::{self, Table};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  climbdown credibility my.crisis
  climbdown credibility my.crisis --trajectories 100000
  climbdown credibility my.crisis --json

Needs an actor with private types.";

/// What is believed of each side, what moves it, what is done for reputation
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Credibility {
    /// Scenario
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Simulated paths over which beliefs and forecasts are averaged
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    trajectories: u64,
    /// Paths on whose decisions reputation is measured
    #[arg(long, value_name = "N", default_value_t = 200)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=100_000))]
    decisions: u64,
    /// Seed of the paths
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    solve: SolveArguments,
}

impl Credibility {
    /// Prints beliefs and what is done for them.
    ///
    /// # Errors
    /// Nobody has private types, or whatever stops the solution.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let problem = Problem::load(&self.file, session)?;
        let options = credibility::Options {
            trajectories: self.trajectories,
            decisions: self.decisions,
            seed: self.seed,
        };
        let settings = self.solve.options(&problem.game);
        let solution = problem.solve(&settings, session)?;
        let found = measure(&problem, &solution, &settings, &options, session)?;
        let found = found.ok_or_else(|| {
            Failure::Usage(
                "`credibility` needs a scenario with an actor that has private types: without them \
                 there is nothing to believe of anybody"
                    .to_owned(),
            )
        })?;
        if session.json {
            return session.print_json(&found);
        }
        let title = problem.scenario.as_ref().map_or("", |s| s.title.as_str());
        session.print(&format!("{title}\n{}", text(&found, problem.round_name())))
    }
}

/// Beliefs and what is done for them; `None` where nobody has private types.
///
/// # Errors
/// Whatever stops the solution.
pub fn record(c: &Context) -> Result<Option<Found>, Failure> {
    let options = credibility::Options {
        seed: c.seed,
        ..credibility::Options::default()
    };
    measure(c.problem, c.solution, c.settings, &options, c.session)
}

fn measure(
    problem: &Problem,
    solution: &Solution,
    settings: &solve::Options,
    options: &credibility::Options,
    session: &Session,
) -> Result<Option<Found>, Failure> {
    let Some(scenario) = problem
        .scenario
        .as_ref()
        .filter(|_| problem.game.has_types())
    else {
        return Ok(None);
    };
    let observer = session.observer();
    let game = &problem.game;
    let found = credibility::credibility(scenario, game, solution, settings, options, &observer)?;
    observer.clear();
    Ok(Some(found))
}

/// Rounds of a path that are shown.
const ROUNDS: [usize; 9] = [0, 1, 2, 4, 8, 13, 26, 39, 52];
/// Labels shown for each type.
const LABELS: usize = 6;

/// The screen.
pub fn text(found: &Found, round: &str) -> String {
    let mut out = screen::heading("What is believed");
    let mut table = Table::new(["type", round, "mean", "10 %", "median", "90 %"]);
    for path in &found.paths {
        let last = path.mean.len().saturating_sub(1);
        let mut shown: Vec<usize> = ROUNDS.into_iter().filter(|r| *r < last).collect();
        shown.push(last);
        for (k, at) in shown.into_iter().enumerate() {
            let name = format!("{} {}", path.actor, path.kind);
            let numbers = [&path.mean, &path.low, &path.median, &path.high];
            let mut row = vec![if k == 0 { name } else { String::new() }, at.to_string()];
            row.extend(numbers.map(|n| tables::percent(n[at])));
            table.row(row);
        }
    }
    out += &screen::table(&table);
    out += &screen::heading(&format!(
        "What moved it, in {}",
        screen::number_of(found.window, round)
    ));
    let mut table = Table::new(["belief in", "label", "seen", "moves it", "in all"]);
    for of in &found.movers {
        for (k, label) in of.labels.iter().take(LABELS).enumerate() {
            let name = if k == 0 {
                format!("{} {}", of.actor, of.kind)
            } else {
                String::new()
            };
            table.row([
                name,
                label.label.clone(),
                format!("{:.2}", label.seen),
                format!("{:.3}", label.movement),
                format!("{:+.3}", label.change),
            ]);
        }
    }
    out += &screen::table(&table);
    out += &screen::heading("What is done for it");
    let mut table = Table::new(["who", "type", "choices a path", "made for reputation"]);
    for of in &found.reputation {
        let all = [
            of.actor.clone(),
            "all".into(),
            format!("{:.1}", of.decisions),
        ];
        table.row(all.into_iter().chain([tables::percent(of.share)]));
        for t in of.types.iter().filter(|_| of.types.len() > 1) {
            table.row([
                String::new(),
                t.kind.clone(),
                String::new(),
                tables::percent(t.share),
            ]);
        }
    }
    out += &screen::table(&table);
    for line in &found.lines {
        out += &crossed(line);
    }
    out += &screen::heading("How well the next move is forecast, in nats lost a choice");
    let mut table = Table::new([
        "whose",
        "public belief",
        "priors",
        "equal odds",
        "type known",
    ]);
    for of in &found.predictability.actors {
        let losses = [of.public, of.priors, of.uniform, of.informed];
        let mut row = vec![of.actor.clone()];
        row.extend(losses.map(|l| format!("{l:.3}")));
        table.row(row);
    }
    out += &screen::table(&table);
    out += "\n";
    let moved = found.movers.first().map(|m| m.definition);
    let notes = [found.path_definition].into_iter().chain(moved);
    let notes = notes.chain([found.share_definition, found.reputation_definition]);
    for note in notes.chain([found.predictability.definition, found.limits]) {
        out += &screen::note(note);
    }
    out
}

/// The holder's choice where its line was crossed.
fn crossed(line: &LineReputation) -> String {
    let mut out = format!("\n{}, crossed: {} decides\n", line.label, line.holder);
    let (Some(state), Some(answered), Some(unseen)) =
        (&line.state, line.answered, line.answered_unseen)
    else {
        return out + "  No decision about a crossing was met, or the holder has one type.\n";
    };
    out += &screen::wrap(
        &format!(
            "Answers with {}; {} if that taught nobody anything. At {}:",
            tables::percent(answered),
            tables::percent(unseen),
            state.replace(',', ", ")
        ),
        2,
    );
    let mut table = Table::new(["move", "type", "as it is", "unseen", "worth of being seen"]);
    for m in &line.moves {
        table.row([
            m.mv.clone(),
            m.kind.clone(),
            tables::percent(m.with),
            tables::percent(m.without),
            format!("{:+.3}", m.worth),
        ]);
    }
    out + &screen::table(&table)
}
