//! `new` and `diff`, through the binary.

use crate::support;

use serde_json::Value;
use support::{SMALL, directory, run, write};

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

#[test]
fn the_template_checks_clean_and_runs() {
    let d = directory();
    run(d.path(), &["new", "my"]).exits(0);
    let text = std::fs::read_to_string(d.path().join("my.crisis")).expect("written");
    assert_eq!(run(d.path(), &["new"]).exits(0), text);
    let checked = run(d.path(), &["check", "my.crisis", "--json"]).json();
    assert_eq!(
        (&checked["errors"], &checked["warnings"]),
        (&0.into(), &0.into()),
        "{checked}"
    );
    assert_eq!(run(d.path(), &["fmt", "--check", "my.crisis"]).code, 0);
    let forecast = run(d.path(), &["forecast", "my.crisis", "--json"]).json();
    let war = number(&forecast["classes"]["war"][26]);
    assert!((0.01..0.99).contains(&war), "{war}");
    // It is never overwritten.
    let again = run(d.path(), &["new", "my.crisis"]);
    again.exits(4);
    again.says(&["exists"]);
}

#[test]
fn files_that_say_the_same_do_not_differ() {
    let d = directory();
    write(d.path(), "old.crisis", SMALL);
    // Comments, blanks and line breaks are no meaning.
    let laid = SMALL
        .replace("actor us", "# a note\n\n\nactor us")
        .replace("rung up", "rung   up");
    write(d.path(), "new.crisis", &laid);
    assert_eq!(
        run(d.path(), &["diff", "old.crisis", "new.crisis"]).exits(0),
        "Nothing changed.\n"
    );
    let json = run(d.path(), &["diff", "old.crisis", "new.crisis", "--json"]).json();
    assert_eq!(json["changes"], serde_json::json!([]));
}

#[test]
fn contributions_name_the_changes_and_add_up() {
    let d = directory();
    write(d.path(), "old.crisis", SMALL);
    let new = SMALL
        .replace("cost_of_war = 8", "cost_of_war = 5")
        .replace("rate 1 per year", "rate 6 per year")
        .replace("type hard prior 60%", "type hard prior 30%")
        .replace(
            "question clash_2 \"A clash within 2 weeks\"",
            "question clash_2 \"A clash in 2 weeks\"",
        );
    write(d.path(), "new.crisis", &new);
    let json = run(d.path(), &["diff", "old.crisis", "new.crisis", "--json"]).json();
    let changes = json["changes"].as_array().expect("changes");
    let names: Vec<&str> = changes
        .iter()
        .map(|c| c["what"].as_str().expect("a name"))
        .collect();
    assert_eq!(
        names,
        [
            "parameter cost_of_war",
            "actor iran",
            "trigger overreach",
            "question clash_2"
        ]
    );
    let how = changes[0]["how"][0].as_str().expect("words");
    assert!(how.contains("= 8` became") && how.contains("= 5`"), "{how}");
    assert_eq!(changes[0]["through"][0], "end war");
    for n in json["numbers"].as_array().expect("numbers") {
        let parts: Vec<f64> = n["contributions"]
            .as_array()
            .expect("parts")
            .iter()
            .map(number)
            .collect();
        let moved = number(&n["after"]) - number(&n["before"]);
        assert!((parts.iter().sum::<f64>() - moved).abs() < 1e-12, "{n}");
        // A title moves nothing.
        assert!(parts[3].abs() < 1e-15, "{n}");
    }
    let war = &json["numbers"][0];
    assert_eq!(war["name"], "war");
    assert!(
        number(&war["contributions"][2]).abs() > 1e-4,
        "accidents matter: {war}"
    );
    let done = run(d.path(), &["diff", "old.crisis", "new.crisis"]);
    done.exits(0);
    done.says(&[
        "What changed",
        "What moved",
        "trigger overreach",
        "works through end war",
    ]);
    // On the screen the numbers that moved most have room, whichever they are.
    let numbers = json["numbers"].as_array().expect("numbers");
    let by = |n: &Value| (number(&n["after"]) - number(&n["before"])).abs();
    let mut order: Vec<&Value> = numbers.iter().collect();
    order.sort_by(|a, b| by(b).total_cmp(&by(a)));
    assert!(order.len() == 5 && by(order[4]) > 5e-5);
    let (_, table) = done.stdout.split_once("Which change").expect("a table");
    let head = table.lines().nth(1).expect("a head");
    let named = |n: &Value| head.contains(n["name"].as_str().expect("a name"));
    assert!(order[..4].iter().all(|n| named(n)), "{head}");
    done.says(&["The 4 of 5 numbers that moved most; --json has them all."]);
}

/// Moves, triggers, ends and outcome classes have an order.
#[test]
fn another_order_is_a_change() {
    let d = directory();
    write(d.path(), "old.crisis", SMALL);
    let hold = "move us.hold \"Hold\"\n\n";
    let moved = SMALL
        .replace(hold, "")
        .replace("move iran.wait", &format!("{hold}move iran.wait"));
    write(d.path(), "new.crisis", &moved);
    let json = run(d.path(), &["diff", "old.crisis", "new.crisis", "--json"]).json();
    assert_eq!(json["changes"][0]["what"], "order", "{json}");
    let war = "  war \"War\": ever rung == war\n";
    let clash = "  clash \"Clashes go on\": rung == clash at end\n";
    let swapped = SMALL.replace(&format!("{war}{clash}"), &format!("{clash}{war}"));
    write(d.path(), "new.crisis", &swapped);
    let json = run(d.path(), &["diff", "old.crisis", "new.crisis", "--json"]).json();
    assert_eq!(json["changes"][0]["what"], "outcomes", "{json}");
}

/// A change that is not sound alone contributes together with what makes it so.
#[test]
fn changes_that_need_each_other_still_add_up() {
    let d = directory();
    write(d.path(), "old.crisis", SMALL);
    let new = SMALL.replace(
        "actor us \"",
        "variable talks\n  levels none, open\n  start none\n\nmove us.talk\n  when talks == none\n  outcome: talks to open; rung to calm\n\nactor us \"",
    );
    write(d.path(), "new.crisis", &new);
    let json = run(d.path(), &["diff", "old.crisis", "new.crisis", "--json"]).json();
    assert_eq!(json["changes"].as_array().map(Vec::len), Some(2), "{json}");
    let mut any = 0.0f64;
    for n in json["numbers"].as_array().expect("numbers") {
        let sum: f64 = n["contributions"]
            .as_array()
            .expect("parts")
            .iter()
            .map(number)
            .sum();
        let moved = number(&n["after"]) - number(&n["before"]);
        assert!((sum - moved).abs() < 1e-12, "{n}");
        any = any.max(moved.abs());
    }
    assert!(any > 1e-4);
}

#[test]
fn what_cannot_be_compared_is_said() {
    let d = directory();
    write(d.path(), "old.crisis", SMALL);
    write(d.path(), "bad.crisis", "scenario \"Bad\"\n");
    assert_eq!(run(d.path(), &["diff", "old.crisis", "bad.crisis"]).code, 1);
    assert_eq!(
        run(d.path(), &["diff", "old.crisis", "none.crisis"]).code,
        4
    );
    assert_eq!(run(d.path(), &["diff", "old.crisis"]).code, 2);
}
