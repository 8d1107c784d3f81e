//! Whether a condition can hold at all: it is tried at all levels of the variables that it reads.

use crate::check::constant::binary;
use crate::scenario::{Derived, Expr, ExprKind, Parameter, Variable, VariableId};
use std::cell::Cell;

/// Most combinations of levels that are tried.
const MOST: usize = 20_000;
/// Most parts of expressions that are evaluated for one of them.
const STEPS: u32 = 4_096;

/// Parts of expressions that may still be evaluated for one file.
#[derive(Debug)]
pub(crate) struct Budget(Cell<u64>);

impl Default for Budget {
    fn default() -> Self {
        Self(Cell::new(4_000_000))
    }
}

/// Tries conditions at levels and at the central parameters.
pub(crate) struct Possible<'s> {
    parameters: &'s [Parameter],
    variables: &'s [Variable],
    derived: &'s [Derived],
    budget: &'s Budget,
}

impl<'s> Possible<'s> {
    pub(crate) fn new(
        parameters: &'s [Parameter],
        variables: &'s [Variable],
        derived: &'s [Derived],
        budget: &'s Budget,
    ) -> Self {
        Self {
            parameters,
            variables,
            derived,
            budget,
        }
    }

    /// Whether the condition holds at some combination of levels, with one variable held to some of
    /// its levels. Where there are too many to try the answer is yes.
    pub(crate) fn holds(&self, condition: &Expr, held: Option<(VariableId, &[u32])>) -> bool {
        let mut reads = Vec::new();
        if self.reads(condition, &mut reads, &mut 0).is_none() {
            return true;
        }
        let choices: Vec<Vec<u32>> = reads
            .iter()
            .map(|v| match held {
                Some((variable, levels)) if variable.0 == *v => levels.to_vec(),
                _ => (0..self.levels(*v)).collect(),
            })
            .collect();
        let size = choices.iter().try_fold(1_usize, |n, c| {
            n.checked_mul(c.len()).filter(|n| *n <= MOST)
        });
        let Some(size) = size else { return true };
        let mut at = vec![0_u32; self.variables.len()];
        for mut place in 0..size {
            for (variable, levels) in reads.iter().zip(&choices) {
                at[*variable as usize] = levels[place % levels.len()];
                place /= levels.len();
            }
            let mut steps = 0;
            let value = self.value(condition, &at, &mut steps);
            let left = self.budget.0.get().saturating_sub(u64::from(steps));
            self.budget.0.set(left);
            // What cannot be told may hold.
            if left == 0 || value.is_none_or(|x| x != 0.0) {
                return true;
            }
        }
        false
    }

    fn levels(&self, variable: u32) -> u32 {
        let variable = self.variables.get(variable as usize);
        variable.map_or(0, |v| v.levels.len() as u32)
    }

    /// Variables that an expression reads; `None` when it is too large to follow.
    fn reads(&self, e: &Expr, out: &mut Vec<u32>, steps: &mut u32) -> Option<()> {
        *steps += 1;
        if *steps > STEPS {
            return None;
        }
        let mut enter = |id: u32| {
            if !out.contains(&id) {
                out.push(id);
            }
        };
        match &e.kind {
            ExprKind::IsType(..) | ExprKind::Belief(..) => return None,
            ExprKind::Derived(id) => {
                // Far nesting is not followed: the tree of one quantity is bounded, a chain is not.
                *steps += 64;
                self.reads(&self.derived.get(id.0 as usize)?.value, out, steps)?;
            }
            ExprKind::Level(id) => enter(id.0),
            ExprKind::ByLevel { variable, .. } => enter(variable.0),
            _ => {}
        }
        for part in e.parts() {
            self.reads(part, out, steps)?;
        }
        Some(())
    }

    fn value(&self, e: &Expr, at: &[u32], steps: &mut u32) -> Option<f64> {
        *steps += 1;
        if *steps > STEPS {
            return None;
        }
        Some(match &e.kind {
            ExprKind::Number(x) => *x,
            ExprKind::Parameter(id) => self.parameters.get(id.0 as usize)?.central,
            ExprKind::Derived(id) => {
                *steps += 64;
                self.value(&self.derived.get(id.0 as usize)?.value, at, steps)?
            }
            ExprKind::Level(id) => f64::from(*at.get(id.0 as usize)?),
            ExprKind::IsType(..) | ExprKind::Belief(..) => return None,
            ExprKind::Negate(x) => -self.value(x, at, steps)?,
            ExprKind::Not(x) => f64::from(self.value(x, at, steps)? == 0.0),
            ExprKind::Binary(op, a, b) => {
                binary(*op, self.value(a, at, steps)?, self.value(b, at, steps)?)
            }
            ExprKind::If {
                condition,
                then,
                otherwise,
            } => {
                let holds = self.value(condition, at, steps)? != 0.0;
                self.value(if holds { then } else { otherwise }, at, steps)?
            }
            ExprKind::ByLevel {
                variable,
                arms,
                values,
            } => {
                let level = *at.get(variable.0 as usize)? as usize;
                self.value(values.get(*arms.get(level)? as usize)?, at, steps)?
            }
            ExprKind::Call(function, arguments) => {
                let values: Option<Vec<f64>> =
                    arguments.iter().map(|a| self.value(a, at, steps)).collect();
                function.value(&values?)
            }
        })
    }
}
