//! What going on may demand of an actor: fronts that can be lit beyond what it says it would bear.

use super::places::Met;
use crate::game::{Game, Phase, State, VariableLevels};
use climbdown_lang::Scenario;
use serde::Serialize;

/// What an actor says it would bear of a front.
#[derive(Clone, Debug, Serialize)]
pub struct Ceiling {
    /// Who says so.
    pub side: String,
    /// The front's variable.
    pub front: String,
    /// The highest level that it would bear.
    pub level: String,
    /// Where more of it can be lit, lowest rung first; empty where the ceiling holds everywhere.
    pub exceeded: Vec<Exceeded>,
}

/// A rung on which a front can be lit beyond a ceiling.
#[derive(Clone, Debug, Serialize)]
pub struct Exceeded {
    /// Rung on which the ladder then stands, as an index.
    pub rung: usize,
    /// The highest level that can be lit there.
    pub level: String,
    /// Share of the decisions in play on this rung, anybody's, at which more is lit than is borne;
    /// `None` where play never stands on it.
    pub probability: Option<f64>,
    /// Rungs from whose decision it comes to that, as indices: there its threat to go on fails.
    pub from: Vec<usize>,
}

/// The ceilings of a scenario in the tables of its game.
pub struct Ceilings<'g> {
    game: &'g Game,
    rung: &'g VariableLevels,
    /// Actor, variable of the front, highest level that is borne.
    declared: Vec<(usize, &'g VariableLevels, u16)>,
    /// Highest level of the front that can be lit: `[ceiling][from rung][on rung]`.
    lit: Vec<Vec<Vec<Option<u16>>>>,
}

impl<'g> Ceilings<'g> {
    /// Ceilings by front, then in the written order. `ladder` is its variable.
    pub fn new(scenario: &Scenario, game: &'g Game, ladder: usize) -> Self {
        let fronts = scenario.fronts.iter();
        let declared: Vec<_> = fronts
            .flat_map(|front| front.ceilings.iter().map(move |c| (front.variable, c)))
            .map(|(front, c)| {
                let levels = &game.variables[front.0 as usize];
                (c.actor.0 as usize, levels, c.level as u16)
            })
            .collect();
        let rung = &game.variables[ladder];
        let rungs = rung.levels.len();
        Self {
            game,
            rung,
            lit: vec![vec![vec![None; rungs]; rungs]; declared.len()],
            declared,
        }
    }

    /// Takes in where crises lead that go on from a decision on rung `from`: every course, whoever
    /// moves and however long it takes, on which the ladder does not fall below that rung.
    pub fn follow(&mut self, from: usize, met: &Met) {
        if self.declared.is_empty() {
            return;
        }
        let (game, phases) = (self.game, &self.game.phases);
        let mut ends = vec![false; game.states.len()];
        game.ends.iter().for_each(|e| ends[e.state as usize] = true);
        let mut seen: Vec<Vec<bool>> = phases.iter().map(|p| vec![false; p.nodes()]).collect();
        let mut open = vec![(met.phase, met.node)];
        while let Some((p, n)) = open.pop() {
            if std::mem::replace(&mut seen[p][n], true) {
                continue;
            }
            self.stand(from, phases[p].states()[n]);
            let after = (p + 1) % phases.len();
            for next in followers(&phases[p], n) {
                if usize::from(self.rung.of_state[next as usize]) < from {
                    continue;
                }
                self.stand(from, next);
                let node = phases[after].states().binary_search(&next);
                if let (Ok(node), false) = (node, ends[next as usize]) {
                    open.push((after, node));
                }
            }
        }
    }

    /// The crisis can come to stand in `state`.
    fn stand(&mut self, from: usize, state: State) {
        let on = usize::from(self.rung.of_state[state as usize]);
        for ((_, front, _), lit) in self.declared.iter().zip(&mut self.lit) {
            let level = front.of_state[state as usize];
            lit[from][on] = lit[from][on].max(Some(level));
        }
    }

    /// Can more than `actor` would bear be lit from the decisions on rung `from`?
    pub fn exceeded(&self, actor: usize, from: usize) -> bool {
        let mut all = self.declared.iter().zip(&self.lit);
        all.any(|((who, _, most), lit)| {
            *who == actor && lit[from].iter().flatten().any(|level| level > most)
        })
    }

    /// Has the actor declared any?
    pub fn any(&self, actor: usize) -> bool {
        self.declared.iter().any(|(who, ..)| *who == actor)
    }

    /// What has been found, with the decisions that occur in play.
    pub fn found(&self, met: &[Met]) -> Vec<Ceiling> {
        let name = |v: &VariableLevels, level: u16| v.levels[usize::from(level)].clone();
        let mut all = Vec::with_capacity(self.declared.len());
        for ((actor, front, most), lit) in self.declared.iter().zip(&self.lit) {
            let rungs = 0..self.rung.levels.len();
            let exceeded = rungs.clone().filter_map(|on| {
                let beyond = |from: &usize| lit[*from][on].filter(|level| level > most);
                let from: Vec<usize> = rungs.clone().filter(|r| beyond(r).is_some()).collect();
                let highest = from.iter().filter_map(beyond).max()?;
                Some(Exceeded {
                    rung: on,
                    level: name(front, highest),
                    probability: self.share(met, on, front, *most),
                    from,
                })
            });
            all.push(Ceiling {
                side: self.game.actors[*actor].name.clone(),
                front: front.name.clone(),
                level: name(front, *most),
                exceeded: exceeded.collect(),
            });
        }
        all
    }

    /// Share of the decisions in play on a rung at which more than `most` of the front is lit.
    fn share(&self, met: &[Met], on: usize, front: &VariableLevels, most: u16) -> Option<f64> {
        let (mut all, mut beyond) = (0, 0);
        for m in met {
            let state = self.game.phases[m.phase].states()[m.node] as usize;
            if usize::from(self.rung.of_state[state]) == on {
                all += m.times;
                beyond += if front.of_state[state] > most {
                    m.times
                } else {
                    0
                };
            }
        }
        (all > 0).then(|| beyond as f64 / all as f64)
    }
}

/// States that can follow a node, in truth.
fn followers(phase: &Phase, n: usize) -> Vec<State> {
    let (outcomes, next, chance) = match phase {
        Phase::Move(p) => {
            let alternatives = p.alternatives(n);
            let (first, last) = (alternatives.start, alternatives.end);
            let outcomes = p.alternative_outcomes[first]..p.alternative_outcomes[last];
            (outcomes, &p.outcome_next, &p.outcome_true)
        }
        Phase::Events(p) => (
            p.node_outcomes[n]..p.node_outcomes[n + 1],
            &p.outcome_next,
            &p.outcome_true,
        ),
    };
    outcomes
        .map(|o| o as usize)
        .filter(|o| chance[*o] > 0.0)
        .map(|o| next[o])
        .collect()
}
