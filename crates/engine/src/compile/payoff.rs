//! Payoffs: payments at moves, flows by named term, and the value where foresight ends.
//!
//! A seat is an actor with one of its types. Flows are stated per unit of time and converted to a
//! round. The value afterwards is Σ_{k<A} δ^k of today's structural flow plus Σ_{k<T} δ^k of today's
//! transient flow plus the `afterwards` terms, which may be linear in public beliefs.

use super::expression::{BeliefAt, Holder, Value};
use super::{Context, Levels, Lowering};
use crate::game::{BeliefValue, TermFlow};
use climbdown_lang::Diagnostic;
use climbdown_lang::scenario::{ActorId, Expr, Term};

/// Values by seat, each with a factor.
#[derive(Clone, Debug, Default)]
pub struct SeatValues {
    list: Vec<(usize, Value, f64)>,
}

impl SeatValues {
    /// Lowers values of actors for all of their types; each is multiplied by its factor.
    pub fn lower<'e>(
        values: impl Iterator<Item = (ActorId, &'e Expr, f64)>,
        lowering: &mut Lowering,
    ) -> Self {
        let mut list = Vec::new();
        for (actor, expr, factor) in values {
            for kind in 0..lowering.types(actor.0) {
                let holder = Holder {
                    seat: Some((actor.0, kind)),
                    belief: None,
                };
                let seat = lowering.seat[actor.0 as usize] + kind as usize;
                list.push((seat, lowering.value(expr, holder), factor));
            }
        }
        Self { list }
    }

    /// Adds the values in a state to `slots`, one a seat.
    pub fn add(&self, levels: &Levels, context: &mut Context, slots: &mut [f64]) {
        for (seat, value, factor) in &self.list {
            slots[*seat] += context.payoff(value, levels) * factor;
        }
    }
}

/// The flows and the value afterwards of all actors.
#[derive(Clone, Debug)]
pub struct Payoffs {
    terms: Vec<LoweredTerm>,
    after: Vec<AfterTerm>,
    /// By actor: Σ_{k<A} δ^k and Σ_{k<T} δ^k.
    spans: Vec<(f64, f64)>,
}

#[derive(Clone, Debug)]
struct LoweredTerm {
    actor: usize,
    name: String,
    transient: bool,
    /// One a type.
    values: Vec<Value>,
    /// From the stated unit of time to a round.
    factor: f64,
}

/// A term paid where foresight ends, for one seat.
#[derive(Clone, Debug)]
struct AfterTerm {
    seat: usize,
    /// At beliefs of 0.
    constant: Value,
    /// (actor, type, value where this belief is 1 and the others 0).
    linear: Vec<(u32, u32, Value)>,
    /// At beliefs of ½, to make sure that the term is linear.
    half: Value,
}

/// All beliefs equal, but for one.
#[derive(Debug)]
struct Corner {
    others: f64,
    one: Option<(u32, u32)>,
}

impl BeliefAt for Corner {
    fn belief(&self, actor: u32, kind: u32) -> f64 {
        if self.one == Some((actor, kind)) {
            1.0
        } else {
            self.others
        }
    }
}

impl Payoffs {
    /// Lowers the payoff and afterwards blocks. `discounts` are factors a round.
    pub fn lower(discounts: &[f64], lowering: &mut Lowering) -> Self {
        let scenario = lowering.scenario;
        let mut terms = Vec::new();
        let mut after = Vec::new();
        for (a, actor) in scenario.actors.iter().enumerate() {
            for term in &actor.payoff {
                let values = (0..lowering.types(a as u32))
                    .map(|kind| {
                        let holder = Holder {
                            seat: Some((a as u32, kind)),
                            belief: None,
                        };
                        lowering.value(&term.value, holder)
                    })
                    .collect();
                let factor = rounds(scenario.round_days, term.per_days);
                let (name, transient) = (term.name.clone(), term.transient);
                terms.push(LoweredTerm {
                    actor: a,
                    name,
                    transient,
                    values,
                    factor,
                });
            }
            for term in &actor.afterwards {
                for kind in 0..lowering.types(a as u32) {
                    after.push(AfterTerm::lower(a as u32, kind, term, lowering));
                }
            }
        }
        let spans = discounts
            .iter()
            .map(|d| {
                (
                    geometric(*d, scenario.afterwards),
                    geometric(*d, scenario.transient),
                )
            })
            .collect();
        Self {
            terms,
            after,
            spans,
        }
    }

    /// Is anything paid by the round?
    pub fn has_flows(&self) -> bool {
        !self.terms.is_empty()
    }

    /// Σ_{k<A} δ^k of an actor.
    pub fn structural_span(&self, actor: usize) -> f64 {
        self.spans[actor].0
    }

    /// Rounds' worth of a term in the value afterwards.
    fn span(&self, term: &LoweredTerm) -> f64 {
        let (structural, transient) = self.spans[term.actor];
        if term.transient {
            transient
        } else {
            structural
        }
    }

    /// Empty tables of named flows for `states` states.
    pub fn term_tables(&self, states: usize) -> Vec<TermFlow> {
        self.terms
            .iter()
            .map(|t| TermFlow {
                actor: t.actor as u32,
                name: t.name.clone(),
                flow: vec![0.0; states * t.values.len()],
                span: self.span(t),
            })
            .collect()
    }

    /// Writes the flows of a live state into the named tables, and adds its value afterwards by seat.
    pub fn state(
        &self,
        state: usize,
        levels: &Levels,
        context: &mut Context,
        tables: &mut [TermFlow],
        afterwards: &mut [f64],
    ) {
        for (term, table) in self.terms.iter().zip(tables) {
            let span = self.span(term);
            let kinds = term.values.len();
            for (kind, value) in term.values.iter().enumerate() {
                let flow = context.payoff(value, levels) * term.factor;
                table.flow[state * kinds + kind] = flow;
                afterwards[context.seat[term.actor] + kind] += span * flow;
            }
        }
    }

    /// Adds the `afterwards` terms of a state in which a round can start.
    pub fn afterwards(
        &self,
        state: usize,
        levels: &Levels,
        context: &mut Context,
        afterwards: &mut [f64],
        parts: &mut Vec<BeliefValue>,
        states: usize,
    ) {
        let seats = context.seats;
        for term in &self.after {
            let constant = context.payoff(&term.constant, levels);
            afterwards[term.seat] += constant;
            let mut halves = 0.0;
            let mut size = constant.abs();
            for (actor, kind, value) in &term.linear {
                let coefficient = context.payoff(value, levels) - constant;
                halves += 0.5 * coefficient;
                size += coefficient.abs();
                let known = parts
                    .iter()
                    .position(|p| p.actor == *actor && p.kind == *kind);
                let part = known.unwrap_or_else(|| {
                    let coefficient = vec![0.0; states * seats];
                    parts.push(BeliefValue {
                        actor: *actor,
                        kind: *kind,
                        coefficient,
                    });
                    parts.len() - 1
                });
                parts[part].coefficient[state * seats + term.seat] += coefficient;
            }
            let half = context.payoff(&term.half, levels);
            if (half - constant - halves).abs() > 1e-9 * size.max(1.0) {
                let span = term.half.span;
                context.report("E1113", span, levels, |_| {
                    Diagnostic::error("E1113", span, "this value is not linear in the beliefs")
                        .label("expected a sum of numbers times beliefs")
                });
            }
        }
    }
}

impl AfterTerm {
    fn lower(actor: u32, kind: u32, term: &Term, lowering: &mut Lowering) -> Self {
        let seat = lowering.seat[actor as usize] + kind as usize;
        let mut at = |others: f64, one: Option<(u32, u32)>| {
            let corner = Corner { others, one };
            let holder = Holder {
                seat: Some((actor, kind)),
                belief: Some(&corner),
            };
            lowering.value(&term.value, holder)
        };
        let mut beliefs = Vec::new();
        mentioned(&term.value, &mut beliefs);
        let linear = beliefs
            .into_iter()
            .map(|(a, k)| (a, k, at(0.0, Some((a, k)))))
            .collect();
        Self {
            seat,
            constant: at(0.0, None),
            linear,
            half: at(0.5, None),
        }
    }
}

/// Beliefs that an expression mentions.
fn mentioned(expr: &Expr, beliefs: &mut Vec<(u32, u32)>) {
    use climbdown_lang::scenario::ExprKind as K;
    match &expr.kind {
        K::Belief(actor, kind) => {
            if !beliefs.contains(&(actor.0, *kind)) {
                beliefs.push((actor.0, *kind));
            }
        }
        K::Number(_) | K::Parameter(_) | K::Derived(_) | K::Level(_) | K::IsType(..) => {}
        K::Negate(x) | K::Not(x) => mentioned(x, beliefs),
        K::Binary(_, a, b) => {
            mentioned(a, beliefs);
            mentioned(b, beliefs);
        }
        K::If {
            condition,
            then,
            otherwise,
        } => {
            mentioned(condition, beliefs);
            mentioned(then, beliefs);
            mentioned(otherwise, beliefs);
        }
        K::ByLevel { values, .. } => values.iter().for_each(|v| mentioned(v, beliefs)),
        K::Call(_, arguments) => arguments.iter().for_each(|a| mentioned(a, beliefs)),
    }
}

/// How many of the stated units of time a round has.
pub fn rounds(round_days: f64, per_days: f64) -> f64 {
    if per_days > 0.0 {
        round_days / per_days
    } else {
        1.0
    }
}

/// Σ_{k<n} δ^k.
pub fn geometric(discount: f64, n: u32) -> f64 {
    if n <= 10_000 {
        let mut power = 1.0;
        let mut sum = 0.0;
        for _ in 0..n {
            sum += power;
            power *= discount;
        }
        sum
    } else if discount == 1.0 {
        f64::from(n)
    } else {
        let rate = libm::log(discount);
        libm::expm1(f64::from(n) * rate) / libm::expm1(rate)
    }
}
