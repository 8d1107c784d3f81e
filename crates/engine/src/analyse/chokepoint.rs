//! What closing a chokepoint costs those who buy, against its depth and its length, in closed form.
//!
//! Constant-elasticity supply and demand meet again after a loss L of the flow Q at the price ratio
//! x with ln x = −ln(1 − L/Q)/(ε + η), ε and η the absolute short-run elasticities of supply and
//! demand. Buyers lose the area under their demand between the two prices.

use serde::Serialize;

/// A market that hangs on a chokepoint.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Market {
    /// World flow Q a day.
    pub flow: f64,
    /// Price before.
    pub price: f64,
    /// Elasticity of supply, at least 0.
    pub supply: f64,
    /// Absolute elasticity of demand, above 0 and below 1.
    pub demand: f64,
}

impl Market {
    /// Price after over price before, at a lost share of the flow in [0, 1); `None` outside.
    pub fn ratio(&self, lost: f64) -> Option<f64> {
        let sum = self.supply + self.demand;
        ((0.0..1.0).contains(&lost) && sum > 0.0).then(|| libm::exp(-libm::log1p(-lost) / sum))
    }

    /// Loss of buyers over so many days: days · Q · p · (x^(1−η) − 1)/(1 − η).
    pub fn cost(&self, lost: f64, days: f64) -> Option<f64> {
        let ratio = self.ratio(lost)?;
        let left = 1.0 - self.demand;
        let area = libm::expm1(left * libm::log(ratio)) / left;
        Some(days * self.flow * self.price * area)
    }

    /// What one more unit of lost daily flow costs over so many days: the derivative of
    /// [`Market::cost`] by L = lost · Q.
    pub fn marginal(&self, lost: f64, days: f64) -> Option<f64> {
        let ratio = self.ratio(lost)?;
        let sum = self.supply + self.demand;
        let area = libm::exp((1.0 - self.demand) * libm::log(ratio));
        Some(days * self.price * area / (sum * (1.0 - lost)))
    }
}
