//! What mass is worth, carried backwards, and what is read of mass with it.

use super::carry::{Before, Carry, Cells, Mass, Stretch, add};
use super::packing::Packing;
use super::turns::{Act, ChanceTurn, Entry, MoveTurn, Place, Read, Turn};
use super::{Plot, Tag};
use crate::compile::Cause;
use crate::forecast::adjoint;
use crate::forecast::kernels::Moves;
use crate::forecast::on_grid::{Moments, recut, room};
use crate::game::Rule;
use crate::math::lanes::{Lane, W, widest};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// One lane of every point, of what mass is worth.
struct Plane {
    now: Cells,
    /// Its kind.
    kind: usize,
    /// What comes to each end.
    ends: Vec<Lane>,
}

/// Where each number of a lane is copied from: plane and place there.
type Sources = [Option<(usize, usize)>; W];

/// Room that planes lend one another for as long as they are carried through a mover's phase.
#[derive(Default)]
struct Spare(Mutex<Vec<Cells>>);

impl Spare {
    /// Room with whatever was left in it.
    fn take(&self) -> Cells {
        let spare = self.0.lock().ok().and_then(|mut all| all.pop());
        spare.unwrap_or_default()
    }

    fn give_back(&self, cells: Cells) {
        if let Ok(mut all) = self.0.lock() {
            all.push(cells);
        }
    }
}

/// What mass is worth.
pub struct Worth {
    /// That has entered the set of a class: tables by [`Plot::entered`].
    arrived: Vec<Plane>,
    /// Inside a spell: tables by [`Plot::last`].
    spell: Vec<Plane>,
    /// Plane of `arrived` → row → one in the lanes whose class mass in this state can still be in; empty
    /// where all can.
    open: Vec<Vec<Lane>>,
    /// Phase → plane of `spell` → entry → where its worth comes from,
    entering: Vec<Vec<Vec<Sources>>>,
    /// and what comes to each end, of the game's and of entries.
    ends: Vec<Vec<Vec<Lane>>>,
    /// Plane of `spell` → beginning → what was read.
    read: Vec<Vec<Lane>>,
    spare: Spare,
}

impl Worth {
    /// When the window closes.
    pub fn at_the_end(carry: &Carry, begun: usize) -> Self {
        let plot = carry.plot;
        let game = plot.shared.game;
        let parts = plot.shared.avoided.parts.len();
        let cut = &carry.lines[0];
        let planes = |packing: &Packing, class_of: &dyn Fn(usize) -> Option<usize>| {
            let planes = plot.kinds_of(packing).into_iter().enumerate();
            let planes = planes.map(|(plane, kind)| {
                let lane = |counts: &Vec<f64>| {
                    Lane::of(|w| {
                        let held = packing.held(plane, w);
                        let class =
                            held.and_then(|(table, part, _)| Some((class_of(table)?, part)));
                        class.map_or(0.0, |(class, part)| counts[class * parts + part])
                    })
                };
                let rows = plot.counts.iter().map(lane);
                let line: Vec<Lane> = rows.flat_map(|x| std::iter::repeat_n(x, cut.own)).collect();
                let ends = game.ends.iter().zip(&plot.counts_at_ends);
                let kept = &carry.lanes[kind].kept;
                let ends =
                    ends.map(|(end, counts)| lane(counts) * kept[plot.inside(end.state) as usize]);
                Plane {
                    now: vec![line; cut.count],
                    kind,
                    ends: ends.collect(),
                }
            });
            planes.collect::<Vec<Plane>>()
        };
        let arrived = planes(&plot.arrived, &|table| Some(plot.entered[table]));
        // Inside a spell counts only what no set is asked for.
        let left = |table: usize| plot.last[table].1.is_none().then_some(plot.last[table].0);
        let spell = planes(&plot.spell, &left);
        let mut worth = Self {
            open: (0..arrived.len()).map(|i| open(plot, i)).collect(),
            entering: Vec::new(),
            ends: Vec::new(),
            read: vec![vec![Lane::ZERO; begun]; spell.len()],
            spare: Spare::default(),
            arrived,
            spell,
        };
        for turn in carry.turns {
            let entries = match turn {
                Turn::Moves(turn) => &turn.entries,
                Turn::Chance(turn) => &turn.entries,
            };
            let planes = 0..worth.spell.len();
            let sources = |entry: &Entry, plane: usize| sources(plot, entry, plane);
            let rows = |plane: usize| entries.rows.iter().map(|e| sources(e, plane)).collect();
            worth.entering.push(planes.clone().map(rows).collect());
            let ends = |plane: usize| {
                let own = worth.spell[plane].ends.iter().copied();
                let entering = entries.ends.iter().map(|entry| {
                    let end = plot.shared.end[entry.to as usize] as usize;
                    copied(&sources(entry, plane), |(plane, w)| {
                        worth.arrived[plane].ends[end][w]
                    })
                });
                own.chain(entering).collect()
            };
            let ends = planes.map(ends).collect();
            worth.ends.push(ends);
        }
        worth
    }

    /// Reads what stands outside every spell when the window closes.
    pub fn left(&mut self, carry: &Carry, mass: &Mass) {
        let own = carry.lines[0].own;
        for (plane, read) in self.spell.iter().zip(&mut self.read) {
            for (mass, worth) in mass[plane.kind].iter().zip(&plane.now) {
                for row in 0..carry.plot.live.len() {
                    read[0] += dot(&mass[2 * row * own..][..own], &worth[row * own..][..own]);
                }
            }
        }
    }

    /// Carries worth from after a stretch to before it, and reads what begins and enters there.
    pub fn back(&mut self, carry: &Carry, stretch: &Stretch, before: &Before) {
        match (&carry.turns[stretch.start], before) {
            (Turn::Moves(turn), Before::Moves(mass)) => {
                self.moves(carry, stretch.start, turn, mass);
            }
            (_, Before::Chance(told)) => self.chance(carry, stretch, told),
            _ => {}
        }
    }

    fn moves(&mut self, carry: &Carry, p: usize, turn: &MoveTurn, before: &Mass) {
        let plot = carry.plot;
        let cut = &carry.lines[p];
        let after = &carry.lines[plot.shared.solution.layout.next_phase(p)];
        let moments = Moments::of(&plot.shared, turn.mover, cut);
        let rows: Vec<u32> = (0..plot.live.len() as u32).collect();
        let live = rows.len() * cut.own;
        let all = live + turn.entries.rows.len() * cut.own;
        // What follows, cut as the mover wants it; room for what comes before takes its place.
        let spare = &self.spare;
        let looked = |now: &mut Cells| {
            let mut next = spare.take();
            recut(&mut next, now, after, cut, &rows);
            now.resize_with(cut.count, Vec::new);
            next
        };
        let mut arrived: Vec<Cells> = self
            .arrived
            .iter_mut()
            .map(|plane| looked(&mut plane.now))
            .collect();
        let told = carry.told(p, turn, &moments, before);
        let planes = (
            &mut self.spell,
            &mut self.read,
            &self.entering[p],
            &self.ends[p],
        );
        planes
            .into_par_iter()
            .for_each(|(plane, read, entering, ends)| {
                let lanes = &carry.lanes[plane.kind];
                let mut following = looked(&mut plane.now);
                let lines = (&mut plane.now, &mut following, &told[plane.kind]);
                let reads = lines
                    .into_par_iter()
                    .enumerate()
                    .map(|(line, (now, next, told))| {
                        room(next, all);
                        room(now, live);
                        clear(now, &turn.unmet, cut.own);
                        let entries = entering.iter().zip(&turn.entries.rows);
                        for ((sources, entry), cells) in
                            entries.zip(next[live..].chunks_exact_mut(cut.own))
                        {
                            let row = plot.row[entry.to as usize] as usize;
                            let from = |plane: usize| &arrived[plane][line][row * cut.own..];
                            enter(sources, cells, from);
                        }
                        let next = &mut next[..all];
                        let mut read = vec![Lane::ZERO; read.len()];
                        let here = (&turn.rows[..], 1);
                        let at = (p, line);
                        if let Some(push) =
                            carry.on_line(at, turn, &turn.spell, here, &moments, lanes)
                        {
                            adjoint::moves(&push, ends, next, &mut now[..live]);
                            told_worth(&push, &turn.reads, told, next, ends, &mut read);
                        }
                        read
                    });
                let reads: Vec<Vec<Lane>> = reads.collect();
                spare.give_back(following);
                add_all(read, &reads);
            });
        let planes = (&mut self.arrived, &mut arrived, &self.open);
        planes.into_par_iter().for_each(|(plane, next, open)| {
            let lanes = &carry.lanes[plane.kind];
            let lines = plane.now.par_iter_mut().zip(next).enumerate();
            lines.for_each(|(line, (now, next))| {
                room(now, live);
                clear(now, &turn.unmet, cut.own);
                let here = (&turn.rows[..], 1);
                let at = (p, line);
                if let Some(push) = carry.on_line(at, turn, &turn.arrived, here, &moments, lanes) {
                    adjoint::moves(&push, &plane.ends, &mut next[..live], &mut now[..live]);
                }
                for (cells, open) in now.chunks_exact_mut(cut.own).zip(open) {
                    cells.iter_mut().for_each(|cell| *cell *= *open);
                }
            });
        });
        arrived.into_iter().for_each(|cells| spare.give_back(cells));
    }

    fn chance(&mut self, carry: &Carry, stretch: &Stretch, told: &[Vec<Vec<Vec<Lane>>>]) {
        let plot = carry.plot;
        let own = carry.lines[stretch.start].own;
        let live = plot.live.len() * own;
        // Plane, line and phase, the last first: what the states are worth that are entered there.
        let planes = self.arrived.par_iter_mut().zip(&self.open);
        let entered: Vec<Vec<Vec<Vec<Lane>>>> = planes
            .map(|(plane, open)| {
                let kept = &carry.lanes[plane.kind].kept;
                let ends = &plane.ends;
                let lines = plane.now.par_iter_mut().map(|cells| {
                    let phases = carry.chances(stretch).rev().map(|(_, turn)| {
                        let mut entered = Vec::with_capacity(turn.entries.rows.len() * own);
                        for entry in &turn.entries.rows {
                            let row = plot.row[entry.to as usize] as usize;
                            entered.extend_from_slice(&cells[row * own..][..own]);
                        }
                        Looked { cells, ends, own }.act(turn, kept, false, open);
                        entered
                    });
                    phases.collect()
                });
                lines.collect()
            })
            .collect();
        let planes = (&mut self.spell, &mut self.read)
            .into_par_iter()
            .enumerate();
        planes.for_each(|(i, (plane, read))| {
            let kept = &carry.lanes[plane.kind].kept;
            let lines = (&mut plane.now, &told[plane.kind])
                .into_par_iter()
                .enumerate();
            let reads = lines.map(|(line, (cells, told))| {
                let mut read = vec![Lane::ZERO; read.len()];
                let phases = carry
                    .chances(stretch)
                    .rev()
                    .zip(told.iter().rev())
                    .enumerate();
                for (back, ((p, turn), told)) in phases {
                    let all = live + turn.entries.rows.len() * own;
                    room(cells, all);
                    let entering = self.entering[p][i].iter().enumerate();
                    for ((e, sources), cells) in entering.zip(cells[live..].chunks_exact_mut(own)) {
                        enter(sources, cells, |plane| {
                            &entered[plane][line][back][e * own..]
                        });
                    }
                    let ends = &self.ends[p][i];
                    let worth = Looked { cells, ends, own };
                    let acts = turn.acts.iter().filter(|act| act.told);
                    for (act, mass) in acts.zip(told.chunks_exact(2 * own)) {
                        worth.read(turn.began, act, mass, kept, &mut read);
                    }
                    worth.act(turn, kept, true, &[]);
                }
                read
            });
            let reads: Vec<Vec<Lane>> = reads.collect();
            add_all(read, &reads);
        });
    }

    /// The probabilities that were read, and of what holds from the start.
    pub fn found(
        &self,
        carry: &Carry,
        start: &Mass,
        begun: &[Option<Cause>],
    ) -> BTreeMap<Tag, f64> {
        let plot = carry.plot;
        let mut found = BTreeMap::new();
        for (plane, read) in self.read.iter().enumerate() {
            for (began, lane) in begun.iter().zip(read) {
                for w in 0..W {
                    let held = plot.spell.held(plane, w);
                    if let (Some((table, ..)), true) = (held, lane[w] != 0.0) {
                        let (class, last) = plot.last[table];
                        *found.entry((class, *began, last)).or_insert(0.0) += lane[w];
                    }
                }
            }
        }
        let here = plot.shared.history.mask[plot.shared.game.start as usize] & plot.asked;
        for class in plot.classes_of(here) {
            let mut whole = 0.0;
            for (i, plane) in self.arrived.iter().enumerate() {
                let lines = start[plane.kind].iter().zip(&plane.now);
                let row = plot.row[plot.shared.game.start as usize] as usize;
                let own = carry.lines[0].own;
                let lanes = lines.map(|(mass, worth)| {
                    dot(&mass[2 * row * own..][..own], &worth[row * own..][..own])
                });
                let lanes: Vec<Lane> = lanes.collect();
                let lane = sum(&lanes);
                for w in 0..W {
                    let held = plot.arrived.held(i, w);
                    if held.is_some_and(|(table, ..)| plot.entered[table] == class) {
                        whole += lane[w];
                    }
                }
            }
            *found.entry((class, None, None)).or_insert(0.0) += whole;
        }
        found
    }
}

/// Adds what lines read, in their order.
fn add_all(read: &mut [Lane], lines: &[Vec<Lane>]) {
    for line in lines {
        add(read, Lane::splat(1.0), line);
    }
}

/// Row → one in the lanes of a plane whose class mass in that state can still be in: outside its set
/// none of a class that asks for it at the end.
fn open(plot: &Plot, plane: usize) -> Vec<Lane> {
    let game = plot.shared.game;
    if !game
        .classes
        .iter()
        .any(|class| matches!(class.rule, Rule::AtEnd(_)))
    {
        return Vec::new();
    }
    let of = |state: &u32| {
        let mask = plot.shared.history.mask[*state as usize];
        Lane::of(|w| {
            let held = plot.arrived.held(plane, w);
            match held.map(|(table, ..)| &game.classes[plot.entered[table]].rule) {
                Some(Rule::AtEnd(e)) => f64::from(u8::from(mask >> e & 1 == 1)),
                _ => 1.0,
            }
        })
    };
    plot.live.iter().map(of).collect()
}

/// Where the worth of an entry comes from, in the lanes of a plane of pairs.
fn sources(plot: &Plot, entry: &Entry, plane: usize) -> Sources {
    let held_back = plot.shared.history.mask[entry.to as usize];
    std::array::from_fn(|w| {
        let (table, part, profile) = plot.spell.held(plane, w)?;
        let (class, last) = plot.last[table];
        let set = plot.set(class)?;
        if last != Some(entry.last) || entry.sets >> set & 1 == 0 {
            return None;
        }
        let part = plot.part_after(class, part)?;
        if plot.shared.avoided.parts[part] & held_back != 0 {
            return None;
        }
        let table = plot.entered.iter().position(|c| *c == class)?;
        plot.arrived.place(table, part, profile)
    })
}

fn copied(sources: &Sources, from: impl Fn((usize, usize)) -> f64) -> Lane {
    Lane::of(|w| sources[w].map_or(0.0, &from))
}

/// Fills the row of an entry, from where it arrives in each plane.
fn enter<'a>(sources: &Sources, cells: &mut [Lane], arrived: impl Fn(usize) -> &'a [Lane]) {
    cells.fill(Lane::ZERO);
    for (w, source) in sources.iter().enumerate() {
        let Some((plane, from)) = source else {
            continue;
        };
        for (cell, worth) in cells.iter_mut().zip(arrived(*plane)) {
            cell[w] = worth[*from];
        }
    }
}

/// Zeros in some rows.
fn clear(cells: &mut [Lane], rows: &[u32], own: usize) {
    for row in rows {
        cells[*row as usize * own..][..own].fill(Lane::ZERO);
    }
}

/// Adds to each beginning what the rows of `told` are worth.
fn told_worth(
    push: &Moves,
    reads: &[Read],
    told: &[Lane],
    worth: &[Lane],
    ends: &[Lane],
    read: &mut [Lane],
) {
    for (asked, mass) in reads.iter().zip(told.chunks_exact(push.own)) {
        let of = |place: Place| match place {
            Place::Row(row) => dot(mass, &worth[row as usize * push.own..][..push.own]),
            // In moments the first is the mass itself.
            Place::End(end) if push.chebyshev.is_some() => ends[end as usize] * mass[0],
            Place::End(end) => ends[end as usize] * sum(mass),
        };
        if let Some((to, inside)) = asked.to {
            // Ends hold nothing back that has not been left out already.
            let kept = match to {
                Place::Row(_) => push.kept[inside as usize],
                Place::End(_) => Lane::splat(1.0),
            };
            read[asked.began] += kept * of(to);
        }
        if let Some(entry) = asked.entry {
            read[asked.began] += of(entry);
        }
    }
}

/// What mass on a line is worth, by place.
struct Looked<'a> {
    cells: &'a mut Vec<Lane>,
    ends: &'a [Lane],
    own: usize,
}

impl Looked<'_> {
    /// Adds to beginnings what an act makes of the mass in its two rows.
    fn read(&self, began: usize, act: &Act, mass: &[Lane], kept: &[Lane], read: &mut [Lane]) {
        let (outside, within) = mass.split_at(self.own);
        let of = |mass: &[Lane], place: Place| match place {
            Place::Row(row) => dot(mass, &self.cells[row as usize * self.own..][..self.own]),
            Place::End(end) => self.ends[end as usize] * sum(mass),
        };
        for out in &act.outs {
            let factor = Lane::splat(out.factor);
            let mut calm = |mass: &[Lane]| {
                if let Some(entry) = out.entry {
                    read[0] += factor * of(mass, entry);
                }
                if let Place::End(_) = out.to {
                    read[0] += factor * of(mass, out.to);
                }
            };
            if !out.step.rises {
                calm(outside);
            }
            if out.step.falls {
                calm(within);
            }
            if out.step.rises {
                let here = match out.to {
                    Place::Row(_) => kept[out.inside as usize] * of(outside, out.to),
                    Place::End(_) => of(outside, out.to),
                };
                read[began] += factor * here;
                if let Some(entry) = out.entry {
                    read[began] += factor * of(outside, entry);
                }
            }
        }
    }

    /// Carries worth back through a phase of chance, where it lies: of mass inside a `spell` until that
    /// ends, else of what has arrived, where its row is open.
    fn act(self, turn: &ChanceTurn, kept: &[Lane], spell: bool, open: &[Lane]) {
        let own = self.own;
        let at = |row: u32| row as usize * own..(row as usize + 1) * own;
        let mut before = vec![Lane::ZERO; turn.acts.len() * own];
        for (act, before) in turn.acts.iter().zip(before.chunks_exact_mut(own)) {
            add(before, Lane::splat(act.stays), &self.cells[at(act.row)]);
            for out in act.outs.iter().filter(|out| !(spell && out.step.falls)) {
                let factor = Lane::splat(out.factor);
                let inside = (Some(out.to), kept[out.inside as usize]);
                let entry = (out.entry.filter(|_| spell), Lane::splat(1.0));
                for (place, kept) in [inside, entry] {
                    match place {
                        Some(Place::Row(row)) => add(before, factor * kept, &self.cells[at(row)]),
                        Some(Place::End(end)) => {
                            let worth = factor * self.ends[end as usize];
                            before.iter_mut().for_each(|cell| *cell += worth);
                        }
                        None => {}
                    }
                }
            }
            if let Some(open) = open.get(act.row as usize) {
                before.iter_mut().for_each(|cell| *cell *= *open);
            }
        }
        for (act, before) in turn.acts.iter().zip(before.chunks_exact(own)) {
            self.cells[at(act.row)].copy_from_slice(before);
        }
    }
}

widest! {
    /// Σ x·y over the points.
    fn dot(x: &[Lane], y: &[Lane]) -> Lane => dot_plain
}

#[inline(always)]
fn dot_plain(x: &[Lane], y: &[Lane]) -> Lane {
    let mut sum = Lane::ZERO;
    for (x, y) in x.iter().zip(y) {
        sum = x.mul_add(*y, sum);
    }
    sum
}

fn sum(x: &[Lane]) -> Lane {
    let mut sum = Lane::ZERO;
    for x in x {
        sum += *x;
    }
    sum
}
