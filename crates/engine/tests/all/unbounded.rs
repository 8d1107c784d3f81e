//! Analyses of stationary play: what they say is what they say of plans so long that no more is at stake
//! behind them than δ^N of it.

use crate::threat_support;

use climbdown_engine::analyse::account::account;
use climbdown_engine::analyse::dominance::{self, dominance};
use climbdown_engine::analyse::evaluate::Settings;
use climbdown_engine::analyse::force::{self, force};
use climbdown_engine::analyse::gap::{self, gap};
use climbdown_engine::analyse::plan;
use climbdown_engine::analyse::room::room;
use climbdown_engine::analyse::terms::Terms;
use climbdown_engine::analyse::trace::Traced;
use climbdown_engine::solve::Silent;
use serde_json::Value;
use threat_support::{Crisis, Solved};

/// Rounds of a plan, and discounts a week: payoffs below 20 a round leave less than 20 · 0.85^200 / 0.15
/// < 1e-11 behind it.
const LONG: &str = "200 rounds";
const DISCOUNTS: [&str; 2] = ["15% per week", "30% per week"];
/// That, and what solver and grid leave: stages are solved to 1e-12 in log-ratios, which errors of values
/// of some hundreds of rounds stand beside.
const NEAR: f64 = 1e-8;

/// Two rungs, a strike that may fail, a payer, and an end.
const LADDER: &str = r#"scenario "Two sides"
  round week
  horizon 6 rounds
  foresight FORESIGHT
  noise NOISE
  order us, iran, events

ladder rung
  levels calm, strikes, war
  start calm

actor us
  precision PRECISION
  discount DISCOUNT
  opportunity 0.8
  believed opportunity 0.7
  default hold
  payoff per week
    oil: -0.3 * number(rung)
    force: 0.4 * (rung == strikes)

actor iran
  precision 1.2
  discount 20% per week
  payoff per week
    harm: -2 * (rung == strikes)

payer europe
  discount 15% per week
  payoff per week
    energy: -0.4 * number(rung)

move us.hold

move us.strike
  when rung < war
  cost us: 0.5
  cost europe: 0.1
  outcome 70%: rung up
  outcome rest: nothing

move iran.wait

move iran.hit
  when rung < war
  cost iran: 0.4
  outcome 30%: rung up
  outcome rest: nothing

move iran.yield
  when rung > calm
  cost iran: 0.7
  outcome: rung to calm

trigger cool
  probability 10%
  outcome: rung to calm if rung == strikes

end war when rung == war
  value us: -6
  value iran: -9
  flow us per week: -0.2
  flow europe per week: -1

outcomes within 5 rounds
  war: ever rung == war
  calm: otherwise
"#;

/// The crisis of a red line, without types.
fn line(precision: f64) -> String {
    let crisis = Crisis {
        foresight: "FORESIGHT",
        noise: "NOISE",
        precision,
        ..Crisis::default()
    };
    crisis
        .text()
        .replace("  type firm prior 0.5\n  type soft otherwise\n", "")
        .replace("  type resolved prior 40%\n  type bluffing otherwise\n", "")
        .replace("2 if resolved, 0.5 if bluffing", "2")
        .replace("(3 if firm, 1 if soft)", "3")
        .replace("1 if firm, 2.5 if soft", "1")
        .replace("  afterwards 2 rounds\n", "")
        .replace("1% per week", "DISCOUNT")
        .replace("2% per week", "DISCOUNT")
}

/// Talks about a package.
fn talks(precision: f64) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = path.join("../../scenarios/games/bargaining.crisis");
    let text = std::fs::read_to_string(path).expect("shipped");
    text.replace("foresight 6 rounds", "foresight FORESIGHT\n  noise NOISE")
        .replace(
            "precision 1.5",
            &format!("precision {precision}\n  discount DISCOUNT"),
        )
}

/// The same text for ever and with a long plan.
fn both(text: &str, noise: &str, discount: &str) -> [String; 2] {
    let text = text.replace("NOISE", noise).replace("DISCOUNT", discount);
    ["unbounded", LONG].map(|foresight| text.replace("FORESIGHT", foresight))
}

/// What two results say is the same: numbers within [`NEAR`], everything else equal.
fn alike(a: &Value, b: &Value, at: &str) -> usize {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => {
            let (x, y) = (x.as_f64().expect("a number"), y.as_f64().expect("a number"));
            assert!((x - y).abs() < NEAR * (1.0 + x.abs()), "{at}: {x} {y}");
            1
        }
        (Value::Array(x), Value::Array(y)) => {
            assert_eq!(x.len(), y.len(), "{at}");
            let pairs = x.iter().zip(y).enumerate();
            pairs
                .map(|(k, (x, y))| alike(x, y, &format!("{at}.{k}")))
                .sum()
        }
        (Value::Object(x), Value::Object(y)) => {
            assert_eq!(x.len(), y.len(), "{at}");
            let each = x.iter().map(|(k, x)| alike(x, &y[k], &format!("{at}.{k}")));
            each.sum()
        }
        _ => {
            assert_eq!(a, b, "{at}");
            0
        }
    }
}

fn json(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).expect("plain data")
}

/// Every precision, noise and discount.
fn each(run: impl Fn(f64, &str, &str)) {
    for precision in [0.4, 1.0, 2.0] {
        for noise in ["error", "taste"] {
            for discount in DISCOUNTS {
                run(precision, noise, discount);
            }
        }
    }
}

#[test]
fn the_gap_is_that_of_long_plans() {
    each(|precision, noise, discount| {
        let [ever, long] = both(&line(precision), noise, discount).map(|text| {
            let mut scenario = threat_support::read(&text);
            let line =
                threat_support::line(&scenario, "killed", "us", "iran", &["probe"], &["strike"]);
            scenario.red_lines.push(line);
            let solved = Solved::of(scenario, 3);
            let options = gap::Options {
                trajectories: 100,
                ..gap::Options::default()
            };
            let split = plan::whole(&solved.game, &solved.options, &Silent).expect("solved");
            let found = gap(
                &solved.scenario,
                &solved.game,
                &solved.solution,
                &solved.options,
                Some((&split, &solved.options)),
                &options,
                &Silent,
            );
            json(&found.expect("measured"))
        });
        let numbers = alike(&ever, &long, &format!("{precision} {noise} {discount}"));
        assert!(numbers > 50, "{numbers}");
    });
}

#[test]
fn force_and_dominance_are_those_of_long_plans() {
    each(|precision, noise, discount| {
        let text = LADDER.replace("PRECISION", &precision.to_string());
        let [ever, long] = both(&text, noise, discount).map(|text| {
            let solved = Solved::of(threat_support::read(&text), 3);
            let whole = plan::whole(&solved.game, &solved.options, &Silent).expect("solved");
            let terms = Terms::of(&solved.game, &whole, 0, &Silent).expect("taken apart");
            assert!(terms.error() < NEAR, "{}", terms.error());
            let options = force::Options {
                trajectories: 50,
                futures: 0,
                ..force::Options::default()
            };
            let mut cost = force(
                &solved.scenario,
                &solved.game,
                &[],
                &whole,
                &Settings::default(),
                &options,
                &Silent,
            )
            .expect("a cost");
            assert!(cost.error < NEAR && cost.uses.len() == 2);
            cost.error = 0.0;
            let map = dominance(
                &solved.scenario,
                &solved.game,
                &solved.solution,
                &solved.options,
                &dominance::Options::default(),
                &Silent,
            );
            json(&(cost, map.expect("a map")))
        });
        let numbers = alike(&ever, &long, &format!("{precision} {noise} {discount}"));
        assert!(numbers > 60, "{numbers}");
    });
}

#[test]
fn the_room_is_that_of_long_plans() {
    each(|precision, noise, discount| {
        let [ever, long] = both(&talks(precision), noise, discount).map(|text| {
            let solved = Solved::of(threat_support::read(&text), 3);
            let whole = plan::whole(&solved.game, &solved.options, &Silent).expect("solved");
            let found = room(
                &solved.scenario,
                &solved.game,
                None,
                &whole,
                &solved.options,
                &Silent,
            );
            json(&found.expect("a room").tables)
        });
        let numbers = alike(&ever, &long, &format!("{precision} {noise} {discount}"));
        assert!(numbers > 20, "{numbers}");
    });
}

#[test]
fn paths_are_those_of_long_plans() {
    each(|precision, noise, discount| {
        let text = LADDER.replace("PRECISION", &precision.to_string());
        let [ever, long] = both(&text, noise, discount).map(|text| {
            let scenario = threat_support::read(&text);
            let solved = Solved::of(scenario, 3);
            let traced = Traced::solve(&solved.scenario, &solved.options, &Silent).expect("solved");
            let told = account(&solved.scenario, &traced, (2_000, 3), &Silent).expect("told");
            assert!(told.paths.exact);
            json(&told)
        });
        let numbers = alike(&ever, &long, &format!("{precision} {noise} {discount}"));
        assert!(numbers > 50, "{numbers}");
    });
}
