//! Elementary functions with the same bits on every machine.
//!
//! The platform's `exp` and `ln` differ between systems in the last bit; these come from `libm`,
//! which computes them in plain IEEE arithmetic.

pub mod lanes;

/// e^x.
#[inline]
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// Natural logarithm.
#[inline]
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// Arc tangent.
#[inline]
pub fn atan(x: f64) -> f64 {
    libm::atan(x)
}

/// The largest of some sizes, 0 without any; NaN if one is, which `f64::max` would pass over.
pub fn largest(sizes: impl IntoIterator<Item = f64>) -> f64 {
    sizes
        .into_iter()
        .fold(0.0, |m: f64, x| if m >= x || m.is_nan() { m } else { x })
}

/// ln Σ exp(xᵢ), −∞ for an empty slice.
#[inline]
pub fn log_sum_exp(x: &[f64]) -> f64 {
    let max = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if max == f64::NEG_INFINITY {
        return max;
    }
    max + ln(x.iter().map(|v| exp(v - max)).sum())
}

/// Solves A·y = b in place by Gaussian elimination with partial pivoting; `a` is n × n in rows.
/// Returns the sign of det A, or `None` when A is singular to working precision.
pub fn solve_linear(a: &mut [f64], b: &mut [f64]) -> Option<f64> {
    let n = b.len();
    let mut sign = 1.0;
    for column in 0..n {
        let mut pivot = column;
        for row in column + 1..n {
            if a[row * n + column].abs() > a[pivot * n + column].abs() {
                pivot = row;
            }
        }
        let value = a[pivot * n + column];
        if value.is_nan() || value.abs() < 1e-300 {
            return None;
        }
        if pivot != column {
            for k in 0..n {
                a.swap(pivot * n + k, column * n + k);
            }
            b.swap(pivot, column);
            sign = -sign;
        }
        if value < 0.0 {
            sign = -sign;
        }
        let inverse = 1.0 / value;
        for row in column + 1..n {
            let factor = a[row * n + column] * inverse;
            if factor != 0.0 {
                let (upper, lower) = a.split_at_mut(row * n);
                let source = &upper[column * n + column + 1..column * n + n];
                let target = &mut lower[column + 1..n];
                for (t, s) in target.iter_mut().zip(source) {
                    *t -= factor * s;
                }
                b[row] -= factor * b[column];
            }
        }
    }
    for row in (0..n).rev() {
        let mut sum = b[row];
        for k in row + 1..n {
            sum -= a[row * n + k] * b[k];
        }
        b[row] = sum / a[row * n + row];
    }
    Some(sign)
}
