//! When things became known, in one place, because every look-ahead bug in betting research is a wrong answer to that.
//!
//! Files of past seasons carry no time stamps. The rules used instead: an opener is Tuesday 12:00 US Eastern of its
//! week, a close is kickoff, and whatever only the game itself could tell (result, weather, who really started at
//! quarterback) is kickoff plus four hours.

use chrono::{
    DateTime, Datelike, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike, Utc,
};
use chrono_tz::America::New_York;

/// How long after kickoff a game's result, weather and starters count as known: longer than any game in the data.
pub const RESULT_DELAY: TimeDelta = TimeDelta::hours(4);

/// A wall time in US Eastern as an instant. In the autumn hour that happens twice the first one is meant; in the
/// spring hour that does not exist, the hour after it. No NFL game starts in either.
pub fn eastern(local: NaiveDateTime) -> DateTime<Utc> {
    match New_York.from_local_datetime(&local) {
        LocalResult::Single(t) | LocalResult::Ambiguous(t, _) => t.with_timezone(&Utc),
        LocalResult::None => {
            let later = local + TimeDelta::hours(1);
            New_York
                .from_local_datetime(&later)
                .earliest()
                .map_or_else(|| Utc.from_utc_datetime(&later), |t| t.with_timezone(&Utc))
        }
    }
}

/// The US Eastern calendar day of an instant: the day that daily exposure is counted on.
pub fn eastern_day(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&New_York).date_naive()
}

/// `Sun 13:00` and the like: weekday and time in US Eastern.
pub fn eastern_label(at: DateTime<Utc>) -> String {
    at.with_timezone(&New_York).format("%a %b %e %H:%M ET").to_string()
}

/// The US Eastern hour of the day an instant falls in, 0 to 23.
pub fn eastern_hour(at: DateTime<Utc>) -> u32 {
    at.with_timezone(&New_York).hour()
}

/// The season a date belongs to: a season runs until February of the next year.
pub fn season_of(now: DateTime<Utc>) -> u16 {
    let year = if now.month() < 3 { now.year() - 1 } else { now.year() };
    u16::try_from(year).unwrap_or_default()
}

/// The Tuesday 12:00 Eastern on or before the first game day of a week: when its openers count as published.
pub fn opens_at(first_game_day: NaiveDate) -> DateTime<Utc> {
    let since_tuesday = (7 + first_game_day.weekday().num_days_from_monday() - 1) % 7;
    let tuesday = first_game_day - Days::new(u64::from(since_tuesday));
    eastern(tuesday.and_time(NOON))
}

const NOON: NaiveTime = match NaiveTime::from_hms_opt(12, 0, 0) {
    Some(t) => t,
    None => unreachable!(),
};

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn eastern_follows_daylight_saving() {
        let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap().and_hms_opt(13, 0, 0).unwrap();
        assert_eq!(eastern(day(2019, 10, 6)), at("2019-10-06T17:00:00Z"));
        assert_eq!(eastern(day(2019, 11, 10)), at("2019-11-10T18:00:00Z"));
        // Until 2006 daylight saving ended in October.
        assert_eq!(eastern(day(2005, 10, 30)), at("2005-10-30T18:00:00Z"));
        assert_eq!(eastern(day(2007, 10, 28)), at("2007-10-28T17:00:00Z"));
    }

    #[test]
    fn openers_belong_to_the_tuesday_before_the_first_game() {
        for (first, tuesday) in [
            ("2019-10-03", "2019-10-01T16:00:00Z"), // Thursday
            ("2012-09-05", "2012-09-04T16:00:00Z"), // Wednesday opener
            ("2021-01-09", "2021-01-05T17:00:00Z"), // Saturday play-off
            ("2010-12-28", "2010-12-28T17:00:00Z"), // a Tuesday is its own
            ("2019-10-07", "2019-10-01T16:00:00Z"), // Monday
        ] {
            assert_eq!(opens_at(first.parse().unwrap()), at(tuesday), "{first}");
        }
    }
}
