//! What a strategy did in a period as whole numbers, so that the answer does not depend on who added up first.

use crate::domain::quote::Market;
use serde::{Deserialize, Serialize};

/// Counts and sums of one strategy over one period, one stake a bet. Exact integers; every rate is `None` without bets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// The market it bets on.
    pub market: Market,
    /// Bets that were settled, pushes among them.
    pub n_bets: u32,
    /// Bets won.
    pub wins: u32,
    /// Bets lost.
    pub losses: u32,
    /// Bets returned.
    pub pushes: u32,
    /// Games of which it wanted both sides: bet on neither.
    pub n_conflicts: u32,
    /// Bets without a price of their own. A moneyline without a price is no bet and is not among them.
    pub n_unpriced: u32,
    /// Bets with a price of their own.
    pub n_priced: u32,
    /// Profit in elevenths of a stake: at -110 for spread and total (10 won, 11 lost), for a moneyline at its own price,
    /// each bet rounded to an eleventh.
    pub profit_elevenths: i64,
    /// The largest fall of that sum from its highest point so far, the start included.
    pub drawdown_elevenths: i64,
    /// Profit of priced bets at their own prices in millionths of a stake.
    pub profit_micros: i64,
    /// Bets with a closing line to compare with.
    pub n_clv: u32,
    /// Sum of closing line values in hundredths of a point (moneyline: of a percentage point).
    pub clv_hundredths: i64,
    /// Bets whose line (moneyline: probability) moved their way.
    pub n_beat_close: u32,
}

impl Tally {
    /// No bets.
    pub fn empty(market: Market) -> Tally {
        Tally {
            market,
            n_bets: 0,
            wins: 0,
            losses: 0,
            pushes: 0,
            n_conflicts: 0,
            n_unpriced: 0,
            n_priced: 0,
            profit_elevenths: 0,
            drawdown_elevenths: 0,
            profit_micros: 0,
            n_clv: 0,
            clv_hundredths: 0,
            n_beat_close: 0,
        }
    }

    /// Wins among decided bets.
    pub fn win_rate(&self) -> Option<f64> {
        ratio(f64::from(self.wins), self.wins + self.losses)
    }

    /// Profit over stakes at -110, pushes among the stakes; none for a moneyline, which has no usual price.
    pub fn roi_110(&self) -> Option<f64> {
        let lined = self.market != Market::Moneyline;
        ratio(self.profit_elevenths as f64 / 11.0, self.n_bets).filter(|_| lined)
    }

    /// Profit over stakes of priced bets at their own prices.
    pub fn roi_real(&self) -> Option<f64> {
        ratio(self.profit_micros as f64 / 1e6, self.n_priced)
    }

    /// Mean closing line value in points (moneyline: percentage points).
    pub fn mean_clv(&self) -> Option<f64> {
        ratio(self.clv_hundredths as f64 / 100.0, self.n_clv)
    }

    /// Bets that beat the close among those that have one.
    pub fn beat_close(&self) -> Option<f64> {
        ratio(f64::from(self.n_beat_close), self.n_clv)
    }

    /// The largest fall as a share of the bankroll at the start, when each bet stakes `share` of that bankroll. Measured
    /// against the highest point so far, which is never lower, the share is never larger.
    pub fn max_drawdown(&self, share: f64) -> f64 {
        self.drawdown_elevenths as f64 / 11.0 * share
    }

    /// Mean over standard deviation (n - 1) of the profits of bets at -110, times the square root of bets a season: the
    /// Sharpe ratio of workload W1, in closed form from the counts. None with fewer than two bets, without variance,
    /// without seasons, and for a moneyline.
    pub fn sharpe(&self, n_seasons: u32) -> Option<f64> {
        let [n, won, lost] = [self.n_bets, self.wins, self.losses].map(i64::from);
        let sum = 10 * won - 11 * lost;
        let spread = n * (100 * won + 121 * lost) - sum * sum;
        if n < 2 || spread == 0 || n_seasons == 0 || self.market == Market::Moneyline {
            return None;
        }
        let n = n as f64;
        Some((sum as f64 / n) / (spread as f64 / (n * (n - 1.0))).sqrt() * (n / f64::from(n_seasons)).sqrt())
    }
}

fn ratio(sum: f64, n: u32) -> Option<f64> {
    (n > 0).then(|| sum / f64::from(n))
}
