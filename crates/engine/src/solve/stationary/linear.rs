//! Sparse linear systems: minimum-degree ordering, LU factors by columns, and GMRES around them.
//!
//! A factorisation is exact where its fill fits what is planned for it; where it would not, small
//! entries are dropped (an incomplete factorisation with threshold). Either way GMRES solves with the
//! true matrix and the factors only speed it up, so that old factors serve for a neighbouring matrix
//! until it takes too many steps.
//!
//! Ordering by elements as in George and Liu (1989), "The evolution of the minimum degree ordering
//! algorithm"; columns as in Gilbert and Peierls (1988), "Sparse partial pivoting in time proportional
//! to arithmetic operations"; dropping as in Saad (1994), "ILUT"; GMRES as in Saad and Schultz (1986).
//! A solver of our own: the sparse part of faer (0.24) brings 60 packages and takes 140 processor seconds
//! to build, near half of what all of this program takes, whose clean build is to stay below three
//! minutes; others need a system library, or are under a licence that it cannot take.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A square matrix by rows.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    /// Row → first entry, and the number of entries at the end.
    pub start: Vec<usize>,
    /// Column of each entry.
    pub column: Vec<u32>,
    /// Value of each entry.
    pub value: Vec<f64>,
}

impl Matrix {
    /// Number of rows.
    pub fn size(&self) -> usize {
        self.start.len().saturating_sub(1)
    }

    /// `out` = A·`x`.
    fn times(&self, x: &[f64], out: &mut [f64]) {
        for (row, out) in out.iter_mut().enumerate() {
            let entries = self.start[row]..self.start[row + 1];
            let pairs = self.column[entries.clone()]
                .iter()
                .zip(&self.value[entries]);
            *out = pairs.map(|(c, v)| v * x[*c as usize]).sum();
        }
    }

    /// Rows and columns exchanged.
    fn transposed(&self) -> Matrix {
        let n = self.size();
        let mut start = vec![0usize; n + 1];
        for c in &self.column {
            start[*c as usize + 1] += 1;
        }
        for k in 0..n {
            start[k + 1] += start[k];
        }
        let mut next = start.clone();
        let mut column = vec![0; self.column.len()];
        let mut value = vec![0.0; self.value.len()];
        for row in 0..n {
            for e in self.start[row]..self.start[row + 1] {
                let place = &mut next[self.column[e] as usize];
                column[*place] = row as u32;
                value[*place] = self.value[e];
                *place += 1;
            }
        }
        Matrix {
            start,
            column,
            value,
        }
    }
}

/// Entries of both factors above which something is dropped, for a factorisation that may take
/// `memory` bytes.
fn most_entries(memory: u64) -> f64 {
    memory as f64 / 16.0
}

/// Products of a factorisation above which something is dropped: a few seconds.
const MOST_PRODUCTS: f64 = 2e9;
/// Entries of a column of an incomplete factor.
const COLUMN: usize = 64;
/// An incomplete factorisation drops what is smaller than this part of its column's largest entry.
const DROP: f64 = 1e-3;
/// A pivot off the diagonal has to be so many times as large.
const DIAGONAL: f64 = 10.0;

/// How matrices of one pattern are factored. The last row and column are kept last: they hold the
/// border of a path's system.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Place → column eliminated there.
    order: Vec<u32>,
    /// Nothing is dropped.
    exact: bool,
    /// Bytes of the factors, at most.
    pub bytes: u128,
}

impl Plan {
    /// Orders by minimum degree on the pattern of A + Aᵀ.
    pub fn of(matrix: &Matrix, memory: u64) -> Self {
        let n = matrix.size();
        let back = matrix.transposed();
        let last = n.saturating_sub(1);
        // Variables next to each other by an entry, and by an element (an eliminated variable).
        let mut near: Vec<Vec<u32>> = (0..last)
            .map(|k| {
                let rows = [matrix, &back].into_iter();
                let mut all: Vec<u32> = rows
                    .flat_map(|m| &m.column[m.start[k]..m.start[k + 1]])
                    .copied()
                    .filter(|c| *c as usize != k && (*c as usize) < last)
                    .collect();
                all.sort_unstable();
                all.dedup();
                all
            })
            .collect();
        let mut elements: Vec<Vec<u32>> = vec![Vec::new(); last];
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); last];
        let mut gone = vec![false; last];
        let mut degree: Vec<usize> = near.iter().map(Vec::len).collect();
        let mut heap: BinaryHeap<Reverse<(usize, u32)>> =
            (0..last).map(|k| Reverse((degree[k], k as u32))).collect();
        let mut mark = vec![u32::MAX; last];
        let mut order = Vec::with_capacity(n);
        let (mut entries, mut products) = (0.0, 0.0);
        while let Some(Reverse((d, p))) = heap.pop() {
            let k = p as usize;
            if gone[k] || d != degree[k] {
                continue;
            }
            let remaining = last - order.len();
            if 2 * d > remaining || products > MOST_PRODUCTS {
                // What is left is nearly full, or too much in any order: by degree as it stands.
                let left = remaining as f64;
                entries += left * left;
                products += left * left * left / 3.0;
                let mut rest: Vec<u32> = (0..last as u32).filter(|v| !gone[*v as usize]).collect();
                rest.sort_by_key(|v| degree[*v as usize]);
                order.extend(rest);
                break;
            }
            gone[k] = true;
            order.push(p);
            mark[k] = p;
            let mut reached = Vec::new();
            let absorbed = std::mem::take(&mut elements[k]);
            let direct = std::mem::take(&mut near[k]);
            let through = absorbed.iter().flat_map(|e| &members[*e as usize]);
            for v in through.chain(&direct) {
                if !gone[*v as usize] && mark[*v as usize] != p {
                    mark[*v as usize] = p;
                    reached.push(*v);
                }
            }
            for e in &absorbed {
                members[*e as usize] = Vec::new();
            }
            let fill = reached.len() as f64 + 1.0;
            entries += 2.0 * fill;
            products += fill * fill;
            let remaining = last - order.len();
            for v in &reached {
                let v = *v as usize;
                elements[v].retain(|e| !members[*e as usize].is_empty());
                near[v].retain(|w| !gone[*w as usize] && mark[*w as usize] != p);
                let others: usize = elements[v].iter().map(|e| members[*e as usize].len()).sum();
                elements[v].push(p);
                let now = (near[v].len() + others + reached.len() - 1).min(remaining - 1);
                if now != degree[v] {
                    degree[v] = now;
                    heap.push(Reverse((now, v as u32)));
                }
            }
            members[k] = reached;
        }
        order.push(last as u32);
        entries += 2.0 * n as f64;
        let exact = entries <= most_entries(memory) && products <= MOST_PRODUCTS;
        let kept = if exact {
            entries
        } else {
            2.0 * (COLUMN * n) as f64
        };
        Self {
            order,
            exact,
            bytes: (kept * 16.0) as u128,
        }
    }
}

/// Factors of a matrix with its rows in the order of their pivots.
#[derive(Default)]
struct Factors {
    /// Place → pivot's row.
    row: Vec<u32>,
    /// Place → pivot.
    pivot: Vec<f64>,
    /// Place → entries of L below the pivot (rows of the matrix), divided by it.
    lower: Columns,
    /// Place → entries of U above the pivot (places).
    upper: Columns,
    /// Sign of the determinant; 0 when something was dropped.
    sign: f64,
}

#[derive(Default)]
struct Columns {
    start: Vec<usize>,
    index: Vec<u32>,
    value: Vec<f64>,
}

impl Columns {
    fn of(&self, k: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let entries = self.start[k]..self.start[k + 1];
        let index = self.index[entries.clone()].iter();
        index
            .zip(&self.value[entries])
            .map(|(i, v)| (*i as usize, *v))
    }

    /// Ends a column with `entries`, the largest `most` of them.
    fn push(&mut self, entries: &mut Vec<(u32, f64)>, most: usize) {
        if entries.len() > most {
            entries.select_nth_unstable_by(most, |a, b| b.1.abs().total_cmp(&a.1.abs()));
            entries.truncate(most);
            entries.sort_unstable_by_key(|e| e.0);
        }
        for (index, value) in entries.drain(..) {
            self.index.push(index);
            self.value.push(value);
        }
        self.start.push(self.index.len());
    }
}

const FREE: u32 = u32::MAX;

impl Factors {
    /// Factors `matrix`; `None` when it is singular to working precision.
    fn of(matrix: &Matrix, plan: &Plan) -> Option<Self> {
        let n = matrix.size();
        let by_column = matrix.transposed();
        let (most, drop) = if plan.exact {
            (usize::MAX, 0.0)
        } else {
            (COLUMN, DROP)
        };
        let mut factors = Factors::default();
        factors.lower.start.push(0);
        factors.upper.start.push(0);
        let mut place = vec![FREE; n];
        let mut x = vec![0.0; n];
        let mut seen = vec![FREE; n];
        let (mut stack, mut reached) = (Vec::new(), Vec::new());
        let (mut above, mut below) = (Vec::new(), Vec::new());
        for (k, column) in plan.order.iter().enumerate() {
            let j = *column as usize;
            reached.clear();
            // Rows that the column reaches, each after all that change it once turned round.
            for e in by_column.start[j]..by_column.start[j + 1] {
                let root = by_column.column[e] as usize;
                x[root] = by_column.value[e];
                if seen[root] == k as u32 {
                    continue;
                }
                seen[root] = k as u32;
                stack.push((root, factors.first(place[root])));
                while let Some((row, next)) = stack.pop() {
                    let end = factors.end(place[row]);
                    let mut at = next;
                    let mut deeper = None;
                    while at < end {
                        let child = factors.lower.index[at] as usize;
                        at += 1;
                        if seen[child] != k as u32 {
                            deeper = Some(child);
                            break;
                        }
                    }
                    match deeper {
                        Some(child) => {
                            seen[child] = k as u32;
                            stack.push((row, at));
                            stack.push((child, factors.first(place[child])));
                        }
                        None => reached.push(row),
                    }
                }
            }
            let least = if drop > 0.0 {
                let own = &by_column.value[by_column.start[j]..by_column.start[j + 1]];
                drop * own.iter().fold(0.0f64, |m, v| m.max(v.abs()))
            } else {
                -1.0
            };
            let mut best: Option<usize> = None;
            for row in reached.iter().rev() {
                let p = place[*row];
                if p == FREE {
                    continue;
                }
                let u = x[*row];
                x[*row] = 0.0;
                if u.abs() <= least {
                    continue;
                }
                above.push((p, u));
                for (r, l) in factors.lower.of(p as usize) {
                    x[r] -= u * l;
                }
            }
            for row in &reached {
                // The border's row waits for the last column.
                if place[*row] == FREE
                    && (*row != n - 1 || k == n - 1)
                    && best.is_none_or(|b| x[*row].abs() > x[b].abs())
                {
                    best = Some(*row);
                }
            }
            let mut pivot_row = best?;
            if place[j] == FREE && x[j].abs() * DIAGONAL >= x[pivot_row].abs() {
                pivot_row = j;
            }
            let pivot = x[pivot_row];
            if !(pivot.abs() > 1e-280) || !pivot.is_finite() {
                return None;
            }
            for row in &reached {
                if place[*row] == FREE {
                    if *row != pivot_row && x[*row].abs() > least.max(0.0) {
                        below.push((*row as u32, x[*row] / pivot));
                    }
                    x[*row] = 0.0;
                }
            }
            place[pivot_row] = k as u32;
            factors.row.push(pivot_row as u32);
            factors.pivot.push(pivot);
            factors.upper.push(&mut above, most);
            factors.lower.push(&mut below, most);
        }
        if plan.exact {
            factors.sign = sign(&plan.order) * sign(&factors.row);
            for pivot in &factors.pivot {
                factors.sign *= pivot.signum();
            }
        }
        Some(factors)
    }

    fn first(&self, place: u32) -> usize {
        self.lower.start.get(place as usize).copied().unwrap_or(0)
    }

    fn end(&self, place: u32) -> usize {
        if place == FREE {
            0
        } else {
            self.lower.start[place as usize + 1]
        }
    }

    /// Solves LU·`out` = `b`; `b` is used up.
    fn solve(&self, plan: &Plan, b: &mut [f64], out: &mut [f64]) {
        let n = self.row.len();
        for k in 0..n {
            let value = b[self.row[k] as usize];
            if value != 0.0 {
                for (row, l) in self.lower.of(k) {
                    b[row] -= value * l;
                }
            }
        }
        for k in (0..n).rev() {
            let value = b[self.row[k] as usize] / self.pivot[k];
            out[plan.order[k] as usize] = value;
            if value != 0.0 {
                for (p, u) in self.upper.of(k) {
                    b[self.row[p] as usize] -= value * u;
                }
            }
        }
    }
}

/// Sign of a permutation.
fn sign(permutation: &[u32]) -> f64 {
    let mut seen = vec![false; permutation.len()];
    let mut sign = 1.0;
    for start in 0..permutation.len() {
        let mut at = start;
        let mut length = 0;
        while !seen[at] {
            seen[at] = true;
            at = permutation[at] as usize;
            length += 1;
        }
        if length > 0 && length % 2 == 0 {
            sign = -sign;
        }
    }
    sign
}

/// GMRES starts anew after so many steps.
const RESTART: usize = 60;
/// A solution is good when the residual is this part of the right side.
const RELATIVE: f64 = 1e-12;
/// A solution is of use when it is at most this.
const USEFUL: f64 = 1e-6;
/// Steps after which old factors are not used again.
const STALE: usize = 12;
/// Steps after which a system is given up.
const MOST_STEPS: usize = 600;

/// Solves systems of one pattern one after the other.
pub struct Solver {
    plan: Plan,
    factors: Option<Factors>,
    stale: bool,
    basis: Vec<Vec<f64>>,
}

impl Solver {
    /// For matrices of the plan's pattern.
    pub fn new(plan: Plan) -> Self {
        Self {
            plan,
            factors: None,
            stale: false,
            basis: Vec::new(),
        }
    }

    /// Bytes that the vectors of GMRES take for `n` unknowns.
    pub fn vector_bytes(n: usize) -> u128 {
        (RESTART as u128 + 8) * n as u128 * 8
    }

    /// Factors `matrix` now. The sign of its determinant, 0 where only part of the factors is kept;
    /// `None` when it is singular.
    pub fn factor(&mut self, matrix: &Matrix) -> Option<f64> {
        self.factors = Factors::of(matrix, &self.plan);
        self.stale = false;
        self.factors.as_ref().map(|f| f.sign)
    }

    /// Is nothing dropped from the factors?
    pub fn is_exact(&self) -> bool {
        self.plan.exact
    }

    /// Are factors at hand that are good enough?
    pub fn ready(&self) -> bool {
        self.factors.is_some() && !self.stale
    }

    /// Solves `matrix`·`out` = `b`. `None` when no solution of use was found.
    pub fn solve(&mut self, matrix: &Matrix, b: &[f64], out: &mut [f64]) -> Option<()> {
        let mut fresh = false;
        if !self.ready() {
            self.factor(matrix)?;
            fresh = true;
        }
        let (mut relative, steps) = self.iterate(matrix, b, out);
        if relative <= RELATIVE {
            self.stale = !fresh && steps > STALE;
        } else if !fresh {
            self.factor(matrix)?;
            relative = self.iterate(matrix, b, out).0;
        }
        (relative <= USEFUL).then_some(())
    }

    /// GMRES with the factors on the right: the relative residual and the steps.
    fn iterate(&mut self, matrix: &Matrix, b: &[f64], out: &mut [f64]) -> (f64, usize) {
        let n = b.len();
        out.fill(0.0);
        let size = norm(b);
        if size == 0.0 {
            return (0.0, 0);
        }
        let Some(factors) = &self.factors else {
            return (f64::INFINITY, 0);
        };
        let (plan, basis) = (&self.plan, &mut self.basis);
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
            keep(basis, 0, residual.iter().map(|r| r / beta));
            for k in 0..RESTART {
                steps += 1;
                scratch.copy_from_slice(&basis[k]);
                factors.solve(plan, &mut scratch, &mut image);
                matrix.times(&image, &mut scratch);
                let mut column = Vec::with_capacity(k + 2);
                for v in &basis[..=k] {
                    let h = dot(v, &scratch);
                    for (s, v) in scratch.iter_mut().zip(v) {
                        *s -= h * v;
                    }
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
                keep(basis, k + 1, scratch.iter().map(|s| s / rest));
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
            for (y, v) in y.iter().zip(&*basis) {
                for (s, v) in scratch.iter_mut().zip(v) {
                    *s += y * v;
                }
            }
            factors.solve(plan, &mut scratch, &mut image);
            for (o, i) in out.iter_mut().zip(&image) {
                *o += i;
            }
            matrix.times(out, &mut residual);
            for (r, b) in residual.iter_mut().zip(b) {
                *r = b - *r;
            }
            if count == 0 {
                break;
            }
        }
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

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}
