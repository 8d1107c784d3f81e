//! Constructs beyond the core, one file each: syntax, checks, and what they come down to.

pub mod extends;
