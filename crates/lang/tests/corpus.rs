//! Replays the saved inputs of the fuzz targets, with what the targets assert.

use climbdown_lang::{Options, check_bytes, format, located, render, syntax};
use std::fs;
use std::path::{Path, PathBuf};

fn inputs(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let mut out: Vec<_> = fs::read_dir(&folder)
        .expect("the corpus is there")
        .map(|entry| entry.expect("it is readable").path())
        .map(|path| (path.clone(), fs::read(&path).expect("it is readable")))
        .collect();
    out.sort();
    assert!(
        out.len() > 20,
        "{} holds only {} inputs",
        folder.display(),
        out.len()
    );
    out
}

#[test]
fn parse() {
    for (path, bytes) in inputs("parse") {
        let Ok(text) = std::str::from_utf8(&bytes) else {
            continue;
        };
        for d in &syntax::parse(text).diagnostics {
            assert!(!d.label.is_empty(), "{}: {d:?}", path.display());
            assert!(
                d.span.end as usize <= text.len(),
                "{}: {d:?}",
                path.display()
            );
        }
        if let Ok(once) = format(text) {
            assert_eq!(format(&once).as_ref(), Ok(&once), "{}", path.display());
        }
    }
}

#[test]
fn check() {
    for (path, bytes) in inputs("check") {
        let checked = check_bytes(&bytes, Options { pedantic: true });
        assert!(
            checked.scenario.is_some() || !checked.diagnostics.is_empty(),
            "{}",
            path.display()
        );
        let text = String::from_utf8_lossy(&bytes);
        let shown = render(&checked.diagnostics, &text, "fuzz.crisis", false);
        assert_eq!(
            shown.is_empty(),
            checked.diagnostics.is_empty(),
            "{}",
            path.display()
        );
        assert_eq!(
            located(&checked.diagnostics, &text).len(),
            checked.diagnostics.len()
        );
        if let Ok(Ok(once)) = std::str::from_utf8(&bytes).map(format) {
            let again = check_bytes(once.as_bytes(), Options { pedantic: true });
            assert_eq!(
                checked.scenario.is_some(),
                again.scenario.is_some(),
                "{}",
                path.display()
            );
        }
    }
}
