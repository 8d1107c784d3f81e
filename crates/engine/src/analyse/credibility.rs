//! Credibility: what is believed of each side over time, what moved it, how much of its conduct is
//! for the sake of what is believed, and how well its next move is forecast.

use super::apart;
use super::freezing::Quiet;
use super::gap::Decision;
use super::line::{Line, labels};
use super::plan::Plan;
use super::predictability::{self, ConductListener, CredibilityMoves, Predictability};
use super::reputation::{self, MoveReputation};
use super::resolve::AnalysisError;
use super::trace::{Traced, trace};
use crate::game::{Game, Phase};
use crate::simulate;
use crate::solve::{self, Observer, Solution, SolveError};
use climbdown_lang::Scenario;
use rustc_hash::FxHashMap;
use serde::Serialize;

/// What the paths are, in a line.
pub const PATH: &str = "public belief in a type at the end of each round: mean, and 10th, 50th and 90th \
    percentile over paths with exact beliefs; a crisis that has ended keeps its last belief";

/// What the share is, in a line.
pub const SHARE: &str = "share of choices made for reputation: half the summed change of a choice's \
    probabilities when the choice teaches nobody anything, averaged over decisions with a choice and \
    over the types as believed there";

/// Where the numbers end.
pub const LIMITS: &str = "Reputation holds the belief about the mover still at one choice at a time, \
    later choices as planned: what a standing policy of never learning would do is not asked. What \
    moved beliefs, and predictability, are read off paths from the scenario's first round.";

/// Settings.
#[derive(Clone, Debug)]
pub struct Options {
    /// Paths over which beliefs, labels and forecasts are averaged.
    pub trajectories: u64,
    /// Paths on whose decisions reputation is measured, the first of them.
    pub decisions: u64,
    /// Seed of the paths.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            trajectories: 10_000,
            decisions: 200,
            seed: 1,
        }
    }
}

/// Belief in one type over time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BeliefPath {
    /// About whom.
    pub actor: String,
    /// Belief in which type.
    pub kind: String,
    /// By round, from 0 (the start).
    pub mean: Vec<f64>,
    /// 10th percentile.
    pub low: Vec<f64>,
    /// Median.
    pub median: Vec<f64>,
    /// 90th percentile.
    pub high: Vec<f64>,
}

/// What one side does for what is believed of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ActorReputation {
    /// Who.
    pub actor: String,
    /// Decisions with a choice, a path.
    pub decisions: f64,
    /// Share of choices made for reputation.
    pub share: f64,
    /// The same by type.
    pub types: Vec<TypeShare>,
}

/// One type's share of choices made for reputation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TypeShare {
    /// Type.
    pub kind: String,
    /// Its share.
    pub share: f64,
}

/// The holder's choice where a crossing of its line stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LineReputation {
    /// Name as declared.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// Who holds it.
    pub holder: String,
    /// State of the likeliest earliest decision with a crossing pending; `None` when no path met one.
    pub state: Option<String>,
    /// Each move and type there.
    pub moves: Vec<MoveReputation>,
    /// Mean probability of an answer over all such decisions, with beliefs as they move.
    pub answered: Option<f64>,
    /// The same if the choice taught nobody anything.
    pub answered_unseen: Option<f64>,
}

/// All of it.
#[derive(Clone, Debug, Serialize)]
pub struct Credibility {
    /// What the paths are.
    pub path_definition: &'static str,
    /// What the shares are.
    pub share_definition: &'static str,
    /// What reputation is.
    pub reputation_definition: &'static str,
    /// Where the numbers end.
    pub limits: &'static str,
    /// Paths averaged over.
    pub trajectories: u64,
    /// Their seed.
    pub seed: u64,
    /// Rounds over which what moved beliefs, and predictability, are counted.
    pub window: u32,
    /// Beliefs over time, of every actor with private types.
    pub paths: Vec<BeliefPath>,
    /// What moved them.
    pub movers: Vec<CredibilityMoves>,
    /// What is done for them.
    pub reputation: Vec<ActorReputation>,
    /// What is done for them where a red line was crossed.
    pub lines: Vec<LineReputation>,
    /// How well each side's next move is forecast.
    pub predictability: Predictability,
}

/// Follows what is believed. `solve` are the settings of `solution`.
///
/// # Errors
/// Nobody has private types, not solved, or interrupted.
pub fn credibility(
    scenario: &Scenario,
    game: &Game,
    solution: &Solution,
    solve: &solve::Options,
    options: &Options,
    observer: &dyn Observer,
) -> Result<Credibility, AnalysisError> {
    apart::one_at_a_time(game, "what is believed of a side, and what moved it,")?;
    if !game.has_types() {
        return Err(AnalysisError::Question(
            "nobody has private types, so there is nothing to believe of anybody".to_owned(),
        ));
    }
    observer.progress("paths", 0, 3);
    let paths = belief_paths(game, solution, options);
    observer.progress("paths", 1, 3);
    let plan = Plan::new(game, solution, 0, solve, observer)?;
    let lines: Vec<Option<Line>> = (0..scenario.red_lines.len())
        .map(|i| Line::of(scenario, game, i))
        .collect();
    let met = Met::of(&plan, &lines, options);
    if observer.cancelled() {
        return Err(SolveError::Cancelled.into());
    }
    observer.progress("paths", 2, 3);
    let traced = Traced::solve(scenario, solve, &Quiet(observer))?;
    let heard = trace(
        &traced,
        traced.game.window,
        (options.trajectories, options.seed),
        || ConductListener::new(&traced),
        &Quiet(observer),
    )?;
    let heard: Vec<&ConductListener> = heard.iter().collect();
    let (predictability, movers) = predictability::collect(&heard);
    let of_line = |(i, line): (usize, &Option<Line>)| {
        let declared = &scenario.red_lines[i];
        let answers = labels(scenario, game, &declared.answers);
        let answers: Vec<&str> = answers
            .iter()
            .map(|l| game.labels[*l as usize].as_str())
            .collect();
        let mut found = LineReputation {
            name: declared.name.clone(),
            label: declared.label.clone(),
            holder: game.actors[declared.holder.0 as usize].name.clone(),
            state: None,
            moves: Vec::new(),
            answered: None,
            answered_unseen: None,
        };
        if line.is_some() {
            met.line(game, i, &answers, &mut found);
        }
        found
    };
    Ok(Credibility {
        path_definition: PATH,
        share_definition: SHARE,
        reputation_definition: reputation::DEFINITION,
        limits: LIMITS,
        trajectories: options.trajectories,
        seed: options.seed,
        window: traced.game.window,
        paths,
        movers,
        reputation: met.actors(game, options.decisions),
        lines: lines.iter().enumerate().map(of_line).collect(),
        predictability,
    })
}

fn belief_paths(game: &Game, solution: &Solution, options: &Options) -> Vec<BeliefPath> {
    let mut samples = simulate::beliefs(game, solution, options.trajectories, options.seed);
    samples
        .iter_mut()
        .flatten()
        .for_each(|s| s.sort_by(f64::total_cmp));
    let mut found = Vec::new();
    let mut entry = 0;
    for actor in &game.actors {
        for kind in &actor.types {
            let at = |share: f64| -> Vec<f64> {
                let of = |round: &Vec<Vec<f64>>| {
                    let sorted = &round[entry];
                    let last = sorted.len().saturating_sub(1);
                    sorted.get((share * last as f64).round() as usize).copied()
                };
                samples.iter().filter_map(of).collect()
            };
            let mean = |round: &Vec<Vec<f64>>| {
                round[entry].iter().sum::<f64>() / round[entry].len().max(1) as f64
            };
            if actor.types.len() > 1 {
                found.push(BeliefPath {
                    actor: actor.name.clone(),
                    kind: kind.name.clone(),
                    mean: samples.iter().map(mean).collect(),
                    low: at(0.1),
                    median: at(0.5),
                    high: at(0.9),
                });
            }
            entry += 1;
        }
    }
    found
}

/// A decision of somebody with private types, how often it was met, and what reputation does to it.
struct Choice {
    mover: usize,
    round: u32,
    state: u32,
    /// Public belief in the mover's types.
    belief: Vec<f64>,
    times: f64,
    /// Red lines of the mover of which a crossing is pending.
    pending: Vec<usize>,
    moves: Vec<MoveReputation>,
}

/// Decisions on sampled paths, equal ones once.
struct Met {
    choices: Vec<Choice>,
}

impl Met {
    fn of(plan: &Plan, lines: &[Option<Line>], options: &Options) -> Self {
        let (game, solution) = (plan.game, &*plan.solution);
        let layout = crate::play::BeliefLayout::of(game);
        let mut choices: Vec<Choice> = Vec::new();
        let mut seen: FxHashMap<(usize, usize, usize, Vec<u64>), usize> = FxHashMap::default();
        simulate::visit(game, solution, options.decisions, options.seed, &mut |d| {
            let Phase::Move(phase) = &game.phases[d.phase] else {
                return;
            };
            let mover = phase.actors[0] as usize;
            if game.actors[mover].types.len() < 2 || phase.alternatives(d.node).len() < 2 {
                return;
            }
            let bits = d.belief.iter().map(|b| b.to_bits()).collect();
            let key = (solution.plan_round(game, d.round), d.phase, d.node, bits);
            if let Some(known) = seen.get(&key) {
                choices[*known].times += 1.0;
                return;
            }
            let decision = Decision {
                round: d.round,
                phase: d.phase,
                node: d.node,
                belief: d.belief.to_vec(),
            };
            let state = phase.node_state[d.node];
            let stands = |line: &Option<Line>| {
                line.as_ref()
                    .is_some_and(|l| l.holder == mover && l.stands[state as usize])
            };
            seen.insert(key, choices.len());
            choices.push(Choice {
                mover,
                round: d.round,
                state,
                belief: d.belief[layout.range(mover)].to_vec(),
                times: 1.0,
                pending: (0..lines.len()).filter(|i| stands(&lines[*i])).collect(),
                moves: reputation::reputation(plan.at(d.round), &decision),
            });
        });
        Self { choices }
    }

    fn actors(&self, game: &Game, paths: u64) -> Vec<ActorReputation> {
        let mut found = Vec::new();
        for (a, actor) in game.actors.iter().enumerate() {
            let own: Vec<&Choice> = self.choices.iter().filter(|c| c.mover == a).collect();
            let total: f64 = own.iter().map(|c| c.times).sum();
            if total <= 0.0 {
                continue;
            }
            // By type: what is believed of it, and the moved half of its choices.
            let mut sums = vec![(0.0, 0.0); actor.types.len()];
            for choice in own {
                let count = choice.moves.len() / actor.types.len();
                for (k, moves) in choice.moves.chunks(count.max(1)).enumerate() {
                    let moved: f64 = moves.iter().map(|m| (m.with - m.without).abs() / 2.0).sum();
                    let weight = choice.times * choice.belief[k];
                    sums[k].0 += weight;
                    sums[k].1 += weight * moved;
                }
            }
            let share = |(weight, moved): &(f64, f64)| {
                if *weight > 0.0 { moved / weight } else { 0.0 }
            };
            let of_type = |(kind, sums): (&crate::game::Type, &(f64, f64))| TypeShare {
                kind: kind.name.clone(),
                share: share(sums),
            };
            found.push(ActorReputation {
                actor: actor.name.clone(),
                decisions: total / paths.max(1) as f64,
                share: sums.iter().map(|s| s.1).sum::<f64>() / total,
                types: actor.types.iter().zip(&sums).map(of_type).collect(),
            });
        }
        found
    }

    /// The decisions at which a crossing of line `i` is pending.
    fn line(&self, game: &Game, i: usize, answers: &[&str], found: &mut LineReputation) {
        let pending: Vec<&Choice> = self
            .choices
            .iter()
            .filter(|c| c.pending.contains(&i))
            .collect();
        let Some(round) = pending.iter().map(|c| c.round).min() else {
            return;
        };
        let first = pending.iter().filter(|c| c.round == round);
        // The first of equals.
        let best = first.reduce(|a, b| if b.times > a.times { b } else { a });
        if let Some(best) = best {
            found.state = Some(game.states[best.state as usize].clone());
            found.moves.clone_from(&best.moves);
        }
        let (mut total, mut with, mut without) = (0.0, 0.0, 0.0);
        for choice in pending {
            total += choice.times;
            let count = (choice.moves.len() / choice.belief.len()).max(1);
            for (moves, belief) in choice.moves.chunks(count).zip(&choice.belief) {
                for m in moves.iter().filter(|m| answers.contains(&m.mv.as_str())) {
                    with += choice.times * belief * m.with;
                    without += choice.times * belief * m.without;
                }
            }
        }
        found.answered = Some(with / total);
        found.answered_unseen = Some(without / total);
    }
}
