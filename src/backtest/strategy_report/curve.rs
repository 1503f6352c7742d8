//! Units won over time, with the band other orders of the same weeks would fill and the line the closing line expects.

use crate::domain::game::SeasonWeek;
use crate::domain::quote::Market;
use crate::engine::track::{Pricing, Track};
use rand::RngExt as _;
use rand_pcg::Pcg64Mcg;
use serde::Serialize;
use std::collections::BTreeMap;

/// Resamples of the weeks: a band is looked at, not calculated with.
const N_DRAWS: usize = 500;
/// What a bet at -110 costs when the line is right.
const VIG_110: f64 = 1.0 / 22.0;
/// What a point of closing line value is worth at -110, measured on 2009-2021 (research notes on closing line value).
const WORTH_OF_A_POINT: f64 = 0.054;

/// The sum of units after a week.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CurvePoint {
    /// The week.
    pub when: SeasonWeek,
    /// Units won so far, one staked on each bet, at -110 or a moneyline's own price.
    pub units: f64,
    /// The 2.5% quantile of the sums of as many weeks drawn with replacement.
    pub low: f64,
    /// The 97.5% quantile.
    pub high: f64,
    /// What the closing line expects of the bets so far, `-1/22 + .054 x CLV points` each; none for a moneyline.
    pub expected: Option<f64>,
}

/// Profit over stakes at -110 that closing line value of so many points promises.
pub(super) fn yield_by_close(clv_points: f64) -> f64 {
    WORTH_OF_A_POINT * clv_points - VIG_110
}

/// The curve over all weeks of a track, one point a week.
pub(super) fn curve(track: &Track, rng: &mut Pcg64Mcg) -> Vec<CurvePoint> {
    let weekly = track.weekly_returns(Pricing::Usual);
    let n = weekly.len();
    // One list of sums a week, over all draws.
    let mut sums: Vec<Vec<f64>> = vec![Vec::with_capacity(N_DRAWS); n];
    for _ in 0..N_DRAWS {
        let mut sum = 0.0;
        for at in &mut sums {
            sum += weekly[rng.random_range(0..n)].1;
            at.push(sum);
        }
    }
    let expected = expected(track);
    let (mut units, mut hoped) = (0.0, 0.0);
    let point = |((when, profit), mut sums): ((SeasonWeek, f64), Vec<f64>)| {
        units += profit;
        hoped += expected.get(&when).copied().unwrap_or(0.0);
        sums.sort_by(f64::total_cmp);
        CurvePoint {
            when,
            units,
            low: sums[N_DRAWS / 40],
            high: sums[N_DRAWS - 1 - N_DRAWS / 40],
            expected: (track.market != Market::Moneyline).then_some(hoped),
        }
    };
    weekly.into_iter().zip(sums).map(point).collect()
}

fn expected(track: &Track) -> BTreeMap<SeasonWeek, f64> {
    let mut weeks = BTreeMap::new();
    for bet in &track.bets {
        *weeks.entry(bet.when).or_insert(0.0) += yield_by_close(bet.clv.unwrap_or(0.0));
    }
    weeks
}
