//! What talks do in play: validation costs, rejection rhetoric, verified steps.

use crate::compile_support;

use climbdown_engine::forecast::Forecast;
use compile_support::{changed, play, scenario};

const SHIPPED: &str = include_str!("../../../../scenarios/games/bargaining.crisis");

fn game(text: &str, parameters: &[(&str, f64)]) -> Forecast {
    play(&changed(text, parameters))
}

/// Probability of a deal within the window.
fn deal(parameters: &[(&str, f64)]) -> f64 {
    game(SHIPPED, parameters).classes[0].probability[3]
}

/// Share of a level after the first round.
fn share(f: &Forecast, variable: &str, level: &str) -> f64 {
    let found = f
        .occupancy
        .iter()
        .find(|s| s.variable == variable && s.level == level);
    found.expect("a level").share[1]
}

#[test]
fn acceptance_weighs_the_package_against_face_and_applause() {
    // One decision: only the side with the offer before it moves, and nothing comes after.
    let text = SHIPPED
        .replace("horizon 26 rounds", "horizon 1 round")
        .replace("foresight 6 rounds", "foresight 1 round")
        .replace("within 3 rounds", "within 1 round")
        .replace("price us up to 2 steps", "price iran up to 2 steps")
        .replace("raising us", "raising iran")
        .replace("audience us", "audience iran")
        .replace("meeting iran: toll", "meeting us: toll")
        .replace("table_price_us", "table_price_iran")
        .replace("order us, iran, events", "order iran, us, events")
        .replace("start iran_exchange", "start us_exchange");
    // Iran may accept, reject, raise, wait, or offer the same in turn.
    for (package, face, applause) in [(3.0, 1.0, 0.4), (1.0, 2.0, 0.0), (6.0, 4.0, 1.0)] {
        let f = game(
            &text,
            &[
                ("package", package),
                ("face", face),
                ("applause", applause),
                ("rhetoric", 0.0),
            ],
        );
        let worth = [0.8 * package - face, applause, 0.0, 0.0];
        // The counter-offer is taken up by the United States, who then chooses among four.
        let theirs = [0.8 * package - face, applause, 0.0];
        let z: f64 = theirs.iter().map(|u| (1.5 * u).exp()).sum::<f64>() + (1.5 * 0.0_f64).exp();
        let taken = (1.5 * theirs[0]).exp() / z;
        let counter = taken * 0.8 * package;
        let total: f64 = worth.iter().map(|u| (1.5 * u).exp()).sum::<f64>() + (1.5 * counter).exp();
        let accepted = (1.5 * worth[0]).exp() / total;
        let offered = (1.5 * counter).exp() / total;
        let wanted = 0.8 * (accepted + offered * taken);
        let found = share(&f, "table", "exchange");
        assert!(
            (found - wanted).abs() < 1e-9,
            "{package} {face} {applause}: {found} {wanted}"
        );
    }
}

#[test]
fn validation_costs_close_the_room() {
    let mut last = 1.0;
    for face in [0.0, 0.5, 1.0, 2.0, 3.0, 4.0] {
        let now = deal(&[("face", face)]);
        assert!(now < last - 1e-3, "{face}: {now} after {last}");
        last = now;
    }
    let mut last = 0.0;
    for package in [0.0, 0.5, 1.0, 2.0] {
        // A larger package is also worth haggling over, since waiting costs nothing here.
        let now = deal(&[("package", package), ("face", 0.0)]);
        assert!(now > last + 1e-3, "{package}: {now} after {last}");
        last = now;
    }
}

#[test]
fn rejection_rhetoric_binds_the_speaker() {
    // What a raised price adds to the cost of accepting makes a deal rarer,
    let mut last = 1.0;
    for bound in [0.0, 1.0, 2.0, 3.0] {
        let now = deal(&[("bound", bound)]);
        assert!(now < last - 1e-4, "{bound}: {now} after {last}");
        last = now;
    }
    // as does the applause for raising it.
    let mut last = 1.0;
    for rhetoric in [0.0, 0.5, 1.0, 2.0] {
        let now = deal(&[("rhetoric", rhetoric)]);
        assert!(now < last - 1e-4, "{rhetoric}: {now} after {last}");
        last = now;
    }
    // Without a price that binds anybody, one of its levels is as good as another.
    let free = [("bound", 0.0), ("toll", 0.0)];
    let at = |start: &str| {
        let text = SHIPPED.replace("easing thaw", start);
        game(&text, &free).classes[0].probability[3]
    };
    let slow = at("easing 0.001 per year");
    let fast = at("easing 400 per year");
    assert!(slow < 1.0 && fast < 1.0);
    // Where raising can go on for ever it is chosen more: the price is a bound on rhetoric alone.
    assert!(slow > fast, "{slow} {fast}");
}

#[test]
fn offers_lapse_unless_they_stand() {
    // The United States can only hold or reject: what is left of the offer after its move?
    let text = SHIPPED.replace("horizon 26 rounds", "horizon 13 rounds");
    let lapsed = game(&text, &[]);
    let stands = game(
        &text.replace("  start iran", "  offers stand\n  start iran"),
        &[],
    );
    let left = |f: &Forecast| share(f, "table", "iran_exchange");
    // Iran may repeat its offer in the same round; standing offers are there without that.
    assert!(
        left(&stands) > left(&lapsed) + 0.05,
        "{} {}",
        left(&stands),
        left(&lapsed)
    );
}

/// A package of `steps` steps, with step `due` due, and one decision left.
fn steps(steps: u32, due: u32, verified: f64, cost: f64, value: f64) -> Forecast {
    let text = format!(
        r#"scenario "steps"
  horizon 1 round
  foresight 1 round
  order iran, us

actor us
  precision 1

actor iran
  precision 2

move us.hold

move iran.wait

talks table between us and iran
  start cap_{due}
  package cap
    value us: 1
    value iran: {value}
    performed by iran in {steps} steps, verified {verified}, at {cost}

question done: table == cap
"#
    );
    play(&scenario(&text))
}

#[test]
fn verified_steps_cut_the_largest_temptation_to_a_part() {
    let (cost, value) = (3.0, 2.0);
    for verified in [0.5, 0.8, 1.0] {
        let mut whole = 0.0;
        for n in 1..=6 {
            let mut largest = f64::NEG_INFINITY;
            for due in 1..=n {
                let f = steps(n, due, verified, cost, value);
                // Waiting is worth nothing; it measures the other two.
                let waits = share(&f, "table", &format!("cap_{due}"));
                let fell = share(&f, "table", "none") + share(&f, "table", "us_cap");
                let cheats = fell / verified;
                let performs = 1.0 - waits - cheats;
                let temptation = (cheats / performs).ln() / 2.0;
                let part = f64::from(n);
                let lost = if due < n {
                    verified * value / part
                } else {
                    0.0
                };
                let wanted = cost / part - lost;
                assert!(
                    (temptation - wanted).abs() < 1e-9,
                    "{n} steps, {due} due: {temptation} {wanted}"
                );
                largest = largest.max(temptation);
            }
            if n == 1 {
                whole = largest;
            }
            assert!(
                (largest - whole / f64::from(n)).abs() < 1e-9,
                "{n}: {largest} of {whole}"
            );
        }
    }
}
