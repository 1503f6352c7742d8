//! Statistics that keep strategies honest: how far a figure may be from the truth, and how much of it is the search for it.
//!
//! Pure arithmetic on numbers and weeks: nothing here knows what a strategy, a price or a report is. Random streams are handed
//! in. In reading order: a rate and its interval, and how many bets prove one.

pub mod interval;

pub mod estimate;

pub mod bootstrap;

pub mod power;

pub mod paths;

pub mod splitmix;
