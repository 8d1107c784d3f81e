//! Constructs of coming versions: recognised, so that they can be refused by name.

use super::Parser;
use crate::syntax::ast::{Coming, Construct};

impl Parser<'_, '_> {
    /// A coming construct in the first column.
    pub(crate) fn coming_declaration(&mut self, line: usize) -> bool {
        let words = (self.cursor.word(0).unwrap_or(""), self.cursor.word(1));
        let construct = match words {
            ("ramp", _) => Construct::Ramp,
            _ => return false,
        };
        let span = self.line_span(line);
        self.file.coming.push(Coming { construct, span });
        let mut at = 1;
        while let Some(name) = self.cursor.word(at) {
            self.file.broken.push(name);
            at += 1;
        }
        true
    }

    /// A coming construct among the properties of a declaration.
    pub(crate) fn coming_property(&mut self, declaration: &str, line: usize) -> bool {
        let construct = match (declaration, self.cursor.word(0).unwrap_or("")) {
            ("variable" | "ladder", "observed") => Construct::Observed,
            _ => return false,
        };
        let span = self.block_span(line);
        self.file.coming.push(Coming { construct, span });
        true
    }
}
