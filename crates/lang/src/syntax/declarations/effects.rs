//! Outcomes and effects, shared by moves and triggers.

use super::Parser;
use crate::diagnostic::Diagnostic;
use crate::suggest::did_you_mean;
use crate::syntax::ast::{Change, Effect, Outcome, OutcomeChance, Seen, Spanned};
use crate::syntax::lexer::TokenKind as T;
use crate::syntax::limits::MAX_ITEMS;

impl<'a> Parser<'a, '_> {
    /// What follows the word `outcome`.
    pub(crate) fn outcome(&mut self, line: usize) -> Option<Outcome<'a>> {
        let span = self.block_span(line);
        let chance = if self.cursor.kind(0) == Some(T::Colon) {
            OutcomeChance::Certain
        } else if self.cursor.eat_word("rest") {
            OutcomeChance::Rest
        } else {
            OutcomeChance::Probability(self.cursor.item()?)
        };
        let (mut believed, mut seen_as) = (None, None);
        loop {
            if believed.is_none() && self.cursor.eat_word("believed") {
                believed = Some(self.cursor.item()?);
            } else if seen_as.is_none() && self.cursor.eat_word("seen") {
                self.cursor.expect_word("as")?;
                seen_as = Some(self.seen()?);
            } else {
                break;
            }
        }
        self.cursor.colon("the probability")?;
        let effects = self.effects()?;
        Some(Outcome {
            chance,
            believed,
            seen_as,
            effects,
            span,
        })
    }

    /// A public label: a path, or text.
    pub(crate) fn seen(&mut self) -> Option<Seen<'a>> {
        if let Some(text) = self.cursor.label() {
            return Some(Seen::Text(text));
        }
        self.cursor.path("a label").map(Seen::Path)
    }

    pub(crate) fn effects(&mut self) -> Option<Vec<Effect<'a>>> {
        if self.cursor.at_end() {
            let span = self.cursor.here();
            let found = Diagnostic::error("E0105", span, "expected effects, the line ends here")
                .label("expected effects, or `nothing`")
                .help("an outcome without effects is written with `nothing`")
                .fix(span, " nothing");
            self.cursor.report(found);
            return None;
        }
        let start = self.cursor.here();
        let mut out = Vec::new();
        let mut nothing = false;
        loop {
            if self.cursor.eat_word("nothing") {
                nothing = true;
            } else {
                out.push(self.effect()?);
            }
            if out.len() > MAX_ITEMS {
                self.cursor.too_many(start, "effects");
                return None;
            }
            if !self.cursor.eat(T::Semicolon) {
                break;
            }
        }
        if nothing && !out.is_empty() {
            let found = Diagnostic::error("E0105", start, "`nothing` stands among other effects")
                .label("expected `nothing` alone, or the effects alone");
            self.cursor.report(found);
            return None;
        }
        Some(out)
    }

    pub(crate) fn effect(&mut self) -> Option<Effect<'a>> {
        let variable = self.cursor.name("a variable to change, or `nothing`")?;
        let word_span = self.cursor.here();
        let word = self.cursor.word(0).unwrap_or("");
        self.cursor.position += usize::from(!word.is_empty());
        let change = match word {
            "to" => Change::To(self.cursor.name("a level after `to`")?),
            "up" => Change::Step(self.steps(1)?),
            "down" => Change::Step(self.steps(-1)?),
            "at" if self.cursor.eat_word("least") => {
                Change::AtLeast(self.cursor.name("a level after `at least`")?)
            }
            "at" if self.cursor.eat_word("most") => {
                Change::AtMost(self.cursor.name("a level after `at most`")?)
            }
            "at" => {
                self.cursor.missing("`least` or `most` after `at`");
                return None;
            }
            _ => {
                let forms = "`to LEVEL`, `up`, `down`, `at least LEVEL` or `at most LEVEL`";
                let mut found = Diagnostic::error(
                    "E0105",
                    word_span,
                    format!("expected what happens to `{}`", variable.text),
                )
                .label(format!("expected {forms}"));
                if let Some(near) = did_you_mean(word, ["to", "up", "down"]) {
                    found = found
                        .help(format!("did you mean `{near}`?"))
                        .fix(word_span, near);
                }
                self.cursor.report(found);
                return None;
            }
        };
        let condition = if self.cursor.eat_word("if") {
            Some(self.cursor.condition()?)
        } else {
            None
        };
        Some(Effect {
            variable,
            change,
            condition,
            span: variable.span.to(self.cursor.before()),
        })
    }

    pub(crate) fn steps(&mut self, sign: i32) -> Option<Spanned<i32>> {
        let word = self.cursor.before();
        if self.cursor.kind(0) != Some(T::Number) {
            return Some(Spanned {
                value: sign,
                span: word,
            });
        }
        let span = self.cursor.here();
        let count = self.whole_number("a number of levels")?;
        if count == 0 || count as usize > MAX_ITEMS {
            let found = Diagnostic::error("E0313", span, format!("a step of {count} levels"))
                .label(format!("expected 1 to {MAX_ITEMS}"));
            self.cursor.report(found);
            return None;
        }
        Some(Spanned {
            value: sign * count as i32,
            span: word.to(span),
        })
    }
}
