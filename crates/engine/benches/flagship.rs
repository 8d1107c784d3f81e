//! The stages of the US-Iran scenario at the settings of the budget: nine belief points a side, eight
//! weeks of foresight, 52 weeks.

use climbdown_engine::compile::compile;
use climbdown_engine::forecast::{self, forecast};
use climbdown_engine::game::Game;
use climbdown_engine::solve::{Options, Silent, Solution, certify, solve};
use climbdown_lang::{AtHand, Loaded};

const NAME: &str = "us-iran-2026-05-11.crisis";
const TEXT: &str = include_str!("../../../scenarios/us-iran-2026-05-11.crisis");
/// What it extends.
const BASE: (&str, &str) = (
    "us-iran-base.crisis",
    include_str!("../../../scenarios/us-iran-base.crisis"),
);

fn main() {
    divan::main();
}

fn game() -> Game {
    let root = Loaded {
        name: NAME.to_owned(),
        identity: NAME.to_owned(),
        bytes: TEXT.as_bytes().to_vec(),
    };
    let scenario = climbdown_lang::resolve(root, &mut AtHand(&[BASE]))
        .check(climbdown_lang::Options::default())
        .scenario
        .expect("a sound scenario");
    compile(&scenario, &Default::default())
        .expect("a sound game")
        .game
}

fn solved() -> (Game, Solution) {
    let game = game();
    let solution = solve(&game, &Options::default(), &Silent).expect("solved");
    (game, solution)
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn check_and_compile() -> usize {
    game().states.len()
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn solve_9x9_foresight_8(bencher: divan::Bencher) {
    let game = game();
    bencher.bench_local(|| {
        solve(&game, &Options::default(), &Silent)
            .expect("solved")
            .report
    });
}

/// To the window of the outcomes, and to the horizon.
#[divan::bench(args = [26, 52], sample_count = 3, sample_size = 1)]
fn forecast_weeks(bencher: divan::Bencher, weeks: u32) {
    let (mut game, solution) = solved();
    game.horizon = weeks;
    let options = forecast::Options {
        spells: false,
        ..Default::default()
    };
    bencher.bench_local(|| {
        forecast(&game, &solution, &options, &Silent)
            .expect("a forecast")
            .mass_error
    });
}

#[divan::bench(sample_count = 1, sample_size = 1)]
fn certify_and_regret(bencher: divan::Bencher) {
    let (game, solution) = solved();
    bencher.bench_local(|| {
        certify(&game, &solution, 200, &Silent)
            .expect("checked")
            .response
    });
}
