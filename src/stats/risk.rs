//! How much may be lost: value at risk and the average loss beyond it, by the normal distribution and by what happened.

use super::normal::{mean, normal_density, normal_quantile, variance};
use crate::domain::probability::Probability;
use serde::Serialize;

/// A loss that is exceeded with probability 1 - alpha, and the average of the losses that exceed it. Losses are positive.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TailLoss {
    /// Value at risk.
    pub var: f64,
    /// Conditional value at risk, also called expected shortfall.
    pub cvar: f64,
}

/// Of a normal distribution with the mean and standard deviation (n - 1) of `returns`. None for fewer than two returns, or a
/// level of 0 or 1.
pub fn parametric(returns: &[f64], alpha: Probability) -> Option<TailLoss> {
    let (centre, sd) = (mean(returns)?, variance(returns)?.sqrt());
    let z = normal_quantile(alpha.get())?;
    Some(TailLoss {
        var: z * sd - centre,
        cvar: sd * normal_density(z) / (1.0 - alpha.get()) - centre,
    })
}

/// Of the returns themselves: with k = ceil((1 - alpha) n), at least 1, the k-th worst, and the average of the k worst. None
/// without returns.
pub fn historical(returns: &[f64], alpha: Probability) -> Option<TailLoss> {
    let mut sorted = returns.to_vec();
    sorted.sort_by(f64::total_cmp);
    // 5% of twenty is one, although 1 - 0.95 is a little more than 0.05.
    let k = ((1.0 - alpha.get()) * sorted.len() as f64 - 1e-9).ceil();
    let worst = sorted.get(..(k as usize).max(1))?;
    Some(TailLoss {
        var: -worst[worst.len() - 1],
        cvar: -mean(worst)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEVEL: f64 = 0.95;

    fn check(returns: &[f64], normal: (f64, f64), happened: (f64, f64)) {
        let alpha = Probability::new(LEVEL).unwrap();
        let pairs = [
            (parametric(returns, alpha).unwrap(), normal),
            (historical(returns, alpha).unwrap(), happened),
        ];
        for (got, (var, cvar)) in pairs {
            assert!(
                (got.var - var).abs() < 1e-12 && (got.cvar - cvar).abs() < 1e-12,
                "{got:?}"
            );
        }
    }

    #[test]
    fn losses_are_the_reference_ones() {
        let twenty = [
            -0.802837, 0.24285, -1.656345, 0.656105, 1.143453, -0.452611, 0.430486, 0.250933, -0.394352,
            -0.862405, -2.032552, 1.410423, -0.047632, 2.522327, 0.826218, 0.277781, -0.657431, 1.392469,
            -0.506289, 1.569949,
        ];
        check(&twenty, (1.6956569218006008, 2.168472724790261), (2.032552, 2.032552));
        let won = 0.9090909;
        let bets = [-1.0, -1.0, -1.0, won, won, -1.0, won, won, won, -1.0];
        check(&bets, (1.700472139904828, 2.1209133771017497), (1.0, 1.0));
        let even = [-0.05, -0.04, -0.03, -0.02, -0.01, 0.0, 0.01, 0.02, 0.03, 0.04];
        check(&even, (0.05480041666078169, 0.06745173162051289), (0.05, 0.05));
        check(&[1.0; 4], (-1.0, -1.0), (-1.0, -1.0));
    }

    #[test]
    fn nothing_has_no_risk_to_speak_of() {
        let alpha = Probability::new(LEVEL).unwrap();
        assert_eq!((historical(&[], alpha), parametric(&[1.0], alpha)), (None, None));
        assert_eq!(parametric(&[1.0, 2.0], Probability::new(1.0).unwrap()), None);
        let all = historical(&[1.0, 2.0], Probability::new(0.0).unwrap()).unwrap();
        assert_eq!((all.var, all.cvar), (-2.0, -1.5));
    }
}
