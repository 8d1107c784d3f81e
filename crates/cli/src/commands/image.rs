//! `image`: randomness in conduct and the image of it, swept apart.

use crate::analyses::Context;
use crate::arguments::coarse_points;
use crate::failure::Failure;
use crate::problem::Problem;
use crate::screen;
use crate::session::Session;
use clap::Args;
use climbdown_engine::analyse::evaluate::Settings;
use climbdown_engine::analyse::image::{self, Image as Found, Sweep};
use climbdown_report::tables::{self, Table};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  climbdown image my.crisis
  climbdown image my.crisis --actor us
  climbdown image my.crisis --json

The crisis is solved anew at every value. Nothing is assumed about the sign.";

/// Unpredictability: every outcome against randomness in conduct, and against the image of it
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Image {
    /// Scenario or game
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Whose unpredictability; without it that of everybody who moves
    #[arg(long, value_name = "ACTOR")]
    actor: Vec<String>,
    /// Grid points along each belief axis; without it 5, 4 for large games, and more for games that are
    /// solved on a finer grid in a moment
    #[arg(long, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u16).range(3..=257))]
    belief_points: Option<u16>,
}

impl Image {
    /// Prints the sweeps.
    ///
    /// # Errors
    /// An actor that does not move, nothing to read, or whatever stops a solution.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let problem = Problem::load(&self.file, session)?;
        let found = measure(
            &problem,
            &self.actor,
            coarse_points(&problem.game, self.belief_points),
            session,
        )?;
        if session.json {
            return session.print_json(&found);
        }
        session.print(&text(&problem.game.title, &found))
    }
}

/// The sweeps with default settings, for a whole run; `None` where there is nothing to read.
///
/// # Errors
/// Whatever stops a solution.
pub fn record(c: &Context) -> Result<Option<Found>, Failure> {
    let game = &c.problem.game;
    if game.classes.is_empty() && game.questions.is_empty() {
        return Ok(None);
    }
    measure(c.problem, &[], c.coarse().belief_points, c.session).map(Some)
}

fn measure(
    problem: &Problem,
    actors: &[String],
    points: usize,
    session: &Session,
) -> Result<Found, Failure> {
    let game = &problem.game;
    let mut chosen = Vec::new();
    for name in actors {
        let at = game.actors.iter().position(|a| a.name == *name);
        let at = at.filter(|a| image::moves(game, *a)).ok_or_else(|| {
            let movers = (0..game.actors.len()).filter(|a| image::moves(game, *a));
            let names: Vec<&str> = movers.map(|a| game.actors[a].name.as_str()).collect();
            Failure::Usage(format!(
                "--actor: nobody called `{name}` moves; those who do are {}",
                screen::list(&names)
            ))
        })?;
        chosen.push(at);
    }
    let mut settings = Settings::default();
    settings.solve.belief_points = points;
    let observer = session.observer();
    let scenario = problem.scenario.as_ref();
    Ok(image::image(scenario, game, &chosen, &settings, &observer)?)
}

/// The screen.
pub fn text(title: &str, found: &Found) -> String {
    let mut out = format!("{title}\n");
    for actor in &found.actors {
        out += &sweep(
            &format!(
                "{}: randomness in conduct, by times the precision",
                actor.label
            ),
            "precision",
            &actor.conduct,
            &found.measures,
        );
        let head = format!("{}: its image, by share of ignorance", actor.label);
        match &actor.image {
            Some(image) => out += &sweep(&head, "ignorance", image, &found.measures),
            None => {
                out += &screen::heading(&head);
                out +=
                    "Nothing uncertain is believed of its conduct, so it has no image to blur.\n";
            }
        }
    }
    out += "\n";
    out + &screen::note(found.definition)
}

fn sweep(head: &str, axis: &str, sweep: &Sweep, measures: &[String]) -> String {
    let mut out = screen::heading(head);
    let mut columns = vec!["outcome".to_owned()];
    columns.extend(sweep.points.iter().map(|p| format!("{:.2}", p.at)));
    columns.push("turns".to_owned());
    let mut table = Table::new(columns);
    for (m, measure) in measures.iter().enumerate() {
        let mut row = vec![measure.clone()];
        row.extend(sweep.points.iter().map(|p| {
            p.probability
                .get(m)
                .map_or_else(|| "–".to_owned(), |p| tables::percent(*p))
        }));
        let turns = &sweep.turns[m];
        row.push(match turns.first() {
            None => turn_word(sweep.change[m]).to_owned(),
            Some(turn) => format!(
                "{} {:.2}",
                if turn.peak { "peaks at" } else { "dips at" },
                turn.at
            ),
        });
        table.row(row);
    }
    out += &screen::table(&table);
    for (at, reason) in &sweep.unsolved {
        out += &screen::wrap(&format!("{axis} {at:.2} was not solved: {reason}"), 2);
    }
    out
}

fn turn_word(change: f64) -> &'static str {
    if change > image::LEAST {
        "rises"
    } else if change < -image::LEAST {
        "falls"
    } else {
        "flat"
    }
}
