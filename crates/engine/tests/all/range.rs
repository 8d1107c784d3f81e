//! Futures and ranges: what is drawn, counted and told.

use crate::study_support;

use climbdown_engine::analyse::draws::{Structure, draw};
use climbdown_engine::analyse::evaluate::{Readings, Settings, evaluate_all, measures};
use climbdown_engine::analyse::range::{Made, RangeReport, Spread, range};
use climbdown_engine::analyse::variation::{Change, Variation};
use climbdown_engine::compile::{Options, compile};
use climbdown_engine::solve::{Observer, Silent, SolveError};
use climbdown_lang::Scenario;
use climbdown_lang::scenario::ParameterId;
use study_support::{hazard, scenario, structure};

fn readings(base: &Scenario, structures: &[Structure], count: u32, workers: usize) -> Readings {
    let futures = draw(base, structures, count, 7);
    let list: Vec<Variation> = futures.list.into_iter().map(|f| f.variation).collect();
    evaluate_all(
        base,
        &list,
        &Settings::default(),
        workers,
        "futures",
        &Silent,
    )
    .expect("not stopped")
}

fn report(base: &Scenario, structures: &[Structure], count: u32) -> RangeReport {
    let readings = readings(base, structures, count, 2);
    let game = compile(base, &Options::default()).expect("compiles").game;
    let central = evaluate_all(
        base,
        &[Variation::default()],
        &Settings::default(),
        1,
        "central",
        &Silent,
    )
    .expect("not stopped")
    .remove(0)
    .expect("solved");
    let made = Made {
        belief_points: 5,
        seed: 7,
        parameters: 1,
        structures: structures.len(),
    };
    range(
        &measures(&game),
        &central.measures,
        &central,
        &readings,
        made,
    )
    .expect("some solved")
}

/// War within four rounds at a constant hazard: 1 − exp(−4 rate).
fn war(rate: f64) -> f64 {
    -libm::expm1(-4.0 * rate)
}

#[test]
fn the_range_is_that_of_the_closed_form() {
    let base = scenario(&hazard("0.1 .. 0.2 .. 0.6"));
    let found = report(&base, &[], 1024).measures[0].range;
    // Monotone in the rate, so quantiles go through: 10 % lies at low + (central − low)·√0.2.
    for (q, u) in [(found.low, 0.1), (found.median, 0.5), (found.high, 0.9)] {
        let rate = climbdown_engine::analyse::draws::quantile(&base.parameters[0], u) * 7.0;
        assert!((q - war(rate)).abs() < 1e-3, "{q} against {}", war(rate));
    }
    assert!(found.least >= war(0.1) && found.most <= war(0.6));
}

#[test]
fn narrower_assumptions_give_narrower_ranges() {
    let mut last = f64::INFINITY;
    for half in [0.19, 0.1, 0.05, 0.01, 0.0] {
        let text = hazard(&format!("{:.3} .. 0.2 .. {:.3}", 0.2 - half, 0.2 + half));
        let range = report(&scenario(&text), &[], 64).measures[0].range;
        let width = range.high - range.low;
        assert!(width < last, "{half}: {width} after {last}");
        last = width;
    }
    assert_eq!(last, 0.0);
}

#[test]
fn readings_do_not_depend_on_the_number_of_workers() {
    let base = scenario(study_support::CONTEST);
    let one = readings(&base, &[], 16, 1);
    for workers in [2, 3, 16] {
        assert_eq!(one, readings(&base, &[], 16, workers), "{workers}");
    }
}

#[test]
fn the_first_futures_do_not_depend_on_how_many_follow() {
    let base = scenario(study_support::CONTEST);
    let (few, many) = (draw(&base, &[], 16, 3), draw(&base, &[], 64, 3));
    for (a, b) in few.list.iter().zip(&many.list) {
        assert_eq!(a.variation, b.variation);
    }
    assert_ne!(
        few.list[0].variation,
        draw(&base, &[], 16, 4).list[0].variation
    );
}

#[test]
fn what_is_not_solved_is_counted_and_told() {
    // A rate below zero is refused by the compiler; about half of the futures have one.
    let base = scenario(&hazard("-0.2 .. 0.001 .. 0.2"));
    let report = report(&base, &[], 64);
    assert_eq!(report.drawn, 64);
    assert_eq!(report.solved + report.unsolved.len(), 64);
    assert_eq!(report.unsolved.len(), 32);
    assert!(
        report.unsolved[0].reason.contains("rate"),
        "{:?}",
        report.unsolved[0]
    );
    assert!(report.unsolved[0].variation.starts_with("future "));
}

#[test]
fn a_range_without_any_future_solved_is_none() {
    let base = scenario(&hazard("0.1 .. 0.2 .. 0.6"));
    let mut wrong = structure("rate", &[("wrong", 1.0)]);
    wrong.alternatives[0].variation.changes = vec![Change::Parameter(ParameterId(0), -1.0)];
    let readings = readings(&base, &[wrong], 4, 1);
    assert!(readings.iter().all(Result::is_err));
    let central = evaluate_all(
        &base,
        &[Variation::default()],
        &Settings::default(),
        1,
        "",
        &Silent,
    )
    .expect("not stopped")
    .remove(0)
    .expect("solved");
    let made = Made {
        belief_points: 5,
        seed: 0,
        parameters: 1,
        structures: 0,
    };
    assert!(range(&[], &[], &central, &readings, made).is_none());
}

#[test]
fn structures_have_the_last_word_and_their_weight() {
    let base = scenario(&hazard("0.1 .. 0.2 .. 0.6"));
    let mut pace = structure("pace", &[("calm", 0.75), ("hot", 0.25)]);
    for (alternative, per_week) in pace.alternatives.iter_mut().zip([0.0, 1.0]) {
        alternative.variation.changes = vec![Change::Parameter(ParameterId(0), per_week / 7.0)];
    }
    // A second one is drawn apart from the first.
    let other = structure("other", &[("a", 0.5), ("b", 0.5)]);
    let pair = [pace, other];
    let futures = draw(&base, &pair, 64, 7);
    let both = |a, b| {
        futures
            .list
            .iter()
            .filter(|f| f.alternatives == [a, b])
            .count()
    };
    assert_eq!(both(0, 0) + both(0, 1), 48);
    assert!((20..=28).contains(&both(0, 0)) && (4..=12).contains(&both(1, 0)));
    let readings = readings(&base, &pair, 64, 1);
    let probabilities: Vec<f64> = readings
        .iter()
        .map(|r| r.as_ref().expect("solved").measures[0])
        .collect();
    let calm = probabilities.iter().filter(|p| **p == 0.0).count();
    let hot = probabilities
        .iter()
        .filter(|p| (**p - war(1.0)).abs() < 1e-12)
        .count();
    assert_eq!((calm, hot), (48, 16));
    let spread = Spread::of(probabilities).expect("numbers");
    assert!((spread.mean - war(1.0) / 4.0).abs() < 1e-12);
}

#[test]
fn long_work_can_be_stopped() {
    struct Stop;
    impl Observer for Stop {
        fn cancelled(&self) -> bool {
            true
        }
    }
    let base = scenario(&hazard("0.1 .. 0.2 .. 0.6"));
    let stopped = evaluate_all(
        &base,
        &[Variation::default()],
        &Settings::default(),
        2,
        "",
        &Stop,
    );
    assert!(matches!(stopped, Err(SolveError::Cancelled)));
}
