//! Limits and identities at which the answer is known, through the binary: each over a range of values,
//! and once more where the mechanism makes a difference, so that it fails when the mechanism is taken
//! out. The rows of docs/validation.md that name this file are its tests.

use crate::support;

use serde_json::Value;
use support::{directory, run, write};

/// What `forecast --json` says of a text.
fn forecast(text: &str) -> Value {
    let d = directory();
    write(d.path(), "f.crisis", text);
    run(
        d.path(),
        &["forecast", "f.crisis", "--json", "--belief-points", "9"],
    )
    .json()
}

/// A class or question when it is last read.
#[track_caller]
fn last(forecast: &Value, name: &str) -> f64 {
    let series = forecast["classes"].get(name);
    let series = series.or_else(|| forecast["questions"].get(name));
    let series = series.and_then(Value::as_array).expect("a series");
    series.last().and_then(Value::as_f64).expect("a number")
}

#[track_caller]
fn near(found: f64, wanted: f64, within: f64) {
    assert!((found - wanted).abs() < within, "{found}, not {wanted}");
}

// -------------------------------------------------------------------------------------------------
// Precision zero
// -------------------------------------------------------------------------------------------------

/// One side pushes or not, which leads to war with a chance; the other may soothe in two ways, to no
/// effect.
fn push(precision: f64, chance: f64, war: f64) -> String {
    format!(
        r#"scenario "push"
  horizon 6 rounds
  foresight 2 rounds
  order a, b

ladder rung
  levels calm, war
  start calm

actor a
  precision {precision}
  type hard prior 40%
  type soft otherwise

actor b
  precision {precision}

move a.wait

move a.push
  cost a: 0.2 if hard else 1
  outcome {chance}: rung to war
  outcome rest: nothing

move b.wait

move b.soothe
  cost b: 1

move b.beg
  cost b: 2

end war when rung == war
  value a: -{war}
  value b: -{war}

outcomes within 6 rounds
  war: ever rung == war
  peace: otherwise
"#
    )
}

#[test]
fn at_precision_zero_every_choice_is_as_likely_as_any_other() {
    for chance in [0.1_f64, 0.5, 0.9] {
        let wanted = 1.0 - (1.0 - 0.5 * chance).powi(6);
        let mut before = 1.0;
        for war in [1.0, 10.0, 100.0] {
            near(
                last(&forecast(&push(0.0, chance, war)), "war"),
                wanted,
                1e-12,
            );
            // With any precision, what war costs counts.
            let minded = last(&forecast(&push(0.5, chance, war)), "war");
            assert!(minded < before - 1e-4, "{chance} {war}: {minded}");
            before = minded;
        }
    }
}

// -------------------------------------------------------------------------------------------------
// No types
// -------------------------------------------------------------------------------------------------

/// A challenger presses and a holder resists or yields; the challenger's types differ by so much in
/// what a push costs, or there are none.
fn typed(difference: Option<f64>, prior: f64) -> String {
    let (types, cost) = match difference {
        Some(d) => (
            format!("  type hard prior {prior}\n  type soft otherwise\n"),
            format!("  cost a: 1 if hard else {}\n", 1.0 + d),
        ),
        None => (String::new(), "  cost a: 1\n".to_owned()),
    };
    format!(
        r#"scenario "types"
  horizon 4 rounds
  order a, b

ladder rung
  levels calm, tense, war
  start calm

actor a
  precision 1.5
{types}
actor b
  precision 1.5

move a.wait

move a.push
  when rung == calm
{cost}  gain a: 1.2
  outcome: rung to tense

move b.yield
  when rung == tense
  cost b: 1
  gain a: 1
  outcome: rung to calm

move b.resist
  when rung == tense
  cost a: 2
  outcome 30%: rung to war
  outcome rest: rung to calm

move b.wait
  when rung == calm

end war when rung == war
  value a: -4
  value b: -4

outcomes within 4 rounds
  war: ever rung == war
  peace: otherwise
"#
    )
}

#[test]
fn types_that_are_alike_are_no_types() {
    let none = last(&forecast(&typed(None, 0.0)), "war");
    let priors = [0.1, 0.5, 0.9];
    let at = |d: f64| priors.map(|p| last(&forecast(&typed(Some(d), p)), "war"));
    for war in at(0.0) {
        near(war, none, 1e-9);
    }
    // Where they differ the prior counts, the more so the more they do.
    let mut before = 1e-4;
    for d in [0.3, 0.6, 1.2] {
        let [low, _, high] = at(d);
        assert!(high - low > before, "{d}: {low} to {high}");
        before = high - low;
    }
}

// -------------------------------------------------------------------------------------------------
// Perfect clarity
// -------------------------------------------------------------------------------------------------

const CRISIS: &str = r#"scenario "line"
  horizon 5 rounds
  foresight 3 rounds
  order b, a

ladder rung
  levels calm, war
  start calm

actor a
  precision 1.2
  type firm prior 60%
  type loose otherwise

actor b
  precision 1.2

move b.wait

end war when rung == war
  value a: -2
  value b: -3

outcomes within 5 rounds
  war: ever rung == war
  peace: otherwise
"#;

/// With a red line of this clarity.
fn drawn(clarity: f64, silence: f64) -> String {
    format!(
        r#"{CRISIS}
move b.cross
  gain b: 1

move a.hold

move a.strike
  cost a: 0.5 if firm else 2
  outcome: rung to war

red line there held by a against b
  crossed by b.cross
  answered by a.strike
  clarity {clarity}
  cost of silence: {silence}
"#
    )
}

/// The same written by hand, where every crossing is seen.
fn by_hand(silence: f64) -> String {
    format!(
        r#"{CRISIS}
variable seen
  levels none, crossed
  start none
  cleared by a

move b.cross
  gain b: 1
  outcome: seen to crossed

move a.hold
  cost a: {silence} if seen == crossed else 0

move a.strike
  cost a: 0.5 if firm else 2
  outcome: rung to war
"#
    )
}

#[test]
fn a_line_of_perfect_clarity_is_one_whose_crossings_are_all_seen() {
    for silence in [0.5, 1.0, 3.0] {
        let wanted = last(&forecast(&by_hand(silence)), "war");
        near(last(&forecast(&drawn(1.0, silence)), "war"), wanted, 1e-12);
        // The less is seen, the farther from it.
        let mut before = 1e-4;
        for clarity in [0.9, 0.6, 0.2] {
            let off = (last(&forecast(&drawn(clarity, silence)), "war") - wanted).abs();
            assert!(off > before, "silence {silence}, clarity {clarity}: {off}");
            before = off;
        }
    }
}

// -------------------------------------------------------------------------------------------------
// Salvoes
// -------------------------------------------------------------------------------------------------

/// The chance of an accident is the share of ships that a salvo sinks.
fn salvo(shooters: f64, shots: f64, targets: f64, defence: f64, staying: f64) -> f64 {
    let text = format!(
        r#"scenario "salvo"
  round week
  horizon 1 round
  order a, events

variable ship
  levels afloat, sunk
  start afloat

actor a
  precision 1

move a.sail

trigger missiles
  probability salvo({shooters}, {shots}, {targets}, {defence}, {staying}) / {targets}
  outcome: ship to sunk

question lost "A ship is lost": ship == sunk within 1 round
"#
    );
    last(&forecast(&text), "lost") * targets
}

#[test]
fn salvoes_sink_what_hughes_equation_says() {
    for shooters in [1.0_f64, 2.0, 4.0, 6.0] {
        for defence in [0.0_f64, 1.0, 2.0] {
            for staying in [1.0, 2.0] {
                let (shots, targets) = (3.0, 4.0);
                // Hughes (1995), equation 1, within the ships that there are.
                let wanted = (shots * shooters - defence * targets) / staying;
                let wanted = wanted.clamp(0.0, targets);
                near(
                    salvo(shooters, shots, targets, defence, staying),
                    wanted,
                    1e-12,
                );
            }
        }
    }
}

// -------------------------------------------------------------------------------------------------
// Verified steps
// -------------------------------------------------------------------------------------------------

/// How much likelier cheating is than performing, in logs over the precision, with step `due` of
/// `steps` due and one decision left: the temptation.
fn temptation(steps: u32, due: u32, verified: f64) -> f64 {
    let text = format!(
        r#"scenario "steps"
  horizon 1 round
  foresight 1 round
  order iran, us

actor us
  precision 1

actor iran
  precision 2

move us.hold

move iran.wait

talks table between us and iran
  start cap_{due}
  package cap
    value us: 1
    value iran: 2
    performed by iran in {steps} steps, verified {verified}, at 3

outcomes within 1 round
  stays: table == cap_{due} at end
  fell: table in (none, us_cap) at end
  other: otherwise
"#
    );
    let f = forecast(&text);
    let cheats = last(&f, "fell") / verified;
    let performs = 1.0 - last(&f, "stays") - cheats;
    (cheats / performs).ln() / 2.0
}

#[test]
fn n_verified_steps_cut_the_largest_temptation_to_a_part() {
    for verified in [0.5, 1.0] {
        let mut whole = 0.0;
        for n in 1..=5 {
            let all = (1..=n).map(|due| temptation(n, due, verified));
            let largest = all.fold(f64::NEG_INFINITY, f64::max);
            if n == 1 {
                whole = largest;
                near(whole, 3.0, 1e-9);
            }
            near(largest, whole / f64::from(n), 1e-9);
        }
    }
}
