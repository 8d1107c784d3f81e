//! What people read in place of a name of the file: the label that the scenario gives it, or the name
//! where it gives none. Data keeps the names.

use climbdown_lang::Scenario;
use climbdown_lang::scenario::{Actor, Move, Variable};

/// The labels of a scenario; those of a game as JSON are its names.
#[derive(Clone, Copy)]
pub struct Labels<'a> {
    scenario: Option<&'a Scenario>,
}

impl<'a> Labels<'a> {
    /// Of this scenario.
    pub fn of(scenario: Option<&'a Scenario>) -> Self {
        Self { scenario }
    }

    fn find_actor(self, name: &str) -> Option<&'a Actor> {
        self.scenario?.actors.iter().find(|a| a.name == name)
    }

    fn find_move(self, is: impl Fn(&Scenario, &Move) -> bool) -> Option<&'a Move> {
        let scenario = self.scenario?;
        scenario.moves.iter().find(|m| is(scenario, m))
    }

    /// An actor.
    pub fn actor<'b>(self, name: &'b str) -> &'b str
    where
        'a: 'b,
    {
        self.find_actor(name).map_or(name, |a| &a.label)
    }

    /// A type of an actor.
    pub fn kind<'b>(self, actor: &str, name: &'b str) -> &'b str
    where
        'a: 'b,
    {
        let own = self.find_actor(actor).map(|a| a.types.iter());
        let own = own.and_then(|mut types| types.find(|t| t.name == name));
        own.map_or(name, |t| &t.label)
    }

    /// A move by its full name: "Hit shipping" for "iran.hit_shipping".
    pub fn deed<'b>(self, name: &'b str) -> &'b str
    where
        'a: 'b,
    {
        let own = name.split_once('.').and_then(|(actor, deed)| {
            self.find_move(|s, m| m.name == deed && s.actors[m.actor.0 as usize].name == actor)
        });
        own.map_or(name, |m| &m.label)
    }

    fn find_variable(self, name: &str) -> Option<&'a Variable> {
        self.scenario?.variables.iter().find(|v| v.name == name)
    }

    /// A variable.
    pub fn variable<'b>(self, name: &'b str) -> &'b str
    where
        'a: 'b,
    {
        self.find_variable(name).map_or(name, |v| &v.label)
    }

    /// A level of a variable.
    pub fn level<'b>(self, variable: &str, name: &'b str) -> &'b str
    where
        'a: 'b,
    {
        let own = self.find_variable(variable).map(|v| v.levels.iter());
        let own = own.and_then(|mut levels| levels.find(|l| l.name == name));
        own.map_or(name, |l| &l.label)
    }

    /// "Use of force: Clashes" for the variable "rung" and its level "clashes".
    fn standing(self, variable: &str, level: &str) -> Option<String> {
        let known = self.find_variable(variable)?;
        Some(format!("{}: {}", known.label, self.level(variable, level)))
    }

    /// What may be seen: "Iran: Harass shipping" for "iran.harass", "Use of force: Clashes" for "rung
    /// clashes".
    pub fn sign(self, name: &str) -> String {
        let found = match name.split_once(' ') {
            Some((variable, level)) => self.standing(variable, level),
            None => name.split_once('.').and_then(|(actor, _)| {
                let by = self.find_actor(actor)?;
                let own = self.find_move(|s, m| {
                    m.seen_as == name && s.actors[m.actor.0 as usize].name == actor
                })?;
                Some(format!("{}: {}", by.label, own.label))
            }),
        };
        found.unwrap_or_else(|| name.to_owned())
    }

    /// A state, "rung=clashes,strait=shut" in the game: "Use of force: Clashes; Strait: Shut".
    pub fn state(self, name: &str) -> String {
        let levels = name.split(',').map(|part| {
            let found = part.split_once('=').and_then(|(v, l)| self.standing(v, l));
            found.unwrap_or_else(|| part.to_owned())
        });
        levels.collect::<Vec<_>>().join("; ")
    }
}

/// A sign as `observe` wants it typed: "rung=clashes" for "rung clashes".
pub fn typed_sign(name: &str) -> String {
    name.replacen(' ', "=", 1)
}
