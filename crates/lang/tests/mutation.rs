//! No slip of the pen goes unnoticed: each token of a scenario is changed, dropped or doubled, and
//! the mutant must give a finding that touches its line, or another checked scenario, or stand in
//! the reviewed list of changes that mean nothing.

mod shipped;

use climbdown_lang::scenario::Scenario;
use climbdown_lang::syntax::lexer::{TokenKind, lex, number_value};
use climbdown_lang::{Options, located_in};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Mutants drawn in the test command.
const DRAWN: usize = 2_000;

/// Changes that mean nothing, each looked at: (operation, token, what comes in its place, what its line
/// starts with). They count only where the checked scenario is the same.
const NEUTRAL: [(&str, &str, &str, &str); 6] = [
    // `outcome:` is an outcome of probability 1.
    ("drop", "1", "", "outcome 1:"),
    // Where a round is one week.
    ("swap", "week", "rounds", "payoff per week"),
    ("swap", "month", "rounds", "payoff per month"),
    // One reads as well as the other.
    ("swap", "rounds", "round", "outcomes within"),
    // The only level that is left.
    (
        "swap",
        "calm",
        "otherwise",
        "calm: 0.2 if both, 0 if only_ann",
    ),
    // `number(rung.war)` and `(rung.war)` are both the position of that level.
    (
        "drop",
        "number",
        "",
        "ladder: -(number(rung) / number(rung.war)) ^ 2",
    ),
];

fn scenarios() -> Vec<(PathBuf, String)> {
    let pass = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pass");
    let all = [
        shipped::below(Path::new(shipped::FOLDER)),
        shipped::below(&pass),
    ]
    .concat();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("scenarios are text");
        (path, text)
    };
    all.into_iter().map(read).collect()
}

/// A seeded sequence (SplitMix64), so that every run draws the same mutants.
struct Draws(u64);

impl Draws {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ (x >> 31)) % bound as u64) as usize
    }
}

/// The meaning of a scenario: everything but the places.
fn meaning(scenario: &Scenario) -> String {
    let mut value = serde_json::to_value(scenario).expect("scenarios serialise");
    fn strip(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Object(map) => {
                map.remove("span");
                map.values_mut().for_each(strip);
            }
            serde_json::Value::Array(list) => list.iter_mut().for_each(strip),
            _ => {}
        }
    }
    strip(&mut value);
    value.to_string()
}

const OPERATIONS: [&str; 4] = ["slip", "swap", "drop", "double"];

struct Subject {
    path: PathBuf,
    text: String,
    tokens: Vec<(TokenKind, std::ops::Range<usize>)>,
    meaning: String,
}

impl Subject {
    fn new(path: PathBuf, text: String) -> Self {
        let tokens = lex(&text)
            .tokens
            .iter()
            .map(|t| (t.kind, t.span.start as usize..t.span.end as usize))
            .collect();
        let checked = shipped::resolved(&path, &text).check(Options::default());
        let scenario = checked.scenario.as_ref();
        let meaning = meaning(
            scenario.unwrap_or_else(|| panic!("{}: {:#?}", path.display(), checked.diagnostics)),
        );
        Self {
            path,
            text,
            tokens,
            meaning,
        }
    }

    /// What replaces token `at` under an operation, if the operation applies.
    fn replacement(&self, at: usize, operation: &str, draws: &mut Draws) -> Option<String> {
        let (kind, range) = &self.tokens[at];
        let old = &self.text[range.clone()];
        Some(match operation {
            "drop" => String::new(),
            "double" => format!("{old} {old}"),
            "slip" => match kind {
                TokenKind::Name => {
                    let place = 1 + draws.below(old.len());
                    format!("{}x{}", &old[..place], &old[place..])
                }
                TokenKind::Number => format!("1{old}"),
                TokenKind::Text => format!("{}x\"", &old[..old.len() - 1]),
                _ => return None,
            },
            // Another token of the same sort, from anywhere in the file.
            _ => {
                let sort = |k: TokenKind| match k {
                    TokenKind::Name | TokenKind::Number | TokenKind::Text | TokenKind::Date => {
                        k as u8
                    }
                    _ => u8::MAX,
                };
                let others: Vec<&str> = self
                    .tokens
                    .iter()
                    .filter(|(k, _)| sort(*k) == sort(*kind))
                    .map(|(_, r)| &self.text[r.clone()])
                    .filter(|other| *other != old && number_value(other) != number_value(old))
                    .collect();
                if others.is_empty() {
                    return None;
                }
                others[draws.below(others.len())].to_owned()
            }
        })
    }

    /// What is wrong with how a mutant is received; `None` when it is noticed.
    fn unnoticed(&self, at: usize, operation: &str, new: &str) -> Option<String> {
        let range = self.tokens[at].1.clone();
        let old = &self.text[range.clone()];
        let mut mutant = self.text.clone();
        // A dropped word goes with the blank behind it, or the indentation would change too.
        let blank = usize::from(new.is_empty() && self.text[range.end..].starts_with(' '));
        mutant.replace_range(range.start..range.end + blank, new);
        let resolved = shipped::resolved(&self.path, &mutant);
        let checked = resolved.check(Options::default());
        let line = 1 + self.text[..range.start].matches('\n').count();
        // When a line vanishes, what is said of its neighbours is said of it.
        let alone = self
            .text
            .lines()
            .nth(line - 1)
            .is_some_and(|l| l.trim() == old)
            && new.is_empty();
        let reach = usize::from(alone);
        let own = self.path.to_string_lossy();
        let touched = located_in(&checked.diagnostics, &resolved.sources)
            .iter()
            .flat_map(|l| std::iter::once(l.place.clone()).chain(l.related_places.iter().cloned()))
            .filter(|place| place.file == own)
            .any(|place| place.line <= line + reach && line <= place.end_line + reach);
        if touched {
            return None;
        }
        let same = checked
            .scenario
            .as_ref()
            .map(|s| meaning(s) == self.meaning);
        let whole = self.text.lines().nth(line - 1).unwrap_or("").trim();
        let neutral = NEUTRAL.iter().any(|(op, token, other, start)| {
            (*op, *token, *other) == (operation, old, new) && whole.starts_with(start)
        });
        match same {
            Some(false) => return None,
            Some(true) if neutral => return None,
            _ => {}
        }
        let fate = match (&checked.scenario, checked.diagnostics.first()) {
            (Some(_), None) => "means the same".to_owned(),
            (Some(_), Some(d)) => format!("means the same, with {} elsewhere", d.code),
            (None, d) => format!(
                "is reported elsewhere only: {:?}",
                d.map(|d| (d.code, &d.message))
            ),
        };
        Some(format!(
            "{}:{line}: {operation} `{old}` → `{new}` in `{whole}` {fate}",
            self.path.display()
        ))
    }
}

#[test]
fn drawn_mutants_are_noticed() {
    let subjects: Vec<Subject> = scenarios()
        .into_iter()
        .map(|(p, t)| Subject::new(p, t))
        .collect();
    let mut draws = Draws(20_260_511);
    let mut unnoticed = Vec::new();
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    while count.values().sum::<usize>() < DRAWN {
        // Every file gets its share, however small it is.
        let subject = &subjects[draws.below(subjects.len())];
        let at = draws.below(subject.tokens.len());
        let operation = OPERATIONS[draws.below(OPERATIONS.len())];
        let Some(new) = subject.replacement(at, operation, &mut draws) else {
            continue;
        };
        *count.entry(operation).or_default() += 1;
        unnoticed.extend(subject.unnoticed(at, operation, &new));
    }
    assert!(
        unnoticed.is_empty(),
        "{} of {count:?} unnoticed:\n{}",
        unnoticed.len(),
        unnoticed.join("\n")
    );
}

/// All mutants of every file; minutes, so only on demand.
#[test]
#[ignore = "takes minutes; run with --ignored after changes to the language"]
fn all_mutants_are_noticed() {
    let mut draws = Draws(1);
    let mut unnoticed = Vec::new();
    let mut count = 0;
    for (path, text) in scenarios() {
        let subject = Subject::new(path, text);
        for at in 0..subject.tokens.len() {
            for operation in OPERATIONS {
                let Some(new) = subject.replacement(at, operation, &mut draws) else {
                    continue;
                };
                count += 1;
                unnoticed.extend(subject.unnoticed(at, operation, &new));
            }
        }
    }
    assert!(
        unnoticed.is_empty(),
        "{} of {count} unnoticed:\n{}",
        unnoticed.len(),
        unnoticed.join("\n")
    );
}
