//! Tokens → a tree of lines by indentation.
//!
//! A line deeper than the one above is its child. The tokens of a line and of everything below it
//! are one contiguous range, so a property that takes no block reads its continuation for free.

use super::lexer::{Token, Tokens};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// A line that holds tokens.
#[derive(Clone, Debug)]
pub struct Line {
    /// First token.
    pub first: usize,
    /// One past its last token.
    pub last: usize,
    /// One past the last token of the last line below it.
    pub last_below: usize,
    /// One past the last line below it, as index in [`Layout::lines`].
    pub end: usize,
    /// Depth in the tree; declarations have 0.
    pub depth: u32,
    /// Index of the physical line.
    pub raw: usize,
}

/// The tree of lines, in source order.
#[derive(Debug, Default)]
pub struct Layout {
    /// All lines that hold tokens.
    pub lines: Vec<Line>,
    /// Mistakes of indentation.
    pub diagnostics: Vec<Diagnostic>,
}

impl Layout {
    /// Indices of the lines directly below line `parent`.
    pub fn children(&self, parent: usize) -> impl Iterator<Item = usize> + '_ {
        let end = self.lines[parent].end;
        let mut next = parent + 1;
        std::iter::from_fn(move || {
            (next < end).then(|| {
                let this = next;
                next = self.lines[this].end;
                this
            })
        })
    }

    /// Indices of the declarations.
    pub fn roots(&self) -> impl Iterator<Item = usize> + '_ {
        let mut next = 0;
        std::iter::from_fn(move || {
            (next < self.lines.len()).then(|| {
                let this = next;
                next = self.lines[this].end;
                this
            })
        })
    }
}

/// Arranges the lines of a lexed source.
pub fn arrange(lexed: &Tokens) -> Layout {
    let mut out = Layout::default();
    // Open lines: (index, indentation, indentation of its first child).
    let mut open: Vec<(usize, u32, Option<u32>)> = Vec::new();
    for (raw_index, raw) in lexed.lines.iter().enumerate() {
        if raw.first == raw.last {
            continue;
        }
        while open
            .last()
            .is_some_and(|(_, indent, _)| *indent >= raw.indent)
        {
            open.pop();
        }
        let index = out.lines.len();
        let place = first_span(&lexed.tokens, raw.first);
        match open.last_mut() {
            None if raw.indent > 0 => out.diagnostics.push(
                Diagnostic::error(
                    "E0102",
                    place,
                    "this indented line belongs to no declaration",
                )
                .label("expected a declaration in the first column above it")
                .help("start a declaration in the first column")
                .fix(Span::new(raw.start as usize, place.start as usize), ""),
            ),
            Some((_, _, child @ None)) => *child = Some(raw.indent),
            // Continuation lines below a property may hang anywhere; properties may not.
            Some((parent, _, Some(child)))
                if *child != raw.indent && out.lines[*parent].depth == 0 =>
            {
                let wanted = *child as usize;
                out.diagnostics.push(
                    Diagnostic::error("E0101", place, "this line is indented unlike its siblings")
                        .label(format!("expected {wanted} spaces before it"))
                        .help("properties of one declaration start in the same column")
                        .fix(
                            Span::new(raw.start as usize, place.start as usize),
                            " ".repeat(wanted),
                        ),
                );
            }
            _ => {}
        }
        out.lines.push(Line {
            first: raw.first,
            last: raw.last,
            last_below: raw.last,
            end: index + 1,
            depth: open.len() as u32,
            raw: raw_index,
        });
        for (ancestor, _, _) in &open {
            out.lines[*ancestor].end = index + 1;
            out.lines[*ancestor].last_below = raw.last;
        }
        open.push((index, raw.indent, None));
    }
    out
}

fn first_span(tokens: &[Token], index: usize) -> Span {
    tokens.get(index).map_or(Span::default(), |t| t.span)
}
