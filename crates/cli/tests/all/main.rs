//! Tests of the program, which run it and look at what it did.
//!
//! One program, so that what all of them need is built once. A file is run by its name:
//! `cargo test -p climbdown --test all NAME::`.

#[path = "../support/mod.rs"]
mod support;

mod assurance;
mod at_once;
mod bad_input;
mod book;
mod chain;
mod compare;
mod contract;
mod credibility;
mod diff;
mod drivers;
mod explain;
mod files;
mod force;
mod futures;
mod games;
mod gap;
mod global;
mod history;
mod limits;
mod observe;
mod price;
mod reference;
mod report;
mod reproduce;
mod resume;
mod run;
mod statics;
mod stationary;
mod tour;
mod watch;
mod why;
