//! But-for, mechanically: one part of the course of events taken away, while strategies and
//! inferences stay as they were solved with it.
//!
//! A trigger no longer fires in truth but is believed as before: only the true kernel changes. A
//! variable that is held still: every step that would move it does not, and what the public infers from
//! the step stays; so the next states of both kernels are projected.

use super::freezing::Quiet;
use super::resolve::{AnalysisError, Number, compiled, read};
use super::switches::Switch;
use super::variation::Change;
use crate::game::{Game, NONE, Phase, State};
use crate::solve::{Observer, Solution};
use climbdown_lang::Scenario;
use climbdown_lang::scenario::{Chance, Expr, ExprKind};
use rustc_hash::{FxHashMap, FxHashSet};

/// The numbers with `switch` off and the solution as it is, or why that means nothing.
///
/// # Errors
/// [`AnalysisError`] when interrupted.
pub fn mechanical(
    scenario: &Scenario,
    switch: &Switch,
    game: &Game,
    solution: &Solution,
    observer: &dyn Observer,
) -> Result<Result<Vec<Number>, String>, AnalysisError> {
    if switch.private_information {
        let reason = "beliefs are what is switched; they cannot stay as they are";
        return Ok(Err(reason.to_owned()));
    }
    let mut truth = scenario.clone();
    let mut held = Vec::new();
    for change in &switch.changes {
        match *change {
            Change::Trigger(id, false) => {
                let trigger = &mut truth.triggers[id.0 as usize];
                let zero = Expr {
                    kind: ExprKind::Number(0.0),
                    span: trigger.span,
                };
                let before = std::mem::replace(&mut trigger.chance, Chance::Probability(zero));
                trigger.believed.get_or_insert(before);
            }
            Change::Freeze(id, level) => held.push((id.0 as usize, level as u16)),
            _ => {
                let reason = "a choice cannot be taken away while strategies stay as they are";
                return Ok(Err(reason.to_owned()));
            }
        }
    }
    let changed = match compiled(&truth, &switch.name) {
        Ok(changed) if same_tables(game, &changed) => standing(changed, game),
        Ok(_) => {
            return Ok(Err("the states are others without it".to_owned()));
        }
        Err(error) => return Ok(Err(error.to_string())),
    };
    if held.is_empty() {
        return read(&changed, solution, &Quiet(observer)).map(Ok);
    }
    match hold(&changed, solution, &held) {
        Ok((game, solution)) => read(&game, &solution, &Quiet(observer)).map(Ok),
        Err(reason) => Ok(Err(reason)),
    }
}

/// The changed game where the crisis stands: what was seen since it began stays as it is.
fn standing(changed: Game, game: &Game) -> Game {
    Game {
        phases: changed.phases,
        ..game.clone()
    }
}

/// Do the two games differ in true probabilities at most?
fn same_tables(a: &Game, b: &Game) -> bool {
    let same = |(a, b): (&Phase, &Phase)| match (a, b) {
        (Phase::Move(a), Phase::Move(b)) => {
            a.node_state == b.node_state
                && a.alternative_outcomes == b.alternative_outcomes
                && a.outcome_labels == b.outcome_labels
                && a.outcome_next == b.outcome_next
                && a.outcome_believed == b.outcome_believed
        }
        (Phase::Events(a), Phase::Events(b)) => {
            a.node_state == b.node_state
                && a.node_outcomes == b.node_outcomes
                && a.outcome_next == b.outcome_next
                && a.outcome_believed == b.outcome_believed
        }
        _ => false,
    };
    a.states == b.states
        && a.phases.len() == b.phases.len()
        && a.phases.iter().zip(&b.phases).all(same)
}

/// The game and solution with these variables held at these levels in every step.
fn hold(
    game: &Game,
    solution: &Solution,
    held: &[(usize, u16)],
) -> Result<(Game, Solution), String> {
    let levels_of = |state: usize| -> Vec<u16> {
        let levels = game.variables.iter();
        levels.map(|v| v.of_state[state]).collect()
    };
    let by_levels: FxHashMap<Vec<u16>, State> = (0..game.states.len())
        .map(|state| (levels_of(state), state as State))
        .collect();
    // Where the held state does not exist, `NONE`; that matters only if play comes there.
    let project: Vec<State> = (0..game.states.len())
        .map(|state| {
            let mut levels = levels_of(state);
            for (v, level) in held {
                levels[*v] = *level;
            }
            by_levels.get(&levels).copied().unwrap_or(NONE)
        })
        .collect();
    let ends: FxHashSet<State> = game.ends.iter().map(|e| e.state).collect();
    let stands = |state: State, phase: usize| {
        state != NONE
            && (ends.contains(&state) || {
                let row = solution.layout.rows[phase][state as usize];
                row != NONE && (row as usize) < solution.layout.nodes[phase]
            })
    };
    let count = game.phases.len();
    let mut seen: Vec<FxHashSet<State>> = vec![FxHashSet::default(); count];
    let start = project[game.start as usize];
    if !stands(start, 0) {
        return Err("the crisis cannot begin without it".to_owned());
    }
    let mut queue = vec![(0usize, start)];
    seen[0].insert(start);
    while let Some((p, state)) = queue.pop() {
        if ends.contains(&state) {
            continue;
        }
        let n = solution.layout.rows[p][state as usize] as usize;
        let next: Vec<State> = match &game.phases[p] {
            Phase::Move(phase) => phase
                .alternatives(n)
                .flat_map(|a| phase.outcomes(a))
                .map(|o| phase.outcome_next[o])
                .collect(),
            Phase::Events(phase) => phase.outcomes(n).map(|o| phase.outcome_next[o]).collect(),
        };
        let after = (p + 1) % count;
        for to in next {
            let to = project[to as usize];
            if !stands(to, after) {
                return Err(format!(
                    "from {} play would come to a state for which no strategy was solved",
                    game.states[state as usize]
                ));
            }
            if seen[after].insert(to) {
                queue.push((after, to));
            }
        }
    }
    let place = |state: State, phase: usize| {
        let to = project[state as usize];
        // Nodes that play never comes to keep what they have.
        if stands(to, phase) { to } else { state }
    };
    let mut game = game.clone();
    let mut solution = solution.clone();
    game.start = start;
    for (p, phase) in game.phases.iter_mut().enumerate() {
        let after = (p + 1) % count;
        let next = match phase {
            Phase::Move(phase) => &mut phase.outcome_next,
            Phase::Events(phase) => &mut phase.outcome_next,
        };
        next.iter_mut().for_each(|to| *to = place(*to, after));
        for signals in &mut solution.layout.signals[p] {
            for (to, _) in &mut signals.targets {
                *to = place(*to, after);
            }
        }
    }
    Ok((game, solution))
}
