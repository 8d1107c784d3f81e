//! Causes: how much of each outcome is owed to each part of the scenario, by Shapley's value.
//!
//! The crisis is solved anew with every set of switches on; v(S) is the probability of an outcome with
//! the set S on. The value of switch i is the mean, over all orders of turning them on, of what it
//! adds,
//!
//!   φ_i = Σ_{S ∌ i} |S|! (n − |S| − 1)! / n! · (v(S ∪ i) − v(S))
//!
//! (Shapley 1953), so that v(∅) + Σ φ_i = v(all): shares add before any normalisation. *But-for* turns
//! one switch off: strategically, everybody knowing it and playing anew, v(all without i); and
//! mechanically, with strategies and inferences as they are and only the course of events changed.

use super::evaluate::{at_once, each_side_by_side};
use super::freezing::Quiet;
use super::mechanical::mechanical;
use super::resolve::{AnalysisError, Number, read, reduced, solved};
use super::switches::{MOST, Switch};
use super::variation::Variation;
use crate::belief::BeliefGrid;
use crate::forecast::profiles;
use crate::game::{Game, Phase};
use crate::solve::{self, Observer, Solution, SolveReport, StrategyTable};
use climbdown_lang::Scenario;
use serde::Serialize;

/// What the numbers of [`Causes`] mean.
pub const DEFINITION: &str = "Shapley value of each switch over the crisis solved anew with every set \
     of them on, in probability; with what is left when all are off they add to the outcome";

/// What the but-for numbers mean.
pub const BUT_FOR: &str = "probability with this switch alone off: mechanical, with strategies and \
     beliefs as they are; strategic, solved anew";

/// The causes of all outcomes.
#[derive(Clone, Debug, Serialize)]
pub struct Causes {
    /// What is measured.
    pub definition: &'static str,
    /// What the but-for numbers are.
    pub but_for: &'static str,
    /// Grid points along each belief axis, in all solutions alike.
    pub belief_points: usize,
    /// Solutions of the game.
    pub solutions: u64,
    /// The switches.
    pub switches: Vec<Switch>,
    /// One entry an outcome.
    pub outcomes: Vec<OutcomeCauses>,
}

/// The causes of one outcome.
#[derive(Clone, Debug, Serialize)]
pub struct OutcomeCauses {
    /// Name of the outcome class or question.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// Probability with everything on.
    pub all: f64,
    /// Probability with every switch off.
    pub none: f64,
    /// Shapley value by switch; with `none` they add to `all`.
    pub values: Vec<f64>,
    /// `none` + Σ values − `all`: rounding.
    pub sum_error: f64,
    /// But-for, by switch.
    pub without: Vec<ButFor>,
}

/// Probability with one switch off.
#[derive(Clone, Debug, Serialize)]
pub struct ButFor {
    /// With strategies and beliefs as they are; `None` where that means nothing, see `reason`.
    pub mechanical: Option<f64>,
    /// Solved anew.
    pub strategic: f64,
    /// Why there is no mechanical number.
    pub reason: Option<String>,
}

/// Takes the outcomes apart by `switches`.
///
/// # Errors
/// [`AnalysisError`]: too many switches, or a set of them whose crisis is not solved.
pub fn causes(
    scenario: &Scenario,
    switches: &[Switch],
    options: &solve::Options,
    observer: &dyn Observer,
) -> Result<Causes, AnalysisError> {
    let n = switches.len();
    if n > MOST {
        return Err(AnalysisError::Question(format!(
            "{n} switches need 2^{n} solutions; take at most {MOST} at once"
        )));
    }
    let base = reduced(scenario);
    let information = switches.iter().position(|s| s.private_information);
    let varied = |on: usize| -> Variation {
        let mut variation = Variation::default();
        let mut off = Vec::new();
        for (i, switch) in switches.iter().enumerate() {
            if on >> i & 1 == 0 {
                off.push(switch.name.as_str());
                variation.changes.extend_from_slice(&switch.changes);
            }
        }
        variation.name = format!("without {}", off.join(", "));
        variation
    };
    // A set without private information is read off the solution of the one with it.
    let readings = |game: &Game, solution: &Solution, quiet: &dyn Observer| {
        let known = match information {
            Some(_) => known_types(game, solution, quiet)?,
            None => Vec::new(),
        };
        Ok::<_, AnalysisError>([read(game, solution, quiet)?, known])
    };
    let quiet = Quiet(observer);
    let all = (1usize << n) - 1;
    let (game, solution) = solved(&base, "the scenario", options, &quiet)?;
    let whole = readings(&game, &solution, &quiet)?;
    let sets: Vec<usize> = (0..all)
        .rev()
        .filter(|on| information.is_none_or(|i| on >> i & 1 == 1))
        .collect();
    let workers = at_once(&game, options);
    let each = each_side_by_side(sets.len(), workers, "causes", observer, |k, quiet| {
        let variation = varied(sets[k]);
        let changed = variation.apply(&base)?;
        let (game, solution) = solved(&changed, &variation.name, options, quiet)?;
        readings(&game, &solution, quiet)
    })?;
    let solutions = 1 + sets.len() as u64;
    // v(S) for every S, as a bit mask of the switches that are on.
    let mut worth: Vec<Vec<Number>> = vec![Vec::new(); 1 << n];
    let each = sets.into_iter().zip(each);
    for (on, found) in std::iter::once((all, Ok(whole))).chain(each) {
        let [as_is, known] = found?;
        worth[on] = as_is;
        if let Some(i) = information {
            worth[on & !(1 << i)] = known;
        }
    }
    let frozen = each_side_by_side(n, workers, "but for", observer, |k, quiet| {
        mechanical(&base, &switches[k], &game, &solution, quiet)
    })?;
    let frozen = frozen.into_iter().collect::<Result<Vec<_>, _>>()?;
    let (weights, full) = (weights(n), all);
    let outcomes = worth[full].iter().enumerate().map(|(c, number)| {
        let v = |on: usize| worth[on].get(c).map_or(0.0, |x| x.probability);
        let values: Vec<f64> = (0..n)
            .map(|i| {
                (0..=full)
                    .filter(|on| on >> i & 1 == 0)
                    .map(|on| weights[on.count_ones() as usize] * (v(on | 1 << i) - v(on)))
                    .sum()
            })
            .collect();
        let without = (0..n).map(|i| ButFor {
            strategic: v(full & !(1 << i)),
            mechanical: frozen[i].as_ref().ok().map(|x| x[c].probability),
            reason: frozen[i].as_ref().err().cloned(),
        });
        OutcomeCauses {
            name: number.name.clone(),
            label: number.label.clone(),
            all: v(full),
            none: v(0),
            sum_error: v(0) + values.iter().sum::<f64>() - v(full),
            without: without.collect(),
            values,
        }
    });
    Ok(Causes {
        definition: DEFINITION,
        but_for: BUT_FOR,
        belief_points: options.belief_points,
        solutions,
        switches: switches.to_vec(),
        outcomes: outcomes.collect(),
    })
}

impl Causes {
    /// The numbers of the scenario as written.
    pub fn as_written(&self) -> Vec<Number> {
        let number = |o: &OutcomeCauses| Number {
            name: o.name.clone(),
            label: o.label.clone(),
            probability: o.all,
        };
        self.outcomes.iter().map(number).collect()
    }
}

/// Weights of the Shapley value of `n` members: |S|! (n − |S| − 1)! / n! by the size of S.
pub fn weights(n: usize) -> Vec<f64> {
    (0..n)
        .map(|size| {
            // 1 / (n · C(n−1, size))
            let mut choose = 1.0;
            for k in 0..size {
                choose = choose * (n - 1 - k) as f64 / (k + 1) as f64;
            }
            1.0 / (n as f64 * choose)
        })
        .collect()
}

/// The numbers when everybody knows everybody's type: each combination of types is forecast from
/// certain beliefs, which stay certain, and weighted by its prior. Beliefs that never move are none: the
/// forecast is that of a game without private types, in which all play as they do at that corner of the
/// belief grid.
///
/// # Errors
/// [`AnalysisError::Solve`].
pub fn known_types(
    game: &Game,
    solution: &Solution,
    observer: &dyn Observer,
) -> Result<Vec<Number>, AnalysisError> {
    let known = untyped(game);
    let grid = BeliefGrid::new(&known, solution.grid.axis.points, solution.grid.axis.width);
    let mut layout = solution.layout.clone();
    layout.seats = known.seats();
    let mut known_play = Solution {
        grid,
        layout,
        strategies: Vec::new(),
        values: Vec::new(),
        after: Vec::new(),
        report: SolveReport::default(),
    };
    let mut sum: Vec<Number> = Vec::new();
    for (types, weight) in profiles(game) {
        known_play.strategies = at_corner(game, solution, &types);
        let numbers = read(&known, &known_play, observer)?;
        if sum.is_empty() {
            sum = numbers;
            sum.iter_mut().for_each(|n| n.probability *= weight);
        } else {
            for (total, number) in sum.iter_mut().zip(&numbers) {
                total.probability += weight * number.probability;
            }
        }
    }
    Ok(sum)
}

/// The game as its forecast without payoffs needs it, each actor having one type only.
fn untyped(game: &Game) -> Game {
    let mut known = game.clone();
    known.terms.clear();
    for actor in &mut known.actors {
        actor.types.truncate(1);
        for kind in &mut actor.types {
            (kind.prior, kind.weight) = (1.0, 1.0);
        }
    }
    let seats = known.seats();
    for phase in &mut known.phases {
        match phase {
            Phase::Move(phase) => {
                phase.payoff =
                    vec![0.0; phase.alternative_outcomes.len().saturating_sub(1) * seats];
            }
            Phase::Events(phase) => phase.payoff = vec![0.0; phase.nodes() * seats],
        }
    }
    for end in &mut known.ends {
        for values in [&mut end.value, &mut end.flow, &mut end.after] {
            *values = vec![0.0; seats];
        }
    }
    known.afterwards = vec![0.0; known.states.len() * seats];
    known.afterwards_belief.clear();
    known
}

/// What is played where everybody is known to be of these types: round → phase → strategies.
fn at_corner(game: &Game, solution: &Solution, types: &[usize]) -> Vec<Vec<StrategyTable>> {
    let grid = &solution.grid;
    let certain = |point: &usize| {
        let mut actors = types.iter().enumerate();
        actors.all(|(a, kind)| grid.belief(a, *point)[*kind] == 1.0)
    };
    let corner = (0..grid.points).find(certain).unwrap_or(0);
    let of_phase = |phase: &Phase, table: &StrategyTable| {
        let mut known = StrategyTable::default();
        let Phase::Move(phase) = phase else {
            return known;
        };
        known.start.push(0);
        for (n, moves) in phase.node_moves.iter().enumerate() {
            for (m, (actor, moves)) in phase.actors.iter().zip(moves).enumerate() {
                let actor = *actor as usize;
                let first = corner * game.actors[actor].types.len() + types[actor];
                let all = table.mover(n, m, phase.actors.len());
                let own = all.iter().skip(first * moves.len()).take(moves.len());
                known.log_sigma.extend(own);
                known.start.push(known.log_sigma.len());
            }
        }
        known
    };
    let round = |tables: &Vec<StrategyTable>| {
        let phases = game.phases.iter().zip(tables);
        phases
            .map(|(phase, table)| of_phase(phase, table))
            .collect()
    };
    solution.strategies.iter().map(round).collect()
}
