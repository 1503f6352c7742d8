//! What a seat of the swarm believes about a game, and how its beliefs turned out.
//!
//! A belief is a probability with its reasons, or an abstention with its reason: silence is never counted as agreement.

use super::game::{Fixture, GameId, SeasonWeek};
use super::line::HalfPoints;
use super::probability::Probability;
use super::quote::{Market, Quote};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// The name of a seat at the swarm's table, such as `elo`. Seats are ordered by name; ties between seats break by it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seat(pub Arc<str>);

impl Seat {
    /// A seat by name.
    pub fn new(name: &str) -> Seat {
        Seat(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Which moment of a week's market decisions are made at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// Tuesday's openers, one round a week.
    Open,
    /// Each game at its kickoff.
    Close,
}

impl Basis {
    /// `open` or `close`.
    pub fn name(self) -> &'static str {
        match self {
            Basis::Open => "open",
            Basis::Close => "close",
        }
    }
}

/// A game that may be bet, with the line everybody speaks of and the prices it can be had at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    /// The schedule.
    pub fixture: Fixture,
    /// The line of each market that opinions refer to, in the order of [`Market::ALL`]; `None` when nobody quoted it.
    pub reference: [Option<Quote>; 3],
    /// Every price known for the game from the books the user can bet at.
    pub prices: Vec<Quote>,
}

impl Offer {
    /// The reference quote of a market.
    pub fn reference(&self, market: Market) -> Option<&Quote> {
        self.reference[market as usize].as_ref()
    }
}

/// One reason, with its weight in points towards the first side (home or over); negative speaks for the other side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// A short sentence a bettor understands.
    pub text: String,
    /// Points towards home or over.
    pub points: f64,
}

/// Why a seat has no view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Abstention {
    /// The mind does not study this market.
    NotMyMarket,
    /// No line or price to speak of.
    NoLine,
    /// Too few games behind the estimate.
    TooLittleData {
        /// Games it had.
        n: usize,
    },
    /// Its edge is too small to tell from none.
    NoEdge,
    /// What the mind lives on is not there for this season: a seat that says nothing else is not at the table.
    NoFeed {
        /// What is missing, such as `team statistics`.
        feed: String,
    },
    /// Something it relies on does not hold for this game.
    InDoubt {
        /// What, such as `QB A. Passer of NO is doubtful`.
        reason: String,
    },
    /// The seat was late, or gone.
    Absent {
        /// What the runtime reported.
        reason: String,
    },
}

impl fmt::Display for Abstention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Abstention::NotMyMarket => f.write_str("not its market"),
            Abstention::NoLine => f.write_str("no line"),
            Abstention::TooLittleData { n } => write!(f, "only {n} games of data"),
            Abstention::NoEdge => f.write_str("no view"),
            Abstention::NoFeed { feed } => write!(f, "not seated: no {feed}"),
            Abstention::InDoubt { reason } => write!(f, "in doubt: {reason}"),
            Abstention::Absent { reason } => write!(f, "absent: {reason}"),
        }
    }
}

/// A view of one market of one game.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Belief {
    /// Probability that home or over wins at the reference line, given that it does not push.
    pub p_first: Probability,
    /// Standard error of that probability, as a probability.
    pub sd: f64,
    /// The seat's own estimate before it was shrunk towards the line: home margin or total, in points.
    pub mean: f64,
    /// Its reasons, strongest first.
    pub evidence: Vec<Evidence>,
}

/// A seat's stance on one market of one game.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opinion {
    /// The game.
    pub game: GameId,
    /// The market.
    pub market: Market,
    /// A belief, or why there is none.
    pub stance: Result<Belief, Abstention>,
}

/// A past belief and what became of it: what weights and calibration are computed from.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// The game.
    pub game: GameId,
    /// Its week.
    pub when: SeasonWeek,
    /// The market.
    pub market: Market,
    /// The line the belief spoke of.
    pub line: Option<HalfPoints>,
    /// The market's own probability of the first side then, margin removed.
    pub fair: Probability,
    /// The seat's probability then.
    pub p_first: Probability,
    /// The seat's estimate before shrinking, in points.
    pub mean: f64,
    /// How far the market moved towards the first side afterwards, in points (moneyline: log-odds); `None` without a close.
    pub moved: Option<f64>,
    /// Whether the first side won; `None` for a push.
    pub first_won: Option<bool>,
    /// When the result became known.
    pub known_at: DateTime<Utc>,
}

/// All a seat says in a round.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// One opinion for each game and market of the slate, in slate order.
    pub opinions: Vec<Opinion>,
    /// How its past opinions fared, oldest first.
    pub record: Arc<Vec<Track>>,
    /// Estimates of each slate game's margin and total before any look at the line, for scoring against the market.
    pub forecasts: Vec<(GameId, Option<f64>, Option<f64>)>,
}
