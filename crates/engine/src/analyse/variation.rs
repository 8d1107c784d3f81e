//! Variations: the one mechanism by which a changed crisis is made from a checked scenario.
//!
//! Policies, structures, mindsets, futures, but-for questions and switches are all lists of
//! [`Change`]s. A variation is applied to the [`Scenario`], not to the tables: what comes out is
//! compiled and solved as any other scenario, so no analysis can see a game that a file could not
//! have described. Whether the changed numbers still make sense (priors that sum to one,
//! probabilities within bounds, a move open everywhere) is for the compiler to say.

use climbdown_lang::Scenario;
use climbdown_lang::check::constant;
use climbdown_lang::scenario::{
    ActorId, BinaryOp, Expr, ExprKind, Foresight, MoveId, ParameterId, VariableId,
};
use climbdown_lang::source::Span;
use serde::Serialize;

/// Index of a trigger in [`Scenario::triggers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct TriggerId(pub u32);

/// A named list of changes, applied in order: what sets a thing replaces what was set before, what
/// multiplies it multiplies what is there.
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
    /// The parameter has so many times the central value that it has after the changes before.
    Times(ParameterId, f64),
    /// The actor's precision is this.
    Precision(ActorId, f64),
    /// The actor's precision is so many times what it is after the changes before.
    PrecisionTimes(ActorId, f64),
    /// The actor's payoff term, by its place among `payoff` and then `afterwards`, is worth so many
    /// times what it is after the changes before.
    Weight(ActorId, u32, f64),
    /// The prior of the actor's type; those of its other types keep their proportions.
    Prior(ActorId, u32, f64),
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
    /// A crossing of the red line, by its place in [`Scenario::red_lines`], is recognised, and
    /// believed to be, with this probability wherever it is made.
    Clarity(u32, f64),
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
    /// Something set to, or multiplied by, what is no number.
    #[error("`{variation}` changes {what} by {value}")]
    NotFinite {
        /// The variation.
        variation: String,
        /// What is changed.
        what: String,
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

    /// The changes that count, in order: of several that set the same thing the last, at its place.
    fn last_of_each(&self) -> Vec<Change> {
        let mut kept: Vec<Change> = Vec::with_capacity(self.changes.len());
        let mut seen = rustc_hash::FxHashSet::default();
        for change in self.changes.iter().rev() {
            if change.multiplies() || seen.insert(change.target()) {
                kept.push(*change);
            }
        }
        kept.reverse();
        kept
    }

    fn finite(&self, value: f64, what: impl FnOnce() -> String) -> Result<(), VariationError> {
        if value.is_finite() {
            return Ok(());
        }
        Err(VariationError::NotFinite {
            variation: self.name.clone(),
            what: what(),
            value: value.to_string(),
        })
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
            Change::Parameter(id, value) | Change::Times(id, value) => {
                known("parameter", id.0, base.parameters.len())?;
                self.finite(value, || {
                    format!("`{}`", base.parameters[id.0 as usize].name)
                })
            }
            Change::Precision(id, value) | Change::PrecisionTimes(id, value) => {
                known("actor", id.0, base.actors.len())?;
                let name = || format!("the precision of `{}`", base.actors[id.0 as usize].name);
                self.finite(value, name)
            }
            Change::Prior(id, kind, value) => {
                known("actor", id.0, base.actors.len())?;
                let actor = &base.actors[id.0 as usize];
                known("type", kind, actor.types.len())?;
                self.finite(value, || format!("a prior of `{}`", actor.name))
            }
            Change::Weight(id, term, value) => {
                self.check(base, &Change::Term(id, term, true))?;
                let name = || format!("a payoff term of `{}`", base.actors[id.0 as usize].name);
                self.finite(value, name)
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
            Change::Clarity(line, value) => {
                known("red line", line, base.red_lines.len())?;
                let name = || format!("the clarity of `{}`", base.red_lines[line as usize].name);
                self.finite(value, name)
            }
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
            Self::Times(id, _) => (7, id.0, 0),
            Self::Precision(id, _) => (8, id.0, 0),
            Self::PrecisionTimes(id, _) => (9, id.0, 0),
            Self::Weight(id, term, _) => (10, id.0, term),
            // The prior of one type sets those of the others.
            Self::Prior(id, _, _) => (11, id.0, 0),
            Self::Clarity(line, _) => (12, line, 0),
        }
    }

    /// Multiplies what is there instead of setting it.
    fn multiplies(self) -> bool {
        matches!(
            self,
            Self::Times(..) | Self::PrecisionTimes(..) | Self::Weight(..)
        )
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
            let term = term_of(scenario, id, term);
            *term = nothing(term.span);
        }
        Change::Foresight(foresight) => scenario.foresight = foresight,
        Change::Times(id, factor) => scenario.parameters[id.0 as usize].central *= factor,
        Change::Precision(id, value) => {
            let precision = &mut scenario.actors[id.0 as usize].precision;
            precision.kind = ExprKind::Number(value);
        }
        Change::PrecisionTimes(id, factor) => {
            let precision = &mut scenario.actors[id.0 as usize].precision;
            *precision = times(precision, factor);
        }
        Change::Weight(id, term, factor) => {
            let term = term_of(scenario, id, term);
            *term = times(term, factor);
        }
        Change::Prior(id, kind, prior) => set_prior(scenario, id, kind, prior),
        Change::Clarity(line, value) => set_clarity(scenario, line as usize, value),
    }
}

/// Puts `value` in place of every copy of the line's clarity. Outcomes that cross were split by it
/// into those that are recognised and those that are not; each copy kept the place where the clarity
/// is written.
fn set_clarity(scenario: &mut Scenario, line: usize, value: f64) {
    let line = &mut scenario.red_lines[line];
    let written: Vec<Expr> = std::iter::once(line.clarity.clone())
        .chain(line.believed_clarity.clone())
        .collect();
    let moves = scenario.moves.iter_mut().map(|m| &mut m.outcomes);
    let triggers = scenario.triggers.iter_mut().map(|t| &mut t.outcomes);
    for outcome in moves.chain(triggers).flatten() {
        let chances = [&mut outcome.probability, &mut outcome.believed];
        for chance in chances.into_iter().flatten() {
            written.iter().for_each(|w| replace(chance, w, value));
        }
    }
    line.clarity.kind = ExprKind::Number(value);
    line.believed_clarity = None;
}

/// Puts a number in place of whatever is the same expression, written at the same place, as `old`.
fn replace(expr: &mut Expr, old: &Expr, value: f64) {
    let same = expr.span == old.span && format!("{:?}", expr.kind) == format!("{:?}", old.kind);
    if same {
        expr.kind = ExprKind::Number(value);
        return;
    }
    let parts = expr.parts_mut().into_iter();
    parts.for_each(|part| replace(part, old, value));
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

/// The value of a payoff term, by its place among `payoff` and then `afterwards`.
fn term_of(scenario: &mut Scenario, id: ActorId, term: u32) -> &mut Expr {
    let actor = &mut scenario.actors[id.0 as usize];
    let flows = actor.payoff.len();
    let term = term as usize;
    if term < flows {
        &mut actor.payoff[term].value
    } else {
        &mut actor.afterwards[term - flows].value
    }
}

fn times(value: &Expr, factor: f64) -> Expr {
    let span = value.span;
    let factor = Expr {
        kind: ExprKind::Number(factor),
        span,
    };
    let product = ExprKind::Binary(
        BinaryOp::Multiply,
        Box::new(value.clone()),
        Box::new(factor),
    );
    Expr {
        kind: product,
        span,
    }
}

/// Value of an expression that depends on no state, at the scenario's central parameters.
pub(super) fn number(scenario: &Scenario, expr: &Expr) -> Option<f64> {
    constant::of(scenario, expr)
}

/// Sets the prior of one type and scales those of the others to what is left.
fn set_prior(scenario: &mut Scenario, id: ActorId, kind: u32, prior: f64) {
    let types = &scenario.actors[id.0 as usize].types;
    let known: Vec<Option<f64>> = types
        .iter()
        .map(|t| {
            t.prior
                .as_ref()
                .map(|p| number(scenario, p).unwrap_or(f64::NAN))
        })
        .collect();
    let rest = 1.0 - known.iter().flatten().sum::<f64>();
    let before: Vec<f64> = known.into_iter().map(|p| p.unwrap_or(rest)).collect();
    let others = 1.0 - before[kind as usize];
    let equal = 1.0 / (before.len() - 1).max(1) as f64;
    let types = &mut scenario.actors[id.0 as usize].types;
    for (k, (written, before)) in types.iter_mut().zip(before).enumerate() {
        let share = if others > 0.0 { before / others } else { equal };
        let value = if k == kind as usize {
            prior
        } else {
            (1.0 - prior) * share
        };
        written.prior = Some(Expr {
            kind: ExprKind::Number(value),
            span: written.span,
        });
    }
}
