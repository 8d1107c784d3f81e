//! What the choices of the first round earn, as sums over what follows them: everybody is taken to play
//! the same in every round looked at, so what choices tell is worked out once for all rounds.

use super::{Buffers, Checker, RARE, Sights, entropy, log_played, played, rare};
use crate::belief::stick_odds;
use crate::game::{MovePhase, Noise, Phase};
use crate::math::exp;
use rayon::prelude::*;

/// Bytes that may be kept; where they do not suffice each round works out what choices tell anew.
const MOST: usize = 512 << 20;

/// One node. What the public can see of a move, a *sight*, often tells the same as another one, when
/// only what comes of the move differs: such sights are one *tale*.
pub(super) struct Node {
    /// Sight → row of what follows, its tale, and its share of it.
    sights: Vec<(u32, usize, f64)>,
    tales: usize,
    /// What is paid at the moves: `[point * seats + seat]`.
    paid: Vec<f64>,
    /// Probability of a tale, by type of the mover, and as believed:
    /// `[(point * tales + tale) * (types + 1) + type]`.
    told: Vec<f64>,
    /// Weights of the values along the mover's beliefs after it: `[(point * tales + tale) * own + k]`.
    after: Vec<f64>,
}

/// Tale → the moves behind it, each with its share.
type Tales = Vec<Vec<(usize, f64)>>;

/// Takes the sights of a node for tales: for each sight its tale and how much of it there is; `None` for
/// what is never seen.
fn tales(sights: &Sights, tales: &mut Tales) -> Vec<Option<(usize, f64)>> {
    tales.clear();
    let outcomes = sights.outcomes[..sights.seen.len()].iter();
    let tale = outcomes.map(|outcomes| {
        let whole: f64 = outcomes.iter().map(|(_, believed)| believed).sum();
        if whole <= 0.0 {
            return None;
        }
        let shares: Vec<(usize, f64)> = outcomes.iter().map(|(a, b)| (*a, b / whole)).collect();
        let known = tales.iter().position(|tale| *tale == shares);
        let at = known.unwrap_or_else(|| {
            tales.push(shares);
            tales.len() - 1
        });
        Some((at, whole))
    });
    tale.collect()
}

impl Checker<'_> {
    /// The nodes of all phases, none where nobody or several choose; `None` where they would take too
    /// much memory.
    pub(super) fn policies(&self) -> Option<Vec<Vec<Node>>> {
        let phases = self.game.phases.iter();
        let bytes = phases.map(|phase| self.bytes(phase));
        if bytes.fold(0, usize::saturating_add) > MOST {
            return None;
        }
        let phases = self.game.phases.iter().enumerate();
        let nodes = |(p, phase): (usize, &Phase)| match phase {
            Phase::Move(phase) if !phase.is_joint() => (0..phase.nodes())
                .into_par_iter()
                .map_init(Buffers::default, |buffers, n| {
                    self.node_policy(p, phase, n, buffers)
                })
                .collect(),
            _ => Vec::new(),
        };
        Some(phases.map(nodes).collect())
    }

    /// Table of a mover's phase under the strategies of the first round, from the table after it.
    pub(super) fn policy(
        &self,
        p: usize,
        phase: &MovePhase,
        next: &[f64],
        kept: Option<&[Node]>,
    ) -> Vec<f64> {
        let row = self.solution.layout.seats * self.solution.grid.points;
        let mover = phase.actors[0] as usize;
        let mut table = vec![0.0; phase.nodes() * row];
        table.par_chunks_mut(row.max(1)).enumerate().for_each_init(
            Buffers::default,
            |buffers, (n, out)| match kept {
                Some(nodes) => nodes[n].earn(self, mover, next, out),
                None => self
                    .node_policy(p, phase, n, buffers)
                    .earn(self, mover, next, out),
            },
        );
        table
    }

    /// Bytes of a phase.
    fn bytes(&self, phase: &Phase) -> usize {
        let Phase::Move(phase) = phase else { return 0 };
        if phase.is_joint() {
            return 0;
        }
        let block = &self.solution.grid.blocks[phase.actors[0] as usize];
        let tales = (0..phase.nodes()).into_par_iter().map_init(
            Default::default,
            |(sights, all): &mut (Sights, Tales), n| {
                sights.read(phase, n);
                tales(sights, all);
                all.len()
            },
        );
        let places = tales
            .sum::<usize>()
            .saturating_mul(self.solution.grid.points);
        places.saturating_mul((block.points + block.types + 1) * 8)
    }

    fn node_policy(&self, p: usize, phase: &MovePhase, n: usize, buffers: &mut Buffers) -> Node {
        let (game, solution) = (self.game, self.solution);
        let grid = &solution.grid;
        let seats = solution.layout.seats;
        let mover = phase.actors[0] as usize;
        let (first, block) = (game.seat(mover), &grid.blocks[mover]);
        let (own, types) = (block.points, block.types);
        let alternatives = phase.alternatives(n);
        let moves = alternatives.len();
        let payoff = &phase.payoff[alternatives.start * seats..][..moves * seats];
        let opportunity = phase.node_opportunity[n][0];
        let next = &solution.layout.rows[solution.layout.next_phase(p)];
        let Buffers {
            sights,
            odds,
            inner,
            ..
        } = buffers;
        sights.read(phase, n);
        let mut told = Tales::new();
        let tale = tales(sights, &mut told);
        let count = told.len();
        let seen = sights.seen.iter().zip(tale);
        let mut node = Node {
            sights: seen
                .filter_map(|((_, state), tale)| {
                    let (tale, share) = tale?;
                    Some((next[*state as usize], tale, share))
                })
                .collect(),
            tales: count,
            paid: vec![0.0; grid.points * seats],
            told: Vec::with_capacity(grid.points * count * (types + 1)),
            after: vec![0.0; grid.points * count * own],
        };
        odds.resize(types - 1, 0.0);
        let mut weights = vec![0.0; types];
        let mut after = node.after.chunks_exact_mut(own.max(1));
        for (point, paid) in node.paid.chunks_exact_mut(seats).enumerate() {
            let logs = &solution.strategies[0][p].node(n)[point * types * moves..];
            let sigma: Vec<f64> = logs[..types * moves].iter().map(|l| exp(*l)).collect();
            let belief = grid.belief(mover, point);
            let played = |k: usize, a: usize| played(&opportunity, a, sigma[k * moves + a]);
            for (a, payoff) in payoff.chunks_exact(seats).enumerate() {
                let share: f64 = (0..types).map(|k| belief[k] * played(k, a)).sum();
                for (seat, (paid, payoff)) in paid.iter_mut().zip(payoff).enumerate() {
                    let own_type = seat.checked_sub(first).filter(|k| *k < types);
                    *paid += own_type.map_or(share, |k| played(k, a)) * payoff;
                }
            }
            if game.noise == Noise::Taste {
                let shocks = opportunity.believed * self.shocks(mover, 0);
                for k in 0..types {
                    let range = k * moves..(k + 1) * moves;
                    paid[first + k] += shocks * entropy(&sigma[range.clone()], &logs[range]);
                }
            }
            for (outcomes, after) in told.iter().zip(&mut after) {
                for (k, weight) in weights.iter_mut().enumerate() {
                    let shown = outcomes.iter().map(|(a, chance)| played(k, *a) * chance);
                    let shown = shown.sum::<f64>();
                    node.told.push(shown);
                    *weight = belief[k] * shown;
                }
                let total: f64 = weights.iter().sum();
                node.told.push(total);
                if types == 1 {
                    after[0] = 1.0;
                    continue;
                }
                if total > RARE {
                    weights.iter_mut().for_each(|w| *w /= total);
                } else {
                    rare(&mut weights, belief, outcomes, |k, a| {
                        log_played(&opportunity, a, played(k, a), logs[k * moves + a])
                    });
                }
                stick_odds(&weights, odds);
                inner.at(&grid.axis, odds);
                for (k, weight) in inner.index.iter().zip(&inner.weight) {
                    after[*k as usize] += weight;
                }
            }
        }
        node
    }
}

impl Node {
    /// What everybody gets here, `[seat * points + point]`, when the table after the phase is `next`.
    fn earn(&self, checker: &Checker, mover: usize, next: &[f64], out: &mut [f64]) {
        let grid = &checker.solution.grid;
        let (points, seats) = (grid.points, checker.solution.layout.seats);
        let (first, block) = (checker.game.seat(mover), &grid.blocks[mover]);
        let (own, types, count) = (block.points, block.types, self.tales);
        // What follows each tale, were beliefs to stay: `[tale][seat * points + point]`.
        let width = seats * points;
        let mut follows = vec![0.0; count * width];
        for (row, tale, share) in &self.sights {
            let values = &next[*row as usize * width..][..width];
            let follows = &mut follows[tale * width..][..width];
            for (sum, value) in follows.iter_mut().zip(values) {
                *sum += share * value;
            }
        }
        for point in 0..points {
            let line = point - grid.own(mover, point) * block.stride;
            let after = &self.after[point * count * own..][..count * own];
            let told = &self.told[point * count * (types + 1)..][..count * (types + 1)];
            for seat in 0..seats {
                let own_type = seat.checked_sub(first).filter(|k| *k < types);
                let class = own_type.unwrap_or(types);
                let mut value = self.paid[point * seats + seat];
                let tales = after.chunks_exact(own).zip(told.chunks_exact(types + 1));
                for (tale, (after, told)) in tales.enumerate() {
                    let values = &follows[tale * width + seat * points + line..];
                    let values = values.iter().step_by(block.stride);
                    let sum: f64 = after.iter().zip(values).map(|(w, v)| w * v).sum();
                    value += told[class] * sum;
                }
                out[seat * points + point] = value;
            }
        }
    }
}
