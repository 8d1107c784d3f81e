//! Formatting: stable, and without effect on meaning.

mod shipped;

use climbdown_lang::{Checked, Options, check, format};
use proptest::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [
        root.join("tests/pass"),
        root.join("tests/fail"),
        shipped::FOLDER.into(),
    ];
    let files = folders.iter().flat_map(|folder| shipped::below(folder));
    // Some of the wrong ones are no text.
    files
        .filter_map(|path| fs::read_to_string(&path).ok().map(|text| (path, text)))
        .collect()
}

/// What a text means: the checked scenario without places, or the codes and messages of its findings.
fn meaning(text: &str) -> serde_json::Value {
    means(check(text))
}

fn means(checked: Checked) -> serde_json::Value {
    fn without_spans(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Object(map) => {
                map.remove("span");
                map.values_mut().for_each(without_spans);
            }
            serde_json::Value::Array(list) => list.iter_mut().for_each(without_spans),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(&checked.scenario).expect("scenarios serialise");
    without_spans(&mut value);
    let mut found: Vec<String> = checked
        .diagnostics
        .iter()
        .map(|d| format!("{} {}", d.code, d.message))
        .collect();
    found.sort();
    serde_json::json!({ "scenario": value, "findings": found })
}

#[test]
fn formatting_is_stable_and_keeps_the_meaning() {
    let mut count = 0;
    for (path, text) in sources() {
        let Ok(once) = format(&text) else { continue };
        count += 1;
        // Of a file that extends another, its own text is laid out and both together are understood.
        let meaning_of =
            |text: &str| means(shipped::resolved(&path, text).check(Options::default()));
        assert_eq!(
            format(&once).as_ref(),
            Ok(&once),
            "{} is not stable",
            path.display()
        );
        assert_eq!(
            meaning_of(&text),
            meaning_of(&once),
            "{} changes its meaning",
            path.display()
        );
    }
    assert!(count > 50, "only {count} files could be formatted");
}

#[test]
fn shown_layout() {
    let text = include_str!("pass/everything.crisis");
    assert_eq!(
        format(text).as_deref(),
        Ok(text),
        "the reference scenario is formatted"
    );
}

/// The text of a scenario with its layout disturbed where it means nothing.
fn disturbed(text: &str, choices: &[u8]) -> String {
    let mut choice = choices.iter().copied().cycle();
    let mut next = move || choice.next().unwrap_or(0);
    let mut out = String::new();
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        let (mut code, comment) = match line.find('#') {
            Some(at) if !line[..at].contains('"') => (line[..at].trim(), &line[at..]),
            _ => (line.trim(), ""),
        };
        if next().is_multiple_of(16) {
            out.push('\n');
        }
        if next().is_multiple_of(16) {
            out.push_str("   # a comment\n");
        }
        out.push_str(&" ".repeat(indent * 2));
        // More blanks where there is one, outside strings; parentheses may break lines.
        let mut quoted = false;
        while let Some(c) = code.chars().next() {
            code = &code[c.len_utf8()..];
            quoted ^= c == '"';
            match (c, quoted) {
                (' ', false) if next().is_multiple_of(3) => out.push_str("   "),
                _ => out.push(c),
            }
        }
        if next().is_multiple_of(8) && !line.is_empty() && comment.is_empty() {
            out.push_str(" # behind");
        }
        out.push_str(comment);
        out.push_str(if next().is_multiple_of(32) {
            "\r\n"
        } else {
            "\n"
        });
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn layout_means_nothing(choices in prop::collection::vec(any::<u8>(), 1..97)) {
        let text = include_str!("pass/everything.crisis");
        let other = disturbed(text, &choices);
        prop_assert_eq!(meaning(text), meaning(&other), "{}", other);
        let once = format(&other).map_err(|d| TestCaseError::fail(format!("{d:?}\n{other}")))?;
        let twice = format(&once);
        prop_assert_eq!(twice.as_ref(), Ok(&once));
        prop_assert_eq!(meaning(text), meaning(&once));
    }
}
