//! History made part of the state, for formats that know only states.

use super::{
    BeliefValue, Class, End, EventsPhase, Game, MovePhase, NONE, Phase, Rule, State, TermFlow,
    VariableLevels,
};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// The same game with one bit of history in the state for each set that an `Ever` class watches:
/// classes become sets of states. A state "x" becomes "x|ever=", "x|ever=war" and so on, as far as
/// reached. A game without `Ever` classes is returned as it is.
///
/// Strategies, values and first passages are those of the game; at the end of the window so are the
/// classes.
pub fn expand_history(game: &Game) -> Game {
    let mut watched: Vec<(u32, &str)> = Vec::new();
    for class in &game.classes {
        if let Rule::Ever(event) = class.rule
            && watched.iter().all(|(e, _)| *e != event)
        {
            watched.push((event, &class.name));
        }
    }
    if watched.is_empty() {
        return game.clone();
    }
    let mut expansion = Expansion::of(game, &watched);
    expansion.reach(game);
    expansion.game(game, &watched)
}

/// A state and which watched sets play has been in.
type Past = (State, u64);

struct Expansion {
    /// Watched bits of each old state.
    bits: Vec<u64>,
    /// Phase → pasts met in it.
    met: Vec<Vec<Past>>,
    /// All pasts, ascending.
    all: Vec<Past>,
    index: FxHashMap<Past, State>,
}

impl Expansion {
    fn of(game: &Game, watched: &[(u32, &str)]) -> Self {
        let bits = (0..game.states.len())
            .map(|s| {
                let holds = |(b, (e, _)): (usize, &(u32, &str))| {
                    u64::from(game.events[*e as usize][s]) << b
                };
                watched.iter().enumerate().map(holds).sum()
            })
            .collect();
        Self {
            bits,
            met: vec![Vec::new(); game.phases.len()],
            all: Vec::new(),
            index: FxHashMap::default(),
        }
    }

    /// What the past of a state becomes when `next` follows.
    fn follow(&self, past: Past, next: State) -> Past {
        (next, past.1 | self.bits[next as usize])
    }

    fn start(&self, game: &Game) -> Past {
        (game.start, self.bits[game.start as usize])
    }

    fn reach(&mut self, game: &Game) {
        let phases = game.phases.len();
        let mut seen: FxHashMap<(usize, Past), ()> = FxHashMap::default();
        let start = self.start(game);
        let mut queue = VecDeque::from([(0, start)]);
        self.index.insert(start, 0);
        seen.insert((0, start), ());
        while let Some((p, past)) = queue.pop_front() {
            let Ok(n) = game.phases[p].states().binary_search(&past.0) else {
                continue;
            };
            self.met[p].push(past);
            let next: &[State] = match &game.phases[p] {
                Phase::Move(t) => {
                    let a = t.alternatives(n);
                    &t.outcome_next[t.alternative_outcomes[a.start] as usize
                        ..t.alternative_outcomes[a.end] as usize]
                }
                Phase::Events(t) => &t.outcome_next[t.outcomes(n)],
            };
            for next in next {
                let next = self.follow(past, *next);
                self.index.insert(next, 0);
                let place = ((p + 1) % phases, next);
                if seen.insert(place, ()).is_none() {
                    queue.push_back(place);
                }
            }
        }
        self.all = self.index.keys().copied().collect();
        self.all.sort_unstable();
        for (state, past) in self.all.iter().enumerate() {
            self.index.insert(*past, state as State);
        }
        self.met.iter_mut().for_each(|met| met.sort_unstable());
    }

    fn state(&self, past: Past) -> State {
        self.index.get(&past).copied().unwrap_or(NONE)
    }

    /// A table with `width` numbers a state.
    fn spread(&self, table: &[f64], width: usize) -> Vec<f64> {
        self.all
            .iter()
            .flat_map(|(s, _)| &table[*s as usize * width..(*s as usize + 1) * width])
            .copied()
            .collect()
    }

    fn game(&self, game: &Game, watched: &[(u32, &str)]) -> Game {
        let seats = game.seats();
        let label = |(state, bits): &Past| {
            let names: Vec<&str> = watched
                .iter()
                .enumerate()
                .filter(|(b, _)| bits >> b & 1 == 1)
                .map(|(_, (_, name))| *name)
                .collect();
            format!("{}|ever={}", game.states[*state as usize], names.join("+"))
        };
        let mut events: Vec<Vec<bool>> = game
            .events
            .iter()
            .map(|set| self.all.iter().map(|(s, _)| set[*s as usize]).collect())
            .collect();
        let first_bit = events.len() as u32;
        for b in 0..watched.len() {
            events.push(
                self.all
                    .iter()
                    .map(|(_, bits)| bits >> b & 1 == 1)
                    .collect(),
            );
        }
        let classes = game
            .classes
            .iter()
            .map(|class| {
                let rule = match class.rule {
                    Rule::Ever(event) => {
                        let bit = watched.iter().position(|(e, _)| *e == event).unwrap_or(0);
                        Rule::AtEnd(first_bit + bit as u32)
                    }
                    rule => rule,
                };
                Class {
                    rule,
                    ..class.clone()
                }
            })
            .collect();
        let ended: FxHashMap<State, &End> = game.ends.iter().map(|e| (e.state, e)).collect();
        let ends = self
            .all
            .iter()
            .enumerate()
            .filter_map(|(state, (old, _))| {
                ended.get(old).map(|end| End {
                    state: state as State,
                    ..(*end).clone()
                })
            })
            .collect();
        let phases = game
            .phases
            .iter()
            .zip(&self.met)
            .map(|(phase, met)| match phase {
                Phase::Move(table) => Phase::Move(self.moves(table, met, seats)),
                Phase::Events(table) => Phase::Events(self.events(table, met, seats)),
            })
            .collect();
        Game {
            states: self.all.iter().map(label).collect(),
            start: self.state(self.start(game)),
            phases,
            ends,
            afterwards: self.spread(&game.afterwards, seats),
            afterwards_belief: game
                .afterwards_belief
                .iter()
                .map(|part| BeliefValue {
                    coefficient: self.spread(&part.coefficient, seats),
                    ..*part
                })
                .collect(),
            events,
            classes,
            variables: game
                .variables
                .iter()
                .map(|v| VariableLevels {
                    of_state: self
                        .all
                        .iter()
                        .map(|(s, _)| v.of_state[*s as usize])
                        .collect(),
                    ..v.clone()
                })
                .collect(),
            terms: game
                .terms
                .iter()
                .map(|t| {
                    let types = game.actors[t.actor as usize].types.len();
                    TermFlow {
                        flow: self.spread(&t.flow, types),
                        ..t.clone()
                    }
                })
                .collect(),
            ..game.clone()
        }
    }

    fn moves(&self, table: &MovePhase, met: &[Past], seats: usize) -> MovePhase {
        let movers = table.actors.len();
        let mut expanded = MovePhase {
            actors: table.actors.clone(),
            node_alternatives: vec![0],
            alternative_outcomes: vec![0],
            ..MovePhase::default()
        };
        for past in met {
            let Ok(n) = table.node_state.binary_search(&past.0) else {
                continue;
            };
            expanded.node_state.push(self.state(*past));
            expanded.node_moves.push(table.node_moves[n].clone());
            expanded.node_kinds.push(table.node_kinds[n].clone());
            expanded
                .node_opportunity
                .push(table.node_opportunity[n].clone());
            for a in table.alternatives(n) {
                let moves = &table.alternative_moves[a * movers..(a + 1) * movers];
                expanded.alternative_moves.extend_from_slice(moves);
                expanded
                    .payoff
                    .extend_from_slice(&table.payoff[a * seats..(a + 1) * seats]);
                for o in table.outcomes(a) {
                    let labels = &table.outcome_labels[o * movers..(o + 1) * movers];
                    expanded.outcome_labels.extend_from_slice(labels);
                    let next = self.follow(*past, table.outcome_next[o]);
                    expanded.outcome_next.push(self.state(next));
                    expanded.outcome_believed.push(table.outcome_believed[o]);
                    expanded.outcome_true.push(table.outcome_true[o]);
                }
                expanded
                    .alternative_outcomes
                    .push(expanded.outcome_next.len() as u32);
            }
            expanded
                .node_alternatives
                .push(expanded.alternative_outcomes.len() as u32 - 1);
        }
        expanded
    }

    fn events(&self, table: &EventsPhase, met: &[Past], seats: usize) -> EventsPhase {
        let mut expanded = EventsPhase {
            node_outcomes: vec![0],
            ..EventsPhase::default()
        };
        for past in met {
            let Ok(n) = table.node_state.binary_search(&past.0) else {
                continue;
            };
            expanded.node_state.push(self.state(*past));
            expanded
                .payoff
                .extend_from_slice(&table.payoff[n * seats..(n + 1) * seats]);
            for o in table.outcomes(n) {
                let next = self.follow(*past, table.outcome_next[o]);
                expanded.outcome_next.push(self.state(next));
                expanded.outcome_believed.push(table.outcome_believed[o]);
                expanded.outcome_true.push(table.outcome_true[o]);
            }
            expanded
                .node_outcomes
                .push(expanded.outcome_next.len() as u32);
        }
        expanded
    }
}
