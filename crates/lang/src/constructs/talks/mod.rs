//! `talks`: two sides, packages that one offers and the other accepts or rejects, and what it costs
//! at home to do so.
//!
//! | file | holds |
//! |---|---|
//! | `mod` | how it is written |
//! | `lower` | what it comes to |
//! | `check` | what is wrong with it, and its facts for the analyses |

mod check;
mod lower;

use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::{Effect, Expr, Name, Payment, Spanned, Text};
use crate::syntax::declarations::Parser;
use crate::syntax::lexer::TokenKind as T;

/// Most steps of a price, and most steps in which a package is performed.
const MAX_STEPS: u32 = 12;

/// `talks NAME "LABEL" between A and B`.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Talks<'a> {
    pub name: Name<'a>,
    pub label: Option<Text>,
    pub sides: [Name<'a>; 2],
    pub guard: Option<Expr<'a>>,
    /// What doing something at the table costs or gains.
    pub stakes: Vec<(Stake, Payment<'a>)>,
    pub prices: Vec<Price<'a>>,
    pub easing: Option<Expr<'a>>,
    /// `offers stand`: they lie on the table until answered.
    pub stand: Option<Span>,
    pub start: Option<Name<'a>>,
    pub packages: Vec<Package<'a>>,
    pub span: Span,
    pub broken: bool,
}

/// What is paid for at the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stake {
    /// Cost of making an offer.
    Offering,
    /// Cost of meeting a step of the other's price when offering.
    Meeting,
    /// Cost of accepting: it proves the other's method right.
    Accepting,
    /// What a step of one's own price adds to the cost of accepting.
    Audience,
    /// Value at home of rejecting.
    Rejecting,
    /// Value at home of rejecting and raising the price.
    Raising,
}

impl Stake {
    const ALL: [(&'static str, Self); 6] = [
        ("offering", Self::Offering),
        ("meeting", Self::Meeting),
        ("accepting", Self::Accepting),
        ("audience", Self::Audience),
        ("rejecting", Self::Rejecting),
        ("raising", Self::Raising),
    ];

    fn named(word: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(name, _)| *name == word);
        found.map(|(_, stake)| *stake)
    }

    /// Costs carry a minus sign.
    pub(crate) fn is_cost(self) -> bool {
        !matches!(self, Self::Rejecting | Self::Raising)
    }
}

/// `price ACTOR up to N steps`.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Price<'a> {
    pub actor: Name<'a>,
    pub steps: Spanned<u32>,
}

/// `package NAME "LABEL"`.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Package<'a> {
    pub name: Name<'a>,
    pub label: Option<Text>,
    pub guard: Option<Expr<'a>>,
    /// Once, when it is implemented.
    pub values: Vec<Payment<'a>>,
    /// While it is in force, in the unit of the actor's `payoff per`.
    pub flows: Vec<Payment<'a>>,
    pub implemented: Option<Expr<'a>>,
    pub effects: Vec<Effect<'a>>,
    pub performed: Option<Performed<'a>>,
    pub span: Span,
}

/// `performed by ACTOR in N steps, verified P, at COST`.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Performed<'a> {
    pub actor: Name<'a>,
    pub steps: Spanned<u32>,
    pub verified: Option<Expr<'a>>,
    pub cost: Option<Expr<'a>>,
    pub span: Span,
}

impl Package<'_> {
    /// Steps in which it is performed; 0 when it is in force at once.
    pub(crate) fn steps(&self) -> u32 {
        let performed = self.performed.as_ref();
        performed.map_or(0, |p| p.steps.value.clamp(1, MAX_STEPS))
    }
}

const PROPERTIES: [&str; 12] = [
    "when",
    "offering",
    "meeting",
    "accepting",
    "audience",
    "rejecting",
    "raising",
    "price",
    "easing",
    "offers stand",
    "start",
    "package",
];

const PACKAGE: [&str; 6] = [
    "when",
    "value",
    "flow",
    "implemented",
    "effects",
    "performed by",
];

impl<'a> Parser<'a, '_> {
    pub(crate) fn talks(&mut self, line: usize) -> Option<()> {
        self.bound(line, self.file.talks.len() + 1, "talks")?;
        self.cursor.position += 1;
        let head = self.talks_head();
        let (mut guard, mut easing, mut stand, mut start) = (None, None, None, None);
        let (mut stakes, mut prices, mut packages) = (Vec::new(), Vec::new(), Vec::new());
        let broken = self.properties(line, "talks", &PROPERTIES, |this, child, word| {
            if word == "package" {
                return Some(this.package(child).map(|p| packages.push(p)));
            }
            let here = this.cursor.here();
            this.cursor.position += 1;
            this.cursor.no_colon(word);
            let read = match word {
                "when" => {
                    let read = this.cursor.value();
                    read.map(|v| this.once(&mut guard, v, child, word))
                }
                "price" => this.price().map(|v| prices.push(v)),
                "easing" => {
                    let read = this.cursor.value();
                    read.map(|v| this.once(&mut easing, v, child, word))
                }
                "offers" => {
                    let read = this.cursor.expect_word("stand");
                    read.map(|()| this.once(&mut stand, here, child, "offers stand"))
                }
                "start" => {
                    let read = this.cursor.name("what lies on the table");
                    read.map(|v| this.once(&mut start, v, child, word))
                }
                _ => {
                    let stake = Stake::named(word)?;
                    let read = this.payment(child, stake.is_cost());
                    read.map(|v| stakes.push((stake, v)))
                }
            };
            Some(read.and_then(|()| this.cursor.finish(&format!("`{word}`"))))
        });
        self.bound(line, stakes.len(), "costs and values")?;
        self.bound(line, packages.len() + prices.len(), "packages")?;
        let span = self.line_span(line);
        let (name, label, sides) = head?;
        self.file.talks.push(Talks {
            name,
            label,
            sides,
            guard,
            stakes,
            prices,
            easing,
            stand,
            start,
            packages,
            span,
            broken,
        });
        Some(())
    }

    fn talks_head(&mut self) -> Option<(Name<'a>, Option<Text>, [Name<'a>; 2])> {
        let name = self.cursor.new_name("the talks")?;
        let label = self.cursor.label();
        self.cursor.expect_word("between")?;
        let one = self.cursor.name("a side of the talks")?;
        self.cursor.expect_word("and")?;
        let other = self.cursor.name("the other side of the talks")?;
        self.cursor.finish("the sides")?;
        Some((name, label, [one, other]))
    }

    /// `ACTOR up to N steps`, after `price`.
    fn price(&mut self) -> Option<Price<'a>> {
        let actor = self.cursor.name("the actor that raises the price")?;
        self.cursor.expect_word("up")?;
        self.cursor.expect_word("to")?;
        let steps = self.steps_counted()?;
        Some(Price { actor, steps })
    }

    /// `N steps`.
    fn steps_counted(&mut self) -> Option<Spanned<u32>> {
        let start = self.cursor.here();
        let value = self.whole_number("a number of steps")?;
        if !self.cursor.eat_word("steps") && !self.cursor.eat_word("step") {
            self.cursor.missing("`steps`");
            return None;
        }
        let span = start.to(self.cursor.before());
        if !(1..=MAX_STEPS).contains(&value) {
            let found = Diagnostic::error("E0313", span, format!("{value} steps"))
                .label(format!("expected 1 to {MAX_STEPS}"));
            self.cursor.report(found);
            return None;
        }
        Some(Spanned { value, span })
    }

    fn package(&mut self, line: usize) -> Option<Package<'a>> {
        self.enter_line(line);
        self.cursor.position += 1;
        let name = self.cursor.new_name("the package");
        let label = self.cursor.label();
        if name.is_some() {
            self.cursor.finish("the name");
        }
        let (mut guard, mut implemented, mut effects, mut performed) = (None, None, None, None);
        let (mut values, mut flows) = (Vec::new(), Vec::new());
        let broken = self.properties(line, "package", &PACKAGE, |this, child, word| {
            this.cursor.position += 1;
            let read = match word {
                "effects" => {
                    let read = this.cursor.colon("`effects`");
                    let read = read.and_then(|()| this.effects());
                    read.map(|v| this.once(&mut effects, v, child, word))
                }
                "when" => {
                    this.cursor.no_colon(word);
                    let read = this.cursor.value();
                    read.map(|v| this.once(&mut guard, v, child, word))
                }
                "value" => this.payment(child, false).map(|v| values.push(v)),
                "flow" => this.payment(child, false).map(|v| flows.push(v)),
                "implemented" => {
                    this.cursor.no_colon(word);
                    let read = this.cursor.value();
                    read.map(|v| this.once(&mut implemented, v, child, word))
                }
                "performed" => {
                    let read = this.performed();
                    read.map(|v| this.once(&mut performed, v, child, "performed by"))
                }
                _ => return None,
            };
            Some(read.and_then(|()| this.cursor.finish(&format!("`{word}`"))))
        });
        self.bound(line, values.len() + flows.len(), "values")?;
        if broken {
            return None;
        }
        Some(Package {
            name: name?,
            label,
            guard,
            values,
            flows,
            implemented,
            effects: effects.unwrap_or_default(),
            performed,
            span: self.line_span(line),
        })
    }

    /// `by ACTOR in N steps, verified P, at COST`, after `performed`.
    fn performed(&mut self) -> Option<Performed<'a>> {
        let start = self.cursor.before();
        self.cursor.expect_word("by")?;
        let actor = self.cursor.name("the side that performs")?;
        self.cursor.expect_word("in")?;
        let steps = self.steps_counted()?;
        let (mut verified, mut cost) = (None, None);
        while self.cursor.eat(T::Comma) {
            if verified.is_none() && self.cursor.eat_word("verified") {
                verified = Some(self.cursor.item()?);
            } else if cost.is_none() && self.cursor.eat_word("at") {
                cost = Some(self.cursor.item()?);
            } else {
                self.cursor
                    .missing("`verified` and a probability, or `at` and a cost");
                return None;
            }
        }
        Some(Performed {
            actor,
            steps,
            verified,
            cost,
            span: start.to(self.cursor.before()),
        })
    }
}
