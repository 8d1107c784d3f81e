//! `compare`: policies side by side, on the same futures.

use crate::analyses::Context;
use crate::arguments::SolveArguments;
use crate::checkpoint::ResumeArguments;
use crate::failure::Failure;
use crate::problem::Problem;
use crate::screen;
use crate::session::{Session, json_text};
use crate::side_by_side;
use crate::study::{Study, StudyArguments, parse_policy};
use clap::Args;
use climbdown_engine::analyse::evaluate;
use climbdown_engine::analyse::policies::{Comparison, Policy, Question};
use climbdown_engine::analyse::variation::Variation;
use climbdown_lang::Scenario;
use climbdown_lang::scenario::Mindset;
use serde::Serialize;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  climbdown compare my.crisis              the policies that the file declares
  climbdown compare my.crisis --policy 'hotline: misread=0.02, no cyber_spill'
  climbdown compare my.crisis --by deal_26 --more --json

A policy and the scenario as written are solved in the same futures; nothing is
sampled, so differences are exact up to the coarse belief grid. Actors' values
are each actor's own and are never added.";

/// Compare policies on the same futures: risk, who pays, regret, where each fails
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Compare {
    /// Scenario
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A policy beside the declared ones, `NAME: PARAMETER=VALUE, no MOVE, no TRIGGER`; may be
    /// repeated
    #[arg(long = "policy", value_name = "POLICY")]
    policies: Vec<String>,
    /// A declared mindset, ACTOR.MINDSET, as a course beside the policies: what if the actor saw
    /// things so; may be repeated
    #[arg(long = "mindset", value_name = "NAME")]
    mindsets: Vec<String>,
    /// The class or question by which policies are ranked, less of it being better; without it the
    /// first question
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// More of it is better
    #[arg(long, requires = "by")]
    more: bool,
    /// Probability that is good enough, for the satisficing share; without it the median of the
    /// scenario as written
    #[arg(long, value_name = "P", value_parser = probability)]
    good_enough: Option<f64>,
    /// Seed of the futures
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    study: StudyArguments,
    #[command(flatten)]
    resume: ResumeArguments,
    #[command(flatten)]
    solve: SolveArguments,
}

/// Name and version of what `compare --json` prints.
const FORMAT: &str = "climbdown-comparison/1";

/// A comparison with what it was made with.
#[derive(Serialize)]
pub struct Record {
    format: &'static str,
    title: String,
    /// Rounds to which payoffs and measures are read.
    rounds: u32,
    belief_points: usize,
    seed: u32,
    /// The comparison.
    #[serde(flatten)]
    pub comparison: Comparison,
}

impl Compare {
    /// Compares.
    ///
    /// # Errors
    /// Whatever stops it.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let problem = Problem::load(&self.file, session)?;
        let Some(scenario) = &problem.scenario else {
            return Err(Failure::Usage(
                "compare needs a scenario: a game has no parameters to change".to_owned(),
            ));
        };
        let mut policies = Policy::declared(scenario);
        for text in &self.policies {
            let policy = parse_policy(text, scenario)?;
            let name = &policy.variation.name;
            if policies.iter().any(|p| p.variation.name == *name) {
                return Err(Failure::Usage(format!("there are two policies `{name}`")));
            }
            policies.push(policy);
        }
        for name in &self.mindsets {
            let mindset = mindset(scenario, name)?;
            let twice = |p: &Policy| p.variation.name == mindset.variation.name;
            if policies.iter().any(twice) {
                return Err(Failure::Usage(format!("--mindset {name} is given twice")));
            }
            policies.push(mindset);
        }
        if policies.is_empty() {
            return Err(Failure::Usage(
                "there is nothing to compare: declare policies in the scenario, or give some with \
                 --policy 'NAME: PARAMETER=VALUE' or --mindset ACTOR.MINDSET"
                    .to_owned(),
            ));
        }
        let base = evaluate::shortened(scenario, scenario.window);
        let game = Problem::compile_varied(&base)?;
        let memory = self.solve.memory << 20;
        let kept = self.resume.checkpoint(&problem.source, session)?;
        let study = Study::new(&base, &game, &self.study, memory, self.seed, &kept, session)?;
        let question = Question {
            measure: self.measure(&study)?,
            bound: self.good_enough,
        };
        session.say(format!(
            "{} in {} each",
            screen::number_of(policies.len() as u64 + 1, "course"),
            screen::number_of(self.study.futures, "future")
        ));
        let tried = study.futures().and_then(|(central, readings)| {
            study.try_policies(&policies, readings.len(), (&central, &readings))
        });
        let tried = tried.map_err(|e| kept.stopped(e))?;
        let Some(comparison) = study.compare(&tried, &question) else {
            return Err(Failure::Unsolved("nothing was solved".to_owned()));
        };
        let out = if session.json {
            json_text(&Record::of(comparison, &problem, &study))?
        } else {
            let text = side_by_side::text(&comparison, &problem, base.horizon);
            format!("\x1b[1m{}\x1b[0m\n{text}", problem.game.title)
        };
        session.print(&out)?;
        kept.done();
        Ok(())
    }

    fn measure(&self, study: &Study) -> Result<Option<(usize, bool)>, Failure> {
        let Some(name) = &self.by else {
            return Ok(None);
        };
        match study.measures.iter().position(|m| m.name == *name) {
            Some(k) => Ok(Some((k, self.more))),
            None => {
                let names: Vec<&str> = study.measures.iter().map(|m| m.name.as_str()).collect();
                Err(Failure::Usage(format!(
                    "--by {name}: expected one of {}",
                    screen::list(&names)
                )))
            }
        }
    }
}

/// A declared mindset as a course to compare.
fn mindset(scenario: &Scenario, name: &str) -> Result<Policy, Failure> {
    let full = |m: &Mindset| format!("{}.{}", scenario.actors[m.actor.0 as usize].name, m.name);
    let Some(found) = scenario.mindsets.iter().find(|m| full(m) == name) else {
        let names: Vec<String> = scenario.mindsets.iter().map(full).collect();
        let known = match names.is_empty() {
            true => "the scenario declares none".to_owned(),
            false => format!("there are {}", screen::list(&names)),
        };
        return Err(Failure::Usage(format!("--mindset {name}: {known}")));
    };
    let mut variation = Variation::from(found);
    variation.name = full(found);
    Ok(Policy {
        variation,
        label: found.label.clone(),
        payments: Vec::new(),
    })
}

impl Record {
    fn of(comparison: Comparison, problem: &Problem, study: &Study) -> Self {
        Self {
            format: FORMAT,
            title: problem.game.title.clone(),
            rounds: study.base.horizon,
            belief_points: study.settings.solve.belief_points,
            seed: study.futures.seed,
            comparison,
        }
    }
}

/// The declared policies in the first futures.
///
/// # Errors
/// Interrupted.
pub fn record(c: &Context) -> Result<Option<Record>, Failure> {
    let Some(studied) = c.studied else {
        return Ok(None);
    };
    let study = &studied.study;
    let policies = Policy::declared(study.base);
    if policies.is_empty() {
        return Ok(None);
    }
    let baseline = (&studied.central, &studied.readings);
    let tried = study.try_policies(&policies, c.paired, baseline)?;
    let comparison = study.compare(&tried, &Question::default());
    Ok(comparison.map(|comparison| Record::of(comparison, c.problem, study)))
}

/// The headline under each policy.
pub fn brief(record: &Record) -> String {
    side_by_side::risks(&record.comparison)
}

fn probability(text: &str) -> Result<f64, String> {
    let (digits, factor) = match text.strip_suffix('%') {
        Some(digits) => (digits, 0.01),
        None => (text, 1.0),
    };
    match digits.trim().parse::<f64>().map(|p| p * factor) {
        Ok(p) if (0.0..=1.0).contains(&p) => Ok(p),
        _ => Err("expected a probability, such as 0.1 or 10%".to_owned()),
    }
}
