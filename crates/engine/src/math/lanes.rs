//! Elementary functions over a lane of eight numbers, branch-free so that the compiler vectorises
//! them, in plain IEEE arithmetic so that every instruction set gives the same bits.

/// Numbers in a lane.
pub const W: usize = 8;
/// A lane.
pub type Lane = [f64; W];

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
    let mut out = [0.0; W];
    for w in 0..W {
        let x = if x[w] < -708.0 { -708.0 } else { x[w] };
        let x = if x > 708.0 { 708.0 } else { x };
        let shifted = x * std::f64::consts::LOG2_E + MAGIC;
        let n = shifted - MAGIC;
        let r = (x - n * LN2_HIGH) - n * LN2_LOW;
        let mut sum = TAYLOR[0];
        for c in &TAYLOR[1..] {
            sum = sum * r + c;
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
    let mut out = [0.0; W];
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
        let mut sum = 1.0 / 23.0;
        for k in [21.0, 19.0, 17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0f64] {
            sum = sum * f2 + 1.0 / k;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_and_ln_are_within_two_units_in_the_last_place() {
        let mut worst = (0.0f64, 0.0f64);
        for n in -7000..7000 {
            let base = f64::from(n) * 0.1001;
            let x: Lane = std::array::from_fn(|w| base + 0.01 * w as f64);
            let e = exp(&x);
            let l = ln(&e);
            for w in 0..W {
                let exact = libm::exp(x[w]);
                worst.0 = worst.0.max(((e[w] - exact) / exact).abs());
                let exact = libm::log(e[w]);
                worst.1 = worst.1.max((l[w] - exact).abs() / exact.abs().max(1.0));
            }
        }
        assert!(worst.0 < 5e-16 && worst.1 < 5e-16, "{worst:?}");
        assert!(ln(&[0.0; W])[0].is_nan() && ln(&[-1.0; W])[0].is_nan());
        assert_eq!(exp(&[f64::NEG_INFINITY; W])[0], exp(&[-708.0; W])[0]);
        assert!(exp(&[f64::NAN; W])[0].is_nan());
    }
}
