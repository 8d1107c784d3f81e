//! What is done to mass on one line of the belief grid, in lanes: eight numbers at every point.

use super::operator::{NodeOperator, Numbers, Operators};
use super::routes::{Instance, Routes, Target};
use crate::game::NONE;
use crate::math::lanes::{Lane, W, widest};

/// A mover's phase on one line.
pub struct Moves<'a> {
    /// Operators of the nodes,
    pub operators: &'a Operators,
    /// and their numbers on this line.
    pub numbers: &'a Numbers,
    /// Where flows go.
    pub routes: &'a Routes,
    /// Rows that hold mass.
    pub rows: &'a [u32],
    /// Rows a node.
    pub origins: usize,
    /// Number of points of the line.
    pub own: usize,
    /// z of the points.
    pub cosine: &'a [f64],
    /// Type of the mover → the lanes that belong to it: one or zero.
    pub chosen: &'a [Lane],
    /// Tracked sets that hold a state → the lanes that go on there.
    pub kept: &'a [Lane],
    /// Actor whom each seat belongs to, and the lanes that belong to the seat; empty where no lane
    /// holds mass that is paid.
    pub seats: &'a [(usize, Lane)],
    /// Where mass is held in moments: matrix that turns them into mass, `[moment * own + k]`.
    pub chebyshev: Option<&'a [f64]>,
}

/// A phase of chance on one line.
pub struct Chances<'a> {
    /// Where mass goes.
    pub routes: &'a Routes,
    /// Rows that hold mass.
    pub rows: &'a [u32],
    /// Number of points of the line.
    pub own: usize,
    /// Tracked sets that hold a state → the lanes that go on there.
    pub kept: &'a [Lane],
    /// Are sums over the rows wanted?
    pub sums: bool,
}

/// What is noted of a line.
#[derive(Default)]
pub struct LineNotes {
    /// Sum over the points of each noted flow.
    pub noted: Vec<Lane>,
    /// Actor → payments.
    pub paid: Vec<Lane>,
    /// Row → sum over the points, where it is wanted.
    pub sums: Vec<Lane>,
}

widest! {
    /// Pushes `now` to `next` (both `[row * own + k]`), which holds zeros in the rows that are reached.
    pub fn moves(push: &Moves, now: &[Lane], next: &mut [Lane], notes: &mut LineNotes) => moves_plain
}

widest! {
    /// The same through chance.
    pub fn chances(push: &Chances, now: &[Lane], next: &mut [Lane], notes: &mut LineNotes)
        => chances_plain
}

#[inline(always)]
fn moves_plain(push: &Moves, now: &[Lane], next: &mut [Lane], notes: &mut LineNotes) {
    match (push.chebyshev, push.own) {
        (Some(_), 4) => moments::<4>(push, now, next, notes),
        (Some(_), 5) => moments::<5>(push, now, next, notes),
        (Some(_), 9) => moments::<9>(push, now, next, notes),
        (Some(_), 17) => moments::<17>(push, now, next, notes),
        _ => general(push, now, next, notes),
    }
}

/// Points of a line that a basis has room for.
const ROOM: usize = 24;

/// T_m at the posteriors of the points of a line: `[m][k]`, of the points between the ends first, then
/// at the two ends.
pub(super) struct Basis<const N: usize> {
    polynomials: [[f64; ROOM]; N],
    /// At the ends the type is known and stays so: T_m(1) = 1 and T_m(−1) = (−1)^m, not written down.
    known: bool,
}

impl<const N: usize> Basis<N> {
    /// A place for one, off the stack: the compiler would hold it in registers too, and spend its time
    /// moving it in and out.
    pub(super) fn room() -> Box<Self> {
        Box::new(Self {
            polynomials: [[1.0; ROOM]; N],
            known: true,
        })
    }

    /// Of posteriors at z, one for each point of the line. From two polynomials of about half the
    /// degree, T_m = 2·T_i·T_j − T_{i−j} with i + j = m, as in the solver's lanes.
    #[inline(always)]
    fn read(&mut self, z: &[f64]) {
        self.known = z[0] == 1.0 && z[N - 1] == -1.0;
        if !self.known {
            for (place, z) in [(N - 2, z[0]), (N - 1, z[N - 1])] {
                let (mut this, mut next) = (1.0, z);
                for row in &mut self.polynomials {
                    row[place] = this;
                    (this, next) = (next, 2.0 * z * next - this);
                }
            }
        }
        let inner = &z[1..N - 1];
        for block in (0..inner.len()).step_by(W) {
            let mut here = [0.0; W];
            let part = &inner[block..inner.len().min(block + W)];
            here[..part.len()].copy_from_slice(part);
            let z = Lane::read(&here);
            let mut all = [Lane::splat(1.0); N];
            all[1] = z;
            let less = [Lane::splat(-1.0), Lane::ZERO - z];
            for m in 2..N {
                let (i, j) = (m.div_ceil(2), m / 2);
                all[m] = (all[i] + all[i]).mul_add(all[j], less[m % 2]);
            }
            let width = part.len();
            for (row, lane) in self.polynomials.iter_mut().zip(&all) {
                if width == W {
                    row[block..block + W].copy_from_slice(&lane.0);
                } else {
                    row[block..block + width].copy_from_slice(&lane.0[..width]);
                }
            }
        }
    }

    /// What mass at each point is worth, from what its moments are.
    #[inline(always)]
    pub(super) fn worth(&self, moments: &[Lane]) -> [Lane; N] {
        let mut worth = [Lane::ZERO; N];
        for (moment, row) in moments.iter().zip(&self.polynomials) {
            for k in 1..N - 1 {
                worth[k] = Lane::splat(row[k - 1]).mul_add(*moment, worth[k]);
            }
        }
        for (m, moment) in moments.iter().enumerate() {
            let [first, last] = match (self.known, m % 2) {
                (true, 0) => [1.0, 1.0],
                (true, _) => [1.0, -1.0],
                (false, _) => [N - 2, N - 1].map(|place| self.polynomials[m][place]),
            };
            worth[0] = Lane::splat(first).mul_add(*moment, worth[0]);
            worth[N - 1] = Lane::splat(last).mul_add(*moment, worth[N - 1]);
        }
        worth
    }

    /// The moments of mass at the points.
    #[inline(always)]
    fn moments(&self, mass: &[Lane; N]) -> [Lane; N] {
        let (first, last) = (mass[0], mass[N - 1]);
        let mut sums = [Lane::ZERO; N];
        if self.known {
            let (even, odd) = (first + last, first - last);
            for m in 0..N {
                sums[m] = if m % 2 == 0 { even } else { odd };
            }
        } else {
            for m in 0..N {
                let row = &self.polynomials[m];
                sums[m] = Lane::splat(row[N - 2]) * first + Lane::splat(row[N - 1]) * last;
            }
        }
        for k in 1..N - 1 {
            for m in 0..N {
                sums[m] = Lane::splat(self.polynomials[m][k - 1]).mul_add(mass[k], sums[m]);
            }
        }
        sums
    }
}

/// Mass held in moments; their sums stay in registers.
#[inline(always)]
fn moments<const N: usize>(push: &Moves, now: &[Lane], next: &mut [Lane], notes: &mut LineNotes) {
    let mut basis = Basis::<N>::room();
    for row in push.rows {
        let row = *row as usize;
        let operator = &push.operators.nodes[row / push.origins];
        let values = &push.numbers.values[operator.first..];
        let source = &now[row * N..(row + 1) * N];
        pay(push, operator, values, source, notes);
        let mut at = u32::MAX - 1;
        for instance in push.routes.out_of(row) {
            if instance.signal != at {
                at = instance.signal;
                basis_after::<N>(push, values, at, &mut basis);
            }
            let mut shares = shares::<N>(push, operator, values, instance);
            for k in 0..N {
                shares[k] *= source[k];
            }
            let sums = basis.moments(&shares);
            if let Some(noted) = notes.noted.get_mut(instance.noted as usize) {
                *noted += sums[0];
            }
            for target in push.routes.targets(instance) {
                arrive(target, push.kept, &sums, next);
            }
        }
    }
}

/// The basis at the posteriors after a signal.
#[inline(always)]
pub(super) fn basis_after<const N: usize>(
    push: &Moves,
    values: &[f64],
    signal: u32,
    basis: &mut Basis<N>,
) {
    let z = match signal {
        NONE => push.cosine,
        g => &values[g as usize * N..],
    };
    basis.read(&z[..N]);
}

/// Share of the mass at each point that takes a flow.
#[inline(always)]
pub(super) fn shares<const N: usize>(
    push: &Moves,
    operator: &NodeOperator,
    values: &[f64],
    instance: &Instance,
) -> [Lane; N] {
    let (zero, one) = (push.chosen[0], push.chosen[1]);
    let mut shares = [Lane::ZERO; N];
    for (column, part) in push.routes.parts(instance) {
        let first = operator.column(*column as usize, 2, N);
        let (of_zero, of_one) = values[first..first + 2 * N].split_at(N);
        let (zero, one) = (Lane::splat(*part) * zero, Lane::splat(*part) * one);
        for k in 0..N {
            let of_type = Lane::splat(of_zero[k]).mul_add(zero, shares[k]);
            shares[k] = Lane::splat(of_one[k]).mul_add(one, of_type);
        }
    }
    shares
}

/// Adds a flow at a target.
#[inline(always)]
fn arrive(target: &Target, kept: &[Lane], flow: &[Lane], next: &mut [Lane]) {
    let factor = Lane::splat(target.factor) * kept[target.inside as usize];
    let first = target.row as usize * flow.len();
    for (out, x) in next[first..first + flow.len()].iter_mut().zip(flow) {
        *out = factor.mul_add(*x, *out);
    }
}

/// Notes what is paid at the move.
#[inline(always)]
fn pay(
    push: &Moves,
    operator: &NodeOperator,
    values: &[f64],
    source: &[Lane],
    notes: &mut LineNotes,
) {
    if push.seats.is_empty() {
        return;
    }
    let own = source.len();
    let mut of = (usize::MAX, 0);
    let mut moved = Lane::ZERO;
    for pay in &push.operators.pays[operator.pays.clone()] {
        if of != (pay.column, pay.own_type) {
            of = (pay.column, pay.own_type);
            let first = operator.column(pay.column, push.chosen.len(), own) + pay.own_type * own;
            moved = Lane::ZERO;
            for (x, share) in source.iter().zip(&values[first..first + own]) {
                moved = Lane::splat(*share).mul_add(*x, moved);
            }
            moved *= push.chosen[pay.own_type];
        }
        let (actor, lanes) = push.seats[pay.seat];
        notes.paid[actor] += Lane::splat(pay.amount) * moved * lanes;
    }
}

/// Any number of types and points.
#[inline(always)]
fn general(push: &Moves, now: &[Lane], next: &mut [Lane], notes: &mut LineNotes) {
    let own = push.own;
    let mut out = vec![Lane::ZERO; own];
    for row in push.rows {
        let row = *row as usize;
        let operator = &push.operators.nodes[row / push.origins];
        let values = &push.numbers.values[operator.first..];
        let source = &now[row * own..(row + 1) * own];
        pay(push, operator, values, source, notes);
        for instance in push.routes.out_of(row) {
            let parts = push.routes.parts(instance);
            out.fill(Lane::ZERO);
            let mut total = Lane::ZERO;
            for (k, x) in source.iter().enumerate() {
                let moved = share(push, operator, parts, k) * *x;
                total += moved;
                spread(push, operator, instance.signal, k, moved, &mut out);
            }
            if let Some(noted) = notes.noted.get_mut(instance.noted as usize) {
                *noted += total;
            }
            for target in push.routes.targets(instance) {
                arrive(target, push.kept, &out, next);
            }
        }
    }
}

/// Share of the mass at place `k` that takes a flow of these parts.
#[inline(always)]
pub(super) fn share(push: &Moves, operator: &NodeOperator, parts: &[(u32, f64)], k: usize) -> Lane {
    let (own, types) = (push.own, push.chosen.len());
    let values = &push.numbers.values[operator.first..];
    let mut share = Lane::ZERO;
    for (column, part) in parts {
        let first = operator.column(*column as usize, types, own) + k;
        for (t, chosen) in push.chosen.iter().enumerate() {
            let of_type = Lane::splat(part * values[first + t * own]);
            share = of_type.mul_add(*chosen, share);
        }
    }
    share
}

/// Spreads mass that left place `k` with a signal: as moments, over the points of a footprint, or, where
/// nothing is learned, not at all.
#[inline(always)]
fn spread(
    push: &Moves,
    operator: &NodeOperator,
    signal: u32,
    k: usize,
    moved: Lane,
    out: &mut [Lane],
) {
    let own = push.own;
    let values = &push.numbers.values[operator.first..];
    if push.chebyshev.is_some() {
        let z = match signal {
            NONE => push.cosine[k],
            g => values[g as usize * own + k],
        };
        let (mut before, mut last) = (1.0, z);
        for out in out {
            *out = Lane::splat(before).mul_add(moved, *out);
            (before, last) = (last, 2.0 * z * last - before);
        }
        return;
    }
    if signal == NONE {
        out[k] += moved;
        return;
    }
    let width = operator.width;
    let first = (signal as usize * own + k) * width;
    let index = &push.numbers.index[operator.first_index + first..][..width];
    for (weight, place) in values[first..first + width].iter().zip(index) {
        let out = &mut out[*place as usize];
        *out = Lane::splat(*weight).mul_add(moved, *out);
    }
}

#[inline(always)]
fn chances_plain(push: &Chances, now: &[Lane], next: &mut [Lane], notes: &mut LineNotes) {
    match push.own {
        4 => chances_sized::<4>(push, now, next, notes),
        5 => chances_sized::<5>(push, now, next, notes),
        9 => chances_sized::<9>(push, now, next, notes),
        _ => chances_sized::<0>(push, now, next, notes),
    }
}

/// `N` is the number of points, or 0 for any.
#[inline(always)]
fn chances_sized<const N: usize>(
    push: &Chances,
    now: &[Lane],
    next: &mut [Lane],
    notes: &mut LineNotes,
) {
    let own = if N == 0 { push.own } else { N };
    for row in push.rows {
        let row = *row as usize;
        let source = &now[row * own..(row + 1) * own];
        for instance in push.routes.out_of(row) {
            if push.sums || instance.noted != NONE {
                let mut sum = Lane::ZERO;
                for x in source {
                    sum += *x;
                }
                if let Some(noted) = notes.noted.get_mut(instance.noted as usize) {
                    *noted += sum;
                }
                if push.sums {
                    notes.sums[row] = sum;
                }
            }
            for target in push.routes.targets(instance) {
                arrive(target, push.kept, source, next);
            }
        }
    }
}

widest! {
    /// Turns moments of the rows of a line into mass at its points, in place.
    pub fn to_points(chebyshev: &[f64], own: usize, rows: &[u32], cells: &mut [Lane])
        => to_points_plain
}

#[inline(always)]
fn to_points_plain(chebyshev: &[f64], own: usize, rows: &[u32], cells: &mut [Lane]) {
    match own {
        4 => to_points_sized::<4>(chebyshev, rows, cells),
        5 => to_points_sized::<5>(chebyshev, rows, cells),
        9 => to_points_sized::<9>(chebyshev, rows, cells),
        _ => {
            let mut mass = vec![Lane::ZERO; own];
            for row in rows {
                let cells = &mut cells[*row as usize * own..][..own];
                mass.fill(Lane::ZERO);
                for (moment, weights) in cells.iter().zip(chebyshev.chunks_exact(own)) {
                    for (mass, weight) in mass.iter_mut().zip(weights) {
                        *mass = Lane::splat(*weight).mul_add(*moment, *mass);
                    }
                }
                cells.copy_from_slice(&mass);
            }
        }
    }
}

#[inline(always)]
fn to_points_sized<const N: usize>(chebyshev: &[f64], rows: &[u32], cells: &mut [Lane]) {
    for row in rows {
        let cells = &mut cells[*row as usize * N..][..N];
        let mut mass = [Lane::ZERO; N];
        for (moment, weights) in cells.iter().zip(chebyshev.chunks_exact(N)) {
            for (mass, weight) in mass.iter_mut().zip(weights) {
                *mass = Lane::splat(*weight).mul_add(*moment, *mass);
            }
        }
        cells.copy_from_slice(&mass);
    }
}

widest! {
    /// Sums over the points of each row of a line, and over the rows at each point.
    pub fn sums(rows: &[u32], own: usize, cells: &[Lane]) -> (Vec<Lane>, Vec<Lane>) => sums_plain
}

#[inline(always)]
fn sums_plain(rows: &[u32], own: usize, cells: &[Lane]) -> (Vec<Lane>, Vec<Lane>) {
    let mut by_row = Vec::with_capacity(rows.len());
    let mut by_point = vec![Lane::ZERO; own];
    for row in rows {
        let mut sum = Lane::ZERO;
        for (total, x) in by_point.iter_mut().zip(&cells[*row as usize * own..]) {
            sum += *x;
            *total += *x;
        }
        by_row.push(sum);
    }
    (by_row, by_point)
}
