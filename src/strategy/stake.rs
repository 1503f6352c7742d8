//! How much a rule stakes: a flat share of the bankroll, or a fraction of Kelly on a source's probability under a cap.

use super::condition::Hundredths;
use super::feature::Source;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A staking rule; shares are percent of the bankroll.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stake {
    /// The same share each time.
    Flat {
        /// Percent of the bankroll.
        percent: Hundredths,
    },
    /// A fraction of the Kelly stake on what a source believes, up to a cap.
    Kelly {
        /// Whose probability.
        source: Source,
        /// Percent of the full Kelly stake.
        percent: Hundredths,
        /// The most, in percent of the bankroll.
        cap: Hundredths,
    },
}

/// No rule stakes more of a bankroll on one bet: the cap of the highest tier.
pub const MAX_STAKE_PERCENT: Hundredths = Hundredths(500);

impl Stake {
    /// One percent of the bankroll.
    pub fn one_percent() -> Stake {
        Stake::Flat {
            percent: Hundredths(100),
        }
    }

    /// What it adds to the complexity of its rule.
    pub fn complexity(&self) -> u32 {
        match self {
            Stake::Flat { .. } => 0,
            Stake::Kelly { .. } => 1,
        }
    }

    /// Why the numbers are not those of a stake, if so.
    pub(super) fn fault(&self) -> Option<String> {
        let fits = |share: Hundredths| share > Hundredths(0) && share <= MAX_STAKE_PERCENT;
        match self {
            Stake::Flat { percent } if !fits(*percent) => Some(format!(
                "a stake of {percent}% must lie above 0% and within {MAX_STAKE_PERCENT}%"
            )),
            Stake::Kelly { cap, .. } if !fits(*cap) => Some(format!(
                "a cap of {cap}% must lie above 0% and within {MAX_STAKE_PERCENT}%"
            )),
            Stake::Kelly { percent, .. } if *percent <= Hundredths(0) || *percent > Hundredths(10_000) => {
                Some(format!("{percent}% of Kelly must lie above 0% and within 100%"))
            }
            Stake::Flat { .. } | Stake::Kelly { .. } => None,
        }
    }
}

impl fmt::Display for Stake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stake::Flat { percent } => write!(f, "flat {percent}%"),
            Stake::Kelly { source, percent, cap } => {
                write!(f, "kelly({}) {percent}% cap {cap}%", source.as_str())
            }
        }
    }
}
