//! A sparse matrix that pushes distributions, by the places to which mass goes.
//!
//! Each target adds up what comes from its sources, in the order of the sources. So no two threads
//! write one number, and the same bits come out on any number of them.

use rayon::prelude::*;

/// Targets that one piece of work adds up.
const CHUNK: usize = 1024;

/// Entries by target (compressed sparse rows). Within a chunk targets stand by their number of entries,
/// so that how often a loop runs can be foreseen by the processor.
#[derive(Default)]
pub struct Matrix {
    /// Which target of its chunk stands here.
    order: Vec<u16>,
    /// Place in that order → entries `start[k]..start[k + 1]` of the next two.
    start: Vec<u32>,
    source: Vec<u32>,
    weight: Vec<f64>,
}

/// Most entries of one matrix.
pub(super) const MAX_ENTRIES: u128 = u32::MAX as u128;

/// Bytes that an entry takes, by target, and while it is listed by source.
pub(super) const ENTRY_BYTES: u128 = 2 * 12;

/// Bytes that a target takes, besides.
pub(super) const TARGET_BYTES: u128 = 2 + 4 + 4;

/// Entries by source.
#[derive(Default)]
pub struct Entries {
    /// Source → number of its entries.
    pub count: Vec<u32>,
    /// Where each goes, by source.
    pub target: Vec<u32>,
    /// And with which factor.
    pub weight: Vec<f64>,
}

impl Matrix {
    /// The matrix of these entries. Of each target they stay in their order.
    pub fn of(pieces: &[Entries], targets: usize) -> Self {
        let mut count = vec![0u32; targets];
        for to in pieces.iter().flat_map(|piece| &piece.target) {
            count[*to as usize] += 1;
        }
        let mut order: Vec<u16> = (0..targets).map(|k| (k % CHUNK) as u16).collect();
        order
            .par_chunks_mut(CHUNK)
            .zip(count.par_chunks(CHUNK))
            .for_each(|(order, count)| order.sort_by_key(|k| count[*k as usize]));
        let mut start = vec![0u32; targets + 1];
        // Target → where its next entry goes.
        let mut free = count;
        for k in 0..targets {
            let target = k - k % CHUNK + order[k] as usize;
            start[k + 1] = start[k] + free[target];
            free[target] = start[k];
        }
        let entries = start[targets] as usize;
        let (mut source, mut weight) = (vec![0u32; entries], vec![0.0; entries]);
        // Threads share the targets; each looks through all entries for its own.
        let share = targets
            .div_ceil(rayon::current_num_threads())
            .next_multiple_of(CHUNK)
            .max(CHUNK);
        let mut shares = Vec::new();
        let (mut sources, mut weights) = (&mut source[..], &mut weight[..]);
        for (i, free) in free.chunks_mut(share).enumerate() {
            let (first, last) = (i * share, (i * share + free.len()).min(targets));
            let size = (start[last] - start[first]) as usize;
            let (mine, rest) = std::mem::take(&mut sources).split_at_mut(size);
            sources = rest;
            let (own, rest) = std::mem::take(&mut weights).split_at_mut(size);
            weights = rest;
            shares.push((first as u32, start[first], free, mine, own));
        }
        shares
            .into_par_iter()
            .for_each(|(first, begin, free, source, weight)| {
                let mut from = 0;
                for piece in pieces {
                    let mut entries = piece.target.iter().zip(&piece.weight);
                    for count in &piece.count {
                        for (to, x) in entries.by_ref().take(*count as usize) {
                            if let Some(place) = free.get_mut(to.wrapping_sub(first) as usize) {
                                let at = (*place - begin) as usize;
                                source[at] = from;
                                weight[at] = *x;
                                *place += 1;
                            }
                        }
                        from += 1;
                    }
                }
            });
        Self {
            order,
            start,
            source,
            weight,
        }
    }

    /// Number of targets.
    pub fn targets(&self) -> usize {
        self.order.len()
    }

    /// Pushes `width` numbers a place from `from` to `to`.
    pub fn push(&self, width: usize, from: &[f64], to: &mut Vec<f64>) {
        to.resize(self.targets() * width, 0.0);
        match width {
            1 => self.push_wide::<1>(from, to),
            2 => self.push_wide::<2>(from, to),
            3 => self.push_wide::<3>(from, to),
            4 => self.push_wide::<4>(from, to),
            _ => to
                .par_chunks_mut(CHUNK * width)
                .enumerate()
                .for_each(|(chunk, to)| {
                    for (place, k) in self.chunk(chunk) {
                        let to = &mut to[k * width..(k + 1) * width];
                        to.fill(0.0);
                        for (source, weight) in self.entries(place) {
                            let from = &from[*source as usize * width..][..width];
                            for (sum, x) in to.iter_mut().zip(from) {
                                *sum += weight * x;
                            }
                        }
                        to.iter_mut().for_each(|sum| *sum = normal(*sum));
                    }
                }),
        }
    }

    fn push_wide<const N: usize>(&self, from: &[f64], to: &mut [f64]) {
        let (from, _) = from.as_chunks::<N>();
        let (to, _) = to.as_chunks_mut::<N>();
        to.par_chunks_mut(CHUNK)
            .enumerate()
            .for_each(|(chunk, to)| {
                for (place, k) in self.chunk(chunk) {
                    let mut sum = [0.0; N];
                    for (source, weight) in self.entries(place) {
                        let from = &from[*source as usize];
                        for n in 0..N {
                            sum[n] += weight * from[n];
                        }
                    }
                    to[k] = sum.map(normal);
                }
            });
    }

    /// Places of a chunk, and which of its targets stand there.
    #[inline]
    fn chunk(&self, chunk: usize) -> impl Iterator<Item = (usize, usize)> {
        let first = chunk * CHUNK;
        let order = &self.order[first..self.order.len().min(first + CHUNK)];
        (first..).zip(order.iter().map(|k| *k as usize))
    }

    #[inline]
    fn entries(&self, place: usize) -> impl Iterator<Item = (&u32, &f64)> {
        let range = self.start[place] as usize..self.start[place + 1] as usize;
        self.source[range.clone()].iter().zip(&self.weight[range])
    }
}

/// Subnormal mass has lost its digits, and slows down what is done with it.
#[inline]
fn normal(mass: f64) -> f64 {
    if mass < f64::MIN_POSITIVE { 0.0 } else { mass }
}

/// Sums that do not wait for each other.
const LANES: usize = 4;

/// Σ over places of `add(place, sums)`, piece by piece in a fixed order.
pub(super) fn sums(
    places: usize,
    width: usize,
    add: impl Fn(usize, &mut [f64]) + Sync,
) -> Vec<f64> {
    let size = CHUNK.max(8 * LANES * width);
    let pieces: Vec<Vec<f64>> = (0..places.div_ceil(size))
        .into_par_iter()
        .map(|piece| {
            let mut sums = vec![0.0; LANES * width];
            for place in piece * size..places.min((piece + 1) * size) {
                add(place, &mut sums[place % LANES * width..][..width]);
            }
            sums
        })
        .collect();
    let mut total = vec![0.0; width];
    for sums in pieces.iter().flat_map(|piece| piece.chunks_exact(width)) {
        for (total, x) in total.iter_mut().zip(sums) {
            *total += x;
        }
    }
    total
}
