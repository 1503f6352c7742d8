//! Rating time: weeks of play, with the off-season as a fixed number of them.
//!
//! Form fades by games played rather than by days, and an off-season changes a team more than seven empty months suggest
//! and less than forty weeks of play would. It counts fourteen weeks after week 22; a season that ended in week 21, as all
//! did before 2021, leaves fifteen. The figure is the reference recipe's, chosen on seasons up to 2017.

use crate::domain::game::SeasonWeek;

/// How many weeks of play an off-season counts for, after week 22.
pub const OFF_SEASON_WEEKS: u32 = 14;
/// The longest season in weeks, play-offs included (since 2021).
const SEASON_WEEKS: u32 = 22;

/// Weeks of rating time since the beginning of 1999.
pub fn rating_week(when: SeasonWeek) -> f64 {
    let seasons = u32::from(when.season.saturating_sub(1999));
    f64::from(seasons * (SEASON_WEEKS + OFF_SEASON_WEEKS) + u32::from(when.week))
}

/// The factor by which one week of rating time shrinks a game's weight.
pub fn weekly_decay(half_life_weeks: f64) -> f64 {
    0.5_f64.powf(1.0 / half_life_weeks)
}
