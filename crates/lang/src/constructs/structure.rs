//! `structure`: rival assumptions about one thing, with weights that sum to one.

use super::changes::Change;
use crate::check::Checker;
use crate::check::actors::short;
use crate::check::expression::Scope;
use crate::check::quantities::text_or;
use crate::check::units::Units;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{self, Name, Text};
use crate::syntax::declarations::Parser;

/// `structure NAME "LABEL"`.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Structure<'a> {
    pub name: Name<'a>,
    pub label: Option<Text>,
    pub alternatives: Vec<Alternative<'a>>,
    pub broken: bool,
}

/// `alternative NAME "LABEL" weight W` or `… otherwise`, with changes below it.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Alternative<'a> {
    pub name: Name<'a>,
    pub label: Option<Text>,
    /// `None` for `otherwise`.
    pub weight: Option<ast::Expr<'a>>,
    /// The word `weight` with its share.
    pub weight_span: crate::source::Span,
    pub changes: Vec<Change<'a>>,
    pub span: crate::source::Span,
}

impl<'a> Parser<'a, '_> {
    pub(crate) fn structure(&mut self, line: usize) -> Option<()> {
        self.room(self.file.structures.len(), line, "structures")?;
        self.cursor.position += 1;
        let name = self.cursor.new_name("the structure");
        let label = self.cursor.label();
        if name.is_some() {
            self.cursor.finish("the name");
        }
        let mut alternatives = Vec::new();
        let broken = self.properties(line, "structure", &["alternative"], |this, child, word| {
            if word != "alternative" {
                return None;
            }
            let read = this.alternative(child);
            Some(read.map(|alternative| alternatives.push(alternative)))
        });
        self.bound(line, alternatives.len(), "alternatives")?;
        self.file.structures.push(Structure {
            name: name?,
            label,
            alternatives,
            broken,
        });
        Some(())
    }

    fn alternative(&mut self, line: usize) -> Option<Alternative<'a>> {
        self.enter_line(line);
        let span = self.line_span(line);
        self.cursor.position += 1;
        let name = self.cursor.new_name("the alternative");
        let label = self.cursor.label();
        let start = self.cursor.here();
        let weight = if name.is_none() {
            None
        } else if self.cursor.eat_word("otherwise") {
            Some(None)
        } else if self.cursor.eat_word("weight") {
            self.cursor.no_colon("weight");
            self.cursor.value().map(Some)
        } else {
            self.cursor.missing("`weight` and a share, or `otherwise`");
            None
        };
        let weight_span = start.to(self.cursor.before());
        let whole = weight.is_some() && self.cursor.finish("the weight").is_some();
        let mut changes = Vec::new();
        let known = ["without", "PARAMETER = …", "PARAMETER times …"];
        let broken = self.properties(line, "alternative", &known, |this, child, _| {
            let read = this.change(child)?;
            let read = read.map(|change| changes.push(change));
            Some(read.and_then(|()| this.cursor.finish("the change")))
        });
        self.bound(line, changes.len(), "changes")?;
        if broken || !whole {
            return None;
        }
        Some(Alternative {
            name: name?,
            label,
            weight: weight?,
            weight_span,
            changes,
            span,
        })
    }
}

impl<'a> Checker<'a> {
    pub(crate) fn structures(&mut self) {
        let file = self.file;
        self.doubles(file.structures.iter().map(|s| s.name));
        for structure in &file.structures {
            let weights = self.weights(structure);
            let mut alternatives = Vec::new();
            for (alternative, weight) in structure.alternatives.iter().zip(weights) {
                let mut changes = Vec::new();
                changes.extend(self.turned_on(Some(structure.name.text), alternative.name.text));
                changes.extend(self.adjustments(&alternative.changes, None, "this alternative"));
                alternatives.push(crate::scenario::Alternative {
                    name: alternative.name.text.into(),
                    label: text_or(&alternative.label, alternative.name.text),
                    weight,
                    changes,
                    span: alternative.name.span,
                });
            }
            if alternatives.len() < 2 && !structure.broken {
                self.report(
                    Diagnostic::error(
                        "E0705",
                        structure.name.span,
                        format!("`{}` has no rival assumptions", structure.name.text),
                    )
                    .label("expected at least two lines `alternative NAME weight W` below it")
                    .help("an alternative without changes is the scenario as written"),
                );
            }
            self.structures.push(crate::scenario::Structure {
                name: structure.name.text.into(),
                label: text_or(&structure.label, structure.name.text),
                alternatives,
                span: structure.name.span,
            });
        }
    }

    /// The weights, which sum to one.
    fn weights(&mut self, structure: &'a Structure<'a>) -> Vec<f64> {
        let mut known = Vec::new();
        let mut rest = None;
        let mut whole = !structure.broken;
        for (index, alternative) in structure.alternatives.iter().enumerate() {
            let Some(weight) = &alternative.weight else {
                if let Some(first) = rest.replace(index) {
                    whole = false;
                    let first = &structure.alternatives[first];
                    self.report(
                        Diagnostic::error("E0309", alternative.span, "`otherwise` twice")
                            .label("expected a weight")
                            .related(first.span, "`otherwise` is here"),
                    );
                }
                known.push(0.0);
                continue;
            };
            let value = self.weight(weight);
            whole &= value.is_some();
            known.push(value.unwrap_or(0.0));
        }
        let sum: f64 = known.iter().sum();
        if let Some(rest) = rest
            && sum <= 1.0 + 1e-9
        {
            known[rest] = (1.0 - sum).max(0.0);
        } else if whole && (sum - 1.0).abs() > 1e-9 && !known.is_empty() {
            let last = structure
                .alternatives
                .last()
                .map_or(structure.name.span, |a| a.span);
            let mut found = Diagnostic::error(
                "E0702",
                last,
                format!(
                    "the weights of `{}` sum to {}",
                    structure.name.text,
                    short(sum)
                ),
            )
            .label("expected 1 in all")
            .help("write `otherwise` in place of the last weight: it takes what is left");
            let others = structure.alternatives.iter().filter(|a| a.span != last);
            for alternative in others.take(8) {
                found = found.related(alternative.span, "counted too");
            }
            let but_last: f64 = known.iter().rev().skip(1).sum();
            let last = structure.alternatives.last();
            if let Some(last) = last.filter(|_| rest.is_none() && but_last <= 1.0) {
                found = found.fix(last.weight_span, "otherwise");
            }
            self.report(found);
        }
        known
    }

    /// A constant share in [0, 1].
    fn weight(&mut self, weight: &'a ast::Expr<'a>) -> Option<f64> {
        let expr = self.number(weight, Scope::constant("a weight"), &Units::plain())?;
        self.probability_range(&expr, "a weight");
        let value = self.constant_of(&expr)?;
        (0.0..=1.0).contains(&value).then_some(value)
    }
}
