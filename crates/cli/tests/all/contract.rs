//! The contract for scripts: keys, shapes, lengths, sums, places and beliefs.

use crate::support;

use serde_json::Value;
use support::{directory, run, run_with, shipped, small, write};

fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().expect("an array");
    list.iter().map(|x| x.as_f64().expect("a number")).collect()
}

#[test]
fn forecast_gives_a_partition_for_every_round() {
    let d = directory();
    small(d.path());
    let forecast = run(d.path(), &["forecast", "small.crisis", "--json"]).json();
    assert_eq!(keys(&forecast), ["certificates", "classes", "questions"]);
    assert_eq!(keys(&forecast["classes"]), ["calm", "clash", "war"]);
    let classes: Vec<Vec<f64>> = keys(&forecast["classes"])
        .iter()
        .map(|k| numbers(&forecast["classes"][k]))
        .collect();
    for t in 0..=8 {
        let sum: f64 = classes.iter().map(|c| c[t]).sum();
        assert!((sum - 1.0).abs() < 1e-12, "round {t}: {sum}");
    }
    assert!(classes.iter().all(|c| c.len() == 9));
    for question in ["war_6", "clash_2"] {
        let passage = numbers(&forecast["questions"][question]);
        assert_eq!(passage.len(), 9);
        assert_eq!(passage[0], 0.0);
        assert!(
            passage.windows(2).all(|w| w[0] <= w[1] + 1e-15),
            "{passage:?}"
        );
    }
    let certificates = &forecast["certificates"];
    assert_eq!(certificates["certified"], Value::Bool(true));
    assert_eq!(
        certificates["concept"],
        "rolling-horizon logit play, foresight 3 rounds"
    );
    assert!(
        certificates["forecast"]["mass_error"]
            .as_f64()
            .expect("a number")
            < 1e-12
    );
}

#[test]
fn a_strategy_is_a_distribution_for_every_type() {
    let d = directory();
    small(d.path());
    let strategy = run(
        d.path(),
        &[
            "strategy",
            "small.crisis",
            "--at",
            "rung=clash",
            "--belief",
            "us.resolved=0.25",
            "--json",
        ],
    )
    .json();
    assert_eq!(keys(&strategy), ["actors", "belief", "state", "values"]);
    assert_eq!(strategy["state"], "rung=clash");
    assert_eq!(strategy["belief"]["us"]["resolved"], 0.25);
    assert_eq!(strategy["belief"]["us"]["bluffing"], 0.75);
    assert_eq!(strategy["belief"]["iran"]["hard"], 0.6);
    for (actor, types) in [("us", ["resolved", "bluffing"]), ("iran", ["hard", "soft"])] {
        for kind in types {
            let moves = &strategy["actors"][actor][kind];
            let total: f64 = keys(moves).iter().filter_map(|m| moves[m].as_f64()).sum();
            assert!((total - 1.0).abs() < 1e-12, "{actor}.{kind}: {total}");
            assert!(keys(moves).len() == 2, "{moves}");
            assert!(strategy["values"][actor][kind].is_f64());
        }
    }
    // The resolved side strikes more often than the bluffing one: it costs it less.
    let strike = |kind: &str| strategy["actors"]["us"][kind]["us.strike"].as_f64();
    assert!(strike("resolved") > strike("bluffing"), "{strategy}");
}

#[test]
fn numbers_have_the_digits_of_a_double() {
    let d = directory();
    small(d.path());
    let text = run(d.path(), &["strategy", "small.crisis", "--json"]);
    let digits = text
        .exits(0)
        .split(|c: char| !c.is_ascii_digit() && c != '.')
        .map(|number| number.trim_start_matches(['0', '.']).replace('.', "").len())
        .max();
    assert!(digits >= Some(15), "{}", text.stdout);
}

#[test]
fn actors_without_a_decision_are_left_out() {
    let d = directory();
    let game = shipped("games/crisis-a.crisis");
    let game = game.to_str().expect("UTF-8");
    let strategy = run(
        d.path(),
        &[
            "strategy",
            game,
            "--at",
            "stage=resisted",
            "--round",
            "1",
            "--json",
        ],
    );
    assert_eq!(keys(&strategy.json()["actors"]), ["challenger"]);
    let end = run(d.path(), &["strategy", game, "--at", "stage=war", "--json"]).json();
    assert!(keys(&end["actors"]).is_empty());
    assert_eq!(
        end["values"]["defender"]
            .as_object()
            .map(serde_json::Map::len),
        Some(1)
    );
}

#[test]
fn a_game_as_json_gives_what_its_scenario_gives() {
    let d = directory();
    let game = shipped("games/crisis-c.crisis");
    let game = game.to_str().expect("UTF-8");
    run(
        d.path(),
        &["export", game, "--to", "game", "-o", "game.json"],
    )
    .exits(0);
    for arguments in [["forecast", "--json"], ["strategy", "--json"]] {
        let from_text = run(d.path(), &[arguments[0], game, arguments[1]]).json();
        let from_game = run(d.path(), &[arguments[0], "game.json", arguments[1]]).json();
        for key in ["classes", "questions", "actors", "values"] {
            assert_eq!(from_text.get(key), from_game.get(key), "{key}");
        }
    }
    // A state goes by its label, with or without the history that the game carries behind a bar.
    let place = "stage=second,step=open";
    let in_text = run(
        d.path(),
        &["strategy", game, "--at", place, "--round", "1", "--json"],
    );
    let in_game = run(
        d.path(),
        &[
            "strategy",
            "game.json",
            "--at",
            place,
            "--round",
            "1",
            "--json",
        ],
    );
    let (in_text, in_game) = (in_text.json(), in_game.json());
    assert_eq!(in_text["actors"], in_game["actors"]);
    assert!(!keys(&in_text["actors"]).is_empty());
    let label = in_game["state"].as_str().expect("a label");
    let by_label = run(
        d.path(),
        &[
            "strategy",
            "game.json",
            "--at",
            label,
            "--round",
            "1",
            "--json",
        ],
    );
    assert_eq!(in_game, by_label.json());
    // Told apart by content, also on standard input, and written back as it was.
    let text = std::fs::read(d.path().join("game.json")).expect("written");
    let again = run_with(d.path(), &["export", "-", "--to", "game"], &text);
    assert_eq!(again.exits(0).as_bytes(), text);
    run_with(d.path(), &["check", "-"], &text)
        .says(&["reachable states"])
        .exits(0);
}

#[test]
fn simulation_has_the_keys_of_the_forecast_and_agrees_with_it() {
    let d = directory();
    small(d.path());
    let n = "20000";
    let simulate = [
        "simulate",
        "small.crisis",
        "--trajectories",
        n,
        "--seed",
        "3",
        "--json",
    ];
    let simulation = run(d.path(), &simulate).json();
    let forecast = run(d.path(), &["forecast", "small.crisis", "--json"]).json();
    let mut compared = 0;
    for group in ["classes", "questions"] {
        assert_eq!(keys(&simulation[group]), keys(&forecast[group]));
        for name in keys(&forecast[group]) {
            let shares = numbers(&simulation[group][name]);
            let errors = numbers(&simulation["standard_errors"][group][name]);
            let expected = numbers(&forecast[group][name]);
            assert_eq!((shares.len(), errors.len()), (9, 9));
            for ((share, error), p) in shares.iter().zip(&errors).zip(&expected) {
                assert!((error - (share * (1.0 - share) / 2e4).sqrt()).abs() < 1e-12);
                let bound = 5.0 * (p * (1.0 - p) / 2e4).sqrt() + 1e-3;
                assert!((share - p).abs() < bound, "{name}: {share} for {p}");
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 45);
    assert!(simulation["certificates"]["concept"].is_string());
    let mut threads = simulate.to_vec();
    threads.extend(["--threads", "3"]);
    assert_eq!(run(d.path(), &threads).json(), simulation);
    let other = [
        "simulate",
        "small.crisis",
        "--trajectories",
        n,
        "--seed",
        "4",
        "--json",
    ];
    assert_ne!(run(d.path(), &other).json(), simulation);
}

#[test]
fn show_gives_every_state_that_can_be_met() {
    let d = directory();
    small(d.path());
    let solution = run(d.path(), &["show", "small.crisis", "--json"]).json();
    assert_eq!(solution["format"], "climbdown-solution/1");
    assert_eq!(solution["phases"][0]["kind"], "move");
    assert_eq!(solution["phases"][0]["actor"], "us");
    assert_eq!(
        keys(&solution["phases"][0]["strategies"]),
        ["rung=calm", "rung=clash"]
    );
    assert!(solution["values"]["rung=war"]["us"]["resolved"].is_f64());
    assert!(solution["certificates"]["solution"]["response"].as_f64() < Some(1e-8));
    // What `show` gives at the prior is what `strategy` gives there.
    let strategy = run(d.path(), &["strategy", "small.crisis", "--json"]).json();
    assert_eq!(
        solution["phases"][0]["strategies"]["rung=calm"],
        strategy["actors"]["us"]
    );
    run(d.path(), &["show", "small.crisis"])
        .says(&["us.strike", "certified"])
        .exits(0);
}

#[test]
fn run_says_the_headline_and_writes_report_forecast_and_manifest() {
    let d = directory();
    small(d.path());
    let done = run(
        d.path(),
        &[
            "run",
            "small.crisis",
            "--out",
            "o",
            "--trajectories",
            "5000",
        ],
    );
    done.says(&[
        "War within 6 weeks ",
        "if this scenario is right. As of 2026-05-11.",
        "Outcome after 6 weeks",
        "100.0 %",
        "4 weeks",
        "noise",
        "certified",
        "5,000 trajectories agree within",
        "wrote report.html, forecast.json, analyses.json and manifest.json to o",
    ])
    .exits(0);
    for line in done.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert!(!done.stdout.contains('\u{1b}'), "no colours into a pipe");
    let read =
        |name: &str| std::fs::read_to_string(d.path().join("o").join(name)).expect("written");
    let forecast: Value = serde_json::from_str(&read("forecast.json")).expect("JSON");
    let manifest: Value = serde_json::from_str(&read("manifest.json")).expect("JSON");
    assert_eq!(forecast["format"], "climbdown-forecast/1");
    assert_eq!(numbers(&forecast["classes"]["war"]).len(), 9);
    assert_eq!(manifest["seed"], 1);
    assert_eq!(manifest["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(
        manifest["concept"],
        "rolling-horizon logit play, foresight 3 rounds"
    );
    assert!(manifest["certificates"]["simulation"]["largest_z"].as_f64() < Some(5.0));
    assert_eq!(
        manifest["scenario"]["sha256"].as_str(),
        Some(sha256(support::SMALL.as_bytes()).as_str())
    );
    for name in ["forecast.json", "analyses.json", "report.html"] {
        assert_eq!(
            manifest["files"][name].as_str(),
            Some(sha256(read(name).as_bytes()).as_str())
        );
    }
    // The same file gives the same bytes, whatever the number of threads.
    let again = [
        "run",
        "small.crisis",
        "--out",
        "p",
        "--trajectories",
        "5000",
        "--threads",
        "1",
    ];
    run(d.path(), &again).exits(0);
    for name in [
        "report.html",
        "forecast.json",
        "analyses.json",
        "manifest.json",
    ] {
        let other = std::fs::read_to_string(d.path().join("p").join(name)).expect("written");
        assert_eq!(other, read(name), "{name}");
    }
    // Nothing but the four files is left.
    assert_eq!(
        std::fs::read_dir(d.path().join("o"))
            .expect("there")
            .count(),
        4
    );
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}

#[test]
fn without_out_the_directory_is_named_after_the_file() {
    let d = directory();
    small(d.path());
    run(d.path(), &["run", "small.crisis", "--quick", "--quiet"]).exits(0);
    assert!(d.path().join("climbdown-out/small/manifest.json").is_file());
}

#[test]
fn check_tells_how_a_file_is_understood_and_how_large_it_is() {
    let d = directory();
    small(d.path());
    run(d.path(), &["check", "small.crisis"])
        .says(&[
            "8 of one week",
            "us, then iran, then events",
            "3 weeks ahead",
            "resolved 55.0 %",
            "2 parameters: 2 judged",
            "3 reachable states",
            "belief points",
            "MiB",
        ])
        .exits(0);
    let record = run(d.path(), &["check", "small.crisis", "--json"]).json();
    assert_eq!(record["ok"], true);
    assert_eq!(record["size"]["states"], 3);
    assert_eq!(record["size"]["phases"][0]["name"], "us");
    assert!(record["prediction"]["bytes"].as_u64() > Some(0));
}

#[test]
fn fmt_has_one_layout_and_keeps_the_meaning() {
    let d = directory();
    let messy = support::SMALL.replace("  precision 0.8\n", "  precision   0.8   # sharp\n");
    support::write(d.path(), "messy.crisis", &messy);
    run(d.path(), &["fmt", "messy.crisis", "--check"]).exits(1);
    let printed = run_with(d.path(), &["fmt", "-"], messy.as_bytes());
    run(d.path(), &["fmt", "messy.crisis"]).exits(0);
    let formatted = std::fs::read_to_string(d.path().join("messy.crisis")).expect("there");
    assert_eq!(printed.exits(0), formatted);
    assert_ne!(formatted, messy);
    assert!(formatted.contains("# sharp"));
    run(d.path(), &["fmt", "messy.crisis", "--check"]).exits(0);
    small(d.path());
    let strategy = |file: &str| run(d.path(), &["strategy", file, "--json"]).json();
    assert_eq!(strategy("messy.crisis"), strategy("small.crisis"));
}

#[test]
fn export_writes_a_gambit_tree() {
    let d = directory();
    let game = shipped("games/crisis-a.crisis");
    let done = run(
        d.path(),
        &["export", game.to_str().expect("UTF-8"), "--to", "efg"],
    );
    assert!(done.exits(0).starts_with("EFG 2 R "), "{}", done.stdout);
}

#[test]
fn demo_needs_no_file() {
    let d = directory();
    let text = run(d.path(), &["demo", "--scenario"]);
    // In one piece: the same as the file with what it extends, and to be used without it.
    write(d.path(), "my.crisis", text.exits(0));
    let alone = run(d.path(), &["explain", "my.crisis"]);
    let file = shipped("us-iran-2026-05-11.crisis");
    let file = file.to_str().expect("UTF-8");
    assert_eq!(alone.exits(0), run(d.path(), &["explain", file]).exits(0));
    assert!(!text.stdout.contains("extends"), "{}", text.stdout);
}

/// Grids that are one polynomial are solved in lanes, finer ones one belief at a time: on Kargil 0.74 and
/// 42 processor seconds with 17 and 33 points, which are 3.8 times as many beliefs.
#[test]
fn check_predicts_that_fine_grids_take_much_longer() {
    let d = directory();
    let file = support::shipped("kargil-1999.crisis");
    let file = file.to_str().expect("a path in UTF-8");
    let predicted = |points: &str| {
        let found = run(
            d.path(),
            &["check", file, "--json", "--belief-points", points],
        );
        let prediction = found.json()["prediction"].clone();
        let number = |key: &str| prediction[key].as_f64().expect("a number");
        (number("core_seconds"), number("stages"))
    };
    let ((coarse, few), (fine, many)) = (predicted("17"), predicted("33"));
    let times = (fine / many) / (coarse / few);
    assert!(
        (10.0..40.0).contains(&times),
        "{times} times as long a stage"
    );
}
