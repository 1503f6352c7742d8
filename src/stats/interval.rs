//! How far a rate of wins may be from the truth: no rate is shown without its interval.

use crate::domain::probability::Probability;
use serde::{Deserialize, Serialize};

/// The 97.5% quantile of the standard normal, for two-sided 95% intervals.
pub const Z975: f64 = 1.959_963_984_540_054_3;

/// A range of probabilities, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end.
    pub low: Probability,
    /// The upper end.
    pub high: Probability,
}

impl Interval {
    /// Whether `p` lies in the interval.
    pub fn contains(self, p: Probability) -> bool {
        self.low <= p && p <= self.high
    }
}

/// Wilson's score interval (1927) for `hits` of `trials`, at 95% with [`Z975`]. Chosen over the textbook interval because it
/// keeps its coverage at small counts and never leaves [0, 1]. No trials give the whole range: nothing is known.
///
/// # Panics
/// When there are more hits than trials.
pub fn wilson(hits: u64, trials: u64, z: f64) -> Interval {
    assert!(hits <= trials, "{hits} hits of {trials} trials: each hit is a trial");
    let (low, high) = (Probability::clamped(0.0), Probability::clamped(1.0));
    if trials == 0 {
        return Interval { low, high };
    }
    let n = trials as f64;
    let rate = hits as f64 / n;
    let shrink = 1.0 + z * z / n;
    let centre = (rate + z * z / (2.0 * n)) / shrink;
    let half = z * (rate * (1.0 - rate) / n + z * z / (4.0 * n * n)).sqrt() / shrink;
    Interval {
        // With no hits, or only hits, the end is exact; rounding would leave 1e-17 of it.
        low: if hits == 0 {
            low
        } else {
            Probability::clamped(centre - half)
        },
        high: if hits == trials {
            high
        } else {
            Probability::clamped(centre + half)
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn intervals_match_the_reference() {
        let cases = [
            (0, 10, 0.0, 0.27753279986288926),
            (1, 3, 0.06149194472039623, 0.7923403991979523),
            (55, 100, 0.45244602997442124, 0.6438546202048802),
            (165, 300, 0.49342560452395345, 0.605310098353592),
            (275, 500, 0.5061772177351765, 0.5930603482186683),
            (1100, 2000, 0.5281216227642472, 0.5716866725076275),
        ];
        for (hits, trials, low, high) in cases {
            let got = wilson(hits, trials, Z975);
            assert!(
                (got.low.get() - low).abs() < 1e-12 && (got.high.get() - high).abs() < 1e-12,
                "{got:?}"
            );
        }
        assert_eq!(wilson(0, 0, Z975).high.get(), 1.0);
    }

    proptest! {
        #[test]
        fn the_rate_lies_inside_and_more_trials_tell_more(hits in 0u64..1000, misses in 1u64..1000) {
            let n = hits + misses;
            let got = wilson(hits, n, Z975);
            prop_assert!(got.contains(Probability::clamped(hits as f64 / n as f64)));
            let more = wilson(4 * hits, 4 * n, Z975);
            prop_assert!(more.high.get() - more.low.get() < got.high.get() - got.low.get());
        }
    }
}
