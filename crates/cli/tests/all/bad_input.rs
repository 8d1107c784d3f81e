//! What goes wrong, with its exit code: 1 scenario, 2 usage, 3 not solved, 4 files, 130 interrupted.
//! Nothing that was there before is lost.

use crate::support;

use std::fs;
use std::path::Path;
use support::{SMALL, command, directory, run, run_with, small, write};

/// Replaces one piece of the small crisis, and has `check` and `run` refuse it for the same reason.
#[track_caller]
fn refused(from: &str, to: &str, code: i32, says: &[&str]) {
    assert!(SMALL.contains(from), "`{from}` is not in the text");
    let d = directory();
    write(d.path(), "bad.crisis", &SMALL.replacen(from, to, 1));
    let check = run(d.path(), &["check", "bad.crisis"]);
    check.says(says).exits(code);
    let run = run(d.path(), &["run", "bad.crisis", "--out", "o"]);
    run.says(says).exits(code);
    assert!(run.stdout.is_empty(), "no data: {}", run.stdout);
    assert!(
        !d.path().join("o").exists(),
        "no output directory is left behind"
    );
}

#[test]
fn an_unknown_level_says_what_was_meant() {
    refused(
        "rung to clash",
        "rung to clahs",
        1,
        &["clahs", "did you mean", "clash"],
    );
}

#[test]
fn a_probability_over_one() {
    refused("outcome 30%:", "outcome 130%:", 1, &["1.3", "from 0 to 1"]);
}

#[test]
fn a_guard_that_leaves_an_actor_without_a_move() {
    let text = SMALL
        .replace(
            "move us.hold \"Hold\"\n",
            "move us.hold \"Hold\"\n  when rung == calm\n",
        )
        .replace(
            "\"Strike\"\n  when rung < war",
            "\"Strike\"\n  when rung == calm",
        );
    let d = directory();
    write(d.path(), "bad.crisis", &text);
    for name in ["check", "forecast"] {
        run(d.path(), &[name, "bad.crisis"])
            .says(&["us", "rung=clash", "move"])
            .exits(1);
    }
}

#[test]
fn true_support_outside_believed_support() {
    refused("outcome 30%:", "outcome 30% believed 0%:", 1, &["believed"]);
}

#[test]
fn outcomes_without_otherwise() {
    refused("  calm \"Calm\": otherwise\n", "", 1, &["otherwise"]);
}

#[test]
fn a_parameter_known_after_the_as_of_date() {
    refused(
        "known by 2026-01-01",
        "known by 2026-06-01",
        1,
        &["2026-06-01", "2026-05-11"],
    );
}

#[test]
fn a_unit_mismatch() {
    refused(
        "parameter cost_of_war = 8\n",
        "parameter cost_of_war = 8 mb/day\n",
        1,
        &["mb/day"],
    );
}

#[test]
fn all_mistakes_are_said_at_once() {
    let d = directory();
    let bad = SMALL
        .replace("rung to clash", "rung to clahs")
        .replace("discount 10%", "discout 10%");
    write(d.path(), "bad.crisis", &bad);
    run(d.path(), &["check", "bad.crisis"])
        .says(&["clahs", "discout", "3 errors"])
        .exits(1);
    let done = run(d.path(), &["check", "bad.crisis", "--json"]);
    let record: serde_json::Value = serde_json::from_str(done.exits(1)).expect("JSON");
    assert_eq!(record["ok"], false);
    let findings = record["findings"].as_array().expect("findings");
    assert_eq!(findings.len(), 3);
    assert!(
        findings
            .iter()
            .all(|f| f["place"]["line"].as_u64() > Some(1)),
        "{record}"
    );
}

/// A line, talks, a policy, a structure and a wedge of which nothing can come: each is one finding with
/// its code, its place, what was expected and what to do. Where there is one change that mends it, the
/// finding holds it, and the scenario checks when it is made.
#[test]
fn what_nothing_can_come_of_is_said_with_what_would_mend_it() {
    let line = "\nred line shipping held by us against iran\n  crossed by iran.harass\n";
    let talks =
        "\ntalks table between us and iran\n  package deal\n    value us: 1\n    value iran: 1\n";
    let structure = "\nstructure how\n  alternative as_written weight 60%\n  alternative dear";
    let ranged = SMALL.replace("cost_of_war = 8", "cost_of_war = 4 .. 8 .. 16");
    let wedge = SMALL.replace("\"Wait\"\n", "\"Wait\"\n  wedges west 30%\n");
    let mute = |add: &str| SMALL.replace("order us, iran,", "order us,") + add;
    let cases: Vec<(&str, String, &str, bool)> = vec![
        (
            "E1118",
            format!(
                "{SMALL}{line}  answered by us.protest\n\nmove us.protest\n  when rung == war\n"
            ),
            "widen the guard of `us.protest`",
            false,
        ),
        (
            "E0804",
            format!(
                "{SMALL}{line}  answered by us.protest\n\nmove us.protest\n  when rung == war and rung \
                 == calm\n"
            ),
            "never holds while the line is pending",
            false,
        ),
        (
            "E0805",
            format!(
                "{SMALL}{line}  answered by us.strike\n  answer rate: 90% if resolved, 20% if bluffing\n  \
                 record half-life 5 years\n    2025-06-01 \"a shot\": answered, source \"press\"\n    \
                 2026-06-01 \"a strike\": answered, source \"press\"\n"
            ),
            "leave out what came later",
            true,
        ),
        (
            "E0823",
            format!("{SMALL}{talks}    implemented 0%\n"),
            "say how likely it is to be implemented",
            false,
        ),
        ("E0822", mute(talks), "add `iran` to the order", true),
        (
            "E0821",
            format!("{SMALL}{}", talks.replace("and iran", "and us")),
            "did you mean `iran`?",
            true,
        ),
        (
            "E0841",
            format!("{SMALL}\nramp relief from us to us\n  when rung == calm\n  relief us: 1\n"),
            "did you mean `iran`?",
            false,
        ),
        (
            "E0701",
            format!("{ranged}\npolicy peace\n  cost_of_war = 30\n"),
            "`16` reaches the range's end",
            true,
        ),
        (
            "E0702",
            format!("{ranged}{structure} weight 30%\n    cost_of_war times 1.5\n"),
            "write `otherwise` in place of the last weight",
            true,
        ),
        ("E0712", wedge, "declare `coalition west`", true),
    ];
    let d = directory();
    for (code, text, advice, mends) in cases {
        write(d.path(), "bad.crisis", &text);
        run(d.path(), &["check", "bad.crisis"])
            .says(&[code, "-->", "expected", "help", advice])
            .exits(1);
        run(d.path(), &["run", "bad.crisis", "--out", "o"]).exits(1);
        let done = run(d.path(), &["check", "bad.crisis", "--json"]);
        let record: serde_json::Value = serde_json::from_str(done.exits(1)).expect("JSON");
        let findings = record["findings"].as_array().expect("findings");
        let found = findings.iter().find(|f| f["code"] == code);
        let found = found.unwrap_or_else(|| panic!("no {code} in {record:#}"));
        assert!(found["place"]["line"].as_u64() > Some(1), "{code}");
        let fix = &found["fix"];
        assert!(fix.is_object() || !mends, "{code} has no fix: {found:#}");
        if mends {
            let at = |key: &str| fix["span"][key].as_u64().expect("a number") as usize;
            let mut mended = text.clone();
            let replacement = fix["replacement"].as_str().expect("a text");
            mended.replace_range(at("start")..at("end"), replacement);
            write(d.path(), "mended.crisis", &mended);
            run(d.path(), &["check", "mended.crisis"]).exits(0);
        }
    }
}

#[test]
fn what_can_never_come_about_is_warned_of_and_runs() {
    let d = directory();
    let dead = format!("{SMALL}\nmove us.yield\n  when rung > war\n");
    write(d.path(), "dead.crisis", &dead);
    let done = run(d.path(), &["check", "dead.crisis"]);
    done.says(&[
        "warning[W1101]: `us.yield` can never be played",
        "`us` decides",
        "widen the guard",
        "1 warning",
    ]);
    done.exits(0);
    let record = run(d.path(), &["check", "dead.crisis", "--json"]).json();
    assert_eq!(
        (&record["ok"], &record["warnings"]),
        (&true.into(), &1.into())
    );
    run(d.path(), &["forecast", "dead.crisis"]).exits(0);
}

#[test]
fn a_file_of_a_hundred_megabytes_is_refused_unread() {
    let d = directory();
    let file = fs::File::create(d.path().join("huge.crisis")).expect("made");
    file.set_len(100 << 20).expect("sparse");
    let done = run(d.path(), &["check", "huge.crisis"]);
    done.says(&["huge.crisis", "100.0 MiB is too large", "it was not read"])
        .exits(1);
    // The same from a pipe, whose size nobody knows before.
    let zeros = vec![b' '; 3 << 20];
    run_with(d.path(), &["check", "-"], &zeros)
        .says(&["too large"])
        .exits(1);
}

#[test]
fn a_state_space_of_a_million_million_is_refused_before_it_eats_memory() {
    let mut text = SMALL.to_owned();
    let mut effects = Vec::new();
    for k in 0..12 {
        text += &format!("\nvariable v{k}\n  levels a, b, c, d, e, f, g, h, i, j\n  start a\n");
        text += &format!(
            "\ntrigger t{k}\n  probability 50%\n  outcome 50%: v{k} up\n  outcome rest: v{k} down\n"
        );
        effects.push(k);
    }
    let d = directory();
    write(d.path(), "wide.crisis", &text);
    for arguments in [["check", "wide.crisis"], ["forecast", "wide.crisis"]] {
        run(d.path(), &arguments).says(&["states"]).exits(3);
    }
}

#[test]
fn concepts_that_are_not_solved_yet() {
    let d = directory();
    let text = SMALL.replace("foresight 3 rounds", "foresight unbounded");
    let text = text.replace("  discount 10% per year\n", "");
    write(d.path(), "new.crisis", &text);
    run(d.path(), &["forecast", "new.crisis"])
        .says(&["give a discount factor below 1"])
        .exits(3);
    // The scenario itself is right.
    run(d.path(), &["check", "new.crisis"])
        .says(&["Not solved by this version", "needs a discount"])
        .exits(0);
}

#[test]
fn too_little_memory() {
    let d = directory();
    small(d.path());
    let arguments = [
        "forecast",
        "small.crisis",
        "--memory",
        "1",
        "--belief-points",
        "1025",
    ];
    run(d.path(), &arguments)
        .says(&["MiB", "fewer belief points"])
        .exits(3);
}

#[test]
fn files_that_are_not_there_or_no_files() {
    let d = directory();
    run(d.path(), &["check", "nothing.crisis"])
        .says(&["cannot read nothing.crisis", "no such file"])
        .exits(4);
    run(d.path(), &["check", "."]).says(&["directory"]).exits(4);
    run(d.path(), &["export", "nothing.crisis", "--to", "game"]).exits(4);
}

#[test]
fn bytes_that_are_no_text() {
    let d = directory();
    fs::write(d.path().join("bytes.crisis"), b"scenario \xff\xfe").expect("written");
    run(d.path(), &["check", "bytes.crisis"])
        .says(&["UTF-8"])
        .exits(1);
    fs::write(d.path().join("bytes.json"), b"{ \xff").expect("written");
    run(d.path(), &["check", "bytes.json"])
        .says(&["UTF-8"])
        .exits(1);
    fs::write(d.path().join("empty.crisis"), b"").expect("written");
    run(d.path(), &["check", "empty.crisis"]).exits(1);
}

#[test]
fn a_game_that_is_none() {
    let d = directory();
    for (text, says) in [
        ("{", "line 1"),
        ("{}", "format"),
        ("{\"format\": \"climbdown-game/9\"}", "climbdown-game/9"),
        ("{\"format\": \"climbdown-game/1\"}", "missing field"),
    ] {
        write(d.path(), "game.json", text);
        for name in ["check", "forecast", "strategy"] {
            run(d.path(), &[name, "game.json"])
                .says(&["game.json", says])
                .exits(1);
        }
    }
}

#[test]
fn usage_errors() {
    let d = directory();
    small(d.path());
    for (arguments, says) in [
        (&["frobnicate"][..], "unrecognized subcommand"),
        (&[], "Usage"),
        (&["run"], "required"),
        (&["export", "small.crisis"], "--to"),
        (
            &["export", "small.crisis", "--to", "pdf"],
            "possible values",
        ),
        (&["forecast", "small.crisis", "--threads", "0"], "--threads"),
        (
            &["forecast", "small.crisis", "--belief-points", "2"],
            "--belief-points",
        ),
        (
            &["forecast", "small.crisis", "--stencil", "5"],
            "even number",
        ),
        (
            &["simulate", "small.crisis", "--trajectories", "0"],
            "--trajectories",
        ),
        (
            &["strategy", "small.crisis", "--at", "rung=clahs"],
            "did you mean `clash`?",
        ),
        (
            &["strategy", "small.crisis", "--belief", "us.resolved=1.5"],
            "from 0 to 1",
        ),
        (&["strategy", "small.crisis", "--round", "8"], "0 to 7"),
        (
            &["fmt", "small.crisis", "--check", "--stdout"],
            "cannot be used",
        ),
    ] {
        run(d.path(), arguments).says(&[says]).exits(2);
    }
    for arguments in [&["--help"][..], &["--version"], &["run", "--help"]] {
        run(d.path(), arguments).exits(0);
    }
}

#[test]
fn an_output_directory_that_cannot_be_written_is_found_before_the_work() {
    let d = directory();
    write(d.path(), "bad.crisis", "this is no scenario");
    // A file stands where the directory should be; so it cannot be made, whoever asks.
    write(d.path(), "taken", "mine");
    let done = run(d.path(), &["run", "bad.crisis", "--out", "taken/o"]);
    done.says(&["taken/o", "nothing has been computed yet"])
        .exits(4);
    let done = run(d.path(), &["run", "bad.crisis", "--out", "taken"]);
    done.says(&["taken"]).exits(4);
    assert_eq!(
        fs::read_to_string(d.path().join("taken")).expect("kept"),
        "mine"
    );
    run(
        d.path(),
        &["export", "bad.crisis", "--to", "game", "-o", "taken/o.json"],
    )
    .exits(4);
    run(
        d.path(),
        &["export", "bad.crisis", "--to", "game", "-o", "."],
    )
    .exits(4);
}

#[test]
fn a_failed_run_keeps_what_an_earlier_one_wrote() {
    let d = directory();
    small(d.path());
    let out = ["--out", "o", "--quick"];
    run(d.path(), &["run", "small.crisis", out[0], out[1], out[2]]).exits(0);
    let read = |name: &str| fs::read(d.path().join("o").join(name)).expect("there");
    let before = (read("forecast.json"), read("manifest.json"));
    write(
        d.path(),
        "small.crisis",
        &SMALL.replace("horizon 8", "horizon many"),
    );
    run(d.path(), &["run", "small.crisis", out[0], out[1], out[2]]).exits(1);
    assert_eq!(before, (read("forecast.json"), read("manifest.json")));
    assert_eq!(fs::read_dir(d.path().join("o")).expect("there").count(), 4);
}

#[test]
fn a_file_with_mistakes_is_not_formatted() {
    let d = directory();
    let bad = SMALL.replace("  round week", "  round   week )");
    write(d.path(), "bad.crisis", &bad);
    run(d.path(), &["fmt", "bad.crisis"]).exits(1);
    assert_eq!(
        fs::read_to_string(d.path().join("bad.crisis")).expect("kept"),
        bad
    );
}

#[cfg(unix)]
#[test]
fn an_interrupt_in_the_middle_leaves_everything_as_it_was() {
    use std::process::Stdio;
    use std::time::Duration;
    let d = directory();
    // Much too fine a grid: this would take minutes.
    small(d.path());
    run(d.path(), &["run", "small.crisis", "--out", "o", "--quick"]).exits(0);
    let before = listing(&d.path().join("o"));
    let arguments = [
        "run",
        "small.crisis",
        "--out",
        "o",
        "--trajectories",
        "1000000000000",
    ];
    let child = command(d.path(), &arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("runs");
    std::thread::sleep(Duration::from_millis(1500));
    let id = child.id().to_string();
    let sent = std::process::Command::new("kill")
        .args(["-INT", &id])
        .status();
    assert!(sent.expect("kill runs").success(), "it was still at work");
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(130));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("interrupted"));
    assert_eq!(listing(&d.path().join("o")), before);
}

/// Names and contents of the files in a directory.
fn listing(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(directory)
        .expect("there")
        .map(|entry| {
            let path = entry.expect("readable").path();
            (
                path.display().to_string(),
                fs::read(&path).expect("readable"),
            )
        })
        .collect();
    files.sort();
    files
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    use std::process::Stdio;
    let d = directory();
    small(d.path());
    let mut child = command(d.path(), &["show", "small.crisis", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("ends");
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
