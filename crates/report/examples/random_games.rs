//! Writes the games that the Gambit script compares: textbook games at several precisions, choices at
//! once, and seeded random ones of the kind that Gambit can hold exactly.
//!
//!     cargo run -p climbdown-report --example random_games -- FOLDER [COUNT]

#[path = "../tests/oracle/mod.rs"]
mod oracle;

use climbdown_report::exchange::{gambit, json};
use oracle::classic;
use oracle::random::{self, AtOnce, Features};
use serde_json::Value;
use std::error::Error;
use std::path::Path;

/// Larger trees take Gambit minutes.
const LINES: usize = 600;
/// Decisions that a tree must have to say anything.
const DECISIONS: usize = 8;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("name a folder")?;
    let count: u64 = arguments.next().map_or(Ok(50), |n| n.parse())?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    for precision in [0.5, 2.0, 10.0] {
        write(
            folder,
            &format!("crisis-a-{precision}"),
            &classic::crisis_a(precision),
        )?;
        write(
            folder,
            &format!("crisis-c-{precision}"),
            &classic::crisis_c(precision),
        )?;
    }
    for precision in [2.0, 8.0] {
        let game = classic::brinkmanship_six(precision);
        write(folder, &format!("brinkmanship-6-{precision}"), &game)?;
    }
    for precision in [0.5, 0.9] {
        let game = classic::chicken(precision);
        write(folder, &format!("chicken-{precision}"), &game)?;
    }
    for precision in [0.5, 2.0] {
        let game = classic::two_states(precision, true);
        write(folder, &format!("two-states-{precision}"), &game)?;
    }
    for index in 0..count / 5 {
        let features = AtOnce {
            taste: false,
            variants: false,
            rolling: false,
            // The binary is asked for an actor's first phase of the round.
            alone: false,
            discount: index % 2 == 0,
            discounted_scale: index % 2 == 0,
            ..AtOnce::of(index)
        };
        let mut game = random::at_once(index, &features, 30);
        let common = game["actors"][0]["precision"].clone();
        for actor in game["actors"].as_array_mut().into_iter().flatten() {
            actor["precision"] = common.clone();
        }
        write(folder, &format!("at-once-{index:02}"), &game)?;
    }
    let mut seed = 0;
    for index in 0..count {
        let game = loop {
            seed += 1;
            let game = random::game(seed, &Features::for_gambit(index), 60);
            let tree = gambit::write(&json::read(&game.to_string())?);
            let fits = |text: &String| {
                let decisions = text.lines().filter(|line| line.starts_with("p ")).count();
                text.lines().count() <= LINES && decisions >= DECISIONS
            };
            if tree.as_ref().is_ok_and(fits) {
                break game;
            }
        };
        write(folder, &format!("random-{index:02}"), &game)?;
    }
    Ok(())
}

fn write(folder: &Path, name: &str, game: &Value) -> Result<(), Box<dyn Error>> {
    let text = json::write(&json::read(&game.to_string())?)?;
    std::fs::write(folder.join(format!("{name}.json")), text)?;
    Ok(())
}
