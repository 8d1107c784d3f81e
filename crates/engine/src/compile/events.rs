//! The events phase: independent chance steps in the written order, each seeing the effects of those
//! before, and none after the crisis has stopped.
//!
//! Chance stays factored. Every trigger is explored as a step of its own; consecutive steps are then
//! joined into phases as long as no node gets more than a dozen outcomes. One phase for all would
//! have hundreds, one for each trigger would pass over all states a dozen times. Steps stay apart where
//! something that is asked for could come by one and go by the next unseen: what counts as having
//! happened does not depend on how steps are joined.

use super::chance::Weight;
use super::triggers::LoweredTrigger;
use super::{Context, Lowering};
use crate::game::{NONE, State};
use climbdown_lang::{Diagnostic, Span};

/// Next states with their probabilities.
type Outcomes = Vec<(State, Weight)>;

/// One chance step and its table so far: nodes in order of discovery, states by id.
#[derive(Debug)]
pub struct EventStep {
    /// `None` for a step in which nothing happens.
    trigger: Option<LoweredTrigger>,
    /// Its place among the scenario's triggers.
    index: Option<u32>,
    span: Span,
    /// Node → state.
    pub nodes: Vec<State>,
    /// Node → outcomes `first[n]..first[n+1]`.
    pub first: Vec<u32>,
    /// Outcome → next state and probability.
    pub outcomes: Outcomes,
}

impl EventStep {
    /// The steps of an events phase, at least one.
    pub fn lower(lowering: &mut Lowering) -> Vec<Self> {
        let scenario = lowering.scenario;
        let triggers = scenario.triggers.iter().enumerate();
        let mut steps: Vec<Self> = triggers
            .filter(|(_, t)| t.looks_like.is_none())
            .map(|(index, t)| Self {
                index: Some(index as u32),
                ..Self::new(Some(LoweredTrigger::lower(t, lowering)), t.span)
            })
            .collect();
        if steps.is_empty() {
            steps.push(Self::identity());
        }
        steps
    }

    /// A step in which nothing happens.
    pub fn identity() -> Self {
        Self::new(None, Span::default())
    }

    fn new(trigger: Option<LoweredTrigger>, span: Span) -> Self {
        Self {
            trigger,
            index: None,
            span,
            nodes: Vec::new(),
            first: vec![0],
            outcomes: Vec::new(),
        }
    }

    /// Adds the node of a state. Its outcomes are in `outcomes` from where it ended before.
    pub fn node(&mut self, id: State, context: &mut Context) {
        let begin = self.outcomes.len();
        self.nodes.push(id);
        let mut happens = Weight {
            believed: 0.0,
            actual: 0.0,
        };
        if let Some(trigger) = &self.trigger {
            let before = context.space.levels_of(id).to_vec();
            happens = trigger.probability(&before, context);
            if !happens.is_zero() {
                if let Some(index) = self.index {
                    context.fired[index as usize] = true;
                }
                let mut weights = Vec::new();
                trigger.branches.weigh(&before, context, &mut weights);
                let mut after = before.clone();
                for (branch, share) in trigger.branches.list.iter().zip(&weights) {
                    let weight = happens.times(*share);
                    if weight.is_zero() {
                        continue;
                    }
                    after.copy_from_slice(&before);
                    branch.apply(&mut after, context);
                    let next = context.space.reach(&after);
                    self.outcomes.push((next, weight));
                }
            }
        }
        let none = Weight {
            believed: 1.0 - happens.believed,
            actual: 1.0 - happens.actual,
        };
        if !none.is_zero() {
            self.outcomes.push((id, none));
        }
        let kept = merge(&mut self.outcomes[begin..]);
        self.outcomes.truncate(begin + kept);
        self.first.push(self.outcomes.len() as u32);

        let unthinkable = self.outcomes[begin..]
            .iter()
            .find(|(_, w)| w.actual > 0.0 && w.believed <= 0.0)
            .copied();
        if let Some((next, weight)) = unthinkable {
            let (span, p) = (self.span, weight.actual);
            let levels = context.space.levels_of(id).to_vec();
            let next = context.space.label(context.space.levels_of(next));
            context.report("E1105", span, &levels, |place| {
                Diagnostic::error(
                    "E1105",
                    span,
                    format!("in state {place} this leads to {next} with probability {p} and all believe that it cannot"),
                )
                .label("expected every possible event to be believed possible")
                .help("give it a believed rate or probability above 0")
            });
        }
    }
}

/// Sorts outcomes by state and sums those of one state; returns how many are left, at the front.
fn merge(outcomes: &mut [(State, Weight)]) -> usize {
    outcomes.sort_by_key(|(next, _)| *next);
    let mut kept = 0;
    for k in 0..outcomes.len() {
        let (next, weight) = outcomes[k];
        if kept > 0 && outcomes[kept - 1].0 == next {
            outcomes[kept - 1].1.believed += weight.believed;
            outcomes[kept - 1].1.actual += weight.actual;
        } else {
            outcomes[kept] = (next, weight);
            kept += 1;
        }
    }
    kept
}

/// Consecutive steps joined into one phase: nodes in the order of the first step.
#[derive(Debug)]
pub struct EventGroup {
    /// The scenario's triggers joined, in their order.
    pub triggers: Vec<u32>,
    /// Node → state.
    pub nodes: Vec<State>,
    /// Node → outcomes.
    pub outcomes: Vec<Outcomes>,
}

/// Joins consecutive steps while no node has more than `most` outcomes and every passage into one of the
/// `sets` (state → it is inside) shows in what the phase leads to; `states` have been reached.
/// States that stop the crisis have no node in any step, so no further step applies to them.
pub fn group(
    steps: &[&EventStep],
    most: usize,
    states: usize,
    sets: &[Vec<bool>],
) -> Vec<EventGroup> {
    let mut groups = Vec::new();
    let mut at = 0;
    while at < steps.len() {
        let first = steps[at];
        let mut outcomes: Vec<Outcomes> = (0..first.nodes.len())
            .map(|n| first.outcomes[first.first[n] as usize..first.first[n + 1] as usize].to_vec())
            .collect();
        let mut triggers: Vec<u32> = first.index.into_iter().collect();
        at += 1;
        while at < steps.len() {
            match join((&first.nodes, &outcomes), steps[at], most, states, sets) {
                Some(joined) => outcomes = joined,
                None => break,
            }
            triggers.extend(steps[at].index);
            at += 1;
        }
        groups.push(EventGroup {
            triggers,
            nodes: first.nodes.clone(),
            outcomes,
        });
    }
    groups
}

fn join(
    (nodes, outcomes): (&[State], &[Outcomes]),
    step: &EventStep,
    most: usize,
    states: usize,
    sets: &[Vec<bool>],
) -> Option<Vec<Outcomes>> {
    let mut row = vec![NONE; states];
    for (n, state) in step.nodes.iter().enumerate() {
        row[*state as usize] = n as u32;
    }
    let mut all = Vec::with_capacity(outcomes.len());
    for (from, list) in nodes.iter().zip(outcomes) {
        let mut joined = Vec::with_capacity(list.len());
        for (state, weight) in list {
            let n = row[*state as usize];
            if n == NONE {
                joined.push((*state, *weight));
                continue;
            }
            let range = step.first[n as usize] as usize..step.first[n as usize + 1] as usize;
            let unseen = |to: State| {
                let inside = |set: &[bool], state: State| set[state as usize];
                let passed = |set: &Vec<bool>| {
                    inside(set, *state) && !inside(set, *from) && !inside(set, to)
                };
                sets.iter().any(passed)
            };
            if step.outcomes[range.clone()]
                .iter()
                .any(|(to, _)| unseen(*to))
            {
                return None;
            }
            joined.extend(
                step.outcomes[range]
                    .iter()
                    .map(|(next, w)| (*next, weight.times(*w))),
            );
        }
        let kept = merge(&mut joined);
        joined.truncate(kept);
        if kept > most {
            return None;
        }
        all.push(joined);
    }
    Some(all)
}
