//! What a mover's decision does to mass on the solver's belief grid.
//!
//! Mass that arrives at a posterior is spread over the grid with the weights by which values are
//! interpolated there. This is the adjoint of the solver's interpolation: any polynomial in z that the
//! grid represents keeps its mean, so mass does not diffuse as it does when it is split between two
//! neighbours; some weights are negative. The error is that of interpolating the forecast's
//! own value function, and falls with the grid as fast as the solver's does.
//!
//! Targets that get the same share of the mass up to a factor, at every belief, and teach the same
//! form one *flow*: it is spread once. Where values are one polynomial in z along the mover's axis, a
//! flow is spread as moments, the sums of mass·T_m(z) over its posteriors: they need only z where the
//! weights of all points would have to be read, and are turned into mass at the points once a phase.
//!
//! Everything is laid out line by line ([`Lines`]), as it is read.

use super::cloud::Origin;
use super::lines::Lines;
use super::push::errs;
use crate::belief::{BeliefGrid, Footprint, stick_odds};
use crate::game::{Game, MovePhase, Phase};
use crate::math::lanes::W;
use crate::play::Play;
use crate::solve::Solution;
use crate::solve::signals::Signals;
use rayon::prelude::*;

/// What the moves of a phase do whatever the strategies: by node.
pub struct Node {
    /// Signals that teach something about the mover.
    pub(super) teaching: Vec<usize>,
    /// Whose shares of the mass are worked out.
    pub(super) columns: Vec<Column>,
    /// Where mass goes, by signal.
    pub flows: Vec<Flow>,
}

/// A move, or the part of it that is chosen in one way.
pub(super) type Column = (usize, Option<Origin>);

/// Targets with proportional shares and one signal.
pub struct Flow {
    /// The signal among those that teach; `None` when it teaches nothing.
    pub signal: Option<usize>,
    /// Only the part whose escalation spell would begin this way; `None` for all of it.
    pub origin: Option<Origin>,
    /// The targets lie above the present rung of the ladder: all of them do or none.
    pub rises: bool,
    /// The columns of which it takes a part, and the part. The first columns are the moves; more follow
    /// for the parts of moves that are chosen in one way.
    pub parts: Vec<(usize, f64)>,
    /// Next state, and its factor to the flow's share.
    pub targets: Vec<(u32, f64)>,
}

/// What a mover's phase does to mass, in one round of the plan.
#[derive(Default)]
pub struct Operators {
    /// By node.
    pub nodes: Vec<NodeOperator>,
    /// By line; one stretch for each node, in the order in which it is read.
    pub lines: Vec<Numbers>,
    /// What is paid at the moves, by node, column and type.
    pub pays: Vec<Pay>,
}

/// What differs between the points of a line.
#[derive(Default)]
pub struct Numbers {
    /// For each node from [`NodeOperator::first`] on: where values are one polynomial, z of the
    /// posterior of each signal that teaches, `[signal * own + k]`; else the weights of its footprint,
    /// `[(signal * own + k) * width + i]`. Then the shares of the columns, `[(column * types + type) * own + k]`.
    pub values: Vec<f64>,
    /// Places of the line that the weights belong to, from [`NodeOperator::first_index`] on.
    pub index: Vec<u16>,
}

/// Where the numbers of one node stand.
#[derive(Default)]
pub struct NodeOperator {
    /// Where the node begins in [`Numbers::values`],
    pub first: usize,
    /// and in [`Numbers::index`].
    pub first_index: usize,
    /// Its stretch of [`Operators::pays`].
    pub pays: std::ops::Range<usize>,
    /// Signals that teach.
    pub signals: usize,
    /// Entries of a footprint; 0 where values are one polynomial.
    pub width: usize,
}

impl NodeOperator {
    /// Where the shares of a column begin, after [`Self::first`], on lines of `own` points.
    #[inline(always)]
    pub fn column(&self, column: usize, types: usize, own: usize) -> usize {
        self.signals * own * self.width.max(1) + column * types * own
    }
}

/// A payment at a move.
pub struct Pay {
    /// The move.
    pub column: usize,
    /// Type of the mover.
    pub own_type: usize,
    /// Who is paid.
    pub seat: usize,
    /// How much.
    pub amount: f64,
}

/// Nodes of a mover's phase `p`. `rank` gives each state's place on the ladder, or is empty when the
/// origins of spells are not followed.
pub fn nodes(
    game: &Game,
    solution: &Solution,
    p: usize,
    phase: &MovePhase,
    rank: &[u16],
) -> Vec<Node> {
    let typed = game.actors[phase.actors[0] as usize].types.len() > 1;
    let signals = &solution.layout.signals[p];
    (0..phase.nodes())
        .into_par_iter()
        .map(|n| Node::of(phase, n, &signals[n], typed, rank))
        .collect()
}

/// Operators of a mover's phase `p` in a round of the plan.
pub fn operators(
    game: &Game,
    solution: &Solution,
    (round, p): (usize, usize),
    phase: &MovePhase,
    lines: &Lines,
    nodes: &[Node],
) -> Operators {
    let made: Vec<(NodeOperator, Vec<Numbers>)> = (0..phase.nodes())
        .into_par_iter()
        .map_init(Buffers::default, |buffers, n| {
            let place = (round, p, n);
            operator(game, solution, place, phase, lines, &nodes[n], buffers)
        })
        .collect();
    let numbers = (0..lines.count)
        .into_par_iter()
        .map(|line| {
            let mut all = Numbers::default();
            for (_, numbers) in &made {
                all.values.extend_from_slice(&numbers[line].values);
                all.index.extend_from_slice(&numbers[line].index);
            }
            all
        })
        .collect();
    let mut result = Operators {
        lines: numbers,
        ..Default::default()
    };
    let (mut first, mut first_index) = (0, 0);
    for (n, (mut node, numbers)) in made.into_iter().enumerate() {
        (node.first, node.first_index) = (first, first_index);
        first += numbers.first().map_or(0, |n| n.values.len());
        first_index += numbers.first().map_or(0, |n| n.index.len());
        node.pays.start = result.pays.len();
        pay(game, phase, n, &mut result.pays);
        node.pays.end = result.pays.len();
        result.nodes.push(node);
    }
    result
}

/// Is mass that `mover` moved held in moments?
pub fn in_moments(grid: &BeliefGrid, mover: usize) -> bool {
    grid.blocks[mover].types == 2 && grid.axis.is_global()
}

/// Buffers of one thread.
#[derive(Default)]
struct Buffers {
    play: Play,
    footprint: Footprint,
    odds: Vec<f64>,
}

/// The operator of a node, and its numbers by line.
fn operator(
    game: &Game,
    solution: &Solution,
    node: (usize, usize, usize),
    phase: &MovePhase,
    lines: &Lines,
    structure: &Node,
    buffers: &mut Buffers,
) -> (NodeOperator, Vec<Numbers>) {
    let n = node.2;
    let mover = phase.actors[0] as usize;
    let types = game.actors[mover].types.len();
    let grid = &solution.grid;
    let axes = types - 1;
    let Node {
        teaching, columns, ..
    } = structure;
    let width = if in_moments(grid, mover) {
        0
    } else {
        grid.axis.width.pow(axes as u32)
    };
    let moves = phase.alternatives(n).len();
    let operator = NodeOperator {
        signals: teaching.len(),
        width,
        ..Default::default()
    };
    let Buffers {
        play,
        footprint,
        odds,
    } = buffers;
    odds.resize(axes, 0.0);
    let (own, step) = (lines.own, width.max(1));
    let opportunity = phase.node_opportunity[n][0];
    let size = operator.column(columns.len(), types, own);
    let numbers = (0..lines.count).map(|line| {
        let mut values = vec![0.0; size];
        let mut index = vec![0; teaching.len() * own * width];
        for k in 0..own {
            play.at_point(game, solution, phase, node, lines.point(line, k));
            for (i, g) in teaching.iter().enumerate() {
                stick_odds(&play.posterior[g * types..(g + 1) * types], odds);
                let at = (i * own + k) * step;
                if width == 0 {
                    values[at] = grid.axis.cosine_at(odds[0]);
                    continue;
                }
                footprint.at(&grid.axis, odds);
                let entries = footprint.index.iter().zip(&footprint.weight);
                for (i, (place, weight)) in entries.enumerate() {
                    index[at + i] = *place as u16;
                    values[at + i] = *weight;
                }
            }
            for t in 0..types {
                let sigma = &play.sigma[t * moves..(t + 1) * moves];
                let best = sigma.iter().copied().fold(0.0, f64::max);
                for (c, (a, origin)) in columns.iter().enumerate() {
                    let default = *a == opportunity.default as usize;
                    let forced = if default {
                        1.0 - opportunity.probability
                    } else {
                        0.0
                    };
                    let choice = if !default && errs(game, sigma[*a], best) {
                        Origin::Noise
                    } else {
                        Origin::Choice
                    };
                    if origin.is_none_or(|origin| origin == choice) {
                        values[operator.column(c, types, own) + t * own + k] =
                            opportunity.probability * sigma[*a] + forced;
                    }
                }
            }
        }
        Numbers { values, index }
    });
    let numbers = numbers.collect();
    (operator, numbers)
}

/// Adds what is paid at the moves of a node. Who moves is paid as the type it is.
fn pay(game: &Game, phase: &MovePhase, n: usize, pays: &mut Vec<Pay>) {
    let mover = phase.actors[0] as usize;
    let (types, seats) = (game.actors[mover].types.len(), game.seats());
    let first = game.seat(mover);
    for (column, alternative) in phase.alternatives(n).enumerate() {
        for own_type in 0..types {
            for seat in 0..seats {
                let amount = phase.payoff[alternative * seats + seat];
                let other = !(first..first + types).contains(&seat);
                if amount != 0.0 && (other || seat == first + own_type) {
                    pays.push(Pay {
                        column,
                        own_type,
                        seat,
                        amount,
                    });
                }
            }
        }
    }
}

impl Node {
    fn of(phase: &MovePhase, n: usize, signals: &Signals, typed: bool, rank: &[u16]) -> Self {
        let teaching: Vec<usize> = (0..signals.len())
            .filter(|g| typed && !signals.mute[*g])
            .collect();
        let alternatives = phase.alternatives(n);
        let moves = alternatives.len();
        let first = phase.outcomes(alternatives.start).start;
        let state = phase.node_state[n] as usize;
        // Where each target comes from: the true probability that a move goes that way under its own
        // label, then under another's, `[label * moves + move]`.
        let mut sources = vec![vec![0.0; 2 * moves]; signals.targets.len()];
        for (a, alternative) in alternatives.enumerate() {
            for o in phase.outcomes(alternative) {
                let own = phase.outcome_labels[o] == phase.node_moves[n][0][a];
                let target = signals.outcome_target[o - first] as usize;
                sources[target][usize::from(!own) * moves + a] += phase.outcome_true[o];
            }
        }
        let mut columns: Vec<Column> = (0..moves).map(|a| (a, None)).collect();
        let mut flows: Vec<Flow> = Vec::new();
        for ((to, g), mut source) in signals.targets.iter().zip(sources) {
            let total: f64 = source.iter().sum();
            if total <= 0.0 {
                continue;
            }
            source.iter_mut().for_each(|s| *s /= total);
            let (labelled, other) = source.split_at(moves);
            let signal = teaching.iter().position(|t| t == &(*g as usize));
            let rises = !rank.is_empty() && rank[*to as usize] > rank[state];
            let origins: &[Option<Origin>] = if rises {
                &[
                    None,
                    Some(Origin::Choice),
                    Some(Origin::Noise),
                    Some(Origin::Chance),
                ]
            } else {
                &[None]
            };
            for origin in origins {
                let mut parts: Vec<(usize, f64)> = Vec::new();
                for a in 0..moves {
                    let (column, part) = match origin {
                        None => ((a, None), labelled[a] + other[a]),
                        Some(Origin::Chance) => ((a, None), other[a]),
                        Some(_) => ((a, *origin), labelled[a]),
                    };
                    if part == 0.0 {
                        continue;
                    }
                    let known = columns.iter().position(|c| *c == column);
                    let column = known.unwrap_or_else(|| {
                        columns.push(column);
                        columns.len() - 1
                    });
                    parts.push((column, part));
                }
                let same = |flow: &Flow| {
                    flow.signal == signal
                        && flow.origin == *origin
                        && flow.rises == rises
                        && flow.parts.len() == parts.len()
                        && flow.parts.iter().zip(&parts).all(|((c, x), (d, y))| {
                            c == d && (x - y).abs() <= 4.0 * f64::EPSILON * x.max(*y)
                        })
                };
                match flows.iter().position(same) {
                    Some(f) => flows[f].targets.push((*to, total)),
                    None => flows.push(Flow {
                        signal,
                        origin: *origin,
                        rises,
                        parts,
                        targets: vec![(*to, total)],
                    }),
                }
            }
        }
        // By signal, so that what belongs to one is worked out once.
        flows.sort_by_key(|flow| flow.signal);
        Self {
            teaching,
            columns,
            flows,
        }
    }
}

impl Flow {
    /// Does mass take this flow? Where a spell begins, that is for mass outside every spell (`calm`) that
    /// rises, it takes the parts by origin, else the whole.
    pub fn carries(&self, calm: bool) -> bool {
        !self.parts.is_empty() && self.origin.is_some() == (calm && self.rises)
    }
}

/// Bytes of the operators of one round, and of two buffers of `planes` with `origins` rows a node.
pub fn bytes(game: &Game, solution: &Solution, origins: usize, planes: usize) -> u128 {
    let points = solution.grid.points as u128;
    let mut operators = 0u128;
    let mut rows = 0u128;
    for (p, phase) in game.phases.iter().enumerate() {
        rows = rows.max(phase.nodes() as u128);
        if let Phase::Move(phase) = phase {
            let types = game.actors[phase.actors[0] as usize].types.len();
            let width = solution.grid.axis.width.pow(types as u32 - 1) as u128;
            for (n, signals) in solution.layout.signals[p].iter().enumerate() {
                let columns =
                    phase.alternatives(n).len() * if game.ladder.is_some() { 3 } else { 1 };
                operators +=
                    points * (signals.len() as u128 * width * 10 + (columns * types) as u128 * 8);
            }
        }
    }
    // Built node by node, then put together.
    2 * operators + 2 * rows * origins as u128 * points * planes as u128 * (W * 8) as u128
}
