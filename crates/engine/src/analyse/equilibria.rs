//! Stationary solutions beside the one that is played: a search from many starts.

use super::evaluate::{Measure, measures, read};
use crate::forecast::{self, forecast};
use crate::game::{Foresight, Game, Phase};
use crate::math::{exp, ln, solve_linear};
use crate::simulate::philox::{Draws, Purpose};
use crate::solve::layout::Layout;
use crate::solve::stationary::derivative::Evaluation;
use crate::solve::stationary::equations::System;
use crate::solve::stationary::linear::{Plan, Solver};
use crate::solve::stationary::newton::{ACCEPTED, newton};
use crate::solve::stationary::{self, Branch, Prepared, Profile};
use crate::solve::{self, Observer, SolveError};
use rayon::prelude::*;
use serde::Serialize;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is found, and how.
pub const DEFINITION: &str = "stationary logit solutions found by Newton's method from random play; \
    index: the sign of the determinant of the equations, +1 or -1, which over all solutions sum to +1; \
    stable: play that drifts towards its logit response, values keeping up, returns after a small push";

/// What the search cannot say.
pub const LIMITS: &str = "a search is no proof that there are no others; a sum of indices other than +1 \
    proves that some are missing";

/// Settings of the search.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Options {
    /// Random starts.
    pub starts: u64,
    /// Seed of the starts.
    pub seed: u64,
}

/// One solution.
#[derive(Clone, Debug, Serialize)]
pub struct Equilibrium {
    /// This is the branch from uniform play.
    pub principal: bool,
    /// Random starts that led here.
    pub found: u64,
    /// Largest residual: in units of payoff for values, of 1 for log-ratios.
    pub residual: f64,
    /// Sign of the determinant; 0 when the game is too large to tell.
    pub index: i8,
    /// Does play return after a small push? `None` when the game is too large, or it is on the edge.
    pub stable: Option<bool>,
    /// Value to each actor at the start.
    pub values: Vec<f64>,
    /// Probability of each of [`Equilibria::measures`] when it is played; empty when nobody asked, or
    /// where play solved from it came out elsewhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub leads_to: Vec<f64>,
    /// Its play.
    #[serde(skip)]
    pub profile: Profile,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct Equilibria {
    /// One line.
    pub definition: &'static str,
    /// Of this search.
    pub limits: &'static str,
    /// Random starts tried.
    pub starts: u64,
    /// Of these, starts from which Newton's method closed.
    pub closed: u64,
    /// Seed.
    pub seed: u64,
    /// Sum of the indices; `None` when the game is too large to tell.
    pub index_sum: Option<i64>,
    /// What [`Equilibrium::leads_to`] holds: outcome classes at the end of the window, questions at their
    /// dates. Empty unless asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub measures: Vec<Measure>,
    /// Solutions, the principal one first, then by how often they were found.
    pub solutions: Vec<Equilibrium>,
}

/// Two solutions are one when no choice probability differs by more.
const SAME: f64 = 1e-6;
/// Stability is told for at most so many log-ratios.
const MOST_RATIOS: usize = 100;

/// Searches `game`, whose foresight is unbounded. `solve` holds the memory, and a start that is tried
/// first when one is given.
///
/// # Errors
/// As [`solve::solve`], but that the path from uniform play need not arrive.
pub fn equilibria(
    game: &Game,
    solve: &solve::Options,
    options: &Options,
    observer: &dyn Observer,
) -> Result<Equilibria, SolveError> {
    if game.foresight != Foresight::Unbounded {
        return Err(SolveError::Refused {
            what: "stationary solutions are sought where foresight is unbounded".into(),
            instead: "write `foresight unbounded`".into(),
        });
    }
    let layout = Layout::of(game);
    let Prepared { system, plan } = stationary::prepare(game, &layout, solve)?;
    let mut list: Vec<(Vec<f64>, Equilibrium)> = Vec::new();
    let mut y = Vec::new();
    let mut solver = Solver::new(plan.clone());
    let followed = stationary::path::follow(&system, &mut solver, &mut y, observer)?;
    if followed.relative <= ACCEPTED {
        let mut principal = describe(&system, &plan, &y, followed.residual);
        principal.principal = true;
        list.push((y.clone(), principal));
    }
    if let Some(profile) = &solve.start {
        let mut y = stationary::from_profile(&system, &mut solver, profile)?;
        let mut out = Evaluation::default();
        let ended = newton(&system, &mut solver, &mut out, &mut y, 1.0, true);
        if ended.relative <= ACCEPTED {
            add(&system, &plan, &mut list, y, ended.residual, 0);
        }
    }
    let done = AtomicU64::new(0);
    let tries: Vec<Option<(Vec<f64>, f64)>> = (0..options.starts)
        .into_par_iter()
        .map(|k| {
            if observer.cancelled() {
                return None;
            }
            let found = attempt(&system, &plan, options.seed, k);
            let count = done.fetch_add(1, Ordering::Relaxed);
            observer.progress("starts", count, options.starts);
            found
        })
        .collect();
    if observer.cancelled() {
        return Err(SolveError::Cancelled);
    }
    let mut closed = 0;
    for (y, residual) in tries.into_iter().flatten() {
        closed += 1;
        add(&system, &plan, &mut list, y, residual, 1);
    }
    let mut solutions: Vec<Equilibrium> = list.into_iter().map(|(_, e)| e).collect();
    solutions.sort_by_key(|e| (!e.principal, std::cmp::Reverse(e.found)));
    let known = !solutions.is_empty() && solutions.iter().all(|e| e.index != 0);
    Ok(Equilibria {
        definition: DEFINITION,
        limits: LIMITS,
        starts: options.starts,
        closed,
        seed: options.seed,
        index_sum: known.then(|| solutions.iter().map(|e| i64::from(e.index)).sum()),
        measures: Vec::new(),
        solutions,
    })
}

/// Forecasts the crisis under each solution of `found`, as if everybody played that one for ever.
///
/// # Errors
/// As [`solve::solve`] and [`forecast::forecast`].
pub fn follow(
    game: &Game,
    found: &mut Equilibria,
    solve: &solve::Options,
    settings: &forecast::Options,
    observer: &dyn Observer,
) -> Result<(), SolveError> {
    found.measures = measures(game);
    let total = found.solutions.len() as u64;
    for (k, equilibrium) in found.solutions.iter_mut().enumerate() {
        observer.progress("forecasts", k as u64, total);
        let options = solve::Options {
            start: Some(equilibrium.profile.clone()),
            ..solve.clone()
        };
        let solution = solve::solve(game, &options, observer)?;
        if let Some(Branch::NearStart { moved, .. }) = solution.report.branch
            && moved < SAME
        {
            let forecast = forecast(game, &solution, settings, observer)?;
            equilibrium.leads_to = read(game, &forecast, 0).measures;
        }
    }
    observer.progress("forecasts", total, total);
    Ok(())
}

/// Newton's method from the `k`th random play: from even mixtures to nearly pure choices.
fn attempt(system: &System, plan: &Plan, seed: u64, k: u64) -> Option<(Vec<f64>, f64)> {
    let draws = Draws::of(seed);
    let mut solver = Solver::new(plan.clone());
    let mut y = vec![0.0; system.unknowns];
    let sharpness = [1.0, 3.0, 10.0][(k % 3) as usize];
    for (at, value) in y.iter_mut().enumerate() {
        if system.ratio[at] {
            // Differences of logarithms of exponential draws are even over the simplex.
            let (a, b) = draws.pair(k, at as u32, Purpose::Step);
            let log = |u: f64| ln(-ln(1.0 - u).min(-1e-300));
            *value = sharpness * (log(a) - log(b));
        }
    }
    stationary::value_of(system, &mut solver, &mut y)?;
    let mut out = Evaluation::default();
    let ended = newton(system, &mut solver, &mut out, &mut y, 1.0, true);
    (ended.relative <= ACCEPTED).then_some((y, ended.residual))
}

fn add(
    system: &System,
    plan: &Plan,
    list: &mut Vec<(Vec<f64>, Equilibrium)>,
    y: Vec<f64>,
    residual: f64,
    found: u64,
) {
    let known = list
        .iter_mut()
        .find(|(other, _)| stationary::moved(system, other, &y) < SAME);
    match known {
        Some((_, known)) => known.found += found,
        None => {
            let mut new = describe(system, plan, &y, residual);
            new.found = found;
            list.push((y, new));
        }
    }
}

fn describe(system: &System, plan: &Plan, y: &[f64], residual: f64) -> Equilibrium {
    let game = system.game;
    let mut profile = Vec::new();
    for (p, phase) in game.phases.iter().enumerate() {
        profile.push(match phase {
            Phase::Move(_) => (0..phase.nodes())
                .map(|n| system.log_sigma(y, p, n))
                .collect(),
            Phase::Events(_) => Vec::new(),
        });
    }
    let start = system.layout.rows[0][game.start as usize] as usize;
    let values = match start.checked_sub(system.layout.nodes[0]) {
        Some(end) => system.end(end).to_vec(),
        None => {
            let at = system.first(system.node(0, start));
            y[at..at + game.actors.len()].to_vec()
        }
    };
    let (index, stable) = stability(system, plan, y);
    Equilibrium {
        principal: false,
        found: 0,
        residual,
        index,
        stable,
        values,
        leads_to: Vec::new(),
        profile: Profile(profile),
    }
}

/// Index, and whether x' = Φ(x) − x returns, where Φ is the logit response to values that keep up
/// with x. With R the log-ratios' part of the inverse of all derivatives, R⁻¹ is the derivative of
/// x − Φ(x): play returns when all its eigenvalues have positive real parts, which is when the powers of
/// its Cayley transform (R + I)⁻¹(R − I) vanish.
fn stability(system: &System, plan: &Plan, y: &[f64]) -> (i8, Option<bool>) {
    let n = system.unknowns;
    let mut solver = Solver::new(plan.clone());
    let mut out = Evaluation::default();
    system.evaluate(y, 1.0, &mut out);
    let mut border = vec![0.0; n + 1];
    border[n] = 1.0;
    system.border(&mut out, &border);
    let Some(sign) = solver.factor(system, &out) else {
        return (0, None);
    };
    let index = sign as i8;
    let ratios: Vec<usize> = (0..n).filter(|k| system.ratio[*k]).collect();
    let size = ratios.len();
    if size > MOST_RATIOS {
        return (index, None);
    }
    if size == 0 {
        return (index, Some(true));
    }
    // R by columns, then the transform by columns.
    let mut r = vec![0.0; size * size];
    let mut column = vec![0.0; n + 1];
    for (c, k) in ratios.iter().enumerate() {
        let mut unit = vec![0.0; n + 1];
        unit[*k] = 1.0;
        if solver.solve(system, &out, &unit, &mut column).is_none() {
            return (index, None);
        }
        for (row, k) in ratios.iter().enumerate() {
            r[row * size + c] = column[*k];
        }
    }
    let shifted = |by: f64| {
        let mut m = r.clone();
        for k in 0..size {
            m[k * size + k] += by;
        }
        m
    };
    let (plus, minus) = (shifted(1.0), shifted(-1.0));
    let mut cayley = vec![0.0; size * size];
    for c in 0..size {
        let mut b: Vec<f64> = (0..size).map(|row| minus[row * size + c]).collect();
        if solve_linear(&mut plus.clone(), &mut b).is_none() {
            return (index, None);
        }
        for (row, value) in b.into_iter().enumerate() {
            cayley[row * size + c] = value;
        }
    }
    for _ in 0..40 {
        let largest = cayley.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        if largest < 1e-6 {
            return (index, Some(true));
        }
        if !(largest < 1e12) {
            return (index, Some(false));
        }
        let mut square = vec![0.0; size * size];
        for i in 0..size {
            for k in 0..size {
                let factor = cayley[i * size + k];
                for j in 0..size {
                    square[i * size + j] += factor * cayley[k * size + j];
                }
            }
        }
        cayley = square;
    }
    (index, None)
}

/// Probabilities of a profile: phase → node → moves of the movers in their order.
pub fn probabilities(profile: &Profile) -> Vec<Vec<Vec<f64>>> {
    let node = |logs: &Vec<f64>| logs.iter().map(|l| exp(*l)).collect();
    let phase = |nodes: &Vec<Vec<f64>>| nodes.iter().map(node).collect();
    profile.0.iter().map(phase).collect()
}
