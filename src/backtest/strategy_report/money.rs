//! The same bets at other prices, and what may become of a bankroll that makes them again.

use crate::domain::price::{American, Decimal};
use crate::domain::probability::Probability;
use crate::domain::quote::Market;
use crate::engine::sheet::Settled;
use crate::engine::track::{Bet, Pricing, Track};
use crate::stats::bootstrap::Bootstrap;
use crate::stats::estimate::Mean;
use crate::stats::interval::{Z975, wilson};
use crate::stats::paths::{Ends, Futures, MAX_BETS, PathBet, play_out};
use serde::Serialize;

/// How much worse the price of the last row is.
const WORSE: f64 = 0.02;
/// Paths of a bankroll: a quantile then moves by less than a hundredth of the start.
const N_PATHS: usize = 5_000;
/// A bankroll that lost this share counts as ruined: nobody goes on staking like before.
pub const RUIN_AT: f64 = 0.5;
/// The deepest fall that the validators allow.
pub const DRAWDOWN_LIMIT: f64 = 0.2;

/// Profit over stakes of the bets at one kind of price, one unit each.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PriceRow {
    /// Which price.
    pub label: String,
    /// Profit over stakes.
    pub yield_on_stakes: Mean,
    /// The win rate among decided bets that these prices need; none without bets.
    pub break_even: Option<f64>,
}

/// The rows: own prices, -110, and own prices two percent lower.
pub(super) fn prices(track: &Track, bootstrap: &Bootstrap) -> Vec<PriceRow> {
    let usual = American::MINUS_110.decimal();
    let own = |bet: &Bet| bet.price;
    let or_usual = |bet: &Bet| Some(bet.price.unwrap_or(usual));
    let worse = |bet: &Bet| Decimal::new(or_usual(bet)?.get() * (1.0 - WORSE)).ok();
    let flat = |_: &Bet| (track.market != Market::Moneyline).then_some(usual);
    let row = |label: &str, price: &dyn Fn(&Bet) -> Option<Decimal>| {
        let priced: Vec<(&Bet, Decimal)> = track.bets.iter().filter_map(|bet| Some((bet, price(bet)?))).collect();
        let decided = priced.iter().filter(|(bet, _)| bet.settled != Settled::Push);
        let needed: Vec<f64> = decided.map(|(_, price)| 1.0 / price.get()).collect();
        PriceRow {
            label: label.to_owned(),
            yield_on_stakes: bootstrap.mean(priced.iter().map(|(bet, price)| (bet.when, profit(bet, *price)))),
            break_even: (!needed.is_empty()).then(|| needed.iter().sum::<f64>() / needed.len() as f64),
        }
    };
    vec![
        row("own prices, bets with one", &own),
        row("-110 on every bet", &flat),
        row("own prices 2% worse, -110 where none is known", &worse),
    ]
}

fn profit(bet: &Bet, price: Decimal) -> f64 {
    match bet.settled {
        Settled::Win => price.profit(),
        Settled::Loss => -1.0,
        Settled::Push => 0.0,
    }
}

/// What may become of a bankroll that makes the bets of a track again, each with the strategy's stake.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Future {
    /// What is supposed of the truth.
    pub label: String,
    /// The win rate among decided bets supposed.
    pub win_rate: f64,
    /// The average stake as a share of the bankroll.
    pub mean_stake: f64,
    /// What came out, bankrolls as multiples of the start.
    pub ends: Ends,
}

/// Futures if the true win rate is the one seen, the low end of its interval, or one half; none without decided bets.
pub(super) fn futures(track: &Track, seed: u64) -> Vec<Future> {
    let bets = &track.bets[..track.bets.len().min(MAX_BETS)];
    let count = |how| bets.iter().filter(|bet| bet.settled == how).count() as u64;
    let (wins, decided) = (count(Settled::Win), count(Settled::Win) + count(Settled::Loss));
    if decided == 0 {
        return Vec::new();
    }
    let seen = wins as f64 / decided as f64;
    let low = wilson(wins, decided, Z975).low.get();
    let suppositions = [
        ("as often as seen", seen),
        ("the low end of that rate", low),
        ("a coin", 0.5),
    ];
    let future = |(label, win_rate): (&str, f64)| future(bets, decided, label, win_rate, seed);
    suppositions.into_iter().filter_map(future).collect()
}

fn future(bets: &[Bet], decided: u64, label: &str, win_rate: f64, seed: u64) -> Option<Future> {
    let push = 1.0 - decided as f64 / bets.len() as f64;
    let price = |bet: &Bet| bet.price.unwrap_or(American::MINUS_110.decimal());
    let inverse: f64 = bets.iter().map(|bet| 1.0 / price(bet).get()).sum();
    // Longer prices win less often; together they win as often as supposed.
    let scale = win_rate * bets.len() as f64 / inverse;
    let played: Vec<PathBet> = bets
        .iter()
        .map(|bet| PathBet {
            win: Probability::clamped((scale / price(bet).get()).min(1.0) * (1.0 - push)),
            push: Probability::clamped(push),
            price: price(bet),
            fraction: bet.stake,
        })
        .collect();
    let futures = Futures {
        n_paths: N_PATHS,
        seed,
        ruin_at: RUIN_AT,
        haircut: 0.0,
        drawdown_limit: DRAWDOWN_LIMIT,
    };
    Some(Future {
        label: label.to_owned(),
        win_rate,
        mean_stake: bets.iter().map(|bet| bet.stake).sum::<f64>() / bets.len() as f64,
        ends: play_out(&played, &futures).ok()?,
    })
}

/// The win rate that the bets' own prices need, -110 where none is known; none without decided bets.
pub(super) fn break_even(bets: &[Bet]) -> Option<f64> {
    let decided = bets.iter().filter(|bet| bet.settled != Settled::Push);
    let needed: Vec<f64> = decided
        .map(|bet| 1.0 / bet.price.unwrap_or(American::MINUS_110.decimal()).get())
        .collect();
    (!needed.is_empty()).then(|| needed.iter().sum::<f64>() / needed.len() as f64)
}

/// Profit in units at the usual price.
pub(super) fn units(bets: &[Bet]) -> f64 {
    bets.iter().map(|bet| bet.profit(Pricing::Usual)).sum::<f64>() + 0.0 // an empty sum is -0
}
