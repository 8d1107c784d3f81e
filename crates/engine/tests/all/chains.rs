//! Forecasts of games without private types from a table of all places: against exact particles, plain
//! products of dense matrices and the reflection principle, and the same bits on any number of threads.

use climbdown_engine::forecast::{self, Forecast, Series, chain, forecast};
use climbdown_engine::game::{
    Actor, Class, End, EventsPhase, Foresight, Game, MovePhase, Noise, Opportunity, Phase,
    PrecisionScale, Question, Rule, TermFlow, Type, VariableLevels,
};
use climbdown_engine::simulate::philox::{Draws, Purpose};
use climbdown_engine::solve::{Options, Silent, Solution, solve};

struct Dice(Draws, u64);

impl Dice {
    fn unit(&mut self) -> f64 {
        self.1 += 1;
        self.0.pair(self.1, 0, Purpose::Step).0
    }

    fn below(&mut self, n: usize) -> usize {
        (self.unit() * n as f64) as usize
    }

    fn shares(&mut self, n: usize) -> Vec<f64> {
        let parts: Vec<f64> = (0..n).map(|_| self.unit() + 0.05).collect();
        let all: f64 = parts.iter().sum();
        parts.iter().map(|p| p / all).collect()
    }
}

fn bare(states: usize, horizon: u32) -> Game {
    Game {
        title: "A chain".into(),
        horizon,
        foresight: Foresight::Rounds(1),
        noise: Noise::Error,
        precision_scale: PrecisionScale::Current,
        actors: Vec::new(),
        states: (0..states).map(|s| s.to_string()).collect(),
        start: 0,
        labels: Vec::new(),
        phases: Vec::new(),
        ends: Vec::new(),
        afterwards: Vec::new(),
        afterwards_belief: Vec::new(),
        window: horizon,
        events: Vec::new(),
        classes: Vec::new(),
        questions: Vec::new(),
        variables: Vec::new(),
        ladder: None,
        terms: Vec::new(),
    }
}

fn class(name: &str, rule: Rule) -> Class {
    Class {
        name: name.into(),
        label: name.into(),
        rule,
    }
}

fn question(name: &str, event: u32, by: u32) -> Question {
    Question {
        name: name.into(),
        title: name.into(),
        resolves: String::new(),
        event,
        by,
    }
}

/// A state, and where it leads: (next, probability).
type Row = (u32, Vec<(u32, f64)>);

fn chance(rows: &[Row], seats: usize) -> EventsPhase {
    let mut phase = EventsPhase {
        node_outcomes: vec![0],
        payoff: vec![0.0; rows.len() * seats],
        ..EventsPhase::default()
    };
    for (state, outcomes) in rows {
        phase.node_state.push(*state);
        for (next, p) in outcomes {
            phase.outcome_next.push(*next);
            phase.outcome_believed.push(*p);
            phase.outcome_true.push(*p);
        }
        phase.node_outcomes.push(phase.outcome_next.len() as u32);
    }
    phase
}

fn solved(game: &Game) -> Solution {
    game.validate().expect("a valid game");
    solve(game, &Options::default(), &Silent).expect("solved")
}

fn told(game: &Game, solution: &Solution, exact_particles: usize) -> Forecast {
    let options = forecast::Options {
        exact_particles,
        ..Default::default()
    };
    forecast(game, solution, &options, &Silent).expect("forecast")
}

/// Two who move in turn, one look-alike each, accidents, a ladder, ends, a region without return, and
/// everything that remembers.
fn crisis(seed: u64, foresight: Foresight) -> Game {
    const STATES: usize = 24;
    const LIVE: usize = 20;
    // From here on no way leads back.
    const TRAP: usize = 15;
    let mut dice = Dice(Draws::of(seed), 0);
    let next = |dice: &mut Dice, state: usize| {
        let first = if state >= TRAP { TRAP } else { 0 };
        (first + dice.below(STATES - first)) as u32
    };
    let mut game = bare(STATES, 9);
    game.foresight = foresight;
    game.labels = vec!["push".into(), "wait".into()];
    for (name, precision) in [("a", 2.0), ("b", 0.7)] {
        game.actors.push(Actor {
            name: name.into(),
            precision,
            discount: 0.9,
            types: vec![Type {
                name: "plain".into(),
                prior: 1.0,
                weight: 1.0,
            }],
        });
    }
    for mover in 0..2 {
        let mut phase = MovePhase {
            actors: vec![mover],
            node_alternatives: vec![0],
            alternative_outcomes: vec![0],
            ..MovePhase::default()
        };
        for state in 0..LIVE {
            phase.node_state.push(state as u32);
            phase.node_moves.push(vec![vec![0, 1]]);
            phase.node_kinds.push(vec![vec![0, 1]]);
            phase.node_opportunity.push(vec![Opportunity {
                probability: 0.8,
                believed: 0.8,
                default: 1,
            }]);
            for label in 0..2 {
                phase.alternative_moves.push(label);
                phase.payoff.extend([dice.unit() - 0.5, dice.unit() - 0.5]);
                let shares = dice.shares(3);
                for (k, share) in shares.into_iter().enumerate() {
                    // The third result looks like the other move.
                    phase
                        .outcome_labels
                        .push(if k == 2 { 1 - label } else { label });
                    phase.outcome_next.push(next(&mut dice, state));
                    phase.outcome_believed.push(share);
                    phase.outcome_true.push(share);
                }
                let outcomes = phase.outcome_next.len() as u32;
                phase.alternative_outcomes.push(outcomes);
            }
            phase.node_alternatives.push(2 * (state as u32 + 1));
        }
        game.phases.push(Phase::Move(phase));
    }
    let rows: Vec<Row> = (0..LIVE)
        .map(|state| {
            let shares = dice.shares(3);
            let row = shares.into_iter().map(|p| (next(&mut dice, state), p));
            (state as u32, row.collect())
        })
        .collect();
    let mut phase = chance(&rows, 2);
    for actor in 0..2 {
        let flow: Vec<f64> = (0..STATES).map(|_| dice.unit() - 0.5).collect();
        for state in 0..LIVE {
            phase.payoff[2 * state + actor] = flow[state];
        }
        game.terms.push(TermFlow {
            actor: actor as u32,
            name: "upkeep".into(),
            flow,
            span: 0.0,
        });
    }
    game.phases.push(Phase::Events(phase));
    for state in LIVE..STATES {
        game.ends.push(End {
            state: state as u32,
            value: vec![dice.unit(), -dice.unit()],
            flow: vec![0.1, -0.2],
            after: vec![0.0; 2],
        });
    }
    game.afterwards = vec![0.0; 2 * STATES];
    let mut set = |share: f64| (0..STATES).map(|_| dice.unit() < share).collect();
    game.events = vec![
        set(0.2),
        set(0.3),
        set(0.25),
        set(0.3),
        (0..STATES).map(|s| s >= TRAP).collect(),
        (0..STATES).map(|s| s == LIVE).collect(),
    ];
    game.classes = vec![
        class("war", Rule::Ever(0)),
        class("seen", Rule::Ever(1)),
        class("stand", Rule::AtEnd(2)),
        class("rest", Rule::Otherwise),
    ];
    game.questions = vec![
        question("carried", 0, 9),
        question("open", 3, 9),
        question("trapped", 4, 9),
        question("ended", 5, 6),
    ];
    game.variables = vec![VariableLevels {
        name: "rung".into(),
        label: "rung".into(),
        levels: (0..4).map(|l| l.to_string()).collect(),
        of_state: (0..STATES).map(|s| (s * 7 % 4) as u16).collect(),
    }];
    game.ladder = Some(0);
    game
}

#[test]
fn a_table_tells_what_particles_tell() {
    for seed in 0..12 {
        let foresight = if seed % 3 == 0 {
            Foresight::Full
        } else {
            Foresight::Rounds(2)
        };
        let game = crisis(seed, foresight);
        let solution = solved(&game);
        let (particles, table) = (
            told(&game, &solution, usize::MAX),
            told(&game, &solution, 0),
        );
        // Twenty nodes, each with four origins of the running spell.
        assert_eq!(table.particles, 80);
        assert!(table.exact && particles.exact);
        assert!(table.mass_error < 1e-12);
        let numbers = |forecast: &Forecast| {
            let mut all = Vec::new();
            for series in forecast.classes.iter().chain(&forecast.questions) {
                all.extend(series.probability.iter().copied());
            }
            all.extend(forecast.occupancy.iter().flat_map(|o| o.share.clone()));
            all.extend(forecast.terms.iter().map(|t| t.value));
            for s in &forecast.spells {
                all.extend([s.none, s.choice, s.noise, s.chance]);
            }
            all
        };
        let (a, b) = (numbers(&particles), numbers(&table));
        assert_eq!(a.len(), b.len());
        for (k, (x, y)) in a.iter().zip(&b).enumerate() {
            assert!(
                (x - y).abs() < 1e-12,
                "seed {seed}, number {k}: {x} and {y}"
            );
        }
        assert!(particles.questions.iter().all(|q| q.probability[9] > 0.01));
    }
}

/// A random chain; one state in five is asked for, and left again.
fn random(states: usize, branches: usize, horizon: u32) -> (Game, Vec<Row>) {
    let mut dice = Dice(Draws::of(states as u64), 0);
    let rows: Vec<Row> = (0..states as u32)
        .map(|state| {
            let shares = dice.shares(branches);
            let row = shares.into_iter().map(|p| (dice.below(states) as u32, p));
            (state, row.collect())
        })
        .collect();
    let mut game = bare(states, horizon);
    game.phases = vec![Phase::Events(chance(&rows, 0))];
    game.events = vec![
        (0..states).map(|s| s % 97 == 96).collect(),
        (0..states).map(|s| s % 5 == 4).collect(),
    ];
    game.classes = vec![class("been", Rule::Ever(0)), class("not", Rule::Otherwise)];
    game.questions = vec![question("asked", 1, horizon)];
    (game, rows)
}

#[test]
fn random_chains_are_products_of_dense_matrices() {
    for states in [40, 130, 400] {
        let (game, rows) = random(states, 3, 12);
        let found = told(&game, &solved(&game), 0);
        assert_eq!(found.particles, states as u64);
        for (event, series) in [(0, &found.classes[0]), (1, &found.questions[0])] {
            let set = &game.events[event];
            // Once in the set a path stays: the chance of being there is that of having come.
            let mut dense = vec![vec![0.0; states]; states];
            for (state, row) in &rows {
                let from = *state as usize;
                for (next, p) in row {
                    dense[from][*next as usize] += if set[from] { 0.0 } else { *p };
                }
                if set[from] {
                    dense[from][from] = 1.0;
                }
            }
            let mut at = vec![0.0; states];
            at[0] = 1.0;
            for round in 0..=12 {
                let come: f64 = (0..states).filter(|s| set[*s]).map(|s| at[s]).sum();
                let told = series.probability[round];
                assert!((come - told).abs() < 1e-12, "{round}: {come} and {told}");
                at = (0..states)
                    .map(|to| (0..states).map(|from| at[from] * dense[from][to]).sum())
                    .collect();
            }
        }
    }
}

/// A fair walk comes to a by step n with probability P(S ≥ a) + P(S > a) (reflection; Feller 1968,
/// An Introduction to Probability Theory and Its Applications I, III.7).
#[test]
fn a_walk_keeps_the_reflection_principle() {
    const REACH: usize = 120;
    const A: usize = 6;
    let states = 2 * REACH + 1;
    // State 0 is the middle; the horizon ends before the sides are met.
    let rows: Vec<Row> = (0..states)
        .map(|s| {
            let steps = [(s + 1) % states, (s + states - 1) % states];
            (s as u32, steps.map(|to| (to as u32, 0.5)).to_vec())
        })
        .collect();
    let mut game = bare(states, 100);
    game.phases = vec![Phase::Events(chance(&rows, 0))];
    game.events = vec![(0..states).map(|s| s == A).collect()];
    game.classes = vec![class("all", Rule::Otherwise)];
    game.questions = vec![question("met", 0, 100)];
    let found = told(&game, &solved(&game), 0);
    assert_eq!(found.particles, states as u64);
    for n in [5, 6, 20, 51, 100] {
        // P(S = n − 2k), by C(n, k) / 2ⁿ.
        let mut chance = 0.5_f64.powi(n as i32);
        let mut expected = 0.0;
        for k in 0..=n {
            let s = n as i64 - 2 * k as i64;
            if s >= A as i64 {
                expected += chance;
            }
            if s > A as i64 {
                expected += chance;
            }
            chance *= (n - k) as f64 / (k + 1) as f64;
        }
        let told = found.questions[0].probability[n];
        assert!(
            (told - expected).abs() < 1e-12,
            "{n}: {told} and {expected}"
        );
    }
}

/// A chain for a model checker is as far from the forecast as any number of it, and no number is passed
/// over because it was lost.
#[test]
fn every_number_counts_in_the_distance_of_a_chain() {
    let game = crisis(3, Foresight::Rounds(2));
    let solution = solved(&game);
    let sound = told(&game, &solution, usize::MAX);
    let chain =
        chain::chain(&game, &solution, &chain::Options::default(), &Silent).expect("a chain");
    assert!(chain.distance(&game, &sound) < 1e-12);
    let of: [fn(&mut Forecast) -> &mut Vec<Series>; 2] =
        [|told| &mut told.classes, |told| &mut told.questions];
    for series in of {
        for round in 0..=game.horizon as usize {
            let mut other = sound.clone();
            series(&mut other)[0].probability[round] += 0.5;
            assert!((chain.distance(&game, &other) - 0.5).abs() < 1e-12);
            series(&mut other)[0].probability[round] = f64::NAN;
            assert!(chain.distance(&game, &other).is_nan());
        }
    }
}

#[test]
fn the_same_bits_on_one_two_and_seven_threads() {
    let (chain, _) = random(6_000, 4, 10);
    for game in [chain, crisis(5, Foresight::Rounds(2))] {
        let solution = solved(&game);
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let pool = pool.build().expect("a pool");
            pool.install(|| format!("{:?}", told(&game, &solution, 50)))
        };
        let one = run(1);
        assert!(one.contains("particles: 6000") || one.contains("particles: 80"));
        assert_eq!(one, run(2));
        assert_eq!(one, run(7));
    }
}

/// States that can be met after the horizon alone need no node: then particles stay.
#[test]
fn a_state_without_a_node_is_no_place_of_a_table() {
    let rows = vec![(0, vec![(1, 0.5), (2, 0.5)])];
    let mut game = bare(3, 1);
    game.phases = vec![Phase::Events(chance(&rows, 0))];
    game.events = vec![vec![false, true, false]];
    game.classes = vec![class("one", Rule::AtEnd(0)), class("rest", Rule::Otherwise)];
    let solution = solve(&game, &Options::default(), &Silent).expect("solved");
    let found = told(&game, &solution, 0);
    assert_eq!(found.classes[0].probability, [0.0, 0.5]);
}
