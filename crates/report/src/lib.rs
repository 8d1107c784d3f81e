//! Results and games in the forms that people and other tools open.

pub mod comparison;
pub mod csv;
pub mod document;
pub mod draw;
pub mod exchange;
pub mod explain;
pub mod html;
pub mod labels;
pub mod markdown;
pub mod parquet;
pub mod tables;
pub mod textbook;
pub mod words;
