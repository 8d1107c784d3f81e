//! The shipped scenario of the crisis between the United States and Iran, solved as `climbdown run`
//! solves it: its size, its choices, its certificate and the bounds within which its outcomes must
//! lie to say anything.

use crate::scenarios;
use climbdown_engine::compile::{self, Compiled};
use climbdown_engine::forecast::{self, Forecast, forecast};
use climbdown_engine::game::{Game, Phase};
use climbdown_engine::simulate;
use climbdown_engine::solve::{Options, Silent, Solution, certify, solve};
use std::collections::BTreeMap;

fn compiled() -> Compiled {
    let checked = climbdown_lang::check(&scenarios::shipped("us-iran-2026-05-11.crisis"));
    let scenario = checked
        .scenario
        .unwrap_or_else(|| panic!("{:?}", checked.diagnostics));
    compile::compile(&scenario, &compile::Options::default()).unwrap_or_else(|e| panic!("{e}"))
}

/// Large enough to be a crisis, small enough to be solved.
fn size(compiled: &Compiled) {
    let phases = &compiled.size.phases;
    println!("{phases:?}");
    assert!(phases.iter().any(|p| p.states >= 1500), "{phases:?}");
    assert!(phases.iter().all(|p| p.states <= 5000), "{phases:?}");
    assert!(sides(&compiled.game) >= 2);
}

/// Actors of two types and more; the others pay and never move.
fn sides(game: &Game) -> usize {
    game.actors.iter().filter(|a| a.types.len() >= 2).count()
}

/// At least three moves are open to each side in most states in which it moves.
fn choices(game: &Game) {
    let mut wide: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
    for phase in &game.phases {
        if let Phase::Move(phase) = phase {
            assert_eq!(phase.actors.len(), 1);
            let count = wide.entry(phase.actors[0]).or_default();
            for n in 0..phase.nodes() {
                count.0 += usize::from(phase.alternatives(n).len() >= 3);
                count.1 += 1;
            }
        }
    }
    assert_eq!(wide.len(), sides(game), "both sides move, and nobody else");
    for (actor, (wide, all)) in wide {
        let name = &game.actors[actor as usize].name;
        println!("{name}: three moves or more in {wide} of {all} states");
        assert!(2 * wide > all, "{name}: {wide} of {all}");
    }
}

/// The outcomes partition at every round; none is a foregone conclusion, and those that matter are
/// neither certain nor negligible.
fn outcomes(game: &Game, forecast: &Forecast) {
    assert!(forecast.mass_error < 1e-12, "{:e}", forecast.mass_error);
    for round in 0..=game.horizon as usize {
        let sum: f64 = forecast.classes.iter().map(|c| c.probability[round]).sum();
        assert!((sum - 1.0).abs() < 1e-12, "round {round}: {sum}");
    }
    let window = game.window as usize;
    for class in &forecast.classes {
        let p = class.probability[window];
        println!("{}: {p:.4} at {window}", class.name);
        assert!((0.0..=0.9).contains(&p), "{}: {p}", class.name);
        if ["war", "deal", "standoff"].contains(&class.name.as_str()) {
            assert!(p > 0.02, "{}: {p}", class.name);
        }
    }
    for name in ["war", "deal", "standoff"] {
        assert!(
            forecast.classes.iter().any(|c| c.name == name),
            "no class {name}"
        );
    }
}

/// Both sides are learned about: E|β − prior| at the window.
fn learning(game: &Game, forecast: &Forecast) {
    let window = game.window as usize;
    assert!(forecast.beliefs.len() >= 4, "two types on each side");
    for belief in &forecast.beliefs {
        let moved = belief.moved[window];
        println!(
            "{}.{}: moves by {moved:.3}, mean {:.3} at {window}",
            belief.actor, belief.kind, belief.mean[window]
        );
        assert!(moved > 0.1, "{}.{}: {moved}", belief.actor, belief.kind);
    }
}

/// Simulated with exact Bayes, every class and question comes out as forecast.
fn simulated(game: &Game, solution: &Solution, forecast: &Forecast) {
    let options = simulate::Options {
        trajectories: 1_000_000,
        seed: 20_260_511,
    };
    let sampled = simulate::simulate(game, solution, &options, &Silent).expect("a simulation");
    let last = game.window as usize;
    let series = forecast.classes.iter().chain(&forecast.questions);
    let estimates = sampled.classes.iter().chain(&sampled.questions);
    let mut worst = 0.0f64;
    for (series, estimate) in series.zip(estimates) {
        let (p, q) = (series.probability[last], estimate.probability[last]);
        let z = (q - p) / (p * (1.0 - p) / options.trajectories as f64).sqrt();
        println!("{}: {p:.4}, simulated {q:.4}, z {z:.2}", series.name);
        worst = worst.max(z.abs());
    }
    assert!(worst < 4.0, "{worst}");
}

#[test]
fn the_flagship_says_something_and_is_certified() {
    let mut compiled = compiled();
    size(&compiled);
    // All that is asked here is read at the window.
    compiled.game.horizon = compiled.game.window;
    let game = &compiled.game;
    choices(game);
    let options = Options::default();
    assert_eq!(options.belief_points, 9, "as `climbdown run` solves it");
    let solution = solve(game, &options, &Silent).expect("solved");
    let certificate = certify(game, &solution, 50, &Silent).expect("checked");
    println!("{certificate:?}");
    assert!(certificate.holds(), "{certificate:?}");
    assert!(certificate.reached > 0);
    // Origins of spells change no outcome and take most of the time.
    let options = forecast::Options {
        spells: false,
        ..Default::default()
    };
    let forecast = forecast(game, &solution, &options, &Silent).expect("forecast");
    outcomes(game, &forecast);
    learning(game, &forecast);
    simulated(game, &solution, &forecast);
}
