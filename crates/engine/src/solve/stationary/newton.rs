//! Newton's method at the game's own precision.

use super::derivative::Evaluation;
use super::equations::System;
use super::linear::Solver;

/// A point counts as a solution when its residual is this part of the terms that cancel in it.
pub const ACCEPTED: f64 = 1e-12;
/// Newton goes on to this.
const TARGET: f64 = 1e-14;
/// Steps.
const MOST: usize = 60;

/// How Newton's method ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// Largest residual relative to the terms that cancel.
    pub relative: f64,
    /// Largest residual: in units of payoff for values, of 1 for log-ratios.
    pub residual: f64,
    /// Steps taken.
    pub steps: u64,
}

/// Improves `y` at κ. With `damped` a step that makes the residual larger is shortened.
pub fn newton(
    system: &System,
    solver: &mut Solver,
    out: &mut Evaluation,
    y: &mut Vec<f64>,
    kappa: f64,
    damped: bool,
) -> Ended {
    let n = system.unknowns;
    let mut border = vec![0.0; n + 1];
    border[n] = 1.0;
    system.border(out, &border);
    let mut right = vec![0.0; n + 1];
    let mut step = vec![0.0; n + 1];
    let measure = |y: &[f64], out: &Evaluation| {
        let relative = system.relative(y, &out.residual);
        let residual = crate::math::largest(out.residual.iter().map(|f| f.abs()));
        (relative, residual)
    };
    system.evaluate(y, kappa, out);
    let (mut relative, mut residual) = measure(y, out);
    let mut steps = 0;
    while relative > TARGET && steps < MOST as u64 {
        for (r, f) in right.iter_mut().zip(&out.residual) {
            *r = -f;
        }
        if solver.solve(system, out, &right, &mut step).is_none() {
            break;
        }
        steps += 1;
        let mut length = 1.0;
        let mut better = None;
        loop {
            let tried: Vec<f64> = y.iter().zip(&step).map(|(y, s)| y + length * s).collect();
            system.evaluate(&tried, kappa, out);
            let found = measure(&tried, out);
            let enough = found.0 < (1.0 - 0.1 * length) * relative;
            if enough || (!damped && found.0.is_finite() && relative > 1e-9) {
                better = Some((tried, found));
                break;
            }
            length *= 0.5;
            if !damped || length < 1e-4 {
                break;
            }
        }
        match better {
            Some((tried, found)) => {
                *y = tried;
                (relative, residual) = found;
            }
            // As good as rounding lets it be, or stuck.
            None => break,
        }
    }
    Ended {
        relative,
        residual,
        steps,
    }
}
