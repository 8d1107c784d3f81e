//! `ramp`: a condition on one side's conduct that triggers relief by the other, if it is granted.
//!
//! It lowers into a variable of that name with the levels `closed`, `refused` and `granted`. Whatever
//! the side that complies, or nobody, does to bring the condition about is split: with the
//! credibility as its probability the relief is granted, otherwise it is refused for good, or
//! whoever was refused could break off and comply anew until it is granted. Where `refusals lapse`,
//! a refusal lasts only as long as the conduct, which spares every other state its memory. Whatever
//! ends the condition withdraws the relief. While it is granted it is a payoff term of the ramp's
//! name.

use super::possible::{Budget, Possible};
use super::red_line::{Crossing, names_in};
use super::{Lowering, build};
use crate::check::Checker;
use crate::check::expression::Scope;
use crate::check::names::Item;
use crate::check::quantities::text_or;
use crate::diagnostic::Diagnostic;
use crate::scenario::{Expr as Checked, ExprKind, VariableId};
use crate::source::Span;
use crate::syntax::ast::{Change, Effect, Expr, Name, Outcome, Payment, Spanned, Text, Variable};
use crate::syntax::declarations::Parser;
use std::collections::HashSet;

/// `ramp NAME "LABEL" from GIVER to COMPLIER`.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Ramp<'a> {
    pub name: Name<'a>,
    pub label: Option<Text>,
    pub giver: Name<'a>,
    pub complier: Name<'a>,
    pub condition: Option<Expr<'a>>,
    pub credibility: Option<Expr<'a>>,
    pub believed_credibility: Option<Expr<'a>>,
    /// Gains and costs while it is granted, in the unit of the actor's `payoff per`.
    pub relief: Vec<Payment<'a>>,
    pub start: Option<Name<'a>>,
    /// `refusals lapse`
    pub lapse: Option<()>,
    pub span: Span,
    pub broken: bool,
}

impl<'a> Parser<'a, '_> {
    pub(crate) fn ramp(&mut self, line: usize) -> Option<()> {
        self.bound(line, self.file.ramps.len() + 1, "ramps")?;
        self.cursor.position += 1;
        let head = self.ramp_head();
        let (mut condition, mut start, mut lapse) = (None, None, None);
        let (mut credibility, mut believed_credibility) = (None, None);
        let mut relief = Vec::new();
        let known = [
            "when",
            "credibility",
            "relief",
            "cost",
            "start",
            "refusals lapse",
        ];
        let broken = self.properties(line, "ramp", &known, |this, child, word| {
            this.cursor.position += 1;
            this.cursor.no_colon(word);
            let read = match word {
                "when" => {
                    let read = this.cursor.value();
                    read.map(|v| this.once(&mut condition, v, child, word))
                }
                "credibility" => {
                    let read = this.cursor.item();
                    if read.is_some() && this.cursor.eat_word("believed") {
                        match this.cursor.item() {
                            Some(v) => believed_credibility = Some(v),
                            None => return Some(None),
                        }
                    }
                    read.map(|v| this.once(&mut credibility, v, child, word))
                }
                "relief" | "cost" => this.payment(child, word == "cost").map(|v| relief.push(v)),
                "start" => {
                    let read = this.cursor.name("`closed`, `refused` or `granted`");
                    read.map(|v| this.once(&mut start, v, child, word))
                }
                "refusals" => {
                    let read = this.cursor.expect_word("lapse");
                    read.map(|v| this.once(&mut lapse, v, child, "refusals lapse"))
                }
                _ => return None,
            };
            Some(read.and_then(|()| this.cursor.finish(&format!("`{word}`"))))
        });
        self.bound(line, relief.len(), "gains and costs")?;
        let span = self.line_span(line);
        let (name, label, giver, complier) = head?;
        self.file.ramps.push(Ramp {
            name,
            label,
            giver,
            complier,
            condition,
            credibility,
            believed_credibility,
            relief,
            start,
            lapse,
            span,
            broken,
        });
        Some(())
    }

    fn ramp_head(&mut self) -> Option<(Name<'a>, Option<Text>, Name<'a>, Name<'a>)> {
        let name = self.cursor.new_name("the ramp")?;
        let label = self.cursor.label();
        self.cursor.expect_word("from")?;
        let giver = self.cursor.name("the actor that grants the relief")?;
        self.cursor.expect_word("to")?;
        let complier = self.cursor.name("the actor whose conduct it is about")?;
        self.cursor.finish("the actors")?;
        Some((name, label, giver, complier))
    }
}

impl<'a> Lowering<'a, '_> {
    /// Lowers all ramps, once the moves that constructs make are there.
    pub(crate) fn ramps(&mut self) {
        let all = std::mem::take(&mut self.file.ramps);
        for ramp in &all {
            self.ramp_variable(ramp);
            if let Some(condition) = &ramp.condition {
                self.grants(ramp, condition);
                // What cannot be copied any more was reported.
                let _ = self.withdrawals(ramp, condition);
            }
            let _ = self.relief(ramp);
        }
        self.file.ramps = all;
    }

    fn ramp_variable(&mut self, ramp: &Ramp<'a>) {
        let span = ramp.name.span;
        let [closed, refused, granted] = levels(span);
        self.file.variables.push(Variable {
            name: ramp.name,
            label: ramp.label.clone(),
            is_ladder: false,
            levels: Some(Spanned {
                value: vec![(closed, None), (refused, None), (granted, None)],
                span,
            }),
            start: Some(ramp.start.unwrap_or(closed)),
            cleared_by: Vec::new(),
            broken: false,
        });
    }

    fn grants(&mut self, ramp: &Ramp<'a>, condition: &Expr<'a>) {
        let span = ramp.name.span;
        let mut read = HashSet::new();
        names_in(condition, &self.file.derived, &mut read);
        let [closed, refused, granted] = levels(span);
        let open = || Some(build::among(ramp.name, vec![closed], span));
        let crossing = Crossing {
            labels: Vec::new(),
            onset: Some((condition, read)),
            clarity: ramp.credibility.as_ref(),
            believed: ramp.believed_credibility.as_ref(),
            flag: build::effect(ramp.name, Change::To(granted), open(), span),
            missed: Some(build::effect(ramp.name, Change::To(refused), open(), span)),
        };
        let unnamed = |_: &Outcome<'a>| String::new();
        let mut moves = std::mem::take(&mut self.file.moves);
        for m in moves
            .iter_mut()
            .filter(|m| m.actor.text == ramp.complier.text)
        {
            self.recognise(&mut m.outcomes, &crossing, true, &unnamed);
        }
        self.file.moves = moves;
        let mut triggers = std::mem::take(&mut self.file.triggers);
        for t in &mut triggers {
            let like = t.looks_like.and_then(|path| path.owner);
            if like.is_none_or(|owner| owner.text == ramp.complier.text) {
                self.recognise(&mut t.outcomes, &crossing, true, &unnamed);
            }
        }
        self.file.triggers = triggers;
    }

    /// Whatever changes what the condition reads may end it.
    fn withdrawals(&mut self, ramp: &Ramp<'a>, condition: &Expr<'a>) -> Option<()> {
        let span = ramp.name.span;
        let mut read = HashSet::new();
        names_in(condition, &self.file.derived, &mut read);
        let [closed, refused, granted] = levels(span);
        let mut over = vec![granted];
        if ramp.lapse.is_some() {
            over.push(refused);
        }
        let over = build::among(ramp.name, over, span);
        let ended = build::and(over, build::not(self.copy(condition)?));
        let effect = build::effect(ramp.name, Change::To(closed), Some(ended), span);
        let size = 64 * build::size(condition) + 512;
        let mut moves = std::mem::take(&mut self.file.moves);
        let mut triggers = std::mem::take(&mut self.file.triggers);
        let outcomes = moves.iter_mut().flat_map(|m| &mut m.outcomes);
        let outcomes = outcomes.chain(triggers.iter_mut().flat_map(|t| &mut t.outcomes));
        let mut fits = Some(());
        for outcome in outcomes {
            let changes = |e: &Effect<'a>| read.contains(e.variable.text);
            if outcome.effects.iter().any(changes) {
                fits = self.room_for(size, span);
                if fits.is_none() {
                    break;
                }
                outcome.effects.push(effect.clone());
            }
        }
        self.file.moves = moves;
        self.file.triggers = triggers;
        fits
    }

    fn relief(&mut self, ramp: &Ramp<'a>) -> Option<()> {
        for payment in &ramp.relief {
            let span = payment.span;
            let [_, _, granted] = levels(ramp.name.span);
            let open = build::among(ramp.name, vec![granted], span);
            let mut value = self.copy(&payment.value)?;
            if payment.is_cost {
                value = build::negate(value);
            }
            let value = build::choice(open, value, build::number(0.0, span));
            let name = Name {
                text: ramp.name.text,
                span,
            };
            self.payoff_term(payment.actor.text, name, value);
        }
        Some(())
    }
}

fn levels<'a>(span: Span) -> [Name<'a>; 3] {
    ["closed", "refused", "granted"].map(|text| Name { text, span })
}

impl<'a> Checker<'a> {
    /// Enters the ramps, once moves are known.
    pub(crate) fn ramps(&mut self) {
        let file = self.file;
        let budget = Budget::default();
        for ramp in &file.ramps {
            let checked = self.one_ramp(ramp, &budget);
            self.ramps.extend(checked);
        }
    }

    fn one_ramp(&mut self, ramp: &'a Ramp<'a>, budget: &Budget) -> Option<crate::scenario::Ramp> {
        let (giver, complier) = (self.actor(ramp.giver), self.actor(ramp.complier));
        let (giver, complier) = (giver?, complier?);
        if giver == complier {
            self.report(
                Diagnostic::error(
                    "E0841",
                    ramp.complier.span,
                    format!("`{}` relieves itself", ramp.complier.text),
                )
                .label("expected another actor")
                .related(ramp.giver.span, "relief comes from this one")
                .another_actor(self, ramp.complier),
            );
            return None;
        }
        let variable = match self.names.items.get(ramp.name.text).copied() {
            Some((Item::Variable(id), span)) if span == ramp.name.span => VariableId(id),
            _ => return None,
        };
        self.counts_as_read(variable);
        let Some(written) = &ramp.condition else {
            if !ramp.broken {
                self.property_missing(
                    ramp.span,
                    "when",
                    "the conduct that earns the relief, such as `when nuclear == capped`",
                );
            }
            return None;
        };
        if ramp.relief.is_empty() && !ramp.broken {
            self.property_missing(
                ramp.span,
                "relief",
                "what it is worth while granted, such as `relief iran: 0.3`",
            );
        }
        let condition = self.condition(written, Scope::public("the condition of a ramp"))?;
        self.can_be_earned(ramp, &condition, variable, complier, budget);
        let credibility = match &ramp.credibility {
            Some(e) => self.probability(e, "a credibility")?,
            None => Checked {
                kind: ExprKind::Number(1.0),
                span: ramp.span,
            },
        };
        let believed_credibility = match &ramp.believed_credibility {
            Some(e) => Some(self.probability(e, "a credibility")?),
            None => None,
        };
        let relief = ramp
            .relief
            .iter()
            .filter_map(|p| self.payment(p, "a payoff term"))
            .collect();
        Some(crate::scenario::Ramp {
            name: ramp.name.text.into(),
            label: text_or(&ramp.label, ramp.name.text),
            giver,
            complier,
            variable,
            condition,
            credibility,
            believed_credibility,
            relief,
            span: ramp.name.span,
        })
    }

    /// Reports a condition that cannot come to hold by anything that the complier does.
    fn can_be_earned(
        &mut self,
        ramp: &Ramp<'a>,
        condition: &Checked,
        variable: VariableId,
        complier: crate::scenario::ActorId,
        budget: &Budget,
    ) {
        let possible = Possible::new(&self.parameters, &self.variables, &self.derived, budget);
        if !possible.holds(condition, None) {
            self.report(
                Diagnostic::error(
                    "E0842",
                    condition.span,
                    format!("no conduct can meet the condition of `{}`", ramp.name.text),
                )
                .label("expected a condition that holds in some state")
                .help("widen the condition, or remove the ramp"),
            );
            return;
        }
        let grants = |e: &crate::scenario::Effect| {
            e.variable == variable && e.change == crate::scenario::Change::To(2)
        };
        let earned = self
            .moves
            .iter()
            .any(|m| m.actor == complier && m.outcomes.iter().flat_map(|o| &o.effects).any(grants));
        if !earned && !self.file.moves.iter().any(|m| m.broken) {
            let own = self.moves.iter().filter(|m| m.actor == complier);
            let changed = own.flat_map(|m| m.outcomes.iter().flat_map(|o| &o.effects));
            let mut changed = changed.map(|e| e.variable).filter(|v| *v != variable);
            let help = match changed.next() {
                Some(v) => format!(
                    "ask for something that it can do, such as a level of `{}`",
                    self.variables[v.0 as usize].name
                ),
                None => format!(
                    "give a move of `{}` an outcome that brings the condition about",
                    ramp.complier.text
                ),
            };
            self.report(
                Diagnostic::error(
                    "E0842",
                    condition.span,
                    format!(
                        "nothing that `{}` does can meet the condition of `{}`",
                        ramp.complier.text, ramp.name.text
                    ),
                )
                .label(format!(
                    "expected a condition on what some move of `{}` changes",
                    ramp.complier.text
                ))
                .related(ramp.complier.span, "whose conduct it is about")
                .help(help),
            );
        }
    }
}
