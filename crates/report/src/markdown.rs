//! The report as Markdown: sentences and tables, without drawings.

use crate::document::{Document, Figure, Part};
use crate::tables::Table;

/// Lays out a report.
pub fn markdown(document: &Document) -> String {
    let mut out = format!(
        "# {}\n\n**{}**\n",
        escape(&document.title),
        escape(&document.headline)
    );
    for text in &document.reading {
        out += &format!("\n{}\n", escape(text));
    }
    out.push('\n');
    for (name, value) in &document.facts {
        out += &format!("* {}: {}\n", escape(name), escape(value));
    }
    for part in &document.first {
        figure(part, 2, &mut out);
    }
    for section in &document.sections {
        out += &format!("\n## {}\n", escape(&section.title));
        for text in [&section.definition, &section.limits] {
            if !text.is_empty() {
                out += &format!("\n{}\n", escape(text));
            }
        }
        for part in &section.parts {
            match part {
                Part::Text(text) => out += &format!("\n{}\n", escape(text)),
                Part::Figure(one) => figure(one, 3, &mut out),
            }
        }
    }
    out
}

fn figure(figure: &Figure, level: usize, out: &mut String) {
    *out += &format!("\n{} {}\n\n", "#".repeat(level), escape(&figure.title));
    let table = Some(&figure.table)
        .filter(|t| !t.rows.is_empty())
        .map(table);
    let sentence = Some(&figure.sentence).filter(|s| !s.is_empty());
    let parts = table
        .into_iter()
        .chain(sentence.map(|s| format!("{}\n", escape(s))));
    *out += &parts.collect::<Vec<_>>().join("\n");
}

/// Lays out a table.
pub fn table(table: &Table) -> String {
    let row = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|c| escape(c)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let mut out = row(&table.head);
    out += &format!("|{}\n", " --- |".repeat(table.head.len()));
    for cells in &table.rows {
        out += &row(cells);
    }
    out
}

/// Keeps text from being read as markup.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '&' => out += "&amp;",
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
