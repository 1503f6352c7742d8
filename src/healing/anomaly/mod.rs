//! What is not as it used to be: detectors that learn what is normal, each with a stated rate of false alarms, and the
//! ensemble that decides among them and says why.

pub mod guard;

pub mod window;

pub mod season;

pub mod tail;

pub mod baseline;

pub mod shift;

pub mod forest;

pub mod autoencoder;

pub mod forecast;

pub mod pattern;

mod component;

mod watched;

pub mod ensemble;

#[cfg(test)]
mod synthetic;

#[cfg(test)]
mod tests;

use super::reading::Metric;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Who noticed. A closed list, so that an anomaly can be written down and read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detector {
    /// One reading far from what is usual at this hour of the week.
    Baseline,
    /// A change of level, or a slow drift.
    Shift,
    /// A combination of a component's metrics that is easily set apart.
    Forest,
    /// A combination that does not fit how the component's metrics move together.
    Autoencoder,
    /// A trend that ends at a known limit.
    Forecast,
}

impl Detector {
    /// Its name in words and tables.
    pub fn name(self) -> &'static str {
        match self {
            Detector::Baseline => "baseline",
            Detector::Shift => "shift",
            Detector::Forest => "isolation forest",
            Detector::Autoencoder => "autoencoder",
            Detector::Forecast => "forecast",
        }
    }
}

/// What the ensemble says is not normal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Anomaly {
    /// The metric; of a combination, the one that is farthest off.
    pub metric: Metric,
    /// When the reading that decided was taken.
    pub at: DateTime<Utc>,
    /// That reading, in the metric's unit.
    pub value: f64,
    /// What was usual at that hour, in the metric's unit.
    pub expected: f64,
    /// One robust standard deviation about it, in the metric's unit.
    pub spread: f64,
    /// How improbable it is of a healthy metric: minus the decimal logarithm of the ensemble's p-value, at most 300.
    pub score: f64,
    /// Who noticed, the surest first.
    pub detectors: Vec<Detector>,
    /// The same in a sentence.
    pub words: String,
}
