//! What following private tastes is worth to whoever chooses, with `noise taste`.
//!
//! Of two moves that are worth as much the one is made that is liked better at the moment. Over the
//! tastes with which a move of probability σ is made, what is liked in it is worth −ln σ/λ on average
//! (Euler's constant left out, as everywhere), and over the whole choice H(σ)/λ.

use crate::game::{Game, Noise};

/// What is liked on average in a move that `actor` makes with probability `sigma`, given an opportunity;
/// nothing where the noise is error.
pub(super) fn in_move(game: &Game, actor: usize, sigma: f64) -> f64 {
    let precision = game.actors[actor].precision;
    if game.noise != Noise::Taste || !(precision > 0.0 && sigma > 0.0) {
        return 0.0;
    }
    -libm::log(sigma) / precision
}

/// The same over a whole choice of `actor`: what the freedom to follow its tastes in it is worth.
pub(super) fn in_choice(game: &Game, actor: usize, sigma: &[f64]) -> f64 {
    let moves = sigma.iter().map(|s| s * in_move(game, actor, *s));
    moves.sum()
}
