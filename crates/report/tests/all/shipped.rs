//! Every shipped scenario: the forecast against a million simulated trajectories with exact Bayes.

use crate::scenarios;
use climbdown_engine::compile::compile;
use climbdown_engine::forecast::{self, forecast};
use climbdown_engine::simulate::{self, simulate};
use climbdown_engine::solve::{Options, Silent, solve};

const TRAJECTORIES: u64 = 1_000_000;

#[test]
fn a_million_trajectories_agree_with_the_forecast() {
    let mut files = scenarios::distinct();
    // The flagship is simulated where it is solved, in `flagship.rs`.
    files.retain(|f| !f.to_string_lossy().contains("us-iran"));
    assert!(files.len() >= 7, "{files:?}");
    println!("scenario                     what                    forecast    simulated        z");
    let mut worst = (0.0f64, String::new());
    for file in files {
        let name = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let scenario = climbdown_lang::check(&scenarios::whole(&file))
            .scenario
            .expect("a sound scenario");
        let mut game = compile(&scenario, &Default::default())
            .unwrap_or_else(|e| panic!("{name}: {e}"))
            .game;
        // What is compared is read at the window.
        game.horizon = game.window.max(1);
        let solution =
            solve(&game, &Options::default(), &Silent).unwrap_or_else(|e| panic!("{name}: {e}"));
        let options = forecast::Options {
            spells: false,
            ..Default::default()
        };
        let exact = forecast(&game, &solution, &options, &Silent).expect("a forecast");
        let options = simulate::Options {
            trajectories: TRAJECTORIES,
            seed: 20_260_511,
        };
        let sampled = simulate(&game, &solution, &options, &Silent).expect("a simulation");
        let last = game.horizon as usize;
        let series = exact.classes.iter().chain(&exact.questions);
        for (series, estimate) in series.zip(sampled.classes.iter().chain(&sampled.questions)) {
            let (p, q) = (series.probability[last], estimate.probability[last]);
            let error = (p * (1.0 - p) / TRAJECTORIES as f64).max(0.0).sqrt();
            let z = if (p - q).abs() < 1e-12 {
                0.0
            } else {
                (q - p) / error.max(1e-12)
            };
            println!(
                "{name:<28} {:<22} {p:>10.6} {q:>12.6} {z:>8.2}",
                series.name
            );
            // Below ten expected hits a normal error says nothing; then the counts must be small too.
            if p * (TRAJECTORIES as f64) < 10.0 {
                assert!(q * (TRAJECTORIES as f64) < 30.0, "{name} {}", series.name);
            } else if z.abs() > worst.0 {
                worst = (z.abs(), format!("{name}: {}", series.name));
            }
        }
    }
    println!("largest |z| {:.2} ({})", worst.0, worst.1);
    assert!(worst.0 < 4.0, "{worst:?}");
}
