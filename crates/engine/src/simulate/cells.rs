//! Distributions laid out for drawing: the place at which a uniform number falls.

use crate::math::lanes::W;

/// Distributions as the probabilities of coming no further than to each of their places, in whole
/// blocks of eight with infinity from the last possible place on.
#[derive(Default)]
pub struct Cumulated {
    /// Distribution → its first block.
    start: Vec<u32>,
    below: Vec<f64>,
}

impl Cumulated {
    /// Adds one, given by the probabilities of its places.
    pub fn push(&mut self, probabilities: impl Iterator<Item = f64>) {
        self.start.push((self.below.len() / W) as u32);
        cumulate(probabilities, &mut self.below);
    }

    /// The place at which `u` in [0, 1) falls; never one of probability 0.
    #[inline(always)]
    pub fn pick(&self, distribution: usize, u: f64) -> usize {
        pick(&self.below[self.start[distribution] as usize * W..], u)
    }

    /// Where the places end, but for the last.
    fn thresholds(&self, distribution: usize) -> impl Iterator<Item = f64> {
        let from = &self.below[self.start[distribution] as usize * W..];
        from.iter().copied().take_while(|b| *b < f64::INFINITY)
    }
}

/// Appends one of [`Cumulated`].
#[inline(always)]
pub(super) fn cumulate(probabilities: impl Iterator<Item = f64>, below: &mut Vec<f64>) {
    let first = below.len();
    let (mut sum, mut last) = (0.0, first);
    for p in probabilities {
        if p > 0.0 {
            sum += p;
            last = below.len();
        }
        below.push(sum);
    }
    below.truncate(last);
    let blocks = (last - first) / W + 1;
    below.resize(first + blocks * W, f64::INFINITY);
}

/// The place at which `u` in [0, 1) falls; as [`super::walk`] picks it.
#[inline(always)]
pub(super) fn pick(below: &[f64], u: f64) -> usize {
    let mut place = 0;
    for block in below.chunks_exact(W) {
        // Counted without a look at each, which could not be foreseen.
        let passed = block
            .iter()
            .fold(0u64, |n, b| n.wrapping_add(u64::from(u >= *b)));
        place += passed as usize;
        if passed < W as u64 {
            break;
        }
    }
    place
}

/// A part of [0, 1).
#[derive(Clone, Copy)]
struct Cell {
    /// Where a place ends in it, as the upper word of a uniform number.
    at: u32,
    /// What follows from smaller words, and from larger ones.
    result: [u32; 2],
}

/// Distributions cut into equal cells, so that the upper word of a uniform number tells the place by one
/// look-up and one comparison; unless it is the very word at which a place ends, or places end at
/// several words of its cell.
pub struct Cells {
    /// Distribution → its first cell in the upper half, and in the lower by how many bits a word is
    /// shifted to count from there.
    start: Vec<u64>,
    cell: Vec<Cell>,
    /// The result where the word does not tell.
    ask: u32,
}

/// Cells for each place that ends, at most.
const FINEST: usize = 8;

impl Cells {
    /// None yet, with the result that says that a word does not tell.
    pub fn new(ask: u32) -> Self {
        Self {
            start: Vec::new(),
            cell: Vec::new(),
            ask,
        }
    }

    fn begin(&mut self, shift: u32) {
        self.start
            .push((self.cell.len() as u64) << 32 | u64::from(shift));
    }

    /// Adds one with one result.
    pub fn push_certain(&mut self, result: u32) {
        self.begin(u32::BITS);
        self.cell.push(Cell {
            at: u32::MAX,
            result: [result; 2],
        });
    }

    /// Adds the `distribution`-th of `all`, whose places have these results.
    pub fn push(&mut self, all: &Cumulated, distribution: usize, result: impl Fn(usize) -> u32) {
        // The upper words at which they are passed; one that no word reaches comes after all cells.
        let ends: Vec<u64> = all
            .thresholds(distribution)
            .map(|b| (b * (1u64 << 32) as f64) as u64)
            .collect();
        if ends.is_empty() {
            return self.push_certain(result(0));
        }
        let most = (FINEST * ends.len()).next_power_of_two().ilog2();
        let bits = (0..=most).find(|bits| {
            let cell = |end: &u64| end >> (u32::BITS - bits);
            let apart = |two: &[u64]| two[0] == two[1] || cell(&two[0]) < cell(&two[1]);
            ends.windows(2).all(apart)
        });
        let shift = u32::BITS - bits.unwrap_or(most);
        self.begin(shift);
        let mut passed = 0;
        for cell in 0..1u64 << (u32::BITS - shift) {
            let here = &ends[passed..];
            let here = &here[..here.iter().take_while(|e| *e >> shift <= cell).count()];
            let one = here.iter().all(|e| *e == here[0]);
            let of = |place| if one { result(place) } else { self.ask };
            let result = [of(passed), of(passed + here.len())];
            self.cell.push(Cell {
                at: here.first().map_or(u32::MAX, |e| *e as u32),
                result,
            });
            passed += here.len();
        }
    }

    /// What is looked up.
    pub fn look(&self) -> Look<'_> {
        Look {
            start: &self.start,
            cell: &self.cell,
            ask: self.ask,
        }
    }
}

/// The tables of [`Cells`].
#[derive(Clone, Copy)]
pub struct Look<'a> {
    start: &'a [u64],
    cell: &'a [Cell],
    ask: u32,
}

impl Look<'_> {
    /// The result of the place at which a number with this upper word falls, or that which says that the
    /// word does not tell.
    #[inline(always)]
    pub fn find(&self, distribution: u32, word: u32) -> u32 {
        let start = self.start[distribution as usize];
        let cell = (start >> 32) + (u64::from(word) >> (start & 63));
        let cell = &self.cell[cell as usize];
        if word == cell.at {
            return self.ask;
        }
        let [smaller, larger] = cell.result;
        if word > cell.at { larger } else { smaller }
    }
}
