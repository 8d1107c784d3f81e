//! Expressions in plain English.

use climbdown_lang::Scenario;
use climbdown_lang::scenario::{BinaryOp as B, Expr, ExprKind as K, VariableId};

/// An expression in words, as part of a sentence.
pub fn words(s: &Scenario, e: &Expr) -> String {
    match &e.kind {
        K::Number(x) => number(*x),
        K::Parameter(id) => s.parameters[id.0 as usize].name.clone(),
        K::Derived(id) => s.derived[id.0 as usize].name.clone(),
        K::Level(v) => format!("the level of {}", variable(s, *v)),
        K::IsType(actor, kind) => {
            let actor = &s.actors[actor.0 as usize];
            let kind = actor.types.get(*kind as usize).map_or("?", |t| &t.label);
            format!("{} is {kind}", actor.label)
        }
        K::Belief(actor, kind) => {
            let actor = &s.actors[actor.0 as usize];
            let kind = actor.types.get(*kind as usize).map_or("?", |t| &t.label);
            format!("the belief that {} is {kind}", actor.label)
        }
        K::Negate(x) => format!("−{}", part(s, x)),
        K::Not(x) => format!("not {}", part(s, x)),
        K::Binary(op, a, b) => binary(s, *op, a, b),
        K::If {
            condition,
            then,
            otherwise,
        } => format!(
            "{} if {}, else {}",
            part(s, then),
            words(s, condition),
            words(s, otherwise)
        ),
        K::ByLevel {
            variable: v,
            arms,
            values,
        } => {
            let one = |(k, value): (usize, &Expr)| {
                let of = |(l, _): (usize, &u32)| level(s, *v, l as u32);
                let here = arms.iter().enumerate().filter(|(_, arm)| **arm == k as u32);
                let levels: Vec<String> = here.map(of).collect();
                format!("{} at {}", words(s, value), levels.join(", "))
            };
            let arms: Vec<String> = values.iter().enumerate().map(one).collect();
            format!("(by {}: {})", variable(s, *v), arms.join("; "))
        }
        K::Call(function, arguments) => {
            let list: Vec<String> = arguments.iter().map(|a| words(s, a)).collect();
            format!("{}({})", function.signature().name, list.join(", "))
        }
    }
}

/// The same where it stands beside an operator.
fn part(s: &Scenario, e: &Expr) -> String {
    match &e.kind {
        K::Binary(op, a, b) if named_level(s, *op, a, b).is_none() => format!("({})", words(s, e)),
        K::If { .. } => format!("({})", words(s, e)),
        _ => words(s, e),
    }
}

fn binary(s: &Scenario, op: B, a: &Expr, b: &Expr) -> String {
    if let Some(text) = named_level(s, op, a, b) {
        return text;
    }
    // A unit of time in the file leaves a product of two numbers behind.
    if let (B::Multiply, Some(a), Some(b)) = (op, constant(a), constant(b)) {
        return number(a * b);
    }
    let sign = match op {
        B::Add => "+",
        B::Subtract => "−",
        B::Multiply => "×",
        B::Divide => "/",
        B::Power => "^",
        B::Equal => "is",
        B::NotEqual => "is not",
        B::Less => "is below",
        B::LessEqual => "is at most",
        B::Greater => "is above",
        B::GreaterEqual => "is at least",
        B::And => "and",
        B::Or => "or",
    };
    // Chains of the same joining word need no brackets.
    let side = |e: &Expr| match &e.kind {
        K::Binary(inner, ..)
            if *inner == op && matches!(op, B::And | B::Or | B::Add | B::Multiply) =>
        {
            words(s, e)
        }
        _ => part(s, e),
    };
    format!("{} {sign} {}", side(a), side(b))
}

/// The value of a number, or of a product of some.
pub fn constant(e: &Expr) -> Option<f64> {
    match &e.kind {
        K::Number(x) => Some(*x),
        K::Binary(B::Multiply, a, b) => Some(constant(a)? * constant(b)?),
        _ => None,
    }
}

/// Whether it is a parameter, or a product of some, so that their units are said where they are.
pub fn named(e: &Expr) -> bool {
    match &e.kind {
        K::Parameter(_) => true,
        K::Binary(B::Multiply, a, b) => named(a) && named(b),
        _ => false,
    }
}

/// A variable compared with one of its levels.
fn named_level(s: &Scenario, op: B, a: &Expr, b: &Expr) -> Option<String> {
    let (K::Level(v), K::Number(k)) = (&a.kind, &b.kind) else {
        return None;
    };
    let levels = s.variables[v.0 as usize].levels.len();
    if k.fract() != 0.0 || !(0.0..levels as f64).contains(k) {
        return None;
    }
    let level = level(s, *v, *k as u32);
    let name = variable(s, *v);
    Some(match op {
        B::Equal => format!("{name} is at {level}"),
        B::NotEqual => format!("{name} is not at {level}"),
        B::Less => format!("{name} is below {level}"),
        B::LessEqual => format!("{name} is at {level} or below"),
        B::Greater => format!("{name} is above {level}"),
        B::GreaterEqual => format!("{name} is at {level} or above"),
        _ => return None,
    })
}

/// The text of a variable, with its name where they differ.
pub fn variable(s: &Scenario, v: VariableId) -> String {
    let variable = &s.variables[v.0 as usize];
    titled(&variable.label, &variable.name)
}

/// The text of a level.
pub fn level(s: &Scenario, v: VariableId, level: u32) -> String {
    let levels = &s.variables[v.0 as usize].levels;
    let level = levels.get(level as usize);
    level.map_or_else(|| "?".into(), |l| format!("“{}”", l.label))
}

/// A text for people with the name it goes by.
pub fn titled(label: &str, name: &str) -> String {
    if label == name {
        name.to_owned()
    } else {
        format!("{label} ({name})")
    }
}

/// A number with at most six digits that count.
pub fn number(x: f64) -> String {
    if x != 0.0 && (x.abs() < 1e-4 || x.abs() >= 1e7) {
        return format!("{x:.3e}");
    }
    let text = format!("{x:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
