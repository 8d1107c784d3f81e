//! Mass of one state spread over the belief grid by a decision there.
//!
//! The forecast ([`crate::forecast`]) pushes all rows of a line of beliefs at once; where mass is told
//! apart by a tag it lies in few rows, and is spread row by row, with the same weights: those by which
//! values are interpolated at the posterior, or, where values are one polynomial in z along the mover's
//! axis, as moments, the sums of mass·T_m(z) over its posteriors, which are turned into mass at the
//! points once a phase ([`to_points`]).

use crate::belief::{Footprint, MAX_STENCIL, cosine, stick_odds};
use crate::forecast::operator::in_moments;
use crate::math::lanes::{Lane, widest};
use crate::play::Play;
use crate::solve::Solution;
use crate::solve::signals::Signals;

/// Where the posteriors of one node lie.
pub struct Operator {
    /// Number of signals.
    signals: usize,
    /// z of each signal's posterior, last that of learning nothing: `[signal * points + point]`. Empty
    /// where values are not one polynomial.
    cosine: Vec<f64>,
    /// Otherwise: entries of a footprint,
    width: usize,
    /// sub-grid points over which a signal's posterior is spread: `[(point * signals + g) * width + i]`,
    index: Vec<u16>,
    /// and their weights.
    weight: Vec<f64>,
}

impl Operator {
    /// For a node whose mover has so many types, with room for all points.
    pub fn new(solution: &Solution, signals: &Signals, mover: usize) -> Self {
        let grid = &solution.grid;
        let axes = grid.blocks[mover].types - 1;
        let moments = in_moments(grid, mover);
        Self {
            signals: signals.len(),
            cosine: vec![
                0.0;
                if moments {
                    grid.points * (signals.len() + 1)
                } else {
                    0
                }
            ],
            width: grid.axis.width.pow(axes as u32),
            index: Vec::new(),
            weight: Vec::new(),
        }
    }

    /// Enters what `play` says at `point`, the one after the last one entered.
    pub fn enter(
        &mut self,
        solution: &Solution,
        signals: &Signals,
        mover: usize,
        play: &Play,
        point: usize,
    ) {
        let grid = &solution.grid;
        let types = grid.blocks[mover].types;
        let axes = types - 1;
        let mut odds = vec![0.0; axes];
        let mut footprint = Footprint::default();
        for g in 0..signals.len() {
            let learns = !signals.mute[g] && axes > 0;
            if learns {
                stick_odds(&play.posterior[g * types..(g + 1) * types], &mut odds);
            }
            if !self.cosine.is_empty() {
                self.cosine[g * grid.points + point] = if learns {
                    cosine(odds[0])
                } else {
                    grid.axis.cosine(grid.own(mover, point))
                };
                continue;
            }
            footprint.index.clear();
            footprint.weight.clear();
            if learns {
                footprint.at(&grid.axis, &odds);
            }
            let missing = self.width - footprint.index.len();
            self.index.extend(footprint.index.iter().map(|i| *i as u16));
            self.index.extend(std::iter::repeat_n(0, missing));
            self.weight.extend_from_slice(&footprint.weight);
            self.weight.extend(std::iter::repeat_n(0.0, missing));
        }
        if !self.cosine.is_empty() {
            self.cosine[signals.len() * grid.points + point] =
                grid.axis.cosine(grid.own(mover, point));
        }
    }
}

/// One flow over the grid, for [`spread`].
pub struct Spread<'a> {
    /// The node.
    pub operator: &'a Operator,
    /// The flow's signal.
    pub signal: Option<usize>,
    /// Points of the mover's sub-grid, and their distance in the whole grid.
    pub shape: (usize, usize),
    /// Shares of the mover's types: `[type * points + point]`.
    pub share: &'a [f64],
    /// Which lanes belong to each type of the mover: one or zero.
    pub chosen: &'a [Lane],
}

widest! {
    /// Fills `out` with what leaves `source` in a flow, spread along the mover's axes (as moments where
    /// the operator says so); returns its sum over the points. `basis` is room to work in.
    pub fn spread(flow: &Spread, source: &[Lane], basis: &mut Vec<f64>, out: &mut [Lane]) -> Lane
        => spread_plain
}

widest! {
    /// Turns moments along an axis of the shape (points, stride) into mass at its points, in place;
    /// `chebyshev` as made by [`crate::belief::Axis::chebyshev`].
    pub fn to_points(chebyshev: &[f64], shape: (usize, usize), cells: &mut [Lane]) -> () => to_points_plain
}

widest! {
    /// out += factor·x, point by point.
    pub fn add(out: &mut [Lane], factor: Lane, x: &[Lane]) -> () => add_plain
}

widest! {
    /// Σ weight·x over the points.
    pub fn weighted(x: &[Lane], weight: &[f64]) -> Lane => weighted_plain
}

widest! {
    /// Σ x over the points.
    pub fn sum(x: &[Lane]) -> Lane => sum_plain
}

#[inline(always)]
fn add_plain(out: &mut [Lane], factor: Lane, x: &[Lane]) {
    for (out, x) in out.iter_mut().zip(x) {
        *out = factor.mul_add(*x, *out);
    }
}

#[inline(always)]
fn weighted_plain(x: &[Lane], weight: &[f64]) -> Lane {
    let mut total = Lane::ZERO;
    for (x, w) in x.iter().zip(weight) {
        total = Lane::splat(*w).mul_add(*x, total);
    }
    total
}

#[inline(always)]
fn sum_plain(x: &[Lane]) -> Lane {
    let mut total = Lane::ZERO;
    for x in x {
        total += *x;
    }
    total
}

#[inline(always)]
fn spread_plain(flow: &Spread, source: &[Lane], basis: &mut Vec<f64>, out: &mut [Lane]) -> Lane {
    let operator = flow.operator;
    if operator.cosine.is_empty() {
        return match flow.signal {
            Some(g) => points(flow, g, source, out),
            None => {
                let mut total = Lane::ZERO;
                for (point, out) in out.iter_mut().enumerate() {
                    *out = moved(flow, source, point);
                    total += *out;
                }
                total
            }
        };
    }
    let g = flow.signal.unwrap_or(operator.signals);
    let z = &operator.cosine[g * source.len()..(g + 1) * source.len()];
    match flow.shape.0 {
        5 => moments::<5>(flow, z, source, out),
        9 => moments::<9>(flow, z, source, out),
        17 => moments::<17>(flow, z, source, out),
        _ => moments_of(flow, z, source, basis, out),
    }
}

/// What leaves a point in the flow.
#[inline(always)]
fn moved(flow: &Spread, source: &[Lane], point: usize) -> Lane {
    let mut share = Lane::ZERO;
    for (t, chosen) in flow.chosen.iter().enumerate() {
        share = Lane::splat(flow.share[t * source.len() + point]).mul_add(*chosen, share);
    }
    share * source[point]
}

/// T_m(z) for each point: `[m * points + point]`.
#[inline(always)]
fn chebyshev_basis(z: &[f64], orders: usize, basis: &mut Vec<f64>) {
    let points = z.len();
    basis.clear();
    basis.resize(orders * points, 1.0);
    basis[points..2 * points].copy_from_slice(z);
    for m in 2..orders {
        let (lower, row) = basis.split_at_mut(m * points);
        let (before, last) = lower[(m - 2) * points..].split_at(points);
        for (((t, z), t1), t0) in row.iter_mut().zip(z).zip(last).zip(before) {
            *t = 2.0 * z * t1 - t0;
        }
    }
}

/// Moments line by line; the sums stay in registers.
#[inline(always)]
fn moments<const N: usize>(flow: &Spread, z: &[f64], source: &[Lane], out: &mut [Lane]) -> Lane {
    let (points, stride) = (source.len(), flow.shape.1);
    let mut total = Lane::ZERO;
    for line in 0..points / N {
        let base = line / stride * N * stride + line % stride;
        // T_m at the posteriors of the line.
        let mut basis = [[1.0; N]; N];
        for k in 0..N {
            basis[1][k] = z[base + k * stride];
        }
        for m in 2..N {
            for k in 0..N {
                basis[m][k] = 2.0 * basis[1][k] * basis[m - 1][k] - basis[m - 2][k];
            }
        }
        let mut sums = [Lane::ZERO; N];
        for k in 0..N {
            let moved = moved(flow, source, base + k * stride);
            for m in 0..N {
                sums[m] = Lane::splat(basis[m][k]).mul_add(moved, sums[m]);
            }
        }
        total += sums[0];
        for (k, sum) in sums.iter().enumerate() {
            out[base + k * stride] = *sum;
        }
    }
    total
}

/// The same for any number of points.
#[inline(always)]
fn moments_of(
    flow: &Spread,
    z: &[f64],
    source: &[Lane],
    basis: &mut Vec<f64>,
    out: &mut [Lane],
) -> Lane {
    let (own, stride) = flow.shape;
    let points = source.len();
    chebyshev_basis(z, own, basis);
    let mut total = Lane::ZERO;
    out.fill(Lane::ZERO);
    for line in 0..points / own {
        let base = line / stride * own * stride + line % stride;
        for k in 0..own {
            let point = base + k * stride;
            let moved = moved(flow, source, point);
            total += moved;
            for m in 0..own {
                let place = &mut out[base + m * stride];
                *place = Lane::splat(basis[m * points + point]).mul_add(moved, *place);
            }
        }
    }
    total
}

#[inline(always)]
fn to_points_plain(chebyshev: &[f64], shape: (usize, usize), cells: &mut [Lane]) {
    match shape.0 {
        5 => to_points_sized::<5>(chebyshev, shape, cells),
        9 => to_points_sized::<9>(chebyshev, shape, cells),
        _ => to_points_sized::<MAX_STENCIL>(chebyshev, shape, cells),
    }
}

/// `N` is at least the number of points of a line.
#[inline(always)]
fn to_points_sized<const N: usize>(chebyshev: &[f64], shape: (usize, usize), cells: &mut [Lane]) {
    let (own, stride) = shape;
    for line in 0..cells.len() / own {
        let base = line / stride * own * stride + line % stride;
        let mut mass = [Lane::ZERO; N];
        for (m, row) in chebyshev.chunks_exact(own).enumerate() {
            let moment = cells[base + m * stride];
            for (mass, c) in mass.iter_mut().zip(row) {
                *mass = Lane::splat(*c).mul_add(moment, *mass);
            }
        }
        for (k, mass) in mass.iter().enumerate().take(own) {
            cells[base + k * stride] = *mass;
        }
    }
}

/// Point by point, for local stencils and several axes.
#[inline(always)]
fn points(flow: &Spread, g: usize, source: &[Lane], out: &mut [Lane]) -> Lane {
    let (own, stride) = flow.shape;
    let (width, signals) = (flow.operator.width, flow.operator.signals);
    let mut total = Lane::ZERO;
    out.fill(Lane::ZERO);
    for line in 0..source.len() / own {
        let base = line / stride * own * stride + line % stride;
        for k in 0..own {
            let point = base + k * stride;
            let moved = moved(flow, source, point);
            total += moved;
            let first = (point * signals + g) * width;
            let weights = &flow.operator.weight[first..first + width];
            let indices = &flow.operator.index[first..first + width];
            for (weight, index) in weights.iter().zip(indices) {
                out[base + *index as usize * stride] += Lane::splat(*weight) * moved;
            }
        }
    }
    total
}
