//! The watch list against the forecast and against what observing shows.

use crate::compile_support::scenario_file;
use crate::observe::{Played, at_once, forecast as whole, played, text};
use crate::study_support::scenario;
use climbdown_engine::analyse::observe::{Evidence, Standing, observe_round, remaining};
use climbdown_engine::analyse::resolve::AnalysisError;
use climbdown_engine::analyse::resolve::reduced;
use climbdown_engine::analyse::watch::watch;
use climbdown_engine::compile::{self, compile};
use climbdown_engine::forecast::{self, Sign, classes_after, forecast_after};
use climbdown_engine::game::Game;
use climbdown_engine::simulate;
use climbdown_engine::solve::{self, Silent};
use std::collections::BTreeMap;

fn exact() -> forecast::Options {
    forecast::Options {
        exact_particles: usize::MAX,
        spells: false,
        ..forecast::Options::default()
    }
}

/// Forecasts after all labels of a choice, weighted by their probabilities, are the forecast now;
/// so are those after all levels of a variable.
#[test]
fn forecasts_after_all_signs_average_to_the_forecast_now() {
    for text in [1.0, 0.3].into_iter().flat_map(|b| [text(b), at_once(b)]) {
        let Played { game, solution, .. } = played(&text);
        let list = watch(&game, &solution, 0.0, &exact(), &Silent).expect("a list");
        assert!(list.exact);
        let mut choices: BTreeMap<_, (f64, Vec<f64>)> = BTreeMap::new();
        for seen in &list.signs {
            if let Sign::Label { phase, .. } = seen.sign {
                let (total, sum) = choices
                    .entry((phase, seen.actor.clone().expect("who chooses")))
                    .or_insert((0.0, vec![0.0; seen.after.len()]));
                *total += seen.probability;
                for (s, a) in sum.iter_mut().zip(&seen.after) {
                    *s += seen.probability * a;
                }
            }
        }
        // All courses come to both choices.
        assert_eq!(choices.len(), 2);
        for (total, sum) in choices.values() {
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

/// Where both choose at once, what the list says of a label is what comes of the trajectories that show it.
#[test]
fn labels_shown_at_once_mean_what_trajectories_come_to() {
    const PATHS: u64 = 6000;
    for believed in [1.0, 0.3] {
        let Played { game, solution, .. } = played(&at_once(believed));
        let list = watch(&game, &solution, 0.0, &exact(), &Silent).expect("a list");
        let all: Vec<Vec<simulate::Step>> = (0..PATHS)
            .map(|k| simulate::path(&game, &solution, k, 11))
            .collect();
        let mut labels = 0;
        for seen in &list.signs {
            let Sign::Label { label, .. } = seen.sign else {
                continue;
            };
            labels += 1;
            let shows = |path: &&Vec<simulate::Step>| {
                let first = path.iter().filter(|s| s.round == 0);
                first.flat_map(|s| &s.labels).any(|l| *l == label)
            };
            let with: Vec<_> = all.iter().filter(shows).collect();
            let near = |count: usize, of: usize, p: f64| {
                let (share, of) = (count as f64 / of as f64, of as f64);
                (share - p).abs() < 4.5 * (p * (1.0 - p) / of).sqrt() + 1.0 / of
            };
            assert!(near(with.len(), all.len(), seen.probability), "{seen:?}");
            // War is an end, and the first class.
            let war = |path: &&&Vec<simulate::Step>| {
                let mut states = path
                    .iter()
                    .map(|s| game.variables[0].of_state[s.state as usize]);
                states.any(|rung| rung == 2)
            };
            let came = with.iter().filter(war).count();
            assert!(
                near(came, with.len(), seen.after[0]),
                "{seen:?} {came} of {}",
                with.len()
            );
        }
        assert_eq!(labels, 4);
    }
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

/// Of two outcomes one loses what the other gains: to which a sign points is not left to rounding.
#[test]
fn of_two_outcomes_signs_point_to_the_first() {
    let two = text(0.3).replace(
        "  closed: ever strait == shut\n  clash: rung == clash at end\n",
        "",
    );
    let two = two.replace("question shut_1: closed", "question shut_1: strait == shut");
    let Played { game, solution, .. } = played(&two);
    let options = forecast::Options {
        exact_particles: 6,
        ..exact()
    };
    let list = watch(&game, &solution, 0.0, &options, &Silent).expect("a list");
    assert_eq!(list.classes.len(), 2);
    assert!(list.signs.iter().all(|seen| seen.points_to == 0));
}

/// Nothing, and what could be seen.
fn all_signs(game: &Game) -> Vec<Option<Sign>> {
    let phases = 0..game.phases.len();
    let labels = phases.flat_map(|phase| {
        let labels = 0..game.labels.len() as u32;
        labels.map(move |label| Sign::Label { phase, label })
    });
    let variables = game.variables.iter().enumerate();
    let levels = variables.flat_map(|(variable, v)| {
        let levels = 0..v.levels.len() as u16;
        levels.map(move |level| Sign::Level { variable, level })
    });
    let signs: Vec<Sign> = labels.chain(levels).collect();
    // Some of very many.
    let signs = signs.iter().step_by(1 + signs.len() / 40);
    let signs = signs.map(|sign| Some(*sign));
    std::iter::once(None).chain(signs).collect()
}

/// Compares the classes after all signs, in every round, with a forecast for each: the largest difference,
/// and how many went over to the grid or the table.
fn apart(game: &Game, points: usize, stencil: usize, exact_particles: usize) -> (f64, usize) {
    let settings = solve::Options {
        belief_points: points,
        stencil,
        ..solve::Options::default()
    };
    let solution = solve::solve(game, &settings, &Silent).expect("it is solved");
    let options = forecast::Options {
        exact_particles,
        spells: false,
        belief_paths: false,
        ..forecast::Options::default()
    };
    let signs = all_signs(game);
    let all = classes_after(game, &solution, &options, &signs, &Silent).expect("classes");
    assert_eq!(all.len(), signs.len());
    let (mut largest, mut wide, mut seen) = (0.0f64, 0, 0.0);
    for (sign, found) in signs.iter().zip(&all) {
        let one = forecast_after(game, &solution, &options, *sign, &Silent).expect("a forecast");
        assert_eq!(found.exact, one.exact, "{sign:?}");
        assert_eq!(found.classes.len(), one.classes.len());
        wide += usize::from(!found.exact);
        for (found, class) in found.classes.iter().zip(&one.classes) {
            assert_eq!(found.len(), class.probability.len());
            for (a, b) in found.iter().zip(&class.probability) {
                largest = largest.max((a - b).abs());
                seen += b;
            }
        }
    }
    assert!(seen > 1.0, "something is seen");
    (largest, wide)
}

/// The text above over more rounds, compiled.
fn longer(text: &str) -> Game {
    let text = text
        .replace("horizon 3 rounds", "horizon 5 rounds")
        .replace("within 3 rounds", "within 5 rounds");
    let compiled = compile(&scenario(&text), &compile::Options::default());
    compiled.expect("it compiles").game
}

/// The pass backwards through the grid and the forecasts forward agree: where mass is held in moments
/// (with and without kernels of that size) and where it is spread, from whichever phase on.
#[test]
fn classes_after_all_signs_are_those_of_a_forecast_for_each() {
    let three = text(0.3).replace(
        "  type soft otherwise",
        "  type soft prior 25%\n  type mild otherwise",
    );
    let two = longer(&text(0.3));
    let three = longer(&three);
    for (game, points, stencil, particles) in [
        (&two, 5, 17, 1),
        (&two, 5, 17, 30),
        (&two, 7, 17, 6),
        (&two, 9, 17, 6),
        (&two, 17, 17, 30),
        (&two, 19, 8, 6),
        (&three, 5, 17, 1),
    ] {
        let (largest, wide) = apart(game, points, stencil, particles);
        assert!(largest < 1e-13, "{points} {particles}: {largest:e}");
        assert!(wide > 10, "{points} {particles}: {wide}");
    }
}

/// Without types, and where play differs from round to round, every sign is pushed forward by itself.
#[test]
fn what_cannot_be_read_backwards_is_pushed_forward() {
    let full = text(0.3).replace("foresight 3 rounds", "foresight full");
    let untyped = text(0.3)
        .replace("  type resolved prior 55%\n  type bluffing otherwise\n", "")
        .replace("  type hard prior 60%\n  type soft otherwise\n", "")
        .replace("0.5 if resolved else 2", "0.5")
        .replace("0.3 if hard else 1.2", "0.3");
    for (text, typed) in [(full, true), (untyped, false)] {
        let game = longer(&text);
        assert_eq!(game.has_types(), typed);
        let (largest, wide) = apart(&game, 5, 17, 1);
        assert!(largest == 0.0, "{largest:e}");
        assert_eq!(wide > 10, typed, "{wide}");
    }
}

/// The same on the shipped scenario over fewer rounds.
#[test]
fn classes_after_signs_of_the_flagship_are_those_of_a_forecast_for_each() {
    let mut scenario = reduced(&scenario(&scenario_file()));
    (scenario.window, scenario.horizon) = (3, 3);
    let compiled = compile(&scenario, &compile::Options::default());
    let game = compiled.expect("it compiles").game;
    let (largest, wide) = apart(&game, 5, 17, 100);
    assert!(largest < 1e-13, "{largest:e}");
    assert!(wide > 3, "{wide}");
}
