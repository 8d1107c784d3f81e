//! The shape of `climbdown-game/1`, before any meaning is checked.

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

/// Only the format of what is no game, so that a foreign file is named as such before anything else is missed in it.
#[derive(Deserialize)]
pub struct Head {
    pub format: Option<String>,
}

#[derive(Deserialize)]
pub struct Game {
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
    pub states: Vec<String>,
    pub start: u32,
    pub phases: Vec<Phase>,
    #[serde(default)]
    pub end: Vec<End>,
    #[serde(default)]
    pub afterwards: Vec<Afterwards>,
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
pub type Seats = Vec<Vec<f64>>;

// Fields with defaults stand in phases and ends; an unknown name there is a mistake that would
// otherwise change the game in silence.

pub enum Phase {
    Move {
        actors: Vec<u32>,
        nodes: Vec<MoveNode>,
    },
    Events {
        nodes: Vec<EventsNode>,
    },
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Move,
    Events,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Field {
    Kind,
    Actors,
    Nodes,
}

/// Nodes, and those that came before the kind.
enum Nodes {
    Move(Vec<MoveNode>),
    Events(Vec<EventsNode>),
    Early(serde_json::Value),
}

/// Read as it comes where the kind stands before the nodes; left to serde, a phase is read whole first,
/// in several times its memory.
impl<'de> Deserialize<'de> for Phase {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Phase;
            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("a phase")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Phase, A::Error> {
                let mut kind: Option<Kind> = None;
                let mut actors: Option<Vec<u32>> = None;
                let mut nodes: Option<Nodes> = None;
                while let Some(field) = map.next_key()? {
                    match field {
                        Field::Kind if kind.is_some() => {
                            return Err(Error::duplicate_field("kind"));
                        }
                        Field::Actors if actors.is_some() => {
                            return Err(Error::duplicate_field("actors"));
                        }
                        Field::Nodes if nodes.is_some() => {
                            return Err(Error::duplicate_field("nodes"));
                        }
                        Field::Kind => kind = Some(map.next_value()?),
                        Field::Actors => actors = Some(map.next_value()?),
                        Field::Nodes => {
                            nodes = Some(match kind {
                                Some(Kind::Move) => Nodes::Move(map.next_value()?),
                                Some(Kind::Events) => Nodes::Events(map.next_value()?),
                                None => Nodes::Early(map.next_value()?),
                            });
                        }
                    }
                }
                let kind = kind.ok_or_else(|| Error::missing_field("kind"))?;
                let nodes = match (kind, nodes.ok_or_else(|| Error::missing_field("nodes"))?) {
                    (Kind::Move, Nodes::Early(value)) => {
                        Nodes::Move(serde_json::from_value(value).map_err(Error::custom)?)
                    }
                    (Kind::Events, Nodes::Early(value)) => {
                        Nodes::Events(serde_json::from_value(value).map_err(Error::custom)?)
                    }
                    (_, nodes) => nodes,
                };
                match (nodes, actors) {
                    (Nodes::Events(nodes), None) => Ok(Phase::Events { nodes }),
                    (Nodes::Events(_), Some(_)) => {
                        Err(Error::unknown_field("actors", &["kind", "nodes"]))
                    }
                    (Nodes::Move(nodes), Some(actors)) => Ok(Phase::Move { actors, nodes }),
                    _ => Err(Error::missing_field("actors")),
                }
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoveNode {
    pub state: u32,
    pub moves: Vec<Vec<String>>,
    pub opportunity: Option<Vec<f64>>,
    pub opportunity_believed: Option<Vec<f64>>,
    pub default: Option<Vec<u32>>,
    pub variants: Option<Vec<Vec<Vec<u32>>>>,
    pub joint: Vec<Joint>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Joint {
    pub moves: Vec<u32>,
    pub payoff: Seats,
    pub outcomes: Vec<MoveOutcome>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoveOutcome {
    pub labels: Vec<String>,
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
    pub outcomes: Vec<EventsOutcome>,
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
    pub flow: Option<Seats>,
    pub after: Option<Seats>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Afterwards {
    pub state: u32,
    pub value: Seats,
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
