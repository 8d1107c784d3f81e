//! Audits of the noise in choice: changes of the model that should not matter to the crisis.
//!
//! Logit choice can make outcomes of its own: by how often somebody is asked to choose, by how many
//! names one deed has, by how sharply interests are followed. Each is changed, the crisis solved anew,
//! and what changes is told. What moves a lot is made by the model.

use super::evaluate::{at_once, each_side_by_side};
use super::resolve::{AnalysisError, Number, compiled, numbers};
use crate::math;
use crate::solve::{self, Observer};
use climbdown_lang::Scenario;
use climbdown_lang::scenario::{BinaryOp, Chance, Expr, ExprKind, Foresight, MoveId};
use serde::Serialize;

/// What the numbers of [`Audits`] mean.
pub const DEFINITION: &str = "change of each outcome's probability when the model is changed in a way \
     that is no change of the crisis, and solved anew";

/// The audits.
#[derive(Clone, Debug, Serialize)]
pub struct Audits {
    /// What is measured.
    pub definition: &'static str,
    /// Grid points along each belief axis, in all solutions alike.
    pub belief_points: usize,
    /// As it is.
    pub base: Vec<Number>,
    /// The audits.
    pub audits: Vec<Audit>,
}

/// One audit.
#[derive(Clone, Debug, Serialize)]
pub struct Audit {
    /// "halve_round", "duplicate_as_kind", "duplicate_as_move", "double_precision".
    pub name: &'static str,
    /// What was changed, in words.
    pub change: String,
    /// The probabilities then, in the order of [`Audits::base`].
    pub numbers: Vec<f64>,
    /// Largest absolute change.
    pub largest: f64,
    /// Why there are none.
    pub failure: Option<String>,
}

/// Halves the round, duplicates a move in both ways, doubles precision. `base` are the numbers of the
/// scenario as it is on the same grid, where they are known.
///
/// # Errors
/// [`AnalysisError`] when the scenario itself is not solved, or the work is interrupted.
pub fn audits(
    scenario: &Scenario,
    duplicated: MoveId,
    base: Option<Vec<Number>>,
    options: &solve::Options,
    observer: &dyn Observer,
) -> Result<Audits, AnalysisError> {
    let mv = scenario
        .moves
        .get(duplicated.0 as usize)
        .ok_or_else(|| AnalysisError::Question("there is no such move".to_owned()))?;
    let name = format!("{}.{}", scenario.actors[mv.actor.0 as usize].name, mv.name);
    let changed = [
        (
            "halve_round",
            "rounds half as long".to_owned(),
            halve_round(scenario),
        ),
        (
            "duplicate_as_kind",
            format!("`{name}` twice, as variants of one kind"),
            duplicate(scenario, duplicated, true),
        ),
        (
            "duplicate_as_move",
            format!("`{name}` twice, as moves of their own"),
            duplicate(scenario, duplicated, false),
        ),
        (
            "double_precision",
            "everybody twice as precise".to_owned(),
            double_precision(scenario),
        ),
    ];
    let workers = at_once(&compiled(scenario, "the scenario")?, options);
    let known = base.is_some();
    let count = changed.len() + usize::from(!known);
    let mut found = each_side_by_side(count, workers, "audit", observer, |k, quiet| {
        let Some((name, _, changed)) = changed.get(k) else {
            return numbers(scenario, "the scenario", options, quiet);
        };
        if *name == "halve_round" && !changed.observed.is_empty() {
            return Err(AnalysisError::Question(
                "what was seen is told by whole rounds, so the round cannot be halved".to_owned(),
            ));
        }
        numbers(changed, name, options, quiet)
    })?;
    let base = match (base, found.pop_if(|_| !known)) {
        (Some(base), _) => base,
        (None, Some(own)) => own?,
        (None, None) => Vec::new(),
    };
    let mut audits = Vec::with_capacity(changed.len());
    for ((name, change, _), then) in changed.into_iter().zip(found) {
        audits.push(match then {
            Ok(then) => Audit {
                name,
                change,
                largest: math::largest(
                    then.iter()
                        .zip(&base)
                        .map(|(a, b)| (a.probability - b.probability).abs()),
                ),
                numbers: then.iter().map(|n| n.probability).collect(),
                failure: None,
            },
            Err(error) => Audit {
                name,
                change,
                numbers: Vec::new(),
                largest: 0.0,
                failure: Some(error.to_string()),
            },
        });
    }
    Ok(Audits {
        definition: DEFINITION,
        belief_points: options.belief_points,
        base,
        audits,
    })
}

/// The same crisis in rounds half as long. Rates, flows and discounts are per time and follow by
/// themselves; probabilities and opportunities a round become those of half a round,
/// 1 − (1 − p)^½; horizon, window, foresight and what is paid afterwards count twice as many rounds.
/// A decision that comes for certain every round still does, so its maker is asked twice as often:
/// that is what the audit is to show.
pub fn halve_round(scenario: &Scenario) -> Scenario {
    let mut half = scenario.clone();
    half.round_days /= 2.0;
    half.round_name = format!("half {}", half.round_name);
    for rounds in [
        &mut half.horizon,
        &mut half.window,
        &mut half.afterwards,
        &mut half.transient,
    ] {
        *rounds = rounds.saturating_mul(2);
    }
    if let Foresight::Rounds(rounds) = &mut half.foresight {
        *rounds = rounds.saturating_mul(2);
    }
    for question in &mut half.questions {
        question.within = question.within.saturating_mul(2);
    }
    for actor in &mut half.actors {
        for chance in [&mut actor.opportunity, &mut actor.believed_opportunity] {
            *chance = chance.take().map(of_half);
        }
    }
    for trigger in &mut half.triggers {
        let believed = trigger.believed.as_mut();
        for chance in std::iter::once(&mut trigger.chance).chain(believed) {
            if let Chance::Probability(p) = chance {
                *p = of_half(p.clone());
            }
        }
    }
    half
}

/// 1 − (1 − p)^½
fn of_half(p: Expr) -> Expr {
    let span = p.span;
    let expr = |kind| Expr { kind, span };
    let number = |x| Box::new(expr(ExprKind::Number(x)));
    let binary = |op, a, b| expr(ExprKind::Binary(op, a, b));
    let left = binary(BinaryOp::Subtract, number(1.0), Box::new(p));
    let root = binary(BinaryOp::Power, Box::new(left), number(0.5));
    binary(BinaryOp::Subtract, number(1.0), Box::new(root))
}

/// The same crisis with one move under two names; seen from outside they are one. As variants of a
/// kind they share its place, as moves of their own they take two.
pub fn duplicate(scenario: &Scenario, id: MoveId, as_kind: bool) -> Scenario {
    let mut twice = scenario.clone();
    let Some(original) = twice.moves.get_mut(id.0 as usize) else {
        return twice;
    };
    if as_kind && original.kind.is_none() {
        original.kind = Some(format!("{} and its copy", original.name));
    }
    let mut copy = original.clone();
    copy.name = format!("{} (copy)", copy.name);
    if !as_kind {
        copy.kind = None;
    }
    twice.moves.push(copy);
    twice
}

/// The same crisis with everybody's λ doubled.
pub fn double_precision(scenario: &Scenario) -> Scenario {
    let mut sharp = scenario.clone();
    for actor in &mut sharp.actors {
        let span = actor.precision.span;
        let two = Expr {
            kind: ExprKind::Number(2.0),
            span,
        };
        actor.precision = Expr {
            kind: ExprKind::Binary(
                BinaryOp::Multiply,
                Box::new(two),
                Box::new(actor.precision.clone()),
            ),
            span,
        };
    }
    sharp
}
