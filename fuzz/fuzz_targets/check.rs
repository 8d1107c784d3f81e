//! Any bytes can be checked; what is found can be shown; a format keeps what was found.
#![no_main]

use climbdown_lang::{Options, check_bytes, format, located, render};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let checked = check_bytes(bytes, Options { pedantic: true });
    assert!(checked.scenario.is_some() || !checked.diagnostics.is_empty());
    let text = String::from_utf8_lossy(bytes);
    render(&checked.diagnostics, &text, "fuzz.crisis", false);
    located(&checked.diagnostics, &text);
    if let Ok(Ok(once)) = std::str::from_utf8(bytes).map(format) {
        let again = check_bytes(once.as_bytes(), Options { pedantic: true });
        assert_eq!(checked.scenario.is_some(), again.scenario.is_some());
    }
});
