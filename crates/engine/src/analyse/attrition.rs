//! The race of attrition: what pressure brings about first, swept over a declared parameter.
//!
//! For each value of the parameter the crisis is solved anew and four first passages are forecast
//! exactly: concession, revolt, consolidation, a hedging dash. The *breaking point* is the lowest
//! pressure at which concession within the horizon becomes likelier than not; the
//! *resistance threshold* is the pressure at which consolidation stops rising with it. That the first
//! lies above the second is a claim to be tested, not assumed.

use super::evaluate::{at_once, each_side_by_side};
use super::freezing::Quiet;
use super::resolve::{AnalysisError, compiled, reduced, solved};
use super::roots::crossing;
use super::variation::{Change, Variation};
use crate::forecast::{self, forecast};
use crate::solve::{self, Observer};
use climbdown_lang::Scenario;
use climbdown_lang::scenario::{BinaryOp, Expr, ExprKind, ParameterId, Question, VariableId};
use climbdown_lang::source::Span;
use serde::Serialize;

/// What the numbers of [`Race`] mean.
pub const DEFINITION: &str = "probability that the level is reached within the window, and the mean \
     round of first reaching it when it is, with the parameter at this value and the crisis solved \
     anew; breaking point: lowest pressure at which concession is likelier than not; resistance \
     threshold: pressure at which consolidation stops rising with it";

/// A level of a variable whose first reaching is watched.
#[derive(Clone, Debug, Serialize)]
pub struct Passage {
    /// What it stands for: "concession", "revolt", "consolidation", "dash".
    pub name: &'static str,
    /// The variable.
    #[serde(skip)]
    pub variable: VariableId,
    /// The level.
    #[serde(skip)]
    pub level: u32,
    /// "variable=level".
    pub place: String,
}

/// The sweep.
#[derive(Clone, Debug, Serialize)]
pub struct Race {
    /// What is measured.
    pub definition: &'static str,
    /// The parameter swept.
    pub parameter: String,
    /// Its unit as written, "" for a plain number.
    pub unit: String,
    /// Rounds within which.
    pub window: u32,
    /// What is watched, in the order of the rows' numbers.
    pub passages: Vec<Passage>,
    /// By value of the parameter, ascending.
    pub rows: Vec<Row>,
    /// In the parameter's unit; nothing when concession stays unlikelier than not.
    pub breaking_point: Option<f64>,
    /// In the parameter's unit; nothing when consolidation rises over the whole range, or is not
    /// watched.
    pub resistance_threshold: Option<f64>,
}

/// One value of the parameter.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// In the parameter's unit.
    pub value: f64,
    /// Probability of each passage within the window.
    pub probability: Vec<f64>,
    /// Mean round of each, given that it comes; nothing where it never does.
    pub time: Vec<Option<f64>>,
}

/// The race that a scenario has without being asked: by a parameter called `pressure`, over its declared
/// range or, without one, from half to one and a half times what is written. A package of talks in force
/// is the concession; levels called `revolt`, `consolidated` and `racing` are the other ends. `None` where
/// there is no such parameter or fewer than two ends to race for.
pub fn declared(scenario: &Scenario) -> Option<(Scenario, ParameterId, Vec<Passage>)> {
    let mut parameters = scenario.parameters.iter();
    let parameter = parameters.position(|p| p.name == PRESSURE && !p.switch)?;
    let mut passages = Vec::new();
    let mut add = |name, variable: VariableId, level: u32| {
        let declared = &scenario.variables[variable.0 as usize];
        passages.push(Passage {
            name,
            variable,
            level,
            place: format!("{}={}", declared.name, declared.levels[level as usize].name),
        });
    };
    let mut talks = scenario.talks.iter();
    if let Some((talks, package)) = talks.find_map(|t| Some((t, t.packages.first()?))) {
        add("concession", talks.table, package.in_force);
    }
    for (name, level) in ENDS {
        let found = scenario.variables.iter().zip(0..).find_map(|(v, id)| {
            let level = v.levels.iter().position(|l| l.name == level)?;
            Some((VariableId(id), level as u32))
        });
        if let Some((variable, level)) = found {
            add(name, variable, level);
        }
    }
    if passages.len() < 2 {
        return None;
    }
    let mut ranged = scenario.clone();
    let pressure = &mut ranged.parameters[parameter];
    if pressure.low >= pressure.high {
        (pressure.low, pressure.high) = (0.5 * pressure.central, 1.5 * pressure.central);
    }
    (pressure.low < pressure.high).then_some((ranged, ParameterId(parameter as u32), passages))
}

/// The parameter that is swept without being asked.
const PRESSURE: &str = "pressure";
/// Passages by the names of their levels.
const ENDS: [(&str, &str); 3] = [
    ("revolt", "revolt"),
    ("consolidation", "consolidated"),
    ("dash", "racing"),
];

/// The breaking point is closed in on until its interval is this part of a step of the sweep.
const CLOSE: f64 = 1.0 / 1024.0;
/// Changes of probability below this are no rise.
const RISE: f64 = 1e-6;

/// Sweeps a parameter over its declared range in `points` steps.
///
/// # Errors
/// [`AnalysisError`]: a parameter without a range, fewer than three points, or a crisis not solved.
pub fn race(
    scenario: &Scenario,
    parameter: ParameterId,
    points: usize,
    passages: &[Passage],
    options: &solve::Options,
    observer: &dyn Observer,
) -> Result<Race, AnalysisError> {
    let declared = scenario
        .parameters
        .get(parameter.0 as usize)
        .ok_or_else(|| AnalysisError::Question("there is no such parameter".to_owned()))?;
    if declared.low >= declared.high {
        return Err(AnalysisError::Question(format!(
            "`{}` has no range to be swept; declare one, low .. central .. high",
            declared.name
        )));
    }
    if points < 3 {
        return Err(AnalysisError::Question(
            "a sweep needs three points at least".to_owned(),
        ));
    }
    let watching = watching(scenario, passages);
    let at = |value: f64, observer: &dyn Observer| -> Result<Row, AnalysisError> {
        let name = format!("{} at {}", declared.name, value * declared.scale);
        let variation = Variation::new(name.clone(), vec![Change::Parameter(parameter, value)]);
        let changed = variation.apply(&watching)?;
        let (game, solution) = solved(&changed, &name, options, &Quiet(observer))?;
        let settings = forecast::Options {
            spells: false,
            belief_paths: false,
            ..forecast::Options::default()
        };
        let forecast = forecast(&game, &solution, &settings, &Quiet(observer))?;
        let mut row = Row {
            value: value * declared.scale,
            probability: Vec::new(),
            time: Vec::new(),
        };
        for series in &forecast.questions {
            let p = &series.probability[..=game.window as usize];
            let last = p.last().copied().unwrap_or(0.0);
            let steps = p.windows(2).enumerate();
            let sum: f64 = steps.map(|(t, w)| (t + 1) as f64 * (w[1] - w[0])).sum();
            row.probability.push(last);
            row.time.push((last > 0.0).then(|| sum / last));
        }
        Ok(row)
    };
    let value = |k: usize| {
        let share = k as f64 / (points - 1) as f64;
        declared.low + share * (declared.high - declared.low)
    };
    let workers = at_once(&compiled(&watching, "the scenario")?, options);
    let rows = each_side_by_side(points, workers, "race", observer, |k, quiet| {
        at(value(k), quiet)
    })?;
    let rows = rows.into_iter().collect::<Result<Vec<Row>, _>>()?;
    let at = |value: f64| at(value, observer);
    let of = |name: &str| passages.iter().position(|p| p.name == name);
    let breaking_point = match of("concession") {
        Some(c) => breaking(&rows, c, value, declared.scale, &at)?,
        None => None,
    };
    Ok(Race {
        definition: DEFINITION,
        parameter: declared.name.clone(),
        unit: declared.unit.clone(),
        window: watching.window,
        passages: passages.to_vec(),
        breaking_point,
        resistance_threshold: of("consolidation").and_then(|c| threshold(&rows, c)),
        rows,
    })
}

/// The scenario with the passages as its questions, and no classes that would need memory.
fn watching(scenario: &Scenario, passages: &[Passage]) -> Scenario {
    let mut watching = reduced(scenario);
    let expr = |kind| Expr {
        kind,
        span: Span::default(),
    };
    let within = if scenario.classes.is_empty() {
        watching.horizon
    } else {
        watching.window
    };
    watching.window = within;
    watching.classes.clear();
    watching.questions = passages
        .iter()
        .map(|p| Question {
            name: p.name.to_owned(),
            title: p.place.clone(),
            when: expr(ExprKind::Binary(
                BinaryOp::Equal,
                Box::new(expr(ExprKind::Level(p.variable))),
                Box::new(expr(ExprKind::Number(f64::from(p.level)))),
            )),
            within,
            resolves: String::new(),
            span: Span::default(),
        })
        .collect();
    watching
}

/// The first crossing of one half from below, closed in on between two rows.
fn breaking(
    rows: &[Row],
    c: usize,
    value: impl Fn(usize) -> f64,
    scale: f64,
    at: &impl Fn(f64) -> Result<Row, AnalysisError>,
) -> Result<Option<f64>, AnalysisError> {
    let above = |row: &Row| row.probability[c] - 0.5;
    if above(&rows[0]) > 0.0 {
        return Ok(Some(rows[0].value));
    }
    let Some(k) = rows.iter().position(|r| above(r) > 0.0) else {
        return Ok(None);
    };
    let ends = [k - 1, k].map(|k| (value(k), above(&rows[k])));
    let tolerance = CLOSE * (ends[1].0 - ends[0].0);
    let beyond = |x: f64| at(x).map(|row| above(&row));
    let found = crossing(beyond, ends[0], ends[1], tolerance)?;
    Ok(found.map(|found| found.at * scale))
}

/// Where the probability first stops rising: the top of the parabola through that row and its
/// neighbours, or the first value when it does not rise at all.
fn threshold(rows: &[Row], c: usize) -> Option<f64> {
    let p = |k: usize| rows[k].probability[c];
    let k = (0..rows.len() - 1).find(|k| p(k + 1) <= p(*k) + RISE)?;
    if k == 0 {
        return Some(rows[0].value);
    }
    let step = rows[k].value - rows[k - 1].value;
    let bend = p(k - 1) - 2.0 * p(k) + p(k + 1);
    let shift = if bend < 0.0 {
        (0.5 * (p(k - 1) - p(k + 1)) / bend).clamp(-1.0, 1.0)
    } else {
        0.0
    };
    Some(rows[k].value + shift * step)
}
