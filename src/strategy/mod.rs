//! Strategies as data: a small typed language of betting rules over what is known when a bet is made.
//!
//! ```text
//! spread at open when edge(market_rating) >= 1.5 and week in 3..17 and underdog stake flat 1%
//! total at open when under and wind >= 15 stake kelly(swarm) 25% cap 2%
//! ```
//!
//! A rule speaks of one candidate bet, which is one side of one market of one game, and selects it when every condition
//! holds. The text form round-trips, the canonical form has a hash, and a rule that asks for what is known only after the
//! bet can be written down but never becomes a plan.

pub mod condition;
pub mod feature;
pub mod genetics;
pub mod rule;
pub mod stake;
pub mod text;

#[cfg(test)]
mod tests;
