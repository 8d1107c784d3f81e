//! Planned values taken apart by named term.
//!
//! With the strategies of the plan held, a planned value is linear in what is paid. The terms are
//! carried backwards side by side by the solver's own weights (the same choice probabilities,
//! posteriors and interpolation between beliefs), so they add to the planned values up to rounding.
//! What a term earns after the foresight is the term's; payments at moves, the worth of ends, what an
//! `afterwards` block says and, with `noise taste`, what tastes are worth are accounts of their own.

use super::forever;
use super::resolve::AnalysisError;
use super::tastes;
use crate::belief::Footprint;
use crate::game::{Foresight, Game, MovePhase, NONE, Noise, Phase, State};
use crate::math::largest;
use crate::play::{BeliefLayout, Play};
use crate::solve::{Observer, Solution, SolveError};
use rayon::prelude::*;

use super::line::{move_to, played};

/// Payments at moves.
pub const MOVES: &str = "moves";
/// The worth of ends.
pub const ENDS: &str = "ends";
/// What an `afterwards` block says.
pub const AFTERWARDS: &str = "afterwards";
/// With `noise taste`: what following one's tastes at one's own later choices is worth.
pub const TASTES: &str = "tastes";

/// One account of one seat: an actor of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Whose.
    pub actor: usize,
    /// Of which type.
    pub kind: usize,
    /// Name of the term, or [`MOVES`], [`ENDS`], [`AFTERWARDS`], [`TASTES`].
    pub name: String,
    seat: usize,
    term: Option<usize>,
}

/// Planned values of one round by term.
pub struct Terms<'a> {
    /// The game.
    pub game: &'a Game,
    /// Its whole plan.
    pub plan: &'a Solution,
    /// Round of the plan that is looked at: 0 where foresight rolls.
    pub round: usize,
    /// The accounts: seats in order, the terms of each in the written order.
    pub columns: Vec<Column>,
    /// The columns of payments at moves, with their seats.
    payments: Vec<(usize, usize)>,
    /// `[phase][(row * points + point) * columns + column]`, and the first phase of the next round.
    tables: Vec<Vec<f64>>,
}

/// A decision: phase, node and flat public belief.
#[derive(Clone, Copy, Debug)]
pub struct Place<'b> {
    /// Phase.
    pub phase: usize,
    /// Node.
    pub node: usize,
    /// Flat public belief.
    pub belief: &'b [f64],
}

/// What one move is worth at a decision: by column, and the same by seat as the solver values it.
#[derive(Clone, Debug)]
pub struct Worth {
    /// By [`Terms::columns`].
    pub terms: Vec<f64>,
    /// Planned value by seat.
    pub seats: Vec<f64>,
}

impl Column {
    /// Is it what tastes are worth?
    pub fn is_tastes(&self) -> bool {
        self.term.is_none() && self.name == TASTES
    }

    /// The payoff term whose account it is, if it is one's.
    pub(super) fn term(&self) -> Option<usize> {
        self.term
    }
}

impl<'a> Terms<'a> {
    /// Takes the values of `plan`, the [`whole`](super::plan::whole) solution of `game`, in calendar round `round` apart.
    ///
    /// # Errors
    /// Interrupted; stationary play of a game with private types, or whose terms are not found to 1e-8.
    pub fn of(
        game: &'a Game,
        plan: &'a Solution,
        round: u32,
        observer: &dyn Observer,
    ) -> Result<Self, AnalysisError> {
        let shown = plan.plan_round(game, round);
        let columns = columns(game);
        let paid = |c: &Column| c.term.is_none() && c.name == MOVES;
        let payments = columns.iter().enumerate().filter(|(_, c)| paid(c));
        let mut terms = Self {
            game,
            plan,
            round: shown,
            payments: payments.map(|(c, column)| (c, column.seat)).collect(),
            columns,
            tables: Vec::new(),
        };
        let rounds = plan.values.len();
        let phases = game.phases.len();
        let unbounded = game.foresight == Foresight::Unbounded;
        let mut next = if unbounded {
            let mut next = forever::values(game, plan, &terms.columns)?;
            next.resize(next.len() + plan.layout.ends * terms.width(), 0.0);
            next
        } else {
            terms.afterwards()
        };
        // The tables are large: the last but one lends its memory.
        let mut spare = Vec::new();
        for t in (shown..rounds).rev() {
            if observer.cancelled() {
                return Err(SolveError::Cancelled.into());
            }
            observer.progress("terms", (rounds - 1 - t) as u64, rounds as u64);
            terms.set_ends(&mut next, 0, t, phases - 1);
            if t == shown {
                terms.tables.push(next.clone());
            }
            for p in (0..phases).rev() {
                let table = terms.phase(t, p, &next, spare);
                spare = std::mem::replace(&mut next, table);
                if t == shown {
                    terms.tables.push(next.clone());
                }
            }
        }
        terms.tables.reverse();
        if unbounded {
            terms.lasts()?;
        }
        Ok(terms)
    }

    /// Of stationary play: is a round later worth what it is now?
    fn lasts(&self) -> Result<(), AnalysisError> {
        let (Some(now), Some(later)) = (self.tables.first(), self.tables.last()) else {
            return Ok(());
        };
        let discounts = self
            .columns
            .iter()
            .map(|c| self.game.actors[c.actor].discount);
        let left: Vec<f64> = discounts.map(|d| 1.0 - d).collect();
        let pairs = now.iter().zip(later).enumerate();
        let residual = largest(
            pairs.map(|(k, (a, b))| (a - b).abs() / (left[k % left.len()] * (1.0 + b.abs()))),
        );
        if residual <= 1e-8 {
            return Ok(());
        }
        Err(SolveError::NoStationary {
            how: "what the terms of payoffs come to for ever was not found".into(),
            residual,
        }
        .into())
    }

    fn width(&self) -> usize {
        self.columns.len()
    }

    fn points(&self) -> usize {
        self.plan.grid.points
    }

    /// Values where foresight ends, in rows of the first phase.
    fn afterwards(&self) -> Vec<f64> {
        let (game, layout) = (self.game, &self.plan.layout);
        let (points, width) = (self.points(), self.width());
        let mut table = vec![0.0; (layout.nodes[0] + layout.ends) * points * width];
        for (row, state) in game.phases[0].states().iter().enumerate() {
            for point in 0..points {
                let cells = &mut table[(row * points + point) * width..][..width];
                let mut rest: Vec<f64> = (0..layout.seats)
                    .map(|s| self.plan.after[(row * layout.seats + s) * points + point])
                    .collect();
                for (cell, column) in cells.iter_mut().zip(&self.columns) {
                    if let Some(k) = column.term {
                        let term = &game.terms[k];
                        let kinds = game.actors[column.actor].types.len();
                        *cell = term.span * term.flow[*state as usize * kinds + column.kind];
                        rest[column.seat] -= *cell;
                    }
                }
                for (cell, column) in cells.iter_mut().zip(&self.columns) {
                    if column.term.is_none() && column.name == AFTERWARDS {
                        *cell = rest[column.seat];
                    }
                }
            }
        }
        table
    }

    /// Puts the worth of ends entered in phase `p` of plan round `t` into the rows of phase `q`.
    fn set_ends(&self, table: &mut [f64], q: usize, t: usize, p: usize) {
        let layout = &self.plan.layout;
        let (points, width) = (self.points(), self.width());
        let values = &self.plan.values[t][p];
        let rows = &mut table[layout.nodes[q] * points * width..];
        rows.fill(0.0);
        let ends = |c: &Column| c.term.is_none() && c.name == ENDS;
        for (c, column) in self.columns.iter().enumerate().filter(|(_, c)| ends(c)) {
            for e in 0..layout.ends {
                let from = ((layout.nodes[p] + e) * layout.seats + column.seat) * points;
                for point in 0..points {
                    rows[(e * points + point) * width + c] = values[from + point];
                }
            }
        }
    }

    /// Factor of each column from the next phase into phase `p`.
    fn factors(&self, p: usize) -> Vec<f64> {
        let later = p + 1 == self.game.phases.len();
        let of = |c: &Column| {
            if later {
                self.game.actors[c.actor].discount
            } else {
                1.0
            }
        };
        self.columns.iter().map(of).collect()
    }

    /// Row of what follows phase `p` in `state`, and whether that ends the crisis.
    fn row(&self, p: usize, state: State) -> Option<(usize, bool)> {
        let layout = &self.plan.layout;
        let q = layout.next_phase(p);
        let row = layout.rows[q][state as usize];
        (row != NONE).then_some((row as usize, row as usize >= layout.nodes[q]))
    }

    /// Adds `share` times what follows phase `p` in `state` at `footprint` to `cells`; `share` is by
    /// column, and is left multiplied by the column's factor.
    fn follow(
        &self,
        p: usize,
        next: &[f64],
        (state, footprint): (u32, &Footprint),
        (factors, share): (&[f64], &mut [f64]),
        cells: &mut [f64],
    ) {
        let Some((row, ends)) = self.row(p, state) else {
            return;
        };
        let (points, width) = (self.points(), self.width());
        // What ends the crisis is worth the same whenever in the round it comes.
        if !ends {
            for (share, factor) in share.iter_mut().zip(factors) {
                *share *= factor;
            }
        }
        for (index, weight) in footprint.index.iter().zip(&footprint.weight) {
            let from = &next[(row * points + *index as usize) * width..][..width];
            for ((cell, value), share) in cells.iter_mut().zip(from).zip(&*share) {
                *cell += share * weight * value;
            }
        }
    }

    /// The table of phase `p` of plan round `t`, from that of the phase after it; in the memory of `table`.
    fn phase(&self, t: usize, p: usize, next: &[f64], mut table: Vec<f64>) -> Vec<f64> {
        let layout = &self.plan.layout;
        let (points, width) = (self.points(), self.width());
        let size = points * width;
        let rows = layout.nodes[p] + layout.ends;
        table.resize(rows * size, 0.0);
        let factors = self.factors(p);
        let nodes = &mut table[..layout.nodes[p] * size];
        if size > 0 {
            nodes.par_chunks_mut(size).enumerate().for_each(|(n, row)| {
                row.fill(0.0);
                match &self.game.phases[p] {
                    Phase::Events(_) => self.chance(p, n, next, &factors, row),
                    Phase::Move(phase) => self.choice((t, p, n), phase, next, &factors, row),
                }
            });
        }
        self.set_ends(&mut table, p, t, p);
        table
    }

    fn chance(&self, p: usize, n: usize, next: &[f64], factors: &[f64], row: &mut [f64]) {
        let Phase::Events(phase) = &self.game.phases[p] else {
            return;
        };
        let width = self.width();
        let pays = self.game.phases[..p]
            .iter()
            .all(|q| matches!(q, Phase::Move(_)));
        let state = phase.node_state[n] as usize;
        if pays {
            for cells in row.chunks_mut(width) {
                for (cell, column) in cells.iter_mut().zip(&self.columns) {
                    if let Some(k) = column.term {
                        let kinds = self.game.actors[column.actor].types.len();
                        *cell += self.game.terms[k].flow[state * kinds + column.kind];
                    }
                }
            }
        }
        let mut share = vec![0.0; width];
        for o in phase.outcomes(n) {
            let Some((to, ends)) = self.row(p, phase.outcome_next[o]) else {
                continue;
            };
            let believed = phase.outcome_believed[o];
            for (share, factor) in share.iter_mut().zip(factors) {
                *share = if ends { believed } else { believed * factor };
            }
            // Chance teaches nothing: every point goes on at its own.
            let from = next[to * row.len()..][..row.len()].chunks(width);
            for (cells, from) in row.chunks_mut(width).zip(from) {
                for ((cell, value), share) in cells.iter_mut().zip(from).zip(&share) {
                    *cell += share * value;
                }
            }
        }
    }

    fn choice(
        &self,
        (t, p, n): (usize, usize, usize),
        phase: &MovePhase,
        next: &[f64],
        factors: &[f64],
        row: &mut [f64],
    ) {
        let (game, solution) = (self.game, self.plan);
        let width = self.width();
        let mover = phase.actors[0] as usize;
        let signals = &solution.layout.signals[p][n];
        let alternatives = phase.alternatives(n);
        let first = phase.outcomes(alternatives.start).start;
        let types = game.actors[mover].types.len();
        let mut play = Play::default();
        let mut footprint = Footprint::default();
        let mut share = vec![0.0; width];
        // The mover knows its type, the others have their belief.
        let view: Vec<usize> = (self.columns.iter())
            .map(|c| if c.actor == mover { c.kind } else { types })
            .collect();
        // Of each target: its probability by type of the mover, and as the public sees it.
        let mut reach = vec![0.0; signals.targets.len() * (types + 1)];
        for (point, cells) in row.chunks_mut(width).enumerate() {
            play.at_point(game, solution, phase, (t, p, n), point);
            let belief = solution.grid.belief(mover, point);
            let put = |share: &mut [f64], own: &[f64]| {
                for (share, view) in share.iter_mut().zip(&view) {
                    *share = own[*view];
                }
            };
            reach.fill(0.0);
            let mut own = vec![0.0; types + 1];
            for (a, alternative) in alternatives.clone().enumerate() {
                own[types] = 0.0;
                for k in 0..types {
                    own[k] = played(phase, n, &play.sigma, k, a);
                    own[types] += own[k] * belief[k];
                }
                put(&mut share, &own);
                self.paid(phase, alternative, &share, cells);
                for o in phase.outcomes(alternative) {
                    let target = signals.outcome_target[o - first] as usize;
                    let reach = &mut reach[target * (types + 1)..][..types + 1];
                    for (reach, own) in reach.iter_mut().zip(&own) {
                        *reach += own * phase.outcome_believed[o];
                    }
                }
            }
            for (own, (to, g)) in reach.chunks(types + 1).zip(&signals.targets) {
                if own.iter().all(|x| *x == 0.0) {
                    continue;
                }
                let g = *g as usize;
                let posterior = &play.posterior[g * types..(g + 1) * types];
                move_to(solution, mover, posterior, point, &mut footprint);
                put(&mut share, own);
                let to = (*to, &footprint);
                self.follow(p, next, to, (factors, &mut share), cells);
            }
            for (cell, column) in cells.iter_mut().zip(&self.columns) {
                if column.actor == mover && column.is_tastes() {
                    let moves = alternatives.len();
                    let sigma = &play.sigma[column.kind * moves..(column.kind + 1) * moves];
                    let chance = phase.node_opportunity[n][0].believed;
                    *cell += chance * tastes::in_choice(game, mover, sigma);
                }
            }
        }
    }

    /// Adds payments at a move, times `share`.
    fn paid(&self, phase: &MovePhase, alternative: usize, share: &[f64], cells: &mut [f64]) {
        let seats = self.game.seats();
        for (c, seat) in &self.payments {
            cells[*c] += share[*c] * phase.payoff[alternative * seats + seat];
        }
    }

    /// What each move of a decision is worth to everybody, by term.
    pub fn at(&self, place: Place) -> Vec<Worth> {
        let (game, solution) = (self.game, self.plan);
        let Some(Phase::Move(phase)) = game.phases.get(place.phase) else {
            return Vec::new();
        };
        let (p, n, width) = (place.phase, place.node, self.width());
        let after = posteriors(game, solution, phase, self.round, place);
        let signals = &solution.layout.signals[p][n];
        let alternatives = phase.alternatives(n);
        let first = phase.outcomes(alternatives.start).start;
        let factors = self.factors(p);
        let next = &self.tables[p + 1];
        let one = vec![1.0; width];
        alternatives
            .map(|alternative| {
                let mut terms = vec![0.0; width];
                self.paid(phase, alternative, &one, &mut terms);
                let seats = game.seats();
                let mut totals =
                    phase.payoff[alternative * seats..(alternative + 1) * seats].to_vec();
                for o in phase.outcomes(alternative) {
                    let mut share = vec![phase.outcome_believed[o]; width];
                    let footprint = &after[signals.outcome_signal[o - first] as usize];
                    let to = (phase.outcome_next[o], footprint);
                    self.follow(p, next, to, (&factors, &mut share), &mut terms);
                    for (seat, total) in totals.iter_mut().enumerate() {
                        *total += phase.outcome_believed[o] * self.planned(p, to, seat);
                    }
                }
                Worth {
                    terms,
                    seats: totals,
                }
            })
            .collect()
    }

    /// Payments at move `a` of a decision, by column.
    pub fn payments(&self, place: Place, a: usize) -> Vec<f64> {
        let mut cells = vec![0.0; self.width()];
        if let Some(Phase::Move(phase)) = self.game.phases.get(place.phase) {
            let one = vec![1.0; self.width()];
            self.paid(
                phase,
                phase.alternatives(place.node).start + a,
                &one,
                &mut cells,
            );
        }
        cells
    }

    /// Believed probability of those results of move `a` of a decision that `keep`, and their value ×
    /// probability by column.
    pub fn results(&self, place: Place, a: usize, keep: impl Fn(State) -> bool) -> (f64, Vec<f64>) {
        let (mut probability, mut cells) = (0.0, vec![0.0; self.width()]);
        let Some(Phase::Move(phase)) = self.game.phases.get(place.phase) else {
            return (probability, cells);
        };
        let after = posteriors(self.game, self.plan, phase, self.round, place);
        let signals = &self.plan.layout.signals[place.phase][place.node];
        let alternatives = phase.alternatives(place.node);
        let first = phase.outcomes(alternatives.start).start;
        let factors = self.factors(place.phase);
        for o in phase.outcomes(alternatives.start + a) {
            let likelihood = phase.outcome_believed[o];
            if !keep(phase.outcome_next[o]) || likelihood == 0.0 {
                continue;
            }
            probability += likelihood;
            let footprint = &after[signals.outcome_signal[o - first] as usize];
            let mut share = vec![likelihood; self.width()];
            let to = (phase.outcome_next[o], footprint);
            let next = &self.tables[place.phase + 1];
            self.follow(place.phase, next, to, (&factors, &mut share), &mut cells);
        }
        (probability, cells)
    }

    /// Planned value by column before phase `p` in `state`, at `beliefs` by actor; `None` where the
    /// state is not met there.
    pub fn before(&self, p: usize, state: State, beliefs: &[Vec<f64>]) -> Option<Vec<f64>> {
        let row = *self.plan.layout.rows.get(p)?.get(state as usize)?;
        if row == NONE {
            return None;
        }
        let footprint = self.plan.footprint(&self.plan.grid.axis, beliefs);
        let (points, width) = (self.points(), self.width());
        let mut cells = vec![0.0; width];
        for (index, weight) in footprint.index.iter().zip(&footprint.weight) {
            let from =
                &self.tables[p][(row as usize * points + *index as usize) * width..][..width];
            for (cell, value) in cells.iter_mut().zip(from) {
                *cell += weight * value;
            }
        }
        Some(cells)
    }

    /// Planned value by column of what follows phase `p` in `state`, at `beliefs` by actor; `None` where
    /// the state is not met after it.
    pub fn after(&self, p: usize, state: State, beliefs: &[Vec<f64>]) -> Option<Vec<f64>> {
        let q = self.plan.layout.next_phase(p);
        if self.plan.layout.rows[q]
            .get(state as usize)
            .is_none_or(|row| *row == NONE)
        {
            return None;
        }
        let footprint = self.plan.footprint(&self.plan.grid.axis, beliefs);
        let mut cells = vec![0.0; self.width()];
        let mut one = vec![1.0; self.width()];
        let to = (state, &footprint);
        let factors = self.factors(p);
        self.follow(p, &self.tables[p + 1], to, (&factors, &mut one), &mut cells);
        Some(cells)
    }

    /// Planned value of a seat after phase `p`, from the solver's tables.
    fn planned(&self, p: usize, (state, footprint): (u32, &Footprint), seat: usize) -> f64 {
        let layout = &self.plan.layout;
        let q = layout.next_phase(p);
        let row = layout.rows[q][state as usize];
        if row == NONE {
            return 0.0;
        }
        let row = row as usize;
        let later = p + 1 == self.game.phases.len();
        let (table, row, factor) = match row.checked_sub(layout.nodes[q]) {
            Some(end) => (&self.plan.values[self.round][p], layout.nodes[p] + end, 1.0),
            None if !later => (&self.plan.values[self.round][q], row, 1.0),
            None => (
                self.plan
                    .values
                    .get(self.round + 1)
                    .map_or(&self.plan.after, |v| &v[0]),
                row,
                self.discount(seat),
            ),
        };
        let points = self.points();
        let first = (row * layout.seats + seat) * points;
        factor * footprint.value(&table[first..first + points])
    }

    fn discount(&self, seat: usize) -> f64 {
        let mut left = seat;
        for actor in &self.game.actors {
            match left.checked_sub(actor.types.len()) {
                Some(rest) => left = rest,
                None => return actor.discount,
            }
        }
        1.0
    }

    /// Largest difference between planned values and the sums of their terms.
    pub fn error(&self) -> f64 {
        let layout = &self.plan.layout;
        let (points, width) = (self.points(), self.width());
        let mut worst: f64 = 0.0;
        for p in 0..self.game.phases.len() {
            let rows = self.tables[p].len() / (points * width).max(1);
            for at in 0..rows * points {
                let (row, point) = (at / points, at % points);
                let mut sums = vec![0.0; layout.seats];
                for (c, column) in self.columns.iter().enumerate() {
                    sums[column.seat] += self.tables[p][at * width + c];
                }
                for (seat, sum) in sums.iter().enumerate() {
                    let value = self.plan.values[self.round][p]
                        [(row * layout.seats + seat) * points + point];
                    worst = largest([worst, (sum - value).abs()]);
                }
            }
        }
        worst
    }
}

/// Belief on the grid after each signal of a decision.
pub(super) fn posteriors(
    game: &Game,
    solution: &Solution,
    phase: &MovePhase,
    round: usize,
    place: Place,
) -> Vec<Footprint> {
    let mover = phase.actors[0] as usize;
    let layout = BeliefLayout::of(game);
    let mut play = Play::default();
    let at = (round, place.phase, place.node);
    play.at(game, solution, &layout, phase, at, place.belief, true);
    let mut beliefs: Vec<Vec<f64>> = (0..game.actors.len())
        .map(|a| place.belief[layout.range(a)].to_vec())
        .collect();
    let types = beliefs[mover].len();
    (0..solution.layout.signals[place.phase][place.node].len())
        .map(|g| {
            beliefs[mover].copy_from_slice(&play.posterior[g * types..(g + 1) * types]);
            solution.footprint(&solution.grid.axis, &beliefs)
        })
        .collect()
}

/// The accounts of a game.
fn columns(game: &Game) -> Vec<Column> {
    let mut columns = Vec::new();
    let mut seat = 0;
    for (actor, declared) in game.actors.iter().enumerate() {
        for kind in 0..declared.types.len() {
            let mut add = |name: &str, term: Option<usize>| {
                columns.push(Column {
                    actor,
                    kind,
                    name: name.to_owned(),
                    seat,
                    term,
                });
            };
            for (k, term) in game.terms.iter().enumerate() {
                if term.actor as usize == actor {
                    add(&term.name, Some(k));
                }
            }
            add(MOVES, None);
            if !game.ends.is_empty() {
                add(ENDS, None);
            }
            add(AFTERWARDS, None);
            if game.noise == Noise::Taste {
                add(TASTES, None);
            }
            seat += 1;
        }
    }
    columns
}
