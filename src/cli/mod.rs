//! The command line: one file a verb group.

pub mod data;
pub mod odds;
