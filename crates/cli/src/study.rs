//! What commands share that solve many variations: options, settings, futures.

use crate::failure::Failure;
use crate::problem::Problem;
use crate::session::Session;
use crate::size::Prediction;
use clap::Args;
use climbdown_engine::analyse::draws::{self, Alternative, Futures};
use climbdown_engine::analyse::evaluate::{self, Measure, Reading, Readings, Settings};
use climbdown_engine::analyse::range::{self, Made, RangeReport};
use climbdown_engine::analyse::variation::Variation;
use climbdown_engine::forecast::Forecast;
use climbdown_engine::game::Game;
use climbdown_lang::Scenario;

/// Options of commands that solve many futures.
#[derive(Args, Clone)]
pub struct StudyArguments {
    /// Futures drawn from the declared ranges and structures
    #[arg(long, value_name = "N", help_heading = "Futures", default_value_t = 64)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=65536))]
    pub futures: u32,
    /// Grid points along each belief axis of the coarse solves; without it 5, and more for games
    /// that are solved on a finer grid in a moment
    #[arg(long, value_name = "N", help_heading = "Futures")]
    #[arg(value_parser = clap::value_parser!(u16).range(3..=8193))]
    pub coarse_points: Option<u16>,
}

/// Seconds of one core that a coarse solve of a small game may take without being asked for.
const COARSE_SECONDS: f64 = 0.005;

impl StudyArguments {
    /// How the variations of `game` are solved.
    pub fn settings(&self, game: &Game, memory: u64) -> Settings {
        let mut settings = Settings::default();
        settings.solve.memory = memory;
        settings.forecast.memory = memory;
        match self.coarse_points {
            Some(points) => settings.solve.belief_points = usize::from(points),
            // One polynomial carries at most 17 points.
            None => {
                for points in [9, 17] {
                    let finer = climbdown_engine::solve::Options {
                        belief_points: points,
                        ..settings.solve.clone()
                    };
                    if Prediction::of(game, &finer).core_seconds > COARSE_SECONDS {
                        break;
                    }
                    settings.solve = finer;
                }
            }
        }
        if settings.solve.belief_points > 17 {
            settings.solve.stencil = 16;
        }
        settings
    }
}

/// Many variations of one scenario, all solved with the same settings.
pub struct Study<'a> {
    /// The scenario that is varied.
    pub base: &'a Scenario,
    /// What is read.
    pub measures: Vec<Measure>,
    /// How it is solved.
    pub settings: Settings,
    /// Structures that futures are drawn from.
    pub structures: Vec<Alternative>,
    /// The futures.
    pub futures: Futures,
    workers: usize,
    session: &'a Session,
}

impl<'a> Study<'a> {
    /// Draws the futures of `base`, whose compiled form is `game`.
    ///
    /// # Errors
    /// When not even one solution at a time fits the memory.
    pub fn new(
        base: &'a Scenario,
        game: &Game,
        arguments: &StudyArguments,
        memory: u64,
        seed: u64,
        session: &'a Session,
    ) -> Result<Self, Failure> {
        let settings = arguments.settings(game, memory);
        let needed = evaluate::bytes_each(game, &settings);
        if needed > u128::from(memory) {
            return Err(Failure::Unsolved(format!(
                "each future needs about {} and {} are allowed: use fewer --coarse-points, or allow \
                 more with --memory",
                crate::screen::bytes(needed),
                crate::screen::bytes(memory.into()),
            )));
        }
        let structures = Vec::new();
        let futures = draws::draw(base, &structures, arguments.futures, seed as u32);
        Ok(Self {
            base,
            measures: evaluate::measures(game),
            workers: evaluate::at_once(game, &settings),
            settings,
            structures,
            futures,
            session,
        })
    }

    /// True when nothing is declared that futures could differ in.
    pub fn is_certain(&self) -> bool {
        self.futures.drawn.is_empty() && self.structures.is_empty()
    }

    /// Solves variations side by side, with progress.
    ///
    /// # Errors
    /// Interrupted.
    pub fn evaluate(&self, variations: &[Variation], stage: &str) -> Result<Readings, Failure> {
        let observer = self.session.observer();
        Ok(evaluate::evaluate_all(
            self.base,
            variations,
            &self.settings,
            self.workers,
            stage,
            &observer,
        )?)
    }

    /// The central assumptions on the coarse grid.
    ///
    /// # Errors
    /// When they cannot be solved there.
    pub fn central(&self, readings: &mut Readings) -> Result<Reading, Failure> {
        let central = readings.remove(0);
        central.map_err(|e| {
            Failure::Unsolved(format!(
                "the central assumptions cannot be solved on the coarse grid of the futures: {}\n\
                 hint: another --coarse-points may do",
                e.reason
            ))
        })
    }

    /// Solves all futures, after the central assumptions.
    ///
    /// # Errors
    /// As above.
    pub fn futures(&self) -> Result<(Reading, Readings), Failure> {
        let mut variations = vec![Variation::new("central", Vec::new())];
        variations.extend(self.futures.list.iter().map(|f| f.variation.clone()));
        let mut readings = self.evaluate(&variations, "futures")?;
        let central = self.central(&mut readings)?;
        Ok((central, readings))
    }

    /// The range of every measure beside its value on the fine grid.
    pub fn range(
        &self,
        fine: &[f64],
        central: &Reading,
        readings: &Readings,
    ) -> Option<RangeReport> {
        let made = Made {
            belief_points: self.settings.solve.belief_points,
            seed: self.futures.seed,
            parameters: self.futures.drawn.len(),
            structures: self.structures.len(),
        };
        range::range(&self.measures, fine, central, readings, made)
    }
}

/// The fine values of the measures of `study`, which may lack questions that lie too far off.
pub fn fine(study: &Study, problem: &Problem, forecast: &Forecast) -> Vec<f64> {
    let all = evaluate::measures(&problem.game);
    let values = evaluate::read(&problem.game, forecast, 0).measures;
    let wanted = study.measures.iter().map(|m| {
        let place = all
            .iter()
            .position(|a| a.name == m.name && a.question == m.question);
        place
            .and_then(|k| values.get(k).copied())
            .unwrap_or(f64::NAN)
    });
    wanted.collect()
}
