//! What would change it: the inputs that move the headline most, and where it tips.

use super::{Drawn, read};
use crate::document::{Figure, Part, Results, Section};
use crate::draw::bars;
use crate::tables::{self, Table, number};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Drivers {
    definition: String,
    /// The headline: its name, or an object with name and label.
    measure: Value,
    belief_points: usize,
    central: f64,
    ranged: usize,
    bars: Vec<Bar>,
    #[serde(default)]
    tipping: Vec<Tipping>,
    #[serde(default)]
    searched: usize,
    doubt: Option<Doubt>,
}

#[derive(Deserialize)]
struct Bar {
    name: String,
    text: String,
    unit: String,
    grade: Option<String>,
    values: Option<[f64; 3]>,
    at_low: Option<f64>,
    at_high: Option<f64>,
    swing: Option<f64>,
}

#[derive(Deserialize)]
struct Tipping {
    parameter: String,
    unit: String,
    central: f64,
    value: f64,
    change: Changed,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Changed {
    Level { level: f64, rising: bool },
    Policy { from: String, to: String },
}

#[derive(Deserialize)]
struct Doubt {
    judged_one_at_a_time: Option<f64>,
}

/// Bars drawn.
const DRAWN: usize = 8;

/// The section, with the tornado for the first screen.
pub fn draw(answer: &Value, r: &Results) -> Option<Drawn> {
    let found: Drivers = read(answer)?;
    let mut parts = Vec::new();
    parts.extend(tipping(&found).map(Part::Figure));
    if let Some(judged) = found.doubt.as_ref().and_then(|d| d.judged_one_at_a_time) {
        parts.push(Part::Text(format!(
            "Of the variance that the moved parameters make one at a time, {} comes from numbers that \
             are judged (grade C).",
            tables::percent(judged)
        )));
    }
    let moved = found.bars.iter().filter(|b| b.values.is_some()).count();
    let moved = if moved < found.ranged {
        format!(
            "Moved in turn: {moved} of {} parameters with a range.",
            found.ranged
        )
    } else {
        "Every parameter with a range was moved.".to_owned()
    };
    Some(Drawn {
        first: tornado(&found, r),
        section: Section {
            id: "drivers".to_owned(),
            title: "What would change it".to_owned(),
            definition: found.definition.clone(),
            limits: format!(
                "One at a time from the central assumptions, solved anew on {} belief points an axis; \
                 inputs that work together are not seen. {moved}",
                found.belief_points
            ),
            parts,
        },
    })
}

/// Parameter → by how many points it moves the headline.
pub fn influence(answer: &Value) -> Vec<(String, String)> {
    let found: Option<Drivers> = read(answer);
    let bars = found.into_iter().flat_map(|f| f.bars);
    bars.filter_map(|bar| Some((bar.name, tables::points(bar.swing?))))
        .collect()
}

/// The label of the headline.
fn label(measure: &Value, r: &Results) -> String {
    if let Some(label) = measure.get("label").and_then(Value::as_str) {
        return label.to_owned();
    }
    let name = measure.as_str().unwrap_or("the headline");
    let mut series = r.forecast.questions.iter().chain(&r.forecast.classes);
    let own = series.find(|s| s.name == name);
    own.map_or(name, |s| &s.label).to_owned()
}

fn share(value: Option<f64>) -> String {
    value.map_or_else(|| "unsolved".to_owned(), tables::percent)
}

fn tornado(found: &Drivers, r: &Results) -> Option<Figure> {
    let first = found.bars.first()?;
    let mut table = Table::new([
        "input",
        "low",
        "central",
        "high",
        "unit",
        "grade",
        "headline at low",
        "headline at high",
        "swing (percentage points)",
        "what it is",
    ]);
    let mut rows = Vec::new();
    for (k, bar) in found.bars.iter().enumerate() {
        let value = |n: usize| bar.values.map_or_else(|| "–".to_owned(), |v| number(v[n]));
        table.row([
            bar.name.clone(),
            value(0),
            value(1),
            value(2),
            bar.unit.clone(),
            bar.grade.clone().unwrap_or_else(|| "none".to_owned()),
            share(bar.at_low),
            share(bar.at_high),
            bar.swing
                .map_or_else(|| "unsolved".to_owned(), tables::points),
            bar.text.clone(),
        ]);
        if k < DRAWN {
            let ends = match bar.values {
                Some([low, _, high]) => format!(
                    "{}, {} to {} {}",
                    bar.name,
                    number(low),
                    number(high),
                    bar.unit
                ),
                None => bar.name.clone(),
            };
            rows.push(bars::Swing {
                label: ends.trim_end().to_owned(),
                to: match bar.values {
                    Some(_) => bars::Changed::Ends([bar.at_low, bar.at_high]),
                    None => bars::Changed::Alone(bar.at_high),
                },
            });
        }
    }
    let title = format!("What would change it: {}", label(&found.measure, r));
    let most = match first.values {
        Some(_) => format!(
            "from {} at its low end to {} at its high end",
            share(first.at_low),
            share(first.at_high)
        ),
        // A structure has no ends.
        None => format!("{} if it alone holds", share(first.at_high)),
    };
    let sentence = format!(
        "{} moves it most: {most}, against {} at the centre.",
        first.name,
        tables::percent(found.central)
    );
    Some(Figure {
        id: "tornado".to_owned(),
        drawing: Some(bars::tornado(&title, found.central, &rows)),
        title,
        table,
        sentence,
    })
}

fn tipping(found: &Drivers) -> Option<Figure> {
    let mut table = Table::new(["input", "central", "tips at", "unit", "what changes there"]);
    for one in &found.tipping {
        let what = match &one.change {
            Changed::Level { level, rising } => format!(
                "the headline {} {}, where its word changes",
                if *rising {
                    "rises above"
                } else {
                    "falls below"
                },
                tables::percent(*level)
            ),
            Changed::Policy { from, to } => {
                format!("the best policy is no longer {from} but {to}")
            }
        };
        table.row([
            one.parameter.clone(),
            number(one.central),
            number(one.value),
            one.unit.clone(),
            what,
        ]);
    }
    let sentence = if table.rows.is_empty() {
        format!(
            "Within its range none of the first {} inputs changes the word for the headline or the best \
             policy.",
            found.searched
        )
    } else {
        "Everything else stays at its central value.".to_owned()
    };
    Some(Figure {
        id: "tipping".to_owned(),
        title: "Where it tips".to_owned(),
        drawing: None,
        table,
        sentence,
    })
}
