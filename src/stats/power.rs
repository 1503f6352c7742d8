//! How many bets it takes to tell skill from luck: the figure that keeps a short record from being believed.

use super::normal::normal_cdf;

/// The win rate at which -110 neither gains nor loses.
pub const BREAK_EVEN_110: f64 = 11.0 / 21.0;
/// The 95% quantile of the standard normal: one-sided 5%.
const Z95: f64 = 1.644_853_626_951_472_2;
/// The 80% quantile of the standard normal: power.
const Z80: f64 = 0.841_621_233_572_914_4;

/// Decided bets at -110 after which a true win rate of `p1` is told from break-even with 80% power at one-sided 5%:
/// `((z95 sqrt(p0 q0) + z80 sqrt(p1 q1)) / (p1 - p0))^2` with `p0 = 11/21`, the normal approximation of the one-sample
/// test of a proportion (Fleiss, Levin and Paik 2003, section 2.4). `None` for a rate that is not above break-even.
pub fn bets_needed(p1: f64) -> Option<u64> {
    let p0 = BREAK_EVEN_110;
    if !(p1 > p0 && p1 <= 1.0) {
        return None;
    }
    let spread = |p: f64| (p * (1.0 - p)).sqrt();
    Some((((Z95 * spread(p0) + Z80 * spread(p1)) / (p1 - p0)).powi(2)).ceil() as u64)
}

/// The probability that `n` decided bets at -110 with a true win rate of `p1` show more than break-even at one-sided 5%, by the
/// same approximation as [`bets_needed`]. `None` without bets, or for a rate outside (0, 1).
pub fn power(p1: f64, n: u64) -> Option<f64> {
    if n == 0 || !(p1 > 0.0 && p1 < 1.0) {
        return None;
    }
    let p0 = BREAK_EVEN_110;
    let spread = |p: f64| (p * (1.0 - p)).sqrt();
    Some(normal_cdf(
        ((p1 - p0) * (n as f64).sqrt() - Z95 * spread(p0)) / spread(p1),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bets_needed_are_those_of_the_research() {
        // quant.md: 55% 2,243; 56% 1,173; 57% 719; 58% 485
        for (p, want) in [(0.55, 2_243), (0.56, 1_173), (0.57, 719), (0.58, 485)] {
            let got = bets_needed(p).unwrap();
            assert!(got.abs_diff(want) <= 1, "{p}: {got}, not {want}");
        }
        assert_eq!(bets_needed(0.52), None);
    }

    #[test]
    fn power_at_the_bets_needed_is_four_in_five() {
        for p in [0.53, 0.55, 0.6] {
            let n = bets_needed(p).unwrap();
            assert!((power(p, n).unwrap() - 0.8).abs() < 0.002, "{p}");
        }
        assert!((power(BREAK_EVEN_110, 500).unwrap() - 0.05).abs() < 1e-12);
        assert_eq!((power(0.55, 0), power(1.0, 9)), (None, None));
    }
}
