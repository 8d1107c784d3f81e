//! `games`: the list, a lesson, the text, and what is said of wrong names.

use crate::support;

use serde_json::Value;
use support::{directory, run, shipped, write};

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
