//! Outcomes split by something that happens beside them with a chance of its own.

use super::{Lowering, build};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::MAX_ITEMS;
use crate::syntax::ast::{Effect, Expr, Outcome, OutcomeChance};

/// Something that may happen beside an outcome: its chance, and what it changes.
pub(crate) type Beside<'a> = (Expr<'a>, Effect<'a>);

impl<'a> Lowering<'a, '_> {
    /// Splits every outcome by what may happen beside it, at most one of `parts` at a time, whatever
    /// the outcome: chances multiply. No outcomes count as one without effects.
    pub(crate) fn split_beside(
        &mut self,
        outcomes: &mut Vec<Outcome<'a>>,
        parts: &[Beside<'a>],
        span: Span,
    ) -> Option<()> {
        if outcomes.is_empty() {
            outcomes.push(Outcome {
                chance: OutcomeChance::Certain,
                believed: None,
                seen_as: None,
                effects: Vec::new(),
                span,
            });
        }
        if outcomes.len() * (parts.len() + 1) > MAX_ITEMS {
            self.report(
                Diagnostic::error(
                    "E0009",
                    span,
                    "too much may happen beside the outcomes of a move",
                )
                .label(format!("expected at most {MAX_ITEMS} outcomes of a move")),
            );
            return None;
        }
        let all = std::mem::take(outcomes);
        let mut out = Vec::with_capacity(all.len() * (parts.len() + 1));
        for outcome in &all {
            let whole = self.chance(outcome, &all, false)?;
            let believed = match (&outcome.believed, &outcome.chance) {
                (None, OutcomeChance::Rest) if all.iter().any(|o| o.believed.is_some()) => {
                    Some(self.chance(outcome, &all, true)?)
                }
                (None, _) => None,
                (Some(e), _) => Some(self.copy(e)?),
            };
            let mut left = None;
            for (share, effect) in parts {
                let mut part = outcome.clone();
                let share = self.copy(share)?;
                left = Some(match left {
                    None => share.clone(),
                    Some(sum) => build::plus(sum, share.clone()),
                });
                part.believed = match &believed {
                    Some(e) => Some(build::times(self.copy(e)?, share.clone())),
                    None => None,
                };
                part.chance = OutcomeChance::Probability(build::times(self.copy(&whole)?, share));
                part.effects.push(effect.clone());
                out.push(part);
            }
            let mut unsplit = outcome.clone();
            if let Some(share) = left {
                let left = build::complement(share);
                // A `rest` takes what all parts leave.
                if !matches!(outcome.chance, OutcomeChance::Rest) {
                    unsplit.chance = OutcomeChance::Probability(build::times(whole, left.clone()));
                }
                if outcome.believed.is_some() {
                    unsplit.believed = believed.map(|e| build::times(e, left));
                }
            }
            out.push(unsplit);
        }
        *outcomes = out;
        Some(())
    }
}
