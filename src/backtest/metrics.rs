//! The figures a report is made of, each with its count and its uncertainty, because a rate without them is a story.
//!
//! Every figure is defined for no data at all: a count of zero, and no value rather than a NaN.

use super::grade::Outcome;
use crate::market::interval::{Interval, Z975, wilson};
use serde::{Deserialize, Serialize};

/// A share of trials with Wilson's 95% interval (1927).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// Hits.
    pub k: u64,
    /// Trials.
    pub n: u64,
    /// k / n; none without trials.
    pub rate: Option<f64>,
    /// Where the true rate may lie; none without trials.
    pub wilson95: Option<Interval>,
}

impl Rate {
    /// The share of `k` in `n`.
    ///
    /// # Panics
    /// When there are more hits than trials.
    pub fn of(k: u64, n: u64) -> Rate {
        Rate {
            k,
            n,
            rate: (n > 0).then(|| k as f64 / n as f64),
            wilson95: (n > 0).then(|| wilson(k, n, Z975)),
        }
    }

    /// The share of `true`.
    pub fn among(trials: impl IntoIterator<Item = bool>) -> Rate {
        let (k, n) = trials
            .into_iter()
            .fold((0, 0), |(k, n), hit| (k + u64::from(hit), n + 1));
        Rate::of(k, n)
    }
}

/// An average, a ratio of sums, or a sum, with a 95% interval from [`super::bootstrap::Bootstrap`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Mean {
    /// The value; none without observations.
    pub mean: Option<f64>,
    /// Observations.
    pub n: u64,
    /// The lower and upper end; none with too few weeks.
    pub ci95: Option<[f64; 2]>,
}

/// Wins, losses and pushes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Bets won.
    pub wins: u64,
    /// Bets lost.
    pub losses: u64,
    /// Stakes returned on a result that was on the line.
    pub pushes: u64,
    /// Stakes returned because the game was not played.
    pub voids: u64,
}

impl Tally {
    /// Counts outcomes.
    pub fn of(outcomes: impl IntoIterator<Item = Outcome>) -> Tally {
        let mut tally = Tally::default();
        for outcome in outcomes {
            match outcome {
                Outcome::Win => tally.wins += 1,
                Outcome::Loss => tally.losses += 1,
                Outcome::Push => tally.pushes += 1,
                Outcome::Void => tally.voids += 1,
            }
        }
        tally
    }

    /// The share of wins in decided bets, pushes and voids left out.
    pub fn win_rate(self) -> Rate {
        Rate::of(self.wins, self.wins + self.losses)
    }
}

/// The largest fall of a running sum from its highest point so far, the start of zero included; never negative.
pub fn max_drawdown(profits: impl IntoIterator<Item = f64>) -> f64 {
    let (mut sum, mut peak, mut worst) = (0.0f64, 0.0f64, 0.0f64);
    for profit in profits {
        sum += profit;
        peak = peak.max(sum);
        worst = worst.max(peak - sum);
    }
    worst
}

/// The longest run of losses; a push or void neither lengthens nor ends it.
pub fn longest_losing_run(outcomes: impl IntoIterator<Item = Outcome>) -> u64 {
    let (mut run, mut longest) = (0u64, 0u64);
    for outcome in outcomes {
        match outcome {
            Outcome::Loss => run += 1,
            Outcome::Win => run = 0,
            Outcome::Push | Outcome::Void => {}
        }
        longest = longest.max(run);
    }
    longest
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use Outcome::{Loss, Push, Void, Win};

    #[test]
    fn rates_carry_their_interval() {
        let rate = Rate::of(55, 100);
        let interval = rate.wilson95.unwrap();
        assert_eq!(rate.rate, Some(0.55));
        assert!((interval.low.get() - 0.45244602997442124).abs() < 1e-12, "{interval:?}");
        assert!((interval.high.get() - 0.6438546202048802).abs() < 1e-12, "{interval:?}");
        assert_eq!(Rate::among([true, false, true]), Rate::of(2, 3));
        assert_eq!((Rate::of(0, 0).rate, Rate::of(0, 0).wilson95), (None, None));
    }

    #[test]
    fn drawdown_and_losing_runs_follow_the_order() {
        let cases: [(&[f64], f64); 4] = [
            (&[], 0.0),
            (&[-1.0, -1.0, 3.0], 2.0), // a loss at the start counts
            (&[1.0, -0.5, 1.0, -2.0, 0.25], 2.0),
            (&[1.0, 1.0], 0.0),
        ];
        for (profits, want) in cases {
            assert_eq!(max_drawdown(profits.iter().copied()), want, "{profits:?}");
        }
        assert_eq!(longest_losing_run([Loss, Push, Loss, Void, Loss, Win, Loss]), 3);
        assert_eq!(longest_losing_run([]), 0);
        let tally = Tally::of([Win, Loss, Push, Void, Win]);
        assert_eq!(
            (tally.wins, tally.losses, tally.pushes, tally.voids, tally.win_rate().n),
            (2, 1, 1, 1, 3)
        );
    }

    #[test]
    fn the_bets_needed_are_those_of_the_research() {
        // quant.md: 55% 2,243; 56% 1,173; 57% 719; 58% 485
        for (p, want) in [(0.55, 2_243), (0.56, 1_173), (0.57, 719), (0.58, 485)] {
            let got = bets_needed(p).unwrap();
            assert!(got.abs_diff(want) <= 1, "{p}: {got}, not {want}");
        }
        assert_eq!(bets_needed(0.52), None);
    }
}
