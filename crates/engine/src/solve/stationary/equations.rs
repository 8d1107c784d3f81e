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

use super::linear::Matrix;
use super::response::Response;
use crate::game::{EventsPhase, Game, MovePhase, NONE, Noise, Phase, State};
use crate::math::{exp, ln, log_sum_exp};
use crate::solve::layout::Layout;

/// The equations of one game.
pub struct System<'a> {
    /// The game, without private types.
    pub game: &'a Game,
    /// Where states lie in the tables.
    pub layout: &'a Layout,
    /// Value of each end when it is entered: `[end * actors + actor]`.
    ends: Vec<f64>,
    /// Phase → node → its first unknown: the values, then the log-ratios by mover.
    first: Vec<Vec<u32>>,
    /// Number of unknowns.
    pub unknowns: usize,
    /// Unknown → is it a log-ratio?
    pub ratio: Vec<bool>,
    /// Row → size of the terms that cancel in it, in units of the largest value.
    weight: Vec<f64>,
}

/// Residuals and derivatives at one point.
#[derive(Default)]
pub struct Evaluation {
    /// F.
    pub residual: Vec<f64>,
    /// ∂F, the column of κ and a last row to be filled with a border.
    pub matrix: Matrix,
    rows: Rows,
    work: Work,
}

/// Builds rows, equal columns summed.
#[derive(Default)]
struct Rows {
    place: Vec<u32>,
    columns: Vec<u32>,
    values: Vec<f64>,
}

impl Rows {
    fn add(&mut self, column: usize, value: f64) {
        let place = self.place[column] as usize;
        if place < self.columns.len() && self.columns[place] as usize == column {
            self.values[place] += value;
        } else {
            self.place[column] = self.columns.len() as u32;
            self.columns.push(column as u32);
            self.values.push(value);
        }
    }

    fn end(&mut self, matrix: &mut Matrix) {
        matrix.column.append(&mut self.columns);
        matrix.value.append(&mut self.values);
        matrix.start.push(matrix.column.len());
    }
}

/// Buffers of one node.
#[derive(Default)]
struct Work {
    /// First unknown of each mover's log-ratios.
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
        let mut system = Self {
            game,
            layout,
            ends,
            first: Vec::new(),
            unknowns: 0,
            ratio: Vec::new(),
            weight: Vec::new(),
        };
        for phase in &game.phases {
            let mut first = Vec::with_capacity(phase.nodes());
            for n in 0..phase.nodes() {
                first.push(system.ratio.len() as u32);
                for _ in 0..actors {
                    system.ratio.push(false);
                    system.weight.push(1.0);
                }
                if let Phase::Move(moves) = phase {
                    for (actor, moves) in moves.actors.iter().zip(&moves.node_moves[n]) {
                        for _ in 1..moves.len() {
                            system.ratio.push(true);
                            let precision = game.actors[*actor as usize].precision;
                            system.weight.push(precision);
                        }
                    }
                }
            }
            system.first.push(first);
        }
        system.unknowns = system.ratio.len();
        system
    }

    /// First unknown of node `n` of phase `p`; the values stand there, in actor order.
    pub fn first(&self, p: usize, n: usize) -> usize {
        self.first[p][n] as usize
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
                let mut at = self.first(p, n) + self.game.actors.len();
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
        let mut at = self.first(p, n) + self.game.actors.len();
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

    /// Entries of the matrix, at most.
    pub fn entries(&self) -> usize {
        let actors = self.game.actors.len();
        let mut total = 2 * self.unknowns + 1;
        for phase in &self.game.phases {
            match phase {
                Phase::Events(phase) => {
                    total += actors * (phase.nodes() + phase.outcome_next.len());
                }
                Phase::Move(phase) => {
                    for n in 0..phase.nodes() {
                        let range = phase.alternatives(n);
                        let outcomes = phase.alternative_outcomes[range.end] as usize
                            - phase.alternative_outcomes[range.start] as usize;
                        let ratios: usize = phase.node_moves[n].iter().map(|m| m.len() - 1).sum();
                        total += (actors + ratios) * (1 + outcomes + ratios);
                    }
                }
            }
        }
        total
    }

    /// F and ∂F at `y` and κ, into `out`.
    pub fn evaluate(&self, y: &[f64], kappa: f64, out: &mut Evaluation) {
        let n = self.unknowns;
        out.residual.clear();
        out.matrix.start.clear();
        out.matrix.start.push(0);
        out.matrix.column.clear();
        out.matrix.value.clear();
        out.rows.place.clear();
        out.rows.place.resize(n + 1, NONE);
        for (p, phase) in self.game.phases.iter().enumerate() {
            for node in 0..phase.nodes() {
                match phase {
                    Phase::Events(phase) => self.events(p, phase, node, y, out),
                    Phase::Move(phase) => self.moves(p, phase, node, y, kappa, out),
                }
            }
        }
    }

    /// Fills the last row with `border`.
    pub fn border(&self, out: &mut Evaluation, border: &[f64]) {
        let n = self.unknowns;
        let start = out.matrix.start[n];
        out.matrix.start.truncate(n + 1);
        out.matrix.column.truncate(start);
        out.matrix.value.truncate(start);
        for (k, value) in border.iter().enumerate() {
            // Values take no part in lengths along the path.
            if k == n || self.ratio[k] {
                out.matrix.column.push(k as u32);
                out.matrix.value.push(*value);
            }
        }
        out.matrix.start.push(out.matrix.column.len());
    }

    /// What follows for actor `i` in `state` after phase `p`: its value, and where it is unknown with
    /// its factor.
    #[inline]
    fn continuation(
        &self,
        p: usize,
        state: State,
        i: usize,
        y: &[f64],
    ) -> (f64, Option<(usize, f64)>) {
        let next = self.layout.next_phase(p);
        let row = self.layout.rows[next][state as usize] as usize;
        let nodes = self.layout.nodes[next];
        if row >= nodes {
            return (self.ends[(row - nodes) * self.game.actors.len() + i], None);
        }
        let factor = if next == 0 {
            self.game.actors[i].discount
        } else {
            1.0
        };
        let at = self.first[next][row] as usize + i;
        (factor * y[at], Some((at, factor)))
    }

    fn events(&self, p: usize, phase: &EventsPhase, n: usize, y: &[f64], out: &mut Evaluation) {
        let actors = self.game.actors.len();
        for i in 0..actors {
            let at = self.first(p, n) + i;
            let mut value = phase.payoff[n * actors + i];
            out.rows.add(at, 1.0);
            for o in phase.outcomes(n) {
                let (follows, unknown) = self.continuation(p, phase.outcome_next[o], i, y);
                value += phase.outcome_believed[o] * follows;
                if let Some((column, factor)) = unknown {
                    out.rows.add(column, -phase.outcome_believed[o] * factor);
                }
            }
            out.rows.end(&mut out.matrix);
            out.residual.push(y[at] - value);
        }
    }

    fn moves(
        &self,
        p: usize,
        phase: &MovePhase,
        n: usize,
        y: &[f64],
        kappa: f64,
        out: &mut Evaluation,
    ) {
        let game = self.game;
        let actors = game.actors.len();
        let movers = phase.actors.len();
        let alternatives = phase.alternatives(n);
        let Evaluation {
            residual,
            matrix,
            rows,
            work: w,
        } = out;
        self.choices(p, phase, n, y, w);
        // Q of the joint moves.
        w.joint.clear();
        for a in alternatives.clone() {
            for i in 0..actors {
                let mut q = phase.payoff[a * actors + i];
                for o in phase.outcomes(a) {
                    q += phase.outcome_believed[o]
                        * self.continuation(p, phase.outcome_next[o], i, y).0;
                }
                w.joint.push(q);
            }
        }
        let moved = |a: usize, m: usize| phase.alternative_moves[a * movers + m] as usize;
        let share = |w: &Work, a: usize, without: [usize; 2]| -> f64 {
            (0..movers)
                .filter(|m| !without.contains(m))
                .map(|m| w.tau[w.offset[m] + moved(a, m)])
                .product()
        };
        let nobody = usize::MAX;
        let at = self.first(p, n);
        for i in 0..actors {
            let mut value = 0.0;
            rows.add(at + i, 1.0);
            for (k, a) in alternatives.clone().enumerate() {
                let weight = share(w, a, [nobody, nobody]);
                value += weight * w.joint[k * actors + i];
                self.follow(p, phase, a, i, -weight, y, rows);
            }
            for m in 0..movers {
                let (first, size) = (w.offset[m], w.size[m]);
                if size < 2 {
                    continue;
                }
                let own = &phase.node_opportunity[n][m];
                w.value.clear();
                w.value.resize(size, 0.0);
                for (k, a) in alternatives.clone().enumerate() {
                    w.value[moved(a, m)] += share(w, a, [m, nobody]) * w.joint[k * actors + i];
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
                    rows.add(w.place[m] + c - 1, -own.believed * slope);
                }
            }
            rows.end(matrix);
            residual.push(y[at + i] - value);
        }
        for m in 0..movers {
            let size = w.size[m];
            if size < 2 {
                continue;
            }
            let actor = phase.actors[m] as usize;
            let precision = game.actors[actor].precision;
            w.value.clear();
            w.value.resize(size, 0.0);
            for (k, a) in alternatives.clone().enumerate() {
                w.value[moved(a, m)] += share(w, a, [m, nobody]) * w.joint[k * actors + actor];
            }
            let mut response = std::mem::take(&mut w.response);
            response.to(&w.value, &phase.node_kinds[n][m], kappa * precision);
            for r in 1..size {
                let x = y[w.place[m] + r - 1];
                residual.push(x - (response.log[r] - response.log[0]));
                rows.add(w.place[m] + r - 1, 1.0);
                let slope = |b: usize| response.slope[r * size + b] - response.slope[b];
                for a in alternatives.clone() {
                    let weight = share(w, a, [m, nobody]) * slope(moved(a, m));
                    self.follow(p, phase, a, actor, -weight, y, rows);
                }
                for j in (0..movers).filter(|j| *j != m) {
                    let (first, others) = (w.offset[j], w.size[j]);
                    if others < 2 {
                        continue;
                    }
                    w.pair.clear();
                    w.pair.resize(others, 0.0);
                    for (k, a) in alternatives.clone().enumerate() {
                        w.pair[moved(a, j)] +=
                            slope(moved(a, m)) * share(w, a, [m, j]) * w.joint[k * actors + actor];
                    }
                    let sigma = &w.sigma[first..first + others];
                    let mean: f64 = sigma.iter().zip(&w.pair).map(|(s, q)| s * q).sum();
                    let believed = phase.node_opportunity[n][j].believed;
                    for c in 1..others {
                        let slope = believed * sigma[c] * (w.pair[c] - mean);
                        rows.add(w.place[j] + c - 1, -slope);
                    }
                }
                let by_kappa = response.by_precision[r] - response.by_precision[0];
                rows.add(self.unknowns, -precision * by_kappa);
                rows.end(matrix);
            }
            w.response = response;
        }
    }

    /// Choices of node `n` at `y`.
    fn choices(&self, p: usize, phase: &MovePhase, n: usize, y: &[f64], w: &mut Work) {
        w.place.clear();
        w.size.clear();
        w.offset.clear();
        w.sigma.clear();
        w.log.clear();
        w.tau.clear();
        let mut at = self.first(p, n) + self.game.actors.len();
        for (m, moves) in phase.node_moves[n].iter().enumerate() {
            let first = w.log.len();
            w.place.push(at);
            w.size.push(moves.len());
            w.offset.push(first);
            w.log.push(0.0);
            w.log.extend_from_slice(&y[at..at + moves.len() - 1]);
            at += moves.len() - 1;
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

    /// Adds `weight` times what follows alternative `a` for actor `i` to the row.
    fn follow(
        &self,
        p: usize,
        phase: &MovePhase,
        a: usize,
        i: usize,
        weight: f64,
        y: &[f64],
        rows: &mut Rows,
    ) {
        for o in phase.outcomes(a) {
            let unknown = self.continuation(p, phase.outcome_next[o], i, y).1;
            if let Some((column, factor)) = unknown {
                rows.add(column, weight * phase.outcome_believed[o] * factor);
            }
        }
    }
}
