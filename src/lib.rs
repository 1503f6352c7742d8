//! Huddle: a supervised team of agents that makes auditable NFL paper picks.
//!
//! The modules are declared in reading order; `docs/ARCHITECTURE.md` says who may import whom, and `tests/tidy.rs` holds
//! them to it.

pub mod domain;
pub mod market;
pub mod models;
pub mod protocol;

pub mod agents;
pub mod backtest;
pub mod feeds;
pub mod machine;
pub mod minds;
pub mod sim;
pub mod swarms;
