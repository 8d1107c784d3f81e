//! `docs/commands.md` holds the help texts as the program prints them. To bring it up to date:
//! `CLIMBDOWN_UPDATE=1 cargo test -p climbdown --test all reference`.

use crate::support;

use std::fmt::Write as _;
use std::path::Path;
use support::{commands, directory, run};

const MARK: &str = "\n## Reference\n";

#[test]
fn the_reference_is_what_the_program_prints() {
    let d = directory();
    let mut reference =
        format!("{MARK}\nThe help texts, as `climbdown COMMAND --help` prints them.\n");
    for command in &commands(d.path()) {
        let help = run(d.path(), &[command.as_str(), "--help"]);
        let help = help.exits(0).trim_end();
        assert!(help.contains("Examples:"), "{command} has no examples");
        assert!(
            help.lines().all(|l| l.chars().count() <= 80),
            "{command} is too wide:\n{help}"
        );
        let _ = write!(reference, "\n### {command}\n\n```text\n{help}\n```\n");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/commands.md");
    let text = std::fs::read_to_string(&path).expect("docs/commands.md");
    let at = text.find(MARK).expect("a reference section");
    if std::env::var_os("CLIMBDOWN_UPDATE").is_some() {
        std::fs::write(&path, format!("{}{reference}", &text[..at])).expect("written");
        return;
    }
    assert!(
        text[at..] == reference,
        "docs/commands.md is out of date; see the head of this test"
    );
}
