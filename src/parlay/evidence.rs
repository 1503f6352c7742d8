//! What many tests of one body of data are worth: an exact tail, and two ways to pay for having searched.

use libm::{lgamma, log1p};
use pulp::{Arch, NullaryFnOnce};
use rand::Rng as _;
use rand_pcg::Pcg64Mcg;

/// The chance of `wins` or more in `n` bets that win with probability `p` in (0, 1): the exact binomial tail, summed from the
/// likeliest term outwards so that nothing is lost. 1 without bets or without wins.
pub fn binomial_tail(wins: u64, n: u64, p: f64) -> f64 {
    if wins == 0 || n == 0 {
        return 1.0;
    }
    let log_term = |k: u64| {
        let (k, n) = (k as f64, n as f64);
        lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0) + k * p.ln() + (n - k) * log1p(-p)
    };
    let odds = p / (1.0 - p);
    // Above the mean the terms fall from `wins` on; below it the other tail is the short one.
    let falling = wins as f64 >= p * n as f64;
    let mut term = log_term(if falling { wins } else { wins - 1 }).exp();
    let mut sum = 0.0;
    let mut k = if falling { wins } else { wins - 1 };
    loop {
        sum += term;
        if falling {
            if k == n || term < sum * 1e-18 {
                return sum.min(1.0);
            }
            term *= odds * (n - k) as f64 / (k + 1) as f64;
            k += 1;
        } else {
            if k == 0 || term < sum * 1e-18 {
                return (1.0 - sum).clamp(0.0, 1.0);
            }
            term *= k as f64 / ((n - k + 1) as f64 * odds);
            k -= 1;
        }
    }
}

/// The level at which each hypothesis would just be kept when the share of false discoveries is held at that level
/// (Benjamini and Hochberg 1995): the smallest `p_j m / rank_j` over all p-values at or above its own.
pub fn adjusted(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut q = vec![1.0; p.len()];
    let mut least: f64 = 1.0;
    for (rank, &i) in order.iter().enumerate().rev() {
        least = least.min(p[i] * p.len() as f64 / (rank + 1) as f64);
        q[i] = least;
    }
    q
}

/// Resamples computed side by side.
const LANES: usize = 16;

/// White's reality check (2000), each strategy measured in its own standard deviations as Hansen (2005) has it, or those with
/// many bets drown those with few: how often the best of all looks at least this good when none of them is any good.
/// `profits` has one row a strategy, one column a week; weeks are resampled, because games of a week share luck. `None`
/// when no strategy has two different weeks. The answer is at least 1 / (draws + 1).
pub fn reality_check(profits: &[Vec<f32>], draws: usize, rng: &mut Pcg64Mcg) -> Option<f64> {
    let n_weeks = profits.first()?.len();
    let rows: Vec<Vec<f32>> = profits.iter().filter_map(|row| in_deviations(row)).collect();
    if rows.is_empty() {
        return None;
    }
    let sums: Vec<f32> = rows.iter().map(|row| row.iter().sum()).collect();
    let best = sums.iter().copied().fold(f32::MIN, f32::max);
    let arch = Arch::new();
    let mut as_good = 0usize;
    let n_batches = draws.div_ceil(LANES);
    for _ in 0..n_batches {
        let mut times = vec![[0f32; LANES]; n_weeks];
        for draw in 0..LANES * n_weeks {
            // A uniform index by multiplication: the bias is below n / 2^64.
            let week = ((u128::from(rng.next_u64()) * n_weeks as u128) >> 64) as usize;
            times[week][draw % LANES] += 1.0;
        }
        let batch = Batch {
            rows: &rows,
            sums: &sums,
            times: &times,
        };
        as_good += arch.dispatch(batch).iter().filter(|v| **v >= best).count();
    }
    Some((as_good + 1) as f64 / (n_batches * LANES + 1) as f64)
}

/// Weekly profits over the standard deviation of their sum; none when every week is alike.
fn in_deviations(row: &[f32]) -> Option<Vec<f32>> {
    let mean = row.iter().map(|x| f64::from(*x)).sum::<f64>() / row.len() as f64;
    let squares: f64 = row.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum();
    let scale = 1.0 / squares.sqrt();
    (squares > 0.0).then(|| row.iter().map(|x| (f64::from(*x) * scale) as f32).collect())
}

/// The best strategy's sum, less what it earned, in each of some resamples.
struct Batch<'a> {
    rows: &'a [Vec<f32>],
    sums: &'a [f32],
    times: &'a [[f32; LANES]],
}

impl NullaryFnOnce for Batch<'_> {
    type Output = [f32; LANES];

    /// Fused and in the order of the weeks in every lane: the same on every machine.
    #[inline(always)]
    fn call(self) -> [f32; LANES] {
        let mut best = [f32::MIN; LANES];
        for (row, sum) in self.rows.iter().zip(self.sums) {
            let mut lanes = [-*sum; LANES];
            for (profit, times) in row.iter().zip(self.times) {
                lanes = std::array::from_fn(|lane| times[lane].mul_add(*profit, lanes[lane]));
            }
            best = std::array::from_fn(|lane| best[lane].max(lanes[lane]));
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_are_exact() {
        // scipy.stats.binom.sf(k - 1, n, p)
        let cases = [
            (6, 10, 0.5, 0.376953125),
            (60, 100, 0.5, 0.02844396682049039),
            (10, 10, 0.3, 0.3f64.powi(10)),
            (1, 10, 0.3, 1.0 - 0.7f64.powi(10)),
            (0, 10, 0.3, 1.0),
            (0, 0, 0.3, 1.0),
        ];
        for (wins, n, p, expected) in cases {
            let got = binomial_tail(wins, n, p);
            assert!((got - expected).abs() < 1e-12, "{wins} of {n} at {p}: {got}");
        }
        // Both roads meet at the mean.
        let sum = |k: u64| binomial_tail(k, 3_000, 11.0 / 21.0) - binomial_tail(k + 1, 3_000, 11.0 / 21.0);
        assert!((sum(1_571) - sum(1_572)).abs() < 1e-4 && sum(1_571) > 0.01);
    }

    #[test]
    fn false_discoveries_are_paid_for() {
        let q = adjusted(&[0.01, 0.04, 0.03, 0.5]);
        let expected = [0.04, 0.16 / 3.0, 0.16 / 3.0, 0.5];
        assert!(q.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{q:?}");
        assert!(adjusted(&[]).is_empty());
    }

    /// Two hundred weeks of a coin that wins this often.
    fn coin(share: f64, rng: &mut Pcg64Mcg) -> Vec<f32> {
        let win = |x: u64| if x as f64 / u64::MAX as f64 <= share { 1.0 } else { -1.0 };
        (0..200).map(|_| win(rng.next_u64())).collect()
    }

    #[test]
    fn the_best_of_many_coins_is_luck_and_a_loaded_one_is_not() {
        let mut rng = Pcg64Mcg::new(0xcafe_f00d_d15e_a5e5);
        let mut n_rejected = 0;
        for _ in 0..20 {
            let mut coins: Vec<Vec<f32>> = (0..40).map(|_| coin(0.5, &mut rng)).collect();
            let fair = reality_check(&coins, 112, &mut rng).unwrap();
            n_rejected += u32::from(fair <= 0.05);
            coins.push(coin(0.8, &mut rng));
            assert!(reality_check(&coins, 112, &mut rng).unwrap() < 0.01);
        }
        // One in twenty is expected; five would be a chance of three in a thousand.
        assert!(
            n_rejected < 5,
            "{n_rejected} of 20 families of fair coins were believed"
        );
    }

    #[test]
    fn nothing_to_compare_has_no_answer() {
        for rows in [vec![], vec![vec![]], vec![vec![2.0, 2.0]]] {
            assert_eq!(reality_check(&rows, 16, &mut Pcg64Mcg::new(1)), None);
        }
    }
}
