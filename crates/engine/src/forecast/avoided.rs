//! What mass on the belief grid remembers of the past: which watched sets it has stayed out of.
//!
//! Beside the mass itself, lanes keep the parts of it that have avoided a set of watched sets; entering
//! one of them sets such a part to zero. Questions need the parts that avoid one set each. Outcome
//! classes read several sets at once: from the parts that avoid each subset of these follows, by
//! inclusion and exclusion, the mass with each history.

use super::history::History;

/// Sets that classes read, beyond which a grid has no room for all subsets.
const MAX_CARRIED: u32 = 12;

/// The parts of the mass that are kept.
pub struct Avoided {
    /// What each part has avoided, as bits of events: nothing, the other subsets of the sets that
    /// classes read, then one open set each.
    pub parts: Vec<u64>,
    /// Number of subsets of the sets that classes read, with the empty one.
    subsets: usize,
    tracked: u64,
    carried: u64,
    /// Which tracked sets hold a state: all that occur, ascending.
    pub insides: Vec<u64>,
}

impl Avoided {
    /// The parts that the watched sets ask for.
    pub fn of(history: &History) -> Self {
        let carried = history.carried;
        let mut parts = vec![0u64];
        if carried.count_ones() <= MAX_CARRIED {
            loop {
                let next = parts[parts.len() - 1].wrapping_sub(carried) & carried;
                if next == 0 {
                    break;
                }
                parts.push(next);
            }
        }
        let subsets = parts.len();
        parts.extend(history.open.iter().map(|event| 1 << event));
        let tracked = history.open.iter().fold(carried, |all, e| all | 1 << e);
        let mut insides: Vec<u64> = history.mask.iter().map(|mask| mask & tracked).collect();
        insides.sort_unstable();
        insides.dedup();
        Self {
            parts,
            subsets,
            tracked,
            carried,
            insides,
        }
    }

    /// Can all parts be kept?
    pub fn complete(&self) -> bool {
        self.carried.count_ones() <= MAX_CARRIED
    }

    /// The tracked sets among the sets that hold a state.
    pub fn inside(&self, mask: u64) -> u64 {
        mask & self.tracked
    }

    /// Index in `insides`.
    pub fn index(&self, inside: u64) -> u32 {
        self.insides.binary_search(&inside).unwrap_or(0) as u32
    }

    /// The part whose losses are first passages into `event`; the first where nothing is tracked.
    pub fn part_of(&self, event: usize) -> usize {
        let set = 1 << event;
        if self.tracked & set == 0 {
            return 0;
        }
        self.parts.iter().position(|part| *part == set).unwrap_or(0)
    }

    /// Parts that classes read: their indices.
    pub fn read_by_classes(&self) -> std::ops::Range<usize> {
        0..self.subsets
    }

    /// Calls `visit` with each history (bits of the sets entered) and its mass, from the mass that has
    /// avoided each of [`Self::read_by_classes`]. Like all mass on the grid it can be a little below zero;
    /// what is cut off would be missing from the sum.
    pub fn histories(&self, avoiding: &[f64], mut visit: impl FnMut(u64, f64)) {
        let all = self.subsets - 1;
        for seen in 0..=all {
            let mut mass = 0.0;
            // The subsets of what was seen.
            let mut subset = seen;
            loop {
                let part = avoiding[(all & !seen) | subset];
                mass += if subset.count_ones() % 2 == 0 {
                    part
                } else {
                    -part
                };
                if subset == 0 {
                    break;
                }
                subset = (subset - 1) & seen;
            }
            visit(self.parts[seen], mass);
        }
    }
}
