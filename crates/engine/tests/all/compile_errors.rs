//! What the compiler refuses, where it points, and that it does so in time.

use crate::compile_support;

use climbdown_engine::compile::{CompileError, Options, compile};
use climbdown_engine::game::{Foresight, Game, Phase};
use climbdown_lang::scenario;
use compile_support::{LADDER, codes, compiled, refused, scenario};
use std::time::{Duration, Instant};

/// The single finding that compiling `text` gives, with the source it points at.
fn finding(text: &str) -> (&'static str, String, String) {
    let error = refused(text);
    assert!(matches!(error, CompileError::Scenario(_)), "{error:?}");
    assert_eq!(error.diagnostics().len(), 1, "{:#?}", error.diagnostics());
    let d = &error.diagnostics()[0];
    let at = text[d.span.start as usize..d.span.end as usize].to_string();
    assert!(!d.label.is_empty(), "{d:?}");
    (d.code, d.message.clone(), at)
}

#[test]
fn a_guard_that_leaves_no_move() {
    let text = LADDER.replace(
        "move b.wait \"Wait\"",
        "move b.wait \"Wait\"\n  when rung != tense",
    );
    let (code, message, at) = finding(&text);
    assert_eq!(code, "E1101");
    assert_eq!(
        message,
        "a guard leaves `b` no move in state rung=tense,flag=none"
    );
    assert_eq!(at, "b");
}

#[test]
fn an_actor_without_declared_moves_passes() {
    let mut scenario = scenario(LADDER);
    scenario.moves.retain(|m| m.actor.0 == 0);
    let game = compile(&scenario, &Options::default())
        .unwrap_or_else(|e| panic!("{e}"))
        .game;
    game.validate().expect("sound");
    let Phase::Move(phase) = &game.phases[1] else {
        panic!("b moves second")
    };
    assert_eq!(game.labels[phase.node_moves[0][0][0] as usize], "b.pass");
}

#[test]
fn a_default_move_that_is_closed() {
    let text = LADDER.replace(
        "actor b \"B\"",
        "actor b \"B\"\n  opportunity 50%\n  default calm",
    );
    let (code, message, at) = finding(&text);
    assert_eq!(code, "E1102");
    assert!(
        message.contains("`b.calm`") && message.contains("state rung="),
        "{message}"
    );
    assert_eq!(at, "b.calm");
}

#[test]
fn probabilities_out_of_range() {
    let text = LADDER.replace(
        "outcome 70%: rung up; flag",
        "outcome 0.7 + number(rung): rung up; flag",
    );
    let (code, message, at) = finding(&text);
    assert_eq!((code, at.as_str()), ("E1103", "0.7 + number(rung)"));
    assert_eq!(
        message,
        "a probability of `a.push` is 1.7 in state rung=tense,flag=raised"
    );

    let text = LADDER.replace(
        "  outcome rest: rung up\n",
        "  outcome 20% + 0.3 * number(rung): rung up\n  outcome rest: nothing\n",
    );
    let (code, message, _) = finding(&text);
    assert_eq!(code, "E1104");
    assert!(message.contains("`a.push` sum to 1.2"), "{message}");

    let text = LADDER.replace(
        "  outcome rest: rung up\n",
        "  outcome 20% + 0.1 * (1 - number(rung)): rung up\n",
    );
    let (code, message, _) = finding(&text);
    assert_eq!(code, "E1104");
    assert!(
        message.contains("sum to 0.8999") && message.contains("tense"),
        "{message}"
    );

    let text = LADDER.replace("rate hazard", "rate hazard * (0 - number(rung))");
    assert_eq!(finding(&text).0, "E1110");

    let text = LADDER.replace(
        "actor b \"B\"",
        "actor b \"B\"\n  opportunity 50% * number(rung)\n  default wait",
    );
    let (code, message, _) = finding(&text);
    assert_eq!(code, "E1107");
    assert_eq!(
        message,
        "the opportunity of `b` is 0 in state rung=calm,flag=none"
    );
}

#[test]
fn what_all_think_impossible() {
    let text = LADDER.replace(
        "outcome 70%: rung up; flag to raised",
        "outcome 70% believed 100% * number(rung): rung up; flag to raised",
    );
    let (code, message, _) = finding(&text);
    assert_eq!(code, "E1105");
    assert!(
        message.contains("`a.push` leading to rung=tense,flag=raised happens with probability 0.7"),
        "{message}"
    );

    let text = LADDER.replace(
        "  rate hazard\n",
        "  rate hazard\n  believed rate 0 per week\n",
    );
    let (code, message, at) = finding(&text);
    assert_eq!(code, "E1105");
    assert!(message.contains("state rung=tense"), "{message}");
    assert_eq!(at, "collision");
}

#[test]
fn payoffs_that_are_no_numbers() {
    let text = LADDER.replace(
        "    base: 1\n    strain",
        "    base: 1 / number(rung)\n    strain",
    );
    let (code, message, at) = finding(&text);
    assert_eq!((code, at.as_str()), ("E1106", "1 / number(rung)"));
    assert!(
        message.contains("is inf in state rung=calm,flag=none"),
        "{message}"
    );
}

#[test]
fn mistakes_are_collected() {
    let text = LADDER
        .replace(
            "outcome 25%: rung to war",
            "outcome 25% + 2 * number(rung): rung to war",
        )
        .replace("  rate hazard\n", "  rate hazard * (0.5 - number(rung))\n")
        .replace(
            "move b.wait \"Wait\"",
            "move b.wait \"Wait\"\n  when rung != tense or flag == none",
        );
    compiled(
        &text
            .replace("2 * number", "0 * number")
            .replace("(0.5 -", "(2.5 -"),
    );
    let text = text.replace("  opportunity 1\n", "").replace(
        "actor a \"A\"",
        "actor a \"A\"\n  opportunity 1 - number(rung)\n  default push",
    );
    assert_eq!(codes(&refused(&text)), ["E1107", "E1110"]);
    // Payoffs are looked at once the states are known to be right.
    let text = LADDER
        .replace(
            "    base: 1\n    strain",
            "    base: ln(number(rung))\n    strain",
        )
        .replace("value b: -30", "value b: -30 / number(flag)");
    assert_eq!(codes(&refused(&text)), ["E1106", "E1106"]);
}

#[test]
fn constants_out_of_range() {
    // The language checks most of these; the compiler must not rely on it.
    let plain = || scenario(LADDER);
    let number = |x: f64, like: &scenario::Expr| scenario::Expr {
        kind: scenario::ExprKind::Number(x),
        span: like.span,
    };
    let check = |scenario: &climbdown_lang::Scenario, code: &str| match compile(
        scenario,
        &Options::default(),
    ) {
        Err(error) => assert_eq!(codes(&error), [code]),
        Ok(_) => panic!("{code} was not found"),
    };
    let mut s = plain();
    s.actors[0].precision = number(-1.0, &s.actors[0].precision);
    check(&s, "E1108");
    let mut s = plain();
    s.actors[1].discount = number(1.0, &s.actors[1].discount);
    check(&s, "E1109");
    let mut s = plain();
    s.actors[0].types[1].prior = Some(number(0.5, &s.actors[0].precision));
    check(&s, "E1111");
    let mut s = plain();
    s.foresight = scenario::Foresight::Unbounded;
    s.noise = scenario::Noise::Taste;
    let game = compile(&s, &Options::default());
    let game = game.unwrap_or_else(|e| panic!("{e}")).game;
    assert_eq!(game.foresight, Foresight::Unbounded);
    s.moves[0].kind = Some("kind".into());
    let error = compile(&s, &Options::default()).expect_err("refused");
    assert_eq!(codes(&error), ["E1303"]);
}

#[test]
fn moving_at_once_must_reveal() {
    let text = LADDER.replace("order a, b, events", "order a and b, events");
    // Each label is a move's own name: fine.
    compiled(&text);
    let text = text.replace(
        "move a.push \"Push\"",
        "move a.push \"Push\"\n  seen as a.wait",
    );
    // From calm, pushing shows in the rung and waiting does not, but b's `calm` may hide it; b's own
    // labels reveal b's moves, so that a learns no more than the public.
    compiled(&text);
    let text = text.replace(
        "move b.calm \"Calm\"",
        "move b.calm \"Calm\"\n  seen as b.wait",
    );
    let (code, message, _) = finding(&text);
    assert_eq!(code, "E1114");
    assert!(
        message.contains("`a.wait` hides which move `a` made"),
        "{message}"
    );
}

#[test]
fn an_accident_that_all_think_impossible() {
    let text = LADDER.replace(
        "end war",
        "trigger stray\n  rate 0.1 per week\n  believed rate 0 per week\n  looks like a.push\n  outcome: flag to raised\n\nend war",
    );
    let (code, message, at) = finding(&text);
    assert_eq!((code, at.as_str()), ("E1105", "stray"));
    assert!(
        message.contains("`a.push` leading to rung=calm,flag=raised"),
        "{message}"
    );
}

#[test]
fn afterwards_must_be_linear_in_beliefs() {
    let text = LADDER.replace(
        "actor b \"B\"",
        "  afterwards\n    name: 3 * belief(a.hard)\n\nactor b \"B\"",
    );
    compiled(&text);
    let mut s = scenario(&text);
    let value = &mut s.actors[0].afterwards[0].value;
    value.kind = scenario::ExprKind::Binary(
        scenario::BinaryOp::Multiply,
        Box::new(value.clone()),
        Box::new(value.clone()),
    );
    assert_eq!(
        codes(&compile(&s, &Options::default()).expect_err("refused")),
        ["E1113"]
    );
}

#[test]
fn a_crisis_that_is_over_at_the_start() {
    let text = LADDER.replace(
        "levels calm, tense, war\n  start calm",
        "levels calm, tense, war\n  start war",
    );
    let game = compiled(&text).game;
    game.validate().expect("sound");
    assert_eq!((game.states.len(), game.ends.len()), (1, 1));
    assert!(game.phases.iter().all(|p| p.nodes() == 0));
}

#[test]
fn absurd_parameters_are_refused_or_harmless() {
    let sound = scenario(&compile_support::scenario_file());
    let values = [-1.0, 0.0, 2.0, 1e308, f64::NAN, f64::INFINITY];
    let (mut refused, mut harmless) = (0, 0);
    for k in 0..sound.parameters.len() {
        let mut s = sound.clone();
        // Each parameter once, the values in turn.
        s.parameters[k].central = values[k % values.len()];
        match compile(&s, &Options::default()) {
            Ok(compiled) => {
                compiled
                    .game
                    .validate()
                    .unwrap_or_else(|e| panic!("{}: {e}", s.parameters[k].name));
                harmless += 1;
            }
            Err(error) => {
                assert!(!error.diagnostics().is_empty());
                refused += 1;
            }
        }
    }
    println!("{refused} refused, {harmless} harmless");
    assert!(refused > 10 && harmless > 10);
}

#[test]
fn every_code_is_documented() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/");
    let mut source = std::collections::BTreeSet::new();
    let compile = std::fs::read_dir(format!("{root}src/compile")).expect("the sources are there");
    let mut files: Vec<_> = compile.map(|f| f.expect("readable").path()).collect();
    files.push(format!("{root}src/analyse/unreached.rs").into());
    for file in files {
        let text = std::fs::read_to_string(file).expect("readable");
        for piece in text.split('"') {
            let digits = piece.strip_prefix(['E', 'W']).unwrap_or("");
            if digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()) {
                source.insert(piece.to_string());
            }
        }
    }
    let page = std::fs::read_to_string(format!("{root}../../docs/diagnostics-compile.md"))
        .expect("the page is there");
    let documented: std::collections::BTreeSet<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.get(..5).map(str::to_owned))
        .collect();
    assert_eq!(source, documented);
}

/// Twelve variables of ten levels that all drift.
fn vast(variables: usize) -> String {
    let mut text = String::from(
        "scenario \"Vast\"\n  round week\n  horizon 5 rounds\n  order a, events\n\nactor a\n  precision 1\n  discount 0 per year\n\nmove a.wait\n\n",
    );
    for v in 0..variables {
        let levels: Vec<String> = (0..10).map(|l| format!("v{v}_{l}")).collect();
        text += &format!(
            "variable v{v}\n  levels {}\n  start v{v}_0\n\n",
            levels.join(", ")
        );
        text += &format!("trigger up{v}\n  probability 30%\n  outcome: v{v} up\n\n");
        text += &format!("trigger down{v}\n  probability 20%\n  outcome: v{v} down\n\n");
        text += &format!("move a.push{v}\n  outcome 50%: v{v} up\n  outcome rest: v{v} down\n\n");
    }
    text + "question high: v0 == v0_9 within 5 rounds\n"
}

#[test]
fn a_space_of_a_million_millions_is_refused_at_once() {
    for variables in [12, 30, 60] {
        let scenario = scenario(&vast(variables));
        let begin = Instant::now();
        let error = compile(&scenario, &Options::default()).expect_err("too large");
        let took = begin.elapsed();
        assert!(matches!(error, CompileError::TooLarge(_)), "{error:?}");
        let d = &error.diagnostics()[0];
        assert_eq!(d.code, "E1201");
        assert!(d.label.contains("v0 (10) × v1 (10)"), "{}", d.label);
        // A fraction of a second; the bound leaves room for a busy machine.
        assert!(took < Duration::from_secs(20), "{took:?}");
        println!("{variables} variables: {took:?}: {}", d.message);
    }
}

#[test]
fn limits_are_kept() {
    let scenario = scenario(LADDER);
    let options = Options {
        max_states: 4,
        ..Options::default()
    };
    assert!(matches!(
        compile(&scenario, &options),
        Err(CompileError::TooLarge(_))
    ));
    let options = Options {
        max_outcomes: 10,
        ..Options::default()
    };
    assert!(matches!(
        compile(&scenario, &options),
        Err(CompileError::TooLarge(_))
    ));
}

#[test]
fn places_are_named_or_explained() {
    let compiled = compiled(LADDER);
    let fail = |text: &str| {
        compiled
            .state_at(text)
            .expect_err("no such place")
            .to_string()
    };
    assert_eq!(
        fail("rnug=tense"),
        "there is no variable `rnug`; did you mean `rung`?"
    );
    assert_eq!(
        fail("rung=tence"),
        "`rung` has no level `tence`; did you mean `tense`?"
    );
    assert_eq!(
        fail("rung=9"),
        "`rung` has no level `9`; expected one of calm, tense, war"
    );
    assert_eq!(fail("rung"), "expected `variable=level`, found `rung`");
    assert_eq!(fail("rung=calm,rung=war"), "`rung` is given twice");
    assert_eq!(
        fail("flag=raised"),
        "the state rung=calm,flag=raised cannot be reached from the start"
    );
    let state = compiled
        .state_at(" flag=raised , rung=tense ")
        .expect("reached");
    assert_eq!(
        compiled.game.states[state as usize],
        "rung=tense,flag=raised"
    );
    for (s, label) in compiled.game.states.iter().enumerate() {
        assert_eq!(compiled.state_at(label), Ok(s as u32));
    }
}

#[test]
fn validation_finds_every_kind_of_damage() {
    let sound = compiled(LADDER).game;
    sound.validate().expect("sound");
    let damage = |name: &str, harm: &dyn Fn(&mut Game)| {
        let mut game = sound.clone();
        harm(&mut game);
        match game.validate() {
            Ok(()) => panic!("{name} was not found"),
            Err(error) => error.to_string(),
        }
    };
    let moves = |game: &mut Game, harm: &dyn Fn(&mut climbdown_engine::game::MovePhase)| {
        if let Phase::Move(phase) = &mut game.phases[0] {
            harm(phase);
        }
    };
    let chance = |game: &mut Game, harm: &dyn Fn(&mut climbdown_engine::game::EventsPhase)| {
        if let Phase::Events(phase) = &mut game.phases[2] {
            harm(phase);
        }
    };
    let text = damage("a sum", &|g| moves(g, &|p| p.outcome_true[1] -= 1e-9));
    assert!(
        text.starts_with(
            "phase 0, state 0 (rung=calm,flag=none), alternative 1: the true probabilities sum"
        ),
        "{text}"
    );
    damage("a negative probability", &|g| {
        moves(g, &|p| {
            p.outcome_true[1] -= 0.5;
            p.outcome_true[2] += 0.5;
            p.outcome_true[1] = -0.2;
            p.outcome_true[2] = 1.2
        })
    });
    let text = damage("support", &|g| {
        chance(g, &|p| {
            p.outcome_believed[1] += p.outcome_believed[2];
            p.outcome_believed[2] = 0.0
        })
    });
    assert!(text.contains("all believe that it cannot"), "{text}");
    damage("a next state", &|g| moves(g, &|p| p.outcome_next[0] = 99));
    damage("a label", &|g| moves(g, &|p| p.outcome_labels[0] = 99));
    damage("a payoff", &|g| moves(g, &|p| p.payoff[0] = f64::NAN));
    damage("an opportunity", &|g| {
        moves(g, &|p| p.node_opportunity[0][0].probability = 0.0)
    });
    damage("a default", &|g| {
        moves(g, &|p| p.node_opportunity[0][0].default = 7)
    });
    damage("kinds", &|g| moves(g, &|p| p.node_kinds[0][0] = vec![0, 2]));
    damage("order", &|g| moves(g, &|p| p.node_state.swap(0, 1)));
    damage("ranges", &|g| moves(g, &|p| p.alternative_outcomes[1] = 0));
    damage("a length", &|g| {
        moves(g, &|p| {
            p.outcome_true.pop();
        })
    });
    damage("joint moves", &|g| {
        moves(g, &|p| p.alternative_moves[1] = 0)
    });
    damage("a prior", &|g| g.actors[0].types[0].prior = 0.5);
    damage("a discount", &|g| g.actors[0].discount = 1.5);
    damage("a precision", &|g| g.actors[0].precision = f64::INFINITY);
    damage("an end twice", &|g| {
        let e = g.ends[0].clone();
        g.ends.push(e)
    });
    damage("an end's value", &|g| {
        g.ends[0].value.pop();
    });
    damage("a label twice", &|g| g.states[1] = g.states[0].clone());
    damage("the start", &|g| g.start = 99);
    damage("afterwards", &|g| {
        g.afterwards.pop();
    });
    damage("the window", &|g| g.window = 99);
    damage("a class", &|g| {
        g.classes.pop();
    });
    damage("a question", &|g| g.questions[0].event = 9);
    damage("a level", &|g| g.variables[0].of_state[0] = 9);
    damage("the ladder", &|g| g.ladder = Some(5));
    damage("a term", &|g| {
        g.terms[0].flow.pop();
    });
    damage("foresight", &|g| g.foresight = Foresight::Rounds(0));
    let text = damage("a missing node", &|g| {
        chance(g, &|p| {
            p.node_state.pop();
            p.payoff.truncate(p.node_state.len() * 3);
            p.node_outcomes.pop();
            let end = *p.node_outcomes.last().expect("not empty") as usize;
            p.outcome_next.truncate(end);
            p.outcome_true.truncate(end);
            p.outcome_believed.truncate(end);
        })
    });
    assert!(text.contains("can be met here in round"), "{text}");
}
