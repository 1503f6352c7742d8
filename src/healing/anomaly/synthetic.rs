//! Rows and series whose truth is known, to judge detectors by: workload W4, and one component's fortnight with a fault in it.

pub mod rows;

use crate::stats::splitmix::{splitmix64, unit};
use std::f64::consts::TAU;

/// A week in readings of one each five minutes.
pub const WEEK: usize = 2016;

/// A fault whose time is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// None.
    Healthy,
    /// A slow rise, a quarter of a deviation an hour.
    Drift,
    /// Three deviations up from one reading to the next, and so it stays.
    Step,
    /// Twelve deviations for two readings.
    Spike,
    /// The daily rise and fall comes upside down.
    Season,
    /// Memory grows by one deviation an hour without end.
    Leak,
}

/// Every kind, the healthy one first.
pub const FAULTS: [Fault; 6] = [
    Fault::Healthy,
    Fault::Drift,
    Fault::Step,
    Fault::Spike,
    Fault::Season,
    Fault::Leak,
];

/// A process of four metrics that share a load: it rises and falls by day, less at weekends, remembers the reading before
/// (0.7 of it), and one reading in twenty has noise three times as wide.
#[derive(Clone, Debug)]
pub struct Process {
    seed: u64,
    n: u64,
    load: f64,
    own: [f64; 4],
}

impl Process {
    /// The names of its metrics.
    pub const METRICS: [&str; 4] = [
        "process/rss_mb",
        "process/latency_ms",
        "process/depth",
        "process/cpu_percent",
    ];
    /// Levels and deviations in their units.
    pub const SCALES: [(f64, f64); 4] = [(400.0, 10.0), (80.0, 8.0), (20.0, 3.0), (30.0, 5.0)];

    /// The process of a seed, at its first reading.
    pub fn new(seed: u64) -> Process {
        Process {
            seed,
            n: 0,
            load: 0.0,
            own: [0.0; 4],
        }
    }

    fn normal(&self, k: u64) -> f64 {
        let u = |i| {
            unit(
                self.seed.wrapping_mul(0x9E37_79B9).wrapping_add(17),
                16 * self.n + 2 * k + i,
            )
        };
        let wide = if splitmix64(self.seed ^ 0xABCD, 8 * self.n + k).is_multiple_of(20) {
            3.0
        } else {
            1.0
        };
        wide * (-2.0 * (1.0 - u(0)).ln()).sqrt() * (TAU * u(1)).cos()
    }

    /// The next four values; the fault has gone on for `since` readings, and is of the metric `column` (a leak of the first).
    pub fn step(&mut self, fault: Fault, since: Option<usize>, column: usize) -> [f64; 4] {
        self.load = 0.7 * self.load + 0.71 * self.normal(0);
        let day = (TAU * (self.n % 288) as f64 / 288.0).sin();
        let weekend = if (self.n / 288) % 7 >= 5 { 0.5 } else { 1.0 };
        let season = 2.0 * day * weekend;
        let mut values = [0.0; 4];
        for (i, value) in values.iter_mut().enumerate() {
            self.own[i] = 0.5 * self.own[i] + 0.87 * self.normal(1 + i as u64);
            let (level, scale) = Process::SCALES[i];
            let mut x = season + 0.6 * self.load + 0.8 * self.own[i];
            let is_hit = i == if fault == Fault::Leak { 0 } else { column };
            if let (true, Some(since)) = (is_hit, since) {
                let hours = since as f64 / 12.0;
                x += match fault {
                    Fault::Healthy => 0.0,
                    Fault::Drift => 0.25 * hours,
                    Fault::Step => 3.0,
                    Fault::Spike if since < 2 => 12.0,
                    Fault::Spike => 0.0,
                    Fault::Season => -2.0 * season,
                    Fault::Leak => hours,
                };
            }
            *value = level + scale * x;
        }
        self.n += 1;
        values
    }
}
