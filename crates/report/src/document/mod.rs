//! The report as a document: headline, first screen, a section for each analysis, assumptions,
//! certificates, imprint. Pages and files only lay it out.
//!
//! What a figure shows also stands in its table, and every figure ends in a sentence.

mod first;
mod imprint;
mod register;
pub mod sections;
mod series;
mod time;

use crate::labels::Labels;
use crate::tables::Table;
use climbdown_engine::analyse::range::RangeReport;
use climbdown_engine::forecast::Forecast;
use climbdown_engine::game::Game;
use climbdown_lang::Scenario;
use serde_json::Value;
pub use series::{series, typed};

/// What a run found: all that a report is drawn from.
pub struct Results<'a> {
    /// The game that was solved.
    pub game: &'a Game,
    /// The scenario behind it, unless the source was a game.
    pub scenario: Option<&'a Scenario>,
    /// Date up to which facts were known.
    pub as_of: Option<String>,
    /// The first sentence.
    pub headline: &'a str,
    /// The forecast.
    pub forecast: &'a Forecast,
    /// Ranges over the stated assumptions.
    pub range: Option<&'a RangeReport>,
    /// Command → what it answers with `--json`, in the order of the report.
    pub analyses: &'a [(String, Value)],
    /// What was checked, and what came of it.
    pub certificates: Vec<(String, String)>,
    /// What is needed to compute the report again.
    pub imprint: Vec<(String, String)>,
}

impl Results<'_> {
    /// The word for a round.
    pub fn round_name(&self) -> &str {
        self.scenario.map_or("round", |s| s.round_name.as_str())
    }

    /// "1 week", "26 weeks".
    pub fn rounds(&self, n: u32) -> String {
        let end = if n == 1 { "" } else { "s" };
        format!("{n} {}{end}", self.round_name())
    }

    /// What people read in place of names.
    pub fn labels(&self) -> Labels<'_> {
        Labels::of(self.scenario)
    }

    /// The label of an actor.
    pub fn actor<'b>(&'b self, name: &'b str) -> &'b str {
        self.labels().actor(name)
    }

    /// The label of an actor's type.
    pub fn kind<'b>(&'b self, actor: &str, name: &'b str) -> &'b str {
        self.labels().kind(actor, name)
    }

    /// The label of a move by its full name: "Hit shipping" for "iran.hit_shipping".
    pub fn deed<'b>(&'b self, name: &'b str) -> &'b str {
        self.labels().deed(name)
    }

    /// The answer of a command, when it was asked.
    pub fn analysis(&self, command: &str) -> Option<&Value> {
        let own = self.analyses.iter().find(|(name, _)| name == command);
        own.map(|(_, value)| value)
    }
}

/// A report.
pub struct Document {
    /// Title of the scenario.
    pub title: String,
    /// The first sentence.
    pub headline: String,
    /// What the headline is to be read with: horizon, how it is settled, base rate.
    pub reading: Vec<String>,
    /// Facts below it: as of, horizon, round.
    pub facts: Vec<(String, String)>,
    /// The first screen.
    pub first: Vec<Figure>,
    /// The rest.
    pub sections: Vec<Section>,
}

/// One analysis, or another part that stands by itself.
pub struct Section {
    /// Anchor; letters, digits and hyphens.
    pub id: String,
    /// Heading.
    pub title: String,
    /// What is shown, in one line.
    pub definition: String,
    /// What it does not say.
    pub limits: String,
    /// What is in it.
    pub parts: Vec<Part>,
}

/// A part of a section.
pub enum Part {
    /// A paragraph.
    Text(String),
    /// A figure or a table.
    Figure(Figure),
}

/// A drawing with its table and what it says; a table alone where nothing is drawn.
pub struct Figure {
    /// Anchor and file name; letters, digits and hyphens.
    pub id: String,
    /// Heading.
    pub title: String,
    /// The drawing, as SVG.
    pub drawing: Option<String>,
    /// What is drawn, in numbers and units.
    pub table: Table,
    /// What it says.
    pub sentence: String,
}

impl Document {
    /// Every figure, first screen first.
    pub fn figures(&self) -> impl Iterator<Item = &Figure> {
        let parts = self.sections.iter().flat_map(|s| &s.parts);
        self.first.iter().chain(parts.filter_map(|part| match part {
            Part::Figure(figure) => Some(figure),
            Part::Text(_) => None,
        }))
    }
}

/// Writes the report of `results`.
pub fn document(results: &Results) -> Document {
    let (mut first, sections) = sections::all(results);
    let mut screen = first::figures(results);
    screen.append(&mut first);
    Document {
        title: results.game.title.clone(),
        headline: results.headline.to_owned(),
        reading: first::reading(results),
        facts: first::facts(results),
        first: screen,
        sections: time::section(results)
            .into_iter()
            .chain(sections)
            .chain(register::section(results))
            .chain(imprint::sections(results))
            .map(told)
            .collect(),
    }
}

/// A section whose figures all have rows: of one without, what it says is left as a paragraph.
fn told(mut section: Section) -> Section {
    for part in &mut section.parts {
        if let Part::Figure(figure) = part
            && figure.table.rows.is_empty()
        {
            *part = Part::Text(std::mem::take(&mut figure.sentence));
        }
    }
    section
}

/// An anchor made of a name: letters, digits and hyphens.
pub(crate) fn anchor(name: &str) -> String {
    let mut anchor = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            anchor.push(c.to_ascii_lowercase());
        } else if !anchor.is_empty() && !anchor.ends_with('-') {
            anchor.push('-');
        }
    }
    anchor.trim_end_matches('-').to_owned()
}
