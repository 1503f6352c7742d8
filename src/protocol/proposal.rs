//! A bet somebody wants made: what the swarm or a strategy puts before the conductor, which makes one portfolio of all.

use crate::domain::game::GameId;
use crate::domain::line::HalfPoints;
use crate::domain::money::Cents;
use crate::domain::price::American;
use crate::domain::quote::{Book, Market, Side};
use crate::strategy::rule::StrategyId;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Who wants a bet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The consensus swarm: the id of its decision.
    Consensus(String),
    /// A strategy in production.
    Strategy(StrategyId),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Consensus(id) => f.pad(&format!("swarm {id}")),
            Origin::Strategy(id) => f.pad(&format!("strategy {id}")),
        }
    }
}

/// A bet on offer that somebody wants made. An origin proposes a market of a game at most once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// From whom.
    pub origin: Origin,
    /// The game.
    pub game: GameId,
    /// The US Eastern day of its kickoff.
    pub day: NaiveDate,
    /// The market.
    pub market: Market,
    /// The side.
    pub side: Side,
    /// The line with the archive's sign (spread: positive when the home team is favoured).
    pub line: Option<HalfPoints>,
    /// The price it can be had at.
    pub price: American,
    /// True when the source named no price and -110 was taken.
    pub assumed: bool,
    /// Where.
    pub book: Book,
    /// What is to be staked.
    pub stake: Cents,
    /// Expected profit per unit at this line and price, where the origin has one: a strategy has a record, but no opinion
    /// of a single bet's worth.
    pub expected: Option<f64>,
}
