//! The path of the whole game from uniform play to its precisions.
//!
//! All precisions times κ: F(y, κ) = 0 is followed from κ = 0, where it has one solution, by a predictor
//! along the tangent and a Newton corrector in the plane across it (pseudo-arclength), so that folds
//! are passed. The first crossing of κ = 1 is the principal branch. Lengths are root mean squares over
//! the log-ratios, together with κ, so that they do not depend on the size of the game; values follow
//! from log-ratios and have no part in them.

use super::derivative::Evaluation;
use super::equations::System;
use super::linear::Solver;
use super::newton::{ACCEPTED, newton};
use crate::solve::{Observer, SolveError};

/// Steps after which a path is given up.
const MAX_STEPS: u64 = 20_000;
/// Longest step.
const LONGEST: f64 = 1.0;
/// Shortest step.
const SHORTEST: f64 = 1e-9;
/// A branch is held to cross where the sign of the determinant turns within a step this short.
const FINEST: f64 = 1e-4;
/// The corrector's bound, relative to the terms that cancel.
const CORRECTED: f64 = 1e-10;
/// Up to so many unknowns every point of the path is factored anew, so that no branch point is passed
/// unseen.
const WATCHED: usize = 2_000;

/// How a path ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct Followed {
    /// Largest residual at the end, relative to the terms that cancel; infinite when κ = 1 was not
    /// reached.
    pub relative: f64,
    /// Largest residual.
    pub residual: f64,
    /// κ reached.
    pub kappa: f64,
    /// Points of the path.
    pub points: u64,
    /// Folds passed.
    pub folds: u64,
    /// Branch points passed: other branches cross there, and the path went straight on.
    pub crossings: u64,
    /// Was every point of the path looked at for crossings?
    pub watched: bool,
    /// Newton steps.
    pub iterations: u64,
}

/// Follows the path; `y` holds the end point.
///
/// # Errors
/// [`SolveError::Cancelled`].
pub fn follow(
    system: &System,
    solver: &mut Solver,
    y: &mut Vec<f64>,
    observer: &dyn Observer,
) -> Result<Followed, SolveError> {
    let n = system.unknowns;
    let mut out = Evaluation::default();
    let mut followed = Followed {
        relative: f64::INFINITY,
        residual: f64::INFINITY,
        watched: n <= WATCHED && solver.is_exact(),
        ..Followed::default()
    };
    *y = system.uniform();
    let start = newton(system, solver, &mut out, y, 0.0, false);
    followed.iterations += start.steps;
    let ratios = system.ratio.iter().filter(|r| **r).count();
    if !(start.relative <= ACCEPTED) || ratios == 0 {
        followed.relative = start.relative;
        followed.residual = start.residual;
        followed.kappa = if ratios == 0 { 1.0 } else { 0.0 };
        return Ok(followed);
    }
    let share = 1.0 / ratios as f64;
    let mut point = y.clone();
    point.push(0.0);
    let mut tangent = vec![0.0; n + 1];
    tangent[n] = 1.0;
    let mut length = 0.02;
    let mut direction = 1.0;
    system.evaluate(&point[..n], 0.0, &mut out);
    let Some((first, mut turned)) = tangent_at(system, solver, &mut out, &tangent, share) else {
        return Ok(followed);
    };
    tangent = first;
    while followed.points < MAX_STEPS && length > SHORTEST {
        if observer.cancelled() {
            return Err(SolveError::Cancelled);
        }
        observer.progress("path", (1000.0 * point[n].clamp(0.0, 1.0)) as u64, 1000);
        followed.kappa = point[n];
        let mut step = length;
        if tangent[n] > 0.0 && point[n] + step * tangent[n] > 1.0 {
            step = (1.0 - point[n]) / tangent[n];
        }
        let predicted: Vec<f64> = point
            .iter()
            .zip(&tangent)
            .map(|(p, t)| p + step * t)
            .collect();
        let found = correct(system, solver, &mut out, &predicted, &tangent, share);
        // A corrector that strays far from the prediction may have met another curve; and at κ = 0 the
        // solution is unique, so the path never comes back there.
        let Some((mut corrected, iterations)) = found.filter(|(corrected, _)| {
            corrected[n] >= 0.0
                && distance(system, &predicted, corrected, share) < 0.25 * step + 1e-9
        }) else {
            length *= 0.35;
            continue;
        };
        followed.iterations += iterations;
        let arrives = point[n] < 1.0 && corrected[n] >= 1.0 - 1e-12;
        let mut ended = None;
        if arrives {
            // Land on κ = 1 exactly, from the chord.
            let part = if corrected[n] > point[n] {
                (1.0 - point[n]) / (corrected[n] - point[n])
            } else {
                1.0
            };
            let mut landed: Vec<f64> = point[..n]
                .iter()
                .zip(&corrected)
                .map(|(p, c)| p + part * (c - p))
                .collect();
            let before = landed.clone();
            let found = newton(system, solver, &mut out, &mut landed, 1.0, false);
            followed.iterations += found.steps;
            let strayed = distance(system, &before, &landed, share);
            if !(found.relative <= ACCEPTED && strayed < 0.25 * step + 1e-6) {
                length = 0.25 * step;
                continue;
            }
            landed.push(1.0);
            corrected = landed;
            ended = Some(found);
        }
        if ended.is_some() {
            system.evaluate(&corrected[..n], corrected[n], &mut out);
        }
        let Some((next, sign)) = tangent_at(system, solver, &mut out, &tangent, share) else {
            length = 0.35 * step;
            continue;
        };
        // The sign turns where another branch crosses. Seen from afar so does a step from one branch to
        // another one close by, which a shorter step does not make.
        let crosses = sign * turned < 0.0;
        if crosses && step > FINEST {
            length = 0.25 * step;
            continue;
        }
        followed.crossings += u64::from(crosses);
        if sign != 0.0 {
            turned = sign;
        }
        if next[n] * direction < 0.0 {
            followed.folds += 1;
            direction = -direction;
        }
        followed.points += 1;
        if let Some(ended) = ended {
            corrected.truncate(n);
            *y = corrected;
            followed.kappa = 1.0;
            followed.relative = ended.relative;
            followed.residual = ended.residual;
            return Ok(followed);
        }
        if iterations <= 3 {
            length = (length * 1.6).min(LONGEST);
        } else if iterations >= 5 {
            length *= 0.6;
        }
        tangent = next;
        point = corrected;
    }
    Ok(followed)
}

/// Length of the difference of two points.
fn distance(system: &System, a: &[f64], b: &[f64], share: f64) -> f64 {
    let mut sum = 0.0;
    for (k, (x, y)) in a.iter().zip(b).enumerate() {
        match system.ratio.get(k) {
            Some(true) => sum += share * (x - y) * (x - y),
            Some(false) => {}
            None => sum += (x - y) * (x - y),
        }
    }
    sum.sqrt()
}

/// The border that a tangent makes: its product with a step is the step's length along it.
fn across(tangent: &[f64], share: f64) -> Vec<f64> {
    let n = tangent.len() - 1;
    let mut border: Vec<f64> = tangent.iter().map(|t| share * t).collect();
    border[n] = tangent[n];
    border
}

/// Unit tangent on the side of `previous`, and the sign of the bordered determinant (0 where the factors
/// are not exact, or old ones served).
fn tangent_at(
    system: &System,
    solver: &mut Solver,
    out: &mut Evaluation,
    previous: &[f64],
    share: f64,
) -> Option<(Vec<f64>, f64)> {
    let n = system.unknowns;
    system.border(out, &across(previous, share));
    let sign = if n <= WATCHED || !solver.ready() {
        solver.factor(system, out)?
    } else {
        0.0
    };
    let mut right = vec![0.0; n + 1];
    right[n] = 1.0;
    let mut tangent = vec![0.0; n + 1];
    solver.solve(system, out, &right, &mut tangent)?;
    let zero = vec![0.0; n + 1];
    let norm = distance(system, &tangent, &zero, share);
    if !norm.is_finite() || norm == 0.0 {
        return None;
    }
    tangent.iter_mut().for_each(|t| *t /= norm);
    Some((tangent, sign))
}

/// Newton in the plane through `start` across `tangent`; the point, at which `out` is, and the steps.
fn correct(
    system: &System,
    solver: &mut Solver,
    out: &mut Evaluation,
    start: &[f64],
    tangent: &[f64],
    share: f64,
) -> Option<(Vec<f64>, u64)> {
    let n = system.unknowns;
    system.border(out, &across(tangent, share));
    let mut point = start.to_vec();
    let mut right = vec![0.0; n + 1];
    let mut step = vec![0.0; n + 1];
    let zero = vec![0.0; n + 1];
    let mut last = f64::INFINITY;
    for iteration in 0..8 {
        system.evaluate(&point[..n], point[n], out);
        let relative = system.relative(&point[..n], &out.residual);
        if relative <= CORRECTED {
            return Some((point, iteration));
        }
        if !(relative <= 4.0 * last) {
            return None;
        }
        last = relative;
        for (r, f) in right.iter_mut().zip(&out.residual) {
            *r = -f;
        }
        right[n] = 0.0;
        solver.solve(system, out, &right, &mut step)?;
        if !(distance(system, &step, &zero, share) < 5.0) {
            return None;
        }
        for (p, s) in point.iter_mut().zip(&step) {
            *p += s;
        }
    }
    None
}
