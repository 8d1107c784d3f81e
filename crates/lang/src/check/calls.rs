//! Expressions of several parts: guarded lists, tables by level, function calls.

use super::Checker;
use super::expression::{Scope, Value};
use super::names::Item;
use super::units::Units;
use crate::diagnostic::Diagnostic;
use crate::library::{Function, Quantity, Signature};
use crate::scenario::{Expr, ExprKind};
use crate::source::Span;
use crate::syntax::ast::{self, Name, Path};

impl<'a> Checker<'a> {
    pub(crate) fn guarded(
        &mut self,
        arms: &[(ast::Expr<'a>, ast::Expr<'a>)],
        otherwise: Option<&ast::Expr<'a>>,
        span: Span,
        scope: Scope,
    ) -> Option<Value> {
        let mut checked = Vec::new();
        let mut wrong = false;
        for (value, condition) in arms {
            let value = self.expr(value, scope);
            let condition = self.condition(condition, scope);
            match (value, condition) {
                (Some(value), Some(condition)) => checked.push((value, condition)),
                _ => wrong = true,
            }
        }
        let last = otherwise.map(|e| self.expr(e, scope));
        if wrong {
            return None;
        }
        let mut out = match last {
            Some(value) => value?,
            None => {
                if !self.covers_types(&checked, scope) {
                    let end = span.end as usize;
                    let mut found = Diagnostic::error(
                        "E0318",
                        span,
                        "a list of cases without `otherwise`",
                    )
                    .label("expected a last case `VALUE otherwise`")
                    .help("cases need no `otherwise` only when they name every type of the actor");
                    if checked.iter().all(|(v, _)| v.units.is_plain()) {
                        found = found.fix(Span::new(end, end), ", 0 otherwise");
                    }
                    self.report(found);
                    return None;
                }
                // The last type needs no question.
                checked.pop()?.0
            }
        };
        while let Some((value, condition)) = checked.pop() {
            out = self.choice(condition, value, out, span)?;
        }
        Some(out)
    }

    /// Whether the cases are exactly the types of the actor.
    fn covers_types(&self, arms: &[(Value, Expr)], scope: Scope) -> bool {
        let Some(actor) = scope.types else {
            return false;
        };
        let count = self.names.actors[actor.0 as usize].types.len();
        let mut seen = vec![false; count];
        for (_, condition) in arms {
            match condition.kind {
                ExprKind::IsType(who, kind) if who == actor && !seen[kind as usize] => {
                    seen[kind as usize] = true
                }
                _ => return false,
            }
        }
        count > 0 && seen.iter().all(|s| *s)
    }

    pub(crate) fn table(
        &mut self,
        table: &ast::Table<'a>,
        span: Span,
        scope: Scope,
    ) -> Option<Value> {
        let variable = self.variable(table.variable);
        let position = variable.and_then(|v| self.level_of(v, table.variable.span, scope));
        let count = variable
            .and_then(|v| self.names.variables[v.0 as usize].levels.as_ref())
            .map_or(0, |l| l.value.len());
        let mut arms: Vec<Option<(u32, Span)>> = vec![None; count];
        let mut values: Vec<Option<Value>> = Vec::new();
        let mut wrong = false;
        for arm in &table.arms {
            let index = values.len() as u32;
            for level in &arm.levels {
                let Some(variable) = variable else { continue };
                let Some(at) = self.level(variable, *level) else {
                    wrong = true;
                    continue;
                };
                if let Some((_, first)) = arms[at as usize] {
                    wrong = true;
                    self.report(
                        Diagnostic::error(
                            "E0314",
                            level.span,
                            format!("the level `{}` is covered twice", level.text),
                        )
                        .label("expected a level that is not covered yet")
                        .related(first, "covered here"),
                    );
                } else {
                    arms[at as usize] = Some((index, level.span));
                }
            }
            values.push(self.expr(&arm.value, scope));
        }
        if let Some(otherwise) = &table.otherwise {
            let index = values.len() as u32;
            let value = self.expr(&otherwise.value, scope);
            if variable.is_some() && count > 0 && !wrong && arms.iter().all(Option::is_some) {
                self.report(
                    Diagnostic::error("E0314", otherwise.span, "`otherwise` covers no level")
                        .label("expected no `otherwise`: every level has its line")
                        .help("remove this line"),
                );
                wrong = true;
            }
            for arm in &mut arms {
                arm.get_or_insert((index, otherwise.span));
            }
            values.push(value);
        }
        let (variable, _) = (variable?, position?);
        if count == 0 || wrong {
            return None;
        }
        if arms.iter().any(Option::is_none) {
            let levels = self.names.variables[variable.0 as usize].levels.as_ref()?;
            let missing: Vec<&str> = levels
                .value
                .iter()
                .zip(&arms)
                .filter(|(_, a)| a.is_none())
                .map(|((l, _), _)| l.text)
                .collect();
            self.report(
                Diagnostic::error(
                    "E0314",
                    table.variable.span,
                    format!("the table does not cover: {}", missing.join(", ")),
                )
                .label("expected a line for every level, or `otherwise`")
                .related(levels.span, "the levels"),
            );
            return None;
        }
        let values: Option<Vec<Value>> = values.into_iter().collect();
        let values = values?;
        let mut dimension: Option<&Value> = None;
        for value in &values {
            match dimension {
                Some(first) if !first.zero => {
                    self.same_units(first, value, value.expr.span, "a table of")?;
                }
                _ => dimension = Some(value),
            }
        }
        let condition = values.iter().all(|v| v.condition);
        let dimension = dimension.map_or(Units::plain(), |v| v.units.clone());
        let arms = arms.into_iter().flatten().map(|(index, _)| index).collect();
        let values = values.into_iter().map(|v| v.expr).collect();
        let kind = ExprKind::ByLevel {
            variable,
            arms,
            values,
        };
        Some(Value {
            condition,
            ..Value::number(kind, span, dimension)
        })
    }

    pub(crate) fn call(
        &mut self,
        name: Name<'a>,
        arguments: &[ast::Expr<'a>],
        span: Span,
        scope: Scope,
    ) -> Option<Value> {
        if name.text == "number" {
            return self.position_of(name, arguments, span, scope);
        }
        if name.text == "belief" {
            return self.belief(name, arguments, span, scope);
        }
        let Some(function) = Function::named(name.text) else {
            if let Some((item, _)) = self.names.items.get(name.text).copied() {
                self.operator_missing(name, item, arguments);
                return None;
            }
            let names = Function::ALL
                .iter()
                .map(|f| f.signature().name)
                .chain(["number", "belief"]);
            let candidates = names.map(|n| (n.to_owned(), None)).collect();
            self.unknown("E0208", name, "function", candidates);
            for argument in arguments {
                self.expr(argument, scope);
            }
            return None;
        };
        let signature = function.signature();
        let values: Vec<Option<Value>> = arguments.iter().map(|a| self.expr(a, scope)).collect();
        let fits = if signature.many {
            !values.is_empty()
        } else {
            values.len() == signature.arguments.len()
        };
        if !fits {
            self.wrong_count(name, &signature, values.len());
            return None;
        }
        let values: Option<Vec<Value>> = values.into_iter().collect();
        let values = values?;
        let result = self.call_units(&signature, &values)?;
        let kind = ExprKind::Call(function, values.into_iter().map(|v| v.expr).collect());
        Some(Value::number(kind, span, result))
    }

    /// A quantity with `(` behind it: most often a `+` or `*` was lost.
    fn operator_missing(&mut self, name: Name<'a>, item: Item, arguments: &[ast::Expr<'a>]) {
        self.mark_used(name.text);
        let kind = item.kind();
        let found = Diagnostic::error(
            "E0208",
            name.span,
            format!("the {kind} `{}` is no function", name.text),
        )
        .label("expected an operator behind it")
        .help("write `*`, `+`, `-` or `/` between it and the parenthesis");
        let all = arguments.first().zip(arguments.last());
        self.report(match all {
            Some((first, last)) => found.related(first.span.to(last.span), "read as its arguments"),
            None => found,
        });
    }

    fn wrong_count(&mut self, name: Name<'a>, signature: &Signature, count: usize) {
        let list: Vec<&str> = signature.arguments.iter().map(|(n, _)| *n).collect();
        let wanted = if signature.many {
            "one or more".into()
        } else {
            list.len().to_string()
        };
        self.report(
            Diagnostic::error(
                "E0304",
                name.span,
                format!("`{}` takes {wanted} arguments, not {count}", name.text),
            )
            .label(format!("expected `{}({})`", name.text, list.join(", "))),
        );
    }

    /// Checks the units of a call's arguments; gives the result's.
    fn call_units(&mut self, signature: &Signature, values: &[Value]) -> Option<Units> {
        // The unit that `Any` stands for in this call: that of the first argument that shows it.
        let quantity = |i: usize| signature.arguments[i.min(signature.arguments.len() - 1)];
        let mut any: Option<Units> = None;
        for (i, value) in values.iter().enumerate() {
            if any.is_none() && !value.zero {
                any = match quantity(i).1 {
                    Quantity::Any => Some(value.units.clone()),
                    Quantity::AnyPerTime => Some(value.units.times(&Units::time(1), 1)),
                    _ => None,
                };
            }
        }
        let any = any.unwrap_or_default();
        let dimension = |q: Quantity| match q {
            Quantity::Plain => Units::plain(),
            Quantity::Any | Quantity::Root => any.clone(),
            Quantity::Time => Units::time(1),
            Quantity::PerTime => Units::time(-1),
            Quantity::AnyPerTime => any.times(&Units::time(1), -1),
            Quantity::Unit(word) => Units::word(word),
            Quantity::UnitPerTime(word) => Units::word(word).times(&Units::time(1), -1),
        };
        let mut wrong = false;
        for (i, value) in values.iter().enumerate() {
            let (argument, kind) = quantity(i);
            let wanted = dimension(kind);
            if !value.zero && value.units != wanted {
                wrong = true;
                let (is, should) = (value.units.describe(), wanted.describe());
                let found = Diagnostic::error(
                    "E0302",
                    value.expr.span,
                    format!("`{argument}` of `{}` is {is}", signature.name),
                )
                .label(format!("expected {should}"))
                .help(signature.text);
                let found = self.with_origins(found, &value.expr);
                self.report(found);
            }
        }
        if wrong {
            return None;
        }
        if signature.result == Quantity::Root {
            let Some(root) = any.root() else {
                let span = values.first().map_or(Span::default(), |v| v.expr.span);
                self.report(
                    Diagnostic::error(
                        "E0302",
                        span,
                        format!("the square root of {}", any.describe()),
                    )
                    .label("expected a unit that is a square"),
                );
                return None;
            };
            return Some(root);
        }
        Some(dimension(signature.result))
    }

    /// `number(VARIABLE)` or `number(VARIABLE.LEVEL)`.
    fn position_of(
        &mut self,
        name: Name<'a>,
        arguments: &[ast::Expr<'a>],
        span: Span,
        scope: Scope,
    ) -> Option<Value> {
        let [argument] = arguments else {
            self.report(
                Diagnostic::error(
                    "E0304",
                    name.span,
                    format!("`number` takes 1 argument, not {}", arguments.len()),
                )
                .label("expected `number(VARIABLE)`"),
            );
            return None;
        };
        if let Some(variable) = self.bare_variable(argument) {
            self.level_of(variable, argument.span, scope)?;
            return Some(Value::number(
                ExprKind::Level(variable),
                span,
                Units::plain(),
            ));
        }
        match &argument.kind {
            ast::ExprKind::Path(Path {
                owner: Some(owner), ..
            }) if self
                .names
                .variables
                .iter()
                .any(|v| v.name.text == owner.text) =>
            {
                self.expr(argument, scope)
            }
            ast::ExprKind::Path(Path { owner: None, name })
                if !self.names.items.contains_key(name.text) =>
            {
                let candidates = self.variable_names();
                self.unknown("E0209", *name, "variable", candidates);
                None
            }
            _ => {
                self.report(
                    Diagnostic::error(
                        "E0209",
                        argument.span,
                        "`number` gives the position of a variable's level",
                    )
                    .label("expected a variable"),
                );
                None
            }
        }
    }

    /// `belief(ACTOR.TYPE)`.
    fn belief(
        &mut self,
        name: Name<'a>,
        arguments: &[ast::Expr<'a>],
        span: Span,
        scope: Scope,
    ) -> Option<Value> {
        if !scope.belief {
            self.report(
                Diagnostic::error(
                    "E0214",
                    span,
                    format!("{} cannot use a belief", scope.place),
                )
                .label("expected something else: beliefs stand only under `afterwards`"),
            );
            return None;
        }
        let path = match arguments {
            [
                ast::Expr {
                    kind:
                        ast::ExprKind::Path(Path {
                            owner: Some(owner),
                            name,
                        }),
                    ..
                },
            ] => (*owner, *name),
            _ => {
                self.report(
                    Diagnostic::error("E0304", name.span, "`belief` takes one type of one actor")
                        .label("expected `belief(ACTOR.TYPE)`"),
                );
                return None;
            }
        };
        let actor = self.actor(path.0)?;
        let Some(kind) = self.type_index(actor, path.1.text) else {
            let candidates = self.type_names(actor);
            self.unknown("E0207", path.1, "type", candidates);
            return None;
        };
        Some(Value::number(
            ExprKind::Belief(actor, kind),
            span,
            Units::plain(),
        ))
    }
}
