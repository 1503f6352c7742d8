//! Could a coin have done it? Random bets on the same market, as many in each season, and how often they earned as much.

use crate::engine::bits::Bits;
use crate::engine::sheet::Sheet;
use crate::engine::track::{Bet, Pricing, Track, bets_on};
use crate::strategy::stake::Stake;
use rand::RngExt as _;
use rand_pcg::Pcg64Mcg;
use serde::Serialize;
use std::collections::BTreeMap;

/// Random records drawn: the p-value then moves by less than .005 between seeds where it matters, near .05.
pub const N_DRAWS: usize = 2_000;

/// What random bets earned beside the strategy.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Chance {
    /// Random records drawn.
    pub n_draws: usize,
    /// Bets in each, as many as the strategy made.
    pub n_bets: u64,
    /// One more than the draws that earned as much or more, over one more than the draws; none without bets.
    pub p: Option<f64>,
    /// Mean profit over stakes of the draws.
    pub mean_yield: Option<f64>,
    /// What 2.5% of the draws fell below.
    pub low: Option<f64>,
    /// What 2.5% of the draws exceeded.
    pub high: Option<f64>,
}

impl Chance {
    /// Draws for each season of the track as many games as it bet there, each once, and a side of each by a fair coin.
    /// Stakes are one unit, at -110 or a moneyline's own price.
    pub(super) fn of(sheet: &Sheet, track: &Track, rng: &mut Pcg64Mcg) -> Chance {
        let n_bets = track.bets.len();
        if n_bets == 0 {
            return Chance {
                n_draws: 0,
                n_bets: 0,
                p: None,
                mean_yield: None,
                low: None,
                high: None,
            };
        }
        let mut seasons = pools(sheet, track);
        let own: f64 = track.bets.iter().map(|bet| bet.profit(Pricing::Usual)).sum();
        let mut sums: Vec<f64> = (0..N_DRAWS).map(|_| draw(&mut seasons, rng)).collect();
        // Sums of the same bets in another order differ in the last place.
        let n_reached = sums.iter().filter(|sum| **sum >= own - 1e-9).count();
        sums.sort_by(f64::total_cmp);
        let per_bet = |sum: f64| Some(sum / n_bets as f64);
        Chance {
            n_draws: N_DRAWS,
            n_bets: n_bets as u64,
            p: Some((n_reached + 1) as f64 / (N_DRAWS + 1) as f64),
            mean_yield: per_bet(sums.iter().sum::<f64>() / N_DRAWS as f64),
            low: per_bet(sums[N_DRAWS / 40]),
            high: per_bet(sums[N_DRAWS - 1 - N_DRAWS / 40]),
        }
    }
}

/// The games of a season with the profit of either side, and how many the strategy bet.
struct Pool {
    games: Vec<Vec<f64>>,
    n_bets: usize,
}

fn pools(sheet: &Sheet, track: &Track) -> Vec<Pool> {
    let inside = sheet.period(&track.period);
    let side = |second: bool| {
        let rows = Bits::of(sheet.n_rows(), |row| inside.contains(row) && (row % 2 == 1) == second);
        bets_on(sheet, rows, &Stake::one_percent()).0
    };
    let mut games: BTreeMap<u16, BTreeMap<String, Vec<f64>>> = BTreeMap::new();
    for bet in side(false).iter().chain(&side(true)) {
        let season = games.entry(bet.when.season).or_default();
        let profits = season.entry(bet.game.to_string()).or_default();
        profits.push(bet.profit(Pricing::Usual));
    }
    let pool = |(season, bets): (u16, Vec<&Bet>)| Pool {
        games: games.remove(&season).unwrap_or_default().into_values().collect(),
        n_bets: bets.len(),
    };
    track.per_season().into_iter().map(pool).collect()
}

/// The profit of one random record: the first games of a shuffle that stops when there are enough.
fn draw(pools: &mut [Pool], rng: &mut Pcg64Mcg) -> f64 {
    let mut sum = 0.0;
    for pool in pools {
        let n = pool.games.len();
        for at in 0..pool.n_bets.min(n) {
            pool.games.swap(at, rng.random_range(at..n));
            let sides = &pool.games[at];
            sum += sides[rng.random_range(0..sides.len())];
        }
    }
    sum
}
