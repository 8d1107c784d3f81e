//! One node of a mover over the whole belief grid.
//!
//! Along the mover's own axis neighbouring beliefs are close: each stage starts from the solution of
//! the round after it, or of its neighbour, and goes back to the path from uniform play when that
//! does not lead to a solution on the branch of that path.

use super::lanes::{LaneStage, LaneWork};
use super::layout::Layout;
use super::path;
use super::stage::{ACCEPTED, Stage, Work};
use crate::belief::BeliefGrid;
use crate::game::{Game, MovePhase};
use crate::math::lanes::{Lane, W};

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
    /// The same in Chebyshev coefficients along the mover's axis, where lanes can be used.
    pub spectral: Option<&'a [f64]>,
    /// Precision of the mover in this round of the plan.
    pub precision: f64,
}

impl Context<'_> {
    /// Number of lanes that node `n` keeps from round to round: `[line][block of beliefs][signal]`.
    pub fn lanes(
        game: &Game,
        grid: &BeliefGrid,
        layout: &Layout,
        phase: usize,
        moves: &MovePhase,
        n: usize,
    ) -> usize {
        let mover = moves.actors[0] as usize;
        if !usable(game, grid, moves, n) {
            return 0;
        }
        let block = &grid.blocks[mover];
        grid.points / block.points * block.points.div_ceil(W) * layout.signals[phase][n].len()
    }
}

/// Can the mover's stages at node `n` be solved in lanes?
fn usable(game: &Game, grid: &BeliefGrid, moves: &MovePhase, n: usize) -> bool {
    let types = game.actors[moves.actors[0] as usize].types.len();
    types == 2 && grid.axis.is_global() && !nested(&moves.node_kinds[n][0])
}

/// Does some kind hold several moves?
fn nested(kinds: &[u32]) -> bool {
    kinds.iter().enumerate().any(|(i, k)| *k as usize != i)
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
    lanes: LaneWork,
    lane_residual: f64,
    spectral: Vec<f64>,
    spectral_others: Vec<f64>,
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
    lanes: &mut [Lane],
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
    let nested = nested(kinds);
    let spectral = context.spectral.filter(|_| !lanes.is_empty());
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
        if !k.is_multiple_of(grid.axis.points) {
            Some(k - 1)
        } else {
            k.checked_sub(grid.axis.points)
        }
    };

    for line in 0..points / own {
        let (hi, lo) = (line / stride, line % stride);
        let at = |k: usize| hi * own * stride + k * stride + lo;
        buffer.line.clear();
        buffer.line.resize(own * unknowns, 0.0);
        buffer.doubtful.clear();
        buffer.doubtful.resize(own, false);
        // What the lanes solve needs no values at the points, unless they are searched again.
        let mut open: Vec<usize> = Vec::new();
        if let Some(table) = spectral {
            let size = own.div_ceil(W) * unknowns;
            let place = Line { n, line, hi, lo };
            open = in_lanes(
                context,
                &place,
                table,
                &other_seats,
                values,
                strategy,
                &mut lanes[line * size..(line + 1) * size],
                warm,
                buffer,
            );
            report.stages += (own - open.len()) as u64;
            report.residual = report.residual.max(buffer.lane_residual);
        } else {
            open.extend(0..own);
        }
        if !open.is_empty() || audit {
            gather(
                context,
                context.next,
                signals,
                next_rows,
                first_seat..first_seat + types,
                &at,
                own,
                &mut buffer.curves,
            );
            gather(
                context,
                context.next,
                signals,
                next_rows,
                other_seats.iter().copied(),
                &at,
                own,
                &mut buffer.others,
            );
        }
        {
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
            for k in open {
                let stage = stage_at(k);
                buffer.x.clear();
                if spectral.is_some() {
                    buffer.x.resize(unknowns, 0.0);
                } else if warm {
                    let old = &strategy[at(k) * types * count..][..types * count];
                    buffer.work.ratios_of(&stage, old, &mut buffer.x);
                } else if let Some(previous) = neighbour(k) {
                    buffer.x.extend_from_slice(
                        &buffer.line[previous * unknowns..(previous + 1) * unknowns],
                    );
                } else {
                    buffer.x.resize(unknowns, 0.0);
                }
                let mut residual = f64::INFINITY;
                if spectral.is_none() {
                    let newton = buffer.work.newton(&stage, &mut buffer.x, 1.0, 12);
                    if newton.sign > 0.0 {
                        residual = newton.residual;
                    }
                }
                if !(residual <= ACCEPTED) {
                    let followed = path::follow(&stage, &mut buffer.work, &mut buffer.x);
                    report.paths += 1;
                    report.folds += u64::from(followed.folds);
                    residual = followed.residual;
                    buffer.doubtful[k] = true;
                }
                report.stages += 1;
                if residual > report.residual || residual.is_nan() {
                    report.residual = residual;
                    report.worst = at(k);
                }
                buffer.line[k * unknowns..(k + 1) * unknowns].copy_from_slice(&buffer.x);
                if spectral.is_some() {
                    let (block, w) = (k / W, k % W);
                    for g in 0..unknowns {
                        lanes[(line * own.div_ceil(W) + block) * unknowns + g][w] = buffer.x[g];
                    }
                }
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

/// Σ B·V(next) of each pair over the mover's sub-grid, read from `table` (values or coefficients):
/// `[(pair * seats + seat) * own + k]`.
fn gather(
    context: &Context,
    table: &[f64],
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
                let source = &table[(row * context.layout.seats + seat) * points..][..points];
                for (k, value) in out[first..].iter_mut().enumerate() {
                    *value += believed * source[at(k)];
                }
            }
        }
    }
}

/// Writes the strategies and values of the stage that `work` holds.
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

/// One line of beliefs of one node: everything but the belief about the mover is fixed.
struct Line {
    n: usize,
    line: usize,
    hi: usize,
    lo: usize,
}

/// Solves a line eight beliefs at a time; returns the points left open. Fills `buffer.line`.
fn in_lanes(
    context: &Context,
    place: &Line,
    table: &[f64],
    other_seats: &[usize],
    values: &mut [f64],
    strategy: &mut [f64],
    kept: &mut [Lane],
    warm: bool,
    buffer: &mut Buffers,
) -> Vec<usize> {
    let Context {
        game,
        grid,
        layout,
        moves: phase,
        ..
    } = *context;
    let n = place.n;
    let mover = phase.actors[0] as usize;
    let first_seat = game.seat(mover);
    let alternatives = phase.alternatives(n);
    let count = alternatives.len();
    let signals = &layout.signals[context.phase][n];
    let unknowns = signals.len();
    let block = &grid.blocks[mover];
    let (own, stride) = (block.points, block.stride);
    let at = |k: usize| place.hi * own * stride + k * stride + place.lo;
    let next_rows = &layout.rows[layout.next_phase(context.phase)];
    debug_assert_eq!(place.hi * stride + place.lo, place.line);
    gather(
        context,
        table,
        signals,
        next_rows,
        first_seat..first_seat + 2,
        &at,
        own,
        &mut buffer.spectral,
    );
    gather(
        context,
        table,
        signals,
        next_rows,
        other_seats.iter().copied(),
        &at,
        own,
        &mut buffer.spectral_others,
    );
    let opportunity = phase.node_opportunity[n][0];
    let stage = LaneStage {
        signals,
        moves: count,
        opportunity: opportunity.believed,
        default: opportunity.default as usize,
        precision: context.precision,
        points: own,
        payoff: &buffer.payoff,
        curves: &buffer.spectral,
    };
    let mut open = Vec::new();
    buffer.lane_residual = 0.0;
    for b in 0..own.div_ceil(W) {
        let point = |w: usize| (b * W + w).min(own - 1);
        let log_odds: Lane = std::array::from_fn(|w| {
            let belief = &block.beliefs[point(w) * 2..point(w) * 2 + 2];
            crate::math::ln(belief[0] / belief[1]).clamp(-700.0, 700.0)
        });
        let work = &mut buffer.lanes;
        work.x.clear();
        if warm {
            work.x
                .extend_from_slice(&kept[b * unknowns..(b + 1) * unknowns]);
        } else {
            // From uniform play in steps; a fold on the way shows as a lane that is lost.
            work.x.resize(unknowns, [0.0; W]);
            for kappa in [0.25, 0.5, 0.75] {
                work.newton(&stage, &log_odds, kappa, 6);
            }
        }
        let end = work.newton(&stage, &log_odds, 1.0, 10);
        kept[b * unknowns..(b + 1) * unknowns].copy_from_slice(&work.x);
        for w in 0..W.min(own - b * W) {
            let k = b * W + w;
            if !(end.residual[w] <= ACCEPTED && end.sign[w] > 0.0) {
                open.push(k);
                for g in 0..unknowns {
                    kept[b * unknowns + g][w] = 0.0;
                }
                continue;
            }
            buffer.lane_residual = buffer.lane_residual.max(end.residual[w]);
            for g in 0..unknowns {
                buffer.line[k * unknowns + g] = work.x[g][w];
            }
            let target = &mut strategy[at(k) * 2 * count..][..2 * count];
            for (out, log) in target.iter_mut().zip(&work.log_sigma) {
                *out = log[w];
            }
        }
        record_lanes(
            context,
            n,
            &stage,
            work,
            &buffer.spectral_others,
            other_seats,
            b,
            &at,
            values,
        );
        // Lanes beyond the last point, and open ones, must not poison the next round's start.
        for lane in &mut kept[b * unknowns..(b + 1) * unknowns] {
            for value in lane.iter_mut().filter(|v| !v.is_finite()) {
                *value = 0.0;
            }
        }
    }
    open
}

/// Values of everybody at eight beliefs.
fn record_lanes(
    context: &Context,
    n: usize,
    stage: &LaneStage,
    work: &LaneWork,
    others: &[f64],
    other_seats: &[usize],
    b: usize,
    at: &impl Fn(usize) -> usize,
    values: &mut [f64],
) {
    let phase = context.moves;
    let grid = context.grid;
    let mover = phase.actors[0] as usize;
    let block = &grid.blocks[mover];
    let first_seat = context.game.seat(mover);
    let seats = context.layout.seats;
    let moves = stage.moves;
    let alternatives = phase.alternatives(n);
    let o = stage.opportunity;
    let lanes = W.min(block.points - b * W);
    let mut put = |seat: usize, value: &Lane| {
        for (w, v) in value.iter().enumerate().take(lanes) {
            values[seat * grid.points + at(b * W + w)] = *v;
        }
    };
    for t in 0..2 {
        let mut value = [0.0; W];
        for a in t * moves..(t + 1) * moves {
            let (sigma, u) = (&work.sigma[a], &work.value[a]);
            for w in 0..W {
                value[w] += sigma[w] * u[w];
            }
        }
        if o < 1.0 {
            let forced = &work.value[t * moves + stage.default];
            for w in 0..W {
                value[w] = o * value[w] + (1.0 - o) * forced[w];
            }
        }
        put(first_seat + t, &value);
    }
    let belief = |t: usize| -> Lane {
        std::array::from_fn(|w| block.beliefs[(b * W + w).min(block.points - 1) * 2 + t])
    };
    let (zero, one) = (belief(0), belief(1));
    let mut played = Vec::with_capacity(moves);
    for a in 0..moves {
        let forced = if a == stage.default { 1.0 - o } else { 0.0 };
        let mut share = [0.0; W];
        for w in 0..W {
            share[w] =
                o * (zero[w] * work.sigma[a][w] + one[w] * work.sigma[moves + a][w]) + forced;
        }
        played.push(share);
    }
    let points = stage.points;
    for (s, seat) in other_seats.iter().enumerate() {
        let mut value = [0.0; W];
        for (a, share) in played.iter().enumerate() {
            let payoff = phase.payoff[(alternatives.start + a) * seats + seat];
            for w in 0..W {
                value[w] += share[w] * payoff;
            }
        }
        for (p, (a, g)) in stage.signals.pairs.iter().enumerate() {
            let curve = &others[(p * other_seats.len() + s) * points..][..points];
            let basis = &work.basis[*g as usize * points..][..points];
            let mut sum = [0.0; W];
            for m in 0..points {
                for w in 0..W {
                    sum[w] += curve[m] * basis[m][w];
                }
            }
            for w in 0..W {
                value[w] += played[*a as usize][w] * sum[w];
            }
        }
        put(*seat, &value);
    }
}
