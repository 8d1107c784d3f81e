//! Playing the solved strategies at any belief: what forecast, simulation and certificates read.
//!
//! Strategies between grid points are interpolated log-probabilities, normalised; posteriors follow
//! by exact Bayes from the strategies as played and from the believed kernel.

use crate::belief::{Footprint, Weights, stick_odds};
use crate::game::{Game, MovePhase, Opportunity};
use crate::math::{exp, log_sum_exp};
use crate::solve::Solution;
use crate::solve::signals::Signals;

/// The first `N` numbers of the rows of `size` numbers in `table`, by their weights; the sums stay in
/// registers.
#[inline]
fn rows<const N: usize>(footprint: &Footprint, table: &[f64], size: usize, out: &mut [f64]) {
    let mut sums = [0.0; N];
    for (i, weight) in footprint.index.iter().zip(&footprint.weight) {
        let row = &table[*i as usize * size..][..N];
        for k in 0..N {
            sums[k] += weight * row[k];
        }
    }
    out.copy_from_slice(&sums);
}

/// Places of the actors' beliefs in one flat array: `offset[actor] + type`, untyped actors included
/// (their belief is the single number 1).
#[derive(Clone, Debug)]
pub struct BeliefLayout {
    /// First entry of each actor, and the total at the end.
    pub offset: Vec<usize>,
}

impl BeliefLayout {
    /// The layout for `game`.
    pub fn of(game: &Game) -> Self {
        let mut offset = vec![0];
        for actor in &game.actors {
            offset.push(offset.last().copied().unwrap_or(0) + actor.types.len());
        }
        Self { offset }
    }

    /// Entries of one actor.
    #[inline]
    pub fn range(&self, actor: usize) -> std::ops::Range<usize> {
        self.offset[actor]..self.offset[actor + 1]
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.offset.last().copied().unwrap_or(0)
    }

    /// No entries at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The priors.
    pub fn priors(&self, game: &Game) -> Vec<f64> {
        game.actors
            .iter()
            .flat_map(|a| a.types.iter().map(|t| t.prior))
            .collect()
    }
}

/// The choices at one node and belief. Buffers are reused.
#[derive(Default)]
pub struct Play {
    /// Probabilities given an opportunity, mover after mover: `[type * moves + move]`.
    pub sigma: Vec<f64>,
    /// Posterior about the movers after each signal: `[signal * types + type]`, the types of all
    /// movers one after the other.
    pub posterior: Vec<f64>,
    logs: Vec<f64>,
    odds: Vec<f64>,
    /// Points and stencil of the axis, and by axis of the grid the odds where the last belief lay, with
    /// its weights.
    located: ((usize, usize), Vec<(f64, Weights)>),
    footprint: Footprint,
}

impl Play {
    /// Evaluates the strategies of `phase` (index `p`, in plan round `round`) at node `n` and at the
    /// flat belief `belief`; with `infer` also the posteriors.
    pub fn at(
        &mut self,
        game: &Game,
        solution: &Solution,
        layout: &BeliefLayout,
        phase: &MovePhase,
        (round, p, n): (usize, usize, usize),
        belief: &[f64],
        infer: bool,
    ) {
        self.locate(solution, layout, belief);
        let movers = phase.actors.len();
        self.sigma.clear();
        self.logs.clear();
        for (m, actor) in phase.actors.iter().enumerate() {
            let types = game.actors[*actor as usize].types.len();
            let table = solution.strategies[round][p].mover(n, m, movers);
            self.choices(table, types, phase.node_moves[n][m].len());
        }
        if phase.is_joint() {
            if infer {
                self.infer_jointly(game, solution, layout, phase, (p, n), belief);
            }
            return;
        }
        let mover = phase.actors[0] as usize;
        let moves = phase.alternatives(n).len();
        if infer {
            self.infer(
                &solution.layout.signals[p][n],
                moves,
                &phase.node_opportunity[n][0],
                &belief[layout.range(mover)],
            );
        }
    }

    /// Appends one mover's choices, interpolated from its table.
    fn choices(&mut self, table: &[f64], types: usize, moves: usize) {
        let size = types * moves;
        let first = self.logs.len();
        self.logs.resize(first + size, 0.0);
        for (block, logs) in self.logs[first..].chunks_mut(8).enumerate() {
            let table = &table[8 * block..];
            match logs.len() {
                1 => rows::<1>(&self.footprint, table, size, logs),
                2 => rows::<2>(&self.footprint, table, size, logs),
                3 => rows::<3>(&self.footprint, table, size, logs),
                4 => rows::<4>(&self.footprint, table, size, logs),
                5 => rows::<5>(&self.footprint, table, size, logs),
                6 => rows::<6>(&self.footprint, table, size, logs),
                7 => rows::<7>(&self.footprint, table, size, logs),
                _ => rows::<8>(&self.footprint, table, size, logs),
            }
        }
        self.sigma.resize(first + size, 0.0);
        for t in 0..types {
            let logs = &self.logs[first + t * moves..first + (t + 1) * moves];
            let sigma = &mut self.sigma[first + t * moves..first + (t + 1) * moves];
            let max = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let mut total = 0.0;
            for (s, l) in sigma.iter_mut().zip(logs) {
                *s = exp(l - max);
                total += *s;
            }
            let inverse = 1.0 / total;
            sigma.iter_mut().for_each(|s| *s *= inverse);
        }
    }

    /// Logarithms of `sigma` as [`Self::at`] found it, also of probabilities too small for a number.
    pub(crate) fn log_sigma_of(&self, game: &Game, phase: &MovePhase, n: usize) -> Vec<f64> {
        let mut out = Vec::with_capacity(self.logs.len());
        for (actor, moves) in phase.actors.iter().zip(&phase.node_moves[n]) {
            for _ in &game.actors[*actor as usize].types {
                let logs = &self.logs[out.len()..out.len() + moves.len()];
                let total = log_sum_exp(logs);
                out.extend(logs.iter().map(|l| l - total));
            }
        }
        out
    }

    /// The same at a grid point, where the tables hold the strategy itself.
    pub fn at_point(
        &mut self,
        game: &Game,
        solution: &Solution,
        phase: &MovePhase,
        (round, p, n): (usize, usize, usize),
        point: usize,
    ) {
        let mover = phase.actors[0] as usize;
        let types = game.actors[mover].types.len();
        let moves = phase.alternatives(n).len();
        let size = types * moves;
        let table = &solution.strategies[round][p].node(n)[point * size..(point + 1) * size];
        self.sigma.clear();
        self.sigma.extend(table.iter().map(|l| exp(*l)));
        self.infer(
            &solution.layout.signals[p][n],
            moves,
            &phase.node_opportunity[n][0],
            solution.grid.belief(mover, point),
        );
    }

    /// Weights on the whole grid at the flat belief.
    fn locate(&mut self, solution: &Solution, layout: &BeliefLayout, belief: &[f64]) {
        self.odds.clear();
        for (actor, block) in solution.grid.blocks.iter().enumerate() {
            let first = self.odds.len();
            self.odds.resize(first + block.types - 1, 0.0);
            stick_odds(&belief[layout.range(actor)], &mut self.odds[first..]);
        }
        // Most steps leave most beliefs where they were.
        let axis = &solution.grid.play;
        let (grid, known) = &mut self.located;
        let here = (axis.points, axis.width);
        if *grid != here || known.len() != self.odds.len() {
            *grid = here;
            known.clear();
            known.extend(self.odds.iter().map(|odds| (*odds, axis.weights(*odds))));
        } else {
            let mut moved = false;
            for ((before, weights), odds) in known.iter_mut().zip(&self.odds) {
                if before.to_bits() != odds.to_bits() {
                    (*before, *weights) = (*odds, axis.weights(*odds));
                    moved = true;
                }
            }
            if !moved {
                return;
            }
        }
        let weights = known.iter().map(|(_, weights)| *weights);
        self.footprint.product(axis.points, weights);
    }

    /// The posterior about the mover after one signal at the node of the last [`Self::at`], for who
    /// does not need those after all others.
    pub fn learn(
        &self,
        solution: &Solution,
        phase: &MovePhase,
        (p, n): (usize, usize),
        signal: usize,
        prior: &[f64],
        posterior: &mut [f64],
    ) {
        let signals = &solution.layout.signals[p][n];
        let moves = phase.alternatives(n).len();
        let opportunity = &phase.node_opportunity[n][0];
        bayes(
            signals,
            signal,
            &self.sigma,
            moves,
            opportunity,
            prior,
            posterior,
        );
    }

    /// The belief about all movers after one signal, into the flat belief `after`, which holds what was
    /// believed before, `before`; at the node of the last [`Self::at`].
    pub(crate) fn learn_jointly(
        &self,
        game: &Game,
        solution: &Solution,
        layout: &BeliefLayout,
        phase: &MovePhase,
        (p, n): (usize, usize),
        signal: usize,
        before: &[f64],
        after: &mut [f64],
    ) {
        let signals = &solution.layout.signals[p][n];
        if signals.mute[signal] {
            return;
        }
        let seen = self.seen(game, layout, phase, n, before);
        for (m, actor) in phase.actors.iter().enumerate() {
            let range = layout.range(*actor as usize);
            if range.len() > 1 {
                self.bayes_jointly(
                    game,
                    signals,
                    signal,
                    phase,
                    n,
                    m,
                    &seen,
                    &before[range.clone()],
                    &mut after[range],
                );
            }
        }
    }

    /// What others see each mover play on the mean over its types: mover → move.
    fn seen(
        &self,
        game: &Game,
        layout: &BeliefLayout,
        phase: &MovePhase,
        n: usize,
        belief: &[f64],
    ) -> Vec<Vec<f64>> {
        let firsts = offsets(game, phase, n);
        let of = |m: usize| {
            let moves = phase.node_moves[n][m].len();
            let opportunity = phase.node_opportunity[n][m];
            let belief = &belief[layout.range(phase.actors[m] as usize)];
            let play = |a: usize| {
                let sigma = |t: usize| self.sigma[firsts[m] + t * moves + a];
                let tau =
                    |t| with_opportunity(sigma(t), a, opportunity.default, opportunity.believed);
                belief.iter().enumerate().map(|(t, b)| b * tau(t)).sum()
            };
            (0..moves).map(play).collect()
        };
        (0..phase.actors.len()).map(of).collect()
    }

    /// Bayes about mover `m`: the others' moves are weighed as all see them.
    fn bayes_jointly(
        &self,
        game: &Game,
        signals: &Signals,
        g: usize,
        phase: &MovePhase,
        n: usize,
        m: usize,
        seen: &[Vec<f64>],
        prior: &[f64],
        posterior: &mut [f64],
    ) {
        let first = offsets(game, phase, n)[m];
        let alternatives = phase.alternatives(n).start;
        let moves = phase.node_moves[n][m].len();
        let opportunity = phase.node_opportunity[n][m];
        let mut total = 0.0;
        for (t, value) in posterior.iter_mut().enumerate() {
            let mut likelihood = 0.0;
            for (j, l) in signals.senders(g) {
                let j = alternatives + *j as usize;
                let a = phase.move_of(j, m);
                let sigma = self.sigma[first + t * moves + a];
                let tau = with_opportunity(sigma, a, opportunity.default, opportunity.believed);
                let others = (0..phase.actors.len()).filter(|k| *k != m);
                let share: f64 = others.map(|k| seen[k][phase.move_of(j, k)]).product();
                likelihood += tau * share * l;
            }
            *value = prior[t] * likelihood;
            total += *value;
        }
        if total > 0.0 && total.is_finite() {
            posterior.iter_mut().for_each(|v| *v /= total);
        } else {
            posterior.copy_from_slice(prior);
        }
    }

    /// Posteriors about all movers after every signal.
    fn infer_jointly(
        &mut self,
        game: &Game,
        solution: &Solution,
        layout: &BeliefLayout,
        phase: &MovePhase,
        (p, n): (usize, usize),
        belief: &[f64],
    ) {
        let signals = &solution.layout.signals[p][n];
        let ranges: Vec<_> = phase
            .actors
            .iter()
            .map(|a| layout.range(*a as usize))
            .collect();
        let mut posterior = std::mem::take(&mut self.posterior);
        posterior.clear();
        let mut after = belief.to_vec();
        for g in 0..signals.len() {
            for range in &ranges {
                after[range.clone()].copy_from_slice(&belief[range.clone()]);
            }
            self.learn_jointly(game, solution, layout, phase, (p, n), g, belief, &mut after);
            for range in &ranges {
                posterior.extend_from_slice(&after[range.clone()]);
            }
        }
        self.posterior = posterior;
    }

    /// Probability of alternative `j` (counted in the phase) where each mover has the given type; with
    /// the true opportunities.
    pub(crate) fn jointly(
        &self,
        phase: &MovePhase,
        n: usize,
        firsts: &[usize],
        j: usize,
        types: &[usize],
    ) -> f64 {
        let mut share = 1.0;
        for (m, actor) in phase.actors.iter().enumerate() {
            let a = phase.move_of(j, m);
            let moves = phase.node_moves[n][m].len();
            let sigma = self.sigma[firsts[m] + types[*actor as usize] * moves + a];
            let opportunity = phase.node_opportunity[n][m];
            share *= with_opportunity(sigma, a, opportunity.default, opportunity.probability);
        }
        share
    }

    /// Writes the posterior about the movers after signal `g` into the flat belief `out`.
    pub(crate) fn after(
        &self,
        layout: &BeliefLayout,
        phase: &MovePhase,
        g: usize,
        out: &mut [f64],
    ) {
        let ranges = phase.actors.iter().map(|a| layout.range(*a as usize));
        let width: usize = ranges.clone().map(|r| r.len()).sum();
        let mut from = g * width;
        for range in ranges {
            let to = from + range.len();
            out[range].copy_from_slice(&self.posterior[from..to]);
            from = to;
        }
    }

    fn infer(&mut self, signals: &Signals, moves: usize, opportunity: &Opportunity, prior: &[f64]) {
        let types = prior.len();
        self.posterior.resize(signals.len() * types, 0.0);
        for (g, posterior) in self.posterior.chunks_exact_mut(types).enumerate() {
            bayes(
                signals,
                g,
                &self.sigma,
                moves,
                opportunity,
                prior,
                posterior,
            );
        }
    }
}

/// Where the numbers of each mover begin in [`Play::sigma`].
pub(crate) fn offsets(game: &Game, phase: &MovePhase, n: usize) -> Vec<usize> {
    let mut next = 0;
    let sizes = phase.actors.iter().zip(&phase.node_moves[n]);
    sizes
        .map(|(actor, moves)| {
            let first = next;
            next += game.actors[*actor as usize].types.len() * moves.len();
            first
        })
        .collect()
}

/// Probability of a move, with an opportunity of `probability` and the default without one.
#[inline(always)]
pub(crate) fn with_opportunity(sigma: f64, a: usize, default: u32, probability: f64) -> f64 {
    let forced = if a == default as usize {
        1.0 - probability
    } else {
        0.0
    };
    probability * sigma + forced
}

/// Bayes: β'(θ) ∝ β(θ) Σ_a τ_θ(a) L_g(a), with the believed opportunity in τ.
#[inline(always)]
pub(crate) fn bayes(
    signals: &Signals,
    g: usize,
    sigma: &[f64],
    moves: usize,
    opportunity: &Opportunity,
    prior: &[f64],
    posterior: &mut [f64],
) {
    if signals.mute[g] || prior.len() == 1 {
        posterior.copy_from_slice(prior);
        return;
    }
    let (believed, default) = (opportunity.believed, opportunity.default as usize);
    let mut total = 0.0;
    for (t, value) in posterior.iter_mut().enumerate() {
        let mut likelihood = 0.0;
        for (a, l) in signals.senders(g) {
            let a = *a as usize;
            let mut tau = believed * sigma[t * moves + a];
            if a == default {
                tau += 1.0 - believed;
            }
            likelihood += tau * l;
        }
        *value = prior[t] * likelihood;
        total += *value;
    }
    if total > 0.0 && total.is_finite() {
        posterior.iter_mut().for_each(|v| *v /= total);
    } else {
        // So unlikely that it underflowed for every type: nothing can be learned from it.
        posterior.copy_from_slice(prior);
    }
}
