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
    /// Sub-grid points over which a signal's posterior is spread: `[(point * signals + g) * width + i]`.
    pub index: Vec<u16>,
    /// Their weights.
    pub weight: Vec<f64>,
    /// Probability of each target by the mover's type and the origin that the step gives to a spell
    /// (choice, noise, chance): `[((point * targets + target) * types + type) * 3 + origin]`.
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
                    index: Vec::with_capacity(grid.points * signals.len() * width),
                    weight: Vec::with_capacity(grid.points * signals.len() * width),
                    share: vec![0.0; grid.points * targets * types * 3],
                    payment: vec![0.0; grid.points * types * seats],
                };
                for point in 0..grid.points {
                    play.at_point(game, solution, phase, (round, p, n), point);
                    for g in 0..signals.len() {
                        if signals.mute[g] || axes == 0 {
                            footprint.point(grid.own(mover, point) as u32, 0);
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
                                operator.share
                                    [((point * targets + target) * types + t) * 3 + origin] +=
                                    tau * phase.outcome_true[o];
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
                        + signals.targets.len() as u128 * types as u128 * 24
                        + (types * game.seats()) as u128 * 8);
            }
        }
    }
    operators + 2 * rows * memories as u128 * points * LANES as u128 * 8
}

/// Adds `share`·`source` to `target` point by point along the mover's axis, spread by the footprints
/// of signal `g`; returns the sums of what was moved, with `kept` telling which lanes go on.
#[allow(clippy::too_many_arguments)]
#[inline]
pub fn spread(
    operator: &NodeOperator,
    signals: usize,
    g: usize,
    source: &[[f64; LANES]],
    shares: impl Fn(usize) -> f64,
    kept: &[f64; LANES],
    (own, stride): (usize, usize),
    mut target: Option<&mut [[f64; LANES]]>,
) -> [f64; LANES] {
    let mut total = [0.0; LANES];
    for (point, mass) in source.iter().enumerate() {
        let share = shares(point);
        if share == 0.0 {
            continue;
        }
        let mut moved = [0.0; LANES];
        for w in 0..LANES {
            let value = share * mass[w];
            total[w] += value;
            moved[w] = value * kept[w];
        }
        if let Some(target) = target.as_deref_mut() {
            let base = point - point / stride % own * stride;
            let first = (point * signals + g) * operator.width;
            for i in first..first + operator.width {
                let weight = operator.weight[i];
                let cell = &mut target[base + operator.index[i] as usize * stride];
                for w in 0..LANES {
                    cell[w] += weight * moved[w];
                }
            }
        }
    }
    total
}
