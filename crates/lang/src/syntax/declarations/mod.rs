//! Declarations: one file a family, all filling one [`File`].

mod actor;
mod effects;
mod header;
mod moves;
mod quantities;
mod remove;
mod results;

use super::ast::{File, Spanned};
use super::cursor::Cursor;
use super::layout::{Layout, arrange};
use super::lexer::{Tokens, lex};
use super::limits::{MAX_DECLARATIONS, MAX_DIAGNOSTICS};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::suggest::did_you_mean;

/// A parsed source.
pub struct Parsed<'a> {
    /// Its declarations.
    pub file: File<'a>,
    /// What is wrong with its form.
    pub diagnostics: Vec<Diagnostic>,
    /// Its tokens and physical lines.
    pub lexed: Tokens,
    /// Its tree of lines.
    pub layout: Layout,
}

/// Words that start a declaration.
const DECLARATIONS: &[&str] = &[
    "scenario",
    "parameter",
    "variable",
    "ladder",
    "derived",
    "actor",
    "move",
    "trigger",
    "end",
    "outcomes",
    "question",
    "remove",
    "policy",
    "structure",
    "mindset",
    "payer",
    "base rate",
    "red line",
    "talks",
    "ramp",
    "drift",
    "front",
    "coalition",
    "observed",
];

/// Reads a source. Declarations that cannot be read are reported and left out.
pub fn parse(source: &str) -> Parsed<'_> {
    let mut lexed = lex(source);
    let mut layout = arrange(&lexed);
    let mut diagnostics = std::mem::take(&mut lexed.diagnostics);
    diagnostics.append(&mut layout.diagnostics);
    let cursor = Cursor {
        source,
        tokens: &lexed.tokens,
        start: 0,
        position: 0,
        end: 0,
        nesting: 0,
        diagnostics,
    };
    let mut parser = Parser {
        cursor,
        layout: &layout,
        file: File::default(),
        written: Vec::new(),
    };
    for root in layout.roots() {
        if layout.lines[root].depth == 0 && parser.cursor.diagnostics.len() < MAX_DIAGNOSTICS {
            parser.declaration(root);
        }
    }
    let Parser { cursor, file, .. } = parser;
    let diagnostics = cursor.diagnostics;
    Parsed {
        file,
        diagnostics,
        lexed,
        layout,
    }
}

/// The parser: a cursor on the current line, the tree of lines, what has been read.
pub(crate) struct Parser<'a, 't> {
    pub(crate) cursor: Cursor<'a, 't>,
    pub(crate) layout: &'t Layout,
    pub(crate) file: File<'a>,
    /// Properties of the current declaration and their lines.
    pub(crate) written: Vec<(String, usize)>,
}

impl<'a> Parser<'a, '_> {
    /// Enters one line without what is below it.
    pub(crate) fn enter_line(&mut self, line: usize) {
        let line = &self.layout.lines[line];
        self.cursor.enter(line.first, line.last);
    }

    /// Enters a line and everything below it as its continuation.
    pub(crate) fn enter_all(&mut self, line: usize) {
        let line = &self.layout.lines[line];
        self.cursor.enter(line.first, line.last_below);
    }

    /// Whether a line is indented.
    pub(crate) fn is_indented(&self, line: usize) -> bool {
        let start = self.cursor.tokens[self.layout.lines[line].first].span.start as usize;
        self.cursor.source[..start].ends_with(' ')
    }

    /// Place of a line.
    pub(crate) fn line_span(&self, line: usize) -> Span {
        let line = &self.layout.lines[line];
        let tokens = self.cursor.tokens;
        tokens[line.first].span.to(tokens[line.last - 1].span)
    }

    /// Place of a line with everything below it.
    pub(crate) fn block_span(&self, line: usize) -> Span {
        let line = &self.layout.lines[line];
        let tokens = self.cursor.tokens;
        tokens[line.first].span.to(tokens[line.last_below - 1].span)
    }

    fn declaration(&mut self, line: usize) {
        self.written.clear();
        self.enter_line(line);
        let start = self.cursor.here();
        let word = self.cursor.word(0).unwrap_or("");
        let before = self.cursor.diagnostics.len();
        let read = match word {
            "scenario" => self.header(line),
            "parameter" => self.parameter(line),
            "variable" | "ladder" => self.variable(line),
            "derived" => self.derived(line),
            "actor" => self.actor(line),
            "move" => self.movement(line),
            "trigger" => self.trigger(line),
            "end" => self.end(line),
            "outcomes" => self.outcomes(line),
            "question" => self.question(line),
            "remove" => self.remove(line),
            "policy" => self.policy(line),
            "structure" => self.structure(line),
            "mindset" => self.mindset(line),
            "payer" => self.payer(line),
            "drift" => self.drift(line),
            "front" => self.front(line),
            "coalition" => self.coalition(line),
            "base" if self.cursor.word(1) == Some("rate") => self.base_rate(line),
            "talks" => self.talks(line),
            "ramp" => self.ramp(line),
            "red" if self.cursor.word(1) == Some("line") => self.red_line(line),
            "observed" => self.observed(line),
            _ if self.is_indented(line) => None, // has its finding as a line without declaration
            _ => {
                let found = Diagnostic::error(
                    "E0103",
                    start,
                    format!("{} starts no declaration", self.cursor.found()),
                )
                .label("expected a declaration");
                let found = match did_you_mean(word, DECLARATIONS.iter().copied()) {
                    _ if header::has(word) => found.help(format!(
                        "`{word}` belongs below `scenario`: indent it by two spaces"
                    )),
                    Some(near) if !word.is_empty() => found
                        .help(format!("did you mean `{near}`?"))
                        .fix(start, near),
                    _ => found.help(format!(
                        "declarations start with one of: {}",
                        DECLARATIONS.join(", ")
                    )),
                };
                self.cursor.report(found);
                // Its second word may well be the name that it declares.
                None
            }
        };
        if read.is_none() {
            debug_assert!(
                self.cursor.diagnostics.len() > before
                    || before >= MAX_DIAGNOSTICS
                    || self.is_indented(line)
            );
            self.enter_line(line);
            let mut at = 1;
            while let Some(name) = self.cursor.word(at) {
                self.file.broken.push(name);
                at += 1;
            }
        }
    }

    /// Reads the properties below a declaration. `read` says whether it knows the property; it
    /// returns `Some(None)` when the property is known and broken.
    pub(crate) fn properties(
        &mut self,
        line: usize,
        declaration: &str,
        known: &[&str],
        mut read: impl FnMut(&mut Self, usize, &'a str) -> Option<Option<()>>,
    ) -> bool {
        let layout = self.layout;
        let head = self.cursor.tokens[layout.lines[line].first].span;
        let mut broken = false;
        for child in layout.children(line) {
            self.enter_all(child);
            if self.cursor.diagnostics.len() >= MAX_DIAGNOSTICS {
                return true;
            }
            let word = self.cursor.word(0).unwrap_or("");
            match read(self, child, word) {
                Some(Some(())) => {}
                Some(None) => broken = true,
                None => {
                    broken = true;
                    self.enter_line(child);
                    self.unknown_property(head, declaration, known);
                }
            }
        }
        broken
    }

    fn unknown_property(&mut self, head: Span, declaration: &str, known: &[&str]) {
        let start = self.cursor.here();
        let message = format!("a {declaration} has no property {}", self.cursor.found());
        let found = Diagnostic::error("E0104", start, message).label("expected a property");
        let word = self.cursor.word(0).unwrap_or("");
        // Where nothing is like it, the wrong word may be the one that declares.
        let above = format!("below this {declaration}");
        // What other languages call it.
        let near = match word {
            "if" if known.contains(&"when") => Some("when"),
            _ => did_you_mean(word, known.iter().copied()),
        };
        let found = match near {
            Some(near) if !word.is_empty() => found
                .help(format!("did you mean `{near}`?"))
                .fix(start, near),
            _ if known.is_empty() => found
                .related(head, above)
                .help(format!("nothing stands below a {declaration}")),
            _ => found.related(head, above).help(format!(
                "properties of a {declaration}: {}",
                known.join(", ")
            )),
        };
        self.cursor.report(found);
    }

    /// Stores a property, unless it is there already.
    pub(crate) fn once<T>(&mut self, slot: &mut Option<T>, value: T, line: usize, what: &str) {
        if slot.is_none() {
            *slot = Some(value);
            self.written.push((what.to_owned(), line));
            return;
        }
        let span = self.line_span(line);
        let mut found = Diagnostic::error("E0117", span, format!("`{what}` is written twice"))
            .label("expected it once")
            .help("remove one of them");
        if let Some((_, first)) = self.written.iter().rev().find(|(name, _)| name == what) {
            found = found.related(self.line_span(*first), "written here");
        }
        self.cursor.report(found);
    }

    /// `N rounds`.
    pub(crate) fn rounds(&mut self) -> Option<Spanned<u32>> {
        let start = self.cursor.here();
        let count = self.whole_number("a number of rounds")?;
        if !self.cursor.eat_word("rounds") && !self.cursor.eat_word("round") {
            let before = self.cursor.before().end as usize;
            let here = self.cursor.here();
            let found = Diagnostic::error(
                "E0105",
                here,
                format!("expected `rounds`, found {}", self.cursor.found()),
            )
            .label("expected `rounds`")
            .help("lengths of play are counted in rounds");
            let found = if self.cursor.at_end() {
                found.fix(Span::new(before, before), " rounds")
            } else {
                found.fix(here, "rounds")
            };
            self.cursor.report(found);
            return None;
        }
        Some(Spanned {
            value: count,
            span: start.to(self.cursor.before()),
        })
    }

    /// A whole number without unit.
    pub(crate) fn whole_number(&mut self, what: &str) -> Option<u32> {
        use super::lexer::{TokenKind, number_value};
        let span = self.cursor.here();
        if self.cursor.kind(0) != Some(TokenKind::Number) {
            self.cursor.missing(what);
            return None;
        }
        let value = number_value(self.cursor.text(span));
        self.cursor.position += 1;
        if !(0.0..=1e6).contains(&value)
            || value.fract() != 0.0
            || self.cursor.text(span).ends_with('%')
        {
            let found = Diagnostic::error(
                "E0313",
                span,
                format!("`{}` is not {what}", self.cursor.text(span)),
            )
            .label("expected a whole number from 0 to 1,000,000");
            self.cursor.report(found);
            return None;
        }
        Some(value as u32)
    }

    /// Room for one more declaration of a kind.
    pub(crate) fn room(&mut self, count: usize, line: usize, what: &str) -> Option<()> {
        if count < MAX_DECLARATIONS {
            return Some(());
        }
        if count == MAX_DECLARATIONS {
            let span = self.line_span(line);
            let found = Diagnostic::error("E0009", span, format!("too many {what}"))
                .label(format!("expected at most {MAX_DECLARATIONS}"));
            self.cursor.report(found);
        }
        None
    }
}
