//! The courses of one round that fit a report, followed phase by phase.

use super::{Course, Evidence, MAX_COURSES, ObserveError, SAME, Standing};
use crate::game::{EventsPhase, Game, Label, MovePhase, NONE, Phase, State};
use crate::play::{BeliefLayout, Play};
use crate::solve::Solution;

/// One course of the round so far.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) standing: Standing,
    pub(super) labels: Vec<Label>,
    /// Probability of the course given what was known before.
    pub(super) probability: f64,
    /// Variables that changed by themselves.
    pub(super) changes: usize,
    /// Labels that are yet to be seen.
    pub(super) left: Vec<usize>,
    /// The label seen last, as index in the report.
    pub(super) last: Option<usize>,
}

impl Way {
    pub(super) fn course(&self, total: f64) -> Course {
        Course {
            labels: self.labels.clone(),
            state: self.standing.state,
            probability: self.probability / total,
        }
    }

    /// Where the crisis stands when the round is over.
    pub(super) fn after(&self, game: &Game) -> Standing {
        let mut standing = self.standing.clone();
        standing.round += 1;
        standing.probability *= self.probability;
        standing.close(game);
        standing
    }

    pub(super) fn same(&self, other: &Self) -> bool {
        let near = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(x, y)| (x - y).abs() <= SAME);
        self.standing.state == other.standing.state
            && self.standing.entered == other.standing.entered
            && near(&self.standing.belief, &other.standing.belief)
            && near(&self.standing.weight, &other.standing.weight)
    }
}

/// What a choice was of which nothing is reported.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Silence {
    /// One that is no news.
    Quiet,
    /// Any.
    Anything,
}

pub(super) struct Walk<'a> {
    game: &'a Game,
    solution: &'a Solution,
    layout: BeliefLayout,
    round: u32,
}

impl<'a> Walk<'a> {
    pub(super) fn new(game: &'a Game, solution: &'a Solution, round: u32) -> Self {
        Self {
            game,
            solution,
            layout: BeliefLayout::of(game),
            round,
        }
    }

    /// All courses that fit.
    pub(super) fn courses(
        &self,
        from: &Standing,
        seen: &[Evidence],
        silence: Silence,
    ) -> Result<Vec<Way>, ObserveError> {
        if self.game.has_joint_moves() {
            return Err(ObserveError::AtOnce { round: self.round });
        }
        let labels = (0..seen.len()).filter(|i| matches!(seen[*i], Evidence::Label(_)));
        let mut ways = vec![Way {
            standing: from.clone(),
            labels: Vec::new(),
            probability: 1.0,
            changes: 0,
            left: labels.collect(),
            last: None,
        }];
        for (p, phase) in self.game.phases.iter().enumerate() {
            let mut next = Vec::new();
            for way in ways {
                let row = self.solution.layout.rows[p][way.standing.state as usize];
                if row == NONE || row as usize >= self.solution.layout.nodes[p] {
                    next.push(way); // the crisis has ended
                    continue;
                }
                match phase {
                    Phase::Move(phase) => {
                        self.choice(&way, (p, row as usize), phase, (seen, silence), &mut next);
                    }
                    Phase::Events(phase) => self.chance(&way, row as usize, phase, &mut next),
                }
                if next.len() > MAX_COURSES {
                    return Err(ObserveError::TooMany { round: self.round });
                }
            }
            ways = next;
        }
        ways.retain(|way| way.left.is_empty() && self.holds(way, seen, None));
        Ok(ways)
    }

    /// Whether the levels reported after the label seen last hold now; `next` is the label that is
    /// about to be seen, `None` at the end of the round.
    fn holds(&self, way: &Way, seen: &[Evidence], next: Option<usize>) -> bool {
        let after = |from: usize| {
            seen[from..]
                .iter()
                .take_while(|e| matches!(e, Evidence::Level(..)))
        };
        let own = way.last.map_or(0, |last| last + 1);
        let mut levels: Vec<&Evidence> = Vec::new();
        match (way.last, next) {
            // Levels before the first label are those of the end of the round.
            (None, Some(_)) => {}
            (Some(_), Some(_)) => levels.extend(after(own)),
            (last, None) => {
                levels.extend(after(own));
                if last.is_some() {
                    levels.extend(after(0));
                }
            }
        }
        levels.iter().all(|e| match e {
            Evidence::Level(variable, level) => self
                .game
                .variables
                .get(*variable)
                .is_some_and(|v| v.of_state[way.standing.state as usize] == *level),
            Evidence::Label(_) => true,
        })
    }

    fn choice(
        &self,
        way: &Way,
        (p, n): (usize, usize),
        phase: &MovePhase,
        (seen, silence): (&[Evidence], Silence),
        next: &mut Vec<Way>,
    ) {
        let results = self.results(way, (p, n), phase);
        let named = way.left.iter().copied().find(|i| {
            let Evidence::Label(label) = seen[*i] else {
                return false;
            };
            results.iter().any(|r| r.label == label)
        });
        if named.is_some() && !self.holds(way, seen, named) {
            return;
        }
        let fits: Vec<bool> = match (named, silence) {
            (Some(i), _) => results
                .iter()
                .map(|r| seen[i] == Evidence::Label(r.label))
                .collect(),
            (None, Silence::Quiet) => self.quiet(way, n, phase, &results),
            (None, Silence::Anything) => vec![true; results.len()],
        };
        for (result, fits) in results.into_iter().zip(fits) {
            if !fits {
                continue;
            }
            let mut on = way.clone();
            on.labels.push(result.label);
            if let Some(i) = named {
                on.left.retain(|l| *l != i);
                on.last = Some(i);
            }
            let own = self.layout.range(phase.actors[0] as usize);
            on.standing.belief[own.clone()].copy_from_slice(&result.belief);
            on.standing.weight[own].copy_from_slice(&result.weight);
            on.probability *= result.probability;
            self.arrive(&mut on, result.next);
            next.push(on);
        }
    }

    fn arrive(&self, way: &mut Way, state: State) {
        way.standing.state = state;
        // A set is entered in the round that is being played, and known when it is over.
        way.standing.round += 1;
        way.standing.enter(self.game, state);
        way.standing.round -= 1;
    }

    /// What can be seen of a choice: label and next state, with probability and posteriors.
    fn results(&self, way: &Way, (p, n): (usize, usize), phase: &MovePhase) -> Vec<Sign> {
        let mut play = Play::default();
        let plan = self.solution.plan_round(self.game, self.round);
        play.at(
            self.game,
            self.solution,
            &self.layout,
            phase,
            (plan, p, n),
            &way.standing.belief,
            true,
        );
        let mover = phase.actors[0] as usize;
        let own = self.layout.range(mover);
        let types = own.len();
        let weight = &way.standing.weight[own];
        let alternatives = phase.alternatives(n);
        let count = alternatives.len();
        let opportunity = phase.node_opportunity[n][0];
        let signals = &self.solution.layout.signals[p][n];
        let first = phase.outcomes(alternatives.start).start;
        let mut results: Vec<Sign> = Vec::new();
        for (a, alternative) in alternatives.enumerate() {
            for o in phase.outcomes(alternative) {
                let (label, to) = (phase.outcome_labels[o], phase.outcome_next[o]);
                let at = results
                    .iter()
                    .position(|r| r.label == label && r.next == to);
                let at = at.unwrap_or_else(|| {
                    let g = signals.outcome_signal[o - first] as usize;
                    results.push(Sign {
                        label,
                        next: to,
                        probability: 0.0,
                        belief: play.posterior[g * types..(g + 1) * types].to_vec(),
                        weight: vec![0.0; types],
                    });
                    results.len() - 1
                });
                for (t, total) in results[at].weight.iter_mut().enumerate() {
                    let mut tau = opportunity.probability * play.sigma[t * count + a];
                    if a == opportunity.default as usize {
                        tau += 1.0 - opportunity.probability;
                    }
                    *total += weight[t] * tau * phase.outcome_true[o];
                }
            }
        }
        for result in &mut results {
            result.probability = result.weight.iter().sum();
            let whole = result.probability;
            result.weight.iter_mut().for_each(|w| *w /= whole);
        }
        results.retain(|r| r.probability > 0.0 && r.weight.iter().all(|w| w.is_finite()));
        results
    }

    /// What is no news of a choice: the label of the default move, if there is one, and a state that
    /// stays as it is; whichever of the two cannot be is not asked for.
    fn quiet(&self, way: &Way, n: usize, phase: &MovePhase, results: &[Sign]) -> Vec<bool> {
        let opportunity = phase.node_opportunity[n][0];
        let by_default = opportunity.probability < 1.0 || opportunity.believed < 1.0;
        let default = phase.node_moves[n][0].get(opportunity.default as usize);
        let mut fits: Vec<bool> = results
            .iter()
            .map(|r| !by_default || default == Some(&r.label))
            .collect();
        if !fits.contains(&true) {
            fits.fill(true);
        }
        let stays = |(r, fits): (&Sign, &bool)| *fits && r.next == way.standing.state;
        let staying: Vec<bool> = results.iter().zip(&fits).map(stays).collect();
        if staying.contains(&true) {
            staying
        } else {
            fits
        }
    }

    fn chance(&self, way: &Way, n: usize, phase: &EventsPhase, next: &mut Vec<Way>) {
        for o in phase.outcomes(n) {
            let probability = phase.outcome_true[o];
            if probability > 0.0 {
                let to = phase.outcome_next[o];
                let mut on = way.clone();
                on.probability *= probability;
                on.changes += self.changed(way.standing.state, to);
                self.arrive(&mut on, to);
                next.push(on);
            }
        }
    }

    /// How many variables differ between two states.
    fn changed(&self, from: State, to: State) -> usize {
        if self.game.variables.is_empty() {
            return usize::from(from != to);
        }
        let differs =
            |v: &&crate::game::VariableLevels| v.of_state[from as usize] != v.of_state[to as usize];
        self.game.variables.iter().filter(differs).count()
    }
}

/// What can be seen of a choice.
struct Sign {
    label: Label,
    next: State,
    probability: f64,
    belief: Vec<f64>,
    weight: Vec<f64>,
}
