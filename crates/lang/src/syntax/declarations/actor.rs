//! `actor` and its types and payoffs.

use super::Parser;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::{Actor, Expr, PerTime, Spanned, Term, Type, Unit};
use crate::syntax::lexer::TokenKind as T;
use crate::syntax::limits::MAX_ITEMS;

const PROPERTIES: [&str; 8] = [
    "precision",
    "discount",
    "opportunity",
    "believed opportunity",
    "default",
    "type",
    "payoff",
    "afterwards",
];

impl<'a> Parser<'a, '_> {
    pub(crate) fn actor(&mut self, line: usize) -> Option<()> {
        self.room(self.file.actors.len(), line, "actors")?;
        self.cursor.position += 1;
        let name = self.cursor.new_name("the actor");
        let label = self.cursor.label();
        if name.is_some() {
            self.cursor.finish("the name");
        }
        let (mut precision, mut discount, mut opportunity, mut believed) = (None, None, None, None);
        let (mut default, mut types, mut payoff, mut afterwards) = (None, Vec::new(), None, None);
        let broken = self.properties(line, "actor", &PROPERTIES, |this, child, word| {
            this.cursor.position += 1;
            if !matches!(word, "payoff" | "afterwards") {
                this.cursor.no_colon(word);
            }
            let read = match word {
                "precision" => this
                    .cursor
                    .value()
                    .map(|v| this.once(&mut precision, v, child, word)),
                "discount" => this
                    .discount()
                    .map(|v| this.once(&mut discount, v, child, word)),
                "opportunity" => this
                    .cursor
                    .value()
                    .map(|v| this.once(&mut opportunity, v, child, word)),
                "believed" => {
                    let read = this.cursor.expect_word("opportunity").and_then(|()| {
                        this.cursor.no_colon("believed opportunity");
                        this.cursor.value()
                    });
                    read.map(|v| this.once(&mut believed, v, child, "believed opportunity"))
                }
                "default" => this
                    .cursor
                    .path("a move")
                    .map(|v| this.once(&mut default, v, child, word)),
                "type" => this.private_type(child).map(|v| types.push(v)),
                "payoff" => {
                    let read = this.payoff(child);
                    return Some(read.map(|v| this.once(&mut payoff, v, child, word)));
                }
                "afterwards" => {
                    this.enter_line(child);
                    this.cursor.position += 1;
                    this.cursor.no_colon(word);
                    this.cursor.finish("`afterwards`");
                    let read = this.terms(child);
                    let span = this.line_span(child);
                    return Some(read.map(|value| {
                        this.once(&mut afterwards, Spanned { value, span }, child, word);
                    }));
                }
                _ => return None,
            };
            Some(read.and_then(|()| this.cursor.finish(&format!("`{word}`"))))
        });
        if types.len() > MAX_ITEMS {
            let span = self.line_span(line);
            self.cursor.too_many(span, "types");
            return None;
        }
        self.file.actors.push(Actor {
            name: name?,
            label,
            payer: false,
            precision,
            discount,
            opportunity,
            believed_opportunity: believed,
            default,
            types,
            payoff,
            afterwards,
            broken,
        });
        Some(())
    }

    /// `30% per year`: a share, and the unit of time when it stands apart.
    pub(crate) fn discount(&mut self) -> Option<(Expr<'a>, Option<Unit<'a>>)> {
        let share = self.cursor.value()?;
        let per = if self.cursor.word(0) == Some("per") {
            self.cursor.unit()?
        } else {
            None
        };
        Some((share, per))
    }

    pub(crate) fn private_type(&mut self, line: usize) -> Option<Type<'a>> {
        let span = self.block_span(line);
        let name = self.cursor.new_name("the type")?;
        let label = self.cursor.label();
        if self.cursor.eat_word("otherwise") {
            return Some(Type {
                name,
                label,
                prior: None,
                span,
            });
        }
        if !self.cursor.eat_word("prior") {
            let here = self.cursor.here();
            if self.cursor.kind(0) == Some(T::Number) {
                let found = Diagnostic::error(
                    "E0105",
                    here,
                    format!("expected `prior`, found {}", self.cursor.found()),
                )
                .label("expected `prior` and a probability, or `otherwise`")
                .fix(
                    Span::new(here.start as usize, here.start as usize),
                    "prior ",
                );
                self.cursor.report(found);
                return None;
            }
            self.cursor
                .missing("`prior` and a probability, or `otherwise`");
            return None;
        }
        self.cursor.no_colon("prior");
        let prior = Some(self.cursor.value()?);
        Some(Type {
            name,
            label,
            prior,
            span,
        })
    }

    pub(crate) fn payoff(&mut self, line: usize) -> Option<PerTime<Vec<Term<'a>>>> {
        self.enter_line(line);
        self.cursor.position += 1;
        let per = self.per()?;
        self.cursor.no_colon("payoff");
        self.cursor.finish("`payoff`");
        let span = self.line_span(line);
        Some(PerTime {
            value: self.terms(line)?,
            per,
            span,
        })
    }

    /// `per UNIT`.
    pub(crate) fn per(&mut self) -> Option<Spanned<String>> {
        if !self.cursor.eat_word("per") {
            self.cursor
                .missing("`per` and a unit of time, such as `per week`");
            return None;
        }
        let name = self.cursor.name("a unit of time after `per`")?;
        Some(Spanned {
            value: name.text.to_owned(),
            span: name.span,
        })
    }

    /// Lines `TERM: EXPRESSION`, below a payoff.
    pub(crate) fn terms(&mut self, line: usize) -> Option<Vec<Term<'a>>> {
        let layout = self.layout;
        let mut out = Vec::new();
        let mut broken = false;
        for child in layout.children(line) {
            self.enter_all(child);
            match self.term(child) {
                Some(term) => out.push(term),
                None => broken = true,
            }
        }
        if out.is_empty() && !broken {
            self.block_missing(line, "payoff terms, `TERM: EXPRESSION`");
            return None;
        }
        if out.len() > MAX_ITEMS {
            let span = self.line_span(line);
            self.cursor.too_many(span, "terms");
            return None;
        }
        // The terms that could be read are checked even when others are broken.
        Some(out)
    }

    pub(crate) fn term(&mut self, line: usize) -> Option<Term<'a>> {
        let name = self.cursor.new_name("the payoff term")?;
        self.cursor.colon("the term's name")?;
        let value = self.cursor.value()?;
        let mut transient = None;
        if self.cursor.eat(T::Comma) {
            let span = self.cursor.here();
            self.cursor.expect_word("transient")?;
            transient = Some(span);
        }
        self.cursor.finish("the term");
        Some(Term {
            name,
            value,
            transient,
            span: self.block_span(line),
        })
    }
}
