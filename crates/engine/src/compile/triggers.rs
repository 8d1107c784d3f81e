//! What triggers of both sorts share: guard, chance and outcomes.

use super::chance::{Branches, Weight};
use super::expression::{PUBLIC, Value};
use super::{Context, Levels, Lowering};
use climbdown_lang::Diagnostic;
use climbdown_lang::scenario::{Chance, Trigger};

/// A lowered trigger.
#[derive(Clone, Debug)]
pub struct LoweredTrigger {
    of: String,
    guard: Option<Value>,
    actual: Frequency,
    believed: Option<Frequency>,
    /// What it does.
    pub branches: Branches,
}

#[derive(Clone, Debug)]
enum Frequency {
    /// Events a day.
    Rate(Value),
    /// Probability a round.
    Probability(Value),
}

impl LoweredTrigger {
    /// Lowers a trigger.
    pub fn lower(trigger: &Trigger, lowering: &mut Lowering) -> Self {
        let of = format!("trigger `{}`", trigger.name);
        Self {
            guard: trigger.guard.as_ref().map(|g| lowering.value(g, PUBLIC)),
            actual: Frequency::lower(&trigger.chance, lowering),
            believed: trigger
                .believed
                .as_ref()
                .map(|c| Frequency::lower(c, lowering)),
            branches: Branches::lower(&trigger.outcomes, of.clone(), trigger.span, lowering),
            of,
        }
    }

    /// Hazard over a round in a state: the trigger fires with probability 1 − exp(−hazard) when
    /// nothing competes. Infinite for a certain trigger, 0 where the guard fails.
    pub fn hazard(&self, levels: &Levels, context: &mut Context) -> Weight {
        if let Some(guard) = &self.guard
            && !context.condition(guard, levels)
        {
            return Weight {
                believed: 0.0,
                actual: 0.0,
            };
        }
        let actual = self.actual.hazard(&self.of, levels, context);
        let believed = match &self.believed {
            Some(frequency) => frequency.hazard(&self.of, levels, context),
            None => actual,
        };
        Weight { believed, actual }
    }

    /// Probability of firing in a round when nothing competes.
    pub fn probability(&self, levels: &Levels, context: &mut Context) -> Weight {
        let hazard = self.hazard(levels, context);
        Weight {
            believed: fires(hazard.believed),
            actual: fires(hazard.actual),
        }
    }
}

/// 1 − exp(−hazard).
pub fn fires(hazard: f64) -> f64 {
    -libm::expm1(-hazard)
}

impl Frequency {
    fn lower(chance: &Chance, lowering: &mut Lowering) -> Self {
        match chance {
            Chance::Rate(rate) => Self::Rate(lowering.value(rate, PUBLIC)),
            Chance::Probability(p) => Self::Probability(lowering.value(p, PUBLIC)),
        }
    }

    fn hazard(&self, of: &str, levels: &Levels, context: &mut Context) -> f64 {
        match self {
            Self::Probability(value) => {
                let p = context.probability(value, levels, "probability", of);
                -libm::log1p(-p)
            }
            Self::Rate(value) => {
                let rate = context.bank.value(value, levels);
                if rate >= 0.0 && rate.is_finite() {
                    return rate * context.scenario.round_days;
                }
                let span = value.span;
                context.report("E1110", span, levels, |place| {
                    Diagnostic::error(
                        "E1110",
                        span,
                        format!("the rate of {of} is {rate} a day in state {place}"),
                    )
                    .label("expected a rate of at least 0")
                });
                0.0
            }
        }
    }
}
