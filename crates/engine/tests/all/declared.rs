//! Policies, structures, mindsets and payers: each is the scenario that an analyst would have written
//! by hand in its place, and off it changes no number.

use crate::compile_support;

use climbdown_engine::analyse::variation::{Change, Variation};
use climbdown_engine::compile::{Options, compile};
use climbdown_engine::forecast::{self, Forecast};
use climbdown_engine::solve::{self, Silent};
use climbdown_lang::Scenario;
use climbdown_lang::scenario::ParameterId;
use compile_support::{LADDER, scenario};

/// What is added to the two neighbours: declared variations and somebody who pays.
const DECLARED: &str = r#"
parameter misread = 1
  source "a lever"
  grade C

move a.call "Call"
  when rung == tense
  only with hotline
  outcome 50%: rung down
  outcome rest: nothing

payer world "World"
  payoff per week
    fear: by rung (calm: 0, tense: -1, otherwise: -4)

policy hotline "Direct line"
  misread times 0.3
  cost a: 0.25 per week
  cost world: 2

policy restraint
  includes hotline
  without a.push

structure collisions
  alternative as_written weight 75%
  alternative frequent otherwise
    misread = 3

mindset a.bold
  precision times 2
  prior hard = 70%
  payoff strain times 0.5
"#;

/// The neighbours with collisions that can be misread, and `more` declared.
fn text(more: &str) -> String {
    let base = LADDER.replace("  rate hazard\n", "  rate hazard\n  times misread\n");
    format!("{base}{more}")
}

const LEVER: &str = "\nparameter misread = 1\n  source \"a lever\"\n  grade C\n";

fn forecast(scenario: &Scenario) -> Forecast {
    let game = compile(scenario, &Options::default())
        .expect("compiles")
        .game;
    let solution = solve::solve(&game, &solve::Options::default(), &Silent).expect("solves");
    forecast::forecast(&game, &solution, &forecast::Options::default(), &Silent).expect("forecasts")
}

fn under(variation: &Variation) -> Forecast {
    let varied = variation
        .apply(&scenario(&text(DECLARED)))
        .expect("declared");
    forecast(&varied)
}

fn policy(name: &str) -> Variation {
    let declared = scenario(&text(DECLARED));
    let found = declared.policies.iter().find(|p| p.name == name);
    Variation::from(found.expect("declared"))
}

fn term(forecast: &Forecast, actor: &str, name: &str) -> f64 {
    let found = forecast
        .terms
        .iter()
        .find(|t| t.actor == actor && t.name == name);
    found
        .unwrap_or_else(|| panic!("{actor} has no {name}"))
        .value
}

#[test]
fn what_is_not_in_force_changes_no_number() {
    let (bare, declared) = (
        forecast(&scenario(&text(LEVER))),
        forecast(&scenario(&text(DECLARED))),
    );
    assert_eq!(bare.classes, declared.classes);
    assert_eq!(bare.questions, declared.questions);
    assert_eq!(bare.beliefs, declared.beliefs);
    for t in &bare.terms {
        assert_eq!(term(&declared, &t.actor, &t.name), t.value, "{}", t.name);
    }
    assert_eq!(term(&declared, "a", "hotline"), 0.0);
}

#[test]
fn a_policy_is_the_scenario_written_by_hand() {
    let by_hand = text(LEVER).replace("misread = 1", "misread = 0.3").replace(
        "    base: 1\n    strain",
        "    base: 1\n    line: -0.25\n    strain",
    ) + "\nmove a.call \"Call\"\n  when rung == tense\n  outcome 50%: rung down\n  outcome rest: nothing\n";
    let (by_hand, declared) = (forecast(&scenario(&by_hand)), under(&policy("hotline")));
    for (a, b) in by_hand.classes.iter().zip(&declared.classes) {
        for (x, y) in a.probability.iter().zip(&b.probability) {
            assert!((x - y).abs() < 1e-12, "{}: {x} and {y}", a.name);
        }
    }
    let cost = term(&declared, "a", "hotline");
    assert!(cost < 0.0);
    assert!((cost - term(&by_hand, "a", "line")).abs() < 1e-12);
}

#[test]
fn a_policy_includes_another() {
    let restraint = under(&policy("restraint"));
    let both = policy("hotline").then(&Variation::new(
        "",
        vec![Change::Move(climbdown_lang::scenario::MoveId(1), false)],
    ));
    assert_eq!(restraint.classes, under(&both).classes);
    // Nobody pushes any more, so there is no war.
    assert_eq!(restraint.classes[0].probability.last(), Some(&0.0));
    let declared = scenario(&text(DECLARED));
    let payments = |name: &str| {
        let found = declared.policies.iter().find(|p| p.name == name);
        found.expect("declared").payments.len()
    };
    assert_eq!((payments("hotline"), payments("restraint")), (1, 1));
}

#[test]
fn a_factor_multiplies_what_a_future_drew() {
    let lever = scenario(&text(DECLARED))
        .parameters
        .iter()
        .position(|p| p.name == "misread")
        .expect("declared");
    let id = ParameterId(lever as u32);
    for drawn in [0.5, 2.0, 7.0] {
        let future = Variation::new("future", vec![Change::Parameter(id, drawn)]);
        let made = future
            .then(&policy("hotline"))
            .apply(&scenario(&text(DECLARED)))
            .expect("declared");
        assert_eq!(made.parameters[lever].central, drawn * 0.3);
    }
}

#[test]
fn a_structure_has_weights_and_changes() {
    let declared = scenario(&text(DECLARED));
    let alternatives = &declared.structures[0].alternatives;
    assert_eq!(
        alternatives.iter().map(|a| a.weight).collect::<Vec<_>>(),
        [0.75, 0.25]
    );
    let as_written = under(&Variation::from(&alternatives[0]));
    assert_eq!(as_written.classes, forecast(&declared).classes);
    let frequent = under(&Variation::from(&alternatives[1]));
    let by_hand = text(LEVER).replace("misread = 1", "misread = 3");
    assert_eq!(frequent.classes, forecast(&scenario(&by_hand)).classes);
}

#[test]
fn a_mindset_is_the_actor_written_by_hand() {
    let declared = scenario(&text(DECLARED));
    let bold = under(&Variation::from(&declared.mindsets[0]));
    let by_hand = text(LEVER)
        .replacen("  precision 1\n", "  precision 2\n", 1)
        .replace("prior 40%", "prior 70%")
        .replace("strain: -2 if", "strain: -1 if");
    let by_hand = forecast(&scenario(&by_hand));
    for (a, b) in by_hand.classes.iter().zip(&bold.classes) {
        for (x, y) in a.probability.iter().zip(&b.probability) {
            assert!((x - y).abs() < 1e-12, "{}: {x} and {y}", a.name);
        }
    }
    assert_ne!(bold.classes, forecast(&declared).classes);
}

#[test]
fn priors_of_other_types_keep_their_proportions() {
    let three = LADDER
        .replace("prior 40%", "prior 20%")
        .replace(
            "  type soft otherwise",
            "  type soft prior 30%\n  type odd otherwise",
        )
        .replace("3 if hard, 5 if soft", "3 if hard, 5 otherwise")
        .replace("-10 if hard, -20 if soft", "-10 if hard, -20 otherwise");
    let actor = climbdown_lang::scenario::ActorId(0);
    for prior in [0.0, 0.6, 1.0] {
        let varied = Variation::new("", vec![Change::Prior(actor, 0, prior)])
            .apply(&scenario(&three))
            .expect("declared");
        let game = compile(&varied, &Options::default())
            .expect("compiles")
            .game;
        let priors: Vec<f64> = game.actors[0].types.iter().map(|t| t.prior).collect();
        let rest = 1.0 - prior;
        for (is, should) in priors.iter().zip([prior, rest * 0.375, rest * 0.625]) {
            assert!((is - should).abs() < 1e-12, "{priors:?}");
        }
    }
}

#[test]
fn a_payer_keeps_accounts_and_decides_nothing() {
    let declared = forecast(&scenario(&text(DECLARED)));
    let fear = term(&declared, "world", "fear");
    assert!(fear < 0.0);
    for scale in [0.5, 2.0, 10.0] {
        let scaled = text(DECLARED).replace(
            "tense: -1, otherwise: -4",
            &format!("tense: -{scale}, otherwise: -{}", 4.0 * scale),
        );
        let other = forecast(&scenario(&scaled));
        assert_eq!(other.classes, declared.classes, "{scale}");
        assert!((term(&other, "world", "fear") - scale * fear).abs() < 1e-12);
    }
    // Moves and ends are charged to it.
    let charged = text(DECLARED)
        .replace("  gain b: 0.5\n", "  gain b: 0.5\n  cost world: 2\n")
        .replace("  value b: -30\n", "  value b: -30\n  value world: -100\n");
    let charged = forecast(&scenario(&charged));
    assert_eq!(charged.classes, declared.classes);
    assert_eq!(term(&declared, "world", "moves"), 0.0);
    // Whenever somebody pushes, `b` gains 0.5 and the world pays 2; `b` and the world do not discount.
    let gained = term(&charged, "b", "moves");
    assert!(gained > 0.0);
    assert!((term(&charged, "world", "moves") + 4.0 * gained).abs() < 1e-12);
    let war = *charged.classes[0].probability.last().expect("rounds");
    assert!((term(&charged, "world", "ends") + 100.0 * war).abs() < 1e-12);
}
