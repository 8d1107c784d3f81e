//! Outcomes and effects of moves and triggers.

use super::Checker;
use super::actors::short;
use super::expression::Scope;
use crate::diagnostic::Diagnostic;
use crate::scenario::{ActorId, Change, Effect, Expr, ExprKind, Outcome};
use crate::source::Span;
use crate::syntax::ast::{self, OutcomeChance};

impl<'a> Checker<'a> {
    /// Checks outcomes; `broken` when some could not be read, so that sums mean nothing.
    pub(crate) fn outcomes(
        &mut self,
        outcomes: &'a [ast::Outcome<'a>],
        actor: Option<ActorId>,
        broken: bool,
    ) -> Vec<Outcome> {
        let mut out = Vec::new();
        let mut rest: Option<Span> = None;
        let mut wrong = broken;
        for o in outcomes {
            let probability = match &o.chance {
                OutcomeChance::Certain => Some(Expr {
                    kind: ExprKind::Number(1.0),
                    span: o.span,
                }),
                OutcomeChance::Rest => {
                    if let Some(first) = rest {
                        wrong = true;
                        self.report(
                            Diagnostic::error("E0309", o.span, "`rest` twice")
                                .label("expected a probability")
                                .related(first, "`rest` is here"),
                        );
                    }
                    rest = rest.or(Some(o.span));
                    None
                }
                OutcomeChance::Probability(e) => {
                    let checked = self.probability(e, "a probability");
                    wrong |= checked.is_none();
                    checked
                }
            };
            let believed = o.believed.as_ref().and_then(|e| {
                let checked = self.probability(e, "a believed probability");
                wrong |= checked.is_none();
                checked
            });
            let seen_as = o.seen_as.as_ref().and_then(|s| self.seen(s, actor));
            let effects = o.effects.iter().filter_map(|e| self.effect(e)).collect();
            out.push(Outcome {
                probability,
                believed,
                seen_as,
                effects,
                span: o.span,
            });
        }
        if !wrong && !out.is_empty() {
            self.sums(&out, rest.is_some());
        }
        out
    }

    /// Known probabilities sum to one, or to less with a `rest`.
    fn sums(&mut self, outcomes: &[Outcome], has_rest: bool) {
        let true_sum = self.sum(outcomes, has_rest, "probabilities", |o| {
            o.probability.as_ref()
        });
        if !true_sum || outcomes.iter().all(|o| o.believed.is_none()) {
            return;
        }
        let believed = |o: &'_ Outcome| o.believed.clone().or_else(|| o.probability.clone());
        let as_believed: Vec<Outcome> = outcomes
            .iter()
            .map(|o| Outcome {
                probability: believed(o),
                effects: Vec::new(),
                ..o.clone()
            })
            .collect();
        let believed_rest = as_believed.iter().any(|o| o.probability.is_none());
        let fits = self.sum(&as_believed, believed_rest, "believed probabilities", |o| {
            o.probability.as_ref()
        });
        if fits {
            self.support(outcomes, &as_believed);
        }
    }

    /// What happens in truth must be thought possible, or no belief could follow it.
    fn support(&mut self, outcomes: &[Outcome], as_believed: &[Outcome]) {
        let (Some(truth), Some(belief)) = (self.shares(outcomes), self.shares(as_believed)) else {
            return;
        };
        for ((o, p), q) in outcomes.iter().zip(truth).zip(belief) {
            if p > 1e-12 && q <= 1e-12 {
                self.report(
                    Diagnostic::warning(
                        "W0509",
                        o.span,
                        format!("happens with probability {} and is thought impossible", short(p)),
                    )
                    .label("expected a believed probability above 0")
                    .help("beliefs must leave room for what can happen: lower the other believed probabilities"),
                );
            }
        }
    }

    /// Probabilities of all outcomes, when they are known; a `rest` takes what the others leave.
    fn shares(&self, outcomes: &[Outcome]) -> Option<Vec<f64>> {
        let known: Option<Vec<Option<f64>>> = outcomes
            .iter()
            .map(|o| match &o.probability {
                Some(expr) => self.constant_of(expr).map(Some),
                None => Some(None),
            })
            .collect();
        let known = known?;
        let rest = 1.0 - known.iter().flatten().sum::<f64>();
        Some(known.into_iter().map(|p| p.unwrap_or(rest)).collect())
    }

    fn sum(
        &mut self,
        outcomes: &[Outcome],
        has_rest: bool,
        what: &str,
        of: impl Fn(&Outcome) -> Option<&Expr>,
    ) -> bool {
        let mut sum = 0.0;
        let mut all_known = true;
        for o in outcomes {
            let Some(expr) = of(o) else { continue };
            let Some(p) = self.constant_of(expr) else {
                all_known = false;
                continue;
            };
            if !(0.0..=1.0).contains(&p) {
                return false; // has its own finding
            }
            sum += p;
            if sum > 1.0 + 1e-9 {
                let found = Diagnostic::error(
                    "E0306",
                    o.span,
                    format!("with this outcome the {what} sum to {}", short(sum)),
                )
                .label("expected at most 1 in all");
                let found = self.with_parts(found, outcomes, &of);
                self.report(found);
                return false;
            }
        }
        if all_known && !has_rest && sum < 1.0 - 1e-9 {
            let span = outcomes.last().map_or(Span::default(), |o| o.span);
            let found =
                Diagnostic::error("E0307", span, format!("the {what} sum to {}", short(sum)))
                    .label("expected 1 in all")
                    .help("add `outcome rest: nothing`, which takes what the others leave");
            let found = self.with_parts(found, outcomes, &of);
            self.report(found);
            return false;
        }
        if all_known && has_rest && sum > 1.0 - 1e-9 && what == "probabilities" {
            let rest = outcomes.iter().find(|o| of(o).is_none());
            if let Some(rest) = rest {
                self.report(
                    Diagnostic::warning(
                        "W0508",
                        rest.span,
                        "the other probabilities sum to 1, `rest` never happens",
                    )
                    .label("expected something left for `rest`"),
                );
            }
        }
        true
    }

    /// Adds the places that a sum is made of: the other outcomes and the parameters in them.
    fn with_parts(
        &self,
        mut found: Diagnostic,
        outcomes: &[Outcome],
        of: &impl Fn(&Outcome) -> Option<&Expr>,
    ) -> Diagnostic {
        let at = found.span;
        for o in outcomes.iter().filter(|o| o.span != at).take(32) {
            found = found.related(o.span, "counted too");
        }
        for expr in outcomes.iter().filter_map(of).take(8) {
            found = self.with_origins(found, expr);
        }
        found
    }

    pub(crate) fn effect(&mut self, e: &'a ast::Effect<'a>) -> Option<Effect> {
        let condition = e
            .condition
            .as_ref()
            .map(|c| self.condition(c, Scope::public("the condition of an effect")));
        let variable = self.variable(e.variable)?;
        let count = self.names.variables[variable.0 as usize]
            .levels
            .as_ref()
            .map_or(0, |l| l.value.len());
        let change = match e.change {
            ast::Change::To(name) => Change::To(self.level(variable, name)?),
            ast::Change::AtLeast(name) => Change::AtLeast(self.level(variable, name)?),
            ast::Change::AtMost(name) => Change::AtMost(self.level(variable, name)?),
            ast::Change::Step(step) => {
                if step.value.unsigned_abs() as usize >= count && count > 0 {
                    self.report(
                        Diagnostic::error(
                            "E0313",
                            step.span,
                            format!("`{}` has only {count} levels", e.variable.text),
                        )
                        .label(format!("expected a step of at most {}", count - 1)),
                    );
                    return None;
                }
                Change::Step(step.value)
            }
        };
        let condition = match condition {
            Some(checked) => Some(checked?),
            None => None,
        };
        Some(Effect {
            variable,
            change,
            condition,
            span: e.span,
        })
    }
}
