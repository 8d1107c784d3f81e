//! All type profiles pushed forward together on the belief grid.
//!
//! Where a posterior lies depends on what the public sees, not on the profile: one spreading serves
//! all. The numbers kept at a point (each profile's mass, then for each open set the part of it that
//! has not been there) fill lanes of eight; a *plane* holds one lane of every point. Planes and lines
//! of the grid ([`Lines`]) run in parallel; what they note is added in their order.

use super::kernels::{self, Chances, LineNotes, Moves};
use super::lines::Lines;
use super::operator::{self, Node, Operators};
use super::push::{Profile, Shared};
use super::routes::Routes;
use crate::game::{EventsPhase, MovePhase, NONE, Phase};
use crate::math::lanes::{Lane, W};
use rayon::prelude::*;

impl Shared<'_> {
    /// Would the grid's tables fit?
    pub(super) fn grid_fits(&self, profiles: usize) -> bool {
        let planes = (profiles * (1 + self.history.open.len())).div_ceil(W);
        operator::bytes(self.game, self.solution, self.memories.len(), planes)
            <= u128::from(self.options.memory)
    }

    /// Row of a live state with a memory before phase `p`.
    pub(super) fn row(&self, p: usize, state: u32, memory: super::cloud::Memory) -> usize {
        let node = self.solution.layout.rows[p][state as usize] as usize;
        node * self.memories.len() + self.memory_index.get(&memory).copied().unwrap_or(0)
    }

    /// Which open sets hold `state`, as bits of their order.
    pub(super) fn inside(&self, state: u32) -> u64 {
        let here = self.history.mask[state as usize];
        self.history
            .open
            .iter()
            .enumerate()
            .fold(0, |bits, (i, event)| bits | (here >> event & 1) << i)
    }
}

/// The distribution before phase `phase`.
pub struct Grid {
    planes: Vec<Plane>,
    phase: usize,
    /// Rows that hold mass, ascending.
    rows: Vec<u32>,
    /// Phase → how the grid is cut there.
    lines: Vec<Lines>,
    /// Phase → what is made when the phase is first reached.
    ways: Vec<Option<Ways>>,
}

/// What a phase does to mass.
struct Ways {
    /// Round of the plan that `operators` belong to.
    plan: usize,
    /// Of a mover's phase: its nodes,
    nodes: Vec<Node>,
    /// and what they do in that round.
    operators: Operators,
    routes: Routes,
}

/// One lane of every point.
struct Plane {
    /// Line → `[row * own + k]`, as cut for the phase.
    now: Vec<Vec<Lane>>,
    next: Vec<Vec<Lane>>,
    /// What each number is: the profile and, unless it is the mass, one more than the open set.
    slots: Vec<(usize, usize)>,
    /// Actor → type → one in the lanes of profiles where the actor is of that type.
    chosen: Vec<Vec<Lane>>,
    /// Index in [`Shared::insides`] → one in the lanes that go on there.
    kept: Vec<Lane>,
    /// Actor and lanes of each seat; empty where the plane holds no profile's mass.
    seats: Vec<(usize, Lane)>,
    /// By line.
    notes: Vec<LineNotes>,
}

impl Grid {
    /// Spreads the particles of the profiles before phase `p`, and takes them away.
    pub fn of(shared: &Shared, p: usize, parts: &mut [Profile]) -> Self {
        let game = shared.game;
        let lines = Lines::of_phases(game, &shared.solution.grid);
        let (cut, memories) = (lines[p], shared.memories.len());
        let rows = game.phases[p].nodes() * memories;
        // Masses of all profiles first: planes of open sets alone need not be read.
        let slots: Vec<(usize, usize)> = (0..=shared.history.open.len())
            .flat_map(|set| (0..parts.len()).map(move |profile| (profile, set)))
            .collect();
        let mut planes: Vec<Plane> = slots
            .chunks(W)
            .map(|slots| Plane::new(shared, parts, slots))
            .collect();
        for plane in &mut planes {
            plane.now = vec![vec![Lane::ZERO; rows * cut.own]; cut.count];
        }
        let mut used = vec![false; rows];
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
                used[row] = true;
                for plane in &mut planes {
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
                            let (line, k) = cut.place(*index as usize);
                            plane.now[line][row * cut.own + k][w] += weight * mass;
                        }
                    }
                }
            }
            part.live.clear();
        }
        Self {
            planes,
            phase: p,
            rows: held(&used),
            lines,
            ways: game.phases.iter().map(|_| None).collect(),
        }
    }

    /// Pushes through phase `p`.
    pub fn phase(&mut self, shared: &Shared, parts: &mut [Profile], p: usize, phase: &Phase) {
        let round = parts.first().map_or(0, |part| part.round) as u32;
        let plan = shared.solution.plan_round(shared.game, round);
        let after = shared.solution.layout.next_phase(p);
        let cut = self.lines[p];
        let ways = match &mut self.ways[p] {
            Some(ways) => {
                if let (Phase::Move(phase), false) = (phase, ways.plan == plan) {
                    ways.operators = shared.operators(plan, p, phase, &cut, &ways.nodes);
                    ways.plan = plan;
                }
                ways
            }
            empty => empty.insert(Ways::of(shared, plan, p, phase, &cut)),
        };
        let reached = ways.routes.reached(&self.rows);
        let rows = held(&reached);
        let before = &self.rows;
        self.planes.par_iter_mut().for_each(|plane| match phase {
            Phase::Move(phase) => plane.moves(shared, ways, before, phase, &cut, &rows),
            Phase::Events(_) => {
                let sums = plane.holds_mass() && shared.pays(p);
                plane.chances(ways, before, sums, &cut, &rows);
            }
        });
        for plane in &mut self.planes {
            if let (Phase::Events(phase), true) = (phase, plane.holds_mass()) {
                plane.pay(shared, p, phase, &self.rows, parts);
            }
            plane.settle(shared, &ways.routes, &self.rows, &cut, parts);
        }
        // The row of ends has been settled.
        self.rows = held(&reached[..ways.routes.rows]);
        let (rows, after_cut) = (&self.rows, &self.lines[after]);
        self.planes
            .par_iter_mut()
            .for_each(|plane| plane.cut(&cut, after_cut, rows));
        self.phase = after;
    }

    /// Reads classes, states and mean beliefs.
    pub fn read(&self, shared: &Shared, parts: &mut [Profile]) {
        let cut = &self.lines[self.phase];
        let memories = shared.memories.len();
        let states = shared.game.phases[self.phase].states();
        for plane in self.planes.iter().filter(|plane| plane.holds_mass()) {
            let lines: Vec<(Vec<Lane>, Vec<Lane>)> = plane
                .now
                .par_iter()
                .map(|cells| kernels::sums(&self.rows, cut.own, cells))
                .collect();
            let masses = added(self.rows.len(), lines.iter().map(|(rows, _)| rows));
            for (row, mass) in self.rows.iter().zip(&masses) {
                let row = *row as usize;
                for (w, (profile, _)) in plane.masses() {
                    parts[*profile].accounts.stand(
                        shared.game,
                        &shared.history,
                        states[row / memories],
                        shared.memories[row % memories].bits,
                        mass[w],
                    );
                }
            }
            let at_points = lines.iter().map(|(_, points)| &points[..]);
            for (entry, sum) in mean_beliefs(shared, cut, at_points).iter().enumerate() {
                for (w, (profile, _)) in plane.masses() {
                    parts[*profile].accounts.believe(entry, sum[w]);
                }
            }
        }
    }
}

/// Indices of what is true.
fn held(used: &[bool]) -> Vec<u32> {
    (0..used.len() as u32)
        .filter(|row| used[*row as usize])
        .collect()
}

/// Sums of what lines noted, in their order.
fn added<'a>(len: usize, lines: impl Iterator<Item = &'a Vec<Lane>>) -> Vec<Lane> {
    let mut total = vec![Lane::ZERO; len];
    for line in lines {
        for (total, x) in total.iter_mut().zip(line) {
            *total += *x;
        }
    }
    total
}

/// Σ mass·β for each flat belief entry, of mass at the points of each line.
fn mean_beliefs<'a>(
    shared: &Shared,
    cut: &Lines,
    lines: impl Iterator<Item = &'a [Lane]>,
) -> Vec<Lane> {
    let grid = &shared.solution.grid;
    let mut sums = vec![Lane::ZERO; shared.layout.len()];
    for (line, points) in lines.enumerate() {
        for (k, mass) in points.iter().enumerate() {
            let point = cut.point(line, k);
            for actor in 0..shared.game.actors.len() {
                let belief = grid.belief(actor, point);
                for (sum, b) in sums[shared.layout.range(actor)].iter_mut().zip(belief) {
                    *sum = Lane::splat(*b).mul_add(*mass, *sum);
                }
            }
        }
    }
    sums
}

impl Shared<'_> {
    fn operators(
        &self,
        plan: usize,
        p: usize,
        phase: &MovePhase,
        cut: &Lines,
        nodes: &[Node],
    ) -> Operators {
        operator::operators(self.game, self.solution, (plan, p), phase, cut, nodes)
    }

    /// Does anybody get or lose anything when phase `p` of chance is reached?
    fn pays(&self, p: usize) -> bool {
        match &self.game.phases[p] {
            Phase::Events(phase) => {
                self.flow_phase == Some(p) || phase.payoff.iter().any(|x| *x != 0.0)
            }
            Phase::Move(_) => false,
        }
    }
}

impl Ways {
    fn of(shared: &Shared, plan: usize, p: usize, phase: &Phase, cut: &Lines) -> Self {
        let (nodes, operators) = match phase {
            Phase::Move(phase) => {
                let nodes = operator::nodes(shared.game, shared.solution, p, phase, &shared.rank);
                let operators = shared.operators(plan, p, phase, cut, &nodes);
                (nodes, operators)
            }
            Phase::Events(_) => Default::default(),
        };
        let routes = Routes::of(shared, p, &nodes);
        Self {
            plan,
            nodes,
            operators,
            routes,
        }
    }
}

impl Plane {
    fn new(shared: &Shared, parts: &[Profile], slots: &[(usize, usize)]) -> Self {
        let game = shared.game;
        let lane = |holds: &dyn Fn(usize, usize) -> bool| {
            Lane::of(|w| match slots.get(w) {
                Some((profile, set)) if holds(*profile, *set) => 1.0,
                _ => 0.0,
            })
        };
        let chosen: Vec<Vec<Lane>> = game
            .actors
            .iter()
            .enumerate()
            .map(|(actor, kind)| {
                (0..kind.types.len())
                    .map(|t| lane(&|profile, _| parts[profile].types[actor] == t))
                    .collect()
            })
            .collect();
        let kept = shared
            .insides
            .iter()
            .map(|inside| lane(&|_, set| set == 0 || inside >> (set - 1) & 1 == 0))
            .collect();
        let seats = if slots.iter().any(|(_, set)| *set == 0) {
            let seats = chosen.iter().enumerate();
            seats
                .flat_map(|(actor, types)| types.iter().map(move |lanes| (actor, *lanes)))
                .collect()
        } else {
            Vec::new()
        };
        Self {
            now: Vec::new(),
            next: Vec::new(),
            slots: slots.to_vec(),
            chosen,
            kept,
            seats,
            notes: Vec::new(),
        }
    }

    /// Does it hold the mass of a profile?
    fn holds_mass(&self) -> bool {
        !self.seats.is_empty()
    }

    /// Places of the profiles' masses.
    fn masses(&self) -> impl Iterator<Item = (usize, &(usize, usize))> {
        self.slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| slot.1 == 0)
    }

    /// Makes room for what a phase does: cleared notes, and zeros in the rows that are reached.
    fn prepare(&mut self, routes: &Routes, actors: usize, sums: usize, cut: &Lines) {
        self.next.resize_with(cut.count, Vec::new);
        self.notes.resize_with(cut.count, LineNotes::default);
        for next in &mut self.next {
            room(next, (routes.rows + 1) * cut.own);
        }
        for notes in &mut self.notes {
            for (lanes, len) in [
                (&mut notes.noted, routes.noted),
                (&mut notes.paid, actors),
                (&mut notes.sums, sums),
            ] {
                lanes.clear();
                lanes.resize(len, Lane::ZERO);
            }
        }
    }

    /// One mover's phase, from `rows` to `reached`.
    fn moves(
        &mut self,
        shared: &Shared,
        ways: &Ways,
        rows: &[u32],
        phase: &MovePhase,
        cut: &Lines,
        reached: &[u32],
    ) {
        let mover = phase.actors[0] as usize;
        let grid = &shared.solution.grid;
        self.prepare(&ways.routes, shared.game.actors.len(), 0, cut);
        let chebyshev = operator::in_moments(grid, mover).then(|| grid.axis.chebyshev());
        let cosine: Vec<f64> = if chebyshev.is_some() {
            (0..cut.own).map(|k| grid.axis.cosine(k)).collect()
        } else {
            Vec::new()
        };
        let (chosen, kept, seats) = (&self.chosen[mover], &self.kept, &self.seats);
        (&self.now, &mut self.next, &mut self.notes)
            .into_par_iter()
            .enumerate()
            .for_each(|(line, (now, next, notes))| {
                clear(next, reached, cut.own);
                let push = Moves {
                    operators: &ways.operators,
                    numbers: &ways.operators.lines[line],
                    routes: &ways.routes,
                    rows,
                    memories: shared.memories.len(),
                    own: cut.own,
                    cosine: &cosine,
                    chosen,
                    kept,
                    seats,
                    chebyshev: chebyshev.as_deref(),
                };
                kernels::moves(&push, now, next, notes);
                if let Some(chebyshev) = &chebyshev {
                    kernels::to_points(chebyshev, cut.own, reached, next);
                }
            });
    }

    /// One phase of chance, from `rows` to `reached`.
    fn chances(&mut self, ways: &Ways, rows: &[u32], sums: bool, cut: &Lines, reached: &[u32]) {
        let from = rows.last().map_or(0, |row| *row as usize + 1);
        self.prepare(&ways.routes, 0, if sums { from } else { 0 }, cut);
        let kept = &self.kept;
        (&self.now, &mut self.next, &mut self.notes)
            .into_par_iter()
            .for_each(|(now, next, notes)| {
                clear(next, reached, cut.own);
                let push = Chances {
                    routes: &ways.routes,
                    rows,
                    own: cut.own,
                    kept,
                    sums,
                };
                kernels::chances(&push, now, next, notes);
            });
    }

    /// Pays what a phase of chance pays; flows at the first of a round.
    fn pay(
        &self,
        shared: &Shared,
        p: usize,
        phase: &EventsPhase,
        rows: &[u32],
        parts: &mut [Profile],
    ) {
        let game = shared.game;
        let (memories, seats) = (shared.memories.len(), game.seats());
        let Some(first) = self.notes.first().filter(|notes| !notes.sums.is_empty()) else {
            return;
        };
        let masses = added(first.sums.len(), self.notes.iter().map(|notes| &notes.sums));
        let mut terms = vec![Lane::ZERO; game.terms.len()];
        let mut paid = vec![Lane::ZERO; game.actors.len()];
        for row in rows {
            let (mass, n) = (masses[*row as usize], *row as usize / memories);
            if shared.flow_phase == Some(p) {
                let state = phase.node_state[n] as usize;
                for (sum, term) in terms.iter_mut().zip(&game.terms) {
                    let chosen = &self.chosen[term.actor as usize];
                    let flow = &term.flow[state * chosen.len()..][..chosen.len()];
                    *sum += mass * by_type(flow, chosen);
                }
            } else {
                for (actor, chosen) in self.chosen.iter().enumerate() {
                    let payoff = &phase.payoff[n * seats + game.seat(actor)..][..chosen.len()];
                    paid[actor] += mass * by_type(payoff, chosen);
                }
            }
        }
        for (w, (profile, _)) in self.masses() {
            let part = &mut parts[*profile];
            for ((sum, paid), term) in part.accounts.flows.iter_mut().zip(&terms).zip(&game.terms) {
                *sum += paid[w] * part.discounts[term.actor as usize];
            }
            for ((sum, paid), d) in part
                .accounts
                .moved
                .iter_mut()
                .zip(&paid)
                .zip(&part.discounts)
            {
                *sum += paid[w] * d;
            }
        }
    }

    /// Adds the notes of a phase to the profiles' accounts.
    fn settle(
        &mut self,
        shared: &Shared,
        routes: &Routes,
        rows: &[u32],
        cut: &Lines,
        parts: &mut [Profile],
    ) {
        let open = &shared.history.open;
        let noted = added(routes.noted, self.notes.iter().map(|notes| &notes.noted));
        let mut ended = vec![Lane::ZERO; routes.ends.len()];
        let mut passages = vec![[Lane::ZERO; 4]; shared.game.events.len()];
        for (place, notes) in routes.noted(rows) {
            for note in notes {
                let mass = Lane::splat(note.factor) * noted[place];
                let mut entered = note.entered;
                while entered != 0 {
                    let event = entered.trailing_zeros() as usize;
                    passages[event][note.origin as usize] += mass;
                    entered &= entered - 1;
                }
                if note.end != NONE {
                    ended[note.end as usize] += mass;
                }
            }
        }
        for (w, (profile, set)) in self.slots.iter().enumerate() {
            let part = &mut parts[*profile];
            let round = part.round + 1;
            for (event, origins) in passages.iter().enumerate() {
                // The mass counts where no share is kept for the set.
                let counts = match set.checked_sub(1) {
                    None => !open.contains(&event),
                    Some(set) => open[set] == event,
                };
                for (origin, mass) in origins.iter().enumerate().filter(|_| counts) {
                    part.accounts.passages[event][origin][round] += mass[w];
                }
            }
        }
        if !self.holds_mass() {
            return;
        }
        let paid = added(
            shared.game.actors.len(),
            self.notes.iter().map(|notes| &notes.paid),
        );
        let last = routes.rows * cut.own;
        let at_end = self.next.iter().map(|line| &line[last..last + cut.own]);
        let beliefs = mean_beliefs(shared, cut, at_end);
        for (w, (profile, _)) in self.masses() {
            let part = &mut parts[*profile];
            for ((sum, paid), d) in part
                .accounts
                .moved
                .iter_mut()
                .zip(&paid)
                .zip(&part.discounts)
            {
                *sum += paid[w] * d;
            }
            for ((state, memory), mass) in routes.ends.iter().zip(&ended) {
                part.settle(*state, shared.end[*state as usize], *memory, mass[w]);
            }
            for (sum, belief) in part.accounts.ended_beliefs.iter_mut().zip(&beliefs) {
                sum.0 += belief[w];
            }
        }
    }

    /// Makes what was pushed the present, cut as the next phase wants it. What stays in rows without
    /// mass is never read.
    fn cut(&mut self, before: &Lines, after: &Lines, rows: &[u32]) {
        if before == after {
            std::mem::swap(&mut self.now, &mut self.next);
            return;
        }
        self.now.resize_with(after.count, Vec::new);
        let next = &self.next;
        self.now.par_iter_mut().enumerate().for_each(|(line, now)| {
            room(
                now,
                rows.last().map_or(0, |row| *row as usize + 1) * after.own,
            );
            let from: Vec<(&[Lane], usize)> = (0..after.own)
                .map(|k| before.place(after.point(line, k)))
                .map(|(line, k)| (&next[line][..], k))
                .collect();
            for row in rows {
                let row = *row as usize;
                let cells = &mut now[row * after.own..][..after.own];
                for (cell, (line, k)) in cells.iter_mut().zip(&from) {
                    *cell = line[row * before.own + k];
                }
            }
        });
    }
}

/// Makes room for `len` lanes; what is there already stays, and is written over before it is read.
fn room(cells: &mut Vec<Lane>, len: usize) {
    if cells.len() < len {
        cells.resize(len, Lane::ZERO);
    }
}

/// Zeros in the rows that are reached.
fn clear(cells: &mut [Lane], reached: &[u32], own: usize) {
    for row in reached {
        cells[*row as usize * own..][..own].fill(Lane::ZERO);
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
