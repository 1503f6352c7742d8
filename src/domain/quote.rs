//! A price somebody offered at some time: the only thing a bet can be made at.

use super::game::GameId;
use super::line::HalfPoints;
use super::price::American;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// The three markets Huddle speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Market {
    /// Winner after a handicap.
    Spread,
    /// Points of both teams over or under a number.
    Total,
    /// Winner of the game.
    Moneyline,
}

impl Market {
    /// All markets, in the order they are printed.
    pub const ALL: [Market; 3] = [Market::Spread, Market::Total, Market::Moneyline];

    /// `spread`, `total` or `moneyline`.
    pub fn name(self) -> &'static str {
        match self {
            Market::Spread => "spread",
            Market::Total => "total",
            Market::Moneyline => "moneyline",
        }
    }

    /// Home or over.
    pub fn first_side(self) -> Side {
        match self {
            Market::Spread | Market::Moneyline => Side::Home,
            Market::Total => Side::Over,
        }
    }
}

impl fmt::Display for Market {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A side of a market. `Home` and `Over` are the *first* sides: probabilities are stated for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The home team.
    Home,
    /// The away team.
    Away,
    /// More points than the line.
    Over,
    /// Fewer points than the line.
    Under,
}

impl Side {
    /// The opposite side.
    pub fn other(self) -> Side {
        match self {
            Side::Home => Side::Away,
            Side::Away => Side::Home,
            Side::Over => Side::Under,
            Side::Under => Side::Over,
        }
    }

    /// True for the home team and the over.
    pub fn is_first(self) -> bool {
        matches!(self, Side::Home | Side::Over)
    }

    /// True for the over and the under.
    pub fn of_total(self) -> bool {
        matches!(self, Side::Over | Side::Under)
    }

    /// `home`, `away`, `over` or `under`.
    pub fn name(self) -> &'static str {
        match self {
            Side::Home => "home",
            Side::Away => "away",
            Side::Over => "over",
            Side::Under => "under",
        }
    }
}

/// Who offered a price, or which feed reported it without saying who.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Book(pub Arc<str>);

impl Book {
    /// The book under which nflverse's own closing lines are kept; it names no bookmaker.
    pub const NFLVERSE: &'static str = "nflverse";

    /// A book by its name in lower case.
    pub fn new(name: &str) -> Book {
        Book(name.trim().to_lowercase().into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Which moment of the market a quote shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Moment {
    /// The first line of the week.
    Open,
    /// Seen some time between opening and kickoff.
    Live,
    /// The last line before kickoff.
    Close,
}

/// One book's two-sided price in one market at one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The game.
    pub game: GameId,
    /// Who offered it.
    pub book: Book,
    /// The market.
    pub market: Market,
    /// Spread (positive: home favoured) or total; `None` for the moneyline.
    pub line: Option<HalfPoints>,
    /// Price of home or over, when the source has one.
    pub first: Option<American>,
    /// Price of away or under, when the source has one.
    pub second: Option<American>,
    /// From when on this price was known.
    pub as_of: DateTime<Utc>,
    /// Opening, between, or closing.
    pub moment: Moment,
}

impl Quote {
    /// The price of a side; `None` when the source gave none.
    pub fn price(&self, side: Side) -> Option<American> {
        if side.is_first() { self.first } else { self.second }
    }
}
