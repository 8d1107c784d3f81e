//! The Markov chain that solved play induces, state by state, for programs that check chains.
//!
//! A place of the chain is what moves on: the drawn types, the phase, the state, the public beliefs,
//! what outcome classes remember and, under full foresight, the round. One step is one phase; the
//! first one draws the types. Where every posterior can be kept the chain is the game's, exactly.
//! Otherwise posteriors are *folded*: each is split between the two nearest cells of every belief
//! axis such that its mean stays, which keeps probabilities positive and lets beliefs diffuse a
//! little. What that costs is measured by [`Chain::distance`].
//!
//! The forecast's own places would not do: particles are found round by round and differ from one round
//! to the next, points of the belief grid carry signed weights, and its tables hold parts of the mass
//! instead of histories. A model checker wants one set of places with positive probabilities.

use super::Forecast;
use super::history::{History, MAX_EVENTS};
use super::profiles;
use crate::belief::Axis;
use crate::game::{Foresight, Game, NONE, Phase, State};
use crate::math::largest;
use crate::play::{BeliefLayout, Play, offsets};
use crate::solve::{Observer, Solution, SolveError};
use rustc_hash::FxHashMap;

/// Stencil of the axis that cells are laid out by; only its points are read.
const ANY_STENCIL: usize = 4;

/// Most places of a chain that keeps every posterior of a game with private types: one that has more
/// seldom ends.
const EXACT: usize = 200_000;

/// Cells along each belief axis, from few to many.
const CELLS: [usize; 6] = [3, 5, 9, 17, 33, 65];

/// Settings.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Most places.
    pub places: usize,
    /// Cells along each belief axis where posteriors are folded; without it as many as fit, at most 65.
    pub cells: Option<usize>,
    /// Rounds after which the chain stops; without it, or beyond it, at the horizon.
    pub rounds: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            places: 2_000_000,
            cells: None,
            rounds: None,
        }
    }
}

/// What a place says to an observer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// State of the game.
    pub state: State,
    /// The phase that comes next; 0 at the end of a round.
    pub phase: u32,
    /// Nothing happens any more: the crisis has ended, or the horizon is reached.
    pub over: bool,
    /// Outcome class if the window closed here; read at the end of rounds.
    pub class: usize,
}

/// A chain in rows. Place 0 comes before all: from it the types are drawn.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The places.
    pub places: Vec<Place>,
    /// Place → entries `row[k]..row[k + 1]` of the next two.
    pub row: Vec<usize>,
    /// Next place.
    pub next: Vec<u32>,
    /// Its probability.
    pub probability: Vec<f64>,
    /// Steps in a round.
    pub phases: usize,
    /// Rounds after which it stops.
    pub rounds: u32,
    /// Cells an axis, where posteriors were folded.
    pub cells: Option<usize>,
}

/// Builds the chain.
///
/// # Errors
/// [`SolveError::TooManyPlaces`] when even the folded chain has them; cancelled.
pub fn chain(
    game: &Game,
    solution: &Solution,
    options: &Options,
    observer: &dyn Observer,
) -> Result<Chain, SolveError> {
    if game.events.len() > MAX_EVENTS {
        return Err(SolveError::Unsupported(format!(
            "a chain that watches {} outcome and question conditions ({MAX_EVENTS} at most)",
            game.events.len()
        )));
    }
    let of = |cells: Option<usize>| Builder::new(game, solution, cells, options).build(observer);
    if let Some(chain) = of(None)? {
        return Ok(chain);
    }
    let places = options.places;
    if !game.has_types() {
        let advice = "allow more, or ask for fewer rounds".to_owned();
        return Err(SolveError::TooManyPlaces { places, advice });
    }
    if let Some(cells) = options.cells
        && let Some(chain) = of(Some(cells))?
    {
        return Ok(chain);
    }
    let mut finest = None;
    for cells in CELLS {
        let Some(chain) = of(Some(cells))? else { break };
        finest = Some(chain);
    }
    let advice = match (finest, options.cells) {
        (Some(chain), None) => return Ok(chain),
        (Some(chain), Some(cells)) => format!(
            "with {} cells an axis of belief in place of {cells} it has {}",
            chain.cells.unwrap_or(cells),
            chain.places.len()
        ),
        (None, _) => format!(
            "even with {} cells an axis of belief; allow more, or ask for fewer rounds",
            CELLS[0]
        ),
    };
    Err(SolveError::TooManyPlaces { places, advice })
}

/// What tells places apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    profile: u32,
    /// Only under full foresight, where play depends on it.
    round: u32,
    phase: u32,
    state: State,
    bits: u64,
    belief: u32,
}

struct Builder<'a> {
    game: &'a Game,
    solution: &'a Solution,
    history: History,
    layout: BeliefLayout,
    profiles: Vec<(Vec<usize>, f64)>,
    ended: Vec<bool>,
    /// Play is the same in every round.
    rolling: bool,
    /// Values of each belief axis that cells stand at; none where posteriors are exact.
    axes: Option<Vec<Vec<Vec<f64>>>>,
    cells: Option<usize>,
    /// Rounds after which the chain stops.
    rounds: u32,
    most: usize,
    ids: FxHashMap<Key, u32>,
    keys: Vec<Key>,
    /// Steps from the draw of types.
    depth: Vec<u32>,
    beliefs: Vec<Vec<f64>>,
    belief_ids: FxHashMap<Vec<u64>, u32>,
}

impl<'a> Builder<'a> {
    fn new(
        game: &'a Game,
        solution: &'a Solution,
        cells: Option<usize>,
        options: &Options,
    ) -> Self {
        let exact = cells.is_none() && game.has_types();
        let most = if exact {
            options.places.min(EXACT)
        } else {
            options.places
        };
        let mut ended = vec![false; game.states.len()];
        for end in &game.ends {
            ended[end.state as usize] = true;
        }
        Self {
            game,
            solution,
            history: History::of(game),
            layout: BeliefLayout::of(game),
            profiles: profiles(game),
            ended,
            rolling: game.foresight != Foresight::Full,
            axes: cells.map(|cells| axes(game, cells)),
            cells,
            rounds: options.rounds.map_or(game.horizon, |n| n.min(game.horizon)),
            most,
            ids: FxHashMap::default(),
            keys: Vec::new(),
            depth: Vec::new(),
            beliefs: Vec::new(),
            belief_ids: FxHashMap::default(),
        }
    }

    /// The chain; `None` when it has too many places.
    fn build(mut self, observer: &dyn Observer) -> Result<Option<Chain>, SolveError> {
        let prior = self.layout.priors(self.game);
        let mut first = Vec::new();
        for (profile, (_, weight)) in self.profiles.clone().into_iter().enumerate() {
            let from = Key {
                profile: profile as u32,
                round: 0,
                phase: 0,
                state: self.game.start,
                bits: 0,
                belief: 0,
            };
            self.arrive(from, &prior, weight, 1, &mut first);
        }
        let mut chain = Chain {
            places: vec![Place {
                state: self.game.start,
                phase: NONE,
                over: false,
                class: 0,
            }],
            row: vec![0],
            next: Vec::new(),
            probability: Vec::new(),
            phases: self.game.phases.len(),
            rounds: self.rounds,
            cells: self.cells,
        };
        let mut play = Play::default();
        let mut out = first;
        let mut k = 0;
        loop {
            out.sort_unstable_by_key(|(to, _)| *to);
            for &(to, p) in &out {
                // Place 0 is the draw of types.
                if chain.row.last() < Some(&chain.next.len())
                    && chain.next.last() == Some(&(to + 1))
                {
                    if let Some(last) = chain.probability.last_mut() {
                        *last += p;
                    }
                } else {
                    chain.next.push(to + 1);
                    chain.probability.push(p);
                }
            }
            chain.row.push(chain.next.len());
            if 1 + self.keys.len() > self.most {
                return Ok(None);
            }
            if k == self.keys.len() {
                return Ok(Some(chain));
            }
            if k % 1024 == 0 && observer.cancelled() {
                return Err(SolveError::Cancelled);
            }
            let over = self.over(k);
            let key = self.keys[k];
            chain.places.push(Place {
                state: key.state,
                phase: key.phase,
                over,
                class: self.history.class(self.game, key.bits, key.state),
            });
            out = if over {
                vec![(k as u32, 1.0)]
            } else {
                self.leave(k, &mut play)
            };
            k += 1;
        }
    }

    /// The crisis has ended at this place, or the chain stops here.
    fn over(&self, k: usize) -> bool {
        let steps = self.rounds as usize * self.game.phases.len();
        self.ended[self.keys[k].state as usize] || self.depth[k] as usize > steps
    }

    /// Where one phase leads from a place.
    fn leave(&mut self, k: usize, play: &mut Play) -> Vec<(u32, f64)> {
        let (game, solution) = (self.game, self.solution);
        let key = self.keys[k];
        let depth = self.depth[k] + 1;
        let belief = self.beliefs[key.belief as usize].clone();
        let p = key.phase as usize;
        let mut out = Vec::new();
        let row = solution.layout.rows[p][key.state as usize];
        if row == NONE || row as usize >= solution.layout.nodes[p] {
            self.arrive(self.after(key, key.state), &belief, 1.0, depth, &mut out);
            return out;
        }
        let n = row as usize;
        match &game.phases[p] {
            Phase::Events(phase) => {
                for o in phase.outcomes(n) {
                    let to = self.after(key, phase.outcome_next[o]);
                    self.arrive(to, &belief, phase.outcome_true[o], depth, &mut out);
                }
            }
            Phase::Move(phase) => {
                let round = solution.plan_round(game, key.round);
                let place = (round, p, n);
                play.at(game, solution, &self.layout, phase, place, &belief, true);
                let types = &self.profiles[key.profile as usize].0;
                let firsts = offsets(game, phase, n);
                let alternatives = phase.alternatives(n);
                let first = phase.outcomes(alternatives.start).start;
                let mut posterior = belief;
                let chosen: Vec<(usize, f64)> = alternatives
                    .map(|j| (j, play.jointly(phase, n, &firsts, j, types)))
                    .collect();
                for (j, chosen) in chosen {
                    for o in phase.outcomes(j) {
                        let g = solution.layout.signals[p][n].outcome_signal[o - first] as usize;
                        play.after(&self.layout, phase, g, &mut posterior);
                        let to = self.after(key, phase.outcome_next[o]);
                        let p = chosen * phase.outcome_true[o];
                        self.arrive(to, &posterior, p, depth, &mut out);
                    }
                }
            }
        }
        out
    }

    /// The next phase, in another state.
    fn after(&self, mut key: Key, state: State) -> Key {
        key.state = state;
        key.phase += 1;
        if key.phase as usize == self.game.phases.len() {
            key.phase = 0;
            key.round += u32::from(!self.rolling);
        }
        key
    }

    /// Adds probability `p` of coming to a place with this posterior.
    fn arrive(
        &mut self,
        mut key: Key,
        belief: &[f64],
        p: f64,
        depth: u32,
        out: &mut Vec<(u32, f64)>,
    ) {
        if p <= 0.0 {
            return;
        }
        let entered = key.bits | self.history.mask[key.state as usize];
        key.bits = entered & self.history.carried;
        if self.ended[key.state as usize] {
            // Nothing that could still matter tells these apart.
            (key.profile, key.round, key.phase) = (0, 0, 0);
            let prior = self.layout.priors(self.game);
            key.belief = self.intern(&prior);
            out.push((self.place(key, depth), p));
            return;
        }
        let Some(axes) = &self.axes else {
            key.belief = self.intern(belief);
            out.push((self.place(key, depth), p));
            return;
        };
        for (cell, weight) in folded(axes, &self.layout, belief) {
            key.belief = self.intern(&cell);
            out.push((self.place(key, depth), p * weight));
        }
    }

    fn place(&mut self, key: Key, depth: u32) -> u32 {
        if let Some(id) = self.ids.get(&key) {
            return *id;
        }
        let id = self.keys.len() as u32;
        self.ids.insert(key, id);
        self.keys.push(key);
        self.depth.push(depth);
        id
    }

    fn intern(&mut self, belief: &[f64]) -> u32 {
        let bits: Vec<u64> = belief.iter().map(|b| b.to_bits()).collect();
        if let Some(id) = self.belief_ids.get(&bits) {
            return *id;
        }
        let id = self.beliefs.len() as u32;
        self.beliefs.push(belief.to_vec());
        self.belief_ids.insert(bits, id);
        id
    }
}

/// Shares along the stick-breaking axes: u_m = β_m / (β_m + … + β_last).
fn shares(belief: &[f64]) -> Vec<f64> {
    let rest = |m: usize| belief[m..].iter().sum::<f64>();
    let last = belief.len().saturating_sub(1);
    (0..last)
        .map(|m| match rest(m) {
            rest if rest > 0.0 => (belief[m] / rest).clamp(0.0, 1.0),
            _ => 0.5,
        })
        .collect()
}

/// The values that cells stand at, by actor and axis: those of a belief grid, and the prior's.
fn axes(game: &Game, cells: usize) -> Vec<Vec<Vec<f64>>> {
    let axis = Axis::new(cells, ANY_STENCIL);
    let points: Vec<f64> = (0..cells).map(|k| axis.share(k)).collect();
    let actors = game.actors.iter();
    actors
        .map(|actor| {
            let prior: Vec<f64> = actor.types.iter().map(|t| t.prior).collect();
            let with = |u: f64| {
                let mut points = points.clone();
                points.push(u);
                points.sort_by(f64::total_cmp);
                points.dedup();
                points
            };
            shares(&prior).into_iter().map(with).collect()
        })
        .collect()
}

/// A posterior split among the cells around it, each share u kept in the mean.
fn folded(axes: &[Vec<Vec<f64>>], layout: &BeliefLayout, belief: &[f64]) -> Vec<(Vec<f64>, f64)> {
    let mut cells = vec![(Vec::with_capacity(belief.len()), 1.0)];
    for (actor, axes) in axes.iter().enumerate() {
        let us = shares(&belief[layout.range(actor)]);
        // The part of the stick that is left rides along until the last type takes it.
        let mut open: Vec<(Vec<f64>, f64, f64)> =
            cells.into_iter().map(|(b, w)| (b, w, 1.0)).collect();
        for (u, points) in us.iter().zip(axes) {
            let above = points
                .partition_point(|p| p <= u)
                .clamp(1, points.len() - 1);
            let (low, high) = (points[above - 1], points[above]);
            let up = ((u - low) / (high - low)).clamp(0.0, 1.0);
            open = open
                .into_iter()
                .flat_map(|(belief, weight, rest)| {
                    [(low, 1.0 - up), (high, up)]
                        .into_iter()
                        .filter(|(_, share)| *share > 0.0)
                        .map(move |(point, share)| {
                            let mut belief = belief.clone();
                            belief.push(rest * point);
                            (belief, weight * share, rest * (1.0 - point))
                        })
                        .collect::<Vec<_>>()
                })
                .collect();
        }
        cells = open
            .into_iter()
            .map(|(mut belief, weight, rest)| {
                belief.push(rest);
                (belief, weight)
            })
            .collect();
    }
    cells
}

impl Chain {
    /// Steps after which round `t` is over.
    pub fn steps(&self, t: u32) -> usize {
        1 + t as usize * self.phases
    }

    /// Largest difference between what the chain and a forecast say of any class or question after
    /// any round of the chain.
    pub fn distance(&self, game: &Game, forecast: &Forecast) -> f64 {
        let nowhere = vec![false; self.places.len()];
        let mut worst = 0.0_f64;
        self.push(&nowhere, |t, at, _| {
            let mut masses = vec![0.0; game.classes.len()];
            for (place, mass) in self.places.iter().zip(at) {
                if let Some(sum) = masses.get_mut(place.class) {
                    *sum += mass;
                }
            }
            for (mass, series) in masses.iter().zip(&forecast.classes) {
                worst = largest([worst, (mass - series.probability[t]).abs()]);
            }
        });
        for (question, series) in game.questions.iter().zip(&forecast.questions) {
            let goal = self.where_holds(&game.events[question.event as usize]);
            self.push(&goal, |t, _, passed| {
                worst = largest([worst, (passed - series.probability[t]).abs()]);
            });
        }
        worst
    }

    /// Places at which a set of states holds.
    pub fn where_holds(&self, set: &[bool]) -> Vec<bool> {
        let places = self.places.iter().enumerate();
        places
            .map(|(k, p)| k > 0 && set[p.state as usize])
            .collect()
    }

    /// Pushes the mass at place 0 through the rounds; what comes to `goal` is taken out and added up.
    fn push(&self, goal: &[bool], mut read: impl FnMut(usize, &[f64], f64)) {
        let mut at = vec![0.0; self.places.len()];
        at[0] = 1.0;
        let (mut next, mut passed) = (vec![0.0; at.len()], 0.0);
        for step in 1..=self.steps(self.rounds) {
            next.fill(0.0);
            // Few places have mass at a time: those of one phase, and where the crisis has ended.
            for (k, mass) in at.iter().enumerate().filter(|(_, mass)| **mass != 0.0) {
                for e in self.row[k]..self.row[k + 1] {
                    next[self.next[e] as usize] += mass * self.probability[e];
                }
            }
            std::mem::swap(&mut at, &mut next);
            for (mass, _) in at.iter_mut().zip(goal).filter(|(_, goal)| **goal) {
                passed += std::mem::take(mass);
            }
            if (step - 1) % self.phases.max(1) == 0 {
                read((step - 1) / self.phases.max(1), &at, passed);
            }
        }
    }
}
