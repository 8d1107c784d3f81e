//! What `run` says: a sentence, the outcomes, the questions, how escalation begins, certificates.

use crate::certificates::Certificates;
use crate::problem::Problem;
use crate::screen;
use climbdown_engine::analyse::base_rates::{self, Standing};
use climbdown_engine::analyse::draws;
use climbdown_engine::analyse::range::{MeasureRange, RangeReport};
use climbdown_engine::forecast::{Forecast, SpellShares};
use climbdown_engine::math;
use climbdown_report::tables::{self, Table};
use climbdown_report::words;

/// Calendar weeks after which first passages are shown.
const WEEKS: [u32; 4] = [4, 13, 26, 52];
/// Cells of the longest bar.
const BAR: usize = 24;

/// The first sentence: the first question of the scenario, or its first outcome class.
pub fn headline(problem: &Problem, forecast: &Forecast, range: Option<&RangeReport>) -> String {
    let game = &problem.game;
    let question = forecast.questions.first().zip(game.questions.first());
    let (name, text, within, p) = match (question, forecast.classes.first()) {
        (Some((series, question)), _) => (
            (&series.name, true),
            &series.label,
            question.by,
            series.probability.get(question.by as usize),
        ),
        (None, Some(class)) => (
            (&class.name, false),
            &class.label,
            game.window,
            class.probability.get(game.window as usize),
        ),
        (None, None) => return String::new(),
    };
    let Some(p) = p else { return String::new() };
    let within = format!("within {}", screen::number_of(within, problem.round_name()));
    let subject = if text.ends_with('?') {
        format!("{text} Yes {within}")
    } else if text.contains("within") {
        text.clone()
    } else {
        format!("{text} {within}")
    };
    let as_of = problem
        .as_of()
        .map_or_else(String::new, |date| format!(" As of {date}."));
    let ranged = range.and_then(|r| {
        let own = |m: &&MeasureRange| (&m.measure.name, m.measure.question) == name;
        r.measures.iter().find(own).map(|m| m.range)
    });
    let predicate = match ranged {
        Some(range) => words::ranged_predicate(*p, range.low, range.high),
        None => words::predicate(*p),
    };
    let standings = against_base_rates(problem, forecast);
    let base = standings.iter().find(|s| s.of == *name.0);
    let base = base.map_or_else(String::new, |s| {
        format!(
            " Base rate of comparable crises: {}.",
            tables::percent(s.base)
        )
    });
    format!("{subject} {predicate}, if this scenario is right.{as_of}{base}")
}

/// The forecast beside every declared base rate.
pub fn against_base_rates(problem: &Problem, forecast: &Forecast) -> Vec<Standing> {
    problem.scenario.as_ref().map_or_else(Vec::new, |scenario| {
        base_rates::standings(scenario, &problem.game, forecast)
    })
}

/// The screen.
pub fn text(
    problem: &Problem,
    forecast: &Forecast,
    certificates: &Certificates,
    headline: &str,
    (range, analyses): (Option<&RangeReport>, String),
) -> String {
    let mut out = format!("\x1b[1m{}\x1b[0m\n\n", problem.game.title);
    out += &screen::wrap(headline, 0);
    if range.is_none_or(|r| r.parameters + r.structures == 0) {
        let ranged = problem
            .scenario
            .as_ref()
            .is_some_and(|s| s.parameters.iter().any(draws::has_range) || !s.structures.is_empty());
        let why = match (ranged, &certificates.simulation) {
            (false, _) => "no parameter has a range",
            (true, None) => "a run that is not quick gives the range over them",
            (true, Some(_)) => "nothing was solved in the futures over them",
        };
        out += &screen::wrap(
            &format!("This is one number from the central assumptions: {why}."),
            0,
        );
    }
    out += &outcomes(problem, forecast);
    out += &passages(problem, forecast);
    out += &comparable(problem, forecast);
    out += &escalation(forecast);
    out += &range.map_or_else(String::new, ranges);
    out += &analyses;
    out += &screen::heading("Certificates (numerical error, not doubt about the scenario)");
    out += &screen::facts(&certificates.facts());
    out += "\n";
    out += &screen::wrap(
        &format!(
            "climbdown {}; words: {}; content {}",
            env!("CARGO_PKG_VERSION"),
            words::TABLE,
            problem.source.hash().get(..16).unwrap_or_default()
        ),
        0,
    );
    out
}

/// The exclusive outcomes, which add to a hundred.
fn outcomes(problem: &Problem, forecast: &Forecast) -> String {
    let window = problem.game.window;
    let shares: Vec<f64> = forecast
        .classes
        .iter()
        .map(|c| c.probability.get(window as usize).copied().unwrap_or(0.0))
        .collect();
    if shares.is_empty() {
        return String::new();
    }
    let largest = shares.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let shown = tables::tenths(&shares);
    let mut out = screen::heading(&format!(
        "Outcome after {}",
        screen::number_of(window, problem.round_name())
    ));
    let width = forecast
        .classes
        .iter()
        .map(|c| c.label.chars().count())
        .max()
        .unwrap_or(0);
    let width = width.clamp(8, screen::WIDTH - BAR - 14);
    for ((class, share), tenths) in forecast.classes.iter().zip(&shares).zip(&shown) {
        let label: String = class.label.chars().take(width).collect();
        let bar = tables::bar(share / largest, BAR);
        out += &format!(
            "  {label:<width$} {:>8}  {bar}",
            match tenths {
                0 if *share > 0.0 => "<0.1 %".to_owned(),
                tenths => tables::tenths_text(*tenths),
            }
        );
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
    let sum: f64 = shares.iter().sum();
    let off = match (sum - 1.0).abs() {
        0.0 => "exactly".to_owned(),
        e => format!("1 within {}", tables::small(e)),
    };
    let total = tables::tenths_text(shown.iter().sum());
    out += &format!("  {:<width$} {total:>8}  (sum {off})\n", "together");
    out
}

/// First passages at a few dates.
fn passages(problem: &Problem, forecast: &Forecast) -> String {
    if forecast.questions.is_empty() {
        return String::new();
    }
    let dates = dates(problem);
    let mut table = Table::new(
        std::iter::once("Has it come true within".to_owned())
            .chain(dates.iter().map(|(_, head)| head.clone())),
    );
    for question in &forecast.questions {
        let at = |(round, _): &(usize, String)| {
            question
                .probability
                .get(*round)
                .map_or_else(String::new, |p| tables::percent(*p))
        };
        // The columns say within how long.
        let label = match question.label.rfind(" within ") {
            Some(end) if end > 0 => &question.label[..end],
            _ => &question.label,
        };
        table.row(std::iter::once(label.to_owned()).chain(dates.iter().map(at)));
    }
    format!(
        "{}{}",
        screen::heading("Questions (first passages)"),
        screen::table(&table)
    )
}

/// The forecast against how often it came in comparable crises.
fn comparable(problem: &Problem, forecast: &Forecast) -> String {
    let standings = against_base_rates(problem, forecast);
    if standings.is_empty() {
        return String::new();
    }
    let mut out = screen::heading("Against comparable crises");
    for s in &standings {
        let counted = s
            .count
            .zip(s.interval)
            .map_or_else(String::new, |((k, n), (low, high))| {
                format!(
                    " ({k} of {n}; {} to {} as far as that number tells, 5th to 95th percentile)",
                    tables::percent(low),
                    tables::percent(high)
                )
            });
        let times = s
            .ratio
            .map_or_else(String::new, |r| format!(", {r:.2} times the base rate"));
        let skill = |skill: Option<f64>| match skill {
            Some(skill) => format!("{skill:+.2}"),
            None => "without bound below".to_owned(),
        };
        let label = if s.label.is_empty() {
            &s.name
        } else {
            &s.label
        };
        out += &screen::wrap(
            &format!(
                "{}: {} here{times}. {label}: {}{counted} of {}. If it comes true, this forecast will \
                 have a skill of {} against the base rate; if not, of {}.",
                s.of_label,
                tables::percent(s.forecast),
                tables::percent(s.base),
                s.population,
                skill(s.skill_if_true),
                skill(s.skill_if_false),
            ),
            2,
        );
    }
    out += &screen::wrap(base_rates::DEFINITION, 2);
    out
}

/// Rounds that lie 4, 13, 26 and 52 weeks ahead, with their column heads; where the length of a
/// round is not known, so many rounds.
fn dates(problem: &Problem) -> Vec<(usize, String)> {
    let horizon = problem.game.horizon;
    let mut dates: Vec<(usize, String)> = WEEKS
        .iter()
        .filter_map(|weeks| match problem.round_days() {
            Some(days) => {
                // A round that ends a moment after the date, by rounding, has still ended.
                let rounds = (f64::from(*weeks) * 7.0 / days + 1e-6).floor();
                (1.0..=f64::from(horizon))
                    .contains(&rounds)
                    .then(|| (rounds as usize, format!("{weeks} weeks")))
            }
            None => (*weeks <= horizon).then(|| (*weeks as usize, format!("{weeks} rounds"))),
        })
        .collect();
    if dates.is_empty() {
        dates.push((
            horizon as usize,
            screen::number_of(horizon, problem.round_name()),
        ));
    }
    dates
}

/// Ranges over the stated assumptions, one row a class and question.
pub fn ranges(report: &RangeReport) -> String {
    let mut table = Table::new([
        "Over the stated assumptions",
        "central",
        "10 %",
        "median",
        "90 %",
    ]);
    for m in &report.measures {
        let cells = [m.central, m.range.low, m.range.median, m.range.high];
        let cells = cells.map(tables::percent);
        table.row(std::iter::once(m.measure.label.clone()).chain(cells));
    }
    let distance = math::largest(report.measures.iter().map(|m| m.distance));
    let mut out = screen::heading("Range over the stated assumptions (not a confidence interval)");
    out += &screen::table(&table);
    let structures = match report.structures {
        0 => String::new(),
        n => format!(" and {}", screen::number_of(n as u64, "structure")),
    };
    let mut note = format!(
        "10th to 90th percentile over {} drawn from the ranges of {}{structures}. Numerical error \
         apart: futures are solved on {} belief points a side, which moves the central probabilities \
         by at most {} percentage points.",
        screen::number_of(report.solved as u64, "future"),
        screen::number_of(report.parameters as u64, "parameter"),
        report.belief_points,
        // A bound may be rounded up, which reads better than "at most <0.01".
        tables::points(if distance > 0.0 && distance < 1e-4 {
            1e-4
        } else {
            distance
        }),
    );
    if let Some(first) = report.unsolved.first() {
        note += &format!(
            " {} of {} futures were not solved and are in no number above; the first: {}.",
            report.unsolved.len(),
            report.drawn,
            first.reason
        );
    }
    if report.with_jumps > 0 {
        note += &format!(
            " In {} futures the play jumps somewhere between neighbouring beliefs of the coarse grid.",
            report.with_jumps
        );
    }
    out += &screen::wrap(&note, 2);
    out
}

/// How the spell of rising force that led to a passage began.
fn escalation(forecast: &Forecast) -> String {
    if forecast.spells.is_empty() {
        return String::new();
    }
    let mut table = Table::new([
        "How the last escalation before it began",
        "choice",
        "noise",
        "chance",
        "none",
    ]);
    for spell in &forecast.spells {
        let label = forecast
            .questions
            .iter()
            .find(|q| q.name == spell.question)
            .map_or(spell.question.as_str(), |q| q.label.as_str());
        let label = label
            .rfind(" within ")
            .filter(|end| *end > 0)
            .map_or(label, |end| &label[..end]);
        let SpellShares {
            choice,
            noise,
            chance,
            none,
            ..
        } = spell;
        let cells = [choice, noise, chance, none].map(|share| tables::percent(*share));
        table.row(std::iter::once(label.to_owned()).chain(cells));
    }
    let mut out = screen::heading("Choice, noise or chance");
    out += &screen::table(&table);
    out += &screen::wrap(
        "Noise: the spell began with a choice that cost its maker more than 1/precision against the \
         best one. Much of it means that the model, not the crisis, makes the outcome. None: the \
         ladder did not rise before it.",
        2,
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use climbdown_engine::analyse::evaluate::{Measure, Reading};
    use climbdown_engine::analyse::range::{Made, range};

    /// A number that was lost is no distance of 0 between the grids.
    #[test]
    fn a_lost_number_is_no_small_error() {
        let measure = |name: &str| Measure {
            name: name.to_owned(),
            label: name.to_owned(),
            question: true,
            round: 1,
        };
        let measures = [measure("war"), measure("deal")];
        let coarse = Reading {
            values: Vec::new(),
            measures: vec![0.25, 0.5],
            payoffs: Vec::new(),
            jumps: 0,
            mass_error: 0.0,
        };
        let made = Made {
            belief_points: 5,
            seed: 0,
            parameters: 1,
            structures: 0,
        };
        let said = |fine: [f64; 2]| {
            let futures = vec![Ok(coarse.clone())];
            let found = range(&measures, &fine, &coarse, &futures, made).expect("a range");
            ranges(&found)
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        };
        for (fine, bound) in [
            ([0.25, 0.5], "0"),
            ([0.25, 0.500_001], "0.01"),
            ([0.25, 0.53], "3.0"),
            ([f64::NAN, 0.53], "NaN"),
            ([0.28, f64::NAN], "NaN"),
        ] {
            let expected = format!("by at most {bound} percentage points");
            let said = said(fine);
            assert!(said.contains(&expected), "{fine:?}: {said}");
        }
    }
}
