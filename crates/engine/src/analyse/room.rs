//! Bargaining room: what each package of the talks is worth to both sides beyond the crisis without
//! talks, by type, and what would open the room where there is none (Fearon 1995).

use super::apart;
use super::force;
use super::plan::whole;
use super::resolve::{AnalysisError, compiled};
use super::terms::{Column, Place, Terms};
use super::variation::{Change, Variation};
use crate::game::{Game, Phase, State};
use crate::play::BeliefLayout;
use crate::solve::{self, Observer, Solution};
use climbdown_lang::Scenario;
use climbdown_lang::scenario::{MoveId, Package, Talks, VariableId};
use serde::Serialize;

/// What the numbers mean, in a line.
pub const DEFINITION: &str = "surplus: planned value of accepting a package now, less that of the same \
     crisis solved anew without talks, of one actor and in its units of payoff; the room is the largest \
     smaller surplus over packages and over who accepts; at most 0 means that no package serves both \
     sides: deadlock";

/// What opening the room means.
pub const OPENING: &str = "to open it, everybody's play held: what the term must be multiplied by for \
     the surplus of the side in the way to reach nothing; a factor below 0 turns the term round";

/// The rooms of all talks.
#[derive(Clone, Debug, Serialize)]
pub struct Room {
    /// What is measured.
    pub definition: &'static str,
    /// What opening means.
    pub opening: &'static str,
    /// One for each of the talks and place.
    pub tables: Vec<TableRoom>,
}

/// The room of one of the talks at one place.
#[derive(Clone, Debug, Serialize)]
pub struct TableRoom {
    /// Name of the talks.
    pub talks: String,
    /// Text for people.
    pub label: String,
    /// Where: the state without an offer on the table.
    pub state: String,
    /// The rung of the ladder there.
    pub rung: Option<String>,
    /// The two sides.
    pub sides: [String; 2],
    /// Probability, over both sides' types as believed, that no package serves both.
    pub deadlock: f64,
    /// By type pair.
    pub pairs: Vec<PairRoom>,
    /// By package and who accepts it.
    pub packages: Vec<PackageRoom>,
}

/// One package, accepted by one side.
#[derive(Clone, Debug, Serialize)]
pub struct PackageRoom {
    /// Name.
    pub package: String,
    /// Text for people.
    pub label: String,
    /// Side that accepts what the other has offered.
    pub accepted_by: String,
    /// Probability that it is then implemented, as believed.
    pub implemented: f64,
    /// Of each side by type.
    pub surpluses: [Vec<Surplus>; 2],
}

/// What a package is worth to a side of one type beyond no talks.
#[derive(Clone, Debug, Serialize)]
pub struct Surplus {
    /// Type; empty where the side has none.
    #[serde(rename = "type")]
    pub kind: String,
    /// The surplus.
    pub surplus: f64,
    /// Of this, payments on accepting: the package's value less the cost of validation and price.
    pub accepting: f64,
    /// What its own raised price takes from it (at most 0).
    pub price: f64,
    /// What rejecting would be worth at home at once, which accepting forgoes (not in the surplus).
    pub rhetoric: f64,
    /// By named term.
    pub terms: Vec<Part>,
}

/// One term of a surplus.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// Name of the term; "moves" for payments at moves, "tastes" for what tastes are worth.
    pub name: String,
    /// What it contributes.
    pub difference: f64,
    /// What it must be multiplied by for the surplus to be 0, play held; `None` when it has no say, and
    /// of tastes, which nobody sets.
    pub opens_at: Option<f64>,
}

/// The room between two types.
#[derive(Clone, Debug, Serialize)]
pub struct PairRoom {
    /// Types of the two sides; empty where one has none.
    pub types: [String; 2],
    /// Public belief in the pair.
    pub weight: f64,
    /// Largest smaller surplus.
    pub width: f64,
    /// The same had the price never been raised.
    pub width_without_price: f64,
    /// The same less what rejecting is worth at home to whoever accepts: accepting must make up for it.
    pub width_after_rhetoric: f64,
    /// The package that has it.
    pub package: String,
    /// The side that accepts it.
    pub accepted_by: String,
    /// The side with the smaller surplus.
    pub binding: String,
    /// Where there is no room: the terms of the binding side, the smallest change first.
    pub opens: Vec<Part>,
}

/// The crisis without talks: nobody can offer, accept or reject, nothing lies on the table, and prices
/// stand at these levels.
///
/// # Errors
/// As [`Variation::apply`].
pub fn without(
    scenario: &Scenario,
    talks: &Talks,
    prices: [u32; 2],
) -> Result<Scenario, AnalysisError> {
    let mut changes = vec![Change::Start(talks.table, 0)];
    for (variable, level) in talks.prices.iter().zip(prices) {
        changes.extend(variable.map(|v| Change::Start(v, level)));
    }
    let mut close = |id: &MoveId| changes.push(Change::Move(*id, false));
    talks.rejects.iter().for_each(&mut close);
    talks.raises.iter().flatten().for_each(&mut close);
    for package in &talks.packages {
        package.offers.iter().for_each(&mut close);
        package.accepts.iter().for_each(&mut close);
    }
    Ok(Variation::new(format!("without {}", talks.name), changes).apply(scenario)?)
}

/// Says of a game, before it is solved, why its room cannot be told.
///
/// # Errors
/// [`AnalysisError::Question`].
pub fn refuse(game: &Game) -> Result<(), AnalysisError> {
    apart::by_term(game, "the room for a deal")
}

/// The room at `at` (the start when there is none) and, where the scenario has a ladder, at the same
/// place on every other rung. `plan` is the [whole] one of the game; `solve` are its settings.
///
/// # Errors
/// No talks, a game that is not solved with or without them, or interrupted.
pub fn room(
    scenario: &Scenario,
    game: &Game,
    at: Option<State>,
    plan: &Solution,
    solve: &solve::Options,
    observer: &dyn Observer,
) -> Result<Room, AnalysisError> {
    refuse(game)?;
    if scenario.talks.is_empty() {
        return Err(AnalysisError::Question(
            "the scenario has no talks, so there is nothing to bargain about: declare `talks` with \
             packages"
                .to_owned(),
        ));
    }
    let with = Terms::of(game, plan, 0, observer)?;
    let mut tables = Vec::new();
    for talks in &scenario.talks {
        let here = at.unwrap_or(game.start) as usize;
        let level = |v: &Option<VariableId>| {
            v.map_or(0, |v| {
                u32::from(game.variables[v.0 as usize].of_state[here])
            })
        };
        let prices = [level(&talks.prices[0]), level(&talks.prices[1])];
        let bare = without(scenario, talks, prices)?;
        let mut quiet = compiled(&bare, &format!("without the talks `{}`", talks.name))?;
        // Beliefs go on from where the crisis stands.
        for (actor, now) in quiet.actors.iter_mut().zip(&game.actors) {
            actor.types.clone_from(&now.types);
        }
        let plan = whole(&quiet, solve, observer)?;
        let alone = Terms::of(&quiet, &plan, 0, observer)?;
        let table = Table {
            scenario,
            talks,
            with: &with,
            alone: &alone,
        };
        tables.extend(
            table
                .places(at)
                .into_iter()
                .filter_map(|place| table.at(&place)),
        );
    }
    Ok(Room {
        definition: DEFINITION,
        opening: OPENING,
        tables,
    })
}

/// One of the talks, with and without them.
struct Table<'a> {
    scenario: &'a Scenario,
    talks: &'a Talks,
    with: &'a Terms<'a>,
    alone: &'a Terms<'a>,
}

/// Levels of all variables, by place in the scenario.
type Levels = Vec<u16>;

/// The state with these levels; `None` when the crisis never comes there.
fn find(game: &Game, levels: &[u16]) -> Option<State> {
    let here = |s: &usize| {
        let mut each = game.variables.iter().zip(levels);
        each.all(|(v, level)| v.of_state[*s] == *level)
    };
    (0..game.states.len()).find(here).map(|s| s as State)
}

impl Table<'_> {
    /// The place asked for with an empty table, first, and the same on every other rung.
    fn places(&self, at: Option<State>) -> Vec<Levels> {
        let game = self.with.game;
        let state = at.unwrap_or(game.start) as usize;
        let mut first: Levels = game.variables.iter().map(|v| v.of_state[state]).collect();
        first[self.talks.table.0 as usize] = 0;
        let mut places = vec![first.clone()];
        if let Some(ladder) = game.ladder {
            for rung in 0..game.variables[ladder].levels.len() as u16 {
                let mut place = first.clone();
                place[ladder] = rung;
                if rung != first[ladder] {
                    places.push(place);
                }
            }
        }
        places
    }

    /// The room at a place; `None` when no package can be accepted there.
    fn at(&self, place: &Levels) -> Option<TableRoom> {
        let game = self.with.game;
        let quiet = find(self.alone.game, place)?;
        let mut packages = Vec::new();
        for package in &self.talks.packages {
            for side in 0..2 {
                packages.extend(self.package(place, quiet, package, side));
            }
        }
        if packages.is_empty() {
            return None;
        }
        let sides = self.talks.sides.map(|s| s.0 as usize);
        let pairs = self.pairs(sides, &packages);
        let closed = pairs.iter().filter(|p| p.width <= 0.0);
        let ladder = game.ladder.map(|l| (&game.variables[l], place[l]));
        Some(TableRoom {
            talks: self.talks.name.clone(),
            label: self.talks.label.clone(),
            state: self.alone.game.states[quiet as usize].clone(),
            rung: ladder.map(|(v, level)| v.levels[usize::from(level)].clone()),
            sides: sides.map(|s| game.actors[s].name.clone()),
            deadlock: closed.fold(0.0, |sum, p| sum + p.weight),
            pairs,
            packages,
        })
    }

    /// A package that `side` accepts.
    fn package(
        &self,
        place: &Levels,
        quiet: State,
        package: &Package,
        side: usize,
    ) -> Option<PackageRoom> {
        let game = self.with.game;
        let table = self.talks.table.0 as usize;
        let accept = package.accepts[side];
        let decision = |levels: &[u16]| self.decision(levels, side, accept);
        let mut offered = place.clone();
        offered[table] = package.offered[1 - side] as u16;
        let (p, node, a) = decision(&offered)?;
        let belief = BeliefLayout::of(game).priors(game);
        let here = Place {
            phase: p,
            node,
            belief: &belief,
        };
        let beliefs: Vec<Vec<f64>> = game
            .actors
            .iter()
            .map(|actor| actor.types.iter().map(|t| t.prior).collect())
            .collect();
        let level = |s: State| u32::from(game.variables[table].of_state[s as usize]);
        let agreed = |s: State| level(s) == package.in_force || package.due.contains(&level(s));
        let paid = self.with.payments(here, a);
        let (implemented, agreed) = self.with.results(here, a, agreed);
        let nothing = self.alone.before(p, quiet, &beliefs)?;
        let failed = self.alone.after(p, quiet, &beliefs)?;
        // The same with one's own price at its first level.
        let price = self.talks.prices[side].filter(|v| place[v.0 as usize] > 0);
        let cheap = price.and_then(|v| {
            let mut levels = offered.clone();
            levels[v.0 as usize] = 0;
            let (phase, node, a) = decision(&levels)?;
            let belief = &belief;
            Some(self.with.payments(
                Place {
                    phase,
                    node,
                    belief,
                },
                a,
            ))
        });
        let rhetoric = self.rhetoric(here, side);
        let surplus = |s: usize| -> Vec<Surplus> {
            let actor = self.talks.sides[s].0 as usize;
            let types = &game.actors[actor].types;
            let of = |kind: usize| {
                let mut differences: Vec<(&Column, f64)> = Vec::new();
                let mut total = 0.0;
                let (mut accepting, mut price) = (0.0, 0.0);
                for (c, column) in self.with.columns.iter().enumerate() {
                    if (column.actor, column.kind) != (actor, kind) {
                        continue;
                    }
                    let bare = self.counterpart(column);
                    let at = |cells: &[f64]| bare.map_or(0.0, |b| cells[b]);
                    let yes = paid[c] + agreed[c] + (1.0 - implemented) * at(&failed);
                    let difference = yes - at(&nothing);
                    total += difference;
                    accepting += paid[c];
                    price += cheap.as_ref().map_or(0.0, |cheap| paid[c] - cheap[c]);
                    if difference != 0.0 {
                        differences.push((column, difference));
                    }
                }
                let part = |(column, difference): (&Column, f64)| Part {
                    name: column.name.clone(),
                    difference,
                    opens_at: (!column.is_tastes()).then_some(1.0 - total / difference),
                };
                Surplus {
                    kind: if types.len() < 2 {
                        String::new()
                    } else {
                        types[kind].name.clone()
                    },
                    surplus: total,
                    accepting,
                    price: if s == side { price } else { 0.0 },
                    rhetoric: if s == side { rhetoric[kind] } else { 0.0 },
                    terms: differences.into_iter().map(part).collect(),
                }
            };
            (0..types.len()).map(of).collect()
        };
        Some(PackageRoom {
            package: package.name.clone(),
            label: package.label.clone(),
            accepted_by: game.actors[self.talks.sides[side].0 as usize].name.clone(),
            implemented,
            surpluses: [surplus(0), surplus(1)],
        })
    }

    /// The account of the game without talks that is called like `column`.
    fn counterpart(&self, column: &Column) -> Option<usize> {
        self.alone.columns.iter().position(|other| {
            (other.actor, other.kind, &other.name) == (column.actor, column.kind, &column.name)
        })
    }

    /// Phase, node and move at which `side` can accept at these levels.
    fn decision(
        &self,
        levels: &[u16],
        side: usize,
        accept: MoveId,
    ) -> Option<(usize, usize, usize)> {
        let game = self.with.game;
        let state = find(game, levels)?;
        let label = force::label(self.scenario, game, accept)?;
        let actor = self.talks.sides[side].0;
        game.phases.iter().enumerate().find_map(|(p, phase)| {
            let Phase::Move(phase) = phase else {
                return None;
            };
            if phase.actors != [actor] {
                return None;
            }
            let node = phase.node_state.binary_search(&state).ok()?;
            let moves = &phase.node_moves[node][0];
            let a = moves.iter().position(|l| *l == label)?;
            Some((p, node, a))
        })
    }

    /// What the dearest rejection pays the side at once, by type; 0 where there is none.
    fn rhetoric(&self, here: Place, side: usize) -> Vec<f64> {
        let game = self.with.game;
        let actor = self.talks.sides[side].0 as usize;
        let kinds = game.actors[actor].types.len();
        let mut best = vec![0.0; kinds];
        let Phase::Move(phase) = &game.phases[here.phase] else {
            return best;
        };
        let ids = [Some(self.talks.rejects[side]), self.talks.raises[side]];
        for id in ids.into_iter().flatten() {
            let label = force::label(self.scenario, game, id);
            let moves = &phase.node_moves[here.node][0];
            let Some(a) = moves.iter().position(|l| Some(*l) == label) else {
                continue;
            };
            let row = (phase.alternatives(here.node).start + a) * game.seats() + game.seat(actor);
            for (kind, best) in best.iter_mut().enumerate() {
                *best = f64::max(*best, phase.payoff[row + kind]);
            }
        }
        best
    }

    /// The room of every type pair.
    fn pairs(&self, sides: [usize; 2], packages: &[PackageRoom]) -> Vec<PairRoom> {
        let actors = &self.with.game.actors;
        let mut pairs = Vec::new();
        for (i, first) in actors[sides[0]].types.iter().enumerate() {
            for (j, second) in actors[sides[1]].types.iter().enumerate() {
                let both = |p: &PackageRoom| [p.surpluses[0][i].clone(), p.surpluses[1][j].clone()];
                let width = |change: fn(&Surplus) -> f64| {
                    let smaller = |p: &PackageRoom| {
                        let both = both(p);
                        change(&both[0]).min(change(&both[1]))
                    };
                    packages
                        .iter()
                        .max_by(|x, y| smaller(x).total_cmp(&smaller(y)))
                        .map(|p| (p, smaller(p)))
                };
                let Some((best, widest)) = width(|s| s.surplus) else {
                    continue;
                };
                let both = both(best);
                let binding = usize::from(both[1].surplus < both[0].surplus);
                let mut opens = if widest > 0.0 {
                    Vec::new()
                } else {
                    both[binding].terms.clone()
                };
                let far = |p: &Part| p.opens_at.map_or(f64::INFINITY, |f| (f - 1.0).abs());
                opens.sort_by(|x, y| far(x).total_cmp(&far(y)));
                let name = |side: usize, kind: &str| {
                    if actors[side].types.len() < 2 {
                        String::new()
                    } else {
                        kind.to_owned()
                    }
                };
                pairs.push(PairRoom {
                    types: [name(sides[0], &first.name), name(sides[1], &second.name)],
                    weight: first.prior * second.prior,
                    width: widest,
                    width_without_price: width(|s| s.surplus - s.price).map_or(widest, |w| w.1),
                    width_after_rhetoric: width(|s| s.surplus - s.rhetoric).map_or(widest, |w| w.1),
                    package: best.package.clone(),
                    accepted_by: best.accepted_by.clone(),
                    binding: actors[sides[binding]].name.clone(),
                    opens,
                });
            }
        }
        pairs
    }
}
