//! What holds for every command: `--quiet`, `--json`, `NO_COLOR`, completions and man pages.

use crate::support;

use std::path::Path;
use std::sync::LazyLock;
use support::{Done, LASTING, SMALL, commands, directory, done, run, shipped, write};

/// A run of each command that ends well, on a crisis that is solved in a moment. Commands that write
/// do so to `o`; `{}` is the directory of textbook games.
const RUNS: &[&str] = &[
    "new",
    "check small.crisis",
    "fmt small.crisis --stdout",
    "run small.crisis --out o --quick --belief-points 5",
    "report small.crisis --out o --quick --belief-points 5",
    "reproduce done",
    "why small.crisis --trajectories 500 --belief-points 5",
    "compare small.crisis --futures 2 --policy calm:no-us.strike",
    "drivers ranged.crisis --futures 4",
    "demo --scenario",
    "games chassang-padro-2010",
    "show small.crisis --belief-points 5",
    "strategy small.crisis --belief-points 5",
    "forecast small.crisis --belief-points 5",
    "force small.crisis --futures 2 --belief-points 5",
    "dominance small.crisis --belief-points 5",
    "room {}/bargaining.crisis",
    "price {}/strait.crisis",
    "image small.crisis",
    "gap {}/red-line.crisis --coarse-points 3",
    "assurance {}/first-strike.crisis --first north.strike --struck-by south.strike",
    "credibility small.crisis --trajectories 200 --decisions 20 --belief-points 5",
    "diff small.crisis ranged.crisis",
    "equilibria lasting.crisis --starts 5",
    "explain small.crisis",
    "observe small.crisis 2026-05-18 iran.harass --belief-points 5",
    "watch small.crisis --belief-points 5",
    "simulate small.crisis --trajectories 500 --belief-points 5",
    "export {}/crisis-a.crisis --to efg",
    "completions bash",
    "manual --out o",
];

fn prepared() -> tempfile::TempDir {
    let d = directory();
    write(d.path(), "small.crisis", SMALL);
    let ranged = SMALL.replace("cost_of_war = 8", "cost_of_war = 4 .. 8 .. 16");
    write(d.path(), "ranged.crisis", &ranged);
    write(d.path(), "lasting.crisis", LASTING);
    run(
        d.path(),
        &[
            "run",
            "small.crisis",
            "--quick",
            "--quiet",
            "--belief-points",
            "5",
            "--out",
            "done",
        ],
    )
    .exits(0);
    d
}

fn arguments(line: &str) -> Vec<String> {
    let games = shipped("games").display().to_string();
    let words = line.split(' ').map(|a| a.replace("{}", &games));
    words
        .map(|a| a.replace("no-us.strike", " no us.strike"))
        .collect()
}

/// The name of the command.
fn name(line: &str) -> &str {
    line.split(' ').next().unwrap_or_default()
}

fn with(d: &Path, line: &str, more: &[&str]) -> Done {
    let all = arguments(line);
    let all: Vec<&str> = all
        .iter()
        .map(String::as_str)
        .chain(more.iter().copied())
        .collect();
    run(d, &all)
}

/// What each of [`RUNS`] does with no further option, into pipes.
static PLAIN: LazyLock<Vec<Done>> = LazyLock::new(|| {
    let d = prepared();
    RUNS.iter().map(|line| with(d.path(), line, &[])).collect()
});

#[test]
fn every_command_is_run_here() {
    let d = directory();
    let mut listed = commands(d.path());
    let mut here: Vec<&str> = RUNS.iter().map(|line| name(line)).collect();
    listed.sort();
    here.sort_unstable();
    assert_eq!(listed, here);
}

#[test]
fn quiet_silences_talk_and_leaves_the_data() {
    let d = prepared();
    for (line, loud) in RUNS.iter().zip(&*PLAIN) {
        let quiet = with(d.path(), line, &["--quiet"]);
        assert_eq!(loud.exits(0), quiet.exits(0), "{line:?}");
        assert_eq!(quiet.stderr, "", "{line:?}");
        // What prints nothing has written something, and says so.
        assert!(
            !(loud.stdout.is_empty() && loud.stderr.is_empty()),
            "{line:?}"
        );
    }
}

#[test]
fn json_is_all_that_comes_where_it_is_asked_for() {
    let d = prepared();
    for line in RUNS {
        let found = with(d.path(), line, &["--json"]).json();
        assert!(
            found.as_object().is_some_and(|o| !o.is_empty()),
            "{line:?}: {found}"
        );
    }
}

fn has_colours(done: &Done) -> bool {
    done.stdout.contains('\u{1b}') || done.stderr.contains('\u{1b}')
}

#[test]
fn colours_come_only_where_they_may() {
    let d = prepared();
    let coloured = |line: &str, environment: &[(&str, &str)]| {
        let all = arguments(line);
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let mut command = support::command(d.path(), &all);
        command.envs(environment.iter().copied());
        let done = done(&mut command);
        done.exits(0);
        has_colours(&done)
    };
    let mut with_colours = 0;
    for (line, plain) in RUNS.iter().zip(&*PLAIN) {
        assert!(!has_colours(plain), "{line:?} into a pipe");
        let forced = [("CLICOLOR_FORCE", "1")];
        if coloured(line, &forced) {
            with_colours += 1;
            let both = [("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")];
            assert!(!coloured(line, &both), "{line:?} with NO_COLOR");
        }
    }
    assert!(with_colours >= 15, "{with_colours} commands have colours");
}

#[test]
fn nothing_is_wider_than_eighty_columns() {
    for (line, done) in RUNS.iter().zip(&*PLAIN) {
        // Scripts, and trees for another program, are not for reading.
        if matches!(name(line), "completions" | "export" | "demo") {
            continue;
        }
        for text in done.exits(0).lines().chain(done.stderr.lines()) {
            assert!(text.chars().count() <= 80, "{line:?}: {text}");
        }
    }
}

#[test]
fn shells_complete_every_command() {
    let d = directory();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = run(d.path(), &["completions", shell]);
        let script = script.exits(0);
        for command in commands(d.path()) {
            assert!(script.contains(&command), "{shell} does not know {command}");
        }
        assert!(script.contains("belief-points"), "{shell}");
    }
    let done = run(d.path(), &["completions", "tcsh"]);
    done.exits(2);
    done.says(&["possible values: bash, elvish, fish, powershell, zsh"]);
}

#[test]
fn there_is_a_man_page_for_every_command() {
    let d = directory();
    run(d.path(), &["manual", "--out", "man"]).exits(0);
    let read = |name: &str| {
        std::fs::read_to_string(d.path().join("man").join(name))
            .unwrap_or_else(|e| panic!("{name}: {e}"))
    };
    assert!(read("climbdown.1").contains("climbdown\\-why"));
    let commands = commands(d.path());
    for command in &commands {
        let page = read(&format!("climbdown-{command}.1"));
        assert!(
            page.contains(".SH SYNOPSIS") && page.contains("Examples:"),
            "{command}"
        );
    }
    let pages = std::fs::read_dir(d.path().join("man"))
        .expect("there")
        .count();
    assert_eq!(pages, commands.len() + 1);
}
