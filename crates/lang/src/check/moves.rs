//! Moves.

use super::Checker;
use super::expression::Scope;
use super::quantities::text_or;
use super::units::Units;
use crate::scenario::{ActorId, Expr, ExprKind, Move, Outcome, Payment};
use crate::syntax::ast::{self, Seen};

impl<'a> Checker<'a> {
    pub(crate) fn moves(&mut self) {
        for (actor, m) in self.names.moves.clone() {
            let guard = m
                .guard
                .as_ref()
                .and_then(|e| self.condition(e, Scope::public("a guard")));
            let guard = self.gated(guard, m.only_with);
            let payments = m
                .payments
                .iter()
                .filter_map(|p| self.payment(p, "a cost or gain"))
                .collect();
            let own_name = format!("{}.{}", m.actor.text, m.name.text);
            let seen_as = match &m.seen_as {
                Some(seen) => self
                    .seen(seen, Some(actor))
                    .unwrap_or_else(|| own_name.clone()),
                None => own_name,
            };
            let mut outcomes = self.outcomes(&m.outcomes, Some(actor), m.broken);
            if outcomes.is_empty() {
                outcomes.push(Outcome {
                    probability: Some(Expr {
                        kind: ExprKind::Number(1.0),
                        span: m.span,
                    }),
                    believed: None,
                    seen_as: None,
                    effects: Vec::new(),
                    span: m.span,
                });
            }
            self.moves.push(Move {
                actor,
                name: m.name.text.into(),
                label: text_or(&m.label, m.name.text),
                guard,
                payments,
                kind: m.kind.map(|k| k.text.to_owned()),
                seen_as,
                outcomes,
                span: m.actor.span.to(m.name.span),
            });
        }
    }

    /// A cost, gain or value of one actor, which may depend on that actor's type.
    pub(crate) fn payment(
        &mut self,
        p: &'a ast::Payment<'a>,
        place: &'static str,
    ) -> Option<Payment> {
        let Some(actor) = self.actor(p.actor) else {
            // Whose types may stand here is unknown: the value cannot be checked.
            return None;
        };
        let value = self.number(&p.value, Scope::of(actor, place), &Units::plain())?;
        let value = if p.is_cost {
            let span = value.span;
            Expr {
                kind: ExprKind::Negate(Box::new(value)),
                span,
            }
        } else {
            value
        };
        Some(Payment {
            actor,
            value,
            span: p.span,
        })
    }

    /// A public label: the full name of a move, or free text.
    pub(crate) fn seen(&mut self, seen: &Seen<'a>, actor: Option<ActorId>) -> Option<String> {
        match seen {
            Seen::Text(text) => Some(text.value.clone()),
            Seen::Path(path) => {
                let known = match (path.owner, actor) {
                    (Some(_), _) => true,
                    (None, Some(actor)) => {
                        self.names.move_ids.contains_key(&(actor.0, path.name.text))
                    }
                    (None, None) => false,
                };
                if !known {
                    return Some(path.name.text.to_owned());
                }
                let id = self.move_id(*path, actor)?;
                let (_, m) = &self.names.moves[id.0 as usize];
                Some(format!("{}.{}", m.actor.text, m.name.text))
            }
        }
    }
}
