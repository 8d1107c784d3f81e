//! `manifest.json`: what is needed to compute a result again, and to know that it is the same.

use crate::certificates::Certificates;
use crate::failure::Failure;
use crate::input::{Origin, Source, hash};
use crate::record::Named;
use serde::{Deserialize, Deserializer, Serialize};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Its name.
pub const MANIFEST: &str = "manifest.json";

/// Name and version of its shape.
pub const MANIFEST_FORMAT: &str = "climbdown-manifest/1";

/// A manifest is never larger; what claims to be one is not read further.
const MAX_BYTES: u64 = 64 << 20;

/// Stands for a file where the scenario came from standard input.
const STANDARD_INPUT: &str = "-";

/// Stands before the name of the scenario that comes with the program.
const SHIPPED: &str = "demo:";

/// The operating system and the processor.
pub fn platform() -> String {
    format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)
}

/// What `run` and `report` write beside their files.
#[derive(Serialize)]
pub struct Manifest<'a> {
    /// [`MANIFEST_FORMAT`].
    pub format: &'static str,
    /// Name of the program.
    pub program: &'static str,
    /// Its version.
    pub version: &'static str,
    /// See [`platform`].
    pub platform: String,
    /// What was read.
    pub scenario: ScenarioRecord<'a>,
    /// Options of the command, all of them, from which it is computed anew.
    pub arguments: Vec<String>,
    /// Solution concept.
    pub concept: &'a str,
    /// Word table of the headline.
    pub words: &'static str,
    /// Seed of the simulation that checked the forecast, and of the futures.
    pub seed: u64,
    /// What the options came to.
    pub options: OptionsRecord<'a>,
    /// What stands behind the result.
    pub certificates: &'a Certificates,
    /// SHA-256 of the files written beside this one.
    pub files: Named<String>,
}

/// The source of a result.
#[derive(Serialize)]
pub struct ScenarioRecord<'a> {
    /// Title.
    pub title: &'a str,
    /// Date up to which facts were known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// SHA-256 of the text; of the whole text where files were put together.
    pub sha256: String,
    /// The file that was asked for, then those that it extends.
    pub files: Vec<SourceRecord>,
}

/// One file of a scenario.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SourceRecord {
    /// Where it lay, from the directory of the manifest.
    pub file: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

/// Settings of a run.
#[derive(Serialize)]
pub struct OptionsRecord<'a> {
    /// Of the solver.
    pub solve: &'a climbdown_engine::solve::Options,
    /// Of the forecast.
    pub forecast: &'a climbdown_engine::forecast::Options,
    /// Trajectories of the check.
    pub trajectories: u64,
    /// Futures of the range; 0 without one.
    pub futures: usize,
    /// Belief points of their coarse solves.
    pub coarse_points: usize,
}

/// The files of `source`, as seen from `directory`.
pub fn sources(source: &Source, directory: &Path) -> Vec<SourceRecord> {
    let files = source.files().files();
    let root = SourceRecord {
        file: match &source.origin {
            Origin::File(path) => relative(path, directory),
            Origin::StandardInput => STANDARD_INPUT.to_owned(),
            Origin::Shipped => format!("{SHIPPED}{}", source.name),
        },
        sha256: hash(&source.bytes),
    };
    let others = files.iter().skip(1).map(|file| SourceRecord {
        file: match source.origin {
            Origin::Shipped => format!("{SHIPPED}{}", file.name),
            _ => relative(Path::new(&file.name), directory),
        },
        sha256: hash(file.text.as_bytes()),
    });
    std::iter::once(root).chain(others).collect()
}

/// The way from `directory` to `path`, with `/` between its parts: a result that is moved together
/// with its scenario still finds it. A file on another drive is named in full.
fn relative(path: &Path, directory: &Path) -> String {
    let real = |p: &Path| fs::canonicalize(p).or_else(|_| std::path::absolute(p));
    let (Ok(to), Ok(from)) = (real(path), real(directory)) else {
        return path.display().to_string();
    };
    let (to_parts, from_parts): (Vec<Component>, Vec<Component>) =
        (to.components().collect(), from.components().collect());
    let both = to_parts.iter().zip(&from_parts);
    let shared = both.take_while(|(a, b)| a == b).count();
    if shared == 0 {
        return to.display().to_string();
    }
    let up = from_parts.len() - shared;
    let mut parts = vec![if up == 0 { "." } else { ".." }.to_owned()];
    parts.extend((1..up).map(|_| "..".to_owned()));
    let down = to_parts.iter().skip(shared);
    parts.extend(down.map(|part| part.as_os_str().to_string_lossy().into_owned()));
    parts.join("/")
}

/// A manifest as read.
#[derive(Deserialize)]
pub struct Written {
    /// See [`Manifest::format`].
    pub format: String,
    /// See [`Manifest::version`].
    pub version: String,
    /// See [`Manifest::platform`].
    pub platform: String,
    /// See [`Manifest::scenario`].
    pub scenario: WrittenScenario,
    /// See [`Manifest::arguments`].
    pub arguments: Vec<String>,
    /// See [`Manifest::files`].
    #[serde(deserialize_with = "in_order")]
    pub files: Vec<(String, String)>,
    /// All of it.
    #[serde(skip)]
    pub whole: serde_json::Value,
    /// The directory that it lies in.
    #[serde(skip)]
    pub directory: PathBuf,
    /// Its own path.
    #[serde(skip)]
    pub path: PathBuf,
}

/// The source of a result, as read.
#[derive(Deserialize)]
pub struct WrittenScenario {
    /// See [`ScenarioRecord::title`].
    pub title: String,
    /// See [`ScenarioRecord::sha256`].
    pub sha256: String,
    /// See [`ScenarioRecord::files`].
    pub files: Vec<SourceRecord>,
}

/// Where a scenario lies.
pub enum Place {
    /// In a file.
    File(PathBuf),
    /// Nowhere any more.
    StandardInput,
    /// In the program.
    Shipped,
}

impl Written {
    /// Reads a manifest, or the one in a directory.
    ///
    /// # Errors
    /// [`Failure::Files`] when there is none, or it is damaged.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let path = if path.is_dir() {
            path.join(MANIFEST)
        } else {
            path.to_owned()
        };
        let failed = |reason: String| {
            Failure::Files(format!(
                "cannot read {}: {reason}\n\
                 hint: `climbdown run FILE` writes a {MANIFEST} into its directory; name either",
                path.display()
            ))
        };
        let metadata = fs::metadata(&path).map_err(|e| failed(crate::failure::reason(&e)))?;
        if metadata.len() > MAX_BYTES {
            return Err(failed("it is too large for a manifest".to_owned()));
        }
        let text = fs::read_to_string(&path).map_err(|e| failed(crate::failure::reason(&e)))?;
        let parsed = serde_json::from_str(&text).and_then(|whole: serde_json::Value| {
            serde_json::from_str::<Self>(&text).map(|written| (whole, written))
        });
        let (whole, written) = parsed.map_err(|e| failed(format!("it is no manifest: {e}")))?;
        if written.format != MANIFEST_FORMAT {
            return Err(failed(format!(
                "its format is `{}`, and this version reads {MANIFEST_FORMAT}",
                written.format
            )));
        }
        if written.scenario.files.is_empty() {
            return Err(failed("it names no scenario".to_owned()));
        }
        if let Some((name, _)) = written.files.iter().find(|(name, _)| !plain(name)) {
            return Err(failed(format!(
                "it names `{name}`, which is no file of its directory"
            )));
        }
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        Ok(Self {
            whole,
            directory,
            path,
            ..written
        })
    }

    /// Where the scenario lies.
    pub fn place(&self) -> Place {
        let file = self.scenario.files.first().map_or("", |s| s.file.as_str());
        match file {
            STANDARD_INPUT => Place::StandardInput,
            shipped if shipped.starts_with(SHIPPED) => Place::Shipped,
            file => Place::File(self.directory.join(file)),
        }
    }

    /// The name that the scenario had in the result.
    pub fn name(&self) -> &str {
        let file = self.scenario.files.first().map_or("", |s| s.file.as_str());
        match file {
            STANDARD_INPUT => crate::input::STANDARD_INPUT,
            file => file.strip_prefix(SHIPPED).unwrap_or(file),
        }
    }
}

/// A name without a way to elsewhere in it.
fn plain(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!(
        (parts.next(), parts.next()),
        (Some(Component::Normal(_)), None)
    )
}

/// An object in the order in which it is written.
fn in_order<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<(String, String)>, D::Error> {
    struct InOrder;
    impl<'de> serde::de::Visitor<'de> for InOrder {
        type Value = Vec<(String, String)>;
        fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
            f.write_str("names of files with their SHA-256")
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(
            self,
            mut map: A,
        ) -> Result<Self::Value, A::Error> {
            let mut out = Vec::new();
            while let Some(entry) = map.next_entry()? {
                out.push(entry);
            }
            Ok(out)
        }
    }
    from.deserialize_map(InOrder)
}

#[cfg(test)]
mod tests {
    use super::{plain, relative};

    #[test]
    fn the_way_to_a_scenario_goes_up_and_down() {
        let d = tempfile::tempdir().expect("a directory");
        let file = d.path().join("a/x.crisis");
        std::fs::create_dir_all(d.path().join("a/out/x")).expect("made");
        std::fs::write(&file, "").expect("written");
        let from = |directory: &str| relative(&file, &d.path().join(directory));
        assert_eq!(from("a/out/x"), "../../x.crisis");
        assert_eq!(from("a/out"), "../x.crisis");
        assert_eq!(from("a"), "./x.crisis");
        assert_eq!(from(""), "./a/x.crisis");
    }

    #[test]
    fn files_of_a_manifest_lie_beside_it() {
        assert!(plain("forecast.json"));
        for name in ["", "..", "../x", "/etc/passwd", "a/b"] {
            assert!(!plain(name), "{name}");
        }
    }
}
