//! Continuation values along the mover's axis, as the lanes read them: Chebyshev coefficients between
//! the ends of each line of beliefs, and the plain values at the ends, where nothing can be learned.

use super::node::Context;
use crate::belief::BeliefGrid;
use crate::math::lanes::{Lane, W, add_scaled, widest};
use rayon::prelude::*;

/// Values of rows (nodes, or pairs of move and signal) for every seat; the mover has two types.
#[derive(Default)]
pub struct Coefficients {
    /// `[((row * lines + line) * seats + seat) * points + coefficient]`.
    pub between: Vec<f64>,
    /// `[(row * seats + seat) * ends + 2 * line + (0 at the first point, 1 at the last)]`.
    pub ends: Vec<f64>,
    /// What a pair pays and brings at ends, by seat.
    constant: Vec<f64>,
}

/// Numbers that the two ends of `lines` lines take: whole lanes.
pub fn ends(lines: usize) -> usize {
    (2 * lines).next_multiple_of(W)
}

impl Coefficients {
    /// Reads a table of values `[(row * seats + seat) * points + point]`.
    pub fn read(&mut self, grid: &BeliefGrid, mover: usize, seats: usize, table: &[f64]) {
        let (n, stride) = (grid.blocks[mover].points, grid.blocks[mover].stride);
        let (points, size) = (grid.points, ends(grid.points / n));
        let matrix = grid.axis.chebyshev();
        let basis: Vec<Vec<Lane>> = (0..n)
            .map(|k| {
                let entry = |m: usize| if m < n { matrix[m * n + k] } else { 0.0 };
                let block = |b: usize| Lane::of(|w| entry(b * W + w));
                (0..n.div_ceil(W)).map(block).collect()
            })
            .collect();
        for (numbers, len) in [
            (&mut self.between, table.len()),
            (&mut self.ends, table.len() / points * size),
        ] {
            if numbers.capacity() < len {
                *numbers = vec![0.0; len];
            }
            numbers.resize(len, 0.0);
        }
        self.between
            .par_chunks_mut(seats * points)
            .zip(self.ends.par_chunks_mut(seats * size))
            .zip(table.par_chunks(seats * points))
            .for_each(|((between, ends), values)| {
                for seat in 0..seats {
                    let values = &values[seat * points..][..points];
                    let ends = &mut ends[seat * size..][..size];
                    transform(&basis, stride, (seat, seats), values, between, ends);
                }
            });
    }

    /// Σ B·V(next) of each pair of node `n`; what the move itself pays stands in one pair of each move.
    /// `table` holds the nodes of the next phase; what an end is worth does not depend on beliefs.
    pub fn gather(&mut self, context: &Context, n: usize, table: &Self) {
        let seats = context.layout.seats;
        let points = context.grid.points;
        let own = context.grid.blocks[context.moves.actors[0] as usize].points;
        let size = ends(points / own);
        let signals = &context.layout.signals[context.phase][n];
        let after = context.layout.next_phase(context.phase);
        let (next_rows, next_nodes) = (&context.layout.rows[after], context.layout.nodes[after]);
        // Every number is written anew.
        self.between
            .resize(signals.pairs.len() * seats * points, 0.0);
        self.ends.resize(signals.pairs.len() * seats * size, 0.0);
        let mut paid = None;
        for (p, ((between, ends), (a, _))) in self
            .between
            .chunks_exact_mut(seats * points)
            .zip(self.ends.chunks_exact_mut(seats * size))
            .zip(&signals.pairs)
            .enumerate()
        {
            self.constant.clear();
            if paid == Some(*a) {
                self.constant.resize(seats, 0.0);
            } else {
                paid = Some(*a);
                let alternative = context.moves.alternatives(n).start + *a as usize;
                let payoff = &context.moves.payoff[alternative * seats..][..seats];
                self.constant.extend_from_slice(payoff);
            }
            let mut goes_on = false;
            for o in signals.outcomes(p) {
                let o = *o as usize;
                let next = next_rows[context.moves.outcome_next[o] as usize] as usize;
                let believed = context.moves.outcome_believed[o];
                if next >= next_nodes {
                    let worth = context.next.row(next).iter().step_by(points);
                    for (constant, worth) in self.constant.iter_mut().zip(worth) {
                        *constant = believed.mul_add(*worth, *constant);
                    }
                    continue;
                }
                let row = &table.between[next * seats * points..][..seats * points];
                let row_ends = &table.ends[next * seats * size..][..seats * size];
                if goes_on {
                    add_scaled(between, believed, row);
                    add_scaled(ends, believed, row_ends);
                } else {
                    goes_on = true;
                    scaled(between, believed, row);
                    scaled(ends, believed, row_ends);
                }
            }
            if !goes_on {
                between.fill(0.0);
                ends.fill(0.0);
            }
            for (curve, constant) in between
                .chunks_exact_mut(own)
                .zip(self.constant.iter().cycle())
            {
                curve[0] += constant;
            }
            for (ends, constant) in ends.chunks_exact_mut(size).zip(&self.constant) {
                for end in ends {
                    *end += constant;
                }
            }
        }
    }
}

widest! {
    /// out = scale·x, number by number.
    fn scaled(out: &mut [f64], scale: f64, x: &[f64]) => plain_scaled
}

#[inline(always)]
fn plain_scaled(out: &mut [f64], scale: f64, x: &[f64]) {
    for (out, x) in out.iter_mut().zip(x) {
        *out = scale * x;
    }
}

widest! {
    /// Coefficients and ends of all lines from the values of seat `seat.0` of `seat.1`; `basis` holds
    /// what value k adds to the coefficients.
    fn transform(
        basis: &[Vec<Lane>],
        stride: usize,
        seat: (usize, usize),
        values: &[f64],
        between: &mut [f64],
        ends: &mut [f64],
    ) => line_by_line
}

#[inline(always)]
fn line_by_line(
    basis: &[Vec<Lane>],
    stride: usize,
    (seat, seats): (usize, usize),
    values: &[f64],
    between: &mut [f64],
    ends: &mut [f64],
) {
    let n = basis.len();
    for (line, (out, ends)) in between
        .chunks_exact_mut(n)
        .skip(seat)
        .step_by(seats)
        .zip(ends.chunks_exact_mut(2))
        .enumerate()
    {
        let values = &values[line / stride * n * stride + line % stride..];
        for (b, out) in out.chunks_mut(W).enumerate() {
            let mut sum = Lane::ZERO;
            for (k, basis) in basis.iter().enumerate() {
                sum = Lane::splat(values[k * stride]).mul_add(basis[b], sum);
            }
            out.copy_from_slice(&sum[..out.len()]);
        }
        ends.copy_from_slice(&[values[0], values[(n - 1) * stride]]);
    }
}
