//! Elementary functions over a lane of eight numbers, branch-free so that the compiler vectorises
//! them, in plain IEEE arithmetic so that every instruction set gives the same bits.

/// Numbers in a lane.
pub const W: usize = 8;
/// A lane. Aligned to a cache line: a lane that crosses one costs two loads.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C, align(64))]
pub struct Lane(pub [f64; W]);

impl Lane {
    /// Eight times zero.
    pub const ZERO: Self = Self([0.0; W]);

    /// Eight numbers. Written out, since the helpers of an iterator may be left as calls, which a
    /// processor's wide registers do not survive.
    #[inline(always)]
    pub fn of(mut f: impl FnMut(usize) -> f64) -> Self {
        Self([f(0), f(1), f(2), f(3), f(4), f(5), f(6), f(7)])
    }

    /// The first eight numbers of a slice, which must hold as many.
    #[inline(always)]
    pub fn read(from: &[f64]) -> Self {
        let mut lane = Self::ZERO;
        lane.0.copy_from_slice(&from[..W]);
        lane
    }

    /// Eight times the same.
    #[inline(always)]
    pub const fn splat(x: f64) -> Self {
        Self([x; W])
    }

    /// self·factor + term with one rounding.
    #[inline(always)]
    pub fn mul_add(self, factor: Self, term: Self) -> Self {
        let (x, y, z) = (&self.0, &factor.0, &term.0);
        Self([
            x[0].mul_add(y[0], z[0]),
            x[1].mul_add(y[1], z[1]),
            x[2].mul_add(y[2], z[2]),
            x[3].mul_add(y[3], z[3]),
            x[4].mul_add(y[4], z[4]),
            x[5].mul_add(y[5], z[5]),
            x[6].mul_add(y[6], z[6]),
            x[7].mul_add(y[7], z[7]),
        ])
    }
}

/// Whole-lane arithmetic: the compiler keeps a lane in one register only where nothing is done to it
/// number by number.
macro_rules! arithmetic {
    ($trait:ident, $method:ident, $assign:ident, $assign_method:ident, $op:tt) => {
        impl std::ops::$trait for Lane {
            type Output = Self;

            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                let (x, y) = (&self.0, &other.0);
                Self([
                    x[0] $op y[0],
                    x[1] $op y[1],
                    x[2] $op y[2],
                    x[3] $op y[3],
                    x[4] $op y[4],
                    x[5] $op y[5],
                    x[6] $op y[6],
                    x[7] $op y[7],
                ])
            }
        }

        impl std::ops::$assign for Lane {
            #[inline(always)]
            fn $assign_method(&mut self, other: Self) {
                *self = *self $op other;
            }
        }
    };
}

arithmetic!(Add, add, AddAssign, add_assign, +);
arithmetic!(Sub, sub, SubAssign, sub_assign, -);
arithmetic!(Mul, mul, MulAssign, mul_assign, *);
arithmetic!(Div, div, DivAssign, div_assign, /);

impl std::ops::Deref for Lane {
    type Target = [f64; W];

    #[inline(always)]
    fn deref(&self) -> &[f64; W] {
        &self.0
    }
}

impl std::ops::DerefMut for Lane {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [f64; W] {
        &mut self.0
    }
}

/// Defines a function that runs `$body`, an `#[inline(always)]` function of the same arguments, compiled
/// for the widest vectors that the processor has. Products and sums are fused where the source says so
/// ([`Lane::mul_add`]) and nowhere else, so every width gives the same bits; without vectors of fused
/// operations they are slow.
macro_rules! widest {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $type:ty),* $(,)?) $(-> $out:ty)? => $body:path) => {
        $(#[$meta])*
        $vis fn $name($($arg: $type),*) $(-> $out)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512dq,fma,bmi2")]
                fn avx512($($arg: $type),*) $(-> $out)? {
                    $body($($arg),*)
                }
                #[target_feature(enable = "avx2,fma,bmi2")]
                fn avx2($($arg: $type),*) $(-> $out)? {
                    $body($($arg),*)
                }
                let fused = std::is_x86_feature_detected!("fma")
                    && std::is_x86_feature_detected!("bmi2");
                if fused
                    && std::is_x86_feature_detected!("avx512f")
                    && std::is_x86_feature_detected!("avx512dq")
                {
                    // SAFETY: the processor has the features the function is compiled for.
                    #[allow(unsafe_code)]
                    return unsafe { avx512($($arg),*) };
                }
                if fused && std::is_x86_feature_detected!("avx2") {
                    // SAFETY: as above.
                    #[allow(unsafe_code)]
                    return unsafe { avx2($($arg),*) };
                }
            }
            $body($($arg),*)
        }
    };
}
pub(crate) use widest;

widest! {
    /// out += scale·x, number by number.
    pub fn add_scaled(out: &mut [f64], scale: f64, x: &[f64]) => plain_add_scaled
}

#[inline(always)]
fn plain_add_scaled(out: &mut [f64], scale: f64, x: &[f64]) {
    for (out, x) in out.iter_mut().zip(x) {
        *out = scale.mul_add(*x, *out);
    }
}

widest! {
    /// Σ a·b, over as many numbers as the shorter has: four lanes of sums side by side.
    pub fn dot(a: &[f64], b: &[f64]) -> f64 => plain_dot
}

/// [`dot`], for what is itself compiled for the widest vectors.
#[inline(always)]
pub fn plain_dot(a: &[f64], b: &[f64]) -> f64 {
    let (lanes_a, rest_a) = a[..a.len().min(b.len())].as_chunks::<{ 4 * W }>();
    let (lanes_b, rest_b) = b[..a.len().min(b.len())].as_chunks::<{ 4 * W }>();
    let mut sums = [Lane::ZERO; 4];
    for (a, b) in lanes_a.iter().zip(lanes_b) {
        for k in 0..4 {
            sums[k] = Lane::read(&a[k * W..]).mul_add(Lane::read(&b[k * W..]), sums[k]);
        }
    }
    let (lanes_a, rest_a) = rest_a.as_chunks::<W>();
    let (lanes_b, rest_b) = rest_b.as_chunks::<W>();
    for (a, b) in lanes_a.iter().zip(lanes_b) {
        sums[0] = Lane::read(a).mul_add(Lane::read(b), sums[0]);
    }
    let sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])).0;
    let mut total =
        ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
    for (a, b) in rest_a.iter().zip(rest_b) {
        total = a.mul_add(*b, total);
    }
    total
}

/// 1.5·2^52: adding it rounds to an integer that stands in the low bits.
const MAGIC: f64 = 6_755_399_441_055_744.0;
const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// 1/k! for k = 13 … 0.
const TAYLOR: [f64; 14] = [
    1.0 / 6_227_020_800.0,
    1.0 / 479_001_600.0,
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    0.5,
    1.0,
    1.0,
];

/// e^x, for x in [−708, 708]; beyond, the value at the border.
#[inline(always)]
pub fn exp(x: &Lane) -> Lane {
    let mut out = Lane::ZERO;
    for w in 0..W {
        let x = if x[w] < -708.0 { -708.0 } else { x[w] };
        let x = if x > 708.0 { 708.0 } else { x };
        let shifted = x * std::f64::consts::LOG2_E + MAGIC;
        let n = shifted - MAGIC;
        let r = (x - n * LN2_HIGH) - n * LN2_LOW;
        let mut sum = TAYLOR[0];
        for c in &TAYLOR[1..] {
            sum = sum.mul_add(r, *c);
        }
        let scale = f64::from_bits(
            shifted
                .to_bits()
                .wrapping_sub(MAGIC.to_bits())
                .wrapping_add(1023)
                << 52,
        );
        out[w] = sum * scale;
    }
    out
}

/// ln x for normal positive x; NaN otherwise.
#[inline(always)]
pub fn ln(x: &Lane) -> Lane {
    let mut out = Lane::ZERO;
    for w in 0..W {
        let bits = x[w].to_bits();
        let mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000);
        let exponent = f64::from_bits((bits >> 52) | 0x4330_0000_0000_0000)
            - (4_503_599_627_370_496.0 + 1023.0);
        let large = mantissa > std::f64::consts::SQRT_2;
        let mantissa = if large { 0.5 * mantissa } else { mantissa };
        let exponent = if large { exponent + 1.0 } else { exponent };
        // ln m = 2 artanh f with |f| ≤ 0.172.
        let f = (mantissa - 1.0) / (mantissa + 1.0);
        let f2 = f * f;
        let mut sum: f64 = 1.0 / 23.0;
        for k in [21.0, 19.0, 17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0f64] {
            sum = sum.mul_add(f2, 1.0 / k);
        }
        let log = 2.0 * f + 2.0 * f * f2 * sum;
        let value = exponent * LN2_HIGH + (log + exponent * LN2_LOW);
        out[w] = if x[w] >= f64::MIN_POSITIVE && x[w] < f64::INFINITY {
            value
        } else {
            f64::NAN
        };
    }
    out
}
