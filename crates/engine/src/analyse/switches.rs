//! Switches: parts of a scenario that can be turned off, alone or together.

use super::freezing::{Quiet, resting_level};
use super::resolve::{AnalysisError, Number, numbers, varied};
use super::variation::{Change, TriggerId, Variation};
use crate::solve::{self, Observer};
use climbdown_lang::Scenario;
use climbdown_lang::scenario::{Change as Effect, MoveId, Trigger, VariableId};
use serde::Serialize;

/// A part of a scenario that can be turned off.
#[derive(Clone, Debug, Serialize)]
pub struct Switch {
    /// Name.
    pub name: String,
    /// What turning it off does.
    pub off: String,
    /// The changes of the scenario that turn it off.
    #[serde(skip)]
    pub changes: Vec<Change>,
    /// Turned off, everybody knows everybody's type.
    #[serde(skip)]
    pub private_information: bool,
}

/// At most so many switches are taken apart at once: 2^n solutions are needed.
pub const MOST: usize = 10;
/// At most so many are chosen without being asked for.
pub const DEFAULT_MOST: usize = 6;

/// Can this trigger raise the ladder, or pass for somebody's move?
pub fn is_accident(scenario: &Scenario, trigger: &Trigger) -> bool {
    let raises = |outcome: &climbdown_lang::scenario::Outcome| {
        outcome.effects.iter().any(|effect| {
            scenario.variables[effect.variable.0 as usize].is_ladder
                && match effect.change {
                    Effect::To(level) | Effect::AtLeast(level) => level > 0,
                    Effect::Step(by) => by > 0,
                    Effect::AtMost(_) => false,
                }
        })
    };
    trigger.looks_like.is_some() || trigger.outcomes.iter().any(raises)
}

/// All accidents off.
pub fn accidents(scenario: &Scenario) -> Option<Switch> {
    let all = scenario.triggers.iter().enumerate();
    let (changes, names): (Vec<_>, Vec<_>) = all
        .filter(|(_, t)| is_accident(scenario, t))
        .map(|(i, t)| (Change::Trigger(TriggerId(i as u32), false), t.name.as_str()))
        .unzip();
    (!changes.is_empty()).then(|| Switch {
        name: "accidents".into(),
        off: format!(
            "no trigger raises the ladder or passes for a move ({})",
            names.join(", ")
        ),
        changes,
        private_information: false,
    })
}

/// Private information off.
pub fn beliefs(scenario: &Scenario) -> Option<Switch> {
    let typed = scenario.actors.iter().any(|a| a.types.len() > 1);
    typed.then(|| Switch {
        name: "beliefs".into(),
        off: "everybody knows everybody's type".into(),
        changes: Vec::new(),
        private_information: true,
    })
}

/// All red lines off.
pub fn red_lines(scenario: &Scenario) -> Option<Switch> {
    let mut pending: Vec<VariableId> = scenario.red_lines.iter().map(|l| l.pending).collect();
    pending.sort_unstable();
    pending.dedup();
    (!pending.is_empty()).then(|| Switch {
        name: "red_lines".into(),
        off: "no crossing of a red line is ever recognised".into(),
        changes: pending.into_iter().map(|v| Change::Freeze(v, 0)).collect(),
        private_information: false,
    })
}

/// All declared fronts dark as at the start.
pub fn fronts(scenario: &Scenario) -> Option<Switch> {
    let hold = |f: &climbdown_lang::scenario::Front| {
        let start = scenario.variables[f.variable.0 as usize].start;
        Change::Freeze(f.variable, start)
    };
    let changes: Vec<Change> = scenario.fronts.iter().map(hold).collect();
    (!changes.is_empty()).then(|| Switch {
        name: "fronts".into(),
        off: "as many fronts are lit as at the start".into(),
        changes,
        private_information: false,
    })
}

/// All declared talks off.
pub fn talks(scenario: &Scenario) -> Option<Switch> {
    let mut changes = Vec::new();
    for talks in &scenario.talks {
        changes.push(Change::Freeze(talks.table, 0));
        for price in talks.prices.into_iter().flatten() {
            let start = scenario.variables[price.0 as usize].start;
            changes.push(Change::Freeze(price, start));
        }
    }
    (!changes.is_empty()).then(|| Switch {
        name: "talks".into(),
        off: "nothing ever lies on the table and no price is raised".into(),
        changes,
        private_information: false,
    })
}

/// All declared drifts off: pressure, cohesion, alignment and the like stay as they are at the start.
pub fn pressure(scenario: &Scenario) -> Option<Switch> {
    let mut names = Vec::new();
    let mut changes = Vec::new();
    for drift in &scenario.drifts {
        let variable = &scenario.variables[drift.variable.0 as usize];
        names.push(variable.name.as_str());
        changes.push(Change::Freeze(drift.variable, variable.start));
    }
    (!changes.is_empty()).then(|| Switch {
        name: "pressure".into(),
        off: format!("no drift moves ({})", names.join(", ")),
        changes,
        private_information: false,
    })
}

/// The groups that the scenario has, in the order in which they are told.
pub fn groups(scenario: &Scenario) -> Vec<Switch> {
    let groups = [accidents, red_lines, beliefs, fronts, talks, pressure];
    groups.iter().filter_map(|group| group(scenario)).collect()
}

/// The variables that a switch holds.
fn held(switch: &Switch) -> impl Iterator<Item = usize> {
    switch.changes.iter().filter_map(|change| match change {
        Change::Freeze(id, _) => Some(id.0 as usize),
        _ => None,
    })
}

/// A switch by its name: a group ("accidents", "beliefs", "red_lines", "fronts", "talks",
/// "pressure"), a variable (held at its start), a trigger, or a move as "actor.move" (neither of which then ever happens).
///
/// # Errors
/// [`AnalysisError::Question`] for a name that means nothing here.
pub fn by_name(scenario: &Scenario, name: &str) -> Result<Switch, AnalysisError> {
    let group = match name {
        "accidents" => accidents(scenario),
        "beliefs" => beliefs(scenario),
        "red_lines" => red_lines(scenario),
        "fronts" => fronts(scenario),
        "talks" => talks(scenario),
        "pressure" => pressure(scenario),
        _ => None,
    };
    if let Some(group) = group {
        return Ok(group);
    }
    let switch = |off: String, change: Change| Switch {
        name: name.to_owned(),
        off,
        changes: vec![change],
        private_information: false,
    };
    if let Some(v) = scenario.variables.iter().position(|v| v.name == name) {
        return Ok(variable(scenario, v));
    }
    if let Some(t) = scenario.triggers.iter().position(|t| t.name == name) {
        let change = Change::Trigger(TriggerId(t as u32), false);
        return Ok(switch("it never fires".into(), change));
    }
    let called = |m: &climbdown_lang::scenario::Move| {
        let actor = &scenario.actors[m.actor.0 as usize].name;
        name.strip_prefix(actor.as_str())
            .and_then(|rest| rest.strip_prefix('.'))
            == Some(m.name.as_str())
    };
    if let Some(m) = scenario.moves.iter().position(called) {
        let change = Change::Move(MoveId(m as u32), false);
        return Ok(switch("it cannot be chosen".into(), change));
    }
    Err(AnalysisError::Question(format!(
        "`{name}` is no switch: expected a variable, a trigger, a move (actor.move), `accidents`, \
         `beliefs`, `red_lines`, `fronts`, `talks` or `pressure`, and something declared that it stands for"
    )))
}

fn variable(scenario: &Scenario, v: usize) -> Switch {
    let variable = &scenario.variables[v];
    let rest = resting_level(variable);
    let level = &variable.levels[rest as usize].name;
    Switch {
        name: variable.name.clone(),
        off: format!("held at {level}"),
        changes: vec![Change::Freeze(VariableId(v as u32), rest)],
        private_information: false,
    }
}

/// Of these switches the ones that what was seen since the crisis began allows to turn off: without
/// accidents, an accident that was seen cannot have been.
///
/// # Errors
/// [`AnalysisError`] when interrupted.
pub fn possible(
    scenario: &Scenario,
    switches: Vec<Switch>,
    options: &solve::Options,
    observer: &dyn Observer,
) -> Result<Vec<Switch>, AnalysisError> {
    if scenario.observed.is_empty() {
        return Ok(switches);
    }
    let mut kept = Vec::with_capacity(switches.len());
    for switch in switches {
        let variation = Variation::new(switch.name.clone(), switch.changes.clone());
        match varied(scenario, &variation, options, &Quiet(observer)) {
            Ok(_) => kept.push(switch),
            Err(error) if error.cancelled() => return Err(error),
            Err(_) => {}
        }
    }
    Ok(kept)
}

/// The switches taken without being asked: the groups and, of the other variables, the ladder aside,
/// those whose freezing alone changes number `of` most; six in all.
///
/// # Errors
/// [`AnalysisError`].
pub fn chosen(
    scenario: &Scenario,
    of: usize,
    options: &solve::Options,
    observer: &dyn Observer,
) -> Result<Vec<Switch>, AnalysisError> {
    let mut switches = possible(scenario, groups(scenario), options, observer)?;
    let mut candidates: Vec<Switch> = (0..scenario.variables.len())
        .filter(|v| !scenario.variables[*v].is_ladder)
        .filter(|v| switches.iter().flat_map(held).all(|h| h != *v))
        .map(|v| variable(scenario, v))
        .collect();
    let room = DEFAULT_MOST.saturating_sub(switches.len());
    if candidates.len() > room {
        let base = numbers(scenario, "the scenario", options, &Quiet(observer))?;
        let at = |numbers: &[Number]| numbers.get(of).map_or(0.0, |n| n.probability);
        let mut effects = Vec::with_capacity(candidates.len());
        let total = candidates.len() as u64;
        for (k, switch) in candidates.iter().enumerate() {
            observer.progress("choose", k as u64, total);
            let variation = Variation::new(switch.name.clone(), switch.changes.clone());
            // What cannot be frozen alone is no candidate.
            effects.push(
                match varied(scenario, &variation, options, &Quiet(observer)) {
                    Ok(then) => (at(&then) - at(&base)).abs(),
                    Err(error) if error.cancelled() => return Err(error),
                    Err(_) => -1.0,
                },
            );
        }
        let mut order: Vec<usize> = (0..candidates.len())
            .filter(|k| effects[*k] >= 0.0)
            .collect();
        order.sort_by(|a, b| effects[*b].total_cmp(&effects[*a]));
        order.truncate(room);
        order.sort_unstable();
        candidates = order.into_iter().map(|k| candidates[k].clone()).collect();
    }
    switches.extend(candidates);
    Ok(switches)
}
