//! The race of attrition where the answer is known, and where a side chooses.

use crate::compile_support;

use climbdown_engine::analyse::attrition::{Passage, Race, declared, race};
use climbdown_engine::analyse::resolve::AnalysisError;
use climbdown_engine::solve::{Options, Silent};
use climbdown_lang::Scenario;
use climbdown_lang::scenario::ParameterId;
use compile_support::scenario;

fn passages(scenario: &Scenario) -> Vec<Passage> {
    let passage = |name, variable: &str, level: &str| {
        let v = scenario
            .variables
            .iter()
            .position(|v| v.name == variable)
            .expect("declared");
        let l = scenario.variables[v]
            .levels
            .iter()
            .position(|l| l.name == level)
            .expect("declared");
        Passage {
            name,
            variable: climbdown_lang::scenario::VariableId(v as u32),
            level: l as u32,
            place: format!("{variable}={level}"),
        }
    };
    vec![
        passage("concession", "talks", "deal"),
        passage("consolidation", "home", "closed"),
    ]
}

fn swept(text: &str, points: usize) -> Race {
    let scenario = scenario(text);
    let options = Options::default();
    race(
        &scenario,
        ParameterId(0),
        points,
        &passages(&scenario),
        &options,
        &Silent,
    )
    .expect("swept")
}

/// Nobody decides: concession comes at `give` times the pressure a week; consolidation at a rate that
/// peaks at a pressure of `peak`.
fn chance(give: f64, peak: f64) -> String {
    format!(
        r#"scenario "Pressure"
  round week
  horizon 20 rounds
  order events

parameter pressure = 0 .. 0.5 .. 1
  "pressure"
  source "test"
  grade C

variable talks
  levels none, deal
  start none

variable home
  levels open, closed
  start open

trigger gives
  when talks == none
  rate {give} * pressure * 1 per week
  outcome: talks to deal

trigger closes
  when home == open
  rate (0.05 + 0.1 * pressure * (2 * {peak} - pressure)) * 1 per week
  outcome: home to closed

question q: talks == deal within 20 rounds
"#
    )
}

#[test]
fn breaking_point_and_threshold_are_the_known_ones() {
    for (give, peak) in [(0.1, 0.3), (0.06, 0.45), (0.2, 0.6)] {
        let found = swept(&chance(give, peak), 11);
        let known = f64::ln(2.0) / (20.0 * give);
        let breaking = found.breaking_point.expect("within the range");
        assert!((breaking - known).abs() < 2e-4, "{breaking} {known}");
        let threshold = found.resistance_threshold.expect("within the range");
        assert!((threshold - peak).abs() < 0.01, "{threshold} {peak}");
        for row in &found.rows {
            let p = 1.0 - f64::exp(-20.0 * give * row.value);
            assert!((row.probability[0] - p).abs() < 1e-12);
            assert_eq!(row.time[0].is_some(), row.value > 0.0);
        }
        // The more pressure, the sooner.
        let times: Vec<f64> = found.rows.iter().filter_map(|r| r.time[0]).collect();
        assert!(times.windows(2).all(|w| w[1] < w[0]), "{times:?}");
    }
}

#[test]
fn what_does_not_happen_has_no_point() {
    let found = swept(&chance(0.01, 2.0), 5);
    assert_eq!(found.breaking_point, None, "never likelier than not");
    assert_eq!(found.resistance_threshold, None, "rises all the way");
    let found = swept(&chance(0.01, -1.0).replace("0.05 +", "0.4 +"), 5);
    assert_eq!(
        found.resistance_threshold,
        Some(0.0),
        "falls from the start"
    );
}

#[test]
fn a_side_that_chooses_gives_in_under_pressure() {
    for cost in [4.0, 6.0] {
        let text = format!(
            r#"scenario "A siege"
  round week
  horizon 13 rounds
  foresight 6 rounds
  afterwards 6 rounds
  order b, events

parameter pressure = 0 .. 0.2 .. 0.5
  "cost of a week under siege"
  source "test"
  grade C

variable talks
  levels none, deal
  start none

variable home
  levels open, closed
  start open

actor b
  precision 1
  payoff per week
    siege: -pressure if talks == none else 0

move b.hold

move b.give
  when talks == none
  cost b: {cost}
  outcome: talks to deal

trigger closes
  when home == open and talks == none
  rate 0.1 per week
  outcome: home to closed

outcomes within 13 rounds
  deal: ever talks == deal
  siege: otherwise
"#
        );
        let found = swept(&text, 7);
        let given: Vec<f64> = found.rows.iter().map(|r| r.probability[0]).collect();
        assert!(given.windows(2).all(|w| w[1] > w[0]), "{given:?}");
        // A deal ends the siege, and with it the reason to close ranks.
        assert_eq!(found.resistance_threshold, Some(0.0));
    }
}

#[test]
fn what_cannot_be_swept_is_refused() {
    let fixed = scenario(&chance(0.1, 0.3).replace("0 .. 0.5 .. 1", "0.5"));
    let refused = |scenario: &Scenario, points| {
        let passages = passages(scenario);
        race(
            scenario,
            ParameterId(0),
            points,
            &passages,
            &Options::default(),
            &Silent,
        )
        .expect_err("refused")
    };
    assert!(matches!(refused(&fixed, 5), AnalysisError::Question(text) if text.contains("range")));
    let free = scenario(&chance(0.1, 0.3));
    assert!(matches!(
        refused(&free, 2),
        AnalysisError::Question(text) if text.contains("three")
    ));
}

#[test]
fn the_race_is_found_by_the_names_of_pressure_and_of_its_ends() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../scenarios/games/attrition.crisis"
    );
    let text = std::fs::read_to_string(path).expect("shipped");
    let (ranged, parameter, passages) = declared(&scenario(&text)).expect("a race");
    let pressure = &ranged.parameters[parameter.0 as usize];
    assert_eq!(pressure.name, "pressure");
    assert!((pressure.low - 0.3).abs() < 1e-12 && (pressure.high - 0.9).abs() < 1e-12);
    let places: Vec<&str> = passages.iter().map(|p| p.place.as_str()).collect();
    assert_eq!(
        places,
        ["order_at_home=revolt", "order_at_home=consolidated"]
    );
    let options = Options::default();
    let found = race(&ranged, parameter, 3, &passages, &options, &Silent).expect("swept");
    // Pressure moves both ends; the middle of the sweep is the game as written.
    for end in 0..2 {
        let at = |k: usize| found.rows[k].probability[end];
        assert!((at(0) - at(2)).abs() > 1e-3, "{} {}", at(0), at(2));
    }
    assert!((found.rows[1].value - 0.6).abs() < 1e-12);
    // Without the name there is nothing to sweep, and with one end nothing to race.
    assert!(declared(&scenario(&chance(0.1, 0.3))).is_none());
    assert!(declared(&scenario(&text.replace("pressure", "burden"))).is_none());
}
