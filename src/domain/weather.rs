//! Weather as it was forecast or measured, always in the same units, whatever the service writes.

use super::source::Source;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// What the air does in one hour. A missing value is `None`, never zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Air {
    /// Degrees Fahrenheit.
    pub temperature_f: Option<f64>,
    /// Sustained wind in miles an hour; the upper end where the service gives a range.
    pub wind_mph: Option<f64>,
    /// Gusts in miles an hour.
    pub gust_mph: Option<f64>,
    /// Where the wind comes from, in degrees clockwise from north, 0 to 360.
    pub wind_from_deg: Option<f64>,
    /// Rain and melted snow within the hour, in inches.
    pub precipitation_in: Option<f64>,
    /// Chance of any precipitation within the hour, 0 to 1.
    pub precipitation_chance: Option<f64>,
}

impl Air {
    /// True when nothing at all was said.
    pub fn is_empty(&self) -> bool {
        *self == Air::default()
    }
}

/// The forecast of one hour at one place.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// The beginning of the hour.
    pub hour: DateTime<Utc>,
    /// What is expected.
    pub air: Air,
    /// From when on the forecast was known: when the service made it, or when it was asked.
    pub as_of: DateTime<Utc>,
    /// Who made it.
    pub source: Source,
}

impl Forecast {
    /// The forecast whose hour holds an instant, such as a kickoff; `None` when none reaches so far.
    pub fn at(hours: &[Forecast], instant: DateTime<Utc>) -> Option<&Forecast> {
        hours
            .iter()
            .filter(|f| f.hour <= instant && instant - f.hour < TimeDelta::hours(1))
            .max_by_key(|f| f.hour)
    }
}

/// What a weather station measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// The station's name, such as `KFLL`.
    pub station: String,
    /// When it was measured.
    pub at: DateTime<Utc>,
    /// What was measured.
    pub air: Air,
    /// Who reported it.
    pub source: Source,
}
