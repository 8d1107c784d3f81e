//! Names in expressions: what they stand for where they stand, as a value.

use super::Checker;
use super::expression::{Scope, Value};
use super::names::{Candidates, Item};
use super::units::Units;
use crate::diagnostic::Diagnostic;
use crate::library::Function;
use crate::scenario::{ActorId, DerivedId, ExprKind, ParameterId, VariableId};
use crate::source::Span;
use crate::syntax::ast::{Name, Path};

impl<'a> Checker<'a> {
    pub(super) fn path(&mut self, path: Path<'a>, scope: Scope) -> Option<Value> {
        let span = path.span();
        let Some(owner) = path.owner else {
            return self.bare_name(path.name, scope);
        };
        match self.names.items.get(owner.text).copied() {
            Some((Item::Variable(index), _)) => {
                let variable = VariableId(index);
                let level = self.level(variable, path.name)?;
                Some(Value::number(
                    ExprKind::Number(f64::from(level)),
                    span,
                    Units::plain(),
                ))
            }
            Some((Item::Actor(index), _)) => {
                let actor = ActorId(index);
                if let Some(kind) = self.type_index(actor, path.name.text) {
                    return self.is_type(actor, kind, span, scope);
                }
                if self.names.move_ids.contains_key(&(index, path.name.text)) {
                    self.report(
                        Diagnostic::error("E0216", span, "a move is no value")
                            .label("expected a quantity")
                            .help("let the move change a variable, and ask for that"),
                    );
                    return None;
                }
                let candidates = self.type_names(actor);
                self.unknown("E0207", path.name, "type", candidates);
                None
            }
            Some(_) => {
                self.report(
                    Diagnostic::error(
                        "E0209",
                        owner.span,
                        format!("`{}` has no parts", owner.text),
                    )
                    .label("expected a variable (`rung.war`) or an actor (`us.resolved`)"),
                );
                None
            }
            None => {
                let mut candidates = self.variable_names();
                candidates.extend(self.actor_names());
                self.unknown("E0201", owner, "name", candidates);
                None
            }
        }
    }

    fn is_type(&mut self, actor: ActorId, kind: u32, span: Span, scope: Scope) -> Option<Value> {
        if scope.types == Some(actor) {
            return Some(Value::condition(ExprKind::IsType(actor, kind), span));
        }
        let found = match scope.types {
            None => Diagnostic::error("E0212", span, format!("{} does not know private types", scope.place))
                .label("expected something public")
                .help("what is private moves nothing in public by itself; types stand in payoffs, costs and gains"),
            Some(own) => {
                let types = &self.names.actors[own.0 as usize].types;
                let own = self.names.actors[own.0 as usize].name.text;
                let found = Diagnostic::error("E0213", span, "a type of another actor")
                    .label(format!("expected a type of `{own}`"))
                    .help("a value may depend on the type of the actor that it belongs to");
                types.iter().fold(found, |found, kind| {
                    found.related(kind.name.span, format!("a type of `{own}`"))
                })
            }
        };
        self.report(found);
        None
    }

    pub(super) fn bare_name(&mut self, name: Name<'a>, scope: Scope) -> Option<Value> {
        let span = name.span;
        if let Some(actor) = scope.types
            && let Some(kind) = self.type_index(actor, name.text)
        {
            return self.is_type(actor, kind, span, scope);
        }
        match self.names.items.get(name.text).copied() {
            Some((Item::Parameter(index), _)) => {
                self.used_parameters[index as usize] = true;
                let dimension = self.parameter_units.get(index as usize)?.clone();
                Some(Value::number(
                    ExprKind::Parameter(ParameterId(index)),
                    span,
                    dimension,
                ))
            }
            Some((Item::Derived(index), _)) => self.derived_name(index, span, scope),
            Some((Item::Variable(_), _)) => {
                self.report(
                    Diagnostic::error(
                        "E0210",
                        span,
                        format!("the variable `{}` is no number", name.text),
                    )
                    .label("expected a number or a condition")
                    .help(format!(
                        "`number({0})` is the position of its level; `{0} == LEVEL` is a condition",
                        name.text
                    ))
                    .fix(span, format!("number({})", name.text)),
                );
                None
            }
            Some((Item::Actor(_), _)) => {
                self.report(
                    Diagnostic::error(
                        "E0216",
                        span,
                        format!("the actor `{}` is no value", name.text),
                    )
                    .label("expected a quantity"),
                );
                None
            }
            None => {
                self.unknown_name(name, scope);
                None
            }
        }
    }

    fn derived_name(&mut self, index: u32, span: Span, scope: Scope) -> Option<Value> {
        self.used_derived[index as usize] = true;
        let help = "derived quantities may depend on the state; write it with parameters";
        self.may_vary(span, scope, help)?;
        let position = self
            .names
            .derived_ids
            .get(index as usize)
            .copied()
            .flatten()?;
        let facts = self.derived_facts.get(position as usize)?.clone()?;
        let kind = ExprKind::Derived(DerivedId(position));
        Some(if facts.condition {
            Value::condition(kind, span)
        } else {
            Value::number(kind, span, facts.units)
        })
    }

    /// A place for what depends on the state, or the finding that here nothing does.
    pub(super) fn may_vary(&mut self, span: Span, scope: Scope, help: &'static str) -> Option<()> {
        if scope.state {
            return Some(());
        }
        self.report(
            Diagnostic::error(
                "E0308",
                span,
                format!("{} is the same in every state", scope.place),
            )
            .label("expected parameters and numbers")
            .help(help),
        );
        None
    }

    fn unknown_name(&mut self, name: Name<'a>, scope: Scope) {
        if self.names.broken.contains(name.text) {
            return;
        }
        // A level or a type out of its place deserves a better answer than "unknown".
        let owner = self.names.variables.iter().find(|v| {
            v.levels
                .as_ref()
                .is_some_and(|l| l.value.iter().any(|(level, _)| level.text == name.text))
        });
        if let Some(owner) = owner {
            let text = format!("{}.{}", owner.name.text, name.text);
            self.report(
                Diagnostic::error(
                    "E0211",
                    name.span,
                    format!("the level `{}` stands alone", name.text),
                )
                .label(format!("expected `{text}`"))
                .help("a level name resolves only against the variable that it is compared with")
                .fix(name.span, text),
            );
            return;
        }
        let typed = self
            .names
            .actors
            .iter()
            .position(|a| a.types.iter().any(|t| t.name.text == name.text))
            .map(|i| ActorId(i as u32));
        if let Some(actor) = typed {
            let kind = self.type_index(actor, name.text).unwrap_or(0);
            self.is_type(actor, kind, name.span, scope);
            return;
        }
        if Function::named(name.text).is_some() || matches!(name.text, "number" | "belief") {
            self.report(
                Diagnostic::error("E0208", name.span, format!("`{}` is a function", name.text))
                    .label("expected `(` and arguments behind it"),
            );
            return;
        }
        let items = self.names.items.iter();
        let mut candidates: Candidates = items
            .filter(|(_, (item, _))| !matches!(item, Item::Actor(_)))
            .map(|(name, (_, span))| ((*name).to_owned(), Some(*span)))
            .collect();
        let types = scope
            .types
            .map_or_else(Vec::new, |actor| self.type_names(actor));
        let places = types.iter().filter_map(|(_, span)| *span);
        let places = places.map(|span| (span, "declared here")).collect();
        candidates.extend(types);
        candidates.sort_unstable();
        self.unknown_among("E0201", name, "name", candidates, places);
    }
}
