//! The deterrence gap against a recursion of its own, and its statics.

use crate::threat_support;

use climbdown_engine::analyse::gap::{Class, Decision, Gap, Measure, Options, Test, gap};
use climbdown_engine::analyse::line::Line;
use climbdown_engine::analyse::plan::Plan;
use climbdown_engine::game::{Noise, Phase};
use climbdown_engine::play::{BeliefLayout, Play};
use climbdown_engine::solve::Silent;
use threat_support::{Crisis, Solved};

fn measured(solved: &Solved) -> Gap {
    let options = Options {
        trajectories: 200,
        ..Options::default()
    };
    gap(
        &solved.scenario,
        &solved.game,
        &solved.solution,
        &solved.options,
        None,
        &options,
        &Silent,
    )
    .expect("measured")
}

fn tests_now(solved: &Solved) -> Vec<Test> {
    measured(solved).lines.remove(0).now
}

/// π, value with an answer and value without one, per recognised crossing, by a walk along every
/// path with exact Bayes that knows nothing of the analysis.
struct Walk<'a> {
    solved: &'a Solved,
    plan: &'a Plan<'a>,
    line: &'a Line,
    layout: BeliefLayout,
}

impl Walk<'_> {
    /// (probability answered, joint value) for type `kind` of the challenger.
    fn from(&self, t: usize, p: usize, state: u32, belief: &[f64], kind: usize) -> (f64, f64) {
        let game = &self.solved.game;
        if p == game.phases.len() {
            let (prob, value) = self.from(t + 1, 0, state, belief, kind);
            return (prob, value * game.actors[self.line.challenger].discount);
        }
        // A second crossing can lift the flag again; the time for this answer runs out all the same.
        if !self.line.stands[state as usize] || t > self.line.rounds_ahead(game) {
            return (0.0, 0.0);
        }
        let view = self.plan.at(0);
        let seat = game.seat(self.line.challenger) + kind;
        let seats = game.seats();
        let n = game.phases[p].states().binary_search(&state).expect("met");
        match &game.phases[p] {
            Phase::Events(phase) => {
                let (mut prob, mut value) = (0.0, 0.0);
                for o in phase.outcomes(n) {
                    let (q, v) = self.from(t, p + 1, phase.outcome_next[o], belief, kind);
                    prob += phase.outcome_believed[o] * q;
                    value += phase.outcome_believed[o] * v;
                }
                (prob, value + prob * phase.payoff[n * seats + seat])
            }
            Phase::Move(phase) => {
                let (solution, round) = view.played(t).expect("planned");
                let mover = phase.actors[0] as usize;
                let mut play = Play::default();
                play.at(
                    game,
                    solution,
                    &self.layout,
                    phase,
                    (round, p, n),
                    belief,
                    true,
                );
                let range = self.layout.range(mover);
                let types = range.len();
                let moves = phase.alternatives(n).len();
                let first = phase.outcomes(phase.alternatives(n).start).start;
                let (mut prob, mut value) = (0.0, 0.0);
                for (a, alternative) in phase.alternatives(n).enumerate() {
                    let own: Vec<f64> = (0..types).map(|k| play.sigma[k * moves + a]).collect();
                    let share = if mover == self.line.challenger {
                        own[kind]
                    } else {
                        own.iter()
                            .zip(&belief[range.clone()])
                            .map(|(s, b)| s * b)
                            .sum()
                    };
                    let answers = mover == self.line.holder
                        && self.line.answers.contains(&phase.node_moves[n][0][a]);
                    for o in phase.outcomes(alternative) {
                        let g = solution.layout.signals[p][n].outcome_signal[o - first] as usize;
                        let mut after = belief.to_vec();
                        after[range.clone()]
                            .copy_from_slice(&play.posterior[g * types..(g + 1) * types]);
                        let state = phase.outcome_next[o];
                        let (q, v) = if answers {
                            let beliefs: Vec<Vec<f64>> = (0..game.actors.len())
                                .map(|i| after[self.layout.range(i)].to_vec())
                                .collect();
                            let place = solution.footprint(&solution.grid.axis, &beliefs);
                            let next = view.after(t, p).expect("planned");
                            (1.0, next.value(&place, state, self.line.challenger, seat))
                        } else {
                            self.from(t, p + 1, state, &after, kind)
                        };
                        let weight = share * phase.outcome_believed[o];
                        prob += weight * q;
                        // With tastes, who makes a move likes it: −ln σ/λ on average.
                        let liked = match game.noise {
                            Noise::Taste if mover == self.line.challenger => {
                                -own[kind].ln() / game.actors[mover].precision
                            }
                            _ => 0.0,
                        };
                        let paid = phase.payoff[alternative * seats + seat];
                        value += weight * (v + q * (paid + liked));
                    }
                }
                (prob, value)
            }
        }
    }
}

#[test]
fn tables_agree_with_a_walk_along_every_path() {
    let orders = ["iran, us, events", "us, iran, events", "iran, events, us"];
    let noises = ["error", "taste"];
    for (order, noise) in orders.iter().flat_map(|o| noises.map(|n| (*o, n))) {
        for (within, foresight) in [
            (1, "3 rounds"),
            (2, "3 rounds"),
            (2, "full"),
            (3, "4 rounds"),
            (2, "unbounded"),
        ] {
            let crisis = Crisis {
                order,
                foresight,
                noise,
                ..Crisis::default()
            };
            // A line with several decisions: the flag is lowered by one at each silence.
            let mut text = crisis.text();
            if within > 1 {
                text = text
                    .replace("levels none, crossed\n", "levels none, crossed, c2, c3\n")
                    .replace("  cleared by us\n", "")
                    .replace("flag to crossed", &format!("flag up {within}"))
                    .replace(
                        "* (flag == crossed)\n",
                        "* (flag == crossed)\n  outcome: flag down\n",
                    )
                    .replace("when flag == crossed", "when flag != none")
                    .replace("rung up\n", "rung up; flag to none\n");
            }
            if foresight == "unbounded" {
                text = (text.replace("1% per week", "15% per week"))
                    .replace("2% per week", "20% per week");
            }
            let mut scenario = threat_support::read(&text);
            let mut declared =
                threat_support::line(&scenario, "killed", "us", "iran", &["probe"], &["strike"]);
            declared.within = within;
            declared.levels = (1..=within).collect();
            scenario.red_lines.push(declared);
            // Grids on which stationary play does not ripple.
            let points = if foresight == "unbounded" { 17 } else { 33 };
            let solved = Solved::of(scenario, points);
            let line = Line::of(&solved.scenario, &solved.game, 0).expect("a line");
            let ahead = line.rounds_ahead(&solved.game);
            let plan = Plan::new(
                &solved.game,
                &solved.solution,
                ahead,
                &solved.options,
                &Silent,
            )
            .expect("solved");
            let walk = Walk {
                solved: &solved,
                plan: &plan,
                line: &line,
                layout: BeliefLayout::of(&solved.game),
            };
            compare(&walk, order, within);
        }
    }
}

/// Compares every test at the start with the walk.
fn compare(walk: &Walk, order: &str, within: u32) {
    let solved = walk.solved;
    let game = &solved.game;
    let p = game
        .phases
        .iter()
        .position(|p| matches!(p, Phase::Move(m) if m.actors[0] == 1))
        .expect("iran moves");
    let Phase::Move(phase) = &game.phases[p] else {
        unreachable!("found above");
    };
    let n = phase
        .node_state
        .binary_search(&game.start)
        .expect("at the start");
    let priors = walk.layout.priors(game);
    let decision = Decision {
        round: 0,
        phase: p,
        node: n,
        belief: priors.clone(),
    };
    let mut measure = Measure::new(walk.line, 0.05);
    let tests = measure.tests(walk.plan.at(0), &decision);
    assert_eq!(tests.len(), 2);
    let mut play = Play::default();
    play.at(
        game,
        &solved.solution,
        &walk.layout,
        phase,
        (0, p, n),
        &priors,
        true,
    );
    let signals = &solved.solution.layout.signals[p][n];
    let probe = phase.alternatives(n).start + 1;
    let first = phase.outcomes(phase.alternatives(n).start).start;
    let own = walk.layout.range(1);
    for (kind, test) in tests.iter().enumerate() {
        let o = phase
            .outcomes(probe)
            .find(|o| walk.line.stands[phase.outcome_next[*o] as usize])
            .expect("a crossing");
        let g = signals.outcome_signal[o - first] as usize;
        let mut belief = priors.clone();
        belief[own.clone()].copy_from_slice(&play.posterior[g * 2..g * 2 + 2]);
        let (prob, value) = walk.from(0, p + 1, phase.outcome_next[o], &belief, kind);
        assert!(
            (test.believed - prob).abs() < 2e-5,
            "{order} within {within}: {} against {prob}",
            test.believed
        );
        assert!((test.recognised - 0.42).abs() < 1e-12);
        // Only the recognised part differs between the two values.
        let place: Vec<Vec<f64>> = (0..2)
            .map(|a| belief[walk.layout.range(a)].to_vec())
            .collect();
        let footprint = solved
            .solution
            .footprint(&solved.solution.grid.axis, &place);
        let next = walk.plan.at(0).after(0, p).expect("planned");
        let seat = game.seat(1) + kind;
        let all = next.value(&footprint, phase.outcome_next[o], 1, seat);
        let bite = (all - value) / (1.0 - prob) - value / prob;
        let measured = (test.unanswered - test.answered) / test.recognised;
        assert!(
            (bite - measured).abs() < 2e-3,
            "{order} within {within}: {measured} against {bite}"
        );
    }
}

#[test]
fn the_gap_has_the_sign_of_the_incentive_and_grows_with_it() {
    let (mut deterrable, mut open) = (0, 0);
    for seed in 0..300u32 {
        // A small generator of its own: enough to spread the numbers.
        let mut word = seed.wrapping_mul(2_654_435_761).wrapping_add(12_345);
        let mut draw = |low: f64, high: f64| {
            word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            low + (high - low) * f64::from(word >> 8) / f64::from(1 << 24)
        };
        let crisis = Crisis {
            order: ["iran, us, events", "us, iran, events"][seed as usize % 2],
            noise: ["error", "taste"][seed as usize / 2 % 2],
            lethal: draw(0.2, 0.9),
            clarity: draw(0.2, 0.95),
            tempt: [draw(0.0, 4.0), draw(-1.0, 2.0)],
            silence: [draw(0.0, 5.0), draw(0.0, 2.0)],
            answer: [draw(0.0, 2.0), draw(0.0, 4.0)],
            harm: draw(-1.0, 8.0),
            firm: draw(0.1, 0.9),
            precision: draw(0.3, 2.0),
            ..Crisis::default()
        };
        let solved = crisis.solved(17);
        for test in tests_now(&solved) {
            let mixed = (1.0 - test.believed) * test.unanswered + test.believed * test.answered;
            assert!((mixed - test.reference - test.incentive).abs() < 1e-12);
            // With two moves the choice itself says what crossing is worth: λG is its log-odds.
            let odds = (test.rate / (1.0 - test.rate)).ln() / crisis.precision;
            assert!(
                (odds - test.incentive).abs() < 5e-3,
                "seed {seed}: {odds} against {}",
                test.incentive
            );
            let expected = match (
                test.unanswered > test.reference,
                test.answered > test.reference,
            ) {
                (true, false) => Class::Deterrable,
                (true, true) => Class::Undeterrable,
                (false, false) => Class::SelfRestrained,
                (false, true) => Class::Provoked,
            };
            assert_eq!(test.class, expected);
            assert_eq!(test.gap.is_some(), test.class == Class::Deterrable);
            if let (Some(gap), Some(needed)) = (test.gap, test.needed) {
                deterrable += 1;
                open += usize::from(gap > 0.0);
                assert!((0.0..=1.0).contains(&needed));
                assert!(gap * test.incentive >= 0.0, "seed {seed}: {test:?}");
                assert_eq!(gap > 0.0, test.incentive > 0.0);
            }
        }
    }
    assert!(
        deterrable > 100 && open > 30 && open < deterrable,
        "{open} of {deterrable}"
    );
}

#[test]
fn believed_answers_rise_with_the_record_and_close_the_gap() {
    let mut last = f64::INFINITY;
    for firm in [0.1, 0.3, 0.5, 0.7, 0.9] {
        let test = tests_now(
            &Crisis {
                firm,
                ..Crisis::default()
            }
            .solved(9),
        )
        .remove(0);
        assert_eq!(test.kind, "resolved");
        let gap = test.gap.expect("deterrable");
        assert!(gap < last - 0.02, "firm {firm}: {gap} after {last}");
        last = gap;
    }
}

#[test]
fn a_line_that_is_never_recognised_deters_nobody() {
    for clarity in [0.0, 1e-3] {
        let test = tests_now(
            &Crisis {
                clarity,
                ..Crisis::default()
            }
            .solved(9),
        )
        .remove(0);
        assert!((test.recognised - 0.6 * clarity).abs() < 1e-12);
        assert_eq!(test.class, Class::Undeterrable);
        assert!(test.incentive > 1.5);
    }
    // The incentive falls as the line becomes clearer, because what is recognised is answered.
    let mut last = f64::INFINITY;
    for clarity in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let crisis = Crisis {
            clarity,
            harm: 6.0,
            ..Crisis::default()
        };
        let incentive = tests_now(&crisis.solved(9))[0].incentive;
        assert!(incentive < last - 0.1, "clarity {clarity}");
        last = incentive;
        let toothless = Crisis {
            harm: 0.0,
            silence: [0.0, 0.0],
            answer: [50.0, 50.0],
            ..crisis
        };
        let incentive = tests_now(&toothless.solved(9))[0].incentive;
        assert!(
            (incentive - 2.0).abs() < 0.02,
            "no answer, no effect: {incentive}"
        );
    }
}

#[test]
fn the_soft_gap_becomes_the_hard_one_as_noise_goes() {
    let mut last = f64::INFINITY;
    for precision in [0.5, 1.0, 2.0, 4.0, 8.0] {
        let test = tests_now(
            &Crisis {
                precision,
                ..Crisis::default()
            }
            .solved(17),
        )
        .remove(0);
        let (hard, soft) = (
            test.gap.expect("deterrable"),
            test.soft_gap.expect("a bite"),
        );
        // One reference move: they differ by the log-odds of the rate over λ and the bite.
        let bite = test.unanswered - test.answered;
        let expected = -(0.05f64 / 0.95).ln() / precision / bite;
        assert!((soft - hard - expected).abs() < 1e-9);
        assert!(soft - hard < last);
        last = soft - hard;
        // Crossing at the stated rate is what it means: put the answer there and read the logit.
        let needed = test.soft_needed.expect("a bite");
        let there = (1.0 - needed) * test.unanswered + needed * test.answered;
        let rate = 1.0 / (1.0 + (precision * (test.reference - there)).exp());
        assert!((rate - 0.05).abs() < 1e-9);
    }
}

#[test]
fn later_rounds_are_said_of_crises_still_open() {
    let found = measured(&Crisis::default().solved(9));
    let line = &found.lines[0];
    assert_eq!(line.holder, "us");
    assert_eq!(line.later[0].round, 0);
    assert!((line.later[0].open - 1.0).abs() < 1e-12);
    for standing in &line.later {
        let weight: f64 = standing.types.iter().map(|t| t.weight).sum();
        assert!((weight - 1.0).abs() < 1e-9);
        for t in &standing.types {
            assert!((t.classes.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            assert!(t.open_gap <= t.classes[0] + 1e-12);
        }
    }
    // In round 0 every path is the same decision, the one told as `now`.
    for (standing, now) in line.later[0].types.iter().zip(&line.now) {
        assert!((standing.incentive - now.incentive).abs() < 1e-12);
        assert!(standing.standard_error < 1e-6);
        assert!((standing.believed - now.believed).abs() < 1e-12);
    }
    let mut without = Crisis::default().solved(5);
    without.scenario.red_lines.clear();
    let refused = gap(
        &without.scenario,
        &without.game,
        &without.solution,
        &without.options,
        None,
        &Options::default(),
        &Silent,
    );
    assert!(
        refused
            .expect_err("no line")
            .to_string()
            .contains("no red line")
    );
}
