//! The path of a stage from uniform play to its precision.
//!
//! F(x, κ) = x − Φ(x; κλ) = 0 is followed from κ = 0, where play is uniform and x is explicit, by a
//! predictor along the tangent and a Newton corrector in the plane across it (pseudo-arclength), so
//! that folds are passed. The first crossing of κ = 1 is the branch played (Turocy 2005 follows the
//! whole game in the same way; here each stage is followed with its continuation values fixed).

use super::stage::{ACCEPTED, Newton, Stage, TOLERANCE, Work};
use crate::math::solve_linear;

/// Equations F(x, κ) = x − Φ(x; κ) = 0, with the evaluation at the last point.
pub trait Equations {
    /// Evaluates Φ(x) − x and its derivatives.
    fn evaluate(&mut self, x: &[f64], kappa: f64);
    /// Φ(x) − x.
    fn step(&self) -> &[f64];
    /// ∂Φ/∂κ.
    fn by_kappa(&self) -> &[f64];
    /// Copies I − ∂Φ/∂x into `out` (n × n in rows).
    fn copy_system(&self, out: &mut Vec<f64>);

    /// Residual at which Newton's method stops.
    fn tolerance(&self) -> f64 {
        TOLERANCE
    }

    /// Residual at which a corrector step on the way is good enough.
    fn on_the_way(&self) -> f64 {
        1e-10
    }

    /// Largest |Φ(x) − x|.
    fn residual(&self) -> f64 {
        self.step().iter().fold(0.0, |m, s| {
            if s.is_nan() {
                f64::INFINITY
            } else {
                m.max(s.abs())
            }
        })
    }

    /// Newton's method at κ from `x`, which holds the best point afterwards. The evaluation there is
    /// kept.
    fn newton(&mut self, x: &mut [f64], kappa: f64, limit: usize) -> Newton {
        let n = x.len();
        let mut system = Vec::new();
        let mut sign = 1.0;
        self.evaluate(x, kappa);
        let mut residual = self.residual();
        let mut trial = vec![0.0; n];
        for _ in 0..limit {
            if residual <= self.tolerance() {
                break;
            }
            let mut step = self.step().to_vec();
            self.copy_system(&mut system);
            match solve_linear(&mut system, &mut step) {
                Some(s) => sign = s,
                None => break,
            }
            let mut scale = 1.0;
            let mut improved = false;
            for _ in 0..8 {
                for i in 0..n {
                    trial[i] = x[i] + scale * step[i];
                }
                self.evaluate(&trial, kappa);
                let next = self.residual();
                if next < residual {
                    improved = true;
                    x.copy_from_slice(&trial);
                    residual = next;
                    break;
                }
                scale *= 0.5;
            }
            if !improved {
                self.evaluate(x, kappa);
                break;
            }
        }
        Newton { residual, sign }
    }
}

/// A stage of one mover and its buffers.
pub(super) struct Single<'a, 'b> {
    pub stage: &'a Stage<'b>,
    pub work: &'a mut Work,
}

impl Equations for Single<'_, '_> {
    fn evaluate(&mut self, x: &[f64], kappa: f64) {
        self.work.evaluate(self.stage, x, kappa, true);
    }

    fn step(&self) -> &[f64] {
        &self.work.step
    }

    fn by_kappa(&self) -> &[f64] {
        &self.work.by_kappa
    }

    fn copy_system(&self, out: &mut Vec<f64>) {
        self.work.copy_system(out);
    }
}

/// How a path ended.
#[derive(Clone, Copy, Debug)]
pub struct Path {
    /// Largest |Φ(x) − x| at κ = 1; above the accepted bound when the path did not arrive.
    pub residual: f64,
    /// Folds passed on the way.
    pub folds: u32,
    /// Points passed at which another branch crosses: the determinant of the curve changes its sign
    /// without a fold, as where a symmetric solution loses its stability.
    pub crossings: u32,
}

/// Steps after which a path is given up.
const MAX_STEPS: usize = 20_000;

/// Longest step along the curve, in log-ratios and κ together.
const LONGEST: f64 = 0.5;

/// Follows the path of a stage of one mover; `x` holds the end point, `work` the evaluation there.
pub fn follow(stage: &Stage, work: &mut Work, x: &mut [f64]) -> Path {
    follow_equations(&mut Single { stage, work }, x)
}

/// Follows the path; `x` holds the end point, `equations` the evaluation there.
pub fn follow_equations(equations: &mut impl Equations, x: &mut [f64]) -> Path {
    let n = x.len();
    x.iter_mut().for_each(|v| *v = 0.0);
    // At κ = 0 choices do not depend on x: one evaluation gives it.
    equations.evaluate(x, 0.0);
    for (v, s) in x.iter_mut().zip(equations.step()) {
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
    let mut crossings = 0;
    let mut orientation = None;
    // Are the equations evaluated at the point?
    let mut here = false;
    for _ in 0..MAX_STEPS {
        if !here {
            equations.evaluate(&point[..n], point[n]);
        }
        let Some((next, sign)) = tangent_at(equations, &tangent, &mut system) else {
            break;
        };
        if orientation.is_some_and(|before| before != sign) {
            crossings += 1;
        }
        orientation = Some(sign);
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
            match correct(equations, &predicted, &tangent, &mut system) {
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
            let newton = equations.newton(x, 1.0, 40);
            if newton.residual <= ACCEPTED {
                // Another branch may cross on the last step too.
                let crossed = tangent_at(equations, &tangent, &mut system)
                    .is_some_and(|(_, sign)| orientation.is_some_and(|before| before != sign));
                return Path {
                    residual: newton.residual,
                    folds,
                    crossings: crossings + u32::from(crossed),
                };
            }
            length *= 0.25;
            if length < 1e-9 {
                break;
            }
            here = false;
            continue;
        }
        here = true;
        point = corrected;
    }
    Path {
        residual: f64::INFINITY,
        folds,
        crossings,
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

/// Unit tangent of the curve, on the side of `previous`, and the sign of the determinant of the curve
/// seen along it: folds leave it as it is, other branches that cross change it.
fn tangent_at(
    equations: &impl Equations,
    previous: &[f64],
    system: &mut Vec<f64>,
) -> Option<(Vec<f64>, f64)> {
    let n = previous.len() - 1;
    bordered(equations, previous, system);
    let mut tangent = vec![0.0; n + 1];
    tangent[n] = 1.0;
    let sign = solve_linear(system, &mut tangent)?;
    let norm = tangent.iter().map(|t| t * t).sum::<f64>().sqrt();
    if !norm.is_finite() || norm == 0.0 {
        return None;
    }
    let along: f64 = tangent.iter().zip(previous).map(|(t, p)| t * p).sum();
    let scale = if along < 0.0 { -1.0 / norm } else { 1.0 / norm };
    tangent.iter_mut().for_each(|t| *t *= scale);
    Some((tangent, sign))
}

/// [∂F/∂x ∂F/∂κ; border].
fn bordered(equations: &impl Equations, border: &[f64], out: &mut Vec<f64>) {
    let n = border.len() - 1;
    let mut inner = Vec::new();
    equations.copy_system(&mut inner);
    let by_kappa = equations.by_kappa();
    out.clear();
    for row in 0..n {
        out.extend_from_slice(&inner[row * n..(row + 1) * n]);
        out.push(-by_kappa[row]);
    }
    out.extend_from_slice(border);
}

/// Newton in the hyperplane through `start` across `tangent`; the point and the iterations used.
fn correct(
    equations: &mut impl Equations,
    start: &[f64],
    tangent: &[f64],
    system: &mut Vec<f64>,
) -> Option<(Vec<f64>, usize)> {
    let n = start.len() - 1;
    let mut point = start.to_vec();
    let mut last = f64::INFINITY;
    for iteration in 1..=8 {
        equations.evaluate(&point[..n], point[n]);
        let residual = equations.residual();
        if residual <= equations.on_the_way() {
            return Some((point, iteration));
        }
        if residual.is_infinite() || residual > 4.0 * last {
            return None;
        }
        last = residual;
        bordered(equations, tangent, system);
        let mut step = equations.step().to_vec();
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
