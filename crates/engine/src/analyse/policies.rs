//! Policies on the same futures: paired differences, who pays, which is best how often, regret.
//!
//! Policy and baseline are solved in the same futures and nothing is sampled, so a policy that changes
//! nothing differs by exactly zero. Values of different actors are never added: each actor is a
//! criterion of its own beside the headline probability, of which less is better.

use super::conditions::{self, Failing};
use super::draws::{Futures, Structure};
use super::evaluate::{Measure, Reading, Readings, Unsolved, headline};
use super::range::{Spread, quantile};
use super::variation::{Variation, number};
use crate::forecast;
use climbdown_lang::Scenario;
use climbdown_lang::scenario::Payment;
use serde::{Deserialize, Serialize};

/// A course of action to compare.
#[derive(Clone, Debug, Serialize)]
pub struct Policy {
    /// Name and changes; changes come after those of the future.
    pub variation: Variation,
    /// Text for people.
    pub label: String,
    /// Paid once, when it is decided on; costs carry a minus sign.
    pub payments: Vec<Payment>,
}

/// Name of the term under which a policy's single payments are accounted.
pub const PAID_ONCE: &str = "policy";

impl Policy {
    /// The policies that a scenario declares.
    pub fn declared(scenario: &Scenario) -> Vec<Self> {
        let policies = scenario.policies.iter();
        policies
            .map(|p| Self {
                variation: Variation::from(p),
                label: p.label.clone(),
                payments: p.payments.clone(),
            })
            .collect()
    }

    /// Adds what the policy costs once to a reading of `scenario` as varied. It is paid before the
    /// first round whatever happens then, so it changes nobody's play.
    pub fn charge(&self, scenario: &Scenario, reading: &mut Reading) {
        for payment in &self.payments {
            let actor = payment.actor.0 as usize;
            let amount = number(scenario, &payment.value).unwrap_or(f64::NAN);
            if let Some(value) = reading.values.get_mut(actor) {
                *value += amount;
            }
            let Some(actor) = scenario.actors.get(actor) else {
                continue;
            };
            let own = |t: &&mut forecast::Term| t.actor == actor.name && t.name == PAID_ONCE;
            if let Some(term) = reading.payoffs.iter_mut().find(own) {
                term.value += amount;
            } else {
                reading.payoffs.push(forecast::Term {
                    actor: actor.name.clone(),
                    name: PAID_ONCE.to_owned(),
                    value: amount,
                });
            }
        }
    }
}

/// Readings of one policy.
#[derive(Clone, Debug)]
pub struct Tried {
    /// Which.
    pub policy: Policy,
    /// Under the central assumptions, if solved.
    pub central: Result<Reading, Unsolved>,
    /// In each future.
    pub futures: Readings,
}

/// A quantity under a policy beside the baseline.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Paired {
    /// Change of the central value; `None` when one of both was not solved.
    pub central: Option<f64>,
    /// Change over the futures in which both were solved.
    pub change: Option<Spread>,
    /// Share of these futures in which it falls.
    pub lower: f64,
    /// Share in which it rises.
    pub higher: f64,
}

/// Change of a class or question.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct MeasureChange {
    /// Name of the measure.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// A first passage rather than a class.
    pub question: bool,
    /// Under the central assumptions.
    pub value: Option<f64>,
    /// Over the futures.
    pub range: Option<Spread>,
    /// Against the baseline.
    #[serde(flatten)]
    pub paired: Paired,
}

/// Change of an actor's payoff: gains are positive, costs negative.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct PayoffChange {
    /// Who gains or pays.
    pub actor: String,
    /// Named term; `None` for the sum of the actor's terms.
    pub term: Option<String>,
    /// Against the baseline.
    #[serde(flatten)]
    pub paired: Paired,
}

/// One policy against the baseline.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct PolicyRow {
    /// Name.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// Futures not solved under it.
    pub unsolved: Vec<Unsolved>,
    /// Futures solved both under it and under the baseline.
    pub pairs: usize,
    /// True when no measure and no payoff differs from the baseline anywhere.
    pub inert: bool,
    /// By class and question.
    pub measures: Vec<MeasureChange>,
    /// By actor, then by actor and term.
    pub payoffs: Vec<PayoffChange>,
}

/// What makes a policy the better one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Criterion {
    /// The lower this probability.
    Less {
        /// Name of the measure.
        measure: String,
    },
    /// The higher this probability.
    More {
        /// Name of the measure.
        measure: String,
    },
    /// The higher the expected payoff of this actor.
    Value {
        /// Whose.
        actor: String,
    },
}

/// One policy by one criterion.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Score {
    /// Policy.
    pub policy: String,
    /// Share of futures in which it is the best; ties are shared out equally.
    pub best: f64,
    /// Mean regret: what the best policy of each future does better.
    pub mean_regret: f64,
    /// 90th percentile of regret.
    pub regret_90: f64,
    /// Largest regret.
    pub largest_regret: f64,
}

/// Policies by one criterion, over the futures solved under all of them.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Ranking {
    /// By what.
    pub criterion: Criterion,
    /// Best under the central assumptions.
    pub central_best: Option<String>,
    /// Smallest largest regret.
    pub minimax: Option<String>,
    /// Smallest 90th percentile of regret.
    pub percentile: Option<String>,
    /// Each policy.
    pub scores: Vec<Score>,
}

/// How often the headline probability stays at or below a bound.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Satisficing {
    /// The bound.
    pub bound: f64,
    /// Policy → share of futures.
    pub shares: Vec<(String, f64)>,
}

/// The comparison.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Comparison {
    /// Futures drawn.
    pub drawn: usize,
    /// Futures solved under every policy: rankings and regrets are over these.
    pub complete: usize,
    /// Name of the headline measure.
    pub headline: Option<String>,
    /// The baseline first.
    pub policies: Vec<PolicyRow>,
    /// The headline first, then each actor's own value.
    pub rankings: Vec<Ranking>,
    /// By the headline.
    pub satisficing: Option<Satisficing>,
    /// Where each policy fails to be the best by the first ranking's criterion.
    pub failing: Vec<Failing>,
}

/// What to compare by.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// By which measure, and whether more of it is better; the headline, less of it, when `None`.
    pub measure: Option<(usize, bool)>,
    /// Bound for the satisficing share; the baseline's median when `None`.
    pub bound: Option<f64>,
}

/// Compares policies; the first one tried is the baseline. `None` without any.
pub fn compare(
    scenario: &Scenario,
    measures: &[Measure],
    futures: &Futures,
    structures: &[Structure],
    tried: &[Tried],
    question: &Question,
) -> Option<Comparison> {
    let baseline = tried.first()?;
    let drawn = baseline.futures.len();
    let complete: Vec<usize> = (0..drawn)
        .filter(|f| {
            tried
                .iter()
                .all(|t| matches!(t.futures.get(*f), Some(Ok(_))))
        })
        .collect();
    let actors: Vec<&str> = scenario.actors.iter().map(|a| a.name.as_str()).collect();
    let (head, more) = question
        .measure
        .or(headline(measures).map(|m| (m, false)))
        .unzip();
    let criteria = head
        .iter()
        .filter_map(|m| {
            let measure = measures.get(*m)?.name.clone();
            Some(if more == Some(true) {
                Criterion::More { measure }
            } else {
                Criterion::Less { measure }
            })
        })
        .map(|c| (c, head.unwrap_or(0)))
        .chain(actors.iter().enumerate().map(|(a, actor)| {
            let actor = (*actor).to_owned();
            (Criterion::Value { actor }, a)
        }));
    let score = |criterion: &Criterion, index: usize, reading: &Reading| -> f64 {
        let value = match criterion {
            Criterion::Value { .. } => reading.values.get(index),
            _ => reading.measures.get(index),
        };
        let value = value.copied().unwrap_or(f64::NAN);
        if matches!(criterion, Criterion::Less { .. }) {
            -value
        } else {
            value
        }
    };
    let mut failing = Vec::new();
    let mut rankings = Vec::new();
    for (criterion, index) in criteria {
        let of = |reading: &Reading| score(&criterion, index, reading);
        let table: Vec<Vec<f64>> = complete
            .iter()
            .map(|f| {
                tried
                    .iter()
                    .filter_map(|t| t.futures[*f].as_ref().ok().map(of))
                    .collect()
            })
            .collect();
        let central: Vec<Option<f64>> = tried
            .iter()
            .map(|t| t.central.as_ref().ok().map(of))
            .collect();
        if rankings.is_empty() && tried.len() > 1 {
            failing = tried
                .iter()
                .enumerate()
                .map(|(p, t)| {
                    let fails: Vec<bool> = table.iter().map(|row| !is_best(row, p)).collect();
                    let name = &t.policy.variation.name;
                    conditions::explain(name, scenario, futures, structures, &complete, &fails)
                })
                .collect();
        }
        rankings.push(rank(criterion, tried, &table, &central));
    }
    let satisficing = head.and_then(|m| satisficing(tried, &complete, m, question.bound));
    Some(Comparison {
        drawn,
        complete: complete.len(),
        headline: head.and_then(|m| Some(measures.get(m)?.name.clone())),
        policies: tried
            .iter()
            .map(|t| row(t, baseline, measures, &actors))
            .collect(),
        rankings,
        satisficing,
        failing,
    })
}

fn is_best(scores: &[f64], policy: usize) -> bool {
    scores.iter().all(|s| *s <= scores[policy])
}

fn rank(
    criterion: Criterion,
    tried: &[Tried],
    table: &[Vec<f64>],
    central: &[Option<f64>],
) -> Ranking {
    let name = |p: usize| tried[p].policy.variation.name.clone();
    let count = table.len() as f64;
    let scores: Vec<Score> = (0..tried.len())
        .map(|p| {
            let mut best = 0.0;
            let mut regrets = Vec::with_capacity(table.len());
            for row in table {
                let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                if row[p] == top {
                    best += 1.0 / row.iter().filter(|s| **s == top).count() as f64;
                }
                regrets.push(top - row[p]);
            }
            regrets.sort_by(f64::total_cmp);
            Score {
                policy: name(p),
                best: best / count,
                mean_regret: regrets.iter().sum::<f64>() / count,
                regret_90: quantile(&regrets, 0.9),
                largest_regret: regrets.last().copied().unwrap_or(f64::NAN),
            }
        })
        .collect();
    let least = |of: fn(&Score) -> f64| {
        let finite = scores.iter().filter(|s| of(s).is_finite());
        finite
            .min_by(|a, b| of(a).total_cmp(&of(b)))
            .map(|s| s.policy.clone())
    };
    let best = central
        .iter()
        .enumerate()
        .filter_map(|(p, s)| s.filter(|s| s.is_finite()).map(|s| (p, s)))
        // The first of equals, so that the baseline wins over a policy that changes nothing.
        .fold(None, |best: Option<(usize, f64)>, (p, s)| match best {
            Some((_, top)) if s <= top => best,
            _ => Some((p, s)),
        });
    Ranking {
        central_best: best.map(|(p, _)| name(p)),
        minimax: least(|s| s.largest_regret),
        percentile: least(|s| s.regret_90),
        criterion,
        scores,
    }
}

fn satisficing(
    tried: &[Tried],
    complete: &[usize],
    measure: usize,
    bound: Option<f64>,
) -> Option<Satisficing> {
    let values = |t: &Tried| -> Vec<f64> {
        let readings = complete.iter().filter_map(|f| t.futures[*f].as_ref().ok());
        readings
            .filter_map(|r| r.measures.get(measure).copied())
            .collect()
    };
    let bound = match bound {
        Some(bound) => bound,
        None => Spread::of(values(tried.first()?))?.median,
    };
    let shares = tried.iter().map(|t| {
        let values = values(t);
        let within = values.iter().filter(|v| **v <= bound).count();
        let share = within as f64 / values.len().max(1) as f64;
        (t.policy.variation.name.clone(), share)
    });
    Some(Satisficing {
        bound,
        shares: shares.collect(),
    })
}

fn row(tried: &Tried, baseline: &Tried, measures: &[Measure], actors: &[&str]) -> PolicyRow {
    let pairs: Vec<(&Reading, &Reading)> = tried
        .futures
        .iter()
        .zip(&baseline.futures)
        .filter_map(|(a, b)| Some((a.as_ref().ok()?, b.as_ref().ok()?)))
        .collect();
    let central = tried
        .central
        .as_ref()
        .ok()
        .zip(baseline.central.as_ref().ok());
    let paired = |of: &dyn Fn(&Reading) -> f64| -> Paired {
        let changes: Vec<f64> = pairs.iter().map(|(a, b)| of(a) - of(b)).collect();
        let share = |test: fn(&f64) -> bool| {
            changes.iter().filter(|c| test(c)).count() as f64 / changes.len().max(1) as f64
        };
        Paired {
            central: central.map(|(a, b)| of(a) - of(b)),
            lower: share(|c| *c < 0.0),
            higher: share(|c| *c > 0.0),
            change: Spread::of(changes),
        }
    };
    let at = |m: usize| move |r: &Reading| r.measures.get(m).copied().unwrap_or(f64::NAN);
    let measures: Vec<MeasureChange> = measures
        .iter()
        .enumerate()
        .map(|(m, measure)| MeasureChange {
            name: measure.name.clone(),
            label: measure.label.clone(),
            question: measure.question,
            value: tried.central.as_ref().ok().map(at(m)),
            range: Spread::of(tried.futures.iter().flatten().map(at(m))),
            paired: paired(&at(m)),
        })
        .collect();
    let mut payoffs = Vec::new();
    for (a, actor) in actors.iter().enumerate() {
        payoffs.push(PayoffChange {
            actor: (*actor).to_owned(),
            term: None,
            paired: paired(&|r: &Reading| r.values.get(a).copied().unwrap_or(f64::NAN)),
        });
        let first = pairs
            .first()
            .map(|(a, _)| *a)
            .or(tried.central.as_ref().ok());
        let first = first.map(|a| &a.payoffs);
        let terms = first.into_iter().flatten().filter(|t| t.actor == *actor);
        for term in terms {
            let own = |r: &Reading| {
                let same = |t: &&forecast::Term| t.actor == *actor && t.name == term.name;
                r.payoffs.iter().find(same).map_or(0.0, |t| t.value)
            };
            payoffs.push(PayoffChange {
                actor: (*actor).to_owned(),
                term: Some(term.name.clone()),
                paired: paired(&own),
            });
        }
    }
    let still = |p: &Paired| p.lower == 0.0 && p.higher == 0.0 && p.central.unwrap_or(0.0) == 0.0;
    PolicyRow {
        name: tried.policy.variation.name.clone(),
        label: tried.policy.label.clone(),
        unsolved: tried
            .futures
            .iter()
            .filter_map(|r| r.clone().err())
            .collect(),
        pairs: pairs.len(),
        inert: measures.iter().all(|m| still(&m.paired))
            && payoffs.iter().all(|p| still(&p.paired)),
        measures,
        payoffs,
    }
}
