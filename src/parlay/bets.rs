//! The bets a pattern may be about, and how a parlay of legs on one game is paid.
//!
//! A leg that lands on its line drops out of a parlay: the leg that stands is paid at its own price, and when none stands
//! the stake comes back. That is the rule of every large American book.

use super::items::GameFacts;
use crate::domain::price::Decimal;
use crate::domain::quote::Side;
use serde::{Serialize, Serializer};
use std::fmt;

/// How one leg ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leg {
    /// On the right side of the line.
    Won,
    /// On the line.
    Pushed,
    /// On the wrong side.
    Lost,
}

impl Leg {
    /// From how far a result lies beyond the line on the leg's side.
    pub fn of(beyond: i32) -> Leg {
        match beyond {
            1.. => Leg::Won,
            0 => Leg::Pushed,
            _ => Leg::Lost,
        }
    }
}

/// What a parlay of two legs returns on a stake of 1, stake included: `joint` when both win, the standing leg's own price
/// when the other drops out, 1 when both do, and nothing when a leg loses.
pub fn returned(legs: [(Leg, Decimal); 2], joint: Decimal) -> f64 {
    match legs {
        [(Leg::Lost, _), _] | [_, (Leg::Lost, _)] => 0.0,
        [(Leg::Won, _), (Leg::Won, _)] => joint.get(),
        [(Leg::Pushed, _), (Leg::Pushed, _)] => 1.0,
        [(Leg::Won, price), (Leg::Pushed, _)] | [(Leg::Pushed, _), (Leg::Won, price)] => price.get(),
    }
}

/// A bet on the spread, on the total, or on both in one parlay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bet {
    /// Home or away, if the spread is bet.
    spread: Option<Side>,
    /// Over or under, if the total is bet.
    total: Option<Side>,
}

/// Which bets are judged together: what is tested on one market says nothing about how much was searched on another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// One side of the spread.
    Spread,
    /// One side of the total.
    Total,
    /// Both in one parlay.
    SpreadAndTotal,
}

impl Family {
    /// All, in the order they are printed.
    pub const ALL: [Family; 3] = [Family::Spread, Family::Total, Family::SpreadAndTotal];

    /// `spread`, `total` or `spread and total`.
    pub fn name(self) -> &'static str {
        match self {
            Family::Spread => "spread",
            Family::Total => "total",
            Family::SpreadAndTotal => "spread and total",
        }
    }
}

/// Parts of a stake in which profits are whole numbers: 10/11 of a winner at -110, and two of them in a parlay.
pub const PARTS: i32 = 121;
/// Profit of a winner at -110, in parts.
const WIN_ONE: i32 = 110;
/// Profit of both legs at the product of two prices of -110, (21/11)^2 - 1 = 320/121.
const WIN_BOTH: i32 = 320;

impl Bet {
    /// All eight: four single ones and four parlays.
    pub fn all() -> Vec<Bet> {
        let spreads = [Some(Side::Home), Some(Side::Away), None];
        let totals = [Some(Side::Over), Some(Side::Under), None];
        let pairs = spreads
            .into_iter()
            .flat_map(|spread| totals.map(|total| Bet { spread, total }));
        pairs.filter(|b| b.spread.is_some() || b.total.is_some()).collect()
    }

    /// The family it is judged in.
    pub fn family(self) -> Family {
        match (self.spread, self.total) {
            (Some(_), Some(_)) => Family::SpreadAndTotal,
            (Some(_), None) => Family::Spread,
            (None, _) => Family::Total,
        }
    }

    /// The share of decided bets that must win to lose nothing at -110 a leg. For a parlay that is the price of two
    /// independent legs, better than books pay where legs help each other: what fails at it fails.
    pub fn break_even(self) -> f64 {
        let win = if self.family() == Family::SpreadAndTotal {
            WIN_BOTH
        } else {
            WIN_ONE
        };
        f64::from(PARTS) / f64::from(PARTS + win)
    }

    /// How it ends, and its profit in [`PARTS`] of the stake. A parlay with a pushed leg counts as pushed, whatever the
    /// leg that stands pays.
    pub fn settle(self, game: &GameFacts) -> (Leg, i32) {
        let spread = self.spread.map(|side| Leg::of(signed(side, game.over_spread())));
        let total = self.total.map(|side| Leg::of(signed(side, game.over_total())));
        match (spread, total) {
            (Some(leg), None) | (None, Some(leg)) => (leg, one(leg)),
            (None, None) => (Leg::Pushed, 0),
            (Some(a), Some(b)) => match (a, b) {
                (Leg::Won, Leg::Won) => (Leg::Won, WIN_BOTH),
                (Leg::Pushed, leg) | (leg, Leg::Pushed) => (Leg::Pushed, one(leg)),
                _ => (Leg::Lost, -PARTS),
            },
        }
    }
}

fn one(leg: Leg) -> i32 {
    match leg {
        Leg::Won => WIN_ONE,
        Leg::Pushed => 0,
        Leg::Lost => -PARTS,
    }
}

/// How far a result lies beyond a line on a side, from how far it lies beyond it on the first side.
fn signed(side: Side, beyond: i32) -> i32 {
    if side.is_first() { beyond } else { -beyond }
}

impl fmt::Display for Bet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.spread, self.total) {
            (Some(spread), Some(total)) => write!(f, "{} covers and {}", spread.name(), total.name()),
            (Some(spread), None) => write!(f, "{} covers", spread.name()),
            (None, Some(total)) => f.write_str(total.name()),
            (None, None) => f.write_str("no bet"),
        }
    }
}

impl Serialize for Bet {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}
