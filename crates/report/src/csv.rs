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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_needed_and_never_formulas() {
        let mut table = Table::new(["a, b", "c"]);
        table.row(["say \"no\"", "=1+1"]);
        table.row(["-3.1", "+2"]);
        table.row(["-x", "لا"]);
        assert_eq!(
            csv(&table),
            "\"a, b\",c\r\n\"say \"\"no\"\"\",'=1+1\r\n-3.1,+2\r\n'-x,لا\r\n"
        );
    }
}
