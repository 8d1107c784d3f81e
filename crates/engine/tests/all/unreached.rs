//! What can never come about is said, with the reason; what comes about in some variation is not. And
//! what comes and goes within a phase.

use crate::compile_support;

use climbdown_engine::analyse::unreached::unreached;
use climbdown_engine::compile::{Options, compile, hidden};
use climbdown_lang::Severity;
use compile_support::{LADDER, scenario, shipped};
use std::path::Path;

/// Code, message, label and place of each finding of `text`.
fn found(text: &str) -> Vec<(&'static str, String, String, String)> {
    let scenario = scenario(text);
    let options = Options::default();
    let compiled = compile(&scenario, &options).unwrap_or_else(|e| panic!("{e}"));
    let found = unreached(&scenario, &compiled, &options);
    found
        .into_iter()
        .map(|d| {
            assert_eq!(d.severity, Severity::Warning);
            assert!(d.help.is_some(), "{d:?}");
            let at = text[d.span.start as usize..d.span.end as usize].to_owned();
            (d.code, d.message, d.label, at)
        })
        .collect()
}

/// The only finding.
fn one(text: &str) -> (&'static str, String, String, String) {
    let mut all = found(text);
    assert_eq!(all.len(), 1, "{all:#?}\n{text}");
    all.remove(0)
}

fn nothing(text: &str) {
    assert_eq!(found(text), [], "{text}");
}

#[test]
fn shipped_scenarios_hold_nothing_that_cannot_come_about() {
    let mut seen = 0;
    for path in shipped::below(Path::new(shipped::FOLDER)) {
        let text = std::fs::read_to_string(&path).expect("scenarios are text");
        let checked = shipped::resolved(&path, &text).check(climbdown_lang::Options::default());
        let scenario = checked.scenario.expect("it checks");
        let options = Options::default();
        let compiled = compile(&scenario, &options).unwrap_or_else(|e| panic!("{e}"));
        let found = unreached(&scenario, &compiled, &options);
        assert!(found.is_empty(), "{}: {found:#?}", path.display());
        seen += 1;
    }
    assert!(seen > 20);
}

#[test]
fn a_move_that_is_never_open() {
    nothing(LADDER);
    // The crisis is over where the guard would hold.
    let dead =
        |guard: &str| format!("{LADDER}\nmove a.yield\n  when {guard}\n  outcome: rung to calm\n");
    let (code, message, label, at) = one(&dead("rung == war"));
    assert_eq!((code, at.as_str()), ("W1101", "rung == war"));
    assert_eq!(message, "`a.yield` can never be played");
    assert!(
        label.contains("holds in one of the") && label.ends_with("in which `a` decides"),
        "{label}"
    );
    // The part that never holds is pointed at.
    let (_, _, _, at) = one(&dead("flag == none and rung > tense"));
    assert_eq!(at, "rung > tense");
    // `b` clears the flag, which comes up with the rung: each part holds at a turn of `b`, both never.
    let b = "\nmove b.stay\n  when rung == calm and flag == raised\n";
    let (_, _, label, at) = one(&format!("{LADDER}{b}"));
    assert_eq!(at, "rung == calm and flag == raised");
    assert!(label.contains("parts that hold together"), "{label}");
    // A guard that holds somewhere.
    nothing(&dead("rung == tense"));
    // Nobody gets to move: the crisis is over before.
    let late = LADDER
        .replace(
            "end war \"War\" when rung == war",
            "end war \"War\" when rung >= tense",
        )
        .replace("move a.wait \"Wait\"\n\n", "");
    let all = found(&late);
    let moves: Vec<&str> = all
        .iter()
        .filter(|f| f.0 == "W1101")
        .map(|f| f.1.as_str())
        .collect();
    assert_eq!(
        moves,
        [
            "`b.wait` can never be played",
            "`b.calm` can never be played"
        ]
    );
    assert!(
        all.iter()
            .any(|f| f.2 == "expected a turn of `b` before the crisis is over")
    );
}

#[test]
fn a_trigger_that_never_fires() {
    let trigger = |rest: &str| format!("{LADDER}\ntrigger fire\n{rest}  outcome: flag to raised\n");
    let (code, message, _, at) = one(&trigger("  when rung == war\n  rate 1 per week\n"));
    assert_eq!((code, at.as_str()), ("W1102", "rung == war"));
    assert_eq!(message, "`fire` can never happen");
    // Without a chance; one that is only believed counts.
    let (code, _, label, at) = one(&trigger("  when rung == tense\n  rate 0 per week\n"));
    assert_eq!((code, at.as_str()), ("W1102", "fire"));
    assert_eq!(label, "expected a chance above 0 where the guard holds");
    nothing(&trigger("  rate 0 per week\n  believed rate 1 per week\n"));
    nothing(&trigger("  when rung == tense\n  rate 1 per week\n"));
    // One that looks like a move is asked behind the move.
    let like = |guard: &str| {
        format!("{LADDER}\ntrigger fire\n  when {guard}\n  rate 1 per week\n  looks like b.calm\n")
    };
    assert_eq!(one(&like("rung == war")).0, "W1102");
    nothing(&like("rung == tense"));
}

#[test]
fn a_level_that_is_never_reached() {
    let wider = LADDER.replace(
        "levels none, raised",
        "levels none, raised, burning, ablaze",
    );
    let (code, message, _, at) = one(&wider);
    assert_eq!((code, at.as_str()), ("W1103", "flag"));
    assert_eq!(message, "`flag` never stands at `burning`, `ablaze`");
    // What stands for a moment between two triggers of a round has stood.
    let moment = "\nvariable smoke\n  levels none, seen\n  start none\n\ntrigger smokes\n  rate 1 per week\n  \
                  outcome: smoke to seen\n\ntrigger clears\n  when smoke == seen\n  probability 1\n  \
                  outcome: smoke to none\n";
    nothing(&format!("{LADDER}{moment}"));
}

#[test]
fn what_a_variation_brings_about_is_not_reported() {
    // A policy opens a move, which opens another, which leads to a level.
    let chain = "\nvariable line\n  levels cut, laid, used\n  start cut\n\nmove a.lay\n  only with hotline\n  \
                 outcome: line to laid\n\nmove b.use\n  when line == laid\n  outcome: line to used\n\n\
                 trigger rings\n  when line == used\n  rate 1 per week\n  outcome: flag to raised\n";
    let policy = "\npolicy hotline\n  cost a: 0.1\n";
    nothing(&format!("{LADDER}{chain}{policy}"));
    let codes = |text: &str| found(text).iter().map(|f| f.0).collect::<Vec<_>>();
    let closed = chain.replace("only with hotline", "when rung == war");
    let closed = format!("{LADDER}{closed}");
    assert_eq!(codes(&closed), ["W1103", "W1101", "W1101", "W1102"]);
    // With the policy still dead: the switch is no reason.
    let both = chain.replace("only with hotline", "only with hotline\n  when rung == war");
    let all = found(&format!("{LADDER}{both}{policy}"));
    assert_eq!(all[1].3, "rung == war", "{all:#?}");
    // A range that leads there, and a lever at 0.
    let rate = |value: &str| {
        format!(
            "{LADDER}\nparameter chance = {value} per week\n  \"how often\"\n  source \"made up\"\n  grade C\n  \
             known by 2020-01-01\n\ntrigger fire\n  rate chance\n  outcome: flag to raised\n"
        )
    };
    nothing(&rate("0 .. 0 .. 1"));
    nothing(&rate("0"));
    nothing(&rate("1"));
    let never = rate("0").replace("rate chance", "rate chance * 0");
    assert_eq!(codes(&never), ["W1102"]);
}

#[test]
fn what_talks_make_and_nothing_opens_is_one_finding() {
    let talks = "\ntalks table between a and b\n  package deal\n    when rung == war\n    value a: 1\n  package truce\n    value b: 1\n";
    let (code, message, _, at) = one(&format!("{LADDER}{talks}"));
    assert_eq!((code, at.as_str()), ("W1101", "deal"));
    assert!(
        message.starts_with("`a.offer_deal`, `a.accept_deal`, `b.offer_deal`"),
        "{message}"
    );
}

/// `b` strikes from tension, and an accident that looks like calming may take the strike back.
fn taken_back(back: &str, like: &str) -> String {
    let strike = "\nmove b.strike\n  when rung == tense\n  outcome: rung to strikes\n";
    let trigger = format!(
        "\ntrigger halt\n  when rung == strikes\n  rate 1 per week\n  {like}outcome: rung to {back}\n"
    );
    let question =
        "\nquestion struck: rung == strikes within 4 rounds\n  resolves \"by looking\"\n";
    LADDER.replace(
        "levels calm, tense, war",
        "levels calm, tense, strikes, war",
    ) + strike
        + &trigger
        + question
}

#[test]
fn what_comes_and_goes_within_a_phase_is_said_not_to_be_counted() {
    let hidden_in = |text: &str| -> Vec<(String, String)> {
        let scenario = scenario(text);
        let compiled = compile(&scenario, &Options::default()).unwrap_or_else(|e| panic!("{e}"));
        let found = hidden(&scenario, &compiled);
        let part =
            |span: climbdown_lang::Span| text[span.start as usize..span.end as usize].to_owned();
        found
            .iter()
            .map(|d| {
                assert_eq!((d.code, d.severity), ("W1104", Severity::Warning));
                (part(d.span), part(d.related[0].0))
            })
            .collect()
    };
    assert_eq!(hidden_in(LADDER), []);
    // Begun and ended in the phase of `b`.
    let like = "looks like b.calm\n  ";
    let expected = ("rung == strikes".to_owned(), "halt".to_owned());
    for back in ["calm", "tense"] {
        assert_eq!(
            hidden_in(&taken_back(back, like)),
            std::slice::from_ref(&expected),
            "{back}"
        );
    }
    // War ends the crisis, and stays strikes when asked for more broadly.
    let broad =
        taken_back("war", like).replace("struck: rung == strikes", "struck: rung >= strikes");
    assert_eq!(hidden_in(&broad), []);
    // In `events` every trigger is looked behind.
    assert_eq!(hidden_in(&taken_back("calm", "")), []);
    // What is read at the end alone is not passed through.
    let text = taken_back("calm", like);
    let (before, _) = text.split_once("\nquestion struck").expect("a question");
    let at_end = before.replace(
        "tense: rung == tense at end",
        "tense: rung == strikes at end",
    );
    assert_eq!(hidden_in(&at_end), []);
}
