//! Going on from what was seen, against simulation and forecast.

use climbdown_engine::analyse::observe::{
    Evidence, ObserveError, Standing, finding, follow, observe_round, remaining, successors,
};
use climbdown_engine::compile::{self, compile};
use climbdown_engine::forecast::{self, Forecast};
use climbdown_engine::game::{Game, Label, Phase};
use climbdown_engine::simulate;
use climbdown_engine::solve::{self, Silent, Solution};
use climbdown_lang::Scenario;

/// Two sides with types, accidents that look like moves, noisy outcomes, events, a line that can be
/// left again; `believed` says how often all think that accidents happen.
pub fn text(believed: f64) -> String {
    format!(
        r#"scenario "A strait"
  as of 2026-05-11
  round week
  horizon 3 rounds
  foresight 3 rounds
  afterwards 4 rounds
  order us, iran, events

ladder rung
  levels calm, clash, war
  start calm

variable strait
  levels open, shut
  start open

actor us
  precision 1
  opportunity 0.6
  default hold
  type resolved prior 55%
  type bluffing otherwise
  payoff per week
    clash: -1 if rung == clash else 0
    oil: -0.5 * (strait == shut)

actor iran
  precision 1.2
  type hard prior 60%
  type soft otherwise
  payoff per week
    pressure: -1 if rung == calm else -1.5
    name: 0.3 * (strait == shut)

move us.hold

move us.strike
  when rung < war
  cost us: 0.5 if resolved else 2
  outcome 30%: rung up
  outcome rest: rung to clash

move iran.wait

move iran.harass
  when rung < war
  cost iran: 0.3 if hard else 1.2
  outcome 60%: rung up
  outcome 20% seen as unclear: nothing
  outcome rest: nothing

trigger militia
  when rung == calm
  rate 6 per year
  believed times {believed}
  looks like iran.harass

trigger mine
  when strait == open
  probability 8%
  outcome: strait to shut

trigger sweep
  when strait == shut
  probability 30%
  outcome: strait to open

trigger cooling
  when rung == clash
  probability 25%
  outcome: rung to calm

end war when rung == war
  value us: -6
  value iran: -7

outcomes within 3 rounds
  war: ever rung == war
  closed: ever strait == shut
  clash: rung == clash at end
  calm: otherwise

question war_2: war within 2 rounds
question shut_1: closed within 1 rounds
"#
    )
}

/// The same with both sides choosing at once: what both do is seen, and of the US also what it does when it
/// cannot decide, which is thought to be rarer than it is.
pub fn at_once(believed: f64) -> String {
    text(believed)
        .replace("order us, iran, events", "order us and iran, events")
        .replace("  outcome 20% seen as unclear: nothing\n", "")
        .replace("  looks like iran.harass\n", "  outcome: rung up\n")
        .replace(
            "opportunity 0.6\n",
            &format!(
                "opportunity 0.6\n  believed opportunity {}\n",
                1.0 - 0.4 * believed
            ),
        )
}

/// One after the other and at once, with beliefs that are right and that are wrong.
fn texts() -> Vec<String> {
    let of = |believed: f64| [text(believed), at_once(believed)];
    [1.0, 0.3].into_iter().flat_map(of).collect()
}

pub struct Played {
    pub scenario: Scenario,
    pub game: Game,
    pub solution: Solution,
}

pub fn played(text: &str) -> Played {
    let checked = climbdown_lang::check(text);
    let scenario = checked
        .scenario
        .unwrap_or_else(|| panic!("{:?}", checked.diagnostics));
    let game = compile(&scenario, &compile::Options::default())
        .expect("it compiles")
        .game;
    let solution = solved(&game);
    Played {
        scenario,
        game,
        solution,
    }
}

fn solved(game: &Game) -> Solution {
    let options = solve::Options {
        belief_points: 17,
        stencil: 17,
        ..solve::Options::default()
    };
    solve::solve(game, &options, &Silent).expect("it is solved")
}

pub fn forecast(game: &Game, solution: &Solution) -> Forecast {
    let options = forecast::Options {
        exact_particles: usize::MAX,
        ..forecast::Options::default()
    };
    forecast::forecast(game, solution, &options, &Silent).expect("a forecast")
}

/// Everything that could be reported of a trajectory: labels, and all levels behind each.
fn reports(game: &Game, steps: &[simulate::Step]) -> Vec<Vec<Evidence>> {
    let mut rounds: Vec<Vec<Evidence>> = Vec::new();
    for (i, step) in steps.iter().enumerate() {
        let round = step.round as usize;
        rounds.resize(rounds.len().max(round + 1), Vec::new());
        let labels = step.labels.iter().map(|label| Evidence::Label(*label));
        rounds[round].extend(labels);
        let next = steps.get(i + 1);
        if next.is_none_or(|n| !n.labels.is_empty() || n.round > step.round) {
            let levels = game.variables.iter().enumerate();
            rounds[round].extend(
                levels.map(|(v, var)| Evidence::Level(v, var.of_state[step.state as usize])),
            );
        }
    }
    rounds
}

#[test]
fn an_observed_trajectory_has_the_beliefs_of_the_simulation() {
    for text in texts() {
        let Played { game, solution, .. } = played(&text);
        let mut moved = 0.0f64;
        for trajectory in 0..150 {
            let steps = simulate::path(&game, &solution, trajectory, 7);
            let mut standing = Standing::start(&game);
            for (round, seen) in reports(&game, &steps).iter().enumerate() {
                let (next, _) = observe_round(&game, &solution, &standing, seen)
                    .unwrap_or_else(|e| panic!("trajectory {trajectory}: {e:?}"));
                let last = steps.iter().rfind(|s| s.round as usize == round);
                let last = last.expect("a round has phases");
                assert_eq!(next.state, last.state);
                for (a, b) in next.belief.iter().zip(&last.belief) {
                    assert!((a - b).abs() < 1e-9, "{a} {b}");
                    moved = moved.max((a - game.actors[0].types[0].prior).abs());
                }
                standing = next;
            }
        }
        assert!(moved > 0.05, "beliefs move: {moved}");
    }
}

/// All courses of the next `rounds` rounds.
fn all(played: &Played, rounds: u32) -> Vec<Standing> {
    let (game, solution) = (&played.game, &played.solution);
    let mut standings = vec![Standing::start(game)];
    for _ in 0..rounds {
        standings = standings
            .iter()
            .flat_map(|from| successors(game, solution, from).expect("few courses"))
            .collect();
    }
    standings
}

#[test]
fn observed_beliefs_are_on_average_those_of_the_forecast() {
    for text in texts() {
        let played = played(&text);
        let forecast = forecast(&played.game, &played.solution);
        assert!(forecast.exact);
        for rounds in 1..=2 {
            let standings = all(&played, rounds);
            let total: f64 = standings.iter().map(|s| s.probability).sum();
            assert!((total - 1.0).abs() < 1e-12, "{total}");
            for (entry, series) in forecast.beliefs.iter().enumerate() {
                let mean: f64 = standings
                    .iter()
                    .map(|s| s.probability * s.belief[entry])
                    .sum();
                let wanted = series.mean[rounds as usize];
                assert!((mean - wanted).abs() < 1e-9, "{mean} {wanted}");
                // What the true kernel says of types is a martingale whatever is believed.
                let weight: f64 = standings
                    .iter()
                    .map(|s| s.probability * s.weight[entry])
                    .sum();
                assert!((weight - series.mean[0]).abs() < 1e-12);
            }
        }
    }
}

/// Forecasts after every course of the next rounds, weighted by their probabilities, are the
/// forecast now: for classes and questions, also where the believed kernel is not the true one.
#[test]
fn forecasts_of_what_is_left_average_to_the_forecast_now() {
    for text in texts() {
        let played = played(&text);
        let now = forecast(&played.game, &played.solution);
        for rounds in [1, 2] {
            let mut classes = vec![0.0; now.classes.len()];
            let mut questions = vec![0.0; now.questions.len()];
            // Courses with the same standing are forecast once.
            let mut distinct: Vec<Standing> = Vec::new();
            for standing in all(&played, rounds) {
                let same = |s: &&mut Standing| {
                    s.state == standing.state
                        && s.entered == standing.entered
                        && s.belief == standing.belief
                        && s.weight == standing.weight
                };
                match distinct.iter_mut().find(same) {
                    Some(known) => known.probability += standing.probability,
                    None => distinct.push(standing),
                }
            }
            for standing in &distinct {
                let rest = remaining(&played.game, standing);
                rest.validate().expect("a sound game");
                let f = forecast(&rest, &played.solution);
                for (sum, class) in classes.iter_mut().zip(&f.classes) {
                    *sum += standing.probability * class.probability[rest.window as usize];
                }
                for (i, (sum, question)) in questions.iter_mut().zip(&f.questions).enumerate() {
                    let by = rest.questions[i].by as usize;
                    *sum += standing.probability * question.probability[by];
                }
            }
            for (sum, class) in classes.iter().zip(&now.classes) {
                let wanted = class.probability[played.game.window as usize];
                assert!(
                    (sum - wanted).abs() < 1e-9,
                    "{}: {sum} {wanted}",
                    class.name
                );
            }
            for (i, sum) in questions.iter().enumerate() {
                let by = played.game.questions[i].by as usize;
                let wanted = now.questions[i].probability[by];
                assert!((sum - wanted).abs() < 1e-9, "question {i}: {sum} {wanted}");
            }
        }
    }
}

/// With a wrong idea of accidents the public learns something else than the past says.
#[test]
fn weights_leave_the_beliefs_only_where_kernels_differ() {
    for (believed, differ) in [(1.0, false), (0.3, true)] {
        let Played { game, solution, .. } = played(&text(believed));
        let label = game.labels.iter().position(|l| l == "iran.harass");
        let seen = [
            Evidence::Label(label.expect("a label") as Label),
            Evidence::Level(0, 1),
        ];
        let (standing, _) =
            observe_round(&game, &solution, &Standing::start(&game), &seen).expect("it fits");
        let gap = standing
            .belief
            .iter()
            .zip(&standing.weight)
            .map(|(b, w)| (b - w).abs())
            .fold(0.0, f64::max);
        assert_eq!(gap > 1e-3, differ, "{gap}");
        if !differ {
            assert!(gap < 1e-12, "{gap}");
        }
    }
}

/// Of labels shown at once the order does not matter, nor where among them a level stands; what is said of
/// one side alone leaves the other's choice open; a label that both can show says nothing of who did.
#[test]
fn labels_shown_at_once_are_read_together() {
    let Played { game, solution, .. } = played(&at_once(0.3));
    let label = |name: &str| {
        let found = game.labels.iter().position(|l| l == name);
        Evidence::Label(found.expect("a label") as Label)
    };
    let (strike, wait) = (label("us.strike"), label("iran.wait"));
    let (clash, war) = (Evidence::Level(0, 1), Evidence::Level(0, 2));
    let start = Standing::start(&game);
    let seen = |seen: &[Evidence]| observe_round(&game, &solution, &start, seen);
    // A strike leads to a clash or one rung up, which from calm is the same.
    let (known, course) = seen(&[strike, wait, clash]).expect("it fits");
    assert_eq!(course.labels.len(), 2);
    for other in [
        [wait, strike, clash],
        [strike, clash, wait],
        [wait, clash, strike],
    ] {
        let (standing, _) = seen(&other).expect("it fits");
        assert_eq!(
            (&standing.belief, &standing.weight),
            (&known.belief, &known.weight)
        );
        assert_eq!(standing.state, known.state);
    }
    for other in [[wait, war, strike], [strike, war, wait]] {
        assert!(matches!(seen(&other), Err(ObserveError::Impossible { .. })));
    }
    // Iran may have waited or harassed.
    match seen(&[strike]) {
        Err(ObserveError::Ambiguous { possible, .. }) => {
            assert!(possible.iter().any(|c| c.labels != course.labels));
        }
        other => panic!("{other:?}"),
    }
    // The belief about each side is moved by its own label alone: the other's is as good as unseen.
    let (harassed, _) = seen(&[strike, label("iran.harass"), war]).expect("it fits");
    // To rounding: the likelihoods are sums of products.
    assert!((harassed.belief[0] - known.belief[0]).abs() < 1e-14);
    assert!((known.belief[0] - start.belief[0]).abs() > 1e-3);
    assert!((harassed.belief[2] - known.belief[2]).abs() > 1e-3);
    let same = at_once(1.0)
        .replace("  type resolved prior 55%\n  type bluffing otherwise\n", "")
        .replace("  type hard prior 60%\n  type soft otherwise\n", "")
        .replace("0.5 if resolved else 2", "0.5")
        .replace("0.3 if hard else 1.2", "0.3")
        .replace("move us.strike\n", "move us.strike\n  seen as smoke\n")
        .replace("move iran.harass\n", "move iran.harass\n  seen as smoke\n");
    let Played { game, solution, .. } = played(&same);
    let smoke = game
        .labels
        .iter()
        .position(|l| l == "smoke")
        .expect("a label");
    let found = observe_round(
        &game,
        &solution,
        &Standing::start(&game),
        &[Evidence::Label(smoke as Label)],
    );
    assert_eq!(found.err(), Some(ObserveError::AtOnce { round: 0 }));
}

fn observed(lines: &str) -> Result<Standing, String> {
    let played = played(&(text(1.0) + "\n" + lines + "\n"));
    let Played {
        scenario,
        game,
        solution,
    } = &played;
    follow(scenario, game, solution)
        .map(|(standing, _)| standing)
        .map_err(|e| {
            let found = finding(&e, scenario, game);
            format!(
                "{} {} {}",
                found.code,
                found.message,
                found.help.unwrap_or_default()
            )
        })
}

#[test]
fn what_is_not_reported_did_not_happen() {
    // No news of the US: its default. None of Iran: the only label that leaves things as they are
    // would be two, so it has to be said; nothing happened by itself.
    let standing = observed("observed 2026-05-18 iran.wait").expect("it fits");
    assert_eq!(
        (standing.round, standing.state),
        (1, Standing::start(&played(&text(1.0)).game).state)
    );
    // Two rounds pass when only the second is reported, if the first can have been quiet.
    let error = observed("observed 2026-05-25 iran.wait").expect_err("Iran's first week is open");
    assert!(error.starts_with("E1202 round 1"), "{error}");
    let standing =
        observed("observed 2026-05-18 iran.wait\nobserved 2026-05-25 iran.wait").expect("it fits");
    assert_eq!(standing.round, 2);
}

#[test]
fn levels_tell_courses_apart() {
    let error = observed("observed 2026-05-18 iran.harass").expect_err("two next states");
    assert!(
        error.contains("E1202") && error.contains("rung calm") && error.contains("rung clash"),
        "{error}"
    );
    for (level, rung) in [("calm", 0), ("clash", 1)] {
        let game = played(&text(1.0)).game;
        let standing =
            observed(&format!("observed 2026-05-18 iran.harass, rung {level}")).expect("it fits");
        assert_eq!(game.variables[0].of_state[standing.state as usize], rung);
    }
    // A level that needs an event finds it.
    let game = played(&text(1.0)).game;
    let standing = observed("observed 2026-05-18 iran.wait, strait shut").expect("a mine");
    assert_eq!(game.variables[1].of_state[standing.state as usize], 1);
    // A level that needs a choice of which no label is reported finds the only one that fits.
    let error = observed("observed 2026-05-18 iran.wait, rung war").expect_err("not in one round");
    assert!(
        error.contains("E1202") || error.contains("E1201"),
        "{error}"
    );
}

#[test]
fn what_cannot_have_happened_is_refused() {
    let error = observed("observed 2026-05-18 iran.wait, us.strike, us.hold").expect_err("twice");
    assert!(error.starts_with("E1201 round 1"), "{error}");
}

#[test]
fn settled_questions_stay_settled() {
    let played = played(
        &(text(1.0)
            + "observed 2026-05-18 iran.wait, strait shut\nobserved 2026-05-25 iran.wait, strait open\n"),
    );
    let (standing, _) = follow(&played.scenario, &played.game, &played.solution).expect("it fits");
    let rest = remaining(&played.game, &standing);
    let f = forecast(&rest, &played.solution);
    // The strait was shut within a week; a week is left, and war counts before it.
    let settled = f.questions[1].probability[rest.questions[1].by as usize];
    assert!((settled - 1.0).abs() < 1e-12, "{settled}");
    assert_eq!((rest.window, rest.questions[1].by), (1, 0));
    let at = |name: &str| {
        let class = f.classes.iter().find(|c| c.name == name).expect("a class");
        class.probability[1]
    };
    assert!(at("closed") > 0.5 && at("calm") == 0.0 && at("clash") == 0.0);
    assert!((at("closed") + at("war") - 1.0).abs() < 1e-12);
    assert!(matches!(rest.phases[0], Phase::Move(_)));
    // War within two weeks has not come, and its time is up.
    assert_eq!(
        f.questions[0].probability[rest.questions[0].by as usize],
        0.0
    );
}

#[test]
fn the_spread_of_beliefs_is_that_of_trajectories_walked_one_by_one() {
    let Played { game, solution, .. } = played(&text(0.3));
    // Too few particles for exact posteriors, so that the spread is sampled.
    let options = forecast::Options {
        exact_particles: 1,
        ..forecast::Options::default()
    };
    let told = forecast::forecast(&game, &solution, &options, &Silent).expect("a forecast");
    assert!(!told.exact);
    let rounds = game.horizon as usize + 1;
    let priors: Vec<f64> = game
        .actors
        .iter()
        .flat_map(|a| a.types.iter().map(|t| t.prior))
        .collect();
    let mut seen = vec![vec![Vec::new(); rounds]; priors.len()];
    for trajectory in 0..4096 {
        let steps = simulate::path(&game, &solution, trajectory, 0);
        for (round, entry) in (0..rounds).flat_map(|r| (0..priors.len()).map(move |e| (r, e))) {
            let last = steps.iter().rfind(|s| (s.round as usize) < round);
            let belief = last.map_or(priors[entry], |s| s.belief[entry]);
            seen[entry][round].push(belief);
        }
    }
    let mut most = 0.0f64;
    for ((series, prior), seen) in told.beliefs.iter().zip(&priors).zip(&mut seen) {
        for (round, seen) in seen.iter_mut().enumerate() {
            seen.sort_by(f64::total_cmp);
            let moved = seen.iter().map(|b| (b - prior).abs()).sum::<f64>() / 4096.0;
            assert!((series.moved[round] - moved).abs() < 1e-12);
            most = most.max(moved);
            for (found, at) in series.quantiles[round]
                .iter()
                .zip([409, 1024, 2048, 3072, 3686])
            {
                assert!(
                    (found - seen[at]).abs() < 1e-12,
                    "{round}: {found} {}",
                    seen[at]
                );
            }
        }
    }
    assert!(most > 0.05, "beliefs move: {most}");
}
