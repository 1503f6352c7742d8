//! How good teams are, and how good an estimate is: ratings and calibration from results and closing lines.
//!
//! A model has never heard of messages. It is fed settled games in the order in which they became known and asked for an
//! expectation; it keeps no game it was not given.

pub mod attack_defence;
pub mod calibration;
pub mod elo;
pub mod last_game;
mod normal;
pub mod quarterbacks;
pub mod regression;
pub mod ridge;
pub mod season_time;
pub mod team_ridge;
