//! Triggers: what nobody decides.

use super::Checker;
use super::expression::Scope;
use super::quantities::text_or;
use super::units::Units;
use crate::diagnostic::Diagnostic;
use crate::scenario::{BinaryOp, Chance, Expr, ExprKind, MoveId, Outcome, PhaseOrder, Trigger};
use crate::syntax::ast;

impl<'a> Checker<'a> {
    pub(crate) fn triggers(&mut self) {
        let file = self.file;
        self.doubles(file.triggers.iter().map(|t| t.name));
        for t in &file.triggers {
            self.trigger(t);
        }
    }

    fn trigger(&mut self, t: &'a ast::Trigger<'a>) {
        let guard = t
            .guard
            .as_ref()
            .and_then(|e| self.condition(e, Scope::public("a guard")));
        let guard = self.gated(guard, t.only_with);
        let times = t.times.as_ref().and_then(|e| self.factor(e));
        let rate = t.rate.as_ref().map(|e| self.rate(e));
        let probability = t
            .probability
            .as_ref()
            .map(|e| self.probability(e, "a probability"));
        if let (Some(_), Some(p)) = (&t.rate, &t.probability) {
            self.report(
                Diagnostic::error("E0410", p.span, "a trigger with a rate and a probability")
                    .label("expected one of them"),
            );
        }
        if t.rate.is_none() && t.probability.is_none() && !t.broken {
            self.report(
                Diagnostic::error(
                    "E0410",
                    t.name.span,
                    format!("how often does `{}` happen?", t.name.text),
                )
                .label("expected a line `rate …` or `probability …` below it"),
            );
        }
        let base = match (rate, probability) {
            (Some(Some(rate)), _) => Some(Chance::Rate(rate)),
            (_, Some(Some(p))) => Some(Chance::Probability(p)),
            _ => None,
        };
        let believed = self.believed(t, base.as_ref(), times.as_ref());
        let chance = base.map(|base| multiplied(base, times.as_ref()));
        let looks_like = t.looks_like.and_then(|path| self.move_id(path, None));
        if let (Some(id), Some(path)) = (looks_like, t.looks_like) {
            let (actor, m) = self.names.moves[id.0 as usize];
            if self.order_known && !self.moves_in_order(actor) {
                self.report(
                    Diagnostic::error(
                        "E0406",
                        path.span(),
                        format!(
                            "`{}` never moves, so this trigger never happens",
                            m.actor.text
                        ),
                    )
                    .label("expected a move of an actor in the scenario's `order`"),
                );
            }
        }
        if t.looks_like.is_none() && self.order_known && !self.order.contains(&PhaseOrder::Events) {
            let found = Diagnostic::error(
                "E0406",
                t.name.span,
                format!("`{}` never happens: the order has no `events`", t.name.text),
            )
            .label("expected `events` in the scenario's `order`, or `looks like MOVE`")
            .help("write `order …, events`");
            let found = self.with_order(found);
            self.report(found);
        }
        let actor = looks_like.map(|id| self.names.moves[id.0 as usize].0);
        let mut outcomes = self.outcomes(&t.outcomes, actor, t.broken);
        if outcomes.is_empty() {
            outcomes = looks_like
                .and_then(|id| self.outcomes_of(id, t))
                .unwrap_or_default();
        }
        if t.outcomes.iter().all(|o| o.effects.is_empty())
            && looks_like.is_none()
            && t.looks_like.is_none()
            && !t.broken
        {
            self.report(
                Diagnostic::warning(
                    "W0507",
                    t.name.span,
                    format!("`{}` changes nothing", t.name.text),
                )
                .label("expected an outcome with effects"),
            );
        }
        if outcomes.is_empty() {
            outcomes.push(Outcome {
                probability: Some(Expr {
                    kind: ExprKind::Number(1.0),
                    span: t.name.span,
                }),
                believed: None,
                seen_as: None,
                effects: Vec::new(),
                span: t.name.span,
            });
        }
        let Some(chance) = chance else { return };
        self.triggers.push(Trigger {
            name: t.name.text.into(),
            label: text_or(&t.label, t.name.text),
            guard,
            chance,
            believed,
            looks_like,
            outcomes,
            span: t.name.span,
        });
    }

    /// The outcomes of the move that a trigger looks like.
    fn outcomes_of(&mut self, id: MoveId, t: &'a ast::Trigger<'a>) -> Option<Vec<Outcome>> {
        let (_, m) = self.names.moves[id.0 as usize];
        let whole = m
            .outcomes
            .iter()
            .map(|o| o.span)
            .reduce(crate::source::Span::to)
            .unwrap_or(m.span);
        self.copy(whole, t.name.span)?;
        Some(self.moves.get(id.0 as usize)?.outcomes.clone())
    }

    fn rate(&mut self, e: &'a ast::Expr<'a>) -> Option<Expr> {
        let expr = self.number(e, Scope::public("a rate"), &Units::time(-1))?;
        self.within(&expr, 0.0, f64::MAX, "expected 0 or more", "a rate");
        Some(expr)
    }

    fn factor(&mut self, e: &'a ast::Expr<'a>) -> Option<Expr> {
        let expr = self.number(e, Scope::public("a factor"), &Units::plain())?;
        self.within(&expr, 0.0, f64::MAX, "expected 0 or more", "a factor");
        Some(expr)
    }

    /// `believed rate` and `believed probability` stand for the true ones, `times` holds for both;
    /// `believed times` multiplies the true chance as believed.
    fn believed(
        &mut self,
        t: &'a ast::Trigger<'a>,
        base: Option<&Chance>,
        times: Option<&Expr>,
    ) -> Option<Chance> {
        let factor = t.believed_times.as_ref().and_then(|e| self.factor(e));
        let rate = t
            .believed_rate
            .as_ref()
            .and_then(|e| self.rate(e))
            .map(Chance::Rate);
        let probability = t
            .believed_probability
            .as_ref()
            .and_then(|e| self.probability(e, "a believed probability"))
            .map(Chance::Probability);
        if let (Some(_), Some(p)) = (&t.believed_rate, &t.believed_probability) {
            self.report(
                Diagnostic::error(
                    "E0410",
                    p.span,
                    "a trigger with a believed rate and a believed probability",
                )
                .label("expected one of them"),
            );
        }
        let written = rate.or(probability);
        if written.is_none() && factor.is_none() {
            return None;
        }
        let base = written.or_else(|| base.cloned())?;
        Some(multiplied(multiplied(base, times), factor.as_ref()))
    }
}

fn multiplied(chance: Chance, factor: Option<&Expr>) -> Chance {
    let Some(factor) = factor else { return chance };
    let product = |e: Expr| {
        let span = e.span;
        Expr {
            kind: ExprKind::Binary(BinaryOp::Multiply, Box::new(e), Box::new(factor.clone())),
            span,
        }
    };
    match chance {
        Chance::Rate(e) => Chance::Rate(product(e)),
        Chance::Probability(e) => Chance::Probability(product(e)),
    }
}
