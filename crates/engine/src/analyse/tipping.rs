//! Tipping values: the value of one parameter, all others central, at which the headline crosses a
//! given level or another policy becomes the best by it. Found between the central value and an end
//! of the range at which things are different, by solving anew ([`super::roots`]). Where it happens
//! more than once on the way, one of the places is found.

use super::evaluate::{self, Settings};
use super::policies::Policy;
use super::roots::{Crossing, crossing};
use super::tornado::Bar;
use super::variation::{Change, Variation};
use crate::solve::{Observer, SolveError};
use climbdown_lang::Scenario;
use climbdown_lang::scenario::ParameterId;
use serde::Serialize;

/// A value of a parameter at which something changes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tipping {
    /// The parameter.
    pub parameter: String,
    /// Its unit as written.
    pub unit: String,
    /// Its central value, in the written unit.
    pub central: f64,
    /// The value at which it changes, in the written unit.
    pub value: f64,
    /// What changes there.
    pub change: Changed,
    /// True when the change is a jump of play and no crossing.
    pub jump: bool,
    /// Solutions that the search took.
    pub evaluations: u32,
}

/// What changes at a tipping value, from the central side to the other.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Changed {
    /// The headline crosses a level.
    Level {
        /// The level.
        level: f64,
        /// Rising rather than falling.
        rising: bool,
    },
    /// Another policy becomes the best by the headline.
    Policy {
        /// The best on the central side.
        from: String,
        /// The best on the other side.
        to: String,
    },
}

/// A search for a tipping value: between the central value and one end of one parameter.
#[derive(Clone, Debug)]
pub struct Search {
    parameter: ParameterId,
    /// Towards the high end.
    up: bool,
    target: Target,
    at_central: f64,
    at_end: f64,
}

#[derive(Clone, Debug)]
enum Target {
    Level(f64),
    /// Index of the best policy at the centre and of the best at the end.
    Policy(usize, usize),
}

/// Searches for the level that the headline, at the centre `central`, crosses first on its way to each
/// end of each bar.
pub fn level_searches(bars: &[&Bar], central: f64, levels: &[f64]) -> Vec<Search> {
    let mut searches = Vec::new();
    for bar in bars {
        let Some(parameter) = bar.parameter else {
            continue;
        };
        for (end, up) in [(bar.at_low, false), (bar.at_high, true)] {
            let Some(end) = end else { continue };
            let between = |l: &&f64| (central - **l) * (end - **l) < 0.0;
            let first = levels.iter().filter(between).min_by(|a, b| {
                let far = |l: f64| (l - central).abs();
                far(**a).total_cmp(&far(**b))
            });
            searches.extend(first.map(|level| Search {
                parameter,
                up,
                target: Target::Level(*level),
                at_central: central - level,
                at_end: end - level,
            }));
        }
    }
    searches
}

/// Scores of the policies, in their order, the larger the better; by the headline, of which less is
/// better. `None` when one was not solved.
pub type Scores = Option<Vec<f64>>;

/// The policy with the highest score.
pub fn best(scores: &[f64]) -> Option<usize> {
    // The first of equals, so that a policy that changes nothing never takes over.
    (0..scores.len()).reduce(|b, k| if scores[k] > scores[b] { k } else { b })
}

/// Searches for the value at which another policy becomes best, where it is another one at an end.
/// `ends` gives for each parameter the scores at its low and its high value.
pub fn policy_searches(central: &Scores, ends: &[(ParameterId, [Scores; 2])]) -> Vec<Search> {
    let mut searches = Vec::new();
    let Some((from, at)) = central.as_ref().and_then(|s| Some((best(s)?, s))) else {
        return searches;
    };
    for (parameter, scores) in ends {
        for (scores, up) in scores.iter().zip([false, true]) {
            let Some(scores) = scores else { continue };
            let Some(to) = best(scores).filter(|to| *to != from) else {
                continue;
            };
            searches.push(Search {
                parameter: *parameter,
                up,
                target: Target::Policy(from, to),
                at_central: lead(at, from),
                at_end: lead(scores, from),
            });
        }
    }
    searches
}

/// By how much `policy` leads the best of the others; negative when it trails.
fn lead(scores: &[f64], policy: usize) -> f64 {
    let others = scores.iter().enumerate().filter(|(k, _)| *k != policy);
    let top = others.map(|(_, s)| *s).fold(f64::NEG_INFINITY, f64::max);
    scores[policy] - top
}

/// What searches need to solve.
pub struct Laboratory<'a> {
    /// The scenario.
    pub base: &'a Scenario,
    /// Solver and forecast.
    pub settings: &'a Settings,
    /// Index of the headline.
    pub measure: usize,
    /// The baseline first.
    pub policies: &'a [Policy],
}

impl Laboratory<'_> {
    fn headline(&self, variation: &Variation, observer: &dyn Observer) -> Result<f64, SolveError> {
        let reading = evaluate::evaluate(self.base, variation, self.settings, observer)?;
        let value = reading
            .ok()
            .and_then(|r| r.measures.get(self.measure).copied());
        Ok(value.unwrap_or(f64::NAN))
    }

    /// Finds one tipping value within `tolerance`, a share of the way from the centre to the end.
    /// `None` when a point on the way cannot be solved.
    ///
    /// # Errors
    /// [`SolveError::Cancelled`].
    pub fn find(
        &self,
        search: &Search,
        tolerance: f64,
        observer: &dyn Observer,
    ) -> Result<Option<Tipping>, SolveError> {
        let p = &self.base.parameters[search.parameter.0 as usize];
        let end = if search.up { p.high } else { p.low };
        let at = |x: f64| Change::Parameter(search.parameter, x);
        // The policy that takes over at the crossing itself, which can be another one than at the end.
        let mut rival = None;
        let f = |x: f64| -> Result<f64, SolveError> {
            match search.target {
                Target::Level(level) => {
                    let moved = Variation::new(p.name.clone(), vec![at(x)]);
                    Ok(self.headline(&moved, observer)? - level)
                }
                Target::Policy(from, _) => {
                    let mut scores = Vec::with_capacity(self.policies.len());
                    for policy in self.policies {
                        let moved = Variation::new(p.name.clone(), vec![at(x)]);
                        scores.push(-self.headline(&moved.then(&policy.variation), observer)?);
                    }
                    if scores.iter().any(|s| s.is_nan()) {
                        return Ok(f64::NAN);
                    }
                    let lead = lead(&scores, from);
                    if lead < 0.0 {
                        rival = best(&scores);
                    }
                    Ok(lead)
                }
            }
        };
        let ends = ((p.central, search.at_central), (end, search.at_end));
        let within = tolerance * (end - p.central).abs();
        let Some(found) = crossing(f, ends.0, ends.1, within)? else {
            return Ok(None);
        };
        let Crossing {
            at,
            value,
            evaluations,
        } = found;
        let name = |k: usize| {
            self.policies
                .get(k)
                .map_or_else(String::new, |p| p.variation.name.clone())
        };
        let change = match search.target {
            Target::Level(level) => Changed::Level {
                level,
                rising: search.at_end > 0.0,
            },
            Target::Policy(from, to) => Changed::Policy {
                from: name(from),
                to: name(rival.unwrap_or(to)),
            },
        };
        // Across a smooth crossing the value at the end of the search is as small as the bracket.
        let total = (search.at_end - search.at_central).abs();
        Ok(Some(Tipping {
            parameter: p.name.clone(),
            unit: p.unit.clone(),
            central: p.central * p.scale,
            value: at * p.scale,
            change,
            jump: value.abs() > total * (100.0 * tolerance).min(0.2) + 1e-9,
            evaluations,
        }))
    }
}
