//! The commands, one a file.

pub mod assurance;
mod check;
pub mod compare;
mod completions;
pub mod credibility;
mod demo;
mod diff;
pub mod dominance;
pub mod drivers;
mod equilibria;
mod explain;
mod export;
mod fmt;
pub mod force;
mod forecast;
mod games;
pub mod gap;
pub mod image;
mod manual;
mod new;
mod observe;
pub mod price;
mod report;
mod reproduce;
pub mod room;
mod run;
mod show;
mod simulate;
mod strategy;
pub mod watch;
pub mod why;

use crate::failure::Failure;
use crate::session::Session;
use clap::Subcommand;

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    New(new::New),
    Check(check::Check),
    Fmt(fmt::Fmt),
    Run(run::Run),
    Report(report::Report),
    Reproduce(reproduce::Reproduce),
    Why(why::Why),
    Compare(compare::Compare),
    Drivers(drivers::Drivers),
    Demo(demo::Demo),
    Games(games::Games),
    Show(show::Show),
    Strategy(strategy::Strategy),
    Forecast(forecast::Forecast),
    Force(force::Force),
    Dominance(dominance::Dominance),
    Room(room::Room),
    Image(image::Image),
    Gap(gap::Gap),
    Assurance(assurance::Assurance),
    Credibility(credibility::Credibility),
    Diff(diff::Diff),
    Equilibria(equilibria::Equilibria),
    Explain(explain::Explain),
    Observe(observe::Observe),
    Price(price::Price),
    Watch(watch::Watch),
    Simulate(simulate::Simulate),
    Export(export::Export),
    Completions(completions::Completions),
    Manual(manual::Manual),
}

/// Does it.
///
/// # Errors
/// Why it was not done.
pub fn run(command: Command, session: &Session) -> Result<(), Failure> {
    match command {
        Command::Check(command) => command.run(session),
        Command::Fmt(command) => command.run(session),
        Command::Run(command) => command.run(session),
        Command::Report(command) => command.run(session),
        Command::Reproduce(command) => command.run(session),
        Command::Why(command) => command.run(session),
        Command::Compare(command) => command.run(session),
        Command::Drivers(command) => command.run(session),
        Command::Demo(command) => command.run(session),
        Command::Games(command) => command.run(session),
        Command::Show(command) => command.run(session),
        Command::Strategy(command) => command.run(session),
        Command::Forecast(command) => command.run(session),
        Command::Force(command) => command.run(session),
        Command::Dominance(command) => command.run(session),
        Command::Room(command) => command.run(session),
        Command::Image(command) => command.run(session),
        Command::Gap(command) => command.run(session),
        Command::Assurance(command) => command.run(session),
        Command::Credibility(command) => command.run(session),
        Command::Observe(command) => command.run(session),
        Command::Diff(command) => command.run(session),
        Command::Equilibria(command) => command.run(session),
        Command::Explain(command) => command.run(session),
        Command::New(command) => command.run(session),
        Command::Price(command) => command.run(session),
        Command::Watch(command) => command.run(session),
        Command::Simulate(command) => command.run(session),
        Command::Export(command) => command.run(session),
        Command::Completions(command) => command.run(session),
        Command::Manual(command) => command.run(session),
    }
}
