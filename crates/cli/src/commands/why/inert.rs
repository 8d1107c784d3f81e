//! `why --inert`: which variables and triggers move no outcome.

use crate::failure::Failure;
use crate::screen;
use crate::session::Session;
use climbdown_engine::analyse::freezing::{Freezing, freezing};
use climbdown_engine::solve;
use climbdown_lang::Scenario;
use climbdown_report::tables::Table;

/// Takes every variable and trigger away in turn and prints what changes.
pub fn run(coarse: &solve::Options, scenario: &Scenario, session: &Session) -> Result<(), Failure> {
    let found = {
        let observer = session.observer();
        freezing(scenario, coarse, &observer)?
    };
    if session.json {
        session.print_json(&found)
    } else {
        session.print(&text(scenario, &found))
    }
}

fn text(scenario: &Scenario, found: &Freezing) -> String {
    let mut out = format!("{}\n", scenario.title);
    for (kind, head) in [
        ("variable", "With each variable held where it stands"),
        ("trigger", "Without each trigger"),
    ] {
        out += &section(found, kind, head);
    }
    let inert: Vec<&str> = found.inert().collect();
    let threshold = 100.0 * found.threshold;
    let verdict = if inert.is_empty() {
        format!("Everything moves something by {threshold:.1} points or more.")
    } else {
        format!(
            "Inert, below {threshold:.1} points: {}. The scenario could do without, or does not say \
             what it means to say.",
            screen::list(&inert)
        )
    };
    out += "\n";
    out += &screen::wrap(&verdict, 2);
    out += &screen::wrap(
        &format!(
            "Outcomes in per cent. Change: {}, in percentage points. All rows on {} belief points \
             an axis; compare them with each other, not with `run`.",
            found.definition, found.belief_points
        ),
        2,
    );
    for mechanism in &found.mechanisms {
        if let Some(failure) = &mechanism.failure {
            out += &screen::wrap(&format!("{}: {failure}", mechanism.name), 2);
        }
    }
    out
}

fn section(found: &Freezing, kind: &str, head: &str) -> String {
    let rows = found.mechanisms.iter().filter(|m| m.kind == kind);
    if rows.clone().next().is_none() {
        return String::new();
    }
    let heads = found.base.iter().map(|n| n.name.clone());
    let mut table = Table::new(
        std::iter::once(String::new())
            .chain(heads)
            .chain(["change".to_owned()]),
    );
    let percent = |p: f64| format!("{:.1}", 100.0 * p);
    let base = found.base.iter().map(|n| percent(n.probability));
    table.row(std::iter::once("as it is".to_owned()).chain(base));
    for mechanism in rows {
        let name = std::iter::once(mechanism.name.clone());
        match &mechanism.largest {
            Some((change, _)) => {
                let numbers = mechanism.numbers.iter().map(|p| percent(*p));
                let change = format!("{:.2}", 100.0 * change);
                table.row(name.chain(numbers).chain([change]));
            }
            None => table.row(name.chain(["not solved".to_owned()])),
        }
    }
    format!("{}{}", screen::heading(head), screen::table(&table))
}
