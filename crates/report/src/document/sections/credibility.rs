//! Credibility: what is believed over time, and what is done for the sake of it.

use super::{Drawn, read};
use crate::document::{Figure, Part, Results, Section};
use crate::draw::curves;
use crate::tables::{self, Table};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Credibility {
    path_definition: String,
    share_definition: String,
    reputation_definition: String,
    limits: String,
    paths: Vec<Path>,
    #[serde(rename = "reputation")]
    actors: Vec<Actor>,
    lines: Vec<Line>,
}

#[derive(Deserialize)]
struct Path {
    actor: String,
    kind: String,
    mean: Vec<f64>,
    low: Vec<f64>,
    high: Vec<f64>,
}

#[derive(Deserialize)]
struct Actor {
    actor: String,
    decisions: f64,
    share: f64,
}

#[derive(Deserialize)]
struct Line {
    label: String,
    holder: String,
    answered: Option<f64>,
    answered_unseen: Option<f64>,
}

/// The section.
pub fn draw(answer: &Value, r: &Results) -> Option<Drawn> {
    let found: Credibility = read(answer)?;
    let figures = [paths(&found, r), shares(&found, r), lines(&found, r)];
    Some(Drawn {
        first: None,
        section: Section {
            id: "credibility".to_owned(),
            title: "Credibility and reputation".to_owned(),
            definition: [
                &found.path_definition,
                &found.share_definition,
                &found.reputation_definition,
            ]
            .map(|d| d.trim_end_matches('.').to_owned())
            .join("; ")
                + ".",
            limits: found.limits.clone(),
            parts: figures.into_iter().flatten().map(Part::Figure).collect(),
        },
    })
}

fn paths(found: &Credibility, r: &Results) -> Option<Figure> {
    let first = found.paths.first()?;
    let rounds = first.mean.len().saturating_sub(1);
    let mut table = Table::new([
        "belief in".to_owned(),
        "at the start".to_owned(),
        format!("mean after {}", r.rounds(rounds as u32)),
        "10th percentile".to_owned(),
        "90th percentile".to_owned(),
    ]);
    let end = |v: &[f64]| v.last().map_or_else(String::new, |p| tables::percent(*p));
    let mut panels = Vec::new();
    for path in &found.paths {
        let name = format!(
            "{}: {}",
            r.actor(&path.actor),
            r.kind(&path.actor, &path.kind)
        );
        let start = path
            .mean
            .first()
            .map_or_else(String::new, |p| tables::percent(*p));
        table.row([
            name.clone(),
            start,
            end(&path.mean),
            end(&path.low),
            end(&path.high),
        ]);
        panels.push(curves::Panel {
            title: name,
            values: &path.mean,
            band: path
                .low
                .iter()
                .copied()
                .zip(path.high.iter().copied())
                .collect(),
            read: None,
        });
    }
    let title = "Credibility over time".to_owned();
    let axis = format!("{}s from the start", r.round_name());
    Some(Figure {
        id: "credibility-paths".to_owned(),
        drawing: Some(curves::draw(&title, &axis, "belief", &panels)),
        title,
        table,
        sentence: format!(
            "The belief in “{}” of {} ends at {} on average, and between {} and {} in four of five \
             histories.",
            r.kind(&first.actor, &first.kind),
            r.actor(&first.actor),
            end(&first.mean),
            end(&first.low),
            end(&first.high)
        ),
    })
}

fn shares(found: &Credibility, r: &Results) -> Option<Figure> {
    let most = found
        .actors
        .iter()
        .max_by(|a, b| a.share.total_cmp(&b.share))?;
    let mut table = Table::new([
        "who",
        "decisions with a choice, a path",
        "made for reputation",
    ]);
    for one in &found.actors {
        table.row([
            r.actor(&one.actor).to_owned(),
            format!("{:.1}", one.decisions),
            tables::percent(one.share),
        ]);
    }
    Some(Figure {
        id: "reputation-shares".to_owned(),
        title: "Choices made for reputation".to_owned(),
        drawing: None,
        table,
        sentence: format!(
            "{} does most for what is believed of it: {} of its choices.",
            r.actor(&most.actor),
            tables::percent(most.share)
        ),
    })
}

fn lines(found: &Credibility, r: &Results) -> Option<Figure> {
    let mut table = Table::new([
        "red line",
        "holder",
        "a crossing is answered",
        "if the answer taught nobody anything",
    ]);
    let share = |v: Option<f64>| v.map_or_else(|| "–".to_owned(), tables::percent);
    for line in &found.lines {
        table.row([
            line.label.clone(),
            r.actor(&line.holder).to_owned(),
            share(line.answered),
            share(line.answered_unseen),
        ]);
    }
    (!table.rows.is_empty()).then(|| Figure {
        id: "reputation-lines".to_owned(),
        title: "Answers with and without an audience".to_owned(),
        drawing: None,
        table,
        sentence: "The difference is what the holder does to be believed next time.".to_owned(),
    })
}
