//! Going on from what was seen: exact Bayes along the observed course, and the game that is left.
//!
//! A round that is over is known by the labels seen in it and by levels of variables. All courses of
//! the round that fit are followed through its phases with the strategies as played
//! ([`Play`](crate::play::Play)), so beliefs move exactly as they do in forecast and simulation. What
//! the report leaves open is closed by two conventions and never by a guess: an actor of whom nothing
//! is reported showed what it shows when nothing happens, and nothing changed by itself that did not
//! have to. If more than one course is left, the report is refused with the courses and their
//! probabilities.
//!
//! Two posteriors are carried. The public one by the believed kernel: by it all play from now on. And
//! one by the true kernel, with which the forecast weighs types; where believed and true agree they are
//! the same.

mod remaining;
mod report;
mod walk;

pub use remaining::remaining;
pub use report::{evidence, finding, follow, left};

use crate::game::{Game, Label, Rule, State};
use crate::play::BeliefLayout;
use crate::solve::Solution;
use walk::{Silence, Walk, Way};

/// One thing seen in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// A public label, as index in [`Game::labels`].
    Label(Label),
    /// A variable (index in [`Game::variables`]) stood at this level before the next label was seen
    /// or, behind the last label or without one, at the end of the round.
    Level(usize, u16),
}

/// Where the crisis stands after some rounds.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Rounds that are over.
    pub round: u32,
    /// The state.
    pub state: State,
    /// Public belief, flat by actor and type.
    pub belief: Vec<f64>,
    /// Probability of each type given all that was seen, by the true kernel; the same shape.
    pub weight: Vec<f64>,
    /// Probability that all this would be seen, by the true kernel.
    pub probability: f64,
    /// For each set of [`Game::events`] the rounds that were over when it was first entered.
    pub entered: Vec<Option<u32>>,
    /// For each round that a class could be read at, the class: index is the round.
    pub class: Vec<usize>,
}

/// How one round went.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// Labels seen, one for each choice in the round.
    pub labels: Vec<Label>,
    /// State at its end.
    pub state: State,
    /// Probability given what was known before the round.
    pub probability: f64,
}

/// Why a report cannot be followed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ObserveError {
    /// No course of the round fits.
    #[error("no course of round {} fits what was seen", round + 1)]
    Impossible {
        /// The round, from 0.
        round: u32,
        /// What could have been seen instead, likeliest first.
        possible: Vec<Course>,
    },
    /// Several courses fit.
    #[error("what was seen in round {} fits several courses", round + 1)]
    Ambiguous {
        /// The round, from 0.
        round: u32,
        /// The courses that fit, likeliest first.
        possible: Vec<Course>,
    },
    /// More courses fit than are followed.
    #[error("more than {MAX_COURSES} courses of round {} fit what was seen", round + 1)]
    TooMany {
        /// The round, from 0.
        round: u32,
    },
    /// Several of those who choose at once could show a label.
    #[error("a label seen in round {} can be shown by several who move at once", round + 1)]
    AtOnce {
        /// The round, from 0.
        round: u32,
    },
}

/// Most courses of one round that are followed at once.
pub const MAX_COURSES: usize = 20_000;
/// Most courses that a refusal lists.
const LISTED: usize = 8;
/// Posteriors nearer than this are the same: they differ by rounding.
const SAME: f64 = 1e-12;

impl Standing {
    /// The start of the game.
    pub fn start(game: &Game) -> Self {
        let layout = BeliefLayout::of(game);
        let weight = game
            .actors
            .iter()
            .flat_map(|a| a.types.iter().map(|t| t.weight))
            .collect();
        let mut standing = Self {
            round: 0,
            state: game.start,
            belief: layout.priors(game),
            weight,
            probability: 1.0,
            entered: vec![None; game.events.len()],
            class: Vec::new(),
        };
        standing.enter(game, game.start);
        standing.close(game);
        standing
    }

    fn enter(&mut self, game: &Game, state: State) {
        for (set, entered) in game.events.iter().zip(&mut self.entered) {
            if entered.is_none() && set[state as usize] {
                *entered = Some(self.round);
            }
        }
    }

    /// Reads the class at the end of a round.
    fn close(&mut self, game: &Game) {
        let class = game.classes.iter().position(|class| match class.rule {
            Rule::Ever(e) => self.entered[e as usize].is_some(),
            Rule::AtEnd(e) => game.events[e as usize][self.state as usize],
            Rule::Otherwise => true,
        });
        let last = game.classes.len().saturating_sub(1);
        self.class.push(class.unwrap_or(last));
    }
}

/// Carries the crisis through one round in which `seen` was seen.
///
/// # Errors
/// [`ObserveError`] when no course fits, or more than one.
pub fn observe_round(
    game: &Game,
    solution: &Solution,
    from: &Standing,
    seen: &[Evidence],
) -> Result<(Standing, Course), ObserveError> {
    let walk = Walk::new(game, solution, from.round);
    let mut fits = walk.courses(from, seen, Silence::Quiet)?;
    if fits.is_empty() {
        // The levels say that something happened of which no label is reported.
        fits = walk.courses(from, seen, Silence::Anything)?;
    }
    // What happens by itself is news: of several courses the one with the least of it.
    let least = fits.iter().map(|w| w.changes).min().unwrap_or(0);
    fits.retain(|w| w.changes == least);
    let mut found: Vec<Way> = Vec::new();
    for way in fits {
        match found.iter_mut().find(|w| w.same(&way)) {
            Some(same) => same.probability += way.probability,
            None => found.push(way),
        }
    }
    match found.as_slice() {
        [way] => Ok((way.after(game), way.course(1.0))),
        [] => {
            let all = walk
                .courses(from, &[], Silence::Anything)
                .unwrap_or_default();
            Err(ObserveError::Impossible {
                round: from.round,
                possible: listed(&all),
            })
        }
        several => Err(ObserveError::Ambiguous {
            round: from.round,
            possible: listed(several),
        }),
    }
}

/// Where the crisis may stand after the next round, course by course, equal ones apart; their
/// probabilities add to that of `from`.
///
/// # Errors
/// [`ObserveError::TooMany`] when there are more courses than are followed.
pub fn successors(
    game: &Game,
    solution: &Solution,
    from: &Standing,
) -> Result<Vec<Standing>, ObserveError> {
    let ways = Walk::new(game, solution, from.round).courses(from, &[], Silence::Anything)?;
    Ok(ways.iter().map(|way| way.after(game)).collect())
}

/// The likeliest courses, equal ones together, with probabilities that sum to one over all.
fn listed(ways: &[Way]) -> Vec<Course> {
    let total: f64 = ways.iter().map(|w| w.probability).sum();
    let mut out: Vec<Course> = Vec::new();
    for way in ways {
        let course = way.course(total);
        let same = |c: &&mut Course| c.labels == course.labels && c.state == course.state;
        match out.iter_mut().find(same) {
            Some(known) => known.probability += course.probability,
            None => out.push(course),
        }
    }
    out.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    out.truncate(LISTED);
    out
}
