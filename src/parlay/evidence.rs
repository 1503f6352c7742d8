//! What the best of many patterns is worth: the reality check over all that were tried.

use pulp::{Arch, NullaryFnOnce};
use rand::Rng as _;
use rand_pcg::Pcg64Mcg;

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
