//! Finished pieces of long work, kept in one file so that work that was broken off can go on.
//!
//! A line a piece, appended as soon as the piece is finished:
//!
//! ```text
//! KIND KEY JSON CHECK
//! ```
//!
//! KEY is the hash of all that the piece was made of: the program, the scenario, the options, and which
//! piece of them. CHECK is a hash of the line before it. A line that was torn by a power cut or was
//! damaged fails its check and is passed over, and a piece of other work has another key: what is taken
//! up is what would have been computed. The first line says whose work it is, in words for people. The
//! file goes away with the result.
//!
//! Numbers are written such that they read back to the same bits. JSON has no form for one that is not
//! finite: such a piece does not read back, and is made anew. So what is kept holds no `Option<f64>`.

use crate::failure::{Failure, reason};
use crate::input::{Source, hash};
use crate::manifest::platform;
use crate::screen;
use crate::session::Session;
use clap::Args;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::UNIX_EPOCH;

/// Its name in a directory for outputs.
pub const UNFINISHED: &str = ".climbdown-unfinished";

/// Begins the file: what it is, and the version of its shape.
const FORMAT: &str = "climbdown-unfinished/1";

/// More than this is neither kept nor read, in bytes.
const MOST: u64 = 64 << 20;

/// Option of long work that writes no files of its own.
#[derive(Args)]
pub struct ResumeArguments {
    /// Keep what is solved in FILE: after an interruption the same command goes on from there. The
    /// file is removed when the command is done
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
}

impl ResumeArguments {
    /// The checkpoint for work on `source`.
    ///
    /// # Errors
    /// The file is something else.
    pub fn checkpoint<'a>(
        &self,
        source: &Source,
        session: &'a Session,
    ) -> Result<Checkpoint<'a>, Failure> {
        match &self.resume {
            Some(place) => Checkpoint::open(place, &Work::on(source, Vec::new()), session),
            None => Ok(Checkpoint::none(session)),
        }
    }
}

/// Whose work it is.
#[derive(Deserialize, PartialEq, Serialize)]
pub struct Work {
    /// Version, platform and file of the program.
    program: String,
    /// Name and hash of the scenario.
    scenario: String,
    /// Options on which the pieces depend.
    options: Vec<String>,
}

impl Work {
    /// Work of this program on `source`.
    pub fn on(source: &Source, options: Vec<String>) -> Self {
        Self {
            program: program(),
            scenario: format!("{} {}", source.file_name(), source.hash()),
            options,
        }
    }

    /// What tells it from other work.
    fn unlike(&self, other: &Self) -> &'static str {
        if self.program != other.program {
            "another version of the program"
        } else if self.scenario != other.scenario {
            "another scenario"
        } else {
            "other options"
        }
    }
}

/// This version as built: builds of one version differ in length or time of their file.
fn program() -> String {
    let file = std::env::current_exe().and_then(fs::metadata);
    let built = file.and_then(|file| {
        let time = file.modified()?.duration_since(UNIX_EPOCH);
        let time = time.map_err(io::Error::other)?.as_nanos();
        Ok(format!(", {} bytes of {time}", file.len()))
    });
    format!(
        "{} {}{}",
        env!("CARGO_PKG_VERSION"),
        platform(),
        built.unwrap_or_default()
    )
}

/// What a piece is.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    /// A varied scenario, solved and read.
    Solution,
    /// An analysis, made.
    Analysis,
    /// A check of the forecast.
    Check,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Check, Self::Solution, Self::Analysis];

    fn word(self, n: usize) -> &'static str {
        match (self, n) {
            (Self::Solution, 1) => "solution",
            (Self::Solution, _) => "solutions",
            (Self::Analysis, 1) => "analysis",
            (Self::Analysis, _) => "analyses",
            (Self::Check, 1) => "check",
            (Self::Check, _) => "checks",
        }
    }
}

/// The kept pieces of one work.
pub struct Checkpoint<'a> {
    session: &'a Session,
    /// Where; nowhere for work that is done in one go.
    place: Option<PathBuf>,
    /// The work as JSON.
    work: String,
    /// Key → JSON, of the pieces that were found.
    found: HashMap<String, String>,
    state: Mutex<State>,
}

/// What is in the file by now.
#[derive(Default)]
struct State {
    /// Open once there is something to keep.
    file: Option<File>,
    bytes: u64,
    /// Nothing more is written.
    closed: bool,
    /// Pieces by kind, in the order of [`Kind::ALL`].
    pieces: [usize; 3],
}

impl State {
    fn count(&mut self, kind: &str) {
        if let Some(k) = Kind::ALL.iter().position(|k| k.word(1) == kind) {
            self.pieces[k] += 1;
        }
    }

    /// "41 solutions and 5 analyses"; nothing where there are none.
    fn words(&self) -> Option<String> {
        let some = Kind::ALL.iter().zip(self.pieces).filter(|(_, n)| *n > 0);
        let words: Vec<String> = some
            .map(|(kind, n)| format!("{n} {}", kind.word(n)))
            .collect();
        (!words.is_empty()).then(|| screen::list(&words))
    }
}

impl<'a> Checkpoint<'a> {
    /// Keeps nothing.
    pub fn none(session: &'a Session) -> Self {
        Self {
            session,
            place: None,
            work: String::new(),
            found: HashMap::new(),
            state: Mutex::default(),
        }
    }

    /// Keeps pieces of `work` in a file at `place`, and takes up those that it holds. What it holds of
    /// other work is left out, and that is said.
    ///
    /// # Errors
    /// The file is something else, or cannot be read.
    pub fn open(place: &Path, work: &Work, session: &'a Session) -> Result<Self, Failure> {
        let mut new = Self {
            place: Some(place.to_owned()),
            work: serde_json::to_string(work).unwrap_or_default(),
            ..Self::none(session)
        };
        let bytes = match read(place) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(new),
            Err(e) => return Err(Failure::reading(place, &e)),
        };
        let shown = place.display();
        if !is_checkpoint(&bytes) {
            return Err(Failure::Files(format!(
                "{shown} is not work that climbdown left unfinished, and is not touched\n\
                 hint: name another file, or delete it"
            )));
        }
        let mut lines = bytes.split(|b| *b == b'\n');
        let first = lines.next().and_then(sound);
        let first = first.and_then(|line| line.strip_prefix(FORMAT));
        let written: Option<Work> = first.and_then(|json| serde_json::from_str(json.trim()).ok());
        let why = match written {
            Some(written) if written == *work => None,
            Some(written) => Some(format!("is of {}", work.unlike(&written))),
            None => Some("is damaged".to_owned()),
        };
        if let Some(why) = why {
            session.tell(&format!(
                "What an earlier command left unfinished in {shown} {why}: it is not used."
            ));
            return Ok(new);
        }
        let mut damaged = 0;
        let state = new.state.get_mut().unwrap_or_else(|e| e.into_inner());
        for line in lines.filter(|line| !line.is_empty()) {
            let piece = sound(line).and_then(|line| {
                let (kind, rest) = line.split_once(' ')?;
                let (key, json) = rest.split_once(' ')?;
                Some((kind, key, json))
            });
            let Some((kind, key, json)) = piece else {
                damaged += 1;
                continue;
            };
            if new.found.insert(key.to_owned(), json.to_owned()).is_none() {
                state.count(kind);
            }
        }
        // Where the file goes on, its first line is not written again.
        let file = File::options().append(true).open(place);
        let mut file = file.map_err(|e| Failure::writing(place, &e))?;
        state.bytes = bytes.len() as u64;
        if bytes.last() != Some(&b'\n') {
            state.bytes += 1;
            file.write_all(b"\n")
                .map_err(|e| Failure::writing(place, &e))?;
        }
        state.file = Some(file);
        if let Some(words) = state.words() {
            let damaged = match damaged {
                0 => String::new(),
                1 => " (one that is damaged is left out)".to_owned(),
                n => format!(" ({n} that are damaged are left out)"),
            };
            session.tell(&format!(
                "Going on with what was left unfinished: {words} are kept{damaged}."
            ));
        }
        Ok(new)
    }

    /// A piece that was found, or else is made and kept.
    ///
    /// # Errors
    /// As in making it.
    pub fn piece<T: Serialize + DeserializeOwned, E>(
        &self,
        kind: Kind,
        name: &str,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        if let Some(found) = self.find(name) {
            return Ok(found);
        }
        let made = make()?;
        self.keep(kind, name, &made);
        Ok(made)
    }

    /// The piece with this name, if it was kept.
    pub fn find<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        if self.found.is_empty() {
            return None;
        }
        let json = self.found.get(&self.key(name))?;
        serde_json::from_str(json).ok()
    }

    /// Keeps a piece. Where it cannot be written that is said once, and the work goes on without.
    pub fn keep(&self, kind: Kind, name: &str, piece: &impl Serialize) {
        let (Some(place), Ok(json)) = (&self.place, serde_json::to_string(piece)) else {
            return;
        };
        let line = checked(&format!("{} {} {json}", kind.word(1), self.key(name)));
        let Ok(mut state) = self.state.lock() else {
            return;
        };
        if state.closed {
            return;
        }
        let failed = if state.bytes + line.len() as u64 > MOST {
            format!("it would be more than {}", screen::bytes(MOST.into()))
        } else {
            match self.append(&mut state, place, &line) {
                Ok(()) => return state.count(kind.word(1)),
                Err(e) => reason(&e),
            }
        };
        state.closed = true;
        self.session.say(format!(
            "warning: what is solved from now on is not kept in {}: {failed}",
            place.display()
        ));
    }

    fn append(&self, state: &mut State, place: &Path, line: &str) -> io::Result<()> {
        if state.file.is_none() {
            let mut file = File::create(place)?;
            let first = checked(&format!("{FORMAT} {}", self.work));
            file.write_all(first.as_bytes())?;
            // Whatever comes of the rest, the file is known again.
            file.sync_data()?;
            drop(file);
            state.bytes = first.len() as u64;
            state.file = Some(File::options().append(true).open(place)?);
        }
        if let Some(file) = &mut state.file {
            file.write_all(line.as_bytes())?;
            state.bytes += line.len() as u64;
        }
        Ok(())
    }

    /// Of all that the piece is made of.
    fn key(&self, name: &str) -> String {
        hash(format!("{}\n{name}", self.work).as_bytes())
    }

    /// Why the work stopped: an interruption with what is kept. What would stop it again keeps nothing;
    /// where a result could not be written, it need not be computed again.
    pub fn stopped(&self, failure: Failure) -> Failure {
        match (&failure, &self.place) {
            (Failure::Interrupted, Some(place)) => {
                let state = self.state.lock().ok();
                match state.and_then(|state| state.words()) {
                    Some(words) => Failure::Unfinished(format!(
                        "{words} are kept in {}: the same command goes on from there",
                        place.display()
                    )),
                    None => failure,
                }
            }
            (Failure::Files(_) | Failure::Unread, _) => failure,
            _ => {
                self.done();
                failure
            }
        }
    }

    /// The work is done: the file goes.
    pub fn done(&self) {
        let file = self.state.lock().ok().and_then(|mut s| s.file.take());
        if let (Some(place), Some(file)) = (&self.place, file) {
            drop(file);
            if let Err(e) = fs::remove_file(place) {
                self.session.say(format!(
                    "warning: cannot remove {}: {}",
                    place.display(),
                    reason(&e)
                ));
            }
        }
    }
}

/// The start of the file, as far as it counts.
fn read(place: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(place)?.take(MOST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Begins as ours do, of whatever version; or is empty, or all zeros, as a power cut may leave it.
fn is_checkpoint(bytes: &[u8]) -> bool {
    let name = FORMAT.split('/').next().unwrap_or(FORMAT).as_bytes();
    let head = &bytes[..bytes.len().min(name.len())];
    name.starts_with(head) || head.iter().all(|b| *b == 0)
}

/// A line with its check.
fn checked(line: &str) -> String {
    format!("{line} {}\n", check(line))
}

fn check(line: &str) -> String {
    hash(line.as_bytes())[..16].to_owned()
}

/// A line without its check, if that is right.
fn sound(line: &[u8]) -> Option<&str> {
    let (line, written) = std::str::from_utf8(line).ok()?.rsplit_once(' ')?;
    (check(line) == written).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Global;
    use climbdown_engine::analyse::evaluate::{Reading, Unsolved};

    fn session() -> Session {
        let global = Global {
            json: false,
            quiet: true,
            threads: None,
        };
        Session::new(&global).expect("a session")
    }

    fn work(seed: &str) -> Work {
        Work {
            program: "p".to_owned(),
            scenario: "s".to_owned(),
            options: vec![seed.to_owned()],
        }
    }

    /// Every kind of number there is, by its bits.
    fn numbers() -> impl Iterator<Item = f64> {
        let odd = [0.0, -0.0, 1.0, f64::MIN_POSITIVE, 5e-324, f64::MAX, 0.1];
        let random = (1u64..2000).map(|k| {
            let x = k.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            f64::from_bits((x ^ (x >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9))
        });
        odd.into_iter().chain(random.filter(|x| x.is_finite()))
    }

    #[test]
    fn what_is_kept_has_the_same_bits() {
        let (directory, session) = (tempfile::tempdir().expect("a directory"), session());
        let place = directory.path().join("kept");
        let reading = |measures: Vec<f64>| Reading {
            values: vec![measures[0]],
            measures,
            payoffs: Vec::new(),
            jumps: u64::MAX,
            mass_error: 1e-17,
        };
        let written: Result<Reading, Unsolved> = Ok(reading(numbers().collect()));
        let open = |seed| Checkpoint::open(&place, &work(seed), &session).expect("opens");
        let kept = open("1");
        kept.keep(Kind::Solution, "all", &written);
        let odd: Result<Reading, Unsolved> = Ok(reading(vec![f64::NAN]));
        kept.keep(Kind::Solution, "odd", &odd);
        drop(kept);
        let kept = open("1");
        let read: Result<Reading, Unsolved> = kept.find("all").expect("kept");
        let bits = |r: &Result<Reading, Unsolved>| -> Vec<u64> {
            let r = r.as_ref().expect("a reading");
            r.measures.iter().map(|x| x.to_bits()).collect()
        };
        assert_eq!(bits(&read), bits(&written));
        assert_eq!(read, written);
        // What has no form in JSON is made anew, not read as something else.
        assert!(kept.find::<Result<Reading, Unsolved>>("odd").is_none());
        assert!(kept.find::<Result<Reading, Unsolved>>("other").is_none());
        kept.done();
        assert!(!place.exists());
    }

    #[test]
    fn pieces_of_other_work_in_the_same_file_are_not_taken_for_ours() {
        let (directory, session) = (tempfile::tempdir().expect("a directory"), session());
        let place = directory.path().join("kept");
        let open = |seed| Checkpoint::open(&place, &work(seed), &session).expect("opens");
        let first = open("1");
        first.keep(Kind::Analysis, "gap", &1);
        // Two at once: the second begins the file anew, the first goes on writing to it.
        let second = open("2");
        second.keep(Kind::Analysis, "why", &2);
        first.keep(Kind::Analysis, "gap", &3);
        drop((first, second));
        let second = open("2");
        assert_eq!(second.find::<i32>("why"), Some(2));
        assert_eq!(second.find::<i32>("gap"), None);
    }
}
