//! Swarms: how several opinions become one, by rules that are pure functions.
//!
//! A swarm knows seats and their opinions, never who or what holds them. A seat that dies or is late abstains, and the
//! round still ends.

pub mod ballot;
pub mod ballot_box;
pub mod conductor;
pub mod consensus;
#[cfg(test)]
pub(crate) mod fixture;
pub mod generation;
pub mod guidance;
pub mod minutes;
pub mod panel;
pub mod pool;
pub mod round;
mod seating;
pub mod validation;
