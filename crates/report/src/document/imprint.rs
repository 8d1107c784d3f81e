//! What stands behind the numbers, and how to compute them again.

use super::{Figure, Part, Results, Section};
use crate::tables::Table;

/// Certificates and imprint.
pub fn sections(r: &Results) -> Vec<Section> {
    let certificates = Section {
        id: "certificates".to_owned(),
        title: "Certificates".to_owned(),
        definition:
            "How well the game was solved and how far the numbers can be off for numerical \
                     reasons, checked by code that shares nothing with the solver."
                .to_owned(),
        limits: "Numerical error only. Doubt about the scenario itself is in the range over the \
                 stated assumptions."
            .to_owned(),
        parts: vec![facts(
            "certificates-checks",
            "What was checked",
            ["check", "result"],
            &r.certificates,
        )],
    };
    let imprint = Section {
        id: "imprint".to_owned(),
        title: "How to compute this again".to_owned(),
        definition:
            "The same file, version and options give the same bytes on any number of threads."
                .to_owned(),
        limits: String::new(),
        parts: vec![facts("manifest", "Manifest", ["what", "value"], &r.imprint)],
    };
    vec![certificates, imprint]
}

fn facts(id: &str, title: &str, head: [&str; 2], facts: &[(String, String)]) -> Part {
    let mut table = Table::new(head);
    for (name, value) in facts {
        table.row([name.clone(), value.clone()]);
    }
    Part::Figure(Figure {
        id: id.to_owned(),
        title: title.to_owned(),
        drawing: None,
        table,
        sentence: String::new(),
    })
}
