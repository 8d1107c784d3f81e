//! The equations of stationary Markov logit play.
//!
//! Unknown are, at every node n of every phase, the value V_i(n) of each actor and, for each mover m
//! with more than one move, the log-ratios x_m(a) = ln σ_m(a) − ln σ_m(0). With
//! τ = o·σ + (1−o)·1{a = default} and Q_i(a) = payoff + Σ B(n'|n,a)·V_i(n') over joint moves a,
//!
//! ```text
//! V_i(n) = Σ_a Π_m τ_m(a_m) Q_i(a)   (+ o_i·H(σ_i)/λ_i at its own moves when noise is taste)
//! x_m(a) = g_m(a) − g_m(0),   g_m = the logit response at precision κ·λ_m to
//! U_m(a) = Σ over the others' moves of Π τ · Q_m
//! ```
//!
//! Values of the next round count δ, an end its value with its flow for ever. At κ = 0 play is uniform
//! and the rest linear; the solution stands at κ = 1. McKelvey and Palfrey (1995, 1998) for the
//! response, Eibelshäuser and Poensgen (2023, "Markov quantal response equilibrium and a homotopy method
//! for computing and selecting Markov perfect equilibria of dynamic stochastic games") for the system,
//! Crisman-Cox and Gibilisco (2018) for taste.

use super::derivative::{BlockMut, Evaluation, Piece, Shape, invert};
use super::flow::Flow;
use super::response::Response;
use crate::game::{Game, MovePhase, Noise, Phase};
use crate::math::{exp, ln, log_sum_exp};
use crate::solve::layout::Layout;
use rayon::prelude::*;
use std::ops::Range;

/// The equations of one game. Nodes are numbered through all phases.
pub struct System<'a> {
    /// The game, without private types.
    pub game: &'a Game,
    /// Where states lie in the tables.
    pub layout: &'a Layout,
    /// What follows the alternatives.
    pub flow: Flow,
    /// Value of each end when it is entered: `[end * actors + actor]`.
    ends: Vec<f64>,
    /// Phase → its first node.
    base: Vec<usize>,
    /// Node → its first unknown: the values, then the log-ratios by mover; and the number of unknowns.
    first: Vec<u32>,
    /// Number of unknowns.
    pub unknowns: usize,
    /// Unknown → is it a log-ratio?
    pub ratio: Vec<bool>,
    /// Unknown → whose value or choice it is.
    pub(super) owner: Vec<u32>,
    /// Row → size of the terms that cancel in it, in units of the largest value.
    weight: Vec<f64>,
    /// Node → where its derivatives begin, counted through all nodes; and how many numbers there are.
    pub(super) block: Vec<usize>,
    /// Nodes of a piece, of which each is one thread's.
    pub(super) piece: usize,
}

/// Numbers that a piece reads, about: enough for a thread to be worth waking.
const GRAIN: usize = 1 << 16;

/// Buffers of one node.
#[derive(Default)]
struct Work {
    /// Place of each mover's log-ratios among those of the node.
    place: Vec<usize>,
    /// Number of moves of each mover, and where they begin in `sigma`.
    size: Vec<usize>,
    offset: Vec<usize>,
    sigma: Vec<f64>,
    log: Vec<f64>,
    tau: Vec<f64>,
    /// Q: `[alternative * actors + actor]`.
    joint: Vec<f64>,
    value: Vec<f64>,
    pair: Vec<f64>,
    /// B.
    own: Vec<f64>,
    response: Response,
}

impl<'a> System<'a> {
    /// Numbers the unknowns of `game`.
    pub fn new(game: &'a Game, layout: &'a Layout) -> Self {
        let actors = game.actors.len();
        let mut ends = Vec::with_capacity(game.ends.len() * actors);
        for end in &game.ends {
            for (i, actor) in game.actors.iter().enumerate() {
                let flow = if end.flow[i] == 0.0 {
                    0.0
                } else {
                    end.flow[i] * actor.discount / (1.0 - actor.discount)
                };
                ends.push(end.value[i] + flow);
            }
        }
        let mut base = Vec::new();
        let mut nodes = 0;
        for count in &layout.nodes {
            base.push(nodes);
            nodes += count;
        }
        let mut system = Self {
            game,
            layout,
            flow: Flow::of(game, layout, &ends, &base),
            ends,
            base,
            first: Vec::with_capacity(nodes + 1),
            unknowns: 0,
            ratio: Vec::new(),
            owner: Vec::new(),
            weight: Vec::new(),
            block: vec![0],
            piece: 1,
        };
        for phase in &game.phases {
            for n in 0..phase.nodes() {
                system.first.push(system.ratio.len() as u32);
                for i in 0..actors {
                    system.ratio.push(false);
                    system.owner.push(i as u32);
                    system.weight.push(1.0);
                }
                if let Phase::Move(moves) = phase {
                    for (actor, moves) in moves.actors.iter().zip(&moves.node_moves[n]) {
                        for _ in 1..moves.len() {
                            system.ratio.push(true);
                            system.owner.push(*actor);
                            let precision = game.actors[*actor as usize].precision;
                            system.weight.push(precision);
                        }
                    }
                }
            }
        }
        system.unknowns = system.ratio.len();
        system.first.push(system.unknowns as u32);
        for node in 0..nodes {
            let end = system.block[node] + system.shape(node).size();
            system.block.push(end);
        }
        let pieces = system.work().div_ceil(GRAIN).max(1);
        system.piece = nodes.div_ceil(pieces).max(1);
        system
    }

    /// Numbers read when the system is multiplied once.
    pub fn work(&self) -> usize {
        self.flow.entries() * self.game.actors.len() + self.block[self.flow.nodes()]
    }

    /// Bytes of the tables and of derivatives at one point.
    pub fn bytes(&self) -> usize {
        12 * self.flow.entries() + 8 * self.block[self.flow.nodes()]
    }

    /// Node `n` of phase `p` among all nodes.
    pub fn node(&self, p: usize, n: usize) -> usize {
        self.base[p] + n
    }

    /// First unknown of a node; the values stand there, in actor order.
    pub fn first(&self, node: usize) -> usize {
        self.first[node] as usize
    }

    /// The log-ratios of a node.
    pub fn ratios(&self, node: usize) -> Range<usize> {
        self.first(node) + self.game.actors.len()..self.first(node + 1)
    }

    pub(super) fn shape(&self, node: usize) -> Shape {
        Shape {
            alternatives: self.flow.alternatives(node),
            ratios: self.ratios(node).len(),
            actors: self.game.actors.len(),
        }
    }

    /// Value of end `e` to each actor when it is entered.
    pub fn end(&self, e: usize) -> &[f64] {
        let actors = self.game.actors.len();
        &self.ends[e * actors..(e + 1) * actors]
    }

    /// Largest size of a value among the unknowns `y` and the ends.
    fn scale(&self, y: &[f64]) -> f64 {
        let values = y.iter().zip(&self.ratio).filter(|(_, ratio)| !**ratio);
        let values = values.map(|(v, _)| v.abs());
        let ends = self.ends.iter().map(|v| v.abs());
        values.chain(ends).fold(1.0, f64::max)
    }

    /// Largest residual in units of the terms that cancel in its row.
    pub fn relative(&self, y: &[f64], residual: &[f64]) -> f64 {
        let scale = self.scale(y);
        let rows = residual.iter().zip(&self.weight).zip(&self.ratio);
        crate::math::largest(rows.map(|((f, weight), ratio)| {
            let size = if *ratio { 1.0 + weight * scale } else { scale };
            f.abs() / size
        }))
    }

    /// Log-ratios of uniform play (over kinds, then inside), values 0.
    pub fn uniform(&self) -> Vec<f64> {
        let mut y = vec![0.0; self.unknowns];
        let mut response = Response::default();
        self.each_choice(|at, p, n, m| {
            let Phase::Move(phase) = &self.game.phases[p] else {
                return;
            };
            let kinds = &phase.node_kinds[n][m];
            response.to(&vec![0.0; kinds.len()], kinds, 0.0);
            for a in 1..kinds.len() {
                y[at + a - 1] = response.log[a] - response.log[0];
            }
        });
        y
    }

    /// Calls `visit` with the first log-ratio, phase, node and mover of everybody who has a choice.
    pub fn each_choice(&self, mut visit: impl FnMut(usize, usize, usize, usize)) {
        for (p, phase) in self.game.phases.iter().enumerate() {
            let Phase::Move(phase) = phase else { continue };
            for n in 0..phase.nodes() {
                let mut at = self.ratios(self.node(p, n)).start;
                for (m, moves) in phase.node_moves[n].iter().enumerate() {
                    if moves.len() > 1 {
                        visit(at, p, n, m);
                    }
                    at += moves.len() - 1;
                }
            }
        }
    }

    /// ln σ of the moves of node `n` of phase `p` at `y`, movers in their order.
    pub fn log_sigma(&self, y: &[f64], p: usize, n: usize) -> Vec<f64> {
        let Phase::Move(phase) = &self.game.phases[p] else {
            return Vec::new();
        };
        let mut at = self.ratios(self.node(p, n)).start;
        let mut all = Vec::new();
        for moves in &phase.node_moves[n] {
            let first = all.len();
            all.push(0.0);
            all.extend_from_slice(&y[at..at + moves.len() - 1]);
            at += moves.len() - 1;
            let total = log_sum_exp(&all[first..]);
            all[first..].iter_mut().for_each(|l| *l -= total);
        }
        all
    }

    /// F and ∂F at `y` and κ, into `out`; the border stays.
    pub fn evaluate(&self, y: &[f64], kappa: f64, out: &mut Evaluation) {
        let actors = self.game.actors.len();
        let nodes = self.flow.nodes();
        out.values.clear();
        for first in &self.first[..nodes] {
            let first = *first as usize;
            out.values.extend_from_slice(&y[first..first + actors]);
        }
        let values = &out.values;
        out.pieces
            .resize_with(nodes.div_ceil(self.piece), Piece::default);
        let fill = |(k, piece): (usize, &mut Piece)| {
            piece.first = k * self.piece;
            piece.end = nodes.min(piece.first + self.piece);
            piece.sign = 1.0;
            piece.residual.clear();
            let size = self.block[piece.end] - self.block[piece.first];
            piece.numbers.resize(size, 0.0);
            let mut work = Work::default();
            for node in piece.first..piece.end {
                let p = self.flow.phase[node] as usize;
                match &self.game.phases[p] {
                    Phase::Events(_) => self.events(node, y, values, piece, &mut work),
                    Phase::Move(phase) => {
                        let n = node - self.base[p];
                        self.moves((node, phase, n), y, kappa, values, piece, &mut work);
                    }
                }
            }
        };
        if let [piece] = &mut out.pieces[..] {
            fill((0, piece));
        } else {
            out.pieces.par_iter_mut().enumerate().for_each(fill);
        }
        out.residual.clear();
        for piece in &out.pieces {
            out.residual.extend_from_slice(&piece.residual);
        }
    }

    fn events(&self, node: usize, y: &[f64], values: &[f64], piece: &mut Piece, w: &mut Work) {
        self.flow.worth(node, values, &mut w.joint);
        let first = self.first(node);
        for (i, value) in w.joint.iter().enumerate() {
            piece.residual.push(y[first + i] - value);
        }
        let start = self.block[node] - self.block[piece.first];
        piece.numbers[start] = 1.0;
    }

    fn moves(
        &self,
        (node, phase, n): (usize, &MovePhase, usize),
        y: &[f64],
        kappa: f64,
        values: &[f64],
        piece: &mut Piece,
        w: &mut Work,
    ) {
        let game = self.game;
        let actors = game.actors.len();
        let movers = phase.actors.len();
        let alternatives = phase.alternatives(n);
        let count = alternatives.len();
        let shape = self.shape(node);
        let at = self.first(node);
        let start = self.block[node] - self.block[piece.first];
        let block = BlockMut::of(shape, &mut piece.numbers[start..start + shape.size()]);
        let residual = &mut piece.residual;
        self.choices(at + actors, phase, n, y, w);
        self.flow.worth(node, values, &mut w.joint);
        let moves =
            &phase.alternative_moves[alternatives.start * movers..alternatives.end * movers];
        let moved = |k: usize, m: usize| moves[k * movers + m] as usize;
        let share = |w: &Work, k: usize, without: [usize; 2]| -> f64 {
            let mut share = 1.0;
            for m in 0..movers {
                if m != without[0] && m != without[1] {
                    share *= w.tau[w.offset[m] + moved(k, m)];
                }
            }
            share
        };
        let nobody = usize::MAX;
        for k in 0..count {
            block.share[k] = share(w, k, [nobody, nobody]);
        }
        for i in 0..actors {
            let mut value = 0.0;
            for k in 0..count {
                value += block.share[k] * w.joint[k * actors + i];
            }
            for m in 0..movers {
                let (first, size) = (w.offset[m], w.size[m]);
                if size < 2 {
                    continue;
                }
                let own = &phase.node_opportunity[n][m];
                w.value.clear();
                w.value.resize(size, 0.0);
                for k in 0..count {
                    w.value[moved(k, m)] += share(w, k, [m, nobody]) * w.joint[k * actors + i];
                }
                let sigma = &w.sigma[first..first + size];
                let mean: f64 = sigma.iter().zip(&w.value).map(|(s, q)| s * q).sum();
                let precision = game.actors[i].precision;
                let tastes = game.noise == Noise::Taste && phase.actors[m] as usize == i;
                let logs = &w.log[first..first + size];
                let entropy: f64 = -sigma.iter().zip(logs).map(|(s, l)| s * l).sum::<f64>();
                if tastes {
                    value += own.believed * entropy / precision;
                }
                for c in 1..size {
                    let mut slope = sigma[c] * (w.value[c] - mean);
                    if tastes {
                        slope -= sigma[c] * (logs[c] + entropy) / precision;
                    }
                    block.value[i * shape.ratios + w.place[m] + c - 1] = own.believed * slope;
                }
            }
            residual.push(y[at + i] - value);
        }
        w.own.clear();
        w.own.resize(shape.ratios * shape.ratios, 0.0);
        for m in 0..movers {
            let size = w.size[m];
            if size < 2 {
                continue;
            }
            let actor = phase.actors[m] as usize;
            let precision = game.actors[actor].precision;
            w.value.clear();
            w.value.resize(size, 0.0);
            for k in 0..count {
                w.value[moved(k, m)] += share(w, k, [m, nobody]) * w.joint[k * actors + actor];
            }
            let mut response = std::mem::take(&mut w.response);
            response.to(&w.value, &phase.node_kinds[n][m], kappa * precision);
            for r in 1..size {
                let row = w.place[m] + r - 1;
                let x = y[at + actors + row];
                residual.push(x - (response.log[r] - response.log[0]));
                w.own[row * shape.ratios + row] = 1.0;
                let slope = |b: usize| response.slope[r * size + b] - response.slope[b];
                for k in 0..count {
                    block.follow[row * count + k] = share(w, k, [m, nobody]) * slope(moved(k, m));
                }
                for j in (0..movers).filter(|j| *j != m) {
                    let (first, others) = (w.offset[j], w.size[j]);
                    if others < 2 {
                        continue;
                    }
                    w.pair.clear();
                    w.pair.resize(others, 0.0);
                    for k in 0..count {
                        w.pair[moved(k, j)] +=
                            slope(moved(k, m)) * share(w, k, [m, j]) * w.joint[k * actors + actor];
                    }
                    let sigma = &w.sigma[first..first + others];
                    let mean: f64 = sigma.iter().zip(&w.pair).map(|(s, q)| s * q).sum();
                    let believed = phase.node_opportunity[n][j].believed;
                    for c in 1..others {
                        let slope = believed * sigma[c] * (w.pair[c] - mean);
                        w.own[row * shape.ratios + w.place[j] + c - 1] = -slope;
                    }
                }
                let by_kappa = response.by_precision[r] - response.by_precision[0];
                block.by_kappa[row] = precision * by_kappa;
            }
            w.response = response;
        }
        piece.sign *= invert(&mut w.own, shape.ratios, block.inverse);
    }

    /// Choices of node `n` at `y`, whose log-ratios begin at `at`.
    fn choices(&self, at: usize, phase: &MovePhase, n: usize, y: &[f64], w: &mut Work) {
        w.place.clear();
        w.size.clear();
        w.offset.clear();
        w.sigma.clear();
        w.log.clear();
        w.tau.clear();
        let mut place = 0;
        for (m, moves) in phase.node_moves[n].iter().enumerate() {
            let first = w.log.len();
            w.place.push(place);
            w.size.push(moves.len());
            w.offset.push(first);
            w.log.push(0.0);
            w.log
                .extend_from_slice(&y[at + place..at + place + moves.len() - 1]);
            place += moves.len() - 1;
            let best = w.log[first..].iter().copied().fold(0.0, f64::max);
            let total: f64 = w.log[first..].iter().map(|l| exp(l - best)).sum();
            let total = best + ln(total);
            let own = &phase.node_opportunity[n][m];
            for a in 0..moves.len() {
                w.log[first + a] -= total;
                let sigma = exp(w.log[first + a]);
                let forced = if a == own.default as usize {
                    1.0 - own.believed
                } else {
                    0.0
                };
                w.sigma.push(sigma);
                w.tau.push(own.believed * sigma + forced);
            }
        }
    }
}
