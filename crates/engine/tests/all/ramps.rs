//! What a promise of relief does in play.

use crate::compile_support;

use climbdown_engine::forecast::Forecast;
use compile_support::{changed, play};

const SHIPPED: &str = include_str!("../../../../scenarios/games/ramp.crisis");

fn game(text: &str, parameters: &[(&str, f64)]) -> Forecast {
    play(&changed(text, parameters))
}

/// Probability that the stock is capped after a quarter.
fn complies(parameters: &[(&str, f64)]) -> f64 {
    game(SHIPPED, parameters).classes[0].probability[13]
}

#[test]
fn relief_that_is_never_credible_leaves_compliance_at_its_floor() {
    let (without, _) = SHIPPED.split_once("ramp relief").expect("the ramp");
    let (_, asked) = SHIPPED.split_once("\noutcomes").expect("the classes");
    let (asked, _) = asked.split_once("\nquestion").expect("the question");
    let without = format!("{without}\noutcomes{asked}");
    for stock_worth in [0.0, 0.3, 1.0] {
        let floor = game(&without, &[("stock_worth", stock_worth)]).classes[0].probability[13];
        for relief_worth in [0.25, 0.5, 2.0] {
            let values = [("stock_worth", stock_worth), ("relief_worth", relief_worth)];
            let mut last = floor;
            for credible in [0.0, 0.25, 0.5, 0.75, 1.0] {
                let now = complies(&[values[0], values[1], ("credible", credible)]);
                if credible == 0.0 {
                    assert!((now - floor).abs() < 1e-12, "{stock_worth}: {now} {floor}");
                } else {
                    assert!(
                        now > last + 1e-4,
                        "{values:?} {credible}: {now} after {last}"
                    );
                }
                last = now;
            }
        }
    }
}

#[test]
fn the_image_of_credibility_moves_conduct_and_not_relief() {
    let image = |believed: f64| {
        let text = SHIPPED.replace(
            "credibility credible",
            &format!("credibility credible believed {believed}"),
        );
        game(&text, &[("credible", 0.5)])
    };
    // Relief is thought more likely than it is: more compliance for the same relief.
    let (sceptical, trusting) = (image(0.1), image(0.9));
    assert!(trusting.classes[0].probability[1] > sceptical.classes[0].probability[1] + 0.05);
    // Of those who have just complied, the same half is relieved.
    for f in [sceptical, trusting] {
        let relieved = f.questions[0].probability[1];
        let complied = f.classes[0].probability[1];
        assert!((relieved / complied - 0.5).abs() < 1e-9);
    }
}

#[test]
fn relief_is_withdrawn_with_the_conduct() {
    let share = |f: &Forecast, variable: &str, level: &str, round: usize| {
        let found = f
            .occupancy
            .iter()
            .find(|s| s.variable == variable && s.level == level);
        found.expect("a level").share[round]
    };
    let f = game(SHIPPED, &[("credible", 1.0)]);
    for round in 0..=26 {
        let granted = share(&f, "relief", "granted", round);
        let capped = share(&f, "stock", "capped", round);
        assert!(
            (granted - capped).abs() < 1e-12,
            "{round}: {granted} {capped}"
        );
    }
    assert!(share(&f, "relief", "granted", 26) > 0.5);
}

#[test]
fn a_refusal_that_lapses_is_forgotten_with_the_conduct() {
    let text = SHIPPED.replace(
        "credibility credible",
        "credibility credible\n  refusals lapse",
    );
    for credible in [0.25, 0.5, 0.75] {
        let values = [("credible", credible)];
        let (kept, forgotten) = (game(SHIPPED, &values), game(&text, &values));
        let relieved = |f: &Forecast, week: usize| f.questions[0].probability[week];
        // Who was refused can break off and comply anew, so relief comes to more in the end.
        let more = relieved(&forgotten, 13) - relieved(&kept, 13);
        assert!(more > 0.02, "{credible}: {more}");
    }
    // A credibility of one refuses nobody: nothing to forget.
    let sure = [("credible", 1.0)];
    let (kept, forgotten) = (game(SHIPPED, &sure), game(&text, &sure));
    for (k, f) in kept.classes.iter().zip(&forgotten.classes) {
        assert!((k.probability[13] - f.probability[13]).abs() < 1e-12);
    }
}
