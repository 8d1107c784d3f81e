//! What stands at the top of every report: how the headline is to be read, the outcomes as a
//! hundred dots, the questions as curves over time.

use super::{Figure, Results};
use crate::draw::{curves, dots};
use crate::tables::{self, Table};
use crate::words;
use climbdown_engine::analyse::range::{MeasureRange, Spread};
use climbdown_engine::forecast::Series;

/// How the headline is to be read.
pub fn reading(r: &Results) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(question) = r.game.questions.first() {
        let settled = question.resolves.trim();
        if !settled.is_empty() {
            out.push(format!("Settled by: {}.", settled.trim_end_matches('.')));
        }
    }
    let name = match (r.game.questions.first(), r.game.classes.first()) {
        (Some(question), _) => question.name.as_str(),
        (None, Some(class)) => class.name.as_str(),
        (None, None) => return out,
    };
    let rates = r.scenario.into_iter().flat_map(|s| &s.base_rates);
    for rate in rates.filter(|rate| rate.of.as_deref() == Some(name)) {
        let counted = rate
            .count
            .map_or_else(String::new, |(k, n)| format!(", {k} of {n}"));
        out.push(format!(
            "Base rate: {} ({}{counted}; {}).",
            words::percent(rate.value),
            rate.label,
            rate.population
        ));
    }
    match r.range {
        Some(range) if range.parameters + range.structures > 0 => out.push(format!(
            "The range is the 10th to 90th percentile over {} futures drawn from the stated \
             assumptions. It is doubt about the assumptions, not a confidence interval.",
            range.solved
        )),
        _ => out.push(
            "This is one number from the central assumptions, without a range over them: none was \
             asked for, or no parameter has one."
                .to_owned(),
        ),
    }
    out.push(
        "Everything here is conditional on the scenario: its actors, what they want, and the \
         numbers in the register below. Change one and run it again."
            .to_owned(),
    );
    out
}

/// Facts in the head of the page.
pub fn facts(r: &Results) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    if let Some(date) = &r.as_of {
        facts.push(("As of".to_owned(), date.clone()));
    }
    facts.push(("Outcomes read after".to_owned(), r.rounds(r.game.window)));
    facts.push(("Forecast for".to_owned(), r.rounds(r.game.horizon)));
    facts
}

/// Outcomes and questions.
pub fn figures(r: &Results) -> Vec<Figure> {
    outcomes(r).into_iter().chain(questions(r)).collect()
}

/// The range of a class or question at the round at which it is read.
fn range<'a>(r: &Results<'a>, name: &str, question: bool) -> Option<&'a Spread> {
    let own = |m: &&MeasureRange| m.measure.name == name && m.measure.question == question;
    let found = r.range?.measures.iter().find(own)?;
    Some(&found.range)
}

/// A range in whole per cents: "3-12 %".
fn span(spread: &Spread) -> String {
    let (low, high) = (words::percent(spread.low), words::percent(spread.high));
    let number = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    match low.strip_suffix(" %") {
        _ if low == high => low,
        Some(from) if number(from) && number(&high) => format!("{from}-{high}"),
        _ => format!("{low} to {high}"),
    }
}

fn at(series: &Series, round: u32) -> f64 {
    series
        .probability
        .get(round as usize)
        .copied()
        .unwrap_or(0.0)
}

fn outcomes(r: &Results) -> Option<Figure> {
    let classes = &r.forecast.classes;
    let window = r.game.window;
    let shares: Vec<f64> = classes.iter().map(|c| at(c, window)).collect();
    let (largest, _) = shares
        .iter()
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)))?;
    let counts = tables::apportion(&shares, 100);
    let shown = tables::apportion(&shares, 1000);
    let ranged = classes.iter().any(|c| range(r, &c.name, false).is_some());
    let mut head = vec!["outcome", "dots", "probability"];
    if ranged {
        head.push("10-90 % over the assumptions");
    }
    let mut table = Table::new(head);
    for ((class, share), (dots, tenths)) in
        classes.iter().zip(&shares).zip(counts.iter().zip(&shown))
    {
        let probability = match tenths {
            0 if *share > 0.0 => "<0.1 %".to_owned(),
            tenths => tables::tenths_text(*tenths),
        };
        let mut row = vec![class.label.clone(), dots.to_string(), probability];
        row.extend(range(r, &class.name, false).map(span));
        table.row(row);
    }
    table.row([
        "together".to_owned(),
        counts.iter().sum::<i64>().to_string(),
        tables::tenths_text(shown.iter().sum()),
    ]);
    let rows: Vec<dots::Row> = classes
        .iter()
        .zip(&shares)
        .zip(&counts)
        .map(|((class, share), count)| dots::Row {
            label: class.label.clone(),
            dots: *count,
            value: match range(r, &class.name, false) {
                Some(spread) => {
                    let whole = tables::whole_percent(*share, *count);
                    format!("{whole} ({})", span(spread))
                }
                None => tables::whole_percent(*share, *count),
            },
        })
        .collect();
    let title = format!("Outcomes after {}, in a hundred", r.rounds(window));
    let sentence = format!(
        "The outcomes exclude each other and sum to one. The most probable after {} is “{}”: {}.",
        r.rounds(window),
        classes[largest].label,
        words::phrase(shares[largest])
    );
    Some(Figure {
        id: "outcomes".to_owned(),
        drawing: Some(dots::draw(&title, &rows)),
        title,
        table,
        sentence,
    })
}

/// A question without the time within which it is asked, which the axis shows.
pub(super) fn short(label: &str) -> &str {
    match label.rfind(" within ") {
        Some(end) if end > 0 => &label[..end],
        _ => label,
    }
}

fn questions(r: &Results) -> Option<Figure> {
    let questions = &r.forecast.questions;
    if questions.is_empty() {
        return None;
    }
    let dates = super::time::dates(r);
    let mut table = Table::new(
        std::iter::once("has it come true within".to_owned())
            .chain(dates.iter().map(|d| r.rounds(*d)))
            .chain([
                format!("read after ({}s)", r.round_name()),
                "then".to_owned(),
                "10-90 % over the assumptions".to_owned(),
            ]),
    );
    let mut panels = Vec::new();
    for (series, question) in questions.iter().zip(&r.game.questions) {
        let spread = range(r, &series.name, true);
        let by = question.by;
        table.row(
            std::iter::once(short(&series.label).to_owned())
                .chain(dates.iter().map(|d| tables::percent(at(series, *d))))
                .chain([
                    by.to_string(),
                    tables::percent(at(series, by)),
                    spread.map_or_else(|| "none drawn".to_owned(), span),
                ]),
        );
        panels.push(curves::Panel {
            title: short(&series.label).to_owned(),
            values: &series.probability,
            band: Vec::new(),
            read: Some(curves::Reading {
                round: by as usize,
                text: words::percent(at(series, by)),
                range: spread.map(|s| (s.low, s.high)),
            }),
        });
    }
    let (name, question) = (&questions[0], &r.game.questions[0]);
    let sentence = format!(
        "{} within {}: {}. Curves only rise: once it has happened, it has happened. {}",
        short(&name.label),
        r.rounds(question.by),
        words::phrase(at(name, question.by)),
        if r.range.is_some() {
            "The dot marks the time at which the question is read, the bar the range over the \
             stated assumptions."
        } else {
            "The dot marks the time at which the question is read."
        }
    );
    let title = "Has it come true by then?".to_owned();
    let axis = format!("{}s from the start", r.round_name());
    Some(Figure {
        id: "questions".to_owned(),
        drawing: Some(curves::draw(&title, &axis, "probability", &panels)),
        title,
        table,
        sentence,
    })
}
