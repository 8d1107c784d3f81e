//! `export --to drn`: the chain read back and pushed forward here, against the forecast.

use crate::support;

use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;
use support::{directory, run, shipped};

/// By place: next places with their probabilities.
type Rows = Vec<Vec<(usize, f64)>>;

/// Labels and rows of a `.drn` file, and the phases of a round.
fn read(text: &str) -> (Vec<Vec<String>>, Rows, usize) {
    let (mut labels, mut rows) = (Vec::new(), Rows::new());
    for line in text.lines() {
        if let Some(state) = line.strip_prefix("state ") {
            labels.push(state.split(' ').skip(1).map(str::to_owned).collect());
            rows.push(Vec::new());
        } else if let (Some((to, p)), Some(row)) = (line.split_once(" : "), rows.last_mut()) {
            let to = to.trim().parse().expect("a place");
            row.push((to, p.parse().expect("a probability")));
        }
    }
    let (_, rest) = text.split_once("phases a round ").expect("phases");
    let phases = rest.split(',').next().expect("a number").parse();
    (labels, rows, phases.expect("a number"))
}

/// Largest difference of a chain from a forecast, over classes and questions after every round.
fn distance(chain: &str, forecast: &Value) -> f64 {
    let (labels, rows, phases) = read(chain);
    let mut worst = 0.0_f64;
    for row in &rows {
        let total: f64 = row.iter().map(|(_, p)| p).sum();
        worst = worst.max((total - 1.0).abs());
    }
    let kinds = [("classes", "class_"), ("questions", "question_")];
    for (kind, prefix) in kinds {
        for (name, series) in forecast[kind].as_object().expect("an object") {
            let label = format!("{prefix}{name}");
            let holds = |k: usize| labels[k].contains(&label);
            let (mut at, mut passed) = (HashMap::from([(0_usize, 1.0)]), 0.0);
            for step in 1.. {
                let mut next = HashMap::new();
                for (from, mass) in &at {
                    for (to, p) in &rows[*from] {
                        if kind == "questions" && holds(*to) {
                            passed += mass * p;
                        } else {
                            *next.entry(*to).or_insert(0.0) += mass * p;
                        }
                    }
                }
                at = next;
                if (step - 1) % phases != 0 {
                    continue;
                }
                let Some(expected) = series[(step - 1) / phases].as_f64() else {
                    break;
                };
                let here = at.iter().filter(|(k, _)| holds(**k)).map(|(_, m)| m);
                let found = if kind == "classes" {
                    here.sum()
                } else {
                    passed
                };
                worst = worst.max((found - expected).abs());
            }
        }
    }
    worst
}

/// The chain of a shipped game, what was said of it, and the forecast with the same options.
fn exported(directory: &Path, name: &str, options: &[&str]) -> (String, String, Value) {
    let file = shipped(name);
    let file = file.to_str().expect("UTF-8");
    let mut arguments = vec!["export", file, "--to", "drn"];
    arguments.extend(options);
    let export = run(directory, &arguments);
    let forecast = run(directory, &["forecast", file, "--json"]).json();
    (export.exits(0).to_owned(), export.stderr, forecast)
}

#[test]
fn where_beliefs_are_exact_the_chain_is_the_forecast() {
    let d = directory();
    for name in [
        "games/ladder",
        "games/brinkmanship-6",
        "games/two-states",
        "textbook/powell-1990",
    ] {
        let (chain, said, forecast) = exported(d.path(), &format!("{name}.crisis"), &[]);
        assert!(said.contains("beliefs exact"), "{said}");
        let found = distance(&chain, &forecast);
        assert!(found < 1e-12, "{name}: {found}");
        // Another game's forecast is told apart.
        let (_, _, other) = exported(d.path(), "games/crisis-a.crisis", &[]);
        let mut wrong = forecast.clone();
        for (_, series) in wrong["classes"].as_object_mut().expect("an object") {
            *series = other["classes"]["war"].clone();
        }
        assert!(distance(&chain, &wrong) > 1e-3, "{name}");
    }
}

#[test]
fn folded_beliefs_come_nearer_with_more_cells() {
    let d = directory();
    let mut before = f64::INFINITY;
    for cells in ["5", "17", "65"] {
        let options = ["--cells", cells, "--places", "20000"];
        let (chain, said, forecast) = exported(d.path(), "games/hotline.crisis", &options);
        assert!(
            said.contains(&format!("folded onto {cells} cells")),
            "{said}"
        );
        let found = distance(&chain, &forecast);
        assert!(
            found > 1e-9 && found < 0.5 * before,
            "{cells}: {found} after {before}"
        );
        before = found;
    }
    assert!(before < 1e-4, "{before}");
}

#[test]
fn a_chain_that_is_too_large_is_refused() {
    let d = directory();
    let file = shipped("games/ladder.crisis");
    let file = file.to_str().expect("UTF-8");
    let done = run(d.path(), &["export", file, "--to", "drn", "--places", "10"]);
    done.exits(3);
    done.says(&["a chain of more than 10 places"]);
}
