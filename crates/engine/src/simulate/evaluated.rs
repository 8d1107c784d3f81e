//! Strategies worked out once for all who stand at the same node and have seen the same.

use super::beliefs::Beliefs;
use super::cells::cumulate;
use crate::belief::Footprint;
use crate::math::lanes::{self, Lane, W};

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
    pub below: Vec<f64>,
    /// `[place * signals + signal]`: the belief that follows; `NONE` until it is asked for.
    pub next: Vec<u32>,
    outer: Footprint,
    padded: Vec<f64>,
    pub posterior: Vec<f64>,
}

impl Evaluated {
    /// Lists the beliefs held by those at `places`.
    pub fn meet(&mut self, places: &[u32], belief: &[u32], beliefs: &Beliefs) {
        self.run += 1;
        self.met.resize(beliefs.holders.len(), (0, 0));
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
        with_opportunity: impl Fn(usize, f64) -> f64,
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
        self.sigma.clear();
        self.sigma.resize(self.beliefs.len() * padded, 0.0);
        self.below.clear();
        for (belief, sigma) in self.beliefs.iter().zip(self.sigma.chunks_exact_mut(padded)) {
            let (last, others) = match beliefs.weights(*belief) {
                [] => continue,
                [others @ .., last] => (last, others),
            };
            let outer = match others {
                [one] => one.parts(),
                _ => {
                    self.outer.product(points, others.iter());
                    (&self.outer.index[..], &self.outer.weight[..])
                }
            };
            strategies(table, (size, moves, points), outer, last.parts(), sigma);
            for sigma in sigma[..size].chunks_exact(moves) {
                let first = self.below.len();
                let tau = |(a, s): (usize, &f64)| with_opportunity(a, *s);
                cumulate(sigma.iter().enumerate().map(tau), &mut self.below);
                self.below
                    .resize(first + moves.div_ceil(W) * W, f64::INFINITY);
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
