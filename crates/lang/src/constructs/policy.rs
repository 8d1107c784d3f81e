//! `policy`: a bundle of changes that somebody may decide on before the first round.
//!
//! A policy sets parameters, closes moves, opens those that are there `only with` it, and costs
//! something, once or over time. What it costs over time lowers into a payoff term of the payer that
//! is called like the policy and multiplied by the policy's switch.

use super::changes::Change;
use crate::check::Checker;
use crate::check::expression::Scope;
use crate::check::quantities::text_or;
use crate::check::units::Units;
use crate::diagnostic::Diagnostic;
use crate::scenario::{ActorId, BinaryOp, Expr, ExprKind, Payment, Term};
use crate::syntax::ast::{self, Name, Text};
use crate::syntax::declarations::Parser;
use crate::syntax::lexer::TokenKind as T;

/// `policy NAME "LABEL"`.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Policy<'a> {
    pub name: Name<'a>,
    pub label: Option<Text>,
    pub text: Option<Text>,
    pub includes: Vec<Name<'a>>,
    pub changes: Vec<Change<'a>>,
    pub payments: Vec<ast::Payment<'a>>,
    pub broken: bool,
}

impl Parser<'_, '_> {
    pub(crate) fn policy(&mut self, line: usize) -> Option<()> {
        self.room(self.file.policies.len(), line, "policies")?;
        self.cursor.position += 1;
        let name = self.cursor.new_name("the policy");
        let label = self.cursor.label();
        if name.is_some() {
            self.cursor.finish("the name");
        }
        let (mut text, mut includes) = (None, None);
        let (mut changes, mut payments) = (Vec::new(), Vec::new());
        let known = [
            "includes",
            "cost",
            "gain",
            "without",
            "PARAMETER = …",
            "PARAMETER times …",
        ];
        let broken = self.properties(line, "policy", &known, |this, child, word| {
            if this.cursor.kind(0) == Some(T::Text) {
                let read = this.cursor.label();
                let read = read.map(|v| this.once(&mut text, v, child, "the description"));
                this.cursor.finish("the description");
                return Some(read);
            }
            if let Some(read) = this.change(child) {
                let read = read.map(|change| changes.push(change));
                return Some(read.and_then(|()| this.cursor.finish("the change")));
            }
            this.cursor.position += 1;
            let read = match word {
                "includes" => {
                    let read = this.cursor.names("a policy");
                    read.map(|v| this.once(&mut includes, v, child, word))
                }
                "cost" | "gain" => this
                    .payment(child, word == "cost")
                    .map(|v| payments.push(v)),
                _ => return None,
            };
            Some(read.and_then(|()| this.cursor.finish(&format!("`{word}`"))))
        });
        self.bound(line, changes.len(), "changes")?;
        self.bound(line, payments.len(), "costs and gains")?;
        self.file.policies.push(Policy {
            name: name?,
            label,
            text,
            includes: includes.unwrap_or_default(),
            changes,
            payments,
            broken,
        });
        Some(())
    }
}

impl<'a> Checker<'a> {
    /// Checks the policies; a policy includes only earlier ones.
    pub(crate) fn policies(&mut self) {
        let file = self.file;
        for policy in &file.policies {
            let mut changes = Vec::new();
            let mut payments = Vec::new();
            for name in &policy.includes {
                match self.policies.iter().find(|p| p.name == name.text) {
                    Some(other) => {
                        changes.extend_from_slice(&other.changes);
                        payments.extend(other.payments.iter().cloned());
                    }
                    None => self.not_included(*name),
                }
            }
            for payment in &policy.payments {
                payments.extend(self.policy_payment(policy, payment));
            }
            changes.extend(self.turned_on(None, policy.name.text));
            changes.extend(self.adjustments(&policy.changes, None, "this policy"));
            let says_nothing = policy.changes.is_empty()
                && policy.payments.is_empty()
                && policy.includes.is_empty();
            if says_nothing && changes.is_empty() && !policy.broken {
                self.report(
                    Diagnostic::warning(
                        "W0701",
                        policy.name.span,
                        format!("the policy `{}` changes nothing", policy.name.text),
                    )
                    .label("expected a change below it")
                    .help("write `PARAMETER times X`, `PARAMETER = X` or `without ACTOR.MOVE`, or let a move be there `only with` it"),
                );
            }
            self.policies.push(crate::scenario::Policy {
                name: policy.name.text.into(),
                label: text_or(&policy.label, policy.name.text),
                text: policy
                    .text
                    .as_ref()
                    .map_or(String::new(), |t| t.value.clone()),
                changes,
                payments,
                span: policy.name.span,
            });
        }
    }

    fn not_included(&mut self, name: Name<'a>) {
        let later = self.file.policies.iter().find(|p| p.name.text == name.text);
        if let Some(later) = later {
            self.report(
                Diagnostic::error(
                    "E0703",
                    name.span,
                    format!("the policy `{}` is not declared yet here", name.text),
                )
                .label("expected a policy declared above")
                .related(later.name.span, "declared here")
                .help("move the policy that includes others below them"),
            );
            return;
        }
        let policies = self.policies.iter();
        let names = policies.map(|p| (p.name.clone(), Some(p.span))).collect();
        self.unknown("E0703", name, "policy", names);
    }

    /// A single payment; what is paid over time becomes a payoff term and nothing is returned.
    fn policy_payment(
        &mut self,
        policy: &'a Policy<'a>,
        written: &'a ast::Payment<'a>,
    ) -> Option<Payment> {
        let actor = self.actor(written.actor)?;
        let value = self.expr(&written.value, Scope::of(actor, "the cost of a policy"))?;
        let flow = value.units == Units::time(-1);
        if !flow && !value.zero && !value.units.is_plain() {
            let found = Diagnostic::error(
                "E0303",
                value.expr.span,
                format!("the cost of a policy is {}", value.units.describe()),
            )
            .label("expected a plain number, paid once, or one per time, such as `0.05 per week`");
            let found = self.with_origins(found, &value.expr);
            self.report(found);
            return None;
        }
        let span = value.expr.span;
        let signed = if written.is_cost {
            Expr {
                kind: ExprKind::Negate(Box::new(value.expr)),
                span,
            }
        } else {
            value.expr
        };
        if flow {
            self.policy_flow(policy, actor, signed);
            return None;
        }
        if self.constant_of(&signed).is_none() {
            self.report(
                Diagnostic::error(
                    "E0704",
                    span,
                    "a policy is paid for once, before the first round",
                )
                .label("expected a number made of literals and parameters")
                .help("what changes with the state or the type is paid over time: add `per week`"),
            );
            return None;
        }
        Some(Payment {
            actor,
            value: signed,
            span: written.span,
        })
    }

    fn policy_flow(&mut self, policy: &'a Policy<'a>, actor: ActorId, value: Expr) {
        let Some(switch) = self.switch(None, policy.name.text) else {
            return;
        };
        let span = value.span;
        let on = Expr {
            kind: ExprKind::Parameter(switch),
            span,
        };
        let term = Term {
            name: policy.name.text.into(),
            value: Expr {
                kind: ExprKind::Binary(BinaryOp::Multiply, Box::new(value), Box::new(on)),
                span,
            },
            // The unit of time is in the value, which is in days.
            per_days: 1.0,
            transient: false,
            span: policy.name.span,
        };
        if let Some(actor) = self.actors.get_mut(actor.0 as usize) {
            actor.payoff.push(term);
        }
    }
}
