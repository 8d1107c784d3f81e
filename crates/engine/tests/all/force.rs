//! The cost of force by term: terms add to planned values, and are what each is by itself.

use climbdown_engine::analyse::evaluate::Settings;
use climbdown_engine::analyse::force::{Force, Options, force};
use climbdown_engine::analyse::plan::{self, Next, Plan};
use climbdown_engine::analyse::terms::Terms;
use climbdown_engine::compile;
use climbdown_engine::game::Game;
use climbdown_engine::solve::{self, Silent, Solution, StrategyTable};
use climbdown_lang::Scenario;
use std::path::Path;

fn compiled(scenario: &Scenario) -> Game {
    let compiled = compile::compile(scenario, &compile::Options::default());
    compiled.expect("compiles").game
}

fn read(text: &str) -> Scenario {
    climbdown_lang::check(text)
        .scenario
        .expect("a sound scenario")
}

fn shipped(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/games");
    std::fs::read_to_string(path.join(name)).expect("shipped")
}

fn options(points: usize) -> solve::Options {
    solve::Options {
        belief_points: points,
        ..solve::Options::default()
    }
}

/// Two rungs, two types a side, a strike that may fail, a payer, an end, and an `afterwards` block.
const CRISIS: &str = r#"scenario "Two sides"
  round week
  horizon 6 rounds
  foresight 4 rounds
  afterwards 3 rounds, transient 1 rounds
  order us, iran, events

parameter harm = 1 .. 2 .. 4
  "harm of a strike"
  source "free"
  grade C

ladder rung
  levels calm, strikes, war
  start calm

actor us
  precision 0.8
  discount 10% per year
  type resolved prior 40%
  type bluffing otherwise
  payoff per week
    oil: -0.3 * number(rung)
    force: -0.5 * (rung == strikes), transient
  afterwards
    name: 0.7 * belief(us.resolved)

actor iran
  precision 1.2
  type hard prior 55%
  type soft otherwise
  payoff per week
    harm: -harm * (rung == strikes)

payer europe
  discount 5% per year
  payoff per week
    energy: -0.4 * number(rung)

move us.hold

move us.strike
  when rung < war
  cost us: 0.5 if resolved, 1.5 if bluffing
  cost europe: 0.1
  outcome 70%: rung up
  outcome rest: nothing

move iran.wait

move iran.yield
  when rung > calm
  cost iran: 2 if hard, 0.7 if soft
  outcome: rung to calm

end war when rung == war
  value us: -6
  value iran: -9
  flow us per week: -0.2
  flow europe per week: -1
"#;

#[test]
fn terms_add_to_planned_values_at_every_state_belief_and_seat() {
    for name in [
        "crisis-a.crisis",
        "crisis-c.crisis",
        "red-line.crisis",
        "bargaining.crisis",
        "coalition.crisis",
        "ramp.crisis",
    ] {
        adds(&shipped(name), 9);
    }
    for foresight in ["foresight 1 rounds", "foresight 4 rounds", "foresight full"] {
        adds(&CRISIS.replace("foresight 4 rounds", foresight), 9);
    }
}

fn adds(text: &str, points: usize) {
    let game = compiled(&read(text));
    let plan = plan::whole(&game, &options(points), &Silent).expect("solved");
    // The first round of the whole plan is that of the solution that is forecast, to the bit.
    let rolling = solve::solve(&game, &options(points), &Silent).expect("solved");
    assert_eq!(plan.values[0], rolling.values[0], "{}", game.title);
    same_plan(&game, &plan, &rolling, &options(points));
    for round in 0..2 {
        let terms = Terms::of(&game, &plan, round, &Silent).expect("not interrupted");
        assert!(terms.error() < 1e-9, "{}: {}", game.title, terms.error());
    }
}

/// A planned value that was lost is no value that the terms add to.
#[test]
fn a_lost_value_is_no_sum_of_terms() {
    let game = compiled(&read(CRISIS));
    let mut plan = plan::whole(&game, &options(5), &Silent).expect("solved");
    plan.values[0][0][0] = f64::NAN;
    let terms = Terms::of(&game, &plan, 0, &Silent).expect("not interrupted");
    assert!(terms.error().is_nan(), "{}", terms.error());
}

/// A plan on the whole solution is the one on the rolling solution, whose later rounds are solved one
/// by one, to the bit.
fn same_plan(game: &Game, whole: &Solution, rolling: &Solution, options: &solve::Options) {
    let ahead = 3;
    let once = Plan::new(game, whole, ahead, options, &Silent).expect("solved");
    let each = Plan::new(game, rolling, ahead, options, &Silent).expect("solved");
    let seats = game.seats();
    for t in 0..=ahead {
        for p in 0..game.phases.len() {
            let (a, b) = (once.at(0).strategies(t, p), each.at(0).strategies(t, p));
            let logs = |s: &StrategyTable| s.log_sigma.clone();
            assert_eq!(a.map(logs), b.map(logs), "{} {t} {p}", game.title);
            let (a, b) = (once.at(0).after(t, p), each.at(0).after(t, p));
            assert_eq!(a.is_some(), b.is_some(), "{} {t} {p}", game.title);
            let (Some(a), Some(b)) = (a, b) else { continue };
            let priors: Vec<Vec<f64>> = (game.actors.iter())
                .map(|actor| actor.types.iter().map(|t| t.prior).collect())
                .collect();
            let here = whole.footprint(&whole.grid.axis, &priors);
            for state in 0..game.states.len() as u32 {
                let value = |next: &Next, seat: usize| {
                    let actor = (0..game.actors.len()).rfind(|a| game.seat(*a) <= seat);
                    next.value(&here, state, actor.expect("an actor"), seat)
                };
                for seat in 0..seats {
                    assert_eq!(value(&a, seat), value(&b, seat), "{} {t} {p}", game.title);
                }
            }
        }
    }
}

fn cost(text: &str, futures: u32) -> Force {
    let scenario = read(text);
    let game = compiled(&scenario);
    let settings = Options {
        trajectories: 50,
        futures,
        ..Options::default()
    };
    let coarse = Settings::default();
    force(
        &scenario,
        &game,
        &[],
        &plan::whole(&game, &options(9), &Silent).expect("solved"),
        &coarse,
        &settings,
        &Silent,
    )
    .expect("a cost")
}

#[test]
fn each_term_is_what_a_game_in_which_it_alone_is_paid_gives() {
    // With precision 0 nobody's play depends on payoffs, so a term can be had alone by writing
    // nothing for all others; its value is then the whole planned value.
    let noisy = CRISIS
        .replace("precision 0.8", "precision 0")
        .replace("precision 1.2", "precision 0");
    let all = cost(&noisy, 0);
    assert!(all.error < 1e-9);
    let alone = [
        (
            "us",
            "oil",
            noisy
                .replace("force: -0.5", "force: -0")
                .replace("0.5 if resolved, 1.5 if bluffing", "0")
                .replace("value us: -6", "value us: 0")
                .replace("flow us per week: -0.2", "flow us per week: 0")
                .replace("name: 0.7", "name: 0"),
        ),
        (
            "us",
            "moves",
            noisy
                .replace("force: -0.5", "force: -0")
                .replace("oil: -0.3", "oil: -0")
                .replace("value us: -6", "value us: 0")
                .replace("flow us per week: -0.2", "flow us per week: 0")
                .replace("name: 0.7", "name: 0"),
        ),
        (
            "us",
            "ends",
            noisy
                .replace("force: -0.5", "force: -0")
                .replace("oil: -0.3", "oil: -0")
                .replace("0.5 if resolved, 1.5 if bluffing", "0")
                .replace("name: 0.7", "name: 0"),
        ),
        (
            "us",
            "force",
            noisy
                .replace("oil: -0.3", "oil: -0")
                .replace("value us: -6", "value us: 0")
                .replace("flow us per week: -0.2", "flow us per week: 0")
                .replace("0.5 if resolved, 1.5 if bluffing", "0")
                .replace("name: 0.7", "name: 0"),
        ),
        (
            "europe",
            "energy",
            noisy
                .replace("flow europe per week: -1", "flow europe per week: 0")
                .replace("cost europe: 0.1", "cost europe: 0"),
        ),
    ];
    for (actor, term, text) in alone {
        let only = cost(&text, 0);
        for (one, sum) in only.uses[0].types.iter().zip(&all.uses[0].types) {
            let payers = one.payers.iter().zip(&sum.payers);
            for (one, sum) in payers.filter(|(p, _)| p.actor == actor) {
                let part = sum.terms.iter().find(|t| t.name == term).expect("a term");
                assert!(part.difference.abs() > 1e-3, "{actor} {term} {part:?}");
                assert!((one.total - part.difference).abs() < 1e-9, "{actor} {term}");
            }
        }
    }
}

#[test]
fn spreads_enclose_the_centre_and_hold_what_varies() {
    let found = cost(CRISIS, 16);
    assert_eq!((found.futures, found.uses.len()), (16, 1));
    let used = &found.uses[0];
    assert_eq!(used.types.len(), 2);
    for payer in used.types.iter().flat_map(|t| &t.payers) {
        let sum: f64 = payer.terms.iter().map(|t| t.difference).sum();
        assert!((sum - payer.total).abs() < 1e-9);
        let spread = payer.spread.as_ref().expect("futures");
        assert!(spread.least <= spread.low && spread.high <= spread.most);
    }
    let harm = |actor: &str, term: &str| {
        let payers = used.types[0].payers.iter().filter(|p| p.actor == actor);
        let mut parts = payers.flat_map(|p| &p.terms).filter(|t| t.name == term);
        let part = parts.next().expect("a term");
        (part.difference, part.spread.expect("futures"))
    };
    // The harm itself is drawn.
    let (central, spread) = harm("iran", "harm");
    assert!(spread.least < central && central < spread.most && central < 0.0);
    assert!(found.uses[0].types[0].payers.iter().any(|p| p.passive));
}

#[test]
fn without_a_ladder_it_says_so() {
    let scenario = read(&CRISIS.replace("ladder rung", "variable rung"));
    let game = compiled(&scenario);
    let coarse = Settings::default();
    let none = force(
        &scenario,
        &game,
        &[],
        &plan::whole(&game, &options(5), &Silent).expect("solved"),
        &coarse,
        &Options::default(),
        &Silent,
    );
    assert!(
        none.expect_err("no ladder")
            .to_string()
            .contains("no `ladder`")
    );
}
