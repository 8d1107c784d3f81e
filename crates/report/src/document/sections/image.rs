//! Unpredictability: every outcome against randomness in conduct and, apart, against the image of it.

use super::{Drawn, read};
use crate::document::{Figure, Part, Results, Section, anchor};
use crate::draw::curves;
use crate::tables::{self, Table};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Image {
    definition: String,
    belief_points: usize,
    measures: Vec<String>,
    actors: Vec<Actor>,
}

#[derive(Deserialize)]
struct Actor {
    actor: String,
    label: String,
    conduct: Sweep,
    image: Option<Sweep>,
}

#[derive(Deserialize)]
struct Sweep {
    points: Vec<Point>,
    change: Vec<f64>,
    turns: Vec<Vec<Turn>>,
}

#[derive(Deserialize)]
struct Point {
    at: f64,
    probability: Vec<f64>,
}

#[derive(Deserialize)]
struct Turn {
    at: f64,
    peak: bool,
}

/// A change of a probability that counts as one.
const LEAST: f64 = 5e-4;

/// The section: two drawings for each side that moves.
pub fn draw(answer: &Value, r: &Results) -> Option<Drawn> {
    let found: Image = read(answer)?;
    let labels: Vec<&str> = found.measures.iter().map(|m| measure(m, r)).collect();
    let mut parts = Vec::new();
    for actor in &found.actors {
        let conduct = figure(actor, &actor.conduct, &labels, true);
        let image = actor.image.as_ref();
        let image = image.and_then(|sweep| figure(actor, sweep, &labels, false));
        parts.extend([conduct, image].into_iter().flatten().map(Part::Figure));
    }
    Some(Drawn {
        first: None,
        section: Section {
            id: "image".to_owned(),
            title: "Unpredictable conduct, and the image of it".to_owned(),
            definition: found.definition,
            limits: format!(
                "Everything is solved anew on {} belief points a side; compare points of one curve \
                 with each other, not with the forecast.",
                found.belief_points
            ),
            parts,
        },
    })
}

/// The label of an outcome or a question.
fn measure<'a>(name: &'a str, r: &'a Results) -> &'a str {
    let all = r.forecast.classes.iter().chain(&r.forecast.questions);
    let mut own = all.filter(|s| s.name == name).map(|s| s.label.as_str());
    own.next().unwrap_or(name)
}

fn figure(actor: &Actor, sweep: &Sweep, labels: &[&str], conduct: bool) -> Option<Figure> {
    let first = sweep.points.first()?;
    let values: Vec<String> = sweep.points.iter().map(|p| short(p.at)).collect();
    let head = std::iter::once("outcome".to_owned()).chain(values.iter().cloned());
    let mut table = Table::new(head.chain(["turns".to_owned()]));
    let mut panels = Vec::new();
    for (k, label) in labels.iter().enumerate().take(first.probability.len()) {
        let curve: Vec<f64> = sweep
            .points
            .iter()
            .filter_map(|p| p.probability.get(k).copied())
            .collect();
        let cells = curve.iter().map(|p| tables::percent(*p));
        let cells = std::iter::once((*label).to_owned()).chain(cells);
        table.row(cells.chain([course(sweep, k)]));
        let turns = sweep.turns.get(k).map_or(&[][..], Vec::as_slice);
        panels.push(curves::Swept {
            title: (*label).to_owned(),
            values: curve,
            turns: turns.iter().map(|t| place(&sweep.points, t.at)).collect(),
        });
    }
    // What a sweep moves most is what it is about.
    let most = (0..panels.len()).max_by(|a, b| {
        let span = |k: usize| {
            let values = &panels[k].values;
            let (low, high) = values
                .iter()
                .fold((1.0f64, 0.0f64), |(l, h), v| (l.min(*v), h.max(*v)));
            high - low
        };
        span(*a).total_cmp(&span(*b))
    })?;
    let (title, axis, what, id) = if conduct {
        (
            format!("{}: randomness in conduct", actor.label),
            "times the written precision: to the left more random, known to all",
            "more random conduct (to the left)",
            "conduct",
        )
    } else {
        (
            format!("{}: the image of it", actor.label),
            "share of ignorance in what the others believe, the truth unchanged",
            "a more blurred image (to the right)",
            "image",
        )
    };
    let curve = &panels[most];
    let ends = (curve.values.first(), curve.values.last());
    let percent = |p: Option<&f64>| p.map_or_else(String::new, |p| tables::percent(*p));
    let sentence = format!(
        "Of {}, “{}” moves most: {} at {}, {} at {}; with {what} it {}.",
        actor.label,
        curve.title,
        percent(ends.0),
        short(first.at),
        percent(ends.1),
        values.last().map_or("", String::as_str),
        told(sweep, most, conduct)
    );
    Some(Figure {
        id: format!("unpredictability-{id}-{}", anchor(&actor.actor)),
        drawing: Some(curves::sweep(
            &title,
            axis,
            &values,
            curves::Scale::Own,
            &panels,
        )),
        title,
        table,
        sentence,
    })
}

fn short(value: f64) -> String {
    format!("{value:.2}")
        .trim_end_matches('0')
        .trim_end_matches('.')
        .to_owned()
}

/// Where a value stands among the points, which are drawn at equal distances.
fn place(points: &[Point], at: f64) -> f64 {
    let next = points.iter().position(|p| p.at >= at);
    match next {
        None => points.len().saturating_sub(1) as f64,
        Some(0) => 0.0,
        Some(k) => {
            let (from, to) = (points[k - 1].at, points[k].at);
            (k - 1) as f64 + (at - from) / (to - from)
        }
    }
}

/// The course of a measure from the left to the right.
fn course(sweep: &Sweep, k: usize) -> String {
    let turns = sweep.turns.get(k).map_or(&[][..], Vec::as_slice);
    if !turns.is_empty() {
        let words = turns.iter().map(|t| {
            let way = if t.peak { "peaks" } else { "dips" };
            format!("{way} at {}", short(t.at))
        });
        return words.collect::<Vec<_>>().join(", ");
    }
    match sweep.change.get(k) {
        Some(change) if *change > LEAST => "rises".to_owned(),
        Some(change) if *change < -LEAST => "falls".to_owned(),
        _ => "stays".to_owned(),
    }
}

/// The same in a sentence, told in the direction of more unpredictability.
fn told(sweep: &Sweep, k: usize, leftwards: bool) -> String {
    let course = course(sweep, k);
    match course.as_str() {
        "rises" if leftwards => "falls, and does not turn".to_owned(),
        "falls" if leftwards => "rises, and does not turn".to_owned(),
        "rises" | "falls" => format!("{course}, and does not turn"),
        _ => course,
    }
}
