//! The forecast over time: outcomes if the window closed earlier, beliefs, what things cost whom.

use super::{Figure, Part, Results, Section};
use crate::draw::{bars, curves};
use crate::tables::{self, Table};

/// Calendar weeks at which tables are read.
const WEEKS: [u32; 4] = [4, 13, 26, 52];

/// Rounds at which tables are read: 4, 13, 26 and 52 weeks ahead where the length of a round is
/// known, so many rounds otherwise, and the horizon when none of them is reached.
pub fn dates(r: &Results) -> Vec<u32> {
    let horizon = r.game.horizon;
    let days = r.scenario.map_or(7.0, |s| s.round_days);
    let mut dates: Vec<u32> = WEEKS
        .iter()
        // A round that ends a moment after the date, by rounding, has still ended.
        .map(|weeks| (f64::from(*weeks) * 7.0 / days + 1e-6).floor())
        .filter(|round| (1.0..=f64::from(horizon)).contains(round))
        .map(|round| round as u32)
        .collect();
    dates.dedup();
    if dates.is_empty() {
        dates.push(horizon);
    }
    dates
}

/// The section, when there is something to show.
pub fn section(r: &Results) -> Option<Section> {
    let figures = [
        classes(r),
        occupancy(r),
        beliefs(r),
        escalation(r),
        payoffs(r),
    ];
    let parts: Vec<Part> = figures.into_iter().flatten().map(Part::Figure).collect();
    (!parts.is_empty()).then(|| Section {
        id: "forecast".to_owned(),
        title: "The forecast over time".to_owned(),
        definition: "The distribution over states, types and beliefs, pushed forward with the \
                     solved strategies; nothing is sampled."
            .to_owned(),
        limits:
            "From the central assumptions. Outcome classes are read as if the window closed at \
                 the round shown."
                .to_owned(),
        parts,
    })
}

fn head(r: &Results, first: &str, dates: &[u32]) -> Table {
    let dates = dates.iter().map(|d| format!("after {}", r.rounds(*d)));
    Table::new(std::iter::once(first.to_owned()).chain(dates))
}

fn axis(r: &Results) -> String {
    format!("{}s from the start", r.round_name())
}

fn classes(r: &Results) -> Option<Figure> {
    let classes = &r.forecast.classes;
    let first = classes.first()?;
    let dates = dates(r);
    let mut table = head(r, "outcome if the window closed", &dates);
    let mut panels = Vec::new();
    for class in classes {
        let read = |d: &u32| class.probability.get(*d as usize);
        let cells = dates
            .iter()
            .map(|d| read(d).map_or_else(String::new, |p| tables::percent(*p)));
        table.row(std::iter::once(class.label.clone()).chain(cells));
        panels.push(curves::Panel {
            title: class.label.clone(),
            values: &class.probability,
            band: Vec::new(),
            read: None,
        });
    }
    let end = first.probability.last().copied().unwrap_or(0.0);
    let title = "Outcomes by time of reading".to_owned();
    Some(Figure {
        id: "outcomes-over-time".to_owned(),
        drawing: Some(curves::draw(&title, &axis(r), "probability", &panels)),
        title,
        table,
        sentence: format!(
            "At every round the outcomes sum to one; “{}” stands at {} at the end of the forecast.",
            first.label,
            tables::percent(end)
        ),
    })
}

fn beliefs(r: &Results) -> Option<Figure> {
    let beliefs = &r.forecast.beliefs;
    let dates = dates(r);
    let mut table = head(r, "mean public belief in", &dates);
    let mut panels = Vec::new();
    for belief in beliefs {
        let name = format!(
            "{}: {}",
            r.actor(&belief.actor),
            r.kind(&belief.actor, &belief.kind)
        );
        let read = |d: &u32| belief.mean.get(*d as usize);
        let cells = dates
            .iter()
            .map(|d| read(d).map_or_else(String::new, |p| tables::percent(*p)));
        table.row(std::iter::once(name.clone()).chain(cells));
        panels.push(curves::Panel {
            title: name,
            values: &belief.mean,
            band: belief.quantiles.iter().map(|q| (q[0], q[4])).collect(),
            read: None,
        });
    }
    let moved =
        |b: &&climbdown_engine::forecast::BeliefSeries| b.moved.last().copied().unwrap_or(0.0);
    let most = beliefs
        .iter()
        .max_by(|a, b| moved(a).total_cmp(&moved(b)))?;
    let title = "What is believed of whom".to_owned();
    Some(Figure {
        id: "beliefs".to_owned(),
        drawing: Some(curves::draw(&title, &axis(r), "mean belief", &panels)),
        title,
        table,
        sentence: format!(
            "The band holds four of five histories. Most is learnt about the type of {}: at the \
             end a belief lies {} percentage points from where it began, on average.",
            r.actor(&most.actor),
            tables::points(moved(&most))
        ),
    })
}

/// How long the crisis stands on each rung; the table has every variable.
fn occupancy(r: &Results) -> Option<Figure> {
    let variables = &r.game.variables;
    let ladder = variables.get(r.game.ladder?)?;
    let dates = dates(r);
    let mut table = head(r, "variable and level", &dates);
    let mut panels = Vec::new();
    for level in &r.forecast.occupancy {
        let name = format!("{}: {}", level.variable, level.level);
        let read = |d: &u32| level.share.get(*d as usize);
        let cells = dates
            .iter()
            .map(|d| read(d).map_or_else(String::new, |p| tables::percent(*p)));
        table.row(std::iter::once(name).chain(cells));
        if level.variable == ladder.name {
            panels.push(curves::Panel {
                title: label(r, &level.variable, &level.level).to_owned(),
                values: &level.share,
                band: Vec::new(),
                read: None,
            });
        }
    }
    let at = |p: &curves::Panel| p.values.last().copied().unwrap_or(0.0);
    let most = panels.iter().max_by(|a, b| at(a).total_cmp(&at(b)))?;
    let sentence = format!(
        "After {}, “{}” is the rung on which the crisis most often stands ({}). Of a crisis that has \
         ended, where it ended.",
        r.rounds(r.game.horizon),
        most.title,
        tables::percent(at(most))
    );
    let title = format!("{}: where the crisis stands", ladder.label);
    Some(Figure {
        id: "occupancy".to_owned(),
        drawing: Some(curves::draw(&title, &axis(r), "share", &panels)),
        title,
        table,
        sentence,
    })
}

/// The label of a level.
fn label<'a>(r: &'a Results, variable: &str, level: &'a str) -> &'a str {
    let own = r
        .scenario
        .and_then(|s| s.variables.iter().find(|v| v.name == variable));
    let own = own.and_then(|v| v.levels.iter().find(|l| l.name == level));
    own.map_or(level, |l| &l.label)
}

fn escalation(r: &Results) -> Option<Figure> {
    let spells = &r.forecast.spells;
    spells.first()?;
    let mut table = Table::new([
        "how the last escalation before it began",
        "choice",
        "noise",
        "chance",
        "none",
    ]);
    let mut rows = Vec::new();
    for spell in spells {
        let question = r
            .forecast
            .questions
            .iter()
            .find(|q| q.name == spell.question);
        let label = question.map_or(spell.question.as_str(), |q| q.label.as_str());
        let label = super::first::short(label).to_owned();
        let shares = [spell.choice, spell.noise, spell.chance, spell.none];
        table.row(std::iter::once(label.clone()).chain(shares.map(tables::percent)));
        rows.push(bars::Stack {
            label,
            parts: shares.to_vec(),
        });
    }
    let first = &spells[0];
    let title = "Choice, noise or chance".to_owned();
    Some(Figure {
        id: "escalation".to_owned(),
        drawing: Some(bars::stacks(
            &title,
            &["choice", "noise", "chance", "none"],
            &rows,
        )),
        title,
        table,
        sentence: format!(
            "Of the paths to “{}”, {} began with a choice that cost its maker more than \
             1/precision (noise): that part is made by the model's mistakes, not by intent. None: \
             the ladder did not rise before it.",
            rows[0].label,
            tables::percent(first.noise)
        ),
    })
}

fn payoffs(r: &Results) -> Option<Figure> {
    let terms = &r.forecast.terms;
    let largest = terms
        .iter()
        .max_by(|a, b| a.value.abs().total_cmp(&b.value.abs()))?;
    let mut table = Table::new(["actor", "term", "expected discounted payoff (own units)"]);
    for term in terms {
        table.row([
            r.actor(&term.actor).to_owned(),
            term.name.clone(),
            format!("{:.1}", term.value),
        ]);
    }
    let rows: Vec<bars::Signed> = terms
        .iter()
        .filter(|term| term.value != 0.0)
        .map(|term| bars::Signed {
            label: format!("{}: {}", r.actor(&term.actor), term.name.replace('_', " ")),
            value: term.value,
            text: format!("{:+.1}", term.value).replace('-', "−"),
            range: None,
        })
        .collect();
    let title = "What it costs and brings, by actor and term".to_owned();
    Some(Figure {
        id: "payoffs".to_owned(),
        drawing: Some(bars::signed(
            &title,
            "expected discounted payoff, own units",
            &rows,
        )),
        title,
        table,
        sentence: format!(
            "The largest single term is {} of {} ({:+.1}). Values are of one actor and are never \
             added across actors.",
            largest.name.replace('_', " "),
            r.actor(&largest.actor),
            largest.value
        ),
    })
}
