//! The register of assumptions: every number with its range, unit, source and grade.

use super::{Figure, Part, Results, Section};
use crate::explain::explain;
use crate::tables::Table;
use climbdown_lang::scenario::{Grade, Parameter};

/// The register, and the scenario in plain English.
pub fn section(r: &Results) -> Option<Section> {
    let scenario = r.scenario?;
    let own: Vec<&Parameter> = scenario.parameters.iter().filter(|p| !p.switch).collect();
    let mut parts = Vec::new();
    if !own.is_empty() {
        parts.push(Part::Figure(register(r, &own)));
    }
    for said in explain(scenario) {
        // The numbers stand in the register.
        if said.heading.contains("umbers") {
            continue;
        }
        let mut table = Table::new(["statement"]);
        for sentence in &said.sentences {
            table.row([sentence.clone()]);
        }
        parts.push(Part::Figure(Figure {
            id: format!("scenario-{}", super::anchor(&said.heading)),
            title: said.heading,
            drawing: None,
            table,
            sentence: String::new(),
        }));
    }
    Some(Section {
        id: "assumptions".to_owned(),
        title: "Assumptions".to_owned(),
        definition: "Every number that the scenario states, low, central and high, in its unit, \
                     with its source; grade A measured, B estimated, C judged."
            .to_owned(),
        limits:
            "The forecast is only as good as these. They are the analyst's to change: edit the \
                 file and run it again."
                .to_owned(),
        parts,
    })
}

fn register(r: &Results, own: &[&Parameter]) -> Figure {
    let influence = super::sections::influence(r);
    let mut head = vec![
        "name",
        "low",
        "central",
        "high",
        "unit",
        "grade",
        "what it is",
        "source",
    ];
    if !influence.is_empty() {
        head.push("moves the headline by (percentage points)");
    }
    let mut table = Table::new(head);
    for p in own {
        let at = |x: f64| number(x * p.scale);
        let grade = match p.grade {
            Some(Grade::A) => "A",
            Some(Grade::B) => "B",
            Some(Grade::C) => "C",
            None => "none",
        };
        let mut row = vec![
            p.name.clone(),
            at(p.low),
            at(p.central),
            at(p.high),
            p.unit.clone(),
            grade.to_owned(),
            p.text.clone(),
            if p.source.is_empty() {
                "no source".to_owned()
            } else {
                p.source.clone()
            },
        ];
        if !influence.is_empty() {
            let moved = influence.iter().find(|(name, _)| *name == p.name);
            row.push(moved.map_or_else(String::new, |(_, text)| text.clone()));
        }
        table.row(row);
    }
    let judged = own
        .iter()
        .filter(|p| matches!(p.grade, Some(Grade::C) | None))
        .count();
    let ranged = own.iter().filter(|p| p.low != p.high).count();
    Figure {
        id: "register".to_owned(),
        title: "Register of numbers".to_owned(),
        drawing: None,
        table,
        sentence: format!(
            "{} numbers, {ranged} of them with a range; {judged} are judged (grade C) or without a \
             grade.",
            own.len()
        ),
    }
}

/// A number as somebody would write it: up to four digits that count.
pub(super) fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let size = value.abs();
    if !(1e-4..1e7).contains(&size) {
        return format!("{value:.2e}");
    }
    let decimals = (3 - size.log10().floor() as i32).clamp(0, 7) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_keep_four_digits_and_no_more() {
        for (value, text) in [
            (0.0, "0"),
            (0.25, "0.25"),
            (1.0, "1"),
            (-12.345_6, "-12.35"),
            (123_456.0, "123456"),
            (0.000_012_3, "1.23e-5"),
            (0.012_344_9, "0.01234"),
            (3e9, "3.00e9"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
