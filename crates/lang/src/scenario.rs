//! The checked scenario: what the engine compiles.
//!
//! Names are resolved to indices, units to plain numbers (time in days, everything else as
//! written), and every expression is known to be well formed. Nothing here depends on how the
//! text was laid out except the spans, which let later stages point back at the source.

mod declared;

pub use declared::*;

use crate::library::Function;
use crate::source::Span;
use jiff::civil::Date;
use serde::Serialize;

/// Index of a parameter in [`Scenario::parameters`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ParameterId(pub u32);
/// Index of a variable in [`Scenario::variables`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct VariableId(pub u32);
/// Index of a derived quantity in [`Scenario::derived`]. A derived quantity uses only earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct DerivedId(pub u32);
/// Index of an actor in [`Scenario::actors`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ActorId(pub u32);
/// Index of a move in [`Scenario::moves`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct MoveId(pub u32);

/// A whole crisis, checked.
#[derive(Clone, Debug, Serialize)]
pub struct Scenario {
    /// Title in quotes after `scenario`.
    pub title: String,
    /// The date up to which facts may be known.
    pub as_of: Option<Date>,
    /// Length of a round in days.
    pub round_days: f64,
    /// The word for one round: "day", "week", "month" or "round".
    pub round_name: String,
    /// Number of rounds forecast.
    pub horizon: u32,
    /// How far actors plan.
    pub foresight: Foresight,
    /// Rounds for which structural payoff terms run on when foresight ends.
    pub afterwards: u32,
    /// Rounds for which transient payoff terms run on.
    pub transient: u32,
    /// Phases of a round, in order.
    pub order: Vec<PhaseOrder>,
    /// How choice noise is read.
    pub noise: Noise,
    /// Declared numbers.
    pub parameters: Vec<Parameter>,
    /// State variables.
    pub variables: Vec<Variable>,
    /// Named expressions, each using only earlier ones.
    pub derived: Vec<Derived>,
    /// Those who move.
    pub actors: Vec<Actor>,
    /// What they may do, in the written order.
    pub moves: Vec<Move>,
    /// What nobody decides, in the written order.
    pub triggers: Vec<Trigger>,
    /// Conditions that stop the crisis.
    pub ends: Vec<End>,
    /// Rounds after which the outcome classes are read.
    pub window: u32,
    /// Exclusive, exhaustive outcome classes, first match first; the last is `Otherwise`.
    pub classes: Vec<Class>,
    /// First-passage questions.
    pub questions: Vec<Question>,
    /// What somebody may decide beforehand; the scenario as written is without any.
    pub policies: Vec<Policy>,
    /// Rival sets of assumptions.
    pub structures: Vec<Structure>,
    /// Other ways in which an actor may see things.
    pub mindsets: Vec<Mindset>,
    /// How often comparable crises went so.
    pub base_rates: Vec<BaseRate>,
    /// Variables that move slowly by themselves.
    pub drifts: Vec<Drift>,
    /// Theatres that catch fire.
    pub fronts: Vec<Front>,
    /// Allies who hang together and share costs.
    pub coalitions: Vec<Coalition>,
    /// What was seen since the as-of date, by date.
    pub observed: Vec<Observed>,
    /// Lines that one actor holds against another. What they do is in the variables and moves.
    pub red_lines: Vec<RedLine>,
    /// Tables at which packages are offered. What happens there is in the variables and moves.
    pub talks: Vec<Talks>,
    /// Relief promised for conduct. What it does is in the variables, moves and payoffs.
    pub ramps: Vec<Ramp>,
}

/// Planning depth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Foresight {
    /// Plan this many rounds ahead, at every round anew.
    Rounds(u32),
    /// Plan to the horizon.
    Full,
    /// Stationary play without a last round.
    Unbounded,
}

/// Reading of the logit noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Noise {
    /// Mistakes: the value of a node is what the noisy choice earns.
    Error,
    /// Private payoff shocks: the value of a node includes them.
    Taste,
}

/// One phase of a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PhaseOrder {
    /// These actors move at once; usually one.
    Move(Vec<ActorId>),
    /// The triggers that look like no move.
    Events,
}

/// A number with its range, unit and origin. Values are in canonical units (time in days).
#[derive(Clone, Debug, Serialize)]
pub struct Parameter {
    /// Name as declared.
    pub name: String,
    /// Lowest plausible value; equals `central` without a range.
    pub low: f64,
    /// The value used.
    pub central: f64,
    /// Highest plausible value; equals `central` without a range.
    pub high: f64,
    /// Unit as written, "" for a plain number.
    pub unit: String,
    /// One canonical unit in the written unit: written value = canonical value × `scale`.
    pub scale: f64,
    /// What it is.
    pub text: String,
    /// Where it comes from.
    pub source: String,
    /// A measured, B estimate, C judgement.
    pub grade: Option<Grade>,
    /// When it became known.
    pub known_by: Option<Date>,
    /// Made by the language to turn a policy, an alternative or a mindset on (1) and off (0, its
    /// value as written); no number of the analyst's.
    pub switch: bool,
    /// Where it is declared.
    pub span: Span,
}

/// How good a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Grade {
    /// Measured.
    A,
    /// Estimated.
    B,
    /// Judged.
    C,
}

/// A finite, ordered state variable.
#[derive(Clone, Debug, Serialize)]
pub struct Variable {
    /// Name as declared.
    pub name: String,
    /// Text for people; the name when none was given.
    pub label: String,
    /// Levels, lowest first.
    pub levels: Vec<Level>,
    /// Index of the starting level.
    pub start: u32,
    /// Declared with `ladder`.
    pub is_ladder: bool,
    /// Actors whose moves first return the variable to its first level.
    pub cleared_by: Vec<ActorId>,
    /// Where it is declared.
    pub span: Span,
}

/// One level of a variable.
#[derive(Clone, Debug, Serialize)]
pub struct Level {
    /// Name as declared.
    pub name: String,
    /// Text for people; the name when none was given.
    pub label: String,
}

/// A named expression.
#[derive(Clone, Debug, Serialize)]
pub struct Derived {
    /// Name as declared.
    pub name: String,
    /// Its value.
    pub value: Expr,
    /// Its canonical unit, times in days; "" for a plain number.
    pub unit: String,
    /// A condition, which is 0 or 1, and no number.
    pub condition: bool,
    /// Where it is declared.
    pub span: Span,
}

/// An actor.
#[derive(Clone, Debug, Serialize)]
pub struct Actor {
    /// Name as declared.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// Declared with `payer`: keeps accounts, never moves, has no types and no precision.
    pub payer: bool,
    /// Logit precision λ ≥ 0. Constant over states: uses parameters only.
    pub precision: Expr,
    /// Loss of value per `discount_days`, in [0, 1): δ per round = (1 − discount)^(round/discount_days).
    /// Constant over states.
    pub discount: Expr,
    /// Days over which `discount` is lost.
    pub discount_days: f64,
    /// Probability of a decision in this round; a number in (0, 1].
    pub opportunity: Option<Expr>,
    /// What is believed of the opportunity; default the true one.
    pub believed_opportunity: Option<Expr>,
    /// Move played without an opportunity.
    pub default: Option<MoveId>,
    /// Private types; empty when the actor has none.
    pub types: Vec<Type>,
    /// Flow payoffs, per `Term::per_days`.
    pub payoff: Vec<Term>,
    /// Paid once where foresight ends; may contain `Belief`.
    pub afterwards: Vec<Term>,
    /// Where it is declared.
    pub span: Span,
}

/// A private type.
#[derive(Clone, Debug, Serialize)]
pub struct Type {
    /// Name as declared.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// Prior probability; `None` for `otherwise`. Constant over states.
    pub prior: Option<Expr>,
    /// Where it is declared.
    pub span: Span,
}

/// A named payoff term.
#[derive(Clone, Debug, Serialize)]
pub struct Term {
    /// Name as declared.
    pub name: String,
    /// Gain per `per_days` (flows) or once (`afterwards`).
    pub value: Expr,
    /// Days over which `value` is earned; 0 for a single payment.
    pub per_days: f64,
    /// Runs on for the transient rounds instead of the structural ones.
    pub transient: bool,
    /// Where it is declared.
    pub span: Span,
}

/// A move of one actor.
#[derive(Clone, Debug, Serialize)]
pub struct Move {
    /// Who moves.
    pub actor: ActorId,
    /// Name without the actor.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// Where it is open; always when `None`.
    pub guard: Option<Expr>,
    /// Single payments: costs carry a minus sign.
    pub payments: Vec<Payment>,
    /// Near-duplicates share a kind.
    pub kind: Option<String>,
    /// Public name, "actor.move" unless said otherwise.
    pub seen_as: String,
    /// What may follow; never empty.
    pub outcomes: Vec<Outcome>,
    /// Where it is declared.
    pub span: Span,
}

/// A gain (positive) or cost (negative) of one actor.
#[derive(Clone, Debug, Serialize)]
pub struct Payment {
    /// Who is paid.
    pub actor: ActorId,
    /// Gain; may depend on that actor's type.
    pub value: Expr,
    /// Where it is written.
    pub span: Span,
}

/// One possible result of a move or trigger.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// True probability; `None` for `rest`.
    pub probability: Option<Expr>,
    /// Believed probability; `None` means as true (and for a `rest`: what the believed ones leave).
    pub believed: Option<Expr>,
    /// Public name if it differs from the move's or trigger's.
    pub seen_as: Option<String>,
    /// Changes, in order.
    pub effects: Vec<Effect>,
    /// Where it is written.
    pub span: Span,
}

/// A change of one variable.
#[derive(Clone, Debug, Serialize)]
pub struct Effect {
    /// What changes.
    pub variable: VariableId,
    /// How.
    pub change: Change,
    /// Only if this holds, seeing the effects before.
    pub condition: Option<Expr>,
    /// Where it is written.
    pub span: Span,
}

/// Kinds of change; steps stop at the first and last level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// To this level.
    To(u32),
    /// By so many levels, up or down.
    Step(i32),
    /// Up to this level unless above.
    AtLeast(u32),
    /// Down to this level unless below.
    AtMost(u32),
}

/// Something nobody decides.
#[derive(Clone, Debug, Serialize)]
pub struct Trigger {
    /// Name as declared.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// Where it may happen.
    pub guard: Option<Expr>,
    /// How often in truth.
    pub chance: Chance,
    /// How often as believed; `None` as in truth.
    pub believed: Option<Chance>,
    /// The move it is taken for.
    pub looks_like: Option<MoveId>,
    /// What it does; never empty (those of the move it looks like when none were written).
    pub outcomes: Vec<Outcome>,
    /// Where it is declared.
    pub span: Span,
}

/// Rate or probability of a trigger.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Chance {
    /// Events per day (`times` already multiplied in).
    Rate(Expr),
    /// Probability per round (`times` already multiplied in).
    Probability(Expr),
}

/// A condition that stops the crisis.
#[derive(Clone, Debug, Serialize)]
pub struct End {
    /// Name as declared.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// When it holds.
    pub when: Expr,
    /// Paid once on entering.
    pub values: Vec<Payment>,
    /// Paid from then on: who, gain per `per_days`.
    pub flows: Vec<EndFlow>,
    /// Where it is declared.
    pub span: Span,
}

/// A flow after an end.
#[derive(Clone, Debug, Serialize)]
pub struct EndFlow {
    /// Who is paid.
    pub actor: ActorId,
    /// Gain per `per_days`.
    pub value: Expr,
    /// Days over which `value` is earned.
    pub per_days: f64,
    /// Where it is written.
    pub span: Span,
}

/// An outcome class.
#[derive(Clone, Debug, Serialize)]
pub struct Class {
    /// Name as declared.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// When it is taken.
    pub rule: Rule,
    /// Where it is declared.
    pub span: Span,
}

/// Rule of an outcome class.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The condition held after some phase of the window, or at its start.
    Ever(Expr),
    /// The condition holds when the window closes.
    AtEnd(Expr),
    /// Everything else.
    Otherwise,
}

/// A first-passage question.
#[derive(Clone, Debug, Serialize)]
pub struct Question {
    /// Name as declared.
    pub name: String,
    /// Text for people.
    pub title: String,
    /// What must come to hold.
    pub when: Expr,
    /// Rounds within which.
    pub within: u32,
    /// How it is settled.
    pub resolves: String,
    /// Where it is declared.
    pub span: Span,
}

/// A checked expression. Conditions are numbers 0 and 1.
#[derive(Clone, Debug, Serialize)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it is written.
    pub span: Span,
}

impl Expr {
    /// The expressions that it is made of, in the order of their fields; none for a number or a name.
    pub fn parts(&self) -> Vec<&Self> {
        match &self.kind {
            ExprKind::Number(_)
            | ExprKind::Parameter(_)
            | ExprKind::Derived(_)
            | ExprKind::Level(_)
            | ExprKind::IsType(..)
            | ExprKind::Belief(..) => Vec::new(),
            ExprKind::Negate(x) | ExprKind::Not(x) => vec![x],
            ExprKind::Binary(_, a, b) => vec![a, b],
            ExprKind::If {
                condition,
                then,
                otherwise,
            } => vec![condition, then, otherwise],
            ExprKind::ByLevel { values: all, .. } | ExprKind::Call(_, all) => all.iter().collect(),
        }
    }

    /// The same, to be changed.
    pub fn parts_mut(&mut self) -> Vec<&mut Self> {
        match &mut self.kind {
            ExprKind::Number(_)
            | ExprKind::Parameter(_)
            | ExprKind::Derived(_)
            | ExprKind::Level(_)
            | ExprKind::IsType(..)
            | ExprKind::Belief(..) => Vec::new(),
            ExprKind::Negate(x) | ExprKind::Not(x) => vec![x],
            ExprKind::Binary(_, a, b) => vec![a, b],
            ExprKind::If {
                condition,
                then,
                otherwise,
            } => vec![condition, then, otherwise],
            ExprKind::ByLevel { values: all, .. } | ExprKind::Call(_, all) => {
                all.iter_mut().collect()
            }
        }
    }
}

/// Kinds of expression.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ExprKind {
    /// A literal in canonical units.
    Number(f64),
    /// A declared number.
    Parameter(ParameterId),
    /// A named expression.
    Derived(DerivedId),
    /// Position of the variable's level, from 0.
    Level(VariableId),
    /// 1 if the actor is of this type (only in values of that actor).
    IsType(ActorId, u32),
    /// Public belief that the actor is of this type (only under `afterwards`).
    Belief(ActorId, u32),
    /// −x
    Negate(Box<Expr>),
    /// 1 − [x ≠ 0]
    Not(Box<Expr>),
    /// Two operands.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `then if condition else otherwise`.
    If {
        /// Condition.
        condition: Box<Expr>,
        /// Value when it holds.
        then: Box<Expr>,
        /// Value when it does not.
        otherwise: Box<Expr>,
    },
    /// One value a level; several levels may share one.
    ByLevel {
        /// Which variable.
        variable: VariableId,
        /// For each level an index into `values`.
        arms: Vec<u32>,
        /// The distinct values.
        values: Vec<Expr>,
    },
    /// A library function.
    Call(Function, Vec<Expr>),
}

/// Binary operators. Comparisons and `and`/`or` give 0 or 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum BinaryOp {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    And,
    Or,
}
