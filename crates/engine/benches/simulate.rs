//! Trajectories a second on one thread: of a scenario of ten variables and 52 weeks without private types,
//! and of the US-Iran scenario with exact Bayes over 26 and 52 weeks.

use climbdown_engine::compile::compile;
use climbdown_engine::game::Game;
use climbdown_engine::simulate::{self, simulate};
use climbdown_engine::solve::{Options, Silent, Solution, solve};
use climbdown_lang::{AtHand, Loaded};
use divan::counter::ItemsCount;

const TEN: &str = include_str!("ten.crisis");
const FLAGSHIP: &str = include_str!("../../../scenarios/us-iran-2026-05-11.crisis");
/// What it extends.
const BASE: (&str, &str) = (
    "us-iran-base.crisis",
    include_str!("../../../scenarios/us-iran-base.crisis"),
);

fn main() {
    let one = rayon::ThreadPoolBuilder::new().num_threads(1);
    one.build_global().expect("no pool before");
    divan::main();
}

fn solved(text: &str, points: usize) -> (Game, Solution) {
    let root = Loaded {
        name: "bench.crisis".to_owned(),
        identity: "bench.crisis".to_owned(),
        bytes: text.as_bytes().to_vec(),
    };
    let scenario = climbdown_lang::resolve(root, &mut AtHand(&[BASE]))
        .check(climbdown_lang::Options::default())
        .scenario
        .expect("a sound scenario");
    let game = compile(&scenario, &Default::default())
        .expect("a sound game")
        .game;
    let options = Options {
        belief_points: points,
        ..Default::default()
    };
    let solution = solve(&game, &options, &Silent).expect("solved");
    (game, solution)
}

fn walk(bencher: divan::Bencher, game: &Game, solution: &Solution, trajectories: u64) {
    let options = simulate::Options {
        trajectories,
        seed: 1,
    };
    bencher
        .counter(ItemsCount::new(trajectories))
        .bench_local(|| {
            simulate(game, solution, &options, &Silent)
                .expect("simulated")
                .questions
        });
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn ten_variables_52_weeks(bencher: divan::Bencher) {
    let (game, solution) = solved(TEN, 3);
    assert_eq!((game.variables.len(), game.horizon), (10, 52));
    walk(bencher, &game, &solution, 1_000_000);
}

/// Belief points a side and weeks.
const SETTINGS: [(usize, u32); 3] = [(5, 26), (5, 52), (9, 52)];

#[divan::bench(args = SETTINGS, sample_count = 3, sample_size = 1)]
fn flagship(bencher: divan::Bencher, (points, weeks): (usize, u32)) {
    let (mut game, solution) = solved(FLAGSHIP, points);
    game.horizon = weeks;
    walk(bencher, &game, &solution, 100_000);
}
