//! When something runs out: a robust slope with its interval, and the hours until a known limit.
//!
//! Theil and Sen's slope (1950; 1968) is the median of the slopes between all pairs of points; its interval is read from their
//! order, widened for points that remember the one before (Hamed and Rao 1998). A trend that is not told from none gives no
//! forecast at all.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The most points: 2,016 pairs. Longer series are thinned to the means of equal parts.
const MAX_POINTS: usize = 64;
/// The fewest points a slope is read from.
const MIN_POINTS: usize = 12;
/// Hours beyond which nothing is called an exhaustion: no trend of a house holds for a month.
const HORIZON_H: f64 = 24.0 * 30.0;

/// A trend that ends at a limit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// Units per hour.
    pub slope_per_hour: f64,
    /// Hours from the last point until the limit.
    pub hours: f64,
    /// The same at the steep end of the slope's interval.
    pub earliest_hours: f64,
    /// At the flat end; at most thirty days.
    pub latest_hours: f64,
}

impl fmt::Display for Forecast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at, from, to) = (Hours(self.hours), Hours(self.earliest_hours), Hours(self.latest_hours));
        write!(f, "exhausted in {at} [{from}, {to}]")
    }
}

struct Hours(f64);

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            h if h < 1.0 => write!(f, "{:.0} min", h * 60.0),
            h if h < 72.0 => write!(f, "{h:.0} h"),
            h => write!(f, "{:.0} days", h / 24.0),
        }
    }
}

/// When `points` (time and value, in order of time) reach `limit` if they go on as they do. `z` is the normal quantile of the
/// interval: 1.96 for 95%, 3.29 where one false forecast in a thousand is wanted (two-sided).
///
/// `None` of too few points, of a slope whose interval holds zero or leads away from the limit, and beyond thirty days. Already
/// at the limit is zero hours.
pub fn exhaustion(points: &[(DateTime<Utc>, f64)], limit: f64, z: f64) -> Option<Forecast> {
    let start = points.first()?.0;
    let hour = |at: DateTime<Utc>| (at - start).num_milliseconds() as f64 / 3_600_000.0;
    let finite = points.iter().filter(|(_, value)| value.is_finite());
    let points: Vec<(f64, f64)> = finite.map(|(at, value)| (hour(*at), *value)).collect();
    let last = points.last()?.0;
    let points = thinned(&points);
    if points.len() < MIN_POINTS || !limit.is_finite() {
        return None;
    }
    let (slope, low, high) = theil_sen(&points, z)?;
    if low <= 0.0 && high >= 0.0 {
        return None;
    }
    let mut residuals: Vec<f64> = points.iter().map(|(t, x)| x - slope * t).collect();
    residuals.sort_by(f64::total_cmp);
    let level = super::window::median(&residuals)? + slope * last;
    let hours = |slope: f64| ((limit - level) / slope).max(0.0);
    if (limit - level) * slope < 0.0 {
        // A trend away from the limit says nothing of it; one that has crossed it is answered by whoever set the limit.
        return None;
    }
    let (steep, flat) = if slope > 0.0 { (high, low) } else { (low, high) };
    let forecast = Forecast {
        slope_per_hour: slope,
        hours: hours(slope),
        earliest_hours: hours(steep),
        latest_hours: hours(flat).min(HORIZON_H),
    };
    (forecast.hours <= HORIZON_H).then_some(forecast)
}

/// Means of equal runs of points, at most [`MAX_POINTS`] of them.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let run = points.len().div_ceil(MAX_POINTS).max(1);
    let mean = |part: &[(f64, f64)]| {
        let n = part.len() as f64;
        let sum = part.iter().fold((0.0, 0.0), |a, p| (a.0 + p.0, a.1 + p.1));
        (sum.0 / n, sum.1 / n)
    };
    points.chunks_exact(run).map(mean).collect()
}

/// The median slope and the ends of its interval; `None` when all points are of one time.
fn theil_sen(points: &[(f64, f64)], z: f64) -> Option<(f64, f64, f64)> {
    let mut slopes = Vec::with_capacity(points.len() * (points.len() - 1) / 2);
    for (i, (t, x)) in points.iter().enumerate() {
        let later = points[i + 1..].iter().filter(|(u, _)| u > t);
        slopes.extend(later.map(|(u, y)| (y - x) / (u - t)));
    }
    slopes.sort_by(f64::total_cmp);
    let slope = super::window::median(&slopes)?;
    let n = points.len() as f64;
    let rho = memory(points, slope);
    let deviation = (n * (n - 1.0) * (2.0 * n + 5.0) / 18.0 * (1.0 + rho) / (1.0 - rho)).sqrt();
    let half = z * deviation / 2.0;
    let middle = slopes.len() as f64 / 2.0;
    let at = |rank: f64| {
        // An interval wider than all pairs is the whole line: it holds zero.
        (rank >= 0.0 && rank < slopes.len() as f64).then(|| slopes[rank as usize])
    };
    let low = at((middle - half).floor() - 1.0).unwrap_or(f64::NEG_INFINITY);
    let high = at((middle + half).ceil()).unwrap_or(f64::INFINITY);
    Some((slope, low, high))
}

/// The correlation of neighbours about the trend, from 0 to 0.95: no single point decides it, because
/// residuals are clipped at three median deviations.
fn memory(points: &[(f64, f64)], slope: f64) -> f64 {
    let mut window = super::window::Window::new(points.len());
    points.iter().for_each(|(t, x)| window.push(x - slope * t));
    let Some(middle) = window.middle().filter(|m| m.spread > 0.0) else {
        return 0.0;
    };
    let clip = |(t, x): &(f64, f64)| ((x - slope * t - middle.centre) / middle.spread).clamp(-3.0, 3.0);
    let residuals: Vec<f64> = points.iter().map(clip).collect();
    let products: f64 = residuals.windows(2).map(|w| w[0] * w[1]).sum();
    let squares: f64 = residuals.iter().map(|r| r * r).sum();
    if squares <= 0.0 {
        0.0
    } else {
        (products / squares).clamp(0.0, 0.95)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::normal::normal_quantile;
    use chrono::TimeDelta;
    use rand::RngExt as _;
    use rand_pcg::Pcg64Mcg;

    fn series(n: i64, mut value: impl FnMut(f64) -> f64) -> Vec<(DateTime<Utc>, f64)> {
        let at = |i| DateTime::UNIX_EPOCH + TimeDelta::minutes(5 * i);
        (0..n).map(|i| (at(i), value(i as f64 / 12.0))).collect()
    }

    #[test]
    fn a_leak_is_told_with_its_hours_and_an_outlier_changes_nothing() {
        let mut rng = Pcg64Mcg::new(1);
        let mut points = series(144, |h| {
            400.0 + 50.0 * h + normal_quantile(rng.random_range(1e-9..1.0)).unwrap()
        });
        points[30].1 = 1e6;
        points[31].1 = f64::NAN;
        let forecast = exhaustion(&points, 1_150.0, 1.96).unwrap();
        assert!((forecast.hours - 3.0).abs() < 0.2, "{forecast:?}");
        assert!(forecast.earliest_hours < forecast.hours && forecast.hours < forecast.latest_hours);
        assert_eq!(forecast.to_string(), "exhausted in 3 h [3 h, 3 h]");
        assert_eq!(exhaustion(&points, 100.0, 1.96), None, "it leads away");
        assert_eq!(exhaustion(&points[..5], 1_150.0, 1.96), None);
    }

    #[test]
    fn without_a_trend_nothing_is_said() {
        let mut told = 0;
        for seed in 0..400 {
            let (mut rng, mut x) = (Pcg64Mcg::new(seed), 0.0);
            let points = series(288, |_| {
                x = 0.8 * x + normal_quantile(rng.random_range(1e-9..1.0)).unwrap();
                400.0 + x
            });
            told += u32::from(exhaustion(&points, 420.0, 3.29).is_some());
        }
        println!("forecasts of 400 series with memory and no trend, at 1 in 1,000: {told}");
        assert!(told <= 3, "{told}");
        assert_eq!(exhaustion(&series(100, |_| 5.0), 9.0, 1.96), None);
        let once = vec![(DateTime::UNIX_EPOCH, 1.0); 40];
        assert_eq!((exhaustion(&once, 9.0, 1.96), exhaustion(&[], 9.0, 1.96)), (None, None));
    }
}
