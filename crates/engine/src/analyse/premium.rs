//! What a cover is worth that pays once when something happens: break-even premium, and the probability
//! that a quoted premium implies.
//!
//! A cover pays 1 at the end of the round in which its event first happens, or at its end if the event
//! holds then. The break-even premium is the expected discounted payout, paid at the start; as a running
//! premium it is paid at the start of every round until the cover has paid or ended. A quoted premium P
//! implies the probability P / E[discount | payout]: the timing, given that it pays, is the forecast's.

use super::prices::Prices;
use crate::forecast::Forecast;
use crate::game::Game;
use serde::Serialize;

/// When a cover pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pays {
    /// At the end of the round in which it first happens.
    First,
    /// At the end of the cover, if it is so then.
    End,
}

/// A cover of 1.
#[derive(Clone, Debug, Serialize)]
pub struct Cover {
    /// Name of a question or an outcome class, or quantity and threshold.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// When it pays.
    pub pays: Pays,
    /// Its last round.
    pub until: u32,
    /// Probability that it pays.
    pub probability: f64,
    /// Break-even premium at the start, as a share of the sum insured.
    pub premium: f64,
    /// Break-even premium a round, as a share of the sum insured; nothing for a cover that is sure to
    /// have paid at once.
    pub running: Option<f64>,
    /// Probability that the quoted premium implies; above 1 where no probability is worth that much.
    pub implied: Option<f64>,
}

/// Interest: value now of 1 at the end of a round.
struct Discount {
    round: f64,
}

impl Discount {
    fn at(&self, round: usize) -> f64 {
        libm::pow(self.round, round as f64)
    }
}

/// Covers on the questions, on the outcome classes at the end of the window, and on the thresholds.
pub fn covers(game: &Game, found: &Forecast, prices: &Prices) -> Vec<Cover> {
    let years = prices.round_days / 365.25;
    let discount = Discount {
        round: libm::pow(1.0 + prices.settings.rate, -years),
    };
    let quoted = prices.settings.premium;
    let mut covers = Vec::new();
    for (question, series) in game.questions.iter().zip(&found.questions) {
        let until = question.by.min(game.horizon);
        let names = (question.name.clone(), question.title.clone());
        covers.push(first(names, &series.probability, until, &discount, quoted));
    }
    for series in &found.classes {
        let names = (series.name.clone(), series.label.clone());
        covers.push(last(
            names,
            &series.probability,
            game.window,
            &discount,
            quoted,
        ));
    }
    for quantity in &prices.quantities {
        for threshold in &quantity.thresholds {
            let label = format!("{} ≥ {}", quantity.name.replace('_', " "), threshold.at);
            let name = format!("{}>={}", quantity.name, threshold.at);
            // Where it may be reached already there is nothing to insure but that it lasts.
            if threshold.reached[0] == 0.0 {
                let names = (name.clone(), format!("{label}, ever"));
                covers.push(first(
                    names,
                    &threshold.reached,
                    game.horizon,
                    &discount,
                    quoted,
                ));
            }
            let names = (name, format!("{label}, at the end"));
            covers.push(last(
                names,
                &threshold.above,
                game.horizon,
                &discount,
                quoted,
            ));
        }
    }
    covers
}

/// A cover that pays when its event first happens; `by` is the probability that it has, by round.
fn first(
    (name, label): (String, String),
    by: &[f64],
    until: u32,
    discount: &Discount,
    quoted: Option<f64>,
) -> Cover {
    let until_round = until as usize;
    let by = &by[..=until_round.min(by.len() - 1)];
    let mut premium = by[0];
    let mut paid = 0.0;
    for (t, step) in by.windows(2).enumerate() {
        paid += (1.0 - step[0]) * discount.at(t);
        premium += (step[1] - step[0]) * discount.at(t + 1);
    }
    let probability = by[by.len() - 1];
    Cover {
        name,
        label,
        pays: Pays::First,
        until,
        probability,
        premium,
        running: (paid > 0.0).then(|| premium / paid),
        implied: quoted.map(|p| p / timing(probability, premium, discount.at(until_round))),
    }
}

/// A cover that pays at its end if it is so then.
fn last(
    (name, label): (String, String),
    at: &[f64],
    until: u32,
    discount: &Discount,
    quoted: Option<f64>,
) -> Cover {
    let until_round = until as usize;
    let probability = at.get(until_round).copied().unwrap_or(0.0);
    let premium = probability * discount.at(until_round);
    let paid: f64 = (0..until_round).map(|t| discount.at(t)).sum();
    Cover {
        name,
        label,
        pays: Pays::End,
        until,
        probability,
        premium,
        running: (paid > 0.0).then(|| premium / paid),
        implied: quoted.map(|p| p / discount.at(until_round)),
    }
}

/// Mean discount of the payout, given that there is one; that of the end where there never is one.
fn timing(probability: f64, premium: f64, end: f64) -> f64 {
    if probability > 0.0 {
        premium / probability
    } else {
        end
    }
}
