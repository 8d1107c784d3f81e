//! `completions`: what shells need to complete commands and options.

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::session::Session;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

const EXAMPLES: &str = "\
Examples:
  source <(climbdown completions bash)           for this shell
  climbdown completions bash > ~/.local/share/bash-completion/completions/climbdown
  climbdown completions zsh > ~/.zfunc/_climbdown
  climbdown completions fish > ~/.config/fish/completions/climbdown.fish
  climbdown completions powershell >> $PROFILE";

/// Print a script that completes commands and options in a shell
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Completions {
    /// Shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    /// Prints the script.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(
            self.shell,
            &mut Arguments::command(),
            "climbdown",
            &mut script,
        );
        session.print_text(&String::from_utf8_lossy(&script))
    }
}
