//! The command line: one file a verb, each with its arguments and a `run` that writes to any sink.

pub mod odds;
