//! Proportionality: how often a cost of force in excess of the provocation holds force back, and its
//! shadow price.
//!
//! A scenario states it as an ordinary cost of the move, with `out_of_proportion(force, provocation)`, the
//! square of what force exceeds provocation by. The cost is read off the payoffs with and without
//! that function, so whatever weight or condition stands around it is in the numbers.

use super::apart;
use super::force;
use super::places::{self, Met};
use super::plan::Plan;
use super::resolve::{AnalysisError, compiled};
use crate::game::{Game, Label};
use crate::play::BeliefLayout;
use crate::solve::{self, Observer, Solution, SolveError};
use climbdown_lang::Scenario;
use climbdown_lang::library::Function;
use climbdown_lang::scenario::{BinaryOp, Expr, ExprKind, MoveId};
use serde::Serialize;

/// What the numbers mean, in a line.
pub const DEFINITION: &str = "over decisions in play at which the move is open: how often it would \
     exceed the provocation; how often it is held back, the best move but for that cost and not with \
     it; the mean cost where it exceeds; and the shadow price, what the actor would gain at a decision \
     from one more unit of provocation, to first order (choice probability times marginal cost)";

/// Step by which the marginal cost is taken.
const STEP: f64 = 1e-6;

/// The limit of proportionality.
#[derive(Clone, Debug, Serialize)]
pub struct Proportionality {
    /// What is measured.
    pub definition: &'static str,
    /// One a move with such a cost.
    pub limits: Vec<Limit>,
}

/// Proportionality of one move.
#[derive(Clone, Debug, Serialize)]
pub struct Limit {
    /// The move, "actor.move".
    #[serde(rename = "move")]
    pub mv: String,
    /// Share of its actor's decisions at which it is open.
    pub open: f64,
    /// Share of these at which it exceeds the provocation.
    pub excessive: f64,
    /// Share of these, by type as believed, at which the cost holds it back.
    pub binding: f64,
    /// Mean cost to the actor where it exceeds.
    pub cost: f64,
    /// Mean gain of the actor at a decision from one more unit of provocation.
    pub shadow_price: f64,
}

/// Moves that cost what they exceed the provocation by.
pub fn limited(scenario: &Scenario) -> Vec<MoveId> {
    let limited = |m: &MoveId| {
        let mut found = false;
        for payment in &scenario.moves[m.0 as usize].payments {
            super::chokepoint::walk(&payment.value, &mut |e| found |= is_limit(e));
        }
        found
    };
    (0..scenario.moves.len() as u32)
        .map(MoveId)
        .filter(limited)
        .collect()
}

fn is_limit(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Call(Function::OutOfProportion, _))
}

/// The scenario with `change` made to every call of the function in payments of moves.
fn with(scenario: &Scenario, change: &dyn Fn(&mut Expr)) -> Scenario {
    let mut scenario = scenario.clone();
    for payment in scenario.moves.iter_mut().flat_map(|m| &mut m.payments) {
        rewrite(&mut payment.value, change);
    }
    scenario
}

fn rewrite(expr: &mut Expr, change: &dyn Fn(&mut Expr)) {
    if is_limit(expr) {
        return change(expr);
    }
    let parts = expr.parts_mut().into_iter();
    parts.for_each(|part| rewrite(part, change));
}

/// No cost at all.
fn free(expr: &mut Expr) {
    expr.kind = ExprKind::Number(0.0);
}

/// A little more provocation.
fn relaxed(expr: &mut Expr) {
    let span = expr.span;
    if let ExprKind::Call(_, arguments) = &mut expr.kind
        && let Some(provocation) = arguments.get_mut(1)
    {
        let step = Expr {
            kind: ExprKind::Number(STEP),
            span,
        };
        let sum = ExprKind::Binary(BinaryOp::Add, Box::new(provocation.clone()), Box::new(step));
        provocation.kind = sum;
    }
}

/// How the limit works in play; `None` where no move has one. `solve` are the settings of `solution`.
///
/// # Errors
/// A game whose precision is on discounted values, or interrupted.
pub fn proportionality(
    scenario: &Scenario,
    game: &Game,
    solution: &Solution,
    solve: &solve::Options,
    options: &force::Options,
    observer: &dyn Observer,
) -> Result<Option<Proportionality>, AnalysisError> {
    let moves = limited(scenario);
    if moves.is_empty() {
        return Ok(None);
    }
    apart::one_at_a_time(game, "proportionality")?;
    let plan = Plan::new(game, solution, 0, solve, observer)?;
    // Payoffs alone differ: the tables have the same shape.
    let free = compiled(
        &with(scenario, &free),
        "without the limit of proportionality",
    )?;
    let relaxed = compiled(&with(scenario, &relaxed), "a little more provocation")?;
    let decisions = places::met(game, solution, options.trajectories, options.seed);
    let layout = BeliefLayout::of(game);
    let mut limits = Vec::new();
    for id in moves {
        if observer.cancelled() {
            return Err(SolveError::Cancelled.into());
        }
        let Some(label) = force::label(scenario, game, id) else {
            continue;
        };
        let actor = scenario.moves[id.0 as usize].actor.0 as usize;
        let mut sums = Sums::default();
        for met in &decisions {
            let Some((phase, open)) = places::open(game, met.phase, met.node) else {
                continue;
            };
            if phase.actors[0] as usize != actor {
                continue;
            }
            sums.decisions += met.times as f64;
            let Some(at) = open.iter().position(|l| *l == label) else {
                continue;
            };
            let belief = &met.belief[layout.range(actor)];
            let paid = |g: &Game| payments(g, met, actor, label);
            let (Some(now), Some(free), Some(relaxed)) = (paid(game), paid(&free), paid(&relaxed))
            else {
                continue;
            };
            let Some(choice) = places::choice(plan.at(met.round), met.place()) else {
                continue;
            };
            for (kind, weight) in belief.iter().enumerate() {
                let cost = free[kind] - now[kind];
                let slope = (relaxed[kind] - now[kind]) / STEP;
                let values = &choice.values[kind];
                let other = places::best(values, |m| m != at).map(|m| values[m]);
                let held = other.is_some_and(|o| values[at] < o && values[at] + cost > o);
                let weight = weight * met.times as f64;
                sums.open += weight;
                sums.shadow += weight * choice.sigma[kind][at] * slope;
                sums.binding += if held { weight } else { 0.0 };
                if cost > 0.0 {
                    sums.excessive += weight;
                    sums.cost += weight * cost;
                }
            }
        }
        limits.push(sums.limit(game.labels[label as usize].clone()));
    }
    Ok(Some(Proportionality {
        definition: DEFINITION,
        limits,
    }))
}

/// What a move pays its actor at a decision, by type.
fn payments(game: &Game, met: &Met, actor: usize, label: Label) -> Option<Vec<f64>> {
    let (phase, open) = places::open(game, met.phase, met.node)?;
    let at = open.iter().position(|l| *l == label)?;
    let alternative = phase.alternatives(met.node).start + at;
    let seats = game.seats();
    let seat = game.seat(actor);
    let kinds = game.actors[actor].types.len();
    Some(phase.payoff[alternative * seats + seat..][..kinds].to_vec())
}

#[derive(Default)]
struct Sums {
    decisions: f64,
    open: f64,
    excessive: f64,
    binding: f64,
    cost: f64,
    shadow: f64,
}

impl Sums {
    fn limit(&self, mv: String) -> Limit {
        let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        Limit {
            mv,
            open: share(self.open, self.decisions),
            excessive: share(self.excessive, self.open),
            binding: share(self.binding, self.open),
            cost: share(self.cost, self.excessive),
            shadow_price: share(self.shadow, self.open),
        }
    }
}
