//! What is wrong with a red line, and its facts for the analyses.

use super::RedLine;
use super::lower::{level_name, variable_name};
use crate::check::Checker;
use crate::check::expression::Scope;
use crate::check::names::Item;
use crate::check::quantities::text_or;
use crate::check::units::Units;
use crate::constructs::possible::{Budget, Possible};
use crate::diagnostic::Diagnostic;
use crate::scenario::{ActorId, Expr, ExprKind, MoveId, Outcome, RedLine as Checked, VariableId};
use crate::source::Span;

impl<'a> Checker<'a> {
    /// Enters the red lines, once moves and triggers are known.
    pub(crate) fn red_lines(&mut self) {
        let file = self.file;
        self.doubles(file.red_lines.iter().map(|l| l.name));
        let budget = Budget::default();
        for line in &file.red_lines {
            let checked = self.red_line(line, &budget);
            self.red_lines.extend(checked);
        }
        self.records();
    }

    fn red_line(&mut self, line: &'a RedLine<'a>, budget: &Budget) -> Option<Checked> {
        let holder = self.actor(line.holder);
        let challenger = self.actor(line.challenger);
        let (holder, challenger) = (holder?, challenger?);
        let variable = variable_name(line);
        let Some((Item::Variable(pending), _)) = self.names.items.get(variable.as_str()).copied()
        else {
            return None; // there were too many
        };
        let pending = VariableId(pending);
        self.counts_as_read(pending);
        if holder == challenger {
            self.report(
                Diagnostic::error(
                    "E0801",
                    line.challenger.span,
                    format!("`{}` holds a line against itself", line.holder.text),
                )
                .label("expected another actor")
                .related(line.holder.span, "held by this one")
                .another_actor(self, line.challenger),
            );
            return None;
        }
        if self.order_known && !self.moves_in_order(holder) {
            self.report(
                Diagnostic::error(
                    "E0802",
                    line.holder.span,
                    format!("`{}` never moves, so it never answers", line.holder.text),
                )
                .label("expected an actor of the scenario's `order`")
                .let_move(self, line.holder),
            );
        }
        let levels = self.line_levels(line, pending);
        let mut crossing_labels = Vec::new();
        for seen in &line.crossed_by {
            if let Some(label) = self.seen(seen, Some(challenger)) {
                self.is_shown(&label, seen_span(seen), holder, line);
                crossing_labels.push(label);
            }
        }
        let crossing_state = line
            .crossed_when
            .as_ref()
            .and_then(|e| self.condition(e, Scope::public("the condition of a crossing")));
        if line.crossed_by.is_empty() && line.crossed_when.is_none() && !line.broken {
            self.property_missing(
                line.span,
                "crossed by",
                "what crosses it, such as `crossed by iran.mine_strait` or `crossed when rung >= strikes`",
            );
        }
        let answers = self.answering_moves(line, holder);
        let within = line.answered_by.as_ref().and_then(|a| a.within);
        if let Some(within) = within.filter(|w| w.value == 0) {
            self.report(
                Diagnostic::error("E0313", within.span, "an answer within no rounds")
                    .label("expected at least 1 round"),
            );
        }
        self.can_be_answered(line, holder, &answers, (pending, &levels), budget);
        let whole = |value: f64| Expr {
            kind: ExprKind::Number(value),
            span: line.span,
        };
        let clarity = line.clarity.as_ref();
        let clarity = clarity.and_then(|e| self.probability(e, "a clarity"));
        let believed_clarity = line.believed_clarity.as_ref();
        let believed_clarity = believed_clarity.and_then(|e| self.probability(e, "a clarity"));
        let silence_cost = line.silence.as_ref().and_then(|e| {
            let scope = Scope::of(holder, "a cost of silence");
            let expr = self.number(e, scope, &Units::plain())?;
            self.within(
                &expr,
                0.0,
                f64::INFINITY,
                "expected 0 or more: silence that pays is no line",
                "a cost of silence",
            );
            Some(expr)
        });
        let answer_rate = self.answer_rate(line.answer_rate.as_ref(), holder);
        let unprovoked_rate = self.answer_rate(line.unprovoked_rate.as_ref(), holder);
        let half_life = self.half_life(line);
        let record = self.record_entries(line);
        let reference = line.reference.as_deref();
        let reference = reference.map(|r| self.adjustments(r, None, "this reference"));
        if !record.is_empty() && line.answer_rate.is_none() && !line.broken {
            self.property_missing(
                line.span,
                "answer rate:",
                "how often each type answers, such as `answer rate: 80% if resolved, 20% if bluffing`",
            );
        }
        let flags = |outcomes: &[Outcome]| {
            let flag = |o: &Outcome| {
                o.effects.iter().any(|e| {
                    e.variable == pending
                        && matches!(e.change, crate::scenario::Change::AtLeast(l) if levels.contains(&l))
                })
            };
            outcomes.iter().any(flag)
        };
        let moves = self.moves.iter().enumerate();
        let crossing_moves = moves
            .filter(|(_, m)| m.actor == challenger && flags(&m.outcomes))
            .map(|(i, _)| MoveId(i as u32))
            .collect();
        let triggers = self.triggers.iter().enumerate();
        let crossing_triggers = triggers
            .filter(|(_, t)| flags(&t.outcomes))
            .map(|(i, _)| i as u32)
            .collect();
        Some(Checked {
            name: line.name.text.into(),
            label: text_or(&line.label, line.name.text),
            holder,
            challenger,
            crossing_labels,
            crossing_state,
            crossing_moves,
            crossing_triggers,
            answers,
            within: line.decisions(),
            pending,
            levels,
            clarity: clarity.unwrap_or_else(|| whole(1.0)),
            believed_clarity,
            silence_cost: silence_cost.unwrap_or_else(|| whole(0.0)),
            answer_rate,
            unprovoked_rate,
            record,
            half_life,
            reference: reference.unwrap_or_default(),
            span: line.name.span,
        })
    }

    /// Positions of the levels of this line, fewest decisions left first.
    fn line_levels(&self, line: &RedLine<'a>, pending: VariableId) -> Vec<u32> {
        let declared = self.names.variables[pending.0 as usize];
        let Some(levels) = &declared.levels else {
            return Vec::new();
        };
        (1..=line.decisions())
            .filter_map(|left| {
                let name = level_name(line, left);
                let at = levels.value.iter().position(|(l, _)| l.text == name);
                at.map(|i| i as u32)
            })
            .collect()
    }

    /// Reports a crossing label that nothing but the holder shows.
    fn is_shown(&mut self, label: &str, span: Span, holder: ActorId, line: &RedLine<'a>) {
        let shows = |own: &str, outcomes: &[Outcome]| {
            let of = |o: &Outcome| o.seen_as.as_deref().unwrap_or(own) == label;
            outcomes.iter().any(of)
        };
        let by_move = self
            .moves
            .iter()
            .any(|m| m.actor != holder && shows(&m.seen_as, &m.outcomes));
        let by_trigger = self.triggers.iter().any(|t| {
            let like = t.looks_like.and_then(|id| self.moves.get(id.0 as usize));
            like.is_none_or(|m| m.actor != holder)
                && shows(like.map_or(t.name.as_str(), |m| &m.seen_as), &t.outcomes)
        });
        // Where moves or triggers could not be read, one of them may show it.
        if by_move || by_trigger || self.file.moves.iter().any(|m| m.broken) {
            return;
        }
        // What may have been meant, and where it is shown.
        let mut shown: Vec<(String, Span)> = Vec::new();
        for m in self.moves.iter().filter(|m| m.actor != holder) {
            shown.push((m.seen_as.clone(), m.span));
            let own = m
                .outcomes
                .iter()
                .filter_map(|o| Some((o.seen_as.clone()?, o.span)));
            shown.extend(own);
        }
        for t in &self.triggers {
            let own = t
                .outcomes
                .iter()
                .filter_map(|o| Some((o.seen_as.clone()?, o.span)));
            shown.extend(own);
        }
        let near = self.near(label, shown.iter().map(|(text, _)| text.as_str()));
        let near = near.map(str::to_owned);
        let found = Diagnostic::error(
            "E0803",
            span,
            format!(
                "nothing is ever seen as `{label}`, so it never crosses `{}`",
                line.name.text
            ),
        )
        .label("expected a label under which a move or trigger is seen");
        self.report(match near {
            Some(near) => {
                let places = shown.iter().filter(|(text, _)| *text == near).take(8);
                let found = places.fold(found, |f, (_, at)| f.related(*at, "seen so"));
                found
                    .help(format!("did you mean `{near}`?"))
                    .fix(span, near)
            }
            None => shown
                .iter()
                .take(32)
                .fold(found, |f, (text, at)| {
                    f.related(*at, format!("seen as `{text}`"))
                })
                .help("write the name of a move, or a word that stands after some `seen as`"),
        });
    }

    fn answering_moves(&mut self, line: &'a RedLine<'a>, holder: ActorId) -> Vec<MoveId> {
        let Some(answers) = &line.answered_by else {
            if !line.broken {
                self.property_missing(
                    line.span,
                    "answered by",
                    "the moves of the holder that answer a crossing, such as `answered by us.strike`",
                );
            }
            return Vec::new();
        };
        let mut out = Vec::new();
        for path in &answers.moves {
            let Some(id) = self.move_id(*path, Some(holder)) else {
                continue;
            };
            if self.names.moves[id.0 as usize].0 != holder {
                self.report(
                    Diagnostic::error(
                        "E0206",
                        path.span(),
                        "the answer is a move of another actor",
                    )
                    .label(format!("expected a move of `{}`", line.holder.text))
                    .related(line.holder.span, "who holds the line"),
                );
            } else if out.contains(&id) {
                let first = answers.moves.iter().find(|p| p.name.text == path.name.text);
                self.double(
                    path.span(),
                    first.map_or(line.span, |p| p.span()),
                    path.name.text,
                );
            } else {
                out.push(id);
            }
        }
        out
    }

    /// Reports a line of which no answer is open in any state in which it is pending.
    fn can_be_answered(
        &mut self,
        line: &RedLine<'a>,
        holder: ActorId,
        answers: &[MoveId],
        pending: (VariableId, &[u32]),
        budget: &Budget,
    ) {
        let Some(written) = &line.answered_by else {
            return;
        };
        // A move that comes with a policy is open when the policy is.
        let with_policy = |id: &MoveId| self.names.moves[id.0 as usize].1.only_with.is_some();
        if answers.iter().any(with_policy) {
            return;
        }
        if answers.len() < written.moves.len() || self.moves.len() < self.names.moves.len() {
            return; // some could not be read
        }
        let possible = Possible::new(&self.parameters, &self.variables, &self.derived, budget);
        let open = |id: MoveId| match &self.moves[id.0 as usize].guard {
            None => true,
            Some(guard) => possible.holds(guard, Some(pending)),
        };
        if answers.iter().any(|id| open(*id)) {
            return;
        }
        let other = (0..self.moves.len() as u32).map(MoveId).find(|id| {
            let m = &self.moves[id.0 as usize];
            let default = self.actors[holder.0 as usize].default == Some(*id);
            m.actor == holder && !default && m.guard.is_some() && open(*id)
        });
        let mut found = Diagnostic::error(
            "E0804",
            written.span,
            format!("`{}` can never be answered", line.name.text),
        )
        .label("expected a move that is open while the line is pending");
        for id in answers.iter().take(8) {
            if let Some(guard) = &self.moves[id.0 as usize].guard {
                found = found.related(guard.span, "never holds while the line is pending");
            }
        }
        found = match other {
            Some(id) => {
                let name = format!("{}.{}", line.holder.text, self.moves[id.0 as usize].name);
                let first = written.moves.first().map_or(written.span, |p| p.span());
                found
                    .help(format!(
                        "widen the guard of an answer, or answer by a move that can be open, such as `{name}`"
                    ))
                    .fix(first, name)
            }
            None => found.help("widen the guard of an answer"),
        };
        self.report(found);
    }
}

fn seen_span(seen: &crate::syntax::ast::Seen<'_>) -> Span {
    match seen {
        crate::syntax::ast::Seen::Path(path) => path.span(),
        crate::syntax::ast::Seen::Text(text) => text.span,
    }
}
