//! LU factors of a full matrix, with partial pivoting.
//!
//! By blocks of columns: a block is eliminated by itself, then the rest of the matrix in tiles of four
//! rows and two lanes that stay in registers. Every number is made by one thread in one order, so the
//! bits are the same on any number of them.

use crate::math::lanes::{Lane, W, plain_dot as dot, widest};
use rayon::prelude::*;

/// Columns of a block.
const BLOCK: usize = 32;
/// Rows and columns of a tile.
const ROWS: usize = 4;
const COLUMNS: usize = 2 * W;
/// Rows that a thread takes at a time.
const SHARE: usize = 16 * ROWS;

/// A matrix by rows, and after [`Dense::factor`] its factors: L below the diagonal, U on it and above.
#[derive(Clone, Debug, Default)]
pub struct Dense {
    n: usize,
    /// Length of a row in memory: whole tiles, what is past `n` is 0.
    stride: usize,
    numbers: Vec<f64>,
    /// Place → row that was brought there.
    swapped: Vec<u32>,
    /// Sign of the determinant.
    pub sign: f64,
}

impl Dense {
    /// Bytes of an n × n matrix.
    pub fn bytes(n: usize) -> u128 {
        8 * n as u128 * n.next_multiple_of(COLUMNS) as u128
    }

    /// Sets the matrix to n × n zeros, to be filled.
    pub fn clear(&mut self, n: usize) {
        self.n = n;
        self.stride = n.next_multiple_of(COLUMNS);
        self.numbers.clear();
        self.numbers.resize(n * self.stride, 0.0);
    }

    /// Adds to an entry.
    #[inline]
    pub fn add(&mut self, row: usize, column: usize, value: f64) {
        self.numbers[row * self.stride + column] += value;
    }

    /// Factors the matrix in place; `None` when it is singular to working precision.
    pub fn factor(&mut self) -> Option<()> {
        let (n, stride) = (self.n, self.stride);
        self.sign = 1.0;
        self.swapped.clear();
        let mut packed: Vec<[Lane; 2]> = Vec::new();
        for first in (0..n).step_by(BLOCK) {
            let end = n.min(first + BLOCK);
            eliminate(&mut self.numbers, stride, first, end, &mut self.swapped)?;
            let (above, below) = self.numbers.split_at_mut(end * stride);
            if below.is_empty() {
                break;
            }
            upper(&mut above[first * stride..], stride, first, end);
            // The block's rows by strips of a tile's width.
            packed.clear();
            for column in (end..stride).step_by(COLUMNS) {
                for row in above[first * stride..].chunks_exact(stride) {
                    let pair = &row[column..column + COLUMNS];
                    packed.push([Lane::read(pair), Lane::read(&pair[W..])]);
                }
            }
            let work = |rows: &mut [f64]| update(rows, stride, first, &packed);
            if below.len() > SHARE * stride {
                below.par_chunks_mut(SHARE * stride).for_each(work);
            } else {
                work(below);
            }
        }
        for (k, row) in self.swapped.iter().enumerate() {
            if *row as usize != k {
                self.sign = -self.sign;
            }
            self.sign *= self.numbers[k * stride + k].signum();
        }
        Some(())
    }

    /// Solves A·x = `b` in place by the factors.
    pub fn solve(&self, b: &mut [f64]) {
        for (k, row) in self.swapped.iter().enumerate() {
            b.swap(k, *row as usize);
        }
        substitute(&self.numbers, self.stride, b);
    }
}

widest! {
    /// Eliminates the columns `first..end` among themselves, from row `first` on, bringing up the row of
    /// each pivot; what row each came from goes to `swapped`.
    fn eliminate(
        numbers: &mut [f64],
        stride: usize,
        first: usize,
        end: usize,
        swapped: &mut Vec<u32>,
    ) -> Option<()> => plain_eliminate
}

#[inline(always)]
fn plain_eliminate(
    numbers: &mut [f64],
    stride: usize,
    first: usize,
    end: usize,
    swapped: &mut Vec<u32>,
) -> Option<()> {
    for k in first..end {
        let column = numbers[k * stride + k..].iter().step_by(stride);
        let mut best = (k, -1.0);
        for (row, value) in column.enumerate() {
            if value.abs() > best.1 {
                best = (k + row, value.abs());
            }
        }
        if !(best.1 > 1e-280) || !best.1.is_finite() {
            return None;
        }
        swapped.push(best.0 as u32);
        let (above, below) = numbers.split_at_mut((k + 1) * stride);
        let source = &mut above[k * stride..];
        if best.0 != k {
            let start = (best.0 - k - 1) * stride;
            source.swap_with_slice(&mut below[start..start + stride]);
        }
        let pivot = source[k];
        let source = &source[k + 1..end];
        for row in below.chunks_exact_mut(stride) {
            let factor = row[k] / pivot;
            row[k] = factor;
            for (target, source) in row[k + 1..end].iter_mut().zip(source) {
                *target = (-factor).mul_add(*source, *target);
            }
        }
    }
    Some(())
}

widest! {
    /// L⁻¹ times the rows of a block, right of it.
    fn upper(rows: &mut [f64], stride: usize, first: usize, end: usize) => plain_upper
}

#[inline(always)]
fn plain_upper(rows: &mut [f64], stride: usize, first: usize, end: usize) {
    for k in 1..end - first {
        let (above, below) = rows.split_at_mut(k * stride);
        let (left, right) = below[..stride].split_at_mut(end);
        for (source, factor) in above.chunks_exact(stride).zip(&left[first..]) {
            for (target, source) in right.iter_mut().zip(&source[end..]) {
                *target = (-factor).mul_add(*source, *target);
            }
        }
    }
}

widest! {
    /// Takes L times the packed rows of a block, `[strip * rows + row]`, from the rows below; L stands in
    /// them, from column `first`.
    fn update(rows: &mut [f64], stride: usize, first: usize, packed: &[[Lane; 2]]) => plain_update
}

#[inline(always)]
fn plain_update(rows: &mut [f64], stride: usize, first: usize, packed: &[[Lane; 2]]) {
    let end = first + BLOCK;
    // Factors of four rows, those of one column next to each other.
    let mut factors = [[0.0; ROWS]; BLOCK];
    for rows in rows.chunks_mut(ROWS * stride) {
        let mut count = 0;
        for (r, row) in rows.chunks_exact(stride).enumerate() {
            count += 1;
            for (factors, l) in factors.iter_mut().zip(&row[first..end]) {
                factors[r] = -l;
            }
        }
        for (strip, packed) in packed.chunks_exact(BLOCK).enumerate() {
            let column = end + strip * COLUMNS;
            let mut sums = [[Lane::ZERO; 2]; ROWS];
            for (factors, source) in factors.iter().zip(packed) {
                for r in 0..ROWS {
                    let factor = Lane::splat(factors[r]);
                    sums[r][0] = factor.mul_add(source[0], sums[r][0]);
                    sums[r][1] = factor.mul_add(source[1], sums[r][1]);
                }
            }
            for r in 0..count {
                let at = r * stride + column;
                let target = &mut rows[at..at + COLUMNS];
                let low = Lane::read(target) + sums[r][0];
                let high = Lane::read(&target[W..]) + sums[r][1];
                target[..W].copy_from_slice(&low.0);
                target[W..].copy_from_slice(&high.0);
            }
        }
    }
}

widest! {
    /// U⁻¹·L⁻¹·`b` in place.
    fn substitute(numbers: &[f64], stride: usize, b: &mut [f64]) => plain_substitute
}

#[inline(always)]
fn plain_substitute(numbers: &[f64], stride: usize, b: &mut [f64]) {
    let n = b.len();
    for k in 1..n {
        b[k] -= dot(&numbers[k * stride..k * stride + k], &b[..k]);
    }
    for k in (0..n).rev() {
        let row = &numbers[k * stride..k * stride + n];
        b[k] = (b[k] - dot(&row[k + 1..], &b[k + 1..])) / row[k];
    }
}
