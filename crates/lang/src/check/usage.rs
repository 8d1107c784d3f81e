//! Declared and never used.

use super::Checker;
use crate::diagnostic::Diagnostic;
use crate::scenario::VariableId;
use crate::source::Span;

impl Checker<'_> {
    /// A variable that a construct made need not be read by the author, unless some name is unknown:
    /// that one may have been meant.
    pub(crate) fn counts_as_read(&mut self, id: VariableId) {
        let unknown = |code| matches!(code, "E0201" | "E0209");
        if !self.diagnostics.iter().any(|d| unknown(d.code)) {
            self.used_variables[id.0 as usize] = true;
        }
    }

    pub(crate) fn usage(&mut self) {
        let mut meant = Vec::new();
        let mut unused: Vec<(&'static str, &str, Span, &str)> = Vec::new();
        for (p, used) in self.names.parameters.iter().zip(&self.used_parameters) {
            if !used {
                unused.push(("W0501", p.name.text, p.name.span, "parameter"));
            }
        }
        for (v, used) in self.names.variables.iter().zip(&self.used_variables) {
            if !used {
                unused.push(("W0502", v.name.text, v.name.span, "variable"));
            }
        }
        for (index, (d, used)) in self
            .names
            .derived
            .iter()
            .zip(&self.used_derived)
            .enumerate()
        {
            // A price is worth declaring for its own sake.
            let id = self.names.derived_ids.get(index).copied().flatten();
            let facts = id.and_then(|id| self.derived_facts.get(id as usize)?.as_ref());
            let measured = facts.is_some_and(|f| !f.condition && !f.units.words.is_empty());
            match (used, measured) {
                (true, _) => {}
                (_, true) => meant.push(d.name.span),
                _ => unused.push(("W0503", d.name.text, d.name.span, "derived quantity")),
            }
        }
        // Unless some name is unknown: that one may have been meant.
        for found in &mut self.diagnostics {
            if matches!(found.code, "E0201" | "E0209") {
                let never = |span: &Span| (*span, "never read".to_owned());
                found.related.extend(meant.iter().take(8).map(never));
            }
        }
        // What could not be read may be what uses them.
        if self
            .diagnostics
            .iter()
            .any(|d| d.code.starts_with("E00") || d.code.starts_with("E01"))
        {
            return;
        }
        for (code, name, span, what) in unused {
            self.report(
                Diagnostic::warning(code, span, format!("the {what} `{name}` is never read"))
                    .label("expected a use in some expression")
                    .help("use it, or remove it"),
            );
        }
    }
}
