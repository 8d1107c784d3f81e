//! What the solver returns: strategies and values over the belief grid.

use super::layout::Layout;
use super::stationary::Branch;
use crate::belief::{Axis, BeliefGrid, Footprint, stick_odds};
use crate::game::{Foresight, Game, NONE, Phase};
use crate::math::{exp, log_sum_exp};
use serde::Serialize;

/// Log-probabilities of the moves of one phase, given an opportunity.
#[derive(Clone, Debug, Default)]
pub struct StrategyTable {
    /// `[node * movers + mover]` → first entry, and the number of all entries at the end.
    pub start: Vec<usize>,
    /// `[start[node * movers + mover] + (point * types + type) * moves + move]`.
    pub log_sigma: Vec<f64>,
}

impl StrategyTable {
    /// Entries of node `n` of a phase with one mover.
    #[inline]
    pub fn node(&self, n: usize) -> &[f64] {
        self.mover(n, 0, 1)
    }

    /// Entries of mover `m` of `movers` at node `n`.
    #[inline]
    pub fn mover(&self, n: usize, m: usize, movers: usize) -> &[f64] {
        let at = n * movers + m;
        &self.log_sigma[self.start[at]..self.start[at + 1]]
    }
}

/// A place where the branch played changes abruptly between neighbouring beliefs.
#[derive(Clone, Debug, Serialize)]
pub struct Jump {
    /// Round of the plan.
    pub round: u32,
    /// Phase.
    pub phase: u32,
    /// State label.
    pub state: String,
    /// Who moves.
    pub actor: String,
    /// Belief about the mover on the two sides.
    pub between: [Vec<f64>; 2],
}

/// A solution of a stage beside the one that is played.
#[derive(Clone, Debug, Serialize)]
pub struct OtherSolution {
    /// Round of the plan.
    pub round: u32,
    /// Phase.
    pub phase: u32,
    /// State label.
    pub state: String,
    /// Public belief about each actor.
    pub belief: Vec<Vec<f64>>,
    /// Choice probabilities given a decision: mover → type → move.
    pub strategies: Vec<Vec<Vec<f64>>>,
}

/// What happened while solving.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SolveReport {
    /// Stages solved: nodes times belief points times plan rounds.
    pub stages: u64,
    /// Largest stage residual, in log-ratios.
    pub residual: f64,
    /// Newton iterations.
    pub iterations: u64,
    /// Stages solved along their path from uniform play.
    pub paths: u64,
    /// Folds passed on these paths.
    pub folds: u64,
    /// Points passed on these paths at which another branch crosses, as where players in the same
    /// situation could begin to play differently: the branch that treats them alike is kept.
    pub crossings: u64,
    /// Stages searched for a second solution.
    pub audited: u64,
    /// Stages at which the search found one.
    pub multiple: u64,
    /// Number of places where the played branch changes abruptly between neighbouring beliefs.
    pub jump_count: u64,
    /// These places, as far as they are listed.
    pub jumps: Vec<Jump>,
    /// Solutions beside those played, as far as they were found and are listed.
    pub others: Vec<OtherSolution>,
    /// max |σ^N − σ^(N−1)| over all first-round strategies: how much players mispredict their own
    /// replanning. `None` for full foresight.
    pub replanning: Option<f64>,
    /// Which stationary solution this is; `None` unless foresight is unbounded.
    pub branch: Option<Branch>,
}

/// Strategies and values of a solved game.
#[derive(Clone, Debug)]
pub struct Solution {
    /// The belief grid.
    pub grid: BeliefGrid,
    /// Rows of the tables.
    pub layout: Layout,
    /// Round → phase → strategies (empty tables for events). One round when foresight rolls.
    pub strategies: Vec<Vec<StrategyTable>>,
    /// Round → phase → planned value there: `[(row * seats + seat) * points + point]`.
    pub values: Vec<Vec<Vec<f64>>>,
    /// Planned value after the last round in `values`, rows of phase 0.
    pub after: Vec<f64>,
    /// What happened.
    pub report: SolveReport,
}

impl Solution {
    /// Index in `strategies` and `values` of calendar round `round`.
    pub fn plan_round(&self, game: &Game, round: u32) -> usize {
        match game.foresight {
            Foresight::Full => (round as usize).min(self.strategies.len() - 1),
            _ => 0,
        }
    }

    /// Weights on the whole grid at the given beliefs `[actor][type]`, interpolated along `axis`.
    pub fn footprint(&self, axis: &Axis, beliefs: &[Vec<f64>]) -> Footprint {
        let mut all = Vec::new();
        for (belief, block) in beliefs.iter().zip(&self.grid.blocks) {
            let mut odds = vec![0.0; block.types - 1];
            stick_odds(belief, &mut odds);
            all.extend(odds);
        }
        let mut footprint = Footprint::default();
        footprint.at(axis, &all);
        footprint
    }

    /// Choice probabilities `[type][move]`, given an opportunity, of the first mover of `phase` at
    /// `state` and `beliefs`; `None` when the state has no node there.
    pub fn strategy(
        &self,
        game: &Game,
        round: u32,
        phase: usize,
        state: u32,
        beliefs: &[Vec<f64>],
    ) -> Option<Vec<Vec<f64>>> {
        self.strategy_of(game, round, (phase, 0), state, beliefs)
    }

    /// The same of mover `m`, by its position among those who move in the phase.
    pub fn strategy_of(
        &self,
        game: &Game,
        round: u32,
        (phase, m): (usize, usize),
        state: u32,
        beliefs: &[Vec<f64>],
    ) -> Option<Vec<Vec<f64>>> {
        let Phase::Move(moves) = game.phases.get(phase)? else {
            return None;
        };
        let row = *self.layout.rows[phase].get(state as usize)?;
        if row == NONE || row as usize >= self.layout.nodes[phase] {
            return None;
        }
        let types = game.actors[*moves.actors.get(m)? as usize].types.len();
        let count = moves.node_moves[row as usize][m].len();
        let table = self.strategies[self.plan_round(game, round)][phase].mover(
            row as usize,
            m,
            moves.actors.len(),
        );
        let footprint = self.footprint(&self.grid.play, beliefs);
        Some(
            (0..types)
                .map(|t| {
                    let logs: Vec<f64> = (0..count)
                        .map(|a| {
                            footprint
                                .index
                                .iter()
                                .zip(&footprint.weight)
                                .map(|(i, w)| w * table[(*i as usize * types + t) * count + a])
                                .sum()
                        })
                        .collect();
                    let total = log_sum_exp(&logs);
                    logs.iter().map(|l| exp(l - total)).collect()
                })
                .collect(),
        )
    }

    /// Planned values `[actor][type]` at the start of `round` in `state`; `None` when the state
    /// cannot be met there.
    pub fn value(
        &self,
        game: &Game,
        round: u32,
        state: u32,
        beliefs: &[Vec<f64>],
    ) -> Option<Vec<Vec<f64>>> {
        let row = *self.layout.rows[0].get(state as usize)?;
        if row == NONE {
            return None;
        }
        let points = self.grid.points;
        let seats = self.layout.seats;
        let table = &self.values[self.plan_round(game, round)][0];
        let footprint = self.footprint(&self.grid.axis, beliefs);
        let mut seat = 0;
        Some(
            game.actors
                .iter()
                .map(|actor| {
                    actor
                        .types
                        .iter()
                        .map(|_| {
                            let first = (row as usize * seats + seat) * points;
                            seat += 1;
                            footprint.value(&table[first..first + points])
                        })
                        .collect()
                })
                .collect(),
        )
    }
}
