//! What a mover's decision does to mass on the solver's belief grid.
//!
//! Mass that arrives at a posterior is spread over the grid with the weights by which values are
//! interpolated there. This is the adjoint of the solver's interpolation: any polynomial in z that the
//! grid represents keeps its mean, so mass does not diffuse as it does when it is split between two
//! neighbours; some weights are negative. The error is that of interpolating the forecast's
//! own value function, and falls with the grid as fast as the solver's does.
//!
//! Targets that get the same share of the mass up to a factor, at every belief, and teach the same
//! form one *flow*: it is spread once. Where values are one polynomial in z along the mover's axis, a
//! flow is spread as moments, the sums of mass·T_m(z) over its posteriors: they need only z where the
//! weights of all points would have to be read, and are turned into mass at the points once a phase
//! ([`to_points`]).

use super::cloud::Origin;
use crate::belief::{BeliefGrid, Footprint, MAX_STENCIL, Stencil, angle, stick_odds};
use crate::game::{Game, MovePhase, Phase};
use crate::math::lanes::{Lane, W, widest};
use crate::play::Play;
use crate::solve::Solution;
use crate::solve::signals::Signals;
use rayon::prelude::*;

/// What one node does to mass at each grid point.
pub struct NodeOperator {
    /// Number of signals.
    pub signals: usize,
    /// z of each signal's posterior, last that of learning nothing: `[signal * points + point]`. Empty
    /// where values are not one polynomial.
    pub cosine: Vec<f64>,
    /// Otherwise: entries of a footprint,
    pub width: usize,
    /// sub-grid points over which a signal's posterior is spread: `[(point * signals + g) * width + i]`,
    pub index: Vec<u16>,
    /// and their weights.
    pub weight: Vec<f64>,
    /// Where mass goes.
    pub flows: Vec<Flow>,
    /// Share of the mass that a flow takes, by the mover's type: `[(flow * types + type) * points + point]`.
    pub share: Vec<f64>,
    /// Expected payment at the move by the mover's type, for each seat that gets any.
    pub payments: Vec<Payment>,
}

/// Targets with proportional shares and one signal.
pub struct Flow {
    /// The signal; `None` when it teaches nothing.
    pub signal: Option<usize>,
    /// Only the part whose escalation spell would begin this way; `None` for all of it.
    pub origin: Option<Origin>,
    /// The targets lie above the present rung of the ladder: all of them do or none.
    pub rises: bool,
    /// Next state, and its factor to the flow's share.
    pub targets: Vec<(u32, f64)>,
}

/// Expected payment to one seat.
pub struct Payment {
    /// Type of the mover.
    pub own_type: usize,
    /// Who is paid.
    pub seat: usize,
    /// By grid point.
    pub at: Vec<f64>,
}

/// Operators of all nodes of a mover's phase in one round of the plan. `rank` gives each state's place
/// on the ladder, or is empty when the origins of spells are not followed.
pub fn operators(
    game: &Game,
    solution: &Solution,
    round: usize,
    p: usize,
    phase: &MovePhase,
    rank: &[u16],
) -> Vec<NodeOperator> {
    (0..phase.nodes())
        .into_par_iter()
        .map_init(Buffers::default, |buffers, n| {
            operator(game, solution, (round, p, n), phase, rank, buffers)
        })
        .collect()
}

/// Is mass that `mover` moved held in moments?
pub fn in_moments(grid: &BeliefGrid, mover: usize) -> bool {
    grid.blocks[mover].types == 2 && grid.axis.is_global()
}

/// Buffers of one thread.
#[derive(Default)]
struct Buffers {
    play: Play,
    footprint: Footprint,
    stencils: Vec<Stencil>,
    odds: Vec<f64>,
}

fn operator(
    game: &Game,
    solution: &Solution,
    place: (usize, usize, usize),
    phase: &MovePhase,
    rank: &[u16],
    buffers: &mut Buffers,
) -> NodeOperator {
    let (_, p, n) = place;
    let mover = phase.actors[0] as usize;
    let types = game.actors[mover].types.len();
    let seats = game.seats();
    let grid = &solution.grid;
    let axes = types - 1;
    let width = grid.axis.width.pow(axes as u32);
    let signals = &solution.layout.signals[p][n];
    let alternatives = phase.alternatives(n);
    let moves = alternatives.len();
    let opportunity = phase.node_opportunity[n][0];
    let (flows, carriers) = flows(phase, n, signals, types > 1, rank);
    let moments = in_moments(grid, mover);
    let mut operator = NodeOperator {
        signals: signals.len(),
        cosine: vec![
            0.0;
            if moments {
                grid.points * (signals.len() + 1)
            } else {
                0
            }
        ],
        width,
        index: Vec::new(),
        weight: Vec::new(),
        share: vec![0.0; grid.points * flows.len() * types],
        flows,
        payments: Vec::new(),
    };
    let mut payments = vec![0.0; types * seats * grid.points];
    let Buffers {
        play,
        footprint,
        stencils,
        odds,
    } = buffers;
    odds.resize(axes, 0.0);
    for point in 0..grid.points {
        play.at_point(game, solution, phase, place, point);
        for g in 0..signals.len() {
            let learns = !signals.mute[g] && axes > 0;
            if learns {
                stick_odds(&play.posterior[g * types..(g + 1) * types], odds);
            }
            if moments {
                operator.cosine[g * grid.points + point] = if learns {
                    libm::cos(angle(odds[0]))
                } else {
                    grid.axis.cosine(grid.own(mover, point))
                };
                continue;
            }
            stencils.clear();
            footprint.index.clear();
            footprint.weight.clear();
            if learns {
                stencils.extend(odds.iter().map(|o| grid.axis.stencil(angle(*o))));
                footprint.weights(grid.axis.points, stencils);
            }
            let missing = width - footprint.index.len();
            operator
                .index
                .extend(footprint.index.iter().map(|i| *i as u16));
            operator.index.extend(std::iter::repeat_n(0, missing));
            operator.weight.extend_from_slice(&footprint.weight);
            operator.weight.extend(std::iter::repeat_n(0.0, missing));
        }
        if moments {
            operator.cosine[signals.len() * grid.points + point] =
                grid.axis.cosine(grid.own(mover, point));
        }
        for t in 0..types {
            let sigma = &play.sigma[t * moves..(t + 1) * moves];
            let best = sigma.iter().copied().fold(0.0, f64::max);
            for (a, sigma) in sigma.iter().enumerate() {
                let default = a == opportunity.default as usize;
                let forced = if default {
                    1.0 - opportunity.probability
                } else {
                    0.0
                };
                let tau = opportunity.probability * sigma + forced;
                let alternative = alternatives.start + a;
                for seat in 0..seats {
                    payments[(t * seats + seat) * grid.points + point] +=
                        tau * phase.payoff[alternative * seats + seat];
                }
                // Regret above 1/λ: a log-probability more than 1 below the best.
                let choice = if !default && *sigma < best * (-1.0f64).exp() {
                    Origin::Noise
                } else {
                    Origin::Choice
                };
                for (f, (flow, carried)) in operator.flows.iter().zip(&carriers).enumerate() {
                    let part = match flow.origin {
                        None => carried[a] + carried[moves + a],
                        Some(Origin::Chance) => carried[moves + a],
                        Some(origin) if origin == choice => carried[a],
                        Some(_) => 0.0,
                    };
                    operator.share[(f * types + t) * grid.points + point] += tau * part;
                }
            }
        }
    }
    for own_type in 0..types {
        for seat in 0..seats {
            let at = &payments[(own_type * seats + seat) * grid.points..][..grid.points];
            if at.iter().any(|x| *x != 0.0) {
                operator.payments.push(Payment {
                    own_type,
                    seat,
                    at: at.to_vec(),
                });
            }
        }
    }
    operator
}

/// The flows of a node, and for each the true probability, up to the targets' factors, that a move
/// goes that way under its own label, then under another's: `[label * moves + move]`.
fn flows(
    phase: &MovePhase,
    n: usize,
    signals: &Signals,
    typed: bool,
    rank: &[u16],
) -> (Vec<Flow>, Vec<Vec<f64>>) {
    let alternatives = phase.alternatives(n);
    let moves = alternatives.len();
    let first = phase.outcomes(alternatives.start).start;
    let state = phase.node_state[n] as usize;
    // Where each target comes from.
    let mut sources = vec![vec![0.0; 2 * moves]; signals.targets.len()];
    for (a, alternative) in alternatives.enumerate() {
        for o in phase.outcomes(alternative) {
            let own = phase.outcome_labels[o] == phase.node_moves[n][0][a];
            let target = signals.outcome_target[o - first] as usize;
            sources[target][usize::from(!own) * moves + a] += phase.outcome_true[o];
        }
    }
    let mut flows: Vec<Flow> = Vec::new();
    let mut carriers: Vec<Vec<f64>> = Vec::new();
    for ((to, g), mut source) in signals.targets.iter().zip(sources) {
        let total: f64 = source.iter().sum();
        if total <= 0.0 {
            continue;
        }
        source.iter_mut().for_each(|s| *s /= total);
        let signal = (typed && !signals.mute[*g as usize]).then_some(*g as usize);
        let rises = !rank.is_empty() && rank[*to as usize] > rank[state];
        let origins: &[Option<Origin>] = if rises {
            &[
                None,
                Some(Origin::Choice),
                Some(Origin::Noise),
                Some(Origin::Chance),
            ]
        } else {
            &[None]
        };
        for origin in origins {
            let same = |(flow, carried): (&Flow, &Vec<f64>)| {
                flow.signal == signal
                    && flow.origin == *origin
                    && flow.rises == rises
                    && carried
                        .iter()
                        .zip(&source)
                        .all(|(x, y)| (x - y).abs() <= 4.0 * f64::EPSILON * x.max(*y))
            };
            match flows.iter().zip(&carriers).position(same) {
                Some(f) => flows[f].targets.push((*to, total)),
                None => {
                    flows.push(Flow {
                        signal,
                        origin: *origin,
                        rises,
                        targets: vec![(*to, total)],
                    });
                    carriers.push(source.clone());
                }
            }
        }
    }
    (flows, carriers)
}

impl Flow {
    /// Does mass take this flow? Where a spell begins, that is for mass outside every spell (`calm`) that
    /// rises, it takes the parts by origin, else the whole.
    pub fn carries(&self, calm: bool) -> bool {
        self.origin.is_some() == (calm && self.rises)
    }
}

/// Bytes of the operators of one round, and of two buffers of `planes` with `memories` memories.
pub fn bytes(game: &Game, solution: &Solution, memories: usize, planes: usize) -> u128 {
    let points = solution.grid.points as u128;
    let mut operators = 0u128;
    let mut rows = 0u128;
    for (p, phase) in game.phases.iter().enumerate() {
        rows = rows.max(phase.nodes() as u128);
        if let Phase::Move(phase) = phase {
            let types = game.actors[phase.actors[0] as usize].types.len();
            let width = solution.grid.axis.width.pow(types as u32 - 1) as u128;
            for signals in &solution.layout.signals[p] {
                operators += points
                    * (signals.len() as u128 * width * 10
                        + signals.targets.len() as u128 * types as u128 * 32
                        + (types * game.seats()) as u128 * 8);
            }
        }
    }
    operators + 2 * rows * memories as u128 * points * planes as u128 * (W * 8) as u128
}

/// One flow over the grid, for [`spread`].
pub struct Spread<'a> {
    /// The node.
    pub operator: &'a NodeOperator,
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
    /// out = factor·x, point by point.
    pub fn put(out: &mut [Lane], factor: Lane, x: &[Lane]) -> () => put_plain
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
fn put_plain(out: &mut [Lane], factor: Lane, x: &[Lane]) {
    for (out, x) in out.iter_mut().zip(x) {
        *out = factor * *x;
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
