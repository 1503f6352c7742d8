//! Huddle: a supervised team of agents that makes auditable NFL paper picks.
//!
//! The modules are declared in reading order: first what is thought, then what runs it, then what touches the world.
//! `docs/ARCHITECTURE.md` says who may import whom, and `tests/tidy.rs` holds them to it. Blank lines keep the formatter
//! from sorting the order away.

// The thinking part: no runtime, no clock, no I/O.

pub mod domain;

pub mod stats;

pub mod market;

pub mod strategy;

pub mod engine;

pub mod parlay;

pub mod models;

pub mod protocol;

pub mod machine;

pub mod api;

pub mod feeds;

pub mod minds;

pub mod agents;

pub mod swarms;

pub mod backtest;

pub mod healing;

pub mod sim;

// What runs it.

pub mod clock;

pub mod actor;

pub mod supervision;

pub mod shell;

pub mod bus;

pub mod world;

// The edges.

pub mod transport;

pub mod upstream;

pub mod store;

pub mod home;

pub mod control;

pub mod logging;

pub mod config;

pub mod app;

pub mod cli;
