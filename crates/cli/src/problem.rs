//! From FILE to a game, and from a game to its solution.

use crate::failure::Failure;
use crate::input::{Kind, Source};
use crate::session::Session;
use climbdown_engine::compile;
use climbdown_engine::forecast::{self, Forecast};
use climbdown_engine::game::Game;
use climbdown_engine::solve::{self, Solution};
use climbdown_lang::Scenario;
use std::path::Path;

/// A game with what is known of where it came from.
pub struct Problem {
    /// What was read.
    pub source: Source,
    /// The scenario, unless the source was a game.
    pub scenario: Option<Scenario>,
    /// The game.
    pub game: Game,
}

impl Problem {
    /// Reads, checks and compiles FILE. Warnings are said.
    ///
    /// # Errors
    /// Whatever is wrong with the file or the scenario in it.
    pub fn load(path: &Path, session: &Session) -> Result<Self, Failure> {
        Self::from_source(Source::read(path)?, &compile::Options::default(), session)
    }

    /// Checks and compiles a source.
    ///
    /// # Errors
    /// Whatever is wrong with the scenario.
    pub fn from_source(
        source: Source,
        options: &compile::Options,
        session: &Session,
    ) -> Result<Self, Failure> {
        let (scenario, game) = match source.kind {
            Kind::Game => (None, source.game()?),
            Kind::Scenario => {
                let (scenario, warnings) = source.scenario()?;
                if let Some(warnings) = warnings {
                    session.say(warnings);
                }
                let compiled = source.compile(&scenario, options)?;
                (Some(scenario), compiled.game)
            }
        };
        session.go_on()?;
        Ok(Self {
            source,
            scenario,
            game,
        })
    }

    /// Compiles a scenario that was derived from a sound one.
    ///
    /// # Errors
    /// What the compiler says, without places in a text that does not say it.
    pub fn compile_varied(scenario: &Scenario) -> Result<Game, Failure> {
        compile::compile(scenario, &compile::Options::default())
            .map(|compiled| compiled.game)
            .map_err(|e| Failure::Unsolved(e.to_string()))
    }

    /// Solves the game.
    ///
    /// # Errors
    /// Not solved, or interrupted.
    pub fn solve(&self, options: &solve::Options, session: &Session) -> Result<Solution, Failure> {
        let observer = session.observer();
        Ok(solve::solve(&self.game, options, &observer)?)
    }

    /// Forecasts the solved game.
    ///
    /// # Errors
    /// Too much to watch, or interrupted.
    pub fn forecast(
        &self,
        solution: &Solution,
        options: &forecast::Options,
        session: &Session,
    ) -> Result<Forecast, Failure> {
        let observer = session.observer();
        Ok(forecast::forecast(
            &self.game, solution, options, &observer,
        )?)
    }

    /// Length of a round in days, when the source states it.
    pub fn round_days(&self) -> Option<f64> {
        self.scenario.as_ref().map(|s| s.round_days)
    }

    /// The word for a round.
    pub fn round_name(&self) -> &str {
        self.scenario
            .as_ref()
            .map_or("round", |s| s.round_name.as_str())
    }

    /// The date up to which facts were known.
    pub fn as_of(&self) -> Option<String> {
        self.scenario
            .as_ref()
            .and_then(|s| s.as_of)
            .map(|date| date.to_string())
    }
}
