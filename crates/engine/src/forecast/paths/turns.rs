//! What each phase does to mass and to what it is worth, cause by cause.

use super::{Plot, Step};
use crate::compile::Cause;
use crate::forecast::cloud::Origin;
use crate::forecast::operator::{Column, Node};
use crate::forecast::routes::{Note, Out, Routes, Target};
use crate::game::{EventsPhase, MovePhase, NONE, Phase};
use std::collections::BTreeMap;

/// A phase.
pub enum Turn {
    /// Of a mover.
    Moves(Box<MoveTurn>),
    /// Of chance.
    Chance(ChanceTurn),
}

/// What a mover's phase does. Rows are those of [`Plot::live`]; of mass there are two a state, outside
/// every spell and inside one.
pub struct MoveTurn {
    /// Who moves.
    pub mover: usize,
    /// The nodes.
    pub nodes: Vec<Node>,
    /// Row of each node,
    pub rows: Vec<u32>,
    /// and those that are not met in the phase.
    pub unmet: Vec<u32>,
    /// Where mass goes,
    pub mass: Routes,
    /// mass that has entered a set,
    pub arrived: Routes,
    /// mass inside a spell, until it ends or enters a set.
    pub spell: Routes,
    /// What begins a spell or enters a set outside of one, to a row for each of `reads`.
    pub told: Routes,
    /// Rows of mass that have something told of them.
    pub told_from: Vec<u32>,
    /// What is read off the rows of `told`.
    pub reads: Vec<Read>,
    /// Entries into sets.
    pub entries: Entries,
}

/// What a phase of chance does.
pub struct ChanceTurn {
    /// States in which something can happen.
    pub acts: Vec<Act>,
    /// Entries into sets.
    pub entries: Entries,
    /// Index of the trigger among beginnings.
    pub began: usize,
}

/// One state in which something can happen.
pub struct Act {
    /// Its row.
    pub row: u32,
    /// Probability that nothing does.
    pub stays: f64,
    /// What may happen.
    pub outs: Vec<Happens>,
    /// Is anything of that read: does it begin a spell, enter a set or end the crisis?
    pub told: bool,
}

/// One thing that may happen.
pub struct Happens {
    /// Its probability.
    pub factor: f64,
    /// What it does.
    pub step: Step,
    /// Where it leads.
    pub to: Place,
    /// Tracked sets that hold the state there.
    pub inside: u32,
    /// Which sets it enters.
    pub entry: Option<Place>,
}

/// Where worth is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A row: of a state, or behind these of an entry.
    Row(u32),
    /// An end: of the game's, or behind these of an entry.
    End(u32),
}

/// What mass that came to a row of [`MoveTurn::told`] is worth.
pub struct Read {
    /// Index of what began its spell.
    pub began: usize,
    /// Its worth where it stands, and the tracked sets that hold the state,
    pub to: Option<(Place, u32)>,
    /// and by entering.
    pub entry: Option<Place>,
}

/// Entries into sets of classes, by last step.
#[derive(Default)]
pub struct Entries {
    /// Into states in which the crisis goes on.
    pub rows: Vec<Entry>,
    /// Into ends.
    pub ends: Vec<Entry>,
    index: BTreeMap<Entry, Place>,
}

/// An entry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// By whom.
    pub last: Cause,
    /// Which sets.
    pub sets: u64,
    /// Where.
    pub to: u32,
}

impl Entries {
    fn place(&mut self, plot: &Plot, last: Cause, sets: u64, to: u32) -> Place {
        let entry = Entry { last, sets, to };
        let (rows, ends) = (&mut self.rows, &mut self.ends);
        *self
            .index
            .entry(entry)
            .or_insert_with(|| match plot.place(to) {
                Place::Row(_) => {
                    rows.push(entry);
                    Place::Row((plot.live.len() + rows.len() - 1) as u32)
                }
                Place::End(_) => {
                    ends.push(entry);
                    Place::End((plot.shared.game.ends.len() + ends.len() - 1) as u32)
                }
            })
    }
}

impl Plot<'_> {
    fn place(&self, state: u32) -> Place {
        match self.row[state as usize] {
            NONE => Place::End(self.shared.end[state as usize]),
            row => Place::Row(row),
        }
    }
}

/// All phases, and everything that can begin a spell; the first is nothing.
pub fn turns(plot: &Plot) -> (Vec<Turn>, Vec<Option<Cause>>) {
    let mut begun = vec![None];
    let phases = plot.shared.game.phases.iter().enumerate();
    let turns = phases
        .map(|(p, phase)| match phase {
            Phase::Move(phase) => Turn::Moves(Box::new(move_turn(plot, p, phase, &mut begun))),
            Phase::Events(phase) => Turn::Chance(chance_turn(plot, p, phase, &mut begun)),
        })
        .collect();
    (turns, begun)
}

fn index(begun: &mut Vec<Option<Cause>>, cause: Cause) -> usize {
    let known = begun.iter().position(|c| *c == Some(cause));
    known.unwrap_or_else(|| {
        begun.push(Some(cause));
        begun.len() - 1
    })
}

/// Calls `visit` with every step that can happen and each of its causes, without the remark on regret.
pub fn steps(plot: &Plot, mut visit: impl FnMut(Step, Cause)) {
    let game = plot.shared.game;
    for (p, phase) in game.phases.iter().enumerate() {
        match phase {
            Phase::Move(phase) => {
                let signals = &plot.shared.solution.layout.signals[p];
                for n in 0..phase.nodes() {
                    for (target, (to, _)) in signals[n].targets.iter().enumerate() {
                        let step = plot.step(phase.node_state[n], *to);
                        let sources = Sources::of(plot, p, phase, n, target);
                        for (cause, _) in sources.plain(phase, n) {
                            visit(step, cause);
                        }
                    }
                }
            }
            Phase::Events(phase) => {
                let Some(trigger) = plot.causes.phases[p].triggers.first() else {
                    continue;
                };
                for n in 0..phase.nodes() {
                    for o in phase.outcomes(n).filter(|o| phase.outcome_true[*o] > 0.0) {
                        let step = plot.step(phase.node_state[n], phase.outcome_next[o]);
                        visit(step, Cause::Trigger(*trigger));
                    }
                }
            }
        }
    }
}

fn chance_turn(
    plot: &Plot,
    p: usize,
    phase: &EventsPhase,
    begun: &mut Vec<Option<Cause>>,
) -> ChanceTurn {
    let mut turn = ChanceTurn {
        acts: Vec::new(),
        entries: Entries::default(),
        began: 0,
    };
    // Without a trigger a phase of chance only pays.
    let Some(trigger) = plot.causes.phases[p].triggers.first() else {
        return turn;
    };
    let cause = Cause::Trigger(*trigger);
    turn.began = index(begun, cause);
    for n in 0..phase.nodes() {
        let state = phase.node_state[n];
        let mut act = Act {
            row: plot.row[state as usize],
            stays: 0.0,
            outs: Vec::new(),
            told: false,
        };
        for o in phase.outcomes(n) {
            let (to, factor) = (phase.outcome_next[o], phase.outcome_true[o]);
            if to == state {
                act.stays += factor;
            } else if factor > 0.0 {
                let step = plot.step(state, to);
                let entries = &mut turn.entries;
                let place = plot.place(to);
                act.told |= step.rises || step.entered != 0 || matches!(place, Place::End(_));
                act.outs.push(Happens {
                    factor,
                    step,
                    to: place,
                    inside: plot.inside(to),
                    entry: (step.entered != 0)
                        .then(|| entries.place(plot, cause, step.entered, to)),
                });
            }
        }
        if !act.outs.is_empty() {
            turn.acts.push(act);
        }
    }
    turn
}

/// Shares of columns that lead from a node to one of its targets.
type Parts = Vec<(u32, f64)>;

/// Where a target of a node comes from: true probabilities by move.
struct Sources {
    /// By whatever cause,
    all: Vec<f64>,
    /// by the moves themselves,
    own: Vec<f64>,
    /// and by triggers that look like them.
    triggers: BTreeMap<u32, Parts>,
}

impl Sources {
    fn of(plot: &Plot, p: usize, phase: &MovePhase, n: usize, target: usize) -> Self {
        let signals = &plot.shared.solution.layout.signals[p][n];
        let alternatives = phase.alternatives(n);
        let first = phase.outcomes(alternatives.start).start;
        let moves = alternatives.len();
        let mut sources = Self {
            all: vec![0.0; moves],
            own: vec![0.0; moves],
            triggers: BTreeMap::new(),
        };
        for (a, alternative) in alternatives.enumerate() {
            for o in phase.outcomes(alternative) {
                if signals.outcome_target[o - first] as usize != target {
                    continue;
                }
                let chance = phase.outcome_true[o];
                sources.all[a] += chance;
                let mut own = chance;
                for accident in plot.causes.phases[p].of(o) {
                    own -= accident.actual;
                    let parts = sources.triggers.entry(accident.trigger).or_default();
                    parts.push((a as u32, accident.actual));
                }
                // What rounding leaves of a result that accidents alone bring about is nothing.
                if own > 4.0 * f64::EPSILON * chance {
                    sources.own[a] += own;
                }
            }
        }
        sources
    }

    fn whole(&self) -> Parts {
        let all = self.all.iter().enumerate();
        all.filter(|(_, x)| **x > 0.0)
            .map(|(a, x)| (a as u32, *x))
            .collect()
    }

    /// By cause, without the remark on regret.
    fn plain(&self, phase: &MovePhase, n: usize) -> Vec<(Cause, Parts)> {
        let triggers = self
            .triggers
            .iter()
            .map(|(t, parts)| (Cause::Trigger(*t), parts.clone()));
        let own = self.own.iter().enumerate().filter(|(_, x)| **x > 0.0);
        let moves = own.map(|(a, x)| (by_move(phase, n, a, false), vec![(a as u32, *x)]));
        triggers.chain(moves).collect()
    }

    /// By cause, choices apart from noise.
    fn beginnings(
        &self,
        phase: &MovePhase,
        n: usize,
        columns: &mut Vec<Column>,
    ) -> Vec<(Cause, Parts)> {
        let triggers = self
            .triggers
            .iter()
            .map(|(t, parts)| (Cause::Trigger(*t), parts.clone()));
        let mut all: Vec<(Cause, Parts)> = triggers.collect();
        for (a, x) in self.own.iter().enumerate().filter(|(_, x)| **x > 0.0) {
            for (origin, noise) in [(Origin::Choice, false), (Origin::Noise, true)] {
                let column = (a, Some(origin));
                let known = columns.iter().position(|c| *c == column);
                let column = known.unwrap_or_else(|| {
                    columns.push(column);
                    columns.len() - 1
                });
                all.push((by_move(phase, n, a, noise), vec![(column as u32, *x)]));
            }
        }
        all
    }
}

fn by_move(phase: &MovePhase, n: usize, a: usize, noise: bool) -> Cause {
    let name = phase.node_moves[n][0][a];
    Cause::Move { name, noise }
}

/// Flows out of one row.
#[derive(Default)]
struct Outs(Vec<Out>);

impl Outs {
    /// Adds a flow; those that take the same share, up to a factor, and teach the same are one.
    fn send(&mut self, signal: u32, parts: &[(u32, f64)], place: Place, inside: u32) {
        let factor: f64 = parts.iter().map(|(_, part)| part).sum();
        if !(factor > 0.0) {
            return;
        }
        let same = |out: &Out| {
            out.signal == signal
                && out.parts.len() == parts.len()
                && out.parts.iter().zip(parts).all(|((c, x), (d, y))| {
                    let y = y / factor;
                    c == d && (x - y).abs() <= 4.0 * f64::EPSILON * x.max(y)
                })
        };
        let known = self.0.iter().position(same);
        let at = known.unwrap_or_else(|| {
            self.0.push(Out {
                signal,
                parts: parts.iter().map(|(c, x)| (*c, x / factor)).collect(),
                ..Out::default()
            });
            self.0.len() - 1
        });
        match place {
            Place::Row(row) => self.0[at].targets.push(Target {
                row,
                inside,
                factor,
            }),
            Place::End(end) => self.0[at].notes.push(Note {
                factor,
                entered: 0,
                origin: Origin::None,
                end,
            }),
        }
    }

    /// By signal, so that what belongs to one is worked out once.
    fn sorted(mut self) -> Vec<Out> {
        self.0.sort_by_key(|out| out.signal);
        self.0
    }
}

/// Rows of [`MoveTurn::told`].
#[derive(Default)]
struct Told {
    reads: Vec<Read>,
    index: BTreeMap<(usize, Option<Place>, Option<Place>), u32>,
}

impl Told {
    fn row(&mut self, read: Read) -> Place {
        let key = (read.began, read.to.map(|(place, _)| place), read.entry);
        let reads = &mut self.reads;
        Place::Row(*self.index.entry(key).or_insert_with(|| {
            reads.push(read);
            reads.len() as u32 - 1
        }))
    }
}

fn move_turn(plot: &Plot, p: usize, phase: &MovePhase, begun: &mut Vec<Option<Cause>>) -> MoveTurn {
    let mover = phase.actors[0] as usize;
    let typed = plot.shared.game.actors[mover].types.len() > 1;
    let left = plot.last.iter().any(|(_, last)| last.is_none());
    let nowhere = plot.nowhere();
    let states = plot.live.len();
    let mut turn = MoveTurn {
        mover,
        nodes: Vec::new(),
        rows: phase
            .node_state
            .iter()
            .map(|s| plot.row[*s as usize])
            .collect(),
        unmet: (0..states as u32)
            .filter(|row| {
                phase
                    .node_state
                    .binary_search(&plot.live[*row as usize])
                    .is_err()
            })
            .collect(),
        mass: Routes::empty(2 * states),
        arrived: Routes::empty(states),
        spell: Routes::empty(states),
        told: Routes::empty(0),
        told_from: Vec::new(),
        reads: Vec::new(),
        entries: Entries::default(),
    };
    let mut told = Told::default();
    let mut row = 0;
    for n in 0..phase.nodes() {
        let state = phase.node_state[n];
        let signals = &plot.shared.solution.layout.signals[p][n];
        let teaches = |g: &usize| typed && !signals.mute[*g];
        let teaching: Vec<usize> = (0..signals.len()).filter(teaches).collect();
        let mut columns: Vec<Column> = (0..phase.alternatives(n).len())
            .map(|a| (a, None))
            .collect();
        let [
            mut outside,
            mut within,
            mut arrived,
            mut spell,
            mut told_out,
            mut told_in,
        ] = <[Outs; 6]>::default();
        for (target, (to, g)) in signals.targets.iter().enumerate() {
            let sources = Sources::of(plot, p, phase, n, target);
            let signal = teaching.iter().position(|t| t == &(*g as usize));
            let signal = signal.map_or(NONE, |g| g as u32);
            let (step, place) = (plot.step(state, *to), plot.place(*to));
            let (whole, inside) = (sources.whole(), plot.inside(*to));
            arrived.send(signal, &whole, place, inside);
            if let Place::Row(r) = place {
                let (rises, stays) = (u32::from(step.rises), u32::from(!step.falls));
                outside.send(signal, &whole, Place::Row(2 * r + rises), inside);
                within.send(signal, &whole, Place::Row(2 * r + stays), inside);
            }
            let entries = &mut turn.entries;
            let mut entering: Vec<(Place, Parts)> = Vec::new();
            if step.entered != 0 {
                for (cause, parts) in sources.plain(phase, n) {
                    entering.push((entries.place(plot, cause, step.entered, *to), parts));
                }
            }
            if !step.falls {
                spell.send(signal, &whole, place, inside);
                for (entry, parts) in &entering {
                    spell.send(signal, parts, *entry, nowhere);
                }
            }
            if step.rises {
                for (cause, parts) in sources.beginnings(phase, n, &mut columns) {
                    let read = Read {
                        began: index(begun, cause),
                        to: Some((place, inside)),
                        entry: (step.entered != 0)
                            .then(|| entries.place(plot, cause.plain(), step.entered, *to)),
                    };
                    told_out.send(signal, &parts, told.row(read), nowhere);
                }
            }
            // What is outside every spell after the step.
            let mut calm = |outs: &mut Outs| {
                let read = |to, entry| Read {
                    began: 0,
                    to,
                    entry,
                };
                for (entry, parts) in &entering {
                    outs.send(signal, parts, told.row(read(None, Some(*entry))), nowhere);
                }
                if let (Place::End(_), true) = (place, left) {
                    let read = read(Some((place, inside)), None);
                    outs.send(signal, &whole, told.row(read), nowhere);
                }
            };
            if !step.rises {
                calm(&mut told_out);
            }
            if step.falls {
                calm(&mut told_in);
            }
        }
        // Rows between are of states that are not met in this phase.
        let here = turn.rows[n];
        for _ in row..here {
            turn.arrived.row([]);
            turn.spell.row([]);
            for _ in 0..2 {
                turn.mass.row([]);
                turn.told.row([]);
            }
        }
        row = here + 1;
        for (kind, outs) in [&told_out, &told_in].iter().enumerate() {
            if !outs.0.is_empty() {
                turn.told_from.push(2 * here + kind as u32);
            }
        }
        turn.arrived.row(arrived.sorted());
        turn.spell.row(spell.sorted());
        turn.mass.row(outside.sorted());
        turn.mass.row(within.sorted());
        turn.told.row(told_out.sorted());
        turn.told.row(told_in.sorted());
        turn.nodes.push(Node {
            teaching,
            columns,
            flows: Vec::new(),
        });
    }
    turn.told.rows = told.reads.len();
    turn.reads = told.reads;
    turn
}
