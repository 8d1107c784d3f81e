//! The stage of a mover with two types, eight beliefs at a time.
//!
//! The same equations as [`super::stage`], for neighbouring beliefs of one node with the other
//! actors' beliefs fixed: these share all tables, so every operation runs over a lane of eight
//! beliefs. Continuation values are Chebyshev coefficients in z = cos t, which need no look-up:
//! a signal's posterior lies at z = −tanh((ln odds − x)/2p). Newton's method runs without
//! pivoting or damping; a lane that does not arrive on the branch of the path from uniform play is
//! left to the general stage.

use super::signals::Signals;
use super::stage::ACCEPTED;
use crate::math::lanes::{Lane, W, exp, ln};

/// Node and line data shared by the eight beliefs.
pub struct LaneStage<'a> {
    /// What the choice tells.
    pub signals: &'a Signals,
    /// Number of moves.
    pub moves: usize,
    /// Moves by kind.
    pub kinds: &'a Kinds,
    /// Believed probability of a decision.
    pub opportunity: f64,
    /// Move played otherwise.
    pub default: usize,
    /// Precision.
    pub precision: f64,
    /// Coefficients of a curve.
    pub points: usize,
    /// 1/p of the grid's layout.
    pub bend: f64,
    /// Continuation of each pair for each seat over the whole grid, with what the move pays in one pair
    /// of each move:
    /// `[((pair * all_lines + line) * seats + seat) * points + coefficient]`.
    pub curves: &'a [f64],
    /// Number of seats.
    pub seats: usize,
    /// The mover's first seat.
    pub first_seat: usize,
    /// Number of lines of the grid.
    pub all_lines: usize,
    /// The line, or all that share the lane, each with all bits set in its places.
    pub lines: &'a [(usize, [u64; W])],
}

/// Moves of a node by kind, the kinds in the order of their first moves.
#[derive(Default)]
pub struct Kinds {
    start: Vec<usize>,
    members: Vec<usize>,
    /// Move → its kind.
    of: Vec<usize>,
    /// What a better move adds to a row of the system, the rows one after the other: cell, pair of move
    /// and signal, and a share: that of a sender, or behind those one of `with`.
    slopes: Vec<[u32; 3]>,
    /// Signal → its row's part of `slopes`.
    slope_start: Vec<usize>,
    /// Sender, and a move of its kind: where that is better the kind is, and so the sender, more likely.
    with: Vec<[usize; 2]>,
}

impl Kinds {
    /// Reads the kind of each move.
    pub fn read(&mut self, kinds: &[u32], signals: &Signals) {
        self.start.clear();
        self.members.clear();
        self.of.clear();
        self.of.resize(kinds.len(), usize::MAX);
        self.start.push(0);
        for first in 0..kinds.len() {
            if self.of[first] != usize::MAX {
                continue;
            }
            for v in first..kinds.len() {
                if kinds[v] == kinds[first] {
                    self.of[v] = self.start.len() - 1;
                    self.members.push(v);
                }
            }
            self.start.push(self.members.len());
        }
        self.read_slopes(signals);
    }

    fn read_slopes(&mut self, signals: &Signals) {
        self.slopes.clear();
        self.slope_start.clear();
        self.slope_start.push(0);
        self.with.clear();
        let add = |slopes: &mut Vec<[u32; 3]>, a: usize, share: usize| {
            slopes.extend(
                signals
                    .pairs_of(a)
                    .map(|p| [signals.pairs[p].1, p as u32, share as u32]),
            );
        };
        for g in 0..signals.len() {
            let first = signals.sender_start[g] as usize;
            for (e, (a, _)) in signals.senders(g).iter().enumerate() {
                let a = *a as usize;
                add(&mut self.slopes, a, first + e);
                let kind = self.of[a];
                let members = &self.members[self.start[kind]..self.start[kind + 1]];
                if members.len() > 1 {
                    for v in members {
                        add(
                            &mut self.slopes,
                            *v,
                            signals.senders.len() + self.with.len(),
                        );
                        self.with.push([first + e, *v]);
                    }
                }
            }
            self.slope_start.push(self.slopes.len());
        }
    }

    #[inline(always)]
    fn iter(&self) -> impl Iterator<Item = &[usize]> {
        self.start.windows(2).map(|w| &self.members[w[0]..w[1]])
    }

    /// All moves of the kind of move `a`.
    #[inline(always)]
    fn with(&self, a: usize) -> &[usize] {
        let kind = self.of[a];
        &self.members[self.start[kind]..self.start[kind + 1]]
    }
}

impl LaneStage<'_> {
    /// Coefficients of pair `p` for `SEATS` seats from `seat` on, on a line.
    #[inline(always)]
    fn curves<const SEATS: usize>(&self, p: usize, line: usize, seat: usize) -> &[f64] {
        let first = ((p * self.all_lines + line) * self.seats + seat) * self.points;
        &self.curves[first..][..SEATS * self.points]
    }

    /// Reads the coefficients of pair `p` for as many seats from `seat` on as `out` holds, in each place
    /// those of its line.
    #[inline(always)]
    fn pack<const SEATS: usize>(&self, p: usize, seat: usize, out: &mut [Lane]) {
        for (k, (line, bits)) in self.lines.iter().enumerate() {
            let curves = self.curves::<SEATS>(p, *line, seat);
            for (out, coefficient) in out.iter_mut().zip(curves) {
                one_by_one();
                let coefficient = Lane::splat(*coefficient);
                *out = if k == 0 {
                    coefficient
                } else {
                    blend(bits, *out, coefficient)
                };
            }
        }
    }

    /// Continuation of pair `p` for `SEATS` seats from `seat` on, with each basis (the polynomials, or
    /// their slopes): side by side, since each sum alone would wait for its own last term. Where lines
    /// share the lane, from `packed`, what [`Self::pack`] reads.
    #[inline(always)]
    pub fn sums<const SEATS: usize, const BASES: usize>(
        &self,
        p: usize,
        seat: usize,
        packed: &[Lane],
        bases: [&[Lane]; BASES],
    ) -> [[Lane; BASES]; SEATS] {
        if let [(line, _)] = self.lines {
            let curves = self.curves::<SEATS>(p, *line, seat);
            series(self.points, bases, |c| Lane::splat(curves[c]))
        } else {
            let packed = &packed[..SEATS * self.points];
            series(self.points, bases, |c| packed[c])
        }
    }
}

/// Buffers, and the results of the last evaluation.
#[derive(Default)]
pub struct LaneWork {
    /// Log-probabilities `[type * moves + move]`.
    pub log_sigma: Vec<Lane>,
    /// Probabilities.
    pub sigma: Vec<Lane>,
    /// Values of the moves.
    pub value: Vec<Lane>,
    /// Where kinds are nested, with W = Σ σ(v|kind) U(v): σ(v|kind)·λ(U(v) − W), by which λ·dU(v) raises
    /// the log-probabilities of all moves of the kind, `[type * moves + move]`;
    within: Vec<Lane>,
    /// and 1 + λ(U(v) − W): times σ(v), by which it lowers those of all moves.
    excess: Vec<Lane>,
    /// Log-probability (less a constant) and share of each kind.
    by_kind: Vec<[Lane; 2]>,
    /// Chebyshev polynomials at the posterior: `[signal * points + m]`.
    pub basis: Vec<Lane>,
    /// ln Λ(1) − ln Λ(0) of each signal.
    pub x: Vec<Lane>,
    /// Probability of each move to others than the mover.
    pub played: Vec<Lane>,
    /// Value for each seat.
    pub seats: Vec<Lane>,
    /// Where lines share a lane, the mover's coefficients, in each place those of its line:
    /// `[(pair * 2 + type) * points + coefficient]`.
    packed: Vec<Lane>,
    /// The same of one pair for others.
    others: Vec<Lane>,
    slope_basis: Vec<Lane>,
    /// Pair → by type, how its value changes with the signal's x.
    slopes: Vec<[Lane; 2]>,
    step: Vec<Lane>,
    system: Vec<Lane>,
    /// By type the share of each sender in its signal, and times what its kind gains by a better move
    /// of it.
    omega: Vec<[Lane; 2]>,
    /// Signal → by type, the mean over moves of the slopes.
    mean_slope: Vec<[Lane; 2]>,
}

/// How the eight Newton runs ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct LaneEnd {
    /// Largest |Φ(x) − x| of each lane (NaN when lost).
    pub residual: Lane,
    /// Sign of det(I − ∂Φ/∂x) at the last step of each lane.
    pub sign: Lane,
}

/// Probabilities below this are near the smallest of all numbers, where [`exp`] stops.
const FAINT: f64 = 1e-290;

/// Newton's method stops below this residual.
const ENOUGH: f64 = 1e-11;

impl LaneWork {
    /// Solves for the eight beliefs with log prior odds `log_odds` (type 0 against type 1), starting
    /// from `self.x`, at precision κ·λ.
    #[inline(always)]
    pub fn newton(
        &mut self,
        stage: &LaneStage,
        log_odds: &Lane,
        kappa: f64,
        limit: u32,
    ) -> LaneEnd {
        self.resize(stage);
        newton(self, stage, log_odds, kappa, limit)
    }

    /// Reads the mover's coefficients where several lines share a lane: every evaluation needs them.
    #[inline(always)]
    pub fn pack(&mut self, stage: &LaneStage) {
        if stage.lines.len() < 2 {
            return;
        }
        let size = 2 * stage.points;
        self.packed
            .resize(stage.signals.pairs.len() * size, Lane::ZERO);
        for (p, packed) in self.packed.chunks_exact_mut(size).enumerate() {
            stage.pack::<2>(p, stage.first_seat, packed);
        }
    }

    /// Values of `SEATS` seats of others from `seat` on, into `self.seats`.
    #[inline(always)]
    pub fn other_values<const SEATS: usize>(&mut self, stage: &LaneStage, seat: usize) {
        let mut values = [Lane::ZERO; SEATS];
        let packed = &mut self.others;
        packed.resize(SEATS * stage.points, Lane::ZERO);
        for (p, (a, g)) in stage.signals.pairs.iter().enumerate() {
            let basis = &self.basis[*g as usize * stage.points..][..stage.points];
            if stage.lines.len() > 1 {
                stage.pack::<SEATS>(p, seat, packed);
            }
            let sums = stage.sums::<SEATS, 1>(p, seat, packed, [basis]);
            for s in 0..SEATS {
                values[s] = self.played[*a as usize].mul_add(sums[s][0], values[s]);
            }
        }
        self.seats[seat..seat + SEATS].copy_from_slice(&values);
    }

    fn resize(&mut self, stage: &LaneStage) {
        let signals = stage.signals.len();
        let equations = equations(signals);
        let zero = Lane::ZERO;
        for (buffer, size) in [
            (&mut self.value, 2 * stage.moves),
            (&mut self.basis, signals * stage.points),
            (&mut self.slope_basis, signals * stage.points),
            (&mut self.step, equations),
            (&mut self.system, equations * equations),
            (&mut self.x, equations),
        ] {
            buffer.resize(size, zero);
        }
        for (buffer, size) in [
            (&mut self.slopes, stage.signals.pairs.len()),
            (
                &mut self.omega,
                stage.signals.senders.len() + stage.kinds.with.len(),
            ),
            (&mut self.mean_slope, equations),
        ] {
            buffer.resize(size, [zero; 2]);
        }
    }
}

#[inline(always)]
fn newton(
    work: &mut LaneWork,
    stage: &LaneStage,
    log_odds: &Lane,
    kappa: f64,
    limit: u32,
) -> LaneEnd {
    let precision = Lane::splat(kappa * stage.precision);
    let mut sign = Lane::splat(1.0);
    let mut iterations = 0;
    loop {
        evaluate(work, stage, log_odds, precision);
        // NaN must survive, which `max` would swallow.
        let mut residual = Lane::ZERO;
        for step in &work.step {
            residual = Lane::of(|w| {
                let size = step[w].abs();
                if size <= residual[w] {
                    residual[w]
                } else {
                    size
                }
            });
        }
        let open = residual.iter().any(|r| !r.is_nan() && *r > ENOUGH);
        // What has come close is brought home.
        let close = residual.iter().any(|r| *r > ENOUGH && *r <= ACCEPTED);
        let limit = if close { 2 * limit } else { limit };
        if !open || iterations >= limit {
            return LaneEnd { residual, sign };
        }
        iterations += 1;
        go_on(work, stage, precision, &residual, &mut sign);
    }
}

/// T_m(z), and its change by x where `by_x` is that of z. From two polynomials of about half the degree,
/// T_m = 2·T_i·T_j − T_{i−j} with i + j = m: the recursion from the two before would wait for each.
#[inline(always)]
fn polynomials(z: Lane, by_x: Lane, points: usize, basis: &mut [Lane], slopes: &mut [Lane]) {
    let (basis, slopes) = (&mut basis[..points], &mut slopes[..points]);
    let (one, two) = (Lane::splat(1.0), Lane::splat(2.0));
    basis[0] = one;
    slopes[0] = Lane::ZERO;
    if points < 2 {
        return;
    }
    basis[1] = z;
    slopes[1] = by_x;
    for m in 2..points {
        let (i, j) = (m.div_ceil(2), m / 2);
        let (ti, tj, si, sj) = (basis[i], basis[j], slopes[i], slopes[j]);
        let (t, s) = if i == j { (one, Lane::ZERO) } else { (z, by_x) };
        basis[m] = two * ti * tj - t;
        slopes[m] = two * (si * tj + ti * sj) - s;
    }
}

/// Posteriors, values and their slopes, choices and Φ(x) − x.
#[inline(always)]
fn evaluate(work: &mut LaneWork, stage: &LaneStage, log_odds: &Lane, precision: Lane) {
    let points = stage.points;
    let moves = stage.moves;
    let one = Lane::splat(1.0);
    let (bend, half_bend) = (Lane::splat(stage.bend), Lane::splat(0.5 * stage.bend));
    for g in 0..stage.signals.len() {
        let mute = stage.signals.mute[g];
        let x = if mute { Lane::ZERO } else { work.x[g] };
        let bent = bend * (*log_odds - x);
        let root = exp(&Lane::of(|w| bent[w].clamp(-300.0, 300.0)));
        let z = (one - root) / (one + root);
        let by_x = if mute {
            Lane::ZERO
        } else {
            half_bend * (one - z * z)
        };
        let basis = &mut work.basis[g * points..];
        let slopes = &mut work.slope_basis[g * points..];
        match points {
            4 => polynomials(z, by_x, 4, basis, slopes),
            5 => polynomials(z, by_x, 5, basis, slopes),
            9 => polynomials(z, by_x, 9, basis, slopes),
            _ => polynomials(z, by_x, std::hint::black_box(points), basis, slopes),
        }
    }
    for a in 0..moves {
        let mut value = [Lane::ZERO; 2];
        for p in stage.signals.pairs_of(a) {
            let first = stage.signals.pairs[p].1 as usize * points;
            let basis = &work.basis[first..][..points];
            let slope = &work.slope_basis[first..][..points];
            let packed = work.packed.get(2 * points * p..).unwrap_or_default();
            let [zero, one] = stage.sums::<2, 2>(p, stage.first_seat, packed, [basis, slope]);
            value[0] += zero[0];
            value[1] += one[0];
            work.slopes[p] = [zero[1], one[1]];
        }
        work.value[a] = value[0];
        work.value[moves + a] = value[1];
    }
    work.choose(moves, stage.kinds, precision);
    work.step[stage.signals.len()..].fill(Lane::ZERO);
    let o = stage.opportunity;
    for g in 0..stage.signals.len() {
        let first = stage.signals.sender_start[g] as usize;
        let senders = stage.signals.senders(g);
        let x = work.x[g];
        if stage.signals.mute[g] {
            work.step[g] = Lane::ZERO - x;
            continue;
        }
        if let [(a, _)] = senders
            && (o >= 1.0 || *a as usize != stage.default)
        {
            let a = *a as usize;
            work.step[g] = work.log_sigma[moves + a] - work.log_sigma[a] - x;
            work.omega[first] = [one; 2];
            continue;
        }
        let mut totals = [Lane::ZERO; 2];
        for (e, (a, l)) in senders.iter().enumerate() {
            let forced = if *a as usize == stage.default {
                (1.0 - o) * l
            } else {
                0.0
            };
            for (t, total) in totals.iter_mut().enumerate() {
                let omega = Lane::splat(o * l) * work.sigma[t * moves + *a as usize];
                work.omega[first + e][t] = omega;
                *total += omega + Lane::splat(forced);
            }
        }
        // So rarely sent by either type that the ratio has lost its digits: left to the general stage.
        let faint = Lane::of(|w| {
            if totals[0][w].max(totals[1][w]) < FAINT {
                f64::NAN
            } else {
                0.0
            }
        });
        work.step[g] = ln(&(totals[1] / totals[0])) - x + faint;
        let inverse = [one / totals[0], one / totals[1]];
        for omega in &mut work.omega[first..][..senders.len()] {
            omega[0] *= inverse[0];
            omega[1] *= inverse[1];
        }
    }
}

/// The larger of two, number by number.
#[inline(always)]
fn larger(x: Lane, y: Lane) -> Lane {
    Lane::of(|w| if y[w] > x[w] { y[w] } else { x[w] })
}

/// `y` in the places whose bits are set, else `x`. With bits known only when running: a choice that
/// the compiler knows makes it take lanes apart, here and wherever they come from.
#[inline(always)]
fn blend(bits: &[u64; W], x: Lane, y: Lane) -> Lane {
    Lane::of(|w| f64::from_bits(x[w].to_bits() & !bits[w] | y[w].to_bits() & bits[w]))
}

impl LaneWork {
    /// Choices of both types at the values of the moves in `self.value`: logit over kinds on
    /// W = Σ σ(v|kind) U(v), logit over the moves inside, as in [`super::stage`].
    #[inline(always)]
    pub fn choose(&mut self, moves: usize, kinds: &Kinds, precision: Lane) {
        for buffer in [
            &mut self.log_sigma,
            &mut self.sigma,
            &mut self.within,
            &mut self.excess,
        ] {
            buffer.resize(2 * moves, Lane::ZERO);
        }
        self.by_kind.resize(moves, [Lane::ZERO; 2]);
        for first in [0, moves] {
            self.choose_one(first, kinds, precision);
        }
    }

    /// Choice of the type whose moves begin at `first`.
    #[inline(always)]
    fn choose_one(&mut self, first: usize, kinds: &Kinds, precision: Lane) {
        let one = Lane::splat(1.0);
        // The worth of each kind waits where the excess of its first move will stand.
        let mut best = Lane::splat(f64::NEG_INFINITY);
        for members in kinds.iter() {
            let v = first + members[0];
            if members.len() == 1 {
                self.excess[v] = self.value[v];
                best = larger(best, self.value[v]);
                continue;
            }
            let mut top = Lane::splat(f64::NEG_INFINITY);
            for v in members {
                top = larger(top, self.value[first + v]);
            }
            let mut total = Lane::ZERO;
            for v in members {
                let log = precision * (self.value[first + v] - top);
                let share = exp(&log);
                self.log_sigma[first + v] = log;
                self.sigma[first + v] = share;
                total += share;
            }
            let (log_total, inverse) = (ln(&total), one / total);
            let mut worth = Lane::ZERO;
            for v in members {
                self.log_sigma[first + v] -= log_total;
                self.sigma[first + v] *= inverse;
                worth = self.sigma[first + v].mul_add(self.value[first + v], worth);
            }
            self.excess[v] = worth;
            best = larger(best, worth);
        }
        let mut total = Lane::ZERO;
        for (kind, members) in self.by_kind.iter_mut().zip(kinds.iter()) {
            let log = precision * (self.excess[first + members[0]] - best);
            *kind = [log, exp(&log)];
            total += kind[1];
        }
        let (log_total, inverse) = (ln(&total), one / total);
        for (kind, members) in self.by_kind.iter().zip(kinds.iter()) {
            let (log, share) = (kind[0] - log_total, kind[1] * inverse);
            if let [v] = members {
                self.log_sigma[first + v] = log;
                self.sigma[first + v] = share;
                continue;
            }
            let worth = self.excess[first + members[0]];
            for v in members {
                let apart = precision * (self.value[first + v] - worth);
                self.within[first + v] = self.sigma[first + v] * apart;
                self.excess[first + v] = one + apart;
                self.log_sigma[first + v] += log;
                self.sigma[first + v] *= share;
            }
        }
    }
}

/// Number of equations solved for so many signals: an even one, if need be with 1·x = 0 as the last, so that
/// rows can be gone through two by two.
fn equations(signals: usize) -> usize {
    signals.next_multiple_of(2)
}

/// Takes Newton's step, and notes the signs of det(I − ∂Φ/∂x).
#[inline(always)]
fn go_on(
    work: &mut LaneWork,
    stage: &LaneStage,
    precision: Lane,
    residual: &Lane,
    sign: &mut Lane,
) {
    let n = work.step.len();
    assemble(work, stage, precision, n);
    eliminate(work, sign, n);
    let step = &work.step[..n];
    let mut largest = Lane::ZERO;
    for step in step {
        largest = larger(largest, Lane::of(|w| step[w].abs()));
    }
    // Far steps are Newton's guess beyond what it can see.
    let scale = Lane::of(|w| {
        if largest[w] > 4.0 {
            4.0 / largest[w]
        } else {
            1.0
        }
    });
    for (x, step) in work.x[..n].iter_mut().zip(step) {
        one_by_one();
        // A lane that has arrived stays.
        let moved = *x + scale * *step;
        *x = Lane::of(|w| {
            if residual[w] <= ENOUGH {
                x[w]
            } else {
                moved[w]
            }
        });
    }
}

/// Keeps the compiler from spreading a loop over the lanes' numbers, which it would have to gather and
/// scatter. Written out for usual sizes, the loops are no faster.
#[inline(always)]
fn one_by_one() {
    std::hint::black_box(());
}

/// I − ∂Φ/∂x in `n` equations, an even number.
#[inline(always)]
fn assemble(work: &mut LaneWork, stage: &LaneStage, precision: Lane, n: usize) {
    let moves = stage.moves;
    let signals = stage.signals;
    work.mean_slope.fill([Lane::ZERO; 2]);
    for (p, (a, g)) in signals.pairs.iter().enumerate() {
        let nested = stage.kinds.with(*a as usize).len() > 1;
        let slopes = &mut work.slopes[p];
        let mean = &mut work.mean_slope[*g as usize];
        for t in 0..2 {
            let a = t * moves + *a as usize;
            slopes[t] *= precision;
            let mut weight = work.sigma[a];
            if nested {
                weight *= work.excess[a];
            }
            mean[t] = weight.mul_add(slopes[t], mean[t]);
        }
    }
    let (senders, with) = work.omega.split_at_mut(signals.senders.len());
    for (omega, [sender, v]) in with.iter_mut().zip(&stage.kinds.with) {
        // Not through a new array, which would be written and read again.
        let share = &senders[*sender];
        omega[0] = share[0] * work.within[*v];
        omega[1] = share[1] * work.within[moves + v];
    }
    let (mean, _) = work.mean_slope[..n].as_chunks::<2>();
    for (g, row) in work.system.chunks_exact_mut(n).enumerate() {
        if g >= signals.len() || signals.mute[g] {
            row.fill(Lane::ZERO);
            row[g] = Lane::splat(1.0);
            continue;
        }
        let first = signals.sender_start[g] as usize;
        let mut all = [Lane::ZERO; 2];
        for omega in &work.omega[first..signals.sender_start[g + 1] as usize] {
            all[0] += omega[0];
            all[1] += omega[1];
        }
        let (cells, _) = row.as_chunks_mut::<2>();
        for (cells, mean) in cells.iter_mut().zip(mean) {
            one_by_one();
            cells[0] = all[1] * mean[0][1] - all[0] * mean[0][0];
            cells[1] = all[1] * mean[1][1] - all[0] * mean[1][0];
        }
        row[g] += Lane::splat(1.0);
        let kinds = stage.kinds;
        for [cell, pair, share] in &kinds.slopes[kinds.slope_start[g]..kinds.slope_start[g + 1]] {
            let slopes = &work.slopes[*pair as usize];
            let shares = &work.omega[*share as usize];
            let cell = &mut row[*cell as usize];
            *cell = shares[0].mul_add(slopes[0], *cell) - shares[1] * slopes[1];
        }
    }
}

/// Solves the system of `n` equations, an even number, for the step, in place.
#[inline(always)]
fn eliminate(work: &mut LaneWork, sign: &mut Lane, n: usize) {
    let one = Lane::splat(1.0);
    let system = &mut work.system[..n * n];
    let step = &mut work.step[..n];
    *sign = one;
    for column in 0..n {
        let (above, below) = system.split_at_mut((column + 1) * n);
        let pivots = &mut above[column * n..];
        let pivot = pivots[column];
        *sign = Lane::of(|w| if pivot[w] < 0.0 { -sign[w] } else { sign[w] });
        let inverse = one / pivot;
        // The pivot is read again only to divide by it.
        pivots[column] = inverse;
        let pivots = &*pivots;
        // Two by two, whole: what then stands below the diagonal is never read again.
        let from = column.next_multiple_of(2);
        let (pivots, _) = pivots[from..].as_chunks::<2>();
        for (row, cells) in below.chunks_exact_mut(n).enumerate() {
            let factor = Lane::ZERO - cells[column] * inverse;
            let (cells, _) = cells[from..].as_chunks_mut::<2>();
            for (cells, pivots) in cells.iter_mut().zip(pivots) {
                one_by_one();
                cells[0] = factor.mul_add(pivots[0], cells[0]);
                cells[1] = factor.mul_add(pivots[1], cells[1]);
            }
            let row = column + 1 + row;
            step[row] = factor.mul_add(step[column], step[row]);
        }
    }
    for row in (0..n).rev() {
        let mut sum = step[row];
        // The last that was found last.
        for k in (row + 1..n).rev() {
            sum -= system[row * n + k] * step[k];
        }
        step[row] = sum * system[row * n + row];
    }
}

/// Σ coefficient·basis for each curve and basis, written out where the number of coefficients is a usual
/// one; coefficients `[curve * points + m]`.
#[inline(always)]
fn series<const CURVES: usize, const BASES: usize>(
    points: usize,
    bases: [&[Lane]; BASES],
    coefficient: impl Fn(usize) -> Lane,
) -> [[Lane; BASES]; CURVES] {
    match points {
        4 => series_of(4, bases, coefficient),
        5 => series_of(5, bases, coefficient),
        9 => series_of(9, bases, coefficient),
        _ => series_of(std::hint::black_box(points), bases, coefficient),
    }
}

#[inline(always)]
fn series_of<const CURVES: usize, const BASES: usize>(
    points: usize,
    bases: [&[Lane]; BASES],
    coefficient: impl Fn(usize) -> Lane,
) -> [[Lane; BASES]; CURVES] {
    let mut sums = [[Lane::ZERO; BASES]; CURVES];
    for m in 0..points {
        for s in 0..CURVES {
            let c = coefficient(s * points + m);
            for b in 0..BASES {
                sums[s][b] = c.mul_add(bases[b][m], sums[s][b]);
            }
        }
    }
    sums
}
