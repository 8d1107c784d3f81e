//! The library of functions a scenario may call: name, units, value, source, in one place.

use serde::Serialize;

/// A library function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Function {
    Min,
    Max,
    Abs,
    Exp,
    Ln,
    Sqrt,
}

impl Function {
    /// Value at `arguments`, whose number and units the checker has made sure of.
    pub fn value(self, arguments: &[f64]) -> f64 {
        match self {
            Self::Min => arguments.iter().copied().fold(f64::INFINITY, f64::min),
            Self::Max => arguments.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Self::Abs => arguments[0].abs(),
            Self::Exp => arguments[0].exp(),
            Self::Ln => arguments[0].ln(),
            Self::Sqrt => arguments[0].sqrt(),
        }
    }
}
