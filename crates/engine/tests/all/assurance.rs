//! Assurance against the solution and the forecast, which know nothing of it.

use crate::threat_support;

use climbdown_engine::analyse::assurance::{Answer, Rates, assurance, by_names};
use climbdown_engine::forecast::{self, forecast};
use climbdown_engine::solve::Silent;
use threat_support::{Crisis, Solved};

fn answer(solved: &Solved, struck_by: &str) -> Answer {
    let names = |text: &str| vec![text.to_owned()];
    let question = by_names(
        Some(&solved.scenario),
        &solved.game,
        &names("iran.probe"),
        &names(struck_by),
        None,
    )
    .expect("names of the crisis");
    let found = assurance(
        &solved.game,
        &solved.solution,
        &[question],
        &solved.options,
        (50, 1),
        Rates::FINE,
        &Silent,
    );
    found.expect("answered").answers.remove(0)
}

/// A crisis planned to its end, so that the plan is what is played.
fn full(harm: f64, firm: f64) -> Crisis {
    Crisis {
        foresight: "full",
        harm,
        firm,
        ..Crisis::default()
    }
}

#[test]
fn chances_add_up_to_the_forecast() {
    for (harm, firm) in [(2.0, 0.3), (4.0, 0.5), (6.0, 0.7)] {
        let solved = full(harm, firm).solved(33);
        let whole = forecast(
            &solved.game,
            &solved.solution,
            &forecast::Options::default(),
            &Silent,
        )
        .expect("forecast");
        let struck = whole.classes[0].probability[6];
        // By the level, and by the move that leads to it and nothing else does.
        for by in ["rung=struck", "us.strike"] {
            let found = answer(&solved, by);
            assert_eq!((found.rounds, found.round), (6, Some(0)));
            let all = found
                .types
                .iter()
                .map(|t| t.weight * (t.rate * t.crossing + (1.0 - t.rate) * t.restraining));
            let all: f64 = all.sum();
            assert!((all - struck).abs() < 2e-5, "{by}: {all} against {struck}");
            for t in &found.types {
                assert!(t.crossing > t.restraining && t.restraining > t.abstaining);
                assert_eq!(t.abstaining, 0.0);
            }
        }
    }
}

#[test]
fn as_solved_the_pressure_is_what_the_choice_says() {
    for (harm, firm) in [(2.0, 0.3), (4.0, 0.5), (8.0, 0.8)] {
        let solved = full(harm, firm).solved(33);
        for t in answer(&solved, "us.strike").types {
            // Two moves and logit choice: the log-odds are λ times the difference of the values.
            let odds = (t.rate / (1.0 - t.rate)).ln();
            assert!(
                (t.pressure_solved - odds).abs() < 1e-4,
                "{}: {} against {odds}",
                t.kind,
                t.pressure_solved
            );
        }
    }
}

#[test]
fn certain_answers_deter_and_impossible_ones_do_not() {
    for harm in [3.0, 6.0, 9.0] {
        let solved = full(harm, 0.5).solved(9);
        for t in answer(&solved, "us.strike").types {
            // The more often what can be answered is, the less a probe is worth.
            for pair in t.pressure.windows(2) {
                assert!(pair[1].pressure < pair[0].pressure, "{:?}", t.pressure);
            }
            assert!(!t.open_when_waiting);
        }
    }
}
