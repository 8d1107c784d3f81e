//! `run`: the main job. Check, solve, certify, forecast, say it in words, write it down.

use crate::analyses::{Analyses, Context};
use crate::arguments::{self, ForecastArguments, SolveArguments};
use crate::certificates::{Certificates, Change, GridCertificate, SimulationCertificate};
use crate::checkpoint::{Checkpoint, Kind, UNFINISHED, Work};
use crate::failure::Failure;
use crate::found::{Form, Found};
use crate::input::Origin;
use crate::output::Directory;
use crate::problem::Problem;
use crate::screen;
use crate::session::{Session, json_text};
use crate::size::Prediction;
use crate::study::{Studied, Study, StudyArguments};
use crate::summary;
use clap::{Args, ValueEnum};
use climbdown_engine::analyse::evaluate;
use climbdown_engine::forecast::{Forecast, Series};
use climbdown_engine::game::Foresight;
use climbdown_engine::math;
use climbdown_engine::simulate::{self, Estimate};
use climbdown_engine::solve::{self, Solution};
use climbdown_lang::Scenario;
use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::time::Instant;

const EXAMPLES: &str = "\
Examples:
  climbdown run my.crisis                  writes climbdown-out/my/
  climbdown run my.crisis --out result     writes result/
  climbdown run my.crisis --quick          the central forecast alone
  climbdown run my.crisis --tables parquet with every table of the report

Written: report.html (one page for people, which needs no network),
forecast.json (the forecast with all that was read off it), analyses.json (every
analysis that applies, under the name of its command) and manifest.json
(content hash, version, options, seed, certificates). The same file gives the
same bytes on any number of threads; `climbdown reproduce DIR` computes them
anew and compares.

A run that is interrupted keeps what it has solved in its directory; the same
command goes on from there.";

/// Solve, forecast and report a scenario
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Run {
    /// Scenario or game
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    tables: TableArguments,
    #[command(flatten)]
    options: RunArguments,
}

/// Option of commands that write a result with its page.
#[derive(Args)]
pub struct TableArguments {
    /// Write the tables of the report too, a file each
    #[arg(long, value_name = "FORM", value_enum)]
    tables: Option<Tables>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Tables {
    Csv,
    Parquet,
}

impl TableArguments {
    fn form(&self) -> Option<Form> {
        self.tables.map(|tables| match tables {
            Tables::Csv => Form::Csv,
            Tables::Parquet => Form::Parquet,
        })
    }
}

/// Options that `run` and `demo` share.
#[derive(Args)]
pub struct RunArguments {
    /// Directory to write to; climbdown-out/NAME without it
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Leave out the slow parts: the range over futures, and the checks on another belief grid and
    /// by simulation
    #[arg(long)]
    pub(super) quick: bool,
    /// Trajectories of the check by simulation
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1_000_000_000_000))]
    trajectories: u64,
    /// Seed of the check by simulation and of the futures
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    solve: SolveArguments,
    #[command(flatten)]
    forecast: ForecastArguments,
    /// Futures in which each declared policy is solved beside the scenario as written
    #[arg(long, value_name = "N", help_heading = "Futures", default_value_t = 8)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=65536))]
    paired: u32,
    #[command(flatten)]
    study: StudyArguments,
}

/// [`Prediction::weight`] above which the grid is checked on a coarser one instead of a finer one.
const LONG: f64 = 2.5;

impl Run {
    /// Does the main job.
    ///
    /// # Errors
    /// Whatever stops it; nothing is written then.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let directory = self.options.directory_for(&self.file)?;
        let problem = Problem::load(&self.file, session)?;
        self.options.run(&problem, &self.tables, directory, session)
    }
}

impl RunArguments {
    /// Prepares the output directory for what is found in FILE.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn directory_for(&self, file: &Path) -> Result<Directory, Failure> {
        let stem = file.file_stem().map(|s| s.to_string_lossy().into_owned());
        let stem = stem.filter(|s| s != "-");
        self.directory(stem.as_deref().unwrap_or("scenario"))
    }

    /// Prepares the output directory, before any work.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn directory(&self, stem: &str) -> Result<Directory, Failure> {
        let default = || Path::new("climbdown-out").join(stem);
        Directory::prepare(&self.out.clone().unwrap_or_else(default))
    }

    /// Solves, forecasts, prints and writes.
    ///
    /// # Errors
    /// Whatever stops it; nothing is written then.
    pub fn run(
        &self,
        problem: &Problem,
        tables: &TableArguments,
        directory: Directory,
        session: &Session,
    ) -> Result<(), Failure> {
        let kept = self.checkpoint(problem, &directory, session)?;
        let found = self.find(problem, &kept, session);
        let found = found.map_err(|e| kept.stopped(e))?;
        let mut files = found.files(problem, &[Form::Data, Form::Html])?;
        let mut written = "report.html, forecast.json, analyses.json and manifest.json".to_owned();
        if let Some(form) = tables.form() {
            let tables = found.files(problem, &[form])?;
            written += &format!(", and {},", screen::number_of(tables.len() as u64, "table"));
            files.extend(tables);
        }
        let screen = if session.json {
            json_text(&found.forecast_record(problem))?
        } else {
            summary::text(
                problem,
                &found.forecast,
                &found.certificates,
                &found.headline,
                (found.range.as_ref(), found.answers.text()),
            )
        };
        let path = directory.path.clone();
        found.write(problem, directory, files)?;
        kept.done();
        session.print(&screen)?;
        let place = path.display();
        session.tell(&format!("\nwrote {written} to {place}"));
        let then = match problem.source.origin {
            Origin::Shipped => "climbdown demo --scenario > my.crisis   its text, to be changed",
            _ => "change a number, then: climbdown diff OLD NEW",
        };
        session.say(format!(
            "next: open {}\n      {then}",
            path.join("report.html").display()
        ));
        Ok(())
    }

    /// Where finished pieces of the work are kept until its result lies in `directory`; nowhere for a
    /// quick run.
    ///
    /// # Errors
    /// When there is a file in its place that is something else.
    pub fn checkpoint<'a>(
        &self,
        problem: &Problem,
        directory: &Directory,
        session: &'a Session,
    ) -> Result<Checkpoint<'a>, Failure> {
        if self.quick {
            return Ok(Checkpoint::none(session));
        }
        let work = Work::on(&problem.source, self.arguments());
        Checkpoint::open(&directory.path.join(UNFINISHED), &work, session)
    }

    /// Solves and forecasts.
    ///
    /// # Errors
    /// Whatever stops it.
    pub fn find(
        &self,
        problem: &Problem,
        kept: &Checkpoint,
        session: &Session,
    ) -> Result<Found, Failure> {
        let options = self.solve.options(&problem.game);
        let solution = problem.solve(&options, session)?;
        let mut certificates = Certificates::check(problem, &solution, session)?;
        let forecast_options = self.forecast.options(true);
        let forecast = problem.forecast(&solution, &forecast_options, session)?;
        certificates = certificates.with_forecast(&forecast);
        if !self.quick {
            session.tell(&format!(
                "First, from the central assumptions: {}",
                summary::headline(problem, &forecast, None)
            ));
            let refine = || self.refine(problem, &forecast, session);
            certificates.grid = kept.piece(Kind::Check, "grid", refine)?;
            let simulate = || self.simulate(problem, &solution, &forecast, session);
            let checked = kept.piece(Kind::Check, "simulation", simulate)?;
            certificates.simulation = Some(checked);
        }
        let base = problem.scenario.as_ref().filter(|_| !self.quick);
        // What lies beyond the outcome window would double the work, so it gets no range.
        let base = base.map(|scenario| evaluate::shortened(scenario, scenario.window));
        let studied = match &base {
            Some(base) => Some(self.study(base, problem, &forecast, kept, session)?),
            None => None,
        };
        let answers = if self.quick {
            Analyses::default()
        } else {
            Analyses::make(&Context {
                problem,
                settings: &options,
                solution: &solution,
                studied: studied.as_ref(),
                paired: self.paired as usize,
                seed: self.seed,
                kept,
                session,
                coarsely: OnceCell::new(),
            })?
        };
        session.go_on()?;
        // Where nothing can turn out differently there is no range.
        let range = studied
            .filter(|s| !s.study.is_certain())
            .and_then(|s| s.range);
        Ok(Found {
            headline: summary::headline(problem, &forecast, range.as_ref()),
            command: self.command(problem),
            arguments: self.arguments(),
            seed: self.seed,
            trajectories: if self.quick { 0 } else { self.trajectories },
            options,
            forecast_options,
            forecast,
            certificates,
            analyses: answers.values()?,
            answers,
            range,
        })
    }

    /// Every option on which the result depends, with its value and whether that is the usual one.
    fn settings(&self) -> Vec<(&'static str, String, bool)> {
        let mut all = Vec::new();
        let mut number = |name, value: Option<u64>, usual: Option<u64>| {
            if let Some(number) = value {
                all.push((name, number.to_string(), value == usual));
            }
        };
        let points = self.solve.belief_points.map(u64::from);
        number("belief-points", points, None);
        number("stencil", self.solve.stencil.map(u64::from), None);
        number("memory", Some(self.solve.memory), Some(4096));
        let exact = self.forecast.exact_beliefs;
        number("exact-beliefs", Some(exact.into()), Some(1000));
        number("seed", Some(self.seed), Some(1));
        if !self.quick {
            number("trajectories", Some(self.trajectories), Some(100_000));
            number("futures", Some(self.study.futures.into()), Some(64));
            let points = self.study.coarse_points.map(u64::from);
            number("coarse-points", points, None);
            number("paired", Some(self.paired.into()), Some(8));
        }
        all
    }

    /// All of them as arguments.
    fn arguments(&self) -> Vec<String> {
        let settings = self.settings().into_iter();
        let mut all: Vec<String> = settings
            .flat_map(|(name, value, _)| [format!("--{name}"), value])
            .collect();
        if self.quick {
            all.push("--quick".to_owned());
        }
        all
    }

    /// The command that computes the same again, without what is usual.
    fn command(&self, problem: &Problem) -> String {
        let shipped = matches!(problem.source.origin, Origin::Shipped);
        let mut line = match (shipped, self.quick) {
            (true, true) => "climbdown demo".to_owned(),
            (true, false) => "climbdown demo --full".to_owned(),
            (false, _) => format!("climbdown run {}", problem.source.file_name()),
        };
        for (name, value, usual) in self.settings() {
            if !usual {
                line += &format!(" --{name} {value}");
            }
        }
        if self.quick && !shipped {
            line += " --quick";
        }
        line
    }

    /// Solves the futures of `base`, and says how much more there is to do.
    fn study<'a>(
        &self,
        base: &'a Scenario,
        problem: &Problem,
        forecast: &Forecast,
        kept: &'a Checkpoint<'a>,
        session: &'a Session,
    ) -> Result<Studied<'a>, Failure> {
        let game = Problem::compile_varied(base)?;
        let memory = self.solve.memory << 20;
        let study = Study::new(base, &game, &self.study, memory, self.seed, kept, session)?;
        let begun = Instant::now();
        let studied = Studied::of(study, problem, forecast)?;
        let solved = studied.study.solved.get();
        // What was taken from before says nothing of the time that there is still to go.
        if solved > 0 {
            let each = begun.elapsed().as_secs_f64() / solved as f64;
            let more = crate::analyses::solutions(&studied, self.paired as usize) as f64;
            session.tell(&format!(
                "{} solved on the coarse grid; the analyses solve about {more:.0} more, {}, and do other work besides",
                screen::number_of(studied.readings.len() as u64, "future"),
                screen::duration(more * each)
            ));
        }
        Ok(studied)
    }

    /// Simulates and compares with the forecast.
    fn simulate(
        &self,
        problem: &Problem,
        solution: &Solution,
        forecast: &Forecast,
        session: &Session,
    ) -> Result<SimulationCertificate, Failure> {
        let game = &problem.game;
        let options = simulate::Options {
            trajectories: self.trajectories,
            seed: self.seed,
        };
        let simulation = {
            let observer = session.observer();
            simulate::simulate(game, solution, &options, &observer)?
        };
        let n = self.trajectories as f64;
        let z = |series: &Series, estimate: &Estimate, round: u32| -> Option<f64> {
            let p = *series.probability.get(round as usize)?;
            let share = *estimate.probability.get(round as usize)?;
            // What is expected fewer than ten times is not normal; its error is taken as if it were
            // expected ten times.
            let variance = (p * (1.0 - p)).max(10.0 / n) / n;
            Some((share - p).abs() / variance.sqrt())
        };
        let classes = forecast.classes.iter().zip(&simulation.classes);
        let classes = classes.filter_map(|(s, e)| z(s, e, game.window));
        let questions = forecast
            .questions
            .iter()
            .zip(&simulation.questions)
            .zip(&game.questions);
        let questions = questions.filter_map(|((s, e), q)| z(s, e, q.by));
        let all: Vec<f64> = classes.chain(questions).collect();
        Ok(SimulationCertificate {
            trajectories: self.trajectories,
            seed: self.seed,
            compared: all.len(),
            largest_z: math::largest(all),
        })
    }

    /// Solves and forecasts again on 2K−1 belief points or, where that would take long or not settle, on
    /// (K+1)/2: the change tells the size of the error. Without private types there is no grid; where the
    /// other one does not fit or close, that is said and the check is left out.
    fn refine(
        &self,
        problem: &Problem,
        forecast: &Forecast,
        session: &Session,
    ) -> Result<Option<GridCertificate>, Failure> {
        if !problem.game.has_types() {
            return Ok(None);
        }
        let options = self.solve.options(&problem.game);
        let on = |belief_points: usize| solve::Options {
            belief_points,
            ..options.clone()
        };
        let mut refined = on(2 * options.belief_points - 1);
        let unsteady = problem.game.foresight == Foresight::Unbounded
            && refined.belief_points > arguments::POLYNOMIAL;
        if unsteady || Prediction::of(&problem.game, &refined).weight > LONG {
            refined = on(options.belief_points.div_ceil(2));
        }
        let finer = problem.solve(&refined, session).and_then(|solution| {
            problem.forecast(&solution, &self.forecast.options(false), session)
        });
        match finer {
            Ok(finer) => Ok(Some(GridCertificate {
                belief_points: options.belief_points,
                refined_points: refined.belief_points,
                change: Change::between(forecast, &finer),
            })),
            Err(Failure::Unsolved(reason)) => {
                session.say(format!(
                    "warning: not checked on {} belief points: {reason}",
                    refined.belief_points
                ));
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }
}
