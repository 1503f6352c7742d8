//! The hour of the week: what a metric has more or less than its level, because it is Sunday at one.

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use serde::{Deserialize, Serialize};

/// Hours of a week.
const N_HOURS: usize = 168;
/// Hours of a day.
const N_DAY: usize = 24;
/// A cell is believed by half once it has seen as many readings: one hour of one each five minutes.
const HALF: f64 = 12.0;
/// A cell's memory in readings: about eight weeks of one each five minutes.
const MEMORY: f64 = 96.0;

/// The mean of a cell, and how many readings it stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Cell {
    mean: f64,
    n: f64,
}

impl Cell {
    fn take(&mut self, value: f64, memory: f64) {
        self.n = (self.n + 1.0).min(memory);
        self.mean += (value - self.mean) / self.n;
    }

    /// Shrunk towards `prior`, the more the less it has seen.
    fn shrunk(self, prior: f64) -> f64 {
        let weight = self.n / (self.n + HALF);
        weight * self.mean + (1.0 - weight) * prior
    }
}

/// Deviations from the level by hour of the week (UTC), each shrunk to its hour of the day, and that to none at all: a week
/// old metric has a season already, and one without a season hardly any noise from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Season {
    week: Vec<Cell>,
    day: Vec<Cell>,
}

impl Default for Season {
    fn default() -> Season {
        Season {
            week: vec![Cell::default(); N_HOURS],
            day: vec![Cell::default(); N_DAY],
        }
    }
}

impl Season {
    /// What the hour of `at` adds to the level, in the metric's unit.
    pub fn offset(&self, at: DateTime<Utc>) -> f64 {
        let (week, hour) = place(at);
        self.week[week].shrunk(self.day[hour].shrunk(0.0))
    }

    /// Learns that a reading at `at` was `deviation` above the level.
    pub fn take(&mut self, deviation: f64, at: DateTime<Utc>) {
        if !deviation.is_finite() {
            return;
        }
        let (week, hour) = place(at);
        self.week[week].take(deviation, MEMORY);
        self.day[hour].take(deviation, 2.0 * MEMORY);
    }
}

fn place(at: DateTime<Utc>) -> (usize, usize) {
    let hour = at.hour() as usize;
    (at.weekday().num_days_from_monday() as usize * N_DAY + hour, hour)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn an_hour_is_learnt_in_days_and_its_weekday_in_weeks() {
        let mut season = Season::default();
        let at = |hour: i64| DateTime::UNIX_EPOCH + TimeDelta::hours(hour);
        assert_eq!(season.offset(at(5)), 0.0);
        for reading in 0..12 * 24 * 6 {
            let when = DateTime::UNIX_EPOCH + TimeDelta::minutes(5 * reading);
            season.take(if when.hour() == 5 { 10.0 } else { 0.0 }, when);
        }
        let unseen_day = season.offset(at(24 * 6 + 5));
        assert!((7.0..10.0).contains(&unseen_day), "{unseen_day}");
        season.take(f64::NAN, at(5));
        assert!(season.offset(at(5)).is_finite());
    }
}
