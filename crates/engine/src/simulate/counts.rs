//! What trajectories are counted for: outcome classes by round and first passages.

use super::crowd::{Standing, Tally};
use crate::forecast::history::{History, MAX_EVENTS};
use crate::game::{Game, NONE, Rule, State};

/// What of a state matters to the counts.
pub(super) struct Watched {
    /// State → the watched sets that hold it; behind the last, of a state that is not known, all bits.
    pub mask: Vec<u64>,
    /// State → the first class that holds for who ends there, whatever the past; nothing without classes.
    at_end: Vec<u32>,
    /// Set → the first class of who has been in it.
    ever: [u32; MAX_EVENTS],
}

impl Watched {
    pub fn of(game: &Game) -> Self {
        let history = History::of(game);
        let mut ever = [NONE; MAX_EVENTS];
        for (k, class) in game.classes.iter().enumerate().rev() {
            if let Rule::Ever(event) = class.rule {
                ever[event as usize] = k as u32;
            }
        }
        let at_end = |state: usize| {
            let holds = |rule| match rule {
                Rule::Ever(_) => false,
                Rule::AtEnd(event) => history.mask[state] >> event & 1 == 1,
                Rule::Otherwise => true,
            };
            let first = game.classes.iter().position(|class| holds(class.rule));
            first.unwrap_or(game.classes.len() - 1) as u32
        };
        let states = if game.classes.is_empty() {
            0
        } else {
            game.states.len()
        };
        let watched = history.mask.iter().map(|m| m & history.watched);
        Self {
            at_end: (0..states).map(at_end).collect(),
            mask: watched.chain([u64::MAX]).collect(),
            ever,
        }
    }
}

/// What is remembered of one trajectory.
#[derive(Clone, Copy)]
pub(super) struct Past {
    /// Watched sets that it has been in.
    pub seen: u64,
    /// The first class that this leads to.
    ever: u32,
    /// Its class at the end of the last round.
    class: u32,
}

/// Counts of classes and passages; integers, so that adding them in any order gives the same.
pub(super) struct Counts<'a> {
    pub watched: &'a Watched,
    /// Class → round → paths that came to it then, less those that left it.
    pub classes: Vec<Vec<i64>>,
    /// Event → round → first entries.
    pub passages: Vec<Vec<i64>>,
}

impl<'a> Counts<'a> {
    pub fn new(game: &Game, watched: &'a Watched) -> Self {
        let rounds = game.horizon as usize + 1;
        Self {
            watched,
            classes: vec![vec![0; rounds]; game.classes.len()],
            passages: vec![vec![0; rounds]; game.events.len()],
        }
    }

    pub fn plus(mut self, other: Self) -> Self {
        let pairs = self.classes.iter_mut().zip(&other.classes);
        for (a, b) in pairs.chain(self.passages.iter_mut().zip(&other.passages)) {
            for (x, y) in a.iter_mut().zip(b) {
                *x += y;
            }
        }
        self
    }

    /// So many trajectories begin at `start`; what is remembered of each.
    pub fn begin(&mut self, size: usize, start: State) -> Past {
        let seen = self.watched.mask[start as usize];
        let mut past = Past {
            seen: 0,
            ever: NONE,
            class: 0,
        };
        self.enter(0, &mut past, seen, size as i64);
        if let Some(at_end) = self.watched.at_end.get(start as usize) {
            past.class = past.ever.min(*at_end);
            self.classes[past.class as usize][0] += size as i64;
        }
        past
    }

    /// A phase of the round whose end is `round` led to `state`.
    #[inline(always)]
    pub fn arrive(&mut self, round: u32, past: &mut Past, state: State) {
        let fresh = self.watched.mask[state as usize] & !past.seen;
        if fresh != 0 {
            self.enter(round, past, fresh, 1);
        }
    }

    /// `size` trajectories were in these sets for the first time.
    #[cold]
    #[inline(never)]
    fn enter(&mut self, round: u32, past: &mut Past, mut fresh: u64, size: i64) {
        past.seen |= fresh;
        while fresh != 0 {
            let event = fresh.trailing_zeros() as usize;
            self.passages[event][round as usize] += size;
            past.ever = past.ever.min(self.watched.ever[event]);
            fresh &= fresh - 1;
        }
    }

    /// A trajectory is in `state` at the end of a round.
    #[inline(always)]
    pub fn round(&mut self, round: u32, past: &mut Past, state: State) {
        let Some(at_end) = self.watched.at_end.get(state as usize) else {
            return;
        };
        let now = past.ever.min(*at_end);
        if now != past.class {
            self.classes[past.class as usize][round as usize] -= 1;
            self.classes[now as usize][round as usize] += 1;
            past.class = now;
        }
    }
}

/// Counts of a crowd, with what is remembered of each of its trajectories.
pub(super) struct Remembered<'a> {
    pub counts: Counts<'a>,
    past: Vec<Past>,
}

impl<'a> Remembered<'a> {
    pub fn of(counts: Counts<'a>) -> Self {
        Self {
            counts,
            past: Vec::new(),
        }
    }
}

impl Tally for Remembered<'_> {
    fn begin(&mut self, size: usize, start: State) {
        self.past.clear();
        self.past.resize(size, self.counts.begin(size, start));
    }

    #[inline(always)]
    fn arrive(&mut self, round: u32, place: usize, state: State) {
        self.counts.arrive(round, &mut self.past[place], state);
    }

    fn close(&mut self, round: u32, standing: &Standing) {
        for i in standing.alive {
            let i = *i as usize;
            self.counts
                .round(round, &mut self.past[i], standing.state[i]);
        }
    }
}
