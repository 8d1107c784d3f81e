//! `watch`, through the binary.

use crate::support;

use serde_json::Value;
use support::{SMALL, directory, run, small, write};

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

#[test]
fn signs_of_one_actor_average_to_the_forecast_now() {
    let d = directory();
    small(d.path());
    let list = run(
        d.path(),
        &["watch", "small.crisis", "--least", "0", "--json"],
    )
    .json();
    let forecast = run(d.path(), &["forecast", "small.crisis", "--json"]).json();
    assert!((number(&list["now"][0]) - number(&forecast["classes"]["war"][6])).abs() < 1e-9);
    let (mut total, mut war) = (0.0, 0.0);
    for sign in list["signs"].as_array().expect("signs") {
        if sign["actor"] == "us" {
            total += number(&sign["probability"]);
            war += number(&sign["probability"]) * number(&sign["after"][0]);
        }
        let sum: f64 = sign["after"]
            .as_array()
            .expect("classes")
            .iter()
            .map(number)
            .sum();
        assert!((sum - 1.0).abs() < 1e-9, "{sum}");
    }
    assert!((total - 1.0).abs() < 1e-9, "{total}");
    assert!((war - number(&list["now"][0])).abs() < 1e-6, "{war}");
    let done = run(d.path(), &["watch", "small.crisis"]);
    done.exits(0);
    done.says(&[
        "What to look for in the next week",
        "What it would mean",
        // In words, and as it is told to `observe`.
        "Iran: Wait (iran.wait)",
        "Use of force: War (rung=war)",
        "If \"Iran: Harass shipping\" is seen (iran.harass), \"War\" rises",
        "If \"Use of force: Clash\" is seen (rung=clash), \"",
        "outcome",
    ]);
    let seen = [
        "observe",
        "small.crisis",
        "2026-05-18",
        "us.hold",
        "iran.harass",
        "rung=clash",
    ];
    run(d.path(), &seen).exits(0);
}

/// A sign tells the more, the more the types differ in showing it.
#[test]
fn a_move_that_costs_all_types_the_same_moves_no_belief() {
    let d = directory();
    let shift = |name: &str, text: &str| {
        write(d.path(), name, text);
        let list = run(d.path(), &["watch", name, "--least", "0", "--json"]).json();
        let signs = list["signs"].as_array().expect("signs");
        let sign = signs
            .iter()
            .find(|s| s["name"] == "iran.harass")
            .expect("listed");
        let beliefs = sign["beliefs"].as_array().expect("beliefs");
        let hard = beliefs.iter().find(|b| b[1] == "hard").expect("a belief");
        number(&hard[3]) - number(&hard[2])
    };
    let mut last = 0.0;
    for (name, soft) in [
        ("a.crisis", "0.3"),
        ("b.crisis", "1.0"),
        ("c.crisis", "2.0"),
    ] {
        let cost = format!("cost iran: 0.3 if hard else {soft}");
        let moved = shift(
            name,
            &SMALL.replace("cost iran: 0.3 if hard else 1.5", &cost),
        );
        assert!(
            if soft == "0.3" {
                moved.abs() < 1e-6
            } else {
                moved > last + 0.01
            },
            "{soft}: {moved}"
        );
        last = moved;
    }
}

#[test]
fn what_cannot_be_watched_is_said() {
    let d = directory();
    small(d.path());
    assert_eq!(
        run(d.path(), &["watch", "small.crisis", "--least", "2"]).code,
        2
    );
    assert_eq!(run(d.path(), &["watch", "none.crisis"]).code, 4);
}
