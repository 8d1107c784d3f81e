//! The derivatives of the equations, node by node, and what is done with them.
//!
//! With dC(a) what the values that follow alternative a change by, the equations of node n change by
//!
//! ```text
//! dF_V = dV − T·dC − D·dx        dF_x = B·dx − G·dC − b·dκ
//! ```
//!
//! where B is small and its own, so that dx = B⁻¹(dF_x + G·dC + b·dκ) can be put into the first: what is
//! left is a system in the values alone and κ (the Schur complement of all B), with a last row for the
//! border of a path. It is multiplied without being written down.

use super::equations::System;
use super::sparse::Matrix;
use rayon::prelude::*;

/// Residuals and derivatives at one point.
#[derive(Default)]
pub struct Evaluation {
    /// F.
    pub residual: Vec<f64>,
    /// Values of the nodes: `[node * actors + actor]`.
    pub(super) values: Vec<f64>,
    pub(super) pieces: Vec<Piece>,
    /// Last row: unknowns, then κ.
    border: Vec<f64>,
}

/// Some nodes next to each other.
#[derive(Default)]
pub(super) struct Piece {
    pub first: usize,
    pub end: usize,
    /// F of their unknowns.
    pub residual: Vec<f64>,
    /// The [`Block`]s.
    pub numbers: Vec<f64>,
    /// Sign of the product of all det B; 0 where one is singular.
    pub sign: f64,
}

/// Number of alternatives, of log-ratios and of actors at a node.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub alternatives: usize,
    pub ratios: usize,
    pub actors: usize,
}

impl Shape {
    /// Numbers in a block.
    pub fn size(self) -> usize {
        let Self {
            alternatives: a,
            ratios: r,
            actors,
        } = self;
        a + r * (a + r + actors + 1)
    }
}

/// Derivatives of one node.
#[derive(Clone, Copy)]
struct Block<'a> {
    shape: Shape,
    /// T: probability of each alternative.
    share: &'a [f64],
    /// G: `[ratio * alternatives + alternative]`; counts for the mover's own dC.
    follow: &'a [f64],
    /// B⁻¹.
    inverse: &'a [f64],
    /// D: `[actor * ratios + ratio]`.
    value: &'a [f64],
    /// b.
    by_kappa: &'a [f64],
}

/// The same to be filled.
pub(super) struct BlockMut<'a> {
    pub share: &'a mut [f64],
    pub follow: &'a mut [f64],
    pub inverse: &'a mut [f64],
    pub value: &'a mut [f64],
    pub by_kappa: &'a mut [f64],
}

impl<'a> BlockMut<'a> {
    pub fn of(shape: Shape, numbers: &'a mut [f64]) -> Self {
        let Shape {
            alternatives: a,
            ratios: r,
            actors,
        } = shape;
        let (share, rest) = numbers.split_at_mut(a);
        let (follow, rest) = rest.split_at_mut(r * a);
        let (inverse, rest) = rest.split_at_mut(r * r);
        let (value, by_kappa) = rest.split_at_mut(actors * r);
        Self {
            share,
            follow,
            inverse,
            value,
            by_kappa,
        }
    }
}

impl<'a> Block<'a> {
    fn of(shape: Shape, numbers: &'a [f64]) -> Self {
        let Shape {
            alternatives: a,
            ratios: r,
            actors,
        } = shape;
        let (share, rest) = numbers.split_at(a);
        let (follow, rest) = rest.split_at(r * a);
        let (inverse, rest) = rest.split_at(r * r);
        let (value, by_kappa) = rest.split_at(actors * r);
        Self {
            shape,
            share,
            follow,
            inverse,
            value,
            by_kappa,
        }
    }

    /// B⁻¹·`right` into `out`.
    fn own(&self, right: &[f64], out: &mut Vec<f64>) {
        out.clear();
        for row in self.inverse.chunks_exact(self.shape.ratios.max(1)) {
            out.push(product(row, right));
        }
    }

    /// B⁻¹·(`right` + G·dC + b·dκ) into `out`; `owners` are the movers of the log-ratios.
    fn choices(
        &self,
        owners: &[u32],
        change: &[f64],
        kappa: f64,
        right: &mut [f64],
        out: &mut Vec<f64>,
    ) {
        let (count, actors) = (self.shape.alternatives, self.shape.actors);
        for (k, right) in right.iter_mut().enumerate() {
            let own = change[owners[k] as usize..].iter().step_by(actors);
            let row = &self.follow[k * count..(k + 1) * count];
            let through: f64 = row.iter().zip(own).map(|(g, c)| g * c).sum();
            *right += through + self.by_kappa[k] * kappa;
        }
        self.own(right, out);
    }

    /// D·`choices` for actor `i`.
    fn worth(&self, i: usize, choices: &[f64]) -> f64 {
        let r = self.shape.ratios;
        product(&self.value[i * r..(i + 1) * r], choices)
    }

    /// `row`·B⁻¹ into `out`.
    fn before(&self, row: &[f64], out: &mut Vec<f64>) {
        let r = self.shape.ratios;
        out.clear();
        out.resize(r, 0.0);
        for (factor, inverse) in row.iter().zip(self.inverse.chunks_exact(r.max(1))) {
            for (o, s) in out.iter_mut().zip(inverse) {
                *o += factor * s;
            }
        }
    }
}

/// Buffers of one node.
#[derive(Default)]
struct Work {
    change: Vec<f64>,
    right: Vec<f64>,
    choices: Vec<f64>,
}

impl System<'_> {
    /// Unknowns of the system in values: all values, and κ.
    pub fn condensed(&self) -> usize {
        self.flow.nodes() * self.game.actors.len() + 1
    }

    fn block<'a>(&self, piece: &'a Piece, node: usize) -> Block<'a> {
        let start = self.block[node] - self.block[piece.first];
        let shape = self.shape(node);
        Block::of(shape, &piece.numbers[start..start + shape.size()])
    }

    /// Sets the last row. Values take no part in it.
    pub fn border(&self, out: &mut Evaluation, border: &[f64]) {
        out.border.clear();
        out.border.extend_from_slice(border);
    }

    /// `work` of each piece on its own values of `out`, and the sum of what it gives, in their order.
    fn each_piece(
        &self,
        at: &Evaluation,
        out: &mut [f64],
        work: impl Fn(&Piece, &mut [f64]) -> f64 + Sync,
    ) -> f64 {
        if let [piece] = &at.pieces[..] {
            return work(piece, out);
        }
        let parts: Vec<f64> = at
            .pieces
            .par_iter()
            .zip(out.par_chunks_mut(self.piece * self.game.actors.len()))
            .map(|(piece, out)| work(piece, out))
            .collect();
        parts.iter().sum()
    }

    /// The system in values times `v`.
    pub fn product(&self, at: &Evaluation, v: &[f64], out: &mut [f64]) {
        let actors = self.game.actors.len();
        let last = v.len() - 1;
        let (values, border) = out.split_at_mut(last);
        let sum = self.each_piece(at, values, |piece, out| {
            let mut w = Work::default();
            let mut sum = 0.0;
            for (node, out) in (piece.first..piece.end).zip(out.chunks_exact_mut(actors)) {
                let block = self.block(piece, node);
                let ratios = self.ratios(node);
                self.flow.expect(node, v, &mut w.change);
                w.right.clear();
                w.right.resize(ratios.len(), 0.0);
                let owners = &self.owner[ratios.clone()];
                block.choices(owners, &w.change, v[last], &mut w.right, &mut w.choices);
                sum += product(&at.border[ratios], &w.choices);
                for (i, out) in out.iter_mut().enumerate() {
                    let own = w.change[i..].iter().step_by(actors);
                    let follows: f64 = block.share.iter().zip(own).map(|(t, c)| t * c).sum();
                    *out = v[node * actors + i] - follows - block.worth(i, &w.choices);
                }
            }
            sum
        });
        border[0] = sum + at.border[self.unknowns] * v[last];
    }

    /// Right side of the system in values, from that of all unknowns and the border.
    pub fn condense(&self, at: &Evaluation, right: &[f64], out: &mut [f64]) {
        let actors = self.game.actors.len();
        let last = out.len() - 1;
        let (values, border) = out.split_at_mut(last);
        let sum = self.each_piece(at, values, |piece, out| {
            let mut choices = Vec::new();
            let mut sum = 0.0;
            for (node, out) in (piece.first..piece.end).zip(out.chunks_exact_mut(actors)) {
                let block = self.block(piece, node);
                let ratios = self.ratios(node);
                let first = self.first(node);
                block.own(&right[ratios.clone()], &mut choices);
                sum += product(&at.border[ratios], &choices);
                for (i, out) in out.iter_mut().enumerate() {
                    *out = right[first + i] + block.worth(i, &choices);
                }
            }
            sum
        });
        border[0] = right[self.unknowns] - sum;
    }

    /// All unknowns and κ, from values and κ.
    pub fn expand(&self, at: &Evaluation, right: &[f64], v: &[f64], out: &mut [f64]) {
        let actors = self.game.actors.len();
        let last = v.len() - 1;
        let fill = |piece: &Piece| {
            let mut w = Work::default();
            let mut all = Vec::new();
            for node in piece.first..piece.end {
                let ratios = self.ratios(node);
                all.extend_from_slice(&v[node * actors..(node + 1) * actors]);
                if ratios.is_empty() {
                    continue;
                }
                self.flow.expect(node, v, &mut w.change);
                w.right.clear();
                w.right.extend_from_slice(&right[ratios.clone()]);
                let owners = &self.owner[ratios];
                let block = self.block(piece, node);
                block.choices(owners, &w.change, v[last], &mut w.right, &mut w.choices);
                all.extend_from_slice(&w.choices);
            }
            all
        };
        let parts: Vec<Vec<f64>> = match &at.pieces[..] {
            [piece] => vec![fill(piece)],
            pieces => pieces.par_iter().map(fill).collect(),
        };
        for (out, value) in out.iter_mut().zip(parts.iter().flatten()) {
            *out = *value;
        }
        out[self.unknowns] = v[last];
    }

    /// Sign of the product of all det B; 0 where one is singular.
    pub fn sign(&self, at: &Evaluation) -> f64 {
        at.pieces.iter().map(|piece| piece.sign).product()
    }

    /// Calls `visit` with the entries of the system in values, those of one row after the other, some
    /// in several parts: (row, column, value). The same places at every point.
    pub fn each_entry(&self, at: &Evaluation, mut visit: impl FnMut(usize, usize, f64)) {
        let actors = self.game.actors.len();
        let last = self.condensed() - 1;
        let (mut before, mut row) = (Vec::new(), Vec::new());
        let mut weights: Vec<(usize, Vec<f64>)> = Vec::new();
        for piece in &at.pieces {
            for node in piece.first..piece.end {
                let block = self.block(piece, node);
                let owners = &self.owner[self.ratios(node)];
                for i in 0..actors {
                    let at = node * actors + i;
                    visit(at, at, 1.0);
                    let r = owners.len();
                    block.before(&block.value[i * r..(i + 1) * r], &mut before);
                    visit(at, last, -product(&before, block.by_kappa));
                    weights.clear();
                    for (j, factor) in self.flow.factor(node).iter().enumerate() {
                        if through(&block, owners, &before, j, &mut row) || i == j {
                            let own = if i == j { 1.0 } else { 0.0 };
                            let pairs = block.share.iter().zip(&row);
                            let all = pairs.map(|(t, through)| -factor * (own * t + through));
                            weights.push((j, all.collect()));
                        }
                    }
                    self.through_next(node, at, &weights, &mut visit);
                }
            }
        }
        let mut kappa = at.border[self.unknowns];
        for piece in &at.pieces {
            for node in piece.first..piece.end {
                let block = self.block(piece, node);
                let ratios = self.ratios(node);
                let owners = &self.owner[ratios.clone()];
                block.before(&at.border[ratios], &mut before);
                kappa += product(&before, block.by_kappa);
                weights.clear();
                for (j, factor) in self.flow.factor(node).iter().enumerate() {
                    if through(&block, owners, &before, j, &mut row) {
                        weights.push((j, row.iter().map(|through| factor * through).collect()));
                    }
                }
                self.through_next(node, last, &weights, &mut visit);
            }
        }
        visit(last, last, kappa);
    }

    /// Calls `visit` with the entries of `row` in what follows `node`; `weights` by actor and alternative.
    #[inline]
    fn through_next(
        &self,
        node: usize,
        row: usize,
        weights: &[(usize, Vec<f64>)],
        visit: &mut impl FnMut(usize, usize, f64),
    ) {
        let actors = self.game.actors.len();
        for k in 0..self.flow.alternatives(node) {
            for (next, share) in self.flow.following(node, k) {
                for (j, weights) in weights {
                    visit(row, next * actors + j, weights[k] * share);
                }
            }
        }
    }

    /// Nodes whose values stand together in a row of the system in values, by node.
    pub fn neighbours(&self) -> Vec<Vec<u32>> {
        let nodes = self.flow.nodes();
        let mut near: Vec<Vec<u32>> = vec![Vec::new(); nodes];
        let mut seen = vec![usize::MAX; nodes];
        for node in 0..nodes {
            for k in 0..self.flow.alternatives(node) {
                for (next, _) in self.flow.following(node, k) {
                    if next != node && seen[next] != node {
                        seen[next] = node;
                        near[node].push(next as u32);
                        near[next].push(node as u32);
                    }
                }
            }
        }
        for near in &mut near {
            near.sort_unstable();
            near.dedup();
        }
        near
    }

    /// Entries of the system in values, at most.
    pub fn couplings(&self) -> usize {
        let actors = self.game.actors.len();
        let most = self.flow.entries() * actors * actors;
        // The border's row and column besides.
        most.min(self.condensed().saturating_mul(self.condensed())) + 2 * self.condensed()
    }

    /// The system in values, sparse.
    pub fn matrix(&self, at: &Evaluation) -> Matrix {
        let mut matrix = Matrix::default();
        let mut place = vec![usize::MAX; self.condensed()];
        let mut current = usize::MAX;
        self.each_entry(at, |row, column, value| {
            if row != current {
                matrix.start.push(matrix.column.len());
                current = row;
            }
            let start = matrix.start[row];
            let known = place[column];
            if known != usize::MAX && known >= start {
                matrix.value[known] += value;
            } else {
                place[column] = matrix.column.len();
                matrix.column.push(column as u32);
                matrix.value.push(value);
            }
        });
        matrix.start.push(matrix.column.len());
        matrix
    }
}

/// What `before`·G is in the changes of actor `j`, by alternative; false where `j` does not choose.
fn through(block: &Block, owners: &[u32], before: &[f64], j: usize, out: &mut Vec<f64>) -> bool {
    let count = block.shape.alternatives;
    out.clear();
    out.resize(count, 0.0);
    let mut chooses = false;
    for (k, owner) in owners.iter().enumerate() {
        if *owner as usize == j {
            chooses = true;
            let row = &block.follow[k * count..(k + 1) * count];
            for (o, g) in out.iter_mut().zip(row) {
                *o += before[k] * g;
            }
        }
    }
    chooses
}

fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The inverse of the n × n matrix `a`, which is used up, and the sign of its determinant: 0 when it is
/// singular.
pub(super) fn invert(a: &mut [f64], n: usize, out: &mut [f64]) -> f64 {
    for (k, o) in out.iter_mut().enumerate() {
        *o = if k / n == k % n { 1.0 } else { 0.0 };
    }
    let mut sign = 1.0;
    for k in 0..n {
        let mut pivot = k;
        for row in k + 1..n {
            if a[row * n + k].abs() > a[pivot * n + k].abs() {
                pivot = row;
            }
        }
        let value = a[pivot * n + k];
        if !(value.abs() > 1e-280) || !value.is_finite() {
            return 0.0;
        }
        if pivot != k {
            for c in 0..n {
                a.swap(pivot * n + c, k * n + c);
                out.swap(pivot * n + c, k * n + c);
            }
            sign = -sign;
        }
        sign *= value.signum();
        for c in 0..n {
            a[k * n + c] /= value;
            out[k * n + c] /= value;
        }
        for row in 0..n {
            let factor = a[row * n + k];
            if row == k || factor == 0.0 {
                continue;
            }
            for c in 0..n {
                a[row * n + c] -= factor * a[k * n + c];
                out[row * n + c] -= factor * out[k * n + c];
            }
        }
    }
    sign
}
