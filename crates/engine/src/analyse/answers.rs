//! How often crossings of red lines are answered in play, beside the declared rates from which the
//! record teaches.
//!
//! Read off trajectories with exact beliefs ([`super::trace`]): a recognised crossing begins when the
//! line comes to stand in its pending variable, and ends with the holder's answer, when it lapses, or
//! when a graver one replaces it (then it is not counted). A trigger that looks like an answer counts
//! as none: the rates are about what is decided.

use super::trace::{Cause, Listener, Step, Traced};
use crate::game::State;
use climbdown_lang::Scenario;
use climbdown_lang::check::constant;
use serde::Serialize;

/// What the numbers of [`AnswerRates`] mean.
pub const DEFINITION: &str = "share of recognised crossings that the holder answers before they \
     lapse, by its true type over the window, beside the declared rate from which the record \
     teaches; where they disagree, the record teaches something the game denies";

/// Declared and solved rates of answering.
#[derive(Clone, Debug, Serialize)]
pub struct AnswerRates {
    /// What is measured.
    pub definition: &'static str,
    /// By red line, in the written order.
    pub lines: Vec<LineAnswers>,
}

/// Rates of one red line.
#[derive(Clone, Debug, Serialize)]
pub struct LineAnswers {
    /// Name as declared.
    pub line: String,
    /// Text for people.
    pub label: String,
    /// Who answers.
    pub holder: String,
    /// By type of the holder; one entry where it has none.
    pub types: Vec<TypeAnswers>,
}

/// Rates of one type.
#[derive(Clone, Debug, Serialize)]
pub struct TypeAnswers {
    /// Name of the type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Declared probability that a recognised crossing is answered; `None` where none is.
    pub declared: Option<f64>,
    /// Share answered in play; `None` where no crossing was recognised.
    pub solved: Option<f64>,
    /// Its standard error.
    pub standard_error: Option<f64>,
    /// Recognised crossings in all trajectories that came to an answer or lapsed.
    pub crossings: u64,
}

/// Counts crossings and answers.
pub struct AnswerListener {
    lines: Vec<Followed>,
}

/// One line in the terms of the game.
struct Followed {
    holder: usize,
    /// Labels of the holder's answers, by the names of its moves.
    answers: Vec<u32>,
    /// State → the line is pending.
    stands: Vec<bool>,
    /// A crossing is waiting for its end.
    open: bool,
    /// By type of the holder: crossings that came to an end, and answers.
    counts: Vec<(u64, u64)>,
    kind: usize,
}

impl AnswerListener {
    /// Counts nothing yet.
    pub fn new(traced: &Traced, scenario: &Scenario) -> Self {
        let game = &traced.game;
        let lines = scenario.red_lines.iter().map(|line| {
            let holder = line.holder.0 as usize;
            let levels = game.variables.get(line.pending.0 as usize);
            let level = |s: usize| levels.map_or(0, |v| u32::from(v.of_state[s]));
            let states = 0..game.states.len();
            let answers = line.answers.iter().filter_map(|id| {
                let mv = scenario.moves.get(id.0 as usize)?;
                let name = format!("{}.{}", scenario.actors[holder].name, mv.name);
                let at = game.labels.iter().position(|l| *l == name)?;
                Some(at as u32)
            });
            Followed {
                holder,
                answers: answers.collect(),
                stands: states.map(|s| line.levels.contains(&level(s))).collect(),
                open: false,
                counts: vec![(0, 0); game.actors[holder].types.len().max(1)],
                kind: 0,
            }
        });
        Self {
            lines: lines.collect(),
        }
    }
}

impl Listener for AnswerListener {
    fn begin(&mut self, types: &[usize], start: State) {
        for line in &mut self.lines {
            line.kind = types.get(line.holder).copied().unwrap_or(0);
            line.open = line.stands.get(start as usize) == Some(&true);
        }
    }

    fn step(&mut self, step: &Step) {
        for line in &mut self.lines {
            let stands = line.stands.get(step.to as usize) == Some(&true);
            let decision = step.decision.as_ref();
            if decision.is_none_or(|d| d.mover != line.holder) {
                // Crossed, replaced by a graver one, or over with the crisis.
                line.open = stands;
                continue;
            }
            if !line.open {
                continue;
            }
            let answered =
                matches!(step.cause, Cause::Move { name, .. } if line.answers.contains(&name));
            if answered || !stands {
                let count = &mut line.counts[line.kind];
                count.0 += 1;
                count.1 += u64::from(answered);
                line.open = false;
            }
        }
    }
}

/// Sums what was heard.
pub fn collect(heard: &[&AnswerListener], scenario: &Scenario) -> AnswerRates {
    let lines = scenario.red_lines.iter().enumerate().map(|(l, line)| {
        let holder = &scenario.actors[line.holder.0 as usize];
        let kinds = holder.types.len().max(1);
        let types = (0..kinds).map(|kind| {
            let counts = heard
                .iter()
                .filter_map(|h| h.lines.get(l)?.counts.get(kind));
            let (crossings, answered) = counts.fold((0, 0), |sum, c| (sum.0 + c.0, sum.1 + c.1));
            let solved = (crossings > 0).then(|| answered as f64 / crossings as f64);
            let declared = line.answer_rate.as_ref();
            TypeAnswers {
                kind: holder
                    .types
                    .get(kind)
                    .map_or(String::new(), |t| t.name.clone()),
                declared: declared.and_then(|e| constant::of_type(scenario, e, kind as u32)),
                solved,
                standard_error: solved.map(|p| (p * (1.0 - p) / crossings as f64).sqrt()),
                crossings,
            }
        });
        LineAnswers {
            line: line.name.clone(),
            label: line.label.clone(),
            holder: holder.name.clone(),
            types: types.collect(),
        }
    });
    AnswerRates {
        definition: DEFINITION,
        lines: lines.collect(),
    }
}
