//! Classic models of crisis bargaining and deterrence, as scenarios that are solved like any other,
//! each with the comparative static that its theorem states.
//!
//! A theorem speaks of players who never err, and the solver of players who do: with precision λ.
//! So the static is computed at several precisions beside the theorem's own formula, and once more
//! with the mechanism taken out, when it must be gone.

mod baliga_2020;
mod chassang_padro_2010;
mod cho_kreps_1987;
mod fearon_1995;
mod fearon_1997;
mod kreps_wilson_1982;
mod kydd_2005;
mod powell_1990;
mod powell_2006;
mod zagare_kilgour_2000;

use crate::analyse::resolve::{self, AnalysisError};
use crate::analyse::variation::{Change, Variation};
use crate::game::{Game, Phase};
use crate::solve::{self, Observer, Solution};
use climbdown_lang::Scenario;
use climbdown_lang::scenario::ParameterId;
use serde::Serialize;

/// All models, by the year of the paper.
pub const MODELS: [&Model; 10] = [
    &kreps_wilson_1982::MODEL,
    &cho_kreps_1987::MODEL,
    &powell_1990::MODEL,
    &fearon_1995::MODEL,
    &fearon_1997::MODEL,
    &zagare_kilgour_2000::MODEL,
    &kydd_2005::MODEL,
    &powell_2006::MODEL,
    &chassang_padro_2010::MODEL,
    &baliga_2020::MODEL,
];

/// How the statics are solved: a fixed grid, so that the numbers are the same everywhere.
const BELIEF_POINTS: usize = 257;
const STENCIL: usize = 16;
/// What may go against the theorem from one value to the next and still be called noise.
const SLACK: f64 = 0.01;
/// The parameter of every model that holds the precision.
const PRECISION: &str = "precision";

/// Values of parameters by name, as the scenario has them or the static sets them.
pub type Numbers<'a> = dyn Fn(&str) -> f64 + 'a;

/// A model: where it is from, what it says, and how that is shown.
pub struct Model {
    /// Name on the command line and of the files.
    pub name: &'static str,
    /// The scenario.
    pub text: &'static str,
    /// Where it is from.
    pub paper: &'static str,
    /// What it teaches, in a sentence.
    pub lesson: &'static str,
    /// The theorem, with its formula in the names of the scenario's parameters.
    pub theorem: &'static str,
    /// What the scenario does otherwise than the paper, and what follows.
    pub changed: &'static [&'static str],
    /// The comparative static.
    pub shown: Static,
}

/// A comparative static: what is read at several values of one parameter.
pub struct Static {
    /// The claim, in a sentence.
    pub claim: &'static str,
    /// What is varied.
    pub parameter: &'static str,
    /// Its values.
    pub values: &'static [f64],
    /// Precisions at which it is computed, rising.
    pub precisions: &'static [f64],
    /// What is read.
    pub measure: Measure,
    /// The same in words.
    pub reads: &'static str,
    /// Whether it rises or falls.
    pub way: Way,
    /// What the theorem says it is, for players who never err.
    pub theorem: fn(&Numbers) -> f64,
    /// How the mechanism is taken out.
    pub without: Lever,
}

/// What is read off a solved model.
#[derive(Clone, Copy)]
pub enum Measure {
    /// Probability of an outcome class.
    Class(&'static str),
    /// Probability that a type of an actor makes a move where the crisis starts.
    Choice {
        /// The actor.
        actor: &'static str,
        /// Its type.
        kind: &'static str,
        /// The move, with its owner.
        action: &'static str,
    },
}

/// Which way a static goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Up with the parameter.
    Rises,
    /// Down with it.
    Falls,
}

/// A parameter whose value takes the mechanism out.
pub struct Lever {
    /// The parameter.
    pub parameter: &'static str,
    /// Its value.
    pub value: f64,
    /// What is then missing.
    pub says: &'static str,
}

/// A model with its static computed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Taught {
    /// What the columns are.
    pub definition: &'static str,
    /// Name of the model.
    pub name: &'static str,
    /// Title of the scenario.
    pub title: String,
    /// Where it is from.
    pub paper: &'static str,
    /// What it teaches.
    pub lesson: &'static str,
    /// The theorem.
    pub theorem: &'static str,
    /// What was changed from the paper.
    pub changed: &'static [&'static str],
    /// The claim.
    pub claim: &'static str,
    /// What is varied: name, and text of the scenario.
    pub parameter: (&'static str, String),
    /// What is read.
    pub reads: &'static str,
    /// Which way it should go.
    pub way: Way,
    /// Precisions of `played`.
    pub precisions: &'static [f64],
    /// A row a value.
    pub rows: Vec<Row>,
    /// At each precision, largest distance from the theorem.
    pub distance: Vec<f64>,
    /// Smallest precision from which on the claim holds, if it does at the largest.
    pub holds_from: Option<f64>,
    /// The lever that takes the mechanism out: parameter, value, what is missing then.
    pub without: (&'static str, f64, &'static str),
    /// Whether the claim holds even so.
    pub holds_without: bool,
    /// All solutions behind the table are certified.
    pub certified: bool,
}

/// The static at one value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Value of the parameter.
    pub value: f64,
    /// What the theorem says.
    pub theorem: f64,
    /// What is played, at each precision.
    pub played: Vec<f64>,
    /// What is played at the largest without the mechanism.
    pub without: f64,
}

/// What the columns are, in a sentence.
pub const DEFINITION: &str = "theorem: the formula, for players who never err; at λ: logit play of \
                              that precision, solved; without: at the largest precision with the \
                              mechanism taken out. A claim holds where no step goes against it by \
                              more than a point and the whole way is at least half the theorem's";

/// The model of that name.
pub fn named(name: &str) -> Option<&'static Model> {
    MODELS.into_iter().find(|m| m.name == name)
}

/// Computes the static of a model whose checked scenario is `scenario`.
///
/// # Errors
/// [`AnalysisError`]: not solved, interrupted, or the scenario is not the model's.
pub fn teach(
    model: &Model,
    scenario: &Scenario,
    observer: &dyn Observer,
) -> Result<Taught, AnalysisError> {
    let shown = &model.shown;
    let lever = (shown.without.parameter, shown.without.value);
    let precise = shown.precisions.last().copied().unwrap_or(1.0);
    let mut certified = true;
    let mut read = |settings: &[(&str, f64)]| {
        let (value, sound) = at(scenario, settings, shown.measure, observer)?;
        certified &= sound;
        Ok::<f64, AnalysisError>(value)
    };
    let mut rows = Vec::new();
    for &value in shown.values {
        let varied = (shown.parameter, value);
        let played = shown.precisions.iter();
        rows.push(Row {
            value,
            theorem: (shown.theorem)(&|name| {
                if name == shown.parameter {
                    value
                } else {
                    number(scenario, name)
                }
            }),
            played: played
                .map(|&precision| read(&[varied, (PRECISION, precision)]))
                .collect::<Result<_, _>>()?,
            without: read(&[varied, (PRECISION, precise), lever])?,
        });
    }
    let theorem: Vec<f64> = rows.iter().map(|r| r.theorem).collect();
    let column = |k: usize| -> Vec<f64> { rows.iter().map(|r| r.played[k]).collect() };
    let columns: Vec<Vec<f64>> = (0..shown.precisions.len()).map(column).collect();
    let held = columns.iter().rev();
    let held = held.take_while(|c| holds(c, &theorem, shown.way)).count();
    let without: Vec<f64> = rows.iter().map(|r| r.without).collect();
    let parameter = scenario.parameters.iter();
    let text = parameter.clone().find(|p| p.name == shown.parameter);
    Ok(Taught {
        definition: DEFINITION,
        name: model.name,
        title: scenario.title.clone(),
        paper: model.paper,
        lesson: model.lesson,
        theorem: model.theorem,
        changed: model.changed,
        claim: shown.claim,
        parameter: (
            shown.parameter,
            text.map_or_else(String::new, |p| p.text.clone()),
        ),
        reads: shown.reads,
        way: shown.way,
        precisions: shown.precisions,
        distance: columns
            .iter()
            .map(|c| crate::math::largest(c.iter().zip(&theorem).map(|(a, b)| (a - b).abs())))
            .collect(),
        holds_from: (held > 0).then(|| shown.precisions[shown.precisions.len() - held]),
        without: (lever.0, lever.1, shown.without.says),
        holds_without: holds(&without, &theorem, shown.way),
        certified,
        rows,
    })
}

/// Whether a column goes the theorem's way: never back by more than [`SLACK`], and from the first to
/// the last value at least half as far as the theorem.
pub fn holds(column: &[f64], theorem: &[f64], way: Way) -> bool {
    let sign = match way {
        Way::Rises => 1.0,
        Way::Falls => -1.0,
    };
    let gone = |c: &[f64]| match c {
        [first, .., last] => sign * (last - first),
        _ => 0.0,
    };
    column.windows(2).all(|w| sign * (w[1] - w[0]) >= -SLACK)
        && gone(theorem) > 0.0
        && gone(column) >= 0.5 * gone(theorem)
}

/// Value of a parameter; not a number where there is none.
fn number(scenario: &Scenario, name: &str) -> f64 {
    let found = scenario.parameters.iter().find(|p| p.name == name);
    found.map_or(f64::NAN, |p| p.central)
}

/// The measure with parameters set, and whether its solution is certified.
///
/// # Errors
/// [`AnalysisError`].
pub fn at(
    scenario: &Scenario,
    settings: &[(&str, f64)],
    measure: Measure,
    observer: &dyn Observer,
) -> Result<(f64, bool), AnalysisError> {
    let changes = settings.iter().map(|(name, value)| {
        let place = scenario.parameters.iter().position(|p| p.name == *name);
        let place = place.and_then(|k| u32::try_from(k).ok());
        place
            .map(|k| Change::Parameter(ParameterId(k), *value))
            .ok_or_else(|| AnalysisError::Question(format!("there is no parameter `{name}`")))
    });
    let changes = changes.collect::<Result<Vec<_>, _>>()?;
    let varied = Variation::new("textbook", changes).apply(scenario)?;
    let options = solve::Options {
        belief_points: BELIEF_POINTS,
        stencil: STENCIL,
        ..solve::Options::default()
    };
    let (game, solution) = resolve::solved(&varied, "textbook", &options, observer)?;
    let certificate = solve::certify(&game, &solution, 0, observer)?;
    let value = match measure {
        Measure::Class(name) => {
            let numbers = resolve::read(&game, &solution, observer)?;
            let found = numbers.iter().find(|n| n.name == name);
            found.map(|n| n.probability)
        }
        Measure::Choice {
            actor,
            kind,
            action,
        } => choice(&game, &solution, actor, kind, action),
    };
    value
        .map(|value| (value, certificate.holds()))
        .ok_or_else(|| AnalysisError::Question("the scenario does not have what is read".into()))
}

/// Probability of a move at the start, at the prior beliefs.
fn choice(game: &Game, solution: &Solution, actor: &str, kind: &str, action: &str) -> Option<f64> {
    let a = game.actors.iter().position(|one| one.name == actor)?;
    let t = game.actors[a].types.iter().position(|t| t.name == kind)?;
    let prior = |actor: &crate::game::Actor| actor.types.iter().map(|t| t.prior).collect();
    let priors: Vec<Vec<f64>> = game.actors.iter().map(prior).collect();
    game.phases.iter().enumerate().find_map(|(p, phase)| {
        let Phase::Move(moves) = phase else {
            return None;
        };
        if !moves.actors.iter().any(|m| *m as usize == a) {
            return None;
        }
        let node = moves.node_state.binary_search(&game.start).ok()?;
        let named = |label: &u32| game.labels[*label as usize] == action;
        let place = moves.node_moves[node].first()?.iter().position(named)?;
        let played = solution.strategy(game, 0, p, game.start, &priors)?;
        played.get(t)?.get(place).copied()
    })
}
