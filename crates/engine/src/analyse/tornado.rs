//! One assumption at a time moved to the ends of its declared range, everything else at its central
//! value; each rival structure alone.

use super::draws::{Structure, has_range};
use super::evaluate::{Reading, Readings, Unsolved};
use super::variation::{Change, Variation};
use climbdown_lang::Scenario;
use climbdown_lang::scenario::{Grade, Parameter, ParameterId};
use serde::Serialize;

/// One assumption moved.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bar {
    /// Name of the parameter, or "structure.alternative".
    pub name: String,
    /// What it is.
    pub text: String,
    /// Unit as written; empty for alternatives.
    pub unit: String,
    /// How good the number is; `None` when not said, and for alternatives.
    pub grade: Option<Grade>,
    /// Index of the parameter; `None` for alternatives.
    pub parameter: Option<ParameterId>,
    /// Low, central and high value in the written unit; `None` for alternatives.
    pub values: Option<[f64; 3]>,
    /// Headline at the low value, or under the alternative; `None` when not solved.
    pub at_low: Option<f64>,
    /// Headline at the high value, or under the alternative; `None` when not solved.
    pub at_high: Option<f64>,
    /// Largest less smallest of the headline at low, central and high.
    pub swing: f64,
    /// Variance that the headline would have were this parameter alone drawn and the headline linear
    /// on each side of the central value; `None` for alternatives and where an end was not solved.
    pub variance: Option<f64>,
}

/// The bars, longest first.
#[derive(Clone, Debug, Serialize)]
pub struct Tornado {
    /// Name of the measure.
    #[serde(skip)] // Whoever shows the bars says what they measure.
    pub measure: String,
    /// Its central value on the grid of these solves.
    pub central: f64,
    /// Parameters with a range.
    pub ranged: usize,
    /// One for each assumption moved.
    pub bars: Vec<Bar>,
    /// What was not solved.
    pub unsolved: Vec<Unsolved>,
}

/// The variations that a tornado needs: low and high of each of `parameters`, then each alternative.
pub fn moves(
    scenario: &Scenario,
    parameters: &[ParameterId],
    structures: &[Structure],
) -> Vec<Variation> {
    let mut list = Vec::with_capacity(2 * parameters.len());
    for id in parameters {
        let p = &scenario.parameters[id.0 as usize];
        for (value, end) in [(p.low, "low"), (p.high, "high")] {
            let changes = vec![Change::Parameter(*id, value)];
            list.push(Variation::new(format!("{} {end}", p.name), changes));
        }
    }
    for structure in structures {
        for alternative in &structure.alternatives {
            let name = format!("{}.{}", structure.name, alternative.variation.name);
            list.push(Variation::new(name, alternative.variation.changes.clone()));
        }
    }
    list
}

/// All parameters with a range.
pub fn ranged(scenario: &Scenario) -> Vec<ParameterId> {
    let ranged = scenario.parameters.iter().enumerate();
    ranged
        .filter(|(_, p)| has_range(p))
        .map(|(k, _)| ParameterId(k as u32))
        .collect()
}

/// Variance over the split triangular distribution of a function that is linear on each side of the
/// central value, where it differs by `low` and `high` at the ends. On either side the distance from
/// the centre is a share 1 − t of the way with t² uniform, so E(1 − t) = 1/3 and E(1 − t)² = 1/6.
pub fn split_variance(low: f64, high: f64) -> f64 {
    (low * low + high * high) / 12.0 - ((low + high) / 6.0).powi(2)
}

/// Reads a tornado: `readings` are those of [`moves`] with the same arguments.
pub fn read(
    scenario: &Scenario,
    parameters: &[ParameterId],
    structures: &[Structure],
    measure: (usize, &str),
    central: &Reading,
    readings: &Readings,
) -> Tornado {
    let (m, name) = measure;
    let centre = central.measures.get(m).copied().unwrap_or(f64::NAN);
    let at = |k: usize| -> Option<f64> {
        let reading = readings.get(k)?.as_ref().ok()?;
        reading.measures.get(m).copied()
    };
    let swing = |ends: [Option<f64>; 2]| {
        let values = || ends.iter().flatten().copied().chain([centre]);
        values().fold(f64::NEG_INFINITY, f64::max) - values().fold(f64::INFINITY, f64::min)
    };
    let mut bars: Vec<Bar> = parameters
        .iter()
        .enumerate()
        .map(|(k, id)| {
            let p: &Parameter = &scenario.parameters[id.0 as usize];
            let ends = [at(2 * k), at(2 * k + 1)];
            let variance = ends[0].zip(ends[1]);
            Bar {
                name: p.name.clone(),
                text: p.text.clone(),
                unit: p.unit.clone(),
                grade: p.grade,
                parameter: Some(*id),
                values: Some([p.low, p.central, p.high].map(|x| x * p.scale)),
                at_low: ends[0],
                at_high: ends[1],
                swing: swing(ends),
                variance: variance.map(|(l, h)| split_variance(l - centre, h - centre)),
            }
        })
        .collect();
    let mut k = 2 * parameters.len();
    for structure in structures {
        for alternative in &structure.alternatives {
            let value = at(k);
            k += 1;
            bars.push(Bar {
                name: format!("{}.{}", structure.name, alternative.variation.name),
                text: alternative.label.clone(),
                unit: String::new(),
                grade: None,
                parameter: None,
                values: None,
                at_low: value,
                at_high: value,
                swing: swing([value, value]),
                variance: None,
            });
        }
    }
    // Stable, so equal bars stay in the order of the file.
    bars.sort_by(|a, b| b.swing.total_cmp(&a.swing));
    Tornado {
        measure: name.to_owned(),
        central: centre,
        ranged: ranged(scenario).len(),
        bars,
        unsolved: readings.iter().filter_map(|r| r.clone().err()).collect(),
    }
}
