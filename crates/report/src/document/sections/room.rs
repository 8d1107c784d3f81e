//! Bargaining room: which packages would serve both sides, by pair of types, and what would open one.

use super::{Drawn, read};
use crate::document::{Figure, Part, Results, Section, anchor};
use crate::draw::bars;
use crate::tables::{self, Table};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Room {
    definition: String,
    opening: String,
    tables: Vec<Talks>,
}

#[derive(Deserialize)]
struct Talks {
    talks: String,
    label: String,
    rung: Option<String>,
    sides: [String; 2],
    deadlock: f64,
    pairs: Vec<Pair>,
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Pair {
    types: [String; 2],
    weight: f64,
    width: f64,
    width_without_price: f64,
    width_after_rhetoric: f64,
    package: String,
    accepted_by: String,
    binding: String,
    opens: Vec<Term>,
}

#[derive(Deserialize)]
struct Term {
    name: String,
    difference: f64,
    opens_at: Option<f64>,
}

#[derive(Deserialize)]
struct Package {
    package: String,
    label: String,
    accepted_by: String,
    implemented: f64,
    surpluses: [Vec<Surplus>; 2],
}

#[derive(Deserialize)]
struct Surplus {
    #[serde(rename = "type")]
    kind: String,
    surplus: f64,
}

/// Bars of one drawing; the table has them all.
const BARS: usize = 24;

/// The section: each of the talks where the crisis stands, then rung by rung.
pub fn draw(answer: &Value, r: &Results) -> Option<Drawn> {
    let found: Room = read(answer)?;
    let mut parts = Vec::new();
    for (k, talks) in found.tables.iter().enumerate() {
        if found.tables[..k].iter().any(|t| t.talks == talks.talks) {
            continue;
        }
        let same: Vec<&Talks> = found
            .tables
            .iter()
            .filter(|t| t.talks == talks.talks)
            .collect();
        let figures = [
            pairs(talks, r),
            packages(talks, r),
            opening(talks, r),
            rungs(&same),
        ];
        parts.extend(figures.into_iter().flatten().map(Part::Figure));
    }
    Some(Drawn {
        first: None,
        section: Section {
            id: "room".to_owned(),
            title: "Is there a deal that both would rather have?".to_owned(),
            definition: found.definition,
            limits: found.opening,
            parts,
        },
    })
}

fn signed(value: f64) -> String {
    format!("{value:+.2}").replace('-', "−")
}

/// "Hard, Soft", or whatever of it there is.
fn types(talks: &Talks, types: &[String; 2], r: &Results) -> String {
    let named = talks.sides.iter().zip(types).filter(|(_, t)| !t.is_empty());
    let named: Vec<String> = named
        .map(|(side, kind)| format!("{}: {}", r.actor(side), r.kind(side, kind)))
        .collect();
    if named.is_empty() {
        talks.sides.each_ref().map(|s| r.actor(s)).join(", ")
    } else {
        named.join(", ")
    }
}

/// The label of a package.
fn package<'a>(talks: &'a Talks, name: &'a str) -> &'a str {
    let own = talks.packages.iter().find(|p| p.package == name);
    own.map_or(name, |p| &p.label)
}

fn pairs(talks: &Talks, r: &Results) -> Option<Figure> {
    let likeliest = talks
        .pairs
        .iter()
        .max_by(|a, b| a.weight.total_cmp(&b.weight))?;
    let mut table = Table::new([
        "types",
        "believed",
        "room (own units of the side with less)",
        "had no price been raised",
        "less what rejecting is worth at home",
        "package",
        "accepted by",
        "side with less",
    ]);
    let mut rows = Vec::new();
    for pair in &talks.pairs {
        let name = types(talks, &pair.types, r);
        let deal = package(talks, &pair.package);
        table.row([
            name.clone(),
            tables::percent(pair.weight),
            signed(pair.width),
            signed(pair.width_without_price),
            signed(pair.width_after_rhetoric),
            deal.to_owned(),
            r.actor(&pair.accepted_by).to_owned(),
            r.actor(&pair.binding).to_owned(),
        ]);
        rows.push(bars::Signed {
            label: format!("{name} ({})", tables::percent(pair.weight)),
            value: pair.width,
            text: signed(pair.width),
            range: None,
        });
    }
    rows.truncate(BARS);
    let title = format!("{}: room by pair of types", talks.label);
    let unit =
        "surplus of the side that gains less from the best package, own units; below 0: no room";
    let name = types(talks, &likeliest.types, r);
    let deal = package(talks, &likeliest.package);
    let most = if likeliest.width > 0.0 {
        format!("“{deal}” serves both, by {}", signed(likeliest.width))
    } else {
        format!(
            "nothing does; “{deal}” comes nearest, and {} lacks {:.2}",
            r.actor(&likeliest.binding),
            -likeliest.width
        )
    };
    Some(Figure {
        id: format!("room-{}", anchor(&talks.talks)),
        drawing: Some(bars::signed(&title, unit, &rows)),
        title,
        table,
        sentence: format!(
            "With probability {}, as types are believed now, no package serves both sides. For the \
             likeliest pair ({name}) {most}.",
            tables::percent(talks.deadlock)
        ),
    })
}

/// The smaller surplus of each package for each pair of types, whoever accepts.
fn packages(talks: &Talks, r: &Results) -> Option<Figure> {
    let mut table = Table::new([
        "package",
        "accepted by",
        "implemented, as believed",
        "types",
        "surplus of the first",
        "surplus of the second",
        "smaller",
    ]);
    // Package, pair → the largest smaller surplus over who accepts.
    let mut best: Vec<(String, f64)> = Vec::new();
    for one in &talks.packages {
        for a in &one.surpluses[0] {
            for b in &one.surpluses[1] {
                let kinds = [a.kind.clone(), b.kind.clone()];
                let name = types(talks, &kinds, r);
                let smaller = a.surplus.min(b.surplus);
                table.row([
                    one.label.clone(),
                    r.actor(&one.accepted_by).to_owned(),
                    tables::percent(one.implemented),
                    name.clone(),
                    signed(a.surplus),
                    signed(b.surplus),
                    signed(smaller),
                ]);
                let label = format!("{}. {name}", one.label);
                match best.iter_mut().find(|(l, _)| *l == label) {
                    Some((_, most)) => *most = most.max(smaller),
                    None => best.push((label, smaller)),
                }
            }
        }
    }
    let all = best.len();
    let open = best.iter().filter(|(_, s)| *s > 0.0).count();
    let top = best.iter().max_by(|a, b| a.1.total_cmp(&b.1))?.0.clone();
    let rows: Vec<bars::Signed> = best
        .into_iter()
        .take(BARS)
        .map(|(label, smaller)| bars::Signed {
            label,
            value: smaller,
            text: signed(smaller),
            range: None,
        })
        .collect();
    let title = format!("{}: by package and pair of types", talks.label);
    let unit = "smaller of both sides' surpluses, own units, whoever accepts";
    Some(Figure {
        id: format!("room-packages-{}", anchor(&talks.talks)),
        drawing: Some(bars::signed(&title, unit, &rows)),
        title,
        table,
        sentence: format!(
            "In {open} of {all} combinations of package and types both sides gain; the widest is “{}”.",
            top.replacen(". ", "” for “", 1)
        ),
    })
}

/// What would open a closed room.
fn opening(talks: &Talks, r: &Results) -> Option<Figure> {
    let mut table = Table::new([
        "types",
        "side in the way",
        "term",
        "counts now",
        "opens when multiplied by",
    ]);
    let mut nearest: Option<(f64, String)> = None;
    for pair in talks.pairs.iter().filter(|p| p.width <= 0.0) {
        for term in &pair.opens {
            let factor = term.opens_at.filter(|f| f.is_finite());
            table.row([
                types(talks, &pair.types, r),
                r.actor(&pair.binding).to_owned(),
                term.name.replace('_', " "),
                signed(term.difference),
                factor.map_or_else(|| "–".to_owned(), |f| format!("{f:.2}").replace('-', "−")),
            ]);
            let Some(factor) = factor else { continue };
            let far = (factor - 1.0).abs();
            if nearest.as_ref().is_none_or(|(least, _)| far < *least) {
                let text = format!(
                    "The smallest change that opens one: “{}” of {} times {factor:.2}, for {}.",
                    term.name.replace('_', " "),
                    r.actor(&pair.binding),
                    types(talks, &pair.types, r)
                );
                nearest = Some((far, text));
            }
        }
    }
    (!table.rows.is_empty()).then(|| Figure {
        id: format!("room-opening-{}", anchor(&talks.talks)),
        title: format!("{}: what would open the room", talks.label),
        drawing: None,
        table,
        sentence: nearest.map_or_else(
            || "No single term opens it, play held.".to_owned(),
            |(_, text)| text,
        ),
    })
}

/// The same place on every rung of the ladder.
fn rungs(same: &[&Talks]) -> Option<Figure> {
    let (first, last) = (same.first()?, same.last()?);
    if same.len() < 2 {
        return None;
    }
    let mut table = Table::new(["rung", "deadlock", "narrowest room", "widest room"]);
    let mut rows = Vec::new();
    for talks in same {
        let widths = || talks.pairs.iter().map(|p| p.width);
        let rung = talks.rung.clone().unwrap_or_default();
        table.row([
            rung.clone(),
            tables::percent(talks.deadlock),
            signed(widths().fold(f64::INFINITY, f64::min)),
            signed(widths().fold(f64::NEG_INFINITY, f64::max)),
        ]);
        rows.push(bars::Share {
            label: rung,
            text: tables::percent(talks.deadlock),
            share: talks.deadlock,
        });
    }
    let title = format!("{}: deadlock by rung", first.label);
    let unit = "probability that no package serves both sides, %, all else as it stands";
    let name = |t: &Talks| t.rung.clone().unwrap_or_default();
    Some(Figure {
        id: format!("room-rungs-{}", anchor(&first.talks)),
        drawing: Some(bars::shares(&title, unit, &rows)),
        title,
        table,
        sentence: format!(
            "Deadlock is at {} at “{}” and at {} at “{}”, all else equal.",
            tables::percent(first.deadlock),
            name(first),
            tables::percent(last.deadlock),
            name(last)
        ),
    })
}
