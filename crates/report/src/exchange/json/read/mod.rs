//! Reading `climbdown-game/1`: shape first, then meaning, each error with its place.

mod flat;
mod nodes;
mod raw;
mod reach;

use super::{FORMAT, MAX_BYTES, MAX_PHASES, MAX_ROUNDS, MAX_SEATS, MAX_VALUES, SUM_TOLERANCE};
use crate::exchange::ExchangeError;
use climbdown_engine::game::{
    Actor, BeliefValue, Class, End, Foresight, Game, Noise, Phase, PrecisionScale, Question, Rule,
    Type,
};
use flat::Items as _;
use serde::de::DeserializeOwned;
use std::collections::{HashMap, HashSet};
use std::fmt::Display;

/// Reads a game.
///
/// Nodes may stand in any order, joint moves in any order; equal (labels, next) of one joint move
/// are summed. An `afterwards` that is absent or empty is zero everywhere.
///
/// # Errors
/// [`ExchangeError::TooLarge`] for texts over [`MAX_BYTES`] and tables that would not fit;
/// [`ExchangeError::Shape`] with line and column when the text is not JSON of this shape;
/// [`ExchangeError::Content`] with phase, node and move when it is no game: probabilities that do not
/// sum to one, a result that happens but that nobody believes possible, a state without a node where it can be
/// met, an actor without a move, indices out of range, numbers that are not finite.
pub fn read(text: &str) -> Result<Game, ExchangeError> {
    if text.len() > MAX_BYTES {
        return Err(ExchangeError::TooLarge {
            what: format!("a text of {} bytes", text.len()),
            limit: MAX_BYTES,
        });
    }
    match serde_json::from_str::<raw::Game>(text) {
        Ok(game) => {
            check_format(game.format.as_deref())?;
            Reader::new(text, game)?.read()
        }
        Err(error) => {
            let head: raw::Head = serde_json::from_str(text).map_err(shape)?;
            check_format(head.format.as_deref())?;
            Err(shape(error))
        }
    }
}

fn check_format(format: Option<&str>) -> Result<(), ExchangeError> {
    match format {
        Some(FORMAT) => Ok(()),
        Some(other) => Err(content(
            "format",
            format!("`{other}` is not known here; expected `{FORMAT}`"),
        )),
        None => Err(content("format", format!("missing; expected `{FORMAT}`"))),
    }
}

/// Keeps serde's message and moves its place into fields of its own.
#[allow(clippy::needless_pass_by_value)]
fn shape(error: serde_json::Error) -> ExchangeError {
    let text = error.to_string();
    let tail = format!(" at line {} column {}", error.line(), error.column());
    ExchangeError::Shape {
        line: error.line(),
        column: error.column(),
        message: text.strip_suffix(&tail).unwrap_or(&text).to_owned(),
    }
}

/// Reads a part that was left as it stands in `text`; a mistake has its place in the whole.
fn part<T: DeserializeOwned>(text: &str, part: &str) -> Result<T, ExchangeError> {
    serde_json::from_str(part).map_err(|error| {
        let start = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        let before = text.as_bytes().get(..start).unwrap_or_default();
        let lines = before.iter().filter(|byte| **byte == b'\n').count();
        let last = before.iter().rposition(|byte| *byte == b'\n');
        let indent = start - last.map_or(0, |at| at + 1);
        let mut error = shape(error);
        if let ExchangeError::Shape { line, column, .. } = &mut error {
            if *line == 1 {
                *column += indent;
            }
            *line += lines;
        }
        error
    })
}

fn content(place: impl Display, message: impl Display) -> ExchangeError {
    ExchangeError::Content {
        place: place.to_string(),
        message: message.to_string(),
    }
}

fn too_large(what: impl Display, limit: usize) -> ExchangeError {
    ExchangeError::TooLarge {
        what: what.to_string(),
        limit,
    }
}

/// A raw game on its way to tables.
struct Reader<'a> {
    text: &'a str,
    raw: raw::Game<'a>,
    actors: Vec<Actor>,
    /// Whether a state is an end.
    is_end: Vec<bool>,
}

/// Public names of moves, each once.
#[derive(Default)]
struct Labels {
    names: Vec<String>,
    index: HashMap<String, u32>,
}

impl Labels {
    /// Index of a label, new or known.
    fn of(&mut self, name: &str) -> u32 {
        if let Some(&index) = self.index.get(name) {
            return index;
        }
        let index = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.to_owned());
        self.index.insert(name.to_owned(), index);
        index
    }
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, mut raw: raw::Game<'a>) -> Result<Self, ExchangeError> {
        let actors = actors(std::mem::take(&mut raw.actors))?;
        let is_end = vec![false; raw.states.items.len()];
        Ok(Reader {
            text,
            raw,
            actors,
            is_end,
        })
    }

    fn read(mut self) -> Result<Game, ExchangeError> {
        let foresight = self.rounds()?;
        let mut seen = HashSet::new();
        for (index, state) in self.raw.states.items.iter().enumerate() {
            if !seen.insert(state) {
                return Err(content(
                    format!("states[{index}]"),
                    format!("the label {state:?} is taken by an earlier state"),
                ));
            }
        }
        drop(seen);
        let start = self.state("start", self.raw.start)?;
        let seats: usize = self.actors.iter().map(|a| a.types.len()).sum();
        let states = self.states();
        for (count, what) in [(seats, "seats"), (self.raw.phases.len(), "phases")] {
            if states.saturating_mul(count) > MAX_VALUES {
                return Err(too_large(
                    format!("{states} states × {count} {what}"),
                    MAX_VALUES,
                ));
            }
        }
        let ends = self.ends()?;
        let mut labels = Labels::default();
        let phases = self.phases(&mut labels)?;
        let noise = match self.raw.noise {
            raw::Noise::Error => Noise::Error,
            raw::Noise::Taste => Noise::Taste,
        };
        let precision_scale = match self.raw.precision_scale {
            raw::PrecisionScale::Current => PrecisionScale::Current,
            raw::PrecisionScale::Discounted => PrecisionScale::Discounted,
        };
        if foresight == Foresight::Unbounded {
            if precision_scale == PrecisionScale::Discounted {
                return Err(content(
                    "precision_scale",
                    "`discounted` counts from the start of a plan; with unbounded foresight there is none",
                ));
            }
            if let Some(actor) = self.actors.iter().find(|a| a.discount >= 1.0) {
                return Err(content(
                    format!("actor `{}`", actor.name),
                    "unbounded foresight needs a discount below 1",
                ));
            }
        }
        let mut game = Game {
            title: std::mem::take(&mut self.raw.title),
            horizon: self.raw.horizon,
            foresight,
            noise,
            precision_scale,
            actors: self.actors.clone(),
            states: Vec::new(),
            start,
            labels: Vec::new(),
            phases,
            ends,
            afterwards: Vec::new(),
            afterwards_belief: Vec::new(),
            window: self.raw.window.unwrap_or(self.raw.horizon),
            events: Vec::new(),
            classes: Vec::new(),
            questions: Vec::new(),
            variables: Vec::new(),
            ladder: None,
            terms: Vec::new(),
        };
        let needs_value = reach::check(&game, &self.raw.states.items, &self.is_end)?;
        game.afterwards = self.afterwards(foresight, &needs_value)?;
        game.afterwards_belief = self.afterwards_belief(foresight)?;
        let (events, classes) = self.classes()?;
        game.events = events;
        game.classes = classes;
        game.questions = self.questions(&mut game.events)?;
        game.labels = labels.names;
        game.states = self.raw.states.items.iter().map(str::to_owned).collect();
        Ok(game)
    }

    fn states(&self) -> usize {
        self.raw.states.items.len()
    }

    fn state_label(&self, state: usize) -> &str {
        self.raw.states.items.get(state)
    }

    fn rounds(&self) -> Result<Foresight, ExchangeError> {
        let horizon = self.raw.horizon;
        if horizon == 0 || horizon > MAX_ROUNDS {
            return Err(content(
                "horizon",
                format!("{horizon} rounds; expected 1 to {MAX_ROUNDS}"),
            ));
        }
        if let Some(window) = self.raw.window
            && window > horizon
        {
            return Err(content(
                "window",
                format!("{window} rounds is beyond the horizon of {horizon}"),
            ));
        }
        match self.raw.foresight {
            raw::Foresight::Rounds(n) if n == 0 || n > MAX_ROUNDS => Err(content(
                "foresight",
                format!("{n} rounds; expected 1 to {MAX_ROUNDS}"),
            )),
            raw::Foresight::Rounds(n) => Ok(Foresight::Rounds(n)),
            raw::Foresight::Full => Ok(Foresight::Full),
            raw::Foresight::Unbounded => Ok(Foresight::Unbounded),
        }
    }

    /// A state index that exists.
    fn state(&self, place: impl Display, state: u32) -> Result<u32, ExchangeError> {
        if (state as usize) < self.states() {
            return Ok(state);
        }
        Err(content(
            place,
            format!("state {state}, but there are {}", self.states()),
        ))
    }

    /// Values by actor and type, flattened by seat.
    fn seats<'v>(
        &self,
        place: impl Display + Copy,
        what: &str,
        values: &'v raw::Seats,
    ) -> Result<&'v [f64], ExchangeError> {
        let lists = values.lists(0);
        if lists.len() != self.actors.len() {
            return Err(content(
                place,
                format!(
                    "`{what}` has {} entries for {} actors; the form is [actor][type]",
                    lists.len(),
                    self.actors.len()
                ),
            ));
        }
        for (actor, own) in self.actors.iter().zip(lists) {
            if own.len() != actor.types.len() {
                return Err(content(
                    place,
                    format!(
                        "`{what}` of `{}` has {} entries for {} types",
                        actor.name,
                        own.len(),
                        actor.types.len()
                    ),
                ));
            }
        }
        match values.items.iter().find(|value| !value.is_finite()) {
            Some(value) => Err(content(place, format!("`{what}` holds {value}"))),
            None => Ok(&values.items),
        }
    }

    fn ends(&mut self) -> Result<Vec<End>, ExchangeError> {
        let raw = std::mem::take(&mut self.raw.end);
        let seats: usize = self.actors.iter().map(|a| a.types.len()).sum();
        let mut ends = Vec::with_capacity(raw.len());
        for (index, end) in raw.iter().enumerate() {
            let place = format!("end[{index}]");
            let place = place.as_str();
            let state = self.state(place, end.state)?;
            if std::mem::replace(&mut self.is_end[state as usize], true) {
                return Err(content(place, format!("state {state} ends twice")));
            }
            let optional = |what, values: &Option<Box<raw::Seats>>| match values {
                Some(values) => self.seats(place, what, values).map(<[f64]>::to_vec),
                None => Ok(vec![0.0; seats]),
            };
            ends.push(End {
                state,
                value: self.seats(place, "value", &end.value)?.to_vec(),
                flow: optional("flow", &end.flow)?,
                after: optional("after", &end.after)?,
            });
        }
        Ok(ends)
    }

    fn phases(&mut self, labels: &mut Labels) -> Result<Vec<Phase>, ExchangeError> {
        let raw = std::mem::take(&mut self.raw.phases);
        if raw.is_empty() {
            return Err(content("phases", "a round needs at least one phase"));
        }
        if raw.len() > MAX_PHASES {
            return Err(too_large(format!("{} phases", raw.len()), MAX_PHASES));
        }
        raw.into_iter()
            .enumerate()
            .map(|(index, phase)| match phase {
                raw::Phase::Move { actors, nodes } => {
                    let nodes = self.nodes(nodes)?;
                    self.move_phase(index, actors, &nodes, labels)
                        .map(Phase::Move)
                }
                raw::Phase::Events { nodes } => {
                    let nodes = self.nodes(nodes)?;
                    self.events_phase(index, &nodes).map(Phase::Events)
                }
            })
            .collect()
    }

    fn nodes<T: DeserializeOwned>(&self, nodes: raw::Nodes<T>) -> Result<Vec<T>, ExchangeError> {
        match nodes {
            raw::Nodes::Read(nodes) => Ok(nodes),
            raw::Nodes::Unread(part) => self::part(self.text, part.get()),
        }
    }

    /// Values where foresight runs out; `needed` marks states that must have one.
    fn afterwards(&self, foresight: Foresight, needed: &[bool]) -> Result<Vec<f64>, ExchangeError> {
        let listed = if foresight == Foresight::Unbounded {
            &[][..]
        } else {
            &self.raw.afterwards
        };
        let (values, given) = self.by_state("afterwards", listed)?;
        if listed.is_empty() {
            return Ok(values);
        }
        let missing = given
            .iter()
            .zip(needed)
            .position(|(given, needed)| *needed && !given);
        if let Some(state) = missing {
            return Err(content(
                "afterwards",
                format!(
                    "state {state} ({:?}) can open a round and is not listed; list every live state",
                    self.state_label(state)
                ),
            ));
        }
        Ok(values)
    }

    /// What beliefs are worth where foresight runs out.
    fn afterwards_belief(&self, foresight: Foresight) -> Result<Vec<BeliefValue>, ExchangeError> {
        let listed = &self.raw.afterwards_belief;
        if foresight == Foresight::Unbounded || listed.is_empty() {
            return Ok(Vec::new());
        }
        let seats: usize = self.actors.iter().map(|a| a.types.len()).sum();
        if listed.len().saturating_mul(self.states() * seats) > MAX_VALUES {
            return Err(too_large(
                format!(
                    "{} beliefs × {} states × {seats} seats",
                    listed.len(),
                    self.states()
                ),
                MAX_VALUES,
            ));
        }
        let part = |(index, part): (usize, &raw::Believed)| {
            let place = format!("afterwards_belief[{index}]");
            let actor = self.actors.get(part.actor as usize);
            if actor.is_none_or(|a| part.kind as usize >= a.types.len()) {
                let (kind, actor) = (part.kind, part.actor);
                return Err(content(
                    place,
                    format!("there is no type {kind} of actor {actor}"),
                ));
            }
            let (coefficient, _) = self.by_state(&format!("{place}.values"), &part.values)?;
            Ok(BeliefValue {
                actor: part.actor,
                kind: part.kind,
                coefficient,
            })
        };
        listed.iter().enumerate().map(part).collect()
    }

    /// `[state * seats + seat]` of a list that names each state once, and which it names; 0 elsewhere.
    fn by_state(
        &self,
        what: &str,
        listed: &[raw::Afterwards],
    ) -> Result<(Vec<f64>, Vec<bool>), ExchangeError> {
        let seats: usize = self.actors.iter().map(|a| a.types.len()).sum();
        let mut values = vec![0.0; self.states() * seats];
        let mut given = vec![false; self.states()];
        for (index, entry) in listed.iter().enumerate() {
            let place = format!("{what}[{index}]");
            let state = self.state(&place, entry.state)? as usize;
            if std::mem::replace(&mut given[state], true) {
                return Err(content(place, format!("state {state} is listed twice")));
            }
            let own = self.seats(&place, "value", &entry.value)?;
            values[state * seats..(state + 1) * seats].copy_from_slice(own);
        }
        Ok((values, given))
    }

    /// Flags of a list of states.
    fn flags(&self, place: &str, states: &[u32]) -> Result<Vec<bool>, ExchangeError> {
        let mut flags = vec![false; self.states()];
        for &state in states {
            let state = self.state(place, state)?;
            flags[state as usize] = true;
        }
        Ok(flags)
    }

    fn classes(&self) -> Result<(Vec<Vec<bool>>, Vec<Class>), ExchangeError> {
        let raw = &self.raw.classes;
        let total = raw.len().saturating_add(self.raw.questions.len());
        if total.saturating_mul(self.states()) > 10 * MAX_VALUES {
            return Err(too_large(
                format!("{total} classes and questions × states"),
                10 * MAX_VALUES,
            ));
        }
        let mut owner: Vec<Option<usize>> = vec![None; self.states()];
        let mut events = Vec::new();
        let mut classes: Vec<Class> = Vec::new();
        for (index, class) in raw.iter().enumerate() {
            let place = format!("classes[{index}] (`{}`)", class.name);
            if classes.iter().any(|c| c.name == class.name) {
                return Err(content(place, "the name is taken by an earlier class"));
            }
            for &state in &class.states {
                let state = self.state(&place, state)? as usize;
                if let Some(before) = owner[state].replace(index) {
                    return Err(content(
                        place,
                        format!(
                            "state {state} ({:?}) is in `{}` as well; classes are a partition",
                            self.state_label(state),
                            raw[before].name
                        ),
                    ));
                }
            }
            let rule = if index + 1 == raw.len() {
                Rule::Otherwise
            } else {
                let flags = self.flags(&place, &class.states)?;
                events.push(flags);
                Rule::AtEnd(u32::try_from(events.len() - 1).unwrap_or(u32::MAX))
            };
            classes.push(Class {
                name: class.name.clone(),
                label: class.name.clone(),
                rule,
            });
        }
        let missing = owner.iter().position(Option::is_none);
        if let (Some(state), false) = (missing, raw.is_empty()) {
            return Err(content(
                "classes",
                format!(
                    "state {state} ({:?}) is in no class; classes are a partition of the states",
                    self.state_label(state)
                ),
            ));
        }
        Ok((events, classes))
    }

    fn questions(&self, events: &mut Vec<Vec<bool>>) -> Result<Vec<Question>, ExchangeError> {
        let mut questions: Vec<Question> = Vec::new();
        for (index, question) in self.raw.questions.iter().enumerate() {
            let place = format!("questions[{index}] (`{}`)", question.name);
            if questions.iter().any(|q| q.name == question.name) {
                return Err(content(place, "the name is taken by an earlier question"));
            }
            if question.by > MAX_ROUNDS {
                return Err(content(place, format!("`by` is over {MAX_ROUNDS} rounds")));
            }
            events.push(self.flags(&place, &question.states)?);
            questions.push(Question {
                name: question.name.clone(),
                title: question.name.clone(),
                resolves: String::new(),
                event: u32::try_from(events.len() - 1).unwrap_or(u32::MAX),
                by: question.by,
            });
        }
        Ok(questions)
    }
}

fn actors(raw: Vec<raw::Actor>) -> Result<Vec<Actor>, ExchangeError> {
    let seats: usize = raw.iter().map(|a| a.types.len()).sum();
    if seats > MAX_SEATS || raw.len() > MAX_SEATS {
        return Err(too_large(
            format!("{} actors with {seats} types", raw.len()),
            MAX_SEATS,
        ));
    }
    let mut actors: Vec<Actor> = Vec::with_capacity(raw.len());
    for (index, actor) in raw.into_iter().enumerate() {
        let place = format!("actors[{index}] (`{}`)", actor.name);
        if actors.iter().any(|a| a.name == actor.name) {
            return Err(content(place, "the name is taken by an earlier actor"));
        }
        if !(actor.precision >= 0.0 && actor.precision.is_finite()) {
            return Err(content(
                place,
                format!("precision is {}; expected 0 or more", actor.precision),
            ));
        }
        if !(0.0..=1.0).contains(&actor.discount) {
            return Err(content(
                place,
                format!("discount is {}; expected 0 to 1", actor.discount),
            ));
        }
        if actor.types.is_empty() {
            return Err(content(
                place,
                "an actor has at least one type; without private information give one with prior 1",
            ));
        }
        let mut types: Vec<Type> = Vec::with_capacity(actor.types.len());
        for t in actor.types {
            if types.iter().any(|other| other.name == t.name) {
                return Err(content(place, format!("type `{}` stands twice", t.name)));
            }
            if !(0.0..=1.0).contains(&t.prior) {
                return Err(content(
                    place,
                    format!("prior of `{}` is {}; expected 0 to 1", t.name, t.prior),
                ));
            }
            if t.weight.is_some_and(|w| !(0.0..=1.0).contains(&w)) {
                return Err(content(
                    place,
                    format!("weight of `{}` is no number from 0 to 1", t.name),
                ));
            }
            types.push(Type {
                name: t.name,
                prior: t.prior,
                weight: t.weight.unwrap_or(t.prior),
            });
        }
        let sum: f64 = types.iter().map(|t| t.prior).sum();
        if (sum - 1.0).abs() > SUM_TOLERANCE {
            return Err(content(place, format!("priors sum to {sum}; expected 1")));
        }
        let sum: f64 = types.iter().map(|t| t.weight).sum();
        if (sum - 1.0).abs() > SUM_TOLERANCE {
            return Err(content(place, format!("weights sum to {sum}; expected 1")));
        }
        actors.push(Actor {
            name: actor.name,
            precision: actor.precision,
            discount: actor.discount,
            types,
        });
    }
    Ok(actors)
}
