//! One type profile pushed forward through the rounds.

use super::Options;
use super::cloud::{Cells, Cloud, Keying, Memory, Origin, key};
use super::history::History;
use super::read::Accounts;
use crate::game::{EventsPhase, Game, MovePhase, NONE, Phase};
use crate::play::{BeliefLayout, Play};
use crate::solve::{Observer, Solution};

/// What all profiles share.
pub struct Shared<'a> {
    /// The game.
    pub game: &'a Game,
    /// Its solution.
    pub solution: &'a Solution,
    /// Settings.
    pub options: &'a Options,
    /// Watched sets.
    pub history: History,
    /// Flat beliefs.
    pub layout: BeliefLayout,
    /// Belief cells.
    pub cells: Cells,
    /// Position of each state on the ladder; empty when spells are not followed.
    pub rank: Vec<u16>,
    /// First events phase, where flows are paid.
    pub flow_phase: Option<usize>,
    /// State → index among the ends, `NONE` for live ones.
    pub end: Vec<u32>,
}

impl<'a> Shared<'a> {
    /// Prepares the forecast.
    pub fn new(game: &'a Game, solution: &'a Solution, options: &'a Options) -> Self {
        let rank = match game.ladder {
            Some(ladder) if options.spells => game.variables[ladder].of_state.clone(),
            _ => Vec::new(),
        };
        let mut end = vec![NONE; game.states.len()];
        for (e, state) in game.ends.iter().enumerate() {
            end[state.state as usize] = e as u32;
        }
        Self {
            game,
            solution,
            options,
            history: History::of(game),
            layout: BeliefLayout::of(game),
            cells: Cells::new(options.cells),
            rank,
            flow_phase: game
                .phases
                .iter()
                .position(|p| matches!(p, Phase::Events(_))),
            end,
        }
    }
}

/// Forecasts the profile `types`, whose prior weight is `weight`; `None` when cancelled.
pub fn run(
    shared: &Shared,
    types: &[usize],
    weight: f64,
    report: bool,
    observer: &dyn Observer,
) -> Option<Accounts> {
    let game = shared.game;
    let width = shared.layout.len();
    let mut profile = Profile {
        shared,
        types,
        keying: Keying::Exact,
        live: Cloud::new(width),
        next: Cloud::new(width),
        settled: Cloud::new(width),
        accounts: Accounts::new(game),
        play: Play::default(),
        belief: vec![0.0; width],
        changed: vec![0.0; width],
        keys: Vec::new(),
        discounts: vec![1.0; game.actors.len()],
        round: 0,
    };
    let priors = shared.layout.priors(game);
    let start = Memory {
        bits: shared.history.enter(0, game.start),
        origin: Origin::None,
    };
    let seen = shared.history.seen(0, game.start);
    profile.accounts.passage(seen, Origin::None, 0, weight);
    let first = if shared.end[game.start as usize] == NONE {
        &mut profile.live
    } else {
        profile.accounts.enter_end(
            game,
            types,
            shared.end[game.start as usize],
            0,
            weight,
            &profile.discounts,
        );
        &mut profile.settled
    };
    first.add(game.start, start, 0, weight, &priors);
    profile.account();
    for round in 0..game.horizon {
        if observer.cancelled() {
            return None;
        }
        if report {
            observer.progress("forecast", u64::from(round), u64::from(game.horizon));
        }
        profile.round = round as usize;
        for (p, phase) in game.phases.iter().enumerate() {
            match phase {
                Phase::Move(phase) => profile.moves(p, phase),
                Phase::Events(phase) => profile.events(p, phase),
            }
            std::mem::swap(&mut profile.live, &mut profile.next);
            profile.thin();
        }
        for (d, actor) in profile.discounts.iter_mut().zip(&game.actors) {
            *d *= actor.discount;
        }
        profile.account();
    }
    if report {
        observer.progress("forecast", u64::from(game.horizon), u64::from(game.horizon));
    }
    Some(profile.accounts)
}

struct Profile<'a> {
    shared: &'a Shared<'a>,
    types: &'a [usize],
    keying: Keying,
    live: Cloud,
    next: Cloud,
    settled: Cloud,
    accounts: Accounts,
    play: Play,
    belief: Vec<f64>,
    changed: Vec<f64>,
    keys: Vec<u64>,
    discounts: Vec<f64>,
    round: usize,
}

impl Profile<'_> {
    /// One mover's phase.
    fn moves(&mut self, p: usize, phase: &MovePhase) {
        let shared = self.shared;
        let game = shared.game;
        let mover = phase.actors[0] as usize;
        let own = self.types[mover];
        let plan = shared.solution.plan_round(game, self.round as u32);
        let seats = game.seats();
        let first_seat = game.seat(mover);
        let range = shared.layout.range(mover);
        self.next.clear();
        for i in 0..self.live.len() {
            let state = self.live.state[i];
            let memory = self.live.memory[i];
            let mass = self.live.mass[i];
            let n = shared.solution.layout.rows[p][state as usize] as usize;
            self.live.belief(i, &mut self.belief);
            self.play.at(
                game,
                shared.solution,
                &shared.layout,
                phase,
                (plan, p, n),
                &self.belief,
                true,
            );
            let signals = &shared.solution.layout.signals[p][n];
            let kinds = range.len();
            self.changed.copy_from_slice(&self.belief);
            self.keys.clear();
            for g in 0..signals.len() {
                self.changed[range.clone()]
                    .copy_from_slice(&self.play.posterior[g * kinds..(g + 1) * kinds]);
                self.keys.push(key(
                    self.keying,
                    &shared.cells,
                    &shared.layout,
                    &self.changed,
                    0,
                ));
            }
            let alternatives = phase.alternatives(n);
            let count = alternatives.len();
            let sigma_first = own * count;
            let best = self.play.sigma[sigma_first..sigma_first + count]
                .iter()
                .copied()
                .fold(0.0, f64::max);
            let opportunity = phase.node_opportunity[n][0];
            let first_outcome = phase.outcomes(alternatives.start).start;
            for a in 0..count {
                let sigma = self.play.sigma[sigma_first + a];
                let mut tau = opportunity.probability * sigma;
                if a == opportunity.default as usize {
                    tau += 1.0 - opportunity.probability;
                }
                let share = mass * tau;
                if share == 0.0 {
                    continue;
                }
                let alternative = alternatives.start + a;
                for (actor, kind) in self.types.iter().enumerate() {
                    let seat = if actor == mover {
                        first_seat + own
                    } else {
                        game.seat(actor) + kind
                    };
                    self.accounts.moved[actor] +=
                        share * self.discounts[actor] * phase.payoff[alternative * seats + seat];
                }
                // Regret above 1/λ: a log-probability more than 1 below the best.
                let choice = if a != opportunity.default as usize && sigma < best * (-1.0f64).exp()
                {
                    Origin::Noise
                } else {
                    Origin::Choice
                };
                let own_label = phase.node_moves[n][0][a];
                for o in phase.outcomes(alternative) {
                    let probability = phase.outcome_true[o];
                    if probability == 0.0 {
                        continue;
                    }
                    // Another label than the move's own: an accident that looks like a move.
                    let origin = if phase.outcome_labels[o] == own_label {
                        choice
                    } else {
                        Origin::Chance
                    };
                    let g = signals.outcome_signal[o - first_outcome] as usize;
                    self.changed[range.clone()]
                        .copy_from_slice(&self.play.posterior[g * kinds..(g + 1) * kinds]);
                    self.arrive(
                        state,
                        memory,
                        phase.outcome_next[o],
                        origin,
                        share * probability,
                        self.keys[g],
                    );
                }
            }
        }
    }

    /// One phase of chance; flows are paid at the first of a round.
    fn events(&mut self, p: usize, phase: &EventsPhase) {
        let shared = self.shared;
        let game = shared.game;
        let pays = shared.flow_phase == Some(p);
        let seats = game.seats();
        self.next.clear();
        for i in 0..self.live.len() {
            let state = self.live.state[i];
            let memory = self.live.memory[i];
            let mass = self.live.mass[i];
            let n = shared.solution.layout.rows[p][state as usize] as usize;
            self.live.belief(i, &mut self.changed);
            if pays {
                self.accounts
                    .flow(game, self.types, state, mass, &self.discounts);
            } else {
                for (actor, kind) in self.types.iter().enumerate() {
                    self.accounts.moved[actor] += mass
                        * self.discounts[actor]
                        * phase.payoff[n * seats + game.seat(actor) + kind];
                }
            }
            let key = key(self.keying, &shared.cells, &shared.layout, &self.changed, 0);
            for o in phase.outcomes(n) {
                let probability = phase.outcome_true[o];
                if probability > 0.0 {
                    self.arrive(
                        state,
                        memory,
                        phase.outcome_next[o],
                        Origin::Chance,
                        mass * probability,
                        key,
                    );
                }
            }
        }
    }

    /// Mass that steps from `from` to `to`, with the belief in `changed`.
    #[inline]
    fn arrive(&mut self, from: u32, memory: Memory, to: u32, step: Origin, mass: f64, key: u64) {
        let shared = self.shared;
        let mut memory = memory;
        if !shared.rank.is_empty() {
            let (before, after) = (shared.rank[from as usize], shared.rank[to as usize]);
            if after < before {
                memory.origin = Origin::None;
            } else if after > before && memory.origin == Origin::None {
                memory.origin = step;
            }
        }
        let fresh = shared.history.mask[to as usize]
            & shared.history.watched
            & !shared.history.seen(memory.bits, from);
        if fresh != 0 {
            self.accounts
                .passage(fresh, memory.origin, self.round + 1, mass);
        }
        memory.bits = shared.history.enter(memory.bits, to);
        let end = shared.end[to as usize];
        if end == NONE {
            self.next.add(to, memory, key, mass, &self.changed);
        } else {
            self.accounts.enter_end(
                shared.game,
                self.types,
                end,
                self.round,
                mass,
                &self.discounts,
            );
            self.settled.add(to, memory, key, mass, &self.changed);
        }
    }

    /// Goes over to cells when exact posteriors are too many, and lets light particles share.
    fn thin(&mut self) {
        let options = self.shared.options;
        self.accounts.particles = self
            .accounts
            .particles
            .max((self.live.len() + self.settled.len()) as u64);
        if !self.shared.game.has_types() {
            return;
        }
        if self.keying == Keying::Exact
            && self.live.len() + self.settled.len() > options.exact_particles
        {
            self.keying = Keying::Cell;
            self.accounts.exact = false;
        }
        if self.keying == Keying::Cell {
            self.live.compress(
                &self.shared.cells,
                &self.shared.layout,
                options.light,
                &mut self.next,
            );
            if self.settled.len() > options.exact_particles / 4 {
                self.settled.compress(
                    &self.shared.cells,
                    &self.shared.layout,
                    options.light,
                    &mut self.next,
                );
            }
        }
    }

    /// Reads the end of the round.
    fn account(&mut self) {
        self.accounts.round(
            self.shared.game,
            &self.shared.history,
            &self.shared.layout,
            [&self.live, &self.settled],
        );
    }
}
