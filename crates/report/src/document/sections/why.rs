//! Why: the causal paths to the outcome asked about, and the causes by Shapley value.

use super::{Drawn, read};
use crate::comparison::signed_points;
use crate::document::{Figure, Part, Results, Section};
use crate::draw::bars;
use crate::draw::flows::{Flow, Stop, flows};
use crate::tables::{self, Table};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Reasons {
    class: String,
    window: u32,
    paths: Paths,
    accidents: Option<Accidents>,
    predictability: Option<Predictability>,
    causes: Option<Causes>,
}

#[derive(Deserialize)]
struct Paths {
    definition: String,
    exact: bool,
    belief_points: usize,
    trajectories: u64,
    classes: Vec<ClassPaths>,
}

#[derive(Deserialize)]
struct ClassPaths {
    name: String,
    label: String,
    count: u64,
    origins: Origins,
    paths: Vec<Path>,
}

#[derive(Deserialize)]
struct Origins {
    noise: f64,
    accident: f64,
}

#[derive(Deserialize)]
struct Path {
    began: Option<Event>,
    last: Option<Event>,
    share: f64,
    counted: f64,
    standard_error: f64,
    example: Vec<Step>,
}

#[derive(Deserialize)]
struct Event {
    kind: String,
    label: String,
}

#[derive(Deserialize)]
struct Step {
    round: u32,
    event: Event,
    changes: Vec<String>,
}

#[derive(Deserialize)]
struct Accidents {
    definition: String,
    triggers: Vec<Accident>,
}

#[derive(Deserialize)]
struct Accident {
    label: String,
    actual: f64,
    believed: f64,
}

#[derive(Deserialize)]
struct Predictability {
    definition: String,
    actors: Vec<Predicted>,
}

#[derive(Deserialize)]
struct Predicted {
    actor: String,
    public: Option<f64>,
    priors: Option<f64>,
    uniform: Option<f64>,
    informed: Option<f64>,
}

#[derive(Deserialize)]
struct Causes {
    definition: String,
    but_for: String,
    switches: Vec<Switch>,
    outcomes: Vec<OutcomeCauses>,
}

#[derive(Deserialize)]
struct Switch {
    name: String,
    off: String,
}

#[derive(Deserialize)]
struct OutcomeCauses {
    name: String,
    all: f64,
    none: f64,
    values: Vec<f64>,
    without: Vec<ButFor>,
}

#[derive(Deserialize)]
struct ButFor {
    mechanical: Option<f64>,
    strategic: f64,
}

/// Paths drawn; the others are one bar together.
const DRAWN: usize = 5;
/// Paths in the table.
const LISTED: usize = 30;

/// The section, with the top paths for the first screen.
pub fn draw(answer: &Value, r: &Results) -> Option<Drawn> {
    let reasons: Reasons = read(answer)?;
    let class = reasons
        .paths
        .classes
        .iter()
        .find(|c| c.name == reasons.class)?;
    let mut parts = Vec::new();
    let causes = reasons.causes.as_ref();
    parts.extend(
        causes
            .and_then(|c| shapley(c, &class.name, &class.label))
            .map(Part::Figure),
    );
    parts.extend(flow(class, reasons.window, r).map(Part::Figure));
    parts.extend(story(class, r).map(Part::Figure));
    parts.extend(
        reasons
            .accidents
            .as_ref()
            .and_then(accidents)
            .map(Part::Figure),
    );
    parts.extend(
        reasons
            .predictability
            .as_ref()
            .and_then(predictability)
            .map(Part::Figure),
    );
    let but_for = causes.map_or_else(String::new, |c| {
        format!(" {}. {}.", c.definition, c.but_for)
    });
    Some(Drawn {
        first: paths(class, reasons.window, r),
        section: Section {
            id: "why".to_owned(),
            title: format!("Why: {}", class.label),
            definition: format!("{}.{but_for}", capital(&reasons.paths.definition)),
            limits: format!(
                "{} Causes are from solutions on a coarse belief grid.",
                how(&reasons.paths, class)
            ),
            parts,
        },
    })
}

/// How the shares of the paths were had.
fn how(paths: &Paths, class: &ClassPaths) -> String {
    let counted = format!(
        "counted on {} simulated trajectories, {} of which end so",
        tables::count(paths.trajectories),
        tables::count(class.count)
    );
    if paths.exact {
        format!(
            "Shares of paths are exact on a grid of {} beliefs a type; beside them they are {counted}.",
            paths.belief_points
        )
    } else {
        format!(
            "Shares of paths are {counted}, with standard errors: the tables of exact ones would not fit \
             the memory."
        )
    }
}

/// With a capital letter.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

fn event(event: &Event) -> String {
    match event.kind.as_str() {
        "noise" => format!("{} (by mistake)", event.label),
        "accident" => format!("{} (accident)", event.label),
        _ => event.label.clone(),
    }
}

/// A path as a readable chain.
fn chain(path: &Path) -> String {
    match (&path.began, &path.last) {
        (Some(began), Some(last)) if began.label == last.label => event(began),
        (Some(began), Some(last)) => format!("{} → {}", event(began), event(last)),
        (Some(one), None) => event(one),
        (None, Some(last)) => format!("no escalation → {}", event(last)),
        (None, None) => "nothing rose".to_owned(),
    }
}

fn paths(class: &ClassPaths, window: u32, r: &Results) -> Option<Figure> {
    let first = class.paths.first()?;
    let mut table = Table::new([
        "path: how it began → last step",
        "share of the paths",
        "counted",
    ]);
    let mut rows: Vec<bars::Share> = Vec::new();
    let shares: Vec<f64> = class.paths.iter().map(|p| p.share).collect();
    let shown = tables::tenths(&shares);
    let listed = class.paths.len().min(LISTED);
    for (k, (path, tenths)) in class.paths.iter().zip(&shown).enumerate() {
        if k < listed {
            table.row([
                chain(path),
                tables::tenths_text(*tenths),
                format!(
                    "{} ± {:.1} points",
                    tables::percent(path.counted),
                    path.standard_error * 100.0
                ),
            ]);
        }
        if k < DRAWN {
            rows.push(bars::Share {
                label: chain(path),
                text: tables::tenths_text(*tenths),
                share: path.share,
            });
        }
    }
    let rest = |from: usize| -> (i64, f64) {
        let tenths = shown.iter().skip(from).sum();
        (tenths, shares.iter().skip(from).sum())
    };
    if class.paths.len() > listed {
        let others = class.paths.len() - listed;
        table.row([
            format!("{others} other paths"),
            tables::tenths_text(rest(listed).0),
        ]);
    }
    table.row([
        "together".to_owned(),
        tables::tenths_text(shown.iter().sum()),
    ]);
    if class.paths.len() > DRAWN {
        let others = class.paths.len() - DRAWN;
        rows.push(bars::Share {
            label: format!("{others} other paths"),
            text: tables::tenths_text(rest(DRAWN).0),
            share: rest(DRAWN).1,
        });
    }
    let sentence = format!(
        "The commonest path is “{}”: {} of them. {} began with a choice made by mistake, {} with an \
         accident.",
        chain(first),
        tables::tenths_text(shown[0]),
        tables::percent(class.origins.noise),
        tables::percent(class.origins.accident)
    );
    let title = format!(
        "How it comes to “{}” within {}",
        class.label,
        r.rounds(window)
    );
    Some(Figure {
        id: "paths".to_owned(),
        drawing: Some(bars::shares(
            &title,
            "share of the paths that end so, %",
            &rows,
        )),
        title,
        table,
        sentence,
    })
}

/// Examples, step by step.
/// Stops drawn on each side; the others are one stop together.
const STOPS: usize = 5;

/// How the final escalations began, and which step was their last.
fn flow(class: &ClassPaths, window: u32, r: &Results) -> Option<Figure> {
    let began = |path: &Path| match (&path.began, &path.last) {
        (Some(began), _) => (event(began), colour(began)),
        (None, Some(_)) => ("no escalation before".to_owned(), "fill-quiet"),
        (None, None) => ("nothing rose".to_owned(), "fill-quiet"),
    };
    let last = |path: &Path| match (&path.last, &path.began) {
        (Some(last), _) => (event(last), colour(last)),
        (None, Some(began)) => (event(began), colour(began)),
        (None, None) => ("nothing rose".to_owned(), "fill-quiet"),
    };
    let (left, from) = stops(class, began);
    let (right, to) = stops(class, last);
    let mut table = Table::new(["how it began", "last step", "share of the paths"]);
    let mut drawn: Vec<Flow> = Vec::new();
    for ((path, from), to) in class.paths.iter().zip(from).zip(to) {
        match drawn.iter_mut().find(|f| f.from == from && f.to == to) {
            Some(flow) => flow.share += path.share,
            None => drawn.push(Flow {
                from,
                to,
                share: path.share,
            }),
        }
    }
    drawn.sort_by(|a, b| b.share.total_cmp(&a.share));
    let shares: Vec<f64> = drawn.iter().map(|f| f.share).collect();
    for (flow, tenths) in drawn.iter().zip(tables::tenths(&shares)) {
        table.row([
            left[flow.from].label.clone(),
            right[flow.to].label.clone(),
            tables::tenths_text(tenths),
        ]);
    }
    let title = format!(
        "From its beginning to “{}” within {}",
        class.label,
        r.rounds(window)
    );
    let share = |k: usize| -> f64 {
        let own = drawn.iter().filter(|f| f.to == k);
        own.map(|f| f.share).sum()
    };
    let sentence = format!(
        "On the left the event that began the final escalation, on the right its last step: in {} of \
         the paths “{}”.",
        tables::percent(share(0)),
        right.first()?.label
    );
    Some(Figure {
        id: "path-flows".to_owned(),
        drawing: Some(flows(
            &title,
            ["how it began", "last step"],
            [&left, &right],
            &drawn,
        )),
        title,
        table,
        sentence,
    })
}

/// The commonest ends of paths, and for each path the index of its own.
fn stops(
    class: &ClassPaths,
    of: impl Fn(&Path) -> (String, &'static str),
) -> (Vec<Stop>, Vec<usize>) {
    let mut all: Vec<(Stop, f64)> = Vec::new();
    for path in &class.paths {
        let (label, class) = of(path);
        match all.iter_mut().find(|(stop, _)| stop.label == label) {
            Some((_, share)) => *share += path.share,
            None => all.push((Stop { label, class }, path.share)),
        }
    }
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut stops: Vec<Stop> = all.into_iter().map(|(stop, _)| stop).collect();
    let many = stops.len().saturating_sub(STOPS);
    if many > 1 {
        stops.truncate(STOPS);
        stops.push(Stop {
            label: format!("{many} others"),
            class: "fill-quiet",
        });
    }
    let place = |path: &Path| {
        let label = of(path).0;
        stops
            .iter()
            .position(|stop| stop.label == label)
            .unwrap_or(stops.len() - 1)
    };
    let places = class.paths.iter().map(place).collect();
    (stops, places)
}

/// As in the origin of escalations: choice, mistake, accident.
fn colour(event: &Event) -> &'static str {
    match event.kind.as_str() {
        "noise" => "fill-ink",
        "accident" => "fill-grey",
        _ => "fill-accent",
    }
}

fn story(class: &ClassPaths, r: &Results) -> Option<Figure> {
    let mut table = Table::new([
        "path".to_owned(),
        r.round_name().to_owned(),
        "what happened".to_owned(),
        "what changed".to_owned(),
    ]);
    for path in class.paths.iter().take(DRAWN) {
        for step in &path.example {
            table.row([
                chain(path),
                step.round.to_string(),
                event(&step.event),
                step.changes.join(", "),
            ]);
        }
    }
    (!table.rows.is_empty()).then(|| Figure {
        id: "path-examples".to_owned(),
        title: "One example of each of the commonest paths".to_owned(),
        drawing: None,
        table,
        sentence:
            "Steps of one simulated history each; others on the same path differ between its \
                   ends."
                .to_owned(),
    })
}

fn shapley(causes: &Causes, class: &str, label: &str) -> Option<Figure> {
    let outcome = causes.outcomes.iter().find(|o| o.name == class)?;
    let mut order: Vec<usize> = (0..causes.switches.len().min(outcome.values.len())).collect();
    order.sort_by(|a, b| {
        outcome.values[*b]
            .abs()
            .total_cmp(&outcome.values[*a].abs())
    });
    let mut table = Table::new([
        "cause",
        "when off",
        "contribution (percentage points)",
        "without it, play as it is",
        "without it, solved anew",
    ]);
    let mut rows = Vec::new();
    for k in &order {
        let switch = &causes.switches[*k];
        let value = outcome.values[*k];
        let without = outcome.without.get(*k);
        table.row([
            switch.name.clone(),
            switch.off.clone(),
            signed_points(value),
            without
                .and_then(|w| w.mechanical)
                .map_or_else(|| "–".to_owned(), tables::percent),
            without.map_or_else(String::new, |w| tables::percent(w.strategic)),
        ]);
        rows.push(bars::Signed {
            label: format!("{} (off: {})", switch.name.replace('_', " "), switch.off),
            value: value * 100.0,
            text: signed_points(value).replace('-', "−"),
            range: None,
        });
    }
    table.row([
        "none of them".to_owned(),
        "all off".to_owned(),
        signed_points(outcome.none),
    ]);
    table.row([
        "together".to_owned(),
        String::new(),
        signed_points(outcome.all),
    ]);
    let largest = causes.switches.get(*order.first()?)?;
    let title = format!("Causes of “{label}”");
    Some(Figure {
        id: "causes".to_owned(),
        drawing: Some(bars::signed(
            &title,
            "contribution, percentage points",
            &rows,
        )),
        title,
        table,
        sentence: format!(
            "{} weighs most. Contributions and what is left with all off ({}) add to {}.",
            capital(&largest.name.replace('_', " ")),
            tables::percent(outcome.none),
            tables::percent(outcome.all)
        ),
    })
}

fn accidents(accidents: &Accidents) -> Option<Figure> {
    let mut table = Table::new(["accident", "expected within the window", "as believed"]);
    for one in &accidents.triggers {
        let counts = [one.actual, one.believed].map(|v| format!("{v:.2}"));
        table.row(std::iter::once(one.label.clone()).chain(counts));
    }
    (!table.rows.is_empty()).then(|| Figure {
        id: "accidents".to_owned(),
        title: "Accidents, true and as believed".to_owned(),
        drawing: None,
        table,
        sentence: format!("{}.", capital(&accidents.definition)),
    })
}

fn predictability(found: &Predictability) -> Option<Figure> {
    let mut table = Table::new([
        "whose next move",
        "by the public belief",
        "by the priors",
        "by equal odds",
        "by its true type",
    ]);
    for one in &found.actors {
        let nats = [one.public, one.priors, one.uniform, one.informed];
        table.row(
            std::iter::once(one.actor.clone())
                .chain(nats.map(|v| v.map_or_else(|| "–".to_owned(), |v| format!("{v:.3} nats")))),
        );
    }
    (!table.rows.is_empty()).then(|| Figure {
        id: "predictability".to_owned(),
        title: "How well the others foresee the next move".to_owned(),
        drawing: None,
        table,
        sentence: format!("{}.", capital(&found.definition)),
    })
}
