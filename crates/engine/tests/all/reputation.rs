//! What a choice owes to what it teaches.

use crate::threat_support;

use climbdown_engine::analyse::gap::Decision;
use climbdown_engine::analyse::plan::Plan;
use climbdown_engine::analyse::reputation::{MoveReputation, reputation};
use climbdown_engine::game::Phase;
use climbdown_engine::play::BeliefLayout;
use climbdown_engine::solve::Silent;
use threat_support::{Crisis, Solved};

/// The holder's choice where a crossing stands, in the first round.
fn holder(solved: &Solved) -> Vec<MoveReputation> {
    let game = &solved.game;
    let plan =
        Plan::new(game, &solved.solution, 0, &solved.options, &Silent).expect("nothing to solve");
    let Phase::Move(phase) = &game.phases[1] else {
        panic!("us moves second");
    };
    let stands = |s: &u32| game.states[*s as usize] == "flag=crossed,rung=calm";
    let node = phase.node_state.iter().position(stands).expect("met");
    let decision = Decision {
        round: 0,
        phase: 1,
        node,
        belief: BeliefLayout::of(game).priors(game),
    };
    let found = reputation(plan.at(0), &decision);
    // With beliefs moving it is the choice that is played, to the error of the grid.
    let layout = BeliefLayout::of(game);
    let beliefs: Vec<Vec<f64>> = (0..game.actors.len())
        .map(|a| decision.belief[layout.range(a)].to_vec())
        .collect();
    let state = phase.node_state[node];
    let played = solved
        .solution
        .strategy(game, 0, 1, state, &beliefs)
        .expect("a node");
    for (m, sigma) in found.iter().zip(played.iter().flatten()) {
        assert!((m.with - sigma).abs() < 1e-3, "{m:?} {sigma}");
    }
    found
}

#[test]
fn a_holder_answers_more_for_what_it_teaches_and_not_where_nothing_is_taught() {
    for firm in [0.3, 0.5, 0.7] {
        let crisis = Crisis {
            firm,
            harm: 6.0,
            tempt: [3.0, 2.0],
            ..Crisis::default()
        };
        let text = crisis.text().replace(
            "base: -0.1 * number(rung)",
            "base: -2 * (flag == crossed) - 0.1 * number(rung)\n  afterwards\n    name: 4 * belief(us.firm)",
        );
        let found = holder(&Solved::of(threat_support::read(&text), 17));
        for kind in ["firm", "soft"] {
            let strike = found.iter().find(|m| m.kind == kind && m.mv == "us.strike");
            let strike = strike.expect("open");
            assert!(strike.with > strike.without + 0.01, "{strike:?}");
            assert!(strike.worth > 0.1);
        }
        // Types that play alike teach nothing.
        let alike = Crisis {
            silence: [1.0, 1.0],
            answer: [1.0, 1.0],
            ..crisis
        };
        for m in holder(&alike.solved(17)) {
            assert!((m.with - m.without).abs() < 1e-9 && m.worth.abs() < 1e-9);
        }
    }
}
