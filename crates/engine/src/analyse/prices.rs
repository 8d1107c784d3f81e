//! Prices and other measured quantities over time: fan, exceedance, duration.
//!
//! A derived quantity is a function of the state and of declared numbers. The chances of states are those
//! of the exact forecast as written: the quantity is added to the game as one more variable, and the sets
//! of states in which it reaches a threshold as more questions. Its value in each state is taken at the
//! written numbers and over draws from the declared ranges of the numbers that it reads, all of which count
//! alike. Nothing is sampled but the number of rounds spent above a threshold, which depends on the path.

use super::chokepoint::walk;
use super::draws;
use super::premium::{self, Cover};
use super::resolve::AnalysisError;
use crate::compile;
use crate::forecast::history::MAX_EVENTS;
use crate::forecast::{self, Forecast, forecast};
use crate::game::{Game, Question, State, VariableLevels};
use crate::simulate;
use crate::solve::{Observer, Solution, SolveError};
use climbdown_lang::Scenario;
use climbdown_lang::scenario::{DerivedId, Expr, ExprKind};
use serde::Serialize;

/// What the numbers of [`Prices`] mean.
pub const DEFINITION: &str = "the quantity in the state at the end of each round: the chances of states are \
     those of the exact forecast as written, its value in a state is taken over the declared ranges of \
     the numbers that it reads; rounds above a threshold are counted on simulated paths";

/// What they do not say.
pub const LIMITS: &str = "Conduct and chances stay those of the central assumptions. Within a state \
     nothing moves the quantity from day to day and no market foresees the next state, so that \
     short-dated quantiles are too narrow. After an end it stays where it was.";

/// Quantiles of the fan.
pub const QUANTILES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// Sets of states whose first passages are asked at most; each costs as much as the forecast without it.
const MOST_SETS: usize = 8;

/// Settings.
#[derive(Clone, Debug, Serialize)]
pub struct Settings {
    /// Draws from the declared ranges of what a quantity reads; 1 takes the written numbers alone.
    pub draws: u32,
    /// Seed of the draws and of the paths.
    pub seed: u32,
    /// Paths on which rounds above a threshold are counted; 0 counts none.
    pub trajectories: u64,
    /// Interest a year at which payouts are discounted; 0.05 is 5 %.
    pub rate: f64,
    /// A premium, as a share of the sum insured, whose probability is asked.
    pub premium: Option<f64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            draws: 256,
            seed: 1,
            trajectories: 20_000,
            rate: 0.0,
            premium: None,
        }
    }
}

/// A quantity that is asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Which.
    pub quantity: DerivedId,
    /// Thresholds in its unit; round numbers between its values where there are none.
    pub thresholds: Vec<f64>,
    /// A price for the last round, quoted elsewhere, whose probabilities are asked.
    pub forward: Option<f64>,
}

/// Fan, exceedance, durations and covers.
#[derive(Clone, Debug, Serialize)]
pub struct Prices {
    /// What is measured.
    pub definition: &'static str,
    /// What it does not say.
    pub limits: &'static str,
    /// Rounds forecast.
    pub horizon: u32,
    /// Length of a round in days.
    pub round_days: f64,
    /// Settings.
    pub settings: Settings,
    /// By quantity.
    pub quantities: Vec<Quantity>,
    /// What pays when something happens.
    pub covers: Vec<Cover>,
}

/// One quantity.
#[derive(Clone, Debug, Serialize)]
pub struct Quantity {
    /// Name as declared.
    pub name: String,
    /// Unit; times in days, "" for a plain number.
    pub unit: String,
    /// Draws of the numbers that it reads; 1 where none of them has a range.
    pub draws: usize,
    /// Its value by the variables that it reads, as they stand at the start first.
    pub places: Vec<Place>,
    /// Quantiles of the fan.
    pub quantiles: [f64; 5],
    /// Round, from 0, → those quantiles.
    pub fan: Vec<[f64; 5]>,
    /// Round → mean.
    pub mean: Vec<f64>,
    /// Round → mean with the written numbers.
    pub central: Vec<f64>,
    /// By threshold, rising.
    pub thresholds: Vec<Threshold>,
    /// A quoted price for the last round.
    pub forward: Option<f64>,
}

/// Levels of the variables that a quantity reads.
#[derive(Clone, Debug, Serialize)]
pub struct Place {
    /// "strait=shut".
    pub name: String,
    /// With the written numbers.
    pub value: f64,
    /// 5th percentile of the draws.
    pub low: f64,
    /// 95th percentile of the draws.
    pub high: f64,
    /// Its chance at the end of the last round.
    pub share: f64,
}

/// Where a quantity stands against a threshold.
#[derive(Clone, Debug, Serialize)]
pub struct Threshold {
    /// The threshold, in the quantity's unit.
    pub at: f64,
    /// Probability of being at it or above at the end of each round, from round 0.
    pub above: Vec<f64>,
    /// Probability of having been at it or above by each round.
    pub reached: Vec<f64>,
    /// Where it may be at it or above at the start: probability, given that, of having fallen below by
    /// each round.
    pub left: Option<Vec<f64>>,
    /// Expected number of round ends at it or above, from round 1; exact.
    pub mean_rounds: f64,
    /// Their distribution; none without paths.
    pub duration: Option<Duration>,
    /// Expected excess over it at the end of the last round, in the quantity's unit: what a call struck
    /// there pays, before discounting.
    pub excess: f64,
    /// Probability of being at it or above at the end that the quoted price implies, if the means above
    /// and below are the forecast's; outside 0 to 1 where no chance gives that price.
    pub implied: Option<f64>,
    /// First passages and durations are of the written numbers alone, since the draws make too many
    /// different sets of states.
    pub central_only: bool,
}

/// Rounds spent at a threshold or above.
#[derive(Clone, Debug, Serialize)]
pub struct Duration {
    /// Index n: probability of n round ends at it or above, from 0 to the horizon.
    pub probability: Vec<f64>,
    /// Quantiles of the number, as of the fan.
    pub quantiles: [u32; 5],
    /// Largest standard error of those probabilities.
    pub standard_error: f64,
}

/// The quantities with a unit that depend on the state: prices, flows, distances. What is counted in time
/// alone or in plain numbers is left out.
pub fn measured(scenario: &Scenario) -> Vec<DerivedId> {
    let ids = (0..scenario.derived.len()).map(|d| DerivedId(d as u32));
    ids.filter(|id| {
        let derived = &scenario.derived[id.0 as usize];
        let words = derived.unit.split(['/', '*', ' ', '^']);
        let mut words = words.filter(|w| !w.is_empty() && *w != "per" && *w != "day");
        !derived.condition
            && words.any(|w| w.parse::<i32>().is_err())
            && !reads(scenario, *id).0.is_empty()
    })
    .collect()
}

/// Variables and parameters that a quantity reads, itself or through others, ascending.
fn reads(scenario: &Scenario, quantity: DerivedId) -> (Vec<usize>, Vec<usize>) {
    let (mut variables, mut parameters) = (Vec::new(), Vec::new());
    let mut seen = vec![false; scenario.derived.len()];
    let mut open = vec![quantity.0 as usize];
    while let Some(d) = open.pop() {
        let Some(derived) = scenario.derived.get(d).filter(|_| !seen[d]) else {
            continue;
        };
        seen[d] = true;
        let mut visit = |e: &Expr| match &e.kind {
            ExprKind::Level(v) | ExprKind::ByLevel { variable: v, .. } => {
                variables.push(v.0 as usize);
            }
            ExprKind::Parameter(p) => parameters.push(p.0 as usize),
            ExprKind::Derived(id) => open.push(id.0 as usize),
            _ => {}
        };
        walk(&derived.value, &mut visit);
    }
    for list in [&mut variables, &mut parameters] {
        list.sort_unstable();
        list.dedup();
    }
    (variables, parameters)
}

/// A quantity at every place and draw.
struct Table {
    name: String,
    unit: String,
    places: Vec<String>,
    of_state: Vec<u16>,
    central: Vec<f64>,
    /// Draw → place → value.
    draws: Vec<Vec<f64>>,
    /// All of them, rising, with their places.
    sorted: Vec<(f64, usize)>,
}

impl Table {
    fn of(
        scenario: &Scenario,
        game: &Game,
        id: DerivedId,
        settings: &Settings,
    ) -> Result<Self, AnalysisError> {
        let question = |text: String| Err(AnalysisError::Question(text));
        let Some(derived) = scenario.derived.get(id.0 as usize) else {
            return question("there is no such quantity".to_owned());
        };
        let (variables, parameters) = reads(scenario, id);
        let mut places: Vec<Vec<u16>> = Vec::new();
        let mut place_of: rustc_hash::FxHashMap<Vec<u16>, u16> = rustc_hash::FxHashMap::default();
        let mut of_state = vec![0; game.states.len()];
        // The start's place is the first.
        let states = std::iter::once(game.start).chain(0..game.states.len() as State);
        for state in states {
            let mut levels = vec![0u16; scenario.variables.len()];
            for v in &variables {
                levels[*v] = game
                    .variables
                    .get(*v)
                    .map_or(0, |v| v.of_state[state as usize]);
            }
            let next = places.len() as u16;
            let place = *place_of.entry(levels).or_insert_with_key(|levels| {
                places.push(levels.clone());
                next
            });
            of_state[state as usize] = place;
            if places.len() > usize::from(u16::MAX) {
                return question(format!("`{}` depends on too many variables", derived.name));
            }
        }
        let names: Vec<String> = places
            .iter()
            .map(|levels| {
                let parts = variables.iter().map(|v| {
                    let variable = &scenario.variables[*v];
                    let level = &variable.levels[usize::from(levels[*v])];
                    format!("{}={}", variable.name, level.name)
                });
                parts.collect::<Vec<_>>().join(", ")
            })
            .collect();
        let mut lean = bare(scenario);
        let central = compile::quantity(&lean, id, &places);
        let ranged = parameters
            .iter()
            .any(|p| draws::has_range(&scenario.parameters[*p]));
        let draws = if ranged && settings.draws > 1 {
            let drawn: Vec<usize> = parameters
                .into_iter()
                .filter(|p| draws::has_range(&scenario.parameters[*p]))
                .collect();
            (0..settings.draws)
                .map(|k| {
                    for (dimension, p) in drawn.iter().enumerate() {
                        let u = draws::coordinate(k, dimension, settings.seed);
                        lean.parameters[*p].central = draws::quantile(&scenario.parameters[*p], u);
                    }
                    compile::quantity(&lean, id, &places)
                })
                .collect()
        } else {
            vec![central.clone()]
        };
        let mut sorted: Vec<(f64, usize)> = draws
            .iter()
            .flat_map(|values| values.iter().copied().zip(0..))
            .collect();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let unsound = central
            .iter()
            .copied()
            .zip(0..)
            .chain(sorted.iter().copied());
        if let Some((_, place)) = unsound.into_iter().find(|(v, _)| !v.is_finite()) {
            return question(format!(
                "`{}` has no value where {}, within the declared ranges of what it reads",
                derived.name, names[place]
            ));
        }
        Ok(Self {
            name: derived.name.clone(),
            unit: derived.unit.clone(),
            places: names,
            of_state,
            central,
            draws,
            sorted,
        })
    }

    /// Value below which a share `q` of the probability lies, with these chances of the places.
    fn quantile(&self, shares: &[f64], q: f64) -> f64 {
        let whole: f64 = shares.iter().sum();
        let mut below = 0.0;
        let each = 1.0 / (self.draws.len() as f64 * whole);
        // What rounding leaves undecided belongs to the lower value.
        let wanted = q - 1e-12;
        for (value, place) in &self.sorted {
            below += shares[*place] * each;
            if below >= wanted {
                return *value;
            }
        }
        self.sorted.last().map_or(f64::NAN, |(value, _)| *value)
    }

    /// Mean of a function of the value, with these chances of the places.
    fn expected(&self, shares: &[f64], of: impl Fn(f64) -> f64) -> f64 {
        let sum: f64 = self.sorted.iter().map(|(v, p)| shares[*p] * of(*v)).sum();
        sum / self.draws.len() as f64
    }

    /// Round numbers between the smallest and the largest value, at most four or so.
    fn round_thresholds(&self) -> Vec<f64> {
        let low = self.central.iter().copied().fold(f64::INFINITY, f64::min);
        let high = self
            .central
            .iter()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max);
        let rough = (high - low) / 5.0;
        if !(rough > 0.0 && rough.is_finite()) {
            return Vec::new();
        }
        let unit = libm::pow(10.0, libm::floor(libm::log10(rough)));
        let step = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .map(|k| k * unit)
            .find(|s| *s >= rough * (1.0 - 1e-9))
            .unwrap_or(10.0 * unit);
        let first = libm::floor(low / step) + 1.0;
        let steps = (0..8).map(|k| (first + f64::from(k)) * step);
        steps.take_while(|x| *x <= high).collect()
    }
}

/// The scenario as far as derived quantities need it.
fn bare(scenario: &Scenario) -> Scenario {
    let mut bare = scenario.clone();
    bare.actors.clear();
    bare.moves.clear();
    bare.triggers.clear();
    bare
}

/// Sets of states whose first passages are asked, and which of them each draw needs.
#[derive(Default)]
struct Sets {
    /// State → in the set?
    sets: Vec<Vec<bool>>,
}

/// What a threshold is for one draw.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Never,
    Always,
    /// A set, by its index.
    In(usize),
}

impl Sets {
    /// For each different set in which draws of the quantity are at `threshold` or above: their share.
    fn of(&mut self, table: &Table, threshold: f64) -> (Vec<(Kind, f64)>, bool) {
        let before = self.sets.len();
        if let Some(kinds) = self.add(table, threshold, &table.draws) {
            return (kinds, false);
        }
        self.sets.truncate(before);
        let central = [table.central.clone()];
        (
            self.add(table, threshold, &central).unwrap_or_default(),
            true,
        )
    }

    fn add(
        &mut self,
        table: &Table,
        threshold: f64,
        draws: &[Vec<f64>],
    ) -> Option<Vec<(Kind, f64)>> {
        let each = 1.0 / draws.len() as f64;
        let mut known: Vec<(Vec<bool>, Kind, f64)> = Vec::new();
        for values in draws {
            let places: Vec<bool> = values.iter().map(|v| *v >= threshold).collect();
            if let Some(known) = known.iter_mut().find(|k| k.0 == places) {
                known.2 += each;
                continue;
            }
            let kind = if places.iter().all(|p| *p) {
                Kind::Always
            } else if !places.contains(&true) {
                Kind::Never
            } else {
                let set: Vec<bool> = table
                    .of_state
                    .iter()
                    .map(|p| places[usize::from(*p)])
                    .collect();
                let at = self.sets.iter().position(|s| *s == set);
                Kind::In(at.unwrap_or_else(|| {
                    self.sets.push(set);
                    self.sets.len() - 1
                }))
            };
            if self.sets.len() > MOST_SETS && draws.len() > 1 {
                return None;
            }
            known.push((places, kind, each));
        }
        Some(
            known
                .into_iter()
                .map(|(_, kind, share)| (kind, share))
                .collect(),
        )
    }
}

/// Fan, exceedance and durations of the quantities asked for, and the covers.
///
/// # Errors
/// A quantity without a value somewhere, too many thresholds, or interrupted.
pub fn prices(
    scenario: &Scenario,
    game: &Game,
    solution: &Solution,
    asked: &[Asked],
    settings: &Settings,
    observer: &dyn Observer,
) -> Result<Prices, AnalysisError> {
    let mut tables = Vec::new();
    for one in asked {
        tables.push(Table::of(scenario, game, one.quantity, settings)?);
    }
    let mut sets = Sets::default();
    let mut wanted: Vec<Vec<Wanted>> = Vec::new();
    for (table, one) in tables.iter().zip(asked) {
        let mut thresholds = one.thresholds.clone();
        if thresholds.is_empty() {
            thresholds = table.round_thresholds();
        }
        thresholds.sort_by(f64::total_cmp);
        thresholds.dedup();
        let of = |at: f64| {
            let (kinds, central_only) = sets.of(table, at);
            Wanted {
                at,
                kinds,
                central_only,
            }
        };
        wanted.push(thresholds.into_iter().map(of).collect());
    }
    if game.events.len() + sets.sets.len() > MAX_EVENTS {
        return Err(AnalysisError::Question(format!(
            "{} thresholds are too many to follow at once; ask for fewer",
            wanted.iter().map(Vec::len).sum::<usize>()
        )));
    }
    let watched = watching(game, &tables, &sets);
    let options = forecast::Options {
        spells: false,
        belief_paths: false,
        ..forecast::Options::default()
    };
    let found = forecast(&watched, solution, &options, observer)?;
    let counted = rounds_inside(game, solution, &sets, settings, observer)?;
    let reading = Reading {
        game,
        sets: &sets,
        found: &found,
        counted: &counted,
        trajectories: settings.trajectories,
    };
    let mut first_level =
        found.occupancy.len() - tables.iter().map(|t| t.places.len()).sum::<usize>();
    let mut quantities = Vec::new();
    for ((table, wanted), one) in tables.iter().zip(&wanted).zip(asked) {
        let levels = &found.occupancy[first_level..first_level + table.places.len()];
        first_level += table.places.len();
        quantities.push(reading.quantity(table, levels, wanted, one.forward));
    }
    let mut prices = Prices {
        definition: DEFINITION,
        limits: LIMITS,
        horizon: game.horizon,
        round_days: scenario.round_days,
        settings: settings.clone(),
        quantities,
        covers: Vec::new(),
    };
    prices.covers = premium::covers(game, &found, &prices);
    Ok(prices)
}

/// A threshold and the sets of states that it means.
struct Wanted {
    at: f64,
    kinds: Vec<(Kind, f64)>,
    central_only: bool,
}

/// The game with the quantities as variables and the passages as questions. A set that holds the start
/// is asked when it is left, any other when it is reached.
fn watching(game: &Game, tables: &[Table], sets: &Sets) -> Game {
    let mut watched = game.clone();
    for table in tables {
        watched.variables.push(VariableLevels {
            name: table.name.clone(),
            label: table.name.clone(),
            levels: table.places.clone(),
            of_state: table.of_state.clone(),
        });
    }
    for (k, set) in sets.sets.iter().enumerate() {
        let inside = set[game.start as usize];
        watched.questions.push(Question {
            name: format!("set {k}"),
            title: String::new(),
            resolves: String::new(),
            event: watched.events.len() as u32,
            by: game.horizon,
        });
        watched
            .events
            .push(set.iter().map(|s| *s != inside).collect());
    }
    watched
}

/// What is read off the forecast.
struct Reading<'a> {
    game: &'a Game,
    sets: &'a Sets,
    found: &'a Forecast,
    /// Set → n → paths with n round ends inside.
    counted: &'a [Vec<u64>],
    trajectories: u64,
}

impl Reading<'_> {
    fn quantity(
        &self,
        table: &Table,
        levels: &[forecast::LevelSeries],
        wanted: &[Wanted],
        forward: Option<f64>,
    ) -> Quantity {
        let rounds = self.game.horizon as usize + 1;
        let shares: Vec<Vec<f64>> = (0..rounds)
            .map(|t| levels.iter().map(|level| level.share[t]).collect())
            .collect();
        let last = &shares[rounds - 1];
        let places = table.places.iter().enumerate().map(|(p, name)| {
            let mut alone = vec![0.0; table.places.len()];
            alone[p] = 1.0;
            Place {
                name: name.clone(),
                value: table.central[p],
                low: table.quantile(&alone, QUANTILES[0]),
                high: table.quantile(&alone, QUANTILES[4]),
                share: last[p],
            }
        });
        let central = |s: &Vec<f64>| s.iter().zip(&table.central).map(|(s, v)| s * v).sum();
        Quantity {
            name: table.name.clone(),
            unit: table.unit.clone(),
            draws: table.draws.len(),
            places: places.collect(),
            quantiles: QUANTILES,
            fan: shares
                .iter()
                .map(|s| QUANTILES.map(|q| table.quantile(s, q)))
                .collect(),
            mean: shares.iter().map(|s| table.expected(s, |v| v)).collect(),
            central: shares.iter().map(central).collect(),
            thresholds: wanted
                .iter()
                .map(|w| self.threshold(table, &shares, w, forward))
                .collect(),
            forward,
        }
    }

    fn threshold(
        &self,
        table: &Table,
        shares: &[Vec<f64>],
        wanted: &Wanted,
        forward: Option<f64>,
    ) -> Threshold {
        let x = wanted.at;
        let rounds = shares.len();
        let above: Vec<f64> = shares
            .iter()
            .map(|s| table.expected(s, |v| f64::from(u8::from(v >= x))))
            .collect();
        let first = self.found.questions.len() - self.sets.sets.len();
        let (mut reached, mut left, mut from_above) = (vec![0.0; rounds], vec![0.0; rounds], 0.0);
        for (kind, share) in &wanted.kinds {
            match kind {
                Kind::Never => {}
                Kind::Always => {
                    from_above += share;
                    reached.iter_mut().for_each(|r| *r += share);
                }
                Kind::In(set) => {
                    let passage = &self.found.questions[first + set].probability;
                    if self.sets.sets[*set][self.game.start as usize] {
                        from_above += share;
                        reached.iter_mut().for_each(|r| *r += share);
                        add(&mut left, passage, *share);
                    } else {
                        add(&mut reached, passage, *share);
                    }
                }
            }
        }
        let last = &shares[rounds - 1];
        let over = above[rounds - 1];
        let excess = table.expected(last, |v| (v - x).max(0.0));
        let mean = table.expected(last, |v| v);
        let mean_above = (over > 0.0).then(|| x + excess / over);
        let mean_below = (over < 1.0)
            .then(|| (mean - x * over - excess) / (1.0 - over))
            .filter(|m| m.is_finite());
        Threshold {
            at: x,
            reached,
            left: (from_above > 0.0).then(|| left.iter().map(|l| l / from_above).collect()),
            mean_rounds: above.iter().skip(1).sum(),
            duration: self.duration(wanted, rounds),
            excess,
            implied: forward.and_then(|f| {
                let (high, low) = (mean_above?, mean_below?);
                Some((f - low) / (high - low))
            }),
            central_only: wanted.central_only,
            above,
        }
    }

    fn duration(&self, wanted: &Wanted, rounds: usize) -> Option<Duration> {
        let n = self.trajectories as f64;
        if self.trajectories == 0 {
            return None;
        }
        let mut probability = vec![0.0; rounds];
        for (kind, share) in &wanted.kinds {
            match kind {
                Kind::Never => probability[0] += share,
                Kind::Always => probability[rounds - 1] += share,
                Kind::In(set) => {
                    for (p, count) in probability.iter_mut().zip(&self.counted[*set]) {
                        *p += share * *count as f64 / n;
                    }
                }
            }
        }
        let quantiles = QUANTILES.map(|q| {
            let mut below = 0.0;
            let at = probability.iter().position(|p| {
                below += p;
                below >= q - 1e-12
            });
            at.unwrap_or(rounds - 1) as u32
        });
        let error = |p: &f64| (p * (1.0 - p)).max(0.0) / n;
        Some(Duration {
            standard_error: probability.iter().map(error).fold(0.0, f64::max).sqrt(),
            quantiles,
            probability,
        })
    }
}

fn add(to: &mut [f64], from: &[f64], times: f64) {
    for (t, f) in to.iter_mut().zip(from) {
        *t += times * f;
    }
}

/// Set → n → paths that end n rounds inside it.
fn rounds_inside(
    game: &Game,
    solution: &Solution,
    sets: &Sets,
    settings: &Settings,
    observer: &dyn Observer,
) -> Result<Vec<Vec<u64>>, SolveError> {
    if settings.trajectories == 0 || sets.sets.is_empty() {
        return Ok(vec![vec![0; game.horizon as usize + 1]; sets.sets.len()]);
    }
    let seed = u64::from(settings.seed);
    simulate::rounds_inside(
        game,
        solution,
        &sets.sets,
        settings.trajectories,
        seed,
        observer,
    )
}
