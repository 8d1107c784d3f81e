//! Trajectories where nobody has private types: all choices are known beforehand and play is a Markov
//! chain, which some hundred trajectories at once are walked along by look-ups.

use super::cells::{Cells, Cumulated};
use super::counts::{Counts, Past};
use super::ground::Ground;
use super::philox::{MANY, Purpose, Words};
use super::walk::Walk;
use crate::game::{MovePhase, Phase, State};
use crate::math::lanes::widest;
use crate::play::{Play, offsets};
use std::ops::Range;

/// Trajectories that are walked together: what is remembered of them stays in the nearest cache.
const TOGETHER: u64 = 512;

/// The choices of a phase in a round of the plan.
struct Choices {
    /// State → alternative, or what stands for the state after all alternatives where it has no node.
    cells: Cells,
    /// Node → alternative, where cells do not tell.
    exact: Cumulated,
}

/// The chain of a game without private types.
pub(super) struct Chain<'a> {
    ground: &'a Ground<'a>,
    /// Round of the plan → phase; nothing where chance moves.
    choices: Vec<Vec<Option<Choices>>>,
    /// Phase → state, or alternative of moves and then each state without a node → next state; at last
    /// what is asked for where a word does not tell.
    next: Vec<Cells>,
    /// State → nothing moves whoever is there at the start of a round.
    still: Vec<bool>,
}

impl<'a> Chain<'a> {
    pub fn of(ground: &'a Ground<'a>) -> Self {
        let walk = ground.walk;
        let rounds = walk.solution.strategies.len().min(walk.rounds as usize);
        let of = |round: usize, (p, phase): (usize, &Phase)| match phase {
            Phase::Move(phase) => Some(choices(walk, phase, (round, p))),
            Phase::Events(_) => None,
        };
        let all = |round| {
            let phases = walk.game.phases.iter().enumerate();
            phases.map(|phase| of(round, phase)).collect()
        };
        Self {
            ground,
            choices: (0..rounds.max(1)).map(all).collect(),
            next: (0..walk.game.phases.len())
                .map(|p| next(ground, p))
                .collect(),
            still: still(walk),
        }
    }

    /// Walks the trajectories `range`.
    pub fn walk(&self, range: Range<u64>, counts: &mut Counts) {
        let mut first = range.start;
        while first < range.end {
            let size = TOGETHER.min(range.end - first);
            self.walk_together(first, size as usize, counts);
            first += size;
        }
    }

    fn walk_together(&self, first: u64, size: usize, counts: &mut Counts) {
        let walk = self.ground.walk;
        let game = walk.game;
        let past = counts.begin(size, game.start);
        let mut all = Together::begin(first, size, game.start, past);
        for round in 0..walk.rounds {
            all.settle(&self.still);
            if all.state.is_empty() {
                break;
            }
            let plan = &self.choices[walk.solution.plan_round(game, round)];
            for (p, choices) in plan.iter().enumerate() {
                let step = round * game.phases.len() as u32 + p as u32;
                advance(self, choices, p, (round, step), &mut all, counts);
            }
            for (past, state) in all.past.iter_mut().zip(&all.state) {
                counts.round(round + 1, past, *state);
            }
        }
    }
}

/// The choices at the nodes of a phase, in a round of the plan.
fn choices(walk: &Walk, phase: &MovePhase, (round, p): (usize, usize)) -> Choices {
    let types = vec![0; walk.game.actors.len()];
    let mut play = Play::default();
    let mut exact = Cumulated::default();
    for n in 0..phase.nodes() {
        let place = (round, p, n);
        play.at(
            walk.game,
            walk.solution,
            &walk.layout,
            phase,
            place,
            &walk.priors,
            false,
        );
        let firsts = offsets(walk.game, phase, n);
        let share = |j| play.jointly(phase, n, &firsts, j, &types);
        exact.push(phase.alternatives(n).map(share));
    }
    let mut rest = phase.alternative_outcomes.len() as u32 - 1;
    let bare = walk.game.states.len() - phase.nodes();
    let mut cells = Cells::new(rest + bare as u32);
    for row in &walk.solution.layout.rows[p] {
        let n = *row as usize;
        if n < phase.nodes() {
            let first = phase.node_alternatives[n];
            cells.push(&exact, n, |a| first + a as u32);
        } else {
            cells.push_certain(rest);
            rest += 1;
        }
    }
    Choices { cells, exact }
}

/// Ends, and states that no phase leads away from.
fn still(walk: &Walk) -> Vec<bool> {
    let mut still = vec![true; walk.game.states.len()];
    for phase in &walk.game.phases {
        for (n, state) in phase.states().iter().enumerate() {
            let stays = match phase {
                Phase::Events(phase) => {
                    let mut outcomes = phase.outcomes(n).filter(|o| phase.outcome_true[*o] > 0.0);
                    outcomes.all(|o| phase.outcome_next[o] == *state)
                }
                Phase::Move(phase) => {
                    let outcomes = phase.alternatives(n).flat_map(|a| phase.outcomes(a));
                    let mut outcomes = outcomes.filter(|o| phase.outcome_true[*o] > 0.0);
                    outcomes.all(|o| phase.outcome_next[o] == *state)
                }
            };
            still[*state as usize] &= stays;
        }
    }
    for (still, end) in still.iter_mut().zip(&walk.ends) {
        *still |= *end;
    }
    still
}

/// Trajectories that are walked together.
struct Together {
    first: u64,
    /// Their places after the first, then any.
    place: Vec<[u32; MANY]>,
    state: Vec<State>,
    past: Vec<Past>,
    words: Words,
}

impl Together {
    /// `size` trajectories begin.
    fn begin(first: u64, size: usize, state: State, past: Past) -> Self {
        let places = (0..size.div_ceil(MANY)).map(|row| (row * MANY) as u32);
        Self {
            first,
            place: places
                .map(|a| std::array::from_fn(|k| a + k as u32))
                .collect(),
            state: vec![state; size],
            past: vec![past; size],
            words: Words::default(),
        }
    }

    /// Leaves out those to whom nothing happens any more.
    fn settle(&mut self, still: &[bool]) {
        let place = self.place.as_flattened_mut();
        let mut i = 0;
        while i < self.state.len() {
            if still[self.state[i] as usize] {
                self.state.swap_remove(i);
                self.past.swap_remove(i);
                place[i] = place[self.state.len()];
            } else {
                i += 1;
            }
        }
        self.place.truncate(self.state.len().div_ceil(MANY));
    }
}

widest! {
    /// A phase of the round and step `at`.
    fn advance(
        chain: &Chain,
        choices: &Option<Choices>,
        p: usize,
        at: (u32, u32),
        all: &mut Together,
        counts: &mut Counts,
    ) => advance_plain
}

#[inline(always)]
fn advance_plain(
    chain: &Chain,
    choices: &Option<Choices>,
    p: usize,
    (round, step): (u32, u32),
    all: &mut Together,
    counts: &mut Counts,
) {
    let ground = chain.ground;
    all.words
        .draw(&ground.walk.draws, all.first, &all.place, step);
    // One thing after another for all: what a loop needs stays in registers.
    let outcomes = chain.next[p].look();
    let first = all.words.first.as_flattened_mut();
    let second = all.words.second.as_flattened();
    if let Some(choices) = choices {
        let choices = choices.cells.look();
        for (word, state) in first.iter_mut().zip(&all.state) {
            *word = choices.find(*state, *word);
        }
        for (chosen, word) in first.iter_mut().zip(second).take(all.state.len()) {
            *chosen = outcomes.find(*chosen, *word);
        }
    } else {
        for (word, state) in first.iter_mut().zip(&all.state) {
            *word = outcomes.find(*state, *word);
        }
    }
    let unknown = ground.walk.game.states.len() as State;
    let mask = counts.watched.mask.as_slice();
    let them = all.state.iter_mut().zip(&mut all.past).zip(first);
    for (i, ((state, past), next)) in them.enumerate() {
        if mask[*next as usize] & !past.seen != 0 {
            if *next == unknown {
                let trajectory = all.first + u64::from(all.place.as_flattened()[i]);
                *next = exactly(ground, choices, p, (trajectory, step), *state);
            }
            counts.arrive(round + 1, past, *next);
        }
        *state = *next;
    }
}

/// Where a trajectory goes from `state` by its whole random numbers.
#[cold]
#[inline(never)]
fn exactly(
    ground: &Ground,
    choices: &Option<Choices>,
    p: usize,
    (trajectory, step): (u64, u32),
    state: State,
) -> State {
    let walk = ground.walk;
    let layout = &walk.solution.layout;
    let n = layout.rows[p][state as usize] as usize;
    if n >= layout.nodes[p] {
        return state;
    }
    let (u, v) = walk.draws.pair(trajectory, step, Purpose::Step);
    let outcomes = &ground.outcomes[p];
    match (&walk.game.phases[p], choices) {
        (Phase::Events(phase), _) => {
            phase.outcome_next[phase.outcomes(n).start + outcomes.pick(n, u)]
        }
        (Phase::Move(phase), Some(choices)) => {
            let a = phase.alternatives(n).start + choices.exact.pick(n, u);
            phase.outcome_next[phase.outcomes(a).start + outcomes.pick(a, v)]
        }
        (Phase::Move(_), None) => state,
    }
}

/// Where phase `p` leads.
fn next(ground: &Ground, p: usize) -> Cells {
    let game = ground.walk.game;
    let layout = &ground.walk.solution.layout;
    let (rows, nodes) = (&layout.rows[p], layout.nodes[p]);
    let unknown = game.states.len() as State;
    let known = &ground.outcomes[p];
    let mut next = Cells::new(unknown);
    match &game.phases[p] {
        Phase::Events(phase) => {
            for (state, row) in rows.iter().enumerate() {
                let n = *row as usize;
                if n < nodes {
                    let first = phase.outcomes(n).start;
                    next.push(known, n, |o| phase.outcome_next[first + o]);
                } else {
                    next.push_certain(state as State);
                }
            }
        }
        Phase::Move(phase) => {
            for a in 0..phase.alternative_outcomes.len() - 1 {
                let first = phase.outcomes(a).start;
                next.push(known, a, |o| phase.outcome_next[first + o]);
            }
            for (state, row) in rows.iter().enumerate() {
                if *row as usize >= nodes {
                    next.push_certain(state as State);
                }
            }
        }
    }
    next.push_certain(unknown);
    next
}
