//! Play in a file (`climbdown-profile/1`): where the search for a stationary solution starts.

use climbdown_engine::game::{Game, Phase};
use climbdown_engine::math::{exp, ln};
use climbdown_engine::solve::stationary::Profile;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Name and version of the format.
pub const FORMAT: &str = "climbdown-profile/1";

/// Actor → state label → move → probability, given a decision.
type Choices = BTreeMap<String, BTreeMap<String, BTreeMap<String, f64>>>;

/// What the file holds.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ProfileFile {
    format: String,
    #[serde(default)]
    title: String,
    /// One entry a phase of the round; empty for events.
    phases: Vec<Choices>,
}

impl ProfileFile {
    /// Reads FILE; the reason when it is none.
    ///
    /// # Errors
    /// Not readable, or not of this format.
    pub fn read(path: &str) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|e| crate::failure::reason(&e))?;
        let file: Self = serde_json::from_str(&text).map_err(|e| e.to_string())?;
        if file.format == FORMAT {
            Ok(file)
        } else {
            Err(format!(
                "the format is `{}`, expected `{FORMAT}`",
                file.format
            ))
        }
    }

    /// The play of `game` that it holds; where a choice is missing the profile is too short, which the
    /// solver refuses.
    pub fn of(&self, game: &Game) -> Profile {
        let phase = |(p, phase): (usize, &Phase)| {
            let Phase::Move(phase) = phase else {
                return Vec::new();
            };
            let node = |(n, state): (usize, &u32)| {
                let mut logs = Vec::new();
                for (actor, moves) in phase.actors.iter().zip(&phase.node_moves[n]) {
                    let choices = self
                        .phases
                        .get(p)
                        .and_then(|all| all.get(&game.actors[*actor as usize].name))
                        .and_then(|own| own.get(&game.states[*state as usize]));
                    for name in moves {
                        let name = &game.labels[*name as usize];
                        // A single move needs no word.
                        let only = if moves.len() == 1 { Some(&1.0) } else { None };
                        let known = choices.and_then(|c| c.get(name)).or(only);
                        logs.extend(known.map(|p| ln(*p)));
                    }
                }
                logs
            };
            phase.node_state.iter().enumerate().map(node).collect()
        };
        Profile(game.phases.iter().enumerate().map(phase).collect())
    }

    /// The file for `profile`.
    pub fn new(game: &Game, title: String, profile: &Profile) -> Self {
        let mut phases = Vec::new();
        for (p, phase) in game.phases.iter().enumerate() {
            let mut choices = Choices::new();
            if let Phase::Move(phase) = phase {
                for (n, state) in phase.node_state.iter().enumerate() {
                    let mut logs = profile.0[p][n].iter();
                    for (actor, moves) in phase.actors.iter().zip(&phase.node_moves[n]) {
                        let names = moves.iter().map(|m| game.labels[*m as usize].clone());
                        let own = names.zip(logs.by_ref().map(|l| exp(*l))).collect();
                        let state = game.states[*state as usize].clone();
                        let actor = game.actors[*actor as usize].name.clone();
                        choices.entry(actor).or_default().insert(state, own);
                    }
                }
            }
            phases.push(choices);
        }
        Self {
            format: FORMAT.to_owned(),
            title,
            phases,
        }
    }
}
