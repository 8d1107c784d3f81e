//! The game: finite tables of a stochastic game with private types and public beliefs.
//!
//! Everything that a solver, forecast or export needs is here, and nothing else. All tables of a
//! phase are flat: a node owns a contiguous range of alternatives, an alternative a contiguous
//! range of outcomes.

mod access;
mod expand;
mod validate;

pub use expand::expand_history;
pub use validate::GameError;

use serde::Serialize;

/// Global state index.
pub type State = u32;
/// Index of a label in [`Game::labels`].
pub type Label = u32;
/// No node, no state.
pub const NONE: u32 = u32::MAX;

/// A complete game.
#[derive(Clone, Debug)]
pub struct Game {
    /// Title for people.
    pub title: String,
    /// Rounds forecast.
    pub horizon: u32,
    /// Planning depth.
    pub foresight: Foresight,
    /// Reading of the choice noise.
    pub noise: Noise,
    /// Whether λ is on current or on discounted values.
    pub precision_scale: PrecisionScale,
    /// Those who move.
    pub actors: Vec<Actor>,
    /// A label for each state, unique ("variable=level,…" when compiled from a scenario).
    pub states: Vec<String>,
    /// State at the start of round 0, phase 0.
    pub start: State,
    /// Public names of moves.
    pub labels: Vec<String>,
    /// Phases of a round, in order.
    pub phases: Vec<Phase>,
    /// States that stop the game.
    pub ends: Vec<End>,
    /// Value at the start of a round when foresight runs out: `[state * seats + seat]`.
    pub afterwards: Vec<f64>,
    /// Additions to `afterwards` that are linear in a public belief.
    pub afterwards_belief: Vec<BeliefValue>,
    /// Rounds after which outcome classes are read (at most `horizon`).
    pub window: u32,
    /// Sets of states that questions and classes watch: one flag a state.
    pub events: Vec<Vec<bool>>,
    /// Exclusive, exhaustive classes; first match first, the last is `Otherwise`.
    pub classes: Vec<Class>,
    /// First passages.
    pub questions: Vec<Question>,
    /// The variables behind the states, for occupancy and words. Empty when the game did not come
    /// from a scenario.
    pub variables: Vec<VariableLevels>,
    /// Index in `variables` of the escalation ladder.
    pub ladder: Option<usize>,
    /// Named payoff flows, for accounts: `terms[k].flow[state * seats + seat]` per round sums to the
    /// events payoff. Empty when the game did not come from a scenario.
    pub terms: Vec<TermFlow>,
}

/// Planning depth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Foresight {
    /// Plan this many rounds, at every round anew.
    Rounds(u32),
    /// Plan to the horizon.
    Full,
    /// Stationary play.
    Unbounded,
}

/// Reading of the logit noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Noise {
    /// McKelvey and Palfrey's agent QRE: V = Σ σ U.
    Error,
    /// Private payoff shocks: V = (1/λ) ln Σ exp(λ U).
    Taste,
}

/// Scale on which λ works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PrecisionScale {
    /// λ on current values (the default).
    Current,
    /// λ·δ^t, t counted from the start of the plan: what Gambit does on an unrolled game.
    Discounted,
}

/// An actor and its private types (at least one).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Actor {
    /// Name.
    pub name: String,
    /// Logit precision λ.
    pub precision: f64,
    /// Discount factor a round.
    pub discount: f64,
    /// Private types; priors sum to one.
    pub types: Vec<Type>,
}

/// A private type.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Type {
    /// Name.
    pub name: String,
    /// Prior probability: what all believe at the start.
    pub prior: f64,
    /// Probability by which the forecast and the simulation draw the type. It differs from the prior
    /// only where the game goes on from an observed past and the believed kernel was not the true
    /// one: then those who play have learned less, or other things, than the past says.
    pub weight: f64,
}

/// One phase of a round.
#[derive(Clone, Debug)]
pub enum Phase {
    /// Actors choose.
    Move(MovePhase),
    /// Chance, and the payment of flows.
    Events(EventsPhase),
}

/// A phase in which one actor, or several at once, choose.
#[derive(Clone, Debug, Default)]
pub struct MovePhase {
    /// The movers.
    pub actors: Vec<u32>,
    /// State of each node, ascending.
    pub node_state: Vec<State>,
    /// Node → alternatives `node_alternatives[n]..node_alternatives[n+1]`.
    pub node_alternatives: Vec<u32>,
    /// For each node and mover, in mover order, the names of its moves (indices in `Game::labels`).
    pub node_moves: Vec<Vec<Vec<Label>>>,
    /// For each node and mover, the kind of each move (0-based, contiguous); equal kinds are variants.
    pub node_kinds: Vec<Vec<Vec<u32>>>,
    /// For each node and mover: probability of a decision, true and believed, and the default move.
    pub node_opportunity: Vec<Vec<Opportunity>>,
    /// Alternative → index of the move of each mover: `[alternative * movers + mover]`. With one
    /// mover this is 0, 1, … within the node. Alternatives run in lexicographic order.
    pub alternative_moves: Vec<u32>,
    /// Alternative → payoff by seat: `[alternative * seats + seat]`.
    pub payoff: Vec<f64>,
    /// Alternative → outcomes `outcomes[o]..outcomes[o+1]`.
    pub alternative_outcomes: Vec<u32>,
    /// Outcome → public label of each mover's move: `[outcome * movers + mover]`.
    pub outcome_labels: Vec<Label>,
    /// Outcome → next state.
    pub outcome_next: Vec<State>,
    /// Outcome → believed probability.
    pub outcome_believed: Vec<f64>,
    /// Outcome → true probability.
    pub outcome_true: Vec<f64>,
}

/// Chance of a decision at a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Opportunity {
    /// True probability, in (0, 1].
    pub probability: f64,
    /// Believed probability, in (0, 1].
    pub believed: f64,
    /// Index of the move played otherwise.
    pub default: u32,
}

/// A phase of chance.
#[derive(Clone, Debug, Default)]
pub struct EventsPhase {
    /// State of each node, ascending.
    pub node_state: Vec<State>,
    /// Node → payoff by seat, paid when the node is reached: `[node * seats + seat]`.
    pub payoff: Vec<f64>,
    /// Node → outcomes `node_outcomes[n]..node_outcomes[n+1]`.
    pub node_outcomes: Vec<u32>,
    /// Outcome → next state.
    pub outcome_next: Vec<State>,
    /// Outcome → believed probability.
    pub outcome_believed: Vec<f64>,
    /// Outcome → true probability.
    pub outcome_true: Vec<f64>,
}

/// A state that stops the game. Entered in plan round t of N it is worth
/// δ^t·[value + Σ_{k=1}^{N−1−t} δ^k·flow + δ^{N−t}·after].
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    /// Which state.
    pub state: State,
    /// Once, by seat.
    pub value: Vec<f64>,
    /// Each later round, by seat.
    pub flow: Vec<f64>,
    /// When foresight runs out, by seat.
    pub after: Vec<f64>,
}

/// A part of the afterwards value that is linear in a belief: Σ coefficient · β_actor(type).
#[derive(Clone, Debug)]
pub struct BeliefValue {
    /// Whose type is believed.
    pub actor: u32,
    /// Which type.
    pub kind: u32,
    /// `[state * seats + seat]`.
    pub coefficient: Vec<f64>,
}

/// An outcome class.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// Name.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// When it is taken.
    pub rule: Rule,
}

/// Rule of an outcome class; numbers are indices in [`Game::events`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The state was in the set after some phase, or at the start.
    Ever(u32),
    /// The state is in the set when the window closes.
    AtEnd(u32),
    /// Everything else.
    Otherwise,
}

/// A first passage into a set of states.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Name.
    pub name: String,
    /// Text for people.
    pub title: String,
    /// How it is settled.
    pub resolves: String,
    /// Index in [`Game::events`].
    pub event: u32,
    /// Within so many rounds.
    pub by: u32,
}

/// One variable of the scenario and its level in each state.
#[derive(Clone, Debug)]
pub struct VariableLevels {
    /// Name.
    pub name: String,
    /// Text for people.
    pub label: String,
    /// Names of the levels, lowest first.
    pub levels: Vec<String>,
    /// State → index of the level.
    pub of_state: Vec<u16>,
}

/// A named part of the flow payoff.
#[derive(Clone, Debug)]
pub struct TermFlow {
    /// Whose term.
    pub actor: u32,
    /// Name.
    pub name: String,
    /// Gain a round: `[state * types + type]`, types of that actor.
    pub flow: Vec<f64>,
    /// Rounds' worth of it that the value afterwards holds: Σ δ^k over the rounds for which the term
    /// runs on.
    pub span: f64,
}

impl Game {
    /// Number of seats: (actor, type) pairs, actors in order, types within.
    pub fn seats(&self) -> usize {
        self.actors.iter().map(|a| a.types.len()).sum()
    }

    /// First seat of an actor.
    pub fn seat(&self, actor: usize) -> usize {
        self.actors[..actor].iter().map(|a| a.types.len()).sum()
    }
}
