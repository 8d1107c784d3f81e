//! All type profiles pushed forward together on the belief grid.
//!
//! Where a posterior lies depends on what the public sees, not on the profile: one spreading serves
//! all. The numbers kept at a point (for each profile its mass, then the part of it outside each open
//! set) fill lanes of eight; a *plane* holds one lane of every point, and planes run in parallel.

use super::cloud::{Memory, Origin};
use super::grid::{self, NodeOperator};
use super::push::{Profile, Shared};
use crate::game::{EventsPhase, MovePhase, NONE, Phase};
use crate::math::lanes::{Lane, W};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

impl Shared<'_> {
    /// Would the grid's tables fit?
    pub(super) fn grid_fits(&self, profiles: usize) -> bool {
        let planes = (profiles * (1 + self.history.open.len())).div_ceil(W);
        grid::bytes(self.game, self.solution, self.memories.len(), planes)
            <= u128::from(self.options.memory)
    }

    /// Operators of phase `p` in plan round `round`.
    fn operators(&self, round: usize, p: usize, phase: &MovePhase) -> &[NodeOperator] {
        self.operators[round][p]
            .get_or_init(|| grid::operators(self.game, self.solution, round, p, phase, &self.rank))
    }
}

/// The distribution before phase `phase`.
pub struct Grid {
    planes: Vec<Plane>,
    phase: usize,
}

/// One lane of every point.
struct Plane {
    /// `[(node * memories + memory) * points + point]`.
    now: Vec<Lane>,
    next: Vec<Lane>,
    /// Rows (node, memory) that hold mass.
    used: Vec<bool>,
    next_used: Vec<bool>,
    /// What each number is: the profile and, unless it is the mass, one more than the open set.
    slots: Vec<(usize, usize)>,
    /// Actor → type → one in the lanes of profiles where the actor is of that type.
    chosen: Vec<Vec<Lane>>,
    /// Open sets that hold a state (as bits of their order) → one in the lanes that go on there.
    kept: FxHashMap<u64, Lane>,
    /// Room for one flow, and for its basis.
    flow: Vec<Lane>,
    basis: Vec<f64>,
    notes: Notes,
}

/// What a phase adds to the profiles' accounts, in lanes.
struct Notes {
    /// Watched set → origin → first passages.
    passages: Vec<[Lane; 4]>,
    /// Actor → payments.
    moved: Vec<Lane>,
    /// Named term → flows.
    terms: Vec<Lane>,
    /// Mass that came to an end state, by memory.
    ended: Vec<(u32, Memory, Lane)>,
    /// What ended, by belief point.
    at_end: Vec<Lane>,
}

impl Grid {
    /// Spreads the particles of the profiles before phase `p`, and takes them away.
    pub fn of(shared: &Shared, p: usize, parts: &mut [Profile]) -> Self {
        let game = shared.game;
        let points = shared.solution.grid.points;
        let rows = game.phases.iter().map(Phase::nodes).max().unwrap_or(0) * shared.memories.len();
        let slots: Vec<(usize, usize)> = (0..parts.len())
            .flat_map(|profile| (0..=shared.history.open.len()).map(move |set| (profile, set)))
            .collect();
        let mut planes: Vec<Plane> = slots
            .chunks(W)
            .map(|slots| Plane::new(shared, parts, slots, rows, points))
            .collect();
        let mut belief = vec![0.0; shared.layout.len()];
        for (profile, part) in parts.iter_mut().enumerate() {
            part.accounts.exact = false;
            let cloud = &part.live;
            for i in 0..cloud.len() {
                cloud.belief(i, &mut belief);
                let row = shared.row(p, cloud.state[i], cloud.memory[i]);
                let beliefs: Vec<Vec<f64>> = (0..game.actors.len())
                    .map(|a| belief[shared.layout.range(a)].to_vec())
                    .collect();
                let footprint = shared
                    .solution
                    .footprint(&shared.solution.grid.axis, &beliefs);
                for plane in &mut planes {
                    plane.used[row] = true;
                    for (w, (_, set)) in plane
                        .slots
                        .iter()
                        .enumerate()
                        .filter(|(_, slot)| slot.0 == profile)
                    {
                        let mass = match set.checked_sub(1) {
                            None => cloud.mass[i],
                            Some(set) => cloud.outside(i)[set],
                        };
                        for (index, weight) in footprint.index.iter().zip(&footprint.weight) {
                            plane.now[row * points + *index as usize][w] += weight * mass;
                        }
                    }
                }
            }
            part.live.clear();
        }
        Self { planes, phase: p }
    }

    /// Pushes through phase `p`.
    pub fn phase(&mut self, shared: &Shared, parts: &mut [Profile], p: usize, phase: &Phase) {
        let round = parts.first().map_or(0, |part| part.round);
        let after = shared.solution.layout.next_phase(p);
        self.planes.par_iter_mut().for_each(|plane| match phase {
            Phase::Move(phase) => plane.moves(shared, round, p, phase),
            Phase::Events(phase) => plane.events(shared, p, phase),
        });
        for plane in &mut self.planes {
            plane.turn();
            plane.settle(shared, parts);
        }
        self.phase = after;
    }

    /// Reads classes, states and mean beliefs.
    pub fn read(&self, shared: &Shared, parts: &mut [Profile]) {
        let game = shared.game;
        let grid = &shared.solution.grid;
        let memories = shared.memories.len();
        let states = game.phases[self.phase].states();
        for plane in &self.planes {
            let mut at_point = vec![Lane::ZERO; grid.points];
            let all = Lane::splat(1.0);
            for row in (0..states.len() * memories).filter(|r| plane.used[*r]) {
                let cells = &plane.now[row * grid.points..(row + 1) * grid.points];
                let mass = grid::sum(cells);
                grid::add(&mut at_point, all, cells);
                for (w, (profile, set)) in plane.slots.iter().enumerate() {
                    if *set == 0 {
                        parts[*profile].accounts.stand(
                            game,
                            &shared.history,
                            states[row / memories],
                            shared.memories[row % memories].bits,
                            mass[w],
                        );
                    }
                }
            }
            for (entry, sum) in plane.mean_beliefs(shared, &at_point).iter().enumerate() {
                for (w, (profile, set)) in plane.slots.iter().enumerate() {
                    if *set == 0 {
                        parts[*profile].accounts.believe(entry, sum[w]);
                    }
                }
            }
        }
    }
}

impl Shared<'_> {
    /// Row of a live state with a memory before phase `p`.
    fn row(&self, p: usize, state: u32, memory: Memory) -> usize {
        let node = self.solution.layout.rows[p][state as usize] as usize;
        node * self.memories.len() + self.memory_index.get(&memory).copied().unwrap_or(0)
    }
}

impl Plane {
    fn new(
        shared: &Shared,
        parts: &[Profile],
        slots: &[(usize, usize)],
        rows: usize,
        points: usize,
    ) -> Self {
        let game = shared.game;
        let lane = |holds: &dyn Fn(usize, usize) -> bool| {
            Lane::of(|w| match slots.get(w) {
                Some((profile, set)) if holds(*profile, *set) => 1.0,
                _ => 0.0,
            })
        };
        let chosen = game
            .actors
            .iter()
            .enumerate()
            .map(|(actor, kind)| {
                (0..kind.types.len())
                    .map(|t| lane(&|profile, _| parts[profile].types[actor] == t))
                    .collect()
            })
            .collect();
        let mut kept = FxHashMap::default();
        for state in 0..game.states.len() as u32 {
            let inside = shared.inside(state);
            kept.entry(inside)
                .or_insert_with(|| lane(&|_, set| set == 0 || inside >> (set - 1) & 1 == 0));
        }
        Self {
            now: vec![Lane::ZERO; rows * points],
            next: vec![Lane::ZERO; rows * points],
            used: vec![false; rows],
            next_used: vec![false; rows],
            slots: slots.to_vec(),
            chosen,
            kept,
            flow: vec![Lane::ZERO; points],
            basis: Vec::new(),
            notes: Notes {
                passages: vec![[Lane::ZERO; 4]; game.events.len()],
                moved: vec![Lane::ZERO; game.actors.len()],
                terms: vec![Lane::ZERO; game.terms.len()],
                ended: Vec::new(),
                at_end: vec![Lane::ZERO; points],
            },
        }
    }

    /// One mover's phase.
    fn moves(&mut self, shared: &Shared, round: usize, p: usize, phase: &MovePhase) {
        let game = shared.game;
        let mover = phase.actors[0] as usize;
        let plan = shared.solution.plan_round(game, round as u32);
        let operators = shared.operators(plan, p, phase);
        let block = &shared.solution.grid.blocks[mover];
        let points = shared.solution.grid.points;
        let after = shared.solution.layout.next_phase(p);
        let memories = shared.memories.len();
        let seats: Vec<(usize, usize)> = game
            .actors
            .iter()
            .enumerate()
            .flat_map(|(actor, kind)| (0..kind.types.len()).map(move |t| (actor, t)))
            .collect();
        let mut flow = std::mem::take(&mut self.flow);
        let mut basis = std::mem::take(&mut self.basis);
        for row in self.rows() {
            let (n, memory) = (row / memories, shared.memories[row % memories]);
            let state = phase.node_state[n];
            let operator = &operators[n];
            let source = row * points..(row + 1) * points;
            for payment in &operator.payments {
                let (actor, kind) = seats[payment.seat];
                let paid = grid::weighted(&self.now[source.clone()], &payment.at);
                self.notes.moved[actor] +=
                    paid * self.chosen[mover][payment.own_type] * self.chosen[actor][kind];
            }
            let calm = !shared.rank.is_empty() && memory.origin == Origin::None;
            for (f, out) in operator.flows.iter().enumerate() {
                if !out.carries(calm) {
                    continue;
                }
                let size = block.types * points;
                let place = grid::Spread {
                    operator,
                    signal: out.signal,
                    shape: (block.points, block.stride),
                    share: &operator.share[f * size..(f + 1) * size],
                    chosen: &self.chosen[mover],
                };
                let total = grid::spread(&place, &self.now[source.clone()], &mut basis, &mut flow);
                if total.iter().all(|t| *t == 0.0) {
                    continue;
                }
                let origin = out.origin.unwrap_or(Origin::Choice);
                for (to, factor) in &out.targets {
                    self.arrive(
                        shared, after, state, memory, *to, origin, *factor, total, &flow,
                    );
                }
            }
        }
        self.flow = flow;
        self.basis = basis;
        if grid::in_moments(&shared.solution.grid, mover) {
            let chebyshev = shared.solution.grid.axis.chebyshev();
            let shape = (block.points, block.stride);
            for row in (0..self.next_used.len()).filter(|r| self.next_used[*r]) {
                let cells = &mut self.next[row * points..(row + 1) * points];
                grid::to_points(&chebyshev, shape, cells);
            }
            grid::to_points(&chebyshev, shape, &mut self.notes.at_end);
        }
    }

    /// One phase of chance; flows are paid at the first of a round.
    fn events(&mut self, shared: &Shared, p: usize, phase: &EventsPhase) {
        let game = shared.game;
        let points = shared.solution.grid.points;
        let pays = shared.flow_phase == Some(p);
        let seats = game.seats();
        let after = shared.solution.layout.next_phase(p);
        let memories = shared.memories.len();
        let now = std::mem::take(&mut self.now);
        for row in self.rows() {
            let (n, memory) = (row / memories, shared.memories[row % memories]);
            let state = phase.node_state[n];
            let source = &now[row * points..(row + 1) * points];
            let mass = grid::sum(source);
            if pays {
                for (k, term) in game.terms.iter().enumerate() {
                    let chosen = &self.chosen[term.actor as usize];
                    let flow = &term.flow[state as usize * chosen.len()..][..chosen.len()];
                    self.notes.terms[k] += mass * by_type(flow, chosen);
                }
            } else {
                for (actor, chosen) in self.chosen.iter().enumerate() {
                    let paid = &phase.payoff[n * seats + game.seat(actor)..][..chosen.len()];
                    self.notes.moved[actor] += mass * by_type(paid, chosen);
                }
            }
            for o in phase.outcomes(n).filter(|o| phase.outcome_true[*o] > 0.0) {
                let probability = phase.outcome_true[o];
                let to = phase.outcome_next[o];
                self.arrive(
                    shared,
                    after,
                    state,
                    memory,
                    to,
                    Origin::Chance,
                    probability,
                    mass,
                    source,
                );
            }
        }
        self.now = now;
    }

    /// Rows that hold mass.
    fn rows(&self) -> Vec<usize> {
        (0..self.used.len()).filter(|r| self.used[*r]).collect()
    }

    /// `factor` times the mass in `flow`, whose sum is `total`, steps from `from` to `to`.
    fn arrive(
        &mut self,
        shared: &Shared,
        after: usize,
        from: u32,
        memory: Memory,
        to: u32,
        origin: Origin,
        factor: f64,
        total: Lane,
        flow: &[Lane],
    ) {
        let step = shared.step(from, to, memory, origin);
        let total = Lane::splat(factor) * total;
        let inside = shared.inside(to);
        let mut entered = step.fresh;
        for (i, event) in shared.history.open.iter().enumerate() {
            entered |= (inside >> i & 1) << event;
        }
        while entered != 0 {
            let event = entered.trailing_zeros() as usize;
            self.notes.passages[event][step.memory.origin as usize] += total;
            entered &= entered - 1;
        }
        if shared.end[to as usize] == NONE {
            let points = flow.len();
            let row = shared.row(after, to, step.memory);
            let kept = Lane::splat(factor) * self.kept[&inside];
            let cells = &mut self.next[row * points..(row + 1) * points];
            if self.next_used[row] {
                grid::add(cells, kept, flow);
            } else {
                grid::put(cells, kept, flow);
                self.next_used[row] = true;
            }
        } else {
            self.notes.ended.push((to, step.memory, total));
            grid::add(&mut self.notes.at_end, Lane::splat(factor), flow);
        }
    }

    /// Σ mass·β for each flat belief entry.
    fn mean_beliefs(&self, shared: &Shared, cells: &[Lane]) -> Vec<Lane> {
        let grid = &shared.solution.grid;
        let mut sums = Vec::with_capacity(shared.layout.len());
        for actor in 0..shared.game.actors.len() {
            for t in 0..shared.layout.range(actor).len() {
                let mut sum = Lane::ZERO;
                for (point, cell) in cells.iter().enumerate() {
                    sum += Lane::splat(grid.belief(actor, point)[t]) * *cell;
                }
                sums.push(sum);
            }
        }
        sums
    }

    /// Makes what was pushed the present. What stays in unused rows is written over, never read.
    fn turn(&mut self) {
        std::mem::swap(&mut self.now, &mut self.next);
        std::mem::swap(&mut self.used, &mut self.next_used);
        self.next_used.fill(false);
    }

    /// Adds the notes of a phase to the profiles' accounts.
    fn settle(&mut self, shared: &Shared, parts: &mut [Profile]) {
        let open = &shared.history.open;
        let beliefs = self.mean_beliefs(shared, &self.notes.at_end);
        let notes = &mut self.notes;
        for (w, (profile, set)) in self.slots.iter().enumerate() {
            let part = &mut parts[*profile];
            let round = part.round + 1;
            for (event, origins) in notes.passages.iter().enumerate() {
                // The mass counts where no share is kept for the set.
                let counts = match set.checked_sub(1) {
                    None => !open.contains(&event),
                    Some(set) => open[set] == event,
                };
                for (origin, mass) in origins.iter().enumerate().filter(|_| counts) {
                    part.accounts.passages[event][origin][round] += mass[w];
                }
            }
            if *set > 0 {
                continue;
            }
            for (sum, paid) in part
                .accounts
                .moved
                .iter_mut()
                .zip(&notes.moved)
                .zip(&part.discounts)
                .map(|((s, m), d)| (s, m[w] * d))
            {
                *sum += paid;
            }
            for (k, (paid, term)) in notes.terms.iter().zip(&shared.game.terms).enumerate() {
                part.accounts.flows[k] += paid[w] * part.discounts[term.actor as usize];
            }
            for (state, memory, mass) in &notes.ended {
                part.settle(*state, shared.end[*state as usize], *memory, mass[w]);
            }
            for (sum, belief) in part.accounts.ended_beliefs.iter_mut().zip(&beliefs) {
                sum.0 += belief[w];
            }
        }
        notes.passages.fill([Lane::ZERO; 4]);
        notes.moved.fill(Lane::ZERO);
        notes.terms.fill(Lane::ZERO);
        notes.ended.clear();
        notes.at_end.fill(Lane::ZERO);
    }
}

/// In each lane the value of its profile's type.
fn by_type(values: &[f64], chosen: &[Lane]) -> Lane {
    let mut lane = Lane::ZERO;
    for (value, chosen) in values.iter().zip(chosen) {
        lane += Lane::splat(*value) * *chosen;
    }
    lane
}

impl Shared<'_> {
    /// Which open sets hold `state`, as bits of their order.
    fn inside(&self, state: u32) -> u64 {
        let here = self.history.mask[state as usize];
        self.history
            .open
            .iter()
            .enumerate()
            .fold(0, |bits, (i, event)| bits | (here >> event & 1) << i)
    }
}
