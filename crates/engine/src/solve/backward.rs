//! Backward induction: rounds from the last of the plan to the first, phases from the last to the
//! first, the nodes of a phase in parallel. Each node writes its own part of the tables, so the
//! result has the same bits for any number of threads.

use super::coefficients::Coefficients;
use super::layout::{Layout, Next};
use super::node::{self, Buffers, Context, NodeReport};
use super::simultaneous;
use super::solution::{Jump, OtherSolution, Solution, SolveReport, StrategyTable};
use super::stage::ACCEPTED;
use super::strips::Strips;
use super::{Observer, Options, SolveError};
use crate::belief::BeliefGrid;
use crate::game::{EventsPhase, Foresight, Game, Phase};
use crate::math::lanes::{Lane, W, add_scaled, exp, widest};
use rayon::prelude::*;

/// At most so many jumps are listed.
pub(super) const MAX_JUMPS: usize = 4096;
/// Nodes that one thread takes at a time, at most: the last to finish keeps the others waiting.
const TOGETHER: usize = 32;
/// Solutions beside those played that are listed.
pub(super) const MAX_OTHERS: usize = 256;

/// Solves a game for a finite plan.
pub(super) fn solve(
    game: &Game,
    options: &Options,
    observer: &dyn Observer,
) -> Result<Solution, SolveError> {
    let layout = Layout::of(game);
    let grid = BeliefGrid::new(game, options.belief_points, options.stencil);
    let (count, full) = match game.foresight {
        Foresight::Rounds(n) => (n.max(1), false),
        _ => (game.horizon, true),
    };
    let mut strategies: Vec<Vec<StrategyTable>> = Vec::new();
    let mut values: Vec<Vec<Vec<f64>>> = Vec::new();
    let mut start = afterwards(game, &layout, &grid);
    let mut after = start.clone();
    // Rows of ends are written once a round, and behind the nodes only where tables are kept.
    let row = layout.seats * grid.points;
    let first = layout.nodes.first().copied().unwrap_or(0) * row;
    let mut worth = start.split_off(first);
    let phases = game.phases.len() as u64;
    let total = u64::from(count) * phases;
    let mut rounds = Rounds::new(game, &layout, &grid, observer);
    rounds.audit_every = options.audit_every;
    for t in (0..count).rev() {
        if !full && t == 0 {
            let (nodes, tail) = after.split_at_mut(first);
            nodes.copy_from_slice(&start);
            tail.copy_from_slice(&worth);
        }
        put_ends(&end_values(game, count, t), grid.points, &mut worth);
        let round = Round {
            number: t,
            worth: &worth,
            keep: full || t == 0,
            // The second round for the comparison.
            play: full || t <= 1,
            compared: !full && t == 0 && count > 1,
            progress: (u64::from(count - 1 - t) * phases, total),
        };
        let mut tables = rounds.solve(&round, start)?;
        if round.keep {
            start = if t > 0 {
                tables[0][..first].to_vec()
            } else {
                Vec::new()
            };
            values.push(tables);
        } else {
            start = tables.swap_remove(0);
        }
        if full {
            strategies.push(rounds.tables.clone());
        }
    }
    observer.progress("solve", total, total);
    let Rounds { tables, report, .. } = rounds;
    if full {
        strategies.reverse();
        values.reverse();
    } else {
        strategies.push(tables);
    }
    Ok(Solution {
        grid,
        layout,
        strategies,
        values,
        after,
        report,
    })
}

/// Solves rounds, each from what the next one is worth; keeps play from round to round to start from.
pub(super) struct Rounds<'a> {
    game: &'a Game,
    layout: &'a Layout,
    grid: &'a BeliefGrid,
    observer: &'a dyn Observer,
    /// Every how manyth node is searched for further solutions.
    pub audit_every: usize,
    /// Play of the round that was solved last, by phase.
    pub tables: Vec<StrategyTable>,
    /// What happened in all rounds. `replanning` is that of the round compared last.
    pub report: SolveReport,
    warm: bool,
    lanes: Vec<Lanes>,
    coefficients: Coefficients,
    /// Every entry of a table is written anew: the last but one lends its memory. That of a new one
    /// comes where it is written, on all threads, since it is asked for as zeros.
    spare: Vec<f64>,
}

/// A round that is asked for.
pub(super) struct Round<'a> {
    /// Round of the plan.
    pub number: u32,
    /// What ends entered in it are worth: rows of the ends.
    pub worth: &'a [f64],
    /// Are the tables of all phases asked for, with the rows of the ends?
    pub keep: bool,
    /// Is its play asked for?
    pub play: bool,
    /// Is its play compared with that of the round solved before, which there must be?
    pub compared: bool,
    /// Steps done before, and all.
    pub progress: (u64, u64),
}

impl<'a> Rounds<'a> {
    /// Nothing solved yet.
    pub fn new(
        game: &'a Game,
        layout: &'a Layout,
        grid: &'a BeliefGrid,
        observer: &'a dyn Observer,
    ) -> Self {
        let phases = || game.phases.iter().enumerate();
        Self {
            game,
            layout,
            grid,
            observer,
            audit_every: usize::MAX,
            tables: phases()
                .map(|(p, phase)| empty_table(game, layout, grid, p, phase))
                .collect(),
            report: SolveReport::default(),
            warm: false,
            lanes: phases()
                .map(|(p, phase)| Lanes::of(game, layout, grid, p, phase))
                .collect(),
            coefficients: Coefficients::default(),
            spare: Vec::new(),
        }
    }

    /// Solves one round. `start` is what the nodes at the start of the next one are worth there. Returns
    /// the tables of all phases where they are asked for, else the nodes of the first alone.
    ///
    /// # Errors
    /// A stage that did not close, or interrupted.
    pub fn solve(
        &mut self,
        round: &Round,
        mut start: Vec<f64>,
    ) -> Result<Vec<Vec<f64>>, SolveError> {
        let (game, layout, grid) = (self.game, self.layout, self.grid);
        let row = layout.seats * grid.points;
        discount(game, row, grid.points, &mut start);
        let mut next = start;
        let mut kept: Vec<Vec<f64>> = Vec::new();
        if round.compared {
            self.report.replanning = Some(0.0);
        }
        for p in (0..game.phases.len()).rev() {
            if self.observer.cancelled() {
                return Err(SolveError::Cancelled);
            }
            let (before, total) = round.progress;
            let done = before + (game.phases.len() - 1 - p) as u64;
            self.observer.progress("solve", done, total);
            let mut table: Vec<f64> = std::mem::take(&mut self.spare);
            let size = layout.nodes[p] * row;
            let room = size + if round.keep { round.worth.len() } else { 0 };
            if table.capacity() < room {
                table = vec![0.0; room];
            }
            table.resize(size, 0.0);
            let next_values = Next {
                nodes: &next,
                ends: round.worth,
                width: row,
            };
            self.phase(p, round, next_values, &mut table)?;
            let mut after = std::mem::replace(&mut next, table);
            if round.keep && p + 1 < game.phases.len() {
                after.par_extend(round.worth.par_iter());
                kept.push(after);
            } else {
                self.spare = after;
            }
        }
        self.warm = true;
        if round.keep {
            next.par_extend(round.worth.par_iter());
        }
        kept.push(next);
        kept.reverse();
        Ok(kept)
    }

    /// One phase: fills the rows of its nodes.
    fn phase(
        &mut self,
        p: usize,
        round: &Round,
        next: Next,
        nodes: &mut [f64],
    ) -> Result<(), SolveError> {
        let (game, layout, grid, observer) = (self.game, self.layout, self.grid, self.observer);
        let t = round.number;
        match &game.phases[p] {
            Phase::Events(phase) => events(phase, layout, grid, p, next, nodes),
            Phase::Move(phase) if phase.is_joint() => {
                let precision = |actor: &u32| game.precision(*actor as usize, t);
                let context = simultaneous::Context {
                    game,
                    grid,
                    layout,
                    phase: p,
                    moves: phase,
                    next,
                    round: t,
                    precision: phase.actors.iter().map(precision).collect(),
                };
                simultaneous::solve(
                    &context,
                    &mut self.tables[p],
                    nodes,
                    round.compared,
                    self.audit_every,
                    observer,
                    &mut self.report,
                )?;
            }
            Phase::Move(phase) => {
                let mover = phase.actors[0] as usize;
                let in_lanes = !self.lanes[p].x.is_empty();
                let block = &grid.blocks[mover];
                let strips = Strips::new(grid.points / block.points, block.points);
                let mut places = Vec::new();
                if in_lanes {
                    self.coefficients
                        .read(grid, mover, layout.seats, next.nodes);
                    places = strips.all(block);
                }
                let context = Context {
                    game,
                    grid,
                    layout,
                    phase: p,
                    moves: phase,
                    next,
                    coefficients: in_lanes.then_some(&self.coefficients),
                    strips,
                    places: &places,
                    precision: game.precision(mover, t),
                    kept: round.play,
                };
                let reports = moves(
                    &context,
                    &mut self.tables[p],
                    &mut self.lanes[p],
                    nodes,
                    self.warm,
                    round.compared,
                    self.audit_every,
                    observer,
                );
                collect(&context, t, reports, &mut self.report)?;
            }
        }
        Ok(())
    }
}

/// Value of the start of a round when foresight runs out, rows of phase 0.
pub(crate) fn afterwards(game: &Game, layout: &Layout, grid: &BeliefGrid) -> Vec<f64> {
    let points = grid.points;
    let mut table =
        vec![
            0.0;
            (layout.nodes.first().copied().unwrap_or(0) + layout.ends) * layout.seats * points
        ];
    let Some(phase) = game.phases.first() else {
        return table;
    };
    for (row, state) in phase.states().iter().enumerate() {
        for seat in 0..layout.seats {
            let cell = &mut table[(row * layout.seats + seat) * points..][..points];
            let entry = *state as usize * layout.seats + seat;
            cell.fill(game.afterwards[entry]);
            for part in &game.afterwards_belief {
                let coefficient = part.coefficient[entry];
                if coefficient != 0.0 {
                    for (point, value) in cell.iter_mut().enumerate() {
                        *value += coefficient
                            * grid.belief(part.actor as usize, point)[part.kind as usize];
                    }
                }
            }
        }
    }
    table
}

/// Value of each end state, by seat, when it is entered in plan round `t` of `rounds`; where there is no
/// last round its flow goes on for ever.
pub(crate) fn end_values(game: &Game, rounds: u32, t: u32) -> Vec<Vec<f64>> {
    game.ends
        .iter()
        .map(|end| {
            let mut seat = 0;
            let mut values = Vec::with_capacity(end.value.len());
            for actor in &game.actors {
                for _ in &actor.types {
                    let mut factor = 1.0;
                    let mut value = end.value[seat];
                    if game.foresight == Foresight::Unbounded {
                        value += actor.discount / (1.0 - actor.discount) * end.flow[seat];
                    } else {
                        for _ in 1..rounds - t {
                            factor *= actor.discount;
                            value += factor * end.flow[seat];
                        }
                        value += factor * actor.discount * end.after[seat];
                    }
                    values.push(value);
                    seat += 1;
                }
            }
            values
        })
        .collect()
}

/// The table seen by the last phase: the next round's `start` discounted, ends at this round's worth.
pub(super) fn into_next_round(
    game: &Game,
    layout: &Layout,
    grid: &BeliefGrid,
    mut start: Vec<f64>,
    ends: &[Vec<f64>],
) -> Vec<f64> {
    let row = layout.seats * grid.points;
    let (nodes, tail) = start.split_at_mut(layout.nodes[0] * row);
    discount(game, row, grid.points, nodes);
    put_ends(ends, grid.points, tail);
    start
}

/// Discounts values of nodes, rows of `row` numbers, from the next round to this one.
fn discount(game: &Game, row: usize, points: usize, nodes: &mut [f64]) {
    nodes.par_chunks_mut(row.max(1)).for_each(|node| {
        let mut seats = node.chunks_exact_mut(points);
        for actor in &game.actors {
            for values in seats.by_ref().take(actor.types.len()) {
                for value in values {
                    *value *= actor.discount;
                }
            }
        }
    });
}

/// Writes what ends are worth into the rows of a table behind its nodes.
pub(super) fn put_ends(ends: &[Vec<f64>], points: usize, tail: &mut [f64]) {
    let row = tail.len() / ends.len().max(1);
    tail.par_chunks_exact_mut(row.max(1))
        .zip(ends)
        .for_each(|(row, end)| {
            for (seat, value) in row.chunks_exact_mut(points).zip(end) {
                seat.fill(*value);
            }
        });
}

/// Chance: payoff plus the believed mean of what follows.
fn events(
    phase: &EventsPhase,
    layout: &Layout,
    grid: &BeliefGrid,
    p: usize,
    next: Next,
    nodes: &mut [f64],
) {
    let row = layout.seats * grid.points;
    let rows = &layout.rows[layout.next_phase(p)];
    nodes
        .par_chunks_mut(row.max(1))
        .enumerate()
        .for_each(|(n, out)| {
            for seat in 0..layout.seats {
                out[seat * grid.points..][..grid.points]
                    .fill(phase.payoff[n * layout.seats + seat]);
            }
            for o in phase.outcomes(n) {
                let believed = phase.outcome_believed[o];
                let source = next.row(rows[phase.outcome_next[o] as usize] as usize);
                add_scaled(out, believed, source);
            }
        });
}

/// All nodes of a mover's phase, in parallel; reports in node order.
fn moves(
    context: &Context,
    table: &mut StrategyTable,
    lanes: &mut Lanes,
    nodes: &mut [f64],
    warm: bool,
    compared: bool,
    audit_every: usize,
    observer: &dyn Observer,
) -> Vec<Option<NodeReport>> {
    let row = context.layout.seats * context.grid.points;
    let mut pieces: Vec<&mut [f64]> = Vec::with_capacity(table.start.len());
    let mut rest = table.log_sigma.as_mut_slice();
    for pair in table.start.windows(2) {
        let (piece, tail) = rest.split_at_mut(pair[1] - pair[0]);
        pieces.push(piece);
        rest = tail;
    }
    let mut kept: Vec<&mut [Lane]> = Vec::with_capacity(table.start.len());
    let mut rest = lanes.x.as_mut_slice();
    for pair in lanes.start.windows(2) {
        let (piece, tail) = rest.split_at_mut(pair[1] - pair[0]);
        kept.push(piece);
        rest = tail;
    }
    nodes
        .par_chunks_mut(row)
        .zip(pieces.into_par_iter().zip(kept.into_par_iter()))
        .enumerate()
        .with_max_len(TOGETHER)
        .map_init(
            Buffers::default,
            |buffers, (n, (values, (strategy, lanes)))| {
                if observer.cancelled() {
                    return None;
                }
                // The start is always searched.
                let audit = n % audit_every.max(1) == 0
                    || context.moves.node_state[n] == context.game.start;
                if compared {
                    buffers.before.clear();
                    buffers.before.extend_from_slice(strategy);
                }
                let mut report =
                    node::solve(context, n, values, strategy, lanes, warm, audit, buffers);
                if compared {
                    report.replanned = largest_difference(&buffers.before, strategy);
                }
                Some(report)
            },
        )
        .collect()
}

/// Adds the nodes' reports to the whole, in order; the first stage without a solution is an error.
fn collect(
    context: &Context,
    round: u32,
    reports: Vec<Option<NodeReport>>,
    total: &mut SolveReport,
) -> Result<(), SolveError> {
    let game = context.game;
    let mover = context.moves.actors[0] as usize;
    for (n, report) in reports.into_iter().enumerate() {
        let Some(report) = report else {
            return Err(SolveError::Cancelled);
        };
        let state = context.moves.node_state[n] as usize;
        if !(report.residual <= ACCEPTED) {
            let belief: Vec<String> = context
                .grid
                .belief(mover, report.worst)
                .iter()
                .zip(&game.actors[mover].types)
                .map(|(b, t)| format!("{} {b:.4}", t.name))
                .collect();
            return Err(SolveError::Unconverged {
                actor: game.actors[mover].name.clone(),
                state: game.states[state].clone(),
                belief: belief.join(", "),
                round,
                residual: report.residual,
            });
        }
        total.stages += report.stages;
        total.residual = total.residual.max(report.residual);
        total.paths += report.paths;
        total.folds += report.folds;
        total.audited += report.audited;
        total.multiple += report.multiple;
        if let Some(change) = &mut total.replanning {
            *change = change.max(report.replanned);
        }
        total.jump_count += report.jumps.len() as u64;
        for (point, strategies) in report.others {
            if total.others.len() < MAX_OTHERS {
                total.others.push(OtherSolution {
                    round,
                    phase: context.phase as u32,
                    state: game.states[state].clone(),
                    belief: (0..game.actors.len())
                        .map(|a| context.grid.belief(a, point).to_vec())
                        .collect(),
                    strategies: vec![strategies],
                });
            }
        }
        for (from, to) in report.jumps {
            if total.jumps.len() < MAX_JUMPS {
                total.jumps.push(Jump {
                    round,
                    phase: context.phase as u32,
                    state: game.states[state].clone(),
                    actor: game.actors[mover].name.clone(),
                    between: [
                        context.grid.belief(mover, from).to_vec(),
                        context.grid.belief(mover, to).to_vec(),
                    ],
                });
            }
        }
    }
    Ok(())
}

/// A table of the right shape for phase `p`.
fn empty_table(
    game: &Game,
    layout: &Layout,
    grid: &BeliefGrid,
    p: usize,
    phase: &Phase,
) -> StrategyTable {
    let Phase::Move(phase) = phase else {
        return StrategyTable::default();
    };
    let mut start = Vec::with_capacity(layout.nodes[p] * phase.actors.len() + 1);
    let mut total = 0;
    for moves in &phase.node_moves {
        for (actor, moves) in phase.actors.iter().zip(moves) {
            start.push(total);
            total += game.actors[*actor as usize].types.len() * moves.len() * grid.points;
        }
    }
    start.push(total);
    StrategyTable {
        start,
        log_sigma: vec![0.0; total],
    }
}

/// Solutions of the stages solved in lanes, from which the round before starts.
struct Lanes {
    /// Node → first lane.
    start: Vec<usize>,
    x: Vec<Lane>,
}

impl Lanes {
    fn of(game: &Game, layout: &Layout, grid: &BeliefGrid, p: usize, phase: &Phase) -> Self {
        let mut start = vec![0];
        let mut total = 0;
        if let Phase::Move(phase) = phase
            && !phase.is_joint()
        {
            for n in 0..phase.nodes() {
                total += Context::lanes(game, grid, layout, p, phase, n);
                start.push(total);
            }
        }
        Self {
            start,
            // Side by side, since the memory comes when it is written.
            x: (0..total).into_par_iter().map(|_| Lane::ZERO).collect(),
        }
    }
}

widest! {
    /// max |e^x − e^y| over the numbers of two slices.
    pub(super) fn largest_difference(x: &[f64], y: &[f64]) -> f64 => by_lanes
}

#[inline(always)]
fn by_lanes(x: &[f64], y: &[f64]) -> f64 {
    let mut largest = Lane::ZERO;
    for (x, y) in x.chunks(W).zip(y.chunks(W)) {
        let lane = |from: &[f64]| Lane::of(|w| from.get(w).copied().unwrap_or(f64::NEG_INFINITY));
        let apart = exp(&lane(x)) - exp(&lane(y));
        largest = Lane::of(|w| largest[w].max(apart[w].abs()));
    }
    largest.iter().fold(0.0, |m, x| m.max(*x))
}
