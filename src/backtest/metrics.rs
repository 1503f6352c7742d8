//! The figures a report is made of, each with its count and its uncertainty, because a rate without them is a story.
//!
//! Every figure is defined for no data at all: a count of zero, and no value rather than a NaN.

use crate::agents::specialists::grading::Outcome;
use crate::stats::estimate::Rate;
use serde::{Deserialize, Serialize};

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

#[cfg(test)]
mod tests {
    use super::*;
    use Outcome::{Loss, Push, Void, Win};

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
}
