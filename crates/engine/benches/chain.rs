//! Bounded first passage in a random chain without anybody who decides: four transitions a state, one
//! state in a thousand asked for, 26 rounds. As `forecast` does it, from the game in memory to the
//! probabilities of every round.
//!
//! `cargo bench -p climbdown-engine --bench chain` times 20,000, 100,000 and a million states; with
//! `-- --states N --seed S` only so many. `-- --drn FILE` also writes the chain as the model checker Storm
//! reads it: `scripts/bench_storm.py` compares times and probabilities.

use climbdown_engine::forecast::{self, forecast};
use climbdown_engine::game::{
    Class, EventsPhase, Foresight, Game, Noise, Phase, PrecisionScale, Question, Rule,
};
use climbdown_engine::simulate::philox::{Draws, Purpose};
use climbdown_engine::solve::{Options, Silent, solve};
use std::io::{BufWriter, Write};
use std::time::Instant;

const SHARES: [f64; 4] = [0.4, 0.3, 0.2, 0.1];
const ROUNDS: u32 = 26;
const RUNS: usize = 5;

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|a| a == name)?;
        arguments.get(at + 1)
    };
    let number = |name: &str| value(name).and_then(|text| text.parse::<u32>().ok());
    let sizes = number("--states").map_or_else(|| vec![20_000, 100_000, 1_000_000], |n| vec![n]);
    let seed = number("--seed").unwrap_or(1);
    for states in sizes {
        let game = chain(states, seed);
        if let Some(path) = value("--drn") {
            write(&game, &mut BufWriter::new(std::fs::File::create(path)?))?;
        }
        time(&game);
    }
    Ok(())
}

/// Prints the shortest of some runs as JSON.
fn time(game: &Game) {
    let solution = solve(game, &Options::default(), &Silent).expect("nothing to decide");
    let options = forecast::Options::default();
    let mut best = f64::INFINITY;
    let mut passed = f64::NAN;
    for _ in 0..RUNS {
        let start = Instant::now();
        let forecast = forecast(game, &solution, &options, &Silent).expect("forecast");
        best = best.min(start.elapsed().as_secs_f64());
        passed = forecast.questions[0].probability[ROUNDS as usize];
    }
    let (states, transitions) = (game.states.len(), game.states.len() * SHARES.len());
    let each = best / (transitions as f64 * f64::from(ROUNDS)) * 1e9;
    println!(
        "{{\"states\": {states}, \"transitions\": {transitions}, \"steps\": {ROUNDS}, \
         \"seconds\": {best:.6}, \"nanoseconds\": {each:.3}, \"probability\": {passed:.17}}}"
    );
}

/// The chain; states asked for are left again.
fn chain(states: u32, seed: u32) -> Game {
    let draws = Draws::of(u64::from(seed));
    let mut phase = EventsPhase {
        node_state: (0..states).collect(),
        node_outcomes: vec![0],
        ..Default::default()
    };
    let mut count = 0;
    for _ in 0..states {
        let mut next: Vec<u32> = Vec::with_capacity(SHARES.len());
        while next.len() < SHARES.len() {
            count += 1;
            let state = (draws.pair(count, 0, Purpose::Step).0 * f64::from(states)) as u32;
            if !next.contains(&state) {
                next.push(state);
            }
        }
        phase.outcome_next.extend(next);
        phase.outcome_believed.extend(SHARES);
        phase.outcome_true.extend(SHARES);
        phase.node_outcomes.push(phase.outcome_next.len() as u32);
    }
    Game {
        title: "A chain".into(),
        horizon: ROUNDS,
        foresight: Foresight::Rounds(1),
        noise: Noise::Error,
        precision_scale: PrecisionScale::Current,
        actors: Vec::new(),
        states: vec![String::new(); states as usize],
        start: 0,
        labels: Vec::new(),
        phases: vec![Phase::Events(phase)],
        ends: Vec::new(),
        afterwards: Vec::new(),
        afterwards_belief: Vec::new(),
        window: ROUNDS,
        events: vec![(0..states).map(|s| s % 1000 == 999).collect()],
        classes: vec![Class {
            name: "any".into(),
            label: "any".into(),
            rule: Rule::Otherwise,
        }],
        questions: vec![Question {
            name: "reached".into(),
            title: "Reached?".into(),
            resolves: String::new(),
            event: 0,
            by: ROUNDS,
        }],
        variables: Vec::new(),
        ladder: None,
        terms: Vec::new(),
    }
}

/// Storm's explicit format.
fn write(game: &Game, out: &mut impl Write) -> std::io::Result<()> {
    let states = game.states.len();
    writeln!(
        out,
        "@type: DTMC\n@parameters\n\n@reward_models\n\n@nr_states\n{states}\n@nr_choices\n{states}\n@model"
    )?;
    let Phase::Events(phase) = &game.phases[0] else {
        unreachable!("one phase of chance");
    };
    for state in 0..states {
        let init = if state == 0 { " init" } else { "" };
        let asked = if game.events[0][state] { " asked" } else { "" };
        writeln!(out, "state {state}{init}{asked}\n\taction 0")?;
        let mut outcomes: Vec<usize> = phase.outcomes(state).collect();
        outcomes.sort_by_key(|o| phase.outcome_next[*o]);
        for o in outcomes {
            let (next, share) = (phase.outcome_next[o], phase.outcome_true[o]);
            writeln!(out, "\t\t{next} : {share}")?;
        }
    }
    out.flush()
}
