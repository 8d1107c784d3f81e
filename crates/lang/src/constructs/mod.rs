//! The constructs of the domain, one file each: how it is written, what is wrong with it, and what
//! it comes to. Each lowers into what the language has anyway; what the analyses must know of it
//! stands as a plain list in [`crate::scenario::Scenario`].
//!
//! | construct | file | comes to |
//! |---|---|---|
//! | policy | `policy` | changed parameters, closed moves, a payoff term for its cost |
//! | structure | `structure` | weighted alternatives, each a set of changes |
//! | mindset | `mindset` | changes of one actor's payoffs, beliefs and precision |
//! | payer | `payer` | an actor that keeps accounts and never moves |
//! | extends, remove | `extends` | one text of several files |
//! | drift | `drift` | a variable and a trigger for each rate |
//! | front | `front` | a variable of how many are lit, split outcomes, triggers |
//! | coalition | `coalition` | a variable of cohesion, a derived legitimacy, split payments and outcomes |
//! | base rate | `base_rate` | a share with its population and source |
//! | talks | `talks` | variables of the table and of prices, moves that offer, accept, reject, perform |
//! | ramp | `ramp` | a variable, split outcomes, payoff terms |
//! | red line | `red_line` | a variable of pending crossings, split outcomes, a cost of silence, a prior |
//!
//! Constructs that make moves, triggers and variables do so in the syntax tree, before any name is
//! looked up ([`lower`]): expressions anywhere may then speak of what they made. The checker knows
//! nothing of it. Afterwards each construct reads its own names again and enters its facts.

pub mod base_rate;
pub(crate) mod build;
pub mod changes;
pub mod coalition;
pub mod drift;
pub mod extends;
pub mod front;
pub mod mindset;
pub mod observed;
pub mod payer;
pub mod policy;
pub(crate) mod possible;
pub mod ramp;
pub mod red_line;
pub(crate) mod split;
pub mod structure;
pub mod talks;
pub mod words;

use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::{Expr, File, Name};
use crate::syntax::{MAX_COPIED_BYTES, MAX_DIAGNOSTICS};
use std::collections::HashMap;
use words::Words;

/// Replaces the constructs of a file by declarations of the core, which the checker then reads as
/// if they had been written. The constructs themselves stay in the file, for their facts.
pub(crate) fn lower<'a>(file: &mut File<'a>, words: &'a Words, diagnostics: &mut Vec<Diagnostic>) {
    file.made = !file.red_lines.is_empty()
        || !file.drifts.is_empty()
        || !file.fronts.is_empty()
        || !file.coalitions.is_empty()
        || !file.talks.is_empty()
        || !file.ramps.is_empty();
    let mut lowering = Lowering {
        file,
        words,
        diagnostics,
        copied: 0,
    };
    // First, since the others look at moves.
    lowering.talks();
    lowering.drifts();
    lowering.fronts();
    lowering.coalitions();
    lowering.ramps();
    // Last, since red lines look at all moves and triggers.
    lowering.red_lines();
}

/// Lines of the drifts, fronts and coalitions by the names of their variables.
pub(crate) fn made_from<'a>(file: &File<'a>) -> HashMap<&'a str, Span> {
    let drifts = file.drifts.iter().map(|d| (d.name.text, d.block));
    let fronts = file.fronts.iter().map(|f| (f.name.text, f.block));
    let coalitions = file.coalitions.iter().map(|c| (c.name.text, c.block));
    drifts.chain(fronts).chain(coalitions).collect()
}

/// The file while its constructs are lowered.
pub(crate) struct Lowering<'a, 'f> {
    pub(crate) file: &'f mut File<'a>,
    words: &'a Words,
    diagnostics: &'f mut Vec<Diagnostic>,
    copied: usize,
}

impl<'a> Lowering<'a, '_> {
    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < MAX_DIAGNOSTICS {
            self.diagnostics.push(diagnostic);
        }
    }

    /// A made name, at the place of what it was made from.
    pub(crate) fn name(&self, text: String, span: Span) -> Name<'a> {
        Name {
            text: self.words.keep(text),
            span,
        }
    }

    /// A copy of an expression; `None` when too much has been copied.
    pub(crate) fn copy(&mut self, e: &Expr<'a>) -> Option<Expr<'a>> {
        self.room_for(64 * build::size(e), e.span)?;
        Some(e.clone())
    }

    /// Books bytes of made declarations; `None` when there are too many.
    pub(crate) fn room_for(&mut self, bytes: usize, at: Span) -> Option<()> {
        let before = self.copied;
        self.copied += bytes;
        if self.copied <= MAX_COPIED_BYTES {
            return Some(());
        }
        if before <= MAX_COPIED_BYTES {
            self.report(
                Diagnostic::error("E0009", at, "too much is copied by reference")
                    .label(format!("expected at most {MAX_COPIED_BYTES} bytes in all")),
            );
        }
        None
    }
}
