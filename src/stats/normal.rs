//! The standard normal distribution, and moments of a sample: what the other files share.

use libm::erfc;
use std::f64::consts::{PI, SQRT_2};

/// Below this a denominator counts as zero: what is left of a constant series after rounding, not a scale to divide by.
pub(super) const TINY: f64 = 1e-12;

/// The probability that a standard normal number is at most `x`.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * erfc(-x / SQRT_2)
}

/// The density of the standard normal distribution at `x`.
pub fn normal_density(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * PI).sqrt()
}

/// The inverse of [`normal_cdf`], within a few units of the last place: Acklam's rational approximation (2003, relative error
/// 1.15e-9), then one step of Halley's method. `None` outside the open interval (0, 1).
pub fn normal_quantile(p: f64) -> Option<f64> {
    if !(p > 0.0 && p < 1.0) {
        return None;
    }
    let x = acklam(p);
    // Beyond 37 deviations the density underflows and there is nothing to correct with.
    let slope = normal_density(x);
    if slope == 0.0 {
        return Some(x);
    }
    let step = (normal_cdf(x) - p) / slope;
    Some(x - step / (1.0 + 0.5 * x * step))
}

fn acklam(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 6] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
        1.0,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 5] = [
        7.784_695_709_041_462e-3,
        3.224_671_290_700_398e-1,
        2.445_134_137_142_996,
        3.754_408_661_907_416,
        1.0,
    ];
    // Where the tails begin.
    const LOW: f64 = 0.02425;
    let polynomial = |c: &[f64], x: f64| c.iter().fold(0.0, |sum, c| sum * x + c);
    if !(LOW..=1.0 - LOW).contains(&p) {
        let q = (-2.0 * p.min(1.0 - p).ln()).sqrt();
        let x = polynomial(&C, q) / polynomial(&D, q);
        return if p < LOW { x } else { -x };
    }
    let q = p - 0.5;
    polynomial(&A, q * q) * q / polynomial(&B, q * q)
}

/// The average; `None` of nothing.
pub(super) fn mean(xs: &[f64]) -> Option<f64> {
    (!xs.is_empty()).then(|| xs.iter().sum::<f64>() / xs.len() as f64)
}

/// The unbiased variance (n - 1); `None` of fewer than two values.
pub(super) fn variance(xs: &[f64]) -> Option<f64> {
    let centre = mean(xs)?;
    let squares: f64 = xs.iter().map(|x| (x - centre).powi(2)).sum();
    (xs.len() > 1).then(|| squares / (xs.len() - 1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quantiles_are_the_tabled_ones() {
        let cases = [
            (0.5, 0.0),
            (0.975, 1.959_963_984_540_054),
            (0.95, 1.644_853_626_951_472_2),
            (0.8, 0.841_621_233_572_914_4),
            (1e-10, -6.361_340_902_404_056),
        ];
        for (p, want) in cases {
            let got = normal_quantile(p).unwrap();
            assert!((got - want).abs() < 1e-13 * want.abs().max(1.0), "{p}: {got}");
        }
        assert_eq!([0.0, 1.0, f64::NAN].map(normal_quantile), [None; 3]);
    }

    #[test]
    fn moments_of_little_are_none() {
        assert_eq!((mean(&[]), variance(&[]), variance(&[3.0])), (None, None, None));
        assert_eq!((mean(&[1.0, 3.0]), variance(&[1.0, 3.0])), (Some(2.0), Some(2.0)));
    }

    proptest! {
        #[test]
        fn the_quantile_undoes_the_distribution(p in 1e-12f64..1.0) {
            let back = normal_cdf(normal_quantile(p).unwrap());
            prop_assert!((back - p).abs() < 1e-14 + 1e-13 * p, "{} {}", p, back);
        }
    }
}
