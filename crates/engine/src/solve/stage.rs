//! The stage of a single mover: one node, one belief point, continuation values given.
//!
//! Unknown are the log-likelihood ratios x[g, θ] = ln Λ_g(θ) − ln Λ_g(0) of each signal g, where
//! Λ_g(θ) = Σ_a τ_θ(a) L_g(a) and τ_θ(a) = o·σ_θ(a) + (1−o)·1{a = default}. They fix the posteriors,
//! these the values of the moves, these the logit choices, and these Λ again: F(x) = x − Φ(x) = 0.
//! At a degenerate prior posteriors do not move and F is solved in one step.

use super::path::{Equations, Single};
use super::signals::Signals;
use crate::belief::{Axis, Footprint, Stencil, stick_odds};
use crate::math::{exp, ln, log_sum_exp};

/// What a stage is made of; slices live in the caller's tables.
pub struct Stage<'a> {
    /// What the choice tells.
    pub signals: &'a Signals,
    /// Number of moves.
    pub moves: usize,
    /// Kind of each move, 0-based; `None` when every move is its own kind.
    pub kinds: Option<&'a [u32]>,
    /// Number of the mover's types.
    pub types: usize,
    /// Believed probability of a decision.
    pub opportunity: f64,
    /// Move played otherwise.
    pub default: usize,
    /// Precision at its target.
    pub precision: f64,
    /// The mover's belief axis.
    pub axis: &'a Axis,
    /// Points of the mover's sub-grid.
    pub own_points: usize,
    /// Payoff of each move: `[type * moves + move]`.
    pub payoff: &'a [f64],
    /// Continuation of each pair over the mover's sub-grid: `[(pair * types + type) * own_points + k]`.
    pub curves: &'a [f64],
    /// Prior belief over the mover's types.
    pub belief: &'a [f64],
    /// Sub-grid point of that belief; `u32::MAX` when it lies between points.
    pub point: u32,
}

/// Buffers of a stage, reused from point to point. After [`Work::evaluate`] they hold the
/// strategies and the footprints of the posteriors at the last x.
#[derive(Default)]
pub struct Work {
    /// Log-probabilities `[type * moves + move]`, given an opportunity.
    pub log_sigma: Vec<f64>,
    /// Probabilities.
    pub sigma: Vec<f64>,
    /// Values of the moves `[type * moves + move]`.
    pub value: Vec<f64>,
    /// Where each signal's posterior lies on the mover's sub-grid.
    pub footprints: Vec<Footprint>,
    /// Φ(x) − x.
    pub step: Vec<f64>,
    /// Precision of the last evaluation whose derivatives nobody has asked for yet.
    undifferentiated: Option<f64>,
    jacobian: Vec<f64>,
    by_kappa: Vec<f64>,
    /// Of each signal's posterior: `[signal * axes + axis]`,
    odds: Vec<f64>,
    /// and up to a factor `[signal * types + type]`.
    weights: Vec<f64>,
    stencils: Vec<Stencil>,
    pair_slopes: Vec<f64>,
    angle_by_x: Vec<f64>,
    kind_value: Vec<f64>,
    inner: Vec<f64>,
    shift: Vec<f64>,
    omega: Vec<f64>,
    scratch: Vec<f64>,
}

impl Stage<'_> {
    /// Number of unknowns.
    pub fn unknowns(&self) -> usize {
        self.signals.len() * (self.types - 1)
    }
}

impl Work {
    /// Evaluates F at `x` with precision κ·λ: strategies, values, posteriors and Φ(x) − x.
    pub fn evaluate(&mut self, stage: &Stage, x: &[f64], kappa: f64) {
        self.posteriors(stage, x);
        self.values(stage);
        self.choices(stage, kappa * stage.precision);
        self.ratios(stage, x);
        self.undifferentiated = Some(kappa * stage.precision);
    }

    fn posteriors(&mut self, stage: &Stage, x: &[f64]) {
        let axes = stage.types - 1;
        let signals = stage.signals.len();
        self.footprints.resize_with(signals, Footprint::default);
        self.odds.resize(signals * axes, 0.0);
        self.weights.resize(signals * stage.types, 0.0);
        for g in 0..signals {
            if axes == 0 || (stage.signals.mute[g] && stage.point != u32::MAX) {
                self.footprints[g].point(stage.point, axes);
                continue;
            }
            let x = &x[g * axes..(g + 1) * axes];
            let weights = &mut self.weights[g * stage.types..(g + 1) * stage.types];
            let odds = &mut self.odds[g * axes..(g + 1) * axes];
            let max = x.iter().copied().fold(0.0, f64::max);
            weights[0] = stage.belief[0] * exp(-max);
            for m in 0..axes {
                weights[m + 1] = stage.belief[m + 1] * exp(x[m] - max);
            }
            stick_odds(weights, odds);
            self.stencils.clear();
            for odds in odds {
                self.stencils
                    .push(stage.axis.stencil(stage.axis.angle(*odds)));
            }
            self.footprints[g].tensor(stage.axis.points, &self.stencils);
        }
    }

    fn values(&mut self, stage: &Stage) {
        self.value.clear();
        self.value.extend_from_slice(stage.payoff);
        let n = stage.own_points;
        for (p, (a, g)) in stage.signals.pairs.iter().enumerate() {
            let footprint = &self.footprints[*g as usize];
            for t in 0..stage.types {
                let curve = &stage.curves[(p * stage.types + t) * n..][..n];
                self.value[t * stage.moves + *a as usize] += footprint.value(curve);
            }
        }
    }

    fn choices(&mut self, stage: &Stage, precision: f64) {
        let moves = stage.moves;
        self.log_sigma.resize(stage.types * moves, 0.0);
        self.sigma.resize(stage.types * moves, 0.0);
        self.inner.resize(stage.types * moves, 0.0);
        self.kind_value.resize(stage.types * moves, 0.0);
        for t in 0..stage.types {
            let range = t * moves..(t + 1) * moves;
            let value = &self.value[range.clone()];
            let log_sigma = &mut self.log_sigma[range.clone()];
            match stage.kinds {
                None => {
                    let max = value.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                    let mut total = 0.0;
                    for (s, u) in self.sigma[range.clone()].iter_mut().zip(value) {
                        *s = exp(precision * (u - max));
                        total += *s;
                    }
                    let log_total = ln(total);
                    for (l, u) in log_sigma.iter_mut().zip(value) {
                        *l = precision * (u - max) - log_total;
                    }
                    let inverse = 1.0 / total;
                    self.sigma[range].iter_mut().for_each(|s| *s *= inverse);
                }
                Some(kinds) => {
                    nested_logit(
                        value,
                        kinds,
                        precision,
                        log_sigma,
                        &mut self.inner[range.clone()],
                        &mut self.kind_value[range.clone()],
                        &mut self.scratch,
                    );
                    for (s, l) in self.sigma[range].iter_mut().zip(log_sigma.iter()) {
                        *s = exp(*l);
                    }
                }
            }
        }
    }

    /// Φ(x) − x.
    fn ratios(&mut self, stage: &Stage, x: &[f64]) {
        let axes = stage.types - 1;
        self.step.clear();
        self.step.resize(x.len(), 0.0);
        if axes == 0 {
            return;
        }
        for g in 0..stage.signals.len() {
            if stage.signals.mute[g] {
                for m in 0..axes {
                    self.step[g * axes + m] = -x[g * axes + m];
                }
                continue;
            }
            let mut reference = 0.0;
            for t in 0..stage.types {
                let log = self.log_likelihood(stage, g, t);
                if t == 0 {
                    reference = log;
                } else {
                    let i = g * axes + t - 1;
                    self.step[i] = log - reference - x[i];
                }
            }
        }
    }

    /// The log-likelihood ratios that given log-probabilities imply, appended to `x`.
    pub fn ratios_of(&mut self, stage: &Stage, log_sigma: &[f64], x: &mut Vec<f64>) {
        if stage.types == 1 {
            return;
        }
        self.log_sigma.clear();
        self.log_sigma.extend_from_slice(log_sigma);
        for g in 0..stage.signals.len() {
            if stage.signals.mute[g] {
                x.extend(std::iter::repeat_n(0.0, stage.types - 1));
                continue;
            }
            let reference = self.log_likelihood(stage, g, 0);
            for t in 1..stage.types {
                let log = self.log_likelihood(stage, g, t);
                x.push(log - reference);
            }
        }
    }

    /// ln Λ_g(t), without underflow when one move alone sends the signal.
    fn log_likelihood(&mut self, stage: &Stage, g: usize, t: usize) -> f64 {
        let o = stage.opportunity;
        let log_tau = |a: usize, log_sigma: &[f64]| {
            let log = log_sigma[t * stage.moves + a];
            if o >= 1.0 {
                log
            } else if a == stage.default {
                ln(o * exp(log) + (1.0 - o))
            } else {
                ln(o) + log
            }
        };
        match stage.signals.senders(g) {
            [(a, _)] => log_tau(*a as usize, &self.log_sigma),
            senders => {
                self.scratch.clear();
                for (a, l) in senders {
                    self.scratch
                        .push(log_tau(*a as usize, &self.log_sigma) + ln(*l));
                }
                log_sum_exp(&self.scratch)
            }
        }
    }

    /// ∂Φ/∂x and ∂Φ/∂κ at the last evaluation, unless they are known: most are the last of a search,
    /// where nobody asks.
    fn differentiate(&mut self, stage: &Stage) {
        let Some(precision) = self.undifferentiated.take() else {
            return;
        };
        let axes = stage.types - 1;
        let moves = stage.moves;
        let n = self.step.len();
        self.jacobian.clear();
        self.jacobian.resize(n * n, 0.0);
        self.by_kappa.clear();
        self.by_kappa.resize(n, 0.0);
        if n == 0 {
            return;
        }
        // ω_g(t, a): share of move a in Λ_g(t) that moves with σ.
        self.omega.clear();
        self.omega
            .resize(stage.signals.senders.len() * stage.types, 0.0);
        for g in 0..stage.signals.len() {
            let range =
                stage.signals.sender_start[g] as usize..stage.signals.sender_start[g + 1] as usize;
            for t in 0..stage.types {
                let mut total = 0.0;
                let max = stage.signals.senders[range.clone()]
                    .iter()
                    .map(|(a, _)| self.log_sigma[t * moves + *a as usize])
                    .fold(f64::NEG_INFINITY, f64::max);
                // Without an opportunity the default is played for sure, so nothing underflows there.
                let scale = if stage.opportunity < 1.0 { 0.0 } else { max };
                for e in range.clone() {
                    let (a, l) = stage.signals.senders[e];
                    let a = a as usize;
                    let chosen = stage.opportunity * exp(self.log_sigma[t * moves + a] - scale) * l;
                    let forced = if a == stage.default && stage.opportunity < 1.0 {
                        (1.0 - stage.opportunity) * l
                    } else {
                        0.0
                    };
                    total += chosen + forced;
                    self.omega[e * stage.types + t] = chosen;
                }
                let inverse = if total > 0.0 { 1.0 / total } else { 0.0 };
                for e in range.clone() {
                    self.omega[e * stage.types + t] *= inverse;
                }
                // One sender under σ alone: the ratio is 1 whatever underflowed.
                if range.len() == 1 {
                    let (a, _) = stage.signals.senders[range.start];
                    if stage.opportunity >= 1.0 || a as usize != stage.default {
                        self.omega[range.start * stage.types + t] = 1.0;
                    }
                }
            }
        }
        let teaches = |g: usize| !(axes == 0 || stage.signals.mute[g] && stage.point != u32::MAX);
        self.angle_by_x.clear();
        self.angle_by_x
            .resize(stage.signals.len() * axes * axes, 0.0);
        for g in (0..stage.signals.len()).filter(|g| teaches(*g)) {
            angle_by_log_weights(
                stage.axis,
                &self.weights[g * stage.types..(g + 1) * stage.types],
                &self.odds[g * axes..(g + 1) * axes],
                &mut self.angle_by_x[g * axes * axes..(g + 1) * axes * axes],
            );
        }
        // Slopes of the pairs' values by the unknowns of their signal.
        self.pair_slopes.clear();
        self.pair_slopes
            .resize(stage.signals.pairs.len() * stage.types * axes, 0.0);
        for (p, (_, g)) in stage.signals.pairs.iter().enumerate() {
            let g = *g as usize;
            if stage.signals.mute[g] {
                continue;
            }
            for t in 0..stage.types {
                let curve =
                    &stage.curves[(p * stage.types + t) * stage.own_points..][..stage.own_points];
                for m in 0..axes {
                    let by_angle = self.footprints[g].slope(m, curve);
                    for j in 0..axes {
                        self.pair_slopes[(p * stage.types + t) * axes + j] +=
                            by_angle * self.angle_by_x[(g * axes + m) * axes + j];
                    }
                }
            }
        }
        // Columns: dU is non-zero only at the pairs of one signal.
        self.shift.resize(stage.types * moves, 0.0);
        let mut derivative = std::mem::take(&mut self.scratch);
        derivative.resize(moves, 0.0);
        for h in 0..stage.signals.len() {
            if stage.signals.mute[h] {
                continue;
            }
            for j in 0..axes {
                self.shift.iter_mut().for_each(|v| *v = 0.0);
                for (p, (a, g)) in stage.signals.pairs.iter().enumerate() {
                    if *g as usize == h {
                        for t in 0..stage.types {
                            self.shift[t * moves + *a as usize] +=
                                self.pair_slopes[(p * stage.types + t) * axes + j];
                        }
                    }
                }
                for t in 0..stage.types {
                    let shift = &self.shift[t * moves..(t + 1) * moves];
                    self.chosen(stage, t)
                        .by_values(precision, shift, &mut derivative);
                    self.add_column(stage, t, &derivative, Some(h * axes + j));
                }
            }
        }
        // κ multiplies λ: d ln σ / dκ.
        for t in 0..stage.types {
            self.chosen(stage, t)
                .by_precision(precision, &mut derivative);
            derivative.iter_mut().for_each(|d| *d *= stage.precision);
            self.add_column(stage, t, &derivative, None);
        }
        self.scratch = derivative;
    }

    /// Adds type t's part of a column of ∂Φ (of `by_kappa` when `column` is `None`).
    fn add_column(&mut self, stage: &Stage, t: usize, derivative: &[f64], column: Option<usize>) {
        let axes = stage.types - 1;
        let n = self.step.len();
        for g in 0..stage.signals.len() {
            if stage.signals.mute[g] {
                continue;
            }
            let mut change = 0.0;
            for e in
                stage.signals.sender_start[g] as usize..stage.signals.sender_start[g + 1] as usize
            {
                change += self.omega[e * stage.types + t]
                    * derivative[stage.signals.senders[e].0 as usize];
            }
            for m in 1..=axes {
                let signed = if t == 0 {
                    -change
                } else if t == m {
                    change
                } else {
                    continue;
                };
                let row = g * axes + m - 1;
                match column {
                    Some(c) => self.jacobian[row * n + c] += signed,
                    None => self.by_kappa[row] += signed,
                }
            }
        }
    }

    /// What type t chose at the last evaluation.
    fn chosen<'a>(&'a self, stage: &Stage<'a>, t: usize) -> Chosen<'a> {
        let range = t * stage.moves..(t + 1) * stage.moves;
        Chosen {
            kinds: stage.kinds,
            value: &self.value[range.clone()],
            sigma: &self.sigma[range.clone()],
            inner: &self.inner[range.clone()],
            worth: &self.kind_value[range],
        }
    }

    /// ∂Φ/∂κ.
    pub fn by_kappa(&mut self, stage: &Stage) -> &[f64] {
        self.differentiate(stage);
        &self.by_kappa
    }

    /// Copies I − ∂Φ/∂x into `out` (n × n in rows).
    pub fn copy_system(&mut self, stage: &Stage, out: &mut Vec<f64>) {
        self.differentiate(stage);
        let n = self.step.len();
        out.clear();
        out.extend(self.jacobian.iter().map(|j| -j));
        for i in 0..n {
            out[i * n + i] += 1.0;
        }
    }

    /// Newton's method at κ from `x`, which holds the best point afterwards. The work holds the
    /// evaluation there.
    pub fn newton(&mut self, stage: &Stage, x: &mut [f64], kappa: f64, limit: usize) -> Newton {
        Single { stage, work: self }.newton(x, kappa, limit)
    }
}

/// Stop of Newton's method, in log-ratios.
pub const TOLERANCE: f64 = 1e-12;
/// Largest residual that is a solution.
pub const ACCEPTED: f64 = 1e-9;

/// Result of Newton's method.
#[derive(Clone, Copy, Debug)]
pub struct Newton {
    /// Largest |Φ(x) − x|.
    pub residual: f64,
    /// Sign of det(I − ∂Φ/∂x) at the last step; the branch from κ = 0 has +1.
    pub sign: f64,
}

/// A logit choice, to be differentiated.
pub(super) struct Chosen<'a> {
    /// Kind of each move; `None` when every move is its own kind.
    pub kinds: Option<&'a [u32]>,
    /// Value of each move.
    pub value: &'a [f64],
    /// Its probability.
    pub sigma: &'a [f64],
    /// Its probability within its kind, where there are kinds.
    pub inner: &'a [f64],
    /// Worth of its kind, where there are kinds.
    pub worth: &'a [f64],
}

impl Chosen<'_> {
    /// d ln σ(b) where the values change by `shift`.
    pub fn by_values(&self, precision: f64, shift: &[f64], out: &mut [f64]) {
        let sigma = self.sigma;
        match self.kinds {
            None => {
                let mean: f64 = shift.iter().zip(sigma).map(|(d, s)| d * s).sum();
                for (o, d) in out.iter_mut().zip(shift) {
                    *o = precision * (d - mean);
                }
            }
            Some(kinds) => {
                let (inner, worth, value) = (self.inner, self.worth, self.value);
                let mut mean = 0.0;
                for b in 0..value.len() {
                    // dW of b's kind, and the mean shift inside it.
                    let (mut dw, mut inside) = (0.0, 0.0);
                    for v in (0..value.len()).filter(|v| kinds[*v] == kinds[b]) {
                        dw += inner[v] * (1.0 + precision * (value[v] - worth[b])) * shift[v];
                        inside += inner[v] * shift[v];
                    }
                    out[b] = precision * (dw + shift[b] - inside);
                    mean += sigma[b] * precision * dw;
                }
                out.iter_mut().for_each(|o| *o -= mean);
            }
        }
    }

    /// d ln σ(b) / d precision.
    pub fn by_precision(&self, precision: f64, out: &mut [f64]) {
        let (value, sigma) = (self.value, self.sigma);
        match self.kinds {
            None => {
                let mean: f64 = value.iter().zip(sigma).map(|(u, s)| u * s).sum();
                for (o, u) in out.iter_mut().zip(value) {
                    *o = u - mean;
                }
            }
            Some(kinds) => {
                let (inner, worth) = (self.inner, self.worth);
                let mut mean = 0.0;
                for b in 0..value.len() {
                    let variance: f64 = (0..value.len())
                        .filter(|v| kinds[*v] == kinds[b])
                        .map(|v| inner[v] * (value[v] - worth[b]) * value[v])
                        .sum();
                    let outer = worth[b] + precision * variance;
                    out[b] = outer + value[b] - worth[b];
                    mean += sigma[b] * outer;
                }
                out.iter_mut().for_each(|o| *o -= mean);
            }
        }
    }
}

/// Change of each stick's angle with the log-weights of the types but the first, written to
/// `out[stick * axes + type − 1]`; `odds` are those of `weights`.
pub(super) fn angle_by_log_weights(axis: &Axis, weights: &[f64], odds: &[f64], out: &mut [f64]) {
    let axes = odds.len();
    // ln odds_m = ln w_m − ln Σ_{l>m} w_l, and w_j ∝ exp(x_j) for j ≥ 1.
    for m in 0..axes {
        let slope = axis.angle_slope(odds[m]);
        let rest: f64 = weights[m + 1..].iter().sum();
        for j in 1..=axes {
            let derivative = if j == m {
                1.0
            } else if j > m && rest > 0.0 {
                -weights[j] / rest
            } else {
                0.0
            };
            out[m * axes + j - 1] = slope * derivative;
        }
    }
}

/// Logit over kinds on W = Σ σ(v|kind) U(v), logit over variants inside, both at `precision`.
/// Writes log-probabilities, σ(v|kind) and, for each move, the W of its kind.
pub fn nested_logit(
    value: &[f64],
    kinds: &[u32],
    precision: f64,
    log_sigma: &mut [f64],
    inner: &mut [f64],
    kind_value: &mut [f64],
    scratch: &mut Vec<f64>,
) {
    let count = kinds.iter().max().map_or(0, |k| *k as usize + 1);
    scratch.clear();
    for k in 0..count as u32 {
        let max = value
            .iter()
            .zip(kinds)
            .filter(|(_, kind)| **kind == k)
            .map(|(u, _)| *u)
            .fold(f64::NEG_INFINITY, f64::max);
        let members = || (0..value.len()).filter(|v| kinds[*v] == k);
        let total: f64 = members().map(|v| exp(precision * (value[v] - max))).sum();
        let mut worth = 0.0;
        for v in members() {
            inner[v] = exp(precision * (value[v] - max)) / total;
            log_sigma[v] = precision * (value[v] - max) - ln(total);
            worth += inner[v] * value[v];
        }
        for v in members() {
            kind_value[v] = worth;
        }
        scratch.push(precision * worth);
    }
    let total = log_sum_exp(scratch);
    for v in 0..value.len() {
        log_sigma[v] += scratch[kinds[v] as usize] - total;
    }
}
