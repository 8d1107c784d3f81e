//! What is asked for, begins with a move and ends in the same phase with a trigger that looks like one:
//! no state between phases shows it, so first passages and `ever` classes do not count it.

use super::expression::Value;
use super::{Compiled, Context, Levels};
use climbdown_lang::{Diagnostic, Scenario, Span};

/// First passages that are watched for, and which triggers can hide one.
#[derive(Debug)]
pub struct Passages {
    conditions: Vec<Value>,
    /// `[trigger][condition]`.
    hidden: Vec<Vec<bool>>,
}

impl Passages {
    /// Nothing is hidden so far.
    pub fn of(conditions: Vec<Value>, triggers: usize) -> Self {
        Self {
            hidden: vec![vec![false; conditions.len()]; triggers],
            conditions,
        }
    }

    /// The trigger and the place of the condition of each that can be hidden.
    pub fn hidden(&self) -> Vec<(u32, Span)> {
        let mut all = Vec::new();
        for (trigger, row) in self.hidden.iter().enumerate() {
            let hidden = row.iter().zip(&self.conditions).filter(|(h, _)| **h);
            all.extend(hidden.map(|(_, condition)| (trigger as u32, condition.span)));
        }
        // A question about a class asks with the words of the class.
        all.sort_unstable();
        all.dedup();
        all
    }
}

impl Context<'_> {
    /// A trigger that looks like a move leads from the levels `after` the move to `next`; the phase
    /// began at `from`.
    pub fn pass(&mut self, trigger: u32, from: &Levels, after: &Levels, next: &Levels) {
        let hidden = &mut self.passages.hidden[trigger as usize];
        for (condition, hidden) in self.passages.conditions.iter().zip(hidden) {
            if !*hidden {
                let holds = |levels: &Levels| self.bank.value(condition, levels) != 0.0;
                *hidden = holds(after) && !holds(from) && !holds(next);
            }
        }
    }
}

/// A warning for each passage that can be hidden.
pub fn hidden(scenario: &Scenario, compiled: &Compiled) -> Vec<Diagnostic> {
    let warn = |(trigger, condition): &(u32, Span)| {
        let trigger = &scenario.triggers[*trigger as usize];
        let message = format!(
            "what is asked for here can begin with a move and end with `{}` unseen",
            trigger.name
        );
        Diagnostic::warning("W1104", *condition, message)
            .label("expected something that lasts until the phase is over: only then is it counted")
            .related(trigger.span, "this comes in the same phase, after the move")
            .help("ask for a variable that remembers it, or let the trigger come in `events`, without `looks like`")
    };
    compiled.met.hidden.iter().map(warn).collect()
}
