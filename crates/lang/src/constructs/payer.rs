//! `payer`: somebody who bears costs and decides nothing: allies, a region, the world economy.
//!
//! It lowers into an actor of no phase. Its payoff terms, the costs that moves put on it and what
//! ends do to it are kept as accounts of its own; nothing that it pays changes what anybody does.

use crate::check::Checker;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Actor, Name};
use crate::syntax::declarations::Parser;

impl Parser<'_, '_> {
    pub(crate) fn payer(&mut self, line: usize) -> Option<()> {
        self.room(self.file.actors.len(), line, "actors")?;
        self.cursor.position += 1;
        let name = self.cursor.new_name("the payer");
        let label = self.cursor.label();
        if name.is_some() {
            self.cursor.finish("the name");
        }
        let (mut discount, mut payoff) = (None, None);
        let broken = self.properties(
            line,
            "payer",
            &["discount", "payoff"],
            |this, child, word| {
                this.cursor.position += 1;
                match word {
                    "discount" => {
                        this.cursor.no_colon(word);
                        let read = this.discount();
                        let read = read.map(|v| this.once(&mut discount, v, child, word));
                        Some(read.and_then(|()| this.cursor.finish("`discount`")))
                    }
                    "payoff" => {
                        let read = this.payoff(child);
                        Some(read.map(|v| this.once(&mut payoff, v, child, word)))
                    }
                    _ => None,
                }
            },
        );
        self.file.actors.push(Actor {
            name: name?,
            label,
            payer: true,
            precision: None,
            discount,
            opportunity: None,
            believed_opportunity: None,
            default: None,
            types: Vec::new(),
            payoff,
            afterwards: None,
            broken,
        });
        Some(())
    }
}

impl Checker<'_> {
    /// Reports a payer that is made to move, at `place`.
    pub(crate) fn payer_moves(&mut self, name: Name<'_>, declared: Name<'_>, place: &str) {
        self.report(
            Diagnostic::error(
                "E0706",
                name.span,
                format!("the payer `{}` {place}", name.text),
            )
            .label("expected an actor")
            .related(declared.span, "declared as a payer here")
            .help(format!(
                "a payer keeps accounts and never moves: declare it with `actor {}`, or put the move in another's hands",
                name.text
            )),
        );
    }
}
