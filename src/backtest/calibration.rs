//! Whether sixty percent means sixty percent: stated probabilities beside what happened.
//!
//! Ten bins of equal count, because pooled probabilities crowd around one half and bins of equal width would leave eight
//! of ten empty; and Cox's recalibration (1958), `logit(p true) = intercept + slope * logit(p stated)`, where 0 and 1 are
//! perfect and a slope below 1 means overconfidence.

use crate::domain::probability::Probability;
use crate::stats::estimate::Rate;
use serde::{Deserialize, Serialize};

/// Bins of the table.
pub const BINS: usize = 10;
/// Observations a bin should hold: with fewer there are fewer bins, because a rate of one trial shows nothing.
pub const MIN_PER_BIN: usize = 10;
/// Observations below which two coefficients say nothing.
pub const MIN_FOR_SLOPE: u64 = 50;
/// Newton's method on a concave function of two variables: it is at machine precision after eight steps, or diverges.
const NEWTON_STEPS: usize = 30;
/// Coefficients beyond this mean the data are separable and have no finite answer.
const MAX_COEFFICIENT: f64 = 50.0;

/// One bin of the table.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// The lowest probability in it.
    pub low: Probability,
    /// The highest.
    pub high: Probability,
    /// Their mean.
    pub predicted: Probability,
    /// How often it came true.
    pub observed: Rate,
}

/// The straight line through stated and true log-odds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recalibration {
    /// 0 is perfect.
    pub intercept: f64,
    /// 1 is perfect; below is overconfident.
    pub slope: f64,
    /// Standard error of the intercept, from the information matrix.
    pub intercept_se: f64,
    /// Standard error of the slope.
    pub slope_se: f64,
}

/// A calibration table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// What was predicted.
    pub of: String,
    /// Observations.
    pub n: u64,
    /// At most [`BINS`] of [`MIN_PER_BIN`] observations or more, by rising probability, of equal count within one.
    pub bins: Vec<Bin>,
    /// None under [`MIN_FOR_SLOPE`] observations, or when the data have no finite answer.
    pub recalibration: Option<Recalibration>,
}

impl Calibration {
    /// The table of predictions with what happened.
    pub fn of(of: &str, mut predictions: Vec<(Probability, bool)>) -> Calibration {
        // Outcomes among equal probabilities are ordered too, so that the order of the input leaves no trace.
        predictions.sort_by(|a, b| a.0.get().total_cmp(&b.0.get()).then(a.1.cmp(&b.1)));
        let n = predictions.len();
        let n_bins = (n / MIN_PER_BIN).clamp(1, BINS);
        let cut = |i: usize| i * n / n_bins;
        Calibration {
            of: of.to_owned(),
            n: n as u64,
            bins: (0..n_bins)
                .filter_map(|i| bin(&predictions[cut(i)..cut(i + 1)]))
                .collect(),
            recalibration: recalibrate(&predictions),
        }
    }
}

fn bin(part: &[(Probability, bool)]) -> Option<Bin> {
    let (first, last) = (part.first()?, part.last()?);
    let sum: f64 = part.iter().map(|(p, _)| p.get()).sum();
    Some(Bin {
        low: first.0,
        high: last.0,
        predicted: Probability::clamped(sum / part.len() as f64),
        observed: Rate::among(part.iter().map(|(_, hit)| *hit)),
    })
}

/// Maximum likelihood of the two coefficients by Newton's method.
pub fn recalibrate(predictions: &[(Probability, bool)]) -> Option<Recalibration> {
    if (predictions.len() as u64) < MIN_FOR_SLOPE {
        return None;
    }
    let (mut a, mut b) = (0.0, 1.0);
    for _ in 0..NEWTON_STEPS {
        let (gradient, information) = likelihood(predictions, a, b);
        let [aa, ab, bb] = information;
        let determinant = aa * bb - ab * ab;
        // All probabilities alike leave the slope without meaning.
        if determinant <= 1e-9 * aa * bb {
            return None;
        }
        let step_a = (bb * gradient[0] - ab * gradient[1]) / determinant;
        let step_b = (aa * gradient[1] - ab * gradient[0]) / determinant;
        a += step_a;
        b += step_b;
        if !(a.abs() < MAX_COEFFICIENT && b.abs() < MAX_COEFFICIENT) {
            return None;
        }
        if step_a.abs() + step_b.abs() < 1e-10 {
            return Some(Recalibration {
                intercept: a,
                slope: b,
                intercept_se: (bb / determinant).sqrt(),
                slope_se: (aa / determinant).sqrt(),
            });
        }
    }
    None
}

/// Gradient and information (aa, ab, bb) of the log-likelihood.
fn likelihood(predictions: &[(Probability, bool)], a: f64, b: f64) -> ([f64; 2], [f64; 3]) {
    let (mut gradient, mut information) = ([0.0; 2], [0.0; 3]);
    for (p, hit) in predictions {
        let x = p.logit();
        let expected = Probability::from_logit(a + b * x).get();
        let error = f64::from(u8::from(*hit)) - expected;
        let weight = expected * (1.0 - expected);
        gradient[0] += error;
        gradient[1] += error * x;
        information[0] += weight;
        information[1] += weight * x;
        information[2] += weight * x * x;
    }
    (gradient, information)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `n` predictions of `p`, of which `hits` came true.
    fn group(p: f64, n: usize, hits: usize) -> impl Iterator<Item = (Probability, bool)> {
        (0..n).map(move |i| (Probability::clamped(p), i < hits))
    }

    #[test]
    fn perfect_forecasts_have_slope_one() {
        let data: Vec<_> = group(0.2, 100, 20).chain(group(0.7, 100, 70)).collect();
        let got = recalibrate(&data).unwrap();
        assert!((got.slope - 1.0).abs() < 1e-9 && got.intercept.abs() < 1e-9, "{got:?}");
        assert!(got.slope_se > 0.0 && got.slope_se < 0.3, "{got:?}");
    }

    #[test]
    fn overconfidence_has_a_slope_below_one() {
        // Stated 20% and 80%, true 40% and 60%: the slope is logit(.6) / logit(.8).
        let data: Vec<_> = group(0.2, 100, 40).chain(group(0.8, 100, 60)).collect();
        let want = 1.5f64.ln() / 4.0f64.ln();
        assert!((recalibrate(&data).unwrap().slope - want).abs() < 1e-9);
    }

    #[test]
    fn what_has_no_answer_gets_none() {
        assert_eq!(recalibrate(&group(0.6, 49, 30).collect::<Vec<_>>()), None);
        assert_eq!(recalibrate(&group(0.6, 200, 120).collect::<Vec<_>>()), None);
        let separable: Vec<_> = group(0.2, 100, 0).chain(group(0.8, 100, 100)).collect();
        assert_eq!(recalibrate(&separable), None);
    }

    #[test]
    fn bins_are_of_equal_count_and_cover_all() {
        let data: Vec<_> = (0..105)
            .map(|i| (Probability::clamped(f64::from(i) / 105.0), i % 2 == 0))
            .collect();
        let table = Calibration::of("all", data);
        assert_eq!((table.bins.len(), table.n), (BINS, 105));
        assert_eq!(table.bins.iter().map(|b| b.observed.n).sum::<u64>(), 105);
        assert!(table.bins.iter().all(|b| (10..=11).contains(&b.observed.n)));
        let few = Calibration::of("few", group(0.5, 3, 1).collect());
        assert_eq!(few.bins.iter().map(|b| b.observed.n).sum::<u64>(), 3);
        assert!(Calibration::of("none", Vec::new()).bins.is_empty());
    }
}
