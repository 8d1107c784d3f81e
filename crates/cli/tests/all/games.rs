//! `games`: the list, a lesson, the text, and what is said of wrong names.

use crate::support;

use serde_json::Value;
use support::{directory, run, shipped, with, write};

fn names(list: &Value) -> Vec<String> {
    let games = list["games"].as_array().expect("a list").iter();
    games
        .map(|g| g["name"].as_str().expect("a name").to_owned())
        .collect()
}

#[test]
fn every_model_is_listed_and_its_text_is_the_shipped_scenario() {
    let d = directory();
    let list = run(d.path(), &["games", "--json"]).json();
    let names = names(&list);
    assert!(names.len() >= 8, "{names:?}");
    let screen = run(d.path(), &["games"]);
    let mut files: Vec<String> = std::fs::read_dir(shipped("textbook"))
        .expect("a folder")
        .map(|e| {
            e.expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    for (name, game) in names.iter().zip(list["games"].as_array().expect("a list")) {
        screen.says(&[name, game["lesson"].as_str().expect("a lesson")]);
        let text = run(d.path(), &["games", name, "--text"]);
        let file = format!("{name}.crisis");
        let there = std::fs::read_to_string(shipped(&format!("textbook/{file}")));
        assert_eq!(text.exits(0), there.expect("shipped"), "{name}");
        write(d.path(), &file, &text.stdout);
        let check = run(d.path(), &["check", &file, "--json"]).json();
        assert_eq!(check["warnings"], 0, "{name}");
        files.retain(|f| *f != file);
    }
    assert!(files.is_empty(), "not taught: {files:?}");
}

#[test]
fn a_lesson_says_where_the_theorem_holds_and_what_carries_it() {
    let d = directory();
    let lesson = run(d.path(), &["games", "fearon-1995"]);
    lesson.exits(0);
    lesson.says(&[
        "International Organization 49(3)",
        "It holds from precision 100 on; at 20 noise hides it.",
        "With private = 0 A knows the cost before it demands: then it does not hold.",
        "climbdown games fearon-1995 --text > my.crisis",
    ]);
    let json = run(d.path(), &["games", "fearon-1995", "--json"]).json();
    assert_eq!(json["holds_from"], 100.0);
    assert_eq!(json["holds_without"], false);
    assert_eq!(json["certified"], true);
    let rows = json["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 5);
    // What the table says is what the scenario gives, run like any other.
    let text = run(d.path(), &["games", "fearon-1995", "--text"]);
    let edited = text.stdout.replace(
        "parameter widest_cost = 0.05 .. 0.4 .. 0.6",
        "parameter widest_cost = 0.3",
    );
    assert_ne!(edited, text.stdout);
    write(d.path(), "my.crisis", &edited);
    let forecast = run(d.path(), &["forecast", "my.crisis", "--json"]).json();
    let war = forecast["classes"]["war"]
        .as_array()
        .expect("rounds")
        .last();
    let found = rows.iter().find(|r| r["value"] == 0.3).expect("a row");
    let last = found["played"].as_array().expect("numbers").last();
    let (a, b) = (war.and_then(Value::as_f64), last.and_then(Value::as_f64));
    assert!(
        (a.expect("war") - b.expect("played")).abs() < 1e-12,
        "{a:?} {b:?}"
    );
}

#[test]
fn a_wrong_name_is_answered_with_a_near_one() {
    let d = directory();
    let done = run(d.path(), &["games", "fearon95"]);
    done.exits(2);
    done.says(&[
        "there is no model `fearon95`",
        "`climbdown games` lists them",
    ]);
    assert!(
        done.stderr.contains("did you mean `fearon-199"),
        "{}",
        done.stderr
    );
    run(d.path(), &["games", "--text"]).exits(2);
}

/// Several equilibria of one crisis are said by `show` and `equilibria` while bluffing is cheap, and gone
/// where it is not: with a demand that few make and the target resists, beside the one that is played.
#[test]
fn cheap_bluffs_leave_several_equilibria() {
    let d = directory();
    let text = std::fs::read_to_string(shipped("games/audience.crisis")).expect("shipped");
    for (audience, several) in [
        (0.0, true),
        (0.3, true),
        (0.5, true),
        (1.0, false),
        (2.0, false),
    ] {
        write(
            d.path(),
            "a.crisis",
            &with(&text, &[("audience", audience)]),
        );
        let shown = run(d.path(), &["show", "a.crisis"]);
        let told = run(d.path(), &["equilibria", "a.crisis"]);
        let found = run(d.path(), &["equilibria", "a.crisis", "--json"]).json();
        let others = found["others"].as_array().expect("a list");
        assert_eq!(!others.is_empty(), several, "cost {audience}: {found}");
        assert_eq!(found["multiple"], others.len());
        assert_eq!(
            found["jumps"].as_array().expect("a list").len(),
            usize::from(several)
        );
        if !several {
            shown.says(&["a second solution at 0"]).exits(0);
            told.says(&["none was found"]).exits(0);
            continue;
        }
        shown
            .says(&["Other equilibria of one choice that were found, not played"])
            .says(&["play jumps between neighbouring beliefs at 1 place"])
            .exits(0);
        one_sentence(&shown.stdout, &shown.stderr, true);
        told.says(&["challenger resolved believed 59.7 %", "No search proves"])
            .exits(0);
        let played = run(d.path(), &["strategy", "a.crisis", "--json"]).json();
        let demand = |play: &Value| play["challenger.challenge"].as_f64().expect("a number");
        let [resolved, bluffing] =
            ["resolved", "bluffing"].map(|t| demand(&played["actors"]["challenger"][t]));
        assert!(resolved > 0.9 && bluffing > 0.9, "cost {audience}");
        let near = others.iter().min_by(|a, b| {
            let apart = |o: &Value| (o["belief"][0][0].as_f64().expect("a number") - 0.6).abs();
            apart(a).total_cmp(&apart(b))
        });
        let other = &near.expect("one")["strategies"][0];
        // The chance of the demand is the smaller one of a resolved challenger's two.
        let least = |t: usize| {
            let play = other[t].as_array().expect("moves").iter();
            play.filter_map(Value::as_f64).fold(1.0, f64::min)
        };
        assert!(
            least(0) < 0.05 && least(1) > 2.0 * least(0),
            "cost {audience}: {other}"
        );
    }
}

/// The warning and the certificate on the screen say the same of a jump: whether simulated paths come
/// to it, and what that means for the certificate.
fn one_sentence(stdout: &str, stderr: &str, certified: bool) {
    for text in [stdout, stderr] {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let away = "none of 200 simulated paths comes there, and away from there the solution is certified";
        let there = "of simulated paths come to one, so the solution is NOT certified";
        assert_eq!(text.contains(away), certified, "{text}");
        assert_eq!(text.contains(there), !certified, "{text}");
    }
}

/// On a coarse grid play jumps where the game starts; on a finer one only away from where it goes.
#[test]
fn a_jump_that_play_comes_to_is_not_certified() {
    let d = directory();
    let text = std::fs::read_to_string(shipped("textbook/kydd-2005.crisis")).expect("shipped");
    write(d.path(), "a.crisis", &with(&text, &[("precision", 10.0)]));
    let coarse = ["show", "a.crisis", "--belief-points", "9"];
    let shown = run(d.path(), &coarse);
    shown.says(&["100.0 % of simulated paths"]).exits(0);
    one_sentence(&shown.stdout, &shown.stderr, false);
    let json = run(
        d.path(),
        &["show", "a.crisis", "--belief-points", "9", "--json"],
    )
    .json();
    assert_eq!(json["certificates"]["certified"], false);
    let fine = run(d.path(), &["show", "a.crisis", "--belief-points", "33"]);
    fine.exits(0);
    one_sentence(&fine.stdout, &fine.stderr, true);
}
