//! A probability that is known to be one: finite and within [0, 1].

use serde::{Deserialize, Serialize};
use std::fmt;

/// A number in the closed interval [0, 1].
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Probability(f64);

/// Why a number is not a probability.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{0} is not a probability: it must be a number from 0 to 1")]
pub struct ProbabilityError(pub f64);

impl Probability {
    /// One half: no opinion on a two-way market.
    pub const HALF: Probability = Probability(0.5);

    /// Accepts a finite number in [0, 1].
    ///
    /// # Errors
    /// [`ProbabilityError`] for anything else, NaN included.
    pub fn new(p: f64) -> Result<Probability, ProbabilityError> {
        if p.is_finite() && (0.0..=1.0).contains(&p) {
            Ok(Probability(p))
        } else {
            Err(ProbabilityError(p))
        }
    }

    /// The nearest probability; NaN becomes one half. For results of arithmetic that may leave [0, 1] by rounding.
    pub fn clamped(p: f64) -> Probability {
        if p.is_nan() {
            Probability::HALF
        } else {
            Probability(p.clamp(0.0, 1.0))
        }
    }

    /// The number itself.
    pub fn get(self) -> f64 {
        self.0
    }

    /// The probability that it does not happen.
    pub fn complement(self) -> Probability {
        Probability(1.0 - self.0)
    }

    /// Natural log-odds; the argument is kept within [1e-9, 1 - 1e-9] so that the result is finite.
    pub fn logit(self) -> f64 {
        let p = self.0.clamp(1e-9, 1.0 - 1e-9);
        (p / (1.0 - p)).ln()
    }

    /// The inverse of [`Probability::logit`].
    pub fn from_logit(x: f64) -> Probability {
        Probability::clamped(1.0 / (1.0 + (-x).exp()))
    }
}

impl TryFrom<f64> for Probability {
    type Error = ProbabilityError;
    fn try_from(p: f64) -> Result<Probability, ProbabilityError> {
        Probability::new(p)
    }
}

impl From<Probability> for f64 {
    fn from(p: Probability) -> f64 {
        p.0
    }
}

impl fmt::Display for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:.1}%", self.0 * 100.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nonsense_is_refused() {
        for p in [-0.01, 1.01, f64::NAN, f64::INFINITY] {
            assert!(Probability::new(p).is_err(), "{p}");
        }
    }

    proptest! {
        #[test]
        fn log_odds_round_trip(p in 1e-6f64..=1.0 - 1e-6) {
            let back = Probability::from_logit(Probability::clamped(p).logit());
            prop_assert!((back.get() - p).abs() < 1e-12);
        }
    }
}
