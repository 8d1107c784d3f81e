//! The logit response to given values of the moves, with its derivatives.

use crate::math::{exp, ln};

/// Log-probabilities of one mover's moves.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// ln σ(a).
    pub log: Vec<f64>,
    /// ∂ ln σ(a) / ∂U(b): `[a * moves + b]`.
    pub slope: Vec<f64>,
    /// ∂ ln σ(a) / ∂ precision.
    pub by_precision: Vec<f64>,
}

impl Response {
    /// Logit over kinds on W = Σ σ(a|kind)·U(a), logit over the moves of a kind inside, both at
    /// `precision`; with every move its own kind this is σ ∝ exp(precision·U).
    pub fn to(&mut self, value: &[f64], kinds: &[u32], precision: f64) {
        let moves = value.len();
        let count = kinds.iter().max().map_or(0, |k| *k as usize + 1);
        let members = |k: usize| (0..moves).filter(move |a| kinds[*a] as usize == k);
        self.log.clear();
        self.log.resize(moves, 0.0);
        self.slope.clear();
        self.slope.resize(moves * moves, 0.0);
        self.by_precision.clear();
        self.by_precision.resize(moves, 0.0);
        // Inside: shares, worth W, ∂W/∂U and ∂W/∂precision of each kind.
        let mut inner = vec![0.0; moves];
        let mut worth = vec![0.0; count];
        let mut worth_slope = vec![0.0; moves];
        let mut worth_by_precision = vec![0.0; count];
        for k in 0..count {
            let best = members(k).fold(f64::NEG_INFINITY, |m, a| m.max(value[a]));
            let total: f64 = members(k).map(|a| exp(precision * (value[a] - best))).sum();
            for a in members(k) {
                self.log[a] = precision * (value[a] - best) - ln(total);
                inner[a] = exp(self.log[a]);
                worth[k] += inner[a] * value[a];
            }
            for a in members(k) {
                let above = value[a] - worth[k];
                worth_slope[a] = inner[a] * (1.0 + precision * above);
                worth_by_precision[k] += inner[a] * above * above;
            }
        }
        let best = worth.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = worth.iter().map(|w| exp(precision * (w - best))).sum();
        let outer: Vec<f64> = worth
            .iter()
            .map(|w| exp(precision * (w - best)) / total)
            .collect();
        let mean: f64 = outer.iter().zip(&worth).map(|(s, w)| s * w).sum();
        let mean_by_precision: f64 = outer
            .iter()
            .zip(&worth_by_precision)
            .map(|(s, w)| s * w)
            .sum();
        for a in 0..moves {
            let k = kinds[a] as usize;
            let share = precision * (worth[k] - best) - ln(total);
            self.log[a] += share;
            self.by_precision[a] = (value[a] - worth[k])
                + (worth[k] - mean)
                + precision * (worth_by_precision[k] - mean_by_precision);
            for b in 0..moves {
                let same = kinds[b] as usize == k;
                let own = if a == b { 1.0 } else { 0.0 };
                let within = if same { own - inner[b] } else { 0.0 };
                let between = if same { 1.0 } else { 0.0 } - outer[kinds[b] as usize];
                self.slope[a * moves + b] = precision * (within + between * worth_slope[b]);
            }
        }
    }
}
