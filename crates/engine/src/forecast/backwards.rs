//! Outcome classes of many distributions at once, by one pass backwards.
//!
//! The probability of a class is linear in the mass on the belief grid. So instead of pushing each
//! distribution forward, what mass at a point will be worth to each class is carried backwards through
//! the phases, by the adjoint of what they do to mass, and each distribution is read through it. This
//! agrees with the forecast to rounding. It holds where all rounds are alike: where plans look a number
//! of rounds ahead. Then what lies so many phases before the end of one round lies as many before the end
//! of every other, and one pass gives a distribution's classes at the end of each round to come.

use super::adjoint;
use super::kernels::Chances;
use super::lines::Lines;
use super::on_grid::{Grid, Moments, Ways, recut, room};
use super::operator;
use super::push::{Profile, Shared};
use super::read::Accounts;
use crate::game::{Foresight, Phase};
use crate::math::lanes::{Lane, W};
use crate::solve::Observer;
use rayon::prelude::*;

/// A distribution that went over to the grid and stands there.
pub struct Kept {
    grid: Grid,
    /// Phases passed since the start.
    passed: usize,
}

impl Kept {
    /// Spreads the particles of the profiles before the phase that follows after `passed` phases, and
    /// takes them away.
    pub fn of(shared: &Shared, passed: usize, parts: &mut [Profile]) -> Self {
        let phase = passed % shared.game.phases.len();
        Self {
            grid: Grid::of(shared, phase, parts),
            passed,
        }
    }

    /// What its mass is worth to a class.
    fn worth(&self, values: &Values, cut: &Lines, class: usize) -> f64 {
        let rows = &self.grid.rows;
        let masses = &self.grid.planes;
        let worth = &values.planes[class * masses.len()..];
        let of_planes = masses.iter().zip(worth).map(|(mass, worth)| {
            let lines = mass.now.par_iter().zip(&worth.now);
            let sums = lines.map(|(mass, worth)| adjoint::product(rows, cut.own, mass, worth));
            let mut sum = Lane::ZERO;
            for line in sums.collect::<Vec<Lane>>() {
                sum += line;
            }
            sum.0.iter().sum::<f64>()
        });
        of_planes.sum()
    }
}

impl Shared<'_> {
    /// Can `count` distributions of so many profiles be read through one pass backwards?
    pub(super) fn reads_backwards(&self, profiles: usize, count: usize) -> bool {
        let planes = (profiles * self.avoided.parts.len()).div_ceil(W);
        // Of what is kept there is one buffer, of what is carried backwards there are two.
        let planes = planes * (self.game.classes.len() + count.div_ceil(2));
        matches!(self.game.foresight, Foresight::Rounds(_))
            && self.game.has_types()
            && !self.game.has_joint_moves()
            && self.avoided.complete()
            && operator::bytes(self.game, self.solution, self.origins.len(), planes)
                <= u128::from(self.options.memory)
    }

    /// What the mass in `state` that has avoided each part counts for each class: `[class * parts + part]`.
    pub(super) fn counts(&self, state: u32) -> Vec<f64> {
        let all = self.avoided.parts.len();
        let subsets = self.avoided.read_by_classes();
        let mut counts = vec![0.0; self.game.classes.len() * all];
        let mut avoiding = vec![0.0; subsets.len()];
        for part in subsets {
            avoiding[part] = 1.0;
            self.avoided.histories(&avoiding, |bits, mass| {
                let class = self.history.class(self.game, bits, state);
                if let Some(count) = counts.get_mut(class * all + part) {
                    *count += mass;
                }
            });
            avoiding[part] = 0.0;
        }
        counts
    }
}

/// What mass is worth to each class at the end of a round, by class and plane of the grid.
struct Values {
    planes: Vec<Plane>,
    /// Of what comes to each end.
    ends: Vec<Vec<Lane>>,
}

/// Line → `[row * own + k]`, in the lanes of a plane of the grid.
struct Plane {
    now: Vec<Vec<Lane>>,
    next: Vec<Vec<Lane>>,
}

impl Values {
    /// At the end of a round, before the first phase.
    fn at_end(shared: &Shared, grid: &Grid, cut: &Lines) -> Self {
        let game = shared.game;
        let parts = shared.avoided.parts.len();
        let rows: Vec<Vec<f64>> = game.phases[0]
            .states()
            .iter()
            .map(|state| shared.counts(*state))
            .collect();
        let ends: Vec<(Vec<f64>, u32)> = game
            .ends
            .iter()
            .map(|end| {
                let inside = shared
                    .avoided
                    .inside(shared.history.mask[end.state as usize]);
                (shared.counts(end.state), shared.avoided.index(inside))
            })
            .collect();
        let (mut planes, mut worth) = (Vec::new(), Vec::new());
        for class in 0..game.classes.len() {
            for plane in &grid.planes {
                let lane = |counts: &[f64]| {
                    let of = |slot: &(usize, usize)| counts[class * parts + slot.1];
                    Lane::of(|w| plane.slots.get(w).map_or(0.0, of))
                };
                let of_rows = rows.iter().map(|counts| lane(counts));
                let line: Vec<Lane> = of_rows
                    .flat_map(|lane| std::iter::repeat_n(lane, cut.own * shared.origins.len()))
                    .collect();
                planes.push(Plane {
                    now: vec![line; cut.count],
                    next: Vec::new(),
                });
                let of_ends = ends.iter();
                worth.push(
                    of_ends
                        .map(|(counts, inside)| lane(counts) * plane.kept[*inside as usize])
                        .collect(),
                );
            }
        }
        Self {
            planes,
            ends: worth,
        }
    }

    /// Carries them from after phase `p` to before it.
    fn back(&mut self, shared: &Shared, grid: &Grid, p: usize, lines: &[Lines], ways: &Ways) {
        let game = shared.game;
        let (cut, after) = (lines[p], lines[shared.solution.layout.next_phase(p)]);
        let reached: Vec<u32> = (0..ways.routes.rows as u32).collect();
        let rows: Vec<u32> = (0..(game.phases[p].nodes() * shared.origins.len()) as u32).collect();
        let mover = match &game.phases[p] {
            Phase::Move(phase) => Some(phase.actors[0] as usize),
            Phase::Events(_) => None,
        };
        let moments = mover.map(|mover| Moments::of(shared, mover, &cut));
        let each = grid.planes.len();
        let planes = self.planes.par_iter_mut().zip(&self.ends).enumerate();
        planes.for_each(|(at, (plane, ends))| {
            let like = &grid.planes[at % each];
            let (now, next) = (&mut plane.now, &mut plane.next);
            recut(next, now, &after, &cut, &reached);
            now.resize_with(cut.count, Vec::new);
            let lines = now.par_iter_mut().zip(next).enumerate();
            lines.for_each(|(line, (now, next))| {
                let live = reached.len() * cut.own;
                room(next, live + cut.own);
                // What has ended is worth what its end says.
                next[live..live + cut.own].fill(Lane::ZERO);
                room(now, rows.len() * cut.own);
                let next = &mut next[..live + cut.own];
                if let (Some(mover), Some(moments)) = (mover, &moments) {
                    let lanes = (&like.chosen[mover][..], &like.kept[..], &[][..]);
                    let push = ways.on_line(shared, line, &rows, moments, lanes, cut.own);
                    adjoint::moves(&push, ends, next, now);
                } else {
                    let push = Chances {
                        routes: &ways.routes,
                        rows: &rows,
                        own: cut.own,
                        kept: &like.kept,
                        sums: false,
                    };
                    adjoint::chances(&push, ends, next, now);
                }
            });
        });
    }
}

/// Adds to the accounts of each distribution (those of its first profile) what the classes of its mass on
/// the grid come to at the end of each round; `None` when cancelled.
pub(super) fn classes(
    shared: &Shared,
    kept: &mut [(Kept, &mut Accounts)],
    observer: &dyn Observer,
) -> Option<()> {
    let game = shared.game;
    let phases = game.phases.len();
    let total = game.horizon as usize * phases;
    let Some(longest) = kept.iter().map(|(kept, _)| total - kept.passed).max() else {
        return Some(());
    };
    let lines = Lines::of_phases(game, &shared.solution.grid);
    let mut ways: Vec<Option<Ways>> = game.phases.iter().map(|_| None).collect();
    let mut values = Values::at_end(shared, &kept[0].0.grid, &lines[0]);
    for ahead in 0..=longest {
        if observer.cancelled() {
            return None;
        }
        observer.progress("forecast", ahead as u64, longest as u64);
        // Before this phase, so many phases before the end of a round.
        let p = (phases - ahead % phases) % phases;
        for (kept, accounts) in kept.iter_mut() {
            let end = kept.passed + ahead;
            if kept.passed % phases == p && end <= total {
                for (c, class) in accounts.classes.iter_mut().enumerate() {
                    class[end / phases] += kept.worth(&values, &lines[p], c);
                }
            }
        }
        if ahead < longest {
            let q = (p + phases - 1) % phases;
            let ways =
                ways[q].get_or_insert_with(|| Ways::of(shared, 0, q, &game.phases[q], &lines[q]));
            values.back(shared, &kept[0].0.grid, q, &lines, ways);
        }
    }
    Some(())
}
