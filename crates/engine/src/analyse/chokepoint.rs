//! What closing a chokepoint costs those who buy, against its depth and its length, in closed form.
//!
//! Constant-elasticity supply and demand meet again after a loss L of the flow Q at the price ratio
//! x with ln x = −ln(1 − L/Q)/(ε + η), ε and η the absolute short-run elasticities of supply and
//! demand. Buyers lose the area under their demand between the two prices.

use climbdown_lang::Scenario;
use climbdown_lang::check::constant;
use climbdown_lang::library::Function;
use climbdown_lang::scenario::{Expr, ExprKind};
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

/// What the numbers of [`Chokepoint`] mean.
pub const DEFINITION: &str = "buyers' loss by share of world supply lost and days of closure, in days \
     of the whole flow at the old price, ln x = −ln(1 − L/Q)/(ε + η), without stocks; \"one more\" is \
     what one more unit lost a day costs, in old prices; the scenario states ε + η alone, and all of \
     it is taken to be demand (ε = 0), which costs least";

/// Shares of supply lost that are shown.
const DEPTHS: [f64; 9] = [0.0, 0.01, 0.02, 0.05, 0.08, 0.10, 0.15, 0.20, 0.30];
/// Days of closure that are shown.
const DAYS: [f64; 3] = [7.0, 30.0, 90.0];

/// The cost of a closed chokepoint as the scenario's market has it.
#[derive(Clone, Debug, Serialize)]
pub struct Chokepoint {
    /// What is measured.
    pub definition: &'static str,
    /// ε + η.
    pub elasticity_sum: f64,
    /// Days of closure that [`Depth::cost`] is for.
    pub days: Vec<f64>,
    /// By share lost, rising.
    pub curve: Vec<Depth>,
}

/// One depth of closure.
#[derive(Clone, Debug, Serialize)]
pub struct Depth {
    /// Share of world supply lost.
    pub lost: f64,
    /// Price after over price before.
    pub ratio: f64,
    /// What one more unit of lost daily flow costs a day, in old prices.
    pub marginal: f64,
    /// Buyers' loss over the stated days, in days of the whole flow at the old price.
    pub cost: Vec<f64>,
}

/// The market whose elasticity the scenario states in the first `oil_price_ratio` that it calls; `None`
/// where it calls none with a constant one.
pub fn of(scenario: &Scenario) -> Option<Chokepoint> {
    let mut sums = Vec::new();
    for expr in expressions(scenario) {
        walk(expr, &mut |e| {
            if let ExprKind::Call(Function::OilPriceRatio, arguments) = &e.kind {
                sums.extend(arguments.get(1).and_then(|x| constant::of(scenario, x)));
            }
        });
    }
    let elasticity_sum = *sums.iter().find(|s| **s > 0.0 && **s < 1.0)?;
    let market = Market {
        flow: 1.0,
        price: 1.0,
        supply: 0.0,
        demand: elasticity_sum,
    };
    let depth = |lost: &f64| {
        let cost = DAYS.iter().filter_map(|d| market.cost(*lost, *d));
        Some(Depth {
            lost: *lost,
            ratio: market.ratio(*lost)?,
            marginal: market.marginal(*lost, 1.0)?,
            cost: cost.collect(),
        })
    };
    Some(Chokepoint {
        definition: DEFINITION,
        elasticity_sum,
        days: DAYS.to_vec(),
        curve: DEPTHS.iter().filter_map(depth).collect(),
    })
}

/// All expressions that price something: derived quantities, payoffs, payments.
fn expressions(scenario: &Scenario) -> impl Iterator<Item = &Expr> {
    let derived = scenario.derived.iter().map(|d| &d.value);
    let actors = scenario.actors.iter();
    let flows = actors.flat_map(|a| a.payoff.iter().chain(&a.afterwards).map(|t| &t.value));
    let moves = scenario.moves.iter();
    let payments = moves.flat_map(|m| m.payments.iter().map(|p| &p.value));
    derived.chain(flows).chain(payments)
}

/// Visits an expression and all its parts.
pub(super) fn walk(expr: &Expr, visit: &mut dyn FnMut(&Expr)) {
    visit(expr);
    expr.parts().into_iter().for_each(|part| walk(part, visit));
}
