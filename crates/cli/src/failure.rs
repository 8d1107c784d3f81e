//! Why a command did not do its work, and the exit code that says so.

use crate::checkpoint::UNFINISHED;
use crate::screen;
use climbdown_engine::analyse::resolve::AnalysisError;
use climbdown_engine::solve::SolveError;
use climbdown_report::exchange::ExchangeError;
use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

/// A command that ended without its result.
#[derive(Clone, Debug)]
pub enum Failure {
    /// The scenario or game is wrong; the text is the findings, ready to be
    /// shown, or nothing where they were shown already.
    Scenario(String),
    /// The command was not understood.
    Usage(String),
    /// The game was not solved: unconverged, no closure, too large, not supported yet.
    Unsolved(String),
    /// The same, found in the scenario: the text is the findings, ready to be shown.
    Refused(String),
    /// A file could not be read or written.
    Files(String),
    /// Interrupted; nothing was left half done.
    Interrupted,
    /// The same, with what is kept of the work.
    Unfinished(String),
    /// Whoever read our output has seen enough; not an error.
    Unread,
}

impl Failure {
    /// 1 scenario, 2 usage, 3 not solved, 4 files, 130 interrupted.
    pub fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Scenario(_) => 1,
            Self::Usage(_) => 2,
            Self::Unsolved(_) | Self::Refused(_) => 3,
            Self::Files(_) => 4,
            Self::Interrupted | Self::Unfinished(_) => 130,
            Self::Unread => 0,
        })
    }

    /// The reason in plain text, on one line.
    pub fn text(&self) -> String {
        let text = match self {
            Self::Scenario(text)
            | Self::Refused(text)
            | Self::Usage(text)
            | Self::Unsolved(text)
            | Self::Files(text) => anstream::adapter::strip_str(text).to_string(),
            Self::Interrupted | Self::Unfinished(_) => "interrupted".to_owned(),
            Self::Unread => "nobody reads".to_owned(),
        };
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Says what happened on stderr. If even that cannot be written, the exit code must do.
    pub fn report(&self) {
        let mut stderr = anstream::stderr().lock();
        let error = "\x1b[1;31merror\x1b[0m";
        let _ = match self {
            Self::Scenario(text) | Self::Refused(text) if text.is_empty() => Ok(()),
            Self::Scenario(text) | Self::Refused(text) => {
                writeln!(stderr, "{}", text.trim_end())
            }
            Self::Usage(text) | Self::Unsolved(text) | Self::Files(text) => {
                writeln!(stderr, "{error}: {text}")
            }
            Self::Interrupted => writeln!(stderr, "interrupted; no output was changed"),
            Self::Unfinished(kept) => write!(
                stderr,
                "{}",
                screen::wrap(&format!("interrupted; no output was changed; {kept}"), 0)
            ),
            Self::Unread => Ok(()),
        };
    }

    /// A finding about a game or scenario that has no place in the text.
    pub fn scenario(name: &str, message: impl Display) -> Self {
        Self::Scenario(format!("\x1b[1;31merror\x1b[0m: {name}: {message}"))
    }

    /// `path` could not be read.
    pub fn reading(path: &Path, error: &io::Error) -> Self {
        let hint = match error.kind() {
            io::ErrorKind::NotFound => {
                "\nhint: `climbdown demo` runs the scenario that comes with the program"
            }
            _ => "",
        };
        Self::Files(format!(
            "cannot read {}: {}{hint}",
            path.display(),
            reason(error)
        ))
    }

    /// `path` could not be written.
    pub fn writing(path: &Path, error: &io::Error) -> Self {
        let hint = match error.kind() {
            io::ErrorKind::StorageFull => format!(
                "\nhint: make room and run it again; work that was broken off is kept in the directory \
                 as {UNFINISHED}, takes room itself, and may be deleted: it is then begun anew"
            ),
            _ => String::new(),
        };
        Self::Files(format!(
            "cannot write {}: {}{hint}",
            path.display(),
            reason(error)
        ))
    }
}

/// The system's reason without its number, in small letters.
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => text.to_owned(),
    }
}

impl From<SolveError> for Failure {
    fn from(error: SolveError) -> Self {
        match error {
            SolveError::Cancelled => Self::Interrupted,
            other => Self::Unsolved(other.to_string()),
        }
    }
}

/// A changed crisis without a solution, or a question without a meaning.
impl From<AnalysisError> for Failure {
    fn from(error: AnalysisError) -> Self {
        match error {
            AnalysisError::Solve(error) => error.into(),
            AnalysisError::Question(text) => Self::Usage(text),
            other => Self::Unsolved(other.to_string()),
        }
    }
}

/// Refusals to write: the game is sound, but the format is not for it.
impl From<ExchangeError> for Failure {
    fn from(error: ExchangeError) -> Self {
        Self::Unsolved(error.to_string())
    }
}

/// Standard output failed: a closed pipe is a reader who has seen enough.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::Unread
        } else {
            Self::Files(format!(
                "cannot write to standard output: {}",
                reason(&error)
            ))
        }
    }
}
