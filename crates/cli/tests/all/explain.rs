//! `explain`, through the binary.

use crate::support;

use support::{SMALL, directory, run, shipped, small, write};

#[test]
fn everything_that_counts_is_said() {
    let d = directory();
    small(d.path());
    let done = run(d.path(), &["explain", "small.crisis"]);
    done.exits(0);
    done.says(&[
        "In each round United States may act, then Iran may act, then things happen",
        "What only Iran knows is whether it is hard with probability 0.6 or soft otherwise",
        "United States may when Use of force (rung) is below “War”: Strike (us.strike)",
        "it costs United States 0.5 if United States is resolved, else 2.5",
        "with probability 0.3 Use of force (rung) goes to “War”; otherwise",
        "It looks as if Iran had done “Harass shipping”",
        "The crisis ends as War (war) when Use of force (rung) is at “War”",
        "The outcome is War (war), if at some time in 6 rounds",
        "In all other cases the outcome is Calm (calm)",
        "It is settled by: a war is declared",
        "cost_of_war is 8: what war costs either side (test)",
    ]);
    // Every declared name is there.
    let text = done.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for name in [
        "us.hold",
        "us.strike",
        "iran.wait",
        "iran.harass",
        "overreach",
        "resolved_prior",
    ] {
        assert!(text.contains(name), "{name} is missing");
    }
}

/// What is said follows the file.
#[test]
fn a_change_of_the_file_changes_what_is_said() {
    let d = directory();
    let said = |text: &str| {
        write(d.path(), "x.crisis", text);
        run(d.path(), &["explain", "x.crisis"]).exits(0).to_owned()
    };
    let base = said(SMALL);
    for (old, new) in [
        ("prior 60%", "prior 61%"),
        ("outcome 30%: rung to war", "outcome 31%: rung to war"),
        ("rate 1 per year", "rate 2 per year"),
        ("start calm", "start clash"),
        ("ever rung == war", "ever rung >= clash"),
        ("within 2 rounds", "within 3 rounds"),
        ("cost_of_war = 8", "cost_of_war = 9"),
    ] {
        assert_ne!(base, said(&SMALL.replacen(old, new, 1)), "{old}");
    }
}

#[test]
fn the_checked_scenario_is_given_as_data() {
    let d = directory();
    let file = shipped("us-iran-2026-05-11.crisis");
    let file = file.to_str().expect("a path");
    let json = run(d.path(), &["explain", file, "--json"]).json();
    assert_eq!(json["format"], "climbdown-scenario/1");
    assert!(
        json["scenario"]["moves"]
            .as_array()
            .is_some_and(|m| m.len() > 5)
    );
    assert!(json["text"].as_array().is_some_and(|t| t.len() > 6));
    write(d.path(), "bad.crisis", "scenario \"Bad\"\n");
    assert_eq!(run(d.path(), &["explain", "bad.crisis"]).code, 1);
    assert_eq!(run(d.path(), &["explain", "none.crisis"]).code, 4);
}

/// The exchange format is published: every key that is written is in its description.
#[test]
fn every_key_of_the_scenario_as_data_is_described() {
    let d = directory();
    small(d.path());
    let record = run(d.path(), &["explain", "small.crisis", "--json"]).json();
    let page = std::fs::read_to_string(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/exchange.md"),
    )
    .expect("the page");
    let begin = page.find("## climbdown-scenario/1").expect("the section");
    let section = &page[begin..];
    let section = &section[..section.find("## Gambit").expect("the next section")];
    let scenario = &record["scenario"];
    let firsts =
        ["parameters", "variables", "moves", "triggers", "actors"].map(|list| &scenario[list][0]);
    let effect = &scenario["moves"][1]["outcomes"][0]["effects"][0];
    let outcome = &scenario["moves"][1]["outcomes"][0];
    let kind = &scenario["actors"][0]["types"][0];
    let mut keys = 0;
    for object in [&record, scenario, effect, outcome, kind]
        .into_iter()
        .chain(firsts)
    {
        for key in object.as_object().expect("an object").keys() {
            keys += 1;
            let named = [format!("\"{key}\""), format!("`{key}`")];
            assert!(named.iter().any(|n| section.contains(n)), "{key}: {object}");
        }
    }
    assert!(keys > 80, "{keys}");
    assert_eq!(scenario["as_of"], "2026-05-11");
    assert_eq!(scenario["foresight"], serde_json::json!({"rounds": 3}));
    assert_eq!(
        scenario["order"],
        serde_json::json!([{"move": [0]}, {"move": [1]}, "events"])
    );
    assert_eq!(effect["change"], serde_json::json!({"to": 2}));
}
