//! What is read off the clouds: classes, passages, occupancy, payoffs, beliefs.

use super::cloud::{Cloud, Origin};
use super::history::History;
use super::push::Shared;
use super::{Forecast, Series};
use crate::game::Game;
use crate::math::largest;
use crate::play::BeliefLayout;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Shares of the levels of one variable by round.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LevelSeries {
    /// Variable.
    pub variable: String,
    /// Level.
    pub level: String,
    /// Index is the round.
    pub share: Vec<f64>,
}

/// Expected discounted payoff over the horizon, as realised under the true kernel.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Term {
    /// Whose payoff.
    pub actor: String,
    /// Named term; "moves" for payments at moves, "ends" for end states.
    pub name: String,
    /// Expected discounted sum.
    pub value: f64,
}

/// Trajectories by which the spread of beliefs is measured once posteriors are no longer exact.
pub const BELIEF_TRAJECTORIES: u64 = 4096;

/// Public belief that an actor is of one type, over time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BeliefSeries {
    /// About whom.
    pub actor: String,
    /// Which type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Mean by round (a martingale where believed and true kernels agree).
    pub mean: Vec<f64>,
    /// E|β − prior| by round: how much has been learned. Exact while posteriors are; else from
    /// [`BELIEF_TRAJECTORIES`] simulated paths, like the quantiles.
    pub moved: Vec<f64>,
    /// 10th, 25th, 50th, 75th and 90th percentile by round.
    pub quantiles: Vec<[f64; 5]>,
}

/// How the escalation spells that led to a question's passages began.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SpellShares {
    /// Question.
    pub question: String,
    /// Passages without a rising ladder.
    pub none: f64,
    /// Begun by a choice whose regret is at most 1/λ.
    pub choice: f64,
    /// Begun by a choice whose regret exceeds 1/λ: the noise share.
    pub noise: f64,
    /// Begun by chance.
    pub chance: f64,
}

/// Bins of the belief distribution; a quantile is the middle of its bin.
const BINS: usize = 500;

/// Sums over one type profile.
pub struct Accounts {
    /// Class → round → mass.
    pub classes: Vec<Vec<f64>>,
    /// Watched set → origin → round → mass of first passages in that round.
    pub passages: Vec<[Vec<f64>; 4]>,
    /// Round → variable-level shares, flat.
    pub levels: Vec<Vec<f64>>,
    /// Per actor and named term.
    pub flows: Vec<f64>,
    /// Per actor: payments at moves.
    pub moved: Vec<f64>,
    /// Per actor: end states.
    pub ended: Vec<f64>,
    /// Flat belief entry → round → (Σ mass·β, Σ mass·|β − prior|).
    pub beliefs: Vec<Vec<(f64, f64)>>,
    /// Flat belief entry → round → mass in each of [`BINS`] bins of β, for quantiles.
    pub spread: Vec<Vec<Vec<f64>>>,
    /// Most particles at once.
    pub particles: u64,
    /// Every posterior was exact.
    pub exact: bool,
    /// Flat belief entry → (Σ mass·β, Σ mass·|β − prior|) over end states, and its bins.
    pub ended_beliefs: Vec<(f64, f64)>,
    ended_bins: Vec<Vec<f64>>,
    state_mass: Vec<f64>,
}

impl Accounts {
    /// Empty accounts.
    pub fn new(game: &Game) -> Self {
        let rounds = game.horizon as usize + 1;
        let width = BeliefLayout::of(game).len();
        Self {
            classes: vec![Vec::with_capacity(rounds); game.classes.len()],
            passages: (0..game.events.len())
                .map(|_| std::array::from_fn(|_| vec![0.0; rounds]))
                .collect(),
            levels: Vec::with_capacity(rounds),
            flows: vec![0.0; game.terms.len().max(game.actors.len())],
            moved: vec![0.0; game.actors.len()],
            ended: vec![0.0; game.actors.len()],
            beliefs: vec![Vec::with_capacity(rounds); width],
            spread: vec![Vec::new(); width],
            particles: 0,
            exact: true,
            ended_beliefs: vec![(0.0, 0.0); width],
            ended_bins: vec![vec![0.0; BINS]; width],
            state_mass: Vec::new(),
        }
    }

    /// First passages into the sets of `events` in `round`.
    #[inline]
    pub fn passage(&mut self, events: u64, origin: Origin, round: usize, mass: f64) {
        let mut rest = events;
        while rest != 0 {
            let e = rest.trailing_zeros() as usize;
            self.passages[e][origin as usize][round] += mass;
            rest &= rest - 1;
        }
    }

    /// Flows of one round in `state`.
    pub fn flow(&mut self, game: &Game, types: &[usize], state: u32, mass: f64, discounts: &[f64]) {
        for (k, term) in game.terms.iter().enumerate() {
            let actor = term.actor as usize;
            let kinds = game.actors[actor].types.len();
            self.flows[k] +=
                mass * discounts[actor] * term.flow[state as usize * kinds + types[actor]];
        }
    }

    /// An end state entered in `round`: its value, and its flow to the horizon.
    pub fn enter_end(
        &mut self,
        shared: &Shared,
        types: &[usize],
        end: u32,
        round: usize,
        mass: f64,
        discounts: &[f64],
    ) {
        let game = shared.game;
        let end = &game.ends[end as usize];
        for (actor, kind) in types.iter().enumerate() {
            let seat = game.seat(actor) + kind;
            let value = end.value[seat] + shared.ahead[actor][round] * end.flow[seat];
            self.ended[actor] += mass * discounts[actor] * value;
        }
    }

    /// Begins the reading of a round.
    pub fn open_round(&mut self, game: &Game) {
        for class in &mut self.classes {
            class.push(0.0);
        }
        self.state_mass.clear();
        if !game.variables.is_empty() {
            self.state_mass.resize(game.states.len(), 0.0);
        }
        for belief in &mut self.beliefs {
            belief.push((0.0, 0.0));
        }
        for spread in &mut self.spread {
            spread.push(vec![0.0; BINS]);
        }
    }

    /// Mass in one state with one memory.
    pub fn stand(&mut self, game: &Game, history: &History, state: u32, bits: u64, mass: f64) {
        self.stand_in(history.class(game, bits, state), state, mass);
    }

    /// Mass in one state that counts for an outcome class.
    pub fn stand_in(&mut self, class: usize, state: u32, mass: f64) {
        self.count(class, mass);
        self.occupy(state, mass);
    }

    /// Mass that counts for an outcome class.
    pub fn count(&mut self, class: usize, mass: f64) {
        if let Some(value) = self.classes.get_mut(class).and_then(|c| c.last_mut()) {
            *value += mass;
        }
    }

    /// Mass in one state, for the levels of variables.
    pub fn occupy(&mut self, state: u32, mass: f64) {
        if let Some(value) = self.state_mass.get_mut(state as usize) {
            *value += mass;
        }
    }

    /// Classes and states of a cloud.
    pub fn read(&mut self, game: &Game, history: &History, cloud: &Cloud) {
        for i in 0..cloud.len() {
            self.stand(
                game,
                history,
                cloud.state[i],
                cloud.memory[i].bits,
                cloud.mass[i],
            );
        }
    }

    /// Beliefs of a cloud.
    pub fn beliefs(&mut self, game: &Game, layout: &BeliefLayout, cloud: &Cloud) {
        let priors = layout.priors(game);
        let mut belief = vec![0.0; priors.len()];
        for i in 0..cloud.len() {
            let mass = cloud.mass[i];
            cloud.belief(i, &mut belief);
            for (e, b) in belief.iter().enumerate() {
                if let Some(last) = self.beliefs[e].last_mut() {
                    last.0 += mass * b;
                    last.1 += mass * (b - priors[e]).abs();
                }
                if let Some(bins) = self.spread[e].last_mut() {
                    bins[((b * BINS as f64) as usize).min(BINS - 1)] += mass;
                }
            }
        }
    }

    /// Mass at a belief, for the means.
    pub fn believe(&mut self, entry: usize, sum: f64) {
        if let Some(last) = self.beliefs[entry].last_mut() {
            last.0 += sum;
        }
    }

    /// Mass that ends with an exact belief.
    pub fn end_belief(&mut self, mass: f64, belief: &[f64], priors: &[f64]) {
        for (e, b) in belief.iter().enumerate() {
            self.ended_beliefs[e].0 += mass * b;
            self.ended_beliefs[e].1 += mass * (b - priors[e]).abs();
            self.ended_bins[e][((b * BINS as f64) as usize).min(BINS - 1)] += mass;
        }
    }

    /// Ends the reading of a round.
    pub fn close_round(&mut self, game: &Game) {
        for e in 0..self.ended_beliefs.len() {
            if let Some(last) = self.beliefs[e].last_mut() {
                last.0 += self.ended_beliefs[e].0;
                last.1 += self.ended_beliefs[e].1;
            }
            if let Some(bins) = self.spread[e].last_mut() {
                for (bin, mass) in bins.iter_mut().zip(&self.ended_bins[e]) {
                    *bin += mass;
                }
            }
        }
        let mut levels = Vec::new();
        for variable in &game.variables {
            let first = levels.len();
            levels.resize(first + variable.levels.len(), 0.0);
            for (mass, level) in self.state_mass.iter().zip(&variable.of_state) {
                if *mass != 0.0 {
                    levels[first + *level as usize] += mass;
                }
            }
        }
        self.levels.push(levels);
    }
}

/// Adds the profiles' accounts in their fixed order.
pub fn collect(game: &Game, shared: &Shared, accounts: &[Accounts]) -> Forecast {
    let rounds = game.horizon as usize + 1;
    let total = |f: &dyn Fn(&Accounts) -> f64| accounts.iter().map(f).sum::<f64>();
    let classes: Vec<Series> = game
        .classes
        .iter()
        .enumerate()
        .map(|(c, class)| Series {
            name: class.name.clone(),
            label: class.label.clone(),
            probability: (0..rounds).map(|t| total(&|a| a.classes[c][t])).collect(),
        })
        .collect();
    let mass_error = if classes.is_empty() {
        0.0
    } else {
        largest(
            (0..rounds)
                .map(|t| (classes.iter().map(|c| c.probability[t]).sum::<f64>() - 1.0).abs()),
        )
    };
    let mut spells = Vec::new();
    let questions = game
        .questions
        .iter()
        .map(|question| {
            let event = question.event as usize;
            let mut reached = 0.0;
            let mut by_origin = [0.0; 4];
            let probability = (0..rounds)
                .map(|t| {
                    for (o, sum) in by_origin.iter_mut().enumerate() {
                        let mass = total(&|a| a.passages[event][o][t]);
                        reached += mass;
                        if t <= question.by as usize {
                            *sum += mass;
                        }
                    }
                    reached
                })
                .collect();
            let all: f64 = by_origin.iter().sum();
            if !shared.rank.is_empty() && all > 0.0 {
                spells.push(SpellShares {
                    question: question.name.clone(),
                    none: by_origin[Origin::None as usize] / all,
                    choice: by_origin[Origin::Choice as usize] / all,
                    noise: by_origin[Origin::Noise as usize] / all,
                    chance: by_origin[Origin::Chance as usize] / all,
                });
            }
            Series {
                name: question.name.clone(),
                label: question.title.clone(),
                probability,
            }
        })
        .collect();
    let mut occupancy = Vec::new();
    let mut entry = 0;
    for variable in &game.variables {
        for level in &variable.levels {
            occupancy.push(LevelSeries {
                variable: variable.name.clone(),
                level: level.clone(),
                share: (0..rounds)
                    .map(|t| total(&|a| a.levels[t][entry]))
                    .collect(),
            });
            entry += 1;
        }
    }
    Forecast {
        classes,
        questions,
        occupancy,
        terms: terms(game, accounts),
        beliefs: beliefs(game, shared, accounts),
        spells,
        mass_error,
        particles: accounts.iter().map(|a| a.particles).sum(),
        exact: accounts.iter().all(|a| a.exact),
    }
}

fn terms(game: &Game, accounts: &[Accounts]) -> Vec<Term> {
    let total = |f: &dyn Fn(&Accounts) -> f64| accounts.iter().map(f).sum::<f64>();
    let mut terms = Vec::new();
    for (i, actor) in game.actors.iter().enumerate() {
        for (k, term) in game
            .terms
            .iter()
            .enumerate()
            .filter(|(_, t)| t.actor as usize == i)
        {
            terms.push(Term {
                actor: actor.name.clone(),
                name: term.name.clone(),
                value: total(&|a| a.flows[k]),
            });
        }
        terms.push(Term {
            actor: actor.name.clone(),
            name: "moves".into(),
            value: total(&|a| a.moved[i]),
        });
        if !game.ends.is_empty() {
            terms.push(Term {
                actor: actor.name.clone(),
                name: "ends".into(),
                value: total(&|a| a.ended[i]),
            });
        }
    }
    terms
}

fn beliefs(game: &Game, shared: &Shared, accounts: &[Accounts]) -> Vec<BeliefSeries> {
    let rounds = game.horizon as usize + 1;
    let mut series = Vec::new();
    for (i, actor) in game
        .actors
        .iter()
        .enumerate()
        .filter(|(_, a)| a.types.len() > 1)
    {
        for (t, kind) in actor.types.iter().enumerate() {
            let e = shared.layout.offset[i] + t;
            let sum = |r: usize| {
                accounts.iter().fold((0.0, 0.0), |(m, d), a| {
                    (m + a.beliefs[e][r].0, d + a.beliefs[e][r].1)
                })
            };
            let quantiles = (0..rounds)
                .map(|r| {
                    let bin = |b: usize| accounts.iter().map(|a| a.spread[e][r][b]).sum::<f64>();
                    let bins: Vec<f64> = (0..BINS).map(bin).collect();
                    let all: f64 = bins.iter().sum();
                    [0.1, 0.25, 0.5, 0.75, 0.9].map(|q| {
                        let mut below = 0.0;
                        let at = bins.iter().position(|mass| {
                            below += mass;
                            below >= q * all
                        });
                        (at.unwrap_or(BINS - 1) as f64 + 0.5) / BINS as f64
                    })
                })
                .collect();
            series.push(BeliefSeries {
                actor: actor.name.clone(),
                kind: kind.name.clone(),
                mean: (0..rounds).map(|r| sum(r).0).collect(),
                moved: (0..rounds).map(|r| sum(r).1).collect(),
                quantiles,
            });
        }
    }
    series
}

/// Replaces the spread of beliefs by that on simulated paths: on the grid means are kept, absolute
/// deviations and quantiles are not.
pub fn sample_beliefs(game: &Game, solution: &crate::solve::Solution, forecast: &mut Forecast) {
    let layout = BeliefLayout::of(game);
    let priors = layout.priors(game);
    let mut samples = crate::simulate::beliefs(game, solution, BELIEF_TRAJECTORIES, 0);
    let mut entries = Vec::new();
    for (actor, kind) in game.actors.iter().enumerate() {
        if kind.types.len() > 1 {
            entries.extend(layout.range(actor));
        }
    }
    samples
        .par_iter_mut()
        .flatten()
        .for_each(|values| values.sort_unstable_by(f64::total_cmp));
    for (series, entry) in forecast.beliefs.iter_mut().zip(entries) {
        for (round, sample) in samples.iter().enumerate() {
            let values = &sample[entry];
            let n = values.len().max(1) as f64;
            let moved = values.iter().map(|b| (b - priors[entry]).abs());
            series.moved[round] = moved.sum::<f64>() / n;
            series.quantiles[round] = [0.1, 0.25, 0.5, 0.75, 0.9].map(|q| {
                values
                    .get((q * n) as usize)
                    .or(values.last())
                    .copied()
                    .unwrap_or(f64::NAN)
            });
        }
    }
}
