//! Errors met while lowering, one for each place and kind however many states show it.

use climbdown_lang::{Diagnostic, Span};
use rustc_hash::FxHashSet;

/// So many findings are plenty: beyond, only the fact that there are more matters.
const MOST: usize = 100;

/// Findings, without repetition.
#[derive(Debug, Default)]
pub struct Findings {
    list: Vec<Diagnostic>,
    seen: FxHashSet<(&'static str, Span)>,
}

impl Findings {
    /// Adds a finding unless one of this code was reported at this place before.
    pub fn report(&mut self, code: &'static str, span: Span, make: impl FnOnce() -> Diagnostic) {
        if self.list.len() < MOST && self.seen.insert((code, span)) {
            self.list.push(make());
        }
    }

    /// Was anything reported?
    pub fn any(&self) -> bool {
        !self.list.is_empty()
    }

    /// The findings in source order.
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.list.sort_by_key(|d| (d.span, d.code));
        self.list
    }
}
