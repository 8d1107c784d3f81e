//! Expressions, by precedence climbing.

use super::ast::{Arm, Expr, ExprKind, Name, Path, Spanned, Table, Unit};
use super::cursor::Cursor;
use super::lexer::{TokenKind as T, number_value};
use super::limits::{MAX_EXPRESSION_DEPTH, MAX_ITEMS, MAX_NESTING};
use crate::diagnostic::Diagnostic;
use crate::scenario::BinaryOp;
use crate::source::Span;

impl<'a> Cursor<'a, '_> {
    /// An expression alone on its line or in parentheses, where a guarded list may stand.
    pub(crate) fn value(&mut self) -> Option<Expr<'a>> {
        self.nested(|this| this.conditional(true))
    }

    /// An expression inside a list, where a comma ends it.
    pub(crate) fn item(&mut self) -> Option<Expr<'a>> {
        self.nested(|this| this.conditional(false))
    }

    /// A condition without `if`, for what may itself be followed by `if`.
    pub(crate) fn condition(&mut self) -> Option<Expr<'a>> {
        self.binary(0)
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Option<Expr<'a>>) -> Option<Expr<'a>> {
        if self.nesting >= MAX_NESTING {
            self.too_deep(self.here());
            return None;
        }
        self.nesting += 1;
        let out = read(self);
        self.nesting -= 1;
        out
    }

    fn too_deep(&mut self, span: Span) {
        let found = Diagnostic::error("E0010", span, "this expression is nested too deeply")
            .label(format!(
                "expected at most {MAX_NESTING} levels of nesting and {MAX_EXPRESSION_DEPTH} operators in a row"
            ))
            .help("name a part of it with `derived`");
        self.report(found);
    }

    /// Builds a node, unless the tree gets too deep.
    fn node(&mut self, kind: ExprKind<'a>, span: Span) -> Option<Expr<'a>> {
        let below = kind.parts().iter().map(|part| part.depth).max();
        // Guarded arms are lowered into nested choices, so each is one level.
        let arms = match &kind {
            ExprKind::Guarded { arms, .. } => arms.len() as u16,
            _ => 0,
        };
        let depth = 1 + below.unwrap_or(0) + arms;
        if depth > MAX_EXPRESSION_DEPTH {
            self.too_deep(span);
            return None;
        }
        Some(Expr { kind, span, depth })
    }

    fn conditional(&mut self, list: bool) -> Option<Expr<'a>> {
        let first = self.binary(0)?;
        if self.word(0) != Some("if") {
            return Some(first);
        }
        self.position += 1;
        let condition = self.binary(0)?;
        if self.eat_word("else") {
            let otherwise = self.nested(|this| this.conditional(false))?;
            let span = first.span.to(otherwise.span);
            return self.node(
                ExprKind::If {
                    then: Box::new(first),
                    condition: Box::new(condition),
                    otherwise: Box::new(otherwise),
                },
                span,
            );
        }
        if !list {
            self.missing("`else` and the value when the condition does not hold");
            return None;
        }
        self.guarded(first, condition)
    }

    fn guarded(&mut self, first: Expr<'a>, condition: Expr<'a>) -> Option<Expr<'a>> {
        let start = first.span;
        let mut arms = vec![(first, condition)];
        let mut otherwise = None;
        while self.kind(0) == Some(T::Comma) {
            let last_word = self.word(1) == Some("transient") && self.token(2).is_none();
            if last_word {
                break;
            }
            self.position += 1;
            if otherwise.is_some() {
                let found = Diagnostic::error(
                    "E0311",
                    self.here(),
                    "`otherwise` is not the last of the list",
                )
                .label("expected the end of the list")
                .help("move the `otherwise` value to the end");
                self.report(found);
                return None;
            }
            let value = self.binary(0)?;
            if self.eat_word("otherwise") {
                otherwise = Some(Box::new(value));
            } else if self.eat_word("if") {
                let condition = self.binary(0)?;
                arms.push((value, condition));
            } else {
                self.missing("`if` and a condition, or `otherwise`, after this value");
                return None;
            }
            if arms.len() > MAX_ITEMS {
                self.too_many(start, "cases");
                return None;
            }
        }
        let span = start.to(self.before());
        self.node(ExprKind::Guarded { arms, otherwise }, span)
    }

    pub(crate) fn too_many(&mut self, span: Span, what: &str) {
        let found = Diagnostic::error("E0009", span, format!("too many {what}"))
            .label(format!("expected at most {MAX_ITEMS}"));
        self.report(found);
    }

    fn operator(&self) -> Option<(BinaryOp, u8)> {
        use BinaryOp as B;
        let out = match self.kind(0)? {
            T::Name => match self.word(0)? {
                "or" => (B::Or, 1),
                "and" => (B::And, 2),
                _ => return None,
            },
            T::Equal | T::Assign => (B::Equal, 4),
            T::NotEqual => (B::NotEqual, 4),
            T::Less => (B::Less, 4),
            T::LessEqual => (B::LessEqual, 4),
            T::Greater => (B::Greater, 4),
            T::GreaterEqual => (B::GreaterEqual, 4),
            T::Plus => (B::Add, 5),
            T::Minus => (B::Subtract, 5),
            T::Star => (B::Multiply, 6),
            T::Slash => (B::Divide, 6),
            _ => return None,
        };
        Some(out)
    }

    /// Operators that bind at least as tightly as `least`.
    fn binary(&mut self, least: u8) -> Option<Expr<'a>> {
        let mut left = self.prefix(least)?;
        loop {
            if least <= 4 && self.word(0) == Some("in") {
                left = self.membership(left)?;
                continue;
            }
            let Some((op, level)) = self.operator().filter(|(_, level)| *level >= least) else {
                return Some(left);
            };
            let op_span = self.here();
            if self.kind(0) == Some(T::Assign) {
                self.mistaken_equality();
            }
            self.position += 1;
            let right = self.binary(level + 1)?;
            let span = left.span.to(right.span);
            left = self.node(
                ExprKind::Binary(op, op_span, Box::new(left), Box::new(right)),
                span,
            )?;
            if level == 4 && self.operator().is_some_and(|(_, next)| next == 4) {
                let found = Diagnostic::error("E0112", self.here(), "comparisons do not chain")
                    .label("expected `and`, or the end of the condition")
                    .help("write `a < b and b < c`");
                self.report(found);
                return None;
            }
        }
    }

    /// `=` where `==` is meant: reported, then read as `==`.
    fn mistaken_equality(&mut self) {
        let found = Diagnostic::error("E0113", self.here(), "`=` compares nothing")
            .label("expected `==`")
            .help("equality is written `==`")
            .fix(self.here(), "==");
        self.report(found);
    }

    fn membership(&mut self, left: Expr<'a>) -> Option<Expr<'a>> {
        self.position += 1;
        self.expect(T::Open, "`(` and levels")?;
        let open = self.before();
        let levels = self.names("a level")?;
        self.close(open)?;
        let span = left.span.to(self.before());
        self.node(ExprKind::In(Box::new(left), levels), span)
    }

    /// The parenthesis that closes the one at `open`.
    fn close(&mut self, open: Span) -> Option<()> {
        if self.eat(T::Close) {
            return Some(());
        }
        let message = if self.at_end() {
            "this `(` is never closed".into()
        } else {
            format!("expected `)`, found {}", self.found())
        };
        let mut found = Diagnostic::error("E0115", self.here(), message).label("expected `)`");
        let between = self
            .source
            .get(open.start as usize..self.here().start as usize);
        if between.is_some_and(|text| text.contains('\n')) {
            found = found.related(open, "opened here");
        }
        self.report(found);
        None
    }

    fn prefix(&mut self, least: u8) -> Option<Expr<'a>> {
        let start = self.here();
        if self.word(0) == Some("not") && least <= 3 {
            self.position += 1;
            let inner = self.nested(|this| this.binary(3))?;
            let span = start.to(inner.span);
            return self.node(ExprKind::Not(Box::new(inner)), span);
        }
        if self.eat(T::Minus) {
            let inner = self.nested(|this| this.prefix(7))?;
            let span = start.to(inner.span);
            return self.node(ExprKind::Negate(Box::new(inner)), span);
        }
        let base = self.primary()?;
        if self.kind(0) == Some(T::Caret) {
            let op_span = self.here();
            self.position += 1;
            let exponent = self.nested(|this| this.prefix(7))?;
            let span = base.span.to(exponent.span);
            return self.node(
                ExprKind::Binary(BinaryOp::Power, op_span, Box::new(base), Box::new(exponent)),
                span,
            );
        }
        Some(base)
    }

    fn primary(&mut self) -> Option<Expr<'a>> {
        let start = self.here();
        match self.kind(0) {
            Some(T::Number) => self.literal(),
            Some(T::Open) => {
                self.position += 1;
                let mut inner = self.value()?;
                self.close(start)?;
                inner.span = start.to(self.before());
                Some(inner)
            }
            Some(T::Name) => self.named(),
            Some(T::Date) => {
                let found = Diagnostic::error("E0111", start, "a date is no value")
                    .label("expected a number or a name")
                    .help("dates stand only after `as of`, `known by` and in records; a difference needs blanks: `2026 - 5`");
                let before = self.before();
                self.report(if self.text(before.to(start)).contains('\n') {
                    found.related(before, "its value is expected")
                } else {
                    found
                });
                None
            }
            Some(T::Text) => {
                let found = Diagnostic::error("E0105", start, "a string is no value")
                    .label("expected a number or a name");
                self.report(found);
                None
            }
            _ => {
                self.missing("a value");
                None
            }
        }
    }

    fn literal(&mut self) -> Option<Expr<'a>> {
        let span = self.here();
        let value = number_value(self.text(span));
        self.position += 1;
        let unit = self.unit()?;
        if self.kind(0) == Some(T::Range) {
            let found =
                Diagnostic::error("E0110", self.here(), "a range stands only in a parameter")
                    .label("expected a single number")
                    .help("declare a `parameter` with this range and use its name");
            self.report(found);
            return None;
        }
        let span = unit.as_ref().map_or(span, |u| span.to(u.span));
        self.node(ExprKind::Literal { value, unit }, span)
    }

    /// A unit after a literal: `mb/day`, `per year`. `Some(None)` when there is none.
    pub(crate) fn unit(&mut self) -> Option<Option<Unit<'a>>> {
        let mut factors: Vec<(Name<'a>, i32)> = Vec::new();
        let start = self.here();
        if self.word(0) != Some("per") {
            let Some(first) = self.unit_word(0) else {
                return Some(None);
            };
            self.position += 1;
            factors.push((first, 1));
            // `/` and `*` belong to the unit only when nothing separates them from its words.
            while matches!(self.kind(0), Some(T::Slash | T::Star))
                && self.here().start == self.before().end
                && let Some(next) = self.unit_word(1)
                && next.span.start == self.here().end
                && self.kind(2) != Some(T::Open)
                && self.kind(2) != Some(T::Dot)
            {
                let power = if self.kind(0) == Some(T::Slash) {
                    -1
                } else {
                    1
                };
                self.position += 2;
                factors.push((next, power));
            }
        }
        while self.eat_word("per") {
            let Some(word) = self.unit_word(0) else {
                self.missing("a unit after `per`");
                return None;
            };
            self.position += 1;
            factors.push((word, -1));
        }
        Some(Some(Unit {
            factors,
            span: start.to(self.before()),
        }))
    }

    fn named(&mut self) -> Option<Expr<'a>> {
        let start = self.here();
        if self.word(0) == Some("by") {
            return self.table();
        }
        let word = self.word(0).unwrap_or("");
        if matches!(
            word,
            "if" | "else" | "otherwise" | "and" | "or" | "in" | "rest" | "not" | "nothing"
        ) {
            if word == "else" {
                let found = Diagnostic::error("E0105", start, "expected a value, found `else`")
                    .label("expected a value, or `otherwise`")
                    .help(
                        "`else` stands only in `A if CONDITION else B`; a last case is `otherwise`",
                    );
                self.report(found);
                return None;
            }
            self.missing("a value");
            return None;
        }
        let path: Path<'a> = self.path("a name")?;
        if path.owner.is_none() && self.eat(T::Open) {
            let mut arguments = Vec::new();
            if self.kind(0) != Some(T::Close) {
                loop {
                    arguments.push(self.item()?);
                    if arguments.len() > MAX_ITEMS {
                        self.too_many(start, "arguments");
                        return None;
                    }
                    if !self.eat(T::Comma) {
                        break;
                    }
                }
            }
            self.close(start)?;
            let span = start.to(self.before());
            return self.node(ExprKind::Call(path.name, arguments), span);
        }
        self.node(ExprKind::Path(path), path.span())
    }

    /// `by VARIABLE (LEVEL: A, LEVEL, LEVEL: B, otherwise: C)`.
    fn table(&mut self) -> Option<Expr<'a>> {
        let start = self.here();
        self.position += 1;
        let variable = self.name("a variable after `by`")?;
        self.expect(T::Open, "`(` and the table's lines")?;
        let mut table = Table {
            variable,
            arms: Vec::new(),
            otherwise: None,
        };
        loop {
            self.arm(&mut table, |this| this.item())?;
            if !self.eat(T::Comma) {
                break;
            }
        }
        self.close(start)?;
        let span = start.to(self.before());
        self.node(ExprKind::By(Box::new(table)), span)
    }

    /// One line of a table: `LEVEL, LEVEL: VALUE` or `otherwise: VALUE`.
    pub(crate) fn arm(
        &mut self,
        table: &mut Table<'a>,
        read: impl FnOnce(&mut Self) -> Option<Expr<'a>>,
    ) -> Option<()> {
        let start = self.here();
        if table.otherwise.is_some() {
            let found =
                Diagnostic::error("E0311", start, "`otherwise` is not the last of the table")
                    .label("expected the end of the table")
                    .help("move the `otherwise` line to the end");
            self.report(found);
            return None;
        }
        if self.eat_word("otherwise") {
            self.colon("`otherwise`")?;
            table.otherwise = Some(Spanned {
                value: read(self)?,
                span: start,
            });
            return Some(());
        }
        let levels = self.names("a level")?;
        self.colon("the level")?;
        let value = read(self)?;
        table.arms.push(Arm { levels, value });
        if table.arms.len() > MAX_ITEMS {
            self.too_many(start, "lines");
            return None;
        }
        Some(())
    }

    /// A table written as a block below its head.
    pub(crate) fn block_table(&mut self, table: Table<'a>, span: Span) -> Option<Expr<'a>> {
        self.node(ExprKind::By(Box::new(table)), span)
    }
}
