//! A second solver, for tests only. It shares no code with the engine: it reads the JSON of a game
//! by itself, unrolls the whole tree of public histories, applies Bayes exactly, and follows the
//! agent logit equilibrium of the whole tree from uniform play to the stated precisions.

#![allow(dead_code, clippy::needless_range_loop, clippy::type_complexity)]

pub mod classic;
pub mod game;
pub mod path;
pub mod random;
pub mod scalar;
pub mod stationary;
pub mod tables;
pub mod tree;

use serde_json::Value;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// The equilibrium of the plan made at the start of a game.
pub struct Solved {
    pub tree: tree::Tree,
    /// Log-ratios of choice probabilities, see [`tree::Tree::probabilities`].
    pub x: Vec<f64>,
    /// Largest error of a log-ratio.
    pub residual: f64,
    /// Times the path turned back in κ.
    pub folds: usize,
}

/// What `one` says of each of the first `games` random games, or of those that `CLIMBDOWN_GAMES` names
/// ("40..60"), in order; two at a time.
pub fn each_game<T: Send>(games: u64, one: impl Fn(u64) -> T + Sync) -> Vec<(u64, T)> {
    let range = std::env::var("CLIMBDOWN_GAMES").unwrap_or(format!("0..{games}"));
    let (first, last) = range.split_once("..").expect("a range");
    let (first, last): (u64, u64) = (first.parse().expect("first"), last.parse().expect("last"));
    let next = AtomicU64::new(first);
    let said: Mutex<Vec<(u64, T)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= last {
                        break;
                    }
                    let begun = std::time::Instant::now();
                    let of = one(index);
                    let took = begun.elapsed().as_secs_f64();
                    if took > 20.0 {
                        println!("game {index}: {took:.0} s");
                    }
                    said.lock().expect("no thread panicked").push((index, of));
                }
            });
        }
    });
    let mut said = said.into_inner().expect("no thread panicked");
    assert_eq!(said.len() as u64, last - first);
    said.sort_by_key(|(index, _)| *index);
    said
}

/// Solves the plan made at the start of `game`, at most `limit` histories.
pub fn solve(game: &Value, limit: usize) -> Result<Solved, String> {
    let game = game::Game::parse(game)?;
    let tree = tree::Tree::unroll(&game, limit)?;
    solve_tree(tree)
}

/// Follows the path on a tree that is already unrolled.
pub fn solve_tree(tree: tree::Tree) -> Result<Solved, String> {
    let end = path::trace(&tree)?;
    Ok(Solved {
        tree,
        x: end.x,
        residual: end.residual,
        folds: end.folds,
    })
}
