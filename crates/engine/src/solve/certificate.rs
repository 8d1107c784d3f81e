//! The answer checked by code of its own: plain Bayes and plain logit over single outcomes, none of
//! the solver's signals, curves or Newton steps.
//!
//! * *Response*: at every node and grid point of the rounds kept, the stored choice against the logit
//!   response to the values that it implies.
//! * *Consistency*: the stored values against the values that the stored choices earn. Without a last
//!   round: the errors of all phases together, over 1 − δ, since they come again in every round.
//! * *Regret*: at beliefs reached on simulated trajectories, off the grid, against the values that
//!   play as it will really be (every round planned anew) earns over the foresight.

mod joint;
mod policy;

use super::backward::{MAX_JUMPS, afterwards, end_values, into_next_round};
use super::{Observer, Solution, SolveError};
use crate::belief::{Footprint, stick_odds};
use crate::game::{Foresight, Game, MovePhase, Noise, Opportunity, Phase, PrecisionScale};
use crate::math::{exp, largest, ln, log_sum_exp};
use crate::play::{BeliefLayout, Play};
use crate::simulate;
use rayon::prelude::*;
use serde::Serialize;

/// Bounds within which a solution is certified.
pub const BOUND: f64 = 1e-8;

/// Findings of the check.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Certificate {
    /// Stages checked on the grid.
    pub checked: u64,
    /// Largest |ln σ(a) − ln σ(b) − λ(U(a) − U(b))| over the grid.
    pub response: f64,
    /// Largest |V − V recomputed| over the grid.
    pub consistency: f64,
    /// Decisions at which regret was measured.
    pub reached: u64,
    /// Largest |V − V of the exact logit response to realised values| at reached decisions.
    pub logit_regret: f64,
    /// Its mean.
    pub mean_logit_regret: f64,
    /// Largest max U − Σ σ U at reached decisions: what noise and misprediction cost.
    pub best_regret: f64,
    /// Its mean.
    pub mean_best_regret: f64,
    /// Largest stage residual met by the solver.
    pub residual: f64,
    /// Places (node, pair of neighbouring beliefs, plan round) where the played branch jumps.
    pub jumps: u64,
    /// Share of the trajectories that come to a belief between which the branch jumps.
    pub jump_share: f64,
    /// Stages at which a second solution was found.
    pub multiple: u64,
    /// max |σ^N − σ^(N−1)|.
    pub replanning: Option<f64>,
}

impl Certificate {
    /// True when the solution is certified: response, consistency and residual within bounds, and no
    /// simulated path comes to a belief at which the branch jumps, where interpolation means nothing
    /// (of more jumps than are listed nobody knows that). Regret is information, not a condition: it
    /// holds grid error and, with rolling foresight, the players' misprediction.
    pub fn holds(&self) -> bool {
        self.solved() && self.jump_share == 0.0 && self.jumps <= MAX_JUMPS as u64
    }

    /// True when the equations of every stage are solved: response, consistency and residual within
    /// bounds.
    pub fn solved(&self) -> bool {
        self.response <= BOUND && self.consistency <= BOUND && self.residual <= 1e-9
    }
}

/// Checks `solution`; regret at the decisions of `trajectories` simulated trajectories.
///
/// # Errors
/// [`SolveError::Cancelled`].
pub fn certify(
    game: &Game,
    solution: &Solution,
    trajectories: u64,
    observer: &dyn Observer,
) -> Result<Certificate, SolveError> {
    if game.foresight == Foresight::Unbounded && !game.has_types() {
        return super::stationary::certificate::certify(game, solution, observer);
    }
    let mut certificate = Certificate {
        residual: solution.report.residual,
        jumps: solution.report.jump_count,
        multiple: solution.report.multiple,
        replanning: solution.report.replanning,
        ..Certificate::default()
    };
    let checker = Checker {
        game,
        solution,
        layout: BeliefLayout::of(game),
    };
    let rounds = plan_length(game);
    let mut off = Vec::new();
    for t in 0..solution.values.len() {
        let ends = end_values(game, rounds, t as u32);
        let start = solution
            .values
            .get(t + 1)
            .map_or(&solution.after, |v| &v[0]);
        let last = into_next_round(game, &solution.layout, &solution.grid, start.clone(), &ends);
        for (p, phase) in game.phases.iter().enumerate() {
            if observer.cancelled() {
                return Err(SolveError::Cancelled);
            }
            observer.progress(
                "certify",
                (t * game.phases.len() + p) as u64,
                (solution.values.len() * game.phases.len()) as u64,
            );
            let next = solution.values[t].get(p + 1).unwrap_or(&last);
            if let Phase::Move(phase) = phase {
                let (response, consistency) = if phase.is_joint() {
                    checker.joint_grid(t, p, phase, next)
                } else {
                    checker.grid(t, p, phase, next)
                };
                certificate.response = larger(certificate.response, response);
                off.push(consistency);
                certificate.checked += (phase.nodes() * solution.grid.points) as u64;
            } else {
                let table = checker.events(p, next);
                let pairs = table.iter().zip(&solution.values[t][p]);
                off.push(largest(pairs.map(|(a, b)| (a - b).abs())));
            }
        }
    }
    certificate.consistency = match game.foresight {
        // The errors of all phases of a round, and of every round after it.
        Foresight::Unbounded => {
            let lasting = largest(game.actors.iter().map(|a| 1.0 / (1.0 - a.discount)));
            lasting * off.iter().sum::<f64>()
        }
        _ => largest(off),
    };
    checker.regrets(trajectories, &mut certificate, observer)?;
    Ok(certificate)
}

fn plan_length(game: &Game) -> u32 {
    match game.foresight {
        Foresight::Rounds(n) => n.max(1),
        _ => game.horizon,
    }
}

struct Checker<'a> {
    game: &'a Game,
    solution: &'a Solution,
    layout: BeliefLayout,
}

/// Buffers of one thread.
#[derive(Default)]
struct Buffers {
    sights: Sights,
    values: Vec<f64>,
    totals: Vec<f64>,
    own: Vec<f64>,
    odds: Vec<f64>,
    inner: Footprint,
    followed: Vec<f64>,
    logit: Vec<f64>,
}

/// What the public can see at one node, and which moves can show it: outcomes with the same label and
/// the same next state cannot be told apart.
#[derive(Default)]
struct Sights {
    seen: Vec<(u32, u32)>,
    /// Sight → its outcomes: (move, believed probability).
    outcomes: Vec<Vec<(usize, f64)>>,
}

impl Sights {
    /// Reads node `n`.
    fn read(&mut self, phase: &MovePhase, n: usize) {
        self.seen.clear();
        self.outcomes.iter_mut().for_each(Vec::clear);
        for (a, alternative) in phase.alternatives(n).enumerate() {
            for o in phase.outcomes(alternative) {
                let sight = (phase.outcome_labels[o], phase.outcome_next[o]);
                let known = self.seen.iter().position(|s| *s == sight);
                let at = known.unwrap_or_else(|| {
                    self.seen.push(sight);
                    self.seen.len() - 1
                });
                if self.outcomes.len() <= at {
                    self.outcomes.push(Vec::new());
                }
                self.outcomes[at].push((a, phase.outcome_believed[o]));
            }
        }
    }
}

impl Checker<'_> {
    /// Precision of `actor` in round `t` of a plan.
    fn precision(&self, actor: usize, t: usize) -> f64 {
        let actor = &self.game.actors[actor];
        match self.game.precision_scale {
            PrecisionScale::Current => actor.precision,
            PrecisionScale::Discounted => actor.precision * actor.discount.powi(t as i32),
        }
    }

    /// What private shocks to the payoffs add to the value of a choice, for each unit of its entropy:
    /// 1/λ with `noise taste`, nothing otherwise.
    fn shocks(&self, actor: usize, t: usize) -> f64 {
        match self.game.noise {
            Noise::Error => 0.0,
            Noise::Taste => 1.0 / self.precision(actor, t),
        }
    }

    /// Largest response and consistency errors of one phase over the grid.
    fn grid(&self, t: usize, p: usize, phase: &MovePhase, next: &[f64]) -> (f64, f64) {
        let solution = self.solution;
        let points = solution.grid.points;
        let seats = solution.layout.seats;
        let mover = phase.actors[0] as usize;
        let types = self.game.actors[mover].types.len();
        let precision = self.precision(mover, t);
        (0..phase.nodes())
            .into_par_iter()
            .map_init(Buffers::default, |buffers, n| {
                let moves = phase.alternatives(n).len();
                let table = solution.strategies[t][p].node(n);
                let (mut response, mut consistency) = (0.0f64, 0.0f64);
                let mut sigma = vec![0.0; types * moves];
                buffers.sights.read(phase, n);
                for point in 0..points {
                    let logs = &table[point * types * moves..][..types * moves];
                    for (s, l) in sigma.iter_mut().zip(logs) {
                        *s = exp(*l);
                    }
                    let belief = solution.grid.belief(mover, point);
                    self.evaluate(
                        (t, p),
                        phase,
                        n,
                        next,
                        belief,
                        &Others::Point(point),
                        (&sigma, logs),
                        buffers,
                    );
                    for k in 0..types {
                        let own = &buffers.own[k * moves..(k + 1) * moves];
                        logit(own, &phase.node_kinds[n][0], precision, &mut buffers.logit);
                        for (stored, exact) in logs[k * moves..].iter().zip(&buffers.logit) {
                            response = larger(response, (stored - exact).abs());
                        }
                    }
                    for seat in 0..seats {
                        let stored = solution.values[t][p][(n * seats + seat) * points + point];
                        consistency = larger(consistency, (stored - buffers.totals[seat]).abs());
                    }
                }
                (response, consistency)
            })
            .reduce(|| (0.0, 0.0), |a, b| (larger(a.0, b.0), larger(a.1, b.1)))
    }

    /// Values of one node at one belief under choices given with their logarithms: `buffers.own[type * moves + move]` for the
    /// mover, `buffers.totals[seat]` for everybody. `buffers.sights` are those of the node.
    fn evaluate(
        &self,
        (t, p): (usize, usize),
        phase: &MovePhase,
        n: usize,
        next: &[f64],
        belief: &[f64],
        others: &Others,
        (sigma, logs): (&[f64], &[f64]),
        buffers: &mut Buffers,
    ) {
        let solution = self.solution;
        let grid = &solution.grid;
        let seats = solution.layout.seats;
        let points = grid.points;
        let mover = phase.actors[0] as usize;
        let first = self.game.seat(mover);
        let types = belief.len();
        let alternatives = phase.alternatives(n);
        let moves = alternatives.len();
        let opportunity = phase.node_opportunity[n][0];
        let played = |k: usize, a: usize| played(&opportunity, a, sigma[k * moves + a]);
        let rows = &solution.layout.rows[solution.layout.next_phase(p)];
        let Buffers {
            sights,
            values,
            totals,
            own,
            odds,
            inner,
            followed,
            ..
        } = buffers;
        own.clear();
        own.resize(types * moves, 0.0);
        totals.clear();
        totals.resize(seats, 0.0);
        values.clear();
        values.extend_from_slice(&phase.payoff[alternatives.start * seats..][..moves * seats]);
        odds.resize(types - 1, 0.0);
        let mut weights = [0.0; 16];
        let weights = &mut weights[..types.min(16)];
        for ((_, state), outcomes) in sights.seen.iter().zip(&sights.outcomes) {
            // Bayes over everything that could have shown this.
            for (k, weight) in weights.iter_mut().enumerate() {
                let shown = outcomes
                    .iter()
                    .map(|(a, believed)| played(k, *a) * believed);
                *weight = belief[k] * shown.sum::<f64>();
            }
            let total: f64 = weights.iter().sum();
            if types == 1 {
                inner.point(0, 0);
            } else {
                if total > RARE {
                    weights.iter_mut().for_each(|w| *w /= total);
                } else {
                    rare(weights, belief, outcomes, |k, a| {
                        log_played(&opportunity, a, played(k, a), logs[k * moves + a])
                    });
                }
                stick_odds(weights, odds);
                inner.at(&grid.axis, odds);
            }
            let row = rows[*state as usize] as usize;
            followed.clear();
            followed.extend((0..seats).map(|seat| {
                let table = &next[(row * seats + seat) * points..][..points];
                others.value(grid, mover, inner, table)
            }));
            for (a, believed) in outcomes {
                for (value, follows) in values[a * seats..][..seats].iter_mut().zip(&*followed) {
                    *value += believed * follows;
                }
            }
        }
        for (a, values) in values.chunks_exact(seats).enumerate() {
            for k in 0..types {
                own[k * moves + a] = values[first + k];
                totals[first + k] += played(k, a) * values[first + k];
            }
            let share: f64 = (0..types).map(|k| belief[k] * played(k, a)).sum();
            for seat in (0..seats).filter(|s| *s < first || *s >= first + types) {
                totals[seat] += share * values[seat];
            }
        }
        if self.game.noise == Noise::Taste {
            let shocks = opportunity.believed * self.shocks(mover, t);
            for k in 0..types {
                let range = k * moves..(k + 1) * moves;
                totals[first + k] += shocks * entropy(&sigma[range.clone()], &logs[range]);
            }
        }
    }

    /// Table of an events phase from the table after it.
    fn events(&self, p: usize, next: &[f64]) -> Vec<f64> {
        let solution = self.solution;
        let width = solution.layout.seats * solution.grid.points;
        let Phase::Events(phase) = &self.game.phases[p] else {
            return Vec::new();
        };
        let rows = &solution.layout.rows[solution.layout.next_phase(p)];
        let mut table = vec![0.0; phase.nodes() * width];
        table
            .par_chunks_mut(width.max(1))
            .enumerate()
            .for_each(|(n, out)| {
                for (entry, out) in out.iter_mut().enumerate() {
                    let seat = entry / solution.grid.points;
                    let mut value = phase.payoff[n * solution.layout.seats + seat];
                    for o in phase.outcomes(n) {
                        let row = rows[phase.outcome_next[o] as usize] as usize;
                        value += phase.outcome_believed[o] * next[row * width + entry];
                    }
                    *out = value;
                }
            });
        table
    }

    /// Value of each phase of a round if play from now on is as it will really be, for as long as
    /// the players look ahead: `[round from now][phase]`. With full foresight these are the plans.
    fn realised(&self, observer: &dyn Observer) -> Result<Vec<Vec<f64>>, SolveError> {
        let (game, solution) = (self.game, self.solution);
        let rounds = plan_length(game);
        let width = solution.layout.seats * solution.grid.points;
        let mut start = afterwards(game, &solution.layout, &solution.grid);
        let mut tables = Vec::new();
        let policies = self.policies();
        for t in (0..rounds).rev() {
            let ends = end_values(game, rounds, t);
            let last =
                into_next_round(game, &solution.layout, &solution.grid, start.clone(), &ends);
            tables = vec![last];
            for p in (0..game.phases.len()).rev() {
                if observer.cancelled() {
                    return Err(SolveError::Cancelled);
                }
                observer.progress("regret", u64::from(rounds - 1 - t), u64::from(rounds));
                let next = &tables[tables.len() - 1];
                let mut table = match &game.phases[p] {
                    Phase::Events(_) => self.events(p, next),
                    Phase::Move(phase) if phase.is_joint() => self.joint_policy(p, phase, next),
                    Phase::Move(phase) => {
                        let kept = policies.as_ref().map(|nodes| &nodes[p][..]);
                        self.policy(p, phase, next, kept)
                    }
                };
                for end in &ends {
                    for value in end {
                        table.extend(std::iter::repeat_n(*value, solution.grid.points));
                    }
                }
                debug_assert_eq!(table.len(), (solution.layout.nodes[p] + ends.len()) * width);
                tables.push(table);
            }
            start.clone_from(&tables[tables.len() - 1]);
        }
        tables.reverse();
        Ok(tables)
    }

    /// Regret at the decisions of simulated trajectories.
    fn regrets(
        &self,
        trajectories: u64,
        certificate: &mut Certificate,
        observer: &dyn Observer,
    ) -> Result<(), SolveError> {
        let (game, solution) = (self.game, self.solution);
        // Play is as it was planned, except where every round is planned anew.
        let planned = !matches!(game.foresight, Foresight::Rounds(_));
        let realised = if planned {
            Vec::new()
        } else {
            self.realised(observer)?
        };
        let rounds = plan_length(game);
        let lasts: Vec<Vec<f64>> = if planned {
            (0..solution.values.len())
                .map(|t| {
                    let ends = end_values(game, rounds, t as u32);
                    let start = solution
                        .values
                        .get(t + 1)
                        .map_or(&solution.after, |v| &v[0]);
                    into_next_round(game, &solution.layout, &solution.grid, start.clone(), &ends)
                })
                .collect()
        } else {
            Vec::new()
        };
        let mut buffers = Buffers::default();
        let mut play = Play::default();
        let jumps = Jumps::of(game, solution);
        let mut jumped = std::collections::BTreeSet::new();
        let (mut sum_logit, mut sum_best, mut weight) = (0.0, 0.0, 0.0);
        simulate::visit(game, solution, trajectories, 0, &mut |decision| {
            let Phase::Move(phase) = &game.phases[decision.phase] else {
                return;
            };
            let t = solution.plan_round(game, decision.round);
            let next = if planned {
                solution.values[t]
                    .get(decision.phase + 1)
                    .unwrap_or(&lasts[t])
            } else {
                &realised[decision.phase + 1]
            };
            let (p, n) = (decision.phase, decision.node);
            play.at(
                game,
                solution,
                &self.layout,
                phase,
                (t, p, n),
                decision.belief,
                false,
            );
            let belief_of =
                |m: usize| &decision.belief[self.layout.range(phase.actors[m] as usize)];
            for (m, actor) in phase.actors.iter().enumerate() {
                let name = &game.actors[*actor as usize].name;
                if jumps.between(p, phase.node_state[n], name, belief_of(m)) {
                    jumped.insert(decision.trajectory);
                }
            }
            let moves_of = |m: usize| phase.node_moves[n][m].len();
            let (own, played) = if phase.is_joint() {
                let mut rest = (&play.sigma[..], &play.log_sigma_of(game, phase, n)[..]);
                let mut played = joint::Played {
                    sigma: Vec::new(),
                    logs: Vec::new(),
                };
                for m in 0..phase.actors.len() {
                    let (sigma, logs) = rest;
                    let size = belief_of(m).len() * moves_of(m);
                    played.sigma.push(sigma[..size].to_vec());
                    played.logs.push(logs[..size].to_vec());
                    rest = (&sigma[size..], &logs[size..]);
                }
                let worth = self.joint_worth((t, p), phase, n, next, decision.belief, &played);
                (worth.own, played)
            } else {
                let mover = phase.actors[0] as usize;
                let others = Others::away(solution, &self.layout, mover, decision.belief);
                buffers.sights.read(phase, n);
                let logs = play.log_sigma_of(game, phase, n);
                self.evaluate(
                    (t, p),
                    phase,
                    n,
                    next,
                    belief_of(0),
                    &others,
                    (&play.sigma, &logs),
                    &mut buffers,
                );
                let played = joint::Played {
                    sigma: vec![play.sigma.clone()],
                    logs: vec![logs],
                };
                (vec![buffers.own.clone()], played)
            };
            for (m, actor) in phase.actors.iter().enumerate() {
                let precision = self.precision(*actor as usize, t);
                let shocks = self.shocks(*actor as usize, t);
                let moves = moves_of(m);
                for (k, share) in belief_of(m).iter().enumerate() {
                    let range = k * moves..(k + 1) * moves;
                    let own = &own[m][range.clone()];
                    let sigma = &played.sigma[m][range.clone()];
                    let mut value: f64 = own.iter().zip(sigma).map(|(u, s)| u * s).sum();
                    let exact_logs = &mut buffers.logit;
                    logit(own, &phase.node_kinds[n][m], precision, exact_logs);
                    let exact_sigma: Vec<f64> = exact_logs.iter().map(|l| exp(*l)).collect();
                    let mut exact: f64 = own.iter().zip(&exact_sigma).map(|(u, s)| u * s).sum();
                    let mut best = own.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                    if game.noise == Noise::Taste {
                        // Whoever follows its tastes does not err: the best is the exact response.
                        value += shocks * entropy(sigma, &played.logs[m][range]);
                        exact += shocks * entropy(&exact_sigma, exact_logs);
                        best = exact;
                    }
                    certificate.logit_regret = certificate.logit_regret.max((exact - value).abs());
                    certificate.best_regret = certificate.best_regret.max(best - value);
                    sum_logit += share * (exact - value).abs();
                    sum_best += share * (best - value);
                    weight += share;
                }
            }
            certificate.reached += 1;
        });
        certificate.jump_share = jumped.len() as f64 / trajectories.max(1) as f64;
        if weight > 0.0 {
            certificate.mean_logit_regret = sum_logit / weight;
            certificate.mean_best_regret = sum_best / weight;
        }
        Ok(())
    }
}

/// Phase, state and actor.
type Place<'a> = (usize, &'a str, &'a str);

/// The jumps by place.
struct Jumps<'a>(
    std::collections::BTreeMap<Place<'a>, Vec<&'a [Vec<f64>; 2]>>,
    &'a Game,
);

impl<'a> Jumps<'a> {
    fn of(game: &'a Game, solution: &'a Solution) -> Self {
        let mut map: std::collections::BTreeMap<_, Vec<_>> = std::collections::BTreeMap::new();
        for jump in &solution.report.jumps {
            map.entry((jump.phase as usize, &jump.state[..], &jump.actor[..]))
                .or_default()
                .push(&jump.between);
        }
        Self(map, game)
    }

    /// Does a jump lie about `belief` about `actor` in `state`?
    fn between(&self, phase: usize, state: u32, actor: &str, belief: &[f64]) -> bool {
        self.0
            .get(&(phase, &self.1.states[state as usize][..], actor))
            .is_some_and(|places| {
                places.iter().any(|[from, to]| {
                    let (low, high) = (from[0].min(to[0]), from[0].max(to[0]));
                    low <= belief[0] && belief[0] <= high
                })
            })
    }
}

/// Where the beliefs about those who do not move lie.
enum Others {
    /// At a grid point.
    Point(usize),
    /// Between points: grid offsets without the mover's part, and weights.
    Between(Vec<(usize, f64)>),
}

impl Others {
    /// Weights of all other actors' beliefs.
    fn away(solution: &Solution, layout: &BeliefLayout, mover: usize, belief: &[f64]) -> Self {
        let grid = &solution.grid;
        let mut entries = vec![(0usize, 1.0)];
        for (actor, block) in grid.blocks.iter().enumerate() {
            if actor == mover || block.types < 2 {
                continue;
            }
            let mut odds = vec![0.0; block.types - 1];
            stick_odds(&belief[layout.range(actor)], &mut odds);
            let mut footprint = Footprint::default();
            footprint.at(&grid.axis, &odds);
            entries = entries
                .iter()
                .flat_map(|(offset, weight)| {
                    footprint
                        .index
                        .iter()
                        .zip(&footprint.weight)
                        .map(move |(i, w)| (offset + *i as usize * block.stride, weight * w))
                })
                .collect();
        }
        Self::Between(entries)
    }

    /// Interpolated value of `table` (over the whole grid) with the mover at `inner`.
    fn value(
        &self,
        grid: &crate::belief::BeliefGrid,
        mover: usize,
        inner: &Footprint,
        table: &[f64],
    ) -> f64 {
        let block = &grid.blocks[mover];
        let along = |offset: usize| {
            let line = &table[offset..];
            // All points of the line in their order, or a few.
            if block.types == 2 && inner.index.len() == block.points {
                let values = line.iter().step_by(block.stride);
                return values.zip(&inner.weight).map(|(v, w)| w * v).sum::<f64>();
            }
            let entries = inner.index.iter().zip(&inner.weight);
            entries
                .map(|(i, w)| w * line[*i as usize * block.stride])
                .sum()
        };
        match self {
            Self::Point(point) => along(point - grid.own(mover, *point) * block.stride),
            Self::Between(entries) => entries
                .iter()
                .map(|(offset, weight)| weight * along(*offset))
                .sum(),
        }
    }
}

/// Below this probability of being seen, what is seen is weighed by logarithms: numbers this small lose
/// their digits, and smaller ones are zero.
const RARE: f64 = 1e-250;

/// Believed probability of move `a`, which is chosen with probability `sigma` if there is a decision.
fn played(opportunity: &Opportunity, a: usize, sigma: f64) -> f64 {
    let forced = if a == opportunity.default as usize {
        1.0 - opportunity.believed
    } else {
        0.0
    };
    opportunity.believed * sigma + forced
}

/// Its logarithm, also where it is too small for a number; `log` is that of the choice.
fn log_played(opportunity: &Opportunity, a: usize, played: f64, log: f64) -> f64 {
    if a == opportunity.default as usize && opportunity.believed < 1.0 {
        ln(played)
    } else {
        ln(opportunity.believed) + log
    }
}

/// Bayes for what is hardly ever seen, into `weights`: the posterior is that of the logarithms, however
/// small the probabilities. What can never be seen teaches nothing.
fn rare(
    weights: &mut [f64],
    belief: &[f64],
    outcomes: &[(usize, f64)],
    log_played: impl Fn(usize, usize) -> f64,
) {
    for (k, weight) in weights.iter_mut().enumerate() {
        let logs: Vec<f64> = outcomes
            .iter()
            .map(|(a, believed)| log_played(k, *a) + ln(*believed))
            .collect();
        *weight = ln(belief[k]) + log_sum_exp(&logs);
    }
    let total = log_sum_exp(weights);
    if total == f64::NEG_INFINITY {
        weights.copy_from_slice(belief);
    } else {
        weights.iter_mut().for_each(|w| *w = exp(*w - total));
    }
}

/// The larger of two sizes; NaN if one is.
fn larger(a: f64, b: f64) -> f64 {
    largest([a, b])
}

/// −Σ σ ln σ.
fn entropy(sigma: &[f64], logs: &[f64]) -> f64 {
    let mut sum = 0.0;
    for (s, l) in sigma.iter().zip(logs) {
        if *s > 0.0 {
            sum -= s * l;
        }
    }
    sum
}

/// Log-probabilities of the logit response, kinds first.
pub(super) fn logit(value: &[f64], kinds: &[u32], precision: f64, out: &mut Vec<f64>) {
    out.clear();
    out.resize(value.len(), 0.0);
    let count = kinds.iter().max().map_or(0, |k| *k as usize + 1);
    let mut worth = vec![0.0; count];
    for a in 0..value.len() {
        let siblings = value
            .iter()
            .zip(kinds)
            .filter(|(_, k)| **k == kinds[a])
            .map(|(u, _)| *u);
        out[a] = log_share(value[a], precision, siblings);
        worth[kinds[a] as usize] += exp(out[a]) * value[a];
    }
    for a in 0..value.len() {
        let all = worth.iter().copied();
        out[a] += log_share(worth[kinds[a] as usize], precision, all);
    }
}

/// Log of the logit share of what is worth `u` among `all`. Against the best, so that nothing
/// overflows however far they lie apart.
fn log_share(u: f64, precision: f64, all: impl Iterator<Item = f64> + Clone) -> f64 {
    let best = all.clone().fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = all.map(|v| exp(precision * (v - best))).sum();
    precision * (u - best) - ln(total)
}
