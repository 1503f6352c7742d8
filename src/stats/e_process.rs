//! A test that may be looked at after every observation: the capital of somebody who bets against a hypothesis.
//!
//! The hypothesis is that observations in [-1, 1] have a mean of at most zero, whatever went before. Whoever stakes a share
//! `l` of the capital on each being above it has `K(1 + l x)` after an observation `x`: under the hypothesis the capital is
//! not expected to grow, so it ever reaches `1 / alpha` with a probability of at most `alpha` (Ville 1939). That holds for an
//! average over several shares too, which is what is kept here: one share would have to be guessed, a mixture is nearly as
//! quick as the best of its shares (Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting",
//! JRSS B 2024; Ramdas, Grünwald, Vovk and Shafer, "Game-theoretic statistics and safe anytime-valid inference", 2023).

use serde::Serialize;

/// Shares that are staked side by side. The quickest share is the mean over the variance, .1 to .5 for the few points of win
/// rate a member of a table may be ahead of the others; the smallest is for what takes ten seasons to show.
const SHARES: [f64; 8] = [0.03, 0.06, 0.09, 0.13, 0.18, 0.25, 0.35, 0.5];
/// Capital beyond this proves nothing more, and must not become infinite; cutting it down keeps the bound.
const MOST: f64 = 1e100;

/// Evidence against "the mean is at most zero", by one number that may be looked at whenever one likes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct EProcess {
    capital: [f64; SHARES.len()],
    n: u64,
}

impl Default for EProcess {
    fn default() -> EProcess {
        EProcess {
            capital: [1.0; SHARES.len()],
            n: 0,
        }
    }
}

impl EProcess {
    /// Takes an observation in; what lies outside [-1, 1] counts as its end, what is no number as zero.
    pub fn observe(&mut self, x: f64) {
        let x = if x.is_nan() { 0.0 } else { x.clamp(-1.0, 1.0) };
        for (capital, share) in self.capital.iter_mut().zip(SHARES) {
            *capital = (*capital * (1.0 + share * x)).min(MOST);
        }
        self.n += 1;
    }

    /// The capital: 1 before any observation. Under the hypothesis it ever reaches `c` with a probability of at most `1 / c`.
    pub fn value(&self) -> f64 {
        self.capital.iter().sum::<f64>() / SHARES.len() as f64
    }

    /// Observations taken in.
    pub fn n(&self) -> u64 {
        self.n
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::splitmix::unit;

    /// The share of streams of `n` flips, up with probability `p`, in which the capital ever reached `bar`.
    fn reached(p: f64, n: u64, bar: f64) -> f64 {
        let streams = 400;
        let hit = |seed: u64| {
            let mut process = EProcess::default();
            (0..n).any(|i| {
                process.observe(if unit(seed, i) < p { 1.0 } else { -1.0 });
                process.value() >= bar
            })
        };
        (0..streams).filter(|seed| hit(*seed)).count() as f64 / streams as f64
    }

    #[test]
    fn looking_always_deceives_seldom_and_an_edge_is_found() {
        let false_alarms = reached(0.5, 2_000, 20.0);
        assert!(false_alarms <= 0.05, "{false_alarms}");
        assert_eq!(reached(0.45, 2_000, 20.0), 0.0);
        let found = reached(0.55, 2_000, 20.0);
        assert!(found > 0.95, "{found}");
    }

    #[test]
    fn nothing_and_nonsense_are_defined() {
        let mut process = EProcess::default();
        assert_eq!((process.value(), process.n()), (1.0, 0));
        process.observe(f64::NAN);
        assert_eq!((process.value(), process.n()), (1.0, 1));
        (0..100_000).for_each(|_| process.observe(7.0));
        assert!(process.value().is_finite());
        (0..1_000_000).for_each(|_| process.observe(f64::NEG_INFINITY));
        assert!(process.value() >= 0.0);
    }
}
