//! The stage of a mover with two types, eight beliefs at a time.
//!
//! The same equations as [`super::stage`], for neighbouring beliefs of one node with the other
//! actors' beliefs fixed: these share all tables, so every operation runs over a lane of eight
//! beliefs. Continuation values are Chebyshev coefficients in z = cos t, which need no look-up:
//! with p = 2 a signal's posterior lies at z = −tanh((ln odds − x)/4). Newton's method runs without
//! pivoting or damping; a lane that does not arrive on the branch of the path from uniform play is
//! left to the general stage.

use super::signals::Signals;
use crate::math::lanes::{Lane, W, exp, ln};

/// Node and line data shared by the eight beliefs.
pub struct LaneStage<'a> {
    /// What the choice tells.
    pub signals: &'a Signals,
    /// Number of moves.
    pub moves: usize,
    /// Believed probability of a decision.
    pub opportunity: f64,
    /// Move played otherwise.
    pub default: usize,
    /// Precision.
    pub precision: f64,
    /// Coefficients of a curve.
    pub points: usize,
    /// Payoff of each move: `[type * moves + move]`.
    pub payoff: &'a [f64],
    /// Continuation of each pair: `[(pair * 2 + type) * points + coefficient]`.
    pub curves: &'a [f64],
}

/// Buffers, and the results of the last evaluation.
#[derive(Default)]
pub struct LaneWork {
    /// Log-probabilities `[type * moves + move]`.
    pub log_sigma: Vec<Lane>,
    /// Probabilities.
    pub sigma: Vec<Lane>,
    /// Values of the moves.
    pub value: Vec<Lane>,
    /// Chebyshev polynomials at the posterior: `[signal * points + m]`.
    pub basis: Vec<Lane>,
    /// ln Λ(1) − ln Λ(0) of each signal.
    pub x: Vec<Lane>,
    slope_basis: Vec<Lane>,
    slopes: Vec<Lane>,
    step: Vec<Lane>,
    system: Vec<Lane>,
    omega: Vec<Lane>,
    mean_slope: Vec<Lane>,
    by_move: Vec<Lane>,
}

/// How the eight Newton runs ended.
#[derive(Clone, Copy, Debug)]
pub struct LaneEnd {
    /// Largest |Φ(x) − x| of each lane (NaN when lost).
    pub residual: Lane,
    /// Sign of det(I − ∂Φ/∂x) at the last step of each lane.
    pub sign: Lane,
    /// Iterations.
    pub iterations: u32,
}

/// Newton's method stops below this residual.
const ENOUGH: f64 = 1e-11;

impl LaneWork {
    /// Solves for the eight beliefs with log prior odds `log_odds` (type 0 against type 1), starting
    /// from `self.x`, at precision κ·λ.
    pub fn newton(
        &mut self,
        stage: &LaneStage,
        log_odds: &Lane,
        kappa: f64,
        limit: u32,
    ) -> LaneEnd {
        self.resize(stage);
        #[cfg(target_arch = "x86_64")]
        {
            if std::is_x86_feature_detected!("avx512f") && std::is_x86_feature_detected!("avx512dq")
            {
                // SAFETY: the processor has the features the function is compiled for.
                #[allow(unsafe_code)]
                return unsafe { newton_avx512(self, stage, log_odds, kappa, limit) };
            }
            if std::is_x86_feature_detected!("avx2") {
                // SAFETY: as above.
                #[allow(unsafe_code)]
                return unsafe { newton_avx2(self, stage, log_odds, kappa, limit) };
            }
        }
        newton(self, stage, log_odds, kappa, limit)
    }

    fn resize(&mut self, stage: &LaneStage) {
        let signals = stage.signals.len();
        let zero = [0.0; W];
        for (buffer, size) in [
            (&mut self.log_sigma, 2 * stage.moves),
            (&mut self.sigma, 2 * stage.moves),
            (&mut self.value, 2 * stage.moves),
            (&mut self.basis, signals * stage.points),
            (&mut self.slope_basis, signals * stage.points),
            (&mut self.slopes, 2 * stage.signals.pairs.len()),
            (&mut self.step, signals),
            (&mut self.system, signals * signals),
            (&mut self.omega, 2 * stage.signals.senders.len()),
            (&mut self.mean_slope, 2 * signals),
            (&mut self.by_move, 2 * stage.moves * signals),
            (&mut self.x, signals),
        ] {
            buffer.resize(size, zero);
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq")]
fn newton_avx512(
    work: &mut LaneWork,
    stage: &LaneStage,
    log_odds: &Lane,
    kappa: f64,
    limit: u32,
) -> LaneEnd {
    newton(work, stage, log_odds, kappa, limit)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn newton_avx2(
    work: &mut LaneWork,
    stage: &LaneStage,
    log_odds: &Lane,
    kappa: f64,
    limit: u32,
) -> LaneEnd {
    newton(work, stage, log_odds, kappa, limit)
}

/// The scalar twin and the body of both variants: no contraction, so the bits are the same.
#[inline(always)]
fn newton(
    work: &mut LaneWork,
    stage: &LaneStage,
    log_odds: &Lane,
    kappa: f64,
    limit: u32,
) -> LaneEnd {
    let precision = kappa * stage.precision;
    let mut sign = [1.0; W];
    let mut iterations = 0;
    loop {
        evaluate(work, stage, log_odds, precision);
        let mut residual = [0.0; W];
        for step in &work.step {
            for w in 0..W {
                let size = step[w].abs();
                // NaN must survive, which `max` would swallow.
                residual[w] = if size <= residual[w] {
                    residual[w]
                } else {
                    size
                };
            }
        }
        let open = residual.iter().any(|r| !r.is_nan() && *r > ENOUGH);
        if !open || iterations >= limit {
            return LaneEnd {
                residual,
                sign,
                iterations,
            };
        }
        iterations += 1;
        assemble(work, stage, precision);
        eliminate(work, &mut sign);
        let n = work.x.len();
        let mut largest = [0.0; W];
        for g in 0..n {
            for w in 0..W {
                let size = work.step[g][w].abs();
                largest[w] = if size > largest[w] { size } else { largest[w] };
            }
        }
        let mut scale = [1.0; W];
        for w in 0..W {
            // Far steps are Newton's guess beyond what it can see.
            scale[w] = if largest[w] > 4.0 {
                4.0 / largest[w]
            } else {
                1.0
            };
            // A lane that has arrived stays.
            scale[w] = if residual[w] <= ENOUGH { 0.0 } else { scale[w] };
        }
        for g in 0..n {
            for w in 0..W {
                let step = if scale[w] == 0.0 {
                    0.0
                } else {
                    scale[w] * work.step[g][w]
                };
                work.x[g][w] += step;
            }
        }
    }
}

/// Posteriors, values, choices and Φ(x) − x.
#[inline(always)]
fn evaluate(work: &mut LaneWork, stage: &LaneStage, log_odds: &Lane, precision: f64) {
    let points = stage.points;
    let moves = stage.moves;
    for g in 0..stage.signals.len() {
        let mute = stage.signals.mute[g];
        let mut half = [0.0; W];
        for w in 0..W {
            let x = if mute { 0.0 } else { work.x[g][w] };
            half[w] = (0.5 * (log_odds[w] - x)).clamp(-300.0, 300.0);
        }
        let root = exp(&half);
        let mut z = [0.0; W];
        let mut by_x = [0.0; W];
        for w in 0..W {
            z[w] = (1.0 - root[w]) / (1.0 + root[w]);
            by_x[w] = if mute {
                0.0
            } else {
                0.25 * (1.0 - z[w] * z[w])
            };
        }
        // T_m by its recursion, and T'_m = m·U_{m−1} times dz/dx.
        let basis = &mut work.basis[g * points..(g + 1) * points];
        let slope = &mut work.slope_basis[g * points..(g + 1) * points];
        let (mut t0, mut t1) = ([1.0; W], z);
        let (mut u0, mut u1) = ([0.0; W], [1.0; W]);
        for m in 0..points {
            basis[m] = t0;
            for w in 0..W {
                slope[m][w] = m as f64 * u0[w] * by_x[w];
                let t = 2.0 * z[w] * t1[w] - t0[w];
                t0[w] = t1[w];
                t1[w] = t;
                let u = 2.0 * z[w] * u1[w] - u0[w];
                u0[w] = u1[w];
                u1[w] = u;
            }
        }
    }
    for (v, p) in work.value.iter_mut().zip(stage.payoff) {
        *v = [*p; W];
    }
    for (p, (a, g)) in stage.signals.pairs.iter().enumerate() {
        let basis = &work.basis[*g as usize * points..][..points];
        let slope = &work.slope_basis[*g as usize * points..][..points];
        for t in 0..2 {
            let curve = &stage.curves[(p * 2 + t) * points..][..points];
            let (mut value, mut change) = ([0.0; W], [0.0; W]);
            for m in 0..points {
                for w in 0..W {
                    value[w] += curve[m] * basis[m][w];
                    change[w] += curve[m] * slope[m][w];
                }
            }
            let total = &mut work.value[t * moves + *a as usize];
            for w in 0..W {
                total[w] += value[w];
            }
            work.slopes[p * 2 + t] = change;
        }
    }
    for t in 0..2 {
        let range = t * moves..(t + 1) * moves;
        let mut best = [f64::NEG_INFINITY; W];
        for value in &work.value[range.clone()] {
            for w in 0..W {
                best[w] = if value[w] > best[w] {
                    value[w]
                } else {
                    best[w]
                };
            }
        }
        let mut total = [0.0; W];
        for a in range.clone() {
            let mut log = [0.0; W];
            for w in 0..W {
                log[w] = precision * (work.value[a][w] - best[w]);
            }
            let share = exp(&log);
            work.log_sigma[a] = log;
            work.sigma[a] = share;
            for w in 0..W {
                total[w] += share[w];
            }
        }
        let log_total = ln(&total);
        for a in range {
            for w in 0..W {
                work.log_sigma[a][w] -= log_total[w];
                work.sigma[a][w] /= total[w];
            }
        }
    }
    let o = stage.opportunity;
    for g in 0..stage.signals.len() {
        let first = stage.signals.sender_start[g] as usize;
        let senders = stage.signals.senders(g);
        let x = work.x[g];
        let step = &mut work.step[g];
        if stage.signals.mute[g] {
            for w in 0..W {
                step[w] = -x[w];
            }
            continue;
        }
        if let [(a, _)] = senders
            && (o >= 1.0 || *a as usize != stage.default)
        {
            let (zero, one) = (
                work.log_sigma[*a as usize],
                work.log_sigma[moves + *a as usize],
            );
            for w in 0..W {
                step[w] = one[w] - zero[w] - x[w];
            }
            work.omega[2 * first] = [1.0; W];
            work.omega[2 * first + 1] = [1.0; W];
            continue;
        }
        let mut totals = [[0.0; W]; 2];
        for (e, (a, l)) in senders.iter().enumerate() {
            let forced = if *a as usize == stage.default {
                (1.0 - o) * l
            } else {
                0.0
            };
            for (t, total) in totals.iter_mut().enumerate() {
                let sigma = &work.sigma[t * moves + *a as usize];
                let omega = &mut work.omega[2 * (first + e) + t];
                for w in 0..W {
                    omega[w] = o * l * sigma[w];
                    total[w] += omega[w] + forced;
                }
            }
        }
        let mut ratio = [0.0; W];
        for w in 0..W {
            ratio[w] = totals[1][w] / totals[0][w];
        }
        let log = ln(&ratio);
        for w in 0..W {
            step[w] = log[w] - x[w];
        }
        for e in 0..senders.len() {
            for (t, total) in totals.iter().enumerate() {
                let omega = &mut work.omega[2 * (first + e) + t];
                for w in 0..W {
                    omega[w] /= total[w];
                }
            }
        }
    }
}

/// I − ∂Φ/∂x.
#[inline(always)]
fn assemble(work: &mut LaneWork, stage: &LaneStage, precision: f64) {
    let n = stage.signals.len();
    let moves = stage.moves;
    for v in &mut work.mean_slope {
        *v = [0.0; W];
    }
    for v in &mut work.by_move {
        *v = [0.0; W];
    }
    for (p, (a, g)) in stage.signals.pairs.iter().enumerate() {
        for t in 0..2 {
            let slope = work.slopes[p * 2 + t];
            let sigma = work.sigma[t * moves + *a as usize];
            let mean = &mut work.mean_slope[2 * *g as usize + t];
            let own = &mut work.by_move[(t * moves + *a as usize) * n + *g as usize];
            for w in 0..W {
                mean[w] += precision * sigma[w] * slope[w];
                own[w] += precision * slope[w];
            }
        }
    }
    for g in 0..n {
        let first = stage.signals.sender_start[g] as usize;
        let row = &mut work.system[g * n..(g + 1) * n];
        for (h, entry) in row.iter_mut().enumerate() {
            *entry = [if g == h { 1.0 } else { 0.0 }; W];
        }
        if stage.signals.mute[g] {
            continue;
        }
        let mut all = [[0.0; W]; 2];
        for (e, (a, _)) in stage.signals.senders(g).iter().enumerate() {
            for (t, all) in all.iter_mut().enumerate() {
                let omega = work.omega[2 * (first + e) + t];
                let sign = if t == 0 { 1.0 } else { -1.0 };
                let own = &work.by_move[(t * moves + *a as usize) * n..][..n];
                for w in 0..W {
                    all[w] += omega[w];
                }
                for (entry, own) in row.iter_mut().zip(own) {
                    for w in 0..W {
                        entry[w] += sign * omega[w] * own[w];
                    }
                }
            }
        }
        for (h, entry) in row.iter_mut().enumerate() {
            let (zero, one) = (&work.mean_slope[2 * h], &work.mean_slope[2 * h + 1]);
            for w in 0..W {
                entry[w] += all[1][w] * one[w] - all[0][w] * zero[w];
            }
        }
    }
}

/// Solves the system for the step, in place; the signs of the determinants.
#[inline(always)]
fn eliminate(work: &mut LaneWork, sign: &mut Lane) {
    let n = work.step.len();
    *sign = [1.0; W];
    for column in 0..n {
        let pivot = work.system[column * n + column];
        let mut inverse = [0.0; W];
        for w in 0..W {
            inverse[w] = 1.0 / pivot[w];
            sign[w] = if pivot[w] < 0.0 { -sign[w] } else { sign[w] };
        }
        for row in column + 1..n {
            let (upper, lower) = work.system.split_at_mut(row * n);
            let mut factor = [0.0; W];
            for w in 0..W {
                factor[w] = lower[column][w] * inverse[w];
            }
            for k in column + 1..n {
                let source = upper[column * n + k];
                for w in 0..W {
                    lower[k][w] -= factor[w] * source[w];
                }
            }
            let source = work.step[column];
            for w in 0..W {
                work.step[row][w] -= factor[w] * source[w];
            }
        }
    }
    for row in (0..n).rev() {
        let mut sum = work.step[row];
        for k in row + 1..n {
            for w in 0..W {
                sum[w] -= work.system[row * n + k][w] * work.step[k][w];
            }
        }
        for w in 0..W {
            work.step[row][w] = sum[w] / work.system[row * n + row][w];
        }
    }
}
