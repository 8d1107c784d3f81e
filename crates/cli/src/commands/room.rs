//! `room`: whether there is room for a deal.

use crate::analyses::Context;
use crate::arguments::SolveArguments;
use crate::failure::Failure;
use crate::position;
use crate::problem::Problem;
use crate::screen;
use crate::session::Session;
use clap::Args;
use climbdown_engine::analyse::plan;
use climbdown_engine::analyse::room::{self, PairRoom, Room as Found, Surplus, TableRoom};
use climbdown_report::tables::{self, Table};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  climbdown room my.crisis
  climbdown room my.crisis --at rung=strikes
  climbdown room my.crisis --json

Needs `talks`. The crisis is solved twice, with talks and without.";

/// Bargaining room: what each package is worth to both sides beyond no talks
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Room {
    /// Scenario
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where, as variable=level,…; what is left out is as at the start. Without it the start
    #[arg(long, value_name = "STATE")]
    at: Option<String>,
    #[command(flatten)]
    solve: SolveArguments,
}

impl Room {
    /// Prints the room.
    ///
    /// # Errors
    /// No talks, a place that does not exist, or whatever stops the solutions.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let problem = Problem::load(&self.file, session)?;
        let found = measure(&problem, self.at.as_deref(), &self.solve, session)?;
        if found.tables.is_empty() {
            return Err(Failure::Usage(
                "no package can be accepted at this place, whoever offers it: name another with --at"
                    .to_owned(),
            ));
        }
        if session.json {
            return session.print_json(&found);
        }
        session.print(&text(&problem.game.title, &found))
    }
}

/// The room with default settings, for a whole run; `None` where the scenario has no talks.
///
/// # Errors
/// Whatever stops the solutions.
pub fn record(c: &Context) -> Result<Option<Found>, Failure> {
    let Some(scenario) = c.scenario().filter(|s| !s.talks.is_empty()) else {
        return Ok(None);
    };
    let observer = c.session.observer();
    let (game, plan, solve) = (&c.problem.game, c.whole_plan()?, c.coarse());
    let found = room::room(scenario, game, None, plan, &solve, &observer)?;
    Ok(Some(found))
}

fn measure(
    problem: &Problem,
    at: Option<&str>,
    solve: &SolveArguments,
    session: &Session,
) -> Result<Found, Failure> {
    let Some(scenario) = &problem.scenario else {
        return Err(Failure::Usage(
            "`room` needs a scenario: a game as JSON has no talks".to_owned(),
        ));
    };
    let at = at
        .map(|text| position::state(&problem.game, Some(text)))
        .transpose()?;
    room::refuse(&problem.game)?;
    let solve = solve.options(&problem.game);
    let observer = session.observer();
    let plan = plan::whole(&problem.game, &solve, &observer)?;
    Ok(room::room(
        scenario,
        &problem.game,
        at,
        &plan,
        &solve,
        &observer,
    )?)
}

/// The screen.
pub fn text(title: &str, found: &Found) -> String {
    let mut out = format!("{title}\n");
    for (k, table) in found.tables.iter().enumerate() {
        let again = found.tables[..k].iter().any(|t| t.talks == table.talks);
        if !again {
            out += &full(table);
            out += &rungs(found, &table.talks);
        }
    }
    out += "\n";
    out += &screen::note(found.definition);
    out + &screen::wrap(
        "No price: had the accepting side never raised its price. Net: less what rejecting is worth at \
         home to whoever accepts. Blocks: the side that lacks a surplus.",
        2,
    )
}

fn full(table: &TableRoom) -> String {
    let mut out = screen::heading(&format!(
        "{}: {} and {}",
        table.label, table.sides[0], table.sides[1]
    ));
    out += &screen::wrap(&format!("At {}", table.state.replace(',', ", ")), 2);
    out += &screen::wrap(
        &format!(
            "Deadlock, no package that serves both sides: {}.",
            tables::percent(table.deadlock)
        ),
        0,
    );
    let mut pairs = Table::new([
        "types", "believed", "room", "no price", "net", "package", "blocks",
    ]);
    for pair in &table.pairs {
        pairs.row([
            types(pair),
            tables::percent(pair.weight),
            format!("{:+.2}", pair.width),
            format!("{:+.2}", pair.width_without_price),
            format!("{:+.2}", pair.width_after_rhetoric),
            pair.package.clone(),
            if pair.width > 0.0 {
                "–".to_owned()
            } else {
                pair.binding.clone()
            },
        ]);
    }
    out += &screen::table(&pairs);
    let mut surpluses = Table::new([
        "package",
        "accepted by",
        "side",
        "surplus",
        "at once",
        "price",
    ]);
    for package in &table.packages {
        for (side, list) in table.sides.iter().zip(&package.surpluses) {
            for s in list {
                surpluses.row([
                    package.package.clone(),
                    package.accepted_by.clone(),
                    side_name(side, s),
                    format!("{:+.2}", s.surplus),
                    format!("{:+.2}", s.accepting),
                    format!("{:+.2}", s.price),
                ]);
            }
        }
    }
    out += "\n";
    out += &screen::table(&surpluses);
    for pair in table.pairs.iter().filter(|p| p.width <= 0.0) {
        out += &opens(pair);
    }
    out
}

fn side_name(side: &str, surplus: &Surplus) -> String {
    if surplus.kind.is_empty() {
        side.to_owned()
    } else {
        format!("{side} if {}", surplus.kind)
    }
}

fn types(pair: &PairRoom) -> String {
    let named: Vec<&str> = pair
        .types
        .iter()
        .map(String::as_str)
        .filter(|t| !t.is_empty())
        .collect();
    if named.is_empty() {
        "all".to_owned()
    } else {
        named.join(", ")
    }
}

/// What would open a closed room, in a sentence.
fn opens(pair: &PairRoom) -> String {
    let parts: Vec<String> = pair
        .opens
        .iter()
        .filter_map(|p| Some((p, p.opens_at?)))
        .filter(|(_, f)| f.is_finite())
        .take(3)
        .map(|(p, f)| format!("{} times {f:.2} (it counts {:+.2})", p.name, p.difference))
        .collect();
    screen::wrap(
        &format!(
            "\nBetween {}: {} lacks {:.2}. It would take {}.",
            types(pair),
            pair.binding,
            -pair.width,
            parts.join(", or ")
        ),
        0,
    )
}

/// The same place on every rung.
fn rungs(found: &Found, talks: &str) -> String {
    let mut table = Table::new(["rung", "deadlock", "narrowest room", "widest room"]);
    let tables: Vec<&TableRoom> = found.tables.iter().filter(|t| t.talks == talks).collect();
    if tables.len() < 2 {
        return String::new();
    }
    for t in tables {
        let widths = || t.pairs.iter().map(|p| p.width);
        table.row([
            t.rung.clone().unwrap_or_default(),
            tables::percent(t.deadlock),
            format!("{:+.2}", widths().fold(f64::INFINITY, f64::min)),
            format!("{:+.2}", widths().fold(f64::NEG_INFINITY, f64::max)),
        ]);
    }
    screen::heading("By rung, all else equal") + &screen::table(&table)
}
