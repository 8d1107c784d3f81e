//! The distribution of one type profile on the solver's belief grid, once exact posteriors are too
//! many.
//!
//! Mass that arrives at a posterior is spread over the grid with the weights by which values are
//! interpolated there. This is the adjoint of the solver's interpolation: any polynomial in z that the
//! grid represents keeps its mean, so mass does not diffuse as it does when it is split between two
//! neighbours; some weights are negative. The error is that of interpolating the forecast's
//! own value function, and falls with the grid as fast as the solver's does.

use crate::belief::{Footprint, Stencil, angle, stick_odds};
use crate::game::{Game, MovePhase, Phase};
use crate::play::Play;
use crate::solve::Solution;
use rayon::prelude::*;

/// Numbers kept at a point: the mass, then the part of it outside each open set, padded.
pub const LANES: usize = 8;

/// What one node does to mass at each grid point.
pub struct NodeOperator {
    /// Entries of a footprint.
    pub width: usize,
    /// Every footprint covers the mover's axis, point by point in order.
    pub whole: bool,
    /// Sub-grid points over which a signal's posterior is spread: `[(point * signals + g) * width + i]`.
    pub index: Vec<u16>,
    /// Their weights.
    pub weight: Vec<f64>,
    /// Probability of each target by the mover's type and the origin that the step gives to a spell
    /// (choice, noise, chance, and their sum): `[((target * types + type) * 4 + origin) * points + point]`.
    pub share: Vec<f64>,
    /// Expected payment at the move, by seat: `[(point * types + type) * seats + seat]`.
    pub payment: Vec<f64>,
}

/// Operators of all nodes of a mover's phase in one round of the plan.
pub fn operators(
    game: &Game,
    solution: &Solution,
    round: usize,
    p: usize,
    phase: &MovePhase,
) -> Vec<NodeOperator> {
    let mover = phase.actors[0] as usize;
    let types = game.actors[mover].types.len();
    let seats = game.seats();
    let grid = &solution.grid;
    let axes = types - 1;
    let width = grid.axis.width.pow(axes as u32);
    (0..phase.nodes())
        .into_par_iter()
        .map_init(
            || {
                (
                    Play::default(),
                    Footprint::default(),
                    Vec::<Stencil>::new(),
                    vec![0.0; axes],
                )
            },
            |(play, footprint, stencils, odds), n| {
                let signals = &solution.layout.signals[p][n];
                let alternatives = phase.alternatives(n);
                let moves = alternatives.len();
                let targets = signals.targets.len();
                let opportunity = phase.node_opportunity[n][0];
                let first = phase.outcomes(alternatives.start).start;
                let mut operator = NodeOperator {
                    width,
                    whole: axes == 1 && grid.axis.is_global(),
                    index: Vec::with_capacity(grid.points * signals.len() * width),
                    weight: Vec::with_capacity(grid.points * signals.len() * width),
                    share: vec![0.0; grid.points * targets * types * 4],
                    payment: vec![0.0; grid.points * types * seats],
                };
                for point in 0..grid.points {
                    play.at_point(game, solution, phase, (round, p, n), point);
                    for g in 0..signals.len() {
                        if signals.mute[g] || axes == 0 {
                            footprint.point(grid.own(mover, point) as u32, 0);
                            if operator.whole {
                                footprint.weight = vec![0.0; width];
                                footprint.weight[grid.own(mover, point)] = 1.0;
                                footprint.index = (0..width as u32).collect();
                            }
                        } else {
                            let posterior = &play.posterior[g * types..(g + 1) * types];
                            stick_odds(posterior, odds);
                            stencils.clear();
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
                                operator.payment[(point * types + t) * seats + seat] +=
                                    tau * phase.payoff[alternative * seats + seat];
                            }
                            let choice = usize::from(!default && *sigma < best * (-1.0f64).exp());
                            for o in phase.outcomes(alternative) {
                                let own = phase.outcome_labels[o] == phase.node_moves[n][0][a];
                                let origin = if own { choice } else { 2 };
                                let target = signals.outcome_target[o - first] as usize;
                                let first = (target * types + t) * 4;
                                let share = tau * phase.outcome_true[o];
                                operator.share[(first + origin) * grid.points + point] += share;
                                operator.share[(first + 3) * grid.points + point] += share;
                            }
                        }
                    }
                }
                operator
            },
        )
        .collect()
}

/// Bytes of the operators of one round, and of two buffers of a profile with `memories` memories.
pub fn bytes(game: &Game, solution: &Solution, memories: usize) -> u128 {
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
    operators + 2 * rows * memories as u128 * points * LANES as u128 * 8
}

/// Where a signal's posteriors lie, for [`spread`].
pub struct Spread<'a> {
    /// The node.
    pub operator: &'a NodeOperator,
    /// Number of signals of the node, and the signal.
    pub signal: (usize, usize),
    /// Points of the mover's sub-grid, and their distance in the whole grid.
    pub shape: (usize, usize),
    /// Which lanes go on.
    pub kept: [f64; LANES],
}

/// Adds `shares`·`source`, point by point, to `target`, spread along the mover's axes; returns the
/// sums of what moved, before `kept`.
pub fn spread(
    spread: &Spread,
    source: &[[f64; LANES]],
    shares: &[f64],
    target: Option<&mut [[f64; LANES]]>,
) -> [f64; LANES] {
    #[cfg(target_arch = "x86_64")]
    {
        if std::is_x86_feature_detected!("avx512f") && std::is_x86_feature_detected!("avx512dq") {
            // SAFETY: the processor has the features the function is compiled for.
            #[allow(unsafe_code)]
            return unsafe { spread_avx512(spread, source, shares, target) };
        }
        if std::is_x86_feature_detected!("avx2") {
            // SAFETY: as above.
            #[allow(unsafe_code)]
            return unsafe { spread_avx2(spread, source, shares, target) };
        }
    }
    spread_plain(spread, source, shares, target)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq")]
fn spread_avx512(
    spread: &Spread,
    source: &[[f64; LANES]],
    shares: &[f64],
    target: Option<&mut [[f64; LANES]]>,
) -> [f64; LANES] {
    spread_plain(spread, source, shares, target)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn spread_avx2(
    spread: &Spread,
    source: &[[f64; LANES]],
    shares: &[f64],
    target: Option<&mut [[f64; LANES]]>,
) -> [f64; LANES] {
    spread_plain(spread, source, shares, target)
}

/// The scalar twin and the body of both variants.
#[inline(always)]
fn spread_plain(
    spread: &Spread,
    source: &[[f64; LANES]],
    shares: &[f64],
    target: Option<&mut [[f64; LANES]]>,
) -> [f64; LANES] {
    match (spread.operator.whole, spread.shape.0) {
        (true, 5) => lines::<5>(spread, source, shares, target),
        (true, 9) => lines::<9>(spread, source, shares, target),
        (true, 17) => lines::<17>(spread, source, shares, target),
        _ => points(spread, source, shares, target),
    }
}

/// Line by line, where every footprint covers the line: sums stay in registers.
#[inline(always)]
fn lines<const N: usize>(
    spread: &Spread,
    source: &[[f64; LANES]],
    shares: &[f64],
    mut target: Option<&mut [[f64; LANES]]>,
) -> [f64; LANES] {
    let stride = spread.shape.1;
    let (signals, g) = spread.signal;
    let mut total = [0.0; LANES];
    for line in 0..source.len() / N {
        let base = line / stride * N * stride + line % stride;
        let mut sums = [[0.0; LANES]; N];
        for k in 0..N {
            let point = base + k * stride;
            let (mass, share) = (&source[point], shares[point]);
            let mut moved = [0.0; LANES];
            for w in 0..LANES {
                moved[w] = share * mass[w];
                total[w] += moved[w];
                moved[w] *= spread.kept[w];
            }
            let weights = &spread.operator.weight[(point * signals + g) * N..][..N];
            for (sum, weight) in sums.iter_mut().zip(weights) {
                for w in 0..LANES {
                    sum[w] += weight * moved[w];
                }
            }
        }
        if let Some(target) = target.as_deref_mut() {
            for (k, sum) in sums.iter().enumerate() {
                let cell = &mut target[base + k * stride];
                for w in 0..LANES {
                    cell[w] += sum[w];
                }
            }
        }
    }
    total
}

/// Point by point, for local stencils and several axes.
#[inline(always)]
fn points(
    spread: &Spread,
    source: &[[f64; LANES]],
    shares: &[f64],
    mut target: Option<&mut [[f64; LANES]]>,
) -> [f64; LANES] {
    let (own, stride) = spread.shape;
    let (signals, g) = spread.signal;
    let width = spread.operator.width;
    let mut total = [0.0; LANES];
    for line in 0..source.len() / own {
        let base = line / stride * own * stride + line % stride;
        for k in 0..own {
            let point = base + k * stride;
            let (mass, share) = (&source[point], shares[point]);
            let mut moved = [0.0; LANES];
            for w in 0..LANES {
                moved[w] = share * mass[w];
                total[w] += moved[w];
            }
            for w in 0..LANES {
                moved[w] *= spread.kept[w];
            }
            if let Some(target) = target.as_deref_mut() {
                let first = (point * signals + g) * width;
                let weights = &spread.operator.weight[first..first + width];
                let indices = &spread.operator.index[first..first + width];
                for (weight, index) in weights.iter().zip(indices) {
                    let cell = &mut target[base + *index as usize * stride];
                    for w in 0..LANES {
                        cell[w] += weight * moved[w];
                    }
                }
            }
        }
    }
    total
}
