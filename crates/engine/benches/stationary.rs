//! Stationary play of random games of two who move at once: 100 and 200 states that all lead to all,
//! and 10,000 that lead to four each. `scripts/markov_qre.py --bench 100 200` times games of the first
//! kind beside sgamesolver.

use climbdown_engine::game::{
    Actor, Foresight, Game, MovePhase, Noise, Opportunity, Phase, PrecisionScale, Type,
};
use climbdown_engine::simulate::philox::{Draws, Purpose};
use climbdown_engine::solve::{Options, Silent, certify, solve};

fn main() {
    divan::main();
}

/// Two moves each, payoffs even in −1 to 1, δ = 0.9, λ = 1; each joint move leads to `branching` states.
fn game(states: usize, branching: usize) -> Game {
    let draws = Draws::of(states as u64);
    let mut count = 0u64;
    let mut unit = || {
        count += 1;
        draws.pair(count, 0, Purpose::Step).0
    };
    let mut phase = MovePhase {
        actors: vec![0, 1],
        node_alternatives: vec![0],
        alternative_outcomes: vec![0],
        ..MovePhase::default()
    };
    let always = Opportunity {
        probability: 1.0,
        believed: 1.0,
        default: 0,
    };
    for s in 0..states {
        phase.node_state.push(s as u32);
        phase.node_moves.push(vec![vec![0, 1], vec![0, 1]]);
        phase.node_kinds.push(vec![vec![0, 1], vec![0, 1]]);
        phase.node_opportunity.push(vec![always; 2]);
        for joint in 0..4u32 {
            phase.alternative_moves.extend([joint / 2, joint % 2]);
            phase
                .payoff
                .extend([2.0 * unit() - 1.0, 2.0 * unit() - 1.0]);
            let weights: Vec<f64> = (0..branching).map(|_| unit() + 1e-3).collect();
            let total: f64 = weights.iter().sum();
            for (k, weight) in weights.iter().enumerate() {
                let next = if branching == states {
                    k
                } else {
                    (unit() * states as f64) as usize
                };
                phase.outcome_labels.extend([joint / 2, joint % 2]);
                phase.outcome_next.push(next as u32);
                phase.outcome_believed.push(weight / total);
                phase.outcome_true.push(weight / total);
            }
            phase
                .alternative_outcomes
                .push(phase.outcome_next.len() as u32);
        }
        phase.node_alternatives.push(4 * (s as u32 + 1));
    }
    let actor = |name: &str| Actor {
        name: name.to_owned(),
        precision: 1.0,
        discount: 0.9,
        types: vec![Type {
            name: "plain".to_owned(),
            prior: 1.0,
            weight: 1.0,
        }],
    };
    Game {
        title: format!("{states} random states"),
        horizon: 1,
        foresight: Foresight::Unbounded,
        noise: Noise::Error,
        precision_scale: PrecisionScale::Current,
        actors: vec![actor("a"), actor("b")],
        states: (0..states).map(|s| s.to_string()).collect(),
        start: 0,
        labels: vec!["x".to_owned(), "y".to_owned()],
        phases: vec![Phase::Move(phase)],
        ends: Vec::new(),
        afterwards: vec![0.0; 2 * states],
        afterwards_belief: Vec::new(),
        window: 1,
        events: Vec::new(),
        classes: Vec::new(),
        questions: Vec::new(),
        variables: Vec::new(),
        ladder: None,
        terms: Vec::new(),
    }
}

/// Solves, and fails where the solution is not certified.
fn solved(game: &Game) -> f64 {
    let solution = solve(game, &Options::default(), &Silent).expect("solved");
    let certificate = certify(game, &solution, 0, &Silent).expect("checked");
    assert!(certificate.holds(), "{certificate:?}");
    certificate.residual
}

#[divan::bench(args = [100, 200], sample_count = 3, sample_size = 1)]
fn all_to_all(bencher: divan::Bencher, states: usize) {
    let game = game(states, states);
    bencher.bench_local(|| solved(&game));
}

#[divan::bench(sample_count = 1, sample_size = 1)]
fn ten_thousand_states(bencher: divan::Bencher) {
    let game = game(10_000, 4);
    bencher.bench_local(|| solved(&game));
}
