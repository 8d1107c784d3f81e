//! What a deterrence gap is made of: how much of it would close if the line were clear, if the holder
//! were believed to be the type that answers, and if capability and stakes were as the reference has
//! them.
//!
//! The crisis is solved anew with every set of these restored; v(S) is the gap with the set S
//! restored, at the decision at which the gap is measured. The share of each is its Shapley value, so
//! that the shares add to v(all) − v(nothing). A belief needs no solution of its own: the solution
//! has strategies and values at every belief.

use super::causes::weights;
use super::gap::{Class, Decision, Measure, Test};
use super::line::Line;
use super::plan::Plan;
use super::resolve::{AnalysisError, compiled};
use super::variation::{Change, Variation, number};
use crate::game::{Game, Phase};
use crate::play::BeliefLayout;
use crate::solve::{self, Observer};
use climbdown_lang::Scenario;
use serde::Serialize;

/// What the shares are, in a line.
pub const DEFINITION: &str = "shares: Shapley values over the crisis solved anew with clarity, \
    credibility, and capability and stakes restored in every combination; they add to the gap with \
    all restored less the gap as it is. For this the threat needed is 0 where crossing does not pay \
    even unanswered and 1 where it pays even when answered";

/// Something that is restored.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Restoration {
    /// "clarity", "credibility" or "capability".
    pub name: &'static str,
    /// What it is restored to.
    pub reference: String,
}

/// The gap of one crossing move before one type, taken apart.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shares {
    /// The crossing move.
    pub crossing: String,
    /// Type of the challenger.
    pub kind: String,
    /// Threat needed, within 0 and 1, less threat believed; `None` where some set of restorations
    /// makes the challenger want the answer.
    pub gap: Option<Parts>,
    /// G, the incentive to test, in the challenger's payoff.
    pub incentive: Parts,
}

/// A number now, with everything restored, and what each restoration does to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Parts {
    /// With nothing restored.
    pub now: f64,
    /// With everything restored.
    pub restored: f64,
    /// By restoration; they add to `restored` − `now`. Negative ones deter.
    pub shares: Vec<f64>,
}

/// The gaps of a line, taken apart.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Split {
    /// What the shares are.
    pub definition: &'static str,
    /// Grid points along each belief axis, in all solutions alike.
    pub belief_points: usize,
    /// What is restored, in the order of the shares.
    pub restorations: Vec<Restoration>,
    /// What is not, and why.
    pub left_out: Vec<String>,
    /// Each crossing move and type.
    pub tests: Vec<Shares>,
}

/// The crisis as written, solved on the grid of the split.
pub struct Base<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// What is left of its game.
    pub game: &'a Game,
    /// Its plan.
    pub plan: &'a Plan<'a>,
    /// Settings of the solutions.
    pub options: &'a solve::Options,
}

/// Takes the gap of red line `index` apart at a decision.
///
/// # Errors
/// [`AnalysisError`]: a restored crisis that does not compile or is not solved, or interrupted.
pub fn split(
    base: &Base,
    index: usize,
    line: &Line,
    decision: &Decision,
    observer: &dyn Observer,
) -> Result<Split, AnalysisError> {
    let declared = &base.scenario.red_lines[index];
    let mut left_out = Vec::new();
    let mut restorations = vec![Restoration {
        name: "clarity",
        reference: "every crossing is recognised".to_owned(),
    }];
    let clear = Variation::new("clarity", vec![Change::Clarity(index as u32, 1.0)]);
    let is_clear = |e: &Option<_>| {
        e.as_ref()
            .is_none_or(|e| number(base.scenario, e) == Some(1.0))
    };
    // What changes nothing needs no solution.
    let clear_already =
        is_clear(&Some(declared.clarity.clone())) && is_clear(&declared.believed_clarity);
    let mut solved = vec![(!clear_already).then_some(clear)];
    let answering = answering(base, line, decision);
    match answering {
        Some((_, name)) => restorations.push(Restoration {
            name: "credibility",
            reference: format!("the holder is believed to be {name}"),
        }),
        None => left_out.push("credibility: the holder has no types to be believed in".to_owned()),
    }
    if declared.reference.is_empty() {
        left_out.push("capability and stakes: the red line declares no `reference`".to_owned());
    } else {
        restorations.push(Restoration {
            name: "capability",
            reference: "the declared reference".to_owned(),
        });
        solved.push(Some(Variation::of("reference", &declared.reference)));
    }
    let mut worlds: Vec<Vec<Test>> = vec![Vec::new(); 1 << restorations.len()];
    // Sets of what needs a solution; with each, belief as it is and as restored.
    for set in 0..1usize << solved.len() {
        let mut change = Variation::default();
        for (k, variation) in solved.iter().enumerate() {
            if set >> k & 1 == 1
                && let Some(variation) = variation
            {
                change = change.then(variation);
            }
        }
        let beliefs = [None, answering.map(|(kind, _)| kind)];
        let beliefs = &beliefs[..=usize::from(answering.is_some())];
        let tests = if change.is_empty() {
            at_beliefs(base.plan, line, decision, beliefs)
        } else {
            restored(base, index, &change, decision, beliefs, observer)?
        };
        for (restored, tests) in tests.into_iter().enumerate() {
            worlds[mask(set, restored == 1, answering.is_some())] = tests;
        }
    }
    Ok(Split {
        definition: DEFINITION,
        belief_points: base.options.belief_points,
        restorations,
        left_out,
        tests: shares(&worlds),
    })
}

/// Place of a set in the order of the restorations: clarity, then belief, then capability.
pub fn mask(solved: usize, belief: bool, has_belief: bool) -> usize {
    if has_belief {
        solved & 1 | usize::from(belief) << 1 | (solved >> 1) << 2
    } else {
        solved
    }
}

/// The holder's type that, if it were known, would make an answer likeliest here.
fn answering<'g>(base: &Base<'g>, line: &Line, decision: &Decision) -> Option<(usize, &'g str)> {
    let types = &base.game.actors[line.holder].types;
    if types.len() < 2 {
        return None;
    }
    let all: Vec<Option<usize>> = (0..types.len()).map(Some).collect();
    let tests = at_beliefs(base.plan, line, decision, &all);
    let believed: Vec<f64> = tests
        .iter()
        .map(|of| of.iter().map(|t| t.weight * t.believed).sum())
        .collect();
    let best =
        (0..types.len()).max_by(|a, b| believed[*a].total_cmp(&believed[*b]).then(b.cmp(a)))?;
    Some((best, types[best].name.as_str()))
}

/// The tests at a decision, with belief as it is or certain of a type of the holder.
fn at_beliefs(
    plan: &Plan,
    line: &Line,
    decision: &Decision,
    certain: &[Option<usize>],
) -> Vec<Vec<Test>> {
    let layout = BeliefLayout::of(plan.game);
    let mut measure = Measure::new(line, 0.5);
    certain
        .iter()
        .map(|kind| {
            let mut decision = decision.clone();
            if let Some(kind) = kind {
                let own = &mut decision.belief[layout.range(line.holder)];
                own.fill(0.0);
                own[*kind] = 1.0;
            }
            measure.tests(plan.at(decision.round), &decision)
        })
        .collect()
}

/// The tests in the crisis with a change, solved anew.
fn restored(
    base: &Base,
    index: usize,
    change: &Variation,
    decision: &Decision,
    beliefs: &[Option<usize>],
    observer: &dyn Observer,
) -> Result<Vec<Vec<Test>>, AnalysisError> {
    let scenario = change.apply(base.scenario)?;
    let what = format!("`{}` with {}", scenario.red_lines[index].name, change.name);
    let mut game = compiled(&scenario, &what)?;
    game.horizon = base.game.horizon;
    let away = || {
        AnalysisError::Question(format!(
            "{what}: the crisis no longer comes to the state in which the gap is measured"
        ))
    };
    let line = Line::of(&scenario, &game, index).ok_or_else(away)?;
    let state = base.game.phases[decision.phase].states()[decision.node];
    let label = &base.game.states[state as usize];
    let node = game.states.iter().position(|s| s == label).and_then(|s| {
        let phase = game.phases.get(decision.phase)?;
        let same = matches!(
            (phase, &base.game.phases[decision.phase]),
            (Phase::Move(a), Phase::Move(b)) if a.actors == b.actors
        );
        let node = phase.states().binary_search(&(s as u32)).ok();
        node.filter(|_| same)
    });
    let decision = Decision {
        node: node.ok_or_else(away)?,
        ..decision.clone()
    };
    let plan = Plan::solved(&game, line.rounds_ahead(&game), base.options, observer)?;
    Ok(at_beliefs(&plan, &line, &decision, beliefs))
}

/// The threat needed, within 0 and 1, less the threat believed.
fn bounded(test: &Test) -> Option<f64> {
    let needed = match test.class {
        Class::Deterrable => test.needed?,
        Class::Undeterrable => 1.0,
        Class::SelfRestrained => 0.0,
        Class::Provoked => return None,
    };
    Some(needed - test.believed)
}

fn shares(worlds: &[Vec<Test>]) -> Vec<Shares> {
    let Some(now) = worlds.first() else {
        return Vec::new();
    };
    let each = now.iter().enumerate().map(|(i, test)| {
        let of = |value: &dyn Fn(&Test) -> Option<f64>| -> Option<Parts> {
            let all: Option<Vec<f64>> = worlds.iter().map(|w| w.get(i).and_then(value)).collect();
            all.map(|all| parts(&all))
        };
        Some(Shares {
            crossing: test.crossing.clone(),
            kind: test.kind.clone(),
            gap: of(&bounded),
            incentive: of(&|t| Some(t.incentive))?,
        })
    });
    each.flatten().collect()
}

/// Shapley values of a set function: `v` by the set, a bit for each member.
pub fn parts(v: &[f64]) -> Parts {
    let n = v.len().trailing_zeros() as usize;
    let weights = weights(n);
    let share = |i: usize| {
        (0..v.len())
            .filter(|set| set >> i & 1 == 0)
            .map(|set| weights[set.count_ones() as usize] * (v[set | 1 << i] - v[set]))
            .sum()
    };
    Parts {
        now: v[0],
        restored: v[v.len() - 1],
        shares: (0..n).map(share).collect(),
    }
}
