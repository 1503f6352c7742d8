//! A sheet turned on its side for the sweep: one bit a game and side, eight words to a lane, so that a processor with wide
//! registers ands 512 games at once.
//!
//! The bits of home and over form one plane, those of away and under another. A mask is both planes, one after the other.

use super::period::Period;
use super::sheet::{Settled, Sheet};
use crate::domain::quote::Market;
use std::ops::Range;

/// Words that are worked on together: as many as the widest registers hold.
pub(super) type Lane = [u64; 8];

/// Games in a lane.
pub(super) const LANE_GAMES: usize = 512;

/// What a bet on a row adds to the sums that need more than counting.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Worth {
    /// Profit at the row's own price in millionths of a stake; zero without a price.
    pub profit_micros: i32,
    /// Closing line value in hundredths; zero without one.
    pub clv_hundredths: i32,
    /// Profit in elevenths of a stake.
    pub elevenths: i32,
}

/// Planes of what became of the bets of a sheet in a period.
pub(super) struct Field {
    pub market: Market,
    /// Lanes of one plane.
    pub n_lanes: usize,
    /// The lanes that hold games of the period: the others stay untouched.
    pub lanes: Range<usize>,
    /// Games of the period that are settled.
    pub base: Vec<Lane>,
    /// Games whose first side won.
    pub won: Vec<Lane>,
    /// Games whose first side lost.
    pub lost: Vec<Lane>,
    /// What only sheets with prices or closing lines have.
    pub extras: Option<Extras>,
}

/// Masks and amounts of rows that have prices or closing lines.
pub(super) struct Extras {
    pub priced: Vec<Lane>,
    pub closed: Vec<Lane>,
    pub beaten: Vec<Lane>,
    /// By row: two a game.
    pub worth: Vec<Worth>,
}

/// One plane: the games for which `holds`.
fn plane(n_games: usize, holds: impl Fn(usize) -> bool) -> Vec<Lane> {
    let mut lanes = vec![[0u64; 8]; n_games.div_ceil(LANE_GAMES)];
    for game in (0..n_games).filter(|&game| holds(game)) {
        lanes[game / LANE_GAMES][game % LANE_GAMES / 64] |= 1 << (game % 64);
    }
    lanes
}

/// Both planes: the rows for which `holds`.
fn mask(n_games: usize, holds: impl Fn(usize) -> bool) -> Vec<Lane> {
    let mut both = plane(n_games, |game| holds(2 * game));
    both.extend(plane(n_games, |game| holds(2 * game + 1)));
    both
}

/// A column as planes: home or over of every game, then away or under, each filled up to whole lanes with NaN.
pub(super) fn turned(column: &[f64]) -> Vec<f64> {
    let n_games = column.len() / 2;
    let width = n_games.div_ceil(LANE_GAMES) * LANE_GAMES;
    let mut planes = vec![f64::NAN; 2 * width];
    let (first, second) = planes.split_at_mut(width);
    for ((pair, first), second) in column.chunks_exact(2).zip(first).zip(second) {
        (*first, *second) = (pair[0], pair[1]);
    }
    planes
}

/// The mask of the values of a turned column that pass.
#[inline(always)]
pub(super) fn mask_of_values(turned: &[f64], passes: impl Fn(f64) -> bool) -> Vec<Lane> {
    let mut mask = vec![[0u64; 8]; turned.len() / LANE_GAMES];
    for (lane, values) in mask.iter_mut().zip(turned.chunks_exact(LANE_GAMES)) {
        for (word, values) in lane.iter_mut().zip(values.chunks_exact(64)) {
            let mut answers = [0u8; 64];
            for (answer, value) in answers.iter_mut().zip(values) {
                *answer = u8::from(passes(*value));
            }
            *word = packed(&answers);
        }
    }
    mask
}

/// Sixty-four bytes of 0 or 1 as bits: a multiplication moves the low bits of eight bytes side by side into the highest.
#[inline(always)]
fn packed(answers: &[u8; 64]) -> u64 {
    const SIDE_BY_SIDE: u64 = 0x0102_0408_1020_4080;
    let mut word = 0;
    for (at, eight) in answers.as_chunks::<8>().0.iter().enumerate() {
        word |= (u64::from_le_bytes(*eight).wrapping_mul(SIDE_BY_SIDE) >> 56) << (8 * at);
    }
    word
}

impl Field {
    pub fn of(sheet: &Sheet, period: &Period) -> Field {
        let n_games = sheet.games.len();
        let ended = |game: usize, how| sheet.settled[2 * game] == Some(how);
        let inside = |game: usize| sheet.settled[2 * game].is_some() && period.contains(sheet.games[game].when);
        let base = plane(n_games, inside);
        let used = |lane: &Lane| lane.iter().any(|&word| word != 0);
        let end = base.iter().rposition(used).map_or(0, |last| last + 1);
        let start = base.iter().position(used).unwrap_or(end);
        Field {
            market: sheet.market,
            n_lanes: base.len(),
            lanes: start..end,
            base,
            won: plane(n_games, |game| ended(game, Settled::Win)),
            lost: plane(n_games, |game| ended(game, Settled::Loss)),
            extras: Extras::of(sheet),
        }
    }
}

impl Extras {
    fn of(sheet: &Sheet) -> Option<Extras> {
        let none = sheet.prices.iter().all(Option::is_none) && sheet.clv.iter().all(Option::is_none);
        // A moneyline sheet without prices has no bets, which takes the masks to find out.
        if none && sheet.market != Market::Moneyline {
            return None;
        }
        let n_games = sheet.games.len();
        Some(Extras {
            priced: mask(n_games, |row| sheet.prices[row].is_some()),
            closed: mask(n_games, |row| sheet.clv[row].is_some()),
            beaten: mask(n_games, |row| sheet.clv[row].is_some_and(|clv| hundredths(clv) > 0)),
            worth: (0..sheet.n_rows()).map(|row| worth(sheet, row)).collect(),
        })
    }
}

/// A closing line value in whole hundredths; no line moves by more than a million points.
pub(super) fn hundredths(clv: f64) -> i32 {
    (clv * 100.0).round().clamp(-1e8, 1e8) as i32
}

/// What a bet on a row brought: millionths at its own price, elevenths at the market's usual price.
pub(super) fn worth(sheet: &Sheet, row: usize) -> Worth {
    let price = sheet.prices[row].map(|price| price.profit());
    let (at_own, at_usual) = match sheet.settled[row] {
        Some(Settled::Win) => (
            price.map_or(0, |profit| (profit * 1e6).round() as i32), // at most 1000 stakes: below 2^31 millionths
            match (sheet.market, price) {
                (Market::Moneyline, Some(profit)) => (profit * 11.0).round() as i32,
                _ => 10,
            },
        ),
        Some(Settled::Loss) => (price.map_or(0, |_| -1_000_000), -11),
        Some(Settled::Push) | None => (0, 0),
    };
    Worth {
        profit_micros: at_own,
        clv_hundredths: sheet.clv[row].map_or(0, hundredths),
        elevenths: at_usual,
    }
}
