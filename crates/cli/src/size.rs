//! How large a game is, and what solving it will take.

use crate::screen;
use climbdown_engine::game::{Foresight, Game, NONE, Phase};
use climbdown_engine::solve::stationary::typed;
use climbdown_engine::solve::{self, Options};
use climbdown_report::tables::{Table, count};
use serde::Serialize;
use std::collections::HashSet;

/// Reachable states, by phase and by variable.
#[derive(Serialize)]
pub struct Size {
    /// States in the tables.
    pub states: usize,
    /// Of these, states that stop the crisis.
    pub end_states: usize,
    /// Phases in order.
    pub phases: Vec<PhaseSize>,
    /// Variables in order.
    pub variables: Vec<VariableSize>,
}

/// One phase.
#[derive(Serialize)]
pub struct PhaseSize {
    /// The movers, or "events".
    pub name: String,
    /// States met.
    pub states: usize,
    /// Decisions or chance steps with their outcomes.
    pub outcomes: usize,
}

/// One variable.
#[derive(Serialize)]
pub struct VariableSize {
    /// Name.
    pub name: String,
    /// Levels declared.
    pub levels: usize,
    /// Levels that some reachable state has.
    pub reached: usize,
    /// By what factor the variable multiplies the states: states over states told apart without it.
    pub factor: f64,
}

impl Size {
    /// Measures a game.
    pub fn of(game: &Game) -> Self {
        let phases = game.phases.iter().map(|phase| match phase {
            Phase::Move(moves) => {
                let names: Vec<&str> = moves
                    .actors
                    .iter()
                    .map(|a| game.actors[*a as usize].name.as_str())
                    .collect();
                PhaseSize {
                    name: names.join(" and "),
                    states: phase.nodes(),
                    outcomes: moves.outcome_next.len(),
                }
            }
            Phase::Events(events) => PhaseSize {
                name: "events".to_owned(),
                states: phase.nodes(),
                outcomes: events.outcome_next.len(),
            },
        });
        Self {
            states: game.states.len(),
            end_states: game.ends.len(),
            phases: phases.collect(),
            variables: variables(game),
        }
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut out = screen::heading("Size");
        let ends = match self.end_states {
            0 => String::new(),
            n => format!(", {} of them the end of the crisis", count(n as u64)),
        };
        out += &format!(
            "  {}{ends}\n\n",
            screen::number_of(self.states as u64, "reachable state")
        );
        let mut table = Table::new(["phase", "states", "outcomes"]);
        for phase in &self.phases {
            table.row([
                phase.name.clone(),
                count(phase.states as u64),
                count(phase.outcomes as u64),
            ]);
        }
        out += &screen::table(&table);
        if !self.variables.is_empty() {
            out.push('\n');
            let mut table = Table::new(["variable", "levels", "reached", "multiplies states by"]);
            for variable in &self.variables {
                table.row([
                    variable.name.clone(),
                    variable.levels.to_string(),
                    variable.reached.to_string(),
                    format!("{:.1}", variable.factor),
                ]);
            }
            out += &screen::table(&table);
        }
        out
    }
}

fn variables(game: &Game) -> Vec<VariableSize> {
    let states = game.states.len();
    let measure = |v: usize| {
        let variable = &game.variables[v];
        let reached: HashSet<u16> = variable.of_state.iter().copied().collect();
        let without: HashSet<Vec<u16>> = (0..states)
            .map(|s| {
                let others = game.variables.iter().enumerate().filter(|(w, _)| *w != v);
                others.map(|(_, other)| other.of_state[s]).collect()
            })
            .collect();
        VariableSize {
            name: variable.name.clone(),
            levels: variable.levels.len(),
            reached: reached.len(),
            factor: states as f64 / without.len().max(1) as f64,
        }
    };
    (0..game.variables.len()).map(measure).collect()
}

/// What solving will take, roughly.
#[derive(Serialize)]
pub struct Prediction {
    /// Grid points of the beliefs.
    pub belief_points: u64,
    /// Stages: decisions times belief points times rounds of the plan.
    pub stages: u64,
    /// Rounds after which stationary play over beliefs is given up; `stages` and times are those of
    /// what it takes as a rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most_rounds: Option<u32>,
    /// Solver, in seconds of one core.
    pub core_seconds: f64,
    /// The measure by which grids are chosen without being asked for: seconds of one core if all beliefs
    /// were solved in lanes. It stays as it is when predictions get better, and with it every default.
    #[serde(skip)]
    pub weight: f64,
    /// Solver, in seconds, on the threads at hand.
    pub seconds: f64,
    /// Tables of the solver, in bytes.
    pub bytes: u128,
}

/// Measured on one core of a two-core cloud machine with the shipped crisis on 25 and 81 belief points
/// (0.8 and 2.3 processor seconds): seconds for each outcome, type and belief point of a decision by a
/// mover with two types, whose beliefs are solved in lanes; and for each outcome, seat and belief point
/// of a chance step.
const SECONDS_PER_CHOICE: f64 = 0.013e-6;
const SECONDS_PER_OUTCOME: f64 = 0.15e-9;
/// Movers with more types weigh so many times as much.
const MORE_TYPES: f64 = 3.5;
/// One belief is solved at a time where movers have more types, and on grids that are not one polynomial:
/// so many times as long as in lanes. (28 November: 22 times on Kargil with 33 points and 36 on a game of
/// two moves a node with 257; 49 with three types.)
const ONE_AT_A_TIME: f64 = 30.0;

/// Passes over the tables that a stationary solution without private types takes, along its path and in its linear systems,
/// very roughly.
const PASSES: f64 = 600.0;

impl Prediction {
    /// Predicts for `game` under `options`.
    pub fn of(game: &Game, options: &Options) -> Self {
        let rounds = match game.foresight {
            Foresight::Rounds(n) => n,
            Foresight::Full => game.horizon,
            Foresight::Unbounded if game.has_types() => typed::USUAL_ROUNDS,
            Foresight::Unbounded => 1,
        };
        let most_rounds = (game.foresight == Foresight::Unbounded && game.has_types())
            .then_some(typed::MOST_ROUNDS);
        let axes: usize = game
            .actors
            .iter()
            .map(|a| a.types.len().saturating_sub(1))
            .sum();
        let points = (options.belief_points as f64).powi(i32::try_from(axes).unwrap_or(i32::MAX));
        let polynomial = options.stencil >= options.belief_points;
        let (mut nodes, mut choices, mut weighed, mut chances) = (0.0, 0.0, 0.0, 0.0);
        for phase in &game.phases {
            match phase {
                Phase::Move(moves) => {
                    let types: usize = moves
                        .actors
                        .iter()
                        .filter(|a| **a != NONE)
                        .map(|a| game.actors[*a as usize].types.len())
                        .max()
                        .unwrap_or(1);
                    nodes += phase.nodes() as f64;
                    let own = (moves.outcome_next.len() * types) as f64;
                    weighed += own * if types > 2 { MORE_TYPES } else { 1.0 };
                    let alone = types > 2 || types == 2 && !polynomial;
                    choices += own * if alone { ONE_AT_A_TIME } else { 1.0 };
                }
                Phase::Events(events) => {
                    chances += (events.outcome_next.len() * game.seats()) as f64;
                }
            }
        }
        let work = |choices: f64| choices * SECONDS_PER_CHOICE + chances * SECONDS_PER_OUTCOME;
        let passes = match game.foresight {
            Foresight::Unbounded if !game.has_types() => PASSES,
            _ => f64::from(rounds),
        };
        let core_seconds = work(choices) * points * passes;
        let threads = rayon::current_num_threads().max(1) as f64;
        Self {
            belief_points: points as u64,
            stages: (nodes * points * f64::from(rounds)) as u64,
            most_rounds,
            core_seconds,
            weight: work(weighed) * points * passes,
            seconds: core_seconds / threads,
            bytes: solve::predicted_bytes(game, options),
        }
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut out = screen::heading("To solve");
        out += &screen::facts(&[
            (
                "stages",
                format!(
                    "{} (decisions × {} × {})",
                    count(self.stages),
                    screen::number_of(self.belief_points, "belief point"),
                    match self.most_rounds {
                        None => "rounds of the plan".to_owned(),
                        Some(most) => format!(
                            "rounds until they no longer differ, as a rule {}, at most {}",
                            typed::USUAL_ROUNDS,
                            count(u64::from(most))
                        ),
                    }
                ),
            ),
            (
                "time",
                format!(
                    "{} on {}{}",
                    screen::duration(self.seconds),
                    screen::number_of(rayon::current_num_threads() as u64, "thread"),
                    match self.most_rounds {
                        None => String::new(),
                        Some(most) => {
                            let longest = f64::from(most) / f64::from(typed::USUAL_ROUNDS);
                            format!(", at most {}", screen::duration(self.seconds * longest))
                        }
                    }
                ),
            ),
            ("memory", format!("about {}", screen::bytes(self.bytes))),
        ]);
        out
    }
}
