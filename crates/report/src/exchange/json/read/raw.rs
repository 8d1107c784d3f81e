//! The shape of `climbdown-game/1`, before any meaning is checked.

use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

/// Only the format, so that a foreign file is named as such before anything else is missed in it.
#[derive(Deserialize)]
pub struct Head {
    pub format: Option<String>,
}

#[derive(Deserialize)]
pub struct Game {
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

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Phase {
    Move {
        actors: Vec<u32>,
        nodes: Vec<MoveNode>,
    },
    Events {
        nodes: Vec<EventsNode>,
    },
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
