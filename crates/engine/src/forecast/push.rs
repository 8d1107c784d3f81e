//! One type profile pushed forward through the rounds.

use super::Options;
use super::cloud::{Cloud, Memory, Origin, exact_key};
use super::grid::{self, LANES, NodeOperator};
use super::history::History;
use super::read::Accounts;
use crate::game::{EventsPhase, Game, MovePhase, NONE, Phase};
use crate::play::{BeliefLayout, Play};
use crate::solve::{Observer, Solution};
use std::sync::OnceLock;

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
    /// Position of each state on the ladder; empty when spells are not followed.
    pub rank: Vec<u16>,
    /// First events phase, where flows are paid.
    pub flow_phase: Option<usize>,
    /// State → index among the ends, `NONE` for live ones.
    pub end: Vec<u32>,
    /// Memories a path can carry, in the order of the grid's rows.
    pub memories: Vec<Memory>,
    /// Round of the plan → phase → operators, made when the first profile needs them.
    operators: Vec<Vec<OnceLock<Vec<NodeOperator>>>>,
}

impl<'a> Shared<'a> {
    /// Prepares the forecast.
    pub fn new(game: &'a Game, solution: &'a Solution, options: &'a Options) -> Self {
        let rank = match game.ladder {
            Some(ladder) if options.spells => game.variables[ladder].of_state.clone(),
            _ => Vec::new(),
        };
        let history = History::of(game);
        let mut memories = Vec::new();
        let mut bits = 0u64;
        loop {
            for origin in [Origin::None, Origin::Choice, Origin::Noise, Origin::Chance] {
                if origin == Origin::None || !rank.is_empty() {
                    memories.push(Memory { bits, origin });
                }
            }
            // The next subset of the carried sets.
            bits = bits.wrapping_sub(history.carried) & history.carried;
            if bits == 0 || memories.len() > 1 << 12 {
                break;
            }
        }
        let mut end = vec![NONE; game.states.len()];
        for (e, state) in game.ends.iter().enumerate() {
            end[state.state as usize] = e as u32;
        }
        let layout = BeliefLayout::of(game);
        Self {
            game,
            solution,
            options,
            history,
            memories,
            operators: solution
                .strategies
                .iter()
                .map(|round| round.iter().map(|_| OnceLock::new()).collect())
                .collect(),
            layout,
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
    let open = shared.history.open.len();
    let mut profile = Profile {
        shared,
        types,
        grid: None,
        live: Cloud::new(width, open),
        next: Cloud::new(width, open),
        settled: Cloud::new(width, 0),
        ended: vec![0.0; width],
        outside: vec![0.0; open],
        stays: vec![0.0; open],
        accounts: Accounts::new(game),
        play: Play::default(),
        belief: vec![0.0; width],
        changed: vec![0.0; width],
        masses: Vec::new(),
        discounts: vec![1.0; game.actors.len()],
        priors: shared.layout.priors(game),
        round: 0,
    };
    let priors = profile.priors.clone();
    let start = Memory {
        bits: shared.history.mask[game.start as usize] & shared.history.carried,
        origin: Origin::None,
    };
    let here = shared.history.mask[game.start as usize];
    profile
        .accounts
        .passage(here & shared.history.watched, Origin::None, 0, weight);
    for (outside, event) in profile.outside.iter_mut().zip(&shared.history.open) {
        *outside = if here >> event & 1 == 1 { 0.0 } else { weight };
    }
    let outside = profile.outside.clone();
    if shared.end[game.start as usize] == NONE {
        profile
            .live
            .add(game.start, start, 0, weight, &priors, &outside);
    } else {
        profile.accounts.enter_end(
            game,
            types,
            shared.end[game.start as usize],
            0,
            weight,
            &profile.discounts,
        );
        profile
            .settled
            .add(game.start, start, 0, weight, &priors, &[]);
        for (sum, prior) in profile.ended.iter_mut().zip(&priors) {
            *sum += weight * prior;
        }
    }
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
            match (phase, profile.grid.is_some()) {
                (Phase::Move(phase), false) => profile.moves(p, phase),
                (Phase::Events(phase), false) => profile.events(p, phase),
                (Phase::Move(phase), true) => profile.moves_on_grid(p, phase),
                (Phase::Events(phase), true) => profile.events_on_grid(p, phase),
            }
            std::mem::swap(&mut profile.live, &mut profile.next);
            profile.thin((p + 1) % game.phases.len());
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
    /// The distribution on the grid, once there are too many particles.
    grid: Option<Grid>,
    live: Cloud,
    next: Cloud,
    /// Mass in end states, one particle a state.
    settled: Cloud,
    /// Σ mass·β over that mass.
    ended: Vec<f64>,
    /// Of the particle at hand, the mass that has not entered each open set; and of the mass pushed.
    outside: Vec<f64>,
    stays: Vec<f64>,
    accounts: Accounts,
    play: Play,
    belief: Vec<f64>,
    changed: Vec<f64>,
    /// Mass to each target of the node, by origin.
    masses: Vec<[f64; 4]>,
    discounts: Vec<f64>,
    priors: Vec<f64>,
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
            self.outside.copy_from_slice(self.live.outside(i));
            let whole = 1.0 / mass;
            self.outside.iter_mut().for_each(|o| *o *= whole);
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
            let alternatives = phase.alternatives(n);
            let count = alternatives.len();
            let sigma_first = own * count;
            let best = self.play.sigma[sigma_first..sigma_first + count]
                .iter()
                .copied()
                .fold(0.0, f64::max);
            let opportunity = phase.node_opportunity[n][0];
            let first_outcome = phase.outcomes(alternatives.start).start;
            if self.masses.len() < signals.targets.len() {
                self.masses.resize(signals.targets.len(), [0.0; 4]);
            }
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
                    let target = signals.outcome_target[o - first_outcome] as usize;
                    self.masses[target][origin as usize] += share * probability;
                }
            }
            for (target, (next, g)) in signals.targets.iter().enumerate() {
                let g = *g as usize;
                let masses = std::mem::take(&mut self.masses[target]);
                if masses == [0.0; 4] {
                    continue;
                }
                self.changed[range.clone()]
                    .copy_from_slice(&self.play.posterior[g * kinds..(g + 1) * kinds]);
                if shared.rank.is_empty() {
                    let mass = masses.iter().sum();
                    self.arrive(state, memory, *next, Origin::Choice, mass);
                } else {
                    // The origin matters only where a spell begins.
                    let begins = memory.origin == Origin::None
                        && shared.rank[*next as usize] > shared.rank[state as usize];
                    let masses = if begins {
                        masses
                    } else {
                        [0.0, masses.iter().sum(), 0.0, 0.0]
                    };
                    for origin in [Origin::Choice, Origin::Noise, Origin::Chance] {
                        let mass = masses[origin as usize];
                        if mass > 0.0 {
                            self.arrive(state, memory, *next, origin, mass);
                        }
                    }
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
            self.outside.copy_from_slice(self.live.outside(i));
            let whole = 1.0 / mass;
            self.outside.iter_mut().for_each(|o| *o *= whole);
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
            for o in phase.outcomes(n) {
                let probability = phase.outcome_true[o];
                if probability > 0.0 {
                    self.arrive(
                        state,
                        memory,
                        phase.outcome_next[o],
                        Origin::Chance,
                        mass * probability,
                    );
                }
            }
        }
    }

    /// Mass that steps from `from` to `to`, with the belief in `changed`.
    #[inline]
    fn arrive(&mut self, from: u32, memory: Memory, to: u32, step: Origin, mass: f64) {
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
        let here = shared.history.mask[to as usize];
        let before = shared.history.mask[from as usize];
        let open = shared.history.watched & (shared.history.absorbing | shared.history.carried);
        let fresh = here & open & !before & !memory.bits;
        if fresh != 0 {
            self.accounts
                .passage(fresh, memory.origin, self.round + 1, mass);
        }
        memory.bits |= here & shared.history.carried;
        for (i, event) in shared.history.open.iter().enumerate() {
            let outside = self.outside[i] * mass;
            self.stays[i] = if here >> event & 1 == 1 {
                if outside > 0.0 {
                    self.accounts
                        .passage(1 << event, memory.origin, self.round + 1, outside);
                }
                0.0
            } else {
                outside
            };
        }
        let end = shared.end[to as usize];
        if end == NONE {
            let key = exact_key(&self.changed);
            self.next
                .add(to, memory, key, mass, &self.changed, &self.stays);
        } else {
            self.settle(to, end, memory, mass);
            for (sum, b) in self.ended.iter_mut().zip(&self.changed) {
                *sum += mass * b;
            }
        }
    }

    /// Mass that comes to an end state.
    fn settle(&mut self, state: u32, end: u32, memory: Memory, mass: f64) {
        let game = self.shared.game;
        self.accounts
            .enter_end(game, self.types, end, self.round, mass, &self.discounts);
        let memory = Memory {
            origin: Origin::None,
            ..memory
        };
        self.settled.add(state, memory, 0, mass, &self.priors, &[]);
    }

    /// Goes over to the grid, before phase `p`, when particles are too many.
    fn thin(&mut self, p: usize) {
        let shared = self.shared;
        self.accounts.particles = self.accounts.particles.max(self.live.len() as u64);
        if self.grid.is_some() || !shared.game.has_types() {
            return;
        }
        if self.live.len() > shared.options.exact_particles
            && self.outside.len() < LANES
            && shared.grid_fits()
        {
            self.accounts.exact = false;
            self.grid = Some(Grid::of(shared, p, &self.live));
            self.live.clear();
        }
    }

    /// Reads the end of the round.
    fn account(&mut self) {
        let (game, shared) = (self.shared.game, self.shared);
        self.accounts.open_round(game);
        self.accounts.read(game, &shared.history, &self.settled);
        if let Some(grid) = &self.grid {
            grid.read(shared, &mut self.accounts);
        } else {
            self.accounts.read(game, &shared.history, &self.live);
            self.accounts.beliefs(game, &shared.layout, &self.live);
        }
        self.accounts.close_round(game, &self.ended);
    }
}

impl Shared<'_> {
    /// Would the grid's tables fit?
    fn grid_fits(&self) -> bool {
        grid::bytes(self.game, self.solution, self.memories.len())
            <= u128::from(self.options.memory)
    }

    /// Operators of phase `p` in plan round `round`.
    fn operators(&self, round: usize, p: usize, phase: &MovePhase) -> &[NodeOperator] {
        self.operators[round][p]
            .get_or_init(|| grid::operators(self.game, self.solution, round, p, phase))
    }
}

/// One value of [`LANES`] numbers a (node, memory, grid point): `[(node * memories + memory) * points + point]`.
struct Grid {
    now: Vec<[f64; LANES]>,
    next: Vec<[f64; LANES]>,
    /// Rows (node, memory) that hold mass.
    used: Vec<bool>,
    next_used: Vec<bool>,
    phase: usize,
}

impl Grid {
    /// Spreads the particles of a cloud before phase `p`.
    fn of(shared: &Shared, p: usize, cloud: &Cloud) -> Self {
        let game = shared.game;
        let points = shared.solution.grid.points;
        let most = game.phases.iter().map(Phase::nodes).max().unwrap_or(0) * shared.memories.len();
        let mut grid = Self {
            now: vec![[0.0; LANES]; most * points],
            next: vec![[0.0; LANES]; most * points],
            used: vec![false; most],
            next_used: vec![false; most],
            phase: p,
        };
        let mut belief = vec![0.0; shared.layout.len()];
        for i in 0..cloud.len() {
            cloud.belief(i, &mut belief);
            let row = grid.row(shared, p, cloud.state[i], cloud.memory[i]);
            grid.used[row] = true;
            let beliefs: Vec<Vec<f64>> = (0..game.actors.len())
                .map(|a| belief[shared.layout.range(a)].to_vec())
                .collect();
            let footprint = shared
                .solution
                .footprint(&shared.solution.grid.axis, &beliefs);
            for (index, weight) in footprint.index.iter().zip(&footprint.weight) {
                let cell = &mut grid.now[row * points + *index as usize];
                cell[0] += weight * cloud.mass[i];
                for (value, outside) in cell[1..].iter_mut().zip(cloud.outside(i)) {
                    *value += weight * outside;
                }
            }
        }
        grid
    }

    /// Row of a live state with a memory before phase `p`.
    fn row(&self, shared: &Shared, p: usize, state: u32, memory: Memory) -> usize {
        let node = shared.solution.layout.rows[p][state as usize] as usize;
        let m = shared
            .memories
            .iter()
            .position(|m| *m == memory)
            .unwrap_or(0);
        node * shared.memories.len() + m
    }

    /// Makes what was pushed the present, before phase `p`.
    fn turn(&mut self, p: usize) {
        std::mem::swap(&mut self.now, &mut self.next);
        std::mem::swap(&mut self.used, &mut self.next_used);
        let points = self.now.len() / self.used.len().max(1);
        for (row, used) in self.next_used.iter_mut().enumerate() {
            if *used {
                self.next[row * points..(row + 1) * points].fill([0.0; LANES]);
                *used = false;
            }
        }
        self.phase = p;
    }

    /// Reads classes, states and mean beliefs.
    fn read(&self, shared: &Shared, accounts: &mut Accounts) {
        let game = shared.game;
        let grid = &shared.solution.grid;
        let memories = shared.memories.len();
        let states = game.phases[self.phase].states();
        let mut at_point = vec![0.0; grid.points];
        for row in (0..states.len() * memories).filter(|r| self.used[*r]) {
            let cells = &self.now[row * grid.points..(row + 1) * grid.points];
            let mass: f64 = cells.iter().map(|c| c[0]).sum();
            accounts.stand(
                game,
                &shared.history,
                states[row / memories],
                shared.memories[row % memories].bits,
                mass,
            );
            for (sum, cell) in at_point.iter_mut().zip(cells) {
                *sum += cell[0];
            }
        }
        for (point, mass) in at_point.iter().enumerate() {
            for actor in 0..game.actors.len() {
                for (k, b) in grid.belief(actor, point).iter().enumerate() {
                    accounts.believe(shared.layout.offset[actor] + k, mass * b);
                }
            }
        }
    }
}

/// A step from one state to another as all paths with one memory take it.
struct Step {
    memory: Memory,
    /// Which lanes go on: the mass, and what is still outside each open set.
    kept: [f64; LANES],
    fresh: u64,
    entered: Vec<(usize, usize)>,
}

impl Profile<'_> {
    /// What a step from `from` to `to` with origin `step` does to paths with `memory`.
    fn step(&self, from: u32, to: u32, memory: Memory, step: Origin) -> Step {
        let shared = self.shared;
        let history = &shared.history;
        let mut memory = memory;
        if !shared.rank.is_empty() {
            let (before, after) = (shared.rank[from as usize], shared.rank[to as usize]);
            if after < before {
                memory.origin = Origin::None;
            } else if after > before && memory.origin == Origin::None {
                memory.origin = step;
            }
        }
        let here = history.mask[to as usize];
        let known = history.watched & (history.absorbing | history.carried);
        let fresh = here & known & !history.mask[from as usize] & !memory.bits;
        memory.bits |= here & history.carried;
        let mut kept = [1.0; LANES];
        let mut entered = Vec::new();
        for (i, event) in history.open.iter().enumerate() {
            if here >> event & 1 == 1 {
                kept[i + 1] = 0.0;
                entered.push((i + 1, *event));
            }
        }
        Step {
            memory,
            kept,
            fresh,
            entered,
        }
    }

    /// Notes first passages of a step that moved `total`.
    fn note(&mut self, step: &Step, total: &[f64; LANES]) {
        if step.fresh != 0 {
            self.accounts
                .passage(step.fresh, step.memory.origin, self.round + 1, total[0]);
        }
        for (lane, event) in &step.entered {
            self.accounts
                .passage(1 << event, step.memory.origin, self.round + 1, total[*lane]);
        }
    }

    /// One mover's phase on the grid.
    fn moves_on_grid(&mut self, p: usize, phase: &MovePhase) {
        let Some(mut grid) = self.grid.take() else {
            return;
        };
        let shared = self.shared;
        let game = shared.game;
        let mover = phase.actors[0] as usize;
        let plan = shared.solution.plan_round(game, self.round as u32);
        let operators = shared.operators(plan, p, phase);
        let block = &shared.solution.grid.blocks[mover];
        let points = shared.solution.grid.points;
        let (types, own_type, seats) = (block.types, self.types[mover], game.seats());
        let after = shared.solution.layout.next_phase(p);
        let memories = shared.memories.len();
        for row in (0..phase.nodes() * memories).filter(|r| grid.used[*r]) {
            let (n, memory) = (row / memories, shared.memories[row % memories]);
            let state = phase.node_state[n];
            let operator = &operators[n];
            let signals = &shared.solution.layout.signals[p][n];
            let source = &grid.now[row * points..(row + 1) * points];
            for (actor, kind) in self.types.iter().enumerate() {
                let seat = game.seat(actor) + kind;
                let paid: f64 = source
                    .iter()
                    .enumerate()
                    .map(|(point, mass)| {
                        mass[0] * operator.payment[(point * types + own_type) * seats + seat]
                    })
                    .sum();
                self.accounts.moved[actor] += paid * self.discounts[actor];
            }
            for (target, (to, g)) in signals.targets.iter().enumerate() {
                // The origin matters only where a spell begins.
                let begins = !shared.rank.is_empty()
                    && memory.origin == Origin::None
                    && shared.rank[*to as usize] > shared.rank[state as usize];
                let origins: &[Origin] = if begins {
                    &[Origin::Choice, Origin::Noise, Origin::Chance]
                } else {
                    &[Origin::Choice]
                };
                for (i, origin) in origins.iter().enumerate() {
                    let kind = if begins { i } else { 3 };
                    let first = ((target * types + own_type) * 4 + kind) * points;
                    let shares = &operator.share[first..first + points];
                    let step = self.step(state, *to, memory, *origin);
                    let end = shared.end[*to as usize];
                    let source = &grid.now[row * points..(row + 1) * points];
                    let live = if end == NONE {
                        let row = grid.row(shared, after, *to, step.memory);
                        grid.next_used[row] = true;
                        Some(&mut grid.next[row * points..(row + 1) * points])
                    } else {
                        None
                    };
                    let place = grid::Spread {
                        operator,
                        signal: (signals.len(), *g as usize),
                        shape: (block.points, block.stride),
                        kept: step.kept,
                    };
                    let total = grid::spread(&place, source, shares, live);
                    if total[0] == 0.0 {
                        continue;
                    }
                    self.note(&step, &total);
                    if end != NONE {
                        self.settle(*to, end, step.memory, total[0]);
                        self.end_on_grid(
                            source,
                            |point| shares[point],
                            Some((mover, operator, signals.len(), *g as usize)),
                        );
                    }
                }
            }
        }
        grid.turn(after);
        self.grid = Some(grid);
    }

    /// Beliefs of mass that ends; after a mover's step about the mover those of the signal.
    fn end_on_grid(
        &mut self,
        source: &[[f64; LANES]],
        share: impl Fn(usize) -> f64,
        learned: Option<(usize, &NodeOperator, usize, usize)>,
    ) {
        let shared = self.shared;
        let grid = &shared.solution.grid;
        for (point, mass) in source.iter().enumerate() {
            let moved = share(point) * mass[0];
            if moved == 0.0 {
                continue;
            }
            for actor in 0..shared.game.actors.len() {
                let sums = &mut self.ended[shared.layout.range(actor)];
                match learned {
                    Some((mover, operator, signals, g)) if mover == actor => {
                        let types = sums.len();
                        let first = (point * signals + g) * operator.width;
                        for i in first..first + operator.width {
                            let own = operator.index[i] as usize;
                            let belief =
                                &grid.blocks[actor].beliefs[own * types..(own + 1) * types];
                            for (sum, b) in sums.iter_mut().zip(belief) {
                                *sum += moved * operator.weight[i] * b;
                            }
                        }
                    }
                    _ => {
                        for (sum, b) in sums.iter_mut().zip(grid.belief(actor, point)) {
                            *sum += moved * b;
                        }
                    }
                }
            }
        }
    }

    /// One phase of chance on the grid.
    fn events_on_grid(&mut self, p: usize, phase: &EventsPhase) {
        let Some(mut grid) = self.grid.take() else {
            return;
        };
        let shared = self.shared;
        let game = shared.game;
        let points = shared.solution.grid.points;
        let pays = shared.flow_phase == Some(p);
        let seats = game.seats();
        let after = shared.solution.layout.next_phase(p);
        let memories = shared.memories.len();
        for row in (0..phase.nodes() * memories).filter(|r| grid.used[*r]) {
            let (n, memory) = (row / memories, shared.memories[row % memories]);
            let state = phase.node_state[n];
            let mut sums = [0.0; LANES];
            for cell in &grid.now[row * points..(row + 1) * points] {
                for w in 0..LANES {
                    sums[w] += cell[w];
                }
            }
            if pays {
                self.accounts
                    .flow(game, self.types, state, sums[0], &self.discounts);
            } else {
                for (actor, kind) in self.types.iter().enumerate() {
                    self.accounts.moved[actor] += sums[0]
                        * self.discounts[actor]
                        * phase.payoff[n * seats + game.seat(actor) + kind];
                }
            }
            for o in phase.outcomes(n).filter(|o| phase.outcome_true[*o] > 0.0) {
                let probability = phase.outcome_true[o];
                let to = phase.outcome_next[o];
                let step = self.step(state, to, memory, Origin::Chance);
                let total = sums.map(|s| s * probability);
                self.note(&step, &total);
                let end = shared.end[to as usize];
                if end == NONE {
                    let target = grid.row(shared, after, to, step.memory);
                    grid.next_used[target] = true;
                    let source = &grid.now[row * points..(row + 1) * points];
                    for (cell, mass) in grid.next[target * points..].iter_mut().zip(source) {
                        for w in 0..LANES {
                            cell[w] += probability * step.kept[w] * mass[w];
                        }
                    }
                } else {
                    self.settle(to, end, step.memory, total[0]);
                    let source = &grid.now[row * points..(row + 1) * points];
                    self.end_on_grid(source, |_| probability, None);
                }
            }
        }
        grid.turn(after);
        self.grid = Some(grid);
    }
}
