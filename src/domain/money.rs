//! Money as integer cents, because a bankroll that drifts by rounding cannot be audited.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

/// An amount of money in cents of the bankroll's currency; negative amounts are losses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cents(pub i64);

/// Why a text is not an amount of money.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an amount of money: write it as 1000 or 1000.00, with at most two decimals")]
pub struct MoneyError(pub String);

impl Cents {
    /// No money.
    pub const ZERO: Cents = Cents(0);

    /// Reads `1000`, `1,000.00` or `-12.5`.
    ///
    /// # Errors
    /// [`MoneyError`] when the text has another shape, more than two decimals, or does not fit.
    pub fn parse(text: &str) -> Result<Cents, MoneyError> {
        let fail = || MoneyError(text.to_owned());
        let plain = text.trim().replace(',', "");
        let (sign, digits) = match plain.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, plain.as_str()),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let numeric = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || part.len() > 2 || !numeric(whole) || !numeric(part) {
            return Err(fail());
        }
        let whole: i64 = whole.parse().map_err(|_| fail())?;
        let part: i64 = if part.is_empty() {
            0
        } else {
            format!("{part:0<2}").parse().map_err(|_| fail())?
        };
        whole
            .checked_mul(100)
            .and_then(|c| c.checked_add(part))
            .map(|c| Cents(sign * c))
            .ok_or_else(fail)
    }

    /// The amount in whole currency units, for ratios and plots; never for adding up.
    pub fn as_units(self) -> f64 {
        self.0 as f64 / 100.0
    }

    /// `self * share`, rounded towards zero, so that a cap is never exceeded by rounding. Shares that are not finite give zero.
    pub fn fraction(self, share: f64) -> Cents {
        if share.is_finite() {
            Cents((self.0 as f64 * share).trunc() as i64)
        } else {
            Cents::ZERO
        }
    }
}

impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let n = self.0.unsigned_abs();
        f.pad(&format!("{sign}{}.{:02}", n / 100, n % 100))
    }
}

impl Add for Cents {
    type Output = Cents;
    fn add(self, other: Cents) -> Cents {
        Cents(self.0 + other.0)
    }
}
impl Sub for Cents {
    type Output = Cents;
    fn sub(self, other: Cents) -> Cents {
        Cents(self.0 - other.0)
    }
}
impl AddAssign for Cents {
    fn add_assign(&mut self, other: Cents) {
        self.0 += other.0;
    }
}
impl SubAssign for Cents {
    fn sub_assign(&mut self, other: Cents) {
        self.0 -= other.0;
    }
}
impl Neg for Cents {
    type Output = Cents;
    fn neg(self) -> Cents {
        Cents(-self.0)
    }
}
impl Sum for Cents {
    fn sum<I: Iterator<Item = Cents>>(iter: I) -> Cents {
        iter.fold(Cents::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_round_trip_through_text() {
        for (text, cents) in [("1000", 100_000), ("1,000.00", 100_000), ("-12.5", -1_250), ("0.07", 7)] {
            assert_eq!(Cents::parse(text), Ok(Cents(cents)), "{text}");
        }
        for text in ["", ".", "1.234", "12a", "--1", "99999999999999999999"] {
            assert!(Cents::parse(text).is_err(), "{text}");
        }
        assert_eq!(Cents(-1_205).to_string(), "-12.05");
    }

    #[test]
    fn a_fraction_never_exceeds_its_share() {
        assert_eq!(Cents(999).fraction(0.05), Cents(49));
        assert_eq!(Cents(999).fraction(f64::NAN), Cents::ZERO);
    }
}
