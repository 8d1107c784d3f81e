//! What a typed mover's choice tells the public at one node. Where several move at once, the moves
//! here are the combinations of theirs (the node's alternatives).
//!
//! Outcomes (label, next state) whose believed probabilities over the moves are proportional teach
//! the same thing whatever the strategy; they form one *signal*. A node whose labels reveal the
//! moves has one signal a move; look-alikes and noisy labels add mixed ones.

use crate::game::MovePhase;
use rustc_hash::FxHashMap;

/// The signals of one node.
#[derive(Clone, Debug, Default)]
pub struct Signals {
    /// Signal → moves that can send it: `senders[sender_start[g]..sender_start[g+1]]`.
    pub sender_start: Vec<u32>,
    /// Moves that can send a signal, and the likelihood of the signal (up to a factor common to it).
    pub senders: Vec<(u32, f64)>,
    /// Signal teaches nothing: every move sends it with the same likelihood.
    pub mute: Vec<bool>,
    /// Pairs (move, signal) with their outcomes `pair_outcomes[pair_start[p]..pair_start[p+1]]`.
    pub pairs: Vec<(u32, u32)>,
    /// See `pairs`.
    pub pair_start: Vec<u32>,
    /// Move → its pairs: `move_start[a]..move_start[a + 1]`.
    pub move_start: Vec<u32>,
    /// Outcome index within the phase.
    pub pair_outcomes: Vec<u32>,
    /// Outcome (relative to the node's first) → its signal.
    pub outcome_signal: Vec<u32>,
    /// Distinct (next state, signal) pairs of the node.
    pub targets: Vec<(u32, u32)>,
    /// Outcome (relative to the node's first) → its target.
    pub outcome_target: Vec<u32>,
}

/// What reading the signals of a node needs besides, to be used again for the next.
#[derive(Default)]
pub struct Buffers<'a> {
    /// Likelihoods of each public result over the moves, `[result * moves + move]`.
    results: Vec<f64>,
    /// Labels and next state → result.
    known: FxHashMap<(&'a [u32], u32), usize>,
    /// Outcome → its result.
    outcome_result: Vec<usize>,
    /// Likelihoods of each signal, summing to one, `[signal * moves + move]`.
    groups: Vec<f64>,
    /// Result → its signal.
    result_group: Vec<u32>,
    /// Those of a result, summing to one.
    scaled: Vec<f64>,
    /// Next state and signal → target.
    target_of: FxHashMap<(u32, u32), u32>,
    /// Outcomes of a move that are thought possible.
    believed: Vec<u32>,
}

impl Signals {
    /// Reads the signals of node `n` off the believed kernel.
    pub fn of<'a>(phase: &'a MovePhase, n: usize, buffers: &mut Buffers<'a>) -> Self {
        let alternatives = phase.alternatives(n);
        let moves = alternatives.len();
        let first = phase.outcomes(alternatives.start).start;
        let last = if moves == 0 {
            first
        } else {
            phase.outcomes(alternatives.end - 1).end
        };
        let Buffers {
            results,
            known,
            outcome_result,
            groups,
            result_group,
            scaled,
            target_of,
            believed,
        } = buffers;

        // Public results and their likelihood vectors.
        results.clear();
        known.clear();
        outcome_result.clear();
        outcome_result.resize(last - first, 0);
        for (a, alternative) in alternatives.clone().enumerate() {
            for o in phase.outcomes(alternative) {
                let key = (phase.labels_of(o), phase.outcome_next[o]);
                let count = known.len();
                let position = *known.entry(key).or_insert_with(|| {
                    results.resize((count + 1) * moves, 0.0);
                    count
                });
                results[position * moves + a] += phase.outcome_believed[o];
                outcome_result[o - first] = position;
            }
        }

        // Group results with proportional vectors.
        groups.clear();
        result_group.clear();
        for vector in results.chunks_exact(moves.max(1)) {
            let total: f64 = vector.iter().sum();
            if total <= 0.0 {
                // True but not believed cannot occur in a valid game; impossible results teach nothing.
                result_group.push(u32::MAX);
                continue;
            }
            scaled.clear();
            scaled.extend(vector.iter().map(|v| v / total));
            let same = |g: &[f64]| {
                g.iter()
                    .zip(scaled.iter())
                    .all(|(x, y)| (x - y).abs() <= 4.0 * f64::EPSILON * x.max(*y))
            };
            let alike = groups.chunks_exact(moves).position(same);
            let group = alike.unwrap_or_else(|| {
                groups.extend_from_slice(scaled);
                groups.len() / moves - 1
            });
            result_group.push(group as u32);
        }

        let mut signals = Self::default();
        signals.sender_start.push(0);
        for likelihood in groups.chunks_exact(moves.max(1)) {
            for (a, l) in likelihood.iter().enumerate().filter(|(_, l)| **l > 0.0) {
                signals.senders.push((a as u32, *l));
            }
            signals.sender_start.push(signals.senders.len() as u32);
            let (low, high) = likelihood
                .iter()
                .fold((f64::INFINITY, 0.0f64), |(l, h), x| (l.min(*x), h.max(*x)));
            signals.mute.push(high - low <= 4.0 * f64::EPSILON * high);
        }
        let outcome_signal: Vec<u32> = outcome_result.iter().map(|r| result_group[*r]).collect();
        target_of.clear();
        for o in first..last {
            let target = (phase.outcome_next[o], outcome_signal[o - first]);
            let position = *target_of.entry(target).or_insert_with(|| {
                signals.targets.push(target);
                signals.targets.len() as u32 - 1
            });
            signals.outcome_target.push(position);
        }
        signals.pair_start.push(0);
        signals.move_start.push(0);
        for (a, alternative) in alternatives.enumerate() {
            let outcomes = phase.outcomes(alternative);
            let outcomes = outcomes.filter(|o| phase.outcome_believed[*o] > 0.0);
            believed.clear();
            believed.extend(outcomes.map(|o| o as u32));
            let signal = |o: &u32| outcome_signal[*o as usize - first];
            // By signal; those of one signal stay in their order.
            believed.sort_by_key(signal);
            for pair in believed.chunk_by(|x, y| signal(x) == signal(y)) {
                signals.pairs.push((a as u32, signal(&pair[0])));
                signals.pair_outcomes.extend_from_slice(pair);
                signals.pair_start.push(signals.pair_outcomes.len() as u32);
            }
            signals.move_start.push(signals.pairs.len() as u32);
        }
        signals.outcome_signal = outcome_signal;
        signals
    }

    /// Number of signals.
    pub fn len(&self) -> usize {
        self.mute.len()
    }

    /// No signal at all.
    pub fn is_empty(&self) -> bool {
        self.mute.is_empty()
    }

    /// Moves that send signal `g`, with likelihoods.
    #[inline]
    pub fn senders(&self, g: usize) -> &[(u32, f64)] {
        &self.senders[self.sender_start[g] as usize..self.sender_start[g + 1] as usize]
    }

    /// Pairs of move `a`.
    #[inline]
    pub fn pairs_of(&self, a: usize) -> std::ops::Range<usize> {
        self.move_start[a] as usize..self.move_start[a + 1] as usize
    }

    /// Outcomes of pair `p`.
    #[inline]
    pub fn outcomes(&self, p: usize) -> &[u32] {
        &self.pair_outcomes[self.pair_start[p] as usize..self.pair_start[p + 1] as usize]
    }
}
