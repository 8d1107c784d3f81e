//! `base rate`: how often something came in comparable crises.
//!
//! Only crises that had ended before the scenario's as-of date count: one that was still going on has
//! not shown yet how it goes, and leaving it out or in would both use hindsight.

use crate::check::Checker;
use crate::check::expression::Scope;
use crate::check::quantities::text_or;
use crate::check::units::Units;
use crate::diagnostic::Diagnostic;
use crate::scenario::Grade;
use crate::source::Span;
use crate::syntax::ast::{self, Name, Spanned, Text};
use crate::syntax::declarations::Parser;
use crate::syntax::lexer::TokenKind as T;
use jiff::civil::Date;

/// `base rate NAME "LABEL" = 75 of 413`, or `= 18.2%`.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct BaseRate<'a> {
    pub name: Name<'a>,
    pub label: Option<Text>,
    pub share: Share<'a>,
    pub population: Option<Text>,
    pub source: Option<Text>,
    pub grade: Option<Spanned<Grade>>,
    pub from: Option<Spanned<Date>>,
    pub ended_by: Option<Spanned<Date>>,
    pub of: Option<Name<'a>>,
    pub broken: bool,
}

/// The number of a base rate.
#[derive(Debug)]
pub enum Share<'a> {
    /// Cases, and all crises.
    Count(u32, u32, Span),
    /// A share as published.
    Share(ast::Expr<'a>),
}

impl<'a> Parser<'a, '_> {
    pub(crate) fn base_rate(&mut self, line: usize) -> Option<()> {
        self.room(self.file.base_rates.len(), line, "base rates")?;
        self.cursor.position += 2;
        let head = self.base_rate_head();
        let (mut population, mut source, mut grade) = (None, None, None);
        let (mut from, mut ended_by, mut of) = (None, None, None);
        let known = [
            "population",
            "source",
            "grade",
            "from",
            "ended by",
            "compares",
        ];
        let broken = self.properties(line, "base rate", &known, |this, child, word| {
            this.cursor.position += 1;
            this.cursor.no_colon(word);
            let read = match word {
                "population" => {
                    let read = this.cursor.expect_text("which crises");
                    read.map(|v| this.once(&mut population, v, child, word))
                }
                "source" => {
                    let read = this.cursor.expect_text("the source");
                    read.map(|v| this.once(&mut source, v, child, word))
                }
                "grade" => this.grade().map(|v| this.once(&mut grade, v, child, word)),
                "from" => this.date().map(|v| this.once(&mut from, v, child, word)),
                "ended" => this
                    .date_after("by")
                    .map(|v| this.once(&mut ended_by, v, child, "ended by")),
                "compares" => this
                    .cursor
                    .name("an outcome class or a question")
                    .map(|v| this.once(&mut of, v, child, word)),
                _ => return None,
            };
            Some(read.and_then(|()| this.cursor.finish(&format!("`{word}`"))))
        });
        let (name, label, share) = head?;
        self.file.base_rates.push(BaseRate {
            name,
            label,
            share,
            population,
            source,
            grade,
            from,
            ended_by,
            of,
            broken,
        });
        Some(())
    }

    fn base_rate_head(&mut self) -> Option<(Name<'a>, Option<Text>, Share<'a>)> {
        let name = self.cursor.new_name("the base rate")?;
        let label = self.cursor.label();
        self.cursor
            .expect(T::Assign, "`=` and a share, or `75 of 413`")?;
        let start = self.cursor.here();
        let counted = self.cursor.kind(0) == Some(T::Number) && self.cursor.word(1) == Some("of");
        let share = if counted {
            let cases = self.whole_number("a number of crises")?;
            self.cursor.expect_word("of")?;
            let all = self.whole_number("a number of crises")?;
            Share::Count(cases, all, start.to(self.cursor.before()))
        } else {
            Share::Share(self.cursor.value()?)
        };
        self.cursor.finish("the share")?;
        Some((name, label, share))
    }
}

impl<'a> Checker<'a> {
    /// Checks the base rates; classes and questions are known by now.
    pub(crate) fn base_rates(&mut self) {
        let file = self.file;
        self.doubles(file.base_rates.iter().map(|b| b.name));
        for written in &file.base_rates {
            let (value, count) = self.share(&written.share);
            if written.source.is_none() && !written.broken {
                self.report(
                    Diagnostic::warning(
                        "W0504",
                        written.name.span,
                        format!("`{}` has no source", written.name.text),
                    )
                    .label("expected a line `source \"…\"` below it"),
                );
            }
            self.ended(written);
            let of = written.of.and_then(|name| self.compared(name));
            let text = |t: &Option<Text>| t.as_ref().map_or(String::new(), |t| t.value.clone());
            self.base_rates.push(crate::scenario::BaseRate {
                name: written.name.text.into(),
                label: text_or(&written.label, written.name.text),
                value,
                count,
                population: text(&written.population),
                source: text(&written.source),
                grade: written.grade.as_ref().map(|g| g.value),
                from: written.from.as_ref().map(|d| d.value),
                ended_by: written.ended_by.as_ref().map(|d| d.value),
                of,
                span: written.name.span,
            });
        }
    }

    fn share(&mut self, share: &'a Share<'a>) -> (f64, Option<(u32, u32)>) {
        match share {
            Share::Count(cases, all, span) => {
                if *all == 0 || cases > all {
                    self.report(
                        Diagnostic::error("E0713", *span, format!("{cases} crises of {all}"))
                            .label("expected a part of at least one crisis, such as `75 of 413`"),
                    );
                    return (0.0, None);
                }
                (f64::from(*cases) / f64::from(*all), Some((*cases, *all)))
            }
            Share::Share(e) => {
                let scope = Scope::constant("a base rate");
                let value = self.number(e, scope, &Units::plain()).and_then(|expr| {
                    self.probability_range(&expr, "a base rate");
                    self.constant_of(&expr)
                });
                (value.unwrap_or(0.0), None)
            }
        }
    }

    fn ended(&mut self, written: &'a BaseRate<'a>) {
        let Some(ended) = &written.ended_by else {
            if !written.broken {
                self.report(
                    Diagnostic::error(
                        "E0707",
                        written.name.span,
                        "a base rate without the date by which its crises had ended",
                    )
                    .label("expected a line `ended by DATE` below it")
                    .help("only crises that ended before the as-of date may be counted"),
                );
            }
            return;
        };
        if let Some(from) = &written.from
            && from.value > ended.value
        {
            self.report(
                Diagnostic::error("E0707", ended.span, "the crises end before they begin")
                    .label(format!("expected a date from {} on", from.value))
                    .related(from.span, "they begin here"),
            );
        }
        let Some(as_of) = self.as_of else { return };
        if ended.value >= as_of {
            let mut found = Diagnostic::error(
                "E0707",
                ended.span,
                format!(
                    "crises that ended by {} are counted as of {as_of}",
                    ended.value
                ),
            )
            .label(format!("expected a date before {as_of}"))
            .help("leave out the crises that had not ended before the scenario's as-of date");
            let header = self.file.headers.first();
            if let Some(date) = header.and_then(|h| h.as_of.as_ref()) {
                found = found.related(date.span, "the scenario is as of this date");
            }
            self.report(found);
        }
    }

    /// The outcome class or question of this name.
    fn compared(&mut self, name: Name<'a>) -> Option<String> {
        let classes = self.classes.iter().map(|c| (&c.name, c.span));
        let questions = self.questions.iter().map(|q| (&q.name, q.span));
        let names: Vec<(String, Option<Span>)> = classes
            .chain(questions)
            .map(|(name, span)| (name.clone(), Some(span)))
            .collect();
        if names.iter().any(|(known, _)| known == name.text) {
            return Some(name.text.into());
        }
        self.unknown("E0217", name, "outcome class or question", names);
        None
    }
}
