//! Rows and series whose truth is known, to judge detectors by: workload W4, and one component's week with a fault in it.

use crate::stats::splitmix::{splitmix64, unit};
use std::f64::consts::TAU;

/// Columns of workload W4.
const D: usize = 12;

/// The rows of workload W4, row after row: normals correlated from column to column, one row in a hundred moved by four in
/// three places; and which rows were.
pub fn correlated_rows(n: usize, seed: u64) -> (Vec<f32>, Vec<bool>) {
    let (mut rows, mut anomalous) = (Vec::with_capacity(n * D), Vec::with_capacity(n));
    for i in 0..n as u64 {
        let u = |c: u64| unit(seed, D as u64 * i + c);
        let mut x = [0.0f64; D];
        for c in 0..6 {
            let (r, t) = ((-2.0 * (1.0 - u(c as u64)).ln()).sqrt(), TAU * u(c as u64 + 6));
            (x[2 * c], x[2 * c + 1]) = (r * t.cos(), r * t.sin());
        }
        for j in 1..D {
            x[j] = 0.6 * x[j - 1] + 0.8 * x[j];
        }
        let g = |j: u64| splitmix64(seed.wrapping_add(7), 8 * i + j);
        let is_anomalous = g(0) % 100 == 0;
        if is_anomalous {
            // A place met twice moves twice.
            for k in 0..3 {
                let place = (g(1 + 2 * k) % D as u64) as usize;
                x[place] += if g(2 + 2 * k) & 1 == 1 { 4.0 } else { -4.0 };
            }
        }
        rows.extend(x.map(|v| v as f32));
        anomalous.push(is_anomalous);
    }
    (rows, anomalous)
}

/// The area under the receiver operating curve: how often an anomalous row scores higher than another; a tie is half.
pub fn auc(scores: &[f64], anomalous: &[bool]) -> f64 {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*a].total_cmp(&scores[*b]));
    let (mut ranks, mut start) = (0.0, 0);
    while start < order.len() {
        let mut end = start + 1;
        while end < order.len() && scores[order[end]] == scores[order[start]] {
            end += 1;
        }
        let middle = (start + end + 1) as f64 / 2.0;
        ranks += middle * order[start..end].iter().filter(|i| anomalous[**i]).count() as f64;
        start = end;
    }
    let n = anomalous.iter().filter(|a| **a).count() as f64;
    (ranks - n * (n + 1.0) / 2.0) / (n * (anomalous.len() as f64 - n))
}

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
        let wide = if splitmix64(self.seed ^ 0xABCD, 8 * self.n + k) % 20 == 0 {
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
