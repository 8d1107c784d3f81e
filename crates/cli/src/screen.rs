//! Text for a terminal of 80 columns.

use climbdown_report::tables::Table;
use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, TableStyle, Width,
};

/// Columns that everything fits in.
pub const WIDTH: usize = 80;

/// A heading; bold where the terminal can.
pub fn heading(text: &str) -> String {
    format!("\n\x1b[1m{text}\x1b[0m\n")
}

/// A text in at most `most` characters, with an ellipsis where it was cut.
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Words broken into lines of at most [`WIDTH`], each after `indent` spaces. Line ends stay.
pub fn wrap(text: &str, indent: usize) -> String {
    let mut out = String::new();
    for paragraph in text.lines() {
        let mut column = 0;
        let mut words = paragraph.split_whitespace().peekable();
        while let Some(word) = words.next() {
            let width = word.chars().count();
            // A number and its % stay on one line.
            let tail = words.peek().filter(|next| next.starts_with('%'));
            let needed = width + tail.map_or(0, |next| 1 + next.chars().count());
            if column > 0 && column + 1 + needed > WIDTH {
                out.push('\n');
                column = 0;
            }
            if column == 0 {
                out.extend(std::iter::repeat_n(' ', indent));
                column = indent;
            } else {
                out.push(' ');
                column += 1;
            }
            out.push_str(word);
            column += width;
        }
        out.push('\n');
    }
    out
}

/// A definition or limit as a sentence of its own, wrapped.
pub fn note(text: &str) -> String {
    let text = text.trim().trim_end_matches('.');
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    let sentence: String = first.into_iter().flatten().chain(letters).collect();
    wrap(&format!("{sentence}."), 2)
}

/// Facts, one a line: what, then how much, wrapped beside each other.
pub fn facts<S: AsRef<str>, T: AsRef<str>>(facts: &[(S, T)]) -> String {
    let left = facts
        .iter()
        .map(|(what, _)| what.as_ref().chars().count())
        .max()
        .unwrap_or(0);
    let indent = left.min(WIDTH / 2) + 4;
    let mut out = String::new();
    for (what, value) in facts {
        let text = wrap(value.as_ref(), indent);
        let what = what.as_ref();
        let gap = indent.saturating_sub(what.chars().count() + 2);
        out.push_str("  ");
        out.push_str(what);
        if gap == 0 {
            out.push('\n');
            out.push_str(&text);
        } else {
            out.extend(std::iter::repeat_n(' ', gap));
            out.push_str(text.trim_start());
        }
        if text.is_empty() {
            out.push('\n');
        }
    }
    out
}

/// No borders, a thin line under the heads.
const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Stands in a table for a heading, whose width is not that of its column.
const ACROSS: &str = "\u{e000}";

/// A table: words to the left, which wrap, and numbers to the right, which do not. A row with nothing
/// but its first cell is a heading of the rows below it and stands across the table.
pub fn table(table: &Table) -> String {
    let mut table = table.clone();
    let mut across = Vec::new();
    for row in table.rows.iter_mut().filter(|row| row.len() > 1) {
        if !row[0].is_empty() && row[1..].iter().all(String::is_empty) {
            across.push(std::mem::replace(&mut row[0], ACROSS.to_owned()));
        }
    }
    let mut across = across.into_iter();
    let text = rendered(&table);
    let lines = text.lines().map(|line| match line.trim() {
        ACROSS => wrap(&across.next().unwrap_or_default(), 2),
        _ => format!("{line}\n"),
    });
    lines.collect()
}

fn rendered(table: &Table) -> String {
    let mut out = comfy_table::Table::new();
    out.load_style(STYLE)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(WIDTH as u16);
    if table.head.iter().any(|h| !h.is_empty()) {
        out.set_header(&table.head);
    }
    out.add_rows(&table.rows);
    let narrow = narrow(table);
    for (k, column) in out.column_iter_mut().enumerate() {
        if k == 0 {
            column.set_padding((2, 1));
        } else {
            column.set_cell_alignment(CellAlignment::Right);
            column.set_constraint(match &narrow {
                None => ColumnConstraint::ContentWidth,
                Some(widths) => ColumnConstraint::Absolute(Width::Fixed(widths[k] as u16 + 2)),
            });
        }
    }
    out.lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

/// Widths at which the heads of numbers break between words, where without that the first column would
/// have to break within one.
fn narrow(table: &Table) -> Option<Vec<usize>> {
    let columns = table.head.len();
    let cells = |k: usize| table.rows.iter().filter_map(move |row| row.get(k));
    let longest = |k: usize, words: bool| {
        let widths = cells(k).map(|cell| match words {
            true => cell
                .split(' ')
                .map(|w| w.chars().count())
                .max()
                .unwrap_or(0),
            false => cell.chars().count(),
        });
        widths.max().unwrap_or(0)
    };
    let head = |k: usize| {
        let words = table.head[k].split(' ').map(|w| w.chars().count());
        words.max().unwrap_or(0)
    };
    let first = longest(0, true)
        .max(longest(0, false).min(SHORT))
        .max(head(0))
        + 3;
    let whole = |k: usize| longest(k, false).max(table.head[k].chars().count());
    let room = WIDTH.saturating_sub(first);
    if (1..columns).map(|k| whole(k) + 2).sum::<usize>() <= room {
        return None;
    }
    let widths: Vec<usize> = (0..columns)
        .map(|k| longest(k, false).max(head(k)))
        .collect();
    // Where that does not help, the heads stay whole.
    let needed: usize = widths.iter().skip(1).map(|w| w + 2).sum();
    (needed <= room).then_some(widths)
}

/// First cells of so many letters are not broken either.
const SHORT: usize = 16;

/// "1 week", "26 weeks".
pub fn number_of(n: impl Into<u64>, word: &str) -> String {
    let n = n.into();
    let end = if n == 1 { "" } else { "s" };
    format!("{} {word}{end}", climbdown_report::tables::count(n))
}

/// Names in a sentence: "a", "a and b", "a, b and c".
pub fn list<S: AsRef<str>>(names: &[S]) -> String {
    match names {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

/// A quantity of bytes.
pub fn bytes(n: u128) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if n < 1024 {
        return format!("{n} bytes");
    }
    let mut value = n as f64 / 1024.0;
    for unit in UNITS {
        if value < 1000.0 || unit == "PiB" {
            return format!("{value:.3} {unit}", value = Digits(value));
        }
        value /= 1024.0;
    }
    String::new()
}

/// A rough duration, given in seconds.
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 0.1 => "less than 0.1 s".to_owned(),
        s if s < 10.0 => format!("about {s:.1} s"),
        s if s < 120.0 => format!("about {s:.0} s"),
        s if s < 7200.0 => format!("about {:.0} min", s / 60.0),
        s if s < 172_800.0 => format!("about {:.0} h", s / 3600.0),
        s => format!("about {:.0} days", s / 86_400.0),
    }
}

/// A number with about two digits that count.
struct Digits(f64);

impl std::fmt::Display for Digits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 < 10.0 {
            write!(f, "{:.1}", self.0)
        } else {
            write!(f, "{:.0}", self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_within_the_width() {
        let text = "word ".repeat(100);
        for line in wrap(&text, 6).lines() {
            assert!(
                line.chars().count() <= WIDTH && line.starts_with("      word"),
                "{line}"
            );
        }
        let mut wide = Table::new(["what", "a", "b"]);
        wide.row(["long ".repeat(30), "1".to_owned(), "2".to_owned()]);
        for line in table(&wide).lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
    }

    #[test]
    fn a_heading_among_rows_stands_across_the_table() {
        let mut rows = Table::new(["actor", "central", "mostly by"]);
        let heading = "Incremental verification of what both sides have promised";
        rows.row([heading]);
        let by = "energy +0.63, channel_interim -0.31, relief at home +0.20";
        rows.row(["  us", "+1.22", by]);
        let text = table(&rows);
        assert!(text.contains(&format!("\n  {heading}\n")), "{text}");
        let lines = text.lines().map(|line| line.chars().count());
        assert!(lines.max() <= Some(WIDTH), "{text}");
        assert_eq!(text.lines().count(), 4, "{text}");
    }

    #[test]
    fn facts_line_up() {
        let text = facts(&[("a", "one"), ("longer", "two")]);
        assert_eq!(text, "  a       one\n  longer  two\n");
    }

    #[test]
    fn quantities_read_well() {
        assert_eq!(bytes(12), "12 bytes");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(512 << 20), "512 MiB");
        assert_eq!(bytes(u128::from(u64::MAX)), "16384 PiB");
        assert_eq!(number_of(1u32, "week"), "1 week");
        assert_eq!(number_of(26u32, "week"), "26 weeks");
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
        assert_eq!(duration(0.0), "less than 0.1 s");
        assert_eq!(duration(600.0), "about 10 min");
    }
}
