//! Policies side by side, as text.

use crate::problem::Problem;
use crate::screen;
use climbdown_engine::analyse::policies::{Comparison, Criterion, PolicyRow, Ranking, Score};
use climbdown_engine::analyse::range::Spread;
use climbdown_report::comparison::{criterion, failing_sentence, payoff, signed_points};
use climbdown_report::tables::{self, Table};

/// The comparison for people.
pub fn text(comparison: &Comparison, problem: &Problem, rounds: u32) -> String {
    let mut out = risks(comparison);
    out += &payers(comparison, problem, rounds);
    out += &rankings(comparison);
    out += &failing(comparison);
    let unsolved: usize = comparison.policies.iter().map(|p| p.unsolved.len()).sum();
    if unsolved > 0 {
        let first = comparison.policies.iter().find_map(|p| p.unsolved.first());
        let reason = first.map_or("", |u| u.reason.as_str());
        out += "\n";
        out += &screen::wrap(
            &format!(
                "{unsolved} solutions of {} were not found and are in no number above; the first: {reason}.",
                comparison.policies.len() * comparison.drawn
            ),
            2,
        );
    }
    out
}

/// "-3.1 to +0.2".
fn between(spread: Option<Spread>, of: fn(f64) -> String) -> String {
    spread.map_or_else(String::new, |s| format!("{} to {}", of(s.low), of(s.high)))
}

/// The headline under each policy and its paired change.
pub fn risks(comparison: &Comparison) -> String {
    let Some(name) = &comparison.headline else {
        return String::new();
    };
    let of = |p: &PolicyRow| {
        let found = p.measures.iter().filter(|m| m.name == *name);
        found.max_by_key(|m| m.question).cloned()
    };
    let label = comparison.policies.first().and_then(of).map(|m| m.label);
    let mut table = Table::new([
        "Policy", "central", "10-90 %", "change", "10-90 %", "lower in",
    ]);
    for policy in &comparison.policies {
        let Some(m) = of(policy) else { continue };
        let range = m.range.map_or_else(String::new, |s| {
            format!("{:.1}-{:.1} %", s.low * 100.0, s.high * 100.0)
        });
        let written = std::ptr::eq(policy, &raw const comparison.policies[0]);
        table.row([
            policy.label.clone(),
            m.value
                .map_or_else(|| "unsolved".to_owned(), tables::percent),
            range,
            if written {
                String::new()
            } else {
                m.paired.central.map_or_else(String::new, signed_points)
            },
            if written {
                String::new()
            } else {
                between(m.paired.change, signed_points)
            },
            if written {
                String::new()
            } else {
                format!("{:.0} %", m.paired.lower * 100.0)
            },
        ]);
    }
    let mut out = screen::heading(&format!("{}, by policy", label.unwrap_or_default()));
    out += &screen::table(&table);
    out += &screen::wrap(
        &format!(
            "Changes are in percentage points and paired: policy and scenario as written in the same futures, {} drawn and {} \
             solved under every policy. Ranges are over stated assumptions.",
            comparison.drawn, comparison.complete
        ),
        2,
    );
    let inert: Vec<String> = comparison
        .policies
        .iter()
        .skip(1)
        .filter(|p| p.inert)
        .map(|p| format!("`{}`", p.name))
        .collect();
    if !inert.is_empty() {
        out += &screen::wrap(
            &format!(
                "Inert: {} changes no reported number.",
                screen::list(&inert)
            ),
            2,
        );
    }
    out
}

/// Terms shown for each actor and policy.
const TERMS: usize = 2;

/// Who gains and who pays.
pub fn payers(comparison: &Comparison, problem: &Problem, rounds: u32) -> String {
    let mut table = Table::new(["Policy, actor", "central", "10-90 %", "mostly by"]);
    for policy in comparison.policies.iter().skip(1) {
        table.row([policy.label.clone()]);
        for total in policy.payoffs.iter().filter(|p| p.term.is_none()) {
            let mut terms: Vec<(&str, f64)> = policy
                .payoffs
                .iter()
                .filter(|p| p.actor == total.actor)
                .filter_map(|p| Some((p.term.as_deref()?, p.paired.change?.mean)))
                .filter(|(_, mean)| mean.abs() >= 0.005)
                .collect();
            terms.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
            let mostly: Vec<String> = terms
                .iter()
                .take(TERMS)
                .map(|(name, mean)| format!("{name} {}", payoff(*mean)))
                .collect();
            table.row([
                format!("  {}", total.actor),
                total.paired.central.map_or_else(String::new, payoff),
                between(total.paired.change, payoff),
                mostly.join(", "),
            ]);
        }
    }
    let mut out = screen::heading("Who gains, who pays");
    out += &screen::table(&table);
    out += &screen::wrap(
        &format!(
            "Gains (+) and costs (-): expected discounted payoff over {} against the scenario as written, in each actor's own \
             unit; never added across actors. Terms by their mean change.",
            screen::number_of(rounds, problem.round_name())
        ),
        2,
    );
    out
}

/// How often each is best, and regret.
fn rankings(comparison: &Comparison) -> String {
    let mut out = screen::heading("Which is best, and what the others cost");
    for ranking in &comparison.rankings {
        let points = !matches!(ranking.criterion, Criterion::Value { .. });
        let regret = |x: f64| {
            if points {
                tables::points(x)
            } else {
                format!("{x:.2}")
            }
        };
        let good = comparison
            .satisficing
            .as_ref()
            .filter(|_| matches!(ranking.criterion, Criterion::Less { .. }));
        let mut head = vec![
            format!("By {}", criterion(&ranking.criterion)),
            "best in".to_owned(),
            "mean regret".to_owned(),
            "90 %".to_owned(),
            "largest".to_owned(),
        ];
        head.extend(good.map(|g| format!("at most {}", tables::percent(g.bound))));
        let mut table = Table::new(head);
        for score in &ranking.scores {
            table.row(row(comparison, ranking, score, regret, good.is_some()));
        }
        out += &screen::table(&table);
        out.push('\n');
    }
    out += &screen::wrap(
        "Regret: what the best policy of each future does better, in percentage points or in the \
         actor's own unit. ◂ marks the smallest largest regret. Ties share.",
        2,
    );
    out
}

fn row(
    comparison: &Comparison,
    ranking: &Ranking,
    score: &Score,
    regret: impl Fn(f64) -> String,
    good: bool,
) -> Vec<String> {
    let label = comparison.policies.iter().find(|p| p.name == score.policy);
    let mark = if ranking.minimax.as_ref() == Some(&score.policy) {
        " ◂"
    } else {
        ""
    };
    let mut cells = vec![
        format!(
            "{}{mark}",
            label.map_or(score.policy.as_str(), |p| &p.label)
        ),
        format!("{:.0} %", score.best * 100.0),
        regret(score.mean_regret),
        regret(score.regret_90),
        regret(score.largest_regret),
    ];
    if let Some(satisficing) = comparison.satisficing.as_ref().filter(|_| good) {
        let share = satisficing
            .shares
            .iter()
            .find(|(name, _)| *name == score.policy);
        cells.push(share.map_or_else(String::new, |(_, s)| format!("{:.0} %", s * 100.0)));
    }
    cells
}

fn failing(comparison: &Comparison) -> String {
    let Some(first) = comparison
        .rankings
        .first()
        .filter(|_| !comparison.failing.is_empty())
    else {
        return String::new();
    };
    let mut out = screen::heading(&format!(
        "Where each fails to be the best, by {}",
        criterion(&first.criterion)
    ));
    for failing in &comparison.failing {
        let row = comparison
            .policies
            .iter()
            .find(|p| p.name == failing.policy);
        let label = row.map_or(failing.policy.as_str(), |p| &p.label);
        out += &screen::wrap(&failing_sentence(failing, label), 2);
    }
    out += &screen::wrap(
        "A condition is told when shuffled futures give as good a one in at most 5 % of shuffles.",
        2,
    );
    out
}
