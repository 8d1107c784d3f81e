//! Prices over time: against a chain worked out by hand, against simulated paths where sides choose and
//! hide their types, and against closed forms of the ranges.

use crate::compile_support;

use climbdown_engine::analyse::premium::Pays;
use climbdown_engine::analyse::prices::{Asked, Prices, Settings, measured, prices};
use climbdown_engine::analyse::resolve::AnalysisError;
use climbdown_engine::game::{Game, Phase};
use climbdown_engine::simulate;
use climbdown_engine::solve::{self, Silent};
use climbdown_lang::Scenario;
use climbdown_lang::scenario::DerivedId;
use compile_support::{compiled, near, scenario};

const ROUNDS: usize = 12;

/// Nobody decides: a strait opens and shuts by chance.
fn strait(start: &str, opens: f64, shuts: f64) -> String {
    format!(
        r#"scenario "A strait"
  round week
  horizon {ROUNDS} rounds
  order events

parameter base = 60 .. 70 .. 90 USD/bbl
  "price with an open strait"
  source "test"
  grade C

parameter jump = 50%
  "rise with a shut strait"
  source "test"
  grade C

variable strait
  levels open, narrow, shut
  start {start}

derived rise by strait
  open: 0
  narrow: 0.2
  shut: jump
derived price = base * (1 + rise)
derived high = price > 80 USD/bbl

trigger opens
  when strait != open
  rate {opens} * 1 per week
  outcome: strait down

trigger shuts
  when strait != shut
  rate {shuts} * 1 per week
  outcome: strait up

question shut_5 "Shut within five weeks": strait == shut within 5 rounds
"#
    )
}

fn found(scenario: &Scenario, asked: &[Asked], settings: &Settings) -> Prices {
    let game = climbdown_engine::compile::compile(scenario, &Default::default())
        .unwrap_or_else(|e| panic!("{e}"))
        .game;
    let solution = solve::solve(&game, &solve::Options::default(), &Silent).expect("solves");
    prices(scenario, &game, &solution, asked, settings, &Silent).expect("prices")
}

fn asked(scenario: &Scenario, name: &str, thresholds: &[f64]) -> Asked {
    let at = scenario.derived.iter().position(|d| d.name == name);
    Asked {
        quantity: DerivedId(at.expect("declared") as u32),
        thresholds: thresholds.to_vec(),
        forward: None,
    }
}

fn as_written() -> Settings {
    Settings {
        draws: 1,
        ..Settings::default()
    }
}

/// A chain of chance pushed forward by hand. `inside` is a set of states; gives the chances of states by
/// round, that of having been inside, and the distribution of round ends inside.
fn by_hand(game: &Game, inside: &[bool]) -> (Vec<Vec<f64>>, Vec<f64>, Vec<f64>) {
    let states = game.states.len();
    // (state, been inside, round ends inside) → chance.
    let place = |s: usize, been: bool, n: usize| (s * 2 + usize::from(been)) * (ROUNDS + 1) + n;
    let mut mass = vec![0.0; states * 2 * (ROUNDS + 1)];
    let start = game.start as usize;
    mass[place(start, inside[start], 0)] = 1.0;
    let mut by_state = Vec::new();
    let mut been = Vec::new();
    let mut read = |mass: &[f64]| {
        let sum = |s: usize, b: bool| (0..=ROUNDS).map(|n| mass[place(s, b, n)]).sum::<f64>();
        by_state.push((0..states).map(|s| sum(s, false) + sum(s, true)).collect());
        been.push((0..states).map(|s| sum(s, true)).sum());
    };
    read(&mass);
    for _ in 0..ROUNDS {
        for phase in &game.phases {
            let Phase::Events(phase) = phase else {
                panic!("a phase of moves");
            };
            let mut next = vec![0.0; mass.len()];
            for s in 0..states {
                let node = phase.node_state.iter().position(|n| *n as usize == s);
                for b in [false, true] {
                    for n in 0..=ROUNDS {
                        let m = mass[place(s, b, n)];
                        match node {
                            None => next[place(s, b, n)] += m,
                            Some(node) => {
                                for o in phase.outcomes(node) {
                                    let to = phase.outcome_next[o] as usize;
                                    next[place(to, b || inside[to], n)] +=
                                        m * phase.outcome_true[o];
                                }
                            }
                        }
                    }
                }
            }
            mass = next;
        }
        let mut counted = vec![0.0; mass.len()];
        for (s, inside) in inside.iter().enumerate() {
            for b in [false, true] {
                for n in 0..=ROUNDS {
                    let to = n + usize::from(*inside);
                    if to <= ROUNDS {
                        counted[place(s, b, to)] += mass[place(s, b, n)];
                    }
                }
            }
        }
        mass = counted;
        read(&mass);
    }
    let spent = (0..=ROUNDS).map(|n| {
        let of = |s: usize| mass[place(s, false, n)] + mass[place(s, true, n)];
        (0..states).map(of).sum()
    });
    (by_state, been, spent.collect())
}

fn price_in(game: &Game, state: usize) -> f64 {
    [70.0, 84.0, 105.0][usize::from(game.variables[0].of_state[state])]
}

#[test]
fn a_chain_of_chance_has_the_prices_worked_out_by_hand() {
    for (start, opens, shuts) in [
        ("open", 0.1, 0.2),
        ("narrow", 0.3, 0.05),
        ("shut", 0.02, 0.4),
        ("shut", 0.5, 0.0),
    ] {
        let text = strait(start, opens, shuts);
        let scenario = scenario(&text);
        let game = compiled(&text).game;
        let quantity = asked(&scenario, "price", &[75.0, 84.0, 100.0, 200.0]);
        let prices = found(&scenario, &[quantity], &as_written());
        let q = &prices.quantities[0];
        assert_eq!((q.unit.as_str(), q.draws), ("USD/bbl", 1));
        for t in &q.thresholds {
            let inside: Vec<bool> = (0..game.states.len())
                .map(|s| price_in(&game, s) >= t.at)
                .collect();
            let (by_state, been, spent) = by_hand(&game, &inside);
            let outside: Vec<bool> = inside.iter().map(|i| !i).collect();
            let left = by_hand(&game, &outside).1;
            for (round, shares) in by_state.iter().enumerate() {
                let mean: f64 = (0..shares.len())
                    .map(|s| shares[s] * price_in(&game, s))
                    .sum();
                near(q.mean[round], mean);
                near(q.central[round], mean);
                let over = |s: &usize| price_in(&game, *s) >= t.at;
                let above: f64 = (0..shares.len()).filter(over).map(|s| shares[s]).sum();
                near(t.above[round], above);
                near(t.reached[round], been[round]);
                if let Some(found) = &t.left {
                    near(found[round], left[round]);
                }
                // The quantile is the smallest price with so much probability up to it.
                for (k, level) in q.quantiles.iter().enumerate() {
                    let value = q.fan[round][k];
                    let upto = |x: f64| {
                        let own = (0..shares.len()).filter(|s| price_in(&game, *s) <= x);
                        own.map(|s| shares[s]).sum::<f64>()
                    };
                    assert!(upto(value) >= level - 1e-9);
                    assert!(upto(value - 1.0) < level + 1e-9);
                }
            }
            assert_eq!(t.left.is_some(), inside[game.start as usize]);
            let mean: f64 = spent.iter().enumerate().map(|(n, p)| n as f64 * p).sum();
            near(t.mean_rounds, mean);
            let duration = t.duration.as_ref().expect("paths");
            for (found, exact) in duration.probability.iter().zip(&spent) {
                let error = (exact * (1.0 - exact)).max(0.0).sqrt() / 20_000.0_f64.sqrt();
                assert!(
                    (found - exact).abs() <= 4.5 * error + 1e-3,
                    "{found} {exact}"
                );
            }
            assert!((duration.probability.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            let last = by_state.last().expect("rounds");
            let excess: f64 = (0..last.len())
                .map(|s| last[s] * (price_in(&game, s) - t.at).max(0.0))
                .sum();
            near(t.excess, excess);
        }
    }
}

#[test]
fn the_fan_of_one_state_is_the_declared_range_of_what_is_read() {
    // Nothing moves, so that the price is that of the shut strait in every round.
    let scenario = scenario(&strait("shut", 0.0, 0.0));
    let settings = Settings {
        draws: 4096,
        ..Settings::default()
    };
    let prices = found(
        &scenario,
        &[asked(&scenario, "price", &[100.0, 105.0])],
        &settings,
    );
    let q = &prices.quantities[0];
    assert_eq!(q.draws, 4096);
    let base = scenario.parameters.iter().find(|p| p.name == "base");
    let base = base.expect("declared");
    for row in &q.fan {
        for (value, level) in row.iter().zip(q.quantiles) {
            let exact = 1.5 * climbdown_engine::analyse::draws::quantile(base, level);
            assert!((value - exact).abs() < 0.02, "{value} {exact}");
        }
    }
    // Split triangular: half the probability lies above the central value; 100/1.5 − 60 is two thirds of
    // the way up the left side, below which (2/3)²/2 of it lies.
    for t in &q.thresholds {
        let exact = if t.at == 105.0 { 0.5 } else { 1.0 - 4.0 / 18.0 };
        for above in t.above.iter().chain(&t.reached) {
            assert!((above - exact).abs() < 1e-3, "{above} {exact}");
        }
        assert_eq!(t.left.as_ref().expect("above").last(), Some(&0.0));
        near(t.mean_rounds, ROUNDS as f64 * t.above[0]);
        let duration = t.duration.as_ref().expect("paths");
        near(duration.probability[ROUNDS], t.above[0]);
    }
    // As written there is no doubt in a state.
    let written = found(&scenario, &[asked(&scenario, "price", &[])], &as_written());
    assert!(
        written.quantities[0]
            .fan
            .iter()
            .flatten()
            .all(|v| *v == 105.0)
    );
}

#[test]
fn covers_are_worth_their_discounted_payout_and_premiums_imply_its_probability() {
    let text = strait("open", 0.1, 0.2);
    let scenario = scenario(&text);
    let game = compiled(&text).game;
    let shut: Vec<bool> = (0..game.states.len())
        .map(|s| price_in(&game, s) > 100.0)
        .collect();
    let (by_state, been, _) = by_hand(&game, &shut);
    for rate in [0.0, 0.05, 3.0] {
        let settings = Settings {
            rate,
            premium: Some(0.1),
            ..as_written()
        };
        let prices = found(&scenario, &[asked(&scenario, "price", &[100.0])], &settings);
        let discount = |t: usize| (1.0 + rate).powf(-7.0 * t as f64 / 365.25);
        for (name, pays, until) in [
            ("shut_5", Pays::First, 5),
            ("price>=100", Pays::First, ROUNDS),
            ("price>=100", Pays::End, ROUNDS),
        ] {
            let cover = prices
                .covers
                .iter()
                .find(|c| c.name == name && c.pays == pays);
            let cover = cover.expect("a cover");
            let (premium, paid) = match pays {
                Pays::First => (1..=until).fold((been[0], 0.0), |(premium, paid), t| {
                    (
                        premium + (been[t] - been[t - 1]) * discount(t),
                        paid + (1.0 - been[t - 1]) * discount(t - 1),
                    )
                }),
                Pays::End => {
                    let over = |s: &usize| shut[*s];
                    let last = &by_state[until];
                    let p: f64 = (0..last.len()).filter(over).map(|s| last[s]).sum();
                    (p * discount(until), (0..until).map(discount).sum())
                }
            };
            near(cover.premium, premium);
            near(cover.running.expect("rounds"), premium / paid);
            assert!(cover.premium <= cover.probability + 1e-12);
            // At the implied probability, with the same timing, the quoted premium breaks even.
            let implied = cover.implied.expect("quoted");
            near(cover.premium * implied / cover.probability, 0.1);
        }
    }
}

#[test]
fn a_forward_price_between_the_means_implies_the_probability_that_gives_it() {
    let scenario = scenario(&strait("narrow", 0.2, 0.2));
    let plain = found(
        &scenario,
        &[asked(&scenario, "price", &[100.0])],
        &Settings::default(),
    );
    let q = &plain.quantities[0];
    let own = q.mean[ROUNDS];
    for forward in [own, 80.0, 95.0, 500.0] {
        let mut one = asked(&scenario, "price", &[100.0]);
        one.forward = Some(forward);
        let prices = found(&scenario, &[one], &Settings::default());
        let t = &prices.quantities[0].thresholds[0];
        let (p, implied) = (t.above[ROUNDS], t.implied.expect("both sides have mass"));
        let high = 100.0 + t.excess / p;
        let low = (own - p * high) / (1.0 - p);
        near(low + implied * (high - low), forward);
        if forward == own {
            near(implied, p);
        }
        assert_eq!(implied > 1.0, forward == 500.0);
    }
}

/// Types on both sides and a strait that one of them may shut.
const CHOSEN: &str = r#"scenario "A chosen closure"
  round week
  horizon 8 rounds
  foresight 3 rounds
  order us, iran, events

variable strait
  levels open, contested, shut
  start contested

derived price by strait
  open: 70 USD/bbl
  contested: 80 USD/bbl
  shut: 110 USD/bbl

actor us
  precision 1
  type resolved prior 40%
  type bluffing otherwise
  payoff per week
    pump: (70 USD/bbl - price) * 0.02 bbl/USD

actor iran
  precision 1
  type hard prior 60%
  type soft otherwise
  payoff per week
    leverage: (price - 70 USD/bbl) * (0.03 bbl/USD if hard else -0.01 bbl/USD)

move us.hold

move us.convoy
  when strait != open
  cost us: 0.2 if resolved else 1
  outcome 40%: strait down
  outcome rest: nothing

move iran.wait

move iran.mine
  when strait != shut
  cost iran: 0.3
  outcome 60%: strait up
  outcome rest: nothing

trigger incident
  when strait == open
  rate 1 per year
  outcome: strait up

question shut "Shut": strait == shut within 8 rounds
"#;

#[test]
fn chosen_closures_with_hidden_types_agree_with_simulated_paths() {
    let scenario = scenario(CHOSEN);
    let game = compiled(CHOSEN).game;
    let solution = solve::solve(&game, &solve::Options::default(), &Silent).expect("solves");
    let one = asked(&scenario, "price", &[80.0, 100.0]);
    let prices =
        prices(&scenario, &game, &solution, &[one], &as_written(), &Silent).expect("prices");
    let q = &prices.quantities[0];
    let n = 20_000;
    let rounds = game.horizon as usize;
    let phases = game.phases.len();
    // Threshold → (above, reached, left by the end, round ends above) on paths of another seed.
    for t in &q.thresholds {
        let over = |s: u32| {
            [70.0, 80.0, 110.0][usize::from(game.variables[0].of_state[s as usize])] >= t.at
        };
        let (mut above, mut reached, mut left, mut spent) = (0, 0, 0, vec![0u64; rounds + 1]);
        for k in 0..n {
            let path = simulate::path(&game, &solution, k, 77);
            assert_eq!(path.len(), rounds * phases);
            let ends = path.iter().skip(phases - 1).step_by(phases);
            above += u64::from(over(path[path.len() - 1].state));
            reached += u64::from(over(game.start) || path.iter().any(|s| over(s.state)));
            left += u64::from(path.iter().any(|s| !over(s.state)));
            spent[ends.filter(|s| over(s.state)).count()] += 1;
        }
        let agree = |found: f64, count: u64, what: &str| {
            let share = count as f64 / n as f64;
            let error = (found * (1.0 - found) / n as f64).sqrt();
            assert!(
                (found - share).abs() <= 4.5 * error + 1e-4,
                "{what} {}: {found} {share}",
                t.at
            );
        };
        agree(t.above[rounds], above, "above");
        agree(t.reached[rounds], reached, "reached");
        if let Some(found) = &t.left {
            agree(found[rounds], left, "left");
        }
        // Two samples are compared, so that errors are √2 as large.
        let duration = t.duration.as_ref().expect("paths");
        for (p, count) in duration.probability.iter().zip(&spent) {
            let share = *count as f64 / n as f64;
            let error = (2.0 * share * (1.0 - share) / n as f64).sqrt();
            assert!((p - share).abs() <= 4.5 * error + 1e-3, "{p} {share}");
        }
        let counted: f64 = spent
            .iter()
            .enumerate()
            .map(|(k, c)| k as f64 * *c as f64)
            .sum();
        assert!((counted / n as f64 - t.mean_rounds).abs() < 0.1);
    }
    // The forecast itself is not changed by what is asked beside it.
    let shut = prices
        .covers
        .iter()
        .find(|c| c.name == "shut")
        .expect("asked");
    let t = &q.thresholds[1];
    near(shut.probability, t.reached[rounds]);
}

#[test]
fn only_numbers_with_a_unit_that_depend_on_the_state_are_measured() {
    let scenario = scenario(&strait("open", 0.1, 0.1));
    let names: Vec<&str> = measured(&scenario)
        .iter()
        .map(|d| scenario.derived[d.0 as usize].name.as_str())
        .collect();
    assert_eq!(names, ["price"]);
}

#[test]
fn a_quantity_without_a_value_is_refused_with_the_place() {
    let text = strait("open", 0.1, 0.1).replace(
        "derived price = base * (1 + rise)",
        "derived price = base / rise",
    );
    let scenario = scenario(&text);
    let game = compiled(&text).game;
    let solution = solve::solve(&game, &solve::Options::default(), &Silent).expect("solves");
    let one = asked(&scenario, "price", &[]);
    let error = prices(&scenario, &game, &solution, &[one], &as_written(), &Silent);
    match error {
        Err(AnalysisError::Question(text)) => assert!(text.contains("strait=open"), "{text}"),
        other => panic!("{other:?}"),
    }
}
