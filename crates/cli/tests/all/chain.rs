//! `export --to drn`: the chain read back and pushed forward here, against the forecast.

use crate::support;

use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;
use support::{directory, run, shipped};

/// By place: next places with their probabilities.
type Rows = Vec<Vec<(usize, f64)>>;

/// Labels and rows of a `.drn` file, its rounds, and the phases of a round.
fn read(text: &str) -> (Vec<Vec<String>>, Rows, usize, usize) {
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
    let after = |words: &str| {
        let (_, rest) = text.split_once(words).expect("a head");
        let number = rest.split(',').next().expect("a number").parse();
        number.expect("a number")
    };
    (labels, rows, after("// rounds "), after("phases a round "))
}

/// Largest difference of a chain from a forecast, over classes and questions after every round of the
/// chain.
fn distance(chain: &str, forecast: &Value) -> f64 {
    let (labels, rows, rounds, phases) = read(chain);
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
                let round = (step - 1) / phases;
                let Some(expected) = series[round].as_f64().filter(|_| round <= rounds) else {
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

/// Places of a chain, and cells an axis, as they are told.
fn told(said: &str) -> (usize, usize) {
    let words: Vec<&str> = said.split_whitespace().collect();
    let before = |word: &str| {
        let at = words.iter().position(|w| w.trim_end_matches(',') == word);
        let number = words[at.expect(word) - 1].replace(',', "");
        number.parse().expect("a number")
    };
    (before("places"), before("cells"))
}

/// Without a number of cells the chain has as many as fit: the next finer one is too large.
#[test]
fn as_many_cells_are_taken_as_fit() {
    let d = directory();
    for most in ["100", "300"] {
        let options = ["--places", most];
        let (chain, said, forecast) = exported(d.path(), "games/hotline.crisis", &options);
        let (places, cells) = told(&said);
        assert!(places <= most.parse().expect("a number"), "{said}");
        let (_, head) = chain.split_once("folded onto ").expect("cells");
        assert!(head.starts_with(&format!("{cells} cells")), "{said}");
        // What folding costs stands in the file, and is what this reading of it finds.
        let (_, stated) = head.split_once("further than ").expect("a distance");
        let stated: f64 = stated
            .split(' ')
            .next()
            .expect("a number")
            .parse()
            .expect("a number");
        let found = distance(&chain, &forecast);
        assert!((found - stated).abs() < 0.06 * found, "{found} {stated}");
        let finer = (2 * cells - 1).to_string();
        let options = ["--cells", &finer, "--places", "2000000"];
        let (_, said, _) = exported(d.path(), "games/hotline.crisis", &options);
        assert!(told(&said).0 > most.parse().expect("a number"), "{said}");
    }
}

#[test]
fn a_chain_that_is_too_large_is_refused_and_what_fits_is_said() {
    let d = directory();
    let export = |name: &str, options: &[&str]| {
        let file = shipped(name);
        let file = file.to_str().expect("UTF-8");
        run(
            d.path(),
            &[&["export", file, "--to", "drn"], options].concat(),
        )
    };
    let done = export("games/ladder.crisis", &["--places", "10"]);
    done.exits(3);
    done.says(&["the chain has more than 10 places: allow more, or ask for fewer rounds"]);
    let hotline = "games/hotline.crisis";
    let done = export(hotline, &["--places", "10"]);
    done.exits(3);
    done.says(&["more than 10 places: even with 3 cells an axis of belief; allow more, or"]);
    let done = export(hotline, &["--places", "200", "--cells", "65"]);
    done.exits(3);
    done.says(&["more than 200 places: with "]);
    // What is said to fit does, to the place.
    let (_, rest) = done.stderr.split_once("places: with ").expect("what fits");
    let (cells, rest) = rest
        .split_once(" cells an axis of belief in place of 65")
        .expect("cells");
    let places: usize = rest
        .trim()
        .trim_start_matches("it has ")
        .parse()
        .expect("a number");
    let fits = ["--cells", cells, "--places", &places.to_string()];
    let done = export(hotline, &fits);
    done.exits(0);
    assert_eq!(told(&done.stderr).0, places);
    let short = ["--cells", cells, "--places", &(places - 1).to_string()];
    export(hotline, &short).exits(3);
}

/// A chain of fewer rounds says what the forecast says of these rounds, and stops.
#[test]
fn a_chain_may_stop_before_the_horizon() {
    let d = directory();
    for name in ["games/ladder", "games/coalition", "textbook/powell-1990"] {
        let name = format!("{name}.crisis");
        let (whole, _, forecast) = exported(d.path(), &name, &["--rounds", "1000"]);
        let (_, _, horizon, _) = read(&whole);
        let (chain, said, _) = exported(d.path(), &name, &["--rounds", "2"]);
        assert!(said.contains("beliefs exact"), "{name}: {said}");
        let (labels, _, rounds, _) = read(&chain);
        assert!(rounds == 2 && horizon > 2, "{name}: {horizon}");
        assert!(labels.len() < read(&whole).0.len(), "{name}");
        let found = distance(&chain, &forecast);
        assert!(found < 1e-12, "{name}: {found}");
    }
}
