//! Scenarios of several files, through the binary.

use crate::support;

use support::{SMALL, directory, run, write};

#[test]
fn a_file_that_extends_another_is_read_from_its_own_folder() {
    let d = directory();
    std::fs::create_dir(d.path().join("days")).expect("made");
    write(d.path(), "base.crisis", SMALL);
    let later = "scenario \"A week later\"\n  extends \"../base.crisis\"\n  as of 2026-05-18\n\nladder rung\n  start clash\n";
    write(d.path(), "days/later.crisis", later);
    let checked = run(d.path(), &["check", "days/later.crisis"]);
    checked.exits(0);
    checked.says(&["A week later", "as of 2026-05-18", "8 of one week"]);
    // The effective text is a scenario of its own, and means the same.
    let effective = run(d.path(), &["check", "days/later.crisis", "--effective"]);
    let text = effective.exits(0);
    assert!(
        text.starts_with("scenario \"A week later\"\n  as of 2026-05-18\n"),
        "{text}"
    );
    assert!(
        text.contains("start clash") && !text.contains("extends"),
        "{text}"
    );
    write(d.path(), "alone.crisis", text);
    let forecast = |file: &str| run(d.path(), &["forecast", file, "--json"]).json();
    let merged = forecast("days/later.crisis");
    assert_eq!(merged["classes"], forecast("alone.crisis")["classes"]);
    assert_ne!(merged["classes"], forecast("base.crisis")["classes"]);
    // `fmt` lays the file itself out, and leaves the other alone.
    let laid = run(d.path(), &["fmt", "--stdout", "days/later.crisis"]);
    assert_eq!(laid.exits(0), later);
    assert!(run(d.path(), &["fmt", "--check", "days/later.crisis"]).code == 0);
    // The hash of a run is that of all files.
    let hash = || {
        let done = run(
            d.path(),
            &["run", "--quick", "--out", "o", "days/later.crisis"],
        );
        done.exits(0);
        std::fs::read_to_string(d.path().join("o/manifest.json")).expect("written")
    };
    let before = hash();
    write(
        d.path(),
        "base.crisis",
        &SMALL.replace("cost_of_war = 8", "cost_of_war = 9"),
    );
    assert_ne!(before, hash());
}

#[test]
fn findings_name_the_file_that_they_are_about() {
    let d = directory();
    write(
        d.path(),
        "base.crisis",
        &SMALL.replace("rung < war", "rung < wra"),
    );
    write(
        d.path(),
        "new.crisis",
        "scenario \"New\"\n  extends \"base.crisis\"\n",
    );
    let done = run(d.path(), &["check", "new.crisis"]);
    done.exits(1);
    done.says(&["base.crisis:43:15", "did you mean `war`?"]);
    let json = run(d.path(), &["check", "new.crisis", "--json"]);
    let found: serde_json::Value = serde_json::from_str(json.exits(1)).expect("JSON");
    assert_eq!(found["findings"][0]["place"]["file"], "base.crisis");
    assert_eq!(found["findings"][0]["place"]["line"], 43);
    assert_eq!(run(d.path(), &["forecast", "new.crisis"]).code, 1);
}

#[test]
fn circles_and_missing_bases_are_refused() {
    let d = directory();
    write(
        d.path(),
        "a.crisis",
        "scenario \"A\"\n  extends \"b.crisis\"\n",
    );
    write(
        d.path(),
        "b.crisis",
        "scenario \"B\"\n  extends \"./a.crisis\"\n",
    );
    let done = run(d.path(), &["check", "a.crisis"]);
    done.exits(1);
    done.says(&["E0431", "extends itself", "b.crisis:2:11"]);
    write(
        d.path(),
        "c.crisis",
        "scenario \"C\"\n  extends \"none.crisis\"\n",
    );
    let done = run(d.path(), &["forecast", "c.crisis"]);
    done.exits(1);
    done.says(&["E0430", "none.crisis", "no such file", "c.crisis:2:11"]);
    write(d.path(), "d.crisis", "scenario \"D\"\n  extends \".\"\n");
    let done = run(d.path(), &["check", "d.crisis"]);
    done.exits(1);
    done.says(&["E0430", "directory"]);
}
