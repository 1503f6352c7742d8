//! The test bench of strategies: candidate bets as columns, thousands of strategies as bit masks, one as a track of bets.
//!
//! [`table::Table`] holds every candidate bet as of a moment; [`plan::Plan`] is a strategy that asks only for what is known
//! then; [`sweep::sweep`] counts what many plans did, in whole numbers; [`track::Track`] follows one bet by bet. Whoever fills
//! a table answers for its columns being known in time; what is recorded as known later never reaches a plan.

pub mod bits;

pub mod period;

pub mod sheet;

pub mod table;

mod cut;

pub mod plan;

pub mod tally;

mod kernel;
mod planes;
mod streak;
pub mod sweep;

pub mod track;

pub mod performance;

pub mod manifest;

#[cfg(test)]
mod tests;
