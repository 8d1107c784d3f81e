//! `why`: why the crisis ends as it does.

mod inert;
pub mod race;
mod text;

use crate::analyses::Context;
use crate::arguments::{SolveArguments, coarse_points};
use crate::failure::Failure;
use crate::problem::Problem;
use crate::session::Session;
use clap::Args;
use climbdown_engine::analyse::account::{Account, account};
use climbdown_engine::analyse::audits::{Audits, audits};
use climbdown_engine::analyse::causes::{Causes, causes};
use climbdown_engine::analyse::switches::{self, Switch};
use climbdown_engine::analyse::trace::{Event, Traced};
use climbdown_engine::game::Game;
use climbdown_engine::solve;
use climbdown_lang::Scenario;
use climbdown_lang::scenario::MoveId;
use serde::Serialize;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  climbdown why my.crisis war             paths, causes, but-for, noise
  climbdown why my.crisis war --quick     without what is solved anew
  climbdown why my.crisis war --switch accidents,strait,us.strike
  climbdown why my.crisis war --audit     what the model itself makes
  climbdown why my.crisis --inert         what could be left out of the scenario
  climbdown why my.crisis --race siege_cost --concession channel=deal
      --revolt home=revolt --consolidation home=consolidated --dash nuclear=racing

CLASS is an outcome class, by default the first. Shares of paths are exact on the
belief grid, and counted on simulated trajectories for comparison; causes are
Shapley values over the crisis solved anew on a coarse belief grid.";

/// Why the crisis ends as it does
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Why {
    /// Scenario
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Outcome class
    #[arg(value_name = "CLASS")]
    class: Option<String>,
    /// What to switch off for the causes: variables, triggers, moves, `accidents`, `beliefs`,
    /// `red_lines`; without it at most six that matter
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    switch: Vec<String>,
    /// Leave out causes: nothing is solved anew
    #[arg(long, conflicts_with_all = ["switch", "audit"])]
    quick: bool,
    /// Halve the round, duplicate a move, double the precision: what changes
    #[arg(long)]
    audit: bool,
    /// The move that the audit duplicates; without it the one met most on the paths
    #[arg(long, value_name = "ACTOR.MOVE", requires = "audit")]
    duplicate: Option<String>,
    /// Hold every variable at its start and switch every trigger off, in turn, and nothing else
    #[arg(long, conflicts_with_all = ["class", "switch", "quick", "audit"])]
    inert: bool,
    /// Sweep a parameter over its declared range: the race of attrition, and nothing else
    #[arg(long, value_name = "PARAMETER", requires = "concession")]
    #[arg(conflicts_with_all = ["class", "switch", "quick", "audit", "inert"])]
    race: Option<String>,
    /// What counts as concession in the race
    #[arg(long, value_name = "VARIABLE=LEVEL", requires = "race")]
    concession: Option<String>,
    /// What counts as revolt
    #[arg(long, value_name = "VARIABLE=LEVEL", requires = "race")]
    revolt: Option<String>,
    /// What counts as consolidation
    #[arg(long, value_name = "VARIABLE=LEVEL", requires = "race")]
    consolidation: Option<String>,
    /// What counts as a hedging dash
    #[arg(long, value_name = "VARIABLE=LEVEL", requires = "race")]
    dash: Option<String>,
    /// Values of the parameter in the race
    #[arg(long, value_name = "N", default_value_t = 7, requires = "race")]
    #[arg(value_parser = clap::value_parser!(u16).range(3..=1000))]
    points: u16,
    /// Trajectories on which paths are counted, for comparison and examples
    #[arg(long, value_name = "N", default_value_t = 40_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    trajectories: u64,
    /// Seed of the trajectories
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Grid points along each belief axis where the crisis is solved anew many times; without it 5, 4
    /// for large games, and more for games that are solved on a finer grid in a moment
    #[arg(long, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u16).range(3..=257))]
    coarse_points: Option<u16>,
    #[command(flatten)]
    solve: SolveArguments,
}

/// What `why --json` prints.
#[derive(Serialize)]
pub struct Reasons {
    title: String,
    as_of: Option<String>,
    /// The outcome class asked about.
    class: String,
    #[serde(skip)]
    index: usize,
    /// Rounds of the outcome window.
    window: u32,
    #[serde(flatten)]
    account: Account,
    #[serde(skip_serializing_if = "Option::is_none")]
    causes: Option<Causes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audits: Option<Audits>,
}

impl Why {
    /// Prints the reasons asked for.
    ///
    /// # Errors
    /// Whatever stops a solution; games without a scenario, which has the names of reasons.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let problem = Problem::load(&self.file, session)?;
        let Some(scenario) = &problem.scenario else {
            return Err(Failure::Usage(
                "`why` needs a scenario: a game as JSON has no variables, moves and triggers to \
                 change"
                    .to_owned(),
            ));
        };
        if self.inert {
            return inert::run(&self.coarse(&problem.game), scenario, session);
        }
        if let Some(parameter) = &self.race {
            let coarse = self.coarse(&problem.game);
            return race::run(&self, parameter, scenario, &coarse, session);
        }
        let class = self.class(scenario)?;
        // Names are looked up before anything long begins.
        let mut asked = Vec::new();
        for name in &self.switch {
            asked.push(switches::by_name(scenario, name)?);
        }
        let duplicate = match &self.duplicate {
            Some(name) => Some(move_id(scenario, name)?),
            None => None,
        };
        let observer = session.observer();
        let settings = self.solve.options(&problem.game);
        let traced = Traced::solve(scenario, &settings, &observer)?;
        let account = account(scenario, &traced, (self.trajectories, self.seed), &observer)?;
        let coarse = self.coarse(&problem.game);
        let causes = if self.quick {
            None
        } else {
            let switches: Vec<Switch> = if asked.is_empty() {
                switches::chosen(scenario, class, &coarse, &observer)?
            } else {
                asked
            };
            Some(causes(scenario, &switches, &coarse, &observer)?)
        };
        let audits = if self.audit {
            let duplicate = duplicate
                .or_else(|| met_most(scenario, &account, class))
                .ok_or_else(|| {
                    Failure::Usage("the scenario has no move to be duplicated".to_owned())
                })?;
            let base = causes.as_ref().map(Causes::as_written);
            Some(audits(scenario, duplicate, base, &coarse, &observer)?)
        } else {
            None
        };
        observer.clear();
        let reasons = Reasons {
            title: scenario.title.clone(),
            as_of: problem.as_of(),
            class: scenario.classes[class].name.clone(),
            index: class,
            window: problem.game.window,
            account,
            causes,
            audits,
        };
        if session.json {
            session.print_json(&reasons)
        } else {
            session.print(&text::text(&problem, &reasons))
        }
    }

    /// Index of the class asked about.
    fn class(&self, scenario: &Scenario) -> Result<usize, Failure> {
        let names: Vec<&str> = scenario.classes.iter().map(|c| c.name.as_str()).collect();
        if names.is_empty() {
            return Err(Failure::Usage(
                "the scenario has no outcome classes to be explained; add an `outcomes` block"
                    .to_owned(),
            ));
        }
        let Some(class) = &self.class else {
            return Ok(0);
        };
        names.iter().position(|n| n == class).ok_or_else(|| {
            Failure::Usage(format!(
                "there is no outcome class `{class}`; there are {}",
                names.join(", ")
            ))
        })
    }

    /// Settings where the crisis is solved anew many times.
    fn coarse(&self, game: &Game) -> solve::Options {
        self.solve.coarse(coarse_points(game, self.coarse_points))
    }
}

/// Trajectories on which `run` counts paths.
const TRAJECTORIES: u64 = 20_000;

/// The reasons of the first outcome class: paths, the groups of causes, audits. `None` without classes.
///
/// # Errors
/// What stops a solution.
pub fn record(c: &Context) -> Result<Option<Reasons>, Failure> {
    let Some(scenario) = c.scenario().filter(|s| !s.classes.is_empty()) else {
        return Ok(None);
    };
    let observer = c.session.observer();
    let account = {
        let traced = Traced::solve(scenario, c.settings, &observer)?;
        crate::memory::trim();
        account(scenario, &traced, (TRAJECTORIES, c.seed), &observer)?
    };
    crate::memory::trim();
    let coarse = c.coarse();
    let groups = switches::groups(scenario);
    let groups = switches::possible(scenario, groups, &coarse, &observer)?;
    let causes = match groups.is_empty() {
        true => None,
        false => Some(causes(scenario, &groups, &coarse, &observer)?),
    };
    let base = causes.as_ref().map(Causes::as_written);
    let audits = match met_most(scenario, &account, 0) {
        Some(duplicate) => Some(audits(scenario, duplicate, base, &coarse, &observer)?),
        None => None,
    };
    Ok(Some(Reasons {
        title: scenario.title.clone(),
        as_of: c.problem.as_of(),
        class: scenario.classes[0].name.clone(),
        index: 0,
        window: c.problem.game.window,
        account,
        causes,
        audits,
    }))
}

/// The top paths, what the causes add, and what the model itself makes.
pub fn brief(reasons: &Reasons) -> String {
    text::brief(reasons)
}

fn move_id(scenario: &Scenario, name: &str) -> Result<MoveId, Failure> {
    let called = |m: &climbdown_lang::scenario::Move| {
        format!("{}.{}", scenario.actors[m.actor.0 as usize].name, m.name) == name
    };
    scenario
        .moves
        .iter()
        .position(called)
        .map(|m| MoveId(m as u32))
        .ok_or_else(|| Failure::Usage(format!("there is no move `{name}`")))
}

/// The move met most on the paths to a class, else the first that is nobody's default.
fn met_most(scenario: &Scenario, account: &Account, class: usize) -> Option<MoveId> {
    let paths = &account.paths.classes.get(class)?.paths;
    let met = paths.iter().find_map(|path| {
        let events = [&path.last, &path.began];
        let moves = events.into_iter().flatten();
        moves
            .filter(|e: &&Event| e.kind != "accident")
            .find_map(|e| move_id(scenario, &e.name).ok())
    });
    met.or_else(|| {
        let ids = 0..scenario.moves.len() as u32;
        let default = |id: MoveId| scenario.actors.iter().any(|a| a.default == Some(id));
        ids.map(MoveId).find(|id| !default(*id))
    })
}
