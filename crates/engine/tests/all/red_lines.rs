//! What red lines do in play: the record and probing, silence and its price, deadlines.

use crate::compile_support;

use climbdown_engine::compile::{self, compile};
use climbdown_engine::forecast::{self, Forecast};
use climbdown_engine::solve::{self, Silent};
use climbdown_lang::Scenario;
use compile_support::{changed, play, scenario};

const SHIPPED: &str = include_str!("../../../../scenarios/games/red-line.crisis");

/// The shipped game with some parameters changed.
fn game(parameters: &[(&str, f64)]) -> Scenario {
    changed(SHIPPED, parameters)
}

/// The shipped game with this record.
fn with_record(entries: &[&str]) -> String {
    let start = SHIPPED.find("    2023-03-01").expect("the first entry");
    let end = SHIPPED.find("\noutcomes").expect("the classes");
    let list: String = entries
        .iter()
        .enumerate()
        .map(|(i, e)| format!("    202{i}-05-01 \"probe {i}\": {e}, source \"free\"\n"))
        .collect();
    format!("{}{list}{}", &SHIPPED[..start], &SHIPPED[end..])
}

/// Probability that a crossing is recognised within four weeks.
fn probed(forecast: &Forecast) -> f64 {
    *forecast.classes[0].probability.last().expect("rounds")
}

/// Belief that the holder is resolved at the start.
fn belief(forecast: &Forecast) -> f64 {
    forecast.beliefs[0].mean[0]
}

/// Everything that an actor expects.
fn worth(forecast: &Forecast, actor: &str) -> f64 {
    let terms = forecast.terms.iter().filter(|t| t.actor == actor);
    terms.map(|t| t.value).sum()
}

#[test]
fn inconsistent_enforcement_raises_probing() {
    let records: [&[&str]; 4] = [
        &["answered", "answered", "answered", "answered"],
        &["answered", "silent", "answered", "answered"],
        &["answered", "silent", "answered", "silent"],
        &["silent", "silent", "silent", "silent"],
    ];
    for half_life in ["2 years", "5 years", "20 years"] {
        let mut last = (1.0, 0.0);
        for record in records {
            let text = with_record(record).replace("5 years", half_life);
            let forecast = play(&scenario(&text));
            let now = (belief(&forecast), probed(&forecast));
            assert!(
                now.0 < last.0 - 1e-3,
                "{half_life} {record:?}: belief {now:?} after {last:?}"
            );
            assert!(
                now.1 > last.1 + 1e-4,
                "{half_life} {record:?}: probing {now:?} after {last:?}"
            );
            last = now;
        }
    }
    // A record that tells the types apart by nothing changes nothing.
    let teaches_nothing = [("enforced", 0.5)];
    let a = play(&changed(&with_record(records[0]), &teaches_nothing));
    let b = play(&changed(&with_record(records[3]), &teaches_nothing));
    assert!((probed(&a) - probed(&b)).abs() < 1e-12);
}

#[test]
fn if_only_the_resolved_enforce_one_silence_ends_belief() {
    // For ever: without a half-life nothing is forgotten.
    let text = with_record(&["silent"]).replace(" half-life 5 years", "");
    for prior in [0.1, 0.5, 0.9, 0.99] {
        let silent = [("enforced", 1.0), ("prior_resolved", prior)];
        let forecast = play(&changed(&text, &silent));
        assert_eq!(belief(&forecast), 0.0, "{prior}");
        // Then the holder is treated as one that was never thought resolved.
        let never = [("prior_resolved", 0.0), ("enforced", 0.5)];
        let floor = play(&changed(&text, &never));
        let at = |f: &Forecast| f.questions[0].probability[1];
        assert!((at(&forecast) - at(&floor)).abs() < 1e-9);
    }
}

#[test]
fn a_declared_line_that_is_not_enforced_is_worse_than_none() {
    for silence in [0.25, 0.5, 1.0, 2.0, 4.0] {
        // An answer is so dear that nobody gives it.
        let dear = [("answer_cost", 20.0), ("silence", silence)];
        let declared = play(&game(&dear));
        let none = play(&game(&[dear[0], dear[1], ("clarity", 0.0)]));
        let (with, without) = (worth(&declared, "holder"), worth(&none, "holder"));
        assert!(
            with < without - silence,
            "{silence}: {with} against {without}"
        );
        // It deters nobody.
        let gained = worth(&declared, "challenger") - worth(&none, "challenger");
        assert!(gained.abs() < 1e-3, "{gained}");
        // What makes it worse is the price of silence.
        let free = play(&game(&[dear[0], ("silence", 0.0)]));
        assert!((worth(&free, "holder") - without).abs() < 1e-3);
    }
}

#[test]
fn an_enforced_line_deters() {
    // The resolved answer gladly, the record says so: probing falls as the line gets clearer.
    let firm = [
        ("answer_cost", 0.0),
        ("silence", 4.0),
        ("prior_resolved", 0.9),
    ];
    let mut last = f64::INFINITY;
    for clarity in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let mut all = firm.to_vec();
        all.push(("clarity", clarity));
        let gain = worth(&play(&game(&all)), "holder");
        // The holder suffers less from probes, and answers at no cost.
        let suffered = -gain;
        assert!(suffered < last, "{clarity}: {suffered} after {last}");
        last = suffered;
    }
}

/// Declared rates stand beside those of play, by type.
#[test]
fn declared_rates_are_held_against_play() {
    use climbdown_engine::analyse::account::account;
    use climbdown_engine::analyse::trace::Traced;
    let rates = |parameters: &[(&str, f64)]| {
        let scenario = game(parameters);
        let traced = Traced::solve(&scenario, &solve::Options::default(), &Silent).expect("solves");
        let account = account(&scenario, &traced, (20_000, 7), &Silent).expect("an account");
        account.answers.lines[0].types.clone()
    };
    // An answer costs nothing, silence much: nearly all is answered, whatever was declared.
    let firm = rates(&[("answer_cost", 0.0), ("silence", 4.0), ("enforced", 0.8)]);
    assert_eq!(
        (firm[0].declared, firm[1].declared),
        (Some(0.8), Some(1.0 - 0.8))
    );
    assert!(
        firm.iter().all(|t| t.solved.expect("crossings") > 0.99),
        "{firm:?}"
    );
    // An answer costs much, silence nothing.
    let idle = rates(&[("answer_cost", 4.0), ("silence", 0.0)]);
    assert!(
        idle.iter().all(|t| t.solved.expect("crossings") < 0.01),
        "{idle:?}"
    );
    // One decision between answer and silence: the share is its logit, types apart.
    let plain = rates(&[("answer_cost", 1.0), ("silence", 1.0)]);
    assert!(plain[0].solved > plain[1].solved);
    // Nothing is recognised: nothing is known of play.
    let blind = rates(&[("clarity", 0.0)]);
    assert!(blind.iter().all(|t| t.solved.is_none() && t.crossings == 0));
}

const DEADLINE: &str = r#"scenario "deadline"
  horizon 1 round
  foresight 1 round
  order challenger, holder

parameter dear = 100
  source "free"
  grade C

variable stage
  levels before, after
  start before

variable means
  levels none, some
  start some

actor challenger
  precision 1

actor holder
  precision 50

move challenger.cross
  when stage == before
  outcome: stage to after

move challenger.rest
  when stage == after

move holder.hold

move holder.answer
  when pending_holder_challenger != none and means == some
  cost holder: dear

red line mild held by holder against challenger
  crossed by challenger.cross
  answered by holder.answer within 3 rounds
  cost of silence: 7

question over: pending_holder_challenger == none and stage == after
"#;

#[test]
fn silence_is_paid_once_when_the_time_runs_out() {
    let paid = |text: &str, horizon: u32| {
        let text = text.replace("horizon 1 round", &format!("horizon {horizon} rounds"));
        -worth(&play(&scenario(&text)), "holder")
    };
    for within in 1..=4 {
        let text = DEADLINE.replace("within 3 rounds", &format!("within {within} rounds"));
        for horizon in 1..=6 {
            let wanted = if horizon >= within { 7.0 } else { 0.0 };
            let found = paid(&text, horizon);
            assert!((found - wanted).abs() < 1e-9, "{within} {horizon}: {found}");
        }
    }
    // Silence where no answer was open costs nothing.
    let helpless = DEADLINE.replace("start some", "start none");
    assert_eq!(paid(&helpless, 6), 0.0);
    // Whoever answers at no cost pays nothing.
    let cheap = DEADLINE.replace("= 100", "= 0");
    assert!(paid(&cheap, 6) < 1e-9);
}

#[test]
fn a_graver_crossing_replaces_a_milder_one() {
    // Both lines are crossed at once; the graver one has one round, the milder three.
    let text = format!(
        "{DEADLINE}\nred line grave held by holder against challenger\n  crossed when stage == after\n  answered by holder.answer\n  cost of silence: 11\n"
    );
    let paid = -worth(&play(&scenario(&text)), "holder");
    assert!((paid - 11.0).abs() < 1e-9, "{paid}");
    // Declared first, it is the milder one.
    let (head, line) = text.split_once("red line mild").expect("the mild line");
    let (mild, rest) = line.split_once("question").expect("the question");
    let (question, grave) = rest.split_once("red line grave").expect("the grave line");
    let text = format!("{head}red line grave{grave}\nred line mild{mild}question{question}")
        .replace("horizon 1 round", "horizon 3 rounds");
    let paid = -worth(&play(&scenario(&text)), "holder");
    assert!((paid - 7.0).abs() < 1e-9, "{paid}");
}

#[test]
fn a_state_is_reached_once() {
    // The condition goes on holding; it crosses the line when it comes to hold.
    let text = DEADLINE
        .replace("crossed by challenger.cross", "crossed when stage == after")
        .replace("horizon 1 round", "horizon 9 rounds");
    let paid = -worth(&play(&scenario(&text)), "holder");
    assert!((paid - 7.0).abs() < 1e-9, "{paid}");
}

/// An answer that nobody would give is never quite impossible: its probability falls by e⁻¹²⁰ a round
/// and soon below what a number can hold.
#[test]
fn what_is_all_but_impossible_leaves_the_forecast_finite() {
    for cost in [40.0, 60.0, 200.0] {
        let scenario = changed(SHIPPED, &[("answer_cost", cost), ("silence", 0.25)]);
        let game = compile(&scenario, &compile::Options::default())
            .unwrap_or_else(|e| panic!("{e}"))
            .game;
        let solution = solve::solve(&game, &solve::Options::default(), &Silent).expect("solves");
        let run = |exact_particles| {
            let options = forecast::Options {
                exact_particles,
                ..Default::default()
            };
            forecast::forecast(&game, &solution, &options, &Silent).expect("forecasts")
        };
        let (exact, grid) = (run(usize::MAX), run(10));
        for (a, b) in exact.classes.iter().zip(&grid.classes) {
            for (p, q) in a.probability.iter().zip(&b.probability) {
                assert!((p - q).abs() < 1e-12, "{cost}: {p} {q}");
            }
        }
        for series in &exact.beliefs {
            assert!(
                series.mean.iter().all(|b| (0.0..=1.0).contains(b)),
                "{cost}"
            );
        }
        assert!(exact.terms.iter().all(|t| t.value.is_finite()), "{cost}");
    }
}
