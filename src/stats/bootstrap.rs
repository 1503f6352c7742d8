//! Intervals by resampling whole weeks, because the games of a week share weather, news and the mood of the market.
//!
//! The percentile bootstrap (Efron 1979) over blocks: as many weeks as there were are drawn with replacement, the
//! statistic is computed anew, [`DRAWS`] times, and the interval reaches from the 2.5% to the 97.5% quantile.

use super::estimate::Mean;
use crate::domain::game::SeasonWeek;
use rand::Rng as _;
use rand_pcg::Pcg64Mcg;
use std::collections::BTreeMap;

/// Resamples an interval is made of: its ends then vary by about a twentieth of its width between seeds.
pub const DRAWS: usize = 2_000;

/// Four weeks have 35 different resamples, too few for a tail of 2.5%; five have 126.
pub const MIN_WEEKS: usize = 5;

/// The resampler. Each interval starts from a copy of the stream it was given, so that adding a row to a report changes
/// no other row, and rows over the same weeks are compared on the same resamples.
#[derive(Clone, Debug)]
pub struct Bootstrap {
    rng: Pcg64Mcg,
}

/// Sums of a week: what a resample adds up.
#[derive(Clone, Copy, Debug, Default)]
struct Week {
    value: f64,
    weight: f64,
}

impl Bootstrap {
    /// A resampler that draws from copies of `rng`.
    pub fn new(rng: Pcg64Mcg) -> Bootstrap {
        Bootstrap { rng }
    }

    /// The mean of observations, each with its week.
    pub fn mean(&self, observations: impl IntoIterator<Item = (SeasonWeek, f64)>) -> Mean {
        self.ratio(observations.into_iter().map(|(when, x)| (when, x, 1.0)))
    }

    /// The sum of values over the sum of weights, such as profits over stakes.
    ///
    /// # Panics
    /// When a weight is not positive or a value is not finite: the caller computed no number.
    pub fn ratio(&self, observations: impl IntoIterator<Item = (SeasonWeek, f64, f64)>) -> Mean {
        self.statistic(observations, |sum| sum.value / sum.weight)
    }

    /// The sum of values over a fixed `base`, such as profits over the bankroll at the start. Weeks without observations
    /// are not resampled.
    ///
    /// # Panics
    /// When `base` is not positive or a value is not finite.
    pub fn total(&self, observations: impl IntoIterator<Item = (SeasonWeek, f64)>, base: f64) -> Mean {
        assert!(base.is_finite() && base > 0.0, "a base of {base} cannot be divided by");
        let weighted = observations.into_iter().map(|(when, x)| (when, x, 1.0));
        self.statistic(weighted, |sum| sum.value / base)
    }

    fn statistic(
        &self,
        observations: impl IntoIterator<Item = (SeasonWeek, f64, f64)>,
        of: impl Fn(Week) -> f64,
    ) -> Mean {
        let mut by_week: BTreeMap<SeasonWeek, Week> = BTreeMap::new();
        let mut n = 0;
        for (when, value, weight) in observations {
            let valid = value.is_finite() && weight.is_finite() && weight > 0.0;
            assert!(valid, "{value} with weight {weight} in {when} cannot be averaged");
            add(by_week.entry(when).or_default(), Week { value, weight });
            n += 1;
        }
        if n == 0 {
            return Mean::default();
        }
        let weeks: Vec<Week> = by_week.into_values().collect();
        let mut all = Week::default();
        weeks.iter().for_each(|w| add(&mut all, *w));
        Mean {
            mean: Some(of(all)),
            n,
            ci95: (weeks.len() >= MIN_WEEKS).then(|| self.interval(&weeks, of)),
        }
    }

    fn interval(&self, weeks: &[Week], of: impl Fn(Week) -> f64) -> [f64; 2] {
        let mut rng = self.rng.clone();
        let mut draws: Vec<f64> = (0..DRAWS)
            .map(|_| {
                let mut sum = Week::default();
                for _ in 0..weeks.len() {
                    add(&mut sum, weeks[index(rng.next_u64(), weeks.len())]);
                }
                of(sum)
            })
            .collect();
        draws.sort_by(f64::total_cmp);
        [quantile(&draws, 0.025), quantile(&draws, 0.975)]
    }
}

fn add(sum: &mut Week, week: Week) {
    sum.value += week.value;
    sum.weight += week.weight;
}

/// A uniform index below `n` from 64 random bits, by multiplication: the bias is below n / 2^64.
fn index(bits: u64, n: usize) -> usize {
    ((u128::from(bits) * n as u128) >> 64) as usize
}

/// The quantile of sorted values with linear interpolation (type 7 of Hyndman and Fan 1996).
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let at = p * (sorted.len() - 1) as f64;
    let (low, part) = (at.floor() as usize, at.fract());
    let high = (low + 1).min(sorted.len() - 1);
    sorted[low] + part * (sorted[high] - sorted[low])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weeks(n: u8) -> impl Iterator<Item = SeasonWeek> {
        (1..=n).map(|week| SeasonWeek { season: 2010, week })
    }

    fn bootstrap(seed: u128) -> Bootstrap {
        Bootstrap::new(Pcg64Mcg::new(seed))
    }

    #[test]
    fn the_same_seed_gives_the_same_interval_and_another_a_near_one() {
        let data: Vec<(SeasonWeek, f64)> = weeks(20).map(|w| (w, f64::from(w.week % 7))).collect();
        let mean = |seed| bootstrap(seed).mean(data.iter().copied());
        assert_eq!(mean(7), mean(7));
        let (a, b) = (mean(7).ci95.unwrap(), mean(8).ci95.unwrap());
        assert!(
            a != b && (a[0] - b[0]).abs() < 0.15 && (a[1] - b[1]).abs() < 0.15,
            "{a:?} {b:?}"
        );
    }

    #[test]
    fn the_interval_of_independent_weeks_is_the_normal_one() {
        // Of 1..=20 with one observation a week: sd of the mean is sqrt(33.25 / 20) = 1.289.
        let got = bootstrap(1).mean(weeks(20).map(|w| (w, f64::from(w.week))));
        let [low, high] = got.ci95.unwrap();
        assert_eq!((got.mean, got.n), (Some(10.5), 20));
        assert!(
            (low - (10.5 - 1.96 * 1.289)).abs() < 0.2 && (high - (10.5 + 1.96 * 1.289)).abs() < 0.2,
            "{got:?}"
        );
    }

    #[test]
    fn repeating_a_week_adds_no_certainty() {
        let once = bootstrap(3).mean(weeks(12).map(|w| (w, f64::from(w.week))));
        let tenfold = weeks(12).flat_map(|w| (0..10).map(move |_| (w, f64::from(w.week))));
        let tenfold = bootstrap(3).mean(tenfold);
        assert_eq!(tenfold.n, 120);
        let (a, b) = (once.ci95.unwrap(), tenfold.ci95.unwrap());
        assert!((a[0] - b[0]).abs() < 1e-9 && (a[1] - b[1]).abs() < 1e-9, "{a:?} {b:?}");
    }

    #[test]
    fn ratios_weigh_and_totals_add() {
        let data = || weeks(6).map(|w| (w, 3.0, f64::from(w.week)));
        assert_eq!(bootstrap(1).ratio(data()).mean, Some(18.0 / 21.0));
        let total = bootstrap(1).total(weeks(6).map(|w| (w, 3.0)), 9.0);
        assert_eq!((total.mean, total.ci95), (Some(2.0), Some([2.0, 2.0])));
    }

    #[test]
    fn few_weeks_have_no_interval_and_none_no_mean() {
        assert_eq!(bootstrap(1).mean([]), Mean::default());
        let four = bootstrap(1).mean(weeks(4).map(|w| (w, 1.0)));
        assert_eq!((four.mean, four.n, four.ci95), (Some(1.0), 4, None));
    }
}
