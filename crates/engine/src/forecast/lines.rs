//! The belief grid cut into lines along the beliefs about one actor.
//!
//! A mover's choice changes the beliefs about the mover alone, so mass stays on its line: lines can be
//! pushed one by one, each small enough for a processor's own cache, and by as many threads as there
//! are.

use crate::belief::BeliefGrid;
use crate::game::{Game, Phase};

/// Lines along the beliefs about one actor; a line holds the points of the actor's sub-grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lines {
    /// The actor.
    pub actor: usize,
    /// Points of a line.
    pub own: usize,
    /// Distance in the whole grid between neighbouring points of a line.
    pub stride: usize,
    /// Number of lines.
    pub count: usize,
}

impl Lines {
    /// Lines along the beliefs about `actor`; where there is nobody, the one point.
    pub fn along(grid: &BeliefGrid, actor: usize) -> Self {
        let block = grid.blocks.get(actor);
        let (own, stride) = block.map_or((1, 1), |block| (block.points, block.stride));
        Self {
            actor,
            own,
            stride,
            count: grid.points / own,
        }
    }

    /// For each phase the lines in which mass is pushed through it: along the mover's beliefs; where
    /// nobody moves whose type is hidden, as the next phase wants them.
    pub fn of_phases(game: &Game, grid: &BeliefGrid) -> Vec<Self> {
        let hidden = |actor: usize| game.actors[actor].types.len() > 1;
        let phases = game.phases.len();
        (0..phases)
            .map(|p| {
                let actor = (0..phases)
                    .filter_map(|ahead| match &game.phases[(p + ahead) % phases] {
                        Phase::Move(phase) => Some(phase.actors[0] as usize),
                        Phase::Events(_) => None,
                    })
                    .find(|actor| hidden(*actor))
                    .unwrap_or(0);
                Self::along(grid, actor)
            })
            .collect()
    }

    /// Grid point at place `k` of a line.
    #[inline]
    pub fn point(&self, line: usize, k: usize) -> usize {
        line / self.stride * self.own * self.stride + line % self.stride + k * self.stride
    }

    /// Line of a grid point, and its place there.
    #[inline]
    pub fn place(&self, point: usize) -> (usize, usize) {
        let (high, low) = (point / (self.own * self.stride), point % self.stride);
        (high * self.stride + low, point / self.stride % self.own)
    }
}
