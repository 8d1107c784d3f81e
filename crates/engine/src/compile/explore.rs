//! Which states play can reach, and the tables of each step on the way.
//!
//! Breadth first from the start, over pairs of step and state, until nothing new turns up or a limit
//! is passed. Plans look past the horizon, so the search knows no last round.

use super::events::EventStep;
use super::moves::MoveStep;
use super::{Context, simultaneous};
use crate::game::State;
use climbdown_lang::Span;
use std::collections::VecDeque;

/// One step of a round.
#[derive(Debug)]
pub enum Step {
    /// Actors choose.
    Move(Box<MoveStep>),
    /// One chance step.
    Event(Box<EventStep>),
}

/// The limit that was passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// More reachable states than allowed.
    States,
    /// More outcomes than allowed.
    Outcomes,
}

/// Fills the tables of all steps.
///
/// # Errors
/// The limit that was passed.
pub fn explore(steps: &mut [Step], context: &mut Context) -> Result<(), Limit> {
    let start = context.space.start().to_vec();
    let start = context.space.reach(&start);
    let mut met: Vec<Vec<bool>> = vec![Vec::new(); steps.len()];
    let mut ended: Vec<bool> = Vec::new();
    let mut queue: VecDeque<(usize, State)> = VecDeque::new();
    note_ends(&mut ended, context);
    if !ended[start as usize] {
        mark(&mut met[0], start);
        queue.push_back((0, start));
    }
    let mut fresh: Vec<State> = Vec::new();
    let mut outcomes = 0u64;
    while let Some((at, id)) = queue.pop_front() {
        fresh.clear();
        match &mut steps[at] {
            Step::Move(step) => {
                let begin = step.table.outcome_next.len();
                let fits = step.node(id, context);
                fresh.extend_from_slice(&step.table.outcome_next[begin..]);
                if !fits {
                    return Err(if context.space.count() > context.options.max_states {
                        Limit::States
                    } else {
                        Limit::Outcomes
                    });
                }
                step.check_support(id, context);
                if step.movers.len() > 1 {
                    let spans: Vec<Span> = step.movers.iter().map(|m| m.span()).collect();
                    simultaneous::check(step, id, &spans, context);
                }
            }
            Step::Event(step) => {
                let begin = step.outcomes.len();
                step.node(id, context);
                fresh.extend(step.outcomes[begin..].iter().map(|(next, _)| *next));
            }
        }
        outcomes += fresh.len() as u64;
        if context.space.count() > context.options.max_states {
            return Err(Limit::States);
        }
        if outcomes > context.options.max_outcomes {
            return Err(Limit::Outcomes);
        }
        note_ends(&mut ended, context);
        let next_step = (at + 1) % steps.len();
        for next in &fresh {
            if !ended[*next as usize] && mark(&mut met[next_step], *next) {
                queue.push_back((next_step, *next));
            }
        }
    }
    Ok(())
}

/// Looks at the states reached since the last call.
fn note_ends(ended: &mut Vec<bool>, context: &Context) {
    for id in ended.len()..context.space.count() {
        let levels = context.space.levels_of(id as State);
        ended.push(context.ends.first(levels, &context.bank).is_some());
    }
}

/// Marks a state; true if it was not marked before.
fn mark(met: &mut Vec<bool>, id: State) -> bool {
    let id = id as usize;
    if met.len() <= id {
        met.resize(id + 1, false);
    }
    !std::mem::replace(&mut met[id], true)
}
