//! One varied scenario compiled, solved and forecast; and many of them side by side.
//!
//! What comes out is a [`Reading`]: the probability of every class and question, and every actor's
//! payoff by term. All readings of a study are made with the same settings, so their differences hold
//! no sampling noise: nothing is sampled. A variation that cannot be compiled or solved is told as
//! such and stays in the count.

use super::observe;
use super::resolve::AnalysisError;
use super::variation::Variation;
use crate::compile::{self, compile};
use crate::forecast::{self, forecast};
use crate::game::Game;
use crate::solve::{self, Observer, SolveError, solve};
use climbdown_lang::Scenario;
use climbdown_lang::scenario::Foresight;
use serde::{Deserialize, Serialize};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// How varied scenarios are solved.
#[derive(Clone, Debug, Serialize)]
pub struct Settings {
    /// Limits of the compiler.
    pub compile: compile::Options,
    /// The solver; its memory is that of all solutions at work at once.
    pub solve: solve::Options,
    /// The forecast.
    pub forecast: forecast::Options,
}

/// Belief points along each axis of the coarse solves.
pub const COARSE_POINTS: usize = 5;

/// Particles kept exactly in coarse forecasts before they go over to the grid.
const COARSE_PARTICLES: usize = 200;

impl Default for Settings {
    fn default() -> Self {
        Self {
            compile: compile::Options::default(),
            solve: solve::Options {
                belief_points: COARSE_POINTS,
                audit_every: usize::MAX,
                ..solve::Options::default()
            },
            forecast: forecast::Options {
                exact_particles: COARSE_PARTICLES,
                spells: false,
                belief_paths: false,
                ..forecast::Options::default()
            },
        }
    }
}

/// What is read off a forecast: a class when the window closes, or a question at its date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Measure {
    /// Name as declared.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// A first passage rather than a class.
    pub question: bool,
    /// Round at which it is read.
    pub round: u32,
}

/// The measures of a game: classes first, then questions, in the written order.
pub fn measures(game: &Game) -> Vec<Measure> {
    let classes = game.classes.iter().map(|c| Measure {
        name: c.name.clone(),
        label: c.label.clone(),
        question: false,
        round: game.window,
    });
    let questions = game.questions.iter().map(|q| Measure {
        name: q.name.clone(),
        label: q.title.clone(),
        question: true,
        round: q.by,
    });
    classes.chain(questions).collect()
}

/// Index of the headline among the measures: the first question, or else the first class.
pub fn headline(measures: &[Measure]) -> Option<usize> {
    let question = measures.iter().position(|m| m.question);
    question.or(if measures.is_empty() { None } else { Some(0) })
}

/// What one varied scenario gave.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Reading {
    /// Probability of each measure.
    pub measures: Vec<f64>,
    /// Expected discounted payoff over the horizon, by actor and term.
    pub payoffs: Vec<forecast::Term>,
    /// Their sum for each actor, in the order of the scenario.
    pub values: Vec<f64>,
    /// Places where the played branch jumps between neighbouring beliefs of the coarse grid.
    pub jumps: u64,
    /// Sum of the classes less one, at worst.
    pub mass_error: f64,
}

/// Why a variation gave no reading.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Unsolved {
    /// Name of the variation.
    pub variation: String,
    /// The reason.
    pub reason: String,
}

/// Reading or reason, one for each variation asked for.
pub type Readings = Vec<Result<Reading, Unsolved>>;

/// How far below 0 or above 1 the grid may put a probability of a reading that counts.
const GRID_BOUND: f64 = 0.02;

/// Reads a forecast.
pub fn read(game: &Game, forecast: &forecast::Forecast, jumps: u64) -> Reading {
    let at = |series: &forecast::Series, round: u32| {
        series
            .probability
            .get(round as usize)
            .copied()
            .unwrap_or(0.0)
    };
    let classes = forecast.classes.iter().map(|c| at(c, game.window));
    let questions = forecast.questions.iter().zip(&game.questions);
    let questions = questions.map(|(series, question)| at(series, question.by));
    let values = game.actors.iter().map(|actor| {
        let own = forecast.terms.iter().filter(|t| t.actor == actor.name);
        own.map(|t| t.value).sum()
    });
    Reading {
        measures: classes.chain(questions).collect(),
        values: values.collect(),
        payoffs: forecast.terms.clone(),
        jumps,
        mass_error: forecast.mass_error,
    }
}

/// Solves one variation; `Ok(Err(…))` when it cannot be solved.
///
/// # Errors
/// [`SolveError::Cancelled`] alone.
pub fn evaluate(
    base: &Scenario,
    variation: &Variation,
    settings: &Settings,
    observer: &dyn Observer,
) -> Result<Result<Reading, Unsolved>, SolveError> {
    match attempt(base, variation, settings, observer) {
        Ok(reading) => Ok(Ok(reading)),
        Err(Stop::Cancelled) => Err(SolveError::Cancelled),
        Err(Stop::Reason(reason)) => Ok(Err(Unsolved {
            variation: variation.name.clone(),
            reason,
        })),
    }
}

enum Stop {
    Cancelled,
    Reason(String),
}

impl From<SolveError> for Stop {
    fn from(error: SolveError) -> Self {
        match error {
            SolveError::Cancelled => Self::Cancelled,
            other => Self::Reason(other.to_string()),
        }
    }
}

impl From<AnalysisError> for Stop {
    fn from(error: AnalysisError) -> Self {
        match error {
            AnalysisError::Solve(error) => error.into(),
            other => Self::Reason(other.to_string()),
        }
    }
}

fn attempt(
    base: &Scenario,
    variation: &Variation,
    settings: &Settings,
    observer: &dyn Observer,
) -> Result<Reading, Stop> {
    let reason = |text: String| Stop::Reason(text);
    let scenario = variation.apply(base).map_err(|e| reason(e.to_string()))?;
    let compiled = compile(&scenario, &settings.compile).map_err(|e| reason(e.to_string()))?;
    let game = compiled.game;
    let solution = solve(&game, &settings.solve, observer)?;
    let (game, solution) = observe::left(&scenario, game, solution, &settings.solve, observer)?;
    let forecast = forecast(&game, &solution, &settings.forecast, observer)?;
    let reading = read(&game, &forecast, solution.report.jump_count);
    let off = |p: &f64| !(-GRID_BOUND..=1.0 + GRID_BOUND).contains(p);
    if let Some(p) = reading.measures.iter().find(|p| off(p)) {
        return Err(reason(format!(
            "the coarse grid gives a probability of {p}"
        )));
    }
    if let Some(v) = reading.values.iter().find(|v| !v.is_finite()) {
        return Err(reason(format!("a payoff comes out as {v}")));
    }
    Ok(reading)
}

/// Memory that one solution at work takes, in bytes, judged by the base scenario; twice the tables of
/// the solver, since the forecast keeps its own beside them.
pub fn bytes_each(game: &Game, options: &solve::Options) -> u128 {
    2 * solve::predicted_bytes(game, options)
}

/// How many variations are solved at once: as many as there are threads and as fit the memory.
pub fn at_once(game: &Game, options: &solve::Options) -> usize {
    let fit = u128::from(options.memory) / bytes_each(game, options).max(1);
    let threads = rayon::current_num_threads() as u128;
    usize::try_from(fit.min(threads)).unwrap_or(1).max(1)
}

/// Forwards the wish to stop and nothing else: the progress that counts is in variations.
struct Quiet<'a>(&'a dyn Observer);

impl Observer for Quiet<'_> {
    fn cancelled(&self) -> bool {
        self.0.cancelled()
    }
}

/// Solves all variations, `workers` at a time, each on a single thread. Readings stand in the order
/// of the variations and do not depend on the number of workers.
///
/// # Errors
/// [`SolveError::Cancelled`]; [`SolveError::Unsupported`] when no worker can be started.
pub fn evaluate_all(
    base: &Scenario,
    variations: &[Variation],
    settings: &Settings,
    workers: usize,
    stage: &str,
    observer: &dyn Observer,
) -> Result<Readings, SolveError> {
    side_by_side(variations.len(), workers, stage, observer, |k, quiet| {
        evaluate(base, &variations[k], settings, quiet)
    })
}

/// Does `count` pieces of work, `workers` at a time, each on a single thread; results in order. The
/// pieces are given an observer that forwards only the wish to stop: progress is in pieces.
///
/// # Errors
/// The first error of a piece; [`SolveError::Unsupported`] when no worker can be started.
pub fn side_by_side<T: Send>(
    count: usize,
    workers: usize,
    stage: &str,
    observer: &dyn Observer,
    piece: impl Fn(usize, &dyn Observer) -> Result<T, SolveError> + Sync,
) -> Result<Vec<T>, SolveError> {
    let slots: Vec<Mutex<Option<T>>> = (0..count).map(|_| Mutex::new(None)).collect();
    let (next, done) = (AtomicUsize::new(0), AtomicU64::new(0));
    let total = count as u64;
    // Work inside a worker's own pool of one thread: were all on one pool, a worker that waits for
    // its own solution would take up further pieces meanwhile, without bound on memory.
    let pools = (0..workers.clamp(1, count.max(1)))
        .map(|_| rayon::ThreadPoolBuilder::new().num_threads(1).build())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| SolveError::Unsupported(format!("this without threads ({e})")))?;
    observer.progress(stage, 0, total);
    let work = |pool: &rayon::ThreadPool| -> Result<(), SolveError> {
        let quiet = Quiet(observer);
        loop {
            let k = next.fetch_add(1, Ordering::Relaxed);
            if k >= count {
                return Ok(());
            }
            if observer.cancelled() {
                return Err(SolveError::Cancelled);
            }
            let result = pool.install(|| piece(k, &quiet))?;
            if let Ok(mut slot) = slots[k].lock() {
                *slot = Some(result);
            }
            observer.progress(stage, done.fetch_add(1, Ordering::Relaxed) + 1, total);
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = pools
            .iter()
            .map(|pool| scope.spawn(|| work(pool)))
            .collect();
        threads
            .into_iter()
            .map(|t| {
                t.join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect::<Result<Vec<()>, _>>()
    })?;
    slots
        .into_iter()
        .map(|slot| {
            slot.into_inner()
                .ok()
                .flatten()
                .ok_or(SolveError::Cancelled)
        })
        .collect()
}

/// The same for work of which a piece may fail without the others: each with its own result.
///
/// # Errors
/// [`SolveError::Cancelled`]; [`SolveError::Unsupported`] when no worker can be started.
pub fn each_side_by_side<T: Send>(
    count: usize,
    workers: usize,
    stage: &str,
    observer: &dyn Observer,
    piece: impl Fn(usize, &dyn Observer) -> Result<T, AnalysisError> + Sync,
) -> Result<Vec<Result<T, AnalysisError>>, SolveError> {
    side_by_side(count, workers, stage, observer, |k, quiet| {
        match piece(k, quiet) {
            Err(error) if error.cancelled() => Err(SolveError::Cancelled),
            other => Ok(other),
        }
    })
}

/// The scenario forecast no further than `rounds`, without the questions that lie beyond; for readings
/// that need only these. With full foresight the horizon is part of play and stays.
pub fn shortened(base: &Scenario, rounds: u32) -> Scenario {
    let mut scenario = base.clone();
    scenario.questions.retain(|q| q.within <= rounds);
    if matches!(base.foresight, Foresight::Rounds(_)) {
        scenario.horizon = scenario.horizon.min(rounds.max(scenario.window));
    }
    scenario
}
