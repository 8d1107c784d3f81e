//! Is a game sound? Asked of every game that comes from outside, and of compiled ones in tests.

use super::{Class, End, EventsPhase, Foresight, Game, MovePhase, Opportunity, Phase, Rule, State};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;

/// Rounding allowed in sums of probabilities.
const SUM_TOLERANCE: f64 = 1e-12;

/// What is wrong with a game, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct GameError {
    /// The place in words, such as "phase 1, state 3 (rung=calm), move `us.strike`".
    pub place: String,
    /// What is wrong there.
    pub problem: String,
}

type Checked = Result<(), GameError>;

fn wrong(place: impl Into<String>, problem: impl Into<String>) -> Checked {
    Err(GameError {
        place: place.into(),
        problem: problem.into(),
    })
}

/// `Ok` if `holds`, else the error of the two texts.
fn must(holds: bool, place: impl FnOnce() -> String, problem: impl FnOnce() -> String) -> Checked {
    if holds {
        Ok(())
    } else {
        wrong(place(), problem())
    }
}

impl Game {
    /// Checks indices, probabilities, supports, priors and payoffs, and that every live state that
    /// can be met in a phase has a node there.
    ///
    /// # Errors
    /// The first thing found wrong.
    pub fn validate(&self) -> Result<(), GameError> {
        self.check_actors()?;
        self.check_states()?;
        let mut ended = vec![false; self.states.len()];
        for end in &self.ends {
            self.check_end(end, &mut ended)?;
        }
        must(
            !self.phases.is_empty(),
            || "phases".into(),
            || "there are none".into(),
        )?;
        for (p, phase) in self.phases.iter().enumerate() {
            match phase {
                Phase::Move(phase) => self.check_moves(p, phase, &ended)?,
                Phase::Events(phase) => self.check_events(p, phase, &ended)?,
            }
        }
        self.check_values()?;
        self.check_asked()?;
        self.check_names()?;
        self.check_nodes(&ended)
    }

    fn state_words(&self, state: State) -> String {
        match self.states.get(state as usize) {
            Some(label) => format!("state {state} ({label})"),
            None => format!("state {state}"),
        }
    }

    fn check_actors(&self) -> Checked {
        for actor in &self.actors {
            let place = || format!("actor `{}`", actor.name);
            let precision = actor.precision;
            must(precision >= 0.0 && precision.is_finite(), place, || {
                format!("the precision is {precision}, expected at least 0")
            })?;
            must((0.0..=1.0).contains(&actor.discount), place, || {
                format!("the discount factor is {}, expected 0 to 1", actor.discount)
            })?;
            must(!actor.types.is_empty(), place, || "it has no type".into())?;
            for kind in &actor.types {
                must((0.0..=1.0).contains(&kind.prior), place, || {
                    format!(
                        "the prior of `{}` is {}, expected 0 to 1",
                        kind.name, kind.prior
                    )
                })?;
            }
            let sum: f64 = actor.types.iter().map(|t| t.prior).sum();
            must((sum - 1.0).abs() <= SUM_TOLERANCE, place, || {
                format!("the priors sum to {sum}, expected 1")
            })?;
            let sum: f64 = actor.types.iter().map(|t| t.weight).sum();
            let sound = actor.types.iter().all(|t| (0.0..=1.0).contains(&t.weight))
                && (sum - 1.0).abs() <= SUM_TOLERANCE;
            must(sound, place, || {
                format!(
                    "the weights of its types sum to {sum}, expected numbers from 0 to 1 that sum to 1"
                )
            })?;
        }
        match self.foresight {
            Foresight::Rounds(0) => wrong("foresight", "it is 0 rounds, expected at least 1"),
            _ => Ok(()),
        }
    }

    fn check_states(&self) -> Checked {
        let count = self.states.len();
        must(
            (self.start as usize) < count,
            || "start".into(),
            || format!("there is no state {}; there are {count}", self.start),
        )?;
        let mut seen = FxHashSet::default();
        for (state, label) in self.states.iter().enumerate() {
            must(
                seen.insert(label),
                || format!("state {state}"),
                || format!("the label `{label}` is taken by another state"),
            )?;
        }
        Ok(())
    }

    fn check_end(&self, end: &End, ended: &mut [bool]) -> Checked {
        let place = || format!("end in {}", self.state_words(end.state));
        let Some(flag) = ended.get_mut(end.state as usize) else {
            return wrong(place(), "there is no such state");
        };
        must(!std::mem::replace(flag, true), place, || {
            "it is listed twice".into()
        })?;
        for (name, list) in [
            ("value", &end.value),
            ("flow", &end.flow),
            ("after", &end.after),
        ] {
            self.check_seats(list, 1, || format!("{}, {name}", place()))?;
        }
        Ok(())
    }

    /// One finite number a seat, for each of `rows`.
    fn check_seats(&self, list: &[f64], rows: usize, place: impl Fn() -> String) -> Checked {
        let expected = rows * self.seats();
        must(list.len() == expected, &place, || {
            format!("{} numbers, expected {expected}", list.len())
        })?;
        match list.iter().find(|x| !x.is_finite()) {
            Some(x) => wrong(place(), format!("{x} is not a finite number")),
            None => Ok(()),
        }
    }

    /// Node states ascend, exist and are live.
    fn check_node_states(&self, p: usize, nodes: &[State], ended: &[bool]) -> Checked {
        for (n, state) in nodes.iter().enumerate() {
            let place = || format!("phase {p}, {}", self.state_words(*state));
            must((*state as usize) < self.states.len(), place, || {
                "there is no such state".into()
            })?;
            must(!ended[*state as usize], place, || {
                "an end state has a node".into()
            })?;
            must(n == 0 || nodes[n - 1] < *state, place, || {
                "the nodes do not ascend".into()
            })?;
        }
        Ok(())
    }

    fn check_moves(&self, p: usize, phase: &MovePhase, ended: &[bool]) -> Checked {
        let place = || format!("phase {p}");
        let movers = phase.actors.len();
        must(movers > 0, place, || "nobody moves".into())?;
        for (k, actor) in phase.actors.iter().enumerate() {
            must((*actor as usize) < self.actors.len(), place, || {
                format!("there is no actor {actor}")
            })?;
            must(!phase.actors[..k].contains(actor), place, || {
                format!("actor {actor} moves twice at once")
            })?;
        }
        self.check_node_states(p, &phase.node_state, ended)?;
        let nodes = phase.nodes();
        let alternatives = phase.alternative_outcomes.len().saturating_sub(1);
        let outcomes = phase.outcome_next.len();
        check_ranges(&phase.node_alternatives, nodes, alternatives, place)?;
        check_ranges(&phase.alternative_outcomes, alternatives, outcomes, place)?;
        let shaped = phase.node_moves.len() == nodes
            && phase.node_kinds.len() == nodes
            && phase.node_opportunity.len() == nodes
            && phase.alternative_moves.len() == alternatives * movers
            && phase.outcome_labels.len() == outcomes * movers
            && phase.outcome_believed.len() == outcomes
            && phase.outcome_true.len() == outcomes;
        must(shaped, place, || "tables of different lengths".into())?;
        self.check_seats(&phase.payoff, alternatives, || format!("phase {p}, payoff"))?;
        (0..nodes).try_for_each(|n| self.check_choice(p, phase, n))
    }

    fn check_choice(&self, p: usize, phase: &MovePhase, n: usize) -> Checked {
        let place = || format!("phase {p}, {}", self.state_words(phase.node_state[n]));
        let movers = phase.actors.len();
        let lists = [
            phase.node_moves[n].len(),
            phase.node_kinds[n].len(),
            phase.node_opportunity[n].len(),
        ];
        must(lists == [movers; 3], place, || {
            "moves, kinds or opportunities of a mover are missing".into()
        })?;
        for m in 0..movers {
            let (moves, kinds) = (&phase.node_moves[n][m], &phase.node_kinds[n][m]);
            must(!moves.is_empty(), place, || {
                format!(
                    "`{}` has no move",
                    self.actors[phase.actors[m] as usize].name
                )
            })?;
            must(
                moves.iter().all(|l| (*l as usize) < self.labels.len()),
                place,
                || "a move has no name".into(),
            )?;
            let most = kinds.iter().max().map_or(0, |k| *k as usize + 1);
            let contiguous = (0..most.min(kinds.len() + 1) as u32).all(|k| kinds.contains(&k));
            must(
                kinds.len() == moves.len() && most <= moves.len() && contiguous,
                place,
                || "the kinds of moves are not numbered from 0 without gaps".into(),
            )?;
            let Opportunity {
                probability,
                believed,
                default,
            } = phase.node_opportunity[n][m];
            for x in [probability, believed] {
                must(x > 0.0 && x <= 1.0, place, || {
                    format!("the opportunity is {x}, expected above 0 and at most 1")
                })?;
            }
            must((default as usize) < moves.len(), place, || {
                format!("there is no move {default} to play by default")
            })?;
        }
        let sizes: Vec<usize> = phase.node_moves[n].iter().map(Vec::len).collect();
        let joint = sizes.iter().try_fold(1usize, |x, y| x.checked_mul(*y));
        let alternatives = phase.alternatives(n);
        must(joint == Some(alternatives.len()), place, || {
            format!(
                "{} alternatives, expected one for each joint move",
                alternatives.len()
            )
        })?;
        let mut results: FxHashMap<(&[u32], State), (f64, f64)> = FxHashMap::default();
        for (k, a) in alternatives.enumerate() {
            let mut rest = k;
            for m in (0..movers).rev() {
                let expected = (rest % sizes[m]) as u32;
                rest /= sizes[m];
                must(
                    phase.alternative_moves[a * movers + m] == expected,
                    place,
                    || format!("alternative {k} is out of order"),
                )?;
            }
            let range = phase.outcomes(a);
            let list = |o: &usize| {
                (
                    phase.outcome_next[*o],
                    phase.outcome_believed[*o],
                    phase.outcome_true[*o],
                )
            };
            let at = || format!("{}, alternative {k}", place());
            self.check_outcomes(range.clone().map(|o| list(&o)), at)?;
            for o in range {
                let labels = &phase.outcome_labels[o * movers..(o + 1) * movers];
                must(
                    labels.iter().all(|l| (*l as usize) < self.labels.len()),
                    at,
                    || "a label has no name".into(),
                )?;
                let sum = results.entry((labels, phase.outcome_next[o])).or_default();
                sum.0 += phase.outcome_believed[o];
                sum.1 += phase.outcome_true[o];
            }
        }
        let unthinkable = results.iter().filter(|(_, (b, t))| *t > 0.0 && *b <= 0.0);
        match unthinkable.map(|(key, _)| key).min() {
            Some((labels, next)) => {
                let names: Vec<&str> = labels
                    .iter()
                    .map(|l| self.labels[*l as usize].as_str())
                    .collect();
                wrong(
                    place(),
                    format!(
                        "`{}` leading to {} can happen and all believe that it cannot",
                        names.join("` and `"),
                        self.state_words(*next)
                    ),
                )
            }
            None => Ok(()),
        }
    }

    fn check_events(&self, p: usize, phase: &EventsPhase, ended: &[bool]) -> Checked {
        let place = || format!("phase {p}");
        self.check_node_states(p, &phase.node_state, ended)?;
        let outcomes = phase.outcome_next.len();
        check_ranges(&phase.node_outcomes, phase.nodes(), outcomes, place)?;
        let shaped =
            phase.outcome_believed.len() == outcomes && phase.outcome_true.len() == outcomes;
        must(shaped, place, || "tables of different lengths".into())?;
        self.check_seats(&phase.payoff, phase.nodes(), || {
            format!("phase {p}, payoff")
        })?;
        for n in 0..phase.nodes() {
            let at = || format!("phase {p}, {}", self.state_words(phase.node_state[n]));
            let list = phase.outcomes(n).map(|o| {
                (
                    phase.outcome_next[o],
                    phase.outcome_believed[o],
                    phase.outcome_true[o],
                )
            });
            self.check_outcomes(list, at)?;
            let unthinkable = phase
                .outcomes(n)
                .find(|o| phase.outcome_true[*o] > 0.0 && phase.outcome_believed[*o] <= 0.0);
            if let Some(o) = unthinkable {
                let next = self.state_words(phase.outcome_next[o]);
                return wrong(
                    at(),
                    format!("{next} can follow and all believe that it cannot"),
                );
            }
        }
        Ok(())
    }

    /// Probabilities in [0, 1] that sum to one, and next states that exist.
    fn check_outcomes(
        &self,
        outcomes: impl Iterator<Item = (State, f64, f64)>,
        place: impl Fn() -> String,
    ) -> Checked {
        let (mut believed, mut actual) = (0.0, 0.0);
        for (next, b, t) in outcomes {
            must((next as usize) < self.states.len(), &place, || {
                format!("there is no state {next}")
            })?;
            for p in [b, t] {
                must((0.0..=1.0 + SUM_TOLERANCE).contains(&p), &place, || {
                    format!("a probability is {p}, expected 0 to 1")
                })?;
            }
            believed += b;
            actual += t;
        }
        for (name, sum) in [("believed", believed), ("true", actual)] {
            must((sum - 1.0).abs() <= SUM_TOLERANCE, &place, || {
                format!("the {name} probabilities sum to {sum}, expected 1")
            })?;
        }
        Ok(())
    }

    fn check_values(&self) -> Checked {
        self.check_seats(&self.afterwards, self.states.len(), || "afterwards".into())?;
        for part in &self.afterwards_belief {
            let place = || "afterwards, belief".to_string();
            let known = self.actors.get(part.actor as usize);
            let known = known.is_some_and(|a| (part.kind as usize) < a.types.len());
            must(known, place, || {
                format!("there is no type {} of actor {}", part.kind, part.actor)
            })?;
            self.check_seats(&part.coefficient, self.states.len(), place)?;
        }
        for term in &self.terms {
            let place = || format!("term `{}`", term.name);
            let types = self.actors.get(term.actor as usize).map(|a| a.types.len());
            must(
                types.is_some_and(|t| term.flow.len() == t * self.states.len()),
                place,
                || "expected one number for each state and type of its actor".into(),
            )?;
            must(term.flow.iter().all(|x| x.is_finite()), place, || {
                "not a finite number".into()
            })?;
        }
        Ok(())
    }

    fn check_asked(&self) -> Checked {
        must(
            self.window <= self.horizon,
            || "outcome classes".into(),
            || {
                format!(
                    "they are read after {} rounds of {}",
                    self.window, self.horizon
                )
            },
        )?;
        for (e, event) in self.events.iter().enumerate() {
            must(
                event.len() == self.states.len(),
                || format!("watched set {e}"),
                || format!("{} flags for {} states", event.len(), self.states.len()),
            )?;
        }
        let last = self.classes.len().saturating_sub(1);
        for (c, Class { name, rule, .. }) in self.classes.iter().enumerate() {
            let place = || format!("outcome class `{name}`");
            match rule {
                Rule::Ever(e) | Rule::AtEnd(e) => {
                    must((*e as usize) < self.events.len(), place, || {
                        "it watches no set".into()
                    })?;
                    must(c != last, place, || {
                        "the last class must take everything else".into()
                    })?;
                }
                Rule::Otherwise => {
                    must(c == last, place, || {
                        "only the last class takes everything else".into()
                    })?;
                }
            }
        }
        for question in &self.questions {
            must(
                (question.event as usize) < self.events.len(),
                || format!("question `{}`", question.name),
                || "it watches no set".into(),
            )?;
        }
        Ok(())
    }

    fn check_names(&self) -> Checked {
        for variable in &self.variables {
            let place = || format!("variable `{}`", variable.name);
            must(variable.of_state.len() == self.states.len(), place, || {
                format!(
                    "{} levels for {} states",
                    variable.of_state.len(),
                    self.states.len()
                )
            })?;
            must(
                variable
                    .of_state
                    .iter()
                    .all(|l| (*l as usize) < variable.levels.len()),
                place,
                || "a state is at a level that has no name".into(),
            )?;
        }
        must(
            self.ladder.is_none_or(|l| l < self.variables.len()),
            || "ladder".into(),
            || "there is no such variable".into(),
        )
    }

    /// Every live state that can be met in a phase has a node there. Plans count: with foresight of
    /// N rounds a state may be thought of up to N − 1 rounds after the last one played.
    fn check_nodes(&self, ended: &[bool]) -> Checked {
        let rounds = match self.foresight {
            Foresight::Full => u64::from(self.horizon),
            Foresight::Rounds(n) => u64::from(self.horizon) + u64::from(n) - 1,
            Foresight::Unbounded => u64::MAX,
        };
        let phases = self.phases.len();
        let mut met = vec![false; phases * self.states.len()];
        met[self.start as usize * phases] = true;
        // Whoever meets a state first can meet its successors no later, so one visit is enough.
        let mut queue: VecDeque<(u64, usize, State)> = VecDeque::from([(0, 0, self.start)]);
        while let Some((round, p, state)) = queue.pop_front() {
            if ended[state as usize] || round >= rounds {
                continue;
            }
            let phase = &self.phases[p];
            let Ok(n) = phase.states().binary_search(&state) else {
                return wrong(
                    format!("phase {p}, {}", self.state_words(state)),
                    format!("it can be met here in round {round} and has no node"),
                );
            };
            let (round, next_phase) = if p + 1 == phases {
                (round + 1, 0)
            } else {
                (round, p + 1)
            };
            let (outcomes, next, believed, actual) = match phase {
                Phase::Move(t) => {
                    let a = t.alternatives(n);
                    let outcomes = t.alternative_outcomes[a.start] as usize
                        ..t.alternative_outcomes[a.end] as usize;
                    (
                        outcomes,
                        &t.outcome_next,
                        &t.outcome_believed,
                        &t.outcome_true,
                    )
                }
                Phase::Events(t) => (
                    t.outcomes(n),
                    &t.outcome_next,
                    &t.outcome_believed,
                    &t.outcome_true,
                ),
            };
            for o in outcomes.filter(|o| believed[*o] > 0.0 || actual[*o] > 0.0) {
                let slot = &mut met[next[o] as usize * phases + next_phase];
                if !std::mem::replace(slot, true) {
                    queue.push_back((round, next_phase, next[o]));
                }
            }
        }
        Ok(())
    }
}

/// `first` splits `0..total` into `parts` ranges, none of them empty.
fn check_ranges(first: &[u32], parts: usize, total: usize, place: impl Fn() -> String) -> Checked {
    let shaped = first.len() == parts + 1
        && first.first() == Some(&0)
        && first.last().is_some_and(|l| *l as usize == total);
    must(shaped, &place, || "tables of different lengths".into())?;
    must(first.windows(2).all(|w| w[0] < w[1]), &place, || {
        "a node without alternatives, or an alternative without outcomes".into()
    })
}
