//! What the healer asks of whoever watches the numbers, so that it can be tested with one that says what the test wants.

use crate::healing::anomaly::Anomaly;
use crate::healing::reading::Reading;

/// Says what is not normal.
pub trait Detect: Send + 'static {
    /// Judges a reading, whose value is a finite number, and learns from it.
    fn hear(&mut self, reading: &Reading) -> Vec<Anomaly>;

    /// The score from which it says something. What was learned from false alarms asks for up to three times as much.
    fn score_from(&self) -> f64;
}
