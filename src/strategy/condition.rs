//! One condition of a rule: a feature within bounds, or a flag that is up or down.

use super::feature::{FLAGS, Feature, Flag};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A number of the language in hundredths of its unit, so that text and value are the same thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hundredths(pub i32);

impl Hundredths {
    /// The number itself.
    pub fn get(self) -> f64 {
        f64::from(self.0) / 100.0
    }
}

impl fmt::Display for Hundredths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, n) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        match (n / 100, n % 100) {
            (whole, 0) => write!(f, "{sign}{whole}"),
            (whole, rest) if rest % 10 == 0 => write!(f, "{sign}{whole}.{}", rest / 10),
            (whole, rest) => write!(f, "{sign}{whole}.{rest:02}"),
        }
    }
}

/// What must hold of a candidate bet. A value that is missing fulfils no condition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// The feature lies within the bounds, both ends included; at least one is there.
    Within {
        /// What is asked.
        feature: Feature,
        /// The least it may be.
        low: Option<Hundredths>,
        /// The most it may be.
        high: Option<Hundredths>,
    },
    /// The flag is up, or down.
    Is {
        /// What is asked.
        flag: Flag,
        /// True for up.
        up: bool,
    },
}

impl Condition {
    /// `feature >= low`.
    pub fn at_least(feature: Feature, low: i32) -> Condition {
        let (low, high) = (Some(Hundredths(low)), None);
        Condition::Within { feature, low, high }
    }

    /// What it adds to the complexity of its rule: one for each bound, one for a flag.
    pub fn complexity(&self) -> u32 {
        match self {
            Condition::Within { low, high, .. } => u32::from(low.is_some()) + u32::from(high.is_some()),
            Condition::Is { .. } => 1,
        }
    }

    /// True when both ask about the same thing.
    pub fn same_subject(&self, other: &Condition) -> bool {
        match (self, other) {
            (Condition::Within { feature: a, .. }, Condition::Within { feature: b, .. }) => a == b,
            (Condition::Is { flag: a, .. }, Condition::Is { flag: b, .. }) => a == b,
            _ => false,
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Within { feature, low, high } => match (low, high) {
                (Some(low), Some(high)) => write!(f, "{feature} in {low}..{high}"),
                (Some(low), None) => write!(f, "{feature} >= {low}"),
                (None, Some(high)) => write!(f, "{feature} <= {high}"),
                (None, None) => write!(f, "{feature}"),
            },
            Condition::Is { flag, up } => {
                let Some((_, word, contrary)) = FLAGS.iter().find(|(known, ..)| known == flag) else {
                    return Ok(());
                };
                match (up, contrary) {
                    (true, _) => f.write_str(word),
                    (false, Some(contrary)) => f.write_str(contrary),
                    (false, None) => write!(f, "not {word}"),
                }
            }
        }
    }
}
