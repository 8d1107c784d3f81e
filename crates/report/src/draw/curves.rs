//! Probabilities over time, or over other values, as small panels two side by side: lines in one plot
//! would need a colour each. They stand on one scale or, where small ones would look flat on it, each on
//! one of its own.

use super::{
    Anchor, LABEL, LINE, TICK, WIDTH, circle, line, lines, measure, path, round_ticks, step, svg,
    text, tick, wrap,
};
use maud::Markup;

/// One curve.
pub struct Panel<'a> {
    /// What it is.
    pub title: String,
    /// Probability by round, from 0 on.
    pub values: &'a [f64],
    /// Lower and upper bound by round.
    pub band: Vec<(f64, f64)>,
    /// The point that is read off it.
    pub read: Option<Reading>,
}

/// A point read off a curve.
pub struct Reading {
    /// When.
    pub round: usize,
    /// Its value, as text.
    pub text: String,
    /// Range of the value over the assumptions.
    pub range: Option<(f64, f64)>,
}

/// One curve over values that are not rounds.
pub struct Swept {
    /// What it is.
    pub title: String,
    /// Probability at each value.
    pub values: Vec<f64>,
    /// Where it turns, in steps from the first value.
    pub turns: Vec<f64>,
}

/// Room for tick labels.
const LEFT: f64 = 38.0;
const GAP: f64 = 16.0;
/// Bold letters are as wide as those of this size.
const BOLD: f64 = LABEL * 1.1;
const HEIGHT: f64 = 84.0;

/// What panels are drawn on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// The same, from 0.
    Common,
    /// Each has its own, from about its lowest value to about its highest, and says so.
    Own,
}

/// Draws panels on a common scale. `axis` names what is counted to the right, `unit` upwards.
pub fn draw(title: &str, axis: &str, unit: &str, panels: &[Panel]) -> String {
    let none = vec![Vec::new(); panels.len()];
    drawn(title, (axis, None), unit, Scale::Common, panels, &none)
}

/// The same over `values`, at equal distances, with upright lines where curves turn.
pub fn sweep(title: &str, axis: &str, values: &[String], scale: Scale, swept: &[Swept]) -> String {
    let panels: Vec<Panel> = swept
        .iter()
        .map(|s| Panel {
            title: s.title.clone(),
            values: &s.values,
            band: Vec::new(),
            read: None,
        })
        .collect();
    let turns: Vec<Vec<f64>> = swept.iter().map(|s| s.turns.clone()).collect();
    let axis = (axis, Some(values));
    drawn(title, axis, "probability", scale, &panels, &turns)
}

/// What a panel spans upwards, in per cent.
#[derive(Clone, Copy)]
struct Span {
    from: f64,
    to: f64,
    /// Between two ticks.
    by: f64,
}

impl Span {
    /// From 0 to the highest value of all panels.
    fn common(panels: &[Panel]) -> Self {
        let highs = panels.iter().flat_map(|p| {
            let ranges = p.read.iter().filter_map(|r| r.range.map(|(_, high)| high));
            p.values
                .iter()
                .copied()
                .chain(p.band.iter().map(|b| b.1))
                .chain(ranges)
        });
        let most = highs
            .filter(|v| v.is_finite())
            .fold(0.01, f64::max)
            .min(1.0);
        let by = step(most * 100.0, 4);
        let to = ((most * 100.0 / by).ceil() * by).min(100.0);
        Self { from: 0.0, to, by }
    }

    /// From about the lowest value to about the highest; from 0 where that is not far. Less than a
    /// tenth of a percentage point looks flat.
    fn own(values: &[f64]) -> Self {
        let values = values.iter().map(|v| v * 100.0).filter(|v| v.is_finite());
        let (low, high) = values.fold((100.0f64, 0.0f64), |(l, h), v| (l.min(v), h.max(v)));
        let (low, high) = (low.clamp(0.0, 100.0).min(high), high.clamp(0.1, 100.0));
        let wide = (high - low).max(0.1);
        let low = if low <= wide { 0.0 } else { low };
        let by = step((high - low).max(wide), 3);
        // Rounding must not add a tick.
        let from = (low / by + 1e-9).floor() * by;
        let to = ((high / by - 1e-9).ceil() * by).max(from + by).min(100.0);
        Self {
            from: from.min(to - wide),
            to,
            by,
        }
    }
}

fn drawn(
    title: &str,
    (axis, values): (&str, Option<&[String]>),
    unit: &str,
    scale: Scale,
    panels: &[Panel],
    turns: &[Vec<f64>],
) -> String {
    let columns = if panels.len() == 1 { 1 } else { 2 };
    // Tick labels stand beside each panel that has its own, else beside the first.
    let own = scale == Scale::Own;
    let beside = if own { columns as f64 } else { 1.0 };
    let width = (WIDTH - LEFT * beside - 8.0 - GAP * (columns - 1) as f64) / columns as f64;
    let apart = width + GAP + if own { LEFT } else { 0.0 };
    let rounds = panels.iter().map(|p| p.values.len()).max().unwrap_or(0);
    let last = rounds.saturating_sub(1).max(1) as f64;
    let common = Span::common(panels);
    let mut out = Vec::new();
    out.push(text(
        0.0,
        11.0,
        "tick",
        Anchor::Start,
        &match scale {
            Scale::Common => format!("{unit}, %"),
            Scale::Own => format!("{unit}, %, each on a scale of its own"),
        },
    ));
    let mut y = 18.0;
    for (row, turns) in panels.chunks(columns).zip(turns.chunks(columns)) {
        let titles: Vec<Vec<String>> = row.iter().map(|p| wrap(&p.title, BOLD, width, 2)).collect();
        let head = titles.iter().map(Vec::len).max().unwrap_or(1) as f64 * LINE;
        let head = if own { head + LINE } else { head };
        let bottom = y + head + 8.0 + HEIGHT;
        for (k, (panel, title)) in row.iter().zip(&titles).enumerate() {
            let x = LEFT + apart * k as f64;
            let span = match scale {
                Scale::Common => common,
                Scale::Own => Span::own(panel.values),
            };
            let below = if own { LINE } else { 0.0 };
            lines(
                x,
                y + 13.0 + head - below - LINE * title.len() as f64,
                "label strong",
                title,
                &mut out,
            );
            if own {
                let ends = [span.from, span.to].map(|value| tick(value, span.by));
                let range = format!("{} to {} %", ends[0], ends[1]);
                out.push(text(x, y + head - 3.0, "tick", Anchor::Start, &range));
            }
            let area = Area {
                x,
                width,
                bottom,
                last,
                span,
            };
            area.axes(own || k == 0, values, &mut out);
            for turn in &turns[k] {
                area.turn(*turn, panel, &mut out);
            }
            area.curve(panel, &mut out);
        }
        y = bottom + 24.0;
    }
    for one in wrap(axis, TICK, WIDTH - 16.0, 3) {
        out.push(text(WIDTH - 8.0, y + 4.0, "tick", Anchor::End, &one));
        y += LINE;
    }
    svg(title, y - LINE + 10.0, &out)
}

/// Where a panel lies and what it spans.
struct Area {
    x: f64,
    width: f64,
    bottom: f64,
    last: f64,
    span: Span,
}

impl Area {
    fn at(&self, round: f64, value: f64) -> (f64, f64) {
        let Span { from, to, .. } = self.span;
        let share = ((value * 100.0 - from) / (to - from)).clamp(0.0, 1.0);
        (
            self.x + self.width * round / self.last,
            self.bottom - HEIGHT * share,
        )
    }

    /// An upright line where the curve turns.
    fn turn(&self, at: f64, panel: &Panel, out: &mut Vec<Markup>) {
        let value = |k: f64| panel.values.get(k as usize).copied();
        let (Some(from), Some(to)) = (value(at.floor()), value(at.ceil())) else {
            return;
        };
        let (x, y) = self.at(at, from + (to - from) * at.fract());
        out.push(line((x, y), (x, self.bottom), "whisker-ink"));
    }

    fn axes(&self, labelled: bool, values: Option<&[String]>, out: &mut Vec<Markup>) {
        let Span { from, to, by } = self.span;
        let mut value = from;
        while value <= to + by * 0.01 {
            let (x, y) = self.at(0.0, value / 100.0);
            let class = if value == from { "axis" } else { "grid" };
            out.push(line((x, y), (x + self.width, y), class));
            if labelled {
                out.push(text(
                    x - 6.0,
                    y + 4.0,
                    "tick",
                    Anchor::End,
                    &tick(value, by),
                ));
            }
            value += by;
        }
        if let Some(values) = values {
            for (k, value) in values.iter().enumerate() {
                let (x, y) = self.at(k as f64, from / 100.0);
                out.push(line((x, y), (x, y + 3.0), "axis"));
                // Those at the ends keep clear of the next panel's.
                let anchor = match k {
                    0 => Anchor::Start,
                    k if k + 1 == values.len() => Anchor::End,
                    _ => Anchor::Middle,
                };
                out.push(text(x, y + 15.0, "tick", anchor, value));
            }
            return;
        }
        let most = if self.width > 200.0 { 8 } else { 4 };
        round_ticks(self.last, most, |round| self.at(round, 0.0), out);
    }

    fn curve(&self, panel: &Panel, out: &mut Vec<Markup>) {
        let point = |(round, value): (usize, f64)| self.at(round as f64, value);
        if !panel.band.is_empty() {
            let low = panel.band.iter().map(|b| b.0).enumerate();
            let high = panel.band.iter().map(|b| b.1).enumerate();
            let outline = high.chain(low.collect::<Vec<_>>().into_iter().rev());
            out.push(path(outline.map(point), true, "band"));
        }
        let curve = panel.values.iter().copied().enumerate().map(point);
        out.push(path(curve, false, "curve"));
        let Some(read) = &panel.read else { return };
        let Some(value) = panel.values.get(read.round) else {
            return;
        };
        let (x, y) = self.at(read.round as f64, *value);
        if let Some((low, high)) = read.range {
            let (_, from) = self.at(read.round as f64, low);
            let (_, to) = self.at(read.round as f64, high);
            out.push(line((x, from), (x, to), "whisker"));
        }
        out.push(circle(x, y, 4.2, "fill-accent halo"));
        // The text stands where it meets neither the curve nor the edge: above and to the left of
        // the point, or below and to the right where the curve runs high.
        let half = measure(&read.text, LABEL) + 10.0;
        let high = y - (self.bottom - HEIGHT) < 16.0;
        let (anchor, dx, dy) = match (high, x - half > self.x) {
            (false, true) => (Anchor::End, -7.0, -6.0),
            (false, false) => (Anchor::Start, 2.0, -8.0),
            (true, _) if x + half < self.x + self.width => (Anchor::Start, 6.0, 18.0),
            (true, _) => (Anchor::End, -4.0, 22.0),
        };
        out.push(text(
            x + dx,
            y + dy,
            "label strong halo",
            anchor,
            &read.text,
        ));
    }
}
