//! Paths: how the crisis came to each outcome, told by two events: the one that began the final spell
//! of escalation, and the last step.
//!
//! A *spell* is the rises of the ladder since its last fall. Shares are exact on the belief grid
//! ([`crate::forecast::paths`]): every course of the crisis has one path, so they add to the outcome's
//! probability before any normalisation. Beside them stand counts on trajectories with exact beliefs
//! ([`super::trace`]), which also give an example of each path; where the exact shares would take too
//! much memory, the counted ones stand alone, with their standard errors.

use super::trace::{Cause, Event, Listener, Step, Traced};
use crate::forecast::history::History;
use crate::forecast::paths::Tag;
use crate::game::{Game, Rule, State};
use climbdown_lang::Scenario;
use serde::Serialize;
use std::collections::BTreeMap;

/// What the shares of [`Paths`] mean.
pub const DEFINITION: &str = "share of the probability of the outcome, by the event that \
     began the final spell of escalation (the rises of the ladder since its last fall) and the step \
     by which the outcome came";

/// The paths to every outcome class.
#[derive(Clone, Debug, Serialize)]
pub struct Paths {
    /// What is measured.
    pub definition: &'static str,
    /// Probabilities and shares are exact on the belief grid; otherwise they are counted.
    pub exact: bool,
    /// Grid points along each belief axis.
    pub belief_points: usize,
    /// Trajectories drawn for the counts.
    pub trajectories: u64,
    /// Seed of all random numbers.
    pub seed: u64,
    /// One entry a class, in their order.
    pub classes: Vec<ClassPaths>,
}

/// The paths to one outcome class.
#[derive(Clone, Debug, Serialize)]
pub struct ClassPaths {
    /// Name as declared.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// Probability of the class at the end of the window; the probabilities of its paths add to it.
    pub probability: f64,
    /// Trajectories that ended in it.
    pub count: u64,
    /// Their share of all.
    pub counted: f64,
    /// Standard error of that, binomial.
    pub standard_error: f64,
    /// How the final spells began.
    pub origins: Origins,
    /// Paths, the likeliest first; their counts add to `count`.
    pub paths: Vec<Path>,
}

/// How the final spells before the arrivals in a class began: shares of its probability.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Origins {
    /// By a choice whose regret is at most 1/λ, or by a move made by default.
    pub choice: f64,
    /// By a choice whose regret exceeds 1/λ.
    pub noise: f64,
    /// By a trigger.
    pub accident: f64,
    /// The ladder had not risen since its last fall, or not at all.
    pub none: f64,
}

/// One way to an outcome.
#[derive(Clone, Debug, Serialize)]
pub struct Path {
    /// What began the final spell; nothing when the ladder had not risen.
    pub began: Option<Event>,
    /// The step by which the outcome came; nothing when it held from the start, or is what is left
    /// when nothing else came.
    pub last: Option<Event>,
    /// Its probability.
    pub probability: f64,
    /// Its share of the class.
    pub share: f64,
    /// Trajectories that went this way.
    pub count: u64,
    /// Their share of those that ended in the class.
    pub counted: f64,
    /// Standard error of that, binomial.
    pub standard_error: f64,
    /// The first such trajectory, if any: what changed the ladder from the beginning of the spell, and the
    /// last step.
    pub example: Vec<StoryStep>,
}

/// A step of an example.
#[derive(Clone, Debug, Serialize)]
pub struct StoryStep {
    /// Round, from 1.
    pub round: u32,
    /// What happened.
    pub event: Event,
    /// The variables that changed, as "variable=level".
    pub changes: Vec<String>,
}

/// A step kept for a story.
type Kept = (u32, Cause, State, State);

/// Counts paths.
pub struct PathListener<'a> {
    game: &'a Game,
    history: &'a History,
    rank: Option<&'a [u16]>,
    counts: BTreeMap<Tag, (u64, Vec<Kept>)>,
    bits: u64,
    spell: Option<Cause>,
    story: Vec<Kept>,
    /// By watched set: the spell and step of the first and of the last entry.
    first: Vec<Option<Arrival>>,
    last: Vec<Option<Arrival>>,
}

#[derive(Clone)]
struct Arrival {
    spell: Option<Cause>,
    step: Option<Cause>,
    story: Vec<Kept>,
}

impl<'a> PathListener<'a> {
    /// Counts nothing yet.
    pub fn new(game: &'a Game, history: &'a History) -> Self {
        Self {
            game,
            history,
            rank: game.ladder.map(|l| game.variables[l].of_state.as_slice()),
            counts: BTreeMap::new(),
            bits: 0,
            spell: None,
            story: Vec::new(),
            first: vec![None; game.events.len()],
            last: vec![None; game.events.len()],
        }
    }

    fn enter(&mut self, sets: u64, step: Option<&Step>) {
        let mut rest = sets;
        while rest != 0 {
            let e = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            let mut story = self.story.clone();
            if let Some(step) = step {
                let kept = (step.round, step.cause, step.from, step.to);
                if story.last() != Some(&kept) {
                    story.push(kept);
                }
            }
            let arrival = Arrival {
                spell: self.spell,
                step: step.map(|s| s.cause.plain()),
                story,
            };
            if self.first[e].is_none() {
                self.first[e] = Some(arrival.clone());
            }
            self.last[e] = Some(arrival);
        }
    }
}

impl Listener for PathListener<'_> {
    fn begin(&mut self, _types: &[usize], start: State) {
        self.first.fill(None);
        self.last.fill(None);
        self.spell = None;
        self.story.clear();
        self.bits = self.history.enter(0, start);
        self.enter(self.history.mask[start as usize], None);
    }

    fn step(&mut self, step: &Step) {
        if step.from == step.to {
            return;
        }
        if let Some(rank) = self.rank {
            let (before, after) = (rank[step.from as usize], rank[step.to as usize]);
            if after < before {
                self.spell = None;
                self.story.clear();
            } else if after > before {
                self.spell = self.spell.or(Some(step.cause));
                self.story
                    .push((step.round, step.cause, step.from, step.to));
            }
        }
        let mask = &self.history.mask;
        let fresh = mask[step.to as usize] & !mask[step.from as usize];
        self.enter(fresh, Some(step));
        self.bits = self.history.enter(self.bits, step.to);
    }

    fn end(&mut self, state: State) {
        if self.game.classes.is_empty() {
            return;
        }
        let class = self.history.class(self.game, self.bits, state);
        let arrival = match self.game.classes[class].rule {
            Rule::Ever(e) => self.first[e as usize].clone(),
            Rule::AtEnd(e) => self.last[e as usize].clone(),
            Rule::Otherwise => None,
        };
        let (spell, step, story) = match arrival {
            Some(a) => (a.spell, a.step, a.story),
            // What is left when nothing came: only how escalation stands is told.
            None => (self.spell, None, std::mem::take(&mut self.story)),
        };
        let entry = self.counts.entry((class, spell, step));
        entry.or_insert((0, story)).0 += 1;
    }
}

/// Adds up what the listeners heard, in their order, beside the exact probabilities of the paths.
pub fn collect(
    heard: &[&PathListener],
    exact: Option<&BTreeMap<Tag, f64>>,
    scenario: &Scenario,
    traced: &Traced,
    (trajectories, seed): (u64, u64),
) -> Paths {
    let game = &traced.game;
    let mut counts: BTreeMap<Tag, (u64, &[Kept])> = BTreeMap::new();
    for listener in heard {
        for (tag, (count, story)) in &listener.counts {
            counts.entry(*tag).or_insert((0, story)).0 += count;
        }
    }
    for tag in exact.into_iter().flat_map(BTreeMap::keys) {
        counts.entry(*tag).or_insert((0, &[]));
    }
    let event = |cause: &Option<Cause>| cause.map(|c| Event::of(c, scenario, game));
    let classes = game.classes.iter().enumerate().map(|(c, class)| {
        let own = || counts.iter().filter(move |(tag, _)| tag.0 == c);
        let count: u64 = own().map(|(_, (n, _))| n).sum();
        let probability = |tag: &Tag, n: u64| match exact {
            Some(exact) => exact.get(tag).copied().unwrap_or(0.0),
            None => n as f64 / trajectories.max(1) as f64,
        };
        let all: f64 = own().map(|(tag, (n, _))| probability(tag, *n)).sum();
        let mut origins = Origins::default();
        let mut paths: Vec<Path> = own()
            .map(|(tag @ (_, began, last), (n, story))| {
                let probability = probability(tag, *n);
                let share = if all > 0.0 { probability / all } else { 0.0 };
                *match began {
                    None => &mut origins.none,
                    Some(Cause::Trigger(_)) => &mut origins.accident,
                    Some(Cause::Move { noise: true, .. }) => &mut origins.noise,
                    Some(Cause::Move { .. }) => &mut origins.choice,
                } += share;
                let (counted, standard_error) = binomial(*n, count);
                Path {
                    began: event(began),
                    last: event(last),
                    probability,
                    share,
                    count: *n,
                    counted,
                    standard_error,
                    example: tell(story, scenario, game),
                }
            })
            .collect();
        paths.sort_by(|a, b| b.share.total_cmp(&a.share));
        let (counted, standard_error) = binomial(count, trajectories);
        ClassPaths {
            name: class.name.clone(),
            label: class.label.clone(),
            probability: all,
            count,
            counted,
            standard_error,
            origins,
            paths,
        }
    });
    Paths {
        definition: DEFINITION,
        exact: exact.is_some(),
        belief_points: traced.solution.grid.axis.points,
        trajectories,
        seed,
        classes: classes.collect(),
    }
}

/// Share and binomial standard error of `n` in `all`.
pub(super) fn binomial(n: u64, all: u64) -> (f64, f64) {
    if all == 0 {
        return (0.0, 0.0);
    }
    let share = n as f64 / all as f64;
    (share, (share * (1.0 - share) / all as f64).sqrt())
}

fn tell(story: &[Kept], scenario: &Scenario, game: &Game) -> Vec<StoryStep> {
    let step = |(round, cause, from, to): &Kept| StoryStep {
        round: round + 1,
        event: Event::of(*cause, scenario, game),
        changes: game
            .variables
            .iter()
            .filter(|v| v.of_state[*from as usize] != v.of_state[*to as usize])
            .map(|v| {
                let level = &v.levels[v.of_state[*to as usize] as usize];
                format!("{}={level}", v.name)
            })
            .collect(),
    };
    story.iter().map(step).collect()
}
