//! The distribution over (state, memory, belief) of one type profile.
//!
//! A *particle* holds the mass of the paths that stand in one state with one memory and, while
//! they are few, with one exact posterior; past a bound, posteriors that fall into one cell share a
//! particle, which keeps their mean. Splitting mass between fixed points would let beliefs diffuse and
//! bias the risk; a mean per cell does not, to first order. Particles of little mass share wider
//! cells, so that every particle contributes about the same error.

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

/// Borders of the belief cells along one stick-breaking axis, as odds; uniform in the angle of the
/// solver's layout but independent of its grid.
#[derive(Clone, Debug)]
pub struct Cells {
    count: u64,
    borders: Vec<f64>,
}

impl Cells {
    /// `count` cells an axis.
    pub fn new(count: usize) -> Self {
        let count = count.clamp(1, 4096);
        let borders = (1..count)
            .map(|k| {
                let half = 0.5 * std::f64::consts::PI * k as f64 / count as f64;
                libm::tan(half).powi(2 * crate::belief::POWER as i32)
            })
            .collect();
        Self {
            count: count as u64,
            borders,
        }
    }

    /// Cell of a belief about one actor, appended to `key`; cells 2^`level` times as wide.
    #[inline]
    fn append(&self, mut key: u64, belief: &[f64], level: u32) -> u64 {
        for m in 0..belief.len() - 1 {
            let rest: f64 = belief[m + 1..].iter().sum();
            let odds = if belief[m] == 0.0 && rest == 0.0 {
                1.0
            } else {
                belief[m] / rest
            };
            let cell = self.borders.partition_point(|b| *b <= odds) as u64;
            key = key.wrapping_mul(self.count + 1).wrapping_add(cell >> level);
        }
        key
    }
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
    /// Σ mass·β: `[particle * width + entry]`.
    pub sums: Vec<f64>,
    width: usize,
    index: FxHashMap<(u32, Memory, u64), u32>,
}

/// How posteriors are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keying {
    /// By their exact bits.
    Exact,
    /// By cell.
    Cell,
}

impl Cloud {
    /// An empty cloud for flat beliefs of `width` entries.
    pub fn new(width: usize) -> Self {
        Self {
            state: Vec::new(),
            memory: Vec::new(),
            mass: Vec::new(),
            sums: Vec::new(),
            width,
            index: FxHashMap::default(),
        }
    }

    /// Number of particles.
    pub fn len(&self) -> usize {
        self.mass.len()
    }

    /// Removes all particles, keeps the memory.
    pub fn clear(&mut self) {
        self.state.clear();
        self.memory.clear();
        self.mass.clear();
        self.sums.clear();
        self.index.clear();
    }

    /// Writes the mean belief of particle `i`.
    #[inline]
    pub fn belief(&self, i: usize, out: &mut [f64]) {
        let inverse = 1.0 / self.mass[i];
        for (o, s) in out
            .iter_mut()
            .zip(&self.sums[i * self.width..(i + 1) * self.width])
        {
            *o = s * inverse;
        }
    }

    /// Adds `mass` at (`state`, `memory`) with the flat belief `belief`, known by `key`.
    #[inline]
    pub fn add(&mut self, state: u32, memory: Memory, key: u64, mass: f64, belief: &[f64]) {
        let next = self.mass.len() as u32;
        let i = *self.index.entry((state, memory, key)).or_insert(next);
        if i == next {
            self.state.push(state);
            self.memory.push(memory);
            self.mass.push(mass);
            self.sums.extend(belief.iter().map(|b| b * mass));
        } else {
            let i = i as usize;
            self.mass[i] += mass;
            for (s, b) in self.sums[i * self.width..].iter_mut().zip(belief) {
                *s += b * mass;
            }
        }
    }

    /// Merges light particles into wider cells: those below 4^−k·`light` into cells 2^k wide.
    /// Total mass and mean belief are kept.
    pub fn compress(
        &mut self,
        cells: &Cells,
        layout: &BeliefLayout,
        light: f64,
        scratch: &mut Self,
    ) {
        scratch.clear();
        let mut belief = vec![0.0; self.width];
        for i in 0..self.len() {
            self.belief(i, &mut belief);
            let mut level = 0;
            let mut bound = light;
            while self.mass[i] < bound && level < 12 {
                level += 1;
                bound *= 0.25;
            }
            let key = key(Keying::Cell, cells, layout, &belief, level);
            scratch.add(self.state[i], self.memory[i], key, self.mass[i], &belief);
        }
        std::mem::swap(self, scratch);
    }
}

/// Key of a flat belief.
#[inline]
pub fn key(
    keying: Keying,
    cells: &Cells,
    layout: &BeliefLayout,
    belief: &[f64],
    level: u32,
) -> u64 {
    match keying {
        Keying::Exact => {
            let mut hash = 0xcbf2_9ce4_8422_2325u64;
            for b in belief {
                hash = (hash ^ b.to_bits()).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                hash ^= hash >> 29;
            }
            hash
        }
        Keying::Cell => {
            let mut key = 0;
            for actor in 0..layout.offset.len() - 1 {
                let range = layout.range(actor);
                if range.len() > 1 {
                    key = cells.append(key, &belief[range], level);
                }
            }
            // Levels are apart, so that a light particle never moves a heavy one's mean.
            key << 4 | u64::from(level)
        }
    }
}
