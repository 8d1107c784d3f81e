//! The shape of `climbdown-game/1`, before any meaning is checked. What is read takes no more than a
//! few times the memory of its text, whatever the text holds.

use super::flat::{Flat, Texts};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Only the format, so that a foreign file is named as such before anything else is missed in it.
#[derive(Deserialize)]
pub struct Head {
    pub format: Option<String>,
}

#[derive(Deserialize)]
pub struct Game<'a> {
    pub format: Option<String>,
    #[serde(default)]
    pub title: String,
    pub horizon: u32,
    pub window: Option<u32>,
    pub foresight: Foresight,
    #[serde(default)]
    pub noise: Noise,
    #[serde(default)]
    pub precision_scale: PrecisionScale,
    pub actors: Vec<Actor>,
    pub states: Flat<Texts, 0>,
    pub start: u32,
    #[serde(borrow)]
    pub phases: Vec<Phase<'a>>,
    #[serde(default)]
    pub end: Vec<End>,
    #[serde(default)]
    pub afterwards: Vec<Afterwards>,
    #[serde(default)]
    pub afterwards_belief: Vec<Believed>,
    #[serde(default)]
    pub classes: Vec<Class>,
    #[serde(default)]
    pub questions: Vec<Question>,
}

#[derive(Clone, Copy)]
pub enum Foresight {
    Rounds(u32),
    Full,
    Unbounded,
}

impl<'de> Deserialize<'de> for Foresight {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Foresight;
            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("a number of rounds, \"full\" or \"unbounded\"")
            }
            fn visit_u64<E: Error>(self, rounds: u64) -> Result<Foresight, E> {
                u32::try_from(rounds)
                    .map(Foresight::Rounds)
                    .map_err(|_| E::custom(format!("foresight of {rounds} rounds is too deep")))
            }
            fn visit_str<E: Error>(self, word: &str) -> Result<Foresight, E> {
                match word {
                    "full" => Ok(Foresight::Full),
                    "unbounded" => Ok(Foresight::Unbounded),
                    other => Err(E::invalid_value(serde::de::Unexpected::Str(other), &self)),
                }
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Noise {
    #[default]
    Error,
    Taste,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PrecisionScale {
    #[default]
    Current,
    Discounted,
}

#[derive(Deserialize)]
pub struct Actor {
    pub name: String,
    pub precision: f64,
    pub discount: f64,
    pub types: Vec<Type>,
}

#[derive(Deserialize)]
pub struct Type {
    pub name: String,
    pub prior: f64,
    pub weight: Option<f64>,
}

/// A list by actor of lists by type.
pub type Seats = Flat<Vec<f64>, 1>;

// Fields with defaults stand in phases and ends; an unknown name there is a mistake that would
// otherwise change the game in silence.

pub enum Phase<'a> {
    Move {
        actors: Vec<u32>,
        nodes: Nodes<'a, MoveNode>,
    },
    Events {
        nodes: Nodes<'a, EventsNode>,
    },
}

/// What a node holds depends on the kind of its phase, which may stand after the nodes.
pub enum Nodes<'a, T> {
    Read(Vec<T>),
    /// As they stand in the text.
    Unread(&'a RawValue),
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Move,
    Events,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum PhaseField {
    Kind,
    Actors,
    Nodes,
}

impl<'de: 'a, 'a> Deserialize<'de> for Phase<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Phase<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("a phase")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Phase<'de>, A::Error> {
                phase(map)
            }
        }
        deserializer.deserialize_map(Any)
    }
}

/// Nodes are read at once where the kind is known, and where it is not, looked for their end.
fn phase<'de, A: MapAccess<'de>>(mut map: A) -> Result<Phase<'de>, A::Error> {
    let twice = |field| Err(A::Error::duplicate_field(field));
    let (mut kind, mut actors) = (None, None);
    let (mut moves, mut events, mut unread) = (None, None, None);
    while let Some(field) = map.next_key()? {
        match field {
            PhaseField::Kind if kind.is_some() => return twice("kind"),
            PhaseField::Kind => kind = Some(map.next_value()?),
            PhaseField::Actors if actors.is_some() => return twice("actors"),
            PhaseField::Actors => actors = Some(map.next_value()?),
            PhaseField::Nodes if moves.is_some() || events.is_some() || unread.is_some() => {
                return twice("nodes");
            }
            PhaseField::Nodes => match kind {
                Some(Kind::Move) => moves = Some(map.next_value().map(Nodes::Read)?),
                Some(Kind::Events) => events = Some(map.next_value().map(Nodes::Read)?),
                None => unread = Some(map.next_value()?),
            },
        }
        if kind == Some(Kind::Events) && actors.is_some() {
            return Err(A::Error::unknown_field("actors", &["kind", "nodes"]));
        }
    }
    let missing = A::Error::missing_field;
    Ok(match kind.ok_or_else(|| missing("kind"))? {
        Kind::Move => Phase::Move {
            actors: actors.ok_or_else(|| missing("actors"))?,
            nodes: moves
                .or(unread.map(Nodes::Unread))
                .ok_or_else(|| missing("nodes"))?,
        },
        Kind::Events => Phase::Events {
            nodes: events
                .or(unread.map(Nodes::Unread))
                .ok_or_else(|| missing("nodes"))?,
        },
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoveNode {
    pub state: u32,
    pub moves: Flat<Texts, 1>,
    pub opportunity: Option<Box<[f64]>>,
    pub opportunity_believed: Option<Box<[f64]>>,
    pub default: Option<Box<[u32]>>,
    pub variants: Option<Box<Flat<Vec<u32>, 2>>>,
    pub joint: Box<[Joint]>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Joint {
    pub moves: Box<[u32]>,
    pub payoff: Seats,
    pub outcomes: Box<[MoveOutcome]>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoveOutcome {
    pub labels: Flat<Texts, 0>,
    pub next: u32,
    pub believed: f64,
    #[serde(rename = "true")]
    pub true_: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventsNode {
    pub state: u32,
    pub payoff: Seats,
    pub outcomes: Box<[EventsOutcome]>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventsOutcome {
    pub next: u32,
    pub believed: f64,
    #[serde(rename = "true")]
    pub true_: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    pub state: u32,
    pub value: Seats,
    pub flow: Option<Box<Seats>>,
    pub after: Option<Box<Seats>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Afterwards {
    pub state: u32,
    pub value: Seats,
}

/// What the belief that an actor is of a type is worth when foresight runs out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Believed {
    pub actor: u32,
    #[serde(rename = "type")]
    pub kind: u32,
    pub values: Vec<Afterwards>,
}

#[derive(Deserialize)]
pub struct Class {
    pub name: String,
    pub states: Vec<u32>,
}

#[derive(Deserialize)]
pub struct Question {
    pub name: String,
    pub states: Vec<u32>,
    pub by: u32,
}
