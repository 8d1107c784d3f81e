//! From FILE to a game, and from a game to its solution.

use crate::arguments::SolveArguments;
use crate::failure::Failure;
use crate::input::{Kind, Source};
use crate::session::Session;
use climbdown_engine::analyse::observe::{self, Course, Standing};
use climbdown_engine::compile;
use climbdown_engine::forecast::{self, Forecast};
use climbdown_engine::game::Game;
use climbdown_engine::solve::{self, Solution};
use climbdown_lang::Scenario;
use climbdown_report::labels::Labels;
use std::path::Path;

/// A game with what is known of where it came from.
pub struct Problem {
    /// What was read.
    pub source: Source,
    /// The scenario, unless the source was a game.
    pub scenario: Option<Scenario>,
    /// The game that is left of it.
    pub game: Game,
    /// Where the crisis stands, when something was seen since it began.
    pub past: Option<Past>,
}

/// What was seen of a crisis, and where it led.
pub struct Past {
    /// The game from its beginning.
    pub begun: Game,
    /// Where it stands.
    pub standing: Standing,
    /// How each round went.
    pub courses: Vec<Course>,
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
        let mut past = None;
        let (scenario, game) = match source.kind {
            Kind::Game => (None, source.game()?),
            Kind::Scenario => {
                let (scenario, warnings) = source.scenario()?;
                if let Some(warnings) = warnings {
                    session.say(warnings);
                }
                let mut game = source.compile(&scenario, options)?.game;
                if !scenario.observed.is_empty() {
                    let followed = follow(&source, &scenario, game, session)?;
                    game = observe::remaining(&followed.begun, &followed.standing);
                    past = Some(followed);
                }
                (Some(scenario), game)
            }
        };
        session.go_on()?;
        Ok(Self {
            source,
            scenario,
            game,
            past,
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

    /// What people read in place of names of the file.
    pub fn labels(&self) -> Labels<'_> {
        Labels::of(self.scenario.as_ref())
    }

    /// The date up to which facts were known.
    pub fn as_of(&self) -> Option<String> {
        self.scenario
            .as_ref()
            .and_then(Scenario::today)
            .map(|date| date.to_string())
    }
}

/// Carries a crisis through what was seen, on the belief grid that commands choose by themselves: one
/// file means one standing, whatever the options of the command.
fn follow(
    source: &Source,
    scenario: &Scenario,
    game: Game,
    session: &Session,
) -> Result<Past, Failure> {
    let options = SolveArguments::default().options(&game);
    let solution = solve::solve(&game, &options, &session.observer())?;
    match observe::follow(scenario, &game, &solution) {
        Ok((standing, courses)) => Ok(Past {
            begun: game,
            standing,
            courses,
        }),
        Err(error) => {
            let found = observe::finding(&error, scenario, &game);
            Err(Failure::Scenario(source.render(&[found])))
        }
    }
}
