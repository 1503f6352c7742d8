//! What the healer asks of whoever watches the numbers, so that it can be tested with one that says what the test wants; the
//! ensemble answers it in the house.

use crate::healing::anomaly::Anomaly;
use crate::healing::anomaly::ensemble::Ensemble;
use crate::healing::reading::{Metric, Reading};
use rand_pcg::Pcg64Mcg;

/// Says what is not normal.
pub trait Detect: Send + 'static {
    /// Judges one round of readings, whose values are finite numbers, and learns from them. What goes on may be said once.
    fn hear(&mut self, readings: &[Reading], rng: &mut Pcg64Mcg) -> Vec<Anomaly>;

    /// Whether the latest reading of a metric was still out of the ordinary, said or not: as long as it is, nothing is over.
    fn is_off(&self, metric: &Metric) -> bool;

    /// The score from which it says something. What was learned from false alarms asks for up to three times as much.
    fn score_from(&self) -> f64;
}

/// A component one of whose detectors finds its latest readings so rare is off: what is rarer is not learned from either. Of
/// healthy readings one round in a hundred is, which delays the end of an incident by a round.
const OFF_P: f64 = 1e-3;
/// Minus the decimal logarithm of four fifths of a false alarm a week over twenty components read every five minutes
/// (0.8 / 40,320), which is what [`Ensemble`] is set to.
const SCORE_FROM: f64 = 4.7;

impl Detect for Ensemble {
    fn hear(&mut self, readings: &[Reading], rng: &mut Pcg64Mcg) -> Vec<Anomaly> {
        self.observe(readings, rng)
    }

    fn is_off(&self, metric: &Metric) -> bool {
        self.verdicts(metric.component())
            .iter()
            .any(|verdict| verdict.p <= OFF_P)
    }

    fn score_from(&self) -> f64 {
        SCORE_FROM
    }
}
