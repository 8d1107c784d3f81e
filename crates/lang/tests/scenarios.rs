//! Every shipped scenario, and the file that uses every construct, checks without a finding.

mod shipped;

use climbdown_lang::{Options, Severity, check, check_with};
use std::path::Path;

#[test]
fn scenarios_check() {
    let pass = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pass");
    let all = [
        shipped::below(Path::new(shipped::FOLDER)),
        shipped::below(&pass),
    ]
    .concat();
    assert!(all.len() > 20, "{all:?}");
    for path in all {
        let checked = check(&shipped::whole(&path));
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
