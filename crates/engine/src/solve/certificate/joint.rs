//! Phases in which several choose at once, checked: every mover's values by plain sums over what the
//! others play and what all see of it.

use super::{Checker, RARE, entropy, larger, logit};
use crate::game::MovePhase;
use crate::math::{exp, ln, log_sum_exp};
use rayon::prelude::*;

/// What each mover plays: `[mover][type * moves + move]`, with logarithms.
pub(super) struct Played {
    pub sigma: Vec<Vec<f64>>,
    pub logs: Vec<Vec<f64>>,
}

/// What it is worth.
pub(super) struct Worth {
    /// `[mover][type * moves + move]`.
    pub own: Vec<Vec<f64>>,
    /// By seat.
    pub totals: Vec<f64>,
}

impl Checker<'_> {
    /// Largest response and consistency errors of one phase over the grid.
    pub(super) fn joint_grid(
        &self,
        t: usize,
        p: usize,
        phase: &MovePhase,
        next: &[f64],
    ) -> (f64, f64) {
        let solution = self.solution;
        let (points, seats) = (solution.grid.points, solution.layout.seats);
        let worst = |n: usize| {
            let (mut response, mut consistency) = (0.0f64, 0.0f64);
            let mut exact = Vec::new();
            for point in 0..points {
                let belief = self.belief_at(point);
                let played = self.joint_play(t, p, phase, n, point);
                let worth = self.joint_worth((t, p), phase, n, next, &belief, &played);
                for (m, actor) in phase.actors.iter().enumerate() {
                    let moves = phase.node_moves[n][m].len();
                    let precision = self.precision(*actor as usize, t);
                    let rows = worth.own[m].chunks_exact(moves);
                    for (own, stored) in rows.zip(played.logs[m].chunks_exact(moves)) {
                        logit(own, &phase.node_kinds[n][m], precision, &mut exact);
                        for (s, e) in stored.iter().zip(&exact) {
                            response = larger(response, (s - e).abs());
                        }
                    }
                }
                for (seat, total) in worth.totals.iter().enumerate() {
                    let stored = solution.values[t][p][(n * seats + seat) * points + point];
                    consistency = larger(consistency, (stored - total).abs());
                }
            }
            (response, consistency)
        };
        (0..phase.nodes())
            .into_par_iter()
            .map(worst)
            .reduce(|| (0.0, 0.0), |a, b| (larger(a.0, b.0), larger(a.1, b.1)))
    }

    /// Table of a phase under the strategies of the first round.
    pub(super) fn joint_policy(&self, p: usize, phase: &MovePhase, next: &[f64]) -> Vec<f64> {
        let (points, seats) = (self.solution.grid.points, self.solution.layout.seats);
        let mut table = vec![0.0; phase.nodes() * seats * points];
        table
            .par_chunks_mut(seats * points)
            .enumerate()
            .for_each(|(n, out)| {
                for point in 0..points {
                    let belief = self.belief_at(point);
                    let played = self.joint_play(0, p, phase, n, point);
                    let worth = self.joint_worth((0, p), phase, n, next, &belief, &played);
                    for (seat, total) in worth.totals.iter().enumerate() {
                        out[seat * points + point] = *total;
                    }
                }
            });
        table
    }

    /// The flat belief at a grid point.
    fn belief_at(&self, point: usize) -> Vec<f64> {
        (0..self.game.actors.len())
            .flat_map(|actor| self.solution.grid.belief(actor, point).iter().copied())
            .collect()
    }

    /// The stored strategies at a grid point.
    fn joint_play(&self, t: usize, p: usize, phase: &MovePhase, n: usize, point: usize) -> Played {
        let movers = phase.actors.len();
        let logs: Vec<Vec<f64>> = (0..movers)
            .map(|m| {
                let types = self.game.actors[phase.actors[m] as usize].types.len();
                let size = types * phase.node_moves[n][m].len();
                let table = self.solution.strategies[t][p].mover(n, m, movers);
                table[point * size..(point + 1) * size].to_vec()
            })
            .collect();
        let sigma = logs
            .iter()
            .map(|l| l.iter().map(|l| exp(*l)).collect())
            .collect();
        Played { sigma, logs }
    }

    /// Values of one node at one flat belief in round `t` of the plan under the play given.
    pub(super) fn joint_worth(
        &self,
        (t, p): (usize, usize),
        phase: &MovePhase,
        n: usize,
        next: &[f64],
        belief: &[f64],
        played: &Played,
    ) -> Worth {
        let (game, solution) = (self.game, self.solution);
        let (points, seats) = (solution.grid.points, solution.layout.seats);
        let alternatives = phase.alternatives(n);
        let movers = phase.actors.len();
        let belief_of = |m: usize| &belief[self.layout.range(phase.actors[m] as usize)];
        // τ of each type and its mean by the public belief.
        let tau: Vec<Vec<f64>> = (0..movers)
            .map(|m| {
                let moves = phase.node_moves[n][m].len();
                let opportunity = phase.node_opportunity[n][m];
                let of = |(i, s): (usize, &f64)| {
                    let mut tau = opportunity.believed * s;
                    if i % moves == opportunity.default as usize {
                        tau += 1.0 - opportunity.believed;
                    }
                    tau
                };
                played.sigma[m].iter().enumerate().map(of).collect()
            })
            .collect();
        let seen: Vec<Vec<f64>> = (0..movers)
            .map(|m| {
                let moves = phase.node_moves[n][m].len();
                let mean = |a: usize| {
                    let types = belief_of(m).iter().enumerate();
                    types.map(|(k, b)| b * tau[m][k * moves + a]).sum()
                };
                (0..moves).map(mean).collect()
            })
            .collect();
        // What all see: outcomes with the same labels and the same next state.
        type Sight<'a> = ((&'a [u32], u32), Vec<(usize, f64)>);
        let mut sights: Vec<Sight> = Vec::new();
        for j in alternatives.clone() {
            for o in phase.outcomes(j) {
                let sight = (phase.labels_of(o), phase.outcome_next[o]);
                let part = (j, phase.outcome_believed[o]);
                match sights.iter_mut().find(|(s, _)| *s == sight) {
                    Some((_, parts)) => parts.push(part),
                    None => sights.push((sight, vec![part])),
                }
            }
        }
        let rows = &solution.layout.rows[solution.layout.next_phase(p)];
        let mut worth = phase.payoff[alternatives.start * seats..alternatives.end * seats].to_vec();
        for ((_, state), parts) in &sights {
            let mut after: Vec<Vec<f64>> = (0..game.actors.len())
                .map(|actor| belief[self.layout.range(actor)].to_vec())
                .collect();
            for (m, actor) in phase.actors.iter().enumerate() {
                let posterior = &mut after[*actor as usize];
                if posterior.len() == 1 {
                    continue;
                }
                let moves = phase.node_moves[n][m].len();
                let others = |j: usize| -> f64 {
                    let others = (0..movers).filter(|k| *k != m);
                    others.map(|k| seen[k][phase.move_of(j, k)]).product()
                };
                for (k, weight) in posterior.iter_mut().enumerate() {
                    let part = |(j, b): &(usize, f64)| {
                        tau[m][k * moves + phase.move_of(*j, m)] * others(*j) * b
                    };
                    *weight *= parts.iter().map(part).sum::<f64>();
                }
                let total: f64 = posterior.iter().sum();
                if total > RARE {
                    posterior.iter_mut().for_each(|w| *w /= total);
                    continue;
                }
                // Numbers this small lose their digits: by logarithms.
                let prior = belief_of(m);
                let opportunity = phase.node_opportunity[n][m];
                let logs: Vec<f64> = (0..prior.len())
                    .map(|k| {
                        let of = |(j, b): &(usize, f64)| {
                            let a = phase.move_of(*j, m);
                            let log = if opportunity.believed >= 1.0 {
                                played.logs[m][k * moves + a]
                            } else {
                                ln(tau[m][k * moves + a])
                            };
                            log + ln(others(*j)) + ln(*b)
                        };
                        let parts: Vec<f64> = parts.iter().map(of).collect();
                        ln(prior[k]) + log_sum_exp(&parts)
                    })
                    .collect();
                let total = log_sum_exp(&logs);
                if total == f64::NEG_INFINITY {
                    posterior.copy_from_slice(prior);
                } else {
                    for (w, l) in posterior.iter_mut().zip(&logs) {
                        *w = exp(l - total);
                    }
                }
            }
            let footprint = solution.footprint(&solution.grid.axis, &after);
            let row = rows[*state as usize] as usize;
            for seat in 0..seats {
                let table = &next[(row * seats + seat) * points..][..points];
                let follows = footprint.value(table);
                for (j, believed) in parts {
                    worth[(j - alternatives.start) * seats + seat] += believed * follows;
                }
            }
        }
        let mut totals = vec![0.0; seats];
        for j in alternatives.clone() {
            let share: f64 = (0..movers).map(|m| seen[m][phase.move_of(j, m)]).product();
            for (total, w) in totals
                .iter_mut()
                .zip(&worth[(j - alternatives.start) * seats..])
            {
                *total += share * w;
            }
        }
        let mut own: Vec<Vec<f64>> = Vec::with_capacity(movers);
        for (m, actor) in phase.actors.iter().enumerate() {
            let moves = phase.node_moves[n][m].len();
            let seat = game.seat(*actor as usize);
            let types = belief_of(m).len();
            let mut values = vec![0.0; types * moves];
            for j in alternatives.clone() {
                let others = (0..movers).filter(|k| *k != m);
                let share: f64 = others.map(|k| seen[k][phase.move_of(j, k)]).product();
                for k in 0..types {
                    values[k * moves + phase.move_of(j, m)] +=
                        share * worth[(j - alternatives.start) * seats + seat + k];
                }
            }
            let opportunity = phase.node_opportunity[n][m];
            for k in 0..types {
                let range = k * moves..(k + 1) * moves;
                let mut total: f64 = (values[range.clone()].iter().zip(&tau[m][range.clone()]))
                    .map(|(u, s)| u * s)
                    .sum();
                let shocks = self.shocks(*actor as usize, t);
                total += opportunity.believed
                    * shocks
                    * entropy(&played.sigma[m][range.clone()], &played.logs[m][range]);
                totals[seat + k] = total;
            }
            own.push(values);
        }
        Worth { own, totals }
    }
}
