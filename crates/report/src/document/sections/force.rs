//! What a use of force costs and brings, term by term and payer by payer.

use super::{Drawn, read};
use crate::document::{Figure, Part, Results, Section, anchor};
use crate::draw::bars;
use crate::tables::{self, Table};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Force {
    definition: String,
    #[serde(default)]
    limits: String,
    uses: Vec<Use>,
}

#[derive(Deserialize)]
struct Use {
    actor: String,
    #[serde(rename = "move")]
    mv: String,
    label: String,
    types: Vec<Type>,
}

#[derive(Deserialize)]
struct Type {
    #[serde(rename = "type")]
    kind: String,
    weight: f64,
    alternative: String,
    probability: f64,
    payers: Vec<Payer>,
}

#[derive(Deserialize)]
struct Payer {
    actor: String,
    total: f64,
    spread: Option<Spread>,
    terms: Vec<Term>,
}

#[derive(Deserialize)]
struct Term {
    name: String,
    difference: f64,
    spread: Option<Spread>,
}

#[derive(Deserialize)]
struct Spread {
    low: f64,
    high: f64,
}

/// The section: for each use of force, the likeliest type drawn, all in the table.
pub fn draw(answer: &Value, r: &Results) -> Option<Drawn> {
    let found: Force = read(answer)?;
    let parts = found.uses.iter().filter_map(|one| figure(one, r));
    Some(Drawn {
        first: None,
        section: Section {
            id: "force".to_owned(),
            title: "What force costs, and whom".to_owned(),
            definition: found.definition.clone(),
            limits: if found.limits.is_empty() {
                "Each actor's values are in its own unit and are never added across actors."
                    .to_owned()
            } else {
                found.limits.clone()
            },
            parts: parts.map(Part::Figure).collect(),
        },
    })
}

fn range(spread: Option<&Spread>) -> String {
    spread.map_or_else(String::new, |s| format!("{:+.2} to {:+.2}", s.low, s.high))
}

fn figure(one: &Use, r: &Results) -> Option<Figure> {
    let likeliest = one
        .types
        .iter()
        .max_by(|a, b| a.weight.total_cmp(&b.weight))?;
    let mut table = Table::new([
        "type of the user",
        "against",
        "payer",
        "term",
        "difference (payer's own units)",
        "10-90 % over the assumptions",
        "probability of this use",
    ]);
    for t in &one.types {
        for payer in &t.payers {
            let row = |term: &str, value: f64, spread: Option<&Spread>| {
                [
                    r.kind(&one.actor, &t.kind).to_owned(),
                    t.alternative.clone(),
                    r.actor(&payer.actor).to_owned(),
                    term.to_owned(),
                    format!("{value:+.2}"),
                    range(spread),
                    tables::percent(t.probability),
                ]
            };
            for term in &payer.terms {
                table.row(row(&term.name, term.difference, term.spread.as_ref()));
            }
            table.row(row("together", payer.total, payer.spread.as_ref()));
        }
    }
    let own = likeliest.payers.iter().find(|p| p.actor == one.actor);
    let own = own.or_else(|| likeliest.payers.first())?;
    let rows: Vec<bars::Signed> = own
        .terms
        .iter()
        .map(|term| bars::Signed {
            label: term.name.replace('_', " "),
            value: term.difference,
            text: format!("{:+.2}", term.difference).replace('-', "−"),
            range: term.spread.as_ref().map(|s| (s.low, s.high)),
        })
        .collect();
    let title = format!("{}: {}", r.actor(&one.actor), one.label);
    let unit = format!(
        "{} against “{}”, own units, as {}",
        one.label,
        likeliest.alternative,
        r.kind(&one.actor, &likeliest.kind)
    );
    Some(Figure {
        id: format!("force-{}", anchor(&one.mv)),
        drawing: Some(bars::signed(&title, &unit, &rows)),
        title,
        table,
        sentence: format!(
            "For {} as {}, {} is worth {:+.2} against {}; it is chosen with probability {}.",
            r.actor(&one.actor),
            r.kind(&one.actor, &likeliest.kind),
            one.label,
            own.total,
            likeliest.alternative,
            tables::percent(likeliest.probability)
        ),
    })
}
