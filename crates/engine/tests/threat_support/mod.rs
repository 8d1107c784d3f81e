//! Small crises with a red line, written in core declarations, and the line as analyses know it.
#![allow(dead_code)]

use climbdown_engine::compile::{Options, compile};
use climbdown_engine::game::Game;
use climbdown_engine::solve::{self, Silent, Solution};
use climbdown_lang::Scenario;
use climbdown_lang::scenario::{ActorId, Expr, ExprKind, MoveId, RedLine, VariableId};
use climbdown_lang::source::Span;

/// Numbers of the standard crisis.
#[derive(Clone, Debug)]
pub struct Crisis {
    /// Phases of a round.
    pub order: &'static str,
    /// `foresight` as written.
    pub foresight: &'static str,
    /// `noise` as written.
    pub noise: &'static str,
    /// Probability that a probe crosses.
    pub lethal: f64,
    /// Probability that a crossing is recognised.
    pub clarity: f64,
    /// What a probe is worth to the challenger, resolved and bluffing.
    pub tempt: [f64; 2],
    /// What silence costs the holder, firm and soft.
    pub silence: [f64; 2],
    /// What an answer costs the holder, firm and soft.
    pub answer: [f64; 2],
    /// What an answer costs the challenger.
    pub harm: f64,
    /// Prior that the holder is firm.
    pub firm: f64,
    /// Precision of the challenger.
    pub precision: f64,
}

impl Default for Crisis {
    fn default() -> Self {
        Self {
            order: "iran, us, events",
            foresight: "3 rounds",
            noise: "error",
            lethal: 0.6,
            clarity: 0.7,
            tempt: [2.0, 0.5],
            silence: [3.0, 1.0],
            answer: [1.0, 2.5],
            harm: 4.0,
            firm: 0.5,
            precision: 1.0,
        }
    }
}

impl Crisis {
    /// The text.
    pub fn text(&self) -> String {
        let Self {
            order,
            foresight,
            noise,
            lethal,
            clarity,
            tempt,
            silence,
            answer,
            harm,
            firm,
            precision,
        } = self;
        let seen = lethal * clarity;
        let unseen = lethal * (1.0 - clarity);
        let rest = 1.0 - seen - unseen;
        format!(
            r#"scenario "A line"
  round week
  horizon 6 rounds
  foresight {foresight}
  noise {noise}
  afterwards 2 rounds
  order {order}

variable flag "A crossing stands"
  levels none, crossed
  start none
  cleared by us

ladder rung "Rung"
  levels calm, struck
  start calm

actor us "US"
  precision 1
  discount 1% per week
  type firm prior {firm}
  type soft otherwise
  payoff per week
    base: -0.1 * number(rung)

actor iran "Iran"
  precision {precision}
  discount 2% per week
  type resolved prior 40%
  type bluffing otherwise
  payoff per week
    strain: -0.3 * number(rung)

move iran.wait

move iran.probe
  gain iran: {} if resolved, {} if bluffing
  outcome {seen}: flag to crossed
  outcome {unseen} seen as murk: nothing
  outcome {rest}: nothing

move us.hold
  cost us: ({} if firm, {} if soft) * (flag == crossed)

move us.strike
  when flag == crossed
  cost us: {} if firm, {} if soft
  cost iran: {harm}
  outcome: rung up

trigger cool
  probability 30%
  outcome: rung down

outcomes within 6 rounds
  struck: ever rung == struck
  calm: otherwise
"#,
            tempt[0], tempt[1], silence[0], silence[1], answer[0], answer[1]
        )
    }

    /// The scenario with its line.
    pub fn scenario(&self) -> Scenario {
        let mut scenario = read(&self.text());
        let line = line(&scenario, "killed", "us", "iran", &["probe"], &["strike"]);
        scenario.red_lines.push(line);
        scenario
    }

    /// The same compiled and solved.
    pub fn solved(&self, points: usize) -> Solved {
        Solved::of(self.scenario(), points)
    }
}

/// A scenario with its game and solution.
pub struct Solved {
    pub scenario: Scenario,
    pub game: Game,
    pub solution: Solution,
    pub options: solve::Options,
}

impl Solved {
    pub fn of(scenario: Scenario, points: usize) -> Self {
        let game = compile(&scenario, &Options::default())
            .expect("compiles")
            .game;
        let options = solve::Options {
            belief_points: points,
            ..solve::Options::default()
        };
        let solution = solve::solve(&game, &options, &Silent).expect("solved");
        Self {
            scenario,
            game,
            solution,
            options,
        }
    }
}

/// The scenario that a text describes.
pub fn read(text: &str) -> Scenario {
    let checked = climbdown_lang::check(text);
    checked
        .scenario
        .unwrap_or_else(|| panic!("no scenario: {:#?}\n{text}", checked.diagnostics))
}

/// Move of an actor by name.
pub fn mv(scenario: &Scenario, actor: &str, name: &str) -> MoveId {
    let of = |m: &climbdown_lang::scenario::Move| {
        scenario.actors[m.actor.0 as usize].name == actor && m.name == name
    };
    MoveId(scenario.moves.iter().position(of).expect("declared") as u32)
}

fn number(x: f64) -> Expr {
    Expr {
        kind: ExprKind::Number(x),
        span: Span::default(),
    }
}

/// A red line whose crossing stands at level 1 of the variable `flag`.
pub fn line(
    scenario: &Scenario,
    name: &str,
    holder: &str,
    challenger: &str,
    crossing: &[&str],
    answers: &[&str],
) -> RedLine {
    let actor = |name: &str| {
        ActorId(
            scenario
                .actors
                .iter()
                .position(|a| a.name == name)
                .expect("declared") as u32,
        )
    };
    let flag = scenario.variables.iter().position(|v| v.name == "flag");
    RedLine {
        name: name.into(),
        label: name.into(),
        holder: actor(holder),
        challenger: actor(challenger),
        crossing_labels: crossing
            .iter()
            .map(|m| format!("{challenger}.{m}"))
            .collect(),
        crossing_state: None,
        crossing_moves: crossing
            .iter()
            .map(|m| mv(scenario, challenger, m))
            .collect(),
        crossing_triggers: Vec::new(),
        answers: answers.iter().map(|m| mv(scenario, holder, m)).collect(),
        within: 1,
        pending: VariableId(flag.expect("a flag") as u32),
        levels: vec![1],
        clarity: number(1.0),
        believed_clarity: None,
        silence_cost: number(0.0),
        answer_rate: None,
        unprovoked_rate: None,
        record: Vec::new(),
        half_life: None,
        reference: Vec::new(),
        span: Span::default(),
    }
}
