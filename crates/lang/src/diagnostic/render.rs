//! Findings as text for a terminal.

use super::{Diagnostic, Fix, Severity};
use crate::source::{Lines, Sources, Span, floor_boundary};
use annotate_snippets::{Annotation, AnnotationKind, Level, Renderer, Snippet};

/// Bytes of a line that are shown around a place; longer lines are cut.
const SHOWN_BYTES: usize = 200;

/// Related places that are shown.
const SHOWN_RELATED: usize = 3;

/// Renders findings about `text`, one paragraph each, with a last line that counts them.
///
/// An empty text stands for a source that could not be read: places are not shown then.
pub fn render(diagnostics: &[Diagnostic], text: &str, file_name: &str, colour: bool) -> String {
    render_in(diagnostics, &Sources::single(file_name, text), colour)
}

/// Renders findings about a scenario of one or more files.
pub fn render_in(diagnostics: &[Diagnostic], sources: &Sources, colour: bool) -> String {
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let shown = Shown {
        sources,
        lines: sources
            .files()
            .iter()
            .map(|file| Lines::new(&file.text))
            .collect(),
    };
    let mut out = String::new();
    for diagnostic in diagnostics {
        out.push_str(&shown.one(&renderer, diagnostic));
        out.push_str("\n\n");
    }
    out.push_str(&count(diagnostics));
    out
}

/// The files that places are shown from.
struct Shown<'s> {
    sources: &'s Sources,
    lines: Vec<Lines<'s>>,
}

impl<'s> Shown<'s> {
    /// Name and text of a file, a window on a place there, and the place.
    fn window(&self, span: Span) -> (usize, &'s str, &'s str, Window, Span) {
        let (file, span) = self.sources.locate(span);
        let (name, text) = self
            .sources
            .files()
            .get(file)
            .map_or(("", ""), |f| (f.name.as_str(), f.text.as_str()));
        let window = match self.lines.get(file) {
            Some(lines) => Window::new(span, text, lines),
            None => Window {
                start: 0,
                end: 0,
                line: 0,
            },
        };
        (file, name, text, window, span)
    }

    fn one(&self, renderer: &Renderer, d: &Diagnostic) -> String {
        let level = match d.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let (mut same, mut apart) = (Vec::new(), Vec::new());
        let (file, name, text, first, span) = self.window(d.span);
        // Programs get all of them; people are helped by a few.
        for (related, label) in d.related.iter().take(SHOWN_RELATED) {
            let (other, place) = self.sources.locate(*related);
            if other == file && first.holds(place) {
                same.push((place, label));
            } else {
                apart.push((*related, label));
            }
        }
        let mut snippet = first.snippet(text, name).annotation(
            AnnotationKind::Primary
                .span(first.range(span, text))
                .label(clean(&d.label)),
        );
        for (place, label) in same {
            snippet = snippet.annotation(
                AnnotationKind::Context
                    .span(first.range(place, text))
                    .label(clean(label)),
            );
        }
        let mut group = level
            .primary_title(clean(&d.message))
            .id(d.code)
            .element(snippet);
        for (related, label) in apart {
            let (_, name, text, window, place) = self.window(related);
            let annotation = AnnotationKind::Context
                .span(window.range(place, text))
                .label(clean(label));
            group = group.element(window.snippet(text, name).annotation(annotation));
        }
        if let Some(help) = &d.help {
            group = group.element(Level::HELP.message(clean(help)));
        }
        if let Some(change) = d
            .fix
            .as_ref()
            .and_then(|fix| change(fix, self.sources.text(), d.help.as_deref()))
        {
            group = group.element(Level::HELP.with_name("fix").message(clean(&change)));
        }
        renderer.render(&[group])
    }
}

/// A text without control characters, which could command the terminal that shows it.
fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

/// The mending change in words, unless the help says it already.
fn change(fix: &Fix, text: &str, help: Option<&str>) -> Option<String> {
    let old = text.get(fix.span.start as usize..fix.span.end as usize)?;
    let new = fix.replacement.as_str();
    if help.is_some_and(|h| h.contains(&format!("`{new}`"))) {
        return None;
    }
    let blank = |s: &str| s.trim().is_empty();
    Some(match (old.is_empty(), new.is_empty()) {
        (true, _) => format!("insert `{}`", new.trim()),
        (_, true) if blank(old) => "remove the blanks".into(),
        (_, true) => format!("remove `{old}`"),
        _ if blank(old) && new == " " => "replace it by a space".into(),
        _ if blank(old) && blank(new) => format!("replace it by {} spaces", new.len()),
        _ => format!("replace `{old}` by `{new}`"),
    })
}

/// "2 errors, 1 warning".
fn count(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .count();
    let warnings = diagnostics.len() - errors;
    let words = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    match (errors, warnings) {
        (0, 0) => String::new(),
        (_, 0) => words(errors, "error") + "\n",
        (0, _) => words(warnings, "warning") + "\n",
        _ => format!(
            "{}, {}\n",
            words(errors, "error"),
            words(warnings, "warning")
        ),
    }
}

/// The stretch of text that is handed to the renderer: the lines of a place, cut when huge, so that
/// many findings in a huge text cost no more than many in a small one.
struct Window {
    start: usize,
    end: usize,
    line: usize,
}

impl Window {
    fn new(span: Span, text: &str, lines: &Lines<'_>) -> Self {
        let (from, to) = (
            span.start as usize,
            (span.end as usize).max(span.start as usize),
        );
        let line = lines.line(from);
        let (start, first_end) = lines.range(line);
        let (_, end) = lines.range(lines.line(to.saturating_sub(1).max(from)));
        let end = end.max(first_end);
        if end - start <= 4 * SHOWN_BYTES {
            return Self { start, end, line };
        }
        let start = start.max(floor_boundary(text, from.saturating_sub(SHOWN_BYTES / 2)));
        let end = first_end
            .min(floor_boundary(text, from + SHOWN_BYTES))
            .max(start);
        Self { start, end, line }
    }

    fn holds(&self, span: Span) -> bool {
        self.start <= span.start as usize && span.end as usize <= self.end
    }

    /// A span in this window, widened to whole characters: the text may be a repaired copy of bytes
    /// that were none.
    fn range(&self, span: Span, text: &str) -> std::ops::Range<usize> {
        let shown = text.get(self.start..self.end).unwrap_or("");
        let start = floor_boundary(shown, (span.start as usize).saturating_sub(self.start));
        let mut end = (span.end as usize)
            .saturating_sub(self.start)
            .clamp(start, shown.len());
        while !shown.is_char_boundary(end) {
            end += 1;
        }
        start..end
    }

    fn snippet<'t>(&self, text: &'t str, file_name: &'t str) -> Snippet<'t, Annotation<'t>> {
        Snippet::source(text.get(self.start..self.end).unwrap_or(""))
            .path(file_name)
            .line_start(self.line + 1)
    }
}
