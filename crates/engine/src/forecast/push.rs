//! One type profile pushed forward through the rounds.

use super::avoided::Avoided;
use super::backwards::Kept;
use super::cloud::{Cloud, Memory, Origin, cell_key, exact_key};
use super::history::History;
use super::on_grid::Grid;
use super::read::Accounts;
use super::settled::Settled;
use super::table::Table;
use super::{Options, Sign};
use crate::game::{EventsPhase, Game, Label, MovePhase, NONE, Noise, Phase};
use crate::play::{BeliefLayout, Play, offsets};
use crate::solve::{Observer, Solution};
use rayon::prelude::*;

/// Particles between two looks at whether the work is to stop.
const WATCH: usize = 4096;

/// What all profiles share.
pub struct Shared<'a> {
    /// The game.
    pub game: &'a Game,
    /// Its solution.
    pub solution: &'a Solution,
    /// Settings.
    pub options: &'a Options,
    /// What must be seen in the first round.
    pub sign: Option<Sign>,
    /// A distribution that goes over to the grid stays there as it is, to be read through one pass
    /// backwards ([`super::backwards`]).
    pub keeps: bool,
    /// Watched sets.
    pub history: History,
    /// Flat beliefs.
    pub layout: BeliefLayout,
    /// Position of each state on the ladder; empty when spells are not followed.
    pub rank: Vec<u16>,
    /// First events phase, where flows are paid.
    pub flow_phase: Option<usize>,
    /// Actor → round → what one unit in every later round of the horizon is worth in that round.
    pub ahead: Vec<Vec<f64>>,
    /// State → index among the ends, `NONE` for live ones.
    pub end: Vec<u32>,
    /// Origins of spells, in the order of a node's rows on the grid.
    pub origins: &'static [Origin],
    /// What mass on the grid remembers.
    pub avoided: Avoided,
}

impl<'a> Shared<'a> {
    /// Prepares the forecast.
    pub fn new(game: &'a Game, solution: &'a Solution, options: &'a Options) -> Self {
        let rank = match game.ladder {
            Some(ladder) if options.spells => game.variables[ladder].of_state.clone(),
            _ => Vec::new(),
        };
        let history = History::of(game);
        let origins: &[Origin] = if rank.is_empty() {
            &[Origin::None]
        } else {
            &[Origin::None, Origin::Choice, Origin::Noise, Origin::Chance]
        };
        let mut end = vec![NONE; game.states.len()];
        for (e, state) in game.ends.iter().enumerate() {
            end[state.state as usize] = e as u32;
        }
        let layout = BeliefLayout::of(game);
        Self {
            game,
            solution,
            options,
            sign: None,
            keeps: false,
            avoided: Avoided::of(&history),
            history,
            origins,
            layout,
            rank,
            flow_phase: game
                .phases
                .iter()
                .position(|p| matches!(p, Phase::Events(_))),
            ahead: game
                .actors
                .iter()
                .map(|a| ahead(game, a.discount))
                .collect(),
            end,
        }
    }
}

/// Round → δ + δ² + … over the rounds of the horizon that follow it.
fn ahead(game: &Game, discount: f64) -> Vec<f64> {
    let mut ahead = vec![0.0; game.horizon as usize + 1];
    for round in (1..game.horizon as usize).rev() {
        ahead[round - 1] = discount * (1.0 + ahead[round]);
    }
    ahead
}

/// Is a choice with this probability an error of more than 1/λ: its log-probability more than 1 below
/// the best? With private tastes nothing is.
#[inline]
pub(crate) fn errs(game: &Game, sigma: f64, best: f64) -> bool {
    game.noise == Noise::Error && sigma < best * (-1.0f64).exp()
}

/// A step from one state to another as all paths with one memory take it.
pub(super) struct Step {
    /// What is remembered after it.
    pub memory: Memory,
    /// Watched sets that need no share of the mass and are entered for the first time.
    pub fresh: u64,
}

impl Shared<'_> {
    /// What a step from `from` to `to`, which would begin a spell with `origin`, does to paths with
    /// `memory`.
    #[inline]
    pub(super) fn step(&self, from: u32, to: u32, memory: Memory, origin: Origin) -> Step {
        let history = &self.history;
        let mut memory = memory;
        if !self.rank.is_empty() {
            let (before, after) = (self.rank[from as usize], self.rank[to as usize]);
            if after < before {
                memory.origin = Origin::None;
            } else if after > before && memory.origin == Origin::None {
                memory.origin = origin;
            }
        }
        let here = history.mask[to as usize];
        let known = history.watched & (history.absorbing | history.carried);
        let fresh = here & known & !history.mask[from as usize] & !memory.bits;
        memory.bits |= here & history.carried;
        Step { memory, fresh }
    }

    /// Masses that go from `from` to `to`, by the origin of the spell that may begin with that: it
    /// matters only where one does.
    pub(super) fn begins(
        &self,
        from: u32,
        memory: Memory,
        to: u32,
        masses: [f64; 4],
    ) -> [(Origin, f64); 3] {
        let [_, choice, noise, chance] = masses;
        let begins = !self.rank.is_empty()
            && memory.origin == Origin::None
            && self.rank[to as usize] > self.rank[from as usize];
        let (choice, noise, chance) = if begins {
            (choice, noise, chance)
        } else {
            (masses.iter().sum(), 0.0, 0.0)
        };
        [
            (Origin::Choice, choice),
            (Origin::Noise, noise),
            (Origin::Chance, chance),
        ]
    }
}

/// Where the choices at a node lead. Buffers are reused.
#[derive(Default)]
pub(super) struct Choices {
    /// The choices.
    pub play: Play,
    /// Mass to each target of the node, by origin.
    pub masses: Vec<[f64; 4]>,
}

impl Choices {
    /// Of `mass` at a node (plan round, phase, node) with this belief, what goes to each target; if a
    /// label is wanted, only what shows it. Calls `chosen` with each combination of moves and its share.
    pub fn at(
        &mut self,
        shared: &Shared,
        types: &[usize],
        phase: &MovePhase,
        (plan, p, n): (usize, usize, usize),
        belief: &[f64],
        mass: f64,
        wanted: Option<Label>,
        mut chosen: impl FnMut(usize, f64),
    ) {
        let game = shared.game;
        let (solution, layout) = (shared.solution, &shared.layout);
        let place = (plan, p, n);
        self.play
            .at(game, solution, layout, phase, place, belief, true);
        let firsts = offsets(game, phase, n);
        let signals = &solution.layout.signals[p][n];
        let alternatives = phase.alternatives(n);
        let first_outcome = phase.outcomes(alternatives.start).start;
        self.masses.clear();
        self.masses.resize(signals.targets.len(), [0.0; 4]);
        for j in alternatives {
            let share = mass * self.play.jointly(phase, n, &firsts, j, types);
            if share == 0.0 {
                continue;
            }
            chosen(j, share);
            let choice = self.origin(game, types, phase, n, &firsts, j);
            for o in phase.outcomes(j) {
                let probability = phase.outcome_true[o];
                let labels = phase.labels_of(o);
                if probability == 0.0 || wanted.is_some_and(|l| !labels.contains(&l)) {
                    continue;
                }
                // Another label than a move's own: an accident that looks like a move.
                let own = |(m, label): (usize, &u32)| {
                    phase.node_moves[n][m][phase.move_of(j, m)] == *label
                };
                let origin = if labels.iter().enumerate().all(own) {
                    choice
                } else {
                    Origin::Chance
                };
                let target = signals.outcome_target[o - first_outcome] as usize;
                self.masses[target][origin as usize] += share * probability;
            }
        }
    }

    /// Noise where some mover errs by more than 1/λ: a log-probability more than 1 below its best.
    fn origin(
        &self,
        game: &Game,
        types: &[usize],
        phase: &MovePhase,
        n: usize,
        firsts: &[usize],
        j: usize,
    ) -> Origin {
        for (m, actor) in phase.actors.iter().enumerate() {
            let a = phase.move_of(j, m);
            let moves = phase.node_moves[n][m].len();
            let first = firsts[m] + types[*actor as usize] * moves;
            let sigma = &self.play.sigma[first..first + moves];
            let best = sigma.iter().copied().fold(0.0, f64::max);
            if errs(game, sigma[a], best) && a != phase.node_opportunity[n][m].default as usize {
                return Origin::Noise;
            }
        }
        Origin::Choice
    }
}

/// Forecasts every profile (types, prior weight), and gives the distribution that was kept beside, if
/// one was; `None` when cancelled.
pub fn run(
    shared: &Shared,
    profiles: &[(Vec<usize>, f64)],
    observer: &dyn Observer,
) -> Option<(Vec<Accounts>, Option<Kept>)> {
    let game = shared.game;
    let mut parts: Vec<Profile> = profiles
        .iter()
        .map(|(types, weight)| Profile::new(shared, types, *weight))
        .collect();
    let mut wide: Option<Wide> = None;
    account(shared, &mut parts, None);
    for round in 0..game.horizon {
        if observer.cancelled() {
            return None;
        }
        observer.progress("forecast", u64::from(round), u64::from(game.horizon));
        for part in &mut parts {
            part.round = round as usize;
        }
        for (p, phase) in game.phases.iter().enumerate() {
            if let Some(wide) = &mut wide {
                wide.phase(shared, &mut parts, p, phase);
            } else {
                parts
                    .par_iter_mut()
                    .for_each(|part| part.phase(p, phase, observer));
            }
            if observer.cancelled() {
                return None;
            }
            if round == 0 && shared.sign.is_some() {
                if p + 1 == game.phases.len() {
                    parts.iter_mut().for_each(Profile::keep_level);
                }
                continue;
            }
            let many = |part: &Profile| part.live.len() > shared.options.exact_particles;
            if wide.is_none() && parts.iter().any(many) {
                let after = (p + 1) % game.phases.len();
                if !game.has_types() {
                    wide = Wide::table(shared, after, &mut parts);
                } else if game.has_joint_moves() {
                    // Mass would leave its line of the grid: particles in one cell become one.
                    for part in &mut parts {
                        part.in_cells = true;
                        part.accounts.exact = false;
                    }
                } else if shared.keeps {
                    let passed = round as usize * game.phases.len() + p + 1;
                    wide = Some(Wide::Kept(Kept::of(shared, passed, &mut parts)));
                } else if shared.grid_fits(parts.len()) {
                    wide = Some(Wide::Grid(Grid::of(shared, after, &mut parts)));
                }
            }
        }
        if let Some(wide) = &mut wide {
            wide.settle(shared, &mut parts);
        }
        for part in &mut parts {
            for (d, actor) in part.discounts.iter_mut().zip(&game.actors) {
                *d *= actor.discount;
            }
        }
        account(shared, &mut parts, wide.as_ref());
    }
    observer.progress("forecast", u64::from(game.horizon), u64::from(game.horizon));
    let kept = match wide {
        Some(Wide::Kept(kept)) => Some(kept),
        _ => None,
    };
    Some((parts.into_iter().map(|part| part.accounts).collect(), kept))
}

/// A distribution that has become too wide for particles.
enum Wide {
    /// Over beliefs, of all profiles.
    Grid(Grid),
    /// Over all places of a game without private types, which has one profile.
    Table(Table),
    /// Over beliefs, and pushed no further.
    Kept(Kept),
}

impl Wide {
    /// The table before phase `p`, if it is worth its while.
    fn table(shared: &Shared, p: usize, parts: &mut [Profile]) -> Option<Self> {
        let part = parts.first_mut()?;
        let serves = shared.table_serves(p, part.live.len());
        serves.then(|| Wide::Table(Table::of(shared, p, part)))
    }

    fn phase(&mut self, shared: &Shared, parts: &mut [Profile], p: usize, phase: &Phase) {
        match self {
            Wide::Grid(grid) => grid.phase(shared, parts, p, phase),
            Wide::Table(table) => table.phase(shared, &mut parts[0], p, phase),
            Wide::Kept(_) => {}
        }
    }

    fn settle(&mut self, shared: &Shared, parts: &mut [Profile]) {
        match self {
            Wide::Grid(grid) => grid.settle(shared, parts),
            Wide::Table(table) => table.settle(shared, &mut parts[0]),
            Wide::Kept(_) => {}
        }
    }

    fn read(&self, shared: &Shared, parts: &mut [Profile]) {
        match self {
            Wide::Grid(grid) => grid.read(shared, parts),
            Wide::Table(table) => table.read(shared, &mut parts[0]),
            Wide::Kept(_) => {}
        }
    }
}

/// One type profile.
pub(super) struct Profile<'a> {
    pub(super) shared: &'a Shared<'a>,
    pub(super) types: &'a [usize],
    pub(super) live: Cloud,
    next: Cloud,
    /// Mass in end states.
    settled: Settled,
    /// Of the particle at hand, the mass that has not entered each open set; and of the mass pushed.
    outside: Vec<f64>,
    stays: Vec<f64>,
    pub(super) accounts: Accounts,
    choices: Choices,
    belief: Vec<f64>,
    changed: Vec<f64>,
    pub(super) discounts: Vec<f64>,
    priors: Vec<f64>,
    /// Particles whose beliefs lie in one cell are joined, with their mean belief.
    in_cells: bool,
    pub(super) round: usize,
}

impl<'a> Profile<'a> {
    /// The profile `types`, whose prior weight is `weight`, at the start.
    fn new(shared: &'a Shared, types: &'a [usize], weight: f64) -> Self {
        let game = shared.game;
        let width = shared.layout.len();
        let here = shared.history.mask[game.start as usize];
        let outside: Vec<f64> = shared
            .history
            .open
            .iter()
            .map(|event| if here >> event & 1 == 1 { 0.0 } else { weight })
            .collect();
        let open = outside.len();
        let priors = shared.layout.priors(game);
        let mut profile = Profile {
            shared,
            types,
            live: Cloud::new(width, open),
            next: Cloud::new(width, open),
            settled: Settled::default(),
            stays: vec![0.0; open],
            accounts: Accounts::new(game),
            choices: Choices::default(),
            belief: vec![0.0; width],
            changed: vec![0.0; width],
            discounts: vec![1.0; game.actors.len()],
            round: 0,
            in_cells: false,
            outside,
            priors,
        };
        let start = Memory {
            bits: here & shared.history.carried,
            origin: Origin::None,
        };
        profile
            .accounts
            .passage(here & shared.history.watched, Origin::None, 0, weight);
        let end = shared.end[game.start as usize];
        if end == NONE {
            profile.live.add(
                game.start,
                start,
                0,
                weight,
                &profile.priors,
                &profile.outside,
            );
        } else {
            profile
                .accounts
                .enter_end(shared, types, end, 0, weight, &profile.discounts);
            profile.settled.add(shared, end, start.bits, weight);
            profile
                .accounts
                .end_belief(weight, &profile.priors, &profile.priors);
        }
        profile
    }

    /// One phase with exact posteriors.
    fn phase(&mut self, p: usize, phase: &Phase, observer: &dyn Observer) {
        match phase {
            Phase::Move(phase) => self.moves(p, phase, observer),
            Phase::Events(phase) => self.events(p, phase, observer),
        }
        std::mem::swap(&mut self.live, &mut self.next);
        self.accounts.particles = self.accounts.particles.max(self.live.len() as u64);
    }
}

impl Profile<'_> {
    /// A phase of choices, of one mover or of several at once.
    fn moves(&mut self, p: usize, phase: &MovePhase, observer: &dyn Observer) {
        let shared = self.shared;
        let game = shared.game;
        let plan = shared.solution.plan_round(game, self.round as u32);
        let seats = game.seats();
        let wanted = match shared.sign {
            Some(Sign::Label { phase, label }) if phase == p && self.round == 0 => {
                // A crisis that has ended before shows nothing.
                self.settled = Settled::default();
                Some(label)
            }
            _ => None,
        };
        self.next.clear();
        for i in 0..self.live.len() {
            if i % WATCH == 0 && observer.cancelled() {
                return;
            }
            let state = self.live.state[i];
            let memory = self.live.memory[i];
            let mass = self.live.mass[i];
            let n = shared.solution.layout.rows[p][state as usize] as usize;
            self.live.belief(i, &mut self.belief);
            self.outside.copy_from_slice(self.live.outside(i));
            let whole = 1.0 / mass;
            self.outside.iter_mut().for_each(|o| *o *= whole);
            let (accounts, discounts, types) = (&mut self.accounts, &self.discounts, self.types);
            let place = (plan, p, n);
            self.choices.at(
                shared,
                types,
                phase,
                place,
                &self.belief,
                mass,
                wanted,
                |j, share| {
                    for (actor, kind) in types.iter().enumerate() {
                        accounts.moved[actor] += share
                            * discounts[actor]
                            * phase.payoff[j * seats + game.seat(actor) + kind];
                    }
                },
            );
            let signals = &shared.solution.layout.signals[p][n];
            self.changed.copy_from_slice(&self.belief);
            for (target, (next, g)) in signals.targets.iter().enumerate() {
                let masses = self.choices.masses[target];
                if masses == [0.0; 4] {
                    continue;
                }
                self.choices
                    .play
                    .after(&shared.layout, phase, *g as usize, &mut self.changed);
                self.begin(state, memory, *next, masses);
            }
        }
    }

    /// Mass that goes to `next`, by the origin of the spell that may begin with it.
    fn begin(&mut self, state: u32, memory: Memory, next: u32, masses: [f64; 4]) {
        for (origin, mass) in self.shared.begins(state, memory, next, masses) {
            if mass > 0.0 {
                self.arrive(state, memory, next, origin, mass);
            }
        }
    }

    /// One phase of chance; flows are paid at the first of a round.
    fn events(&mut self, p: usize, phase: &EventsPhase, observer: &dyn Observer) {
        let shared = self.shared;
        let game = shared.game;
        let pays = shared.flow_phase == Some(p);
        let seats = game.seats();
        self.next.clear();
        for i in 0..self.live.len() {
            if i % WATCH == 0 && observer.cancelled() {
                return;
            }
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
    fn arrive(&mut self, from: u32, memory: Memory, to: u32, origin: Origin, mass: f64) {
        // Subnormal mass has lost its digits, and what is divided by it overflows.
        if mass < f64::MIN_POSITIVE {
            return;
        }
        let shared = self.shared;
        let game = shared.game;
        let Step { memory, fresh } = shared.step(from, to, memory, origin);
        if fresh != 0 {
            self.accounts
                .passage(fresh, memory.origin, self.round + 1, mass);
        }
        let here = shared.history.mask[to as usize];
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
            let key = if self.in_cells {
                cell_key(game, &shared.layout, &self.changed)
            } else {
                exact_key(&self.changed)
            };
            self.next
                .add(to, memory, key, mass, &self.changed, &self.stays);
        } else {
            self.settle(end, memory.bits, mass);
            // Beliefs behind a sign are those of courses that go on.
            if shared.sign.is_none() || self.round > 0 {
                self.accounts.end_belief(mass, &self.changed, &self.priors);
            }
        }
    }

    /// Mass that comes to an end state and has entered the sets `bits`.
    pub(super) fn settle(&mut self, end: u32, bits: u64, mass: f64) {
        self.accounts.enter_end(
            self.shared,
            self.types,
            end,
            self.round,
            mass,
            &self.discounts,
        );
        self.settled.add(self.shared, end, bits, mass);
    }

    /// At the end of the first round, keeps what shows the level that is asked for.
    fn keep_level(&mut self) {
        let Some(Sign::Level { variable, level }) = self.shared.sign else {
            return;
        };
        let Some(levels) = self.shared.game.variables.get(variable) else {
            return;
        };
        let shows = |state: u32| levels.of_state[state as usize] == level;
        self.live.retain(shows);
        self.settled.retain(self.shared, shows);
    }
}

/// Reads the end of a round.
fn account(shared: &Shared, parts: &mut [Profile], wide: Option<&Wide>) {
    let game = shared.game;
    parts.par_iter_mut().for_each(|part| {
        let accounts = &mut part.accounts;
        accounts.open_round(game);
        part.settled.read(shared, accounts);
        accounts.read(game, &shared.history, &part.live);
        accounts.beliefs(game, &shared.layout, &part.live);
    });
    if let Some(wide) = wide {
        wide.read(shared, parts);
    }
    parts
        .par_iter_mut()
        .for_each(|part| part.accounts.close_round(game));
}
