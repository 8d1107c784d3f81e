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
    #[serde(default)]
    ceilings: Vec<Ceiling>,
}

#[derive(Deserialize)]
struct Ceiling {
    side: String,
    front: String,
    level: String,
    exceeded: Vec<Exceeded>,
}

#[derive(Deserialize)]
struct Exceeded {
    rung: usize,
    level: String,
    probability: Option<f64>,
    from: Vec<usize>,
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
    #[serde(default)]
    without_ceilings: Vec<Option<f64>>,
}

/// The section: the map of rungs, and both sides' changes in value.
pub fn draw(answer: &Value, r: &Results) -> Option<Drawn> {
    let found: Dominance = read(answer)?;
    let mut parts = vec![map(&found, r)];
    if !found.ceilings.is_empty() {
        parts.push(ceilings(&found, r));
    }
    parts.push(values(&found, r));
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
        let cells = pair.probability.iter().enumerate();
        let cells = cells.map(
            |(rung, p)| match (share(*p), pair.without_ceilings.get(rung)) {
                (shown, Some(without)) if without != p => {
                    format!("{shown}, {} but for a ceiling", share(*without))
                }
                (shown, _) => shown,
            },
        );
        table.row(std::iter::once(name).chain(cells));
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

fn share(p: Option<f64>) -> String {
    p.map_or_else(|| "–".to_owned(), tables::percent)
}

fn ceilings(found: &Dominance, r: &Results) -> Figure {
    let head = [
        "who", "front", "bears", "on rung", "can be", "in play", "from",
    ];
    let mut table = Table::new(head);
    let rung = |at: &usize| found.rungs.get(*at).cloned().unwrap_or_default();
    for ceiling in &found.ceilings {
        let who = || {
            let (front, level) = (ceiling.front.clone(), ceiling.level.clone());
            [r.actor(&ceiling.side).to_owned(), front, level]
        };
        if ceiling.exceeded.is_empty() {
            let none = ["none", "–", "–", "–"].map(str::to_owned);
            table.row(who().into_iter().chain(none));
        }
        for beyond in &ceiling.exceeded {
            let from: Vec<String> = beyond.from.iter().map(rung).collect();
            table.row(who().into_iter().chain([
                rung(&beyond.rung),
                beyond.level.clone(),
                share(beyond.probability),
                from.join(", "),
            ]));
        }
    }
    Figure {
        id: "dominance-ceilings".to_owned(),
        title: "Fronts beyond what a side would bear".to_owned(),
        drawing: None,
        table,
        sentence: "On which rung a front can be lit beyond a side's ceiling, up to which level, at what \
                   share of the decisions in play on that rung (– where play never stands on it), and from \
                   which rungs it comes to that: those it does not dominate."
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
