//! Strategies worked out once for all who stand at the same node and have seen the same.

use super::beliefs::Beliefs;
use super::cells::pick;
use crate::belief::Axis;
use crate::game::Opportunity;
use crate::math::lanes::{self, Lane, W};
use crate::play::with_opportunity;

/// Strategies at one node at the beliefs held there.
#[derive(Default)]
pub(super) struct Evaluated {
    /// Belief → the node at which it was last met, counted up, and its place among those met there.
    pub met: Vec<(u64, u32)>,
    pub run: u64,
    pub beliefs: Vec<u32>,
    /// `[place * padded + type * moves + move]`.
    pub sigma: Vec<f64>,
    /// `[(place * types + type) * blocks * W + move]`, with true opportunities.
    below: Vec<f64>,
    /// Is a row of `below` worked out?
    told: Vec<bool>,
    /// `[place * signals + signal]`: the belief that follows; `NONE` until it is asked for.
    pub next: Vec<u32>,
    /// Stencil → its points, and points of one.
    stencils: Vec<u32>,
    stencil: usize,
    /// Of the beliefs met, place by place: stencils by axis, and weights axis by axis.
    place: Vec<u32>,
    weight: Vec<f64>,
    outer: (Vec<u32>, Vec<f64>),
    padded: Vec<f64>,
    pub posterior: Vec<f64>,
}

impl Evaluated {
    /// A crowd begins, on a grid of this axis.
    pub fn begin(&mut self, axis: &Axis) {
        self.met.clear();
        self.run = 0;
        self.stencils = axis.stencils();
        self.stencil = axis.width;
    }

    /// Lists the beliefs held by those at `places`.
    pub fn meet(&mut self, places: &[u32], belief: &[u32], beliefs: &Beliefs) {
        self.run += 1;
        self.met.resize(beliefs.len(), (0, 0));
        self.beliefs.clear();
        for i in places {
            let b = belief[*i as usize];
            let met = &mut self.met[b as usize];
            if met.0 != self.run {
                *met = (self.run, self.beliefs.len() as u32);
                self.beliefs.push(b);
            }
        }
    }

    /// Strategies at these beliefs, from a table of logarithms whose first `all` entries are the node's.
    #[inline(always)]
    pub fn play(
        &mut self,
        table: &[f64],
        all: usize,
        (types, moves): (usize, usize),
        (points, beliefs): (usize, &Beliefs),
    ) {
        let size = types * moves;
        let padded = size.div_ceil(W) * W;
        // Lanes read beyond the last row.
        let table = if table.len() < all + W {
            self.padded.clear();
            self.padded.extend_from_slice(&table[..all]);
            self.padded.resize(all + W, 0.0);
            &self.padded
        } else {
            table
        };
        // Beliefs lie apart in memory: fetched in a loop of their own, they are waited for together.
        self.place.clear();
        self.weight.clear();
        for belief in &self.beliefs {
            let (place, weight) = beliefs.located(*belief);
            self.place.extend_from_slice(place);
            self.weight.extend_from_slice(weight);
        }
        self.sigma.resize(self.beliefs.len() * padded, 0.0);
        let (axes, width) = (beliefs.axes(), self.stencil);
        let located = self
            .place
            .chunks_exact(axes)
            .zip(self.weight.chunks_exact(axes * width));
        for ((place, weight), sigma) in located.zip(self.sigma.chunks_exact_mut(padded)) {
            let points_of = |axis: usize| &self.stencils[place[axis] as usize * width..][..width];
            let weights_of = |axis: usize| &weight[axis * width..][..width];
            let outer = match axes {
                2 => (points_of(0), weights_of(0)),
                _ => {
                    let others = (0..axes - 1).map(|axis| (points_of(axis), weights_of(axis)));
                    product(points, others, &mut self.outer);
                    (&self.outer.0[..], &self.outer.1[..])
                }
            };
            let last = (points_of(axes - 1), weights_of(axes - 1));
            strategies(table, (size, moves, points), outer, last, sigma);
        }
        self.told.clear();
        self.told.resize(self.beliefs.len() * types, false);
        let row = moves.div_ceil(W) * W;
        self.below.resize(self.beliefs.len() * types * row, 0.0);
    }

    /// The move, of `moves`, at which `u` falls for the type `kind` at the belief met at `place`.
    #[inline(always)]
    pub fn pick(
        &mut self,
        (place, kind): (usize, usize),
        (types, moves): (usize, usize),
        opportunity: &Opportunity,
        u: f64,
    ) -> usize {
        let row = moves.div_ceil(W) * W;
        let at = place * types + kind;
        let below = &mut self.below[at * row..][..row];
        if !self.told[at] {
            self.told[at] = true;
            let padded = (types * moves).div_ceil(W) * W;
            let sigma = &self.sigma[place * padded + kind * moves..][..moves];
            let (default, probability) = (opportunity.default, opportunity.probability);
            let (mut sum, mut last) = (0.0, 0);
            for (a, (below, sigma)) in below.iter_mut().zip(sigma).enumerate() {
                let p = with_opportunity(*sigma, a, default, probability);
                if p > 0.0 {
                    sum += p;
                    last = a;
                }
                *below = sum;
            }
            below[last..].fill(f64::INFINITY);
        }
        pick(below, u)
    }
}

/// The tensor product of the stencils of several axes.
fn product<'a>(
    points: usize,
    axes: impl Iterator<Item = (&'a [u32], &'a [f64])>,
    (index, weight): &mut (Vec<u32>, Vec<f64>),
) {
    index.clear();
    index.push(0);
    weight.clear();
    weight.push(1.0);
    for (own, weights) in axes {
        let n = index.len();
        index.resize(n * own.len(), 0);
        weight.resize(n * own.len(), 0.0);
        // The entries of the first digit last: they make the others.
        for digit in (0..own.len()).rev() {
            for entry in 0..n {
                let to = digit * n + entry;
                index[to] = index[entry] * points as u32 + own[digit];
                weight[to] = weight[entry] * weights[digit];
            }
        }
    }
}

/// Points of an axis, or of several, and their weights.
type Parts<'a> = (&'a [u32], &'a [f64]);

/// Probabilities of the moves of each type in whole blocks of eight, from their logarithms, `size` a
/// point; the points by the last axis of the grid, with `points`, and by all others.
#[inline(always)]
fn strategies(
    table: &[f64],
    (size, moves, points): (usize, usize, usize),
    outer: Parts,
    last: Parts,
    sigma: &mut [f64],
) {
    for (block, out) in sigma.chunks_exact_mut(W).enumerate() {
        // Stencils are even. Two sums side by side, as numbers of their own: arrays of lanes would be
        // taken apart.
        let (mut even, mut odd) = (Lane::ZERO, Lane::ZERO);
        for (index, outer) in outer.0.iter().zip(outer.1) {
            let first = *index as usize * points;
            let twos = last.0.chunks_exact(2).zip(last.1.chunks_exact(2));
            for (index, weight) in twos {
                let row = (first + index[0] as usize) * size + block * W;
                even = Lane::read(&table[row..]).mul_add(Lane::splat(outer * weight[0]), even);
                let row = (first + index[1] as usize) * size + block * W;
                odd = Lane::read(&table[row..]).mul_add(Lane::splat(outer * weight[1]), odd);
            }
        }
        out.copy_from_slice(&(even + odd).0);
    }
    for logs in sigma[..size].chunks_exact_mut(moves) {
        let max = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        logs.iter_mut().for_each(|l| *l -= max);
    }
    sigma[size..].fill(0.0);
    for block in sigma.chunks_exact_mut(W) {
        block.copy_from_slice(&lanes::exp(&Lane::read(block)).0);
    }
    for sigma in sigma[..size].chunks_exact_mut(moves) {
        let inverse = 1.0 / sigma.iter().sum::<f64>();
        sigma.iter_mut().for_each(|s| *s *= inverse);
    }
}
