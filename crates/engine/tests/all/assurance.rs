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
fn full(harm: f64, firm: f64, noise: &'static str) -> Crisis {
    Crisis {
        foresight: "full",
        noise,
        harm,
        firm,
        ..Crisis::default()
    }
}

#[test]
fn chances_add_up_to_the_forecast() {
    for (harm, firm) in [(2.0, 0.3), (4.0, 0.5), (6.0, 0.7)] {
        let solved = full(harm, firm, "error").solved(33);
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
    for noise in ["error", "taste"] {
        for (harm, firm) in [(2.0, 0.3), (4.0, 0.5), (8.0, 0.8)] {
            let solved = full(harm, firm, noise).solved(33);
            for t in answer(&solved, "us.strike").types {
                // Two moves and logit choice: the log-odds are λ times the difference of the values.
                let odds = (t.rate / (1.0 - t.rate)).ln();
                assert!(
                    (t.pressure_solved - odds).abs() < 1e-4,
                    "{noise} {}: {} against {odds}",
                    t.kind,
                    t.pressure_solved
                );
            }
        }
    }
}

/// Strikes that do nothing to the actor change nothing for it, however often they are imposed: its
/// choices made anew are those that were solved, and are worth as much to it, tastes among it. There is
/// more to choose from as long as nothing was probed, so tastes are part of the pressure.
#[test]
fn strikes_without_effect_leave_the_pressure_as_solved() {
    for noise in ["error", "taste"] {
        for precision in [0.3, 1.0, 3.0] {
            let crisis = Crisis {
                precision,
                ..full(0.0, 0.5, noise)
            };
            let text = crisis.text().replace("-0.3 * number(rung)", "0");
            let text = text
                .replace(": flag to crossed\n", ": flag to crossed; spent to used\n")
                .replace(": nothing\n", ": spent to used\n")
                + "\nvariable spent\n  levels fresh, used\n  start fresh\n\n\
                   move iran.talk\n  when spent == fresh\n";
            let mut scenario = threat_support::read(&text);
            let line = threat_support::line(&scenario, "it", "us", "iran", &["probe"], &["strike"]);
            scenario.red_lines.push(line);
            let solved = Solved::of(scenario, 17);
            for t in answer(&solved, "us.strike").types {
                // Talking is as good as waiting, and one of the two as likely as the other.
                let odds = (t.rate / (0.5 - 0.5 * t.rate)).ln() / precision;
                for p in &t.pressure {
                    let off = p.pressure - odds;
                    assert!(off.abs() < 1e-4, "{noise} {precision}: {off:e}");
                }
            }
        }
    }
}

#[test]
fn certain_answers_deter_and_impossible_ones_do_not() {
    for harm in [3.0, 6.0, 9.0] {
        let solved = full(harm, 0.5, "error").solved(9);
        for t in answer(&solved, "us.strike").types {
            // The more often what can be answered is, the less a probe is worth.
            for pair in t.pressure.windows(2) {
                assert!(pair[1].pressure < pair[0].pressure, "{:?}", t.pressure);
            }
            assert!(!t.open_when_waiting);
        }
    }
}
