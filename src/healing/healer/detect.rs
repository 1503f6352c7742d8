//! What the healer asks of whoever watches the numbers, so that it can be tested with one that says what the test wants; the
//! ensemble answers it in the house.

use crate::healing::anomaly::ensemble::Ensemble;
use crate::healing::anomaly::{Anomaly, Detector};
use crate::healing::reading::{Metric, Reading};
use rand_pcg::Pcg64Mcg;

/// Says what is not normal.
pub trait Detect: Send + 'static {
    /// Judges one round of readings, whose values are finite numbers, and learns from them. What goes on may be said once.
    fn hear(&mut self, readings: &[Reading], rng: &mut Pcg64Mcg) -> Vec<Anomaly>;

    /// Whether the latest reading of a metric was still out of the ordinary, said or not: as long as it is, nothing is over.
    fn is_off(&self, metric: &Metric) -> bool;

    /// Asks for scores of a metric `factor` times as high, 1 to 3, which is what was learned from its false alarms. False of a
    /// metric it has not heard.
    fn set_factor(&mut self, metric: &Metric, factor: f64) -> bool;
}

/// A component one of whose detectors finds its latest readings so rare is off: what is rarer is not learned from either. Of
/// healthy readings one round in a hundred is, which delays the end of an incident by a round.
const OFF_P: f64 = 1e-3;

impl Detect for Ensemble {
    fn hear(&mut self, readings: &[Reading], rng: &mut Pcg64Mcg) -> Vec<Anomaly> {
        self.observe(readings, rng)
    }

    fn is_off(&self, metric: &Metric) -> bool {
        let verdicts = self.verdicts(metric.component()).iter();
        // A shift is found in readings that are past; it would call the way back to normal off as well.
        let mut of_now = verdicts.filter(|verdict| verdict.detector != Detector::Shift);
        of_now.any(|verdict| verdict.p <= OFF_P)
    }

    fn set_factor(&mut self, metric: &Metric, factor: f64) -> bool {
        Ensemble::set_factor(self, metric, factor)
    }
}
