//! The game as the oracle reads it.

use serde_json::Value;
use std::collections::HashMap;

pub struct Game {
    /// Rounds of the plan that is solved.
    pub rounds: usize,
    pub full: bool,
    pub taste: bool,
    /// λ·δ^t instead of λ.
    pub discounted: bool,
    pub actors: Vec<Actor>,
    pub start: usize,
    pub phases: Vec<Phase>,
    /// Ends by state.
    pub ends: HashMap<usize, End>,
    /// Value by seat at the start of a round when the plan is over.
    pub afterwards: HashMap<usize, Vec<f64>>,
}

pub struct Actor {
    pub precision: f64,
    pub discount: f64,
    pub priors: Vec<f64>,
}

pub enum Phase {
    Move {
        movers: Vec<usize>,
        nodes: HashMap<usize, MoveNode>,
    },
    Events {
        nodes: HashMap<usize, EventsNode>,
    },
}

pub struct MoveNode {
    /// Number of moves of each mover.
    pub sizes: Vec<usize>,
    /// Kinds of each mover: lists of moves.
    pub kinds: Vec<Vec<Vec<usize>>>,
    pub opportunity: Vec<f64>,
    pub default: Vec<usize>,
    pub joint: Vec<Joint>,
}

pub struct Joint {
    pub moves: Vec<usize>,
    pub payoff: Vec<f64>,
    pub outcomes: Vec<Outcome>,
}

pub struct Outcome {
    pub labels: Vec<String>,
    pub next: usize,
    pub believed: f64,
}

pub struct EventsNode {
    pub payoff: Vec<f64>,
    pub outcomes: Vec<(usize, f64)>,
}

pub struct End {
    pub value: Vec<f64>,
    pub flow: Vec<f64>,
    pub after: Vec<f64>,
}

fn list<'a>(value: &'a Value, name: &str) -> Result<&'a Vec<Value>, String> {
    value[name]
        .as_array()
        .ok_or_else(|| format!("no list `{name}`"))
}

fn real(value: &Value) -> Result<f64, String> {
    value
        .as_f64()
        .ok_or_else(|| format!("not a number: {value}"))
}

fn index(value: &Value) -> Result<usize, String> {
    value
        .as_u64()
        .map(|n| n as usize)
        .ok_or_else(|| format!("not an index: {value}"))
}

/// [actor][type], flattened.
fn flat(value: &Value) -> Result<Vec<f64>, String> {
    let mut all = Vec::new();
    for own in value.as_array().ok_or("values are [actor][type]")? {
        for v in own.as_array().ok_or("values are [actor][type]")? {
            all.push(real(v)?);
        }
    }
    Ok(all)
}

impl Game {
    pub fn parse(json: &Value) -> Result<Game, String> {
        if json["format"] != "climbdown-game/1" {
            return Err("wrong format".into());
        }
        let horizon = index(&json["horizon"])?;
        let (rounds, full) = match &json["foresight"] {
            Value::String(s) if s == "full" => (horizon, true),
            Value::String(s) if s == "unbounded" => (0, false),
            Value::Number(n) => (n.as_u64().ok_or("bad foresight")? as usize, false),
            other => return Err(format!("the oracle has no foresight {other}")),
        };
        let mut actors = Vec::new();
        for actor in list(json, "actors")? {
            let priors: Result<Vec<f64>, String> = list(actor, "types")?
                .iter()
                .map(|t| real(&t["prior"]))
                .collect();
            actors.push(Actor {
                precision: real(&actor["precision"])?,
                discount: real(&actor["discount"])?,
                priors: priors?,
            });
        }
        let seats: usize = actors.iter().map(|a: &Actor| a.priors.len()).sum();
        let mut ends = HashMap::new();
        for end in json["end"].as_array().into_iter().flatten() {
            let optional = |name: &str| {
                if end[name].is_null() {
                    Ok(vec![0.0; seats])
                } else {
                    flat(&end[name])
                }
            };
            ends.insert(
                index(&end["state"])?,
                End {
                    value: flat(&end["value"])?,
                    flow: optional("flow")?,
                    after: optional("after")?,
                },
            );
        }
        let mut afterwards = HashMap::new();
        for entry in json["afterwards"].as_array().into_iter().flatten() {
            afterwards.insert(index(&entry["state"])?, flat(&entry["value"])?);
        }
        let phases: Result<Vec<Phase>, String> = list(json, "phases")?.iter().map(phase).collect();
        Ok(Game {
            rounds,
            full,
            taste: json["noise"] == "taste",
            discounted: json["precision_scale"] == "discounted",
            actors,
            start: index(&json["start"])?,
            phases: phases?,
            ends,
            afterwards,
        })
    }

    pub fn seats(&self) -> usize {
        self.actors.iter().map(|a| a.priors.len()).sum()
    }
}

fn phase(json: &Value) -> Result<Phase, String> {
    if json["kind"] == "events" {
        let mut nodes = HashMap::new();
        for node in list(json, "nodes")? {
            let mut outcomes = Vec::new();
            for outcome in list(node, "outcomes")? {
                outcomes.push((index(&outcome["next"])?, real(&outcome["believed"])?));
            }
            nodes.insert(
                index(&node["state"])?,
                EventsNode {
                    payoff: flat(&node["payoff"])?,
                    outcomes,
                },
            );
        }
        return Ok(Phase::Events { nodes });
    }
    let movers: Result<Vec<usize>, String> = list(json, "actors")?.iter().map(index).collect();
    let movers = movers?;
    let mut nodes = HashMap::new();
    for node in list(json, "nodes")? {
        let sizes: Vec<usize> = list(node, "moves")?
            .iter()
            .map(|m| m.as_array().map_or(0, Vec::len))
            .collect();
        let numbers = |name: &str| -> Option<Vec<f64>> {
            node[name]
                .as_array()
                .map(|l| l.iter().filter_map(Value::as_f64).collect())
        };
        let opportunity = numbers("opportunity_believed")
            .or_else(|| numbers("opportunity"))
            .unwrap_or_else(|| vec![1.0; movers.len()]);
        let default = numbers("default").map_or(vec![0; movers.len()], |d| {
            d.iter().map(|&x| x as usize).collect()
        });
        let kinds = match node["variants"].as_array() {
            None => sizes
                .iter()
                .map(|&n| (0..n).map(|m| vec![m]).collect())
                .collect(),
            Some(by_mover) => by_mover
                .iter()
                .map(|groups| {
                    groups
                        .as_array()
                        .into_iter()
                        .flatten()
                        .map(|g| {
                            g.as_array()
                                .into_iter()
                                .flatten()
                                .filter_map(|m| m.as_u64().map(|m| m as usize))
                                .collect()
                        })
                        .collect()
                })
                .collect(),
        };
        let mut joint = Vec::new();
        for alternative in list(node, "joint")? {
            let mut outcomes = Vec::new();
            for outcome in list(alternative, "outcomes")? {
                outcomes.push(Outcome {
                    labels: list(outcome, "labels")?
                        .iter()
                        .map(|l| l.as_str().unwrap_or("").to_owned())
                        .collect(),
                    next: index(&outcome["next"])?,
                    believed: real(&outcome["believed"])?,
                });
            }
            let moves: Result<Vec<usize>, String> =
                list(alternative, "moves")?.iter().map(index).collect();
            joint.push(Joint {
                moves: moves?,
                payoff: flat(&alternative["payoff"])?,
                outcomes,
            });
        }
        nodes.insert(
            index(&node["state"])?,
            MoveNode {
                sizes,
                kinds,
                opportunity,
                default,
                joint,
            },
        );
    }
    Ok(Phase::Move { movers, nodes })
}
