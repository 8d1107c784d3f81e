//! What is written and can never come about: moves that are never open, triggers that never fire,
//! levels at which a variable never stands.
//!
//! Nothing is reported that comes about in some variation that the scenario allows for: with a policy,
//! an alternative or a mindset, at either end of the ranges, or with some lever (a parameter without a
//! range) at 0, or at 1 where it stands at 0.

use super::variation::{Change, Variation};
use crate::compile::{self, Compiled};
use crate::game::{Game, Phase};
use climbdown_lang::scenario::{
    BinaryOp, Expr, ExprKind, MoveId, Parameter, ParameterId, PhaseOrder, VariableId,
};
use climbdown_lang::{Diagnostic, Scenario, Span};

/// What never came about so far.
struct Unmet {
    /// Moves that were never open.
    moves: Vec<MoveId>,
    /// Places of triggers that never fired.
    triggers: Vec<usize>,
    /// Variables and levels at which they never stood.
    levels: Vec<(usize, usize)>,
}

/// Warnings about a scenario that was `compiled`, in source order.
pub fn unreached(
    scenario: &Scenario,
    compiled: &Compiled,
    options: &compile::Options,
) -> Vec<Diagnostic> {
    let mut unmet = Unmet::declared(scenario);
    unmet.keep(scenario, compiled);
    for variation in variations(scenario) {
        if unmet.is_empty() {
            break;
        }
        // What cannot be compiled so varied brings nothing about.
        let varied = variation.apply(scenario).ok();
        let compiled = varied
            .as_ref()
            .and_then(|s| compile::compile(s, options).ok());
        if let Some(compiled) = compiled {
            unmet.keep(scenario, &compiled);
        }
    }
    let open = going_on(&compiled.game);
    let mut found: Vec<Diagnostic> = Vec::new();
    // What one construct makes and nothing opens is one finding.
    for (at, id) in unmet.moves.iter().enumerate() {
        let place = made(scenario, *id);
        let same = |other: &MoveId| place.is_some() && made(scenario, *other) == place;
        if !unmet.moves[..at].iter().any(same) {
            let others = unmet.moves[at + 1..].iter().filter(|m| same(m)).copied();
            let ids: Vec<MoveId> = std::iter::once(*id).chain(others).collect();
            found.push(closed(scenario, &compiled.game, &ids, place));
        }
    }
    let triggers = unmet.triggers.iter();
    found.extend(triggers.map(|at| silent(scenario, &open, *at)));
    found.extend((0..scenario.variables.len()).filter_map(|v| empty(scenario, &unmet, v)));
    found.sort_by_key(|d| d.span);
    found
}

/// Whatever else the scenario declares that it may be.
fn variations(scenario: &Scenario) -> Vec<Variation> {
    let alternatives = scenario.structures.iter().flat_map(|s| &s.alternatives);
    let mut all: Vec<Variation> = scenario.policies.iter().map(Variation::from).collect();
    all.extend(alternatives.map(Variation::from));
    all.extend(scenario.mindsets.iter().map(Variation::from));
    all.retain(|v| !v.is_empty());
    let moved = |name: &str, to: &dyn Fn(&Parameter) -> f64| {
        let parameters = scenario.parameters.iter().enumerate();
        let changes = parameters
            .filter(|(_, p)| !p.switch && to(p) != p.central)
            .map(|(id, p)| Change::Parameter(ParameterId(id as u32), to(p)));
        Variation::new(name, changes.collect())
    };
    all.push(moved("high", &|p| p.high));
    all.push(moved("low", &|p| p.low));
    all.retain(|v| !v.is_empty());
    let levers = scenario.parameters.iter().enumerate();
    let levers = levers.filter(|(_, p)| !p.switch && p.low == p.high);
    all.extend(levers.map(|(id, p)| {
        let other = if p.central == 0.0 { 1.0 } else { 0.0 };
        let change = Change::Parameter(ParameterId(id as u32), other);
        Variation::new(&p.name, vec![change])
    }));
    all
}

impl Unmet {
    /// All that is written and could be expected to come about. What an actor out of the order does
    /// is warned of already, and constructs make levels whether they are needed or not.
    fn declared(scenario: &Scenario) -> Self {
        let acts = |id: &MoveId| {
            let actor = scenario.moves[id.0 as usize].actor;
            let mut order = scenario.order.iter();
            order.any(|p| matches!(p, PhaseOrder::Move(actors) if actors.contains(&actor)))
        };
        let tables = scenario.talks.iter();
        let tables = tables.flat_map(|t| [Some(t.table), t.prices[0], t.prices[1]]);
        let lines = scenario.red_lines.iter().map(|l| Some(l.pending));
        let ramps = scenario.ramps.iter().map(|r| Some(r.variable));
        let made: Vec<VariableId> = tables.chain(lines).chain(ramps).flatten().collect();
        let written = (0..scenario.variables.len()).filter(|v| {
            let id = VariableId(*v as u32);
            !made.contains(&id)
        });
        Self {
            moves: (0..scenario.moves.len() as u32)
                .map(MoveId)
                .filter(acts)
                .collect(),
            triggers: (0..scenario.triggers.len()).collect(),
            levels: written
                .flat_map(|v| (0..scenario.variables[v].levels.len()).map(move |l| (v, l)))
                .collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.moves.is_empty() && self.triggers.is_empty() && self.levels.is_empty()
    }

    /// Keeps what does not come about in this game either.
    fn keep(&mut self, scenario: &Scenario, compiled: &Compiled) {
        let mut open = vec![false; compiled.game.labels.len()];
        for phase in &compiled.game.phases {
            if let Phase::Move(phase) = phase {
                let named = phase.node_moves.iter().flatten().flatten();
                named.for_each(|label| open[*label as usize] = true);
            }
        }
        let labels = &compiled.game.labels;
        self.moves.retain(|id| {
            let name = name(scenario, *id);
            let label = labels.iter().position(|l| *l == name);
            !label.is_some_and(|l| open[l])
        });
        self.triggers.retain(|at| !compiled.met.triggers[*at]);
        self.levels.retain(|(v, l)| !compiled.met.levels[*v][*l]);
    }
}

fn name(scenario: &Scenario, id: MoveId) -> String {
    let mv = &scenario.moves[id.0 as usize];
    format!("{}.{}", scenario.actors[mv.actor.0 as usize].name, mv.name)
}

/// Levels of the states that do not end the crisis: nothing fires behind its end.
fn going_on(game: &Game) -> Vec<Vec<u16>> {
    let mut ends = vec![false; game.states.len()];
    game.ends.iter().for_each(|e| ends[e.state as usize] = true);
    let all = states(game).into_iter().zip(ends);
    all.filter(|(_, ends)| !ends).map(|(s, _)| s).collect()
}

/// Levels of all states.
fn states(game: &Game) -> Vec<Vec<u16>> {
    let variables = &game.variables;
    (0..game.states.len())
        .map(|s| variables.iter().map(|v| v.of_state[s]).collect())
        .collect()
}

/// Where a move stands that is not written, but made by talks.
fn made(scenario: &Scenario, id: MoveId) -> Option<Span> {
    scenario.talks.iter().find_map(|talks| {
        let mut own = talks.rejects.iter().chain(talks.raises.iter().flatten());
        if own.any(|m| *m == id) {
            return Some(talks.span);
        }
        let package = talks.packages.iter().find(|package| {
            let steps = package.performance.iter();
            let steps = steps.flat_map(|p| [p.perform, p.cheat]);
            let offers = package.offers.into_iter().chain(package.accepts);
            offers.chain(steps).any(|m| m == id)
        })?;
        Some(package.span)
    })
}

/// Moves that are never open: one, or all that are made at one place.
fn closed(scenario: &Scenario, game: &Game, ids: &[MoveId], made: Option<Span>) -> Diagnostic {
    let mv = &scenario.moves[ids[0].0 as usize];
    let declared = made.unwrap_or(mv.span);
    let actor = &scenario.actors[mv.actor.0 as usize].name;
    let mut turns: Vec<u32> = Vec::new();
    for phase in &game.phases {
        if let Phase::Move(phase) = phase
            && phase.actors.contains(&mv.actor.0)
        {
            turns.extend(&phase.node_state);
        }
    }
    turns.sort_unstable();
    turns.dedup();
    let all = states(game);
    let there: Vec<Vec<u16>> = turns.iter().map(|s| all[*s as usize].clone()).collect();
    let (span, why) = if there.is_empty() {
        let why = format!("expected a turn of `{actor}` before the crisis is over");
        (declared, why)
    } else {
        let which = format!("in which `{actor}` decides");
        let why = || (declared, format!("expected to be open in a state {which}"));
        reason(scenario, mv.guard.as_ref(), &there, &which).unwrap_or_else(why)
    };
    let names: Vec<String> = ids
        .iter()
        .map(|id| format!("`{}`", name(scenario, *id)))
        .collect();
    let message = format!("{} can never be played", names.join(", "));
    warning("W1101", (made.unwrap_or(span), declared), message, why)
        .help("widen the guard, let something lead to where it holds, or remove the move")
}

/// A trigger that never fires.
fn silent(scenario: &Scenario, states: &[Vec<u16>], at: usize) -> Diagnostic {
    let trigger = &scenario.triggers[at];
    let nowhere = || {
        let why = "expected a chance above 0 where the guard holds";
        (trigger.span, why.to_owned())
    };
    let (span, why) = reason(
        scenario,
        trigger.guard.as_ref(),
        states,
        "that do not end the crisis",
    )
    .unwrap_or_else(nowhere);
    let message = format!("`{}` can never happen", trigger.name);
    warning("W1102", (span, trigger.span), message, why).help(
        "widen the guard, raise the chance, let something lead to where it holds, or remove the trigger",
    )
}

/// Levels at which a variable never stands.
fn empty(scenario: &Scenario, unmet: &Unmet, variable: usize) -> Option<Diagnostic> {
    let declared = &scenario.variables[variable];
    let levels = unmet.levels.iter().filter(|(v, _)| *v == variable);
    let names: Vec<String> = levels
        .map(|(_, l)| format!("`{}`", declared.levels[*l].name))
        .collect();
    if names.is_empty() {
        return None;
    }
    let message = format!("`{}` never stands at {}", declared.name, names.join(", "));
    let why = "expected an effect that can bring it there".to_owned();
    let found = warning("W1103", (declared.span, declared.span), message, why);
    Some(found.help(
        "bring it there by a move or trigger that can come about, start there, or remove the level",
    ))
}

/// The first part of a guard that holds in none of the `states`, with the reason; that its parts
/// never hold together, where each holds somewhere. Nothing where the guard is no obstacle.
fn reason(
    scenario: &Scenario,
    guard: Option<&Expr>,
    states: &[Vec<u16>],
    which: &str,
) -> Option<(Span, String)> {
    let guard = guard?;
    let mut parts = Vec::new();
    conjuncts(guard, &mut parts);
    // A switch is off as written, and was turned on in vain.
    parts.retain(|part| !is_switch(scenario, part));
    let held: Vec<Vec<bool>> = parts
        .iter()
        .map(|part| compile::holds(scenario, part, states))
        .collect();
    let states = states.len();
    let among = match states {
        1 => format!("in the only state {which}"),
        n => format!("in one of the {n} states {which}"),
    };
    for (part, held) in parts.iter().zip(&held) {
        if !held.contains(&true) {
            let why = format!("expected a condition that holds {among}");
            return Some((part.span, why));
        }
    }
    let together = (0..states).any(|s| held.iter().all(|held| held[s]));
    let why = || format!("expected parts that hold together {among}");
    (!together).then(|| (guard.span, why()))
}

fn conjuncts<'e>(guard: &'e Expr, parts: &mut Vec<&'e Expr>) {
    match &guard.kind {
        ExprKind::Binary(BinaryOp::And, a, b) => {
            conjuncts(a, parts);
            conjuncts(b, parts);
        }
        _ => parts.push(guard),
    }
}

/// Is it the condition of `only with`?
fn is_switch(scenario: &Scenario, part: &Expr) -> bool {
    let ExprKind::Binary(BinaryOp::Greater, a, _) = &part.kind else {
        return false;
    };
    matches!(a.kind, ExprKind::Parameter(id) if scenario.parameters[id.0 as usize].switch)
}

/// A warning at a place, and at its declaration where that is another.
fn warning(
    code: &'static str,
    (span, declared): (Span, Span),
    message: String,
    why: String,
) -> Diagnostic {
    let found = Diagnostic::warning(code, span, message).label(why);
    if span == declared {
        found
    } else {
        found.related(declared, "declared here")
    }
}
