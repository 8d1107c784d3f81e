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
    /// Evaluates Φ(x) − x; its derivatives are those at this point until the next.
    fn evaluate(&mut self, x: &[f64], kappa: f64);
    /// Φ(x) − x.
    fn step(&self) -> &[f64];
    /// ∂Φ/∂κ.
    fn by_kappa(&mut self) -> &[f64];
    /// Copies I − ∂Φ/∂x into `out` (n × n in rows).
    fn copy_system(&mut self, out: &mut Vec<f64>);

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
    /// kept. What has come close within `limit` iterations is brought home in as many more: at high
    /// precision an error of the unknowns is one many times larger of the choices.
    fn newton(&mut self, x: &mut [f64], kappa: f64, limit: usize) -> Newton {
        let n = x.len();
        let mut system = Vec::new();
        let mut sign = 1.0;
        self.evaluate(x, kappa);
        let mut residual = self.residual();
        let mut trial = vec![0.0; n];
        for iteration in 0..2 * limit {
            if residual <= self.tolerance() || iteration >= limit && !(residual <= ACCEPTED) {
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
        self.work.evaluate(self.stage, x, kappa);
    }

    fn step(&self) -> &[f64] {
        &self.work.step
    }

    fn by_kappa(&mut self) -> &[f64] {
        self.work.by_kappa(self.stage)
    }

    fn copy_system(&mut self, out: &mut Vec<f64>) {
        self.work.copy_system(self.stage, out);
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

/// Longest step along the curve, in log-ratios and κ together; shorter where a path did not arrive, as it
/// may have gone over to another curve then, or to another limb of its own.
const LONGEST: [f64; 3] = [0.5, 0.1, 0.02];

/// Longest step on which the determinant may change its sign: a crossing of another branch is so seen from
/// near. A limb beside, which runs the other way, has the other sign too, and is not to be stepped to.
const CROSSING: f64 = 1e-3;

/// Shortest step: where it fails too, the path is taken to bend at once.
const SHORTEST: f64 = 1e-7;

/// Step beyond a kink, long against the distance that may be left to it.
const BEYOND: f64 = 1e-5;

/// Cosine of the angle between tangents that follow each other smoothly.
const STRAIGHT: f64 = 0.9;

/// Follows the path of a stage of one mover; `x` holds the end point, `work` the evaluation there.
pub fn follow(stage: &Stage, work: &mut Work, x: &mut [f64]) -> Path {
    follow_equations(&mut Single { stage, work }, x)
}

/// Follows the path; `x` holds the end point, `equations` the evaluation there.
pub fn follow_equations(equations: &mut impl Equations, x: &mut [f64]) -> Path {
    let mut path = follow_in_steps(equations, x, LONGEST[0]);
    for longest in &LONGEST[1..] {
        if path.residual <= ACCEPTED {
            break;
        }
        path = follow_in_steps(equations, x, *longest);
    }
    path
}

/// Follows the path in steps of at most `longest`.
fn follow_in_steps(equations: &mut impl Equations, x: &mut [f64], longest: f64) -> Path {
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
    let mut length = longest.min(0.05);
    let mut direction = 1.0;
    let mut path = Path {
        residual: f64::INFINITY,
        folds: 0,
        crossings: 0,
    };
    equations.evaluate(&point[..n], point[n]);
    let Some((next, mut orientation)) = tangent_at(equations, &tangent, &mut system) else {
        return path;
    };
    tangent = next;
    for _ in 0..MAX_STEPS {
        // Predict, and correct in the hyperplane across the tangent.
        let mut accepted = None;
        while accepted.is_none() && length > SHORTEST {
            let mut step = length;
            if tangent[n] > 0.0 && point[n] + step * tangent[n] > 1.0 {
                step = (1.0 - point[n]) / tangent[n];
            }
            match advance(equations, &point, &tangent, step, &mut system) {
                Some((corrected, iterations)) => {
                    if let Some((next, sign)) = tangent_at(equations, &tangent, &mut system)
                        && (sign == orientation
                            || (BEYOND..=CROSSING).contains(&length)
                                && product(&next, &tangent) > STRAIGHT)
                    {
                        if iterations <= 3 {
                            length = (length * 1.5).min(longest);
                        } else if iterations >= 5 {
                            length *= 0.6;
                        }
                        accepted = Some((corrected, next, sign));
                    } else {
                        length *= 0.35;
                    }
                }
                None => length *= 0.35,
            }
        }
        if accepted.is_none() {
            accepted = past_kink(equations, &point, &tangent, orientation, &mut system)
                .map(|(corrected, next)| (corrected, next, orientation));
            length = BEYOND;
        }
        let Some((corrected, next, sign)) = accepted else {
            break;
        };
        if point[n] < 1.0 && corrected[n] >= 1.0 - 1e-12 {
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
                    .is_some_and(|(_, sign)| sign != orientation);
                path.crossings += u32::from(crossed);
                path.residual = newton.residual;
                return path;
            }
            length *= 0.25;
            if length < SHORTEST {
                break;
            }
            continue;
        }
        if next[n] * direction < 0.0 {
            path.folds += 1;
            direction = -direction;
        }
        path.crossings += u32::from(sign != orientation);
        (point, tangent, orientation) = (corrected, next, sign);
    }
    path
}

/// A step along the tangent, corrected in the plane across it; the point and the iterations used.
/// `None` where the corrector fails or strays far from the prediction, as it may have met another
/// curve then; and at κ = 0 the solution is unique, so the path never comes back there.
fn advance(
    equations: &mut impl Equations,
    point: &[f64],
    tangent: &[f64],
    step: f64,
    system: &mut Vec<f64>,
) -> Option<(Vec<f64>, usize)> {
    let predicted: Vec<f64> = point
        .iter()
        .zip(tangent)
        .map(|(p, t)| p + step * t)
        .collect();
    let (corrected, iterations) = correct(equations, &predicted, tangent, system)?;
    let beside = strayed(&predicted, &corrected) < 0.25 * step + 1e-9;
    (beside && corrected[point.len() - 1] >= 0.0).then_some((corrected, iterations))
}

/// Goes on where the path bends at once: a continuation value that is interpolated by local stencils
/// has kinks at the grid's points. The curve beyond the kink is that of the equations there, in the
/// direction that keeps the sign of the determinant, which may point back against the old tangent
/// (the orientation of a piecewise smooth curve is that of its pieces; Allgower and Georg 1990).
fn past_kink(
    equations: &mut impl Equations,
    point: &[f64],
    tangent: &[f64],
    orientation: f64,
    system: &mut Vec<f64>,
) -> Option<(Vec<f64>, Vec<f64>)> {
    let n = point.len() - 1;
    let mut beyond = SHORTEST;
    while beyond < LONGEST[0] {
        let seen: Vec<f64> = point
            .iter()
            .zip(tangent)
            .map(|(p, t)| p + beyond * t)
            .collect();
        equations.evaluate(&seen[..n], seen[n]);
        if let Some((mut next, sign)) = tangent_at(equations, tangent, system) {
            if sign != orientation {
                next.iter_mut().for_each(|t| *t = -*t);
            }
            if let Some((corrected, _)) =
                advance(equations, point, &next, BEYOND.max(beyond), system)
                && let Some((after, sign)) = tangent_at(equations, &next, system)
                && sign == orientation
                && product(&after, &next) > STRAIGHT
            {
                return Some((corrected, after));
            }
        }
        beyond *= 4.0;
    }
    None
}

/// Scalar product.
fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
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
    equations: &mut impl Equations,
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
    let scale = if product(&tangent, previous) < 0.0 {
        -1.0 / norm
    } else {
        1.0 / norm
    };
    tangent.iter_mut().for_each(|t| *t *= scale);
    Some((tangent, sign))
}

/// [∂F/∂x ∂F/∂κ; border].
fn bordered(equations: &mut impl Equations, border: &[f64], out: &mut Vec<f64>) {
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
