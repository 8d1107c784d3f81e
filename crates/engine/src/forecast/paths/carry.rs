//! Mass carried forward, what it is worth carried backwards, and both put together.
//!
//! Mass at the start of some rounds is kept. When their turn comes backwards, those between are pushed
//! once more; and each round, when its own turn comes, and then what it was before each phase is kept too.

use super::packing::Lanes;
use super::turns::{Act, ChanceTurn, MoveTurn, Place, Turn};
use super::worth::Worth;
use super::{Plot, Tag};
use crate::compile::Cause;
use crate::forecast::kernels::{self, LineNotes, Moves};
use crate::forecast::lines::Lines;
use crate::forecast::on_grid::{Moments, recut};
use crate::forecast::operator::{self, NodeOperator, Operators};
use crate::forecast::routes::Routes;
use crate::game::Phase;
use crate::math::lanes::{Lane, widest};
use crate::solve::Observer;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Line → `[row * own + k]`.
pub type Cells = Vec<Vec<Lane>>;
/// The same of each kind of plane in which mass is pushed.
pub type Mass = Vec<Cells>;

/// Phases that are taken together: one of a mover, or all of chance up to the next, which leave mass on
/// its line.
pub type Stretch = std::ops::Range<usize>;

/// Mass before the phases of a stretch.
pub enum Before {
    /// Of a mover's phase, all of it.
    Moves(Mass),
    /// Of phases of chance what is in the two rows of each act that something is read of: by kind, line
    /// and phase.
    Chance(Vec<Vec<Vec<Vec<Lane>>>>),
}

/// Paths and their probabilities; `None` when cancelled.
pub fn run(
    plot: &Plot,
    turns: &[Turn],
    begun: &[Option<Cause>],
    observer: &dyn Observer,
) -> Option<BTreeMap<Tag, f64>> {
    let game = plot.shared.game;
    let rounds = game.window.min(game.horizon);
    let mut carry = Carry {
        plot,
        turns,
        lines: Lines::of_phases(game, &plot.shared.solution.grid),
        lanes: plot
            .kinds
            .iter()
            .map(|kind| Lanes::of(plot, *kind))
            .collect(),
        operators: turns.iter().map(|_| None).collect(),
        stretches: stretches(turns),
    };
    let apart = apart(rounds);
    let steps = 2 * u64::from(rounds);
    let mut mass = carry.start();
    let mut kept = Vec::new();
    for round in 0..rounds {
        if observer.cancelled() {
            return None;
        }
        observer.progress("paths", u64::from(round), steps);
        if round % apart == 0 {
            kept.push(carry.shorten(&mass));
        }
        mass = carry.round(round, mass, false).0;
    }
    let mut worth = Worth::at_the_end(&carry, begun.len());
    worth.left(&carry, &mass);
    mass = carry.start();
    while let Some(first) = kept.pop() {
        let from = kept.len() as u32 * apart;
        let to = rounds.min(from + apart);
        let mut last = carry.lengthen(&first);
        let mut starts = vec![first];
        for round in from..to - 1 {
            last = carry.round(round, last, false).0;
            starts.push(carry.shorten(&last));
        }
        drop(last);
        for (round, start) in (from..to).zip(starts).rev() {
            if observer.cancelled() {
                return None;
            }
            observer.progress("paths", steps - u64::from(round), steps);
            let start = carry.lengthen(&start);
            let (_, before) = carry.round(round, start, true);
            for (stretch, before) in carry.stretches.iter().zip(&before).rev() {
                worth.back(&carry, stretch, before);
            }
        }
    }
    Some(worth.found(&carry, &mass, begun))
}

/// Of so many rounds the start of every how many is kept: as many as there are between two of them.
fn apart(rounds: u32) -> u32 {
    rounds.isqrt().max(1)
}

/// Starts of rounds that are held at most.
pub fn starts(rounds: u32) -> u32 {
    rounds.div_ceil(apart(rounds)) + apart(rounds)
}

/// What mass is pushed by.
pub struct Carry<'a> {
    /// The game.
    pub plot: &'a Plot<'a>,
    /// Its phases.
    pub turns: &'a [Turn],
    /// Phase → how the grid is cut there.
    pub lines: Vec<Lines>,
    /// Of each kind of plane.
    pub lanes: Vec<Lanes>,
    stretches: Vec<Stretch>,
    /// Mover's phase → round of the plan, and what its moves do in that round, by row.
    operators: Vec<Option<(usize, Operators)>>,
}

impl Carry<'_> {
    /// Mass at the start, outside every spell.
    fn start(&self) -> Mass {
        let (game, solution) = (self.plot.shared.game, self.plot.shared.solution);
        let priors: Vec<Vec<f64>> = game
            .actors
            .iter()
            .map(|a| a.types.iter().map(|t| t.prior).collect())
            .collect();
        let footprint = solution.footprint(&solution.grid.axis, &priors);
        let cut = &self.lines[0];
        let row = 2 * self.plot.row[game.start as usize] as usize;
        let planes = self.lanes[..self.plot.pushed].iter().map(|lanes| {
            let mut cells = self.empty(cut, 2 * self.plot.live.len());
            for (index, share) in footprint.index.iter().zip(&footprint.weight) {
                let (line, k) = cut.place(*index as usize);
                cells[line][row * cut.own + k] += Lane::splat(*share) * lanes.start;
            }
            cells
        });
        planes.collect()
    }

    /// Mass as it is kept: without what repeats in a lane with room for several tables.
    fn shorten(&self, mass: &Mass) -> Vec<Vec<Vec<f64>>> {
        let stride = self.plot.spell.stride();
        let numbers = |cells: &Vec<Lane>| {
            let numbers = cells.iter().flat_map(|cell| &cell[..stride]);
            numbers.copied().collect()
        };
        let planes = mass.par_iter();
        planes
            .map(|cells| cells.iter().map(numbers).collect())
            .collect()
    }

    /// Mass from what was kept of it.
    fn lengthen(&self, kept: &[Vec<Vec<f64>>]) -> Mass {
        let stride = self.plot.spell.stride();
        let cells = |numbers: &Vec<f64>| {
            let cells = numbers.chunks_exact(stride);
            cells
                .map(|cell| Lane::of(|w| cell[w % stride]))
                .collect::<Vec<Lane>>()
        };
        let planes = kept.par_iter();
        planes
            .map(|lines| lines.iter().map(cells).collect())
            .collect()
    }

    fn empty(&self, cut: &Lines, rows: usize) -> Cells {
        vec![vec![Lane::ZERO; rows * cut.own]; cut.count]
    }

    /// Pushes mass through a round; also gives what it was before each stretch if that is to be `kept`.
    fn round(&mut self, round: u32, mut mass: Mass, kept: bool) -> (Mass, Vec<Before>) {
        let mut all = Vec::new();
        for s in 0..self.stretches.len() {
            let stretch = self.stretches[s].clone();
            let before = match &self.turns[stretch.start] {
                Turn::Moves(turn) => {
                    self.prepare(round, stretch.start, turn);
                    let after = self.moves(stretch.start, turn, &mass);
                    Before::Moves(std::mem::replace(&mut mass, after))
                }
                Turn::Chance(_) => Before::Chance(self.chance(&stretch, &mut mass, kept)),
            };
            if kept {
                all.push(before);
            }
        }
        (mass, all)
    }

    /// The phases of chance of a stretch.
    pub fn chances(
        &self,
        stretch: &Stretch,
    ) -> impl DoubleEndedIterator<Item = (usize, &ChanceTurn)> {
        let turns = self.turns[stretch.clone()].iter().zip(stretch.clone());
        turns.filter_map(|(turn, p)| match turn {
            Turn::Chance(turn) => Some((p, turn)),
            Turn::Moves(_) => None,
        })
    }

    /// Works out what the moves of a phase do, by row.
    fn prepare(&mut self, round: u32, p: usize, turn: &MoveTurn) {
        let (game, solution) = (self.plot.shared.game, self.plot.shared.solution);
        let plan = solution.plan_round(game, round);
        if self.operators[p]
            .as_ref()
            .is_some_and(|(known, _)| *known == plan)
        {
            return;
        }
        let Phase::Move(phase) = &game.phases[p] else {
            return;
        };
        let place = (plan, p);
        let made = operator::operators(game, solution, place, phase, &self.lines[p], &turn.nodes);
        let mut nodes: Vec<NodeOperator> = Vec::new();
        nodes.resize_with(self.plot.live.len(), NodeOperator::default);
        for (row, node) in turn.rows.iter().zip(made.nodes) {
            nodes[*row as usize] = node;
        }
        self.operators[p] = Some((plan, Operators { nodes, ..made }));
    }

    /// What a mover's phase does on one line, with `origins` rows a state.
    pub fn on_line<'a>(
        &'a self,
        (p, line): (usize, usize),
        turn: &MoveTurn,
        routes: &'a Routes,
        (rows, origins): (&'a [u32], usize),
        moments: &'a Moments,
        lanes: &'a Lanes,
    ) -> Option<Moves<'a>> {
        let (_, operators) = self.operators[p].as_ref()?;
        Some(Moves {
            operators,
            numbers: &operators.lines[line],
            routes,
            rows,
            origins,
            own: self.lines[p].own,
            cosine: &moments.cosine,
            chosen: &lanes.chosen[turn.mover],
            kept: &lanes.kept,
            seats: &[],
            chebyshev: moments.chebyshev.as_deref(),
        })
    }

    /// Mass after a mover's phase, cut as the next phase wants it.
    fn moves(&self, p: usize, turn: &MoveTurn, mass: &Mass) -> Mass {
        let cut = &self.lines[p];
        let after = &self.lines[self.plot.shared.solution.layout.next_phase(p)];
        let moments = Moments::of(&self.plot.shared, turn.mover, cut);
        let rows: Vec<u32> = turn
            .rows
            .iter()
            .flat_map(|row| [2 * row, 2 * row + 1])
            .collect();
        let all: Vec<u32> = (0..2 * self.plot.live.len() as u32).collect();
        let planes = mass.iter().zip(&self.lanes).map(|(before, lanes)| {
            let mut pushed = self.empty(cut, all.len());
            let lines = pushed.par_iter_mut().zip(before).enumerate();
            lines.for_each(|(line, (pushed, before))| {
                let at = (p, line);
                let push = self.on_line(at, turn, &turn.mass, (&rows, 2), &moments, lanes);
                let Some(push) = push else { return };
                kernels::moves(&push, before, pushed, &mut LineNotes::default());
                if let Some(chebyshev) = &moments.chebyshev {
                    kernels::to_points(chebyshev, cut.own, &all, pushed);
                }
            });
            let mut now = Vec::new();
            recut(&mut now, &mut pushed, cut, after, &all);
            now
        });
        planes.collect()
    }

    /// What begins a spell or enters a set outside of one in a mover's phase, as moments where mass is
    /// held in them.
    pub fn told(&self, p: usize, turn: &MoveTurn, moments: &Moments, before: &Mass) -> Mass {
        let planes = before.iter().zip(&self.lanes).map(|(before, lanes)| {
            let mut told = self.empty(&self.lines[p], turn.reads.len());
            let lines = told.par_iter_mut().zip(before).enumerate();
            lines.for_each(|(line, (told, before))| {
                let rows = (&turn.told_from[..], 2);
                let push = self.on_line((p, line), turn, &turn.told, rows, moments, lanes);
                if let Some(push) = push {
                    kernels::moves(&push, before, told, &mut LineNotes::default());
                }
            });
            told
        });
        planes.collect()
    }

    /// Lets chance act on mass, where it lies.
    fn chance(&self, stretch: &Stretch, mass: &mut Mass, kept: bool) -> Vec<Vec<Vec<Vec<Lane>>>> {
        let own = self.lines[stretch.start].own;
        let planes = mass.iter_mut().zip(&self.lanes).map(|(cells, lanes)| {
            let lines = cells.par_iter_mut().map(|cells| {
                let mut before = Vec::new();
                let phases = self.chances(stretch).map(|(_, turn)| {
                    let mut told = Vec::new();
                    before.clear();
                    for act in &turn.acts {
                        let rows = 2 * act.row as usize * own..2 * (act.row as usize + 1) * own;
                        let rows = &mut cells[rows];
                        before.extend_from_slice(rows);
                        if kept && act.told {
                            told.extend_from_slice(rows);
                        }
                        let stays = Lane::splat(act.stays);
                        rows.iter_mut().for_each(|cell| *cell *= stays);
                    }
                    for (act, from) in turn.acts.iter().zip(before.chunks_exact(2 * own)) {
                        happen(act, from, lanes, cells);
                    }
                    told
                });
                phases.collect()
            });
            lines.collect()
        });
        planes.collect()
    }
}

/// Adds what comes of the mass in the two rows of an act.
fn happen(act: &Act, from: &[Lane], lanes: &Lanes, cells: &mut [Lane]) {
    let own = from.len() / 2;
    let (outside, within) = from.split_at(own);
    for out in &act.outs {
        let Place::Row(row) = out.to else { continue };
        let factor = Lane::splat(out.factor) * lanes.kept[out.inside as usize];
        for (from, kind) in [
            (outside, usize::from(out.step.rises)),
            (within, usize::from(!out.step.falls)),
        ] {
            let first = (2 * row as usize + kind) * own;
            add(&mut cells[first..first + own], factor, from);
        }
    }
}

/// Runs of phases of chance, and the phases of movers.
fn stretches(turns: &[Turn]) -> Vec<Stretch> {
    let mut all: Vec<Stretch> = Vec::new();
    for (p, turn) in turns.iter().enumerate() {
        match (turn, all.last_mut()) {
            (Turn::Chance(_), Some(last)) if matches!(turns[last.start], Turn::Chance(_)) => {
                last.end = p + 1;
            }
            _ => all.push(p..p + 1),
        }
    }
    all
}

widest! {
    /// out += factor·x, point by point.
    pub fn add(out: &mut [Lane], factor: Lane, x: &[Lane]) -> () => add_plain
}

#[inline(always)]
fn add_plain(out: &mut [Lane], factor: Lane, x: &[Lane]) {
    for (out, x) in out.iter_mut().zip(x) {
        *out = factor.mul_add(*x, *out);
    }
}
