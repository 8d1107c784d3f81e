//! Many trajectories side by side, phase by phase, told only where they stand: the same trajectories
//! that [`walk`](super::walk) tells one by one, with every step.
//!
//! Those that stand at the same node are taken together, so that its tables are read once; strategies
//! are worked out once for all who have seen the same, and so is what each signal teaches them. Without
//! private types all choices are known beforehand.

use super::Counts;
use super::philox::Purpose;
use super::walk::Walk;
use crate::belief::{Axis, Footprint, Weights, stick_odds};
use crate::game::{EventsPhase, MovePhase, NONE, Phase, State};
use crate::math::lanes::{self, Lane, W, widest};
use crate::play::{Play, bayes, offsets, with_opportunity};
use std::ops::Range;

/// Distributions as the probabilities of coming no further than to each of their places, in whole
/// blocks of eight with infinity from the last possible place on.
#[derive(Default)]
struct Cumulated {
    /// Distribution → its first block.
    start: Vec<u32>,
    below: Vec<f64>,
}

impl Cumulated {
    fn push(&mut self, probabilities: impl Iterator<Item = f64>) {
        self.start.push((self.below.len() / W) as u32);
        cumulate(probabilities, &mut self.below);
    }

    #[inline(always)]
    fn pick(&self, distribution: usize, u: f64) -> usize {
        pick(&self.below[self.start[distribution] as usize * W..], u)
    }
}

#[inline(always)]
fn cumulate(probabilities: impl Iterator<Item = f64>, below: &mut Vec<f64>) {
    let first = below.len();
    let (mut sum, mut last) = (0.0, first);
    for p in probabilities {
        if p > 0.0 {
            sum += p;
            last = below.len();
        }
        below.push(sum);
    }
    below.truncate(last);
    let blocks = (last - first) / W + 1;
    below.resize(first + blocks * W, f64::INFINITY);
}

/// The place at which `u` in [0, 1) falls; as [`super::walk`] picks it.
#[inline(always)]
fn pick(below: &[f64], u: f64) -> usize {
    let mut place = 0;
    for block in below.chunks_exact(W) {
        // Counted without a look at each, which could not be foreseen.
        let passed = block
            .iter()
            .fold(0u64, |n, b| n.wrapping_add(u64::from(u >= *b)));
        place += passed as usize;
        if passed < W as u64 {
            break;
        }
    }
    place
}

/// What all crowds share.
pub(super) struct Ground<'a> {
    walk: &'a Walk<'a>,
    /// Phase → node of chance, or alternative of moves → its outcomes.
    outcomes: Vec<Cumulated>,
    /// Round of the plan → phase → node → its alternatives; only without private types.
    choices: Vec<Vec<Cumulated>>,
}

impl<'a> Ground<'a> {
    pub fn of(walk: &'a Walk<'a>) -> Self {
        let mut outcomes = Vec::new();
        for phase in &walk.game.phases {
            let mut known = Cumulated::default();
            let (all, probability): (Vec<Range<usize>>, _) = match phase {
                Phase::Events(phase) => (
                    (0..phase.nodes()).map(|n| phase.outcomes(n)).collect(),
                    &phase.outcome_true,
                ),
                Phase::Move(phase) => (
                    (0..phase.alternative_outcomes.len() - 1)
                        .map(|a| phase.outcomes(a))
                        .collect(),
                    &phase.outcome_true,
                ),
            };
            for range in all {
                known.push(probability[range].iter().copied());
            }
            outcomes.push(known);
        }
        let mut ground = Self {
            walk,
            outcomes,
            choices: Vec::new(),
        };
        if walk.solution.grid.points == 1 {
            let rounds = walk.solution.strategies.len().min(walk.rounds as usize);
            ground.choices = (0..rounds).map(|round| ground.choices(round)).collect();
        }
        ground
    }

    /// The choices in a round of the plan where no one has private types.
    fn choices(&self, round: usize) -> Vec<Cumulated> {
        let walk = self.walk;
        let types = vec![0; walk.game.actors.len()];
        let mut play = Play::default();
        let mut all = Vec::new();
        for (p, phase) in walk.game.phases.iter().enumerate() {
            let mut known = Cumulated::default();
            if let Phase::Move(phase) = phase {
                for n in 0..phase.nodes() {
                    let place = (round, p, n);
                    play.at(
                        walk.game,
                        walk.solution,
                        &walk.layout,
                        phase,
                        place,
                        &walk.priors,
                        false,
                    );
                    let firsts = offsets(walk.game, phase, n);
                    known.push(
                        phase
                            .alternatives(n)
                            .map(|j| play.jointly(phase, n, &firsts, j, &types)),
                    );
                }
            }
            all.push(known);
        }
        all
    }
}

/// The public beliefs that trajectories hold now, each once for all who came to it together.
#[derive(Default)]
struct Beliefs {
    /// Entries and axes of a belief.
    width: usize,
    axes: usize,
    /// `[belief * width + entry]`
    value: Vec<f64>,
    /// `[belief * axes + axis]`: where it lies on the grid.
    weights: Vec<Weights>,
    /// Who holds it.
    holders: Vec<u32>,
    free: Vec<u32>,
    odds: Vec<f64>,
}

impl Beliefs {
    fn begin(&mut self, axis: &Axis, priors: &[f64], odds: &[f64], holders: usize) {
        self.width = priors.len();
        self.axes = odds.len();
        self.value.clear();
        self.value.extend(priors);
        self.weights.clear();
        self.weights.extend(odds.iter().map(|o| axis.weights(*o)));
        self.holders.clear();
        self.holders.push(holders as u32);
        self.free.clear();
    }

    fn of(&self, belief: u32) -> &[f64] {
        &self.value[belief as usize * self.width..][..self.width]
    }

    fn weights(&self, belief: u32) -> &[Weights] {
        &self.weights[belief as usize * self.axes..][..self.axes]
    }

    /// A belief that no one holds yet, the same as `parent`.
    fn copy(&mut self, parent: u32) -> u32 {
        let (width, axes) = (self.width, self.axes);
        let from = parent as usize;
        let (values, weights) = (
            from * width..(from + 1) * width,
            from * axes..(from + 1) * axes,
        );
        if let Some(free) = self.free.pop() {
            self.value.copy_within(values, free as usize * width);
            self.weights.copy_within(weights, free as usize * axes);
            return free;
        }
        self.value.extend_from_within(values);
        self.weights.extend_from_within(weights);
        self.holders.push(0);
        (self.holders.len() - 1) as u32
    }

    /// Sets what is believed about the actor whose entries and axes begin at `first`.
    fn teach(&mut self, axis: &Axis, belief: u32, first: (usize, usize), posterior: &[f64]) {
        let at = belief as usize * self.width + first.0;
        self.value[at..at + posterior.len()].copy_from_slice(posterior);
        self.odds.resize(posterior.len() - 1, 0.0);
        stick_odds(posterior, &mut self.odds);
        let weights = &mut self.weights[belief as usize * self.axes + first.1..];
        for (weights, odds) in weights.iter_mut().zip(&self.odds) {
            *weights = axis.weights(*odds);
        }
    }

    /// Someone goes over from one belief to another.
    #[inline]
    fn learn(&mut self, from: u32, to: u32) {
        self.holders[to as usize] += 1;
        self.holders[from as usize] -= 1;
        if self.holders[from as usize] == 0 {
            self.free.push(from);
        }
    }
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

/// Strategies at one node at the beliefs held there.
#[derive(Default)]
struct Evaluated {
    /// Belief → the node at which it was last met, counted up, and its place among those met there.
    met: Vec<(u64, u32)>,
    run: u64,
    beliefs: Vec<u32>,
    /// `[place * padded + type * moves + move]`.
    sigma: Vec<f64>,
    /// `[(place * types + type) * blocks * W + move]`, with true opportunities.
    below: Vec<f64>,
    /// `[place * signals + signal]`: the belief that follows; `NONE` until it is asked for.
    next: Vec<u32>,
    outer: Footprint,
    padded: Vec<f64>,
    posterior: Vec<f64>,
}

impl Crowd {
    /// Walks the trajectories `range`.
    pub fn walk(&mut self, ground: &Ground, range: Range<u64>, counts: &mut Counts) {
        let walk = ground.walk;
        let (game, layout) = (walk.game, &walk.solution.layout);
        let size = (range.end - range.start) as usize;
        self.begin(walk, range.start, size);
        counts.begin(size, game.start);
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
                let known = ground.choices.get(plan).map(|choices| &choices[p]);
                if known.is_none() && matches!(phase, Phase::Move(_)) {
                    self.sort(layout.nodes[p]);
                }
                walk.draws.side(
                    range.start,
                    &self.here,
                    step,
                    Purpose::Step,
                    &mut self.draws,
                );
                match (phase, known) {
                    (Phase::Events(phase), _) => chance(self, phase, &ground.outcomes[p]),
                    (Phase::Move(phase), Some(known)) => {
                        choose(self, phase, known, &ground.outcomes[p]);
                    }
                    (Phase::Move(phase), None) => {
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
                counts.moved(round + 1, &self.moved, &self.state);
            }
            counts.round(round + 1, &self.state);
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
        self.evaluated.met.clear();
        self.evaluated.run = 0;
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

impl Evaluated {
    /// Lists the beliefs held by those at `places`.
    fn meet(&mut self, places: &[u32], belief: &[u32], beliefs: &Beliefs) {
        self.run += 1;
        self.met.resize(beliefs.holders.len(), (0, 0));
        self.beliefs.clear();
        for i in places {
            let b = belief[*i as usize];
            let met = &mut self.met[b as usize];
            if met.0 != self.run {
                *met = (self.run, self.beliefs.len() as u32);
                self.beliefs.push(b);
            }
        }
    }

    /// Strategies at these beliefs, from a table of logarithms whose first `all` entries are the node's.
    #[inline(always)]
    fn play(
        &mut self,
        table: &[f64],
        all: usize,
        (types, moves): (usize, usize),
        with_opportunity: impl Fn(usize, f64) -> f64,
        (points, beliefs): (usize, &Beliefs),
    ) {
        let size = types * moves;
        let padded = size.div_ceil(W) * W;
        // Lanes read beyond the last row.
        let table = if table.len() < all + W {
            self.padded.clear();
            self.padded.extend_from_slice(&table[..all]);
            self.padded.resize(all + W, 0.0);
            &self.padded
        } else {
            table
        };
        self.sigma.clear();
        self.sigma.resize(self.beliefs.len() * padded, 0.0);
        self.below.clear();
        for (belief, sigma) in self.beliefs.iter().zip(self.sigma.chunks_exact_mut(padded)) {
            let (last, others) = match beliefs.weights(*belief) {
                [] => continue,
                [others @ .., last] => (last, others),
            };
            let outer = match others {
                [one] => one.parts(),
                _ => {
                    self.outer.product(points, others.iter());
                    (&self.outer.index[..], &self.outer.weight[..])
                }
            };
            strategies(table, (size, moves, points), outer, last.parts(), sigma);
            for sigma in sigma[..size].chunks_exact(moves) {
                let first = self.below.len();
                let tau = |(a, s): (usize, &f64)| with_opportunity(a, *s);
                cumulate(sigma.iter().enumerate().map(tau), &mut self.below);
                self.below
                    .resize(first + moves.div_ceil(W) * W, f64::INFINITY);
            }
        }
    }
}

/// Points of an axis, or of several, and their weights.
type Parts<'a> = (&'a [u32], &'a [f64]);

/// Probabilities of the moves of each type in whole blocks of eight, from their logarithms, `size` a
/// point; the points by the last axis of the grid, with `points`, and by all others.
#[inline(always)]
fn strategies(
    table: &[f64],
    (size, moves, points): (usize, usize, usize),
    outer: Parts,
    last: Parts,
    sigma: &mut [f64],
) {
    for (block, out) in sigma.chunks_exact_mut(W).enumerate() {
        // Stencils are even. Two sums side by side, as numbers of their own: arrays of lanes would be
        // taken apart.
        let (mut even, mut odd) = (Lane::ZERO, Lane::ZERO);
        for (index, outer) in outer.0.iter().zip(outer.1) {
            let first = *index as usize * points;
            let twos = last.0.chunks_exact(2).zip(last.1.chunks_exact(2));
            for (index, weight) in twos {
                let row = (first + index[0] as usize) * size + block * W;
                even = Lane::read(&table[row..]).mul_add(Lane::splat(outer * weight[0]), even);
                let row = (first + index[1] as usize) * size + block * W;
                odd = Lane::read(&table[row..]).mul_add(Lane::splat(outer * weight[1]), odd);
            }
        }
        out.copy_from_slice(&(even + odd).0);
    }
    for logs in sigma[..size].chunks_exact_mut(moves) {
        let max = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        logs.iter_mut().for_each(|l| *l -= max);
    }
    sigma[size..].fill(0.0);
    for block in sigma.chunks_exact_mut(W) {
        block.copy_from_slice(&lanes::exp(&Lane::read(block)).0);
    }
    for sigma in sigma[..size].chunks_exact_mut(moves) {
        let inverse = 1.0 / sigma.iter().sum::<f64>();
        sigma.iter_mut().for_each(|s| *s *= inverse);
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
    /// What those who are here choose where that is known beforehand.
    fn choose(crowd: &mut Crowd, phase: &MovePhase, choices: &Cumulated, outcomes: &Cumulated)
        => choose_plain
}

#[inline(always)]
fn choose_plain(crowd: &mut Crowd, phase: &MovePhase, choices: &Cumulated, outcomes: &Cumulated) {
    let drawn = crowd.here.iter().zip(&crowd.node).zip(&crowd.draws);
    for ((place, n), (u, v)) in drawn {
        let n = *n as usize;
        let a = phase.node_alternatives[n] as usize + choices.pick(n, *u);
        let range = phase.outcomes(a);
        let outcome = if range.len() == 1 {
            range.start
        } else {
            range.start + outcomes.pick(a, *v)
        };
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
            |a, s| with_opportunity(s, a, opportunity.default, opportunity.probability),
            (solution.grid.play.points, &crowd.beliefs),
        );
    }
    evaluated.next.clear();
    let met = evaluated.beliefs.len();
    evaluated.next.resize(met * signals.len(), NONE);
    let size = own.len() * moves;
    let block = (size.div_ceil(W)) * W;
    let row = moves.div_ceil(W) * W;
    for k in here {
        let i = crowd.here[k] as usize;
        let (u, v) = crowd.draws[k];
        let before = crowd.belief[i];
        let at = evaluated.met[before as usize].1 as usize;
        let chosen = if moves > 1 {
            let kind = crowd.types[mover][i] as usize;
            pick(&evaluated.below[(at * own.len() + kind) * row..][..row], u)
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
            *next = crowd.beliefs.copy(before);
            let axis = &solution.grid.play;
            crowd
                .beliefs
                .teach(axis, *next, (own.start, axes), posterior);
        }
        crowd.belief[i] = *next;
        crowd.beliefs.learn(before, *next);
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
