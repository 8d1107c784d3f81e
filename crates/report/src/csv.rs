//! Tables as CSV (RFC 4180): comma, quotes where needed, a line end after every row.

use crate::tables::Table;

/// A table as CSV.
pub fn csv(table: &Table) -> String {
    let mut out = String::new();
    for row in std::iter::once(&table.head).chain(&table.rows) {
        let cells: Vec<String> = row.iter().map(|c| cell(c)).collect();
        out += &cells.join(",");
        out += "\r\n";
    }
    out
}

/// A cell. What a spreadsheet would take for a formula, and is no number, gets an apostrophe.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '@', '\t', '\r'])
        || (text.starts_with(['+', '-'])
            && !text[1..].starts_with(|c: char| c.is_ascii_digit() || c == '.'));
    let text = if formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}
