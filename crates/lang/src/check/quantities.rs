//! Parameters, variables, derived quantities.

use super::expression::Scope;
use super::names::Item;
use super::units::{self, Units};
use super::{Checker, DerivedFacts, constant};
use crate::diagnostic::Diagnostic;
use crate::scenario::{Derived, Level, Parameter, Variable};
use crate::syntax::ast;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

impl<'a> Checker<'a> {
    pub(crate) fn parameters(&mut self) {
        for p in self.names.parameters.clone() {
            let (dimension, factor) = match &p.unit {
                Some(unit) => self.unit(unit),
                None => (Units::plain(), 1.0),
            };
            let value = |i: usize| p.values.get(i).map(|v| v.value * factor);
            let (low, central, high) = match p.values.len() {
                3 => (value(0), value(1), value(2)),
                _ => (value(0), value(0), value(0)),
            };
            let (low, central, high) = (
                low.unwrap_or(0.0),
                central.unwrap_or(0.0),
                high.unwrap_or(0.0),
            );
            if low > central || central > high {
                let span = p.values.first().map_or(p.name.span, |f| {
                    p.values.last().map_or(f.span, |l| f.span.to(l.span))
                });
                self.report(
                    Diagnostic::error("E0312", span, "this range is not in order")
                        .label("expected low .. central .. high, lowest first"),
                );
            }
            if let (Some(known), Some(as_of)) = (&p.known_by, self.as_of)
                && known.value > as_of
            {
                let as_of_span = self
                    .file
                    .headers
                    .first()
                    .and_then(|h| h.as_of.as_ref())
                    .map(|d| d.span);
                let mut found = Diagnostic::error(
                    "E0316",
                    known.span,
                    format!("`{}` was not known on {as_of}", p.name.text),
                )
                .label(format!("expected a date up to {as_of}"))
                .help("use what was known by the scenario's as-of date, or move that date");
                if let Some(span) = as_of_span {
                    found = found.related(span, "the scenario is as of this date");
                }
                self.report(found);
            }
            if p.source.is_none() && !p.broken {
                self.report(
                    Diagnostic::warning(
                        "W0504",
                        p.name.span,
                        format!("`{}` has no source", p.name.text),
                    )
                    .label("expected a line `source \"…\"` below it"),
                );
            }
            if p.grade.is_none() && !p.broken {
                self.report(
                    Diagnostic::warning(
                        "W0505",
                        p.name.span,
                        format!("`{}` has no grade", p.name.text),
                    )
                    .label("expected a line `grade A`, `B` or `C` below it")
                    .help("A is measured, B an estimate, C a judgement"),
                );
            }
            self.parameter_units.push(dimension);
            self.parameters.push(Parameter {
                name: p.name.text.into(),
                low,
                central,
                high,
                unit: p.unit.as_ref().map_or(String::new(), units::written),
                scale: 1.0 / factor,
                text: p.text.as_ref().map_or(String::new(), |t| t.value.clone()),
                source: p.source.as_ref().map_or(String::new(), |t| t.value.clone()),
                grade: p.grade.as_ref().map(|g| g.value),
                known_by: p.known_by.as_ref().map(|d| d.value),
                switch: false,
                span: p.name.span,
            });
        }
    }

    pub(crate) fn variables(&mut self) {
        let mut ladder = None;
        for (index, v) in self.names.variables.clone().into_iter().enumerate() {
            let id = crate::scenario::VariableId(index as u32);
            if v.is_ladder {
                if let Some(first) = ladder {
                    self.report(
                        Diagnostic::error("E0402", v.name.span, "a second ladder")
                            .label("expected one ladder in a scenario")
                            .related(first, "the first")
                            .help("declare it as a `variable`"),
                    );
                } else {
                    ladder = Some(v.name.span);
                }
            }
            let mut levels = Vec::new();
            match &v.levels {
                Some(written) => {
                    self.doubles(written.value.iter().map(|(name, _)| *name));
                    levels = written
                        .value
                        .iter()
                        .map(|(name, label)| Level {
                            name: name.text.into(),
                            label: text_or(label, name.text),
                        })
                        .collect();
                }
                None if v.broken => {}
                None => self.property_missing(
                    v.name.span,
                    "levels",
                    "its levels, such as `levels open, shut`",
                ),
            }
            let start = match v.start {
                Some(name) => self.level(id, name).unwrap_or(0),
                None if v.broken => 0,
                None => {
                    self.property_missing(
                        v.name.span,
                        "start",
                        "the level at the start, such as `start open`",
                    );
                    0
                }
            };
            self.doubles(v.cleared_by.iter().copied());
            let cleared_by = v
                .cleared_by
                .iter()
                .filter_map(|name| self.actor(*name))
                .collect();
            self.variables.push(Variable {
                name: v.name.text.into(),
                label: text_or(&v.label, v.name.text),
                levels,
                start,
                is_ladder: v.is_ladder,
                cleared_by,
                span: v.name.span,
            });
        }
    }

    /// Sorts derived quantities so that each uses only earlier ones, and checks them in that order.
    pub(crate) fn derived(&mut self) {
        let all = self.names.derived.clone();
        let mut uses: Vec<Vec<u32>> = Vec::with_capacity(all.len());
        for d in &all {
            let mut found = Vec::new();
            self.derived_in(&d.value, &mut found);
            found.sort_unstable();
            found.dedup();
            uses.push(found);
        }
        let mut users: Vec<Vec<u32>> = vec![Vec::new(); all.len()];
        let mut open: Vec<usize> = uses.iter().map(Vec::len).collect();
        for (user, used) in uses.iter().enumerate() {
            for u in used {
                users[*u as usize].push(user as u32);
            }
        }
        // The written order wherever it can be kept.
        let mut ready: BinaryHeap<Reverse<u32>> = (0..all.len() as u32)
            .filter(|i| open[*i as usize] == 0)
            .map(Reverse)
            .collect();
        self.names.derived_ids = vec![None; all.len()];
        while let Some(Reverse(index)) = ready.pop() {
            self.names.derived_ids[index as usize] = Some(self.derived.len() as u32);
            self.one_derived(all[index as usize]);
            for user in &users[index as usize] {
                open[*user as usize] -= 1;
                if open[*user as usize] == 0 {
                    ready.push(Reverse(*user));
                }
            }
        }
        self.cycles(&all, &uses);
    }

    fn one_derived(&mut self, d: &'a ast::Derived<'a>) {
        let value = self.expr(&d.value, Scope::public("a derived quantity"));
        let facts = value.as_ref().map(|v| DerivedFacts {
            units: v.units.clone(),
            condition: v.condition,
            constant: self.constant_of(&v.expr),
        });
        self.derived.push(Derived {
            name: d.name.text.into(),
            unit: facts
                .as_ref()
                .map_or_else(String::new, |f| f.units.text("day")),
            condition: facts.as_ref().is_some_and(|f| f.condition),
            value: value.map_or(
                crate::scenario::Expr {
                    kind: crate::scenario::ExprKind::Number(0.0),
                    span: d.value.span,
                },
                |v| v.expr,
            ),
            span: d.name.span,
        });
        self.derived_facts.push(facts);
    }

    /// Value at the central parameters of an expression that depends on no state.
    pub(crate) fn constant_of(&self, expr: &crate::scenario::Expr) -> Option<f64> {
        let central: Vec<f64> = self.parameters.iter().map(|p| p.central).collect();
        constant::value(expr, &central, &|id| {
            self.derived_facts.get(id as usize)?.as_ref()?.constant
        })
    }

    fn cycles(&mut self, all: &[&'a ast::Derived<'a>], uses: &[Vec<u32>]) {
        let mut told = vec![false; all.len()];
        for start in 0..all.len() {
            if self.names.derived_ids[start].is_some() || told[start] {
                continue;
            }
            // Every unsorted quantity uses an unsorted one: follow them until one comes back.
            let mut path: Vec<usize> = Vec::new();
            let mut at = start;
            while !path.contains(&at) && !told[at] {
                path.push(at);
                match uses[at]
                    .iter()
                    .find(|u| self.names.derived_ids[**u as usize].is_none())
                {
                    Some(next) => at = *next as usize,
                    None => break,
                }
            }
            let cycle = path
                .iter()
                .position(|p| *p == at)
                .map(|i| path[i..].to_vec());
            for p in &path {
                told[*p] = true;
            }
            let Some(cycle) = cycle else { continue };
            let names: Vec<&str> = cycle.iter().take(6).map(|i| all[*i].name.text).collect();
            let round = format!("{} → {}", names.join(" → "), names[0]);
            self.report(
                Diagnostic::error(
                    "E0315",
                    all[cycle[0]].name.span,
                    format!("`{}` is derived from itself", names[0]),
                )
                .label(format!("expected no circle: {round}"))
                .help("a derived quantity is computed from others that do not need it"),
            );
        }
    }

    /// Whether an expression is a bare variable, as in a comparison with a level.
    fn compares_level(&self, e: &ast::Expr<'a>) -> bool {
        matches!(&e.kind, ast::ExprKind::Path(path) if path.owner.is_none()
            && matches!(self.names.items.get(path.name.text), Some((Item::Variable(_), _))))
    }

    /// The derived quantities that an expression names.
    fn derived_in(&self, e: &ast::Expr<'a>, out: &mut Vec<u32>) {
        use ast::ExprKind as K;
        match &e.kind {
            K::Literal { .. } | K::In(..) => {}
            K::Path(path) => {
                if let (None, Some((Item::Derived(index), _))) =
                    (path.owner, self.names.items.get(path.name.text))
                {
                    out.push(*index);
                }
            }
            K::Negate(x) | K::Not(x) => self.derived_in(x, out),
            // What a variable is compared with is a level.
            K::Binary(_, _, a, b) if self.compares_level(a) || self.compares_level(b) => {}
            K::Binary(_, _, a, b) => {
                self.derived_in(a, out);
                self.derived_in(b, out);
            }
            K::If {
                then,
                condition,
                otherwise,
            } => {
                self.derived_in(then, out);
                self.derived_in(condition, out);
                self.derived_in(otherwise, out);
            }
            K::Guarded { arms, otherwise } => {
                for (value, condition) in arms {
                    self.derived_in(value, out);
                    self.derived_in(condition, out);
                }
                if let Some(o) = otherwise {
                    self.derived_in(o, out);
                }
            }
            K::Call(_, arguments) => arguments.iter().for_each(|a| self.derived_in(a, out)),
            K::By(table) => {
                table
                    .arms
                    .iter()
                    .for_each(|a| self.derived_in(&a.value, out));
                if let Some(o) = &table.otherwise {
                    self.derived_in(&o.value, out);
                }
            }
        }
    }
}

/// A label, or the name when there is none.
pub(crate) fn text_or(label: &Option<ast::Text>, name: &str) -> String {
    label
        .as_ref()
        .map_or_else(|| name.to_owned(), |t| t.value.clone())
}
