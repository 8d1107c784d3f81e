//! Lowering, checked against kernels worked out by hand.

mod support;

use climbdown_engine::compile::{Options, compile};
use support::{LADDER, compiled, kernel, scenario};

#[test]
fn flagship_compiles() {
    let text = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../scenarios/us-iran-2026-05-11.crisis"
    ))
    .expect("the file is there");
    let scenario = scenario(&text);
    let begin = std::time::Instant::now();
    let compiled = compile(&scenario, &Options::default());
    let took = begin.elapsed();
    match compiled {
        Ok(compiled) => eprintln!("{took:?} {:#?}", compiled.size),
        Err(error) => panic!("{took:?} {:#?}", error.diagnostics()),
    }
}

#[test]
fn plain_scenario() {
    let compiled = compiled(LADDER);
    let game = &compiled.game;
    eprintln!("{:#?}", compiled.size);
    eprintln!("{:?}", game.states);
    let start = compiled.state_at("").expect("start");
    assert_eq!(start, game.start);
    eprintln!("{:?}", kernel(game, 0, start, "a.push"));
}
