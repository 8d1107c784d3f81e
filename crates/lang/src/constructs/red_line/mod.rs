//! `red line`: a line that one actor holds against another.
//!
//! Recognised crossings stand in one variable for each pair of holder and challenger, called
//! `pending_HOLDER_CHALLENGER`: `none`, then for each line, in the order declared, a level for every
//! decision that is left, the freshest called like the line. A later line is graver and replaces an
//! earlier one.
//!
//! | file | holds |
//! |---|---|
//! | `mod` | how it is written |
//! | `lower` | what it comes to |
//! | `record` | past crossings, and what they taught |
//! | `check` | what is wrong with it, and its facts for the analyses |

mod check;
mod lower;
mod record;

pub(crate) use lower::{Crossing, names_in};

use crate::constructs::changes::Change as WrittenChange;
use crate::source::Span;
use crate::syntax::MAX_ITEMS;
use crate::syntax::ast::{Expr, Name, Path, Seen, Spanned, Text};
use crate::syntax::declarations::Parser;
use crate::syntax::lexer::TokenKind as T;

/// `red line NAME "LABEL" held by HOLDER against CHALLENGER`.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct RedLine<'a> {
    pub name: Name<'a>,
    pub label: Option<Text>,
    pub holder: Name<'a>,
    pub challenger: Name<'a>,
    /// `crossed by LABEL, …`
    pub crossed_by: Vec<Seen<'a>>,
    /// `crossed when CONDITION`
    pub crossed_when: Option<Expr<'a>>,
    pub answered_by: Option<Answers<'a>>,
    pub clarity: Option<Expr<'a>>,
    pub believed_clarity: Option<Expr<'a>>,
    /// `cost of silence: …`
    pub silence: Option<Expr<'a>>,
    /// `answer rate: …`
    pub answer_rate: Option<Expr<'a>>,
    /// `unprovoked rate: …`
    pub unprovoked_rate: Option<Expr<'a>>,
    pub record: Option<record::Record<'a>>,
    /// `reference` with changes of parameters below it
    pub reference: Option<Vec<WrittenChange<'a>>>,
    pub span: Span,
    pub broken: bool,
}

/// `answered by MOVE, … within N rounds`.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Answers<'a> {
    pub moves: Vec<Path<'a>>,
    pub within: Option<Spanned<u32>>,
    pub span: Span,
}

impl RedLine<'_> {
    /// Decisions within which the holder must answer.
    pub(crate) fn decisions(&self) -> u32 {
        let within = self.answered_by.as_ref().and_then(|a| a.within.as_ref());
        within.map_or(1, |w| w.value.max(1))
    }
}

const PROPERTIES: [&str; 9] = [
    "crossed by",
    "crossed when",
    "answered by",
    "clarity",
    "cost of silence",
    "answer rate",
    "unprovoked rate",
    "record",
    "reference",
];

impl<'a> Parser<'a, '_> {
    pub(crate) fn red_line(&mut self, line: usize) -> Option<()> {
        self.bound(line, self.file.red_lines.len() + 1, "red lines")?;
        self.cursor.position += 2;
        let head = self.red_line_head();
        let (mut crossed_by, mut crossed_when, mut answered_by) = (None, None, None);
        let (mut clarity, mut believed_clarity, mut silence) = (None, None, None);
        let (mut answer_rate, mut unprovoked_rate, mut record) = (None, None, None);
        let mut reference = None;
        let broken = self.properties(line, "red line", &PROPERTIES, |this, child, word| {
            this.cursor.position += 1;
            let read = match word {
                "crossed" if this.cursor.eat_word("when") => {
                    this.cursor.no_colon("when");
                    let read = this.cursor.value();
                    read.map(|v| this.once(&mut crossed_when, v, child, "crossed when"))
                }
                "crossed" => {
                    let read = this.crossing_labels();
                    read.map(|v| this.once(&mut crossed_by, v, child, "crossed by"))
                }
                "answered" => {
                    let read = this.answers();
                    read.map(|v| this.once(&mut answered_by, v, child, "answered by"))
                }
                "clarity" => {
                    this.cursor.no_colon("clarity");
                    let read = this.cursor.item();
                    if read.is_some() && this.cursor.eat_word("believed") {
                        match this.cursor.item() {
                            Some(v) => believed_clarity = Some(v),
                            None => return Some(None),
                        }
                    }
                    read.map(|v| this.once(&mut clarity, v, child, word))
                }
                "cost" => {
                    let words = this.cursor.expect_word("of");
                    let words = words.and_then(|()| this.cursor.expect_word("silence"));
                    let words = words.and_then(|()| this.cursor.colon("`cost of silence`"));
                    let read = words.and_then(|()| this.cursor.value());
                    read.map(|v| this.once(&mut silence, v, child, "cost of silence"))
                }
                "answer" | "unprovoked" => {
                    let what = format!("{word} rate");
                    let words = this.cursor.expect_word("rate");
                    let words = words.and_then(|()| this.cursor.colon(&format!("`{what}`")));
                    let read = words.and_then(|()| this.cursor.value());
                    let slot = match word {
                        "answer" => &mut answer_rate,
                        _ => &mut unprovoked_rate,
                    };
                    read.map(|v| this.once(slot, v, child, &what))
                }
                "record" => {
                    let read = this.record(child);
                    return Some(read.map(|v| this.once(&mut record, v, child, word)));
                }
                "reference" => {
                    let read = this.reference(child);
                    return Some(read.map(|v| this.once(&mut reference, v, child, word)));
                }
                _ => return None,
            };
            Some(read.and_then(|()| this.cursor.finish(&format!("`{word}`"))))
        });
        let span = self.line_span(line);
        let (name, label, holder, challenger) = head?;
        self.file.red_lines.push(RedLine {
            name,
            label,
            holder,
            challenger,
            crossed_by: crossed_by.unwrap_or_default(),
            crossed_when,
            answered_by,
            clarity,
            believed_clarity,
            silence,
            answer_rate,
            unprovoked_rate,
            record,
            reference,
            span,
            broken,
        });
        Some(())
    }

    /// The line `reference` and the changes of parameters below it.
    fn reference(&mut self, line: usize) -> Option<Vec<WrittenChange<'a>>> {
        self.enter_line(line);
        self.cursor.position += 1;
        self.cursor.no_colon("reference");
        let whole = self.cursor.finish("`reference`").is_some();
        let mut changes = Vec::new();
        let known = ["PARAMETER = …", "PARAMETER times …"];
        let broken = self.properties(line, "reference", &known, |this, child, word| {
            if word == "without" {
                return None; // what an answer costs is compared, not who may give it
            }
            let read = this.change(child)?;
            let read = read.map(|change| changes.push(change));
            Some(read.and_then(|()| this.cursor.finish("the change")))
        });
        self.bound(line, changes.len(), "changes")?;
        if changes.is_empty() && whole && !broken {
            self.block_missing(line, "changes of parameters, such as `harm = 8`");
            return None;
        }
        (whole && !broken).then_some(changes)
    }

    fn red_line_head(&mut self) -> Option<(Name<'a>, Option<Text>, Name<'a>, Name<'a>)> {
        let name = self.cursor.new_name("the red line")?;
        let label = self.cursor.label();
        self.cursor.expect_word("held")?;
        self.cursor.expect_word("by")?;
        let holder = self.cursor.name("the actor that holds the line")?;
        self.cursor.expect_word("against")?;
        let challenger = self
            .cursor
            .name("the actor that the line is held against")?;
        self.cursor.finish("the challenger")?;
        Some((name, label, holder, challenger))
    }

    fn crossing_labels(&mut self) -> Option<Vec<Seen<'a>>> {
        self.cursor.expect_word("by")?;
        self.cursor.no_colon("by");
        let start = self.cursor.here();
        let mut out = vec![self.seen()?];
        while self.cursor.eat(T::Comma) {
            out.push(self.seen()?);
            if out.len() > MAX_ITEMS {
                self.cursor.too_many(start, "labels");
                return None;
            }
        }
        Some(out)
    }

    /// `by MOVE, … within N rounds`, after `answered`.
    fn answers(&mut self) -> Option<Answers<'a>> {
        let start = self.cursor.before();
        self.cursor.expect_word("by")?;
        self.cursor.no_colon("by");
        let mut moves = vec![self.cursor.path("a move of the holder")?];
        while self.cursor.eat(T::Comma) {
            moves.push(self.cursor.path("a move of the holder")?);
            if moves.len() > MAX_ITEMS {
                self.cursor.too_many(start, "answers");
                return None;
            }
        }
        let within = if self.cursor.eat_word("within") {
            Some(self.rounds()?)
        } else {
            None
        };
        Some(Answers {
            moves,
            within,
            span: start.to(self.cursor.before()),
        })
    }
}
