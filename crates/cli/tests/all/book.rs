//! The documentation as a book: every page is in `docs/SUMMARY.md`, and every link leads somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::canonicalize(root).expect("the project")
}

/// Every Markdown file below a directory.
fn pages(directory: &Path, out: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            pages(&path, out);
        } else if path.extension().is_some_and(|e| e == "md") {
            out.insert(path);
        }
    }
}

/// Targets of links and pictures, outside of code.
fn links(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            code = !code;
        }
        if code || line.starts_with("    ") {
            continue;
        }
        // Every second piece stands between backticks.
        let plain: String = line.split('`').step_by(2).collect::<Vec<_>>().join("code");
        for (at, _) in plain.match_indices("](") {
            let rest = &plain[at + 2..];
            if let Some(end) = rest.find(')') {
                out.push(rest[..end].to_owned());
            }
        }
    }
    out
}

/// The anchor of a heading, as renderers make it.
fn anchor(heading: &str) -> String {
    let words = heading.trim().to_lowercase();
    let kept = words
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().replace(' ', "-")
}

fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|l| l.starts_with('#'));
    headings
        .map(|l| anchor(l.trim_start_matches('#')))
        .collect()
}

#[test]
fn every_page_is_in_the_summary_once() {
    let docs = root().join("docs");
    let mut all = BTreeSet::new();
    pages(&docs, &mut all);
    let summary = docs.join("SUMMARY.md");
    assert!(all.remove(&summary));
    let listed = links(&fs::read_to_string(&summary).expect("a summary"));
    let listed: Vec<PathBuf> = listed.iter().map(|l| docs.join(l)).collect();
    for page in &all {
        let times = listed.iter().filter(|l| *l == page).count();
        assert_eq!(times, 1, "{} in the summary", page.display());
    }
    assert_eq!(listed.len(), all.len());
}

#[test]
fn every_relative_link_leads_to_a_file_and_a_heading() {
    let root = root();
    let mut all = BTreeSet::new();
    pages(&root.join("docs"), &mut all);
    for name in ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"] {
        all.insert(root.join(name));
    }
    let mut followed = 0;
    for page in &all {
        let text = fs::read_to_string(page).expect("a page");
        for link in links(&text) {
            if link.contains("://") {
                continue;
            }
            let (file, place) = link.split_once('#').unwrap_or((link.as_str(), ""));
            let target = match file {
                "" => page.clone(),
                file => page.parent().expect("a directory").join(file),
            };
            assert!(
                target.exists(),
                "{}: {link} leads to nothing",
                page.display()
            );
            if !place.is_empty() {
                let there = anchors(&fs::read_to_string(&target).expect("a page"));
                assert!(
                    there.iter().any(|a| a == place),
                    "{}: {link} has no such heading among {there:?}",
                    page.display()
                );
            }
            followed += 1;
        }
    }
    assert!(followed > 50, "{followed} links");
}

#[test]
fn links_are_found_outside_of_code_only() {
    let text = "a [b](c.md#d) `[x](y)` ![p](q.png)\n```\n[n](o)\n```\n    [i](j)\n";
    assert_eq!(links(text), ["c.md#d", "q.png"]);
    assert_eq!(anchor(" Words of probability"), "words-of-probability");
    assert_eq!(anchor("`run`, and more"), "run-and-more");
}
