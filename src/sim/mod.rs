//! A simulated league: schedules, results and prices that nobody ever played, for the demonstration and for tests.
//!
//! It exists so that Huddle can be shown and tested without a download and without a real game in sight, and so that a
//! rating can be held against a truth that real football never tells. Everything is drawn from one seed: the same seed and
//! options give the same league to the byte. Seasons start in [`FIRST_SEASON`] and books end in `(sim)` or begin with
//! `sim_`, so that nobody mistakes a simulated game for a real one. The one exception is the close: it stands under
//! [`crate::domain::quote::Book::NFLVERSE`], because that is where every reader looks for the reference close.
//!
//! # What is true in it
//! * Teams have an attack and a defence that drift from week to week and fall back towards the average between seasons.
//!   Home advantage is the same for all.
//! * Margins follow [`crate::market::MarginModel`] around the true expectation, so that 3 and 7 are as frequent as in real
//!   football; totals follow [`crate::market::TotalModel`] among those that leave both teams a possible score.
//! * Openers miss the truth by about [`SimOptions::opener_error_points`], closes by about
//!   [`SimOptions::close_error_points`]. A part of the opener's error, [`SimOptions::predictable_share`] of its variance, is
//!   an overreaction to how the two teams' last games differed from their closing lines: whoever remembers the closes
//!   longer than the last result can see it coming. The rest is noise that only a better rating can see through.
//!
//! # What is simplified
//! * Regular season only: no play-offs, no neutral sites, no international or holiday games, and no Saturday games in
//!   December.
//! * Opponents come from a round-robin table. Each team meets its division twice, one other division once and seven
//!   further teams; which ones has nothing to do with last season's standings.
//! * Totals are right on average, but run half a point low in even games and a point high in lopsided ones, because a
//!   wide margin needs many points.
//! * Byes fall in weeks 7 to 10, eight teams a week.
//! * Teams that share a real stadium may be at home on the same day.
//! * Rest, travel, weather, injuries and quarterbacks change nothing, so weather and starters are left out.
//! * The market moves once, from open to close, at one instant for all books; there are no prices in between.
//! * The market knows the truth up to its error instead of learning it. A rating can therefore find more at these openers
//!   than at real ones: returns in this league say that the machinery works, never that a method does.

pub mod lab;
mod league;
mod market_maker;
pub mod scenarios;
mod schedule;
mod scoring;
pub mod upstream;

#[cfg(test)]
mod tests;

pub use league::{Expectation, League, Strength, Truth};

use rand::RngExt as _;
use rand_distr::StandardNormal;
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};

/// The first season that may be simulated: far enough ahead that its games are plainly fiction.
pub const FIRST_SEASON: u16 = 2031;
/// The last one: the time zone database states no daylight saving beyond the century.
pub const LAST_SEASON: u16 = 2098;
/// Weeks of a whole season: seventeen games and a bye for every team.
pub const MAX_WEEKS: u8 = 18;

/// What can be chosen about a league.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SimOptions {
    /// Weeks played a season, 1 to 18; later weeks of the schedule are left out.
    pub n_weeks: u8,
    /// Standard deviation in points of opener minus truth, before rounding to a half point; for spreads and totals.
    pub opener_error_points: f64,
    /// The same of close minus truth.
    pub close_error_points: f64,
    /// The share, 0 to 1, of the opener's error variance that the last results predict. It is reached after about four
    /// weeks; in week 1 there are no results to overreact to and only the rest of the error remains.
    pub predictable_share: f64,
}

impl Default for SimOptions {
    /// Eighteen weeks; openers off by 1.5 points, which is about what real lines move by; closes off by 0.6; and 35% of the
    /// opener's variance to be found in the last results.
    fn default() -> SimOptions {
        SimOptions {
            n_weeks: MAX_WEEKS,
            opener_error_points: 1.5,
            close_error_points: 0.6,
            predictable_share: 0.35,
        }
    }
}

impl SimOptions {
    /// Panics unless every option is within its documented range.
    fn check(&self) {
        let SimOptions {
            n_weeks,
            opener_error_points: opener,
            close_error_points: close,
            predictable_share: share,
        } = *self;
        assert!(
            (1..=MAX_WEEKS).contains(&n_weeks),
            "a season has 1 to {MAX_WEEKS} weeks, not {n_weeks}"
        );
        for error in [opener, close] {
            assert!(
                (0.0..=10.0).contains(&error),
                "a market error lies between 0 and 10 points: {error}"
            );
        }
        assert!((0.0..=1.0).contains(&share), "a share lies between 0 and 1: {share}");
    }
}

/// A draw from the standard normal distribution.
fn normal(rng: &mut Pcg64Mcg) -> f64 {
    rng.sample(StandardNormal)
}
