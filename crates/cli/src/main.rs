//! `climbdown`: escalation-risk workbench. This binary reads arguments and files, calls the
//! libraries, and says what they found; it computes nothing itself.
//!
//! Data goes to stdout, talk to stderr. Exit codes are in [`failure`].

mod analyses;
mod arguments;
mod certificates;
mod checkpoint;
mod commands;
mod failure;
mod found;
mod input;
mod interrupt;
mod manifest;
mod memory;
mod output;
mod position;
mod problem;
mod profile;
mod progress;
mod record;
mod screen;
mod session;
mod side_by_side;
mod size;
mod study;
mod summary;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    // A usage error ends here with code 2, help and version with code 0.
    let arguments = arguments::Arguments::parse();
    interrupt::watch();
    match session::Session::new(&arguments.global)
        .and_then(|session| commands::run(arguments.command, &session))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report();
            failure.code()
        }
    }
}
