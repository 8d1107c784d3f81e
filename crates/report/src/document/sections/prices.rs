//! Prices over time: fan, exceedance, time spent above a threshold, and what covers are worth.

use super::{Drawn, capital, read};
use crate::document::{Figure, Part, Results, Section, anchor, time};
use crate::draw::{curves, fan};
use crate::tables::{self, Table, number};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Prices {
    definition: String,
    limits: String,
    settings: Settings,
    quantities: Vec<Quantity>,
    covers: Vec<Cover>,
}

#[derive(Deserialize)]
struct Settings {
    trajectories: u64,
    rate: f64,
}

#[derive(Deserialize)]
struct Quantity {
    name: String,
    unit: String,
    draws: usize,
    places: Vec<Place>,
    fan: Vec<[f64; 5]>,
    mean: Vec<f64>,
    central: Vec<f64>,
    thresholds: Vec<Threshold>,
}

#[derive(Deserialize)]
struct Place {
    name: String,
    value: f64,
    low: f64,
    high: f64,
    share: f64,
}

#[derive(Deserialize)]
struct Threshold {
    at: f64,
    above: Vec<f64>,
    reached: Vec<f64>,
    left: Option<Vec<f64>>,
    mean_rounds: f64,
    duration: Option<Duration>,
    excess: f64,
}

#[derive(Deserialize)]
struct Duration {
    quantiles: [u32; 5],
    standard_error: f64,
}

#[derive(Deserialize)]
struct Cover {
    label: String,
    until: u32,
    probability: f64,
    premium: f64,
    running: Option<f64>,
}

impl Quantity {
    fn label(&self) -> String {
        self.name.replace('_', " ")
    }

    /// "at least 100 USD/bbl".
    fn at_least(&self, threshold: &Threshold) -> String {
        format!("at least {} {}", number(threshold.at), self.unit)
            .trim_end()
            .to_owned()
    }
}

/// The section.
pub fn draw(answer: &Value, r: &Results) -> Option<Drawn> {
    let found: Prices = read(answer)?;
    let mut parts = Vec::new();
    for quantity in &found.quantities {
        parts.push(Part::Figure(over_time(quantity, r)?));
        parts.extend(exceedance(quantity, &found, r).map(Part::Figure));
        parts.push(Part::Figure(places(quantity)));
    }
    parts.extend(covers(&found, r).map(Part::Figure));
    Some(Drawn {
        first: None,
        section: Section {
            id: "prices".to_owned(),
            title: "Prices".to_owned(),
            definition: found.definition.clone(),
            limits: found.limits.clone(),
            parts,
        },
    })
}

fn over_time(q: &Quantity, r: &Results) -> Option<Figure> {
    let last = q.fan.len().checked_sub(1)?;
    let mut table = Table::new([
        "after",
        "5 %",
        "25 %",
        "50 %",
        "75 %",
        "95 %",
        "mean",
        "as written",
    ]);
    for (t, row) in q.fan.iter().enumerate() {
        let cells = row
            .iter()
            .chain([&q.mean[t], &q.central[t]])
            .map(|v| number(*v));
        table.row(std::iter::once(r.rounds(t as u32)).chain(cells));
    }
    let title = format!("{}: the fan", capital(&q.label()));
    let axis = format!(
        "{}s from the start; bands hold 50 and 90 % of the probability",
        r.round_name()
    );
    let unit = if q.unit.is_empty() {
        q.label()
    } else {
        q.unit.clone()
    };
    let (start, end) = (q.fan[0], q.fan[last]);
    Some(Figure {
        id: format!("fan-{}", anchor(&q.name)),
        drawing: Some(fan::draw(&title, &axis, &unit, &fan::Fan { quantiles: &q.fan, thresholds: &[] })),
        title,
        table,
        sentence: format!(
            "The median of {} is {} {} now and {} after {}; nine tenths of the probability then lie \
             between {} and {}.",
            q.label(),
            number(start[2]),
            q.unit,
            number(end[2]),
            r.rounds(last as u32),
            number(end[0]),
            number(end[4])
        )
        .replace("  ", " "),
    })
}

fn exceedance(q: &Quantity, found: &Prices, r: &Results) -> Option<Figure> {
    let first = q.thresholds.first()?;
    let dates = time::dates(r);
    let last = first.above.len() - 1;
    let mut head = vec![q.label(), "now".to_owned()];
    head.extend(dates.iter().map(|d| format!("after {}", r.rounds(*d))));
    head.extend([
        "ever".to_owned(),
        "fallen below since".to_owned(),
        format!("mean {}s above", r.round_name()),
        format!("{}s above, 5-50-95 %", r.round_name()),
        "mean excess at the end".to_owned(),
    ]);
    let mut table = Table::new(head);
    let mut panels = Vec::new();
    let percent = |p: Option<&f64>| p.map_or_else(|| "–".to_owned(), |p| tables::percent(*p));
    for t in &q.thresholds {
        let mut row = vec![q.at_least(t), tables::percent(t.above[0])];
        row.extend(dates.iter().map(|d| percent(t.above.get(*d as usize))));
        row.extend([
            percent(t.reached.last()),
            percent(t.left.as_ref().and_then(|l| l.last())),
            format!("{:.1}", t.mean_rounds),
            t.duration.as_ref().map_or_else(
                || "–".to_owned(),
                |d| format!("{}-{}-{}", d.quantiles[0], d.quantiles[2], d.quantiles[4]),
            ),
            number(t.excess),
        ]);
        table.row(row);
        panels.push(curves::Panel {
            title: capital(&q.at_least(t)),
            values: &t.above,
            band: Vec::new(),
            read: Some(curves::Reading {
                round: last,
                text: tables::percent(t.above[last]),
                range: None,
            }),
        });
    }
    let middle = &q.thresholds[q.thresholds.len() / 2];
    let title = format!("{}: exceedance", capital(&q.label()));
    let axis = format!("{}s from the start", r.round_name());
    let error = q.thresholds.iter().filter_map(|t| t.duration.as_ref());
    let error = error.map(|d| d.standard_error).fold(0.0, f64::max);
    let counted = if found.settings.trajectories > 0 {
        format!(
            " {}s above are counted on {} simulated paths (standard error of a probability at most {} \
             percentage points); all else is exact.",
            capital(r.round_name()),
            tables::count(found.settings.trajectories),
            number((error * 1000.0).ceil() / 10.0)
        )
    } else {
        String::new()
    };
    let sentence = format!(
        "{} is {} with {} after {}, and at the end of {:.1} of them on average.{counted}",
        capital(&q.label()),
        q.at_least(middle),
        percent(middle.above.last()),
        r.rounds(last as u32),
        middle.mean_rounds,
    );
    Some(Figure {
        id: format!("exceedance-{}", anchor(&q.name)),
        drawing: Some(curves::draw(&title, &axis, "probability", &panels)),
        title,
        table,
        sentence,
    })
}

fn places(q: &Quantity) -> Figure {
    let mut table = Table::new(["where", "as written", "5 %", "95 %", "chance at the end"]);
    for place in &q.places {
        table.row([
            place.name.clone(),
            number(place.value),
            number(place.low),
            number(place.high),
            tables::percent(place.share),
        ]);
    }
    Figure {
        id: format!("places-{}", anchor(&q.name)),
        title: format!("{} by state", capital(&q.label())),
        drawing: None,
        table,
        sentence: if q.draws > 1 {
            format!(
                "As things stand now first; percentiles over {} draws from the declared ranges.",
                q.draws
            )
        } else {
            "As things stand now first; nothing that it reads has a range.".to_owned()
        },
    }
}

fn covers(found: &Prices, r: &Results) -> Option<Figure> {
    let first = found.covers.first()?;
    let word = r.round_name();
    let mut table = Table::new([
        "a cover of 100 pays when".to_owned(),
        "until".to_owned(),
        "probability".to_owned(),
        "break-even premium".to_owned(),
        format!("the same by the {word}"),
    ]);
    let money = |share: f64| format!("{:.2}", share * 100.0);
    for cover in &found.covers {
        table.row([
            cover.label.clone(),
            format!("{word} {}", cover.until),
            tables::percent(cover.probability),
            money(cover.premium),
            cover.running.map_or_else(|| "–".to_owned(), money),
        ]);
    }
    Some(Figure {
        id: "covers".to_owned(),
        title: "What a cover of 100 is worth".to_owned(),
        drawing: None,
        table,
        sentence: format!(
            "Premiums are expected payouts discounted at {} a year, without loading; “{}” breaks even \
             at {} for 100 insured. “climbdown price FILE --premium 2%” says which probability a \
             premium quoted elsewhere implies.",
            tables::percent(found.settings.rate),
            first.label,
            money(first.premium)
        ),
    })
}

/// What runs over the rounds: table, name, part and measure → values.
pub(in crate::document) fn series(r: &Results) -> Vec<([String; 4], Vec<f64>)> {
    let Some(found) = r.analysis("price").and_then(read::<Prices>) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    for q in found.quantities {
        let mut add = |table: &str, part: &str, measure: &str, values: Vec<f64>| {
            let keys = [table, &q.name, part, measure].map(str::to_owned);
            out.push((keys, values));
        };
        for (k, name) in ["p05", "p25", "p50", "p75", "p95"].into_iter().enumerate() {
            let values = q.fan.iter().map(|row| row[k]).collect();
            add("quantity", &q.unit, name, values);
        }
        add("quantity", &q.unit, "mean", q.mean);
        add("quantity", &q.unit, "mean as written", q.central);
        for t in q.thresholds {
            let at = t.at.to_string();
            add("threshold", &at, "above", t.above);
            add("threshold", &at, "reached", t.reached);
            if let Some(left) = t.left {
                add("threshold", &at, "fallen below", left);
            }
        }
    }
    out
}
