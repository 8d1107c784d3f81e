//! Models of the literature with what was computed of them: verdict, table, picture and page.

use crate::draw::curves::{self, Swept};
use crate::tables::{Table, percent};
use climbdown_engine::textbook::{Taught, Way};
use std::fmt::Write as _;

/// The style of all drawings, which stands in the page of a report.
const STYLE: &str = include_str!("html/style.css");

/// Whether the claim holds, from which precision on, and what is left without the mechanism.
pub fn verdict(taught: &Taught) -> String {
    let mut out = match (taught.holds_from, taught.precisions) {
        (None, _) => format!(
            "It does not hold at the precisions tried, up to {}.",
            taught.precisions.last().copied().unwrap_or(0.0)
        ),
        (Some(from), [first, ..]) if from <= *first => {
            format!("It holds at every precision tried, from {first} on.")
        }
        (Some(from), all) => {
            let below = all.iter().rev().find(|p| **p < from);
            format!(
                "It holds from precision {from} on; at {} noise hides it.",
                below.copied().unwrap_or(0.0)
            )
        }
    };
    if let (Some(precision), Some(distance)) = (taught.precisions.last(), taught.distance.last()) {
        let _ = write!(
            out,
            " At {precision} the numbers are within {:.1} points of the theorem's.",
            100.0 * distance
        );
    }
    let (parameter, value, says) = taught.without;
    let _ = write!(
        out,
        " With {parameter} = {value} {says}: then it {}.",
        if taught.holds_without {
            "holds as well, so this is not what carries it"
        } else {
            "does not hold"
        }
    );
    if !taught.certified {
        out += " Not all of these solutions are certified.";
    }
    out
}

/// The static as a table: a row a value.
pub fn table(taught: &Taught) -> Table {
    let mut head = vec![taught.parameter.0.to_owned(), "theorem".to_owned()];
    head.extend(taught.precisions.iter().map(|p| format!("λ = {p}")));
    head.push("without".to_owned());
    let mut table = Table::new(head);
    for row in &taught.rows {
        let numbers = row.played.iter().chain([&row.without]);
        let cells = std::iter::once(&row.theorem).chain(numbers);
        table.row(std::iter::once(row.value.to_string()).chain(cells.map(|p| percent(*p))));
    }
    table
}

/// The static as a drawing that stands alone: theorem, noisiest and most precise play, and play
/// without the mechanism, over the values.
pub fn picture(taught: &Taught) -> String {
    let values: Vec<String> = taught.rows.iter().map(|r| r.value.to_string()).collect();
    let panel = |title: String, value: &dyn Fn(usize) -> f64| Swept {
        title,
        values: (0..taught.rows.len()).map(value).collect(),
        turns: Vec::new(),
    };
    let rows = &taught.rows;
    let last = taught.precisions.len() - 1;
    let (parameter, value, _) = taught.without;
    let drawing = curves::sweep(
        taught.claim,
        &format!("{}: {}", taught.parameter.0, taught.parameter.1),
        &values,
        curves::Scale::Common,
        &[
            panel("Theorem".to_owned(), &|k| rows[k].theorem),
            panel(format!("Played, λ = {}", taught.precisions[0]), &|k| {
                rows[k].played[0]
            }),
            panel(format!("Played, λ = {}", taught.precisions[last]), &|k| {
                rows[k].played[last]
            }),
            panel(format!("The same, {parameter} = {value}"), &|k| {
                rows[k].without
            }),
        ],
    );
    let style = format!(
        "<style>{}svg {{ font-family: system-ui, sans-serif; }}\n{}</style>",
        colours(),
        classes()
    );
    let at = drawing.find('>').map_or(0, |k| k + 1);
    format!("{}{style}{}\n", &drawing[..at], &drawing[at..])
}

/// The colours of the style sheet, light and dark.
fn colours() -> &'static str {
    STYLE.split_once("* {").map_or("", |(head, _)| head)
}

/// The rules of the style sheet that curves need.
fn classes() -> String {
    let needed = [
        ".label", ".tick", ".strong", ".axis", ".grid", ".curve", "svg text",
    ];
    let rules = STYLE.lines();
    let rules = rules.filter(|l| needed.iter().any(|n| l.starts_with(n)) && l.ends_with('}'));
    rules.fold(String::new(), |all, rule| all + rule + "\n")
}

/// The page of a model in the documentation.
pub fn page(taught: &Taught) -> String {
    let name = taught.name;
    let table = table(taught);
    let mut out = format!(
        "# {}\n\n`{name}`: {}\n\n**{}**\n\n## Theorem\n\n{}\n\n## As computed\n\n{} Read: {}, over \
         `{}` ({}).\n\n![{}](../images/textbook/{name}.svg)\n\n",
        taught.title,
        taught.paper,
        taught.lesson,
        taught.theorem,
        taught.claim,
        taught.reads,
        taught.parameter.0,
        taught.parameter.1,
        taught.claim,
    );
    let _ = writeln!(out, "| {} |", table.head.join(" | "));
    let _ = writeln!(out, "|{}", "---|".repeat(table.head.len()));
    for row in &table.rows {
        let _ = writeln!(out, "| {} |", row.join(" | "));
    }
    let _ = write!(
        out,
        "\n{}\n\n{}\n\n## What was changed from the paper\n\n",
        verdict(taught),
        sentence(taught.definition)
    );
    for change in taught.changed {
        let _ = writeln!(out, "* {change}");
    }
    let _ = write!(
        out,
        "\n## Run it, change it\n\n    climbdown games {name}\n    climbdown games {name} --text > \
         my.crisis\n    climbdown forecast my.crisis\n\nThe static {} with `{}`; the mechanism goes \
         with `{} = {}`. The scenario is `scenarios/textbook/{name}.crisis`.\n",
        match taught.way {
            Way::Rises => "rises",
            Way::Falls => "falls",
        },
        taught.parameter.0,
        taught.without.0,
        taught.without.1,
    );
    out
}

/// With a capital and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    first
        .into_iter()
        .flatten()
        .chain(letters)
        .collect::<String>()
        + "."
}
