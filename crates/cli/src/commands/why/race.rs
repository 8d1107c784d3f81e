//! `why --race`: what pressure brings about first.

use super::Why;
use crate::analyses::Context;
use crate::failure::Failure;
use crate::screen;
use crate::session::Session;
use climbdown_engine::analyse::attrition::{self, Passage, Race, race};
use climbdown_engine::solve;
use climbdown_lang::Scenario;
use climbdown_lang::scenario::{ParameterId, VariableId};
use climbdown_report::tables::{self, Table};

/// Sweeps the parameter and prints the race.
pub fn run(
    why: &Why,
    parameter: &str,
    scenario: &Scenario,
    coarse: &solve::Options,
    session: &Session,
) -> Result<(), Failure> {
    let id = scenario
        .parameters
        .iter()
        .position(|p| p.name == parameter)
        .ok_or_else(|| Failure::Usage(format!("there is no parameter `{parameter}`")))?;
    let mut passages = Vec::new();
    for (name, place) in [
        ("concession", &why.concession),
        ("revolt", &why.revolt),
        ("consolidation", &why.consolidation),
        ("dash", &why.dash),
    ] {
        if let Some(place) = place {
            passages.push(passage(scenario, name, place)?);
        }
    }
    let found = {
        let observer = session.observer();
        race(
            scenario,
            ParameterId(id as u32),
            usize::from(why.points),
            &passages,
            coarse,
            &observer,
        )?
    };
    if session.json {
        session.print_json(&found)
    } else {
        session.print(&text(scenario, &found))
    }
}

/// Values at which a whole run sweeps the pressure.
const POINTS: usize = 5;

/// The race by the parameter called `pressure`, for a whole run; `None` where there is none.
///
/// # Errors
/// Whatever stops a solution.
pub fn record(c: &Context) -> Result<Option<Race>, Failure> {
    let Some((scenario, parameter, passages)) = c.scenario().and_then(attrition::declared) else {
        return Ok(None);
    };
    let observer = c.session.observer();
    let coarse = c.coarse();
    let found = race(&scenario, parameter, POINTS, &passages, &coarse, &observer)?;
    Ok(Some(found))
}

fn passage(scenario: &Scenario, name: &'static str, place: &str) -> Result<Passage, Failure> {
    let wrong = |what: String| Failure::Usage(format!("--{name} {place}: {what}"));
    let (variable, level) = place
        .split_once('=')
        .ok_or_else(|| wrong("expected variable=level".to_owned()))?;
    let v = scenario
        .variables
        .iter()
        .position(|v| v.name == variable.trim())
        .ok_or_else(|| wrong(format!("there is no variable `{variable}`")))?;
    let levels = &scenario.variables[v].levels;
    let l = levels
        .iter()
        .position(|l| l.name == level.trim())
        .ok_or_else(|| {
            let names: Vec<&str> = levels.iter().map(|l| l.name.as_str()).collect();
            wrong(format!("`{variable}` has the levels {}", names.join(", ")))
        })?;
    Ok(Passage {
        name,
        variable: VariableId(v as u32),
        level: l as u32,
        place: place.to_owned(),
    })
}

fn text(scenario: &Scenario, found: &Race) -> String {
    let mut out = format!("{}\n", scenario.title);
    out += &screen::heading(&format!(
        "The race of attrition by {}, within {}",
        found.parameter,
        screen::number_of(found.window, &scenario.round_name)
    ));
    let heads = || {
        let names = found.passages.iter().map(|p| p.name.to_owned());
        std::iter::once("at".to_owned()).chain(names)
    };
    let (mut chances, mut times) = (Table::new(heads()), Table::new(heads()));
    for row in &found.rows {
        let value = || std::iter::once(format!("{:.4}", row.value));
        chances.row(value().chain(row.probability.iter().map(|p| tables::percent(*p))));
        let time = |t: &Option<f64>| t.map_or_else(String::new, |t| format!("{t:.1}"));
        times.row(value().chain(row.time.iter().map(time)));
    }
    out += &screen::table(&chances);
    out += &screen::heading(&format!(
        "Mean {} in which it comes, if it does",
        scenario.round_name
    ));
    out += &screen::table(&times);
    out += "\n";
    let point = |x: Option<f64>, none: &str| match x {
        Some(x) => format!("{x:.4} {}", found.unit).trim_end().to_owned(),
        None => none.to_owned(),
    };
    out += "\n";
    out += &screen::facts(&[
        (
            "breaking point",
            point(
                found.breaking_point,
                "none: concession stays unlikelier than not",
            ),
        ),
        (
            "resistance threshold",
            point(
                found.resistance_threshold,
                "none: consolidation rises over the whole range, or is not watched",
            ),
        ),
    ]);
    out += &screen::wrap(&format!("Measured: {}.", found.definition), 2);
    out
}
