//! Text → tokens, line by line.
//!
//! The lexer never stops: what it cannot read it reports and leaves out.

use super::limits::{MAX_DIAGNOSTICS, MAX_NAME_BYTES};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// Kinds of token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum TokenKind {
    Name,
    Text,
    Number,
    Date,
    Colon,
    Comma,
    Semicolon,
    Dot,
    Range,
    Assign,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Plus,
    Minus,
    Star,
    Slash,
    Caret,
    Open,
    Close,
}

/// A token and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it is.
    pub span: Span,
}

/// A physical line: its indentation, its tokens, its comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawLine {
    /// Number of leading spaces.
    pub indent: u32,
    /// First token in [`Tokens::tokens`].
    pub first: usize,
    /// One past the last token.
    pub last: usize,
    /// The comment from `#` on, without trailing blanks.
    pub comment: Option<Span>,
    /// First byte of the line.
    pub start: u32,
}

/// A lexed source.
#[derive(Debug, Default)]
pub struct Tokens {
    /// All tokens in order.
    pub tokens: Vec<Token>,
    /// All physical lines, blank ones too.
    pub lines: Vec<RawLine>,
    /// What could not be read.
    pub diagnostics: Vec<Diagnostic>,
}

/// Splits a source into lines of tokens.
pub fn lex(source: &str) -> Tokens {
    let mut out = Tokens::default();
    let mut start = if source.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8()
    } else {
        0
    };
    while start < source.len() {
        let rest = &source[start..];
        let length = rest.find('\n').unwrap_or(rest.len());
        let line = rest[..length].strip_suffix('\r').unwrap_or(&rest[..length]);
        Line {
            text: line,
            offset: start,
            position: 0,
            out: &mut out,
        }
        .read();
        start += length + 1;
    }
    out
}

struct Line<'a> {
    text: &'a str,
    offset: usize,
    position: usize,
    out: &'a mut Tokens,
}

impl Line<'_> {
    fn read(mut self) {
        let first = self.out.tokens.len();
        let indent = self.indentation();
        let mut comment = None;
        while let Some(c) = self.peek() {
            match c {
                ' ' => self.position += 1,
                '\t' => self.tab(),
                '#' => {
                    let end = self.position + self.text[self.position..].trim_end().len();
                    comment = Some(self.span(self.position, end));
                    break;
                }
                _ => self.token(c),
            }
        }
        let last = self.out.tokens.len();
        self.out.lines.push(RawLine {
            indent,
            first,
            last,
            comment,
            start: self.offset as u32,
        });
    }

    fn peek(&self) -> Option<char> {
        self.text[self.position..].chars().next()
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.text
            .as_bytes()
            .get(self.position + ahead)
            .copied()
            .unwrap_or(0)
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.offset + start, self.offset + end)
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        if self.out.diagnostics.len() < MAX_DIAGNOSTICS {
            self.out.diagnostics.push(diagnostic);
        }
    }

    fn indentation(&mut self) -> u32 {
        let blanks = self.text.len() - self.text.trim_start_matches([' ', '\t']).len();
        self.position = blanks;
        let mut columns = 0;
        for byte in self.text.bytes().take(blanks) {
            // A tab most likely stands for one level.
            columns += if byte == b'\t' { 2 } else { 1 };
        }
        let only_blanks = self.text[blanks..].trim_end().is_empty();
        if self.text[..blanks].contains('\t') && !only_blanks {
            let span = self.span(0, blanks);
            self.report(
                Diagnostic::error("E0003", span, "tab in the indentation")
                    .label("expected spaces")
                    .help("indentation is made of spaces, two a level")
                    .fix(span, " ".repeat(columns)),
            );
        }
        columns as u32
    }

    fn tab(&mut self) {
        let span = self.span(self.position, self.position + 1);
        self.position += 1;
        if !self.text[self.position..].trim().is_empty() {
            self.report(
                Diagnostic::error("E0003", span, "tab between words")
                    .label("expected a space")
                    .fix(span, " "),
            );
        }
    }

    fn push(&mut self, kind: TokenKind, length: usize) {
        let span = self.span(self.position, self.position + length);
        self.out.tokens.push(Token { kind, span });
        self.position += length;
    }

    fn token(&mut self, c: char) {
        use TokenKind as T;
        let two = (self.byte(0), self.byte(1));
        match two {
            (b'a'..=b'z' | b'A'..=b'Z' | b'_', _) => self.name(),
            (b'0'..=b'9', _) => self.number(),
            (b'"', _) => self.string(),
            (b'.', b'0'..=b'9') => self.bare_fraction(),
            (b'.', b'.') => self.push(T::Range, 2),
            (b'=', b'=') => self.push(T::Equal, 2),
            (b'!', b'=') => self.push(T::NotEqual, 2),
            (b'<', b'=') => self.push(T::LessEqual, 2),
            (b'>', b'=') => self.push(T::GreaterEqual, 2),
            (b'.', _) => self.push(T::Dot, 1),
            (b'=', _) => self.push(T::Assign, 1),
            (b'<', _) => self.push(T::Less, 1),
            (b'>', _) => self.push(T::Greater, 1),
            (b':', _) => self.push(T::Colon, 1),
            (b',', _) => self.push(T::Comma, 1),
            (b';', _) => self.push(T::Semicolon, 1),
            (b'+', _) => self.push(T::Plus, 1),
            (b'-', _) => self.push(T::Minus, 1),
            (b'*', _) => self.push(T::Star, 1),
            (b'/', _) => self.push(T::Slash, 1),
            (b'^', _) => self.push(T::Caret, 1),
            (b'(', _) => self.push(T::Open, 1),
            (b')', _) => self.push(T::Close, 1),
            _ => self.unexpected(c),
        }
    }

    fn name(&mut self) {
        let rest = &self.text[self.position..];
        let length = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        if rest[length..].starts_with(char::is_alphabetic) {
            // A name such as `détente` is one mistake, not one a letter.
            return self.foreign_word();
        }
        if length > MAX_NAME_BYTES {
            let span = self.span(self.position, self.position + length);
            self.report(
                Diagnostic::error("E0013", span, format!("a name of {length} letters"))
                    .label(format!("expected at most {MAX_NAME_BYTES}"))
                    .help("put the long text into a label in double quotes"),
            );
        }
        self.push(TokenKind::Name, length);
    }

    fn foreign_word(&mut self) {
        let rest = &self.text[self.position..];
        let length = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len())
            .max(1);
        let span = self.span(self.position, self.position + length);
        self.report(
            Diagnostic::error("E0004", span, "a name with a letter outside ASCII")
                .label("expected letters a-z, A-Z, digits and `_`")
                .help("give it an ASCII name and put this spelling into a label in double quotes"),
        );
        // It stands for a name all the same, so that the rest of the line can be read.
        self.push(TokenKind::Name, length);
    }

    fn digits(&self, from: usize) -> usize {
        self.text.as_bytes()[from..]
            .iter()
            .take_while(|b| b.is_ascii_digit() || **b == b'_')
            .count()
    }

    fn number(&mut self) {
        let bytes = self.text.as_bytes();
        let start = self.position;
        if let Some(candidate) = self.text.get(start..start + 10)
            && is_date_shape(candidate)
            && !self.text[start + 10..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
        {
            return self.push(TokenKind::Date, 10);
        }
        let mut end = start + self.digits(start);
        if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
            end += 1;
            end += self.digits(end);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            if bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
                end += 1 + sign;
                end += self.digits(end);
            }
        }
        let tail = &self.text[end..];
        let junk = tail
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(tail.len());
        if junk > 0 {
            let span = self.span(start, end + junk);
            let (digits, word) = (&self.text[start..end], &tail[..junk]);
            let mut found =
                Diagnostic::error("E0007", span, format!("`{digits}{word}` is no number"))
                    .label("expected a number such as `12`, `0.5`, `1_500`, `2e-3` or `70%`");
            if word.chars().all(char::is_alphabetic) {
                found = found
                    .help("a unit stands after a space")
                    .fix(span, format!("{digits} {word}"));
            } else {
                found = found.help("a name does not start with a digit");
            }
            self.report(found);
            // Stands in, so that the rest of the line can be read.
            self.push(TokenKind::Number, end - start);
            self.position += junk;
            return;
        }
        if bytes.get(end) == Some(&b'%') {
            end += 1;
        }
        if !number_value(&self.text[start..end]).is_finite() {
            let span = self.span(start, end);
            self.report(
                Diagnostic::error("E0007", span, "this number is too large")
                    .label("expected a number below 1.8e308"),
            );
        }
        self.push(TokenKind::Number, end - start);
    }

    fn bare_fraction(&mut self) {
        let length = 1 + self.digits(self.position + 1);
        let span = self.span(self.position, self.position + length);
        let text = &self.text[self.position..self.position + length];
        let fixed = format!("0{text}");
        self.report(
            Diagnostic::error("E0007", span, format!("`{text}` is no number"))
                .label("expected a digit before the point")
                .help(format!("write `{fixed}`"))
                .fix(span, fixed),
        );
        self.position += 1;
        self.push(TokenKind::Number, length - 1);
    }

    fn string(&mut self) {
        let start = self.position;
        let mut at = start + 1;
        let bytes = self.text.as_bytes();
        while at < bytes.len() {
            match bytes[at] {
                b'"' => return self.push(TokenKind::Text, at + 1 - start),
                b'\\' => {
                    let next = self.text[at + 1..].chars().next();
                    if !matches!(next, Some('"' | '\\' | 'n')) {
                        let width = 1 + next.map_or(0, char::len_utf8);
                        let span = self.span(at, at + width);
                        self.report(
                            Diagnostic::error("E0006", span, "unknown escape in a string")
                                .label("expected `\\\"`, `\\\\` or `\\n`")
                                .help("write `\\\\` for a backslash"),
                        );
                    }
                    at += 1 + next.map_or(0, char::len_utf8);
                }
                _ => at += 1,
            }
        }
        let end = start + self.text[start..].trim_end().len();
        let span = self.span(start, end);
        self.report(
            Diagnostic::error("E0005", span, "this string does not end")
                .label("expected a closing `\"` on the same line")
                .help("a string stands on one line; write `\\n` for a line break")
                .fix(self.span(end, end), "\""),
        );
        self.push(TokenKind::Text, end - start);
        self.position = self.text.len();
    }

    fn unexpected(&mut self, c: char) {
        if c.is_alphabetic() {
            return self.foreign_word();
        }
        let width = c.len_utf8();
        let span = self.span(self.position, self.position + width);
        let instead = match c {
            '≥' => Some((">=", TokenKind::GreaterEqual)),
            '≤' => Some(("<=", TokenKind::LessEqual)),
            '≠' => Some(("!=", TokenKind::NotEqual)),
            '−' | '–' => Some(("-", TokenKind::Minus)),
            '×' | '·' => Some(("*", TokenKind::Star)),
            '÷' => Some(("/", TokenKind::Slash)),
            '…' => Some(("..", TokenKind::Range)),
            _ => None,
        };
        if c.is_whitespace() {
            self.position += width;
            self.report(
                Diagnostic::error("E0004", span, format!("unexpected blank {c:?}"))
                    .label("expected a space")
                    .fix(span, " "),
            );
            return;
        }
        if let Some((text, kind)) = instead {
            self.report(
                Diagnostic::error("E0004", span, format!("unexpected character `{c}`"))
                    .label(format!("expected `{text}`"))
                    .help(format!("write `{text}`"))
                    .fix(span, text),
            );
            return self.push(kind, width);
        }
        if matches!(c, '“' | '”' | '„') {
            return self.curly_string();
        }
        if c == '%'
            && let Some(number) = self.out.tokens.last().copied()
            && number.kind == TokenKind::Number
            && (number.span.end as usize) >= self.offset
            && self.text[number.span.end as usize - self.offset..self.position]
                .trim()
                .is_empty()
        {
            return self.percent_apart(number);
        }
        let help = match c {
            '\'' | '‘' | '’' => "strings stand in straight double quotes",
            '%' => "`%` stands directly after a number: `70%`",
            '{' | '}' | '[' | ']' => "blocks are made by indentation, groups by `( )`",
            '&' => "write `and`",
            '|' => "write `or`",
            '!' => "write `not`, or `!=` for \"is not equal\"",
            '$' | '€' => "units are words: `106 USD/bbl`",
            _ => "the language is written in ASCII; other text stands in double quotes",
        };
        // Runs of the same mistake are one mistake.
        let run: usize = self.text[self.position..]
            .chars()
            .take_while(|x| *x == c)
            .map(char::len_utf8)
            .sum();
        let span = self.span(self.position, self.position + run.max(width));
        self.report(
            Diagnostic::error("E0004", span, format!("unexpected character {c:?}"))
                .label("expected a word, a number, a string or an operator")
                .help(help),
        );
        self.position += run.max(width);
    }
}

impl Line<'_> {
    /// A string in typographic quotes, read as one.
    fn curly_string(&mut self) {
        let rest = &self.text[self.position..];
        let open = rest.chars().next().map_or(1, char::len_utf8);
        let close = rest[open..].find(['“', '”', '"']);
        let (inner, length) = match close {
            Some(at) => {
                let width = rest[open + at..].chars().next().map_or(1, char::len_utf8);
                (&rest[open..open + at], open + at + width)
            }
            None => (rest[open..].trim_end(), rest.trim_end().len()),
        };
        let span = self.span(self.position, self.position + length);
        let straight = format!("\"{inner}\"");
        self.report(
            Diagnostic::error("E0004", span, "a string in typographic quotes")
                .label("expected straight double quotes")
                .help("strings stand in straight double quotes")
                .fix(span, straight),
        );
        self.push(TokenKind::Text, length);
    }

    /// A `%` behind a blank, read as part of the number.
    fn percent_apart(&mut self, number: Token) {
        let span = self.span(self.position, self.position + 1);
        let gap = Span::new(number.span.end as usize, span.start as usize);
        self.report(
            Diagnostic::error("E0004", span, "a `%` apart from its number")
                .label("expected it directly after the number")
                .help("`%` belongs to the literal: `70%`")
                .fix(gap, ""),
        );
        self.position += 1;
        if let Some(last) = self.out.tokens.last_mut() {
            last.span = number.span.to(span);
        }
    }
}

fn is_date_shape(text: &str) -> bool {
    text.bytes().enumerate().all(|(i, b)| {
        if i == 4 || i == 7 {
            b == b'-'
        } else {
            b.is_ascii_digit()
        }
    })
}

/// Value of a number token, `%` and `_` included; NaN when it is not one.
pub fn number_value(text: &str) -> f64 {
    let digits: String = text
        .chars()
        .filter(|c| !matches!(c, '_' | '%' | ' '))
        .collect();
    let percent = text.ends_with('%');
    // Shifting the exponent in the text keeps 14.5% the nearest double to 0.145.
    let value = if percent && !digits.contains(['e', 'E']) {
        format!("{digits}e-2").parse::<f64>()
    } else {
        digits
            .parse::<f64>()
            .map(|v| if percent { v / 100.0 } else { v })
    };
    value.unwrap_or(f64::NAN)
}

/// Content of a string token, escapes resolved. An unclosed string is read to its end.
pub fn text_value(token: &str) -> String {
    let inner = token.strip_prefix('"').unwrap_or(token);
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some(other) => out.push(other),
                None => {}
            },
            _ => out.push(c),
        }
    }
    out
}
