//! A red line in the tables of the game, and what a crossing leads to: the probability that it is
//! answered in time and what it is worth when it is.
//!
//! Both are built backwards over the belief grid, from the states in which a recognised crossing
//! stands, through drift and chance, to the holder's decisions. Beliefs move as they do in play:
//! first with the crossing itself, then with whatever the holder does.

use super::plan::View;
use super::tastes;
use crate::belief::{Footprint, stick_odds};
use crate::game::{Game, Label, MovePhase, Phase};
use crate::play::Play;
use crate::solve::Solution;
use climbdown_lang::Scenario;
use climbdown_lang::scenario::MoveId;
use rayon::prelude::*;

/// A red line in the terms of the game.
#[derive(Clone, Debug)]
pub struct Line {
    /// Who answers.
    pub holder: usize,
    /// Whose conduct it is about.
    pub challenger: usize,
    /// Names of the challenger's moves that can cross this line.
    pub crossing: Vec<Label>,
    /// Names of its moves that can cross any line of this holder against it.
    pub crossing_any: Vec<Label>,
    /// Names of the holder's moves that answer.
    pub answers: Vec<Label>,
    /// Decisions within which the holder must answer.
    pub within: usize,
    /// State → a recognised crossing of this line stands.
    pub stands: Vec<bool>,
}

/// Names of moves as the game has them; moves that the game does not have are left out.
pub fn labels(scenario: &Scenario, game: &Game, moves: &[MoveId]) -> Vec<Label> {
    let name = |id: &MoveId| {
        let mv = scenario.moves.get(id.0 as usize)?;
        let actor = &scenario.actors.get(mv.actor.0 as usize)?.name;
        let name = format!("{actor}.{}", mv.name);
        game.labels
            .iter()
            .position(|l| *l == name)
            .map(|l| l as Label)
    };
    moves.iter().filter_map(name).collect()
}

impl Line {
    /// Red line number `index` of the scenario; `None` when there is none.
    pub fn of(scenario: &Scenario, game: &Game, index: usize) -> Option<Self> {
        let line = scenario.red_lines.get(index)?;
        let of_pair = scenario
            .red_lines
            .iter()
            .filter(|l| l.holder == line.holder && l.challenger == line.challenger);
        let crossing_any: Vec<Label> = of_pair
            .flat_map(|l| labels(scenario, game, &l.crossing_moves))
            .collect();
        let pending = game.variables.get(line.pending.0 as usize)?;
        Some(Self {
            holder: line.holder.0 as usize,
            challenger: line.challenger.0 as usize,
            crossing: labels(scenario, game, &line.crossing_moves),
            crossing_any,
            answers: labels(scenario, game, &line.answers),
            within: line.within.max(1) as usize,
            stands: pending
                .of_state
                .iter()
                .map(|level| line.levels.contains(&u32::from(*level)))
                .collect(),
        })
    }

    /// Rounds after that of a crossing in which an answer can still come.
    pub fn rounds_ahead(&self, game: &Game) -> usize {
        let moves = |p: usize, actor: usize| match &game.phases[p] {
            Phase::Move(phase) => phase.actors.contains(&(actor as u32)),
            Phase::Events(_) => false,
        };
        let count = game.phases.len();
        let decisions = (0..count).filter(|p| moves(*p, self.holder)).count();
        if decisions == 0 {
            return 0;
        }
        (0..count)
            .filter(|p| moves(*p, self.challenger))
            .map(|p| {
                let left = (p + 1..count).filter(|q| moves(*q, self.holder)).count();
                self.within.saturating_sub(left).div_ceil(decisions)
            })
            .max()
            .unwrap_or(0)
    }
}

/// Weights on the whole grid where the belief about `mover` is `posterior` and the others' are those
/// of grid point `point`.
pub fn moved(solution: &Solution, mover: usize, posterior: &[f64], point: usize) -> Footprint {
    let mut footprint = Footprint::default();
    move_to(solution, mover, posterior, point, &mut footprint);
    footprint
}

/// The same into a footprint that lends its memory.
pub fn move_to(
    solution: &Solution,
    mover: usize,
    posterior: &[f64],
    point: usize,
    footprint: &mut Footprint,
) {
    let grid = &solution.grid;
    let block = &grid.blocks[mover];
    if block.types < 2 {
        footprint.point(point as u32, 0);
        return;
    }
    // Two types have one axis; more are rare and may allocate.
    let mut one = [0.0];
    let mut several = Vec::new();
    let odds = if block.types == 2 {
        &mut one[..]
    } else {
        several.resize(block.types - 1, 0.0);
        &mut several[..]
    };
    stick_odds(posterior, odds);
    footprint.at(&grid.axis, odds);
    let base = point - grid.own(mover, point) * block.stride;
    for index in &mut footprint.index {
        *index = (base + *index as usize * block.stride) as u32;
    }
}

/// Believed probability of move `a` by type `kind`, opportunity included.
pub fn played(phase: &MovePhase, n: usize, sigma: &[f64], kind: usize, a: usize) -> f64 {
    let moves = phase.alternatives(n).len();
    let opportunity = phase.node_opportunity[n][0];
    let forced = if a == opportunity.default as usize {
        1.0 - opportunity.believed
    } else {
        0.0
    };
    opportunity.believed * sigma[kind * moves + a] + forced
}

/// `[quantity * points + point]`, where a crossing stands.
type Row = Option<Vec<f64>>;

/// What becomes of a standing crossing. Quantities are by type of the challenger: first the
/// probability that it is answered in time, then the challenger's value on the paths on which it is
/// (value × probability).
pub struct Answered {
    kinds: usize,
    points: usize,
    /// `[plan round][phase][node]`.
    tables: Vec<Vec<Vec<Row>>>,
}

/// One phase's tables while they are built.
struct Step<'a> {
    view: View<'a>,
    line: &'a Line,
    t: usize,
    p: usize,
    /// Tables of the next phase; none beyond the time for an answer.
    next: Option<&'a [Row]>,
    /// The next phase is in the next round.
    later: bool,
}

impl Answered {
    /// Builds the tables for the plan seen in `view`.
    pub fn of(view: View, line: &Line) -> Self {
        let game = view.game();
        let phases = game.phases.len();
        let kinds = game.actors[line.challenger].types.len();
        let mut tables: Vec<Vec<Vec<Row>>> = Vec::new();
        for t in (0..=line.rounds_ahead(game)).rev() {
            let mut round: Vec<Vec<Row>> = Vec::new();
            for p in (0..phases).rev() {
                let next = round.last().or_else(|| tables.last().map(|r| &r[0]));
                let step = Step {
                    view,
                    line,
                    t,
                    p,
                    next: next.map(Vec::as_slice),
                    later: p + 1 == phases,
                };
                round.push(step.table());
            }
            round.reverse();
            tables.push(round);
        }
        tables.reverse();
        Self {
            kinds,
            points: view.solution().grid.points,
            tables,
        }
    }

    /// Probability of an answer and value on the paths with one, for type `kind` of the challenger,
    /// after phase `p` of the round of the crossing, at the belief of `footprint`.
    pub fn after(
        &self,
        view: View,
        line: &Line,
        p: usize,
        footprint: &Footprint,
        state: u32,
        kind: usize,
    ) -> (f64, f64) {
        let game = view.game();
        let phases = game.phases.len();
        let later = p + 1 == phases;
        let table = if later {
            self.tables.get(1).map(|r| &r[0])
        } else {
            Some(&self.tables[0][p + 1])
        };
        read(
            table.map(Vec::as_slice),
            view,
            (p + 1) % phases,
            (footprint, state),
            (kind, self.kinds, self.points),
            if later {
                game.actors[line.challenger].discount
            } else {
                1.0
            },
        )
    }
}

fn read(
    table: Option<&[Row]>,
    view: View,
    phase: usize,
    (footprint, state): (&Footprint, u32),
    (kind, kinds, points): (usize, usize, usize),
    discount: f64,
) -> (f64, f64) {
    let row = view.solution().layout.rows[phase][state as usize] as usize;
    let Some(Some(row)) = table.and_then(|t| t.get(row)) else {
        return (0.0, 0.0);
    };
    let at = |q: usize| footprint.value(&row[q * points..(q + 1) * points]);
    (at(kind), discount * at(kinds + kind))
}

impl Step<'_> {
    fn table(&self) -> Vec<Row> {
        let game = self.view.game();
        let states = game.phases[self.p].states();
        (0..states.len())
            .into_par_iter()
            .map(|n| {
                if !self.line.stands[states[n] as usize] {
                    return None;
                }
                match &game.phases[self.p] {
                    Phase::Events(_) => self.chance(n),
                    Phase::Move(phase) => self.choice(n, phase),
                }
            })
            .collect()
    }

    fn shape(&self) -> (usize, usize, usize, f64) {
        let game = self.view.game();
        let challenger = &game.actors[self.line.challenger];
        let discount = if self.later { challenger.discount } else { 1.0 };
        let points = self.view.solution().grid.points;
        let seat = game.seat(self.line.challenger);
        (challenger.types.len(), points, seat, discount)
    }

    /// What a crossing that still stands after this phase comes to.
    fn onward(&self, footprint: &Footprint, state: u32, kind: usize) -> (f64, f64) {
        if !self.line.stands[state as usize] {
            return (0.0, 0.0);
        }
        let (kinds, points, _, discount) = self.shape();
        let phase = (self.p + 1) % self.view.game().phases.len();
        read(
            self.next,
            self.view,
            phase,
            (footprint, state),
            (kind, kinds, points),
            discount,
        )
    }

    fn chance(&self, n: usize) -> Row {
        let game = self.view.game();
        let Phase::Events(phase) = &game.phases[self.p] else {
            return None;
        };
        let (kinds, points, seat, _) = self.shape();
        let mut row = vec![0.0; 2 * kinds * points];
        let mut footprint = Footprint::default();
        for point in 0..points {
            footprint.point(point as u32, 0);
            for kind in 0..kinds {
                let (mut probability, mut value) = (0.0, 0.0);
                for o in phase.outcomes(n) {
                    let (p, v) = self.onward(&footprint, phase.outcome_next[o], kind);
                    probability += phase.outcome_believed[o] * p;
                    value += phase.outcome_believed[o] * v;
                }
                let paid = phase.payoff[n * game.seats() + seat + kind];
                row[kind * points + point] = probability;
                row[(kinds + kind) * points + point] = value + paid * probability;
            }
        }
        Some(row)
    }

    fn choice(&self, n: usize, phase: &MovePhase) -> Row {
        let game = self.view.game();
        let (kinds, points, seat, _) = self.shape();
        let (solution, round) = self.view.played(self.t)?;
        let next = self.view.after(self.t, self.p)?;
        let mover = phase.actors[0] as usize;
        let signals = &solution.layout.signals[self.p][n];
        let alternatives = phase.alternatives(n);
        let first = phase.outcomes(alternatives.start).start;
        let types = game.actors[mover].types.len();
        let mut row = vec![0.0; 2 * kinds * points];
        let mut play = Play::default();
        for point in 0..points {
            play.at_point(game, solution, phase, (round, self.p, n), point);
            let belief = solution.grid.belief(mover, point);
            let after: Vec<Footprint> = (0..signals.len())
                .map(|g| {
                    let posterior = &play.posterior[g * types..(g + 1) * types];
                    moved(solution, mover, posterior, point)
                })
                .collect();
            for (a, alternative) in alternatives.clone().enumerate() {
                let label = phase.node_moves[n][0][a];
                let answers = mover == self.line.holder && self.line.answers.contains(&label);
                let public: f64 = (0..types)
                    .map(|k| belief[k] * played(phase, n, &play.sigma, k, a))
                    .sum();
                for o in phase.outcomes(alternative) {
                    let likelihood = phase.outcome_believed[o];
                    let state = phase.outcome_next[o];
                    if likelihood == 0.0 || !(answers || self.line.stands[state as usize]) {
                        continue;
                    }
                    let footprint = &after[signals.outcome_signal[o - first] as usize];
                    for kind in 0..kinds {
                        let share = if mover == self.line.challenger {
                            played(phase, n, &play.sigma, kind, a)
                        } else {
                            public
                        };
                        let paid = phase.payoff[alternative * game.seats() + seat + kind];
                        // What the challenger likes in its own moves is theirs, on whatever path.
                        let liked = if mover == self.line.challenger {
                            let sigma = play.sigma[kind * alternatives.len() + a];
                            let chosen = phase.node_opportunity[n][0].believed * sigma;
                            chosen * tastes::in_move(game, mover, sigma)
                        } else {
                            0.0
                        };
                        let (p, v) = if answers {
                            let challenger = self.line.challenger;
                            (1.0, next.value(footprint, state, challenger, seat + kind))
                        } else {
                            self.onward(footprint, state, kind)
                        };
                        let weight = share * likelihood;
                        row[kind * points + point] += weight * p;
                        row[(kinds + kind) * points + point] +=
                            weight * (v + paid * p) + likelihood * liked * p;
                    }
                }
            }
        }
        Some(row)
    }
}
