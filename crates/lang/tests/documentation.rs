//! Every example of docs/language.md is checked, and its table of functions is what the code says.

use climbdown_lang::library::{Function, Quantity};
use climbdown_lang::{Severity, check, format, render};
use std::path::{Path, PathBuf};

fn page_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/language.md")
}

fn page() -> String {
    std::fs::read_to_string(page_path()).expect("docs/language.md is there")
}

/// Fenced blocks of the page: (line, tag, text).
fn blocks(page: &str) -> Vec<(usize, String, String)> {
    let mut out = Vec::new();
    let mut open: Option<(usize, String, String)> = None;
    for (number, line) in page.lines().enumerate() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(tag), None) => open = Some((number + 1, tag.to_owned(), String::new())),
            (Some(_), Some(_)) => out.extend(open.take()),
            (None, Some((_, _, text))) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    out
}

/// Checks an example that extends the text `base`.
fn extending(text: &str, base: &str) -> climbdown_lang::Checked {
    struct Base<'a>(&'a str);
    impl climbdown_lang::Loader for Base<'_> {
        fn load(&mut self, _: &str, path: &str) -> Result<climbdown_lang::Loaded, String> {
            Ok(file(path, self.0))
        }
    }
    fn file(name: &str, text: &str) -> climbdown_lang::Loaded {
        climbdown_lang::Loaded {
            name: name.into(),
            identity: name.into(),
            bytes: text.as_bytes().to_vec(),
        }
    }
    let resolved = climbdown_lang::resolve(file("language.md", text), &mut Base(base));
    resolved.check(climbdown_lang::Options::default())
}

#[test]
fn examples_check() {
    let page = page();
    let blocks = blocks(&page);
    let first = blocks
        .iter()
        .find(|(_, tag, _)| tag == "crisis")
        .expect("there is a whole scenario");
    let (mut whole, mut fragments) = (0, 0);
    for (line, tag, text) in &blocks {
        if tag == "crisis-extends" {
            let checked = extending(text, &first.2);
            assert!(
                checked.scenario.is_some() && checked.diagnostics.is_empty(),
                "line {line}"
            );
            assert_eq!(format(text).as_ref(), Ok(text));
            continue;
        }
        let source = match tag.as_str() {
            "crisis" => {
                whole += 1;
                text.clone()
            }
            "crisis-fragment" => {
                fragments += 1;
                format!("{}\n{text}", first.2)
            }
            other => {
                panic!("line {line}: a block marked {other:?} is no example that can be checked")
            }
        };
        let checked = check(&source);
        // `israel` is there to be warned of.
        let wrong: Vec<_> = checked
            .diagnostics
            .iter()
            .filter(|d| d.severity == Severity::Error || d.code != "W0506")
            .cloned()
            .collect();
        assert!(
            wrong.is_empty(),
            "the example of line {line}:\n{}",
            render(&wrong, &source, "language.md", false)
        );
        assert!(checked.scenario.is_some());
        if std::env::var_os("UPDATE_DOCS").is_none() {
            let canonical = format(text);
            assert_eq!(
                canonical.as_ref(),
                Ok(text),
                "the example of line {line} is not in canonical layout"
            );
        }
    }
    assert!(
        whole >= 2 && fragments >= 8,
        "{whole} scenarios, {fragments} fragments"
    );
    // Blocks by indentation would escape this test.
    assert!(
        !page
            .lines()
            .any(|line| line.starts_with("    ") && !blocks.iter().any(|b| b.2.contains(line)))
    );
}

fn quantity(q: Quantity) -> String {
    match q {
        Quantity::Plain => "plain".into(),
        Quantity::Any => "any unit U".into(),
        Quantity::Root => "√U".into(),
        Quantity::Time => "time".into(),
        Quantity::PerTime => "per time".into(),
        Quantity::AnyPerTime => "U/time".into(),
        Quantity::Unit(word) => word.into(),
        Quantity::UnitPerTime(word) => format!("{word}/time"),
    }
}

/// The rows of the table of functions.
fn table() -> String {
    let mut out = String::new();
    for function in Function::ALL {
        let s = function.signature();
        if s.source == "arithmetic" {
            continue;
        }
        let names: Vec<&str> = s.arguments.iter().map(|(name, _)| *name).collect();
        let units: Vec<String> = s.arguments.iter().map(|(_, q)| quantity(*q)).collect();
        out.push_str(&format!(
            "| `{}({})` | {} | {} | {} | {} |\n",
            s.name,
            names.join(", "),
            units.join(", "),
            quantity(s.result),
            s.text,
            s.source
        ));
    }
    out
}

/// Run with `UPDATE_DOCS=1` to write the table anew and the examples in canonical layout.
#[test]
fn functions_are_documented() {
    let page = page();
    let head =
        "<!-- functions -->\n| function | of | gives | value | source |\n|---|---|---|---|---|\n";
    let start = page
        .find(head)
        .expect("the page has the table of functions")
        + head.len();
    let end = start + page[start..].find("<!-- end -->").expect("the table ends");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let mut new = format!("{}{}{}", &page[..start], table(), &page[end..]);
        for (_, _, text) in blocks(&page) {
            new = new.replace(&text, &format(&text).expect("examples can be read"));
        }
        std::fs::write(page_path(), new).expect("the page can be written");
        return;
    }
    assert_eq!(
        &page[start..end],
        table(),
        "the table is not what the code says: run with UPDATE_DOCS=1"
    );
}
