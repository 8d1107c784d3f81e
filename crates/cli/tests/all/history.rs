//! The historical scenarios through the binary: they check, solve certified, forecast and answer to
//! changed assumptions as their pages in `docs/scenarios/` say. (The forecast against a million
//! simulated trajectories is a test of all shipped scenarios, `shipped.rs` of the report crate.)

use crate::support;

use serde_json::Value;
use std::path::Path;
use support::{directory, run, shipped};

/// The grid on which the pages' sensitivities were measured.
const GRID: [&str; 2] = ["--belief-points", "9"];

/// The text of a shipped scenario with horizon and questions cut at the window of its outcomes,
/// which changes nothing until then, and without variations, some of which stand out of the range
/// of a parameter that is set anew.
fn until_the_window(file: &str) -> String {
    let text = std::fs::read_to_string(shipped(file)).expect("shipped");
    let after = |line: &str, word: &str| -> u64 {
        let mut words = line.split_whitespace().skip_while(|w| *w != word).skip(1);
        words.next().and_then(|w| w.parse().ok()).expect("a number")
    };
    let window = text.lines().find(|l| l.starts_with("outcomes within"));
    let window = after(window.expect("outcomes"), "within");
    let mut out = String::new();
    let mut kept = true;
    for line in text.lines() {
        if !line.starts_with([' ', '#']) && !line.is_empty() {
            let variations = ["policy", "structure", "mindset"];
            kept = !variations.iter().any(|v| line.starts_with(v));
        }
        if !kept {
            continue;
        }
        if line.starts_with("  horizon") {
            out += &format!("  horizon {window} rounds\n");
        } else if line.starts_with("question")
            && line.contains(" within ")
            && line.ends_with("rounds")
        {
            let (head, _) = line.rsplit_once(" within ").expect("found");
            let own = after(&line[head.len()..], "within");
            out += &format!("{head} within {} rounds\n", own.min(window));
        } else {
            out += line;
            out.push('\n');
        }
    }
    out
}

/// The text with parameters at other values, each without its range.
fn with(text: &str, values: &[(&str, &str)]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (name, value) in values {
        let start = format!("parameter {name} = ");
        let line = lines.iter_mut().find(|l| l.starts_with(&start));
        *line.unwrap_or_else(|| panic!("no parameter {name}")) = format!("{start}{value}");
    }
    lines.join("\n") + "\n"
}

/// Probabilities of the outcome classes at the window, in per cent, by name.
struct Outcome(Value);

impl Outcome {
    fn of(directory: &Path, text: &str) -> Self {
        std::fs::write(directory.join("x.crisis"), text).expect("written");
        let arguments = [&["forecast", "x.crisis", "--json", "--quiet"][..], &GRID].concat();
        Self(run(directory, &arguments).json())
    }

    #[track_caller]
    fn class(&self, name: &str) -> f64 {
        let series = self.0["classes"][name].as_array().expect("a class");
        100.0 * series.last().and_then(Value::as_f64).expect("a number")
    }
}

/// Checks clean, is as large as its page says, and solves certified with outcomes that add to one.
fn is_sound(file: &str) {
    let d = directory();
    let path = shipped(file);
    let path = path.to_str().expect("UTF-8");
    let check = run(d.path(), &["check", path, "--json"]).json();
    assert_eq!(check["ok"], true);
    assert_eq!(check["warnings"], 0, "{}", check["findings"]);
    let phases = check["size"]["phases"].as_array().expect("phases");
    for phase in phases {
        let states = phase["states"].as_u64().expect("a number");
        assert!((200..=1_500).contains(&states), "{phase}");
    }
    let text = std::fs::read_to_string(path).expect("shipped");
    assert!(
        text.contains("after the outcome was known"),
        "no hindsight is claimed"
    );
    let forecast = Outcome::of(d.path(), &until_the_window(file)).0;
    let certificates = &forecast["certificates"];
    assert_eq!(certificates["certified"], true, "{certificates}");
    assert_eq!(certificates["jumps"].as_array().map(Vec::len), Some(0));
    let residual = certificates["solution"]["residual"]
        .as_f64()
        .expect("a number");
    assert!(residual <= 1e-9, "{residual:e}");
    let classes = forecast["classes"].as_object().expect("classes");
    let rounds = classes
        .values()
        .next()
        .and_then(Value::as_array)
        .expect("a series")
        .len();
    for round in 0..rounds {
        let sum: f64 = classes.values().filter_map(|c| c[round].as_f64()).sum();
        assert!((sum - 1.0).abs() < 1e-12, "round {round}: {sum}");
    }
    // None is a foregone conclusion.
    for (name, series) in classes {
        let p = series[rounds - 1].as_f64().expect("a number");
        assert!(p < 0.9, "{name}: {p}");
    }
}

#[test]
fn cuba_is_sound() {
    is_sound("cuba-1962.crisis");
}

/// The text with all entries of a line's record turned into answers, or into silence.
fn with_record(text: &str, line: &str, answered: bool) -> String {
    let start = text.find(&format!("red line {line} ")).expect("a red line");
    let length = text[start..].find("\n\n").expect("an end");
    let (head, rest) = text.split_at(start);
    let (block, tail) = rest.split_at(length);
    let (from, to) = if answered {
        (": silent", ": answered")
    } else {
        (": answered", ": silent")
    };
    assert!(block.contains(from), "nothing to turn in {line}");
    format!("{head}{}{tail}", block.replace(from, to))
}

/// A low and a high variant of the text, a class, and the least change of its probability in points,
/// with its sign, from low to as written and from there to high.
type Row<'a> = (&'a str, [String; 2], &'a str, f64);

/// Solves a scenario as written and at both variants of each row.
fn moves_as_claimed(text: &str, rows: &[Row]) {
    let d = directory();
    let central = Outcome::of(d.path(), text);
    for (what, [low, high], class, step) in rows {
        let [low, high] = [low, high].map(|t| Outcome::of(d.path(), t).class(class));
        let at = [low, central.class(class), high];
        println!("{what}: {class} {at:.2?}");
        for pair in at.windows(2) {
            let change = pair[1] - pair[0];
            assert!(
                change * step.signum() >= step.abs(),
                "{what}: {class} {at:?}, wanted steps of {step}"
            );
        }
    }
}

#[test]
fn cuba_moves_as_its_page_says() {
    let text = until_the_window("cuba-1962.crisis");
    let pair = |name, low, high| [low, high].map(|v| with(&text, &[(name, v)]));
    let ramp = [("0.3", "0.2"), ("0.9", "0.6")]
        .map(|(t, b)| with(&text, &[("ramp_credibility", t), ("ramp_believed", b)]));
    moves_as_claimed(
        &text,
        &[
            (
                "a pledge that is believed",
                pair("pledge_credibility", "0.3", "0.9"),
                "war",
                -0.4,
            ),
            (
                "warheads that are believed",
                pair("local_use_believed", "0.05", "0.6"),
                "war",
                -0.5,
            ),
            ("a credible reward for a stop", ramp, "deal", -3.0),
        ],
    );
}

#[test]
fn kargil_moves_as_its_page_says() {
    let text = until_the_window("kargil-1999.crisis");
    let pair = |name, low, high| [low, high].map(|v| with(&text, &[(name, v)]));
    let clarity = [("0.6", "0.3"), ("0.95", "0.9")]
        .map(|(l, p)| with(&text, &[("clarity_line", l), ("clarity_push", p)]));
    let record = [false, true].map(|a| with_record(&text, "no_crossing", a));
    moves_as_claimed(
        &text,
        &[
            ("clear lines", clarity, "war", 1.0),
            ("a record of answers", record, "war", -0.2),
            ("accidents", pair("misread", "0", "3"), "war", 5.0),
            (
                "accidents known as such",
                pair("believed_unordered", "0.2", "0.8"),
                "war",
                0.4,
            ),
            ("a cover", pair("cover", "1", "6"), "agreed", 0.1),
        ],
    );
}

#[test]
fn kargil_is_sound() {
    is_sound("kargil-1999.crisis");
}
