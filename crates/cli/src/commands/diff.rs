//! `diff`: what changed between two scenarios, what moved, and which change moved it.
//!
//! Changes are found declaration by declaration, not line by line. Each is then put into the old
//! scenario, or left out of it, and the crisis is solved anew: what a change contributes is its
//! average contribution over orders of introduction, so contributions add up to what moved.

use crate::arguments::coarse_points;
use crate::failure::Failure;
use crate::input::{Kind, Source};
use crate::screen;
use crate::session::Session;
use clap::Args;
use climbdown_engine::analyse::evaluate::COARSE_POINTS;
use climbdown_engine::compile::{self, compile};
use climbdown_engine::forecast::{self, forecast};
use climbdown_engine::solve;
use climbdown_lang::Scenario;
use climbdown_lang::blocks::{Block, Blocks, Key, blocks, said};
use climbdown_report::tables::{self, Table};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  climbdown diff old.crisis new.crisis
  climbdown diff old.crisis new.crisis --json
  climbdown diff old.crisis new.crisis --belief-points 9

Both are forecast on the same settings. With at most 4 changes, what each
contributes is its Shapley value over all orders; with more, the mean of the
order of the file and its reverse. Contributions add up to what moved.";

/// So many changes are introduced in every order.
const ALL_ORDERS: usize = 4;

/// What changed between two scenarios, what moved, and which change moved it
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Diff {
    /// Scenario before
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// Scenario after
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// Grid points along each belief axis, the same for all forecasts; without it 5, 4 for large games,
    /// and more for games that are solved on a finer grid in a moment
    #[arg(long, value_name = "N", help_heading = "Solver")]
    #[arg(value_parser = clap::value_parser!(u16).range(3..=257))]
    belief_points: Option<u16>,
}

/// What `diff --json` prints.
#[derive(Serialize)]
struct Record {
    /// Changes of the file, in the order of the new one.
    changes: Vec<Change>,
    /// Outcome classes and questions.
    numbers: Vec<Moved>,
}

/// One declaration that changed.
#[derive(Clone, Serialize)]
struct Change {
    /// "parameter calm_rate", "move us.strike".
    what: String,
    /// What changed in it, in words.
    how: Vec<String>,
    /// What reads it, as far as that is another declaration: the way on which it works.
    through: Vec<String>,
    #[serde(skip)]
    key: Key,
}

/// A number that may have moved.
#[derive(Serialize)]
struct Moved {
    name: String,
    before: f64,
    after: f64,
    /// What each change contributes, in the order of the changes; they add up to after − before.
    contributions: Vec<f64>,
}

impl Diff {
    /// Prints the comparison.
    ///
    /// # Errors
    /// Whatever is wrong with one of the files, or stops a solution.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let (old, new) = (read(&self.old)?, read(&self.new)?);
        let (old_text, new_text) = (old.files().text(), new.files().text());
        // Warnings are the business of `check`.
        let (before, _) = old.scenario()?;
        let (after, _) = new.scenario()?;
        let both = [before, after];
        let points = both.iter().filter_map(|scenario| {
            let compiled = compile(scenario, &compile::Options::default()).ok()?;
            Some(coarse_points(&compiled.game, self.belief_points))
        });
        // What does not compile is told below.
        let points = points.min().unwrap_or(COARSE_POINTS);
        let changes = changes(old_text, new_text);
        let study = Study {
            old: old_text,
            new: new_text,
            changes: &changes,
            points,
            session,
        };
        let numbers = if changes.is_empty() {
            Vec::new()
        } else {
            study.moved()?
        };
        let record = Record { changes, numbers };
        if session.json {
            return session.print_json(&record);
        }
        session.print(&record.text())
    }
}

fn read(path: &Path) -> Result<Source, Failure> {
    let source = Source::read(path)?;
    match source.kind {
        Kind::Scenario => Ok(source),
        Kind::Game => Err(Failure::Usage(format!(
            "{}: `diff` needs scenarios, whose declarations have names",
            source.name
        ))),
    }
}

/// Declarations that say something else.
fn changes(old: &str, new: &str) -> Vec<Change> {
    let (before, after) = (blocks(old), blocks(new));
    let mut out = Vec::new();
    let find = |all: &Blocks, key: &Key| -> Option<Block> {
        all.blocks
            .iter()
            .find(|b| b.key.as_ref() == Some(key))
            .cloned()
    };
    let mut push = |key: &Key, how: Vec<String>, block: &Block| {
        if !how.is_empty() {
            let name = format!("{} {}", block.kind, key.name);
            out.push(Change {
                what: name.trim_end().to_owned(),
                how,
                through: readers(new, &after, key),
                key: key.clone(),
            });
        }
    };
    for block in &after.blocks {
        let Some(key) = &block.key else { continue };
        match find(&before, key) {
            None => push(key, vec!["is new".into()], block),
            Some(was) => push(key, differences((old, &was), (new, block)), block),
        }
    }
    for block in &before.blocks {
        if let Some(key) = &block.key
            && find(&after, key).is_none()
        {
            push(key, vec!["is gone".into()], block);
        }
    }
    let sorted = |keys: Vec<&Key>, set: &str| -> Vec<Key> {
        keys.into_iter().filter(|k| k.set == set).cloned().collect()
    };
    if ["move", "trigger", "end"]
        .iter()
        .any(|set| sorted(sequence(&before, &after), set) != sorted(sequence(&after, &before), set))
    {
        out.push(Change {
            what: "order".into(),
            how: vec!["moves, triggers or ends stand in another order".into()],
            through: Vec::new(),
            key: order(),
        });
    }
    let seen = |text: &str, all: &Blocks| -> Vec<Vec<String>> {
        let lines = all.blocks.iter().filter(|b| b.kind == "observed");
        lines.map(|b| said(&text[b.body()])).collect()
    };
    if seen(old, &before) != seen(new, &after) {
        out.push(Change {
            what: "observed".into(),
            how: reported(&seen(old, &before), &seen(new, &after)),
            through: Vec::new(),
            key: observed(),
        });
    }
    out
}

/// Which reports were added or taken away.
fn reported(before: &[Vec<String>], after: &[Vec<String>]) -> Vec<String> {
    let missing = |from: &[Vec<String>], other: &[Vec<String>], what: &str| -> Vec<String> {
        let lines = from.iter().filter(|line| !other.contains(line));
        lines.map(|l| format!("`{}` {what}", line(l))).collect()
    };
    let mut how = missing(after, before, "is new");
    how.extend(missing(before, after, "is gone"));
    if how.is_empty() {
        how.push("reports stand in another order".to_owned());
    }
    how
}

/// The key that stands for the order of declarations, which counts among moves, triggers and ends.
fn order() -> Key {
    Key {
        set: "order".into(),
        name: String::new(),
    }
}

/// Declarations whose order counts, those that stand in both.
fn sequence<'b>(all: &'b Blocks, other: &Blocks) -> Vec<&'b Key> {
    all.blocks
        .iter()
        .filter(|b| matches!(b.kind.as_str(), "move" | "trigger" | "end"))
        .filter_map(|b| b.key.as_ref())
        .filter(|key| other.blocks.iter().any(|b| b.key.as_ref() == Some(key)))
        .collect()
}

/// The key that stands for all `observed` lines.
fn observed() -> Key {
    Key {
        set: "observed".into(),
        name: String::new(),
    }
}

/// Words of the file in one line, cut where they are many.
fn line(words: &[String]) -> String {
    let text = words.join(" ");
    let text = text
        .replace(" . ", ".")
        .replace(" :", ":")
        .replace(" ,", ",");
    screen::cut(&text, 160)
}

/// What differs between two blocks of one name, property by property.
fn differences((old, was): (&str, &Block), (new, is): (&str, &Block)) -> Vec<String> {
    let mut how = Vec::new();
    let (before, after) = (said(&old[was.head.clone()]), said(&new[is.head.clone()]));
    if before != after {
        how.push(format!("`{}` became `{}`", line(&before), line(&after)));
    }
    let group = |text: &str, block: &Block| {
        let mut out: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
        for property in &block.properties {
            let words = said(&text[property.text.clone()]);
            out.entry(property.key.clone()).or_default().push(words);
        }
        out
    };
    let lines =
        |block: &Block| -> Vec<String> { block.properties.iter().map(|p| p.key.clone()).collect() };
    let (a, b) = (lines(was), lines(is));
    let (mut x, mut y) = (a.clone(), b.clone());
    x.sort();
    y.sort();
    // Of outcome classes the first that holds is taken.
    if is.kind == "outcomes" && a != b && x == y {
        how.push("its classes stand in another order".into());
    }
    let (before, after) = (group(old, was), group(new, is));
    let mut keys: Vec<&String> = before.keys().chain(after.keys()).collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        // Titles and sources move nothing, and are said all the same.
        let words = |of: Option<&Vec<Vec<String>>>| {
            let lines = of.into_iter().flatten().map(|w| line(w));
            lines.collect::<Vec<_>>().join("; ")
        };
        match (before.get(key), after.get(key)) {
            (a, b) if a == b => {}
            (None, b) => how.push(format!("has `{}` now", words(b))),
            (a, None) => how.push(format!("has no `{}` any more", words(a))),
            (a, b) => how.push(format!("`{}` became `{}`", words(a), words(b))),
        }
    }
    how
}

/// Declarations whose text names this one.
fn readers(text: &str, all: &Blocks, key: &Key) -> Vec<String> {
    if key.name.is_empty() {
        return Vec::new();
    }
    let parts: Vec<&str> = key.name.split('.').collect();
    let names = |words: &[String]| match parts.as_slice() {
        [owner, name] => words
            .windows(3)
            .any(|w| w[0] == *owner && w[1] == "." && w[2] == *name),
        _ => words.contains(&key.name),
    };
    let mut out = Vec::new();
    for block in &all.blocks {
        if let Some(other) = &block.key
            && other != key
            && names(&said(&text[block.body()]))
        {
            out.push(
                format!("{} {}", block.kind, other.name)
                    .trim_end()
                    .to_owned(),
            );
        }
    }
    out
}

/// The forecasts that are compared.
struct Study<'a> {
    old: &'a str,
    new: &'a str,
    changes: &'a [Change],
    points: usize,
    session: &'a Session,
}

type Numbers = Vec<(String, f64)>;

impl Study<'_> {
    fn moved(&self) -> Result<Vec<Moved>, Failure> {
        let mut known: BTreeMap<Vec<bool>, Option<Numbers>> = BTreeMap::new();
        let all = vec![true; self.changes.len()];
        let none = vec![false; self.changes.len()];
        let before = self.required(&none, &mut known)?;
        let after = self.required(&all, &mut known)?;
        let count = self.changes.len();
        let orders = orders(count);
        let mut sums = vec![vec![0.0; after.len()]; count];
        for order in &orders {
            let mut on = none.clone();
            let mut last = before.clone();
            for change in order {
                on[*change] = true;
                // A mixture that is no sound scenario stands where the last sound one stood: its
                // contribution goes to the change that makes it sound.
                let now = self
                    .numbers(&on, &mut known)?
                    .unwrap_or_else(|| last.clone());
                for (n, (name, _)) in after.iter().enumerate() {
                    let at = |list: &Numbers| list.iter().find(|(l, _)| l == name).map(|l| l.1);
                    if let (Some(value), Some(was)) = (at(&now), at(&last)) {
                        sums[*change][n] += value - was;
                    }
                }
                last = now;
            }
        }
        Ok(after
            .iter()
            .enumerate()
            .filter_map(|(n, (name, value))| {
                let was = before.iter().find(|(b, _)| b == name)?.1;
                let contributions = sums
                    .iter()
                    .map(|sum| sum[n] / orders.len() as f64)
                    .collect();
                Some(Moved {
                    name: name.clone(),
                    before: was,
                    after: *value,
                    contributions,
                })
            })
            .collect())
    }

    fn required(
        &self,
        on: &[bool],
        known: &mut BTreeMap<Vec<bool>, Option<Numbers>>,
    ) -> Result<Numbers, Failure> {
        self.numbers(on, known)?.ok_or_else(|| {
            Failure::Unsolved("one of the scenarios was not solved as a whole".to_owned())
        })
    }

    /// Classes and questions of the old scenario with some of the changes; `None` where that is no
    /// sound scenario.
    fn numbers(
        &self,
        on: &[bool],
        known: &mut BTreeMap<Vec<bool>, Option<Numbers>>,
    ) -> Result<Option<Numbers>, Failure> {
        if let Some(numbers) = known.get(on) {
            return Ok(numbers.clone());
        }
        self.session.go_on()?;
        let text = self.mixed(on);
        let scenario = climbdown_lang::check(&text).scenario;
        let numbers = match scenario {
            Some(scenario) => self.forecast(&scenario)?,
            None => None,
        };
        known.insert(on.to_vec(), numbers.clone());
        Ok(numbers)
    }

    fn forecast(&self, scenario: &Scenario) -> Result<Option<Numbers>, Failure> {
        use climbdown_engine::analyse::observe;
        let Ok(compiled) = compile(scenario, &compile::Options::default()) else {
            return Ok(None);
        };
        let mut game = compiled.game;
        let options = solve::Options {
            belief_points: self.points,
            stencil: if self.points <= 17 { 17 } else { 16 },
            ..solve::Options::default()
        };
        let observer = self.session.observer();
        let mut solution = solve::solve(&game, &options, &observer)?;
        if !scenario.observed.is_empty() {
            let Ok((standing, _)) = observe::follow(scenario, &game, &solution) else {
                return Ok(None);
            };
            game = observe::remaining(&game, &standing);
            solution = solve::solve(&game, &options, &observer)?;
        }
        let options = forecast::Options {
            spells: false,
            ..forecast::Options::default()
        };
        let f = forecast(&game, &solution, &options, &observer)?;
        let window = game.window as usize;
        let mut out: Numbers = f
            .classes
            .iter()
            .map(|c| (c.name.clone(), c.probability[window]))
            .collect();
        for (question, series) in game.questions.iter().zip(&f.questions) {
            out.push((
                format!("question {}", series.name),
                series.probability[question.by as usize],
            ));
        }
        Ok(Some(out))
    }

    /// The old text with some of the changes made.
    fn mixed(&self, on: &[bool]) -> String {
        if on.iter().all(|o| *o) {
            return self.new.to_owned();
        }
        let (before, after) = (blocks(self.old), blocks(self.new));
        let made = |key: &Key| {
            let at = self.changes.iter().position(|c| c.key == *key);
            at.map(|c| on[c])
        };
        let mut chosen: Vec<(&str, &Block)> = Vec::new();
        let mut add = |text, block| chosen.push((text, block));
        for block in &before.blocks {
            let (key, other) = match &block.key {
                Some(key) => (
                    key.clone(),
                    after.blocks.iter().find(|b| b.key.as_ref() == Some(key)),
                ),
                None => (observed(), None),
            };
            match (made(&key), other) {
                (Some(true), Some(new)) => add(self.new, new),
                (Some(true), None) => {}
                _ => add(self.old, block),
            }
        }
        for block in &after.blocks {
            let (key, known) = match &block.key {
                Some(key) => (
                    key.clone(),
                    before.blocks.iter().any(|b| b.key.as_ref() == Some(key)),
                ),
                None => (observed(), false),
            };
            if !known && made(&key) == Some(true) {
                add(self.new, block);
            }
        }
        if made(&order()) == Some(true) {
            let place = |block: &Block| {
                let at = after.blocks.iter().position(|b| b.key == block.key);
                at.unwrap_or(usize::MAX)
            };
            chosen.sort_by_key(|(_, block)| place(block));
        }
        let mut out = String::new();
        for (text, block) in chosen {
            out.push_str(&text[block.body()]);
            out.push('\n');
        }
        out
    }
}

/// Orders in which changes are introduced.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let plain: Vec<usize> = (0..count).collect();
    if count > ALL_ORDERS {
        return vec![plain.clone(), plain.into_iter().rev().collect()];
    }
    let mut out = vec![Vec::new()];
    for item in plain {
        out = out
            .iter()
            .flat_map(|order: &Vec<usize>| {
                (0..=order.len()).map(move |at| {
                    let mut next = order.clone();
                    next.insert(at, item);
                    next
                })
            })
            .collect();
    }
    out
}

impl Record {
    fn text(&self) -> String {
        if self.changes.is_empty() {
            return "Nothing changed.\n".to_owned();
        }
        let mut out = screen::heading("What changed").trim_start().to_owned();
        for change in &self.changes {
            for how in &change.how {
                out += &screen::wrap(&format!("* {}: {how}", change.what), 2);
            }
            if !change.through.is_empty() {
                out += &screen::wrap(&format!("works through {}", change.through.join(", ")), 4);
            }
        }
        out += &screen::heading("What moved");
        let moved = |n: &&Moved| (n.after - n.before).abs() >= 5e-5;
        if !self.numbers.iter().any(|n| moved(&n)) {
            return out + "Nothing: every reported number is the same to 0.01 %.\n";
        }
        let mut table = Table::new(["", "before", "now", "change"]);
        for n in &self.numbers {
            table.row([
                n.name.clone(),
                tables::percent(n.before),
                tables::percent(n.after),
                points(n.after - n.before),
            ]);
        }
        out += &screen::table(&table);
        out += &screen::heading("Which change moved it, in percentage points");
        let by = |n: &Moved| (n.after - n.before).abs();
        let mut most: Vec<usize> = (0..self.numbers.len())
            .filter(|k| moved(&&self.numbers[*k]))
            .collect();
        let all = most.len();
        most.sort_by(|a, b| by(&self.numbers[*b]).total_cmp(&by(&self.numbers[*a])));
        most.truncate(SHOWN);
        most.sort_unstable();
        let shown: Vec<&Moved> = most.iter().map(|k| &self.numbers[*k]).collect();
        let head = std::iter::once(String::new()).chain(shown.iter().map(|n| n.name.clone()));
        let mut table = Table::new(head);
        for (c, change) in self.changes.iter().enumerate() {
            let cells = shown.iter().map(|n| points(n.contributions[c]));
            table.row(std::iter::once(change.what.clone()).chain(cells));
        }
        out += &screen::table(&table);
        if all > SHOWN {
            let text =
                format!("The {SHOWN} of {all} numbers that moved most; --json has them all.");
            out += &screen::wrap(&text, 2);
        }
        out
    }
}

/// Numbers whose change is told apart on the screen, at most.
const SHOWN: usize = 4;

/// A change of a probability in percentage points.
fn points(x: f64) -> String {
    format!("{:+.2}", 100.0 * x)
}
