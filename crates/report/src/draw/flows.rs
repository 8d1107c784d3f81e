//! Shares that flow from stops on the left to stops on the right (a Sankey diagram of two columns).

use super::{Anchor, LABEL, LINE, TICK, WIDTH, path, rect, svg, text, wrap};
use crate::tables::apportion;
use maud::Markup;

/// Where flows begin or end.
pub struct Stop {
    /// What it is.
    pub label: String,
    /// Class of its colour.
    pub class: &'static str,
}

/// A share of one from a stop on the left to a stop on the right.
pub struct Flow {
    /// Index on the left.
    pub from: usize,
    /// Index on the right.
    pub to: usize,
    /// How much.
    pub share: f64,
}

const SIDE: f64 = 6.0;
const STOP: f64 = 9.0;
/// Height of all shares together.
const HEIGHT: f64 = 240.0;
/// Between neighbouring stops at least.
const GAP: f64 = 6.0;

/// Upper edge and height of each stop of one column, and where the column ends. A stop has room for its
/// label beside it.
fn column(shares: &[f64], labels: &[Vec<String>], top: f64) -> (Vec<(f64, f64)>, f64) {
    let mut y = top;
    let stops = shares.iter().zip(labels).map(|(share, label)| {
        let height = (share * HEIGHT).max(1.0);
        let room = height.max(LINE * label.len() as f64);
        let stop = (y + (room - height) / 2.0, height);
        y += room + GAP;
        stop
    });
    let stops = stops.collect();
    (stops, y - GAP)
}

/// The columns have their names above them; shares are of the sum of all.
pub fn flows(title: &str, names: [&str; 2], stops: [&[Stop]; 2], flows: &[Flow]) -> String {
    let sound = |flow: &&Flow| flow.share.is_finite() && flow.share > 0.0;
    let total: f64 = flows.iter().filter(sound).map(|f| f.share).sum();
    if !(total > 0.0) {
        return svg(title, LINE, &[]);
    }
    let room = WIDTH / 2.0 - SIDE - STOP - 8.0;
    let (mut back, mut front): (Vec<Markup>, Vec<Markup>) = (Vec::new(), Vec::new());
    let anchors = [(SIDE, Anchor::Start), (WIDTH - SIDE, Anchor::End)];
    let mut top: f64 = 0.0;
    for (name, (x, anchor)) in names.iter().zip(anchors) {
        for (k, words) in wrap(name, TICK, WIDTH / 2.0 - SIDE - 4.0, 2)
            .iter()
            .enumerate()
        {
            let y = 12.0 + LINE * k as f64;
            front.push(text(x, y, "tick", anchor, words));
            top = top.max(y + 8.0);
        }
    }
    let mut columns = Vec::new();
    let mut bottom = top;
    for (side, stops) in stops.iter().enumerate() {
        let share = |k: usize| {
            let own = flows.iter().filter(sound);
            let own = own.filter(|f| if side == 0 { f.from == k } else { f.to == k });
            own.map(|f| f.share).sum::<f64>() / total
        };
        let shares: Vec<f64> = (0..stops.len()).map(share).collect();
        let labels: Vec<Vec<String>> = stops
            .iter()
            .zip(apportion(&shares, 100))
            .map(|(stop, per_cent)| {
                let mut label = wrap(&stop.label, LABEL, room, 2);
                label.push(match per_cent {
                    0 => "<1 %".to_owned(),
                    _ => format!("{per_cent} %"),
                });
                label
            })
            .collect();
        let (places, end) = column(&shares, &labels, top);
        bottom = bottom.max(end);
        let (edge, inner, anchor) = match side {
            0 => (SIDE, SIDE + STOP + 5.0, Anchor::Start),
            _ => (WIDTH - SIDE - STOP, WIDTH - SIDE - STOP - 5.0, Anchor::End),
        };
        for ((stop, label), (y, height)) in stops.iter().zip(&labels).zip(&places) {
            front.push(rect(edge, *y, STOP, *height, stop.class));
            let first = y + height / 2.0 - LINE * label.len() as f64 / 2.0 + 12.0;
            for (k, words) in label.iter().enumerate() {
                let class = if k + 1 == label.len() {
                    "label strong halo"
                } else {
                    "label halo"
                };
                front.push(text(inner, first + LINE * k as f64, class, anchor, words));
            }
        }
        columns.push(places);
    }
    // Bands leave and arrive in the order of the stops at their other ends.
    let mut used = [vec![0.0; stops[0].len()], vec![0.0; stops[1].len()]];
    let mut order: Vec<&Flow> = flows.iter().filter(sound).collect();
    order.sort_by_key(|f| (f.from, f.to));
    for flow in order {
        let width = flow.share / total * HEIGHT;
        let [left, right] = [(0, flow.from), (1, flow.to)].map(|(side, k)| {
            let y = columns[side][k].0 + used[side][k];
            used[side][k] += width;
            y
        });
        let (from, to) = (SIDE + STOP, WIDTH - SIDE - STOP);
        let curve = |first: f64, last: f64| {
            (0..=16).map(move |k| {
                let t = f64::from(k) / 16.0;
                let bent = t * t * (3.0 - 2.0 * t);
                (from + (to - from) * t, first + (last - first) * bent)
            })
        };
        let edges = curve(left, right).chain(curve(left + width, right + width).rev());
        back.push(path(edges, true, "band"));
    }
    back.append(&mut front);
    svg(title, bottom + 4.0, &back)
}
