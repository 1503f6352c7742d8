//! A rate and a mean as every report carries them: never without their count and how far they may be from the truth.
//!
//! Both are defined for no data at all: a count of zero, and no value rather than a NaN.

use super::interval::{Interval, Z975, wilson};
use serde::{Deserialize, Serialize};

/// A share of trials with Wilson's 95% interval (1927).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// Hits.
    pub k: u64,
    /// Trials.
    pub n: u64,
    /// k / n; none without trials.
    pub rate: Option<f64>,
    /// Where the true rate may lie; none without trials.
    pub wilson95: Option<Interval>,
}

impl Rate {
    /// The share of `k` in `n`.
    ///
    /// # Panics
    /// When there are more hits than trials.
    pub fn of(k: u64, n: u64) -> Rate {
        Rate {
            k,
            n,
            rate: (n > 0).then(|| k as f64 / n as f64),
            wilson95: (n > 0).then(|| wilson(k, n, Z975)),
        }
    }

    /// The share of `true`.
    pub fn among(trials: impl IntoIterator<Item = bool>) -> Rate {
        let (k, n) = trials
            .into_iter()
            .fold((0, 0), |(k, n), hit| (k + u64::from(hit), n + 1));
        Rate::of(k, n)
    }
}

/// An average, a ratio of sums, or a sum, with a 95% interval from [`super::bootstrap::Bootstrap`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Mean {
    /// The value; none without observations.
    pub mean: Option<f64>,
    /// Observations.
    pub n: u64,
    /// The lower and upper end; none with too few weeks.
    pub ci95: Option<[f64; 2]>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_carry_their_interval() {
        let rate = Rate::of(55, 100);
        let interval = rate.wilson95.unwrap();
        assert_eq!(rate.rate, Some(0.55));
        assert!((interval.low.get() - 0.45244602997442124).abs() < 1e-12, "{interval:?}");
        assert!((interval.high.get() - 0.6438546202048802).abs() < 1e-12, "{interval:?}");
        assert_eq!(Rate::among([true, false, true]), Rate::of(2, 3));
        assert_eq!((Rate::of(0, 0).rate, Rate::of(0, 0).wilson95), (None, None));
    }
}
