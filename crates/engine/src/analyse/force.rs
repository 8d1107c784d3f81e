//! What force costs: the expected discounted payoff of everybody, by named term, with a use of force
//! now, less the same with the user's best alternative that uses none.

use super::apart;
use super::draws;
use super::evaluate::{Settings, at_once, each_side_by_side};
use super::places::{self, Met};
use super::plan::whole;
use super::range::Spread;
use super::resolve::{AnalysisError, compiled};
use super::terms::{Place, Terms, Worth};
use crate::game::{Game, Label, Phase};
use crate::math::largest;
use crate::play::BeliefLayout;
use crate::solve::{Observer, Solution};
use climbdown_lang::Scenario;
use climbdown_lang::scenario::{Change, MoveId};
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::collections::hash_map::Entry;

/// What the numbers mean, in a line.
pub const DEFINITION: &str = "expected discounted payoff, by named term, with this use of force now, \
     less that with the mover's best alternative that uses none, as planned: over the foresight and \
     what comes after it, or for ever, in the scenario's units of payoff; a cost has a minus sign, and nothing is \
     added across actors";

/// Settings.
#[derive(Clone, Debug, Serialize)]
pub struct Options {
    /// Simulated paths, with exact beliefs, from which the decisions are taken.
    pub trajectories: u64,
    /// Seed of the paths and of the futures.
    pub seed: u64,
    /// Futures over which the spread is taken; 0 for none.
    pub futures: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            trajectories: 1000,
            seed: 1,
            futures: 16,
        }
    }
}

/// The cost of force.
#[derive(Clone, Debug, Serialize)]
pub struct Force {
    /// What is measured.
    pub definition: &'static str,
    /// Futures solved for the spread.
    pub futures: usize,
    /// Largest difference between a planned total and the sum of its terms.
    pub error: f64,
    /// One a kind of force.
    pub uses: Vec<Use>,
}

/// One kind of force.
#[derive(Clone, Debug, Serialize)]
pub struct Use {
    /// Who uses it.
    pub actor: String,
    /// The move, "actor.move".
    #[serde(rename = "move")]
    pub mv: String,
    /// Text for people.
    pub label: String,
    /// Round of the decision that is looked at: the first in which the move is open.
    pub round: Option<u32>,
    /// The likeliest state there; `None` when the move is open on no path.
    pub state: Option<String>,
    /// By type of the user.
    pub types: Vec<ByType>,
}

/// A use of force by one type.
#[derive(Clone, Debug, Serialize)]
pub struct ByType {
    /// Type; empty where the actor has none.
    #[serde(rename = "type")]
    pub kind: String,
    /// Public belief in it.
    pub weight: f64,
    /// Its best alternative that uses no force.
    pub alternative: String,
    /// Probability of this use of force, given a decision.
    pub probability: f64,
    /// What it means to everybody.
    pub payers: Vec<Payer>,
}

/// What force means to one actor of one type.
#[derive(Clone, Debug, Serialize)]
pub struct Payer {
    /// Who.
    pub actor: String,
    /// Of which type; empty where it has none.
    #[serde(rename = "type")]
    pub kind: String,
    /// Never moves.
    pub passive: bool,
    /// Planned value with force less planned value without.
    pub total: f64,
    /// Over the futures.
    pub spread: Option<Spread>,
    /// Its parts.
    pub terms: Vec<Part>,
}

/// One term.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// Name of the payoff term; "moves" for payments at moves, "ends" for ends of the crisis,
    /// "afterwards" for what the block of that name says, "tastes" for what tastes are worth.
    pub name: String,
    /// With force.
    pub force: f64,
    /// With the alternative.
    pub alternative: f64,
    /// The one less the other.
    pub difference: f64,
    /// Of the difference, over the futures.
    pub spread: Option<Spread>,
}

/// A move as it is called in the game.
pub fn name(scenario: &Scenario, id: MoveId) -> Option<String> {
    let mv = scenario.moves.get(id.0 as usize)?;
    let actor = scenario.actors.get(mv.actor.0 as usize)?;
    Some(format!("{}.{}", actor.name, mv.name))
}

/// Moves that can raise the ladder: an effect of theirs is written to, and in some state it does.
pub fn kinds(scenario: &Scenario, game: &Game) -> Vec<MoveId> {
    let Some(ladder) = scenario.variables.iter().position(|v| v.is_ladder) else {
        return Vec::new();
    };
    let raises = |mv: &&MoveId| {
        let outcomes = &scenario.moves[mv.0 as usize].outcomes;
        let mut effects = outcomes.iter().flat_map(|o| &o.effects);
        effects.any(|e| {
            e.variable.0 as usize == ladder
                && match e.change {
                    Change::Step(n) => n > 0,
                    Change::To(level) | Change::AtLeast(level) => level > 0,
                    Change::AtMost(_) => false,
                }
        })
    };
    let ids: Vec<MoveId> = (0..scenario.moves.len() as u32).map(MoveId).collect();
    ids.iter()
        .filter(raises)
        .filter(|id| label(scenario, game, **id).is_some_and(|l| lifts(game, ladder, l)))
        .copied()
        .collect()
}

/// The label by which the game knows a move.
pub fn label(scenario: &Scenario, game: &Game, id: MoveId) -> Option<Label> {
    let name = name(scenario, id)?;
    let at = game.labels.iter().position(|l| *l == name)?;
    Some(at as Label)
}

/// Does the move raise the ladder anywhere?
fn lifts(game: &Game, ladder: usize, label: Label) -> bool {
    let rung = |s: u32| game.variables[ladder].of_state[s as usize];
    game.phases.iter().any(|phase| {
        let Phase::Move(phase) = phase else {
            return false;
        };
        (0..phase.nodes()).any(|n| {
            let from = rung(phase.node_state[n]);
            let holds = |a: &usize| {
                let mut moves = phase.node_moves[n].iter().enumerate();
                moves.any(|(m, moves)| moves[phase.move_of(*a, m)] == label)
            };
            phase.alternatives(n).filter(holds).any(|a| {
                phase
                    .outcomes(a)
                    .any(|o| phase.outcome_true[o] > 0.0 && rung(phase.outcome_next[o]) > from)
            })
        })
    })
}

/// Says of a game, before it is solved, why its price of force cannot be told.
///
/// # Errors
/// [`AnalysisError::Question`].
pub fn refuse(game: &Game) -> Result<(), AnalysisError> {
    apart::by_term(game, "the price of force")
}

/// The cost of each of the moves `uses`; no move at all is asked about force in general: every move
/// that can raise the ladder. `plan` is the [whole] one of the game; `coarse` is for the futures.
///
/// # Errors
/// Nothing that is force, a game that is not solved, or interrupted.
pub fn force(
    scenario: &Scenario,
    game: &Game,
    uses: &[MoveId],
    plan: &Solution,
    coarse: &Settings,
    options: &Options,
    observer: &dyn Observer,
) -> Result<Force, AnalysisError> {
    refuse(game)?;
    let all = kinds(scenario, game);
    let asked = if uses.is_empty() { &all[..] } else { uses };
    if asked.is_empty() {
        let why = if scenario.variables.iter().any(|v| v.is_ladder) {
            "no move of this scenario can raise its ladder: name the moves that are force"
        } else {
            "the scenario has no `ladder`, so it does not say which moves are force: declare one, or \
             name the moves"
        };
        return Err(AnalysisError::Question(why.to_owned()));
    }
    // A move that is asked about is force too, and no alternative to force.
    let forces: Vec<Label> = all
        .iter()
        .chain(uses)
        .filter_map(|id| label(scenario, game, *id))
        .collect();
    let decisions = places::met(game, plan, options.trajectories, options.seed);
    let mut at: Vec<Option<&Met>> = Vec::new();
    for id in asked {
        let wanted = label(scenario, game, *id);
        let fits = |m: &&Met| {
            places::open(game, m.phase, m.node).is_some_and(|(_, moves)| {
                moves.iter().any(|l| Some(*l) == wanted)
                    && moves.iter().any(|l| !forces.contains(l))
            })
        };
        at.push(places::first(decisions.iter().filter(fits)));
    }
    let mut found = Vec::new();
    let mut error: f64 = 0.0;
    let mut rounds: FxHashMap<usize, Terms> = FxHashMap::default();
    for (id, met) in asked.iter().zip(&at) {
        let mut used = blank(scenario, game, *id);
        if let Some(met) = met {
            let terms = in_round(&mut rounds, (game, plan), met.round, observer)?;
            let worths = terms.at(met.place());
            for worth in &worths {
                error = largest([error, apart(terms, worth)]);
            }
            used.round = Some(met.round);
            used.state = Some(met.state.clone());
            used.types = by_type(scenario, terms, met, &worths, (*id, &forces));
        }
        found.push(used);
    }
    let spreads = spread(
        scenario, game, asked, &at, &forces, coarse, options, observer,
    )?;
    fill(&mut found, &spreads);
    Ok(Force {
        definition: DEFINITION,
        futures: spreads.len(),
        error,
        uses: found,
    })
}

/// The values of a round by term, taken apart once for all rounds in which the same is planned.
fn in_round<'t, 'a>(
    rounds: &'t mut FxHashMap<usize, Terms<'a>>,
    (game, plan): (&'a Game, &'a Solution),
    round: u32,
    observer: &dyn Observer,
) -> Result<&'t Terms<'a>, AnalysisError> {
    Ok(match rounds.entry(plan.plan_round(game, round)) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(free) => free.insert(Terms::of(game, plan, round, observer)?),
    })
}

fn blank(scenario: &Scenario, game: &Game, id: MoveId) -> Use {
    let mv = &scenario.moves[id.0 as usize];
    Use {
        actor: game.actors[mv.actor.0 as usize].name.clone(),
        mv: name(scenario, id).unwrap_or_default(),
        label: mv.label.clone(),
        round: None,
        state: None,
        types: Vec::new(),
    }
}

/// How far the sums of terms are from the planned values of a move.
fn apart(terms: &Terms, worth: &Worth) -> f64 {
    let mut sums = worth.seats.clone();
    let mut seat = 0;
    let mut last = None;
    for (column, value) in terms.columns.iter().zip(&worth.terms) {
        let of = (column.actor, column.kind);
        if last.is_some_and(|l| l != of) {
            seat += 1;
        }
        last = Some(of);
        sums[seat] -= value;
    }
    largest(sums.iter().map(|s| s.abs()))
}

/// Types of the user against its best alternative without force.
fn by_type(
    scenario: &Scenario,
    terms: &Terms,
    met: &Met,
    worths: &[Worth],
    (id, forces): (MoveId, &[Label]),
) -> Vec<ByType> {
    let game = terms.game;
    let Some((phase, moves)) = places::open(game, met.phase, met.node) else {
        return Vec::new();
    };
    let mover = phase.actors[0] as usize;
    let wanted = label(scenario, game, id);
    let Some(used) = moves.iter().position(|l| Some(*l) == wanted) else {
        return Vec::new();
    };
    let layout = BeliefLayout::of(game);
    let sigma = sigma(terms, met);
    let mut types = Vec::new();
    for kind in 0..game.actors[mover].types.len() {
        let seat = game.seat(mover) + kind;
        let values: Vec<f64> = worths.iter().map(|w| w.seats[seat]).collect();
        let Some(best) = places::best(&values, |m| !forces.contains(&moves[m])) else {
            continue;
        };
        types.push(ByType {
            kind: type_name(game, mover, kind),
            weight: met.belief[layout.range(mover)][kind],
            alternative: game.labels[moves[best] as usize].clone(),
            probability: sigma[kind * moves.len() + used],
            payers: payers(scenario, terms, &worths[used], &worths[best]),
        });
    }
    types
}

fn sigma(terms: &Terms, met: &Met) -> Vec<f64> {
    let mut play = crate::play::Play::default();
    if let Phase::Move(phase) = &terms.game.phases[met.phase] {
        let layout = BeliefLayout::of(terms.game);
        let at = (terms.round, met.phase, met.node);
        play.at(
            terms.game,
            terms.plan,
            &layout,
            phase,
            at,
            &met.belief,
            false,
        );
    }
    play.sigma
}

/// Name of a type; empty where there is one alone.
fn type_name(game: &Game, actor: usize, kind: usize) -> String {
    let types = &game.actors[actor].types;
    if types.len() < 2 {
        String::new()
    } else {
        types[kind].name.clone()
    }
}

fn payers(scenario: &Scenario, terms: &Terms, force: &Worth, without: &Worth) -> Vec<Payer> {
    let game = terms.game;
    let mut payers: Vec<Payer> = Vec::new();
    let mut seat = 0;
    for (actor, declared) in game.actors.iter().enumerate() {
        for kind in 0..declared.types.len() {
            let mut parts: Vec<Part> = Vec::new();
            for (c, column) in terms.columns.iter().enumerate() {
                let (with, other) = (force.terms[c], without.terms[c]);
                if (column.actor, column.kind) != (actor, kind) || (with == 0.0 && other == 0.0) {
                    continue;
                }
                parts.push(Part {
                    name: column.name.clone(),
                    force: with,
                    alternative: other,
                    difference: with - other,
                    spread: None,
                });
            }
            payers.push(Payer {
                actor: declared.name.clone(),
                kind: type_name(game, actor, kind),
                passive: scenario.actors.get(actor).is_some_and(|a| a.payer),
                total: force.seats[seat] - without.seats[seat],
                spread: None,
                terms: parts,
            });
            seat += 1;
        }
    }
    payers
}

/// Differences of one future: by use, type of the user and payer; `None` where the future gave none.
type Difference = Vec<Vec<ByType>>;

/// The same decisions in futures drawn from the declared ranges.
#[allow(clippy::too_many_arguments)]
fn spread(
    scenario: &Scenario,
    game: &Game,
    asked: &[MoveId],
    at: &[Option<&Met>],
    forces: &[Label],
    coarse: &Settings,
    options: &Options,
    observer: &dyn Observer,
) -> Result<Vec<Difference>, AnalysisError> {
    let structures = draws::Structure::declared(scenario);
    let futures = draws::draw(scenario, &structures, options.futures, options.seed as u32);
    let forces: Vec<&str> = forces
        .iter()
        .map(|l| game.labels[*l as usize].as_str())
        .collect();
    let priors = BeliefLayout::of(game).priors(game);
    let one = |k: usize, quiet: &dyn Observer| -> Result<Difference, AnalysisError> {
        let varied = futures.list[k].variation.apply(scenario)?;
        let game = compiled(&varied, &futures.list[k].variation.name)?;
        let plan = whole(&game, &coarse.solve, quiet)?;
        let forces: Vec<Label> = (0..game.labels.len())
            .filter(|l| forces.contains(&game.labels[*l].as_str()))
            .map(|l| l as Label)
            .collect();
        let mut rounds: FxHashMap<usize, Terms> = FxHashMap::default();
        let mut all = Vec::new();
        for (id, met) in asked.iter().zip(at) {
            let Some((met, node)) = met.and_then(|m| Some((m, same(scenario, &game, m, *id)?)))
            else {
                all.push(Vec::new());
                continue;
            };
            // A future has priors of its own; what was learned since is kept.
            let belief = if met.belief == priors {
                BeliefLayout::of(&game).priors(&game)
            } else {
                met.belief.clone()
            };
            let met = Met {
                node: node.node,
                phase: node.phase,
                belief,
                ..met.clone()
            };
            let terms = in_round(&mut rounds, (&game, &plan), met.round, quiet)?;
            let worths = terms.at(met.place());
            all.push(by_type(&varied, terms, &met, &worths, (*id, &forces)));
        }
        Ok(all)
    };
    let workers = at_once(game, &coarse.solve);
    let count = futures.list.len();
    let done = each_side_by_side(count, workers, "futures", observer, one)?;
    Ok(done.into_iter().flatten().collect())
}

/// Phase and node of a future's game that stand for a decision of the central one.
fn same(scenario: &Scenario, game: &Game, met: &Met, id: MoveId) -> Option<Place<'static>> {
    let wanted = label(scenario, game, id)?;
    let mover = scenario.moves[id.0 as usize].actor.0;
    let phase = (0..game.phases.len())
        .filter(|p| matches!(&game.phases[*p], Phase::Move(m) if m.actors == [mover]))
        .min_by_key(|p| p.abs_diff(met.phase))?;
    let states = game.phases[phase].states();
    let node = states
        .iter()
        .position(|s| game.states[*s as usize] == met.state)?;
    let (_, moves) = places::open(game, phase, node)?;
    moves.contains(&wanted).then_some(Place {
        phase,
        node,
        belief: &[],
    })
}

/// Puts spreads beside the central numbers.
fn fill(found: &mut [Use], futures: &[Difference]) {
    for (u, used) in found.iter_mut().enumerate() {
        for (t, by_type) in used.types.iter_mut().enumerate() {
            for (p, payer) in by_type.payers.iter_mut().enumerate() {
                let same = || {
                    futures
                        .iter()
                        .filter_map(move |f| f.get(u)?.get(t)?.payers.get(p))
                };
                payer.spread = Spread::of(same().map(|x| x.total));
                for part in &mut payer.terms {
                    let of = |x: &Payer| {
                        let found = x.terms.iter().find(|y| y.name == part.name);
                        found.map_or(0.0, |y| y.difference)
                    };
                    part.spread = Spread::of(same().map(of));
                }
            }
        }
    }
}
