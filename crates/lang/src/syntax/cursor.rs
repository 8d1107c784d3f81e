//! A place in the tokens of one line, and the words the parser asks for there.
//!
//! Every reading method reports what it missed and returns `None`; the caller gives up that line
//! and goes on with the next one.

use super::ast::{Name, Path, Text};
use super::lexer::{Token, TokenKind, text_value};
use super::limits::MAX_DIAGNOSTICS;
use crate::diagnostic::Diagnostic;
use crate::library::Function;
use crate::source::Span;

/// Words with a meaning in expressions, which name nothing.
pub const RESERVED: [&str; 13] = [
    "if",
    "else",
    "otherwise",
    "rest",
    "and",
    "or",
    "not",
    "in",
    "by",
    "belief",
    "number",
    "nothing",
    "events",
];

/// Words that end an expression in some property and therefore are no units.
const NOT_UNITS: [&str; 10] = [
    "believed",
    "seen",
    "within",
    "at",
    "per",
    "transient",
    "to",
    "up",
    "when",
    "after",
];

/// Parser state: the tokens of a stretch of lines.
pub struct Cursor<'a, 't> {
    pub(crate) source: &'a str,
    pub(crate) tokens: &'t [Token],
    /// First token of the stretch.
    pub(crate) start: usize,
    pub(crate) position: usize,
    pub(crate) end: usize,
    /// Current nesting of an expression.
    pub(crate) nesting: u16,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Whether `word` may not be a name.
pub fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&word) || Function::named(word).is_some()
}

/// Whether `word` may be a unit.
pub fn is_unit_word(word: &str) -> bool {
    // A function may share its name with a unit: `swu` is both.
    !RESERVED.contains(&word) && !NOT_UNITS.contains(&word)
}

impl<'a> Cursor<'a, '_> {
    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < MAX_DIAGNOSTICS {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Moves to the tokens `first..end`.
    pub(crate) fn enter(&mut self, first: usize, end: usize) {
        self.start = first;
        self.position = first;
        self.end = end;
        self.nesting = 0;
    }

    pub(crate) fn token(&self, ahead: usize) -> Option<Token> {
        let at = self.position + ahead;
        if at < self.end {
            self.tokens.get(at).copied()
        } else {
            None
        }
    }

    pub(crate) fn kind(&self, ahead: usize) -> Option<TokenKind> {
        self.token(ahead).map(|t| t.kind)
    }

    pub(crate) fn text(&self, span: Span) -> &'a str {
        self.source
            .get(span.start as usize..span.end as usize)
            .unwrap_or("")
    }

    /// The word `ahead`, if a word stands there.
    pub(crate) fn word(&self, ahead: usize) -> Option<&'a str> {
        self.token(ahead)
            .filter(|t| t.kind == TokenKind::Name)
            .map(|t| self.text(t.span))
    }

    /// Place of the current token, or just behind the last one.
    pub(crate) fn here(&self) -> Span {
        self.token(0).map_or_else(
            || {
                let end = self.before().end as usize;
                Span::new(end, end)
            },
            |t| t.span,
        )
    }

    /// Place of the token read last.
    pub(crate) fn before(&self) -> Span {
        self.position
            .checked_sub(1)
            .and_then(|i| self.tokens.get(i))
            .map_or(Span::default(), |t| t.span)
    }

    /// What stands here, for messages.
    pub(crate) fn found(&self) -> String {
        match self.token(0) {
            None => "the end of the line".into(),
            Some(t) => {
                let text = self.text(t.span);
                let short: String = text.chars().take(40).collect();
                let dots = if short.len() < text.len() { "…" } else { "" };
                format!("`{short}{dots}`")
            }
        }
    }

    pub(crate) fn at_end(&self) -> bool {
        self.token(0).is_none()
    }

    pub(crate) fn eat(&mut self, kind: TokenKind) -> bool {
        let hit = self.kind(0) == Some(kind);
        self.position += usize::from(hit);
        hit
    }

    pub(crate) fn eat_word(&mut self, word: &str) -> bool {
        let hit = self.word(0) == Some(word);
        self.position += usize::from(hit);
        hit
    }

    /// Reports that `expected` is missing here.
    pub(crate) fn missing(&mut self, expected: &str) {
        let before = self.before().end as usize;
        let here = self.here();
        let message = if self.at_end() {
            format!("expected {expected}, the line ends here")
        } else {
            format!("expected {expected}, found {}", self.found())
        };
        let mut found =
            Diagnostic::error("E0105", here, message).label(format!("expected {expected}"));
        let gap = self.source.get(before..here.start as usize);
        if self.position > self.start && gap.is_some_and(|gap| gap.contains('\n')) {
            found = found.related(
                Span::new(before, before),
                "or here, at the end of the line above",
            );
        }
        self.report(found);
    }

    pub(crate) fn expect_word(&mut self, word: &str) -> Option<()> {
        if self.eat_word(word) {
            return Some(());
        }
        self.missing(&format!("`{word}`"));
        None
    }

    pub(crate) fn expect(&mut self, kind: TokenKind, what: &str) -> Option<()> {
        if self.eat(kind) {
            return Some(());
        }
        self.missing(what);
        None
    }

    /// A colon; its absence is mended in passing.
    pub(crate) fn colon(&mut self, after: &str) -> Option<()> {
        if self.eat(TokenKind::Colon) {
            return Some(());
        }
        let end = self.before().end as usize;
        let found = Diagnostic::error("E0106", self.here(), format!("missing `:` after {after}"))
            .label("expected `:`")
            .help("a colon ends the words and starts the expression")
            .fix(Span::new(end, end), ":");
        self.report(found);
        if self.kind(0) == Some(TokenKind::Assign) {
            self.position += 1;
        }
        if self.at_end() { None } else { Some(()) }
    }

    /// Reports and skips a colon where none belongs.
    pub(crate) fn no_colon(&mut self, after: &str) {
        if self.kind(0) == Some(TokenKind::Colon) {
            let found = Diagnostic::error(
                "E0107",
                self.here(),
                format!("no `:` belongs after `{after}`"),
            )
            .label("expected the value itself")
            .fix(self.here(), "");
            self.report(found);
            self.position += 1;
        }
    }

    /// A name that is declared here.
    pub(crate) fn new_name(&mut self, what: &str) -> Option<Name<'a>> {
        let name = self.name(what)?;
        if is_reserved(name.text) {
            let found = Diagnostic::error(
                "E0114",
                name.span,
                format!("`{}` is a word of the language", name.text),
            )
            .label(format!("expected a name for {what}"))
            .help("choose another name");
            self.report(found);
            return None;
        }
        Some(name)
    }

    /// A word that names `what`.
    pub(crate) fn name(&mut self, what: &str) -> Option<Name<'a>> {
        let Some(token) = self.token(0).filter(|t| t.kind == TokenKind::Name) else {
            self.missing(what);
            return None;
        };
        self.position += 1;
        Some(Name {
            text: self.text(token.span),
            span: token.span,
        })
    }

    /// `OWNER.NAME` or `NAME`.
    pub(crate) fn path(&mut self, what: &str) -> Option<Path<'a>> {
        let first = self.name(what)?;
        if self.eat(TokenKind::Dot) {
            let name = self.name(&format!("{what} after the point"))?;
            return Some(Path {
                owner: Some(first),
                name,
            });
        }
        Some(Path {
            owner: None,
            name: first,
        })
    }

    /// A list of names with commas.
    pub(crate) fn names(&mut self, what: &str) -> Option<Vec<Name<'a>>> {
        let mut out = vec![self.name(what)?];
        while self.eat(TokenKind::Comma) {
            out.push(self.name(what)?);
        }
        Some(out)
    }

    /// A string, if one stands here.
    pub(crate) fn label(&mut self) -> Option<Text> {
        let token = self.token(0).filter(|t| t.kind == TokenKind::Text)?;
        self.position += 1;
        Some(Text {
            value: text_value(self.text(token.span)),
            span: token.span,
        })
    }

    pub(crate) fn expect_text(&mut self, what: &str) -> Option<Text> {
        let text = self.label();
        if text.is_none() {
            self.missing(&format!("{what} in double quotes"));
        }
        text
    }

    /// Whether the word here may be a unit. Function names may: `swu` is both.
    pub(crate) fn unit_word(&self, ahead: usize) -> Option<Name<'a>> {
        let token = self.token(ahead).filter(|t| t.kind == TokenKind::Name)?;
        let text = self.text(token.span);
        is_unit_word(text).then_some(Name {
            text,
            span: token.span,
        })
    }

    /// Everything on the line has been read; `None` when something is left.
    pub(crate) fn finish(&mut self, what: &str) -> Option<()> {
        if self.at_end() {
            return Some(());
        }
        let last = self
            .tokens
            .get(self.end - 1)
            .map_or(self.here(), |t| t.span);
        let span = self.here().to(last);
        let message = format!("{} is left over after {what}", self.found());
        let mut found =
            Diagnostic::error("E0108", span, message).label("expected the end of the line");
        let gap = (self.before().end as usize, span.start as usize);
        let between = self.source.get(gap.0..gap.1).unwrap_or("");
        if between.contains('\n') {
            found = found.help(
                "a line that is indented deeper than the one above continues it: align the two if it is a line of its own",
            ).related(Span::new(gap.0, gap.0), "this line is continued");
        } else if self.kind(0) == Some(TokenKind::Assign) {
            found = found
                .help("equality is written `==`")
                .fix(self.here(), "==");
        } else if self.position + 1 == self.end {
            found = found.fix(Span::new(gap.0, last.end as usize), "");
        } else {
            // Several words were meant for something.
            found = found.help(format!(
                "nothing more belongs behind {what}; items of a list are separated by commas"
            ));
        }
        self.report(found);
        self.position = self.end;
        None
    }
}
