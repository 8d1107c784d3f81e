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
