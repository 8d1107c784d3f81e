//! Does restraint help, and when is it better to move first: conditionality and pre-emption pressure.

use super::{Drawn, read};
use crate::document::{Figure, Part, Results, Section, anchor};
use crate::tables::{self, Table};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Assurance {
    conditionality_definition: String,
    pressure_definition: String,
    limits: String,
    answers: Vec<Answer>,
}

#[derive(Deserialize)]
struct Answer {
    name: String,
    label: String,
    actor: String,
    rounds: u32,
    state: Option<String>,
    types: Vec<Type>,
}

#[derive(Deserialize)]
struct Type {
    kind: String,
    weight: f64,
    crossing: f64,
    restraining: f64,
    abstaining: f64,
    conditionality: f64,
    solved: f64,
    pressure_solved: f64,
    tipping: Tipping,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Tipping {
    Always,
    Never,
    At(Vec<Tip>),
}

#[derive(Deserialize)]
struct Tip {
    q: f64,
    above: bool,
}

/// The section.
pub fn draw(answer: &Value, r: &Results) -> Option<Drawn> {
    let found: Assurance = read(answer)?;
    let parts = found.answers.iter().map(|one| match one.state {
        Some(_) => Part::Figure(figure(one, r)),
        None => Part::Text(format!(
            "{}: no path met a decision of this kind.",
            one.label
        )),
    });
    Some(Drawn {
        first: None,
        section: Section {
            id: "assurance".to_owned(),
            title: "Does restraint help?".to_owned(),
            definition: format!(
                "{}; {}.",
                found.conditionality_definition.trim_end_matches('.'),
                found.pressure_definition.trim_end_matches('.')
            ),
            limits: found.limits.clone(),
            parts: parts.collect(),
        },
    })
}

fn figure(answer: &Answer, r: &Results) -> Figure {
    let mut table = Table::new([
        "type",
        "believed to be so",
        "struck after moving first",
        "struck after restraint now",
        "struck after restraint throughout",
        "conditionality (percentage points)",
        "moving first pays",
        "solved q a round",
        "pressure as solved (own units)",
    ]);
    for t in &answer.types {
        table.row([
            r.kind(&answer.actor, &t.kind).to_owned(),
            tables::percent(t.weight),
            tables::percent(t.crossing),
            tables::percent(t.restraining),
            tables::percent(t.abstaining),
            format!("{:+.1}", t.conditionality * 100.0),
            tipping(&t.tipping),
            tables::percent(t.solved),
            format!("{:+.2}", t.pressure_solved),
        ]);
    }
    let likeliest = answer
        .types
        .iter()
        .max_by(|a, b| a.weight.total_cmp(&b.weight));
    let sentence = likeliest.map_or_else(String::new, |t| {
        let (first, restraint) = (tables::percent(t.crossing), tables::percent(t.restraining));
        let chance = format!(
            "the chance of being struck within {}",
            r.rounds(answer.rounds)
        );
        let helps = if first == restraint {
            format!("restraint leaves {chance} at {first}")
        } else {
            let changes = if t.conditionality > 0.0 {
                "lowers"
            } else {
                "raises"
            };
            format!("restraint now {changes} {chance} from {first} to {restraint}")
        };
        format!(
            "{} as {}: {helps}; moving first pays {}.",
            r.actor(&answer.actor),
            r.kind(&answer.actor, &t.kind),
            tipping(&t.tipping)
        )
    });
    Figure {
        id: format!("assurance-{}", anchor(&answer.name)),
        title: format!("{}: {}", answer.label, r.actor(&answer.actor)),
        drawing: None,
        table,
        sentence,
    }
}

fn tipping(tipping: &Tipping) -> String {
    match tipping {
        Tipping::Always => "always".to_owned(),
        Tipping::Never => "never".to_owned(),
        Tipping::At(tips) => {
            let each = tips.iter().map(|tip| {
                let way = if tip.above { "above" } else { "below" };
                format!("{way} q = {}", tables::percent(tip.q))
            });
            each.collect::<Vec<_>>().join(", ")
        }
    }
}
