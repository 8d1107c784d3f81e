//! Findings with lines and columns, for programs and editors.

use super::Diagnostic;
use crate::source::{Lines, Span};
use serde::Serialize;

/// A place as line and column, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// First line.
    pub line: usize,
    /// First column.
    pub column: usize,
    /// Line of the end.
    pub end_line: usize,
    /// Column behind the last character.
    pub end_column: usize,
}

/// A finding and where its parts are.
#[derive(Clone, Debug, Serialize)]
pub struct Located<'d> {
    /// The finding.
    #[serde(flatten)]
    pub diagnostic: &'d Diagnostic,
    /// Place of its span.
    pub place: Place,
    /// Places of its related spans, in their order.
    pub related_places: Vec<Place>,
}

/// Adds lines and columns to findings about `text`.
pub fn located<'d>(diagnostics: &'d [Diagnostic], text: &str) -> Vec<Located<'d>> {
    let lines = Lines::new(text);
    let place = |span: Span| {
        let (line, column) = lines.position(span.start as usize);
        let (end_line, end_column) = lines.position(span.end as usize);
        Place {
            line,
            column,
            end_line,
            end_column,
        }
    };
    diagnostics
        .iter()
        .map(|diagnostic| Located {
            diagnostic,
            place: place(diagnostic.span),
            related_places: diagnostic
                .related
                .iter()
                .map(|(span, _)| place(*span))
                .collect(),
        })
        .collect()
}
