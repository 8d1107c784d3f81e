//! `compare`: policies from the command line, in words and as JSON.

use crate::support;

use serde_json::Value;
use support::{SMALL, directory, run, write};

fn ranged() -> String {
    SMALL
        .replace("cost_of_war = 8", "cost_of_war = 4 .. 8 .. 16")
        .replace("resolved_prior = 55%", "resolved_prior = 35% .. 55% .. 75%")
}

#[test]
fn policies_stand_side_by_side() {
    let d = directory();
    write(d.path(), "ranged.crisis", &ranged());
    let done = run(
        d.path(),
        &[
            "compare",
            "ranged.crisis",
            "--policy",
            "dread: cost_of_war=12",
        ],
    );
    done.exits(0);
    done.says(&[
        "War within 6 weeks, by policy",
        "in the same futures, 64 drawn and 64 solved under every policy",
        "dread: not the best in 12 % of futures, above all where cost_of_war is above",
        "never added across actors",
    ]);
    assert!(
        done.stdout.lines().all(|line| line.chars().count() <= 80),
        "{}",
        done.stdout
    );
}

#[test]
fn the_json_pairs_a_policy_that_changes_nothing_with_exact_zeros() {
    let d = directory();
    // Without ranges the policy sets the parameter to what it is.
    write(d.path(), "ranged.crisis", &ranged());
    let arguments = [
        "compare",
        "ranged.crisis",
        "--json",
        "--futures",
        "8",
        "--policy",
    ];
    let record = run(d.path(), &[&arguments[..], &["idle:"]].concat()).json();
    assert_eq!(record["format"], "climbdown-comparison/1");
    assert_eq!(record["drawn"], 8);
    let idle = &record["policies"][1];
    assert_eq!(idle["inert"], true);
    for m in idle["measures"].as_array().expect("a list") {
        assert_eq!(m["change"]["least"], 0.0);
        assert_eq!(m["change"]["most"], 0.0);
    }
    let done = run(
        d.path(),
        &[
            "compare",
            "ranged.crisis",
            "--futures",
            "8",
            "--policy",
            "idle:",
        ],
    );
    done.says(&["Inert: `idle` changes no reported number."]);
    // Switching the accident off is no idle thing.
    let quiet = run(
        d.path(),
        &[&arguments[..], &["quiet: no overreach"]].concat(),
    )
    .json();
    assert_eq!(quiet["policies"][1]["inert"], false);
}

#[test]
fn another_criterion_and_another_bound_can_be_asked_for() {
    let d = directory();
    write(d.path(), "ranged.crisis", &ranged());
    let record = run(
        d.path(),
        &[
            "compare",
            "ranged.crisis",
            "--json",
            "--futures",
            "8",
            "--policy",
            "dread: cost_of_war=12",
            "--by",
            "calm",
            "--more",
            "--good-enough",
            "10%",
        ],
    )
    .json();
    assert_eq!(record["rankings"][0]["criterion"]["kind"], "more");
    assert_eq!(record["rankings"][0]["criterion"]["measure"], "calm");
    assert_eq!(record["satisficing"]["bound"], Value::from(0.1));
    let actors: Vec<&Value> = record["rankings"].as_array().expect("a list")[1..]
        .iter()
        .map(|r| &r["criterion"]["actor"])
        .collect();
    assert_eq!(actors, ["us", "iran"]);
}

#[test]
fn what_cannot_be_compared_is_said() {
    let d = directory();
    write(d.path(), "small.crisis", SMALL);
    for (policy, said) in [
        ("no colon", "expected NAME: CHANGE"),
        ("as_written: no us.strike", "other than `as_written`"),
        ("p: no us.strik", "there is no move or trigger `us.strik`"),
        ("p: cost_of_wars=3", "did you mean `cost_of_war`?"),
        ("p: cost_of_war=many", "`many` is no number"),
        ("p: cost_of_war=inf", "`inf` is no number"),
        ("p: cost_of_war", "neither PARAMETER=VALUE nor `no MOVE`"),
    ] {
        let done = run(d.path(), &["compare", "small.crisis", "--policy", policy]);
        done.exits(2);
        done.says(&[said]);
    }
    let none = run(d.path(), &["compare", "small.crisis"]);
    none.exits(2);
    none.says(&["there is nothing to compare"]);
    let twice = [
        "compare",
        "small.crisis",
        "--policy",
        "p:",
        "--policy",
        "p:",
    ];
    run(d.path(), &twice).exits(2);
    let by = ["compare", "small.crisis", "--policy", "p:", "--by", "peace"];
    let done = run(d.path(), &by);
    done.exits(2);
    done.says(&["expected one of war, clash, calm, war_6 and clash_2"]);
}

#[test]
fn a_policy_under_which_nobody_can_move_is_told_as_unsolved() {
    let d = directory();
    write(d.path(), "small.crisis", SMALL);
    let policy = "mute: no us.hold, no us.strike";
    let done = run(d.path(), &["compare", "small.crisis", "--policy", policy]);
    done.exits(0);
    done.says(&["unsolved", "leaves `us` no move"]);
}

#[test]
fn a_mindset_is_compared_beside_policies() {
    let d = directory();
    let text = ranged()
        + r#"
policy restraint "Restraint"
  without us.strike

mindset us.cautious "War is dreaded"
  cost_of_war = 12

mindset iran.same "As it is"
  precision times 1
"#;
    write(d.path(), "minds.crisis", &text);
    let compare = |more: &[&str]| {
        let arguments = ["compare", "minds.crisis", "--futures", "4"];
        run(d.path(), &[&arguments[..], more].concat())
    };
    let record = compare(&[
        "--mindset",
        "us.cautious",
        "--mindset",
        "iran.same",
        "--json",
    ])
    .json();
    let names: Vec<&str> = record["policies"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|p| p["name"].as_str())
        .collect();
    assert_eq!(
        names,
        ["as_written", "restraint", "us.cautious", "iran.same"]
    );
    assert_eq!(record["policies"][2]["inert"], false);
    assert_eq!(record["policies"][3]["inert"], true);
    // The same change as a policy gives the same numbers.
    let policy = compare(&["--policy", "cautious: cost_of_war=12", "--json"]).json();
    assert_eq!(
        record["policies"][2]["measures"],
        policy["policies"][2]["measures"]
    );
    let done = compare(&["--mindset", "us.hawkish"]);
    done.exits(2);
    done.says(&["--mindset us.hawkish: there are us.cautious and iran.same"]);
    compare(&["--mindset", "us.cautious", "--mindset", "us.cautious"]).exits(2);
}

#[test]
fn declared_policies_and_structures_reach_run_and_compare() {
    let d = directory();
    let text = ranged()
        + r#"
policy restraint "Restraint"
  without us.strike
  cost us: 0.5

structure pace
  alternative as_written weight 50%
  alternative grave otherwise
    cost_of_war times 2
"#;
    write(d.path(), "declared.crisis", &text);
    let record = run(
        d.path(),
        &["compare", "declared.crisis", "--json", "--futures", "8"],
    )
    .json();
    let restraint = &record["policies"][1];
    assert_eq!(
        (&restraint["name"], &restraint["inert"]),
        (&"restraint".into(), &false.into())
    );
    let payoffs = restraint["payoffs"].as_array().expect("a list");
    let once = payoffs
        .iter()
        .find(|p| p["term"] == "policy")
        .expect("paid once");
    assert_eq!(
        (&once["actor"], &once["central"]),
        (&"us".into(), &Value::from(-0.5))
    );
    let arguments = [
        "run",
        "declared.crisis",
        "--out",
        "o",
        "--trajectories",
        "100",
        "--json",
    ];
    let record = run(d.path(), &arguments).json();
    assert_eq!(record["range"]["structures"], 1);
    let analyses = std::fs::read_to_string(d.path().join("o/analyses.json")).expect("written");
    let analyses: Value = serde_json::from_str(&analyses).expect("JSON");
    assert_eq!(analyses["compare"]["drawn"], 8);
    assert_eq!(analyses["compare"]["policies"][1]["name"], "restraint");
}
