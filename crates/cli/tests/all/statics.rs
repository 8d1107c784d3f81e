//! What the mechanisms do, through the binary: scenarios with one thing varied over a range, and again
//! with the mechanism taken out. Each row of docs/validation.md that names this file is one test.

use crate::support;

use serde_json::Value;
use std::path::Path;
use support::{directory, run, shipped, write};

/// A shipped game as text.
fn game(name: &str) -> String {
    std::fs::read_to_string(shipped(&format!("games/{name}.crisis"))).expect("shipped")
}

/// The text with edits; each must apply.
fn edited(text: &str, edits: &[(&str, &str)]) -> String {
    let mut text = text.to_owned();
    for (from, to) in edits {
        assert!(text.contains(from), "`{from}` is not there");
        text = text.replacen(from, to, 1);
    }
    text
}

/// The text with a parameter at another value, in the unit in which it is written.
fn at(text: &str, parameter: &str, value: f64) -> String {
    let head = format!("parameter {parameter} = ");
    let line = text.lines().find(|l| l.starts_with(&head));
    let line = line.expect("declared");
    // What stands after the number is its unit.
    let number = |c: char| c.is_ascii_digit() || ". ".contains(c);
    let unit = line[head.len()..].trim_start_matches(number);
    edited(text, &[(line, &format!("{head}{value} {unit}"))])
}

/// What `forecast --json` says of a text.
fn forecast(text: &str) -> Value {
    let d = directory();
    write(d.path(), "f.crisis", text);
    run(
        d.path(),
        &["forecast", "f.crisis", "--json", "--belief-points", "17"],
    )
    .json()
}

/// A class or question after so many rounds.
fn after(forecast: &Value, name: &str, round: usize) -> f64 {
    let series = forecast["classes"].get(name);
    let series = series.or_else(|| forecast["questions"].get(name));
    let value = series.unwrap_or_else(|| panic!("no {name}"))[round].as_f64();
    value.expect("a number")
}

/// A class or question at the end.
fn last(forecast: &Value, name: &str) -> f64 {
    let n = forecast["classes"]
        .get(name)
        .or_else(|| forecast["questions"].get(name))
        .and_then(Value::as_array)
        .expect("a series")
        .len();
    after(forecast, name, n - 1)
}

/// A class or question of a text, over values of a parameter.
fn over(text: &str, parameter: &str, values: &[f64], name: &str) -> Vec<f64> {
    let values = values.iter();
    values
        .map(|v| last(&forecast(&at(text, parameter, *v)), name))
        .collect()
}

/// Each is above the one before by more than `least`.
#[track_caller]
fn rises(values: &[f64], least: f64) {
    let steps = values.windows(2);
    assert!(
        steps.clone().count() > 0 && steps.clone().all(|w| w[1] - w[0] > least),
        "does not rise: {values:?}"
    );
}

#[track_caller]
fn falls(values: &[f64], least: f64) {
    let turned: Vec<f64> = values.iter().map(|v| -v).collect();
    rises(&turned, least);
}

// -------------------------------------------------------------------------------------------------
// Strategic depth
// -------------------------------------------------------------------------------------------------

/// The crisis without fronts: rockets come from as many quiet ones.
fn bilateral() -> String {
    edited(
        &game("fronts"),
        &[
            (
                "front friends \"Red's friends\" of 3\n  ignites ignition after blue.strike\n  obeys \
                 obedience after red.cease\n  dies down 4 per year\n",
                "",
            ),
            ("    fronts: -front_cost * number(friends)\n", ""),
            (
                "  by friends: quiet 1 per year, lit 20 per year\n",
                "  rate 3 per year\n",
            ),
            (
                "  ablaze \"All fronts lit at once\": ever friends == lit_3\n",
                "",
            ),
            (
                "question one \"A front is lit\": friends >= lit_1 within 26 rounds\n  resolves \"by \
                 reading the state\"\n",
                "",
            ),
            (
                "question all \"All fronts are lit\": ablaze\n  resolves \"by reading the state\"\n",
                "",
            ),
        ],
    )
}

#[test]
fn without_ignition_the_crisis_is_bilateral_and_with_it_depth_deters() {
    let fronts = game("fronts");
    let two = forecast(&bilateral());
    let off = forecast(&at(&fronts, "ignition", 0.0));
    for name in ["force", "quiet"] {
        assert_eq!(off["classes"][name], two["classes"][name], "{name}");
    }
    assert_eq!(last(&off, "one"), 0.0);
    // The first week's strikes tell what deters; later ones also how long fires burn.
    let struck: Vec<f64> = [0.0, 0.1, 0.3, 0.6]
        .iter()
        .map(|p| {
            let f = forecast(&at(&fronts, "ignition", *p));
            after(&f, "force", 1) + after(&f, "ablaze", 1)
        })
        .collect();
    falls(&struck, 1e-3);
}

// -------------------------------------------------------------------------------------------------
// The nuclear clock and the latent deterrent
// -------------------------------------------------------------------------------------------------

/// Separative work in SWU, written down once more from the value function.
fn separative_work(product: f64, product_assay: f64, feed_assay: f64, tails_assay: f64) -> f64 {
    let value = |x: f64| (2.0 * x - 1.0) * (x / (1.0 - x)).ln();
    let feed = product * (product_assay - tails_assay) / (feed_assay - tails_assay);
    product * value(product_assay) + (feed - product) * value(tails_assay)
        - feed * value(feed_assay)
}

/// A race under way that nobody stops.
fn unstopped() -> String {
    edited(
        &game("breakout"),
        &[
            ("  start idle", "  start racing"),
            ("  cost red: 0.5\n", "  cost red: 60\n"),
            ("  cost blue: 2 + ", "  cost blue: 60 + "),
            ("parameter inspection = 0.3", "parameter inspection = 0"),
        ],
    )
}

#[test]
fn breakout_follows_the_separative_work() {
    // Natural uranium and tails as usual are not at hand here: what is to be had comes from the stock.
    let from_60 = separative_work(25.0, 0.9, 0.6, 0.2);
    assert!((from_60 - 56.0).abs() < 0.5, "{from_60} SWU from 60 %");
    let text = unstopped();
    for machines in [43.0, 87.0, 174.0, 696.0] {
        for months in [0.0, 1.0, 6.0, 12.0] {
            let text = at(&at(&text, "machines", machines), "weaponisation", months);
            let f = forecast(&text);
            let years = from_60 / (machines * 5.25) + months / 12.0;
            for weeks in [1, 13, 26, 52] {
                let passed = f64::from(weeks) * 7.0 / 365.25;
                let wanted = 1.0 - (-passed / years).exp();
                let found = after(&f, "device", weeks as usize);
                assert!(
                    (found - wanted).abs() < 1e-9,
                    "{machines} machines, {months} months, week {weeks}: {found}, not {wanted}"
                );
            }
        }
    }
}

#[test]
fn a_latent_deterrent_holds_back_force_and_brings_on_the_device() {
    let text = game("breakout");
    let values = [0.0, 1.0, 2.0, 4.0, 8.0];
    falls(&over(&text, "latent_deterrent", &values, "strike"), 1e-3);
    rises(&over(&text, "latent_deterrent", &values, "device"), 1e-3);
    // Where a race cannot be told from idleness by its cost, it holds back nobody.
    let blind = edited(
        &text,
        &[(" + (latent_deterrent if nuclear == racing else 0)", "")],
    );
    let same = over(&blind, "latent_deterrent", &values, "strike");
    assert!(same.windows(2).all(|w| w[0] == w[1]), "{same:?}");
    // Faster machines, sooner; inspection, later.
    rises(
        &over(&text, "machines", &[43.0, 87.0, 174.0, 696.0], "device"),
        1e-3,
    );
    falls(
        &over(&text, "inspection", &[0.0, 0.1, 0.3, 0.6], "device"),
        1e-3,
    );
}

// -------------------------------------------------------------------------------------------------
// Pressure
// -------------------------------------------------------------------------------------------------

#[test]
fn elite_capture_prolongs_survival_and_trade_partners_undo_pressure() {
    let text = game("attrition");
    let capture = [0.0, 0.2, 0.4, 0.6, 0.8];
    falls(&over(&text, "capture", &capture, "revolt"), 1e-3);
    // Partners who replace the trade spare the regime its concession.
    let partners = [0.0, 0.3, 0.6, 0.9];
    falls(&over(&text, "partners", &partners, "concession"), 1e-3);
    // Without pressure there is nothing to replace.
    let off = at(&text, "pressure", 0.0);
    let same = over(&off, "partners", &partners, "concession");
    let spread = same.iter().map(|p| (p - same[0]).abs()).fold(0.0, f64::max);
    assert!(spread < 1e-9, "{same:?}");
}

// -------------------------------------------------------------------------------------------------
// Accidents
// -------------------------------------------------------------------------------------------------

#[test]
fn without_accidents_the_game_is_the_intentional_one() {
    let text = game("hotline");
    let (before, rest) = text.split_once("trigger collision").expect("the trigger");
    let (_, behind) = rest.split_once("move blue.hold").expect("the next move");
    let intentional = format!("{before}move blue.hold{behind}");
    // Nothing of the trigger is left, policies that speak of it included.
    let off = forecast(&at(&text, "collisions", 0.0));
    let none = forecast(&intentional);
    assert_eq!(off["classes"], none["classes"]);
    assert_eq!(off["questions"], none["questions"]);
    rises(
        &over(&text, "collisions", &[0.0, 2.0, 6.0, 12.0], "war"),
        1e-4,
    );
}

/// Two ways into war that nobody chooses.
fn channels(first: f64, second: f64) -> String {
    format!(
        r#"scenario "channels"
  round week
  horizon 26 rounds
  foresight 1 round
  order a, events

ladder rung
  levels calm, war
  start calm

actor a
  precision 1

move a.wait

trigger one
  when rung == calm
  rate {first} per year
  outcome: rung to war

trigger two
  when rung == calm
  rate {second} per year
  outcome: rung to war

end war when rung == war

outcomes within 26 rounds
  war: ever rung == war
  peace: otherwise
"#
    )
}

#[test]
fn independent_channels_add() {
    let years = |weeks: usize| weeks as f64 * 7.0 / 365.25;
    for (a, b) in [(0.0, 0.5), (0.5, 0.5), (0.2, 3.0), (4.0, 8.0)] {
        let (both, one, two) = (channels(a, b), channels(a, 0.0), channels(0.0, b));
        let (both, one, two) = (forecast(&both), forecast(&one), forecast(&two));
        for weeks in [1, 13, 26] {
            // Hazards add, so survivals multiply.
            let p = after(&both, "war", weeks);
            let product = (1.0 - after(&one, "war", weeks)) * (1.0 - after(&two, "war", weeks));
            assert!((1.0 - p - product).abs() < 1e-12, "{a} {b} {weeks}: {p}");
            let closed = 1.0 - (-(a + b) * years(weeks)).exp();
            assert!((p - closed).abs() < 1e-12, "{a} {b} {weeks}: {p}, {closed}");
        }
    }
}

// -------------------------------------------------------------------------------------------------
// Ways down
// -------------------------------------------------------------------------------------------------

#[test]
fn relief_that_is_never_credible_leaves_compliance_at_its_floor() {
    let text = game("ramp");
    let (without, _) = text.split_once("ramp relief").expect("the ramp");
    let (_, asked) = text.split_once("\noutcomes").expect("the classes");
    let (asked, _) = asked.split_once("\nquestion").expect("the question");
    let without = format!("{without}\noutcomes{asked}");
    for worth in [0.25, 0.5, 2.0] {
        let class = {
            let f = forecast(&text);
            let names = f["classes"].as_object().expect("classes");
            names.keys().next().expect("one").clone()
        };
        let floor = last(&forecast(&at(&without, "relief_worth", worth)), &class);
        let by: Vec<f64> = over(
            &at(&text, "relief_worth", worth),
            "credible",
            &[0.0, 0.25, 0.5, 0.75, 1.0],
            &class,
        );
        assert!((by[0] - floor).abs() < 1e-12, "{} {floor}", by[0]);
        rises(&by, 1e-5);
    }
}

/// The paired change of a class under a policy, from `compare`.
fn change(directory: &Path, file: &str, policy: &str, class: &str) -> f64 {
    let found = run(
        directory,
        &[
            "compare",
            file,
            "--futures",
            "2",
            "--coarse-points",
            "9",
            "--json",
        ],
    )
    .json();
    let policies = found["policies"].as_array().expect("a list");
    let one = policies.iter().find(|p| p["name"] == policy);
    let measures = one.expect("the policy")["measures"].as_array();
    let measures = measures.expect("a list");
    let m = measures.iter().find(|m| m["name"] == class);
    let m = m.expect("the class");
    m["central"].as_f64().expect("a number")
}

#[test]
fn a_hotline_that_misses_nothing_it_could_tell_changes_nothing() {
    let d = directory();
    let text = game("hotline");
    // One that tells no accident from an order, opens no move and costs nothing.
    let idle = edited(
        &text,
        &[
            ("  only with hotline\n", "  when rung > war\n"),
            ("  misread times 0.4\n", "  misread times 1\n"),
            (
                "  cost blue: 0.02 per week\n  cost red: 0.02 per week\n  cost blue: 0.5\n",
                "",
            ),
        ],
    );
    let idle = edited(
        &idle,
        &[(
            "  when flag == attacked\n  when rung > war\n",
            "  when rung > war\n",
        )],
    );
    write(d.path(), "idle.crisis", &idle);
    let written = change(d.path(), "idle.crisis", "as_written", "war");
    assert_eq!(change(d.path(), "idle.crisis", "hotline", "war"), written);
    // The shipped one lowers the risk, the more the better it tells.
    let mut last = f64::INFINITY;
    for misread in ["1", "0.7", "0.4", "0.1"] {
        let text = edited(
            &text,
            &[("  misread times 0.4", &format!("  misread times {misread}"))],
        );
        write(d.path(), "line.crisis", &text);
        let risk = change(d.path(), "line.crisis", "hotline", "war");
        assert!(risk < last - 1e-5, "{misread}: {risk} after {last}");
        last = risk;
    }
    assert!(last < change(d.path(), "line.crisis", "as_written", "war") - 0.01);
}

// -------------------------------------------------------------------------------------------------
// Base rates
// -------------------------------------------------------------------------------------------------

/// The channels beside a base rate.
fn against(rate: f64, base: &str) -> Value {
    let d = directory();
    let text = channels(rate, 0.0).replace("  round week", "  as of 2026-05-11\n  round week")
        + &format!(
            "\nbase rate wars \"Wars\" = {base}\n  population \"crises\"\n  source \"test\"\n  grade A\n  \
             ended by 2021-12-31\n  compares war\n"
        );
    write(d.path(), "b.crisis", &text);
    let done = run(d.path(), &["run", "b.crisis", "--quick", "--out", "o"]);
    done.exits(0);
    done.says(&[
        "Base rate of comparable crises",
        "Against comparable crises",
    ]);
    let text = std::fs::read_to_string(d.path().join("o/forecast.json")).expect("written");
    let record: Value = serde_json::from_str(&text).expect("JSON");
    record["base_rates"][0].clone()
}

#[test]
fn a_forecast_stands_beside_its_base_rate_as_skill() {
    for rate in [0.1, 0.5, 1.0, 4.0] {
        for (base, b) in [("75 of 413", 75.0 / 413.0), ("18.2%", 0.182), ("60%", 0.6)] {
            let s = against(rate, base);
            let number = |key: &str| s[key].as_f64().expect("a number");
            let p = 1.0 - (-rate * 26.0 * 7.0_f64 / 365.25).exp();
            let near = |key: &str, wanted: f64| {
                let found = number(key);
                assert!(
                    (found - wanted).abs() < 1e-10,
                    "{rate} {base} {key}: {found} {wanted}"
                );
            };
            near("forecast", p);
            near("base", b);
            near("ratio", p / b);
            near("skill_if_true", 1.0 - ((1.0 - p) / (1.0 - b)).powi(2));
            near("skill_if_false", 1.0 - (p / b).powi(2));
            // Expected over the outcome, if the forecast is right: mean scores, then their ratio.
            let own = p * (1.0 - p).powi(2) + (1.0 - p) * p.powi(2);
            let other = p * (1.0 - b).powi(2) + (1.0 - p) * b.powi(2);
            near("expected_skill", 1.0 - own / other);
            // At this probability of coming true both have the same mean score.
            let q = number("alike_at");
            let mean = |x: f64| q * (1.0 - x).powi(2) + (1.0 - q) * x.powi(2);
            assert!((mean(p) - mean(b)).abs() < 1e-10);
        }
    }
}
