//! Reading `climbdown-game/1`: shape first, then meaning, each error with its place.

mod nodes;
mod raw;
mod reach;

use super::{FORMAT, MAX_BYTES, MAX_ROUNDS, MAX_SEATS, MAX_VALUES, SUM_TOLERANCE};
use crate::exchange::ExchangeError;
use climbdown_engine::game::{
    Actor, Class, End, Foresight, Game, Noise, Phase, PrecisionScale, Question, Rule, Type,
};
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
    let game: Result<raw::Game, _> = serde_json::from_str(text);
    let format = match &game {
        Ok(game) => game.format.clone(),
        Err(_) => {
            let head: raw::Head = serde_json::from_str(text).map_err(shape)?;
            head.format
        }
    };
    match format.as_deref() {
        Some(FORMAT) => {}
        Some(other) => {
            return Err(content(
                "format",
                format!("`{other}` is not known here; expected `{FORMAT}`"),
            ));
        }
        None => return Err(content("format", format!("missing; expected `{FORMAT}`"))),
    }
    Reader::new(game.map_err(shape)?)?.read()
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
struct Reader {
    raw: raw::Game,
    actors: Vec<Actor>,
    labels: Vec<String>,
    label_index: HashMap<String, u32>,
    /// Whether a state is an end.
    is_end: Vec<bool>,
}

impl Reader {
    fn new(mut raw: raw::Game) -> Result<Reader, ExchangeError> {
        let actors = actors(std::mem::take(&mut raw.actors))?;
        let is_end = vec![false; raw.states.len()];
        Ok(Reader {
            raw,
            actors,
            labels: Vec::new(),
            label_index: HashMap::new(),
            is_end,
        })
    }

    fn read(mut self) -> Result<Game, ExchangeError> {
        let foresight = self.rounds()?;
        let mut seen = HashSet::new();
        for (index, state) in self.raw.states.iter().enumerate() {
            if !seen.insert(state.as_str()) {
                return Err(content(
                    format!("states[{index}]"),
                    format!("the label {state:?} is taken by an earlier state"),
                ));
            }
        }
        drop(seen);
        let start = self.state("start", self.raw.start)?;
        let seats: usize = self.actors.iter().map(|a| a.types.len()).sum();
        let states = self.raw.states.len();
        for (count, what) in [(seats, "seats"), (self.raw.phases.len(), "phases")] {
            if states.saturating_mul(count) > MAX_VALUES {
                return Err(too_large(
                    format!("{states} states × {count} {what}"),
                    MAX_VALUES,
                ));
            }
        }
        let ends = self.ends()?;
        let phases = self.phases()?;
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
        let needs_value = reach::check(&game, &self.raw.states, &self.is_end)?;
        game.afterwards = self.afterwards(foresight, &needs_value)?;
        let (events, classes) = self.classes()?;
        game.events = events;
        game.classes = classes;
        game.questions = self.questions(&mut game.events)?;
        game.labels = self.labels;
        game.states = self.raw.states;
        Ok(game)
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
        if (state as usize) < self.raw.states.len() {
            return Ok(state);
        }
        Err(content(
            place,
            format!("state {state}, but there are {}", self.raw.states.len()),
        ))
    }

    /// Values by actor and type, flattened by seat.
    fn seats(
        &self,
        place: impl Display + Copy,
        what: &str,
        values: &raw::Seats,
    ) -> Result<Vec<f64>, ExchangeError> {
        if values.len() != self.actors.len() {
            return Err(content(
                place,
                format!(
                    "`{what}` has {} entries for {} actors; the form is [actor][type]",
                    values.len(),
                    self.actors.len()
                ),
            ));
        }
        let mut flat = Vec::new();
        for (actor, own) in self.actors.iter().zip(values) {
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
            for &value in own {
                if !value.is_finite() {
                    return Err(content(place, format!("`{what}` holds {value}")));
                }
                flat.push(value);
            }
        }
        Ok(flat)
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
            let optional = |what, values: &Option<raw::Seats>| match values {
                Some(values) => self.seats(place, what, values),
                None => Ok(vec![0.0; seats]),
            };
            ends.push(End {
                state,
                value: self.seats(place, "value", &end.value)?,
                flow: optional("flow", &end.flow)?,
                after: optional("after", &end.after)?,
            });
        }
        Ok(ends)
    }

    fn phases(&mut self) -> Result<Vec<Phase>, ExchangeError> {
        let raw = std::mem::take(&mut self.raw.phases);
        if raw.is_empty() {
            return Err(content("phases", "a round needs at least one phase"));
        }
        raw.into_iter()
            .enumerate()
            .map(|(index, phase)| match phase {
                raw::Phase::Move { actors, nodes } => {
                    self.move_phase(index, actors, nodes).map(Phase::Move)
                }
                raw::Phase::Events { nodes } => self.events_phase(index, nodes).map(Phase::Events),
            })
            .collect()
    }

    /// Values where foresight runs out; `needed` marks states that must have one.
    fn afterwards(&self, foresight: Foresight, needed: &[bool]) -> Result<Vec<f64>, ExchangeError> {
        let seats: usize = self.actors.iter().map(|a| a.types.len()).sum();
        let mut values = vec![0.0; self.raw.states.len() * seats];
        if foresight == Foresight::Unbounded || self.raw.afterwards.is_empty() {
            return Ok(values);
        }
        let mut given = vec![false; self.raw.states.len()];
        for (index, entry) in self.raw.afterwards.iter().enumerate() {
            let place = format!("afterwards[{index}]");
            let state = self.state(&place, entry.state)? as usize;
            if std::mem::replace(&mut given[state], true) {
                return Err(content(place, format!("state {state} is listed twice")));
            }
            let own = self.seats(&place, "value", &entry.value)?;
            values[state * seats..(state + 1) * seats].copy_from_slice(&own);
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
                    self.raw.states[state]
                ),
            ));
        }
        Ok(values)
    }

    /// Flags of a list of states.
    fn flags(&self, place: &str, states: &[u32]) -> Result<Vec<bool>, ExchangeError> {
        let mut flags = vec![false; self.raw.states.len()];
        for &state in states {
            let state = self.state(place, state)?;
            flags[state as usize] = true;
        }
        Ok(flags)
    }

    fn classes(&self) -> Result<(Vec<Vec<bool>>, Vec<Class>), ExchangeError> {
        let raw = &self.raw.classes;
        let total = raw.len().saturating_add(self.raw.questions.len());
        if total.saturating_mul(self.raw.states.len()) > 10 * MAX_VALUES {
            return Err(too_large(
                format!("{total} classes and questions × states"),
                10 * MAX_VALUES,
            ));
        }
        let mut owner: Vec<Option<usize>> = vec![None; self.raw.states.len()];
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
                            self.raw.states[state], raw[before].name
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
                    self.raw.states[state]
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

    /// Index of a label, new or known.
    fn label(&mut self, name: &str) -> u32 {
        if let Some(&index) = self.label_index.get(name) {
            return index;
        }
        let index = u32::try_from(self.labels.len()).unwrap_or(u32::MAX);
        self.labels.push(name.to_owned());
        self.label_index.insert(name.to_owned(), index);
        index
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
