//! `foresight unbounded` with private types: against the solver of games without them, long plans, games
//! in which the type is known, and simulation.

use crate::oracle;

use climbdown_engine::analyse::equilibria;
use climbdown_engine::forecast::{self, forecast};
use climbdown_engine::game::Game;
use climbdown_engine::simulate::{self, simulate};
use climbdown_engine::solve::stationary::{Branch, typed};
use climbdown_engine::solve::{Options, Silent, Solution, certify, solve};
use oracle::each_game;
use oracle::random::Random;
use oracle::stationary::game;
use serde_json::{Value, json};

fn read(game: &Value) -> Game {
    climbdown_report::exchange::json::read(&game.to_string()).expect("a valid game")
}

fn options(belief_points: usize) -> Options {
    Options {
        belief_points,
        stencil: 17,
        ..Options::default()
    }
}

/// Belief points: few where several move at once, whose stages are followed from uniform play at every
/// point and in every round.
fn points(game: &Game) -> usize {
    if game.has_joint_moves() { 3 } else { 9 }
}

fn certified(game: &Game, solution: &Solution) {
    let certificate = certify(game, solution, 20, &Silent).expect("checked");
    assert!(certificate.holds(), "{}: {certificate:?}", game.title);
}

/// Every table: what nodes and ends are worth, by phase.
fn values(solution: &Solution) -> &[Vec<f64>] {
    &solution.values[0]
}

fn apart(a: &[Vec<f64>], b: &[Vec<f64>]) -> f64 {
    let pairs = a.iter().flatten().zip(b.iter().flatten());
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// `change` at every list of payoffs by actor: of moves, chance steps and ends.
fn payoffs(game: &mut Value, change: &mut dyn FnMut(&mut Value)) {
    for phase in game["phases"].as_array_mut().expect("phases") {
        for node in phase["nodes"].as_array_mut().expect("nodes") {
            match node.get_mut("joint").and_then(Value::as_array_mut) {
                Some(joint) => joint.iter_mut().for_each(|j| change(&mut j["payoff"])),
                None => change(&mut node["payoff"]),
            }
        }
    }
    for end in game["end"].as_array_mut().expect("ends") {
        change(&mut end["value"]);
        change(&mut end["flow"]);
    }
}

/// A random stationary game in which the first actors have two types each, whose payoffs lie up to
/// `spread` apart.
fn typed_game(seed: u64, actors: usize, spread: f64) -> Value {
    let mut random = Random::new(seed ^ 0x7E57_7A9E);
    let mut game = game(seed);
    for actor in 0..actors {
        let prior = 0.2 + 0.6 * random.unit();
        game["actors"][actor]["types"] =
            json!([{"name": "hard", "prior": prior}, {"name": "soft", "prior": 1.0 - prior}]);
    }
    payoffs(&mut game, &mut |payoff| {
        for actor in 0..actors {
            let own = payoff[actor][0].as_f64().expect("a number");
            let other = own + spread * random.between(-1.0, 1.0);
            payoff[actor] = json!([own, other]);
        }
    });
    game["title"] = json!(format!("Lasting game {seed}"));
    game
}

/// Games without types, by rounds over beliefs (of which there is one) and by the solver of all states at
/// once: two ways that share no equations.
#[test]
fn without_types_both_solvers_agree() {
    let found = each_game(120, |seed| {
        let json = game(seed);
        let game = read(&json);
        let own = solve(&game, &options(3), &Silent).expect("solved");
        let rounds = typed::solve(&game, &options(3), &Silent).expect("solved");
        certified(&game, &rounds);
        let Some(Branch::FarSighted { growth, .. }) = rounds.report.branch else {
            panic!("another branch");
        };
        (apart(values(&own), values(&rounds)), growth)
    });
    let mut worst = 0.0f64;
    for (seed, (apart, growth)) in found {
        assert!(apart < 1e-9, "{seed}: {apart:e}, growth {growth}");
        worst = worst.max(apart);
    }
    println!("120 games within {worst:.1e}");
}

/// Plans of so many rounds come to stationary play, at every belief of the grid: within δ^N of what is
/// at stake.
#[test]
fn long_plans_come_to_it() {
    let found = each_game(48, |seed| {
        let json = typed_game(seed, 1 + (seed % 3 == 0) as usize, 0.5);
        let game = read(&json);
        if game.has_joint_moves() {
            return None;
        }
        let options = options(9);
        let own = solve(&game, &options, &Silent).unwrap_or_else(|e| panic!("{seed}: {e}"));
        certified(&game, &own);
        let mut long = json;
        long["foresight"] = json!(500);
        let long = solve(&read(&long), &options, &Silent).expect("solved");
        let play = |solution: &Solution| -> Vec<Vec<f64>> {
            let tables = solution.strategies[0].iter();
            tables
                .map(|t| t.log_sigma.iter().map(|l| l.exp()).collect())
                .collect()
        };
        Some((
            apart(values(&own), values(&long)),
            apart(&play(&own), &play(&long)),
        ))
    });
    let mut worst = (0.0f64, 0.0f64);
    let found: Vec<_> = (found.into_iter())
        .filter_map(|(seed, apart)| Some((seed, apart?)))
        .collect();
    assert!(found.len() >= 8, "{} games", found.len());
    println!("{} games", found.len());
    for (seed, (values, play)) in found {
        assert!(values < 1e-8 && play < 1e-8, "{seed}: {values:e}, {play:e}");
        worst = (worst.0.max(values), worst.1.max(play));
    }
    println!("values within {:.1e}, play within {:.1e}", worst.0, worst.1);
}

/// Types who want the same play the same: nothing is ever learned, and the game is that without types.
#[test]
fn types_alike_are_no_types() {
    for seed in 0..16 {
        let plain = read(&game(seed));
        let plain = solve(&plain, &options(5), &Silent).expect("solved");
        let game = read(&typed_game(seed, 1, 0.0));
        let alike = solve(&game, &options(points(&game)), &Silent).expect("solved");
        certified(&game, &alike);
        let (points, seats) = (alike.grid.points, alike.layout.seats);
        for (one, many) in values(&plain).iter().zip(values(&alike)) {
            for (k, value) in many.iter().enumerate() {
                let (row, seat) = (k / points / seats, k / points % seats);
                // Both types of the first actor are its one type.
                let expected = one[row * (seats - 1) + seat.saturating_sub(1)];
                assert!(
                    (value - expected).abs() < 1e-8,
                    "{seed}: {value} {expected}"
                );
            }
        }
    }
}

/// Where a belief is certain, play and values are those of the game in which the type is known, which is
/// solved for all states at once.
#[test]
fn certain_beliefs_are_games_with_the_type_known() {
    for seed in 0..16 {
        let json = typed_game(seed, 1, 0.5);
        let game = read(&json);
        let both = solve(&game, &options(points(&game)), &Silent).expect("solved");
        let (points, seats) = (both.grid.points, both.layout.seats);
        for kind in 0..2 {
            let mut known = json.clone();
            known["actors"][0]["types"] = json!([{"name": "known", "prior": 1}]);
            payoffs(&mut known, &mut |payoff| {
                payoff[0] = json!([payoff[0][kind]])
            });
            let known = solve(&read(&known), &options(9), &Silent).expect("solved");
            let point = (0..points)
                .find(|k| both.grid.belief(0, *k)[kind] == 1.0)
                .expect("a certain belief");
            for (one, many) in values(&known).iter().zip(values(&both)) {
                for (row, expected) in one.chunks_exact(seats - 1).enumerate() {
                    for (seat, expected) in expected.iter().enumerate() {
                        let seat = if seat == 0 { kind } else { seat + 1 };
                        let value = many[(row * seats + seat) * points + point];
                        assert!(
                            (value - expected).abs() < 1e-8,
                            "{seed}, type {kind}: {value} {expected}"
                        );
                    }
                }
            }
        }
    }
}

/// Between the points of a fine grid, at beliefs that simulated trajectories come to, play is the logit
/// response to what it earns; a coarser grid is further from it.
#[test]
fn regret_between_grid_points_falls_with_the_grid() {
    let (mut fell, mut games) = (0, 0);
    for seed in 0..24 {
        let game = read(&typed_game(seed, 1, 0.5));
        if game.has_joint_moves() {
            continue;
        }
        games += 1;
        let regret = |points: usize| {
            let solution = solve(&game, &options(points), &Silent).expect("solved");
            let certificate = certify(&game, &solution, 50, &Silent).expect("checked");
            assert!(certificate.holds(), "{seed}: {certificate:?}");
            certificate.logit_regret
        };
        let (coarse, fine) = (regret(5), regret(17));
        assert!(fine < 1e-5, "{seed}: {fine:e}");
        fell += u32::from(fine < 0.1 * coarse || coarse < 1e-9);
    }
    assert!(games >= 5 && fell + 2 >= games, "{fell} of {games}");
}

/// Forecast and simulation share nothing but the strategies.
#[test]
fn simulation_agrees_with_the_forecast() {
    let (mut compared, mut largest) = (0, 0.0f64);
    for seed in 0..96 {
        let mut json = typed_game(seed, 1 + (seed % 2) as usize, 0.5);
        let states = json["states"].as_array().map_or(0, Vec::len);
        json["horizon"] = json!(12);
        json["questions"] = json!([
            {"name": "last", "states": [states - 1], "by": 12},
            {"name": "second", "states": [1], "by": 3}]);
        json["classes"] = json!([
            {"name": "first", "states": [0]},
            {"name": "others", "states": (1..states).collect::<Vec<_>>()}]);
        let game = read(&json);
        if game.has_joint_moves() {
            continue;
        }
        let solution = solve(&game, &options(9), &Silent).expect("solved");
        let exact =
            forecast(&game, &solution, &forecast::Options::default(), &Silent).expect("forecast");
        let drawn = simulate::Options {
            trajectories: 40_000,
            seed,
        };
        let simulated = simulate(&game, &solution, &drawn, &Silent).expect("simulated");
        let series = exact.classes.iter().chain(&exact.questions);
        let estimates = simulated.classes.iter().chain(&simulated.questions);
        for (series, estimate) in series.zip(estimates) {
            let last = |of: &[f64]| *of.last().expect("rounds");
            let (p, drawn) = (last(&series.probability), last(&estimate.probability));
            let error = (p * (1.0 - p) / 40_000.0).sqrt();
            if error > 1e-6 {
                largest = largest.max((p - drawn).abs() / error);
                compared += 1;
            }
        }
    }
    println!("{compared} compared, largest z {largest:.2}");
    assert!(compared > 30, "{compared}");
    assert!(largest < 4.0, "z = {largest}");
}

/// What cannot be is refused with what to do instead.
#[test]
fn refusals() {
    let refused = |json: &Value, options: &Options| {
        let error = solve(&read(json), options, &Silent).expect_err("refused");
        error.to_string()
    };
    let json = typed_game(1, 1, 0.5);
    let small = Options {
        memory: 1000,
        ..options(9)
    };
    let text = refused(&json, &small);
    assert!(text.contains("MiB"), "{text}");
    let start = Options {
        start: Some(Default::default()),
        ..options(9)
    };
    let text = refused(&json, &start);
    assert!(text.contains("play depends on beliefs too"), "{text}");
    let found = equilibria::equilibria(
        &read(&json),
        &options(9),
        &equilibria::Options { starts: 1, seed: 0 },
        &Silent,
    );
    let text = found.expect_err("refused").to_string();
    assert!(text.contains("give every actor one type"), "{text}");
}

/// The same bits on any number of threads.
#[test]
fn threads_do_not_matter() {
    let game = read(&typed_game(3, 2, 0.5));
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.expect("threads");
        pool.install(|| solve(&game, &options(9), &Silent).expect("solved"))
    };
    let (one, three) = (on(1), on(3));
    assert_eq!(values(&one), values(&three));
    assert_eq!(one.report.branch, three.report.branch);
}
