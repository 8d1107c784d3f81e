//! `gap`: how far each threat falls short of what would deter.

use crate::analyses::Context;
use crate::arguments::{SolveArguments, coarse_points};
use crate::failure::Failure;
use crate::problem::Problem;
use crate::screen;
use crate::session::Session;
use clap::Args;
use climbdown_engine::analyse::gap::{self, Class, Gap as Found, LineGap, Test};
use climbdown_engine::analyse::plan;
use climbdown_engine::analyse::split::{Parts, Split};
use climbdown_report::labels::Labels;
use climbdown_report::tables::{self, Table};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  climbdown gap my.crisis
  climbdown gap my.crisis --rate 0.01     the soft gap at one crossing in a hundred
  climbdown gap my.crisis --json

Needs red lines. Each gap is taken apart by what would close it: a clear line,
a holder believed to answer, and what the answer costs (where the red line
declares a `reference`). Values are planned ones of the challenger alone;
nothing is added across actors.";

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
    /// Leave out what gaps are made of: nothing is solved anew
    #[arg(long)]
    quick: bool,
    /// Grid points along each belief axis where the crisis is solved anew to take gaps apart; without
    /// it 5, 4 for large games, and more for games that are solved on a finer grid in a moment
    #[arg(long, value_name = "N", conflicts_with = "quick")]
    #[arg(value_parser = clap::value_parser!(u16).range(3..=257))]
    coarse_points: Option<u16>,
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
        let settings = Settings {
            solve: self.solve.clone(),
            rate: self.rate,
            trajectories: self.trajectories,
            seed: self.seed,
            split: (!self.quick).then(|| coarse_points(&problem.game, self.coarse_points)),
        };
        let found = found(&problem, &settings, session)?.ok_or_else(|| {
            Failure::Usage(
                "the scenario has no red line, so there is no threat to measure: declare one with \
                 `red line`"
                    .to_owned(),
            )
        })?;
        if session.json {
            return session.print_json(&found);
        }
        let title = problem.scenario.as_ref().map_or("", |s| s.title.as_str());
        session.print(&format!("{title}\n{}", text(&found, &problem)))
    }
}

/// What `gap` is asked.
struct Settings {
    /// Solver.
    solve: SolveArguments,
    /// Rate of the soft gap.
    rate: f64,
    /// Paths over which later rounds are averaged.
    trajectories: u64,
    /// Their seed.
    seed: u64,
    /// Belief points on which gaps are taken apart; `None` leaves that out.
    split: Option<usize>,
}

/// The gaps as asked; `None` without red lines.
///
/// # Errors
/// A rate that is none, or whatever stops the solution.
fn found(
    problem: &Problem,
    settings: &Settings,
    session: &Session,
) -> Result<Option<Found>, Failure> {
    let Some(scenario) = problem.scenario.as_ref() else {
        return Ok(None);
    };
    if scenario.red_lines.is_empty() {
        return Ok(None);
    }
    let solve = settings.solve.options(&problem.game);
    let solution = problem.solve(&solve, session)?;
    let options = gap::Options {
        rate: settings.rate,
        trajectories: settings.trajectories,
        seed: settings.seed,
    };
    let observer = session.observer();
    let game = &problem.game;
    let split = match settings.split.map(|points| settings.solve.coarse(points)) {
        Some(coarse) => Some((plan::whole_or_first(game, &coarse, &observer)?, coarse)),
        None => None,
    };
    let found = gap::gap(
        scenario,
        game,
        &solution,
        &solve,
        split.as_ref().map(|(solution, coarse)| (solution, coarse)),
        &options,
        &observer,
    )?;
    observer.clear();
    Ok(Some(found))
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
    let coarse = c.coarse();
    let split = Some((c.coarse_solution()?, &coarse));
    let observer = c.session.observer();
    let game = &c.problem.game;
    Ok(Some(gap::gap(
        scenario, game, c.solution, c.settings, split, &options, &observer,
    )?))
}

/// An actor with its type, unless it has but one, which is named after it.
fn who(actor: &str, kind: &str, labels: Labels) -> String {
    let own = labels.actor(actor);
    if actor == kind {
        own.to_owned()
    } else {
        format!("{own}, {}", labels.kind(actor, kind))
    }
}

/// Cells of a bar for a probability of one.
const BAR: usize = 12;

/// Threat believed against threat needed, one bar a red line: the crossing and type that tempt most.
pub fn brief(found: &Found, problem: &Problem) -> String {
    let labels = problem.labels();
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
        let label = screen::cut(&line.label, 22);
        out += &format!(
            "  {label:<22} {bar:<BAR$} {:.2} believed; {needed}\n",
            test.believed
        );
        out += &screen::wrap(
            &format!(
                "{} by {}",
                labels.deed(&test.crossing),
                who(&line.challenger, &test.kind, labels)
            ),
            6,
        );
    }
    out
}

/// The screen.
pub fn text(found: &Found, problem: &Problem) -> String {
    let mut out = String::new();
    for line in &found.lines {
        out += &section(line, problem.round_name(), problem.labels());
    }
    out += "\n";
    let split = found.lines.iter().find_map(|l| l.split.as_ref());
    let classes = "Classes: deterrable pays unless answered; undeterrable even when answered; \
                   self-restrained not even unanswered; provoked only when answered.";
    let notes = [found.definition, found.soft_definition, classes];
    let notes = notes.into_iter().chain(split.map(|s| s.definition));
    for note in notes.chain([found.limits]) {
        out += &screen::wrap(note, 2);
    }
    out
}

fn section(line: &LineGap, round: &str, labels: Labels) -> String {
    let kind = |name: &str| labels.kind(&line.challenger, name).to_owned();
    let head = format!(
        "{}: {} against {}",
        line.label,
        labels.actor(&line.holder),
        labels.actor(&line.challenger)
    );
    let mut out = screen::heading(&head);
    let Some(state) = &line.state else {
        return out + "Nothing that crosses it was open on any path.\n";
    };
    out += &screen::wrap(&format!("At {}", labels.state(state)), 2);
    let mut table = Table::new(["crossing", "type", "class", "p*", "π", "gap", "soft", "G"]);
    for test in &line.now {
        table.row([
            labels.deed(&test.crossing).to_owned(),
            kind(&test.kind),
            class(test.class).to_owned(),
            share(test.needed),
            share(Some(test.believed)),
            signed(test.gap),
            soft(test),
            signed(Some(test.incentive)),
        ]);
    }
    out += &screen::table(&table);
    out += "\nThreat needed against threat believed\n";
    for test in &line.now {
        let name = format!("{}, {}", labels.deed(&test.crossing), kind(&test.kind));
        out += &screen::wrap(&name, 2);
        let needed = match test.class {
            Class::Deterrable => test.needed,
            Class::Undeterrable => Some(1.0),
            Class::SelfRestrained => Some(0.0),
            Class::Provoked => None,
        };
        match needed {
            Some(needed) => out += &format!("    needed    {} {needed:.2}\n", bar(needed)),
            None => out += "    needed    none helps: it wants the answer\n",
        }
        out += &format!(
            "    believed  {} {:.2}\n",
            bar(test.believed),
            test.believed
        );
    }
    if let Some(split) = &line.split {
        out += &shares(split, labels, &line.challenger);
    }
    if let Some(reason) = &line.unsplit {
        out += &screen::wrap(&format!("Not taken apart: {reason}"), 2);
    }
    let mut over = Table::new([
        round, "open", "deterr.", "undet.", "self-r.", "prov.", "gap open", "probing",
    ]);
    let mut later = Table::new([round, "type", "believed", "G", "gap open", "π", "crosses"]);
    for standing in &line.later {
        let mut row = vec![standing.round.to_string(), tables::percent(standing.open)];
        row.extend(standing.classes.map(tables::percent));
        row.push(tables::percent(standing.open_gap));
        row.push(tables::percent(standing.probing));
        over.row(row);
        for (k, t) in standing.types.iter().enumerate() {
            let first = if k == 0 {
                standing.round.to_string()
            } else {
                String::new()
            };
            later.row([
                first,
                kind(&t.kind),
                tables::percent(t.weight),
                signed(Some(t.incentive)),
                tables::percent(t.open_gap),
                share(Some(t.believed)),
                tables::percent(t.rate),
            ]);
        }
    }
    out += "\nShares of the classes, and probing: how often a decision crosses\n";
    out + &screen::table(&over) + "\n" + &screen::table(&later)
}

/// What the gaps are made of, with bars: to the left what would close them.
fn shares(split: &Split, labels: Labels, challenger: &str) -> String {
    let mut out = format!(
        "\nWhat would change the gap, if restored (on {} beliefs a type)\n",
        split.belief_points
    );
    for test in &split.tests {
        let (parts, what): (&Parts, &str) = match &test.gap {
            Some(parts) => (parts, "gap"),
            None => (&test.incentive, "G"),
        };
        out += &format!(
            "  {}, {}: {what} {:+.2}, restored {:+.2}\n",
            labels.deed(&test.crossing),
            labels.kind(challenger, &test.kind),
            parts.now,
            parts.restored
        );
        let most = parts.shares.iter().fold(0.0_f64, |m, s| m.max(s.abs()));
        for (restoration, share) in split.restorations.iter().zip(&parts.shares) {
            let length = if most > 0.0 { share.abs() / most } else { 0.0 };
            out += &format!("    {:<12} {share:+.3} {}\n", restoration.name, bar(length));
        }
    }
    for restoration in &split.restorations {
        let text = format!("{}: {}.", restoration.name, restoration.reference);
        out += &screen::wrap(&text, 4);
    }
    for left_out in &split.left_out {
        out += &screen::wrap(&format!("Left out: {left_out}."), 4);
    }
    out
}

/// A share of 1 as a bar of 30 characters.
fn bar(share: f64) -> String {
    let filled = (share.clamp(0.0, 1.0) * 30.0).round() as usize;
    "█".repeat(filled) + &"·".repeat(30 - filled)
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
