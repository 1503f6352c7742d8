//! What was measured, kept within bounds: the latest readings as they came, older ones as minutes and hours, and the log as
//! counts of what it says.

pub mod series;

pub mod board;

pub mod templates;
