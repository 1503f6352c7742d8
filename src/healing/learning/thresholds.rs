//! How far off a number must be before it counts, metric by metric: raised by false alarms, lowered by real ones, in small
//! steps and within bounds, so that no run of either makes the healer deaf or jumpy.

use crate::healing::reading::Metric;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Metrics with a factor of their own; the house has under 400 metrics.
pub const MAX_METRICS: usize = 1_024;
/// A false alarm asks for so much more from then on.
const UP: f64 = 1.15;
/// A real one for so much less.
const DOWN: f64 = 0.95;
/// Never less than what the detectors were set to.
const LEAST: f64 = 1.0;
/// Never more than three times that: a score is a logarithm, and an alarm at three times five is one in 10^15.
const MOST: f64 = 3.0;

/// Factors on the score from which an anomaly counts; 1 where nothing was learned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Thresholds {
    factors: BTreeMap<Metric, f64>,
}

impl Thresholds {
    /// The factor of a metric, 1 to 3.
    pub fn factor(&self, metric: &Metric) -> f64 {
        self.factors.get(metric).copied().unwrap_or(LEAST)
    }

    /// What the factor of a metric is to be after an alarm of it.
    pub fn after(&self, metric: &Metric, was_false: bool) -> f64 {
        let step = if was_false { UP } else { DOWN };
        (self.factor(metric) * step).clamp(LEAST, MOST)
    }

    /// Sets a factor, within its bounds; 1 is forgotten. False when there is no room for one more.
    pub fn set(&mut self, metric: &Metric, factor: f64) -> bool {
        let factor = if factor.is_nan() {
            LEAST
        } else {
            factor.clamp(LEAST, MOST)
        };
        if factor <= LEAST {
            self.factors.remove(metric);
            return true;
        }
        if !self.factors.contains_key(metric) && self.factors.len() >= MAX_METRICS {
            return false;
        }
        self.factors.insert(metric.clone(), factor);
        true
    }
}
