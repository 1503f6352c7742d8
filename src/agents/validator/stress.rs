//! What may become of a bankroll under the strategy's own bets and stakes, at prices somewhat worse than there were.

use crate::domain::price::American;
use crate::domain::probability::Probability;
use crate::engine::sheet::Settled;
use crate::engine::track::{Pricing, Track};
use crate::protocol::hearing::Stress;
use crate::stats::paths::{Futures, MAX_BETS, PathBet, play_out};
use std::collections::BTreeMap;

/// Enough that a share of 5% is known within one point.
const N_PATHS: usize = 2_000;
/// Share of each price's profit taken away: -110 becomes -116, what a bettor gets who is slow or limited.
const HAIRCUT: f64 = 0.05;
/// A bankroll at half of its start is ruined: nobody goes on.
pub(super) const RUIN_AT: f64 = 0.5;
/// The worst weeks in a row that are looked for: half a season.
const WORST_WEEKS: usize = 9;

/// Plays the bets of a track on many paths; every bet wins as often as the track's did. `None` for a track without a decided
/// bet. The seed follows from the strategy, so that whoever repeats the test gets the same.
pub(super) fn stress(track: &Track) -> Option<Stress> {
    let n = |how: Settled| track.bets.iter().filter(|bet| bet.settled == how).count() as f64;
    let (wins, losses, pushes) = (n(Settled::Win), n(Settled::Loss), n(Settled::Push));
    let all = wins + losses + pushes;
    if wins + losses == 0.0 {
        return None;
    }
    let bet = |bet: &crate::engine::track::Bet| PathBet {
        win: Probability::clamped(wins / all),
        push: Probability::clamped(pushes / all),
        price: bet.price.unwrap_or(American::MINUS_110.decimal()),
        fraction: bet.stake.clamp(0.0, 1.0),
    };
    let bets: Vec<PathBet> = track.bets.iter().take(MAX_BETS).map(bet).collect();
    let futures = Futures {
        n_paths: N_PATHS,
        seed: u64::from_str_radix(&track.strategy.0, 16).unwrap_or_default(),
        ruin_at: RUIN_AT,
        haircut: HAIRCUT,
        drawdown_limit: 1.0,
    };
    let ends = play_out(&bets, &futures).ok()?;
    Some(Stress {
        n_paths: ends.n_paths as u64,
        haircut: HAIRCUT,
        ruined: ends.n_ruined as f64 / ends.n_paths as f64,
        median: ends.median,
        q05: ends.q05,
        after_worst_weeks: worst_weeks(track).powi(2),
    })
}

/// What is left of the bankroll after the worst weeks in a row, at most one: there may be none that lose.
fn worst_weeks(track: &Track) -> f64 {
    let mut weekly: BTreeMap<_, f64> = track.weeks.iter().map(|when| (*when, 1.0)).collect();
    for bet in &track.bets {
        *weekly.entry(bet.when).or_insert(1.0) += bet.stake * bet.profit(Pricing::Real);
    }
    let growth: Vec<f64> = weekly.into_values().map(|growth| growth.max(0.0)).collect();
    let run = |weeks: &[f64]| weeks.iter().product::<f64>();
    let worst = growth.windows(WORST_WEEKS.min(growth.len().max(1))).map(run);
    worst.fold(1.0, f64::min)
}
