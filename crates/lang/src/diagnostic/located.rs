//! Findings with lines and columns, for programs and editors.

use super::Diagnostic;
use crate::source::{Lines, Sources, Span};
use serde::Serialize;

/// A place as line and column, both from 1; columns count characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Name of the file; empty when there is one only and it has no name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub file: String,
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
pub struct Located {
    /// The finding; its spans are bytes of the file of its place.
    #[serde(flatten)]
    pub diagnostic: Diagnostic,
    /// Place of its span.
    pub place: Place,
    /// Places of its related spans, in their order.
    pub related_places: Vec<Place>,
}

/// Adds lines and columns to findings about `text`.
pub fn located(diagnostics: &[Diagnostic], text: &str) -> Vec<Located> {
    located_in(diagnostics, &Sources::single("", text))
}

/// Adds files, lines and columns to findings about `sources`.
pub fn located_in(diagnostics: &[Diagnostic], sources: &Sources) -> Vec<Located> {
    let lines: Vec<Lines<'_>> = sources
        .files()
        .iter()
        .map(|file| Lines::new(&file.text))
        .collect();
    let place = |span: Span| {
        let (file, span) = sources.locate(span);
        let at = |byte: u32| {
            lines
                .get(file)
                .map_or((1, 1), |l| l.position(byte as usize))
        };
        let (line, column) = at(span.start);
        let (end_line, end_column) = at(span.end);
        let file = sources.files().get(file);
        Place {
            file: file.map_or_else(String::new, |f| f.name.clone()),
            line,
            column,
            end_line,
            end_column,
        }
    };
    diagnostics
        .iter()
        .map(|found| {
            let mut diagnostic = found.clone();
            diagnostic.span = sources.locate(found.span).1;
            for (span, _) in &mut diagnostic.related {
                *span = sources.locate(*span).1;
            }
            if let Some(fix) = &mut diagnostic.fix {
                fix.span = sources.locate(fix.span).1;
            }
            Located {
                diagnostic,
                place: place(found.span),
                related_places: found.related.iter().map(|(span, _)| place(*span)).collect(),
            }
        })
        .collect()
}
