//! The whole tree of public histories, and the equations of its agent logit equilibrium.

use super::game::{Game, Phase};
use super::scalar::{Scalar, log_sum_exp};
use std::collections::HashMap;

/// A public history: what all have seen so far.
pub struct Node {
    pub round: usize,
    pub phase: usize,
    pub state: usize,
    pub parent: Option<usize>,
    pub content: Content,
}

pub enum Content {
    /// The plan is over, or (`ended`) the crisis: value by seat.
    Terminal {
        value: Vec<f64>,
        ended: bool,
    },
    Events {
        payoff: Vec<f64>,
        /// Child and believed probability.
        children: Vec<(usize, f64)>,
    },
    Move(Box<MoveContent>),
}

pub struct MoveContent {
    pub movers: Vec<Mover>,
    pub joint: Vec<Alternative>,
    /// Distinct public results.
    pub children: Vec<usize>,
}

pub struct Mover {
    pub actor: usize,
    pub size: usize,
    pub kinds: Vec<Vec<usize>>,
    pub opportunity: f64,
    pub default: usize,
    /// First information set; one for each type follows.
    pub first_set: usize,
}

pub struct Alternative {
    pub moves: Vec<usize>,
    pub payoff: Vec<f64>,
    /// Index in `MoveContent::children`, believed probability.
    pub outcomes: Vec<(usize, f64)>,
}

/// An information set: a public history and the mover's own type.
pub struct InfoSet {
    pub node: usize,
    pub mover: usize,
    pub actor: usize,
    pub kind: usize,
    pub size: usize,
    /// Precision on the values of this round.
    pub precision: f64,
    /// First unknown (there are size − 1: log-ratios against move 0).
    pub unknown: usize,
    /// First probability.
    pub slot: usize,
}

pub struct Tree {
    pub nodes: Vec<Node>,
    pub sets: Vec<InfoSet>,
    pub unknowns: usize,
    pub slots: usize,
    pub priors: Vec<Vec<f64>>,
    pub discounts: Vec<f64>,
    pub precisions: Vec<f64>,
    pub seat: Vec<usize>,
    pub seats: usize,
    pub taste: bool,
    pub phases: usize,
}

/// What the equations give at one point.
pub struct Point<S> {
    /// Choice probabilities given an opportunity, by slot.
    pub probability: Vec<S>,
    /// Public beliefs by node and seat.
    pub belief: Vec<S>,
    /// Values by node and seat, in units of the node's round.
    pub value: Vec<S>,
    /// Unknown minus what logit choice makes of it.
    pub residual: Vec<S>,
}

impl Tree {
    pub fn unroll(game: &Game, limit: usize) -> Result<Tree, String> {
        let mut seat = Vec::new();
        let mut seats = 0;
        for actor in &game.actors {
            seat.push(seats);
            seats += actor.priors.len();
        }
        let mut tree = Tree {
            nodes: Vec::new(),
            sets: Vec::new(),
            unknowns: 0,
            slots: 0,
            priors: game.actors.iter().map(|a| a.priors.clone()).collect(),
            discounts: game.actors.iter().map(|a| a.discount).collect(),
            precisions: game.actors.iter().map(|a| a.precision).collect(),
            seat,
            seats,
            taste: game.taste,
            phases: game.phases.len(),
        };
        let mut pending = vec![(0, 0, game.start, None)];
        // Breadth first: parents come before children.
        let mut next = 0;
        while next < pending.len() {
            if pending.len() > limit {
                return Err(format!("more than {limit} histories"));
            }
            let (round, phase, state, parent) = pending[next];
            next += 1;
            let content = tree.content(game, round, phase, state, next - 1, &mut pending)?;
            tree.nodes.push(Node {
                round,
                phase,
                state,
                parent,
                content,
            });
        }
        Ok(tree)
    }

    fn content(
        &mut self,
        game: &Game,
        round: usize,
        phase: usize,
        state: usize,
        own: usize,
        pending: &mut Vec<(usize, usize, usize, Option<usize>)>,
    ) -> Result<Content, String> {
        if let Some(end) = game.ends.get(&state) {
            // An end met after the last phase belongs to the round that is over; its node stands
            // at the start of the next one.
            let entered = if phase == 0 && own > 0 {
                round - 1
            } else {
                round
            };
            let mut value = Vec::new();
            for (a, actor) in game.actors.iter().enumerate() {
                for t in 0..actor.priors.len() {
                    let s = self.seat[a] + t;
                    let left = game.rounds - 1 - entered;
                    let mut total = end.value[s];
                    let mut weight = 1.0;
                    for _ in 0..left {
                        weight *= actor.discount;
                        total += weight * end.flow[s];
                    }
                    total += weight * actor.discount * end.after[s];
                    value.push(total);
                }
            }
            return Ok(Content::Terminal { value, ended: true });
        }
        if round == game.rounds {
            let value = game.afterwards.get(&state).cloned();
            return Ok(Content::Terminal {
                value: value.unwrap_or(vec![0.0; self.seats]),
                ended: false,
            });
        }
        let (next_round, next_phase) = if phase + 1 == game.phases.len() {
            (round + 1, 0)
        } else {
            (round, phase + 1)
        };
        match &game.phases[phase] {
            Phase::Events { nodes } => {
                let node = nodes
                    .get(&state)
                    .ok_or_else(|| format!("no events at state {state} phase {phase}"))?;
                let mut children = Vec::new();
                for &(next, p) in &node.outcomes {
                    if p > 0.0 {
                        children.push((pending.len(), p));
                        pending.push((next_round, next_phase, next, Some(own)));
                    }
                }
                Ok(Content::Events {
                    payoff: node.payoff.clone(),
                    children,
                })
            }
            Phase::Move { movers, nodes } => {
                let node = nodes
                    .get(&state)
                    .ok_or_else(|| format!("no moves at state {state} phase {phase}"))?;
                let mut known: HashMap<(Vec<String>, usize), usize> = HashMap::new();
                let mut children = Vec::new();
                let mut joint = Vec::new();
                for alternative in &node.joint {
                    let mut outcomes = Vec::new();
                    for o in &alternative.outcomes {
                        if o.believed > 0.0 {
                            let child =
                                *known.entry((o.labels.clone(), o.next)).or_insert_with(|| {
                                    children.push(pending.len());
                                    pending.push((next_round, next_phase, o.next, Some(own)));
                                    children.len() - 1
                                });
                            outcomes.push((child, o.believed));
                        }
                    }
                    joint.push(Alternative {
                        moves: alternative.moves.clone(),
                        payoff: alternative.payoff.clone(),
                        outcomes,
                    });
                }
                let mut own_movers = Vec::new();
                for (m, &actor) in movers.iter().enumerate() {
                    let first_set = self.sets.len();
                    let size = node.sizes[m];
                    let scale = if game.discounted {
                        game.actors[actor].discount.powi(round as i32)
                    } else {
                        1.0
                    };
                    for kind in 0..game.actors[actor].priors.len() {
                        self.sets.push(InfoSet {
                            node: own,
                            mover: m,
                            actor,
                            kind,
                            size,
                            precision: game.actors[actor].precision * scale,
                            unknown: self.unknowns,
                            slot: self.slots,
                        });
                        self.unknowns += size - 1;
                        self.slots += size;
                    }
                    own_movers.push(Mover {
                        actor,
                        size,
                        kinds: node.kinds[m].clone(),
                        opportunity: node.opportunity[m],
                        default: node.default[m],
                        first_set,
                    });
                }
                Ok(Content::Move(Box::new(MoveContent {
                    movers: own_movers,
                    joint,
                    children,
                })))
            }
        }
    }

    /// Choice probabilities given an opportunity, by slot.
    pub fn probabilities<S: Scalar>(&self, x: &[S]) -> Vec<S> {
        let mut probability = vec![S::constant(0.0); self.slots];
        let mut logs = Vec::new();
        for set in &self.sets {
            logs.clear();
            logs.push(S::constant(0.0));
            logs.extend_from_slice(&x[set.unknown..set.unknown + set.size - 1]);
            let total = log_sum_exp(&logs);
            for (m, &l) in logs.iter().enumerate() {
                probability[set.slot + m] = (l - total).exp();
            }
        }
        probability
    }

    /// Log-ratios of given probabilities.
    pub fn log_ratios(&self, probability: &[f64]) -> Vec<f64> {
        let mut x = vec![0.0; self.unknowns];
        for set in &self.sets {
            for m in 1..set.size {
                x[set.unknown + m - 1] =
                    probability[set.slot + m].ln() - probability[set.slot].ln();
            }
        }
        x
    }

    /// Evaluates the equations at log-ratios `x` with all precisions times `kappa`.
    pub fn evaluate<S: Scalar>(&self, x: &[S], kappa: S) -> Point<S> {
        let zero = S::constant(0.0);
        let probability = self.probabilities(x);
        let belief = self.forward(&probability);
        let mut value = vec![zero; self.nodes.len() * self.seats];
        let mut residual = vec![zero; self.unknowns];
        for n in (0..self.nodes.len()).rev() {
            self.backward(
                n,
                kappa,
                x,
                &probability,
                &belief,
                &mut value,
                &mut residual,
            );
        }
        Point {
            probability,
            belief,
            value,
            residual,
        }
    }

    /// What a mover plays as seen by all: choice or, without an opportunity, the default.
    fn played<S: Scalar>(&self, mover: &Mover, kind: usize, probability: &[S]) -> Vec<S> {
        let slot = self.sets[mover.first_set + kind].slot;
        (0..mover.size)
            .map(|a| {
                let chosen = S::constant(mover.opportunity) * probability[slot + a];
                if a == mover.default {
                    chosen + S::constant(1.0 - mover.opportunity)
                } else {
                    chosen
                }
            })
            .collect()
    }

    /// Play of each mover averaged over its types.
    fn averages<S: Scalar>(
        &self,
        n: usize,
        node: &MoveContent,
        probability: &[S],
        belief: &[S],
    ) -> Vec<Vec<S>> {
        node.movers
            .iter()
            .map(|mover| {
                let mut average = vec![S::constant(0.0); mover.size];
                for kind in 0..self.priors[mover.actor].len() {
                    let weight = belief[n * self.seats + self.seat[mover.actor] + kind];
                    for (sum, p) in average
                        .iter_mut()
                        .zip(self.played(mover, kind, probability))
                    {
                        *sum = *sum + weight * p;
                    }
                }
                average
            })
            .collect()
    }

    /// Bayes from the root to every history.
    fn forward<S: Scalar>(&self, probability: &[S]) -> Vec<S> {
        let seats = self.seats;
        let mut belief = vec![S::constant(0.0); self.nodes.len() * seats];
        for (a, prior) in self.priors.iter().enumerate() {
            for (t, &p) in prior.iter().enumerate() {
                belief[self.seat[a] + t] = S::constant(p);
            }
        }
        for (n, node) in self.nodes.iter().enumerate() {
            match &node.content {
                Content::Terminal { .. } => {}
                Content::Events { children, .. } => {
                    for &(child, _) in children {
                        belief.copy_within(n * seats..(n + 1) * seats, child * seats);
                    }
                }
                Content::Move(content) => {
                    for &child in &content.children {
                        belief.copy_within(n * seats..(n + 1) * seats, child * seats);
                    }
                    let average = self.averages(n, content, probability, &belief);
                    for (m, mover) in content.movers.iter().enumerate() {
                        self.update(n, content, m, mover, probability, &average, &mut belief);
                    }
                }
            }
        }
        belief
    }

    /// Probability of every history, as believed.
    pub fn reach(&self, probability: &[f64], belief: &[f64]) -> Vec<f64> {
        let mut reach = vec![0.0; self.nodes.len()];
        reach[0] = 1.0;
        for (n, node) in self.nodes.iter().enumerate() {
            match &node.content {
                Content::Terminal { .. } => {}
                Content::Events { children, .. } => {
                    for &(child, p) in children {
                        reach[child] += reach[n] * p;
                    }
                }
                Content::Move(content) => {
                    let average = self.averages(n, content, probability, belief);
                    for alternative in &content.joint {
                        let mut weight = reach[n];
                        for (m, average) in average.iter().enumerate() {
                            weight *= average[alternative.moves[m]];
                        }
                        for &(child, p) in &alternative.outcomes {
                            reach[content.children[child]] += weight * p;
                        }
                    }
                }
            }
        }
        reach
    }

    /// Mean over play, as believed, of how far the last posterior stands from the prior, for the
    /// type and actor where it stands farthest.
    pub fn movement(&self, x: &[f64]) -> f64 {
        let point = self.evaluate(x, 1.0);
        let reach = self.reach(&point.probability, &point.belief);
        let mut total = 0.0;
        for (n, node) in self.nodes.iter().enumerate() {
            if matches!(node.content, Content::Terminal { .. }) {
                let mut most = 0.0_f64;
                for (actor, prior) in self.priors.iter().enumerate() {
                    for (t, p) in prior.iter().enumerate() {
                        let posterior = point.belief[n * self.seats + self.seat[actor] + t];
                        most = most.max((posterior - p).abs());
                    }
                }
                total += reach[n] * most;
            }
        }
        total
    }

    /// Posterior about one mover after each public result.
    #[allow(clippy::too_many_arguments)]
    fn update<S: Scalar>(
        &self,
        n: usize,
        content: &MoveContent,
        m: usize,
        mover: &Mover,
        probability: &[S],
        average: &[Vec<S>],
        belief: &mut [S],
    ) {
        let kinds = self.priors[mover.actor].len();
        if kinds == 1 {
            return;
        }
        let zero = S::constant(0.0);
        let mut likelihood = vec![vec![zero; kinds]; content.children.len()];
        for kind in 0..kinds {
            let own = self.played(mover, kind, probability);
            for alternative in &content.joint {
                let mut weight = own[alternative.moves[m]];
                for (other, average) in average.iter().enumerate() {
                    if other != m {
                        weight = weight * average[alternative.moves[other]];
                    }
                }
                for &(child, p) in &alternative.outcomes {
                    likelihood[child][kind] = likelihood[child][kind] + weight * S::constant(p);
                }
            }
        }
        let seat = self.seat[mover.actor];
        for (c, &child) in content.children.iter().enumerate() {
            let mut total = zero;
            for kind in 0..kinds {
                total = total + belief[n * self.seats + seat + kind] * likelihood[c][kind];
            }
            for kind in 0..kinds {
                let prior = belief[n * self.seats + seat + kind];
                belief[child * self.seats + seat + kind] = prior * likelihood[c][kind] / total;
            }
        }
    }

    /// Weight of a child's value for an actor: δ when a round has passed and the crisis goes on.
    fn weight(&self, n: usize, child: usize, actor: usize) -> f64 {
        let ended = matches!(
            self.nodes[child].content,
            Content::Terminal { ended: true, .. }
        );
        if self.nodes[child].round > self.nodes[n].round && !ended {
            self.discounts[actor]
        } else {
            1.0
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn backward<S: Scalar>(
        &self,
        n: usize,
        kappa: S,
        x: &[S],
        probability: &[S],
        belief: &[S],
        value: &mut [S],
        residual: &mut [S],
    ) {
        let seats = self.seats;
        match &self.nodes[n].content {
            Content::Terminal { value: values, .. } => {
                for (s, &v) in values.iter().enumerate() {
                    value[n * seats + s] = S::constant(v);
                }
            }
            Content::Events { payoff, children } => {
                for (actor, prior) in self.priors.iter().enumerate() {
                    for t in 0..prior.len() {
                        let s = self.seat[actor] + t;
                        let mut total = S::constant(payoff[s]);
                        for &(child, p) in children {
                            let weight = p * self.weight(n, child, actor);
                            total = total + S::constant(weight) * value[child * seats + s];
                        }
                        value[n * seats + s] = total;
                    }
                }
            }
            Content::Move(content) => {
                let average = self.averages(n, content, probability, belief);
                for (actor, prior) in self.priors.iter().enumerate() {
                    let mover = content.movers.iter().position(|m| m.actor == actor);
                    for t in 0..prior.len() {
                        let s = self.seat[actor] + t;
                        // Gain of each alternative to this seat.
                        let gains = content.joint.iter().map(|alternative| {
                            let mut gain = S::constant(alternative.payoff[s]);
                            for &(c, p) in &alternative.outcomes {
                                let child = content.children[c];
                                let weight = p * self.weight(n, child, actor);
                                gain = gain + S::constant(weight) * value[child * seats + s];
                            }
                            gain
                        });
                        let gains: Vec<S> = gains.collect();
                        let size = mover.map_or(1, |m| content.movers[m].size);
                        let mut utility = vec![S::constant(0.0); size];
                        for (alternative, &gain) in content.joint.iter().zip(&gains) {
                            let mut weight = S::constant(1.0);
                            for (other, average) in average.iter().enumerate() {
                                if Some(other) != mover {
                                    weight = weight * average[alternative.moves[other]];
                                }
                            }
                            let own = mover.map_or(0, |m| alternative.moves[m]);
                            utility[own] = utility[own] + weight * gain;
                        }
                        value[n * seats + s] = match mover {
                            None => utility[0],
                            Some(m) => self.choose(
                                &content.movers[m],
                                t,
                                kappa,
                                x,
                                probability,
                                &utility,
                                residual,
                            ),
                        };
                    }
                }
            }
        }
    }

    /// Residuals of one information set, and the value to its owner.
    #[allow(clippy::too_many_arguments)]
    fn choose<S: Scalar>(
        &self,
        mover: &Mover,
        kind: usize,
        kappa: S,
        x: &[S],
        probability: &[S],
        utility: &[S],
        residual: &mut [S],
    ) -> S {
        let set = &self.sets[mover.first_set + kind];
        let precision = kappa * S::constant(set.precision);
        let zero = S::constant(0.0);
        // Logit over kinds on the mean of their variants, logit over variants inside.
        let mut log = vec![zero; set.size];
        for group in &mover.kinds {
            let scaled: Vec<S> = group.iter().map(|&a| precision * utility[a]).collect();
            let total = log_sum_exp(&scaled);
            let mut mean = zero;
            for (&a, &l) in group.iter().zip(&scaled) {
                mean = mean + (l - total).exp() * utility[a];
            }
            for (&a, &l) in group.iter().zip(&scaled) {
                log[a] = precision * mean + (l - total);
            }
        }
        for a in 1..set.size {
            let u = set.unknown + a - 1;
            residual[u] = x[u] - (log[a] - log[0]);
        }
        let mut chosen = zero;
        for a in 0..set.size {
            chosen = chosen + probability[set.slot + a] * utility[a];
        }
        if self.taste {
            // Private shocks at the target precision: the entropy of the choice is worth 1/λ.
            let mut logs = vec![zero];
            logs.extend_from_slice(&x[set.unknown..set.unknown + set.size - 1]);
            let total = log_sum_exp(&logs);
            for (a, &l) in logs.iter().enumerate() {
                chosen =
                    chosen - probability[set.slot + a] * (l - total) / S::constant(set.precision);
            }
        }
        S::constant(mover.opportunity) * chosen
            + S::constant(1.0 - mover.opportunity) * utility[mover.default]
    }
}
