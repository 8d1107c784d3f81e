//! `drivers` on a crisis whose numbers are known in closed form, through the binary.
//!
//! Two sparks in one round: P(war) = 1 − (1 − a)(1 − b). The policy that stops the first leaves b, the
//! one that stops the second leaves a, so the best policy changes where a = b.

use crate::support;

use serde_json::Value;
use support::{SMALL, directory, run, write};

const A: [f64; 3] = [0.1, 0.2, 0.4];
const B: [f64; 3] = [0.05, 0.3, 0.5];

fn sparks() -> String {
    format!(
        r#"scenario "Two sparks"
  round week
  horizon 1 rounds
  order events

parameter a = {} .. {} .. {}
  "the first"
  source "made up"
  grade C

parameter b = {} .. {} .. {}
  "the second"
  source "made up"
  grade B

parameter first = 1
  "whether the first can come"
  source "made up"
  grade A

parameter second = 1
  "whether the second can come"
  source "made up"
  grade A

ladder rung "Rung"
  levels calm, war
  start calm

trigger one "One"
  probability a * first
  outcome: rung to war

trigger two "Two"
  probability b * second
  outcome: rung to war

policy stop_one "Stop the first"
  first = 0

policy stop_two "Stop the second"
  second = 0

outcomes within 1 rounds
  war "War": ever rung == war
  calm "Calm": otherwise
"#,
        A[0], A[1], A[2], B[0], B[1], B[2]
    )
}

fn war(a: f64, b: f64) -> f64 {
    1.0 - (1.0 - a) * (1.0 - b)
}

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is no number"))
}

fn close(value: &Value, expected: f64, within: f64) {
    let value = number(value);
    assert!(
        (value - expected).abs() <= within,
        "{value}, not {expected}"
    );
}

/// Mean and variance of the split triangular distribution.
fn moments([low, central, high]: [f64; 3]) -> (f64, f64) {
    let (l, h) = (central - low, high - central);
    let shift = (h - l) / 6.0;
    (central + shift, (l * l + h * h) / 12.0 - shift * shift)
}

fn found(name: &str, list: &Value, key: &str) -> Value {
    let list = list.as_array().expect("a list");
    let item = list.iter().find(|b| b[key] == name);
    item.unwrap_or_else(|| panic!("no {name} in {list:?}"))
        .clone()
}

#[test]
fn bars_and_tipping_values_are_those_of_the_formula() {
    let d = directory();
    write(d.path(), "sparks.crisis", &sparks());
    let record = run(
        d.path(),
        &["drivers", "sparks.crisis", "--no-shares", "--json"],
    )
    .json();
    close(&record["central"], war(A[1], B[1]), 1e-12);
    let a = found("a", &record["bars"], "name");
    close(&a["at_low"], war(A[0], B[1]), 1e-12);
    close(&a["at_high"], war(A[2], B[1]), 1e-12);
    let b = found("b", &record["bars"], "name");
    close(&b["at_low"], war(A[1], B[0]), 1e-12);
    close(&b["at_high"], war(A[1], B[2]), 1e-12);
    // b moves more and comes first.
    assert_eq!(record["bars"][0]["name"], "b");
    assert_eq!(record["left_out"], serde_json::json!([]));

    let tips = record["tipping"].as_array().expect("a list");
    let tip = |parameter: &str, kind: &str| {
        let own = |t: &&Value| t["parameter"] == parameter && t["change"]["kind"] == kind;
        let tip = tips.iter().find(own);
        tip.unwrap_or_else(|| panic!("{parameter}, {kind}: {tips:?}"))
            .clone()
    };
    // The headline, 44 %, crosses 45 % upwards.
    let a_level = tip("a", "level");
    close(&a_level["value"], 1.0 - 0.55 / (1.0 - B[1]), 2e-4);
    close(&a_level["change"]["level"], 0.45, 0.0);
    close(&tip("b", "level")["value"], 1.0 - 0.55 / (1.0 - A[1]), 3e-4);
    // As written both may come; without the second a is left, without the first b.
    for parameter in ["a", "b"] {
        let policy = tip(parameter, "policy");
        let at = if parameter == "a" { B[1] } else { A[1] };
        close(&policy["value"], at, 3e-4);
        assert_eq!(policy["change"]["from"], "stop_two");
        assert_eq!(policy["change"]["to"], "stop_one");
        assert_eq!(policy["jump"], false);
    }
    let ends = found("a", &record["best_policies"], "parameter");
    assert_eq!(
        ends["best"],
        serde_json::json!(["stop_two", "stop_two", "stop_one"])
    );
}

#[test]
fn shares_of_the_variance_are_those_of_the_formula_within_their_errors() {
    let d = directory();
    write(d.path(), "sparks.crisis", &sparks());
    let arguments = ["drivers", "sparks.crisis", "--futures", "1024", "--json"];
    let record = run(d.path(), &arguments).json();
    let ((ma, va), (mb, vb)) = (moments(A), moments(B));
    // f = a + b − ab: main effects a(1 − E b) and b(1 − E a), interaction −(a − E a)(b − E b).
    let (of_a, of_b) = (va * (1.0 - mb).powi(2), vb * (1.0 - ma).powi(2));
    let total = of_a + of_b + va * vb;
    let doubt = &record["doubt"];
    close(&doubt["standard_deviation"], total.sqrt(), 0.003);
    for (name, grade, own) in [("a", "C", of_a), ("b", "B", of_b)] {
        let index = found(name, &doubt["first_order"], "name");
        let error = number(&index["error"]);
        assert!((0.001..0.05).contains(&error), "{index}");
        close(&index["share"], own / total, 3.0 * error);
        let groups = doubt["grades"].as_array().expect("a list");
        let group = groups.iter().find(|g| g["group"]["grade"] == grade);
        let group = group.unwrap_or_else(|| panic!("{groups:?}"));
        let error = number(&group["alone"]["error"]);
        assert!(error < 0.1, "{group}");
        close(&group["alone"]["share"], own / total, 3.0 * error + 0.01);
        let left = (own + va * vb) / total;
        let error = number(&group["total"]["error"]);
        close(&group["total"]["share"], left, 3.0 * error + 0.01);
    }
    // One at a time there is no interaction; f is linear in each, so the variances are exact.
    let (one_a, one_b) = (va * (1.0 - B[1]).powi(2), vb * (1.0 - A[1]).powi(2));
    close(
        &doubt["judged_one_at_a_time"],
        one_a / (one_a + one_b),
        1e-9,
    );
}

#[test]
fn with_many_parameters_the_futures_choose_and_the_rest_is_named() {
    let d = directory();
    let mut text = sparks();
    for k in 0..10 {
        text += &format!(
            "\nparameter idle_{k} = 0.1 .. 0.2 .. 0.3\n  \"nothing\"\n  source \"made up\"\n  grade C\n"
        );
    }
    // They must be read somewhere; what they add is far less than either spark.
    let sum: Vec<String> = (0..10).map(|k| format!("idle_{k}")).collect();
    text = text.replace(
        "probability a * first",
        &format!("probability (a + 0.001 * ({})) * first", sum.join(" + ")),
    );
    write(d.path(), "many.crisis", &text);
    let arguments = [
        "drivers",
        "many.crisis",
        "--top",
        "2",
        "--no-shares",
        "--json",
    ];
    let record = run(d.path(), &arguments).json();
    let names: Vec<&str> = record["bars"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|b| b["name"].as_str())
        .collect();
    assert_eq!(names, ["b", "a"]);
    assert_eq!(record["left_out"].as_array().map(Vec::len), Some(10));
    let done = run(
        d.path(),
        &["drivers", "many.crisis", "--top", "2", "--no-shares"],
    );
    done.exits(0);
    done.says(&[
        "Moved in turn: 2 of 12 parameters with a range",
        "Left out: idle_0, idle_1",
    ]);
}

#[test]
fn the_text_says_it_in_words_and_fits_the_screen() {
    let d = directory();
    write(d.path(), "sparks.crisis", &sparks());
    let done = run(d.path(), &["drivers", "sparks.crisis"]);
    done.exits(0);
    done.says(&[
        "What would change it: War",
        "above 0.3 (central 0.2): the best policy is stop_one and no longer stop_two",
        "(roughly even chance)",
        "grade C, judged",
        "comes from judged numbers (grade C)",
    ]);
    for line in done.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn what_cannot_be_asked_is_refused_with_the_reason() {
    let d = directory();
    write(d.path(), "small.crisis", SMALL);
    let done = run(d.path(), &["drivers", "small.crisis"]);
    done.exits(2);
    done.says(&["no parameter has a range", "LOW .. CENTRAL .. HIGH"]);
    run(d.path(), &["drivers", "small.crisis", "--top", "0"]).exits(2);
    run(d.path(), &["drivers", "nowhere.crisis"]).exits(4);
    let game = run(
        d.path(),
        &["export", "small.crisis", "--to", "game", "-o", "g.json"],
    );
    game.exits(0);
    let done = run(d.path(), &["drivers", "g.json"]);
    done.exits(2);
    done.says(&["`drivers` needs a scenario"]);
}
