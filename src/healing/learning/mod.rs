//! What is learned from how incidents end: which remedy comes first, how far off a number must be, and for all of it a journal
//! in which every change can be read and taken back.

pub mod bandit;

pub mod thresholds;

pub mod journal;

pub mod learner;

#[cfg(test)]
mod tests;
