//! Pieces of syntax tree, put together by hand.
//!
//! What a construct makes stands at the places of the lines that it was made from, so that whatever
//! the checker finds in it is shown where the author can mend it.

use crate::scenario::BinaryOp;
use crate::source::Span;
use crate::syntax::ast::{Arm, Change, Effect, Expr, ExprKind, Name, Path, Table};

fn node<'a>(kind: ExprKind<'a>, below: u16, span: Span) -> Expr<'a> {
    let depth = below.saturating_add(1);
    Expr { kind, span, depth }
}

pub(crate) fn number<'a>(value: f64, span: Span) -> Expr<'a> {
    node(ExprKind::Literal { value, unit: None }, 0, span)
}

pub(crate) fn named(name: Name<'_>) -> Expr<'_> {
    node(ExprKind::Path(Path { owner: None, name }), 0, name.span)
}

pub(crate) fn binary<'a>(op: BinaryOp, a: Expr<'a>, b: Expr<'a>) -> Expr<'a> {
    let (span, below) = (a.span, a.depth.max(b.depth));
    node(
        ExprKind::Binary(op, span, Box::new(a), Box::new(b)),
        below,
        span,
    )
}

pub(crate) fn times<'a>(a: Expr<'a>, b: Expr<'a>) -> Expr<'a> {
    binary(BinaryOp::Multiply, a, b)
}

/// 1 − x
pub(crate) fn complement(x: Expr<'_>) -> Expr<'_> {
    let one = number(1.0, x.span);
    binary(BinaryOp::Subtract, one, x)
}

pub(crate) fn and<'a>(a: Expr<'a>, b: Expr<'a>) -> Expr<'a> {
    binary(BinaryOp::And, a, b)
}

/// At least one of these; balanced, so that a long list makes no deep tree. `None` of none.
pub(crate) fn any(mut list: Vec<Expr<'_>>) -> Option<Expr<'_>> {
    while list.len() > 1 {
        let mut half = Vec::with_capacity(list.len().div_ceil(2));
        let mut rest = list.into_iter();
        while let Some(a) = rest.next() {
            half.push(match rest.next() {
                Some(b) => binary(BinaryOp::Or, a, b),
                None => a,
            });
        }
        list = half;
    }
    list.pop()
}

pub(crate) fn choice<'a>(condition: Expr<'a>, then: Expr<'a>, otherwise: Expr<'a>) -> Expr<'a> {
    let span = then.span;
    let below = then.depth.max(condition.depth).max(otherwise.depth);
    let kind = ExprKind::If {
        then: Box::new(then),
        condition: Box::new(condition),
        otherwise: Box::new(otherwise),
    };
    node(kind, below, span)
}

/// `variable in (levels)`
pub(crate) fn among<'a>(variable: Name<'a>, levels: Vec<Name<'a>>, span: Span) -> Expr<'a> {
    let of = node(
        ExprKind::Path(Path {
            owner: None,
            name: variable,
        }),
        0,
        span,
    );
    node(ExprKind::In(Box::new(of), levels), 1, span)
}

/// max(0, x)
pub(crate) fn not_negative(x: Expr<'_>) -> Expr<'_> {
    let (span, below) = (x.span, x.depth);
    let max = Name { text: "max", span };
    node(ExprKind::Call(max, vec![number(0.0, span), x]), below, span)
}

pub(crate) fn effect<'a>(
    variable: Name<'a>,
    change: Change<'a>,
    condition: Option<Expr<'a>>,
    span: Span,
) -> Effect<'a> {
    Effect {
        variable,
        change,
        condition,
        span,
    }
}

pub(crate) fn plus<'a>(a: Expr<'a>, b: Expr<'a>) -> Expr<'a> {
    binary(BinaryOp::Add, a, b)
}

/// `by variable (level: value, …)`, one value a level.
pub(crate) fn by_level<'a>(variable: Name<'a>, values: Vec<(Name<'a>, Expr<'a>)>) -> Expr<'a> {
    let below = values.iter().map(|(_, e)| e.depth).max().unwrap_or(0);
    let arms = values
        .into_iter()
        .map(|(level, value)| Arm {
            levels: vec![level],
            value,
        })
        .collect();
    let table = Table {
        variable,
        arms,
        otherwise: None,
    };
    node(ExprKind::By(Box::new(table)), below, variable.span)
}

pub(crate) fn call<'a>(function: &'a str, arguments: Vec<Expr<'a>>, span: Span) -> Expr<'a> {
    let below = arguments.iter().map(|a| a.depth).max().unwrap_or(0);
    let name = Name {
        text: function,
        span,
    };
    node(ExprKind::Call(name, arguments), below, span)
}

pub(crate) fn not(x: Expr<'_>) -> Expr<'_> {
    let (span, below) = (x.span, x.depth);
    node(ExprKind::Not(Box::new(x)), below, span)
}

pub(crate) fn negate(x: Expr<'_>) -> Expr<'_> {
    let (span, below) = (x.span, x.depth);
    node(ExprKind::Negate(Box::new(x)), below, span)
}

/// Number of parts of an expression, and of the levels that it names.
pub(crate) fn size(e: &Expr<'_>) -> usize {
    let mut count = 0;
    let mut open = vec![e];
    while let Some(e) = open.pop() {
        count += 1;
        count += match &e.kind {
            ExprKind::In(_, levels) => levels.len(),
            ExprKind::By(table) => table.arms.iter().map(|arm| arm.levels.len()).sum(),
            _ => 0,
        };
        open.extend(e.kind.parts());
    }
    count
}
