//! Spreads and totals as whole half points, so that a push is an equality of integers.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Neg, Sub};

/// A number of half points. As a spread it follows nflverse: **positive means the home team is favoured**.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HalfPoints(pub i16);

/// Why a number is not a line.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{0} is not a line: lines are multiples of 0.5 between -200 and 200")]
pub struct LineError(pub f64);

impl HalfPoints {
    /// Accepts finite multiples of one half within +-200 points.
    ///
    /// # Errors
    /// [`LineError`] for anything else.
    pub fn new(points: f64) -> Result<HalfPoints, LineError> {
        let halves = points * 2.0;
        if points.is_finite() && halves.abs() <= 400.0 && halves.fract() == 0.0 {
            Ok(HalfPoints(halves as i16))
        } else {
            Err(LineError(points))
        }
    }

    /// Whole points as a line.
    pub fn whole(points: i16) -> HalfPoints {
        HalfPoints(points * 2)
    }

    /// The line in points.
    pub fn points(self) -> f64 {
        f64::from(self.0) / 2.0
    }

    /// The whole number of points on which a bet at this line pushes, if there is one.
    pub fn push_on(self) -> Option<i32> {
        (self.0 % 2 == 0).then(|| i32::from(self.0) / 2)
    }
}

impl Neg for HalfPoints {
    type Output = HalfPoints;
    fn neg(self) -> HalfPoints {
        HalfPoints(-self.0)
    }
}

impl Sub for HalfPoints {
    type Output = HalfPoints;
    fn sub(self, other: HalfPoints) -> HalfPoints {
        HalfPoints(self.0 - other.0)
    }
}

/// Without a sign for zero and above, as totals are written; handicaps are written by [`HalfPoints::handicap`].
impl fmt::Display for HalfPoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let points = self.points();
        f.pad(&if self.0 % 2 == 0 {
            format!("{points:.0}")
        } else {
            format!("{points:.1}")
        })
    }
}

impl HalfPoints {
    /// The line as a handicap with its sign: `-3`, `+2.5`, `PK` for zero.
    pub fn handicap(self) -> String {
        match self.0 {
            0 => "PK".to_owned(),
            n if n > 0 => format!("+{self}"),
            _ => self.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_half_points() {
        assert_eq!(HalfPoints::new(-2.5), Ok(HalfPoints(-5)));
        assert_eq!(HalfPoints::new(3.0).map(HalfPoints::push_on), Ok(Some(3)));
        assert_eq!(HalfPoints(-7).push_on(), None);
        for bad in [0.25, f64::NAN, 300.0] {
            assert!(HalfPoints::new(bad).is_err(), "{bad}");
        }
        assert_eq!(
            (
                HalfPoints(-6).handicap(),
                HalfPoints(5).handicap(),
                HalfPoints(0).handicap()
            ),
            ("-3".into(), "+2.5".into(), "PK".into())
        );
    }
}
