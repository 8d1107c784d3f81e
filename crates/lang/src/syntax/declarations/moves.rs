//! `move` and `trigger`.

use super::Parser;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Move, Payment, Trigger};
use crate::syntax::limits::MAX_ITEMS;

const MOVE: [&str; 8] = [
    "when",
    "only with",
    "wedges",
    "cost",
    "gain",
    "kind",
    "seen as",
    "outcome",
];
const TRIGGER: [&str; 9] = [
    "when",
    "only with",
    "by",
    "rate",
    "probability",
    "times",
    "believed",
    "looks like",
    "outcome",
];

impl<'a> Parser<'a, '_> {
    pub(crate) fn movement(&mut self, line: usize) -> Option<()> {
        self.room(self.file.moves.len(), line, "moves")?;
        self.cursor.position += 1;
        let path = self
            .cursor
            .path("ACTOR.NAME")
            .and_then(|path| match path.owner {
                Some(owner) => Some((owner, path.name)),
                None => {
                    let found =
                        Diagnostic::error("E0105", path.name.span, "a move names its actor")
                            .label("expected `ACTOR.NAME`")
                            .help(format!("write `move ACTOR.{}`", path.name.text));
                    self.cursor.report(found);
                    None
                }
            });
        let label = self.cursor.label();
        if path.is_some() {
            self.cursor.finish("the name");
        }
        let (mut guard, mut only_with, mut kind, mut seen_as) = (None, None, None, None);
        let (mut payments, mut outcomes, mut wedges) = (Vec::new(), Vec::new(), Vec::new());
        let broken = self.properties(line, "move", &MOVE, |this, child, word| {
            this.cursor.position += 1;
            if word != "outcome" {
                this.cursor.no_colon(word);
            }
            let read = match word {
                "when" => this
                    .cursor
                    .value()
                    .map(|v| this.once(&mut guard, v, child, word)),
                "only" => this
                    .only_with()
                    .map(|v| this.once(&mut only_with, v, child, "only with")),
                "cost" | "gain" => this
                    .payment(child, word == "cost")
                    .map(|v| payments.push(v)),
                "kind" => this
                    .cursor
                    .name("a kind")
                    .map(|v| this.once(&mut kind, v, child, word)),
                "wedges" => this.wedge(child).map(|v| wedges.push(v)),
                "seen" => {
                    let read = this.cursor.expect_word("as").and_then(|()| this.seen());
                    read.map(|v| this.once(&mut seen_as, v, child, "seen as"))
                }
                "outcome" => this.outcome(child).map(|v| outcomes.push(v)),
                _ => return None,
            };
            Some(read.and_then(|()| this.cursor.finish(&format!("`{word}`"))))
        });
        let span = self.line_span(line);
        self.bound(line, outcomes.len(), "outcomes")?;
        self.bound(line, payments.len(), "costs and gains")?;
        let (actor, name) = path?;
        self.file.moves.push(Move {
            actor,
            name,
            label,
            guard,
            only_with,
            wedges,
            payments,
            kind,
            seen_as,
            outcomes,
            span,
            broken,
        });
        Some(())
    }

    pub(crate) fn bound(&mut self, line: usize, count: usize, what: &str) -> Option<()> {
        if count <= MAX_ITEMS {
            return Some(());
        }
        let span = self.line_span(line);
        self.cursor.too_many(span, what);
        None
    }

    /// `ACTOR: EXPRESSION` after `cost`, `gain` or `value`.
    pub(crate) fn payment(&mut self, line: usize, is_cost: bool) -> Option<Payment<'a>> {
        let span = self.block_span(line);
        let actor = self.cursor.name("an actor")?;
        self.cursor.colon("the actor")?;
        let value = self.cursor.value()?;
        Some(Payment {
            actor,
            is_cost,
            value,
            span,
        })
    }

    pub(crate) fn trigger(&mut self, line: usize) -> Option<()> {
        self.room(self.file.triggers.len(), line, "triggers")?;
        self.cursor.position += 1;
        let name = self.cursor.new_name("the trigger");
        let label = self.cursor.label();
        if name.is_some() {
            self.cursor.finish("the name");
        }
        let (mut guard, mut only_with, mut looks_like) = (None, None, None);
        let mut by_front = None;
        let (mut rate, mut probability, mut times) = (None, None, None);
        let (mut believed_rate, mut believed_probability, mut believed_times) = (None, None, None);
        let mut outcomes = Vec::new();
        let broken = self.properties(line, "trigger", &TRIGGER, |this, child, word| {
            this.cursor.position += 1;
            if word != "outcome" {
                this.cursor.no_colon(word);
            }
            let read = match word {
                "when" => this
                    .cursor
                    .value()
                    .map(|v| this.once(&mut guard, v, child, word)),
                "only" => this
                    .only_with()
                    .map(|v| this.once(&mut only_with, v, child, "only with")),
                "by" => this
                    .by_front(child)
                    .map(|v| this.once(&mut by_front, v, child, word)),
                "rate" => this
                    .cursor
                    .value()
                    .map(|v| this.once(&mut rate, v, child, word)),
                "probability" => this
                    .cursor
                    .value()
                    .map(|v| this.once(&mut probability, v, child, word)),
                "times" => this
                    .cursor
                    .value()
                    .map(|v| this.once(&mut times, v, child, word)),
                "believed" => {
                    let what = this.cursor.word(0).unwrap_or("");
                    let slot = match what {
                        "rate" => &mut believed_rate,
                        "probability" => &mut believed_probability,
                        "times" => &mut believed_times,
                        _ => {
                            this.cursor
                                .missing("`rate`, `probability` or `times` after `believed`");
                            return Some(None);
                        }
                    };
                    this.cursor.position += 1;
                    this.cursor.no_colon(what);
                    this.cursor
                        .value()
                        .map(|v| this.once(slot, v, child, &format!("believed {what}")))
                }
                "looks" => {
                    let read = this
                        .cursor
                        .expect_word("like")
                        .and_then(|()| this.cursor.path("a move"));
                    read.map(|v| this.once(&mut looks_like, v, child, "looks like"))
                }
                "outcome" => this.outcome(child).map(|v| outcomes.push(v)),
                _ => return None,
            };
            Some(read.and_then(|()| this.cursor.finish(&format!("`{word}`"))))
        });
        self.bound(line, outcomes.len(), "outcomes")?;
        self.file.triggers.push(Trigger {
            name: name?,
            label,
            guard,
            only_with,
            by_front,
            rate,
            probability,
            times,
            believed_rate,
            believed_probability,
            believed_times,
            looks_like,
            outcomes,
            broken,
        });
        Some(())
    }
}
