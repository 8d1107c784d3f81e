//! The watch list: what to look for in the next round, and what it would mean.

use super::{Drawn, read};
use crate::document::{Figure, Part, Results, Section};
use crate::draw::bars;
use crate::tables::{self, Table};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Watch {
    classes: Vec<String>,
    now: Vec<f64>,
    signs: Vec<Seen>,
    rare: Vec<(String, f64)>,
}

#[derive(Deserialize)]
struct Seen {
    name: String,
    probability: f64,
    after: Vec<f64>,
    shift: f64,
    points_to: usize,
    lead: Option<u32>,
    beliefs: Vec<(String, String, f64, f64)>,
}

/// Signs that are drawn; the table has them all.
const SIGNS: usize = 12;

/// The section.
pub fn draw(answer: &Value, r: &Results) -> Option<Drawn> {
    let watch: Watch = read(answer)?;
    let first = watch.signs.first()?;
    let mut table = Table::new([
        "sign",
        "in the file",
        "chance to be seen",
        "shift of the outcomes",
        "outcome",
        "now",
        "once seen",
        "lead time",
        "belief moved most",
    ]);
    for seen in &watch.signs {
        let c = seen.points_to;
        table.row([
            r.labels().sign(&seen.name),
            seen.name.clone(),
            tables::percent(seen.probability),
            tables::percent(seen.shift),
            label(&watch, r, c),
            tables::percent(*watch.now.get(c)?),
            tables::percent(*seen.after.get(c)?),
            seen.lead.map_or_else(|| "–".to_owned(), |n| r.rounds(n)),
            belief(seen, r),
        ]);
    }
    let rows: Vec<bars::Signed> = watch
        .signs
        .iter()
        .take(SIGNS)
        .filter_map(|seen| {
            let c = seen.points_to;
            let (now, then) = (*watch.now.get(c)?, *seen.after.get(c)?);
            Some(bars::Signed {
                label: format!(
                    "{} (chance {}): {}",
                    r.labels().sign(&seen.name),
                    tables::percent(seen.probability),
                    label(&watch, r, c)
                ),
                value: (then - now) * 100.0,
                text: format!("{:+.1}", (then - now) * 100.0).replace('-', "−"),
                range: None,
            })
        })
        .collect();
    let title = "Watch list".to_owned();
    let unit = "change of the outcome that moves most once the sign is seen, percentage points";
    let c = first.points_to;
    let sentence = format!(
        "Look first for “{}”: seen with probability {}, it takes “{}” from {} to {}.{}",
        r.labels().sign(&first.name),
        tables::percent(first.probability),
        label(&watch, r, c),
        tables::percent(*watch.now.get(c)?),
        tables::percent(*first.after.get(c)?),
        match watch.rare.len() {
            0 => String::new(),
            n => format!(" {n} rarer signs are not forecast."),
        }
    );
    Some(Drawn {
        first: None,
        section: Section {
            id: "watch".to_owned(),
            title: format!("What to look for in the next {}", r.round_name()),
            definition: "For each label or change that can be seen in the next round, its \
                         probability and the forecast after it; shift is half the sum of absolute \
                         changes of the outcomes' probabilities."
                .to_owned(),
            limits:
                "A sign moves the forecast by what it teaches about types and state; it need not \
                     be a cause."
                    .to_owned(),
            parts: vec![Part::Figure(Figure {
                id: "watch-list".to_owned(),
                drawing: Some(bars::signed(&title, unit, &rows)),
                title,
                table,
                sentence,
            })],
        },
    })
}

/// The label of a class; the watch list has names.
fn label(watch: &Watch, r: &Results, class: usize) -> String {
    let name = watch.classes.get(class).map_or("", String::as_str);
    let found = r.forecast.classes.iter().find(|c| c.name == name);
    found.map_or(name, |c| &c.label).to_owned()
}

fn belief(seen: &Seen, r: &Results) -> String {
    let moved = |b: &&(String, String, f64, f64)| (b.3 - b.2).abs();
    let most = seen
        .beliefs
        .iter()
        .max_by(|a, b| moved(a).total_cmp(&moved(b)));
    most.filter(|b| moved(b) >= 0.005)
        .map_or_else(String::new, |(actor, kind, from, to)| {
            format!(
                "{} is {}: {} to {}",
                r.actor(actor),
                r.kind(actor, kind),
                tables::percent(*from),
                tables::percent(*to)
            )
        })
}
