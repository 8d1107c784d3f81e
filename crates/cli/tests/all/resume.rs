//! Work that was broken off goes on where it was, and gives the bytes that it would have given.

use crate::support;

use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use support::{Done, SMALL, command, directory, run, write};

/// With ranges and a policy.
fn ranged() -> String {
    SMALL
        .replace("cost_of_war = 8", "cost_of_war = 4 .. 8 .. 16")
        .replace("resolved_prior = 55%", "resolved_prior = 35% .. 55% .. 75%")
        + "\npolicy restraint \"Restraint\"\n  without us.strike\n"
}

const FILE: &str = "ranged.crisis";
const KEPT: &str = ".climbdown-unfinished";

fn arguments<'a>(command: &'a str, out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let given = [command, FILE, "--out", out, "--trajectories", "1000"];
    let few = ["--futures", "24", "--paired", "4", "--belief-points", "5"];
    [&given[..], &few, &["--coarse-points", "5"], more].concat()
}

fn run_to(d: &Path, out: &str, more: &[&str]) -> Done {
    run(d, &arguments("run", out, more))
}

/// Begins to work in `directory/out`, and sends `signal` as soon as the kept lines are `enough`; anew
/// where the work was done before the signal came.
#[cfg(unix)]
fn broken_off(d: &Path, out: &str, signal: &str, enough: impl Fn(&str) -> bool) -> String {
    let before = fs::read(kept(d, out));
    for _ in 0..20 {
        let given = arguments("run", out, &[]);
        let output = ended(d, &given, signal, &kept(d, out), &enough);
        if !output.status.success() {
            let code = (signal == "-INT").then_some(130);
            assert_eq!(output.status.code(), code);
            let said = String::from_utf8(output.stderr).expect("UTF-8");
            return said.split_whitespace().collect::<Vec<_>>().join(" ");
        }
        fs::remove_dir_all(d.join(out)).expect("removed");
        if let Ok(bytes) = &before {
            fs::create_dir_all(d.join(out)).expect("made");
            fs::write(kept(d, out), bytes).expect("written");
        }
    }
    panic!("it was always done before the signal");
}

/// Runs a command, and sends `signal` as soon as what is kept in `place` is `enough`.
#[cfg(unix)]
fn ended(
    d: &Path,
    arguments: &[&str],
    signal: &str,
    place: &Path,
    enough: impl Fn(&str) -> bool,
) -> std::process::Output {
    use std::process::Stdio;
    let mut child = command(d, arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("runs");
    while !fs::read_to_string(place).is_ok_and(|text| enough(&text)) {
        if child.try_wait().expect("a state").is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let id = child.id().to_string();
    let mut kill = std::process::Command::new("kill");
    // It may be done by now.
    kill.args([signal, &id]).output().expect("kill runs");
    child.wait_with_output().expect("ends")
}

fn kept(d: &Path, out: &str) -> PathBuf {
    d.join(out).join(KEPT)
}

/// What is kept, without a last line that the signal itself tore: a write that is killed may have
/// written a part.
#[cfg(unix)]
fn whole_lines(place: &Path) -> Vec<u8> {
    let mut bytes = fs::read(place).expect("kept");
    let end = bytes.iter().rposition(|b| *b == b'\n');
    bytes.truncate(end.map_or(0, |end| end + 1));
    bytes
}

/// Names and contents of the files in a directory.
fn files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = fs::read_dir(directory)
        .expect("there")
        .map(|entry| {
            let path = entry.expect("readable").path();
            let name = path.file_name().expect("named").to_string_lossy();
            (name.into_owned(), fs::read(&path).expect("readable"))
        })
        .collect();
    all.sort();
    all
}

#[track_caller]
fn same(d: &Path, a: &str, b: &str) {
    let (a, b) = (files(&d.join(a)), files(&d.join(b)));
    let names = |files: &[(String, Vec<u8>)]| -> Vec<String> {
        files.iter().map(|(name, _)| name.clone()).collect()
    };
    assert_eq!(names(&a), names(&b));
    for ((name, a), (_, b)) in a.iter().zip(&b) {
        assert!(a == b, "{name} differs");
    }
}

fn solutions(text: &str) -> usize {
    text.lines().filter(|l| l.starts_with("solution ")).count()
}

#[cfg(unix)]
#[test]
fn a_run_that_was_interrupted_goes_on_and_gives_the_same_bytes() {
    let d = directory();
    write(d.path(), FILE, &ranged());
    let whole = run_to(d.path(), "whole", &[]);
    whole.exits(0);
    assert!(!kept(d.path(), "whole").exists());

    let said = broken_off(d.path(), "o", "-INT", |text| solutions(text) >= 5);
    let text = fs::read_to_string(kept(d.path(), "o")).expect("kept");
    let n = solutions(&text);
    assert!(n >= 5);
    let told = format!("2 checks and {n} solutions are kept in o/{KEPT}");
    assert!(said.contains(&told), "{told} is not in {said}");
    assert!(said.contains("the same command goes on from there"));
    // Nothing else was left.
    assert_eq!(files(&d.path().join("o")).len(), 1);

    let done = run_to(d.path(), "o", &["--threads", "1"]);
    done.exits(0);
    let told =
        format!("Going on with what was left unfinished: 2 checks and {n} solutions are kept.");
    done.says(&[&told]);
    same(d.path(), "whole", "o");
    // The screen says the same too.
    assert_eq!(whole.stdout, done.stdout);
}

#[cfg(unix)]
#[test]
fn a_run_that_was_killed_among_its_analyses_goes_on_though_the_last_line_is_torn() {
    let d = directory();
    write(d.path(), FILE, &ranged());
    run_to(d.path(), "whole", &[]).exits(0);
    broken_off(d.path(), "o", "-KILL", |text| text.contains("\nanalysis "));
    let place = kept(d.path(), "o");
    let bytes = whole_lines(&place);
    fs::write(&place, &bytes[..bytes.len() - 9]).expect("torn");
    let done = run_to(d.path(), "o", &[]);
    done.exits(0);
    done.says(&[
        "Going on with what was left unfinished:",
        "(one that is damaged is left out)",
    ]);
    same(d.path(), "whole", "o");

    // What was taken up without its last line is written after it anew.
    fs::write(&place, &bytes[..bytes.len() - 9]).expect("torn");
    broken_off(d.path(), "o", "-KILL", |text| {
        text.len() > bytes.len() + 100
    });
    fs::write(&place, whole_lines(&place)).expect("whole lines");
    let done = run_to(d.path(), "o", &[]);
    done.exits(0);
    done.says(&["(one that is damaged is left out)"]);
    same(d.path(), "whole", "o");
}

/// A line with its check, as the program writes it.
fn checked(line: &str) -> String {
    let digest = Sha256::digest(line.as_bytes());
    let check: String = digest.iter().take(8).map(|b| format!("{b:02x}")).collect();
    format!("{line} {check}\n")
}

#[cfg(unix)]
#[test]
fn other_work_is_left_out_and_said_to_be() {
    let d = directory();
    write(d.path(), FILE, &ranged());
    broken_off(d.path(), "o", "-INT", |text| solutions(text) >= 5);
    let bytes = fs::read(kept(d.path(), "o")).expect("kept");
    let again = |out: &str| {
        let place = kept(d.path(), out);
        fs::create_dir_all(place.parent().expect("a directory")).expect("made");
        fs::write(place, &bytes).expect("written");
    };

    // Other options.
    run_to(d.path(), "whole", &["--seed", "2"]).exits(0);
    again("seed");
    let done = run_to(d.path(), "seed", &["--seed", "2"]);
    done.exits(0);
    done.says(&["is of other options: it is not used"]);
    same(d.path(), "whole", "seed");

    // A build with the same version.
    run_to(d.path(), "whole", &[]).exits(0);
    let text = String::from_utf8(bytes.clone()).expect("text");
    let (first, rest) = text.split_once('\n').expect("lines");
    let (line, check) = first.rsplit_once(' ').expect("a check");
    assert_eq!(checked(line), format!("{line} {check}\n"));
    let other = line.replacen("\"program\":\"", "\"program\":\"9", 1);
    assert_ne!(other, line);
    again("version");
    fs::write(kept(d.path(), "version"), checked(&other) + rest).expect("written");
    let done = run_to(d.path(), "version", &[]);
    done.exits(0);
    done.says(&["is of another version of the program: it is not used"]);
    same(d.path(), "whole", "version");

    // Another scenario in the same file.
    write(
        d.path(),
        FILE,
        &ranged().replace("4 .. 8 .. 16", "4 .. 9 .. 16"),
    );
    run_to(d.path(), "whole", &[]).exits(0);
    again("changed");
    let done = run_to(d.path(), "changed", &[]);
    done.exits(0);
    done.says(&["is of another scenario: it is not used"]);
    same(d.path(), "whole", "changed");
}

#[cfg(unix)]
#[test]
fn a_report_goes_on_from_what_a_run_left_and_a_quick_run_leaves_it_alone() {
    let d = directory();
    write(d.path(), FILE, &ranged());
    run(
        d.path(),
        &arguments("report", "whole", &["--format", "csv"]),
    )
    .exits(0);
    broken_off(d.path(), "o", "-INT", |text| solutions(text) >= 5);
    run_to(d.path(), "o", &["--quick"]).exits(0);
    assert!(kept(d.path(), "o").exists());
    for name in [
        "forecast.json",
        "analyses.json",
        "report.html",
        "manifest.json",
    ] {
        fs::remove_file(d.path().join("o").join(name)).expect("written");
    }
    let done = run(d.path(), &arguments("report", "o", &["--format", "csv"]));
    done.exits(0);
    done.says(&["Going on with what was left unfinished:"]);
    same(d.path(), "whole", "o");
}

#[cfg(unix)]
#[test]
fn no_damage_changes_an_answer() {
    let d = directory();
    write(d.path(), FILE, &ranged());
    broken_off(d.path(), "o", "-KILL", |text| text.contains("\nanalysis "));
    let bytes = fs::read(kept(d.path(), "o")).expect("kept");
    run_to(d.path(), "whole", &[]).exits(0);
    let n = bytes.len();
    let place = kept(d.path(), "o");
    let end_of_first = bytes.iter().position(|b| *b == b'\n').expect("lines");
    let mut damaged = Vec::new();
    // A digit of a number in the middle of each third becomes another digit.
    for third in 0..3 {
        let mut one = bytes.clone();
        let from = end_of_first + 1 + third * (n - end_of_first) / 3;
        let at = (from + 90..n).find(|k| one[*k].is_ascii_digit() && one[k - 1] == b'.');
        if let Some(at) = at {
            one[at] = if one[at] == b'7' { b'2' } else { b'7' };
            damaged.push(one);
        }
    }
    assert!(!damaged.is_empty());
    // The first line, bytes that are no text, a hole of zeros, nothing at all.
    let mut one = bytes.clone();
    one[end_of_first - 3] ^= 1;
    damaged.push(one);
    let mut one = bytes.clone();
    one[n / 2..n / 2 + 40].fill(0xff);
    damaged.push(one);
    let mut one = bytes.clone();
    one[n / 3..n / 3 + 4096.min(n / 3)].fill(0);
    damaged.push(one);
    damaged.push(vec![0; 8192]);
    damaged.push(Vec::new());
    for bytes in damaged {
        for (name, _) in files(&d.path().join("o")) {
            fs::remove_file(d.path().join("o").join(name)).expect("there");
        }
        fs::write(&place, &bytes).expect("written");
        let done = run_to(d.path(), "o", &[]);
        done.exits(0);
        done.says(&["damaged"]);
        same(d.path(), "whole", "o");
    }
}

#[cfg(unix)]
#[test]
fn compare_and_drivers_go_on_from_a_file_that_is_named() {
    let d = directory();
    write(d.path(), FILE, &ranged());
    let place = d.path().join("r");
    for name in ["compare", "drivers"] {
        let given = [
            name,
            FILE,
            "--futures",
            "64",
            "--coarse-points",
            "9",
            "--json",
        ];
        let whole = run(d.path(), &given);
        whole.exits(0);
        let given = [&given[..], &["--resume", "r"]].concat();
        let broken = || {
            let output = ended(d.path(), &given, "-INT", &place, |text| solutions(text) > 4);
            output.status.code() == Some(130)
        };
        assert!((0..20).any(|_| broken()), "always done before the signal");
        let again = run(d.path(), &given);
        again.says(&["Going on with what was left unfinished:"]);
        assert_eq!(again.exits(0), whole.stdout);
        assert!(!place.exists());
    }
}

#[test]
fn a_file_of_another_kind_is_not_touched() {
    let d = directory();
    let file = write(d.path(), FILE, &ranged());
    let done = run(d.path(), &["compare", FILE, "--resume", FILE]);
    done.exits(4);
    done.says(&[
        "ranged.crisis is not work that climbdown left unfinished, and is not touched",
        "hint: name another file, or delete it",
    ]);
    assert_eq!(fs::read_to_string(file).expect("there"), ranged());
    run(d.path(), &["compare", FILE, "--resume", "none/r"])
        .says(&["is not kept in none/r:"])
        .exits(0);
}
