//! Variations: the one mechanism by which a changed crisis is made from a checked scenario.
//!
//! Policies, structures, mindsets, futures, but-for questions and switches are all lists of
//! [`Change`]s. A variation is applied to the [`Scenario`], not to the tables: what comes out is
//! compiled and solved as any other scenario, so no analysis can see a game that a file could not
//! have described. Whether the changed numbers still make sense (priors that sum to one,
//! probabilities within bounds, a move open everywhere) is for the compiler to say.

use climbdown_lang::Scenario;
use climbdown_lang::scenario::{
    ActorId, Expr, ExprKind, Foresight, MoveId, ParameterId, VariableId,
};
use climbdown_lang::source::Span;
use serde::Serialize;

/// Index of a trigger in [`Scenario::triggers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct TriggerId(pub u32);

/// A named list of changes, applied in order; a later change of the same thing wins.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Variation {
    /// What it is called.
    pub name: String,
    /// What it changes.
    pub changes: Vec<Change>,
}

/// One change of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The parameter has this central value, in canonical units; its declared range stays.
    Parameter(ParameterId, f64),
    /// The move can be chosen where its guard allows (true) or nowhere (false).
    Move(MoveId, bool),
    /// The trigger works as written (true) or never fires (false).
    Trigger(TriggerId, bool),
    /// The variable starts at this level.
    Start(VariableId, u32),
    /// The variable stands at this level for ever: no effect changes it and no mover clears it.
    Freeze(VariableId, u32),
    /// The actor's payoff term, by its place among `payoff` and then `afterwards`, counts (true) or
    /// is worth nothing (false).
    Term(ActorId, u32, bool),
    /// Actors plan so far.
    Foresight(Foresight),
}

/// A change that names nothing in this scenario.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VariationError {
    /// An index beyond the declared ones.
    #[error("`{variation}` changes {what} number {index}, and there are {declared}")]
    Unknown {
        /// The variation.
        variation: String,
        /// What kind of thing.
        what: &'static str,
        /// Index asked for, from 0.
        index: u32,
        /// How many there are.
        declared: usize,
    },
    /// A parameter set to what is no number.
    #[error("`{variation}` sets parameter `{parameter}` to {value}")]
    NotFinite {
        /// The variation.
        variation: String,
        /// The parameter.
        parameter: String,
        /// "NaN" or "inf".
        value: String,
    },
}

impl Variation {
    /// A variation by name.
    pub fn new(name: impl Into<String>, changes: Vec<Change>) -> Self {
        Self {
            name: name.into(),
            changes,
        }
    }

    /// True when nothing is changed.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// This variation followed by another one.
    #[must_use]
    pub fn then(mut self, other: &Variation) -> Self {
        if !self.name.is_empty() && !other.name.is_empty() {
            self.name.push_str(", ");
        }
        self.name.push_str(&other.name);
        self.changes.extend_from_slice(&other.changes);
        self
    }

    /// The scenario with these changes made.
    ///
    /// # Errors
    /// [`VariationError`] when an index is not declared or a value is not finite.
    pub fn apply(&self, base: &Scenario) -> Result<Scenario, VariationError> {
        let mut scenario = base.clone();
        let last = self.last_of_each();
        for change in &last {
            self.check(base, change)?;
            make(*change, &mut scenario);
        }
        Ok(scenario)
    }

    /// The changes that count, in order: of several to the same thing the last, at its place.
    fn last_of_each(&self) -> Vec<Change> {
        let mut kept: Vec<Change> = Vec::with_capacity(self.changes.len());
        let mut seen = rustc_hash::FxHashSet::default();
        for change in self.changes.iter().rev() {
            if seen.insert(change.target()) {
                kept.push(*change);
            }
        }
        kept.reverse();
        kept
    }

    fn check(&self, base: &Scenario, change: &Change) -> Result<(), VariationError> {
        let known = |what: &'static str, index: u32, declared: usize| {
            if (index as usize) < declared {
                Ok(())
            } else {
                Err(VariationError::Unknown {
                    variation: self.name.clone(),
                    what,
                    index,
                    declared,
                })
            }
        };
        match *change {
            Change::Parameter(id, value) => {
                known("parameter", id.0, base.parameters.len())?;
                if value.is_finite() {
                    return Ok(());
                }
                Err(VariationError::NotFinite {
                    variation: self.name.clone(),
                    parameter: base.parameters[id.0 as usize].name.clone(),
                    value: value.to_string(),
                })
            }
            Change::Move(id, _) => known("move", id.0, base.moves.len()),
            Change::Trigger(id, _) => known("trigger", id.0, base.triggers.len()),
            Change::Start(id, level) | Change::Freeze(id, level) => {
                known("variable", id.0, base.variables.len())?;
                known("level", level, base.variables[id.0 as usize].levels.len())
            }
            Change::Term(id, term, _) => {
                known("actor", id.0, base.actors.len())?;
                let actor = &base.actors[id.0 as usize];
                known(
                    "payoff term",
                    term,
                    actor.payoff.len() + actor.afterwards.len(),
                )
            }
            Change::Foresight(_) => Ok(()),
        }
    }
}

impl Change {
    /// What is changed: kind and indices.
    fn target(self) -> (u8, u32, u32) {
        match self {
            Self::Parameter(id, _) => (0, id.0, 0),
            Self::Move(id, _) => (1, id.0, 0),
            Self::Trigger(id, _) => (2, id.0, 0),
            Self::Start(id, _) => (3, id.0, 0),
            Self::Freeze(id, _) => (4, id.0, 0),
            Self::Term(id, term, _) => (5, id.0, term),
            Self::Foresight(_) => (6, 0, 0),
        }
    }
}

/// A value that is nothing, and a condition that never holds.
fn nothing(span: Span) -> Expr {
    Expr {
        kind: ExprKind::Number(0.0),
        span,
    }
}

fn make(change: Change, scenario: &mut Scenario) {
    match change {
        Change::Parameter(id, value) => scenario.parameters[id.0 as usize].central = value,
        // What works as written already does: only the last word on each thing comes here.
        Change::Move(_, true) | Change::Trigger(_, true) | Change::Term(_, _, true) => {}
        Change::Move(id, false) => {
            let mv = &mut scenario.moves[id.0 as usize];
            mv.guard = Some(nothing(mv.span));
        }
        Change::Trigger(id, false) => {
            let trigger = &mut scenario.triggers[id.0 as usize];
            trigger.guard = Some(nothing(trigger.span));
        }
        Change::Start(id, level) => scenario.variables[id.0 as usize].start = level,
        Change::Freeze(id, level) => freeze(scenario, id, level),
        Change::Term(id, term, false) => {
            let actor = &mut scenario.actors[id.0 as usize];
            let flows = actor.payoff.len();
            let term = term as usize;
            let (list, term) = if term < flows {
                (&mut actor.payoff, term)
            } else {
                (&mut actor.afterwards, term - flows)
            };
            list[term].value = nothing(list[term].span);
        }
        Change::Foresight(foresight) => scenario.foresight = foresight,
    }
}

/// Nothing moves the variable any more. It stays declared, so that expressions that read it and
/// names of states keep their meaning.
fn freeze(scenario: &mut Scenario, id: VariableId, level: u32) {
    let variable = &mut scenario.variables[id.0 as usize];
    variable.start = level;
    variable.cleared_by.clear();
    let moves = scenario.moves.iter_mut().map(|m| &mut m.outcomes);
    let triggers = scenario.triggers.iter_mut().map(|t| &mut t.outcomes);
    for outcome in moves.chain(triggers).flatten() {
        outcome.effects.retain(|effect| effect.variable != id);
    }
}
