//! `reproduce`: the same bytes from a manifest, or what differs and why.

use crate::support;

use serde_json::Value;
use std::fs;
use std::path::Path;
use support::{Done, SMALL, directory, run, run_with, write};

fn quick(directory: &Path, more: &[&str]) {
    let arguments = ["run", "small.crisis", "--out", "o", "--quick", "--quiet"];
    let points = ["--belief-points", "5"];
    run(directory, &[&arguments[..], &points, more].concat()).exits(0);
}

fn reproduce(directory: &Path, more: &[&str]) -> Done {
    run(directory, &[&["reproduce", "o", "--quiet"], more].concat())
}

/// Writes a file of the result again, with some text in the place of another.
fn edit(directory: &Path, name: &str, from: &str, to: &str) {
    let path = directory.join("o").join(name);
    let text = fs::read_to_string(&path).expect("there");
    assert!(text.contains(from), "{from} is not in {text}");
    fs::write(path, text.replacen(from, to, 1)).expect("written");
}

#[test]
fn a_whole_run_is_reproduced_on_any_number_of_threads() {
    let d = directory();
    let ranged = SMALL.replace("cost_of_war = 8", "cost_of_war = 4 .. 8 .. 16");
    write(d.path(), "small.crisis", &ranged);
    let arguments = [
        "run",
        "small.crisis",
        "--out",
        "o",
        "--quiet",
        "--trajectories",
        "500",
        "--futures",
        "8",
        "--paired",
        "2",
        "--seed",
        "7",
        "--belief-points",
        "5",
        "--threads",
        "2",
    ];
    run(d.path(), &arguments).exits(0);
    // Reports with the same options are vouched for beside it.
    for format in ["md", "csv", "json"] {
        let more = [&["report"], &arguments[1..], &["--format", format]].concat();
        run(d.path(), &more).exits(0);
    }
    for threads in ["1", "2"] {
        let record = reproduce(d.path(), &["--json", "--threads", threads]).json();
        assert_eq!(record["reproduced"], true, "{record:#}");
        let files = record["files"].as_array().expect("a list");
        let names: Vec<&str> = files.iter().filter_map(|f| f["file"].as_str()).collect();
        for name in [
            "forecast.json",
            "analyses.json",
            "report.html",
            "report.md",
            "outcomes.csv",
        ] {
            assert!(names.contains(&name), "{name} is not among {names:?}");
        }
        // Everything that lies there, but for the manifest.
        let there = fs::read_dir(d.path().join("o")).expect("there").count();
        assert_eq!(names.len(), there - 1);
    }
}

#[test]
fn what_was_made_with_another_seed_is_told() {
    let d = directory();
    write(d.path(), "small.crisis", SMALL);
    let full = |seed: &str, out: &str| {
        let arguments = [
            "run",
            "small.crisis",
            "--quiet",
            "--trajectories",
            "200",
            "--belief-points",
            "5",
            "--futures",
            "1",
            "--paired",
            "1",
            "--out",
            out,
            "--seed",
            seed,
        ];
        run(d.path(), &arguments).exits(0);
    };
    full("1", "o");
    full("2", "p");
    // The result of another seed under this manifest.
    let (o, p) = (
        d.path().join("o/forecast.json"),
        d.path().join("p/forecast.json"),
    );
    fs::copy(p, o).expect("copied");
    let done = reproduce(d.path(), &[]);
    done.exits(1);
    done.says(&[
        "Not reproduced: 1 of 3 files differ.",
        "forecast.json changed after it was written",
        "certificates.simulation.seed: 2 there, 1 computed anew",
        "What was written is computed again; what lies there now was changed since",
    ]);
    // The manifest of this result with another seed.
    full("1", "o");
    edit(
        d.path(),
        "manifest.json",
        "\"--seed\",\n    \"1\"",
        "\"--seed\",\n    \"2\"",
    );
    let done = reproduce(d.path(), &[]);
    done.exits(1);
    done.says(&[
        "forecast.json different when computed anew",
        "What manifest.json says of the run is not what its options give",
        "seed: 1 there, 2 computed anew",
    ]);
}

#[test]
fn a_changed_scenario_is_told_and_nothing_is_computed() {
    let d = directory();
    write(d.path(), "base.crisis", SMALL);
    let later = "scenario \"Later\"\n  extends \"base.crisis\"\n  as of 2026-05-18\n";
    write(d.path(), "small.crisis", later);
    quick(d.path(), &[]);
    reproduce(d.path(), &[]).exits(0);
    let changed = SMALL.replace("cost_of_war = 8", "cost_of_war = 9");
    write(d.path(), "base.crisis", &changed);
    let done = reproduce(d.path(), &[]);
    done.exits(1);
    done.says(&[
        "Not reproduced, and nothing was computed:",
        "The scenario is another one: ../base.crisis was changed.",
    ]);
    let done = reproduce(d.path(), &["--json"]);
    let record: Value = serde_json::from_str(done.exits(1)).expect("JSON");
    let same = |k: usize| {
        let file = &record["scenario"][k];
        file["written"] == file["now"]
    };
    assert!(same(0) && !same(1), "{record:#}");
    assert_eq!(record["files"], serde_json::json!([]));
    // Another scenario in its place is another scenario too.
    write(d.path(), "base.crisis", SMALL);
    write(d.path(), "other.crisis", SMALL);
    reproduce(d.path(), &["--scenario", "other.crisis"]).exits(1);
}

#[test]
fn results_may_move_with_their_scenario_or_without() {
    let d = directory();
    write(d.path(), "small.crisis", SMALL);
    quick(d.path(), &[]);
    fs::create_dir(d.path().join("new")).expect("made");
    fs::rename(d.path().join("o"), d.path().join("new/o")).expect("moved");
    let at = |more: &[&str]| {
        run(
            d.path(),
            &[&["reproduce", "new/o", "--quiet"], more].concat(),
        )
    };
    let done = at(&[]);
    done.exits(4);
    done.says(&[
        "the scenario is no longer at",
        "hint: name where it lies now with --scenario",
    ]);
    // Under another name: the report keeps the old one.
    fs::copy(d.path().join("small.crisis"), d.path().join("same.crisis")).expect("copied");
    at(&["--scenario", "same.crisis"]).exits(0);
    fs::rename(
        d.path().join("small.crisis"),
        d.path().join("new/small.crisis"),
    )
    .expect("moved");
    at(&[]).exits(0);
}

#[test]
fn what_came_from_standard_input_must_be_named() {
    let d = directory();
    let arguments = ["run", "-", "--out", "o", "--quick", "--quiet"];
    run_with(d.path(), &arguments, SMALL.as_bytes()).exits(0);
    let done = reproduce(d.path(), &[]);
    done.exits(2);
    done.says(&["the scenario came from standard input", "--scenario FILE"]);
    write(d.path(), "small.crisis", SMALL);
    reproduce(d.path(), &["--scenario", "small.crisis"]).exits(0);
}

#[test]
fn missing_and_changed_files_are_told() {
    let d = directory();
    write(d.path(), "small.crisis", SMALL);
    quick(d.path(), &[]);
    fs::remove_file(d.path().join("o/report.html")).expect("removed");
    edit(
        d.path(),
        "forecast.json",
        "\"horizon\": 8",
        "\"horizon\": 9",
    );
    let done = reproduce(d.path(), &[]);
    done.exits(1);
    done.says(&[
        "report.html missing; computed anew as it was written",
        "forecast.json changed after it was written",
        "horizon: 9 there, 8 computed anew",
        "Not reproduced: 2 of 3 files differ.",
    ]);
    // Another version or platform is named as a possible reason.
    quick(d.path(), &[]);
    edit(
        d.path(),
        "manifest.json",
        env!("CARGO_PKG_VERSION"),
        "0.0.7",
    );
    reproduce(d.path(), &[])
        .says(&["written by climbdown 0.0.7"])
        .exits(0);
    edit(
        d.path(),
        "forecast.json",
        "\"horizon\": 8",
        "\"horizon\": 9",
    );
    reproduce(d.path(), &[])
        .says(&["Another version: written by 0.0.7"])
        .exits(1);
}

#[test]
fn a_missing_or_damaged_manifest_is_an_error_with_a_way_on() {
    let d = directory();
    let done = reproduce(d.path(), &[]);
    done.exits(4);
    done.says(&[
        "cannot read o",
        "hint: `climbdown run FILE` writes a manifest.json",
    ]);
    write(d.path(), "small.crisis", SMALL);
    quick(d.path(), &[]);
    let path = d.path().join("o/manifest.json");
    let sound = fs::read_to_string(&path).expect("there");
    let damage: [(&str, String, &str); 7] = [
        (
            "cut",
            sound[..sound.len() / 2].to_owned(),
            "it is no manifest: EOF",
        ),
        ("empty", String::new(), "it is no manifest"),
        (
            "another",
            sound.replace("climbdown-manifest/1", "other/1"),
            "its format is `other/1`",
        ),
        (
            "outside",
            sound.replace("\"report.html\"", "\"../report.html\""),
            "no file of its directory",
        ),
        (
            "option",
            sound.replace("--seed", "--sead"),
            "unexpected argument '--sead'",
        ),
        (
            "value",
            sound.replace("\"1000\"", "\"many\""),
            "invalid value 'many'",
        ),
        (
            "hash",
            sound.replacen("\"sha256\": \"", "\"sha256\": \"f", 1),
            "another hash of the scenario",
        ),
    ];
    for (what, text, says) in damage {
        assert_ne!(text, sound, "{what}");
        fs::write(&path, text).expect("written");
        let done = reproduce(d.path(), &[]);
        done.says(&[says]);
        done.exits(if what == "hash" { 1 } else { 4 });
    }
    fs::remove_file(&path).expect("removed");
    reproduce(d.path(), &[]).exits(4);
}

#[test]
fn the_scenario_of_the_program_needs_no_file() {
    let d = directory();
    write(d.path(), "small.crisis", SMALL);
    quick(d.path(), &[]);
    edit(
        d.path(),
        "manifest.json",
        "../small.crisis",
        "demo:us-iran-2026-05-11.crisis",
    );
    fs::remove_file(d.path().join("small.crisis")).expect("removed");
    // It is found, and is not the small one.
    let done = reproduce(d.path(), &["--json"]);
    let record: Value = serde_json::from_str(done.exits(1)).expect("JSON");
    let now = record["scenario"][0]["now"].as_str();
    assert_eq!(now.map(str::len), Some(64), "{record:#}");
}
