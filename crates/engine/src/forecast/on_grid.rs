//! One type profile pushed forward on the belief grid.

use super::cloud::{Cloud, Memory, Origin};
use super::grid::{self, LANES, NodeOperator};
use super::push::{Profile, Shared};
use super::read::Accounts;
use crate::game::{EventsPhase, MovePhase, NONE, Phase};

impl Shared<'_> {
    /// Would the grid's tables fit?
    pub(super) fn grid_fits(&self) -> bool {
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
pub struct Grid {
    now: Vec<[f64; LANES]>,
    next: Vec<[f64; LANES]>,
    /// Rows (node, memory) that hold mass.
    used: Vec<bool>,
    next_used: Vec<bool>,
    phase: usize,
}

impl Grid {
    /// Spreads the particles of a cloud before phase `p`.
    pub fn of(shared: &Shared, p: usize, cloud: &Cloud) -> Self {
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
    pub fn read(&self, shared: &Shared, accounts: &mut Accounts) {
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
    pub(super) fn moves_on_grid(&mut self, p: usize, phase: &MovePhase) {
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
                let sums = &mut self.accounts.ended_beliefs[shared.layout.range(actor)];
                match learned {
                    Some((mover, operator, signals, g)) if mover == actor => {
                        let types = sums.len();
                        let first = (point * signals + g) * operator.width;
                        for i in first..first + operator.width {
                            let own = operator.index[i] as usize;
                            let belief =
                                &grid.blocks[actor].beliefs[own * types..(own + 1) * types];
                            for (sum, b) in sums.iter_mut().zip(belief) {
                                sum.0 += moved * operator.weight[i] * b;
                            }
                        }
                    }
                    _ => {
                        for (sum, b) in sums.iter_mut().zip(grid.belief(actor, point)) {
                            sum.0 += moved * b;
                        }
                    }
                }
            }
        }
    }

    /// One phase of chance on the grid.
    pub(super) fn events_on_grid(&mut self, p: usize, phase: &EventsPhase) {
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
