//! Values of expressions that depend on no variable and no type.

use crate::scenario::{BinaryOp, Expr, ExprKind, Scenario};

/// Value of `expr` with these parameters and (known) derived quantities; `None` when it depends on
/// the state, a type or a belief.
pub fn value(expr: &Expr, parameters: &[f64], derived: &dyn Fn(u32) -> Option<f64>) -> Option<f64> {
    let of = |e: &Expr| value(e, parameters, derived);
    Some(match &expr.kind {
        ExprKind::Number(x) => *x,
        ExprKind::Parameter(id) => *parameters.get(id.0 as usize)?,
        ExprKind::Derived(id) => derived(id.0)?,
        ExprKind::Level(_) | ExprKind::IsType(..) | ExprKind::Belief(..) => return None,
        ExprKind::Negate(x) => -of(x)?,
        ExprKind::Not(x) => f64::from(of(x)? == 0.0),
        ExprKind::Binary(op, a, b) => binary(*op, of(a)?, of(b)?),
        ExprKind::If {
            condition,
            then,
            otherwise,
        } => {
            if of(condition)? != 0.0 {
                of(then)?
            } else {
                of(otherwise)?
            }
        }
        ExprKind::ByLevel { .. } => return None,
        ExprKind::Call(function, arguments) => {
            let values: Option<Vec<f64>> = arguments.iter().map(of).collect();
            function.value(&values?)
        }
    })
}

/// Values of the derived quantities of a scenario that depend on no variable, at the central
/// parameters. Each uses only earlier ones, so one pass suffices however often they are used.
pub fn derived(scenario: &Scenario) -> Vec<Option<f64>> {
    let central: Vec<f64> = scenario.parameters.iter().map(|p| p.central).collect();
    let mut out: Vec<Option<f64>> = Vec::with_capacity(scenario.derived.len());
    for d in &scenario.derived {
        let known = |id: u32| out.get(id as usize).copied().flatten();
        let found = value(&d.value, &central, &known);
        out.push(found);
    }
    out
}

/// Value of an expression that depends on no variable, type or belief, at the central parameters.
pub fn of(scenario: &Scenario, expr: &Expr) -> Option<f64> {
    let central: Vec<f64> = scenario.parameters.iter().map(|p| p.central).collect();
    let known = derived(scenario);
    value(expr, &central, &|id| {
        known.get(id as usize).copied().flatten()
    })
}

/// Value of an expression that depends on no variable, for one type of its actor.
pub fn of_type(scenario: &Scenario, expr: &Expr, kind: u32) -> Option<f64> {
    of(scenario, &for_type(expr, kind))
}

/// The expression as it is for one type of the actor that it belongs to.
pub fn for_type(e: &Expr, kind: u32) -> Expr {
    let mut known = e.clone();
    let mut open = vec![&mut known];
    while let Some(e) = open.pop() {
        if let ExprKind::IsType(_, k) = e.kind {
            e.kind = ExprKind::Number(f64::from(u8::from(k == kind)));
        }
        open.extend(e.parts_mut());
    }
    known
}

/// Value of a binary operator.
pub fn binary(op: BinaryOp, a: f64, b: f64) -> f64 {
    match op {
        BinaryOp::Add => a + b,
        BinaryOp::Subtract => a - b,
        BinaryOp::Multiply => a * b,
        BinaryOp::Divide => a / b,
        BinaryOp::Power => libm::pow(a, b),
        BinaryOp::Equal => f64::from(a == b),
        BinaryOp::NotEqual => f64::from(a != b),
        BinaryOp::Less => f64::from(a < b),
        BinaryOp::LessEqual => f64::from(a <= b),
        BinaryOp::Greater => f64::from(a > b),
        BinaryOp::GreaterEqual => f64::from(a >= b),
        BinaryOp::And => f64::from(a != 0.0 && b != 0.0),
        BinaryOp::Or => f64::from(a != 0.0 || b != 0.0),
    }
}
