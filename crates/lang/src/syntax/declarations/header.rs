//! `scenario "TITLE"` and its properties.

use super::Parser;
use crate::diagnostic::Diagnostic;
use crate::scenario::{Foresight, Noise};
use crate::suggest::did_you_mean;
use crate::syntax::ast::{Header, Name, Round, Spanned};
use crate::syntax::lexer::{TokenKind, number_value};
use jiff::civil::Date;

const PROPERTIES: [&str; 9] = [
    "extends",
    "as of",
    "round",
    "horizon",
    "foresight",
    "afterwards",
    "transient",
    "order",
    "noise",
];

/// Whether a line that starts with this word belongs below `scenario`.
pub(crate) fn has(word: &str) -> bool {
    PROPERTIES
        .iter()
        .any(|property| property.split(' ').next() == Some(word))
}

impl<'a> Parser<'a, '_> {
    pub(crate) fn header(&mut self, line: usize) -> Option<()> {
        self.cursor.position += 1;
        let title = self.cursor.expect_text("the title");
        let broken_title = title.is_none();
        let title = title.unwrap_or(Spanned {
            value: String::new(),
            span: self.line_span(line),
        });
        if !broken_title {
            self.cursor.finish("the title");
        }
        let mut header = Header {
            span: self.line_span(line),
            title,
            extends: None,
            as_of: None,
            round: None,
            horizon: None,
            foresight: None,
            afterwards: None,
            transient: None,
            order: None,
            noise: None,
            broken: false,
        };
        header.broken = self.properties(line, "scenario", &PROPERTIES, |this, child, word| {
            this.cursor.position += 1;
            this.cursor.no_colon(word);
            let read = match word {
                "extends" => this
                    .cursor
                    .expect_text("the path of a scenario in quotes")
                    .map(|v| this.once(&mut header.extends, v, child, word)),
                "as" => this
                    .date_after("of")
                    .map(|v| this.once(&mut header.as_of, v, child, "as of")),
                "round" => this
                    .round()
                    .map(|v| this.once(&mut header.round, v, child, word)),
                "horizon" => this
                    .rounds()
                    .map(|v| this.once(&mut header.horizon, v, child, word)),
                "foresight" => this
                    .foresight()
                    .map(|v| this.once(&mut header.foresight, v, child, word)),
                "afterwards" => this.afterwards_rounds(&mut header, child),
                "transient" => this
                    .rounds()
                    .map(|v| this.once(&mut header.transient, v, child, word)),
                "order" => this
                    .order()
                    .map(|v| this.once(&mut header.order, v, child, word)),
                "noise" => this
                    .noise()
                    .map(|v| this.once(&mut header.noise, v, child, word)),
                _ => return None,
            };
            Some(read.and_then(|()| this.cursor.finish(&format!("`{word}`"))))
        });
        self.file.headers.push(header);
        Some(())
    }

    /// `of DATE`, `by DATE`: the second word of `as of` and `known by`.
    pub(crate) fn date_after(&mut self, word: &str) -> Option<Spanned<Date>> {
        self.cursor.expect_word(word)?;
        self.cursor.no_colon(word);
        self.date()
    }

    /// A date.
    pub(crate) fn date(&mut self) -> Option<Spanned<Date>> {
        let span = self.cursor.here();
        if self.cursor.kind(0) != Some(TokenKind::Date) {
            self.cursor.missing("a date such as `2026-05-11`");
            return None;
        }
        self.cursor.position += 1;
        match self.cursor.text(span).parse::<Date>() {
            Ok(value) => Some(Spanned { value, span }),
            Err(_) => {
                let found = Diagnostic::error(
                    "E0008",
                    span,
                    format!("there is no date {}", self.cursor.text(span)),
                )
                .label("expected year-month-day of the calendar");
                self.cursor.report(found);
                None
            }
        }
    }

    fn round(&mut self) -> Option<Round<'a>> {
        let start = self.cursor.here();
        let mut count = 1.0;
        if self.cursor.kind(0) == Some(TokenKind::Number) {
            count = number_value(self.cursor.text(start));
            self.cursor.position += 1;
        }
        let unit = self
            .cursor
            .name("a unit of time: `day`, `week`, `month`, `year` or `hour`")?;
        Some(Round {
            count,
            unit,
            span: start.to(unit.span),
        })
    }

    fn foresight(&mut self) -> Option<Spanned<Foresight>> {
        let span = self.cursor.here();
        if self.cursor.eat_word("full") {
            return Some(Spanned {
                value: Foresight::Full,
                span,
            });
        }
        if self.cursor.eat_word("unbounded") {
            return Some(Spanned {
                value: Foresight::Unbounded,
                span,
            });
        }
        if self.cursor.kind(0) != Some(TokenKind::Number) {
            self.cursor.missing("`8 rounds`, `full` or `unbounded`");
            return None;
        }
        let rounds = self.rounds()?;
        Some(Spanned {
            value: Foresight::Rounds(rounds.value),
            span: rounds.span,
        })
    }

    /// `13 rounds, transient 3 rounds`.
    fn afterwards_rounds(&mut self, header: &mut Header<'a>, line: usize) -> Option<()> {
        let value = self.rounds()?;
        self.once(&mut header.afterwards, value, line, "afterwards");
        if self.cursor.eat(TokenKind::Comma) {
            self.cursor.expect_word("transient")?;
            let value = self.rounds()?;
            self.once(&mut header.transient, value, line, "transient");
        }
        Some(())
    }

    fn order(&mut self) -> Option<Spanned<Vec<Vec<Name<'a>>>>> {
        let start = self.cursor.here();
        let mut phases = Vec::new();
        loop {
            let mut movers = vec![self.cursor.name("an actor or `events`")?];
            while self.cursor.eat_word("and") {
                movers.push(self.cursor.name("an actor after `and`")?);
            }
            phases.push(movers);
            if !self.cursor.eat(TokenKind::Comma) {
                break;
            }
        }
        Some(Spanned {
            value: phases,
            span: start.to(self.cursor.before()),
        })
    }

    fn noise(&mut self) -> Option<Spanned<Noise>> {
        let name = self.cursor.name("`error` or `taste`")?;
        let value = match name.text {
            "error" => Noise::Error,
            "taste" => Noise::Taste,
            other => {
                let found =
                    Diagnostic::error("E0105", name.span, format!("there is no noise `{other}`"))
                        .label("expected `error` or `taste`");
                let found = match did_you_mean(other, ["error", "taste"]) {
                    Some(near) => found
                        .help(format!("did you mean `{near}`?"))
                        .fix(name.span, near),
                    None => found,
                };
                self.cursor.report(found);
                return None;
            }
        };
        Some(Spanned {
            value,
            span: name.span,
        })
    }
}
