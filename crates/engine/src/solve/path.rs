//! The path of a stage from uniform play to its precision.
//!
//! F(x, κ) = x − Φ(x; κλ) = 0 is followed from κ = 0, where play is uniform and x is explicit, by a
//! predictor along the tangent and a Newton corrector in the plane across it (pseudo-arclength), so
//! that folds are passed. The first crossing of κ = 1 is the branch played (Turocy 2005 follows the
//! whole game in the same way; here each stage is followed with its continuation values fixed).

use super::stage::{ACCEPTED, Stage, Work};
use crate::math::solve_linear;

/// How a path ended.
#[derive(Clone, Copy, Debug)]
pub struct Path {
    /// Largest |Φ(x) − x| at κ = 1; above the accepted bound when the path did not arrive.
    pub residual: f64,
    /// Folds passed on the way.
    pub folds: u32,
}

/// Steps after which a path is given up.
const MAX_STEPS: usize = 20_000;

/// Longest step along the curve, in log-ratios and κ together.
const LONGEST: f64 = 0.5;

/// Follows the path; `x` holds the end point, `work` the evaluation there.
pub fn follow(stage: &Stage, work: &mut Work, x: &mut [f64]) -> Path {
    let n = x.len();
    x.iter_mut().for_each(|v| *v = 0.0);
    // At κ = 0 choices do not depend on x: one evaluation gives it.
    work.evaluate(stage, x, 0.0, true);
    for (v, s) in x.iter_mut().zip(&work.step) {
        *v += s;
    }
    let mut point: Vec<f64> = x.to_vec();
    point.push(0.0);
    let mut system = Vec::new();
    let mut tangent = vec![0.0; n + 1];
    tangent[n] = 1.0;
    let mut length = 0.05;
    let mut folds = 0;
    let mut direction = 1.0;
    for _ in 0..MAX_STEPS {
        work.evaluate(stage, &point[..n], point[n], true);
        let Some(next) = tangent_at(work, &tangent, &mut system) else {
            break;
        };
        if next[n] * direction < 0.0 {
            folds += 1;
            direction = -direction;
        }
        tangent = next;
        // Predict, and correct in the hyperplane across the tangent.
        let mut accepted = None;
        while accepted.is_none() && length > 1e-9 {
            let mut step = length;
            if tangent[n] > 0.0 && point[n] + step * tangent[n] > 1.0 {
                step = (1.0 - point[n]) / tangent[n];
            }
            let predicted: Vec<f64> = point
                .iter()
                .zip(&tangent)
                .map(|(p, t)| p + step * t)
                .collect();
            match correct(stage, work, &predicted, &tangent, &mut system) {
                // A corrector that strays far from the prediction may have met another curve; and at
                // κ = 0 the solution is unique, so the path never comes back there.
                Some((corrected, iterations))
                    if corrected[n] >= 0.0
                        && strayed(&predicted, &corrected) < 0.25 * step + 1e-9 =>
                {
                    if iterations <= 3 {
                        length = (length * 1.5).min(LONGEST);
                    } else if iterations >= 5 {
                        length *= 0.6;
                    }
                    accepted = Some(corrected);
                }
                _ => length *= 0.35,
            }
        }
        let Some(corrected) = accepted else { break };
        let crossed = point[n] < 1.0 && corrected[n] >= 1.0 - 1e-12;
        if crossed {
            // Land on κ = 1 exactly, from the chord.
            let share = if corrected[n] > point[n] {
                (1.0 - point[n]) / (corrected[n] - point[n])
            } else {
                1.0
            };
            for i in 0..n {
                x[i] = point[i] + share * (corrected[i] - point[i]);
            }
            let newton = work.newton(stage, x, 1.0, 40);
            if newton.residual <= ACCEPTED {
                return Path {
                    residual: newton.residual,
                    folds,
                };
            }
            length *= 0.25;
            if length < 1e-9 {
                break;
            }
            continue;
        }
        point = corrected;
    }
    Path {
        residual: f64::INFINITY,
        folds,
    }
}

/// Distance of two points.
fn strayed(a: &[f64], b: &[f64]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(x, y)| (x - y) * (x - y))
        .sum::<f64>()
        .sqrt()
}

/// Unit tangent of the curve, on the side of `previous`.
fn tangent_at(work: &Work, previous: &[f64], system: &mut Vec<f64>) -> Option<Vec<f64>> {
    let n = previous.len() - 1;
    bordered(work, previous, system);
    let mut tangent = vec![0.0; n + 1];
    tangent[n] = 1.0;
    solve_linear(system, &mut tangent)?;
    let norm = tangent.iter().map(|t| t * t).sum::<f64>().sqrt();
    if !norm.is_finite() || norm == 0.0 {
        return None;
    }
    let along: f64 = tangent.iter().zip(previous).map(|(t, p)| t * p).sum();
    let scale = if along < 0.0 { -1.0 / norm } else { 1.0 / norm };
    tangent.iter_mut().for_each(|t| *t *= scale);
    Some(tangent)
}

/// [∂F/∂x ∂F/∂κ; border].
fn bordered(work: &Work, border: &[f64], out: &mut Vec<f64>) {
    let n = border.len() - 1;
    let mut inner = Vec::new();
    work.copy_system(&mut inner);
    out.clear();
    for row in 0..n {
        out.extend_from_slice(&inner[row * n..(row + 1) * n]);
        out.push(-work.by_kappa[row]);
    }
    out.extend_from_slice(border);
}

/// Newton in the hyperplane through `start` across `tangent`; the point and the iterations used.
fn correct(
    stage: &Stage,
    work: &mut Work,
    start: &[f64],
    tangent: &[f64],
    system: &mut Vec<f64>,
) -> Option<(Vec<f64>, usize)> {
    let n = start.len() - 1;
    let mut point = start.to_vec();
    let mut last = f64::INFINITY;
    for iteration in 1..=8 {
        work.evaluate(stage, &point[..n], point[n], true);
        let residual = work.residual();
        if residual <= 1e-10 {
            return Some((point, iteration));
        }
        if residual.is_infinite() || residual > 4.0 * last {
            return None;
        }
        last = residual;
        bordered(work, tangent, system);
        let mut step = work.step.clone();
        step.push(0.0);
        solve_linear(system, &mut step)?;
        let size = step.iter().fold(0.0f64, |m, s| m.max(s.abs()));
        if !(size < 5.0) {
            return None;
        }
        for (p, s) in point.iter_mut().zip(&step) {
            *p += s;
        }
    }
    None
}
