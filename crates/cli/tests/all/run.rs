//! `run` makes every analysis that applies and writes them down.

use crate::support;

use serde_json::Value;
use std::path::Path;
use support::{SMALL, directory, run, write};

fn ranged() -> String {
    SMALL
        .replace("cost_of_war = 8", "cost_of_war = 4 .. 8 .. 16")
        .replace("resolved_prior = 55%", "resolved_prior = 35% .. 55% .. 75%")
        + "\npolicy restraint \"Restraint\"\n  without us.strike\n"
}

fn read(directory: &Path, name: &str) -> Value {
    let text = std::fs::read_to_string(directory.join(name)).expect("written");
    serde_json::from_str(&text).expect("JSON")
}

fn small_run(directory: &Path, file: &str, more: &[&str]) -> support::Done {
    let arguments = ["run", file, "--out", "o", "--trajectories", "1000"];
    run(directory, &[&arguments[..], more].concat())
}

#[test]
fn every_analysis_that_applies_is_written_and_told() {
    let d = directory();
    write(d.path(), "ranged.crisis", &ranged());
    let done = small_run(d.path(), "ranged.crisis", &[]);
    done.exits(0);
    done.says(&[
        "First, from the central assumptions:",
        "futures solved on the coarse grid; the analyses solve about",
        "Why \"War\"",
        "What would change it: War within 6 weeks",
        "War within 6 weeks, by policy",
        "What to look for in the next week",
        "Not for this scenario:",
    ]);
    for line in done.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let analyses = read(d.path(), "o/analyses.json");
    assert_eq!(analyses["format"], "climbdown-analyses/1");
    assert_eq!(analyses["as_of"], "2026-05-11");
    // No red line, so no gap.
    let none = analyses["not_applicable"].as_array().expect("a list");
    assert!(none.contains(&"gap".into()), "{none:?}");
    assert_eq!(analyses["failed"], serde_json::json!({}));
    // Each is what its command prints.
    let watch = run(
        d.path(),
        &[
            "watch",
            "ranged.crisis",
            "--least",
            "0.02",
            "--exact-beliefs",
            "200",
            "--json",
        ],
    )
    .json();
    assert_eq!(analyses["watch"], watch);
    let compare = run(
        d.path(),
        &["compare", "ranged.crisis", "--futures", "8", "--json"],
    )
    .json();
    assert_eq!(analyses["compare"]["policies"], compare["policies"]);
    assert_eq!(analyses["why"]["class"], "war");
    let causes = &analyses["why"]["causes"]["outcomes"][0];
    let sum: f64 = causes["values"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(Value::as_f64)
        .sum();
    let all = causes["none"].as_f64().expect("a number") + sum;
    assert!((all - causes["all"].as_f64().expect("a number")).abs() < 1e-12);
    assert_eq!(
        analyses["drivers"]["bars"].as_array().map(Vec::len),
        Some(2)
    );
    // The manifest vouches for it.
    let manifest = read(d.path(), "o/manifest.json");
    let hash = manifest["files"]["analyses.json"].as_str().expect("a hash");
    assert_eq!(hash.len(), 64);
}

#[test]
fn analyses_have_the_same_bytes_on_any_number_of_threads() {
    let d = directory();
    write(d.path(), "ranged.crisis", &ranged());
    let with = |threads: &str| {
        let few = ["--futures", "16", "--paired", "3", "--threads", threads];
        small_run(d.path(), "ranged.crisis", &few).exits(0);
        std::fs::read(d.path().join("o/analyses.json")).expect("written")
    };
    assert_eq!(with("1"), with("3"));
}

#[test]
fn one_analysis_that_fails_is_said_and_the_others_are_made() {
    let d = directory();
    // Nobody may move twice under the policy, which leaves the United States none at all; and the
    // audits and causes go on as they can.
    let text = ranged() + "\npolicy mute \"Mute\"\n  without us.strike\n  without us.hold\n";
    write(d.path(), "mute.crisis", &text);
    let done = small_run(d.path(), "mute.crisis", &[]);
    done.exits(0);
    let analyses = read(d.path(), "o/analyses.json");
    let mute = &analyses["compare"]["policies"][2];
    assert_eq!(mute["name"], "mute");
    assert_eq!(mute["unsolved"].as_array().map(Vec::len), Some(8));
    assert!(analyses["drivers"]["bars"].is_array());
}

#[test]
fn a_quick_run_makes_none() {
    let d = directory();
    write(d.path(), "ranged.crisis", &ranged());
    small_run(d.path(), "ranged.crisis", &["--quick"]).exits(0);
    let analyses = read(d.path(), "o/analyses.json");
    assert_eq!(analyses.get("drivers"), None);
    assert_eq!(analyses["not_applicable"], serde_json::json!([]));
}

#[test]
fn what_the_analyses_of_a_run_share_is_what_each_command_solves_for_itself() {
    let d = directory();
    let games = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/games");
    for (game, command, grid, more) in [
        ("red-line", "gap", "--coarse-points", &[][..]),
        ("bargaining", "room", "--belief-points", &[]),
        ("hotline", "force", "--belief-points", &["--futures", "0"]),
    ] {
        let file = games.join(format!("{game}.crisis"));
        let file = file.to_str().expect("UTF-8");
        let few = ["--futures", "2", "--paired", "1", "--coarse-points", "5"];
        small_run(d.path(), file, &few).exits(0);
        let alone = run(
            d.path(),
            &[&[command, file, grid, "5", "--json"], more].concat(),
        );
        assert_eq!(read(d.path(), "o/analyses.json")[command], alone.json());
    }
}
