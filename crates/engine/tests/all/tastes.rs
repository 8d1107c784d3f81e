//! Analyses of games whose noise is taste, each against an identity that holds at every precision.

use crate::threat_support;

use climbdown_engine::analyse::gap::Decision;
use climbdown_engine::analyse::places;
use climbdown_engine::analyse::plan::{self, Plan};
use climbdown_engine::analyse::reputation::reputation;
use climbdown_engine::analyse::terms::{Place, TASTES, Terms};
use climbdown_engine::game::Phase;
use climbdown_engine::solve::Silent;
use threat_support::{Crisis, Solved};

const PRECISIONS: [f64; 4] = [0.2, 0.7, 2.0, 5.0];

/// A crisis whose priors are points of the grid, with opportunities that are not certain.
fn crisis(precision: f64, foresight: &'static str, noise: &'static str) -> Solved {
    let crisis = Crisis {
        precision,
        foresight,
        noise,
        ..Crisis::default()
    };
    let text = (crisis.text())
        .replace("resolved prior 40%", "resolved prior 50%")
        .replace(
            "discount 2% per week",
            "discount 2% per week\n  opportunity 0.6\n  believed opportunity 0.7\n  default wait",
        );
    // Stationary play over beliefs settles soon where the future counts less.
    let text = match foresight {
        "unbounded" => {
            (text.replace("2% per week", "20% per week")).replace("1% per week", "15% per week")
        }
        _ => text,
    };
    Solved::of(threat_support::read(&text), 9)
}

/// Whatever the noise, play is the logit response to what moves are worth; so the values that
/// dominance, proportionality and the price of force compare, and those of reputation, must give the
/// choices that were solved. With tastes they do only if choices to come count what is liked in them.
#[test]
fn what_moves_are_worth_gives_the_choices_that_are_played() {
    let mut compared = 0;
    let foresights = ["4 rounds", "full", "unbounded"];
    for (noise, foresight) in (["taste", "error"].iter()).flat_map(|n| foresights.map(|f| (*n, f)))
    {
        for precision in PRECISIONS {
            let solved = crisis(precision, foresight, noise);
            let (game, solution) = (&solved.game, &solved.solution);
            let plan = Plan::new(game, solution, 0, &solved.options, &Silent).expect("solved");
            let belief = vec![0.5; 4];
            for (p, phase) in game.phases.iter().enumerate() {
                let Phase::Move(phase) = phase else { continue };
                let mover = phase.actors[0] as usize;
                let lambda = game.actors[mover].precision;
                for node in 0..phase.nodes() {
                    let place = Place {
                        phase: p,
                        node,
                        belief: &belief,
                    };
                    let choice = places::choice(plan.at(0), place).expect("a choice");
                    for (values, sigma) in choice.values.iter().zip(&choice.sigma) {
                        let total: f64 = values.iter().map(|v| (lambda * v).exp()).sum();
                        for (value, sigma) in values.iter().zip(sigma) {
                            let logit = (lambda * value).exp() / total;
                            assert!((logit - sigma).abs() < 1e-9, "{noise} {precision}");
                            compared += 1;
                        }
                    }
                    let decision = Decision {
                        round: 0,
                        phase: p,
                        node,
                        belief: belief.clone(),
                    };
                    let found = reputation(plan.at(0), &decision);
                    for (m, sigma) in found.iter().zip(choice.sigma.iter().flatten()) {
                        assert!((m.with - sigma).abs() < 1e-9, "{noise} {precision} {m:?}");
                    }
                }
            }
        }
    }
    assert!(compared > 100, "{compared}");
}

#[test]
fn terms_and_tastes_add_to_planned_values() {
    for foresight in ["1 rounds", "4 rounds", "full"] {
        for precision in PRECISIONS {
            let solved = crisis(precision, foresight, "taste");
            let plan = plan::whole(&solved.game, &solved.options, &Silent).expect("solved");
            for round in 0..2 {
                let terms = Terms::of(&solved.game, &plan, round, &Silent).expect("terms");
                assert!(terms.error() < 1e-9, "{foresight}: {}", terms.error());
                let tastes = terms.columns.iter().filter(|c| c.name == TASTES);
                assert_eq!(tastes.count(), 4);
            }
        }
    }
}

/// Where nothing is paid every choice is even, and a choice between two moves is worth ln 2 / λ.
#[test]
fn tastes_are_worth_the_logarithm_of_the_number_of_moves() {
    for precision in PRECISIONS {
        for (opportunity, within) in [(1.0, 1), (0.4, 3), (0.9, 6)] {
            let text = format!(
                "scenario \"Nothing\"\n  round week\n  horizon 6 rounds\n  foresight {within} rounds\n  \
                 noise taste\n  order us, iran, events\n\n\
                 ladder rung\n  levels low, high\n  start low\n\n\
                 actor us\n  precision {precision}\n  discount 3% per week\n  opportunity {opportunity}\n  \
                 default hold\n\nactor iran\n  precision 1\n\n\
                 move us.hold\n\nmove us.climb\n  outcome: rung up\n\n\
                 move iran.wait\n\nquestion high: rung == high within 2 rounds\n"
            );
            let solved = Solved::of(threat_support::read(&text), 3);
            let plan = plan::whole(&solved.game, &solved.options, &Silent).expect("solved");
            let terms = Terms::of(&solved.game, &plan, 0, &Silent).expect("terms");
            let beliefs = [vec![1.0], vec![1.0]];
            let values = terms.before(0, solved.game.start, &beliefs).expect("met");
            let discount = solved.game.actors[0].discount;
            let rounds = (0..within).map(|k: i32| discount.powi(k));
            let expected = rounds.sum::<f64>() * opportunity * 2f64.ln() / precision;
            for (column, value) in terms.columns.iter().zip(values) {
                let expected = match (column.actor, column.is_tastes()) {
                    (0, true) => expected,
                    _ => 0.0,
                };
                assert!(
                    (value - expected).abs() < 1e-9 * (1.0 + expected),
                    "{column:?}"
                );
            }
        }
    }
}
