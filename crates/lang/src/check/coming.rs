//! Constructs of coming versions. Each has its arm below: that is where its checking will start.

use super::Checker;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::Construct;

impl Checker<'_> {
    pub(crate) fn coming(&mut self) {
        let file = self.file;
        for c in &file.coming {
            match c.construct {
                // Signals and what answers them.
                Construct::Ramp => self.not_yet(c.span, "ramp", "a move that lowers the ladder"),
                // Facts.
                Construct::Observed => {
                    self.not_yet(c.span, "observed", "an `observed` line in the first column")
                }
            }
        }
    }

    fn not_yet(&mut self, span: Span, construct: &str, instead: &str) {
        self.report(
            Diagnostic::error("E0190", span, format!("`{construct}` is not supported yet"))
                .label("expected a construct of this version")
                .help(format!("until then write it as {instead}")),
        );
    }
}
