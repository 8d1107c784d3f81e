//! What a comparison of policies says, in words.

use climbdown_engine::analyse::conditions::{Condition, Failing};
use climbdown_engine::analyse::policies::Criterion;

/// A change in percentage points with its sign; "0" only when there is none at all.
pub fn signed_points(change: f64) -> String {
    let points = change * 100.0;
    match points.abs() {
        0.0 => "0".to_owned(),
        p if p < 0.05 => "±0.0".to_owned(),
        _ => format!("{points:+.1}"),
    }
}

/// A change of a payoff with its sign.
pub fn payoff(x: f64) -> String {
    match x.abs() {
        0.0 => "0".to_owned(),
        size if size < 0.005 => "±0.00".to_owned(),
        _ => format!("{x:+.2}"),
    }
}

/// What makes a policy the better one.
pub fn criterion(criterion: &Criterion) -> String {
    match criterion {
        Criterion::Less { measure } => format!("less {measure}"),
        Criterion::More { measure } => format!("more {measure}"),
        Criterion::Value { actor } => format!("value to {actor}"),
    }
}

fn condition(condition: &Condition) -> String {
    let number = |x: f64| {
        let text = format!("{x:.3}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    let value = |v: f64, unit: &str| match unit {
        "" => number(v),
        unit => format!("{} {unit}", number(v)),
    };
    match condition {
        Condition::Above {
            parameter,
            value: v,
            unit,
        } => format!("{parameter} is above {}", value(*v, unit)),
        Condition::Below {
            parameter,
            value: v,
            unit,
        } => format!("{parameter} is below {}", value(*v, unit)),
        Condition::Structure {
            structure,
            alternative,
        } => format!("{structure} is {alternative}"),
    }
}

/// A sentence on where one policy fails.
pub fn failing_sentence(failing: &Failing, label: &str) -> String {
    let share = format!("{:.0} %", failing.share * 100.0);
    if failing.share == 0.0 {
        return format!("{label}: the best, or as good as the best, in every future.");
    }
    if failing.share == 1.0 {
        return format!("{label}: never the best.");
    }
    if failing.conditions.is_empty() {
        return format!(
            "{label}: not the best in {share} of futures; no one condition tells these apart better \
             than chance would."
        );
    }
    let conditions: Vec<String> = failing.conditions.iter().map(condition).collect();
    format!(
        "{label}: not the best in {share} of futures, above all where {}. That covers {:.0} % of them; \
         there it is not the best in {:.0} % of futures, elsewhere in {:.0} %.",
        conditions.join(" and "),
        failing.coverage * 100.0,
        failing.density * 100.0,
        failing.elsewhere * 100.0
    )
}
