//! The stage of several movers: one node, one belief, continuation values given.
//!
//! Unknown are the log-probability ratios x[i, θ, a] = ln σ_i(a|θ) − ln σ_i(0|θ) of every mover i and
//! type θ. They fix what is played, τ = o·σ + (1−o)·1{default}, and its mean over the types by the
//! public belief, τ̄. With τ and τ̄ the posterior about each mover after each signal follows by Bayes,
//! with the posteriors what follows is worth, and U_i(a|θ) averages over the other movers' τ̄. The
//! logit choices at U give the ratios again: F(x) = x − Φ(x) = 0.

use crate::belief::{Axis, Footprint, Stencil, stick_odds};
use crate::game::MovePhase;
use crate::math::{exp, ln, log_sum_exp};
use crate::solve::path::Equations;
use crate::solve::signals::Signals;
use crate::solve::stage::{Chosen, angle_by_log_weights, nested_logit};

/// One of those who move.
pub struct Mover<'a> {
    /// Number of types.
    pub types: usize,
    /// Number of moves.
    pub moves: usize,
    /// Kind of each move; `None` when every move is its own kind.
    pub kinds: Option<&'a [u32]>,
    /// Believed probability of a decision.
    pub opportunity: f64,
    /// Move played otherwise.
    pub default: usize,
    /// Precision at its target.
    pub precision: f64,
    /// First seat.
    pub seat: usize,
    /// First unknown: `[unknown + type * (moves − 1) + move − 1]`.
    pub unknown: usize,
    /// First probability: `[slot + type * moves + move]`.
    pub slot: usize,
    /// First entry of the play seen by others: `[mean + move]`.
    pub mean: usize,
    /// First belief axis among those of all movers, of `types − 1`.
    pub axis: usize,
}

/// What a stage is made of; slices live in the caller's tables.
#[derive(Clone, Copy)]
pub struct Stage<'a> {
    /// The phase.
    pub phase: &'a MovePhase,
    /// First alternative of the node.
    pub first: usize,
    /// What the joint moves tell.
    pub signals: &'a Signals,
    /// Those who move.
    pub movers: &'a [Mover<'a>],
    /// Belief axis.
    pub axis: &'a Axis,
    /// Number of seats.
    pub seats: usize,
    /// Points of the sub-grid of all movers' beliefs.
    pub size: usize,
    /// Continuation of each pair over that sub-grid: `[(pair * seats + seat) * size + k]`.
    pub curves: &'a [f64],
    /// Belief about each mover.
    pub beliefs: &'a [&'a [f64]],
}

impl Stage<'_> {
    /// Number of unknowns.
    pub fn unknowns(&self) -> usize {
        self.movers.iter().map(|m| m.types * (m.moves - 1)).sum()
    }

    fn slots(&self) -> usize {
        self.movers.iter().map(|m| m.types * m.moves).sum()
    }

    fn axes(&self) -> usize {
        self.movers.iter().map(|m| m.types - 1).sum()
    }

    fn alternatives(&self) -> usize {
        self.signals.move_start.len() - 1
    }

    /// What mover `i` does in alternative `j` of the node.
    fn move_of(&self, j: usize, i: usize) -> usize {
        self.phase.move_of(self.first + j, i)
    }
}

/// Buffers of a stage, reused from point to point. After an evaluation they hold its results.
#[derive(Default)]
pub struct Work {
    /// Log-probabilities by slot, given an opportunity.
    pub log_sigma: Vec<f64>,
    sigma: Vec<f64>,
    log_tau: Vec<f64>,
    tau: Vec<f64>,
    /// Play seen by others.
    mean: Vec<f64>,
    /// Share of each sender in the probability that a type of a mover shows the signal:
    /// `[entry of senders * types of all movers + type]`.
    share: Vec<f64>,
    footprints: Vec<Footprint>,
    angle_by_log: Vec<f64>,
    /// Worth of each alternative to each seat.
    worth: Vec<f64>,
    pair_slopes: Vec<f64>,
    /// Values of the moves by slot.
    value: Vec<f64>,
    /// Their logit choices.
    log_choice: Vec<f64>,
    choice: Vec<f64>,
    inner: Vec<f64>,
    kind_worth: Vec<f64>,
    step: Vec<f64>,
    jacobian: Vec<f64>,
    by_kappa: Vec<f64>,
    scratch: Vec<f64>,
}

/// A stage and its buffers.
pub struct Joint<'a, 'b> {
    pub stage: &'a Stage<'b>,
    pub work: &'a mut Work,
}

impl Equations for Joint<'_, '_> {
    fn evaluate(&mut self, x: &[f64], kappa: f64) {
        self.work.evaluate(self.stage, x, kappa);
    }

    fn step(&self) -> &[f64] {
        &self.work.step
    }

    fn by_kappa(&mut self) -> &[f64] {
        &self.work.by_kappa
    }

    fn copy_system(&mut self, out: &mut Vec<f64>) {
        let n = self.work.step.len();
        out.clear();
        out.extend(self.work.jacobian.iter().map(|j| -j));
        for i in 0..n {
            out[i * n + i] += 1.0;
        }
    }

    fn tolerance(&self) -> f64 {
        1e-13
    }

    fn on_the_way(&self) -> f64 {
        1e-6
    }
}

fn resized(buffer: &mut Vec<f64>, size: usize) {
    buffer.clear();
    buffer.resize(size, 0.0);
}

impl Work {
    fn evaluate(&mut self, stage: &Stage, x: &[f64], kappa: f64) {
        self.play(stage, x);
        self.infer(stage);
        self.continue_with(stage);
        self.choose(stage, x, kappa);
        self.differentiate(stage, kappa);
    }

    /// What is played, and how it looks to others.
    fn play(&mut self, stage: &Stage, x: &[f64]) {
        let slots = stage.slots();
        for buffer in [
            &mut self.log_sigma,
            &mut self.sigma,
            &mut self.log_tau,
            &mut self.tau,
        ] {
            resized(buffer, slots);
        }
        resized(&mut self.mean, stage.movers.iter().map(|m| m.moves).sum());
        for (i, mover) in stage.movers.iter().enumerate() {
            let o = mover.opportunity;
            for t in 0..mover.types {
                let range = mover.slot + t * mover.moves..mover.slot + (t + 1) * mover.moves;
                let first = mover.unknown + t * (mover.moves - 1);
                let logs = &mut self.log_sigma[range.clone()];
                logs[1..].copy_from_slice(&x[first..first + mover.moves - 1]);
                let total = log_sum_exp(logs);
                logs.iter_mut().for_each(|l| *l -= total);
                for a in 0..mover.moves {
                    let slot = range.start + a;
                    let (log, sigma) = (self.log_sigma[slot], exp(self.log_sigma[slot]));
                    self.sigma[slot] = sigma;
                    (self.tau[slot], self.log_tau[slot]) = if o >= 1.0 {
                        (sigma, log)
                    } else if a == mover.default {
                        let tau = o * sigma + (1.0 - o);
                        (tau, ln(tau))
                    } else {
                        (o * sigma, ln(o) + log)
                    };
                    self.mean[mover.mean + a] += stage.beliefs[i][t] * self.tau[slot];
                }
            }
        }
    }

    /// Probability that all but movers `i` and `h` do their part of alternative `j`.
    fn others(&self, stage: &Stage, j: usize, i: usize, h: usize) -> f64 {
        let mut share = 1.0;
        for (k, mover) in stage.movers.iter().enumerate() {
            if k != i && k != h {
                share *= self.mean[mover.mean + stage.move_of(j, k)];
            }
        }
        share
    }

    /// Where the posteriors after each signal lie on the sub-grid of the movers' beliefs.
    fn infer(&mut self, stage: &Stage) {
        let signals = stage.signals;
        let axes = stage.axes();
        let seats: usize = stage.movers.iter().map(|m| m.types).sum();
        resized(&mut self.share, signals.senders.len() * seats);
        resized(&mut self.angle_by_log, signals.len() * axes * axes);
        self.footprints
            .resize_with(signals.len(), Footprint::default);
        let mut stencils: Vec<Stencil> = Vec::with_capacity(axes);
        for g in 0..signals.len() {
            stencils.clear();
            let entries = signals.sender_start[g] as usize..signals.sender_start[g + 1] as usize;
            let mut seat = 0;
            for (i, mover) in stage.movers.iter().enumerate() {
                if mover.types == 1 {
                    seat += 1;
                    continue;
                }
                let mut logs = Vec::with_capacity(mover.types);
                for t in 0..mover.types {
                    self.scratch.clear();
                    for e in entries.clone() {
                        let (j, l) = signals.senders[e];
                        let own = mover.slot + t * mover.moves + stage.move_of(j as usize, i);
                        let others = self.others(stage, j as usize, i, i);
                        self.scratch.push(self.log_tau[own] + ln(others) + ln(l));
                    }
                    let total = log_sum_exp(&self.scratch);
                    for (e, log) in entries.clone().zip(&self.scratch) {
                        self.share[e * seats + seat + t] = if total == f64::NEG_INFINITY {
                            1.0 / entries.len() as f64
                        } else {
                            exp(log - total)
                        };
                    }
                    logs.push(total);
                }
                seat += mover.types;
                let told = !signals.mute[g] && logs.iter().all(|l| l.is_finite());
                let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let weights: Vec<f64> = (logs.iter().zip(stage.beliefs[i]))
                    .map(|(log, b)| if told { b * exp(log - top) } else { *b })
                    .collect();
                let own = mover.types - 1;
                let mut odds = vec![0.0; own];
                stick_odds(&weights, &mut odds);
                stencils.extend(
                    odds.iter()
                        .map(|o| stage.axis.stencil(stage.axis.angle(*o))),
                );
                if told {
                    let mut slopes = vec![0.0; own * own];
                    angle_by_log_weights(stage.axis, &weights, &odds, &mut slopes);
                    for (m, slopes) in slopes.chunks_exact(own).enumerate() {
                        let row = (g * axes + mover.axis + m) * axes + mover.axis;
                        self.angle_by_log[row..row + own].copy_from_slice(slopes);
                    }
                }
            }
            self.footprints[g].tensor(stage.axis.points, &stencils);
        }
    }

    /// What each alternative is worth, and how that changes with the posteriors.
    fn continue_with(&mut self, stage: &Stage) {
        let (seats, size, axes) = (stage.seats, stage.size, stage.axes());
        let count = stage.alternatives();
        self.worth.clear();
        self.worth
            .extend_from_slice(&stage.phase.payoff[stage.first * seats..][..count * seats]);
        resized(
            &mut self.pair_slopes,
            stage.signals.pairs.len() * seats * axes,
        );
        for (p, (j, g)) in stage.signals.pairs.iter().enumerate() {
            let footprint = &self.footprints[*g as usize];
            for seat in 0..seats {
                let curve = &stage.curves[(p * seats + seat) * size..][..size];
                self.worth[*j as usize * seats + seat] += footprint.value(curve);
                for axis in 0..axes {
                    self.pair_slopes[(p * seats + seat) * axes + axis] =
                        footprint.slope(axis, curve);
                }
            }
        }
    }

    /// Values, logit choices, and Φ(x) − x.
    fn choose(&mut self, stage: &Stage, x: &[f64], kappa: f64) {
        let slots = stage.slots();
        for buffer in [
            &mut self.value,
            &mut self.log_choice,
            &mut self.choice,
            &mut self.inner,
            &mut self.kind_worth,
        ] {
            resized(buffer, slots);
        }
        resized(&mut self.step, stage.unknowns());
        for (i, mover) in stage.movers.iter().enumerate() {
            for j in 0..stage.alternatives() {
                let a = stage.move_of(j, i);
                let share = self.others(stage, j, i, i);
                for t in 0..mover.types {
                    self.value[mover.slot + t * mover.moves + a] +=
                        share * self.worth[j * stage.seats + mover.seat + t];
                }
            }
            let precision = kappa * mover.precision;
            for t in 0..mover.types {
                let range = mover.slot + t * mover.moves..mover.slot + (t + 1) * mover.moves;
                let value = &self.value[range.clone()];
                let logs = &mut self.log_choice[range.clone()];
                match mover.kinds {
                    None => {
                        let top = value.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                        for (l, u) in logs.iter_mut().zip(value) {
                            *l = precision * (u - top);
                        }
                        let total = log_sum_exp(logs);
                        logs.iter_mut().for_each(|l| *l -= total);
                    }
                    Some(kinds) => nested_logit(
                        value,
                        kinds,
                        precision,
                        logs,
                        &mut self.inner[range.clone()],
                        &mut self.kind_worth[range.clone()],
                        &mut self.scratch,
                    ),
                }
                for (share, log) in self.choice[range].iter_mut().zip(&*logs) {
                    *share = exp(*log);
                }
                let first = mover.unknown + t * (mover.moves - 1);
                for a in 1..mover.moves {
                    let at = first + a - 1;
                    self.step[at] = logs[a] - logs[0] - x[at];
                }
            }
        }
    }

    fn chosen<'a>(&'a self, mover: &Mover<'a>, t: usize) -> Chosen<'a> {
        let range = mover.slot + t * mover.moves..mover.slot + (t + 1) * mover.moves;
        Chosen {
            kinds: mover.kinds,
            value: &self.value[range.clone()],
            sigma: &self.choice[range.clone()],
            inner: &self.inner[range.clone()],
            worth: &self.kind_worth[range],
        }
    }

    /// ∂Φ/∂x, column by column, and ∂Φ/∂κ.
    fn differentiate(&mut self, stage: &Stage, kappa: f64) {
        let n = self.step.len();
        let mut jacobian = std::mem::take(&mut self.jacobian);
        resized(&mut jacobian, n * n);
        let mut by_kappa = std::mem::take(&mut self.by_kappa);
        resized(&mut by_kappa, n);
        let mut out = Vec::new();
        let mut by_log = Vec::new();
        let mut change = Change::default();
        for (i, mover) in stage.movers.iter().enumerate() {
            change.shares(self, stage, i);
            for t in 0..mover.types {
                let first = mover.slot + t * mover.moves;
                for b in 1..mover.moves {
                    let column = mover.unknown + t * (mover.moves - 1) + b - 1;
                    // d ln σ(a) / d x_b = 1{a = b} − σ(b).
                    let sigma = self.sigma[first + b];
                    by_log.clear();
                    by_log.extend((0..mover.moves).map(|a| f64::from(u8::from(a == b)) - sigma));
                    change.values(self, stage, (i, t), &by_log);
                    self.rows(stage, |mover, t, row| {
                        let slots =
                            mover.slot + t * mover.moves..mover.slot + (t + 1) * mover.moves;
                        resized(&mut out, mover.moves);
                        self.chosen(mover, t).by_values(
                            kappa * mover.precision,
                            &change.value[slots],
                            &mut out,
                        );
                        for a in 1..mover.moves {
                            jacobian[(row + a - 1) * n + column] = out[a] - out[0];
                        }
                    });
                }
            }
        }
        self.rows(stage, |mover, t, row| {
            resized(&mut out, mover.moves);
            self.chosen(mover, t)
                .by_precision(kappa * mover.precision, &mut out);
            for a in 1..mover.moves {
                by_kappa[row + a - 1] = mover.precision * (out[a] - out[0]);
            }
        });
        self.jacobian = jacobian;
        self.by_kappa = by_kappa;
    }

    /// Calls `f` with each mover, each of its types, and their first unknown.
    fn rows(&self, stage: &Stage, mut f: impl FnMut(&Mover, usize, usize)) {
        for mover in stage.movers {
            for t in 0..mover.types {
                f(mover, t, mover.unknown + t * (mover.moves - 1));
            }
        }
    }

    /// Value of the stage to every seat. With `taste` a choice is worth its entropy over λ besides.
    pub fn seats(&self, stage: &Stage, taste: bool, out: &mut [f64]) {
        out.fill(0.0);
        for j in 0..stage.alternatives() {
            let share = self.others(stage, j, usize::MAX, usize::MAX);
            for (value, worth) in out.iter_mut().zip(&self.worth[j * stage.seats..]) {
                *value += share * worth;
            }
        }
        for mover in stage.movers {
            for t in 0..mover.types {
                let range = mover.slot + t * mover.moves..mover.slot + (t + 1) * mover.moves;
                let (sigma, logs) = (&self.sigma[range.clone()], &self.log_sigma[range.clone()]);
                let mut planned = 0.0;
                for (s, u) in sigma.iter().zip(&self.value[range.clone()]) {
                    planned += s * u;
                }
                if taste && mover.precision > 0.0 {
                    planned += entropy(sigma, logs) / mover.precision;
                }
                let o = mover.opportunity;
                out[mover.seat + t] =
                    o * planned + (1.0 - o) * self.value[range.start + mover.default];
            }
        }
    }
}

/// How everything changes with the log-probabilities of one mover's type.
#[derive(Default)]
struct Change {
    /// `[mover * alternatives + alternative]`: probability that all but the mover do their part,
    share: Vec<f64>,
    /// and all but the mover and the one whose play changes.
    rest: Vec<f64>,
    /// Of what is played, of its logarithm, of what others see and of its logarithm, by move.
    tau: Vec<f64>,
    log_tau: Vec<f64>,
    mean: Vec<f64>,
    log_mean: Vec<f64>,
    angles: Vec<f64>,
    logs: Vec<f64>,
    /// Of the worth of each alternative to each seat.
    worth: Vec<f64>,
    /// Of the values of the moves, by slot.
    value: Vec<f64>,
}

impl Change {
    /// Prepares for changes in what mover `i` plays.
    fn shares(&mut self, work: &Work, stage: &Stage, i: usize) {
        self.share.clear();
        self.rest.clear();
        for k in 0..stage.movers.len() {
            for j in 0..stage.alternatives() {
                self.share.push(work.others(stage, j, k, k));
                self.rest.push(work.others(stage, j, k, i));
            }
        }
    }

    /// All changes where the log-probabilities of type `t` of mover `i` change by `by_log`.
    fn values(&mut self, work: &Work, stage: &Stage, (i, t): (usize, usize), by_log: &[f64]) {
        let (seats, axes) = (stage.seats, stage.axes());
        let moved = &stage.movers[i];
        let first = moved.slot + t * moved.moves;
        let over = |change: f64, of: f64| if of > 0.0 { change / of } else { 0.0 };
        self.tau.clear();
        self.log_tau.clear();
        self.mean.clear();
        self.log_mean.clear();
        for (a, by_log) in by_log.iter().enumerate() {
            let tau = moved.opportunity * work.sigma[first + a] * by_log;
            let mean = stage.beliefs[i][t] * tau;
            self.tau.push(tau);
            self.mean.push(mean);
            self.log_tau
                .push(if moved.opportunity >= 1.0 || a != moved.default {
                    *by_log
                } else {
                    over(tau, work.tau[first + a])
                });
            self.log_mean.push(over(mean, work.mean[moved.mean + a]));
        }
        let count = stage.alternatives();
        if axes > 0 {
            self.posteriors(work, stage, (i, t));
            resized(&mut self.worth, count * seats);
            for (p, (j, g)) in stage.signals.pairs.iter().enumerate() {
                let angles = &self.angles[*g as usize * axes..][..axes];
                for seat in 0..seats {
                    let slopes = &work.pair_slopes[(p * seats + seat) * axes..][..axes];
                    let change: f64 = slopes.iter().zip(angles).map(|(s, a)| s * a).sum();
                    self.worth[*j as usize * seats + seat] += change;
                }
            }
        }
        resized(&mut self.value, stage.slots());
        for (k, mover) in stage.movers.iter().enumerate() {
            for j in 0..count {
                let a = stage.move_of(j, k);
                let share = self.share[k * count + j];
                let by_share = if k == i {
                    0.0
                } else {
                    self.mean[stage.move_of(j, i)] * self.rest[k * count + j]
                };
                for s in 0..mover.types {
                    let at = j * seats + mover.seat + s;
                    let value = &mut self.value[mover.slot + s * mover.moves + a];
                    *value += by_share * work.worth[at];
                    if axes > 0 {
                        *value += share * self.worth[at];
                    }
                }
            }
        }
    }

    /// Of the angles of the posteriors after each signal.
    fn posteriors(&mut self, work: &Work, stage: &Stage, (i, t): (usize, usize)) {
        let axes = stage.axes();
        let signals = stage.signals;
        let all: usize = stage.movers.iter().map(|m| m.types).sum();
        resized(&mut self.angles, signals.len() * axes);
        for g in (0..signals.len()).filter(|g| !signals.mute[*g]) {
            let entries = signals.sender_start[g] as usize..signals.sender_start[g + 1] as usize;
            let mut seat = 0;
            for (k, mover) in stage.movers.iter().enumerate() {
                if mover.types > 1 {
                    resized(&mut self.logs, mover.types);
                    for e in entries.clone() {
                        let a = stage.move_of(signals.senders[e].0 as usize, i);
                        let shares = &work.share[e * all + seat..][..mover.types];
                        if k == i {
                            self.logs[t] += shares[t] * self.log_tau[a];
                        } else {
                            for (log, share) in self.logs.iter_mut().zip(shares) {
                                *log += share * self.log_mean[a];
                            }
                        }
                    }
                    for m in 0..mover.types - 1 {
                        let row = (g * axes + mover.axis + m) * axes + mover.axis;
                        for s in 1..mover.types {
                            self.angles[g * axes + mover.axis + m] +=
                                work.angle_by_log[row + s - 1] * (self.logs[s] - self.logs[0]);
                        }
                    }
                }
                seat += mover.types;
            }
        }
    }
}

/// −Σ σ ln σ.
pub fn entropy(sigma: &[f64], logs: &[f64]) -> f64 {
    let parts = sigma.iter().zip(logs).filter(|(s, _)| **s > 0.0);
    -parts.map(|(s, l)| s * l).sum::<f64>()
}
