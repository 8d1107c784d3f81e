//! One node of a mover over the whole belief grid.
//!
//! Along the mover's own axis neighbouring beliefs are close: each stage starts from the solution of
//! the round after it, or of its neighbour, and goes back to the path from uniform play when that
//! does not lead to a solution on the branch of that path.

use super::coefficients::Coefficients;
use super::ends;
use super::lanes::{Kinds, LaneWork};
use super::layout::{Layout, Next};
use super::line;
use super::path;
use super::simultaneous::entropy;
use super::stage::{ACCEPTED, Stage, Work};
use super::strips::{Strip, Strips};
use crate::belief::BeliefGrid;
use crate::game::{Game, MovePhase, Noise};
use crate::math::exp;
use crate::math::lanes::Lane;

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
    /// Continuation values.
    pub next: Next<'a>,
    /// The same as the lanes read them, where lanes can be used.
    pub coefficients: Option<&'a Coefficients>,
    /// How the mover's lines of beliefs lie in lanes.
    pub strips: Strips,
    /// The strips themselves, where lanes can be used.
    pub places: &'a [Strip],
    /// Precision of the mover in this round of the plan.
    pub precision: f64,
    /// Is play in this round of the plan asked for? Lanes write down only that.
    pub kept: bool,
}

impl Context<'_> {
    /// Number of lanes that node `n` keeps from round to round: `[strip][block][signal]`.
    pub fn lanes(
        game: &Game,
        grid: &BeliefGrid,
        layout: &Layout,
        phase: usize,
        moves: &MovePhase,
        n: usize,
    ) -> usize {
        let mover = moves.actors[0] as usize;
        if !usable(game, grid, moves) {
            return 0;
        }
        let block = &grid.blocks[mover];
        let strips = Strips::new(grid.points / block.points, block.points);
        strips.count() * strips.blocks() * layout.signals[phase][n].len()
    }
}

/// Can the mover's stages be solved in lanes?
fn usable(game: &Game, grid: &BeliefGrid, moves: &MovePhase) -> bool {
    game.actors[moves.actors[0] as usize].types.len() == 2
        && grid.axis.is_global()
        && game.noise == Noise::Error
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
    /// The same of the later round that `line` was started from.
    later: Vec<f64>,
    doubtful: Vec<bool>,
    pub(super) lanes: LaneWork,
    /// What the strip before changed in the start of its lanes.
    pub(super) changed: Vec<Lane>,
    /// Continuations of the node as the lanes read them.
    pub(super) coefficients: Coefficients,
    pub(super) kinds: Kinds,
    /// Play before the node is solved, where the two are compared.
    pub(super) before: Vec<f64>,
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
    /// Largest change of a probability, where play is compared with that before.
    pub replanned: f64,
    /// Stages solved along their path.
    pub paths: u64,
    /// Folds passed.
    pub folds: u64,
    /// Stages searched for a second solution.
    pub audited: u64,
    /// Stages with a second solution.
    pub multiple: u64,
    /// The second solutions: grid point, and choice probabilities `[type][move]`.
    pub others: Vec<(usize, Vec<Vec<f64>>)>,
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
    let coefficients = context.coefficients.filter(|_| !lanes.is_empty());
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

    // What the lanes leave open is solved below like the stages of movers of other kinds.
    let mut left = Vec::new();
    if let Some(table) = coefficients {
        buffer.coefficients.gather(context, n, table);
        buffer.kinds.read(kinds, signals);
        ends::solve(context, n, &other_seats, values, strategy, buffer);
        // Neighbours two by two.
        let pairs: Vec<&[usize]> = other_seats
            .chunk_by(|a, b| a + 1 == *b)
            .flat_map(|seats| seats.chunks(2))
            .collect();
        let found = line::solve(
            context, n, &pairs, values, strategy, lanes, warm, audit, buffer,
        );
        report.stages += (points - found.open.len()) as u64;
        report.residual = found.residual;
        left = found.open;
        if left.is_empty() && !(audit && found.doubt) {
            if audit {
                report.audited += (points / own * (own - 1)) as u64;
            }
            return report;
        }
    }
    for line in 0..points / own {
        let (hi, lo) = (line / stride, line % stride);
        let at = |k: usize| hi * own * stride + k * stride + lo;
        buffer.line.clear();
        buffer.line.resize(own * unknowns, 0.0);
        buffer.later.resize(own * unknowns, 0.0);
        buffer.doubtful.clear();
        buffer.doubtful.resize(own, false);
        let open: Vec<usize> = if coefficients.is_some() {
            for k in 1..own - 1 {
                let (block, w) = context.strips.place(line, k);
                for g in 0..unknowns {
                    buffer.line[k * unknowns + g] = lanes[block * unknowns + g][w];
                }
            }
            let here = left.iter().filter(|(l, _)| *l == line);
            here.map(|(_, k)| *k).collect()
        } else {
            (0..own).collect()
        };
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
                if coefficients.is_some() {
                    buffer.x.resize(unknowns, 0.0);
                } else if warm {
                    let old = &strategy[at(k) * types * count..][..types * count];
                    buffer.work.ratios_of(&stage, old, &mut buffer.x);
                    buffer.later[k * unknowns..(k + 1) * unknowns].copy_from_slice(&buffer.x);
                    // What the neighbour changed against the later round.
                    if let Some(previous) = neighbour(k) {
                        ahead(
                            &mut buffer.x,
                            previous,
                            &buffer.line,
                            previous,
                            &buffer.later,
                        );
                    }
                } else if let Some(previous) = neighbour(k) {
                    let first = previous * unknowns;
                    buffer
                        .x
                        .extend_from_slice(&buffer.line[first..first + unknowns]);
                    // What the neighbour changed against its own.
                    if k % grid.axis.points > 1 {
                        ahead(
                            &mut buffer.x,
                            previous,
                            &buffer.line,
                            previous - 1,
                            &buffer.line,
                        );
                    }
                } else {
                    buffer.x.resize(unknowns, 0.0);
                }
                let mut residual = f64::INFINITY;
                if coefficients.is_none() {
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
                if coefficients.is_some() {
                    let (block, w) = context.strips.place(line, k);
                    for g in 0..unknowns {
                        lanes[block * unknowns + g][w] = buffer.x[g];
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
                    if apart > line::APART {
                        report.multiple += 1;
                        buffer.doubtful[k] = true;
                        let (second, sigma) = (buffer.x.clone(), buffer.work.sigma.clone());
                        let followed = path::follow(&stage, &mut buffer.work, &mut buffer.x);
                        if context.kept {
                            // The path leads to one of the two; the other is not played.
                            let of = at(k) * types * count..(at(k) + 1) * types * count;
                            let sigma = if difference(&stage, &buffer.x, &second) > line::APART {
                                sigma
                            } else {
                                strategy[of].iter().map(|l| exp(*l)).collect()
                            };
                            let by_type = sigma.chunks(count).map(<[f64]>::to_vec);
                            report.others.push((at(k), by_type.collect()));
                        }
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
                    if difference(&stage_at(k), &buffer.x, stored) > line::APART {
                        report.jumps.push((at(k - 1), at(k)));
                    }
                }
            }
        }
    }
    report
}

/// Changes further than this, in log-ratios, are not carried on to a neighbour.
const FAR: f64 = 0.5;

/// Adds to a start the change from the solution at place `j` of `before` to that at place `i` of `now`,
/// where it is small.
fn ahead(x: &mut [f64], i: usize, now: &[f64], j: usize, before: &[f64]) {
    let n = x.len();
    let changes = now[i * n..][..n].iter().zip(&before[j * n..][..n]);
    for (x, (now, before)) in x.iter_mut().zip(changes) {
        let change = now - before;
        if change.abs() < FAR {
            *x += change;
        }
    }
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
    table: Next,
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
                let source = &table.row(row)[seat * points..][..points];
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
        let mut planned: f64 = work.sigma[range.clone()]
            .iter()
            .zip(&work.value[range.clone()])
            .map(|(s, u)| s * u)
            .sum();
        if context.game.noise == Noise::Taste && stage.precision > 0.0 {
            planned +=
                entropy(&work.sigma[range.clone()], &work.log_sigma[range]) / stage.precision;
        }
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
