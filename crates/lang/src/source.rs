//! Places in a source text.

use serde::Serialize;

/// A half-open range of bytes `start..end` in the source text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` to `end`.
    pub fn new(start: usize, end: usize) -> Self {
        // Sources are bounded far below 4 GiB before they are read.
        Self {
            start: start as u32,
            end: end as u32,
        }
    }

    /// The smallest span that holds both.
    pub fn to(self, other: Self) -> Self {
        Self {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}

/// Where the lines of a text start.
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Finds the lines of a text.
    pub fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Self { text, starts }
    }

    /// Index of the line of a byte, from 0.
    pub fn line(&self, byte: usize) -> usize {
        self.starts
            .partition_point(|start| *start <= byte)
            .saturating_sub(1)
    }

    /// The bytes of a line without its end.
    pub fn range(&self, line: usize) -> (usize, usize) {
        let start = self.starts.get(line).copied().unwrap_or(self.text.len());
        let end = self
            .starts
            .get(line + 1)
            .map_or(self.text.len(), |next| next - 1);
        let end = if end > start && self.text.as_bytes().get(end - 1) == Some(&b'\r') {
            end - 1
        } else {
            end
        };
        (start, end)
    }

    /// Line and column of a byte, both from 1; columns count characters.
    pub fn position(&self, byte: usize) -> (usize, usize) {
        let byte = floor_boundary(self.text, byte);
        let line = self.line(byte);
        let start = self.starts.get(line).copied().unwrap_or(0);
        (line + 1, self.text[start..byte].chars().count() + 1)
    }
}

/// The last character boundary at or before `byte`.
pub fn floor_boundary(text: &str, byte: usize) -> usize {
    let mut at = byte.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// One file of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Its name for people.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// The text that is checked, and the files that it was put together from: a scenario that extends no
/// other is one file, word for word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources {
    effective: Effective,
    files: Vec<SourceFile>,
}

/// A text put together from stretches of files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effective {
    pub(crate) text: String,
    /// Where stretches start, ascending.
    stretches: Vec<Stretch>,
}

/// The bytes from `at` to the next stretch come from `file`, from its byte `from` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stretch {
    at: usize,
    file: usize,
    from: usize,
}

impl Effective {
    /// The whole of a file.
    pub(crate) fn whole(file: usize, text: &str) -> Self {
        let mut out = Self::default();
        out.stretches.push(Stretch {
            at: 0,
            file,
            from: 0,
        });
        out.text.push_str(text);
        out
    }

    /// Adds bytes of another text; a last line without end is ended.
    pub(crate) fn push(&mut self, other: &Self, range: std::ops::Range<usize>) {
        let Some(text) = other.text.get(range.clone()) else {
            return;
        };
        if text.is_empty() {
            return;
        }
        let at = self.text.len();
        let mut start = range.start;
        while start < range.end {
            let (stretch, end) = other.stretch(start);
            self.stretches.push(Stretch {
                at: at + start - range.start,
                file: stretch.file,
                from: stretch.from + start - stretch.at,
            });
            start = end.min(range.end);
        }
        self.text.push_str(text);
        if !text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    /// The stretch of a byte and where it ends.
    fn stretch(&self, byte: usize) -> (Stretch, usize) {
        let next = self.stretches.partition_point(|s| s.at <= byte);
        let end = self.stretches.get(next).map_or(usize::MAX, |s| s.at);
        let none = Stretch {
            at: 0,
            file: 0,
            from: 0,
        };
        let stretch = next.checked_sub(1).and_then(|i| self.stretches.get(i));
        (stretch.copied().unwrap_or(none), end)
    }
}

impl Sources {
    /// A scenario in one file.
    pub fn single(name: &str, text: &str) -> Self {
        Self::new(
            Effective::whole(0, text),
            vec![SourceFile {
                name: name.to_owned(),
                text: text.to_owned(),
            }],
        )
    }

    pub(crate) fn new(effective: Effective, files: Vec<SourceFile>) -> Self {
        Self { effective, files }
    }

    /// The text that is checked; spans of findings and of the scenario are places in it.
    pub fn text(&self) -> &str {
        &self.effective.text
    }

    /// The files, the one that was asked for first.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// The file of a place in the checked text, and the place there. A place that reaches over
    /// several files ends with the first.
    pub fn locate(&self, span: Span) -> (usize, Span) {
        let (start, end) = (
            span.start as usize,
            (span.end as usize).max(span.start as usize),
        );
        let (first, first_end) = self.effective.stretch(start);
        let from = first.from + start - first.at;
        let length = |file: usize| self.files.get(file).map_or(0, |f| f.text.len());
        let to = if end <= first_end {
            first.from + end - first.at
        } else {
            let (last, _) = self.effective.stretch(end - 1);
            let to = last.from + end - last.at;
            if last.file == first.file && to >= from {
                to
            } else {
                first.from + first_end - first.at
            }
        };
        let length = length(first.file);
        let from = from.min(length);
        (
            first.file,
            Span::new(from, to.clamp(from, length.max(from))),
        )
    }
}
