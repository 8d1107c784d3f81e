//! `drivers`: what would change the answer.

use crate::analyses::Context;
use crate::arguments::SolveArguments;
use crate::checkpoint::ResumeArguments;
use crate::failure::Failure;
use crate::problem::Problem;
use crate::screen;
use crate::session::{Session, json_text};
use crate::study::{Studied, Study, StudyArguments};
use clap::Args;
use climbdown_engine::analyse::drivers::{self, Drivers as Found, Options};
use climbdown_engine::analyse::evaluate;
use climbdown_engine::analyse::policies::Policy;
use climbdown_engine::analyse::shares::{Group, Index};
use climbdown_engine::analyse::tipping::{Changed, Tipping};
use climbdown_engine::analyse::tornado::Bar;
use climbdown_engine::analyse::variation::Variation;
use climbdown_lang::scenario::Grade;
use climbdown_report::comparison::signed_points;
use climbdown_report::tables::{self, Table};
use climbdown_report::words;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  climbdown drivers my.crisis
  climbdown drivers my.crisis --top 40 --tip 10
  climbdown drivers my.crisis --no-shares --json

Each parameter with a range is put to its low and to its high end, everything
else at its central value, and the crisis is solved anew. With more of them than
--top, futures are solved first and choose which to move.";

/// What would change it: the inputs that matter most, tipping values, whose doubt it is
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Drivers {
    /// Scenario
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Parameters moved at most
    #[arg(long, value_name = "N", default_value_t = 12)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..))]
    top: u16,
    /// Of these, how many are searched for tipping values, those that move most first
    #[arg(long, value_name = "N", default_value_t = 6)]
    tip: u16,
    /// Policies beside the best one that may take over from it, the best first; all without it
    #[arg(long, value_name = "N")]
    rivals: Option<u16>,
    /// Leave out the shares of the grades, which take twice as many futures again for each
    #[arg(long)]
    no_shares: bool,
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

/// What `run` looks for.
const IN_RUN: Options = Options {
    top: 6,
    tip: 3,
    rivals: 1,
    tolerance: 1e-2,
    levels: Vec::new(),
    partners: false,
};
/// Solutions that a search for a tipping value takes, roughly, with the tolerance of `run`.
const SEARCH: usize = 6;

/// Solutions that `run` needs for it, roughly.
pub fn solutions(studied: &Studied) -> usize {
    let study = &studied.study;
    let bars = study.futures.drawn.len().min(IN_RUN.top);
    let tip = bars.min(IN_RUN.tip);
    let rivals = study.base.policies.len().min(IN_RUN.rivals + 1);
    2 * bars + 2 * tip * rivals + tip * SEARCH
}

impl Drivers {
    /// Prints what would change it.
    ///
    /// # Errors
    /// Nothing to move, or whatever stops a solution.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let problem = Problem::load(&self.file, session)?;
        let Some(scenario) = &problem.scenario else {
            return Err(Failure::Usage(
                "`drivers` needs a scenario: a game as JSON has no parameters to move".to_owned(),
            ));
        };
        let base = evaluate::shortened(scenario, scenario.window);
        let game = Problem::compile_varied(&base)?;
        let memory = self.solve.memory << 20;
        let kept = self.resume.checkpoint(&problem.source, session)?;
        let study = Study::new(&base, &game, &self.study, memory, self.seed, &kept, session)?;
        if study.is_certain() {
            return Err(Failure::Usage(
                "no parameter has a range and no structure is declared, so there is nothing to move: \
                 write a parameter as LOW .. CENTRAL .. HIGH"
                    .to_owned(),
            ));
        }
        if study.measures.is_empty() {
            return Err(Failure::Usage(
                "the scenario asks nothing: add `outcomes` or a `question`".to_owned(),
            ));
        }
        let found = self.find(study, session);
        let found = found.map_err(|e| kept.stopped(e))?;
        let Some(found) = found else {
            return Err(Failure::Unsolved("nothing was solved".to_owned()));
        };
        let out = if session.json {
            json_text(&found)?
        } else {
            text(&problem, &found)
        };
        session.print(&out)?;
        kept.done();
        Ok(())
    }

    fn find(&self, study: Study, session: &Session) -> Result<Option<Found>, Failure> {
        let (central, readings) = study.futures()?;
        let studied = Studied {
            study,
            central,
            readings,
            range: None,
        };
        // All policies under the central assumptions, to know which may take over.
        let policies = Policy::declared(studied.study.base);
        let variations: Vec<Variation> = policies.iter().map(|p| p.variation.clone()).collect();
        let tried = studied.study.evaluate(&variations, "policies")?;
        let policies = policies.into_iter().zip(tried.into_iter().map(Result::ok));
        let options = Options {
            top: usize::from(self.top),
            tip: usize::from(self.tip),
            rivals: self.rivals.map_or(usize::MAX, usize::from),
            tolerance: 1e-3,
            levels: levels(),
            partners: !self.no_shares,
        };
        find(&studied, &policies.collect::<Vec<_>>(), &options, session)
    }
}

/// The levels at which a probability gets another word.
fn levels() -> Vec<f64> {
    words::LEVELS.to_vec()
}

fn find(
    studied: &Studied,
    policies: &[(Policy, Option<evaluate::Reading>)],
    options: &Options,
    session: &Session,
) -> Result<Option<Found>, Failure> {
    let study = &studied.study;
    let solved = drivers::Solved {
        base: study.base,
        measures: &study.measures,
        settings: &study.settings,
        workers: study.workers,
        structures: &study.structures,
        futures: &study.futures,
        central: &studied.central,
        readings: &studied.readings,
    };
    let observer = session.observer();
    Ok(drivers::drivers(&solved, policies, options, &observer)?)
}

/// The inputs that matter most, with tipping values for the first few. `None` where nothing has a range.
///
/// # Errors
/// Interrupted.
pub fn record(c: &Context) -> Result<Option<Found>, Failure> {
    let Some(studied) = c.studied.filter(|s| !s.study.is_certain()) else {
        return Ok(None);
    };
    let policies = Policy::declared(studied.study.base);
    let variations: Vec<Variation> = policies.iter().map(|p| p.variation.clone()).collect();
    let tried = studied.study.evaluate(&variations, "policies")?;
    let policies: Vec<_> = policies
        .into_iter()
        .zip(tried.into_iter().map(Result::ok))
        .collect();
    let options = Options {
        levels: levels(),
        ..IN_RUN
    };
    find(studied, &policies, &options, c.session)
}

/// Bars that `run` tells.
const TOLD: usize = 5;

/// The longest bars with their tipping values.
pub fn brief(found: &Found) -> String {
    let mut out = screen::heading(&format!("What would change it: {}", found.measure.label));
    out += &screen::table(&bars(found, TOLD));
    let sentences: Vec<String> = found.tipping.iter().map(tipping).collect();
    for sentence in sentences.iter().take(TOLD) {
        out += &screen::wrap(&format!("* {sentence}"), 2);
    }
    if found.tipping.is_empty() {
        out += &screen::wrap(
            &format!(
                "Within its range none of the first {} changes the word for it or the best policy.",
                found.searched
            ),
            2,
        );
    }
    out += &screen::wrap(&left_out(found), 2);
    out
}

fn left_out(found: &Found) -> String {
    let central = tables::percent(found.tornado.central);
    let mut text = format!(
        "Central {central} on {} belief points an axis.",
        found.belief_points
    );
    if !found.left_out.is_empty() {
        text += &format!(
            " Moved in turn: {} of {} parameters with a range, chosen by a regression over {} futures; the \
             others ({}) may matter as well.",
            found.tornado.ranged - found.left_out.len(),
            found.tornado.ranged,
            found.doubt.futures,
            found.left_out.len()
        );
    }
    if let Some(share) = found.doubt.judged_one_at_a_time {
        text += &format!(
            " Of the variance that they make one at a time, {:.0} % comes from judged numbers (grade C).",
            100.0 * share
        );
    }
    text
}

/// The bars as rows.
fn bars(found: &Found, shown: usize) -> Table {
    let mut table = Table::new([
        "input", "grade", "low", "high", "at low", "at high", "swing",
    ]);
    for bar in found.tornado.bars.iter().take(shown) {
        let at = |p: Option<f64>| p.map_or_else(|| "unsolved".to_owned(), tables::percent);
        let value = |k: usize| bar.values.map_or_else(String::new, |v| number(v[k]));
        let unit = if bar.unit.is_empty() {
            bar.name.clone()
        } else {
            format!("{} ({})", bar.name, bar.unit)
        };
        table.row([
            unit,
            grade(bar).to_owned(),
            value(0),
            value(2),
            at(bar.at_low),
            at(bar.at_high),
            tables::points(bar.swing),
        ]);
    }
    table
}

fn grade(bar: &Bar) -> &'static str {
    match (bar.grade, bar.parameter) {
        (Some(Grade::A), _) => "A",
        (Some(Grade::B), _) => "B",
        (Some(Grade::C), _) => "C",
        (None, Some(_)) => "–",
        (None, None) => "structure",
    }
}

/// A number with four digits that count.
fn number(x: f64) -> String {
    if x == 0.0 {
        return "0".to_owned();
    }
    let digits = (3 - x.abs().log10().floor() as i32).clamp(0, 9) as usize;
    let text = format!("{x:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// One tipping value in a sentence.
fn tipping(tip: &Tipping) -> String {
    let unit = if tip.unit.is_empty() {
        String::new()
    } else {
        format!(" {}", tip.unit)
    };
    let way = if tip.value > tip.central {
        "above"
    } else {
        "below"
    };
    let at = format!(
        "{} {way} {}{unit} (central {})",
        tip.parameter,
        number(tip.value),
        number(tip.central)
    );
    let jump = if tip.jump { ", by a jump of play" } else { "" };
    match &tip.change {
        Changed::Level { level, rising } => {
            let word = if *rising { "above" } else { "below" };
            let step = if *rising { 0.01 } else { -0.01 };
            format!(
                "{at}: {word} {} ({}){jump}.",
                tables::percent(*level),
                words::Band::of(level + step)
            )
        }
        Changed::Policy { from, to } => {
            format!("{at}: the best policy is {to} and no longer {from}{jump}.")
        }
    }
}

/// The screen.
fn text(problem: &Problem, found: &Found) -> String {
    let mut out = format!("\x1b[1m{}\x1b[0m\n", problem.game.title);
    out += &screen::heading(&format!("What would change it: {}", found.measure.label));
    out += &screen::table(&bars(found, usize::MAX));
    out += &screen::wrap(
        &format!(
            "Measured: {}. Swing in percentage points.",
            found.definition
        ),
        2,
    );
    out += &screen::wrap(&left_out(found), 2);
    if !found.left_out.is_empty() {
        out += &screen::wrap(&format!("Left out: {}.", found.left_out.join(", ")), 2);
    }
    out += &screen::heading("Tipping values");
    if found.tipping.is_empty() {
        out += &screen::wrap(
            &format!(
                "Within its range none of the first {} changes the word for the headline or the best \
                 policy.",
                found.searched
            ),
            2,
        );
    }
    for tip in &found.tipping {
        out += &screen::wrap(&format!("* {}", tipping(tip)), 2);
    }
    if found.policies.len() > 1 {
        out += &best(found);
    }
    out + &doubt(found)
}

/// The best policy at the ends.
fn best(found: &Found) -> String {
    let mut table = Table::new(["best policy", "at low", "central", "at high"]);
    for row in &found.best_policies {
        let cells = row
            .best
            .iter()
            .map(|b| b.clone().unwrap_or_else(|| "unsolved".to_owned()));
        table.row(std::iter::once(row.parameter.clone()).chain(cells));
    }
    let mut out = "\n".to_owned() + &screen::table(&table);
    out += &screen::wrap(
        &format!(
            "Best: the smallest {} of {}.",
            found.measure.name,
            screen::list(&found.policies)
        ),
        2,
    );
    out
}

/// Whose doubt it is.
fn doubt(found: &Found) -> String {
    let doubt = &found.doubt;
    let mut out = screen::heading("Whose doubt it is");
    let share = |index: &Option<Index>| {
        index.map_or_else(
            || "–".to_owned(),
            |i| format!("{:.0} % ± {:.0}", 100.0 * i.share, 100.0 * i.error),
        )
    };
    if !doubt.grades.is_empty() {
        let mut table = Table::new(["inputs", "number", "known alone", "left by all others"]);
        for row in &doubt.grades {
            let name = match row.group {
                Group::Grade(Grade::A) => "grade A, measured",
                Group::Grade(Grade::B) => "grade B, estimated",
                Group::Grade(Grade::C) => "grade C, judged",
                Group::Ungraded => "without a grade",
                Group::Structures => "structures",
                Group::Parameter(_) => "one parameter",
            };
            table.row([
                name.to_owned(),
                row.inputs.to_string(),
                share(&row.alone),
                share(&row.total),
            ]);
        }
        out += &screen::table(&table);
        out += &screen::wrap(&format!("Measured: {}.", doubt.grades_definition), 2);
        out.push('\n');
    }
    let mut table = Table::new(["input", "first order"]);
    for row in &doubt.first_order {
        table.row([row.name.clone(), share(&row.index)]);
    }
    out += &screen::table(&table);
    out += &screen::wrap(
        &format!(
            "Measured: {}. {} futures, standard deviation {} percentage points.",
            doubt.first_order_definition,
            doubt.futures,
            signed_points(doubt.standard_deviation).trim_start_matches('+')
        ),
        2,
    );
    out
}
