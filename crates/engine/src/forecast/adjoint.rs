//! The kernels turned round: what a phase makes of the worth of mass on one line of the belief grid.

use super::kernels::{Basis, Chances, Moves, basis_after, share, shares};
use super::operator::NodeOperator;
use super::routes::{Note, Target};
use crate::game::NONE;
use crate::math::lanes::{Lane, widest};

widest! {
    /// From the worth `next` of mass after a mover's phase, with a row of zeros for what has ended, its
    /// worth `now` before; both `[row * own + k]`. `ends` is what mass is worth that comes to each end.
    /// `next` is left in moments where mass is held in them.
    pub fn moves(push: &Moves, ends: &[Lane], next: &mut [Lane], now: &mut [Lane]) => moves_plain
}

widest! {
    /// The same through chance.
    pub fn chances(push: &Chances, ends: &[Lane], next: &[Lane], now: &mut [Lane]) => chances_plain
}

widest! {
    /// Σ mass·worth over the rows of a line.
    pub fn product(rows: &[u32], own: usize, mass: &[Lane], worth: &[Lane]) -> Lane => product_plain
}

#[inline(always)]
fn moves_plain(push: &Moves, ends: &[Lane], next: &mut [Lane], now: &mut [Lane]) {
    if let Some(chebyshev) = push.chebyshev {
        match push.own {
            5 => return moments::<5>(push, chebyshev, ends, next, now),
            9 => return moments::<9>(push, chebyshev, ends, next, now),
            17 => return moments::<17>(push, chebyshev, ends, next, now),
            _ => {}
        }
        let mut sums = vec![Lane::ZERO; push.own];
        for cells in next.chunks_exact_mut(push.own) {
            to_moments(chebyshev, cells, &mut sums);
        }
    }
    general(push, ends, next, now);
}

/// Turns the worth of mass at the points of a row into that of its moments.
#[inline(always)]
fn to_moments(chebyshev: &[f64], cells: &mut [Lane], sums: &mut [Lane]) {
    for (sum, weights) in sums.iter_mut().zip(chebyshev.chunks_exact(cells.len())) {
        *sum = Lane::ZERO;
        for (cell, weight) in cells.iter().zip(weights) {
            *sum = Lane::splat(*weight).mul_add(*cell, *sum);
        }
    }
    cells.copy_from_slice(sums);
}

/// What is gathered is kept off the stack for the reason that the basis is.
#[inline(always)]
fn moments<const N: usize>(
    push: &Moves,
    chebyshev: &[f64],
    ends: &[Lane],
    next: &mut [Lane],
    now: &mut [Lane],
) {
    let mut worth = vec![Lane::ZERO; N];
    for cells in next.chunks_exact_mut(N) {
        to_moments(&chebyshev[..N * N], cells, &mut worth);
    }
    let mut basis = Basis::<N>::room();
    for row in push.rows {
        let row = *row as usize;
        let operator = &push.operators.nodes[row / push.origins];
        let values = &push.numbers.values[operator.first..];
        let out = &mut now[row * N..(row + 1) * N];
        out.fill(Lane::ZERO);
        let mut at = u32::MAX - 1;
        for instance in push.routes.out_of(row) {
            if instance.signal != at {
                at = instance.signal;
                basis_after::<N>(push, values, at, &mut basis);
            }
            worth.fill(Lane::ZERO);
            let targets = push.routes.targets(instance);
            gather(targets, push.kept, next, &mut worth[..N]);
            ended(push.routes.notes(instance), ends, &mut worth[..1]);
            let shares = shares::<N>(push, operator, values, instance);
            let sums = basis.worth(&worth);
            for k in 0..N {
                out[k] = shares[k].mul_add(sums[k], out[k]);
            }
        }
    }
}

/// Adds what the part of a flow that ends is worth, at every place of `worth`.
#[inline(always)]
fn ended(notes: &[Note], ends: &[Lane], worth: &mut [Lane]) {
    for note in notes {
        if note.end == NONE {
            continue;
        }
        let factor = Lane::splat(note.factor);
        for worth in worth.iter_mut() {
            *worth = factor.mul_add(ends[note.end as usize], *worth);
        }
    }
}

/// Any number of types and points.
#[inline(always)]
fn general(push: &Moves, ends: &[Lane], next: &[Lane], now: &mut [Lane]) {
    let own = push.own;
    let mut worth = vec![Lane::ZERO; own];
    for row in push.rows {
        let row = *row as usize;
        let operator = &push.operators.nodes[row / push.origins];
        let out = &mut now[row * own..][..own];
        out.fill(Lane::ZERO);
        for instance in push.routes.out_of(row) {
            worth.fill(Lane::ZERO);
            gather(push.routes.targets(instance), push.kept, next, &mut worth);
            // In moments the first is the mass itself.
            let mass = if push.chebyshev.is_some() { 1 } else { own };
            ended(push.routes.notes(instance), ends, &mut worth[..mass]);
            let parts = push.routes.parts(instance);
            for (k, out) in out.iter_mut().enumerate() {
                let sum = at_posterior(push, operator, instance.signal, k, &worth);
                *out = share(push, operator, parts, k).mul_add(sum, *out);
            }
        }
    }
}

/// Adds what a flow is worth at its targets.
#[inline(always)]
fn gather(targets: &[Target], kept: &[Lane], next: &[Lane], worth: &mut [Lane]) {
    let own = worth.len();
    for target in targets {
        let factor = Lane::splat(target.factor) * kept[target.inside as usize];
        let cells = &next[target.row as usize * own..][..own];
        for (sum, cell) in worth.iter_mut().zip(cells) {
            *sum = factor.mul_add(*cell, *sum);
        }
    }
}

/// The worth of mass that left place `k` with a signal: the adjoint of its spreading.
#[inline(always)]
fn at_posterior(
    push: &Moves,
    operator: &NodeOperator,
    signal: u32,
    k: usize,
    worth: &[Lane],
) -> Lane {
    let own = push.own;
    let values = &push.numbers.values[operator.first..];
    let mut sum = Lane::ZERO;
    if push.chebyshev.is_some() {
        let z = match signal {
            NONE => push.cosine[k],
            g => values[g as usize * own + k],
        };
        let (mut before, mut last) = (1.0, z);
        for worth in worth {
            sum = Lane::splat(before).mul_add(*worth, sum);
            (before, last) = (last, 2.0 * z * last - before);
        }
        return sum;
    }
    if signal == NONE {
        return worth[k];
    }
    let width = operator.width;
    let first = (signal as usize * own + k) * width;
    let index = &push.numbers.index[operator.first_index + first..][..width];
    for (weight, place) in values[first..first + width].iter().zip(index) {
        sum = Lane::splat(*weight).mul_add(worth[*place as usize], sum);
    }
    sum
}

#[inline(always)]
fn chances_plain(push: &Chances, ends: &[Lane], next: &[Lane], now: &mut [Lane]) {
    let own = push.own;
    for row in push.rows {
        let row = *row as usize;
        let out = &mut now[row * own..][..own];
        out.fill(Lane::ZERO);
        for instance in push.routes.out_of(row) {
            gather(push.routes.targets(instance), push.kept, next, out);
            ended(push.routes.notes(instance), ends, out);
        }
    }
}

#[inline(always)]
fn product_plain(rows: &[u32], own: usize, mass: &[Lane], worth: &[Lane]) -> Lane {
    let mut sum = Lane::ZERO;
    for row in rows {
        let first = *row as usize * own;
        for (mass, worth) in mass[first..][..own].iter().zip(&worth[first..][..own]) {
            sum = mass.mul_add(*worth, sum);
        }
    }
    sum
}
