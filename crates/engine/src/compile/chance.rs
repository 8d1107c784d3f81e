//! Outcomes of moves and triggers: their probabilities in a state, and their effects.

use super::expression::{PUBLIC, Value};
use super::{Context, Levels, Lowering};
use crate::game::Label;
use climbdown_lang::scenario::{Change, Effect, Outcome};
use climbdown_lang::{Diagnostic, Span};

/// Rounding allowed in probabilities and their sums.
pub const ROUNDING: f64 = 1e-12;
/// What is left of one beside probabilities that use it up is rounding, not an outcome.
const NOTHING: f64 = 1e-14;

/// Believed and true probability of something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weight {
    /// As believed.
    pub believed: f64,
    /// In truth.
    pub actual: f64,
}

impl Weight {
    /// Certainty.
    pub const ONE: Self = Self {
        believed: 1.0,
        actual: 1.0,
    };

    /// Both of two independent things.
    #[inline]
    pub fn times(self, other: Self) -> Self {
        Self {
            believed: self.believed * other.believed,
            actual: self.actual * other.actual,
        }
    }

    /// Neither believed nor true.
    #[inline]
    pub fn is_zero(self) -> bool {
        self.believed == 0.0 && self.actual == 0.0
    }
}

/// A lowered outcome.
#[derive(Clone, Debug)]
pub struct Branch {
    probability: Option<Value>,
    believed: Option<Value>,
    /// Label if the outcome has one of its own.
    pub label: Option<Label>,
    effects: Vec<Step>,
}

#[derive(Clone, Debug)]
struct Step {
    variable: usize,
    change: Change,
    condition: Option<Value>,
}

/// Alternatives of which one happens.
#[derive(Clone, Debug)]
pub struct Branches {
    /// The outcomes, in the written order.
    pub list: Vec<Branch>,
    span: Span,
    of: String,
}

impl Branches {
    /// Lowers the outcomes of `of` (for messages), declared at `span`.
    pub fn lower(outcomes: &[Outcome], of: String, span: Span, lowering: &mut Lowering) -> Self {
        let list = outcomes
            .iter()
            .map(|outcome| Branch {
                probability: outcome
                    .probability
                    .as_ref()
                    .map(|p| lowering.value(p, PUBLIC)),
                believed: outcome.believed.as_ref().map(|p| lowering.value(p, PUBLIC)),
                label: outcome.seen_as.as_deref().map(|l| lowering.label(l)),
                effects: outcome
                    .effects
                    .iter()
                    .map(|e| Step::lower(e, lowering))
                    .collect(),
            })
            .collect();
        Self { list, span, of }
    }

    /// Probabilities in a state. Reports what is no probability, and goes on with something that
    /// sums to one.
    pub fn weigh(&self, levels: &Levels, context: &mut Context, weights: &mut Vec<Weight>) {
        weights.clear();
        weights.resize(
            self.list.len(),
            Weight {
                believed: 0.0,
                actual: 0.0,
            },
        );
        self.share(
            levels,
            context,
            |b| b.probability.as_ref(),
            "outcomes",
            weights,
            |w| &mut w.actual,
        );
        if self.list.iter().all(|b| b.believed.is_none()) {
            weights.iter_mut().for_each(|w| w.believed = w.actual);
        } else {
            self.share(
                levels,
                context,
                |b| b.believed.as_ref().or(b.probability.as_ref()),
                "believed outcomes",
                weights,
                |w| &mut w.believed,
            );
        }
    }

    fn share(
        &self,
        levels: &Levels,
        context: &mut Context,
        probability: impl for<'b> Fn(&'b Branch) -> Option<&'b Value>,
        what: &str,
        weights: &mut [Weight],
        slot: impl Fn(&mut Weight) -> &mut f64,
    ) {
        let mut sum = 0.0;
        let mut rest = None;
        for (k, branch) in self.list.iter().enumerate() {
            match probability(branch) {
                Some(value) => {
                    let p = context.probability(value, levels, "probability", &self.of);
                    *slot(&mut weights[k]) = p;
                    sum += p;
                }
                None => rest = rest.or(Some(k)),
            }
        }
        let left = 1.0 - sum;
        if left < -ROUNDING {
            let (span, of) = (self.span, &self.of);
            context.report("E1104", span, levels, |place| {
                Diagnostic::error(
                    "E1104",
                    span,
                    format!("the {what} of {of} sum to {sum} in state {place}"),
                )
                .label("expected probabilities that sum to at most 1")
                .help("lower the probabilities, or make them depend on the state")
            });
            weights.iter_mut().for_each(|w| *slot(w) /= sum);
        } else if let Some(k) = rest {
            *slot(&mut weights[k]) = if left <= NOTHING { 0.0 } else { left };
        } else if left > ROUNDING {
            let (span, of) = (self.span, &self.of);
            context.report("E1104", span, levels, |place| {
                Diagnostic::error(
                    "E1104",
                    span,
                    format!("the {what} of {of} sum to {sum} in state {place}"),
                )
                .label("expected probabilities that sum to 1")
                .help("add `outcome rest: nothing` for what they leave")
            });
            if let Some(last) = weights.last_mut() {
                *slot(last) += left;
            }
        }
    }
}

impl Branches {
    /// Where the move or trigger is declared.
    pub fn span(&self) -> Span {
        self.span
    }

    /// One outcome that changes nothing.
    pub fn certain() -> Self {
        let branch = Branch {
            probability: Some(Value::constant(1.0, Span::default())),
            believed: None,
            label: None,
            effects: Vec::new(),
        };
        Self {
            list: vec![branch],
            span: Span::default(),
            of: String::new(),
        }
    }
}

impl Branch {
    /// Applies the effects in their order; conditions see those before.
    #[inline]
    pub fn apply(&self, levels: &mut Levels, context: &Context) {
        for step in &self.effects {
            if step
                .condition
                .as_ref()
                .is_some_and(|c| context.bank.value(c, levels) == 0.0)
            {
                continue;
            }
            let top = context.space.radix(step.variable) as i64 - 1;
            let level = &mut levels[step.variable];
            let now = i64::from(*level);
            let then = match step.change {
                Change::To(l) => i64::from(l),
                Change::Step(by) => now + i64::from(by),
                Change::AtLeast(l) => now.max(i64::from(l)),
                Change::AtMost(l) => now.min(i64::from(l)),
            };
            *level = then.clamp(0, top) as u16;
        }
    }
}

impl Step {
    fn lower(effect: &Effect, lowering: &mut Lowering) -> Self {
        Self {
            variable: effect.variable.0 as usize,
            change: effect.change,
            condition: effect.condition.as_ref().map(|c| lowering.value(c, PUBLIC)),
        }
    }
}
