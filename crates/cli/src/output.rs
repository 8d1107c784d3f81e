//! Files are written beside their place and then renamed: nobody ever sees half of one, and what was
//! there before stays until the new one is whole.

use crate::failure::Failure;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile};

/// A file that is whole but not yet in its place.
pub struct Pending {
    file: NamedTempFile,
    place: PathBuf,
}

impl Pending {
    /// Writes `bytes` beside `place`.
    ///
    /// # Errors
    /// When the directory cannot be written or is full.
    pub fn write(place: &Path, bytes: &[u8]) -> Result<Self, Failure> {
        Self::fill(place, |file| file.write_all(bytes))
    }

    fn fill(
        place: &Path,
        fill: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
    ) -> Result<Self, Failure> {
        let write = || -> io::Result<NamedTempFile> {
            let file = beside(place)?;
            let mut buffered = BufWriter::new(file.as_file());
            fill(&mut buffered)?;
            buffered.flush()?;
            drop(buffered);
            file.as_file().sync_all()?;
            Ok(file)
        };
        let file = write().map_err(|e| Failure::writing(place, &e))?;
        Ok(Self {
            file,
            place: place.to_owned(),
        })
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// When it cannot be renamed.
    pub fn commit(self) -> Result<(), Failure> {
        let place = self.place;
        self.file
            .persist(&place)
            .map_err(|e| Failure::writing(&place, &e.error))?;
        Ok(())
    }
}

/// A new file in the directory of `place`, with the rights that a file made there would have.
fn beside(place: &Path) -> io::Result<NamedTempFile> {
    let directory = match place.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = Builder::new();
    builder.prefix(".climbdown-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(directory)
}

/// Finds out before the work starts whether `place` can be written.
///
/// # Errors
/// When it cannot.
pub fn probe(place: &Path) -> Result<(), Failure> {
    if place.is_dir() {
        return Err(Failure::Files(format!(
            "cannot write {}: it is a directory",
            place.display()
        )));
    }
    beside(place)
        .map(drop)
        .map_err(|e| Failure::writing(place, &e))
}

/// Has `fill` write one file, piece by piece.
///
/// # Errors
/// When it cannot be written.
pub fn write(
    place: &Path,
    fill: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
) -> Result<(), Failure> {
    Pending::fill(place, fill)?.commit()
}

/// Rewrites an existing file, through symbolic links, keeping its rights.
///
/// # Errors
/// When it cannot be written.
pub fn rewrite(place: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |e: io::Error| Failure::writing(place, &e);
    let real = fs::canonicalize(place).map_err(failed)?;
    let rights = fs::metadata(&real).map_err(failed)?.permissions();
    if rights.readonly() {
        return Err(Failure::Files(format!(
            "cannot write {}: it is read-only",
            place.display()
        )));
    }
    let pending = Pending::write(&real, bytes)?;
    pending
        .file
        .as_file()
        .set_permissions(rights)
        .map_err(failed)?;
    pending.commit()
}

/// A directory for outputs.
pub struct Directory {
    /// Where.
    pub path: PathBuf,
    /// The topmost directory that had to be made.
    made: Option<PathBuf>,
    kept: bool,
}

impl Directory {
    /// Makes the directory where it does not exist, and finds out whether it can be written.
    ///
    /// # Errors
    /// When it cannot.
    pub fn prepare(path: &Path) -> Result<Self, Failure> {
        let failed = |e: io::Error| {
            Failure::Files(format!(
                "the output directory {} cannot be used: {e}\n\
                 hint: name another one with --out; nothing has been computed yet",
                path.display()
            ))
        };
        let made = path
            .ancestors()
            .filter(|p| !p.as_os_str().is_empty() && !p.exists())
            .last();
        let directory = Self {
            path: path.to_owned(),
            made: made.map(Path::to_owned),
            kept: false,
        };
        fs::create_dir_all(path).map_err(failed)?;
        beside(&path.join("probe")).map(drop).map_err(failed)?;
        Ok(directory)
    }

    /// Writes these files, all whole before the first takes its place; the last is the one that
    /// vouches for the others.
    ///
    /// # Errors
    /// When one cannot be written.
    pub fn write(mut self, files: &[(String, Vec<u8>)]) -> Result<(), Failure> {
        let pending: Vec<Pending> = files
            .iter()
            .map(|(name, bytes)| Pending::write(&self.path.join(name), bytes))
            .collect::<Result<_, _>>()?;
        self.kept = true;
        pending.into_iter().try_for_each(Pending::commit)
    }
}

/// Directories that were made for a run that came to nothing go away again, if they are empty.
impl Drop for Directory {
    fn drop(&mut self) {
        let Some(made) = self.made.as_ref().filter(|_| !self.kept) else {
            return;
        };
        for directory in self.path.ancestors().take_while(|p| p.starts_with(made)) {
            if fs::remove_dir(directory).is_err() {
                break;
            }
        }
    }
}
