//! Where a function of one number changes sign: Chandrupatla's method (1997, A new hybrid
//! quadratic/bisection algorithm, Advances in Engineering Software 28), which takes inverse quadratic
//! steps where they are safe and halves the bracket elsewhere. Never slower than a constant times
//! bisection; a jump of the function is found as well as a root.

/// A place where the sign changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossing {
    /// The place.
    pub at: f64,
    /// Value there: near 0 at a root, not at a jump.
    pub value: f64,
    /// Evaluations of the function.
    pub evaluations: u32,
}

/// Finds a sign change of `f` between `a`, where it is `fa`, and `b`, where it is `fb`, within
/// `tolerance`. `None` when the signs at the ends do not differ or a value is not a number.
///
/// # Errors
/// Those of `f`.
pub fn crossing<E>(
    mut f: impl FnMut(f64) -> Result<f64, E>,
    (a, fa): (f64, f64),
    (b, fb): (f64, f64),
    tolerance: f64,
) -> Result<Option<Crossing>, E> {
    let found = |at, value, evaluations| {
        Ok(Some(Crossing {
            at,
            value,
            evaluations,
        }))
    };
    if fa == 0.0 {
        return found(a, fa, 0);
    }
    if fb == 0.0 {
        return found(b, fb, 0);
    }
    if !(fa * fb < 0.0) {
        return Ok(None);
    }
    let tolerance = tolerance.max(4.0 * f64::EPSILON * a.abs().max(b.abs()));
    // The newest point, the one that brackets with it, and the one before.
    let (mut x1, mut f1, mut x2, mut f2) = (b, fb, a, fa);
    let mut share = 0.5;
    // Halving alone needs at most this many steps; interpolation may waste every second one.
    for evaluations in 1..=240 {
        let x = x1 + share * (x2 - x1);
        let fx = f(x)?;
        if fx.is_nan() {
            return Ok(None);
        }
        let (x3, f3);
        if (fx > 0.0) == (f1 > 0.0) {
            (x3, f3) = (x1, f1);
        } else {
            (x3, f3) = (x2, f2);
            (x2, f2) = (x1, f1);
        }
        (x1, f1) = (x, fx);
        let (best, value) = if f2.abs() < f1.abs() {
            (x2, f2)
        } else {
            (x1, f1)
        };
        let near = tolerance / (x2 - x1).abs();
        if near > 0.5 || value == 0.0 {
            return found(best, value, evaluations);
        }
        let xi = (x1 - x2) / (x3 - x2);
        let phi = (f1 - f2) / (f3 - f2);
        share = if phi * phi < xi && (1.0 - phi) * (1.0 - phi) < 1.0 - xi {
            f1 / (f2 - f1) * f3 / (f2 - f3)
                + (x3 - x1) / (x2 - x1) * f1 / (f3 - f1) * f2 / (f3 - f2)
        } else {
            0.5
        };
        share = share.clamp(near, 1.0 - near);
    }
    Ok(None)
}
