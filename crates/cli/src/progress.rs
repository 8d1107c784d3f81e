//! Progress of long work on stderr, with an estimate of the time left, where somebody watches.

use crate::interrupt;
use climbdown_engine::solve::Observer;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::Duration;

/// A progress line for each stage of the work, wiped when the stage ends.
pub struct Progress {
    visible: bool,
    part: (usize, usize),
    line: Mutex<Option<(String, ProgressBar)>>,
}

impl Progress {
    /// Visible on a terminal, unless `quiet`; `part` is which of how many the work is part of.
    pub fn new(quiet: bool, part: (usize, usize)) -> Self {
        Self {
            visible: !quiet && std::io::stderr().is_terminal(),
            part,
            line: Mutex::new(None),
        }
    }

    /// Wipes the line.
    pub fn clear(&self) {
        if let Ok(mut line) = self.line.lock()
            && let Some((_, bar)) = line.take()
        {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Observer for Progress {
    fn progress(&self, stage: &str, done: u64, total: u64) {
        if !self.visible {
            return;
        }
        // A worker that finds the line in use lets this step go unseen rather than wait.
        let Ok(mut line) = self.line.try_lock() else {
            return;
        };
        if line.as_ref().is_none_or(|(name, _)| name != stage) {
            if let Some((_, bar)) = line.take() {
                bar.finish_and_clear();
            }
            let name = match self.part {
                (_, 0) => stage.to_owned(),
                (k, n) => format!("{k}/{n} {stage}"),
            };
            *line = Some((stage.to_owned(), start(&name, total)));
        }
        if let Some((_, bar)) = line.as_ref() {
            bar.set_length(total);
            // Work that comes in several passes begins again from nothing.
            if done < bar.position() {
                bar.reset_eta();
            }
            bar.set_position(done);
        }
    }

    fn cancelled(&self) -> bool {
        interrupt::raised()
    }
}

fn start(stage: &str, total: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(10));
    let template = "{prefix:>16} [{bar:26}] {percent:>3} %  {elapsed} gone, {eta} to go";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_prefix(stage.to_owned());
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}
