//! `reproduce`: computes a result anew from its manifest and compares every file, byte by byte.

use crate::checkpoint::Checkpoint;
use crate::commands::demo;
use crate::commands::run::RunArguments;
use crate::failure::Failure;
use crate::found::{FORMS, Found};
use crate::input::{Source, hash};
use crate::manifest::{self, MANIFEST, Place, Written};
use crate::problem::Problem;
use crate::screen;
use crate::session::Session;
use clap::{Args, Parser};
use climbdown_engine::compile::Options;
use serde::Serialize;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  climbdown reproduce climbdown-out/my
  climbdown reproduce o/manifest.json --json
  climbdown reproduce o --scenario moved/my.crisis

The scenario is looked for where it lay, as seen from the manifest. Where it, or
a file that it extends, is not the one that was run, nothing is computed.

Exit code 0: every file has the same bytes. 1: it does not, and it is said what
differs and what else is different (version, platform, scenario, seed, options).
4: the manifest or the scenario cannot be read.";

/// So many differences of a file are said.
const SAID: usize = 5;

/// Compute a result anew from its manifest, and compare every file
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Reproduce {
    /// A manifest.json, or the directory that it lies in
    #[arg(value_name = "MANIFEST")]
    manifest: PathBuf,
    /// The scenario, where it does not lie where it lay
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
}

/// The arguments in a manifest.
#[derive(Parser)]
struct Again {
    #[command(flatten)]
    options: RunArguments,
}

/// What `reproduce --json` prints.
#[derive(Serialize)]
struct Record {
    /// Every file has the same bytes, there and computed anew.
    reproduced: bool,
    /// Title of the scenario.
    title: String,
    /// Version of the program.
    version: Pair,
    /// Operating system and processor.
    platform: Pair,
    /// SHA-256 of the scenario and of what it extends.
    scenario: Vec<Named>,
    /// The files; none where the scenario is another one, so that nothing was computed.
    files: Vec<Compared>,
    /// What the manifest says of the run and the run does not say of itself.
    manifest: Differences,
}

/// Then and now.
#[derive(Serialize, PartialEq)]
struct Pair {
    written: String,
    now: String,
}

impl Pair {
    fn same(&self) -> bool {
        self.written == self.now
    }
}

/// A file of the scenario, then and now.
#[derive(Serialize)]
struct Named {
    file: String,
    #[serde(flatten)]
    sha256: Pair,
}

/// A file of the result.
#[derive(Serialize)]
struct Compared {
    file: String,
    /// SHA-256 in the manifest.
    written: String,
    /// SHA-256 of what lies there, unless it is missing.
    there: Option<String>,
    /// SHA-256 of what was computed now, unless this version writes no such file.
    now: Option<String>,
    /// From what lies there to what was computed now.
    differences: Differences,
}

impl Compared {
    fn same(&self) -> bool {
        self.there.as_ref() == Some(&self.written) && self.computed()
    }

    /// What was vouched for was computed again.
    fn computed(&self) -> bool {
        self.now.as_ref() == Some(&self.written)
    }

    fn words(&self) -> &'static str {
        match (&self.there, &self.now) {
            _ if self.same() => "same bytes",
            (_, None) => "not written by this version",
            (None, _) if self.computed() => "missing; computed anew as it was written",
            (None, _) => "missing; computed anew it is not what was written",
            (Some(_), _) if self.computed() => "changed after it was written",
            (Some(there), _) if *there == self.written => "different when computed anew",
            (Some(_), _) => "changed after it was written, and different when computed anew",
        }
    }
}

/// Places in two JSON documents that do not agree.
#[derive(Default, Serialize)]
struct Differences {
    count: usize,
    /// The first of them.
    first: Vec<Difference>,
}

/// One place.
#[derive(Serialize)]
struct Difference {
    place: String,
    written: Value,
    now: Value,
}

impl Reproduce {
    /// Computes and compares.
    ///
    /// # Errors
    /// When something differs, or something cannot be read.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let written = Written::read(&self.manifest)?;
        let options = options(&written)?;
        let mut source = self.source(&written)?;
        let mut record = Record {
            reproduced: false,
            title: written.scenario.title.clone(),
            version: Pair {
                written: written.version.clone(),
                now: env!("CARGO_PKG_VERSION").to_owned(),
            },
            platform: Pair {
                written: written.platform.clone(),
                now: manifest::platform(),
            },
            scenario: scenario(&written, &source),
            files: Vec::new(),
            manifest: Differences::default(),
        };
        if source.hash() == written.scenario.sha256 {
            // The name stands in the report.
            written.name().clone_into(&mut source.name);
            let problem = Problem::from_source(source, &Options::default(), session)?;
            let found = options.find(&problem, &Checkpoint::none(session), session)?;
            record.compare(&written, &problem, &found)?;
        }
        if session.json {
            session.print_json(&record)?;
        } else {
            session.print(&record.text(&written))?;
        }
        if record.reproduced {
            Ok(())
        } else {
            Err(Failure::Scenario(String::new()))
        }
    }

    fn source(&self, written: &Written) -> Result<Source, Failure> {
        if let Some(path) = &self.scenario {
            return Source::read(path);
        }
        let path = match written.place() {
            Place::Shipped => return Ok(demo::source()),
            Place::StandardInput => {
                return Err(Failure::Usage(
                    "the scenario came from standard input\n\
                     hint: name a file that holds it with --scenario FILE"
                        .to_owned(),
                ));
            }
            Place::File(path) => path,
        };
        if !path.exists() {
            return Err(Failure::Files(format!(
                "the scenario is no longer at {}\n\
                 hint: name where it lies now with --scenario FILE",
                path.display()
            )));
        }
        Source::read(&path)
    }
}

/// The options of the run, read as the command line would be.
fn options(written: &Written) -> Result<RunArguments, Failure> {
    let arguments = std::iter::once("run").chain(written.arguments.iter().map(String::as_str));
    match Again::try_parse_from(arguments) {
        Ok(again) => Ok(again.options),
        Err(error) => {
            let text = error.to_string();
            let reason = text.lines().next().unwrap_or_default();
            Err(Failure::Files(format!(
                "{} is damaged: its arguments are not understood: {}",
                written.path.display(),
                reason.trim_start_matches("error: ")
            )))
        }
    }
}

/// Files of the scenario by their order, then and now.
fn scenario(written: &Written, source: &Source) -> Vec<Named> {
    let then = &written.scenario.files;
    let now = manifest::sources(source, &written.directory);
    let hash = |list: &[manifest::SourceRecord], k: usize| {
        list.get(k)
            .map_or_else(|| "none".to_owned(), |s| s.sha256.clone())
    };
    (0..then.len().max(now.len()))
        .map(|k| Named {
            file: then
                .get(k)
                .or(now.get(k))
                .map_or_else(String::new, |s| s.file.clone()),
            sha256: Pair {
                written: hash(then, k),
                now: hash(&now, k),
            },
        })
        .collect()
}

impl Record {
    fn compare(
        &mut self,
        written: &Written,
        problem: &Problem,
        found: &Found,
    ) -> Result<(), Failure> {
        let made = found.files(problem, &FORMS)?;
        for (name, vouched) in &written.files {
            let there = fs::read(written.directory.join(name)).ok();
            let now = made.iter().find(|(n, _)| n == name).map(|(_, bytes)| bytes);
            let mut compared = Compared {
                file: name.clone(),
                written: vouched.clone(),
                there: there.as_deref().map(hash),
                now: now.map(|bytes| hash(bytes)),
                differences: Differences::default(),
            };
            if let (false, Some(there), Some(now)) = (compared.same(), &there, now) {
                let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).ok();
                if let (Some(there), Some(now)) = (read(there), read(now)) {
                    compared.differences.find("", &there, &now);
                }
            }
            self.files.push(compared);
        }
        let manifest = found.manifest(problem, &written.directory);
        let manifest = serde_json::to_value(&manifest).unwrap_or_default();
        for key in ["seed", "concept", "words", "options", "certificates"] {
            self.manifest.find(key, &written.whole[key], &manifest[key]);
        }
        self.reproduced = self.files.iter().all(Compared::same);
        Ok(())
    }

    fn text(&self, written: &Written) -> String {
        let mut out = screen::wrap(
            &format!(
                "{}: \"{}\", written by climbdown {} on {}",
                written.path.display(),
                self.title,
                self.version.written,
                self.platform.written
            ),
            0,
        );
        let width = self.files.iter().map(|f| f.file.len()).max().unwrap_or(0);
        for file in &self.files {
            out += &format!("  {:width$}  {}\n", file.file, file.words());
            file.differences.say(&mut out);
        }
        let differ = self.files.iter().filter(|f| !f.same()).count();
        let all = screen::number_of(self.files.len() as u64, "file");
        let why = self.why();
        out.push('\n');
        if self.reproduced {
            out += &format!("Reproduced: {all}, the same bytes.\n");
        } else if self.files.is_empty() {
            out += "Not reproduced, and nothing was computed:\n";
        } else {
            out += &format!("Not reproduced: {differ} of {all} differ.\n");
        }
        for line in why {
            out += &screen::wrap(&line, 2);
        }
        self.manifest.say(&mut out);
        out
    }

    /// What else is different, and may be why.
    fn why(&self) -> Vec<String> {
        let mut why = Vec::new();
        for file in self.scenario.iter().filter(|s| !s.sha256.same()) {
            why.push(format!(
                "The scenario is another one: {} was changed. `climbdown run` gives the results of \
                 what it says now; take the old text from where you keep it and name it with \
                 --scenario FILE to reproduce these.",
                file.file
            ));
        }
        if self.files.is_empty() {
            if why.is_empty() {
                why.push("The manifest names no file, or another hash of the scenario.".to_owned());
            }
            return why;
        }
        if !self.version.same() {
            why.push(format!(
                "Another version: written by {}, computed anew by {}.",
                self.version.written, self.version.now
            ));
        }
        if !self.platform.same() {
            why.push(format!(
                "Another platform: written on {}, computed anew on {}.",
                self.platform.written, self.platform.now
            ));
        }
        if self.manifest.count > 0 {
            why.push(format!(
                "What {MANIFEST} says of the run is not what its options give: it was changed, or \
                 comes from another run."
            ));
        }
        let changed = |f: &&Compared| f.there.is_some() && f.there.as_ref() != Some(&f.written);
        if self.files.iter().any(|f| changed(&f) && f.computed()) {
            why.push(
                "What was written is computed again; what lies there now was changed since, or \
                 comes from another run."
                    .to_owned(),
            );
        }
        if why.is_empty() && self.files.iter().any(|f| !f.computed()) {
            why.push(
                "The scenario, version, platform and options are the same, so that nothing \
                 explains it: a fault of the program, or hashes that were changed in the manifest."
                    .to_owned(),
            );
        }
        why
    }
}

impl Differences {
    /// Adds what differs between two values at `place`.
    fn find(&mut self, place: &str, written: &Value, now: &Value) {
        let join = |key: &str| {
            if place.is_empty() {
                key.to_owned()
            } else {
                format!("{place}.{key}")
            }
        };
        match (written, now) {
            (Value::Object(a), Value::Object(b)) => {
                let new = b.keys().filter(|key| !a.contains_key(*key));
                for key in a.keys().chain(new) {
                    let at = |map: &serde_json::Map<String, Value>| {
                        map.get(key).cloned().unwrap_or_default()
                    };
                    self.find(&join(key), &at(a), &at(b));
                }
            }
            (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
                for (k, (a, b)) in a.iter().zip(b).enumerate() {
                    self.find(&join(&k.to_string()), a, b);
                }
            }
            (a, b) if a == b => {}
            (a, b) => {
                self.count += 1;
                if self.first.len() < SAID {
                    self.first.push(Difference {
                        place: place.to_owned(),
                        written: a.clone(),
                        now: b.clone(),
                    });
                }
            }
        }
    }

    fn say(&self, out: &mut String) {
        let short = |value: &Value| {
            let text = value.to_string();
            match text.char_indices().nth(40) {
                Some((at, _)) => format!("{}…", &text[..at]),
                None => text,
            }
        };
        for difference in &self.first {
            *out += &screen::wrap(
                &format!(
                    "{}: {} there, {} computed anew",
                    difference.place,
                    short(&difference.written),
                    short(&difference.now)
                ),
                6,
            );
        }
        if self.count > self.first.len() {
            let more = self.count - self.first.len();
            *out += &format!("      and {more} more\n");
        }
    }
}
