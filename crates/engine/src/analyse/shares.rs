//! Whose doubt is it: shares of the variance of the headline over futures.
//!
//! *Closed index of a group.* With f(A) the headline in a future and f(A_G, B) that in a future which
//! shares the group G's coordinates with it and has all others from a second, independent draw, the
//! share of variance that knowing G alone would remove on average is
//!
//! ```text
//! S_G = Cov(f(A), f(A_G, B)) / Var f
//! ```
//!
//! estimated by pick-freeze with both samples in mean and variance (Janon, Klein, Lagnoux, Nodet and
//! Prieur 2014, ESAIM: Probability and Statistics 18). 1 − S of all other inputs is the *total index*:
//! what is left when everything else is known. Standard errors are by jackknife over futures.
//!
//! *First-order index of an input.* The adjusted R² of a regression of the headline on functions of
//! this input alone, over the futures at hand: for a parameter its signed distance from the central
//! value, as a share of the way to the end, and the square of it; for a structure its alternatives.
//! It is the share of variance of E(f | input) as far as that is quadratic; what bends more often is
//! counted too low.
//!
//! *Screening.* Which few parameters move the headline most, from the futures at hand: forward
//! selection in a linear regression on the parameters' positions in their ranges.

use super::draws::{Future, Futures, Structure, draw_one, future};
use super::variation::Variation;
use climbdown_lang::Scenario;
use climbdown_lang::scenario::{Grade, ParameterId};
use serde::Serialize;

/// A group of inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Parameters of this grade.
    Grade(Grade),
    /// Parameters whose grade is not said.
    Ungraded,
    /// Structures.
    Structures,
    /// One parameter.
    Parameter(ParameterId),
}

/// Share of a group in the variance of the headline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Share {
    /// Which inputs.
    pub group: Group,
    /// Inputs in the group that have a range.
    pub inputs: usize,
    /// Closed index: removed on average by knowing the group alone.
    pub alone: Option<Index>,
    /// Total index: left on average when all others are known.
    pub total: Option<Index>,
}

/// An estimated index.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Index {
    /// The estimate; can lie outside [0, 1] by its error.
    pub share: f64,
    /// Its standard error.
    pub error: f64,
    /// Pairs of futures that it is made from.
    pub pairs: usize,
}

/// Is this input in the group?
fn member(scenario: &Scenario, group: Group, id: ParameterId) -> bool {
    match group {
        Group::Grade(grade) => scenario.parameters[id.0 as usize].grade == Some(grade),
        Group::Ungraded => scenario.parameters[id.0 as usize].grade.is_none(),
        Group::Structures => false,
        Group::Parameter(own) => own == id,
    }
}

/// Number of inputs in the group that can turn out differently.
pub fn inputs(
    scenario: &Scenario,
    futures: &Futures,
    structures: &[Structure],
    group: Group,
) -> usize {
    if group == Group::Structures {
        return structures.len();
    }
    let drawn = futures.drawn.iter();
    drawn.filter(|id| member(scenario, group, **id)).count()
}

/// Seed of the second draw.
const SECOND: u32 = 0x2545_F491;

/// For each future one that shares the group's inputs with it, or all but these (`outside`), and has
/// the others from a second draw.
pub fn partners(
    scenario: &Scenario,
    futures: &Futures,
    structures: &[Structure],
    group: Group,
    outside: bool,
) -> Vec<Variation> {
    let seed = futures.seed ^ SECOND;
    let of = |(index, first): (usize, &Future)| {
        let index = index as u32;
        // A whole second future, so that both draws fill their slices alike.
        let second = draw_one(scenario, structures, &futures.drawn, index, seed);
        let keep = |is_member: bool| is_member != outside;
        let position = futures.drawn.iter().enumerate().map(|(k, id)| {
            if keep(member(scenario, group, *id)) {
                first.position[k]
            } else {
                second.position[k]
            }
        });
        let alternatives = if keep(group == Group::Structures) {
            first.alternatives.clone()
        } else {
            second.alternatives
        };
        let name = format!("partner of future {}", index + 1);
        let position = position.collect();
        future(
            scenario,
            structures,
            &futures.drawn,
            name,
            alternatives,
            position,
        )
        .variation
    };
    futures.list.iter().enumerate().map(of).collect()
}

/// The closed index from pairs of headline values; `None` with fewer than 4 pairs or no variance.
pub fn closed_index(pairs: &[(f64, f64)]) -> Option<Index> {
    let n = pairs.len();
    if n < 4 {
        return None;
    }
    let sums = |skip: Option<usize>| {
        let mut s = [0.0; 4];
        for (k, (a, b)) in pairs.iter().enumerate() {
            if Some(k) != skip {
                s[0] += 1.0;
                s[1] += (a + b) / 2.0;
                s[2] += a * b;
                s[3] += (a * a + b * b) / 2.0;
            }
        }
        s
    };
    let index = |[n, mean, cross, square]: [f64; 4]| {
        let mean = mean / n;
        let variance = square / n - mean * mean;
        (cross / n - mean * mean, variance)
    };
    let (covariance, variance) = index(sums(None));
    if !(variance > 1e-24) {
        return None;
    }
    let share = covariance / variance;
    let left_out: Vec<f64> = (0..n)
        .map(|k| {
            let (c, v) = index(sums(Some(k)));
            c / v
        })
        .collect();
    Some(Index {
        share,
        error: jackknife(&left_out),
        pairs: n,
    })
}

/// 1 − the closed index of the complement.
pub fn total_index(complement: &[(f64, f64)]) -> Option<Index> {
    closed_index(complement).map(|index| Index {
        share: 1.0 - index.share,
        ..index
    })
}

/// The share of the variance of `values` (`None` where not solved) that a least-squares regression on
/// the columns explains, corrected for what as many columns of noise would: adjusted R². `None` with
/// fewer futures than columns and four more, or without variance.
fn adjusted(columns: &[Vec<f64>], values: &[Option<f64>]) -> Option<Index> {
    let solved: Vec<usize> = (0..values.len()).filter(|f| values[*f].is_some()).collect();
    let n = solved.len();
    if n < columns.len() + 4 {
        return None;
    }
    let fit = |skip: Option<usize>| -> Option<f64> {
        let rows: Vec<usize> = solved
            .iter()
            .copied()
            .filter(|f| Some(*f) != skip)
            .collect();
        let n = rows.len() as f64;
        let centred = |column: Vec<f64>| {
            let mean = column.iter().sum::<f64>() / n;
            column.into_iter().map(|x| x - mean).collect::<Vec<f64>>()
        };
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        let mut rest = centred(rows.iter().filter_map(|f| values[*f]).collect());
        let total = dot(&rest, &rest);
        if !(total > 1e-24) {
            return None;
        }
        let mut basis: Vec<Vec<f64>> = Vec::new();
        for column in columns {
            let mut own = centred(rows.iter().map(|f| column[*f]).collect());
            for b in &basis {
                let share = dot(&own, b);
                own.iter_mut().zip(b).for_each(|(x, y)| *x -= share * y);
            }
            let norm = dot(&own, &own).sqrt();
            // A column that says nothing new takes no degree of freedom.
            if norm > 1e-9 {
                own.iter_mut().for_each(|x| *x /= norm);
                let share = dot(&rest, &own);
                rest.iter_mut().zip(&own).for_each(|(x, y)| *x -= share * y);
                basis.push(own);
            }
        }
        let left = dot(&rest, &rest) / total;
        Some(1.0 - left * (n - 1.0) / (n - 1.0 - basis.len() as f64))
    };
    let share = fit(None)?;
    let left_out: Option<Vec<f64>> = solved.iter().map(|f| fit(Some(*f))).collect();
    Some(Index {
        share,
        error: jackknife(&left_out?),
        pairs: n,
    })
}

/// First-order index of a drawn parameter.
pub fn of_parameter(futures: &Futures, id: ParameterId, values: &[Option<f64>]) -> Option<Index> {
    let k = futures.drawn.iter().position(|d| *d == id)?;
    let way: Vec<f64> = futures.list.iter().map(|f| way(f.position[k])).collect();
    let square = way.iter().map(|x| x * x).collect();
    adjusted(&[way, square], values)
}

/// First-order index of structure number `s`, which has so many alternatives.
pub fn of_structure(
    futures: &Futures,
    s: usize,
    alternatives: usize,
    values: &[Option<f64>],
) -> Option<Index> {
    let is = |a: usize| {
        let list = futures.list.iter();
        list.map(|f| f64::from(u8::from(f.alternatives.get(s) == Some(&a))))
            .collect()
    };
    let columns: Vec<Vec<f64>> = (1..alternatives).map(is).collect();
    adjusted(&columns, values)
}

/// Signed distance from the central value as a share of the way to the end of the range, which is
/// linear in the value on each side, from the position in the distribution.
fn way(u: f64) -> f64 {
    if u < 0.5 {
        (2.0 * u).sqrt() - 1.0
    } else {
        1.0 - (2.0 * (1.0 - u)).sqrt()
    }
}

/// Standard error from the estimates with one observation left out in turn.
fn jackknife(left_out: &[f64]) -> f64 {
    let n = left_out.len() as f64;
    let mean = left_out.iter().sum::<f64>() / n;
    let spread: f64 = left_out.iter().map(|s| (s - mean).powi(2)).sum();
    (spread * (n - 1.0) / n).sqrt()
}

/// The parameters that move the headline most, at most `count`, most telling first: forward selection
/// in a linear regression of `values` (one a future, `None` where not solved).
pub fn screen(futures: &Futures, values: &[Option<f64>], count: usize) -> Vec<ParameterId> {
    let solved: Vec<usize> = (0..values.len()).filter(|f| values[*f].is_some()).collect();
    let n = solved.len();
    if n < 3 {
        return Vec::new();
    }
    let centred = |column: Vec<f64>| {
        let mean = column.iter().sum::<f64>() / n as f64;
        column.into_iter().map(|x| x - mean).collect::<Vec<f64>>()
    };
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let mut columns: Vec<Vec<f64>> = (0..futures.drawn.len())
        .map(|k| {
            let column = solved.iter().map(|f| way(futures.list[*f].position[k]));
            centred(column.collect())
        })
        .collect();
    let mut rest = centred(solved.iter().filter_map(|f| values[*f]).collect());
    let mut chosen = Vec::new();
    // With as many regressors as futures everything is explained and nothing is told.
    while chosen.len() < count.min(n / 3) {
        let score = |k: usize| {
            let norm = dot(&columns[k], &columns[k]);
            if norm > 1e-9 {
                dot(&columns[k], &rest).powi(2) / norm
            } else {
                0.0
            }
        };
        let open = (0..columns.len()).filter(|k| !chosen.contains(k));
        let Some(best) = open.max_by(|a, b| score(*a).total_cmp(&score(*b)).then(b.cmp(a))) else {
            break;
        };
        if !(score(best) > 1e-24) {
            break;
        }
        chosen.push(best);
        // Take the chosen direction out of what is left and out of all other columns.
        let direction = columns[best].clone();
        let norm = dot(&direction, &direction);
        let reduce = |column: &mut Vec<f64>| {
            let share = dot(column, &direction) / norm;
            for (x, d) in column.iter_mut().zip(&direction) {
                *x -= share * d;
            }
        };
        reduce(&mut rest);
        columns.iter_mut().for_each(reduce);
    }
    chosen.into_iter().map(|k| futures.drawn[k]).collect()
}
