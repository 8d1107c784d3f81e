//! `front`: a theatre that force sets alight, or several alike, kept as a count.
//!
//! It lowers into a variable of how many are lit. Each use of force that ignites splits the outcomes
//! of its moves: every quiet front catches fire by itself, with one chance for all, so that the number
//! that does is binomial; a halt calms each lit front that obeys in the same way. What happens by
//! itself are triggers. A trigger `by FRONT` has one rate for each quiet front and one for each lit.
//! A `ceiling` lowers into nothing: it says how much of the front an actor would bear, and is read by
//! the analysis of escalation dominance alone.

use super::drift::Pace;
use super::split::Beside;
use super::{Lowering, build};
use crate::check::Checker;
use crate::check::expression::Scope;
use crate::check::units::Units;
use crate::diagnostic::Diagnostic;
use crate::scenario::{BinaryOp, MoveId, VariableId};
use crate::source::Span;
use crate::syntax::ast::{Change, Expr, Levels, Name, Path, Spanned, Text, Variable};
use crate::syntax::declarations::Parser;

/// Most fronts in one count.
const MAX_FRONTS: u32 = 8;

/// `front NAME "LABEL" of N`.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Front<'a> {
    /// All its lines.
    pub block: Span,
    pub name: Name<'a>,
    pub label: Option<Text>,
    pub count: u32,
    pub start: Option<Name<'a>>,
    pub reactions: Vec<Reaction<'a>>,
    pub paces: Vec<Pace<'a>>,
    pub ceilings: Vec<Ceiling<'a>>,
    pub broken: bool,
}

/// `ceiling ACTOR: LEVEL`.
#[derive(Debug)]
pub struct Ceiling<'a> {
    /// Who would bear no more.
    pub actor: Name<'a>,
    /// The most that it would bear.
    pub level: Name<'a>,
    /// Its line.
    pub span: Span,
}

/// `ignites P after MOVES`, `obeys P after MOVES`.
#[derive(Debug)]
pub struct Reaction<'a> {
    /// Catches fire; otherwise calms down.
    pub ignites: bool,
    /// Of each front.
    pub chance: Expr<'a>,
    /// Whatever their outcome.
    pub moves: Vec<Path<'a>>,
    /// Its line.
    pub span: Span,
}

/// `by FRONT: quiet RATE, lit RATE` below a trigger.
#[derive(Debug)]
pub struct ByFront<'a> {
    /// Which.
    pub front: Name<'a>,
    /// Of each quiet front.
    pub quiet: Expr<'a>,
    /// Of each lit front.
    pub lit: Expr<'a>,
    /// Its line.
    pub span: Span,
}

impl<'a> Parser<'a, '_> {
    pub(crate) fn front(&mut self, line: usize) -> Option<()> {
        self.room(self.file.fronts.len(), line, "fronts")?;
        let block = self.block_span(line);
        self.cursor.position += 1;
        let name = self.cursor.new_name("the front");
        let label = self.cursor.label();
        let mut count = Some(1);
        if self.cursor.eat_word("of") {
            count = self.count_of_fronts();
        }
        if name.is_some() {
            self.cursor.finish("the name");
        }
        let (mut start, mut reactions, mut paces) = (None, Vec::new(), Vec::new());
        let mut ceilings = Vec::new();
        let known = ["start", "ignites", "obeys", "dies down", "ceiling"];
        let broken = self.properties(line, "front", &known, |this, child, word| {
            this.cursor.position += 1;
            this.cursor.no_colon(word);
            let read = match word {
                "start" => this
                    .cursor
                    .name("a level")
                    .map(|v| this.once(&mut start, v, child, word)),
                "ignites" | "obeys" => match this.reaction(child, word == "ignites") {
                    Some(Ok(reaction)) => {
                        reactions.push(reaction);
                        Some(())
                    }
                    Some(Err(pace)) => {
                        paces.push(pace);
                        Some(())
                    }
                    None => None,
                },
                "dies" => {
                    let read = this.cursor.expect_word("down");
                    let read = read.and_then(|()| this.pace(child, false));
                    read.map(|v| paces.push(v))
                }
                "ceiling" => this.ceiling(child, &mut ceilings),
                _ => return None,
            };
            Some(read.and_then(|()| this.cursor.finish(&format!("`{word}`"))))
        });
        let lines = paces.len() + reactions.len() + ceilings.len();
        self.bound(line, lines, "lines")?;
        self.file.fronts.push(Front {
            block,
            name: name?,
            label,
            count: count?,
            start,
            reactions,
            paces,
            ceilings,
            broken,
        });
        Some(())
    }

    /// `ACTOR: LEVEL` after `ceiling`, once for each actor.
    fn ceiling(&mut self, line: usize, all: &mut Vec<Ceiling<'a>>) -> Option<()> {
        let span = self.block_span(line);
        let actor = self.cursor.name("an actor")?;
        self.cursor.colon("the actor")?;
        let level = self.cursor.name("the level that it would bear at most")?;
        let first = all.iter().all(|c| c.actor.text != actor.text);
        let what = format!("ceiling {}", actor.text);
        self.once(&mut (!first).then_some(()), (), line, &what);
        if first {
            all.push(Ceiling { actor, level, span });
        }
        Some(())
    }

    fn count_of_fronts(&mut self) -> Option<u32> {
        let span = self.cursor.here();
        let count = self.whole_number("a number of fronts")?;
        if (1..=MAX_FRONTS).contains(&count) {
            return Some(count);
        }
        let found = Diagnostic::error("E0313", span, format!("{count} fronts"))
            .label(format!("expected 1 to {MAX_FRONTS}"))
            .help("fronts that are not alike are declared apart");
        self.cursor.report(found);
        None
    }

    /// `P after MOVES`; a rate and a condition for what catches fire by itself.
    fn reaction(&mut self, line: usize, ignites: bool) -> Option<Result<Reaction<'a>, Pace<'a>>> {
        let span = self.block_span(line);
        let chance = self.cursor.value()?;
        if !self.cursor.eat_word("after") {
            if !ignites {
                self.cursor.missing("`after` and the moves that it obeys");
                return None;
            }
            let when = if self.cursor.eat_word("when") {
                Some(self.cursor.condition()?)
            } else {
                None
            };
            return Some(Err(Pace {
                up: true,
                rate: chance,
                when,
                span,
                trigger: None,
            }));
        }
        let mut moves = vec![self.cursor.path("a move")?];
        while self.cursor.eat(crate::syntax::lexer::TokenKind::Comma) {
            moves.push(self.cursor.path("a move")?);
        }
        Some(Ok(Reaction {
            ignites,
            chance,
            moves,
            span,
        }))
    }

    /// `FRONT: quiet RATE, lit RATE` after `by`.
    pub(crate) fn by_front(&mut self, line: usize) -> Option<ByFront<'a>> {
        let span = self.block_span(line);
        let front = self.cursor.name("a front")?;
        self.cursor.colon("the front")?;
        self.cursor.expect_word("quiet")?;
        let quiet = self.cursor.item()?;
        let comma = crate::syntax::lexer::TokenKind::Comma;
        self.cursor.expect(comma, "`, lit` and a rate")?;
        self.cursor.expect_word("lit")?;
        let lit = self.cursor.item()?;
        Some(ByFront {
            front,
            quiet,
            lit,
            span,
        })
    }
}

impl<'a> Front<'a> {
    /// Names of its levels, with `span`.
    fn levels(&self, lowering: &Lowering<'a, '_>, span: Span) -> Vec<Name<'a>> {
        let mut levels = vec![Name {
            text: "quiet",
            span,
        }];
        if self.count == 1 {
            levels.push(Name { text: "lit", span });
        } else {
            levels.extend((1..=self.count).map(|k| lowering.name(format!("lit_{k}"), span)));
        }
        levels
    }
}

impl<'a> Lowering<'a, '_> {
    pub(crate) fn fronts(&mut self) {
        let mut fronts = std::mem::take(&mut self.file.fronts);
        for front in &mut fronts {
            self.front(front);
        }
        let mut triggers = std::mem::take(&mut self.file.triggers);
        for trigger in &mut triggers {
            let Some(by) = &trigger.by_front else {
                continue;
            };
            let Some(front) = fronts.iter().find(|f| f.name.text == by.front.text) else {
                self.unknown_front(by, &fronts);
                trigger.broken = true;
                continue;
            };
            if trigger.rate.is_some() || trigger.probability.is_some() {
                self.report(
                    Diagnostic::error("E0410", by.span, "a trigger with two rates")
                        .label("expected `by` alone, or `rate`, or `probability`"),
                );
                continue;
            }
            trigger.rate = self.rate_of(front, by);
        }
        self.file.triggers = triggers;
        self.file.fronts = fronts;
    }

    fn unknown_front(&mut self, by: &ByFront<'a>, fronts: &[Front<'a>]) {
        if self.file.broken.contains(&by.front.text) {
            return;
        }
        let name = by.front;
        let mut found = Diagnostic::error(
            "E0711",
            name.span,
            format!("there is no front `{}`", name.text),
        )
        .label("expected a declared front");
        let names = fronts.iter().map(|f| f.name.text);
        found = match crate::suggest::did_you_mean(name.text, names) {
            Some(near) => found
                .help(format!("did you mean `{near}`?"))
                .fix(name.span, near),
            None => found.help(format!(
                "declare `front {}`, or write `rate by VARIABLE (LEVEL: RATE, …)`",
                name.text
            )),
        };
        for front in fronts.iter().take(8) {
            found = found.related(front.name.span, "declared here");
        }
        self.report(found);
    }

    fn front(&mut self, front: &mut Front<'a>) {
        let at = front.name.span;
        let names = self.levels_of(front, at);
        let start = front.start.unwrap_or(names[0]);
        let labelled: Levels<'a> = names.iter().map(|name| (*name, None)).collect();
        self.file.variables.push(Variable {
            name: front.name,
            label: front.label.clone(),
            is_ladder: false,
            levels: Some(Spanned {
                value: labelled,
                span: at,
            }),
            start: Some(start),
            cleared_by: Vec::new(),
            broken: front.broken,
        });
        let mut paces = std::mem::take(&mut front.paces);
        for pace in &mut paces {
            // As many as there are may catch fire or die down.
            let mut values = Vec::new();
            for (k, level) in self.levels_of(front, pace.span).into_iter().enumerate() {
                let many = if pace.up { front.count as usize - k } else { k };
                let Some(rate) = self.copy(&pace.rate) else {
                    return;
                };
                let many = build::number(many as f64, pace.span);
                values.push((level, build::times(many, rate)));
            }
            pace.rate = build::by_level(named(front.name, pace.span), values);
        }
        let ends = (names[0], names[front.count as usize]);
        self.paces(front.name, &front.label, ends, &mut paces);
        front.paces = paces;
        for reaction in &front.reactions {
            let Some(parts) = self.parts(front, reaction) else {
                return;
            };
            let mut moves = std::mem::take(&mut self.file.moves);
            let reacts = |actor: &str, name: &str| {
                let is =
                    |p: &Path<'a>| p.owner.is_some_and(|o| o.text == actor) && p.name.text == name;
                reaction.moves.iter().any(is)
            };
            for m in &mut moves {
                if reacts(m.actor.text, m.name.text) {
                    self.split_beside(&mut m.outcomes, &parts, reaction.span);
                }
            }
            self.file.moves = moves;
        }
    }

    fn levels_of(&self, front: &Front<'a>, span: Span) -> Vec<Name<'a>> {
        front.levels(self, span)
    }

    /// How many fronts react, at least one: the binomial chances by how many are lit, and the steps.
    fn parts(&mut self, front: &Front<'a>, reaction: &Reaction<'a>) -> Option<Vec<Beside<'a>>> {
        let span = reaction.span;
        let count = front.count as usize;
        let mut parts = Vec::with_capacity(count);
        for j in 1..=count {
            let mut values = Vec::with_capacity(count + 1);
            for (lit, level) in self.levels_of(front, span).into_iter().enumerate() {
                let able = if reaction.ignites { count - lit } else { lit };
                let value = if j > able {
                    build::number(0.0, span)
                } else {
                    self.binomial(&reaction.chance, able, j, span)?
                };
                values.push((level, value));
            }
            let share = build::by_level(named(front.name, span), values);
            let step = Spanned {
                value: if reaction.ignites {
                    j as i32
                } else {
                    -(j as i32)
                },
                span,
            };
            let change = Change::Step(step);
            let effect = build::effect(named(front.name, span), change, None, span);
            parts.push((share, effect));
        }
        Some(parts)
    }

    /// Probability that j of n react.
    fn binomial(&mut self, p: &Expr<'a>, n: usize, j: usize, span: Span) -> Option<Expr<'a>> {
        let ways = (0..j).fold(1.0, |ways, i| ways * (n - i) as f64 / (i + 1) as f64);
        let power = |e: Expr<'a>, k: usize| match k {
            1 => e,
            k => build::binary(BinaryOp::Power, e, build::number(k as f64, span)),
        };
        let mut out = power(self.copy(p)?, j);
        if n > j {
            let stay = build::complement(self.copy(p)?);
            out = build::times(out, power(stay, n - j));
        }
        if ways != 1.0 {
            out = build::times(build::number(ways, span), out);
        }
        Some(out)
    }

    /// Rate of a trigger over all fronts of a count.
    fn rate_of(&mut self, front: &Front<'a>, by: &ByFront<'a>) -> Option<Expr<'a>> {
        let mut values = Vec::new();
        for (lit, level) in self.levels_of(front, by.span).into_iter().enumerate() {
            let many = |n: usize| build::number(n as f64, by.span);
            let calm = build::times(many(front.count as usize - lit), self.copy(&by.quiet)?);
            let crisis = build::times(many(lit), self.copy(&by.lit)?);
            values.push((level, build::plus(calm, crisis)));
        }
        Some(build::by_level(by.front, values))
    }
}

/// A name at another place.
fn named(name: Name<'_>, span: Span) -> Name<'_> {
    Name { span, ..name }
}

impl<'a> Checker<'a> {
    /// Enters the facts of fronts.
    pub(crate) fn fronts(&mut self) {
        let file = self.file;
        for front in &file.fronts {
            let Some(variable) = self.made_variable(front.name) else {
                continue;
            };
            let (mut ignited_by, mut obeys) = (Vec::new(), Vec::new());
            for reaction in &front.reactions {
                let place = "the chance of a front";
                let scope = Scope::public(place);
                if let Some(expr) = self.number(&reaction.chance, scope, &Units::plain()) {
                    self.probability_range(&expr, place);
                }
                let moves: Vec<MoveId> = reaction
                    .moves
                    .iter()
                    .filter_map(|path| self.move_id(*path, None))
                    .collect();
                if reaction.ignites {
                    ignited_by.extend(moves);
                } else {
                    obeys.extend(moves);
                }
            }
            let triggers = front.paces.iter();
            let triggers = triggers
                .filter_map(|p| self.trigger_named(p.trigger?))
                .collect();
            let incidents = file.triggers.iter();
            let incidents = incidents
                .filter(|t| {
                    t.by_front
                        .as_ref()
                        .is_some_and(|b| b.front.text == front.name.text)
                })
                .filter_map(|t| self.trigger_named(t.name.text))
                .collect();
            let ceilings = front.ceilings.iter();
            let ceilings = ceilings.filter_map(|c| self.ceiling(variable, c)).collect();
            self.fronts.push(crate::scenario::Front {
                variable,
                count: front.count,
                ceilings,
                ignited_by,
                obeys,
                triggers,
                incidents,
                span: front.name.span,
            });
        }
    }

    fn ceiling(
        &mut self,
        front: VariableId,
        written: &Ceiling<'a>,
    ) -> Option<crate::scenario::Ceiling> {
        let actor = self.actor(written.actor);
        let level = self.level(front, written.level);
        let declared = self.names.actors[actor?.0 as usize];
        if declared.payer {
            self.report(
                Diagnostic::error(
                    "E0716",
                    written.actor.span,
                    format!("a ceiling of the payer `{}`", written.actor.text),
                )
                .label("expected an actor")
                .related(declared.name.span, "declared as a payer here")
                .help("a ceiling is how far an actor would go, and a payer makes no move: remove this line")
                .fix(written.span, ""),
            );
            return None;
        }
        self.used_variables[front.0 as usize] = true;
        Some(crate::scenario::Ceiling {
            actor: actor?,
            level: level?,
            span: written.span,
        })
    }
}
