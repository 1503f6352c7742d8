//! The published kickoff times and which of them cannot be.
//!
//! The times by weekday of 1999-2021 show four kinds of trouble. (1) 1999 has none: 13:00 Eastern stands in, which is
//! right for two games in three, and the fixture says that it is not exact. (2) From 2000 to 2005 every prime-time game
//! outside Sunday, 102 in all, says 09:00: 21:00 on a 12-hour clock. (3) Five London games of 2017 and 2018 say 21:30;
//! kickoffs in London are 09:30 or 13:00 Eastern, and 21:30 there would be half past one at night. (4) No other time
//! before 09:30 has ever been played at, so any such time is refused. Late times in the United States are real: 22:15
//! on Mondays is the second game of the opening double-header, 21:15 and 23:30 are games that were put off on the day.

use chrono::{NaiveDateTime, NaiveTime, TimeDelta};

/// A kickoff put right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kickoff {
    /// US Eastern wall time.
    pub local: NaiveDateTime,
    /// False when the file had only a date.
    pub exact: bool,
    /// What was put right, if anything.
    pub corrected: Option<&'static str>,
}

const fn clock(hour: u32, minute: u32) -> NaiveTime {
    match NaiveTime::from_hms_opt(hour, minute, 0) {
        Some(time) => time,
        None => unreachable!(),
    }
}

/// London's early game, the earliest kickoff there is.
const EARLIEST: NaiveTime = clock(9, 30);
/// Past any kickoff in Britain, seen from New York.
const LATE_IN_LONDON: NaiveTime = clock(21, 0);
const USUAL: NaiveTime = clock(13, 0);
/// Half a day on a 12-hour clock.
const HALF_DAY: TimeDelta = TimeDelta::hours(12);

/// The kickoff meant by a row.
///
/// # Errors
/// The reason why there cannot have been one at that time.
pub(super) fn kickoff(row: &super::GameRow) -> Result<Kickoff, String> {
    let Some(time) = row.gametime else {
        return Ok(Kickoff {
            local: row.gameday.and_time(USUAL),
            exact: false,
            corrected: Some("kickoff time missing, 13:00 Eastern taken"),
        });
    };
    let local = row.gameday.and_time(time);
    let in_london = row.stadium_id.as_deref().is_some_and(|id| id.starts_with("LON"));
    let (local, corrected) = if in_london && time >= LATE_IN_LONDON {
        (local - HALF_DAY, Some("London kickoff 12 hours late, put right"))
    } else if time >= EARLIEST {
        (local, None)
    } else if (2000..=2005).contains(&row.season) && !in_london && local + HALF_DAY >= row.gameday.and_time(USUAL)
    {
        (
            local + HALF_DAY,
            Some("evening kickoff on a 12-hour clock (09:00 for 21:00), put right"),
        )
    } else {
        return Err(format!("no game kicks off at this time: {time} US Eastern"));
    };
    Ok(Kickoff {
        local,
        exact: true,
        corrected,
    })
}
