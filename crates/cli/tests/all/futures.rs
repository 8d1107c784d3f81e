//! The range over the stated assumptions, as `run` prints and writes it.

use crate::support;

use serde_json::Value;
use support::{SMALL, directory, run, write};

/// The small crisis with a range for what war costs and what is believed.
fn ranged() -> String {
    SMALL
        .replace("cost_of_war = 8", "cost_of_war = 4 .. 8 .. 16")
        .replace("resolved_prior = 55%", "resolved_prior = 35% .. 55% .. 75%")
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

#[test]
fn run_prints_the_headline_with_its_range() {
    let d = directory();
    write(d.path(), "ranged.crisis", &ranged());
    let done = run(
        d.path(),
        &[
            "run",
            "ranged.crisis",
            "--out",
            "o",
            "--trajectories",
            "1000",
        ],
    );
    done.exits(0);
    done.says(&[
        "over the stated assumptions), if this scenario is right.",
        "(not a confidence interval)",
        "10th to 90th percentile over 64 futures drawn from the ranges of 2 parameters",
    ]);
    let text = std::fs::read_to_string(d.path().join("o/forecast.json")).expect("written");
    let record: Value = serde_json::from_str(&text).expect("JSON");
    let range = &record["range"];
    assert_eq!(range["drawn"], 64);
    assert_eq!(range["solved"], 64);
    let measures = range["measures"].as_array().expect("a list");
    assert_eq!(measures.len(), 5);
    for m in measures {
        let (low, high) = (number(&m["range"]["low"]), number(&m["range"]["high"]));
        assert!(low < high, "{m}");
        assert!(number(&m["distance"]) < 0.02, "{m}");
        let name = m["name"].as_str().expect("a name");
        let series = if m["question"] == true {
            "questions"
        } else {
            "classes"
        };
        let round = m["round"].as_u64().expect("a round") as usize;
        assert_eq!(m["central"], record[series][name][round]);
    }
    let manifest = std::fs::read_to_string(d.path().join("o/manifest.json")).expect("written");
    let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
    assert_eq!(manifest["options"]["futures"], 64);
}

#[test]
fn the_range_has_the_same_bytes_on_any_number_of_threads() {
    let d = directory();
    write(d.path(), "ranged.crisis", &ranged());
    let with = |threads: &str| {
        let arguments = [
            "run",
            "ranged.crisis",
            "--out",
            threads,
            "--trajectories",
            "100",
            "--futures",
            "16",
        ];
        run(
            d.path(),
            &[&arguments[..], &["--threads", threads]].concat(),
        )
        .exits(0);
        std::fs::read(d.path().join(threads).join("forecast.json")).expect("written")
    };
    assert_eq!(with("1"), with("3"));
}

#[test]
fn without_ranges_or_when_quick_the_headline_says_that_it_has_none() {
    let d = directory();
    write(d.path(), "fixed.crisis", SMALL);
    write(d.path(), "ranged.crisis", &ranged());
    let none = "central assumptions: no parameter has a range.";
    let quick = "central assumptions: a run that is not quick gives";
    for (arguments, why) in [
        (
            ["run", "fixed.crisis", "--trajectories=100", "--out=a"],
            none,
        ),
        (["run", "ranged.crisis", "--quick", "--out=b"], quick),
    ] {
        let done = run(d.path(), &arguments);
        done.exits(0);
        done.says(&[why]);
        assert!(!done.stdout.contains("over the stated assumptions)"));
    }
}

#[test]
fn futures_that_do_not_fit_are_refused_with_a_hint() {
    let d = directory();
    write(d.path(), "ranged.crisis", &ranged());
    let done = run(
        d.path(),
        &[
            "run",
            "ranged.crisis",
            "--memory",
            "1",
            "--coarse-points",
            "513",
            "--belief-points",
            "5",
        ],
    );
    done.exits(3);
    done.says(&["--coarse-points", "--memory"]);
    assert!(!d.path().join("climbdown-out").exists());
}
