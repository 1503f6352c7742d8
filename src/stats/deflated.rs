//! The Sharpe ratio after what a search makes of it: a good one among a thousand tries is what luck looks like.
//!
//! The deflated Sharpe ratio (Bailey and Lopez de Prado 2014) is the probability that the true Sharpe ratio is above what the
//! best of N skill-less trials is expected to show, allowing for skewness, fat tails and the length of the record.

use super::normal::{TINY, mean, normal_cdf, normal_quantile, variance};
use super::returns::Returns;
use crate::domain::probability::Probability;
use serde::Serialize;
use std::f64::consts::E;
use std::num::NonZeroU64;

/// The Euler-Mascheroni constant.
const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;

/// How many strategies were tried in all, the discarded ones too. There is no default: whoever judges has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Trials(NonZeroU64);

impl Trials {
    /// A number of trials.
    pub fn new(n: NonZeroU64) -> Trials {
        Trials(n)
    }

    /// The number.
    pub fn get(self) -> u64 {
        self.0.get()
    }
}

/// What of a return series its Sharpe ratio's uncertainty depends on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Shape {
    /// Periods, at least two.
    pub n_periods: u64,
    /// Mean over standard deviation (n - 1), not annualised.
    pub sharpe: f64,
    /// The third standardised moment, of the sample taken as a population.
    pub skewness: f64,
    /// The fourth, 3 for a normal distribution.
    pub kurtosis: f64,
}

impl Shape {
    /// Of returns in order. None for fewer than two, and for a constant series, which has no Sharpe ratio.
    pub fn of(returns: &[f64]) -> Option<Shape> {
        let (centre, sd) = (mean(returns)?, variance(returns)?.sqrt());
        if sd < TINY * centre.abs().max(1.0) {
            return None;
        }
        let n = returns.len() as f64;
        let moment = |power: i32| returns.iter().map(|x| (x - centre).powi(power)).sum::<f64>() / n;
        let second = moment(2);
        Some(Shape {
            n_periods: returns.len() as u64,
            sharpe: centre / sd,
            skewness: moment(3) / second.powf(1.5),
            kurtosis: moment(4) / second.powi(2),
        })
    }

    /// The probability that the true Sharpe ratio is above `benchmark`, per period (the probabilistic Sharpe ratio):
    /// `Phi((SR - SR*) sqrt(T - 1) / sqrt(1 - g3 SR + (g4 - 1) / 4 SR^2))`. None where the approximation has no variance.
    pub fn probability_above(&self, benchmark: f64) -> Option<Probability> {
        let sr = self.sharpe;
        let spread = 1.0 - self.skewness * sr + (self.kurtosis - 1.0) / 4.0 * sr * sr;
        if spread < TINY {
            return None;
        }
        let z = (sr - benchmark) * ((self.n_periods - 1) as f64).sqrt() / spread.sqrt();
        Some(Probability::clamped(normal_cdf(z)))
    }
}

/// The Sharpe ratio that the best of `trials` strategies without skill is expected to show when their Sharpe ratios have the
/// given variance: `sqrt(V) ((1 - g) Phi^-1(1 - 1/N) + g Phi^-1(1 - 1/(N e)))`. A single trial selects nothing: 0.
pub fn expected_best(variance_of_sharpes: f64, trials: Trials) -> f64 {
    let n = trials.get() as f64;
    let quantile = |tail: f64| normal_quantile(1.0 - tail);
    match (quantile(1.0 / n), quantile(1.0 / (n * E))) {
        (Some(a), Some(b)) => variance_of_sharpes.sqrt() * ((1.0 - EULER_GAMMA) * a + EULER_GAMMA * b),
        // One trial, or more than 2^53, which nobody has made.
        _ => 0.0,
    }
}

/// One strategy after the search is taken off it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeflatedRow {
    /// The strategy.
    pub name: String,
    /// Its record.
    #[serde(flatten)]
    pub shape: Shape,
    /// The probability that its true Sharpe ratio is above zero, were it the only one tried.
    pub psr: Option<Probability>,
    /// The probability that it is above what the search alone would show.
    pub dsr: Option<Probability>,
}

/// A search's Sharpe ratios, and its best after the search is taken off them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Deflated {
    /// Strategies tried.
    pub n_trials: Trials,
    /// Strategies whose returns are known.
    pub n_strategies: usize,
    /// Periods.
    pub n_periods: usize,
    /// The average Sharpe ratio of the known ones.
    pub mean_sharpe: f64,
    /// Their variance (n - 1); 0 for a single one.
    pub variance_of_sharpes: f64,
    /// What the best of so many is expected to show without skill.
    pub sr0: f64,
    /// The best, in falling order of the Sharpe ratio, at most `n_best`.
    pub best: Vec<DeflatedRow>,
}

/// Deflates the Sharpe ratios of the `n_best` best strategies of a search of `trials`. A strategy with constant returns, such
/// as one that never bets, counts with a Sharpe ratio of 0 and is never among the best.
pub fn deflated(returns: &Returns, trials: Trials, n_best: usize) -> Deflated {
    let shapes: Vec<Option<Shape>> = returns.columns().iter().map(|c| Shape::of(c)).collect();
    let sharpes: Vec<f64> = shapes.iter().map(|s| s.map_or(0.0, |s| s.sharpe)).collect();
    let spread = variance(&sharpes).unwrap_or(0.0);
    let sr0 = expected_best(spread, trials);
    let mut known: Vec<(&String, Shape)> = returns
        .names()
        .iter()
        .zip(&shapes)
        .filter_map(|(name, shape)| Some((name, (*shape)?)))
        .collect();
    // Stable, so that the first column leads among equals.
    known.sort_by(|a, b| b.1.sharpe.total_cmp(&a.1.sharpe));
    let row = |(name, shape): &(&String, Shape)| DeflatedRow {
        name: (*name).clone(),
        shape: *shape,
        psr: shape.probability_above(0.0),
        dsr: shape.probability_above(sr0),
    };
    Deflated {
        n_trials: trials,
        n_strategies: sharpes.len(),
        n_periods: returns.periods().len(),
        mean_sharpe: mean(&sharpes).unwrap_or(0.0),
        variance_of_sharpes: spread,
        sr0,
        best: known.iter().take(n_best).map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::test_data::matrix;

    fn trials(n: u64) -> Trials {
        Trials::new(NonZeroU64::new(n).unwrap())
    }

    fn near(what: &str, got: f64, want: f64) {
        println!("{what}: {got:.16}, {:+.1e} from the reference", got - want);
        assert!((got - want).abs() < 1e-10, "{what}: {got}, not {want}");
    }

    #[test]
    fn the_reference_search_is_deflated_to_nothing() {
        let Some(matrix) = matrix() else { return };
        let got = deflated(&matrix, trials(1_000), 10);
        near("variance", got.variance_of_sharpes, 0.009495041612513636);
        near("mean", got.mean_sharpe, -0.08537599804506252);
        near("SR0", got.sr0, 0.31718719156095027);
        let (first, last) = (&got.best[0], &got.best[9]);
        assert_eq!((first.name.as_str(), last.name.as_str()), ("s0831", "s0628"));
        near("best SR", first.shape.sharpe, 0.18885058792369422);
        near("skewness", first.shape.skewness, 0.7978672925896696);
        near("kurtosis", first.shape.kurtosis, 6.470278795849308);
        near("PSR", first.psr.unwrap().get(), 0.9995036626743666);
        near("DSR", first.dsr.unwrap().get(), 0.012625590203419568);
        near("DSR of the tenth", last.dsr.unwrap().get(), 0.0011722309302322636);
    }

    #[test]
    fn the_formula_gives_the_reference_without_the_matrix() {
        near(
            "SR0",
            expected_best(0.009495041612513636, trials(1_000)),
            0.31718719156095027,
        );
        let best = Shape {
            n_periods: 274,
            sharpe: 0.18885058792369422,
            skewness: 0.7978672925896696,
            kurtosis: 6.470278795849308,
        };
        let above = |sr| best.probability_above(sr).unwrap().get();
        near("PSR", above(0.0), 0.9995036626743666);
        near("DSR", above(0.31718719156095027), 0.012625590203419568);
    }

    #[test]
    fn little_data_has_no_ratio_and_one_trial_no_discount() {
        assert_eq!(
            (Shape::of(&[]), Shape::of(&[1.0]), Shape::of(&[0.3; 9])),
            (None, None, None)
        );
        assert_eq!(expected_best(0.01, trials(1)), 0.0);
        let idle = Returns::new(vec!["w".to_owned(); 3], vec!["idle".to_owned()], vec![vec![0.0; 3]]).unwrap();
        let got = deflated(&idle, trials(5), 10);
        assert_eq!((got.sr0, got.best.len(), got.mean_sharpe), (0.0, 0, 0.0));
        assert!(expected_best(0.01, trials(100)) < expected_best(0.01, trials(10_000)));
    }
}
