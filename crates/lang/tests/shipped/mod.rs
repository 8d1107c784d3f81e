//! The shipped scenarios in tests, in one piece with what they extend. Other crates include this file
//! by its path.
#![allow(dead_code)]

use climbdown_lang::{Loaded, Loader, Resolved, resolve};
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the shipped scenarios, seen from the folder of any crate.
pub const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios");

/// All scenarios in a folder and below it, in order.
pub fn below(folder: &Path) -> Vec<PathBuf> {
    let mut folders = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "crisis") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The shipped scenarios without those that only another one makes whole: a base, and further dates of
/// the same crisis, which cost tests as much as the first and have nothing new for them.
pub fn distinct() -> Vec<PathBuf> {
    let mut found = below(Path::new(FOLDER));
    found.retain(|f| {
        let name = f.file_stem().unwrap_or_default().to_string_lossy();
        !["us-iran-base", "us-iran-2026-02-26"].contains(&&*name)
    });
    found
}

/// The files beside the one that asks.
struct Beside;

impl Loader for Beside {
    fn load(&mut self, from: &str, path: &str) -> Result<Loaded, String> {
        let path = Path::new(from).with_file_name(path);
        let name = path.to_string_lossy().into_owned();
        Ok(Loaded {
            identity: name.clone(),
            name,
            bytes: fs::read(&path).map_err(|e| e.to_string())?,
        })
    }
}

/// A text that stands in the file `path`, with what it extends.
pub fn resolved(path: &Path, text: &str) -> Resolved {
    let name = path.to_string_lossy().into_owned();
    let root = Loaded {
        identity: name.clone(),
        name,
        bytes: text.as_bytes().to_vec(),
    };
    resolve(root, &mut Beside)
}

/// The whole text of a scenario: the file with what it extends.
///
/// # Panics
/// When a file cannot be read or merged.
pub fn whole(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let resolved = resolved(path, &text);
    assert_eq!(resolved.diagnostics, [], "{}", path.display());
    resolved.sources.text().to_owned()
}

/// The whole text of a shipped scenario.
pub fn shipped(name: &str) -> String {
    whole(&Path::new(FOLDER).join(name))
}
