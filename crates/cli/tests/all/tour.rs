//! `docs/tour.md` is run: each `$ command` in a block marked `console` is executed in one empty
//! directory, in order, and what it prints on either stream must be what the page shows. `...` alone on a
//! line stands for any lines, `[..]` within a line for any text. Blocks of other kinds are not run.
#![cfg(unix)]

use crate::support;

use std::path::Path;
use std::process::Command;
use support::directory;

/// One command with what the page says that it prints.
struct Step {
    command: String,
    expected: Vec<String>,
}

fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match line.strip_prefix("```") {
            Some(kind) => inside = kind == "console",
            None if !inside => {}
            None => match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => steps.push(Step {
                    command: command.to_owned(),
                    expected: Vec::new(),
                }),
                (None, Some(step)) => step.expected.push(line.to_owned()),
                (None, None) => panic!("`{line}` stands before any command"),
            },
        }
    }
    steps
}

/// Does a line match, where `[..]` stands for anything?
fn line_matches(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.split("[..]");
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let mut open = false;
    for part in parts {
        open = true;
        match rest.find(part) {
            _ if part.is_empty() => {}
            Some(at) => {
                rest = &rest[at + part.len()..];
                open = false;
            }
            None => return false,
        }
    }
    open || rest.is_empty()
}

fn matches(pattern: &[String], lines: &[&str]) -> bool {
    match pattern.split_first() {
        None => lines.is_empty(),
        Some((first, rest)) if first == "..." => {
            (0..=lines.len()).any(|k| matches(rest, &lines[k..]))
        }
        Some((first, rest)) => lines
            .split_first()
            .is_some_and(|(line, more)| line_matches(first, line) && matches(rest, more)),
    }
}

fn trimmed(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    while lines.last().is_some_and(|l| l.is_empty()) {
        lines.pop();
    }
    lines
}

#[test]
fn the_tour_prints_what_the_page_shows() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/tour.md");
    let page = std::fs::read_to_string(page).expect("docs/tour.md");
    let steps = steps(&page);
    let program = Path::new(env!("CARGO_BIN_EXE_climbdown"));
    let place = program.parent().expect("a directory").display();
    let path = format!("{place}:{}", std::env::var("PATH").unwrap_or_default());
    let d = directory();
    for step in &steps {
        let output = Command::new("sh")
            .args(["-c", &format!("{{ {}; }} 2>&1", step.command)])
            .current_dir(d.path())
            .env("PATH", &path)
            .env_remove("NO_COLOR")
            .output()
            .expect("runs");
        let printed = String::from_utf8(output.stdout).expect("UTF-8");
        let expected = step.expected.join("\n");
        let expected: Vec<String> = trimmed(&expected).into_iter().map(str::to_owned).collect();
        assert!(
            matches(&expected, &trimmed(&printed)),
            "`{}` printed\n{printed}\nwhere docs/tour.md has\n{}",
            step.command,
            expected.join("\n")
        );
        // Findings quote the file, whatever its width.
        let wide = printed.lines().find(|l| l.chars().count() > 80);
        let wide = wide.filter(|_| output.status.success());
        assert_eq!(wide, None, "`{}` is too wide", step.command);
    }
    let run: Vec<&str> = steps
        .iter()
        .filter_map(|s| s.command.strip_prefix("climbdown "))
        .filter_map(|c| c.split(' ').next())
        .collect();
    for command in [
        "new",
        "check",
        "run",
        "diff",
        "why",
        "compare",
        "watch",
        "observe",
        "report",
        "reproduce",
    ] {
        assert!(run.contains(&command), "the tour leaves {command} out");
    }
}

#[test]
fn elisions_match_what_they_should_and_nothing_else() {
    let own = |lines: &[&str]| lines.iter().map(|l| (*l).to_owned()).collect::<Vec<_>>();
    assert!(matches(&own(&["a", "...", "z"]), &["a", "b", "c", "z"]));
    assert!(matches(&own(&["a", "...", "z"]), &["a", "z"]));
    assert!(!matches(&own(&["a", "...", "z"]), &["a", "b"]));
    assert!(!matches(&own(&["a"]), &["a", "b"]));
    assert!(line_matches("in [..] s", "in 3.2 s") && line_matches("in [..]", "in 3"));
    assert!(!line_matches("in [..] s", "in 3.2 s now") && !line_matches("in", "in 3"));
}
