//! What a bankroll went through: growth per unit of risk, and how deep and how long it was under water.

use super::normal::{TINY, mean, variance};
use serde::Serialize;

/// The measures of an equity curve. Simple returns from period to period, no risk-free rate, nothing annualised. A ratio
/// without a denominator is none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Equity {
    /// Periods with a return: values less one, fewer when the curve fell to zero.
    pub n_returns: usize,
    /// The average return; none without returns.
    pub mean_return: Option<f64>,
    /// The standard deviation of returns (n - 1); none of fewer than two.
    pub sd_return: Option<f64>,
    /// Mean over standard deviation.
    pub sharpe: Option<f64>,
    /// Mean over downside deviation, the root of the average square of negative returns over all periods (Sortino and Price
    /// 1994, target 0).
    pub sortino: Option<f64>,
    /// The largest fall from a peak, as a share of the peak.
    pub max_drawdown: f64,
    /// The largest fall from a peak in the curve's unit.
    pub max_drawdown_abs: f64,
    /// The most consecutive values below the peak before them.
    pub longest_underwater: usize,
    /// Last over first value less one; none for an empty curve.
    pub total_return: Option<f64>,
}

impl Equity {
    /// Of a curve that starts with the bankroll at the start, in any unit. It is followed up to its first value that is not
    /// above zero, that value included: what is lost then does not come back.
    pub fn of(curve: &[f64]) -> Equity {
        let alive = curve.iter().position(|x| *x <= 0.0).map_or(curve.len(), |end| end + 1);
        let curve = &curve[..alive];
        let returns: Vec<f64> = curve
            .windows(2)
            .map(|pair| if pair[0] > 0.0 { pair[1] / pair[0] - 1.0 } else { 0.0 })
            .collect();
        let centre = mean(&returns);
        let sd = variance(&returns).map(f64::sqrt);
        let squares: f64 = returns.iter().map(|r| r.min(0.0).powi(2)).sum();
        let downside = (!returns.is_empty()).then(|| (squares / returns.len() as f64).sqrt());
        let ratio = |spread: Option<f64>| {
            let spread = spread.filter(|s| *s >= TINY)?;
            Some(centre? / spread)
        };
        let mut water = Water::default();
        curve.iter().for_each(|x| water.see(*x));
        Equity {
            n_returns: returns.len(),
            mean_return: centre,
            sd_return: sd,
            sharpe: ratio(sd),
            sortino: ratio(downside),
            max_drawdown: water.deepest_share,
            max_drawdown_abs: water.deepest,
            longest_underwater: water.longest,
            total_return: curve
                .first()
                .filter(|first| **first > 0.0)
                .map(|f| curve[curve.len() - 1] / f - 1.0),
        }
    }
}

/// What is known of the falls so far.
#[derive(Default)]
struct Water {
    peak: f64,
    deepest: f64,
    deepest_share: f64,
    run: usize,
    longest: usize,
}

impl Water {
    fn see(&mut self, value: f64) {
        self.peak = self.peak.max(value);
        if value < self.peak {
            self.deepest = self.deepest.max(self.peak - value);
            self.deepest_share = self.deepest_share.max((self.peak - value) / self.peak);
            self.run += 1;
            self.longest = self.longest.max(self.run);
        } else {
            self.run = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: Option<f64>, want: Option<f64>) {
        let close = match (got, want) {
            (Some(a), Some(b)) => (a - b).abs() <= 1e-12 * b.abs().max(1.0),
            (a, b) => a == b,
        };
        assert!(close, "{got:?}, not {want:?}");
    }

    #[test]
    fn measures_are_the_reference_ones() {
        let e = Equity::of(&[100.0, 110.0, 105.0, 120.0, 90.0, 95.0, 130.0]);
        near(e.mean_return, Some(0.06189653426495532));
        near(e.sd_return, Some(0.2053327470322042));
        near(e.sharpe, Some(0.30144502111612775));
        near(e.sortino, Some(0.5966774536502115));
        near(e.total_return, Some(0.3));
        assert_eq!(
            (e.max_drawdown, e.max_drawdown_abs, e.longest_underwater),
            (0.25, 30.0, 2)
        );

        let flat = Equity::of(&[100.0; 4]);
        assert_eq!((flat.sharpe, flat.sortino, flat.max_drawdown), (None, None, 0.0));
        assert_eq!((flat.mean_return, flat.sd_return), (Some(0.0), Some(0.0)));

        let up = Equity::of(&[100.0, 101.0, 102.0, 103.0, 104.0]);
        // A quotient of nearly equal returns: the reference's two ways differ in the 13th digit.
        assert!((up.sharpe.unwrap() / 78.61240388304022 - 1.0).abs() < 1e-11, "{up:?}");
        assert_eq!((up.sortino, up.longest_underwater), (None, 0));
    }

    #[test]
    fn short_and_lost_curves_are_defined() {
        let none = Equity::of(&[]);
        assert_eq!((none.n_returns, none.mean_return, none.total_return), (0, None, None));
        let one = Equity::of(&[5.0]);
        assert_eq!((one.sharpe, one.sd_return, one.total_return), (None, None, Some(0.0)));
        let lost = Equity::of(&[5.0, 0.0, 7.0]);
        assert_eq!(
            (lost.n_returns, lost.max_drawdown, lost.total_return),
            (1, 1.0, Some(-1.0))
        );
    }
}
