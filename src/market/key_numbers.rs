//! A normal distribution over whole points that knows some scores are likelier than their neighbours.
//!
//! Football is scored in threes and sevens, so a margin of 3 is almost three times as frequent as a smooth curve says, and
//! the half point around it is worth more than any other. Margins and totals share the shape: the mass of a score is that of
//! the discretised normal times a factor fitted to its frequency.

use crate::domain::line::HalfPoints;
use crate::domain::probability::Probability;
use libm::erf;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Added to observed and expected counts, so that a rare score keeps a factor near one.
pub(super) const PSEUDOCOUNT: f64 = 5.0;

/// How a bet against a line may end; the three sum to one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TwoWay {
    /// The bet wins.
    pub win: Probability,
    /// The result is on the line and the stake comes back.
    pub push: Probability,
    /// The bet loses.
    pub lose: Probability,
}

impl TwoWay {
    /// The probability of a win given that the bet does not push: what a price's break-even and a devigged two-way market
    /// are to be compared with.
    pub fn decided(self) -> Probability {
        Probability::clamped(self.win.get() / (self.win.get() + self.lose.get()))
    }

    /// The same line seen from the other side.
    pub fn reversed(self) -> TwoWay {
        TwoWay {
            win: self.lose,
            push: self.push,
            lose: self.win,
        }
    }
}

/// Why a distribution cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum FitError {
    /// A standard deviation needs two games.
    #[error(
        "{0} games are too few to fit a distribution: give at least 2 finished games with their closing lines"
    )]
    TooFewGames(usize),
    /// The standard deviation must be positive and finite.
    #[error(
        "a standard deviation of {0} points is not one: results must differ from their lines by varying amounts"
    )]
    Sigma(f64),
    /// A factor must be positive and finite, and there must be one for each score it speaks of.
    #[error("the key-number factors are not valid: expected {expected} positive numbers, got {got}")]
    Factors {
        /// How many there must be.
        expected: usize,
        /// How many valid ones there were.
        got: usize,
    },
}

/// The stored form of a model, validated when read.
#[derive(Serialize, Deserialize)]
pub(super) struct Stored {
    pub(super) sigma: f64,
    pub(super) factors: Vec<f64>,
}

/// The distribution: scores from `lowest` to `highest`, of which those from `first` on have factors, the rest 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct KeyedNormal {
    pub(super) sigma: f64,
    lowest: i32,
    highest: i32,
    first: i32,
    pub(super) factors: Vec<f64>,
}

impl KeyedNormal {
    /// Checks sigma and the factors; their number is the caller's matter.
    pub(super) fn new(
        sigma: f64,
        support: (i32, i32),
        first: i32,
        factors: Vec<f64>,
    ) -> Result<KeyedNormal, FitError> {
        if !(sigma.is_finite() && sigma > 0.0) {
            return Err(FitError::Sigma(sigma));
        }
        let good = factors.iter().filter(|f| f.is_finite() && **f > 0.0).count();
        if good < factors.len() {
            return Err(FitError::Factors {
                expected: factors.len(),
                got: good,
            });
        }
        Ok(KeyedNormal {
            sigma,
            lowest: support.0,
            highest: support.1,
            first,
            factors,
        })
    }

    /// Unnormalised mass of the scores `from..=to`. Where there are no factors the sum telescopes to its two ends; inside,
    /// neighbours share an edge, so the cost is one error function a score.
    fn mass(&self, mean: f64, from: i32, to: i32) -> f64 {
        let scale = 1.0 / (self.sigma * std::f64::consts::SQRT_2);
        let below = |score: i32| 0.5 * erf((f64::from(score) - 0.5 - mean) * scale);
        let smooth = |a: i32, b: i32| if a <= b { below(b + 1) - below(a) } else { 0.0 };
        let (from, to) = (from.max(self.lowest), to.min(self.highest));
        let last = self.first + self.factors.len() as i32 - 1;
        let mut total = smooth(from, to.min(self.first - 1)) + smooth(from.max(last + 1), to);
        let (a, b) = (from.max(self.first), to.min(last));
        if a <= b {
            let mut left = below(a);
            for (score, factor) in (a..=b).zip(&self.factors[(a - self.first) as usize..]) {
                let right = below(score + 1);
                total += (right - left) * factor;
                left = right;
            }
        }
        total
    }

    /// The mean within the support, where some score always has mass.
    fn checked(&self, mean: f64) -> f64 {
        assert!(
            mean.is_finite(),
            "a mean of {mean} points: the caller computed no number"
        );
        mean.clamp(f64::from(self.lowest), f64::from(self.highest))
    }

    /// Probability of exactly `score`.
    pub(super) fn exactly(&self, mean: f64, score: i32) -> Probability {
        let mean = self.checked(mean);
        Probability::clamped(self.mass(mean, score, score) / self.mass(mean, self.lowest, self.highest))
    }

    /// Fills `out` with the probabilities of the whole support, from the lowest score up.
    pub(super) fn fill(&self, mean: f64, out: &mut [f64]) {
        let mean = self.checked(mean);
        for (score, p) in (self.lowest..=self.highest).zip(out.iter_mut()) {
            *p = self.mass(mean, score, score);
        }
        let total: f64 = out.iter().sum();
        out.iter_mut().for_each(|p| *p /= total);
    }

    /// How a bet on more than `line` ends.
    pub(super) fn above(&self, mean: f64, line: HalfPoints) -> TwoWay {
        assert!(
            mean.is_finite(),
            "a mean of {mean} points: the caller computed no number"
        );
        let mean = mean.clamp(f64::from(self.lowest), f64::from(self.highest));
        let floor = i32::from(line.0).div_euclid(2);
        let win = self.mass(mean, floor + 1, self.highest);
        let (push, lose) = match line.push_on() {
            Some(score) => (self.mass(mean, score, score), self.mass(mean, self.lowest, score - 1)),
            None => (0.0, self.mass(mean, self.lowest, floor)),
        };
        let total = win + push + lose;
        TwoWay {
            win: Probability::clamped(win / total),
            push: Probability::clamped(push / total),
            lose: Probability::clamped(lose / total),
        }
    }

    /// The mean under which a decided bet on more than `line` wins with probability `p`, by bisection: the probability rises
    /// with the mean, because the factors do not change which of two scores gains on the other. Kept within the support.
    pub(super) fn mean_for(&self, line: HalfPoints, p: Probability) -> f64 {
        const HALVINGS: usize = 50; // leaves 1e-13 points
        let (mut low, mut high) = (f64::from(self.lowest), f64::from(self.highest));
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            if self.above(middle, line).decided() < p {
                low = middle;
            } else {
                high = middle;
            }
        }
        0.5 * (low + high)
    }
}

/// What a fit needs of the games: how often each line was offered, and how often each result came.
pub(super) struct Counts {
    pub(super) sigma: f64,
    lines: BTreeMap<HalfPoints, u32>,
    results: BTreeMap<i32, u32>,
}

impl Counts {
    /// Counts the games and takes the sample standard deviation (n - 1) of result minus line.
    pub(super) fn of(games: impl IntoIterator<Item = (HalfPoints, i32)>) -> Result<Counts, FitError> {
        let (mut lines, mut results) = (BTreeMap::new(), BTreeMap::new());
        let mut errors = Vec::new();
        for (line, result) in games {
            *lines.entry(line).or_insert(0) += 1;
            *results.entry(result).or_insert(0) += 1;
            errors.push(f64::from(result) - line.points());
        }
        let n = errors.len();
        if n < 2 {
            return Err(FitError::TooFewGames(n));
        }
        let mean = errors.iter().sum::<f64>() / n as f64;
        let sigma = (errors.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / (n - 1) as f64).sqrt();
        if !(sigma.is_finite() && sigma > 0.0) {
            return Err(FitError::Sigma(sigma));
        }
        Ok(Counts { sigma, lines, results })
    }

    /// The factor of a set of scores that are pooled: (observed + 5) / (expected + 5).
    pub(super) fn factor(&self, scores: &[i32]) -> f64 {
        let scale = 1.0 / (self.sigma * std::f64::consts::SQRT_2);
        let (mut observed, mut expected) = (PSEUDOCOUNT, PSEUDOCOUNT);
        for score in scores {
            observed += f64::from(self.results.get(score).copied().unwrap_or(0));
            let edge = |line: &HalfPoints, side: f64| erf((f64::from(*score) + side - line.points()) * scale);
            for (line, n) in &self.lines {
                expected += f64::from(*n) * 0.5 * (edge(line, 0.5) - edge(line, -0.5));
            }
        }
        observed / expected
    }
}
