//! The words of the game, with their units: everything below is data that any other module may speak of.
//!
//! Nothing here knows a clock, a database, a message or a model. Money is integer cents, lines are integer half points,
//! a probability and a price are types, so that a bare `f64` never crosses a module boundary unnamed.

pub mod line;
pub mod money;
pub mod price;
pub mod probability;
pub mod team; // uses none of the above: read it first or last
