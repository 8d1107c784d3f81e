//! `drift`: a slow variable that moves by itself: pressure, cohesion, alignment.
//!
//! It lowers into a variable, and a trigger for each line that says how fast it rises or falls.

use super::{Lowering, build};
use crate::check::Checker;
use crate::check::names::Item;
use crate::diagnostic::Diagnostic;
use crate::scenario::{BinaryOp, VariableId};
use crate::source::Span;
use crate::syntax::ast::{
    Change, Effect, Expr, Levels, Name, Outcome, OutcomeChance, Spanned, Text, Trigger, Variable,
};
use crate::syntax::declarations::Parser;

/// `drift NAME "LABEL"`.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Drift<'a> {
    /// All its lines.
    pub block: Span,
    pub name: Name<'a>,
    pub label: Option<Text>,
    pub levels: Option<Spanned<Levels<'a>>>,
    pub start: Option<Name<'a>>,
    pub paces: Vec<Pace<'a>>,
    pub broken: bool,
}

/// `up RATE when CONDITION`, `down …`: how fast something rises or falls.
#[derive(Debug)]
pub struct Pace<'a> {
    /// Upwards.
    pub up: bool,
    /// Levels per time.
    pub rate: Expr<'a>,
    /// Where it does.
    pub when: Option<Expr<'a>>,
    /// Its line.
    pub span: Span,
    /// Name of the trigger that it lowers into.
    pub trigger: Option<&'a str>,
}

impl<'a> Parser<'a, '_> {
    pub(crate) fn drift(&mut self, line: usize) -> Option<()> {
        self.room(self.file.drifts.len(), line, "drifts")?;
        let block = self.block_span(line);
        self.cursor.position += 1;
        let name = self.cursor.new_name("the drift");
        let label = self.cursor.label();
        if name.is_some() {
            self.cursor.finish("the name");
        }
        let (mut levels, mut start, mut paces) = (None, None, Vec::new());
        let known = ["levels", "start", "up", "down"];
        let broken = self.properties(line, "drift", &known, |this, child, word| {
            this.cursor.position += 1;
            this.cursor.no_colon(word);
            let read = match word {
                "levels" => this
                    .levels()
                    .map(|v| this.once(&mut levels, v, child, word)),
                "start" => this
                    .cursor
                    .name("a level")
                    .map(|v| this.once(&mut start, v, child, word)),
                "up" | "down" => this.pace(child, word == "up").map(|v| paces.push(v)),
                _ => return None,
            };
            Some(read.and_then(|()| this.cursor.finish(&format!("`{word}`"))))
        });
        self.bound(line, paces.len(), "rates")?;
        self.file.drifts.push(Drift {
            block,
            name: name?,
            label,
            levels,
            start,
            paces,
            broken,
        });
        Some(())
    }

    /// `RATE when CONDITION`.
    pub(crate) fn pace(&mut self, line: usize, up: bool) -> Option<Pace<'a>> {
        let span = self.block_span(line);
        let rate = self.cursor.value()?;
        let when = if self.cursor.eat_word("when") {
            Some(self.cursor.condition()?)
        } else {
            None
        };
        Some(Pace {
            up,
            rate,
            when,
            span,
            trigger: None,
        })
    }
}

impl<'a> Lowering<'a, '_> {
    pub(crate) fn drifts(&mut self) {
        let mut drifts = std::mem::take(&mut self.file.drifts);
        for drift in &mut drifts {
            self.moving(
                drift.name,
                &drift.label,
                &drift.levels,
                drift.start,
                drift.broken,
                &mut drift.paces,
            );
        }
        self.file.drifts = drifts;
    }

    /// A variable, and triggers that move it up and down by a level.
    pub(crate) fn moving(
        &mut self,
        name: Name<'a>,
        label: &Option<Text>,
        levels: &Option<Spanned<Levels<'a>>>,
        start: Option<Name<'a>>,
        broken: bool,
        paces: &mut [Pace<'a>],
    ) {
        self.file.variables.push(Variable {
            name,
            label: label.clone(),
            is_ladder: false,
            levels: levels.clone(),
            start,
            cleared_by: Vec::new(),
            broken,
        });
        let ends = levels
            .as_ref()
            .and_then(|l| Some((l.value.first()?.0, l.value.last()?.0)));
        if let Some(ends) = ends {
            self.paces(name, label, ends, paces);
        }
    }

    /// The triggers; `ends` are the variable's first and last level.
    pub(crate) fn paces(
        &mut self,
        variable: Name<'a>,
        label: &Option<Text>,
        ends: (Name<'a>, Name<'a>),
        paces: &mut [Pace<'a>],
    ) {
        let mut counts = [0; 2];
        for pace in paces {
            let way = if pace.up { "up" } else { "down" };
            let count = &mut counts[usize::from(pace.up)];
            *count += 1;
            let text = match *count {
                1 => format!("{}_{way}", variable.text),
                n => format!("{}_{way}_{n}", variable.text),
            };
            let Some(rate) = self.copy(&pace.rate) else {
                return;
            };
            let at = |name: Name<'a>| Name {
                span: pace.span,
                ..name
            };
            // Where there is a level left to go to.
            let (op, end) = if pace.up {
                (BinaryOp::Less, ends.1)
            } else {
                (BinaryOp::Greater, ends.0)
            };
            let room = build::binary(op, build::named(at(variable)), build::named(at(end)));
            let guard = match &pace.when {
                Some(when) => match self.copy(when) {
                    Some(when) => build::and(when, room),
                    None => return,
                },
                None => room,
            };
            let name = self.name(text, pace.span);
            pace.trigger = Some(name.text);
            let spoken = label.as_ref().map_or(variable.text, |t| t.value.as_str());
            let step = Spanned {
                value: if pace.up { 1 } else { -1 },
                span: pace.span,
            };
            let outcome = certain(
                vec![build::effect(
                    at(variable),
                    Change::Step(step),
                    None,
                    pace.span,
                )],
                pace.span,
            );
            self.file.triggers.push(Trigger {
                label: Some(Spanned {
                    value: format!("{spoken}: {way}"),
                    span: pace.span,
                }),
                guard: Some(guard),
                rate: Some(rate),
                outcomes: vec![outcome],
                ..bare_trigger(name)
            });
        }
    }
}

/// An outcome of probability 1.
fn certain(effects: Vec<Effect<'_>>, span: Span) -> Outcome<'_> {
    Outcome {
        chance: OutcomeChance::Certain,
        believed: None,
        seen_as: None,
        effects,
        span,
    }
}

/// A trigger of which only the name is known.
fn bare_trigger(name: Name<'_>) -> Trigger<'_> {
    Trigger {
        name,
        label: None,
        guard: None,
        only_with: None,
        by_front: None,
        rate: None,
        probability: None,
        times: None,
        believed_rate: None,
        believed_probability: None,
        believed_times: None,
        looks_like: None,
        outcomes: Vec::new(),
        broken: false,
    }
}

impl<'a> Checker<'a> {
    /// Enters the facts of drifts.
    pub(crate) fn drifts(&mut self) {
        let file = self.file;
        for drift in &file.drifts {
            let Some(variable) = self.made_variable(drift.name) else {
                continue;
            };
            if drift.paces.is_empty() && !drift.broken {
                self.report(
                    Diagnostic::error(
                        "E0710",
                        drift.name.span,
                        format!("`{}` does not drift", drift.name.text),
                    )
                    .label("expected a line `up RATE` or `down RATE` below it")
                    .help("what only moves and triggers change is a `variable`"),
                );
            }
            let made = |checker: &Self, up: bool| {
                let paces = drift.paces.iter().filter(|p| p.up == up);
                paces
                    .filter_map(|p| checker.trigger_named(p.trigger?))
                    .collect()
            };
            let (up, down) = (made(self, true), made(self, false));
            self.drifts.push(crate::scenario::Drift {
                variable,
                up,
                down,
                span: drift.name.span,
            });
        }
    }

    /// The variable that a construct of this name made; `None` when another thing has the name.
    pub(crate) fn made_variable(&self, name: Name<'a>) -> Option<VariableId> {
        match self.names.items.get(name.text)? {
            (Item::Variable(index), span) if *span == name.span => Some(VariableId(*index)),
            _ => None,
        }
    }

    /// Index of the trigger of this name.
    pub(crate) fn trigger_named(&self, name: &str) -> Option<u32> {
        let at = self.triggers.iter().position(|t| t.name == name)?;
        Some(at as u32)
    }
}
