//! The library of functions a scenario may call: name, units, value, source, in one place.

use serde::Serialize;

/// A library function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Function {
    /// Smallest argument.
    Min,
    /// Largest argument.
    Max,
    /// Absolute value.
    Abs,
    /// e to the power.
    Exp,
    /// Natural logarithm.
    Ln,
    /// Square root.
    Sqrt,
    /// Price of oil after a loss of supply, over the price before.
    OilPriceRatio,
    /// Flow that a stock sustains over a time.
    StockRelease,
    /// Separative work for a product.
    Swu,
    /// Time to make a product from an enriched stock.
    BreakoutTime,
    /// Units lost in one salvo.
    Salvo,
    /// Probability that at least one of n independent tries succeeds.
    AtLeastOne,
    /// Probability of at least one event of a Poisson process.
    RateToProbability,
    /// Insurance premium for a passage, as a share of the value insured.
    WarRiskPremium,
    /// What force exceeds provocation by, squared.
    OutOfProportion,
}

/// What an argument or a result measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// A plain number.
    Plain,
    /// Any unit, the same wherever it occurs in one call.
    Any,
    /// Any unit to the power of one half; only as a result.
    Root,
    /// A time.
    Time,
    /// Per time.
    PerTime,
    /// The call's `Any` unit per time.
    AnyPerTime,
    /// A unit by name.
    Unit(&'static str),
    /// A unit by name, per time.
    UnitPerTime(&'static str),
}

/// An argument: its name and what it measures.
pub type Argument = (&'static str, Quantity);

/// What a call looks like and means.
#[derive(Clone, Copy, Debug)]
pub struct Signature {
    /// Name in the language.
    pub name: &'static str,
    /// Arguments in order. With `many`, the first stands for one or more.
    pub arguments: &'static [Argument],
    /// Any number of arguments, at least one.
    pub many: bool,
    /// What the result measures.
    pub result: Quantity,
    /// What it computes, as a formula in words.
    pub text: &'static str,
    /// Where it comes from.
    pub source: &'static str,
}

use Quantity::{Any, AnyPerTime, PerTime, Plain, Root, Time, Unit, UnitPerTime};

/// Assay of natural uranium: share of U-235.
const NATURAL_ASSAY: f64 = 0.00711;
/// Tails at which natural uranium is stripped once an enriched stock is used up.
const NATURAL_TAILS: f64 = 0.003;

impl Function {
    /// All functions.
    pub const ALL: [Self; 15] = [
        Self::Min,
        Self::Max,
        Self::Abs,
        Self::Exp,
        Self::Ln,
        Self::Sqrt,
        Self::OilPriceRatio,
        Self::StockRelease,
        Self::Swu,
        Self::BreakoutTime,
        Self::Salvo,
        Self::AtLeastOne,
        Self::RateToProbability,
        Self::WarRiskPremium,
        Self::OutOfProportion,
    ];

    /// The function of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.signature().name == name)
    }

    /// Name, arguments, result, documentation and source.
    pub fn signature(self) -> Signature {
        let (name, arguments, result, text, source): (_, &'static [Argument], _, _, _) = match self
        {
            Self::Min => (
                "min",
                &[("values", Any)],
                Any,
                "the smallest of the values",
                "arithmetic",
            ),
            Self::Max => (
                "max",
                &[("values", Any)],
                Any,
                "the largest of the values",
                "arithmetic",
            ),
            Self::Abs => (
                "abs",
                &[("x", Any)],
                Any,
                "x without its sign",
                "arithmetic",
            ),
            Self::Exp => (
                "exp",
                &[("x", Plain)],
                Plain,
                "e to the power x",
                "arithmetic",
            ),
            Self::Ln => (
                "ln",
                &[("x", Plain)],
                Plain,
                "natural logarithm of x",
                "arithmetic",
            ),
            Self::Sqrt => (
                "sqrt",
                &[("x", Any)],
                Root,
                "square root of x",
                "arithmetic",
            ),
            Self::OilPriceRatio => (
                "oil_price_ratio",
                &[("loss_share", Plain), ("elasticity_sum", Plain)],
                Plain,
                "price after / price before = exp(-ln(1 - loss_share) / elasticity_sum): the price at which \
                 constant-elasticity supply and demand meet again after this share of world supply is lost; \
                 elasticity_sum is the sum of the absolute short-run elasticities",
                "constant-elasticity market clearing; inversion as in World Bank, Commodity Markets Outlook, October 2023",
            ),
            Self::StockRelease => (
                "stock_release",
                &[("stock", Any), ("largest_flow", AnyPerTime), ("time", Time)],
                AnyPerTime,
                "flow that the stock sustains for the whole time: min(largest_flow, stock / time)",
                "conservation of mass",
            ),
            Self::Swu => (
                "swu",
                &[
                    ("product", Unit("kg")),
                    ("product_assay", Plain),
                    ("feed_assay", Plain),
                    ("tails_assay", Plain),
                ],
                Unit("swu"),
                "separative work = P V(xp) + T V(xt) - F V(xf) with V(x) = (2x - 1) ln(x / (1 - x)), \
                 F = P (xp - xt) / (xf - xt), T = F - P",
                "Cohen, The Theory of Isotope Separation, 1951; value function of an ideal cascade",
            ),
            Self::BreakoutTime => (
                "breakout_time",
                &[
                    ("stock", Unit("kg")),
                    ("stock_assay", Plain),
                    ("product", Unit("kg")),
                    ("product_assay", Plain),
                    ("tails_assay", Plain),
                    ("work_rate", UnitPerTime("swu")),
                ],
                Time,
                "time to make the product: separative work from the stock (kg of uranium at stock_assay, tails at \
                 tails_assay) and, where it does not suffice, from natural uranium (0.711 %, tails 0.3 %), over the \
                 rate of work; without set-up time or losses",
                "separative work as in `swu`",
            ),
            Self::Salvo => (
                "salvo",
                &[
                    ("shooters", Plain),
                    ("shots", Plain),
                    ("targets", Plain),
                    ("defence", Plain),
                    ("staying_power", Plain),
                ],
                Plain,
                "units lost by the targets in one salvo: (shots x shooters - defence x targets) / staying_power, \
                 between 0 and targets",
                "Hughes, A Salvo Model of Warships in Missile Combat, Naval Research Logistics 42, 1995, eq. 1",
            ),
            Self::AtLeastOne => (
                "at_least_one",
                &[("probability", Plain), ("tries", Plain)],
                Plain,
                "1 - (1 - probability) ^ tries, for independent tries",
                "probability",
            ),
            Self::RateToProbability => (
                "rate_to_probability",
                &[("rate", PerTime), ("time", Time)],
                Plain,
                "1 - exp(-rate x time): at least one event of a Poisson process",
                "probability",
            ),
            Self::WarRiskPremium => (
                "war_risk_premium",
                &[
                    ("hit_probability", Plain),
                    ("loss_share", Plain),
                    ("loading", Plain),
                ],
                Plain,
                "premium for one passage over the value insured: hit_probability x loss_share x (1 + loading)",
                "expected-value premium principle",
            ),
            Self::OutOfProportion => (
                "out_of_proportion",
                &[("force", Plain), ("provocation", Plain)],
                Plain,
                "max(0, force - provocation) ^ 2: nothing while force does not exceed provocation, convex above",
                "a penalty for breaking a constraint, here that of proportionality",
            ),
        };
        let many = matches!(self, Self::Min | Self::Max);
        Signature {
            name,
            arguments,
            many,
            result,
            text,
            source,
        }
    }

    /// Value at `arguments`, whose number and units the checker has made sure of: times in days,
    /// rates per day, separative work in kg SWU, masses in kg. Missing arguments count as NaN.
    pub fn value(self, arguments: &[f64]) -> f64 {
        let x = |i: usize| arguments.get(i).copied().unwrap_or(f64::NAN);
        match self {
            Self::Min => arguments.iter().copied().fold(f64::INFINITY, f64::min),
            Self::Max => arguments.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Self::Abs => x(0).abs(),
            Self::Exp => libm::exp(x(0)),
            Self::Ln => libm::log(x(0)),
            Self::Sqrt => x(0).sqrt(),
            Self::OilPriceRatio => libm::exp(-libm::log1p(-x(0)) / x(1)),
            Self::StockRelease => x(1).min(x(0) / x(2)),
            Self::Swu => separative_work(x(0), x(1), x(2), x(3)),
            Self::BreakoutTime => {
                let (stock, assay, product, wanted, tails, rate) =
                    (x(0), x(1), x(2), x(3), x(4), x(5));
                // Not `clamp`, which panics on a negative product.
                let from_stock = (stock * (assay - tails) / (wanted - tails))
                    .max(0.0)
                    .min(product);
                let rest = product - from_stock;
                let natural = if rest > 0.0 {
                    separative_work(rest, wanted, NATURAL_ASSAY, NATURAL_TAILS)
                } else {
                    0.0
                };
                let enriched = if from_stock > 0.0 {
                    separative_work(from_stock, wanted, assay, tails)
                } else {
                    0.0
                };
                (enriched + natural) / rate
            }
            Self::Salvo => {
                let (shooters, shots, targets, defence, staying) = (x(0), x(1), x(2), x(3), x(4));
                ((shots * shooters - defence * targets) / staying)
                    .max(0.0)
                    .min(targets)
            }
            Self::AtLeastOne => -libm::expm1(x(1) * libm::log1p(-x(0))),
            Self::RateToProbability => -libm::expm1(-x(0) * x(1)),
            Self::WarRiskPremium => x(0) * x(1) * (1.0 + x(2)),
            Self::OutOfProportion => {
                let excess = (x(0) - x(1)).max(0.0);
                excess * excess
            }
        }
    }
}

/// kg SWU to make `product` kg at assay `xp` from feed at `xf` with tails at `xt`.
fn separative_work(product: f64, xp: f64, xf: f64, xt: f64) -> f64 {
    let value = |x: f64| (2.0 * x - 1.0) * libm::log(x / (1.0 - x));
    let feed = product * (xp - xt) / (xf - xt);
    product * value(xp) + (feed - product) * value(xt) - feed * value(xf)
}
