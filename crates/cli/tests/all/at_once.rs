//! Choices at once and `noise taste` through the binary.

use crate::support;

use serde_json::Value;
use std::path::Path;
use support::{directory, run, shipped, with, write};

fn text(name: &str) -> String {
    std::fs::read_to_string(shipped(name)).expect("shipped")
}

fn choice(directory: &Path, file: &str, actor: &str, mv: &str) -> f64 {
    let found: Value = run(directory, &["strategy", file, "--json"]).json();
    found["actors"][actor][actor][format!("{actor}.{mv}")]
        .as_f64()
        .expect("a probability")
}

/// Equilibria computed with Gambit 17.0.0b2, polished to 5e-16; precision is on current values.
#[test]
fn two_states_over_three_rounds() {
    let d = directory();
    for (precision, ann, bob) in [
        (0.5, 0.515444066052, 0.495339977934),
        (1.0, 0.539155679161, 0.478226854379),
        (2.0, 0.762787084399, 0.263602508034),
        (5.0, 0.997776445468, 0.012295528682),
    ] {
        let text = with(
            &text("games/two-states.crisis"),
            &[("precision", precision)],
        );
        write(d.path(), "two.crisis", &text);
        for (actor, expected) in [("ann", ann), ("bob", bob)] {
            let found = choice(d.path(), "two.crisis", actor, "x");
            assert!((found - expected).abs() < 6e-13, "{actor}: {found}");
        }
    }
}

/// The whole way, and what is said beyond the pitchfork.
#[test]
fn chicken() {
    let d = directory();
    let file = shipped("games/chicken.crisis");
    let file = file.to_str().expect("a path");
    let shown = run(d.path(), &["show", file]);
    shown
        .says(&[
            "certified",
            "bifurcation",
            "Other equilibria",
            "ann.dare 13.9 %",
            "bob.dare 63.1 %",
        ])
        .exits(0);
    let solution = run(d.path(), &["show", file, "--json"]).json();
    assert_eq!(solution["phases"][0]["with"][0], "bob");
    assert_eq!(solution["certificates"]["crossings"], 1);
    assert_eq!(
        solution["certificates"]["others"].as_array().map(Vec::len),
        Some(2)
    );
    let forecast = run(d.path(), &["forecast", file, "--json"]).json();
    let crash = forecast["classes"]["crash"][1].as_f64().expect("a number");
    assert!(
        (crash - 0.365189558399 * 0.365189558399).abs() < 1e-12,
        "{crash}"
    );
    // The same from the game as JSON.
    run(
        d.path(),
        &["export", file, "--to", "game", "-o", "chicken.json"],
    )
    .exits(0);
    let dare = choice(d.path(), "chicken.json", "ann", "dare");
    assert!((dare - 0.365189558399).abs() < 6e-13, "{dare}");
    run(d.path(), &["export", file, "--to", "efg"])
        .says(&["EFG 2 R"])
        .exits(0);
    run(d.path(), &["simulate", file]).says(&["crash"]).exits(0);
    run(d.path(), &["run", file, "--quick"]).exits(0);
}

/// What reads one choice at a time refuses, with a way out.
#[test]
fn analyses_that_read_single_choices_refuse() {
    let d = directory();
    let file = shipped("games/two-states.crisis");
    let file = file.to_str().expect("a path");
    for command in ["why", "dominance", "force"] {
        run(d.path(), &[command, file])
            .says(&["ann and bob move at once", "order ann, bob"])
            .exits(2);
    }
    // Chance that decides what two moves bring about together is the image of neither.
    let chance = text("games/two-states.crisis").replace(
        "move ann.x\n",
        "move ann.x\n  outcome 50%: mood to calm\n  outcome rest: nothing\n\nmove ann.z\n",
    );
    write(d.path(), "chance.crisis", &chance);
    run(d.path(), &["image", "chance.crisis"])
        .says(&["chance decides what moves of ann and bob bring about together"])
        .exits(2);
}

/// What was seen of both is followed. Of one alone it is asked what the other did, unless the crisis stands
/// where it would anyway.
#[test]
fn what_was_seen_of_choices_at_once() {
    let d = directory();
    let forecast = |items: &str| {
        let text = text("games/two-states.crisis");
        let text = text.replace("  round month", "  as of 2026-01-01\n  round month");
        write(
            d.path(),
            "seen.crisis",
            &format!("{text}\nobserved 2026-02-01 {items}\n"),
        );
        run(d.path(), &["forecast", "seen.crisis", "--json"])
    };
    let classes = |items: &str| forecast(items).json()["classes"].clone();
    let crisis = classes("ann.x, bob.y, mood crisis");
    assert_eq!(classes("bob.y, ann.x, mood crisis"), crisis);
    assert_eq!(classes("ann.x, mood crisis"), crisis);
    assert_ne!(classes("ann.x, bob.y, mood calm"), crisis);
    forecast("ann.x, ann.y")
        .says(&["cannot have gone like this"])
        .exits(1);
    let types = "  type hard prior 40%\n  type soft otherwise\n";
    let typed = text("games/two-states.crisis")
        .replace("  round month", "  as of 2026-01-01\n  round month")
        .replace(
            "actor bob \"Bob\"\n",
            &format!("actor bob \"Bob\"\n{types}"),
        )
        .replace(
            "play: pays_bob",
            "play: pays_bob + (0.5 if hard else 0) * (bob_did == x)",
        );
    write(
        d.path(),
        "typed.crisis",
        &format!("{typed}\nobserved 2026-02-01 ann.x\n"),
    );
    run(d.path(), &["forecast", "typed.crisis"])
        .says(&["in several ways", "ann.x, bob.y", "ann.x, bob.x"])
        .exits(1);
}

/// Each value of the sweep of conduct is the forecast of the game with that precision.
#[test]
fn the_image_of_choices_at_once_is_swept() {
    let d = directory();
    let chicken = text("games/chicken.crisis");
    write(d.path(), "c.crisis", &chicken);
    let image = run(d.path(), &["image", "c.crisis", "--json"]).json();
    let crash = image["measures"].as_array().expect("a list");
    let crash = crash.iter().position(|m| m == "crash").expect("a class");
    let ann = &image["actors"][0];
    assert_eq!(ann["actor"], "ann");
    // Nothing of what either does is left to chance.
    assert!(ann["image"].is_null());
    let points = ann["conduct"]["points"].as_array().expect("points");
    assert!(points.len() >= 5);
    for point in points {
        let at = point["at"].as_f64().expect("a number");
        let changed = chicken.replacen(
            "  precision precision\n",
            &format!("  precision {at} * precision\n"),
            1,
        );
        assert_ne!(changed, chicken);
        write(d.path(), "p.crisis", &changed);
        let forecast = run(d.path(), &["forecast", "p.crisis", "--json"]).json();
        let expected = forecast["classes"]["crash"][1].as_f64().expect("a number");
        let found = point["probability"][crash].as_f64().expect("a number");
        assert!((found - expected).abs() < 1e-12, "{at}: {found} {expected}");
    }
    run(d.path(), &["watch", "c.crisis"])
        .says(&["ann.dare", "bob.dare"])
        .exits(0);
}

/// What is said of a crisis whose noise is taste.
#[test]
fn analyses_read_tastes() {
    let d = directory();
    for (game, commands) in [
        ("crisis-a", &["why", "credibility"][..]),
        ("fronts", &["force", "dominance"]),
        ("red-line", &["gap", "assurance"]),
        ("bargaining", &["room"]),
    ] {
        let taste =
            text(&format!("games/{game}.crisis")).replace("  order", "  noise taste\n  order");
        write(d.path(), "taste.crisis", &taste);
        for command in commands {
            let quick = (*command == "why").then_some("--quick");
            let arguments: Vec<&str> = [*command, "taste.crisis"]
                .into_iter()
                .chain(quick)
                .collect();
            let found = run(d.path(), &arguments);
            match *command {
                "why" => found.says(&["by noise", "0 %"]),
                "force" => found.says(&["\"tastes\" are what is liked"]),
                _ => found.says(&[]),
            }
            .exits(0);
        }
    }
}

/// Freedom to choose later is worth something with taste and nothing with error: with every move as
/// good as the other, who expects more choices plays the move that keeps them.
#[test]
fn taste_values_choices_to_come() {
    let d = directory();
    for precision in [0.3, 0.5, 1.0, 2.0, 4.0] {
        let game = |noise: &str| {
            format!(
                "scenario \"Talks\"\n  round week\n  horizon 2 rounds\n  noise {noise}\n  order us, events\n\n\
                 variable stage\n  levels talks, left\n  start talks\n\n\
                 actor us\n  precision {precision}\n\n\
                 move us.stay\n  when stage == talks\n\n\
                 move us.leave\n  when stage == talks\n  outcome: stage to left\n\n\
                 end left when stage == left\n\n\
                 question left: stage == left within 2 rounds\n"
            )
        };
        write(d.path(), "error.crisis", &game("error"));
        write(d.path(), "taste.crisis", &game("taste"));
        let error = choice(d.path(), "error.crisis", "us", "stay");
        let taste = choice(d.path(), "taste.crisis", "us", "stay");
        assert!((error - 0.5).abs() < 1e-12, "{error}");
        // The second choice is worth ln 2 / λ: odds of staying are exp(λ · ln 2 / λ) = 2.
        assert!((taste - 2.0 / 3.0).abs() < 1e-12, "{taste}");
    }
}
