//! Lowering, checked against kernels worked out by hand.

use crate::compile_support;

use climbdown_engine::compile::{Options, compile};
use climbdown_engine::game::{End, Game, Phase, Rule, expand_history};
use climbdown_engine::{forecast, solve};
use compile_support::{
    LADDER, alternative, chance, compiled, events, kernel, moves, near, scenario, scenario_file,
};

type Results = Vec<(String, String, f64, f64)>;

fn assert_kernel(found: &Results, expected: &[(&str, &str, f64, f64)]) {
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (f, e) in found.iter().zip(expected) {
        assert_eq!((f.0.as_str(), f.1.as_str()), (e.0, e.1));
        near(f.2, e.2);
        near(f.3, e.3);
    }
}

#[test]
fn moves_payments_and_cleared_flags() {
    let compiled = compiled(LADDER);
    let game = &compiled.game;
    game.validate().expect("sound");
    let start = compiled.state_at("").expect("the start");
    assert_eq!(start, game.start);
    assert_eq!(game.states[start as usize], "rung=calm,flag=none");

    assert_kernel(
        &kernel(game, 0, start, "a.wait"),
        &[("a.wait", "rung=calm,flag=none", 1.0, 1.0)],
    );
    assert_kernel(
        &kernel(game, 0, start, "a.push"),
        &[
            ("a.push", "rung=tense,flag=none", 0.3, 0.3),
            ("a.push", "rung=tense,flag=raised", 0.7, 0.7),
        ],
    );
    let push = alternative(game, 0, start, "a.push");
    assert_eq!(
        moves(game, 0).payoff[push * 3..push * 3 + 3],
        [-3.0, -5.0, 0.5]
    );

    // b's move lowers the flag before its effects; the guard still sees it.
    let flagged = compiled
        .state_at("rung=tense, flag=raised")
        .expect("reached");
    assert_kernel(
        &kernel(game, 1, flagged, "b.calm"),
        &[("b.calm", "rung=calm,flag=none", 1.0, 1.0)],
    );
    assert_kernel(
        &kernel(game, 1, flagged, "b.wait"),
        &[("b.wait", "rung=tense,flag=none", 1.0, 1.0)],
    );
    let unflagged = compiled.state_at("rung=tense").expect("reached");
    let n = moves(game, 1)
        .node_state
        .binary_search(&unflagged)
        .expect("a node");
    assert_eq!(
        moves(game, 1).alternatives(n).len(),
        1,
        "calm is closed without a flag"
    );
    // a's move does not lower it.
    assert_kernel(
        &kernel(game, 0, flagged, "a.wait"),
        &[("a.wait", "rung=tense,flag=raised", 1.0, 1.0)],
    );
}

#[test]
fn rates_flows_ends_and_afterwards() {
    let compiled = compiled(LADDER);
    let game = &compiled.game;
    let tense = compiled.state_at("rung=tense").expect("reached");
    let p = 1.0 - f64::exp(-0.1);
    let found = chance(game, 2, tense);
    let expected = [
        ("rung=tense,flag=none", 1.0 - p),
        ("rung=tense,flag=raised", 0.75 * p),
        ("rung=war,flag=none", 0.25 * p),
    ];
    for (f, e) in found.iter().zip(expected) {
        assert_eq!(f.0, e.0);
        near(f.1, e.1);
        near(f.2, e.1);
    }
    assert_eq!(found.len(), 3);

    near(game.actors[0].discount, 0.9);
    near(game.actors[1].discount, 1.0);
    assert_eq!(game.actors[0].types[1].prior, 0.6);
    let phase = events(game, 2);
    let n = phase.node_state.binary_search(&tense).expect("a node");
    assert_eq!(phase.payoff[n * 3..n * 3 + 3], [-1.0, -1.0, 7.0]);

    // Two rounds of the structural flow, one of the transient one.
    let after = &game.afterwards[tense as usize * 3..tense as usize * 3 + 3];
    near(after[0], 1.0 + 0.9 - 2.0);
    near(after[2], 14.0);

    let war = compiled.state_at("rung=war").expect("reached");
    let end = game.ends.iter().find(|e| e.state == war).expect("an end");
    let End {
        value, flow, after, ..
    } = end;
    assert_eq!(*value, [-10.0, -20.0, -30.0]);
    assert_eq!(*flow, [-1.0, -1.0, 0.0]);
    near(after[0], -1.9);
    assert_eq!(after[2], 0.0);
    assert!(
        game.phases
            .iter()
            .all(|p| p.states().binary_search(&war).is_err())
    );
}

#[test]
fn named_terms_sum_to_the_flows() {
    for game in [compiled(LADDER).game, compiled(&scenario_file()).game] {
        let seats = game.seats();
        let phase = game.phases.iter().find_map(|p| match p {
            Phase::Events(phase) => Some(phase),
            Phase::Move(_) => None,
        });
        let phase = phase.expect("there are events");
        for (n, state) in phase.node_state.iter().enumerate() {
            for (a, actor) in game.actors.iter().enumerate() {
                for k in 0..actor.types.len() {
                    let terms: f64 = game
                        .terms
                        .iter()
                        .filter(|t| t.actor as usize == a)
                        .map(|t| t.flow[*state as usize * actor.types.len() + k])
                        .sum();
                    near(phase.payoff[n * seats + game.seat(a) + k], terms);
                }
            }
        }
    }
}

#[test]
fn classes_and_questions_watch_sets() {
    let game = compiled(LADDER).game;
    assert_eq!(game.window, 4);
    let Rule::Ever(war) = game.classes[0].rule else {
        panic!("war is an ever class")
    };
    let Rule::AtEnd(tense) = game.classes[1].rule else {
        panic!("tense is read at the end")
    };
    assert_eq!(game.classes[2].rule, Rule::Otherwise);
    let holds = |e: u32, text: &str| {
        let state = game.states.iter().position(|s| s == text).expect("reached");
        game.events[e as usize][state]
    };
    assert!(holds(war, "rung=war,flag=none") && !holds(war, "rung=tense,flag=none"));
    assert!(holds(tense, "rung=tense,flag=raised") && !holds(tense, "rung=war,flag=none"));
    assert_eq!(game.questions[0].event, war, "equal sets are one");
    assert_eq!(game.questions[0].by, 2);
}

/// Everything but the header and the moves of a crisis between two actors.
fn crisis(body: &str) -> String {
    format!(
        r#"scenario "Test"
  round week
  horizon 3 rounds
  order a, b, events

variable x
  levels x0, x1, x2
  start x0

variable y
  levels y0, y1
  start y0

{body}

move b.wait

outcomes within 3 rounds
  high: ever x == x2
  rest_of_all: otherwise
"#
    )
}

const PLAIN_ACTORS: &str = "actor a\n  precision 1\n  discount 0 per year\n\nactor b\n  precision 1\n  discount 0 per year\n";

#[test]
fn look_alikes_compete_and_replace_the_label() {
    // Two accidents pass for `a.hit`, one for `a.probe`; b's phase has none.
    let text = crisis(&format!(
        r#"{PLAIN_ACTORS}
move a.wait

move a.hit
  outcome 60%: x up; y to y1
  outcome rest seen as fumble: x up

move a.probe
  outcome: y up

trigger stray
  rate 0.2 per week
  believed rate 0.05 per week
  looks like a.hit
  outcome: x up

trigger glitch
  when y == y0
  probability 10%
  looks like a.probe
"#
    ));
    let compiled = compiled(&text);
    let game = &compiled.game;
    game.validate().expect("sound");
    let start = game.start;
    let competing = |stray: f64, glitch: f64| {
        let h = -f64::ln(1.0 - glitch);
        let any = 1.0 - f64::exp(-(stray + h));
        (any * stray / (stray + h), any * h / (stray + h), 1.0 - any)
    };
    let (st, gt, nt) = competing(0.2, 0.1);
    let (sb, gb, nb) = competing(0.05, 0.1);
    assert_kernel(
        &kernel(game, 0, start, "a.wait"),
        &[
            ("a.wait", "x=x0,y=y0", nb, nt),
            ("a.hit", "x=x1,y=y0", sb, st),
            ("a.probe", "x=x0,y=y1", gb, gt),
        ],
    );
    // After a hit with y = y1 the glitch's guard fails, so only the stray is left, and it is what
    // was played: nothing is added.
    let hit = kernel(game, 0, start, "a.hit");
    let find = |label: &str, next: &str| {
        hit.iter()
            .find(|r| r.0 == label && r.1 == next)
            .map(|r| (r.2, r.3))
    };
    let (b, t) = find("a.hit", "x=x1,y=y1").expect("the hit");
    near(b, 0.6);
    near(t, 0.6);
    // The fumble keeps y0: stray adds nothing, glitch does and replaces the label.
    let (b, t) = find("fumble", "x=x1,y=y0").expect("the fumble");
    near(b, 0.4 * (nb + sb));
    near(t, 0.4 * (nt + st));
    let (b, t) = find("a.probe", "x=x1,y=y1").expect("the glitch");
    near(b, 0.4 * gb);
    near(t, 0.4 * gt);
    assert_eq!(hit.len(), 3);
    // The mover of the second phase has no look-alikes.
    assert_kernel(
        &kernel(game, 1, start, "b.wait"),
        &[("b.wait", "x=x0,y=y0", 1.0, 1.0)],
    );
}

#[test]
fn an_actor_who_moves_twice_meets_half_the_hazard_each_time() {
    let text = crisis(&format!(
        r#"{PLAIN_ACTORS}
move a.wait

move a.hit
  outcome: x up

trigger stray
  rate 0.2 per week
  looks like a.hit
"#
    ))
    .replace("order a, b, events", "order a, b, a");
    let game = compiled(&text).game;
    let calm = f64::exp(-0.1);
    for p in [0, 2] {
        assert_kernel(
            &kernel(&game, p, game.start, "a.wait"),
            &[
                ("a.wait", "x=x0,y=y0", calm, calm),
                ("a.hit", "x=x1,y=y0", 1.0 - calm, 1.0 - calm),
            ],
        );
    }
}

#[test]
fn look_alikes_do_nothing_once_the_crisis_has_stopped() {
    let text = crisis(&format!(
        r#"{PLAIN_ACTORS}
move a.wait

move a.war
  outcome: x to x2

trigger stray
  probability 50%
  looks like a.wait
  outcome: y to y1

trigger boom
  probability 50%
  outcome: x to x2

trigger later
  probability 50%
  outcome: y to y1

end over when x == x2
"#
    ));
    let game = compiled(&text).game;
    assert_kernel(
        &kernel(&game, 0, game.start, "a.war"),
        &[("a.war", "x=x2,y=y0", 1.0, 1.0)],
    );
    // Both chance steps are one phase, and the second does not apply after the first stopped it.
    assert_eq!(game.phases.len(), 3);
    assert_eq!(
        chance(&game, 2, game.start),
        [
            ("x=x0,y=y0".to_string(), 0.25, 0.25),
            ("x=x0,y=y1".to_string(), 0.25, 0.25),
            ("x=x2,y=y0".to_string(), 0.5, 0.5)
        ]
    );
}

#[test]
fn conditions_see_the_effects_before() {
    let text = crisis(&format!(
        r#"{PLAIN_ACTORS}
move a.wait

move a.one
  outcome: x up; y to y1 if x == x1; x up 2 if y == y1

move a.two
  outcome: y to y1 if x == x1; x up; x at most x0

move a.three
  outcome: x at least x2; x down
"#
    ));
    let game = compiled(&text).game;
    let start = game.start;
    let next = |name| kernel(&game, 0, start, name)[0].1.clone();
    assert_eq!(next("a.one"), "x=x2,y=y1");
    assert_eq!(next("a.two"), "x=x0,y=y0");
    assert_eq!(next("a.three"), "x=x1,y=y0");
}

#[test]
fn opportunity_default_kinds_and_discount() {
    let text = crisis(
        r#"actor a
  precision 1
  discount 30% per year
  opportunity 1 if x == x1 else 25%
  believed opportunity 1 if x == x1 else 50%
  default hold

actor b
  precision 1
  discount 0 per year

move a.go_soft
  kind go
  outcome: x up

move a.hold

move a.go_hard
  kind go
  outcome: x up
"#,
    );
    let compiled = compiled(&text);
    let game = &compiled.game;
    game.validate().expect("sound");
    near(game.actors[0].discount, f64::powf(0.7, 7.0 / 365.25));
    let phase = moves(game, 0);
    let n = phase.node_state.binary_search(&game.start).expect("a node");
    let chance = phase.node_opportunity[n][0];
    assert_eq!(
        (chance.probability, chance.believed, chance.default),
        (0.25, 0.5, 1)
    );
    assert_eq!(phase.node_kinds[n], [[0, 1, 0]]);
    let x1 = compiled.state_at("x=x1").expect("reached");
    let n = phase.node_state.binary_search(&x1).expect("a node");
    assert_eq!(phase.node_opportunity[n][0].probability, 1.0);
}

#[test]
fn afterwards_may_be_linear_in_beliefs() {
    let text = crisis(
        r#"actor a
  precision 1
  discount 0 per year
  type hard prior 50%
  type soft otherwise
  afterwards
    name: 2 + (3 if hard else 1) * number(x) * belief(a.hard) - belief(b.wise) / 4

actor b
  precision 1
  discount 0 per year
  type wise prior 50%
  type fool otherwise

move a.wait

move a.up
  outcome: x up
"#,
    );
    let compiled = compiled(&text);
    let game = &compiled.game;
    game.validate().expect("sound");
    let x2 = compiled.state_at("x=x2").expect("reached") as usize;
    assert_eq!(game.afterwards[x2 * 4..x2 * 4 + 4], [2.0, 2.0, 0.0, 0.0]);
    let part = |actor, kind| {
        let part = game
            .afterwards_belief
            .iter()
            .find(|p| p.actor == actor && p.kind == kind);
        part.map(|p| p.coefficient[x2 * 4..x2 * 4 + 4].to_vec())
    };
    assert_eq!(part(0, 0), Some(vec![6.0, 2.0, 0.0, 0.0]));
    assert_eq!(part(1, 0), Some(vec![-0.25, -0.25, 0.0, 0.0]));
    assert_eq!(part(0, 1), None);
}

#[test]
fn without_events_flows_are_paid_first() {
    let text = LADDER
        .replace("order a, b, events", "order a, b")
        .replace("trigger collision", "trigger collision_")
        .replace("  rate hazard\n", "  rate hazard\n  looks like a.push\n");
    let game = compiled(&text).game;
    game.validate().expect("sound");
    let phase = events(&game, 0);
    let n = phase.node_state.binary_search(&game.start).expect("a node");
    assert_eq!(phase.payoff[n * 3..n * 3 + 3], [1.0, 1.0, 7.0]);
    assert_eq!(
        chance(&game, 0, game.start),
        [("rung=calm,flag=none".to_string(), 1.0, 1.0)]
    );
    assert_eq!(game.phases.len(), 3);
}

#[test]
fn moving_at_once_lists_every_joint_move() {
    let text = crisis(&format!(
        r#"{PLAIN_ACTORS}
move a.wait

move a.up
  outcome 25%: x up
  outcome rest: nothing

move b.down
  when x > x0
  cost b: 1
  outcome: x down
"#
    ))
    .replace("order a, b, events", "order a and b, events")
    .replace("  start x0", "  start x1");
    let game = compiled(&text).game;
    game.validate().expect("sound");
    let phase = moves(&game, 0);
    let n = phase.node_state.binary_search(&game.start).expect("a node");
    let first = phase.alternatives(n).start;
    assert_eq!(phase.alternatives(n).len(), 4);
    assert_eq!(
        phase.alternative_moves[first * 2..first * 2 + 8],
        [0, 0, 0, 1, 1, 0, 1, 1]
    );
    // (up, down): x1 → x2 → x1, or x1 → x0. b's moves: down is declared first.
    let up_down = phase.outcomes(first + 2);
    let list: Vec<(&str, f64)> = up_down
        .map(|o| {
            (
                game.states[phase.outcome_next[o] as usize].as_str(),
                phase.outcome_true[o],
            )
        })
        .collect();
    assert_eq!(list, [("x=x0,y=y0", 0.75), ("x=x1,y=y0", 0.25)]);
    assert_eq!(
        phase.payoff[(first + 2) * 2..(first + 2) * 2 + 2],
        [0.0, -1.0]
    );
}

/// Distribution over states after one round in which everybody plays the first open move.
fn after_a_round(game: &Game) -> Vec<(String, f64)> {
    let mut mass = vec![0.0; game.states.len()];
    mass[game.start as usize] = 1.0;
    for phase in &game.phases {
        let mut next = vec![0.0; mass.len()];
        for (state, m) in mass.iter().enumerate().filter(|(_, m)| **m > 0.0) {
            let Ok(n) = phase.states().binary_search(&(state as u32)) else {
                next[state] += m;
                continue;
            };
            match phase {
                Phase::Move(t) => {
                    for o in t.outcomes(t.alternatives(n).start) {
                        next[t.outcome_next[o] as usize] += m * t.outcome_true[o];
                    }
                }
                Phase::Events(t) => {
                    for o in t.outcomes(n) {
                        next[t.outcome_next[o] as usize] += m * t.outcome_true[o];
                    }
                }
            }
        }
        mass = next;
    }
    let mut list: Vec<(String, f64)> = game
        .states
        .iter()
        .cloned()
        .zip(mass)
        .filter(|(_, m)| *m > 0.0)
        .collect();
    list.sort_by(|a, b| a.0.cmp(&b.0));
    list
}

#[test]
fn joining_chance_steps_changes_no_probability() {
    let scenario = scenario(&scenario_file());
    let with = |most| {
        let options = Options {
            max_event_outcomes: most,
            ..Options::default()
        };
        compile(&scenario, &options)
            .unwrap_or_else(|e| panic!("{e}"))
            .game
    };
    let apart = with(1);
    let joined = with(12);
    let steps = scenario
        .triggers
        .iter()
        .filter(|t| t.looks_like.is_none())
        .count();
    assert_eq!(apart.phases.len(), 2 + steps);
    assert!(joined.phases.len() < apart.phases.len());
    for phase in &joined.phases {
        if let Phase::Events(phase) = phase {
            assert!((0..phase.nodes()).all(|n| phase.outcomes(n).len() <= 12));
        }
    }
    let (apart, joined) = (after_a_round(&apart), after_a_round(&joined));
    assert_eq!(apart.len(), joined.len());
    for (a, j) in apart.iter().zip(&joined) {
        assert_eq!(a.0, j.0);
        assert!((a.1 - j.1).abs() < 1e-14, "{a:?} {j:?}");
    }
    assert!((joined.iter().map(|(_, m)| m).sum::<f64>() - 1.0).abs() < 1e-12);
}

#[test]
fn what_comes_and_goes_within_one_round_has_happened() {
    let text = r#"scenario "A short war"
  round week
  horizon 10 rounds
  foresight full
  order events

parameter outbreak = 0.1
  "chance a week that war breaks out"
  source "made up"
  grade C

parameter mediation = 0.4
  "chance a week that it is ended"
  source "made up"
  grade C

ladder rung "Rung"
  levels calm, war
  start calm

trigger outbreak_of_war "War breaks out"
  when rung == calm
  probability outbreak
  outcome rest: rung up

trigger mediators "Mediators end the war"
  when rung == war
  probability mediation
  outcome rest: rung down

outcomes within 10 rounds
  war: ever rung == war
  peace: otherwise
"#;
    let scenario = scenario(text);
    for most in [0, 1, 12] {
        let options = Options {
            max_event_outcomes: most,
            ..Options::default()
        };
        let game = compile(&scenario, &options)
            .unwrap_or_else(|e| panic!("{e}"))
            .game;
        let solution =
            solve::solve(&game, &solve::Options::default(), &solve::Silent).expect("solved");
        let options = forecast::Options::default();
        let forecast =
            forecast::forecast(&game, &solution, &options, &solve::Silent).expect("forecast");
        for (round, p) in forecast.classes[0].probability.iter().enumerate() {
            // Whether mediators end it in the week in which it breaks out makes no difference.
            let exact = 1.0 - 0.9f64.powi(round as i32);
            assert!((p - exact).abs() < 1e-13, "{most}, {round}: {p} {exact}");
        }
    }
}

#[test]
fn history_in_the_state_gives_the_same_classes() {
    let text = LADDER.replace(
        "  tense: rung == tense at end",
        "  flagged: ever flag == raised\n  tense: rung == tense at end",
    );
    let game = compiled(&text).game;
    let wide = expand_history(&game);
    wide.validate().expect("sound");
    assert!(wide.states.len() > game.states.len());
    assert!(
        wide.classes
            .iter()
            .all(|c| !matches!(c.rule, Rule::Ever(_)))
    );
    assert_eq!(
        wide.states[wide.start as usize],
        "rung=calm,flag=none|ever="
    );
    assert!(
        wide.states
            .contains(&"rung=calm,flag=none|ever=flagged".to_string())
    );

    // Uniform play to the window: class probabilities by paths with remembered sets, and by sets of
    // the wide game's states.
    let by_memory = classes_by_paths(&game);
    let by_state = classes_by_paths(&wide);
    for (a, b) in by_memory.iter().zip(&by_state) {
        assert!((a - b).abs() < 1e-13, "{by_memory:?} {by_state:?}");
    }
    assert!(by_memory.iter().all(|p| *p > 0.001), "{by_memory:?}");
}

#[test]
fn history_in_the_state_changes_no_forecast() {
    let text = LADDER.replace(
        "  tense: rung == tense at end",
        "  flagged: ever flag == raised\n  tense: rung == tense at end",
    );
    let game = compiled(&text).game;
    let window = game.window as usize;
    let run = |game: &Game| {
        let options = solve::Options::default();
        let solution = solve::solve(game, &options, &solve::Silent).expect("solved");
        forecast::forecast(
            game,
            &solution,
            &forecast::Options::default(),
            &solve::Silent,
        )
        .expect("forecast")
    };
    let (plain, wide) = (run(&game), run(&expand_history(&game)));
    assert!(plain.classes.len() == 4 && wide.classes.len() == 4);
    for (a, b) in plain.classes.iter().zip(&wide.classes) {
        assert!(
            (a.probability[window] - b.probability[window]).abs() < 1e-12,
            "{a:?} {b:?}"
        );
    }
    for (a, b) in plain.questions.iter().zip(&wide.questions) {
        for (a, b) in a.probability.iter().zip(&b.probability) {
            assert!((a - b).abs() < 1e-12, "{a:?} {b:?}");
        }
    }
    let flagged = plain.classes[1].probability[window];
    assert!((0.001..0.999).contains(&flagged), "{flagged}");
}

/// Class probabilities at the window under uniform play, carrying seen sets along.
fn classes_by_paths(game: &Game) -> Vec<f64> {
    use std::collections::BTreeMap;
    let flags = |s: u32| -> u64 {
        (0..game.events.len())
            .map(|e| u64::from(game.events[e][s as usize]) << e)
            .sum()
    };
    let mut mass = BTreeMap::from([((game.start, flags(game.start)), 1.0f64)]);
    for _ in 0..game.window {
        for phase in &game.phases {
            let mut next: BTreeMap<(u32, u64), f64> = BTreeMap::new();
            for ((state, seen), m) in mass {
                let mut add =
                    |s: u32, p: f64| *next.entry((s, seen | flags(s))).or_default() += m * p;
                let Ok(n) = phase.states().binary_search(&state) else {
                    add(state, 1.0);
                    continue;
                };
                match phase {
                    Phase::Move(t) => {
                        let share = 1.0 / t.alternatives(n).len() as f64;
                        for a in t.alternatives(n) {
                            for o in t.outcomes(a) {
                                add(t.outcome_next[o], share * t.outcome_true[o]);
                            }
                        }
                    }
                    Phase::Events(t) => {
                        for o in t.outcomes(n) {
                            add(t.outcome_next[o], t.outcome_true[o]);
                        }
                    }
                }
            }
            mass = next;
        }
    }
    let mut classes = vec![0.0; game.classes.len()];
    for ((state, seen), m) in mass {
        let taken = game.classes.iter().position(|c| match c.rule {
            Rule::Ever(e) => seen >> e & 1 == 1,
            Rule::AtEnd(e) => game.events[e as usize][state as usize],
            Rule::Otherwise => true,
        });
        classes[taken.expect("a class")] += m;
    }
    classes
}

#[test]
fn the_flagship_fits() {
    let compiled = compiled(&scenario_file());
    compiled.game.validate().expect("sound");
    let size = &compiled.size;
    assert_eq!(size.states, compiled.game.states.len());
    for phase in &size.phases {
        assert!(phase.states <= 5000, "{phase:?}");
    }
    assert!(
        size.variables.iter().all(|v| v.reached == v.declared),
        "{:?}",
        size.variables
    );
}
