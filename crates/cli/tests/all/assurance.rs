//! `assurance`, through the binary.

use crate::support;

use serde_json::Value;
use support::{Done, directory, run, shipped, with, write};

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

/// The game of the first strike with these numbers, asked from North's side.
fn first_strike(numbers: &[(&str, f64)]) -> Value {
    let d = directory();
    let text = std::fs::read_to_string(shipped("games/first-strike.crisis")).expect("shipped");
    write(d.path(), "game.crisis", &with(&text, numbers));
    let asked = ["--first", "north.strike", "--struck-by", "south.strike"];
    let arguments: Vec<&str> = ["assurance", "game.crisis", "--json"]
        .into_iter()
        .chain(asked)
        .collect();
    run(d.path(), &arguments).json()["answers"][0]["types"][0].clone()
}

/// Chassang and Padro i Miquel: attack iff q > (π − F) / ((π − F) + (W − S)).
#[test]
fn fear_tips_where_the_theorem_says() {
    for (peace, first) in [(0.5, 0.0), (1.0, 0.0), (1.0, -2.0), (3.0, 1.0)] {
        for (second, both) in [(-6.0, -3.0), (-4.0, -3.5), (-12.0, -1.0)] {
            let numbers = [
                ("peace", peace),
                ("first", first),
                ("second", second),
                ("both", both),
            ];
            let found = first_strike(&numbers);
            let tips = found["tipping"]["at"].as_array().expect("one tip");
            let expected = (peace - first) / ((peace - first) + (both - second));
            assert_eq!(tips.len(), 1, "{numbers:?}");
            assert!(
                (number(&tips[0]["q"]) - expected).abs() < 1e-9,
                "{numbers:?}: {tips:?} against {expected}"
            );
            assert_eq!(tips[0]["above"], true);
            for point in found["pressure"].as_array().expect("points") {
                let q = number(&point["q"]);
                let exact = q * (both - second) - (1.0 - q) * (peace - first);
                assert!((number(&point["pressure"]) - exact).abs() < 1e-12);
            }
        }
    }
    // No advantage of striking first: no fear makes it rational; what pays in peace always does.
    for second in [-1.5, -3.0, -6.0] {
        let never = [("second", second), ("both", second), ("first", 0.0)];
        assert_eq!(first_strike(&never)["tipping"], "never");
        let always = [("second", second), ("both", second + 0.5), ("first", 2.0)];
        assert_eq!(first_strike(&always)["tipping"], "always");
    }
}

#[test]
fn strikes_that_ask_for_nothing_give_restraint_no_reward() {
    let logit = |x: f64| 1.0 / (1.0 + (-x).exp());
    for peace in [-1.0, 0.5, 1.0, 3.0] {
        let found = first_strike(&[("peace", peace), ("unmoved", 1.0)]);
        assert!(number(&found["conditionality"]).abs() < 1e-12, "{found}");
        assert!(number(&found["lasting"]).abs() < 1e-12);
        assert!((number(&found["solved"]) - 0.5).abs() < 1e-12);
        // Where South looks at what North did, restraint counts, as its logit choice says.
        let found = first_strike(&[("peace", peace)]);
        let exact = logit(-3.0 + 6.0) - logit(0.0 - peace);
        assert!(
            (number(&found["conditionality"]) - exact).abs() < 1e-9,
            "{found}"
        );
        assert!((number(&found["solved"]) - logit(-peace)).abs() < 1e-9);
    }
}

#[test]
fn a_red_line_is_asked_about_without_further_words() {
    let d = directory();
    let text = std::fs::read_to_string(shipped("games/red-line.crisis")).expect("shipped");
    for prior in [0.3, 0.5, 0.7] {
        write(
            d.path(),
            "line.crisis",
            &with(&text, &[("prior_resolved", prior)]),
        );
        let found = run(d.path(), &["assurance", "line.crisis", "--json"]).json();
        let answer = &found["answers"][0];
        assert_eq!(answer["name"], "no_probes");
        assert_eq!(answer["strikes"][0], "holder.answer");
        let t = &answer["types"][0];
        // Nobody is struck who never probes; and a probe is, the more surely, the sooner.
        assert_eq!(number(&t["abstaining"]), 0.0);
        assert!(number(&t["conditionality"]) > 0.05, "{t}");
        assert_eq!(t["open_when_waiting"], false);
    }
    run(d.path(), &["assurance", "line.crisis"]).says(&[
        "Chance of being struck",
        "this is deterrence, not pre-emption",
        "Solved on 17 beliefs a type",
    ]);
}

#[test]
fn what_means_nothing_is_said_with_what_would() {
    let d = directory();
    let file = shipped("games/first-strike.crisis");
    let file = file.to_str().expect("UTF-8");
    let asked = |more: &[&str]| -> Done {
        let arguments: Vec<&str> = ["assurance", file].iter().chain(more).copied().collect();
        run(d.path(), &arguments)
    };
    for (more, says) in [
        (&[][..], "name them with --first and --struck-by"),
        (
            &["--first", "north.strike"],
            "no red line is held against `north`",
        ),
        (
            &["--first", "north.bomb"],
            "there is no move `north.bomb`; there are north.wait",
        ),
        (
            &["--first", "north.strike,south.strike"],
            "expected moves of one actor",
        ),
        (
            &["--first", "north.strike", "--struck-by", "north.wait"],
            "expected moves of others than `north`",
        ),
        (
            &[
                "--first",
                "north.strike",
                "--struck-by",
                "south_struck=maybe",
            ],
            "has no level `maybe`; it has no, yes",
        ),
        (
            &[
                "--first",
                "north.strike",
                "--struck-by",
                "south.strike",
                "--until",
                "bomb=yes",
            ],
            "there is no variable `bomb`",
        ),
    ] {
        let done = asked(more);
        assert_eq!(done.code, 2, "{more:?}: {}", done.stderr);
        done.says(&[says]);
    }
    // A level means the moves of others that lead to it.
    let by_level = asked(&[
        "--first",
        "north.strike",
        "--struck-by",
        "south_struck=yes",
        "--json",
    ])
    .json();
    let by_move = asked(&[
        "--first",
        "north.strike",
        "--struck-by",
        "south.strike",
        "--json",
    ])
    .json();
    assert_eq!(by_level["answers"][0]["strikes"][0], "south.strike");
    assert_eq!(
        by_level["answers"][0]["types"],
        by_move["answers"][0]["types"]
    );
}
