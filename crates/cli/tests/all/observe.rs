//! `observe` and `observed` lines, through the binary.

use crate::support;

use serde_json::Value;
use support::{SMALL, directory, run, small, write};

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

#[test]
fn what_was_seen_moves_beliefs_state_and_forecast_and_stays_in_the_file() {
    let d = directory();
    small(d.path());
    let arguments = [
        "observe",
        "small.crisis",
        "2026-05-18",
        "us.hold",
        "iran.harass",
        "rung=clash",
    ];
    let seen = run(
        d.path(),
        &[&arguments[..], &["--out", "next.crisis", "--json"]].concat(),
    )
    .json();
    assert_eq!(
        seen["line"],
        "observed 2026-05-18 us.hold, iran.harass, rung clash"
    );
    assert_eq!(seen["rounds"], 1);
    assert_eq!(
        seen["labels"][0],
        serde_json::json!(["us.hold", "iran.harass"])
    );
    assert_eq!(seen["state"]["rung"]["before"], "calm");
    assert_eq!(seen["state"]["rung"]["after"], "clash");
    // Harassment costs the hard type less: it is the likelier sender.
    let hard = &seen["beliefs"]["iran"]["hard"];
    assert!(
        number(&hard["after"]) > number(&hard["before"]) + 0.05,
        "{hard}"
    );
    // The new file is the old one and a line.
    let text = std::fs::read_to_string(d.path().join("next.crisis")).expect("written");
    assert_eq!(
        text,
        format!("{SMALL}\n{}\n", seen["line"].as_str().expect("a line"))
    );
    // Every command works on what is left.
    let forecast = run(d.path(), &["forecast", "next.crisis", "--json"]).json();
    let war = forecast["classes"]["war"].as_array().expect("a series");
    assert_eq!(war.len(), 8, "seven rounds are left");
    assert!((number(&war[5]) - number(&seen["classes"]["war"]["after"])).abs() < 1e-12);
    let question = &seen["questions"]["clash_2"];
    assert!((number(&question["after"]) - 1.0).abs() < 1e-12);
    assert!(number(&question["before"]) < 1.0);
    let simulated = run(
        d.path(),
        &[
            "simulate",
            "next.crisis",
            "--json",
            "--trajectories",
            "40000",
        ],
    )
    .json();
    let gap = number(&simulated["classes"]["war"][1]) - number(&war[1]);
    let error = number(&simulated["standard_errors"]["classes"]["war"][1]);
    assert!(error > 0.0 && gap.abs() < 4.0 * error, "{gap} {error}");
    let done = run(
        d.path(),
        &[
            "observe",
            "next.crisis",
            "2026-05-25",
            "us.hold",
            "iran.wait",
        ],
    );
    done.exits(0);
    done.says(&["2 weeks are over", "What all believe", "Iran is hard"]);
}

/// Forecasts after each thing that could be seen, weighted by its probability, are the forecast now.
#[test]
fn reports_average_to_the_forecast_before_them() {
    let d = directory();
    small(d.path());
    let mut total = 0.0;
    let mut war = 0.0;
    let mut before = 0.0;
    for us in ["us.hold", "us.strike"] {
        for iran in ["iran.wait", "iran.harass", ""] {
            for rung in ["calm", "clash", "war"] {
                let level = format!("rung={rung}");
                let mut arguments = vec!["observe", "small.crisis", "2026-05-18", "--json", us];
                arguments.extend(["--belief-points", "33"]);
                if !iran.is_empty() {
                    arguments.push(iran);
                }
                arguments.push(&level);
                // Iran is not asked only where war has come before its turn.
                let ended = us == "us.strike" && rung == "war";
                if iran.is_empty() != ended && iran.is_empty() {
                    continue;
                }
                let done = run(d.path(), &arguments);
                if done.code == 1 {
                    continue;
                }
                let seen = done.json();
                let p = number(&seen["probability"]);
                if iran.is_empty() && seen["labels"][0].as_array().map(Vec::len) != Some(1) {
                    continue;
                }
                total += p;
                war += p * number(&seen["classes"]["war"]["after"]);
                before = number(&seen["classes"]["war"]["before"]);
            }
        }
    }
    assert!((total - 1.0).abs() < 1e-9, "{total}");
    assert!((war - before).abs() < 1e-4, "{war} {before}");
}

#[test]
fn what_cannot_be_followed_is_said_with_its_place() {
    let d = directory();
    small(d.path());
    let observe = |seen: &[&str]| {
        run(
            d.path(),
            &[&["observe", "small.crisis", "2026-05-18"], seen].concat(),
        )
    };
    let done = observe(&["us.strike"]);
    done.exits(1);
    done.says(&["E1202", "rung war", "small.crisis:75:1", "%"]);
    let done = observe(&["us.hold", "iran.wait", "rung=war"]);
    done.exits(1);
    done.says(&["E1201", "likeliest in that round"]);
    let done = observe(&["us.holt"]);
    done.exits(1);
    done.says(&["E0443", "did you mean `us.hold`?"]);
    // One that is like no other: what there is of that actor.
    let done = observe(&["iran.proxy_attack"]);
    done.exits(1);
    done.says(&["E0443", "hint: what can be seen: iran."]);
    let done = observe(&["rung=wra"]);
    done.exits(1);
    done.says(&["E0204"]);
    assert_eq!(observe(&["rung="]).code, 2);
    assert_eq!(run(d.path(), &["observe", "small.crisis", "soon"]).code, 2);
    let done = run(
        d.path(),
        &["observe", "small.crisis", "2026-05-01", "us.hold"],
    );
    done.exits(1);
    done.says(&["E0441"]);
    // Nothing is written when the report is refused.
    let done = observe(&["us.strike", "--out", "next.crisis"]);
    done.exits(1);
    assert!(!d.path().join("next.crisis").exists());
    write(d.path(), "game.json", "{}");
    assert_ne!(
        run(d.path(), &["observe", "game.json", "2026-05-18"]).code,
        0
    );
}

#[test]
fn a_file_that_extends_another_stays_in_its_folder() {
    let d = directory();
    small(d.path());
    write(
        d.path(),
        "later.crisis",
        "scenario \"Later\"\n  extends \"small.crisis\"\n",
    );
    std::fs::create_dir(d.path().join("away")).expect("made");
    let seen = [
        "observe",
        "later.crisis",
        "2026-05-18",
        "us.hold",
        "iran.wait",
    ];
    let away = run(
        d.path(),
        &[&seen[..], &["--out", "away/next.crisis"]].concat(),
    );
    away.exits(2);
    away.says(&["same folder"]);
    let beside = run(d.path(), &[&seen[..], &["--out", "next.crisis"]].concat());
    beside.exits(0);
    assert_eq!(run(d.path(), &["check", "next.crisis"]).code, 0);
}

/// Everything that solves anew starts from where the lines lead, as the forecast does.
#[test]
fn analyses_start_from_where_the_crisis_stands() {
    let d = directory();
    let fresh = SMALL.replace("cost_of_war = 8", "cost_of_war = 4 .. 8 .. 16");
    let text = fresh.clone() + "\nobserved 2026-05-18 us.strike, rung clash, iran.wait\n";
    write(d.path(), "seen.crisis", &text);
    write(d.path(), "fresh.crisis", &fresh);
    let forecast = |file: &str| {
        let record = run(d.path(), &["forecast", file, "--json"]).json();
        record["classes"]["war"].as_array().expect("a list").clone()
    };
    // Six weeks, of which one is over.
    let now = forecast("seen.crisis")[5].as_f64().expect("a number");
    let before = forecast("fresh.crisis")[6].as_f64().expect("a number");
    assert!((now - before).abs() > 0.002, "{now} as {before}");

    let compare = run(
        d.path(),
        &[
            "compare",
            "seen.crisis",
            "--policy",
            "idle:",
            "--futures",
            "2",
            "--json",
        ],
    )
    .json();
    let central = &compare["policies"][0]["measures"][0];
    assert_eq!(central["name"], "war");
    let value = central["value"].as_f64().expect("a number");
    assert!((value - now).abs() < 1e-3, "{value}, not {now}");

    let why = run(d.path(), &["why", "seen.crisis", "war", "--json"]).json();
    assert_eq!(why["window"], 5);
    let all = why["causes"]["outcomes"][0]["all"]
        .as_f64()
        .expect("a number");
    assert!((all - now).abs() < 1e-3, "{all}, not {now}");
    let counted = &why["paths"]["classes"][0];
    let (p, error) = (&counted["counted"], &counted["standard_error"]);
    let (p, error) = (
        p.as_f64().expect("a number"),
        error.as_f64().expect("a number"),
    );
    assert!(
        (p - now).abs() < 5.0 * error + 1e-3,
        "{p} ± {error}, not {now}"
    );

    let arguments = [
        "run",
        "seen.crisis",
        "--out",
        "o",
        "--trajectories",
        "100",
        "--json",
    ];
    let record = run(d.path(), &arguments).json();
    for m in record["range"]["measures"].as_array().expect("a list") {
        let distance = m["distance"].as_f64().expect("a number");
        assert!(distance < 0.02, "{m}");
    }
    let bars = run(
        d.path(),
        &["drivers", "seen.crisis", "--no-shares", "--json"],
    )
    .json();
    assert_eq!(bars["measure"]["name"], "war_6");
    assert_eq!(bars["measure"]["round"], 5);
}
