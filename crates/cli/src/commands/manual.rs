//! `manual`: the help texts as man pages, one for each command.

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::output::Directory;
use crate::session::Session;
use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  climbdown manual --out man
  climbdown manual --out ~/.local/share/man/man1    then: man climbdown-why";

/// Write man pages
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Manual {
    /// Directory to write to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Manual {
    /// Writes the pages.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let directory = Directory::prepare(&self.out)?;
        let mut command = Arguments::command();
        command.build();
        let mut pages = vec![page(command.clone())?];
        for one in command.get_subcommands() {
            pages.push(page(one.clone())?);
        }
        let files = pages.iter().map(|(name, _)| self.out.join(name));
        let files: Vec<PathBuf> = files.collect();
        let talk = format!("wrote {} man pages to {}", pages.len(), self.out.display());
        directory.write(&pages)?;
        session.wrote(talk, &files)
    }
}

fn page(command: Command) -> Result<(String, Vec<u8>), Failure> {
    let man = Man::new(command);
    let name = man.get_filename();
    let mut text = Vec::new();
    man.render(&mut text)?;
    Ok((name, text))
}
