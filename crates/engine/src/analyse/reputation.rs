//! Reputation: the part of a choice that is due to what it teaches about the chooser.

use super::gap::{Decision, afters};
use super::plan::View;
use crate::belief::Footprint;
use crate::game::Phase;
use crate::math::{exp, log_sum_exp};
use crate::play::BeliefLayout;
use serde::Serialize;

/// What the numbers mean.
pub const DEFINITION: &str = "choice probabilities as they are, and as they would be if this choice \
    taught nobody anything about the chooser; the difference is what reputation does";

/// One move before one type.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MoveReputation {
    /// The move.
    pub mv: String,
    /// Type of the mover.
    pub kind: String,
    /// Logit choice with beliefs as they move.
    pub with: f64,
    /// Logit choice with the belief about the mover held still at this choice.
    pub without: f64,
    /// What the move is worth for what it teaches: difference of the two values.
    pub worth: f64,
}

/// Every move before every type at a decision. Later choices stay as planned.
pub fn reputation(view: View, decision: &Decision) -> Vec<MoveReputation> {
    let game = view.game();
    let solution = view.solution();
    let (p, n) = (decision.phase, decision.node);
    let (Phase::Move(phase), Some(next)) = (&game.phases[p], view.after(0, p)) else {
        return Vec::new();
    };
    let mover = phase.actors[0] as usize;
    let layout = BeliefLayout::of(game);
    let beliefs: Vec<Vec<f64>> = (0..game.actors.len())
        .map(|a| decision.belief[layout.range(a)].to_vec())
        .collect();
    let still = solution.footprint(&solution.grid.axis, &beliefs);
    let after = afters(view, phase, decision);
    let alternatives = phase.alternatives(n);
    let first = phase.outcomes(alternatives.start).start;
    let signals = &solution.layout.signals[p][n];
    let mut found = Vec::new();
    for (kind, declared) in game.actors[mover].types.iter().enumerate() {
        let seat = game.seat(mover) + kind;
        let worth = |held: Option<&Footprint>| -> Vec<f64> {
            let each = alternatives.clone().map(|alternative| {
                let expected: f64 = phase
                    .outcomes(alternative)
                    .map(|o| {
                        let signal = signals.outcome_signal[o - first] as usize;
                        let place = held.unwrap_or(&after[signal]);
                        let value = next.value(place, phase.outcome_next[o], mover, seat);
                        phase.outcome_believed[o] * value
                    })
                    .sum();
                phase.payoff[alternative * game.seats() + seat] + expected
            });
            each.collect()
        };
        let with = worth(None);
        let without = worth(Some(&still));
        let precision = game.actors[mover].precision;
        let logit = |values: &[f64]| -> Vec<f64> {
            let logs: Vec<f64> = values.iter().map(|v| precision * v).collect();
            let total = log_sum_exp(&logs);
            logs.iter().map(|l| exp(l - total)).collect()
        };
        let (sigma, bare) = (logit(&with), logit(&without));
        for (a, label) in phase.node_moves[n][0].iter().enumerate() {
            found.push(MoveReputation {
                mv: game.labels[*label as usize].clone(),
                kind: declared.name.clone(),
                with: sigma[a],
                without: bare[a],
                worth: with[a] - without[a],
            });
        }
    }
    found
}
