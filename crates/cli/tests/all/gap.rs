//! `gap`, through the binary: what gaps are made of, and what a record and an empty line do.

use crate::support;

use serde_json::Value;
use support::{directory, run, shipped, with, write};

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn red_line() -> String {
    std::fs::read_to_string(shipped("games/red-line.crisis")).expect("shipped")
}

/// The first line's gaps.
fn gaps(text: &str) -> Value {
    let d = directory();
    write(d.path(), "line.crisis", text);
    let asked = ["--belief-points", "9", "--coarse-points", "9"];
    let arguments: Vec<&str> = ["gap", "line.crisis", "--json", "--trajectories", "300"]
        .into_iter()
        .chain(asked)
        .collect();
    run(d.path(), &arguments).json()["lines"][0].clone()
}

/// The red line with capability and stakes to compare with.
fn with_reference(text: &str, harm: f64) -> String {
    text.replace(
        "  record half-life",
        &format!("  reference\n    harm = {harm}\n    answer_cost times 0.5\n  record half-life"),
    )
}

/// A label too long for its column ends in an ellipsis, and not as if it were whole.
#[test]
fn long_labels_are_seen_to_be_cut() {
    let d = directory();
    let text = red_line().replace("\"No probes\"", "\"No probes of the outer harbour\"");
    write(d.path(), "line.crisis", &text);
    let asked = "run line.crisis --out o --futures 2 --paired 1 --trajectories 300 --belief-points 5 \
                 --coarse-points 5";
    let asked: Vec<&str> = asked.split_whitespace().collect();
    run(d.path(), &asked).says(&["No probes of the oute…"]);
}

#[test]
fn shares_add_to_the_gap_with_all_restored() {
    for (clarity, harm, prior) in [(0.5, 6.0, 0.3), (0.7, 8.0, 0.5), (0.9, 5.0, 0.7)] {
        let plain = with(
            &red_line(),
            &[("clarity", clarity), ("prior_resolved", prior)],
        );
        let line = gaps(&with_reference(&plain, harm));
        let (split, test) = (&line["split"], &line["now"][0]);
        let names: Vec<&str> = split["restorations"]
            .as_array()
            .expect("restorations")
            .iter()
            .map(|r| r["name"].as_str().expect("a name"))
            .collect();
        assert_eq!(names, ["clarity", "credibility", "capability"]);
        let shares = &split["tests"][0];
        for what in ["gap", "incentive"] {
            let parts = &shares[what];
            let sum: f64 = parts["shares"]
                .as_array()
                .expect("shares")
                .iter()
                .map(number)
                .sum();
            let moved = number(&parts["restored"]) - number(&parts["now"]);
            assert!((sum - moved).abs() < 1e-12, "{what}: {sum} against {moved}");
        }
        // The same grid, so the same incentive as without the split.
        assert_eq!(shares["incentive"]["now"], test["incentive"]);
        // All restored is the game in which the file says so.
        let written = with(
            &plain,
            &[
                ("clarity", 1.0),
                ("prior_resolved", 1.0),
                ("harm", harm),
                ("answer_cost", 0.5),
            ],
        );
        let there = number(&gaps(&written)["now"][0]["incentive"]);
        let restored = number(&shares["incentive"]["restored"]);
        assert!(
            (restored - there).abs() < 1e-9,
            "{restored} against {there}"
        );
        // A holder that is believed closes the gap.
        assert!(
            number(&shares["incentive"]["shares"][1]) < -0.02,
            "{shares}"
        );
        // Without a reference that part is left out, and said.
        let without = gaps(&plain);
        assert_eq!(
            without["split"]["restorations"].as_array().map(Vec::len),
            Some(2)
        );
        let said = without["split"]["left_out"][0].as_str().expect("a reason");
        assert!(said.contains("declares no `reference`"), "{said}");
    }
}

#[test]
fn what_is_already_so_has_no_share() {
    for gain in [0.5, 1.0, 2.0] {
        // A clear line, and a holder whose types are alike, so that belief means nothing.
        let text = with(&red_line(), &[("clarity", 1.0), ("gain", gain)])
            .replace("3 * silence if resolved, silence if bluffing", "silence");
        let line = gaps(&text);
        for share in line["split"]["tests"][0]["incentive"]["shares"]
            .as_array()
            .expect("shares")
        {
            assert!(number(share).abs() < 1e-9, "{share}");
        }
    }
}

#[test]
fn clearer_lines_leave_less_to_clarity() {
    let mut last = f64::NEG_INFINITY;
    for clarity in [0.4, 0.6, 0.8, 1.0] {
        let line = gaps(&with(&red_line(), &[("clarity", clarity)]));
        let share = number(&line["split"]["tests"][0]["incentive"]["shares"][0]);
        assert!(
            share > last + 0.01,
            "clarity {clarity}: {share} after {last}"
        );
        last = share;
    }
    assert!(last.abs() < 1e-12);
}

/// A record of four crossings, the first ones left without an answer.
fn silences(count: usize, enforced: f64) -> String {
    let text = with(&red_line(), &[("enforced", enforced)]);
    let start = text.find("  record half-life").expect("a record");
    let end = text.find("outcomes within").expect("outcomes");
    let entries: String = (0..4)
        .map(|k| {
            let what = if k < count { "silent" } else { "answered" };
            format!("    202{k}-03-01 \"probe {k}\": {what}, source \"free\"\n")
        })
        .collect();
    format!(
        "{}  record half-life 5 years\n{entries}\n{}",
        &text[..start],
        &text[end..]
    )
}

#[test]
fn inconsistent_enforcement_raises_probing() {
    let probing = |silent: usize, enforced: f64| {
        let line = gaps(&silences(silent, enforced));
        let now = &line["later"][0];
        // One type of the challenger: the rate of the line is its own.
        assert_eq!(now["probing"], now["types"][0]["rate"]);
        (number(&now["probing"]), number(&line["now"][0]["believed"]))
    };
    for enforced in [0.7, 0.8, 0.9] {
        let mut last = (0.0, 1.0);
        for silent in 0..=4 {
            let found = probing(silent, enforced);
            assert!(
                found.0 > last.0 && found.1 < last.1,
                "{silent} silences at {enforced}: {found:?} after {last:?}"
            );
            last = found;
        }
        assert!(last.0 > 1.4 * probing(0, enforced).0);
    }
    // A record from which nothing can be learned changes nothing.
    let flat: Vec<f64> = (0..=4).map(|silent| probing(silent, 0.5).0).collect();
    assert!(flat.iter().all(|p| (p - flat[0]).abs() < 1e-12), "{flat:?}");
}

/// What the holder expects to get, over the types as believed.
fn holder_expects(text: &str) -> f64 {
    let d = directory();
    write(d.path(), "line.crisis", text);
    let found = run(d.path(), &["strategy", "line.crisis", "--json"]).json();
    let values = &found["values"]["holder"];
    let belief = &found["belief"]["holder"];
    ["resolved", "bluffing"]
        .iter()
        .map(|kind| number(&values[kind]) * number(&belief[kind]))
        .sum()
}

#[test]
fn an_unenforced_line_is_worse_than_none() {
    for prior in [0.3, 0.5, 0.7] {
        // An answer that is never worth it, and silence that is paid for at home.
        let numbers = |silence: f64| {
            with(
                &red_line(),
                &[
                    ("prior_resolved", prior),
                    ("answer_cost", 40.0),
                    ("silence", silence),
                ],
            )
        };
        let without = {
            let text = numbers(1.0);
            let start = text.find("red line no_probes").expect("a line");
            let end = text.find("outcomes within").expect("outcomes");
            let text = format!("{}{}", &text[..start], &text[end..]);
            // Nothing is ever pending then, and nothing answered.
            let start = text.find("move holder.answer").expect("a move");
            let end = text.find("outcomes within").expect("outcomes");
            let text = format!("{}{}", &text[..start], &text[end..]);
            // Its outcomes read what is no longer there.
            text[..text.find("outcomes within").expect("outcomes")].to_owned()
        };
        let none = holder_expects(&without);
        let mut last = none;
        for silence in [0.5, 1.0, 2.0] {
            let declared = holder_expects(&numbers(silence));
            assert!(
                declared < last - 0.05,
                "prior {prior}, silence {silence}: {declared} after {last}"
            );
            last = declared;
        }
        // Where silence costs nothing an empty line does no harm.
        let free = holder_expects(&numbers(0.0));
        assert!((free - none).abs() < 1e-3, "{free} against {none}");
    }
}

#[test]
fn the_screen_shows_bars_and_what_they_are_made_of() {
    let d = directory();
    write(d.path(), "line.crisis", &with_reference(&red_line(), 8.0));
    run(d.path(), &["gap", "line.crisis", "--trajectories", "100"]).says(&[
        "Threat needed against threat believed",
        "█",
        "What would change the gap, if restored",
        "credibility",
        "capability",
        "probing",
        "does not lengthen the time",
    ]);
    let quick = run(
        d.path(),
        &["gap", "line.crisis", "--trajectories", "100", "--quick"],
    );
    assert!(!quick.exits(0).contains("if restored"));
}
