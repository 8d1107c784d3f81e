//! A quantity over time: the median as a line, half and nine tenths of the probability as bands.

use super::{Anchor, WIDTH, line, path, round_ticks, step, svg, text, tick};

/// Quantiles by round.
pub struct Fan<'a> {
    /// 5th, 25th, 50th, 75th and 95th percentile.
    pub quantiles: &'a [[f64; 5]],
    /// Values to which a thin line is drawn.
    pub thresholds: &'a [f64],
}

const LEFT: f64 = 44.0;
const HEIGHT: f64 = 170.0;
const TOP: f64 = 24.0;

/// Draws a fan. `axis` names what is counted to the right, `unit` what is measured upwards.
pub fn draw(title: &str, axis: &str, unit: &str, fan: &Fan) -> String {
    let all = fan.quantiles.iter().flatten().chain(fan.thresholds);
    let (low, high) = all
        .copied()
        .filter(|v| v.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| {
            (l.min(v), h.max(v))
        });
    let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
    let span = (high - low).max(high.abs() * 1e-3).max(1e-9);
    let by = step(span, 5);
    let bottom_value = (low / by).floor() * by;
    let top_value = ((high / by).ceil() * by).max(bottom_value + by);
    let last = fan.quantiles.len().saturating_sub(1).max(1) as f64;
    let width = WIDTH - LEFT - 8.0;
    let bottom = TOP + HEIGHT;
    let at = |round: f64, value: f64| {
        let share = (value - bottom_value) / (top_value - bottom_value);
        (LEFT + width * round / last, bottom - HEIGHT * share)
    };
    let mut out = vec![text(0.0, 11.0, "tick", Anchor::Start, unit)];
    let mut k = 0.0;
    while bottom_value + k * by <= top_value + by * 0.01 {
        let value = bottom_value + k * by;
        let (x, y) = at(0.0, value);
        let class = if k == 0.0 { "axis" } else { "grid" };
        out.push(line((x, y), (x + width, y), class));
        out.push(text(
            x - 6.0,
            y + 4.0,
            "tick",
            Anchor::End,
            &tick(value, by),
        ));
        k += 1.0;
    }
    round_ticks(last, 8, |round| at(round, bottom_value), &mut out);
    let curve = |q: usize| {
        let rows = fan.quantiles.iter().enumerate();
        rows.map(move |(t, row)| (t as f64, row[q]))
            .collect::<Vec<_>>()
    };
    for (from, to) in [(0, 4), (1, 3)] {
        let outline = curve(to).into_iter().chain(curve(from).into_iter().rev());
        out.push(path(outline.map(|(t, v)| at(t, v)), true, "band"));
    }
    for threshold in fan.thresholds {
        out.push(line(
            at(0.0, *threshold),
            at(last, *threshold),
            "whisker-ink",
        ));
    }
    out.push(path(
        curve(2).into_iter().map(|(t, v)| at(t, v)),
        false,
        "curve",
    ));
    out.push(text(WIDTH - 8.0, bottom + 32.0, "tick", Anchor::End, axis));
    svg(title, bottom + 40.0, &out)
}
