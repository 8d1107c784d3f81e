//! The register of assumptions: every number with its range, unit, source and grade.

use super::{Figure, Part, Results, Section};
use crate::explain::explain;
use crate::tables::{Table, number};
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
