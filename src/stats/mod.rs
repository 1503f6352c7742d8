//! Statistics that keep strategies honest: how far a figure may be from the truth, and how much of it is the search for it.
//!
//! Pure arithmetic on numbers and weeks: nothing here knows what a strategy, a price or a report is. Random streams are handed
//! in. In reading order: a rate with its interval, and how many bets prove one; what a search makes of its best; what a
//! bankroll went through, and may go through; how good forecasts are.

pub mod interval;

pub mod estimate;

pub mod bootstrap;

pub mod power;

pub mod e_process;

pub mod normal;

pub mod returns;

pub mod overfitting;

pub mod deflated;

pub mod reality_check;

pub mod multiplicity;

pub mod homogeneity;

pub mod equity;

pub mod risk;

pub mod scoring;

pub mod correlation;

pub mod splitmix;

pub mod paths;

#[cfg(test)]
mod test_data;
