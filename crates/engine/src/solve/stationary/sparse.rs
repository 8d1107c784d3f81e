//! Sparse matrices: minimum-degree ordering and LU factors by columns.
//!
//! Where the fill of a factorisation would be too much, small entries are dropped (an incomplete
//! factorisation with threshold). Ordering by elements as in George and Liu (1989), "The evolution of the
//! minimum degree ordering algorithm"; columns as in Gilbert and Peierls (1988), "Sparse partial pivoting
//! in time proportional to arithmetic operations"; dropping as in Saad (1994), "ILUT".

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
    pub fn times(&self, x: &[f64], out: &mut [f64]) {
        for (row, out) in out.iter_mut().enumerate() {
            let entries = self.start[row]..self.start[row + 1];
            let pairs = self.column[entries.clone()]
                .iter()
                .zip(&self.value[entries]);
            *out = pairs.map(|(c, v)| v * x[*c as usize]).sum();
        }
    }

    /// Rows and columns exchanged.
    pub fn transposed(&self) -> Matrix {
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

/// Entries of a column of an incomplete factor.
pub const COLUMN: usize = 64;
/// An incomplete factorisation drops what is smaller than this part of its column's largest entry.
const DROP: f64 = 1e-3;
/// A pivot off the diagonal has to be so many times as large.
const DIAGONAL: f64 = 10.0;

/// An order of elimination and what it comes to.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// Place → node eliminated there.
    pub nodes: Vec<u32>,
    /// Entries of both factors.
    pub entries: f64,
    /// Products of a factorisation.
    pub products: f64,
}

impl Order {
    /// Minimum degree on the nodes of a graph, by neighbours; each node stands for `width` unknowns. Gives
    /// up where the products pass `most`: what is left is then put by degree as it stands.
    pub fn of(mut near: Vec<Vec<u32>>, width: usize, most: f64) -> Self {
        let count = near.len();
        let width = width as f64;
        let mut found = Self::default();
        let mut elements: Vec<Vec<u32>> = vec![Vec::new(); count];
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); count];
        let mut gone = vec![false; count];
        let mut degree: Vec<usize> = near.iter().map(Vec::len).collect();
        let mut heap: BinaryHeap<Reverse<(usize, u32)>> =
            (0..count).map(|k| Reverse((degree[k], k as u32))).collect();
        let mut mark = vec![u32::MAX; count];
        while let Some(Reverse((d, p))) = heap.pop() {
            let k = p as usize;
            if gone[k] || d != degree[k] {
                continue;
            }
            let remaining = count - found.nodes.len();
            if 2 * d > remaining || found.products > most {
                // What is left is nearly full, or too much in any order.
                let left = remaining as f64 * width;
                found.entries += left * left;
                found.products += left * left * left / 3.0;
                let mut rest: Vec<u32> = (0..count as u32).filter(|v| !gone[*v as usize]).collect();
                rest.sort_by_key(|v| degree[*v as usize]);
                found.nodes.extend(rest);
                break;
            }
            gone[k] = true;
            found.nodes.push(p);
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
            // The border adds a row and a column.
            let fill = (reached.len() + 1) as f64 * width + 1.0;
            found.entries += 2.0 * fill * width;
            found.products += fill * fill * width;
            let remaining = count - found.nodes.len();
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
        found
    }
}

/// Factors of a matrix with its rows in the order of their pivots.
#[derive(Default)]
pub struct Factors {
    /// Place → pivot's row.
    row: Vec<u32>,
    /// Place → pivot.
    pivot: Vec<f64>,
    /// Place → entries of L below the pivot (rows of the matrix), divided by it.
    lower: Columns,
    /// Place → entries of U above the pivot (places).
    upper: Columns,
    /// Sign of the determinant; 0 when something was dropped.
    pub sign: f64,
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
    /// Factors `matrix`, its columns in `order`, the border last; `None` when it is singular to working
    /// precision.
    pub fn of(matrix: &Matrix, order: &[u32], exact: bool) -> Option<Self> {
        let n = matrix.size();
        let by_column = matrix.transposed();
        let (most, drop) = if exact {
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
        for (k, column) in order.iter().enumerate() {
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
        if exact {
            factors.sign = sign(order) * sign(&factors.row);
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
    pub fn solve(&self, order: &[u32], b: &mut [f64], out: &mut [f64]) {
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
            out[order[k] as usize] = value;
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
