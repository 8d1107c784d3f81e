//! Escalation dominance: rung by rung, who gains from the next step and who backs down.

use super::{Drawn, read};
use crate::document::{Figure, Part, Results, Section};
use crate::tables::{self, Table};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Dominance {
    definition: String,
    #[serde(default)]
    limits: String,
    rungs: Vec<String>,
    decisions: Vec<Decision>,
    pairs: Vec<Pair>,
}

#[derive(Deserialize)]
struct Decision {
    actor: String,
    rung: usize,
    types: Vec<Standing>,
}

#[derive(Deserialize)]
struct Standing {
    #[serde(rename = "type")]
    kind: String,
    up: Option<String>,
    down: Option<String>,
    best: String,
    gain_up: Option<f64>,
    gain_down: Option<f64>,
}

#[derive(Deserialize)]
struct Pair {
    side: String,
    other: String,
    probability: Vec<Option<f64>>,
}

/// The section: the map of rungs, and both sides' changes in value.
pub fn draw(answer: &Value, r: &Results) -> Option<Drawn> {
    let found: Dominance = read(answer)?;
    let parts = [map(&found, r), values(&found, r)];
    Some(Drawn {
        first: None,
        section: Section {
            id: "dominance".to_owned(),
            title: "Who dominates which rung".to_owned(),
            definition: found.definition.clone(),
            limits: found.limits.clone(),
            parts: parts.into_iter().map(Part::Figure).collect(),
        },
    })
}

fn map(found: &Dominance, r: &Results) -> Figure {
    let head = std::iter::once("dominates".to_owned()).chain(found.rungs.iter().cloned());
    let mut table = Table::new(head);
    for pair in &found.pairs {
        let name = format!("{} over {}", r.actor(&pair.side), r.actor(&pair.other));
        let share = |p: &Option<f64>| p.map_or_else(|| "–".to_owned(), tables::percent);
        table.row(std::iter::once(name).chain(pair.probability.iter().map(share)));
    }
    Figure {
        id: "dominance-map".to_owned(),
        title: "Map of the ladder".to_owned(),
        drawing: None,
        table,
        sentence:
            "Probability, over the private types, that the side dominates the rung; – where the \
                   question does not arise."
                .to_owned(),
    }
}

fn values(found: &Dominance, r: &Results) -> Figure {
    let mut table = Table::new([
        "who",
        "type",
        "rung",
        "best move",
        "step up",
        "gain by it (own units)",
        "step down",
        "gain by that (own units)",
    ]);
    let gain = |g: Option<f64>| g.map_or_else(|| "–".to_owned(), |g| format!("{g:+.2}"));
    let name = |m: &Option<String>| m.clone().unwrap_or_else(|| "–".to_owned());
    for decision in &found.decisions {
        for t in &decision.types {
            table.row([
                r.actor(&decision.actor).to_owned(),
                r.kind(&decision.actor, &t.kind).to_owned(),
                found.rungs.get(decision.rung).cloned().unwrap_or_default(),
                t.best.clone(),
                name(&t.up),
                gain(t.gain_up),
                name(&t.down),
                gain(t.gain_down),
            ]);
        }
    }
    Figure {
        id: "dominance-values".to_owned(),
        title: "What a step up or down is worth".to_owned(),
        drawing: None,
        table,
        sentence: "Against the best other move, in each actor's own unit.".to_owned(),
    }
}
