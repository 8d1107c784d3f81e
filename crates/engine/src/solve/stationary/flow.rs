//! What follows every alternative, for all nodes of all phases in one table.

use crate::game::{Game, NONE, Phase, State};
use crate::solve::layout::Layout;

/// Payoffs, and the chances of the nodes that follow. Nodes are numbered through all phases; a node of
/// chance has one alternative.
#[derive(Debug, Default)]
pub struct Flow {
    actors: usize,
    /// Node → its first alternative, and the number of alternatives at the end.
    pub alternative: Vec<u32>,
    /// Alternative → its first entry, and the number of entries at the end.
    start: Vec<usize>,
    /// Entry → node that follows.
    next: Vec<u32>,
    /// Entry → believed probability.
    share: Vec<f64>,
    /// Payoff, and what ends that may follow are worth: `[alternative * actors + actor]`.
    constant: Vec<f64>,
    /// What a value of the next phase counts: `[node's phase * actors + actor]`.
    factor: Vec<f64>,
    /// Node → its phase.
    pub phase: Vec<u32>,
}

impl Flow {
    /// Reads `game`, whose ends are worth `ends`; `base` is the first node of each phase.
    pub fn of(game: &Game, layout: &Layout, ends: &[f64], base: &[usize]) -> Self {
        let actors = game.actors.len();
        let nodes: usize = layout.nodes.iter().sum();
        let mut flow = Self {
            actors,
            start: vec![0],
            ..Self::default()
        };
        let mut place = vec![NONE; nodes];
        let mut entries: Vec<(u32, f64)> = Vec::new();
        for (p, phase) in game.phases.iter().enumerate() {
            let next = layout.next_phase(p);
            for actor in &game.actors {
                flow.factor
                    .push(if next == 0 { actor.discount } else { 1.0 });
            }
            let mut alternative = |payoff: &[f64], outcomes: (&[State], &[f64])| {
                let first = flow.constant.len();
                flow.constant.extend_from_slice(payoff);
                for (state, share) in outcomes.0.iter().zip(outcomes.1) {
                    let row = layout.rows[next][*state as usize] as usize;
                    if let Some(end) = row.checked_sub(layout.nodes[next]) {
                        for i in 0..actors {
                            flow.constant[first + i] += share * ends[end * actors + i];
                        }
                        continue;
                    }
                    let node = base[next] + row;
                    match entries.get_mut(place[node] as usize) {
                        Some(entry) => entry.1 += share,
                        None => {
                            place[node] = entries.len() as u32;
                            entries.push((node as u32, *share));
                        }
                    }
                }
                entries.sort_unstable_by_key(|e| e.0);
                for (node, share) in entries.drain(..) {
                    place[node as usize] = NONE;
                    flow.next.push(node);
                    flow.share.push(share);
                }
                flow.start.push(flow.next.len());
            };
            let mut count = flow.alternative.last().copied().unwrap_or(0);
            if p == 0 {
                flow.alternative.push(0);
            }
            for n in 0..phase.nodes() {
                flow.phase.push(p as u32);
                match phase {
                    Phase::Events(phase) => {
                        let o = phase.outcomes(n);
                        let outcomes = (&phase.outcome_next[o.clone()], &phase.outcome_believed[o]);
                        alternative(&phase.payoff[n * actors..(n + 1) * actors], outcomes);
                        count += 1;
                    }
                    Phase::Move(phase) => {
                        for a in phase.alternatives(n) {
                            let o = phase.outcomes(a);
                            let outcomes =
                                (&phase.outcome_next[o.clone()], &phase.outcome_believed[o]);
                            alternative(&phase.payoff[a * actors..(a + 1) * actors], outcomes);
                            count += 1;
                        }
                    }
                }
                flow.alternative.push(count);
            }
        }
        flow
    }

    /// Number of entries.
    pub fn entries(&self) -> usize {
        self.next.len()
    }

    /// Number of nodes.
    pub fn nodes(&self) -> usize {
        self.phase.len()
    }

    /// Number of alternatives of a node.
    pub fn alternatives(&self, node: usize) -> usize {
        (self.alternative[node + 1] - self.alternative[node]) as usize
    }

    /// What values count that follow a node, by actor.
    pub fn factor(&self, node: usize) -> &[f64] {
        let p = self.phase[node] as usize;
        &self.factor[p * self.actors..(p + 1) * self.actors]
    }

    /// Nodes that may follow alternative `k` of `node`, with their probabilities.
    pub fn following(&self, node: usize, k: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let a = self.alternative[node] as usize + k;
        let entries = self.start[a]..self.start[a + 1];
        let next = self.next[entries.clone()].iter();
        next.zip(&self.share[entries])
            .map(|(q, s)| (*q as usize, *s))
    }

    /// Expected values after the alternatives of `node`, as they count there, where the nodes are worth
    /// `values` (`[node * actors + actor]`), into `out` (`[alternative * actors + actor]`).
    pub fn expect(&self, node: usize, values: &[f64], out: &mut Vec<f64>) {
        out.clear();
        match self.actors {
            1 => self.expect_of::<1>(node, values, out),
            2 => self.expect_of::<2>(node, values, out),
            3 => self.expect_of::<3>(node, values, out),
            4 => self.expect_of::<4>(node, values, out),
            _ => self.expect_any(node, values, out),
        }
        let factors = self.factor(node).iter().cycle();
        for (o, factor) in out.iter_mut().zip(factors) {
            *o *= factor;
        }
    }

    fn expect_of<const A: usize>(&self, node: usize, values: &[f64], out: &mut Vec<f64>) {
        let (values, _) = values.as_chunks::<A>();
        let range = self.alternative[node] as usize..self.alternative[node + 1] as usize;
        for a in range {
            let entries = self.start[a]..self.start[a + 1];
            let (next, last_next) = self.next[entries.clone()].as_chunks::<4>();
            let (share, last_share) = self.share[entries].as_chunks::<4>();
            // Four sums side by side: one alone would wait for each addition.
            let mut sum = [[0.0; A]; 4];
            for (next, share) in next.iter().zip(share) {
                for k in 0..4 {
                    let value = &values[next[k] as usize];
                    for i in 0..A {
                        sum[k][i] += share[k] * value[i];
                    }
                }
            }
            for (next, share) in last_next.iter().zip(last_share) {
                let value = &values[*next as usize];
                for i in 0..A {
                    sum[0][i] += share * value[i];
                }
            }
            for i in 0..A {
                out.push((sum[0][i] + sum[1][i]) + (sum[2][i] + sum[3][i]));
            }
        }
    }

    fn expect_any(&self, node: usize, values: &[f64], out: &mut Vec<f64>) {
        for k in 0..self.alternatives(node) {
            let first = out.len();
            out.resize(first + self.actors, 0.0);
            for (q, share) in self.following(node, k) {
                let value = &values[q * self.actors..(q + 1) * self.actors];
                for (o, v) in out[first..].iter_mut().zip(value) {
                    *o += share * v;
                }
            }
        }
    }

    /// The same with payoffs and ends: what the alternatives are worth.
    pub fn worth(&self, node: usize, values: &[f64], out: &mut Vec<f64>) {
        self.expect(node, values, out);
        let first = self.alternative[node] as usize * self.actors;
        for (o, c) in out.iter_mut().zip(&self.constant[first..]) {
            *o += c;
        }
    }
}
