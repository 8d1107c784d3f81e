//! `dominance`: who dominates which rung of the ladder.

use crate::analyses::Context;
use crate::arguments::SolveArguments;
use crate::failure::Failure;
use crate::problem::Problem;
use crate::screen;
use crate::session::Session;
use clap::Args;
use climbdown_engine::analyse::dominance::{self, Decision, Dominance as Found, Pair};
use climbdown_engine::analyse::force;
use climbdown_report::tables::{self, Table};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  climbdown dominance my.crisis
  climbdown dominance my.crisis --json

Needs a ladder. A rung is looked at where play most often stands on it or, where
play never does, at the state that is most like the start.";

/// Who dominates which rung of the ladder, with both sides' gains from the next step
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Dominance {
    /// Scenario
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Simulated paths from which the decisions are taken
    #[arg(long, value_name = "N", default_value_t = 1000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    trajectories: u64,
    /// Seed of the paths
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    solve: SolveArguments,
}

impl Dominance {
    /// Prints the map.
    ///
    /// # Errors
    /// No ladder, nobody who climbs it, or whatever stops the solution.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let problem = Problem::load(&self.file, session)?;
        let options = dominance::Options {
            trajectories: self.trajectories,
            seed: self.seed,
        };
        let found = measure(&problem, &self.solve, &options, session)?;
        if session.json {
            return session.print_json(&found);
        }
        session.print(&text(&problem.game.title, &found))
    }
}

/// The map with default settings, for a whole run; `None` where nobody can climb a ladder.
///
/// # Errors
/// Whatever stops the solution.
pub fn record(c: &Context) -> Result<Option<Found>, Failure> {
    let game = &c.problem.game;
    let Some(scenario) = c.scenario().filter(|s| !force::kinds(s, game).is_empty()) else {
        return Ok(None);
    };
    let options = dominance::Options {
        seed: c.seed,
        ..dominance::Options::default()
    };
    let observer = c.session.observer();
    let found = dominance::dominance(scenario, game, c.solution, c.settings, &options, &observer)?;
    Ok(Some(found))
}

fn measure(
    problem: &Problem,
    solve: &SolveArguments,
    options: &dominance::Options,
    session: &Session,
) -> Result<Found, Failure> {
    let Some(scenario) = &problem.scenario else {
        return Err(Failure::Usage(
            "`dominance` needs a scenario: a game as JSON does not say what its moves do"
                .to_owned(),
        ));
    };
    let solve = solve.options(&problem.game);
    let solution = problem.solve(&solve, session)?;
    let observer = session.observer();
    Ok(dominance::dominance(
        scenario,
        &problem.game,
        &solution,
        &solve,
        options,
        &observer,
    )?)
}

/// The screen: the highest rung first.
pub fn text(title: &str, found: &Found) -> String {
    let mut out = format!("{title}\n");
    out += &screen::heading("Who dominates which rung");
    let mut head = vec!["rung".to_owned()];
    head.extend(
        found
            .pairs
            .iter()
            .map(|p| format!("{} over {}", p.side, p.other)),
    );
    let mut table = Table::new(head);
    for (r, rung) in found.rungs.iter().enumerate().rev() {
        let mut row = vec![rung.clone()];
        row.extend(found.pairs.iter().map(|p| cell(p, r)));
        table.row(row);
    }
    out += &screen::table(&table);
    out += &screen::wrap(
        "Probability over both sides' types, as believed at the start; – where nobody has a step to make.",
        2,
    );
    out += &ceilings(found);
    out += &screen::heading("What the next step is worth");
    let mut table = Table::new(["rung", "who", "best move", "up gains", "down gains"]);
    for (r, rung) in found.rungs.iter().enumerate().rev() {
        let mut name = rung.clone();
        for decision in found.decisions.iter().filter(|d| d.rung == r) {
            steps(decision, &mut name, &mut table);
        }
    }
    out += &screen::table(&table);
    out += &screen::wrap(
        "Gains over the mover's best other kind of move, in its own units of payoff; * where play never \
         stands on the rung.",
        2,
    );
    out += "\n";
    out + &screen::wrap(&format!("Dominance: {}.", found.definition), 2)
}

/// The probability that a rung is dominated, and what it would be were it not for a ceiling.
fn cell(pair: &Pair, rung: usize) -> String {
    let Some(shown) = pair.probability[rung] else {
        return "–".to_owned();
    };
    match pair.without_ceilings.get(rung).copied().flatten() {
        Some(without) if without != shown => format!(
            "{}, {} but for a ceiling",
            tables::percent(shown),
            tables::percent(without)
        ),
        _ => tables::percent(shown),
    }
}

/// Where more of a front may have to be borne than a side says it would.
fn ceilings(found: &Found) -> String {
    if found.ceilings.is_empty() {
        return String::new();
    }
    let mut out = screen::heading("Ceilings");
    let mut table = Table::new([
        "who", "front", "bears", "on rung", "can be", "in play", "from",
    ]);
    for ceiling in &found.ceilings {
        let head = [&ceiling.side, &ceiling.front, &ceiling.level].map(Clone::clone);
        if ceiling.exceeded.is_empty() {
            let none = ["none", "–", "–", "–"].map(str::to_owned);
            table.row(head.clone().into_iter().chain(none));
        }
        for beyond in &ceiling.exceeded {
            let from: Vec<&str> = beyond
                .from
                .iter()
                .map(|r| found.rungs[*r].as_str())
                .collect();
            table.row(
                head.clone().into_iter().chain([
                    found.rungs[beyond.rung].clone(),
                    beyond.level.clone(),
                    beyond
                        .probability
                        .map_or_else(|| "–".to_owned(), tables::percent),
                    from.join(", "),
                ]),
            );
        }
    }
    out += &screen::table(&table);
    out + &screen::wrap(
        "Where a front can be lit beyond what a side says it would bear: on which rung, up to which level, at \
         what share of the decisions in play on that rung (– where play never stands on it), and from which \
         rungs it comes to that: those it does not dominate.",
        2,
    )
}

fn steps(decision: &Decision, name: &mut String, table: &mut Table) {
    let gain = |g: Option<f64>| g.map_or_else(|| "–".to_owned(), |g| format!("{g:+.2}"));
    for standing in &decision.types {
        let mut who = decision.actor.clone();
        if !standing.kind.is_empty() {
            who += &format!(" if {}", standing.kind);
        }
        if !decision.met {
            who += " *";
        }
        table.row([
            std::mem::take(name),
            who,
            standing.best.clone(),
            gain(standing.gain_up),
            gain(standing.gain_down),
        ]);
    }
}
