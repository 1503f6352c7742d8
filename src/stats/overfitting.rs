//! How often the best of a search is worse than its middle on data it was not chosen on: the probability of backtest
//! overfitting by combinatorially symmetric cross-validation (Bailey, Borwein, Lopez de Prado and Zhu 2017).
//!
//! The periods are cut into S blocks. For every half of the blocks the best strategy on that half is ranked among all on the
//! other half; the probability is the share of the halves after which it ranks in the lower half there. Strategies without
//! skill give about one half.

use super::normal::mean;
use super::returns::Returns;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// S beyond this has more than 184,756 halves and says nothing new.
pub const MAX_BLOCKS: usize = 20;

/// What a strategy is chosen and ranked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Mean over standard deviation (n - 1) of a period's return, not annualised; 0 for a constant series.
    Sharpe,
    /// The mean return of a period.
    Mean,
}

/// How likely it is that the search found noise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overfitting {
    /// The share of combinations whose logit is at most zero.
    pub pbo: f64,
    /// Blocks.
    pub n_blocks: usize,
    /// The metric.
    pub metric: Metric,
    /// Strategies.
    pub n_strategies: usize,
    /// Halves of the blocks: S over S/2.
    pub n_combinations: usize,
    /// Periods used.
    pub n_rows: usize,
    /// The oldest periods, left out so that blocks are equal.
    pub n_rows_dropped: usize,
    /// The average of the logits.
    pub mean_logit: f64,
    /// Their median.
    pub median_logit: f64,
    /// The share of combinations whose best strategy had a metric below zero on the other half.
    pub prob_oos_loss: f64,
    /// The average metric of the best where it was chosen.
    pub mean_is_best: f64,
    /// The average metric of the same strategy on the other half.
    pub mean_oos_of_best: f64,
    /// Slope of the second on the first by least squares; none when the first never varies.
    pub degradation_slope: Option<f64>,
    /// The intercept of that line.
    pub degradation_intercept: Option<f64>,
    /// For each combination in lexicographic order ln(w / (1 - w)), with w the best's rank on the other half (1 the worst,
    /// ties averaged) over the number of strategies plus one.
    pub logits: Vec<f64>,
}

/// Why no probability was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OverfittingError {
    /// One strategy is no search.
    #[error("cannot judge a search of {0} strategies: give the returns of all that were tried, at least two")]
    Strategies(usize),
    /// Not a usable number of blocks.
    #[error("cannot cut the periods into {0} blocks: choose an even number from 2 to {MAX_BLOCKS}")]
    Blocks(usize),
    /// More blocks than periods.
    #[error("cannot cut {n_periods} periods into {n_blocks} blocks: choose fewer blocks or give more periods")]
    Periods {
        /// Rows.
        n_periods: usize,
        /// Blocks asked for.
        n_blocks: usize,
    },
}

/// The probability of backtest overfitting of the strategies in `returns` with `n_blocks` blocks. The definition is that of
/// reference/pbo.json: the oldest T mod S periods are dropped, ties for the best go to the first column. The answer does not
/// depend on the number of threads.
///
/// # Errors
/// [`OverfittingError`] for fewer than two strategies or blocks that cannot be cut.
pub fn overfitting(returns: &Returns, n_blocks: usize, metric: Metric) -> Result<Overfitting, OverfittingError> {
    let (n_strategies, n_periods) = (returns.columns().len(), returns.periods().len());
    if n_strategies < 2 {
        return Err(OverfittingError::Strategies(n_strategies));
    }
    if !(2..=MAX_BLOCKS).contains(&n_blocks) || n_blocks % 2 == 1 {
        return Err(OverfittingError::Blocks(n_blocks));
    }
    if n_blocks > n_periods {
        return Err(OverfittingError::Periods { n_periods, n_blocks });
    }
    let blocks = Blocks::cut(returns, n_blocks, metric);
    let halves = halves(n_blocks);
    let found: Vec<Found> = halves
        .par_iter()
        .map_init(|| blocks.scratch(), |scratch, half| blocks.judge(*half, scratch))
        .collect();
    let n_rows = blocks.n_rows_a_block * n_blocks;
    Ok(summary(&found, returns, n_blocks, metric, n_rows))
}

/// Every way to pick half of the blocks, as bits, in the lexicographic order of the picked numbers.
fn halves(n_blocks: usize) -> Vec<u32> {
    let mut all: Vec<u32> = (0..1u32 << n_blocks)
        .filter(|bits| bits.count_ones() as usize * 2 == n_blocks)
        .collect();
    // With block 0 as the highest bit, lexicographic is descending.
    all.sort_by_key(|bits| std::cmp::Reverse(bits.reverse_bits()));
    all
}

/// Sums of each block and strategy, from which any half's metric follows without its rows.
struct Blocks {
    metric: Metric,
    n_rows_a_block: usize,
    n_strategies: usize,
    /// Per block, per strategy.
    sums: Vec<Vec<f64>>,
    /// Of squares.
    squares: Vec<Vec<f64>>,
}

/// Room for the sums of a half.
struct Scratch {
    sums: Vec<f64>,
    squares: Vec<f64>,
    inside: Vec<f64>,
    outside: Vec<f64>,
}

/// What one half chose and how that did on the other.
#[derive(Clone, Copy, Debug)]
struct Found {
    inside: f64,
    outside: f64,
    logit: f64,
}

impl Blocks {
    fn cut(returns: &Returns, n_blocks: usize, metric: Metric) -> Blocks {
        let n_periods = returns.periods().len();
        let n_rows_a_block = n_periods / n_blocks;
        let n_dropped = n_periods % n_blocks;
        let per_block = |of: fn(f64) -> f64| -> Vec<Vec<f64>> {
            let block = |b: usize| {
                let rows = n_dropped + b * n_rows_a_block..n_dropped + (b + 1) * n_rows_a_block;
                let sum = |column: &Vec<f64>| column[rows.clone()].iter().map(|x| of(*x)).sum();
                returns.columns().iter().map(sum).collect()
            };
            (0..n_blocks).map(block).collect()
        };
        Blocks {
            metric,
            n_rows_a_block,
            n_strategies: returns.columns().len(),
            sums: per_block(|x| x),
            squares: per_block(|x| x * x),
        }
    }

    fn scratch(&self) -> Scratch {
        let zeros = || vec![0.0; self.n_strategies];
        Scratch {
            sums: zeros(),
            squares: zeros(),
            inside: zeros(),
            outside: zeros(),
        }
    }

    fn judge(&self, half: u32, scratch: &mut Scratch) -> Found {
        let Scratch {
            sums,
            squares,
            inside,
            outside,
        } = scratch;
        self.metrics(half, sums, squares, inside);
        self.metrics(!half, sums, squares, outside);
        // The first of equals: a later one must be greater.
        let best = (1..inside.len()).fold(0, |best, i| if inside[i] > inside[best] { i } else { best });
        let own = outside[best];
        let n_below = outside.iter().filter(|x| **x < own).count() as f64;
        let n_equal = outside.iter().filter(|x| **x == own).count() as f64;
        let w = (n_below + 0.5 * (n_equal + 1.0)) / (self.n_strategies as f64 + 1.0);
        Found {
            inside: inside[best],
            outside: own,
            logit: (w / (1.0 - w)).ln(),
        }
    }

    /// The metric of every strategy over the blocks whose bits are set. Both halves are added up afresh: the difference to
    /// the total would turn the exact zero of a strategy that did not bet into a rounding error with a Sharpe ratio.
    fn metrics(&self, half: u32, sums: &mut [f64], squares: &mut [f64], into: &mut [f64]) {
        sums.fill(0.0);
        squares.fill(0.0);
        for (b, (block_sums, block_squares)) in self.sums.iter().zip(&self.squares).enumerate() {
            if half >> b & 1 == 1 {
                add(sums, block_sums);
                add(squares, block_squares);
            }
        }
        let n = (self.n_rows_a_block * self.sums.len() / 2) as f64;
        for ((into, sum), squares) in into.iter_mut().zip(&*sums).zip(&*squares) {
            *into = match self.metric {
                Metric::Mean => sum / n,
                Metric::Sharpe => sharpe_of_sums(n, *sum, *squares),
            };
        }
    }
}

fn add(sums: &mut [f64], block: &[f64]) {
    sums.iter_mut().zip(block).for_each(|(sum, x)| *sum += x);
}

/// The Sharpe ratio from sums. A variance below 1e-18, or below what rounding leaves of a constant series, counts as none.
fn sharpe_of_sums(n: f64, sum: f64, squares: f64) -> f64 {
    let variance = (squares - sum * sum / n) / (n - 1.0).max(1.0);
    if variance <= f64::max(1e-18, 1e-13 * squares / n) {
        0.0
    } else {
        sum / n / variance.sqrt()
    }
}

fn summary(found: &[Found], returns: &Returns, n_blocks: usize, metric: Metric, n_rows: usize) -> Overfitting {
    let of = |field: fn(&Found) -> f64| -> Vec<f64> { found.iter().map(field).collect() };
    let share = |hit: fn(&Found) -> bool| found.iter().filter(|f| hit(f)).count() as f64 / found.len() as f64;
    let average = |xs: &[f64]| mean(xs).expect("two blocks have two halves");
    let (logits, inside, outside) = (of(|f| f.logit), of(|f| f.inside), of(|f| f.outside));
    let (x, y) = (average(&inside), average(&outside));
    let products = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| (a - x) * b).sum() };
    let spread: f64 = inside.iter().map(|a| (a - x).powi(2)).sum();
    let slope = (spread > super::normal::TINY * found.len() as f64).then(|| products(&inside, &outside) / spread);
    let mut sorted = logits.clone();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    Overfitting {
        pbo: share(|f| f.logit <= 0.0),
        n_blocks,
        metric,
        n_strategies: returns.columns().len(),
        n_combinations: found.len(),
        n_rows,
        n_rows_dropped: returns.periods().len() - n_rows,
        mean_logit: average(&logits),
        // The number of halves is even: S over S/2 is twice S-1 over S/2.
        median_logit: 0.5 * (sorted[half - 1] + sorted[half]),
        prob_oos_loss: share(|f| f.outside < 0.0),
        mean_is_best: x,
        mean_oos_of_best: y,
        degradation_slope: slope,
        degradation_intercept: slope.map(|slope| y - slope * x),
        logits,
    }
}

#[cfg(test)]
mod tests;
