//! The textbook scenarios: their numbers, and how they move with what they depend on.
//!
//! Origin of the numbers: agent logit equilibria computed with Gambit (pygambit 17.0.0b2) and
//! polished with an independent residual code to 5e-16; first passages from closed forms, checked
//! with the model checker Storm (stormpy 1.14).

use crate::oracle;

use climbdown_engine::compile;
use climbdown_engine::forecast::{self, Forecast};
use climbdown_engine::game::Game;
use climbdown_engine::solve::{Jump, Options, Silent, Solution, certify, solve};
use climbdown_report::exchange::json;
use oracle::tables::{BRINKMANSHIP_SIX, CRISIS_A, CRISIS_C};
use std::path::Path;

/// A shipped game with some parameters changed.
fn game(name: &str, parameters: &[(&str, f64)]) -> Game {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../scenarios/games")
        .join(name);
    let text = std::fs::read_to_string(&path).expect("a shipped scenario");
    let checked = climbdown_lang::check(&text);
    let mut scenario = checked
        .scenario
        .unwrap_or_else(|| panic!("{name}: {:?}", checked.diagnostics));
    for (parameter, value) in parameters {
        let found = scenario
            .parameters
            .iter_mut()
            .find(|p| p.name == *parameter)
            .expect("a parameter");
        found.central = *value;
    }
    compile::compile(&scenario, &compile::Options::default())
        .unwrap_or_else(|e| panic!("{name}: {e}"))
        .game
}

fn solved(game: &Game) -> Solution {
    let options = Options {
        belief_points: 257,
        stencil: 16,
        ..Options::default()
    };
    solve(game, &options, &Silent).expect("solved")
}

fn forecast_of(game: &Game) -> Forecast {
    let solution = solved(game);
    forecast::forecast(game, &solution, &forecast::Options::default(), &Silent).expect("forecast")
}

/// Probability of a class when its window closes.
fn class(forecast: &Forecast, name: &str) -> f64 {
    let series = forecast.classes.iter().find(|s| s.name == name);
    *series.and_then(|s| s.probability.last()).expect("a class")
}

fn close(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!(
        (found - expected).abs() <= tolerance,
        "{what}: {found} against {expected}"
    );
}

/// State by its label's parts, whatever the order of variables.
fn state(game: &Game, parts: &[&str]) -> u32 {
    let found = game.states.iter().position(|label| {
        let levels: Vec<&str> = label.split(',').collect();
        parts.iter().all(|part| levels.contains(part))
    });
    u32::try_from(found.unwrap_or_else(|| panic!("{parts:?} in {:?}", game.states))).expect("small")
}

/// First-move probabilities along the history in which all is escalated and resisted, one row a
/// round: resolved challenger, bluffing challenger, defender. Beliefs move by Bayes.
fn play(game: &Game, solution: &Solution, rounds: usize, prior: f64) -> Vec<[f64; 3]> {
    let mut belief = vec![prior, 1.0 - prior];
    let levels = &game.variables[0].levels;
    let mut rows = Vec::new();
    for (round, level) in levels.iter().enumerate().take(rounds) {
        let stage = format!("stage={level}");
        let number = u32::try_from(round).expect("small");
        let beliefs = [belief.clone(), vec![1.0]];
        let at = state(game, &[&stage, "step=open"]);
        let challenger = solution
            .strategy(game, number, 0, at, &beliefs)
            .expect("a move");
        let escalated: Vec<f64> = challenger.iter().map(|p| p[0]).collect();
        let total: f64 = belief.iter().zip(&escalated).map(|(b, p)| b * p).sum();
        let mut defender = f64::NAN;
        if round + 1 < levels.len() {
            for (b, p) in belief.iter_mut().zip(&escalated) {
                *b *= p / total;
            }
            let at = state(game, &[&stage, "step=escalated"]);
            let beliefs = [belief.clone(), vec![1.0]];
            let found = solution.strategy(game, number, 1, at, &beliefs);
            defender = found.expect("a move")[0][0];
        }
        rows.push([escalated[0], escalated[1], defender]);
    }
    rows
}

#[test]
fn crisis_a() {
    for (precision, row) in CRISIS_A {
        let game = game("crisis-a.crisis", &[("precision", precision)]);
        let solution = solved(&game);
        let prior = [vec![0.3, 0.7], vec![1.0]];
        let start = state(&game, &["stage=start"]);
        let first = solution
            .strategy(&game, 0, 0, start, &prior)
            .expect("a move");
        let total = 0.3 * first[0][0] + 0.7 * first[1][0];
        let posterior = [
            vec![0.3 * first[0][0] / total, 0.7 * first[1][0] / total],
            vec![1.0],
        ];
        let threatened = state(&game, &["stage=threatened"]);
        let second = solution
            .strategy(&game, 0, 1, threatened, &posterior)
            .expect("a move");
        let resisted = state(&game, &["stage=resisted"]);
        let third = solution
            .strategy(&game, 1, 0, resisted, &posterior)
            .expect("a move");
        let value = solution.value(&game, 0, start, &prior).expect("values");
        let found = [
            first[0][0],
            second[0][0],
            third[0][0],
            first[1][0],
            third[1][0],
            0.3 * value[0][0] + 0.7 * value[0][1],
            value[1][0],
        ];
        for (k, (f, e)) in found.iter().zip(row).enumerate() {
            close(*f, e, 1e-11, &format!("λ = {precision}, column {k}"));
        }
        // The forecast is what these numbers make of it.
        let forecast = forecast_of(&game);
        let war = 0.3 * row[0] * row[1] * row[2] + 0.7 * row[3] * row[1] * row[4];
        close(class(&forecast, "war"), war, 1e-11, "war");
        assert!(forecast.exact);
    }
}

#[test]
fn crisis_c() {
    for (precision, row) in CRISIS_C {
        let game = game("crisis-c.crisis", &[("precision", precision)]);
        let solution = solved(&game);
        let rows = play(&game, &solution, 3, 0.3);
        let at = state(&game, &["stage=first", "step=open"]);
        let value = solution
            .value(&game, 0, at, &[vec![0.3, 0.7], vec![1.0]])
            .expect("values");
        let found = [
            rows[0][0],
            rows[0][2],
            rows[1][0],
            rows[1][2],
            rows[2][0],
            rows[0][1],
            rows[1][1],
            rows[2][1],
            0.3 * value[0][0] + 0.7 * value[0][1],
            value[1][0],
        ];
        for (k, (f, e)) in found.iter().zip(row).enumerate() {
            close(*f, e, 1e-11, &format!("λ = {precision}, column {k}"));
        }
    }
}

#[test]
fn six_round_brinkmanship() {
    for (precision, row) in BRINKMANSHIP_SIX {
        let game = game("brinkmanship-6.crisis", &[("precision", precision)]);
        let solution = solved(&game);
        let rows = play(&game, &solution, 1, 0.3);
        let at = state(&game, &["stage=r0", "step=open"]);
        let value = solution
            .value(&game, 0, at, &[vec![0.3, 0.7], vec![1.0]])
            .expect("values");
        let found = [
            rows[0][0],
            rows[0][1],
            rows[0][2],
            value[0][0],
            value[0][1],
            value[1][0],
        ];
        for (k, (f, e)) in found.iter().zip(row).enumerate() {
            close(*f, e, 6e-9, &format!("λ = {precision}, column {k}"));
        }
    }
}

#[test]
fn chain_with_a_leap() {
    let forecast = forecast_of(&game("chain.crisis", &[]));
    let war = &forecast.questions[0].probability;
    close(war[0], 0.0, 0.0, "at the start");
    close(war[1], 0.01, 1e-12, "1 round");
    close(war[5], 0.036926205846, 1e-12, "5 rounds");
    close(war[10], 0.081400032678, 1e-12, "10 rounds");
    close(war[20], 0.161837513862, 1e-12, "20 rounds");
    close(
        class(&forecast, "war"),
        war[20],
        1e-15,
        "class and question",
    );
}

#[test]
fn escalation_ladder() {
    let forecast = forecast_of(&game("ladder.crisis", &[]));
    close(class(&forecast, "war"), 0.156784589187168, 1e-12, "war");
    close(class(&forecast, "deal"), 0.382135306532595, 1e-12, "deal");
    // Rare events keep their digits.
    for (up, down, war) in [
        (0.02, 0.20, 5.14811995304666e-7),
        (0.01, 0.25, 2.53452147436523e-9),
    ] {
        let parameters = [
            ("up", up),
            ("down", down),
            ("deal", 0.02),
            ("up_slope", 0.0),
            ("down_slope", 0.0),
        ];
        let found = class(&forecast_of(&game("ladder.crisis", &parameters)), "war");
        assert!(
            (found / war - 1.0).abs() < 1e-12,
            "{found:e} against {war:e}"
        );
    }
}

#[test]
fn gamblers_ruin() {
    let forecast = forecast_of(&game("gamblers-ruin.crisis", &[]));
    // (q/p − 1) / ((q/p)^20 − 1) with q/p = 2.
    let expected = 1.0 / (2.0_f64.powi(20) - 1.0);
    let found = class(&forecast, "rich");
    assert!(
        (found / expected - 1.0).abs() < 1e-12,
        "{found:e} against {expected:e}"
    );
    close(class(&forecast, "playing"), 0.0, 1e-12, "the game is over");
}

/// What is exported says the same when it is read again, also where history became part of the
/// state.
#[test]
fn exported_games_forecast_the_same() {
    for name in [
        "crisis-a.crisis",
        "crisis-c.crisis",
        "brinkmanship-6.crisis",
        "chain.crisis",
        "ladder.crisis",
        "gamblers-ruin.crisis",
    ] {
        let game = game(name, &[]);
        let text = json::write(&game).expect("written");
        let again = json::read(&text).expect("read again");
        again.validate().expect("sound");
        assert_eq!(json::write(&again).expect("written again"), text, "{name}");
        let (a, b) = (forecast_of(&game), forecast_of(&again));
        for (a, b) in a.questions.iter().zip(&b.questions) {
            for (p, q) in a.probability.iter().zip(&b.probability) {
                close(*p, *q, 1e-12, &format!("{name}, question {}", b.name));
            }
        }
        for (a, b) in a.classes.iter().zip(&b.classes) {
            assert_eq!(a.name, b.name);
            let (p, q) = (a.probability.last(), b.probability.last());
            close(
                *p.expect("a"),
                *q.expect("b"),
                1e-12,
                &format!("{name}, class {}", b.name),
            );
        }
    }
}

#[test]
fn the_scenarios_are_laid_out_by_the_formatter() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/games");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|e| e == "crisis") {
            let text = std::fs::read_to_string(&path).expect("a text");
            let laid_out = climbdown_lang::format(&text).expect("no mistakes");
            for (a, b) in text.lines().zip(laid_out.lines()) {
                assert_eq!(a, b, "{path:?}");
            }
            assert_eq!(text, laid_out, "{path:?}");
            count += 1;
        }
    }
    assert!(count >= 6, "{count} scenarios found");
}

/// P(war) at several values of one parameter.
fn war_against(name: &str, parameter: &str, values: &[f64]) -> Vec<f64> {
    values
        .iter()
        .map(|&value| class(&forecast_of(&game(name, &[(parameter, value)])), "war"))
        .collect()
}

/// In Crisis A precision makes bluffers back down, and keeps them from threatening: war falls.
#[test]
fn war_falls_with_precision() {
    let war = war_against("crisis-a.crisis", "precision", &[1.0, 2.0, 5.0, 10.0]);
    assert!(war.windows(2).all(|w| w[1] < w[0]), "{war:?}");
}

#[test]
fn war_rises_with_the_share_of_resolved_challengers() {
    for name in ["crisis-a.crisis", "crisis-c.crisis"] {
        let war = war_against(name, "prior_resolved", &[0.1, 0.3, 0.5, 0.7, 0.9]);
        assert!(war.windows(2).all(|w| w[1] > w[0]), "{name}: {war:?}");
    }
}

#[test]
fn war_falls_as_it_gets_worse_for_the_resolved() {
    for name in [
        "crisis-a.crisis",
        "crisis-c.crisis",
        "brinkmanship-6.crisis",
    ] {
        let war = war_against(name, "war_resolved", &[-0.1, -0.4, -0.8]);
        assert!(war.windows(2).all(|w| w[1] < w[0]), "{name}: {war:?}");
    }
}

/// Whoever escalates is believed more resolved, in every round.
#[test]
fn escalation_raises_the_belief_in_resolve() {
    for precision in [2.0, 8.0] {
        let game = game("brinkmanship-6.crisis", &[("precision", precision)]);
        for (round, row) in play(&game, &solved(&game), 7, 0.3).iter().enumerate() {
            assert!(row[0] > row[1], "round {round}: {row:?}");
        }
    }
}

/// A game (found among random ones) in which the equilibrium changes its branch as the belief about
/// `a1` passes 0.0022: play and values jump there, and the engine must say so instead of
/// interpolating in silence. The oracle confirms that the change is abrupt.
#[test]
fn a_jump_in_the_belief_is_reported() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/games/jump.json");
    let text = std::fs::read_to_string(path).expect("a shipped game");
    let value = |belief: f64| {
        let mut json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        json["actors"][0]["types"][0]["prior"] = 0.0.into();
        json["actors"][0]["types"][1]["prior"] = 1.0.into();
        json["actors"][1]["types"][0]["prior"] = belief.into();
        json["actors"][1]["types"][1]["prior"] = (1.0 - belief).into();
        let solved = oracle::solve(&json, 2000).expect("an equilibrium");
        assert!(solved.residual < 1e-12);
        let point = solved.tree.evaluate(&solved.x, 1.0);
        // Value to the first type of `a1`.
        (point.value[2], solved.folds)
    };
    // The jump lies somewhere between; halve the interval until it is small.
    let (mut low, mut high) = (0.0021, 0.0024);
    let (first, last) = (value(low), value(high));
    assert_eq!((first.1, last.1), (0, 2), "another branch beyond the jump");
    for _ in 0..30 {
        let middle = 0.5 * (low + high);
        if value(middle).1 == 0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    let jump = (value(high).0 - value(low).0).abs();
    assert!(jump > 1e-3 && high - low < 1e-12, "{jump} at {low}");

    let game = json::read(&text).expect("sound");
    let options = Options {
        belief_points: 129,
        stencil: 16,
        ..Options::default()
    };
    let solution = solve(&game, &options, &Silent).expect("solved");
    assert!(!solution.report.jumps.is_empty());
    // The jump moves with the belief about `a0`; where that is certain it is the one found above.
    let brackets = |j: &Jump| j.between[0][0] <= high && low <= j.between[1][0];
    assert!(solution.report.jumps.iter().any(brackets));
    for jump in &solution.report.jumps {
        assert_eq!((jump.state.as_str(), jump.actor.as_str()), ("s1", "a1"));
    }
}

/// At high precision an error of the unknowns is one many times larger of the choices: Newton's method
/// must not end on the way because its iterations are used up. At each of these places it did, and the
/// choices missed the certificate.
#[test]
fn certificates_hold_at_high_precision() {
    for (name, precision, points) in [
        ("crisis-a", 80.0, 33),
        ("crisis-c", 20.0, 257),
        ("crisis-c", 40.0, 257),
        ("crisis-c", 80.0, 257),
        ("brinkmanship-6", 40.0, 9),
        ("brinkmanship-6", 40.0, 17),
        ("brinkmanship-6", 40.0, 257),
        ("brinkmanship-6", 80.0, 33),
        ("brinkmanship-6", 80.0, 257),
        ("../textbook/fearon-1997", 40.0, 257),
        ("../textbook/fearon-1997", 80.0, 257),
        ("../textbook/kreps-wilson-1982", 40.0, 65),
        ("../textbook/kreps-wilson-1982", 40.0, 257),
        ("../textbook/kreps-wilson-1982", 80.0, 257),
    ] {
        let mut game = game(&format!("{name}.crisis"), &[]);
        for actor in &mut game.actors {
            actor.precision = precision;
        }
        let options = Options {
            belief_points: points,
            stencil: if points <= 17 { 17 } else { 16 },
            ..Options::default()
        };
        let solution = solve(&game, &options, &Silent).expect("solved");
        let certificate = certify(&game, &solution, 200, &Silent).expect("checked");
        let at = format!("{name} at {precision} on {points} points: {certificate:?}");
        println!("{at}");
        assert!(certificate.solved() && certificate.holds(), "{at}");
    }
}
