//! Is the best of a search better than nothing? The reality check of White (2000) and the sharper test of Hansen (2005).
//!
//! Both ask how often the best of as many strategies without skill, with the same dependence among them, would look as good.
//! The dependence is kept by drawing whole periods for all strategies at once, in runs of random length (the stationary
//! bootstrap of Politis and Romano 1994); with a mean run of one period, weeks are drawn independently.

use super::normal::mean;
use super::returns::Returns;
use rand::{Rng as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use rayon::prelude::*;
use serde::Serialize;

/// Draws beyond this move no second digit.
pub const MAX_DRAWS: usize = 100_000;

/// What the two tests say. A small p-value means that the best is more than the search.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RealityCheck {
    /// The strategy with the highest mean; its place in the table.
    pub best: usize,
    /// Its mean return of a period.
    pub best_mean: f64,
    /// White's p-value: one more than the draws that reach the best, over one more than the draws.
    pub p_white: f64,
    /// Hansen's consistent p-value, in which hopeless strategies no longer hide good ones; 1 when no strategy ever varies.
    pub p_spa: f64,
    /// Draws.
    pub n_draws: usize,
    /// The mean run of periods.
    pub mean_run: f64,
}

/// Why nothing was tested.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum RealityError {
    /// Too few or too many draws.
    #[error("cannot test with {0} draws: ask for 1 to {MAX_DRAWS}")]
    Draws(usize),
    /// A run that is none.
    #[error(
        "cannot draw runs of {mean_run} periods from {n_periods}: give a mean from 1 to the number of periods"
    )]
    Run {
        /// Asked for.
        mean_run: f64,
        /// Rows.
        n_periods: usize,
    },
}

/// Tests the best strategy of `returns`, which are over the benchmark (not betting, where they are profits). `rng` only
/// seeds the draws, so the answer does not depend on the number of threads.
///
/// # Errors
/// [`RealityError`] for draws or runs out of range.
pub fn reality_check(
    returns: &Returns,
    n_draws: usize,
    mean_run: f64,
    rng: &mut Pcg64Mcg,
) -> Result<RealityCheck, RealityError> {
    let n_periods = returns.periods().len();
    if !(1..=MAX_DRAWS).contains(&n_draws) {
        return Err(RealityError::Draws(n_draws));
    }
    if !(1.0..=n_periods as f64).contains(&mean_run) {
        return Err(RealityError::Run { mean_run, n_periods });
    }
    let table = Table::of(returns, mean_run);
    let seeds: Vec<u64> = (0..n_draws).map(|_| rng.next_u64()).collect();
    let draws: Vec<(f64, f64)> = seeds
        .into_par_iter()
        .map(|seed| table.draw(&mut Pcg64Mcg::seed_from_u64(seed), mean_run))
        .collect();
    let (white, spa) = table.observed();
    let p = |n_reached: usize| (n_reached + 1) as f64 / (n_draws + 1) as f64;
    let best = (1..table.means.len()).fold(0, |b, i| if table.means[i] > table.means[b] { i } else { b });
    Ok(RealityCheck {
        best,
        best_mean: table.means[best],
        p_white: p(draws.iter().filter(|(w, _)| *w >= white).count()),
        p_spa: p(draws.iter().filter(|(_, s)| *s >= spa).count()),
        n_draws,
        mean_run,
    })
}

/// The returns row by row, with what both tests need of each strategy.
struct Table {
    rows: Vec<Vec<f64>>,
    means: Vec<f64>,
    /// One over the standard deviation of the mean times the root of the periods; 0 where it does not vary.
    per_deviation: Vec<f64>,
    /// What is taken off a draw's mean for Hansen's test.
    centres: Vec<f64>,
}

impl Table {
    fn of(returns: &Returns, mean_run: f64) -> Table {
        let n = returns.periods().len();
        let average = |column: &Vec<f64>| mean(column).expect("a table has a period");
        let means: Vec<f64> = returns.columns().iter().map(average).collect();
        let columns = returns.columns().iter().zip(&means);
        let deviations: Vec<f64> = columns
            .map(|(c, m)| long_run_variance(c, *m, mean_run).sqrt())
            .collect();
        // Hansen's threshold: strategies this far below zero are not the least favourable ones.
        let bound = -(2.0 * (n as f64).ln().max(1.0).ln()).sqrt();
        let root = (n as f64).sqrt();
        let centre = |(m, d): (&f64, &f64)| if root * m >= bound * d { *m } else { 0.0 };
        Table {
            rows: (0..n)
                .map(|t| returns.columns().iter().map(|c| c[t]).collect())
                .collect(),
            per_deviation: deviations
                .iter()
                .map(|d| if *d > 1e-9 { 1.0 / d } else { 0.0 })
                .collect(),
            centres: means.iter().zip(&deviations).map(centre).collect(),
            means,
        }
    }

    /// Both statistics of what happened.
    fn observed(&self) -> (f64, f64) {
        let zeros = vec![0.0; self.means.len()];
        self.statistics(&self.means, &zeros, &zeros)
    }

    /// The largest mean over `white` centres, and the largest in units of its deviation over `spa` centres, at least 0; both
    /// times the root of the number of periods.
    fn statistics(&self, means: &[f64], white: &[f64], spa: &[f64]) -> (f64, f64) {
        let root = (self.rows.len() as f64).sqrt();
        let mut largest = (f64::NEG_INFINITY, 0.0f64);
        for (i, m) in means.iter().enumerate() {
            largest.0 = largest.0.max(root * (m - white[i]));
            largest.1 = largest.1.max(root * (m - spa[i]) * self.per_deviation[i]);
        }
        largest
    }

    /// Both statistics of one draw of as many periods.
    fn draw(&self, rng: &mut Pcg64Mcg, mean_run: f64) -> (f64, f64) {
        let n = self.rows.len();
        let below = |rng: &mut Pcg64Mcg, n: usize| ((u128::from(rng.next_u64()) * n as u128) >> 64) as usize;
        let mut times = vec![0.0; n];
        let mut at = below(rng, n);
        for _ in 0..n {
            times[at] += 1.0;
            let unit = (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
            // A run goes on with probability 1 - 1 / mean, over the end to the start.
            at = if unit * mean_run < 1.0 {
                below(rng, n)
            } else {
                (at + 1) % n
            };
        }
        let mut means = vec![0.0; self.means.len()];
        for (row, times) in self.rows.iter().zip(&times).filter(|(_, times)| **times > 0.0) {
            let weight = times / n as f64;
            means.iter_mut().zip(row).for_each(|(sum, x)| *sum += weight * x);
        }
        self.statistics(&means, &self.means, &self.centres)
    }
}

/// The variance of the mean times the periods, as the stationary bootstrap has it (Politis and Romano 1994, eq. 9).
fn long_run_variance(column: &[f64], centre: f64, mean_run: f64) -> f64 {
    let n = column.len();
    let covariance = |lag: usize| {
        let products = column
            .iter()
            .zip(&column[lag..])
            .map(|(a, b)| (a - centre) * (b - centre));
        products.sum::<f64>() / n as f64
    };
    let stay = 1.0 - 1.0 / mean_run;
    let mut sum = covariance(0);
    if stay > 0.0 {
        for lag in 1..n {
            let share = lag as f64 / n as f64;
            let kernel = (1.0 - share) * stay.powi(lag as i32) + share * stay.powi((n - lag) as i32);
            sum += 2.0 * kernel * covariance(lag);
        }
    }
    sum.max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::test_data::{matrix, noise};

    fn check(returns: &Returns, mean_run: f64) -> RealityCheck {
        reality_check(returns, 400, mean_run, &mut Pcg64Mcg::new(7)).unwrap()
    }

    fn lifted(seed: u64, by: f64) -> Returns {
        let plain = noise(seed, 100, 30);
        let mut columns = plain.columns().to_vec();
        columns[3].iter_mut().for_each(|x| *x += by);
        Returns::new(plain.periods().to_vec(), plain.names().to_vec(), columns).unwrap()
    }

    #[test]
    fn skill_is_found_and_noise_is_not() {
        for mean_run in [1.0, 4.0] {
            let found = check(&lifted(2, 0.8), mean_run);
            assert_eq!(found.best, 3);
            assert!(found.p_white < 0.01 && found.p_spa < 0.01, "{found:?}");
        }
        // Of forty searches of noise two pass at 5% on average; seven or more would happen once in 300 times.
        let n_passed = (0..40)
            .filter(|seed| check(&lifted(*seed, 0.0), 1.0).p_white <= 0.05)
            .count();
        assert!(n_passed < 7, "{n_passed}");
    }

    #[test]
    fn hopeless_company_hides_skill_from_white_more_than_from_hansen() {
        let good = lifted(2, 0.4);
        let mut columns = good.columns().to_vec();
        // Wild and bad: their draws set the maximum White compares with.
        columns[10..].iter_mut().flatten().for_each(|x| *x = 6.0 * *x - 9.0);
        let mixed = Returns::new(good.periods().to_vec(), good.names().to_vec(), columns).unwrap();
        let got = check(&mixed, 1.0);
        assert!(got.p_white > 0.3 && got.p_spa < 0.05, "{got:?}");
    }

    #[test]
    fn the_reference_search_is_tested_alike_on_any_number_of_threads() {
        let Some(matrix) = matrix() else { return };
        let pool = |n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
        let (one, three) = (
            pool(1).install(|| check(&matrix, 1.0)),
            pool(3).install(|| check(&matrix, 1.0)),
        );
        assert_eq!(one, three);
        println!("{one:?}");
    }

    #[test]
    fn idle_strategies_and_nonsense_are_defined() {
        let idle = Returns::new(vec!["w".to_owned(); 4], vec!["s".to_owned()], vec![vec![0.0; 4]]).unwrap();
        let got = check(&idle, 1.0);
        assert_eq!((got.p_white, got.p_spa, got.best_mean), (1.0, 1.0, 0.0));
        let mut rng = Pcg64Mcg::new(1);
        assert!(
            reality_check(&idle, 0, 1.0, &mut rng)
                .unwrap_err()
                .to_string()
                .contains("0 draws")
        );
        assert!(
            reality_check(&idle, 5, 9.0, &mut rng)
                .unwrap_err()
                .to_string()
                .contains("from 4")
        );
    }
}
