//! `end`, `outcomes`, `question`.

use super::Parser;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Class, End, Outcomes, PerTime, Question, Rule};
use crate::syntax::limits::MAX_ITEMS;

impl<'a> Parser<'a, '_> {
    pub(crate) fn end(&mut self, line: usize) -> Option<()> {
        self.room(self.file.ends.len(), line, "ends")?;
        self.cursor.position += 1;
        let head = self.cursor.new_name("the end").and_then(|name| {
            let label = self.cursor.label();
            self.cursor.expect_word("when")?;
            self.cursor.no_colon("when");
            let when = self.cursor.value()?;
            self.cursor.finish("the condition");
            Some((name, label, when))
        });
        let (mut values, mut flows) = (Vec::new(), Vec::new());
        self.properties(line, "end", &["value", "flow"], |this, child, word| {
            this.cursor.position += 1;
            this.cursor.no_colon(word);
            let read = match word {
                "value" => this.payment(child, false).map(|v| values.push(v)),
                "flow" => this.flow(child).map(|v| flows.push(v)),
                _ => return None,
            };
            Some(read.and_then(|()| this.cursor.finish(&format!("`{word}`"))))
        });
        if values.len() + flows.len() > MAX_ITEMS {
            let span = self.line_span(line);
            self.cursor.too_many(span, "values");
            return None;
        }
        let (name, label, when) = head?;
        self.file.ends.push(End {
            name,
            label,
            when,
            values,
            flows,
        });
        Some(())
    }

    /// `ACTOR per UNIT: EXPRESSION`.
    fn flow(&mut self, line: usize) -> Option<PerTime<crate::syntax::ast::Payment<'a>>> {
        let span = self.block_span(line);
        let actor = self.cursor.name("an actor")?;
        let per = self.per()?;
        self.cursor.colon("the unit of time")?;
        let value = self.cursor.value()?;
        let payment = crate::syntax::ast::Payment {
            actor,
            is_cost: false,
            value,
            span,
        };
        Some(PerTime {
            value: payment,
            per,
            span,
        })
    }

    pub(crate) fn outcomes(&mut self, line: usize) -> Option<()> {
        self.room(self.file.outcomes.len(), line, "outcome blocks")?;
        self.cursor.position += 1;
        let within = self
            .cursor
            .expect_word("within")
            .and_then(|()| self.rounds());
        if within.is_some() {
            self.cursor.no_colon("rounds");
            self.cursor.finish("the number of rounds");
        }
        let layout = self.layout;
        let mut classes = Vec::new();
        let mut broken = false;
        for child in layout.children(line) {
            self.enter_all(child);
            match self.class(child) {
                Some(class) => classes.push(class),
                None => broken = true,
            }
        }
        if classes.is_empty() && !broken {
            self.block_missing(line, "outcome classes, `NAME: ever EXPRESSION`");
            return None;
        }
        if classes.len() > MAX_ITEMS {
            let span = self.line_span(line);
            self.cursor.too_many(span, "outcome classes");
            return None;
        }
        let span = self.line_span(line);
        self.file.outcomes.push(Outcomes {
            within: within?,
            classes,
            span,
            broken,
        });
        Some(())
    }

    fn class(&mut self, line: usize) -> Option<Class<'a>> {
        let name = self.cursor.new_name("the outcome class")?;
        let label = self.cursor.label();
        self.cursor.colon("the class")?;
        let rule = if self.cursor.eat_word("otherwise") {
            Rule::Otherwise
        } else if self.cursor.eat_word("ever") {
            Rule::Ever(self.cursor.value()?)
        } else {
            let value = self.cursor.value()?;
            if !(self.cursor.eat_word("at") && self.cursor.eat_word("end")) {
                let start = value.span.start as usize;
                let here = self.cursor.here();
                let found = Diagnostic::error("E0105", here, "when is this condition read?")
                    .label("expected `at end`, or `ever` before the condition")
                    .help("write `ever CONDITION` for at any time, `CONDITION at end` for when the window closes")
                    .fix(crate::source::Span::new(start, start), "ever ");
                self.cursor.report(found);
                return None;
            }
            Rule::AtEnd(value)
        };
        self.cursor.finish("the class");
        Some(Class {
            name,
            label,
            rule,
            span: self.block_span(line),
        })
    }

    pub(crate) fn question(&mut self, line: usize) -> Option<()> {
        self.room(self.file.questions.len(), line, "questions")?;
        self.cursor.position += 1;
        let head = self.cursor.new_name("the question").and_then(|name| {
            let title = self.cursor.label();
            self.cursor.colon("the question's name and title")?;
            let when = self.cursor.value()?;
            let within = if self.cursor.eat_word("within") {
                Some(self.rounds()?)
            } else {
                None
            };
            self.cursor.finish("the question");
            Some((name, title, when, within))
        });
        let mut resolves = None;
        self.properties(line, "question", &["resolves"], |this, child, word| {
            this.cursor.position += 1;
            this.cursor.no_colon(word);
            if word != "resolves" {
                return None;
            }
            let read = this.cursor.expect_text("how the question is settled");
            let read = read.map(|v| this.once(&mut resolves, v, child, word));
            Some(read.and_then(|()| this.cursor.finish("`resolves`")))
        });
        let (name, title, when, within) = head?;
        self.file.questions.push(Question {
            name,
            title,
            when,
            within,
            resolves,
        });
        Some(())
    }
}
