//! One node of a mover over the whole belief grid.
//!
//! Along the mover's own axis neighbouring beliefs are close: each stage starts from the solution of
//! the round after it, or of its neighbour, and goes back to the path from uniform play when that
//! does not lead to a solution on the branch of that path.

use super::layout::Layout;
use super::path;
use super::stage::{ACCEPTED, Stage, Work};
use crate::belief::BeliefGrid;
use crate::game::{Game, MovePhase};

/// Everything that the nodes of one phase and round share.
pub struct Context<'a> {
    /// The game.
    pub game: &'a Game,
    /// The grid.
    pub grid: &'a BeliefGrid,
    /// The layout.
    pub layout: &'a Layout,
    /// Index of the phase.
    pub phase: usize,
    /// Its tables.
    pub moves: &'a MovePhase,
    /// Continuation values, rows of the next phase.
    pub next: &'a [f64],
    /// Precision of the mover in this round of the plan.
    pub precision: f64,
}

/// Buffers of one thread.
#[derive(Default)]
pub struct Buffers {
    work: Work,
    curves: Vec<f64>,
    others: Vec<f64>,
    payoff: Vec<f64>,
    x: Vec<f64>,
    line: Vec<f64>,
    doubtful: Vec<bool>,
}

/// What happened at one node.
#[derive(Default)]
pub struct NodeReport {
    /// Stages solved.
    pub stages: u64,
    /// Largest residual and the point where it arose.
    pub residual: f64,
    /// Grid point of the largest residual.
    pub worst: usize,
    /// Stages solved along their path.
    pub paths: u64,
    /// Folds passed.
    pub folds: u64,
    /// Stages searched for a second solution.
    pub audited: u64,
    /// Stages with a second solution.
    pub multiple: u64,
    /// Pairs of own sub-grid points between which the branch jumps.
    pub jumps: Vec<(usize, usize)>,
}

/// Solves node `n`: fills `values` (`[seat * points + point]`) and `strategy`
/// (`[(point * types + type) * moves + move]`). `strategy` may hold the solution of a later round
/// (`warm`).
pub fn solve(
    context: &Context,
    n: usize,
    values: &mut [f64],
    strategy: &mut [f64],
    warm: bool,
    audit: bool,
    buffers: &mut Buffers,
) -> NodeReport {
    let Context {
        game,
        grid,
        layout,
        moves: phase,
        ..
    } = *context;
    let mover = phase.actors[0] as usize;
    let types = game.actors[mover].types.len();
    let alternatives = phase.alternatives(n);
    let count = alternatives.len();
    let signals = &layout.signals[context.phase][n];
    let block = &grid.blocks[mover];
    let (own, stride, points) = (block.points, block.stride, grid.points);
    let seats = layout.seats;
    let first_seat = game.seat(mover);
    let other_seats: Vec<usize> = (0..seats)
        .filter(|s| *s < first_seat || *s >= first_seat + types)
        .collect();
    let opportunity = phase.node_opportunity[n][0];
    let kinds = &phase.node_kinds[n][0];
    let nested = kinds.iter().enumerate().any(|(i, k)| *k as usize != i);
    let next_rows = &layout.rows[layout.next_phase(context.phase)];

    let buffer = buffers;
    buffer.payoff.clear();
    for t in 0..types {
        buffer.payoff.extend(
            alternatives
                .clone()
                .map(|a| phase.payoff[a * seats + first_seat + t]),
        );
    }
    let mut report = NodeReport::default();
    let unknowns = signals.len() * (types - 1);
    let neighbour = |k: usize| {
        if k % grid.axis.points != 0 {
            Some(k - 1)
        } else {
            k.checked_sub(grid.axis.points)
        }
    };

    for hi in 0..points / (own * stride) {
        for lo in 0..stride {
            let at = |k: usize| hi * own * stride + k * stride + lo;
            // Continuation of each pair over the mover's axis, own seats and others apart.
            gather(
                context,
                signals,
                next_rows,
                first_seat..first_seat + types,
                &at,
                own,
                &mut buffer.curves,
            );
            gather(
                context,
                signals,
                next_rows,
                other_seats.iter().copied(),
                &at,
                own,
                &mut buffer.others,
            );
            buffer.line.clear();
            buffer.line.resize(own * unknowns, 0.0);
            buffer.doubtful.clear();
            buffer.doubtful.resize(own, false);
            let stage_at = |k: usize| Stage {
                signals,
                moves: count,
                kinds: nested.then_some(kinds.as_slice()),
                types,
                opportunity: opportunity.believed,
                default: opportunity.default as usize,
                precision: context.precision,
                axis: &grid.axis,
                own_points: own,
                payoff: &buffer.payoff,
                curves: &buffer.curves,
                belief: &block.beliefs[k * types..(k + 1) * types],
                point: k as u32,
            };
            for k in 0..own {
                let stage = stage_at(k);
                buffer.x.clear();
                if warm {
                    let old = &strategy[at(k) * types * count..][..types * count];
                    buffer.work.ratios_of(&stage, old, &mut buffer.x);
                } else if let Some(previous) = neighbour(k) {
                    buffer.x.extend_from_slice(
                        &buffer.line[previous * unknowns..(previous + 1) * unknowns],
                    );
                } else {
                    buffer.x.resize(unknowns, 0.0);
                }
                let mut newton = buffer.work.newton(&stage, &mut buffer.x, 1.0, 12);
                let mut residual = newton.residual;
                if !(residual <= ACCEPTED && newton.sign > 0.0) {
                    let followed = path::follow(&stage, &mut buffer.work, &mut buffer.x);
                    report.paths += 1;
                    report.folds += u64::from(followed.folds);
                    residual = followed.residual;
                    newton.residual = residual;
                    buffer.doubtful[k] = true;
                }
                report.stages += 1;
                if residual > report.residual || residual.is_nan() {
                    report.residual = residual;
                    report.worst = at(k);
                }
                buffer.line[k * unknowns..(k + 1) * unknowns].copy_from_slice(&buffer.x);
                record(
                    context,
                    n,
                    &stage,
                    &buffer.work,
                    &buffer.others,
                    &other_seats,
                    at(k),
                    values,
                    strategy,
                );
            }
            if audit && unknowns > 0 {
                // Come back from the other end: where that ends elsewhere there are two solutions.
                for k in (0..own.saturating_sub(1)).rev() {
                    let stage = stage_at(k);
                    let after = &buffer.line[(k + 1) * unknowns..(k + 2) * unknowns];
                    buffer.x.clear();
                    buffer.x.extend_from_slice(after);
                    let newton = buffer.work.newton(&stage, &mut buffer.x, 1.0, 12);
                    report.audited += 1;
                    if newton.residual > ACCEPTED {
                        continue;
                    }
                    let stored = &buffer.line[k * unknowns..(k + 1) * unknowns];
                    let apart = difference(&stage, &buffer.x, stored);
                    if apart > 1e-6 {
                        report.multiple += 1;
                        buffer.doubtful[k] = true;
                        let followed = path::follow(&stage, &mut buffer.work, &mut buffer.x);
                        report.paths += 1;
                        report.folds += u64::from(followed.folds);
                        if followed.residual <= ACCEPTED {
                            buffer.line[k * unknowns..(k + 1) * unknowns]
                                .copy_from_slice(&buffer.x);
                            record(
                                context,
                                n,
                                &stage,
                                &buffer.work,
                                &buffer.others,
                                &other_seats,
                                at(k),
                                values,
                                strategy,
                            );
                        }
                    }
                }
            }
            // Between neighbours of which one was doubtful: does the branch go through?
            if types == 2 && unknowns > 0 {
                for k in 1..own {
                    if !(buffer.doubtful[k] || buffer.doubtful[k - 1]) {
                        continue;
                    }
                    buffer.x.clear();
                    buffer
                        .x
                        .extend_from_slice(&buffer.line[(k - 1) * unknowns..k * unknowns]);
                    let mut belief = [0.0; 2];
                    let (from, to) = (
                        &block.beliefs[(k - 1) * 2..k * 2],
                        &block.beliefs[k * 2..(k + 1) * 2],
                    );
                    let steps = 64;
                    for step in 1..=steps {
                        let share = step as f64 / steps as f64;
                        for t in 0..2 {
                            belief[t] = from[t] + share * (to[t] - from[t]);
                        }
                        let mut stage = stage_at(k);
                        if step < steps {
                            stage.belief = &belief;
                            stage.point = u32::MAX;
                        }
                        buffer.work.newton(&stage, &mut buffer.x, 1.0, 12);
                    }
                    let stored = &buffer.line[k * unknowns..(k + 1) * unknowns];
                    if difference(&stage_at(k), &buffer.x, stored) > 1e-6 {
                        report.jumps.push((at(k - 1), at(k)));
                    }
                }
            }
        }
    }
    report
}

/// Largest difference of two solutions in the posteriors that matter.
fn difference(stage: &Stage, x: &[f64], y: &[f64]) -> f64 {
    // At a degenerate belief nothing is inferred and x is free.
    if stage.belief.iter().filter(|b| **b > 0.0).count() < 2 {
        return 0.0;
    }
    x.iter().zip(y).fold(0.0, |m, (a, b)| m.max((a - b).abs()))
}

/// Σ B·V(next) of each pair over the mover's sub-grid: `[(pair * seats + seat) * own + k]`.
fn gather(
    context: &Context,
    signals: &super::signals::Signals,
    next_rows: &[u32],
    seats: impl Iterator<Item = usize> + Clone,
    at: &impl Fn(usize) -> usize,
    own: usize,
    out: &mut Vec<f64>,
) {
    let points = context.grid.points;
    out.clear();
    for p in 0..signals.pairs.len() {
        for seat in seats.clone() {
            let first = out.len();
            out.resize(first + own, 0.0);
            for o in signals.outcomes(p) {
                let o = *o as usize;
                let row = next_rows[context.moves.outcome_next[o] as usize] as usize;
                let believed = context.moves.outcome_believed[o];
                let source =
                    &context.next[(row * context.layout.seats + seat) * points..][..points];
                for (k, value) in out[first..].iter_mut().enumerate() {
                    *value += believed * source[at(k)];
                }
            }
        }
    }
}

/// Writes the strategies and values of the stage that `work` holds.
#[allow(clippy::too_many_arguments)]
fn record(
    context: &Context,
    n: usize,
    stage: &Stage,
    work: &Work,
    others: &[f64],
    other_seats: &[usize],
    point: usize,
    values: &mut [f64],
    strategy: &mut [f64],
) {
    let points = context.grid.points;
    let seats = context.layout.seats;
    let phase = context.moves;
    let (types, moves, own) = (stage.types, stage.moves, stage.own_points);
    let o = stage.opportunity;
    strategy[point * types * moves..(point + 1) * types * moves].copy_from_slice(&work.log_sigma);
    let first_seat = context.game.seat(phase.actors[0] as usize);
    for t in 0..types {
        let range = t * moves..(t + 1) * moves;
        let planned: f64 = work.sigma[range.clone()]
            .iter()
            .zip(&work.value[range])
            .map(|(s, u)| s * u)
            .sum();
        let value = if o < 1.0 {
            o * planned + (1.0 - o) * work.value[t * moves + stage.default]
        } else {
            planned
        };
        values[(first_seat + t) * points + point] = value;
    }
    // Everybody else sees the mover's types only through the belief.
    let alternatives = phase.alternatives(n);
    let mut played = [0.0; 64];
    let mut heap = Vec::new();
    let played: &mut [f64] = if moves <= 64 {
        &mut played[..moves]
    } else {
        heap.resize(moves, 0.0);
        &mut heap
    };
    for t in 0..types {
        for (a, share) in played.iter_mut().enumerate() {
            *share += stage.belief[t] * o * work.sigma[t * moves + a];
        }
    }
    if o < 1.0 {
        played[stage.default] += 1.0 - o;
    }
    for (s, seat) in other_seats.iter().enumerate() {
        let mut value = 0.0;
        for (a, share) in played.iter().enumerate() {
            value += share * phase.payoff[(alternatives.start + a) * seats + seat];
        }
        for (p, (a, g)) in stage.signals.pairs.iter().enumerate() {
            let curve = &others[(p * other_seats.len() + s) * own..][..own];
            value += played[*a as usize] * work.footprints[*g as usize].value(curve);
        }
        values[seat * points + point] = value;
    }
}
