//! The syntax tree: what was written, before any name is looked up.

use crate::constructs::base_rate::BaseRate;
use crate::constructs::coalition::{Coalition, Wedge};
use crate::constructs::drift::Drift;
use crate::constructs::front::{ByFront, Front};
use crate::constructs::mindset::Mindset;
pub use crate::constructs::observed::Observed;
use crate::constructs::policy::Policy;
use crate::constructs::ramp::Ramp;
use crate::constructs::red_line::RedLine;
use crate::constructs::structure::Structure;
use crate::constructs::talks::Talks;
use crate::scenario::{BinaryOp, Foresight, Grade, Noise};
use crate::source::Span;
use jiff::civil::Date;

/// Something and where it is written.
#[derive(Clone, Copy, Debug)]
pub struct Spanned<T> {
    /// The thing.
    pub value: T,
    /// Its place.
    pub span: Span,
}

/// A word as written.
#[derive(Clone, Copy, Debug)]
pub struct Name<'a> {
    /// The word.
    pub text: &'a str,
    /// Its place.
    pub span: Span,
}

/// `OWNER.NAME`, or `NAME` alone where the owner is clear.
#[derive(Clone, Copy, Debug)]
pub struct Path<'a> {
    /// Before the point.
    pub owner: Option<Name<'a>>,
    /// After the point.
    pub name: Name<'a>,
}

impl Path<'_> {
    /// Place of the whole.
    pub fn span(&self) -> Span {
        self.owner
            .map_or(self.name.span, |o| o.span.to(self.name.span))
    }
}

/// A string.
pub type Text = Spanned<String>;

/// A written unit: words with powers.
#[derive(Clone, Debug)]
pub struct Unit<'a> {
    /// Words and their powers, in the written order.
    pub factors: Vec<(Name<'a>, i32)>,
    /// Place of the whole.
    pub span: Span,
}

/// All declarations of a source by kind, each kind in the written order.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct File<'a> {
    pub headers: Vec<Header<'a>>,
    pub parameters: Vec<Parameter<'a>>,
    pub variables: Vec<Variable<'a>>,
    pub derived: Vec<Derived<'a>>,
    pub actors: Vec<Actor<'a>>,
    pub moves: Vec<Move<'a>>,
    pub triggers: Vec<Trigger<'a>>,
    pub ends: Vec<End<'a>>,
    pub outcomes: Vec<Outcomes<'a>>,
    pub questions: Vec<Question<'a>>,
    pub removes: Vec<Remove>,
    pub policies: Vec<Policy<'a>>,
    pub structures: Vec<Structure<'a>>,
    pub mindsets: Vec<Mindset<'a>>,
    pub base_rates: Vec<BaseRate<'a>>,
    pub red_lines: Vec<RedLine<'a>>,
    pub talks: Vec<Talks<'a>>,
    pub ramps: Vec<Ramp<'a>>,
    pub drifts: Vec<Drift<'a>>,
    pub fronts: Vec<Front<'a>>,
    pub coalitions: Vec<Coalition<'a>>,
    /// Some of it was made by the language from constructs.
    pub made: bool,
    pub observed: Vec<Observed<'a>>,
    /// Names of declarations that could not be read, so that their uses are not mistakes too.
    pub broken: Vec<&'a str>,
}

/// `scenario "TITLE"`.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Header<'a> {
    pub span: Span,
    pub title: Text,
    /// The file that this one changes.
    pub extends: Option<Text>,
    pub as_of: Option<Spanned<Date>>,
    pub round: Option<Round<'a>>,
    pub horizon: Option<Spanned<u32>>,
    pub foresight: Option<Spanned<Foresight>>,
    pub afterwards: Option<Spanned<u32>>,
    pub transient: Option<Spanned<u32>>,
    pub order: Option<Spanned<Vec<Vec<Name<'a>>>>>,
    pub noise: Option<Spanned<Noise>>,
    /// A property was written but could not be read: do not report it as missing.
    pub broken: bool,
}

/// `round 3 days`.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Round<'a> {
    pub count: f64,
    pub unit: Name<'a>,
    pub span: Span,
}

/// `parameter NAME = LOW .. CENTRAL .. HIGH UNIT`.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Parameter<'a> {
    pub name: Name<'a>,
    /// One literal, or three.
    pub values: Vec<Spanned<f64>>,
    pub unit: Option<Unit<'a>>,
    pub text: Option<Text>,
    pub source: Option<Text>,
    pub grade: Option<Spanned<Grade>>,
    pub known_by: Option<Spanned<Date>>,
    /// Some property could not be read.
    pub broken: bool,
}

/// `variable NAME` or `ladder NAME`.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Variable<'a> {
    pub name: Name<'a>,
    pub label: Option<Text>,
    pub is_ladder: bool,
    pub levels: Option<Spanned<Levels<'a>>>,
    pub start: Option<Name<'a>>,
    pub cleared_by: Vec<Name<'a>>,
    pub broken: bool,
}

/// `derived NAME = …` or `derived NAME by VARIABLE`.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Derived<'a> {
    pub name: Name<'a>,
    pub value: Expr<'a>,
}

/// `actor NAME` or `payer NAME`.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Actor<'a> {
    pub name: Name<'a>,
    pub label: Option<Text>,
    /// Declared with `payer`.
    pub payer: bool,
    pub precision: Option<Expr<'a>>,
    pub discount: Option<(Expr<'a>, Option<Unit<'a>>)>,
    pub opportunity: Option<Expr<'a>>,
    pub believed_opportunity: Option<Expr<'a>>,
    pub default: Option<Path<'a>>,
    pub types: Vec<Type<'a>>,
    pub payoff: Option<PerTime<Vec<Term<'a>>>>,
    pub afterwards: Option<Spanned<Vec<Term<'a>>>>,
    pub broken: bool,
}

/// Levels, lowest first, with their labels.
pub type Levels<'a> = Vec<(Name<'a>, Option<Text>)>;

/// Something per unit of time.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct PerTime<T> {
    pub value: T,
    /// The word after `per` and its place.
    pub per: Spanned<String>,
    pub span: Span,
}

/// `type NAME "LABEL" prior P` or `… otherwise`.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Type<'a> {
    pub name: Name<'a>,
    pub label: Option<Text>,
    /// `None` for `otherwise`.
    pub prior: Option<Expr<'a>>,
    pub span: Span,
}

/// `TERM: EXPRESSION, transient`.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Term<'a> {
    pub name: Name<'a>,
    pub value: Expr<'a>,
    pub transient: Option<Span>,
    pub span: Span,
}

/// `move ACTOR.NAME`.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Move<'a> {
    pub actor: Name<'a>,
    pub name: Name<'a>,
    pub label: Option<Text>,
    pub guard: Option<Expr<'a>>,
    pub only_with: Option<Path<'a>>,
    pub wedges: Vec<Wedge<'a>>,
    pub payments: Vec<Payment<'a>>,
    pub kind: Option<Name<'a>>,
    pub seen_as: Option<Seen<'a>>,
    pub outcomes: Vec<Outcome<'a>>,
    pub span: Span,
    pub broken: bool,
}

/// What is seen: a path, or free text.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Seen<'a> {
    Path(Path<'a>),
    Text(Text),
}

/// `cost ACTOR: …`, `gain ACTOR: …`, `value ACTOR: …`.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Payment<'a> {
    pub actor: Name<'a>,
    pub is_cost: bool,
    pub value: Expr<'a>,
    pub span: Span,
}

/// `outcome P believed Q seen as LABEL: EFFECTS`.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Outcome<'a> {
    pub chance: OutcomeChance<'a>,
    pub believed: Option<Expr<'a>>,
    pub seen_as: Option<Seen<'a>>,
    pub effects: Vec<Effect<'a>>,
    pub span: Span,
}

/// Probability of an outcome.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum OutcomeChance<'a> {
    /// `outcome:`
    Certain,
    /// `outcome rest:`
    Rest,
    /// `outcome P:`
    Probability(Expr<'a>),
}

/// One change of a variable.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Effect<'a> {
    pub variable: Name<'a>,
    pub change: Change<'a>,
    pub condition: Option<Expr<'a>>,
    pub span: Span,
}

/// Kinds of change.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub enum Change<'a> {
    To(Name<'a>),
    Step(Spanned<i32>),
    AtLeast(Name<'a>),
    AtMost(Name<'a>),
}

/// `trigger NAME`.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Trigger<'a> {
    pub name: Name<'a>,
    pub label: Option<Text>,
    pub guard: Option<Expr<'a>>,
    pub only_with: Option<Path<'a>>,
    pub by_front: Option<ByFront<'a>>,
    pub rate: Option<Expr<'a>>,
    pub probability: Option<Expr<'a>>,
    pub times: Option<Expr<'a>>,
    pub believed_rate: Option<Expr<'a>>,
    pub believed_probability: Option<Expr<'a>>,
    pub believed_times: Option<Expr<'a>>,
    pub looks_like: Option<Path<'a>>,
    pub outcomes: Vec<Outcome<'a>>,
    pub broken: bool,
}

/// `end NAME when …`.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct End<'a> {
    pub name: Name<'a>,
    pub label: Option<Text>,
    pub when: Expr<'a>,
    pub values: Vec<Payment<'a>>,
    pub flows: Vec<PerTime<Payment<'a>>>,
}

/// `outcomes within N rounds`.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Outcomes<'a> {
    pub within: Spanned<u32>,
    pub classes: Vec<Class<'a>>,
    pub span: Span,
    pub broken: bool,
}

/// One outcome class.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Class<'a> {
    pub name: Name<'a>,
    pub label: Option<Text>,
    pub rule: Rule<'a>,
    pub span: Span,
}

/// Rule of an outcome class.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum Rule<'a> {
    Ever(Expr<'a>),
    AtEnd(Expr<'a>),
    Otherwise,
}

/// `question NAME "TITLE": …`.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Question<'a> {
    pub name: Name<'a>,
    pub title: Option<Text>,
    pub when: Expr<'a>,
    pub within: Option<Spanned<u32>>,
    pub resolves: Option<Text>,
}

/// `remove NAME`, where the scenario that is extended declares the name.
#[derive(Clone, Debug)]
pub struct Remove {
    /// The declaring words before the name, such as "trigger".
    pub kind: Option<String>,
    /// The name: "strait", "us.strike".
    pub name: String,
    /// Place of the name.
    pub span: Span,
}

/// An expression as written.
#[derive(Clone, Debug)]
pub struct Expr<'a> {
    /// What it is.
    pub kind: ExprKind<'a>,
    /// Where it is.
    pub span: Span,
    /// Height of the tree below it, so that nothing that walks it can overflow the stack.
    pub depth: u16,
}

/// Kinds of expression.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum ExprKind<'a> {
    Literal {
        value: f64,
        unit: Option<Unit<'a>>,
    },
    Path(Path<'a>),
    Negate(Box<Expr<'a>>),
    Not(Box<Expr<'a>>),
    Binary(BinaryOp, Span, Box<Expr<'a>>, Box<Expr<'a>>),
    If {
        then: Box<Expr<'a>>,
        condition: Box<Expr<'a>>,
        otherwise: Box<Expr<'a>>,
    },
    Guarded {
        arms: Vec<(Expr<'a>, Expr<'a>)>,
        otherwise: Option<Box<Expr<'a>>>,
    },
    Call(Name<'a>, Vec<Expr<'a>>),
    In(Box<Expr<'a>>, Vec<Name<'a>>),
    By(Box<Table<'a>>),
}

impl<'a> ExprKind<'a> {
    /// The expressions that it is made of.
    pub fn parts(&self) -> Vec<&Expr<'a>> {
        match self {
            Self::Literal { .. } | Self::Path(_) => Vec::new(),
            Self::Negate(x) | Self::Not(x) | Self::In(x, _) => vec![x],
            Self::Binary(_, _, a, b) => vec![a, b],
            Self::If {
                then,
                condition,
                otherwise,
            } => vec![then, condition, otherwise],
            Self::Guarded { arms, otherwise } => {
                let arms = arms
                    .iter()
                    .flat_map(|(value, condition)| [value, condition]);
                arms.chain(otherwise.as_deref()).collect()
            }
            Self::Call(_, arguments) => arguments.iter().collect(),
            Self::By(table) => {
                let arms = table.arms.iter().map(|arm| &arm.value);
                let otherwise = table.otherwise.as_ref().map(|o| &o.value);
                arms.chain(otherwise).collect()
            }
        }
    }
}

/// A table by level.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Table<'a> {
    pub variable: Name<'a>,
    pub arms: Vec<Arm<'a>>,
    pub otherwise: Option<Spanned<Expr<'a>>>,
}

/// One line of a table.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Arm<'a> {
    pub levels: Vec<Name<'a>>,
    pub value: Expr<'a>,
}
