//! Drawings as SVG text, made here and not in the browser: they print, scale, need no script and
//! say the same everywhere.
//!
//! All are [`WIDTH`] units wide, about the width of a telephone, so that text stays readable where
//! the page is narrow; the page sets two or three side by side where it is wide. Colours are
//! classes of the page's style sheet.

pub mod bars;
pub mod curves;
pub mod dots;
pub mod fan;
pub mod flows;

use maud::{Markup, PreEscaped, html};

/// Width of every drawing, in its own units.
pub const WIDTH: f64 = 380.0;
/// Size of labels.
pub const LABEL: f64 = 12.5;
/// Size of tick labels.
const TICK: f64 = 11.5;
/// Height of a line of text.
const LINE: f64 = 16.0;

/// Marks up a coordinate: a tenth of a unit is finer than a pixel.
fn c(x: f64) -> String {
    let text = format!("{x:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// A whole drawing.
pub fn svg(title: &str, height: f64, content: &[Markup]) -> String {
    html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {} {}", c(WIDTH), c(height)))
            role="img" aria-label=(title) {
            @for part in content { (part) }
        }
    }
    .into_string()
}

/// Where a text begins, ends or has its middle.
#[derive(Clone, Copy)]
pub enum Anchor {
    /// Begins there.
    Start,
    /// Has its middle there.
    Middle,
    /// Ends there.
    End,
}

/// One line of text.
pub fn text(x: f64, y: f64, class: &str, anchor: Anchor, words: &str) -> Markup {
    let anchor = match anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    html! { text x=(c(x)) y=(c(y)) class=(class) text-anchor=(anchor) { (words) } }
}

fn line(from: (f64, f64), to: (f64, f64), class: &str) -> Markup {
    html! { line x1=(c(from.0)) y1=(c(from.1)) x2=(c(to.0)) y2=(c(to.1)) class=(class) {} }
}

fn rect(x: f64, y: f64, width: f64, height: f64, class: &str) -> Markup {
    html! { rect x=(c(x)) y=(c(y)) width=(c(width)) height=(c(height)) class=(class) {} }
}

fn circle(x: f64, y: f64, radius: f64, class: &str) -> Markup {
    html! { circle cx=(c(x)) cy=(c(y)) r=(c(radius)) class=(class) {} }
}

/// A line through points, or the outline of an area.
fn path(points: impl IntoIterator<Item = (f64, f64)>, closed: bool, class: &str) -> Markup {
    let mut d = String::new();
    for (x, y) in points {
        d += if d.is_empty() { "M" } else { "L" };
        d += &format!("{} {}", c(x), c(y));
    }
    if closed {
        d.push('Z');
    }
    html! { path d=(d) class=(class) {} }
}

/// About how wide a text is, on the wide side: fonts differ.
pub fn measure(words: &str, size: f64) -> f64 {
    let wide = |c: char| match c {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | ' ' => 0.34,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.92,
        c if c.is_uppercase() => 0.72,
        '<' | '>' | '&' | '=' | '+' | '~' | '^' | '#' | '±' | '\u{2190}'..='\u{22ff}' => 0.86,
        // Ideographs, kana, hangul and full-width forms.
        '\u{1100}'..='\u{11ff}'
        | '\u{2e80}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{20000}'..='\u{3ffff}' => 1.05,
        _ => 0.58,
    };
    words.chars().map(wide).sum::<f64>() * size
}

/// Breaks a text into lines that fit; what does not fit on the last one ends in an ellipsis. Where
/// there are no spaces, as in Chinese, it breaks between characters.
pub fn wrap(words: &str, size: f64, width: f64, lines: usize) -> Vec<String> {
    let mut out: Vec<String> = vec![String::new()];
    let fits = |text: &str| measure(text, size) <= width;
    for word in words.split_whitespace() {
        let last = out.len() - 1;
        let joined = if out[last].is_empty() {
            word.to_owned()
        } else {
            format!("{} {word}", out[last])
        };
        if fits(&joined) {
            out[last] = joined;
            continue;
        }
        if fits(word) {
            out.push(word.to_owned());
            continue;
        }
        for c in joined[out[last].len()..].chars() {
            let last = out.len() - 1;
            let longer = format!("{}{c}", out[last]);
            if fits(&longer) {
                out[last] = longer;
            } else {
                out.push(c.to_string());
            }
        }
    }
    if out.len() > lines {
        out.truncate(lines);
        if let Some(last) = out.last_mut() {
            while !last.is_empty() && !fits(&format!("{last}…")) {
                last.pop();
            }
            *last = format!("{}…", last.trim_end());
        }
    }
    out.iter().map(|l| l.trim().to_owned()).collect()
}

/// Lines of text one below the other; gives the height that they take.
fn lines(x: f64, y: f64, class: &str, words: &[String], out: &mut Vec<Markup>) -> f64 {
    for (k, one) in words.iter().enumerate() {
        out.push(text(x, y + LINE * k as f64, class, Anchor::Start, one));
    }
    LINE * words.len() as f64
}

/// A round step such that a span takes at most `most` of them.
pub fn step(span: f64, most: usize) -> f64 {
    if !(span.is_finite() && span > 0.0) {
        return 1.0;
    }
    let raw = span / most as f64;
    let power = 10f64.powf(raw.log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0];
    let found = factor.into_iter().find(|f| f * power >= raw * (1.0 - 1e-9));
    found.unwrap_or(10.0) * power
}

/// Ticks of an axis of rounds from 0 to `last`, at most about `most` of them; `at` gives where a round
/// stands on it.
fn round_ticks(last: f64, most: usize, at: impl Fn(f64) -> (f64, f64), out: &mut Vec<Markup>) {
    let step = step(last, most).max(1.0);
    let mut round = 0.0;
    while round <= last + 1e-9 {
        let (x, y) = at(round);
        out.push(line((x, y), (x, y + 3.0), "axis"));
        let words = tick(round, step);
        out.push(text(x, y + 15.0, "tick", Anchor::Middle, &words));
        round += step;
    }
}

/// Text of a tick at steps of `step`.
pub fn tick(value: f64, step: f64) -> String {
    let decimals = (-step.log10().floor()).clamp(0.0, 9.0) as usize;
    let text = format!("{value:.decimals$}");
    if text
        .trim_start_matches('-')
        .chars()
        .all(|c| matches!(c, '0' | '.'))
    {
        "0".to_owned()
    } else {
        text.replace('-', "−")
    }
}

/// A drawing ready to stand in a page. It was made by this module, which escapes all text.
pub(crate) fn markup(drawing: &str) -> Markup {
    PreEscaped(drawing.to_owned())
}
