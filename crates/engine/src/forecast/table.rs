//! The distribution of a game without private types, in a table of all places.
//!
//! Beliefs never move there, so a phase is one sparse matrix ([`Matrix`]): it is worked out once, and
//! again only where play differs from round to round. A *row* is a node with the origin of the running
//! escalation spell, as on the belief grid ([`super::on_grid`]); it holds the mass, then the parts of it
//! that have avoided some watched sets ([`super::avoided`]). Behind the rows after a phase stand the
//! ends.
//!
//! A distribution on few places stays a list of particles ([`super::cloud`]).

use super::avoided::Avoided;
use super::cloud::{Memory, Origin};
use super::matrix::{ENTRY_BYTES, Entries, MAX_ENTRIES, Matrix, TARGET_BYTES, sums};
use super::push::{Choices, Profile, Shared};
use crate::game::{Game, NONE, Phase};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::ops::Range;

/// A particle costs as much as so many rows of the table (250 ns a transition against 4).
const ROWS_A_PARTICLE: usize = 64;

/// Nodes whose entries one piece of work finds.
const NODES: usize = 4096;

/// The distribution before phase `phase`.
pub struct Table {
    phase: usize,
    /// `[row * parts + part]`.
    now: Vec<f64>,
    next: Vec<f64>,
    told: Vec<f64>,
    /// Phase → what it does, once it has been reached, and the round of the plan that this belongs to.
    steps: Vec<Option<(usize, Step)>>,
    standing: Standing,
    /// Mass that came to each end in this round: `[end * subsets + part]`.
    ended: Vec<f64>,
}

/// What a phase does to mass.
struct Step {
    /// To rows, then ends.
    matrix: Matrix,
    /// To sums that tell first passages into sets that are never left: what they enter, and the spell's
    /// origin.
    told: Matrix,
    passages: Vec<(u64, Origin)>,
    /// Targets that are rows or ends and lie in tracked sets: (target, the sets).
    inside: Vec<(u32, u64)>,
    /// Rows after the phase, before its ends.
    rows: usize,
    /// What each node pays, `[node * payees + payee]`; empty where nobody is paid. The payees are named
    /// payments in the phase that pays them, else actors.
    pays: Vec<f64>,
}

/// How to read outcome classes: states in the same watched sets count alike.
struct Standing {
    /// A state for each combination of watched sets.
    examples: Vec<u32>,
    /// Node of the first phase → its combination.
    group: Vec<u32>,
}

impl Shared<'_> {
    /// Is a table worth its while for so many particles before phase `p`, and would it fit?
    pub(super) fn table_serves(&self, p: usize, particles: usize) -> bool {
        let rows = self.game.phases[p].nodes() * self.origins.len();
        particles * ROWS_A_PARTICLE >= rows
            && self.avoided.complete()
            && self.has_all_places()
            && bytes(self.game, self.origins.len(), self.avoided.parts.len())
                .is_some_and(|bytes| bytes <= u128::from(self.options.memory))
    }
}

impl Shared<'_> {
    /// Does every result lead to a node or an end? States that can be met after the horizon alone, or not
    /// at all, may have none.
    fn has_all_places(&self) -> bool {
        let mut phases = self.game.phases.iter().enumerate();
        phases.all(|(p, phase)| {
            let rows = &self.solution.layout.rows[self.solution.layout.next_phase(p)];
            let next = match phase {
                Phase::Move(phase) => &phase.outcome_next,
                Phase::Events(phase) => &phase.outcome_next,
            };
            next.par_iter().all(|to| rows[*to as usize] != NONE)
        })
    }
}

/// Bytes of the tables, at most; `None` where a matrix would have too many entries.
fn bytes(game: &Game, origins: usize, parts: usize) -> Option<u128> {
    // Out of a row outside every spell a result goes by each of three origins, out of others once.
    let routes = if origins == 1 { 1 } else { 3 + origins - 1 } as u128;
    let (mut kept, mut rows) = (0u128, 0usize);
    for phase in &game.phases {
        let outcomes = match phase {
            Phase::Move(phase) => phase.outcome_next.len(),
            Phase::Events(phase) => phase.outcome_next.len(),
        };
        // A result that is a first passage stands twice.
        let entries = 2 * outcomes as u128 * routes;
        if entries > MAX_ENTRIES {
            return None;
        }
        kept += entries * ENTRY_BYTES;
        let payees = game.terms.len().max(game.actors.len());
        let places = (phase.nodes() + game.ends.len()) * origins;
        kept += places as u128 * (TARGET_BYTES + 4) + (phase.nodes() * payees * 8) as u128;
        rows = rows.max(places);
    }
    Some(kept + (rows * 2 * parts * 8) as u128)
}

impl Table {
    /// Takes the particles of the one profile before phase `p`.
    pub fn of(shared: &Shared, p: usize, part: &mut Profile) -> Self {
        let game = shared.game;
        let parts = &shared.avoided.parts;
        let rows = game.phases[p].nodes() * shared.origins.len();
        let mut now = vec![0.0; rows * parts.len()];
        let cloud = &part.live;
        for i in 0..cloud.len() {
            let row = shared.row(p, cloud.state[i], cloud.memory[i].origin);
            for (k, avoided) in parts.iter().enumerate() {
                now[row * parts.len() + k] += cloud.part(i, *avoided, &shared.history);
            }
        }
        part.live.clear();
        Self {
            phase: p,
            now,
            next: Vec::new(),
            told: Vec::new(),
            steps: game.phases.iter().map(|_| None).collect(),
            standing: Standing::of(shared),
            ended: vec![0.0; game.ends.len() * shared.avoided.read_by_classes().len()],
        }
    }

    /// Pushes through phase `p`.
    pub fn phase(&mut self, shared: &Shared, part: &mut Profile, p: usize, phase: &Phase) {
        let plan = shared.solution.plan_round(shared.game, part.round as u32);
        let known = matches!(&self.steps[p], Some((of, _)) if *of == plan || matches!(phase, Phase::Events(_)));
        if !known {
            self.steps[p] = Some((plan, Step::of(shared, part.types, plan, p, phase)));
        }
        let Some((_, step)) = &self.steps[p] else {
            return;
        };
        let width = shared.avoided.parts.len();
        step.pay(shared, p, &self.now, part);
        step.matrix.push(width, &self.now, &mut self.next);
        step.told.push(width, &self.now, &mut self.told);
        for ((entered, origin), mass) in step.passages.iter().zip(self.told.chunks_exact(width)) {
            let accounts = &mut part.accounts;
            accounts.passage(*entered, *origin, part.round + 1, mass[0]);
        }
        step.enter(shared, &mut self.next, part);
        let subsets = shared.avoided.read_by_classes().len();
        for (i, mass) in self.next[step.rows * width..]
            .chunks_exact(width)
            .enumerate()
        {
            let end = i / shared.origins.len();
            let ended = &mut self.ended[end * subsets..(end + 1) * subsets];
            for (ended, mass) in ended.iter_mut().zip(mass) {
                *ended += mass;
            }
        }
        let particles = &mut part.accounts.particles;
        *particles = (*particles).max(step.rows as u64);
        self.next.truncate(step.rows * width);
        std::mem::swap(&mut self.now, &mut self.next);
        self.phase = shared.solution.layout.next_phase(p);
    }

    /// Ends a round: what came to end states is settled there.
    pub fn settle(&mut self, shared: &Shared, part: &mut Profile) {
        let subsets = shared.avoided.read_by_classes().len();
        for (end, avoiding) in self.ended.chunks_exact(subsets).enumerate() {
            if avoiding[0] != 0.0 {
                shared.avoided.histories(avoiding, |bits, mass| {
                    if mass != 0.0 {
                        part.settle(end as u32, bits, mass);
                    }
                });
            }
        }
        self.ended.fill(0.0);
    }

    /// Reads classes and states at the end of a round.
    pub fn read(&self, shared: &Shared, part: &mut Profile) {
        let (game, width) = (shared.game, shared.avoided.parts.len());
        let (origins, subsets) = (shared.origins.len(), shared.avoided.read_by_classes().len());
        let Standing { examples, group } = &self.standing;
        let nodes = group.len();
        // Each origin's numbers at a node.
        let at = |node: usize| {
            let rows = node * origins..(node + 1) * origins;
            rows.map(|row| &self.now[row * width..][..width])
        };
        let standing = sums(nodes, examples.len() * subsets, |node, sums| {
            let sums = &mut sums[group[node] as usize * subsets..][..subsets];
            for mass in at(node) {
                for (sum, x) in sums.iter_mut().zip(mass) {
                    *sum += x;
                }
            }
        });
        for (state, avoiding) in examples.iter().zip(standing.chunks_exact(subsets)) {
            shared.avoided.histories(avoiding, |bits, mass| {
                let class = shared.history.class(game, bits, *state);
                part.accounts.count(class, mass);
            });
        }
        if !game.variables.is_empty() {
            for (node, state) in game.phases[self.phase].states().iter().enumerate() {
                let mass = at(node).map(|mass| mass[0]).sum();
                part.accounts.occupy(*state, mass);
            }
        }
    }
}

/// What some nodes send, in their order.
#[derive(Default)]
struct Sent {
    entries: Entries,
    /// First passages into sets that are never left: (row, target, the sets, origin, probability).
    passages: Vec<(u32, u32, u64, Origin, f64)>,
    pays: Vec<f64>,
}

impl Step {
    /// The step of phase `p` as played in round `plan` of the plan.
    fn of(shared: &Shared, types: &[usize], plan: usize, p: usize, phase: &Phase) -> Self {
        let (game, origins) = (shared.game, shared.origins.len());
        let after = shared.solution.layout.next_phase(p);
        let rows = game.phases[after].nodes() * origins;
        let nodes = phase.nodes();
        let sent: Vec<Sent> = (0..nodes.div_ceil(NODES))
            .into_par_iter()
            .map(|piece| {
                let nodes = piece * NODES..nodes.min((piece + 1) * NODES);
                Sent::by(shared, types, plan, (p, phase), nodes)
            })
            .collect();
        let mut known: FxHashMap<(u32, u64), u32> = FxHashMap::default();
        let (mut passages, mut told) = (Vec::new(), Entries::default());
        let (mut entries, mut pays) = (Vec::new(), Vec::new());
        for piece in sent {
            for (row, target, entered, origin, probability) in piece.passages {
                told.count.resize(row as usize + 1, 0);
                told.count[row as usize] += 1;
                told.weight.push(probability);
                told.target
                    .push(*known.entry((target, entered)).or_insert_with(|| {
                        passages.push((entered, origin));
                        passages.len() as u32 - 1
                    }));
            }
            pays.extend(piece.pays);
            entries.push(piece.entries);
        }
        if pays.iter().all(|pay| *pay == 0.0) {
            pays = Vec::new();
        }
        let inside = |state: u32| shared.avoided.inside(shared.history.mask[state as usize]);
        let live = game.phases[after].states().iter().copied();
        let ends = game.ends.iter().map(|end| end.state);
        let inside = live
            .chain(ends)
            .enumerate()
            .map(|(k, state)| (k, inside(state)))
            .filter(|(_, inside)| *inside != 0)
            .flat_map(|(k, inside)| {
                (0..origins).map(move |origin| ((k * origins + origin) as u32, inside))
            })
            .collect();
        Self {
            matrix: Matrix::of(&entries, rows + game.ends.len() * origins),
            told: Matrix::of(&[told], passages.len()),
            inside,
            rows,
            passages,
            pays,
        }
    }

    /// What mass in the nodes is paid.
    fn pay(&self, shared: &Shared, p: usize, now: &[f64], part: &mut Profile) {
        if self.pays.is_empty() {
            return;
        }
        let (game, width, origins) = (
            shared.game,
            shared.avoided.parts.len(),
            shared.origins.len(),
        );
        let flows = shared.flow_phase == Some(p);
        let payees = if flows {
            game.terms.len()
        } else {
            game.actors.len()
        };
        let paid = sums(self.pays.len() / payees, payees, |node, sums| {
            let rows = node * origins..(node + 1) * origins;
            let mass: f64 = rows.map(|row| now[row * width]).sum();
            let pays = &self.pays[node * payees..(node + 1) * payees];
            for (sum, pay) in sums.iter_mut().zip(pays) {
                *sum += mass * pay;
            }
        });
        for (k, paid) in paid.into_iter().enumerate() {
            if flows {
                let actor = game.terms[k].actor as usize;
                part.accounts.flows[k] += part.discounts[actor] * paid;
            } else {
                part.accounts.moved[k] += part.discounts[k] * paid;
            }
        }
    }

    /// Tells first passages, and empties the parts that have avoided what is entered.
    fn enter(&self, shared: &Shared, next: &mut [f64], part: &mut Profile) {
        let Avoided { parts, .. } = &shared.avoided;
        let (width, origins, round) = (parts.len(), shared.origins.len(), part.round + 1);
        for (target, inside) in &self.inside {
            let mass = &mut next[*target as usize * width..][..width];
            let origin = shared.origins[*target as usize % origins];
            let mut sets = *inside;
            while sets != 0 {
                let event = sets.trailing_zeros() as usize;
                let avoided = mass[shared.avoided.part_of(event)];
                if avoided != 0.0 {
                    let accounts = &mut part.accounts;
                    accounts.passage(1 << event, origin, round, avoided);
                }
                sets &= sets - 1;
            }
            // Of what has ended only the mass is read, with the history that it came with.
            if (*target as usize) < self.rows {
                for (mass, avoided) in mass.iter_mut().zip(parts) {
                    if avoided & inside != 0 {
                        *mass = 0.0;
                    }
                }
            }
        }
    }
}

impl Sent {
    fn by(
        shared: &Shared,
        types: &[usize],
        plan: usize,
        (p, phase): (usize, &Phase),
        nodes: Range<usize>,
    ) -> Self {
        let (game, solution) = (shared.game, shared.solution);
        let (origins, seats) = (shared.origins.len(), game.seats());
        let after = solution.layout.next_phase(p);
        let ends = game.phases[after].nodes() * origins;
        let belief = shared.layout.priors(game);
        let seat: Vec<usize> = types
            .iter()
            .enumerate()
            .map(|(actor, kind)| game.seat(actor) + kind)
            .collect();
        let mut choices = Choices::default();
        let Self {
            mut entries,
            mut passages,
            mut pays,
        } = Self::default();
        for n in nodes {
            let state = phase.states()[n];
            match phase {
                Phase::Move(phase) => {
                    let first = pays.len();
                    pays.resize(first + seat.len(), 0.0);
                    let place = (plan, p, n);
                    choices.at(
                        shared,
                        types,
                        phase,
                        place,
                        &belief,
                        1.0,
                        None,
                        |j, share| {
                            for (pay, seat) in pays[first..].iter_mut().zip(&seat) {
                                *pay += share * phase.payoff[j * seats + seat];
                            }
                        },
                    );
                }
                Phase::Events(_) if shared.flow_phase == Some(p) => {
                    pays.extend(game.terms.iter().map(|term| {
                        let actor = term.actor as usize;
                        let kinds = game.actors[actor].types.len();
                        term.flow[state as usize * kinds + types[actor]]
                    }));
                }
                Phase::Events(phase) => {
                    pays.extend(seat.iter().map(|seat| phase.payoff[n * seats + seat]));
                }
            }
            for origin in shared.origins {
                let memory = Memory {
                    bits: 0,
                    origin: *origin,
                };
                let row = (n * origins + *origin as usize) as u32;
                let before = entries.target.len();
                let mut arrive = |to: u32, origin: Origin, probability: f64| {
                    if probability <= 0.0 {
                        return;
                    }
                    let step = shared.step(state, to, memory, origin);
                    let target = match shared.end[to as usize] {
                        NONE => shared.row(after, to, step.memory.origin),
                        end => ends + end as usize * origins + step.memory.origin as usize,
                    };
                    entries.target.push(target as u32);
                    entries.weight.push(probability);
                    // Sets that can be left are told by the parts that have avoided them.
                    let entered = step.fresh & !shared.history.carried;
                    if entered != 0 {
                        let origin = step.memory.origin;
                        passages.push((row, target as u32, entered, origin, probability));
                    }
                };
                match phase {
                    Phase::Move(_) => {
                        let targets = &solution.layout.signals[p][n].targets;
                        for ((to, _), masses) in targets.iter().zip(&choices.masses) {
                            for (origin, mass) in shared.begins(state, memory, *to, *masses) {
                                arrive(*to, origin, mass);
                            }
                        }
                    }
                    Phase::Events(phase) => {
                        for o in phase.outcomes(n) {
                            let probability = phase.outcome_true[o];
                            arrive(phase.outcome_next[o], Origin::Chance, probability);
                        }
                    }
                }
                entries.count.push((entries.target.len() - before) as u32);
            }
        }
        Self {
            entries,
            passages,
            pays,
        }
    }
}

impl Standing {
    fn of(shared: &Shared) -> Self {
        let mut known: FxHashMap<u64, u32> = FxHashMap::default();
        let mut examples = Vec::new();
        let group = shared.game.phases[0].states().iter().map(|state| {
            let mask = shared.history.mask[*state as usize];
            *known.entry(mask).or_insert_with(|| {
                examples.push(*state);
                examples.len() as u32 - 1
            })
        });
        let group = group.collect();
        Self { examples, group }
    }
}
