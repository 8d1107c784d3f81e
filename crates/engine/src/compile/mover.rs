//! A mover: its moves, which of them are open, and how often it gets to choose.

use super::chance::Branches;
use super::expression::{PUBLIC, Value};
use super::payoff::SeatValues;
use super::{Context, Lowering};
use crate::game::{Label, Opportunity};
use climbdown_lang::scenario::{ActorId, MoveId};
use climbdown_lang::{Diagnostic, Scenario, Span};

/// A lowered move.
#[derive(Clone, Debug)]
pub struct LoweredMove {
    /// Its own name, "actor.move".
    pub name: Label,
    /// Public name.
    pub seen_as: Label,
    guard: Option<Value>,
    /// Paid at once, by seat.
    pub payments: SeatValues,
    /// Near-duplicates share one.
    pub kind: Option<String>,
    /// What may follow.
    pub branches: Branches,
    id: Option<MoveId>,
}

/// What a mover can do and how often it gets to choose.
#[derive(Clone, Debug)]
pub struct Mover {
    name: String,
    span: Span,
    /// The moves in the written order.
    pub moves: Vec<LoweredMove>,
    opportunity: Option<Value>,
    believed: Option<Value>,
    default: Option<MoveId>,
    /// The actor declared no move at all and passes.
    passes: bool,
}

impl Mover {
    /// Lowers an actor's moves.
    pub fn lower(actor: ActorId, lowering: &mut Lowering) -> Self {
        let scenario = lowering.scenario;
        let declared = &scenario.actors[actor.0 as usize];
        let mut moves: Vec<LoweredMove> = Vec::new();
        for (m, mv) in scenario
            .moves
            .iter()
            .enumerate()
            .filter(|(_, m)| m.actor == actor)
        {
            let name = format!("{}.{}", declared.name, mv.name);
            let of = format!("`{name}`");
            moves.push(LoweredMove {
                name: lowering.label(&name),
                seen_as: lowering.label(&mv.seen_as),
                guard: mv.guard.as_ref().map(|g| lowering.value(g, PUBLIC)),
                payments: SeatValues::lower(
                    mv.payments.iter().map(|p| (p.actor, &p.value, 1.0)),
                    lowering,
                ),
                kind: mv.kind.clone(),
                branches: Branches::lower(&mv.outcomes, of, mv.span, lowering),
                id: Some(MoveId(m as u32)),
            });
        }
        let passes = moves.is_empty();
        if passes {
            let name = lowering.label(&format!("{}.pass", declared.name));
            moves.push(LoweredMove {
                name,
                seen_as: name,
                guard: None,
                payments: SeatValues::default(),
                kind: None,
                branches: Branches::certain(),
                id: None,
            });
        }
        Self {
            name: declared.name.clone(),
            span: declared.span,
            moves,
            opportunity: declared
                .opportunity
                .as_ref()
                .map(|o| lowering.value(o, PUBLIC)),
            believed: declared
                .believed_opportunity
                .as_ref()
                .map(|o| lowering.value(o, PUBLIC)),
            default: declared.default,
            passes,
        }
    }

    /// Where the actor is declared.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Moves open in a state.
    pub fn legal(&self, levels: &[u16], context: &mut Context) -> Vec<usize> {
        let legal: Vec<usize> = (0..self.moves.len())
            .filter(|m| match &self.moves[*m].guard {
                Some(guard) => context.condition(guard, levels),
                None => true,
            })
            .collect();
        if legal.is_empty() {
            let (span, name) = (self.span, &self.name);
            context.report("E1101", span, levels, |place| {
                Diagnostic::error(
                    "E1101",
                    span,
                    format!("a guard leaves `{name}` no move in state {place}"),
                )
                .label("expected a move open in every state that can be reached")
                .help(format!(
                    "give `{name}` a move without `when`, such as waiting"
                ))
            });
        }
        legal
    }

    /// How often it gets to choose in a state, and what is played otherwise.
    pub fn opportunity(
        &self,
        legal: &[usize],
        levels: &[u16],
        context: &mut Context,
    ) -> Opportunity {
        let position = self
            .default
            .and_then(|d| legal.iter().position(|m| self.moves[*m].id == Some(d)));
        let default = position.unwrap_or(0) as u32;
        let Some(value) = &self.opportunity else {
            return Opportunity {
                probability: 1.0,
                believed: 1.0,
                default,
            };
        };
        let probability = self.chance(value, levels, context);
        let believed = match &self.believed {
            Some(value) => self.chance(value, levels, context),
            None => probability,
        };
        if (probability < 1.0 || believed < 1.0) && position.is_none() && !self.passes {
            let (name, span) = (&self.name, self.span);
            match self.default {
                None => context.report("E1102", span, levels, |_| {
                    Diagnostic::error(
                        "E1102",
                        span,
                        format!("`{name}` may miss its opportunity and has no default move"),
                    )
                    .label("expected a line `default MOVE`")
                }),
                Some(d) => {
                    let default = &context.scenario.moves[d.0 as usize];
                    let (at, played) = (default.span, default.name.clone());
                    context.report("E1102", at, levels, |place| {
                        Diagnostic::error(
                            "E1102",
                            at,
                            format!("`{name}.{played}` is played without an opportunity, but is not open in state {place}"),
                        )
                        .label("expected a default move that is open wherever the opportunity may be missing")
                        .related(span, format!("the opportunity there is {probability}"))
                    });
                }
            }
        }
        Opportunity {
            probability,
            believed,
            default,
        }
    }

    fn chance(&self, value: &Value, levels: &[u16], context: &mut Context) -> f64 {
        let p = context.bank.value(value, levels);
        if p > 0.0 && p <= 1.0 {
            return p;
        }
        let (span, name) = (value.span, &self.name);
        context.report("E1107", span, levels, |place| {
            Diagnostic::error(
                "E1107",
                span,
                format!("the opportunity of `{name}` is {p} in state {place}"),
            )
            .label("expected a number above 0 and at most 1")
        });
        1.0
    }
}

/// Own and public name of a move, for triggers that look like it.
pub fn names_of(scenario: &Scenario, id: MoveId) -> (String, &str) {
    let mv = &scenario.moves[id.0 as usize];
    let actor = &scenario.actors[mv.actor.0 as usize];
    (format!("{}.{}", actor.name, mv.name), &mv.seen_as)
}
