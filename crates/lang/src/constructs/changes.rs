//! Changes, as policies, alternatives of structures and mindsets write them, and the switches by
//! which a move or trigger can be there `only with` one of these.
//!
//! A switch is a parameter that the language makes: 0 as written, 1 where the policy, alternative or
//! mindset is in force. `only with` lowers into a guard on it, so that whatever can change parameters
//! can turn them all on.

use crate::check::Checker;
use crate::check::actors::short;
use crate::check::expression::Scope;
use crate::check::names::Item;
use crate::check::units::Units;
use crate::diagnostic::Diagnostic;
use crate::scenario::{
    ActorId, Adjustment, BinaryOp, Expr, ExprKind, Parameter, ParameterId, Scale,
};
use crate::source::Span;
use crate::syntax::ast::{self, Name, Path};
use crate::syntax::declarations::Parser;
use crate::syntax::lexer::TokenKind as T;
use std::collections::HashMap;

/// One written change.
#[derive(Debug)]
pub struct Change<'a> {
    /// Of what.
    pub target: Target<'a>,
    /// Its line.
    pub span: Span,
}

/// What is changed, and how.
#[derive(Debug)]
pub enum Target<'a> {
    /// `PARAMETER = X`, `PARAMETER times X`
    Parameter(Name<'a>, Written<'a>),
    /// `precision = X`, `precision times X`
    Precision(Written<'a>),
    /// `payoff TERM times X`
    Term(Name<'a>, ast::Expr<'a>),
    /// `prior TYPE = P`
    Prior(Name<'a>, ast::Expr<'a>),
    /// `without ACTOR.MOVE`
    Without(Path<'a>),
}

/// A new value, or a factor.
#[derive(Debug)]
pub struct Written<'a> {
    /// `times`, not `=`.
    pub times: bool,
    /// The number.
    pub value: ast::Expr<'a>,
}

impl<'a> Parser<'a, '_> {
    /// A change, when the line is one: `Some(None)` when it is and cannot be read. The first word is
    /// still to be read.
    pub(crate) fn change(&mut self, line: usize) -> Option<Option<Change<'a>>> {
        let span = self.block_span(line);
        if self.cursor.eat_word("without") {
            let path = self.cursor.path("a move");
            return Some(path.map(|path| Change {
                target: Target::Without(path),
                span,
            }));
        }
        let is_change = self.cursor.word(0).is_some()
            && (self.cursor.word(1) == Some("times") || self.cursor.kind(1) == Some(T::Assign));
        if !is_change {
            return None;
        }
        let read = self.cursor.name("a parameter").and_then(|name| {
            let written = self.written()?;
            Some(Change {
                target: Target::Parameter(name, written),
                span,
            })
        });
        Some(read)
    }

    /// `= X` or `times X`.
    pub(crate) fn written(&mut self) -> Option<Written<'a>> {
        let times = self.cursor.eat_word("times");
        if !times {
            self.cursor.expect(T::Assign, "`=` or `times`")?;
        }
        Some(Written {
            times,
            value: self.cursor.value()?,
        })
    }

    /// `with NAME` after `only`.
    pub(crate) fn only_with(&mut self) -> Option<Path<'a>> {
        self.cursor.expect_word("with")?;
        self.cursor
            .path("a policy, an alternative of a structure, or a mindset")
    }
}

/// What `only with` can name, and the switches made so far.
#[derive(Default)]
pub(crate) struct Switches<'a> {
    known: HashMap<(Option<&'a str>, &'a str), Switch>,
}

struct Switch {
    name: String,
    what: &'static str,
    at: Span,
    /// Place of the structure or of the mindset's actor.
    owner_at: Option<Span>,
    parameter: Option<ParameterId>,
}

impl<'a> Checker<'a> {
    /// Enters the names of policies, alternatives and mindsets.
    pub(crate) fn collect_switches(&mut self) {
        let file = self.file;
        let policies = file.policies.iter().map(|p| (None, p.name, "policy"));
        let alternatives = file.structures.iter().flat_map(|s| {
            let of = s.alternatives.iter();
            of.map(|a| (Some(s.name), a.name, "alternative"))
        });
        let mindsets = file
            .mindsets
            .iter()
            .map(|m| (Some(m.actor), m.name, "mindset"));
        for (owner, name, what) in policies.chain(alternatives).chain(mindsets) {
            let owner_at = owner.map(|o: Name<'a>| o.span);
            let owner = owner.map(|o| o.text);
            if let Some(first) = self.switches.known.get(&(owner, name.text)) {
                let first = first.at;
                self.double(name.span, first, name.text);
                continue;
            }
            let full = match owner {
                Some(owner) => format!("{owner}.{}", name.text),
                None => name.text.to_owned(),
            };
            let switch = Switch {
                name: full,
                what,
                at: name.span,
                owner_at,
                parameter: None,
            };
            self.switches.known.insert((owner, name.text), switch);
        }
    }

    /// The switch of a policy, alternative or mindset, made when it is first asked for.
    pub(crate) fn switch(&mut self, owner: Option<&'a str>, name: &'a str) -> Option<ParameterId> {
        let next = ParameterId(self.parameters.len() as u32);
        let switch = self.switches.known.get_mut(&(owner, name))?;
        if let Some(id) = switch.parameter {
            return Some(id);
        }
        switch.parameter = Some(next);
        let parameter = Parameter {
            name: format!("with {}", switch.name),
            low: 0.0,
            central: 0.0,
            high: 0.0,
            unit: String::new(),
            scale: 1.0,
            text: format!("1 with the {} `{}`, 0 without", switch.what, switch.name),
            source: String::new(),
            grade: None,
            known_by: None,
            switch: true,
            span: switch.at,
        };
        self.parameters.push(parameter);
        self.parameter_units.push(Units::plain());
        Some(next)
    }

    /// What turns a policy, alternative or mindset on, if something hangs on it.
    pub(crate) fn turned_on(&self, owner: Option<&'a str>, name: &'a str) -> Option<Adjustment> {
        let id = self.switches.known.get(&(owner, name))?.parameter?;
        Some(Adjustment::Parameter(id, Scale::Set(1.0)))
    }

    /// A guard that also asks for what stands after `only with`.
    pub(crate) fn gated(&mut self, guard: Option<Expr>, only: Option<Path<'a>>) -> Option<Expr> {
        let Some(path) = only else { return guard };
        let owner = path.owner.map(|o| o.text);
        let Some(id) = self.switch(owner, path.name.text) else {
            self.unknown_switch(path);
            return guard;
        };
        let span = path.span();
        let number = |kind| Box::new(Expr { kind, span });
        let on = Expr {
            kind: ExprKind::Binary(
                BinaryOp::Greater,
                number(ExprKind::Parameter(id)),
                number(ExprKind::Number(0.0)),
            ),
            span,
        };
        Some(match guard {
            None => on,
            Some(guard) => Expr {
                span: guard.span,
                kind: ExprKind::Binary(BinaryOp::And, Box::new(guard), Box::new(on)),
            },
        })
    }

    fn unknown_switch(&mut self, path: Path<'a>) {
        if self.names.broken.contains(path.name.text) {
            return;
        }
        let known = self.switches.known.values();
        let mut names: Vec<(String, Span)> = known.map(|s| (s.name.clone(), s.at)).collect();
        names.sort();
        let owners = self.switches.known.values().filter_map(|s| s.owner_at);
        let mut places: Vec<Span> = names.iter().map(|(_, at)| *at).chain(owners).collect();
        places.sort_unstable();
        places.dedup();
        let written = match path.owner {
            Some(owner) => format!("{}.{}", owner.text, path.name.text),
            None => path.name.text.to_owned(),
        };
        let near = self
            .near(&written, names.iter().map(|(name, _)| name.as_str()))
            .map(str::to_owned);
        let mut found = Diagnostic::error(
            "E0703",
            path.span(),
            format!("there is no policy, alternative or mindset `{written}`"),
        )
        .label("expected the name of one: `POLICY`, `STRUCTURE.ALTERNATIVE` or `ACTOR.MINDSET`");
        for at in places.into_iter().take(24) {
            found = found.related(at, "declared here");
        }
        self.report(match near {
            Some(near) => found
                .help(format!("did you mean `{near}`?"))
                .fix(path.span(), near),
            None => found.help("declare it, or remove this line"),
        });
    }

    /// The changes of a policy, alternative or mindset. `owner` is the actor of a mindset, and where
    /// it is named.
    pub(crate) fn adjustments(
        &mut self,
        changes: &'a [Change<'a>],
        owner: Option<(ActorId, Span)>,
        what: &'static str,
    ) -> Vec<Adjustment> {
        changes
            .iter()
            .filter_map(|change| self.adjustment(change, owner, what))
            .collect()
    }

    fn adjustment(
        &mut self,
        change: &'a Change<'a>,
        owner: Option<(ActorId, Span)>,
        what: &'static str,
    ) -> Option<Adjustment> {
        let actor = owner.map(|(actor, _)| actor);
        match &change.target {
            Target::Parameter(name, written) => self.parameter_change(*name, written, what),
            Target::Without(path) => {
                let id = self.move_id(*path, actor)?;
                let (owner, _) = self.names.moves[id.0 as usize];
                if actor.is_some_and(|actor| actor != owner) {
                    self.report(
                        Diagnostic::error(
                            "E0708",
                            path.span(),
                            "a mindset closes a move of another",
                        )
                        .label("expected a move of the mindset's own actor")
                        .help("a `policy` or `structure` may close moves of anybody"),
                    );
                    return None;
                }
                Some(Adjustment::Move(id, false))
            }
            Target::Precision(written) => {
                let value = self.plain_constant(&written.value, "a precision")?;
                if self.negative(value, written.value.span, "a precision") {
                    return None;
                }
                Some(Adjustment::Precision(actor?, scale(written, value)))
            }
            Target::Term(name, value) => {
                let actor = actor?;
                let factor = self.plain_constant(value, "the weight of a payoff term")?;
                let terms = &self.actors.get(actor.0 as usize)?;
                let all = terms.payoff.iter().chain(&terms.afterwards);
                let names: Vec<(String, Option<Span>)> =
                    all.map(|t| (t.name.clone(), Some(t.span))).collect();
                if let Some(at) = names.iter().position(|(term, _)| term == name.text) {
                    return Some(Adjustment::Term(actor, at as u32, factor));
                }
                // It may be another's.
                let others = self
                    .actors
                    .iter()
                    .flat_map(|a| a.payoff.iter().chain(&a.afterwards));
                let others = others.filter(|t| t.name == name.text);
                let others = others.map(|t| (t.span, "another's"));
                let own = owner.map(|(_, span)| (span, "of this actor"));
                let places = own.into_iter().chain(others).collect();
                self.unknown_among("E0709", *name, "payoff term of this actor", names, places);
                None
            }
            Target::Prior(name, value) => {
                let actor = actor?;
                let prior = self.plain_constant(value, "a prior")?;
                if !(0.0..=1.0).contains(&prior) {
                    self.report(
                        Diagnostic::error(
                            "E0305",
                            value.span,
                            format!("a prior of {}", short(prior)),
                        )
                        .label("expected a probability from 0 to 1"),
                    );
                    return None;
                }
                if let Some(kind) = self.type_index(actor, name.text) {
                    return Some(Adjustment::Prior(actor, kind, prior));
                }
                let names = self.type_names(actor);
                self.unknown("E0207", *name, "type of this actor", names);
                None
            }
        }
    }

    /// A number made of literals and parameters.
    fn plain_constant(&mut self, e: &'a ast::Expr<'a>, place: &'static str) -> Option<f64> {
        let expr = self.number(e, Scope::constant(place), &Units::plain())?;
        self.constant_of(&expr)
    }

    fn negative(&mut self, value: f64, span: Span, place: &str) -> bool {
        if value >= 0.0 {
            return false;
        }
        self.report(
            Diagnostic::error("E0313", span, format!("{place} of {}", short(value)))
                .label("expected 0 or more"),
        );
        true
    }

    fn parameter_change(
        &mut self,
        name: Name<'a>,
        written: &'a Written<'a>,
        what: &'static str,
    ) -> Option<Adjustment> {
        let Some((Item::Parameter(index), _)) = self.names.items.get(name.text).copied() else {
            let names = self.names.parameters.iter();
            let names = names
                .map(|p| (p.name.text.to_owned(), Some(p.name.span)))
                .collect();
            self.unknown("E0709", name, "parameter", names);
            return None;
        };
        let id = ParameterId(index);
        let wanted = if written.times {
            Units::plain()
        } else {
            self.parameter_units[index as usize].clone()
        };
        let expr = self.number(&written.value, Scope::constant("a change"), &wanted)?;
        let value = self.constant_of(&expr)?;
        let parameter = &self.parameters[index as usize];
        let (low, high, scale_of) = (parameter.low, parameter.high, parameter.scale);
        let (central, unit) = (parameter.central, parameter.unit.clone());
        let new = if written.times {
            central * value
        } else {
            value
        };
        // A range says how well a number of the world is known: no decision and no rival assumption
        // may leave it. A parameter without one is a lever.
        let slack = 1e-6 * high.abs().max(low.abs());
        if low < high && !(low - slack..=high + slack).contains(&new) {
            let show = |x: f64| short(x * scale_of);
            let declared = self.names.parameters[index as usize];
            let range = declared
                .values
                .first()
                .zip(declared.values.last())
                .map_or(declared.name.span, |(a, b)| a.span.to(b.span));
            let found = Diagnostic::error(
                "E0701",
                written.value.span,
                format!("{what} makes `{}` {}", name.text, show(new)),
            )
            .label(format!(
                "expected a value from {} to {}",
                show(low),
                show(high)
            ))
            .related(range, "its range");
            let found = self.with_origins(found, &expr);
            let nearest = if new < low { low } else { high };
            let fixed = if written.times {
                short(nearest / central)
            } else if unit.is_empty() {
                show(nearest)
            } else {
                format!("{} {unit}", show(nearest))
            };
            let found = found
                .help(format!(
                    "`{fixed}` reaches the range's end; a parameter without a range can be changed at will"
                ))
                .fix(written.value.span, fixed);
            self.report(found);
            return None;
        }
        Some(Adjustment::Parameter(id, scale(written, value)))
    }
}

fn scale(written: &Written<'_>, value: f64) -> Scale {
    if written.times {
        Scale::Times(value)
    } else {
        Scale::Set(value)
    }
}
