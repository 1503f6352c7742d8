//! Every metric's series on one board with a bound: a name made up for every request must not eat the memory.

use super::series::{Series, Summary};
use crate::healing::reading::{Metric, Reading};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The series of all metrics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Board {
    max_metrics: usize,
    series: BTreeMap<Metric, Series>,
    n_dropped: u64,
}

impl Board {
    /// An empty board for at most `max_metrics` metrics, which take about 150 kB each when full.
    pub fn new(max_metrics: usize) -> Board {
        Board {
            max_metrics,
            series: BTreeMap::new(),
            n_dropped: 0,
        }
    }

    /// Takes a reading in; the hour of its metric that ended by it, for whoever keeps history. A metric beyond the bound is
    /// counted and dropped: those that were there first stay.
    pub fn observe(&mut self, reading: &Reading) -> Option<Summary> {
        if !self.series.contains_key(&reading.metric) && self.series.len() >= self.max_metrics {
            self.n_dropped += 1;
            return None;
        }
        let series = self.series.entry(reading.metric.clone()).or_default();
        series.take(reading.value, reading.at)
    }

    /// The past of one metric.
    pub fn series(&self, metric: &Metric) -> Option<&Series> {
        self.series.get(metric)
    }

    /// Metrics with their pasts, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&Metric, &Series)> {
        self.series.iter()
    }

    /// Readings of metrics beyond the bound.
    pub fn n_dropped(&self) -> u64 {
        self.n_dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, TimeDelta};

    #[test]
    fn metrics_beyond_the_bound_are_counted_and_the_first_stay() {
        let mut board = Board::new(2);
        let metrics = ["b/depth", "a/depth", "c/depth"].map(Metric::new);
        for (i, metric) in metrics.iter().cycle().take(9).enumerate() {
            let at = DateTime::UNIX_EPOCH + TimeDelta::hours(i as i64);
            let ended = board.observe(&Reading::new(metric, 1.0, at));
            assert_eq!(ended.is_some(), i >= 3 && i % 3 < 2);
        }
        assert_eq!(
            board.iter().map(|(m, _)| m.name()).collect::<Vec<_>>(),
            ["a/depth", "b/depth"]
        );
        assert_eq!((board.n_dropped(), board.series(&metrics[2])), (3, None));
    }
}
