//! The week's regular looks: openers on Tuesday, and how prices moved on every other day.

use super::FetchReason;
use crate::domain::calendar::{eastern, eastern_day};
use chrono::{DateTime, Datelike, Days, NaiveTime, TimeDelta, Utc, Weekday};

/// A regular look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Regular {
    /// Noon, Eastern.
    pub at: DateTime<Utc>,
    /// Opener or baseline.
    pub reason: FetchReason,
    /// Whether there is a game on that day.
    pub game_day: bool,
}

/// Without a game in so many days there is nothing to look at.
const AHEAD: TimeDelta = TimeDelta::days(7);
/// A look at games about to start, this near to noon, is a look at all prices as well.
const NEAR: TimeDelta = TimeDelta::minutes(60);
const NOON: NaiveTime = match NaiveTime::from_hms_opt(12, 0, 0) {
    Some(noon) => noon,
    None => unreachable!(),
};

/// The regular looks of a period. `kickoffs` are in order.
pub(super) fn regular(kickoffs: &[DateTime<Utc>], from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Regular> {
    let mut looks = Vec::new();
    let mut day = eastern_day(from);
    // The caller bounds the period, and with it the days.
    while let at = eastern(day.and_time(NOON))
        && at < until
    {
        let next = kickoffs.get(kickoffs.partition_point(|k| *k <= at));
        if at >= from && next.is_some_and(|kickoff| *kickoff - at <= AHEAD) {
            let reason = match day.weekday() {
                Weekday::Tue => FetchReason::Opener,
                _ => FetchReason::Baseline,
            };
            let game_day = kickoffs.iter().any(|k| eastern_day(*k) == day);
            looks.push(Regular { at, reason, game_day });
        }
        match day.checked_add_days(Days::new(1)) {
            Some(next) => day = next,
            None => break,
        }
    }
    looks
}

/// Whether a fetch at another time serves as a regular look.
pub(super) fn serves(at: DateTime<Utc>, look: &Regular) -> bool {
    (at - look.at).abs() <= NEAR
}
