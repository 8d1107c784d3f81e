//! What the constructs declare beside the core declarations that they become: facts that the analyses
//! read and variations of the scenario.

use super::*;

/// A line that one actor holds against another.
///
/// A crossing that is recognised stands as a level of `pending` until the holder answers it or the
/// time for an answer runs out.
#[derive(Clone, Debug, Serialize)]
pub struct RedLine {
    /// Name as declared.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// Who answers a crossing, or pays for silence.
    pub holder: ActorId,
    /// Whose conduct it is about.
    pub challenger: ActorId,
    /// Public labels that cross it.
    pub crossing_labels: Vec<String>,
    /// The condition that crosses it when it comes to hold.
    pub crossing_state: Option<Expr>,
    /// Moves of the challenger that can cross it, by label or by bringing the condition about.
    pub crossing_moves: Vec<MoveId>,
    /// Indices in [`Scenario::triggers`] of what nobody decided and can cross it.
    pub crossing_triggers: Vec<u32>,
    /// Moves of the holder that answer a crossing.
    pub answers: Vec<MoveId>,
    /// Decisions of the holder within which it must answer, at least 1.
    pub within: u32,
    /// Where a recognised crossing stands; one variable for each pair of holder and challenger.
    pub pending: VariableId,
    /// Levels of `pending` that stand for this line; at the first one decision is left, and at each
    /// next one a decision more.
    pub levels: Vec<u32>,
    /// Probability that a crossing is recognised as one, in the state in which it is made.
    pub clarity: Expr,
    /// What is believed of it; `None` means as true.
    pub believed_clarity: Option<Expr>,
    /// Cost to the holder, at least 0, when time runs out and an answer was open; may depend on the
    /// holder's type.
    pub silence_cost: Expr,
    /// Declared probability that a recognised crossing is answered, by the holder's type.
    pub answer_rate: Option<Expr>,
    /// The same for a crossing that is not recognised; without one 0.
    pub unprovoked_rate: Option<Expr>,
    /// Past crossings, oldest first.
    pub record: Vec<RecordEntry>,
    /// Days after which half of what the record taught is forgotten; `None` for never.
    pub half_life: Option<Expr>,
    /// Capability and stakes to compare with: what an answer would cost the holder and do to the
    /// challenger. Empty when none is declared.
    pub reference: Vec<Adjustment>,
    /// Where it is declared.
    pub span: Span,
}

/// A past crossing of a red line and what came of it.
#[derive(Clone, Debug, Serialize)]
pub struct RecordEntry {
    /// When it was crossed.
    pub date: Date,
    /// What happened.
    pub text: String,
    /// Whether the holder answered.
    pub answered: bool,
    /// How recognisable the crossing was, in [0, 1].
    pub recognised: Expr,
    /// Where it comes from.
    pub source: String,
    /// False when another line of the same holder counts the same event.
    pub counted: bool,
    /// Public belief in each type of the holder after it; empty when the holder has no types.
    pub belief_after: Vec<Expr>,
    /// Where it is written.
    pub span: Span,
}

/// A bundle of changes that somebody may decide on before the first round.
#[derive(Clone, Debug, Serialize)]
pub struct Policy {
    /// Name as declared.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// What it is.
    pub text: String,
    /// What it changes, in order; those of included policies first.
    pub changes: Vec<Adjustment>,
    /// Paid once, when it is decided on; costs carry a minus sign. What it costs over time is a
    /// payoff term of the actor that is called like the policy.
    pub payments: Vec<Payment>,
    /// Where it is declared.
    pub span: Span,
}

/// Rival assumptions about one thing; their weights sum to one.
#[derive(Clone, Debug, Serialize)]
pub struct Structure {
    /// Name as declared.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// At least two.
    pub alternatives: Vec<Alternative>,
    /// Where it is declared.
    pub span: Span,
}

/// One of the rival assumptions of a structure.
#[derive(Clone, Debug, Serialize)]
pub struct Alternative {
    /// Name as declared.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// Share of trust in it, in [0, 1].
    pub weight: f64,
    /// What it changes; nothing for the scenario as written.
    pub changes: Vec<Adjustment>,
    /// Where it is declared.
    pub span: Span,
}

/// A named set of payoffs, beliefs and precision of one actor.
#[derive(Clone, Debug, Serialize)]
pub struct Mindset {
    /// Whose.
    pub actor: ActorId,
    /// Name without the actor.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// What it is.
    pub text: String,
    /// What it changes.
    pub changes: Vec<Adjustment>,
    /// Where it is declared.
    pub span: Span,
}

/// One change that a policy, an alternative or a mindset makes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Adjustment {
    /// A parameter's value.
    Parameter(ParameterId, Scale),
    /// An actor's precision.
    Precision(ActorId, Scale),
    /// What a payoff term of an actor is worth, by its place among `payoff` and then `afterwards`.
    Term(ActorId, u32, f64),
    /// The prior of a type; those of the actor's other types keep their proportions.
    Prior(ActorId, u32, f64),
    /// Whether a move can be chosen where its guard allows.
    Move(MoveId, bool),
}

/// How a number is changed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// It is this, in canonical units.
    Set(f64),
    /// It is so many times what it would be.
    Times(f64),
}

/// How often something came in comparable crises, all of which had ended before the as-of date.
#[derive(Clone, Debug, Serialize)]
pub struct BaseRate {
    /// Name as declared.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// Share, in [0, 1].
    pub value: f64,
    /// Cases and crises, when counted.
    pub count: Option<(u32, u32)>,
    /// Which crises.
    pub population: String,
    /// Where it comes from.
    pub source: String,
    /// A measured, B estimate, C judgement.
    pub grade: Option<Grade>,
    /// When the first of them began.
    pub from: Option<Date>,
    /// When the last of them had ended.
    pub ended_by: Option<Date>,
    /// The outcome class or question that it is compared with.
    pub of: Option<String>,
    /// Where it is declared.
    pub span: Span,
}

/// A variable that moves slowly by itself. What it does is in its triggers.
#[derive(Clone, Debug, Serialize)]
pub struct Drift {
    /// The variable.
    pub variable: VariableId,
    /// Indices in [`Scenario::triggers`] of what raises it by a level.
    pub up: Vec<u32>,
    /// Indices of what lowers it.
    pub down: Vec<u32>,
    /// Where it is declared.
    pub span: Span,
}

/// A theatre, or several alike, that force sets alight. What it does is in moves and triggers.
#[derive(Clone, Debug, Serialize)]
pub struct Front {
    /// How many are lit: the level's position.
    pub variable: VariableId,
    /// How many there are, at least 1.
    pub count: u32,
    /// Moves that may set them alight.
    pub ignited_by: Vec<MoveId>,
    /// Moves that may calm those that obey.
    pub obeys: Vec<MoveId>,
    /// Indices in [`Scenario::triggers`] of what sets one alight or lets one die down by itself.
    pub triggers: Vec<u32>,
    /// Indices of triggers whose rate depends on how many are lit.
    pub incidents: Vec<u32>,
    /// How much of it an actor would bear, at most one an actor. Changes nothing that anybody does.
    pub ceilings: Vec<Ceiling>,
    /// Where it is declared.
    pub span: Span,
}

/// The most of a front that an actor says it would bear: a threat that may bring more is not credible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Ceiling {
    /// Who.
    pub actor: ActorId,
    /// Highest level of the front's variable that it would bear.
    pub level: u32,
    /// Where it is written.
    pub span: Span,
}

/// Allies with a common cause. What cohesion does is in moves, triggers and payments.
#[derive(Clone, Debug, Serialize)]
pub struct Coalition {
    /// Name as declared.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// Who leads it.
    pub leader: ActorId,
    /// Its cohesion, from split to united.
    pub cohesion: VariableId,
    /// What its backing is worth, in [0, 1] as a rule: depends on the cohesion.
    pub legitimacy: DerivedId,
    /// Who else bears its costs, and the share of each when the coalition is united.
    pub members: Vec<(ActorId, Expr)>,
    /// Moves of others that may split it.
    pub wedges: Vec<MoveId>,
    /// Where it is declared.
    pub span: Span,
}

/// A table at which two sides offer, accept and reject packages.
#[derive(Clone, Debug, Serialize)]
pub struct Talks {
    /// Name as declared.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// The two sides.
    pub sides: [ActorId; 2],
    /// What lies on the table or is in force.
    pub table: VariableId,
    /// How far each side has raised its price; `None` where it cannot.
    pub prices: [Option<VariableId>; 2],
    /// Moves by which each side rejects what lies before it.
    pub rejects: [MoveId; 2],
    /// The same with a higher price; `None` where a side has none.
    pub raises: [Option<MoveId>; 2],
    /// Cost to each side of accepting anything, at least 0, by its type.
    pub validation: [Option<Expr>; 2],
    /// What may be offered.
    pub packages: Vec<Package>,
    /// Where it is declared.
    pub span: Span,
}

/// A package of talks. Arrays are by side.
#[derive(Clone, Debug, Serialize)]
pub struct Package {
    /// Name as declared.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// Whole value to each actor once it is implemented.
    pub values: Vec<Payment>,
    /// Gain of each actor while it is in force, in the unit of that actor's payoff.
    pub flows: Vec<Payment>,
    /// Probability that an accepted package is implemented.
    pub implementation: Expr,
    /// Level of the table at which the side's offer of it lies there.
    pub offered: [u32; 2],
    /// Levels of the table at which a step is due, first step first; empty when it is in force at
    /// once.
    pub due: Vec<u32>,
    /// Level of the table at which it is in force.
    pub in_force: u32,
    /// Moves that offer it.
    pub offers: [MoveId; 2],
    /// Moves that accept it.
    pub accepts: [MoveId; 2],
    /// Who performs it step by step.
    pub performance: Option<Performance>,
    /// Where it is declared.
    pub span: Span,
}

/// How a package is performed in steps.
#[derive(Clone, Debug, Serialize)]
pub struct Performance {
    /// The side that performs, and could cheat.
    pub actor: ActorId,
    /// Cost of all steps together; each step costs an equal part.
    pub cost: Option<Expr>,
    /// Probability that cheating on a step is detected; then the package falls.
    pub verified: Expr,
    /// Performs the step that is due.
    pub perform: MoveId,
    /// Only seems to.
    pub cheat: MoveId,
}

/// What had been seen on a date after the as-of date.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Observed {
    /// The date.
    pub date: Date,
    /// The round that was over then, from 0.
    pub round: u32,
    /// What was seen in it, in order.
    pub items: Vec<Sighting>,
    /// Where it is written.
    pub span: Span,
}

/// One thing seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sighting {
    /// A public label, such as "iran.harass".
    Label(String),
    /// A variable stood at this level before the next label was seen or, behind the last label, at
    /// the end of the round.
    Level(VariableId, u32),
}

impl Scenario {
    /// Rounds that are over, by what was seen.
    pub fn rounds_past(&self) -> u32 {
        self.observed.iter().map(|o| o.round + 1).max().unwrap_or(0)
    }

    /// The date up to which things are known: that of the last sighting, or the as-of date.
    pub fn today(&self) -> Option<Date> {
        self.observed.last().map(|o| o.date).or(self.as_of)
    }
}

/// Relief that one actor promises another for its conduct.
#[derive(Clone, Debug, Serialize)]
pub struct Ramp {
    /// Name as declared; also the name of the payoff terms of its relief.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// Who grants the relief.
    pub giver: ActorId,
    /// Whose conduct earns it.
    pub complier: ActorId,
    /// Level 0 is `closed`, level 1 `refused` for good, level 2 `granted`.
    pub variable: VariableId,
    /// The conduct that earns it.
    pub condition: Expr,
    /// Probability that relief is granted when the condition comes to hold; else it is refused for
    /// good.
    pub credibility: Expr,
    /// What is believed of it; `None` means as true.
    pub believed_credibility: Option<Expr>,
    /// Gain of each actor while it is granted, in the unit of that actor's payoff.
    pub relief: Vec<Payment>,
    /// Where it is declared.
    pub span: Span,
}
