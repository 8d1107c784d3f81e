//! Analyses: plain questions about a crisis, answered by the code that solves and forecasts it.
//!
//! Each is a pure function that returns plain values with their names and definitions. None prints.

pub mod freezing;
pub mod resolve;
pub mod variation;
