//! Changes that mend what is found about actors.

use super::Checker;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::Name;

impl Diagnostic {
    /// Names another actor than `name`, if there is only one.
    #[must_use]
    pub(crate) fn another_actor(self, checker: &Checker, name: Name) -> Self {
        let actors = checker.file.actors.iter().filter(|a| !a.payer);
        let others: Vec<&str> = actors
            .map(|a| a.name.text)
            .filter(|n| *n != name.text)
            .collect();
        match others[..] {
            [] => self.help("declare another actor"),
            [one] => self
                .help(format!("did you mean `{one}`?"))
                .fix(name.span, one),
            _ => self.help(format!("name one of `{}`", others.join("`, `"))),
        }
    }

    /// Puts the actor `name` into the order, behind the other actors.
    #[must_use]
    pub(crate) fn let_move(self, checker: &Checker, name: Name) -> Self {
        let found = self.help(format!("add `{}` to the order", name.text));
        let header = checker.file.headers.first();
        let Some(order) = header.and_then(|h| h.order.as_ref()) else {
            return found;
        };
        let mut phases = order.value.iter().flatten();
        let events = phases.clone().next();
        match (phases.rfind(|n| n.text != "events"), events) {
            (Some(last), _) => {
                let end = last.span.end as usize;
                found.fix(Span::new(end, end), format!(", {}", name.text))
            }
            (None, Some(events)) => {
                let start = events.span.start as usize;
                found.fix(Span::new(start, start), format!("{}, ", name.text))
            }
            (None, None) => found,
        }
    }
}
