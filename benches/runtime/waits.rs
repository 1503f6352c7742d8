//! Quantiles of waits and how they are printed.

use std::time::Duration;

/// `n, p50, p99, max` of some durations, in milliseconds.
pub fn quantiles(mut readings: Vec<Duration>) -> String {
    readings.sort();
    let at = |share: f64| {
        let rank = (share * readings.len() as f64).ceil() as usize;
        readings[rank.clamp(1, readings.len()) - 1].as_secs_f64() * 1e3
    };
    let (n, p50, p99, max) = (readings.len(), at(0.5), at(0.99), at(1.0));
    format!("n {n}, p50 {p50:.3} ms, p99 {p99:.3} ms, max {max:.3} ms")
}
