//! The words of the game, with their units: everything below is data that any other module may speak of.
//!
//! Nothing here knows a clock, a database, a message or a model. Money is integer cents, lines are integer half points,
//! a probability and a price are types, so that a bare `f64` never crosses a module boundary unnamed.

pub mod archive;
pub mod belief;
pub mod calendar;
pub mod event;
pub mod game;
pub mod injury;
pub mod kpi;
pub mod line;
pub mod line_move;
pub mod memory;
pub mod money;
pub mod movement;
pub mod news;
pub mod pick;
pub mod price;
pub mod probability;
pub mod quote;
pub mod source;
pub mod standing;
pub mod team;
pub mod team_week;
pub mod weather;
