//! Runs the binary and looks at what it did.
#![allow(dead_code)] // not every test file needs all of it

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What a command did.
pub struct Done {
    /// Exit code.
    pub code: i32,
    /// Data.
    pub stdout: String,
    /// Talk.
    pub stderr: String,
}

impl Done {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().expect("ended by itself"),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// Checks the exit code and gives the data.
    #[track_caller]
    pub fn exits(&self, code: i32) -> &str {
        assert_eq!(
            self.code, code,
            "stdout:\n{}\nstderr:\n{}",
            self.stdout, self.stderr
        );
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        &self.stdout
    }

    /// Checks that all of this was said, on either stream, wherever lines break.
    #[track_caller]
    pub fn says(&self, parts: &[&str]) -> &Self {
        let flow = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = [flow(&self.stdout), flow(&self.stderr)];
        for part in parts {
            assert!(
                said.iter().any(|text| text.contains(part)),
                "`{part}` is missing from\n{}\n{}",
                self.stdout,
                self.stderr
            );
        }
        self
    }

    /// The data as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(self.exits(0)).expect("JSON")
    }
}

/// The binary, to be run in `directory`.
pub fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_climbdown"));
    command
        .current_dir(directory)
        .args(arguments)
        .env_remove("NO_COLOR");
    command
}

/// Runs the binary in `directory`.
pub fn run(directory: &Path, arguments: &[&str]) -> Done {
    done(&mut command(directory, arguments))
}

/// Runs a command to its end.
pub fn done(command: &mut Command) -> Done {
    Done::of(command.output().expect("runs"))
}

/// Runs the binary with something on standard input.
pub fn run_with(directory: &Path, arguments: &[&str], input: &[u8]) -> Done {
    let mut child = command(directory, arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("runs");
    // The program may stop reading early.
    let _ = child.stdin.take().expect("piped").write_all(input);
    Done::of(child.wait_with_output().expect("ends"))
}

/// All commands, in the order in which help lists them.
pub fn commands(directory: &Path) -> Vec<String> {
    let help = run(directory, &["--help"]);
    let help = help.exits(0);
    let (_, list) = help.split_once("\nCommands:\n").expect("a list");
    let lines = list.lines().take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| line.strip_prefix("  "));
    let names = names.filter(|line| !line.starts_with(' '));
    let names: Vec<String> = names
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect();
    assert!(names.len() > 20, "{names:?}");
    names
}

/// An empty directory that goes away again.
pub fn directory() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

/// A shipped scenario.
pub fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../scenarios")
        .join(name)
}

/// The small crisis of the tests, written to `directory/small.crisis`.
pub fn small(directory: &Path) -> PathBuf {
    write(directory, "small.crisis", SMALL)
}

/// Writes a file.
pub fn write(directory: &Path, name: &str, text: &str) -> PathBuf {
    let path = directory.join(name);
    std::fs::write(&path, text).expect("written");
    path
}

/// A crisis with all that commands show: types on both sides, a ladder, a trigger, classes and
/// questions, rolling foresight. It is solved in a moment.
pub const SMALL: &str = r#"scenario "Two sides and a strait"
  as of 2026-05-11
  round week
  horizon 8 rounds
  foresight 3 rounds
  afterwards 4 rounds, transient 1 rounds
  order us, iran, events

parameter cost_of_war = 8
  "what war costs either side"
  source "test"
  grade C
  known by 2026-01-01

parameter resolved_prior = 55%
  "belief that the United States is resolved"
  source "test"
  grade C

ladder rung "Use of force"
  levels calm "Calm", clash "Clash", war "War"
  start calm

actor us "United States"
  precision 0.8
  discount 10% per year
  type resolved prior resolved_prior
  type bluffing otherwise
  payoff per week
    clash: -1 if rung == clash else 0

actor iran "Iran"
  precision 0.8
  discount 10% per year
  type hard prior 60%
  type soft otherwise
  payoff per week
    pressure: -2 if rung == calm else -3

move us.hold "Hold"

move us.strike "Strike"
  when rung < war
  cost us: 0.5 if resolved else 2.5
  outcome 30%: rung to war
  outcome rest: rung to clash

move iran.wait "Wait"

move iran.harass "Harass shipping"
  when rung < war
  cost iran: 0.3 if hard else 1.5
  outcome: rung up

trigger overreach "A militia acts without orders"
  when rung == calm
  rate 1 per year
  looks like iran.harass

end war "War" when rung == war
  value us: -cost_of_war
  value iran: -cost_of_war

outcomes within 6 rounds
  war "War": ever rung == war
  clash "Clashes go on": rung == clash at end
  calm "Calm": otherwise

question war_6 "War within 6 weeks": war within 6 rounds
  resolves "a war is declared"

question clash_2 "A clash within 2 weeks": rung >= clash within 2 rounds
  resolves "shots are fired"
"#;

/// A scenario with other values of its parameters, which then have no range.
pub fn with(text: &str, numbers: &[(&str, f64)]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (name, value) in numbers {
        let head = format!("parameter {name} = ");
        let line = lines.iter_mut().find(|l| l.starts_with(&head));
        *line.unwrap_or_else(|| panic!("no parameter {name}")) = format!("{head}{value}");
    }
    lines.join("\n") + "\n"
}

/// A crisis without private types and without a last round.
pub const LASTING: &str = r#"scenario "Two sides for ever"
  round week
  horizon 26 rounds
  foresight unbounded
  order a, b, events

actor a
  precision 2
  discount 20% per year
  payoff per week
    calm: 1 if rung == calm, 0 otherwise
    strikes: -1 if rung == strikes, 0 otherwise

actor b
  precision 2
  discount 20% per year
  payoff per week
    calm: 1 if rung == calm, 0 otherwise

ladder rung
  levels calm, tense, strikes, war
  start tense

move a.hold
move a.push
  outcome: rung up

move b.hold
move b.back
  outcome: rung down

end war when rung == war
  value a: -20
  value b: -20

outcomes within 26 rounds
  war: ever rung == war
  calm: rung == calm at end
  open: otherwise

question war_26 "War within 26 weeks": war
  resolves "read"
"#;
