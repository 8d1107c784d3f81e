//! Certificates, forecast against simulation, and the same bits on any number of threads.

use crate::oracle;

use climbdown_engine::forecast::{self, forecast};
use climbdown_engine::game::{Foresight, Game, Phase};
use climbdown_engine::simulate::{self, simulate};
use climbdown_engine::solve::{Options, Silent, Solution, certify, solve};
use serde_json::{Value, json};

fn read(game: &Value) -> Game {
    climbdown_report::exchange::json::read(&game.to_string()).expect("a valid game")
}

fn options(points: usize) -> Options {
    Options {
        belief_points: points,
        stencil: 8,
        audit_every: 1,
        ..Options::default()
    }
}

/// Brinkmanship whose rounds repeat: the defender is typed too, and everybody plans three rounds.
fn rolling() -> Game {
    let actor = |name: &str, prior: f64| {
        json!({"name": name, "precision": 3.0, "discount": 0.97, "types": [
            {"name": "resolved", "prior": prior}, {"name": "bluffing", "prior": 1.0 - prior}]})
    };
    let outcome = |label: &str, next: usize, p: f64| json!({"labels": [label], "next": next, "believed": p, "true": p});
    let game = json!({
        "format": "climbdown-game/1", "title": "Rolling brinkmanship", "horizon": 12, "foresight": 3,
        "noise": "error", "precision_scale": "current",
        "actors": [actor("c", 0.4), actor("d", 0.6)],
        "states": ["calm", "tense", "war", "settled"], "start": 1,
        "phases": [
            {"kind": "move", "actors": [0], "nodes": (0..2).map(|s| json!({
                "state": s, "moves": [["push", "wait"]],
                "opportunity": [0.7], "default": [1],
                "joint": [
                    {"moves": [0], "payoff": [[0.1, 0.0], [-0.1, -0.2]], "outcomes": [outcome("push", 1, 1.0)]},
                    {"moves": [1], "payoff": [[0.0, 0.0], [0.0, 0.0]],
                     "outcomes": [outcome("wait", s, 0.9), outcome("push", 1, 0.1)]}]})).collect::<Vec<_>>()},
            {"kind": "move", "actors": [1], "nodes": (0..2).map(|s| json!({
                "state": s, "moves": [["resist", "yield", "settle"]],
                "joint": [
                    {"moves": [0], "payoff": [[-0.2, -0.4], [0.0, -0.2]], "outcomes": [outcome("resist", s, 1.0)]},
                    {"moves": [1], "payoff": [[0.5, 0.5], [-0.3, -0.1]], "outcomes": [outcome("yield", 0, 1.0)]},
                    {"moves": [2], "payoff": [[0.0, 0.1], [-0.5, -0.3]],
                     "outcomes": [outcome("settle", 3, 0.5), outcome("settle", s, 0.5)]}]})).collect::<Vec<_>>()},
            {"kind": "events", "nodes": [
                {"state": 0, "payoff": [[0.1, 0.1], [0.1, 0.1]], "outcomes": [
                    {"next": 0, "believed": 0.98, "true": 0.97}, {"next": 2, "believed": 0.02, "true": 0.03}]},
                {"state": 1, "payoff": [[-0.1, -0.2], [-0.1, -0.3]], "outcomes": [
                    {"next": 1, "believed": 0.9, "true": 0.92}, {"next": 2, "believed": 0.1, "true": 0.08}]}]}],
        "end": [{"state": 2, "value": [[-1, -3], [-1.5, -3]], "flow": [[-0.1, -0.1], [-0.1, -0.1]], "after": [[-0.5, -0.5], [-0.5, -0.5]]},
                {"state": 3, "value": [[0.5, 0.5], [0.3, 0.3]]}],
        "afterwards": [{"state": 0, "value": [[0.5, 0.5], [0.5, 0.5]]}, {"state": 1, "value": [[-0.5, -0.8], [-0.5, -1.0]]}],
        "classes": [{"name": "war", "states": [2]}, {"name": "deal", "states": [3]}, {"name": "open", "states": [0, 1]}],
        "questions": [{"name": "war_soon", "states": [2], "by": 6}]
    });
    read(&game)
}

#[test]
fn certificates_hold_and_a_perturbed_strategy_fails() {
    for (game, points) in [
        (read(&oracle::classic::crisis_a(5.0)), 129),
        (read(&oracle::classic::crisis_c(5.0)), 129),
        (read(&oracle::classic::brinkmanship_six(2.0)), 65),
        (rolling(), 9),
    ] {
        let mut solution = solve(&game, &options(points), &Silent).expect("solved");
        let certificate = certify(&game, &solution, 200, &Silent).expect("checked");
        println!("{}: {certificate:?}", game.title);
        assert!(certificate.holds(), "{}: {certificate:?}", game.title);
        assert!(certificate.reached > 0 && certificate.checked > 0);
        if game.foresight == Foresight::Full {
            // Off the grid only interpolation separates play from the exact response.
            assert!(
                certificate.logit_regret < 1e-4,
                "{}: {certificate:?}",
                game.title
            );
        } else {
            assert!(certificate.replanning.is_some_and(|r| r > 0.0 && r < 0.5));
        }
        perturb(&mut solution);
        let certificate = certify(&game, &solution, 20, &Silent).expect("checked");
        assert!(
            !certificate.holds(),
            "a perturbed strategy passed: {certificate:?}"
        );
        assert!(certificate.response > 1e-7);
    }
}

/// Moves one choice by a relative 1e-6.
fn perturb(solution: &mut Solution) {
    let table = solution.strategies[0]
        .iter_mut()
        .find(|t| !t.log_sigma.is_empty())
        .expect("a mover");
    table.log_sigma[2] += 1e-6;
}

#[test]
fn simulation_agrees_with_the_forecast() {
    for game in [rolling(), read(&oracle::classic::brinkmanship_six(2.0))] {
        let solution = solve(&game, &options(17), &Silent).expect("solved");
        let exact =
            forecast(&game, &solution, &forecast::Options::default(), &Silent).expect("forecast");
        assert!(exact.mass_error < 1e-12, "{}", exact.mass_error);
        let n = 200_000;
        let sampled = simulate(
            &game,
            &solution,
            &simulate::Options {
                trajectories: n,
                seed: 7,
            },
            &Silent,
        )
        .expect("simulated");
        for (series, estimate) in exact
            .classes
            .iter()
            .zip(&sampled.classes)
            .chain(exact.questions.iter().zip(&sampled.questions))
        {
            assert_eq!(series.name, estimate.name);
            for (round, (p, q)) in series
                .probability
                .iter()
                .zip(&estimate.probability)
                .enumerate()
            {
                let error = (p * (1.0 - p) / n as f64).sqrt().max(1e-9);
                assert!(
                    ((p - q) / error).abs() < 4.5,
                    "{} at {round}: {p} against {q}",
                    series.name
                );
            }
        }
    }
}

/// On the grid the forecast is the adjoint of the solver's interpolation: it must agree with exact
/// posteriors, better so on a finer grid, with everything that remembers (questions, origins).
#[test]
fn the_grid_agrees_with_exact_posteriors_and_beliefs_move() {
    let mut game = rolling();
    game.horizon = 5;
    let mut last = f64::INFINITY;
    // Grids of fewer than nine points are laid out otherwise.
    for points in [3, 5, 9, 17] {
        if points == 9 {
            last = f64::INFINITY;
        }
        let options = Options {
            belief_points: points,
            stencil: 17,
            audit_every: 1,
            ..Options::default()
        };
        let solution = solve(&game, &options, &Silent).expect("solved");
        let run = |exact_particles: usize| {
            let options = forecast::Options {
                exact_particles,
                ..Default::default()
            };
            forecast(&game, &solution, &options, &Silent).expect("forecast")
        };
        let (exact, grid) = (run(10_000_000), run(0));
        assert!(exact.exact && !grid.exact && grid.mass_error < 1e-12);
        let pairs = exact
            .classes
            .iter()
            .chain(&exact.questions)
            .zip(grid.classes.iter().chain(&grid.questions));
        let change = pairs
            .flat_map(|(a, b)| {
                a.probability
                    .iter()
                    .zip(&b.probability)
                    .map(|(x, y)| (x - y).abs())
            })
            .fold(0.0, f64::max);
        println!("{points} points: {change:.2e}");
        assert!(change < last);
        last = change;
        for (a, b) in exact.beliefs.iter().zip(&grid.beliefs) {
            // A belief is no polynomial in z: its mean shows the grid's error too.
            assert!((a.mean[5] - b.mean[5]).abs() < 1.0 / (points as f64).powi(2));
            assert!(
                (a.moved[5] - b.moved[5]).abs() < 0.02,
                "{} against {}",
                a.moved[5],
                b.moved[5]
            );
            assert!(a.moved[5] > 0.01, "beliefs move");
        }
        for (a, b) in exact.terms.iter().zip(&grid.terms) {
            assert!((a.value - b.value).abs() < 0.01, "{a:?} against {b:?}");
        }
    }
    assert!(last < 1e-5, "{last:e}");
}

#[test]
fn the_same_bits_on_one_two_and_seven_threads() {
    let game = rolling();
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("a pool");
        pool.install(|| {
            let solution = solve(&game, &options(9), &Silent).expect("solved");
            let exact = forecast(
                &game,
                &solution,
                &forecast::Options {
                    exact_particles: 100,
                    ..Default::default()
                },
                &Silent,
            )
            .expect("forecast");
            let sampled = simulate(
                &game,
                &solution,
                &simulate::Options {
                    trajectories: 20_000,
                    seed: 1,
                },
                &Silent,
            )
            .expect("simulated");
            let strategies: Vec<u64> = solution
                .strategies
                .iter()
                .flatten()
                .flat_map(|t| t.log_sigma.iter().map(|v| v.to_bits()))
                .collect();
            let values: Vec<u64> = solution
                .values
                .iter()
                .flatten()
                .flatten()
                .map(|v| v.to_bits())
                .collect();
            (strategies, values, format!("{exact:?}"), sampled)
        })
    };
    let timed = |threads: usize| {
        let begun = std::time::Instant::now();
        (run(threads), begun.elapsed().as_secs_f64())
    };
    let (one, alone) = timed(1);
    let (two, together) = timed(2);
    println!("speed-up of two threads: {:.2}", alone / together);
    assert!(one == two, "two threads differ from one");
    assert!(one == run(7), "seven threads differ from one");
    assert!(game.phases.iter().any(|p| matches!(p, Phase::Events(_))));
}
