//! The paths to each outcome: probabilities by what began the final spell of escalation and by the
//! last step.
//!
//! A *spell* is the rises of the ladder since its last fall. Every course of the crisis has one path,
//! told by the cause that began the spell in which the class's set was entered (the first time for an
//! `ever` class, the last time for one `at end`) and by the cause of that entry.
//!
//! Mass on the belief grid is pushed forward in two parts, outside every spell and inside one. Backwards
//! is carried what it is worth ([`super::adjoint`]): for each class, that of mass which has entered its
//! set; for each pair of a class and a last step, that of mass inside a spell, which is what it will be
//! worth in the class once this step makes it enter before the spell ends. Then
//!
//! ```text
//! P(began, last, class) = Σ over rounds, nodes and beliefs of
//!     mass outside every spell × chance that `began` makes it rise × worth after, by (class, last)
//! ```
//!
//! and what enters outside every spell is read the same way. Both passes use the kernels of the forecast,
//! so the paths of a class add to its probability to rounding; the error is the grid's. Spread has
//! negative weights, so a path that hardly occurs can have a probability a little below 0. Whether a
//! choice is noise is read at the grid's points.

mod carry;
mod packing;
mod turns;
mod worth;

use super::push::Shared;
use super::{Options, operator, profiles};
use crate::compile::{Cause, Causes};
use crate::game::{Game, NONE, Phase, Rule};
use crate::math::lanes::W;
use crate::solve::{Observer, Solution, SolveError};
use packing::Packing;
use std::collections::{BTreeMap, BTreeSet};

/// Class, what began the final spell, and the last step.
pub type Tag = (usize, Option<Cause>, Option<Cause>);

/// Probability of each path within the outcome window. `game` has every trigger in a phase of its own.
/// `None` where the tables would not fit the memory that a forecast may take.
///
/// # Errors
/// [`SolveError::Cancelled`] when stopped.
pub fn paths(
    game: &Game,
    causes: &Causes,
    solution: &Solution,
    observer: &dyn Observer,
) -> Result<Option<BTreeMap<Tag, f64>>, SolveError> {
    if game.classes.is_empty() {
        return Ok(Some(BTreeMap::new()));
    }
    let mut unasked = game.clone();
    unasked.questions.clear();
    let options = Options {
        spells: false,
        ..Options::default()
    };
    let plot = Plot::new(Shared::new(&unasked, solution, &options), causes);
    if !plot.shared.avoided.complete() || plot.bytes() > u128::from(options.memory) {
        return Ok(None);
    }
    if plot.row[game.start as usize] == NONE {
        return Ok(Some(plot.ended_at_the_start()));
    }
    let (turns, begun) = turns::turns(&plot);
    match carry::run(&plot, &turns, &begun, observer) {
        Some(found) => Ok(Some(found)),
        None => Err(SolveError::Cancelled),
    }
}

/// Types of all actors, and the probability that they are these.
type Profile = (Vec<usize>, f64);

/// What is told of a game's steps, and by what.
struct Plot<'a> {
    shared: Shared<'a>,
    causes: &'a Causes,
    /// Place of each state on the ladder; empty without one.
    rank: &'a [u16],
    /// Sets that some class asks for.
    asked: u64,
    /// States in which the crisis goes on, ascending: the rows of the tables.
    live: Vec<u32>,
    /// State → its row, or `NONE`.
    row: Vec<u32>,
    /// Classes that ask for a set.
    entered: Vec<usize>,
    /// Classes and the last steps to them; classes of what is left have none.
    last: Vec<(usize, Option<Cause>)>,
    /// Type profiles.
    profiles: Vec<Profile>,
    /// What mass counts for each class when the window closes, by row: `[class * parts + part]`;
    counts: Vec<Vec<f64>>,
    /// and at each end.
    counts_at_ends: Vec<Vec<f64>>,
    /// How the tables of `entered` lie,
    arrived: Packing,
    /// and those of `last`.
    spell: Packing,
    /// Kinds of planes: a part and a block of profiles.
    kinds: Vec<(usize, usize)>,
    /// Of these the first ones are those in which mass is pushed.
    pushed: usize,
}

/// What a step does to spells and sets.
#[derive(Clone, Copy)]
struct Step {
    rises: bool,
    falls: bool,
    /// Sets of classes that it enters, as bits.
    entered: u64,
}

impl<'a> Plot<'a> {
    fn new(shared: Shared<'a>, causes: &'a Causes) -> Self {
        let game = shared.game;
        let set = |rule: &Rule| match rule {
            Rule::Ever(e) | Rule::AtEnd(e) => Some(*e),
            Rule::Otherwise => None,
        };
        let rules = || {
            game.classes
                .iter()
                .map(|class| set(&class.rule))
                .enumerate()
        };
        let states = game.phases.iter().flat_map(Phase::states).copied();
        let live: BTreeSet<u32> = states.collect();
        let mut row = vec![NONE; game.states.len()];
        for (r, state) in live.iter().enumerate() {
            row[*state as usize] = r as u32;
        }
        let count = |state: &u32| shared.counts(*state);
        let counts = live.iter().map(count).collect();
        let counts_at_ends = game.ends.iter().map(|end| count(&end.state)).collect();
        let mut plot = Self {
            rank: game
                .ladder
                .map_or(&[][..], |l| game.variables[l].of_state.as_slice()),
            asked: rules().fold(0, |all, (_, e)| all | e.map_or(0, |e| 1 << e)),
            entered: rules().filter(|r| r.1.is_some()).map(|r| r.0).collect(),
            last: Vec::new(),
            profiles: profiles(game),
            counts,
            counts_at_ends,
            arrived: Packing::of(1, &[]),
            spell: Packing::of(1, &[]),
            kinds: Vec::new(),
            pushed: 0,
            causes,
            live: live.into_iter().collect(),
            row,
            shared,
        };
        let mut last: BTreeSet<(usize, Option<Cause>)> = BTreeSet::new();
        turns::steps(&plot, |step, cause| {
            let into = plot.classes_of(step.entered);
            last.extend(into.map(|class| (class, Some(cause))));
        });
        last.extend(rules().filter(|r| r.1.is_none()).map(|r| (r.0, None)));
        plot.last = last.into_iter().collect();
        plot.pack();
        plot
    }

    /// Gives every table the parts that can be worth anything to it.
    fn pack(&mut self) {
        let parts = self.shared.avoided.parts.len();
        let all = || self.counts.iter().chain(&self.counts_at_ends);
        let counts = |class: usize, part: usize| all().any(|c| c[class * parts + part] != 0.0);
        let of_class = |class: &usize| -> Vec<usize> {
            let first = |part: &usize| match self.shared.game.classes[*class].rule {
                // What has come into its set stays out of it no longer.
                Rule::Ever(e) => self.shared.avoided.parts[*part] >> e & 1 == 0,
                _ => true,
            };
            let parts = (0..parts).filter(first);
            parts.filter(|part| counts(*class, *part)).collect()
        };
        let of_last = |(class, last): &(usize, Option<Cause>)| -> Vec<usize> {
            match last {
                Some(_) => {
                    let enters = |part: &usize| {
                        let after = self.part_after(*class, *part);
                        after.is_some_and(|part| counts(*class, part))
                    };
                    (0..parts).filter(enters).collect()
                }
                None => of_class(class),
            }
        };
        let profiles = self.profiles.len();
        let arrived: Vec<Vec<usize>> = self.entered.iter().map(of_class).collect();
        let spell: Vec<Vec<usize>> = self.last.iter().map(of_last).collect();
        self.arrived = Packing::of(profiles, &arrived);
        self.spell = Packing::of(profiles, &spell);
        let mut kinds: Vec<(usize, usize)> = Vec::new();
        for (packing, pushed) in [(&self.spell, true), (&self.arrived, false)] {
            for kind in packing.kinds() {
                if !kinds.contains(&kind) {
                    kinds.push(kind);
                }
            }
            if pushed {
                self.pushed = kinds.len();
            }
        }
        let here = self.shared.history.mask[self.shared.game.start as usize];
        if here & self.asked != 0 {
            self.pushed = kinds.len();
        }
        self.kinds = kinds;
    }

    /// The part of mass that comes of `part` when it enters a class's set, for the first time if the
    /// class asks for that: none where it has been there already.
    fn part_after(&self, class: usize, part: usize) -> Option<usize> {
        let avoided = &self.shared.avoided;
        let mut rest = avoided.parts[part];
        if let Rule::Ever(e) = self.shared.game.classes[class].rule {
            let set = self.shared.history.carried & 1 << e;
            if rest & set != set {
                return None;
            }
            rest &= !set;
        }
        avoided.parts.iter().position(|part| *part == rest)
    }

    /// Kind of each plane of a packing.
    fn kinds_of(&self, packing: &Packing) -> Vec<usize> {
        let place = |kind| self.kinds.iter().position(|k| *k == kind).unwrap_or(0);
        packing.kinds().map(place).collect()
    }

    fn step(&self, from: u32, to: u32) -> Step {
        let mask = &self.shared.history.mask;
        let rank = |state: u32| self.rank.get(state as usize).copied().unwrap_or(0);
        Step {
            rises: rank(to) > rank(from),
            falls: rank(to) < rank(from),
            entered: mask[to as usize] & !mask[from as usize] & self.asked,
        }
    }

    /// Classes that ask for one of these sets.
    fn classes_of(&self, sets: u64) -> impl Iterator<Item = usize> {
        let own = move |class: &usize| self.set(*class).is_some_and(|e| sets >> e & 1 == 1);
        self.entered.iter().copied().filter(own)
    }

    /// The set that a class asks for.
    fn set(&self, class: usize) -> Option<u32> {
        match self.shared.game.classes[class].rule {
            Rule::Ever(e) | Rule::AtEnd(e) => Some(e),
            Rule::Otherwise => None,
        }
    }

    /// Index of the tracked sets that hold a state.
    fn inside(&self, state: u32) -> u32 {
        let avoided = &self.shared.avoided;
        avoided.index(avoided.inside(self.shared.history.mask[state as usize]))
    }

    /// Stands for no set that holds anything back, beside those of [`Self::inside`].
    fn nowhere(&self) -> u32 {
        self.shared.avoided.insides.len() as u32
    }

    /// Where nothing can happen any more there is one path.
    fn ended_at_the_start(&self) -> BTreeMap<Tag, f64> {
        let (game, history) = (self.shared.game, &self.shared.history);
        let bits = history.enter(0, game.start);
        let class = history.class(game, bits, game.start);
        BTreeMap::from([((class, None, None), 1.0)])
    }

    /// Bytes of the tables: what is carried backwards twice, the mass at the start of the rounds that are
    /// held and before every phase of one, and the operators of one round.
    fn bytes(&self) -> u128 {
        let game = self.shared.game;
        let layer = (self.live.len() * self.shared.solution.grid.points * W * 8) as u128;
        let carried = self.spell.planes() + self.arrived.planes();
        let moves = game.phases.iter().filter(|p| matches!(p, Phase::Move(_)));
        let starts = carry::starts(game.window.min(game.horizon)) as usize;
        let masses = starts * self.spell.stride() / W + 4 + 2 * moves.count();
        let masses = 2 * self.pushed * masses;
        operator::bytes(game, self.shared.solution, 1, 0) + layer * (2 * carried + masses) as u128
    }
}
