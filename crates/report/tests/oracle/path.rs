//! From uniform play to the stated precisions: pseudo-arclength continuation in the scale κ of all
//! precisions, with Newton steps solved by GMRES on exact derivatives.

use super::scalar::{Dual, Scalar};
use super::tree::Tree;

pub struct End {
    pub x: Vec<f64>,
    pub residual: f64,
    pub folds: usize,
}

/// Largest residual that counts as solved, relative to the size of the log-ratios.
const TOLERANCE: f64 = 1e-13;

fn norm(v: &[f64]) -> f64 {
    v.iter().map(|a| a * a).sum::<f64>().sqrt()
}

fn largest(v: &[f64]) -> f64 {
    v.iter().fold(0.0, |m, a| m.max(a.abs()))
}

/// Residuals at (x, κ).
pub fn residual(tree: &Tree, x: &[f64], kappa: f64) -> Vec<f64> {
    tree.evaluate(x, kappa).residual
}

/// Derivative of the residuals in the direction (dx, dκ).
fn directional(tree: &Tree, x: &[f64], kappa: f64, dx: &[f64], dkappa: f64) -> Vec<f64> {
    let x: Vec<Dual> = x.iter().zip(dx).map(|(&v, &d)| Dual { v, d }).collect();
    let kappa = Dual {
        v: kappa,
        d: dkappa,
    };
    let point = tree.evaluate(&x, kappa);
    point.residual.iter().map(|r| r.d).collect()
}

/// Solves A y = b without restart. Returns y and the relative residual.
fn gmres(apply: impl Fn(&[f64]) -> Vec<f64>, b: &[f64], tolerance: f64) -> (Vec<f64>, f64) {
    let n = b.len();
    let beta = norm(b);
    if beta == 0.0 {
        return (vec![0.0; n], 0.0);
    }
    let most = (n + 5).min(400);
    let mut basis = vec![b.iter().map(|v| v / beta).collect::<Vec<f64>>()];
    let mut columns: Vec<Vec<f64>> = Vec::new();
    let mut rotations: Vec<(f64, f64)> = Vec::new();
    let mut g = vec![beta];
    for k in 0..most {
        let mut w = apply(&basis[k]);
        let before = norm(&w);
        let mut h = vec![0.0; k + 2];
        // Twice is enough.
        for _ in 0..2 {
            for (i, q) in basis.iter().enumerate() {
                let dot: f64 = q.iter().zip(&w).map(|(a, b)| a * b).sum();
                h[i] += dot;
                for (a, q) in w.iter_mut().zip(q) {
                    *a -= dot * q;
                }
            }
        }
        h[k + 1] = norm(&w);
        let exhausted = h[k + 1] <= 1e-14 * before;
        for (i, &(c, s)) in rotations.iter().enumerate() {
            let t = c * h[i] + s * h[i + 1];
            h[i + 1] = -s * h[i] + c * h[i + 1];
            h[i] = t;
        }
        let r = h[k].hypot(h[k + 1]);
        let (c, s) = if r > 0.0 {
            (h[k] / r, h[k + 1] / r)
        } else {
            (1.0, 0.0)
        };
        h[k] = r;
        rotations.push((c, s));
        g.push(-s * g[k]);
        g[k] *= c;
        columns.push(h);
        if g[k + 1].abs() <= tolerance * beta || exhausted {
            break;
        }
        let length = norm(&w);
        basis.push(w.iter().map(|v| v / length).collect());
    }
    let m = columns.len();
    let mut y = vec![0.0; m];
    for i in (0..m).rev() {
        let mut sum = g[i];
        for j in i + 1..m {
            sum -= columns[j][i] * y[j];
        }
        y[i] = if columns[i][i] == 0.0 {
            0.0
        } else {
            sum / columns[i][i]
        };
    }
    let mut x = vec![0.0; n];
    for (c, q) in y.iter().zip(&basis) {
        for (a, q) in x.iter_mut().zip(q) {
            *a += c * q;
        }
    }
    (x, g[m].abs() / beta)
}

/// Newton at fixed κ. Returns the solution and its largest residual.
pub fn newton(tree: &Tree, start: &[f64], kappa: f64, steps: usize) -> (Vec<f64>, f64) {
    let mut x = start.to_vec();
    let mut best = (x.clone(), f64::INFINITY);
    for _ in 0..steps {
        let r = residual(tree, &x, kappa);
        let size = largest(&r);
        if !size.is_finite() {
            break;
        }
        if size < best.1 {
            best = (x.clone(), size);
        } else if size > 1e3 * best.1 || best.1 < TOLERANCE {
            break;
        }
        if size == 0.0 {
            break;
        }
        let apply = |v: &[f64]| directional(tree, &x, kappa, v, 0.0);
        let (dx, _) = gmres(apply, &r, 1e-10);
        for (a, d) in x.iter_mut().zip(&dx) {
            *a -= d;
        }
    }
    best
}

/// A direction of the curve, of length one in the scaled norm.
#[derive(Clone)]
struct Tangent {
    x: Vec<f64>,
    kappa: f64,
}

impl Tangent {
    /// Mean square over the unknowns plus the square in κ: step lengths do not depend on the size
    /// of the tree.
    fn dot(&self, x: &[f64], kappa: f64) -> f64 {
        let n = x.len().max(1) as f64;
        self.x.iter().zip(x).map(|(a, b)| a * b).sum::<f64>() / n + self.kappa * kappa
    }
}

fn tangent(tree: &Tree, x: &[f64], kappa: f64, before: &Tangent) -> Option<Tangent> {
    let n = x.len();
    let apply = |v: &[f64]| {
        let mut out = directional(tree, x, kappa, &v[..n], v[n]);
        out.push(before.dot(&v[..n], v[n]));
        out
    };
    let mut b = vec![0.0; n + 1];
    b[n] = 1.0;
    let (mut v, error) = gmres(apply, &b, 1e-9);
    if error > 1e-6 {
        return None;
    }
    let kappa = v.pop()?;
    let t = Tangent { x: v, kappa };
    let length = t.dot(&t.x, t.kappa).sqrt();
    Some(Tangent {
        x: t.x.iter().map(|a| a / length).collect(),
        kappa: t.kappa / length,
    })
}

/// Newton back to the curve in the plane through the prediction. `None` when it does not contract.
fn correct(
    tree: &Tree,
    x: &[f64],
    kappa: f64,
    t: &Tangent,
    step: f64,
) -> Option<(Vec<f64>, f64, f64)> {
    let n = x.len();
    let (base_x, base_kappa) = (x, kappa);
    let mut x: Vec<f64> = x.iter().zip(&t.x).map(|(a, d)| a + step * d).collect();
    let mut kappa = kappa + step * t.kappa;
    let mut last = f64::INFINITY;
    let mut first = 0.0;
    for iteration in 0..8 {
        let mut r = residual(tree, &x, kappa);
        let moved: Vec<f64> = x.iter().zip(base_x).map(|(a, b)| a - b).collect();
        r.push(t.dot(&moved, kappa - base_kappa) - step);
        let apply = |v: &[f64]| {
            let mut out = directional(tree, &x, kappa, &v[..n], v[n]);
            out.push(t.dot(&v[..n], v[n]));
            out
        };
        let (d, error) = gmres(apply, &r, 1e-8);
        if error > 1e-4 {
            return None;
        }
        let length = {
            let scaled = d[..n].iter().map(|a| a * a).sum::<f64>() / n.max(1) as f64;
            (scaled + d[n] * d[n]).sqrt()
        };
        if iteration == 0 {
            first = length;
        }
        if !length.is_finite() || length > 0.5 * last && length > 1e-9 {
            return None;
        }
        for (a, d) in x.iter_mut().zip(&d[..n]) {
            *a -= d;
        }
        kappa -= d[n];
        if length < 1e-9 {
            return Some((x, kappa, first));
        }
        last = length;
    }
    None
}

/// Follows the curve from κ = 0 to κ = 1 and polishes its end.
pub fn trace(tree: &Tree) -> Result<End, String> {
    let n = tree.unknowns;
    let sizes = newton(tree, &vec![0.0; n], 0.0, 30);
    let (mut x, mut kappa) = (sizes.0, 0.0_f64);
    let mut t = Tangent {
        x: vec![0.0; n],
        kappa: 1.0,
    };
    t = tangent(tree, &x, kappa, &t).ok_or("no tangent at the start")?;
    let mut step = 0.1;
    let mut folds = 0;
    for _ in 0..20_000 {
        // The last piece ends exactly at κ = 1.
        let reach = kappa + step * t.kappa;
        if reach >= 1.0 {
            let part = (1.0 - kappa) / t.kappa;
            let guess: Vec<f64> = x.iter().zip(&t.x).map(|(a, d)| a + part * d).collect();
            let (end, size) = newton(tree, &guess, 1.0, 30);
            let far: Vec<f64> = end.iter().zip(&guess).map(|(a, b)| a - b).collect();
            let distance = norm(&far) / (n.max(1) as f64).sqrt();
            let limit = TOLERANCE * (1.0 + largest(&end));
            if size <= limit && distance <= 0.5 * step {
                return Ok(End {
                    x: end,
                    residual: size,
                    folds,
                });
            }
            step *= 0.5;
            if step < 1e-7 {
                return Err(format!("no convergence at the end: residual {size:e}"));
            }
            continue;
        }
        let next = correct(tree, &x, kappa, &t, step).and_then(|(x, kappa, first)| {
            // A correction that is long against the step may have left the branch.
            if first > 0.2 * step {
                return None;
            }
            tangent(tree, &x, kappa, &t)
                .filter(|new| new.dot(&t.x, t.kappa) > 0.9)
                .map(|new| (x, kappa, new, first))
        });
        match next {
            Some((new_x, new_kappa, new_t, first)) => {
                if new_t.kappa * t.kappa < 0.0 {
                    folds += 1;
                }
                if first < 0.05 * step {
                    step = (step * 1.6).min(0.5);
                }
                x = new_x;
                kappa = new_kappa;
                t = new_t;
                if kappa < -1e-6 {
                    return Err("the path came back to κ = 0".into());
                }
            }
            None => {
                step *= 0.5;
                if step < 1e-8 {
                    return Err(format!("the path stops at κ = {kappa}"));
                }
            }
        }
    }
    Err(format!("the path is too long: κ = {kappa}"))
}

/// Largest residual of given probabilities at the stated precisions.
pub fn residual_of(tree: &Tree, probability: &[f64]) -> f64 {
    let x = tree.log_ratios(probability);
    largest(&tree.evaluate(&x, f64::constant(1.0)).residual)
}
