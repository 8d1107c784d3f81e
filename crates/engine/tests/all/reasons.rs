//! Why a crisis ends as it does: paths, causes, but-for, audits, accidents, beliefs and forecasts of
//! conduct, each against something known.

use crate::compile_support;

use climbdown_engine::analyse::account::{Account, account};
use climbdown_engine::analyse::audits::{audits, double_precision, duplicate, halve_round};
use climbdown_engine::analyse::causes::{causes, known_types};
use climbdown_engine::analyse::mechanical::mechanical;
use climbdown_engine::analyse::resolve::{compiled, numbers, read};
use climbdown_engine::analyse::switches::{self, Switch, by_name};
use climbdown_engine::analyse::trace::{Event, Traced};
use climbdown_engine::game::Phase;
use climbdown_engine::solve::{Options, Silent, solve};
use climbdown_engine::{forecast, simulate};
use climbdown_lang::Scenario;
use climbdown_lang::scenario::MoveId;
use compile_support::{LADDER, scenario};
use std::collections::BTreeMap;

fn options() -> Options {
    Options {
        belief_points: 9,
        ..Options::default()
    }
}

fn told(scenario: &Scenario, trajectories: u64) -> Account {
    let traced = Traced::solve(scenario, &options(), &Silent).expect("solved");
    account(scenario, &traced, (trajectories, 3), &Silent).expect("told")
}

fn probabilities(scenario: &Scenario) -> Vec<f64> {
    let all = numbers(scenario, "it", &options(), &Silent).expect("solved");
    all.iter().map(|n| n.probability).collect()
}

/// Two accidents that end in war, each once and for all, and nobody who decides anything.
fn chain(first: f64, second: f64) -> Scenario {
    scenario(&format!(
        r#"scenario "Two fuses"
  round week
  horizon 20 rounds
  order events

ladder rung
  levels calm, tense, war
  start calm

trigger spark "A spark"
  when rung == calm
  rate {first} per week
  outcome: rung to war

trigger fog "Fog"
  when rung == calm
  probability {second}
  outcome 60%: rung to tense
  outcome rest: rung to war

trigger slide "A slide"
  when rung == tense
  rate 0.2 per week
  outcome: rung to war

end war when rung == war

outcomes within 20 rounds
  war: ever rung == war
  calm: otherwise
"#
    ))
}

/// A crisis with types on both sides, an accident that looks like a move and one that does not.
fn two_sided(rate: f64, times: f64) -> Scenario {
    scenario(&two_sided_text(rate, times))
}

fn two_sided_text(rate: f64, times: f64) -> String {
    format!(
        r#"scenario "Two sides"
  round week
  horizon 12 rounds
  foresight 4 rounds
  afterwards 4 rounds
  order us, iran, events

ladder rung
  levels calm, clash, war
  start calm

variable fronts
  levels one, many
  start one

actor us "United States"
  precision 0.8
  discount 10% per year
  type resolved prior 55%
  type bluffing otherwise
  payoff per week
    clash: -1 if rung == clash else 0
    fronts: -0.5 if fronts == many else 0

actor iran "Iran"
  precision 0.8
  discount 10% per year
  type hard prior 60%
  type soft otherwise
  payoff per week
    pressure: -2 if rung == calm else -3

move us.hold

move us.strike
  when rung < war
  cost us: 0.5 if resolved else 2.5
  outcome 30%: rung to war
  outcome rest: rung to clash

move iran.wait

move iran.harass
  when rung < war
  cost iran: 0.3 if hard else 1.5
  outcome: rung up; fronts to many if rung == war

trigger overreach "A militia acts without orders"
  when rung < war
  rate {rate} per week
  believed times {times}
  looks like iran.harass

trigger fog "Fog"
  when rung == clash
  probability 4%
  outcome: rung up

trigger cool "It cools"
  when rung == clash
  probability 20%
  outcome: rung down

end war when rung == war
  value us: -25
  value iran: -25

outcomes within 8 rounds
  war: ever rung == war
  clash: rung == clash at end
  calm: otherwise
"#
    )
}

#[test]
fn every_arrival_has_one_path_and_counts_agree_with_simulation_and_forecast() {
    for rate in [0.02, 0.1, 0.4] {
        let scenario = two_sided(rate, 0.5);
        let found = told(&scenario, 20_000);
        let mut all = 0;
        for class in &found.paths.classes {
            let total: u64 = class.paths.iter().map(|p| p.count).sum();
            assert_eq!(total, class.count, "paths of {}", class.name);
            let o = class.origins;
            let shares: f64 = class.paths.iter().map(|p| p.share).sum();
            assert!((shares - 1.0).abs() < 1e-12);
            assert!((o.choice + o.noise + o.accident + o.none - 1.0).abs() < 1e-12);
            // Every path is as often met as its share says.
            for path in &class.paths {
                let error = (path.share.max(0.0) / class.count.max(1) as f64).sqrt();
                assert!(
                    (path.counted - path.share).abs() < 4.5 * error + 2e-3,
                    "{}: {path:?}",
                    class.name
                );
            }
            all += class.count;
        }
        assert!(found.paths.exact);
        assert_eq!(all, 20_000);
        let sum: f64 = found.paths.classes.iter().map(|c| c.probability).sum();
        assert!((sum - 1.0).abs() < 1e-12, "{sum}");
        let exact = probabilities(&scenario);
        for (class, p) in found.paths.classes.iter().zip(exact) {
            let error = (p * (1.0 - p) / 20_000.0).sqrt();
            assert!((class.counted - p).abs() < 4.0 * error, "{}", class.name);
            let off = class.probability - p;
            assert!(off.abs() < 1e-3, "{}: {off:e}", class.name);
        }
    }
}

/// Who follows its tastes does not err: no spell begins with noise, and as many begin by choice as do
/// by choice and noise with the same play read as error.
#[test]
fn with_tastes_nothing_comes_by_noise() {
    let (mut chosen, mut noise) = (0.0, 0.0);
    for (precision, rate) in [("0.3", 0.1), ("0.8", 0.02), ("2", 0.05)] {
        let text = two_sided_text(rate, 0.5)
            .replace("precision 0.8", &format!("precision {precision}"))
            .replace("value us: -25", "value us: -1")
            .replace("value iran: -25", "value iran: -1");
        let taste = scenario(&text.replace("  order", "  noise taste\n  order"));
        let traced = Traced::solve(&taste, &options(), &Silent).expect("solved");
        let found = account(&taste, &traced, (5_000, 3), &Silent).expect("told");
        assert!(found.paths.exact);
        let mut erring = traced.game.clone();
        erring.noise = climbdown_engine::game::Noise::Error;
        let erring = Traced {
            game: erring,
            causes: traced.causes.clone(),
            solution: traced.solution.clone(),
        };
        let error = account(&taste, &erring, (5_000, 3), &Silent).expect("told");
        for (tastes, errors) in found.paths.classes.iter().zip(&error.paths.classes) {
            let (t, e) = (tastes.origins, errors.origins);
            assert_eq!(t.noise, 0.0);
            assert!((t.choice - e.choice - e.noise).abs() < 1e-12);
            assert!((tastes.probability - errors.probability).abs() < 1e-12);
            assert_eq!(tastes.count, errors.count);
            chosen += t.choice;
            noise += e.noise;
        }
        let exact = probabilities(&taste);
        for (class, p) in found.paths.classes.iter().zip(exact) {
            assert!((class.probability - p).abs() < 1e-3, "{}", class.name);
        }
    }
    assert!(chosen > 0.1 && noise > 0.01, "{chosen} {noise}");
}

#[test]
fn paths_of_a_class_add_to_its_forecast() {
    // Chance comes first, so that the forecast goes over to the grid where the paths begin on it.
    let text = two_sided_text(0.1, 0.5).replace("order us, iran, events", "order events, us, iran");
    let again = "clash: ever rung == clash\n  many: fronts == many at end";
    for text in [
        text.clone(),
        text.replace("clash: rung == clash at end", again),
        text.replace("foresight 4 rounds", "foresight full")
            .replace("  afterwards 4 rounds\n", ""),
        text.replace("start calm", "start clash")
            .replace("clash: rung == clash at end", again),
    ] {
        let scenario = scenario(&text);
        let traced = Traced::solve(&scenario, &options(), &Silent).expect("solved");
        let on_grid = forecast::Options {
            exact_particles: 0,
            ..forecast::Options::default()
        };
        let forecast = forecast::forecast(&traced.game, &traced.solution, &on_grid, &Silent)
            .expect("forecast");
        let found = account(&scenario, &traced, (2_000, 3), &Silent).expect("told");
        assert!(found.paths.exact);
        for (class, series) in found.paths.classes.iter().zip(&forecast.classes) {
            let off = class.probability - series.probability[8];
            assert!(off.abs() < 1e-12, "{}: {off:e}", class.name);
        }
    }
}

/// Entries so far on a course of [`swings`]: what began the spell, and the step.
type Entry = Option<(Option<u32>, u32)>;

#[test]
fn paths_through_sets_that_are_left_are_those_of_a_walk_through_all_courses() {
    // Spells begin, end and begin again; `scare` is entered and left, `sour` counts by its last entry.
    let scenario = scenario(
        r#"scenario "Swings"
  round week
  horizon 10 rounds
  order events

ladder rung
  levels calm, tense, clash, war
  start calm

variable mood
  levels fine, bad
  start fine

trigger spark "A spark"
  when rung == calm
  probability 20%
  outcome 70%: rung to tense
  outcome rest: rung to clash; mood to bad

trigger push "A push"
  when rung == tense
  probability 30%
  outcome: rung to clash

trigger slip "A slip"
  when rung == clash
  probability 25%
  outcome 20%: rung to war
  outcome 50%: rung to tense; mood to bad
  outcome rest: mood to bad

trigger cool "It cools"
  when rung == tense
  probability 40%
  outcome: rung to calm; mood to fine

end war when rung == war

outcomes within 10 rounds
  war: ever rung == war
  sour: mood == bad at end
  scare: ever rung == clash
  left: otherwise
"#,
    );
    let traced = Traced::solve(&scenario, &options(), &Silent).expect("solved");
    let game = &traced.game;
    let level = |name: &str, state: u32| {
        let mut variables = game.variables.iter();
        let variable = variables.find(|v| v.name == name).expect("declared");
        variable.of_state[state as usize]
    };
    // State, beginning of the spell, first entries into war and scare, last one into a bad mood.
    type Course = (u32, Option<u32>, [Entry; 3]);
    let mut courses: BTreeMap<Course, f64> = BTreeMap::new();
    courses.insert((game.start, None, [None; 3]), 1.0);
    for _ in 0..10 {
        for (phase, causes) in game.phases.iter().zip(&traced.causes.phases) {
            let Phase::Events(phase) = phase else {
                panic!("nobody decides")
            };
            let mut next = BTreeMap::new();
            for ((state, spell, entries), mass) in courses {
                let Ok(n) = phase.node_state.binary_search(&state) else {
                    *next.entry((state, spell, entries)).or_insert(0.0) += mass;
                    continue;
                };
                for o in phase.outcomes(n) {
                    let (to, mut spell, mut entries) = (phase.outcome_next[o], spell, entries);
                    let by = causes.triggers.first().copied().unwrap_or(0);
                    let (before, after) = (level("rung", state), level("rung", to));
                    if after < before {
                        spell = None;
                    } else if after > before {
                        spell = spell.or(Some(by));
                    }
                    if after == 3 && before != 3 {
                        entries[0] = Some((spell, by));
                    }
                    if after == 2 && before != 2 {
                        entries[1] = entries[1].or(Some((spell, by)));
                    }
                    if level("mood", to) == 1 && level("mood", state) == 0 {
                        entries[2] = Some((spell, by));
                    }
                    *next.entry((to, spell, entries)).or_insert(0.0) +=
                        mass * phase.outcome_true[o];
                }
            }
            courses = next;
        }
    }
    let mut known: BTreeMap<(usize, Option<u32>, Option<u32>), f64> = BTreeMap::new();
    for ((state, spell, entries), mass) in courses {
        let sour = entries[2].filter(|_| level("mood", state) == 1);
        let ways = [entries[0], sour, entries[1]];
        let class = ways.iter().position(Option::is_some).unwrap_or(3);
        let (began, last) = match ways.get(class) {
            Some(Some((began, last))) => (*began, Some(*last)),
            _ => (spell, None),
        };
        *known.entry((class, began, last)).or_insert(0.0) += mass;
    }
    known.retain(|_, mass| *mass > 0.0);
    let found = account(&scenario, &traced, (20_000, 3), &Silent).expect("told");
    let trigger = |event: &Option<Event>| {
        let event = event.as_ref()?;
        let place = scenario.triggers.iter().position(|t| t.name == event.name);
        Some(place.expect("declared") as u32)
    };
    let mut told = 0;
    for (c, class) in found.paths.classes.iter().enumerate() {
        for path in &class.paths {
            let key = (c, trigger(&path.began), trigger(&path.last));
            let known = known.get(&key).copied().unwrap_or(0.0);
            assert!(
                (path.probability - known).abs() < 1e-14,
                "{key:?} {known} {path:?}"
            );
            told += usize::from(known > 0.0);
            let error = (path.probability * (1.0 - path.probability) / 20_000.0).sqrt();
            let counted = path.count as f64 / 20_000.0;
            assert!((counted - path.probability).abs() < 4.5 * error, "{path:?}");
        }
    }
    assert_eq!(told, known.len());
    assert!(told > 6, "{told}");
}

#[test]
fn with_one_trigger_a_trajectory_is_that_of_the_simulation() {
    let scenario = scenario(LADDER);
    let traced = Traced::solve(&scenario, &options(), &Silent).expect("solved");
    let settings = simulate::Options {
        trajectories: 5_000,
        seed: 3,
    };
    let simulated =
        simulate::simulate(&traced.game, &traced.solution, &settings, &Silent).expect("simulated");
    let found = told(&scenario, 5_000);
    for (class, estimate) in found.paths.classes.iter().zip(&simulated.classes) {
        assert_eq!(class.counted, estimate.probability[4], "{}", class.name);
    }
}

#[test]
fn shares_of_independent_accidents_are_those_of_their_hazards() {
    // From calm, `spark` comes first in the round and then `fog`; the shares of what ended the calm
    // are known, and so are those of the last step after `fog`.
    for (rate, p) in [(0.05, 0.05), (0.2, 0.02), (0.01, 0.3)] {
        let scenario = chain(rate, p);
        let found = told(&scenario, 40_000);
        let war = &found.paths.classes[0];
        let spark = 1.0 - f64::exp(-rate);
        let slide = 1.0 - f64::exp(-0.2);
        // Weekly recursion over calm and tense; `slide` follows `fog` in the same round.
        let (mut calm, mut tense) = (1.0, 0.0);
        let mut by = [0.0f64; 3]; // spark; fog at once; fog and then slide
        for _ in 0..20 {
            by[0] += calm * spark;
            let left = calm * (1.0 - spark);
            by[1] += left * p * 0.4;
            let to_tense = tense + left * p * 0.6;
            by[2] += to_tense * slide;
            tense = to_tense * (1.0 - slide);
            calm = left * (1.0 - p);
        }
        let total: f64 = by.iter().sum();
        let share = |began: &str, last: &str| {
            let path = war.paths.iter().find(|path| {
                path.began.as_ref().is_some_and(|e| e.name == began)
                    && path.last.as_ref().is_some_and(|e| e.name == last)
            });
            path.map_or(0.0, |path| path.share)
        };
        for (known, told) in by.iter().zip([
            share("spark", "spark"),
            share("fog", "fog"),
            share("fog", "slide"),
        ]) {
            let known = known / total;
            assert!((known - told).abs() < 1e-12, "{rate} {p}: {known} {told}");
        }
        assert!((war.probability - total).abs() < 1e-12);
        assert!((war.origins.accident - 1.0).abs() < 1e-12, "nobody decides");
    }
}

#[test]
fn without_accidents_the_game_is_the_intentional_one() {
    for rate in [0.05, 0.3] {
        let with = two_sided(rate, 1.0);
        let switch = switches::accidents(&with).expect("accidents");
        assert!(switch.off.contains("overreach") && switch.off.contains("fog"));
        assert!(!switch.off.contains("cool"), "calming is no accident");
        let found = causes(&with, &[switch], &options(), &Silent).expect("taken apart");
        let mut text_without = two_sided(0.0, 1.0);
        text_without.triggers.retain(|t| t.name == "cool");
        let intentional = probabilities(&text_without);
        for (outcome, p) in found.outcomes.iter().zip(intentional) {
            assert!((outcome.none - p).abs() < 1e-12, "{}", outcome.name);
            assert_eq!(outcome.none, outcome.without[0].strategic);
        }
        // Nobody's escalation is an accident then.
        let told = told(&text_without, 5_000);
        assert!(told.paths.classes.iter().all(|c| c.origins.accident == 0.0));
        assert!(told.accidents.attribution.is_empty());
    }
}

#[test]
fn independent_channels_add() {
    // Each alone leads to war at a small rate; what both do is the sum but for the product.
    for (a, b) in [(0.001, 0.002), (0.004, 0.001)] {
        let both = chain(a, b);
        let parts: Vec<Switch> = ["spark", "fog"]
            .map(|name| by_name(&both, name).expect("declared"))
            .into();
        let found = causes(&both, &parts, &options(), &Silent).expect("taken apart");
        let war = &found.outcomes[0];
        let alone = |s: Scenario| probabilities(&s)[0];
        let (only_a, only_b) = (alone(chain(a, 0.0)), alone(chain(0.0, b)));
        assert_eq!(war.none, 0.0);
        assert!(war.sum_error.abs() < 1e-15);
        assert!((war.all - (only_a + only_b - only_a * only_b)).abs() < 20.0 * a * b);
        // Shapley's value halves what they share.
        assert!((war.values[0] - 0.5 * (only_a + war.all - only_b)).abs() < 1e-15);
        assert!((war.values[1] - 0.5 * (only_b + war.all - only_a)).abs() < 1e-15);
    }
}

#[test]
fn shares_add_to_the_outcome_and_idle_switches_have_none() {
    for rate in [0.05, 0.2] {
        let scenario = two_sided(rate, 0.5);
        let names = ["accidents", "beliefs", "fronts", "cool", "us.strike"];
        let parts: Vec<Switch> = names
            .iter()
            .map(|name| by_name(&scenario, name).expect("declared"))
            .collect();
        let found = causes(&scenario, &parts, &options(), &Silent).expect("taken apart");
        assert_eq!(
            found.solutions, 16,
            "known types need no solution of their own"
        );
        for outcome in &found.outcomes {
            let sum = outcome.none + outcome.values.iter().sum::<f64>();
            assert!((sum - outcome.all).abs() < 1e-12, "{}", outcome.name);
        }
        let all: f64 = found.outcomes.iter().map(|o| o.all).sum();
        assert!((all - 1.0).abs() < 1e-12);
        for i in 0..parts.len() {
            let sum: f64 = found.outcomes.iter().map(|o| o.values[i]).sum();
            assert!(sum.abs() < 1e-12, "what one outcome gains another loses");
        }
        // War is entered when the fronts light, so nothing is left for them to change.
        assert!(found.outcomes[0].values[2].abs() < 1e-12);
        assert!(
            found.outcomes[0].values[4] > 0.0,
            "strikes lead to war: {:?}",
            found.outcomes[0]
        );
    }
    let error = by_name(&two_sided(0.1, 1.0), "nobody").expect_err("not declared");
    assert!(error.to_string().contains("nobody"));
}

#[test]
fn known_types_are_the_mean_of_games_without_private_information() {
    let scenario = two_sided(0.1, 0.5);
    let game = compiled(&scenario, "it").expect("compiles");
    let solution = solve(&game, &options(), &Silent).expect("solved");
    let known = known_types(&game, &solution, &Silent).expect("read");
    let mut mean = vec![0.0; known.len()];
    for (us, p) in [("resolved", 0.55), ("bluffing", 0.45)] {
        for (iran, q) in [("hard", 0.6), ("soft", 0.4)] {
            let mut certain = game.clone();
            for (actor, kind) in certain.actors.iter_mut().zip([us, iran]) {
                for t in &mut actor.types {
                    t.prior = f64::from(u8::from(t.name == kind));
                    t.weight = t.prior;
                }
            }
            let alone = solve(&certain, &options(), &Silent).expect("solved");
            let read = read(&certain, &alone, &Silent).expect("read");
            for (m, n) in mean.iter_mut().zip(read) {
                *m += p * q * n.probability;
            }
        }
    }
    for (a, b) in known.iter().zip(mean) {
        assert!((a.probability - b).abs() < 1e-12, "{}", a.name);
    }
}

#[test]
fn mechanically_only_the_course_of_events_changes() {
    for rate in [0.05, 0.3] {
        let scenario = two_sided(rate, 1.0);
        let game = compiled(&scenario, "it").expect("compiles");
        let solution = solve(&game, &options(), &Silent).expect("solved");
        let base = read(&game, &solution, &Silent).expect("read");
        let without = |name: &str| {
            let switch = by_name(&scenario, name).expect("declared");
            mechanical(&scenario, &switch, &game, &solution, &Silent).expect("not interrupted")
        };
        let war = without("overreach").expect("meaningful")[0].probability;
        assert!(
            war < base[0].probability,
            "fewer accidents, same strategies"
        );
        // The strategic answer differs: everybody knows that nothing comes by accident.
        let mut strategic = scenario.clone();
        strategic.triggers.remove(0);
        assert!((probabilities(&strategic)[0] - war).abs() > 1e-6);
        // The ladder held, nothing comes of anything.
        let held = without("rung").expect("meaningful");
        assert_eq!(held[0].probability, 0.0);
        assert!((held[2].probability - 1.0).abs() < 1e-9);
        assert!(without("beliefs").is_err() && without("us.strike").is_err());
    }
    // Without anybody who decides, mechanical and strategic are one.
    let chain = chain(0.1, 0.05);
    let switch = by_name(&chain, "fog").expect("declared");
    let found = causes(&chain, &[switch], &options(), &Silent).expect("taken apart");
    let but_for = &found.outcomes[0].without[0];
    assert_eq!(but_for.mechanical, Some(but_for.strategic));
}

#[test]
fn half_the_round_is_the_same_crisis_where_chance_alone_acts() {
    for rate in [0.02, 0.2, 1.0] {
        // One trigger and no second step in a round: hazards add up exactly.
        let mut one = chain(rate, 0.0);
        one.triggers.truncate(1);
        let half = halve_round(&one);
        assert_eq!(half.horizon, 40);
        assert!((probabilities(&one)[0] - probabilities(&half)[0]).abs() < 1e-12);
        let mut by_probability = chain(0.0, rate.min(0.5));
        by_probability.triggers.remove(0);
        by_probability.triggers.truncate(1);
        let half = halve_round(&by_probability);
        // `fog` leaves calm by the same chance; war is 40 % of that.
        assert!((probabilities(&by_probability)[0] - probabilities(&half)[0]).abs() < 1e-12);
    }
}

#[test]
fn a_move_twice_changes_nothing_as_a_kind_and_something_as_a_move() {
    for precision in ["0.5", "2"] {
        let text = LADDER.replace("precision 1", &format!("precision {precision}"));
        let scenario = scenario(&text);
        let base = probabilities(&scenario);
        let kind = probabilities(&duplicate(&scenario, MoveId(1), true));
        let own = probabilities(&duplicate(&scenario, MoveId(1), false));
        for (a, b) in base.iter().zip(&kind) {
            assert!((a - b).abs() < 1e-8, "{base:?} {kind:?}");
        }
        assert!(own[0] > 1.1 * base[0], "{base:?} {own:?}");
        let sharp = double_precision(&scenario);
        let doubled = format!("{}", 2.0 * precision.parse::<f64>().expect("a number"));
        let written = LADDER
            .replace("precision 2", "precision 4")
            .replace("precision 1", &format!("precision {doubled}"));
        let written = probabilities(&compile_support::scenario(&written));
        if precision == "0.5" {
            assert_eq!(probabilities(&sharp), written);
        }
    }
    let blunt = scenario(&LADDER.replace("precision 1", "precision 0.3"));
    let found = audits(&blunt, MoveId(1), None, &options(), &Silent).expect("audited");
    let names: Vec<&str> = found.audits.iter().map(|a| a.name).collect();
    assert_eq!(
        names,
        [
            "halve_round",
            "duplicate_as_kind",
            "duplicate_as_move",
            "double_precision"
        ]
    );
    for audit in &found.audits {
        assert_eq!(audit.failure, None, "{}", audit.name);
        assert_eq!(audit.numbers.len(), found.base.len());
    }
    assert!(found.audits[1].largest < 1e-8 && found.audits[2].largest > 1e-4);
}

#[test]
fn accidents_thought_rare_are_taken_for_orders() {
    let mut last = -1.0;
    for times in [1.0, 0.5, 0.25, 0.1] {
        let found = told(&two_sided(0.3, times), 20_000);
        let row = &found.accidents.attribution[0];
        assert_eq!(row.label, "iran.harass");
        if times == 1.0 {
            let error = (row.actual * (1.0 - row.actual) / (row.seen * 20_000.0)).sqrt();
            assert!(row.overconfidence.abs() < 4.0 * error, "right on average");
        }
        assert!(row.overconfidence > last - 0.01, "{times}: {row:?}");
        last = row.overconfidence;
        let rate = &found.accidents.triggers[0];
        assert!((rate.believed / rate.actual - 1.0).abs() < 1e-9 || times < 1.0);
        assert!(times == 1.0 || rate.believed < rate.actual);
    }
    assert!(last > 0.02, "{last}");
}

#[test]
fn learning_forecasts_better_than_the_priors_and_these_than_equal_odds() {
    let found = told(&two_sided(0.02, 1.0), 20_000);
    assert_eq!(found.predictability.actors.len(), 2);
    for actor in &found.predictability.actors {
        assert!(actor.informed < actor.public, "{actor:?}");
        assert!(actor.public < actor.priors, "{actor:?}");
        assert!(actor.priors < actor.uniform, "{actor:?}");
    }
    // With precision 0 everybody chooses by equal odds, and nothing is to be known.
    let mut blind = two_sided(0.02, 1.0);
    for actor in &mut blind.actors {
        actor.precision.kind = climbdown_lang::scenario::ExprKind::Number(0.0);
    }
    for actor in &told(&blind, 2_000).predictability.actors {
        assert!((actor.public - actor.uniform).abs() < 1e-12);
        assert!((actor.informed - actor.uniform).abs() < 1e-12);
    }
}

#[test]
fn what_labels_do_to_a_belief_adds_to_its_change() {
    let scenario = two_sided(0.2, 0.3);
    let found = told(&scenario, 20_000);
    let game = compiled(&scenario, "it").expect("compiles");
    let solution = solve(&game, &options(), &Silent).expect("solved");
    let forecast = forecast::forecast(&game, &solution, &forecast::Options::default(), &Silent)
        .expect("forecast");
    for moves in &found.credibility {
        let series = forecast.beliefs.iter();
        let mut own = series.filter(|b| b.actor == moves.actor && b.kind == moves.kind);
        let mean = &own.next().expect("the same beliefs").mean;
        let change: f64 = moves.labels.iter().map(|l| l.change).sum();
        assert!(
            (change - (mean[8] - mean[0])).abs() < 0.01,
            "{}.{}: {change} against {}",
            moves.actor,
            moves.kind,
            mean[8] - mean[0]
        );
        for label in &moves.labels {
            assert!(label.movement >= label.change.abs() - 1e-12);
        }
    }
}

#[test]
fn results_do_not_depend_on_threads() {
    let scenario = two_sided(0.1, 0.5);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("threads");
        let told = pool.install(|| told(&scenario, 5_000));
        serde_json::to_string(&told).expect("JSON")
    };
    assert_eq!(on(1), on(3));
}
