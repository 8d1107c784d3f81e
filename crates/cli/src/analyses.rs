//! The analyses that `run` makes beside the forecast: one list, one row each.
//!
//! A command that answers a question about a solved crisis has a function `record`, which gives its
//! answer or `None` where the question means nothing for this scenario, and one that says the answer
//! in a few lines. `run` calls them all. One that fails is said and does not stop the others.

use crate::checkpoint::{Checkpoint, Kind};
use crate::commands::{
    assurance, compare, credibility, dominance, drivers, force, gap, image, price, room, watch, why,
};
use crate::failure::Failure;
use crate::problem::Problem;
use crate::screen;
use crate::session::{Session, json_text};
use crate::study::Studied;
use climbdown_engine::analyse::{plan, switches};
use climbdown_engine::solve::{self, Solution};
use climbdown_lang::Scenario;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::cell::OnceCell;
use std::time::Instant;

/// What an analysis may use.
pub struct Context<'a> {
    /// The crisis.
    pub problem: &'a Problem,
    /// Settings of its solution.
    pub settings: &'a solve::Options,
    /// Its solution.
    pub solution: &'a Solution,
    /// The futures and what was solved in them; `None` for a game, which has no parameters.
    pub studied: Option<&'a Studied<'a>>,
    /// Futures in which policies are paired.
    pub paired: usize,
    /// Seed of everything that is sampled.
    pub seed: u64,
    /// Where finished answers are kept until all are.
    pub kept: &'a Checkpoint<'a>,
    /// To talk and to be interrupted.
    pub session: &'a Session,
    /// What several of them need and the first to ask for solves: see [`Self::coarse_solution`].
    pub coarsely: OnceCell<Result<Solution, Failure>>,
}

impl<'a> Context<'a> {
    /// The scenario, unless the source was a game.
    pub fn scenario(&self) -> Option<&'a Scenario> {
        self.problem.scenario.as_ref()
    }

    /// Settings where the crisis is solved anew many times.
    pub fn coarse(&self) -> solve::Options {
        match self.studied {
            Some(studied) => studied.study.settings.solve.clone(),
            None => self.settings.clone(),
        }
    }

    /// The crisis as written on the coarse grid: with all rounds of its plan where they fit the memory,
    /// else with the first alone.
    ///
    /// # Errors
    /// Not solved, or interrupted.
    pub fn coarse_solution(&self) -> Result<&Solution, Failure> {
        let solve = || {
            let observer = self.session.observer();
            Ok(plan::whole_or_first(
                &self.problem.game,
                &self.coarse(),
                &observer,
            )?)
        };
        let solved = self.coarsely.get_or_init(solve);
        solved.as_ref().map_err(Failure::clone)
    }

    /// The same with all rounds of its plan.
    ///
    /// # Errors
    /// Not solved, too large, or interrupted.
    pub fn whole_plan(&self) -> Result<&Solution, Failure> {
        let solution = self.coarse_solution()?;
        if plan::is_whole(&self.problem.game, solution) {
            return Ok(solution);
        }
        Err(Failure::Unsolved(
            "the plan with all its rounds does not fit the memory: allow more with --memory"
                .to_owned(),
        ))
    }
}

/// An answer, ready to be written and said.
#[derive(Deserialize, Serialize)]
struct Answer {
    json: String,
    text: String,
}

fn answer<T: Serialize>(
    record: Option<T>,
    text: impl FnOnce(&T) -> String,
) -> Result<Option<Answer>, Failure> {
    let Some(record) = record else {
        return Ok(None);
    };
    Ok(Some(Answer {
        json: json_text(&record)?,
        text: text(&record),
    }))
}

/// What came of one analysis.
#[derive(Deserialize, Serialize)]
enum Outcome {
    Found(Answer),
    /// It does not apply.
    None,
    /// Why there is none.
    Failed(String),
}

/// An answer that is written and drawn, but would be too long for the screen of a run.
fn unsaid<T: Serialize>(record: Option<T>) -> Result<Option<Answer>, Failure> {
    answer(record, |_| String::new())
}

/// One analysis.
struct Analysis {
    /// Name of the command, and its key in `analyses.json`.
    name: &'static str,
    make: fn(&Context) -> Result<Option<Answer>, Failure>,
}

/// All of them, in the order of the screen.
const ALL: [Analysis; 13] = [
    Analysis {
        name: "gap",
        make: |c| answer(gap::record(c)?, |r| gap::brief(r, c.problem)),
    },
    Analysis {
        name: "why",
        make: |c| answer(why::record(c)?, why::brief),
    },
    Analysis {
        name: "compare",
        make: |c| answer(compare::record(c)?, compare::brief),
    },
    Analysis {
        name: "drivers",
        make: |c| answer(drivers::record(c)?, drivers::brief),
    },
    Analysis {
        name: "watch",
        make: |c| answer(watch::record(c)?, |r| watch::brief(r, c.problem)),
    },
    Analysis {
        name: "price",
        make: |c| answer(price::record(c)?, |r| price::brief(r, c.problem)),
    },
    Analysis {
        name: "credibility",
        make: |c| unsaid(credibility::record(c)?),
    },
    Analysis {
        name: "assurance",
        make: |c| unsaid(assurance::of_run(c)?),
    },
    Analysis {
        name: "force",
        make: |c| unsaid(force::record(c)?),
    },
    Analysis {
        name: "dominance",
        make: |c| unsaid(dominance::record(c)?),
    },
    Analysis {
        name: "room",
        make: |c| unsaid(room::record(c)?),
    },
    Analysis {
        name: "attrition",
        make: |c| unsaid(why::race::record(c)?),
    },
    Analysis {
        name: "image",
        make: |c| unsaid(image::record(c)?),
    },
];

/// Solutions on the coarse grid that the analyses will take, roughly: of policies at the centre and in
/// the paired futures; of every set of causes and the audits; of the tornado and the tipping values.
pub fn solutions(studied: &Studied, paired: usize) -> usize {
    let base = studied.study.base;
    let policies = base.policies.len() * (1 + paired.min(studied.readings.len()));
    let groups = switches::groups(base);
    let private = groups.iter().any(|s| s.private_information);
    let causes = (1usize << groups.len()) >> usize::from(private);
    policies + causes + drivers::solutions(studied)
}

/// Name and version of `analyses.json`.
const FORMAT: &str = "climbdown-analyses/1";

/// What came of all of them.
#[derive(Default)]
pub struct Analyses {
    found: Vec<(&'static str, Answer)>,
    none: Vec<&'static str>,
    failed: Vec<(&'static str, String)>,
}

impl Analyses {
    /// Makes all that apply, one after the other.
    ///
    /// # Errors
    /// Interrupted, or the output cannot be written; nothing else.
    pub fn make(context: &Context) -> Result<Self, Failure> {
        let mut all = Self::default();
        let begun = Instant::now();
        for (k, analysis) in ALL.iter().enumerate() {
            context.session.go_on()?;
            context.session.part(k + 1, ALL.len());
            let name = analysis.name;
            let make = || match (analysis.make)(context) {
                Ok(Some(answer)) => Ok(Outcome::Found(answer)),
                Ok(None) => Ok(Outcome::None),
                Err(failure @ (Failure::Interrupted | Failure::Unread)) => Err(failure),
                Err(failure) => Ok(Outcome::Failed(failure.text())),
            };
            crate::memory::trim();
            let outcome = context.kept.piece(Kind::Analysis, name, make)?;
            match outcome {
                Outcome::Found(answer) => all.found.push((name, answer)),
                Outcome::None => all.none.push(name),
                Outcome::Failed(reason) => {
                    context.session.say(format!("warning: no {name}: {reason}"));
                    all.failed.push((name, reason));
                }
            }
        }
        context.session.part(0, 0);
        context.session.say(format!(
            "{} analyses in {:.1} s",
            all.found.len(),
            begun.elapsed().as_secs_f64()
        ));
        Ok(all)
    }

    /// `analyses.json`: each under the name of its command; what does not apply and what failed beside
    /// them. Written piece by piece, so that keys stay in the order of the records.
    ///
    /// # Errors
    /// When a value has no JSON form.
    pub fn json(&self, problem: &Problem) -> Result<String, Failure> {
        let mut pieces = vec![
            ("format", json_text(&FORMAT)?),
            ("title", json_text(&problem.game.title)?),
            ("as_of", json_text(&problem.as_of())?),
        ];
        for (name, answer) in &self.found {
            pieces.push((name, answer.json.clone()));
        }
        pieces.push(("not_applicable", json_text(&self.none)?));
        let failed: crate::record::Named<&str> = self
            .failed
            .iter()
            .map(|(name, reason)| ((*name).to_owned(), reason.as_str()))
            .collect();
        pieces.push(("failed", json_text(&failed)?));
        let pieces: Vec<String> = pieces
            .iter()
            // No string in JSON holds a line end, so whole lines may be moved.
            .map(|(name, json)| format!("  \"{name}\": {}", json.trim_end().replace('\n', "\n  ")))
            .collect();
        Ok(format!("{{\n{}\n}}\n", pieces.join(",\n")))
    }

    /// Command → its answer, as data.
    ///
    /// # Errors
    /// When an answer is no JSON.
    pub fn values(&self) -> Result<Vec<(String, Value)>, Failure> {
        let value = |(name, answer): &(&str, Answer)| {
            let value = serde_json::from_str(&answer.json)
                .map_err(|e| Failure::Files(format!("the answer of {name} is no JSON: {e}")))?;
            Ok(((*name).to_owned(), value))
        };
        self.found.iter().map(value).collect()
    }

    /// The answers in short, and what there is no answer to.
    pub fn text(&self) -> String {
        let mut out: String = self.found.iter().map(|(_, a)| a.text.as_str()).collect();
        let mut notes = Vec::new();
        let unsaid = self.found.iter().filter(|(_, a)| a.text.is_empty());
        let unsaid: Vec<&str> = unsaid.map(|(name, _)| *name).collect();
        if !unsaid.is_empty() {
            notes.push(format!(
                "Not shown here, but in the report and in analyses.json, and each a command: {}.",
                screen::list(&unsaid)
            ));
        }
        if !self.none.is_empty() {
            notes.push(format!(
                "Not for this scenario: {}.",
                screen::list(&self.none)
            ));
        }
        for (name, reason) in &self.failed {
            notes.push(format!("No {name}: {reason}."));
        }
        if !notes.is_empty() {
            out.push('\n');
            out += &screen::wrap(&notes.join(" "), 2);
        }
        out
    }
}
