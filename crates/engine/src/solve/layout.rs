//! Where a state lies in the tables of each phase.
//!
//! A value table of a phase has a row for each node, then a row for each end state; a row holds
//! `[seat * points + point]`.

use super::signals::{Buffers, Signals};
use crate::game::{Game, NONE, Phase};
use rayon::prelude::*;

/// Rows of the value tables and signals of the nodes.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Phase → state → row, `NONE` where the state is not met.
    pub rows: Vec<Vec<u32>>,
    /// Phase → number of nodes.
    pub nodes: Vec<usize>,
    /// Phase → signals of each node (empty for events).
    pub signals: Vec<Vec<Signals>>,
    /// Number of seats.
    pub seats: usize,
    /// Number of end states.
    pub ends: usize,
}

impl Layout {
    /// Reads the layout off the game.
    pub fn of(game: &Game) -> Self {
        let mut rows = Vec::new();
        let mut nodes = Vec::new();
        let mut signals = Vec::new();
        for phase in &game.phases {
            let mut map = vec![NONE; game.states.len()];
            for (n, state) in phase.states().iter().enumerate() {
                map[*state as usize] = n as u32;
            }
            for (e, end) in game.ends.iter().enumerate() {
                map[end.state as usize] = (phase.nodes() + e) as u32;
            }
            rows.push(map);
            nodes.push(phase.nodes());
            signals.push(match phase {
                Phase::Move(phase) => {
                    let nodes = (0..phase.nodes()).into_par_iter();
                    let of = |buffers: &mut _, n| Signals::of(phase, n, buffers);
                    nodes.map_init(Buffers::default, of).collect()
                }
                Phase::Events(_) => Vec::new(),
            });
        }
        Self {
            rows,
            nodes,
            signals,
            seats: game.seats(),
            ends: game.ends.len(),
        }
    }

    /// Phase whose table continues after phase `p`.
    pub fn next_phase(&self, p: usize) -> usize {
        (p + 1) % self.rows.len()
    }
}

/// What a phase leads to: values of the next phase's nodes, and of the ends behind them, which do not
/// change from phase to phase.
#[derive(Clone, Copy)]
pub struct Next<'a> {
    /// Rows of the nodes.
    pub nodes: &'a [f64],
    /// Rows of the ends.
    pub ends: &'a [f64],
    /// Numbers of a row: `[seat * points + point]`.
    pub width: usize,
}

impl<'a> Next<'a> {
    /// A row by its number in the layout.
    #[inline]
    pub fn row(&self, row: usize) -> &'a [f64] {
        let first = row * self.width;
        match first.checked_sub(self.nodes.len()) {
            None => &self.nodes[first..first + self.width],
            Some(first) => &self.ends[first..first + self.width],
        }
    }
}
