//! Policies side by side, on the same futures: paired changes, who pays, regret, where each fails.

use super::{Drawn, read};
use crate::comparison::{criterion, failing_sentence, payoff, signed_points};
use crate::document::{Figure, Part, Results, Section};
use crate::draw::bars;
use crate::tables::{self, Table};
use climbdown_engine::analyse::policies::{
    Comparison, Criterion, MeasureChange, PolicyRow, Ranking,
};
use climbdown_engine::analyse::range::Spread;
use serde_json::Value;

/// The section, with the paired change of the headline for the first screen.
pub fn draw(answer: &Value, r: &Results) -> Option<Drawn> {
    let comparison: &Comparison = &read(answer)?;
    let figures = comparison.rankings.iter().enumerate();
    let mut parts: Vec<Part> = [payers(comparison, r), terms(comparison, r)]
        .into_iter()
        .chain(figures.map(|(k, ranking)| regrets(comparison, ranking, k)))
        .map(Part::Figure)
        .collect();
    if let (Some(first), false) = (comparison.rankings.first(), comparison.failing.is_empty()) {
        parts.push(Part::Figure(failing(comparison, first)));
    }
    let unsolved: usize = comparison.policies.iter().map(|p| p.unsolved.len()).sum();
    let lost = if unsolved == 0 {
        String::new()
    } else {
        format!(" {unsolved} solutions were not found and are in no number here.")
    };
    Some(Drawn {
        first: risks(comparison),
        section: Section {
            id: "policies".to_owned(),
            title: "Policies side by side".to_owned(),
            definition: format!(
                "Each policy and the scenario as written, solved and forecast in the same {} \
                 futures; changes are paired.",
                comparison.drawn
            ),
            limits: format!(
                "Ranges are over stated assumptions, from {} futures solved under every policy. \
                 Values are of one actor and are never added across actors.{lost}",
                comparison.complete
            ),
            parts,
        },
    })
}

/// The headline under a policy.
fn headline<'a>(comparison: &Comparison, policy: &'a PolicyRow) -> Option<&'a MeasureChange> {
    let name = comparison.headline.as_ref()?;
    let found = policy.measures.iter().filter(|m| m.name == *name);
    found.max_by_key(|m| m.question)
}

fn between(spread: Option<Spread>, of: fn(f64) -> String) -> String {
    spread.map_or_else(String::new, |s| format!("{} to {}", of(s.low), of(s.high)))
}

fn risks(comparison: &Comparison) -> Option<Figure> {
    let label = &headline(comparison, comparison.policies.first()?)?.label;
    let mut table = Table::new([
        "policy",
        "central",
        "10-90 % over the assumptions",
        "paired change (percentage points)",
        "10-90 % of the change",
        "lower in",
    ]);
    let mut rows = Vec::new();
    let mut best: Option<(&str, f64, f64)> = None;
    for (k, policy) in comparison.policies.iter().enumerate() {
        let Some(m) = headline(comparison, policy) else {
            continue;
        };
        let central = m
            .value
            .map_or_else(|| "unsolved".to_owned(), tables::percent);
        let range = m.range.map_or_else(String::new, |s| {
            format!("{} to {}", tables::percent(s.low), tables::percent(s.high))
        });
        if k == 0 {
            table.row([policy.label.clone(), central, range]);
            continue;
        }
        let change = m.paired.central;
        let text = change.map_or_else(|| "unsolved".to_owned(), signed_points);
        table.row([
            policy.label.clone(),
            central,
            range,
            text.clone(),
            between(m.paired.change, signed_points),
            format!("{:.0} % of futures", m.paired.lower * 100.0),
        ]);
        rows.push(bars::Signed {
            label: policy.label.clone(),
            value: change.unwrap_or(f64::NAN) * 100.0,
            text: text.replace('-', "−"),
            range: m.paired.change.map(|s| (s.low * 100.0, s.high * 100.0)),
        });
        if let Some(change) = change.filter(|c| best.is_none_or(|(_, least, _)| *c < least)) {
            best = Some((&policy.label, change, m.paired.lower));
        }
    }
    let sentence = match best {
        Some((label, change, lower)) if change < 0.0 => format!(
            "“{label}” lowers it most under the central assumptions, by {} percentage points, and \
             lowers it in {:.0} % of the futures drawn. Thin lines span the 10th to 90th percentile.",
            tables::points(change),
            lower * 100.0
        ),
        Some(_) => "No policy lowers it under the central assumptions.".to_owned(),
        None => return None,
    };
    let title = format!("What each policy changes: {label}");
    Some(Figure {
        id: "policy-risk".to_owned(),
        drawing: Some(bars::signed(
            &title,
            "change against the scenario as written, percentage points",
            &rows,
        )),
        title,
        table,
        sentence,
    })
}

/// Each actor's sum under each policy, and the terms that make most of it.
fn payers(comparison: &Comparison, r: &Results) -> Figure {
    let mut table = Table::new([
        "policy",
        "who",
        "change in expected discounted payoff (own units)",
        "10-90 % over the assumptions",
        "mostly by (mean over futures)",
    ]);
    let mut worst: Option<(&str, &str, f64)> = None;
    for policy in comparison.policies.iter().skip(1) {
        for total in policy.payoffs.iter().filter(|p| p.term.is_none()) {
            let own = policy.payoffs.iter().filter(|p| p.actor == total.actor);
            let mut terms: Vec<(&str, f64)> = own
                .filter_map(|p| Some((p.term.as_deref()?, p.paired.change?.mean)))
                .filter(|(_, mean)| mean.abs() >= SMALL)
                .collect();
            terms.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
            let terms = terms.iter().take(2);
            let mostly: Vec<String> = terms
                .map(|(term, mean)| format!("{term} {}", payoff(*mean)))
                .collect();
            let central = total.paired.central;
            table.row([
                policy.label.clone(),
                r.actor(&total.actor).to_owned(),
                central.map_or_else(String::new, payoff),
                between(total.paired.change, payoff),
                mostly.join(", "),
            ]);
            if let Some(c) = central.filter(|c| worst.is_none_or(|(_, _, w)| *c < w)) {
                worst = Some((&policy.label, &total.actor, c));
            }
        }
    }
    let sentence = match worst {
        Some((policy, actor, change)) if change < 0.0 => format!(
            "{} pays most, under “{policy}”: {} in its own units over {}.",
            r.actor(actor),
            payoff(change),
            r.rounds(r.game.window)
        ),
        _ => "Nobody loses by any of them under the central assumptions.".to_owned(),
    };
    Figure {
        id: "policy-payers".to_owned(),
        title: "Who gains, who pays".to_owned(),
        drawing: None,
        table,
        sentence,
    }
}

/// Changes of payoffs that are not told apart from none.
const SMALL: f64 = 0.005;

/// The same by term.
fn terms(comparison: &Comparison, r: &Results) -> Figure {
    let mut table = Table::new([
        "policy",
        "who",
        "term",
        "change in expected discounted payoff (own units)",
        "10-90 % over the assumptions",
    ]);
    let moves = |x: f64| x.abs() >= SMALL;
    for policy in comparison.policies.iter().skip(1) {
        for p in &policy.payoffs {
            let Some(term) = &p.term else { continue };
            if p.paired.central.is_some_and(moves) || p.paired.change.is_some_and(|s| moves(s.mean))
            {
                table.row([
                    policy.label.clone(),
                    r.actor(&p.actor).to_owned(),
                    term.clone(),
                    p.paired.central.map_or_else(String::new, payoff),
                    between(p.paired.change, payoff),
                ]);
            }
        }
    }
    Figure {
        id: "policy-terms".to_owned(),
        title: "Who gains, who pays, by term".to_owned(),
        drawing: None,
        table,
        sentence: format!("Terms that change by less than {SMALL} are left out."),
    }
}

fn label<'a>(comparison: &'a Comparison, name: &'a str) -> &'a str {
    let policy = comparison.policies.iter().find(|p| p.name == name);
    policy.map_or(name, |p| &p.label)
}

fn regrets(comparison: &Comparison, ranking: &Ranking, k: usize) -> Figure {
    let points = !matches!(ranking.criterion, Criterion::Value { .. });
    let unit = if points {
        "percentage points"
    } else {
        "own units"
    };
    let regret = |x: f64| {
        if points {
            tables::points(x)
        } else {
            format!("{x:.2}")
        }
    };
    let good = comparison.satisficing.as_ref();
    let good = good.filter(|_| matches!(ranking.criterion, Criterion::Less { .. }));
    let mut head = vec![
        "policy".to_owned(),
        "best in".to_owned(),
        format!("mean regret ({unit})"),
        format!("90th percentile ({unit})"),
        format!("largest ({unit})"),
    ];
    head.extend(good.map(|g| format!("at most {} in", tables::percent(g.bound))));
    let mut table = Table::new(head);
    for score in &ranking.scores {
        let mut row = vec![
            label(comparison, &score.policy).to_owned(),
            format!("{:.0} %", score.best * 100.0),
            regret(score.mean_regret),
            regret(score.regret_90),
            regret(score.largest_regret),
        ];
        let share = good.and_then(|g| g.shares.iter().find(|(name, _)| *name == score.policy));
        row.extend(share.map(|(_, s)| format!("{:.0} %", s * 100.0)));
        table.row(row);
    }
    let by = criterion(&ranking.criterion);
    let sentence = ranking.minimax.as_ref().map_or_else(String::new, |name| {
        format!(
            "“{}” has the smallest largest regret. Regret is what the best policy of each future \
             does better.",
            label(comparison, name)
        )
    });
    Figure {
        id: format!("policy-regret-{}", k + 1),
        title: format!("Which is best, by {by}, and what the others cost"),
        drawing: None,
        table,
        sentence,
    }
}

fn failing(comparison: &Comparison, first: &Ranking) -> Figure {
    let mut table = Table::new(["where each policy fails to be the best"]);
    for one in &comparison.failing {
        table.row([failing_sentence(one, label(comparison, &one.policy))]);
    }
    Figure {
        id: "policy-failing".to_owned(),
        title: format!("Where each fails, by {}", criterion(&first.criterion)),
        drawing: None,
        table,
        sentence: "A condition is told when shuffled futures give as good a one in at most 5 % of \
                   shuffles."
            .to_owned(),
    }
}
