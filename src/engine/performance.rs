//! What there is to say of a track, each figure with its count and its interval, and none where there is nothing to say.

use super::sheet::Settled;
use super::track::{Bet, Pricing, Track};
use crate::domain::quote::Market;
use crate::stats::bootstrap::Bootstrap;
use crate::stats::deflated::Shape;
use crate::stats::equity::Equity;
use crate::stats::estimate::{Mean, Rate};
use serde::{Deserialize, Serialize};

/// The record of a strategy over the weeks of a track. Intervals of means resample whole weeks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Performance {
    /// Bets, pushes among them.
    pub n_bets: u64,
    /// Bets won.
    pub wins: u64,
    /// Bets lost.
    pub losses: u64,
    /// Bets returned.
    pub pushes: u64,
    /// Games wanted on both sides: bet on neither.
    pub n_conflicts: u64,
    /// Wins among decided bets, with Wilson's interval.
    pub win_rate: Rate,
    /// Profit over stakes at -110, flat; of a moneyline no bets are counted here.
    pub roi_110: Mean,
    /// Profit over stakes of the bets with a price of their own, at that price, flat.
    pub roi_real: Mean,
    /// Closing line value in points (moneyline: percentage points).
    pub clv: Mean,
    /// Bets that beat the close among those that have one.
    pub beat_close: Rate,
    /// The bankroll at the end under the strategy's own stakes, one at the start.
    pub final_bankroll: f64,
    /// The largest fall of that bankroll as a share of its highest point so far.
    pub max_drawdown: f64,
    /// Losses in a row; a push neither lengthens nor ends a run.
    pub longest_losing_run: u64,
    /// Mean over standard deviation (n - 1) of the weekly returns in units, not scaled to a year; weeks without bets are
    /// zeros. None with fewer than two weeks or without variance.
    pub sharpe: Option<f64>,
    /// Mean over downside deviation from zero (over all weeks) of the same. None without a losing week.
    pub sortino: Option<f64>,
}

/// Smaller deviations are rounding.
const MIN_DEVIATION: f64 = 1e-12;

impl Performance {
    /// The figures of a track.
    pub fn of(track: &Track, bootstrap: &Bootstrap) -> Performance {
        let bets = track.bets.as_slice();
        let n = |how| bets.iter().filter(|bet| bet.settled == how).count() as u64;
        let (wins, losses) = (n(Settled::Win), n(Settled::Loss));
        let lined = bets.iter().filter(|_| track.market != Market::Moneyline);
        let priced = bets.iter().filter(|bet| bet.price.is_some());
        let clv = || bets.iter().filter_map(|bet| bet.clv.map(|clv| (bet.when, clv)));
        let path: Vec<f64> = std::iter::once(1.0)
            .chain(track.equity().iter().map(|point| point.bankroll))
            .collect();
        let returns: Vec<f64> = track
            .weekly_returns(Pricing::Usual)
            .into_iter()
            .map(|(_, r)| r)
            .collect();
        Performance {
            n_bets: bets.len() as u64,
            wins,
            losses,
            pushes: n(Settled::Push),
            n_conflicts: track.conflicts.len() as u64,
            win_rate: Rate::of(wins, wins + losses),
            roi_110: bootstrap.mean(lined.map(|bet| (bet.when, bet.profit(Pricing::Usual)))),
            roi_real: bootstrap.mean(priced.map(|bet| (bet.when, bet.profit(Pricing::Real)))),
            clv: bootstrap.mean(clv()),
            beat_close: Rate::among(clv().map(|(_, clv)| clv > 0.0)),
            final_bankroll: path[path.len() - 1],
            max_drawdown: Equity::of(&path).max_drawdown,
            longest_losing_run: longest_losing_run(bets),
            sharpe: Shape::of(&returns).map(|shape| shape.sharpe),
            sortino: downside(&returns).map(|down| mean(&returns) / down),
        }
    }
}

fn longest_losing_run(bets: &[Bet]) -> u64 {
    let (mut run, mut longest) = (0u64, 0u64);
    for bet in bets {
        match bet.settled {
            Settled::Loss => run += 1,
            Settled::Win => run = 0,
            Settled::Push => {}
        }
        longest = longest.max(run);
    }
    longest
}

/// The mean of returns; zero of none.
fn mean(returns: &[f64]) -> f64 {
    returns.iter().sum::<f64>() / returns.len().max(1) as f64
}

fn downside(returns: &[f64]) -> Option<f64> {
    let squares: f64 = returns.iter().map(|r| r.min(0.0).powi(2)).sum();
    Some((squares / returns.len().max(1) as f64).sqrt()).filter(|down| *down > MIN_DEVIATION)
}
