//! Where a decision is looked at: decisions that occur in play, likeliest first, and what the moves
//! there are worth.

use super::plan::View;
use super::terms::{Place, posteriors};
use crate::game::{Game, Label, MovePhase, Phase};
use crate::play::{BeliefLayout, Play};
use crate::simulate;
use crate::solve::Solution;
use rustc_hash::FxHashMap;

/// A decision that occurs in play.
#[derive(Clone, Debug)]
pub struct Met {
    /// First round in which it occurs.
    pub round: u32,
    /// Phase.
    pub phase: usize,
    /// Node.
    pub node: usize,
    /// Label of the state.
    pub state: String,
    /// Flat public belief.
    pub belief: Vec<f64>,
    /// How often it occurs, over all paths and rounds.
    pub times: u64,
}

impl Met {
    /// Where it is.
    pub fn place(&self) -> Place<'_> {
        Place {
            phase: self.phase,
            node: self.node,
            belief: &self.belief,
        }
    }
}

/// Round (where plans differ by round), phase, node and belief (bits).
type Key = (u32, usize, usize, Vec<u64>);

/// All decisions on `trajectories` simulated paths with exact beliefs, each once, in the order in which
/// they are first met.
pub fn met(game: &Game, solution: &Solution, trajectories: u64, seed: u64) -> Vec<Met> {
    let mut found: Vec<Met> = Vec::new();
    let mut index: FxHashMap<Key, usize> = FxHashMap::default();
    simulate::visit(game, solution, trajectories, seed, &mut |d| {
        let bits = d.belief.iter().map(|b| b.to_bits()).collect();
        let plan = solution.plan_round(game, d.round) as u32;
        let known = *index
            .entry((plan, d.phase, d.node, bits))
            .or_insert_with(|| {
                found.push(Met {
                    round: d.round,
                    phase: d.phase,
                    node: d.node,
                    state: game.states[game.phases[d.phase].states()[d.node] as usize].clone(),
                    belief: d.belief.to_vec(),
                    times: 0,
                });
                found.len() - 1
            });
        found[known].times += 1;
        found[known].round = found[known].round.min(d.round);
    });
    found
}

/// The likeliest of the earliest round in which one of `decisions` is met.
pub fn first<'m>(decisions: impl Iterator<Item = &'m Met> + Clone) -> Option<&'m Met> {
    let round = decisions.clone().map(|m| m.round).min()?;
    likeliest(decisions.filter(|m| m.round == round))
}

/// The likeliest of `decisions`, the first on a tie.
pub fn likeliest<'m>(decisions: impl Iterator<Item = &'m Met>) -> Option<&'m Met> {
    decisions.fold(None, |best: Option<&Met>, m| match best {
        Some(b) if b.times >= m.times => Some(b),
        _ => Some(m),
    })
}

/// The moves open at a decision.
pub fn open(game: &Game, phase: usize, node: usize) -> Option<(&MovePhase, &[Label])> {
    match game.phases.get(phase)? {
        Phase::Move(moves) => Some((moves, moves.node_moves[node][0].as_slice())),
        Phase::Events(_) => None,
    }
}

/// What the moves at a decision are worth to the mover, and how it chooses.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Planned value `[type][move]`.
    pub values: Vec<Vec<f64>>,
    /// Probability given an opportunity `[type][move]`.
    pub sigma: Vec<Vec<f64>>,
}

/// Values and probabilities of the moves at a decision in the plan seen in `view`.
pub fn choice(view: View, place: Place) -> Option<Choice> {
    let game = view.game();
    let (solution, round) = view.played(0)?;
    let Phase::Move(phase) = game.phases.get(place.phase)? else {
        return None;
    };
    let mover = phase.actors[0] as usize;
    let next = view.after(0, place.phase)?;
    let after = posteriors(game, solution, phase, round, place);
    let layout = BeliefLayout::of(game);
    let mut play = Play::default();
    let at = (round, place.phase, place.node);
    play.at(game, solution, &layout, phase, at, place.belief, false);
    let alternatives = phase.alternatives(place.node);
    let first = phase.outcomes(alternatives.start).start;
    let signals = &solution.layout.signals[place.phase][place.node];
    let (seat, seats) = (game.seat(mover), game.seats());
    let kinds = game.actors[mover].types.len();
    let count = alternatives.len();
    let worth = |kind: usize, alternative: usize| {
        let paid = phase.payoff[alternative * seats + seat + kind];
        let follows = phase.outcomes(alternative).map(|o| {
            let footprint = &after[signals.outcome_signal[o - first] as usize];
            let state = phase.outcome_next[o];
            phase.outcome_believed[o] * next.value(footprint, state, mover, seat + kind)
        });
        paid + follows.sum::<f64>()
    };
    Some(Choice {
        values: (0..kinds)
            .map(|k| alternatives.clone().map(|a| worth(k, a)).collect())
            .collect(),
        sigma: play.sigma.chunks(count).map(<[f64]>::to_vec).collect(),
    })
}

/// Index of the best of `values` among those that `fits`.
pub fn best(values: &[f64], fits: impl Fn(usize) -> bool) -> Option<usize> {
    (0..values.len())
        .filter(|m| fits(*m))
        .max_by(|x, y| values[*x].total_cmp(&values[*y]))
}
