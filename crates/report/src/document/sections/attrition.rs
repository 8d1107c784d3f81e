//! The race of attrition: what pressure brings about first.

use super::{Drawn, capital, read};
use crate::document::{Figure, Part, Results, Section};
use crate::draw::curves;
use crate::tables::{self, Table, number};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Race {
    definition: String,
    parameter: String,
    unit: String,
    window: u32,
    passages: Vec<Passage>,
    rows: Vec<Row>,
    breaking_point: Option<f64>,
    resistance_threshold: Option<f64>,
}

#[derive(Deserialize)]
struct Passage {
    name: String,
    place: String,
}

#[derive(Deserialize)]
struct Row {
    value: f64,
    probability: Vec<f64>,
    time: Vec<Option<f64>>,
}

/// The section.
pub fn draw(answer: &Value, r: &Results) -> Option<Drawn> {
    let found: Race = read(answer)?;
    let mut head = vec![found.parameter.clone()];
    for passage in &found.passages {
        head.push(format!("{} ({})", passage.name, passage.place));
        head.push(format!("mean {}", r.round_name()));
    }
    let mut table = Table::new(head);
    for row in &found.rows {
        let mut cells = vec![number(row.value)];
        for (p, time) in row.probability.iter().zip(&row.time) {
            cells.push(tables::percent(*p));
            cells.push(time.map_or_else(|| "–".to_owned(), |t| format!("{t:.1}")));
        }
        table.row(cells);
    }
    let values: Vec<String> = found.rows.iter().map(|row| number(row.value)).collect();
    let panels: Vec<curves::Swept> = found
        .passages
        .iter()
        .enumerate()
        .map(|(k, passage)| curves::Swept {
            title: capital(&passage.name),
            values: found.rows.iter().map(|row| row.probability[k]).collect(),
            turns: Vec::new(),
        })
        .collect();
    let point = |x: f64| {
        let text = format!("{} {}", number(x), found.unit);
        text.trim_end().to_owned()
    };
    let watched = |name: &str| found.passages.iter().any(|p| p.name == name);
    let breaking = match found.breaking_point {
        Some(x) => format!(
            "Concession becomes likelier than not at {}, the breaking point",
            point(x)
        ),
        None if watched("concession") => {
            "There is no breaking point, since concession stays unlikelier than not".to_owned()
        }
        None => "There is no breaking point, since nothing counts as concession".to_owned(),
    };
    let threshold = match found.resistance_threshold {
        Some(x) => format!(
            "from {} on, the resistance threshold, consolidation no longer rises",
            point(x)
        ),
        None if watched("consolidation") => {
            "consolidation rises all the way, so that there is no resistance threshold".to_owned()
        }
        None => "nothing counts as consolidation".to_owned(),
    };
    let title = format!("What “{}” brings about", found.parameter);
    let axis = format!("{}, {}", found.parameter, found.unit);
    Some(Drawn {
        first: None,
        section: Section {
            id: "attrition".to_owned(),
            title: "The race of attrition".to_owned(),
            definition: found.definition.clone(),
            limits: format!(
                "Within {}. Solved anew at each value on coarse beliefs; compare points of one curve with \
                 each other, not with the forecast.",
                r.rounds(found.window)
            ),
            parts: vec![Part::Figure(Figure {
                id: "attrition-race".to_owned(),
                drawing: Some(curves::sweep(
                    &title,
                    axis.trim_end_matches(", "),
                    &values,
                    curves::Scale::Common,
                    &panels,
                )),
                title,
                table,
                sentence: format!("{breaking}; {threshold}."),
            })],
        },
    })
}
