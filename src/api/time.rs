//! The two times every decision is handed: one that never runs backwards, and one that people can read.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::ops::{Add, Sub};
use std::time::Duration;

/// Monotonic time in nanoseconds since some origin of the process: what waits, windows and limits are measured in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mono(pub u64);

impl Mono {
    /// Whole seconds from the origin.
    pub const fn secs(secs: u64) -> Mono {
        Mono(secs.saturating_mul(1_000_000_000))
    }

    /// A clock's reading; one beyond 584 years stays at the end.
    pub fn of(since_origin: Duration) -> Mono {
        Mono(nanos(since_origin))
    }

    /// Time gone by since `earlier`; zero when that lies ahead, so a clock that jumps back ages nothing.
    pub fn since(self, earlier: Mono) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Mono {
    type Output = Mono;
    fn add(self, by: Duration) -> Mono {
        Mono(self.0.saturating_add(nanos(by)))
    }
}

impl Sub<Duration> for Mono {
    type Output = Mono;
    fn sub(self, by: Duration) -> Mono {
        Mono(self.0.saturating_sub(nanos(by)))
    }
}

fn nanos(d: Duration) -> u64 {
    u64::try_from(d.as_nanos()).unwrap_or(u64::MAX)
}

/// One reading of both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// For waits, windows and limits. It may stand still while the machine sleeps.
    pub mono: Mono,
    /// For schedules, records and people. It may jump either way.
    pub wall: DateTime<Utc>,
}

impl Now {
    /// The wall time in `wait`.
    pub fn wall_in(&self, wait: Duration) -> DateTime<Utc> {
        let wait = TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX);
        self.wall.checked_add_signed(wait).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// The monotonic time of a wall time; now for one that has passed.
    pub fn mono_at(&self, wall: DateTime<Utc>) -> Mono {
        self.mono + (wall - self.wall).to_std().unwrap_or(Duration::ZERO)
    }
}

/// When something was got, on both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Unknown for what an earlier process got.
    pub mono: Option<Mono>,
    /// Wall time.
    pub wall: DateTime<Utc>,
}

impl Stamp {
    /// Got at this reading.
    pub fn at(now: Now) -> Stamp {
        Stamp {
            mono: Some(now.mono),
            wall: now.wall,
        }
    }

    /// The age: the greater one of both clocks, because one stands still in suspend and the other may be set back. `None`
    /// when neither can tell: an earlier process got it at a time that lies ahead.
    pub fn age(&self, now: Now) -> Option<Duration> {
        let by_wall = (now.wall - self.wall).to_std().ok();
        match (self.mono.map(|mono| now.mono.since(mono)), by_wall) {
            (Some(mono), wall) => Some(mono.max(wall.unwrap_or_default())),
            (None, wall) => wall,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(mono: u64, wall: i64) -> Now {
        Now {
            mono: Mono::secs(mono),
            wall: DateTime::from_timestamp(wall, 0).unwrap(),
        }
    }

    #[test]
    fn an_age_is_the_greater_of_two_clocks() {
        let got = Stamp::at(now(100, 1_000));
        for (at, secs) in [
            (now(110, 1_010), 10),
            (now(110, 8_210), 7_210), // slept for two hours
            (now(110, 0), 10),        // set back
            (now(50, 900), 0),
        ] {
            assert_eq!(got.age(at), Some(Duration::from_secs(secs)), "{at:?}");
        }
        let earlier = Stamp { mono: None, ..got };
        assert_eq!(earlier.age(now(5, 1_060)), Some(Duration::from_secs(60)));
        assert_eq!(earlier.age(now(5, 900)), None, "from the future: nobody can tell");
    }
}
