//! Solver and forecast on a synthetic game of the flagship's size: 2,000 states, two typed sides with
//! eight moves, three steps of chance.

use climbdown_engine::forecast::{self, forecast};
use climbdown_engine::game::*;
use climbdown_engine::simulate::{self, simulate};
use climbdown_engine::solve::{Options, Silent, solve};

fn main() {
    divan::main();
}

/// A small linear congruential generator; its quality does not matter here.
struct Lcg(u64);

impl Lcg {
    fn next(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn unit(&mut self) -> f64 {
        self.next(1 << 24) as f64 / (1 << 24) as f64
    }
}

/// The game.
fn game(states: u32, moves: u32) -> Game {
    let mut random = Lcg(1);
    let types = |a: f64| {
        vec![
            Type {
                name: "resolved".into(),
                prior: a,
            },
            Type {
                name: "bluffing".into(),
                prior: 1.0 - a,
            },
        ]
    };
    let actor = |name: &str, prior| Actor {
        name: name.into(),
        precision: 0.7,
        discount: 0.993,
        types: types(prior),
    };
    let near = |random: &mut Lcg, s: u32| (s + states + random.next(41) as u32 - 20) % states;
    let mut phases = Vec::new();
    for mover in 0..2u32 {
        let mut phase = MovePhase {
            actors: vec![mover],
            ..MovePhase::default()
        };
        phase.node_alternatives.push(0);
        phase.alternative_outcomes.push(0);
        for s in 0..states {
            phase.node_state.push(s);
            let mut labels = Vec::new();
            for m in 0..moves {
                let label = mover * moves + m;
                labels.push(label);
                phase.alternative_moves.push(m);
                let level = f64::from(s) / f64::from(states);
                for seat in 0..4 {
                    let scale = if m == 0 { 0.0 } else { 1.0 };
                    phase
                        .payoff
                        .push(scale * (random.unit() - 0.7 - 0.3 * level * f64::from(seat % 2)));
                }
                for (p, shown) in [
                    (0.7, label),
                    (0.27, label),
                    (0.03, mover * moves + (m + 1) % moves),
                ] {
                    phase.outcome_labels.push(shown);
                    phase.outcome_next.push(near(&mut random, s));
                    phase.outcome_believed.push(p);
                    phase.outcome_true.push(p);
                }
                phase
                    .alternative_outcomes
                    .push(phase.outcome_next.len() as u32);
            }
            phase.node_moves.push(vec![labels]);
            phase.node_kinds.push(vec![(0..moves).collect()]);
            let o = if s % 3 == 0 { 0.25 } else { 1.0 };
            phase.node_opportunity.push(vec![Opportunity {
                probability: o,
                believed: o,
                default: 0,
            }]);
            phase
                .node_alternatives
                .push(phase.alternative_outcomes.len() as u32 - 1);
        }
        phases.push(Phase::Move(phase));
    }
    for step in 0..3 {
        let mut phase = EventsPhase::default();
        phase.node_outcomes.push(0);
        for s in 0..states {
            phase.node_state.push(s);
            let level = f64::from(s) / f64::from(states);
            for seat in 0..4 {
                phase.payoff.push(if step == 0 {
                    -level * (1.0 + 0.3 * f64::from(seat))
                } else {
                    0.0
                });
            }
            for (p, distance) in [
                (0.8, 0),
                (0.05, 1),
                (0.05, 7),
                (0.04, 30),
                (0.03, 2),
                (0.03, 90),
            ] {
                phase.outcome_next.push((s + distance) % states);
                phase.outcome_believed.push(p);
                phase.outcome_true.push(p);
            }
            phase.node_outcomes.push(phase.outcome_next.len() as u32);
        }
        phases.push(Phase::Events(phase));
    }
    let afterwards = (0..states * 4)
        .map(|i| -13.0 * f64::from(i / 4) / f64::from(states))
        .collect();
    Game {
        title: "synthetic".into(),
        horizon: 52,
        foresight: Foresight::Rounds(8),
        noise: Noise::Error,
        precision_scale: PrecisionScale::Current,
        actors: vec![actor("a", 0.55), actor("b", 0.6)],
        states: (0..states).map(|s| s.to_string()).collect(),
        start: states / 3,
        labels: (0..2 * moves).map(|l| l.to_string()).collect(),
        phases,
        ends: Vec::new(),
        afterwards,
        afterwards_belief: Vec::new(),
        window: 26,
        events: vec![(0..states).map(|s| s > states * 9 / 10).collect()],
        classes: vec![
            Class {
                name: "high".into(),
                label: "high".into(),
                rule: Rule::AtEnd(0),
            },
            Class {
                name: "low".into(),
                label: "low".into(),
                rule: Rule::Otherwise,
            },
        ],
        questions: Vec::new(),
        variables: Vec::new(),
        ladder: None,
        terms: Vec::new(),
    }
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn solve_9x9_foresight_8(bencher: divan::Bencher) {
    let game = game(2000, 8);
    bencher.bench(|| {
        let solution = solve(&game, &Options::default(), &Silent).expect("solved");
        assert!(solution.report.residual < 1e-9);
        solution.report
    });
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn forecast_52_rounds(bencher: divan::Bencher) {
    let game = game(2000, 8);
    let solution = solve(&game, &Options::default(), &Silent).expect("solved");
    bencher.bench(|| {
        let result =
            forecast(&game, &solution, &forecast::Options::default(), &Silent).expect("forecast");
        assert!(result.mass_error < 1e-12);
        result.particles
    });
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn simulate_10_000(bencher: divan::Bencher) {
    let game = game(2000, 8);
    let solution = solve(&game, &Options::default(), &Silent).expect("solved");
    bencher.bench(|| {
        simulate(
            &game,
            &solution,
            &simulate::Options {
                trajectories: 10_000,
                seed: 1,
            },
            &Silent,
        )
        .expect("simulated")
    });
}
