//! Results and games in the forms that people and other tools open.

pub mod exchange;
pub mod explain;
pub mod tables;
pub mod words;
