//! What red lines come to, in the syntax tree.
//!
//! * A variable for each pair of holder and challenger.
//! * Every outcome that shows a crossing label, or brings the crossing condition about, is split in
//!   two, alike but for the recognition: with probability `clarity` the line becomes pending.
//! * Every move of the holder first settles what was pending: an answer clears the line, any other
//!   move takes a decision from the time left, and the last one clears the line and pays for silence
//!   if an answer was open.

use super::RedLine;
use crate::constructs::Lowering;
use crate::constructs::build;
use crate::diagnostic::Diagnostic;
use crate::scenario::BinaryOp;
use crate::source::Span;
use crate::syntax::MAX_ITEMS;
use crate::syntax::ast::{
    Change, Derived, Effect, Expr, ExprKind, Move, Name, Outcome, OutcomeChance, Path, Payment,
    Seen, Spanned, Variable,
};
use std::collections::{HashMap, HashSet};

/// All lines that one actor holds against another.
pub(super) struct Pair<'a> {
    pub(super) holder: &'a str,
    pub(super) challenger: &'a str,
    pub(super) variable: Name<'a>,
    /// Indices of its lines in the written order, mildest first.
    pub(super) lines: Vec<usize>,
}

/// Name of the variable in which crossings of this line are pending.
pub(super) fn variable_name(line: &RedLine<'_>) -> String {
    format!("pending_{}_{}", line.holder.text, line.challenger.text)
}

/// Name of the level at which `left` of the line's decisions are left.
pub(super) fn level_name(line: &RedLine<'_>, left: u32) -> String {
    if left == line.decisions() {
        line.name.text.to_owned()
    } else {
        format!("{}_{left}", line.name.text)
    }
}

/// A public label as text: the full name of a move where it is one of `actor`'s, else the word.
fn label_text(seen: &Seen<'_>, actor: &str, moves: &HashSet<(&str, &str)>) -> String {
    match seen {
        Seen::Text(text) => text.value.clone(),
        Seen::Path(Path {
            owner: Some(owner),
            name,
        }) => format!("{}.{}", owner.text, name.text),
        Seen::Path(Path { owner: None, name }) if moves.contains(&(actor, name.text)) => {
            format!("{actor}.{}", name.text)
        }
        Seen::Path(Path { owner: None, name }) => name.text.to_owned(),
    }
}

/// Where a crossing is recognised.
pub(crate) struct Crossing<'c, 'a> {
    /// Labels that show it.
    pub(crate) labels: Vec<String>,
    /// Condition whose onset it is, and the names that the condition reads.
    pub(crate) onset: Option<(&'c Expr<'a>, HashSet<&'a str>)>,
    pub(crate) clarity: Option<&'c Expr<'a>>,
    pub(crate) believed: Option<&'c Expr<'a>>,
    /// `pending at least LINE`.
    pub(crate) flag: Effect<'a>,
    /// What follows when the onset of the condition is not recognised.
    pub(crate) missed: Option<Effect<'a>>,
}

impl<'a> Lowering<'a, '_> {
    /// Lowers all red lines.
    pub(crate) fn red_lines(&mut self) {
        let lines = std::mem::take(&mut self.file.red_lines);
        let pairs = self.pairs(&lines);
        for pair in &pairs {
            self.pending_variable(pair, &lines);
        }
        for pair in &pairs {
            for index in &pair.lines {
                self.crossings(&lines[*index], pair);
            }
        }
        for pair in &pairs {
            self.settle(pair, &lines);
        }
        self.file.red_lines = lines;
    }

    fn pairs(&mut self, lines: &[RedLine<'a>]) -> Vec<Pair<'a>> {
        let mut places: HashMap<(&str, &str), usize> = HashMap::new();
        let mut out: Vec<Pair<'a>> = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            let key = (line.holder.text, line.challenger.text);
            let place = *places.entry(key).or_insert_with(|| {
                out.push(Pair {
                    holder: line.holder.text,
                    challenger: line.challenger.text,
                    variable: self.name(variable_name(line), line.name.span),
                    lines: Vec::new(),
                });
                out.len() - 1
            });
            out[place].lines.push(index);
        }
        // Levels of one variable are bounded as any other's.
        for pair in &mut out {
            let mut levels = 1_u64;
            let fits = pair.lines.iter().position(|index| {
                levels += u64::from(lines[*index].decisions());
                levels > MAX_ITEMS as u64
            });
            if let Some(first) = fits {
                let span = lines[pair.lines[first]].span;
                self.report(
                    Diagnostic::error(
                        "E0009",
                        span,
                        format!(
                            "too many red lines, or decisions to answer them, between `{}` and `{}`",
                            pair.holder, pair.challenger
                        ),
                    )
                    .label(format!("expected at most {} decisions in all", MAX_ITEMS - 1)),
                );
                pair.lines.truncate(first);
            }
        }
        out
    }

    fn pending_variable(&mut self, pair: &Pair<'a>, lines: &[RedLine<'a>]) {
        let span = pair.variable.span;
        let none = Name { text: "none", span };
        let mut levels = vec![(none, None)];
        for index in &pair.lines {
            let line = &lines[*index];
            for left in 1..=line.decisions() {
                let label = line.label.clone().map(|mut label| {
                    if left < line.decisions() {
                        label.value = format!("{}, decisions left: {left}", label.value);
                    }
                    label
                });
                levels.push((self.name(level_name(line, left), line.name.span), label));
            }
        }
        let all_at_once = pair.lines.iter().all(|i| lines[*i].decisions() == 1);
        let holder = lines.iter().find(|l| l.holder.text == pair.holder);
        self.file.variables.push(Variable {
            name: pair.variable,
            label: Some(Spanned {
                value: format!("Line of {} crossed by {}", pair.holder, pair.challenger),
                span,
            }),
            is_ladder: false,
            levels: Some(Spanned {
                value: levels,
                span,
            }),
            start: Some(none),
            // With one decision for each line, any move of the holder settles everything.
            cleared_by: holder
                .filter(|_| all_at_once)
                .map(|l| l.holder)
                .into_iter()
                .collect(),
            broken: false,
        });
    }

    // ---------------------------------------------------------------------------------------------
    // Crossing
    // ---------------------------------------------------------------------------------------------

    fn crossings(&mut self, line: &RedLine<'a>, pair: &Pair<'a>) {
        let moves: HashSet<(&str, &str)> = self
            .file
            .moves
            .iter()
            .map(|m| (m.actor.text, m.name.text))
            .collect();
        let level = self.name(line.name.text.to_owned(), line.name.span);
        let crossing = Crossing {
            labels: line
                .crossed_by
                .iter()
                .map(|seen| label_text(seen, pair.challenger, &moves))
                .collect(),
            onset: line.crossed_when.as_ref().map(|e| {
                let mut read = HashSet::new();
                names_in(e, &self.file.derived, &mut read);
                (e, read)
            }),
            clarity: line.clarity.as_ref(),
            believed: line.believed_clarity.as_ref(),
            flag: build::effect(pair.variable, Change::AtLeast(level), None, line.name.span),
            missed: None,
        };
        // The labels of moves as they are shown without further word.
        let mut shown: HashMap<(&str, &str), String> = HashMap::new();
        for m in &self.file.moves {
            let own = format!("{}.{}", m.actor.text, m.name.text);
            let label = m
                .seen_as
                .as_ref()
                .map_or(own, |seen| label_text(seen, m.actor.text, &moves));
            shown.insert((m.actor.text, m.name.text), label);
        }
        let mut all = std::mem::take(&mut self.file.moves);
        for m in all.iter_mut().filter(|m| m.actor.text != pair.holder) {
            let label = shown.get(&(m.actor.text, m.name.text));
            let label = label.map_or("", String::as_str);
            let by_challenger = m.actor.text == pair.challenger;
            self.recognise(&mut m.outcomes, &crossing, by_challenger, &|o| {
                o.seen_as
                    .as_ref()
                    .map_or(label.to_owned(), |s| label_text(s, m.actor.text, &moves))
            });
        }
        self.file.moves = all;
        let mut all = std::mem::take(&mut self.file.triggers);
        for t in &mut all {
            let like = t
                .looks_like
                .and_then(|p| p.owner.map(|o| (o.text, p.name.text)));
            if like.is_some_and(|(actor, _)| actor == pair.holder) {
                continue;
            }
            // Without outcomes of its own it does what the move does, which is split already.
            if t.outcomes.is_empty() && like.is_some() {
                continue;
            }
            let label = match like {
                Some(like) => shown.get(&like).map_or("", String::as_str),
                None => t.name.text,
            };
            let actor = like.map_or("", |(actor, _)| actor);
            let brings = like.is_none() || actor == pair.challenger;
            self.recognise(&mut t.outcomes, &crossing, brings, &|o| {
                o.seen_as
                    .as_ref()
                    .map_or(label.to_owned(), |s| label_text(s, actor, &moves))
            });
        }
        self.file.triggers = all;
    }

    /// Splits the outcomes that cross the line into those that are recognised and those that are not.
    /// `brings` says that the challenger, or nobody, is behind them.
    pub(crate) fn recognise(
        &mut self,
        outcomes: &mut Vec<Outcome<'a>>,
        crossing: &Crossing<'_, 'a>,
        brings: bool,
        label: &dyn Fn(&Outcome<'a>) -> String,
    ) {
        let bare = outcomes.is_empty();
        if bare {
            outcomes.push(Outcome {
                chance: OutcomeChance::Certain,
                believed: None,
                seen_as: None,
                effects: Vec::new(),
                span: crossing.flag.span,
            });
        }
        let onset = |o: &Outcome<'a>| {
            let onset = crossing.onset.as_ref().filter(|_| brings);
            let onset = onset.filter(|(_, read)| {
                let changes = |e: &Effect<'a>| read.contains(e.variable.text);
                o.effects.iter().any(changes)
            });
            onset.map(|(condition, _)| *condition)
        };
        let crosses = |o: &Outcome<'a>| crossing.labels.contains(&label(o));
        if !outcomes.iter().any(|o| crosses(o) || onset(o).is_some()) {
            if bare {
                outcomes.clear();
            }
            return;
        }
        let mut out = Vec::with_capacity(outcomes.len() + 1);
        for outcome in outcomes.iter() {
            let by_label = crosses(outcome);
            let onset = onset(outcome).filter(|_| !by_label);
            if !by_label && onset.is_none() {
                out.push(outcome.clone());
                continue;
            }
            let split = self.split(outcome, outcomes, crossing, onset, &mut out);
            if split.is_none() {
                return; // too much is copied, which was reported
            }
        }
        if out.len() > MAX_ITEMS {
            let span = crossing.flag.span;
            self.report(
                Diagnostic::error("E0009", span, "too many red lines are crossed at once")
                    .label(format!("expected at most {MAX_ITEMS} outcomes of a move")),
            );
            return;
        }
        *outcomes = out;
    }

    /// Adds the recognised and the unrecognised part of an outcome.
    fn split(
        &mut self,
        outcome: &Outcome<'a>,
        all: &[Outcome<'a>],
        crossing: &Crossing<'_, 'a>,
        onset: Option<&Expr<'a>>,
        out: &mut Vec<Outcome<'a>>,
    ) -> Option<()> {
        let flag = self.when_reached(&crossing.flag, onset)?;
        let mut recognised = outcome.clone();
        recognised.effects.push(flag);
        let Some(share) = self.share(crossing.clarity, onset, crossing.flag.span)? else {
            out.push(recognised); // a crossing is always recognised
            return Some(());
        };
        let believed = match crossing.believed {
            Some(believed) => self.share(Some(believed), onset, crossing.flag.span)?,
            None => None,
        };
        let whole = self.chance(outcome, all, false)?;
        let whole_believed = match (&outcome.believed, &believed) {
            (None, None) if !matches!(outcome.chance, OutcomeChance::Rest) => None,
            (None, None) if all.iter().all(|o| o.believed.is_none()) => None,
            _ => Some(self.chance(outcome, all, true)?),
        };
        let part = |whole: &Expr<'a>, share: Expr<'a>| build::times(whole.clone(), share);
        let share_believed = believed.unwrap_or_else(|| share.clone());
        if let (Some(missed), Some(condition)) = (&crossing.missed, onset) {
            // What went unrecognised is remembered; where the condition held before, nothing happens.
            let nothing = || build::number(0.0, missed.span);
            let mut lost = outcome.clone();
            let effect = self.when_reached(missed, onset)?;
            lost.effects.push(effect);
            let mut before = |share: &Expr<'a>| {
                let held = self.copy(condition)?;
                let left = build::complement(share.clone());
                Some(build::choice(held, nothing(), left))
            };
            lost.chance = OutcomeChance::Probability(part(&whole, before(&share)?));
            lost.believed = match &whole_believed {
                Some(w) => Some(part(w, before(&share_believed)?)),
                None => None,
            };
            out.push(lost);
            let mut held = outcome.clone();
            let one = || build::number(1.0, missed.span);
            let share = build::choice(self.copy(condition)?, one(), nothing());
            held.chance = OutcomeChance::Probability(part(&whole, share.clone()));
            held.believed = whole_believed.as_ref().map(|w| part(w, share));
            out.push(held);
        } else {
            let mut unrecognised = outcome.clone();
            unrecognised.chance =
                OutcomeChance::Probability(part(&whole, build::complement(share.clone())));
            unrecognised.believed = whole_believed
                .as_ref()
                .map(|w| part(w, build::complement(share_believed.clone())));
            out.push(unrecognised);
        }
        recognised.chance = OutcomeChance::Probability(part(&whole, share));
        recognised.believed = whole_believed.map(|w| part(&w, share_believed));
        out.push(recognised);
        Some(())
    }

    /// An effect that waits for the condition to hold after the others, where there is one.
    fn when_reached(
        &mut self,
        effect: &Effect<'a>,
        onset: Option<&Expr<'a>>,
    ) -> Option<Effect<'a>> {
        let mut effect = effect.clone();
        if let Some(condition) = onset {
            let reached = self.copy(condition)?;
            effect.condition = Some(match effect.condition {
                Some(own) => build::and(own, reached),
                None => reached,
            });
        }
        Some(effect)
    }

    /// Probability that a crossing is recognised: `None` when it always is. With an onset it is 0
    /// where the condition held before.
    fn share(
        &mut self,
        clarity: Option<&Expr<'a>>,
        onset: Option<&Expr<'a>>,
        span: Span,
    ) -> Option<Option<Expr<'a>>> {
        let clarity = match clarity {
            Some(e) => Some(self.copy(e)?),
            None => None,
        };
        let Some(condition) = onset else {
            return Some(clarity);
        };
        let clarity = clarity.unwrap_or_else(|| build::number(1.0, span));
        let condition = self.copy(condition)?;
        let nothing = build::number(0.0, span);
        Some(Some(build::choice(condition, nothing, clarity)))
    }

    /// Probability of an outcome, true or believed; of a `rest`, what the others leave.
    pub(crate) fn chance(
        &mut self,
        outcome: &Outcome<'a>,
        all: &[Outcome<'a>],
        believed: bool,
    ) -> Option<Expr<'a>> {
        let own = |o: &Outcome<'a>| match (&o.believed, &o.chance) {
            (Some(e), _) if believed => Some(e.clone()),
            (_, OutcomeChance::Probability(e)) => Some(e.clone()),
            (_, OutcomeChance::Certain) => Some(build::number(1.0, o.span)),
            (_, OutcomeChance::Rest) => None,
        };
        if let Some(e) = own(outcome) {
            return self.copy(&e);
        }
        let mut sum: Option<Expr<'a>> = None;
        for e in all.iter().filter_map(own) {
            let e = self.copy(&e)?;
            sum = Some(match sum {
                Some(sum) => build::binary(BinaryOp::Add, sum, e),
                None => e,
            });
        }
        Some(match sum {
            Some(sum) => build::not_negative(build::complement(sum)),
            None => build::number(1.0, outcome.span),
        })
    }

    // ---------------------------------------------------------------------------------------------
    // Answer and silence
    // ---------------------------------------------------------------------------------------------

    fn settle(&mut self, pair: &Pair<'a>, lines: &[RedLine<'a>]) {
        let counted = pair.lines.iter().any(|i| lines[*i].decisions() > 1);
        let mut all = std::mem::take(&mut self.file.moves);
        let mut open = Vec::with_capacity(pair.lines.len());
        for index in &pair.lines {
            open.push(self.answer_open(&lines[*index], pair, &all));
        }
        if counted {
            self.accidental_answers(pair, lines, &all);
        }
        for m in all.iter_mut().filter(|m| m.actor.text == pair.holder) {
            for (index, open) in pair.lines.iter().zip(&open) {
                if !answers(&lines[*index], m.name.text) {
                    m.payments
                        .extend(self.silence(&lines[*index], pair, open.as_ref()));
                }
            }
            if m.payments.len() > MAX_ITEMS {
                m.payments.truncate(MAX_ITEMS);
                self.report(
                    Diagnostic::error("E0009", pair.variable.span, "too many costs of silence")
                        .label(format!("expected at most {MAX_ITEMS} costs of a move")),
                );
            }
            if counted {
                let effects = self.settling(pair, lines, m.name.text, true);
                self.prepend(&mut m.outcomes, &effects, pair.variable.span);
            }
        }
        self.file.moves = all;
    }

    /// Whether some answer is open: `Some(None)` means always, `None` never as far as can be read.
    fn answer_open(
        &mut self,
        line: &RedLine<'a>,
        pair: &Pair<'a>,
        moves: &[Move<'a>],
    ) -> Option<Option<Expr<'a>>> {
        let mut guards = Vec::new();
        for m in moves.iter().filter(|m| m.actor.text == pair.holder) {
            // What is open with some policy alone does not make silence dear.
            if !answers(line, m.name.text) || m.only_with.is_some() {
                continue;
            }
            match &m.guard {
                None => return Some(None),
                Some(guard) => guards.push(self.copy(guard)?),
            }
        }
        Some(Some(build::any(guards)?))
    }

    /// What a move that is no answer costs when it lets the time run out.
    fn silence(
        &mut self,
        line: &RedLine<'a>,
        pair: &Pair<'a>,
        open: Option<&Option<Expr<'a>>>,
    ) -> Option<Payment<'a>> {
        let cost = self.copy(line.silence.as_ref()?)?;
        let span = line.silence.as_ref()?.span;
        let last = self.name(level_name(line, 1), line.name.span);
        let mut due = build::among(pair.variable, vec![last], span);
        if let Some(guard) = open? {
            due = build::and(due, self.copy(guard)?);
        }
        Some(Payment {
            actor: line.holder,
            is_cost: true,
            value: build::choice(due, cost, build::number(0.0, span)),
            span,
        })
    }

    /// Effects by which a move of the holder settles what is pending; `counts` when it takes a
    /// decision from the lines that it does not answer.
    fn settling(
        &mut self,
        pair: &Pair<'a>,
        lines: &[RedLine<'a>],
        name: &str,
        counts: bool,
    ) -> Vec<Effect<'a>> {
        let none = |span| Change::To(Name { text: "none", span });
        let mut out = Vec::new();
        for line in pair.lines.iter().map(|i| &lines[*i]) {
            let span = line.name.span;
            let level = |this: &Self, left| this.name(level_name(line, left), span);
            if answers(line, name) {
                let levels = (1..=line.decisions())
                    .map(|left| level(self, left))
                    .collect();
                let pending = build::among(pair.variable, levels, span);
                out.push(build::effect(
                    pair.variable,
                    none(span),
                    Some(pending),
                    span,
                ));
                continue;
            }
            if !counts {
                continue;
            }
            // Upwards, so that no line is counted down twice.
            for left in 1..=line.decisions() {
                let pending = build::among(pair.variable, vec![level(self, left)], span);
                let change = if left == 1 {
                    none(span)
                } else {
                    Change::Step(Spanned { value: -1, span })
                };
                out.push(build::effect(pair.variable, change, Some(pending), span));
            }
        }
        out
    }

    /// What nobody decided and looks like an answer answers too, and takes no decision of its own.
    fn accidental_answers(&mut self, pair: &Pair<'a>, lines: &[RedLine<'a>], moves: &[Move<'a>]) {
        let mut all = std::mem::take(&mut self.file.triggers);
        for t in &mut all {
            let Some(Path {
                owner: Some(owner),
                name,
            }) = t.looks_like
            else {
                continue;
            };
            if owner.text != pair.holder {
                continue;
            }
            if t.outcomes.is_empty() {
                // It does what the move does, but for the counting.
                let like = moves
                    .iter()
                    .find(|m| m.actor.text == owner.text && m.name.text == name.text);
                t.outcomes = like.map_or(Vec::new(), |m| m.outcomes.clone());
            }
            let effects = self.settling(pair, lines, name.text, false);
            self.prepend(&mut t.outcomes, &effects, pair.variable.span);
        }
        self.file.triggers = all;
    }

    /// Puts effects before those of every outcome.
    pub(crate) fn prepend(
        &mut self,
        outcomes: &mut Vec<Outcome<'a>>,
        effects: &[Effect<'a>],
        span: Span,
    ) {
        if outcomes.is_empty() {
            outcomes.push(Outcome {
                chance: OutcomeChance::Certain,
                believed: None,
                seen_as: None,
                effects: Vec::new(),
                span,
            });
        }
        for outcome in outcomes {
            if self.room_for(effects.len() * 512, span).is_none() {
                return;
            }
            outcome.effects.splice(0..0, effects.iter().cloned());
        }
    }
}

/// Whether a move of the holder answers a line.
fn answers(line: &RedLine<'_>, name: &str) -> bool {
    let listed = line.answered_by.iter().flat_map(|a| &a.moves);
    listed
        .into_iter()
        .any(|path| path.name.text == name && path.owner.is_none_or(|o| o.text == line.holder.text))
}

/// The names that an expression reads, itself or through derived quantities.
pub(crate) fn names_in<'a>(e: &Expr<'a>, derived: &[Derived<'a>], out: &mut HashSet<&'a str>) {
    let of: HashMap<&str, &Expr<'a>> = derived.iter().map(|d| (d.name.text, &d.value)).collect();
    let mut open = vec![e];
    while let Some(e) = open.pop() {
        let mut enter = |name: &'a str| out.insert(name).then(|| of.get(name).copied()).flatten();
        match &e.kind {
            ExprKind::Path(path) => open.extend(enter(path.owner.unwrap_or(path.name).text)),
            ExprKind::By(table) => open.extend(enter(table.variable.text)),
            _ => {}
        }
        open.extend(e.kind.parts());
    }
}
