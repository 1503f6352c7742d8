//! One number somebody measured, and what a number of that name means: everything that watches starts from a reading.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// The name of something measured again and again: path segments from the general to the particular, unit last, such as
/// `api/odds_api/latency_ms`, `process/rss_mb`, `actor/platform/database/depth`, `db/write_ms`, `business/picks`.
///
/// The text is shared: a clone costs no allocation, so that a reading may carry its name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metric(Arc<str>);

impl Metric {
    /// A metric by its name.
    pub fn new(name: &str) -> Metric {
        Metric(Arc::from(name))
    }

    /// The whole name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// What it is measured at: the name without its last segment (`api/odds_api`), or nothing where there is but one.
    pub fn component(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(component, _)| component)
    }

    /// What is measured: the last segment (`latency_ms`).
    pub fn quantity(&self) -> &str {
        self.0.rsplit_once('/').map_or(&self.0, |(_, quantity)| quantity)
    }

    /// What its numbers mean, read from the last segment: [`MEANINGS`] lists the quantities known; any other is a gauge
    /// of which neither side is known to be good.
    pub fn meaning(&self) -> Meaning {
        let quantity = self.quantity();
        let of = |(suffix, kind, bad): &(&str, Kind, Bad)| {
            let fits = quantity
                .strip_suffix(suffix)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('_'));
            fits.then_some(Meaning { kind: *kind, bad: *bad })
        };
        MEANINGS.iter().find_map(of).unwrap_or(Meaning {
            kind: Kind::Gauge,
            bad: Bad::Both,
        })
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How the numbers of a metric come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A state at the instant of reading: memory, depth, a latency.
    Gauge,
    /// A total that only grows until its process starts anew: watched by its growth per minute.
    Counter,
    /// Already an amount per time, or a share.
    Rate,
}

/// Which side of normal is bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bad {
    /// More is worse: latency, memory, errors.
    High,
    /// Less is worse: free disk, credits.
    Low,
    /// Either is worth a look: picks a week.
    Both,
}

impl Bad {
    /// `deviation` turned so that worse is greater; of a two-sided metric its size.
    pub fn worse(self, deviation: f64) -> f64 {
        match self {
            Bad::High => deviation,
            Bad::Low => -deviation,
            Bad::Both => deviation.abs(),
        }
    }
}

/// What the numbers of a metric mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meaning {
    /// How they come about.
    pub kind: Kind,
    /// Which side is bad.
    pub bad: Bad,
}

/// The quantities known, by the end of the last segment; the first that fits counts, so the longer stand before the shorter.
pub const MEANINGS: [(&str, Kind, Bad); 22] = [
    ("free_mb", Kind::Gauge, Bad::Low),
    ("rss_mb", Kind::Gauge, Bad::High),
    ("used_mb", Kind::Gauge, Bad::High),
    ("credits_left", Kind::Gauge, Bad::Low),
    ("quota_left", Kind::Gauge, Bad::Low),
    ("error_rate", Kind::Rate, Bad::High),
    ("hit_rate", Kind::Rate, Bad::Low),
    ("cpu_percent", Kind::Rate, Bad::High),
    ("latency_ms", Kind::Gauge, Bad::High),
    ("write_ms", Kind::Gauge, Bad::High),
    ("read_ms", Kind::Gauge, Bad::High),
    ("handle_ms", Kind::Gauge, Bad::High),
    ("age_ms", Kind::Gauge, Bad::High),
    ("lag", Kind::Gauge, Bad::High),
    ("depth", Kind::Gauge, Bad::High),
    ("restarts", Kind::Counter, Bad::High),
    ("errors", Kind::Counter, Bad::High),
    ("handled", Kind::Counter, Bad::Both),
    ("dropped", Kind::Counter, Bad::High),
    ("missed_slots", Kind::Counter, Bad::High),
    ("picks", Kind::Counter, Bad::Both),
    ("clv_bp", Kind::Gauge, Bad::Low),
];

/// One number, of what, and when it was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Of what.
    pub metric: Metric,
    /// The number, in the metric's own unit. It may be no number at all; whoever judges it counts and refuses that.
    pub value: f64,
    /// When it was measured.
    pub at: DateTime<Utc>,
}

impl Reading {
    /// A reading.
    pub fn new(metric: &Metric, value: f64, at: DateTime<Utc>) -> Reading {
        Reading {
            metric: metric.clone(),
            value,
            at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_where_what_and_which_side_is_bad() {
        let cases = [
            (
                "api/odds_api/latency_ms",
                "api/odds_api",
                "latency_ms",
                Kind::Gauge,
                Bad::High,
            ),
            ("disk/free_mb", "disk", "free_mb", Kind::Gauge, Bad::Low),
            (
                "api/odds_api/p95_latency_ms",
                "api/odds_api",
                "p95_latency_ms",
                Kind::Gauge,
                Bad::High,
            ),
            ("business/picks", "business", "picks", Kind::Counter, Bad::Both),
            ("flag", "", "flag", Kind::Gauge, Bad::Both),
        ];
        for (name, component, quantity, kind, bad) in cases {
            let metric = Metric::new(name);
            assert_eq!((metric.component(), metric.quantity()), (component, quantity));
            assert_eq!(metric.meaning(), Meaning { kind, bad }, "{name}");
        }
        let bad: Vec<f64> = [Bad::High, Bad::Low, Bad::Both].iter().map(|b| b.worse(-2.0)).collect();
        assert_eq!(bad, [-2.0, 2.0, 2.0]);
    }

    #[test]
    fn a_reading_survives_being_written_down() {
        let reading = Reading::new(&Metric::new("process/rss_mb"), 412.5, DateTime::UNIX_EPOCH);
        let text = serde_json::to_string(&reading).unwrap();
        assert_eq!(serde_json::from_str::<Reading>(&text).unwrap(), reading);
    }
}
