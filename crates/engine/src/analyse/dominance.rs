//! Escalation dominance: at which rungs one side can step up and the other's best reply is to step
//! down, there and all the way above.

use super::apart;
use super::ceilings::{Ceiling, Ceilings};
use super::force;
use super::places::{self, Met};
use super::plan::Plan;
use super::resolve::AnalysisError;
use crate::game::{Game, Label, MovePhase, Phase, State};
use crate::play::BeliefLayout;
use crate::solve::{self, Observer, Solution};
use climbdown_lang::Scenario;
use serde::Serialize;

/// What the numbers mean, in a line.
pub const DEFINITION: &str = "a side dominates a rung when there and at every rung with decisions that \
     can be reached above it stepping up is worth more to it than anything else, and the other's best \
     move is to step down (or, with none open, not to step up), and no front can be lit there beyond \
     the ceiling that the side declares; its threat to go on is then credible all the way";

/// Settings.
#[derive(Clone, Debug, Serialize)]
pub struct Options {
    /// Simulated paths, with exact beliefs, from which the decisions are taken.
    pub trajectories: u64,
    /// Seed of the paths.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            trajectories: 1000,
            seed: 1,
        }
    }
}

/// Who dominates which rung.
#[derive(Clone, Debug, Serialize)]
pub struct Dominance {
    /// What is measured.
    pub definition: &'static str,
    /// The ladder, lowest rung first.
    pub rungs: Vec<String>,
    /// One a rung and side that has a decision there.
    pub decisions: Vec<Decision>,
    /// One an ordered pair of sides.
    pub pairs: Vec<Pair>,
    /// What sides say they would bear of a front, and where they may have to bear more.
    pub ceilings: Vec<Ceiling>,
}

/// A side's decision at a rung.
#[derive(Clone, Debug, Serialize)]
pub struct Decision {
    /// Who decides.
    pub actor: String,
    /// Rung, as an index.
    pub rung: usize,
    /// The likeliest state in play there; where none is met in play, the one most like the start.
    pub state: String,
    /// Met in play.
    pub met: bool,
    /// By type.
    pub types: Vec<Standing>,
}

/// What a side's type would do at a rung.
#[derive(Clone, Debug, Serialize)]
pub struct Standing {
    /// Type; empty where the side has none.
    #[serde(rename = "type")]
    pub kind: String,
    /// Best move that can raise the ladder; `None` when none is open.
    pub up: Option<String>,
    /// Best move that lowers it, or ends the crisis without raising it; `None` when none is open.
    pub down: Option<String>,
    /// The best of all moves.
    pub best: String,
    /// What stepping up is worth more than the best move that does not.
    pub gain_up: Option<f64>,
    /// What stepping down is worth more than the best other move.
    pub gain_down: Option<f64>,
}

impl Standing {
    /// Is stepping up best? `None` when it cannot.
    pub fn steps_up(&self) -> Option<bool> {
        self.gain_up.map(|g| g > 0.0)
    }

    /// Does it go on: is stepping up best or, where it cannot, anything but stepping down?
    pub fn goes_on(&self) -> bool {
        match self.gain_up {
            Some(gain) => gain > 0.0,
            None => self.gain_down.is_none_or(|g| g <= 0.0),
        }
    }

    /// Is stepping down best or, where it cannot, anything but stepping up?
    pub fn backs_down(&self) -> bool {
        match self.gain_down {
            Some(gain) => gain > 0.0,
            None => self.steps_up() != Some(true),
        }
    }
}

/// One side against another.
#[derive(Clone, Debug, Serialize)]
pub struct Pair {
    /// Who may dominate.
    pub side: String,
    /// Whom.
    pub other: String,
    /// By rung: probability, over both sides' types as believed at the start, that it is dominated;
    /// `None` where neither has a say.
    pub probability: Vec<Option<f64>>,
    /// The same were it not for the side's ceilings; empty where it declares none.
    pub without_ceilings: Vec<Option<f64>>,
    /// Type pairs in which each rung is dominated: `[rung][(type of side, type of other)]`.
    pub types: Vec<Vec<(String, String)>>,
}

impl Pair {
    /// The side's ceilings are `exceeded` from a rung: it dominates it in no case.
    fn keep(&mut self, exceeded: &[bool]) {
        self.without_ceilings = self.probability.clone();
        for (rung, _) in exceeded.iter().enumerate().filter(|(_, e)| **e) {
            self.probability[rung] = self.probability[rung].map(|_| 0.0);
            self.types[rung].clear();
        }
    }
}

/// What a move does to the ladder at a node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Up,
    Down,
    Other,
}

/// The map of dominance.
///
/// # Errors
/// No ladder or nobody who can climb it, a game that is not solved, or interrupted.
pub fn dominance(
    scenario: &Scenario,
    game: &Game,
    solution: &Solution,
    solve: &solve::Options,
    options: &Options,
    observer: &dyn Observer,
) -> Result<Dominance, AnalysisError> {
    apart::one_at_a_time(game, "escalation dominance")?;
    let forces = force::kinds(scenario, game);
    let Some(ladder) = scenario.variables.iter().position(|v| v.is_ladder) else {
        return Err(AnalysisError::Question(
            "the scenario has no `ladder`, so there are no rungs to dominate: declare one"
                .to_owned(),
        ));
    };
    if forces.is_empty() {
        return Err(AnalysisError::Question(
            "no move of this scenario can raise its ladder, so nobody can step up".to_owned(),
        ));
    }
    let up: Vec<Label> = forces
        .iter()
        .filter_map(|id| force::label(scenario, game, *id))
        .collect();
    let plan = Plan::new(game, solution, 0, solve, observer)?;
    let met = places::met(game, solution, options.trajectories, options.seed);
    let levels = &game.variables[ladder];
    let rungs = levels.levels.len();
    let map = Map {
        game,
        ladder,
        up: &up,
    };
    // Sides: whoever has a move that changes the ladder.
    let sides: Vec<usize> = (0..game.actors.len()).filter(|a| map.climbs(*a)).collect();
    let mut found: Vec<Vec<Option<Decision>>> = Vec::new();
    let mut ceilings = Ceilings::new(scenario, game, ladder);
    let mut reach: Vec<Vec<Vec<usize>>> = vec![vec![Vec::new(); rungs]; game.actors.len()];
    for side in &sides {
        let mut column = Vec::new();
        for rung in 0..rungs {
            let place = map.place(*side, rung, &met);
            column.push(place.as_ref().and_then(|(met, in_play)| {
                reach[*side][rung] = map.targets(met);
                ceilings.follow(rung, met);
                map.decision(&plan, *side, rung, met, *in_play)
            }));
        }
        found.push(column);
    }
    let mut pairs = Vec::new();
    for (i, side) in sides.iter().enumerate() {
        for (j, other) in sides.iter().enumerate() {
            if i != j {
                let above = |rung: usize| above(rung, &reach[*side], &reach[*other]);
                let mut pair = map.pair((*side, &found[i]), (*other, &found[j]), &above);
                if ceilings.any(*side) {
                    let exceeded = |rung| above(rung).iter().any(|r| ceilings.exceeded(*side, *r));
                    pair.keep(&(0..rungs).map(exceeded).collect::<Vec<bool>>());
                }
                pairs.push(pair);
            }
        }
    }
    Ok(Dominance {
        definition: DEFINITION,
        rungs: levels.levels.clone(),
        decisions: found.into_iter().flatten().flatten().collect(),
        pairs,
        ceilings: ceilings.found(&met),
    })
}

/// A rung and all that steps of either side lead to from it.
fn above(rung: usize, mine: &[Vec<usize>], others: &[Vec<usize>]) -> Vec<usize> {
    let mut all = vec![rung];
    let mut next = 0;
    while let Some(r) = all.get(next).copied() {
        next += 1;
        for target in mine[r].iter().chain(&others[r]) {
            if !all.contains(target) {
                all.push(*target);
            }
        }
    }
    all
}

/// The ladder in the tables of the game.
struct Map<'g> {
    game: &'g Game,
    ladder: usize,
    up: &'g [Label],
}

impl Map<'_> {
    fn rung(&self, state: State) -> usize {
        usize::from(self.game.variables[self.ladder].of_state[state as usize])
    }

    /// What move number `a` of a node does.
    fn step(&self, phase: &MovePhase, n: usize, a: usize) -> Step {
        if self.up.contains(&phase.node_moves[n][0][a]) {
            return Step::Up;
        }
        let from = self.rung(phase.node_state[n]);
        let alternative = phase.alternatives(n).start + a;
        let down = phase.outcomes(alternative).any(|o| {
            let to = phase.outcome_next[o];
            let ends = self.game.ends.iter().any(|e| e.state == to);
            phase.outcome_true[o] > 0.0 && (self.rung(to) < from || ends)
        });
        if down { Step::Down } else { Step::Other }
    }

    /// Has the actor a move that changes the ladder?
    fn climbs(&self, actor: usize) -> bool {
        self.game.phases.iter().any(|phase| match phase {
            Phase::Move(phase) if phase.actors == [actor as u32] => (0..phase.nodes()).any(|n| {
                (0..phase.alternatives(n).len()).any(|a| self.step(phase, n, a) != Step::Other)
            }),
            _ => false,
        })
    }

    /// The decision of `side` at `rung`: the likeliest in play where a step is open, then the likeliest
    /// at all; with none, that most like the start at the priors.
    fn place(&self, side: usize, rung: usize, met: &[Met]) -> Option<(Met, bool)> {
        let here = |m: &&Met| {
            places::open(self.game, m.phase, m.node).is_some_and(|(phase, _)| {
                phase.actors[0] as usize == side && self.rung(phase.node_state[m.node]) == rung
            })
        };
        let steps = |m: &&Met| here(m) && self.opens(m.phase, m.node);
        let likeliest = places::likeliest(met.iter().filter(steps))
            .or_else(|| places::likeliest(met.iter().filter(here)));
        if let Some(m) = likeliest {
            return Some((m.clone(), true));
        }
        let unlike = |state: State| {
            let apart = |v: &&crate::game::VariableLevels| {
                v.of_state[state as usize] != v.of_state[self.game.start as usize]
            };
            self.game.variables.iter().filter(apart).count()
        };
        let mut best: Option<(usize, usize, usize)> = None;
        for (p, phase) in self.game.phases.iter().enumerate() {
            let Phase::Move(phase) = phase else { continue };
            if phase.actors != [side as u32] {
                continue;
            }
            for (n, state) in phase.node_state.iter().enumerate() {
                if self.rung(*state) != rung {
                    continue;
                }
                let far = 2 * unlike(*state) + usize::from(!self.opens(p, n));
                if best.is_none_or(|b| far < b.0) {
                    best = Some((far, p, n));
                }
            }
        }
        let (_, phase, node) = best?;
        let state = self.game.phases[phase].states()[node];
        Some((
            Met {
                round: 0,
                phase,
                node,
                state: self.game.states[state as usize].clone(),
                belief: BeliefLayout::of(self.game).priors(self.game),
                times: 0,
            },
            false,
        ))
    }

    /// Is a step up or down open?
    fn opens(&self, p: usize, n: usize) -> bool {
        places::open(self.game, p, n).is_some_and(|(phase, moves)| {
            (0..moves.len()).any(|a| self.step(phase, n, a) != Step::Other)
        })
    }

    /// Rungs above to which a step up at a decision can lead.
    fn targets(&self, met: &Met) -> Vec<usize> {
        let Some((phase, moves)) = places::open(self.game, met.phase, met.node) else {
            return Vec::new();
        };
        let from = self.rung(phase.node_state[met.node]);
        let mut targets = Vec::new();
        for a in (0..moves.len()).filter(|a| self.step(phase, met.node, *a) == Step::Up) {
            for o in phase.outcomes(phase.alternatives(met.node).start + a) {
                let to = self.rung(phase.outcome_next[o]);
                if phase.outcome_true[o] > 0.0 && to > from && !targets.contains(&to) {
                    targets.push(to);
                }
            }
        }
        targets
    }

    fn decision(
        &self,
        plan: &Plan,
        side: usize,
        rung: usize,
        met: &Met,
        in_play: bool,
    ) -> Option<Decision> {
        let (phase, moves) = places::open(self.game, met.phase, met.node)?;
        let choice = places::choice(plan.at(met.round), met.place())?;
        let name = |a: usize| self.game.labels[moves[a] as usize].clone();
        let step = |a: usize| self.step(phase, met.node, a);
        let types = &self.game.actors[side].types;
        let standing = |(kind, values): (usize, &Vec<f64>)| {
            let of = |wanted: Step| places::best(values, |a| step(a) == wanted);
            let lead = |wanted: Step| {
                let mine = of(wanted)?;
                let other = places::best(values, |a| step(a) != wanted)?;
                Some(values[mine] - values[other])
            };
            Some(Standing {
                kind: if types.len() < 2 {
                    String::new()
                } else {
                    types[kind].name.clone()
                },
                up: of(Step::Up).map(name),
                down: of(Step::Down).map(name),
                best: name(places::best(values, |_| true)?),
                gain_up: lead(Step::Up),
                gain_down: lead(Step::Down),
            })
        };
        Some(Decision {
            actor: self.game.actors[side].name.clone(),
            rung,
            state: met.state.clone(),
            met: in_play,
            types: choice
                .values
                .iter()
                .enumerate()
                .filter_map(standing)
                .collect(),
        })
    }

    fn pair(
        &self,
        (side, mine): (usize, &[Option<Decision>]),
        (other, others): (usize, &[Option<Decision>]),
        above: &dyn Fn(usize) -> Vec<usize>,
    ) -> Pair {
        let actors = &self.game.actors;
        let mut probability = Vec::new();
        let mut types = Vec::new();
        for (rung, own) in mine.iter().enumerate() {
            let steps = |decision: &Option<Decision>| {
                let mut types = decision.iter().flat_map(|d| &d.types);
                types.any(|s| s.gain_up.is_some() || s.gain_down.is_some())
            };
            if !steps(own) && !steps(&others[rung]) {
                probability.push(None);
                types.push(Vec::new());
                continue;
            }
            let rungs = above(rung);
            let (mut sum, mut list) = (0.0, Vec::new());
            for (i, a) in actors[side].types.iter().enumerate() {
                let goes_on = rungs.iter().all(|r| {
                    let standing = mine[*r].as_ref().and_then(|d| d.types.get(i));
                    standing.is_none_or(Standing::goes_on)
                });
                for (j, b) in actors[other].types.iter().enumerate() {
                    let gives_way = rungs.iter().all(|r| {
                        let standing = others[*r].as_ref().and_then(|d| d.types.get(j));
                        standing.is_none_or(Standing::backs_down)
                    });
                    if goes_on && gives_way {
                        sum += a.prior * b.prior;
                        list.push((a.name.clone(), b.name.clone()));
                    }
                }
            }
            probability.push(Some(sum));
            types.push(list);
        }
        Pair {
            side: actors[side].name.clone(),
            other: actors[other].name.clone(),
            probability,
            without_ceilings: Vec::new(),
            types,
        }
    }
}
