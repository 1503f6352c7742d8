//! What a strategy's past is worth to a search: a cautious estimate of profit per unit staked, never called performance.
//!
//! Two witnesses are weighed by their precision against a prior that the margin is lost (a normal-normal posterior):
//! results, with the spread of a bet at -110; and closing line value, at the reference figures' rate of -4.5% + 5.4% for each
//! point beaten, which knows far sooner. That rate was measured on 2009-2021 (research/quant.md): it is a piece of hindsight about
//! what a point is worth, and about no strategy. The score is the posterior mean, less one standard deviation, less a price for
//! each condition.

use crate::domain::quote::Market;
use crate::engine::tally::Tally;
use serde::{Deserialize, Serialize};

/// What a score assumes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreSettings {
    /// Profit per unit expected of a strategy nobody has tried: the margin of -110 is lost.
    pub prior_mean: f64,
    /// How far true profits of strategies lie apart.
    pub prior_sd: f64,
    /// Profit per unit for each point of closing line value, beyond the margin.
    pub profit_per_point: f64,
    /// How far profit may lie from what closing line value says, however many bets there were.
    pub clv_model_sd: f64,
    /// Taken off for each bound, flag and following stake.
    pub per_condition: f64,
    /// Strategies with fewer bets have no score: their rates are noise.
    pub min_bets: u32,
}

impl Default for ScoreSettings {
    fn default() -> ScoreSettings {
        ScoreSettings {
            prior_mean: -0.0455,
            prior_sd: 0.03,
            profit_per_point: 0.054,
            clv_model_sd: 0.02,
            per_condition: 0.003,
            min_bets: 60,
        }
    }
}

/// Standard deviation of the profit of one bet at -110.
const BET_SD: f64 = 0.954;
/// Standard deviation of the closing line value of one bet, in points (spread and total).
const CLV_SD_POINTS: f64 = 1.9;

impl ScoreSettings {
    /// The score of a strategy's bets; `None` with too few of them. A moneyline is judged by its own prices alone, with the
    /// wider spread of its profits.
    pub fn score(&self, tally: &Tally, complexity: u32) -> Option<f64> {
        if tally.n_bets < self.min_bets {
            return None;
        }
        let (mut mean, mut precision) = (self.prior_mean, self.prior_sd.powi(-2));
        let mut hear = |value: f64, variance: f64| {
            let weight = variance.recip();
            mean = (mean * precision + value * weight) / (precision + weight);
            precision += weight;
        };
        let lined = tally.market != Market::Moneyline;
        let profit = if lined { tally.roi_110() } else { tally.roi_real() };
        let sd = if lined { BET_SD } else { 2.0 * BET_SD };
        let n = if lined { tally.n_bets } else { tally.n_priced };
        if let Some(profit) = profit {
            hear(profit, sd * sd / f64::from(n));
        }
        if let Some(clv) = tally.mean_clv().filter(|_| lined) {
            let sampling = (self.profit_per_point * CLV_SD_POINTS).powi(2) / f64::from(tally.n_clv);
            hear(
                self.prior_mean + self.profit_per_point * clv,
                sampling + self.clv_model_sd.powi(2),
            );
        }
        Some(mean - precision.powf(-0.5) - self.per_condition * f64::from(complexity))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(wins: u32, losses: u32, clv_hundredths: i64) -> Tally {
        Tally {
            n_bets: wins + losses,
            wins,
            losses,
            profit_elevenths: 10 * i64::from(wins) - 11 * i64::from(losses),
            n_clv: wins + losses,
            clv_hundredths,
            ..Tally::empty(Market::Spread)
        }
    }

    #[test]
    fn more_evidence_and_less_freedom_score_higher() {
        let s = ScoreSettings::default();
        let score = |t: Tally, complexity| s.score(&t, complexity).unwrap();
        assert!(score(tally(580, 420, 0), 2) > score(tally(58, 42, 0), 2));
        assert!(score(tally(58, 42, 0), 2) > score(tally(58, 42, 0), 5));
        assert!(score(tally(52, 48, 10_000), 2) > score(tally(52, 48, 0), 2));
        assert!(score(tally(50, 50, 0), 1) < s.prior_mean);
    }

    #[test]
    fn few_bets_have_no_score_and_none_is_no_number() {
        let s = ScoreSettings::default();
        assert_eq!(s.score(&tally(59, 0, 0), 1), None);
        assert_eq!(s.score(&Tally::empty(Market::Moneyline), 1), None);
        assert!(s.score(&tally(0, 60, 0), 1).unwrap().is_finite());
    }
}
