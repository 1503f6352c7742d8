//! One metric under watch: its door, its baseline, its sums, and where there is a limit its trend.

use super::baseline::{Baseline, Judged};
use super::forecast::{Forecast, exhaustion};
use super::guard::{Admission, Guard, Refused};
use super::shift::Shift;
use crate::healing::reading::{Kind, Metric};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Readings a trend is read from: eight hours of one each five minutes.
const N_TREND: usize = 96;
/// Readings of a week of one each five minutes.
const N_WEEK: u64 = 2_016;
/// Scores of a metric that has not seen a week are divided by this: its first weekend is a surprise, and without it false alarms
/// are two and a half times as many as stated.
const YOUNG: f64 = 1.3;
/// A trend is looked at each so many readings: more often shows the same points again.
pub(super) const TREND_EVERY: u64 = 6;

/// One metric and all that is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Watched {
    pub(super) metric: Metric,
    guard: Guard,
    /// The last total of a counter.
    total: Option<f64>,
    baseline: Baseline,
    shift: Shift,
    limit: Option<f64>,
    trend: VecDeque<(DateTime<Utc>, f64)>,
    n: u64,
    /// What its scores are divided by: more than one where alarms of it were false.
    pub(super) factor: f64,
    pub(super) latest: Option<Latest>,
}

/// What was made of the latest reading.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Latest {
    pub(super) at: DateTime<Utc>,
    pub(super) value: f64,
    pub(super) expected: f64,
    pub(super) spread: f64,
    pub(super) z: f64,
    /// The deviation turned so that worse is greater.
    pub(super) worse: f64,
    pub(super) p_baseline: f64,
    pub(super) p_shift: f64,
}

impl Watched {
    pub(super) fn new(metric: &Metric) -> Watched {
        let bad = metric.meaning().bad;
        Watched {
            metric: metric.clone(),
            guard: Guard::default(),
            total: None,
            baseline: Baseline::new(bad),
            shift: Shift::new(bad),
            limit: None,
            trend: VecDeque::new(),
            n: 0,
            factor: 1.0,
            latest: None,
        }
    }

    pub(super) fn set_limit(&mut self, limit: f64) {
        self.limit = Some(limit).filter(|l| l.is_finite());
    }

    pub(super) fn refused(&self) -> Refused {
        self.guard.refused()
    }

    /// Takes a reading in; false when it was turned away, or says nothing yet (a counter's first).
    pub(super) fn observe(&mut self, value: f64, at: DateTime<Utc>) -> bool {
        self.latest = None;
        let admission = self.guard.admit(value, at);
        if admission == Admission::Refused {
            return false;
        }
        if admission == Admission::Anew {
            self.shift.restart();
            self.trend.clear();
        }
        let meaning = self.metric.meaning();
        let value = match meaning.kind {
            Kind::Gauge | Kind::Rate => value,
            Kind::Counter => {
                let before = self.total.replace(value);
                let Some(before) = before.filter(|_| admission == Admission::Next) else {
                    return false;
                };
                // A total that fell began anew with its process: what it shows now is what was added since.
                if value >= before { value - before } else { value }
            }
        };
        let judged = self.baseline.observe(value, at);
        self.n += 1;
        if self.limit.is_some() {
            self.trend.push_back((at, judged.level));
            if self.trend.len() > N_TREND {
                self.trend.pop_front();
            }
        }
        let Judged {
            expected, spread, z, p, ..
        } = judged;
        self.latest = Some(Latest {
            at,
            value,
            expected,
            spread,
            z,
            worse: meaning.bad.worse(z),
            p_baseline: p,
            p_shift: self.shift.observe(z),
        });
        true
    }

    /// What its scores are divided by: what was learned, and more while it has not seen a week.
    pub(super) fn divisor(&self) -> f64 {
        self.factor * if self.n < N_WEEK { YOUNG } else { 1.0 }
    }

    /// The exhaustion its trend leads to, looked at now and then.
    pub(super) fn forecast(&self, z: f64) -> Option<Forecast> {
        let limit = self
            .limit
            .filter(|_| self.n.is_multiple_of(TREND_EVERY) && self.trend.len() >= N_TREND / 2)?;
        let points: Vec<(DateTime<Utc>, f64)> = self.trend.iter().copied().collect();
        exhaustion(&points, limit, z)
    }
}
