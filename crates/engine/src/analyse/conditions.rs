//! In words, where a policy fails: the one or two conditions on the drawn assumptions that best tell
//! the futures in which it is not the best from the others.
//!
//! A condition is a parameter above or below a value, or a structure. The one with the largest Matthews
//! correlation with failure is taken; a second one, holding at the same time, is added when it raises
//! the correlation by at least [`WORTH`]. With many parameters and few futures some condition always
//! looks good, so the search is repeated on shuffled failures: `chance` is the share of shuffles with
//! as good a first condition, and where it is large nothing is claimed.

use super::draws::{self, Futures, Structure};
use crate::simulate::philox::philox;
use climbdown_lang::Scenario;
use serde::{Deserialize, Serialize};

/// Gain in correlation for which a second condition is told.
const WORTH: f64 = 0.1;
/// Shuffles.
const SHUFFLES: u32 = 400;
/// Largest share of shuffles that do as well, for a condition to be told.
const LEVEL: f64 = 0.05;
/// Turns in the search for two conditions.
const MAX_TURNS: usize = 16;
/// Fewest futures on either side of a condition.
const FEWEST: usize = 3;

/// One condition.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Condition {
    /// The parameter is above a value, in its written unit.
    Above {
        /// Name.
        parameter: String,
        /// The value.
        value: f64,
        /// Unit as written.
        unit: String,
    },
    /// The parameter is below a value, in its written unit.
    Below {
        /// Name.
        parameter: String,
        /// The value.
        value: f64,
        /// Unit as written.
        unit: String,
    },
    /// This alternative of a structure holds.
    Structure {
        /// Name of the structure.
        structure: String,
        /// Name of the alternative.
        alternative: String,
    },
}

/// Where a policy fails.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Failing {
    /// The policy.
    pub policy: String,
    /// Share of futures in which it is not the best.
    pub share: f64,
    /// The conditions, all of which hold; empty where none is told.
    pub conditions: Vec<Condition>,
    /// Share of its failures in which the conditions hold.
    pub coverage: f64,
    /// Share of failures among the futures in which the conditions hold.
    pub density: f64,
    /// Share of failures among the other futures.
    pub elsewhere: f64,
    /// Share of shuffled futures in which the best single condition does as well.
    pub chance: f64,
}

/// A condition before it has words.
#[derive(Clone, Copy, Debug)]
enum Cut {
    /// Feature, threshold in position, above it.
    Position(usize, f64, bool),
    /// Structure and alternative.
    Structure(usize, usize),
}

/// Looks for the conditions. `complete` are the futures that `fails` is about.
pub fn explain(
    policy: &str,
    scenario: &Scenario,
    futures: &Futures,
    structures: &[Structure],
    complete: &[usize],
    fails: &[bool],
) -> Failing {
    let total = fails.len();
    let failures = fails.iter().filter(|f| **f).count();
    let mut found = Failing {
        policy: policy.to_owned(),
        share: failures as f64 / total.max(1) as f64,
        conditions: Vec::new(),
        coverage: 0.0,
        density: 0.0,
        elsewhere: 0.0,
        chance: 1.0,
    };
    if failures == 0 || failures == total || total < 4 * FEWEST {
        return found;
    }
    let table = Table::of(futures, structures, complete);
    let all = vec![true; total];
    let Some((cut, correlation)) = table.best(fails, &all) else {
        return found;
    };
    found.chance = table.chance(fails, correlation);
    if found.chance > LEVEL {
        return found;
    }
    let mut cuts = vec![cut];
    if let Some(pair) = table.pair(fails, cut)
        && pair.1 >= correlation + WORTH
    {
        cuts = pair.0.to_vec();
    }
    let holds: Vec<bool> = cuts
        .iter()
        .map(|cut| table.holds(*cut))
        .reduce(|a, b| a.iter().zip(&b).map(|(a, b)| *a && *b).collect())
        .unwrap_or_default();
    let count = |test: &dyn Fn(usize) -> bool| (0..total).filter(|k| test(*k)).count() as f64;
    let hits = count(&|k| fails[k] && holds[k]);
    let inside = count(&|k| holds[k]);
    found.coverage = hits / failures as f64;
    found.density = hits / inside.max(1.0);
    found.elsewhere = (failures as f64 - hits) / (total as f64 - inside).max(1.0);
    let words = |cut: &Cut| match *cut {
        Cut::Structure(s, a) => Condition::Structure {
            structure: structures[s].name.clone(),
            alternative: structures[s].alternatives[a].variation.name.clone(),
        },
        Cut::Position(k, threshold, above) => {
            let p = &scenario.parameters[futures.drawn[k].0 as usize];
            let (parameter, unit) = (p.name.clone(), p.unit.clone());
            let value = draws::quantile(p, threshold) * p.scale;
            if above {
                Condition::Above {
                    parameter,
                    value,
                    unit,
                }
            } else {
                Condition::Below {
                    parameter,
                    value,
                    unit,
                }
            }
        }
    };
    found.conditions = cuts.iter().map(words).collect();
    found
}

/// The futures by what they differ in.
struct Table {
    /// Feature → future → position.
    positions: Vec<Vec<f64>>,
    /// Feature → futures by rising position.
    order: Vec<Vec<usize>>,
    /// Future → alternative of each structure.
    alternatives: Vec<Vec<usize>>,
    /// Every structure with every alternative.
    rivals: Vec<(usize, usize)>,
}

impl Table {
    fn of(futures: &Futures, structures: &[Structure], complete: &[usize]) -> Self {
        let features = futures.drawn.len();
        let positions: Vec<Vec<f64>> = (0..features)
            .map(|k| {
                complete
                    .iter()
                    .map(|f| futures.list[*f].position[k])
                    .collect()
            })
            .collect();
        let order = positions
            .iter()
            .map(|column: &Vec<f64>| {
                let mut order: Vec<usize> = (0..column.len()).collect();
                order.sort_by(|a, b| column[*a].total_cmp(&column[*b]));
                order
            })
            .collect();
        Self {
            positions,
            order,
            alternatives: complete
                .iter()
                .map(|f| futures.list[*f].alternatives.clone())
                .collect(),
            rivals: structures
                .iter()
                .enumerate()
                .flat_map(|(s, structure)| (0..structure.alternatives.len()).map(move |a| (s, a)))
                .collect(),
        }
    }

    fn holds(&self, cut: Cut) -> Vec<bool> {
        (0..self.alternatives.len())
            .map(|f| match cut {
                Cut::Position(k, t, above) => (self.positions[k][f] > t) == above,
                Cut::Structure(s, a) => self.alternatives[f].get(s) == Some(&a),
            })
            .collect()
    }

    /// The cut which, holding together with `given`, correlates best with `fails`. At least
    /// [`FEWEST`] futures lie inside and outside of it.
    fn best(&self, fails: &[bool], given: &[bool]) -> Option<(Cut, f64)> {
        let total = fails.len() as f64;
        let failures = fails.iter().filter(|f| **f).count() as f64;
        let mut best: Option<(Cut, f64)> = None;
        let mut consider = |cut: Cut, inside: usize, hits: usize| {
            if inside < FEWEST || fails.len() - inside < FEWEST {
                return;
            }
            let (inside, hits) = (inside as f64, hits as f64);
            let scale = inside * (total - inside) * failures * (total - failures);
            let phi = (hits * total - inside * failures) / scale.sqrt();
            if best.is_none_or(|(_, b)| phi > b) {
                best = Some((cut, phi));
            }
        };
        let within = given.iter().filter(|g| **g).count();
        let hits = (0..fails.len()).filter(|k| given[*k] && fails[*k]).count();
        for (k, order) in self.order.iter().enumerate() {
            let (mut below, mut below_hits) = (0, 0);
            let inside: Vec<usize> = order.iter().copied().filter(|f| given[*f]).collect();
            for pair in inside.windows(2) {
                below += 1;
                below_hits += usize::from(fails[pair[0]]);
                let threshold = (self.positions[k][pair[0]] + self.positions[k][pair[1]]) / 2.0;
                consider(Cut::Position(k, threshold, false), below, below_hits);
                consider(
                    Cut::Position(k, threshold, true),
                    within - below,
                    hits - below_hits,
                );
            }
        }
        for (s, a) in self.rivals.iter().copied() {
            let members =
                (0..fails.len()).filter(|f| given[*f] && self.alternatives[*f].get(s) == Some(&a));
            let (mut count, mut hits) = (0, 0);
            for f in members {
                count += 1;
                hits += usize::from(fails[f]);
            }
            consider(Cut::Structure(s, a), count, hits);
        }
        best
    }

    /// Two cuts that hold together: the best partner of `first`, then each in turn the best partner
    /// of the other until neither moves.
    fn pair(&self, fails: &[bool], first: Cut) -> Option<([Cut; 2], f64)> {
        let mut cuts = [first, first];
        let mut reached = f64::NEG_INFINITY;
        for turn in 0..MAX_TURNS {
            let (partner, moved) = (turn % 2, (turn + 1) % 2);
            let (cut, correlation) = self.best(fails, &self.holds(cuts[partner]))?;
            if correlation <= reached {
                break;
            }
            (cuts[moved], reached) = (cut, correlation);
        }
        Some((cuts, reached))
    }

    /// Share of shuffles of `fails` whose best cut correlates at least as well.
    fn chance(&self, fails: &[bool], correlation: f64) -> f64 {
        let all = vec![true; fails.len()];
        let mut as_good = 0;
        for shuffle in 0..SHUFFLES {
            let mut shuffled = fails.to_vec();
            for k in (1..shuffled.len()).rev() {
                let [word, ..] = philox([k as u32, shuffle, 0, 0], [0x5eed, 0]);
                // Fisher and Yates; the bias of a 32-bit word on so few places is below 1e-6.
                let other = (u64::from(word) * (k as u64 + 1)) >> 32;
                shuffled.swap(k, other as usize);
            }
            let best = self.best(&shuffled, &all).map_or(0.0, |(_, c)| c);
            as_good += u32::from(best >= correlation - 1e-12);
        }
        f64::from(as_good + 1) / f64::from(SHUFFLES + 1)
    }
}
