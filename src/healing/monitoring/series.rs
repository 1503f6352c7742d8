//! One metric's past: the latest readings as they came, a day of minutes, a quarter of hours.

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Readings kept as they came: an hour of one each five seconds.
const N_RAW: usize = 720;
/// Minutes kept: a day.
const N_MINUTES: usize = 1_440;
/// Hours kept: a quarter.
const N_HOURS: usize = 24 * 92;

/// What a minute or an hour had.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// When it began.
    pub start: DateTime<Utc>,
    /// The least reading.
    pub min: f64,
    /// The average.
    pub mean: f64,
    /// The greatest.
    pub max: f64,
    /// How many readings; at least one.
    pub n: u32,
}

impl Summary {
    fn of(start: DateTime<Utc>, value: f64) -> Summary {
        Summary {
            start,
            min: value,
            mean: value,
            max: value,
            n: 1,
        }
    }

    fn take(&mut self, value: f64) {
        self.n = self.n.saturating_add(1);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.mean += (value - self.mean) / f64::from(self.n);
    }
}

/// The past of one metric, in at most 5,000 numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Series {
    raw: VecDeque<(DateTime<Utc>, f64)>,
    minutes: VecDeque<Summary>,
    hours: VecDeque<Summary>,
    n_refused: u64,
}

impl Series {
    /// Takes a reading in; the hour that ended by it, for whoever keeps history. What is no finite number, or older than the
    /// newest, is counted and left out: a day of the clock put back would otherwise fill the rings with empty hours.
    pub fn take(&mut self, value: f64, at: DateTime<Utc>) -> Option<Summary> {
        let is_late = self.raw.back().is_some_and(|(newest, _)| at <= *newest);
        if !value.is_finite() || is_late {
            self.n_refused += 1;
            return None;
        }
        push(&mut self.raw, (at, value), N_RAW);
        add(&mut self.minutes, TimeDelta::minutes(1), value, at, N_MINUTES);
        add(&mut self.hours, TimeDelta::hours(1), value, at, N_HOURS)
    }

    /// The latest readings, oldest first.
    pub fn raw(&self) -> &VecDeque<(DateTime<Utc>, f64)> {
        &self.raw
    }

    /// The minutes of the last day that had readings, the one under way included.
    pub fn minutes(&self) -> &VecDeque<Summary> {
        &self.minutes
    }

    /// The hours of the last quarter that had readings, the one under way included.
    pub fn hours(&self) -> &VecDeque<Summary> {
        &self.hours
    }

    /// Readings left out.
    pub fn n_refused(&self) -> u64 {
        self.n_refused
    }
}

fn push<T>(ring: &mut VecDeque<T>, item: T, bound: usize) {
    if ring.len() == bound {
        ring.pop_front();
    }
    ring.push_back(item);
}

/// Adds to the summary under way, or begins the next and answers with the one that ended.
fn add(
    ring: &mut VecDeque<Summary>,
    width: TimeDelta,
    value: f64,
    at: DateTime<Utc>,
    bound: usize,
) -> Option<Summary> {
    // Beyond the years that fit nanoseconds (1677 to 2262) an instant cannot be rounded, and stands for itself.
    let start = at.duration_trunc(width).unwrap_or(at);
    match ring.back_mut() {
        Some(last) if last.start == start => {
            last.take(value);
            None
        }
        last => {
            let ended = last.copied();
            push(ring, Summary::of(start, value), bound);
            ended
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_and_hours_have_least_mean_greatest_and_are_bounded() {
        let mut series = Series::default();
        let mut ended = Vec::new();
        for i in 0..3 * N_MINUTES as i64 * 2 {
            let at = DateTime::UNIX_EPOCH + TimeDelta::seconds(30 * i);
            ended.extend(series.take((i % 2) as f64, at));
        }
        assert_eq!(
            (series.raw().len(), series.minutes().len(), series.hours().len()),
            (N_RAW, N_MINUTES, 72)
        );
        let minute = series.minutes()[7];
        assert_eq!((minute.min, minute.mean, minute.max, minute.n), (0.0, 0.5, 1.0, 2));
        assert_eq!((ended.len(), ended[0].n), (71, 120));
    }

    #[test]
    fn what_is_no_number_or_late_is_counted() {
        let mut series = Series::default();
        let at = DateTime::UNIX_EPOCH;
        series.take(1.0, at);
        for (value, seconds) in [(f64::NAN, 1), (f64::INFINITY, 1), (2.0, 0), (2.0, -5)] {
            assert_eq!(series.take(value, at + TimeDelta::seconds(seconds)), None);
        }
        assert_eq!((series.n_refused(), series.hours()[0].n), (4, 1));
        series.take(3.0, DateTime::<Utc>::MAX_UTC);
        assert_eq!(series.hours().len(), 2, "the end of time is an hour of its own");
    }
}
