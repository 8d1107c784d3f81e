//! `force`: what a use of force costs, by named term and payer.

use crate::analyses::Context;
use crate::arguments::SolveArguments;
use crate::failure::Failure;
use crate::problem::Problem;
use crate::screen;
use crate::session::Session;
use clap::Args;
use climbdown_engine::analyse::chokepoint::{self, Chokepoint};
use climbdown_engine::analyse::evaluate::Settings;
use climbdown_engine::analyse::force::{self, ByType, Payer, Use};
use climbdown_engine::analyse::plan;
use climbdown_engine::analyse::proportion::{self, Proportionality};
use climbdown_engine::analyse::range::Spread;
use climbdown_engine::analyse::terms::TASTES;
use climbdown_engine::solve::{self, Solution};
use climbdown_lang::Scenario;
use climbdown_lang::scenario::MoveId;
use climbdown_report::tables::{self, Table};
use serde::Serialize;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  climbdown force my.crisis                every move that can raise the ladder
  climbdown force my.crisis us.strike      this one
  climbdown force my.crisis --futures 64 --json

A kind of force is a move with an effect that raises the ladder, or one named on
the command line. Needs a ladder, or the names.";

/// What force costs now, by named term and payer; proportionality; the chokepoint
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Force {
    /// Scenario
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Moves that are force, as ACTOR.MOVE
    #[arg(value_name = "MOVE")]
    moves: Vec<String>,
    /// Futures drawn from the declared ranges, for the spread; 0 for none
    #[arg(long, value_name = "N", default_value_t = 16)]
    #[arg(value_parser = clap::value_parser!(u32).range(0..=65_536))]
    futures: u32,
    /// Simulated paths from which the decisions are taken
    #[arg(long, value_name = "N", default_value_t = 1000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    trajectories: u64,
    /// Print every term of every payer
    #[arg(long)]
    all: bool,
    /// Seed of paths and futures
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u32,
    #[command(flatten)]
    solve: SolveArguments,
}

/// All that `force` shows.
#[derive(Serialize)]
pub struct ForceRecord {
    /// The cost of force.
    #[serde(flatten)]
    pub cost: force::Force,
    /// The limit of proportionality, where the scenario has one.
    pub proportionality: Option<Proportionality>,
    /// The market behind a chokepoint, where the scenario has one.
    pub chokepoint: Option<Chokepoint>,
}

impl Force {
    /// Prints the cost of force.
    ///
    /// # Errors
    /// No ladder and no moves, a move that does not exist, or whatever stops the solution.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let problem = Problem::load(&self.file, session)?;
        let Some(scenario) = &problem.scenario else {
            return Err(Failure::Usage(
                "`force` needs a scenario: a game as JSON does not say what its moves do"
                    .to_owned(),
            ));
        };
        let uses = self
            .moves
            .iter()
            .map(|name| named(scenario, name))
            .collect::<Result<Vec<_>, _>>()?;
        let options = force::Options {
            trajectories: self.trajectories,
            seed: u64::from(self.seed),
            futures: self.futures,
        };
        force::refuse(&problem.game)?;
        let solve = self.solve.options(&problem.game);
        let plan = plan::whole(&problem.game, &solve, &session.observer())?;
        let found = measure(
            &problem,
            scenario,
            &uses,
            (&plan, &solve),
            &options,
            session,
        )?;
        if session.json {
            return session.print_json(&found);
        }
        session.print(&text(&scenario.title, &found, self.all))
    }
}

/// The cost of force with default settings, for a whole run; `None` where the scenario has no ladder
/// or nothing that raises it.
///
/// # Errors
/// Whatever stops the solution.
pub fn record(c: &Context) -> Result<Option<ForceRecord>, Failure> {
    let game = &c.problem.game;
    let Some(scenario) = c.scenario().filter(|s| !force::kinds(s, game).is_empty()) else {
        return Ok(None);
    };
    // The spread over futures would solve each of them again, once for every term.
    let options = force::Options {
        seed: c.seed,
        futures: 0,
        ..force::Options::default()
    };
    let plan = (c.whole_plan()?, &c.coarse());
    measure(c.problem, scenario, &[], plan, &options, c.session).map(Some)
}

fn measure(
    problem: &Problem,
    scenario: &Scenario,
    uses: &[MoveId],
    (plan, solve): (&Solution, &solve::Options),
    options: &force::Options,
    session: &Session,
) -> Result<ForceRecord, Failure> {
    let observer = session.observer();
    let game = &problem.game;
    let coarse = Settings::default();
    let cost = force::force(scenario, game, uses, plan, &coarse, options, &observer)?;
    let proportionality =
        proportion::proportionality(scenario, game, plan, solve, options, &observer)?;
    Ok(ForceRecord {
        cost,
        proportionality,
        chokepoint: chokepoint::of(scenario),
    })
}

/// The move of this name.
fn named(scenario: &Scenario, name: &str) -> Result<MoveId, Failure> {
    let ids = (0..scenario.moves.len() as u32).map(MoveId);
    let names: Vec<String> = ids
        .clone()
        .filter_map(|id| force::name(scenario, id))
        .collect();
    let found = names.iter().position(|n| n == name);
    found.map(|at| MoveId(at as u32)).ok_or_else(|| {
        let like = |n: &&String| strsim::normalized_damerau_levenshtein(name, n) >= 0.6;
        let hint = names.iter().find(like).map_or_else(
            || format!("; the moves are {}", names.join(", ")),
            |n| format!("; did you mean `{n}`?"),
        );
        Failure::Usage(format!("there is no move `{name}`{hint}"))
    })
}

/// The screen.
fn text(title: &str, found: &ForceRecord, all: bool) -> String {
    let mut out = format!("{title}\n");
    let mut before = None;
    for used in &found.cost.uses {
        let place = (used.state.as_deref(), used.round);
        out += &one(used, all, before == Some(place));
        before = Some(place);
    }
    if let Some(limits) = &found.proportionality {
        out += &proportionality(limits);
    }
    if let Some(market) = &found.chokepoint {
        out += &closure(market);
    }
    out += "\n";
    out += &screen::wrap(&format!("Difference: {}.", found.cost.definition), 2);
    if found.cost.futures > 0 {
        let note = format!(
            "Range: 10th to 90th percentile of the difference at the same decision over {} from the \
             declared ranges, on a coarse belief grid; a range over stated assumptions.",
            screen::number_of(found.cost.futures as u64, "future")
        );
        out += &screen::wrap(&note, 2);
    }
    let rest = if all {
        ""
    } else {
        " `--all` prints every term of every payer."
    };
    let uses = found.cost.uses.iter();
    let payers = uses.flat_map(|u| u.types.iter().flat_map(|t| &t.payers));
    let tastes = if payers.flat_map(|p| &p.terms).any(|t| t.name == TASTES) {
        " \"tastes\" are what is liked in one's own choices to come."
    } else {
        ""
    };
    out += &screen::wrap(
        &format!(
            "\"moves\" are payments at moves, now and later; \"ends\" are ends of the crisis.{tastes} \
             Payers never move: they only keep accounts.{rest}"
        ),
        2,
    );
    out
}

/// One use of force; `same` says that it is looked at where the one before was.
fn one(used: &Use, all: bool, same: bool) -> String {
    let mut out = screen::heading(&format!("{} ({})", used.label, used.mv));
    let Some(state) = &used.state else {
        return out + "Open on no path, beside something that is no force.\n";
    };
    let place = if same {
        "At the same place.".to_owned()
    } else {
        format!(
            "At {}, round {}",
            state.replace(',', ", "),
            used.round.unwrap_or(0)
        )
    };
    out += &screen::wrap(&place, 2);
    if !all {
        return out + "\n" + &screen::table(&totals(used));
    }
    for by_type in &used.types {
        out += &against(used, by_type);
    }
    out
}

/// What it changes in all, one column for each type of the user.
fn totals(used: &Use) -> Table {
    let head = used.types.iter().map(|t| named_type(&used.actor, &t.kind));
    let mut table = Table::new(std::iter::once("difference for".to_owned()).chain(head));
    let mut row = |name: &str, cell: &dyn Fn(&ByType) -> String| {
        let cells = used.types.iter().map(cell);
        table.row(std::iter::once(name.to_owned()).chain(cells));
    };
    let own = |t: &ByType| {
        let mut payers = t.payers.iter();
        payers.position(|p| p.actor == used.actor && p.kind == t.kind)
    };
    row("does it", &|t| tables::percent(t.probability));
    row("best without", &|t| t.alternative.clone());
    let total = |p: &Payer| format!("{:+.2}", p.total);
    row("itself", &|t| {
        own(t).map_or_else(String::new, |k| total(&t.payers[k]))
    });
    let ranged = used
        .types
        .iter()
        .any(|t| t.payers.iter().any(|p| p.spread.is_some()));
    if ranged {
        row("range", &|t| {
            own(t).map_or_else(String::new, |k| range(t.payers[k].spread.as_ref()))
        });
    }
    row("most by", &|t| {
        let terms = own(t).map(|k| t.payers[k].terms.iter());
        let most = terms.and_then(|terms| {
            terms.max_by(|a, b| a.difference.abs().total_cmp(&b.difference.abs()))
        });
        most.map_or_else(String::new, |m| format!("{} {:+.2}", m.name, m.difference))
    });
    let Some(first) = used.types.first() else {
        return table;
    };
    for payer in first.payers.iter().filter(|p| p.actor != used.actor) {
        let mut name = named_type(&payer.actor, &payer.kind);
        if payer.passive {
            name += " (payer)";
        }
        row(&name, &|t| {
            let mut same = t.payers.iter();
            let same = same.find(|p| p.actor == payer.actor && p.kind == payer.kind);
            same.map_or_else(String::new, total)
        });
    }
    table
}

fn against(used: &Use, by_type: &ByType) -> String {
    let who = named_type(&used.actor, &by_type.kind);
    let mut out = screen::wrap(
        &format!(
            "\n{who} (believed {}) does it with {}; its best alternative is {}.",
            tables::percent(by_type.weight),
            tables::percent(by_type.probability),
            by_type.alternative
        ),
        0,
    );
    let mut table = Table::new(["payer", "term", "force", "without", "difference", "range"]);
    for payer in &by_type.payers {
        // What another type of the user would pay is no cost of this one's use.
        if payer.actor == used.actor && payer.kind != by_type.kind {
            continue;
        }
        rows(payer, &mut table);
    }
    out += &screen::table(&table);
    out
}

fn named_type(actor: &str, kind: &str) -> String {
    if kind.is_empty() {
        actor.to_owned()
    } else {
        format!("{actor} if {kind}")
    }
}

fn rows(payer: &Payer, table: &mut Table) {
    let mut name = named_type(&payer.actor, &payer.kind);
    if payer.passive {
        name += " (payer)";
    }
    for part in &payer.terms {
        if part.difference.abs() < 0.005 && part.spread.as_ref().is_none_or(narrow) {
            continue;
        }
        table.row([
            std::mem::take(&mut name),
            part.name.clone(),
            format!("{:+.2}", part.force),
            format!("{:+.2}", part.alternative),
            format!("{:+.2}", part.difference),
            range(part.spread.as_ref()),
        ]);
    }
    let total = |f: fn(&force::Part) -> f64| payer.terms.iter().map(f).sum::<f64>();
    table.row([
        name,
        "in all".to_owned(),
        format!("{:+.2}", total(|p| p.force)),
        format!("{:+.2}", total(|p| p.alternative)),
        format!("{:+.2}", payer.total),
        range(payer.spread.as_ref()),
    ]);
}

/// Nothing to see.
fn narrow(spread: &Spread) -> bool {
    spread.low.abs() < 0.005 && spread.high.abs() < 0.005
}

fn range(spread: Option<&Spread>) -> String {
    spread.map_or_else(String::new, |s| format!("{:+.2} to {:+.2}", s.low, s.high))
}

fn proportionality(found: &Proportionality) -> String {
    let mut out = screen::heading("Proportionality");
    let mut table = Table::new([
        "move",
        "open",
        "out of proportion",
        "held back",
        "cost then",
        "shadow price",
    ]);
    for limit in &found.limits {
        table.row([
            limit.mv.clone(),
            tables::percent(limit.open),
            tables::percent(limit.excessive),
            tables::percent(limit.binding),
            format!("{:.2}", limit.cost),
            format!("{:.3}", limit.shadow_price),
        ]);
    }
    out += &screen::table(&table);
    out + &screen::note(found.definition)
}

fn closure(found: &Chokepoint) -> String {
    let mut out = screen::heading("The chokepoint");
    let mut head = vec!["lost".to_owned(), "price".to_owned(), "one more".to_owned()];
    head.extend(found.days.iter().map(|d| format!("{d} days")));
    let mut table = Table::new(head);
    for depth in &found.curve {
        let mut row = vec![
            tables::percent(depth.lost),
            format!("x {:.2}", depth.ratio),
            format!("{:.2}", depth.marginal),
        ];
        row.extend(depth.cost.iter().map(|c| format!("{c:.2}")));
        table.row(row);
    }
    out += &screen::table(&table);
    out + &screen::note(found.definition)
}
