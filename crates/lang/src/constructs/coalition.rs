//! `coalition`: allies behind a leader, who hang together more or less.
//!
//! It lowers into a variable of cohesion and a derived legitimacy. What is charged to the coalition is
//! charged to its leader and members: each member bears its share as far as the coalition hangs
//! together, the leader the rest. A move of an adversary that `wedges` it lowers cohesion by a level
//! with a chance, whatever else the move does.

use super::drift::Pace;
use super::{Lowering, build};
use crate::check::Checker;
use crate::check::actors::short;
use crate::check::expression::Scope;
use crate::check::names::Item;
use crate::check::quantities::text_or;
use crate::check::units::Units;
use crate::diagnostic::Diagnostic;
use crate::scenario::DerivedId;
use crate::source::Span;
use crate::syntax::ast::{Change, Derived, Expr, Levels, Name, Payment, PerTime, Spanned, Text};
use crate::syntax::declarations::Parser;

/// `coalition NAME "LABEL"`.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Coalition<'a> {
    /// All its lines.
    pub block: Span,
    pub name: Name<'a>,
    pub label: Option<Text>,
    pub leader: Option<Name<'a>>,
    pub members: Vec<(Name<'a>, Expr<'a>)>,
    pub levels: Option<Spanned<Levels<'a>>>,
    pub start: Option<Name<'a>>,
    pub legitimacy: Option<Expr<'a>>,
    /// Name of the derived quantity.
    pub derived: Option<Name<'a>>,
    pub paces: Vec<Pace<'a>>,
    pub broken: bool,
}

/// `wedges COALITION P` below a move.
#[derive(Debug)]
pub struct Wedge<'a> {
    /// Which.
    pub coalition: Name<'a>,
    /// Probability that it loses a level of cohesion.
    pub chance: Expr<'a>,
    /// Its line.
    pub span: Span,
}

impl<'a> Parser<'a, '_> {
    pub(crate) fn coalition(&mut self, line: usize) -> Option<()> {
        self.room(self.file.coalitions.len(), line, "coalitions")?;
        let block = self.block_span(line);
        self.cursor.position += 1;
        let name = self.cursor.new_name("the coalition");
        let label = self.cursor.label();
        if name.is_some() {
            self.cursor.finish("the name");
        }
        let (mut leader, mut levels, mut start, mut legitimacy) = (None, None, None, None);
        let (mut members, mut paces) = (Vec::new(), Vec::new());
        let known = [
            "leader",
            "member",
            "levels",
            "start",
            "legitimacy",
            "mends",
            "frays",
        ];
        let broken = self.properties(line, "coalition", &known, |this, child, word| {
            this.cursor.position += 1;
            this.cursor.no_colon(word);
            let read = match word {
                "leader" => this
                    .cursor
                    .name("an actor")
                    .map(|v| this.once(&mut leader, v, child, word)),
                "member" => {
                    let name = this.cursor.name("an actor or payer");
                    let read = name.and_then(|name| Some((name, this.cursor.value()?)));
                    read.map(|v| members.push(v))
                }
                "levels" => this
                    .levels()
                    .map(|v| this.once(&mut levels, v, child, word)),
                "start" => this
                    .cursor
                    .name("a level")
                    .map(|v| this.once(&mut start, v, child, word)),
                "legitimacy" => this
                    .cursor
                    .value()
                    .map(|v| this.once(&mut legitimacy, v, child, word)),
                "mends" | "frays" => this.pace(child, word == "mends").map(|v| paces.push(v)),
                _ => return None,
            };
            Some(read.and_then(|()| this.cursor.finish(&format!("`{word}`"))))
        });
        self.bound(line, paces.len() + members.len(), "lines")?;
        self.file.coalitions.push(Coalition {
            block,
            name: name?,
            label,
            leader,
            members,
            levels,
            start,
            legitimacy,
            derived: None,
            paces,
            broken,
        });
        Some(())
    }

    /// `COALITION P` after `wedges`.
    pub(crate) fn wedge(&mut self, line: usize) -> Option<Wedge<'a>> {
        let span = self.block_span(line);
        let coalition = self.cursor.name("a coalition")?;
        Some(Wedge {
            coalition,
            chance: self.cursor.value()?,
            span,
        })
    }
}

impl<'a> Coalition<'a> {
    /// 0 when it is split to 1 when it is united.
    fn cohesion(&self, span: Span) -> Option<Expr<'a>> {
        let levels = &self.levels.as_ref()?.value;
        let top = levels.len().saturating_sub(1).max(1) as f64;
        let values = levels.iter().enumerate();
        let values = values
            .map(|(k, (level, _))| (Name { span, ..*level }, build::number(k as f64 / top, span)))
            .collect();
        Some(build::by_level(Name { span, ..self.name }, values))
    }
}

impl<'a> Lowering<'a, '_> {
    pub(crate) fn coalitions(&mut self) {
        let mut coalitions = std::mem::take(&mut self.file.coalitions);
        for coalition in &mut coalitions {
            self.coalition(coalition);
        }
        self.wedges(&coalitions);
        for coalition in coalitions.iter().filter(|c| c.leader.is_some()) {
            self.shared(coalition);
        }
        self.file.coalitions = coalitions;
    }

    fn coalition(&mut self, coalition: &mut Coalition<'a>) {
        self.moving(
            coalition.name,
            &coalition.label,
            &coalition.levels,
            coalition.start,
            coalition.broken,
            &mut coalition.paces,
        );
        let written = match &coalition.legitimacy {
            Some(e) => self.copy(e),
            None => coalition.cohesion(coalition.name.span),
        };
        let Some(value) = written else { return };
        let text = format!("{}_legitimacy", coalition.name.text);
        let name = self.name(text, coalition.name.span);
        coalition.derived = Some(name);
        self.file.derived.push(Derived { name, value });
    }

    /// Splits the outcomes of moves that wedge a coalition.
    fn wedges(&mut self, coalitions: &[Coalition<'a>]) {
        let mut moves = std::mem::take(&mut self.file.moves);
        for m in &mut moves {
            let (outcomes, wedges) = (&mut m.outcomes, &m.wedges);
            for wedge in wedges {
                let name = wedge.coalition;
                let Some(coalition) = coalitions.iter().find(|c| c.name.text == name.text) else {
                    self.no_coalition(wedge, coalitions);
                    continue;
                };
                let Some(levels) = &coalition.levels else {
                    continue;
                };
                let Some(values) = self.where_it_holds(wedge, &levels.value) else {
                    continue;
                };
                let step = Spanned {
                    value: -1,
                    span: wedge.span,
                };
                let effect = build::effect(name, Change::Step(step), None, wedge.span);
                let part = (build::by_level(name, values), effect);
                self.split_beside(outcomes, &[part], wedge.span);
            }
        }
        self.file.moves = moves;
    }

    /// The chance of a wedge by cohesion: nothing is left to split at the lowest level.
    fn where_it_holds(
        &mut self,
        wedge: &Wedge<'a>,
        levels: &Levels<'a>,
    ) -> Option<Vec<(Name<'a>, Expr<'a>)>> {
        let span = wedge.span;
        let mut values = Vec::with_capacity(levels.len());
        for (k, (level, _)) in levels.iter().enumerate() {
            let chance = match k {
                0 => build::number(0.0, span),
                _ => self.copy(&wedge.chance)?,
            };
            values.push((Name { span, ..*level }, chance));
        }
        Some(values)
    }

    fn no_coalition(&mut self, wedge: &Wedge<'a>, coalitions: &[Coalition<'a>]) {
        let name = wedge.coalition;
        if self.file.broken.contains(&name.text) {
            return;
        }
        let mut found = Diagnostic::error(
            "E0712",
            name.span,
            format!("a wedge, but there is no coalition `{}`", name.text),
        )
        .label("expected a declared coalition");
        let names = coalitions.iter().map(|c| c.name.text);
        found = match crate::suggest::did_you_mean(name.text, names) {
            Some(near) => found
                .help(format!("did you mean `{near}`?"))
                .fix(name.span, near),
            None => found
                .help(format!(
                    "declare `coalition {}`, or remove this line",
                    name.text
                ))
                .fix(wedge.span, ""),
        };
        for coalition in coalitions.iter().take(8) {
            found = found.related(coalition.name.span, "declared here");
        }
        self.report(found);
    }

    /// Charges what is charged to the coalition to its leader and members.
    fn shared(&mut self, coalition: &Coalition<'a>) {
        let mut moves = std::mem::take(&mut self.file.moves);
        let mut ends = std::mem::take(&mut self.file.ends);
        let mut policies = std::mem::take(&mut self.file.policies);
        let lists = moves.iter_mut().map(|m| &mut m.payments);
        let lists = lists.chain(policies.iter_mut().map(|p| &mut p.payments));
        let lists = lists.chain(ends.iter_mut().map(|e| &mut e.values));
        for list in lists {
            *list = std::mem::take(list)
                .into_iter()
                .flat_map(|payment| self.split_payment(coalition, payment))
                .collect();
        }
        for end in &mut ends {
            end.flows = std::mem::take(&mut end.flows)
                .into_iter()
                .flat_map(|flow| {
                    let (per, span) = (flow.per, flow.span);
                    let parts = self.split_payment(coalition, flow.value);
                    let parts = parts.into_iter();
                    parts.map(move |value| PerTime {
                        value,
                        per: per.clone(),
                        span,
                    })
                })
                .collect();
        }
        self.file.moves = moves;
        self.file.ends = ends;
        self.file.policies = policies;
    }

    fn split_payment(
        &mut self,
        coalition: &Coalition<'a>,
        payment: Payment<'a>,
    ) -> Vec<Payment<'a>> {
        if payment.actor.text != coalition.name.text {
            return vec![payment];
        }
        self.parts_of_payment(coalition, &payment)
            .unwrap_or_default()
    }

    fn parts_of_payment(
        &mut self,
        coalition: &Coalition<'a>,
        payment: &Payment<'a>,
    ) -> Option<Vec<Payment<'a>>> {
        let span = payment.span;
        let part = |actor: Name<'a>, value: Expr<'a>| Payment {
            actor: Name {
                span: payment.actor.span,
                ..actor
            },
            is_cost: payment.is_cost,
            value,
            span,
        };
        let mut borne: Option<Expr<'a>> = None;
        let mut out = Vec::with_capacity(coalition.members.len() + 1);
        for (member, share) in &coalition.members {
            let share = build::times(self.copy(share)?, coalition.cohesion(span)?);
            out.push(part(
                *member,
                build::times(self.copy(&payment.value)?, share.clone()),
            ));
            borne = Some(match borne {
                Some(sum) => build::plus(sum, share),
                None => share,
            });
        }
        let value = self.copy(&payment.value)?;
        let value = match borne {
            Some(borne) => build::times(value, build::complement(borne)),
            None => value,
        };
        out.push(part(coalition.leader?, value));
        Some(out)
    }
}

impl<'a> Checker<'a> {
    /// Enters the facts of coalitions.
    pub(crate) fn coalitions(&mut self) {
        let file = self.file;
        for coalition in &file.coalitions {
            let mut members = Vec::new();
            let mut sum = 0.0;
            for (name, share) in &coalition.members {
                let actor = self.actor(*name);
                let place = "the share of a member";
                let scope = Scope::constant(place);
                let Some(expr) = self.number(share, scope, &Units::plain()) else {
                    continue;
                };
                self.probability_range(&expr, place);
                sum += self.constant_of(&expr).unwrap_or(0.0);
                if sum > 1.0 + 1e-9 {
                    self.report(
                        Diagnostic::error(
                            "E0715",
                            share.span,
                            format!("with this member the shares sum to {}", short(sum)),
                        )
                        .label("expected at most 1 in all: the leader bears the rest"),
                    );
                    sum = f64::NEG_INFINITY; // once is enough
                }
                if let Some(actor) = actor {
                    members.push((actor, expr));
                }
            }
            let Some(leader) = coalition.leader else {
                if !coalition.broken {
                    self.property_missing(
                        coalition.name.span,
                        "leader",
                        "the actor that leads it, such as `leader us`",
                    );
                }
                continue;
            };
            let leader = self.actor(leader);
            let mut wedges = Vec::new();
            for (id, (mover, m)) in self.names.moves.clone().into_iter().enumerate() {
                let wedge = m.wedges.iter();
                for wedge in wedge.filter(|w| w.coalition.text == coalition.name.text) {
                    let ally = Some(mover) == leader || members.iter().any(|(a, _)| *a == mover);
                    if ally {
                        self.report(
                            Diagnostic::error(
                                "E0714",
                                wedge.span,
                                format!("`{}` wedges its own coalition", m.actor.text),
                            )
                            .label("expected a move of somebody outside it")
                            .related(coalition.name.span, "the coalition")
                            .help("what its own side costs a coalition is an effect on the variable: `outcome: COALITION down`"),
                        );
                    }
                    wedges.push(crate::scenario::MoveId(id as u32));
                }
            }
            let (Some(cohesion), Some(leader)) = (self.made_variable(coalition.name), leader)
            else {
                continue;
            };
            let derived = coalition.derived.and_then(|name| self.made_derived(name));
            let Some((legitimacy, read)) = derived else {
                continue;
            };
            self.used_variables[cohesion.0 as usize] |= read;
            self.coalitions.push(crate::scenario::Coalition {
                name: coalition.name.text.into(),
                label: text_or(&coalition.label, coalition.name.text),
                leader,
                cohesion,
                legitimacy,
                members,
                wedges,
                span: coalition.name.span,
            });
        }
    }

    /// The derived quantity of this name, which counts as read, and whether it was read.
    fn made_derived(&mut self, name: Name<'a>) -> Option<(DerivedId, bool)> {
        let Some((Item::Derived(index), _)) = self.names.items.get(name.text).copied() else {
            return None;
        };
        let read = std::mem::replace(&mut self.used_derived[index as usize], true);
        let id = self.names.derived_ids[index as usize].map(DerivedId)?;
        Some((id, read))
    }
}
