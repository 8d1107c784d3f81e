//! The scenario language: text in, a checked [`Scenario`] or a list of [`Diagnostic`]s out.

pub mod diagnostic;
pub mod library;
pub mod scenario;
pub mod source;

pub use diagnostic::{Diagnostic, Severity};
pub use scenario::Scenario;
pub use source::Span;

/// Result of reading a scenario: the scenario if there was no error, and all findings.
pub struct Checked {
    /// Present when no diagnostic is an error.
    pub scenario: Option<Scenario>,
    /// All findings, in source order.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads and checks a scenario.
pub fn check(_text: &str) -> Checked {
    Checked {
        scenario: None,
        diagnostics: Vec::new(),
    }
}
