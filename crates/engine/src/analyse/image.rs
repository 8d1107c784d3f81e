//! Unpredictability: randomness in conduct and the image of it, swept apart.
//!
//! *Conduct* is an actor's precision: how sharply it follows its interest. The *image* is what others
//! believe of it apart from that: the clarity of its red lines, how surely its moves do what they are
//! meant to do, and whether it takes a decision at all. A blur u moves each believed chance the share
//! u of the way to complete ignorance (equal odds over what can be), while the truth stays; a blur of
//! 0 is the crisis as written.

use super::evaluate::{Settings, at_once, each_side_by_side};
use super::line::Line;
use super::resolve::{self, AnalysisError};
use crate::game::{Foresight, Game, MovePhase, Phase};
use crate::solve::{self, Observer};
use climbdown_lang::Scenario;
use serde::Serialize;
use std::borrow::Cow;

/// What the numbers mean, in a line.
pub const DEFINITION: &str = "the crisis solved and forecast anew at each value; precision: times what \
     is written (less is more random conduct, known to all); ignorance: share of the way from what is \
     believed to equal odds, of the clarity of its red lines, of what its moves bring about and of \
     whether it decides, the truth unchanged; a turning point is the top of the parabola through an \
     inner extreme and its neighbours";

/// Times the written precision.
const CONDUCT: [f64; 5] = [0.25, 0.5, 1.0, 2.0, 4.0];
/// Blurs.
const BLUR: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];
/// A change of a probability that counts as one.
pub const LEAST: f64 = 5e-4;

/// The sweeps.
#[derive(Clone, Debug, Serialize)]
pub struct Image {
    /// What is measured.
    pub definition: &'static str,
    /// Grid points along each belief axis.
    pub belief_points: usize,
    /// Names of the outcome classes at the end of the window, or of the questions.
    pub measures: Vec<String>,
    /// By actor.
    pub actors: Vec<ActorImage>,
}

/// One actor.
#[derive(Clone, Debug, Serialize)]
pub struct ActorImage {
    /// Name.
    pub actor: String,
    /// Text for people.
    pub label: String,
    /// Over precision; the others know it.
    pub conduct: Sweep,
    /// Over what the others believe; `None` where nothing uncertain is believed of it.
    pub image: Option<Sweep>,
}

/// Outcomes along one axis.
#[derive(Clone, Debug, Serialize)]
pub struct Sweep {
    /// Values in rising order.
    pub points: Vec<Point>,
    /// By measure: the last probability less the first.
    pub change: Vec<f64>,
    /// By measure: where it turns.
    pub turns: Vec<Vec<Turn>>,
    /// Values that gave no solution, with the reason.
    pub unsolved: Vec<(f64, String)>,
}

/// Outcomes at one value.
#[derive(Clone, Debug, Serialize)]
pub struct Point {
    /// The value: times the written precision, or the blur.
    pub at: f64,
    /// By measure.
    pub probability: Vec<f64>,
}

/// An inner extreme.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Turn {
    /// Where.
    pub at: f64,
    /// A largest probability rather than a smallest.
    pub peak: bool,
}

/// Does the actor move?
pub fn moves(game: &Game, actor: usize) -> bool {
    game.phases.iter().any(|phase| match phase {
        Phase::Move(phase) => phase.actors.contains(&(actor as u32)),
        Phase::Events(_) => false,
    })
}

/// Sweeps conduct and image of `actors`, of all who move when there are none. `scenario` is the one that
/// `game` comes from, for its red lines.
///
/// # Errors
/// Nothing to read, the game as written not solved, or interrupted.
pub fn image(
    scenario: Option<&Scenario>,
    game: &Game,
    actors: &[usize],
    settings: &Settings,
    observer: &dyn Observer,
) -> Result<Image, AnalysisError> {
    certain_together(game)?;
    if game.classes.is_empty() && game.questions.is_empty() {
        return Err(AnalysisError::Question(
            "there are no outcomes and no questions, so nothing can be said to move with \
             unpredictability"
                .to_owned(),
        ));
    }
    let all: Vec<usize> = (0..game.actors.len()).filter(|a| moves(game, *a)).collect();
    let actors = if actors.is_empty() { &all[..] } else { actors };
    let game = &read_by_window(game);
    // Where each number belongs (actor, axis, value), and the game that gives it: the first is the crisis
    // as written, which stands on every axis.
    let mut places: Vec<(usize, bool, f64, usize)> = Vec::new();
    let mut games: Vec<Cow<Game>> = vec![Cow::Borrowed(game)];
    for actor in actors {
        for times in CONDUCT {
            let mut job = 0;
            if times != 1.0 {
                let mut changed = game.clone();
                changed.actors[*actor].precision *= times;
                job = games.len();
                games.push(Cow::Owned(changed));
            }
            places.push((*actor, false, times, job));
        }
        let uncertain = blurred(scenario, game, *actor, 1.0).1;
        for blur in BLUR.iter().filter(|_| uncertain) {
            let mut job = 0;
            if *blur > 0.0 {
                job = games.len();
                games.push(Cow::Owned(blurred(scenario, game, *actor, *blur).0));
            }
            places.push((*actor, true, *blur, job));
        }
    }
    let workers = at_once(game, &settings.solve);
    let solved = each_side_by_side(games.len(), workers, "values", observer, |k, quiet| {
        read(&games[k], settings, quiet)
    })?;
    let measures: Vec<String> = if game.classes.is_empty() {
        game.questions.iter().map(|q| q.name.clone()).collect()
    } else {
        game.classes.iter().map(|c| c.name.clone()).collect()
    };
    let sweep = |actor: usize, image: bool| {
        let (mut points, mut unsolved) = (Vec::new(), Vec::new());
        for (_, _, at, job) in places
            .iter()
            .filter(|(a, i, ..)| (*a, *i) == (actor, image))
        {
            match &solved[*job] {
                Ok(probability) => points.push(Point {
                    at: *at,
                    probability: probability.clone(),
                }),
                Err(reason) => unsolved.push((*at, reason.to_string())),
            }
        }
        Sweep::of(points, unsolved, measures.len(), !image)
    };
    let label = |actor: usize| {
        let name = &game.actors[actor].name;
        let declared = scenario.and_then(|s| s.actors.iter().find(|a| a.name == *name));
        declared.map_or_else(|| name.clone(), |a| a.label.clone())
    };
    Ok(Image {
        definition: DEFINITION,
        belief_points: settings.solve.belief_points,
        actors: actors
            .iter()
            .map(|actor| ActorImage {
                actor: game.actors[*actor].name.clone(),
                label: label(*actor),
                conduct: sweep(*actor, false),
                image: places
                    .iter()
                    .any(|(a, image, ..)| (*a, *image) == (*actor, true))
                    .then(|| sweep(*actor, true)),
            })
            .collect(),
        measures,
    })
}

/// Refuses a game in which chance decides what moves made at once bring about: of which of them it is the
/// image nobody can say.
fn certain_together(game: &Game) -> Result<(), AnalysisError> {
    for phase in &game.phases {
        let Phase::Move(phase) = phase else { continue };
        let open = |o: &usize| phase.outcome_believed[*o] > 0.0;
        let all = 0..phase.alternative_outcomes.len().saturating_sub(1);
        let uncertain = |a: usize| phase.outcomes(a).filter(open).nth(1).is_some();
        if phase.is_joint() && all.into_iter().any(uncertain) {
            let actors = phase.actors.iter();
            let names: Vec<&str> = actors
                .map(|a| game.actors[*a as usize].name.as_str())
                .collect();
            return Err(AnalysisError::Question(format!(
                "chance decides what moves of {} bring about together, and is the image of neither: let it \
                 decide in `events`, or let them move one after the other (`order {}`), to ask",
                names.join(" and "),
                names.join(", ")
            )));
        }
    }
    Ok(())
}

/// The game forecast no further than it is read: with classes to the end of the window, and without the
/// questions. With full foresight the horizon is part of play and stays.
fn read_by_window(game: &Game) -> Game {
    let mut short = game.clone();
    if !game.classes.is_empty() {
        short.questions.clear();
        if matches!(game.foresight, Foresight::Rounds(_)) {
            short.horizon = game.horizon.min(game.window.max(1));
        }
    }
    short
}

fn read(
    game: &Game,
    settings: &Settings,
    observer: &dyn Observer,
) -> Result<Vec<f64>, AnalysisError> {
    let solution = solve::solve(game, &settings.solve, observer)?;
    let numbers = resolve::read(game, &solution, observer)?;
    Ok(numbers.into_iter().map(|n| n.probability).collect())
}

impl Sweep {
    fn of(
        points: Vec<Point>,
        unsolved: Vec<(f64, String)>,
        measures: usize,
        logarithmic: bool,
    ) -> Self {
        let of = |m: usize| -> Vec<(f64, f64)> {
            let place = |at: f64| if logarithmic { libm::log(at) } else { at };
            let value = |p: &Point| Some((place(p.at), *p.probability.get(m)?));
            points.iter().filter_map(value).collect()
        };
        let back = |at: f64| if logarithmic { libm::exp(at) } else { at };
        let change = |m: usize| match (of(m).first(), of(m).last()) {
            (Some(first), Some(last)) => last.1 - first.1,
            _ => 0.0,
        };
        let turns = |m: usize| {
            let mut turns = turning(&of(m));
            turns.iter_mut().for_each(|t| t.at = back(t.at));
            turns
        };
        Self {
            change: (0..measures).map(change).collect(),
            turns: (0..measures).map(turns).collect(),
            points,
            unsolved,
        }
    }
}

/// Inner extremes of a curve on rising places, each by the parabola through it and its neighbours.
pub fn turning(curve: &[(f64, f64)]) -> Vec<Turn> {
    let mut turns = Vec::new();
    for w in curve.windows(3) {
        let [(x0, y0), (x1, y1), (x2, y2)] = [w[0], w[1], w[2]];
        let (before, after) = (y1 - y0, y2 - y1);
        if before.abs() < LEAST || after.abs() < LEAST || before.signum() == after.signum() {
            continue;
        }
        // Slopes over the two halves belong to their middles; the turn is where they pass 0.
        let (s0, s1) = (before / (x1 - x0), after / (x2 - x1));
        let (m0, m1) = ((x0 + x1) / 2.0, (x1 + x2) / 2.0);
        turns.push(Turn {
            at: m0 + (m1 - m0) * s0 / (s0 - s1),
            peak: before > 0.0,
        });
    }
    turns
}

/// The game in which the others' image of `actor` is blurred by `blur`, and whether there is anything
/// uncertain to blur.
pub fn blurred(scenario: Option<&Scenario>, game: &Game, actor: usize, blur: f64) -> (Game, bool) {
    let mut changed = game.clone();
    let mut uncertain = false;
    let lines: Vec<Line> = scenario.map_or_else(Vec::new, |s| {
        let all = (0..s.red_lines.len()).filter_map(|i| Line::of(s, game, i));
        all.filter(|l| l.holder == actor).collect()
    });
    for phase in &mut changed.phases {
        let Phase::Move(phase) = phase else { continue };
        let mover = phase.actors.clone();
        if let Some(m) = mover.iter().position(|a| *a as usize == actor) {
            uncertain |= conduct(phase, m, blur);
        }
        for line in lines.iter().filter(|l| mover == [l.challenger as u32]) {
            uncertain |= recognition(phase, line, blur);
        }
    }
    (changed, uncertain)
}

/// Blurs what the moves of mover `m` bring about (by themselves, where they are made alone), and whether it
/// decides.
fn conduct(phase: &mut MovePhase, m: usize, blur: f64) -> bool {
    let mut uncertain = false;
    for opportunity in phase.node_opportunity.iter_mut().map(|o| &mut o[m]) {
        if opportunity.believed < 1.0 {
            uncertain = true;
            opportunity.believed += blur * (0.5 - opportunity.believed);
        }
    }
    for a in 0..phase.alternative_outcomes.len().saturating_sub(1) {
        let outcomes = phase.outcomes(a);
        let open = |o: &usize| phase.outcome_believed[*o] > 0.0;
        let possible: Vec<usize> = outcomes.filter(open).collect();
        if possible.len() < 2 {
            continue;
        }
        uncertain = true;
        let equal = 1.0 / possible.len() as f64;
        for o in possible {
            let believed = &mut phase.outcome_believed[o];
            *believed += blur * (equal - *believed);
        }
    }
    uncertain
}

/// Blurs whether a crossing of `line` is recognised: of the results of one move, those in which it comes
/// to stand against the others.
fn recognition(phase: &mut MovePhase, line: &Line, blur: f64) -> bool {
    let mut uncertain = false;
    for n in 0..phase.nodes() {
        if line.stands[phase.node_state[n] as usize] {
            continue;
        }
        for a in phase.alternatives(n) {
            let label = phase.node_moves[n][0][a - phase.alternatives(n).start];
            if !line.crossing.contains(&label) {
                continue;
            }
            let outcomes: Vec<usize> = phase.outcomes(a).collect();
            let stands = |o: usize| line.stands[phase.outcome_next[o] as usize];
            let sum = |wanted: bool| -> f64 {
                let same = outcomes.iter().filter(|o| stands(**o) == wanted);
                same.map(|o| phase.outcome_believed[*o]).sum()
            };
            let (seen, unseen) = (sum(true), sum(false));
            if seen <= 0.0 || unseen <= 0.0 {
                continue;
            }
            uncertain = true;
            let total = seen + unseen;
            let factor = |part: f64| 1.0 + blur * (0.5 * total / part - 1.0);
            let (f, g) = (factor(seen), factor(unseen));
            let standing: Vec<bool> = outcomes.iter().map(|o| stands(*o)).collect();
            for (o, standing) in outcomes.into_iter().zip(standing) {
                phase.outcome_believed[o] *= if standing { f } else { g };
            }
        }
    }
    uncertain
}
