//! Certificates where moves cost so much that their probabilities are too small for a number.

use crate::study_support::scenario;
use climbdown_engine::compile::compile;
use climbdown_engine::game::Game;
use climbdown_engine::solve::{Certificate, Options, Silent, Solution, certify, solve};

/// Striking costs us `cost`, the bluffing type 1.5 more, so who strikes is likely resolved however
/// rarely it happens. `label` is what a raid, which costs the same, looks like.
fn game(cost: f64, label: &str, foresight: u32) -> Game {
    let text = format!(
        r#"scenario "Unthinkable moves"
  round week
  horizon 4 rounds
  foresight {foresight} rounds
  order us, iran, events

ladder rung
  levels calm, clash, war
  start calm

actor us
  precision 1
  type resolved prior 40%
  type bluffing otherwise
  payoff per week
    clash: -1 if rung == clash else 0

actor iran
  precision 1.2
  type hard prior 60%
  type soft otherwise
  payoff per week
    pressure: -1 if rung == calm else -1.5

move us.hold

move us.strike
  when rung < war
  cost us: {cost} if resolved else {cost} + 1.5
  outcome 100% seen as blow: rung up

move us.raid
  when rung < war
  cost us: {cost} + 0.3 if resolved else {cost} + 1.2
  outcome 100% seen as {label}: rung up

move iran.wait

move iran.harass
  when rung < war
  cost iran: 0.3 if hard else 1.5
  outcome 60%: rung up
  outcome rest: nothing

end war when rung == war
  value us: -4 if resolved else -6
  value iran: -7

outcomes within 4 rounds
  war: ever rung == war
  calm: otherwise
"#
    );
    compile(&scenario(&text), &Default::default())
        .unwrap_or_else(|e| panic!("{e}"))
        .game
}

fn solved(game: &Game, belief_points: usize) -> (Solution, Certificate) {
    let options = Options {
        belief_points,
        ..Options::default()
    };
    let solution = solve(game, &options, &Silent).expect("solved");
    let certificate = certify(game, &solution, 50, &Silent).expect("checked");
    (solution, certificate)
}

#[test]
fn moves_of_any_cost_are_certified_and_errors_in_them_are_found() {
    for label in ["foray", "blow"] {
        for cost in [0.5, 100.0, 600.0, 720.0, 745.0, 1000.0, 20_000.0] {
            let game = game(cost, label, 3);
            let (mut solution, certificate) = solved(&game, 9);
            println!("{label} {cost}: {certificate:?}");
            assert!(certificate.holds(), "{label} {cost}: {certificate:?}");
            assert!(certificate.best_regret.is_finite(), "{certificate:?}");
            // The rarest choice of all, off by a hundred thousandth.
            let rarest = solution.strategies[0]
                .iter_mut()
                .flat_map(|table| table.log_sigma.iter_mut())
                .min_by(|a, b| a.total_cmp(b))
                .expect("a choice");
            assert!(*rarest < -0.9 * cost, "{rarest}");
            *rarest += 1e-5;
            let certificate = certify(&game, &solution, 50, &Silent).expect("checked");
            assert!(
                certificate.response > 9e-6,
                "{label} {cost}: {certificate:?}"
            );
            assert!(!certificate.holds());
        }
    }
}

/// A jump that no simulated path comes to leaves the certificate; one that is come to, or more than are
/// listed and watched for, do not. Stages that are not solved are told apart from both.
#[test]
fn jumps_that_play_comes_to_are_not_certified() {
    let (_, sound) = solved(&game(0.5, "foray", 3), 9);
    assert!(sound.holds() && sound.solved());
    let with = |jumps: u64, jump_share: f64| Certificate {
        jumps,
        jump_share,
        ..sound.clone()
    };
    assert!(with(3, 0.0).holds());
    for jumped in [with(3, 0.005), with(5000, 0.0)] {
        assert!(!jumped.holds() && jumped.solved(), "{jumped:?}");
    }
    let unsolved = Certificate {
        response: 2e-8,
        ..sound.clone()
    };
    assert!(!unsolved.holds() && !unsolved.solved());
}

#[test]
fn lines_of_any_number_of_points_are_certified() {
    // From several lines in a lane to several lanes a line.
    for points in [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 17] {
        for label in ["foray", "blow"] {
            let (solution, certificate) = solved(&game(0.5, label, 3), points);
            assert!(certificate.holds(), "{points} {label}: {certificate:?}");
            assert_eq!(solution.grid.points, points * points);
            // Nothing was left to the way for hard cases.
            assert_eq!(solution.report.paths, 0, "{points} {label}");
        }
    }
}

/// Who plans one round plays as planned, so that only interpolation keeps regret from being zero; what is
/// earned by playing on is worked out phase by phase.
#[test]
fn plans_of_one_round_are_not_regretted() {
    for label in ["foray", "blow"] {
        for cost in [0.2, 1.0, 3.0] {
            let game = game(cost, label, 1);
            let (_, certificate) = solved(&game, 17);
            println!("{label} {cost}: {certificate:?}");
            assert!(certificate.reached > 0);
            assert!(
                certificate.logit_regret < 2e-5,
                "{label} {cost}: {certificate:?}"
            );
        }
    }
}
