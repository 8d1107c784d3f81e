//! Small scenarios for the analyses over many variations.
#![allow(dead_code)] // not every test file needs all of it

use climbdown_lang::Scenario;

/// The scenario that a text describes.
pub fn scenario(text: &str) -> Scenario {
    let checked = climbdown_lang::check(text);
    match checked.scenario {
        Some(scenario) => scenario,
        None => panic!("the text is no scenario: {:#?}", checked.diagnostics),
    }
}

/// Nobody decides: war comes at a constant rate with this range, read after four weeks.
pub fn hazard(range: &str) -> String {
    format!(
        r#"scenario "A constant hazard"
  round week
  horizon 4 rounds
  order events

parameter rate = {range} per week
  "how often"
  source "made up"
  grade C

ladder rung "Rung"
  levels calm, war
  start calm

trigger spark "Spark"
  rate rate
  outcome: rung up

outcomes within 4 rounds
  war "War": ever rung == war
  calm "Calm": otherwise
"#
    )
}

/// Two sides, one with private types; pushing pays the resolved. A hotline makes misreading rarer.
pub const CONTEST: &str = r#"scenario "A contest"
  round week
  horizon 4 rounds
  foresight 2 rounds
  order us, iran, events

parameter us_precision = 0.4 .. 0.8 .. 1.5
  "how sharply"
  source "made up"
  grade C

parameter prior = 0.3 .. 0.5 .. 0.7
  "resolved"
  source "made up"
  grade C

parameter stake = 0.5 .. 1 .. 2
  "what is gained"
  source "made up"
  grade B

parameter misread = 0.02 .. 0.1 .. 0.3 per week
  "misreadings"
  source "made up"
  grade C

parameter hotline = 0
  "is there a hotline"
  source "made up"
  grade A

parameter hotline_cost = 0.05
  "what it costs"
  source "made up"
  grade A

ladder rung "Rung"
  levels calm, tense, war
  start calm

actor us "US"
  precision us_precision
  discount 1% per week
  type resolved prior prior
  type bluffing otherwise
  payoff per week
    stake: stake * number(rung)
    line: -hotline_cost * hotline

actor iran "Iran"
  precision 1
  discount 1% per week
  payoff per week
    fear: -1 * number(rung)

move us.hold

move us.push
  cost us: 0.2 if resolved, 1 if bluffing
  outcome: rung up if rung == calm

move iran.hold

move iran.calm
  when rung == tense
  outcome: rung down

trigger spark "Misreading"
  when rung == tense
  rate misread * (1 - 0.7 * hotline)
  outcome: rung to war

end war "War" when rung == war
  value us: -8
  value iran: -20

outcomes within 4 rounds
  war "War": ever rung == war
  tense "Tense": rung == tense at end
  calm "Calm": otherwise

question war_4 "War within four weeks": war within 4 rounds
"#;

/// A parameter by name.
pub fn parameter(scenario: &Scenario, name: &str) -> climbdown_lang::scenario::ParameterId {
    let place = scenario.parameters.iter().position(|p| p.name == name);
    climbdown_lang::scenario::ParameterId(place.expect("declared") as u32)
}

/// A structure whose alternatives change nothing yet, with these weights.
pub fn structure(
    name: &str,
    alternatives: &[(&str, f64)],
) -> climbdown_engine::analyse::draws::Structure {
    use climbdown_engine::analyse::draws::{Alternative, Structure};
    use climbdown_engine::analyse::variation::Variation;
    let alternatives = alternatives.iter().map(|(name, weight)| Alternative {
        variation: Variation::new(*name, Vec::new()),
        label: (*name).to_owned(),
        weight: *weight,
    });
    Structure {
        name: name.to_owned(),
        label: name.to_owned(),
        alternatives: alternatives.collect(),
    }
}
