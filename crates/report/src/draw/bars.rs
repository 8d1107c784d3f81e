//! Bars below their labels: names of any length and script fit at any width.

use super::{
    Anchor, LABEL, LINE, TICK, WIDTH, line, lines, measure, rect, step, svg, text, tick, wrap,
};
use maud::Markup;

/// A bar to either side of zero.
pub struct Signed {
    /// What it is.
    pub label: String,
    /// Its length.
    pub value: f64,
    /// Its length, as text.
    pub text: String,
    /// Ends of a range of it.
    pub range: Option<(f64, f64)>,
}

/// Shares of one.
pub struct Stack {
    /// Of what.
    pub label: String,
    /// In the order of the legend.
    pub parts: Vec<f64>,
}

/// What a probability becomes when one input is changed.
pub struct Swing {
    /// The input and its range.
    pub label: String,
    /// What it becomes.
    pub to: Changed,
}

/// Probabilities with one input changed; none where that was not solved.
pub enum Changed {
    /// With a number at the low and at the high end of its range.
    Ends([Option<f64>; 2]),
    /// With a structure that alone holds.
    Alone(Option<f64>),
}

/// A share of one.
pub struct Share {
    /// Of what.
    pub label: String,
    /// Its length, as text.
    pub text: String,
    /// Its length.
    pub share: f64,
}

/// Where a mark stands on a scale from 0 to 1 against another one.
pub struct Pair {
    /// What it is.
    pub label: String,
    /// Text at the right end.
    pub text: String,
    /// What there is: the bar.
    pub present: f64,
    /// What is needed: the upright line; none where nothing would do.
    pub needed: Option<f64>,
}

const BAR: f64 = 11.0;
const SIDE: f64 = 6.0;
const KEYS: [&str; 5] = [
    "fill-accent",
    "fill-ink",
    "fill-grey",
    "fill-quiet",
    "fill-rule",
];

/// Label to the left and value to the right of one line above a bar; gives the top of the bar.
fn head(y: f64, label: &str, value: &str, out: &mut Vec<Markup>) -> f64 {
    let room = WIDTH - measure(value, LABEL) - 2.0 * SIDE - 8.0;
    let label = wrap(label, LABEL, room, 2);
    out.push(text(
        WIDTH - SIDE,
        y + 12.0,
        "label strong halo",
        Anchor::End,
        value,
    ));
    y + lines(SIDE, y + 12.0, "label halo", &label, out) + 2.0
}

/// Ticks and the name of the axis below bars; gives the lower edge.
fn axis(
    y: f64,
    low: f64,
    high: f64,
    name: &str,
    x: impl Fn(f64) -> f64,
    top: f64,
    out: &mut Vec<Markup>,
) -> f64 {
    let by = step(high - low, 5);
    let mut grid = Vec::new();
    let mut k = (low / by).ceil();
    while k * by <= high + by * 1e-9 {
        let at = x(k * by);
        let class = if k == 0.0 { "axis" } else { "grid" };
        grid.push(line((at, top), (at, y), class));
        let words = tick(k * by, by);
        // A label at an end keeps inside the drawing.
        let half = measure(&words, TICK) * 0.55 + 1.0;
        let middle = at.clamp(half, WIDTH - half);
        out.push(text(middle, y + 14.0, "tick", Anchor::Middle, &words));
        k += 1.0;
    }
    out.splice(0..0, grid);
    let name = wrap(name, TICK, WIDTH - 2.0 * SIDE, 2);
    y + 18.0 + lines(SIDE, y + 31.0, "tick", &name, out)
}

/// Bars to either side of zero.
pub fn signed(title: &str, unit: &str, rows: &[Signed]) -> String {
    let ends = rows.iter().flat_map(|r| {
        let (a, b) = r.range.unwrap_or((r.value, r.value));
        [r.value, a, b]
    });
    let (mut low, mut high) = ends
        .filter(|v| v.is_finite())
        .fold((0.0f64, 0.0f64), |(low, high), v| (low.min(v), high.max(v)));
    if low == high {
        high = 1.0;
    }
    let pad = (high - low) * 0.02;
    low -= if low < 0.0 { pad } else { 0.0 };
    high += if high > 0.0 { pad } else { 0.0 };
    let edge = SIDE + 8.0;
    let x = |v: f64| edge + (WIDTH - 2.0 * edge) * (v - low) / (high - low);
    let mut out = Vec::new();
    let mut y = 2.0;
    for row in rows {
        y = head(y, &row.label, &row.text, &mut out);
        let value = if row.value.is_finite() {
            row.value
        } else {
            0.0
        };
        let (from, to) = (x(value.min(0.0)), x(value.max(0.0)));
        out.push(rect(from, y, (to - from).max(0.8), BAR, "fill-accent"));
        if let Some((a, b)) = row.range {
            let middle = y + BAR / 2.0;
            out.push(line((x(a), middle), (x(b), middle), "whisker-ink"));
            for end in [a, b] {
                out.push(line(
                    (x(end), middle - 4.0),
                    (x(end), middle + 4.0),
                    "whisker-ink",
                ));
            }
        }
        y += BAR + 9.0;
    }
    let height = axis(y - 3.0, low, high, unit, x, 0.0, &mut out);
    svg(title, height, &out)
}

/// Shares of one, one bar each, from the largest scale that they need.
pub fn shares(title: &str, unit: &str, rows: &[Share]) -> String {
    let rows: Vec<Signed> = rows
        .iter()
        .map(|row| Signed {
            label: row.label.clone(),
            value: row.share * 100.0,
            text: row.text.clone(),
            range: None,
        })
        .collect();
    signed(title, unit, &rows)
}

/// Shares of one, side by side on one bar, with a legend.
pub fn stacks(title: &str, keys: &[&str], rows: &[Stack]) -> String {
    let mut out = Vec::new();
    let mut y = legend(keys, &mut out);
    for row in rows {
        y = head(y, &row.label, "", &mut out);
        let mut x = SIDE;
        for (k, part) in row.parts.iter().enumerate() {
            let part = if part.is_finite() {
                part.clamp(0.0, 1.0)
            } else {
                0.0
            };
            let width = (WIDTH - 2.0 * SIDE) * part;
            if width >= 0.5 {
                out.push(rect(
                    x,
                    y,
                    (width - 1.0).max(0.5),
                    BAR,
                    KEYS[k.min(KEYS.len() - 1)],
                ));
            }
            x += width;
        }
        y += BAR + 9.0;
    }
    for (share, name, anchor) in [
        (0.0, "0", Anchor::Start),
        (0.5, "50", Anchor::Middle),
        (1.0, "100 %", Anchor::End),
    ] {
        let at = SIDE + (WIDTH - 2.0 * SIDE) * share;
        out.push(text(at, y + 8.0, "tick", anchor, name));
    }
    svg(title, y + 14.0, &out)
}

/// Squares with names; gives the lower edge.
fn legend(keys: &[&str], out: &mut Vec<Markup>) -> f64 {
    let (mut x, mut y) = (SIDE, 4.0);
    for (k, key) in keys.iter().enumerate() {
        let width = 17.0 + measure(key, LABEL) + 12.0;
        if x + width > WIDTH && x > SIDE {
            x = SIDE;
            y += LINE + 2.0;
        }
        out.push(rect(x, y, 11.0, 11.0, KEYS[k.min(KEYS.len() - 1)]));
        out.push(text(x + 17.0, y + 10.0, "label", Anchor::Start, key));
        x += width;
    }
    y + LINE + 10.0
}

/// Probabilities that there are against those that are needed, on one scale from 0 to 100 %.
pub fn pairs(title: &str, present: &str, needed: &str, rows: &[Pair]) -> String {
    let mut out = Vec::new();
    let edge = SIDE + 8.0;
    let x = |share: f64| edge + (WIDTH - 2.0 * edge) * share.clamp(0.0, 1.0);
    out.push(rect(SIDE, 4.0, 18.0, BAR, "fill-accent"));
    let mut y = 4.0
        + lines(
            SIDE + 25.0,
            14.0,
            "label",
            &wrap(present, LABEL, WIDTH - 40.0, 2),
            &mut out,
        );
    out.push(line(
        (SIDE + 9.0, y + 2.0),
        (SIDE + 9.0, y + 15.0),
        "needed",
    ));
    y += lines(
        SIDE + 25.0,
        y + 12.0,
        "label",
        &wrap(needed, LABEL, WIDTH - 40.0, 2),
        &mut out,
    ) + 10.0;
    let top = y;
    for row in rows {
        y = head(y, &row.label, &row.text, &mut out);
        out.push(rect(
            x(0.0),
            y,
            (x(row.present) - x(0.0)).max(0.8),
            BAR,
            "fill-accent",
        ));
        if let Some(needed) = row.needed {
            out.push(line(
                (x(needed), y - 3.0),
                (x(needed), y + BAR + 3.0),
                "needed",
            ));
        }
        y += BAR + 10.0;
    }
    let height = axis(
        y - 3.0,
        0.0,
        100.0,
        "probability of an answer, %",
        |v| x(v / 100.0),
        top,
        &mut out,
    );
    svg(title, height, &out)
}

/// Bars from the probability at the low end of an input to that at the high end, about the central one.
pub fn tornado(title: &str, central: f64, rows: &[Swing]) -> String {
    let values = |row: &Swing| match row.to {
        Changed::Ends([low, high]) => [(high, "fill-accent"), (low, "fill-ink")],
        Changed::Alone(value) => [(value, "fill-grey"), (None, "fill-grey")],
    };
    let ends = rows.iter().flat_map(values).filter_map(|(value, _)| value);
    let ends = ends.chain([central]).filter(|v| v.is_finite());
    let (low, high) = ends.fold((1.0f64, 0.0f64), |(low, high), v| (low.min(v), high.max(v)));
    let pad = ((high - low) * 0.05).max(0.002);
    let (low, high) = ((low - pad).max(0.0) * 100.0, (high + pad).min(1.0) * 100.0);
    let edge = SIDE + 10.0;
    let x = |v: f64| edge + (WIDTH - 2.0 * edge) * (v * 100.0 - low) / (high - low);
    let mut out = Vec::new();
    let mut keys = vec!["input at its high end", "at its low end"];
    if rows.iter().any(|row| matches!(row.to, Changed::Alone(_))) {
        keys.push("a structure, where it alone holds");
    }
    let mut y = legend(&keys, &mut out);
    let top = y;
    for row in rows {
        y = head(y, &row.label, "", &mut out);
        for (end, class) in values(row) {
            let Some(end) = end.filter(|v| v.is_finite()) else {
                continue;
            };
            let (from, to) = (x(end.min(central)), x(end.max(central)));
            out.push(rect(from, y, (to - from).max(0.8), BAR, class));
        }
        y += BAR + 8.0;
    }
    // Behind the labels.
    out.insert(0, line((x(central), top), (x(central), y - 3.0), "axis"));
    let name = "probability, %; the upright line is the central forecast";
    let height = axis(y - 3.0, low, high, name, |v| x(v / 100.0), top, &mut out);
    svg(title, height, &out)
}
