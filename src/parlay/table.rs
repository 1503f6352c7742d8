//! Games as columns of bits, so that a pattern is an AND of columns and its record three counts of ones.

use super::bets::{Bet, Leg, PARTS};
use super::items::{GameFacts, Item};
use crate::stats::estimate::Rate;
use serde::Serialize;

/// A record of one bet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Bets won; of a parlay, with both legs.
    pub n_won: u32,
    /// Bets lost.
    pub n_lost: u32,
    /// Bets with a leg on its line.
    pub n_pushed: u32,
    /// Profit at -110 a leg, in 121ths of a stake.
    pub profit_parts: i64,
}

impl Tally {
    /// Wins among decided bets.
    pub fn rate(self) -> Rate {
        Rate::of(u64::from(self.n_won), u64::from(self.n_won + self.n_lost))
    }

    /// Profit over stakes at -110 a leg; none without a bet.
    pub fn roi(self) -> Option<f64> {
        let n = self.n_won + self.n_lost + self.n_pushed;
        (n > 0).then(|| self.profit_parts as f64 / (f64::from(PARTS) * f64::from(n)))
    }
}

/// Ends of one bet over all games.
struct Ends {
    won: Vec<u64>,
    lost: Vec<u64>,
    profit: Vec<i16>,
}

/// Some games, in order, by item and by bet.
pub(super) struct Table {
    n_games: usize,
    n_weeks: usize,
    /// The number of each game's week, from zero.
    week: Vec<u16>,
    columns: Vec<Vec<u64>>,
    ends: Vec<Ends>,
}

impl Table {
    /// Lays out games, which come week by week, for some items and bets.
    pub fn new(games: &[GameFacts], items: &[Item], bets: &[Bet]) -> Table {
        let n_words = games.len().div_ceil(64);
        let mut columns = vec![vec![0u64; n_words]; items.len()];
        let mut week = Vec::with_capacity(games.len());
        let mut weeks: Vec<_> = games.iter().map(|g| g.when).collect();
        weeks.sort();
        weeks.dedup();
        for (row, game) in games.iter().enumerate() {
            let of_week = weeks
                .binary_search(&game.when)
                .expect("the week of every game is in the list");
            week.push(of_week as u16);
            for item in &game.items {
                if let Ok(column) = items.binary_search(item) {
                    columns[column][row / 64] |= 1 << (row % 64);
                }
            }
        }
        let ends = bets.iter().map(|bet| Ends::of(*bet, games, n_words)).collect();
        Table {
            n_games: games.len(),
            n_weeks: weeks.len(),
            week,
            columns,
            ends,
        }
    }

    /// The games that have all of some items, by number; all games without an item.
    pub fn given(&self, items: &[u16]) -> Vec<u64> {
        let mut bits = vec![u64::MAX; self.n_games.div_ceil(64)];
        if let Some(last) = bits.last_mut().filter(|_| !self.n_games.is_multiple_of(64)) {
            *last = (1 << (self.n_games % 64)) - 1;
        }
        for &item in items {
            bits.iter_mut()
                .zip(&self.columns[usize::from(item)])
                .for_each(|(b, c)| *b &= c);
        }
        bits
    }

    /// The record of a bet in some games, and its profit by week in parts.
    pub fn record(&self, given: &[u64], bet: usize) -> (Tally, Vec<f32>) {
        let ends = &self.ends[bet];
        let both = |column: &[u64]| given.iter().zip(column).map(|(a, b)| (a & b).count_ones()).sum();
        let n: u32 = given.iter().map(|w| w.count_ones()).sum();
        let mut tally = Tally {
            n_won: both(&ends.won),
            n_lost: both(&ends.lost),
            ..Tally::default()
        };
        tally.n_pushed = n - tally.n_won - tally.n_lost;
        let mut weeks = vec![0f32; self.n_weeks];
        for (at, word) in given.iter().enumerate() {
            let mut word = *word;
            while word != 0 {
                let row = at * 64 + word.trailing_zeros() as usize;
                tally.profit_parts += i64::from(ends.profit[row]);
                weeks[usize::from(self.week[row])] += f32::from(ends.profit[row]);
                word &= word - 1;
            }
        }
        (tally, weeks)
    }
}

impl Ends {
    fn of(bet: Bet, games: &[GameFacts], n_words: usize) -> Ends {
        let mut ends = Ends {
            won: vec![0; n_words],
            lost: vec![0; n_words],
            profit: Vec::with_capacity(games.len()),
        };
        for (row, game) in games.iter().enumerate() {
            let (leg, profit) = bet.settle(game);
            match leg {
                Leg::Won => ends.won[row / 64] |= 1 << (row % 64),
                Leg::Lost => ends.lost[row / 64] |= 1 << (row % 64),
                Leg::Pushed => {}
            }
            ends.profit.push(profit as i16);
        }
        ends
    }
}
