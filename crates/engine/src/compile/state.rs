//! States: one level for each variable, numbered by mixed radix, indexed only when reached.

use super::Levels;
use climbdown_lang::Scenario;
use climbdown_lang::scenario::Variable;
use rustc_hash::FxHashMap;
use std::fmt::Write as _;

/// The declared state space and the states reached so far.
///
/// A reached state has an *id*, in order of discovery. Its levels are stored, since decoding a mixed
/// radix number costs more than reading them.
#[derive(Clone, Debug)]
pub struct Space {
    names: Vec<String>,
    levels: Vec<Vec<String>>,
    start: Vec<u16>,
    stride: Vec<u128>,
    declared: u128,
    ids: FxHashMap<u128, u32>,
    keys: Vec<u128>,
    reached: Vec<u16>,
}

impl Space {
    /// The space of the scenario's variables; `None` when not even 128 bits can number it.
    pub fn of(variables: &[Variable]) -> Option<Self> {
        let mut stride = vec![1u128; variables.len()];
        let mut declared = 1u128;
        for (variable, stride) in variables.iter().zip(&mut stride).rev() {
            *stride = declared;
            u16::try_from(variable.levels.len()).ok()?;
            declared = declared.checked_mul(variable.levels.len() as u128)?;
        }
        Some(Self {
            names: variables.iter().map(|v| v.name.clone()).collect(),
            levels: variables
                .iter()
                .map(|v| v.levels.iter().map(|l| l.name.clone()).collect())
                .collect(),
            start: variables.iter().map(|v| v.start as u16).collect(),
            stride,
            declared,
            ids: FxHashMap::default(),
            keys: Vec::new(),
            reached: Vec::new(),
        })
    }

    /// Number of declared states: the product of the numbers of levels.
    pub fn declared(&self) -> u128 {
        self.declared
    }

    /// Number of levels of a variable.
    pub fn radix(&self, variable: usize) -> usize {
        self.levels[variable].len()
    }

    /// Number of states reached.
    pub fn count(&self) -> usize {
        self.keys.len()
    }

    /// Levels at the start.
    pub fn start(&self) -> &[u16] {
        &self.start
    }

    /// Mixed radix number of a state; the first variable weighs most.
    #[inline]
    pub fn key(&self, levels: &[u16]) -> u128 {
        levels
            .iter()
            .zip(&self.stride)
            .map(|(level, stride)| u128::from(*level) * stride)
            .sum()
    }

    /// Number of the state with this id.
    pub fn key_of(&self, id: u32) -> u128 {
        self.keys[id as usize]
    }

    /// Id of a state, new if it was not reached before.
    #[inline]
    pub fn reach(&mut self, levels: &[u16]) -> u32 {
        let key = self.key(levels);
        let next = self.keys.len() as u32;
        let id = *self.ids.entry(key).or_insert(next);
        if id == next {
            self.keys.push(key);
            self.reached.extend_from_slice(levels);
        }
        id
    }

    /// Id of a state if it was reached.
    pub fn find(&self, levels: &[u16]) -> Option<u32> {
        self.ids.get(&self.key(levels)).copied()
    }

    /// Levels of a reached state.
    #[inline]
    pub fn levels_of(&self, id: u32) -> &[u16] {
        let width = self.names.len();
        &self.reached[id as usize * width..(id as usize + 1) * width]
    }

    /// Levels that some reached state has: `[variable][level]`.
    pub fn met(&self) -> Vec<Vec<bool>> {
        let mut met: Vec<Vec<bool>> = self.levels.iter().map(|l| vec![false; l.len()]).collect();
        for id in 0..self.count() {
            for (met, level) in met.iter_mut().zip(self.levels_of(id as u32)) {
                met[usize::from(*level)] = true;
            }
        }
        met
    }

    /// "variable=level,variable=level" in declaration order; "state" without variables.
    pub fn label(&self, levels: &Levels) -> String {
        if levels.is_empty() {
            return "state".into();
        }
        let mut text = String::new();
        for (v, level) in levels.iter().enumerate() {
            if v > 0 {
                text.push(',');
            }
            let _ = write!(
                text,
                "{}={}",
                self.names[v], self.levels[v][*level as usize]
            );
        }
        text
    }

    /// Levels named by "variable=level,variable=level"; variables left out stay at their start.
    ///
    /// # Errors
    /// [`PlaceError`] when a name is unknown or the text has another shape.
    pub fn parse(&self, text: &str) -> Result<Vec<u16>, PlaceError> {
        let mut levels = self.start.clone();
        let mut named = vec![false; levels.len()];
        let parts = text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        for part in parts {
            if part == "state" && self.names.is_empty() {
                continue;
            }
            let (name, level) = part
                .split_once('=')
                .ok_or_else(|| PlaceError::Shape(part.into()))?;
            let (name, level) = (name.trim(), level.trim_start_matches('=').trim());
            let variable = position(&self.names, name).ok_or_else(|| PlaceError::Variable {
                name: name.into(),
                help: suggestion(name, &self.names),
            })?;
            let position =
                position(&self.levels[variable], level).ok_or_else(|| PlaceError::Level {
                    variable: name.into(),
                    level: level.into(),
                    help: suggestion(level, &self.levels[variable]),
                })?;
            if named[variable] {
                return Err(PlaceError::Twice(name.into()));
            }
            named[variable] = true;
            levels[variable] = position as u16;
        }
        Ok(levels)
    }
}

/// Why a text names no state of the game.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// A part is not of the form "variable=level".
    #[error("expected `variable=level`, found `{0}`")]
    Shape(String),
    /// No such variable.
    #[error("there is no variable `{name}`; {help}")]
    Variable {
        /// As written.
        name: String,
        /// What to write.
        help: String,
    },
    /// No such level.
    #[error("`{variable}` has no level `{level}`; {help}")]
    Level {
        /// The variable.
        variable: String,
        /// As written.
        level: String,
        /// What to write.
        help: String,
    },
    /// A variable is named twice.
    #[error("`{0}` is given twice")]
    Twice(String),
    /// The state exists but play never gets there.
    #[error("the state {0} cannot be reached from the start")]
    NotReached(String),
}

fn position(names: &[String], name: &str) -> Option<usize> {
    names.iter().position(|n| n == name)
}

/// "did you mean `x`?" or the list of what there is.
fn suggestion(word: &str, candidates: &[String]) -> String {
    let near = candidates
        .iter()
        .map(|c| {
            (
                strsim::osa_distance(&word.to_lowercase(), &c.to_lowercase()),
                c,
            )
        })
        .filter(|(distance, c)| *distance <= 3 && *distance < c.chars().count().max(2))
        .min_by_key(|(distance, _)| *distance);
    match near {
        Some((_, candidate)) => format!("did you mean `{candidate}`?"),
        None if candidates.is_empty() => "the scenario has no variables".into(),
        None => format!("expected one of {}", candidates.join(", ")),
    }
}

/// Names and numbers of levels that multiply to the declared space, largest first.
pub fn factors(scenario: &Scenario) -> String {
    let mut factors: Vec<(usize, &str)> = scenario
        .variables
        .iter()
        .map(|v| (v.levels.len(), v.name.as_str()))
        .collect();
    factors.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    let shown: Vec<String> = factors
        .iter()
        .take(6)
        .map(|(levels, name)| format!("{name} ({levels})"))
        .collect();
    let more = factors.len().saturating_sub(6);
    let rest = if more == 0 {
        String::new()
    } else {
        format!(" × {more} more")
    };
    format!("{}{rest}", shown.join(" × "))
}
