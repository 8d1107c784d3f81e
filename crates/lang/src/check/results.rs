//! Ends, outcome classes, questions.

use super::Checker;
use super::expression::Scope;
use super::names::Item;
use super::quantities::text_or;
use crate::diagnostic::Diagnostic;
use crate::scenario::{Class, End, EndFlow, Expr, Question, Rule};
use crate::source::Span;
use crate::syntax::ast::{self, ExprKind, Path};

impl<'a> Checker<'a> {
    pub(crate) fn results(&mut self) {
        self.ends();
        self.outcome_classes();
        self.questions();
    }

    fn ends(&mut self) {
        let file = self.file;
        self.doubles(file.ends.iter().map(|e| e.name));
        for e in &file.ends {
            let when = self.condition(&e.when, Scope::public("the condition of an end"));
            let values = e
                .values
                .iter()
                .filter_map(|v| self.payment(v, "a value"))
                .collect();
            let mut flows = Vec::new();
            for flow in &e.flows {
                let days = self.per_days(&flow.per);
                let payment = self.payment(&flow.value, "a flow");
                if let (Some(per_days), Some(p)) = (days, payment) {
                    flows.push(EndFlow {
                        actor: p.actor,
                        value: p.value,
                        per_days,
                        span: flow.span,
                    });
                }
            }
            let Some(when) = when else { continue };
            let label = text_or(&e.label, e.name.text);
            self.ends.push(End {
                name: e.name.text.into(),
                label,
                when,
                values,
                flows,
                span: e.name.span,
            });
        }
    }

    fn outcome_classes(&mut self) {
        let file = self.file;
        self.window = self.horizon;
        let Some(block) = file.outcomes.first() else {
            return;
        };
        for other in &file.outcomes[1..] {
            self.report(
                Diagnostic::error("E0402", other.span, "outcome classes are declared twice")
                    .label("expected one `outcomes` block")
                    .related(block.span, "the first"),
            );
        }
        self.window = block.within.value;
        self.beyond_horizon(&block.within);
        self.doubles(block.classes.iter().map(|c| c.name));
        let mut otherwise: Option<Span> = None;
        for c in &block.classes {
            if let (Some(first), ast::Rule::Otherwise) = (otherwise, &c.rule) {
                self.report(
                    Diagnostic::error("E0309", c.span, "`otherwise` twice")
                        .label("expected a condition")
                        .related(first, "`otherwise` is here"),
                );
            }
            let rule = match &c.rule {
                ast::Rule::Ever(e) => self
                    .condition(e, Scope::public("an outcome class"))
                    .map(Rule::Ever),
                ast::Rule::AtEnd(e) => self
                    .condition(e, Scope::public("an outcome class"))
                    .map(Rule::AtEnd),
                ast::Rule::Otherwise => {
                    otherwise = otherwise.or(Some(c.span));
                    Some(Rule::Otherwise)
                }
            };
            let Some(rule) = rule else { continue };
            self.classes.push(Class {
                name: c.name.text.into(),
                label: text_or(&c.label, c.name.text),
                rule,
                span: c.name.span,
            });
        }
        match (otherwise, block.classes.last()) {
            (None, Some(_)) if !block.broken => self.report(
                Diagnostic::error(
                    "E0310",
                    block.span,
                    "the outcome classes do not cover everything",
                )
                .label("expected a last class `NAME: otherwise`")
                .help("add a last line such as `standoff: otherwise`"),
            ),
            (Some(span), Some(last)) if !matches!(last.rule, ast::Rule::Otherwise) => self.report(
                Diagnostic::error("E0311", span, "`otherwise` is not the last class")
                    .label("expected it after all other classes")
                    .related(last.span, "never read: `otherwise` stands before it")
                    .help("classes are read from the top, the first that holds is taken"),
            ),
            _ => {}
        }
    }

    fn beyond_horizon(&mut self, within: &ast::Spanned<u32>) {
        if within.value > self.horizon {
            let horizon = self.horizon;
            let mut found = Diagnostic::error(
                "E0407",
                within.span,
                format!("{} rounds reach beyond the horizon", within.value),
            )
            .label(format!("expected at most {horizon} rounds"))
            .help("lengthen the `horizon`, or shorten this window");
            let header = self.file.headers.first();
            if let Some(horizon) = header.and_then(|h| h.horizon.as_ref()) {
                found = found.related(horizon.span, "the horizon");
            }
            self.report(found);
        } else if within.value == 0 {
            self.report(
                Diagnostic::error("E0313", within.span, "a window of no rounds")
                    .label("expected at least 1 round"),
            );
        }
    }

    fn questions(&mut self) {
        let file = self.file;
        self.doubles(file.questions.iter().map(|q| q.name));
        for q in &file.questions {
            let within = match &q.within {
                Some(within) => {
                    self.beyond_horizon(within);
                    within.value
                }
                None => self.window,
            };
            let Some(when) = self.question_condition(&q.when) else {
                continue;
            };
            self.questions.push(Question {
                name: q.name.text.into(),
                title: text_or(&q.title, q.name.text),
                when,
                within,
                resolves: q
                    .resolves
                    .as_ref()
                    .map_or(String::new(), |t| t.value.clone()),
                span: q.name.span,
            });
        }
    }

    /// A condition, or the name of an `ever` class.
    fn question_condition(&mut self, e: &'a ast::Expr<'a>) -> Option<Expr> {
        let file = self.file;
        let ExprKind::Path(Path { owner: None, name }) = &e.kind else {
            return self.condition(e, Scope::public("a question"));
        };
        let class = file
            .outcomes
            .first()
            .and_then(|b| b.classes.iter().find(|c| c.name.text == name.text));
        let derived = matches!(self.names.items.get(name.text), Some((Item::Derived(_), _)));
        match class {
            Some(class) => match &class.rule {
                ast::Rule::Ever(written) => {
                    self.copy(written.span, e.span)?;
                    let class = self.classes.iter().find(|c| c.name == name.text)?;
                    match &class.rule {
                        Rule::Ever(expr) => Some(expr.clone()),
                        _ => None,
                    }
                }
                // A class that is read at the end is no first passage; a derived condition of its name is.
                _ if derived => self.condition(e, Scope::public("a question")),
                _ => {
                    self.report(
                        Diagnostic::error(
                            "E0218",
                            e.span,
                            format!("the class `{}` is no first passage", name.text),
                        )
                        .label("expected an `ever` class or a condition")
                        .related(class.span, "it is read when the window closes"),
                    );
                    None
                }
            },
            None if self.names.items.contains_key(name.text) => {
                let value = self.expr(e, Scope::public("a question"))?;
                // A class may have been meant.
                self.as_condition(value, &self.class_places())
            }
            None => {
                let classes = file.outcomes.first().into_iter().flat_map(|b| &b.classes);
                let names = classes
                    .map(|c| c.name)
                    .chain(self.names.derived.iter().map(|d| d.name));
                let candidates = names.map(|n| (n.text.to_owned(), Some(n.span))).collect();
                let broken = file.outcomes.first().is_some_and(|b| b.broken)
                    || (file.outcomes.is_empty() && !self.names.broken.is_empty());
                if !broken {
                    let classes = self.class_places().into_iter();
                    let classes = classes.map(|span| (span, "declared here")).collect();
                    let what = "outcome class or condition";
                    self.unknown_among("E0217", *name, what, candidates, classes);
                }
                None
            }
        }
    }

    /// Where the outcome classes are declared.
    fn class_places(&self) -> Vec<Span> {
        let classes = self
            .file
            .outcomes
            .first()
            .into_iter()
            .flat_map(|b| &b.classes);
        classes.map(|c| c.name.span).collect()
    }
}
