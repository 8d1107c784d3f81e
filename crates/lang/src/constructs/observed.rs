//! `observed DATE LABEL, VARIABLE LEVEL, …`: what was seen since the scenario's as-of date.
//!
//! The lines change nothing in the game. They say which course it took so far, and the engine
//! carries state and beliefs along it (`climbdown_engine::analyse::observe`).

use crate::check::Checker;
use crate::diagnostic::Diagnostic;
use crate::scenario::{self, Sighting};
use crate::source::Span;
use crate::suggest::did_you_mean;
use crate::syntax::ast::{self, Name, Seen, Spanned};
use crate::syntax::declarations::Parser;
use crate::syntax::lexer::TokenKind;
use jiff::civil::Date;

/// `observed 2026-05-18 iran.harass, strait shut`.
#[derive(Debug)]
pub struct Observed<'a> {
    /// When it had been seen.
    pub date: Spanned<Date>,
    /// What was seen, in the order in which it happened.
    pub items: Vec<Item<'a>>,
    /// Place of the whole.
    pub span: Span,
}

/// One thing seen.
#[derive(Debug)]
pub enum Item<'a> {
    /// A public label.
    Label(Seen<'a>, Span),
    /// A level of a variable.
    Level(Name<'a>, Name<'a>),
}

impl Parser<'_, '_> {
    pub(crate) fn observed(&mut self, line: usize) -> Option<()> {
        self.enter_all(line);
        let span = self.block_span(line);
        self.cursor.position += 1;
        let date = self.date()?;
        let mut items = Vec::new();
        while !self.cursor.at_end() {
            let two = self.cursor.kind(0) == Some(TokenKind::Name)
                && self.cursor.kind(1) == Some(TokenKind::Name);
            if two {
                let variable = self.cursor.name("a variable")?;
                items.push(Item::Level(variable, self.cursor.name("its level")?));
            } else {
                let start = self.cursor.here();
                let seen = self.seen()?;
                items.push(Item::Label(seen, start.to(self.cursor.before())));
            }
            if !self.cursor.eat(TokenKind::Comma) {
                break;
            }
            if self.cursor.at_end() {
                self.cursor.missing("a label, or a variable and its level");
                return None;
            }
        }
        self.cursor.finish("what was seen")?;
        self.file.observed.push(Observed { date, items, span });
        Some(())
    }
}

impl<'a> Checker<'a> {
    /// Dates become rounds, labels and levels are looked up.
    pub(crate) fn observed(&mut self) {
        let file = self.file;
        let Some(first) = file.observed.first() else {
            return;
        };
        let Some(as_of) = self.as_of else {
            self.undated(first.date.span, "as of");
            return;
        };
        if !self.has_round {
            self.undated(first.date.span, "round");
            return;
        }
        for line in &file.observed {
            let round = self.round_of(as_of, line);
            let items: Vec<Sighting> = line.items.iter().filter_map(|i| self.sighting(i)).collect();
            if let Some(round) = round {
                self.observed.push(scenario::Observed {
                    date: line.date.value,
                    round,
                    items,
                    span: line.span,
                });
            }
        }
        self.observed.sort_by_key(|o| o.date);
    }

    fn undated(&mut self, span: Span, property: &str) {
        self.report(
            Diagnostic::error(
                "E0440",
                span,
                "the date cannot be placed: the scenario does not say when it starts and how long a \
                 round is",
            )
            .label(format!("expected `{property}` in the header"))
            .help("write `as of DATE` and `round week` (or day, month, `3 days`) below `scenario`"),
        );
    }

    /// The round that was over on the date.
    fn round_of(&mut self, as_of: Date, line: &ast::Observed<'a>) -> Option<u32> {
        let days = f64::from(days(as_of, line.date.value));
        if days <= 0.0 {
            self.report(
                Diagnostic::error(
                    "E0441",
                    line.date.span,
                    "what was seen by the as-of date belongs into the scenario itself",
                )
                .label(format!("expected a date after {as_of}"))
                .help("write it as `start` levels and priors, or correct the date"),
            );
            return None;
        }
        // A date that ends a round belongs to it, whatever rounding does to lengths.
        let round = ((days / self.round_days - 1e-9).ceil() - 1.0).max(0.0);
        if round >= f64::from(self.horizon) {
            let horizon = self.horizon;
            self.report(
                Diagnostic::error(
                    "E0442",
                    line.date.span,
                    format!("the date lies beyond the {horizon} rounds that are forecast"),
                )
                .label("expected a date within the horizon")
                .help("lengthen `horizon`, or begin a new scenario with a later `as of`"),
            );
            return None;
        }
        Some(round as u32)
    }

    fn sighting(&mut self, item: &Item<'a>) -> Option<Sighting> {
        match item {
            Item::Level(variable, level) => {
                let variable = self.variable(*variable)?;
                let level = self.level(variable, *level)?;
                self.used_variables[variable.0 as usize] = true;
                Some(Sighting::Level(variable, level))
            }
            Item::Label(seen, span) => {
                let label = match seen {
                    Seen::Text(text) => text.value.clone(),
                    Seen::Path(path) => match path.owner {
                        Some(owner) => format!("{}.{}", owner.text, path.name.text),
                        None => path.name.text.to_owned(),
                    },
                };
                self.known_label(&label, *span)
                    .then_some(Sighting::Label(label))
            }
        }
    }

    /// Whether something is seen under this label; reported when nothing is.
    fn known_label(&mut self, label: &str, span: Span) -> bool {
        let moves = self.moves.iter().flat_map(|m| {
            let outcomes = m.outcomes.iter().filter_map(|o| o.seen_as.as_deref());
            std::iter::once(m.seen_as.as_str()).chain(outcomes)
        });
        let triggers = self.triggers.iter().flat_map(|t| &t.outcomes);
        let labels: Vec<&str> = moves
            .chain(triggers.filter_map(|o| o.seen_as.as_deref()))
            .collect();
        if labels.contains(&label) {
            return true;
        }
        // A move that could not be read has its finding.
        let broken = label
            .split('.')
            .any(|part| self.names.broken.contains(part));
        if broken {
            return false;
        }
        let found = Diagnostic::error("E0443", span, format!("nothing is ever seen as `{label}`"))
            .label("expected the label of a move, or a variable and its level");
        let hidden = self.moves.iter().find(|m| {
            label.split_once('.').is_some_and(|(actor, name)| {
                m.name == name && self.names.actors[m.actor.0 as usize].name.text == actor
            })
        });
        let found = match (hidden, did_you_mean(label, labels.iter().copied())) {
            (Some(hidden), _) => found
                .help(format!("that move is seen as `{}`", hidden.seen_as))
                .fix(span, hidden.seen_as.clone()),
            (None, Some(near)) => found
                .help(format!("did you mean `{near}`?"))
                .fix(span, near),
            (None, None) => found.help("name what all could see, such as `us.hold`"),
        };
        self.report(found);
        false
    }
}

/// Days from one date to another.
fn days(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}
