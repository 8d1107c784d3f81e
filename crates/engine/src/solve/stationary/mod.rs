//! `foresight unbounded`: stationary Markov logit play.
//!
//! Where types are private, [`typed`] solves round after round over beliefs until they no longer differ;
//! [`anderson`] extrapolates. Without them all nodes are solved at once:
//!
//! * [`equations`]: the unknowns and the equations; `response`: the logit
//!   response.
//! * [`flow`]: what follows every alternative; [`derivative`]: the equations' derivatives, condensed to the
//!   values.
//! * [`linear`]: their systems; [`dense`] and [`sparse`]: factors.
//! * [`path`]: from uniform play to the game's precisions; [`newton`]: the last digits, or all of them
//!   from a start that is given.
//! * [`certificate`]: the answer checked by code of its own.

pub mod anderson;
pub mod certificate;
pub mod dense;
pub mod derivative;
pub mod equations;
pub mod flow;
pub mod linear;
pub mod newton;
pub mod path;
mod response;
pub mod sparse;
pub mod typed;

use super::layout::Layout;
use super::{Observer, Options, Solution, SolveError, SolveReport, StrategyTable};
use crate::belief::BeliefGrid;
use crate::game::{Game, Noise, Phase, PrecisionScale};
use derivative::Evaluation;
use equations::System;
use linear::{Plan, Solver};
use serde::Serialize;

/// Unknowns that are solved for at most.
pub const MAX_UNKNOWNS: usize = 500_000;

/// Which of the stationary solutions was found, and how.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "branch", rename_all = "snake_case")]
pub enum Branch {
    /// The branch that starts at uniform play, at its first arrival at the game's precisions.
    Principal {
        /// Points of the path.
        points: u64,
        /// Folds passed.
        folds: u64,
        /// Places where another branch crosses; the path went straight on.
        crossings: u64,
        /// Were all points of the path watched for such places?
        watched: bool,
    },
    /// The solution to which Newton's method leads from a profile that was given.
    NearStart {
        /// Newton steps.
        steps: u64,
        /// max |σ − σ of the start|.
        moved: f64,
    },
    /// With private types: the solution found by solving round after round, each from what the one after
    /// it is worth, as a plan does that looks ever further ahead; some rounds were extrapolated.
    FarSighted {
        /// Rounds solved.
        rounds: u64,
        /// Largest change of a value in one round, over 1 − δ.
        residual: f64,
        /// Largest change of a choice probability in one round.
        changed: f64,
        /// What a small change of what is expected becomes in one round back, on average over many:
        /// below 1 where longer plans lead to this solution from close by.
        growth: f64,
    },
}

impl Branch {
    /// In words.
    pub fn words(&self) -> String {
        match self {
            Self::Principal {
                folds,
                crossings,
                watched,
                ..
            } => {
                let times = |n: u64, what: &str, many: &str| match n {
                    1 => format!("one {what}"),
                    n => format!("{n} {many}"),
                };
                let mut text = "principal, followed from uniform play".to_owned();
                if *folds > 0 {
                    text += &format!(" over {}", times(*folds, "fold", "folds"));
                }
                if *crossings > 0 {
                    text += &format!(
                        "; bifurcation crossed at {}, straight on",
                        times(*crossings, "place", "places")
                    );
                }
                if !watched {
                    text += "; too large to watch for bifurcations";
                }
                text
            }
            Self::NearStart { moved, .. } => {
                if *moved < 1e-9 {
                    "at the start that was given".to_owned()
                } else {
                    format!("near the start that was given, choices moved by at most {moved:.1e}")
                }
            }
            Self::FarSighted {
                rounds,
                residual,
                changed,
                growth,
            } => {
                let leads = if *growth < 1.0 {
                    "longer plans lead to it from close by"
                } else {
                    "plans of so many rounds do not settle there, however long"
                };
                format!(
                    "where {rounds} rounds of ever longer foresight lead, extrapolated; in one more \
                     round values change by {residual:.1e} (over 1 − δ) and choices by {changed:.1e}; \
                     {leads} (a small change becomes {growth:.3} of itself in a round)"
                )
            }
        }
    }
}

/// Play from which Newton's method starts: phase → node → ln σ of the moves, movers in their order
/// (empty for events).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Profile(pub Vec<Vec<Vec<f64>>>);

/// Why `game` has no stationary solution here.
///
/// # Errors
/// What stands in the way, and what to do instead.
pub fn refuse(game: &Game) -> Result<(), SolveError> {
    let refused = |what: String, instead: &str| {
        Err(SolveError::Refused {
            what,
            instead: instead.into(),
        })
    };
    if let Some(actor) = game.actors.iter().find(|a| !(a.discount < 1.0)) {
        return refused(
            format!(
                "`foresight unbounded` needs a discount, and {} has none",
                actor.name
            ),
            "give a discount factor below 1, or write `foresight N rounds`",
        );
    }
    if game.precision_scale == PrecisionScale::Discounted {
        return refused(
            "discounted precision counts from the start of a plan, and `foresight unbounded` has none"
                .into(),
            "leave the precision as it is",
        );
    }
    if game.noise == Noise::Taste {
        // Who only keeps accounts has no tastes.
        let moves = |actor: usize| {
            (game.phases.iter()).any(|phase| match phase {
                Phase::Move(phase) => phase.actors.contains(&(actor as u32)),
                Phase::Events(_) => false,
            })
        };
        let actors = game.actors.iter().enumerate();
        let mut infinite = actors.filter(|(i, a)| !(a.precision > 0.0) && moves(*i));
        if let Some((_, actor)) = infinite.next() {
            return refused(
                format!(
                    "under `noise taste` a precision of 0 makes tastes worth infinitely much: {}",
                    actor.name
                ),
                "give a precision above 0",
            );
        }
        let kinds = game.phases.iter().any(|phase| match phase {
            Phase::Move(phase) => phase.node_kinds.iter().flatten().any(|kinds| {
                let mut seen = kinds.clone();
                seen.sort_unstable();
                seen.windows(2).any(|w| w[0] == w[1])
            }),
            Phase::Events(_) => false,
        });
        if kinds {
            return refused(
                "kinds of moves have no meaning under `noise taste`".into(),
                "write `noise error`, or leave the kinds out",
            );
        }
    }
    Ok(())
}

/// Predicted size of the solver's tables in bytes, before anything is worked out; without private types
/// the factors come on top, within what is left.
pub fn predicted_bytes(game: &Game, options: &Options) -> u128 {
    if game.has_types() {
        return typed::predicted_bytes(game, options);
    }
    let layout = Layout::of(game);
    let system = System::new(game, &layout);
    bytes(&system)
}

fn bytes(system: &System) -> u128 {
    // Neighbours while they are ordered, and vectors beside the tables.
    (system.bytes() + 16 * system.flow.entries() + 200 * system.unknowns) as u128
        + Solver::vector_bytes(system.condensed())
}

/// A system with what solves it.
pub(crate) struct Prepared<'a> {
    /// The equations.
    pub system: System<'a>,
    /// Ordered, nothing factored.
    pub plan: Plan,
}

/// Checks that `game` is of the kind and fits, and orders its equations.
pub(crate) fn prepare<'a>(
    game: &'a Game,
    layout: &'a Layout,
    options: &Options,
) -> Result<Prepared<'a>, SolveError> {
    refuse(game)?;
    if let Some(actor) = game.actors.iter().find(|a| a.types.len() > 1) {
        return Err(SolveError::Refused {
            what: format!(
                "stationary play is searched for at all states at once, without private types, and {} \
                 has {}",
                actor.name,
                actor.types.len()
            ),
            instead: "give every actor one type".into(),
        });
    }
    let system = System::new(game, layout);
    if system.unknowns > MAX_UNKNOWNS {
        return Err(SolveError::Refused {
            what: format!(
                "`foresight unbounded` solves for every value and choice at once, {} unknowns here ({MAX_UNKNOWNS} at most)",
                system.unknowns
            ),
            instead: "use fewer levels or moves, or `foresight N rounds`".into(),
        });
    }
    let needed = bytes(&system);
    let too_large = |needed: u128| {
        let advice = "use fewer levels or moves, or allow more with --memory";
        SolveError::too_large(needed, options, advice)
    };
    if needed > u128::from(options.memory) {
        return Err(too_large(needed));
    }
    let left = options.memory - u64::try_from(needed).unwrap_or(options.memory);
    let plan = Plan::of(&system, left);
    if needed + plan.bytes > u128::from(options.memory) {
        return Err(too_large(needed + plan.bytes));
    }
    Ok(Prepared { system, plan })
}

/// Solves `game`.
pub(super) fn solve(
    game: &Game,
    options: &Options,
    observer: &dyn Observer,
) -> Result<Solution, SolveError> {
    if game.has_types() {
        return typed::solve(game, options, observer);
    }
    let layout = Layout::of(game);
    let Prepared { system, plan } = prepare(game, &layout, options)?;
    let mut solver = Solver::new(plan);
    let mut y = Vec::new();
    let mut report = SolveReport::default();
    let relative;
    match &options.start {
        Some(profile) => {
            y = from_profile(&system, &mut solver, profile)?;
            let before = y.clone();
            let mut out = Evaluation::default();
            let ended = newton::newton(&system, &mut solver, &mut out, &mut y, 1.0, true);
            relative = ended.relative;
            report.residual = ended.residual;
            report.iterations = ended.steps;
            report.branch = Some(Branch::NearStart {
                steps: ended.steps,
                moved: moved(&system, &before, &y),
            });
        }
        None => {
            let followed = path::follow(&system, &mut solver, &mut y, observer)?;
            relative = followed.relative;
            report.residual = followed.residual;
            report.iterations = followed.iterations;
            report.paths = 1;
            report.folds = followed.folds;
            report.branch = Some(Branch::Principal {
                points: followed.points,
                folds: followed.folds,
                crossings: followed.crossings,
                watched: followed.watched,
            });
            if !(relative <= newton::ACCEPTED) {
                return Err(SolveError::NoStationary {
                    how: format!(
                        "the path from uniform play stopped at {:.4} of the precisions",
                        followed.kappa
                    ),
                    residual: followed.residual,
                });
            }
        }
    }
    if !(relative <= newton::ACCEPTED) {
        return Err(SolveError::NoStationary {
            how: "Newton's method from the start that was given did not close".into(),
            residual: report.residual,
        });
    }
    system.each_choice(|_, _, _, _| report.stages += 1);
    drop(solver);
    Ok(solution(&system, options, &y, report))
}

/// max |σ − σ'|.
pub(crate) fn moved(system: &System, a: &[f64], b: &[f64]) -> f64 {
    let mut largest = 0.0f64;
    system.each_choice(|_, p, n, _| {
        let pairs = system.log_sigma(a, p, n).into_iter();
        for (x, y) in pairs.zip(system.log_sigma(b, p, n)) {
            largest = largest.max((crate::math::exp(x) - crate::math::exp(y)).abs());
        }
    });
    largest
}

/// The point at which play is `profile` and values are what it earns.
pub(crate) fn from_profile(
    system: &System,
    solver: &mut Solver,
    profile: &Profile,
) -> Result<Vec<f64>, SolveError> {
    let mut y = vec![0.0; system.unknowns];
    let mut fits = true;
    let game = system.game;
    for (p, phase) in game.phases.iter().enumerate() {
        let Phase::Move(phase) = phase else { continue };
        for n in 0..phase.nodes() {
            let mut at = system.ratios(system.node(p, n)).start;
            let logs = profile.0.get(p).and_then(|nodes| nodes.get(n));
            let moves: usize = phase.node_moves[n].iter().map(Vec::len).sum();
            let Some(logs) = logs.filter(|l| l.len() == moves && l.iter().all(|x| x.is_finite()))
            else {
                fits = false;
                continue;
            };
            let mut first = 0;
            for moves in &phase.node_moves[n] {
                for a in 1..moves.len() {
                    y[at] = logs[first + a] - logs[first];
                    at += 1;
                }
                first += moves.len();
            }
        }
    }
    if !fits {
        return Err(SolveError::Refused {
            what: "the start that was given is not of this game, or holds a probability of 0"
                .into(),
            instead: "give every choice of every state a probability above 0".into(),
        });
    }
    value_of(system, solver, &mut y).ok_or_else(|| SolveError::NoStationary {
        how: "the values of the start that was given were not found".into(),
        residual: f64::INFINITY,
    })?;
    Ok(y)
}

/// Puts the values that the play in `y` earns beside it: linear in them.
pub(crate) fn value_of(system: &System, solver: &mut Solver, y: &mut [f64]) -> Option<()> {
    let n = system.unknowns;
    let mut out = Evaluation::default();
    // At κ = 0 log-ratios ask for nothing of the values, so a step that leaves them moves values alone.
    system.evaluate(y, 0.0, &mut out);
    let mut border = vec![0.0; n + 1];
    border[n] = 1.0;
    system.border(&mut out, &border);
    let mut right = vec![0.0; n + 1];
    for k in 0..n {
        if !system.ratio[k] {
            right[k] = -out.residual[k];
        }
    }
    let mut step = vec![0.0; n + 1];
    solver.solve(system, &out, &right, &mut step)?;
    for k in 0..n {
        if !system.ratio[k] {
            y[k] += step[k];
        }
    }
    Some(())
}

/// The tables of the solution at `y`.
fn solution(system: &System, options: &Options, y: &[f64], report: SolveReport) -> Solution {
    let game = system.game;
    let actors = game.actors.len();
    let mut values = Vec::new();
    let mut strategies = Vec::new();
    for (p, phase) in game.phases.iter().enumerate() {
        let mut table = Vec::with_capacity((phase.nodes() + game.ends.len()) * actors);
        let mut play = StrategyTable::default();
        for n in 0..phase.nodes() {
            let at = system.first(system.node(p, n));
            table.extend_from_slice(&y[at..at + actors]);
            if let Phase::Move(moves) = phase {
                let mut first = play.log_sigma.len();
                for moves in &moves.node_moves[n] {
                    play.start.push(first);
                    first += moves.len();
                }
                play.log_sigma.extend(system.log_sigma(y, p, n));
            }
        }
        for e in 0..game.ends.len() {
            table.extend_from_slice(system.end(e));
        }
        if let Phase::Move(_) = phase {
            play.start.push(play.log_sigma.len());
        }
        values.push(table);
        strategies.push(play);
    }
    Solution {
        grid: BeliefGrid::new(game, options.belief_points, options.stencil),
        layout: system.layout.clone(),
        strategies: vec![strategies],
        after: values[0].clone(),
        values: vec![values],
        report,
    }
}
