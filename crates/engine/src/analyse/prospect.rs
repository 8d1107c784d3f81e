//! What one actor faces over the rounds of its plan: the probability of being struck and its value,
//! under its own or restrained conduct, and with strikes as solved or as often as is imposed.
//!
//! Built backwards over the belief grid. Others play as the solution has them play in each round, and
//! learn from conduct as the solution has them learn. Several cases are carried at once, since what
//! costs time is shared by them.

use super::line::{move_to, played};
use super::tastes;
use crate::belief::Footprint;
use crate::game::{Game, Label, MovePhase, Phase};
use crate::math::{exp, log_sum_exp};
use crate::play::Play;
use crate::solve::backward::{afterwards, end_values};
use crate::solve::{Observer, Solution, SolveError};
use rayon::prelude::*;

/// What being struck is, and what the actor may do first.
#[derive(Clone, Debug)]
pub struct Threat {
    /// Who may strike first, or be struck.
    pub actor: usize,
    /// Its moves that cross, strike first or dash.
    pub first: Vec<Label>,
    /// Its moves that are no restraint either (crossings of other lines of the same holder).
    pub neither: Vec<Label>,
    /// Moves of others by which it is struck.
    pub strikes: Vec<Label>,
    /// States in which it has been struck; where there are some, entering one counts, not the move.
    pub struck: Option<Vec<bool>>,
    /// States in which no strike is imposed any more: the dash is complete.
    pub complete: Option<Vec<bool>>,
}

/// The actor's own conduct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    /// As solved.
    Solved,
    /// As solved, but that it never moves first.
    Restrained,
    /// Chosen anew, by logit, against what is imposed.
    Anew,
}

/// One way in which things may go on.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Probability a round with which others strike where they can; `None` as solved.
    pub imposed: Option<f64>,
    /// The actor's conduct.
    pub own: Own,
}

/// Probability of being struck and value of one move, by case and type.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Branch {
    /// Believed probability of being struck within the plan.
    pub struck: f64,
    /// Value.
    pub value: f64,
}

/// What follows a decision, over the belief grid.
pub struct Prospect<'a> {
    game: &'a Game,
    solution: &'a Solution,
    threat: &'a Threat,
    cases: &'a [Case],
    kinds: usize,
    points: usize,
    /// What is imposed on one decision of somebody else, by case.
    imposed: Vec<Option<f64>>,
}

/// Room to work in, lent from node to node.
#[derive(Default)]
struct Work {
    play: Play,
    /// Belief after each signal.
    after: Vec<Footprint>,
    branches: Branches,
    shares: Vec<f64>,
    solved: Vec<f64>,
}

/// What each move of a decision leads to: `[move][case][struck, value][type]`.
#[derive(Default)]
struct Branches {
    found: Vec<f64>,
    /// What follows each (next state, signal), once for all moves that lead there.
    ahead: Vec<f64>,
    known: Vec<bool>,
}

/// Tables of one phase: `[row][point][case][struck, value][type]`, so that what is interpolated between
/// points is one run of numbers.
pub type Table = Vec<f64>;

impl<'a> Prospect<'a> {
    /// For `cases` of a threat.
    pub fn new(
        game: &'a Game,
        solution: &'a Solution,
        threat: &'a Threat,
        cases: &'a [Case],
    ) -> Self {
        let strikes = |phase: &Phase| match phase {
            Phase::Move(phase) => {
                let mut labels = phase.node_moves.iter().flat_map(|m| &m[0]);
                labels.any(|l| threat.strikes.contains(l))
            }
            Phase::Events(_) => false,
        };
        // As often a round, over the decisions of a round at which somebody may strike.
        let chances = game.phases.iter().filter(|p| strikes(p)).count().max(1);
        let each = |q: f64| 1.0 - (1.0 - q).powf(1.0 / chances as f64);
        Self {
            game,
            solution,
            threat,
            cases,
            kinds: game.actors[threat.actor].types.len(),
            points: solution.grid.points,
            imposed: cases.iter().map(|c| c.imposed.map(each)).collect(),
        }
    }

    /// Numbers at a point.
    fn stride(&self) -> usize {
        self.cases.len() * 2 * self.kinds
    }

    fn width(&self) -> usize {
        self.stride() * self.points
    }

    /// Place of a number at its point.
    fn at(&self, case: usize, quantity: usize, kind: usize) -> usize {
        (case * 2 + quantity) * self.kinds + kind
    }

    /// The runs of one quantity, over points and cases, in a row.
    fn runs<'t>(&self, row: &'t mut [f64], quantity: usize) -> impl Iterator<Item = &'t mut [f64]> {
        let kinds = self.kinds;
        let all = row.chunks_exact_mut(kinds);
        all.skip(quantity).step_by(2)
    }

    /// What follows phase `phase` of calendar round `round`, with `rounds` rounds of the plan from
    /// there.
    ///
    /// # Errors
    /// [`SolveError::Cancelled`].
    pub fn after(
        &self,
        (round, phase): (u32, usize),
        rounds: u32,
        observer: &dyn Observer,
    ) -> Result<Table, SolveError> {
        let layout = &self.solution.layout;
        let width = self.width();
        let seat = self.game.seat(self.threat.actor);
        let last = afterwards(self.game, layout, &self.solution.grid);
        let mut next = vec![0.0; (layout.nodes[0] + layout.ends) * width];
        for (row, out) in next.chunks_mut(width.max(1)).enumerate() {
            for (point, out) in out.chunks_exact_mut(self.stride()).enumerate() {
                for run in self.runs(out, 1) {
                    for (kind, value) in run.iter_mut().enumerate() {
                        *value = last[(row * layout.seats + seat + kind) * self.points + point];
                    }
                }
            }
        }
        let discount = self.game.actors[self.threat.actor].discount;
        for t in (0..rounds.max(1)).rev() {
            let ends = end_values(self.game, rounds.max(1), t);
            for row in next.chunks_mut(width.max(1)) {
                for run in self.runs(row, 1) {
                    run.iter_mut().for_each(|v| *v *= discount);
                }
            }
            self.put_ends(&mut next, layout.nodes[0], &ends);
            for p in (0..self.game.phases.len()).rev() {
                if t == 0 && p == phase {
                    return Ok(next);
                }
                if observer.cancelled() {
                    return Err(SolveError::Cancelled);
                }
                let mut table = vec![0.0; (layout.nodes[p] + layout.ends) * width];
                self.put_ends(&mut table, layout.nodes[p], &ends);
                let (nodes, _) = table.split_at_mut(layout.nodes[p] * width);
                nodes
                    .par_chunks_mut(width.max(1))
                    .enumerate()
                    .for_each_init(Work::default, |work, (n, out)| match &self.game.phases[p] {
                        Phase::Events(_) => self.chance(p, n, &next, out),
                        Phase::Move(moves) => {
                            self.choice((round + t, p, n), moves, &next, work, out);
                        }
                    });
                next = table;
            }
        }
        Ok(next)
    }

    fn put_ends(&self, table: &mut [f64], nodes: usize, ends: &[Vec<f64>]) {
        let seat = self.game.seat(self.threat.actor);
        let width = self.width();
        for (row, end) in table[nodes * width..].chunks_mut(width.max(1)).zip(ends) {
            for run in self.runs(row, 1) {
                run.copy_from_slice(&end[seat..seat + self.kinds]);
            }
        }
    }

    /// Row of what follows phase `p` in state `to`.
    fn row<'t>(&self, next: &'t [f64], p: usize, to: u32) -> &'t [f64] {
        let layout = &self.solution.layout;
        let row = layout.rows[layout.next_phase(p)][to as usize] as usize;
        &next[row * self.width()..][..self.width()]
    }

    fn enters(&self, to: u32) -> bool {
        let struck = self.threat.struck.as_ref();
        struck.is_some_and(|s| s[to as usize])
    }

    fn chance(&self, p: usize, n: usize, next: &[f64], out: &mut [f64]) {
        let Phase::Events(phase) = &self.game.phases[p] else {
            return;
        };
        let seat = self.game.seat(self.threat.actor);
        for o in phase.outcomes(n) {
            let (to, believed) = (phase.outcome_next[o], phase.outcome_believed[o]);
            let row = self.row(next, p, to);
            for (value, s) in out.iter_mut().zip(row) {
                *value += believed * s;
            }
            if self.enters(to) {
                let struck = row.chunks_exact(self.kinds).step_by(2);
                for (out, run) in self.runs(out, 0).zip(struck) {
                    for (value, s) in out.iter_mut().zip(run) {
                        *value += believed * (1.0 - s);
                    }
                }
            }
        }
        let paid = &phase.payoff[n * self.game.seats() + seat..][..self.kinds];
        for run in self.runs(out, 1) {
            for (value, paid) in run.iter_mut().zip(paid) {
                *value += paid;
            }
        }
    }

    fn choice(
        &self,
        (round, p, n): (u32, usize, usize),
        phase: &MovePhase,
        next: &[f64],
        work: &mut Work,
        out: &mut [f64],
    ) {
        let mover = phase.actors[0] as usize;
        let types = self.game.actors[mover].types.len();
        let plan = self.solution.plan_round(self.game, round);
        let signals = self.solution.layout.signals[p][n].len();
        let moves = phase.alternatives(n).len();
        let stride = self.stride();
        let Work {
            play,
            after,
            branches,
            shares,
            solved,
        } = work;
        after.resize_with(signals.max(after.len()), Footprint::default);
        shares.resize(moves, 0.0);
        for (point, out) in out.chunks_exact_mut(stride).enumerate() {
            play.at_point(self.game, self.solution, phase, (plan, p, n), point);
            for (g, after) in after[..signals].iter_mut().enumerate() {
                let posterior = &play.posterior[g * types..(g + 1) * types];
                move_to(self.solution, mover, posterior, point, after);
            }
            self.follow((p, n), phase, &after[..signals], next, branches);
            let found = &branches.found;
            let mut mix = |shares: &[f64], liked: f64, c: usize, kind: usize| {
                for quantity in 0..2 {
                    let at = self.at(c, quantity, kind);
                    let mut sum = 0.0;
                    for (a, share) in shares.iter().enumerate() {
                        sum += share * found[a * stride + at];
                    }
                    out[at] = if quantity == 1 { sum + liked } else { sum };
                }
            };
            if mover == self.threat.actor {
                for (c, case) in self.cases.iter().enumerate() {
                    for kind in 0..self.kinds {
                        let at = self.at(c, 1, kind);
                        let values = (0..moves).map(|a| found[a * stride + at]);
                        let sigma = (&play.sigma[..], kind);
                        let liked = self.own(case.own, phase, n, sigma, values, shares);
                        mix(shares, liked, c, kind);
                    }
                }
                continue;
            }
            // Somebody else's choice, whatever the actor's own type.
            let belief = self.solution.grid.belief(mover, point);
            solved.clear();
            solved.extend((0..moves).map(|a| {
                let of = |k: usize| belief[k] * played(phase, n, &play.sigma, k, a);
                (0..types).map(of).sum::<f64>()
            }));
            for (c, imposed) in self.imposed.iter().enumerate() {
                shares.copy_from_slice(solved);
                self.impose(*imposed, phase, n, shares);
                for kind in 0..self.kinds {
                    mix(shares, 0.0, c, kind);
                }
            }
        }
    }

    /// What each move leads to: `[(move * cases + case) * types + type]`. `after` is the belief on
    /// the grid after each signal.
    pub fn branches(
        &self,
        (p, n): (usize, usize),
        phase: &MovePhase,
        after: &[Footprint],
        next: &[f64],
    ) -> Vec<Branch> {
        let mut branches = Branches::default();
        self.follow((p, n), phase, after, next, &mut branches);
        let runs = branches.found.chunks_exact(2 * self.kinds);
        runs.flat_map(|run| {
            let (struck, value) = run.split_at(self.kinds);
            let pairs = struck.iter().zip(value);
            pairs.map(|(struck, value)| Branch {
                struck: *struck,
                value: *value,
            })
        })
        .collect()
    }

    fn follow(
        &self,
        (p, n): (usize, usize),
        phase: &MovePhase,
        after: &[Footprint],
        next: &[f64],
        branches: &mut Branches,
    ) {
        let mover = phase.actors[0] as usize;
        let seat = self.game.seat(self.threat.actor);
        let alternatives = phase.alternatives(n);
        let first = phase.outcomes(alternatives.start).start;
        let signals = &self.solution.layout.signals[p][n];
        let stride = self.stride();
        let Branches {
            found,
            ahead,
            known,
        } = branches;
        found.clear();
        found.resize(alternatives.len() * stride, 0.0);
        ahead.clear();
        ahead.resize(signals.targets.len() * stride, 0.0);
        known.clear();
        known.resize(signals.targets.len(), false);
        for ((a, alternative), found) in
            alternatives.enumerate().zip(found.chunks_exact_mut(stride))
        {
            let strikes = mover != self.threat.actor
                && self.threat.struck.is_none()
                && self.threat.strikes.contains(&phase.node_moves[n][0][a]);
            let paid = &phase.payoff[alternative * self.game.seats() + seat..][..self.kinds];
            for run in found.chunks_exact_mut(2 * self.kinds) {
                let (struck, value) = run.split_at_mut(self.kinds);
                struck.fill(f64::from(u8::from(strikes)));
                value.copy_from_slice(paid);
            }
            for o in phase.outcomes(alternative) {
                let (to, believed) = (phase.outcome_next[o], phase.outcome_believed[o]);
                if believed == 0.0 {
                    continue;
                }
                let target = signals.outcome_target[o - first] as usize;
                let ahead = &mut ahead[target * stride..(target + 1) * stride];
                if !std::mem::replace(&mut known[target], true) {
                    let row = self.row(next, p, to);
                    let footprint = &after[signals.outcome_signal[o - first] as usize];
                    for (index, weight) in footprint.index.iter().zip(&footprint.weight) {
                        let there = &row[*index as usize * stride..][..stride];
                        for (sum, x) in ahead.iter_mut().zip(there) {
                            *sum += weight * x;
                        }
                    }
                }
                let enters = self.enters(to);
                if !enters && !strikes {
                    for (sum, x) in found.iter_mut().zip(&*ahead) {
                        *sum += believed * x;
                    }
                    continue;
                }
                // Who is struck already is struck no more.
                let runs = found.chunks_exact_mut(2 * self.kinds);
                for (run, ahead) in runs.zip(ahead.chunks_exact(2 * self.kinds)) {
                    let (struck, value) = run.split_at_mut(self.kinds);
                    if enters {
                        struck.iter_mut().for_each(|s| *s += believed);
                    }
                    for (value, x) in value.iter_mut().zip(&ahead[self.kinds..]) {
                        *value += believed * x;
                    }
                }
            }
        }
    }

    /// The actor's own choice, opportunity included, and what following its tastes in it is worth.
    fn own(
        &self,
        own: Own,
        phase: &MovePhase,
        n: usize,
        (sigma, kind): (&[f64], usize),
        values: impl Iterator<Item = f64>,
        shares: &mut [f64],
    ) -> f64 {
        let moves = shares.len();
        let opportunity = phase.node_opportunity[n][0];
        shares.copy_from_slice(&sigma[kind * moves..(kind + 1) * moves]);
        match own {
            Own::Solved => {}
            Own::Restrained => {
                let labels = &phase.node_moves[n][0];
                let crosses =
                    |l: &Label| self.threat.first.contains(l) || self.threat.neither.contains(l);
                let kept: f64 = labels
                    .iter()
                    .zip(&*shares)
                    .filter(|(l, _)| !crosses(l))
                    .map(|(_, s)| s)
                    .sum();
                if kept > 0.0 {
                    for (label, share) in labels.iter().zip(&mut *shares) {
                        *share = if crosses(label) { 0.0 } else { *share / kept };
                    }
                }
            }
            Own::Anew => {
                let precision = self.game.actors[self.threat.actor].precision;
                for (log, value) in shares.iter_mut().zip(values) {
                    *log = precision * value;
                }
                let total = log_sum_exp(shares);
                shares.iter_mut().for_each(|s| *s = exp(*s - total));
            }
        }
        let liked = tastes::in_choice(self.game, self.threat.actor, shares);
        for (a, share) in shares.iter_mut().enumerate() {
            *share *= opportunity.believed;
            if a == opportunity.default as usize {
                *share += 1.0 - opportunity.believed;
            }
        }
        opportunity.believed * liked
    }

    /// Moves so much of somebody else's choice to strikes as is imposed, where one is open.
    fn impose(&self, imposed: Option<f64>, phase: &MovePhase, n: usize, shares: &mut [f64]) {
        let Some(q) = imposed else { return };
        let state = phase.node_state[n] as usize;
        if self.threat.complete.as_ref().is_some_and(|c| c[state]) {
            return;
        }
        let strikes = |a: usize| self.threat.strikes.contains(&phase.node_moves[n][0][a]);
        let open = (0..shares.len()).filter(|a| strikes(*a)).count();
        if open == 0 {
            return;
        }
        let solved = |struck: bool| -> f64 {
            let side = (0..shares.len()).filter(|a| strikes(*a) == struck);
            side.map(|a| shares[a]).sum()
        };
        let (solved, rest) = (solved(true), solved(false));
        let held = shares.len() - open;
        for a in 0..shares.len() {
            let (mass, total, count) = if strikes(a) {
                (if held == 0 { 1.0 } else { q }, solved, open)
            } else {
                (1.0 - q, rest, held)
            };
            shares[a] = if total > f64::MIN_POSITIVE {
                mass * shares[a] / total
            } else {
                mass / count as f64
            };
        }
    }
}
