//! The score that strategists rank by: figures of training games, shrunk for few bets and charged for complexity.
//!
//! A score orders ideas and says nothing else. What a strategy is worth is measured on games nobody trained on.

use crate::engine::tally::Tally;
use serde::{Deserialize, Serialize};

/// What a strategist looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// Return in percent of stakes: `100 x profit / (n + 200)`, as if 200 bets that brought nothing had come before.
    Return,
    /// How far the return lies above nothing in standard errors, times two: `2 x mean / (sd / sqrt(n))`, at most 10.
    Evidence,
    /// Closing line value in points: `10 x sum of CLV / (n + 200)`. The steadiest sign of an edge at the opener (research:
    /// +.3 points show in about 200 bets), where a win rate takes two thousand.
    ClosingLine,
}

/// Bets that brought nothing, set before the record. An edge of 5% is told from none after some two thousand bets, so a
/// record of 200 is believed by half.
const PRIOR_BETS: f64 = 200.0;

/// What one bound, flag or stake that follows a source costs: a condition must bring more than a quarter of a percent on the
/// games it was fitted to, where one more free choice brings about as much by luck.
const COMPLEXITY_COST: f64 = 0.25;

/// With fewer bets than these an idea is none.
pub const MIN_BETS: u32 = 60;

/// The score of a strategy of a complexity by its bets on training games: the objective less a quarter of a point for each
/// free choice. `None` with fewer than [`MIN_BETS`] bets, or where the objective has nothing to look at.
pub fn score(objective: Objective, tally: &Tally, complexity: u32) -> Option<f64> {
    if tally.n_bets < MIN_BETS {
        return None;
    }
    let n = f64::from(tally.n_bets);
    let profit = tally.profit_elevenths as f64 / 11.0;
    let merit = match objective {
        Objective::Return => 100.0 * profit / (n + PRIOR_BETS),
        Objective::Evidence => {
            let squares = f64::from(tally.wins) * (100.0 / 121.0) + f64::from(tally.losses);
            let variance = squares / n - (profit / n).powi(2);
            if variance < MIN_VARIANCE {
                return None;
            }
            (2.0 * profit / n / (variance / n).sqrt()).min(MAX_EVIDENCE)
        }
        Objective::ClosingLine => {
            let n_clv = Some(tally.n_clv).filter(|n| *n >= MIN_BETS)?;
            tally.clv_hundredths as f64 / 10.0 / (f64::from(n_clv) + PRIOR_BETS)
        }
    };
    Some(merit - COMPLEXITY_COST * f64::from(complexity))
}

/// Smaller variances are rounding.
const MIN_VARIANCE: f64 = 1e-9;

/// Beyond five standard errors more is no better: it is a leak, or all but certain.
const MAX_EVIDENCE: f64 = 10.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::quote::Market;

    fn tally(wins: u32, losses: u32) -> Tally {
        Tally {
            n_bets: wins + losses,
            wins,
            losses,
            profit_elevenths: 10 * i64::from(wins) - 11 * i64::from(losses),
            ..Tally::empty(Market::Spread)
        }
    }

    #[test]
    fn few_bets_and_many_conditions_cost() {
        let of = |wins, losses, complexity| score(Objective::Return, &tally(wins, losses), complexity);
        assert_eq!(of(30, 29, 1), None, "59 bets");
        assert!(of(600, 400, 2) > of(60, 40, 2), "the same rate on more bets");
        assert!(of(600, 400, 2) > of(600, 400, 3));
        let even = score(Objective::Return, &tally(110, 100), 0).unwrap();
        assert_eq!(even, 0.0);
        for objective in [Objective::Evidence, Objective::ClosingLine] {
            let all_won = score(objective, &tally(100, 0), 1);
            assert_eq!(all_won, None, "{objective:?}: no variance, and no closing line");
        }
    }
}
