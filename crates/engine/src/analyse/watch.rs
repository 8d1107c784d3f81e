//! The watch list: what may be seen in the next round, and what it would mean.
//!
//! A *sign* is a public label in one phase, or a level of a variable at the end of the round. For each
//! the forecast is made with the courses that show it ([`forecast_after`]), so the forecasts after all
//! labels of a phase (of one of those who move at once in it), or all levels of a variable, weighted by
//! their probabilities, add to the forecast now.

use super::resolve::AnalysisError;
use crate::forecast::{self, Sign, classes_after, forecast_after};
use crate::game::{Game, Label, MovePhase, Phase, Rule};
use crate::solve::{Observer, Solution, SolveError};
use serde::Serialize;

/// The watch list of the next round.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Watch {
    /// Names of the outcome classes, in the order of the lists below.
    pub classes: Vec<String>,
    /// Probability of each outcome class at the end of its window, as things stand.
    pub now: Vec<f64>,
    /// What may be seen, the most informative first.
    pub signs: Vec<Seen>,
    /// Signs too rare to be forecast, with their probabilities.
    pub rare: Vec<(String, f64)>,
    /// Every posterior was exact: then the list adds to the forecast to rounding.
    pub exact: bool,
}

/// Something that may be seen, and what it would mean.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Seen {
    /// What is seen.
    pub sign: Sign,
    /// The same in words of the scenario: "iran.harass", "strait shut".
    pub name: String,
    /// Who shows it; `None` for levels of variables, and where several who move at once can.
    pub actor: Option<String>,
    /// Probability that it is seen in the next round.
    pub probability: f64,
    /// Probability of each outcome class once it has been seen.
    pub after: Vec<f64>,
    /// Half the sum of absolute changes of the classes: how far the forecast moves.
    pub shift: f64,
    /// Probability times shift: how far the forecast is expected to move by it.
    pub information: f64,
    /// The class that changes most, the first of those that change alike, as index in the classes.
    pub points_to: usize,
    /// Rounds from the sign until half of that class's probability has come, where the class asks
    /// whether something ever happens.
    pub lead: Option<u32>,
    /// Public beliefs after it, where the crisis goes on: actor, type, belief now, belief then.
    pub beliefs: Vec<(String, String, f64, f64)>,
}

/// Changes that differ by less are alike: of two classes that make up all, one loses what the other gains.
const ALIKE: f64 = 1e-12;

/// Makes the watch list. Signs with a probability below `least` are counted and not forecast. Levels
/// are signs only where they differ from those of the state.
///
/// # Errors
/// [`AnalysisError::Question`] without outcome classes; interruption.
pub fn watch(
    game: &Game,
    solution: &Solution,
    least: f64,
    options: &forecast::Options,
    observer: &dyn Observer,
) -> Result<Watch, AnalysisError> {
    if game.classes.is_empty() {
        return Err(AnalysisError::Question(
            "a watch list needs outcome classes, which say what a sign means".into(),
        ));
    }
    // Nothing is read behind the window, and no question.
    let mut short = game.clone();
    short.horizon = game.window.max(1);
    short.questions.clear();
    let options = forecast::Options {
        spells: false,
        belief_paths: false,
        ..options.clone()
    };
    let window = game.window as usize;
    let mut next = short.clone();
    next.horizon = 1;
    let mut seen = Vec::new();
    let mut rare = Vec::new();
    for sign in signs(game) {
        let first = forecast_after(&next, solution, &options, Some(sign), observer)?;
        let probability: f64 = first.classes.iter().map(|c| c.probability[1]).sum();
        if probability >= least {
            seen.push((sign, probability, first));
        } else if probability > 0.0 {
            rare.push((name(game, sign), probability));
        }
    }
    let mut asked = vec![None];
    asked.extend(seen.iter().map(|(sign, _, _)| Some(*sign)));
    let all = classes_after(&short, solution, &options, &asked, observer)?;
    let mut all = all.into_iter();
    let Some(whole) = all.next() else {
        return Err(SolveError::Cancelled.into());
    };
    let now: Vec<f64> = whole.classes.iter().map(|c| c[window]).collect();
    let mut list: Vec<Seen> = seen
        .iter()
        .zip(all)
        .map(|((sign, probability, first), part)| {
            let seen = (*sign, *probability);
            read(game, seen, &part.classes, &first.beliefs, &now)
        })
        .collect();
    list.sort_by(|a, b| b.information.total_cmp(&a.information));
    rare.sort_by(|a, b| b.1.total_cmp(&a.1));
    Ok(Watch {
        classes: game.classes.iter().map(|c| c.name.clone()).collect(),
        now,
        signs: list,
        rare,
        exact: whole.exact,
    })
}

/// All signs: labels by phase, then levels that the variable does not have now.
fn signs(game: &Game) -> Vec<Sign> {
    let mut out = Vec::new();
    for (p, phase) in game.phases.iter().enumerate() {
        if let Phase::Move(moves) = phase {
            let mut labels = moves.outcome_labels.clone();
            labels.sort_unstable();
            labels.dedup();
            out.extend(
                labels
                    .into_iter()
                    .map(|label| Sign::Label { phase: p, label }),
            );
        }
    }
    for (v, variable) in game.variables.iter().enumerate() {
        let here = variable.of_state[game.start as usize];
        let levels = (0..variable.levels.len() as u16).filter(|l| *l != here);
        out.extend(levels.map(|level| Sign::Level { variable: v, level }));
    }
    out
}

/// Who can show a label in a phase, if it is one alone.
fn shows(phase: &MovePhase, label: Label) -> Option<usize> {
    let movers = phase.actors.len();
    let shows = |m: &usize| {
        let mut own = phase.outcome_labels.iter().skip(*m).step_by(movers);
        own.any(|l| *l == label)
    };
    let mut who = (0..movers).filter(shows);
    match (who.next(), who.next()) {
        (Some(m), None) => Some(phase.actors[m] as usize),
        _ => None,
    }
}

fn name(game: &Game, sign: Sign) -> String {
    match sign {
        Sign::Label { label, .. } => game.labels[label as usize].clone(),
        Sign::Level { variable, level } => {
            let variable = &game.variables[variable];
            format!("{} {}", variable.name, variable.levels[usize::from(level)])
        }
    }
}

/// Reads what a sign would mean off the classes after it, by round, and the beliefs of the first round.
fn read(
    game: &Game,
    (sign, probability): (Sign, f64),
    classes: &[Vec<f64>],
    beliefs_then: &[forecast::BeliefSeries],
    now: &[f64],
) -> Seen {
    let window = game.window as usize;
    let after: Vec<f64> = classes.iter().map(|c| c[window] / probability).collect();
    let changes: Vec<f64> = after.iter().zip(now).map(|(a, n)| a - n).collect();
    let shift = 0.5 * changes.iter().map(|c| c.abs()).sum::<f64>();
    let most = changes.iter().fold(0.0f64, |most, c| most.max(c.abs()));
    let points_to = changes.iter().position(|c| c.abs() >= most - ALIKE);
    let points_to = points_to.unwrap_or(0);
    let lead = match game.classes[points_to].rule {
        Rule::Ever(_) if after[points_to] > 0.0 => {
            let series = &classes[points_to];
            let half = 0.5 * series[window];
            let at = (1..series.len()).find(|t| series[*t] >= half);
            at.map(|t| t as u32 - 1)
        }
        _ => None,
    };
    let mut beliefs = Vec::new();
    let mut series = beliefs_then.iter();
    for actor in game.actors.iter().filter(|a| a.types.len() > 1) {
        let own: Vec<_> = series.by_ref().take(actor.types.len()).collect();
        let at = |s: &forecast::BeliefSeries| s.mean.get(1).copied().unwrap_or(0.0);
        let mass: f64 = own.iter().map(|s| at(s)).sum();
        if mass > 0.0 {
            beliefs.extend(
                actor
                    .types
                    .iter()
                    .zip(own)
                    .map(|(t, s)| (actor.name.clone(), t.name.clone(), t.prior, at(s) / mass)),
            );
        }
    }
    let actor = match sign {
        Sign::Label { phase, label } => match &game.phases[phase] {
            Phase::Move(moves) => shows(moves, label).map(|a| game.actors[a].name.clone()),
            Phase::Events(_) => None,
        },
        Sign::Level { .. } => None,
    };
    Seen {
        sign,
        name: name(game, sign),
        actor,
        probability,
        after,
        shift,
        information: probability * shift,
        points_to,
        lead,
        beliefs,
    }
}
