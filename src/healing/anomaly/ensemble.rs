//! Who decides: all detectors over all metrics, one stated rate of false alarms, and a sentence that says why.
//!
//! The rule: every detector gives a p-value calibrated on the metric's own past; within a component they are combined by their
//! harmonic mean; a component alarms when that is below its share of the stated rate, which is divided evenly among components
//! and readings. An alarm that goes on is one episode and is said once per metric.

use super::component::Component;
use super::guard::Refused;
use super::watched::{TREND_EVERY, Watched};
use super::{Anomaly, Detector};
use crate::healing::reading::{Metric, Reading};
use crate::stats::normal::normal_quantile;
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Minutes of a week.
const WEEK_MIN: f64 = 10_080.0;
/// A forecast alarms when the limit is nearer than this.
const SOON_H: f64 = 24.0;
/// The share of the stated rate that forecasts may use.
const FORECAST_SHARE: f64 = 0.2;

/// What may be watched, and how often the ensemble may be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EnsembleSettings {
    /// Minutes from one reading of a metric to the next. What comes more often is to be averaged before.
    pub cadence_min: f64,
    /// False alarms a week over all metrics together.
    pub false_alarms_per_week: f64,
    /// The most metrics; each costs about 60 kB. Readings of others are counted and dropped.
    pub max_metrics: usize,
}

impl Default for EnsembleSettings {
    fn default() -> EnsembleSettings {
        EnsembleSettings {
            cadence_min: 5.0,
            // A person looks at one in a week without ceasing to look.
            false_alarms_per_week: 1.0,
            max_metrics: 512,
        }
    }
}

/// What one detector says of the latest readings of a component.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Which detector.
    pub detector: Detector,
    /// The metric it speaks of, by its place in the component.
    pub column: usize,
    /// How often a healthy one looks like this.
    pub p: f64,
}

/// All detectors over all metrics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ensemble {
    settings: EnsembleSettings,
    components: BTreeMap<String, Component>,
    n_metrics: usize,
    n_dropped: u64,
    /// Limits of metrics, whether or not these have been heard of.
    limits: BTreeMap<Metric, f64>,
    /// Metrics whose exhaustion was said, and is not said again before the forecast has been gone for a while.
    said: BTreeMap<Metric, u32>,
}

impl Ensemble {
    /// One that knows nothing yet.
    pub fn new(settings: EnsembleSettings) -> Ensemble {
        Ensemble {
            settings,
            components: BTreeMap::new(),
            n_metrics: 0,
            n_dropped: 0,
            limits: BTreeMap::new(),
            said: BTreeMap::new(),
        }
    }

    /// Says at what value a metric is exhausted, so that its trend is watched: memory allowed, 0 of what is left.
    pub fn set_limit(&mut self, metric: &Metric, limit: f64) {
        if self.limits.len() < self.settings.max_metrics {
            self.limits.insert(metric.clone(), limit);
        }
        for watched in self.components.values_mut().flat_map(|c| &mut c.metrics) {
            if watched.metric == *metric {
                watched.set_limit(limit);
            }
        }
    }

    /// Divides the scores of a metric by `factor`, 1 to 3, which is what was learned from its false alarms: at 2 it must be as
    /// improbable again as an alarm was before. False of a metric not heard of yet, and of no number.
    pub fn set_factor(&mut self, metric: &Metric, factor: f64) -> bool {
        let known = self.components.get_mut(metric.component());
        let watched = known.and_then(|c| c.metrics.iter_mut().find(|w| w.metric == *metric));
        let Some(watched) = watched.filter(|_| !factor.is_nan()) else {
            return false;
        };
        watched.factor = factor.clamp(1.0, 3.0);
        true
    }

    /// Takes in the readings of one round, in the order they were taken, and says what is not normal. A random stream is needed
    /// because forests grow at random.
    pub fn observe(&mut self, readings: &[Reading], rng: &mut Pcg64Mcg) -> Vec<Anomaly> {
        // What is not read again this round says nothing in it.
        self.components
            .values_mut()
            .flat_map(|c| &mut c.metrics)
            .for_each(|w| w.latest = None);
        for reading in readings {
            if let Some(watched) = self.watched(&reading.metric) {
                // A refused second reading of a round does not take back the first.
                let before = watched.latest;
                if !watched.observe(reading.value, reading.at) {
                    watched.latest = before;
                }
            }
        }
        let alpha = self.alpha();
        let mut anomalies = Vec::new();
        for component in self.components.values_mut() {
            component.judge(rng);
            anomalies.extend(component.decide(alpha));
        }
        anomalies.extend(self.forecasts());
        anomalies
    }

    /// How often a decision about one component may be false.
    fn alpha(&self) -> f64 {
        let n_decisions = WEEK_MIN / self.settings.cadence_min * self.components.len().max(1) as f64;
        (1.0 - FORECAST_SHARE) * self.settings.false_alarms_per_week / n_decisions
    }

    fn watched(&mut self, metric: &Metric) -> Option<&mut Watched> {
        let is_full = self.n_metrics >= self.settings.max_metrics;
        let known = self.components.get(metric.component());
        let column = known.and_then(|c| c.metrics.iter().position(|w| w.metric == *metric));
        if column.is_none() && is_full {
            self.n_dropped += 1;
            return None;
        }
        let component = self.components.entry(metric.component().to_owned()).or_default();
        if let Some(column) = column {
            return component.metrics.get_mut(column);
        }
        self.n_metrics += 1;
        let mut watched = Watched::new(metric);
        if let Some(limit) = self.limits.get(metric) {
            watched.set_limit(*limit);
        }
        component.metrics.push(watched);
        component.metrics.last_mut()
    }

    fn forecasts(&mut self) -> Vec<Anomaly> {
        let n_looks = WEEK_MIN / self.settings.cadence_min / TREND_EVERY as f64 * self.limits.len().max(1) as f64;
        let share = (FORECAST_SHARE * self.settings.false_alarms_per_week / n_looks).clamp(1e-12, 0.5);
        let z = normal_quantile(1.0 - share / 2.0).unwrap_or(7.0);
        self.said.retain(|_, n_left| {
            *n_left -= 1;
            *n_left > 0
        });
        let mut anomalies = Vec::new();
        for watched in self.components.values().flat_map(|c| &c.metrics) {
            let Some(latest) = watched.latest else { continue };
            let Some(forecast) = watched.forecast(z).filter(|f| f.hours <= SOON_H) else {
                continue;
            };
            // Said once, and again only when it has not been so for four looks.
            if self
                .said
                .insert(watched.metric.clone(), 4 * TREND_EVERY as u32)
                .is_some()
            {
                continue;
            }
            anomalies.push(Anomaly {
                metric: watched.metric.clone(),
                at: latest.at,
                value: latest.value,
                expected: latest.expected,
                spread: latest.spread,
                score: -share.log10(),
                detectors: vec![Detector::Forecast],
                words: format!("{} is {:.1} and {forecast}.", watched.metric, latest.value),
            });
        }
        anomalies
    }

    /// What each detector said of a component at its latest readings.
    pub fn verdicts(&self, component: &str) -> &[Verdict] {
        self.components.get(component).map_or(&[], |c| &c.verdicts)
    }

    /// Readings that were turned away, of all metrics together.
    pub fn refused(&self) -> Refused {
        let all = self.components.values().flat_map(|c| &c.metrics).map(Watched::refused);
        all.fold(Refused::default(), |a, b| Refused {
            n_nan: a.n_nan + b.n_nan,
            n_infinite: a.n_infinite + b.n_infinite,
            n_out_of_order: a.n_out_of_order + b.n_out_of_order,
            n_duplicate: a.n_duplicate + b.n_duplicate,
            n_jumps: a.n_jumps + b.n_jumps,
        })
    }

    /// Readings of metrics beyond the bound, which nobody looked at.
    pub fn n_dropped(&self) -> u64 {
        self.n_dropped
    }
}
