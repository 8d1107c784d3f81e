//! The header: time, horizon, order.

use super::{Checker, units};
use crate::diagnostic::Diagnostic;
use crate::scenario::{Foresight, Noise, PhaseOrder};
use crate::source::Span;
use crate::syntax::ast::{self, Name, Spanned};

impl<'a> Checker<'a> {
    pub(crate) fn header(&mut self) {
        let file = self.file;
        let Some(header) = file.headers.first() else {
            self.has_round = true; // say only what is missing
            self.horizon = u32::MAX;
            if !file.broken.is_empty() || !self.diagnostics.is_empty() {
                // The header may be what could not be read; it has its finding then.
                if self.diagnostics.iter().any(|d| d.code == "E0103") {
                    return;
                }
            }
            self.report(
                Diagnostic::error("E0401", Span::new(0, 0), "the file has no scenario")
                    .label("expected `scenario \"TITLE\"`")
                    .help("start the file with `scenario \"TITLE\"`, `horizon` and `order`"),
            );
            return;
        };
        for other in &file.headers[1..] {
            self.report(
                Diagnostic::error("E0402", other.span, "a second scenario in one file")
                    .label("expected one `scenario` in a file")
                    .related(header.span, "the first"),
            );
        }
        self.unmerged(header);
        self.title = header.title.value.clone();
        self.as_of = header.as_of.as_ref().map(|d| d.value);
        self.round(header);
        self.lengths(header);
        self.noise = header.noise.as_ref().map_or(Noise::Error, |n| n.value);
        match &header.order {
            Some(order) => self.phases(order),
            None if header.broken => {}
            None => self.property_missing(
                header.span,
                "order",
                "the phases of a round, such as `order us, iran, events`",
            ),
        }
    }

    /// What only makes sense together with another file, when there was none.
    fn unmerged(&mut self, header: &ast::Header<'a>) {
        let file = self.file;
        if let Some(path) = &header.extends {
            self.report(
                Diagnostic::error(
                    "E0430",
                    path.span,
                    format!("cannot extend \"{}\": this text was read alone", path.value),
                )
                .label("expected a scenario in one file")
                .help("check the file itself, which lies beside its base"),
            );
            return;
        }
        for remove in &file.removes {
            self.report(
                Diagnostic::error(
                    "E0435",
                    remove.span,
                    format!("`{}` cannot be removed: nothing is extended", remove.name),
                )
                .label("expected `extends \"FILE\"` in the header")
                .help("take this line away, or extend a base that declares the name"),
            );
        }
    }

    /// A required property is missing.
    pub(crate) fn property_missing(&mut self, span: Span, property: &str, what: &str) {
        // It stands in the first column, where it is taken for a declaration.
        let source = self.source;
        let here = |d: &Diagnostic| {
            let word = source.get(d.span.start as usize..d.span.end as usize);
            d.code == "E0103" && word == Some(property)
        };
        if self.diagnostics.iter().any(here) {
            return;
        }
        self.report(
            Diagnostic::error("E0403", span, format!("`{property}` is missing"))
                .label(format!("expected below it {what}"))
                .help(format!("add a line `{property} …` below it")),
        );
    }

    fn round(&mut self, header: &ast::Header<'a>) {
        let Some(round) = &header.round else {
            self.has_round = header.broken;
            return;
        };
        self.has_round = true;
        let word = round.unit.text;
        let days = if word.starts_with("round") {
            None
        } else {
            units::days(word, 1.0)
        };
        let Some(days) = days else {
            let near = self.near(
                word,
                [
                    "day", "week", "month", "year", "hour", "days", "weeks", "months",
                ],
            );
            let near = near.map(str::to_owned);
            let found = Diagnostic::error(
                "E0302",
                round.unit.span,
                format!("`{word}` is no unit of time"),
            )
            .label("expected `day`, `week`, `month`, `year` or `hour`");
            self.report(match near {
                Some(near) => found
                    .help(format!("did you mean `{near}`?"))
                    .fix(round.unit.span, near),
                None => found,
            });
            return;
        };
        let length = days * round.count;
        if !(length > 0.0 && length < 1e6) {
            self.report(
                Diagnostic::error("E0313", round.span, "a round of no possible length")
                    .label("expected more than 0 and less than a million days"),
            );
            return;
        }
        self.round_days = length;
        self.round_name = match (round.count == 1.0, word.trim_end_matches('s')) {
            (true, name @ ("day" | "week" | "month")) => name.into(),
            _ => "round".into(),
        };
    }

    fn lengths(&mut self, header: &ast::Header<'a>) {
        match &header.horizon {
            Some(horizon) => {
                self.horizon = horizon.value;
                if horizon.value == 0 {
                    self.horizon = u32::MAX;
                    self.report(
                        Diagnostic::error("E0313", horizon.span, "a horizon of no rounds")
                            .label("expected at least 1 round"),
                    );
                }
            }
            None if header.broken => self.horizon = u32::MAX,
            None => {
                self.horizon = u32::MAX;
                self.property_missing(
                    header.span,
                    "horizon",
                    "the rounds forecast, such as `horizon 52 rounds`",
                )
            }
        }
        if let Some(foresight) = &header.foresight {
            self.foresight = foresight.value;
            if foresight.value == Foresight::Rounds(0) {
                self.report(
                    Diagnostic::error("E0313", foresight.span, "a foresight of no rounds")
                        .label("expected at least 1 round, `full` or `unbounded`"),
                );
            }
        }
        self.afterwards = header.afterwards.as_ref().map_or(0, |n| n.value);
        self.transient = header.transient.as_ref().map_or(0, |n| n.value);
    }

    /// Adds where the order is written: what is missing there is wrong elsewhere.
    pub(crate) fn with_order(&self, found: Diagnostic) -> Diagnostic {
        let header = self.file.headers.first();
        match header.and_then(|header| header.order.as_ref()) {
            Some(order) => found.related(order.span, "the order"),
            None => found,
        }
    }

    fn phases(&mut self, order: &Spanned<Vec<Vec<Name<'a>>>>) {
        let mut events: Option<Span> = None;
        let mut known = true;
        for phase in &order.value {
            if let Some(name) = phase.iter().find(|n| n.text == "events") {
                if phase.len() > 1 {
                    known = false;
                    self.report(
                        Diagnostic::error("E0405", name.span, "`events` is a phase of its own")
                            .label("expected an actor")
                            .help("separate `events` by a comma"),
                    );
                } else if let Some(first) = events {
                    known = false;
                    self.report(
                        Diagnostic::error("E0405", name.span, "`events` twice in a round")
                            .label("expected it once")
                            .related(first, "first here"),
                    );
                } else {
                    events = Some(name.span);
                    self.order.push(PhaseOrder::Events);
                }
                continue;
            }
            let mut movers = Vec::new();
            for name in phase {
                let Some(actor) = self.actor(*name) else {
                    known = false;
                    continue;
                };
                if movers.contains(&actor) {
                    known = false;
                    self.report(
                        Diagnostic::error(
                            "E0405",
                            name.span,
                            format!("`{}` moves twice at once", name.text),
                        )
                        .label("expected another actor"),
                    );
                    continue;
                }
                movers.push(actor);
            }
            if !movers.is_empty() {
                self.order.push(PhaseOrder::Move(movers));
            }
        }
        self.order_known = known;
        // An actor must have moves to move.
        let mut reported = Vec::new();
        for name in order.value.iter().flatten() {
            let Some((super::names::Item::Actor(index), _)) =
                self.names.items.get(name.text).copied()
            else {
                continue;
            };
            let actor = self.names.actors[index as usize];
            if actor.payer {
                self.payer_moves(*name, actor.name, "stands in the order");
                continue;
            }
            let has_moves = self.names.moves.iter().any(|(actor, _)| actor.0 == index);
            let broken = self.names.broken.contains(name.text);
            if !has_moves && !broken && !reported.contains(&index) {
                reported.push(index);
                self.report(
                    Diagnostic::error(
                        "E0404",
                        name.span,
                        format!("`{}` moves but has no moves", name.text),
                    )
                    .label(format!("expected at least one `move {}.…`", name.text))
                    .help(format!(
                        "declare `move {}.hold`, or take the actor out of the order",
                        name.text
                    )),
                );
            }
        }
    }
}
