//! Which mechanisms matter: every variable held at its start, every trigger switched off, in turn.
//!
//! The crisis is solved anew each time, so everybody knows of the change. What then moves no
//! reported probability is *inert*: the scenario could do without it, or does not say what it means
//! to say.

use super::resolve::{AnalysisError, Number, numbers, varied};
use super::variation::{Change, TriggerId, Variation};
use crate::solve::{self, Observer};
use climbdown_lang::Scenario;
use climbdown_lang::scenario::{Variable, VariableId};
use serde::Serialize;

/// What the numbers of [`Freezing`] mean.
pub const DEFINITION: &str = "largest change of an outcome's probability when the variable is held \
     at its start (a momentary one at its first level), or the trigger never fires, and the crisis \
     is solved anew";

/// A change of a probability below this is called inert: 0.2 percentage points.
pub const INERT: f64 = 0.002;

/// What happens without each mechanism.
#[derive(Clone, Debug, Serialize)]
pub struct Freezing {
    /// What is measured.
    pub definition: &'static str,
    /// Grid points along each belief axis, in all solutions alike.
    pub belief_points: usize,
    /// Below this largest change a mechanism is inert.
    pub threshold: f64,
    /// With everything, on the same grid.
    pub base: Vec<Number>,
    /// Variables, then triggers, in declared order.
    pub mechanisms: Vec<Mechanism>,
}

/// One mechanism taken away.
#[derive(Clone, Debug, Serialize)]
pub struct Mechanism {
    /// "variable" or "trigger".
    pub kind: &'static str,
    /// Name as declared.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// What was done: "held at open", "off".
    pub change: String,
    /// The probabilities then, in the order of [`Freezing::base`]; empty when `failure` says why not.
    pub numbers: Vec<f64>,
    /// Largest absolute change, and the number that changed so much.
    pub largest: Option<(f64, String)>,
    /// The largest change is below the threshold.
    pub inert: bool,
    /// Why the crisis cannot be had without it.
    pub failure: Option<String>,
}

impl Freezing {
    /// Names of the inert mechanisms.
    pub fn inert(&self) -> impl Iterator<Item = &str> {
        let inert = self.mechanisms.iter().filter(|m| m.inert);
        inert.map(|m| m.name.as_str())
    }
}

/// Takes every variable and trigger away in turn.
///
/// # Errors
/// [`AnalysisError`] when the scenario itself is not solved, has no outcomes or questions, or the
/// work is interrupted.
pub fn freezing(
    scenario: &Scenario,
    options: &solve::Options,
    observer: &dyn Observer,
) -> Result<Freezing, AnalysisError> {
    if scenario.classes.is_empty() && scenario.questions.is_empty() {
        return Err(AnalysisError::Question(
            "the scenario has no outcomes and no questions, so nothing can be said to move them"
                .to_owned(),
        ));
    }
    let base = numbers(scenario, "the scenario", options, observer)?;
    let variables = scenario.variables.iter().enumerate().map(|(v, variable)| {
        let rest = resting_level(variable);
        let level = &variable.levels[rest as usize].name;
        let change = Change::Freeze(VariableId(v as u32), rest);
        let done = format!("held at {level}");
        ("variable", &variable.name, &variable.label, change, done)
    });
    let triggers = scenario.triggers.iter().enumerate().map(|(t, trigger)| {
        let change = Change::Trigger(TriggerId(t as u32), false);
        let done = "off".to_owned();
        ("trigger", &trigger.name, &trigger.label, change, done)
    });
    let all: Vec<_> = variables.chain(triggers).collect();
    let mut mechanisms = Vec::with_capacity(all.len());
    let total = all.len() as u64;
    for (k, (kind, name, label, change, done)) in all.into_iter().enumerate() {
        observer.progress("freeze", k as u64, total);
        let variation = Variation::new(format!("{kind} `{name}` {done}"), vec![change]);
        let mut mechanism = Mechanism {
            kind,
            name: name.clone(),
            label: label.clone(),
            change: done,
            numbers: Vec::new(),
            largest: None,
            inert: false,
            failure: None,
        };
        match varied(scenario, &variation, options, &Quiet(observer)) {
            Ok(numbers) => {
                let change = |(now, then): (&Number, &Number)| {
                    (
                        (now.probability - then.probability).abs(),
                        then.name.clone(),
                    )
                };
                let largest = numbers.iter().zip(&base).map(change);
                mechanism.largest = largest.max_by(|a, b| a.0.total_cmp(&b.0));
                mechanism.inert = mechanism.largest.as_ref().is_some_and(|l| l.0 < INERT);
                mechanism.numbers = numbers.iter().map(|n| n.probability).collect();
            }
            Err(error) if error.cancelled() => return Err(error),
            Err(error) => mechanism.failure = Some(error.to_string()),
        }
        mechanisms.push(mechanism);
    }
    observer.progress("freeze", total, total);
    Ok(Freezing {
        definition: DEFINITION,
        belief_points: options.belief_points,
        threshold: INERT,
        base,
        mechanisms,
    })
}

/// The level at which a variable is held: its start or, where movers clear it, the first level, to
/// which it returns. What lies on the table at the start would lie there for ever otherwise.
pub fn resting_level(variable: &Variable) -> u32 {
    if variable.cleared_by.is_empty() {
        variable.start
    } else {
        0
    }
}

/// Passes on only the wish to stop: the analysis counts its own progress.
pub(super) struct Quiet<'a>(pub(super) &'a dyn Observer);

impl Observer for Quiet<'_> {
    fn cancelled(&self) -> bool {
        self.0.cancelled()
    }
}
