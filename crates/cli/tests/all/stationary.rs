//! `foresight unbounded` through the binary: the branch is named, others are found, starts are taken,
//! what cannot be is refused with what to do instead.

use crate::support;
use support::{LASTING, SMALL, directory, run, write};

#[test]
fn stationary_play_is_shown_and_forecast() {
    let d = directory();
    write(d.path(), "l.crisis", LASTING);
    let shown = run(d.path(), &["show", "l.crisis"]);
    shown.exits(0);
    shown.says(&[
        "stationary Markov logit play",
        "principal, followed from uniform play",
        "certified",
    ]);
    let forecast = run(d.path(), &["forecast", "l.crisis", "--json"]).json();
    let certificates = &forecast["certificates"];
    assert_eq!(certificates["certified"], true);
    assert_eq!(certificates["branch"]["branch"], "principal");
    let war = forecast["questions"]["war_26"]
        .as_array()
        .expect("by round");
    assert!(war[26].as_f64().expect("a number") > 0.0);
    // Forecast and simulation share nothing but the strategies.
    let simulated = run(
        d.path(),
        &["simulate", "l.crisis", "--trajectories", "100000", "--json"],
    )
    .json();
    let text = simulated.to_string();
    assert!(text.contains("war_26"), "{text}");
}

/// A longer look ahead comes to what those who look ahead for ever do.
#[test]
fn long_foresight_comes_to_unbounded_foresight() {
    let d = directory();
    let play = |foresight: &str| {
        let text = LASTING.replace("foresight unbounded", foresight);
        // Half a year counts little after so many years.
        let text = text.replace("discount 20% per year", "discount 90% per year");
        write(d.path(), "l.crisis", &text);
        let shown = run(d.path(), &["show", "l.crisis", "--json"]).json();
        let types = &shown["phases"][0]["strategies"]["rung=tense"];
        let own = types
            .as_object()
            .and_then(|t| t.values().next())
            .expect("one type");
        own["a.push"].as_f64().expect("a probability")
    };
    let forever = play("foresight unbounded");
    let far = play("foresight 700 rounds");
    let near = play("foresight 2 rounds");
    assert!((far - forever).abs() < 1e-9, "{far} against {forever}");
    assert!((near - forever).abs() > 1e-3, "{near} against {forever}");
}

#[test]
fn others_are_found_and_started_from() {
    let d = directory();
    write(d.path(), "l.crisis", LASTING);
    let found = run(
        d.path(),
        &[
            "equilibria",
            "l.crisis",
            "--starts",
            "40",
            "--forecast",
            "--out",
            "found",
            "--json",
        ],
    )
    .json();
    assert_eq!(found["index_sum"], 1);
    assert_eq!(found["solutions"][0]["principal"], true);
    let count = found["solutions"].as_array().expect("solutions").len();
    for k in 1..=count {
        let file = format!("found/solution-{k}.json");
        let shown = run(
            d.path(),
            &["show", "l.crisis", "--start-from", &file, "--json"],
        )
        .json();
        assert_eq!(shown["certificates"]["certified"], true);
        assert_eq!(shown["certificates"]["branch"]["branch"], "near_start");
        let moved = shown["certificates"]["branch"]["moved"]
            .as_f64()
            .expect("a number");
        assert!(moved < 1e-9, "{moved}");
        // What is said to follow from each solution is the forecast that starts from its file.
        let forecast = run(
            d.path(),
            &["forecast", "l.crisis", "--start-from", &file, "--json"],
        )
        .json();
        let measures = found["measures"].as_array().expect("measures");
        let leads_to = found["solutions"][k - 1]["leads_to"]
            .as_array()
            .expect("probabilities");
        assert!(!measures.is_empty());
        assert_eq!(measures.len(), leads_to.len());
        for (measure, probability) in measures.iter().zip(leads_to) {
            let of = if measure["question"] == true {
                "questions"
            } else {
                "classes"
            };
            let name = measure["name"].as_str().expect("a name");
            let round = measure["round"].as_u64().expect("a round") as usize;
            let said = probability.as_f64().expect("a number");
            let forecast = forecast[of][name][round].as_f64().expect("a number");
            assert!(
                (said - forecast).abs() < 1e-9,
                "{name}: {said} against {forecast}"
            );
        }
    }
    write(d.path(), "small.crisis", SMALL);
    run(
        d.path(),
        &[
            "show",
            "small.crisis",
            "--start-from",
            "found/solution-1.json",
        ],
    )
    .says(&["is for `foresight unbounded`"])
    .exits(2);
    run(d.path(), &["equilibria", "small.crisis"])
        .says(&["none was found"])
        .exits(0);
    run(d.path(), &["equilibria", "small.crisis", "--out", "none"])
        .says(&["--out is for `foresight unbounded`"])
        .exits(2);
    run(d.path(), &["equilibria", "small.crisis", "--forecast"])
        .says(&["--forecast is for `foresight unbounded`"])
        .exits(2);
    let other = LASTING.replace("a.push", "a.shove");
    write(d.path(), "other.crisis", &other);
    run(
        d.path(),
        &[
            "show",
            "other.crisis",
            "--start-from",
            "found/solution-1.json",
        ],
    )
    .says(&["is not of this game"])
    .exits(3);
    run(
        d.path(),
        &["show", "l.crisis", "--start-from", "nowhere.json"],
    )
    .exits(2);
}

#[test]
fn types_and_undiscounted_play_are_refused() {
    let d = directory();
    let typed = LASTING.replace(
        "actor a\n",
        "actor a\n  type hard prior 50%\n  type soft otherwise\n",
    );
    write(d.path(), "t.crisis", &typed);
    run(d.path(), &["forecast", "t.crisis"])
        .says(&["give every actor one type"])
        .exits(3);
    write(
        d.path(),
        "u.crisis",
        &LASTING.replace("  discount 20% per year\n", ""),
    );
    run(d.path(), &["forecast", "u.crisis"])
        .says(&["give a discount factor below 1"])
        .exits(3);
    run(d.path(), &["check", "t.crisis"])
        .says(&["with private types"])
        .exits(0);
}
