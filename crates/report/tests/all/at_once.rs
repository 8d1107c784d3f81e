//! Choices at once and taste shocks: published numbers, an independent solver on random games, and
//! simulation against forecast.
//!
//! Origin of the tables: agent logit equilibria computed with Gambit (pygambit 17.0.0b2) and polished
//! with an independent residual code to 5e-16, printed to 12 digits.

use crate::oracle;

use climbdown_engine::forecast::{self, forecast};
use climbdown_engine::game::Game;
use climbdown_engine::simulate::{self, simulate};
use climbdown_engine::solve::{Options, Silent, Solution, certify, solve};
use climbdown_report::exchange::json;
use oracle::classic;
use oracle::path;
use oracle::random::{self, AtOnce};
use oracle::tables::TWO_STATES;
use oracle::tree::Tree;
use serde_json::Value;

fn read(json: &Value) -> Game {
    json::read(&json.to_string()).expect("sound")
}

fn solved(game: &Game, points: usize) -> Solution {
    let options = Options {
        belief_points: points,
        stencil: if points > 17 { 16 } else { 17 },
        ..Options::default()
    };
    solve(game, &options, &Silent).expect("solved")
}

fn close(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!(
        (found - expected).abs() <= tolerance,
        "{what}: {found} against {expected}"
    );
}

/// First moves of both at the start.
fn first_moves(game: &Game, solution: &Solution) -> [f64; 2] {
    let beliefs = [vec![1.0], vec![1.0]];
    [0, 1].map(|m| {
        let found = solution.strategy_of(game, 0, (0, m), game.start, &beliefs);
        found.expect("a node")[0][0]
    })
}

#[test]
fn chicken() {
    for (precision, expected) in [(0.5, 0.417180099378), (0.9, 0.382748990610)] {
        let game = read(&classic::chicken(precision));
        let solution = solved(&game, 5);
        for found in first_moves(&game, &solution) {
            close(found, expected, 6e-13, "dare");
        }
        assert_eq!(solution.report.crossings, 0);
        assert_eq!(solution.report.multiple, 0);
        assert_eq!(solution.report.audited, 1);
    }
}

/// Beyond the pitchfork the branch that treats equals alike is kept, what was crossed is said, and the
/// other two equilibria are listed.
#[test]
fn chicken_beyond_the_bifurcation() {
    let game = read(&classic::chicken(1.2));
    let solution = solved(&game, 5);
    for found in first_moves(&game, &solution) {
        close(found, 0.365189558399, 6e-13, "dare");
    }
    assert_eq!(solution.report.crossings, 1);
    assert_eq!(solution.report.multiple, 1);
    let mut others: Vec<[f64; 2]> = (solution.report.others.iter())
        .map(|o| [o.strategies[0][0][0], o.strategies[1][0][0]])
        .collect();
    others.sort_by(|a, b| a[0].total_cmp(&b[0]));
    assert_eq!(others.len(), 2);
    for (found, expected) in others.iter().flatten().zip([
        0.138655544653,
        0.630521193157,
        0.630521193157,
        0.138655544653,
    ]) {
        close(*found, expected, 6e-13, "other equilibrium");
    }
}

/// Every equilibrium between uniform play and far beyond the pitchfork is symmetric, and crossings are
/// said exactly where the determinant of the game's equations changes its sign.
#[test]
fn the_symmetric_branch_is_kept_at_every_precision() {
    let mut before = 0;
    for step in 1..=60 {
        let precision = 0.05 * f64::from(step);
        let game = read(&classic::chicken(precision));
        let solution = solved(&game, 5);
        let [a, b] = first_moves(&game, &solution);
        close(a, b, 1e-12, "alike");
        // U(dare) − U(swerve) = −4p + (1 − p) + p = 1 − 4p, so dF/dx of either is 4λp(1 − p).
        let slope = 4.0 * precision * a * (1.0 - a);
        let crossed = u64::from(slope > 1.0);
        assert_eq!(solution.report.crossings, crossed, "λ = {precision}");
        assert!(crossed >= before);
        before = crossed;
        let expected = if crossed == 1 { 2 } else { 0 };
        assert_eq!(solution.report.others.len(), expected, "λ = {precision}");
    }
    assert_eq!(before, 1);
}

#[test]
fn two_states() {
    for (precision, discounted, constant) in TWO_STATES {
        // Gambit's own figures stand up to 4.4e-12 from the exact ones.
        for (scale, row, tolerance) in [(true, discounted, 5e-12), (false, constant, 6e-13)] {
            let game = read(&classic::two_states(precision, scale));
            let solution = solved(&game, 5);
            for (found, expected) in first_moves(&game, &solution).iter().zip(row) {
                close(*found, expected, tolerance, &format!("λ = {precision}"));
            }
        }
    }
}

/// The same bits for any number of threads.
#[test]
fn threads_do_not_matter() {
    let features = AtOnce {
        typed: 2,
        ..AtOnce::of(3)
    };
    let game = read(&random::at_once(3, &features, 1500));
    let bits = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("threads");
        pool.install(|| {
            let solution = solved(&game, 5);
            let forecast = forecast(&game, &solution, &forecast::Options::default(), &Silent);
            format!(
                "{:?} {:?}",
                solution.strategies,
                forecast.expect("forecast")
            )
        })
    };
    let one = bits(1);
    assert!(one == bits(2) && one == bits(7));
}

/// Taste shocks of one chooser: V = ln(Σ exp λU)/λ, and the default without an opportunity is worth its
/// own U.
#[test]
fn taste_is_worth_the_logarithm_of_the_sum() {
    for (precision, chance) in [(0.5, 1.0), (2.0, 1.0), (2.0, 0.4)] {
        let json = serde_json::json!({
            "format": "climbdown-game/1", "title": "One choice", "horizon": 1, "foresight": "full",
            "noise": "taste", "precision_scale": "current",
            "actors": [
                {"name": "a", "precision": precision, "discount": 1,
                 "types": [{"name": "t", "prior": 1}]},
                {"name": "b", "precision": precision, "discount": 1,
                 "types": [{"name": "t", "prior": 1}]}],
            "states": ["s"], "start": 0,
            "phases": [{"kind": "move", "actors": [0], "nodes": [
                {"state": 0, "moves": [["up", "down"]], "opportunity": [chance], "default": [1],
                 "joint": [
                    {"moves": [0], "payoff": [[1.0], [3.0]],
                     "outcomes": [{"labels": ["up"], "next": 0, "believed": 1, "true": 1}]},
                    {"moves": [1], "payoff": [[0.25], [-1.0]],
                     "outcomes": [{"labels": ["down"], "next": 0, "believed": 1, "true": 1}]}]}]}],
            "afterwards": [{"state": 0, "value": [[0.0], [0.0]]}],
            "classes": [{"name": "all", "states": [0]}], "questions": []
        });
        let game = read(&json);
        let solution = solved(&game, 5);
        let value = solution.value(&game, 0, 0, &[vec![1.0], vec![1.0]]);
        let value = value.expect("a value");
        let up = (precision * 1.0_f64).exp();
        let down = (precision * 0.25_f64).exp();
        let shocked = (up + down).ln() / precision;
        let share = up / (up + down);
        close(
            value[0][0],
            chance * shocked + (1.0 - chance) * 0.25,
            1e-13,
            "the chooser",
        );
        let played = chance * share;
        close(
            value[1][0],
            played * 3.0 - (1.0 - played),
            1e-13,
            "the other",
        );
    }
}

// The engine against the oracle on random games.

const GAMES: u64 = 100;
const HISTORIES: usize = 1200;
const SETTLED: f64 = 1e-9;
const AGREED: f64 = 1e-8;

#[derive(Debug)]
enum Outcome {
    Agreed(f64),
    /// Both exact, on different branches.
    OtherBranch(f64),
    /// Still changing at the finest grid, and no further from the oracle than that tells.
    Unsettled(f64),
    Wrong(f64),
    Refused(String),
}

/// What is compared of a game.
#[derive(Clone, Copy, PartialEq)]
enum Compared {
    All,
    /// Only the first round of the plan is played.
    FirstRound,
}

/// The engine's choices in the slots of the oracle's tree; beliefs are the oracle's.
fn engine_slots(
    game: &Game,
    solution: &Solution,
    tree: &Tree,
    belief: &[f64],
    compared: Compared,
    base: &[f64],
) -> Vec<f64> {
    let mut slots = base.to_vec();
    for set in &tree.sets {
        let node = &tree.nodes[set.node];
        if compared == Compared::FirstRound && node.round > 0 {
            continue;
        }
        let beliefs: Vec<Vec<f64>> = (0..tree.priors.len())
            .map(|a| {
                let first = set.node * tree.seats + tree.seat[a];
                belief[first..first + tree.priors[a].len()].to_vec()
            })
            .collect();
        let found = solution.strategy_of(
            game,
            node.round as u32,
            (node.phase, set.mover),
            node.state as u32,
            &beliefs,
        );
        let found = found.expect("a node");
        slots[set.slot..set.slot + set.size].copy_from_slice(&found[set.kind]);
    }
    slots
}

fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    let pairs = a.iter().zip(b);
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

fn judge(tree: &Tree, slots: &[f64], base: &[f64]) -> Outcome {
    let difference = largest_difference(slots, base);
    if difference <= AGREED {
        return Outcome::Agreed(difference);
    }
    let (x, residual) = path::newton(tree, &tree.log_ratios(slots), 1.0, 30);
    let moved = largest_difference(&tree.probabilities(&x), slots);
    if residual < 1e-11 && moved <= AGREED {
        Outcome::OtherBranch(difference)
    } else {
        Outcome::Wrong(difference)
    }
}

fn compare(index: u64) -> Outcome {
    let features = AtOnce::of(index);
    let json = random::at_once(index, &features, HISTORIES);
    let game = json::read(&json.to_string()).unwrap_or_else(|e| panic!("game {index}: {e}"));
    let written = json::write(&game).expect("written");
    let again = json::read(&written).expect("read again");
    assert!(format!("{game:?}") == format!("{again:?}"), "game {index}");
    let found = oracle::solve(&json, HISTORIES).unwrap_or_else(|e| panic!("game {index}: {e}"));
    let tree = &found.tree;
    let point = tree.evaluate(&found.x, 1.0);
    let base = &point.probability;
    let grids: &[usize] = match features.typed {
        0 => &[3, 5],
        1 => &[17, 33, 65, 129],
        // Most settle with the last, which costs more than all the rest.
        _ => &[17, 33, 65],
    };
    let compared = match features.rolling {
        true => Compared::FirstRound,
        false => Compared::All,
    };
    let mut before: Option<Vec<f64>> = None;
    let mut last = Outcome::Unsettled(f64::NAN);
    for points in grids {
        let options = Options {
            belief_points: *points,
            stencil: if *points < 17 { 17 } else { 16 },
            audit_every: usize::MAX,
            ..Options::default()
        };
        let solution = match solve(&game, &options, &Silent) {
            Ok(solution) => solution,
            Err(error) => return Outcome::Refused(error.to_string()),
        };
        let belief = &point.belief;
        let slots = engine_slots(&game, &solution, tree, belief, compared, base);
        let change = before.map_or(f64::INFINITY, |b| largest_difference(&slots, &b));
        if change < SETTLED {
            return judge(tree, &slots, base);
        }
        let difference = largest_difference(&slots, base);
        last = if difference <= 10.0 * change {
            Outcome::Unsettled(change)
        } else {
            Outcome::Wrong(difference)
        };
        before = Some(slots);
    }
    last
}

#[test]
fn engine_and_oracle_agree() {
    let started = std::time::Instant::now();
    let records = oracle::each_game(GAMES, compare);
    let (mut worst, mut agreed, mut other, mut unsettled) = (0.0_f64, 0, 0, 0);
    let mut bad = Vec::new();
    for (index, outcome) in &records {
        match outcome {
            Outcome::Agreed(difference) => {
                agreed += 1;
                worst = worst.max(*difference);
            }
            Outcome::OtherBranch(apart) => {
                println!("game {index}: other branch, {apart:.1e} apart, both exact");
                other += 1;
            }
            Outcome::Unsettled(change) => {
                println!("game {index}: still changes by {change:.1e}");
                unsettled += 1;
            }
            Outcome::Wrong(difference) => {
                println!("game {index}: WRONG by {difference:.1e}");
                bad.push(*index);
            }
            Outcome::Refused(reason) => {
                println!("game {index}: {reason}");
                bad.push(*index);
            }
        }
    }
    println!(
        "{} games in {:.0} s: {agreed} agree, worst {worst:.1e}; {other} on another exact branch; \
         {unsettled} not settled; {} bad",
        records.len(),
        started.elapsed().as_secs_f64(),
        bad.len()
    );
    assert!(bad.is_empty(), "games {bad:?}");
    assert!(unsettled * 50 <= records.len(), "{unsettled} not settled");
    assert!(other * 50 <= records.len(), "{other} on other branches");
}

/// A game whose precision is wrong in the sixth digit is noticed.
#[test]
fn a_slightly_different_game_is_noticed() {
    for index in 0..6 {
        let features = AtOnce {
            typed: 0,
            rolling: false,
            ..AtOnce::of(index)
        };
        let json = random::at_once(index, &features, 300);
        let found = oracle::solve(&json, 300).expect("solved");
        let point = found.tree.evaluate(&found.x, 1.0);
        let mut other = json.clone();
        for actor in other["actors"].as_array_mut().expect("actors") {
            let precision = actor["precision"].as_f64().expect("a number");
            actor["precision"] = (precision * (1.0 + 1e-6)).into();
        }
        for (json, agrees) in [(&json, true), (&other, false)] {
            let game = read(json);
            let solution = solved(&game, 5);
            let base = &point.probability;
            let belief = &point.belief;
            let slots = engine_slots(&game, &solution, &found.tree, belief, Compared::All, base);
            let outcome = judge(&found.tree, &slots, base);
            assert_eq!(
                matches!(outcome, Outcome::Agreed(_)),
                agrees,
                "game {index}: {outcome:?}"
            );
        }
    }
}

/// Certificates hold for random games, and not for strategies or values that were touched.
#[test]
fn certificates_hold_and_notice() {
    for index in 0..20 {
        let features = AtOnce::of(index);
        let game = read(&random::at_once(index, &features, 300));
        let solution = solved(&game, 5);
        let certificate = certify(&game, &solution, 20, &Silent).expect("checked");
        assert!(
            certificate.response < 1e-10 && certificate.consistency < 1e-10,
            "game {index}: {certificate:?}"
        );
        assert!(certificate.reached > 0);
        let mut touched = solution.clone();
        let mut last = None;
        for table in touched.strategies[0].iter_mut() {
            if let Some(log) = table.log_sigma.last_mut() {
                *log += 1e-6;
                last = Some(());
            }
        }
        last.expect("somebody moves");
        let certificate = certify(&game, &touched, 20, &Silent).expect("checked");
        assert!(!certificate.holds(), "game {index}: {certificate:?}");
        let mut touched = solution.clone();
        touched.values[0][0][0] += 1e-6;
        let certificate = certify(&game, &touched, 20, &Silent).expect("checked");
        assert!(!certificate.holds(), "game {index}: {certificate:?}");
    }
}

/// Simulation and exact forecast agree; and forecasts whose particles were joined in cells stay near.
#[test]
fn simulation_agrees_with_the_forecast() {
    let mut largest = 0.0_f64;
    let mut compared = 0;
    for index in 0..20 {
        let features = AtOnce::of(index);
        let game = read(&random::at_once(index, &features, 300));
        let solution = solved(&game, 5);
        let all = forecast::Options {
            exact_particles: usize::MAX,
            ..forecast::Options::default()
        };
        let exact = forecast(&game, &solution, &all, &Silent).expect("forecast");
        assert!(exact.exact && exact.mass_error < 1e-12);
        let drawn = simulate::Options {
            trajectories: 40_000,
            seed: index,
        };
        let simulated = simulate(&game, &solution, &drawn, &Silent).expect("simulated");
        if index < 4 {
            crate::shipped::side_by_side_as_told("at once", &game, &solution);
        }
        let series = exact.classes.iter().chain(&exact.questions);
        let estimates = simulated.classes.iter().chain(&simulated.questions);
        for (f, s) in series.zip(estimates) {
            let (p, q) = (f.probability.last(), s.probability.last());
            let (p, q) = (p.expect("rounds"), q.expect("rounds"));
            let error = (p * (1.0 - p) / 40_000.0).sqrt();
            if error > 1e-6 {
                largest = largest.max((p - q).abs() / error);
                compared += 1;
            } else {
                close(*p, *q, 1e-3, "all or nothing");
            }
        }
        let joined = forecast::Options {
            exact_particles: 4,
            ..forecast::Options::default()
        };
        let joined = forecast(&game, &solution, &joined, &Silent).expect("forecast");
        assert!(joined.mass_error < 1e-9);
        for (a, b) in exact.classes.iter().zip(&joined.classes) {
            for (a, b) in a.probability.iter().zip(&b.probability) {
                close(*a, *b, 2e-4, "joined in cells");
            }
        }
    }
    println!("{compared} compared, largest z {largest:.2}");
    assert!(compared > 40);
    assert!(largest < 4.0, "z = {largest}");
}
