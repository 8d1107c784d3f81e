//! What would change it: the inputs that move the headline most, the values at which it crosses a
//! band or another policy becomes the best, and whose doubt the spread over the futures is.
//!
//! Everything but the policies at the ends of the ranges and the partners of the futures is read off
//! solutions that the study has anyway. Where more parameters have a range than are to be moved, the
//! futures choose which: forward selection in a regression of the headline on the positions of the
//! parameters in their ranges ([`shares::screen`]). What is left out is named.

use super::draws::{Futures, Structure};
use super::evaluate::{
    Measure, Reading, Readings, Settings, Unsolved, evaluate_all, headline, side_by_side,
};
use super::policies::Policy;
use super::shares::{self, Group, Index, Share};
use super::tipping::{self, Laboratory, Scores, Tipping};
use super::tornado::{self, Bar, Tornado};
use super::variation::{Change, Variation};
use crate::solve::{Observer, SolveError};
use climbdown_lang::Scenario;
use climbdown_lang::scenario::{Grade, ParameterId};
use serde::Serialize;

/// What the bars are.
pub const DEFINITION: &str = "headline at the low and at the high end of one declared range, \
     everything else central, solved anew on the coarse grid";

/// What the first-order indices are.
pub const FIRST_ORDER: &str = "share of the variance of the headline over the futures that a \
     quadratic regression on this input alone explains, adjusted R²; error by jackknife over futures";

/// What the shares of grades are.
pub const CLOSED: &str = "Cov(f(A), f(A_G, B)) / Var f with the group's inputs shared and all others \
     drawn again (pick-freeze, Janon et al. 2014); error by jackknife over futures";

/// What to look for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Parameters moved at most.
    pub top: usize,
    /// Bars for which tipping values are searched, longest first.
    pub tip: usize,
    /// Policies beside the best one that may take over from it; the best under the central
    /// assumptions first.
    pub rivals: usize,
    /// Width at which a search ends, as a share of the way from the central value to the end.
    pub tolerance: f64,
    /// Levels that the headline may cross.
    pub levels: Vec<f64>,
    /// Draw partners of the futures, for the shares of the grades.
    pub partners: bool,
}

/// The answer.
#[derive(Clone, Debug, Serialize)]
pub struct Drivers {
    /// What the bars are.
    pub definition: &'static str,
    /// The headline.
    pub measure: Measure,
    /// Belief points of the coarse grid along each axis.
    pub belief_points: usize,
    /// The bars.
    #[serde(flatten)]
    pub tornado: Tornado,
    /// Parameters with a range that were not moved, because the futures say that they matter less.
    pub left_out: Vec<String>,
    /// Best policy by the headline at low, central and high, for the bars that were looked at; `None`
    /// where something was not solved.
    pub best_policies: Vec<BestAtEnds>,
    /// Policies among which the best was looked for.
    pub policies: Vec<String>,
    /// Tipping values, in the order of the bars.
    pub tipping: Vec<Tipping>,
    /// Bars for which they were searched.
    pub searched: usize,
    /// Whose doubt it is.
    pub doubt: Doubt,
}

/// The best policy at the ends of one range.
#[derive(Clone, Debug, Serialize)]
pub struct BestAtEnds {
    /// Parameter.
    pub parameter: String,
    /// At low, central and high.
    pub best: [Option<String>; 3],
}

/// Shares of the variance of the headline over the futures.
#[derive(Clone, Debug, Serialize)]
pub struct Doubt {
    /// What the first-order indices are.
    pub first_order_definition: &'static str,
    /// Futures that they are read off.
    pub futures: usize,
    /// Standard deviation of the headline over them.
    pub standard_deviation: f64,
    /// One for each bar of a parameter and for each structure.
    pub first_order: Vec<FirstOrder>,
    /// Of the variance that the moved parameters make one at a time, the share of those of grade C.
    /// Interaction does not count. `None` when they make none.
    pub judged_one_at_a_time: Option<f64>,
    /// What the shares of the grades are.
    pub grades_definition: &'static str,
    /// Closed and total index by grade; empty when not asked for.
    pub grades: Vec<Share>,
}

/// The first-order index of one input.
#[derive(Clone, Debug, Serialize)]
pub struct FirstOrder {
    /// Parameter or structure.
    pub name: String,
    /// Its index; `None` with too few futures or no variance.
    #[serde(flatten)]
    pub index: Option<Index>,
}

/// What a study has solved already.
pub struct Solved<'a> {
    /// The scenario.
    pub base: &'a Scenario,
    /// What is read.
    pub measures: &'a [Measure],
    /// How it is solved.
    pub settings: &'a Settings,
    /// Solutions at once.
    pub workers: usize,
    /// Structures.
    pub structures: &'a [Structure],
    /// The futures.
    pub futures: &'a Futures,
    /// Under the central assumptions.
    pub central: &'a Reading,
    /// In each future.
    pub readings: &'a Readings,
}

/// Finds what would change the headline. `policies` are the declared ones, with their readings under
/// the central assumptions. `None` without a headline, or when nothing has a range.
///
/// # Errors
/// [`SolveError::Cancelled`].
pub fn drivers(
    solved: &Solved,
    policies: &[(Policy, Option<Reading>)],
    options: &Options,
    observer: &dyn Observer,
) -> Result<Option<Drivers>, SolveError> {
    let Some(m) = headline(solved.measures) else {
        return Ok(None);
    };
    if solved.futures.drawn.is_empty() && solved.structures.is_empty() {
        return Ok(None);
    }
    let base = solved.base;
    let value = |r: &Reading| r.measures.get(m).copied().unwrap_or(f64::NAN);
    let values: Vec<Option<f64>> = solved
        .readings
        .iter()
        .map(|r| r.as_ref().ok().map(value))
        .collect();
    let chosen = moved(solved, &values, options.top);
    let moves = tornado::moves(base, &chosen, solved.structures);
    let ends = evaluate_all(
        base,
        &moves,
        solved.settings,
        solved.workers,
        "tornado",
        observer,
    )?;
    let bars = tornado::read(
        base,
        &chosen,
        solved.structures,
        (m, &solved.measures[m].name),
        solved.central,
        &ends,
    );
    let searched: Vec<&Bar> = bars
        .bars
        .iter()
        .filter(|b| b.parameter.is_some())
        .take(options.tip)
        .collect();

    // The course as written is the first policy; the others by how well they do.
    let written = Policy {
        variation: Variation::new(AS_WRITTEN, Vec::new()),
        label: "As written".to_owned(),
        payments: Vec::new(),
    };
    let mut courses: Vec<(Policy, f64)> = vec![(written, value(solved.central))];
    let known = policies.iter();
    courses.extend(known.filter_map(|(p, r)| Some((p.clone(), value(r.as_ref()?)))));
    courses.sort_by(|a, b| a.1.total_cmp(&b.1));
    courses.truncate(options.rivals.saturating_add(1));
    let at_ends = policy_ends(solved, &searched, &courses, m, observer)?;
    let centre: Scores = Some(courses.iter().map(|(_, p)| -p).collect());
    let courses: Vec<Policy> = courses.into_iter().map(|(p, _)| p).collect();
    let best_policies = best_at_ends(base, &courses, &centre, &at_ends);

    let mut searches = tipping::level_searches(&searched, bars.central, &options.levels);
    searches.extend(tipping::policy_searches(&centre, &at_ends));
    let laboratory = Laboratory {
        base,
        settings: solved.settings,
        measure: m,
        policies: &courses,
    };
    let found = side_by_side(
        searches.len(),
        solved.workers,
        "tipping",
        observer,
        |k, quiet| laboratory.find(&searches[k], options.tolerance, quiet),
    )?;
    let mut tipping: Vec<Tipping> = found.into_iter().flatten().collect();
    let place = |t: &Tipping| searched.iter().position(|b| b.name == t.parameter);
    tipping.sort_by_key(place);

    let doubt = doubt(solved, &values, &bars, options, m, observer)?;
    let names = chosen.iter();
    let names: Vec<&str> = names
        .map(|id| base.parameters[id.0 as usize].name.as_str())
        .collect();
    let all = solved.futures.drawn.iter();
    let all = all.map(|id| base.parameters[id.0 as usize].name.as_str());
    Ok(Some(Drivers {
        definition: DEFINITION,
        measure: solved.measures[m].clone(),
        belief_points: solved.settings.solve.belief_points,
        left_out: all
            .filter(|n| !names.contains(n))
            .map(str::to_owned)
            .collect(),
        best_policies,
        policies: courses.iter().map(|p| p.variation.name.clone()).collect(),
        tipping,
        searched: searched.len(),
        doubt,
        tornado: bars,
    }))
}

/// Name of the course in which nothing is changed.
const AS_WRITTEN: &str = "as_written";

/// The parameters to move: all, or those that the futures point to. Where the futures point to fewer
/// than asked for, the first ones of the file that are left fill up.
fn moved(solved: &Solved, values: &[Option<f64>], top: usize) -> Vec<ParameterId> {
    let all = &solved.futures.drawn;
    if all.len() <= top {
        return all.clone();
    }
    let mut chosen = shares::screen(solved.futures, values, top);
    let rest = all.iter().filter(|id| !chosen.contains(id));
    let rest: Vec<ParameterId> = rest.take(top - chosen.len()).copied().collect();
    chosen.extend(rest);
    chosen
}

/// Scores of the courses at both ends of each searched bar.
fn policy_ends(
    solved: &Solved,
    searched: &[&Bar],
    courses: &[(Policy, f64)],
    m: usize,
    observer: &dyn Observer,
) -> Result<Vec<(ParameterId, [Scores; 2])>, SolveError> {
    if courses.len() < 2 {
        return Ok(Vec::new());
    }
    let base = solved.base;
    let mut variations = Vec::new();
    for id in searched.iter().filter_map(|b| b.parameter) {
        let p = &base.parameters[id.0 as usize];
        for end in [p.low, p.high] {
            let at = Variation::new(p.name.clone(), vec![Change::Parameter(id, end)]);
            let others = courses.iter().filter(|(c, _)| !c.variation.is_empty());
            variations.extend(others.map(|(c, _)| at.clone().then(&c.variation)));
        }
    }
    let readings = evaluate_all(
        base,
        &variations,
        solved.settings,
        solved.workers,
        "policies at ends",
        observer,
    )?;
    let mut readings = readings.into_iter();
    let mut out = Vec::new();
    for bar in searched {
        let Some(id) = bar.parameter else { continue };
        let scores = [bar.at_low, bar.at_high].map(|written| {
            courses
                .iter()
                .map(|(c, _)| {
                    let value = if c.variation.is_empty() {
                        written
                    } else {
                        let reading = readings.next().and_then(Result::ok);
                        reading.and_then(|r| r.measures.get(m).copied())
                    };
                    value.map(|p| -p)
                })
                .collect::<Vec<Option<f64>>>()
        });
        // All were asked for, so all are taken off the list, solved or not.
        let scores = scores.map(|s| s.into_iter().collect::<Scores>());
        out.push((id, scores));
    }
    Ok(out)
}

fn best_at_ends(
    base: &Scenario,
    courses: &[Policy],
    centre: &Scores,
    ends: &[(ParameterId, [Scores; 2])],
) -> Vec<BestAtEnds> {
    let name = |scores: &Scores| {
        let best = tipping::best(scores.as_ref()?)?;
        courses.get(best).map(|c| c.variation.name.clone())
    };
    let row = |(id, [low, high]): &(ParameterId, [Scores; 2])| BestAtEnds {
        parameter: base.parameters[id.0 as usize].name.clone(),
        best: [name(low), name(centre), name(high)],
    };
    ends.iter().map(row).collect()
}

fn doubt(
    solved: &Solved,
    values: &[Option<f64>],
    bars: &Tornado,
    options: &Options,
    m: usize,
    observer: &dyn Observer,
) -> Result<Doubt, SolveError> {
    let known: Vec<f64> = values.iter().flatten().copied().collect();
    let n = known.len() as f64;
    let mean = known.iter().sum::<f64>() / n;
    let variance = known.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let parameters = bars.bars.iter().filter_map(|b| b.parameter);
    let mut first_order: Vec<FirstOrder> = parameters
        .map(|id| FirstOrder {
            name: solved.base.parameters[id.0 as usize].name.clone(),
            index: shares::of_parameter(solved.futures, id, values),
        })
        .collect();
    first_order.extend(
        solved
            .structures
            .iter()
            .enumerate()
            .map(|(s, structure)| FirstOrder {
                name: structure.name.clone(),
                index: shares::of_structure(
                    solved.futures,
                    s,
                    structure.alternatives.len(),
                    values,
                ),
            }),
    );
    let variances = |judged: bool| -> f64 {
        let of = bars.bars.iter();
        let of = of.filter(|b| !judged || b.grade == Some(Grade::C));
        of.filter_map(|b| b.variance).sum()
    };
    let all = variances(false);
    Ok(Doubt {
        first_order_definition: FIRST_ORDER,
        futures: known.len(),
        standard_deviation: if n > 1.0 { variance.sqrt() } else { 0.0 },
        first_order,
        judged_one_at_a_time: (all > 0.0).then(|| variances(true) / all),
        grades_definition: CLOSED,
        grades: if options.partners {
            grades(solved, values, m, observer)?
        } else {
            Vec::new()
        },
    })
}

/// Closed and total index of every group of inputs that is there.
fn grades(
    solved: &Solved,
    values: &[Option<f64>],
    m: usize,
    observer: &dyn Observer,
) -> Result<Vec<Share>, SolveError> {
    let groups = [
        Group::Grade(Grade::A),
        Group::Grade(Grade::B),
        Group::Grade(Grade::C),
        Group::Ungraded,
        Group::Structures,
    ];
    let (base, futures, structures) = (solved.base, solved.futures, solved.structures);
    let present: Vec<(Group, usize)> = groups
        .into_iter()
        .map(|g| (g, shares::inputs(base, futures, structures, g)))
        .filter(|(_, inputs)| *inputs > 0)
        .collect();
    let mut variations = Vec::new();
    for (group, _) in &present {
        for outside in [false, true] {
            let made = shares::partners(base, futures, structures, *group, outside);
            variations.extend(made);
        }
    }
    let readings = evaluate_all(
        base,
        &variations,
        solved.settings,
        solved.workers,
        "shares",
        observer,
    )?;
    let n = futures.list.len();
    let pairs = |readings: &[Result<Reading, Unsolved>]| -> Vec<(f64, f64)> {
        let both = values.iter().zip(readings);
        both.filter_map(|(v, r)| Some(((*v)?, *r.as_ref().ok()?.measures.get(m)?)))
            .collect()
    };
    let share = |(k, (group, inputs)): (usize, &(Group, usize))| Share {
        group: *group,
        inputs: *inputs,
        alone: shares::closed_index(&pairs(&readings[2 * k * n..][..n])),
        total: shares::total_index(&pairs(&readings[(2 * k + 1) * n..][..n])),
    };
    Ok(present.iter().enumerate().map(share).collect())
}
