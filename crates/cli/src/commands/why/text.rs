//! The reasons as text.

use super::Reasons;
use crate::problem::Problem;
use crate::screen;
use climbdown_engine::analyse::account::Account;
use climbdown_engine::analyse::audits::Audits;
use climbdown_engine::analyse::causes::Causes;
use climbdown_engine::analyse::paths::{ClassPaths, Path, Paths};
use climbdown_engine::analyse::trace::Event;
use climbdown_report::tables::{self, Table};

/// Paths shown; the rest is summed.
const SHOWN: usize = 8;
/// Labels shown that move a belief.
const LABELS: usize = 4;

/// Paths and causes that `run` tells.
const TOLD: usize = 4;

/// The reasons in short.
pub fn brief(reasons: &Reasons) -> String {
    let own = &reasons.account.paths.classes[reasons.index];
    let mut out = screen::heading(&format!("Why \"{}\"", own.label));
    let mut table = Table::new(["what began the last escalation → the last step", "share"]);
    let (shown, rest) = own.paths.split_at(own.paths.len().min(TOLD));
    let left: f64 = rest.iter().map(|p| p.share).sum();
    let shares: Vec<f64> = shown.iter().map(|p| p.share).chain([left]).collect();
    let tenths = tables::tenths(&shares);
    for (path, tenths) in shown.iter().zip(&tenths) {
        table.row([chain(path), tables::tenths_text(*tenths)]);
    }
    if let (true, Some(tenths)) = (left > 0.0, tenths.last()) {
        let rarer = screen::number_of(rest.len() as u64, "rarer path");
        table.row([rarer, tables::tenths_text(*tenths)]);
    }
    out += &screen::table(&table);
    out += &screen::wrap(&how(&reasons.account.paths, shown), 2);
    if let Some((causes, own)) = reasons
        .causes
        .as_ref()
        .and_then(|c| Some((c, c.outcomes.get(reasons.index)?)))
    {
        let mut parts: Vec<(&str, f64)> = causes
            .switches
            .iter()
            .map(|s| s.name.as_str())
            .zip(own.values.iter().copied())
            .collect();
        parts.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        let parts = parts
            .iter()
            .map(|(name, v)| format!("{name} {:+.1}", 100.0 * v));
        let parts: Vec<String> = parts.collect();
        out += &screen::wrap(
            &format!(
                "Causes (percentage points, solved anew without each set of them): {}; {:.1} are left with \
                 all off, {:.1} with all on.",
                parts.join(", "),
                100.0 * own.none,
                100.0 * own.all
            ),
            2,
        );
    }
    if let Some(audits) = &reasons.audits {
        let parts = audits.audits.iter().map(|a| match a.failure {
            None => format!("{} {:.1}", a.change, 100.0 * a.largest),
            Some(_) => format!("{} not solved", a.change),
        });
        let parts: Vec<String> = parts.collect();
        out += &screen::wrap(
            &format!(
                "What the model itself makes (largest change of an outcome, percentage points): {}.",
                parts.join("; ")
            ),
            2,
        );
    }
    out
}

/// How the shares were had.
fn how(paths: &Paths, shown: &[Path]) -> String {
    let trajectories = tables::count(paths.trajectories);
    let error = shown.iter().map(|p| p.standard_error).fold(0.0, f64::max);
    let error = tables::points(error);
    if paths.exact {
        format!(
            "Shares are exact on {} beliefs a type; counted on {trajectories} trajectories, with standard \
             errors of at most {error} percentage points, for comparison.",
            paths.belief_points
        )
    } else {
        format!(
            "Shares are counted on {trajectories} trajectories, with standard errors of at most {error} \
             percentage points: the tables of exact ones would not fit the memory."
        )
    }
}

/// All of them.
pub fn text(problem: &Problem, reasons: &Reasons) -> String {
    let (account, class) = (&reasons.account, reasons.index);
    let own = &account.paths.classes[class];
    let mut out = format!("\x1b[1m{}\x1b[0m\n\n", reasons.title);
    let within = screen::number_of(reasons.window, problem.round_name());
    let as_of = reasons
        .as_of
        .as_ref()
        .map_or_else(String::new, |date| format!(" As of {date}."));
    let counted = format!(
        "± {} on {} trajectories",
        tables::percent(own.standard_error),
        tables::count(account.paths.trajectories)
    );
    let counted = match account.paths.exact {
        true => format!("({} {counted})", tables::percent(own.counted)),
        false => format!("({counted})"),
    };
    out += &screen::wrap(
        &format!(
            "Why \"{}\" after {within}: {} {counted}, if this scenario is right.{as_of}",
            own.label,
            tables::percent(own.probability),
        ),
        0,
    );
    out += &paths(own, account);
    out += &origins(own);
    if let Some(causes) = &reasons.causes {
        out += &because(causes, class);
    }
    if let Some(audits) = &reasons.audits {
        out += &audited(audits);
    }
    out += &accidents(account);
    out += &conduct(account);
    out
}

fn paths(own: &ClassPaths, account: &Account) -> String {
    let mut out = screen::heading("Paths: what began the last escalation, and the last step");
    if own.paths.is_empty() {
        out += &screen::wrap("No course ends so.", 2);
        return out;
    }
    // Where shares are counted there is nothing beside them but their error.
    let exact = account.paths.exact;
    let beside = |share: String, counted: String, error: String| match exact {
        true => vec![share, counted, error],
        false => vec![share, error],
    };
    let head = beside("share".to_owned(), "counted".to_owned(), "error".to_owned());
    let mut table = Table::new(std::iter::once("from".to_owned()).chain(head));
    let (shown, rest) = own.paths.split_at(own.paths.len().min(SHOWN));
    let mut shares: Vec<f64> = shown.iter().map(|p| p.share).collect();
    if !rest.is_empty() {
        shares.push(rest.iter().map(|p| p.share).sum());
    }
    let tenths = tables::tenths(&shares);
    for (path, tenths) in shown.iter().zip(&tenths) {
        let cells = beside(
            tables::tenths_text(*tenths),
            tables::percent(path.counted),
            tables::percent(path.standard_error),
        );
        table.row(std::iter::once(chain(path)).chain(cells));
    }
    if let (false, Some(tenths)) = (rest.is_empty(), tenths.last()) {
        let cells = beside(
            tables::tenths_text(*tenths),
            tables::percent(rest.iter().map(|p| p.counted).sum()),
            String::new(),
        );
        let name = screen::number_of(rest.len() as u64, "rarer path");
        table.row(std::iter::once(name).chain(cells));
    }
    table.row([
        "together".to_owned(),
        tables::tenths_text(tenths.iter().sum()),
    ]);
    out += &screen::table(&table);
    if let Some(path) = shown.first().filter(|p| !p.example.is_empty()) {
        let steps: Vec<String> = path
            .example
            .iter()
            .map(|s| {
                format!(
                    "round {}: {} ({})",
                    s.round,
                    s.event.label,
                    s.changes.join(", ")
                )
            })
            .collect();
        out += &screen::wrap(
            &format!("One of the most frequent kind: {}.", steps.join("; ")),
            2,
        );
    }
    out += &screen::wrap(
        &format!(
            "Measured: {}. {} The seed is {}.",
            account.paths.definition,
            how(&account.paths, shown),
            account.paths.seed
        ),
        2,
    );
    out
}

fn chain(path: &Path) -> String {
    let word = |event: &Event| match event.kind {
        "noise" => format!("{} (by noise)", event.label),
        "accident" => format!("{} (accident)", event.label),
        _ => event.label.clone(),
    };
    match (&path.began, &path.last) {
        (Some(began), Some(last)) if began.name == last.name => word(began),
        (Some(began), Some(last)) => format!("{} → {}", word(began), word(last)),
        (Some(began), None) => format!("{}, and nothing that ended it", word(began)),
        (None, Some(last)) => format!("without escalation: {}", word(last)),
        (None, None) => "without escalation, nothing else came".to_owned(),
    }
}

fn origins(own: &ClassPaths) -> String {
    if own.paths.is_empty() {
        return String::new();
    }
    let origins = own.origins;
    let shares = [
        origins.choice,
        origins.noise,
        origins.accident,
        origins.none,
    ];
    let shown = tables::tenths(&shares);
    let mut table = Table::new(["", "choice", "noise", "accident", "no escalation"]);
    let cells = shown.iter().map(|t| tables::tenths_text(*t));
    table.row(std::iter::once("how it began".to_owned()).chain(cells));
    let mut out = screen::heading("By choice, by noise, by accident");
    out += &screen::table(&table);
    out += &screen::wrap(
        "Noise: the escalation began with a choice that cost its maker more than 1/precision against \
         the best one; much of it means that the model makes the outcome (see --audit).",
        2,
    );
    out
}

fn because(causes: &Causes, class: usize) -> String {
    let Some(own) = causes.outcomes.get(class) else {
        return String::new();
    };
    let mut out = screen::heading("Causes, and what would have been without each");
    let mut table = Table::new(["", "share", "of it", "mechanical", "strategic"]);
    let points = |p: f64| format!("{:+.1}", 100.0 * p);
    let percent = |p: f64| format!("{:.1}", 100.0 * p);
    let share = |p: f64| {
        if own.all > 0.0 {
            format!("{:.0} %", 100.0 * p / own.all)
        } else {
            String::new()
        }
    };
    for ((switch, value), without) in causes.switches.iter().zip(&own.values).zip(&own.without) {
        table.row([
            switch.name.clone(),
            points(*value),
            share(*value),
            without.mechanical.map_or_else(|| "-".to_owned(), percent),
            percent(without.strategic),
        ]);
    }
    table.row([
        "left with all off".to_owned(),
        points(own.none),
        share(own.none),
        String::new(),
        percent(own.none),
    ]);
    table.row([
        "together".to_owned(),
        points(own.none + own.values.iter().sum::<f64>()),
        share(own.none + own.values.iter().sum::<f64>()),
        String::new(),
        format!("{} as it is", percent(own.all)),
    ]);
    out += &screen::table(&table);
    out += &screen::wrap(
        &format!(
            "Share: {}, in percentage points. But for: {}, in per cent. {} solutions on {} belief points an \
             axis; compare rows with each other, not with `run`.",
            causes.definition, causes.but_for, causes.solutions, causes.belief_points
        ),
        2,
    );
    for (switch, without) in causes.switches.iter().zip(&own.without) {
        let reason = without
            .reason
            .as_ref()
            .map_or_else(String::new, |r| format!(" (no mechanical number: {r})"));
        out += &screen::wrap(&format!("{} off: {}{reason}", switch.name, switch.off), 2);
    }
    out
}

fn audited(audits: &Audits) -> String {
    let mut out = screen::heading("What the model itself makes");
    let heads = audits.base.iter().map(|n| n.name.clone());
    let mut table = Table::new(
        std::iter::once("per cent".to_owned())
            .chain(heads)
            .chain(["change".to_owned()]),
    );
    let percent = |p: f64| format!("{:.1}", 100.0 * p);
    let base = audits.base.iter().map(|n| percent(n.probability));
    table.row(std::iter::once("as it is".to_owned()).chain(base));
    for audit in &audits.audits {
        let numbers = audit.numbers.iter().map(|p| percent(*p));
        let change = format!("{:.2}", 100.0 * audit.largest);
        table.row(
            std::iter::once(audit.change.clone())
                .chain(numbers)
                .chain([change]),
        );
    }
    out += &screen::table(&table);
    out += &screen::wrap(&format!("Measured: {}.", audits.definition), 2);
    for audit in &audits.audits {
        if let Some(failure) = &audit.failure {
            out += &screen::wrap(&format!("{}: {failure}", audit.name), 2);
        }
    }
    out
}

fn accidents(account: &Account) -> String {
    let found = &account.accidents;
    if found.attribution.is_empty() {
        return String::new();
    }
    let mut out = screen::heading("Accidents taken for orders");
    let mut table = Table::new(["label", "seen", "thought orders", "are orders", "too many"]);
    for row in &found.attribution {
        table.row([
            row.label.clone(),
            format!("{:.2}", row.seen),
            tables::percent(row.believed),
            tables::percent(row.actual),
            format!("{:+.1}", 100.0 * row.overconfidence),
        ]);
    }
    out += &screen::table(&table);
    out += &screen::wrap(
        "Seen: times a trajectory that the label came with a result that either may bring about.",
        2,
    );
    out
}

/// Declared and solved rates of answering, where a red line declares any or is crossed.
fn answers(account: &Account) -> String {
    let percent = |p: Option<f64>| p.map_or("-".to_owned(), |p| format!("{:.0} %", 100.0 * p));
    let mut rows = Table::new(["red line", "holder", "declared", "in play", "crossings"]);
    for line in &account.answers.lines {
        for kind in &line.types {
            let dot = if kind.kind.is_empty() { "" } else { "." };
            let error = kind.standard_error.unwrap_or(0.0);
            let solved = match kind.solved {
                Some(_) => format!("{} ± {:.0}", percent(kind.solved), 100.0 * error),
                None => "-".to_owned(),
            };
            rows.row([
                line.line.clone(),
                format!("{}{dot}{}", line.holder, kind.kind),
                percent(kind.declared),
                solved,
                kind.crossings.to_string(),
            ]);
        }
    }
    if rows.rows.is_empty() {
        return String::new();
    }
    let mut out = screen::heading("How often crossings of red lines are answered");
    out += &screen::table(&rows);
    out += &screen::wrap(&format!("In play: {}.", account.answers.definition), 2);
    out
}

fn conduct(account: &Account) -> String {
    let mut out = String::new();
    let mut rows = Table::new(["belief in", "moved by", "times", "change", "movement"]);
    for (k, moves) in account.credibility.iter().enumerate() {
        // The last type of an actor mirrors the others.
        let next = account.credibility.get(k + 1);
        if next.is_none_or(|next| next.actor != moves.actor) {
            continue;
        }
        for effect in moves.labels.iter().take(LABELS) {
            rows.row([
                format!("{}.{}", moves.actor, moves.kind),
                effect.label.clone(),
                format!("{:.2}", effect.seen),
                format!("{:+.3}", effect.change),
                format!("{:.3}", effect.movement),
            ]);
        }
    }
    if !rows.rows.is_empty() {
        out += &screen::heading("What moves beliefs");
        out += &screen::table(&rows);
        if let Some(first) = account.credibility.first() {
            out += &screen::wrap(&format!("Change: {}.", first.definition), 2);
        }
    }
    out += &answers(account);
    if !account.predictability.actors.is_empty() {
        out += &screen::heading("How well the next move is forecast");
        let mut table = Table::new([
            "log loss",
            "decisions",
            "equal odds",
            "priors",
            "public belief",
            "type known",
        ]);
        for actor in &account.predictability.actors {
            table.row([
                actor.actor.clone(),
                format!("{:.1}", actor.decisions),
                format!("{:.3}", actor.uniform),
                format!("{:.3}", actor.priors),
                format!("{:.3}", actor.public),
                format!("{:.3}", actor.informed),
            ]);
        }
        out += &screen::table(&table);
        out += &screen::wrap(
            &format!("Measured: {}.", account.predictability.definition),
            2,
        );
    }
    out
}
