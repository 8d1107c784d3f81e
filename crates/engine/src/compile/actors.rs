//! Actors: precision, discount a round, and the priors of their types.

use super::Lowering;
use super::chance::ROUNDING;
use super::expression::PUBLIC;
use crate::game::{Actor, Type};
use climbdown_lang::Diagnostic;
use climbdown_lang::scenario::{Actor as Written, Expr};

/// Lowers the actors. An actor without declared types gets one.
pub fn lower(lowering: &mut Lowering) -> Vec<Actor> {
    let scenario = lowering.scenario;
    scenario
        .actors
        .iter()
        .map(|actor| lower_one(actor, lowering))
        .collect()
}

fn lower_one(actor: &Written, lowering: &mut Lowering) -> Actor {
    let name = &actor.name;
    let precision = number(&actor.precision, lowering);
    if !(precision >= 0.0 && precision.is_finite()) {
        let span = actor.precision.span;
        lowering.findings.report("E1108", span, || {
            Diagnostic::error(
                "E1108",
                span,
                format!("the precision of `{name}` is {precision}"),
            )
            .label("expected a number of at least 0")
        });
    }
    let lost = number(&actor.discount, lowering);
    if !(0.0..1.0).contains(&lost) {
        let span = actor.discount.span;
        lowering.findings.report("E1109", span, || {
            Diagnostic::error("E1109", span, format!("the discount of `{name}` is {lost}"))
                .label("expected a share of at least 0 and below 1")
        });
    }
    let spans = if actor.discount_days > 0.0 {
        lowering.scenario.round_days / actor.discount_days
    } else {
        1.0
    };
    let discount = libm::pow(1.0 - lost, spans);
    let types = priors(actor, lowering);
    Actor {
        name: name.clone(),
        precision,
        discount,
        types,
    }
}

/// A number that is the same in all states.
fn number(expr: &Expr, lowering: &mut Lowering) -> f64 {
    let value = lowering.value(expr, PUBLIC);
    let constant = value.as_constant();
    if constant.is_none() {
        lowering.findings.report("E1117", expr.span, || {
            Diagnostic::error("E1117", expr.span, "this number changes with the state")
                .label("expected a number made of literals and parameters")
        });
    }
    constant.unwrap_or(0.0)
}

fn priors(actor: &Written, lowering: &mut Lowering) -> Vec<Type> {
    if actor.types.is_empty() {
        return vec![Type {
            name: actor.name.clone(),
            prior: 1.0,
            weight: 1.0,
        }];
    }
    let name = &actor.name;
    let mut sum = 0.0;
    let mut types: Vec<Type> = Vec::with_capacity(actor.types.len());
    let mut rest = None;
    for (k, kind) in actor.types.iter().enumerate() {
        let mut prior = 0.0;
        match &kind.prior {
            None => rest = rest.or(Some(k)),
            Some(expr) => {
                prior = number(expr, lowering);
                if !(0.0..=1.0).contains(&prior) {
                    let (span, kind) = (expr.span, &kind.name);
                    lowering.findings.report("E1111", span, || {
                        Diagnostic::error(
                            "E1111",
                            span,
                            format!("the prior of `{name}.{kind}` is {prior}"),
                        )
                        .label("expected a number from 0 to 1")
                    });
                }
            }
        }
        sum += prior;
        types.push(Type {
            name: kind.name.clone(),
            prior,
            weight: prior,
        });
    }
    let left = 1.0 - sum;
    if left < -ROUNDING || (rest.is_none() && left > ROUNDING) {
        let span = actor.types[0]
            .span
            .to(actor.types[actor.types.len() - 1].span);
        lowering.findings.report("E1111", span, || {
            Diagnostic::error(
                "E1111",
                span,
                format!("the priors of `{name}` sum to {sum}"),
            )
            .label("expected priors that sum to 1")
            .help("write `otherwise` for the last type")
        });
    } else if let Some(k) = rest {
        types[k].prior = left.max(0.0);
        types[k].weight = types[k].prior;
    }
    types
}
