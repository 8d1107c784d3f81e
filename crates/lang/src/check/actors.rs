//! Actors: precision, discount, types, payoffs.

use super::Checker;
use super::expression::Scope;
use super::quantities::text_or;
use super::units::{self, Units, YEAR_DAYS};
use crate::diagnostic::Diagnostic;
use crate::scenario::{Actor, ActorId, BinaryOp, Expr, ExprKind, Term, Type};
use crate::source::Span;
use crate::syntax::ast;

impl<'a> Checker<'a> {
    pub(crate) fn actors(&mut self) {
        for (index, a) in self.names.actors.clone().into_iter().enumerate() {
            let id = ActorId(index as u32);
            let zero = || Expr {
                kind: ExprKind::Number(0.0),
                span: a.name.span,
            };
            let precision = self.precision(id, a).unwrap_or_else(zero);
            let (discount, discount_days) = self.discount(a).unwrap_or((zero(), YEAR_DAYS));
            let opportunity = a
                .opportunity
                .as_ref()
                .and_then(|e| self.probability(e, "an opportunity"));
            let believed_opportunity = a
                .believed_opportunity
                .as_ref()
                .and_then(|e| self.probability(e, "an opportunity"));
            if (a.opportunity.is_some() || a.believed_opportunity.is_some())
                && a.default.is_none()
                && !a.broken
            {
                self.report(
                    Diagnostic::error(
                        "E0319",
                        a.name.span,
                        format!(
                            "`{}` may lack an opportunity but has no default move",
                            a.name.text
                        ),
                    )
                    .label("expected a line `default MOVE` below it")
                    .help("the default is the move played without an opportunity"),
                );
            }
            self.takes_part(id, a);
            let types = self.types(a);
            let payoff = match &a.payoff {
                Some(payoff) => {
                    let days = self.per_days(&payoff.per).unwrap_or(1.0);
                    self.terms(id, &payoff.value, days)
                }
                None => Vec::new(),
            };
            let afterwards = match &a.afterwards {
                Some(terms) => self.terms(id, &terms.value, 0.0),
                None => Vec::new(),
            };
            self.actors.push(Actor {
                name: a.name.text.into(),
                label: text_or(&a.label, a.name.text),
                payer: a.payer,
                precision,
                discount,
                discount_days,
                opportunity,
                believed_opportunity,
                default: None, // moves come later
                types,
                payoff,
                afterwards,
                span: a.name.span,
            });
        }
    }

    /// Warns of an actor that no phase lets move.
    fn takes_part(&mut self, id: ActorId, a: &'a ast::Actor<'a>) {
        let ordered = self.file.headers.first().is_some_and(|h| h.order.is_some());
        if ordered && !a.payer && !self.moves_in_order(id) {
            let found = Diagnostic::warning(
                "W0506",
                a.name.span,
                format!("`{}` never moves", a.name.text),
            )
            .label("expected an actor of the scenario's `order`")
            .help(format!(
                "add `{}` to the order, or remove the actor",
                a.name.text
            ));
            let found = self.with_order(found);
            self.report(found);
        }
    }

    /// Resolves the default moves, once moves are known.
    pub(crate) fn defaults(&mut self) {
        for (index, a) in self.names.actors.clone().into_iter().enumerate() {
            let Some(path) = a.default else { continue };
            let actor = ActorId(index as u32);
            let Some(id) = self.move_id(path, Some(actor)) else {
                continue;
            };
            if self.names.moves[id.0 as usize].0 != actor {
                self.report(
                    Diagnostic::error(
                        "E0206",
                        path.span(),
                        "the default is a move of another actor",
                    )
                    .label(format!("expected a move of `{}`", a.name.text)),
                );
                continue;
            }
            self.actors[index].default = Some(id);
        }
    }

    pub(crate) fn precision(&mut self, id: ActorId, a: &'a ast::Actor<'a>) -> Option<Expr> {
        let Some(written) = &a.precision else {
            if self.moves_in_order(id) && !a.broken && !a.payer {
                self.property_missing(
                    a.name.span,
                    "precision",
                    "how sharply it chooses, such as `precision 0.7`",
                );
            }
            return None;
        };
        let expr = self.number(written, Scope::constant("a precision"), &Units::plain())?;
        self.within(
            &expr,
            0.0,
            f64::INFINITY,
            "expected 0 or more",
            "a precision",
        );
        Some(expr)
    }

    pub(crate) fn discount(&mut self, a: &'a ast::Actor<'a>) -> Option<(Expr, f64)> {
        let (written, per) = a.discount.as_ref()?;
        let value = self.expr(written, Scope::constant("a discount"))?;
        let (expr, days) = if let Some(per) = per {
            let (dimension, factor) = self.unit(per);
            if dimension != Units::time(-1) || !(value.zero || value.units.is_plain()) {
                self.per_time_expected(&value.expr, written.span, per.span);
                return None;
            }
            (value.expr, 1.0 / factor)
        } else if value.units == Units::time(-1) {
            // Per day in canonical units: back to the written time, over which the share is lost.
            let days = self.written_days(written).unwrap_or(YEAR_DAYS);
            let span = value.expr.span;
            let factor = Expr {
                kind: ExprKind::Number(days),
                span,
            };
            let kind = ExprKind::Binary(BinaryOp::Multiply, Box::new(value.expr), Box::new(factor));
            (Expr { kind, span }, days)
        } else if value.zero {
            (value.expr, YEAR_DAYS)
        } else {
            let end = written.span.end as usize;
            self.per_time_expected(&value.expr, written.span, Span::new(end, end));
            return None;
        };
        let one = 1.0_f64.next_down();
        self.within(
            &expr,
            0.0,
            one,
            "expected 0 or more and less than 1",
            "a discount",
        );
        Some((expr, days))
    }

    fn per_time_expected(&mut self, expr: &Expr, span: Span, at: Span) {
        let mut found = Diagnostic::error("E0303", span, "a discount is a share lost per time")
            .label("expected such as `30% per year`");
        if at.start == at.end {
            found = found.help("add the unit of time").fix(at, " per year");
        }
        let found = self.with_origins(found, expr);
        self.report(found);
    }

    /// Days of the unit of time with which the first literal or parameter of an expression is written.
    fn written_days(&self, e: &ast::Expr<'a>) -> Option<f64> {
        let unit = match &e.kind {
            ast::ExprKind::Literal { unit, .. } => unit.as_ref(),
            ast::ExprKind::Path(path) => match self.names.items.get(path.name.text) {
                Some((super::names::Item::Parameter(index), _)) => {
                    self.names.parameters[*index as usize].unit.as_ref()
                }
                _ => None,
            },
            ast::ExprKind::Binary(_, _, a, b) => {
                return self.written_days(a).or_else(|| self.written_days(b));
            }
            _ => None,
        };
        unit?
            .factors
            .iter()
            .find_map(|(name, _)| units::days(name.text, self.round_days))
    }

    pub(crate) fn types(&mut self, a: &'a ast::Actor<'a>) -> Vec<Type> {
        let mut out = Vec::new();
        let mut sum = Some(0.0);
        let mut otherwise: Option<Span> = None;
        for t in &a.types {
            if let Some(first) = otherwise {
                let found = if t.prior.is_none() {
                    Diagnostic::error("E0309", t.span, "`otherwise` twice")
                        .label("expected a prior")
                } else {
                    Diagnostic::error("E0311", first, "`otherwise` is not the last type")
                        .label("expected it after all other types")
                };
                self.report(found.related(first, "`otherwise` is here"));
            }
            let prior = match &t.prior {
                None => {
                    otherwise = otherwise.or(Some(t.span));
                    None
                }
                Some(e) => {
                    let expr = self.number(e, Scope::constant("a prior"), &Units::plain());
                    if let Some(expr) = &expr {
                        self.probability_range(expr, "a prior");
                    }
                    sum = match (sum, expr.as_ref().and_then(|e| self.constant_of(e))) {
                        (Some(sum), Some(p)) => Some(sum + p),
                        _ => None,
                    };
                    expr
                }
            };
            out.push(Type {
                name: t.name.text.into(),
                label: text_or(&t.label, t.name.text),
                prior,
                span: t.span,
            });
        }
        if let (Some(last), Some(sum)) = (a.types.last(), sum) {
            let message = format!("the priors sum to {}", short(sum));
            let found = if sum > 1.0 + 1e-9 {
                Diagnostic::error("E0306", last.span, message).label("expected at most 1 in all")
            } else if otherwise.is_none() && sum < 1.0 - 1e-9 && !a.broken {
                Diagnostic::error("E0307", last.span, message)
                    .label("expected 1 in all")
                    .help("write `otherwise` in place of the last prior: it takes what is left")
            } else {
                return out;
            };
            let mut found = found;
            for t in out.iter().filter(|t| t.span != last.span).take(8) {
                found = found.related(t.span, "counted too");
            }
            for prior in out.iter().filter_map(|t| t.prior.as_ref()).take(8) {
                found = self.with_origins(found, prior);
            }
            self.report(found);
        }
        out
    }

    pub(crate) fn terms(
        &mut self,
        actor: ActorId,
        terms: &'a [ast::Term<'a>],
        per_days: f64,
    ) -> Vec<Term> {
        self.doubles(terms.iter().map(|t| t.name));
        let once = per_days == 0.0;
        let scope = Scope {
            belief: once,
            ..Scope::of(actor, "a payoff term")
        };
        let mut out = Vec::new();
        for t in terms {
            if let (true, Some(span)) = (once, t.transient) {
                self.report(
                    Diagnostic::error("E0320", span, "a single payment cannot be transient")
                        .label("expected no `transient` under `afterwards`")
                        .help("`transient` belongs to the terms of `payoff per …`"),
                );
            }
            let Some(value) = self.number(&t.value, scope, &Units::plain()) else {
                continue;
            };
            if once {
                self.linear_in_belief(&value);
            }
            out.push(Term {
                name: t.name.text.into(),
                value,
                per_days,
                transient: t.transient.is_some(),
                span: t.span,
            });
        }
        out
    }

    /// Reports a belief that is used other than linearly.
    fn linear_in_belief(&mut self, expr: &Expr) {
        if let Err(span) = belief_degree(expr) {
            self.report(
                Diagnostic::error("E0215", span, "a belief is used other than linearly")
                    .label("expected a belief times something without a belief")
                    .help(
                        "beliefs may be added, and multiplied by what depends on the state alone",
                    ),
            );
        }
    }

    /// A probability that may depend on the state.
    pub(crate) fn probability(
        &mut self,
        e: &'a ast::Expr<'a>,
        place: &'static str,
    ) -> Option<Expr> {
        let expr = self.number(e, Scope::public(place), &Units::plain())?;
        self.probability_range(&expr, place);
        Some(expr)
    }

    /// Reports probabilities outside 0 to 1 wherever a part of the expression is known.
    pub(crate) fn probability_range(&mut self, expr: &Expr, place: &str) {
        self.leaves(expr, &mut |this, leaf| {
            let Some(mut worst) = this.constant_of(leaf) else {
                return;
            };
            if let ExprKind::Parameter(id) = leaf.kind
                && let Some(p) = this.parameters.get(id.0 as usize)
            {
                worst = if p.high > 1.0 {
                    p.high
                } else {
                    p.low.min(worst)
                };
            }
            if !(0.0..=1.0).contains(&worst) {
                let mut found =
                    Diagnostic::error("E0305", leaf.span, format!("{place} of {}", short(worst)))
                        .label("expected a probability from 0 to 1");
                let written = this
                    .source
                    .get(leaf.span.start as usize..leaf.span.end as usize)
                    .unwrap_or("");
                let bare = written.bytes().all(|b| b.is_ascii_digit() || b == b'.');
                if worst > 1.0 && worst <= 100.0 && bare {
                    let end = leaf.span.end as usize;
                    found = found
                        .help(format!("did you mean `{}%`?", short(worst)))
                        .fix(Span::new(end, end), "%");
                }
                let found = this.with_origins(found, leaf);
                this.report(found);
            }
        });
    }

    /// Reports a known value outside `low..=high`.
    pub(crate) fn within(&mut self, expr: &Expr, low: f64, high: f64, label: &str, place: &str) {
        self.leaves(expr, &mut |this, leaf| {
            if let Some(value) = this.constant_of(leaf)
                && !(low..=high).contains(&value)
            {
                let found =
                    Diagnostic::error("E0313", leaf.span, format!("{place} of {}", short(value)))
                        .label(label);
                let found = this.with_origins(found, leaf);
                this.report(found);
            }
        });
    }

    /// Visits the values that an expression may take: the branches of choices and tables.
    fn leaves(&mut self, expr: &Expr, visit: &mut dyn FnMut(&mut Self, &Expr)) {
        match &expr.kind {
            ExprKind::If {
                then, otherwise, ..
            } => {
                self.leaves(then, visit);
                self.leaves(otherwise, visit);
            }
            ExprKind::ByLevel { values, .. } => {
                for value in values {
                    self.leaves(value, visit);
                }
            }
            _ => visit(self, expr),
        }
    }
}

/// Degree of an expression in beliefs, or the place where it is not linear.
fn belief_degree(expr: &Expr) -> Result<u8, Span> {
    let free = |e: &Expr| match belief_degree(e)? {
        0 => Ok(0),
        _ => Err(e.span),
    };
    match &expr.kind {
        ExprKind::Belief(..) => Ok(1),
        ExprKind::Negate(x) => belief_degree(x),
        ExprKind::Binary(BinaryOp::Add | BinaryOp::Subtract, a, b) => {
            Ok(belief_degree(a)?.max(belief_degree(b)?))
        }
        ExprKind::Binary(BinaryOp::Multiply, a, b) => match belief_degree(a)? + belief_degree(b)? {
            degree @ (0 | 1) => Ok(degree),
            _ => Err(expr.span),
        },
        ExprKind::Binary(BinaryOp::Divide, a, b) => {
            free(b)?;
            belief_degree(a)
        }
        ExprKind::If {
            condition,
            then,
            otherwise,
        } => {
            free(condition)?;
            Ok(belief_degree(then)?.max(belief_degree(otherwise)?))
        }
        ExprKind::ByLevel { values, .. } => values
            .iter()
            .try_fold(0, |degree: u8, v| Ok(degree.max(belief_degree(v)?))),
        ExprKind::Not(x) => free(x),
        ExprKind::Binary(_, a, b) => {
            free(a)?;
            free(b)
        }
        ExprKind::Call(_, arguments) => arguments.iter().try_fold(0, |_, a| free(a)),
        ExprKind::Number(_)
        | ExprKind::Parameter(_)
        | ExprKind::Derived(_)
        | ExprKind::Level(_)
        | ExprKind::IsType(..) => Ok(0),
    }
}

/// A number for messages.
pub(crate) fn short(x: f64) -> String {
    let rounded = (x * 1e6).round() / 1e6;
    format!("{rounded}")
}
