//! `games`: classic models with their theorems, computed on the spot.

use crate::failure::Failure;
use crate::input::{Neighbours, Source};
use crate::screen;
use crate::session::Session;
use clap::Args;
use climbdown_engine::textbook::{self, MODELS, Model, Taught};
use climbdown_report::textbook::{table, verdict};
use serde::Serialize;

const EXAMPLES: &str = "\
Examples:
  climbdown games                          what there is
  climbdown games fearon-1995              the theorem, and whether it holds
  climbdown games fearon-1995 --text > my.crisis
                                           the scenario, to be changed and run
  climbdown games fearon-1995 --json

λ is the precision of play: theorems speak of players who never err, and hold
here from some precision on.";

/// Classic models of crisis bargaining: paper, theorem, and whether it holds
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Games {
    /// Name of a model; without it, all are listed
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Print its scenario instead
    #[arg(long, requires = "name")]
    text: bool,
}

/// What `games --json` prints.
#[derive(Serialize)]
struct Listed {
    games: Vec<Entry>,
}

/// A model in the list.
#[derive(Serialize)]
struct Entry {
    name: &'static str,
    paper: &'static str,
    lesson: &'static str,
}

impl Games {
    /// Lists the models, teaches one, or prints its text.
    ///
    /// # Errors
    /// No such model, or whatever stops a solution.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let Some(name) = &self.name else {
            return list(session);
        };
        let model = textbook::named(name).ok_or_else(|| unknown(name))?;
        if self.text {
            return session.print_text(model.text);
        }
        let taught = teach(model, session)?;
        if session.json {
            return session.print_json(&taught);
        }
        session.print(&text(&taught))
    }
}

fn list(session: &Session) -> Result<(), Failure> {
    if session.json {
        let entry = |m: &'static Model| Entry {
            name: m.name,
            paper: m.paper,
            lesson: m.lesson,
        };
        return session.print_json(&Listed {
            games: MODELS.into_iter().map(entry).collect(),
        });
    }
    let mut out = "Classic models of crisis bargaining and deterrence\n".to_owned();
    for model in MODELS {
        out += &screen::heading(model.name);
        out += &screen::wrap(model.paper, 2);
        out += &screen::wrap(model.lesson, 2);
    }
    out += "\nnext: climbdown games NAME\n";
    session.print(&out)
}

fn unknown(name: &str) -> Failure {
    let names = MODELS.iter().map(|m| m.name);
    let near = names.max_by(|a, b| {
        let alike = |model: &str| strsim::jaro_winkler(model, name);
        alike(a).total_cmp(&alike(b))
    });
    Failure::Usage(format!(
        "there is no model `{name}`; did you mean `{}`?\nhint: `climbdown games` lists them",
        near.unwrap_or_default()
    ))
}

fn teach(model: &'static Model, session: &Session) -> Result<Taught, Failure> {
    let name = format!("{}.crisis", model.name);
    let source = Source::with(&name, model.text.as_bytes().to_vec(), &mut Neighbours);
    let (scenario, _) = source.scenario()?;
    Ok(textbook::teach(model, &scenario, &session.observer())?)
}

/// The screen.
fn text(taught: &Taught) -> String {
    let mut out = format!("{}\n", taught.title);
    out += &screen::wrap(taught.paper, 2);
    out += "\n";
    out += &screen::wrap(taught.lesson, 0);
    out += &screen::heading("Theorem");
    out += &screen::wrap(taught.theorem, 0);
    out += &screen::heading(taught.claim);
    out += &screen::wrap(
        &format!(
            "Computed now: {}, over {} ({}).",
            taught.reads, taught.parameter.0, taught.parameter.1
        ),
        0,
    );
    out += "\n";
    out += &screen::table(&table(taught));
    out += "\n";
    out += &screen::wrap(&verdict(taught), 0);
    out += "\n";
    out += &screen::note(taught.definition);
    out += &screen::heading("What was changed from the paper");
    for change in taught.changed {
        out += &screen::wrap(&format!("- {change}"), 0);
    }
    out += &format!(
        "\nnext: climbdown games {} --text > my.crisis\n      change {} in it, then climbdown forecast \
         my.crisis\n",
        taught.name, taught.parameter.0
    );
    out
}
