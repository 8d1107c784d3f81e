//! The players' plan seen from a decision: what they mean to do and what they expect of it, round by
//! round.
//!
//! A solution with `foresight N` keeps the first round of the plan alone. [`whole`] solves the same
//! once and keeps all of them; where that takes too much memory, the later rounds that an analysis
//! needs are solved as plans of their own, since the k-th round of a plan of N rounds is the first of
//! one of N − k. With `foresight unbounded` every round of the plan is the stationary solution.

use super::resolve::AnalysisError;
use crate::belief::Footprint;
use crate::game::{Foresight, Game, NONE, PrecisionScale};
use crate::solve::{self, Observer, Solution, SolveError, StrategyTable, solve};
use std::borrow::Cow;

/// The whole plan made at the start: the strategies and values of all its rounds.
///
/// A plan of N rounds is the solution with full foresight of the game cut off after N rounds; its
/// first round is that of the rolling solution to the bit, so that it serves wherever that one does.
///
/// # Errors
/// Not solved, interrupted, or a game whose precision is on discounted values.
pub fn whole(
    game: &Game,
    options: &solve::Options,
    observer: &dyn Observer,
) -> Result<Solution, AnalysisError> {
    current(game)?;
    Ok(solve(&whole_game(game), options, observer)?)
}

/// The game cut off where the plan made at its start ends.
pub fn whole_game(game: &Game) -> Game {
    let mut whole = game.clone();
    if let Foresight::Rounds(n) = game.foresight {
        whole.foresight = Foresight::Full;
        whole.horizon = n.max(1);
    }
    whole
}

/// Has a solution of `game` all rounds of the plan?
pub fn is_whole(game: &Game, solution: &Solution) -> bool {
    match game.foresight {
        Foresight::Rounds(n) => solution.values.len() == n.max(1) as usize,
        _ => true,
    }
}

/// The whole plan or, where that does not fit the memory, the solution with its first round alone.
///
/// # Errors
/// As [`whole`].
pub fn whole_or_first(
    game: &Game,
    options: &solve::Options,
    observer: &dyn Observer,
) -> Result<Solution, AnalysisError> {
    match whole(game, options, observer) {
        Err(AnalysisError::Solve(SolveError::TooLarge { .. })) => {
            Ok(solve(game, options, observer)?)
        }
        other => other,
    }
}

/// Is precision on current values, so that a plan is made the same way in all its rounds?
fn current(game: &Game) -> Result<(), AnalysisError> {
    if game.precision_scale == PrecisionScale::Discounted {
        return Err(AnalysisError::Question(
            "precision on discounted values changes from round to round of a plan; this analysis \
             needs it on current ones"
                .to_owned(),
        ));
    }
    Ok(())
}

/// Plans of one solved game, as far as they are needed.
pub struct Plan<'a> {
    /// The game.
    pub game: &'a Game,
    /// The solution that is played.
    pub solution: Cow<'a, Solution>,
    /// Rounds of the plan after those that it has.
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
    /// The plan with `ahead` rounds after the present one; those that `solution`, which was solved with
    /// `options`, does not have are solved.
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
        Self::of(game, Cow::Borrowed(solution), ahead, options, observer)
    }

    /// The same of a game not solved yet.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn solved(
        game: &'a Game,
        ahead: usize,
        options: &solve::Options,
        observer: &dyn Observer,
    ) -> Result<Self, AnalysisError> {
        let solution = match ahead {
            0 => solve(game, options, observer)?,
            _ => whole_or_first(game, options, observer)?,
        };
        Self::of(game, Cow::Owned(solution), ahead, options, observer)
    }

    fn of(
        game: &'a Game,
        solution: Cow<'a, Solution>,
        ahead: usize,
        options: &solve::Options,
        observer: &dyn Observer,
    ) -> Result<Self, AnalysisError> {
        current(game)?;
        let mut later = Vec::new();
        if let Foresight::Rounds(n) = game.foresight {
            for k in solution.values.len()..=ahead.min((n.max(1) - 1) as usize) {
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
        &self.plan.solution
    }

    /// Solution and index in its tables of plan round `t`; `None` beyond what is known.
    fn place(&self, t: usize) -> Option<(&'a Solution, usize)> {
        let plan = self.plan;
        if plan.game.foresight == Foresight::Unbounded {
            return Some((&*plan.solution, 0));
        }
        let round = self.round + t;
        match round.checked_sub(plan.solution.values.len()) {
            None => Some((&*plan.solution, round)),
            Some(beyond) => plan.later.get(beyond).map(|s| (s, 0)),
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
