//! Exact shares of the paths to each outcome: mass pushed forward with a tag.
//!
//! The forecast's distribution over (state, memory, belief) is split by what began the running spell
//! of escalation: one *layer* a beginning, and one for mass outside every spell. A rise of the ladder
//! moves mass from there to the layer of its cause, a fall moves it back. Where a step enters the set
//! of an outcome class, a copy of the mass is laid down in a layer of its own, tagged (beginning, last
//! step), and pushed on by the same operators: for an `ever` class from the first entry to the end,
//! for an `at end` class until the set is left. What of a copy is in the class at the end is the
//! path's share. Every course has one path, and all layers are pushed by the same linear operators,
//! so the shares of a class add to its probability to rounding.
//!
//! Mass lies on the belief grid of the solution and is spread as in the forecast; the error is the
//! grid's. Spread has negative weights, so a path that hardly occurs can have a share a
//! little below 0. Whether a choice is noise is read at the grid's points.

use super::spread::{self, Operator};
use super::trace::{Cause, Traced};
use crate::forecast::history::History;
use crate::forecast::operator::in_moments;
use crate::forecast::profiles;
use crate::game::{MovePhase, Phase, Rule, State};
use crate::math::lanes::{Lane, W};
use crate::play::Play;
use crate::solve::{Observer, SolveError};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Class, what began the final spell, and the last step.
pub(super) type Tag = (usize, Option<Cause>, Option<Cause>);

/// Numbers that all layers may hold together, which is seconds of work; beyond, paths are counted on
/// trajectories alone.
const MOST_NUMBERS: usize = 1 << 23;

/// Probability of each path within the outcome window, or `None` where the layers would not fit.
///
/// # Errors
/// [`SolveError::Cancelled`] when stopped.
pub(super) fn arrivals(
    traced: &Traced,
    history: &History,
    observer: &dyn Observer,
) -> Result<Option<BTreeMap<Tag, f64>>, SolveError> {
    let game = &traced.game;
    if game.classes.is_empty() {
        return Ok(Some(BTreeMap::new()));
    }
    let shared = Shared::new(traced, history);
    let mut found = BTreeMap::new();
    for profiles in profiles(game).chunks(W) {
        let mut push = Push::new(&shared, profiles);
        for round in 0..game.window.min(game.horizon) {
            for p in 0..game.phases.len() {
                if observer.cancelled() {
                    return Err(SolveError::Cancelled);
                }
                push.phase(&shared, round, p);
            }
            observer.progress("paths", u64::from(round) + 1, u64::from(game.window));
            if push.numbers() > MOST_NUMBERS {
                return Ok(None);
            }
        }
        push.close(&shared);
        for (tag, mass) in push.found {
            *found.entry(tag).or_insert(0.0) += mass.iter().sum::<f64>();
        }
    }
    Ok(Some(found))
}

/// Which layer: mass by what began its spell, or a copy that has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// All mass, by the beginning of its spell.
    Spell(Option<Cause>),
    /// What has entered a set: its index, the beginning, the last step.
    Arrived(u32, Option<Cause>, Option<Cause>),
}

/// The cause without the remark on its regret, which is told of beginnings only.
pub(super) fn plain(cause: Cause) -> Cause {
    match cause {
        Cause::Move { name, .. } => Cause::Move { name, noise: false },
        Cause::Trigger(_) => cause,
    }
}

struct Shared<'a> {
    traced: &'a Traced,
    history: &'a History,
    /// Place of each state on the ladder; empty without one.
    rank: &'a [u16],
    /// Sets of `ever` classes, and of `at end` classes, as bits.
    ever: u64,
    at_end: u64,
    /// Subsets of the sets to be remembered.
    memories: Vec<u64>,
    /// State → it ends the crisis.
    ends: Vec<bool>,
}

impl<'a> Shared<'a> {
    fn new(traced: &'a Traced, history: &'a History) -> Self {
        let game = &traced.game;
        let (mut ever, mut at_end) = (0, 0);
        for class in &game.classes {
            match class.rule {
                Rule::Ever(e) => ever |= 1 << e,
                Rule::AtEnd(e) => at_end |= 1 << e,
                Rule::Otherwise => {}
            }
        }
        let mut memories = vec![0];
        for bit in (0..64).map(|e| 1 << e).filter(|b| history.carried & b != 0) {
            let with: Vec<u64> = memories.iter().map(|m| m | bit).collect();
            memories.extend(with);
        }
        let mut ends = vec![false; game.states.len()];
        for end in &game.ends {
            ends[end.state as usize] = true;
        }
        Self {
            traced,
            history,
            rank: game
                .ladder
                .map_or(&[][..], |l| game.variables[l].of_state.as_slice()),
            ever,
            at_end,
            memories,
            ends,
        }
    }

    /// Sets that a step enters: for the first time, where a class asks whether they ever were.
    fn entered(&self, bits: u64, from: State, to: State) -> u64 {
        let mask = &self.history.mask;
        let fresh = mask[to as usize] & !mask[from as usize];
        (fresh & self.at_end) | (fresh & self.ever & !bits)
    }

    fn rises(&self, from: State, to: State) -> bool {
        !self.rank.is_empty() && self.rank[to as usize] > self.rank[from as usize]
    }

    fn falls(&self, from: State, to: State) -> bool {
        !self.rank.is_empty() && self.rank[to as usize] < self.rank[from as usize]
    }

    fn remembered(&self, bits: u64, to: State) -> u64 {
        bits | (self.history.mask[to as usize] & self.history.carried)
    }

    fn row(&self, phase: usize, state: State, bits: u64) -> usize {
        let node = self.traced.solution.layout.rows[phase][state as usize] as usize;
        let memory = self.memories.iter().position(|m| *m == bits).unwrap_or(0);
        node * self.memories.len() + memory
    }
}

/// Mass of the rows (node, memory) that hold any, at the points of the belief grid.
#[derive(Default)]
struct Layer {
    /// Row → place in `cells`, in units of the grid's points.
    place: BTreeMap<u32, u32>,
    cells: Vec<Lane>,
}

impl Layer {
    fn add(&mut self, row: usize, factor: f64, flow: &[Lane]) {
        let points = flow.len();
        let next = (self.cells.len() / points) as u32;
        let at = *self.place.entry(row as u32).or_insert(next) as usize * points;
        if at == self.cells.len() {
            self.cells.resize(at + points, Lane::ZERO);
        }
        spread::add(&mut self.cells[at..at + points], Lane::splat(factor), flow);
    }

    fn row(&self, place: u32, points: usize) -> &[Lane] {
        &self.cells[place as usize * points..(place as usize + 1) * points]
    }

    fn add_all(&mut self, other: &Self, points: usize) {
        for (row, place) in &other.place {
            self.add(*row as usize, 1.0, other.row(*place, points));
        }
    }
}

/// Where mass of one node goes, and by whom.
struct Flow {
    /// Who or what makes it, where that matters.
    cause: Option<Cause>,
    signal: Option<usize>,
    /// Next state, and its factor to the flow's share.
    targets: Vec<(State, f64)>,
    /// True probability by move, up to the factors.
    carrier: Vec<f64>,
    /// Which choices make it: all, or only those that are noise, or only those that are not.
    noise: Option<bool>,
    /// Share of the mass by type of the mover and grid point: `[type * points + point]`.
    share: Vec<f64>,
}

/// What a node of moves does.
struct Node {
    operator: Operator,
    /// All mass.
    whole: Vec<Flow>,
    /// The parts that rise on the ladder or may enter the set of a class, by cause.
    split: Vec<Flow>,
}

/// What comes out of one layer in one phase.
#[derive(Default)]
struct Out {
    layers: BTreeMap<Key, Layer>,
    settled: BTreeMap<Tag, Lane>,
}

struct Push {
    layers: BTreeMap<Key, Layer>,
    /// Phase → nodes, of the plan round in `planned`.
    nodes: Vec<Option<Vec<Node>>>,
    planned: usize,
    /// Actor → type → one in the lanes of profiles where the actor is of that type.
    chosen: Vec<Vec<Lane>>,
    found: BTreeMap<Tag, Lane>,
}

impl Push {
    fn new(shared: &Shared, profiles: &[(Vec<usize>, f64)]) -> Self {
        let game = &shared.traced.game;
        let solution = &shared.traced.solution;
        let chosen = game.actors.iter().enumerate().map(|(actor, kind)| {
            let lane = |t| {
                Lane::of(|w| {
                    profiles
                        .get(w)
                        .map_or(0.0, |p| f64::from(u8::from(p.0[actor] == t)))
                })
            };
            (0..kind.types.len()).map(lane).collect()
        });
        let mut push = Self {
            layers: BTreeMap::new(),
            nodes: game.phases.iter().map(|_| None).collect(),
            planned: usize::MAX,
            chosen: chosen.collect(),
            found: BTreeMap::new(),
        };
        let priors: Vec<Vec<f64>> = game
            .actors
            .iter()
            .map(|a| a.types.iter().map(|t| t.prior).collect())
            .collect();
        let footprint = solution.footprint(&solution.grid.axis, &priors);
        let weight = Lane::of(|w| profiles.get(w).map_or(0.0, |p| p.1));
        let mut mass = vec![Lane::ZERO; solution.grid.points];
        for (index, share) in footprint.index.iter().zip(&footprint.weight) {
            mass[*index as usize] += Lane::splat(*share) * weight;
        }
        let start = game.start;
        let bits = shared.remembered(0, start);
        let total = spread::sum(&mass);
        let mut out = Out::default();
        out.lay(shared, 0, Key::Spell(None), start, bits, 1.0, total, &mass);
        let within = shared.history.mask[start as usize] & (shared.ever | shared.at_end);
        for e in members(within) {
            let key = Key::Arrived(e, None, None);
            out.lay(shared, 0, key, start, bits, 1.0, total, &mass);
        }
        push.take(vec![out], solution.grid.points);
        push
    }

    fn numbers(&self) -> usize {
        self.layers.values().map(|l| l.cells.len() * W).sum()
    }

    /// Pushes all layers through a phase.
    fn phase(&mut self, shared: &Shared, round: u32, p: usize) {
        let game = &shared.traced.game;
        let solution = &shared.traced.solution;
        let plan = solution.plan_round(game, round);
        if plan != self.planned {
            self.planned = plan;
            self.nodes.fill_with(|| None);
        }
        let layers = std::mem::take(&mut self.layers);
        let points = solution.grid.points;
        match &game.phases[p] {
            Phase::Events(_) => {
                let all: Vec<(Key, Layer)> = layers.into_iter().collect();
                let outs = all
                    .into_par_iter()
                    .map(|(key, layer)| events(shared, p, key, layer))
                    .collect();
                self.take(outs, points);
            }
            Phase::Move(phase) => {
                let nodes = self.nodes[p].get_or_insert_with(|| {
                    (0..phase.nodes())
                        .into_par_iter()
                        .map_init(Play::default, |play, n| {
                            node(shared, (plan, p, n), phase, play)
                        })
                        .collect()
                });
                let mover = phase.actors[0] as usize;
                let chosen = &self.chosen[mover];
                let all: Vec<(&Key, &Layer)> = layers.iter().collect();
                let outs = all
                    .par_iter()
                    .map(|(key, layer)| moves(shared, (p, mover), nodes, chosen, **key, layer))
                    .collect();
                self.take(outs, points);
                if in_moments(&solution.grid, mover) {
                    let chebyshev = solution.grid.axis.chebyshev();
                    let block = &solution.grid.blocks[mover];
                    self.layers.par_iter_mut().for_each(|(_, layer)| {
                        for cells in layer.cells.chunks_exact_mut(points) {
                            spread::to_points(&chebyshev, (block.points, block.stride), cells);
                        }
                    });
                }
            }
        }
    }

    /// Adds what came of the layers, in their order.
    fn take(&mut self, outs: Vec<Out>, points: usize) {
        for out in outs {
            for (key, layer) in out.layers {
                match self.layers.entry(key) {
                    std::collections::btree_map::Entry::Vacant(free) => {
                        free.insert(layer);
                    }
                    std::collections::btree_map::Entry::Occupied(mut held) => {
                        held.get_mut().add_all(&layer, points);
                    }
                }
            }
            for (tag, mass) in out.settled {
                *self.found.entry(tag).or_insert(Lane::ZERO) += mass;
            }
        }
    }

    /// Counts what is still open when the window closes.
    fn close(&mut self, shared: &Shared) {
        let game = &shared.traced.game;
        let points = shared.traced.solution.grid.points;
        let states = game.phases[0].states();
        let count = shared.memories.len();
        for (key, layer) in std::mem::take(&mut self.layers) {
            for (row, place) in &layer.place {
                let (state, bits) = (states[*row as usize / count], *row as usize % count);
                let tag = shared.path(key, state, shared.memories[bits]);
                if let Some(tag) = tag {
                    *self.found.entry(tag).or_insert(Lane::ZERO) +=
                        spread::sum(layer.row(*place, points));
                }
            }
        }
    }
}

/// Indices of the bits that are set.
fn members(mut bits: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let e = (bits != 0).then(|| bits.trailing_zeros())?;
        bits &= bits - 1;
        Some(e)
    })
}

impl Shared<'_> {
    /// The path of mass that stands at the end in `state` with `bits`, if its layer is the one that
    /// tells it.
    fn path(&self, key: Key, state: State, bits: u64) -> Option<Tag> {
        let game = &self.traced.game;
        let class = self.history.class(game, bits, state);
        match (game.classes[class].rule, key) {
            (Rule::Ever(e) | Rule::AtEnd(e), Key::Arrived(set, began, last)) if e == set => {
                Some((class, began, last))
            }
            (Rule::Otherwise, Key::Spell(began)) => Some((class, began, None)),
            _ => None,
        }
    }
}

impl Out {
    /// Lays `factor` times the mass in `flow`, whose sum is `total`, down in `state` before phase
    /// `after`.
    fn lay(
        &mut self,
        shared: &Shared,
        after: usize,
        key: Key,
        state: State,
        bits: u64,
        factor: f64,
        total: Lane,
        flow: &[Lane],
    ) {
        if shared.ends[state as usize] {
            if let Some(tag) = shared.path(key, state, bits) {
                *self.settled.entry(tag).or_insert(Lane::ZERO) += Lane::splat(factor) * total;
            }
        } else {
            let row = shared.row(after, state, bits);
            self.layers.entry(key).or_default().add(row, factor, flow);
        }
    }

    /// A step of mass in the layer `key` from `from` to `to`. `cause` is who made it, where that was
    /// told apart; `copies`, and only then, asks for what has arrived, otherwise for the mass itself.
    fn step(
        &mut self,
        shared: &Shared,
        after: usize,
        key: Key,
        (from, to): (State, State),
        bits: u64,
        cause: Option<Cause>,
        copies: bool,
        factor: f64,
        total: Lane,
        flow: &[Lane],
    ) {
        let then = shared.remembered(bits, to);
        match key {
            Key::Spell(began) => {
                let next = if shared.falls(from, to) {
                    None
                } else if began.is_none() && shared.rises(from, to) {
                    cause
                } else {
                    began
                };
                if copies {
                    for e in members(shared.entered(bits, from, to)) {
                        let key = Key::Arrived(e, next, cause.map(plain));
                        self.lay(shared, after, key, to, then, factor, total, flow);
                    }
                } else {
                    let key = Key::Spell(next);
                    self.lay(shared, after, key, to, then, factor, total, flow);
                }
            }
            Key::Arrived(e, ..) => {
                let leaves = shared.history.mask[to as usize] >> e & 1 == 0;
                if !(leaves && shared.at_end >> e & 1 == 1 && shared.ever >> e & 1 == 0) {
                    self.lay(shared, after, key, to, then, factor, total, flow);
                }
            }
        }
    }
}

/// One layer through a phase of chance. Most triggers can do nothing in most states: what stays where
/// it is keeps its place.
fn events(shared: &Shared, p: usize, key: Key, layer: Layer) -> Out {
    let game = &shared.traced.game;
    let Phase::Events(phase) = &game.phases[p] else {
        return Out::default();
    };
    let points = shared.traced.solution.grid.points;
    let after = shared.traced.solution.layout.next_phase(p);
    let cause = shared.traced.causes.phases[p].triggers.first();
    let cause = cause.map(|t| Cause::Trigger(*t));
    let count = shared.memories.len();
    let mut out = Out::default();
    let Layer {
        place: places,
        mut cells,
    } = layer;
    let mut kept = BTreeMap::new();
    for (row, place) in places {
        let (n, bits) = (row as usize / count, shared.memories[row as usize % count]);
        let state = phase.node_state[n];
        let stays: f64 = phase
            .outcomes(n)
            .filter(|o| phase.outcome_next[*o] == state)
            .map(|o| phase.outcome_true[o])
            .sum();
        let goes = |o: &usize| phase.outcome_next[*o] != state && phase.outcome_true[*o] > 0.0;
        if phase.outcomes(n).any(|o| goes(&o)) {
            let source = &mut cells[place as usize * points..(place as usize + 1) * points];
            let total = spread::sum(source);
            for o in phase.outcomes(n).filter(goes) {
                let step = (state, phase.outcome_next[o]);
                for copies in [false, true] {
                    if !(copies && matches!(key, Key::Arrived(..))) {
                        let factor = phase.outcome_true[o];
                        out.step(
                            shared, after, key, step, bits, cause, copies, factor, total, source,
                        );
                    }
                }
            }
            let stays = Lane::splat(stays);
            source.iter_mut().for_each(|cell| *cell *= stays);
        }
        if stays > 0.0 {
            kept.insert(shared.row(after, state, bits) as u32, place);
        }
    }
    let mut kept = Layer { place: kept, cells };
    if let Some(laid) = out.layers.remove(&key) {
        kept.add_all(&laid, points);
    }
    out.layers.insert(key, kept);
    out
}

/// One layer through a phase of moves.
fn moves(
    shared: &Shared,
    (p, mover): (usize, usize),
    nodes: &[Node],
    chosen: &[Lane],
    key: Key,
    layer: &Layer,
) -> Out {
    let game = &shared.traced.game;
    let solution = &shared.traced.solution;
    let points = solution.grid.points;
    let block = &solution.grid.blocks[mover];
    let after = solution.layout.next_phase(p);
    let states = game.phases[p].states();
    let count = shared.memories.len();
    let mut out = Out::default();
    let mut moved = vec![Lane::ZERO; points];
    let mut basis = Vec::new();
    for (row, place) in &layer.place {
        let (n, bits) = (
            *row as usize / count,
            shared.memories[*row as usize % count],
        );
        let node = &nodes[n];
        let state = states[n];
        let source = layer.row(*place, points);
        let calm = key == Key::Spell(None);
        let mut carry = |flow: &Flow, copies: bool, out: &mut Out| {
            let spread = spread::Spread {
                operator: &node.operator,
                signal: flow.signal,
                shape: (block.points, block.stride),
                share: &flow.share,
                chosen,
            };
            let ends = flow.targets.iter().all(|(to, _)| shared.ends[*to as usize]);
            let total = match ends {
                // Of what ends the crisis only the mass matters.
                true => leaving(&flow.share, chosen, source),
                false => spread::spread(&spread, source, &mut basis, &mut moved),
            };
            if total.iter().all(|t| *t == 0.0) {
                return;
            }
            for (to, factor) in &flow.targets {
                let cause = flow.cause;
                let step = (state, *to);
                out.step(
                    shared, after, key, step, bits, cause, copies, *factor, total, &moved,
                );
            }
        };
        let rises = |flow: &Flow| flow.targets.iter().any(|(to, _)| shared.rises(state, *to));
        for flow in &node.whole {
            // Where a spell begins, mass goes by cause.
            if !(calm && rises(flow)) {
                carry(flow, false, &mut out);
            }
        }
        if let Key::Spell(_) = key {
            for flow in &node.split {
                if calm && rises(flow) {
                    carry(flow, false, &mut out);
                }
                let enters = |(to, _): &(State, f64)| shared.entered(bits, state, *to) != 0;
                if flow.targets.iter().any(enters) {
                    carry(flow, true, &mut out);
                }
            }
        }
    }
    out
}

/// Mass that leaves a row in a flow.
fn leaving(share: &[f64], chosen: &[Lane], source: &[Lane]) -> Lane {
    let mut total = Lane::ZERO;
    for (share, chosen) in share.chunks_exact(source.len()).zip(chosen) {
        total += *chosen * spread::weighted(source, share);
    }
    total
}

/// The flows of a node of moves.
fn node(shared: &Shared, place: (usize, usize, usize), phase: &MovePhase, play: &mut Play) -> Node {
    let game = &shared.traced.game;
    let solution = &shared.traced.solution;
    let (_, p, n) = place;
    let mover = phase.actors[0] as usize;
    let types = game.actors[mover].types.len();
    let signals = &solution.layout.signals[p][n];
    let alternatives = phase.alternatives(n);
    let moves = alternatives.len();
    let first = phase.outcomes(alternatives.start).start;
    let state = phase.node_state[n];
    let mut whole = Vec::new();
    let mut split = Vec::new();
    for (target, (to, g)) in signals.targets.iter().enumerate() {
        let signal = (types > 1 && !signals.mute[*g as usize]).then_some(*g as usize);
        // By cause: moves under their own name, and triggers that look like a move.
        let mut by_trigger: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
        let mut all = vec![0.0; moves];
        let mut own = vec![0.0; moves];
        for (a, alternative) in alternatives.clone().enumerate() {
            for o in phase.outcomes(alternative) {
                if signals.outcome_target[o - first] as usize != target {
                    continue;
                }
                all[a] += phase.outcome_true[o];
                own[a] += phase.outcome_true[o];
                for accident in shared.traced.causes.phases[p].of(o) {
                    own[a] -= accident.actual;
                    by_trigger
                        .entry(accident.trigger)
                        .or_insert_with(|| vec![0.0; moves])[a] += accident.actual;
                }
            }
        }
        let rises = shared.rises(state, *to);
        let told = rises || shared.entered(0, state, *to) != 0;
        join(&mut whole, shared, state, None, None, signal, *to, all);
        if !told {
            continue;
        }
        for (trigger, carrier) in by_trigger {
            let cause = Some(Cause::Trigger(trigger));
            join(&mut split, shared, state, cause, None, signal, *to, carrier);
        }
        for (a, part) in own.iter().enumerate().filter(|(_, part)| **part > 0.0) {
            for noise in [false, true] {
                let name = phase.node_moves[n][0][a];
                let mut carrier = vec![0.0; moves];
                carrier[a] = *part;
                let cause = Some(Cause::Move { name, noise });
                join(
                    &mut split,
                    shared,
                    state,
                    cause,
                    Some(noise),
                    signal,
                    *to,
                    carrier,
                );
            }
        }
    }
    let points = solution.grid.points;
    for flow in whole.iter_mut().chain(&mut split) {
        flow.share = vec![0.0; types * points];
    }
    let opportunity = phase.node_opportunity[n][0];
    let mut operator = Operator::new(solution, signals, mover);
    for point in 0..points {
        play.at_point(game, solution, phase, place, point);
        operator.enter(solution, signals, mover, play, point);
        for t in 0..types {
            let sigma = &play.sigma[t * moves..(t + 1) * moves];
            let best = sigma.iter().copied().fold(0.0, f64::max);
            for (a, sigma) in sigma.iter().enumerate() {
                let default = a == opportunity.default as usize;
                let forced = if default {
                    1.0 - opportunity.probability
                } else {
                    0.0
                };
                let tau = opportunity.probability * sigma + forced;
                let noise = !default && *sigma < best * (-1.0f64).exp();
                for flow in whole.iter_mut().chain(&mut split) {
                    if flow.noise.is_none_or(|wanted| wanted == noise) {
                        flow.share[t * points + point] += tau * flow.carrier[a];
                    }
                }
            }
        }
    }
    let moves_mass = |flow: &Flow| flow.share.iter().any(|s| *s != 0.0);
    whole.retain(moves_mass);
    split.retain(moves_mass);
    Node {
        operator,
        whole,
        split,
    }
}

/// Adds a target to the flow that takes the same share of the mass, up to a factor, by the same cause
/// and teaches the same.
fn join(
    flows: &mut Vec<Flow>,
    shared: &Shared,
    state: State,
    cause: Option<Cause>,
    noise: Option<bool>,
    signal: Option<usize>,
    to: State,
    mut carrier: Vec<f64>,
) {
    let total: f64 = carrier.iter().sum();
    if total <= 0.0 {
        return;
    }
    carrier.iter_mut().for_each(|c| *c /= total);
    let rises = shared.rises(state, to);
    let same = |flow: &&mut Flow| {
        flow.cause == cause
            && flow.noise == noise
            && flow.signal == signal
            && flow
                .targets
                .iter()
                .all(|(s, _)| shared.rises(state, *s) == rises)
            && flow
                .carrier
                .iter()
                .zip(&carrier)
                .all(|(x, y)| (x - y).abs() <= 4.0 * f64::EPSILON * x.max(*y))
    };
    match flows.iter_mut().find(same) {
        Some(flow) => flow.targets.push((to, total)),
        None => flows.push(Flow {
            cause,
            signal,
            targets: vec![(to, total)],
            carrier,
            noise,
            share: Vec::new(),
        }),
    }
}
