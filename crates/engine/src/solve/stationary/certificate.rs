//! A stationary solution checked by code of its own: plain sums over joint moves, none of the solver's
//! rows, ratios or derivatives.

use crate::game::{End, Game, MovePhase, NONE, Noise, Phase, State};
use crate::math::exp;
use crate::solve::certificate::{Certificate, logit};
use crate::solve::{Observer, Solution, SolveError};
use rustc_hash::FxHashMap;

/// Checks every node. *Response* is the distance of ln σ from the logit response to the values that the
/// solution implies, *consistency* a bound on the distance of its values from those that its play earns
/// for ever: the largest error of one step over 1 − δ. Regret is measured at every decision.
///
/// # Errors
/// [`SolveError::Cancelled`].
pub fn certify(
    game: &Game,
    solution: &Solution,
    observer: &dyn Observer,
) -> Result<Certificate, SolveError> {
    let mut found = Certificate {
        residual: solution.report.residual,
        ..Certificate::default()
    };
    let checker = Checker {
        game,
        solution,
        ends: game.ends.iter().map(|e| (e.state, e)).collect(),
    };
    let (mut logit_sum, mut best_sum) = (0.0, 0.0);
    for (p, phase) in game.phases.iter().enumerate() {
        if observer.cancelled() {
            return Err(SolveError::Cancelled);
        }
        for n in 0..phase.nodes() {
            let earned = match phase {
                Phase::Events(events) => (0..game.actors.len())
                    .map(|i| {
                        let mut value = events.payoff[n * game.actors.len() + i];
                        for o in events.outcomes(n) {
                            value += events.outcome_believed[o]
                                * checker.after(p, events.outcome_next[o], i);
                        }
                        value
                    })
                    .collect(),
                Phase::Move(moves) => {
                    found.checked += 1;
                    let earned = checker.earned(p, moves, n);
                    for (m, actor) in moves.actors.iter().enumerate() {
                        let actor = *actor as usize;
                        let values = checker.values(p, moves, n, m);
                        let logs = checker.logs(p, moves, n, m);
                        let mut exact = Vec::new();
                        let precision = game.actors[actor].precision;
                        logit(&values, &moves.node_kinds[n][m], precision, &mut exact);
                        for (stored, exact) in logs.iter().zip(&exact) {
                            found.response = larger(found.response, (stored - exact).abs());
                        }
                        let worth = |logs: &[f64]| -> f64 {
                            let pairs = values.iter().zip(logs);
                            pairs
                                .map(|(u, l)| exp(*l) * (u - taste(game, actor, *l)))
                                .sum()
                        };
                        let played = worth(logs);
                        let best = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                        let plain: f64 = values.iter().zip(logs).map(|(u, l)| exp(*l) * u).sum();
                        let apart = (worth(&exact) - played).abs();
                        found.logit_regret = larger(found.logit_regret, apart);
                        found.best_regret = larger(found.best_regret, best - plain);
                        logit_sum += apart;
                        best_sum += best - plain;
                        found.reached += 1;
                    }
                    earned
                }
            };
            for (i, actor) in game.actors.iter().enumerate() {
                let stored = checker.value(p, n, i);
                let bound = (stored - earned[i]).abs() / (1.0 - actor.discount);
                found.consistency = larger(found.consistency, bound);
            }
        }
    }
    if found.reached > 0 {
        found.mean_logit_regret = logit_sum / found.reached as f64;
        found.mean_best_regret = best_sum / found.reached as f64;
    }
    Ok(found)
}

/// The larger; NaN if one is.
fn larger(a: f64, b: f64) -> f64 {
    crate::math::largest([a, b])
}

/// What a choice of log-probability `log` costs in utility beside the taste that led to it: V = Σ σU +
/// H(σ)/λ.
fn taste(game: &Game, actor: usize, log: f64) -> f64 {
    match game.noise {
        Noise::Error => 0.0,
        Noise::Taste => log / game.actors[actor].precision,
    }
}

struct Checker<'a> {
    game: &'a Game,
    solution: &'a Solution,
    /// Ends by state.
    ends: FxHashMap<State, &'a End>,
}

impl Checker<'_> {
    fn value(&self, p: usize, row: usize, i: usize) -> f64 {
        self.solution.values[0][p][row * self.game.actors.len() + i]
    }

    /// What `state` after phase `p` is worth to actor `i`.
    fn after(&self, p: usize, state: State, i: usize) -> f64 {
        let actor = &self.game.actors[i];
        if let Some(end) = self.ends.get(&state) {
            // The flow of every later round, counted from the round of entry.
            return end.value[i] + end.flow[i] * (1.0 / (1.0 - actor.discount) - 1.0);
        }
        let last = p + 1 == self.game.phases.len();
        let next = if last { 0 } else { p + 1 };
        let row = self.solution.layout.rows[next][state as usize];
        debug_assert!(row != NONE);
        let value = self.value(next, row as usize, i);
        if last { actor.discount * value } else { value }
    }

    /// ln σ of mover `m`.
    fn logs(&self, p: usize, phase: &MovePhase, n: usize, m: usize) -> &[f64] {
        let table = &self.solution.strategies[0][p];
        let first = table.start[n * phase.actors.len() + m];
        &table.log_sigma[first..first + phase.node_moves[n][m].len()]
    }

    /// Probability that mover `m` is seen to do what joint move `a` says.
    fn played(&self, p: usize, phase: &MovePhase, n: usize, m: usize, a: usize) -> f64 {
        let own = phase.alternative_moves[a * phase.actors.len() + m];
        let decision = &phase.node_opportunity[n][m];
        let forced = if own == decision.default {
            1.0 - decision.believed
        } else {
            0.0
        };
        decision.believed * exp(self.logs(p, phase, n, m)[own as usize]) + forced
    }

    /// Payoff of a joint move and what follows.
    fn joint(&self, p: usize, phase: &MovePhase, a: usize, i: usize) -> f64 {
        let mut value = phase.payoff[a * self.game.actors.len() + i];
        for o in phase.outcomes(a) {
            value += phase.outcome_believed[o] * self.after(p, phase.outcome_next[o], i);
        }
        value
    }

    /// U of each move of mover `m`.
    fn values(&self, p: usize, phase: &MovePhase, n: usize, m: usize) -> Vec<f64> {
        let movers = phase.actors.len();
        let actor = phase.actors[m] as usize;
        let mut values = vec![0.0; phase.node_moves[n][m].len()];
        for a in phase.alternatives(n) {
            let mut share = 1.0;
            for other in (0..movers).filter(|o| *o != m) {
                share *= self.played(p, phase, n, other, a);
            }
            let own = phase.alternative_moves[a * movers + m] as usize;
            values[own] += share * self.joint(p, phase, a, actor);
        }
        values
    }

    /// What a node is worth to everybody.
    fn earned(&self, p: usize, phase: &MovePhase, n: usize) -> Vec<f64> {
        let movers = phase.actors.len();
        let mut earned = vec![0.0; self.game.actors.len()];
        for a in phase.alternatives(n) {
            let share: f64 = (0..movers)
                .map(|m| self.played(p, phase, n, m, a))
                .product();
            for (i, earned) in earned.iter_mut().enumerate() {
                *earned += share * self.joint(p, phase, a, i);
            }
        }
        for (m, actor) in phase.actors.iter().enumerate() {
            let actor = *actor as usize;
            let believed = phase.node_opportunity[n][m].believed;
            for log in self.logs(p, phase, n, m) {
                earned[actor] -= believed * exp(*log) * taste(self.game, actor, *log);
            }
        }
        earned
    }
}
