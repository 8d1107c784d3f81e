//! Tests against independent solvers, published tables and simulation.
//!
//! One program, so that what all of them need is built once. A file is run by its name:
//! `cargo test -p climbdown-report --test all NAME::`.

#[path = "../oracle/mod.rs"]
mod oracle;
#[path = "../../../lang/tests/shipped/mod.rs"]
mod scenarios;

mod at_once;
mod audience;
mod differential;
mod drawing;
mod flagship;
mod formats;
mod games;
mod json;
mod json_reading;
mod lasting;
mod linear;
mod random_games;
mod shipped;
mod solution;
mod stationary;
mod tables;
mod targets;
mod textbook;
mod words;
