//! What is wrong with talks, and their facts for the analyses.

use super::lower::{due_name, offered_name, price_name, reject_name};
use super::{Package, Stake, Talks};
use crate::check::Checker;
use crate::check::expression::Scope;
use crate::check::names::Item;
use crate::check::quantities::text_or;
use crate::check::units::Units;
use crate::constructs::possible::{Budget, Possible};
use crate::diagnostic::Diagnostic;
use crate::scenario::{
    ActorId, Expr, ExprKind, MoveId, Package as CheckedPackage, Payment, Performance,
    Talks as Checked, VariableId,
};
use crate::source::Span;
use crate::syntax::ast::{self, Name};

impl<'a> Checker<'a> {
    /// Enters the talks, once moves are known.
    pub(crate) fn talks(&mut self) {
        let file = self.file;
        let budget = Budget::default();
        for talks in &file.talks {
            let checked = self.one_talks(talks, &budget);
            self.talks.extend(checked);
        }
    }

    fn one_talks(&mut self, talks: &'a Talks<'a>, budget: &Budget) -> Option<Checked> {
        let sides = talks.sides.map(|name| self.actor(name));
        let table = self.kept_variable(talks.name.text);
        let sides = [sides[0]?, sides[1]?];
        if sides[0] == sides[1] {
            self.report(
                Diagnostic::error(
                    "E0821",
                    talks.sides[1].span,
                    format!("`{}` talks with itself", talks.sides[1].text),
                )
                .label("expected another actor")
                .related(talks.sides[0].span, "the other side is this one")
                .another_actor(self, talks.sides[1]),
            );
            return None;
        }
        for (side, name) in sides.iter().zip(talks.sides) {
            if self.order_known && !self.moves_in_order(*side) {
                self.report(
                    Diagnostic::error(
                        "E0822",
                        name.span,
                        format!("`{}` never moves, so nothing is ever settled", name.text),
                    )
                    .label("expected an actor of the scenario's `order`")
                    .let_move(self, name),
                );
            }
        }
        for (_, payment) in &talks.stakes {
            self.at_the_table(payment.actor, talks);
        }
        for price in &talks.prices {
            self.at_the_table(price.actor, talks);
        }
        self.doubles(talks.prices.iter().map(|p| p.actor));
        for (stake, payment) in &talks.stakes {
            // Steps of a price that nobody has are paid for by nobody.
            let whose = match stake {
                Stake::Raising | Stake::Audience => Some(true),
                Stake::Meeting => Some(false),
                _ => None,
            };
            let priced = |own: bool| {
                let mut prices = talks.prices.iter();
                prices.any(|p| (p.actor.text == payment.actor.text) == own)
            };
            if whose.is_some_and(|own| !priced(own)) && !talks.broken {
                self.property_missing(
                    payment.span,
                    "price",
                    "whose price it is about, such as `price us up to 2 steps`",
                );
            }
        }
        self.doubles(talks.packages.iter().map(|p| p.name));
        if talks.packages.is_empty() && !talks.broken {
            self.property_missing(talks.span, "package", "what may be offered");
        }
        if let Some(guard) = &talks.guard {
            self.condition(guard, Scope::public("a guard"));
        }
        let prices = talks
            .sides
            .map(|side| self.kept_variable(&price_name(talks, side.text)));
        let validation = [0, 1].map(|side| self.validation(talks, talks.sides[side], sides[side]));
        let mut packages = Vec::new();
        for package in &talks.packages {
            packages.extend(self.package(talks, package, sides, table?, budget));
        }
        let both = |this: &Self, name: &str| {
            let found = sides.map(|side| this.made_move(side, name));
            Some([found[0]?, found[1]?])
        };
        Some(Checked {
            name: talks.name.text.into(),
            label: text_or(&talks.label, talks.name.text),
            sides,
            table: table?,
            prices,
            rejects: both(self, &reject_name(talks, false))?,
            raises: sides.map(|side| self.made_move(side, &reject_name(talks, true))),
            validation,
            packages,
            span: talks.name.span,
        })
    }

    /// The variable that a construct made, which then counts as read.
    pub(crate) fn kept_variable(&mut self, name: &str) -> Option<VariableId> {
        let Some((Item::Variable(id), _)) = self.names.items.get(name).copied() else {
            return None;
        };
        self.counts_as_read(VariableId(id));
        Some(VariableId(id))
    }

    fn made_move(&self, actor: ActorId, name: &str) -> Option<MoveId> {
        self.names.move_ids.get(&(actor.0, name)).copied()
    }

    fn made_level(&self, variable: VariableId, name: &str) -> Option<u32> {
        let levels = self.names.variables[variable.0 as usize].levels.as_ref()?;
        let at = levels.value.iter().position(|(l, _)| l.text == name)?;
        Some(at as u32)
    }

    /// Reports an actor that does not sit at the table.
    fn at_the_table(&mut self, name: Name<'a>, talks: &Talks<'a>) -> bool {
        let sits = talks.sides.iter().any(|side| side.text == name.text);
        if !sits && self.actor(name).is_some() {
            self.report(
                Diagnostic::error(
                    "E0821",
                    name.span,
                    format!("`{}` does not sit at the table", name.text),
                )
                .label(format!(
                    "expected `{}` or `{}`",
                    talks.sides[0].text, talks.sides[1].text
                ))
                .related(talks.span, "the talks are between these")
                .help(format!(
                    "take the line out; what a deal is worth to `{0}` stands below its package, as \
                     `value {0}: …`",
                    name.text
                )),
            );
        }
        sits
    }

    fn validation(&mut self, talks: &'a Talks<'a>, name: Name<'a>, side: ActorId) -> Option<Expr> {
        let mut sum: Option<Expr> = None;
        for (stake, payment) in &talks.stakes {
            if *stake != Stake::Accepting || payment.actor.text != name.text {
                continue;
            }
            let scope = Scope::of(side, "a cost or gain");
            let cost = self.number(&payment.value, scope, &Units::plain())?;
            sum = Some(match sum {
                None => cost,
                Some(sum) => Expr {
                    span: sum.span,
                    kind: ExprKind::Binary(
                        crate::scenario::BinaryOp::Add,
                        Box::new(sum),
                        Box::new(cost),
                    ),
                },
            });
        }
        sum
    }

    fn package(
        &mut self,
        talks: &'a Talks<'a>,
        package: &'a Package<'a>,
        sides: [ActorId; 2],
        table: VariableId,
        budget: &Budget,
    ) -> Option<CheckedPackage> {
        let values = self.worth(&package.values);
        let flows = self.worth(&package.flows);
        let implementation = match &package.implemented {
            Some(e) => self.probability(e, "a probability")?,
            None => at(1.0, package.span),
        };
        if self.constant_of(&implementation) == Some(0.0) {
            self.report(
                Diagnostic::error(
                    "E0823",
                    implementation.span,
                    format!("nobody can implement `{}`", package.name.text),
                )
                .label("expected a probability above 0")
                .help("say how likely it is to be implemented once accepted, or remove it"),
            );
        }
        self.can_be_open(talks, package, budget);
        let performance = match &package.performed {
            None => None,
            Some(performed) => {
                let actor = self.actor(performed.actor)?;
                if !self.at_the_table(performed.actor, talks) {
                    return None;
                }
                let verified = match &performed.verified {
                    Some(e) => self.probability(e, "a probability")?,
                    None => at(1.0, performed.span),
                };
                let cost = match &performed.cost {
                    Some(e) => {
                        let scope = Scope::of(actor, "a cost or gain");
                        Some(self.number(e, scope, &Units::plain())?)
                    }
                    None => None,
                };
                Some(Performance {
                    actor,
                    cost,
                    verified,
                    perform: self.made_move(actor, &format!("perform_{}", package.name.text))?,
                    cheat: self.made_move(actor, &format!("cheat_{}", package.name.text))?,
                })
            }
        };
        let offered = talks.sides.map(|side| {
            let name = offered_name(side.text, package);
            self.made_level(table, &name)
        });
        let moves = |this: &Self, word: &str| {
            let name = format!("{word}_{}", package.name.text);
            let found = sides.map(|side| this.made_move(side, &name));
            Some([found[0]?, found[1]?])
        };
        Some(CheckedPackage {
            name: package.name.text.into(),
            label: text_or(&package.label, package.name.text),
            values,
            flows,
            implementation,
            offered: [offered[0]?, offered[1]?],
            due: (1..=package.steps())
                .filter_map(|step| self.made_level(table, &due_name(package, step)))
                .collect(),
            in_force: self.made_level(table, package.name.text)?,
            offers: moves(self, "offer")?,
            accepts: moves(self, "accept")?,
            performance,
            span: package.name.span,
        })
    }

    fn worth(&mut self, payments: &'a [ast::Payment<'a>]) -> Vec<Payment> {
        payments
            .iter()
            .filter_map(|p| self.payment(p, "a cost or gain"))
            .collect()
    }

    /// Reports a package of which no state allows an offer.
    fn can_be_open(&mut self, talks: &'a Talks<'a>, package: &'a Package<'a>, budget: &Budget) {
        let guards = [talks.guard.as_ref(), package.guard.as_ref()];
        for guard in guards.into_iter().flatten() {
            let Some(condition) = self.condition(guard, Scope::public("a guard")) else {
                continue;
            };
            let possible = Possible::new(&self.parameters, &self.variables, &self.derived, budget);
            if !possible.holds(&condition, None) {
                self.report(
                    Diagnostic::error(
                        "E0823",
                        package.name.span,
                        format!("nobody can implement `{}`", package.name.text),
                    )
                    .label("expected a package that is open in some state")
                    .related(condition.span, "never holds")
                    .help("widen the condition, or remove the package"),
                );
            }
        }
    }
}

fn at(value: f64, span: Span) -> Expr {
    Expr {
        kind: ExprKind::Number(value),
        span,
    }
}
