//! Triggers that look like a move: chance that passes for somebody's decision.
//!
//! They belong to the phase of the actor whose move they resemble. In the state after the effects of
//! the move, unless that state ends the crisis, at most one of them fires: with hazards h over the
//! round and H = Σ h, trigger k fires with probability (h_k / H)·(1 − exp(−H)). It adds its effects
//! and replaces the label of that actor's move. If that move was the very one that it looks like,
//! nothing is added: the move and the accident are one event.

use super::chance::{Branch, Weight};
use super::moves::names_of;
use super::triggers::{LoweredTrigger, fires};
use super::{Context, Levels, Lowering};
use crate::game::Label;
use climbdown_lang::Span;
use climbdown_lang::scenario::ActorId;

/// Takes labels, levels after, and probability of a public result.
pub type Emit<'e> = dyn FnMut(&[Label], &Levels, Weight, &mut Context) + 'e;

/// The look-alikes of a phase.
#[derive(Clone, Debug)]
pub struct Lookalikes {
    list: Vec<Lookalike>,
}

#[derive(Clone, Debug)]
struct Lookalike {
    /// Position of the actor among the movers.
    mover: usize,
    /// The move it looks like, by its own name.
    like: Label,
    /// The label under which it is seen, unless an outcome has its own.
    seen_as: Label,
    trigger: LoweredTrigger,
}

impl Lookalikes {
    /// Lowers the triggers that look like a move of these actors.
    pub fn lower(actors: &[ActorId], lowering: &mut Lowering) -> Self {
        let scenario = lowering.scenario;
        let mut list = Vec::new();
        for trigger in &scenario.triggers {
            let Some(like) = trigger.looks_like else {
                continue;
            };
            let actor = scenario.moves[like.0 as usize].actor;
            let Some(mover) = actors.iter().position(|a| *a == actor) else {
                continue;
            };
            let (name, seen_as) = names_of(scenario, like);
            list.push(Lookalike {
                mover,
                like: lowering.label(&name),
                seen_as: lowering.label(seen_as),
                trigger: LoweredTrigger::lower(trigger, lowering),
            });
        }
        Self { list }
    }

    /// Where a trigger is declared that can show `label` for `mover`.
    pub fn source(&self, mover: usize, label: Label) -> Option<Span> {
        self.list
            .iter()
            .find(|l| {
                let own = |b: &Branch| b.label.unwrap_or(l.seen_as) == label;
                l.mover == mover && l.trigger.branches.list.iter().any(own)
            })
            .map(|l| l.trigger.branches.span())
    }

    /// Hands to `emit` every public result of a move's result: `names` are the moves played, `labels`
    /// how they are seen, `after` the levels after their effects, `weight` their probability.
    pub fn fold(
        &self,
        names: &[Label],
        labels: &[Label],
        after: &Levels,
        weight: Weight,
        context: &mut Context,
        emit: &mut Emit,
    ) {
        if self.list.is_empty() || context.ends.first(after, &context.bank).is_some() {
            return emit(labels, after, weight, context);
        }
        let hazards: Vec<Weight> = self
            .list
            .iter()
            .map(|l| l.trigger.hazard(after, context))
            .collect();
        if hazards.iter().all(|h| h.is_zero()) {
            return emit(labels, after, weight, context);
        }
        let believed: Vec<f64> = hazards.iter().map(|h| h.believed).collect();
        let actual: Vec<f64> = hazards.iter().map(|h| h.actual).collect();
        let (believed, believed_none) = compete(&believed);
        let (actual, actual_none) = compete(&actual);

        let none = Weight {
            believed: believed_none,
            actual: actual_none,
        };
        if !none.is_zero() {
            emit(labels, after, weight.times(none), context);
        }
        let mut branch_weights = Vec::new();
        let mut levels = after.to_vec();
        let mut seen = labels.to_vec();
        for (k, look) in self.list.iter().enumerate() {
            let fired = weight.times(Weight {
                believed: believed[k],
                actual: actual[k],
            });
            if fired.is_zero() {
                continue;
            }
            if names[look.mover] == look.like {
                emit(labels, after, fired, context);
                continue;
            }
            look.trigger
                .branches
                .weigh(after, context, &mut branch_weights);
            for (branch, share) in look.trigger.branches.list.iter().zip(&branch_weights) {
                let weight = fired.times(*share);
                if weight.is_zero() {
                    continue;
                }
                levels.copy_from_slice(after);
                branch.apply(&mut levels, context);
                seen.copy_from_slice(labels);
                seen[look.mover] = branch.label.unwrap_or(look.seen_as);
                emit(&seen, &levels, weight, context);
            }
        }
    }
}

/// Probabilities that each of competing hazards fires, and that none does.
fn compete(hazards: &[f64]) -> (Vec<f64>, f64) {
    let total: f64 = hazards.iter().sum();
    if total == 0.0 {
        return (vec![0.0; hazards.len()], 1.0);
    }
    if total.is_infinite() {
        // The certain ones come at once; nothing tells them apart.
        let certain = hazards.iter().filter(|h| h.is_infinite()).count() as f64;
        let share = |h: &f64| if h.is_infinite() { 1.0 / certain } else { 0.0 };
        return (hazards.iter().map(share).collect(), 0.0);
    }
    let any = fires(total);
    (
        hazards.iter().map(|h| any * (h / total)).collect(),
        1.0 - any,
    )
}
