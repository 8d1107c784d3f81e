//! Bounds on what is read, so that no input can eat time or memory.

/// Largest source in bytes; a longer one is refused unread.
pub const MAX_SOURCE_BYTES: usize = 2 * 1024 * 1024;
/// Most findings kept for one source.
pub const MAX_DIAGNOSTICS: usize = 1_000;
/// Longest name in bytes.
pub const MAX_NAME_BYTES: usize = 64;
/// Deepest nesting of parentheses, signs and conditions in an expression.
pub const MAX_NESTING: u16 = 64;
/// Deepest expression tree, which a long sum also makes deep.
pub const MAX_EXPRESSION_DEPTH: u16 = 192;
/// Most declarations of one kind.
pub const MAX_DECLARATIONS: usize = 4_096;
/// Most items in one list: levels, arguments, outcomes, effects, terms.
pub const MAX_ITEMS: usize = 255;
/// Most bytes of source that may be copied by reference (`looks like`, `NAME: CLASS`).
pub const MAX_COPIED_BYTES: usize = 16 * 1024 * 1024;
