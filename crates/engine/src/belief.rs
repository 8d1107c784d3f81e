//! Public beliefs on a grid, and interpolation between its points.
//!
//! A belief over K types has K−1 axes by stick breaking: u₁ = β(0), u₂ = β(1)/(1−β(0)), … Each u
//! is laid out by the angle t with tan(t/2) = odds(u)^(1/2p), p = [`Axis::power`], and the grid is
//! uniform in t from 0 (u = 0) to π (u = 1). Near both ends u is a smooth even function of t, so a
//! centred stencil may reflect there. With p = 2 the grid reaches the far log-odds at which signals of
//! a precise player live; a few points are better spent where beliefs are not yet near certain, p = 1. Interpolation is Lagrange's on a centred stencil of even width; a grid of at
//! most [`MAX_STENCIL`] points is interpolated by one polynomial in z = cos t through all of them
//! (its points are Chebyshev's), which the solver also uses in coefficients.

use crate::game::Game;
use crate::math::atan;

/// Power p of the layout of a grid of at least [`MANY`] points; a power of two, so that the root is a
/// chain of square roots.
const POWER: usize = 2;
/// Grids of fewer points are laid out with p = 1. With p = 2 the five points of an axis are 0, 0.03, 0.5,
/// 0.97 and 1, and nothing is said of where beliefs are most of the time.
const MANY: usize = 9;
/// Widest stencil.
pub const MAX_STENCIL: usize = 17;

/// Widest stencil by which strategies are played on a grid whose values are one polynomial.
pub const PLAY_STENCIL: usize = 6;

/// Weights of an interpolation along one axis.
#[derive(Clone, Copy, Debug)]
pub struct Stencil {
    /// Number of points used.
    pub width: usize,
    /// Grid points.
    pub index: [u32; MAX_STENCIL],
    /// Their weights; sum to one.
    pub weight: [f64; MAX_STENCIL],
    /// Derivatives of the weights by t.
    pub slope: [f64; MAX_STENCIL],
}

/// The same without slopes, which only the solver needs.
#[derive(Clone, Copy, Debug)]
pub struct Weights {
    width: usize,
    index: [u32; MAX_STENCIL],
    weight: [f64; MAX_STENCIL],
}

impl Weights {
    /// The points and their weights.
    #[inline]
    pub fn parts(&self) -> (&[u32], &[f64]) {
        (&self.index[..self.width], &self.weight[..self.width])
    }
}

/// The grid of one axis.
#[derive(Clone, Debug)]
pub struct Axis {
    /// Number of points, at least 3.
    pub points: usize,
    /// Stencil width: even and less than `points`, or equal to `points` for one polynomial.
    pub width: usize,
    /// Power p of the layout.
    pub power: usize,
    /// Barycentric weights of the uniform stencil.
    lagrange: [f64; MAX_STENCIL],
    /// Angle between neighbouring points.
    pub step: f64,
    /// cos of the points' angles.
    cosines: [f64; MAX_STENCIL],
}

impl Axis {
    /// A grid of `points` (at least 3) with a stencil of about `width` points; `width` ≥ `points`
    /// asks for one polynomial.
    pub fn new(points: usize, width: usize) -> Self {
        let points = points.max(3);
        let global = width >= points && points <= MAX_STENCIL;
        let width = if global {
            points
        } else {
            (width.min(points - 1).min(MAX_STENCIL) / 2 * 2).max(2)
        };
        let mut lagrange = [0.0; MAX_STENCIL];
        for (m, value) in lagrange.iter_mut().enumerate().take(width) {
            let mut product = 1.0;
            for l in (0..width).filter(|l| *l != m) {
                product *= m as f64 - l as f64;
            }
            *value = 1.0 / product;
        }
        Self {
            points,
            width,
            power: if points < MANY { 1 } else { POWER },
            lagrange,
            step: std::f64::consts::PI / (points - 1) as f64,
            cosines: std::array::from_fn(|k| {
                libm::cos(std::f64::consts::PI * k as f64 / (points - 1) as f64)
            }),
        }
    }

    /// z = cos t of grid point `k` of a grid that is one polynomial.
    #[inline]
    pub fn cosine(&self, k: usize) -> f64 {
        self.cosines[k]
    }

    /// One polynomial through all points?
    #[inline]
    pub fn is_global(&self) -> bool {
        self.width == self.points
    }

    /// The same points with a local stencil of at most `width`.
    pub fn local(&self, width: usize) -> Self {
        if self.is_global() {
            Self::new(self.points, width.min(self.points - 1))
        } else {
            self.clone()
        }
    }

    /// Matrix that turns values at the points into Chebyshev coefficients in z = cos t:
    /// `[coefficient * points + point]`. Trefethen, Approximation Theory and Approximation Practice,
    /// ch. 3 (points run from z = 1, k = 0, to z = −1).
    pub fn chebyshev(&self) -> Vec<f64> {
        let n = self.points - 1;
        let half = |k: usize| if k == 0 || k == n { 0.5 } else { 1.0 };
        let mut matrix = Vec::with_capacity(self.points * self.points);
        for m in 0..=n {
            for k in 0..=n {
                let cosine =
                    libm::cos(std::f64::consts::PI * ((m * k) % (2 * n)) as f64 / n as f64);
                matrix.push(2.0 / n as f64 * half(m) * half(k) * cosine);
            }
        }
        matrix
    }

    /// u at grid point `k`.
    pub fn share(&self, k: usize) -> f64 {
        if k == 0 {
            return 0.0;
        }
        if k == self.points - 1 {
            return 1.0;
        }
        // The middle point is exactly one half, and the two halves mirror each other exactly.
        let last = self.points - 1;
        if 2 * k == last {
            return 0.5;
        }
        if 2 * k > last {
            return 1.0 - self.share(last - k);
        }
        let root = libm::tan(0.5 * self.step * k as f64);
        let odds = root.powi(2 * self.power as i32);
        odds / (1.0 + odds)
    }

    /// The stencil at angle `t` in [0, π].
    #[inline]
    pub fn stencil(&self, t: f64) -> Stencil {
        if self.is_global() {
            return self.polynomial(t);
        }
        let width = self.width;
        let (first, s) = self.centred(t);
        let mut stencil = Stencil {
            width,
            index: [0; MAX_STENCIL],
            weight: [0.0; MAX_STENCIL],
            slope: [0.0; MAX_STENCIL],
        };
        // Running products of (s − l) from the left, with their derivatives.
        let mut left = [(1.0, 0.0); MAX_STENCIL];
        for m in 1..width {
            let (value, slope) = left[m - 1];
            let d = s - (m - 1) as f64;
            left[m] = (value * d, slope * d + value);
        }
        let (mut right, mut right_slope) = (1.0, 0.0);
        for m in (0..width).rev() {
            let (value, slope) = left[m];
            stencil.weight[m] = self.lagrange[m] * value * right;
            stencil.slope[m] = self.lagrange[m] * (value * right_slope + slope * right) / self.step;
            let d = s - m as f64;
            right_slope = right_slope * d + right;
            right *= d;
            stencil.index[m] = self.reflected(first + m as i64);
        }
        stencil
    }

    /// The weights of the stencil where the odds u : 1−u are `odds`.
    #[inline]
    pub fn weights(&self, odds: f64) -> Weights {
        if self.is_global() {
            let stencil = self.polynomial(self.angle(odds));
            return Weights {
                width: stencil.width,
                index: stencil.index,
                weight: stencil.weight,
            };
        }
        let (first, s) = self.centred(self.angle(odds));
        let mut weights = Weights {
            width: self.width,
            index: [0; MAX_STENCIL],
            weight: [0.0; MAX_STENCIL],
        };
        self.weigh(s, &mut weights.weight[..self.width]);
        for (m, index) in weights.index[..self.width].iter_mut().enumerate() {
            *index = self.reflected(first + m as i64);
        }
        weights
    }

    /// The same on a grid that is not one polynomial: the weights go into `weight`, one a point of the
    /// stencil, whose place among [`Self::stencils`] is returned.
    #[inline]
    pub fn locate(&self, odds: f64, weight: &mut [f64]) -> u32 {
        let (first, s) = self.centred(self.angle(odds));
        self.weigh(s, weight);
        (first + self.before()) as u32
    }

    /// The points of all centred stencils, from that between the first two points of the grid on:
    /// `[stencil * width + point]`.
    pub fn stencils(&self) -> Vec<u32> {
        let firsts = (0..self.points as i64 - 1).map(|base| base - self.before());
        firsts
            .flat_map(|first| (0..self.width as i64).map(move |m| first + m))
            .map(|k| self.reflected(k))
            .collect()
    }

    /// Lagrange's weights `s` steps after the first point of a stencil.
    #[inline]
    fn weigh(&self, s: f64, weight: &mut [f64]) {
        // Running products of (s − l), from the left in place.
        let mut left = 1.0;
        for (m, weight) in weight.iter_mut().enumerate() {
            *weight = left;
            left *= s - m as f64;
        }
        let mut right = 1.0;
        for (m, weight) in weight.iter_mut().enumerate().rev() {
            *weight = self.lagrange[m] * *weight * right;
            right *= s - m as f64;
        }
    }

    /// Points of a centred stencil before the one at or before its angle.
    #[inline]
    fn before(&self) -> i64 {
        self.width as i64 / 2 - 1
    }

    /// First point of the centred stencil at angle `t`, which may lie beyond the grid, and how many
    /// steps after it `t` lies.
    #[inline]
    fn centred(&self, t: f64) -> (i64, f64) {
        let half = self.before();
        let scaled = t / self.step;
        let base = (scaled as i64).clamp(0, self.points as i64 - 2);
        (base - half, scaled - base as f64 + half as f64)
    }

    /// The point of the grid whose value stands at place `k`, also beyond the ends.
    #[inline]
    fn reflected(&self, k: i64) -> u32 {
        let last = self.points as i64 - 1;
        let k = if k < 0 { -k } else { k };
        (if k > last { 2 * last - k } else { k }) as u32
    }
}

impl Axis {
    /// Barycentric weight of point `k`, up to a factor common to all.
    fn share_of(&self, k: usize) -> f64 {
        let sign = if k.is_multiple_of(2) { 1.0 } else { -1.0 };
        if k == 0 || k == self.points - 1 {
            0.5 * sign
        } else {
            sign
        }
    }

    /// Weights of the polynomial in z = cos t through all points, by the barycentric formula, into
    /// `weight`; and the point, where z is one.
    fn barycentric(&self, z: f64, weight: &mut [f64]) -> Option<usize> {
        let weight = &mut weight[..self.points];
        let mut total = 0.0;
        for k in 0..self.points {
            let d = z - self.cosines[k];
            if d.abs() < 1e-15 {
                weight.fill(0.0);
                weight[k] = 1.0;
                return Some(k);
            }
            weight[k] = self.share_of(k) / d;
            total += weight[k];
        }
        weight.iter_mut().for_each(|w| *w /= total);
        None
    }

    /// The same with their slopes by t.
    fn polynomial(&self, t: f64) -> Stencil {
        let n = self.points;
        let (z, sine) = (libm::cos(t), libm::sin(t));
        let mut stencil = Stencil {
            width: n,
            index: std::array::from_fn(|k| k as u32),
            weight: [0.0; MAX_STENCIL],
            slope: [0.0; MAX_STENCIL],
        };
        if let Some(j) = self.barycentric(z, &mut stencil.weight) {
            let mut sum = 0.0;
            for k in (0..n).filter(|k| *k != j) {
                let slope =
                    self.share_of(k) / self.share_of(j) / (self.cosines[j] - self.cosines[k]);
                stencil.slope[k] = -sine * slope;
                sum += slope;
            }
            stencil.slope[j] = sine * sum;
            return stencil;
        }
        // d/dz of w_k/Σw: w' = −w/(z − z_k).
        let mut change = 0.0;
        for k in 0..n {
            stencil.slope[k] = -stencil.weight[k] / (z - self.cosines[k]);
            change += stencil.slope[k];
        }
        for k in 0..n {
            stencil.slope[k] = -sine * (stencil.slope[k] - stencil.weight[k] * change);
        }
        stencil
    }
}

impl Axis {
    /// cos of the angle of the odds u : 1−u.
    #[inline]
    pub fn cosine_at(&self, odds: f64) -> f64 {
        let root = root(odds, self.power);
        // (1 − r²)/(1 + r²), written so that infinite odds give −1.
        if root > 1.0 {
            let inverse = 1.0 / root;
            (inverse * inverse - 1.0) / (inverse * inverse + 1.0)
        } else {
            (1.0 - root * root) / (1.0 + root * root)
        }
    }

    /// Angle of the odds u : 1−u.
    #[inline]
    pub fn angle(&self, odds: f64) -> f64 {
        2.0 * atan(root(odds, self.power))
    }

    /// dt / d ln odds at the angle of the odds.
    #[inline]
    pub fn angle_slope(&self, odds: f64) -> f64 {
        let root = root(odds, self.power);
        // sin t = 2r/(1+r²), written so that infinite odds give 0.
        if root > 1.0 {
            let inverse = 1.0 / root;
            inverse / (1.0 + inverse * inverse) / self.power as f64
        } else {
            root / (1.0 + root * root) / self.power as f64
        }
    }
}

/// Angle of the odds u : 1−u on a grid of many points.
#[inline]
pub fn angle(odds: f64) -> f64 {
    2.0 * atan(root(odds, POWER))
}

/// tan(t/2) at the angle t of the odds, with `power` p of the layout.
#[inline]
fn root(odds: f64, power: usize) -> f64 {
    let mut root = odds;
    let mut power = 2 * power;
    while power > 1 {
        root = root.sqrt();
        power /= 2;
    }
    root
}

/// Odds u_m : 1−u_m of each stick-breaking axis, from unnormalised weights of the types.
/// An axis whose types all have weight 0 gets even odds.
#[inline]
pub fn stick_odds(weights: &[f64], odds: &mut [f64]) {
    let mut rest = 0.0;
    for m in (0..odds.len()).rev() {
        rest += weights[m + 1];
        odds[m] = if weights[m] == 0.0 && rest == 0.0 {
            1.0
        } else {
            weights[m] / rest
        };
    }
}

/// Part of the grid that belongs to one actor.
#[derive(Clone, Debug)]
pub struct Block {
    /// Types of the actor.
    pub types: usize,
    /// Points of its sub-grid: points^(types−1).
    pub points: usize,
    /// Distance in the whole grid between neighbouring sub-grid points.
    pub stride: usize,
    /// Belief at each sub-grid point: `[point * types + type]`.
    pub beliefs: Vec<f64>,
}

/// The grid over all actors' beliefs.
#[derive(Clone, Debug)]
pub struct BeliefGrid {
    /// The grid along every axis, as values are interpolated.
    pub axis: Axis,
    /// The same points with the shorter stencil by which strategies are played between them.
    pub play: Axis,
    /// One block an actor; the last actor's points run fastest.
    pub blocks: Vec<Block>,
    /// Number of points.
    pub points: usize,
}

impl BeliefGrid {
    /// Number of points of the grid for `game`, or `None` on overflow.
    pub fn count(game: &Game, points: usize) -> Option<usize> {
        game.actors.iter().try_fold(1usize, |total, actor| {
            let own = points.max(3).checked_pow(actor.types.len() as u32 - 1)?;
            total.checked_mul(own)
        })
    }

    /// The grid with `points` an axis for `game`.
    pub fn new(game: &Game, points: usize, width: usize) -> Self {
        let axis = Axis::new(points, width);
        let mut blocks: Vec<Block> = Vec::with_capacity(game.actors.len());
        let mut stride = 1;
        for actor in game.actors.iter().rev() {
            let types = actor.types.len();
            let own = axis.points.pow(types as u32 - 1);
            let mut beliefs = Vec::with_capacity(own * types);
            for point in 0..own {
                let mut rest = 1.0;
                for m in 0..types - 1 {
                    let digit = point / axis.points.pow((types - 2 - m) as u32) % axis.points;
                    let u = axis.share(digit);
                    beliefs.push(rest * u);
                    rest *= 1.0 - u;
                }
                beliefs.push(rest);
            }
            blocks.push(Block {
                types,
                points: own,
                stride,
                beliefs,
            });
            stride *= own;
        }
        blocks.reverse();
        Self {
            play: axis.local(PLAY_STENCIL),
            axis,
            blocks,
            points: stride,
        }
    }

    /// Sub-grid point of `actor` at grid point `point`.
    #[inline]
    pub fn own(&self, actor: usize, point: usize) -> usize {
        point / self.blocks[actor].stride % self.blocks[actor].points
    }

    /// Belief about `actor` at grid point `point`.
    #[inline]
    pub fn belief(&self, actor: usize, point: usize) -> &[f64] {
        let block = &self.blocks[actor];
        let own = self.own(actor, point);
        &block.beliefs[own * block.types..(own + 1) * block.types]
    }
}

/// Interpolation weights on a block or on the whole grid: value = Σ weight · table[index].
#[derive(Clone, Debug, Default)]
pub struct Footprint {
    /// Grid points.
    pub index: Vec<u32>,
    /// Their weights.
    pub weight: Vec<f64>,
    /// Derivatives of the weights by the angle of each axis: `[axis * len + entry]`.
    pub slope: Vec<f64>,
}

impl Footprint {
    /// A single point with weight one on a block with `axes` axes.
    pub fn point(&mut self, index: u32, axes: usize) {
        self.index.clear();
        self.index.push(index);
        self.weight.clear();
        self.weight.push(1.0);
        self.slope.clear();
        self.slope.resize(axes, 0.0);
    }

    /// Tensor product of the stencils of a block's axes, with slopes.
    pub fn tensor(&mut self, points: usize, stencils: &[Stencil]) {
        self.index.clear();
        self.weight.clear();
        self.slope.clear();
        if let [s] = stencils {
            self.index.extend_from_slice(&s.index[..s.width]);
            self.weight.extend_from_slice(&s.weight[..s.width]);
            self.slope.extend_from_slice(&s.slope[..s.width]);
            return;
        }
        self.index.push(0);
        self.weight.push(1.0);
        let total: usize = stencils.iter().map(|s| s.width).product();
        self.slope.resize(total * stencils.len(), 0.0);
        // Axis by axis, the entries of the first digit last: they make the others.
        for (b, s) in stencils.iter().enumerate() {
            let n = self.index.len();
            self.index.resize(n * s.width, 0);
            self.weight.resize(n * s.width, 0.0);
            for digit in (0..s.width).rev() {
                let (index, weight, slope) = (s.index[digit], s.weight[digit], s.slope[digit]);
                for entry in 0..n {
                    let to = digit * n + entry;
                    self.index[to] = self.index[entry] * points as u32 + index;
                    // That of this axis first, from the weight of those before.
                    self.slope[b * total + to] = self.weight[entry] * slope;
                    self.weight[to] = self.weight[entry] * weight;
                }
                for a in 0..b {
                    let slopes = &mut self.slope[a * total..];
                    for entry in 0..n {
                        slopes[digit * n + entry] = slopes[entry] * weight;
                    }
                }
            }
        }
    }

    /// Weights, without slopes, where the odds u : 1−u of each axis are `odds`. Without axes a single
    /// point.
    pub fn at(&mut self, axis: &Axis, odds: &[f64]) {
        if let ([odds], true) = (odds, axis.is_global()) {
            self.index.clear();
            self.weight.clear();
            self.slope.clear();
            self.index.extend(0..axis.points as u32);
            self.weight.resize(axis.points, 0.0);
            axis.barycentric(axis.cosine_at(*odds), &mut self.weight);
            return;
        }
        self.product(axis.points, odds.iter().map(|odds| axis.weights(*odds)));
    }

    /// Tensor product of the weights of the grid's axes. Without axes a single point.
    pub fn product(
        &mut self,
        points: usize,
        axes: impl Iterator<Item = impl std::borrow::Borrow<Weights>>,
    ) {
        self.slope.clear();
        self.index.clear();
        self.index.push(0);
        self.weight.clear();
        self.weight.push(1.0);
        for axis in axes {
            let axis: &Weights = axis.borrow();
            let n = self.index.len();
            self.index.resize(n * axis.width, 0);
            self.weight.resize(n * axis.width, 0.0);
            // The entries of the first digit last: they make the others.
            for digit in (0..axis.width).rev() {
                for entry in 0..n {
                    let to = digit * n + entry;
                    self.index[to] = self.index[entry] * points as u32 + axis.index[digit];
                    self.weight[to] = self.weight[entry] * axis.weight[digit];
                }
            }
        }
    }

    /// Σ weight · table[index].
    #[inline]
    pub fn value(&self, table: &[f64]) -> f64 {
        weighted(&self.index, &self.weight, table)
    }

    /// Derivative of the value by the angle of `axis`.
    #[inline]
    pub fn slope(&self, axis: usize, table: &[f64]) -> f64 {
        let n = self.index.len();
        weighted(&self.index, &self.slope[axis * n..(axis + 1) * n], table)
    }
}

/// Σ weight · table[index]. A stencil that does not reflect reads neighbours, which need no look-up.
#[inline]
fn weighted(index: &[u32], weight: &[f64], table: &[f64]) -> f64 {
    let (Some(first), Some(last)) = (index.first(), index.last()) else {
        return 0.0;
    };
    let neighbours = last.wrapping_sub(*first) as usize == index.len() - 1
        && (*first..).zip(index).all(|(k, i)| k == *i);
    match table.get(*first as usize..*first as usize + index.len()) {
        Some(cells) if neighbours => dot(weight, |k| cells[k]),
        _ => dot(weight, |k| table[index[k] as usize]),
    }
}

/// Σ weight · value, four sums side by side: one alone would wait for each of its terms.
#[inline(always)]
fn dot(weight: &[f64], value: impl Fn(usize) -> f64) -> f64 {
    let mut sums = [0.0; 4];
    let fours = weight.chunks_exact(4);
    let (rest, first) = (fours.remainder(), weight.len() / 4 * 4);
    for (four, weight) in fours.enumerate() {
        for (i, sum) in sums.iter_mut().enumerate() {
            *sum += weight[i] * value(4 * four + i);
        }
    }
    let mut sum = (sums[0] + sums[2]) + (sums[1] + sums[3]);
    for (k, weight) in rest.iter().enumerate() {
        sum += weight * value(first + k);
    }
    sum
}
