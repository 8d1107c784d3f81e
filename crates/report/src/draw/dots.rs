//! Exclusive outcomes as a hundred dots: frequencies are read more truly than percentages
//! (Gigerenzer and Hoffrage, *Psychological Review* 102, 1995).

use super::{Anchor, LABEL, LINE, WIDTH, circle, lines, measure, svg, text, wrap};
use maud::Markup;

/// One outcome.
pub struct Row {
    /// Text for people.
    pub label: String,
    /// Dots of a hundred.
    pub dots: i64,
    /// Probability in words or numbers.
    pub value: String,
}

/// Marks that differ in shape as well as in colour; beyond them one for all the rest.
const MARKS: usize = 8;
const COLUMNS: usize = 20;
const PITCH: f64 = 18.6;

/// Draws the dots above a legend with one line an outcome.
pub fn draw(title: &str, rows: &[Row]) -> String {
    let mut out = Vec::new();
    let mut k = 0;
    for (row, outcome) in rows.iter().enumerate() {
        for _ in 0..outcome.dots {
            let (column, line) = (k % COLUMNS, k / COLUMNS);
            let x = 13.0 + PITCH * column as f64;
            let y = 11.0 + PITCH * line as f64;
            mark(x, y, row, rows.len(), &mut out);
            k += 1;
        }
    }
    let mut y = 12.0 + PITCH * k.div_ceil(COLUMNS) as f64 + 14.0;
    for (row, outcome) in rows.iter().enumerate() {
        mark(13.0, y - 4.5, row, rows.len(), &mut out);
        let value = measure(&outcome.value, LABEL);
        let room = WIDTH - 30.0 - value - 14.0;
        let label = wrap(&outcome.label, LABEL, room, 2);
        out.push(text(
            WIDTH - 4.0,
            y,
            "label strong",
            Anchor::End,
            &outcome.value,
        ));
        y += lines(28.0, y, "label", &label, &mut out) + 5.0;
    }
    svg(title, y - LINE + 8.0, &out)
}

/// The mark of an outcome; the last one, whatever is left, is the quietest.
fn mark(x: f64, y: f64, row: usize, rows: usize, out: &mut Vec<Markup>) {
    let kind = if row > 0 && row + 1 == rows {
        5
    } else if row < 5 {
        row
    } else {
        (row + 1).min(MARKS - 1)
    };
    match kind {
        0 => out.push(circle(x, y, 6.6, "fill-accent")),
        1 => out.push(circle(x, y, 5.5, "ring-accent")),
        2 => out.push(circle(x, y, 6.6, "fill-ink")),
        3 => out.push(circle(x, y, 5.5, "ring-ink")),
        4 => out.push(circle(x, y, 6.6, "fill-grey")),
        5 => out.push(circle(x, y, 5.8, "ring-grey")),
        6 => {
            out.push(circle(x, y, 5.5, "ring-ink"));
            out.push(circle(x, y, 2.2, "fill-ink"));
        }
        _ => out.push(circle(x, y, 3.0, "fill-ink")),
    }
}
