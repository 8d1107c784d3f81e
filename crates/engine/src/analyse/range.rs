//! The range over stated assumptions: the 10th to the 90th percentile of each probability over the
//! futures. It says how far the answer follows from the ranges and structures that the scenario
//! declares. It is not a confidence interval: nobody drew the crisis from these distributions.
//! Numerical error stands apart, as the distance between the coarse grid of the futures and the fine
//! one of the central solution.

use super::evaluate::{Measure, Reading, Readings, Unsolved};
use serde::{Deserialize, Serialize};

/// The definition, in one line.
pub const DEFINITION: &str = "10th to 90th percentile over futures drawn from the declared ranges and \
                              weighted structures: a range over stated assumptions";

/// Quantiles of one quantity over futures.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct Spread {
    /// Smallest.
    pub least: f64,
    /// 10th percentile.
    pub low: f64,
    /// Median.
    pub median: f64,
    /// 90th percentile.
    pub high: f64,
    /// Largest.
    pub most: f64,
    /// Mean.
    pub mean: f64,
}

/// Quantile `q` of sorted numbers, linear between order statistics (Hyndman & Fan 1996, type 7).
/// NaN of nothing.
pub fn quantile(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let place = q.clamp(0.0, 1.0) * last as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}

impl Spread {
    /// The spread of some numbers; `None` of none.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let (least, most) = (*sorted.first()?, *sorted.last()?);
        Some(Self {
            least,
            low: quantile(&sorted, 0.1),
            median: quantile(&sorted, 0.5),
            high: quantile(&sorted, 0.9),
            most,
            mean: sorted.iter().sum::<f64>() / sorted.len() as f64,
        })
    }
}

/// The range of one class or question.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MeasureRange {
    /// What is read.
    #[serde(flatten)]
    pub measure: Measure,
    /// Probability under the central assumptions, on the fine grid.
    pub central: f64,
    /// The same on the coarse grid of the futures.
    pub coarse: f64,
    /// |central − coarse|.
    pub distance: f64,
    /// Over the futures.
    pub range: Spread,
}

/// Range of every class and question.
#[derive(Clone, Debug, Serialize)]
pub struct RangeReport {
    /// What the numbers are.
    pub definition: &'static str,
    /// Futures drawn.
    pub drawn: usize,
    /// Of these, solved.
    pub solved: usize,
    /// Solved, but with places where the branch of play jumps on the coarse grid.
    pub with_jumps: usize,
    /// Futures that were not solved, with the reason. They are in no number below.
    pub unsolved: Vec<Unsolved>,
    /// Belief points of the coarse grid along each axis.
    pub belief_points: usize,
    /// Seed of the draws.
    pub seed: u32,
    /// Parameters drawn.
    pub parameters: usize,
    /// Structures drawn from.
    pub structures: usize,
    /// By class and question.
    pub measures: Vec<MeasureRange>,
}

/// What the ranges were made with.
#[derive(Clone, Copy, Debug)]
pub struct Made {
    /// Belief points of the coarse grid along each axis.
    pub belief_points: usize,
    /// Seed of the draws.
    pub seed: u32,
    /// Parameters drawn.
    pub parameters: usize,
    /// Structures drawn from.
    pub structures: usize,
}

/// Ranges over `readings`, beside the central readings on the fine and on the coarse grid. `None` when
/// no future was solved.
pub fn range(
    measures: &[Measure],
    fine: &[f64],
    coarse: &Reading,
    readings: &Readings,
    made: Made,
) -> Option<RangeReport> {
    let solved: Vec<&Reading> = readings.iter().filter_map(|r| r.as_ref().ok()).collect();
    let of = |(m, measure): (usize, &Measure)| {
        let central = *fine.get(m)?;
        let coarse = *coarse.measures.get(m)?;
        Some(MeasureRange {
            measure: measure.clone(),
            central,
            coarse,
            distance: (central - coarse).abs(),
            range: Spread::of(solved.iter().filter_map(|r| r.measures.get(m).copied()))?,
        })
    };
    let ranges: Option<Vec<MeasureRange>> = measures.iter().enumerate().map(of).collect();
    Some(RangeReport {
        definition: DEFINITION,
        drawn: readings.len(),
        solved: solved.len(),
        with_jumps: solved.iter().filter(|r| r.jumps > 0).count(),
        unsolved: readings.iter().filter_map(|r| r.clone().err()).collect(),
        belief_points: made.belief_points,
        seed: made.seed,
        parameters: made.parameters,
        structures: made.structures,
        measures: ranges.filter(|_| !solved.is_empty())?,
    })
}
