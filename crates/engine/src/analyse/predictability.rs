//! What the public makes of conduct: the labels that move beliefs, and how well each side's next move
//! is forecast.
//!
//! Both are read off trajectories with exact beliefs ([`super::trace`]). The log loss of a decision is
//! its expectation over the moves, −Σ_a τ(a) ln q(a), with τ the true play of the true type and q a
//! forecast of it; only states and beliefs are sampled.

use super::trace::{Listener, Step, Traced};
use serde::Serialize;
use std::collections::BTreeMap;

/// What the numbers of [`Predictability`] mean.
pub const DEFINITION: &str = "mean log loss, in nats a decision with a choice, of the forecast of a \
     side's next move: by the public belief, by the priors without learning, by equal odds, and by \
     somebody who knows the type";

/// What the numbers of [`LabelEffect`] mean.
pub const CREDIBILITY: &str = "change of the public belief in a type when a label is seen, summed \
     over the window and averaged over trajectories";

/// How well each side's next move is forecast.
#[derive(Clone, Debug, Serialize)]
pub struct Predictability {
    /// What is measured.
    pub definition: &'static str,
    /// One entry an actor that decides.
    pub actors: Vec<Predicted>,
}

/// How well one side's next move is forecast.
#[derive(Clone, Debug, Serialize)]
pub struct Predicted {
    /// Whose moves.
    pub actor: String,
    /// Decisions with a choice, a trajectory.
    pub decisions: f64,
    /// Log loss of the forecast by the public belief.
    pub public: f64,
    /// By the priors: what is known without learning.
    pub priors: f64,
    /// By equal odds on every open move.
    pub uniform: f64,
    /// By somebody who knows the type: what no learning can undercut.
    pub informed: f64,
}

/// What moved the belief about one actor.
#[derive(Clone, Debug, Serialize)]
pub struct CredibilityMoves {
    /// What is measured.
    pub definition: &'static str,
    /// About whom.
    pub actor: String,
    /// Belief in which type.
    #[serde(rename = "type")]
    pub kind: String,
    /// By label, the strongest movers first.
    pub labels: Vec<LabelEffect>,
}

/// What one label does to a belief.
#[derive(Clone, Debug, Serialize)]
pub struct LabelEffect {
    /// Public label.
    pub label: String,
    /// Times it is seen, a trajectory.
    pub seen: f64,
    /// Change in all, a trajectory: Σ (β' − β).
    pub change: f64,
    /// Movement in all, a trajectory: Σ |β' − β|.
    pub movement: f64,
}

#[derive(Clone, Copy, Default)]
struct Losses {
    decisions: u64,
    sums: [f64; 4],
}

/// Times a label was seen and, by type, the sums of changes and of their sizes.
type Effects = (u64, Vec<(f64, f64)>);

/// Sums losses and changes of belief.
pub struct ConductListener<'a> {
    traced: &'a Traced,
    priors: Vec<Vec<f64>>,
    losses: Vec<Losses>,
    /// By actor and label.
    labels: BTreeMap<(usize, u32), Effects>,
    trajectories: u64,
}

impl<'a> ConductListener<'a> {
    /// Sums nothing yet.
    pub fn new(traced: &'a Traced) -> Self {
        let actors = &traced.game.actors;
        Self {
            traced,
            priors: actors
                .iter()
                .map(|a| a.types.iter().map(|t| t.prior).collect())
                .collect(),
            losses: vec![Losses::default(); actors.len()],
            labels: BTreeMap::new(),
            trajectories: 0,
        }
    }
}

impl Listener for ConductListener<'_> {
    fn begin(&mut self, _types: &[usize], _start: u32) {
        self.trajectories += 1;
    }

    fn step(&mut self, step: &Step) {
        let Some(decision) = &step.decision else {
            return;
        };
        let types = decision.before.len();
        if types > 1 {
            let label = decision.moves.outcome_labels[decision.outcome];
            let entry = self.labels.entry((decision.mover, label));
            let (seen, sums) = entry.or_insert_with(|| (0, vec![(0.0, 0.0); types]));
            *seen += 1;
            for (sum, (before, after)) in sums
                .iter_mut()
                .zip(decision.before.iter().zip(decision.after))
            {
                sum.0 += after - before;
                sum.1 += (after - before).abs();
            }
        }
        let count = decision.moves.alternatives(step.node).len();
        if count < 2 {
            return;
        }
        let opportunity = decision.moves.node_opportunity[step.node][0];
        let default = opportunity.default as usize;
        let play = |kind: usize, a: usize, chance: f64| {
            let forced = if a == default { 1.0 - chance } else { 0.0 };
            chance * decision.play.sigma[kind * count + a] + forced
        };
        let mean = |weights: &[f64], a: usize| -> f64 {
            weights
                .iter()
                .enumerate()
                .map(|(k, w)| w * play(k, a, opportunity.believed))
                .sum()
        };
        let losses = &mut self.losses[decision.mover];
        losses.decisions += 1;
        for a in 0..count {
            let truth = play(decision.kind, a, opportunity.probability);
            if truth <= 0.0 {
                continue;
            }
            let forecasts = [
                mean(decision.before, a),
                mean(&self.priors[decision.mover], a),
                1.0 / count as f64,
                play(decision.kind, a, opportunity.believed),
            ];
            for (sum, q) in losses.sums.iter_mut().zip(forecasts) {
                // A move that a forecast rules out entirely by underflow costs what a double can say.
                *sum -= truth * libm::log(q.max(f64::MIN_POSITIVE));
            }
        }
    }
}

/// Adds up what the listeners heard, in their order.
pub fn collect(heard: &[&ConductListener]) -> (Predictability, Vec<CredibilityMoves>) {
    let Some(first) = heard.first() else {
        let definition = DEFINITION;
        let actors = Vec::new();
        return (Predictability { definition, actors }, Vec::new());
    };
    let game = &first.traced.game;
    let trajectories = heard.iter().map(|h| h.trajectories).sum::<u64>().max(1) as f64;
    let mut actors = Vec::new();
    let mut moves = Vec::new();
    for (i, actor) in game.actors.iter().enumerate() {
        let mut all = Losses::default();
        let mut labels: BTreeMap<u32, Effects> = BTreeMap::new();
        for listener in heard {
            all.decisions += listener.losses[i].decisions;
            for (sum, own) in all.sums.iter_mut().zip(listener.losses[i].sums) {
                *sum += own;
            }
            for ((_, label), (seen, sums)) in listener.labels.range((i, 0)..=(i, u32::MAX)) {
                let entry = labels.entry(*label);
                let (n, total) = entry.or_insert_with(|| (0, vec![(0.0, 0.0); actor.types.len()]));
                *n += seen;
                for (t, s) in total.iter_mut().zip(sums) {
                    t.0 += s.0;
                    t.1 += s.1;
                }
            }
        }
        if all.decisions > 0 {
            let [public, priors, uniform, informed] = all.sums.map(|s| s / all.decisions as f64);
            actors.push(Predicted {
                actor: actor.name.clone(),
                decisions: all.decisions as f64 / trajectories,
                public,
                priors,
                uniform,
                informed,
            });
        }
        for (k, kind) in actor.types.iter().enumerate() {
            if actor.types.len() < 2 {
                break;
            }
            let mut effects: Vec<LabelEffect> = labels
                .iter()
                .map(|(label, (seen, sums))| LabelEffect {
                    label: game.labels[*label as usize].clone(),
                    seen: *seen as f64 / trajectories,
                    change: sums[k].0 / trajectories,
                    movement: sums[k].1 / trajectories,
                })
                .collect();
            effects.sort_by(|a, b| b.movement.total_cmp(&a.movement));
            moves.push(CredibilityMoves {
                definition: CREDIBILITY,
                actor: actor.name.clone(),
                kind: kind.name.clone(),
                labels: effects,
            });
        }
    }
    let definition = DEFINITION;
    (Predictability { definition, actors }, moves)
}
