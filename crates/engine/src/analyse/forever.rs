//! What stationary play earns for ever by account, without private types.
//!
//! With everybody's play held, what comes to one account is linear in what is paid into it: it solves
//! the [equations](crate::solve::stationary) of values with these payments alone.

use super::resolve::AnalysisError;
use super::terms::{AFTERWARDS, Column, ENDS, MOVES};
use crate::game::{Game, Noise, Phase};
use crate::solve::stationary::linear::Solver;
use crate::solve::stationary::{self, Prepared, Profile};
use crate::solve::{Options, Solution, SolveError};

/// Values of the nodes of the first phase by account, `[node * columns + column]`, in the stationary
/// solution `plan` of `game`.
///
/// # Errors
/// Private types, or linear equations that were not solved.
pub(super) fn values(
    game: &Game,
    plan: &Solution,
    columns: &[Column],
) -> Result<Vec<f64>, AnalysisError> {
    let profile = profile(game, plan);
    let nodes = plan.layout.nodes[0];
    let mut table = vec![0.0; nodes * columns.len()];
    for group in groups(game, columns) {
        let alone = alone(game, columns, &group);
        let Prepared { system, plan } =
            stationary::prepare(&alone, &plan.layout, &Options::default())?;
        let mut solver = Solver::new(plan);
        let mut y = stationary::from_profile(&system, &mut solver, &profile)?;
        // Once more, for the digits that one solution of the linear equations leaves open.
        stationary::value_of(&system, &mut solver, &mut y).ok_or_else(|| {
            AnalysisError::from(SolveError::NoStationary {
                how: "what the terms of payoffs come to for ever was not found".into(),
                residual: f64::INFINITY,
            })
        })?;
        for n in 0..nodes {
            let first = system.first(system.node(0, n));
            for c in &group {
                table[n * columns.len() + c] = y[first + columns[*c].actor];
            }
        }
    }
    Ok(table)
}

/// Accounts that can be paid in one game, at most one an actor; those of tastes together.
fn groups(game: &Game, columns: &[Column]) -> Vec<Vec<usize>> {
    let paid = |c: &&usize| columns[**c].name != AFTERWARDS || columns[**c].term().is_some();
    let all: Vec<usize> = (0..columns.len()).collect();
    let own = |actor: usize| {
        let of = move |c: &&usize| columns[**c].actor == actor && !columns[**c].is_tastes();
        all.iter().filter(paid).filter(of).copied().collect()
    };
    let own: Vec<Vec<usize>> = (0..game.actors.len()).map(own).collect();
    let most = own.iter().map(Vec::len).max().unwrap_or(0);
    let each = |k: usize| own.iter().filter_map(|of| of.get(k)).copied().collect();
    let mut groups: Vec<Vec<usize>> = (0..most).map(each).collect();
    let tastes = all.iter().filter(|c| columns[**c].is_tastes());
    groups.push(tastes.copied().collect());
    groups.retain(|group| !group.is_empty());
    groups
}

/// The game in which nothing is paid but these accounts, one an actor.
fn alone(game: &Game, columns: &[Column], group: &[usize]) -> Game {
    let mut alone = game.clone();
    let seats = game.seats();
    alone.noise = Noise::Error;
    for phase in &mut alone.phases {
        match phase {
            Phase::Move(phase) => phase.payoff.fill(0.0),
            Phase::Events(phase) => phase.payoff.fill(0.0),
        }
    }
    for end in &mut alone.ends {
        end.value.fill(0.0);
        end.flow.fill(0.0);
    }
    for column in group.iter().map(|c| &columns[*c]) {
        let seat = column.actor;
        if column.is_tastes() {
            alone.noise = Noise::Taste;
        } else if let Some(term) = column.term() {
            let flow = &game.terms[term].flow;
            let events = alone.phases.iter_mut().find_map(|phase| match phase {
                Phase::Events(phase) => Some(phase),
                Phase::Move(_) => None,
            });
            if let Some(phase) = events {
                for (n, state) in phase.node_state.iter().enumerate() {
                    phase.payoff[n * seats + seat] = flow[*state as usize];
                }
            }
        } else if column.name == MOVES {
            for (to, from) in alone.phases.iter_mut().zip(&game.phases) {
                if let (Phase::Move(to), Phase::Move(from)) = (to, from) {
                    let own = to.payoff.iter_mut().zip(&from.payoff);
                    own.skip(seat)
                        .step_by(seats)
                        .for_each(|(to, from)| *to = *from);
                }
            }
        } else if column.name == ENDS {
            for (to, from) in alone.ends.iter_mut().zip(&game.ends) {
                (to.value[seat], to.flow[seat]) = (from.value[seat], from.flow[seat]);
            }
        }
    }
    alone
}

/// The play of a solution.
fn profile(game: &Game, plan: &Solution) -> Profile {
    let of = |(p, phase): (usize, &Phase)| match phase {
        Phase::Events(_) => Vec::new(),
        Phase::Move(phase) => {
            let table = &plan.strategies[0][p];
            let movers = phase.actors.len();
            let node = |n: usize| {
                (0..movers)
                    .flat_map(move |m| table.mover(n, m, movers))
                    .copied()
            };
            (0..phase.nodes()).map(|n| node(n).collect()).collect()
        }
    };
    Profile(game.phases.iter().enumerate().map(of).collect())
}
