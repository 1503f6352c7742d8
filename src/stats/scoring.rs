//! How good a forecaster's probabilities are, beside the market's on the same bets: one place for the arithmetic that
//! scorecards, promotion and reports share.
//!
//! Differences to a yardstick are paired by bet, so that what was unpredictable about a game cancels. Lower losses are
//! better, so a difference below zero is better than the yardstick. Intervals resample whole weeks.

use super::bootstrap::Bootstrap;
use super::estimate::Mean;
use super::interval::Z975;
use crate::domain::game::SeasonWeek;
use crate::domain::probability::Probability;
use serde::Serialize;

/// A forecast whose bet was decided; a push decides nothing and is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// Its week.
    pub when: SeasonWeek,
    /// The forecaster's probability of the first side.
    pub p: Probability,
    /// The market's at the same moment, margin removed.
    pub fair: Probability,
    /// The market's as it closed, at the same line; none without a close.
    pub close: Option<Probability>,
    /// Whether the first side won.
    pub first_won: bool,
}

/// The square of the distance to what happened (Brier 1950), in [0, 1].
pub fn brier(p: Probability, happened: bool) -> f64 {
    (p.get() - f64::from(u8::from(happened))).powi(2)
}

/// The negative natural logarithm of the probability of what happened (Good 1952). Probabilities are kept within
/// [1e-9, 1 - 1e-9], so that a certainty that failed costs 20.7 and not infinity.
pub fn log_loss(p: Probability, happened: bool) -> f64 {
    let said = if happened { p.get() } else { 1.0 - p.get() };
    -said.clamp(1e-9, 1.0 - 1e-9).ln()
}

/// How well forecasts did, alone and beside the market.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Scores {
    /// Decided bets.
    pub n: u64,
    /// Mean Brier score.
    pub brier: Mean,
    /// Mean log-loss.
    pub log_loss: Mean,
    /// Brier minus that of the market's fair probability then.
    pub brier_minus_fair: Mean,
    /// Log-loss minus that of the market's fair probability then.
    pub log_loss_minus_fair: Mean,
    /// Brier minus that of the close, on bets that have one.
    pub brier_minus_close: Mean,
    /// Log-loss minus that of the close, on bets that have one.
    pub log_loss_minus_close: Mean,
    /// How real its distances from one half are; none with too little to tell.
    pub calibration: Option<CalibrationSlope>,
}

impl Scores {
    /// Of decided forecasts, in any order. None of them is a count of zero and no value.
    pub fn of(forecasts: &[Scored], bootstrap: &Bootstrap) -> Scores {
        let mean = |loss: &dyn Fn(&Scored) -> Option<f64>| {
            bootstrap.mean(forecasts.iter().filter_map(|f| Some((f.when, loss(f)?))))
        };
        let against = |loss: fn(Probability, bool) -> f64, yardstick: fn(&Scored) -> Option<Probability>| {
            mean(&|f| Some(loss(f.p, f.first_won) - loss(yardstick(f)?, f.first_won)))
        };
        let said: Vec<(Probability, bool)> = forecasts.iter().map(|f| (f.p, f.first_won)).collect();
        Scores {
            n: forecasts.len() as u64,
            brier: mean(&|f| Some(brier(f.p, f.first_won))),
            log_loss: mean(&|f| Some(log_loss(f.p, f.first_won))),
            brier_minus_fair: against(brier, |f| Some(f.fair)),
            log_loss_minus_fair: against(log_loss, |f| Some(f.fair)),
            brier_minus_close: against(brier, |f| f.close),
            log_loss_minus_close: against(log_loss, |f| f.close),
            calibration: calibration(&said),
        }
    }
}

/// Slope and intercept of what happened on what was said, both in log-odds (Cox 1958): slope 1 and intercept 0 are
/// forecasts that mean what they say, a slope below 1 is overconfidence, one around 0 says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CalibrationSlope {
    /// The slope.
    pub slope: f64,
    /// The intercept.
    pub intercept: f64,
    /// Standard error of the slope, from the information matrix.
    pub se: f64,
    /// Decided forecasts.
    pub n: u64,
}

impl CalibrationSlope {
    /// The 95% interval of the slope.
    pub fn interval(&self) -> [f64; 2] {
        [self.slope - Z975 * self.se, self.slope + Z975 * self.se]
    }
}

/// A slope from fewer forecasts is noise.
const MIN_FORECASTS: usize = 10;
/// Newton's method on this concave likelihood doubles its digits a step; what needs more has no maximum.
const NEWTON_STEPS: usize = 40;
/// Coefficients that run beyond this run away: the forecasts separate wins from losses, and the likelihood has no maximum.
const RUNAWAY: f64 = 100.0;
/// A step this small changes no printed digit.
const SETTLED: f64 = 1e-10;

/// The logistic regression of results on log-odds, by Newton's method. None for fewer than ten forecasts, for forecasts that
/// are all the same, and where wins and losses are told apart without a mistake.
pub fn calibration(said: &[(Probability, bool)]) -> Option<CalibrationSlope> {
    if said.len() < MIN_FORECASTS {
        return None;
    }
    let xs: Vec<(f64, f64)> = said
        .iter()
        .map(|(p, won)| (p.logit(), f64::from(u8::from(*won))))
        .collect();
    let (mut a, mut b) = (0.0, 0.0);
    for _ in 0..NEWTON_STEPS {
        let (gradient, information) = derivatives(&xs, a, b);
        let [step_a, step_b] = solved(information, gradient)?;
        (a, b) = (a + step_a, b + step_b);
        if a.abs() > RUNAWAY || b.abs() > RUNAWAY {
            return None;
        }
        if step_a.abs() + step_b.abs() < SETTLED {
            let (_, [aa, ab, bb]) = derivatives(&xs, a, b);
            return Some(CalibrationSlope {
                slope: b,
                intercept: a,
                se: (aa / (aa * bb - ab * ab)).sqrt(),
                n: said.len() as u64,
            });
        }
    }
    None
}

/// The log-likelihood's gradient and information (upper triangle) at an intercept and a slope.
fn derivatives(xs: &[(f64, f64)], a: f64, b: f64) -> ([f64; 2], [f64; 3]) {
    let (mut gradient, mut information) = ([0.0; 2], [0.0; 3]);
    for (x, won) in xs {
        let expected = 1.0 / (1.0 + (-(a + b * x)).exp());
        let weight = expected * (1.0 - expected);
        gradient[0] += won - expected;
        gradient[1] += (won - expected) * x;
        information[0] += weight;
        information[1] += weight * x;
        information[2] += weight * x * x;
    }
    (gradient, information)
}

/// None where the equations have no one solution.
fn solved([aa, ab, bb]: [f64; 3], [ga, gb]: [f64; 2]) -> Option<[f64; 2]> {
    let determinant = aa * bb - ab * ab;
    (determinant > 1e-12 * (aa * bb).max(1e-12))
        .then(|| [(bb * ga - ab * gb) / determinant, (aa * gb - ab * ga) / determinant])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand_pcg::Pcg64Mcg;

    const SAID: [f64; 16] = [
        0.52, 0.61, 0.45, 0.7, 0.33, 0.55, 0.58, 0.41, 0.66, 0.49, 0.8, 0.25, 0.5, 0.57, 0.63, 0.38,
    ];
    const HAPPENED: [u8; 16] = [1, 1, 0, 1, 0, 0, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0];

    fn said() -> Vec<(Probability, bool)> {
        SAID.iter()
            .zip(HAPPENED)
            .map(|(p, y)| (Probability::clamped(*p), y == 1))
            .collect()
    }

    fn scored(week: u8, p: f64, fair: f64, first_won: bool) -> Scored {
        Scored {
            when: SeasonWeek { season: 2010, week },
            p: Probability::clamped(p),
            fair: Probability::clamped(fair),
            close: None,
            first_won,
        }
    }

    fn bootstrap() -> Bootstrap {
        Bootstrap::new(Pcg64Mcg::new(1))
    }

    /// The reference is numpy's: iteratively reweighted least squares, and the inverse of its information.
    #[test]
    fn losses_and_slope_are_the_reference_ones() {
        let slope = calibration(&said()).unwrap();
        assert!((slope.slope - 2.40963101).abs() < 1e-7, "{slope:?}");
        assert!((slope.intercept + 0.28772503).abs() < 1e-7, "{slope:?}");
        assert!((slope.se - 1.3688074303083742).abs() < 1e-9, "{slope:?}");
        let n = said().len() as f64;
        let mean = |loss: fn(Probability, bool) -> f64| said().iter().map(|(p, y)| loss(*p, *y)).sum::<f64>() / n;
        assert!((mean(brier) - 0.19908125).abs() < 1e-12);
        assert!((mean(log_loss) - 0.584196014849307).abs() < 1e-12);
    }

    #[test]
    fn too_little_has_no_slope_and_nothing_no_scores() {
        assert_eq!(calibration(&said()[..9]), None);
        assert_eq!(calibration(&[(Probability::clamped(0.6), true); 20]), None);
        let told_apart: Vec<_> = (0..20)
            .map(|i| (Probability::clamped(f64::from(i) / 19.0), i >= 10))
            .collect();
        assert_eq!(calibration(&told_apart), None);
        let none = Scores::of(&[], &bootstrap());
        assert_eq!((none.n, none.brier.mean, none.calibration), (0, None, None));
    }

    proptest! {
        /// Whoever repeats the market is exactly as good as it, and no score is no number.
        #[test]
        fn the_market_is_no_better_than_itself(said in prop::collection::vec((1u8..18, 0.0f64..=1.0, any::<bool>()), 1..60)) {
            let own: Vec<Scored> = said.iter().map(|(week, p, won)| scored(*week, *p, *p, *won)).collect();
            let scores = Scores::of(&own, &bootstrap());
            prop_assert_eq!(scores.brier_minus_fair.mean, Some(0.0));
            prop_assert_eq!(scores.log_loss_minus_fair.mean, Some(0.0));
            prop_assert_eq!(scores.brier_minus_close.n, 0);
            prop_assert!(scores.log_loss.mean.unwrap().is_finite());
            prop_assert!((0.0..=1.0).contains(&scores.brier.mean.unwrap()));
            if let Some(slope) = scores.calibration {
                prop_assert!(slope.slope.is_finite() && slope.se.is_finite() && slope.se > 0.0, "{slope:?}");
            }
        }

        /// Both losses are least, on average, for whoever says the true chance.
        #[test]
        fn the_truth_scores_best(truth in 0.05f64..0.95, other in 0.0f64..=1.0) {
            for loss in [brier, log_loss] {
                let expected = |p: f64| {
                    let p = Probability::clamped(p);
                    truth * loss(p, true) + (1.0 - truth) * loss(p, false)
                };
                prop_assert!(expected(truth) <= expected(other) + 1e-12);
            }
        }
    }
}
