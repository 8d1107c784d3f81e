//! Every code has a file that produces it, an entry in the documentation, and a rendering that was
//! looked at; every fix mends what it promises to mend.

use climbdown_lang::{Checked, Diagnostic, Options, Severity, check_bytes, located, render};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(bytes: &[u8]) -> Checked {
    check_bytes(bytes, Options { pedantic: false })
}

/// The files of tests/fail, with the code that each is named after.
fn failing() -> Vec<(PathBuf, String, Vec<u8>)> {
    let mut out: Vec<_> = fs::read_dir(root().join("tests/fail"))
        .expect("the folder exists")
        .map(|entry| entry.expect("it is readable").path())
        .filter(|path| path.extension().is_some_and(|e| e == "crisis"))
        .map(|path| {
            let stem = path
                .file_stem()
                .expect("it has a name")
                .to_string_lossy()
                .into_owned();
            let bytes = fs::read(&path).expect("it is readable");
            (path, stem, bytes)
        })
        .collect();
    out.sort();
    out
}

fn findings(stem: &str, bytes: &[u8]) -> Vec<Diagnostic> {
    check_bytes(
        bytes,
        Options {
            pedantic: stem.starts_with("W0601"),
        },
    )
    .diagnostics
}

/// Codes of findings that only generated, huge sources produce (see `bounds.rs`), or several files
/// (see `extends.rs`).
const GENERATED: [&str; 7] = [
    "E0002", "E0009", "E0012", "E0431", "E0432", "E0433", "E0434",
];

#[test]
fn each_file_produces_its_code_as_shown() {
    let mut wrong = Vec::new();
    for (_, stem, bytes) in failing() {
        let found = findings(&stem, &bytes);
        let code = &stem[..5];
        if code.starts_with(['E', 'W']) {
            if !found.iter().any(|d| d.code == code) {
                wrong.push(format!("{stem} does not produce its code"));
            }
            if found
                .iter()
                .any(|d| d.code != code && d.severity == Severity::Error)
            {
                wrong.push(format!("{stem} has other errors too"));
            }
        }
        for d in &found {
            assert!(
                !d.label.is_empty(),
                "{stem}: {} does not say what was expected",
                d.code
            );
            assert!(!d.message.is_empty());
        }
        let text = String::from_utf8_lossy(&bytes);
        insta::assert_snapshot!(
            stem.clone(),
            render(&found, &text, &format!("{stem}.crisis"), false)
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_fix_mends() {
    let mut fixes = 0;
    for (_, stem, bytes) in failing() {
        let Ok(text) = std::str::from_utf8(&bytes) else {
            continue;
        };
        let before = findings(&stem, &bytes);
        for d in &before {
            let Some(fix) = &d.fix else { continue };
            fixes += 1;
            let mut mended = text.to_owned();
            mended.replace_range(
                fix.span.start as usize..fix.span.end as usize,
                &fix.replacement,
            );
            let after = findings(&stem, mended.as_bytes());
            let count = |list: &[Diagnostic]| {
                list.iter()
                    .filter(|x| x.code == d.code && x.message == d.message)
                    .count()
            };
            assert!(
                count(&after) < count(&before),
                "{stem}: the fix of {d:#?} leaves it: {after:#?}"
            );
        }
    }
    assert!(fixes >= 25, "only {fixes} fixes");
}

fn codes_in_source() -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("sources are readable") {
            let path = entry.expect("sources are readable").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).expect("sources are readable");
            for piece in text.split('"').skip(1).step_by(1) {
                let is_code = piece.len() == 5
                    && piece.starts_with(['E', 'W'])
                    && piece[1..].bytes().all(|b| b.is_ascii_digit());
                if is_code {
                    out.insert(piece.to_owned());
                }
            }
        }
    }
    out
}

#[test]
fn codes_files_and_documentation_agree() {
    let source = codes_in_source();
    assert!(source.len() > 60);
    let files: BTreeSet<String> = failing()
        .into_iter()
        .map(|(_, stem, _)| stem[..5].to_owned())
        .filter(|code| code.starts_with(['E', 'W']))
        .chain(GENERATED.map(str::to_owned))
        .collect();
    assert_eq!(source, files, "codes of the source and codes of tests/fail");
    let page = fs::read_to_string(root().join("../../docs/diagnostics.md"))
        .expect("docs/diagnostics.md is there");
    let documented: BTreeSet<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|line| line.get(..5))
        .map(str::to_owned)
        .collect();
    assert_eq!(
        source, documented,
        "codes of the source and codes of docs/diagnostics.md"
    );
}

#[test]
fn mistakes_do_not_hide_each_other() {
    let bytes = fs::read(root().join("tests/fail/many-mistakes.crisis")).expect("it is readable");
    let lines: BTreeSet<usize> = located(
        &read(&bytes).diagnostics,
        std::str::from_utf8(&bytes).expect("it is text"),
    )
    .iter()
    .filter(|l| l.diagnostic.severity == Severity::Error)
    .map(|l| l.place.line)
    .collect();
    // Each of these lines holds a mistake of its own.
    let wanted = [
        3, 4, 5, 6, 8, 9, 10, 11, 12, 16, 18, 20, 21, 22, 24, 25, 26, 27, 30, 31, 32, 33, 34, 35,
        38,
    ];
    for line in wanted {
        assert!(
            lines.contains(&line),
            "line {line} has a mistake that is not reported: {lines:?}"
        );
    }
}

#[test]
fn findings_serialise_with_places() {
    let text = "scenario \"x\"\n  horizon 3 rounds\n  ordr us\n";
    let found = read(text.as_bytes()).diagnostics;
    let json = serde_json::to_value(located(&found, text)).expect("findings serialise");
    let unknown = json
        .as_array()
        .and_then(|list| list.iter().find(|d| d["code"] == "E0104"))
        .expect("it is found");
    assert_eq!(unknown["place"]["line"], 3);
    assert_eq!(unknown["place"]["column"], 3);
    assert_eq!(unknown["severity"], "error");
    assert_eq!(unknown["fix"]["replacement"], "order");
}

#[test]
fn colour_is_optional() {
    let text = "scenario x";
    let found = read(text.as_bytes()).diagnostics;
    assert!(render(&found, text, "x.crisis", true).contains('\u{1b}'));
    assert!(!render(&found, text, "x.crisis", false).contains('\u{1b}'));
    assert!(
        render(&found, "", "x.crisis", false).contains("E0105"),
        "an unreadable source is rendered too"
    );
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let text = "scenario \"a\u{1b}[31mb\" \u{1b}[32mx\n  horizon\u{a0}3 rounds\n  ord\u{7}er us\n";
    let shown = render(&read(text.as_bytes()).diagnostics, text, "x.crisis", false);
    assert!(
        shown.chars().all(|c| c == '\n' || !c.is_control()),
        "{shown:?}"
    );
    assert!(shown.contains("unexpected blank"));
}
