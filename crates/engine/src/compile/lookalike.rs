//! Triggers that look like a move: chance that passes for somebody's decision.
//!
//! They belong to the phase of the actor whose move they resemble. In the state after the effects of
//! the move, unless that state ends the crisis, at most one of them fires: with hazards h over the
//! round and H = Σ h, trigger k fires with probability (h_k / H)·(1 − exp(−H)). It adds its effects
//! and replaces the label of that actor's move. If that move was the very one that it looks like,
//! nothing is added: the move and the accident are one event. An actor who moves k times a round
//! meets 1/k of the hazard each time.

use super::chance::{Branch, Weight};
use super::mover::names_of;
use super::triggers::{LoweredTrigger, fires};
use super::{Context, Levels, Lowering};
use crate::game::{Label, NONE};
use climbdown_lang::Span;
use climbdown_lang::scenario::{ActorId, PhaseOrder};

/// Takes labels, levels after, and probability of a public result, and the scenario's trigger that
/// brings it about (`NONE` for the move itself).
pub type Emit<'e> = dyn FnMut(&[Label], &Levels, Weight, u32, &mut Context) + 'e;

/// What was played, and how it turned out.
#[derive(Clone, Copy)]
pub struct Played<'p> {
    /// The moves, by their own names, one a mover.
    pub names: &'p [Label],
    /// The labels under which they are seen.
    pub labels: &'p [Label],
    /// The levels after their effects.
    pub after: &'p Levels,
    /// The probability of this turn.
    pub weight: Weight,
}

/// Reused buffers.
#[derive(Debug, Default)]
pub struct Room {
    believed: Vec<f64>,
    actual: Vec<f64>,
    shares: Vec<Weight>,
    levels: Vec<u16>,
    seen: Vec<Label>,
}

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
    /// Its place among the scenario's triggers.
    index: u32,
    /// Share of the round that one phase of this actor covers.
    share: f64,
}

impl Lookalikes {
    /// Lowers the triggers that look like a move of these actors.
    pub fn lower(actors: &[ActorId], lowering: &mut Lowering) -> Self {
        let scenario = lowering.scenario;
        let mut list = Vec::new();
        for (index, trigger) in scenario.triggers.iter().enumerate() {
            let Some(like) = trigger.looks_like else {
                continue;
            };
            let actor = scenario.moves[like.0 as usize].actor;
            let Some(mover) = actors.iter().position(|a| *a == actor) else {
                continue;
            };
            let (name, seen_as) = names_of(scenario, like);
            let moves_in = |p: &&PhaseOrder| matches!(p, PhaseOrder::Move(a) if a.contains(&actor));
            let phases = scenario.order.iter().filter(moves_in).count();
            list.push(Lookalike {
                mover,
                like: lowering.label(&name),
                seen_as: lowering.label(seen_as),
                trigger: LoweredTrigger::lower(trigger, lowering),
                index: index as u32,
                share: 1.0 / phases.max(1) as f64,
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

    /// Hands to `emit` every public result of a move's result.
    pub fn fold(&self, played: &Played, room: &mut Room, context: &mut Context, emit: &mut Emit) {
        let Played {
            names,
            labels,
            after,
            weight,
        } = *played;
        if self.list.is_empty() || context.ends.first(after, &context.bank).is_some() {
            return emit(labels, after, weight, NONE, context);
        }
        room.believed.clear();
        room.actual.clear();
        for look in &self.list {
            let hazard = look.trigger.hazard(after, context);
            room.believed.push(hazard.believed * look.share);
            room.actual.push(hazard.actual * look.share);
        }
        let none = Weight {
            believed: compete(&mut room.believed),
            actual: compete(&mut room.actual),
        };
        if !none.is_zero() {
            emit(labels, after, weight.times(none), NONE, context);
        }
        for (k, look) in self.list.iter().enumerate() {
            let fires = Weight {
                believed: room.believed[k],
                actual: room.actual[k],
            };
            let fired = weight.times(fires);
            if fired.is_zero() {
                continue;
            }
            context.fired[look.index as usize] = true;
            if names[look.mover] == look.like {
                emit(labels, after, fired, NONE, context);
                continue;
            }
            look.trigger
                .branches
                .weigh(after, context, &mut room.shares);
            for (branch, share) in look.trigger.branches.list.iter().zip(&room.shares) {
                let weight = fired.times(*share);
                if weight.is_zero() {
                    continue;
                }
                room.levels.clear();
                room.levels.extend_from_slice(after);
                branch.apply(&mut room.levels, context);
                room.seen.clear();
                room.seen.extend_from_slice(labels);
                room.seen[look.mover] = branch.label.unwrap_or(look.seen_as);
                emit(&room.seen, &room.levels, weight, look.index, context);
            }
        }
    }
}

/// Turns competing hazards into the probabilities that each fires; returns that of none.
fn compete(hazards: &mut [f64]) -> f64 {
    let total: f64 = hazards.iter().sum();
    if total == 0.0 {
        return 1.0;
    }
    if total.is_infinite() {
        // The certain ones come at once; nothing tells them apart.
        let certain = hazards.iter().filter(|h| h.is_infinite()).count() as f64;
        hazards
            .iter_mut()
            .for_each(|h| *h = if h.is_infinite() { 1.0 / certain } else { 0.0 });
        return 0.0;
    }
    let any = fires(total);
    hazards.iter_mut().for_each(|h| *h = any * (*h / total));
    1.0 - any
}
