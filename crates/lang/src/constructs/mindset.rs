//! `mindset`: a named set of payoffs, beliefs and precision of one actor.
//!
//! Beliefs are common to all in this model, so a mindset changes what everybody believes of its
//! actor (`prior`), not what the actor alone believes of others.

use super::changes::{Change, Target};
use crate::check::Checker;
use crate::check::quantities::text_or;
use crate::syntax::ast::{Name, Text};
use crate::syntax::declarations::Parser;
use crate::syntax::lexer::TokenKind as T;

/// `mindset ACTOR.NAME "LABEL"`.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Mindset<'a> {
    pub actor: Name<'a>,
    pub name: Name<'a>,
    pub label: Option<Text>,
    pub text: Option<Text>,
    pub changes: Vec<Change<'a>>,
}

impl<'a> Parser<'a, '_> {
    pub(crate) fn mindset(&mut self, line: usize) -> Option<()> {
        self.room(self.file.mindsets.len(), line, "mindsets")?;
        self.cursor.position += 1;
        let path = self.cursor.path("ACTOR.NAME").and_then(|path| {
            if path.owner.is_none() {
                self.cursor
                    .missing("`.` and the mindset's name: `ACTOR.NAME`");
            }
            Some((path.owner?, path.name))
        });
        let label = self.cursor.label();
        if path.is_some() {
            self.cursor.finish("the name");
        }
        let mut text = None;
        let mut changes = Vec::new();
        let known = [
            "precision",
            "prior",
            "payoff",
            "without",
            "PARAMETER = …",
            "PARAMETER times …",
        ];
        self.properties(line, "mindset", &known, |this, child, word| {
            if this.cursor.kind(0) == Some(T::Text) {
                let read = this.cursor.label();
                let read = read.map(|v| this.once(&mut text, v, child, "the description"));
                this.cursor.finish("the description");
                return Some(read);
            }
            let read = match this.mindset_change(child, word) {
                Some(read) => read,
                None => this.change(child)?,
            };
            let read = read.map(|change| changes.push(change));
            Some(read.and_then(|()| this.cursor.finish("the change")))
        });
        self.bound(line, changes.len(), "changes")?;
        let (actor, name) = path?;
        self.file.mindsets.push(Mindset {
            actor,
            name,
            label,
            text,
            changes,
        });
        Some(())
    }

    /// `precision …`, `prior TYPE = P`, `payoff TERM times X`.
    fn mindset_change(&mut self, line: usize, word: &str) -> Option<Option<Change<'a>>> {
        if !matches!(word, "precision" | "prior" | "payoff") {
            return None;
        }
        let span = self.block_span(line);
        self.cursor.position += 1;
        let target = self.mindset_target(word);
        Some(target.map(|target| Change { target, span }))
    }

    fn mindset_target(&mut self, word: &str) -> Option<Target<'a>> {
        Some(match word {
            "precision" => Target::Precision(self.written()?),
            "prior" => {
                let kind = self.cursor.name("a type")?;
                self.cursor.expect(T::Assign, "`=` and a probability")?;
                Target::Prior(kind, self.cursor.value()?)
            }
            _ => {
                let term = self.cursor.name("a payoff term")?;
                self.cursor.expect_word("times")?;
                Target::Term(term, self.cursor.value()?)
            }
        })
    }
}

impl Checker<'_> {
    /// Checks the mindsets; payoff terms are complete by now.
    pub(crate) fn mindsets(&mut self) {
        let file = self.file;
        for mindset in &file.mindsets {
            let Some(actor) = self.actor(mindset.actor) else {
                continue;
            };
            let mut changes = Vec::new();
            changes.extend(self.turned_on(Some(mindset.actor.text), mindset.name.text));
            let owner = Some((actor, mindset.actor.span));
            changes.extend(self.adjustments(&mindset.changes, owner, "this mindset"));
            self.mindsets.push(crate::scenario::Mindset {
                actor,
                name: mindset.name.text.into(),
                label: text_or(&mindset.label, mindset.name.text),
                text: mindset
                    .text
                    .as_ref()
                    .map_or(String::new(), |t| t.value.clone()),
                changes,
                span: mindset.name.span,
            });
        }
    }
}
