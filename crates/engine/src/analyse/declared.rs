//! The variations that a scenario declares: policies, alternatives of structures, mindsets.
//!
//! A factor multiplies the value that the scenario has at hand. In a future in which a parameter was
//! drawn, a policy that halves it halves what was drawn; so the order is the future's parameters, then
//! its alternatives, then the policy.

use super::variation::{Change, Variation};
use climbdown_lang::scenario::{Adjustment, Alternative, Mindset, Policy, Scale};

impl Variation {
    /// The changes of a policy, an alternative or a mindset.
    pub fn of(name: impl Into<String>, adjustments: &[Adjustment]) -> Self {
        let change = |adjustment: &Adjustment| match *adjustment {
            Adjustment::Parameter(id, Scale::Set(value)) => Change::Parameter(id, value),
            Adjustment::Parameter(id, Scale::Times(factor)) => Change::Times(id, factor),
            Adjustment::Precision(actor, Scale::Set(value)) => Change::Precision(actor, value),
            Adjustment::Precision(actor, Scale::Times(factor)) => {
                Change::PrecisionTimes(actor, factor)
            }
            Adjustment::Term(actor, term, factor) => Change::Weight(actor, term, factor),
            Adjustment::Prior(actor, kind, prior) => Change::Prior(actor, kind, prior),
            Adjustment::Move(id, open) => Change::Move(id, open),
        };
        Self::new(name, adjustments.iter().map(change).collect())
    }
}

impl From<&Policy> for Variation {
    fn from(policy: &Policy) -> Self {
        Self::of(&policy.name, &policy.changes)
    }
}

impl From<&Alternative> for Variation {
    fn from(alternative: &Alternative) -> Self {
        Self::of(&alternative.name, &alternative.changes)
    }
}

impl From<&Mindset> for Variation {
    fn from(mindset: &Mindset) -> Self {
        Self::of(&mindset.name, &mindset.changes)
    }
}
