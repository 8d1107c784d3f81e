//! Against comparable crises: a forecast beside the base rate that its scenario declares.
//!
//! A forecast is worth something only if it beats what anybody could have said without it. Brier's score
//! of a probability p is (p − y)² with y = 1 if it came true; the skill against a base rate b is
//!
//! ```text
//! skill = 1 − (p − y)² / (b − y)²
//! ```
//!
//! Known before anything has come true: what the skill will be either way, the probability above or below
//! which p scores better than b in the mean (p and b score alike at (p + b)/2), and the skill to expect if
//! the forecast itself is right, (p − b)² / (p(1 − p) + (p − b)²).
//!
//! Source: Brier, Verification of forecasts expressed in terms of probability, Monthly Weather Review 78,
//! 1950; Murphy, Skill scores based on the mean square error, Monthly Weather Review 116, 1988. Interval of
//! a counted rate: Wilson, JASA 22, 1927.

use crate::forecast::Forecast;
use crate::game::Game;
use climbdown_lang::Scenario;
use serde::Serialize;

/// What it is, in a line.
pub const DEFINITION: &str = "Skill: 1 - (forecast - outcome)^2 / (base rate - outcome)^2, the gain \
    on saying the base rate; below 0 it would have been better to say that.";

/// Standard deviations of a normal between the 5th and the 95th percentile, halved.
pub const NINETY: f64 = 1.644_853_626_951_472_2;

/// A forecast beside a base rate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Standing {
    /// Name of the base rate.
    pub name: String,
    /// Its text for people.
    pub label: String,
    /// Which crises.
    pub population: String,
    /// Where it comes from.
    pub source: String,
    /// Cases and crises, when counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<(u32, u32)>,
    /// Share, in [0, 1].
    pub base: f64,
    /// 5th to 95th percentile of a counted share, as far as its number of crises tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<(f64, f64)>,
    /// Outcome class or question that it stands beside.
    pub of: String,
    /// Its text for people.
    pub of_label: String,
    /// Rounds after which that is read.
    pub round: u32,
    /// Its probability there.
    pub forecast: f64,
    /// Forecast over base rate; none over a base rate of 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// Skill if it comes true; none where the base rate said so for certain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skill_if_true: Option<f64>,
    /// Skill if it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skill_if_false: Option<f64>,
    /// Expected skill if the forecast is right: 0 when it says what the base rate says.
    pub expected_skill: f64,
    /// Probability of coming true at which forecast and base rate score alike in the mean.
    pub alike_at: f64,
}

/// Every base rate that names what it compares, beside the forecast.
pub fn standings(scenario: &Scenario, game: &Game, forecast: &Forecast) -> Vec<Standing> {
    let mut found = Vec::new();
    for rate in &scenario.base_rates {
        let Some(of) = &rate.of else { continue };
        let question = forecast.questions.iter().position(|q| q.name == *of);
        let (series, round) = match question {
            Some(k) => (&forecast.questions[k], game.questions[k].by),
            None => match forecast.classes.iter().find(|c| c.name == *of) {
                Some(class) => (class, game.window),
                None => continue,
            },
        };
        let Some(&p) = series.probability.get(round as usize) else {
            continue;
        };
        let b = rate.value;
        let skill = |y: f64| (b != y).then(|| 1.0 - ((p - y) / (b - y)).powi(2));
        let apart = (p - b) * (p - b);
        found.push(Standing {
            name: rate.name.clone(),
            label: rate.label.clone(),
            population: rate.population.clone(),
            source: rate.source.clone(),
            count: rate.count,
            base: b,
            interval: rate.count.map(|(cases, all)| wilson(cases, all)),
            of: of.clone(),
            of_label: series.label.clone(),
            round,
            forecast: p,
            ratio: (b > 0.0).then(|| p / b),
            skill_if_true: skill(1.0),
            skill_if_false: skill(0.0),
            expected_skill: if apart > 0.0 {
                apart / (p * (1.0 - p) + apart)
            } else {
                0.0
            },
            alike_at: 0.5 * (p + b),
        });
    }
    found
}

/// Wilson's interval for a counted share, 5th to 95th percentile.
pub fn wilson(cases: u32, all: u32) -> (f64, f64) {
    let n = f64::from(all);
    let share = f64::from(cases) / n;
    let zz = NINETY * NINETY / n;
    let middle = (share + zz / 2.0) / (1.0 + zz);
    let half = NINETY * ((share * (1.0 - share) + zz / 4.0) / n).sqrt() / (1.0 + zz);
    ((middle - half).max(0.0), (middle + half).min(1.0))
}
