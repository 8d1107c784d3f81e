//! `new`: a commented template.

use crate::failure::Failure;
use crate::output::Pending;
use crate::session::Session;
use clap::Args;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  climbdown new                            print the template
  climbdown new my                         write my.crisis
  climbdown check my.crisis                then look at it,
  climbdown run my.crisis                  and run it

A file that exists is left alone (exit code 4).";

/// The template.
pub const TEXT: &str = include_str!("new.crisis");

/// Write a commented template to start from
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct New {
    /// File to write, with or without .crisis; without it, the template is printed
    #[arg(value_name = "NAME")]
    name: Option<PathBuf>,
}

impl New {
    /// Prints or writes the template.
    ///
    /// # Errors
    /// When the file exists or cannot be written.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let Some(mut path) = self.name else {
            return session.print_text(TEXT);
        };
        if path.extension().is_none() {
            path.set_extension("crisis");
        }
        if path.exists() {
            return Err(Failure::Files(format!(
                "{} exists; choose another name",
                path.display()
            )));
        }
        Pending::write(&path, TEXT.as_bytes())?.commit()?;
        let talk = format!("wrote {0}\nnext: climbdown check {0}", path.display());
        session.wrote(talk, &[path])
    }
}
