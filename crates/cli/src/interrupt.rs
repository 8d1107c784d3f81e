//! Ctrl-C, and the polite signals like it, raise a flag that long work reads. A second one ends the
//! program at once.

use std::sync::atomic::{AtomicBool, Ordering};

static RAISED: AtomicBool = AtomicBool::new(false);

/// Starts to watch. Where signals cannot be watched (a very bare system), Ctrl-C ends the program
/// as it always does, and outputs are still never half written.
pub fn watch() {
    let _ = ctrlc::set_handler(|| {
        if RAISED.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    });
}

/// Has the user asked to stop?
pub fn raised() -> bool {
    RAISED.load(Ordering::SeqCst)
}
