//! The players' plan seen from a decision: what they mean to do and what they expect of it, round by
//! round.
//!
//! A solution with `foresight N` keeps the first round of the plan alone. The k-th round of a plan of
//! N rounds is the first of one of N − k rounds, so the later rounds that an analysis needs are
//! solved as plans of their own.

use super::resolve::AnalysisError;
use crate::belief::Footprint;
use crate::game::{Foresight, Game, NONE, PrecisionScale};
use crate::solve::{self, Observer, Solution, StrategyTable, solve};

/// Plans of one solved game, as far as they are needed.
pub struct Plan<'a> {
    /// The game.
    pub game: &'a Game,
    /// The solution that is played.
    pub solution: &'a Solution,
    later: Vec<Solution>,
}

/// The plan made in one calendar round.
#[derive(Clone, Copy)]
pub struct View<'a> {
    plan: &'a Plan<'a>,
    round: usize,
}

/// What follows a phase: planned values by state, seat and grid point.
#[derive(Clone, Copy)]
pub struct Next<'a> {
    game: &'a Game,
    solution: &'a Solution,
    /// Phase that follows.
    phase: usize,
    table: &'a [f64],
    /// Table of the same round, in which end states have their worth.
    ends: &'a [f64],
    /// The table is one round later.
    later: bool,
}

impl<'a> Plan<'a> {
    /// The plan with `ahead` rounds after the present one. `options` are those of `solution`.
    ///
    /// # Errors
    /// Not solved, interrupted, or a game whose precision is on discounted values.
    pub fn new(
        game: &'a Game,
        solution: &'a Solution,
        ahead: usize,
        options: &solve::Options,
        observer: &dyn Observer,
    ) -> Result<Self, AnalysisError> {
        if game.precision_scale == PrecisionScale::Discounted {
            return Err(AnalysisError::Question(
                "precision on discounted values changes from round to round of a plan; this \
                 analysis needs it on current ones"
                    .to_owned(),
            ));
        }
        let mut later = Vec::new();
        if let Foresight::Rounds(n) = game.foresight {
            for k in 1..=ahead.min((n.max(1) - 1) as usize) {
                let mut shorter = game.clone();
                shorter.foresight = Foresight::Rounds(n - k as u32);
                later.push(solve(&shorter, options, observer)?);
            }
        }
        Ok(Self {
            game,
            solution,
            later,
        })
    }

    /// The plan made in calendar round `round`.
    pub fn at(&'a self, round: u32) -> View<'a> {
        View {
            plan: self,
            round: self.solution.plan_round(self.game, round),
        }
    }
}

impl<'a> View<'a> {
    /// The game.
    pub fn game(&self) -> &'a Game {
        self.plan.game
    }

    /// The solution that is played.
    pub fn solution(&self) -> &'a Solution {
        self.plan.solution
    }

    /// Solution and index in its tables of plan round `t`; `None` beyond what is known.
    fn place(&self, t: usize) -> Option<(&'a Solution, usize)> {
        let plan = self.plan;
        if plan.game.foresight == Foresight::Full {
            let round = self.round + t;
            return (round < plan.solution.values.len()).then_some((plan.solution, round));
        }
        match t {
            0 => Some((plan.solution, 0)),
            _ => plan.later.get(t - 1).map(|s| (s, 0)),
        }
    }

    /// What is planned for phase `p` of plan round `t`.
    pub fn strategies(&self, t: usize, p: usize) -> Option<&'a StrategyTable> {
        let (solution, round) = self.place(t)?;
        solution.strategies.get(round)?.get(p)
    }

    /// Solution and round in which the strategies of plan round `t` stand.
    pub fn played(&self, t: usize) -> Option<(&'a Solution, usize)> {
        self.place(t)
    }

    /// What follows phase `p` of plan round `t`.
    pub fn after(&self, t: usize, p: usize) -> Option<Next<'a>> {
        let (solution, round) = self.place(t)?;
        let values = &solution.values[round];
        let later = p + 1 == values.len();
        let table = if !later {
            &values[p + 1]
        } else if let Some(next) = solution.values.get(round + 1) {
            &next[0]
        } else {
            &solution.after
        };
        Some(Next {
            game: self.plan.game,
            solution,
            phase: (p + 1) % values.len(),
            table,
            ends: &values[p],
            later,
        })
    }
}

impl Next<'_> {
    /// Planned value of `seat` (of `actor`) in `state`, where `footprint` is the belief on the grid.
    pub fn value(&self, footprint: &Footprint, state: u32, actor: usize, seat: usize) -> f64 {
        let layout = &self.solution.layout;
        let points = self.solution.grid.points;
        let row = layout.rows[self.phase][state as usize];
        if row == NONE {
            return 0.0;
        }
        let row = row as usize;
        let (table, row, factor) = match row.checked_sub(layout.nodes[self.phase]) {
            // An end has the same worth at every phase of the round in which it is entered.
            Some(end) => (
                self.ends,
                self.ends.len() / (layout.seats * points) - layout.ends + end,
                1.0,
            ),
            None if self.later => (self.table, row, self.game.actors[actor].discount),
            None => (self.table, row, 1.0),
        };
        let first = (row * layout.seats + seat) * points;
        factor * footprint.value(&table[first..first + points])
    }
}
