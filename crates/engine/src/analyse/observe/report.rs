//! The `observed` lines of a scenario: what they say of each round, and what is wrong with them.

use super::{Course, Evidence, ObserveError, Standing, observe_round, remaining};
use crate::analyse::resolve::AnalysisError;
use crate::game::{Foresight, Game, Label, NONE};
use crate::solve::{self, Observer, Solution, solve};
use climbdown_lang::scenario::Sighting;
use climbdown_lang::{Diagnostic, Scenario, Span};

/// What the lines of a scenario say of each round that is over, by names in its game. A label that
/// the game never shows has the index [`NONE`], which fits nothing.
pub fn evidence(scenario: &Scenario, game: &Game) -> Vec<Vec<Evidence>> {
    let mut rounds = vec![Vec::new(); scenario.rounds_past() as usize];
    for line in &scenario.observed {
        rounds[line.round as usize].extend(line.items.iter().map(|item| match item {
            Sighting::Label(name) => {
                let label = game.labels.iter().position(|l| l == name);
                Evidence::Label(label.map_or(NONE, |l| l as Label))
            }
            Sighting::Level(variable, level) => Evidence::Level(variable.0 as usize, *level as u16),
        }));
    }
    rounds
}

/// Carries the crisis through all rounds that the scenario's `observed` lines say are over.
///
/// # Errors
/// [`ObserveError`] of the first round that cannot be followed.
pub fn follow(
    scenario: &Scenario,
    game: &Game,
    solution: &Solution,
) -> Result<(Standing, Vec<Course>), ObserveError> {
    let mut standing = Standing::start(game);
    let mut courses = Vec::new();
    for seen in evidence(scenario, game) {
        let (next, course) = observe_round(game, solution, &standing, &seen)?;
        standing = next;
        courses.push(course);
    }
    Ok((standing, courses))
}

/// What is left of a solved game after what the scenario's `observed` lines say, with its solution;
/// the game as it is when there are none. A changed crisis is carried through the same report by its
/// own strategies, so beliefs are those that its actors would hold after having seen all this.
///
/// # Errors
/// [`AnalysisError::Observed`] when the report does not fit this crisis; otherwise what stops a solution.
pub fn left(
    scenario: &Scenario,
    game: Game,
    solution: Solution,
    options: &solve::Options,
    observer: &dyn Observer,
) -> Result<(Game, Solution), AnalysisError> {
    if scenario.observed.is_empty() {
        return Ok((game, solution));
    }
    let (standing, _) = follow(scenario, &game, &solution)?;
    let rest = remaining(&game, &standing);
    // Plans that look a number of rounds ahead are the same in every round; with full foresight they
    // end with the horizon, which has come nearer.
    let solution = match rest.foresight {
        Foresight::Rounds(_) => solution,
        Foresight::Full | Foresight::Unbounded => solve(&rest, options, observer)?,
    };
    Ok((rest, solution))
}

/// The finding about a report that cannot be followed, at its place in the scenario.
pub fn finding(error: &ObserveError, scenario: &Scenario, game: &Game) -> Diagnostic {
    let round = match error {
        ObserveError::Impossible { round, .. }
        | ObserveError::Ambiguous { round, .. }
        | ObserveError::TooMany { round }
        | ObserveError::AtOnce { round } => *round,
    };
    let lines = || scenario.observed.iter();
    let at = lines().rfind(|o| o.round == round);
    // A round without a line of its own is passed over by the next one.
    let span = at
        .or_else(|| lines().find(|o| o.round > round))
        .map_or(Span::default(), |o| o.span);
    let names = |course: &Course| {
        let labels: Vec<&str> = course
            .labels
            .iter()
            .map(|l| game.labels[*l as usize].as_str())
            .collect();
        labels.join(", ")
    };
    // Only what differs between the courses helps to tell them apart.
    let list = |possible: &[Course]| -> String {
        let differs: Vec<usize> = (0..game.variables.len())
            .filter(|v| {
                let level = |c: &Course| game.variables[*v].of_state[c.state as usize];
                possible.iter().any(|c| level(c) != level(&possible[0]))
            })
            .collect();
        let one = |c: &Course| {
            let levels: Vec<String> = differs
                .iter()
                .map(|v| {
                    let variable = &game.variables[*v];
                    let level = variable.of_state[c.state as usize] as usize;
                    format!("{} {}", variable.name, variable.levels[level])
                })
                .collect();
            let levels = if levels.is_empty() {
                String::new()
            } else {
                format!(", {}", levels.join(", "))
            };
            format!("{}{levels} ({:.1} %)", names(c), 100.0 * c.probability)
        };
        possible.iter().map(one).collect::<Vec<_>>().join("; ")
    };
    let number = round + 1;
    match error {
        ObserveError::Impossible { possible, .. } => Diagnostic::error(
            "E1201",
            span,
            format!("round {number} cannot have gone like this"),
        )
        .label("expected what can happen from the state before")
        .help(format!("likeliest in that round: {}", list(possible))),
        ObserveError::Ambiguous { possible, .. } => Diagnostic::error(
            "E1202",
            span,
            format!("round {number} can have gone like this in several ways"),
        )
        .label("expected a label or a level that tells them apart")
        .help(format!("add what was seen: {}", list(possible))),
        ObserveError::TooMany { .. } => Diagnostic::error(
            "E1203",
            span,
            format!("round {number} can have gone like this in very many ways"),
        )
        .label("expected the label of each choice")
        .help("add what each actor was seen to do"),
        ObserveError::AtOnce { .. } => Diagnostic::error(
            "E1204",
            span,
            "several who move at once can show the same label",
        )
        .label("expected labels that say who showed them")
        .help("give the moves labels of their own, or let the actors move one after the other"),
    }
}
