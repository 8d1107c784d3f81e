//! The courses of one round that fit a report, followed phase by phase.

use super::{Course, Evidence, MAX_COURSES, ObserveError, SAME, Standing};
use crate::game::{EventsPhase, Game, Label, MovePhase, NONE, Phase, State};
use crate::play::{BeliefLayout, Play, offsets, with_opportunity};
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
    /// The label seen last, as index in the report; of labels shown at once all, in rising order.
    pub(super) last: Vec<usize>,
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
        let labels = (0..seen.len()).filter(|i| matches!(seen[*i], Evidence::Label(_)));
        let mut ways = vec![Way {
            standing: from.clone(),
            labels: Vec::new(),
            probability: 1.0,
            changes: 0,
            left: labels.collect(),
            last: Vec::new(),
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
                        let at = (p, row as usize);
                        self.choice(&way, at, phase, (seen, silence), &mut next)?;
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
        let level = |i: &usize| matches!(seen[*i], Evidence::Level(..));
        let first = || (0..seen.len()).take_while(level);
        let mut levels: Vec<&Evidence> = Vec::new();
        match (way.last.first(), next) {
            // Levels before the first label are those of the end of the round.
            (None, Some(_)) => {}
            (None, None) => levels.extend(first().map(|i| &seen[i])),
            (Some(last), next) => {
                // What stands between labels shown at once holds when all have been shown.
                let own = |i: &usize| level(i) || way.last.contains(i);
                let behind = (last + 1..seen.len()).take_while(own).filter(level);
                levels.extend(behind.map(|i| &seen[i]));
                if next.is_none() {
                    levels.extend(first().map(|i| &seen[i]));
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
    ) -> Result<(), ObserveError> {
        let results = self.results(way, (p, n), phase);
        let named = self.named(way, seen, &results)?;
        let mut shown: Vec<usize> = named.iter().flatten().copied().collect();
        shown.sort_unstable();
        if !shown.is_empty() && !self.holds(way, seen, shown.first().copied()) {
            return Ok(());
        }
        let fits: Vec<bool> = match silence {
            // Where something is reported of a choice made at once with others, of these anything goes.
            _ if !shown.is_empty() => {
                let says = |(named, label): (&Option<usize>, &Label)| {
                    named.is_none_or(|i| seen[i] == Evidence::Label(*label))
                };
                let fits = |r: &Sign| named.iter().zip(&r.labels).all(says);
                results.iter().map(fits).collect()
            }
            Silence::Quiet => self.quiet(way, n, phase, &results),
            Silence::Anything => vec![true; results.len()],
        };
        for (result, fits) in results.into_iter().zip(fits) {
            if !fits {
                continue;
            }
            let mut on = way.clone();
            on.labels.extend_from_slice(&result.labels);
            if !shown.is_empty() {
                on.left.retain(|l| !shown.contains(l));
                on.last.clone_from(&shown);
            }
            on.standing.belief = result.belief;
            on.standing.weight = result.weight;
            on.probability *= result.probability;
            self.arrive(&mut on, result.next);
            next.push(on);
        }
        Ok(())
    }

    /// For each mover the label, as index in the report, that is said of it: the first that it could show.
    fn named(
        &self,
        way: &Way,
        seen: &[Evidence],
        results: &[Sign],
    ) -> Result<Vec<Option<usize>>, ObserveError> {
        let movers = results.first().map_or(0, |r| r.labels.len());
        let mut named = vec![None; movers];
        for i in &way.left {
            let Evidence::Label(label) = seen[*i] else {
                continue;
            };
            let could = |m: &usize| results.iter().any(|r| r.labels[*m] == label);
            let mut who = (0..movers).filter(could);
            match (who.next(), who.next()) {
                (Some(_), Some(_)) => return Err(ObserveError::AtOnce { round: self.round }),
                (Some(m), None) if named[m].is_none() => named[m] = Some(*i),
                _ => {}
            }
        }
        Ok(named)
    }

    fn arrive(&self, way: &mut Way, state: State) {
        way.standing.state = state;
        // A set is entered in the round that is being played, and known when it is over.
        way.standing.round += 1;
        way.standing.enter(self.game, state);
        way.standing.round -= 1;
    }

    /// What can be seen of a choice: labels and next state, with probability and posteriors.
    fn results(&self, way: &Way, (p, n): (usize, usize), phase: &MovePhase) -> Vec<Sign> {
        let (game, standing) = (self.game, &way.standing);
        let mut play = Play::default();
        let plan = self.solution.plan_round(game, self.round);
        let place = (plan, p, n);
        play.at(
            game,
            self.solution,
            &self.layout,
            phase,
            place,
            &standing.belief,
            true,
        );
        // Of each mover: true play by type, and on the mean over its types as the past says.
        let firsts = offsets(game, phase, n);
        let movers = phase.actors.len();
        let own = |m: usize| self.layout.range(phase.actors[m] as usize);
        let tau = |m: usize, t: usize, a: usize| {
            let opportunity = phase.node_opportunity[n][m];
            let sigma = play.sigma[firsts[m] + t * phase.node_moves[n][m].len() + a];
            with_opportunity(sigma, a, opportunity.default, opportunity.probability)
        };
        let mean = |m: usize, a: usize| -> f64 {
            let weights = standing.weight[own(m)].iter().enumerate();
            weights.map(|(t, w)| w * tau(m, t, a)).sum()
        };
        let means: Vec<Vec<f64>> = (0..movers)
            .map(|m| {
                (0..phase.node_moves[n][m].len())
                    .map(|a| mean(m, a))
                    .collect()
            })
            .collect();
        let signals = &self.solution.layout.signals[p][n];
        let alternatives = phase.alternatives(n);
        let first = phase.outcomes(alternatives.start).start;
        let mut results: Vec<Sign> = Vec::new();
        for alternative in alternatives {
            for o in phase.outcomes(alternative) {
                let (labels, to) = (phase.labels_of(o), phase.outcome_next[o]);
                let at = results
                    .iter()
                    .position(|r| r.labels == labels && r.next == to);
                let at = at.unwrap_or_else(|| {
                    let g = signals.outcome_signal[o - first] as usize;
                    let mut belief = standing.belief.clone();
                    play.after(&self.layout, phase, g, &mut belief);
                    let mut weight = standing.weight.clone();
                    (0..movers).for_each(|m| weight[own(m)].fill(0.0));
                    results.push(Sign {
                        labels: labels.to_vec(),
                        next: to,
                        probability: 0.0,
                        belief,
                        weight,
                    });
                    results.len() - 1
                });
                for m in 0..movers {
                    let others = (0..movers).filter(|k| *k != m);
                    let others: f64 = others
                        .map(|k| means[k][phase.move_of(alternative, k)])
                        .product();
                    let a = phase.move_of(alternative, m);
                    for (t, place) in own(m).enumerate() {
                        results[at].weight[place] +=
                            standing.weight[place] * tau(m, t, a) * others * phase.outcome_true[o];
                    }
                }
            }
        }
        for result in &mut results {
            result.probability = result.weight[own(0)].iter().sum();
            for m in 0..movers {
                let block = &mut result.weight[own(m)];
                let whole: f64 = block.iter().sum();
                block.iter_mut().for_each(|w| *w /= whole);
            }
        }
        results.retain(|r| r.probability > 0.0 && r.weight.iter().all(|w| w.is_finite()));
        results
    }

    /// What is no news of a choice: the label of the default move, if there is one, and a state that
    /// stays as it is; whichever of the two cannot be is not asked for.
    fn quiet(&self, way: &Way, n: usize, phase: &MovePhase, results: &[Sign]) -> Vec<bool> {
        let is_default = |m: usize, label: &Label| {
            let opportunity = phase.node_opportunity[n][m];
            let by_default = opportunity.probability < 1.0 || opportunity.believed < 1.0;
            let default = phase.node_moves[n][m].get(opportunity.default as usize);
            !by_default || default == Some(label)
        };
        let each = |r: &Sign| r.labels.iter().enumerate().all(|(m, l)| is_default(m, l));
        let mut fits: Vec<bool> = results.iter().map(each).collect();
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
    /// Of each mover.
    labels: Vec<Label>,
    next: State,
    probability: f64,
    /// About everybody, flat.
    belief: Vec<f64>,
    weight: Vec<f64>,
}
