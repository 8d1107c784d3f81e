//! Phases in which several actors choose at once.
//!
//! At each node and belief the stage's equations ([`stage`]) are followed from uniform play to the
//! target precision and polished with Newton's method. Every belief is followed from the start: where
//! players in the same situation could begin to play differently, a warm start would choose for them.

mod stage;

use super::backward::largest_difference;
use super::layout::{Layout, Next};
use super::path::{Equations, follow_equations};
use super::solution::{Jump, OtherSolution, SolveReport, StrategyTable};
use super::stage::ACCEPTED;
use super::{Observer, SolveError};
use crate::belief::BeliefGrid;
use crate::game::{Game, MovePhase, Noise};
use crate::math::exp;
use rayon::prelude::*;
pub(crate) use stage::entropy;
use stage::{Joint, Mover, Stage, Work};

/// Solutions further apart than this in some probability are two.
const APART: f64 = 1e-6;
/// At most so many starts are tried in a search for further solutions.
const MAX_STARTS: usize = 700;
/// Stages of a node that are searched because of what was met on their path.
const SEARCHED: usize = 4;

/// What the nodes of one phase and round share.
pub(super) struct Context<'a> {
    pub game: &'a Game,
    pub grid: &'a BeliefGrid,
    pub layout: &'a Layout,
    /// Index of the phase.
    pub phase: usize,
    /// Its tables.
    pub moves: &'a MovePhase,
    /// Continuation values.
    pub next: Next<'a>,
    /// Round of the plan.
    pub round: u32,
    /// Precision of each mover in this round of the plan.
    pub precision: Vec<f64>,
}

/// What happened at one node.
#[derive(Default)]
struct NodeReport {
    stages: u64,
    residual: f64,
    /// Grid point of the largest residual.
    worst: usize,
    /// Largest change of a probability, where play is compared with that before.
    replanned: f64,
    folds: u64,
    crossings: u64,
    audited: u64,
    multiple: u64,
    /// Mover whose belief changes, and the two grid points.
    jumps: Vec<(usize, usize, usize)>,
    /// Grid point, and log-ratios of a further solution.
    others: Vec<(usize, Vec<Vec<Vec<f64>>>)>,
}

/// Solves all nodes of a phase: fills `nodes` (values) and `table` (strategies).
pub(super) fn solve(
    context: &Context,
    table: &mut StrategyTable,
    nodes: &mut [f64],
    compared: bool,
    audit_every: usize,
    observer: &dyn Observer,
    total: &mut SolveReport,
) -> Result<(), SolveError> {
    let movers = context.moves.actors.len();
    let mut pieces: Vec<&mut [f64]> = Vec::with_capacity(context.moves.nodes());
    let mut rest = table.log_sigma.as_mut_slice();
    for n in 0..context.moves.nodes() {
        let size = table.start[(n + 1) * movers] - table.start[n * movers];
        let (piece, tail) = rest.split_at_mut(size);
        pieces.push(piece);
        rest = tail;
    }
    let row = context.layout.seats * context.grid.points;
    let reports: Vec<Option<NodeReport>> = nodes
        .par_chunks_mut(row.max(1))
        .zip(pieces)
        .enumerate()
        .map_init(Work::default, |work, (n, (values, strategy))| {
            if observer.cancelled() {
                return None;
            }
            let audit = n % audit_every.max(1) == 0;
            let before = compared.then(|| strategy.to_vec());
            let mut report = node(context, n, values, strategy, audit, work);
            if let Some(before) = before {
                report.replanned = largest_difference(&before, strategy);
            }
            Some(report)
        })
        .collect();
    collect(context, reports, total)
}

/// Adds the nodes' reports to the whole, in order; the first stage without a solution is an error.
fn collect(
    context: &Context,
    reports: Vec<Option<NodeReport>>,
    total: &mut SolveReport,
) -> Result<(), SolveError> {
    let (game, grid) = (context.game, context.grid);
    let name = |mover: usize| {
        let actor = context.moves.actors[mover] as usize;
        game.actors[actor].name.clone()
    };
    for (n, report) in reports.into_iter().enumerate() {
        let Some(report) = report else {
            return Err(SolveError::Cancelled);
        };
        let state = &game.states[context.moves.node_state[n] as usize];
        if !(report.residual <= ACCEPTED) {
            let movers: Vec<String> = (0..context.moves.actors.len()).map(name).collect();
            let belief: Vec<String> = (context.moves.actors.iter())
                .flat_map(|a| {
                    let actor = &game.actors[*a as usize];
                    let belief = grid.belief(*a as usize, report.worst);
                    let parts = actor.types.iter().zip(belief);
                    parts.map(|(t, b)| format!("{} {} {b:.4}", actor.name, t.name))
                })
                .collect();
            return Err(SolveError::Unconverged {
                actor: movers.join(" and "),
                state: state.clone(),
                belief: belief.join(", "),
                round: context.round,
                residual: report.residual,
            });
        }
        total.stages += report.stages;
        total.residual = total.residual.max(report.residual);
        total.paths += report.stages;
        total.folds += report.folds;
        total.crossings += report.crossings;
        total.audited += report.audited;
        total.multiple += report.multiple;
        if let Some(change) = &mut total.replanning {
            *change = change.max(report.replanned);
        }
        total.jump_count += report.jumps.len() as u64;
        for (mover, from, to) in report.jumps {
            let actor = context.moves.actors[mover] as usize;
            if total.jumps.len() < super::backward::MAX_JUMPS {
                total.jumps.push(Jump {
                    round: context.round,
                    phase: context.phase as u32,
                    state: state.clone(),
                    actor: name(mover),
                    between: [
                        grid.belief(actor, from).to_vec(),
                        grid.belief(actor, to).to_vec(),
                    ],
                });
            }
        }
        for (point, strategies) in report.others {
            if total.others.len() < super::backward::MAX_OTHERS {
                total.others.push(OtherSolution {
                    round: context.round,
                    phase: context.phase as u32,
                    state: state.clone(),
                    belief: (0..game.actors.len())
                        .map(|a| grid.belief(a, point).to_vec())
                        .collect(),
                    strategies,
                });
            }
        }
    }
    Ok(())
}

/// How the beliefs about those who move lie in the grid.
struct SubGrid {
    /// Mover → points, and their distance in the grid.
    movers: Vec<(usize, usize)>,
    /// Number of points.
    size: usize,
}

impl SubGrid {
    fn of(context: &Context) -> Self {
        let of = |actor: &u32| {
            let block = &context.grid.blocks[*actor as usize];
            (block.points, block.stride)
        };
        let movers: Vec<(usize, usize)> = context.moves.actors.iter().map(of).collect();
        Self {
            size: movers.iter().map(|(own, _)| own).product(),
            movers,
        }
    }

    /// Distance in the grid of sub-grid point `k` from the first.
    fn offset(&self, mut k: usize) -> usize {
        let mut offset = 0;
        for (own, stride) in self.movers.iter().rev() {
            offset += k % own * stride;
            k /= own;
        }
        offset
    }

    /// Points of the grid at which all movers' beliefs are the first.
    fn bases(&self, points: usize) -> impl Iterator<Item = usize> + '_ {
        (0..points).filter(|point| {
            let digit = |(own, stride): &(usize, usize)| point / stride % own == 0;
            self.movers.iter().all(digit)
        })
    }

    /// Neighbouring sub-grid points along the beliefs about mover `m`: (before, after).
    fn neighbours(&self, m: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
        let own = self.movers[m].0;
        let apart: usize = self.movers[m + 1..].iter().map(|(own, _)| own).product();
        (0..self.size)
            .filter(move |k| !(k / apart).is_multiple_of(own))
            .map(move |k| (k - apart, k))
    }

    /// The point in the middle.
    fn middle(&self) -> usize {
        let add = |k: usize, (own, _): &(usize, usize)| k * own + (own - 1) / 2;
        self.movers.iter().fold(0, add)
    }
}

/// Those who move at node `n`.
fn movers<'a>(context: &Context<'a>, n: usize) -> Vec<Mover<'a>> {
    let phase = context.moves;
    let (mut unknown, mut slot, mut mean, mut axis) = (0, 0, 0, 0);
    let mut out = Vec::with_capacity(phase.actors.len());
    for (m, actor) in phase.actors.iter().enumerate() {
        let actor = *actor as usize;
        let types = context.game.actors[actor].types.len();
        let moves = phase.node_moves[n][m].len();
        let kinds = &phase.node_kinds[n][m];
        let opportunity = phase.node_opportunity[n][m];
        let nested = kinds.iter().enumerate().any(|(a, k)| *k as usize != a);
        out.push(Mover {
            types,
            moves,
            kinds: nested.then_some(kinds.as_slice()),
            opportunity: opportunity.believed,
            default: opportunity.default as usize,
            precision: context.precision[m],
            seat: context.game.seat(actor),
            unknown,
            slot,
            mean,
            axis,
        });
        unknown += types * (moves - 1);
        slot += types * moves;
        mean += moves;
        axis += types - 1;
    }
    out
}

/// Solves node `n` at all beliefs.
fn node(
    context: &Context,
    n: usize,
    values: &mut [f64],
    strategy: &mut [f64],
    audit: bool,
    work: &mut Work,
) -> NodeReport {
    let Context {
        game, grid, moves, ..
    } = *context;
    let sub = SubGrid::of(context);
    let movers = movers(context, n);
    let signals = &context.layout.signals[context.phase][n];
    let seats = context.layout.seats;
    let taste = game.noise == Noise::Taste;
    let points = grid.points;
    let mut report = NodeReport::default();
    let mut curves = Vec::new();
    let mut seat_values = vec![0.0; seats];
    for base in sub.bases(points) {
        gather(context, n, &sub, base, &mut curves);
        let common = Stage {
            phase: moves,
            first: moves.alternatives(n).start,
            signals,
            movers: &movers,
            axis: &grid.axis,
            seats,
            size: sub.size,
            curves: &curves,
            beliefs: &[],
        };
        let beliefs_at = |point: usize| -> Vec<&[f64]> {
            let of = |actor: &u32| grid.belief(*actor as usize, point);
            moves.actors.iter().map(of).collect()
        };
        let mut solved: Vec<Vec<f64>> = Vec::with_capacity(sub.size);
        let mut doubtful = vec![false; sub.size];
        for k in 0..sub.size {
            let point = base + sub.offset(k);
            let beliefs = beliefs_at(point);
            let stage = Stage {
                beliefs: &beliefs,
                ..common
            };
            let mut x = vec![0.0; stage.unknowns()];
            let mut joint = Joint {
                stage: &stage,
                work,
            };
            let path = follow_equations(&mut joint, &mut x);
            report.stages += 1;
            report.folds += u64::from(path.folds);
            report.crossings += u64::from(path.crossings);
            doubtful[k] = path.folds + path.crossings > 0;
            if path.residual > report.residual || path.residual.is_nan() {
                report.residual = path.residual;
                report.worst = point;
            }
            write(&movers, points, point, &work.log_sigma, strategy);
            work.seats(&stage, taste, &mut seat_values);
            for (seat, value) in seat_values.iter().enumerate() {
                values[seat * points + point] = *value;
            }
            if !(path.residual <= ACCEPTED) {
                return report;
            }
            let met = doubtful[k] && (report.audited as usize) < SEARCHED;
            if (audit && k == sub.middle()) || met {
                let found = search(&stage, work, &x);
                report.audited += 1;
                report.multiple += u64::from(!found.is_empty());
                report
                    .others
                    .extend(found.into_iter().map(|sigma| (point, sigma)));
            }
            solved.push(x);
        }
        // Between neighbouring beliefs: does the branch go through?
        for (m, mover) in movers.iter().enumerate().filter(|(_, m)| m.types == 2) {
            for (from, to) in sub.neighbours(m) {
                let far = distance(&solved[from], &solved[to]) > 1.0;
                if !(far || doubtful[from] || doubtful[to]) {
                    continue;
                }
                let (start, end) = (base + sub.offset(from), base + sub.offset(to));
                let mut x = solved[from].clone();
                let (before, after) = (beliefs_at(start)[m], beliefs_at(end)[m]);
                let steps = 32;
                for step in 1..=steps {
                    let share = f64::from(step) / f64::from(steps);
                    let between: Vec<f64> = (before.iter().zip(after))
                        .map(|(b, a)| b + share * (a - b))
                        .collect();
                    let mut beliefs = beliefs_at(end);
                    if step < steps {
                        beliefs[m] = &between;
                    }
                    let stage = Stage {
                        beliefs: &beliefs,
                        ..common
                    };
                    let mut joint = Joint {
                        stage: &stage,
                        work,
                    };
                    joint.newton(&mut x, 1.0, 12);
                }
                if apart(&movers, &x, &solved[to]) > APART {
                    report.jumps.push((m, start, end));
                }
                debug_assert_eq!(mover.types, 2);
            }
        }
    }
    report
}

/// Largest difference of two log-ratios.
fn distance(x: &[f64], y: &[f64]) -> f64 {
    x.iter()
        .zip(y)
        .fold(0.0, |m: f64, (a, b)| m.max((a - b).abs()))
}

/// Choice probabilities: mover → type → move.
fn strategies(movers: &[Mover], x: &[f64]) -> Vec<Vec<Vec<f64>>> {
    let of_type = |mover: &Mover, t: usize| {
        let first = mover.unknown + t * (mover.moves - 1);
        let mut logs = vec![0.0];
        logs.extend_from_slice(&x[first..first + mover.moves - 1]);
        let total = crate::math::log_sum_exp(&logs);
        logs.iter().map(|l| exp(l - total)).collect()
    };
    let of = |mover: &Mover| (0..mover.types).map(|t| of_type(mover, t)).collect();
    movers.iter().map(of).collect()
}

/// Largest difference of two solutions in a probability.
fn apart(movers: &[Mover], x: &[f64], y: &[f64]) -> f64 {
    let flat = |x| strategies(movers, x).into_iter().flatten().flatten();
    flat(x)
        .zip(flat(y))
        .fold(0.0, |m: f64, (a, b)| m.max((a - b).abs()))
}

/// Σ B·V(next) of each pair over the movers' sub-grid: `[(pair * seats + seat) * size + k]`.
fn gather(context: &Context, n: usize, sub: &SubGrid, base: usize, out: &mut Vec<f64>) {
    let (layout, points) = (context.layout, context.grid.points);
    let signals = &layout.signals[context.phase][n];
    let rows = &layout.rows[layout.next_phase(context.phase)];
    out.clear();
    for p in 0..signals.pairs.len() {
        for seat in 0..layout.seats {
            let first = out.len();
            out.resize(first + sub.size, 0.0);
            for o in signals.outcomes(p) {
                let o = *o as usize;
                let row = rows[context.moves.outcome_next[o] as usize] as usize;
                let believed = context.moves.outcome_believed[o];
                let source = &context.next.row(row)[seat * points..][..points];
                for (k, value) in out[first..].iter_mut().enumerate() {
                    *value += believed * source[base + sub.offset(k)];
                }
            }
        }
    }
}

/// Writes the play of a stage into a node's part of the strategy table.
fn write(movers: &[Mover], points: usize, point: usize, log_sigma: &[f64], strategy: &mut [f64]) {
    let mut first = 0;
    for mover in movers {
        let size = mover.types * mover.moves;
        strategy[first + point * size..][..size]
            .copy_from_slice(&log_sigma[mover.slot..mover.slot + size]);
        first += size * points;
    }
}

/// Further solutions of a stage, by Newton's method from many starts: every type near uniform play or
/// bent towards one of its moves, a little or much. A search, not a proof that there are no others.
fn search(stage: &Stage, work: &mut Work, played: &[f64]) -> Vec<Vec<Vec<Vec<f64>>>> {
    let mut found: Vec<Vec<f64>> = vec![played.to_vec()];
    for start in starts(stage.movers) {
        let mut x = start;
        let mut joint = Joint { stage, work };
        let newton = joint.newton(&mut x, 1.0, 60);
        let new = |y: &Vec<f64>| apart(stage.movers, &x, y) > APART;
        if newton.residual <= ACCEPTED && found.iter().all(new) {
            found.push(x);
        }
    }
    let others = found.iter().skip(1);
    others.map(|x| strategies(stage.movers, x)).collect()
}

/// Starts of the search: all combinations where these are few, else those in which all types of a
/// mover start alike; none where even these are many.
fn starts(movers: &[Mover]) -> Vec<Vec<f64>> {
    let bent = |mover: &Mover, strengths: &[f64]| {
        let mut out = vec![vec![0.0; mover.moves - 1]];
        for strength in strengths {
            for a in 0..mover.moves {
                let toward = |b: usize| match (a, b + 1 == a) {
                    (0, _) => -strength,
                    (_, true) => *strength,
                    _ => 0.0,
                };
                out.push((0..mover.moves - 1).map(toward).collect());
            }
        }
        out
    };
    let combined = |strengths: &[f64], alike: bool| {
        let mut all: Vec<Vec<f64>> = vec![Vec::new()];
        for mover in movers {
            let (times, copies) = if alike {
                (1, mover.types)
            } else {
                (mover.types, 1)
            };
            for _ in 0..times {
                let options = bent(mover, strengths);
                if all.len() * options.len() > MAX_STARTS {
                    return None;
                }
                all = all
                    .iter()
                    .flat_map(|start| {
                        options.iter().map(move |option| {
                            let mut next = start.clone();
                            for _ in 0..copies {
                                next.extend_from_slice(option);
                            }
                            next
                        })
                    })
                    .collect();
            }
        }
        Some(all)
    };
    combined(&[1.0, 5.0], false)
        .or_else(|| combined(&[5.0], false))
        .or_else(|| combined(&[1.0, 5.0], true))
        .or_else(|| combined(&[5.0], true))
        .unwrap_or_default()
}
