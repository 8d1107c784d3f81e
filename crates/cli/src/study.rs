//! What commands share that solve many variations: options, settings, futures.

use crate::arguments::coarse_points;
use crate::checkpoint::{Checkpoint, Kind};
use crate::failure::Failure;
use crate::input::hash;
use crate::problem::Problem;
use crate::session::Session;
use clap::Args;
use climbdown_engine::analyse::draws::{self, Futures, Structure};
use climbdown_engine::analyse::evaluate::{self, Measure, Reading, Readings, Settings, Unsolved};
use climbdown_engine::analyse::policies::{self, Comparison, Policy, Question, Tried};
use climbdown_engine::analyse::range::{self, Made, RangeReport};
use climbdown_engine::analyse::variation::{Change, TriggerId, Variation};
use climbdown_engine::forecast::Forecast;
use climbdown_engine::game::Game;
use climbdown_engine::solve::Observer;
use climbdown_lang::Scenario;
use climbdown_lang::scenario::{MoveId, ParameterId};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

/// Options of commands that solve many futures.
#[derive(Args, Clone)]
pub struct StudyArguments {
    /// Futures drawn from the declared ranges and structures
    #[arg(long, value_name = "N", help_heading = "Futures", default_value_t = 64)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=65536))]
    pub futures: u32,
    /// Grid points along each belief axis of the coarse solves; without it 5, 4 for large games, and
    /// more for games that are solved on a finer grid in a moment
    #[arg(long, value_name = "N", help_heading = "Futures")]
    #[arg(value_parser = clap::value_parser!(u16).range(3..=8193))]
    pub coarse_points: Option<u16>,
}

/// The futures of a study, solved.
pub struct Studied<'a> {
    /// The study.
    pub study: Study<'a>,
    /// The central assumptions on the coarse grid.
    pub central: Reading,
    /// Each future.
    pub readings: Readings,
    /// Range of every measure; `None` when no future was solved.
    pub range: Option<RangeReport>,
}

impl<'a> Studied<'a> {
    /// Solves the futures.
    ///
    /// # Errors
    /// Interrupted, or the central assumptions are not solved on the coarse grid.
    pub fn of(study: Study<'a>, problem: &Problem, forecast: &Forecast) -> Result<Self, Failure> {
        let (central, readings) = study.futures()?;
        let range = study.range(&fine(&study, problem, forecast), &central, &readings);
        Ok(Self {
            study,
            central,
            readings,
            range,
        })
    }
}

impl StudyArguments {
    /// How the variations of `game` are solved.
    pub fn settings(&self, game: &Game, memory: u64) -> Settings {
        let mut settings = Settings::default();
        settings.solve.memory = memory;
        settings.forecast.memory = memory;
        settings.solve.belief_points = coarse_points(game, self.coarse_points);
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
    pub structures: Vec<Structure>,
    /// The futures.
    pub futures: Futures,
    /// Solutions at once.
    pub workers: usize,
    known: RefCell<HashMap<String, Result<Reading, Unsolved>>>,
    /// How many variations were solved, not taken from before.
    pub solved: Cell<usize>,
    /// Hash of what all variations have in common: the scenario and the settings.
    common: String,
    kept: &'a Checkpoint<'a>,
    session: &'a Session,
}

/// Readings of a study that are kept for when the same variation is asked for again, at most.
const KEPT: usize = 1024;

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
        kept: &'a Checkpoint<'a>,
        session: &'a Session,
    ) -> Result<Self, Failure> {
        let settings = arguments.settings(game, memory);
        let needed = evaluate::bytes_each(game, &settings.solve);
        if needed > u128::from(memory) {
            return Err(Failure::Unsolved(format!(
                "each future needs about {} and {} are allowed: use fewer --coarse-points, or allow \
                 more with --memory",
                crate::screen::bytes(needed),
                crate::screen::bytes(memory.into()),
            )));
        }
        let structures = Structure::declared(base);
        let certain = structures.is_empty() && !base.parameters.iter().any(draws::has_range);
        // Where nothing can turn out differently, one future is all.
        let count = if certain { 1 } else { arguments.futures };
        let futures = draws::draw(base, &structures, count, seed as u32);
        Ok(Self {
            base,
            measures: measures(base, game),
            workers: evaluate::at_once(game, &settings.solve),
            common: hash(format!("{base:?} {settings:?}").as_bytes()),
            settings,
            structures,
            futures,
            known: RefCell::default(),
            solved: Cell::new(0),
            kept,
            session,
        })
    }

    /// True when nothing is declared that futures could differ in.
    pub fn is_certain(&self) -> bool {
        self.futures.drawn.is_empty() && self.structures.is_empty()
    }

    /// Solves variations side by side, with progress; each once, however often and under whatever name
    /// it is asked for.
    ///
    /// # Errors
    /// Interrupted.
    pub fn evaluate(&self, variations: &[Variation], stage: &str) -> Result<Readings, Failure> {
        // What is written of a number tells it from every other one.
        let key = |v: &Variation| format!("{} {:?}", self.common, v.changes);
        let mut known = self.known.borrow_mut();
        let mut found: HashMap<String, Option<Result<Reading, Unsolved>>> = HashMap::new();
        let mut new: Vec<(String, &Variation)> = Vec::new();
        for variation in variations {
            let key = key(variation);
            if known.contains_key(&key) || found.contains_key(&key) {
                continue;
            }
            let kept = self.kept.find(&key);
            if kept.is_none() {
                new.push((key.clone(), variation));
            }
            found.insert(key, kept);
        }
        let observer = self.session.observer();
        let (base, settings, kept) = (self.base, &self.settings, self.kept);
        let solve = |k: usize, quiet: &dyn Observer| {
            let (key, variation) = &new[k];
            let reading = evaluate::evaluate(base, variation, settings, quiet)?;
            kept.keep(Kind::Solution, key, &reading);
            Ok(reading)
        };
        let solved = evaluate::side_by_side(new.len(), self.workers, stage, &observer, solve)?;
        self.solved.set(self.solved.get() + solved.len());
        for ((key, _), reading) in new.into_iter().zip(solved) {
            found.insert(key, Some(reading));
        }
        let readings = variations.iter().map(|variation| {
            let key = key(variation);
            let reading = found.get(&key).cloned().flatten();
            let named = |reason: String| Unsolved {
                variation: variation.name.clone(),
                reason,
            };
            match reading.or_else(|| known.get(&key).cloned()) {
                Some(reading) => reading.map_err(|e| named(e.reason)),
                None => Err(named("not solved".to_owned())),
            }
        });
        let readings = readings.collect();
        for key in variations.iter().map(key) {
            if let Some(Some(reading)) = found.remove(&key).filter(|_| known.len() < KEPT) {
                known.insert(key, reading);
            }
        }
        Ok(readings)
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

impl Study<'_> {
    /// Solves every policy under the central assumptions and in the first `count` futures. `baseline`
    /// are the central reading and the futures without a policy, which are not solved again.
    ///
    /// # Errors
    /// Interrupted.
    pub fn try_policies(
        &self,
        policies: &[Policy],
        count: usize,
        baseline: (&Reading, &Readings),
    ) -> Result<Vec<Tried>, Failure> {
        let futures: Vec<&Variation> = self.futures.list.iter().map(|f| &f.variation).collect();
        let futures = &futures[..count.min(futures.len())];
        let mut variations = Vec::with_capacity(policies.len() * (futures.len() + 1));
        for policy in policies {
            variations.push(policy.variation.clone());
            variations.extend(futures.iter().map(|f| (*f).clone().then(&policy.variation)));
        }
        let mut readings = self.evaluate(&variations, "policies")?.into_iter();
        let mut tried = vec![Tried {
            policy: Policy {
                variation: Variation::new(BASELINE, Vec::new()),
                label: BASELINE_LABEL.to_owned(),
                payments: Vec::new(),
            },
            central: Ok(baseline.0.clone()),
            futures: baseline.1[..futures.len()].to_vec(),
        }];
        for policy in policies {
            let Some(central) = readings.next() else {
                break;
            };
            let mut one = Tried {
                policy: policy.clone(),
                central,
                futures: readings.by_ref().take(futures.len()).collect(),
            };
            self.charge(&mut one, futures);
            tried.push(one);
        }
        Ok(tried)
    }

    /// Adds what the policy costs once to its readings.
    fn charge(&self, tried: &mut Tried, futures: &[&Variation]) {
        if tried.policy.payments.is_empty() {
            return;
        }
        let nothing = Variation::default();
        let futures = std::iter::once(&nothing).chain(futures.iter().copied());
        let readings = std::iter::once(&mut tried.central).chain(&mut tried.futures);
        for (future, reading) in futures.zip(readings) {
            let variation = future.clone().then(&tried.policy.variation);
            if let (Ok(reading), Ok(scenario)) = (reading, variation.apply(self.base)) {
                tried.policy.charge(&scenario, reading);
            }
        }
    }

    /// Compares what was tried.
    pub fn compare(&self, tried: &[Tried], question: &Question) -> Option<Comparison> {
        policies::compare(
            self.base,
            &self.measures,
            &self.futures,
            &self.structures,
            tried,
            question,
        )
    }
}

/// Name of the course in which nothing is changed.
pub const BASELINE: &str = "as_written";
const BASELINE_LABEL: &str = "As written";

/// Reads a policy from the command line: `NAME: parameter=VALUE, no us.strike, no overreach`. Values
/// are in the unit in which the parameter is written; `%` divides by a hundred.
///
/// # Errors
/// [`Failure::Usage`] with what was expected.
pub fn parse_policy(text: &str, scenario: &Scenario) -> Result<Policy, Failure> {
    let usage = |what: String| Failure::Usage(format!("--policy '{text}': {what}"));
    let (name, changes) = text
        .split_once(':')
        .ok_or_else(|| usage("expected NAME: CHANGE, CHANGE…".to_owned()))?;
    let name = name.trim();
    if name.is_empty() || name == BASELINE {
        return Err(usage(format!("expected a name other than `{BASELINE}`")));
    }
    let items = changes.split(',').map(str::trim).filter(|c| !c.is_empty());
    let changes = items
        .map(|item| change(item, scenario).map_err(&usage))
        .collect::<Result<Vec<Change>, Failure>>()?;
    Ok(Policy {
        variation: Variation::new(name, changes),
        label: name.to_owned(),
        payments: Vec::new(),
    })
}

fn change(item: &str, scenario: &Scenario) -> Result<Change, String> {
    if let Some(what) = item.strip_prefix("no ") {
        let what = what.trim();
        let named = |m: &climbdown_lang::scenario::Move| {
            let actor = &scenario.actors[m.actor.0 as usize].name;
            what == format!("{actor}.{}", m.name)
        };
        if let Some(k) = scenario.moves.iter().position(named) {
            return Ok(Change::Move(MoveId(k as u32), false));
        }
        if let Some(k) = scenario.triggers.iter().position(|t| t.name == what) {
            return Ok(Change::Trigger(TriggerId(k as u32), false));
        }
        return Err(format!("there is no move or trigger `{what}`"));
    }
    let (name, value) = item
        .split_once('=')
        .ok_or_else(|| format!("`{item}` is neither PARAMETER=VALUE nor `no MOVE`"))?;
    let (name, value) = (name.trim(), value.trim());
    let place = scenario.parameters.iter().position(|p| p.name == name);
    let Some(k) = place else {
        let names = scenario.parameters.iter().map(|p| p.name.as_str());
        let near = names
            .max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)));
        let hint = near.map_or_else(String::new, |n| format!("; did you mean `{n}`?"));
        return Err(format!("there is no parameter `{name}`{hint}"));
    };
    let (digits, factor) = match value.strip_suffix('%') {
        Some(digits) => (digits.trim(), 0.01),
        None => (value, 1.0),
    };
    let number: f64 = digits
        .parse()
        .ok()
        .filter(|n: &f64| n.is_finite())
        .ok_or_else(|| format!("`{value}` is no number"))?;
    let scale = scenario.parameters[k].scale;
    Ok(Change::Parameter(
        ParameterId(k as u32),
        number * factor / scale,
    ))
}

/// What is read off readings of `base`, whose compiled form is `game`, in rounds from where it stands.
fn measures(base: &Scenario, game: &Game) -> Vec<Measure> {
    let mut measures = evaluate::measures(game);
    for measure in &mut measures {
        measure.round = measure.round.saturating_sub(base.rounds_past());
    }
    measures
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
