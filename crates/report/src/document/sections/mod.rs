//! One section for each analysis, drawn from what its command answers with `--json`.
//!
//! To add one: a file with a `draw` function and a line in [`SECTIONS`]. An analysis without a line
//! here, or whose answer has another shape than its section expects, is shown as plain tables.

mod assurance;
mod attrition;
mod credibility;
mod dominance;
mod drivers;
mod fallback;
mod force;
mod gap;
mod image;
mod policies;
pub(super) mod prices;
mod room;
mod watch;
mod why;

use super::{Figure, Results, Section};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What an analysis gives to the report.
pub struct Drawn {
    /// For the first screen.
    pub first: Option<Figure>,
    /// For the rest.
    pub section: Section,
}

/// Draws the answer of one command.
type Draw = fn(&Value, &Results) -> Option<Drawn>;

/// Command → section, in the order of the report.
const SECTIONS: &[(&str, Draw)] = &[
    ("gap", gap::draw),
    ("why", why::draw),
    ("drivers", drivers::draw),
    ("compare", policies::draw),
    ("price", prices::draw),
    ("assurance", assurance::draw),
    ("credibility", credibility::draw),
    ("force", force::draw),
    ("dominance", dominance::draw),
    ("room", room::draw),
    ("attrition", attrition::draw),
    ("image", image::draw),
    ("watch", watch::draw),
];

/// What a section needs of an answer; `None` when the answer has another shape.
fn read<T: DeserializeOwned>(answer: &Value) -> Option<T> {
    T::deserialize(answer).ok()
}

/// Figures for the first screen, and all sections.
pub fn all(r: &Results) -> (Vec<Figure>, Vec<Section>) {
    let known = SECTIONS.iter().filter_map(|(command, draw)| {
        let answer = r.analysis(command)?;
        Some(draw(answer, r).unwrap_or_else(|| fallback::draw(command, answer)))
    });
    let unknown = r.analyses.iter();
    let unknown = unknown
        .filter(|(command, _)| SECTIONS.iter().all(|(known, _)| known != command))
        .map(|(command, answer)| fallback::draw(command, answer));
    let mut first = Vec::new();
    let mut sections = Vec::new();
    for mut drawn in known.chain(unknown) {
        first.extend(drawn.first);
        for text in [&mut drawn.section.definition, &mut drawn.section.limits] {
            *text = sentence(text);
        }
        sections.push(drawn.section);
    }
    (first, sections)
}

/// A text with a capital first.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

/// A definition as a sentence: a capital first, a full stop last.
fn sentence(text: &str) -> String {
    let text = text.trim();
    let end = if text.is_empty() || text.ends_with(['.', '!', '?']) {
        ""
    } else {
        "."
    };
    capital(text) + end
}

/// Parameter → by how much it moves the headline, where that was computed.
pub fn influence(r: &Results) -> Vec<(String, String)> {
    let drivers = r.analysis("drivers");
    drivers.map_or_else(Vec::new, drivers::influence)
}
