//! `show`: the whole solution at the prior beliefs, with its certificates.

use crate::arguments::{SolveArguments, StartArguments};
use crate::certificates::Certificates;
use crate::commands::strategy::{by_move, by_type, choice_table};
use crate::failure::Failure;
use crate::position;
use crate::problem::Problem;
use crate::record::{Named, PhaseRecord, SOLUTION_FORMAT, SolutionRecord};
use crate::screen;
use crate::session::Session;
use clap::Args;
use climbdown_engine::game::{Game, Phase};
use climbdown_engine::solve::{OtherSolution, Solution};
use climbdown_report::tables;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  climbdown show my.crisis
  climbdown show my.crisis --json > solution.json

On the screen: strategies at the start, and certificates. As JSON
(climbdown-solution/1): every state that can be met, at the prior beliefs.";

/// The solution and its certificates
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Show {
    /// Scenario or game
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Round, from 0; it matters only with full foresight
    #[arg(long, value_name = "K", default_value_t = 0)]
    round: u32,
    #[command(flatten)]
    solve: SolveArguments,
    #[command(flatten)]
    start: StartArguments,
}

impl Show {
    /// Prints the solution.
    ///
    /// # Errors
    /// Whatever stops it.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let problem = Problem::load(&self.file, session)?;
        let game = &problem.game;
        position::round(game, self.round)?;
        let beliefs = position::beliefs(game, None)?;
        let options = self.start.options(&self.solve, game)?;
        let solution = problem.solve(&options, session)?;
        let certificates = Certificates::check(&problem, &solution, session)?;
        let phases = phases(game, &solution, self.round, &beliefs);
        if session.json {
            return session.print_json(&SolutionRecord {
                format: SOLUTION_FORMAT,
                title: &game.title,
                horizon: game.horizon,
                foresight: game.foresight,
                round: self.round,
                options: &options,
                actors: &game.actors,
                belief: by_type(game, &beliefs),
                start: game.start,
                states: &game.states,
                phases,
                values: values(game, &solution, self.round, &beliefs),
                certificates,
            });
        }
        let start = &game.states[game.start as usize];
        let mut out = format!("{}\n", game.title);
        out += &screen::wrap(&format!("State: {}", start.replace(',', ", ")), 0);
        for phase in &phases {
            let PhaseRecord::Move {
                actor, strategies, ..
            } = phase
            else {
                continue;
            };
            // The start is met in the first phase; later phases see what came of it.
            if let Some((_, types)) = strategies.0.iter().find(|(state, _)| state == start) {
                out += &screen::heading(&format!("What {actor} would do, given a decision"));
                out += &screen::table(&choice_table(types));
            }
        }
        if !certificates.others.is_empty() {
            out += &screen::heading("Other equilibria of one choice that were found, not played");
            out += &other_equilibria(game, &certificates.others, &beliefs);
        }
        out += &screen::heading("Certificates");
        out += &screen::facts(&certificates.facts());
        session.print(&out)
    }
}

/// Other equilibria told on the screen.
const OTHERS: usize = 6;

/// The first of them in words: those of the first round at the start come first, and of each choice those
/// at the belief nearest to the present one stand for the others.
pub(super) fn other_equilibria(
    game: &Game,
    others: &[OtherSolution],
    beliefs: &[Vec<f64>],
) -> String {
    let apart = |other: &OtherSolution| {
        let pairs = other.belief.iter().flatten().zip(beliefs.iter().flatten());
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    };
    let start = &game.states[game.start as usize];
    let choice = |o: &OtherSolution| (o.round, o.state != *start, o.phase, o.state.clone());
    let mut sorted: Vec<&OtherSolution> = others.iter().collect();
    sorted.sort_by(|a, b| {
        let by_belief = apart(a).total_cmp(&apart(b));
        choice(a).cmp(&choice(b)).then(by_belief)
    });
    let same = |a: &&OtherSolution, b: &&OtherSolution| choice(a) == choice(b);
    let nearest: Vec<&OtherSolution> = sorted
        .chunk_by(same)
        .flat_map(|of| of.iter().take_while(|o| o.belief == of[0].belief))
        .copied()
        .collect();
    let mut out = String::new();
    for other in nearest.iter().take(OTHERS) {
        out += &screen::wrap(&other_equilibrium(game, other), 2);
    }
    if others.len() > nearest.len().min(OTHERS) {
        out += &screen::wrap("at other beliefs and choices: see the JSON (--json)", 2);
    }
    out
}

/// One of them in words.
fn other_equilibrium(game: &Game, other: &OtherSolution) -> String {
    let Some(Phase::Move(phase)) = game.phases.get(other.phase as usize) else {
        return String::new();
    };
    let state = game.states.iter().position(|s| *s == other.state);
    let node = state.and_then(|s| phase.node_state.binary_search(&(s as u32)).ok());
    let mut parts = Vec::new();
    for (m, actor) in phase.actors.iter().enumerate() {
        let actor = &game.actors[*actor as usize];
        for (kind, sigma) in actor.types.iter().zip(&other.strategies[m]) {
            let moves = node.map_or(&[][..], |n| &phase.node_moves[n][m]);
            let choices: Vec<String> = (moves.iter().zip(sigma))
                .map(|(label, p)| {
                    format!("{} {}", game.labels[*label as usize], tables::percent(*p))
                })
                .collect();
            let who = if actor.types.len() > 1 {
                format!("{} {}", actor.name, kind.name)
            } else {
                actor.name.clone()
            };
            parts.push(format!("{who} {}", choices.join(", ")));
        }
    }
    // The last type is what the others leave.
    let beliefs = game
        .actors
        .iter()
        .zip(&other.belief)
        .flat_map(|(a, belief)| {
            let kinds = a.types.iter().zip(belief).take(a.types.len() - 1);
            kinds.map(|(t, b)| format!("{} {} believed {}", a.name, t.name, tables::percent(*b)))
        });
    let place: Vec<String> = std::iter::once(other.state.replace(',', ", "))
        .chain(beliefs)
        .collect();
    format!(
        "* round {} of the plan, {}: {}",
        other.round + 1,
        place.join(", "),
        parts.join("; ")
    )
}

/// Strategies of all phases.
fn phases(game: &Game, solution: &Solution, round: u32, beliefs: &[Vec<f64>]) -> Vec<PhaseRecord> {
    let mut records = Vec::new();
    for (p, phase) in game.phases.iter().enumerate() {
        let moves = match phase {
            Phase::Events(events) => {
                records.push(PhaseRecord::Events {
                    nodes: events.nodes(),
                });
                continue;
            }
            Phase::Move(moves) => moves,
        };
        let name = |actor: &u32| game.actors[*actor as usize].name.clone();
        for (m, actor) in moves.actors.iter().enumerate() {
            let states = moves.node_state.iter().enumerate();
            let strategies = states.filter_map(|(node, state)| {
                let sigma = solution.strategy_of(game, round, (p, m), *state, beliefs)?;
                let label = game.states[*state as usize].clone();
                Some((label, by_move(game, moves, node, m, &sigma)))
            });
            let others = moves.actors.iter().filter(|a| *a != actor);
            records.push(PhaseRecord::Move {
                actor: name(actor),
                with: others.map(name).collect(),
                strategies: strategies.collect(),
            });
        }
    }
    records
}

/// Planned values of all states that can stand at the start of a round.
fn values(
    game: &Game,
    solution: &Solution,
    round: u32,
    beliefs: &[Vec<f64>],
) -> Named<Named<Named<f64>>> {
    (0..game.states.len())
        .filter_map(|s| {
            let values = solution.value(game, round, s as u32, beliefs)?;
            Some((game.states[s].clone(), by_type(game, &values)))
        })
        .collect()
}
