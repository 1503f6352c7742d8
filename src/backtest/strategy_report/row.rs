//! One line of a table of records: what some bets won, what they earned and what the close said of them, with counts.

use crate::domain::quote::Market;
use crate::engine::sheet::{Settled, Sheet};
use crate::engine::track::{Bet, Pricing};
use crate::stats::bootstrap::Bootstrap;
use crate::stats::estimate::{Mean, Rate};
use serde::Serialize;
use std::collections::BTreeMap;

/// Fewer bets than these show nothing, and the report marks them so.
pub const MIN_BETS: u64 = 30;

/// The record of some bets on one market, one unit each.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Which bets.
    pub label: String,
    /// Settled bets, pushes among them.
    pub n_bets: u64,
    /// Bets won.
    pub wins: u64,
    /// Bets lost.
    pub losses: u64,
    /// Bets returned.
    pub pushes: u64,
    /// Wins among decided bets.
    pub win_rate: Rate,
    /// Profit over stakes: spreads and totals at -110, moneylines at their own price.
    pub yield_usual: Mean,
    /// Closing line value in points (moneyline: percentage points).
    pub clv: Mean,
    /// True with fewer than [`MIN_BETS`] bets.
    pub is_thin: bool,
}

impl Row {
    /// The record of `bets`, in any order.
    pub(super) fn of<'a>(label: &str, bets: impl Iterator<Item = &'a Bet>, bootstrap: &Bootstrap) -> Row {
        let bets: Vec<&Bet> = bets.collect();
        let n = |how| bets.iter().filter(|bet| bet.settled == how).count() as u64;
        let (wins, losses, pushes) = (n(Settled::Win), n(Settled::Loss), n(Settled::Push));
        Row {
            label: label.to_owned(),
            n_bets: bets.len() as u64,
            wins,
            losses,
            pushes,
            win_rate: Rate::of(wins, wins + losses),
            yield_usual: bootstrap.mean(bets.iter().map(|bet| (bet.when, bet.profit(Pricing::Usual)))),
            clv: bootstrap.mean(bets.iter().filter_map(|bet| Some((bet.when, bet.clv?)))),
            is_thin: (bets.len() as u64) < MIN_BETS,
        }
    }
}

/// Bets sorted into labelled rows, in the order of the labels; a label without bets has a row with a count of zero.
pub(super) fn rows(
    labels: &[&str],
    bets: &[Bet],
    bootstrap: &Bootstrap,
    place: impl Fn(&Bet) -> Option<usize>,
) -> Vec<Row> {
    let places: Vec<Option<usize>> = bets.iter().map(place).collect();
    let row = |(at, label): (usize, &&str)| {
        let own = bets.iter().zip(&places).filter(|(_, place)| **place == Some(at));
        Row::of(label, own.map(|(bet, _)| bet), bootstrap)
    };
    labels.iter().enumerate().map(row).collect()
}

/// Where a number falls among ascending upper ends: the first it lies below, or one past the last.
pub(super) fn bucket(x: f64, ends: &[f64]) -> usize {
    ends.iter().position(|end| x < *end).unwrap_or(ends.len())
}

/// Finds the row of a sheet a bet was made on.
pub(super) struct Finder<'a> {
    sheet: &'a Sheet,
    games: BTreeMap<&'a str, usize>,
}

impl Finder<'_> {
    /// For the games of a sheet.
    pub(super) fn new(sheet: &Sheet) -> Finder<'_> {
        let games = sheet.games().iter().enumerate();
        Finder {
            sheet,
            games: games.map(|(at, key)| (key.game.as_str(), at)).collect(),
        }
    }

    /// The row of a bet; none for a bet of another sheet.
    pub(super) fn row(&self, bet: &Bet) -> Option<usize> {
        let game = *self.games.get(bet.game.as_str())?;
        let is_second = bet.side != self.sheet.side(0);
        Some(2 * game + usize::from(is_second))
    }
}

/// `points` or `percentage points`: the unit of a closing line value.
pub(super) fn clv_unit(market: Market) -> &'static str {
    match market {
        Market::Spread | Market::Total => "points",
        Market::Moneyline => "percentage points",
    }
}
