//! The game that is left after an observed past.

use super::Standing;
use crate::game::{Game, Rule};

/// The game that is left: it starts in the state, with the beliefs, and asks what the original asked.
/// Outcome classes that were to be read at a round that is over are settled, as are questions whose
/// time is up or that have come true.
pub fn remaining(game: &Game, standing: &Standing) -> Game {
    let past = standing.round;
    let mut rest = game.clone();
    rest.start = standing.state;
    // A game has at least one round; past the last one nothing is asked of it.
    rest.horizon = game.horizon.saturating_sub(past).max(1);
    let mut entry = 0;
    for actor in &mut rest.actors {
        for kind in &mut actor.types {
            kind.prior = standing.belief[entry];
            kind.weight = standing.weight[entry];
            entry += 1;
        }
    }
    let states = game.states.len();
    let constant = |rest: &mut Game, holds: bool| -> u32 {
        rest.events.push(vec![holds; states]);
        rest.events.len() as u32 - 1
    };
    let settled = game.window < past;
    let at_window = standing.class.get(game.window as usize).copied();
    for c in 0..rest.classes.len() {
        let rule = match (rest.classes[c].rule, at_window) {
            (Rule::Otherwise, _) => Rule::Otherwise,
            (_, Some(class)) if settled => Rule::AtEnd(constant(&mut rest, class == c)),
            (Rule::Ever(e), _) if standing.entered[e as usize].is_some() => {
                Rule::AtEnd(constant(&mut rest, true))
            }
            (rule, _) => rule,
        };
        rest.classes[c].rule = rule;
    }
    rest.window = game.window.saturating_sub(past);
    for q in 0..rest.questions.len() {
        let question = &rest.questions[q];
        let entered = standing.entered[question.event as usize];
        let (by, event) = (question.by, question.event);
        let event = match entered {
            Some(round) => constant(&mut rest, round <= by),
            None if by < past => constant(&mut rest, false),
            None => event,
        };
        rest.questions[q].event = event;
        rest.questions[q].by = by.saturating_sub(past);
    }
    prune(&mut rest);
    rest
}

/// Leaves out sets that nothing asks for any more, so that repeated observation does not pile them up.
fn prune(game: &mut Game) {
    let mut used = vec![false; game.events.len()];
    for class in &game.classes {
        if let Rule::Ever(e) | Rule::AtEnd(e) = class.rule {
            used[e as usize] = true;
        }
    }
    for question in &game.questions {
        used[question.event as usize] = true;
    }
    let mut place = vec![0; used.len()];
    let mut kept = Vec::new();
    for (e, set) in std::mem::take(&mut game.events).into_iter().enumerate() {
        if used[e] {
            place[e] = kept.len() as u32;
            kept.push(set);
        }
    }
    game.events = kept;
    for class in &mut game.classes {
        if let Rule::Ever(e) | Rule::AtEnd(e) = &mut class.rule {
            *e = place[*e as usize];
        }
    }
    for question in &mut game.questions {
        question.event = place[question.event as usize];
    }
}
