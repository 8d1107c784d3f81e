//! The scenario language: text in, a checked [`Scenario`] or a list of [`Diagnostic`]s out.
//!
//! | stage | folder | takes → gives |
//! |---|---|---|
//! | lexer, layout, parser | `syntax/` | text → syntax tree |
//! | constructs of the domain | `constructs/` | their syntax → what the language has anyway |
//! | checker | `check/` | syntax tree → [`Scenario`] |
//! | findings | `diagnostic` | data, rendered apart |

pub mod blocks;
pub mod check;
pub mod constructs;
pub mod diagnostic;
pub mod format;
pub mod library;
pub mod scenario;
pub mod source;
pub mod suggest;
pub mod syntax;

pub use check::Options;
pub use constructs::extends::{AtHand, Loaded, Loader, Resolved, resolve};
pub use diagnostic::{Diagnostic, Severity};
pub use diagnostic::{located, located_in, render, render_in};
pub use format::format;
pub use scenario::Scenario;
pub use source::{Sources, Span};
pub use syntax::MAX_SOURCE_BYTES;

/// Result of reading a scenario: the scenario if there was no error, and all findings.
#[derive(Debug)]
pub struct Checked {
    /// Present when no diagnostic is an error.
    pub scenario: Option<Scenario>,
    /// All findings, in source order.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads and checks a scenario.
pub fn check(text: &str) -> Checked {
    check_with(text, Options::default())
}

/// Reads and checks a scenario with options.
pub fn check_with(text: &str, options: Options) -> Checked {
    if text.len() > MAX_SOURCE_BYTES {
        return refused(vec![too_large(text.len() as u64)]);
    }
    check::check_source(text, options)
}

/// Reads and checks the bytes of a file.
pub fn check_bytes(bytes: &[u8], options: Options) -> Checked {
    match text(bytes) {
        Ok(text) => check_with(text, options),
        Err(found) => refused(vec![*found]),
    }
}

/// The text of a file.
fn text(bytes: &[u8]) -> Result<&str, Box<Diagnostic>> {
    if bytes.len() > MAX_SOURCE_BYTES {
        return Err(too_large(bytes.len() as u64).into());
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let line = 1 + bytes[..at].iter().filter(|b| **b == b'\n').count();
        let message = format!(
            "the file is not UTF-8: byte {} (line {line}) is {:#04x}",
            at + 1,
            bytes[at]
        );
        let found = Diagnostic::error("E0001", Span::new(at, at + 1), message)
            .label("expected UTF-8 text")
            .help("save the file as UTF-8");
        found.into()
    })
}

/// The finding about a source of `bytes` bytes, for callers that see its size before they read it.
pub fn too_large(bytes: u64) -> Diagnostic {
    Diagnostic::error(
        "E0002",
        Span::new(0, 0),
        format!("the file has {bytes} bytes"),
    )
    .label(format!("expected at most {MAX_SOURCE_BYTES} bytes"))
    .help("a scenario is a text of a few hundred kilobytes at most")
}

fn refused(diagnostics: Vec<Diagnostic>) -> Checked {
    Checked {
        scenario: None,
        diagnostics,
    }
}
