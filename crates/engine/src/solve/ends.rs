//! The ends of a node's lines of beliefs, where the mover's type is known: nothing can be learned, so
//! the moves are worth what follows at the same belief, and one evaluation is all. The ends of all
//! lines lie side by side in lanes.

use super::coefficients::ends;
use super::node::{Buffers, Context};
use crate::math::lanes::{Lane, W, widest};

widest! {
    /// Fills `values` and `strategy` at the ends of all lines of node `n`. Reads
    /// `buffers.coefficients` and `buffers.kinds` of the node.
    pub fn solve(
        context: &Context,
        n: usize,
        other_seats: &[usize],
        values: &mut [f64],
        strategy: &mut [f64],
        buffers: &mut Buffers,
    ) => in_lanes
}

#[inline(always)]
fn in_lanes(
    context: &Context,
    n: usize,
    other_seats: &[usize],
    values: &mut [f64],
    strategy: &mut [f64],
    buffers: &mut Buffers,
) {
    let stage = context.lane_stage(n, &buffers.coefficients, &buffers.kinds, &[]);
    let signals = stage.signals;
    let own = stage.points;
    let block = &context.grid.blocks[context.moves.actors[0] as usize];
    let size = ends(stage.all_lines);
    let work = &mut buffers.lanes;
    let precision = Lane::splat(stage.precision);
    let known = [0, 1].map(|t| {
        Lane::of(|w| block.beliefs[if w.is_multiple_of(2) { 0 } else { own - 1 } * 2 + t])
    });
    for b in 0..size / W {
        let curve = |p: usize, seat: usize| {
            Lane::read(&buffers.coefficients.ends[(p * stage.seats + seat) * size + b * W..])
        };
        let point = |w: usize| {
            let i = b * W + w;
            let k = if i.is_multiple_of(2) { 0 } else { own - 1 };
            (i < 2 * stage.all_lines).then(|| context.at(i / 2, k))
        };
        work.value.clear();
        work.value.resize(2 * stage.moves, Lane::ZERO);
        for (p, (a, _)) in signals.pairs.iter().enumerate() {
            for t in 0..2 {
                work.value[t * stage.moves + *a as usize] += curve(p, stage.first_seat + t);
            }
        }
        work.choose(stage.moves, stage.kinds, precision);
        let width = 2 * stage.moves;
        let logs = std::hint::black_box(&work.log_sigma);
        for w in 0..W {
            let Some(point) = point(w).filter(|_| context.kept) else {
                continue;
            };
            for (out, log) in strategy[point * width..][..width].iter_mut().zip(logs) {
                *out = log[w];
            }
        }
        work.own_values(&stage);
        work.played(&stage, &known);
        for seat in other_seats {
            let mut value = Lane::ZERO;
            for (p, (a, _)) in signals.pairs.iter().enumerate() {
                value = work.played[*a as usize].mul_add(curve(p, *seat), value);
            }
            work.seats[*seat] = value;
        }
        work.write_values(values, context.grid.points, point);
    }
}
