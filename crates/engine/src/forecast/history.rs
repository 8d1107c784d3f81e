//! What must be remembered of the past: which watched sets the path has entered.
//!
//! A set that is never left once entered needs no memory. The others take one bit each where an
//! outcome class reads them, since classes read several at once. A set that only questions watch needs
//! no bit: every particle carries the part of its mass that has not been there yet.

use crate::game::{Game, Phase, Rule};

/// The watched sets of a game.
#[derive(Clone, Debug)]
pub struct History {
    /// State → the sets that hold it.
    pub mask: Vec<u64>,
    /// Sets that are never left.
    pub absorbing: u64,
    /// Sets that a question or an `ever` class watches.
    pub watched: u64,
    /// Sets that take a bit of memory in the forecast.
    pub carried: u64,
    /// Sets that only questions watch and that can be left: their indices.
    pub open: Vec<usize>,
}

/// At most so many sets can be watched.
pub const MAX_EVENTS: usize = 64;

impl History {
    /// Reads the sets off the game; at most [`MAX_EVENTS`] of them.
    pub fn of(game: &Game) -> Self {
        let mut mask = vec![0u64; game.states.len()];
        for (e, set) in game.events.iter().enumerate().take(MAX_EVENTS) {
            for (m, holds) in mask.iter_mut().zip(set) {
                if *holds {
                    *m |= 1 << e;
                }
            }
        }
        let mut left = 0u64;
        let mut check = |from: u32, to: u32| left |= mask[from as usize] & !mask[to as usize];
        for phase in &game.phases {
            match phase {
                Phase::Move(phase) => {
                    for n in 0..phase.nodes() {
                        for a in phase.alternatives(n) {
                            for o in phase.outcomes(a).filter(|o| phase.outcome_true[*o] > 0.0) {
                                check(phase.node_state[n], phase.outcome_next[o]);
                            }
                        }
                    }
                }
                Phase::Events(phase) => {
                    for n in 0..phase.nodes() {
                        for o in phase.outcomes(n).filter(|o| phase.outcome_true[*o] > 0.0) {
                            check(phase.node_state[n], phase.outcome_next[o]);
                        }
                    }
                }
            }
        }
        let (mut watched, mut classes) = (0u64, 0u64);
        for question in &game.questions {
            watched |= 1 << question.event;
        }
        for class in &game.classes {
            if let Rule::Ever(event) = class.rule {
                classes |= 1 << event;
            }
        }
        watched |= classes;
        Self {
            mask,
            absorbing: !left,
            watched,
            carried: classes & left,
            open: (0..game.events.len())
                .filter(|e| (watched & left & !classes) >> e & 1 == 1)
                .collect(),
        }
    }

    /// Bits to carry after entering `state` with the bits `bits`.
    #[inline]
    pub fn enter(&self, bits: u64, state: u32) -> u64 {
        bits | (self.mask[state as usize] & self.watched & !self.absorbing)
    }

    /// Sets entered so far by a path that carries `bits` and stands in `state`.
    #[inline]
    pub fn seen(&self, bits: u64, state: u32) -> u64 {
        bits | (self.mask[state as usize] & self.watched)
    }

    /// Index of the class of a path that carries `bits` and stands in `state`.
    pub fn class(&self, game: &Game, bits: u64, state: u32) -> usize {
        let seen = self.seen(bits, state);
        let here = self.mask[state as usize];
        game.classes
            .iter()
            .position(|class| match class.rule {
                Rule::Ever(e) => seen >> e & 1 == 1,
                Rule::AtEnd(e) => here >> e & 1 == 1,
                Rule::Otherwise => true,
            })
            .unwrap_or(game.classes.len().saturating_sub(1))
    }
}
