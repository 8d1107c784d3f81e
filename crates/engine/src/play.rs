//! Playing the solved strategies at any belief: what forecast, simulation and certificates read.
//!
//! Strategies between grid points are interpolated log-probabilities, normalised; posteriors follow
//! by exact Bayes from the strategies as played and from the believed kernel.

use crate::belief::{Footprint, stick_odds};
use crate::game::{Game, MovePhase, Opportunity};
use crate::math::{exp, log_sum_exp};
use crate::solve::Solution;
use crate::solve::signals::Signals;

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

/// The mover's choice at one node and belief. Buffers are reused.
#[derive(Default)]
pub struct Play {
    /// Probabilities given an opportunity: `[type * moves + move]`.
    pub sigma: Vec<f64>,
    /// Posterior about the mover after each signal: `[signal * types + type]`.
    pub posterior: Vec<f64>,
    logs: Vec<f64>,
    odds: Vec<f64>,
    footprint: Footprint,
}

impl Play {
    /// Evaluates the strategy of `phase` (index `p`, in plan round `round`) at node `n` and at the
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
        let mover = phase.actors[0] as usize;
        let types = game.actors[mover].types.len();
        let moves = phase.alternatives(n).len();
        let table = solution.strategies[round][p].node(n);
        let size = types * moves;
        self.logs.clear();
        self.logs.resize(size, 0.0);
        for (i, w) in self.footprint.index.iter().zip(&self.footprint.weight) {
            let row = &table[*i as usize * size..][..size];
            for (log, value) in self.logs.iter_mut().zip(row) {
                *log += w * value;
            }
        }
        self.sigma.resize(size, 0.0);
        for t in 0..types {
            let logs = &self.logs[t * moves..(t + 1) * moves];
            let sigma = &mut self.sigma[t * moves..(t + 1) * moves];
            let max = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let mut total = 0.0;
            for (s, l) in sigma.iter_mut().zip(logs) {
                *s = exp(l - max);
                total += *s;
            }
            let inverse = 1.0 / total;
            sigma.iter_mut().for_each(|s| *s *= inverse);
        }
        if infer {
            self.infer(
                &solution.layout.signals[p][n],
                moves,
                &phase.node_opportunity[n][0],
                &belief[layout.range(mover)],
            );
        }
    }

    /// Logarithms of `sigma` as [`Self::at`] found it, also of probabilities too small for a number.
    pub fn log_sigma(&self, moves: usize) -> Vec<f64> {
        let types = self.logs.chunks_exact(moves);
        types
            .flat_map(|logs| {
                let total = log_sum_exp(logs);
                logs.iter().map(move |l| l - total)
            })
            .collect()
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
        self.footprint.at(&solution.grid.play, &self.odds);
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

/// Bayes: β'(θ) ∝ β(θ) Σ_a τ_θ(a) L_g(a), with the believed opportunity in τ.
fn bayes(
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
