//! The door of every detector: what is no number, or comes from a clock that is wrong, is counted and turned away here.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// A step of the clock longer than this is a jump: a machine that slept, or a clock that was set.
const JUMP: TimeDelta = TimeDelta::hours(6);
/// So many readings in a row from before the newest mean that the clock was put back, or that the newest was wrong: without
/// this one reading from the year 2100 would silence a metric for good.
const N_BACK: u32 = 5;

/// What was turned away, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// No number.
    pub n_nan: u64,
    /// Without bound.
    pub n_infinite: u64,
    /// Older than one already heard.
    pub n_out_of_order: u64,
    /// Of the same instant as one already heard.
    pub n_duplicate: u64,
    /// Steps of the clock, forward or back, that were followed; these readings were taken in.
    pub n_jumps: u64,
}

/// What became of a reading at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Taken in, the next of its series.
    Next,
    /// Taken in, but what went before says nothing of it: it is the first, or the clock jumped.
    Anew,
    /// Counted and turned away.
    Refused,
}

/// The door of one metric.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Guard {
    newest: Option<DateTime<Utc>>,
    n_back: u32,
    refused: Refused,
}

impl Guard {
    /// Judges a reading of `value` at `at`.
    pub fn admit(&mut self, value: f64, at: DateTime<Utc>) -> Admission {
        if value.is_nan() {
            self.refused.n_nan += 1;
            return Admission::Refused;
        }
        // Numbers beyond 1e150 have squares beyond any float; nothing a house measures comes near.
        if value.abs() > 1e150 {
            self.refused.n_infinite += 1;
            return Admission::Refused;
        }
        let Some(newest) = self.newest else {
            self.newest = Some(at);
            return Admission::Anew;
        };
        if at == newest {
            self.refused.n_duplicate += 1;
            return Admission::Refused;
        }
        if at < newest {
            self.n_back += 1;
            if self.n_back < N_BACK {
                self.refused.n_out_of_order += 1;
                return Admission::Refused;
            }
            self.refused.n_jumps += 1;
            return self.follow(at, Admission::Anew);
        }
        if at - newest > JUMP {
            self.refused.n_jumps += 1;
            return self.follow(at, Admission::Anew);
        }
        self.follow(at, Admission::Next)
    }

    fn follow(&mut self, at: DateTime<Utc>, admission: Admission) -> Admission {
        self.newest = Some(at);
        self.n_back = 0;
        admission
    }

    /// What was turned away so far.
    pub fn refused(&self) -> Refused {
        self.refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_reading_is_counted_and_a_clock_put_back_is_followed() {
        let mut guard = Guard::default();
        let at = |minute| DateTime::UNIX_EPOCH + TimeDelta::minutes(minute);
        assert_eq!(guard.admit(1.0, at(0)), Admission::Anew);
        assert_eq!(guard.admit(1.0, at(1)), Admission::Next);
        for (value, minute) in [
            (f64::NAN, 2),
            (f64::INFINITY, 2),
            (-f64::INFINITY, 2),
            (1.0, 1),
            (1.0, 0),
        ] {
            assert_eq!(guard.admit(value, at(minute)), Admission::Refused);
        }
        let century = at(60 * 24 * 36_500);
        assert_eq!(guard.admit(1.0, century), Admission::Anew, "a jump is taken in");
        let back: Vec<Admission> = (2..8).map(|minute| guard.admit(1.0, at(minute))).collect();
        use Admission::{Anew, Next, Refused as No};
        assert_eq!(back, [No, No, No, No, Anew, Next]);
        let want = Refused {
            n_nan: 1,
            n_infinite: 2,
            n_out_of_order: 5,
            n_duplicate: 1,
            n_jumps: 2,
        };
        assert_eq!(guard.refused(), want);
    }
}
