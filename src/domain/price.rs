//! Prices as the two forms people quote: American whole numbers and decimal odds.
//!
//! Conversions and everything computed from prices live in [`crate::market`]; here is only what makes a price valid.

use serde::{Deserialize, Serialize};
use std::fmt;

/// American odds: +150 pays 150 on 100, -150 takes 150 to pay 100. The magnitude is at least 100 and at most 100,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i32", into = "i32")]
pub struct American(i32);

/// Decimal odds: what a stake of 1 returns, stake included; above 1 and at most 1001.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Decimal(f64);

/// Why a number is not a price.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum PriceError {
    /// American odds between -100 and +100, or beyond any real book.
    #[error("{0} is not an American price: it must be +100 or more, or -100 or less, and within 100,000")]
    American(f64),
    /// Decimal odds of 1 or less, or beyond any real book.
    #[error("{0} is not a decimal price: it must be above 1 and at most 1001")]
    Decimal(f64),
}

impl American {
    /// The usual price of a spread or total: risk 110 to win 100.
    pub const MINUS_110: American = American(-110);

    /// Accepts whole numbers of magnitude 100 to 100,000.
    ///
    /// # Errors
    /// [`PriceError::American`] for anything else.
    pub fn new(odds: i32) -> Result<American, PriceError> {
        if (100..=100_000).contains(&odds.unsigned_abs()) {
            Ok(American(odds))
        } else {
            Err(PriceError::American(f64::from(odds)))
        }
    }

    /// The number itself, with its sign.
    pub fn get(self) -> i32 {
        self.0
    }

    /// The decimal form: 1 + a/100 for a > 0, 1 + 100/|a| for a < 0.
    pub fn decimal(self) -> Decimal {
        let a = f64::from(self.0);
        Decimal(if a > 0.0 { 1.0 + a / 100.0 } else { 1.0 + 100.0 / -a })
    }
}

impl Decimal {
    /// Accepts finite odds above 1 and up to 1001 (American +100,000).
    ///
    /// # Errors
    /// [`PriceError::Decimal`] for anything else, NaN included.
    pub fn new(odds: f64) -> Result<Decimal, PriceError> {
        if odds.is_finite() && odds > 1.0 && odds <= 1001.0 {
            Ok(Decimal(odds))
        } else {
            Err(PriceError::Decimal(odds))
        }
    }

    /// The number itself.
    pub fn get(self) -> f64 {
        self.0
    }

    /// Profit on a winning stake of 1.
    pub fn profit(self) -> f64 {
        self.0 - 1.0
    }
}

impl TryFrom<i32> for American {
    type Error = PriceError;
    fn try_from(odds: i32) -> Result<American, PriceError> {
        American::new(odds)
    }
}
impl From<American> for i32 {
    fn from(a: American) -> i32 {
        a.0
    }
}
impl TryFrom<f64> for Decimal {
    type Error = PriceError;
    fn try_from(odds: f64) -> Result<Decimal, PriceError> {
        Decimal::new(odds)
    }
}
impl From<Decimal> for f64 {
    fn from(d: Decimal) -> f64 {
        d.0
    }
}

impl fmt::Display for American {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:+}", self.0))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:.3}", self.0))
    }
}
