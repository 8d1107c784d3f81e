//! What talks come to, in the syntax tree.
//!
//! * A variable called like the talks: `none`, then `SIDE_PACKAGE` for each offer that can lie on the
//!   table, then for each package `PACKAGE_1`, `PACKAGE_2`, … while it is performed in steps, and
//!   `PACKAGE` when it is in force.
//! * A variable `TALKS_price_SIDE` for each side that can raise its price.
//! * Moves `SIDE.offer_PACKAGE`, `SIDE.accept_PACKAGE`, `SIDE.reject_TALKS`, `SIDE.raise_TALKS`, and
//!   `SIDE.perform_PACKAGE`, `SIDE.cheat_PACKAGE` for the side that performs.
//! * Unless offers stand, every other move of the side that has an offer before it lets it lapse.

use super::{Package, Price, Stake, Talks};
use crate::constructs::{Lowering, build};
use crate::diagnostic::Diagnostic;
use crate::scenario::BinaryOp;
use crate::source::Span;
use crate::syntax::MAX_DECLARATIONS;
use crate::syntax::ast::{
    Change, Effect, Expr, Move, Name, Outcome, OutcomeChance, Path, Payment, PerTime, Seen,
    Spanned, Term, Text, Trigger, Variable,
};
use std::collections::HashSet;

/// Name of the variable of a side's price.
pub(super) fn price_name(talks: &Talks<'_>, side: &str) -> String {
    format!("{}_price_{side}", talks.name.text)
}

/// Name of the level at which an offer of a side lies on the table.
pub(super) fn offered_name(side: &str, package: &Package<'_>) -> String {
    format!("{side}_{}", package.name.text)
}

/// Name of the level at which step `step` of a package is due.
pub(super) fn due_name(package: &Package<'_>, step: u32) -> String {
    format!("{}_{step}", package.name.text)
}

/// Name of the move that rejects what lies on the table.
pub(super) fn reject_name(talks: &Talks<'_>, raises: bool) -> String {
    let word = if raises { "raise" } else { "reject" };
    format!("{word}_{}", talks.name.text)
}

/// One side's seat at the table while its moves are made.
struct Seat<'t, 'a> {
    talks: &'t Talks<'a>,
    me: Name<'a>,
    other: Name<'a>,
    /// Levels at which an offer of the other side lies before this one.
    before_me: Vec<Name<'a>>,
    my_price: Option<Name<'a>>,
    their_price: Option<Name<'a>>,
}

impl<'a> Lowering<'a, '_> {
    /// Lowers all talks.
    pub(crate) fn talks(&mut self) {
        let all = std::mem::take(&mut self.file.talks);
        for talks in &all {
            if talks.sides[0].text == talks.sides[1].text {
                self.file.broken.push(talks.name.text); // has its finding
                continue;
            }
            self.table_variable(talks);
            for price in &talks.prices {
                self.price_variable(talks, price);
            }
            // What cannot be copied any more was reported.
            if self.table_moves(talks).is_none() || self.flows(talks).is_none() {
                break;
            }
        }
        // Once the moves of all tables are there.
        let lapsing = |t: &&Talks<'a>| t.stand.is_none() && t.sides[0].text != t.sides[1].text;
        for talks in all.iter().filter(lapsing) {
            self.lapse(talks, 0);
            self.lapse(talks, 1);
        }
        self.file.talks = all;
    }

    fn table_variable(&mut self, talks: &Talks<'a>) {
        let span = talks.name.span;
        let none = Name { text: "none", span };
        let text = |value: String| Some(Text { value, span });
        let label = |p: &Package<'a>| {
            p.label
                .as_ref()
                .map_or(p.name.text.to_owned(), |l| l.value.clone())
        };
        let mut levels = vec![(none, None)];
        for side in talks.sides {
            for p in &talks.packages {
                let name = self.name(offered_name(side.text, p), p.name.span);
                levels.push((name, text(format!("{} offered by {}", label(p), side.text))));
            }
        }
        for p in &talks.packages {
            for step in 1..=p.steps() {
                let name = self.name(due_name(p, step), p.name.span);
                let of = p.steps();
                levels.push((name, text(format!("{}, step {step} of {of} due", label(p)))));
            }
            levels.push((p.name, text(label(p))));
        }
        self.file.variables.push(Variable {
            name: talks.name,
            label: talks.label.clone(),
            is_ladder: false,
            levels: Some(Spanned {
                value: levels,
                span,
            }),
            start: Some(talks.start.unwrap_or(none)),
            cleared_by: Vec::new(),
            broken: false,
        });
    }

    fn price_variable(&mut self, talks: &Talks<'a>, price: &Price<'a>) {
        let span = price.actor.span;
        let none = Name { text: "none", span };
        let variable = self.name(price_name(talks, price.actor.text), span);
        let mut levels = vec![(none, None)];
        for step in 1..=price.steps.value {
            levels.push((self.name(format!("raised_{step}"), span), None));
        }
        self.file.variables.push(Variable {
            name: variable,
            label: Some(Text {
                value: format!("Price of {}", price.actor.text),
                span,
            }),
            is_ladder: false,
            levels: Some(Spanned {
                value: levels,
                span,
            }),
            start: Some(none),
            cleared_by: Vec::new(),
            broken: false,
        });
        let Some(rate) = &talks.easing else { return };
        let (Some(rate), span) = (self.copy(rate), rate.span) else {
            return;
        };
        let raised = self.number_of(variable, span);
        let above = build::binary(BinaryOp::Greater, raised, build::number(0.0, span));
        let down = Change::Step(Spanned { value: -1, span });
        let name = self.name(format!("{}_eases", variable.text), span);
        self.file.triggers.push(Trigger {
            name,
            label: Some(Text {
                value: format!("The price of {} comes down", price.actor.text),
                span,
            }),
            guard: Some(above),
            only_with: None,
            by_front: None,
            rate: Some(rate),
            probability: None,
            times: None,
            believed_rate: None,
            believed_probability: None,
            believed_times: None,
            looks_like: None,
            outcomes: vec![certain(
                vec![build::effect(variable, down, None, span)],
                span,
            )],
            broken: false,
        });
    }

    /// `number(VARIABLE)`
    fn number_of(&self, variable: Name<'a>, span: Span) -> Expr<'a> {
        build::call("number", vec![build::named(variable)], span)
    }

    fn table_moves(&mut self, talks: &Talks<'a>) -> Option<()> {
        for side in 0..2 {
            let (me, other) = (talks.sides[side], talks.sides[1 - side]);
            let price = |this: &Self, who: Name<'a>| {
                let found = talks.prices.iter().find(|p| p.actor.text == who.text)?;
                Some(this.name(price_name(talks, who.text), found.actor.span))
            };
            let before_me = talks
                .packages
                .iter()
                .map(|p| self.name(offered_name(other.text, p), p.name.span))
                .collect();
            let seat = Seat {
                talks,
                me,
                other,
                before_me,
                my_price: price(self, me),
                their_price: price(self, other),
            };
            if seat.before_me.is_empty() {
                continue;
            }
            for package in &talks.packages {
                self.offer(&seat, package)?;
                self.accept(&seat, package)?;
                let performs = package.performed.as_ref();
                if performs.is_some_and(|p| p.actor.text == me.text) {
                    self.perform(&seat, package, false)?;
                    self.perform(&seat, package, true)?;
                }
            }
            self.reject(&seat, false)?;
            if seat.my_price.is_some() {
                self.reject(&seat, true)?;
            }
        }
        Some(())
    }

    /// Moves of a side that do not answer let an offer lapse.
    fn lapse(&mut self, talks: &Talks<'a>, side: usize) {
        let span = talks.name.span;
        let (me, other) = (talks.sides[side].text, talks.sides[1 - side].text);
        let mut offers = Vec::new();
        let mut answers = HashSet::from([reject_name(talks, false), reject_name(talks, true)]);
        for p in &talks.packages {
            offers.push(self.name(offered_name(other, p), p.name.span));
            answers.insert(format!("offer_{}", p.name.text));
            answers.insert(format!("accept_{}", p.name.text));
        }
        if offers.is_empty() {
            return;
        }
        let none = Name { text: "none", span };
        let on_table = build::among(talks.name, offers, span);
        let effect = build::effect(talks.name, Change::To(none), Some(on_table), span);
        let mut all = std::mem::take(&mut self.file.moves);
        for m in all.iter_mut().filter(|m| m.actor.text == me) {
            if !answers.contains(m.name.text) {
                self.prepend(&mut m.outcomes, std::slice::from_ref(&effect), span);
            }
        }
        self.file.moves = all;
    }

    /// The table stands at one of these levels, and the talks and the package are open.
    fn open(
        &mut self,
        seat: &Seat<'_, 'a>,
        levels: Vec<Name<'a>>,
        package: Option<&Package<'a>>,
        span: Span,
    ) -> Option<Expr<'a>> {
        let mut out = build::among(seat.talks.name, levels, span);
        let guards = [
            seat.talks.guard.as_ref(),
            package.and_then(|p| p.guard.as_ref()),
        ];
        for guard in guards.into_iter().flatten() {
            out = build::and(out, self.copy(guard)?);
        }
        Some(out)
    }

    /// What a side has at stake, once or for each step of a price.
    fn stake(
        &mut self,
        seat: &Seat<'_, 'a>,
        stake: Stake,
        price: Option<Name<'a>>,
    ) -> Option<Vec<Payment<'a>>> {
        let mut out = Vec::new();
        for (kind, payment) in &seat.talks.stakes {
            if *kind != stake || payment.actor.text != seat.me.text {
                continue;
            }
            let mut payment = self.copy_payment(payment)?;
            if matches!(stake, Stake::Meeting | Stake::Audience) {
                let Some(price) = price else { continue };
                let steps = self.number_of(price, payment.span);
                payment.value = build::times(payment.value, steps);
            }
            out.push(payment);
        }
        Some(out)
    }

    fn copy_payment(&mut self, payment: &Payment<'a>) -> Option<Payment<'a>> {
        self.copy(&payment.value)?;
        Some(payment.clone())
    }

    /// A move to be filled; `None` when there are too many.
    fn made_move(
        &mut self,
        actor: Name<'a>,
        name: String,
        label: String,
        span: Span,
    ) -> Option<Move<'a>> {
        if self.file.moves.len() >= MAX_DECLARATIONS {
            self.report(
                Diagnostic::error("E0009", span, "too many moves, with those that talks make")
                    .label(format!("expected at most {MAX_DECLARATIONS}")),
            );
            return None;
        }
        Some(Move {
            actor,
            name: self.name(name, span),
            label: Some(Text { value: label, span }),
            guard: None,
            only_with: None,
            wedges: Vec::new(),
            payments: Vec::new(),
            kind: None,
            seen_as: None,
            outcomes: Vec::new(),
            span,
            broken: false,
        })
    }

    fn offer(&mut self, seat: &Seat<'_, 'a>, package: &Package<'a>) -> Option<()> {
        let span = package.name.span;
        let mut m = self.made_move(
            seat.me,
            format!("offer_{}", package.name.text),
            format!("Offer: {}", shown(package)),
            span,
        )?;
        // On an empty table, or against what the other side offered.
        let mut levels = vec![Name { text: "none", span }];
        levels.extend_from_slice(&seat.before_me);
        m.guard = Some(self.open(seat, levels, Some(package), span)?);
        m.payments = self.stake(seat, Stake::Offering, None)?;
        m.payments
            .extend(self.stake(seat, Stake::Meeting, seat.their_price)?);
        let mine = self.name(offered_name(seat.me.text, package), span);
        m.outcomes = vec![certain(self.table_to(seat, mine), span)];
        self.file.moves.push(m);
        Some(())
    }

    fn table_to(&self, seat: &Seat<'_, 'a>, level: Name<'a>) -> Vec<Effect<'a>> {
        vec![build::effect(
            seat.talks.name,
            Change::To(level),
            None,
            level.span,
        )]
    }

    fn accept(&mut self, seat: &Seat<'_, 'a>, package: &Package<'a>) -> Option<()> {
        let span = package.name.span;
        let mut m = self.made_move(
            seat.me,
            format!("accept_{}", package.name.text),
            format!("Accept: {}", shown(package)),
            span,
        )?;
        let theirs = self.name(offered_name(seat.other.text, package), span);
        m.guard = Some(self.open(seat, vec![theirs], Some(package), span)?);
        m.payments = self.stake(seat, Stake::Accepting, None)?;
        m.payments
            .extend(self.stake(seat, Stake::Audience, seat.my_price)?);
        let steps = package.steps();
        let performer = package.performed.as_ref().map(|p| p.actor.text);
        for value in &package.values {
            // The performer is paid its tranches in advance, the others as steps are performed.
            let paid = match performer {
                None => 1.0,
                Some(actor) if actor == value.actor.text => 1.0 / f64::from(steps),
                Some(_) => continue,
            };
            let mut gain = self.copy_payment(value)?;
            gain.value = build::times(build::number(paid, gain.span), gain.value);
            if let Some(chance) = &package.implemented {
                let chance = self.copy(chance)?;
                gain.value = build::times(chance, gain.value);
            }
            m.payments.push(gain);
        }
        let begun = if steps > 0 {
            self.name(due_name(package, 1), span)
        } else {
            package.name
        };
        let mut effects = self.table_to(seat, begun);
        if steps == 0 {
            effects.extend(self.copied_effects(package, None)?);
        }
        m.outcomes = match &package.implemented {
            None => vec![certain(effects, span)],
            Some(chance) => {
                let (chance, failed) = (self.copy(chance)?, self.copy(chance)?);
                let none = Name { text: "none", span };
                vec![
                    outcome(chance, effects, span),
                    outcome(build::complement(failed), self.table_to(seat, none), span),
                ]
            }
        };
        self.file.moves.push(m);
        Some(())
    }

    /// The effects of a package, where the table stands at a level.
    fn copied_effects(
        &mut self,
        package: &Package<'a>,
        at: Option<(Name<'a>, Name<'a>)>,
    ) -> Option<Vec<Effect<'a>>> {
        let mut out = Vec::new();
        for effect in &package.effects {
            let mut effect = effect.clone();
            self.room_for(512, effect.span)?;
            if let Some(condition) = &effect.condition {
                self.copy(condition)?;
            }
            if let Some((variable, level)) = at {
                let done = build::among(variable, vec![level], effect.span);
                effect.condition = Some(match effect.condition {
                    Some(condition) => build::and(done, condition),
                    None => done,
                });
            }
            out.push(effect);
        }
        Some(out)
    }

    /// Performs the step that is due, or only seems to.
    fn perform(&mut self, seat: &Seat<'_, 'a>, package: &Package<'a>, cheats: bool) -> Option<()> {
        let performed = package.performed.as_ref()?;
        let span = performed.span;
        let steps = package.steps();
        let word = if cheats { "cheat" } else { "perform" };
        let doing = if cheats { "Cheat on" } else { "Perform" };
        let mut m = self.made_move(
            seat.me,
            format!("{word}_{}", package.name.text),
            format!("{doing} a step: {}", shown(package)),
            span,
        )?;
        let due: Vec<Name<'a>> = (1..=steps)
            .map(|step| self.name(due_name(package, step), span))
            .collect();
        m.guard = Some(build::among(seat.talks.name, due.clone(), span));
        let part = 1.0 / f64::from(steps);
        if let (false, Some(cost)) = (cheats, &performed.cost) {
            let cost = self.copy(cost)?;
            m.payments.push(Payment {
                actor: seat.me,
                is_cost: true,
                value: build::times(build::number(part, span), cost),
                span,
            });
        }
        let verified = match &performed.verified {
            Some(e) => self.copy(e)?,
            None => build::number(1.0, span),
        };
        let before_last = due[..due.len() - 1].to_vec();
        for value in &package.values {
            let mine = value.actor.text == seat.me.text;
            // A step that was only seemingly performed is worth nothing to the others.
            if !mine && cheats {
                continue;
            }
            let mut gain = self.copy_payment(value)?;
            gain.value = build::times(build::number(part, span), gain.value);
            if mine {
                if before_last.is_empty() {
                    continue; // all was paid in advance
                }
                let more = build::among(seat.talks.name, before_last.clone(), span);
                gain.value = build::choice(more, gain.value, build::number(0.0, span));
                if cheats {
                    let undetected = build::complement(self.copy(&verified)?);
                    gain.value = build::times(undetected, gain.value);
                }
            }
            m.payments.push(gain);
        }
        let up = Change::Step(Spanned { value: 1, span });
        let mut done = vec![build::effect(seat.talks.name, up, None, span)];
        done.extend(self.copied_effects(package, Some((seat.talks.name, package.name)))?);
        m.outcomes = if cheats {
            let none = Name { text: "none", span };
            let mut passed = outcome(build::complement(self.copy(&verified)?), done, span);
            passed.seen_as = Some(Seen::Path(Path {
                owner: Some(seat.me),
                name: self.name(format!("perform_{}", package.name.text), span),
            }));
            vec![outcome(verified, self.table_to(seat, none), span), passed]
        } else {
            vec![certain(done, span)]
        };
        self.file.moves.push(m);
        Some(())
    }

    fn reject(&mut self, seat: &Seat<'_, 'a>, raises: bool) -> Option<()> {
        let span = seat.talks.name.span;
        let label = if raises {
            "Reject and raise the price"
        } else {
            "Reject"
        };
        let mut m = self.made_move(
            seat.me,
            reject_name(seat.talks, raises),
            label.to_owned(),
            span,
        )?;
        let mut guard = self.open(seat, seat.before_me.clone(), None, span)?;
        let none = Name { text: "none", span };
        let mut effects = self.table_to(seat, none);
        let stake = if raises {
            Stake::Raising
        } else {
            Stake::Rejecting
        };
        m.payments = self.stake(seat, stake, None)?;
        if let (true, Some(price)) = (raises, seat.my_price) {
            let found = seat
                .talks
                .prices
                .iter()
                .find(|p| p.actor.text == seat.me.text)?;
            let most = build::number(f64::from(found.steps.value), span);
            let steps = self.number_of(price, span);
            guard = build::and(guard, build::binary(BinaryOp::Less, steps, most));
            let up = Change::Step(Spanned { value: 1, span });
            effects.push(build::effect(price, up, None, span));
        }
        m.guard = Some(guard);
        m.outcomes = vec![certain(effects, span)];
        self.file.moves.push(m);
        Some(())
    }

    /// What a package in force is worth over time, as payoff terms called `TALKS_PACKAGE`.
    fn flows(&mut self, talks: &Talks<'a>) -> Option<()> {
        for package in &talks.packages {
            for flow in &package.flows {
                let span = flow.span;
                let whole = build::among(talks.name, vec![package.name], span);
                let mut value =
                    build::choice(whole, self.copy(&flow.value)?, build::number(0.0, span));
                for step in 1..=package.steps() {
                    let share = f64::from(step) / f64::from(package.steps());
                    let due = self.name(due_name(package, step), span);
                    let at = build::among(talks.name, vec![due], span);
                    let part = build::times(build::number(share, span), self.copy(&flow.value)?);
                    value = build::choice(at, part, value);
                }
                let name = format!("{}_{}", talks.name.text, package.name.text);
                let name = self.name(name, span);
                self.payoff_term(flow.actor.text, name, value);
            }
        }
        Some(())
    }

    /// Adds a payoff term, in the unit of the actor's other ones.
    pub(crate) fn payoff_term(&mut self, actor: &str, name: Name<'a>, value: Expr<'a>) {
        let span = name.span;
        let found = self.file.actors.iter_mut().find(|a| a.name.text == actor);
        let Some(actor) = found else { return };
        let payoff = actor.payoff.get_or_insert_with(|| PerTime {
            value: Vec::new(),
            per: Spanned {
                value: "round".into(),
                span,
            },
            span,
        });
        payoff.value.push(Term {
            name,
            value,
            transient: None,
            span,
        });
    }
}

/// The label of a package, or its name.
fn shown(package: &Package<'_>) -> String {
    let label = package.label.as_ref();
    label.map_or(package.name.text.to_owned(), |l| l.value.clone())
}

fn certain(effects: Vec<Effect<'_>>, span: Span) -> Outcome<'_> {
    Outcome {
        chance: OutcomeChance::Certain,
        believed: None,
        seen_as: None,
        effects,
        span,
    }
}

fn outcome<'a>(chance: Expr<'a>, effects: Vec<Effect<'a>>, span: Span) -> Outcome<'a> {
    Outcome {
        chance: OutcomeChance::Probability(chance),
        ..certain(effects, span)
    }
}
