//! Reading scenarios and games in tests.
#![allow(dead_code)]

#[path = "../../../lang/tests/shipped/mod.rs"]
pub mod shipped;

use climbdown_engine::compile::{CompileError, Compiled, Options, compile};
use climbdown_engine::forecast::{self, Forecast};
use climbdown_engine::game::{EventsPhase, Game, MovePhase, Phase, State};
use climbdown_engine::solve::{self, Silent};
use climbdown_lang::Scenario;

/// A small crisis with types, a momentary flag, an accident, an end and classes.
pub const LADDER: &str = r#"scenario "Two neighbours"
  round week
  horizon 4 rounds
  foresight 3 rounds
  afterwards 2 rounds, transient 1 rounds
  order a, b, events

parameter hazard = 0.1 per week
  "how often patrols collide"
  source "made up"
  grade C
  known by 2020-01-01

ladder rung "Rung"
  levels calm, tense, war
  start calm

variable flag "Flag"
  levels none, raised
  start none
  cleared by b

actor a "A"
  precision 1
  discount 10% per week
  type hard prior 40%
  type soft otherwise
  payoff per week
    base: 1
    strain: -2 if rung == tense else 0, transient

actor b "B"
  precision 2
  discount 0% per year
  payoff per day
    base: 1

move a.wait "Wait"

move a.push "Push"
  cost a: 3 if hard, 5 if soft
  gain b: 0.5
  outcome 70%: rung up; flag to raised
  outcome rest: rung up

move b.wait "Wait"

move b.calm "Calm"
  when rung == tense and flag == raised
  outcome: rung down

trigger collision "Patrols collide"
  when rung == tense
  rate hazard
  outcome 25%: rung to war
  outcome rest: flag to raised

end war "War" when rung == war
  value a: -10 if hard, -20 if soft
  value b: -30
  flow a per week: -1

outcomes within 4 rounds
  war "War": ever rung == war
  tense: rung == tense at end
  calm: otherwise

question war_2 "War": rung == war within 2 rounds
  resolves "by looking"
"#;

/// The scenario that a text describes.
pub fn scenario(text: &str) -> Scenario {
    let checked = climbdown_lang::check(text);
    match checked.scenario {
        Some(scenario) => scenario,
        None => panic!("the text is no scenario: {:#?}", checked.diagnostics),
    }
}

/// The text compiled.
pub fn compiled(text: &str) -> Compiled {
    match compile(&scenario(text), &Options::default()) {
        Ok(compiled) => compiled,
        Err(error) => panic!("not compiled: {:#?}", error.diagnostics()),
    }
}

/// The error that compiling the text gives.
pub fn refused(text: &str) -> CompileError {
    match compile(&scenario(text), &Options::default()) {
        Ok(_) => panic!("compiled"),
        Err(error) => error,
    }
}

/// Codes of the findings.
pub fn codes(error: &CompileError) -> Vec<&'static str> {
    error.diagnostics().iter().map(|d| d.code).collect()
}

/// Move phase `p`.
pub fn moves(game: &Game, p: usize) -> &MovePhase {
    match &game.phases[p] {
        Phase::Move(phase) => phase,
        Phase::Events(_) => panic!("phase {p} is chance"),
    }
}

/// Events phase `p`.
pub fn events(game: &Game, p: usize) -> &EventsPhase {
    match &game.phases[p] {
        Phase::Events(phase) => phase,
        Phase::Move(_) => panic!("phase {p} is a choice"),
    }
}

/// Alternative of the single mover's move `name` at `state`.
pub fn alternative(game: &Game, p: usize, state: State, name: &str) -> usize {
    let phase = moves(game, p);
    let n = phase.node_state.binary_search(&state).expect("a node");
    let m = phase.node_moves[n][0]
        .iter()
        .position(|label| game.labels[*label as usize] == name)
        .expect("the move is open");
    phase.alternatives(n).start + m
}

/// Outcomes of that move: (label, next, believed, true).
pub fn kernel(game: &Game, p: usize, state: State, name: &str) -> Vec<(String, String, f64, f64)> {
    let phase = moves(game, p);
    phase
        .outcomes(alternative(game, p, state, name))
        .map(|o| {
            (
                game.labels[phase.outcome_labels[o] as usize].clone(),
                game.states[phase.outcome_next[o] as usize].clone(),
                phase.outcome_believed[o],
                phase.outcome_true[o],
            )
        })
        .collect()
}

/// Outcomes of the events node at `state`: (next, believed, true).
pub fn chance(game: &Game, p: usize, state: State) -> Vec<(String, f64, f64)> {
    let phase = events(game, p);
    let n = phase.node_state.binary_search(&state).expect("a node");
    phase
        .outcomes(n)
        .map(|o| {
            (
                game.states[phase.outcome_next[o] as usize].clone(),
                phase.outcome_believed[o],
                phase.outcome_true[o],
            )
        })
        .collect()
}

/// The shipped US-Iran scenario.
pub fn scenario_file() -> String {
    shipped::shipped("us-iran-2026-05-11.crisis")
}

/// Equal within rounding.
#[track_caller]
pub fn near(found: f64, expected: f64) {
    assert!(
        (found - expected).abs() <= 1e-14 * expected.abs().max(1.0),
        "{found}, expected {expected}"
    );
}

/// A scenario with some parameters changed.
pub fn changed(text: &str, parameters: &[(&str, f64)]) -> Scenario {
    let mut scenario = scenario(text);
    for (name, value) in parameters {
        let found = scenario.parameters.iter_mut().find(|p| p.name == *name);
        found.expect("a parameter").central = *value;
    }
    scenario
}

/// The forecast of a scenario, solved with the usual settings.
pub fn play(scenario: &Scenario) -> Forecast {
    let game = compile(scenario, &Options::default())
        .unwrap_or_else(|e| panic!("{e}"))
        .game;
    let solution = solve::solve(&game, &solve::Options::default(), &Silent).expect("solves");
    forecast::forecast(&game, &solution, &forecast::Options::default(), &Silent).expect("forecasts")
}
