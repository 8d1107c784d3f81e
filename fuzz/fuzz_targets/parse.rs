//! Any text can be lexed, parsed and formatted, and formatting is stable.
#![no_main]

use climbdown_lang::{format, syntax};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let parsed = syntax::parse(text);
    for diagnostic in &parsed.diagnostics {
        assert!(!diagnostic.label.is_empty(), "{} says what was expected", diagnostic.code);
        assert!(diagnostic.span.end as usize <= text.len());
    }
    if let Ok(once) = format(text) {
        assert_eq!(format(&once).as_ref(), Ok(&once));
    }
});
