//! Futures: points of a low-discrepancy sequence read as parameter values and a structure.
//!
//! *Points.* Sobol's sequence with Owen scrambling (Burley 2020, Practical Hash-based Owen
//! Scrambling, JCGT 9(4); direction numbers of Joe & Kuo 2008), keyed by the seed of the study. Any
//! 2^k consecutive points from the first fill every one of 2^k equal slices of every coordinate once.
//! Coordinates beyond the 256 of the table take the sequence again under another scrambling.
//!
//! *Distribution.* `low .. central .. high` is read as a split triangular distribution: half of the
//! probability on each side of the central value, which is the median; on each side the density rises
//! linearly from 0 at the end of the range to the central value. A symmetric range gives the triangular
//! distribution. Draws of different parameters are independent.

use super::variation::{Change, Variation};
use climbdown_lang::Scenario;
use climbdown_lang::scenario::{Parameter, ParameterId};
use serde::Serialize;

/// One of several rival assumptions, with its weight.
#[derive(Clone, Debug, Serialize)]
pub struct Alternative {
    /// Name and changes.
    pub variation: Variation,
    /// Text for people.
    pub label: String,
    /// Weight; weights of a structure sum to one.
    pub weight: f64,
}

/// Rival assumptions about one thing.
#[derive(Clone, Debug, Serialize)]
pub struct Structure {
    /// Name.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// The rivals.
    pub alternatives: Vec<Alternative>,
}

impl Structure {
    /// The structures that a scenario declares.
    pub fn declared(scenario: &Scenario) -> Vec<Self> {
        let structures = scenario.structures.iter();
        structures
            .map(|s| Self {
                name: s.name.clone(),
                label: s.label.clone(),
                alternatives: s
                    .alternatives
                    .iter()
                    .map(|a| Alternative {
                        variation: Variation::from(a),
                        label: a.label.clone(),
                        weight: a.weight,
                    })
                    .collect(),
            })
            .collect()
    }
}

/// One future: what the numbers and the structure turn out to be.
#[derive(Clone, Debug, Serialize)]
pub struct Future {
    /// The changes that make it, parameters first, so that a structure has the last word.
    pub variation: Variation,
    /// Alternative drawn of each structure.
    pub alternatives: Vec<usize>,
    /// Position of each drawn parameter in its distribution, in (0, 1).
    pub position: Vec<f64>,
}

/// The futures of a study.
#[derive(Clone, Debug, Serialize)]
pub struct Futures {
    /// Seed of the scrambling.
    pub seed: u32,
    /// Parameters with a range, which are drawn.
    pub drawn: Vec<ParameterId>,
    /// The futures.
    pub list: Vec<Future>,
}

/// Quantile `u` in [0, 1] of the split triangular distribution over the parameter's range, in the
/// parameter's canonical unit.
pub fn quantile(parameter: &Parameter, u: f64) -> f64 {
    let (low, central, high) = (parameter.low, parameter.central, parameter.high);
    let u = u.clamp(0.0, 1.0);
    if u <= 0.5 {
        low + (central - low) * (2.0 * u).sqrt()
    } else {
        high - (high - central) * (2.0 * (1.0 - u)).sqrt()
    }
}

/// Does the parameter have a range to draw from?
pub fn has_range(parameter: &Parameter) -> bool {
    parameter.low < parameter.high
}

/// Coordinate `dimension` of point `index`, in (0, 1).
pub fn coordinate(index: u32, dimension: usize, seed: u32) -> f64 {
    let table = sobol_burley::NUM_DIMENSIONS as usize;
    let block = (dimension / table) as u32;
    // Another block of coordinates is the same net under an independent scrambling.
    let key = seed ^ block.wrapping_mul(0x9E37_79B9);
    let u = sobol_burley::sample(index, (dimension % table) as u32, key);
    // Multiples of 2^-24; the middle of the cell keeps both ends out.
    f64::from(u) + 0.5 / f64::from(1u32 << 24)
}

/// Draws `count` futures. The weights of a structure are taken as shares of their sum.
pub fn draw(scenario: &Scenario, structures: &[Structure], count: u32, seed: u32) -> Futures {
    let drawn: Vec<ParameterId> = (0..scenario.parameters.len())
        .filter(|k| has_range(&scenario.parameters[*k]))
        .map(|k| ParameterId(k as u32))
        .collect();
    let list = (0..count)
        .map(|index| draw_one(scenario, structures, &drawn, index, seed))
        .collect();
    Futures { seed, drawn, list }
}

/// Future number `index` of this seed.
pub fn draw_one(
    scenario: &Scenario,
    structures: &[Structure],
    drawn: &[ParameterId],
    index: u32,
    seed: u32,
) -> Future {
    // Structures have the first coordinates, so that adding a parameter does not redraw them.
    let alternatives = structures
        .iter()
        .enumerate()
        .map(|(s, structure)| choose(&structure.alternatives, coordinate(index, s, seed)))
        .collect();
    let position = (0..drawn.len())
        .map(|k| coordinate(index, k + structures.len(), seed))
        .collect();
    let name = format!("future {}", index + 1);
    future(scenario, structures, drawn, name, alternatives, position)
}

/// The future with these alternatives, at these positions.
pub fn future(
    scenario: &Scenario,
    structures: &[Structure],
    drawn: &[ParameterId],
    name: String,
    alternatives: Vec<usize>,
    position: Vec<f64>,
) -> Future {
    let values = drawn.iter().zip(&position).map(|(id, u)| {
        let parameter = &scenario.parameters[id.0 as usize];
        Change::Parameter(*id, quantile(parameter, *u))
    });
    let mut changes: Vec<Change> = values.collect();
    for (structure, a) in structures.iter().zip(&alternatives) {
        let alternative = structure.alternatives.get(*a);
        changes.extend(alternative.iter().flat_map(|a| &a.variation.changes));
    }
    Future {
        variation: Variation::new(name, changes),
        alternatives,
        position,
    }
}

/// The alternative in whose share of [0, 1) the number `u` falls.
pub fn choose(alternatives: &[Alternative], u: f64) -> usize {
    let total: f64 = alternatives.iter().map(|s| s.weight).sum();
    let mut sum = 0.0;
    for (k, alternative) in alternatives.iter().enumerate() {
        sum += alternative.weight / total;
        if u < sum {
            return k;
        }
    }
    alternatives.len().saturating_sub(1)
}
