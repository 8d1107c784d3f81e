//! Expressions: names resolved, units and kinds checked, lowered.

use super::names::Item;
use super::units::{self, Units};
use super::{Checker, constant};
use crate::diagnostic::Diagnostic;
use crate::scenario::{ActorId, BinaryOp, Expr, ExprKind, VariableId};
use crate::source::Span;
use crate::syntax::ast::{self, Name, Path};
use std::collections::VecDeque;

/// What an expression may refer to where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope {
    /// Variables and derived quantities.
    pub state: bool,
    /// Types of this actor.
    pub types: Option<ActorId>,
    /// Public beliefs.
    pub belief: bool,
    /// For messages: "a guard", "a payoff term".
    pub place: &'static str,
}

impl Scope {
    /// Something public that depends on the state.
    pub fn public(place: &'static str) -> Self {
        Self {
            state: true,
            types: None,
            belief: false,
            place,
        }
    }

    /// Something that depends on parameters alone.
    pub fn constant(place: &'static str) -> Self {
        Self {
            state: false,
            types: None,
            belief: false,
            place,
        }
    }

    /// A value of one actor.
    pub fn of(actor: ActorId, place: &'static str) -> Self {
        Self {
            state: true,
            types: Some(actor),
            belief: false,
            place,
        }
    }
}

/// A checked expression with what is known of it.
#[derive(Debug)]
pub(crate) struct Value {
    pub expr: Expr,
    pub units: Units,
    pub condition: bool,
    /// A literal 0, which fits any unit.
    pub zero: bool,
}

impl Value {
    pub(crate) fn number(kind: ExprKind, span: Span, units: Units) -> Self {
        Self {
            expr: Expr { kind, span },
            units,
            condition: false,
            zero: false,
        }
    }

    pub(crate) fn condition(kind: ExprKind, span: Span) -> Self {
        Self {
            expr: Expr { kind, span },
            units: Units::plain(),
            condition: true,
            zero: false,
        }
    }
}

impl<'a> Checker<'a> {
    /// A condition.
    pub(crate) fn condition(&mut self, e: &ast::Expr<'a>, scope: Scope) -> Option<Expr> {
        let value = self.expr(e, scope)?;
        self.as_condition(value, &[])
    }

    /// A checked value as a condition; `places` are those of names that may have been meant.
    pub(crate) fn as_condition(&mut self, value: Value, places: &[Span]) -> Option<Expr> {
        if value.condition {
            return Some(value.expr);
        }
        let mut found = Diagnostic::error(
            "E0301",
            value.expr.span,
            "a number, where a condition belongs",
        )
        .label("expected a condition")
        .help("compare it with something, such as `… > 0`");
        for place in places {
            found = found.related(*place, "declared here");
        }
        self.report(found);
        None
    }

    /// A number of this unit.
    pub(crate) fn number(
        &mut self,
        e: &ast::Expr<'a>,
        scope: Scope,
        wanted: &Units,
    ) -> Option<Expr> {
        let value = self.expr(e, scope)?;
        if value.zero || value.units == *wanted {
            return Some(value.expr);
        }
        let (is, should) = (value.units.describe(), wanted.describe());
        let help = if wanted.is_plain() {
            "divide by a quantity of the same unit; payoffs and probabilities are plain numbers"
        } else if value.units.is_plain() {
            "write the unit after the literal, or declare the parameter with it"
        } else {
            "convert it with a factor that carries the missing unit"
        };
        let found = Diagnostic::error(
            "E0303",
            value.expr.span,
            format!("{} is {is}, expected {should}", scope.place),
        )
        .label(format!("expected {should}"))
        .help(help);
        let found = self.with_origins(found, &value.expr);
        self.report(found);
        None
    }

    /// Adds the quantities behind an expression, nearest first: their unit or value may be what is
    /// wrong.
    pub(crate) fn with_origins(&self, mut found: Diagnostic, expr: &Expr) -> Diagnostic {
        const MOST: usize = 24;
        let mut open = VecDeque::from([expr]);
        let mut seen: Vec<Span> = Vec::new();
        // A bound on the search too: derived quantities may share parts over and over.
        let mut steps = 0;
        while let Some(e) = open.pop_front() {
            steps += 1;
            if steps > 512 || seen.len() >= MOST {
                break;
            }
            match &e.kind {
                ExprKind::Parameter(id) => {
                    let Some(p) = self.parameters.get(id.0 as usize) else {
                        continue;
                    };
                    if !seen.contains(&p.span) {
                        seen.push(p.span);
                        let unit = self.parameter_units[id.0 as usize].describe();
                        found = found.related(p.span, format!("`{}` is {unit}", p.name));
                    }
                }
                ExprKind::Derived(id) => {
                    let Some(d) = self.derived.get(id.0 as usize) else {
                        continue;
                    };
                    if !seen.contains(&d.span) {
                        seen.push(d.span);
                        found = found.related(d.span, format!("`{}` is derived here", d.name));
                        open.push_back(&d.value);
                    }
                }
                ExprKind::Negate(x) | ExprKind::Not(x) => open.push_back(x),
                ExprKind::Binary(_, a, b) => open.extend([a.as_ref(), b.as_ref()]),
                ExprKind::If {
                    then, otherwise, ..
                } => open.extend([then.as_ref(), otherwise.as_ref()]),
                ExprKind::ByLevel { values, .. } => open.extend(values),
                ExprKind::Call(_, arguments) => open.extend(arguments),
                ExprKind::Number(_)
                | ExprKind::Level(_)
                | ExprKind::IsType(..)
                | ExprKind::Belief(..) => {}
            }
        }
        found
    }

    /// Any expression.
    pub(crate) fn expr(&mut self, e: &ast::Expr<'a>, scope: Scope) -> Option<Value> {
        let span = e.span;
        match &e.kind {
            ast::ExprKind::Literal { value, unit } => {
                self.pedantic_literal(*value, span);
                self.literal(*value, unit.as_ref(), span)
            }
            ast::ExprKind::Path(path) => self.path(*path, scope),
            ast::ExprKind::Negate(inner) => {
                let inner = self.expr(inner, scope)?;
                let (units, zero) = (inner.units, inner.zero);
                Some(Value {
                    zero,
                    ..Value::number(ExprKind::Negate(Box::new(inner.expr)), span, units)
                })
            }
            ast::ExprKind::Not(inner) => {
                let inner = self.condition(inner, scope)?;
                Some(Value::condition(ExprKind::Not(Box::new(inner)), span))
            }
            ast::ExprKind::Binary(op, op_span, a, b) => {
                self.binary(*op, *op_span, a, b, span, scope)
            }
            ast::ExprKind::If {
                then,
                condition,
                otherwise,
            } => {
                let then = self.expr(then, scope);
                let condition = self.condition(condition, scope);
                let otherwise = self.expr(otherwise, scope);
                self.choice(condition?, then?, otherwise?, span)
            }
            ast::ExprKind::Guarded { arms, otherwise } => {
                self.guarded(arms, otherwise.as_deref(), span, scope)
            }
            ast::ExprKind::Call(name, arguments) => self.call(*name, arguments, span, scope),
            ast::ExprKind::In(of, levels) => self.membership(of, levels, span, scope),
            ast::ExprKind::By(table) => self.table(table, span, scope),
        }
    }

    fn pedantic_literal(&mut self, value: f64, span: Span) {
        if self.options.pedantic && value != 0.0 && value != 1.0 {
            self.report(
                Diagnostic::warning("W0601", span, "a number written in place")
                    .label("expected the name of a parameter")
                    .help("declare a `parameter` with its source and grade"),
            );
        }
    }

    fn literal(&mut self, value: f64, unit: Option<&ast::Unit<'a>>, span: Span) -> Option<Value> {
        if !value.is_finite() {
            return None; // reported by the lexer
        }
        let Some(unit) = unit else {
            let zero = value == 0.0;
            return Some(Value {
                zero,
                ..Value::number(ExprKind::Number(value), span, Units::plain())
            });
        };
        let (dimension, factor) = self.unit(unit);
        Some(Value::number(
            ExprKind::Number(value * factor),
            span,
            dimension,
        ))
    }

    /// Reads a written unit.
    pub(crate) fn unit(&mut self, unit: &ast::Unit<'a>) -> (Units, f64) {
        let (dimension, factor, needs_round) = units::read(unit, self.round_days);
        if let Some(span) = needs_round {
            self.needs_round(span);
        }
        (dimension, factor)
    }

    /// The variable that an expression names, if it is nothing but one.
    pub(crate) fn bare_variable(&self, e: &ast::Expr<'a>) -> Option<VariableId> {
        let ast::ExprKind::Path(Path { owner: None, name }) = &e.kind else {
            return None;
        };
        match self.names.items.get(name.text) {
            Some((Item::Variable(index), _)) => Some(VariableId(*index)),
            _ => None,
        }
    }

    /// Whether an expression is a name whose own declaration is wrong.
    pub(crate) fn bare_broken(&self, e: &ast::Expr<'a>) -> bool {
        matches!(&e.kind, ast::ExprKind::Path(path)
            if self.names.broken.contains(path.owner.unwrap_or(path.name).text))
    }

    /// Both sides of `+`, `-`, a comparison or a choice have one unit.
    pub(crate) fn same_units(
        &mut self,
        a: &Value,
        b: &Value,
        span: Span,
        doing: &str,
    ) -> Option<Units> {
        if a.zero {
            return Some(b.units.clone());
        }
        if b.zero || a.units == b.units {
            return Some(a.units.clone());
        }
        let (left, right) = (a.units.describe(), b.units.describe());
        let found = Diagnostic::error("E0302", span, format!("{doing} {left} and {right}"))
            .label(format!("expected {left} on both sides"))
            .related(a.expr.span, format!("this is {left}"))
            .related(b.expr.span, format!("this is {right}"))
            .help("only like units can be added or compared");
        let found = self.with_origins(self.with_origins(found, &a.expr), &b.expr);
        self.report(found);
        None
    }

    fn binary(
        &mut self,
        op: BinaryOp,
        op_span: Span,
        a: &ast::Expr<'a>,
        b: &ast::Expr<'a>,
        span: Span,
        scope: Scope,
    ) -> Option<Value> {
        use BinaryOp as B;
        let lowered = |op, a: Expr, b: Expr| ExprKind::Binary(op, Box::new(a), Box::new(b));
        match op {
            B::And | B::Or => {
                let a = self.condition(a, scope);
                let b = self.condition(b, scope);
                Some(Value::condition(lowered(op, a?, b?), span))
            }
            B::Equal | B::NotEqual | B::Less | B::LessEqual | B::Greater | B::GreaterEqual => {
                if self.bare_broken(a) || self.bare_broken(b) {
                    return None; // what it is compared with may be its level
                }
                let (left, right) = match (self.bare_variable(a), self.bare_variable(b)) {
                    (Some(variable), _) => {
                        let left = self.level_of(variable, a.span, scope);
                        (left, self.compared_level(variable, b))
                    }
                    (None, Some(variable)) => {
                        let left = self.compared_level(variable, a);
                        (left, self.level_of(variable, b.span, scope))
                    }
                    (None, None) => (self.expr(a, scope), self.expr(b, scope)),
                };
                let (left, right) = (left?, right?);
                self.same_units(&left, &right, op_span, "compares")?;
                Some(Value::condition(lowered(op, left.expr, right.expr), span))
            }
            B::Add | B::Subtract => {
                let (a, b) = (self.expr(a, scope), self.expr(b, scope));
                let (a, b) = (a?, b?);
                let doing = if op == B::Add { "adds" } else { "subtracts" };
                let dimension = self.same_units(&a, &b, op_span, doing)?;
                let zero = a.zero && b.zero;
                Some(Value {
                    zero,
                    ..Value::number(lowered(op, a.expr, b.expr), span, dimension)
                })
            }
            B::Multiply | B::Divide => {
                let (a, b) = (self.expr(a, scope), self.expr(b, scope));
                let (a, b) = (a?, b?);
                if op == B::Divide && b.zero {
                    self.report(
                        Diagnostic::error("E0313", b.expr.span, "a division by zero")
                            .label("expected a number other than 0"),
                    );
                    return None;
                }
                let power = if op == B::Multiply { 1 } else { -1 };
                let dimension = a.units.times(&b.units, power);
                Some(Value::number(lowered(op, a.expr, b.expr), span, dimension))
            }
            B::Power => self.power(a, b, span, scope),
        }
    }

    fn power(
        &mut self,
        a: &ast::Expr<'a>,
        b: &ast::Expr<'a>,
        span: Span,
        scope: Scope,
    ) -> Option<Value> {
        let base = self.expr(a, scope);
        let is_two = matches!(b.kind, ast::ExprKind::Literal { value, unit: None } if value == 2.0);
        let pedantic = self.options.pedantic;
        self.options.pedantic &= !is_two;
        let exponent = self.expr(b, scope);
        self.options.pedantic = pedantic;
        let (base, exponent) = (base?, exponent?);
        if !exponent.units.is_plain() {
            self.report(
                Diagnostic::error(
                    "E0302",
                    exponent.expr.span,
                    format!("an exponent of {}", exponent.units.describe()),
                )
                .label("expected a plain number"),
            );
            return None;
        }
        let dimension = if base.units.is_plain() {
            Units::plain()
        } else {
            let whole = constant::value(&exponent.expr, &[], &|_| None)
                .filter(|x| x.fract() == 0.0 && x.abs() <= 16.0);
            let Some(power) = whole else {
                self.report(
                    Diagnostic::error(
                        "E0302",
                        exponent.expr.span,
                        format!("a power of {}", base.units.describe()),
                    )
                    .label("expected a whole number from -16 to 16")
                    .help("divide the base by a quantity of its unit first"),
                );
                return None;
            };
            Units::plain().times(&base.units, power as i32)
        };
        let kind = ExprKind::Binary(
            BinaryOp::Power,
            Box::new(base.expr),
            Box::new(exponent.expr),
        );
        Some(Value::number(kind, span, dimension))
    }

    /// The position of a variable's level.
    pub(crate) fn level_of(
        &mut self,
        variable: VariableId,
        span: Span,
        scope: Scope,
    ) -> Option<Value> {
        self.used_variables[variable.0 as usize] |= !self.own_lines(variable, span);
        self.may_vary(span, scope, "what is constant cannot depend on a variable")?;
        Some(Value::number(
            ExprKind::Level(variable),
            span,
            Units::plain(),
        ))
    }

    /// Whether a place lies among the lines of the construct that made a variable: what a drift
    /// itself reads is no use of it.
    fn own_lines(&self, variable: VariableId, at: Span) -> bool {
        let name = self.names.variables[variable.0 as usize].name.text;
        let block = self.made_from.get(name);
        block.is_some_and(|block| block.start <= at.start && at.end <= block.end)
    }

    /// What a variable is compared with: a level.
    fn compared_level(&mut self, variable: VariableId, e: &ast::Expr<'a>) -> Option<Value> {
        let name = match &e.kind {
            ast::ExprKind::Path(Path { owner: None, name }) if self.bare_variable(e).is_none() => {
                *name
            }
            ast::ExprKind::Path(Path {
                owner: Some(owner),
                name,
            }) if owner.text == self.names.variables[variable.0 as usize].name.text => *name,
            _ => {
                self.no_level(variable, e);
                return None;
            }
        };
        let level = self.level(variable, name)?;
        Some(Value::number(
            ExprKind::Number(f64::from(level)),
            e.span,
            Units::plain(),
        ))
    }

    /// A variable is compared with something that is no name of a level, or is also another's name.
    fn no_level(&mut self, variable: VariableId, e: &ast::Expr<'a>) {
        let declared = self.names.variables[variable.0 as usize];
        let text = declared.name.text;
        let other = match &e.kind {
            ast::ExprKind::Path(Path { owner: None, name }) => self.names.items.get(name.text),
            _ => None,
        };
        let found = Diagnostic::error(
            "E0204",
            e.span,
            format!("`{text}` is compared with something other than a level"),
        )
        .label(format!("expected a level of `{text}`"));
        self.report(match other {
            Some((Item::Variable(_), span)) => found
                .related(*span, "this is a variable")
                .help(format!(
                    "write `{text}.LEVEL`, or give variables and levels different names; compare numbers with `number({text})`"
                )),
            _ => found.help(format!("compare numbers with `number({text})`")),
        });
    }

    fn membership(
        &mut self,
        of: &ast::Expr<'a>,
        levels: &[Name<'a>],
        span: Span,
        scope: Scope,
    ) -> Option<Value> {
        if self.bare_broken(of) {
            return None;
        }
        let Some(variable) = self.bare_variable(of) else {
            if let ast::ExprKind::Path(Path { owner: None, name }) = &of.kind
                && !self.names.items.contains_key(name.text)
            {
                self.variable(*name);
                return None;
            }
            self.report(
                Diagnostic::error("E0209", of.span, "`in` asks for the level of a variable")
                    .label("expected a variable"),
            );
            return None;
        };
        self.doubles(levels.iter().copied());
        let position = self.level_of(variable, of.span, scope);
        let indices: Vec<Option<u32>> = levels.iter().map(|l| self.level(variable, *l)).collect();
        let indices: Option<Vec<u32>> = indices.into_iter().collect();
        position?;
        let indices = indices?;
        let count = self.names.variables[variable.0 as usize]
            .levels
            .as_ref()
            .map_or(0, |l| l.value.len());
        let arms = (0..count as u32)
            .map(|i| u32::from(indices.contains(&i)))
            .collect();
        let values = [0.0, 1.0]
            .map(|x| Expr {
                kind: ExprKind::Number(x),
                span,
            })
            .into();
        Some(Value::condition(
            ExprKind::ByLevel {
                variable,
                arms,
                values,
            },
            span,
        ))
    }

    pub(crate) fn choice(
        &mut self,
        condition: Expr,
        then: Value,
        otherwise: Value,
        span: Span,
    ) -> Option<Value> {
        let dimension = self.same_units(&then, &otherwise, span, "chooses between")?;
        let both = then.condition && otherwise.condition;
        let zero = then.zero && otherwise.zero;
        let kind = ExprKind::If {
            condition: Box::new(condition),
            then: Box::new(then.expr),
            otherwise: Box::new(otherwise.expr),
        };
        Some(Value {
            condition: both,
            zero,
            ..Value::number(kind, span, dimension)
        })
    }
}
