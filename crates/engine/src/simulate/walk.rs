//! One trajectory with exact Bayes, told step by step to a listener.
//!
//! Types, choices and chance are drawn by counter: (trajectory, round, phase, purpose) under the
//! seed, so a trajectory is the same whatever the number of threads.

use super::philox::{Draws, Purpose, Steps};
use crate::game::{EventsPhase, Game, MovePhase, NONE, Phase, State};
use crate::play::{BeliefLayout, Play, offsets, with_opportunity};
use crate::solve::Solution;

/// One step of a trajectory: a phase with a node at the state.
pub(crate) struct Step<'a> {
    /// Calendar round.
    pub round: u32,
    /// Phase.
    pub phase: usize,
    /// Node of the phase.
    pub node: usize,
    /// State before.
    pub from: State,
    /// State after.
    pub to: State,
    /// Outcome within the phase.
    pub outcome: usize,
    /// How far into the outcome's true probability the draw fell.
    pub within: f64,
    /// Flat public belief before and after.
    pub before: &'a [f64],
    /// See `before`.
    pub after: &'a [f64],
    /// The decision, in phases of moves.
    pub decision: Option<Decision<'a>>,
}

/// A decision on a trajectory.
#[derive(Clone, Copy)]
pub(crate) struct Decision<'a> {
    /// The phase.
    pub moves: &'a MovePhase,
    /// Who decides; the first of several.
    pub mover: usize,
    /// Its true type.
    pub kind: usize,
    /// The alternative, counted within the node: of one mover, its move.
    pub chosen: usize,
    /// Strategies of all types at this belief.
    pub play: &'a Play,
}

/// Hears trajectories; what it does not care about is nothing to it.
pub(crate) trait Listener {
    /// A trajectory begins.
    fn begin(&mut self, _trajectory: u64, _types: &[usize], _start: State) {}
    /// A step was made; also one that changes nothing.
    fn step(&mut self, _step: &Step) {}
    /// The end of a round, and before the first; `round` of them are over.
    fn round(&mut self, _round: u32, _state: State, _belief: &[f64]) {}
    /// The trajectory has come to its last round; an end state was kept until then.
    fn end(&mut self, _state: State) {}
}

/// What all trajectories share.
pub(crate) struct Walk<'a> {
    pub game: &'a Game,
    pub solution: &'a Solution,
    pub layout: BeliefLayout,
    pub priors: Vec<f64>,
    /// State → is it an end?
    pub ends: Vec<bool>,
    pub rounds: u32,
    pub draws: Draws,
}

impl<'a> Walk<'a> {
    /// Trajectories over `rounds` rounds, at most to the horizon.
    pub fn new(game: &'a Game, solution: &'a Solution, rounds: u32, seed: u64) -> Self {
        let layout = BeliefLayout::of(game);
        let mut ends = vec![false; game.states.len()];
        for end in &game.ends {
            ends[end.state as usize] = true;
        }
        Self {
            priors: layout.priors(game),
            ends,
            layout,
            game,
            solution,
            rounds: rounds.min(game.horizon),
            draws: Draws::of(seed),
        }
    }
}

/// Buffers of one thread.
pub(crate) struct Walker {
    play: Play,
    before: Vec<f64>,
    after: Vec<f64>,
    types: Vec<usize>,
}

impl Walker {
    pub fn new(walk: &Walk) -> Self {
        Self {
            play: Play::default(),
            before: walk.priors.clone(),
            after: walk.priors.clone(),
            types: Vec::new(),
        }
    }

    /// Walks trajectory `trajectory`.
    pub fn walk(&mut self, walk: &Walk, trajectory: u64, listener: &mut impl Listener) {
        let game = walk.game;
        let layout = &walk.solution.layout;
        self.before.copy_from_slice(&walk.priors);
        self.after.copy_from_slice(&walk.priors);
        self.types.clear();
        for (i, actor) in game.actors.iter().enumerate() {
            let u = walk.draws.pair(trajectory, i as u32, Purpose::Types).0;
            let weights = actor.types.iter().map(|t| t.weight);
            self.types.push(pick(u, weights).0);
        }
        let mut state = game.start;
        let mut steps = Steps::of(trajectory);
        listener.begin(trajectory, &self.types, state);
        listener.round(0, state, &self.after);
        for round in 0..walk.rounds {
            if walk.ends[state as usize] {
                // Nothing happens any more.
                for left in round + 1..=walk.rounds {
                    listener.round(left, state, &self.after);
                }
                break;
            }
            for (p, phase) in game.phases.iter().enumerate() {
                let row = layout.rows[p][state as usize];
                if row == NONE || row as usize >= layout.nodes[p] {
                    continue;
                }
                let place = (round, p, row as usize);
                let step = round * game.phases.len() as u32 + p as u32;
                let draws = steps.pair(&walk.draws, step);
                state = match phase {
                    Phase::Events(phase) => self.chance(phase, place, state, draws.0, listener),
                    Phase::Move(phase) => self.decide(walk, phase, place, state, draws, listener),
                };
            }
            listener.round(round + 1, state, &self.after);
        }
        listener.end(state);
    }

    fn chance(
        &mut self,
        phase: &EventsPhase,
        (round, p, n): (u32, usize, usize),
        from: State,
        draw: f64,
        listener: &mut impl Listener,
    ) -> State {
        let range = phase.outcomes(n);
        let (o, within) = pick(draw, phase.outcome_true[range.clone()].iter().copied());
        let outcome = range.start + o;
        let to = phase.outcome_next[outcome];
        listener.step(&Step {
            round,
            phase: p,
            node: n,
            from,
            to,
            outcome,
            within,
            before: &self.after,
            after: &self.after,
            decision: None,
        });
        to
    }

    fn decide(
        &mut self,
        walk: &Walk,
        phase: &MovePhase,
        (round, p, n): (u32, usize, usize),
        from: State,
        draws: (f64, f64),
        listener: &mut impl Listener,
    ) -> State {
        let (game, solution) = (walk.game, walk.solution);
        let mover = phase.actors[0] as usize;
        self.before.copy_from_slice(&self.after);
        self.play.at(
            game,
            solution,
            &walk.layout,
            phase,
            (solution.plan_round(game, round), p, n),
            &self.before,
            false,
        );
        let alternatives = phase.alternatives(n);
        let count = alternatives.len();
        let kind = self.types[mover];
        let (chosen, _) = if phase.is_joint() {
            let firsts = offsets(game, phase, n);
            let share = |j| self.play.jointly(phase, n, &firsts, j, &self.types);
            pick(draws.0, alternatives.clone().map(share))
        } else {
            let sigma = &self.play.sigma[kind * count..][..count];
            let opportunity = phase.node_opportunity[n][0];
            let tau = |(a, s): (usize, &f64)| {
                with_opportunity(*s, a, opportunity.default, opportunity.probability)
            };
            pick(draws.0, sigma.iter().enumerate().map(tau))
        };
        let range = phase.outcomes(alternatives.start + chosen);
        let all = phase.outcome_true[range.clone()].iter().copied();
        let (o, within) = pick(draws.1, all);
        let outcome = range.start + o;
        let first = phase.outcomes(alternatives.start).start;
        let g = solution.layout.signals[p][n].outcome_signal[outcome - first] as usize;
        if phase.is_joint() {
            self.play.learn_jointly(
                game,
                solution,
                &walk.layout,
                phase,
                (p, n),
                g,
                &self.before,
                &mut self.after,
            );
        } else {
            let own = walk.layout.range(mover);
            let (prior, posterior) = (&self.before[own.clone()], &mut self.after[own]);
            self.play
                .learn(solution, phase, (p, n), g, prior, posterior);
        }
        let to = phase.outcome_next[outcome];
        listener.step(&Step {
            round,
            phase: p,
            node: n,
            from,
            to,
            outcome,
            within,
            before: &self.before,
            after: &self.after,
            decision: Some(Decision {
                moves: phase,
                mover,
                kind,
                chosen,
                play: &self.play,
            }),
        });
        to
    }
}

/// Index drawn by `u` in [0, 1) from probabilities that sum to one, never one of probability 0; and
/// how far into its share `u` fell.
fn pick(u: f64, probabilities: impl Iterator<Item = f64>) -> (usize, f64) {
    let mut below = 0.0;
    let mut last = (0, 0.0);
    for (i, p) in probabilities.enumerate() {
        if p > 0.0 {
            last = (i, u - below);
            below += p;
            if u < below {
                return last;
            }
        }
    }
    last
}
