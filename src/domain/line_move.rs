//! A bookmaker changing its mind, and many of them changing it the same way at once.

use super::game::GameId;
use super::line::HalfPoints;
use super::quote::{Book, Market, Side};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One book's move in one market: of the line, or of the price at the same line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LineMove {
    /// The game.
    pub game: GameId,
    /// Who moved.
    pub book: Book,
    /// The market.
    pub market: Market,
    /// The side that became dearer: the one the market now likes better than before.
    pub side: Side,
    /// The line before; `None` for the moneyline.
    pub from: Option<HalfPoints>,
    /// The line after.
    pub to: Option<HalfPoints>,
    /// By how much the probability of the first side (home, over) rose at the same line, margin removed in proportion;
    /// `None` when the line itself moved.
    pub probability: Option<f64>,
    /// When the book showed the new number.
    pub at: DateTime<Utc>,
    /// Part of a steam move: enough books went the same way within the window.
    pub steam: bool,
}

impl LineMove {
    /// By how much the line moved towards home or over, in half points; 0 for a move of price.
    pub fn half_points(&self) -> i16 {
        self.from.zip(self.to).map_or(0, |(from, to)| to.0 - from.0)
    }
}
