//! The rows of workload W4, whose truth is known, and how well scores tell it.

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
