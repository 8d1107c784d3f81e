//! Linear systems of the equations: condensed to the values, solved by GMRES, with factors around it
//! where that is quicker.
//!
//! GMRES (Saad and Schultz 1986) multiplies by the true derivatives, and factors only speed it up: exact
//! ones of a full or a sparse matrix, incomplete ones where the fill would be too much, or none. So old
//! factors serve for a neighbouring point until it takes too many steps. None are needed where GMRES alone
//! takes few: at a state that leads to many, values are alike, and discounting does the rest.
//!
//! A solver of our own: the sparse part of faer (0.24) brings 60 packages and takes 140 processor seconds
//! to build, near half of what all of this program takes, whose clean build is to stay below three
//! minutes; others need a system library, or are under a licence that it cannot take.

use super::dense::Dense;
use super::derivative::Evaluation;
use super::equations::System;
use super::sparse::{COLUMN, Factors, Order};
use crate::math::lanes::{add_scaled, dot};

/// Products of a sparse factorisation above which something is dropped: a few seconds.
const MOST_PRODUCTS: f64 = 2e9;
/// Products of a full matrix that take as long as one of a sparse one.
const FULL: f64 = 10.0;
/// A factorisation that costs less than so many steps of GMRES is always made.
const CHEAP: f64 = 40.0;

/// The kinds of factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Of the full matrix.
    Full,
    /// Of the sparse matrix, nothing dropped.
    Sparse,
    /// Of the sparse matrix, what is small dropped.
    Incomplete,
}

/// How the systems of one game are factored.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The kind.
    pub kind: Kind,
    /// Place → unknown eliminated there; the border last.
    order: Vec<u32>,
    /// Cost of a factorisation, in steps of GMRES. Where it is high, none is made until GMRES alone does
    /// not do.
    pub cost: f64,
    /// Bytes of the factors and of what they are made from, at most.
    pub bytes: u128,
}

impl Plan {
    /// The quickest kind that fits into `memory` bytes.
    pub fn of(system: &System, memory: u64) -> Self {
        let order = Order::of(system.neighbours(), system.game.actors.len(), MOST_PRODUCTS);
        let full = (system.condensed() as f64).powi(3) / 3.0 / FULL;
        let fits = |kind: Kind| Self::with(system, &order, kind).bytes <= u128::from(memory);
        let kind = if full <= order.products.min(MOST_PRODUCTS) && fits(Kind::Full) {
            Kind::Full
        } else if order.products <= MOST_PRODUCTS && fits(Kind::Sparse) {
            Kind::Sparse
        } else {
            Kind::Incomplete
        };
        Self::with(system, &order, kind)
    }

    /// With factors of this kind, whatever they cost.
    pub fn of_kind(system: &System, kind: Kind) -> Self {
        let order = Order::of(system.neighbours(), system.game.actors.len(), MOST_PRODUCTS);
        Self::with(system, &order, kind)
    }

    fn with(system: &System, order: &Order, kind: Kind) -> Self {
        let n = system.condensed();
        let actors = system.game.actors.len();
        let dropped = (COLUMN * n) as f64;
        let matrix = 24 * (system.couplings() + n) as u128;
        let (products, bytes) = match kind {
            Kind::Full => ((n as f64).powi(3) / 3.0 / FULL, Dense::bytes(n)),
            Kind::Sparse => (order.products, matrix + (order.entries * 16.0) as u128),
            Kind::Incomplete => (
                2.0 * dropped * COLUMN as f64,
                matrix + (2.0 * dropped * 16.0) as u128,
            ),
        };
        let unknowns = order.nodes.iter().flat_map(|node| {
            let first = *node * actors as u32;
            first..first + actors as u32
        });
        // A step multiplies by the system and puts the result across some tens of vectors.
        let step = system.work() + RESTART * n;
        Self {
            kind,
            order: unknowns.chain([n as u32 - 1]).collect(),
            cost: products / step as f64,
            bytes,
        }
    }

    /// Is nothing dropped?
    fn exact(&self) -> bool {
        self.kind != Kind::Incomplete
    }
}

enum Made {
    Full(Dense),
    Sparse(Factors),
}

/// GMRES starts anew after so many steps.
const RESTART: usize = 60;
/// A solution is good when the residual is this part of the right side.
const RELATIVE: f64 = 1e-12;
/// A solution is of use when it is at most this.
const USEFUL: f64 = 1e-6;
/// Steps after which old factors are not used again, if new ones cost less than so many steps in each of
/// [`USES`] systems.
const STALE: f64 = 12.0;
/// Systems for which factors are used, about.
const USES: f64 = 4.0;
/// Steps after which cheap factors are made anew: exact ones of the same point take no more.
const EXACT: f64 = 2.0;
/// Steps after which a system is given up.
const MOST_STEPS: usize = 600;

/// Solves systems of one game one after the other.
pub struct Solver {
    plan: Plan,
    factors: Option<Made>,
    /// The factors that there are, or that there are none, serve well enough.
    serves: bool,
    basis: Vec<Vec<f64>>,
}

impl Solver {
    /// For systems of the plan's game.
    pub fn new(plan: Plan) -> Self {
        Self {
            serves: plan.cost > CHEAP,
            plan,
            factors: None,
            basis: Vec::new(),
        }
    }

    /// Bytes that the vectors of GMRES take for `n` unknowns.
    pub fn vector_bytes(n: usize) -> u128 {
        (RESTART as u128 + 8) * n as u128 * 8
    }

    /// Factors the system now. The sign of the determinant of all equations with the border, 0 where only
    /// part of the factors is kept; `None` when it is singular.
    pub fn factor(&mut self, system: &System, at: &Evaluation) -> Option<f64> {
        let own = system.sign(at);
        if own == 0.0 {
            return None;
        }
        self.serves = false;
        let sign = if self.plan.kind == Kind::Full {
            let mut full = match self.factors.take() {
                Some(Made::Full(full)) => full,
                _ => Dense::default(),
            };
            full.clear(system.condensed());
            system.each_entry(at, |row, column, value| full.add(row, column, value));
            full.factor()?;
            let sign = full.sign;
            self.factors = Some(Made::Full(full));
            sign
        } else {
            self.factors = None;
            let factors = Factors::of(&system.matrix(at), &self.plan.order, self.plan.exact())?;
            let sign = factors.sign;
            self.factors = Some(Made::Sparse(factors));
            sign
        };
        self.serves = true;
        Some(own * sign)
    }

    /// Is nothing dropped from the factors?
    pub fn is_exact(&self) -> bool {
        self.plan.exact()
    }

    /// Does GMRES do without new factors?
    pub fn ready(&self) -> bool {
        self.serves
    }

    /// Solves J·`out` = `right`, J the derivatives with the border; all unknowns, then κ. `None` when no
    /// solution of use was found.
    pub fn solve(
        &mut self,
        system: &System,
        at: &Evaluation,
        right: &[f64],
        out: &mut [f64],
    ) -> Option<()> {
        if system.sign(at) == 0.0 {
            return None;
        }
        let mut condensed = vec![0.0; system.condensed()];
        system.condense(at, right, &mut condensed);
        let mut found = vec![0.0; condensed.len()];
        let mut fresh = false;
        if !self.ready() {
            self.factor(system, at)?;
            fresh = true;
        }
        let (mut relative, steps) = self.iterate(system, at, &condensed, &mut found);
        if relative <= RELATIVE {
            let most = if self.plan.cost > CHEAP {
                STALE.max(self.plan.cost / USES)
            } else {
                EXACT
            };
            self.serves = fresh || steps as f64 <= most;
        } else if !fresh {
            self.factor(system, at)?;
            relative = self.iterate(system, at, &condensed, &mut found).0;
        }
        if !(relative <= USEFUL) {
            return None;
        }
        system.expand(at, right, &found, out);
        Some(())
    }

    fn precondition(&self, b: &mut [f64], out: &mut [f64]) {
        match &self.factors {
            None => out.copy_from_slice(b),
            Some(Made::Full(full)) => {
                out.copy_from_slice(b);
                full.solve(out);
            }
            Some(Made::Sparse(factors)) => factors.solve(&self.plan.order, b, out),
        }
    }

    /// GMRES with the factors on the right: the relative residual and the steps.
    fn iterate(
        &mut self,
        system: &System,
        at: &Evaluation,
        b: &[f64],
        out: &mut [f64],
    ) -> (f64, usize) {
        let n = b.len();
        out.fill(0.0);
        let size = norm(b);
        if size == 0.0 {
            return (0.0, 0);
        }
        let mut basis = std::mem::take(&mut self.basis);
        let mut residual = b.to_vec();
        let (mut scratch, mut image) = (vec![0.0; n], vec![0.0; n]);
        let mut relative = 1.0;
        let mut steps = 0;
        while steps < MOST_STEPS {
            let beta = norm(&residual);
            let before = relative;
            relative = beta / size;
            if !(relative > RELATIVE) || (steps > 0 && !(relative < 0.5 * before)) {
                break;
            }
            // Arnoldi, the small system kept triangular by rotations.
            let mut upper: Vec<Vec<f64>> = Vec::new();
            let mut rotations: Vec<(f64, f64)> = Vec::new();
            let mut right = vec![beta];
            keep(&mut basis, 0, residual.iter().map(|r| r / beta));
            for k in 0..RESTART {
                steps += 1;
                scratch.copy_from_slice(&basis[k]);
                self.precondition(&mut scratch, &mut image);
                system.product(at, &image, &mut scratch);
                let mut column = Vec::with_capacity(k + 2);
                for v in &basis[..=k] {
                    let h = dot(v, &scratch);
                    add_scaled(&mut scratch, -h, v);
                    column.push(h);
                }
                let rest = norm(&scratch);
                for (i, (c, s)) in rotations.iter().enumerate() {
                    let (a, b) = (column[i], column[i + 1]);
                    column[i] = c * a + s * b;
                    column[i + 1] = c * b - s * a;
                }
                let length = (column[k] * column[k] + rest * rest).sqrt();
                if !(length > 0.0) {
                    break;
                }
                let (c, s) = (column[k] / length, rest / length);
                column[k] = length;
                rotations.push((c, s));
                upper.push(column);
                right.push(-s * right[k]);
                right[k] *= c;
                let done = right[k + 1].abs() <= 0.3 * RELATIVE * size;
                if done || rest <= 1e-300 || k + 1 == RESTART {
                    break;
                }
                keep(&mut basis, k + 1, scratch.iter().map(|s| s / rest));
            }
            let count = upper.len();
            let mut y = right[..count].to_vec();
            for k in (0..count).rev() {
                y[k] /= upper[k][k];
                for i in 0..k {
                    y[i] -= upper[k][i] * y[k];
                }
            }
            scratch.fill(0.0);
            for (y, v) in y.iter().zip(&basis) {
                add_scaled(&mut scratch, *y, v);
            }
            self.precondition(&mut scratch, &mut image);
            for (o, i) in out.iter_mut().zip(&image) {
                *o += i;
            }
            system.product(at, out, &mut residual);
            for (r, b) in residual.iter_mut().zip(b) {
                *r = b - *r;
            }
            if count == 0 {
                break;
            }
        }
        self.basis = basis;
        relative = norm(&residual) / size;
        // Rounding ends it near the last digits, which is as good as can be had.
        if relative < 100.0 * RELATIVE {
            relative = relative.min(RELATIVE);
        }
        (relative, steps)
    }
}

/// Writes `vector` into place `k` of the basis.
fn keep(basis: &mut Vec<Vec<f64>>, k: usize, vector: impl Iterator<Item = f64>) {
    if basis.len() <= k {
        basis.push(Vec::new());
    }
    basis[k].clear();
    basis[k].extend(vector);
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}
