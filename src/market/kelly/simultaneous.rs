//! How much of a bankroll each of several bets deserves when all are placed at once.
//!
//! Each bet alone is worth less when others may lose beside it: the stakes f maximise `E ln W` with
//! `W = 1 + sum f_i X_i`, X the profit per unit, over independent bets (Kelly 1956; Thorp 2006). The problem is concave.
//! Its derivatives are means over all 3^n ways the bets may end, but for a positive W
//!
//! `1/W = int_0^inf e^(-t W) dt`, `ln W = int_0^inf (e^-t - e^(-t W)) / t dt`,
//!
//! and the mean of `e^(-t W)` is a product over independent bets. So one integral over t, by the double exponential
//! rule (Takahasi and Mori 1974), replaces the sum over all endings, and a slate of thirty bets costs no more than nine
//! hundred times as much as one bet. Newton's method does the rest.

use super::Wager;
use nalgebra::{DMatrix, DVector};

/// Step of the double exponential rule; with it every integral here is good to 1e-13.
const STEP: f64 = 1.0 / 16.0;
/// Nodes reach from where t no longer matters to where `e^-t` is zero in double precision.
const NODES: std::ops::RangeInclusive<i32> = -64..=35;
/// Newton's method settles in about six steps; the bound is for numbers nobody has seen.
const MAX_STEPS: usize = 60;
/// Halvings of a step that would not go uphill; thirty make it nothing.
const MAX_HALVINGS: usize = 30;
/// A derivative this small is the top: stakes are then right to 1e-12 of the bankroll.
const FLAT: f64 = 1e-14;
/// At most this is staked in all, since a bankroll of nothing grows no more.
const MAX_TOTAL: f64 = 1.0 - 1e-9;

/// The shares of the bankroll with the highest expected log growth when all bets are placed at once and none depends on
/// another; in the order of the bets, zero for a bet without an edge.
///
/// Two bets on one game are taken as independent too: a spread and a total nearly are. Whoever may bet both caps a game.
pub fn simultaneous(bets: &[Wager]) -> Vec<f64> {
    let mut stakes: Vec<f64> = bets.iter().map(|bet| bet.kelly()).collect();
    let total: f64 = stakes.iter().sum();
    if total > START_TOTAL {
        stakes.iter_mut().for_each(|stake| *stake *= START_TOTAL / total);
    }
    let mut growth = Slope::at(bets, &stakes).growth;
    for _ in 0..MAX_STEPS {
        let slope = Slope::at(bets, &stakes);
        // A bet leaves when it has no stake and would like less of it; edges that appear bring it back.
        let free: Vec<usize> = (0..bets.len())
            .filter(|&i| stakes[i] > 0.0 || slope.gradient[i] > 0.0)
            .collect();
        if free.iter().all(|&i| slope.gradient[i].abs() < FLAT) {
            break;
        }
        let Some(direction) = slope.newton(&free) else { break };
        let Some((next, higher)) = uphill(bets, &stakes, &free, &direction, growth) else {
            break;
        };
        (stakes, growth) = (next, higher);
    }
    stakes
}

/// Newton's method starts with at most this share of the bankroll at stake, safely inside.
const START_TOTAL: f64 = 0.9;

/// The first of ever shorter steps that stays within the bounds and loses no growth; `None` when there is none.
fn uphill(
    bets: &[Wager],
    stakes: &[f64],
    free: &[usize],
    direction: &DVector<f64>,
    growth: f64,
) -> Option<(Vec<f64>, f64)> {
    (0..MAX_HALVINGS).find_map(|halvings| {
        let length = 0.5f64.powi(halvings as i32);
        let mut next = stakes.to_vec();
        for (at, &i) in free.iter().enumerate() {
            next[i] = (stakes[i] + length * direction[at]).max(0.0);
        }
        if next.iter().sum::<f64>() > MAX_TOTAL || next == stakes {
            return None;
        }
        let higher = Slope::at(bets, &next).growth;
        (higher >= growth - ROUNDING).then_some((next, higher))
    })
}

/// What a sum of a hundred terms may be off by; a step that gains less than this is judged by Newton's word.
const ROUNDING: f64 = 1e-14;

/// Growth at some stakes, with its first and second derivatives.
struct Slope {
    growth: f64,
    gradient: Vec<f64>,
    hessian: DMatrix<f64>,
}

impl Slope {
    fn at(bets: &[Wager], stakes: &[f64]) -> Slope {
        let n = bets.len();
        let losable: f64 = bets
            .iter()
            .zip(stakes)
            .filter(|(bet, _)| bet.lose > 0.0)
            .map(|(_, f)| f)
            .sum();
        // The integrand fades like e^(-t W) with the least W there may be.
        let least = (1.0 - losable).max(1e-9);
        let mut slope = Slope {
            growth: 0.0,
            gradient: vec![0.0; n],
            hessian: DMatrix::zeros(n, n),
        };
        for node in NODES {
            let u = f64::from(node) * STEP;
            let half_pi = std::f64::consts::FRAC_PI_2;
            let t = (half_pi * u.sinh()).exp() / least;
            let weight = STEP * half_pi * u.cosh() * t;
            slope.add(bets, stakes, t, weight);
        }
        slope
    }

    /// Adds the integrand at t. With m_i, d_i, s_i the means of e^(-t f X), X e^(-t f X) and X^2 e^(-t f X) of bet i, and
    /// M the product of e^-t and all m: the gradient adds M d_i/m_i, the Hessian takes t M d_i/m_i d_j/m_j, or t M s_i/m_i
    /// on its diagonal.
    fn add(&mut self, bets: &[Wager], stakes: &[f64], t: f64, weight: f64) {
        let mut log_product = -t;
        let mut ratios = Vec::with_capacity(bets.len());
        for (bet, stake) in bets.iter().zip(stakes) {
            // Divided by e^(t f), which is put back in the logarithm: it would overflow where t is large.
            let push = 1.0 - bet.win - bet.lose;
            let won = bet.win * (-t * stake * (bet.profit + 1.0)).exp();
            let back = push * (-t * stake).exp();
            let mean = won + back + bet.lose;
            let scale = if mean > 0.0 { mean } else { f64::MIN_POSITIVE };
            log_product += t * stake + scale.ln();
            let first = (bet.profit * won - bet.lose) / scale;
            ratios.push((first, (bet.profit * bet.profit * won + bet.lose) / scale));
        }
        let product = log_product.exp();
        self.growth += weight * ((-t).exp() - product) / t;
        for (i, (first, second)) in ratios.iter().enumerate() {
            self.gradient[i] += weight * product * first;
            self.hessian[(i, i)] -= weight * t * product * second;
            for (j, (other, _)) in ratios.iter().enumerate().take(i) {
                let cross = weight * t * product * first * other;
                self.hessian[(i, j)] -= cross;
                self.hessian[(j, i)] -= cross;
            }
        }
    }

    /// Newton's direction over some of the bets.
    fn newton(&self, free: &[usize]) -> Option<DVector<f64>> {
        let n = free.len();
        let curvature = DMatrix::from_fn(n, n, |a, b| -self.hessian[(free[a], free[b])]);
        let gradient = DVector::from_fn(n, |a, _| self.gradient[free[a]]);
        curvature.cholesky().map(|factor| factor.solve(&gradient))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::price::Decimal;
    use crate::domain::probability::Probability;
    use proptest::prelude::*;

    fn wager(win: f64, push: f64, decimal: f64) -> Wager {
        let p = |p| Probability::new(p).unwrap();
        Wager::new(p(win), p(push), Decimal::new(decimal).unwrap()).unwrap()
    }

    /// Win, push and decimal of each bet, then the stakes: reference/math.json, kelly_simultaneous.
    type Case = (&'static [(f64, f64, f64)], &'static [f64], f64);
    #[rustfmt::skip]
    const CASES: [Case; 6] = [
        (&[(0.55, 0.0, 1.909090909090909), (0.55, 0.0, 1.909090909090909)], &[0.05484764968029484, 0.054847649680294874], 0.002752044900817212),
        (&[(0.54, 0.0, 1.909090909090909), (0.55, 0.0, 1.95), (0.56, 0.0, 1.9), (0.58, 0.0, 1.87)], &[0.03336281094436372, 0.075243562702802, 0.07003711041584604, 0.09614116547346005], 0.009652806297093343),
        (&[(0.55, 0.0, 1.909090909090909), (0.55, 0.0, 1.909090909090909), (0.55, 0.0, 1.909090909090909), (0.55, 0.0, 1.909090909090909), (0.55, 0.0, 1.909090909090909), (0.55, 0.0, 1.909090909090909)], &[0.0542291869688425, 0.05422918696884249, 0.054229186968842484, 0.05422918696884249, 0.05422918696884248, 0.05422918696884243], 0.008209852955132168),
        (&[(0.4, 0.0, 2.7), (0.35, 0.0, 3.2), (0.28, 0.0, 4.2)], &[0.04638259463159842, 0.0539146434855722, 0.05451953075982016], 0.00967889131339637),
        (&[(0.6, 0.0, 1.95), (0.65, 0.0, 1.8), (0.7, 0.0, 1.6), (0.55, 0.0, 2.0), (0.58, 0.0, 1.9), (0.62, 0.0, 1.85)], &[0.15693447688041168, 0.18741774397085278, 0.1713543115791964, 0.08425539247396392, 0.09559672235692633, 0.14993610531310597], 0.06540613061447074),
        (&[(0.53, 0.03, 1.952380952380952), (0.52, 0.0, 1.952380952380952), (0.54, 0.09, 1.952380952380952)], &[0.06838535731456998, 0.015535014512139938, 0.16569353589743913], 0.01443381243373787),
    ];

    #[test]
    fn stakes_and_growth_match_the_reference() {
        for (bets, stakes, growth) in CASES {
            let bets: Vec<Wager> = bets
                .iter()
                .map(|&(win, push, decimal)| wager(win, push, decimal))
                .collect();
            let got = simultaneous(&bets);
            for (got, want) in got.iter().zip(stakes) {
                assert!((got - want).abs() < 1e-9, "{got}, not {want}");
            }
            let slope = Slope::at(&bets, &got);
            assert!((slope.growth - growth).abs() < 1e-12, "{}, not {growth}", slope.growth);
        }
    }

    #[test]
    fn nothing_and_no_edge_are_defined() {
        assert!(simultaneous(&[]).is_empty());
        let stakes = simultaneous(&[wager(0.5, 0.0, 1.9), wager(0.55, 0.0, 1.95)]);
        assert_eq!(stakes[0], 0.0);
        assert!((stakes[1] - wager(0.55, 0.0, 1.95).kelly()).abs() < 1e-12);
        let pushed = simultaneous(&[wager(0.0, 1.0, 1.9)]);
        assert_eq!(pushed, [0.0]);
        let sure = simultaneous(&[wager(1.0, 0.0, 1.9), wager(0.6, 0.0, 1.9)]);
        assert!(
            sure.iter().sum::<f64>() <= 1.0 && sure.iter().all(|f| f.is_finite()),
            "{sure:?}"
        );
    }

    /// Expected log growth over all 3^n endings, as the definition has it.
    fn growth(bets: &[Wager], stakes: &[f64]) -> f64 {
        let mut endings = vec![(1.0, 1.0)];
        for (bet, f) in bets.iter().zip(stakes) {
            let ends = [(bet.win, bet.profit), (bet.lose, -1.0), (1.0 - bet.win - bet.lose, 0.0)];
            let next = endings.iter().flat_map(|&(p, w)| ends.map(|(q, x)| (p * q, w + f * x)));
            endings = next.filter(|(p, _)| *p > 0.0).collect();
        }
        endings.iter().map(|(p, w): &(f64, f64)| p * w.ln()).sum()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_other_stakes_grow_faster(
            bets in prop::collection::vec((0.35f64..0.65, 0.0f64..0.1, 1.6f64..2.6), 1..6),
            nudge in prop::collection::vec(-0.02f64..0.02, 6),
        ) {
            let bets: Vec<Wager> = bets.iter().map(|&(win, push, decimal)| wager(win, push, decimal)).collect();
            let best = simultaneous(&bets);
            let other: Vec<f64> = best.iter().zip(&nudge).map(|(f, x)| (f + x).max(0.0)).collect();
            let here = growth(&bets, &best);
            prop_assert!((Slope::at(&bets, &best).growth - here).abs() < 1e-11);
            if other.iter().sum::<f64>() < 1.0 {
                prop_assert!(here >= growth(&bets, &other) - 1e-12);
            }
            for (bet, f) in bets.iter().zip(&best) {
                prop_assert!(*f <= bet.kelly() + 1e-9, "others make no bet better");
            }
        }
    }
}
