//! `assurance`: does restraint lower the chance of being struck, and when does striking first pay?

use crate::analyses::Context;
use crate::arguments::{SolveArguments, coarse_points};
use crate::failure::Failure;
use crate::problem::Problem;
use crate::screen;
use crate::session::Session;
use clap::Args;
use climbdown_engine::analyse::assurance::{
    self, Answer, Assurance as Found, Question, Rates, Tipping,
};
use climbdown_engine::solve::{self, Solution};
use climbdown_report::tables::{self, Table};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  climbdown assurance my.crisis
      each red line: its crossings against restraint, its answers as the strike
  climbdown assurance my.crisis --first iran.dash --struck-by us.strike
  climbdown assurance my.crisis --first iran.dash --struck-by rung=war
      --until nuclear=bomb
  climbdown assurance my.crisis --json

Without --struck-by, the strikes are the answers to the red lines that are held
against the one who moves first.";

/// Whether restraint pays: chance of being struck either way, and pre-emption
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Assurance {
    /// Scenario or game
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// First strike, crossing or dash: moves of one actor
    #[arg(long, value_name = "ACTOR.MOVE,…", value_delimiter = ',')]
    first: Vec<String>,
    /// What being struck is: moves of others, or the level of a variable
    #[arg(
        long,
        value_name = "ACTOR.MOVE,…|VARIABLE=LEVEL",
        value_delimiter = ','
    )]
    #[arg(requires = "first")]
    struck_by: Vec<String>,
    /// Level at which a dash is complete: from there on strikes come as solved
    #[arg(long, value_name = "VARIABLE=LEVEL", requires = "first")]
    until: Option<String>,
    /// Simulated paths that say which decision is the likeliest
    #[arg(long, value_name = "N", default_value_t = 1000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    trajectories: u64,
    /// Seed of the paths
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Grid points along each belief axis; without it 5, 4 for large games, and more for games that are
    /// solved on a finer grid in a moment
    #[arg(long, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u16).range(3..=257))]
    points: Option<u16>,
}

impl Assurance {
    /// Prints the answers.
    ///
    /// # Errors
    /// Names that mean nothing here, nothing to ask about, or whatever stops the solution.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let problem = Problem::load(&self.file, session)?;
        let found = record(&problem, &Settings::from(self), session)?.ok_or_else(|| {
            Failure::Usage(
                "no red line says what a first move and a strike are: name them with --first and \
                 --struck-by"
                    .to_owned(),
            )
        })?;
        if session.json {
            return session.print_json(&found);
        }
        session.print(&format!(
            "{}\n{}",
            problem.game.title,
            text(&found, problem.round_name())
        ))
    }
}

/// What `assurance` is asked.
pub struct Settings {
    /// Moves of one actor; none for the red lines.
    pub first: Vec<String>,
    /// What being struck is.
    pub struck_by: Vec<String>,
    /// Where a dash is complete.
    pub until: Option<String>,
    /// Paths that find the decision.
    pub trajectories: u64,
    /// Their seed.
    pub seed: u64,
    /// Belief points, where they are asked for.
    pub points: Option<u16>,
    /// How closely the pressure is looked at.
    pub rates: Rates,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            first: Vec::new(),
            struck_by: Vec::new(),
            until: None,
            trajectories: 1000,
            seed: 1,
            points: None,
            rates: Rates::FINE,
        }
    }
}

impl From<Assurance> for Settings {
    fn from(asked: Assurance) -> Self {
        Self {
            first: asked.first,
            struck_by: asked.struck_by,
            until: asked.until,
            trajectories: asked.trajectories,
            seed: asked.seed,
            points: asked.points,
            rates: Rates::FINE,
        }
    }
}

/// The answers about red lines for a whole run; `None` without any.
///
/// # Errors
/// Whatever stops the solution.
pub fn of_run(c: &Context) -> Result<Option<Found>, Failure> {
    let settings = Settings {
        seed: c.seed,
        rates: Rates::COARSE,
        ..Settings::default()
    };
    let Some(questions) = questions(c.problem, &settings)? else {
        return Ok(None);
    };
    let solution = (c.coarse_solution()?, &c.coarse());
    answered(c.problem, solution, &questions, &settings, c.session).map(Some)
}

/// The answers; `None` without red lines or named moves.
///
/// # Errors
/// Names that mean nothing here, or whatever stops the solution.
pub fn record(
    problem: &Problem,
    settings: &Settings,
    session: &Session,
) -> Result<Option<Found>, Failure> {
    let Some(questions) = questions(problem, settings)? else {
        return Ok(None);
    };
    let solve = SolveArguments::default().coarse(coarse_points(&problem.game, settings.points));
    let solution = problem.solve(&solve, session)?;
    let solution = (&solution, &solve);
    answered(problem, solution, &questions, settings, session).map(Some)
}

/// What is asked; `None` without red lines or named moves.
fn questions(problem: &Problem, settings: &Settings) -> Result<Option<Vec<Question>>, Failure> {
    let scenario = problem.scenario.as_ref();
    let questions = if settings.first.is_empty() {
        scenario.map_or_else(Vec::new, |s| assurance::of_lines(s, &problem.game))
    } else {
        vec![assurance::by_names(
            scenario,
            &problem.game,
            &settings.first,
            &settings.struck_by,
            settings.until.as_deref(),
        )?]
    };
    Ok((!questions.is_empty()).then_some(questions))
}

fn answered(
    problem: &Problem,
    (solution, solve): (&Solution, &solve::Options),
    questions: &[Question],
    settings: &Settings,
    session: &Session,
) -> Result<Found, Failure> {
    let observer = session.observer();
    let found = assurance::assurance(
        &problem.game,
        solution,
        questions,
        solve,
        (settings.trajectories, settings.seed),
        settings.rates,
        &observer,
    )?;
    observer.clear();
    Ok(found)
}

/// The screen.
pub fn text(found: &Found, round: &str) -> String {
    let mut out = String::new();
    for answer in &found.answers {
        out += &section(answer, round);
    }
    out += "\n";
    let notes = [
        found.conditionality_definition,
        found.pressure_definition,
        found.limits,
    ];
    for note in notes {
        out += &screen::wrap(note, 2);
    }
    out + &screen::wrap(
        &format!("Solved on {} beliefs a type.", found.belief_points),
        2,
    )
}

fn section(answer: &Answer, round: &str) -> String {
    let mut out = screen::heading(&answer.label);
    let struck = match &answer.struck {
        Some(state) => format!("{state} (by {})", answer.strikes.join(", ")),
        None => answer.strikes.join(", "),
    };
    let complete = answer.complete.as_ref();
    let complete = complete.map_or_else(String::new, |c| format!(", until {c}"));
    out += &screen::wrap(
        &format!(
            "{} moves first by {}; it is struck by {struck}{complete}.",
            answer.actor,
            answer.first.join(", ")
        ),
        2,
    );
    let Some(state) = &answer.state else {
        return out + "  No path came to a decision with a first move and another one open.\n";
    };
    out += &screen::wrap(
        &format!(
            "At {}; the foresight is {}.",
            state.replace(',', ", "),
            screen::number_of(answer.rounds, round)
        ),
        2,
    );
    let mut table = Table::new([
        "type",
        "first",
        "restrains",
        "throughout",
        "conditionality",
        "moves first",
    ]);
    for t in &answer.types {
        table.row([
            t.kind.clone(),
            tables::percent(t.crossing),
            tables::percent(t.restraining),
            tables::percent(t.abstaining),
            format!("{:+.1} pts", t.conditionality * 100.0),
            tables::percent(t.rate),
        ]);
    }
    out += "\nChance of being struck, moving first and restraining\n";
    out += &screen::table(&table);
    out += &format!("\nWorth of moving first less waiting, at a strike with q a {round}\n");
    let mut head = vec!["type".to_owned(), "as solved".to_owned()];
    if let Some(t) = answer.types.first() {
        head.extend(t.pressure.iter().map(|p| format!("q {:.1}", p.q)));
    }
    let mut table = Table::new(head);
    for t in &answer.types {
        let mut row = vec![t.kind.clone(), format!("{:+.2}", t.pressure_solved)];
        row.extend(t.pressure.iter().map(|p| format!("{:+.2}", p.pressure)));
        table.row(row);
    }
    out += &screen::table(&table);
    for t in &answer.types {
        let tips = match &t.tipping {
            Tipping::Always => "moving first is worth more at every q".to_owned(),
            Tipping::Never => "waiting is worth more at every q".to_owned(),
            Tipping::At(tips) => {
                let each = tips.iter().map(|tip| {
                    let side = if tip.above { "above" } else { "below" };
                    format!("{side} q = {:.3}", tip.q)
                });
                let each: Vec<String> = each.collect();
                format!("moving first is worth more {}", each.join(" and "))
            }
        };
        let open = if t.open_when_waiting {
            ""
        } else {
            "; no strike is open on one who waits, so this is deterrence, not pre-emption"
        };
        let text = format!(
            "{}: {tips}; as solved, a restrained one is struck with {} a {round}{open}.",
            t.kind,
            tables::percent(t.solved)
        );
        out += &screen::wrap(&text, 2);
    }
    out
}
