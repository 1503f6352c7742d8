//! The one integration target: the runtime, the house and the command line, each through public doors only.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests; clippy exempts only the test functions themselves"
)]

mod agents;
mod api;
mod backtest;
mod bus;
mod cli;
mod control;
mod feeds;
mod house;
mod minds;
mod parlays;
mod portfolio;
mod replay;
mod research;
mod runtime;
mod season_files;
mod stats;
mod team;
mod upstream;
