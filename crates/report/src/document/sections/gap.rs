//! The deterrence gap: the threat needed against the threat believed, one bar a red line.

use super::{Drawn, read};
use crate::document::{Figure, Part, Results, Section};
use crate::draw::bars;
use crate::tables::{self, Table};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Gap {
    definition: String,
    soft_definition: String,
    rate: f64,
    lines: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    name: String,
    label: String,
    holder: String,
    challenger: String,
    state: Option<String>,
    now: Vec<Test>,
    later: Vec<Standing>,
    split: Option<Split>,
}

/// The gap taken apart.
#[derive(Deserialize)]
struct Split {
    definition: String,
    restorations: Vec<Restoration>,
    left_out: Vec<String>,
    tests: Vec<Shares>,
}

#[derive(Deserialize)]
struct Restoration {
    name: String,
    reference: String,
}

#[derive(Deserialize)]
struct Shares {
    crossing: String,
    kind: String,
    incentive: Amounts,
}

#[derive(Deserialize)]
struct Amounts {
    now: f64,
    restored: f64,
    shares: Vec<f64>,
}

#[derive(Deserialize)]
struct Test {
    crossing: String,
    kind: String,
    weight: f64,
    believed: f64,
    incentive: f64,
    class: String,
    needed: Option<f64>,
    gap: Option<f64>,
    soft_needed: Option<f64>,
    soft_gap: Option<f64>,
    rate: f64,
}

#[derive(Deserialize)]
struct Standing {
    round: u32,
    open: f64,
    types: Vec<TypeStanding>,
}

#[derive(Deserialize)]
struct TypeStanding {
    kind: String,
    weight: f64,
    incentive: f64,
    open_gap: f64,
    believed: Option<f64>,
    rate: f64,
}

/// The section, with one bar a line and crossing for the first screen.
pub fn draw(answer: &Value, r: &Results) -> Option<Drawn> {
    let gap: Gap = read(answer)?;
    let mut parts: Vec<Part> = Vec::new();
    for line in &gap.lines {
        if line.later.is_empty() {
            parts.push(Part::Text(format!(
                "{}: nothing that crosses it was open on any path.",
                line.label
            )));
            continue;
        }
        parts.extend(
            line.split
                .as_ref()
                .and_then(|s| split(line, s, r))
                .map(Part::Figure),
        );
        parts.push(Part::Figure(later(line, r)));
    }
    Some(Drawn {
        first: now(&gap, r),
        section: Section {
            id: "gap".to_owned(),
            title: "Deterrence gap".to_owned(),
            definition: format!("{}; {}.", gap.definition, gap.soft_definition),
            limits:
                "Later rounds are averages over crises still open: the gap also widens because \
                     the others are gone. Needed is defined only for a challenger whom an answer \
                     would deter."
                    .to_owned(),
            parts,
        },
    })
}

/// The soft gap where crossing pays only by mistake.
fn needed(test: &Test) -> Option<f64> {
    test.needed.or(test.soft_needed)
}

fn now(gap: &Gap, r: &Results) -> Option<Figure> {
    let mut table = Table::new([
        "red line",
        "crossing",
        "type",
        "class",
        "needed p*",
        "believed π",
        "gap p* − π",
        "soft gap",
        "incentive to test G (own units)",
        "crosses in a round",
    ]);
    let share = |v: Option<f64>| v.map_or_else(|| "–".to_owned(), |v| format!("{v:.2}"));
    let signed = |v: Option<f64>| v.map_or_else(|| "–".to_owned(), |v| format!("{v:+.2}"));
    let mut rows = Vec::new();
    let mut widest: Option<(&Line, &Test)> = None;
    for line in &gap.lines {
        for test in &line.now {
            table.row([
                format!(
                    "{} ({} against {})",
                    line.label,
                    r.actor(&line.holder),
                    r.actor(&line.challenger)
                ),
                test.crossing.clone(),
                format!("{} ({})", test.kind, tables::percent(test.weight)),
                test.class.replace('_', "-"),
                share(test.needed),
                share(Some(test.believed)),
                signed(test.gap),
                signed(test.soft_gap),
                signed(Some(test.incentive)),
                tables::percent(test.rate),
            ]);
            if widest.is_none_or(|(_, other)| test.incentive > other.incentive) {
                widest = Some((line, test));
            }
        }
        // One bar a line: the crossing that pays most, of the likeliest type.
        let likeliest = line.now.iter().map(|t| t.weight).fold(0.0, f64::max);
        let most = line
            .now
            .iter()
            .filter(|t| t.weight >= likeliest)
            .max_by(|a, b| a.incentive.total_cmp(&b.incentive));
        if let Some(test) = most {
            let text = match (test.class.as_str(), test.gap) {
                (_, Some(gap)) => format!("gap {gap:+.2}").replace('-', "−"),
                (class, None) => class.replace('_', "-"),
            };
            rows.push(bars::Pair {
                label: format!(
                    "{}: {} ({})",
                    line.label,
                    r.deed(&test.crossing),
                    r.kind(&line.challenger, &test.kind)
                ),
                text,
                present: test.believed,
                needed: needed(test).filter(|p| (0.0..=1.0).contains(p)),
            });
        }
    }
    let (line, test) = widest?;
    let pays = if test.incentive > 0.0 {
        format!(
            "The threat falls short most at “{}”: for the type {} of {}, “{}” is worth {:.2} more than \
             its best move that crosses no line.",
            line.label,
            r.kind(&line.challenger, &test.kind),
            r.actor(&line.challenger),
            r.deed(&test.crossing),
            test.incentive
        )
    } else {
        format!(
            "No crossing pays now. The nearest is “{}” at “{}”, worth {:.2} less than the best move \
             that crosses no line; it still comes, by mistake or by chance, in {} of rounds.",
            r.deed(&test.crossing),
            line.label,
            -test.incentive,
            tables::percent(test.rate)
        )
    };
    let title = "Deterrence gap: threat needed and threat believed".to_owned();
    let held = format!(
        "needed (p*); else to hold crossing at {}",
        tables::percent(gap.rate)
    );
    Some(Figure {
        id: "deterrence-gap".to_owned(),
        drawing: Some(bars::pairs(&title, "believed (π)", &held, &rows)),
        title,
        table,
        sentence: pays,
    })
}

/// What clarity, credibility and capability each do to the incentive to test.
fn split(line: &Line, split: &Split, r: &Results) -> Option<Figure> {
    let mut table = Table::new([
        "crossing",
        "type",
        "restored",
        "to",
        "change of G (own units)",
    ]);
    for test in &split.tests {
        for (restored, share) in split.restorations.iter().zip(&test.incentive.shares) {
            table.row([
                test.crossing.clone(),
                r.kind(&line.challenger, &test.kind).to_owned(),
                restored.name.clone(),
                restored.reference.clone(),
                format!("{share:+.2}"),
            ]);
        }
    }
    let first = split.tests.first()?;
    let rows: Vec<bars::Signed> = split
        .restorations
        .iter()
        .zip(&first.incentive.shares)
        .map(|(restored, share)| bars::Signed {
            label: format!("{} to {}", restored.name, restored.reference),
            value: *share,
            text: format!("{share:+.2}").replace('-', "−"),
            range: None,
        })
        .collect();
    let title = format!("{}: what each restoration would do", line.label);
    let out = split.left_out.join("; ");
    Some(Figure {
        id: format!("gap-split-{}", crate::document::anchor(&line.name)),
        drawing: Some(bars::signed(
            &title,
            &format!(
                "change of the incentive to test by {}, own units",
                r.deed(&first.crossing)
            ),
            &rows,
        )),
        title,
        table,
        sentence: format!(
            "With everything restored the incentive to test goes from {:+.2} to {:+.2}; what lowers it \
             deters. {}.{}",
            first.incentive.now,
            first.incentive.restored,
            split.definition.trim_end_matches('.'),
            if out.is_empty() {
                String::new()
            } else {
                format!(" Left out: {out}.")
            }
        ),
    })
}

fn later(line: &Line, r: &Results) -> Figure {
    let mut table = Table::new([
        format!("{}s from the start", r.round_name()),
        "crises still open".to_owned(),
        "type".to_owned(),
        "believed to be so".to_owned(),
        "incentive to test G (own units)".to_owned(),
        "gap open in".to_owned(),
        "answer believed π".to_owned(),
        "crosses in a round".to_owned(),
    ]);
    for standing in &line.later {
        for t in &standing.types {
            table.row([
                standing.round.to_string(),
                tables::percent(standing.open),
                t.kind.clone(),
                tables::percent(t.weight),
                format!("{:+.2}", t.incentive),
                tables::percent(t.open_gap),
                t.believed
                    .map_or_else(|| "–".to_owned(), |v| format!("{v:.2}")),
                tables::percent(t.rate),
            ]);
        }
    }
    let end = line
        .later
        .last()
        .and_then(|s| Some((s.round, s.types.first()?)));
    let sentence = end.map_or_else(String::new, |(round, t)| {
        format!(
            "After {}, among crises still open, the gap is open in {} for the type {}.",
            r.rounds(round),
            tables::percent(t.open_gap),
            r.kind(&line.challenger, &t.kind)
        )
    });
    let at = line
        .state
        .as_ref()
        .map_or_else(String::new, |s| format!(" (now: {})", r.labels().state(s)));
    Figure {
        id: format!("gap-{}", crate::document::anchor(&line.name)),
        title: format!(
            "{}: {} against {}{at}",
            line.label,
            r.actor(&line.holder),
            r.actor(&line.challenger)
        ),
        drawing: None,
        table,
        sentence,
    }
}
