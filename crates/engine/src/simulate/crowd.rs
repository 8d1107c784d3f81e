//! Many trajectories side by side, phase by phase, told only where they stand: the same trajectories
//! that [`walk`](super::walk) tells one by one, with every step.
//!
//! Those that stand at the same node are taken together, so that its tables are read once; strategies
//! are worked out once for all who have seen the same, and so is what each signal teaches them.

use super::beliefs::Beliefs;
use super::cells::{Cumulated, cumulate, pick};
use super::evaluated::Evaluated;
use super::ground::Ground;
use super::philox::Purpose;
use super::walk::Walk;
use crate::belief::stick_odds;
use crate::game::{EventsPhase, MovePhase, NONE, Phase, State};
use crate::math::lanes::{W, widest};
use crate::play::{Play, bayes, offsets};
use std::ops::Range;

/// Notes where the trajectories of a crowd stand.
pub(super) trait Tally {
    /// So many trajectories begin at `start`.
    fn begin(&mut self, size: usize, start: State);
    /// A phase of the round whose end is `round` led the trajectory at a place to `state`.
    fn arrive(&mut self, round: u32, place: usize, state: State);
    /// The end of a round; `round` of them are over.
    fn close(&mut self, round: u32, standing: &Standing);
}

/// Where the trajectories of a crowd stand.
pub(super) struct Standing<'a> {
    /// Places whose trajectory had not ended before the round; of the others nothing changes.
    pub alive: &'a [u32],
    /// Place → state.
    pub state: &'a [State],
    /// Place → the public belief that it holds.
    pub belief: &'a [u32],
    /// Public beliefs.
    pub beliefs: &'a Beliefs,
}

/// Buffers of one thread.
#[derive(Default)]
pub(super) struct Crowd {
    /// Actor → place in the crowd → type; nothing where there is but one.
    types: Vec<Vec<u32>>,
    state: Vec<State>,
    belief: Vec<u32>,
    beliefs: Beliefs,
    /// Places whose trajectory has not ended.
    alive: Vec<u32>,
    /// Places with a node in the phase, their nodes and random numbers.
    here: Vec<u32>,
    node: Vec<u32>,
    draws: Vec<(f64, f64)>,
    moved: Vec<u32>,
    /// For sorting by node.
    count: Vec<u32>,
    sorted: Vec<(u32, u32)>,
    evaluated: Evaluated,
    play: Play,
}

impl Crowd {
    /// Walks the trajectories `range`.
    pub fn walk(&mut self, ground: &Ground, range: Range<u64>, tally: &mut impl Tally) {
        let walk = ground.walk;
        let (game, layout) = (walk.game, &walk.solution.layout);
        let size = (range.end - range.start) as usize;
        self.begin(walk, range.start, size);
        tally.begin(size, game.start);
        for round in 0..walk.rounds {
            let state = &self.state;
            self.alive
                .retain(|i| !walk.ends[state[*i as usize] as usize]);
            if self.alive.is_empty() {
                break;
            }
            for (p, phase) in game.phases.iter().enumerate() {
                self.gather(&layout.rows[p], layout.nodes[p]);
                if self.here.is_empty() {
                    continue;
                }
                self.moved.clear();
                let step = round * game.phases.len() as u32 + p as u32;
                let plan = walk.solution.plan_round(game, round);
                if matches!(phase, Phase::Move(_)) {
                    self.sort(layout.nodes[p]);
                }
                walk.draws.side(
                    range.start,
                    &self.here,
                    step,
                    Purpose::Step,
                    &mut self.draws,
                );
                match phase {
                    Phase::Events(phase) => chance(self, phase, &ground.outcomes[p]),
                    Phase::Move(phase) => {
                        let mut first = 0;
                        while first < self.here.len() {
                            let n = self.node[first];
                            let run = self.node[first..].iter().take_while(|m| **m == n);
                            let here = first..first + run.count();
                            first = here.end;
                            let place = (plan, p, n as usize);
                            if phase.is_joint() {
                                self.decide_jointly(ground, phase, place, here);
                            } else {
                                decide(self, ground, phase, place, here);
                            }
                        }
                    }
                }
                for i in &self.moved {
                    let i = *i as usize;
                    tally.arrive(round + 1, i, self.state[i]);
                }
            }
            let standing = Standing {
                alive: &self.alive,
                state: &self.state,
                belief: &self.belief,
                beliefs: &self.beliefs,
            };
            tally.close(round + 1, &standing);
        }
    }

    fn begin(&mut self, walk: &Walk, first: u64, size: usize) {
        let game = walk.game;
        self.alive.clear();
        self.alive.extend(0..size as u32);
        self.state.clear();
        self.state.resize(size, game.start);
        self.belief.clear();
        self.belief.resize(size, 0);
        self.types.resize(game.actors.len(), Vec::new());
        for (i, actor) in game.actors.iter().enumerate() {
            self.types[i].clear();
            self.types[i].resize(size, 0);
            if actor.types.len() > 1 {
                walk.draws.side(
                    first,
                    &self.alive,
                    i as u32,
                    Purpose::Types,
                    &mut self.draws,
                );
                let mut below = Vec::new();
                cumulate(actor.types.iter().map(|t| t.weight), &mut below);
                for (kind, (u, _)) in self.types[i].iter_mut().zip(&self.draws) {
                    *kind = pick(&below, *u) as u32;
                }
            }
        }
        let mut odds = Vec::new();
        for (actor, block) in walk.solution.grid.blocks.iter().enumerate() {
            let first = odds.len();
            odds.resize(first + block.types - 1, 0.0);
            stick_odds(&walk.priors[walk.layout.range(actor)], &mut odds[first..]);
        }
        self.beliefs
            .begin(&walk.solution.grid.play, &walk.priors, &odds, size);
        self.evaluated.begin(&walk.solution.grid.play);
    }

    /// Who has a node in the phase.
    fn gather(&mut self, rows: &[u32], nodes: usize) {
        self.here.clear();
        self.node.clear();
        for i in &self.alive {
            let row = rows[self.state[*i as usize] as usize];
            if (row as usize) < nodes {
                self.here.push(*i);
                self.node.push(row);
            }
        }
    }

    /// Those with a node in the order of their nodes.
    fn sort(&mut self, nodes: usize) {
        self.count.clear();
        self.count.resize(nodes + 1, 0);
        for n in &self.node {
            self.count[*n as usize + 1] += 1;
        }
        for n in 0..nodes {
            self.count[n + 1] += self.count[n];
        }
        self.sorted.clear();
        self.sorted.resize(self.here.len(), (0, 0));
        for (i, n) in self.here.iter().zip(&self.node) {
            let at = &mut self.count[*n as usize];
            self.sorted[*at as usize] = (*i, *n);
            *at += 1;
        }
        for (k, (i, n)) in self.sorted.iter().enumerate() {
            (self.here[k], self.node[k]) = (*i, *n);
        }
    }
}

impl Crowd {
    /// Decisions of several at once at node `n`, belief by belief.
    fn decide_jointly(
        &mut self,
        ground: &Ground,
        phase: &MovePhase,
        (plan, p, n): (usize, usize, usize),
        here: Range<usize>,
    ) {
        let walk = ground.walk;
        let (game, solution, layout) = (walk.game, walk.solution, &walk.layout);
        let signals = &solution.layout.signals[p][n];
        let alternatives = phase.alternatives(n);
        let first = phase.outcomes(alternatives.start).start;
        let firsts = offsets(game, phase, n);
        let mut order: Vec<(u32, usize)> = here
            .map(|k| (self.belief[self.here[k] as usize], k))
            .collect();
        order.sort_unstable();
        let mut types = vec![0; game.actors.len()];
        let (mut after, mut below) = (Vec::new(), Vec::new());
        for same in order.chunk_by(|a, b| a.0 == b.0) {
            let id = same[0].0;
            let before = self.beliefs.of(id).to_vec();
            self.play
                .at(game, solution, layout, phase, (plan, p, n), &before, false);
            let mut next = vec![NONE; signals.len()];
            for (_, k) in same {
                let i = self.here[*k] as usize;
                let (u, v) = self.draws[*k];
                for (kind, all) in types.iter_mut().zip(&self.types) {
                    *kind = all[i] as usize;
                }
                below.clear();
                let share = |j| self.play.jointly(phase, n, &firsts, j, &types);
                cumulate(alternatives.clone().map(share), &mut below);
                let a = alternatives.start + pick(&below, u);
                let outcome = phase.outcomes(a).start + ground.outcomes[p].pick(a, v);
                let to = phase.outcome_next[outcome];
                arrive(&mut self.state, &mut self.moved, i as u32, to);
                let g = signals.outcome_signal[outcome - first] as usize;
                if signals.mute[g] {
                    continue;
                }
                if next[g] == NONE {
                    after.clone_from(&before);
                    self.play.learn_jointly(
                        game,
                        solution,
                        layout,
                        phase,
                        (p, n),
                        g,
                        &before,
                        &mut after,
                    );
                    next[g] = self.beliefs.copy(id);
                    for actor in &phase.actors {
                        let own = layout.range(*actor as usize);
                        let axes = own.start - *actor as usize;
                        let axis = &solution.grid.play;
                        self.beliefs
                            .teach(axis, next[g], (own.start, axes), &after[own.clone()]);
                    }
                }
                self.belief[i] = next[g];
                self.beliefs.learn(id, next[g]);
            }
        }
    }
}

widest! {
    /// What happens by chance to those who are here.
    fn chance(crowd: &mut Crowd, phase: &EventsPhase, outcomes: &Cumulated) => chance_plain
}

#[inline(always)]
fn chance_plain(crowd: &mut Crowd, phase: &EventsPhase, outcomes: &Cumulated) {
    let drawn = crowd.here.iter().zip(&crowd.node).zip(&crowd.draws);
    for ((place, n), (u, _)) in drawn {
        let n = *n as usize;
        let outcome = phase.node_outcomes[n] as usize + outcomes.pick(n, *u);
        let to = phase.outcome_next[outcome];
        arrive(&mut crowd.state, &mut crowd.moved, *place, to);
    }
}

widest! {
    /// Decisions of one mover at a node (round of the plan, phase, node) by those at `here` in the list.
    fn decide(
        crowd: &mut Crowd,
        ground: &Ground,
        phase: &MovePhase,
        place: (usize, usize, usize),
        here: Range<usize>,
    ) => decide_plain
}

#[inline(always)]
fn decide_plain(
    crowd: &mut Crowd,
    ground: &Ground,
    phase: &MovePhase,
    (plan, p, n): (usize, usize, usize),
    here: Range<usize>,
) {
    let walk = ground.walk;
    let (solution, outcomes) = (walk.solution, &ground.outcomes[p]);
    let mover = phase.actors[0] as usize;
    let own = walk.layout.range(mover);
    // Each actor before has an entry more than axes.
    let axes = own.start - mover;
    let alternatives = phase.alternatives(n);
    let signals = &solution.layout.signals[p][n];
    let first = phase.outcomes(alternatives.start).start;
    let moves = alternatives.len();
    let opportunity = phase.node_opportunity[n][0];
    let evaluated = &mut crowd.evaluated;
    evaluated.meet(&crowd.here[here.clone()], &crowd.belief, &crowd.beliefs);
    if moves > 1 {
        let table = &solution.strategies[plan][p];
        let (from, to) = (table.start[n], table.start[n + 1]);
        evaluated.play(
            &table.log_sigma[from..],
            to - from,
            (own.len(), moves),
            (solution.grid.play.points, &crowd.beliefs),
        );
    }
    evaluated.next.clear();
    let met = evaluated.beliefs.len();
    evaluated.next.resize(met * signals.len(), NONE);
    let size = own.len() * moves;
    let block = (size.div_ceil(W)) * W;
    for k in here {
        let i = crowd.here[k] as usize;
        let (u, v) = crowd.draws[k];
        let before = crowd.belief[i];
        let at = evaluated.met[before as usize].1 as usize;
        let chosen = if moves > 1 {
            let kind = crowd.types[mover][i] as usize;
            evaluated.pick((at, kind), (own.len(), moves), &opportunity, u)
        } else {
            0
        };
        let a = alternatives.start + chosen;
        let range = phase.outcomes(a);
        let outcome = if range.len() == 1 {
            range.start
        } else {
            range.start + outcomes.pick(a, v)
        };
        let to = phase.outcome_next[outcome];
        arrive(&mut crowd.state, &mut crowd.moved, i as u32, to);
        let g = signals.outcome_signal[outcome - first] as usize;
        if own.len() == 1 || signals.mute[g] {
            continue;
        }
        let next = &mut evaluated.next[at * signals.len() + g];
        if *next == NONE {
            let sigma = &evaluated.sigma[at * block..][..size];
            let prior = &crowd.beliefs.of(before)[own.clone()];
            evaluated.posterior.resize(own.len(), 0.0);
            let posterior = &mut evaluated.posterior;
            bayes(signals, g, sigma, moves, &opportunity, prior, posterior);
            // Who holds a belief alone takes it along.
            let alone = crowd.beliefs.is_alone(before);
            *next = if alone {
                before
            } else {
                crowd.beliefs.copy(before)
            };
            let axis = &solution.grid.play;
            crowd
                .beliefs
                .teach(axis, *next, (own.start, axes), posterior);
        }
        if *next != before {
            crowd.belief[i] = *next;
            crowd.beliefs.learn(before, *next);
        }
    }
}

#[inline(always)]
fn arrive(state: &mut [State], moved: &mut Vec<u32>, place: u32, to: State) {
    let state = &mut state[place as usize];
    if *state != to {
        *state = to;
        moved.push(place);
    }
}
