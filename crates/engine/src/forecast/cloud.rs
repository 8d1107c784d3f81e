//! The distribution over (state, memory, belief) of one type profile with exact posteriors.
//!
//! A *particle* holds the mass of the paths that stand in one state with one memory and one
//! posterior. When they become too many the distribution goes over to the belief grid
//! ([`super::on_grid`]).

use super::history::History;
use crate::belief::{angle, stick_odds};
use crate::game::Game;
use crate::play::BeliefLayout;
use rustc_hash::FxHashMap;

/// Memory of a path: the watched sets it has entered, and how its ladder began to rise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Memory {
    /// Watched sets entered (those that can be left again).
    pub bits: u64,
    /// Origin of the running escalation spell.
    pub origin: Origin,
}

/// What began the running escalation spell: the rises of the ladder since its last fall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Origin {
    /// No spell.
    None = 0,
    /// A choice whose regret is at most 1/λ, or a move played for want of an opportunity.
    Choice = 1,
    /// A choice whose regret exceeds 1/λ.
    Noise = 2,
    /// Chance.
    Chance = 3,
}

/// Particles in insertion order; `means` holds mass-weighted sums of the flat beliefs.
#[derive(Clone, Debug)]
pub struct Cloud {
    /// State of each particle.
    pub state: Vec<u32>,
    /// Memory of each particle.
    pub memory: Vec<Memory>,
    /// Mass of each particle.
    pub mass: Vec<f64>,
    /// Σ mass·β, then the mass that has not entered each open set: `[particle * width + entry]`.
    sums: Vec<f64>,
    beliefs: usize,
    width: usize,
    index: FxHashMap<(u32, Memory, u64), u32>,
}

impl Cloud {
    /// An empty cloud for flat beliefs of `beliefs` entries and `open` open sets.
    pub fn new(beliefs: usize, open: usize) -> Self {
        Self {
            state: Vec::new(),
            memory: Vec::new(),
            mass: Vec::new(),
            sums: Vec::new(),
            beliefs,
            width: beliefs + open,
            index: FxHashMap::default(),
        }
    }

    /// Number of particles.
    pub fn len(&self) -> usize {
        self.mass.len()
    }

    /// No particles.
    pub fn is_empty(&self) -> bool {
        self.mass.is_empty()
    }

    /// Removes all particles, keeps the memory.
    pub fn clear(&mut self) {
        self.state.clear();
        self.memory.clear();
        self.mass.clear();
        self.sums.clear();
        self.index.clear();
    }

    /// Keeps the particles in states for which `keep` holds, in their order.
    pub fn retain(&mut self, keep: impl Fn(u32) -> bool) {
        let mut place = vec![u32::MAX; self.len()];
        let mut kept = 0;
        for (i, place) in place.iter_mut().enumerate() {
            if keep(self.state[i]) {
                *place = kept as u32;
                self.state[kept] = self.state[i];
                self.memory[kept] = self.memory[i];
                self.mass[kept] = self.mass[i];
                self.sums
                    .copy_within(i * self.width..(i + 1) * self.width, kept * self.width);
                kept += 1;
            }
        }
        self.state.truncate(kept);
        self.memory.truncate(kept);
        self.mass.truncate(kept);
        self.sums.truncate(kept * self.width);
        self.index.retain(|_, i| {
            *i = place[*i as usize];
            *i != u32::MAX
        });
    }

    /// Writes the mean belief of particle `i`.
    #[inline]
    pub fn belief(&self, i: usize, out: &mut [f64]) {
        let inverse = 1.0 / self.mass[i];
        for (o, s) in out
            .iter_mut()
            .zip(&self.sums[i * self.width..][..self.beliefs])
        {
            *o = s * inverse;
        }
    }

    /// Mass of particle `i` that has not entered each open set.
    #[inline]
    pub fn outside(&self, i: usize) -> &[f64] {
        &self.sums[i * self.width + self.beliefs..(i + 1) * self.width]
    }

    /// Mass of particle `i` that has avoided the sets `avoided`: none, one open set, or some that are
    /// carried.
    pub fn part(&self, i: usize, avoided: u64, history: &History) -> f64 {
        match history.open.iter().position(|e| 1 << e == avoided) {
            Some(set) => self.outside(i)[set],
            None if self.memory[i].bits & avoided == 0 => self.mass[i],
            None => 0.0,
        }
    }

    /// Adds `mass` at (`state`, `memory`) with the flat belief `belief`, known by `key`,
    /// of which `outside` has not entered each open set.
    #[inline]
    pub fn add(
        &mut self,
        state: u32,
        memory: Memory,
        key: u64,
        mass: f64,
        belief: &[f64],
        outside: &[f64],
    ) {
        let next = self.mass.len() as u32;
        let i = *self.index.entry((state, memory, key)).or_insert(next);
        if i == next {
            self.state.push(state);
            self.memory.push(memory);
            self.mass.push(mass);
            self.sums.extend(belief.iter().map(|b| b * mass));
            self.sums.extend_from_slice(outside);
        } else {
            let i = i as usize;
            self.mass[i] += mass;
            let (means, rest) =
                self.sums[i * self.width..(i + 1) * self.width].split_at_mut(self.beliefs);
            for (s, b) in means.iter_mut().zip(belief) {
                *s += b * mass;
            }
            for (s, o) in rest.iter_mut().zip(outside) {
                *s += o;
            }
        }
    }
}

/// Key of the exact bits of a flat belief.
#[inline]
pub fn exact_key(belief: &[f64]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for b in belief {
        hash = (hash ^ b.to_bits()).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        hash ^= hash >> 29;
    }
    hash
}

/// Cells along a belief axis.
const CELLS: f64 = 256.0;

/// Key of the cell in which a flat belief lies: equal steps of the angle of each axis, so that cells
/// are finer towards certainty.
pub fn cell_key(game: &Game, layout: &BeliefLayout, belief: &[f64]) -> u64 {
    let mut key = 0u64;
    for (actor, of) in game.actors.iter().enumerate() {
        let mut odds = vec![0.0; of.types.len() - 1];
        stick_odds(&belief[layout.range(actor)], &mut odds);
        for odds in odds {
            let cell = (angle(odds) / std::f64::consts::PI * CELLS).round() as u64;
            key = key.wrapping_mul(CELLS as u64 + 1).wrapping_add(cell);
        }
    }
    key
}
