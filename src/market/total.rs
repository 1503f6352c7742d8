//! The points of both teams together given an expected total: over, under and push probabilities with key numbers.
//!
//! The same shape as the margin: a discretised normal times factors fitted to how often each total occurs. Totals are never
//! negative, so the normal is cut at zero and renormalised.

use super::fitted;
use super::key_numbers::{Counts, FitError, KeyedNormal, Stored, TwoWay};
use crate::domain::line::HalfPoints;
use crate::domain::probability::Probability;
use serde::{Deserialize, Serialize};

/// Largest total the distribution speaks of: more than five standard deviations above the highest line ever offered (63.5).
const MAX_TOTAL: i32 = 140;
/// Largest total with a factor of its own; larger ones are too rare to tell.
const LAST_KEY: i32 = 80;

/// The distribution of home score plus away score around an expected total.
///
/// Every method that takes a mean panics when it is not a finite number, and reads means outside 0 to 140 as the nearer end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct TotalModel(KeyedNormal);

/// About what every season since 1999 shows.
const PLAIN_SIGMA: f64 = 13.4;

impl TotalModel {
    /// Outcomes of [`TotalModel::pmf`]: 0 to 140.
    pub const OUTCOMES: usize = MAX_TOTAL as usize + 1;

    /// From the standard deviation in points and the factors of the totals 0 to 80; no factors at all make it a plain
    /// discretised normal.
    ///
    /// # Errors
    /// [`FitError`] unless sigma is positive and there are no or 81 positive factors.
    pub fn new(sigma: f64, factors: &[f64]) -> Result<TotalModel, FitError> {
        let expected = LAST_KEY as usize + 1;
        if !factors.is_empty() && factors.len() != expected {
            return Err(FitError::Factors {
                expected,
                got: factors.len(),
            });
        }
        KeyedNormal::new(sigma, (0, MAX_TOTAL), 0, factors.to_vec()).map(TotalModel)
    }

    /// No key numbers at all: a discretised normal of 13.4 points, for leagues and times without finished games.
    pub fn plain() -> TotalModel {
        TotalModel::new(PLAIN_SIGMA, &[]).expect("a positive sigma")
    }

    /// Fits to finished games, each its closing total and the points scored, with factors
    /// `f(t) = (observed + 5)/(expected + 5)`. Use games from before the first bet only.
    ///
    /// # Errors
    /// [`FitError`] with fewer than two games or no variation.
    pub fn fit(games: impl IntoIterator<Item = (HalfPoints, i32)>) -> Result<TotalModel, FitError> {
        let counts = Counts::of(games)?;
        let factors: Vec<f64> = (0..=LAST_KEY).map(|total| counts.factor(&[total])).collect();
        TotalModel::new(counts.sigma, &factors)
    }

    /// As [`TotalModel::fit`], without key numbers: for few games, or to measure what the key numbers add.
    ///
    /// # Errors
    /// [`FitError`] with fewer than two games or no variation.
    pub fn fit_plain(games: impl IntoIterator<Item = (HalfPoints, i32)>) -> Result<TotalModel, FitError> {
        TotalModel::new(Counts::of(games)?.sigma, &[])
    }

    /// The fit of the games of 1999-2017 with closing totals: for use before there are games to fit, and never for scoring a
    /// model on those seasons.
    pub fn nfl_1999_2017() -> TotalModel {
        TotalModel::new(fitted::TOTAL_SIGMA, &fitted::TOTAL_FACTORS)
            .expect("the stored sigma and its 81 factors are positive")
    }

    /// Standard deviation in points of the total around its line.
    pub fn sigma(&self) -> f64 {
        self.0.sigma
    }

    /// The factors of the totals 0 to 80, or none.
    pub fn factors(&self) -> &[f64] {
        &self.0.factors
    }

    /// The probabilities of the totals 0 to 140 around an expected total.
    pub fn pmf(&self, mean: f64) -> [f64; Self::OUTCOMES] {
        let mut out = [0.0; Self::OUTCOMES];
        self.0.fill(mean, &mut out);
        out
    }

    /// How a bet on the over at `line` ends when the expected total is `mean`. Unders are [`TwoWay::reversed`].
    pub fn over(&self, mean: f64, line: HalfPoints) -> TwoWay {
        self.0.above(mean, line)
    }

    /// The expected total under which an over at `line` that does not push wins with probability `p`.
    pub fn mean_for(&self, line: HalfPoints, p: Probability) -> f64 {
        self.0.mean_for(line, p)
    }
}

impl TryFrom<Stored> for TotalModel {
    type Error = FitError;
    fn try_from(stored: Stored) -> Result<TotalModel, FitError> {
        TotalModel::new(stored.sigma, &stored.factors)
    }
}

impl From<TotalModel> for Stored {
    fn from(model: TotalModel) -> Stored {
        Stored {
            sigma: model.sigma(),
            factors: model.factors().to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::test_data;
    use proptest::prelude::*;

    #[test]
    fn the_real_games_reproduce_the_stored_fit() {
        let Some(games) = test_data::closes("total_line", "total") else {
            return;
        };
        let fit = TotalModel::fit(games).unwrap();
        let stored = TotalModel::nfl_1999_2017();
        assert!((fit.sigma() - stored.sigma()).abs() < 1e-9, "{}", fit.sigma());
        for (total, (got, want)) in fit.factors().iter().zip(stored.factors()).enumerate() {
            assert!((got - want).abs() < 1e-9, "f({total}) is {got}; {:?}", fit.factors());
        }
    }

    #[test]
    fn key_totals_push_more_often() {
        let model = TotalModel::nfl_1999_2017();
        let push = |points| model.over(f64::from(points), HalfPoints::whole(points)).push.get();
        assert!(push(41) > push(42) && push(44) > push(42) && push(51) > push(50));
        assert_eq!(model.over(44.0, HalfPoints(89)).push.get(), 0.0);
        let plain = TotalModel::new(model.sigma(), &[]).unwrap();
        assert!((plain.over(44.5, HalfPoints(89)).win.get() - 0.5).abs() < 1e-3);
    }

    #[test]
    fn a_stored_model_is_checked() {
        let model = TotalModel::nfl_1999_2017();
        let text = serde_json::to_string(&model).unwrap();
        assert_eq!(serde_json::from_str::<TotalModel>(&text).unwrap(), model);
        assert!(serde_json::from_str::<TotalModel>(r#"{"sigma":13.0,"factors":[1.0]}"#).is_err());
        assert!(TotalModel::fit_plain([(HalfPoints(80), 40)]).is_err());
    }

    proptest! {
        #[test]
        fn masses_sum_to_one_and_over_rises_with_the_mean(mean in 10.0f64..80.0, line in 40i16..130, more in 0.0f64..10.0) {
            let model = TotalModel::nfl_1999_2017();
            prop_assert!((model.pmf(mean).iter().sum::<f64>() - 1.0).abs() < 1e-12);
            let at = model.over(mean, HalfPoints(line));
            prop_assert!((at.win.get() + at.push.get() + at.lose.get() - 1.0).abs() < 1e-12);
            prop_assert!(model.over(mean + more, HalfPoints(line)).win.get() >= at.win.get() - 1e-12);
            let back = model.mean_for(HalfPoints(line), at.decided());
            prop_assert!(at.lose.get() < 1e-6 || at.win.get() < 1e-6 || (back - mean).abs() < 1e-6);
        }
    }
}
