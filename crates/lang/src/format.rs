//! The canonical layout of a scenario.
//!
//! Works on tokens, not on the tree, so that comments, blank lines and the author's line breaks
//! stay. Indentation is two spaces a level, a continuation is indented by four more; runs of blank
//! lines become one; comments behind the lines of one paragraph are aligned.

use crate::MAX_SOURCE_BYTES;
use crate::diagnostic::Diagnostic;
use crate::library::Function;
use crate::syntax::layout::{Layout, Line};
use crate::syntax::lexer::{RawLine, Token, TokenKind as T, Tokens};
use crate::syntax::{is_unit_word, parse};

/// The canonical text of a scenario; its findings when it cannot be read.
///
/// Scenarios with mistakes of meaning (unknown names, wrong units) are formatted all the same.
/// Formatting changes neither what a scenario means nor a text that is formatted already.
///
/// # Errors
/// The findings about the form of the text.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    if text.len() > MAX_SOURCE_BYTES {
        return Err(vec![crate::too_large(text.len() as u64)]);
    }
    let parsed = parse(text);
    if !parsed.diagnostics.is_empty() {
        return Err(parsed.diagnostics);
    }
    Ok(Formatter {
        text,
        lexed: &parsed.lexed,
        layout: &parsed.layout,
    }
    .run())
}

struct Formatter<'a> {
    text: &'a str,
    lexed: &'a Tokens,
    layout: &'a Layout,
}

/// A line of output: its code with indentation, and the comment behind it.
struct Out<'a> {
    code: String,
    comment: Option<&'a str>,
}

impl<'a> Formatter<'a> {
    fn run(&self) -> String {
        let indents = self.indents();
        // Physical line → line of the tree.
        let mut of_raw: Vec<Option<usize>> = vec![None; self.lexed.lines.len()];
        for (index, line) in self.layout.lines.iter().enumerate() {
            of_raw[line.raw] = Some(index);
        }
        // For each physical line the next line of the tree.
        let mut next = vec![None; of_raw.len()];
        let mut coming = None;
        for (raw, line) in of_raw.iter().enumerate().rev() {
            coming = line.or(coming);
            next[raw] = coming;
        }
        let mut out: Vec<Out<'a>> = Vec::new();
        let mut above: Option<usize> = None;
        for (raw, line) in self.lexed.lines.iter().enumerate() {
            let comment = line
                .comment
                .and_then(|s| self.text.get(s.start as usize..s.end as usize));
            match (of_raw[raw], comment) {
                (Some(index), comment) => {
                    let code = self.code(index, indents[index]);
                    out.push(Out { code, comment });
                    above = Some(index);
                }
                (None, Some(comment)) => {
                    let indent = self.comment_indent(line, above, next[raw], &indents);
                    out.push(Out {
                        code: " ".repeat(indent) + comment,
                        comment: None,
                    });
                }
                (None, None) => {
                    if out.last().is_some_and(|o| !o.code.is_empty()) {
                        out.push(Out {
                            code: String::new(),
                            comment: None,
                        });
                    }
                }
            }
        }
        while out.last().is_some_and(|o| o.code.is_empty()) {
            out.pop();
        }
        write(&out)
    }

    /// Indentation of every line of the tree. Continuations have four more than a line of their own.
    fn indents(&self) -> Vec<usize> {
        let mut out = vec![0; self.layout.lines.len()];
        for root in self.layout.roots() {
            let block = self.takes_lines(root);
            for child in self.layout.children(root) {
                let own = if block { 2 } else { 4 };
                out[child] = own;
                let terms = self.takes_terms(root, child);
                for below in self.layout.children(child) {
                    let deeper = if terms {
                        own + 2
                    } else {
                        own + if block { 4 } else { 0 }
                    };
                    out[below] = deeper;
                    out[below + 1..self.layout.lines[below].end]
                        .fill(deeper + if terms { 4 } else { 0 });
                }
            }
        }
        out
    }

    /// Whether what stands below a declaration are lines of their own, not its continuation.
    fn takes_lines(&self, root: usize) -> bool {
        let line = &self.layout.lines[root];
        self.word(line, 0) != "derived" || self.word(line, 2) == "by"
    }

    /// Whether a line below a declaration continues it.
    fn continues(&self, line: &Line) -> bool {
        let root = self.layout.lines.partition_point(|l| l.first <= line.first);
        let root = self.layout.lines[..root].iter().rposition(|l| l.depth == 0);
        root.is_some_and(|root| !self.takes_lines(root))
    }

    /// Whether what stands below a property are lines of their own.
    fn takes_terms(&self, root: usize, child: usize) -> bool {
        let words = (
            self.word(&self.layout.lines[root], 0),
            self.word(&self.layout.lines[child], 0),
        );
        matches!(
            words,
            ("actor" | "payer", "payoff" | "afterwards")
                | ("structure", "alternative")
                | ("red", "record" | "reference")
                | ("talks", "package")
        )
    }

    fn comment_indent(
        &self,
        comment: &RawLine,
        above: Option<usize>,
        next: Option<usize>,
        indents: &[usize],
    ) -> usize {
        match next {
            Some(next) if self.layout.lines[next].depth > 0 => indents[next],
            // Between two declarations: it belongs to the one that its column says.
            _ if comment.indent > 0 => above.map_or(0, |line| indents[line]),
            _ => 0,
        }
    }

    fn tokens(&self, line: &Line) -> &'a [Token] {
        &self.lexed.tokens[line.first..line.last]
    }

    fn text_of(&self, token: Token) -> &'a str {
        self.text
            .get(token.span.start as usize..token.span.end as usize)
            .unwrap_or("")
    }

    fn word(&self, line: &Line, at: usize) -> &'a str {
        self.tokens(line)
            .get(at)
            .filter(|t| t.kind == T::Name)
            .map_or("", |t| self.text_of(*t))
    }

    fn code(&self, index: usize, indent: usize) -> String {
        let line = &self.layout.lines[index];
        let tokens = self.tokens(line);
        let mut out = " ".repeat(indent);
        for (i, token) in tokens.iter().enumerate() {
            if i > 0 && self.spaced(line, i) {
                out.push(' ');
            }
            out.push_str(self.text_of(*token));
        }
        out
    }

    /// Whether a space stands before token `i` of a line.
    fn spaced(&self, line: &Line, i: usize) -> bool {
        let tokens = self.tokens(line);
        let (before, token) = (tokens[i - 1], tokens[i]);
        if matches!(i, 2 | 3) && self.word(line, 0) == "record" && self.word(line, 1) == "half" {
            return false; // `record half-life`
        }
        match (before.kind, token.kind) {
            (_, T::Comma | T::Semicolon | T::Colon | T::Close | T::Dot) => false,
            (T::Open | T::Dot, _) => false,
            (T::Name, T::Open) => {
                let word = self.text_of(before);
                !(Function::named(word).is_some() || matches!(word, "number" | "belief"))
            }
            (T::Minus, _) => !self.is_sign(line, i - 1),
            (_, T::Slash | T::Star) => !self.in_unit(line.first + i),
            (T::Slash | T::Star, _) => !self.in_unit(line.first + i - 1),
            _ => true,
        }
    }

    /// Whether the `-` at token `i` is a sign.
    fn is_sign(&self, line: &Line, i: usize) -> bool {
        // A continuation line starts in the middle of an expression: look at the token before it.
        let all = &self.lexed.tokens;
        let at = line.first + i;
        let Some(before) = at.checked_sub(1).and_then(|b| all.get(b)) else {
            return true;
        };
        match before.kind {
            T::Name if i == 0 => false,
            T::Name => {
                let word = self.text_of(*before);
                (i == 1 && line.depth == 1 && !self.continues(line))
                    || matches!(word, "if" | "else" | "and" | "or" | "not" | "ever" | "when")
            }
            T::Number | T::Close | T::Text | T::Date => false,
            _ => true,
        }
    }

    /// Whether the `/` or `*` at token `at` of the source is part of a unit, which its neighbours
    /// then touch. The number may stand on the line above.
    fn in_unit(&self, at: usize) -> bool {
        let all = &self.lexed.tokens;
        let touches = |a: usize| matches!((all.get(a), all.get(a + 1)), (Some(x), Some(y)) if x.span.end == y.span.start);
        let unit = |a: usize| {
            all.get(a)
                .is_some_and(|t| t.kind == T::Name && is_unit_word(self.text_of(*t)))
        };
        if at < 2 || !touches(at - 1) || !touches(at) || !unit(at - 1) || !unit(at + 1) {
            return false;
        }
        // A name that is called or has parts is no unit, as the parser reads it.
        if all
            .get(at + 2)
            .is_some_and(|t| matches!(t.kind, T::Open | T::Dot))
        {
            return false;
        }
        match all[at - 2].kind {
            T::Number => true,
            T::Slash | T::Star => self.in_unit(at - 2),
            _ => false,
        }
    }
}

/// Joins lines, aligning the comments behind the lines of one paragraph.
fn write(lines: &[Out<'_>]) -> String {
    let mut out = String::new();
    for (number, paragraph) in lines.split(|l| l.code.is_empty()).enumerate() {
        if number > 0 {
            out.push('\n');
        }
        let width = |l: &Out<'_>| l.code.chars().count();
        let commented = paragraph.iter().filter(|l| l.comment.is_some());
        let column = commented.map(width).max().unwrap_or(0) + 2;
        for line in paragraph {
            out.push_str(&line.code);
            if let Some(comment) = line.comment {
                out.extend(std::iter::repeat_n(' ', column - width(line)));
                out.push_str(comment);
            }
            out.push('\n');
        }
    }
    out
}
