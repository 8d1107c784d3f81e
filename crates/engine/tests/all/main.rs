//! Tests of the engine.
//!
//! One program, so that what all of them need is built once. A file is run by its name:
//! `cargo test -p climbdown-engine --test all NAME::`.

#[path = "../compile_support/mod.rs"]
mod compile_support;
#[path = "../study_support/mod.rs"]
mod study_support;
#[path = "../threat_support/mod.rs"]
mod threat_support;

mod assurance;
mod attrition;
mod belief;
mod cells;
mod certificate;
mod chains;
mod chokepoint;
mod compile;
mod compile_errors;
mod compile_oracle;
mod declared;
mod draws;
mod force;
mod freezing;
mod gap;
mod observe;
mod pieces;
mod policies;
mod prices;
mod ramps;
mod range;
mod reasons;
mod red_lines;
mod reputation;
mod talks;
mod tastes;
mod unbounded;
mod unreached;
mod variation;
mod watch;
mod world;
