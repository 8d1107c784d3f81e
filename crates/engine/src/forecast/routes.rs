//! Where mass of each row goes in a phase, worked out once: states, first passages and ends.
//!
//! A *row* is a live state with the origin of the running spell; one more row gathers what has ended.

use super::cloud::{Memory, Origin};
use super::operator::Node;
use super::push::Shared;
use crate::game::{NONE, Phase};

/// The routes of one phase.
pub struct Routes {
    /// Row → its instances of flows.
    start: Vec<u32>,
    instances: Vec<Instance>,
    parts: Vec<(u32, f64)>,
    targets: Vec<Target>,
    notes: Vec<Note>,
    /// Number of instances whose sum is noted.
    pub noted: usize,
    /// Rows after the phase without the one of ends, which comes last.
    pub rows: usize,
}

/// One flow out of one row.
pub struct Instance {
    /// Its signal among those that teach, or `NONE`.
    pub signal: u32,
    /// Where its sum is noted, or `NONE`.
    pub noted: u32,
    parts: (u32, u32),
    targets: (u32, u32),
    notes: (u32, u32),
}

/// Where a flow arrives.
pub struct Target {
    /// Row after the phase.
    pub row: u32,
    /// Which tracked sets hold the state there: index in [`super::avoided::Avoided::insides`].
    pub inside: u32,
    /// Its factor to the flow.
    pub factor: f64,
}

/// What is read off an arrival.
pub struct Note {
    /// Its factor to the flow.
    pub factor: f64,
    /// Watched sets that are entered: those of the mass for the first time, tracked ones by what has not
    /// been there.
    pub entered: u64,
    /// How the escalation spell began.
    pub origin: Origin,
    /// Index among the ends, or `NONE`.
    pub end: u32,
}

/// A flow out of a row, and where it goes.
#[derive(Default)]
pub struct Out {
    /// Its signal among those that teach, or `NONE`.
    pub signal: u32,
    /// The columns of which it takes a part, and the part.
    pub parts: Vec<(u32, f64)>,
    /// Where it arrives.
    pub targets: Vec<Target>,
    /// Where it ends.
    pub notes: Vec<Note>,
}

impl Routes {
    /// Routes without any row yet; `rows` is the number of rows after the phase.
    pub fn empty(rows: usize) -> Self {
        Self {
            start: vec![0],
            instances: Vec::new(),
            parts: Vec::new(),
            targets: Vec::new(),
            notes: Vec::new(),
            noted: 0,
            rows,
        }
    }

    /// Adds the next row, out of which go these flows.
    pub fn row(&mut self, outs: impl IntoIterator<Item = Out>) {
        for out in outs {
            let first = (self.parts.len(), self.targets.len(), self.notes.len());
            self.parts.extend(out.parts);
            self.targets.extend(out.targets);
            self.notes.extend(out.notes);
            self.instances.push(Instance {
                signal: out.signal,
                noted: NONE,
                parts: (first.0 as u32, self.parts.len() as u32),
                targets: (first.1 as u32, self.targets.len() as u32),
                notes: (first.2 as u32, self.notes.len() as u32),
            });
        }
        self.start.push(self.instances.len() as u32);
    }

    /// The routes of phase `p`, with the nodes of a mover's phase.
    pub fn of(shared: &Shared, p: usize, nodes: &[Node]) -> Self {
        let phase = &shared.game.phases[p];
        let after = shared.solution.layout.next_phase(p);
        let origins = shared.origins.len();
        let mut routes = Self::empty(shared.game.phases[after].nodes() * origins);
        for row in 0..phase.nodes() * origins {
            let n = row / origins;
            let memory = Memory {
                bits: 0,
                origin: shared.origins[row % origins],
            };
            match phase {
                Phase::Move(phase) => {
                    let state = phase.node_state[n];
                    let calm = !shared.rank.is_empty() && memory.origin == Origin::None;
                    for flow in nodes[n].flows.iter().filter(|flow| flow.carries(calm)) {
                        let origin = flow.origin.unwrap_or(Origin::Choice);
                        let targets = flow.targets.iter().copied();
                        let first = routes.parts.len() as u32;
                        let parts = flow.parts.iter().map(|(c, part)| (*c as u32, *part));
                        routes.parts.extend(parts);
                        let mut instance =
                            routes.instance(shared, after, (state, memory, origin), targets);
                        instance.signal = flow.signal.map_or(NONE, |g| g as u32);
                        instance.parts = (first, routes.parts.len() as u32);
                        routes.instances.push(instance);
                    }
                }
                Phase::Events(phase) => {
                    let targets = phase
                        .outcomes(n)
                        .map(|o| (phase.outcome_next[o], phase.outcome_true[o]))
                        .filter(|(_, probability)| *probability > 0.0);
                    let from = (phase.node_state[n], memory, Origin::Chance);
                    let instance = routes.instance(shared, after, from, targets);
                    routes.instances.push(instance);
                }
            }
            routes.start.push(routes.instances.len() as u32);
        }
        routes
    }

    /// A flow to `targets`, and what is read off it.
    fn instance(
        &mut self,
        shared: &Shared,
        after: usize,
        (state, memory, origin): (u32, Memory, Origin),
        targets: impl Iterator<Item = (u32, f64)>,
    ) -> Instance {
        let first = (self.targets.len() as u32, self.notes.len() as u32);
        for (to, factor) in targets {
            let step = shared.step(state, to, memory, origin);
            let inside = shared.avoided.inside(shared.history.mask[to as usize]);
            let entered = step.fresh & !shared.history.carried | inside;
            let end = shared.end[to as usize];
            let ended = end != NONE;
            let row = if ended {
                self.rows
            } else {
                shared.row(after, to, step.memory.origin)
            };
            self.targets.push(Target {
                row: row as u32,
                // Of what has ended only the mass is read, which no set holds back.
                inside: if ended {
                    0
                } else {
                    shared.avoided.index(inside)
                },
                factor,
            });
            if ended || entered != 0 {
                self.notes.push(Note {
                    factor,
                    entered,
                    origin: step.memory.origin,
                    end,
                });
            }
        }
        let last = (self.targets.len() as u32, self.notes.len() as u32);
        let noted = if last.1 > first.1 {
            self.noted += 1;
            self.noted as u32 - 1
        } else {
            NONE
        };
        Instance {
            signal: NONE,
            noted,
            parts: (0, 0),
            targets: (first.0, last.0),
            notes: (first.1, last.1),
        }
    }

    /// Flows out of a row.
    #[inline]
    pub fn out_of(&self, row: usize) -> &[Instance] {
        &self.instances[self.start[row] as usize..self.start[row + 1] as usize]
    }

    /// The columns of which a flow takes a part, and the part.
    #[inline]
    pub fn parts(&self, instance: &Instance) -> &[(u32, f64)] {
        &self.parts[instance.parts.0 as usize..instance.parts.1 as usize]
    }

    /// Where a flow arrives.
    #[inline]
    pub fn targets(&self, instance: &Instance) -> &[Target] {
        &self.targets[instance.targets.0 as usize..instance.targets.1 as usize]
    }

    /// What is read off a flow.
    #[inline]
    pub fn notes(&self, instance: &Instance) -> &[Note] {
        &self.notes[instance.notes.0 as usize..instance.notes.1 as usize]
    }

    /// What is read off each noted sum: (where it is noted, the notes).
    pub fn noted(&self, rows: &[u32]) -> impl Iterator<Item = (usize, &[Note])> {
        rows.iter()
            .flat_map(|row| self.out_of(*row as usize))
            .filter(|instance| instance.noted != NONE)
            .map(|i| (i.noted as usize, self.notes(i)))
    }

    /// Which rows hold mass after the phase if `rows` did before; the last is that of ends, which
    /// always counts as reached.
    pub fn reached(&self, rows: &[u32]) -> Vec<bool> {
        let mut reached = vec![false; self.rows + 1];
        reached[self.rows] = true;
        for row in rows {
            for instance in self.out_of(*row as usize) {
                for target in self.targets(instance) {
                    reached[target.row as usize] = true;
                }
            }
        }
        reached
    }
}
