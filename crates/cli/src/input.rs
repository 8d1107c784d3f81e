//! FILE: a scenario or a game as JSON, told apart by content.

use crate::failure::Failure;
use climbdown_engine::compile::{self, CompileError, Compiled, Options};
use climbdown_engine::game::Game;
use climbdown_lang::diagnostic::render_in;
use climbdown_lang::{Checked, Diagnostic, Loaded, Loader, Resolved, Scenario, Sources};
use climbdown_report::exchange::json;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Bytes that are looked at to tell a game from a scenario.
const HEAD_BYTES: u64 = 4096;

/// What a source holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The scenario language.
    Scenario,
    /// `climbdown-game/1`.
    Game,
}

/// What standard input is called.
pub const STANDARD_INPUT: &str = "standard input";

/// Where a source came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file.
    File(PathBuf),
    /// Standard input.
    StandardInput,
    /// The program itself.
    Shipped,
}

/// A source as read.
pub struct Source {
    /// For people: the path, or "standard input".
    pub name: String,
    /// Where it came from.
    pub origin: Origin,
    /// What it holds.
    pub kind: Kind,
    /// Its content.
    pub bytes: Vec<u8>,
    /// The scenario with the files that it extends.
    resolved: Resolved,
}

impl Source {
    /// The name without directories, for commands in outputs.
    pub fn file_name(&self) -> String {
        let name = Path::new(&self.name).file_name();
        name.map_or_else(|| self.name.clone(), |n| n.to_string_lossy().into_owned())
    }

    /// Reads `path`; `-` is standard input. A file that is too large is refused without being read.
    ///
    /// # Errors
    /// [`Failure::Files`] when it cannot be read, [`Failure::Scenario`] when it is too large.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        if path == Path::new("-") {
            let name = STANDARD_INPUT;
            let bytes = read_limited(io::stdin().lock(), name)
                .map_err(|e| Failure::reading(Path::new(name), &e))??;
            return Ok(Self {
                origin: Origin::StandardInput,
                ..Self::with(name, bytes, &mut Neighbours)
            });
        }
        let name = path.display().to_string();
        let failed = |e: io::Error| Failure::reading(path, &e);
        let metadata = fs::metadata(path).map_err(failed)?;
        if metadata.is_dir() {
            return Err(Failure::Files(format!(
                "cannot read {name}: it is a directory, a file was expected"
            )));
        }
        let file = File::open(path).map_err(failed)?;
        if metadata.is_file() && metadata.len() > limit(Kind::Scenario) {
            // Only now does it matter what it is, and the first bytes tell.
            let mut head = Vec::new();
            File::open(path)
                .and_then(|f| f.take(HEAD_BYTES).read_to_end(&mut head))
                .map_err(failed)?;
            let kind = kind(&head);
            if metadata.len() > limit(kind) {
                return Err(too_large(&name, metadata.len(), kind));
            }
        }
        let bytes = read_limited(file, &name).map_err(failed)??;
        Ok(Self {
            origin: Origin::File(path.to_owned()),
            ..Self::with(&name, bytes, &mut Neighbours)
        })
    }

    /// A source that is at hand; what it extends is found by `loader`.
    pub fn with(name: &str, bytes: Vec<u8>, loader: &mut dyn Loader) -> Self {
        let kind = kind(&bytes);
        let resolved = match kind {
            Kind::Scenario => {
                let root = Loaded {
                    name: name.to_owned(),
                    identity: identity(Path::new(name)),
                    bytes: bytes.clone(),
                };
                climbdown_lang::resolve(root, loader)
            }
            Kind::Game => Resolved {
                sources: Sources::single(name, ""),
                diagnostics: Vec::new(),
            },
        };
        Self {
            name: name.to_owned(),
            origin: Origin::Shipped,
            kind,
            bytes,
            resolved,
        }
    }

    /// The files of a scenario, and the text that they make together.
    pub fn files(&self) -> &Sources {
        &self.resolved.sources
    }

    /// SHA-256 of the content, in hexadecimal; of the whole text where files were put together.
    pub fn hash(&self) -> String {
        match self.files().files() {
            [_, _, ..] => hash(self.files().text().as_bytes()),
            _ => hash(&self.bytes),
        }
    }

    /// The content as text, for sources that are games.
    fn text(&self) -> Result<&str, Failure> {
        std::str::from_utf8(&self.bytes).map_err(|e| {
            Failure::scenario(
                &self.name,
                format!("byte {} is not UTF-8 text", e.valid_up_to() + 1),
            )
        })
    }

    /// Reads a game; the source must be one.
    ///
    /// # Errors
    /// [`Failure::Scenario`] with the place of the mistake.
    pub fn game(&self) -> Result<Game, Failure> {
        let text = self.text()?.trim_start_matches('\u{feff}');
        json::read(text).map_err(|e| Failure::scenario(&self.name, e))
    }
}

impl Source {
    /// Checks the text of a scenario.
    pub fn check(&self, options: climbdown_lang::Options) -> Checked {
        self.resolved.check(options)
    }

    /// The scenario in the source, and its warnings as text.
    ///
    /// # Errors
    /// [`Failure::Scenario`] with all findings.
    pub fn scenario(&self) -> Result<(Scenario, Option<String>), Failure> {
        let Checked {
            scenario,
            diagnostics,
        } = self.check(climbdown_lang::Options::default());
        match scenario {
            Some(scenario) => {
                let warnings = (!diagnostics.is_empty()).then(|| self.render(&diagnostics));
                Ok((scenario, warnings))
            }
            None => Err(Failure::Scenario(self.render(&diagnostics))),
        }
    }

    /// Compiles a scenario of this source.
    ///
    /// # Errors
    /// [`Failure::Scenario`] for what is wrong in some reachable state, [`Failure::Unsolved`] for
    /// what is too large or not supported.
    pub fn compile(&self, scenario: &Scenario, options: &Options) -> Result<Compiled, Failure> {
        let compiled = compile::compile(scenario, options).map_err(|error| {
            let text = self.render(error.diagnostics());
            match error {
                CompileError::Scenario(_) => Failure::Scenario(text),
                CompileError::TooLarge(_) | CompileError::Unsupported(_) => Failure::Refused(text),
            }
        })?;
        let unanswered = compile::unanswered(scenario, &compiled.game);
        if !unanswered.is_empty() {
            return Err(Failure::Scenario(self.render(&unanswered)));
        }
        Ok(compiled)
    }

    /// Findings about this source as text, with colours; the stream takes these out where they do
    /// not belong.
    pub fn render(&self, diagnostics: &[Diagnostic]) -> String {
        render_in(diagnostics, self.files(), true)
    }

    /// The text of the file itself; empty when it is no text.
    pub fn shown(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap_or("")
    }
}

/// Files in the folder of the file that names them.
pub struct Neighbours;

impl Loader for Neighbours {
    fn load(&mut self, from: &str, path: &str) -> Result<Loaded, String> {
        let path = match Path::new(from).parent() {
            Some(folder) => folder.join(path),
            None => PathBuf::from(path),
        };
        let read = || -> io::Result<Vec<u8>> {
            let mut bytes = Vec::new();
            let limit = climbdown_lang::MAX_SOURCE_BYTES as u64 + 1;
            File::open(&path)?.take(limit).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let bytes = read().map_err(|e| crate::failure::reason(&e))?;
        Ok(Loaded {
            name: path.display().to_string(),
            identity: identity(&path),
            bytes,
        })
    }
}

/// The same for every way to name a file.
fn identity(path: &Path) -> String {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    path.display().to_string()
}

/// SHA-256 in hexadecimal.
pub fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A game starts with `{`, and nothing else does.
fn kind(bytes: &[u8]) -> Kind {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match bytes.iter().find(|b| !b.is_ascii_whitespace()) {
        Some(b'{') => Kind::Game,
        _ => Kind::Scenario,
    }
}

fn limit(kind: Kind) -> u64 {
    match kind {
        Kind::Scenario => climbdown_lang::MAX_SOURCE_BYTES as u64,
        Kind::Game => json::MAX_BYTES as u64,
    }
}

fn too_large(name: &str, bytes: u64, kind: Kind) -> Failure {
    let what = match kind {
        Kind::Scenario => "a scenario",
        Kind::Game => "a game",
    };
    Failure::scenario(
        name,
        format!(
            "{:.1} MiB is too large for {what} ({} MiB at most); it was not read",
            bytes as f64 / 1_048_576.0,
            limit(kind) >> 20
        ),
    )
}

/// Reads at most the largest game, and no more than the limit of what it turns out to be.
fn read_limited(from: impl Read, name: &str) -> io::Result<Result<Vec<u8>, Failure>> {
    let mut bytes = Vec::new();
    let mut from = from.take(limit(Kind::Game) + 1);
    from.by_ref().take(HEAD_BYTES).read_to_end(&mut bytes)?;
    let kind = kind(&bytes);
    let rest = (limit(kind) + 1).saturating_sub(bytes.len() as u64);
    from.take(rest).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit(kind) {
        return Ok(Err(too_large(name, bytes.len() as u64, kind)));
    }
    Ok(Ok(bytes))
}
