//! The engine: a checked scenario becomes a [`Game`](game::Game), a game a
//! [`Solution`](solve::Solution), a solution a forecast or trajectories. It never sees text
//! and never prints.

pub mod analyse;
pub mod belief;
pub mod compile;
pub mod forecast;
pub mod game;
pub mod math;
pub mod play;
pub mod simulate;
pub mod solve;
pub mod textbook;
