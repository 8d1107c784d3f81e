//! Syntax tree → checked [`Scenario`]: names, levels, units, probabilities, structure.
//!
//! Every declaration is checked even when others are wrong; a name whose own declaration is wrong is
//! known as such, so that its uses raise no second finding.

pub(crate) mod actors;
mod advice;
pub(crate) mod calls;
pub mod constant;
pub(crate) mod expression;
mod header;
pub(crate) mod moves;
pub(crate) mod names;
pub(crate) mod outcomes;
mod path;
pub(crate) mod quantities;
pub(crate) mod results;
pub(crate) mod triggers;
pub mod units;
mod usage;

use crate::Checked;
use crate::constructs::changes::Switches;
use crate::constructs::{self, words::Words};
use crate::diagnostic::{Diagnostic, Severity};
use crate::scenario::{
    Actor, ActorId, BaseRate, Class, Coalition, Derived, Drift, End, Foresight, Front, Mindset,
    Move, Noise, Parameter, PhaseOrder, Policy, Question, Ramp, RedLine, Scenario, Structure,
    Talks, Trigger, Variable,
};
use crate::source::Span;
use crate::syntax::ast::File;
use crate::syntax::{MAX_COPIED_BYTES, MAX_DIAGNOSTICS, parse};
use names::Names;
use std::collections::HashMap;
use units::Units;

/// What to report beyond errors and warnings.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Also report numbers that are written in place instead of declared as parameters.
    pub pedantic: bool,
}

/// Reads and checks a source of acceptable size.
pub(crate) fn check_source(source: &str, options: Options) -> Checked {
    let words = Words::default();
    let mut parsed = parse(source);
    constructs::lower(&mut parsed.file, &words, &mut parsed.diagnostics);
    let mut checker = Checker::new(&parsed.file, source, options, parsed.diagnostics);
    checker.collect_names();
    checker.header();
    checker.parameters();
    checker.variables();
    checker.derived();
    checker.actors();
    checker.collect_switches();
    checker.moves();
    checker.defaults();
    checker.triggers();
    checker.results();
    checker.policies();
    checker.structures();
    checker.mindsets();
    checker.base_rates();
    checker.red_lines();
    checker.talks();
    checker.ramps();
    checker.drifts();
    checker.fronts();
    checker.coalitions();
    checker.observed();
    checker.usage();
    checker.finish()
}

/// What is known of a derived quantity once it is checked.
#[derive(Clone, Debug)]
pub(crate) struct DerivedFacts {
    units: Units,
    condition: bool,
    /// Its value, when it depends on no variable.
    constant: Option<f64>,
}

impl DerivedFacts {
    /// Of a plain number.
    pub(crate) fn plain(constant: Option<f64>) -> Self {
        Self {
            units: Units::plain(),
            condition: false,
            constant,
        }
    }
}

pub(crate) struct Checker<'a> {
    pub(crate) file: &'a File<'a>,
    pub(crate) source: &'a str,
    pub(crate) names: Names<'a>,
    pub(crate) options: Options,
    pub(crate) diagnostics: Vec<Diagnostic>,

    // The scenario as far as it is checked.
    pub(crate) title: String,
    pub(crate) as_of: Option<jiff::civil::Date>,
    pub(crate) round_days: f64,
    pub(crate) has_round: bool,
    pub(crate) round_name: String,
    pub(crate) horizon: u32,
    pub(crate) foresight: Foresight,
    pub(crate) afterwards: u32,
    pub(crate) transient: u32,
    pub(crate) order: Vec<PhaseOrder>,
    /// The order was read without a mistake.
    pub(crate) order_known: bool,
    pub(crate) noise: Noise,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) parameter_units: Vec<Units>,
    pub(crate) variables: Vec<Variable>,
    pub(crate) derived: Vec<Derived>,
    pub(crate) actors: Vec<Actor>,
    pub(crate) moves: Vec<Move>,
    pub(crate) triggers: Vec<Trigger>,
    pub(crate) ends: Vec<End>,
    pub(crate) window: u32,
    pub(crate) classes: Vec<Class>,
    pub(crate) questions: Vec<Question>,
    pub(crate) observed: Vec<crate::scenario::Observed>,
    pub(crate) red_lines: Vec<RedLine>,
    pub(crate) talks: Vec<Talks>,
    pub(crate) ramps: Vec<Ramp>,
    pub(crate) policies: Vec<Policy>,
    pub(crate) structures: Vec<Structure>,
    pub(crate) mindsets: Vec<Mindset>,
    pub(crate) base_rates: Vec<BaseRate>,
    pub(crate) drifts: Vec<Drift>,
    pub(crate) fronts: Vec<Front>,
    pub(crate) coalitions: Vec<Coalition>,
    pub(crate) switches: Switches<'a>,
    /// Lines of the construct that made the variable of this name.
    pub(crate) made_from: HashMap<&'a str, Span>,

    /// By position in the sorted order of derived quantities; `None` when wrong.
    pub(crate) derived_facts: Vec<Option<DerivedFacts>>,
    pub(crate) used_parameters: Vec<bool>,
    pub(crate) used_variables: Vec<bool>,
    pub(crate) used_derived: Vec<bool>,
    /// Bytes of source copied by reference so far.
    pub(crate) copied: usize,
}

impl<'a> Checker<'a> {
    fn new(
        file: &'a File<'a>,
        source: &'a str,
        options: Options,
        diagnostics: Vec<Diagnostic>,
    ) -> Self {
        Self {
            file,
            source,
            names: Names::default(),
            options,
            diagnostics,
            title: String::new(),
            as_of: None,
            round_days: 1.0,
            has_round: false,
            round_name: "round".into(),
            horizon: 0,
            foresight: Foresight::Full,
            afterwards: 0,
            transient: 0,
            order: Vec::new(),
            order_known: false,
            noise: Noise::Error,
            parameters: Vec::new(),
            parameter_units: Vec::new(),
            variables: Vec::new(),
            derived: Vec::new(),
            actors: Vec::new(),
            moves: Vec::new(),
            triggers: Vec::new(),
            ends: Vec::new(),
            window: 0,
            classes: Vec::new(),
            questions: Vec::new(),
            observed: Vec::new(),
            red_lines: Vec::new(),
            talks: Vec::new(),
            ramps: Vec::new(),
            policies: Vec::new(),
            structures: Vec::new(),
            mindsets: Vec::new(),
            base_rates: Vec::new(),
            drifts: Vec::new(),
            fronts: Vec::new(),
            coalitions: Vec::new(),
            switches: Switches::default(),
            made_from: constructs::made_from(file),
            derived_facts: Vec::new(),
            used_parameters: Vec::new(),
            used_variables: Vec::new(),
            used_derived: Vec::new(),
            copied: 0,
        }
    }

    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < MAX_DIAGNOSTICS {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Books a copy of the source at `span`; `None` when too much has been copied.
    pub(crate) fn copy(&mut self, span: Span, at: Span) -> Option<()> {
        self.copied += (span.end - span.start) as usize + 64;
        if self.copied <= MAX_COPIED_BYTES {
            return Some(());
        }
        self.report(
            Diagnostic::error("E0009", at, "too much is copied by reference")
                .label(format!("expected at most {MAX_COPIED_BYTES} bytes in all")),
        );
        None
    }

    /// Days of the unit of time after `per`, reported when there is none.
    pub(crate) fn per_days(&mut self, per: &crate::syntax::ast::Spanned<String>) -> Option<f64> {
        let Some(days) = units::days(&per.value, self.round_days) else {
            let near = crate::suggest::did_you_mean(
                &per.value,
                ["year", "month", "week", "day", "hour", "round"],
            );
            let found = Diagnostic::error(
                "E0302",
                per.span,
                format!("`{}` is no unit of time", per.value),
            )
            .label("expected `year`, `month`, `week`, `day`, `hour` or `round`");
            self.report(match near {
                Some(near) => found
                    .help(format!("did you mean `{near}`?"))
                    .fix(per.span, near),
                None => found,
            });
            return None;
        };
        if !per.value.starts_with("round") {
            self.needs_round(per.span);
        }
        Some(days)
    }

    /// A unit of time was used: the scenario must say how long a round is.
    pub(crate) fn needs_round(&mut self, span: Span) {
        if !self.has_round {
            self.has_round = true; // once is enough
            self.report(
                Diagnostic::error(
                    "E0317",
                    span,
                    "a unit of time, but the scenario does not say how long a round is",
                )
                .label("expected `per round`, or `round week` in the header")
                .help("write `round week` (or day, month, `3 days`) below `scenario`"),
            );
        }
    }

    fn finish(mut self) -> Checked {
        self.diagnostics
            .sort_by_key(|d| (d.span.start, d.span.end, d.code));
        // What a construct uses in several places is checked in each and told once.
        if self.file.made {
            self.diagnostics
                .dedup_by(|a, b| a.span == b.span && a.code == b.code);
        }
        if self.diagnostics.len() >= MAX_DIAGNOSTICS {
            let last = self.diagnostics.last().map_or(Span::default(), |d| d.span);
            self.diagnostics.push(
                Diagnostic::error(
                    "E0012",
                    last,
                    format!("more than {MAX_DIAGNOSTICS} findings, the rest is not shown"),
                )
                .label("expected fewer mistakes"),
            );
        }
        let wrong = self
            .diagnostics
            .iter()
            .any(|d| d.severity == Severity::Error);
        let scenario = (!wrong).then_some(Scenario {
            title: self.title,
            as_of: self.as_of,
            round_days: self.round_days,
            round_name: self.round_name,
            horizon: self.horizon,
            foresight: self.foresight,
            afterwards: self.afterwards,
            transient: self.transient,
            order: self.order,
            noise: self.noise,
            parameters: self.parameters,
            variables: self.variables,
            derived: self.derived,
            actors: self.actors,
            moves: self.moves,
            triggers: self.triggers,
            ends: self.ends,
            window: self.window,
            classes: self.classes,
            questions: self.questions,
            observed: self.observed,
            red_lines: self.red_lines,
            talks: self.talks,
            ramps: self.ramps,
            policies: self.policies,
            structures: self.structures,
            mindsets: self.mindsets,
            base_rates: self.base_rates,
            drifts: self.drifts,
            fronts: self.fronts,
            coalitions: self.coalitions,
        });
        Checked {
            scenario,
            diagnostics: self.diagnostics,
        }
    }

    /// Whether this actor moves in some phase.
    pub(crate) fn moves_in_order(&self, actor: ActorId) -> bool {
        self.order
            .iter()
            .any(|phase| matches!(phase, PhaseOrder::Move(who) if who.contains(&actor)))
    }
}
