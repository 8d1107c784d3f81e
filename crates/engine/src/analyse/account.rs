//! What one pass over trajectories tells: paths, accidents, what moves beliefs, predictability.

use super::accidents::{self, AccidentListener, Accidents};
use super::answers::{self, AnswerListener, AnswerRates};
use super::paths::{self, PathListener, Paths};
use super::predictability::{self, ConductListener, CredibilityMoves, Predictability};
use super::resolve::AnalysisError;
use super::trace::{Traced, trace};
use crate::forecast;
use crate::forecast::history::History;
use crate::solve::Observer;
use climbdown_lang::Scenario;
use serde::Serialize;

/// What is counted and averaged over trajectories of the window.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    /// How the crisis came to each outcome.
    pub paths: Paths,
    /// How often triggers come, and what is believed of them.
    pub accidents: Accidents,
    /// How often recognised crossings of red lines are answered, declared and in play.
    pub answers: AnswerRates,
    /// The labels that move each belief.
    pub credibility: Vec<CredibilityMoves>,
    /// How well each side's next move is forecast.
    pub predictability: Predictability,
}

/// Draws `trajectories` under `seed` over the outcome window and reads all of them.
///
/// # Errors
/// [`AnalysisError`] when interrupted.
pub fn account(
    scenario: &Scenario,
    traced: &Traced,
    (trajectories, seed): (u64, u64),
    observer: &dyn Observer,
) -> Result<Account, AnalysisError> {
    let game = &traced.game;
    let history = History::of(game);
    let heard = trace(
        traced,
        game.window,
        (trajectories, seed),
        || {
            (
                PathListener::new(game, &history),
                (
                    AccidentListener::new(traced, scenario),
                    (
                        ConductListener::new(traced),
                        AnswerListener::new(traced, scenario),
                    ),
                ),
            )
        },
        observer,
    )?;
    let exact = forecast::paths::paths(game, &traced.causes, &traced.solution, observer)?;
    let paths: Vec<&PathListener> = heard.iter().map(|h| &h.0).collect();
    let accidents: Vec<&AccidentListener> = heard.iter().map(|h| &h.1.0).collect();
    let conduct: Vec<&ConductListener> = heard.iter().map(|h| &h.1.1.0).collect();
    let answers: Vec<&AnswerListener> = heard.iter().map(|h| &h.1.1.1).collect();
    let (predictability, credibility) = predictability::collect(&conduct);
    Ok(Account {
        paths: paths::collect(
            &paths,
            exact.as_ref(),
            scenario,
            traced,
            (trajectories, seed),
        ),
        accidents: accidents::collect(&accidents, scenario),
        answers: answers::collect(&answers, scenario),
        credibility,
        predictability,
    })
}
