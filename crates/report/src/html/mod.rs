//! The report as one HTML page that needs nothing else: style, script and drawings stand in it.
//!
//! Without script everything is there but the buttons that save tables and drawings.

use crate::document::{Document, Figure, Part, Section};
use crate::draw;
use crate::tables::Table;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
/// Rows above which a table is opened only when it is asked for.
const LONG: usize = 40;

/// Columns above which a table is laid out as cards on narrow screens.
const WIDE: usize = 4;

/// Lays out a report. Every name is escaped; one that stands alone is set in the direction of its
/// script, and in a sentence it keeps its place.
pub fn page(document: &Document) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                // Nothing is fetched from anywhere.
                meta http-equiv="Content-Security-Policy"
                    content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";
                link rel="icon" href="data:,";
                title { (document.title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#contents" { "Skip to the contents" }
                (head(document))
                main {
                    section.screen aria-label="Overview" {
                        @for part in &document.first { (figure(part)) }
                    }
                    (contents(document))
                    @for part in &document.sections { (section(part)) }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
    .into_string()
}

fn head(document: &Document) -> Markup {
    html! {
        header {
            h1 dir="auto" { (document.title) }
            p.headline { (fixed(&document.headline)) }
            dl.facts {
                @for (name, value) in &document.facts {
                    div { dt { (name) } dd { (value) } }
                }
            }
            @for text in &document.reading { p.reading { (fixed(text)) } }
        }
    }
}

fn contents(document: &Document) -> Markup {
    html! {
        nav #contents aria-label="Contents" {
            h2 { "Contents" }
            ol {
                @for one in &document.sections {
                    li { a href=(format!("#{}", one.id)) { (one.title) } }
                }
            }
        }
    }
}

fn section(section: &Section) -> Markup {
    html! {
        section.analysis id=(section.id) aria-labelledby=(format!("{}-title", section.id)) {
            h2 id=(format!("{}-title", section.id)) { (section.title) }
            @if !section.definition.is_empty() { p.definition { (section.definition) } }
            @if !section.limits.is_empty() {
                p.limits { b { "Limits. " } (section.limits) }
            }
            div.parts {
                @for part in &section.parts {
                    @match part {
                        Part::Text(text) => { p.text { (fixed(text)) } }
                        Part::Figure(one) => { (figure(one)) }
                    }
                }
            }
        }
    }
}

fn figure(figure: &Figure) -> Markup {
    let title = format!("{}-title", figure.id);
    html! {
        figure id=(figure.id) .drawn[figure.drawing.is_some()] aria-labelledby=(title) {
            // A heading is never parted from its drawing.
            div.whole {
                h3 id=(title) { (figure.title) }
                @if let Some(drawing) = &figure.drawing {
                    (draw::markup(drawing))
                }
            }
            @if !figure.sentence.is_empty() { p.says { (fixed(&figure.sentence)) } }
            @if figure.drawing.is_some() || figure.table.rows.len() > LONG {
                details .long[figure.table.rows.len() > LONG] {
                    summary {
                        "Table"
                        @if figure.table.rows.len() > LONG { ", " (figure.table.rows.len()) " rows" }
                    }
                    (table(&figure.table, &figure.title))
                    (buttons(figure))
                }
            } @else {
                (table(&figure.table, &figure.title))
                (buttons(figure))
            }
        }
    }
}

fn buttons(figure: &Figure) -> Markup {
    html! {
        p.save {
            button type="button" data-save="csv" hidden { "Save as CSV" }
            @if figure.drawing.is_some() {
                button type="button" data-save="svg" hidden { "Save as SVG" }
            }
        }
    }
}

fn table(table: &Table, title: &str) -> Markup {
    let numeric: Vec<bool> = (0..table.head.len())
        .map(|k| is_numeric(table, k))
        .collect();
    // Sentences are English, whatever name they begin with; other cells are names or numbers.
    let names = (table.head.len() > 1).then_some("auto");
    html! {
        div.scroll role="region" aria-label=(title) tabindex="0" {
            table.wide[table.head.len() > WIDE].single[table.head.len() == 1] {
                thead {
                    tr {
                        @for (k, head) in table.head.iter().enumerate() {
                            th scope="col" .number[numeric[k]] { (head) }
                        }
                    }
                }
                tbody {
                    @for row in &table.rows {
                        tr {
                            @for (k, cell) in row.iter().enumerate() {
                                @if k == 0 {
                                    th scope="row" dir=[names] { (breakable(&fixed(cell))) }
                                } @else {
                                    td .number[numeric[k]] data-head=(table.head[k]) dir="auto" { (breakable(&fixed(cell))) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Keeps a number and its per cent sign on one line.
fn fixed(text: &str) -> String {
    text.replace(" %", "\u{a0}%")
}

/// Longest word that needs no place to break.
const WORD: usize = 16;

/// Long names of the file may break after their dots, underscores and signs, and nowhere else.
fn breakable(text: &str) -> Markup {
    let mut parts = vec![String::new()];
    let mut add = |piece: &str, last: bool| {
        if let Some(part) = parts.last_mut() {
            part.push_str(piece);
        }
        if !last {
            parts.push(String::new());
        }
    };
    for word in text.split_inclusive(char::is_whitespace) {
        if word.chars().count() <= WORD {
            add(word, true);
            continue;
        }
        let mut pieces = word.split_inclusive(['_', '.', '=']).peekable();
        while let Some(piece) = pieces.next() {
            add(piece, pieces.peek().is_none());
        }
    }
    html! {
        @for (k, part) in parts.iter().enumerate() {
            @if k > 0 { wbr; }
            (part)
        }
    }
}

/// True when a column holds numbers, which stand to the right.
fn is_numeric(table: &Table, column: usize) -> bool {
    let cells = table.rows.iter().filter_map(|row| row.get(column));
    let mut cells = cells
        .filter(|cell| !cell.is_empty() && *cell != "–")
        .peekable();
    column > 0
        && cells.peek().is_some()
        && cells.all(|cell| {
            let start = cell.trim_start_matches(['+', '-', '−', '±', '<', '>']);
            start.starts_with(|c: char| c.is_ascii_digit()) && cell.chars().count() < 24
        })
}
