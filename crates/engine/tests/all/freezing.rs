//! Every mechanism taken away in turn: which are inert, in small crises and in the shipped one.

use crate::compile_support;

use climbdown_engine::analyse::freezing::{Freezing, freezing};
use climbdown_engine::analyse::resolve::AnalysisError;
use climbdown_engine::solve::{Observer, Options, Silent, SolveError};
use compile_support::{LADDER, scenario, scenario_file};
use std::collections::BTreeSet;
use std::path::Path;

fn coarse() -> Options {
    Options {
        belief_points: 5,
        audit_every: usize::MAX,
        ..Options::default()
    }
}

fn frozen(text: &str) -> Freezing {
    freezing(&scenario(text), &coarse(), &Silent).expect("solved")
}

fn mechanism<'a>(
    found: &'a Freezing,
    name: &str,
) -> &'a climbdown_engine::analyse::freezing::Mechanism {
    found
        .mechanisms
        .iter()
        .find(|m| m.name == name)
        .expect("declared")
}

#[test]
fn what_nothing_reads_is_inert_and_the_ladder_is_not() {
    for rate in ["0.05", "0.1", "0.2", "0.5"] {
        let text = LADDER.replace("0.1 per week", &format!("{rate} per week"))
            + "\nvariable weather\n  levels fair, foul\n  start fair\n\
               \ntrigger clouds\n  probability 30%\n  outcome: weather up\n";
        let found = frozen(&text);
        let inert: Vec<&str> = found.inert().collect();
        // A collision makes war likelier and pushing dearer, so at some rate it changes little too.
        assert!(inert.contains(&"weather") && inert.contains(&"clouds"));
        assert!(!inert.contains(&"rung"), "rate {rate}: {inert:?}");
        assert!(mechanism(&found, "rung").numbers[0] == 0.0, "no war");
        let collision = mechanism(&found, "collision");
        assert!(collision.largest.as_ref().expect("solved").0 > 0.0);
        for m in &found.mechanisms {
            let sum: f64 = m.numbers.iter().sum();
            assert!((sum - 1.0).abs() < 1e-12, "{}: {sum}", m.name);
        }
    }
}

#[test]
fn a_momentary_variable_is_held_at_its_first_level() {
    let text = LADDER.replace("start none\n  cleared by b", "start raised\n  cleared by b");
    let found = frozen(&text);
    assert_eq!(mechanism(&found, "flag").change, "held at none");
    assert_eq!(mechanism(&found, "rung").change, "held at calm");
}

#[test]
fn without_outcomes_the_questions_are_what_is_moved() {
    let (head, tail) = LADDER.split_once("outcomes within").expect("classes");
    let question = &tail[tail.find("question").expect("a question")..];
    let found = frozen(&format!("{head}{question}"));
    assert_eq!(found.base.len(), 1);
    assert_eq!(found.base[0].name, "war_2");
    let error = freezing(&scenario(head), &coarse(), &Silent).expect_err("nothing is asked");
    assert!(matches!(error, AnalysisError::Question(_)), "{error}");
}

#[test]
fn it_can_be_interrupted() {
    struct Impatient;
    impl Observer for Impatient {
        fn cancelled(&self) -> bool {
            true
        }
    }
    let error = freezing(&scenario(LADDER), &coarse(), &Impatient).expect_err("interrupted");
    assert!(matches!(error, AnalysisError::Solve(SolveError::Cancelled)));
}

/// What a mechanism moves in the shipped crisis is 0.2 points of some outcome, or its page says that
/// the mechanism is inert.
#[test]
#[ignore = "solves the crisis anew for each of its mechanisms, minutes; run with --ignored after changes to it"]
fn the_shipped_crisis_has_no_mechanism_for_show() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |path: &str| std::fs::read_to_string(root.join(path)).expect(path);
    let page = read("docs/scenarios/us-iran-2026-05-11.md");
    let confessed: BTreeSet<&str> = page
        .lines()
        .find_map(|line| line.strip_prefix("Inert: "))
        .expect("the page lists what is inert")
        .split('`')
        .skip(1)
        .step_by(2)
        .collect();
    let found = frozen(&scenario_file());
    for m in &found.mechanisms {
        println!("{} {}: {:?}", m.name, m.change, m.largest);
        assert_eq!(m.failure, None, "{}", m.name);
    }
    let inert: BTreeSet<&str> = found.inert().collect();
    assert_eq!(inert, confessed);
}
