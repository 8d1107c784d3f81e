//! How the beliefs of a node between the ends of each line lie in lanes. On a line everything but the
//! belief about the mover, who has two types, is fixed.

use crate::belief::Block;
use crate::math::lanes::{Lane, W};

/// `[strip][block][place]`. A strip is one line, in as many blocks as it takes; where lines are short, one
/// block of points, those of one line behind those of the line before.
#[derive(Clone, Copy)]
pub struct Strips {
    lines: usize,
    /// Points of a line between its ends.
    inner: usize,
}

impl Strips {
    /// Those of `lines` lines of `own` points.
    pub fn new(lines: usize, own: usize) -> Self {
        let inner = own.saturating_sub(2).max(1);
        Self { lines, inner }
    }

    /// Do lines share strips?
    fn packed(&self) -> bool {
        self.inner <= W / 2
    }

    /// Number of strips.
    pub fn count(&self) -> usize {
        if self.packed() {
            (self.lines * self.inner).div_ceil(W)
        } else {
            self.lines
        }
    }

    /// Blocks of a strip.
    pub fn blocks(&self) -> usize {
        if self.packed() {
            1
        } else {
            self.inner.div_ceil(W)
        }
    }

    /// Line and point at place `w` of block `b` of a strip, or `None` where there is none.
    fn cell(&self, strip: usize, b: usize, w: usize) -> Option<(usize, usize)> {
        if self.packed() {
            let i = strip * W + w;
            (i < self.lines * self.inner).then(|| (i / self.inner, 1 + i % self.inner))
        } else {
            let i = b * W + w;
            (i < self.inner).then_some((strip, 1 + i))
        }
    }

    /// Block among all those of the node, and place in it, of point `k` of a line.
    pub fn place(&self, line: usize, k: usize) -> (usize, usize) {
        if self.packed() {
            let i = line * self.inner + k - 1;
            (i / W, i % W)
        } else {
            (line * self.blocks() + (k - 1) / W, (k - 1) % W)
        }
    }

    /// All of them; `block` has the beliefs about the mover.
    pub fn all(&self, block: &Block) -> Vec<Strip> {
        (0..self.count())
            .map(|strip| Strip {
                lines: self.lines_of(strip),
                blocks: (0..self.blocks())
                    .map(|b| self.block(strip, b, block))
                    .collect(),
            })
            .collect()
    }

    fn lines_of(&self, strip: usize) -> Vec<(usize, [u64; W])> {
        let line = |w: usize| self.cell(strip, 0, w).map(|(line, _)| line);
        let first = line(0).unwrap_or(0);
        let last = (0..W).rev().find_map(line).unwrap_or(first);
        let bits = |of: usize| {
            std::array::from_fn(|w| {
                if line(w).unwrap_or(last) == of {
                    u64::MAX
                } else {
                    0
                }
            })
        };
        (first..=last).map(|line| (line, bits(line))).collect()
    }

    fn block(&self, strip: usize, b: usize, block: &Block) -> Places {
        let cells: [_; W] = std::array::from_fn(|w| self.cell(strip, b, w));
        // What repeats another place repeats the last.
        let last = cells.iter().rev().find_map(|cell| *cell);
        let point = |w: usize| cells[w].or(last).map_or(1, |(_, k)| k);
        let belief = [0, 1].map(|t| Lane::of(|w| block.beliefs[point(w) * 2 + t]));
        let before = |w: usize| {
            let same = |v: &usize| {
                let cell = strip
                    .checked_sub(1)
                    .and_then(|strip| self.cell(strip, b, *v));
                cell.is_some_and(|(_, k)| k == point(w))
            };
            (0..W).rev().find(same).unwrap_or(w)
        };
        Places {
            log_odds: Lane::of(|w| crate::math::ln(belief[0][w] / belief[1][w])),
            belief,
            before: std::array::from_fn(before),
            after: cells.map(|cell| {
                let (line, k) = cell?;
                (k < self.inner).then(|| self.place(line, k + 1))
            }),
            cells,
        }
    }
}

/// One strip.
pub struct Strip {
    /// Its lines, ascending, with all bits set in their places.
    pub lines: Vec<(usize, [u64; W])>,
    /// Its blocks.
    pub blocks: Vec<Places>,
}

/// One block.
pub struct Places {
    /// Place → line and point; nothing where it repeats another place.
    pub cells: [Option<(usize, usize)>; W],
    /// Place → that of the same point in the strip before.
    pub before: [usize; W],
    /// Place → block among all those of the node, and place in it, of the point after it on its line.
    pub after: [Option<(usize, usize)>; W],
    /// Belief in each type of the mover.
    pub belief: [Lane; 2],
    /// ln(type 0 / type 1).
    pub log_odds: Lane,
}
