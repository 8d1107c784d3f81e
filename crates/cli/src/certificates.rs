//! What stands behind a result: how well it was solved and how far its numbers can be off for
//! numerical reasons. Doubt about the scenario itself is another matter and is not in here.

use crate::failure::Failure;
use crate::problem::Problem;
use crate::session::Session;
use climbdown_engine::forecast::{Forecast, Series};
use climbdown_engine::game::{Foresight, Game};
use climbdown_engine::math;
use climbdown_engine::solve::stationary::Branch;
use climbdown_engine::solve::{self, Certificate, Jump, OtherSolution, Solution};
use climbdown_report::tables::{count, percent, small};
use serde::{Deserialize, Serialize};

/// Simulated trajectories at whose decisions regret is measured.
const REGRET_TRAJECTORIES: u64 = 200;

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// Everything that was checked. What a command did not check is absent.
#[derive(Clone, Debug, Serialize)]
pub struct Certificates {
    /// Solution concept.
    pub concept: String,
    /// All conditions hold: residual, response and consistency within bounds, and no simulated path
    /// comes to a belief at which play jumps.
    pub certified: bool,
    /// The solution checked by code apart from the solver.
    pub solution: Certificate,
    /// Stages solved: nodes times belief points times plan rounds.
    pub stages: u64,
    /// Stages searched for a second solution.
    pub stages_searched: u64,
    /// Places where the solution changes abruptly between neighbouring beliefs.
    pub jumps: Vec<Jump>,
    /// Points on the way from random play to the target precision at which another branch crosses.
    #[serde(skip_serializing_if = "is_zero")]
    pub crossings: u64,
    /// Solutions of choices at once that were found beside those played.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<OtherSolution>,
    /// Which stationary solution this is, with unbounded foresight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<Branch>,
    /// Of the forecast.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forecast: Option<ForecastCertificate>,
    /// Change of the results on another belief grid: a finer one, or a coarser one where that would
    /// take long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grid: Option<GridCertificate>,
    /// Simulation against forecast.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulation: Option<SimulationCertificate>,
}

/// Of the forecast.
#[derive(Clone, Debug, Serialize)]
pub struct ForecastCertificate {
    /// max over rounds of |Σ classes − 1|, before any normalisation.
    pub mass_error: f64,
    /// True when every posterior was kept exactly: then only the solver has a grid error.
    pub exact_posteriors: bool,
    /// Most particles held at once.
    pub particles: u64,
}

/// How far two forecasts of one crisis lie apart.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Change {
    /// Largest change of a class probability, over all rounds.
    pub classes_change: f64,
    /// Largest change of a question's probability, over all rounds.
    pub questions_change: f64,
}

impl Change {
    /// Between two forecasts.
    pub fn between(a: &Forecast, b: &Forecast) -> Self {
        let largest = |a: &[Series], b: &[Series]| {
            math::largest(
                a.iter()
                    .zip(b)
                    .flat_map(|(a, b)| a.probability.iter().zip(&b.probability))
                    .map(|(a, b)| (a - b).abs()),
            )
        };
        Self {
            classes_change: largest(&a.classes, &b.classes),
            questions_change: largest(&a.questions, &b.questions),
        }
    }

    fn words(&self) -> String {
        format!(
            "outcomes change by at most {}, questions by {}",
            small(self.classes_change),
            small(self.questions_change)
        )
    }
}

/// From K to 2K−1 belief points.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct GridCertificate {
    /// Points an axis in the result.
    pub belief_points: usize,
    /// Points an axis in the check.
    pub refined_points: usize,
    /// The changes.
    #[serde(flatten)]
    pub change: Change,
}

/// Simulation with exact Bayes against the forecast.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SimulationCertificate {
    /// Trajectories drawn.
    pub trajectories: u64,
    /// Seed.
    pub seed: u64,
    /// Probabilities compared: classes and questions at their windows.
    pub compared: usize,
    /// Largest distance in standard errors of the simulation.
    pub largest_z: f64,
}

impl Certificates {
    /// Checks a solution.
    ///
    /// # Errors
    /// [`Failure::Unsolved`] when the strategies are no solution after all; jumps of a solution are no
    /// failure, but are said.
    pub fn check(
        problem: &Problem,
        solution: &Solution,
        session: &Session,
    ) -> Result<Self, Failure> {
        let game = &problem.game;
        let checked = {
            let observer = session.observer();
            solve::certify(game, solution, REGRET_TRAJECTORIES, &observer)?
        };
        let report = &solution.report;
        if !checked.solved() {
            return Err(Failure::Unsolved(format!(
                "the strategies found are no solution: stage residual {}, response off by {}, \
                 values off by {}",
                small(checked.residual),
                small(checked.response),
                small(checked.consistency)
            )));
        }
        if let Some(jump) = report.jumps.first() {
            session.say(format!(
                "\x1b[1;33mwarning\x1b[0m: play jumps between neighbouring beliefs at {}, first for {} \
                 in {}; {}",
                crate::screen::number_of(report.jump_count, "place"),
                jump.actor,
                jump.state,
                come_to(&checked)
            ));
        }
        Ok(Self {
            concept: concept(game),
            certified: checked.holds(),
            solution: checked,
            stages: report.stages,
            stages_searched: report.audited,
            jumps: report.jumps.clone(),
            crossings: report.crossings,
            others: report.others.clone(),
            branch: report.branch.clone(),
            forecast: None,
            grid: None,
            simulation: None,
        })
    }

    /// Adds those of a forecast.
    #[must_use]
    pub fn with_forecast(mut self, forecast: &Forecast) -> Self {
        self.forecast = Some(ForecastCertificate {
            mass_error: forecast.mass_error,
            exact_posteriors: forecast.exact,
            particles: forecast.particles,
        });
        self
    }

    /// What was checked, in words.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let solution = &self.solution;
        let mut facts = vec![
            ("concept", self.concept.clone()),
            (
                "solution",
                format!(
                    "{}; {} stages, largest residual {}; choices off by at most {}, values by {}",
                    match (self.certified, solution.jumps) {
                        (true, 0) => "certified".to_owned(),
                        _ => format!("play jumps in places; {}", come_to(solution)),
                    },
                    count(self.stages),
                    small(solution.residual),
                    small(solution.response),
                    small(solution.consistency)
                ),
            ),
        ];
        if let Some(branch) = &self.branch {
            facts.push(("branch", branch.words()));
        }
        // Without types all states are solved at once, and no stage by itself.
        if matches!(self.branch, None | Some(Branch::FarSighted { .. })) {
            facts.push((
                "uniqueness",
                format!(
                    "{} stages searched, a second solution at {}; play jumps between neighbouring \
                     beliefs at {}",
                    count(self.stages_searched),
                    count(solution.multiple),
                    crate::screen::number_of(solution.jumps, "place")
                ),
            ));
        }
        facts.push((
            "regret",
            format!(
                "mean {:.3}, largest {:.3} against the best reply; {} and {} against the logit \
                     reply, at {} decisions reached",
                solution.mean_best_regret,
                solution.best_regret,
                small(solution.mean_logit_regret),
                small(solution.logit_regret),
                count(solution.reached)
            ),
        ));
        if self.crossings > 0 {
            facts.push((
                "bifurcation",
                format!(
                    "crossed on the way from random play at {}: there equals could begin to play \
                     differently, and are kept alike",
                    crate::screen::number_of(self.crossings, "stage")
                ),
            ));
        }
        if let Some(change) = solution.replanning {
            facts.push((
                "replanning",
                format!("a plan one round shorter would change a choice by at most {change:.3}"),
            ));
        }
        if let Some(forecast) = &self.forecast {
            let beliefs = if forecast.exact_posteriors {
                "every belief exact"
            } else {
                "beliefs carried on the grid"
            };
            facts.push((
                "forecast",
                format!(
                    "outcomes sum to 1 within {}; {beliefs}",
                    small(forecast.mass_error)
                ),
            ));
        }
        if let Some(grid) = &self.grid {
            let (k, fine) = (grid.belief_points, grid.refined_points);
            let change = grid.change.words();
            facts.push((
                "belief grid",
                format!("from {k} to {fine} points: {change}"),
            ));
        }
        if let Some(simulation) = &self.simulation {
            facts.push((
                "simulation",
                format!(
                    "{} trajectories agree within {:.1} standard errors ({} numbers, seed {})",
                    count(simulation.trajectories),
                    simulation.largest_z,
                    simulation.compared,
                    simulation.seed
                ),
            ));
        }
        facts
    }
}

/// What jumps of play mean for the result.
fn come_to(checked: &Certificate) -> String {
    if checked.jump_share > 0.0 {
        return format!(
            "{} of simulated paths come to one, so the solution is NOT certified",
            percent(checked.jump_share)
        );
    }
    if !checked.holds() {
        return "they are too many to watch for on simulated paths, so the solution is NOT certified"
            .to_owned();
    }
    let paths = crate::screen::number_of(REGRET_TRAJECTORIES, "simulated path");
    format!("none of {paths} comes there, and away from there the solution is certified")
}

/// The solution concept in words.
pub fn concept(game: &Game) -> String {
    match game.foresight {
        Foresight::Rounds(n) => format!(
            "rolling-horizon logit play, foresight {}",
            crate::screen::number_of(n, "round")
        ),
        Foresight::Full => "logit play with full foresight, selected stage by stage".to_owned(),
        Foresight::Unbounded if game.has_types() => {
            "stationary Markov logit play over beliefs".to_owned()
        }
        Foresight::Unbounded => "stationary Markov logit play".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(class: f64, question: f64) -> Forecast {
        let series = |last: f64| Series {
            name: "war".to_owned(),
            label: "war".to_owned(),
            probability: vec![0.0, last, 0.5],
        };
        Forecast {
            classes: vec![series(0.25), series(class)],
            questions: vec![series(question), series(0.25)],
            occupancy: Vec::new(),
            terms: Vec::new(),
            beliefs: Vec::new(),
            spells: Vec::new(),
            mass_error: 0.0,
            particles: 1,
            exact: true,
        }
    }

    /// A number that was lost on either grid is no agreement of the two.
    #[test]
    fn a_lost_number_is_no_agreement() {
        let sound = told(0.25, 0.25);
        let change = Change::between(&sound, &told(0.5, 0.125));
        assert_eq!(
            (change.classes_change, change.questions_change),
            (0.25, 0.125)
        );
        let (class, question) = (told(f64::NAN, 0.5), told(0.5, f64::NAN));
        for (a, b) in [(&sound, &class), (&class, &sound)] {
            let change = Change::between(a, b);
            assert!(change.classes_change.is_nan() && change.questions_change == 0.25);
        }
        for (a, b) in [(&sound, &question), (&question, &sound)] {
            let change = Change::between(a, b);
            assert!(change.questions_change.is_nan() && change.classes_change == 0.25);
            assert!(
                change.words().ends_with("questions by NaN"),
                "{}",
                change.words()
            );
        }
    }
}
