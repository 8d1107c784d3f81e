//! All type profiles pushed forward together on the belief grid.
//!
//! Where a posterior lies depends on what the public sees, not on the profile: one spreading serves
//! all. The numbers kept at a point (each profile's mass, then the parts of it that have avoided some
//! watched sets, [`super::avoided`]) fill lanes of eight; a *plane* holds one lane of every point. Planes and lines
//! of the grid ([`Lines`]) run in parallel; what they note is added in their order.

use super::cloud::Origin;
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
        let planes = (profiles * self.avoided.parts.len()).div_ceil(W);
        self.avoided.complete()
            && operator::bytes(self.game, self.solution, self.origins.len(), planes)
                <= u128::from(self.options.memory)
    }

    /// Row of a live state with the origin of its spell before phase `p`.
    pub(super) fn row(&self, p: usize, state: u32, origin: Origin) -> usize {
        let node = self.solution.layout.rows[p][state as usize] as usize;
        // Where spells are not followed there is none.
        node * self.origins.len() + origin as usize
    }
}

/// The distribution before phase `phase`.
pub struct Grid {
    pub(super) planes: Vec<Plane>,
    phase: usize,
    /// Rows that hold mass, ascending.
    pub(super) rows: Vec<u32>,
    /// Phase → how the grid is cut there.
    lines: Vec<Lines>,
    /// Phase → what is made when the phase is first reached.
    ways: Vec<Option<Ways>>,
    /// Mass that came to each end state in this round.
    ended: Joint,
}

/// What a phase does to mass.
pub(super) struct Ways {
    /// Round of the plan that `operators` belong to.
    plan: usize,
    /// Of a mover's phase: its nodes,
    nodes: Vec<Node>,
    /// and what they do in that round.
    operators: Operators,
    pub(super) routes: Routes,
    /// Rows that held mass when it was last pushed, and those that it came to.
    reach: (Vec<u32>, Vec<u32>),
}

/// One lane of every point.
pub(super) struct Plane {
    /// Line → `[row * own + k]`, as cut for the phase.
    pub(super) now: Vec<Vec<Lane>>,
    next: Vec<Vec<Lane>>,
    /// What each number is: the profile, and the part of its mass.
    pub(super) slots: Vec<(usize, usize)>,
    /// Actor → type → one in the lanes of profiles where the actor is of that type.
    pub(super) chosen: Vec<Vec<Lane>>,
    /// Index in [`super::avoided::Avoided::insides`] → one in the lanes that go on there.
    pub(super) kept: Vec<Lane>,
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
        let cut = lines[p];
        let rows = game.phases[p].nodes() * shared.origins.len();
        // Masses of all profiles first: planes of parts that only questions read need not be read.
        let slots: Vec<(usize, usize)> = (0..shared.avoided.parts.len())
            .flat_map(|part| (0..parts.len()).map(move |profile| (profile, part)))
            .collect();
        let mut planes: Vec<Plane> = slots
            .chunks(W)
            .map(|slots| Plane::new(shared, parts, slots))
            .collect();
        for plane in &mut planes {
            plane.now = vec![vec![Lane::ZERO; rows * cut.own]; cut.count];
        }
        let mut used = vec![false; rows];
        let points = 0..shared.solution.grid.points;
        let places: Vec<(usize, usize)> = points.map(|point| cut.place(point)).collect();
        let mut belief = vec![0.0; shared.layout.len()];
        for (profile, part) in parts.iter_mut().enumerate() {
            part.accounts.exact = false;
            let cloud = &part.live;
            for i in 0..cloud.len() {
                cloud.belief(i, &mut belief);
                let row = shared.row(p, cloud.state[i], cloud.memory[i].origin);
                let beliefs: Vec<Vec<f64>> = (0..game.actors.len())
                    .map(|a| belief[shared.layout.range(a)].to_vec())
                    .collect();
                let footprint = shared
                    .solution
                    .footprint(&shared.solution.grid.axis, &beliefs);
                used[row] = true;
                for plane in &mut planes {
                    for (w, (_, part)) in plane
                        .slots
                        .iter()
                        .enumerate()
                        .filter(|(_, slot)| slot.0 == profile)
                    {
                        let avoided = shared.avoided.parts[*part];
                        let mass = cloud.part(i, avoided, &shared.history);
                        if mass == 0.0 {
                            continue;
                        }
                        for (index, weight) in footprint.index.iter().zip(&footprint.weight) {
                            let (line, k) = places[*index as usize];
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
            ended: Joint::new(shared, parts.len(), game.ends.len()),
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
        if ways.reach.0 != self.rows {
            ways.reach = (self.rows.clone(), held(&ways.routes.reached(&self.rows)));
        }
        let (before, rows) = (&self.rows, &ways.reach.1);
        self.planes.par_iter_mut().for_each(|plane| match phase {
            Phase::Move(phase) => plane.moves(shared, ways, before, phase, &cut, rows),
            Phase::Events(_) => {
                let sums = plane.holds_mass() && shared.pays(p);
                plane.chances(ways, before, sums, &cut, rows);
            }
        });
        for plane in &mut self.planes {
            if let (Phase::Events(phase), true) = (phase, plane.holds_mass()) {
                plane.pay(shared, p, phase, &self.rows, parts);
            }
            let ended = &mut self.ended;
            plane.settle(shared, &ways.routes, &self.rows, &cut, parts, ended);
        }
        // The last row, that of ends, has been noted.
        self.rows = rows[..rows.len() - 1].to_vec();
        let (rows, after_cut) = (&self.rows, &self.lines[after]);
        self.planes
            .par_iter_mut()
            .for_each(|plane| plane.cut(&cut, after_cut, rows));
        self.phase = after;
    }

    /// Ends a round: what came to end states is settled there.
    pub fn settle(&mut self, shared: &Shared, parts: &mut [Profile]) {
        let ended = &self.ended;
        parts
            .par_iter_mut()
            .enumerate()
            .for_each(|(profile, part)| {
                ended.visit(shared, profile, |end, bits, mass| {
                    if mass != 0.0 {
                        part.settle(end as u32, bits, mass);
                    }
                });
            });
        self.ended.masses.fill(0.0);
    }

    /// Reads classes, states and mean beliefs.
    pub fn read(&self, shared: &Shared, parts: &mut [Profile]) {
        let cut = &self.lines[self.phase];
        let states = shared.game.phases[self.phase].states();
        let classes = shared.avoided.read_by_classes();
        let mut standing = Joint::new(shared, parts.len(), self.rows.len());
        for plane in &self.planes {
            if !plane.slots.iter().any(|(_, part)| classes.contains(part)) {
                continue;
            }
            let lines: Vec<(Vec<Lane>, Vec<Lane>)> = plane
                .now
                .par_iter()
                .map(|cells| kernels::sums(&self.rows, cut.own, cells))
                .collect();
            let masses = added(self.rows.len(), lines.iter().map(|(rows, _)| rows));
            for (i, mass) in masses.iter().enumerate() {
                standing.put(&plane.slots, i, mass);
            }
            if !plane.holds_mass() {
                continue;
            }
            let at_points = lines.iter().map(|(_, points)| &points[..]);
            for (entry, sum) in mean_beliefs(shared, cut, at_points).iter().enumerate() {
                for (w, (profile, _)) in plane.masses() {
                    parts[*profile].accounts.believe(entry, sum[w]);
                }
            }
        }
        parts
            .par_iter_mut()
            .enumerate()
            .for_each(|(profile, part)| {
                standing.visit(shared, profile, |i, bits, mass| {
                    let state = states[self.rows[i] as usize / shared.origins.len()];
                    part.accounts
                        .stand(shared.game, &shared.history, state, bits, mass);
                });
            });
    }
}

/// Mass of every profile in some places, by what it has avoided.
struct Joint {
    /// `[(place * profiles + profile) * parts + part]`, of the parts that classes read.
    masses: Vec<f64>,
    profiles: usize,
    parts: usize,
}

impl Joint {
    fn new(shared: &Shared, profiles: usize, places: usize) -> Self {
        let parts = shared.avoided.read_by_classes().len();
        Self {
            masses: vec![0.0; places * profiles * parts],
            profiles,
            parts,
        }
    }

    /// Adds what a lane with these slots holds in a place.
    fn put(&mut self, slots: &[(usize, usize)], place: usize, lane: &Lane) {
        for (w, (profile, part)) in slots.iter().enumerate() {
            if *part < self.parts {
                self.masses[(place * self.profiles + profile) * self.parts + part] += lane[w];
            }
        }
    }

    /// Calls `visit(place, bits, mass)` for each history of a profile in each place.
    fn visit(&self, shared: &Shared, profile: usize, mut visit: impl FnMut(usize, u64, f64)) {
        let places = self.masses.chunks_exact(self.profiles * self.parts);
        for (place, masses) in places.enumerate() {
            let avoiding = &masses[profile * self.parts..][..self.parts];
            shared
                .avoided
                .histories(avoiding, |bits, mass| visit(place, bits, mass));
        }
    }
}

/// Indices of what is true.
fn held(used: &[bool]) -> Vec<u32> {
    (0..used.len() as u32)
        .filter(|row| used[*row as usize])
        .collect()
}

/// Sums of what lines noted, in their order; a line may have noted nothing.
fn added<'a>(len: usize, lines: impl Iterator<Item = &'a Vec<Lane>>) -> Vec<Lane> {
    const CHUNK: usize = 256;
    let lines: Vec<&Vec<Lane>> = lines.collect();
    let mut total = vec![Lane::ZERO; len];
    let chunks = total.par_chunks_mut(CHUNK).enumerate();
    chunks.for_each(|(c, total)| {
        for line in &lines {
            let noted = line.get(c * CHUNK..).unwrap_or_default();
            for (total, x) in total.iter_mut().zip(noted) {
                *total += *x;
            }
        }
    });
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

/// How mass of a mover is held in moments: z of the points of a line, and the matrix that turns moments
/// into mass; empty where it is not.
pub(super) struct Moments {
    pub(super) cosine: Vec<f64>,
    pub(super) chebyshev: Option<Vec<f64>>,
}

impl Moments {
    pub(super) fn of(shared: &Shared, mover: usize, cut: &Lines) -> Self {
        let grid = &shared.solution.grid;
        let held = operator::in_moments(grid, mover);
        let own = if held { cut.own } else { 0 };
        Self {
            cosine: (0..own).map(|k| grid.axis.cosine(k)).collect(),
            chebyshev: held.then(|| grid.axis.chebyshev()),
        }
    }
}

impl Ways {
    /// What a mover's phase does on one line, for the lanes of a plane.
    pub(super) fn on_line<'a>(
        &'a self,
        shared: &Shared,
        line: usize,
        rows: &'a [u32],
        moments: &'a Moments,
        (chosen, kept, seats): (&'a [Lane], &'a [Lane], &'a [(usize, Lane)]),
        own: usize,
    ) -> Moves<'a> {
        Moves {
            operators: &self.operators,
            numbers: &self.operators.lines[line],
            routes: &self.routes,
            rows,
            origins: shared.origins.len(),
            own,
            cosine: &moments.cosine,
            chosen,
            kept,
            seats,
            chebyshev: moments.chebyshev.as_deref(),
        }
    }

    pub(super) fn of(shared: &Shared, plan: usize, p: usize, phase: &Phase, cut: &Lines) -> Self {
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
            reach: Default::default(),
        }
    }
}

impl Plane {
    fn new(shared: &Shared, parts: &[Profile], slots: &[(usize, usize)]) -> Self {
        let game = shared.game;
        let lane = |holds: &dyn Fn(usize, usize) -> bool| {
            Lane::of(|w| match slots.get(w) {
                Some((profile, part)) if holds(*profile, *part) => 1.0,
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
        let avoided = &shared.avoided;
        let kept = avoided
            .insides
            .iter()
            .map(|inside| lane(&|_, part| avoided.parts[part] & inside == 0))
            .collect();
        let seats = if slots.iter().any(|(_, part)| *part == 0) {
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

    /// As many lines as the phase has.
    fn cut_into(&mut self, lines: usize) {
        self.next.resize_with(lines, Vec::new);
        self.notes.resize_with(lines, LineNotes::default);
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
        let actors = shared.game.actors.len();
        self.cut_into(cut.count);
        let moments = Moments::of(shared, mover, cut);
        let lanes = (&self.chosen[mover][..], &self.kept[..], &self.seats[..]);
        (&self.now, &mut self.next, &mut self.notes)
            .into_par_iter()
            .enumerate()
            .for_each(|(line, (now, next, notes))| {
                notes.clear(&ways.routes, actors, 0);
                clear(next, &ways.routes, reached, cut.own);
                let push = ways.on_line(shared, line, rows, &moments, lanes, cut.own);
                kernels::moves(&push, now, next, notes);
                if let Some(chebyshev) = &moments.chebyshev {
                    kernels::to_points(chebyshev, cut.own, reached, next);
                }
            });
    }

    /// One phase of chance, from `rows` to `reached`.
    fn chances(&mut self, ways: &Ways, rows: &[u32], sums: bool, cut: &Lines, reached: &[u32]) {
        let from = rows.last().map_or(0, |row| *row as usize + 1);
        let summed = if sums { from } else { 0 };
        self.cut_into(cut.count);
        let kept = &self.kept;
        (&self.now, &mut self.next, &mut self.notes)
            .into_par_iter()
            .for_each(|(now, next, notes)| {
                notes.clear(&ways.routes, 0, summed);
                clear(next, &ways.routes, reached, cut.own);
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
        let (origins, seats) = (shared.origins.len(), game.seats());
        let Some(first) = self.notes.first().filter(|notes| !notes.sums.is_empty()) else {
            return;
        };
        let masses = added(first.sums.len(), self.notes.iter().map(|notes| &notes.sums));
        let mut terms = vec![Lane::ZERO; game.terms.len()];
        let mut paid = vec![Lane::ZERO; game.actors.len()];
        for row in rows {
            let (mass, n) = (masses[*row as usize], *row as usize / origins);
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
        ended: &mut Joint,
    ) {
        let noted = added(routes.noted, self.notes.iter().map(|notes| &notes.noted));
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
                    let end = note.end as usize;
                    let state = shared.game.ends[end].state as usize;
                    let mask = shared.history.mask[state];
                    let inside = shared.avoided.index(shared.avoided.inside(mask));
                    ended.put(&self.slots, end, &(mass * self.kept[inside as usize]));
                }
            }
        }
        for (event, origins) in passages.iter().enumerate() {
            // Of what is tracked, the part that has avoided it counts.
            let counts = shared.avoided.part_of(event);
            for (w, (profile, part)) in self.slots.iter().enumerate() {
                if *part != counts {
                    continue;
                }
                let part = &mut parts[*profile];
                for (origin, mass) in origins.iter().enumerate() {
                    part.accounts.passages[event][origin][part.round + 1] += mass[w];
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
            for (sum, belief) in part.accounts.ended_beliefs.iter_mut().zip(&beliefs) {
                sum.0 += belief[w];
            }
        }
    }

    /// Makes what was pushed the present, cut as the next phase wants it. What stays in rows without
    /// mass is never read.
    fn cut(&mut self, before: &Lines, after: &Lines, rows: &[u32]) {
        recut(&mut self.now, &mut self.next, before, after, rows);
    }
}

/// Rows that are cut anew at a time.
const ROWS: usize = 32;

/// Makes `next`, cut in one way, the present `now`, cut in another. What `now` holds in other rows is of
/// no use.
pub(super) fn recut(
    now: &mut Vec<Vec<Lane>>,
    next: &mut Vec<Vec<Lane>>,
    before: &Lines,
    after: &Lines,
    rows: &[u32],
) {
    if before == after {
        std::mem::swap(now, next);
        return;
    }
    now.resize_with(after.count, Vec::new);
    let held = rows.last().map_or(0, |row| *row as usize + 1);
    now.par_iter_mut()
        .for_each(|now| room(now, held * after.own));
    let from: Vec<(usize, usize)> = (0..after.count * after.own)
        .map(|i| before.place(after.point(i / after.own, i % after.own)))
        .collect();
    // Some rows of all lines at a time: they are read and written where they stay at hand.
    let mut lines: Vec<_> = now
        .iter_mut()
        .map(|now| now.chunks_mut(ROWS * after.own))
        .collect();
    let blocks: Vec<Vec<&mut [Lane]>> = (0..held.div_ceil(ROWS))
        .map(|_| lines.iter_mut().filter_map(Iterator::next).collect())
        .collect();
    let next = &*next;
    blocks
        .into_par_iter()
        .enumerate()
        .for_each(|(b, mut lines)| {
            let first = b * ROWS;
            let here = rows.partition_point(|row| (*row as usize) < first);
            for row in rows[here..].iter().map(|row| *row as usize) {
                if row >= first + ROWS {
                    break;
                }
                for (now, from) in lines.iter_mut().zip(from.chunks_exact(after.own)) {
                    let cells = &mut now[(row - first) * after.own..][..after.own];
                    for (cell, (line, k)) in cells.iter_mut().zip(from) {
                        *cell = next[*line][row * before.own + k];
                    }
                }
            }
        });
}

/// Makes room for `len` lanes; what is there already stays, and is written over before it is read.
pub(super) fn room(cells: &mut Vec<Lane>, len: usize) {
    if cells.len() < len {
        cells.resize(len, Lane::ZERO);
    }
}

impl LineNotes {
    /// Zeros in place of what was noted.
    fn clear(&mut self, routes: &Routes, actors: usize, sums: usize) {
        for (lanes, len) in [
            (&mut self.noted, routes.noted),
            (&mut self.paid, actors),
            (&mut self.sums, sums),
        ] {
            lanes.clear();
            lanes.resize(len, Lane::ZERO);
        }
    }
}

/// Room for all rows and the row of ends, and zeros in the rows that are reached.
fn clear(cells: &mut Vec<Lane>, routes: &Routes, reached: &[u32], own: usize) {
    room(cells, (routes.rows + 1) * own);
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
