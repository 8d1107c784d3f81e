//! Lowering: a checked scenario becomes the tables of a [`Game`].
//!
//! | construct | file |
//! |---|---|
//! | state space and index | `state` |
//! | expressions | `expression` |
//! | outcomes and effects | `chance` |
//! | moves, guards, opportunity | `mover` |
//! | the table of a choice, labels, kinds | `moves` |
//! | triggers that look like moves | `lookalike` |
//! | moving at once | `simultaneous` |
//! | events, factored | `events` |
//! | flows, payments, afterwards | `payoff` |
//! | ends | `ends` |
//! | classes and questions | `outcomes` |
//! | derived quantities by themselves | `quantity` |
//! | what comes and goes within a phase | `passages` |
//! | reachable states | `explore` |
//! | the finished tables | `assemble` |
//! | who or what brings an outcome about | `causes` |
//!
//! Only reachable states are indexed, and the search for them is bounded: a scenario whose space is
//! too large is refused early, with what to coarsen.

mod actors;
mod answerable;
mod assemble;
mod causes;
mod chance;
mod ends;
mod events;
mod explore;
mod expression;
mod findings;
mod lookalike;
mod mover;
mod moves;
mod outcomes;
mod passages;
mod payoff;
mod quantity;
mod simultaneous;
mod state;
mod triggers;

pub use answerable::unanswered;
pub use causes::{Accident, Cause, Causes, PhaseCauses};
pub use passages::hidden;
pub use quantity::{holds, quantity};
pub use state::PlaceError;

use crate::forecast::history::MAX_EVENTS;
use crate::game::{Game, Label, State};
use chance::ROUNDING;
use climbdown_lang::scenario::{Expr, Noise, PhaseOrder};
use climbdown_lang::{Diagnostic, Scenario, Span};
use ends::Ends;
use events::EventStep;
use explore::{Limit, Step};
use expression::{Bank, Holder, Value};
use findings::Findings;
use moves::MoveStep;
use outcomes::Asked;
use passages::Passages;
use payoff::Payoffs;
use rustc_hash::FxHashMap;
use serde::Serialize;
use state::Space;

/// One level for each variable, in declaration order.
type Levels = [u16];

/// Limits of the compiler.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Options {
    /// Most reachable states.
    pub max_states: usize,
    /// Most outcomes over all phases.
    pub max_outcomes: u64,
    /// Most outcomes of an events node made of more than one trigger; 0 keeps every trigger in a
    /// phase of its own.
    pub max_event_outcomes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_states: 200_000,
            max_outcomes: 50_000_000,
            max_event_outcomes: 12,
        }
    }
}

/// A compiled scenario.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The tables.
    pub game: Game,
    /// How large they are.
    pub size: SizeReport,
    /// Who or what brings outcomes about.
    pub causes: Causes,
    /// What comes about in some reachable state.
    pub met: Met,
    /// Names of variables and levels, and which of their combinations are states.
    space: Space,
    /// Id of discovery → state.
    index: Vec<State>,
}

/// What comes about in some reachable state, in truth or as believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Met {
    /// The scenario's triggers that can fire, in their order.
    pub triggers: Vec<bool>,
    /// Levels at which variables can stand: `[variable][level]`.
    pub levels: Vec<Vec<bool>>,
    /// First passages that begin with a move and that a trigger which looks like one ends in the same
    /// phase, so that no state shows them: the trigger, and where the condition is written.
    pub hidden: Vec<(u32, Span)>,
}

/// How large a game is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SizeReport {
    /// Product of the numbers of levels.
    pub declared_states: u128,
    /// States in the tables.
    pub states: usize,
    /// Of these, states that stop the crisis.
    pub end_states: usize,
    /// Name of each phase and the states met in it.
    pub phases: Vec<PhaseSize>,
    /// Levels of each variable.
    pub variables: Vec<VariableSize>,
    /// Alternatives over all phases.
    pub alternatives: usize,
    /// Outcomes over all phases.
    pub outcomes: usize,
    /// Predicted memory of the solver with its default settings, in bytes.
    pub solver_bytes: u128,
}

/// Size of one phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PhaseSize {
    /// The movers, or "events" with a number.
    pub name: String,
    /// States met in the phase.
    pub states: usize,
    /// Outcomes of the phase.
    pub outcomes: usize,
}

/// Levels of one variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VariableSize {
    /// Name.
    pub name: String,
    /// Levels declared.
    pub declared: usize,
    /// Levels that some reachable state has.
    pub reached: usize,
}

/// Why a scenario was not compiled.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CompileError {
    /// The scenario is wrong; at least one finding, in source order.
    #[error("{}", summary(.0))]
    Scenario(Vec<Diagnostic>),
    /// The scenario is too large.
    #[error("{}", .0.message)]
    TooLarge(Box<Diagnostic>),
    /// The scenario asks for a concept that this version does not solve.
    #[error("{}", .0.message)]
    Unsupported(Box<Diagnostic>),
}

impl CompileError {
    /// The findings, at least one.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Scenario(list) => list,
            Self::TooLarge(one) | Self::Unsupported(one) => std::slice::from_ref(one),
        }
    }
}

fn summary(list: &[Diagnostic]) -> String {
    let first = list
        .first()
        .map_or("the scenario is wrong", |d| d.message.as_str());
    match list.len() {
        0 | 1 => first.into(),
        n => format!("{first} (and {} more)", n - 1),
    }
}

impl Compiled {
    /// The state named by "variable=level,variable=level"; variables left out are at their start.
    ///
    /// # Errors
    /// [`PlaceError`]: unknown names with what was probably meant, or a state that cannot be reached.
    pub fn state_at(&self, text: &str) -> Result<State, PlaceError> {
        let levels = self.space.parse(text)?;
        self.space
            .find(&levels)
            .map(|id| self.index[id as usize])
            .filter(|state| *state != crate::game::NONE)
            .ok_or_else(|| PlaceError::NotReached(self.space.label(&levels)))
    }
}

/// Compiles a scenario.
///
/// # Errors
/// [`CompileError`]: what is wrong in which reachable state, too large, or not supported.
pub fn compile(scenario: &Scenario, options: &Options) -> Result<Compiled, CompileError> {
    supported(scenario)?;
    let Some(space) = Space::of(&scenario.variables) else {
        return Err(too_large(
            scenario,
            "more states than 128 bits can number are declared".into(),
        ));
    };
    let mut lowering = Lowering::of(scenario);
    let actors = actors::lower(&mut lowering);
    let payoffs = Payoffs::lower(
        &actors.iter().map(|a| a.discount).collect::<Vec<_>>(),
        &mut lowering,
    );
    let ends = Ends::lower(&mut lowering);
    let asked = Asked::lower(&mut lowering);
    let mut steps = steps(&payoffs, &mut lowering);
    let passages = Passages::of(asked.ever().cloned().collect(), scenario.triggers.len());
    let mut context = lowering.context(space, ends, passages, *options);

    explore::explore(&mut steps, &mut context).map_err(|limit| refuse(limit, &context))?;
    if context.findings.any() {
        return Err(CompileError::Scenario(context.findings.into_sorted()));
    }
    let (game, index, causes) = assemble::assemble(steps, actors, &payoffs, &asked, &mut context);
    if context.findings.any() {
        return Err(CompileError::Scenario(context.findings.into_sorted()));
    }
    if game.events.len() > MAX_EVENTS {
        let span = scenario
            .questions
            .last()
            .map_or(Span::default(), |q| q.span);
        let message = format!(
            "{} different conditions are watched by outcomes and questions",
            game.events.len()
        );
        return Err(CompileError::Unsupported(Box::new(
            Diagnostic::error("E1304", span, message)
                .label(format!("expected at most {MAX_EVENTS}"))
                .help("split the questions over several files"),
        )));
    }
    let size = assemble::size(&game, &context);
    Ok(Compiled {
        game,
        size,
        causes,
        met: Met {
            levels: context.space.met(),
            triggers: context.fired,
            hidden: context.passages.hidden(),
        },
        space: context.space,
        index,
    })
}

/// The steps of a round, as lowered.
fn steps(payoffs: &Payoffs, lowering: &mut Lowering) -> Vec<Step> {
    let mut steps = Vec::new();
    let order = &lowering.scenario.order;
    if payoffs.has_flows() && !order.contains(&PhaseOrder::Events) {
        steps.push(Step::Event(Box::new(EventStep::identity())));
    }
    for phase in order {
        match phase {
            PhaseOrder::Move(actors) => {
                steps.push(Step::Move(Box::new(MoveStep::lower(actors, lowering))));
            }
            PhaseOrder::Events => {
                steps.extend(
                    EventStep::lower(lowering)
                        .into_iter()
                        .map(|s| Step::Event(Box::new(s))),
                );
            }
        }
    }
    if steps.is_empty() {
        steps.push(Step::Event(Box::new(EventStep::identity())));
    }
    steps
}

/// Refuses concepts that do not go together.
fn supported(scenario: &Scenario) -> Result<(), CompileError> {
    let kind = scenario.moves.iter().find(|m| m.kind.is_some());
    if let (Noise::Taste, Some(mv)) = (scenario.noise, kind) {
        let message = "kinds of moves have no meaning under `noise taste`";
        let finding = Diagnostic::error("E1303", mv.span, message)
            .help("write `noise error`, or leave the kinds out");
        return Err(CompileError::Unsupported(Box::new(finding)));
    }
    Ok(())
}

fn refuse(limit: Limit, context: &Context) -> CompileError {
    let text = match limit {
        Limit::States => format!(
            "more than {} states can be reached",
            context.options.max_states
        ),
        Limit::Outcomes => {
            format!(
                "the moves and triggers have more than {} outcomes",
                context.options.max_outcomes
            )
        }
    };
    let text = format!(
        "{text}, of {:.2e} declared",
        context.space.declared() as f64
    );
    too_large(context.scenario, text)
}

fn too_large(scenario: &Scenario, what: String) -> CompileError {
    let widest = scenario.variables.iter().max_by_key(|v| v.levels.len());
    let span = widest.map_or(Span::default(), |v| v.span);
    let message = format!("the scenario is too large: {what}");
    CompileError::TooLarge(Box::new(
        Diagnostic::error("E1201", span, message)
            .label(format!("the levels multiply: {}", state::factors(scenario)))
            .help("merge levels or variables, clear momentary variables with `cleared by`, or stop the crisis with `end`"),
    ))
}

/// Payoffs up to this size can be summed over any number of rounds.
const LARGEST_PAYOFF: f64 = 1e100;

/// What lowering needs while the scenario is read.
pub(crate) struct Lowering<'s> {
    scenario: &'s Scenario,
    bank: Bank,
    findings: Findings,
    labels: Vec<String>,
    label_ids: FxHashMap<String, Label>,
    /// First seat of each actor.
    seat: Vec<usize>,
}

impl<'s> Lowering<'s> {
    fn of(scenario: &'s Scenario) -> Self {
        let mut findings = Findings::default();
        let bank = Bank::of(scenario, &mut findings);
        let mut seat = Vec::with_capacity(scenario.actors.len());
        let mut next = 0;
        for actor in &scenario.actors {
            seat.push(next);
            next += actor.types.len().max(1);
        }
        let (labels, label_ids) = (Vec::new(), FxHashMap::default());
        Self {
            scenario,
            bank,
            findings,
            labels,
            label_ids,
            seat,
        }
    }

    fn value(&mut self, expr: &Expr, holder: Holder) -> Value {
        self.bank.lower(expr, holder, &mut self.findings)
    }

    fn label(&mut self, name: &str) -> Label {
        if let Some(label) = self.label_ids.get(name) {
            return *label;
        }
        let label = self.labels.len() as Label;
        self.labels.push(name.into());
        self.label_ids.insert(name.into(), label);
        label
    }

    /// Number of types of an actor, at least one.
    fn types(&self, actor: u32) -> u32 {
        self.scenario.actors[actor as usize].types.len().max(1) as u32
    }

    fn context(
        self,
        space: Space,
        ends: Ends,
        passages: Passages,
        options: Options,
    ) -> Context<'s> {
        let kinds: Vec<usize> = (0..self.scenario.actors.len())
            .map(|a| self.types(a as u32) as usize)
            .collect();
        Context {
            scenario: self.scenario,
            options,
            space,
            bank: self.bank,
            labels: self.labels,
            ends,
            seats: kinds.iter().sum(),
            seat: self.seat,
            kinds,
            fired: vec![false; self.scenario.triggers.len()],
            passages,
            findings: self.findings,
        }
    }
}

/// What lowering needs while states are explored.
pub(crate) struct Context<'s> {
    scenario: &'s Scenario,
    options: Options,
    space: Space,
    bank: Bank,
    labels: Vec<String>,
    ends: Ends,
    seats: usize,
    /// First seat of each actor.
    seat: Vec<usize>,
    /// Number of types of each actor.
    kinds: Vec<usize>,
    /// Triggers that have fired in some state.
    fired: Vec<bool>,
    passages: Passages,
    findings: Findings,
}

impl Context<'_> {
    /// Reports something about a state, once for each place and code.
    fn report(
        &mut self,
        code: &'static str,
        span: Span,
        levels: &Levels,
        make: impl FnOnce(&str) -> Diagnostic,
    ) {
        let space = &self.space;
        self.findings
            .report(code, span, || make(&space.label(levels)));
    }

    /// Does a condition hold?
    fn condition(&mut self, value: &Value, levels: &Levels) -> bool {
        let holds = self.bank.value(value, levels);
        if holds.is_nan() {
            let span = value.span;
            self.report("E1112", span, levels, |place| {
                Diagnostic::error(
                    "E1112",
                    span,
                    format!("this condition has no value in state {place}"),
                )
                .label("expected something true or false; is it a division of 0 by 0?")
            });
            return false;
        }
        holds != 0.0
    }

    /// A probability, within rounding; reports anything else and goes on with the nearest.
    fn probability(&mut self, value: &Value, levels: &Levels, what: &str, of: &str) -> f64 {
        let p = self.bank.value(value, levels);
        if (0.0..=1.0).contains(&p) {
            return p;
        }
        if p.is_nan() || !(-ROUNDING..=1.0 + ROUNDING).contains(&p) {
            let span = value.span;
            self.report("E1103", span, levels, |place| {
                Diagnostic::error(
                    "E1103",
                    span,
                    format!("a {what} of {of} is {p} in state {place}"),
                )
                .label("expected a number from 0 to 1")
            });
        }
        if p > 0.5 { 1.0 } else { 0.0 }
    }

    /// A payoff; reports what is not finite, or so large that sums might not be, and goes on with
    /// nothing.
    fn payoff(&mut self, value: &Value, levels: &Levels) -> f64 {
        let x = self.bank.value(value, levels);
        if x.abs() <= LARGEST_PAYOFF {
            return x;
        }
        let span = value.span;
        self.report("E1106", span, levels, |place| {
            Diagnostic::error(
                "E1106",
                span,
                format!("this payoff is {x:e} in state {place}"),
            )
            .label(format!(
                "expected a finite number, at most {LARGEST_PAYOFF:e} in size"
            ))
            .help("look for a division by 0")
        });
        0.0
    }

    /// How many outcomes may still be added to a table that has `present`.
    fn room_for_outcomes(&self, present: usize) -> u64 {
        self.options.max_outcomes.saturating_sub(present as u64)
    }
}
