//! Fronts, drifts, coalitions, payers and policies, held to what the mechanisms say over ranges of
//! values, on the shipped games.

use crate::compile_support;

use climbdown_engine::analyse::variation::Variation;
use climbdown_engine::compile::{Options, compile};
use climbdown_engine::forecast::{self, Forecast};
use climbdown_engine::solve::{self, Silent};
use climbdown_lang::Scenario;
use compile_support::scenario;

const FRONTS: &str = include_str!("../../../../scenarios/games/fronts.crisis");
const ATTRITION: &str = include_str!("../../../../scenarios/games/attrition.crisis");
const COALITION: &str = include_str!("../../../../scenarios/games/coalition.crisis");
const HOTLINE: &str = include_str!("../../../../scenarios/games/hotline.crisis");

fn forecast(scenario: &Scenario) -> Forecast {
    let game = compile(scenario, &Options::default())
        .unwrap_or_else(|e| panic!("{:?}", e.diagnostics()))
        .game;
    let options = solve::Options {
        belief_points: 17,
        ..solve::Options::default()
    };
    let solution = solve::solve(&game, &options, &Silent).expect("solves");
    forecast::forecast(&game, &solution, &forecast::Options::default(), &Silent).expect("forecasts")
}

/// The forecast of a text in which each of `edits` is made; each must apply.
fn edited(text: &str, edits: &[(&str, &str)]) -> Forecast {
    let mut text = text.to_owned();
    for (from, to) in edits {
        assert!(text.contains(from), "`{from}` is not there");
        text = text.replacen(from, to, 1);
    }
    forecast(&scenario(&text))
}

/// With a parameter at `value`.
fn at(text: &str, parameter: &str, value: f64) -> Forecast {
    let line = text
        .lines()
        .find(|l| l.starts_with(&format!("parameter {parameter} = ")))
        .expect("declared");
    edited(text, &[(line, &format!("parameter {parameter} = {value}"))])
}

fn class(forecast: &Forecast, name: &str) -> f64 {
    let found = forecast.classes.iter().find(|c| c.name == name);
    *found
        .unwrap_or_else(|| panic!("no class {name}"))
        .probability
        .last()
        .expect("rounds")
}

fn question(forecast: &Forecast, name: &str) -> f64 {
    let found = forecast.questions.iter().find(|c| c.name == name);
    *found
        .unwrap_or_else(|| panic!("no question {name}"))
        .probability
        .last()
        .expect("rounds")
}

/// Share of a level, averaged over the rounds.
fn share(forecast: &Forecast, variable: &str, level: &str) -> f64 {
    let mut found = forecast.occupancy.iter();
    let found = found.find(|o| o.variable == variable && o.level == level);
    let share = &found
        .unwrap_or_else(|| panic!("no {variable}={level}"))
        .share;
    share.iter().sum::<f64>() / share.len() as f64
}

fn term(forecast: &Forecast, actor: &str, name: &str) -> f64 {
    let mut found = forecast.terms.iter();
    let found = found.find(|t| t.actor == actor && t.name == name);
    found
        .unwrap_or_else(|| panic!("{actor} has no {name}"))
        .value
}

/// Each is above the one before by more than `least`.
fn rises(values: &[f64], least: f64) {
    assert!(
        values.windows(2).all(|w| w[1] - w[0] > least),
        "does not rise: {values:?}"
    );
}

// -------------------------------------------------------------------------------------------------
// Fronts
// -------------------------------------------------------------------------------------------------

#[test]
fn without_ignition_the_crisis_is_bilateral() {
    // The same without fronts at all; rockets come from three quiet ones.
    let bilateral = edited(
        FRONTS,
        &[
            (
                "front friends \"Red's friends\" of 3\n  ignites ignition after blue.strike\n  obeys obedience after red.cease\n  dies down 4 per year\n",
                "",
            ),
            ("    fronts: -front_cost * number(friends)\n", ""),
            (
                "  by friends: quiet 1 per year, lit 20 per year\n",
                "  rate 3 per year\n",
            ),
            (
                "  ablaze \"All fronts lit at once\": ever friends == lit_3\n",
                "",
            ),
            (
                "question one \"A front is lit\": friends >= lit_1 within 26 rounds\n  resolves \"by reading the state\"\n",
                "",
            ),
            (
                "question all \"All fronts are lit\": ablaze\n  resolves \"by reading the state\"\n",
                "",
            ),
        ],
    );
    let off = at(FRONTS, "ignition", 0.0);
    assert_eq!(question(&off, "one"), 0.0);
    assert!(class(&off, "force") > 0.1);
    for name in ["force", "quiet"] {
        assert_eq!(class(&off, name), class(&bilateral, name), "{name}");
    }
    for level in ["calm", "incident", "strikes"] {
        assert_eq!(share(&off, "rung", level), share(&bilateral, "rung", level));
    }
    assert_eq!(off.beliefs, bilateral.beliefs);
    // And on, it is another one.
    let on = at(FRONTS, "ignition", 0.3);
    assert!((share(&on, "rung", "strikes") - share(&off, "rung", "strikes")).abs() > 0.01);
}

#[test]
fn the_more_fronts_catch_fire_the_more_burn_and_the_less_is_struck() {
    let by: Vec<Forecast> = [0.0, 0.1, 0.3, 0.6]
        .into_iter()
        .map(|p| at(FRONTS, "ignition", p))
        .collect();
    // Strategic depth deters: Blue strikes less in the first round, the more may join.
    let first: Vec<f64> = by
        .iter()
        .map(|f| {
            let mut found = f.occupancy.iter();
            let found = found.find(|o| o.variable == "rung" && o.level == "strikes");
            -found.expect("the rung").share[1]
        })
        .collect();
    rises(&first, 1e-3);
    let all: Vec<f64> = by[..3].iter().map(|f| question(f, "all")).collect();
    rises(&all, 1e-3);
}

#[test]
fn each_front_catches_fire_by_itself() {
    // One use of force that all see coming and nothing else: the number lit is binomial.
    for p in [0.0, 0.2, 0.5, 1.0] {
        let lit = edited(
            FRONTS,
            &[
                (
                    "parameter ignition = 0.3",
                    &format!("parameter ignition = {p}"),
                ),
                ("move blue.hold\n\n", ""),
                ("  when rung >= incident\n  cost blue: 0.5\n", ""),
                ("  dies down 4 per year\n", ""),
                ("  horizon 26", "  horizon 1"),
                ("outcomes within 26", "outcomes within 1"),
                (
                    "within 26 rounds\n  resolves",
                    "within 1 rounds\n  resolves",
                ),
                (
                    "move red.cease \"Cease fire\"\n  when rung >= incident\n",
                    "move red.cease \"Cease fire\"\n  when rung > strikes\n",
                ),
            ],
        );
        let q = 1.0 - p;
        let binomial = [q * q * q, 3.0 * p * q * q, 3.0 * p * p * q, p * p * p];
        for (k, level) in ["quiet", "lit_1", "lit_2", "lit_3"].iter().enumerate() {
            let mut found = lit.occupancy.iter();
            let found = found.find(|o| o.variable == "friends" && o.level == *level);
            let share = found.expect("a level").share[1];
            assert!((share - binomial[k]).abs() < 1e-12, "{p}: {level} {share}");
        }
    }
}

#[test]
fn fronts_that_obey_burn_less_and_deter_less() {
    // Where Blue does not fear the fronts, what it does hardly hangs on whether they obey.
    let fearless = FRONTS.replace("front_cost = 0.8", "front_cost = 0");
    let obedience = [0.0, 0.3, 0.6, 0.9];
    let quiet = |text: &str| -> Vec<f64> {
        let by = obedience.into_iter();
        by.map(|p| share(&at(text, "obedience", p), "friends", "quiet"))
            .collect()
    };
    rises(&quiet(&fearless), 1e-3);
    // Where it does, obedient fronts deter it less, and more burns in the end.
    let deterred: Vec<f64> = quiet(FRONTS).into_iter().map(|q| -q).collect();
    rises(&deterred, 1e-3);
}

// -------------------------------------------------------------------------------------------------
// Drifts: the attrition race
// -------------------------------------------------------------------------------------------------

#[test]
fn elite_capture_prolongs_survival_though_output_falls() {
    let by: Vec<Forecast> = [0.0, 0.2, 0.4, 0.6, 0.8]
        .into_iter()
        .map(|c| at(ATTRITION, "capture", c))
        .collect();
    let survival: Vec<f64> = by.iter().map(|f| 1.0 - class(f, "revolt")).collect();
    rises(&survival, 1e-3);
    // Among regimes that do not concede, so that nothing but capture tells them apart.
    let stubborn: Vec<Forecast> = [0.0, 0.2, 0.4, 0.6, 0.8]
        .into_iter()
        .map(|c| {
            let text = ATTRITION.replace("cost regime: 17", "cost regime: 200");
            at(&text, "capture", c)
        })
        .collect();
    let survival: Vec<f64> = stubborn.iter().map(|f| 1.0 - class(f, "revolt")).collect();
    rises(&survival, 1e-3);
    // Of the crises that go on.
    let ruined: Vec<f64> = stubborn
        .iter()
        .map(|f| {
            let alive = |level: &str| {
                let mut found = f.occupancy.iter();
                let found = found.find(|o| o.variable == "output" && o.level == level);
                found.expect("a level").share[12]
            };
            alive("ruined")
        })
        .collect();
    rises(&ruined, 1e-3);
}

#[test]
fn trade_partners_cut_the_cost() {
    let by = |text: &str| -> Vec<Forecast> {
        let shares = [0.0, 0.3, 0.6, 0.9].into_iter();
        shares.map(|p| at(text, "partners", p)).collect()
    };
    // Of a regime that does not concede: one that does has no cost left to cut.
    let stubborn = by(&ATTRITION.replace("cost regime: 17", "cost regime: 200"));
    let cost: Vec<f64> = stubborn
        .iter()
        .map(|f| term(f, "regime", "trade") + term(f, "regime", "output"))
        .collect();
    rises(&cost, 0.1);
    let free = by(ATTRITION);
    let resisted: Vec<f64> = free.iter().map(|f| -class(f, "concession")).collect();
    rises(&resisted, 0.0);
    assert!(resisted[3] - resisted[0] > 0.1, "{resisted:?}");
}

#[test]
fn a_drift_moves_as_often_as_its_rates_say() {
    // Nothing but the fall of output, a level at a time, in a crisis in which nobody concedes.
    for rate in [0.25, 1.0, 3.0] {
        let f = edited(
            ATTRITION,
            &[
                (
                    "  down (0.5 per year + 2 per year * squeeze) * (1 + capture)\n  up 1.5 per year * (1 - squeeze)\n",
                    &format!("  down {rate} per year when channel == closed\n"),
                ),
                (
                    "  when channel == closed\n  cost regime",
                    "  when channel == settled\n  cost regime",
                ),
                (
                    "  levels revolt \"Revolt\", strained",
                    "  levels over, revolt \"Revolt\", strained",
                ),
                (
                    "when order_at_home == revolt\n",
                    "when order_at_home == over\n",
                ),
                ("  down (1.2 per year if", "  down (0 * 1.2 per year if"),
                ("(1 - capture)\n", "0\n"),
                ("  start holding", "  start consolidated"),
            ],
        );
        let mut found = f.occupancy.iter();
        let found = found.find(|o| o.variable == "output" && o.level == "usual");
        let usual = &found.expect("a level").share;
        for (month, share) in usual.iter().enumerate() {
            let wanted = (-rate * month as f64 / 12.0).exp();
            assert!(
                (share - wanted).abs() < 1e-12,
                "{rate}, month {month}: {share}"
            );
        }
    }
}

// -------------------------------------------------------------------------------------------------
// Coalitions
// -------------------------------------------------------------------------------------------------

#[test]
fn wedges_lower_legitimacy() {
    let by: Vec<Forecast> = [0.0, 0.1, 0.3, 0.6, 1.0]
        .into_iter()
        .map(|p| at(COALITION, "wedge", p))
        .collect();
    // Nothing else splits this coalition.
    assert!((share(&by[0], "west", "united") - 1.0).abs() < 1e-12);
    assert_eq!(question(&by[0], "split"), 0.0);
    let legitimacy: Vec<f64> = by
        .iter()
        .map(|f| -(share(f, "west", "united") + 0.5 * share(f, "west", "strained")))
        .collect();
    rises(&legitimacy, 1e-2);
    // What the leader's standing is worth follows it.
    let standing: Vec<f64> = by.iter().map(|f| -term(f, "leader", "standing")).collect();
    rises(&standing, 1e-2);
}

#[test]
fn allies_bear_their_share_while_they_hang_together() {
    // Without wedges it is united for good: shares are what is declared.
    for share in [0.0, 0.25, 0.5, 1.0] {
        let text = COALITION.replace("parameter wedge = 0.3", "parameter wedge = 0");
        // Payments at the same rounds; equal discounting tells the shares.
        let text = text.replace(
            "payer allies \"The allies\"\n",
            "payer allies \"The allies\"\n  discount 10% per year\n",
        );
        let f = at(&text, "share", share);
        let (leader, allies) = (term(&f, "leader", "moves"), term(&f, "allies", "moves"));
        assert!(leader + allies < -0.1);
        assert!(
            (allies - share * (leader + allies)).abs() < 1e-12,
            "{share}"
        );
    }
    // A coalition that is split leaves the leader alone.
    let split = edited(
        COALITION,
        &[
            ("  start united", "  start split"),
            ("  mends 0.5 per year\n", ""),
        ],
    );
    assert_eq!(term(&split, "allies", "moves"), 0.0);
    assert!(term(&split, "leader", "moves") < -0.1);
}

// -------------------------------------------------------------------------------------------------
// Policies
// -------------------------------------------------------------------------------------------------

fn under(text: &str, policy: &str) -> Forecast {
    let declared = scenario(text);
    let found = declared.policies.iter().find(|p| p.name == policy);
    let variation = Variation::from(found.expect("declared"));
    forecast(&variation.apply(&declared).expect("declared"))
}

#[test]
fn a_direct_line_that_is_off_changes_no_number() {
    let without = edited(
        HOTLINE,
        &[(
            "move blue.call \"Call first\"\n  when flag == attacked\n  only with hotline\n  cost blue: 0.8\n  outcome: rung to calm\n\n",
            "",
        )],
    );
    let off = forecast(&scenario(HOTLINE));
    assert_eq!(off.classes, without.classes);
    assert_eq!(off.questions, without.questions);
    assert_eq!(off.beliefs, without.beliefs);
    for t in &without.terms {
        assert_eq!(term(&off, &t.actor, &t.name), t.value, "{}", t.name);
    }
}

#[test]
fn a_direct_line_lowers_the_risk_and_costs_what_it_costs() {
    for misread in [0.9, 0.7, 0.5, 0.4, 0.2, 0.1] {
        let text = HOTLINE.replace("misread times 0.4", &format!("misread times {misread}"));
        let (off, on) = (forecast(&scenario(&text)), under(&text, "hotline"));
        assert!(class(&on, "war") < class(&off, "war") - 1e-3, "{misread}");
        for actor in ["red", "blue"] {
            assert_eq!(term(&off, actor, "hotline"), 0.0);
            let cost = term(&on, actor, "hotline");
            // At most 0.02 a week for 26 weeks, less where war ends the crisis.
            assert!(-0.52 < cost && cost < -0.45, "{cost}");
        }
    }
    // A line that tells nothing apart and opens no move is inert, its price apart.
    let inert = HOTLINE
        .replace("misread times 0.4", "misread times 1")
        .replace("  only with hotline\n", "")
        .replace(
            "  cost blue: 0.02 per week\n  cost red: 0.02 per week\n",
            "",
        );
    let (off, on) = (forecast(&scenario(&inert)), under(&inert, "hotline"));
    assert_eq!(off.classes, on.classes);
}

#[test]
fn fewer_patrols_lower_the_risk_by_fewer_collisions() {
    let war: Vec<f64> = [0.4, 0.6, 1.0, 1.5]
        .into_iter()
        .map(|factor| {
            let text = HOTLINE.replace(
                "collisions times 0.5",
                &format!("collisions times {factor}"),
            );
            class(&under(&text, "fewer_patrols"), "war")
        })
        .collect();
    rises(&war, 1e-3);
}
