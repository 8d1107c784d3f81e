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

/// Analyses that read one choice at a time read stationary play; what asks over the rounds of a plan does
/// not, and says so. Terms are for ever where 20 % a year are lost a year: of the plainest game, one
/// payment a week, they come to 1 / (1 − δ).
#[test]
fn analyses_read_stationary_play() {
    let d = directory();
    write(d.path(), "l.crisis", LASTING);
    for command in [&["why", "--quick"][..], &["dominance"], &["force", "--all"]] {
        let arguments: Vec<&str> = [command[0], "l.crisis"]
            .iter()
            .chain(&command[1..])
            .copied()
            .collect();
        run(d.path(), &arguments).exits(0);
    }
    let asked = [
        "assurance",
        "l.crisis",
        "--first",
        "a.push",
        "--struck-by",
        "b.hold",
    ];
    run(d.path(), &asked)
        .says(&["over the rounds of a plan", "foresight N rounds"])
        .exits(2);
    // Nothing that is done changes what is paid, but for a payment at once.
    let plain = "scenario \"Plain\"\n  round week\n  horizon 9 rounds\n  foresight unbounded\n  \
                 order a, events\n\nactor a\n  precision 1\n  discount 20% per year\n  \
                 payoff per week\n    rent: 3 if rung == low, 5 otherwise\n\nladder rung\n  levels low, high\n  \
                 start low\n\nmove a.stay\n\nmove a.climb\n  cost a: 0.5\n  outcome: rung up\n\n\
                 question high: rung == high within 2 rounds\n";
    write(d.path(), "p.crisis", plain);
    let found = run(d.path(), &["force", "p.crisis", "--futures", "0", "--json"]).json();
    let payer = &found["uses"][0]["types"][0]["payers"][0];
    let terms = payer["terms"].as_array().expect("terms");
    let part = |name: &str| {
        let term = terms.iter().find(|t| t["name"] == name);
        let term = term.unwrap_or_else(|| panic!("no {name} in {found}"));
        ["force", "alternative"].map(|k| term[k].as_f64().expect("a number"))
    };
    let week = 0.8_f64.powf(7.0 / 365.25);
    // Once high, always high; staying low now, it is climbed with the probability that is played.
    let high = 5.0 / (1.0 - week);
    assert!((part("rent")[0] - high).abs() < 1e-7 * high, "{found}");
    let sum: f64 = terms
        .iter()
        .map(|t| t["difference"].as_f64().expect("a number"))
        .sum();
    assert!((sum - payer["total"].as_f64().expect("a number")).abs() < 1e-7);
    let typed = SMALL
        .replace("foresight 3 rounds", "foresight unbounded")
        .replace("discount 10% per year", "discount 20% per week");
    write(d.path(), "t.crisis", &typed);
    run(d.path(), &["force", "t.crisis", "--belief-points", "3"])
        .says(&["without private types"])
        .exits(2);
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

/// The crisis without a last round, with a side of which it is not known whether it minds strikes.
fn typed() -> String {
    let text = LASTING.replace(
        "actor a\n",
        "actor a\n  type hard prior 40%\n  type soft otherwise\n",
    );
    text.replacen("strikes: -1 if", "strikes: (-1 if soft, 2 if hard) if", 1)
}

/// Types through everything that reads stationary play.
#[test]
fn types_in_play_for_ever() {
    let d = directory();
    write(d.path(), "t.crisis", &typed());
    run(d.path(), &["check", "t.crisis"])
        .says(&["rounds until they no longer differ", "at most"])
        .exits(0);
    let shown = run(d.path(), &["show", "t.crisis"]);
    shown.exits(0);
    shown.says(&[
        "stationary Markov logit play over beliefs",
        "rounds of ever longer foresight",
        "longer plans lead to it from close by",
        "certified",
    ]);
    let choice = run(
        d.path(),
        &["strategy", "t.crisis", "--at", "rung=tense", "--json"],
    );
    choice.exits(0);
    let forecast = run(d.path(), &["forecast", "t.crisis", "--json"]).json();
    let certificates = &forecast["certificates"];
    assert_eq!(certificates["certified"], true);
    assert_eq!(certificates["branch"]["branch"], "far_sighted");
    assert!(
        certificates["branch"]["residual"]
            .as_f64()
            .expect("a number")
            <= 1e-8
    );
    let calm = |forecast: &serde_json::Value| forecast["classes"]["calm"][26].as_f64();
    let exact = calm(&forecast).expect("a number");
    // Exact Bayes, drawn.
    let simulated = run(
        d.path(),
        &["simulate", "t.crisis", "--trajectories", "40000", "--json"],
    )
    .json();
    let drawn = calm(&simulated).expect("a number");
    let error = (exact * (1.0 - exact) / 40_000.0).sqrt();
    assert!(
        (drawn - exact).abs() < 4.0 * error,
        "{drawn} against {exact}"
    );
    // The game as JSON is the same game.
    run(
        d.path(),
        &["export", "t.crisis", "--to", "game", "-o", "t.json"],
    )
    .exits(0);
    let again = run(d.path(), &["forecast", "t.json", "--json"]).json();
    let again = calm(&again).expect("a number");
    assert!((again - exact).abs() < 1e-9, "{again} against {exact}");
    run(
        d.path(),
        &["export", "t.crisis", "--to", "drn", "-o", "t.drn"],
    )
    .exits(0);
}

/// Where a type is certain play is that of the game in which it is known; between, something is at stake
/// for both.
#[test]
fn known_types_are_no_types() {
    let d = directory();
    write(d.path(), "t.crisis", &typed());
    write(d.path(), "l.crisis", LASTING);
    let soft = |file: &str, belief: &[&str]| {
        let arguments = ["strategy", file, "--at", "rung=tense", "--json"];
        let arguments: Vec<&str> = arguments.iter().chain(belief).copied().collect();
        run(d.path(), &arguments).json().to_string()
    };
    let probability = |text: &str, of: &str| -> f64 {
        let json: serde_json::Value = serde_json::from_str(text).expect("JSON");
        let mut found = Vec::new();
        find(&json, of, &mut found);
        found[found.len() - 1]
    };
    let known = probability(&soft("l.crisis", &[]), "a.push");
    let certain = probability(&soft("t.crisis", &["--belief", "a.hard=0"]), "a.push");
    assert!((known - certain).abs() < 1e-8, "{known} against {certain}");
}

/// All numbers under a key, in order.
fn find(json: &serde_json::Value, key: &str, found: &mut Vec<f64>) {
    match json {
        serde_json::Value::Object(map) => {
            for (name, value) in map {
                match value.as_f64() {
                    Some(number) if name == key => found.push(number),
                    _ => find(value, key, found),
                }
            }
        }
        serde_json::Value::Array(list) => list.iter().for_each(|v| find(v, key, found)),
        _ => {}
    }
}

#[test]
fn what_types_cannot_do_and_undiscounted_play_are_refused() {
    let d = directory();
    write(d.path(), "t.crisis", &typed());
    run(d.path(), &["equilibria", "t.crisis"])
        .says(&["give every actor one type"])
        .exits(3);
    write(d.path(), "l.crisis", LASTING);
    run(
        d.path(),
        &["equilibria", "l.crisis", "--starts", "3", "--out", "found"],
    )
    .exits(0);
    let start = ["--start-from", "found/solution-1.json"];
    run(d.path(), &["show", "t.crisis", start[0], start[1]])
        .says(&["play depends on beliefs too"])
        .exits(3);
    // What goes on to differ is no result, and says how far it was.
    let patient = typed().replace("discount 20% per year", "discount 1% per year");
    write(d.path(), "p.crisis", &patient);
    run(d.path(), &["show", "p.crisis", "--belief-points", "9"])
        .says(&["still change", "foresight N rounds", "residual"])
        .exits(3);
    // What cannot be told is refused before anything is solved.
    run(d.path(), &["force", "p.crisis"])
        .says(&["without private types"])
        .exits(2);
    run(d.path(), &["credibility", "t.crisis"])
        .says(&["made for reputation"])
        .exits(0);
    write(
        d.path(),
        "u.crisis",
        &LASTING.replace("  discount 20% per year\n", ""),
    );
    run(d.path(), &["forecast", "u.crisis"])
        .says(&["give a discount factor below 1"])
        .exits(3);
}
