//! `strategy`: what each side would do at one state and belief.

use crate::arguments::{SolveArguments, StartArguments};
use crate::failure::Failure;
use crate::position;
use crate::problem::Problem;
use crate::record::{Named, StrategyRecord};
use crate::screen;
use crate::session::Session;
use clap::Args;
use climbdown_engine::game::{Game, MovePhase, Phase};
use climbdown_engine::solve::Solution;
use climbdown_report::tables::{self, Table};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  climbdown strategy my.crisis
  climbdown strategy my.crisis --at \"rung=strikes,strait=shut\" --json
  climbdown strategy my.crisis --belief \"us.resolved=0.9\"
  climbdown strategy game.json --at \"label of a state\" --round 3

Probabilities are those of the choice, given that a decision is taken; each
actor at its first phase of the round that has a decision in that state. Values
are planned ones at the start of the round.";

/// Choice probabilities and values at one state and belief
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Strategy {
    /// Scenario or game
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// State: "variable=level,…", others as at the start; or the label of a state
    #[arg(long, value_name = "STATE")]
    at: Option<String>,
    /// Beliefs: "actor.type=probability,…", others by their priors
    #[arg(long, value_name = "BELIEF")]
    belief: Option<String>,
    /// Round, from 0; it matters only with full foresight
    #[arg(long, value_name = "K", default_value_t = 0)]
    round: u32,
    #[command(flatten)]
    solve: SolveArguments,
    #[command(flatten)]
    start: StartArguments,
}

impl Strategy {
    /// Prints the strategies.
    ///
    /// # Errors
    /// Usage, or whatever stops the solution.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let problem = Problem::load(&self.file, session)?;
        let game = &problem.game;
        let state = position::state(game, self.at.as_deref())?;
        let beliefs = position::beliefs(game, self.belief.as_deref())?;
        position::round(game, self.round)?;
        let solution = problem.solve(&self.start.options(&self.solve, game)?, session)?;
        let record = StrategyRecord {
            state: game.states[state as usize].clone(),
            belief: by_type(game, &beliefs),
            actors: strategies(game, &solution, self.round, state, &beliefs),
            values: solution
                .value(game, self.round, state, &beliefs)
                .map_or_else(Named::default, |values| by_type(game, &values)),
        };
        if session.json {
            session.print_json(&record)
        } else {
            session.print(&text(&record))
        }
    }
}

/// Numbers by actor and type under their names.
pub fn by_type(game: &Game, numbers: &[Vec<f64>]) -> Named<Named<f64>> {
    let types = |actor: &climbdown_engine::game::Actor, numbers: &[f64]| {
        actor
            .types
            .iter()
            .map(|t| t.name.clone())
            .zip(numbers.iter().copied())
            .collect()
    };
    game.actors
        .iter()
        .zip(numbers)
        .map(|(actor, numbers)| (actor.name.clone(), types(actor, numbers)))
        .collect()
}

/// Each actor's choice at its first phase that has a node for `state`.
fn strategies(
    game: &Game,
    solution: &Solution,
    round: u32,
    state: u32,
    beliefs: &[Vec<f64>],
) -> Named<Named<Named<f64>>> {
    let mut found = Named::default();
    for (a, actor) in game.actors.iter().enumerate() {
        let first = game.phases.iter().enumerate().find_map(|(p, phase)| {
            let Phase::Move(phase) = phase else {
                return None;
            };
            let mover = phase.actors.iter().position(|m| *m as usize == a)?;
            let node = phase.node_state.binary_search(&state).ok()?;
            let sigma = solution.strategy_of(game, round, (p, mover), state, beliefs)?;
            Some(by_move(game, phase, node, mover, &sigma))
        });
        if let Some(strategy) = first {
            found.0.push((actor.name.clone(), strategy));
        }
    }
    found
}

/// Choice probabilities `[type][move]` of one mover at one node under the names of types and moves.
pub fn by_move(
    game: &Game,
    phase: &MovePhase,
    node: usize,
    mover: usize,
    sigma: &[Vec<f64>],
) -> Named<Named<f64>> {
    let actor = phase.actors[mover] as usize;
    let moves = phase.node_moves.get(node).and_then(|m| m.get(mover));
    let names: Vec<String> = moves
        .into_iter()
        .flatten()
        .map(|label| {
            game.labels
                .get(*label as usize)
                .cloned()
                .unwrap_or_default()
        })
        .collect();
    game.actors[actor]
        .types
        .iter()
        .zip(sigma)
        .map(|(t, p)| {
            (
                t.name.clone(),
                names.iter().cloned().zip(p.iter().copied()).collect(),
            )
        })
        .collect()
}

fn text(record: &StrategyRecord) -> String {
    let mut out = screen::wrap(&format!("State: {}", record.state.replace(',', ", ")), 0);
    for (actor, types) in &record.belief.0 {
        if types.0.len() > 1 {
            let beliefs: Vec<String> = types
                .0
                .iter()
                .map(|(t, p)| format!("{t} {}", tables::percent(*p)))
                .collect();
            out += &screen::wrap(&format!("Believed of {actor}: {}", beliefs.join(", ")), 0);
        }
    }
    for (actor, types) in &record.actors.0 {
        out += &screen::heading(&format!("What {actor} would do, given a decision"));
        out += &screen::table(&choice_table(types));
    }
    if record.actors.0.is_empty() {
        out += "\nNobody decides anything in this state.\n";
    }
    if !record.values.0.is_empty() {
        out += &screen::heading("Planned value at the start of the round");
        let mut table = Table::new(["actor", "type", "value"]);
        for (actor, types) in &record.values.0 {
            for (kind, value) in &types.0 {
                table.row([actor.clone(), kind.clone(), format!("{value:.4}")]);
            }
        }
        out += &screen::table(&table);
    }
    out
}

/// Moves down, types across; likely moves first.
pub fn choice_table(types: &Named<Named<f64>>) -> Table {
    let mut table = Table::new(
        std::iter::once("move".to_owned()).chain(types.0.iter().map(|(t, _)| t.clone())),
    );
    let moves = types.0.first().map_or(0, |(_, moves)| moves.0.len());
    let mut order: Vec<usize> = (0..moves).collect();
    let share = |m: usize| -> f64 { types.0.iter().map(|(_, moves)| moves.0[m].1).sum() };
    order.sort_by(|a, b| share(*b).total_cmp(&share(*a)));
    for m in order {
        let name = types.0[0].1.0[m].0.clone();
        let cells = types
            .0
            .iter()
            .map(|(_, moves)| tables::percent(moves.0[m].1));
        table.row(std::iter::once(name).chain(cells));
    }
    table
}
