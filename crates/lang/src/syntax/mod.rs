//! Text → syntax tree: lexer, layout by indentation, recovering parser.

pub mod ast;
pub(crate) mod cursor;
pub(crate) mod declarations;
mod expression;
pub mod layout;
pub mod lexer;
mod limits;

pub(crate) use cursor::is_unit_word;
pub use declarations::parse;
pub use limits::*;
