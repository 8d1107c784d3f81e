//! The record of a red line: dated crossings, answered or not, and what they taught.
//!
//! The stated prior π of the holder's types is the belief before the record. Between entries, and from
//! the last one to the as-of date, belief goes back towards it, β ← π + (β − π)·2^(−Δt / half-life).
//! An entry multiplies the belief in type θ by r·e_θ + (1 − r)·n_θ when the crossing was answered and
//! by the complement when it was not; r says how recognisable the crossing was, e_θ and n_θ are the
//! declared rates at which a recognised and an unrecognised crossing is answered. What is left at the
//! as-of date is the prior of the game.

use super::RedLine;
use crate::check::Checker;
use crate::check::DerivedFacts;
use crate::check::constant::for_type;
use crate::check::expression::Scope;
use crate::check::units::Units;
use crate::diagnostic::Diagnostic;
use crate::scenario::{
    ActorId, BinaryOp, Derived, DerivedId, Expr as Checked, ExprKind as K, RecordEntry,
};
use crate::source::Span;
use crate::syntax::MAX_ITEMS;
use crate::syntax::ast::{Expr, Spanned, Text};
use crate::syntax::declarations::Parser;
use crate::syntax::lexer::TokenKind as T;
use jiff::civil::Date;

/// `record half-life TIME` with its entries.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Record<'a> {
    pub half_life: Option<Expr<'a>>,
    pub entries: Vec<Entry<'a>>,
    pub span: Span,
}

/// `DATE "EVENT": answered, recognised R, source "SOURCE"`.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Entry<'a> {
    pub date: Spanned<Date>,
    pub text: Text,
    pub answered: bool,
    pub recognised: Option<Expr<'a>>,
    pub source: Option<Text>,
    pub span: Span,
}

impl<'a> Parser<'a, '_> {
    /// The line `record …` and the entries below it.
    pub(crate) fn record(&mut self, line: usize) -> Option<Record<'a>> {
        self.enter_line(line);
        self.cursor.position += 1;
        self.cursor.no_colon("record");
        let mut half_life = None;
        let mut broken = false;
        if !self.cursor.at_end() {
            half_life = self.half_life();
            broken = half_life.is_none();
        }
        if !broken {
            self.cursor.finish("`record`");
        }
        let layout = self.layout;
        let mut entries = Vec::new();
        for child in layout.children(line) {
            self.enter_all(child);
            match self.record_entry(child) {
                Some(entry) => entries.push(entry),
                None => broken = true,
            }
        }
        if entries.is_empty() && !broken {
            self.block_missing(
                line,
                "entries, such as `2019-06-20 \"drone shot down\": silent`",
            );
            return None;
        }
        if entries.len() > MAX_ITEMS {
            let span = self.line_span(line);
            self.cursor.too_many(span, "entries of a record");
            return None;
        }
        let span = self.line_span(line);
        (!broken).then_some(Record {
            half_life,
            entries,
            span,
        })
    }

    fn half_life(&mut self) -> Option<Expr<'a>> {
        if self.cursor.word(0) != Some("half") {
            self.cursor.missing("`half-life` and a time, or nothing");
            return None;
        }
        self.cursor.position += 1;
        self.cursor.expect(T::Minus, "`-life` after `half`")?;
        self.cursor.expect_word("life")?;
        self.cursor.no_colon("half-life");
        self.cursor.item()
    }

    fn record_entry(&mut self, line: usize) -> Option<Entry<'a>> {
        let date = self.date()?;
        let text = self.cursor.expect_text("what happened")?;
        self.cursor.colon("what happened")?;
        let answered = match self.cursor.word(0) {
            Some("answered") => true,
            Some("silent") => false,
            _ => {
                self.cursor.missing("`answered` or `silent`");
                return None;
            }
        };
        self.cursor.position += 1;
        let (mut recognised, mut source) = (None, None);
        while self.cursor.eat(T::Comma) {
            if recognised.is_none() && self.cursor.eat_word("recognised") {
                recognised = Some(self.cursor.item()?);
            } else if source.is_none() && self.cursor.eat_word("source") {
                source = Some(self.cursor.expect_text("the source")?);
            } else {
                self.cursor
                    .missing("`recognised` and a probability, or `source` and a text");
                return None;
            }
        }
        self.cursor.finish("the entry")?;
        Some(Entry {
            date,
            text,
            answered,
            recognised,
            source,
            span: self.block_span(line),
        })
    }
}

/// An entry that counts, with what its line says.
struct Lesson {
    /// Its line among the checked ones, and its place in that record.
    place: (usize, usize),
    date: Date,
    answered: bool,
    recognised: Checked,
    span: Span,
}

impl<'a> Checker<'a> {
    /// Checks the record of a line; oldest entry first.
    pub(super) fn record_entries(&mut self, line: &'a RedLine<'a>) -> Vec<RecordEntry> {
        let Some(record) = &line.record else {
            return Vec::new();
        };
        let as_of_span = self.file.headers.first().and_then(|h| h.as_of.as_ref());
        let as_of_span = as_of_span.map(|d| d.span);
        if self.as_of.is_none() {
            self.report(
                Diagnostic::error(
                    "E0806",
                    record.span,
                    "a record in a scenario without a date",
                )
                .label("expected a line `as of DATE` below `scenario`")
                .help("what a record taught fades until the as-of date"),
            );
        }
        let mut out = Vec::new();
        for entry in &record.entries {
            if let Some(as_of) = self.as_of
                && entry.date.value > as_of
            {
                let mut found = Diagnostic::error(
                    "E0805",
                    entry.date.span,
                    format!("this had not happened on {as_of}"),
                )
                .label(format!("expected a date up to {as_of}"))
                .help("leave out what came later, or move the as-of date")
                .fix(entry.span, "");
                if let Some(span) = as_of_span {
                    found = found.related(span, "the scenario is as of this date");
                }
                self.report(found);
                continue;
            }
            if entry.source.is_none() {
                self.report(
                    Diagnostic::warning("W0801", entry.text.span, "this entry has no source")
                        .label("expected `, source \"…\"` at the end of its line"),
                );
            }
            let recognised = match &entry.recognised {
                Some(e) => {
                    let scope = Scope::constant("the recognition of a past crossing");
                    let expr = self.number(e, scope, &Units::plain());
                    if let Some(expr) = &expr {
                        self.probability_range(expr, "the recognition of a past crossing");
                    }
                    expr
                }
                None => Some(at(K::Number(1.0), entry.span)),
            };
            let Some(recognised) = recognised else {
                continue;
            };
            out.push(RecordEntry {
                date: entry.date.value,
                text: entry.text.value.clone(),
                answered: entry.answered,
                recognised,
                source: entry
                    .source
                    .as_ref()
                    .map_or(String::new(), |s| s.value.clone()),
                counted: true,
                belief_after: Vec::new(),
                span: entry.span,
            });
        }
        out.sort_by_key(|e| e.date);
        out
    }

    /// A declared rate of answering, by the holder's type.
    pub(super) fn answer_rate(
        &mut self,
        written: Option<&'a Expr<'a>>,
        holder: ActorId,
    ) -> Option<Checked> {
        let scope = Scope {
            types: Some(holder),
            ..Scope::constant("a rate of answering")
        };
        let expr = self.number(written?, scope, &Units::plain())?;
        self.probability_range(&expr, "a rate of answering");
        Some(expr)
    }

    /// The half-life of a record, in days.
    pub(super) fn half_life(&mut self, line: &'a RedLine<'a>) -> Option<Checked> {
        let written = line.record.as_ref()?.half_life.as_ref()?;
        let expr = self.number(written, Scope::constant("a half-life"), &Units::time(1))?;
        let least = f64::MIN_POSITIVE;
        self.within(
            &expr,
            least,
            f64::INFINITY,
            "expected more than 0",
            "a half-life",
        );
        Some(expr)
    }

    /// Puts what the records of all lines taught into the priors of their holders.
    pub(super) fn records(&mut self) {
        for holder in 0..self.actors.len() {
            self.record_of(ActorId(holder as u32));
        }
    }

    fn record_of(&mut self, holder: ActorId) {
        let mut lessons: Vec<Lesson> = Vec::new();
        for (l, line) in self.red_lines.iter().enumerate() {
            if line.holder != holder {
                continue;
            }
            for (e, entry) in line.record.iter().enumerate() {
                lessons.push(Lesson {
                    place: (l, e),
                    date: entry.date,
                    answered: entry.answered,
                    recognised: entry.recognised.clone(),
                    span: entry.span,
                });
            }
        }
        lessons.sort_by_key(|l| l.date);
        self.count_once(&mut lessons);
        let Some(as_of) = self.as_of.filter(|_| !lessons.is_empty()) else {
            return;
        };
        let types = self.actors[holder.0 as usize].types.len();
        if types == 0 {
            let name = self.actors[holder.0 as usize].name.clone();
            self.report(
                Diagnostic::warning(
                    "W0802",
                    lessons[0].span,
                    format!("`{name}` has no types, so its record teaches nothing"),
                )
                .label("expected a holder with `type` lines")
                .help("a record is evidence of what kind of actor it is"),
            );
            return;
        }
        let Some(prior) = self.stated_prior(holder) else {
            return; // a prior is wrong
        };
        let mut belief = prior.clone();
        let mut since: Option<Date> = None;
        for lesson in &lessons {
            let line = &self.red_lines[lesson.place.0];
            let (half_life, e, n) = (
                line.half_life.clone(),
                line.answer_rate.clone(),
                line.unprovoked_rate.clone(),
            );
            let Some(e) = e else {
                return; // reported as missing
            };
            let held = self.faded(&belief, &prior, since, lesson.date, half_life.as_ref());
            belief = self.taught(holder, held, lesson, &e, n.as_ref());
            let entry = &mut self.red_lines[lesson.place.0].record[lesson.place.1];
            entry.belief_after = belief.clone();
            since = Some(lesson.date);
        }
        let last = lessons.last().map(|l| l.place.0);
        let half_life = last.and_then(|l| self.red_lines[l].half_life.clone());
        let held = self.faded(&belief, &prior, since, as_of, half_life.as_ref());
        for (kind, value) in held.into_iter().enumerate() {
            let name = format!(
                "{}.{} as of {as_of}",
                self.actors[holder.0 as usize].name,
                self.actors[holder.0 as usize].types[kind].name
            );
            let value = self.made(name, value);
            let t = &mut self.actors[holder.0 as usize].types[kind];
            if t.prior.is_some() {
                t.prior = Some(value);
            }
        }
    }

    /// One event counts once, however many lines of one holder it crossed.
    fn count_once(&mut self, lessons: &mut Vec<Lesson>) {
        let mut kept: Vec<Lesson> = Vec::new();
        for lesson in std::mem::take(lessons) {
            let text = |p: (usize, usize)| &self.red_lines[p.0].record[p.1].text;
            let first = kept
                .iter()
                .find(|k| k.date == lesson.date && text(k.place) == text(lesson.place));
            let Some(first) = first else {
                kept.push(lesson);
                continue;
            };
            if first.answered != lesson.answered {
                let found = Diagnostic::error(
                    "E0807",
                    lesson.span,
                    "this event is both answered and met with silence",
                )
                .label("expected the same as in the other record")
                .related(first.span, "the same event");
                self.report(found);
            }
            self.red_lines[lesson.place.0].record[lesson.place.1].counted = false;
        }
        *lessons = kept;
    }

    /// The stated prior of each type; `None` when it could not be read.
    fn stated_prior(&mut self, holder: ActorId) -> Option<Vec<Checked>> {
        let declared = self.names.actors[holder.0 as usize];
        let actor = &self.actors[holder.0 as usize];
        let mut left: Option<Checked> = None;
        let mut out = Vec::new();
        for (t, written) in actor.types.iter().zip(&declared.types) {
            match (&t.prior, &written.prior) {
                (Some(prior), _) => {
                    out.push(prior.clone());
                    left = Some(match left {
                        Some(sum) => two(BinaryOp::Add, sum, prior.clone()),
                        None => prior.clone(),
                    });
                }
                (None, None) => {
                    let one = at(K::Number(1.0), t.span);
                    out.push(match left.take() {
                        Some(sum) => two(BinaryOp::Subtract, one, sum),
                        None => one,
                    });
                }
                (None, Some(_)) => return None,
            }
        }
        Some(out)
    }

    /// Belief after some time in which nothing was learnt.
    fn faded(
        &mut self,
        belief: &[Checked],
        prior: &[Checked],
        since: Option<Date>,
        until: Date,
        half_life: Option<&Checked>,
    ) -> Vec<Checked> {
        let (Some(since), Some(half_life)) = (since, half_life) else {
            return belief.to_vec();
        };
        let days = since
            .until(until)
            .map_or(0.0, |span| f64::from(span.get_days()));
        let span = half_life.span;
        let elapsed = two(
            BinaryOp::Divide,
            at(K::Number(days), span),
            half_life.clone(),
        );
        let kept = two(
            BinaryOp::Power,
            at(K::Number(2.0), span),
            at(K::Negate(Box::new(elapsed)), span),
        );
        belief
            .iter()
            .zip(prior)
            .map(|(b, p)| {
                let away = two(BinaryOp::Subtract, b.clone(), p.clone());
                let away = two(BinaryOp::Multiply, away, kept.clone());
                two(BinaryOp::Add, p.clone(), away)
            })
            .collect()
    }

    /// Belief after an entry. What no type would have done teaches nothing.
    fn taught(
        &mut self,
        holder: ActorId,
        held: Vec<Checked>,
        lesson: &Lesson,
        e: &Checked,
        n: Option<&Checked>,
    ) -> Vec<Checked> {
        let span = lesson.span;
        let name = |this: &Self, kind: usize, what: &str| {
            let actor = &this.actors[holder.0 as usize];
            format!(
                "{}.{} {what} {}",
                actor.name, actor.types[kind].name, lesson.date
            )
        };
        let mut weights = Vec::new();
        let mut before = Vec::new();
        for (kind, belief) in held.into_iter().enumerate() {
            let belief_name = name(self, kind, "before");
            let belief = self.made(belief_name, belief);
            let r = &lesson.recognised;
            let mut likelihood = two(BinaryOp::Multiply, r.clone(), for_type(e, kind as u32));
            if let Some(n) = n {
                let missed = two(BinaryOp::Subtract, at(K::Number(1.0), span), r.clone());
                let missed = two(BinaryOp::Multiply, missed, for_type(n, kind as u32));
                likelihood = two(BinaryOp::Add, likelihood, missed);
            }
            if !lesson.answered {
                likelihood = two(BinaryOp::Subtract, at(K::Number(1.0), span), likelihood);
            }
            let weight = two(BinaryOp::Multiply, belief.clone(), likelihood);
            let weight_name = name(self, kind, "and what happened on");
            weights.push(self.made(weight_name, weight));
            before.push(belief);
        }
        let sum = weights
            .iter()
            .cloned()
            .reduce(|a, b| two(BinaryOp::Add, a, b))
            .unwrap_or_else(|| at(K::Number(0.0), span));
        if self.constant_of(&sum) == Some(0.0) {
            self.report(
                Diagnostic::warning("W0803", span, "no type would have done this")
                    .label("expected rates of answering that leave room for it")
                    .help("what no type would have done teaches nothing"),
            );
        }
        let some = two(BinaryOp::Greater, sum.clone(), at(K::Number(0.0), span));
        let mut after = Vec::new();
        for (kind, (weight, before)) in weights.into_iter().zip(before).enumerate() {
            let share = two(BinaryOp::Divide, weight, sum.clone());
            let value = at(
                K::If {
                    condition: Box::new(some.clone()),
                    then: Box::new(share),
                    otherwise: Box::new(before),
                },
                span,
            );
            let after_name = name(self, kind, "after");
            after.push(self.made(after_name, value));
        }
        after
    }

    /// A made quantity, so that what many use is computed once.
    fn made(&mut self, name: String, value: Checked) -> Checked {
        let constant = self.constant_of(&value);
        let span = value.span;
        let id = DerivedId(self.derived.len() as u32);
        self.derived.push(Derived {
            name,
            value,
            unit: String::new(),
            condition: false,
            span,
        });
        self.derived_facts.push(Some(DerivedFacts::plain(constant)));
        at(K::Derived(id), span)
    }
}

fn at(kind: K, span: Span) -> Checked {
    Checked { kind, span }
}

fn two(op: BinaryOp, a: Checked, b: Checked) -> Checked {
    let span = a.span;
    at(K::Binary(op, Box::new(a), Box::new(b)), span)
}
