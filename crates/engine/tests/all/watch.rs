//! The watch list against the forecast and against what observing shows.

use crate::observe::{Played, forecast as whole, played, text};
use climbdown_engine::analyse::observe::{Evidence, Standing, observe_round, remaining};
use climbdown_engine::analyse::resolve::AnalysisError;
use climbdown_engine::analyse::watch::watch;
use climbdown_engine::forecast::{self, Sign, forecast_after};
use climbdown_engine::solve::Silent;
use std::collections::BTreeMap;

fn exact() -> forecast::Options {
    forecast::Options {
        exact_particles: usize::MAX,
        spells: false,
        ..forecast::Options::default()
    }
}

/// Forecasts after all labels of a phase, weighted by their probabilities, are the forecast now;
/// so are those after all levels of a variable.
#[test]
fn forecasts_after_all_signs_average_to_the_forecast_now() {
    for believed in [1.0, 0.3] {
        let Played { game, solution, .. } = played(&text(believed));
        let list = watch(&game, &solution, 0.0, &exact(), &Silent).expect("a list");
        assert!(list.exact);
        let mut phases: BTreeMap<usize, (f64, Vec<f64>)> = BTreeMap::new();
        for seen in &list.signs {
            if let Sign::Label { phase, .. } = seen.sign {
                let (total, sum) = phases
                    .entry(phase)
                    .or_insert((0.0, vec![0.0; seen.after.len()]));
                *total += seen.probability;
                for (s, a) in sum.iter_mut().zip(&seen.after) {
                    *s += seen.probability * a;
                }
            }
        }
        // All courses come to both choices.
        assert_eq!(phases.len(), 2);
        for (total, sum) in phases.values() {
            assert!((total - 1.0).abs() < 1e-12);
            for (s, n) in sum.iter().zip(&list.now) {
                assert!((s - n).abs() < 1e-9, "{s} {n}");
            }
        }
        // Levels: with the present one they make a partition.
        let options = exact();
        for (v, variable) in game.variables.iter().enumerate() {
            let mut sum = vec![0.0; list.now.len()];
            for level in 0..variable.levels.len() as u16 {
                let sign = Sign::Level { variable: v, level };
                let part = forecast_after(&game, &solution, &options, Some(sign), &Silent)
                    .expect("a forecast");
                for (s, c) in sum.iter_mut().zip(&part.classes) {
                    *s += c.probability[game.window as usize];
                }
            }
            for (s, n) in sum.iter().zip(&list.now) {
                assert!((s - n).abs() < 1e-9, "{s} {n}");
            }
        }
    }
}

/// What the list says of a sign is what comes of observing it.
#[test]
fn a_sign_means_what_observing_it_shows() {
    let Played { game, solution, .. } = played(&text(1.0));
    let list = watch(&game, &solution, 0.0, &exact(), &Silent).expect("a list");
    let seen = |name: &str| {
        let found = list.signs.iter().find(|s| s.name == name);
        found.unwrap_or_else(|| panic!("{name} is listed"))
    };
    // War is an end: after it all is known.
    let war = seen("rung war");
    assert!((war.after[0] - 1.0).abs() < 1e-12 && war.lead == Some(0));
    // Unclear things are seen of Iran alone, and leave the state alone: with a default of the US
    // and nothing by chance this is a part of the sign, so its beliefs agree.
    let label = game
        .labels
        .iter()
        .position(|l| l == "unclear")
        .expect("a label");
    let (standing, _) = observe_round(
        &game,
        &solution,
        &Standing::start(&game),
        &[Evidence::Label(label as u32)],
    )
    .expect("it fits");
    let unclear = seen("unclear");
    let hard = unclear
        .beliefs
        .iter()
        .find(|b| b.1 == "hard")
        .expect("a belief");
    assert!(hard.3 > hard.2 + 0.01, "the hard type harasses more");
    assert!(
        (hard.3 - standing.belief[2]).abs() < 0.05,
        "{} {:?}",
        hard.3,
        standing.belief
    );
    let rest = remaining(&game, &standing);
    assert!(whole(&rest, &solution).exact);
    // The likeliest and most telling comes first.
    let order: Vec<f64> = list.signs.iter().map(|s| s.information).collect();
    assert!(order.is_sorted_by(|a, b| a >= b) && order[0] > 0.0);
}

#[test]
fn without_classes_there_is_nothing_to_mean() {
    let without = text(1.0).replace(
        "outcomes within 3 rounds\n  war: ever rung == war\n  closed: ever strait == shut\n  clash: rung == clash at end\n  calm: otherwise\n",
        "",
    );
    let without = without
        .replace("question war_2: war", "question war_2: rung == war")
        .replace("question shut_1: closed", "question shut_1: strait == shut");
    let Played { game, solution, .. } = played(&without);
    assert!(matches!(
        watch(&game, &solution, 0.0, &exact(), &Silent),
        Err(AnalysisError::Question(_))
    ));
}
