//! What actors who move at once may infer.
//!
//! An actor knows its own move, so it could infer more about the others from a public result than
//! the public can. Beliefs are public, so that must not happen: of a typed actor who moves with
//! others, either each label reveals its move, or labels and next state together reveal the moves of
//! all others.

use super::Context;
use super::moves::MoveStep;
use crate::game::{MovePhase, State};
use climbdown_lang::{Diagnostic, Span};
use rustc_hash::FxHashMap;

/// Checks the node added last.
pub fn check(step: &MoveStep, id: State, spans: &[Span], context: &mut Context) {
    let table = &step.table;
    let movers = table.actors.len();
    if movers < 2 {
        return;
    }
    for (mover, span) in spans.iter().enumerate() {
        let actor = table.actors[mover] as usize;
        if context.kinds[actor] < 2 {
            continue;
        }
        let Some(label) = veiled_label(table, mover) else {
            continue;
        };
        if reveals_others(table, mover) {
            continue;
        }
        let label = context.labels[label as usize].clone();
        let name = context.scenario.actors[actor].name.clone();
        let levels = context.space.levels_of(id).to_vec();
        context.report("E1114", *span, &levels, |place| {
            Diagnostic::error(
                "E1114",
                *span,
                format!("in state {place} the label `{label}` hides which move `{name}` made from those who move at the same time"),
            )
            .label("expected labels that reveal this actor's move, or results that reveal the others' moves")
            .help("give the moves labels of their own, or let the actors move one after the other")
        });
    }
}

fn node_alternatives(table: &MovePhase) -> std::ops::Range<usize> {
    let first = table.node_alternatives[table.nodes() - 1] as usize;
    first..table.alternative_outcomes.len() - 1
}

/// A label of the mover that more than one of its moves may send.
fn veiled_label(table: &MovePhase, mover: usize) -> Option<u32> {
    let movers = table.actors.len();
    let mut sender: FxHashMap<u32, u32> = FxHashMap::default();
    for alternative in node_alternatives(table) {
        let mv = table.alternative_moves[alternative * movers + mover];
        for o in table
            .outcomes(alternative)
            .filter(|o| table.outcome_believed[*o] > 0.0)
        {
            let label = table.outcome_labels[o * movers + mover];
            if *sender.entry(label).or_insert(mv) != mv {
                return Some(label);
            }
        }
    }
    None
}

/// Do labels and next state determine the moves of all but this mover?
fn reveals_others(table: &MovePhase, mover: usize) -> bool {
    let movers = table.actors.len();
    let mut senders: FxHashMap<(&[u32], State), Vec<u32>> = FxHashMap::default();
    for alternative in node_alternatives(table) {
        let moves = &table.alternative_moves[alternative * movers..(alternative + 1) * movers];
        let mut others = moves.to_vec();
        others[mover] = 0;
        for o in table
            .outcomes(alternative)
            .filter(|o| table.outcome_believed[*o] > 0.0)
        {
            let labels = &table.outcome_labels[o * movers..(o + 1) * movers];
            let known = senders
                .entry((labels, table.outcome_next[o]))
                .or_insert_with(|| others.clone());
            if *known != others {
                return false;
            }
        }
    }
    true
}
