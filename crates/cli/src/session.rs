//! What all commands share: how to talk, how to watch long work.

use crate::arguments::Global;
use crate::failure::Failure;
use crate::interrupt;
use crate::progress::Progress;
use crate::screen;
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;

/// The run of one command.
pub struct Session {
    /// Print data as JSON.
    pub json: bool,
    quiet: bool,
    /// Which part of how many is at work; none when 0.
    part: Mutex<(usize, usize)>,
}

impl Session {
    /// Sets up what the global options ask for.
    ///
    /// # Errors
    /// When the threads cannot be started.
    pub fn new(global: &Global) -> Result<Self, Failure> {
        if let Some(threads) = global.threads {
            rayon::ThreadPoolBuilder::new()
                .num_threads(usize::from(threads.get()))
                .build_global()
                .map_err(|e| Failure::Unsolved(format!("cannot start {threads} threads: {e}")))?;
        }
        Ok(Self {
            json: global.json,
            quiet: global.quiet,
            part: Mutex::new((0, 0)),
        })
    }

    /// Talk: a line on stderr, unless quiet.
    pub fn say(&self, text: impl AsRef<str>) {
        if !self.quiet {
            // Talk that cannot be heard changes no result.
            let _ = writeln!(anstream::stderr().lock(), "{}", text.as_ref().trim_end());
        }
    }

    /// Talk in sentences, broken into lines.
    pub fn tell(&self, text: &str) {
        self.say(screen::wrap(text, 0));
    }

    /// A watcher for long work: progress on a terminal, and the flag of Ctrl-C.
    pub fn observer(&self) -> Progress {
        let part = self.part.lock().map_or((0, 0), |part| *part);
        Progress::new(self.quiet, part)
    }

    /// Progress is from now on that of part `k` of `n`; of the whole when both are 0.
    pub fn part(&self, k: usize, n: usize) {
        if let Ok(mut part) = self.part.lock() {
            *part = (k, n);
        }
    }

    /// Data: text on stdout.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn print(&self, text: &str) -> Result<(), Failure> {
        let mut stdout = anstream::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        if !text.ends_with('\n') {
            stdout.write_all(b"\n")?;
        }
        stdout.flush()?;
        Ok(())
    }

    /// Data: JSON on stdout, numbers such that they read back to the same bits.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn print_json(&self, value: &impl Serialize) -> Result<(), Failure> {
        self.print(&json_text(value)?)
    }

    /// Data that is a text by itself, such as a scenario; within JSON where that is asked for.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn print_text(&self, text: &str) -> Result<(), Failure> {
        #[derive(Serialize)]
        struct Text<'a> {
            text: &'a str,
        }
        if self.json {
            self.print_json(&Text { text })
        } else {
            self.print(text)
        }
    }

    /// A command whose result is files: talk, or their paths as JSON.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn wrote(&self, talk: impl AsRef<str>, files: &[PathBuf]) -> Result<(), Failure> {
        #[derive(Serialize)]
        struct Files {
            files: Vec<String>,
        }
        self.say(talk);
        if self.json {
            let files = files.iter().map(|f| f.display().to_string());
            self.print_json(&Files {
                files: files.collect(),
            })?;
        }
        Ok(())
    }

    /// Stops here if the user has asked for it.
    ///
    /// # Errors
    /// [`Failure::Interrupted`].
    pub fn go_on(&self) -> Result<(), Failure> {
        if interrupt::raised() {
            Err(Failure::Interrupted)
        } else {
            Ok(())
        }
    }
}

/// JSON text with a last line end.
///
/// # Errors
/// When a value has no JSON form.
pub fn json_text(value: &impl Serialize) -> Result<String, Failure> {
    let mut text = serde_json::to_string_pretty(value)
        .map_err(|e| Failure::Files(format!("a result has no JSON form: {e}")))?;
    text.push('\n');
    Ok(text)
}
