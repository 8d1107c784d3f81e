//! `parameter`, `variable`, `ladder`, `derived`.

use super::Parser;
use crate::diagnostic::Diagnostic;
use crate::scenario::Grade;
use crate::syntax::ast::{Derived, Levels, Name, Parameter, Spanned, Table, Variable};
use crate::syntax::lexer::{TokenKind as T, number_value};
use crate::syntax::limits::MAX_ITEMS;

impl<'a> Parser<'a, '_> {
    pub(crate) fn parameter(&mut self, line: usize) -> Option<()> {
        self.room(self.file.parameters.len(), line, "parameters")?;
        self.cursor.position += 1;
        let name = self.cursor.new_name("the parameter");
        let head = name.and_then(|name| {
            self.cursor.expect(T::Assign, "`=` and a number")?;
            let mut values = Vec::new();
            let mut unit = None;
            loop {
                values.push(self.parameter_literal()?);
                if let Some(written) = self.cursor.unit()? {
                    unit = Some(written);
                }
                if values.len() == 3 || !self.cursor.eat(T::Range) {
                    break;
                }
            }
            if values.len() == 2 {
                self.cursor
                    .missing("`..` and the highest value: `low .. central .. high`");
                return None;
            }
            self.cursor.finish("the value");
            Some(Parameter {
                name,
                values,
                unit,
                text: None,
                source: None,
                grade: None,
                known_by: None,
                broken: false,
            })
        });
        let broken = head.is_none();
        // The properties of a broken parameter are read all the same, for their own mistakes.
        let (mut text, mut source, mut grade, mut known_by) = (None, None, None, None);
        let known = ["source", "grade", "known by"];
        let unread = self.properties(line, "parameter", &known, |this, child, word| {
            if this.cursor.kind(0) == Some(T::Text) {
                let read = this
                    .cursor
                    .label()
                    .map(|v| this.once(&mut text, v, child, "the description"));
                this.cursor.finish("the description");
                return Some(read);
            }
            this.cursor.position += 1;
            this.cursor.no_colon(word);
            let read = match word {
                "source" => {
                    let read = this.cursor.expect_text("the source");
                    read.map(|v| this.once(&mut source, v, child, word))
                }
                "grade" => this.grade().map(|v| this.once(&mut grade, v, child, word)),
                "known" => this
                    .date_after("by")
                    .map(|v| this.once(&mut known_by, v, child, "known by")),
                _ => return None,
            };
            Some(read.and_then(|()| this.cursor.finish(&format!("`{word}`"))))
        });
        if let Some(mut parameter) = head {
            parameter.text = text;
            parameter.source = source;
            parameter.grade = grade;
            parameter.known_by = known_by;
            parameter.broken = unread;
            self.file.parameters.push(parameter);
        }
        (!broken).then_some(())
    }

    pub(crate) fn parameter_literal(&mut self) -> Option<Spanned<f64>> {
        let start = self.cursor.here();
        let sign = if self.cursor.eat(T::Minus) { -1.0 } else { 1.0 };
        let span = self.cursor.here();
        if self.cursor.kind(0) != Some(T::Number) {
            let found = Diagnostic::error(
                "E0105",
                span,
                format!("a parameter takes a literal, found {}", self.cursor.found()),
            )
            .label("expected a number")
            .help("an expression over other quantities is a `derived`");
            self.cursor.report(found);
            return None;
        }
        self.cursor.position += 1;
        Some(Spanned {
            value: sign * number_value(self.cursor.text(span)),
            span: start.to(span),
        })
    }

    pub(crate) fn grade(&mut self) -> Option<Spanned<Grade>> {
        let name = self.cursor.name("a grade `A`, `B` or `C`")?;
        let value = match name.text {
            "A" => Grade::A,
            "B" => Grade::B,
            "C" => Grade::C,
            other => {
                let mut found =
                    Diagnostic::error("E0105", name.span, format!("there is no grade `{other}`"))
                        .label("expected `A`, `B` or `C`")
                        .help("A is measured, B an estimate, C a judgement");
                if let "a" | "b" | "c" = other {
                    found = found.fix(name.span, other.to_uppercase());
                }
                self.cursor.report(found);
                return None;
            }
        };
        Some(Spanned {
            value,
            span: name.span,
        })
    }

    pub(crate) fn variable(&mut self, line: usize) -> Option<()> {
        self.room(self.file.variables.len(), line, "variables")?;
        let is_ladder = self.cursor.word(0) == Some("ladder");
        let kind = if is_ladder { "ladder" } else { "variable" };
        self.cursor.position += 1;
        let name = self.cursor.new_name("the variable");
        let label = self.cursor.label();
        if name.is_some() {
            self.cursor.finish("the name");
        }
        let (mut levels, mut start, mut cleared) = (None, None, None);
        let broken = self.properties(
            line,
            kind,
            &["levels", "start", "cleared by"],
            |this, child, word| {
                this.cursor.position += 1;
                this.cursor.no_colon(word);
                let read = match word {
                    "levels" => this
                        .levels()
                        .map(|v| this.once(&mut levels, v, child, word)),
                    "start" => this
                        .cursor
                        .name("a level")
                        .map(|v| this.once(&mut start, v, child, word)),
                    "cleared" => {
                        let read = this
                            .cursor
                            .expect_word("by")
                            .and_then(|()| this.cursor.names("an actor"));
                        read.map(|v| this.once(&mut cleared, v, child, "cleared by"))
                    }
                    _ => return None,
                };
                Some(read.and_then(|()| this.cursor.finish(&format!("`{word}`"))))
            },
        );
        let cleared_by = cleared.unwrap_or_default();
        self.file.variables.push(Variable {
            name: name?,
            label,
            is_ladder,
            levels,
            start,
            cleared_by,
            broken,
        });
        Some(())
    }

    pub(crate) fn levels(&mut self) -> Option<Spanned<Levels<'a>>> {
        let start = self.cursor.here();
        let mut out = Vec::new();
        loop {
            let name = self.cursor.new_name("a level")?;
            out.push((name, self.cursor.label()));
            if out.len() > MAX_ITEMS {
                self.cursor.too_many(start, "levels");
                return None;
            }
            if !self.cursor.eat(T::Comma) {
                break;
            }
        }
        Some(Spanned {
            value: out,
            span: start.to(self.cursor.before()),
        })
    }

    pub(crate) fn derived(&mut self, line: usize) -> Option<()> {
        self.room(self.file.derived.len(), line, "derived quantities")?;
        self.cursor.position += 1;
        let name = self.cursor.new_name("the derived quantity")?;
        if self.cursor.eat_word("by") {
            return self.derived_table(line, name);
        }
        // Everything below continues the expression.
        self.cursor.end = self.layout.lines[line].last_below;
        self.cursor
            .expect(T::Assign, "`=` and an expression, or `by` and a variable")?;
        let value = self.cursor.value()?;
        self.cursor.finish("the expression");
        self.file.derived.push(Derived { name, value });
        Some(())
    }

    fn derived_table(&mut self, line: usize, name: Name<'a>) -> Option<()> {
        let variable = self.cursor.name("a variable after `by`")?;
        self.cursor.finish("the variable");
        let mut table = Table {
            variable,
            arms: Vec::new(),
            otherwise: None,
        };
        let mut broken = false;
        let layout = self.layout;
        for child in layout.children(line) {
            self.enter_all(child);
            let read = self.cursor.arm(&mut table, |cursor| cursor.value());
            broken |= read
                .and_then(|()| self.cursor.finish("the value"))
                .is_none();
        }
        if broken {
            return None;
        }
        if table.arms.is_empty() && table.otherwise.is_none() {
            self.block_missing(line, "one line for each level, `LEVEL: VALUE`");
            return None;
        }
        let span = self.block_span(line);
        let value = self.cursor.block_table(table, span)?;
        self.file.derived.push(Derived { name, value });
        Some(())
    }

    /// Reports that nothing stands below a line that needs a block.
    pub(crate) fn block_missing(&mut self, line: usize, what: &str) {
        let span = self.line_span(line);
        let found = Diagnostic::error("E0116", span, "nothing stands below this line")
            .label(format!("expected below it {what}"))
            .help("indent the lines that belong to it");
        self.cursor.report(found);
    }
}
