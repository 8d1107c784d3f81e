//! `credibility`, through the binary.

use crate::support;

use serde_json::Value;
use support::{directory, run, shipped, small, with, write};

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn red_line() -> String {
    std::fs::read_to_string(shipped("games/red-line.crisis")).expect("shipped")
}

fn found(text: &str) -> Value {
    let d = directory();
    write(d.path(), "line.crisis", text);
    let asked = ["--trajectories", "2000", "--belief-points", "9"];
    let arguments: Vec<&str> = ["credibility", "line.crisis", "--json"]
        .into_iter()
        .chain(asked)
        .collect();
    run(d.path(), &arguments).json()
}

/// The record of the shipped game, its second crossing recognisable with `recognised`.
fn one_silence(recognised: f64, prior: f64) -> String {
    let text = with(&red_line(), &[("enforced", 1.0), ("prior_resolved", prior)]);
    let lines = text.lines().filter(|l| !l.contains("2023-03-01"));
    let lines: Vec<&str> = lines.collect();
    (lines.join("\n") + "\n").replace("recognised 80%", &format!("recognised {recognised}"))
}

#[test]
fn where_only_the_resolved_enforce_one_silence_ends_all_belief() {
    for prior in [0.3, 0.5, 0.9] {
        let belief = |recognised: f64| {
            let path = &found(&one_silence(recognised, prior))["paths"][0];
            assert_eq!(path["kind"], "resolved");
            number(&path["mean"][0])
        };
        // Bayes on that day, half-forgotten in five years since; the record keeps this from nothing.
        let forgotten = belief(1.0);
        let days = 20.0 * 30.4375 + 10.0; // 2024-09-01 to 2026-05-11, about
        let kept = 0.5_f64.powf(days / (5.0 * 365.25));
        assert!(
            (forgotten - prior * (1.0 - kept)).abs() < 0.01,
            "{forgotten}"
        );
        // A silence about what nobody could have noticed teaches nothing.
        assert!((belief(0.0) - prior).abs() < 1e-12);
        // Without forgetting, nothing is left.
        let text = one_silence(1.0, prior).replace("record half-life 5 years", "record");
        let path = &found(&text)["paths"][0];
        for round in path["high"].as_array().expect("rounds") {
            assert_eq!(number(round), 0.0);
        }
    }
}

#[test]
fn one_silence_in_play_ends_belief_where_only_the_resolved_answer() {
    for prior in [0.3, 0.5, 0.7] {
        let play = |resolved: f64| {
            let text = with(
                &red_line(),
                &[("prior_resolved", prior), ("answer_cost", 6.0)],
            )
            .replace(
                "3 * silence if resolved, silence if bluffing",
                &format!("{resolved} if resolved, 0 if bluffing"),
            );
            // No record: belief is the prior when play begins.
            let start = text.find("  answer rate").expect("a rate");
            let end = text.find("outcomes within").expect("outcomes");
            let found = found(&format!("{}\n{}", &text[..start], &text[end..]));
            let moves = found["lines"][0]["moves"]
                .as_array()
                .expect("moves")
                .clone();
            let hold = moves
                .iter()
                .find(|m| m["mv"] == "holder.hold" && m["kind"] == "resolved")
                .map(|m| number(&m["with"]));
            let path = &found["paths"][0];
            let low = path["low"].as_array().expect("rounds").last().map(number);
            (hold.expect("a choice"), low.expect("a belief"))
        };
        // Silence dearer than any answer: only a bluffing holder is ever silent.
        let (hold, low) = play(60.0);
        assert!(hold < 1e-9 && low < 1e-6, "prior {prior}: {hold}, {low}");
        // Where it costs neither type anything, silence teaches nothing.
        let (_, low) = play(0.0);
        assert!((low - prior).abs() < 1e-9, "prior {prior}: {low}");
    }
}

#[test]
fn belief_is_expected_to_stay_and_is_forecast_better_than_the_priors() {
    for silence in [0.5, 1.0, 2.0] {
        let text = with(&red_line(), &[("silence", silence)]);
        let f = found(&text);
        let path = &f["paths"][0];
        let means: Vec<f64> = path["mean"]
            .as_array()
            .expect("rounds")
            .iter()
            .map(number)
            .collect();
        // Beliefs are a martingale; what is left is sampling of 2,000 paths.
        for mean in &means {
            assert!(
                (mean - means[0]).abs() < 4.0 * 0.5 / 2000.0_f64.sqrt(),
                "{means:?}"
            );
        }
        let last = means.len() - 1;
        let at = |what: &str, round: usize| number(&path[what][round]);
        assert!(at("high", last) - at("low", last) > 0.05, "belief moved");
        let holder = f["predictability"]["actors"]
            .as_array()
            .expect("actors")
            .iter()
            .find(|a| a["actor"] == "holder")
            .expect("the holder decides")
            .clone();
        let loss = |by: &str| number(&holder[by]);
        assert!(loss("informed") < loss("public") && loss("public") < loss("priors") + 1e-3);
        // Types that are alike teach nothing and choose nothing for what they teach.
        let alike = text.replace("3 * silence if resolved, silence if bluffing", "silence");
        let f = found(&alike);
        assert!(number(&f["reputation"][0]["share"]).abs() < 1e-9);
        assert!(
            f["movers"][0]["labels"]
                .as_array()
                .expect("labels")
                .iter()
                .all(|l| { number(&l["movement"]) < 1e-9 })
        );
    }
}

#[test]
fn choices_are_made_for_reputation_where_there_is_one_to_gain() {
    let mut last = -1.0;
    for worth in [0.0, 0.5, 1.0, 2.0] {
        // Being thought resolved is worth something afterwards.
        let text = red_line().replace(
            "  type resolved \"Resolved\" prior prior_resolved",
            &format!(
                "  afterwards\n    name: {worth} * belief(holder.resolved)\n  type resolved \"Resolved\" prior prior_resolved"
            ),
        );
        let f = found(&text);
        let line = &f["lines"][0];
        let gained = number(&line["answered"]) - number(&line["answered_unseen"]);
        assert!(gained > last + 0.001, "{worth}: {gained} after {last}");
        last = gained;
    }
}

#[test]
fn the_screen_says_all_and_a_game_without_types_is_refused() {
    let d = directory();
    small(d.path());
    run(
        d.path(),
        &["credibility", "small.crisis", "--trajectories", "500"],
    )
    .says(&[
        "What is believed",
        "What moved it, in 6 weeks",
        "made for reputation",
        "nats",
    ]);
    let file = shipped("games/first-strike.crisis");
    let done = run(d.path(), &["credibility", file.to_str().expect("UTF-8")]);
    assert_eq!(done.code, 2);
    done.says(&["nothing to believe of anybody"]);
}
