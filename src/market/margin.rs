//! The margin of victory given an expected margin: win, tie, cover and push probabilities with key numbers.
//!
//! Formula, with the spread s as the mean: `p(m|s)` is proportional to
//! `[Phi((m + .5 - s)/sigma) - Phi((m - .5 - s)/sigma)] f(|m|)` for m from -70 to 70, with
//! `f(a) = (observed + 5)/(expected + 5)` up to 40 points and 1 beyond. The mean of the result is not exactly s: the factors
//! pull it towards zero by a few hundredths.

use super::fitted;
use super::key_numbers::{Counts, FitError, KeyedNormal, Stored, TwoWay};
use crate::domain::line::HalfPoints;
use crate::domain::probability::Probability;
use serde::{Deserialize, Serialize};

/// Largest margin the distribution speaks of; the record since 1999 is 59.
const MAX_MARGIN: i32 = 70;
/// Largest margin with a factor of its own; larger ones are too rare to tell.
const LAST_KEY: i32 = 40;

/// The distribution of home score minus away score around an expected margin (positive: home favoured).
///
/// Every method that takes a mean panics when it is not a finite number, and reads means beyond 70 points as 70.
///
/// ```
/// use huddle::domain::line::HalfPoints;
/// use huddle::market::MarginModel;
/// let model = MarginModel::nfl_1999_2017();
/// let three = model.cover(4.0, HalfPoints::whole(3)); // we expect home by 4, the line is 3
/// assert!(three.push.get() > 0.08 && three.decided().get() > 0.5);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct MarginModel(KeyedNormal);

/// About what every season since 1999 shows.
const PLAIN_SIGMA: f64 = 13.4;

impl MarginModel {
    /// Outcomes of [`MarginModel::pmf`]: -70 to 70.
    pub const OUTCOMES: usize = 2 * MAX_MARGIN as usize + 1;

    /// From the standard deviation in points and the factors of the absolute margins 0 to 40.
    ///
    /// # Errors
    /// [`FitError`] unless sigma is positive and there are 41 positive factors.
    pub fn new(sigma: f64, factors: &[f64]) -> Result<MarginModel, FitError> {
        if factors.len() != LAST_KEY as usize + 1 {
            return Err(FitError::Factors {
                expected: LAST_KEY as usize + 1,
                got: factors.len(),
            });
        }
        let mirrored = factors[1..].iter().rev().chain(factors).copied().collect();
        KeyedNormal::new(sigma, (-MAX_MARGIN, MAX_MARGIN), -LAST_KEY, mirrored).map(MarginModel)
    }

    /// No key numbers at all: a discretised normal of 13.4 points, for leagues and times without finished games.
    pub fn plain() -> MarginModel {
        MarginModel::new(PLAIN_SIGMA, &[1.0; LAST_KEY as usize + 1])
            .expect("a positive sigma and positive factors")
    }

    /// Fits to finished games, each its closing spread (positive: home favoured) and home score minus away score. Use games
    /// from before the first bet only: the factors are parameters like any other.
    ///
    /// # Errors
    /// [`FitError`] with fewer than two games or no variation.
    pub fn fit(games: impl IntoIterator<Item = (HalfPoints, i32)>) -> Result<MarginModel, FitError> {
        let counts = Counts::of(games)?;
        let factors: Vec<f64> = (0..=LAST_KEY)
            .map(|margin| {
                if margin == 0 {
                    counts.factor(&[0])
                } else {
                    counts.factor(&[margin, -margin])
                }
            })
            .collect();
        MarginModel::new(counts.sigma, &factors)
    }

    /// The fit of the 5,049 games of 1999-2017 with closing spreads: for use before there are games to fit, and never for
    /// scoring a model on those seasons.
    pub fn nfl_1999_2017() -> MarginModel {
        MarginModel::new(fitted::MARGIN_SIGMA, &fitted::MARGIN_FACTORS)
            .expect("the stored sigma and its 41 factors are positive")
    }

    /// Standard deviation in points of the margin around the spread.
    pub fn sigma(&self) -> f64 {
        self.0.sigma
    }

    /// The factors of the absolute margins 0 to 40.
    pub fn factors(&self) -> &[f64] {
        &self.0.factors[LAST_KEY as usize..]
    }

    /// The probabilities of the margins -70 to 70 (index margin + 70) around an expected margin.
    pub fn pmf(&self, mean: f64) -> [f64; Self::OUTCOMES] {
        let mut out = [0.0; Self::OUTCOMES];
        self.0.fill(mean, &mut out);
        out
    }

    /// Probability that the home team wins by exactly `margin`; negative: loses by.
    pub fn p_margin(&self, mean: f64, margin: i32) -> Probability {
        self.0.exactly(mean, margin)
    }

    /// How a bet on the home team at `line` ends when the expected margin is `mean`, which need not be the line. Away bets
    /// are [`TwoWay::reversed`]. Costs about 85 error functions and allocates nothing.
    pub fn cover(&self, mean: f64, line: HalfPoints) -> TwoWay {
        self.0.above(mean, line)
    }

    /// Probability that the home team wins outright; ties are [`MarginModel::p_tie`].
    pub fn p_home_win(&self, mean: f64) -> Probability {
        self.cover(mean, HalfPoints(0)).win
    }

    /// Probability of a tie.
    pub fn p_tie(&self, mean: f64) -> Probability {
        self.cover(mean, HalfPoints(0)).push
    }

    /// Probability that the home team covers a line that is itself the expectation.
    pub fn p_home_cover(&self, line: HalfPoints) -> Probability {
        self.cover(line.points(), line).win
    }

    /// Probability that the margin is the line when the line is the expectation; zero at half points.
    pub fn p_push(&self, line: HalfPoints) -> Probability {
        self.cover(line.points(), line).push
    }

    /// The expected margin under which a home bet at `line` that does not push wins with probability `p`: what a devigged
    /// pair of prices says about the game. The answer is kept within 70 points.
    pub fn mean_for(&self, line: HalfPoints, p: Probability) -> f64 {
        self.0.mean_for(line, p)
    }
}

impl TryFrom<Stored> for MarginModel {
    type Error = FitError;
    fn try_from(stored: Stored) -> Result<MarginModel, FitError> {
        MarginModel::new(stored.sigma, &stored.factors)
    }
}

impl From<MarginModel> for Stored {
    fn from(model: MarginModel) -> Stored {
        Stored {
            sigma: model.sigma(),
            factors: model.factors().to_vec(),
        }
    }
}

#[cfg(test)]
mod tests;
