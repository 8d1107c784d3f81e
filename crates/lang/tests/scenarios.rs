//! Every shipped scenario, and the file that uses every construct, checks without a finding.

use climbdown_lang::{Options, Severity, check, check_with};
use std::path::{Path, PathBuf};

fn scenarios() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("tests/pass"), root.join("../../scenarios")];
    let mut out = Vec::new();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else {
            continue;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "crisis") {
                out.push(path);
            }
        }
    }
    out.sort();
    out
}

#[test]
fn scenarios_check() {
    let all = scenarios();
    assert!(!all.is_empty());
    for path in all {
        let text = std::fs::read_to_string(&path).expect("scenarios are readable");
        let checked = check(&text);
        let errors: Vec<_> = checked
            .diagnostics
            .iter()
            .filter(|d| d.severity == Severity::Error)
            .collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
        assert!(checked.scenario.is_some());
    }
}

#[test]
fn pedantic_findings_are_asked_for() {
    let text = include_str!("pass/everything.crisis");
    assert_eq!(check(text).diagnostics, []);
    let pedantic = check_with(text, Options { pedantic: true }).diagnostics;
    assert!(pedantic.iter().all(|d| d.code == "W0601"), "{pedantic:#?}");
    assert!(!pedantic.is_empty());
}
