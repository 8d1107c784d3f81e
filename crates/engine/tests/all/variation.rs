//! Changed scenarios: what a change changes, and that it changes nothing else.

use crate::compile_support;

use climbdown_engine::analyse::variation::{Change, TriggerId, Variation, VariationError};
use climbdown_engine::compile::{CompileError, Options, compile};
use climbdown_engine::forecast::{self, Forecast};
use climbdown_engine::solve::{self, Silent};
use climbdown_lang::Scenario;
use climbdown_lang::scenario::{ActorId, Foresight, MoveId, ParameterId, VariableId};
use compile_support::{LADDER, scenario};

fn vary(changes: &[Change]) -> Scenario {
    Variation::new("changed", changes.to_vec())
        .apply(&scenario(LADDER))
        .expect("the changes name what is declared")
}

fn forecast(scenario: &Scenario) -> Forecast {
    let game = compile(scenario, &Options::default())
        .expect("compiles")
        .game;
    let solution = solve::solve(&game, &solve::Options::default(), &Silent).expect("solves");
    forecast::forecast(&game, &solution, &forecast::Options::default(), &Silent).expect("forecasts")
}

fn war(forecast: &Forecast) -> f64 {
    *forecast.classes[0].probability.last().expect("rounds")
}

#[test]
fn nothing_changed_is_the_same_bits() {
    let (plain, varied) = (forecast(&scenario(LADDER)), forecast(&vary(&[])));
    assert_eq!(plain.classes, varied.classes);
    assert_eq!(plain.terms, varied.terms);
    let central = scenario(LADDER).parameters[0].central;
    let same = vary(&[Change::Parameter(ParameterId(0), central)]);
    assert_eq!(plain.classes, forecast(&same).classes);
}

#[test]
fn a_parameter_is_the_written_one() {
    for per_week in [0.0, 0.05, 0.3, 2.0] {
        let text = LADDER.replace("0.1 per week", &format!("{per_week} per week"));
        let written = forecast(&scenario(&text));
        let value = scenario(&text).parameters[0].central;
        let varied = forecast(&vary(&[Change::Parameter(ParameterId(0), value)]));
        assert_eq!(written.classes, varied.classes, "{per_week}");
    }
}

#[test]
fn the_last_word_on_each_thing_counts() {
    let twice = vary(&[
        Change::Parameter(ParameterId(0), 9.0),
        Change::Move(MoveId(1), false),
        Change::Parameter(ParameterId(0), 0.25),
        Change::Move(MoveId(1), true),
    ]);
    assert_eq!(twice.parameters[0].central, 0.25);
    assert!(twice.moves[1].guard.is_none());
}

#[test]
fn a_disabled_move_is_never_chosen() {
    assert!(war(&forecast(&scenario(LADDER))) > 0.0);
    // Without `push` the rung never rises, and calm is all there is.
    assert_eq!(
        war(&forecast(&vary(&[Change::Move(MoveId(1), false)]))),
        0.0
    );
}

#[test]
fn a_disabled_move_can_leave_nothing_to_do() {
    let none = vary(&[
        Change::Move(MoveId(0), false),
        Change::Move(MoveId(1), false),
    ]);
    let refused = compile(&none, &Options::default()).expect_err("no move is open");
    assert!(matches!(&refused, CompileError::Scenario(list) if list[0].code == "E1101"));
}

#[test]
fn a_disabled_trigger_never_fires() {
    let off = forecast(&vary(&[Change::Trigger(TriggerId(0), false)]));
    let zero = forecast(&vary(&[Change::Parameter(ParameterId(0), 0.0)]));
    assert_eq!(off.classes, zero.classes);
    assert!(war(&off) < war(&forecast(&scenario(LADDER))));
}

#[test]
fn a_frozen_variable_never_moves() {
    for level in 0..2u32 {
        let frozen = forecast(&vary(&[Change::Freeze(VariableId(0), level)]));
        let stands = frozen
            .occupancy
            .iter()
            .filter(|o| o.variable == "rung")
            .nth(level as usize)
            .expect("a level of the ladder");
        for share in &stands.share {
            assert!((share - 1.0).abs() < 1e-12, "{share}");
        }
    }
    // The momentary flag is not cleared either.
    let raised = forecast(&vary(&[Change::Freeze(VariableId(1), 1)]));
    let flag = raised
        .occupancy
        .iter()
        .find(|o| o.level == "raised")
        .expect("the flag");
    assert!(flag.share.iter().all(|s| (s - 1.0).abs() < 1e-12));
}

#[test]
fn a_start_is_the_written_one() {
    let text = LADDER.replace("start calm", "start tense");
    let varied = vary(&[Change::Start(VariableId(0), 1)]);
    assert_eq!(
        forecast(&scenario(&text)).classes,
        forecast(&varied).classes
    );
}

#[test]
fn a_term_without_weight_is_one_not_written() {
    let text = LADDER.replace("    strain: -2 if rung == tense else 0, transient\n", "");
    let varied = vary(&[Change::Term(ActorId(0), 1, false)]);
    assert_eq!(
        forecast(&scenario(&text)).classes,
        forecast(&varied).classes
    );
    assert_ne!(
        forecast(&scenario(LADDER)).classes,
        forecast(&varied).classes
    );
}

#[test]
fn foresight_is_the_written_one() {
    let text = LADDER.replace("foresight 3 rounds", "foresight full");
    let varied = vary(&[Change::Foresight(Foresight::Full)]);
    assert_eq!(
        forecast(&scenario(&text)).classes,
        forecast(&varied).classes
    );
}

#[test]
fn what_is_not_declared_is_refused() {
    for (change, what) in [
        (Change::Parameter(ParameterId(7), 1.0), "parameter"),
        (Change::Move(MoveId(99), false), "move"),
        (Change::Trigger(TriggerId(1), false), "trigger"),
        (Change::Start(VariableId(2), 0), "variable"),
        (Change::Freeze(VariableId(0), 3), "level"),
        (Change::Term(ActorId(0), 2, false), "payoff term"),
        (Change::Term(ActorId(2), 0, false), "actor"),
    ] {
        let error = Variation::new("bad", vec![change]).apply(&scenario(LADDER));
        assert!(
            matches!(&error, Err(VariationError::Unknown { what: w, .. }) if *w == what),
            "{error:?}"
        );
    }
    for value in [f64::NAN, f64::INFINITY] {
        let error = Variation::new("bad", vec![Change::Parameter(ParameterId(0), value)])
            .apply(&scenario(LADDER));
        assert!(matches!(error, Err(VariationError::NotFinite { .. })));
    }
}

#[test]
fn variations_follow_each_other() {
    let first = Variation::new("calm", vec![Change::Parameter(ParameterId(0), 0.0)]);
    let second = Variation::new("hot", vec![Change::Parameter(ParameterId(0), 1.0)]);
    let both = first.then(&second);
    assert_eq!(both.name, "calm, hot");
    let made = both.apply(&scenario(LADDER)).expect("declared");
    assert_eq!(made.parameters[0].central, 1.0);
}
